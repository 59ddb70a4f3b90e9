// What a race found, as data (the JSON in results/) and as a table for people.
import type { Failure, Sample } from './run.ts'
import { median } from './statistics.ts'
import type { Curve, Figure, Goal, Table } from './suite.ts'

export interface Cell {
  readonly contender: string
  /** Median over the rounds. */
  readonly opsPerSecond: number
  readonly cpuMicrosPerOp?: number
  readonly p99Ms?: number
  /** Every round, rounded. */
  readonly samples: readonly number[]
}

export interface Row {
  readonly workload: string
  readonly title: string
  /** What was to be reached, and what was. */
  readonly goals: readonly { readonly goal: string; readonly reached: string; readonly isReached: boolean }[]
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
  readonly failures: readonly Failure[]
  readonly remarks: readonly string[]
  readonly figures: readonly Figure[]
}

/** One row from the samples of each contender. */
export function makeRow(
  workload: { readonly name: string; readonly title: string; readonly goals?: readonly Goal[] },
  contenders: readonly { readonly name: string; readonly title: string; readonly role: string }[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): Row {
  const cells = contenders.flatMap(({ name }): Cell[] => {
    const own = samples.get(name) ?? []
    if (own.length === 0) return []
    return [
      {
        contender: name,
        opsPerSecond: Math.round(median(own.map((sample) => sample.opsPerSecond))),
        ...figureOf('cpuMicrosPerOp', own),
        ...figureOf('p99Ms', own),
        samples: own.map((sample) => Math.round(sample.opsPerSecond)),
      },
    ]
  })
  const role = (cell: Cell): string | undefined => contenders.find(({ name }) => name === cell.contender)?.role
  const ours = cells.find((cell) => role(cell) === 'ours')
  const peers = cells.filter((cell) => role(cell) === 'peer').toSorted((a, b) => b.opsPerSecond - a.opsPerSecond)
  const verdictOf = (goal: Goal, ours: Cell): Row['goals'] => {
    if ('opsPerSecond' in goal)
      return [
        {
          goal: short(goal.opsPerSecond),
          reached: short(ours.opsPerSecond),
          isReached: ours.opsPerSecond >= goal.opsPerSecond,
        },
      ]
    const rival = goal.of === undefined ? peers[0] : cells.find((cell) => cell.contender === goal.of)
    if (rival === undefined) return []
    const ratio = ours.opsPerSecond / rival.opsPerSecond
    const title = contenders.find(({ name }) => name === goal.of)?.title
    const suffix = title === undefined ? '' : ` ${title}`
    return [
      {
        goal: `${Number(goal.times.toFixed(2))} x${suffix}`,
        reached: `${ratio.toFixed(2)} x`,
        isReached: ratio >= goal.times,
      },
    ]
  }
  return {
    workload: workload.name,
    title: workload.title,
    goals: ours === undefined ? [] : (workload.goals ?? []).flatMap((goal) => verdictOf(goal, ours)),
    cells,
    ...(peers[0] === undefined ? {} : { bestPeer: peers[0].contender }),
    ...(peers[0] === undefined || ours === undefined
      ? {}
      : { ratio: Number((ours.opsPerSecond / peers[0].opsPerSecond).toFixed(2)) }),
  }
}

/** The median of a figure that every sample has; nothing when one lacks it. */
function figureOf<K extends 'cpuMicrosPerOp' | 'p99Ms'>(key: K, samples: readonly Sample[]): { [key in K]?: number } {
  const values = samples.flatMap((sample) => sample[key] ?? [])
  if (values.length < samples.length) return {}
  return { [key]: Number(median(values).toPrecision(3)) } as { [key in K]: number }
}

/** `14.3k`, `1.34M`, `995`: three digits at most before the unit. */
export function short(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toFixed(2)}M`
  if (value >= 99_950) return `${Math.round(value / 1000)}k`
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`
  return String(Math.round(value))
}

const HEAD = ['ours / best peer', 'goal', 'reached'] as const

/** One line per workload, one column per contender. Cells are Markdown; `renderText` and `renderMarkdown` draw them. */
function cellsOf(report: Report, row: Row, show: (cell: Cell) => string | undefined): string[] {
  return report.contenders.map(({ name }) => {
    const cell = row.cells.find((one) => one.contender === name)
    return (cell && show(cell)) ?? ''
  })
}

/** Ops/s of everybody, then the ratio and what it was to be. */
function tableOf(report: Report): string[][] {
  return [
    ['ops/s', ...report.contenders.map((contender) => contender.title), ...HEAD],
    ...report.rows.map((row) => [
      row.title,
      ...cellsOf(report, row, (cell) => short(cell.opsPerSecond)),
      row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} x`,
      row.goals.map(({ goal }) => goal).join('; '),
      row.goals.map(({ reached, isReached }) => (isReached ? reached : `${reached} (missed)`)).join('; '),
    ]),
  ]
}

/** A table of something that not every workload tells; nothing when none does. */
function detailsOf(report: Report, title: string, show: (cell: Cell) => string | undefined): string[][][] {
  const rows = report.rows
    .map((row) => [row.title, ...cellsOf(report, row, show)])
    .filter((row) => row.slice(1).some((cell) => cell !== ''))
  return rows.length === 0 ? [] : [[[title, ...report.contenders.map((contender) => contender.title)], ...rows]]
}

function tablesOf(report: Report): string[][][] {
  return [
    tableOf(report),
    ...detailsOf(report, 'CPU µs per op', (cell) => cell.cpuMicrosPerOp?.toString()),
    ...detailsOf(report, 'p99 ms', (cell) => cell.p99Ms?.toString()),
  ]
}

function method(report: Report): string {
  return (
    `${report.machine}; Node.js ${report.node}; ${report.against}. One process per contender, one measuring at a time; ` +
    `${report.rounds} interleaved rounds of ${report.secondsPerRound} s each, medians. Only ratios within one run count.`
  )
}

/** Why cells are empty, and what else readers have to know. */
function notesOf(report: Report): string[] {
  const titleOf = (racer: string): string => report.contenders.find(({ name }) => name === racer)?.title ?? racer
  const failures = report.failures.map(({ racer, workload, message }) => {
    const row = report.rows.find((one) => one.workload === workload)
    return `${titleOf(racer)}${row === undefined ? '' : `, ${row.title}`}: no number (${message}).`
  })
  return [...report.remarks, ...failures]
}

/** The points of a curve as a table: one line per x. */
function curveRows({ x, lines }: Curve): string[][] {
  const xs = [...new Set(lines.flatMap((line) => line.points.map(([at]) => at)))].toSorted((a, b) => a - b)
  return [
    [x, ...lines.map((line) => line.title)],
    ...xs.map((at) => [
      short(at),
      ...lines.map((line) => {
        const point = line.points.find(([one]) => one === at)
        return point === undefined ? '' : String(Number(point[1].toPrecision(3)))
      }),
    ]),
  ]
}

const rowsOf = (figure: Figure): string[][] =>
  figure.kind === 'curve' ? curveRows(figure) : [[...(figure as Table).head], ...figure.rows.map((row) => [...row])]

/** For a terminal. */
export function renderText(report: Report): string {
  const draw = (table: string[][]): string => {
    const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
    return table
      .map((row) =>
        row
          .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')
  }
  return `${[
    report.title,
    ...tablesOf(report).map(draw),
    ...report.figures.map((figure) => `${figure.title}\n${draw(rowsOf(figure))}\n${figure.note}`),
    ...notesOf(report),
    method(report),
  ].join('\n\n')}\n`
}

/** Where a curve's picture is, beside docs/performance.md. */
export function pictureOf(report: Report, curve: Curve): string {
  return `performance/${report.suite}-${curve.name}.svg`
}

/** For docs/performance.md. */
export function renderMarkdown(report: Report): string {
  const draw = ([head, ...rows]: string[][]): string =>
    [head!, head!.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n')
  const figures = report.figures.flatMap((figure) => [
    `**${figure.title}.** ${figure.note}`,
    draw(rowsOf(figure)),
    ...(figure.kind === 'curve' ? [`![${figure.title}](${pictureOf(report, figure)})`] : []),
  ])
  const notes = notesOf(report)
  return `${[
    ...tablesOf(report).map(draw),
    ...figures,
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join('\n')]),
    `Measured ${report.measuredOn.slice(0, 10)}: ${method(report)}`,
  ].join('\n\n')}\n`
}
