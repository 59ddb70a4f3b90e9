// The benchmarks' own parts: statistics, tables, the chart, and a race of the smallest kind.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RawClient } from '../test/servers/raw-client.ts'
import { renderChart } from './chart.ts'
import { suite } from './client/suite.ts'
import { renderCurve } from './curve.ts'
import { replaceSection } from './document.ts'
import { buildRevision } from './gate.ts'
import { makeRow, type Report, renderMarkdown, renderText, short } from './report.ts'
import { race } from './run.ts'
import { compare, median, medianInterval } from './statistics.ts'
import type { Curve } from './suite.ts'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const run = promisify(execFile)

describe('statistics', () => {
  test('the median of odd and even lists', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  test('the interval is the pair of order statistics that the binomial distribution gives', () => {
    const values = [11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6]
    // Tables of the sign test: n = 11, k = 1 fails with 2 * (1 + 11) / 2048.
    expect(medianInterval(values, 0.98)).toEqual({ low: 2, high: 10, confidence: 1 - 24 / 2048 })
    expect(medianInterval(values, 0.99)).toEqual({ low: 1, high: 11, confidence: 1 - 2 / 2048 })
    expect(medianInterval([1, 2, 3], 0.98)).toEqual({ low: 1, high: 3, confidence: 0.75 })
  })

  test('a loss is one beyond noise and tolerance, whatever disturbs single rounds', () => {
    const old = [100, 50, 102, 98, 101, 99, 100, 103, 97, 100, 101]
    const scaled = (factor: number): number[] => old.map((value, i) => value * factor * (i === 3 ? 3 : 1))
    expect(compare(old, scaled(0.9)).isLoss).toBe(true)
    expect(compare(old, scaled(0.99)).isLoss).toBe(false)
    expect(compare(old, scaled(1.2)).isLoss).toBe(false)
    const noise = [0.8, 1.3, 0.9, 1.1, 0.85, 1.2, 0.95, 1.05, 0.7, 1.4, 1]
    expect(
      compare(
        old,
        old.map((value, i) => value * noise[i]!),
      ).isLoss,
    ).toBe(false)
  })
})

const CONTENDERS = [
  { name: 'a', title: 'A & co', role: 'ours' },
  { name: 'b', title: 'B', role: 'peer' },
  { name: 'c', title: 'C', role: 'peer' },
  { name: 'f', title: 'floor', role: 'floor' },
] as const

const CURVE: Curve = {
  kind: 'curve',
  name: 'count',
  title: 'Count & rank',
  x: 'rows',
  y: 'µs per op',
  lines: [
    {
      title: 'ours <us>',
      role: 'ours',
      points: [
        [1000, 10],
        [10_000, 12],
        [1_000_000, 19],
      ],
    },
    {
      title: 'peer',
      role: 'peer',
      points: [
        [1000, 19.5],
        [1_000_000, 18.5],
      ],
    },
  ],
  note: 'Median.',
}

const GOALS = [{ times: 1.8 }, { times: 5, of: 'b' }, { opsPerSecond: 300_000 }]

function makeReport(): Report {
  const samples = (...rates: number[]): { opsPerSecond: number; cpuMicrosPerOp: number }[] =>
    rates.map((opsPerSecond) => ({ opsPerSecond, cpuMicrosPerOp: 1e6 / opsPerSecond }))
  const all = new Map([
    ['a', samples(400_000, 380_000, 420_000)],
    ['b', samples(100_000)],
    ['c', samples(200_000)],
    ['f', samples(500_000)],
  ])
  const some = new Map([['b', samples(1234)]])
  return {
    suite: 'client',
    title: 'Clients',
    measuredOn: '2026-01-02T03:04:05.000Z',
    machine: '2 x CPU',
    node: '20.19.0',
    against: 'Redis 7.0.15',
    rounds: 3,
    secondsPerRound: 1,
    contenders: CONTENDERS,
    rows: [
      makeRow({ name: 'get', title: 'GET <64>', goals: GOALS }, CONTENDERS, all),
      makeRow({ name: 'other', title: 'other' }, CONTENDERS, some),
    ],
    failures: [{ racer: 'c', workload: 'other', message: 'a wrong answer' }],
    remarks: ['Values are small.'],
    figures: [{ kind: 'table', title: 'Sizes', head: ['', 'bytes'], rows: [['key', '50']], note: 'Counted.' }, CURVE],
  }
}

describe('the report', () => {
  test('compares ours with the best peer, never with the floor', () => {
    const [row, other] = makeReport().rows
    expect(row).toMatchObject({ bestPeer: 'c', ratio: 2 })
    expect(row?.goals).toEqual([
      { goal: '1.8 x', reached: '2.00 x', isReached: true },
      { goal: '5 x B', reached: '4.00 x', isReached: false },
      { goal: '300k', reached: '400k', isReached: true },
    ])
    expect(row?.cells[0]).toEqual({
      contender: 'a',
      opsPerSecond: 400_000,
      cpuMicrosPerOp: 2.5,
      samples: [400_000, 380_000, 420_000],
    })
    expect(other?.ratio).toBeUndefined()
  })

  test('numbers are short', () => {
    expect([995, 1000, 14_345, 99_949, 99_951, 999_499, 1_341_000].map(short)).toEqual([
      '995',
      '1.0k',
      '14.3k',
      '99.9k',
      '100k',
      '999k',
      '1.34M',
    ])
  })

  test('as text and as Markdown', () => {
    expect(renderText(makeReport())).toMatch(
      /^GET <64> +400k +100k +200k +500k +2\.00 x +1\.8 x; 5 x B; 300k +2\.00 x/m,
    )
    const markdown = renderMarkdown(makeReport())
    expect(markdown).toContain(
      '| GET <64> | 400k | 100k | 200k | 500k | 2.00 x | 1.8 x; 5 x B; 300k | 2.00 x; 4.00 x (missed); 400k |',
    )
    expect(markdown).toContain('| other |  | 1.2k |  |  |  |  |  |')
    expect(markdown).toContain('| CPU µs per op | A & co |')
    expect(markdown).not.toContain('p99')
    expect(markdown).toContain('- Values are small.\n- C, other: no number (a wrong answer).')
    expect(markdown).toContain('**Sizes.** Counted.\n\n|  | bytes |\n| --- | ---: |\n| key | 50 |')
    expect(markdown).toContain('| 10.0k | 12 |  |\n| 1.00M | 19 | 18.5 |')
    expect(markdown).toContain('![Count & rank](performance/client-count.svg)')
    expect(markdown).toContain('Measured 2026-01-02: 2 x CPU; Node.js 20.19.0; Redis 7.0.15.')
  })

  test('as a chart with a bar for everybody but the floor, for light and dark', () => {
    const svg = renderChart(makeReport())
    expect(svg.match(/<rect /g)).toHaveLength(4)
    expect(svg).not.toContain('floor')
    expect(svg).toContain('A &amp; co')
    expect(svg).toContain('GET &lt;64>')
    expect(svg).toContain('400k  2.0×')
    expect(svg).toContain('prefers-color-scheme: dark')
    const widths = [...svg.matchAll(/width="([\d.]+)" height="11"/g)].map((match) => Number(match[1]))
    expect(widths[0]! / widths[2]!).toBeCloseTo(2, 1)
  })

  test('a curve has a line per series and labels that do not overlap', () => {
    const svg = renderCurve(CURVE)
    expect(svg.match(/<polyline /g)).toHaveLength(2)
    expect(svg.match(/<circle /g)).toHaveLength(5)
    expect(svg).toContain('Count &amp; rank')
    const labels = [...svg.matchAll(/x="580" y="([\d.]+)">(ours|peer)/g)].map((match) => Number(match[1]))
    expect(labels).toHaveLength(2)
    expect(Math.abs(labels[0]! - labels[1]!)).toBeGreaterThanOrEqual(14)
    const [x1, , x3] = [...svg.matchAll(/cx="([\d.]+)"/g)].map((match) => Number(match[1]))
    const [, x2] = [...svg.matchAll(/cx="([\d.]+)"/g)].map((match) => Number(match[1]))
    expect((x2! - x1!) / (x3! - x1!)).toBeCloseTo(1 / 3, 2)
  })

  test('goes between its markers and nowhere else', () => {
    const page = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb'
    expect(replaceSection(page, 'x', 'new\n')).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb')
    expect(() => replaceSection(page, 'y', 'new')).toThrow(/no section <!-- bench:y -->/)
  })
})

const START = { isQuick: true, root, onProgress: () => undefined }

describe('a race', () => {
  test('every racer is measured in every round, in a process of its own', async () => {
    const { environment, stop, description } = await suite.start(START)
    onTestFinished(stop)
    expect(description).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+/)
    const racers = ['floor', 'ioredis'].map((name) => ({ name, contender: name, root }))
    const { samples, failures } = await race(suite, ['get-64', 'mget'], racers, environment, { rounds: 2, ms: 20 })
    expect(failures).toEqual([])
    expect(samples.get('get-64')!.get('floor')).toHaveLength(2)
    expect(samples.get('get-64')!.get('ioredis')).toHaveLength(2)
    expect(samples.get('mget')!.get('floor')).toEqual([])
    expect(samples.get('mget')!.get('ioredis')![0]!.opsPerSecond).toBeGreaterThan(1)
  })

  test('a wrong answer is no number, and the others go on', async () => {
    const { environment, stop } = await suite.start(START)
    onTestFinished(stop)
    const racers = ['ioredis', 'redis'].map((name) => ({ name, contender: name, root }))
    const client = await RawClient.open(Number(environment.port))
    onTestFinished(() => client.close())
    await client.call('FLUSHALL')
    const { samples, failures } = await race(suite, ['get-1', 'set-64'], racers, environment, { rounds: 2, ms: 10 })
    expect(failures).toEqual([
      { racer: 'ioredis', workload: 'get-1', message: 'a wrong answer' },
      { racer: 'redis', workload: 'get-1', message: 'a wrong answer' },
    ])
    expect(samples.get('get-1')!.get('ioredis')).toEqual([])
    expect(samples.get('set-64')!.get('redis')).toHaveLength(2)
  })

  test('who cannot start is left out, with the reason', async () => {
    const racers = ['ochre', 'floor'].map((name) => ({ name, contender: name, root: join(root, 'no-such-folder') }))
    const { environment, stop } = await suite.start(START)
    onTestFinished(stop)
    const { samples, failures } = await race(suite, ['get-64'], racers, environment, { rounds: 1, ms: 10 })
    expect(failures).toEqual([{ racer: 'ochre', message: expect.stringContaining('no-such-folder') }])
    expect(samples.get('get-64')!.get('floor')).toHaveLength(1)
  })
})

test('a revision is built apart from the checkout, against its own packages, and removed', async () => {
  const repository = mkdtempSync(join(tmpdir(), 'ochre-bench-'))
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }))
  const write = (path: string, content: string | object): void => {
    mkdirSync(join(repository, path, '..'), { recursive: true })
    writeFileSync(join(repository, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const compilerOptions = { composite: true, module: 'nodenext', rootDir: 'src', outDir: 'dist', types: [] }
  write('.gitignore', 'node_modules\ndist\n')
  for (const [name, references] of [
    ['low', []],
    ['high', [{ path: '../low' }]],
  ] as const) {
    write(`packages/${name}/package.json`, { name: `@ochre/${name}`, type: 'module', exports: './dist/index.js' })
    write(`packages/${name}/tsconfig.json`, { compilerOptions, include: ['src'], references })
  }
  write('packages/low/src/index.ts', "export const text: string = 'old'\n")
  write('packages/high/src/index.ts', "export { text } from '@ochre/low'\n")
  const git = (...args: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: repository })
  await git('init', '-q')
  await git('add', '.')
  await git('commit', '-q', '-m', 'one')
  mkdirSync(join(repository, 'node_modules/.bin'), { recursive: true })
  mkdirSync(join(repository, 'node_modules/@ochre'), { recursive: true })
  symlinkSync(join(root, 'node_modules/.bin/tsc'), join(repository, 'node_modules/.bin/tsc'))
  symlinkSync(join(repository, 'packages/low'), join(repository, 'node_modules/@ochre/low'))
  write('packages/low/src/index.ts', "export const text: string = 'new'\n")

  await expect(buildRevision(repository, 'no-such-revision', [])).rejects.toThrow(
    "There is no revision 'no-such-revision'",
  )
  const { path, remove } = await buildRevision(repository, 'HEAD', ['high'])
  const script = `console.log((await import(${JSON.stringify(join(path, 'packages/high/dist/index.js'))})).text)`
  expect(await run(process.execPath, ['--input-type=module', '-e', script])).toMatchObject({ stdout: 'old\n' })
  await remove()
  expect(existsSync(path)).toBe(false)

  write('packages/low/src/index.ts', 'export const text: string = 1\n')
  await git('commit', '-q', '-a', '-m', 'two')
  await expect(buildRevision(repository, 'HEAD', ['high'])).rejects.toThrow(/does not build:[\s\S]*not assignable/)
  const { stdout } = await run('git', ['worktree', 'list'], { cwd: repository })
  expect(stdout.trim().split('\n')).toHaveLength(1)
})

test('a suite, a workload or an option that does not exist is refused by name', async () => {
  const bench = (...args: string[]): Promise<{ code: number; stderr: string }> =>
    run(join(root, 'node_modules/.bin/tsx'), [join(root, 'bench/main.ts'), ...args]).catch((error) => error)
  const [suiteError, workloadError, roundsError] = await Promise.all([
    bench('nonsense'),
    bench('client', '--only', 'nonsense'),
    bench('client', '--rounds', 'many'),
  ])
  expect(suiteError).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no suite 'nonsense'") })
  expect(workloadError).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no workload 'nonsense'") })
  expect(roundsError).toMatchObject({ code: 2, stderr: expect.stringContaining('--rounds takes a number above 0') })
})
