// Collections of the server inside a callback: lists, sets, maps, sorted sets, geo sets and streams.

import { UsageError } from '@ochre/protocol'
import { encodeValue, packed, problemOf } from './codec.ts'
import type { FieldSpec } from './fields.ts'
import type { StoredField } from './model.ts'
import type { CollectionRef, Expr, ExprType, MutationFn, ReadFn } from './ops.ts'
import type { Recorder } from './recorder.ts'
import { Value } from './value.ts'

interface EachOptions {
  readonly limit?: number
  readonly from?: number
  readonly to?: number
  readonly order?: 'asc' | 'desc'
}

/** What every collection of a row can do; the subclass-free parts of the kinds are built by {@link collectionHandle}. */
class Access {
  readonly recorder: Recorder
  readonly field: StoredField
  readonly element: FieldSpec
  readonly ref: CollectionRef

  constructor(recorder: Recorder, field: StoredField) {
    this.recorder = recorder
    this.field = field
    this.element = field.element ?? { kind: 'json', optional: false, nullable: false }
    this.ref = Object.freeze({
      field: field.property,
      kind: field.kind as CollectionRef['kind'],
      element: this.element.kind as ExprType,
    })
  }

  /** An element as an operand, checked by the element's own rules. */
  item(value: unknown): Expr {
    return this.recorder.operand(this.ref.element, value, value instanceof Value ? undefined : this.element)
  }

  key(value: unknown): Expr {
    return this.field.kind === 'map' || this.field.kind === 'geo'
      ? this.recorder.operand('string', value)
      : this.item(value)
  }

  int(value: unknown): Expr {
    return this.recorder.operand('int', value)
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

  /** Runs `step` for each item and sums what it gives. */
  many(fn: MutationFn, items: readonly unknown[]): Value {
    if (items.length === 0) throw new UsageError('Nothing was given to add or remove')
    const parts = items.map((item) => this.mutate(fn, [this.key(item)], 'int').node)
    return this.value(parts.reduce((a, b) => Object.freeze({ k: 'arith', type: 'int', op: '+', a, b })))
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

function common(c: Access): Record<string, unknown> {
  return {
    handleOf: c.field.property,
    length: () => c.length(),
    clear: () => {
      c.mutate('clear', [], 'int')
      return c.length()
    },
  }
}

function walks(c: Access): Record<string, unknown> {
  return {
    ...common(c),
    has: (value: unknown) => c.has(value),
    each: (body: Test, options?: EachOptions) => c.each(body, options),
    some: (test: Test, options?: EachOptions) => c.quantify('some', test, options),
    every: (test: Test, options?: EachOptions) => c.quantify('every', test, options),
    count: (test: Test, options?: EachOptions) => c.quantify('count', test, options),
    find: (test: Test, options?: EachOptions) => c.quantify('find', test, options),
  }
}

function list(c: Access): object {
  const last = (fn: MutationFn, items: readonly unknown[]): Value => {
    if (items.length === 0) throw new UsageError('Nothing was given to push')
    for (const item of items) c.mutate(fn, [c.item(item)], 'int')
    return c.length()
  }
  return {
    ...walks(c),
    at: (index: unknown) => c.value({ k: 'at', type: c.ref.element, of: c.ref, a: c.int(index) }),
    items: () => c.read('items', []),
    range: (from: unknown, to: unknown) => c.read('range', [c.int(from), c.int(to)]),
    push: (...items: unknown[]) => last('push', items),
    unshift: (...items: unknown[]) => last('unshift', items),
    pop: () => c.mutate('pop', [], c.ref.element),
    shift: () => c.mutate('shift', [], c.ref.element),
    put: (index: unknown, item: unknown) => void c.mutate('put', [c.int(index), c.item(item)], 'int'),
    insertBefore: (pivot: unknown, item: unknown) => c.mutate('insertBefore', [c.item(pivot), c.item(item)], 'boolean'),
    insertAfter: (pivot: unknown, item: unknown) => c.mutate('insertAfter', [c.item(pivot), c.item(item)], 'boolean'),
    remove: (item: unknown, count: unknown = 0) => c.mutate('removeItem', [c.item(item), c.int(count)], 'int'),
    trim: (from: unknown, to: unknown) => {
      c.mutate('trim', [c.int(from), c.int(to)], 'int')
      return c.length()
    },
  }
}

function set(c: Access): object {
  return {
    ...walks(c),
    items: () => c.read('items', []),
    add: (...items: unknown[]) => c.many('add', items),
    remove: (...items: unknown[]) => c.many('remove', items),
  }
}

function map(c: Access): object {
  return {
    ...walks(c),
    get: (key: unknown) => c.value({ k: 'at', type: c.ref.element, of: c.ref, a: c.key(key) }),
    entries: () => c.read('entries', []),
    set: (key: unknown, value: unknown) => c.mutate('mapSet', [c.key(key), c.item(value)], 'boolean'),
    delete: (key: unknown) => c.mutate('mapDelete', [c.key(key)], 'boolean'),
    increase: (key: unknown, by: unknown) => {
      if (!['int', 'float', 'bigint'].includes(c.ref.element)) throw new UsageError('increase() is for maps of numbers')
      return c.mutate('mapAdd', [c.key(key), c.item(by)], c.ref.element)
    },
  }
}

function sortedSet(c: Access): object {
  const score = (value: unknown): Expr => c.recorder.operand('float', value)
  return {
    ...walks(c),
    score: (member: unknown) => c.value({ k: 'at', type: 'float', of: c.ref, a: c.item(member) }),
    rank: (member: unknown, order: 'asc' | 'desc' = 'asc') =>
      c.value({ k: 'rank', type: 'int', of: c.ref, a: c.item(member), rev: order === 'desc' }),
    range: (from: unknown, to: unknown, order: 'asc' | 'desc' = 'asc') =>
      c.read('range', [c.int(from), c.int(to)], order === 'desc'),
    rangeWithScores: (from: unknown, to: unknown, order: 'asc' | 'desc' = 'asc') =>
      c.read('rangeWithScores', [c.int(from), c.int(to)], order === 'desc'),
    countBetween: (low: unknown, high: unknown) =>
      c.value({ k: 'countBetween', type: 'int', of: c.ref, a: score(low), b: score(high) }),
    add: (member: unknown, value: unknown) => c.mutate('add', [c.item(member), score(value)], 'boolean'),
    increase: (member: unknown, by: unknown) => c.mutate('scoreAdd', [c.item(member), score(by)], 'float'),
    remove: (...members: unknown[]) => c.many('remove', members),
    popMin: () => c.mutate('popMin', [], c.ref.element),
    popMax: () => c.mutate('popMax', [], c.ref.element),
  }
}

function geo(c: Access): object {
  const degree = (value: unknown): Expr => c.recorder.literal('float', value)
  return {
    ...common(c),
    has: (member: unknown) => c.has(member),
    add: (member: unknown, longitude: number, latitude: number) => {
      if (!(Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85.05112878))
        throw new UsageError('A position has a longitude within ±180 and a latitude within ±85.05112878')
      return c.mutate('geoAdd', [c.key(member), degree(longitude), degree(latitude)], 'int')
    },
    remove: (...members: unknown[]) => c.many('remove', members),
    position: (member: unknown) => c.read('geoPosition', [c.key(member)]),
    distance: (a: unknown, b: unknown) => c.read('geoDistance', [c.key(a), c.key(b)]),
    search: (center: { longitude: number; latitude: number }, radius: number) =>
      c.read('geoSearch', [degree(center.longitude), degree(center.latitude), degree(radius)]),
  }
}

function stream(c: Access): object {
  return {
    ...common(c),
    append: (entry: Readonly<Record<string, unknown>>) => {
      c.mutate(
        'append',
        [{ k: 'arg', type: 'bytes', slot: c.recorder.arg(packEntry(c.field, entry, c.recorder)) }],
        'int',
      )
      return c.length()
    },
    latest: (n: unknown) => c.read('range', [c.int(n)], true),
  }
}

/** A stream entry as packed field names and values. */
export function packEntry(
  field: StoredField,
  entry: Readonly<Record<string, unknown>>,
  report: { issue(path: readonly (string | number)[], message: string): unknown },
): Buffer {
  const parts: Buffer[] = []
  for (const [name, spec] of Object.entries(field.entry!)) {
    const value = entry[name]
    if (value === undefined || value === null) {
      if (!spec.optional) report.issue([field.property, name], 'is required')
      continue
    }
    const problem = problemOf(spec, value)
    if (problem) report.issue([field.property, name], problem)
    else parts.push(packed(name), packed(encodeValue(spec, value)))
  }
  if (parts.length === 0) report.issue([field.property], 'must have at least one field')
  return Buffer.concat(parts)
}

const KINDS = { list, set, map, sortedSet, geo, stream }

/** The handle of one collection field of the row. */
export function collectionHandle(recorder: Recorder, field: StoredField): object {
  const access = new Access(recorder, field)
  return Object.freeze(KINDS[access.ref.kind](access))
}
