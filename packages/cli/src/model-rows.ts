// Rows of models as lines of a file, both ways. A line has the row's fields and the contents of its collections; in a model
// whose rows may expire also `_expires`, which no field can be named: when, or null for never.
//
//   {"id":"ann","age":36,"joined":"2024-02-29T12:00:00.000Z","tags":["new"],"_expires":null}
//
// Dates are ISO 8601, bytes base64, 64-bit integers all their digits, as over HTTP. In CSV, JSON and collections are cells of JSON.

import { fieldValue, type JsonObject, parseJson, rowJson, rowValue, textValue, writeJson } from '@ochre/gateway'
import type { ModelSpec, StoredField, WholeRow } from '@ochre/model'
import { OchreError, UsageError } from '@ochre/protocol'
import { csvLine, type Format } from './rows.ts'
import type { AnyStore } from './stores.ts'

const EXPIRES = '_expires'

type Values = Record<string, unknown>
type Whole = WholeRow<AnyStore['model']['fields']>

/** The columns of a model's rows, or those that were asked for. */
export function columnsOf(spec: ModelSpec, asked: readonly string[] | undefined): readonly string[] {
  const all = [...spec.byProperty.keys(), ...(spec.ttl === null ? [] : [EXPIRES])]
  const unknown = asked?.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new UsageError(`${spec.name} has no field ${unknown}; it has ${all.join(', ')}.`)
  return asked ?? all
}

/** A row as one line, without its end. */
export function rowLine(spec: ModelSpec, whole: Whole, columns: readonly string[], format: Format): string {
  const values = whole.data as Values
  const expires = whole.expiresAt === null ? null : whole.expiresAt.toISOString()
  if (format === 'csv')
    return csvLine(
      columns.map((name) => (name === EXPIRES ? expires : cellOf(spec.byProperty.get(name)!, values[name]))),
    )
  const chosen = Object.fromEntries(columns.flatMap((name) => (name in values ? [[name, values[name]]] : [])))
  const text = rowJson(spec, chosen)
  if (!columns.includes(EXPIRES)) return text
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"${EXPIRES}":${JSON.stringify(expires)}}`
}

function cellOf(field: StoredField, value: unknown): string | null | undefined {
  if (value === undefined || value === null) return value
  if (isJsonCell(field)) return writeJson(value, 'base64')
  const json = writeJson(value, 'base64')
  return json.startsWith('"') ? (JSON.parse(json) as string) : json
}

function isJsonCell({ kind, element, entry }: StoredField): boolean {
  return kind === 'json' || element !== undefined || entry !== undefined
}

/** What a line says: values for `create`, and the deadline: undefined is the model's rule, null never. */
export interface ReadRow {
  readonly data: Values
  readonly expiresAt: Date | null | undefined
}

/** Reads a record of a file. Throws an OchreError that says what cannot be read; what the model checks is left to it. */
export function readRow(spec: ModelSpec, row: JsonObject, format: Format): ReadRow {
  const { [EXPIRES]: expires, ...fields } = row
  const data = format === 'csv' ? cellValues(spec, fields) : rowValue(spec, fields)
  if (expires === undefined) return { data, expiresAt: undefined }
  if (spec.ttl === null) throw new UsageError(`${EXPIRES} means nothing: rows of ${spec.name} do not expire`)
  const at = expires === null ? null : fieldValue({ kind: 'date', optional: false, nullable: false }, expires)
  if (at !== null && !(at instanceof Date && !Number.isNaN(at.getTime())))
    throw new UsageError(`${EXPIRES} is a date or null`)
  return { data, expiresAt: at }
}

function cellValues(spec: ModelSpec, cells: JsonObject): Values {
  const values: Values = Object.create(null)
  for (const [name, cell] of Object.entries(cells)) {
    const field = spec.byProperty.get(name)
    values[name] = field === undefined || cell === null ? cell : cellValue(field, String(cell))
  }
  return values
}

function cellValue(field: StoredField, text: string): unknown {
  if (!isJsonCell(field)) return textValue(field, text)
  try {
    return fieldValue(field, parseJson(text))
  } catch (cause) {
    if (!(cause instanceof OchreError)) throw cause
    throw new UsageError(`${field.property} is not JSON`, { cause })
  }
}

/** The row with collections that are not named as empty ones, for writing it over what is there. */
export function withEmptyCollections(spec: ModelSpec, data: Values): Values {
  const empty = spec.collections.map(({ property, kind }) => [property, kind === 'map' || kind === 'geo' ? {} : []])
  return { ...Object.fromEntries(empty), ...data }
}
