// Collections of the server inside a callback: lists, sets, maps, sorted sets, geo sets and streams.

import { UsageError } from '@ochre/protocol'
import { encodeValue, packed, problemOf, type Stored } from './codec.ts'
import { type FieldSpec, hasNull } from './fields.ts'
import { refuseAsValue } from './guards.ts'
import type { StoredField } from './model.ts'
import type { CollectionRef, Expr, ExprType, MutationFn, ReadFn } from './ops.ts'
import type { Recorder } from './recorder.ts'
import { elementOperand, Value } from './value.ts'

interface EachOptions {
  readonly limit?: number
  readonly from?: number
  readonly to?: number
  readonly order?: 'asc' | 'desc'
}

const refs = new WeakMap<StoredField, CollectionRef>()

function refOf(field: StoredField, element: FieldSpec): CollectionRef {
  let ref = refs.get(field)
  if (!ref) {
    const kind = field.kind as CollectionRef['kind']
    ref = Object.freeze({ field: field.property, kind, element: element.kind as ExprType })
    refs.set(field, ref)
  }
  return ref
}

/** What the methods of all kinds are made of. */
class Access {
  readonly recorder: Recorder
  readonly field: StoredField
  readonly element: FieldSpec
  readonly ref: CollectionRef

  constructor(recorder: Recorder, field: StoredField) {
    this.recorder = recorder
    this.field = field
    this.element = field.element ?? { kind: 'json', optional: false, nullable: false }
    this.ref = refOf(field, this.element)
  }

  /** An element as an operand, checked by the element's own rules. */
  item(value: unknown): Expr {
    return elementOperand(this.recorder, this.ref, value)
  }

  key(value: unknown): Expr {
    this.recorder.subject = this.field.property
    return this.field.kind === 'map' || this.field.kind === 'geo'
      ? this.recorder.operand('string', value)
      : this.item(value)
  }

  int(value: unknown): Expr {
    this.recorder.subject = this.field.property
    return this.recorder.operand('int', value)
  }

  float(value: unknown): Expr {
    this.recorder.subject = this.field.property
    return this.recorder.operand('float', value)
  }

  /** A plain number of degrees. */
  within(degrees: unknown, limit: number, name: string): Expr {
    const fits = typeof degrees === 'number' && Math.abs(degrees) <= limit
    if (!fits) this.refuse(name, `must be within ±${limit}`)
    return this.float(fits ? degrees : 0)
  }

  refuse(name: string, message: string): void {
    this.recorder.issue([this.field.property, name], message)
  }

  value(node: Expr): Value {
    this.recorder.ensureOpen()
    return new Value(this.recorder, node)
  }

  mutate(fn: MutationFn, args: readonly Expr[], type: ExprType): Value {
    this.recorder.ensureNotWalking(this.field.property)
    const id = this.recorder.variable()
    this.recorder.emit({ op: 'mutate', fn, of: this.ref, args, id })
    return this.value({ k: 'var', type, id })
  }

  read(fn: ReadFn, args: readonly Expr[], rev = false): Value {
    const id = this.recorder.variable()
    this.recorder.emit({ op: 'read', fn, of: this.ref, args, rev, id })
    return Value.list(this.recorder, id, fn, this.ref)
  }

  length(): Value {
    return this.value({ k: 'size', type: 'int', of: this.ref })
  }

  has(value: unknown): Value {
    return this.value({ k: 'has', type: 'boolean', of: this.ref, a: this.key(value) })
  }

  /**
   * Adds or removes each item and gives how many were changed. Several literals travel in one argument, so that the script does
   * not depend on how many they are.
   */
  many(fn: 'push' | 'unshift' | 'add' | 'remove', items: readonly unknown[]): Value {
    if (items.length === 0) throw new UsageError('Nothing was given to add or remove')
    if (items.length > 1 && !items.some((item) => item instanceof Value)) {
      this.recorder.ensureNotWalking(this.field.property)
      const id = this.recorder.variable()
      this.recorder.emit({ op: 'mutateAll', fn, of: this.ref, list: this.packed(items), id })
      return this.value({ k: 'var', type: 'int', id })
    }
    const parts = items.map((item) => this.mutate(fn, [this.key(item)], 'int').node)
    return this.value(parts.reduce((a, b) => ({ k: 'arith', type: 'int', op: '+', a, b })))
  }

  /** The slot of literals in one argument. */
  private packed(items: readonly unknown[]): number {
    const { recorder, element, field } = this
    const slot = recorder.arg(null)
    const parts: Buffer[] = []
    const put = (i: number, stored: Stored): void => {
      parts[i] = packed(stored)
    }
    for (const [i, item] of items.entries()) {
      const path = [field.property, i]
      const missing = item === undefined || (item === null && !hasNull(element))
      const problem = missing ? 'must not be null' : problemOf(element, item)
      if (problem !== null) recorder.issue(path, problem)
      put(i, problem === null ? encodeValue(element, item) : '')
      if (problem === null)
        recorder.ask(element, item, path, (stored) => {
          put(i, stored)
          recorder.args[slot] = Buffer.concat(parts)
        })
    }
    recorder.args[slot] = Buffer.concat(parts)
    return slot
  }

  /** The variables of a loop as values: item alone, or key and value, or member and score. */
  private loopValues(item: number, value: number, changing: boolean): Value[] {
    const { recorder, ref } = this
    const target = changing ? ({ kind: 'item', of: ref, item } as const) : null
    const type = ref.kind === 'map' ? 'string' : ref.element
    const values = [new Value(recorder, { k: 'var', type, id: item }, target)]
    if (ref.kind === 'map') values.push(new Value(recorder, { k: 'var', type: ref.element, id: value }))
    if (ref.kind === 'sortedSet') values.push(new Value(recorder, { k: 'var', type: 'float', id: value }))
    return values
  }

  each(body: (...items: Value[]) => unknown, options: EachOptions = {}): void {
    if (body.constructor.name === 'AsyncFunction') throw new UsageError('The body of a loop cannot be async')
    const { recorder, ref } = this
    recorder.ensureNotWalking(ref.field)
    const item = recorder.variable()
    const value = recorder.variable()
    const ranged = options.from !== undefined || options.to !== undefined
    const range = ranged ? ([this.int(options.from ?? 0), this.int(options.to ?? -1)] as const) : null
    const most = this.int(options.limit ?? 10_000)
    const ops = recorder.block(() => body(...this.loopValues(item, value, true)), ref.field)
    recorder.emit({ op: 'each', of: ref, item, value, range, rev: options.order === 'desc', most, body: ops })
  }

  quantify(
    mode: 'some' | 'every' | 'count' | 'find',
    test: (...items: Value[]) => unknown,
    options: EachOptions = {},
  ): Value {
    const { recorder, ref } = this
    const item = recorder.variable()
    const value = recorder.variable()
    const most = this.int(options.limit ?? 10_000)
    const cond = test(...this.loopValues(item, value, false))
    if (!(cond instanceof Value) || cond.node.type !== 'boolean')
      throw new UsageError(`${mode}() needs a condition, made with eq(), gt() and the like`)
    recorder.check(cond)
    const id = recorder.variable()
    recorder.emit({ op: 'quantify', mode, of: ref, item, value, cond: cond.node, most, id })
    const type = mode === 'count' ? 'int' : mode === 'find' ? (ref.kind === 'map' ? 'string' : ref.element) : 'boolean'
    return this.value({ k: 'var', type, id })
  }
}

type Test = (...items: Value[]) => unknown

const COMMON = {
  length: (c: Access) => c.length(),
  clear: (c: Access) => {
    c.mutate('clear', [], 'int')
    return c.length()
  },
}

const WALKS = {
  ...COMMON,
  has: (c: Access, value: unknown) => c.has(value),
  each: (c: Access, body: Test, options?: EachOptions) => c.each(body, options),
  some: (c: Access, test: Test, options?: EachOptions) => c.quantify('some', test, options),
  every: (c: Access, test: Test, options?: EachOptions) => c.quantify('every', test, options),
  count: (c: Access, test: Test, options?: EachOptions) => c.quantify('count', test, options),
  find: (c: Access, test: Test, options?: EachOptions) => c.quantify('find', test, options),
}

function pushAll(c: Access, fn: 'push' | 'unshift', items: readonly unknown[]): Value {
  c.many(fn, items)
  return c.length()
}

const LIST = {
  ...WALKS,
  at: (c: Access, index: unknown) => c.value({ k: 'at', type: c.ref.element, of: c.ref, a: c.int(index) }),
  items: (c: Access) => c.read('items', []),
  range: (c: Access, from: unknown, to: unknown) => c.read('range', [c.int(from), c.int(to)]),
  push: (c: Access, ...items: unknown[]) => pushAll(c, 'push', items),
  unshift: (c: Access, ...items: unknown[]) => pushAll(c, 'unshift', items),
  pop: (c: Access) => c.mutate('pop', [], c.ref.element),
  shift: (c: Access) => c.mutate('shift', [], c.ref.element),
  put: (c: Access, index: unknown, item: unknown) => void c.mutate('put', [c.int(index), c.item(item)], 'int'),
  insertBefore: (c: Access, pivot: unknown, item: unknown) =>
    c.mutate('insertBefore', [c.item(pivot), c.item(item)], 'boolean'),
  insertAfter: (c: Access, pivot: unknown, item: unknown) =>
    c.mutate('insertAfter', [c.item(pivot), c.item(item)], 'boolean'),
  remove: (c: Access, item: unknown, count: unknown = 0) => c.mutate('removeItem', [c.item(item), c.int(count)], 'int'),
  trim: (c: Access, from: unknown, to: unknown) => {
    c.mutate('trim', [c.int(from), c.int(to)], 'int')
    return c.length()
  },
}

const SET = {
  ...WALKS,
  items: (c: Access) => c.read('items', []),
  add: (c: Access, ...items: unknown[]) => c.many('add', items),
  remove: (c: Access, ...items: unknown[]) => c.many('remove', items),
}

const MAP = {
  ...WALKS,
  get: (c: Access, key: unknown) => c.value({ k: 'at', type: c.ref.element, of: c.ref, a: c.key(key) }),
  entries: (c: Access) => c.read('entries', []),
  set: (c: Access, key: unknown, value: unknown) => c.mutate('mapSet', [c.key(key), c.item(value)], 'boolean'),
  delete: (c: Access, key: unknown) => c.mutate('mapDelete', [c.key(key)], 'boolean'),
  increase: (c: Access, key: unknown, by: unknown) => {
    if (!['int', 'float', 'bigint'].includes(c.ref.element)) throw new UsageError('increase() is for maps of numbers')
    return c.mutate('mapAdd', [c.key(key), c.recorder.operand(c.ref.element, by)], c.ref.element)
  },
}

const SORTED_SET = {
  ...WALKS,
  score: (c: Access, member: unknown) => c.value({ k: 'at', type: 'float', of: c.ref, a: c.item(member) }),
  rank: (c: Access, member: unknown, order: 'asc' | 'desc' = 'asc') =>
    c.value({ k: 'rank', type: 'int', of: c.ref, a: c.item(member), rev: order === 'desc' }),
  range: (c: Access, from: unknown, to: unknown, order: 'asc' | 'desc' = 'asc') =>
    c.read('range', [c.int(from), c.int(to)], order === 'desc'),
  rangeWithScores: (c: Access, from: unknown, to: unknown, order: 'asc' | 'desc' = 'asc') =>
    c.read('rangeWithScores', [c.int(from), c.int(to)], order === 'desc'),
  countBetween: (c: Access, low: unknown, high: unknown) =>
    c.value({ k: 'countBetween', type: 'int', of: c.ref, a: c.float(low), b: c.float(high) }),
  add: (c: Access, member: unknown, value: unknown) => c.mutate('add', [c.item(member), c.float(value)], 'boolean'),
  increase: (c: Access, member: unknown, by: unknown) => c.mutate('scoreAdd', [c.item(member), c.float(by)], 'float'),
  remove: (c: Access, ...members: unknown[]) => c.many('remove', members),
  popMin: (c: Access) => c.mutate('popMin', [], c.ref.element),
  popMax: (c: Access) => c.mutate('popMax', [], c.ref.element),
}

/** Where geo sets end, in degrees. */
export const MAX_LATITUDE = 85.05112878

const GEO = {
  ...COMMON,
  has: (c: Access, member: unknown) => c.has(member),
  add: (c: Access, member: unknown, longitude: number, latitude: number) => {
    const place = [c.within(longitude, 180, 'longitude'), c.within(latitude, MAX_LATITUDE, 'latitude')]
    return c.mutate('geoAdd', [c.key(member), ...place], 'int')
  },
  remove: (c: Access, ...members: unknown[]) => c.many('remove', members),
  position: (c: Access, member: unknown) => c.read('geoPosition', [c.key(member)]),
  distance: (c: Access, a: unknown, b: unknown) => c.read('geoDistance', [c.key(a), c.key(b)]),
  search: (c: Access, center: { longitude: number; latitude: number }, radius: number) => {
    const place = [c.within(center.longitude, 180, 'longitude'), c.within(center.latitude, MAX_LATITUDE, 'latitude')]
    if (!(Number.isFinite(radius) && radius >= 0)) c.refuse('radius', 'must be a number of metres from 0')
    return c.read('geoSearch', [...place, c.float(Number.isFinite(radius) ? radius : 0)])
  },
}

const STREAM = {
  ...COMMON,
  append: (c: Access, entry: Readonly<Record<string, unknown>>) => {
    c.mutate('append', [{ k: 'arg', type: 'bytes', slot: packEntry(c, entry) }], 'int')
    return c.length()
  },
  latest: (c: Access, n: unknown) => c.read('range', [c.int(n)], true),
}

/** Reports what is wrong with the shape of a stream's entry; its values are checked where they are encoded. */
export function checkEntry(
  field: StoredField,
  entry: unknown,
  report: (path: readonly (string | number)[], message: string) => void,
): entry is Readonly<Record<string, unknown>> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    report([], 'must be an object')
    return false
  }
  const given = entry as Readonly<Record<string, unknown>>
  const isThere = (name: string): boolean => given[name] !== undefined && given[name] !== null
  for (const name of Object.keys(given))
    if (!Object.hasOwn(field.entry!, name)) report([name], 'is not a field of the entry')
  for (const [name, spec] of Object.entries(field.entry!))
    if (!isThere(name) && !spec.optional) report([name], 'is required')
  if (!Object.keys(field.entry!).some(isThere)) report([], 'must have at least one field')
  return true
}

/** The slot of a stream's entry as packed names and values. */
function packEntry(c: Access, entry: Readonly<Record<string, unknown>>): number {
  const { field, recorder } = c
  checkEntry(field, entry, (path, message) => recorder.issue([field.property, ...path], message))
  const slot = recorder.arg(null)
  const parts = new Map<string, Stored>()
  const pack = (): void => {
    recorder.args[slot] = Buffer.concat([...parts].flatMap(([name, stored]) => [packed(name), packed(stored)]))
  }
  for (const [name, spec] of Object.entries(field.entry!)) {
    const value = entry?.[name]
    if (value === undefined || value === null) continue
    const path = [field.property, name]
    const problem = problemOf(spec, value)
    if (problem !== null) {
      recorder.issue(path, problem)
      continue
    }
    parts.set(name, encodeValue(spec, value))
    recorder.ask(spec, value, path, (stored) => {
      parts.set(name, stored)
      pack()
    })
  }
  pack()
  return slot
}

type Methods = Readonly<Record<string, (c: Access, ...args: never[]) => unknown>>

const ACCESS = Symbol('access')

/** A prototype whose methods hand their handle's access on; made once per kind. */
function prototypeOf(methods: Methods): object {
  const prototype: Record<string, unknown> = {}
  for (const [name, method] of Object.entries(methods)) {
    prototype[name] = function (this: { [ACCESS]: Access }, ...args: never[]): unknown {
      return method(this[ACCESS], ...args)
    }
  }
  Object.defineProperty(prototype, 'handleOf', {
    get(this: { [ACCESS]: Access }) {
      return this[ACCESS].ref.field
    },
  })
  refuseAsValue(
    prototype,
    'This collection exists only on the server: loop with each(), some() or find(), read with items(), range(), at() or get()',
  )
  return Object.freeze(prototype)
}

const KINDS: Readonly<Record<CollectionRef['kind'], object>> = {
  list: prototypeOf(LIST),
  set: prototypeOf(SET),
  map: prototypeOf(MAP),
  sortedSet: prototypeOf(SORTED_SET),
  geo: prototypeOf(GEO),
  stream: prototypeOf(STREAM),
}

/** The handle of one collection field of the row. */
export function collectionHandle(recorder: Recorder, field: StoredField): object {
  const access = new Access(recorder, field)
  const handle = Object.create(KINDS[access.ref.kind]) as { [ACCESS]: Access }
  handle[ACCESS] = access
  return Object.freeze(handle)
}
