// `ochre bench`: how fast a server answers this machine, through the client.

import type { Client } from '@ochre/client'
import { Command } from 'commander'
import { EXIT, type Io, print, throwIfStopped } from '../io.ts'
import { wholeNumber } from '../options.ts'
import { progress } from '../progress.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly requests: number
  readonly callers: number
  readonly size: number
  readonly json?: true
}

interface Result {
  readonly test: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** So many keys are written in turn, unless they would hold more than this together. */
const KEYS = 1000
const BYTES = 64 * 1024 * 1024

export function benchCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('bench'))
    .description('measure throughput and latency of a server')
    .option('-n, --requests <n>', 'requests per test', wholeNumber(1, 100_000_000), 100_000)
    .option('-c, --callers <n>', 'callers at the same time', wholeNumber(1, 50_000), 50)
    .option('--size <bytes>', 'size of a value', wholeNumber(1, 100_000_000), 100)
    .option('--json', 'print the results as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre bench
  ochre bench --callers 100 --size 1024 --json

Keys are named ochre:bench:... and deleted at the end.`,
    )
    .action(async (options: Options) => {
      const results = await withClient(io, options, (client) => bench(io, client, options))
      if (options.json) print(io, JSON.stringify(results))
      else {
        print(io, 'test          requests/s   p50 ms   p99 ms   max ms')
        for (const { test, perSecond, ...ms } of results) {
          const times = [ms.p50Ms, ms.p99Ms, ms.maxMs].map((each) => each.toFixed(2).padStart(8)).join(' ')
          print(io, `${test.padEnd(10)} ${Math.round(perSecond).toLocaleString('en-US').padStart(13)} ${times}`)
        }
      }
      exit(EXIT.ok)
    })
}

async function bench(io: Io, client: Client, options: Options): Promise<Result[]> {
  const value = 'x'.repeat(options.size)
  const keys = Math.max(1, Math.min(KEYS, Math.floor(BYTES / options.size)))
  const key = (i: number): string => `ochre:bench:${i % keys}`
  // The list has an element per request.
  const element = value.slice(0, 100)
  const tests: [string, (i: number) => Promise<unknown>][] = [
    ['PING', () => client.call('PING')],
    ['SET', (i) => client.call('SET', key(i), value)],
    ['GET', (i) => client.call('GET', key(i))],
    ['INCR', (i) => client.call('INCR', `${key(i)}:n`)],
    ['HSET', (i) => client.call('HSET', `${key(i)}:h`, 'field', value)],
    ['LPUSH', () => client.call('LPUSH', 'ochre:bench:l', element)],
    ['RPOP', () => client.call('RPOP', 'ochre:bench:l')],
  ]
  try {
    const results: Result[] = []
    for (const [test, run] of tests) results.push(await measure(io, test, run, options))
    return results
  } finally {
    // Also after an interruption, which ends the calls of `client`.
    const cleaner = client.with({ signal: new AbortController().signal, timeoutMs: 5000 })
    const used = Array.from({ length: keys }, (_, i) => [key(i), `${key(i)}:n`, `${key(i)}:h`]).flat()
    await Promise.all([...used, 'ochre:bench:l'].map((name) => cleaner.call('UNLINK', name))).catch(() => undefined)
  }
}

async function measure(
  io: Io,
  test: string,
  run: (i: number) => Promise<unknown>,
  { requests, callers }: Options,
): Promise<Result> {
  const bar = progress(io, test.padEnd(5), requests)
  const took = new Float64Array(requests)
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < requests) {
      const i = next++
      const started = performance.now()
      await run(i)
      took[i] = performance.now() - started
      if (i % 1024 === 0) bar.update(i)
    }
  }
  const started = performance.now()
  try {
    await Promise.all(Array.from({ length: Math.min(callers, requests) }, caller))
  } catch (error) {
    // Ends the other callers, too.
    next = requests
    throwIfStopped(io)
    throw error
  } finally {
    bar.end()
  }
  const elapsed = performance.now() - started
  const sorted = took.sort()
  const at = (share: number): number => sorted[Math.min(requests - 1, Math.floor(share * requests))]!
  return { test, perSecond: (requests / elapsed) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}
