// Rows for import and export: NDJSON and CSV (RFC 4180), as streams of records.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ValidationError } from '@ochre/protocol'

export type Format = 'ndjson' | 'csv'

export type Row = Record<string, unknown>

/** Reads records. In CSV the first line names the columns and every value is a string; in NDJSON values are what they are. */
export async function* readRows(source: Readable, format: Format): AsyncGenerator<Row> {
  if (format === 'ndjson') {
    let line = 0
    for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text.trim() === '') continue
      yield parseObject(text, line)
    }
    return
  }
  let columns: string[] | null = null
  let record = 0
  for await (const cells of readCsv(source)) {
    record++
    if (columns === null) {
      columns = cells
      continue
    }
    if (cells.length !== columns.length) throw bad(record, `${cells.length} values for ${columns.length} columns.`)
    const row: Row = Object.create(null)
    for (const [i, column] of columns.entries()) row[column] = cells[i]
    yield row
  }
}

/** One CSV record as text, without the line's end. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
}

async function* readCsv(source: Readable): AsyncGenerator<string[]> {
  source.setEncoding('utf8')
  let cells: string[] = []
  let cell = ''
  let quoted = false
  // A quote inside quotes is the end of them unless another one follows, perhaps in the next chunk.
  let maybeEnd = false
  let started = false
  let record = 1
  for await (const chunk of source as AsyncIterable<string>) {
    for (const char of chunk) {
      if (quoted && !maybeEnd) {
        if (char === '"') maybeEnd = true
        else cell += char
        continue
      }
      if (maybeEnd) {
        maybeEnd = false
        if (char === '"') {
          cell += '"'
          continue
        }
        quoted = false
        if (char !== ',' && char !== '\n' && char !== '\r') throw bad(record, 'Text after a closing quote.')
      }
      if (char === '"' && cell === '') {
        quoted = true
        started = true
      } else if (char === ',') {
        cells.push(cell)
        cell = ''
        started = true
      } else if (char === '\n') {
        if (started || cell !== '') yield [...cells, cell]
        record++
        cells = []
        cell = ''
        started = false
      } else if (char !== '\r') cell += char
    }
  }
  if (quoted && !maybeEnd) throw bad(record, 'A quote is not closed.')
  if (started || cell !== '') yield [...cells, cell]
}

function parseObject(text: string, line: number): Row {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw bad(line, 'Not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(line, 'Not a JSON object.')
  return value as Row
}

function bad(record: number, message: string): ValidationError {
  return new ValidationError(`Record ${record}: ${message}`, [{ path: [record], message }])
}
