// `ochre keys`: what is in a server.

import type { Client } from '@ochre/client'
import { Command } from 'commander'
import { bytes } from '../diagnose.ts'
import { EXIT, type Io, throwIfStopped, write } from '../io.ts'
import { wholeNumber } from '../options.ts'
import { jsonBytes, quote } from '../print.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly match?: string
  readonly type?: string
  readonly limit?: number
  readonly long?: true
  readonly null?: true
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
    .option('--limit <n>', 'stop after n keys', wholeNumber(1))
    .option('-l, --long', 'show type, time to live and memory of each key')
    .option('-0, --null', 'end each key with a NUL instead of a line feed, for xargs -0')
    .option('--json', 'print one JSON object per key')
    .addHelpText(
      'after',
      `
Examples:
  ochre keys --match 'user:*' --limit 20
  ochre keys --long --type hash
  ochre keys --json | jq -r .key
  ochre keys --null --match 'tmp:*' | xargs -0 ochre exec UNLINK

On a terminal, and with --long, a key with special characters is quoted; in a pipe keys are bytes as they are.`,
    )
    .action(async (options: Options) => {
      await withClient(io, options, (client) => list(io, client, options), { idempotent: true })
      exit(EXIT.ok)
    })
}

async function list(io: Io, client: Client, options: Options): Promise<void> {
  let left = options.limit ?? Number.POSITIVE_INFINITY
  const isLong = options.json || options.long
  for await (const { keys } of scanKeys(client, options)) {
    throwIfStopped(io)
    const lines = isLong
      ? (await Promise.all(keys.map((key) => describe(client, key, options)))).flatMap((line) => line ?? [])
      : keys.map((key) => plain(io, key, options))
    lines.splice(left)
    left -= lines.length
    await write(io, Buffer.concat(lines))
    if (left === 0) return
  }
}

const LINE_FEED = Buffer.from('\n')
const NUL = Buffer.from([0])

function plain(io: Io, key: Buffer, options: Options): Buffer {
  return Buffer.concat([io.stdout.isTTY ? Buffer.from(legible(key)) : key, options.null ? NUL : LINE_FEED])
}

/** A line about a key; null when it is gone by now. */
async function describe(client: Client, key: Buffer, options: Options): Promise<Buffer | null> {
  const about = await detailsOf(client, key)
  if (about === null) return null
  const { type, ttlMs, bytes: size } = about
  const line = options.json
    ? `{"key":${jsonBytes(key)},"type":"${type}","ttlMs":${ttlMs},"bytes":${size}}`
    : `${type.padEnd(7)} ${ttl(ttlMs).padStart(9)} ${bytes(size).padStart(10)}  ${legible(key)}`
  return Buffer.from(`${line}\n`)
}

async function detailsOf(client: Client, key: Buffer): Promise<Details | null> {
  const [type, ttlMs, size] = (await Promise.all([
    client.call('TYPE', key),
    client.call('PTTL', key),
    client.call('MEMORY', 'USAGE', key),
  ])) as [string, number, number | null]
  return type === 'none' ? null : { type, ttlMs: ttlMs < 0 ? null : ttlMs, bytes: size ?? 0 }
}

/** Quoted when it has to be. */
function legible(key: Buffer): string {
  const quoted = quote(key)
  return quoted === `"${key.toString()}"` && key.length > 0 ? key.toString() : quoted
}

function ttl(ms: number | null): string {
  if (ms === null) return '-'
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86400)} d`
}
