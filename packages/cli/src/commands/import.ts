// `ochre import`: records of a CSV or NDJSON file as rows of a model, through its checks, or as hashes.

import { open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import { UsageError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { bytes } from '../diagnose.ts'
import { HashWriter } from '../hash-writer.ts'
import { counted, EXIT, type Io, print, tell, throwIfStopped } from '../io.ts'
import { EXISTING, type Existing, ModelWriter } from '../model-writer.ts'
import { wholeNumber } from '../options.ts'
import { type Progress, progress } from '../progress.ts'
import { Refusals } from '../refusals.ts'
import { FORMATS, type Format, KEY, type Numbered, readRows } from '../rows.ts'
import { type StoreOptions, withModels, withStores } from '../stores.ts'
import { withClient } from '../target.ts'

interface Options extends StoreOptions {
  readonly model?: string
  readonly existing?: Existing
  readonly key?: string
  readonly expire?: number
  readonly format?: Format
  readonly json?: true
}

/** What is written in one go: so many records, or so many bytes of the file. */
const BATCH = 2000
const BATCH_BYTES = 4 * 1024 * 1024

/** For so long a record is waited for before those that are there are written. */
const IDLE_MS = 300

interface Writer {
  readonly done: number
  write(records: readonly Numbered[], refusals: Refusals): Promise<void>
}

export function importCommand(io: Io, exit: (code: number) => void): Command {
  return withModels(new Command('import'))
    .description('read rows of a model, or hashes, from CSV or NDJSON')
    .argument('[file]', 'the file to read (default: standard input)')
    .option('--model <name>', 'rows of this model, through its checks')
    .addOption(
      new Option(
        '--existing <what>',
        'with --model, a row that is there already: fail refuses it, skip leaves it, replace writes over it',
      ).choices(EXISTING),
    )
    .option(
      '--key <template>',
      `hashes: the key of a record, with its columns in braces: user:{id} (default: {${KEY}})`,
    )
    .option('--expire <seconds>', 'hashes: time to live of each key', wholeNumber(1))
    .addOption(
      new Option('--format <format>', 'how rows are written (default: by the name of the file, else ndjson)').choices(
        FORMATS,
      ),
    )
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre import users.ndjson --model User --models ./models.ts
  ochre import users.csv --model User --models ./models.ts --existing skip
  ochre import users.csv --key 'user:{id}'
  cat events.ndjson | ochre import --key 'event:{id}' --expire 86400

A record that is refused is told with its line and holds up no other; the command then ends with 1. An import of a model
that was interrupted is run again with --existing skip.

In CSV an empty cell is a missing value, "" empty text and \\N null. As hashes, numbers and true/false are stored as text,
objects and lists as JSON, null is left out; fields that a hash has already and the record does not name stay.`,
    )
    .action(async (file: string | undefined, options: Options) => {
      const format = options.format ?? (file !== undefined && extname(file) === '.csv' ? 'csv' : 'ndjson')
      if (options.model === undefined && options.existing !== undefined)
        throw new UsageError('--existing needs --model.')
      if (options.model !== undefined && (options.key !== undefined || options.expire !== undefined))
        throw new UsageError(
          '--key and --expire are for hashes: rows of a model have an id and the rule of their model.',
        )
      const { source, size } = await openInput(io, file)
      const bar = progress(io, 'Import', size, size === null ? undefined : bytes)
      const refusals = new Refusals((text) => bar.say(text))
      const work = async <W extends Writer>(writer: W): Promise<W> => {
        await importRecords(io, source, format, writer, refusals, bar, size !== null)
        return writer
      }
      const { model, existing = 'fail' } = options
      const parts =
        model === undefined
          ? await withClient(io, options, async (client) => {
              const { key = `{${KEY}}`, expire } = options
              return { imported: (await work(new HashWriter(client, { key, expire }))).done }
            })
          : await withStores(io, options, model, async ([opened]) => {
              const writer = await work(new ModelWriter(opened!.store, format, existing))
              return {
                imported: writer.done,
                replaced: writer.replaced,
                skipped: writer.skipped,
                expired: writer.expired,
              }
            })
      if (options.json) print(io, JSON.stringify({ ...parts, refused: refusals.count, refusals: refusals.sorted() }))
      else tell(io, summary({ ...parts, refused: refusals.count }))
      exit(refusals.count > 0 ? EXIT.failed : EXIT.ok)
    })
}

function summary(parts: Readonly<Record<string, number>>): string {
  const more = Object.entries(parts).flatMap(([name, count]) =>
    count === 0 || name === 'imported' ? [] : [`${count.toLocaleString('en-US')} ${SAID[name]![count === 1 ? 0 : 1]}`],
  )
  return `${[`${counted(parts.imported!, 'row')} imported`, ...more].join(', ')}.`
}

/** Of one and of several. */
const SAID: Readonly<Record<string, readonly [string, string]>> = {
  replaced: ['replaced', 'replaced'],
  skipped: ['was there already', 'were there already'],
  expired: ['had expired', 'had expired'],
  refused: ['refused', 'refused'],
}

/** The bytes to read, and how many they are when that is known. */
async function openInput(io: Io, file: string | undefined): Promise<{ source: Readable; size: number | null }> {
  if (file === undefined) return { source: io.stdin, size: null }
  const handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${file} cannot be read: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}.`,
    )
  })
  const stats = await handle.stat()
  if (stats.isDirectory()) {
    await handle.close()
    throw new UsageError(`${file} is a folder.`)
  }
  return { source: handle.createReadStream(), size: stats.isFile() ? stats.size : null }
}

async function importRecords(
  io: Io,
  source: Readable,
  format: Format,
  writer: Writer,
  refusals: Refusals,
  bar: Progress,
  inBytes: boolean,
): Promise<void> {
  let batch: Numbered[] = []
  let batchBytes = 0
  let read = 0
  let records = 0
  let last = 0
  let isWriting = false
  const flush = async (line: number): Promise<void> => {
    throwIfStopped(io, goOn(last))
    const whole = batch
    batch = []
    batchBytes = 0
    isWriting = true
    await writer.write(whole, refusals)
    isWriting = false
    records += whole.length
    last = line
    bar.update(inBytes ? read : records)
  }
  // An interruption ends the wait for more input, too.
  const abort = (): void => void source.destroy()
  io.interrupted.addEventListener('abort', abort, { once: true })
  let line = 0
  let idle: Promise<void> | null = null
  let lineBefore = 0
  // A program that writes now and then is not kept waiting until a batch is full.
  const timer = setInterval(() => {
    if (line === lineBefore && batch.length > 0 && !isWriting)
      idle = flush(line)
        .catch((error: Error) => void source.destroy(error))
        .finally(() => {
          idle = null
        })
    lineBefore = line
  }, IDLE_MS)
  try {
    for await (const each of readRows(source, format)) {
      if (idle !== null) await idle
      line = each.line
      read += each.bytes
      batchBytes += each.bytes
      if ('problem' in each) refusals.add(each.line, each.problem)
      else batch.push(each)
      if (batch.length >= BATCH || batchBytes >= BATCH_BYTES) await flush(line)
    }
    if (idle !== null) await idle
    await flush(line)
  } catch (error) {
    throwIfStopped(io, goOn(last))
    if (last > 0) bar.say(goOn(last))
    throw error
  } finally {
    clearInterval(timer)
    io.interrupted.removeEventListener('abort', abort)
    bar.end()
  }
}

function goOn(line: number): string {
  const known = line === 0 ? '' : `All up to line ${line} was written or refused. `
  return `${known}Some of the lines behind may have been written.`
}
