// Conditions and orders as callers give them: callbacks or plain objects; and their types.

import { UsageError, ValidationError } from '@ochre/protocol'
import type { Stored } from './codec.ts'
import type { Condition, QueryRow } from './expressions.ts'
import type { AnyField, Kind, ScalarKind } from './fields.ts'
import type { Fields, ModelSpec } from './model.ts'
import type { Expr } from './ops.ts'
import type { OrderColumn } from './plan.ts'
import { rowHandle } from './program.ts'
import { Recorder } from './recorder.ts'
import { Value } from './value.ts'

interface Equality<T> {
  readonly eq?: T | null
  readonly ne?: T | null
  readonly in?: readonly T[]
  readonly notIn?: readonly T[]
  readonly isNull?: boolean
}
/** `C`: what it is compared with. */
interface Order<T, C = T> extends Equality<T> {
  readonly gt?: C
  readonly gte?: C
  readonly lt?: C
  readonly lte?: C
  readonly between?: readonly [C, C]
}
interface Parts<T> {
  readonly contains?: T
  readonly startsWith?: T
  readonly endsWith?: T
}
interface TextOperators<T> extends Order<T>, Parts<string> {}
interface EnumOperators<T> extends Equality<T>, Parts<string> {}
interface BytesOperators<T> extends Order<T>, Parts<Uint8Array> {}
interface JsonOperators<T> extends Order<T, number>, Parts<string> {}
interface MemberOperators<T> {
  /** Holds this item, key or member. */
  readonly has?: T
}

interface Operators<T> {
  int: Order<T>
  float: Order<T>
  bigint: Order<T>
  date: Order<T>
  string: TextOperators<T>
  enum: EnumOperators<T>
  boolean: Equality<T>
  bytes: BytesOperators<T>
  json: JsonOperators<T>
  list: MemberOperators<T>
  set: MemberOperators<T>
  sortedSet: MemberOperators<T>
  map: MemberOperators<string>
  geo: MemberOperators<string>
  stream: never
}

type FilterValue<X extends AnyField> = X['$kind'] extends ScalarKind
  ? X['$type'] | null | Operators<NonNullable<X['$type']>>[X['$kind']]
  : Operators<X['$type']>[X['$kind']]

/** A condition as an object: a value means equal; several fields mean and. */
export type Filter<F extends Fields> = { readonly [P in keyof F]?: FilterValue<F[P]> } & {
  readonly AND?: readonly Filter<F>[]
  readonly OR?: readonly Filter<F>[]
  readonly NOT?: Filter<F>
}

export type Where<F extends Fields> = Filter<F> | ((row: QueryRow<F>) => Condition)

/** A column to order by, as `orderBy` callbacks see it. */
export interface Orderable {
  asc(): Ordering
  desc(): Ordering
}
export interface Ordering {
  readonly field: string
  readonly descending: boolean
}
type OrderedKind = Exclude<ScalarKind, 'json'>
export type OrderBy<F extends Fields> =
  | ((
      row: { readonly [P in keyof F]: F[P]['$kind'] extends OrderedKind ? Orderable : never },
    ) => Ordering | Orderable | readonly (Ordering | Orderable)[])
  | { readonly [P in keyof F]?: F[P]['$kind'] extends OrderedKind ? 'asc' | 'desc' : never }

export interface RecordedWhere {
  readonly node: Expr | null
  readonly args: readonly (Stored | null)[]
}

/** Records a condition. */
export function recordWhere(spec: ModelSpec, where: unknown): RecordedWhere {
  if (where === undefined || where === null) return { node: null, args: [] }
  const recorder = new Recorder(spec, true)
  const row = rowHandle(recorder)
  const recording = recorder.record(
    typeof where === 'function' && where.constructor.name === 'AsyncFunction'
      ? (where as () => unknown)
      : () => conditionOn(row, recorder, where),
  )
  return { node: recording.nodes.returns.at(0)?.node ?? null, args: recording.args }
}

/** The condition as a server value of a recorder, or null when there is none. */
export function conditionOn(row: object, recorder: Recorder, where: unknown): Value | null {
  if (typeof where !== 'function') return fromFilter(row as Record<string, Handle>, recorder, where)
  const value = (where as (row: object) => unknown)(row)
  if (!(value instanceof Value) || value.node.type !== 'boolean')
    throw new UsageError('A condition is made with eq(), gt(), and() and the like')
  return value
}

type Handle = Record<string, (...args: readonly unknown[]) => Value>

const OPERATORS: ReadonlySet<string> = new Set([
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
  'in',
  'notIn',
  'isNull',
  'contains',
  'startsWith',
  'endsWith',
  'has',
])

function fromFilter(row: Record<string, Handle>, recorder: Recorder, filter: unknown): Value | null {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new UsageError('A filter is an object of fields, or a function')
  const parts: Value[] = []
  for (const [name, wanted] of Object.entries(filter)) {
    if (wanted === undefined) continue
    if (name === 'AND' || name === 'OR') {
      if (!Array.isArray(wanted) || wanted.length === 0) throw new UsageError(`${name} takes a list of filters`)
      const items = wanted.map((each) => fromFilter(row, recorder, each) ?? everything(recorder))
      parts.push(
        new Value(recorder, { k: name === 'AND' ? 'and' : 'or', type: 'boolean', items: items.map((v) => v.node) }),
      )
    } else if (name === 'NOT') {
      const inner = fromFilter(row, recorder, wanted) ?? everything(recorder)
      parts.push(new Value(recorder, { k: 'not', type: 'boolean', a: inner.node }))
    } else parts.push(...fromField(row, recorder, name, wanted))
  }
  if (parts.length === 0) return null
  if (parts.length === 1) return parts[0]!
  return new Value(recorder, { k: 'and', type: 'boolean', items: parts.map((part) => part.node) })
}

function everything(recorder: Recorder): Value {
  return new Value(recorder, { k: 'not', type: 'boolean', a: { k: 'null', type: 'boolean' } })
}

function fromField(row: Record<string, Handle>, recorder: Recorder, name: string, wanted: unknown): Value[] {
  const handle = row[name]
  const field = recorder.spec.byProperty.get(name)
  if (!handle || !field) throw new UsageError(`The filter names ${name}, which is not a field of ${recorder.spec.name}`)
  if (!isOperators(field, wanted)) {
    if (typeof handle.eq !== 'function') throw new UsageError(`${name} is a collection: filter it with { has: item }`)
    return [handle.eq(wanted)]
  }
  return Object.entries(wanted)
    .filter(([, operand]) => operand !== undefined)
    .map(([operator, operand]) => {
      const message = `${operator} is not an operator of ${name}`
      if (!OPERATORS.has(operator)) throw new ValidationError(message, [{ path: [name, operator], message }])
      if (typeof handle[operator] !== 'function') throw new UsageError(message)
      if (operator === 'isNull') return operand ? handle.isNull!() : handle.isNotNull!()
      if (operator !== 'between') return handle[operator](operand)
      if (!Array.isArray(operand) || operand.length !== 2) throw new UsageError(`between of ${name} takes [low, high]`)
      return handle.between!(operand[0], operand[1])
    })
}

/** An object of operators, as opposed to a value: dates, bytes and JSON documents are values. */
function isOperators({ kind }: { readonly kind: Kind }, wanted: unknown): wanted is Record<string, unknown> {
  if (typeof wanted !== 'object' || wanted === null || Object.getPrototypeOf(wanted) !== Object.prototype) return false
  const names = Object.keys(wanted)
  return names.length > 0 && (kind !== 'json' || names.every((each) => OPERATORS.has(each)))
}

/** A field of a filter object whose value or operand is `undefined`, so that it says nothing; null when there is none. */
export function leftOpen(filter: unknown): string | null {
  for (const [name, wanted] of Object.entries(filter ?? {})) {
    if (wanted === undefined) return name
    const inner = name === 'AND' || name === 'OR' ? Object.values(wanted as object) : name === 'NOT' ? [wanted] : []
    for (const each of inner) {
      const open = leftOpen(each)
      if (open !== null) return open
    }
    if (isOperators({ kind: 'json' }, wanted) && Object.values(wanted).includes(undefined)) return name
  }
  return null
}

/** The columns of an order. */
export function orderColumns(spec: ModelSpec, orderBy: unknown): OrderColumn[] {
  if (orderBy === undefined || orderBy === null) return []
  let wanted: { field: string; descending: boolean }[]
  if (typeof orderBy === 'function') {
    const columns = Object.fromEntries([...spec.byProperty.keys()].map((name) => [name, orderable(name)]))
    const given = (orderBy as (row: object) => unknown)(columns)
    wanted = (Array.isArray(given) ? given : [given]).map((each: Ordering) => ({
      field: each?.field,
      descending: each?.descending,
    }))
  } else wanted = Object.entries(orderBy).map(([field, direction]) => ({ field, descending: direction === 'desc' }))
  return wanted.map(({ field, descending }) => {
    const stored = spec.byProperty.get(field)
    if (!stored) throw new UsageError('orderBy names something that is not a field of the model')
    if (stored.kind === 'json' || spec.collections.includes(stored))
      throw new UsageError(`${field} has no order: it is a ${stored.kind}`)
    return { field: stored, desc: descending }
  })
}

function orderable(field: string): Orderable & Ordering {
  const ordering = (descending: boolean): Ordering => ({ field, descending })
  return { field, descending: false, asc: () => ordering(false), desc: () => ordering(true) }
}
