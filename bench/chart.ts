// A bar chart of a report as SVG: a group per workload, a bar per contender, ours in ochre. Text and bars choose their
// colours by the reader's colour scheme; the background stays the page's own.
import { type Report, type Row, short } from './report.ts'

const COLUMNS = 2
const COLUMN_WIDTH = 480
const MARGIN = 12
/** Where bars begin in a column, and what is free behind the longest for its number. */
const LEFT = 92
const RIGHT = 96
const HEADER = 70
const TITLE = 20
const BAR = 11
const GAP = 3
const GROUP_GAP = 22

const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #3d3a36 }
  .title { font-size: 16px; font-weight: 600 }
  .group { font-weight: 600 }
  .name, .value, .note { font-size: 10px; fill: #6d6862 }
  .ours-text { font-weight: 700; fill: #a8570f }
  .ours { fill: #cc7722 }
  .peer { fill: #c9c3bb }
  .best { fill: #a09a92 }
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

/** The whole document, workloads in reading order. Bars of a group are relative to its longest; the floor has none. */
export function renderChart(report: Report): string {
  const contenders = new Map(report.contenders.map((contender) => [contender.name, contender]))
  const barsOf = (row: Row): Row['cells'] =>
    row.cells.filter((cell) => contenders.get(cell.contender)?.role !== 'floor')
  const groupHeight = TITLE + Math.max(...report.rows.map((row) => barsOf(row).length)) * (BAR + GAP) + GROUP_GAP
  const width = COLUMNS * COLUMN_WIDTH
  const height = HEADER + Math.ceil(report.rows.length / COLUMNS) * groupHeight
  const note = `Operations per second, longer is better; × is ours against the fastest peer. ${report.against}, Node.js ${report.node}.`
  const groups = report.rows.map((row, index) => {
    const x = (index % COLUMNS) * COLUMN_WIDTH + MARGIN
    const y = HEADER + Math.floor(index / COLUMNS) * groupHeight
    return `<g transform="translate(${x} ${y})">\n${renderGroup(row)}\n</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(report.title)}">
<style>${STYLE}
</style>
<text class="title" x="${MARGIN}" y="24">${escaped(report.title)}</text>
<text class="note" x="${MARGIN}" y="42">${escaped(note)}</text>
${groups.join('\n')}
</svg>
`

  function renderGroup(row: Row): string {
    const bars = barsOf(row)
    const longest = Math.max(...bars.map((cell) => cell.opsPerSecond), 1)
    const span = COLUMN_WIDTH - MARGIN - LEFT - RIGHT
    const lines = bars.map((cell, index) => {
      const contender = contenders.get(cell.contender)!
      const isOurs = contender.role === 'ours'
      const style = isOurs ? 'ours' : cell.contender === row.bestPeer ? 'best' : 'peer'
      const top = TITLE + index * (BAR + GAP)
      const baseline = top + BAR - 2
      const length = Math.max(1, (cell.opsPerSecond / longest) * span)
      const ratio = isOurs && row.ratio !== undefined ? `  ${row.ratio.toFixed(1)}×` : ''
      const emphasis = isOurs ? ' ours-text' : ''
      return [
        `<text class="name${emphasis}" x="${LEFT - 8}" y="${baseline}" text-anchor="end">${escaped(contender.title)}</text>`,
        `<rect class="${style}" x="${LEFT}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text class="value${emphasis}" x="${(LEFT + length + 6).toFixed(1)}" y="${baseline}">${short(cell.opsPerSecond)}${ratio}</text>`,
      ].join('')
    })
    const axisEnd = TITLE + bars.length * (BAR + GAP)
    const axis = `<line class="axis" x1="${LEFT}" x2="${LEFT}" y1="${TITLE - 3}" y2="${axisEnd}"/>`
    return [`<text class="group" x="${LEFT}" y="11">${escaped(row.title)}</text>`, axis, ...lines].join('\n')
  }
}
