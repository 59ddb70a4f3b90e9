// A bar chart of a report as SVG: a group per workload, a bar per contender, ours in ochre. Text and bars choose their
// colours by the reader's colour scheme; the background stays the page's own.
import { type Report, type Row, short } from './report.ts'

const WIDTH = 860
const LEFT = 240
const RIGHT = 110
const BAR = 11
const GAP = 3
const GROUP_GAP = 18

const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #3d3a36 }
  .title { font-size: 16px; font-weight: 600 }
  .group { font-weight: 600 }
  .name, .value, .note { font-size: 10px; fill: #6d6862 }
  .ours-text { font-weight: 700; fill: #a8570f }
  .ours { fill: #cc7722 }
  .peer { fill: #c9c3bb }
  .best { fill: #a09a92 }
  .floor { stroke: #8a847c; stroke-dasharray: 3 2 }
  .axis { stroke: #dcd7d0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e1da }
    .name, .value, .note { fill: #a59f96 }
    .ours-text { fill: #f0a04b }
    .ours { fill: #e08a2e }
    .peer { fill: #4b4742 }
    .best { fill: #6f6a63 }
    .axis { stroke: #3a3733 }
  }`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** The whole document. Bars of a group are relative to its longest; a dashed line marks the floor where it fits in. */
export function renderChart(report: Report): string {
  const role = new Map(report.contenders.map((contender) => [contender.name, contender]))
  let y = 58
  const groups = report.rows.map((row) => {
    const { svg, height } = renderGroup(row, y)
    y += height + GROUP_GAP
    return svg
  })
  const height = y + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(report.title)}">
<style>${STYLE}
</style>
<text class="title" x="12" y="24">${escaped(report.title)}</text>
<text class="note" x="12" y="42">${escaped(`Operations per second, longer is better. ${report.against}, Node.js ${report.node}, median of ${report.rounds} rounds.`)}</text>
${groups.join('\n')}
</svg>
`

  function renderGroup(row: Row, top: number): { svg: string; height: number } {
    const bars = row.cells.filter((cell) => role.get(cell.contender)?.role !== 'floor')
    const floor = row.cells.find((cell) => role.get(cell.contender)?.role === 'floor')
    const longest = Math.max(...bars.map((cell) => cell.opsPerSecond), 1)
    const span = WIDTH - LEFT - RIGHT
    const lines = bars.map((cell, index) => {
      const contender = role.get(cell.contender)!
      const isOurs = contender.role === 'ours'
      const style = isOurs ? 'ours' : cell.contender === row.bestPeer ? 'best' : 'peer'
      const barTop = top + index * (BAR + GAP)
      const length = Math.max(1, (cell.opsPerSecond / longest) * span)
      const ratio = isOurs && row.ratio !== undefined ? `  ${row.ratio.toFixed(1)}×` : ''
      const baseline = barTop + BAR - 2
      return [
        `<text class="name${isOurs ? ' ours-text' : ''}" x="${LEFT - 8}" y="${baseline}" text-anchor="end">${escaped(contender.title)}</text>`,
        `<rect class="${style}" x="${LEFT}" y="${barTop}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text class="value${isOurs ? ' ours-text' : ''}" x="${(LEFT + length + 6).toFixed(1)}" y="${baseline}">${short(cell.opsPerSecond)}${ratio}</text>`,
      ].join('')
    })
    const height = bars.length * (BAR + GAP) - GAP
    const at = floor === undefined ? 0 : LEFT + (floor.opsPerSecond / longest) * span
    const mark =
      floor !== undefined && at <= WIDTH - 8
        ? `<line class="floor" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${top - 2}" y2="${top + height + 2}"><title>floor: ${short(floor.opsPerSecond)}</title></line>`
        : ''
    const axis = `<line class="axis" x1="${LEFT}" x2="${LEFT}" y1="${top - 2}" y2="${top + height + 2}"/>`
    const name = `<text class="group" x="12" y="${top + 10}">${escaped(row.title)}</text>`
    return { svg: [name, axis, ...lines, mark].filter(Boolean).join('\n'), height }
  }
}
