// `ochre restore`: the keys of an archive into a server, checked before and after.

import { stat } from 'node:fs/promises'
import type { Client } from '@ochre/client'
import { ConnectionError, compileGlob, matchGlob, OchreError, ReplyError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { ArchiveError, ArchiveReader, type Entry, fromText, type Library, verifyArchive } from '../archive.ts'
import { aliveAt, applyEntry, type KeyReader, keyReader, ON_EXISTING, type OnExisting, sameEntry } from '../capture.ts'
import { bytes } from '../diagnose.ts'
import { loadLibrary, readLibraries, sameLibrary, withLibraries } from '../functions.ts'
import { EXIT, type Io, print, tell, throwIfStopped } from '../io.ts'
import { quote } from '../print.ts'
import { type Progress, progress } from '../progress.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly existing: OnExisting
  readonly match?: string
  readonly prefix: string
  readonly functions: boolean
  readonly json?: true
}

interface Outcome {
  restored: number
  skipped: number
  expired: number
  differing: number
  /** Libraries of functions. */
  readonly libraries: { restored: number; skipped: number }
}

/** Keys that are written and read back at the same time: so many, or lines of so many bytes. */
const BATCH = 200
const BATCH_BYTES = 8 * 1024 * 1024

export function restoreCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('restore'))
    .description('bring the keys of an archive into a database')
    .argument('<file>', 'an archive of ochre backup')
    .addOption(
      new Option(
        '--existing <what>',
        'what to do with a key, or a library of functions with other code, that is there already',
      )
        .choices(ON_EXISTING)
        .default('fail'),
    )
    .option('--match <pattern>', 'only keys of the archive that match a glob pattern, and no functions')
    .option('--prefix <text>', 'put this before each key', '')
    .option('--no-functions', 'leave out the functions of the archive')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre restore all.ndjson --url redis://127.0.0.1:6379
  ochre restore all.ndjson --existing skip
  ochre restore all.ndjson --match 'user:*' --prefix copy:

The whole archive is checked before the first key is written, and each key is read back and compared afterwards.
Libraries of functions come first; they belong to the server, whatever its databases. The very same library is no conflict.
An interrupted restore is continued by running it again with --existing skip.`,
    )
    .action(async (path: string, options: Options) => {
      const size = (await stat(path)).size
      const checking = progress(io, 'Verify', size, bytes)
      await verifyArchive(path, (done) => checking.update(done)).finally(() => checking.end())
      const bar = progress(io, 'Restore', size, bytes)
      const outcome = await withClient(io, options, (client) => restore(io, client, path, options, bar)).finally(() =>
        bar.end(),
      )
      if (options.json) print(io, JSON.stringify(outcome))
      else tell(io, summary(outcome))
      exit(outcome.differing > 0 ? EXIT.failed : EXIT.ok)
    })
}

function summary({ restored, skipped: keys, expired, differing, libraries }: Outcome): string {
  const parts = [`${withLibraries(restored, libraries.restored)} restored and verified`]
  const skipped = keys + libraries.skipped
  if (skipped > 0) parts.push(`${skipped.toLocaleString('en-US')} ${skipped === 1 ? 'was' : 'were'} there already`)
  if (expired > 0) parts.push(`${expired.toLocaleString('en-US')} had expired`)
  if (differing > 0) parts.push(`${differing.toLocaleString('en-US')} DIFFER from the archive`)
  return `${parts.join(', ')}.`
}

async function restore(io: Io, client: Client, path: string, options: Options, bar: Progress): Promise<Outcome> {
  const restorer = new Restorer(client, options, (text) => bar.say(text))
  const glob = options.match === undefined ? null : compileGlob(Buffer.from(options.match).toString('latin1'))
  const reader = new ArchiveReader(path)
  let batch: Entry[] = []
  let from = 0
  const flush = async (): Promise<void> => {
    throwIfStopped(io)
    await restorer.restore(batch)
    batch = []
    from = reader.offset
    bar.update(reader.offset)
  }
  try {
    for await (const line of reader.lines()) {
      if ('library' in line && options.match === undefined && options.functions) await restorer.restoreLibrary(line)
      if (!('key' in line)) continue
      if (glob === null || matchGlob(glob, fromText(line.key).toString('latin1'))) batch.push(line)
      if (batch.length >= BATCH || reader.offset - from >= BATCH_BYTES) await flush()
    }
    await flush()
  } catch (error) {
    bar.say(summary(restorer.outcome))
    bar.say('Continue with --existing skip.')
    throw error
  }
  return restorer.outcome
}

class Restorer {
  readonly outcome: Outcome = {
    restored: 0,
    skipped: 0,
    expired: 0,
    differing: 0,
    libraries: { restored: 0, skipped: 0 },
  }
  readonly #client: Client
  readonly #options: Options
  readonly #say: (text: string) => void
  readonly #readers: Readonly<Record<'portable' | 'dump', KeyReader>>
  #knowsFieldTimes: Promise<boolean> | null = null

  constructor(client: Client, options: Options, say: (text: string) => void) {
    this.#client = client
    this.#options = options
    this.#say = say
    const run = this.#run
    this.#readers = { portable: keyReader(run, 'portable'), dump: keyReader(run, 'dump') }
  }

  async restore(entries: readonly Entry[]): Promise<void> {
    const outcomes = await Promise.allSettled(entries.map((entry) => this.#restoreOne(entry)))
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      if (!(outcome.reason instanceof ConnectionError)) this.#say(`It ends at ${quote(this.#keyOf(entries[i]!))}.`)
      throw outcome.reason
    }
  }

  async restoreLibrary(archived: Library): Promise<void> {
    const { libraries } = this.outcome
    try {
      if (await loadLibrary(this.#client, archived, this.#options.existing)) libraries.restored++
      else {
        libraries.skipped++
        return
      }
    } catch (cause) {
      if (!(cause instanceof ConnectionError)) this.#say(`It ends at the library ${archived.library}.`)
      throw cause
    }
    const [now] = await readLibraries(this.#client, archived.library)
    if (now !== undefined && sameLibrary(now, archived)) return
    libraries.restored--
    this.outcome.differing++
    this.#say(`The library ${archived.library} differs from the archive.`)
  }

  get #run(): Client<Buffer>['runScript'] {
    return this.#client.buffers.runScript.bind(this.#client.buffers)
  }

  async #restoreOne(archived: Entry): Promise<void> {
    const { outcome } = this
    const { existing, prefix } = this.#options
    const entry = aliveAt(archived, Date.now())
    if (entry === null) {
      outcome.expired++
      return
    }
    const key = this.#keyOf(entry)
    if (entry.fields !== undefined) await this.#checkFieldTimes()
    const written = await applyEntry(this.#run, entry, existing, prefix).catch((cause: unknown) => {
      throw cause instanceof ReplyError ? explained(entry, cause) : cause
    })
    if (!written) {
      outcome.skipped++
      return
    }
    const now = await this.#readers[entry.type === 'dump' ? 'dump' : 'portable'](key)
    if (now !== null && sameEntry(now, entry)) outcome.restored++
    else {
      outcome.differing++
      this.#say(`${quote(key)} differs from the archive.`)
    }
  }

  #keyOf(entry: Entry): Buffer {
    return Buffer.concat([Buffer.from(this.#options.prefix), fromText(entry.key)])
  }

  async #checkFieldTimes(): Promise<void> {
    this.#knowsFieldTimes ??= this.#client
      .call('COMMAND', 'INFO', 'HPEXPIREAT')
      .then((reply) => (reply as unknown[])[0] !== null)
    if (!(await this.#knowsFieldTimes))
      throw new ArchiveError('The archive has fields of hashes that expire, which this server does not know.')
  }
}

function explained(entry: Entry, cause: ReplyError): OchreError {
  if (cause.code === 'BUSYKEY')
    return new OchreError('REPLY', 'The key is there already; say --existing skip or replace.', { cause })
  if (entry.type !== 'dump') return cause
  const hint = 'A dump is for the same or a newer version of the server; a portable archive is for any.'
  return new OchreError('REPLY', `${cause.message}. ${hint}`, { cause })
}
