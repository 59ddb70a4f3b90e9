// Curves over a logarithmic x as SVG: a line per series, ours in ochre, the y axis from zero. Text and lines choose
// their colours by the reader's colour scheme; the background stays the page's own.
import { short } from './report.ts'
import type { Curve } from './suite.ts'

const WIDTH = 720
const HEIGHT = 320
const LEFT = 64
const RIGHT = 150
const TOP = 52
const BOTTOM = 48
/** Two labels at the end of lines keep this distance. */
const LABEL_GAP = 14

const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #6d6862 }
  .title { font-size: 16px; font-weight: 600; fill: #3d3a36 }
  .ours-text { font-weight: 700; fill: #a8570f }
  .ours { stroke: #cc7722; fill: #cc7722 }
  .peer { stroke: #a09a92; fill: #a09a92 }
  polyline { fill: none !important; stroke-width: 2 }
  circle { stroke: none }
  .axis { stroke: #dcd7d0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #a59f96 }
    .title { fill: #e6e1da }
    .ours-text { fill: #f0a04b }
    .ours { stroke: #e08a2e; fill: #e08a2e }
    .peer { stroke: #6f6a63; fill: #6f6a63 }
    .axis { stroke: #3a3733 }
  }`

/** Lines of the same role are told apart by their dashes. */
const DASHES = ['', '6 4', '2 4', '10 4 2 4']

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** The whole document. */
export function renderCurve(curve: Curve): string {
  const points = curve.lines.flatMap((line) => line.points)
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b)
  const [low, high] = [Math.log10(xs[0] ?? 1), Math.log10(xs.at(-1) ?? 10)]
  const top = niceCeiling(Math.max(...points.map(([, y]) => y), 0))
  const placeX = (x: number): number =>
    LEFT + ((Math.log10(x) - low) / Math.max(high - low, 1e-9)) * (WIDTH - LEFT - RIGHT)
  const placeY = (y: number): number => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM)

  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = placeY(top * part).toFixed(1)
    const label = Number((top * part).toPrecision(3))
    return (
      `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>` +
      `<text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${label >= 1000 ? short(label) : label}</text>`
    )
  })
  const ticks = xs.map(
    (x) => `<text x="${placeX(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(x)}</text>`,
  )
  const labels = spread(curve.lines.map((line) => placeY(line.points.at(-1)?.[1] ?? 0)))
  const seen = { ours: 0, peer: 0 }
  const lines = curve.lines.map(({ title, role, points: own }, index) => {
    const dash = DASHES[seen[role]++ % DASHES.length]!
    const path = own.map(([x, y]) => `${placeX(x).toFixed(1)},${placeY(y).toFixed(1)}`)
    const dots = path.map((place) => {
      const [x, y] = place.split(',')
      return `<circle class="${role}" cx="${x}" cy="${y}" r="3"/>`
    })
    const emphasis = role === 'ours' ? ' class="ours-text"' : ''
    return (
      `<polyline class="${role}" points="${path.join(' ')}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>` +
      dots.join('') +
      `<text${emphasis} x="${WIDTH - RIGHT + 10}" y="${(labels[index]! + 4).toFixed(1)}">${escaped(title)}</text>`
    )
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(curve.title)}">
<style>${STYLE}
</style>
<text class="title" x="12" y="22">${escaped(curve.title)}</text>
<text x="12" y="40">${escaped(curve.y)}</text>
${[...grid, ...ticks, ...lines].join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(curve.x)}</text>
</svg>
`
}

/** The next 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 4, 5, 10].find((step) => step * power >= value)!
}

/** Heights near the wanted ones, none closer to another than a label is high. */
function spread(wanted: readonly number[]): number[] {
  const order = wanted.map((_, index) => index).toSorted((a, b) => wanted[a]! - wanted[b]!)
  const placed = [...wanted]
  for (let i = 1; i < order.length; i++)
    placed[order[i]!] = Math.max(placed[order[i]!]!, placed[order[i - 1]!]! + LABEL_GAP)
  return placed
}
