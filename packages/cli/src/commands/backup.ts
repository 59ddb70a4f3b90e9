// `ochre backup`: the keys of a server in one file that can be checked, resumed and restored anywhere.

import { rm, stat } from 'node:fs/promises'
import type { Client } from '@ochre/client'
import { ConnectionError, ReplyError, UsageError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { ArchiveWriter, type Entry, type Header, type Mode, verifyArchive } from '../archive.ts'
import { type KeyReader, keyReader } from '../capture.ts'
import { bytes, parseInfo } from '../diagnose.ts'
import { readLibraries, withLibraries } from '../functions.ts'
import { EXIT, type Io, print, tell, throwIfStopped } from '../io.ts'
import { quote } from '../print.ts'
import { type Progress, progress } from '../progress.ts'
import { KeySet, scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly match?: string
  readonly mode?: Mode
  readonly resume?: true
  readonly json?: true
}

/** Keys are read together as long as they are no larger than this. */
const TOGETHER_BYTES = 8 * 1024 * 1024
/** What a key counts whose size the server does not tell. */
const UNKNOWN_BYTES = 256 * 1024

export function backupCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('backup'))
    .description('write the keys of a database, and functions, into a checksummed, resumable archive')
    .argument('<file>', 'the archive to write')
    .option('--match <pattern>', 'only keys that match a glob pattern, and no functions')
    .addOption(
      new Option(
        '--mode <mode>',
        'portable: readable values for any server; dump: exact DUMP payloads for the same or a newer version (default: portable)',
      ).choices(['portable', 'dump']),
    )
    .option('--resume', 'continue an interrupted backup in the same file')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre backup all.ndjson
  ochre backup users.ndjson --match 'user:*' --mode dump
  ochre backup all.ndjson --resume

Each key is read whole, in one step; the archive is no snapshot of all keys at one moment. It is verified after writing.
The libraries of functions are in it, as their code, if the user of the URL may see them. Users and settings of the server
are not: passwords do not belong into such a file.`,
    )
    .action(async (path: string, options: Options) => {
      await withClient(io, options, (client) => backup(io, client, path, options), { idempotent: true })
      const bar = progress(io, 'Verify', (await stat(path)).size, bytes)
      const { header, keys, libraries } = await verifyArchive(path, (done) => bar.update(done)).finally(() => bar.end())
      if (options.json) print(io, JSON.stringify({ file: path, keys, libraries, mode: header.mode }))
      else tell(io, `${withLibraries(keys, libraries)} in ${path}, verified.`)
      exit(EXIT.ok)
    })
}

async function backup(io: Io, client: Client, path: string, options: Options): Promise<void> {
  const server = await identify(client)
  const { match = '*', mode = 'portable' } = options
  const { writer, header, cursor, seen } = options.resume
    ? await ArchiveWriter.resume(path)
    : {
        writer: await ArchiveWriter.create(path, { mode, match, ...server }),
        header: { mode, match, ...server },
        cursor: null,
        seen: new KeySet(),
      }
  const bar = progress(io, 'Backup', header.match === '*' && io.stderr.isTTY ? await client.dbsize() : null)
  try {
    if ((options.match ?? header.match) !== header.match || (options.mode ?? header.mode) !== header.mode)
      throw new UsageError('The archive was begun with another --match or --mode.')
    if (server.db !== header.db) throw new UsageError(`The archive was begun with database ${header.db}.`)
    // A cursor means nothing to another server, or once it has been restarted.
    const isSame = server.run !== '' && server.run === header.run
    if (cursor === null && header.match === '*') await addLibraries(client, writer, bar)
    const read = keyReader(client.buffers.runScript.bind(client.buffers), header.mode)
    for await (const batch of scanKeys(client, { match: header.match, cursor: (isSame && cursor) || '0', seen })) {
      for await (const keys of groups(client, batch.keys)) {
        throwIfStopped(io)
        const entries = await Promise.all(keys.map((key) => readKey(read, key, bar)))
        await writer.add(entries.filter((entry): entry is Entry => entry !== null))
        bar.update(writer.keys)
      }
      await writer.checkpoint(batch.cursor)
    }
    await writer.finish()
  } catch (error) {
    await writer.close().catch(() => undefined)
    // An archive that has nothing yet is no archive.
    if (writer.keys === 0 && !options.resume) await rm(path)
    else bar.say('Continue with --resume.')
    throw error
  } finally {
    bar.end()
  }
}

/** With a checkpoint of their own, so that whoever goes on knows that they are there. */
async function addLibraries(client: Client, writer: ArchiveWriter, bar: Progress): Promise<void> {
  const libraries = await readLibraries(client).catch((cause: unknown) => {
    if (!(cause instanceof ReplyError)) throw cause
    bar.say(`Functions are not in it: ${cause.message}`)
    return []
  })
  if (libraries.length === 0) return
  await writer.addLibraries(libraries)
  await writer.checkpoint('0')
}

async function readKey(read: KeyReader, key: Buffer, bar: Progress): Promise<Entry | null> {
  return read(key).catch((cause: unknown) => {
    if (!(cause instanceof ConnectionError)) bar.say(`It ends at ${quote(key)}.`)
    throw cause
  })
}

/** Keys in portions that may be in memory at the same time. */
async function* groups(client: Client, keys: readonly Buffer[]): AsyncGenerator<Buffer[]> {
  const sizes = await Promise.all(keys.map((key) => sizeOf(client, key)))
  let group: Buffer[] = []
  let size = 0
  for (const [i, key] of keys.entries()) {
    if (group.length > 0 && size + sizes[i]! > TOGETHER_BYTES) {
      yield group
      group = []
      size = 0
    }
    group.push(key)
    size += sizes[i]!
  }
  if (group.length > 0) yield group
}

async function sizeOf(client: Client, key: Buffer): Promise<number> {
  try {
    return Number(await client.call('MEMORY', 'USAGE', key, 'SAMPLES', 5))
  } catch (error) {
    // No permission, or a server that does not know it.
    if (error instanceof ReplyError) return UNKNOWN_BYTES
    throw error
  }
}

/** What an archive says about where it comes from, as far as the user may ask. */
async function identify(client: Client): Promise<Pick<Header, 'server' | 'run' | 'db'>> {
  const ask = (...words: string[]): Promise<string> =>
    client.call(...words).then(String, (error: unknown) => {
      if (error instanceof ReplyError) return ''
      throw error
    })
  const info = parseInfo(await ask('INFO', 'server'))
  const identity = await ask('CLIENT', 'INFO')
  const server =
    info.valkey_version !== undefined ? `valkey ${info.valkey_version}` : `redis ${info.redis_version ?? 'unknown'}`
  return { server, run: info.run_id ?? '', db: Number(/ db=(\d+)/.exec(identity)?.[1] ?? 0) }
}
