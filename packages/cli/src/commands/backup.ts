// `ochre backup`: the keys of a server in one file that can be checked, resumed and restored anywhere.

import type { Client } from '@ochre/client'
import { OchreError, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { ArchiveWriter, type Entry, type Mode, verifyArchive } from '../archive.ts'
import { captureKey } from '../capture.ts'
import { parseInfo } from '../diagnose.ts'
import { counted, EXIT, type Io, tell } from '../io.ts'
import { progress } from '../progress.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly match?: string
  readonly mode: string
  readonly resume?: true
}

export function backupCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('backup'))
    .description('write keys into a checksummed, resumable archive')
    .argument('<file>', 'the archive to write')
    .option('--match <pattern>', 'only keys that match a glob pattern')
    .option(
      '--mode <mode>',
      'portable: readable values for any server; dump: exact DUMP payloads for the same or a newer version',
      'portable',
    )
    .option('--resume', 'continue an interrupted backup in the same file')
    .addHelpText(
      'after',
      `
Examples:
  ochre backup all.ndjson
  ochre backup users.ndjson --match 'user:*' --mode dump
  ochre backup all.ndjson --resume

Each key is read whole, in one step; the archive is no snapshot of all keys at one moment. It is verified after writing.`,
    )
    .action(async (path: string, options: Options) => {
      if (options.mode !== 'portable' && options.mode !== 'dump') throw new UsageError('--mode is portable or dump.')
      const mode: Mode = options.mode
      await withClient(io, options, (client) => backup(io, client, path, mode, options))
      const { keys } = await verifyArchive(path)
      tell(io, `${counted(keys, 'key')} in ${path}, verified.`)
      exit(EXIT.ok)
    })
}

async function backup(io: Io, client: Client, path: string, mode: Mode, options: Options): Promise<void> {
  const match = options.match ?? '*'
  const opened = options.resume
    ? await ArchiveWriter.resume(path)
    : {
        writer: await ArchiveWriter.create(path, { mode, match, ...(await identify(client)) }),
        cursor: '0',
        header: { mode, match },
      }
  const { writer } = opened
  try {
    if (opened.header.match !== match || opened.header.mode !== mode)
      throw new UsageError('The archive was begun with another --match or --mode.')
    const bar = progress(io, 'Backup', options.match === undefined ? ((await client.call('DBSIZE')) as number) : null)
    const run = client.buffers.runScript.bind(client.buffers)
    for await (const { keys, cursor } of scanKeys(client, { match, cursor: opened.cursor })) {
      if (io.interrupted.aborted) throw new OchreError('ABORTED', 'Interrupted; continue with --resume.')
      const entries = await Promise.all(keys.map((key) => captureKey(run, key, mode)))
      await writer.checkpoint(
        entries.filter((entry): entry is Entry => entry !== null),
        cursor,
      )
      bar.update(writer.keys)
    }
    bar.end()
    await writer.finish()
  } catch (error) {
    await writer.close()
    throw error
  }
}

async function identify(client: Client): Promise<{ server: string; db: number }> {
  const info = parseInfo((await client.call('INFO', 'server')) as string)
  const identity = (await client.call('CLIENT', 'INFO')) as string
  const server = info.valkey_version === undefined ? `redis ${info.redis_version}` : `valkey ${info.valkey_version}`
  return { server, db: Number(/ db=(\d+)/.exec(identity)?.[1] ?? 0) }
}
