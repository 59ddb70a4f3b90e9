// `ochre restore`: the keys of an archive into a server, checked before and after.

import type { Client } from '@ochre/client'
import { OchreError, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { ArchiveReader, type Entry, fromText, verifyArchive } from '../archive.ts'
import { applyEntry, captureKey, type OnExisting, sameEntry } from '../capture.ts'
import { counted, EXIT, type Io, tell } from '../io.ts'
import { progress } from '../progress.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly existing: string
  readonly prefix: string
}

interface Outcome {
  restored: number
  skipped: number
  expired: number
  differing: number
}

/** Keys that are written and read back at the same time. */
const BATCH = 200

export function restoreCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('restore'))
    .description('bring the keys of an archive into a server')
    .argument('<file>', 'an archive of ochre backup')
    .option('--existing <what>', 'what to do with a key that is there already: fail, skip or replace', 'fail')
    .option('--prefix <text>', 'put this before each key', '')
    .addHelpText(
      'after',
      `
Examples:
  ochre restore all.ndjson --url redis://127.0.0.1:6379
  ochre restore all.ndjson --existing skip
  ochre restore users.ndjson --prefix copy:

The whole archive is checked before the first key is written, and each key is read back and compared afterwards.
An interrupted restore is continued by running it again with --existing skip.`,
    )
    .action(async (path: string, options: Options) => {
      if (options.existing !== 'fail' && options.existing !== 'skip' && options.existing !== 'replace')
        throw new UsageError('--existing is fail, skip or replace.')
      const existing: OnExisting = options.existing
      const { keys } = await verifyArchive(path)
      const outcome = await withClient(io, options, (client) =>
        restore(io, client, path, keys, existing, options.prefix),
      )
      const parts = [`${counted(outcome.restored, 'key')} restored and verified`]
      if (outcome.skipped > 0) parts.push(`${outcome.skipped} were there already`)
      if (outcome.expired > 0) parts.push(`${outcome.expired} had expired`)
      if (outcome.differing > 0) parts.push(`${outcome.differing} DIFFER from the archive`)
      tell(io, `${parts.join(', ')}.`)
      exit(outcome.differing > 0 ? EXIT.failed : EXIT.ok)
    })
}

async function restore(
  io: Io,
  client: Client,
  path: string,
  total: number,
  existing: OnExisting,
  prefix: string,
): Promise<Outcome> {
  const outcome: Outcome = { restored: 0, skipped: 0, expired: 0, differing: 0 }
  const bar = progress(io, 'Restore', total)
  let batch: Entry[] = []
  let done = 0
  const flush = async (): Promise<void> => {
    await Promise.all(batch.map((entry) => restoreOne(client, entry, existing, prefix, outcome)))
    done += batch.length
    batch = []
    bar.update(done)
  }
  try {
    for await (const line of new ArchiveReader(path).lines()) {
      if (io.interrupted.aborted) throw new OchreError('ABORTED', 'Interrupted; run it again with --existing skip.')
      if ('key' in line) batch.push(line)
      if (batch.length >= BATCH) await flush()
    }
    await flush()
  } finally {
    bar.end()
  }
  return outcome
}

async function restoreOne(
  client: Client,
  entry: Entry,
  existing: OnExisting,
  prefix: string,
  outcome: Outcome,
): Promise<void> {
  const run = client.buffers.runScript.bind(client.buffers)
  if (entry.expireAt !== null && entry.expireAt <= Date.now()) {
    outcome.expired++
    return
  }
  if (!(await applyEntry(run, entry, existing, prefix))) {
    outcome.skipped++
    return
  }
  const key = Buffer.concat([Buffer.from(prefix), fromText(entry.key)])
  const now = await captureKey(run, key, entry.type === 'dump' ? 'dump' : 'portable')
  // A DUMP of another version may spell the same value differently: the server checked its checksum already.
  const same = now !== null && (entry.type === 'dump' ? now.expireAt === entry.expireAt : sameEntry(now, entry))
  if (same) outcome.restored++
  else outcome.differing++
}
