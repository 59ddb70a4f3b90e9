// The field builders `t.*`: immutable descriptions of one attribute, its storage and its rules, with its types inferred.
//
// A scalar field lives in the row's hash; a collection field (list, set, map, sortedSet, geo, stream) is a key of its own.
// Four type parameters carry everything: the kind, the value, whether an insert must give it, whether a row always has it.

import { UsageError } from '@ochre/protocol'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'

export type ScalarKind = 'int' | 'float' | 'bigint' | 'string' | 'bytes' | 'boolean' | 'date' | 'enum' | 'json'
export type CollectionKind = 'list' | 'set' | 'map' | 'sortedSet' | 'geo' | 'stream'
export type Kind = ScalarKind | CollectionKind
export type Presence = 'required' | 'optional'

/** What a field is, as data. `min` and `max` bound numbers and dates by value, strings by characters, bytes by length. */
export interface FieldSpec {
  readonly kind: Kind
  readonly optional: boolean
  readonly nullable: boolean
  /** A constant, or a function called once per row without the value. */
  readonly default?: unknown
  readonly format?: 'ulid' | 'uuid'
  /** A composite id: the properties it is made of. */
  readonly parts?: readonly string[]
  readonly members?: readonly string[]
  readonly min?: number | bigint
  readonly max?: number | bigint
  readonly pattern?: RegExp
  readonly schema?: StandardSchema
  readonly index?: 'asc' | 'desc'
  readonly unique?: { readonly fold: 'none' | 'lower' }
  /** What a list, set, map or sorted set holds. */
  readonly element?: FieldSpec
  /** The fields of a stream's entries. */
  readonly entry?: Readonly<Record<string, FieldSpec>>
  /** The physical name, when it differs from the property's. */
  readonly storedAs?: string
}

interface Bounds {
  int: number
  float: number
  bigint: bigint
  string: number
  bytes: number
  date: Date
}
type BoundOf<K extends Kind> = K extends keyof Bounds ? Bounds[K] : never

export class Field<K extends Kind, T, I extends Presence, S extends Presence> {
  declare readonly $kind: K
  declare readonly $type: T
  declare readonly $insert: I
  declare readonly $select: S
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = Object.freeze(spec)
  }

  /** May be absent: `undefined` in a row. */
  optional(): Field<K, T, 'optional', 'optional'> {
    return new Field({ ...this.spec, optional: true })
  }

  /** May be `null`, which is a value and is stored. */
  nullable(): Field<K, T | null, I, S> {
    return new Field({ ...this.spec, nullable: true })
  }

  /** What an insert that omits the field stores. A function is called for each row. */
  default(value: T | (() => T)): Field<K, T, 'optional', 'required'> {
    return new Field({ ...this.spec, optional: false, default: value })
  }

  /** For dates: the time of the insert. */
  defaultNow(): Field<K, T, 'optional', 'required'> {
    if (this.spec.kind !== 'date') throw new UsageError('defaultNow() is for dates')
    return new Field({ ...this.spec, default: () => new Date() })
  }

  /** The least value; for strings and bytes the least length. */
  min(bound: BoundOf<K>): this {
    return this.with({ min: boundOf(bound) })
  }

  /** The greatest value; for strings (in characters) and bytes the greatest length. */
  max(bound: BoundOf<K>): this {
    return this.with({ max: boundOf(bound) })
  }

  /** For strings. Checked before a value is sent; a field with a pattern cannot be computed on the server. */
  pattern(pattern: RegExp): this {
    if (this.spec.kind !== 'string') throw new UsageError('pattern() is for strings')
    return this.with({ pattern })
  }

  /** An ordered index over this one field. */
  index(direction: 'asc' | 'desc' = 'asc'): this {
    this.refuseCollection('index')
    return this.with({ index: direction })
  }

  /** No two rows may hold the same value; null and absent never collide. `fold: 'lower'` ignores the case of A to Z. */
  unique(options: { fold?: 'none' | 'lower' } = {}): this {
    this.refuseCollection('unique')
    return this.with({ unique: { fold: options.fold ?? 'none' } })
  }

  /** The name in Redis, for a property that was renamed. */
  storedAs(name: string): this {
    return this.with({ storedAs: name })
  }

  private refuseCollection(what: string): void {
    const kind = this.spec.kind
    if (isCollectionKind(kind) || kind === 'json') throw new UsageError(`A ${kind} field cannot be ${what}`)
  }

  private with(change: Partial<FieldSpec>): this {
    return new Field({ ...this.spec, ...change }) as this
  }
}

function boundOf(bound: unknown): number | bigint {
  return bound instanceof Date ? bound.getTime() : (bound as number | bigint)
}

export type AnyField = Field<Kind, unknown, Presence, Presence>

/** A field that may be stored in a list, set, map or sorted set. */
export type ElementField<T> = Field<ScalarKind, T, 'required', 'required'>

const COLLECTIONS: ReadonlySet<string> = new Set<CollectionKind>(['list', 'set', 'map', 'sortedSet', 'geo', 'stream'])

export function isCollectionKind(kind: Kind): kind is CollectionKind {
  return COLLECTIONS.has(kind)
}

/** Whether null is a value of the field. It is one of JSON; a schema may refuse it, which only the client can know. */
export function hasNull(spec: FieldSpec): boolean {
  return spec.nullable || spec.kind === 'json'
}

/** What stands for a value that is not given; undefined when nothing does. */
export function defaultOf({ default: own }: FieldSpec): unknown {
  return typeof own === 'function' ? (own as () => unknown)() : own
}

type Scalar<K extends ScalarKind, T> = Field<K, T, 'required', 'required'>
type Collection<K extends CollectionKind, T> = Field<K, T, 'optional', 'optional'>

function scalar<K extends ScalarKind, T>(kind: K, more?: Partial<FieldSpec>): Scalar<K, T> {
  return new Field({ kind, optional: false, nullable: false, ...more })
}

function collection<K extends CollectionKind, T>(kind: K, more?: Partial<FieldSpec>): Collection<K, T> {
  return new Field({ kind, optional: true, nullable: false, ...more })
}

function elementOf(field: AnyField, where: string): FieldSpec {
  const { spec } = field
  if (isCollectionKind(spec.kind)) throw new UsageError(`A ${where} cannot hold a ${spec.kind}`)
  if (spec.optional || spec.nullable || spec.default !== undefined)
    throw new UsageError(`The elements of a ${where} cannot be optional, null or defaulted`)
  return spec
}

function specsOf(fields: Readonly<Record<string, AnyField>>): Record<string, FieldSpec> {
  const specs: Record<string, FieldSpec> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (isCollectionKind(field.spec.kind)) throw new UsageError('A stream entry cannot hold a collection')
    if (name in Object.prototype) throw new UsageError(`A field of a stream entry cannot be named ${name}`)
    specs[name] = field.spec
  }
  return specs
}

type Flat<T> = { [P in keyof T]: T[P] }
type EntryOf<E extends Readonly<Record<string, AnyField>>> = Flat<
  {
    -readonly [P in keyof E as E[P]['$select'] extends 'required' ? P : never]: E[P]['$type']
  } & { -readonly [P in keyof E as E[P]['$select'] extends 'optional' ? P : never]?: E[P]['$type'] }
>

/** The field builders. */
export const t: {
  /** A ULID: 26 characters, sorts by time. As `id` it is generated when an insert omits it. */
  ulid(): Field<'string', string, 'optional', 'required'>
  /** A random UUID, generated when an insert omits it. */
  uuid(): Field<'string', string, 'optional', 'required'>
  /** For `id`: made of other fields, which then cannot change. `store.idFor({...})` gives the id of their values. */
  compositeKey(...properties: readonly string[]): Field<'string', string, 'optional', 'required'>
  string(): Scalar<'string', string>
  /** An integer within ±(2^53 - 1). */
  int(): Scalar<'int', number>
  /** A finite IEEE double. */
  float(): Scalar<'float', number>
  /** A 64-bit signed integer, exact. */
  bigint(): Scalar<'bigint', bigint>
  boolean(): Scalar<'boolean', boolean>
  /** An instant in milliseconds, UTC. */
  date(): Scalar<'date', Date>
  bytes(): Scalar<'bytes', Uint8Array>
  enum<const M extends string>(members: readonly M[]): Scalar<'enum', M>
  /** A JSON document, checked by a schema when one is given (Zod 4 or any Standard Schema; async ones too). */
  json<T>(schema: StandardSchema<unknown, T>): Scalar<'json', T>
  json<T = unknown>(): Scalar<'json', T>
  list<T>(element: ElementField<T>): Collection<'list', T>
  set<T>(element: ElementField<T>): Collection<'set', T>
  /** From string keys to values. */
  map<T>(element: ElementField<T>): Collection<'map', T>
  /** Members with a number as score. */
  sortedSet<T>(element: ElementField<T>): Collection<'sortedSet', T>
  /** Members with a longitude and a latitude. */
  geo(): Collection<'geo', string>
  stream<const E extends Readonly<Record<string, AnyField>>>(entry: E): Collection<'stream', EntryOf<E>>
} = {
  ulid: () => new Field({ kind: 'string', optional: false, nullable: false, format: 'ulid' }),
  uuid: () => new Field({ kind: 'string', optional: false, nullable: false, format: 'uuid' }),
  compositeKey: (...parts) => {
    if (parts.length < 2) throw new UsageError('A composite key has at least two parts')
    return new Field({ kind: 'string', optional: false, nullable: false, parts: Object.freeze([...parts]) })
  },
  string: () => scalar('string'),
  int: () => scalar('int'),
  float: () => scalar('float'),
  bigint: () => scalar('bigint'),
  boolean: () => scalar('boolean'),
  date: () => scalar('date'),
  bytes: () => scalar('bytes'),
  enum: (members) => {
    if (members.length === 0) throw new UsageError('An enum needs at least one member')
    return scalar('enum', { members: Object.freeze([...members]) })
  },
  json: <T>(schema?: StandardSchema<unknown, T>) => scalar<'json', T>('json', schema ? { schema } : {}),
  list: (element) => collection('list', { element: elementOf(element, 'list') }),
  set: (element) => collection('set', { element: elementOf(element, 'set') }),
  map: (element) => collection('map', { element: elementOf(element, 'map') }),
  sortedSet: (element) => collection('sortedSet', { element: elementOf(element, 'sorted set') }),
  geo: () => collection('geo', { element: scalar('string').spec }),
  stream: (entry) => collection('stream', { entry: specsOf(entry) }),
}

/** Accepts `t.*` and bare Standard Schemas (stored as JSON). */
export function toField(input: unknown, name: string): AnyField {
  if (input instanceof Field) return input
  if (isStandardSchema(input)) return t.json(input)
  throw new UsageError(`Field ${name} is neither a t.* builder nor a Standard Schema`)
}
