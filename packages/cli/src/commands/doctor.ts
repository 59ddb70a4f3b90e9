// `ochre doctor`: what is wrong with a server and what to do about it.

import type { Client } from '@ochre/client'
import { Command } from 'commander'
import { type BigKey, diagnose, type Facts, parseInfo } from '../diagnose.ts'
import { EXIT, type Io, print } from '../io.ts'
import { quote } from '../print.ts'
import { progress } from '../progress.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly sample: string
  readonly json?: true
}

const PINGS = 50
const MARK = { problem: '✗', advice: '!', good: '✓' } as const

export function doctorCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('doctor'))
    .description('check version, memory, persistence, latency, slow log, big keys, clients and cluster')
    .option('--sample <n>', 'how many keys to look at for big ones', '10000')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  ochre doctor --url redis://127.0.0.1:6379\n\nEnds with 1 when a problem was found.',
    )
    .action(async (options: Options) => {
      const findings = diagnose(await withClient(io, options, (client) => collect(io, client, Number(options.sample))))
      if (options.json) print(io, JSON.stringify(findings))
      else
        for (const finding of findings) {
          print(io, `${MARK[finding.severity]} ${finding.check.padEnd(12)} ${finding.seen}`)
          if (finding.advice !== undefined) print(io, `  ${' '.repeat(12)} ${finding.advice}`)
        }
      exit(findings.some((finding) => finding.severity === 'problem') ? EXIT.failed : EXIT.ok)
    })
}

async function collect(io: Io, client: Client, sample: number): Promise<Facts> {
  const info = parseInfo((await client.call('INFO', 'everything')) as string)
  const pingMs: number[] = []
  for (let i = 0; i < PINGS; i++) {
    const started = performance.now()
    await client.call('PING')
    pingMs.push(performance.now() - started)
  }
  const slow = (await orNull(client.call('SLOWLOG', 'GET', 128))) as [number, number, number, string[]][] | null
  const cluster =
    info.cluster_enabled === '1' ? ((await orNull(client.call('CLUSTER', 'INFO'))) as string | null) : null
  return {
    info,
    config: await readConfig(client),
    pingMs,
    slow: slow?.map(([, , micros, words]) => ({ micros, command: words[0] ?? '' })) ?? null,
    big: await findBig(io, client, sample),
    cluster: cluster === null ? null : parseInfo(cluster),
  }
}

async function readConfig(client: Client): Promise<Record<string, string> | null> {
  const names = ['maxmemory', 'maxmemory-policy', 'appendonly', 'appendfsync', 'save', 'maxclients']
  const found: Record<string, string> = Object.create(null)
  for (const name of names) {
    const reply = await orNull(client.call('CONFIG', 'GET', name))
    if (reply === null) return null
    Object.assign(found, Array.isArray(reply) ? { [name]: reply[1] } : reply)
  }
  return found
}

async function findBig(io: Io, client: Client, sample: number): Promise<Facts['big']> {
  const sizes: { key: Buffer; bytes: number }[] = []
  let sampled = 0
  const bar = progress(io, 'Keys', sample)
  try {
    for await (const { keys } of scanKeys(client, {})) {
      const bytes = (await Promise.all(keys.map((key) => client.call('MEMORY', 'USAGE', key, 'SAMPLES', 5)))) as (
        | number
        | null
      )[]
      for (const [i, key] of keys.entries()) {
        sampled++
        const size = bytes[i]
        if (size) sizes.push({ key, bytes: size })
      }
      sizes.sort((a, b) => b.bytes - a.bytes).splice(10)
      bar.update(sampled)
      if (sampled >= sample) break
    }
  } catch {
    // No permission, or a server without MEMORY USAGE: the report says that sizes are not readable.
    return null
  } finally {
    bar.end()
  }
  const named = sizes.map(async ({ key, bytes }): Promise<BigKey> => {
    const type = (await orNull(client.call('TYPE', key))) as string | null
    return { key: quote(key), type: type ?? 'key', bytes }
  })
  return { sampled, keys: await Promise.all(named) }
}

/** The reply, or null when the server refuses the command. */
async function orNull(reply: Promise<unknown>): Promise<unknown> {
  return reply.catch(() => null)
}
