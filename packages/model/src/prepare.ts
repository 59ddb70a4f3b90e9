// Checks what a caller gives to create, update and the like, and turns it into stored text. Runs before anything is sent;
// asynchronous only when a user's schema is.

import { type Issue, UsageError, ValidationError } from '@ochre/protocol'
import { decodeValue, encodeField, encodeValue, problemOf, runSchema, type Stored, Undecodable } from './codec.ts'
import { checkEntry, MAX_LATITUDE } from './collection.ts'
import { defaultOf, type FieldSpec, hasNull, isCollectionKind } from './fields.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { IdSource } from './ulid.ts'

/** One row on its way to the put script. */
export interface PreparedRow {
  readonly id: string
  /** The values as they will be read back; scalars only. */
  readonly values: Record<string, unknown>
  /** Stored name and text. */
  readonly set: [string, Stored][]
  readonly defaults: [string, Stored][]
  readonly unset: string[]
  /** Collection position from 1, command, items. */
  readonly contents: [number, string, Stored[]][]
}

export type InsertMode = 'create' | 'upsert' | 'replace'
type MaybePromise<T> = T | Promise<T>

/** The id of a row as text, for keys. */
export function idText(spec: ModelSpec, id: unknown): string {
  const problem = id === undefined || id === null ? 'is required' : problemOf(spec.id, id)
  const text = problem === null ? String(id) : ''
  const bad = problem ?? (idTextIsBad(text) ? 'must have 1 to 1024 characters and no control characters' : null)
  if (bad) throw new ValidationError(`The id of a ${spec.name} ${bad}`, [{ path: ['id'], message: bad }])
  return text
}

function idTextIsBad(text: string): boolean {
  return text.length === 0 || text.length > 1024 || /[\u0000-\u001f\u007f]/.test(text)
}

/** The id that a composite key gives to values: their texts joined by colons, colons and percent signs escaped. */
export function compositeId(spec: ModelSpec, values: Readonly<Record<string, unknown>>): string {
  const issues: Issue[] = []
  const texts = spec.id.parts!.map((part) => {
    const field = spec.byProperty.get(part)!
    const value = values[part]
    const problem = value === undefined || value === null ? 'is required' : problemOf(field, value)
    if (problem) issues.push({ path: [part], message: problem })
    return problem ? '' : String(encodeValue(field, value)).replace(/[%:]/g, (c) => (c === '%' ? '%25' : '%3A'))
  })
  if (issues.length > 0)
    throw new ValidationError(`The key of a ${spec.name} is not complete: ${issues.map(sentence).join('; ')}`, issues)
  return texts.join(':')
}

/** Stands for a value until its schema has given what is stored. */
class Late {
  stored: Stored = ''
}

class Preparation {
  readonly spec: ModelSpec
  readonly issues: Issue[] = []
  readonly waits: Promise<void>[] = []
  readonly row: PreparedRow
  private hasLate = false

  constructor(spec: ModelSpec, id: string) {
    this.spec = spec
    this.row = { id, values: {}, set: [], defaults: [], unset: [], contents: [] }
  }

  scalar(field: StoredField, value: unknown, into: 'set' | 'defaults'): void {
    const { row } = this
    if (value === null && !(field.schema && !field.nullable)) {
      if (!hasNull(field)) {
        this.issues.push({ path: [field.property], message: 'must not be null' })
        return
      }
      row[into].push([field.name, encodeField(field, null)])
      row.values[field.property] = null
      return
    }
    const problem = problemOf(field, value)
    if (problem !== null) {
      this.issues.push({ path: [field.property], message: problem })
      return
    }
    const pair: [string, Stored] = [field.name, '']
    const settle = (checked: unknown): void => {
      pair[1] = encodeField(field, checked)
      row.values[field.property] = checked
    }
    row[into].push(pair)
    if (!field.schema) {
      settle(value)
      return
    }
    const wait = runSchema(field.schema, value, [field.property], this.issues, (output) => {
      const late = problemOf(field, output)
      if (late) this.issues.push({ path: [field.property], message: late })
      else settle(output)
    })
    if (wait) this.waits.push(wait)
  }

  collection(field: StoredField, value: unknown): void {
    const position = this.spec.collections.indexOf(field) + 1
    const items = this.items(field, value)
    const command = COMMANDS[field.kind as keyof typeof COMMANDS]
    const { contents } = this.row
    if (field.kind === 'stream') {
      if (items.length === 0) contents.push([position, command, []])
      for (const entry of items) contents.push([position, command, entry])
      return
    }
    const step = field.kind === 'geo' ? 999 : 1000
    const flat = items.flat()
    for (let at = 0; at === 0 || at < flat.length; at += step)
      contents.push([position, command, flat.slice(at, at + step)])
  }

  private items(field: StoredField, value: unknown): Stored[][] {
    const bad = (path: readonly (string | number)[], message: string): Stored[][] => {
      this.issues.push({ path: [field.property, ...path], message })
      return []
    }
    const element = (path: string | number, item: unknown): Stored =>
      this.checked(field.element!, item, [field.property, path])
    switch (field.kind) {
      case 'list':
      case 'set': {
        const list = value instanceof Set ? [...value] : value
        if (!Array.isArray(list)) return bad([], 'must be an array')
        return list.map((item, i) => [element(i, item)])
      }
      case 'map':
        if (!isRecord(value)) return bad([], 'must be an object')
        return Object.entries(value).map(([key, item]) => [key, element(key, item)])
      case 'sortedSet': {
        const pairs = Array.isArray(value) ? value : isRecord(value) ? Object.entries(value) : null
        if (!pairs) return bad([], 'must be an object of scores or an array of [member, score]')
        return pairs.map((pair: unknown, i) => {
          if (!Array.isArray(pair)) return bad([i], 'must be [member, score]').flat()
          const [member, score] = pair as unknown[]
          const item = element(i, Array.isArray(value) ? member : fromKey(field.element!, member))
          if (typeof score === 'number' && Number.isFinite(score)) return [encodeValue(FLOAT, score), item]
          return bad([i], 'must have a finite number as score').flat()
        })
      }
      case 'geo':
        if (!isRecord(value)) return bad([], 'must be an object of [longitude, latitude]')
        return Object.entries(value).map(([member, place]) => {
          const [longitude, latitude] = Array.isArray(place) ? (place as unknown[]) : []
          if (isWithin(longitude, 180) && isWithin(latitude, MAX_LATITUDE))
            return [String(longitude), String(latitude), member]
          return bad([member], `must be [longitude, latitude] within ±180 and ±${MAX_LATITUDE}`).flat()
        })
      default: {
        if (!Array.isArray(value)) return bad([], 'must be an array of entries')
        let before = 0n
        return value.map((given: unknown, i) => {
          const [id, entry] = Array.isArray(given) ? (given as unknown[]) : [undefined, given]
          if (!isRecord(entry)) return bad([i], 'must be an entry, or [id, entry]').flat()
          if ((id === undefined) !== !Array.isArray(value[0])) bad([i], 'must have an id if others have one')
          const place = id === undefined ? before : entryPlace(id)
          if (id !== undefined && place <= before) bad([i], 'must have an id such as 1-0, above those before it')
          before = place
          checkEntry(field, entry, (path, message) => bad([i, ...path], message))
          return [
            typeof id === 'string' ? id : '*',
            ...Object.entries(field.entry!).flatMap(([name, spec]) =>
              entry[name] === undefined || entry[name] === null
                ? []
                : [name, this.checked(spec, entry[name], [field.property, i, name])],
            ),
          ]
        })
      }
    }
  }

  /** What a collection holds of a value, checked by the rules and the schema of the element. */
  private checked(spec: FieldSpec, value: unknown, path: readonly (string | number)[]): Stored {
    const missing = value === undefined || (value === null && !hasNull(spec))
    const problem = missing ? 'must not be null' : problemOf(spec, value)
    if (problem !== null) {
      this.issues.push({ path, message: problem })
      return ''
    }
    if (!spec.schema) return encodeValue(spec, value)
    const late = new Late()
    const wait = runSchema(spec.schema, value, path, this.issues, (output) => {
      const wrong = problemOf(spec, output)
      if (wrong !== null) this.issues.push({ path, message: wrong })
      else late.stored = encodeValue(spec, output)
    })
    if (wait) this.waits.push(wait)
    this.hasLate = true
    return late as unknown as Stored
  }

  finish(): MaybePromise<PreparedRow> {
    const end = (): PreparedRow => {
      if (this.issues.length > 0)
        throw new ValidationError(
          `A ${this.spec.name} does not fit its model: ${this.issues.map(sentence).join('; ')}`,
          this.issues,
        )
      if (this.hasLate)
        for (const [, , items] of this.row.contents)
          for (const [i, item] of items.entries()) if (item instanceof Late) items[i] = item.stored
      return this.row
    }
    return this.waits.length === 0 ? end() : Promise.all(this.waits).then(end)
  }
}

/** A problem in words; rules and names only, never a value. */
function sentence(issue: Issue): string {
  return `${issue.path.join('.') || 'it'} ${issue.message}`
}

const UINT64_MAX = 2n ** 64n - 1n
const FLOAT: FieldSpec = { kind: 'float', optional: false, nullable: false }
const COMMANDS = { list: 'RPUSH', set: 'SADD', map: 'HSET', sortedSet: 'ZADD', geo: 'GEOADD', stream: 'XADD' } as const

/** Where the id of a stream's entry stands in the order of ids; 0 for what is no id. */
function entryPlace(id: unknown): bigint {
  const parts = typeof id === 'string' ? /^(\d{1,20})-(\d{1,20})$/.exec(id) : null
  const [ms, sequence] = parts === null ? [0n, 0n] : [BigInt(parts[1]!), BigInt(parts[2]!)]
  return ms > UINT64_MAX || sequence > UINT64_MAX ? 0n : (ms << 64n) | sequence
}

/** Object keys are text: a number as a member is read from it, as it would be from Redis. */
function fromKey(element: FieldSpec, key: unknown): unknown {
  if (!['int', 'float', 'bigint'].includes(element.kind)) return key
  const member = decodeValue(element, String(key).trim())
  return member instanceof Undecodable ? key : member
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuseUnknown(spec: ModelSpec, data: unknown, issues: Issue[]): asserts data is Record<string, unknown> {
  if (!isRecord(data)) throw new UsageError(`A ${spec.name} is given as an object`)
  for (const key of Object.keys(data))
    if (!spec.byProperty.has(key)) issues.push({ path: [key], message: 'is not a field of the model' })
}

/** A whole row. */
export function prepareInsert(
  spec: ModelSpec,
  data: unknown,
  mode: InsertMode,
  ids: IdSource,
): MaybePromise<PreparedRow> {
  if (!isRecord(data)) throw new UsageError(`A ${spec.name} is given as an object`)
  const given = data.id === undefined && spec.id.format && mode === 'create' ? ids[spec.id.format]() : data.id
  const id = spec.id.parts ? compositeId(spec, data) : (given ?? defaultOf(spec.id))
  if (spec.id.parts && given !== undefined && given !== id)
    throw new ValidationError(`The id of a ${spec.name} is made of its key`, [{ path: ['id'], message: 'is another' }])
  const preparation = new Preparation(spec, idText(spec, id))
  refuseUnknown(spec, data, preparation.issues)
  preparation.row.values.id = id
  for (const field of spec.byProperty.values()) {
    if (field === spec.id) continue
    const value = data[field.property]
    if (isCollectionKind(field.kind)) {
      if (value !== undefined) preparation.collection(field, value)
      continue
    }
    if (value !== undefined) preparation.scalar(field, value, 'set')
    else if (field.default !== undefined)
      preparation.scalar(field, defaultOf(field), mode === 'upsert' ? 'defaults' : 'set')
    else if (field.format && !field.optional)
      preparation.scalar(field, ids[field.format](), mode === 'upsert' ? 'defaults' : 'set')
    else if (!field.optional) preparation.issues.push({ path: [field.property], message: 'is required' })
  }
  return preparation.finish()
}

/** A change by values. */
export function prepareUpdate(spec: ModelSpec, id: string, patch: unknown): MaybePromise<PreparedRow> {
  const preparation = new Preparation(spec, id)
  refuseUnknown(spec, patch, preparation.issues)
  for (const [property, value] of Object.entries(patch)) {
    const field = spec.byProperty.get(property)
    if (!field) continue
    if (spec.id.parts?.includes(property)) preparation.issues.push({ path: [property], message: 'is part of the key' })
    else if (field === spec.id) {
      if (String(value) !== id) preparation.issues.push({ path: ['id'], message: 'cannot change' })
    } else if (isCollectionKind(field.kind)) {
      preparation.collection(field, value === undefined ? EMPTY[field.kind] : value)
    } else if (value !== undefined) preparation.scalar(field, value, 'set')
    else if (field.optional) preparation.row.unset.push(field.name)
    else preparation.issues.push({ path: [property], message: 'is required' })
  }
  return preparation.finish()
}

function isWithin(degrees: unknown, limit: number): degrees is number {
  return typeof degrees === 'number' && Math.abs(degrees) <= limit
}

const EMPTY = { list: [], set: [], map: {}, sortedSet: {}, geo: {}, stream: [] } as const
