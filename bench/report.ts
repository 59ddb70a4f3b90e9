// What a race found, as data (the JSON in results/) and as a table for people.
import { median } from './statistics.ts'

export interface Cell {
  readonly contender: string
  /** Median over the rounds. */
  readonly opsPerSecond: number
  readonly cpuMicrosPerOp: number
  /** Every round, rounded. */
  readonly samples: readonly number[]
}

export interface Row {
  readonly workload: string
  readonly title: string
  readonly goal?: number
  /** Contenders that have the operation, in the suite's order. */
  readonly cells: readonly Cell[]
  readonly bestPeer?: string
  /** Median of ours divided by the median of the best peer. */
  readonly ratio?: number
}

export interface Report {
  readonly suite: string
  readonly title: string
  readonly measuredOn: string
  readonly machine: string
  readonly node: string
  readonly against: string
  readonly rounds: number
  readonly secondsPerRound: number
  readonly contenders: readonly { readonly name: string; readonly title: string; readonly role: string }[]
  readonly rows: readonly Row[]
}

/** One row from the samples of each contender. */
export function makeRow(
  workload: { readonly name: string; readonly title: string; readonly goal?: number },
  contenders: readonly { readonly name: string; readonly role: string }[],
  samples: ReadonlyMap<string, readonly { readonly opsPerSecond: number; readonly cpuMicrosPerOp: number }[]>,
): Row {
  const cells = contenders.flatMap(({ name }): Cell[] => {
    const own = samples.get(name) ?? []
    if (own.length === 0) return []
    return [
      {
        contender: name,
        opsPerSecond: Math.round(median(own.map((sample) => sample.opsPerSecond))),
        cpuMicrosPerOp: Number(median(own.map((sample) => sample.cpuMicrosPerOp)).toPrecision(3)),
        samples: own.map((sample) => Math.round(sample.opsPerSecond)),
      },
    ]
  })
  const role = (cell: Cell): string | undefined => contenders.find(({ name }) => name === cell.contender)?.role
  const ours = cells.find((cell) => role(cell) === 'ours')
  const peers = cells.filter((cell) => role(cell) === 'peer').toSorted((a, b) => b.opsPerSecond - a.opsPerSecond)
  return {
    workload: workload.name,
    title: workload.title,
    ...(workload.goal === undefined ? {} : { goal: workload.goal }),
    cells,
    ...(peers[0] === undefined ? {} : { bestPeer: peers[0].contender }),
    ...(peers[0] === undefined || ours === undefined
      ? {}
      : { ratio: Number((ours.opsPerSecond / peers[0].opsPerSecond).toFixed(2)) }),
  }
}

/** `14.3k`, `1.34M`, `995`: three digits at most before the unit. */
export function short(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toFixed(2)}M`
  if (value >= 99_950) return `${Math.round(value / 1000)}k`
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`
  return String(Math.round(value))
}

const HEAD = ['ours / best peer', 'goal'] as const

/** Ops/s of everybody, then the ratio. Cells are Markdown; `renderText` and `renderMarkdown` draw them. */
function tableOf(report: Report): string[][] {
  return [
    ['ops/s', ...report.contenders.map((contender) => contender.title), ...HEAD],
    ...report.rows.map((row) => [
      row.title,
      ...report.contenders.map(({ name }) => {
        const cell = row.cells.find((one) => one.contender === name)
        return cell === undefined ? '' : short(cell.opsPerSecond)
      }),
      row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} x`,
      row.goal === undefined ? '' : `${row.goal.toFixed(1)} x`,
    ]),
  ]
}

function cpuTableOf(report: Report): string[][] {
  return [
    ['CPU µs per op', ...report.contenders.map((contender) => contender.title)],
    ...report.rows.map((row) => [
      row.title,
      ...report.contenders.map(({ name }) => {
        const cell = row.cells.find((one) => one.contender === name)
        return cell === undefined ? '' : String(cell.cpuMicrosPerOp)
      }),
    ]),
  ]
}

function method(report: Report): string {
  return (
    `${report.machine}; Node.js ${report.node}; ${report.against}. One process per contender, one measuring at a time; ` +
    `${report.rounds} interleaved rounds of ${report.secondsPerRound} s each, medians. Only ratios within one run count.`
  )
}

/** For a terminal. */
export function renderText(report: Report): string {
  const draw = (table: string[][]): string => {
    const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
    return table
      .map((row) =>
        row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
      )
      .join('\n')
  }
  return `${report.title}\n\n${draw(tableOf(report))}\n\n${draw(cpuTableOf(report))}\n\n${method(report)}\n`
}

/** For docs/performance.md. */
export function renderMarkdown(report: Report): string {
  const draw = ([head, ...rows]: string[][]): string =>
    [head!, head!.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n')
  const day = report.measuredOn.slice(0, 10)
  return `${draw(tableOf(report))}\n\n${draw(cpuTableOf(report))}\n\nMeasured ${day}: ${method(report)}\n`
}
