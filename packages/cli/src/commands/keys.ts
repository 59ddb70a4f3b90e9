// `ochre keys`: what is in a server.

import type { Client } from '@ochre/client'
import { Command } from 'commander'
import { bytes } from '../diagnose.ts'
import { EXIT, type Io, print } from '../io.ts'
import { jsonBytes, quote } from '../print.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly match?: string
  readonly type?: string
  readonly limit?: string
  readonly long?: true
  readonly json?: true
}

interface Details {
  readonly type: string
  readonly ttlMs: number | null
  readonly bytes: number
}

export function keysCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('keys'))
    .description('list keys, with SCAN')
    .option('--match <pattern>', 'only keys that match a glob pattern')
    .option('--type <type>', 'only keys of one type: string, list, set, zset, hash, stream')
    .option('--limit <n>', 'stop after n keys')
    .option('-l, --long', 'show type, time to live and memory of each key')
    .option('--json', 'print one JSON object per key')
    .addHelpText(
      'after',
      `
Examples:
  ochre keys --match 'user:*' --limit 20
  ochre keys --long --type hash
  ochre keys --json | jq -r .key`,
    )
    .action(async (options: Options) => {
      const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit)
      await withClient(io, options, (client) => list(io, client, options, limit))
      exit(EXIT.ok)
    })
}

async function list(io: Io, client: Client, options: Options, limit: number): Promise<void> {
  const seen = new Set<string>()
  for await (const { keys } of scanKeys(client, options)) {
    const fresh = keys.filter((key) => !seen.has(key.toString('latin1'))).slice(0, limit - seen.size)
    for (const key of fresh) seen.add(key.toString('latin1'))
    const details = options.long || options.json ? await Promise.all(fresh.map((key) => describe(client, key))) : []
    for (const [i, key] of fresh.entries()) {
      const about = details[i]
      if (about === null) continue
      if (options.json)
        print(io, `{"key":${jsonBytes(key)},"type":"${about!.type}","ttlMs":${about!.ttlMs},"bytes":${about!.bytes}}`)
      else if (about)
        print(
          io,
          `${about.type.padEnd(7)} ${ttl(about.ttlMs).padStart(9)} ${bytes(about.bytes).padStart(10)}  ${name(io, key)}`,
        )
      else print(io, name(io, key))
    }
    if (seen.size >= limit || io.interrupted.aborted) return
  }
}

async function describe(client: Client, key: Buffer): Promise<Details | null> {
  const [type, ttlMs, size] = (await Promise.all([
    client.call('TYPE', key),
    client.call('PTTL', key),
    client.call('MEMORY', 'USAGE', key),
  ])) as [string, number, number | null]
  return type === 'none' ? null : { type, ttlMs: ttlMs < 0 ? null : ttlMs, bytes: size ?? 0 }
}

function name(io: Io, key: Buffer): string {
  const quoted = quote(key)
  // Plain in a pipe and whenever nothing needs quoting.
  return !io.stdout.isTTY || quoted === `"${key.toString()}"` ? key.toString() : quoted
}

function ttl(ms: number | null): string {
  if (ms === null) return '-'
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86400)} d`
}
