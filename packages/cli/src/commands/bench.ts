// `ochre bench`: how fast a server answers this machine, through the client.

import type { Client } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, print } from '../io.ts'
import { progress } from '../progress.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly requests: string
  readonly callers: string
  readonly size: string
  readonly json?: true
}

interface Result {
  readonly test: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const KEYS = 1000

export function benchCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('bench'))
    .description('measure throughput and latency of a server')
    .option('-n, --requests <n>', 'requests per test', '100000')
    .option('-c, --callers <n>', 'callers at the same time', '50')
    .option('--size <bytes>', 'size of a value', '100')
    .option('--json', 'print the results as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  ochre bench --callers 100 --size 1024\n\nKeys are named ochre:bench:... and deleted at the end.',
    )
    .action(async (options: Options) => {
      const [requests, callers, size] = (['requests', 'callers', 'size'] as const).map((name) => {
        const value = Number(options[name])
        if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} is a positive whole number.`)
        return value
      })
      const results = await withClient(io, options, (client) => bench(io, client, requests!, callers!, size!))
      if (options.json) print(io, JSON.stringify(results))
      else {
        print(io, 'test          requests/s   p50 ms   p99 ms   max ms')
        for (const r of results)
          print(
            io,
            `${r.test.padEnd(10)} ${Math.round(r.perSecond).toLocaleString('en-US').padStart(13)} ${[r.p50Ms, r.p99Ms, r.maxMs].map((ms) => ms.toFixed(2).padStart(8)).join(' ')}`,
          )
      }
      exit(EXIT.ok)
    })
}

async function bench(io: Io, client: Client, requests: number, callers: number, size: number): Promise<Result[]> {
  const value = 'x'.repeat(size)
  const key = (i: number): string => `ochre:bench:${i % KEYS}`
  const tests: [string, (i: number) => Promise<unknown>][] = [
    ['PING', () => client.call('PING')],
    ['SET', (i) => client.call('SET', key(i), value)],
    ['GET', (i) => client.call('GET', key(i))],
    ['INCR', (i) => client.call('INCR', `${key(i)}:n`)],
    ['HSET', (i) => client.call('HSET', `${key(i)}:h`, 'field', value)],
    ['LPUSH', (i) => client.call('LPUSH', 'ochre:bench:l', value.slice(0, 10 + (i % 2)))],
    ['RPOP', () => client.call('RPOP', 'ochre:bench:l')],
  ]
  try {
    const results: Result[] = []
    for (const [test, run] of tests) {
      if (io.interrupted.aborted) break
      results.push(await measure(io, test, run, requests, callers))
    }
    return results
  } finally {
    const used = Array.from({ length: KEYS }, (_, i) => [key(i), `${key(i)}:n`, `${key(i)}:h`]).flat()
    await Promise.all([...used, 'ochre:bench:l'].map((name) => client.call('UNLINK', name)))
  }
}

async function measure(
  io: Io,
  test: string,
  run: (i: number) => Promise<unknown>,
  requests: number,
  callers: number,
): Promise<Result> {
  const bar = progress(io, test.padEnd(5), requests)
  const took = new Float64Array(requests)
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < requests && !io.interrupted.aborted) {
      const i = next++
      const started = performance.now()
      await run(i)
      took[i] = performance.now() - started
      if (i % 1024 === 0) bar.update(i)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: Math.min(callers, requests) }, caller))
  const elapsed = performance.now() - started
  bar.end()
  const sorted = took.subarray(0, next).sort()
  const at = (share: number): number => sorted[Math.min(next - 1, Math.floor(share * next))]!
  return { test, perSecond: (next / elapsed) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}
