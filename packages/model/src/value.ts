// A scalar of the server inside a callback: a node with the methods that make further nodes.
//
// One class has the methods of every kind; expressions.ts shows each kind only its own, and a call that the types would
// have refused is refused here too.

import { UsageError } from '@ochre/protocol'
import { durationMs, type Span, spanMs } from './duration.ts'
import { hasNull } from './fields.ts'
import { ensureCheckable, refuseAsValue } from './guards.ts'
import { packPath, parsePath } from './json-path.ts'
import { JsonText } from './json-text.ts'
import type { StoredField } from './model.ts'
import type { ArithmeticOp, CollectionRef, CompareOp, Expr, ExprType, ReadFn } from './ops.ts'
import type { Recorder } from './recorder.ts'

/** What the changing methods of a value act on. */
export type Target =
  | { readonly kind: 'field'; readonly field: StoredField }
  | { readonly kind: 'json'; readonly field: StoredField; readonly segments: readonly (string | number)[] }
  | { readonly kind: 'item'; readonly of: CollectionRef; readonly item: number }

const NUMERIC: readonly ExprType[] = ['int', 'float', 'bigint']
const ORDERED: readonly ExprType[] = ['int', 'float', 'bigint', 'string', 'enum', 'bytes', 'date', 'json']
const UNITS: Readonly<Record<'day' | 'hour' | 'minute' | 'second', number>> = {
  day: durationMs('1d'),
  hour: durationMs('1h'),
  minute: durationMs('1m'),
  second: durationMs('1s'),
}

const listReturns = new WeakMap<Value, { readonly fn: ReadFn; readonly of: CollectionRef }>()

/** Whether a value is a list made by a collection's `items`, `range` or the like. */
export function listReturn(value: Value): { readonly fn: ReadFn; readonly of: CollectionRef } | undefined {
  return listReturns.get(value)
}

/** An element of a collection as an operand, checked by the element's own rules. */
export function elementOperand(recorder: Recorder, of: CollectionRef, value: unknown): Expr {
  recorder.subject = of.field
  const rules = recorder.spec.byProperty.get(of.field)!.element!
  if (value === null && hasNull(rules) && !rules.schema) return { k: 'null', type: of.element }
  if (value instanceof Value) ensureCheckable(value, rules, of.field)
  return recorder.operand(of.element, value, value instanceof Value ? undefined : rules)
}

export class Value {
  readonly recorder: Recorder
  readonly node: Expr
  private readonly target: Target | null

  constructor(recorder: Recorder, node: Expr, target: Target | null = null) {
    this.recorder = recorder
    this.node = node
    this.target = target
  }

  /** A variable that holds a list, for returns only. */
  static list(recorder: Recorder, id: number, fn: ReadFn, of: CollectionRef): Value {
    const value = new Value(recorder, { k: 'var', type: 'json', id })
    listReturns.set(value, { fn, of })
    return value
  }

  // Comparing

  eq(other: unknown): Value {
    return this.compare('eq', other)
  }
  ne(other: unknown): Value {
    return this.compare('ne', other)
  }
  gt(other: unknown): Value {
    return this.compare('gt', other)
  }
  gte(other: unknown): Value {
    return this.compare('gte', other)
  }
  lt(other: unknown): Value {
    return this.compare('lt', other)
  }
  lte(other: unknown): Value {
    return this.compare('lte', other)
  }
  between(low: unknown, high: unknown): Value {
    return this.make({ k: 'and', type: 'boolean', items: [this.gte(low).node, this.lte(high).node] })
  }
  in(values: readonly unknown[]): Value {
    this.use()
    if (!Array.isArray(values)) throw new UsageError('in() takes an array of values')
    return this.make({ k: 'in', type: 'boolean', a: this.node, list: this.recorder.list(this.node.type, values) })
  }
  notIn(values: readonly unknown[]): Value {
    return this.make({ k: 'not', type: 'boolean', a: this.in(values).node })
  }
  isNull(): Value {
    this.use()
    return this.make({ k: 'isNull', type: 'boolean', a: this.node })
  }
  isNotNull(): Value {
    return this.make({ k: 'not', type: 'boolean', a: this.isNull().node })
  }
  orElse(other: unknown): Value {
    this.use()
    return this.make({ k: 'orElse', type: this.node.type, a: this.node, b: this.operand(other) })
  }

  private compare(op: CompareOp, other: unknown): Value {
    this.use()
    if (other === null) {
      if (op === 'eq') return this.isNull()
      if (op === 'ne') return this.isNotNull()
      throw new UsageError('Null has no order: use isNull()')
    }
    if (other === undefined) throw new UsageError('A comparison with undefined: use isNull()')
    if (op !== 'eq' && op !== 'ne') {
      this.need(op, ORDERED)
      if (this.node.type === 'enum') throw new UsageError('An enum has no order')
      if (this.node.type === 'json')
        return this.asNumber().compare(op, other instanceof JsonText ? other.parse() : other)
    }
    // The wider of int and float, so that an int compares with 1.5.
    const type = this.node.type === 'int' && !isBigint(other) ? 'float' : this.node.type
    if (this.node.type === 'int' && isBigint(other)) return this.widened().compare(op, other)
    return this.make({ k: 'compare', type: 'boolean', op, a: this.node, b: this.recorder.operand(type, other) })
  }

  private widened(): Value {
    return this.make({ k: 'widen', type: 'bigint', a: this.node })
  }

  // Computing

  plus(other: unknown): Value {
    return this.node.type === 'date' ? this.moved('+', other) : this.arithmetic('+', other)
  }
  minus(other: unknown): Value {
    return this.node.type === 'date' ? this.moved('-', other) : this.arithmetic('-', other)
  }
  times(other: unknown): Value {
    return this.arithmetic('*', other)
  }
  dividedBy(other: unknown): Value {
    return this.arithmetic('/', other)
  }
  modulo(other: unknown): Value {
    return this.arithmetic('%', other)
  }
  since(other: unknown): Value {
    this.need('since', ['date'])
    return this.make({ k: 'arith', type: 'int', op: '-', a: this.node, b: this.recorder.operand('date', other) })
  }
  contains(part: unknown): Value {
    return this.text('contains', part)
  }
  startsWith(part: unknown): Value {
    return this.text('startsWith', part)
  }
  endsWith(part: unknown): Value {
    return this.text('endsWith', part)
  }
  concat(other: unknown): Value {
    this.need('concat', ['string', 'enum', 'bytes'])
    const type = this.node.type === 'bytes' ? 'bytes' : 'string'
    return this.make({ k: 'concat', type, a: this.node, b: this.recorder.operand(type, other) })
  }
  slice(from: unknown, to?: unknown): Value {
    this.need('slice', ['string', 'enum', 'bytes'])
    return this.make({
      k: 'slice',
      type: this.node.type === 'bytes' ? 'bytes' : 'string',
      a: this.node,
      from: this.recorder.operand('int', from),
      to: to === undefined ? null : this.recorder.operand('int', to),
    })
  }
  length(): Value {
    if (this.node.type === 'json') {
      const { a, path } = this.place()
      return this.make({ k: 'jsonSize', type: 'int', a, path })
    }
    this.need('length', ['string', 'enum', 'bytes'])
    return this.make({ k: 'length', type: 'int', a: this.node })
  }
  getBit(at: unknown): Value {
    this.need('getBit', ['bytes'])
    return this.make({ k: 'getBit', type: 'boolean', a: this.node, at: this.recorder.operand('int', at) })
  }
  bitCount(): Value {
    this.need('bitCount', ['bytes'])
    return this.make({ k: 'bitCount', type: 'int', a: this.node })
  }

  // JSON

  at(path: string): Value {
    this.need('at', ['json'])
    const more = parsePath(path)
    const target = this.target
    if (target?.kind === 'field' || target?.kind === 'json') {
      const segments = [...(target.kind === 'json' ? target.segments : []), ...more]
      const a: Expr = { k: 'field', type: 'json', field: target.field.property }
      const node: Expr = { k: 'jsonGet', type: 'json', a, path: this.pathArg(segments) }
      return new Value(this.recorder, node, { kind: 'json', field: target.field, segments })
    }
    return this.make({ k: 'jsonGet', type: 'json', a: this.node, path: this.pathArg(more) })
  }
  path(path: string): Value {
    return this.at(path)
  }
  get(): Value {
    this.use()
    return this
  }
  asNumber(): Value {
    this.need('asNumber', ['json'])
    return this.make({ k: 'jsonAs', type: 'float', a: this.node })
  }
  asText(): Value {
    this.need('asText', ['json'])
    return this.make({ k: 'jsonAs', type: 'string', a: this.node })
  }
  merge(members: Readonly<Record<string, unknown>>): Value {
    for (const [key, value] of Object.entries(members)) {
      if (value === undefined) continue
      const { field, segments } = this.document('merge')
      this.replaceDocument(field, {
        k: 'jsonSet',
        type: 'json',
        a: fieldNode(field),
        path: this.pathArg([...segments, key]),
        value: this.jsonOperand(value),
      })
    }
    return this
  }
  increase(by: unknown): Value {
    const { field, segments } = this.document('increase')
    const path = this.pathArg(segments)
    this.replaceDocument(field, {
      k: 'jsonAdd',
      type: 'json',
      a: fieldNode(field),
      path,
      by: this.recorder.operand('float', by),
    })
    return this
  }
  push(...items: readonly unknown[]): Value {
    // Literals travel as one piece of text, so that the script does not depend on how many they are.
    const values = items.some((item) => item instanceof Value)
      ? items.map((item) => this.jsonOperand(item))
      : items.length === 0
        ? []
        : [this.jsonPieces(items)]
    for (const value of values) {
      const { field, segments } = this.document('push')
      const path = this.pathArg(segments)
      this.replaceDocument(field, { k: 'jsonPush', type: 'json', a: fieldNode(field), path, value })
    }
    return this
  }

  // Changing

  set(value: unknown): Value {
    const { field } = this.field('set')
    if (value === undefined) throw new UsageError('set(undefined): use unset()')
    if (value instanceof Value) ensureCheckable(value, field, field.property)
    return this.assign(
      field,
      value === null && !(field.schema && !field.nullable)
        ? this.nullNode(field)
        : this.recorder.operand(field.kind as ExprType, value, field),
    )
  }
  unset(): Value {
    const { field } = this.field('unset')
    if (!field.optional) throw new UsageError(`${field.property} is not optional: it cannot be unset`)
    this.recorder.emit({ op: 'unset', field: field.property })
    return this
  }
  setIf(condition: Value | ((value: Value) => Value), value: unknown): Value {
    const test = typeof condition === 'function' ? condition(this) : condition
    if (!(test instanceof Value) || test.node.type !== 'boolean')
      throw new UsageError('setIf() needs a condition, or a function that makes one of the value')
    const outcome = this.bind(test)
    const body = this.recorder.block(() => this.set(value))
    this.recorder.emit({ op: 'when', branches: [{ cond: outcome.node, body }], otherwise: [] })
    return outcome
  }
  compareAndSet(expected: unknown, value: unknown): Value {
    return this.setIf(this.eq(expected), value)
  }
  getAndSet(value: unknown): Value {
    const old = this.bind(this)
    this.set(value)
    return old
  }
  add(by: unknown): Value {
    if (this.node.type === 'date') return this.change(this.moved('+', by))
    return this.change(this.arithmetic('+', by))
  }
  sub(by: unknown): Value {
    if (this.node.type === 'date') return this.change(this.moved('-', by))
    return this.change(this.arithmetic('-', by))
  }
  mul(by: unknown): Value {
    return this.change(this.arithmetic('*', by))
  }
  div(by: unknown): Value {
    return this.change(this.arithmetic('/', by))
  }
  mod(by: unknown): Value {
    return this.change(this.arithmetic('%', by))
  }
  pow(exponent: unknown): Value {
    return this.change(this.arithmetic('^', exponent))
  }
  min(bound: unknown): Value {
    return this.change(this.arithmetic('least', bound))
  }
  max(bound: unknown): Value {
    return this.change(this.arithmetic('greatest', bound))
  }
  clamp(low: unknown, high: unknown): Value {
    return this.change(this.arithmetic('greatest', low).arithmetic('least', high))
  }
  append(text: unknown): Value {
    return this.change(this.concat(text))
  }
  prepend(text: unknown): Value {
    this.need('prepend', ['string'])
    return this.change(
      this.make({ k: 'concat', type: 'string', a: this.recorder.operand('string', text), b: this.node }),
    )
  }
  replace(from: unknown, to: unknown): Value {
    return this.change(this.swapped(from, to, false))
  }
  replaceAll(from: unknown, to: unknown): Value {
    return this.change(this.swapped(from, to, true))
  }
  keep(from: unknown, to?: unknown): Value {
    return this.change(this.slice(from, to))
  }
  setRange(at: unknown, bytes: unknown): Value {
    this.need('setRange', ['bytes'])
    const { recorder } = this
    return this.change(
      this.make({
        k: 'overlay',
        type: 'bytes',
        a: this.node,
        at: recorder.operand('int', at),
        part: recorder.operand('bytes', bytes),
      }),
    )
  }
  setBit(at: unknown, on: unknown): Value {
    this.need('setBit', ['bytes'])
    const { recorder } = this
    return this.change(
      this.make({
        k: 'setBit',
        type: 'bytes',
        a: this.node,
        at: recorder.operand('int', at),
        on: recorder.operand('boolean', on),
      }),
    )
  }
  toggle(): Value {
    this.need('toggle', ['boolean'])
    return this.change(this.make({ k: 'not', type: 'boolean', a: this.node }))
  }
  truncate(unit: 'day' | 'hour' | 'minute' | 'second'): Value {
    this.need('truncate', ['date'])
    const ms = UNITS[unit]
    if (!ms) throw new UsageError('truncate() takes day, hour, minute or second')
    return this.change(this.make({ k: 'floorTo', type: 'date', a: this.node, unit: this.recorder.literal('int', ms) }))
  }

  /** Loop items and JSON places: replaces the item. */
  put(value: unknown): Value {
    const target = this.target
    if (target?.kind === 'item') {
      if (target.of.kind !== 'list') throw new UsageError('Only the items of a list can be replaced while looping')
      this.recorder.emit({
        op: 'putItem',
        of: target.of,
        item: target.item,
        value: elementOperand(this.recorder, target.of, value),
      })
      return this
    }
    const { field, segments } = this.document('put')
    const path = this.pathArg(segments)
    this.replaceDocument(field, {
      k: 'jsonSet',
      type: 'json',
      a: fieldNode(field),
      path,
      value: this.jsonOperand(value),
    })
    return this
  }

  /** Loop items and JSON places: removes the item. */
  remove(): Value {
    const target = this.target
    if (target?.kind === 'item') {
      this.recorder.emit({ op: 'dropItem', of: target.of, item: target.item })
      return this
    }
    const { field, segments } = this.document('remove')
    if (segments.length === 0) throw new UsageError('remove() takes a place inside the document: use at(path) first')
    const path = this.pathArg(segments)
    this.replaceDocument(field, { k: 'jsonDelete', type: 'json', a: fieldNode(field), path })
    return this
  }

  // Inside

  /** Keeps an expression's value of this moment in a variable. */
  bind(value: Value): Value {
    this.recorder.check(value)
    const id = this.recorder.variable()
    this.recorder.emit({ op: 'let', id, value: value.node })
    return new Value(this.recorder, { k: 'var', type: value.node.type, id })
  }

  private make(node: Expr): Value {
    this.use()
    return new Value(this.recorder, node)
  }

  private use(): void {
    const { recorder, target } = this
    recorder.ensureOpen()
    recorder.subject = target === null ? '' : target.kind === 'item' ? target.of.field : target.field.property
    if (listReturns.has(this)) throw new UsageError('A list can only be returned: loop with each(), some() or find()')
  }

  private need(method: string, types: readonly ExprType[]): void {
    this.use()
    if (!types.includes(this.node.type)) throw new UsageError(`${method}() is not an operation of a ${this.node.type}`)
  }

  private operand(value: unknown): Expr {
    return this.recorder.operand(this.node.type, value)
  }

  private jsonOperand(value: unknown): Expr {
    if (value === undefined) throw new UsageError('undefined is no JSON value: use remove()')
    if (!(value instanceof Value)) return this.recorder.literal('json', value ?? JSON_NULL)
    if (value.node.type !== 'json')
      throw new UsageError('Only JSON of the server can be put into JSON; put literals otherwise')
    return value.node
  }

  /** The JSON texts of several items, as they stand in an array. */
  private jsonPieces(items: readonly unknown[]): Expr {
    const texts = items.map((item) => {
      if (item === undefined) throw new UsageError('undefined is no JSON value')
      return String(this.recorder.encoded('json', item))
    })
    return { k: 'arg', type: 'json', slot: this.recorder.arg(texts.join(',')) }
  }

  private arithmetic(op: ArithmeticOp, other: unknown): Value {
    this.need('arithmetic', NUMERIC)
    const { type } = this.node
    return this.make({ k: 'arith', type, op, a: this.node, b: this.operand(other) })
  }

  private moved(op: '+' | '-', by: unknown): Value {
    const node =
      by instanceof Value ? this.recorder.operand('int', by) : this.recorder.literal('int', spanMs(by as Span | number))
    return this.make({ k: 'arith', type: 'date', op, a: this.node, b: node })
  }

  private swapped(from: unknown, to: unknown, all: boolean): Value {
    this.need('replace', ['string'])
    const { recorder } = this
    const node: Expr = {
      k: 'swap',
      type: 'string',
      a: this.node,
      from: recorder.operand('string', from),
      to: recorder.operand('string', to),
      all,
    }
    return this.make(node)
  }

  private text(fn: 'contains' | 'startsWith' | 'endsWith', part: unknown): Value {
    if (this.node.type === 'json') return this.asText().text(fn, part)
    this.need(fn, ['string', 'enum', 'bytes'])
    const type = this.node.type === 'bytes' ? 'bytes' : 'string'
    return this.make({ k: 'text', type: 'boolean', fn, a: this.node, b: this.recorder.operand(type, part) })
  }

  private field(method: string): { field: StoredField } {
    this.use()
    if (this.target?.kind !== 'field')
      throw new UsageError(`${method}() needs a field of the row, not a computed value`)
    return this.target
  }

  /** Assigns a computed value; refused where only the client can check the result. */
  private change(value: Value): Value {
    const { field } = this.field('A change')
    ensureCheckable(value, field, field.property)
    return this.assign(field, value.node)
  }

  private assign(field: StoredField, value: Expr): Value {
    if (field.property === 'id' || this.recorder.spec.id.parts?.includes(field.property))
      throw new UsageError('The id of a row cannot change, nor what it is made of')
    this.recorder.emit({ op: 'set', field: field.property, value })
    return this
  }

  private nullNode(field: StoredField): Expr {
    if (!hasNull(field)) this.recorder.issue([field.property], 'must not be null')
    return { k: 'null', type: field.kind as ExprType }
  }

  private document(method: string): { field: StoredField; segments: readonly (string | number)[] } {
    this.need(method, ['json'])
    const target = this.target
    if (target?.kind === 'field') return { field: target.field, segments: [] }
    if (target?.kind === 'json') return target
    throw new UsageError(`${method}() needs a JSON field of the row`)
  }

  private replaceDocument(field: StoredField, value: Expr): void {
    this.recorder.emit({ op: 'set', field: field.property, value })
  }

  private place(): { a: Expr; path: number } {
    if (this.node.k === 'jsonGet') return { a: this.node.a, path: this.node.path }
    this.use()
    return { a: this.node, path: this.pathArg([]) }
  }

  private pathArg(segments: readonly (string | number)[]): number {
    return this.recorder.arg(packPath(segments))
  }
}

/** Stands for the JSON text `null`, which is a value inside a document. */
const JSON_NULL = Object.freeze({ toJSON: (): null => null })

function isBigint(value: unknown): boolean {
  return typeof value === 'bigint' || (value instanceof Value && value.node.type === 'bigint')
}

function fieldNode(field: StoredField): Expr {
  return { k: 'field', type: 'json', field: field.property }
}

const NOT_A_VALUE =
  'This value exists only on the server while the program runs: compare with eq(), gt() ... inside when(), and compute with plus(), concat() ...'

refuseAsValue(Value.prototype, NOT_A_VALUE)
