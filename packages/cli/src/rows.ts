// Rows for import and export: NDJSON and CSV (RFC 4180), as streams of records.
//
// In CSV an empty cell is a missing value, "" is empty text, and \N is null (text that looks like that has one more
// backslash in front). Numbers of NDJSON keep all their digits.

import { isObject, type JsonObject, type JsonValue, parseJson } from '@ochre/gateway'
import { OchreError, ValidationError } from '@ochre/protocol'
import { readLines } from './lines.ts'

export const FORMATS = ['ndjson', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** The column that holds the key of a hash. */
export const KEY = '_key'

/** A record with the line where it begins. In CSV values are text or null, and may be missing. */
export interface Numbered {
  readonly line: number
  readonly row: JsonObject
}

/** A record, or what is wrong with it; and how many bytes of the file it took. */
export type Read = { readonly bytes: number } & (Numbered | { readonly line: number; readonly problem: string })

const MAX_DEPTH = 1000

/** Reads records one by one. Throws a ValidationError for CSV so broken that the next record cannot be found. */
export function readRows(source: AsyncIterable<Uint8Array | string>, format: Format): AsyncGenerator<Read> {
  return format === 'csv' ? readCsvRows(source) : readJsonRows(source)
}

async function* readJsonRows(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Read> {
  let line = 0
  for await (const bytes of readLines(source)) {
    line++
    const text = bytes.toString('utf8')
    if (text.trim() !== '') yield { bytes: bytes.length, line, ...readJsonRow(bytes, text) }
  }
}

function readJsonRow(bytes: Buffer, text: string): { row: JsonObject } | { problem: string } {
  let value: JsonValue
  try {
    value = parseJson(bytes, MAX_DEPTH)
  } catch (error) {
    if (!(error instanceof OchreError)) throw error
    return { problem: jsonProblem(text.trim()) }
  }
  return isObject(value) ? { row: value } : { problem: 'It is not a JSON object.' }
}

/** What the native parser says, which shows the place. */
function jsonProblem(text: string): string {
  try {
    JSON.parse(text)
    return 'It is nested too deeply, or not UTF-8.'
  } catch (error) {
    return `${(error as Error).message}.`
  }
}

async function* readCsvRows(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Read> {
  let columns: string[] | null = null
  for await (const { line, bytes, cells } of readCsv(source)) {
    if (columns === null) {
      columns = cells.map(({ text }) => text)
      const twice = columns.find((column, i) => columns!.indexOf(column) !== i)
      if (twice !== undefined) throw bad(line, `Two columns are named ${twice}.`)
      continue
    }
    if (cells.length !== columns.length) {
      yield { bytes, line, problem: `It has ${cells.length} values for ${columns.length} columns.` }
      continue
    }
    const row: JsonObject = Object.create(null)
    for (const [i, { text, quoted }] of cells.entries()) {
      if (text === '' && !quoted) continue
      row[columns[i]!] = text === '\\N' ? null : /^\\\\+N$/.test(text) ? text.slice(1) : text
    }
    yield { bytes, line, row }
  }
}

/** One CSV record, without the line's end. `undefined` is a missing value. */
export function csvLine(cells: readonly (string | null | undefined)[]): string {
  return cells.map(csvCell).join(',')
}

function csvCell(value: string | null | undefined): string {
  if (value === undefined) return ''
  if (value === null) return '\\N'
  if (value === '') return '""'
  const text = /^\\+N$/.test(value) ? `\\${value}` : value
  return /[",\r\n]|^\ufeff|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

interface Cell {
  readonly text: string
  readonly quoted: boolean
}

/** Records with the line where each begins. Blank lines are none. */
async function* readCsv(
  source: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<{ line: number; bytes: number; cells: readonly Cell[] }> {
  let number = 0
  let began = 1
  let size = 0
  let record = new CsvRecord()
  for await (const bytes of readLines(source)) {
    number++
    size += bytes.length
    const text = bytes.toString('utf8')
    if (!record.take(number === 1 ? text.replace(/^\ufeff/, '') : text, number)) continue
    const { cells } = record
    if (cells.length > 1 || cells[0]!.text !== '' || cells[0]!.quoted) yield { line: began, bytes: size, cells }
    size = 0
    record = new CsvRecord()
    began = number + 1
  }
  if (record.isOpen) throw bad(began, 'A quote is not closed.')
}

/** A record while its lines come in: inside of quotes a line feed is text. */
class CsvRecord {
  readonly cells: Cell[] = []
  #text = ''
  #quoted = false
  isOpen = false

  /** Takes the next line, with its end. True when the record is complete. */
  take(line: string, number: number): boolean {
    const end = line.length - (/\r?\n$/.exec(line)?.[0].length ?? 0)
    let at = 0
    for (;;) {
      if (this.isOpen) {
        const quote = line.indexOf('"', at)
        this.#text += line.slice(at, quote === -1 ? undefined : quote)
        if (quote === -1) return false
        at = quote + 1
        if (line[at] === '"') {
          this.#text += '"'
          at++
        } else this.isOpen = false
      } else if (line[at] === '"' && this.#text === '' && !this.#quoted) {
        this.isOpen = true
        this.#quoted = true
        at++
      } else {
        const comma = line.indexOf(',', at)
        const next = comma === -1 ? end : comma
        if (this.#quoted && next > at) throw bad(number, 'There is text after a closing quote.')
        this.cells.push({ text: this.#text + line.slice(at, next), quoted: this.#quoted })
        this.#text = ''
        this.#quoted = false
        if (comma === -1) return true
        at = comma + 1
      }
    }
  }
}

function bad(line: number, message: string): ValidationError {
  return new ValidationError(`Line ${line}: ${message}`, [])
}
