// `ochre export`: hashes as rows, for spreadsheets and other databases.

import type { Client } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { counted, EXIT, type Io, print, tell } from '../io.ts'
import { jsonBytes } from '../print.ts'
import { progress } from '../progress.ts'
import { csvLine } from '../rows.ts'
import { scanKeys } from '../scan.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly match?: string
  readonly format: string
  readonly fields?: string
}

export function exportCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('export'))
    .description('write hashes to standard output as NDJSON or CSV rows')
    .option('--match <pattern>', 'only keys that match a glob pattern')
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .option('--fields <list>', 'only these fields, separated by commas; csv needs it')
    .addHelpText(
      'after',
      `
Examples:
  ochre export --match 'user:*' > users.ndjson
  ochre export --match 'user:*' --format csv --fields name,email > users.csv

Each row has the key in the column "key". Keys that are no hashes are left out. For an exact copy of everything use
ochre backup.`,
    )
    .action(async (options: Options) => {
      if (options.format !== 'ndjson' && options.format !== 'csv') throw new UsageError('--format is ndjson or csv.')
      if (options.format === 'csv' && options.fields === undefined)
        throw new UsageError('--format csv needs --fields, the columns of the table.')
      const fields = options.fields?.split(',')
      await withClient(io, options, (client) => exportRows(io, client, options, fields))
      exit(EXIT.ok)
    })
}

async function exportRows(
  io: Io,
  client: Client,
  options: Options,
  fields: readonly string[] | undefined,
): Promise<void> {
  if (options.format === 'csv') print(io, csvLine(['key', ...fields!]))
  const seen = new Set<string>()
  const bar = progress(io, 'Export', null)
  for await (const { keys } of scanKeys(client, { match: options.match, type: 'hash' })) {
    if (io.interrupted.aborted) break
    const fresh = keys.filter((key) => !seen.has(key.toString('latin1')))
    for (const key of fresh) seen.add(key.toString('latin1'))
    const rows = await Promise.all(fresh.map((key) => readRow(client, key, fields)))
    for (const [i, row] of rows.entries()) {
      if (row === null) continue
      if (options.format === 'ndjson') print(io, jsonRow(fresh[i]!, row))
      else print(io, csvLine([String(fresh[i]), ...row.map(([, value]) => (value === null ? '' : String(value)))]))
    }
    bar.update(seen.size)
  }
  bar.end()
  tell(io, `${counted(seen.size, 'row')}.`)
}

function jsonRow(key: Buffer, row: Cells): string {
  const fields = row.map(([field, value]) => `${JSON.stringify(field)}:${value === null ? 'null' : jsonBytes(value)}`)
  return `{${[`"key":${jsonBytes(key)}`, ...fields].join(',')}}`
}

type Cells = [field: string, value: Buffer | null][]

async function readRow(client: Client, key: Buffer, fields: readonly string[] | undefined): Promise<Cells | null> {
  if (fields !== undefined) {
    const values = (await client.buffers.call('HMGET', key, ...fields)) as (Buffer | null)[]
    return fields.map((field, i) => [field, values[i] ?? null])
  }
  const hash = (await client.buffers.call('HGETALL', key)) as Record<string, Buffer>
  const cells = Object.entries(hash)
  return cells.length === 0 ? null : cells
}
