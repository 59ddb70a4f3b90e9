// `ochre export`: rows of a model, or hashes as rows, for spreadsheets and other databases.

import type { Client } from '@ochre/client'
import { type Fields, type IdOf, wholeRow } from '@ochre/model'
import { UsageError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { counted, EXIT, type Io, tell, throwIfStopped, write } from '../io.ts'
import { columnsOf, rowLine } from '../model-rows.ts'
import { list } from '../options.ts'
import { jsonBytes } from '../print.ts'
import { type Progress, progress } from '../progress.ts'
import { csvLine, FORMATS, type Format, KEY } from '../rows.ts'
import { scanKeys } from '../scan.ts'
import {
  type AnyStore,
  type FilterOptions,
  queryOf,
  type StoreOptions,
  withFilter,
  withModels,
  withStores,
} from '../stores.ts'
import { withClient } from '../target.ts'

interface Options extends StoreOptions, FilterOptions {
  readonly model?: string
  readonly match?: string
  readonly format: Format
  readonly fields?: readonly string[]
}

/** Rows that are read at the same time. */
const BATCH = 200

export function exportCommand(io: Io, exit: (code: number) => void): Command {
  return withFilter(withModels(new Command('export')))
    .description('write rows of a model, or hashes, to standard output as NDJSON or CSV')
    .option('--model <name>', 'rows of this model with their collections, instead of hashes')
    .option('--match <pattern>', 'hashes: only keys that match a glob pattern')
    .addOption(new Option('--format <format>', 'how rows are written').choices(FORMATS).default('ndjson'))
    .option('--fields <list>', 'only these fields, separated by commas; hashes as csv need it', list)
    .addHelpText(
      'after',
      `
Examples:
  ochre export --model User --models ./models.ts > users.ndjson
  ochre export --model User --models ./models.ts --where '{"age":{"gte":18}}' --format csv > adults.csv
  ochre export --match 'user:*' > users.ndjson
  ochre export --match 'user:*' --format csv --fields name,email > users.csv

Rows of a model come back with ochre import --model. Each is read whole, in one step. Hashes have their key in the
column ${KEY}; keys that are no hashes are left out. For an exact copy of everything use ochre backup.`,
    )
    .action(async (options: Options) => {
      const { fields } = options
      if (options.model !== undefined) {
        if (options.match !== undefined) throw new UsageError('--match is for hashes; give --where with --model.')
        await withStores(io, options, options.model, ([opened]) => exportModel(io, opened!.store, options, fields))
      } else {
        if (options.where !== undefined || options.scan) throw new UsageError('--where and --scan need --model.')
        if (options.format === 'csv' && fields === undefined)
          throw new UsageError('--format csv needs --fields, the columns of the table.')
        await withClient(io, options, (client) => exportHashes(io, client, options, fields))
      }
      exit(EXIT.ok)
    })
}

async function exportModel(
  io: Io,
  store: AnyStore,
  options: Options,
  fields: readonly string[] | undefined,
): Promise<void> {
  const { spec } = store
  const columns = columnsOf(spec, fields)
  const query = store.find(queryOf(store, options))
  const bar = progress(io, `Export ${spec.name}`, io.stderr.isTTY ? await query.count() : null)
  if (options.format === 'csv') await write(io, `${csvLine(columns)}\n`)
  let count = 0
  const flush = async (ids: readonly IdOf<Fields>[]): Promise<void> => {
    throwIfStopped(io)
    const rows = await Promise.all(ids.map((id) => wholeRow(store, id)))
    const lines = rows.flatMap((row) => (row === null ? [] : [`${rowLine(spec, row, columns, options.format)}\n`]))
    count += lines.length
    await write(io, lines.join(''))
    bar.update(count)
  }
  await inProgress(bar, async () => {
    const ids: IdOf<Fields>[] = []
    // The types of a model that is known only at run time say nothing about its fields.
    for await (const { id } of query.select('id' as never).stream() as AsyncGenerator<{ id: IdOf<Fields> }>) {
      ids.push(id)
      if (ids.length >= BATCH) await flush(ids.splice(0))
    }
    await flush(ids)
  })
  tell(io, `${counted(count, 'row')}.`)
}

async function exportHashes(
  io: Io,
  client: Client,
  options: Options,
  fields: readonly string[] | undefined,
): Promise<void> {
  if (options.format === 'csv') await write(io, `${csvLine([KEY, ...fields!])}\n`)
  const seen = new Set<string>()
  let count = 0
  const bar = progress(io, 'Export', null)
  await inProgress(bar, async () => {
    for await (const { keys } of scanKeys(client, { match: options.match, type: 'hash' })) {
      throwIfStopped(io)
      const fresh = keys.filter((key) => !seen.has(key.toString('latin1')))
      for (const key of fresh) seen.add(key.toString('latin1'))
      const rows = await Promise.all(fresh.map((key) => readHash(client, key, fields)))
      const lines = rows.flatMap((row, i) => (row === null ? [] : [`${hashLine(fresh[i]!, row, options.format)}\n`]))
      count += lines.length
      await write(io, lines.join(''))
      bar.update(count)
    }
  })
  tell(io, `${counted(count, 'row')}.`)
}

async function inProgress(bar: Progress, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    bar.end()
  }
}

function hashLine(key: Buffer, row: Cells, format: Format): string {
  if (format === 'csv') return csvLine([String(key), ...row.map(([, value]) => value?.toString())])
  const fields = row.flatMap(([field, value]) =>
    value === undefined ? [] : [`${JSON.stringify(field)}:${jsonBytes(value)}`],
  )
  return `{${[`"${KEY}":${jsonBytes(key)}`, ...fields].join(',')}}`
}

type Cells = [field: string, value: Buffer | undefined][]

/** Null when the hash is gone by now. */
async function readHash(client: Client, key: Buffer, fields: readonly string[] | undefined): Promise<Cells | null> {
  const cells = Object.entries((await client.buffers.call('HGETALL', key)) as Record<string, Buffer>)
  if (cells.length === 0) return null
  if (fields === undefined) return cells
  const found = new Map(cells)
  return fields.map((field) => [field, found.get(field)])
}
