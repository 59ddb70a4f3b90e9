// A model: a name, its fields, its indexes and its rules. A frozen value; opening it on a client is open.ts.

import { UsageError } from '@ochre/protocol'
import { type Duration, durationMs } from './duration.ts'
import {
  type AnyField,
  type Field,
  type FieldSpec,
  isCollectionKind,
  type Kind,
  type Presence,
  toField,
} from './fields.ts'
import type { StandardSchema } from './standard-schema.ts'

export type FieldInput = AnyField | StandardSchema
export type FieldInputs = Readonly<Record<string, FieldInput>>

type FieldOf<X> = X extends AnyField
  ? X
  : X extends StandardSchema<infer _In, infer Out>
    ? Field<'json', Out, 'required', 'required'>
    : never

/** The fields of a model after bare schemas became JSON fields. */
export type FieldsOf<X extends FieldInputs> = { readonly [P in keyof X]: FieldOf<X[P]> }
export type Fields = Readonly<Record<string, AnyField>>

type CollectionName = 'list' | 'set' | 'map' | 'sortedSet' | 'geo' | 'stream'
type Flat<T> = { [P in keyof T]: T[P] }

/** A row as it is read: the scalar fields. Collections are read through their own operations. */
export type Select<F extends Fields> = Flat<
  {
    -readonly [P in keyof F as F[P]['$kind'] extends CollectionName
      ? never
      : F[P]['$select'] extends 'required'
        ? P
        : never]: F[P]['$type']
  } & {
    -readonly [P in keyof F as F[P]['$kind'] extends CollectionName
      ? never
      : F[P]['$select'] extends 'optional'
        ? P
        : never]?: F[P]['$type']
  }
>

interface Contents<T> {
  list: readonly T[]
  set: readonly T[]
  map: Readonly<Record<string, T>>
  sortedSet: Readonly<Record<string, number>> | readonly (readonly [T, number])[]
  geo: Readonly<Record<string, readonly [longitude: number, latitude: number]>>
  /** With ids, ascending, for all entries or for none. */
  stream: readonly T[] | readonly (readonly [id: string, entry: T])[]
}
type InsertValue<X extends AnyField> = X['$kind'] extends keyof Contents<unknown>
  ? Contents<X['$type']>[X['$kind']]
  : X['$type']

/** What an insert takes: fields with a default or `optional()` may be omitted; collections take their first contents. */
export type Insert<F extends Fields> = Flat<
  {
    -readonly [P in keyof F as F[P]['$insert'] extends 'required' ? P : never]: InsertValue<F[P]>
  } & {
    -readonly [P in keyof F as F[P]['$insert'] extends 'optional' ? P : never]?: InsertValue<F[P]> | undefined
  }
>

/** A change by values: `undefined` unsets an optional field, a collection is replaced as a whole. */
export type Update<F extends Fields> = {
  -readonly [P in keyof F as P extends 'id' ? never : P]?: InsertValue<F[P]> | undefined
}

export type IdOf<F extends Fields> = F['id'] extends AnyField ? F['id']['$type'] : never

/** One column of an index. */
export interface Column {
  readonly field: string
  readonly direction: 'asc' | 'desc'
  readonly fold: 'none' | 'lower'
  asc(): Column
  desc(): Column
  /** Ignores the case of A to Z; for unique constraints. */
  lower(): Column
}

export interface IndexDefinition {
  readonly type: 'index' | 'unique'
  readonly name: string
  readonly columns: readonly Column[]
  /** The name in Redis; without it the columns name it. */
  as(name: string): IndexDefinition
}

function column(field: string, direction: 'asc' | 'desc', fold: 'none' | 'lower'): Column {
  return Object.freeze({
    field,
    direction,
    fold,
    asc: () => column(field, 'asc', fold),
    desc: () => column(field, 'desc', fold),
    lower: () => column(field, direction, 'lower'),
  })
}

function definition(type: 'index' | 'unique', columns: readonly Column[], name?: string): IndexDefinition {
  if (columns.length === 0) throw new UsageError(`${type}() needs at least one column`)
  const own =
    name ??
    columns
      .map((c) => c.field + (c.direction === 'desc' ? '-desc' : '') + (c.fold === 'lower' ? '-lower' : ''))
      .join(',')
  return Object.freeze({ type, name: own, columns, as: (other: string) => definition(type, columns, other) })
}

/** An ordered index over several columns. */
export function index(...columns: readonly Column[]): IndexDefinition {
  return definition('index', columns)
}

/** A constraint over several columns. Rows in which one of them is null or absent never collide. */
export function unique(...columns: readonly Column[]): IndexDefinition {
  return definition('unique', columns)
}

export type Placement = 'single' | { readonly bucketed: number }

export interface ModelOptions {
  readonly indexes?: readonly IndexDefinition[]
  /** How long a row lives after its insert; `'row'` when only rows that ask for it expire. */
  readonly ttl?: Duration | 'row'
  /**
   * What gives an expiring row its full time again. `every`: at most once per interval. `grace`: not its full time, but that
   * it stays for at least so long. `on` is `both` unless it says otherwise.
   */
  readonly refreshTtl?:
    | 'read'
    | 'write'
    | 'both'
    | { readonly on?: 'read' | 'write' | 'both'; readonly every?: Duration; readonly grace?: Duration }
  /** `single` keeps the model in one slot; `{ bucketed: n }` spreads rows over n hash tags. */
  readonly placement?: Placement
  /**
   * Every change of a row also appends an entry to a stream, in the same script: `store.changes()` reads them. `keep`: how
   * many entries stay at least, 10,000 by default.
   */
  readonly feed?: boolean | { readonly keep?: number }
}

/** Everything the storage needs to know of a field. */
export interface StoredField extends FieldSpec {
  readonly property: string
  /** The name in Redis. */
  readonly name: string
}

export interface StoredIndex {
  readonly type: 'index' | 'unique'
  readonly name: string
  readonly columns: readonly { readonly field: StoredField; readonly desc: boolean; readonly fold: 'none' | 'lower' }[]
}

export interface TtlRule {
  readonly ms: number | null
  readonly onRead: boolean
  readonly onWrite: boolean
  readonly everyMs: number
  /** How long a row stays at least after what refreshes it; null: its full time. */
  readonly graceMs: number | null
}

/** A model as plain facts, without its types: what compilers and other packages read. */
export interface ModelSpec {
  readonly name: string
  readonly id: StoredField
  /** Scalars except the id, in order of declaration. */
  readonly scalars: readonly StoredField[]
  readonly collections: readonly StoredField[]
  readonly byProperty: ReadonlyMap<string, StoredField>
  readonly byName: ReadonlyMap<string, StoredField>
  readonly indexes: readonly StoredIndex[]
  readonly uniques: readonly StoredIndex[]
  readonly ttl: TtlRule | null
  readonly buckets: number
  /** How many entries of the change feed stay at least; null without a feed. */
  readonly feed: { readonly keep: number } | null
}

export interface Model<F extends Fields> {
  readonly name: string
  readonly fields: F
  readonly spec: ModelSpec
  /** Types only; nothing at run time. */
  readonly $select: Select<F>
  readonly $insert: Insert<F>
  readonly $update: Update<F>
}

export type AnyModel = Model<Fields>

type Columns<X extends FieldInputs> = { readonly [P in keyof X]: Column }

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const KEY_KINDS: ReadonlySet<string> = new Set(['string', 'enum', 'int', 'bigint', 'date'])
const RESERVED: ReadonlySet<string> = new Set(['save', 'reload', 'delete', 'atomic', 'then', 'toJSON'])

/**
 * Defines a model. Its name and its fields' names (or `storedAs`) are what Redis holds, so renaming a variable loses
 * nothing. The second callback receives the columns by name.
 */
export function model<const X extends FieldInputs>(
  name: string,
  fields: X,
  options: ModelOptions | ((columns: Columns<X>) => ModelOptions) = {},
): Model<FieldsOf<X>> {
  if (!NAME.test(name)) throw new UsageError('A model name has letters, digits, _ and -, and starts with a letter')
  const own: Record<string, AnyField> = {}
  const columns: Record<string, Column> = {}
  for (const [property, input] of Object.entries(fields)) {
    if (!FIELD.test(property)) throw new UsageError(`A field name has letters, digits and _, and starts with a letter`)
    if (RESERVED.has(property) || property in Object.prototype)
      throw new UsageError(`A field cannot be named ${property}: records use that name`)
    own[property] = toField(input, property)
    columns[property] = column(property, 'asc', 'none')
  }
  const spec = specOf(name, own, typeof options === 'function' ? options(columns as Columns<X>) : options)
  // The three `$` properties exist for inference alone.
  return Object.freeze({ name, fields: Object.freeze(own), spec }) as unknown as Model<FieldsOf<X>>
}

function specOf(name: string, fields: Fields, options: ModelOptions): ModelSpec {
  const byProperty = new Map<string, StoredField>()
  const byName = new Map<string, StoredField>()
  for (const [property, field] of Object.entries(fields)) {
    const stored: StoredField = Object.freeze({ ...field.spec, property, name: field.spec.storedAs ?? property })
    if (!FIELD.test(stored.name)) throw new UsageError(`The stored name of ${property} is not a field name`)
    if (byName.has(stored.name)) throw new UsageError(`Two fields of ${name} are stored as ${stored.name}`)
    byProperty.set(property, stored)
    byName.set(stored.name, stored)
  }
  const id = byProperty.get('id')
  if (!id) throw new UsageError(`Model ${name} needs a field named id`)
  if (!['string', 'int', 'bigint'].includes(id.kind) || id.nullable || id.optional || id.unique || id.index)
    throw new UsageError(`The id of ${name} must be a plain string, int or bigint`)
  for (const part of id.parts ?? []) {
    const field = byProperty.get(part)
    if (!field || field.optional || field.nullable || field.default !== undefined || !KEY_KINDS.has(field.kind))
      throw new UsageError(`The key of ${name} is made of required strings, enums, ints, bigints and dates`)
  }
  const stored = [...byProperty.values()]
  const indexes: StoredIndex[] = []
  const uniques: StoredIndex[] = []
  const add = (definition: IndexDefinition) => {
    if (!/^[A-Za-z][A-Za-z0-9_,-]*$/.test(definition.name)) throw new UsageError(`Bad index name on ${name}`)
    const columns = definition.columns.map((c) => {
      const field = byProperty.get(c.field)
      if (!field) throw new UsageError(`Index ${definition.name} of ${name} names a field that is not there`)
      if (isCollectionKind(field.kind) || field.kind === 'json')
        throw new UsageError(`Index ${definition.name} of ${name}: a ${field.kind} field cannot be indexed`)
      if (c.fold === 'lower' && (field.kind !== 'string' || definition.type !== 'unique'))
        throw new UsageError(`Index ${definition.name} of ${name}: only a unique string can be folded`)
      return Object.freeze({ field, desc: c.direction === 'desc', fold: c.fold })
    })
    const list = definition.type === 'unique' ? uniques : indexes
    if (list.some((other) => other.name === definition.name))
      throw new UsageError(`${name} has two indexes named ${definition.name}`)
    list.push(Object.freeze({ type: definition.type, name: definition.name, columns }))
  }
  for (const field of stored) {
    if (field.index) add(definition('index', [column(field.property, field.index, 'none')]))
    if (field.unique) add(definition('unique', [column(field.property, 'asc', field.unique.fold)], field.property))
  }
  for (const extra of options.indexes ?? []) add(extra)
  const buckets = bucketsOf(options.placement)
  return Object.freeze({
    name,
    id,
    scalars: stored.filter((field) => field !== id && !isCollectionKind(field.kind)),
    collections: stored.filter((field) => isCollectionKind(field.kind)),
    byProperty,
    byName,
    indexes,
    uniques,
    ttl: ttlOf(options),
    buckets,
    feed: feedOf(options.feed),
  })
}

function feedOf(feed: ModelOptions['feed'] = false): ModelSpec['feed'] {
  if (feed === false) return null
  const { keep = 10_000 } = feed === true ? {} : feed
  if (!Number.isSafeInteger(keep) || keep < 1) throw new UsageError('feed keeps a whole number of entries, from 1')
  return Object.freeze({ keep })
}

function ttlOf({ ttl, refreshTtl }: ModelOptions): TtlRule | null {
  if (ttl === undefined) {
    if (refreshTtl !== undefined) throw new UsageError('refreshTtl needs ttl')
    return null
  }
  const { on = 'both', every, grace } = typeof refreshTtl === 'object' ? refreshTtl : { on: refreshTtl ?? 'nothing' }
  return Object.freeze({
    ms: ttl === 'row' ? null : durationMs(ttl),
    onRead: on === 'read' || on === 'both',
    onWrite: on === 'write' || on === 'both',
    everyMs: every === undefined ? 0 : durationMs(every),
    graceMs: grace === undefined ? null : durationMs(grace),
  })
}

function bucketsOf(placement: Placement = 'single'): number {
  if (placement === 'single') return 1
  const n = placement.bucketed
  if (!Number.isInteger(n) || n < 2 || n > 1024) throw new UsageError('bucketed takes 2 to 1024 tags')
  return n
}

export type { Kind, Presence }
