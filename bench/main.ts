// `npm run bench -- [suite] [options]`: runs a suite, prints the tables, writes JSON and charts into bench/results/.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderChart } from './chart.ts'
import { renderCurve } from './curve.ts'
import { replaceSection } from './document.ts'
import { runGate } from './gate.ts'
import { makeRow, pictureOf, type Report, renderMarkdown, renderText } from './report.ts'
import { type Race, race } from './run.ts'
import { type Figure, loadSuite, type Suite } from './suite.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..')
const USAGE = `npm run bench -- [suite] [options]

  suite               one of: ${suiteNames().join(', ')} (client)
  --only a,b          workloads by name, or by a part of it
  --contenders a,b    contenders of that name
  --rounds n          rounds (what the suite says; for --gate 11)
  --seconds s         seconds per measurement (what the suite says)
  --quick             one round of 0.1 s on small data, nothing is written
  --gate revision     compare with another revision of the project; exit code 1 when this one is slower
  --document          put the tables and curves into docs/performance.md: of this run, or without a suite those of
                      the last runs, measuring nothing`

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 2
})

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      gate: { type: 'string' },
      document: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  if (values.document && positionals.length === 0) return document(suiteNames())
  const name = positionals[0] ?? 'client'
  if (!suiteNames().includes(name)) throw new Error(`There is no suite '${name}'.\n\n${USAGE}`)
  const suite = await loadSuite(name)
  const workloads = select('workload', suite.workloads, values.only)
  const contenders = select('contender', suite.contenders, values.contenders)
  const rounds =
    positive('--rounds', values.rounds) ?? (values.quick ? 1 : values.gate === undefined ? suite.rounds : 11)
  const seconds = positive('--seconds', values.seconds) ?? (values.quick ? 0.1 : suite.seconds)
  const started = await suite.start({ isQuick: values.quick, root, onProgress: progress })
  const options = { rounds, ms: seconds * 1000, onProgress: progress }
  try {
    const names = workloads.map((workload) => workload.name)
    if (values.gate !== undefined) {
      const verdicts = await runGate(suite, names, started.environment, root, values.gate, options)
      let losses = 0
      for (const [workload, { ratio, interval, isLoss }] of verdicts) {
        if (isLoss) losses++
        const range = `${interval.low.toFixed(3)} .. ${interval.high.toFixed(3)} at ${(interval.confidence * 100).toFixed(1)} %`
        console.log(`${isLoss ? 'LOSS' : 'ok  '} ${workload.padEnd(18)} ${ratio.toFixed(3)} x  (${range})`)
      }
      console.log(`${verdicts.size - losses} passed, ${losses} failed`)
      if (losses > 0) process.exitCode = 1
      return
    }
    const racers = contenders.map((contender) => ({ name: contender.name, contender: contender.name, root }))
    const result = await race(suite, names, racers, started.environment, options)
    // A part of the race that was asked for by name does not ask for the rest.
    const found = values.only === undefined ? await started.figures?.().catch((error: Error) => error) : []
    const figures = found instanceof Error ? [] : (found ?? [])
    if (found instanceof Error) console.error(`no figures: ${found.message}`)
    const run = { rounds, seconds, against: started.description }
    const report = makeReport(suite, contenders, workloads, result, figures, run)
    console.log(`\n${renderText(report)}`)
    const isWhole =
      !values.quick && workloads.length === suite.workloads.length && contenders.length === suite.contenders.length
    if (!isWhole) return
    writeFileSync(join(here, 'results', `${name}.json`), `${JSON.stringify(report, null, 2)}\n`)
    writeFileSync(join(here, 'results', `${name}.svg`), renderChart(report))
    if (values.document) document([name])
  } finally {
    await started.stop()
  }
}

function makeReport(
  suite: Suite<unknown>,
  contenders: Suite<unknown>['contenders'],
  workloads: Suite<unknown>['workloads'],
  { samples, failures }: Race,
  figures: readonly Figure[],
  run: { rounds: number; seconds: number; against: string },
): Report {
  const [cpu] = cpus()
  return {
    suite: suite.name,
    title: suite.title,
    measuredOn: new Date().toISOString(),
    machine: `${cpus().length} x ${cpu?.model.trim() || process.arch}, ${process.platform} ${release().split('-')[0]}`,
    node: process.versions.node,
    against: run.against,
    rounds: run.rounds,
    secondsPerRound: run.seconds,
    contenders: contenders.map(({ name, title, role }) => ({ name, title, role })),
    rows: workloads.map((workload) => makeRow(workload, contenders, samples.get(workload.name)!)),
    failures,
    remarks: suite.remarks ?? [],
    figures,
  }
}

/** Puts the stored results of suites into docs/performance.md. */
function document(suites: readonly string[]): void {
  const path = join(root, 'docs', 'performance.md')
  let page = readFileSync(path, 'utf8')
  for (const name of suites) {
    const file = join(here, 'results', `${name}.json`)
    if (!existsSync(file)) continue
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    page = replaceSection(page, name, renderMarkdown(report))
    for (const figure of report.figures) {
      if (figure.kind !== 'curve') continue
      const picture = join(root, 'docs', pictureOf(report, figure))
      mkdirSync(dirname(picture), { recursive: true })
      writeFileSync(picture, renderCurve(figure))
    }
  }
  writeFileSync(path, page)
}

function suiteNames(): string[] {
  return readdirSync(here).filter((name) => existsSync(join(here, name, 'suite.ts')))
}

/** Those whose name is one of the words; a word that is nobody's name selects all that contain it. */
function select<T extends { readonly name: string }>(
  kind: string,
  all: readonly T[],
  asked: string | undefined,
): readonly T[] {
  if (asked === undefined) return all
  const names = all.map((one) => one.name)
  const selected = asked.split(',').flatMap((word) => {
    const matching = names.includes(word) ? [word] : names.filter((name) => name.includes(word))
    if (word === '' || matching.length === 0)
      throw new Error(`There is no ${kind} '${word}'. There are: ${names.join(', ')}.`)
    return matching
  })
  return all.filter((one) => selected.includes(one.name))
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${option} takes a number above 0.`)
  return value
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else process.stderr.write(`${text}\n`)
}
