// Values of models as JSON, both ways, and their JSON Schemas: dates are RFC 3339 text, bytes base64, 64-bit integers digits.
//
// Reading is lenient about what the model checks anyway: a value of a wrong type is handed on as it is, so that the model's
// own error, with the path, is what the caller sees.

import { type FieldSpec as FieldDoc, JsonText, type ModelSpec as ModelDoc } from '@ochre/model'
import { isBase64, isObject, JsonNumber, type JsonObject, type JsonValue, plainJson, writeJson } from './json.ts'
import type { Schema } from './routes.ts'
import { GatewayError } from './status.ts'

/** A value of a field from JSON. */
export function fieldValue(spec: FieldDoc, value: JsonValue): unknown {
  if (value === null) return null
  switch (spec.kind) {
    case 'bigint': {
      const text = value instanceof JsonNumber ? value.text : value
      return typeof text === 'string' && /^-?\d{1,40}$/.test(text) ? BigInt(text) : plainJson(value)
    }
    case 'int':
    case 'float':
      return value instanceof JsonNumber ? Number(value.text) : plainJson(value)
    case 'date': {
      if (value instanceof JsonNumber) return new Date(Number(value.text))
      if (typeof value !== 'string' || !/^(?:\d{4}|[+-]\d{6})-\d\d-\d\d/.test(value)) return plainJson(value)
      return new Date(value)
    }
    case 'bytes':
      return typeof value === 'string' && isBase64(value) ? Buffer.from(value, 'base64') : plainJson(value)
    case 'list':
    case 'set':
      return Array.isArray(value) ? value.map((item) => fieldValue(spec.element!, item)) : plainJson(value)
    case 'map': {
      if (!isObject(value)) return plainJson(value)
      const map: Record<string, unknown> = Object.create(null)
      for (const name of Object.keys(value)) map[name] = fieldValue(spec.element!, value[name]!)
      return map
    }
    case 'sortedSet':
      if (!Array.isArray(value)) return plainJson(value)
      return value.map((item) =>
        Array.isArray(item) && item.length === 2
          ? [fieldValue(spec.element!, item[0]!), plainJson(item[1]!)]
          : plainJson(item),
      )
    case 'stream':
      if (!Array.isArray(value)) return plainJson(value)
      return value.map((item) =>
        Array.isArray(item) && item.length === 2
          ? [plainJson(item[0]!), entryValue(spec, item[1]!)]
          : entryValue(spec, item),
      )
    case 'json':
      return documentValue(value)
    default:
      return plainJson(value)
  }
}

/** A document from JSON: a JavaScript value when that loses no digit, else its text. */
export function documentValue(value: JsonValue): unknown {
  return isExact(value) ? plainJson(value) : new JsonText(writeJson(value))
}

/** An object whose members are documents. */
export function documentValues(value: JsonObject): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(value)) values[name] = documentValue(value[name]!)
  return values
}

/** Whether JavaScript would write all its numbers as they are written here. */
function isExact(value: JsonValue): boolean {
  if (value instanceof JsonNumber) return String(Number(value.text)) === value.text
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isExact)
}

/** An entry of a stream field from JSON. */
export function entryValue(spec: FieldDoc, value: JsonValue): unknown {
  if (!isObject(value)) return plainJson(value)
  const entry: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(value)) {
    const field = spec.entry?.[name]
    entry[name] = field === undefined ? plainJson(value[name]!) : fieldValue(field, value[name]!)
  }
  return entry
}

/**
 * A row, or a part of one, from JSON. Members that are no fields are handed on for the model to refuse. Throws BAD_REQUEST
 * on what has no members: it must not become a row of defaults.
 */
export function rowValue(model: ModelDoc, value: JsonValue): Record<string, unknown> {
  if (!isObject(value)) throw new GatewayError('BAD_REQUEST', 'A row is an object of fields.')
  const row: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(value)) {
    const field = model.byProperty.get(name)
    row[name] = field === undefined ? plainJson(value[name]!) : fieldValue(field, value[name]!)
  }
  return row
}

/** What is to change in a row. JSON has no undefined: null unsets a field that may be absent and cannot be null. */
export function patchValue(model: ModelDoc, value: JsonValue): Record<string, unknown> {
  const patch = rowValue(model, value)
  for (const name of Object.keys(patch)) {
    const field = model.byProperty.get(name)
    if (patch[name] === null && field?.optional === true && !field.nullable) patch[name] = undefined
  }
  return patch
}

/** A row as JSON, its fields in the order of the model. */
export function rowJson(model: ModelDoc, row: object): string {
  const values = row as Record<string, unknown>
  let out = ''
  for (const name of model.byProperty.keys()) {
    const value = values[name]
    if (value !== undefined) out += `${out === '' ? '' : ','}${JSON.stringify(name)}:${writeJson(value, 'base64')}`
  }
  return `{${out}}`
}

/** The text of a URL as a value of a field. */
export function textValue(spec: FieldDoc, text: string): unknown {
  switch (spec.kind) {
    case 'int':
    case 'float':
    case 'bigint':
      return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? fieldValue(spec, new JsonNumber(text)) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'date':
      return fieldValue(spec, /^-?\d+$/.test(text) ? new JsonNumber(text) : text)
    default:
      return fieldValue(spec, text)
  }
}

/** The JSON Schema of a field's values. */
export function fieldSchema(spec: FieldDoc): Schema {
  const schema = bareSchema(spec)
  return spec.nullable ? { oneOf: [schema, { type: 'null' }] } : schema
}

function bareSchema(spec: FieldDoc): { readonly [keyword: string]: unknown } {
  const bounds = (low: string, high: string): Record<string, unknown> => ({
    ...(spec.min === undefined ? {} : { [low]: Number(spec.min) }),
    ...(spec.max === undefined ? {} : { [high]: Number(spec.max) }),
  })
  switch (spec.kind) {
    case 'int':
      return { type: 'integer', ...bounds('minimum', 'maximum') }
    case 'bigint':
      return {
        type: ['integer', 'string'],
        description: '64 bits; as text in a request where JSON numbers are too short.',
      }
    case 'float':
      return { type: 'number', ...bounds('minimum', 'maximum') }
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
      return { type: 'string', format: 'date-time' }
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' }
    case 'enum':
      return { enum: spec.members ?? [] }
    case 'string':
      return {
        type: 'string',
        ...bounds('minLength', 'maxLength'),
        ...(spec.pattern === undefined ? {} : { pattern: spec.pattern.source }),
      }
    case 'list':
    case 'set':
      return { type: 'array', items: fieldSchema(spec.element!), ...(spec.kind === 'set' ? { uniqueItems: true } : {}) }
    case 'map':
      return { type: 'object', additionalProperties: fieldSchema(spec.element!) }
    case 'sortedSet':
      return {
        oneOf: [
          { type: 'object', additionalProperties: { type: 'number' } },
          { type: 'array', items: { type: 'array', prefixItems: [fieldSchema(spec.element!), { type: 'number' }] } },
        ],
      }
    case 'geo':
      return {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
      }
    case 'stream': {
      const properties = Object.entries(spec.entry ?? {}).map(([name, field]) => [name, fieldSchema(field)])
      const entry = { type: 'object', properties: Object.fromEntries(properties) }
      return { type: 'array', items: { oneOf: [entry, { type: 'array', prefixItems: [{ type: 'string' }, entry] }] } }
    }
    default:
      return { description: 'Any JSON.' }
  }
}

/** The schemas of a model: a row as it is read, what an insert takes, and a patch. */
export function modelSchemas(model: ModelDoc): {
  readonly row: Schema
  readonly insert: Schema
  readonly patch: Schema
} {
  const row: Record<string, Schema> = {}
  const insert: Record<string, Schema> = {}
  const patch: Record<string, Schema> = {}
  const rowRequired: string[] = []
  const insertRequired: string[] = []
  const collections = new Set(model.collections)
  for (const [name, field] of model.byProperty) {
    const schema = fieldSchema(field)
    insert[name] = schema
    if (name !== 'id') patch[name] = field.optional ? { oneOf: [schema, { type: 'null' }] } : schema
    const mayOmit = field.optional || field.default !== undefined || (name === 'id' && field.format !== undefined)
    if (!mayOmit) insertRequired.push(name)
    if (collections.has(field)) continue
    row[name] = schema
    if (!field.optional) rowRequired.push(name)
  }
  const object = (properties: Record<string, Schema>, required: string[]): Schema => ({
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  })
  return { row: object(row, rowRequired), insert: object(insert, insertRequired), patch: object(patch, []) }
}
