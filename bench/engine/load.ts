// redis-benchmark as the load: it shares no code with what it measures and costs little beside it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Clock, Outcome } from '../suite.ts'

const execute = promisify(execFile)

export interface Load {
  /** The command line of redis-benchmark, as JSON. */
  readonly program: string
  readonly port: number
  readonly connections: number
  readonly pipeline: number
  /** `__rand_int__` in it is replaced by twelve digits, below `range`. */
  readonly command: readonly string[]
  readonly range?: number
}

/** Requests that find out how fast a server is. */
const PROBE = 4000

/** Requests per second by server and command, from the last run: redis-benchmark wants a number of requests, not a time. */
const rates = new Map<string, number>()

/** Loads a server for about the clock's time. */
export async function load(options: Load, clock: Pick<Clock, 'ms'>): Promise<Outcome> {
  const key = JSON.stringify(options)
  const rate = rates.get(key) ?? (await run(options, PROBE)).rate
  const requests = Math.max(PROBE, Math.round((rate * clock.ms) / 1000))
  const result = await run(options, requests)
  rates.set(key, result.rate)
  return { operations: requests, seconds: requests / result.rate, p99Ms: result.p99Ms }
}

async function run(options: Load, requests: number): Promise<{ rate: number; p99Ms: number }> {
  const { program, port, connections, pipeline, command, range = 100_000 } = options
  const [file, ...prefix] = JSON.parse(program) as string[]
  const args = ['-p', port, '-c', connections, '-P', pipeline, '-n', requests, '-r', range, '--csv', ...command]
  const { stdout } = await execute(file!, [...prefix, ...args.map(String)], { timeout: 50_000 }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      const said = `${error.stdout}${error.stderr}`
      throw new Error(/^Error.*$/m.exec(said)?.[0].trim() ?? 'redis-benchmark did not come to an end')
    },
  )
  // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
  const numbers = stdout
    .trim()
    .split('\n')
    .at(-1)!
    .split('","')
    .map((field) => Number(field.replaceAll('"', '')))
  const [rate, p99Ms] = [numbers.at(-7), numbers.at(-2)]
  if (!(rate! > 0) || p99Ms === undefined) throw new Error('redis-benchmark said nothing')
  return { rate: rate!, p99Ms }
}
