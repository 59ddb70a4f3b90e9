// Values to and from the text that the row's hash holds, and the checks that run before anything is sent.
//
//   int, bigint, date (ms)  decimal text         float   shortest decimal text     boolean  1 or 0
//   string, enum            UTF-8                bytes   as they are               json     JSON text
//
// In a row, null is the byte 00 alone, and text or bytes that start with 00 have one more 00 in front. Elements of
// collections and arguments of scripts are never null and have no such mark.

import { isDeepStrictEqual } from 'node:util'
import type { Issue } from '@ochre/protocol'
import type { FieldSpec } from './fields.ts'
import { type Documents, JsonText } from './json-text.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What one stored value is on the way out: text, or bytes when it is not UTF-8 text. */
export type Stored = string | Buffer

const NULL_MARK = '\0'
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Characters (code points) of a string: what `min` and `max` of a string count, here and on the server. */
export function characters(text: string): number {
  let n = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xdc00) n--
  }
  return n
}

/** Half of a surrogate pair that stands alone, which UTF-8 cannot carry. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** What is wrong with a value, or null. Does not run user schemas. `value` is neither null nor undefined. */
export function problemOf(spec: FieldSpec, value: unknown): string | null {
  switch (spec.kind) {
    case 'int':
      if (!Number.isSafeInteger(value)) return 'must be an integer within ±(2^53 - 1)'
      return boundsProblem(spec, value as number, 'be')
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a finite number'
      return boundsProblem(spec, value, 'be')
    case 'bigint':
      if (typeof value !== 'bigint') return 'must be a bigint'
      if (value < INT64_MIN || value > INT64_MAX) return 'must fit 64 bits'
      return boundsProblem(spec, value, 'be')
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be true or false'
    case 'date': {
      const ms = value instanceof Date ? value.getTime() : Number.NaN
      if (Number.isNaN(ms)) return 'must be a valid Date'
      return boundsProblem(spec, ms, 'be')
    }
    case 'enum':
      return spec.members!.includes(value as string) ? null : `must be one of ${spec.members!.join(', ')}`
    case 'string':
      if (typeof value !== 'string') return 'must be a string'
      if (LONE_SURROGATE.test(value)) return 'must not hold half of a surrogate pair'
      if (spec.format === 'ulid' && !ULID.test(value)) return 'must be a ULID'
      if (spec.format === 'uuid' && !UUID.test(value)) return 'must be a UUID'
      if (spec.pattern && !matches(spec.pattern, value)) return `must match ${spec.pattern}`
      return spec.min === undefined && spec.max === undefined
        ? null
        : boundsProblem(spec, characters(value), 'have a length')
    case 'bytes':
      if (!(value instanceof Uint8Array)) return 'must be a Uint8Array'
      return boundsProblem(spec, value.length, 'have a length')
    case 'json':
      return value instanceof JsonText ? textProblem(value) : jsonProblem(value)
    default:
      return null
  }
}

function matches(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(text)
}

function boundsProblem(spec: FieldSpec, value: number | bigint, verb: string): string | null {
  if (spec.min !== undefined && value < spec.min) return `must ${verb} at least ${spec.min}`
  if (spec.max !== undefined && value > spec.max) return `must ${verb} at most ${spec.max}`
  return null
}

function jsonProblem(value: unknown): string | null {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    return 'must be a JSON value: it holds a bigint or refers to itself'
  }
  if (text === undefined || (text.includes('null') && losesValues(value)))
    return 'must be a JSON value: it holds something that would become null'
  if (text.includes('\\ud') && LONE_ESCAPE.test(text)) return 'must not hold half of a surrogate pair'
  return null
}

function textProblem(value: JsonText): string | null {
  return value.text.includes('\\u') ? jsonProblem(value.parse()) : null
}

/** Half of a surrogate pair, which JSON.stringify writes as an escape. */
const LONE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/** Whether JSON makes null of something that is not: NaN and infinities, and in arrays what it leaves out elsewhere. */
function losesValues(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return false
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return losesValues((value as { toJSON(): unknown }).toJSON())
  if (Array.isArray(value))
    return value.some((item) => ['undefined', 'function', 'symbol'].includes(typeof item) || losesValues(item))
  return Object.values(value).some(losesValues)
}

/** The stored text of a value that passed {@link problemOf}; without the row's null mark. */
export function encodeValue(spec: FieldSpec, value: unknown): Stored {
  switch (spec.kind) {
    case 'float':
    case 'int':
      return value === 0 ? '0' : String(value)
    case 'boolean':
      return value ? '1' : '0'
    case 'date':
      return String((value as Date).getTime())
    case 'bytes':
      // A copy: the caller may go on to write into the bytes.
      return Buffer.from(value as Uint8Array)
    case 'json':
      return value instanceof JsonText ? value.text : JSON.stringify(value)
    default:
      return String(value)
  }
}

/** The text of a row's hash field. */
export function encodeField(spec: FieldSpec, value: unknown): Stored {
  if (value === null && spec.kind !== 'json') return NULL_MARK
  if (value === null) return NULL_MARK
  const stored = encodeValue(spec, value)
  if (typeof stored === 'string') return stored.charCodeAt(0) === 0 ? NULL_MARK + stored : stored
  return stored[0] === 0 ? Buffer.concat([Buffer.of(0), stored]) : stored
}

/** Why stored text is not a value of the field. */
export class Undecodable {
  readonly problem: string
  constructor(problem: string) {
    this.problem = problem
  }
}

/** A value from stored text without the row's mark; {@link Undecodable} when it does not fit. */
export function decodeValue(spec: FieldSpec, stored: string | Buffer, documents: Documents = 'values'): unknown {
  switch (spec.kind) {
    case 'bytes':
      return typeof stored === 'string' ? Buffer.from(stored, 'utf8') : Buffer.from(stored)
    case 'string':
    case 'enum': {
      const text = typeof stored === 'string' ? stored : stored.toString('utf8')
      return spec.members && !spec.members.includes(text) ? new Undecodable('is none of its members') : text
    }
  }
  const text = typeof stored === 'string' ? stored : stored.toString('utf8')
  switch (spec.kind) {
    case 'int': {
      const value = Number(text)
      return Number.isSafeInteger(value) && text !== '' ? value : new Undecodable('is not an integer')
    }
    case 'float': {
      const value = Number(text)
      return Number.isFinite(value) && text !== '' ? value : new Undecodable('is not a number')
    }
    case 'bigint':
      return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
        ? BigInt(text)
        : new Undecodable('is not a 64-bit integer')
    case 'boolean':
      return text === '1' ? true : text === '0' ? false : new Undecodable('is neither 1 nor 0')
    case 'date': {
      const value = new Date(Number(text))
      return text === '' || value.getTime() !== Number(text) ? new Undecodable('is not a time in milliseconds') : value
    }
    case 'json':
      try {
        return documents === 'text' ? new JsonText(text) : JSON.parse(text)
      } catch {
        return new Undecodable('is not JSON')
      }
    default:
      return text
  }
}

/** A value from a row's hash field. */
export function decodeField(spec: FieldSpec, stored: string | Buffer, documents: Documents = 'values'): unknown {
  if (stored.length > 0) {
    const marked = typeof stored === 'string' ? stored.charCodeAt(0) === 0 : stored[0] === 0
    if (marked) {
      if (stored.length === 1) return null
      return decodeValue(spec, typeof stored === 'string' ? stored.slice(1) : stored.subarray(1), documents)
    }
  }
  return decodeValue(spec, stored, documents)
}

/** An id as callers know it, from its text in keys. */
export function idFromText({ kind }: FieldSpec, text: string): string | number | bigint {
  return kind === 'int' ? Number(text) : kind === 'bigint' ? BigInt(text) : text
}

/**
 * Runs a user's schema. Calls `done` with the output at once when the schema is synchronous, else returns a promise. Text that
 * the schema leaves as it is stays text.
 */
export function runSchema(
  schema: StandardSchema,
  value: unknown,
  path: readonly (string | number)[],
  issues: Issue[],
  done: (output: unknown) => void,
): Promise<void> | null {
  const settle = (result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>): void => {
    if (result.issues) {
      for (const issue of result.issues) issues.push({ path: [...path, ...pathOf(issue.path)], message: issue.message })
    } else done(value instanceof JsonText && isDeepStrictEqual(result.value, value.parse()) ? value : result.value)
  }
  const result = schema['~standard'].validate(value instanceof JsonText ? value.parse() : value)
  if (result instanceof Promise) return result.then(settle)
  settle(result)
  return null
}

function pathOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[] = []): (string | number)[] {
  return path.map((part) => {
    const key = typeof part === 'object' ? part.key : part
    return typeof key === 'number' ? key : String(key)
  })
}

/** `<length>:<bytes>`, as the script's `unlist` reads it. */
export function packed(stored: Stored): Buffer {
  const bytes = typeof stored === 'string' ? Buffer.from(stored, 'utf8') : stored
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes])
}
