// `ochre doctor`: what is wrong with a server and what to do about it.

import { readFile } from 'node:fs/promises'
import type { Client } from '@ochre/client'
import { ReplyError } from '@ochre/protocol'
import { Command } from 'commander'
import { type BigKey, diagnose, type Facts, parseInfo } from '../diagnose.ts'
import { EXIT, type Io, print } from '../io.ts'
import { wholeNumber } from '../options.ts'
import { quote } from '../print.ts'
import { progress } from '../progress.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly sample: number
  readonly json?: true
}

const PINGS = 50
const MARK = { problem: '✗', advice: '!', good: '✓' } as const
const SETTINGS = ['maxmemory', 'maxmemory-policy', 'appendfsync', 'save', 'maxclients', 'slowlog-log-slower-than']

export function doctorCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('doctor'))
    .description('check version, memory, persistence, latency, slow log, big keys, clients, replication and cluster')
    .option('--sample <n>', 'how many keys to look at for big ones', wholeNumber(0), 10_000)
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre doctor --url redis://127.0.0.1:6379
  ochre doctor --json | jq '.[] | select(.severity != "good")'

✗ is a problem, ! is advice, ✓ is well. Ends with 1 when a problem was found. Looks only: nothing is changed.`,
    )
    .action(async (options: Options) => {
      const findings = diagnose(await withClient(io, options, (client) => collect(io, client, options.sample)))
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
  const info = parseInfo(((await unlessRefused(client.call('INFO', 'everything'))) as string | null) ?? '')
  const pingMs: number[] = []
  for (let i = 0; i < PINGS; i++) {
    const started = performance.now()
    // Refused, too, by a server that cannot write to its disk; that takes as long.
    await unlessRefused(client.call('PING'))
    pingMs.push(performance.now() - started)
  }
  const slow = (await unlessRefused(client.call('SLOWLOG', 'GET', 128))) as [number, number, number, string[]][] | null
  const cluster =
    info.cluster_enabled === '1' ? ((await unlessRefused(client.call('CLUSTER', 'INFO'))) as string | null) : null
  return {
    info,
    config: await readConfig(client),
    pingMs,
    slow: slow?.map(([, at, micros, words]) => ({ at, micros, command: words[0] ?? '' })) ?? null,
    big: await findBig(io, client, sample),
    cluster: cluster === null ? null : parseInfo(cluster),
    machine: await lookAtMachine(client, info),
  }
}

async function readConfig(client: Client): Promise<Record<string, string> | null> {
  const found: Record<string, string> = Object.create(null)
  for (const name of SETTINGS) {
    const reply = await unlessRefused(client.call('CONFIG', 'GET', name))
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
    if (sample > 0)
      for await (const { keys } of scanKeys(client, {})) {
        const bytes = await Promise.all(keys.map((key) => client.call('MEMORY', 'USAGE', key, 'SAMPLES', 5)))
        for (const [i, key] of keys.entries()) if (bytes[i] !== null) sizes.push({ key, bytes: Number(bytes[i]) })
        sampled += keys.length
        sizes.sort((a, b) => b.bytes - a.bytes).splice(10)
        bar.update(sampled)
        if (sampled >= sample) break
      }
  } catch (error) {
    // No permission, or a server without MEMORY USAGE: the report says that sizes are not readable.
    if (error instanceof ReplyError) return null
    throw error
  } finally {
    bar.end()
  }
  const named = sizes.map(async ({ key, bytes }): Promise<BigKey> => {
    const type = (await unlessRefused(client.call('TYPE', key))) as string | null
    return { key: quote(key), type: type ?? 'key', bytes }
  })
  return { sampled, keys: await Promise.all(named) }
}

/** Settings of the kernel that matter to a server, when it is a process of this machine. */
async function lookAtMachine(client: Client, info: Facts['info']): Promise<Facts['machine']> {
  const identity = String((await unlessRefused(client.call('CLIENT', 'INFO'))) ?? '')
  const isHere = /\bladdr=(127\.|\[::1\]|\S*\/)/.test(identity) && info.redis_build_id !== 'embedded'
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
  const isProcess = isHere && /redis|valkey|keydb/i.test(await read(`/proc/${Number(info.process_id)}/cmdline`))
  if (!isProcess) return null
  return {
    hugePages: /\[(\w+)\]/.exec(await read('/sys/kernel/mm/transparent_hugepage/enabled'))?.[1] ?? '',
    overcommit: (await read('/proc/sys/vm/overcommit_memory')).trim(),
  }
}

/** The reply, or null when the server refuses the command. */
function unlessRefused(reply: Promise<unknown>): Promise<unknown> {
  return reply.catch((error: unknown) => {
    if (error instanceof ReplyError) return null
    throw error
  })
}
