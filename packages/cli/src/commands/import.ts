// `ochre import`: rows of a CSV or NDJSON file as hashes.

import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import type { Client } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { counted, EXIT, type Io, tell } from '../io.ts'
import { progress } from '../progress.ts'
import { type Format, type Row, readRows } from '../rows.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly key: string
  readonly format?: string
  readonly expire?: string
}

/** Rows that wait for their replies at the same time. */
const IN_FLIGHT = 2000

export function importCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('import'))
    .description('write rows of CSV or NDJSON as hashes')
    .argument('[file]', 'the file to read (default: standard input)')
    .requiredOption('--key <template>', 'the key of a row, with its columns in braces: user:{id}')
    .option('--format <format>', 'ndjson or csv (default: by the name of the file, else ndjson)')
    .option('--expire <seconds>', 'time to live of each key')
    .addHelpText(
      'after',
      `
Examples:
  ochre import users.csv --key 'user:{id}'
  cat events.ndjson | ochre import --key 'event:{id}' --expire 86400

Numbers and true/false are stored as text, objects and lists as JSON, null and missing columns are left out. Fields that
a hash has already and the row does not name stay.`,
    )
    .action(async (file: string | undefined, options: Options) => {
      const format = options.format ?? (file !== undefined && extname(file) === '.csv' ? 'csv' : 'ndjson')
      if (format !== 'ndjson' && format !== 'csv') throw new UsageError('--format is ndjson or csv.')
      const expire = options.expire === undefined ? null : Number(options.expire)
      if (expire !== null && !(Number.isInteger(expire) && expire > 0))
        throw new UsageError('--expire is a number of seconds.')
      const source = file === undefined ? io.stdin : createReadStream(file)
      const rows = await withClient(io, options, (client) =>
        importRows(io, client, source, format, options.key, expire),
      )
      tell(io, `${counted(rows, 'row')} imported.`)
      exit(EXIT.ok)
    })
}

async function importRows(
  io: Io,
  client: Client,
  source: Readable,
  format: Format,
  template: string,
  expire: number | null,
): Promise<number> {
  const bar = progress(io, 'Import', null)
  let count = 0
  let waiting: Promise<unknown>[] = []
  try {
    for await (const row of readRows(source, format)) {
      count++
      const key = fillTemplate(template, row, count)
      waiting.push(client.call('HSET', key, ...cells(row, count)))
      if (expire !== null) waiting.push(client.call('EXPIRE', key, expire))
      if (waiting.length >= IN_FLIGHT) {
        await Promise.all(waiting)
        waiting = []
        bar.update(count)
      }
    }
    await Promise.all(waiting)
  } finally {
    // The first failure is reported; those behind it must not stay unhandled.
    await Promise.allSettled(waiting)
    bar.end()
  }
  return count
}

function fillTemplate(template: string, row: Row, record: number): string {
  return template.replace(/\{([^{}]+)\}/g, (_, column: string) => {
    const value = row[column]
    if (value === undefined || value === null || value === '')
      throw new UsageError(`Record ${record} has no ${column}, which its key needs.`)
    return text(value)
  })
}

function cells(row: Row, record: number): string[] {
  const found = Object.entries(row).flatMap(([field, value]) =>
    value === null || value === undefined ? [] : [field, text(value)],
  )
  if (found.length === 0) throw new UsageError(`Record ${record} is empty.`)
  return found
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
