// The types of server values: what `p.score`, `p.tags` and conditions are inside programs and queries. Types only.
//
// An expression stands for a value that exists only on the server while the script runs. Methods named by a verb (`add`,
// `set`, `push`) change the row; methods named by a result (`plus`, `slice`, `length`) only compute.

import type { Span } from './duration.ts'
import type { AnyField, ScalarKind } from './fields.ts'
import type { Fields } from './model.ts'
import type { STATEMENT } from './recorder.ts'

declare const TYPE: unique symbol
declare const NULLABLE: unique symbol

/** A value of the server, not of JavaScript: using it as one throws. */
export interface Expr<T> {
  readonly [TYPE]: T
}
/** A value that may be null or absent: returned, it is its type or null. `orElse` makes it a plain one. */
export interface Nullable {
  readonly [NULLABLE]: true
}
/** What a statement gives back for chaining. */
export interface Statement {
  readonly [STATEMENT]: true
}
export type Condition = Expr<boolean>
/** A JavaScript value or a server value of the type. */
export type Operand<T> = T | Expr<T>

interface AnyValue<T> extends Expr<T> {
  eq(other: Operand<T> | null): Condition
  ne(other: Operand<T> | null): Condition
  in(values: readonly T[]): Condition
  notIn(values: readonly T[]): Condition
  /** Null or absent. */
  isNull(): Condition
  isNotNull(): Condition
}

interface OrderedValue<T> extends AnyValue<T> {
  gt(other: Operand<T>): Condition
  gte(other: Operand<T>): Condition
  lt(other: Operand<T>): Condition
  lte(other: Operand<T>): Condition
  /** Both ends included. */
  between(low: Operand<T>, high: Operand<T>): Condition
}

export interface NumberValue<T extends number | bigint = number> extends OrderedValue<T> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<T>): NumberValue<T>
  plus(other: Operand<T>): NumberValue<T>
  minus(other: Operand<T>): NumberValue<T>
  times(other: Operand<T>): NumberValue<T>
  /** Truncates toward zero for int and bigint. */
  dividedBy(other: Operand<T>): NumberValue<T>
  /** The remainder, with this value's sign. */
  modulo(other: Operand<T>): NumberValue<T>
}
export interface TextValue<T extends string = string> extends OrderedValue<T> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<T>): TextValue<T>
  contains(part: Operand<string>): Condition
  startsWith(part: Operand<string>): Condition
  endsWith(part: Operand<string>): Condition
  /** In characters (code points). */
  length(): NumberValue
  concat(other: Operand<string>): TextValue
  /** By characters, as `Array.prototype.slice`. */
  slice(from: Operand<number>, to?: Operand<number>): TextValue
}
export interface BytesValue extends OrderedValue<Uint8Array> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<Uint8Array>): BytesValue
  length(): NumberValue
  slice(from: Operand<number>, to?: Operand<number>): BytesValue
  /** Bit 0 is the highest of the first byte. */
  getBit(at: Operand<number>): Condition
  bitCount(): NumberValue
}
export interface BooleanValue extends AnyValue<boolean> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<boolean>): BooleanValue
}
export interface DateValue extends OrderedValue<Date> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<Date>): DateValue
  plus(span: Span | Operand<number>): DateValue
  minus(span: Span | Operand<number>): DateValue
  /** Milliseconds from the other instant to this one. */
  since(other: Operand<Date>): NumberValue
}
export interface EnumValue<M extends string> extends AnyValue<M> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<M>): EnumValue<M>
}

/** The type at a path such as `'address.city'` or `'tags[0]'`. */
export type AtPath<T, P extends string> = P extends `${infer Head}[${infer Index}]${infer Rest}`
  ? Head extends ''
    ? Continue<Item<T, Index>, Rest>
    : Continue<Item<AtPath<T, Head>, Index>, Rest>
  : P extends `${infer Head}.${infer Rest}`
    ? AtPath<Member<T, Head>, Rest>
    : Member<T, P>
type Continue<T, Rest extends string> = Rest extends ''
  ? T
  : Rest extends `.${infer More}`
    ? AtPath<T, More>
    : AtPath<T, Rest>
type Member<T, P extends string> = unknown extends T
  ? unknown
  : T extends null | undefined
    ? never
    : P extends keyof T
      ? NonNullable<T[P]>
      : never
type Item<T, _I extends string> = unknown extends T ? unknown : T extends readonly (infer E)[] ? NonNullable<E> : never

/** A JSON document or a part of one. Comparisons are false where the types differ. */
export interface JsonValue<T> extends AnyValue<T> {
  /** This value, or the other when this one is null or absent. */
  orElse(other: Operand<T>): JsonValue<T>
  at<const P extends string>(path: P): JsonValue<AtPath<T, P>> & Nullable
  gt(other: Operand<number>): Condition
  gte(other: Operand<number>): Condition
  lt(other: Operand<number>): Condition
  lte(other: Operand<number>): Condition
  /** The number, or null when it is not one. */
  asNumber(): NumberValue & Nullable
  /** The string, or null when it is not one. */
  asText(): TextValue & Nullable
  /** Items of an array, keys of an object, characters of a string; null for others. */
  length(): NumberValue & Nullable
}

/** Without null, unless nothing is known. */
type Known<T> = unknown extends T ? unknown : NonNullable<T>

/** What each kind of scalar is in a condition. */
export interface ValueOf<T> {
  int: NumberValue
  float: NumberValue
  bigint: NumberValue<bigint>
  string: TextValue
  bytes: BytesValue
  boolean: BooleanValue
  date: DateValue
  enum: EnumValue<Extract<NonNullable<T>, string>>
  json: JsonValue<Known<T>>
}

interface Settable<T> {
  /** The value itself: `at(id).score.get()`. */
  get(): this
  /** Gives the new value back, for a return. */
  set(value: Operand<T>): this
  /** Makes an optional field absent. */
  unset(): this
  /** Sets if the condition holds; true when it did. At once: `at(id).age.setIf((age) => age.lt(18), 18)`. */
  setIf(condition: Condition | ((value: this) => Condition), value: Operand<T>): Condition
  /** Sets only if the value is `expected`; true when it did. */
  compareAndSet(expected: Operand<T> | null, value: Operand<T>): Condition
  /** Sets, and gives the value from before. */
  getAndSet(value: Operand<T>): this
}

export interface NumberField<T extends number | bigint, N> extends NumberValue<T & (number | bigint)>, Settable<N> {
  add(by: Operand<T>): NumberValue<T>
  sub(by: Operand<T>): NumberValue<T>
  mul(by: Operand<T>): NumberValue<T>
  /** Truncates toward zero for int and bigint. */
  div(by: Operand<T>): NumberValue<T>
  mod(by: Operand<T>): NumberValue<T>
  pow(exponent: Operand<T>): NumberValue<T>
  /** Lowers the value to at most `bound`. */
  min(bound: Operand<T>): NumberValue<T>
  /** Raises the value to at least `bound`. */
  max(bound: Operand<T>): NumberValue<T>
  clamp(low: Operand<T>, high: Operand<T>): NumberValue<T>
}
export interface TextField<N> extends TextValue, Settable<N> {
  append(text: Operand<string>): TextValue
  prepend(text: Operand<string>): TextValue
  /** The first occurrence, or all of them. */
  replace(from: Operand<string>, to: Operand<string>): TextValue
  replaceAll(from: Operand<string>, to: Operand<string>): TextValue
  /** Keeps the characters from..to. */
  keep(from: Operand<number>, to?: Operand<number>): TextValue
}
export interface BytesField<N> extends BytesValue, Settable<N> {
  append(bytes: Operand<Uint8Array>): BytesValue
  keep(from: Operand<number>, to?: Operand<number>): BytesValue
  /** Overwrites from an offset, padding with zeros. */
  setRange(at: Operand<number>, bytes: Operand<Uint8Array>): BytesValue
  setBit(at: Operand<number>, on: Operand<boolean>): BytesValue
}
export interface BooleanField<N> extends BooleanValue, Settable<N> {
  toggle(): BooleanValue
}
export interface DateField<N> extends DateValue, Settable<N> {
  add(span: Span | Operand<number>): DateValue
  sub(span: Span | Operand<number>): DateValue
  /** Down to the start of the day, hour, minute or second, in UTC. */
  truncate(unit: 'day' | 'hour' | 'minute' | 'second'): DateValue
}
export interface EnumField<M extends string, N> extends EnumValue<M>, Settable<N> {}
export interface JsonField<T, N> extends Omit<JsonValue<T>, 'at'>, JsonPart<T>, Settable<N> {}

/** A place in a JSON field. The document's other bytes are left as they are. */
export interface JsonPart<T> extends Omit<JsonValue<T>, 'at'> {
  at<const P extends string>(path: P): JsonPart<AtPath<T, P>> & Nullable
  /** The same place, in the words of immediate operations: `at(id).profile.path('a.b').get()`. */
  path<const P extends string>(path: P): JsonPart<AtPath<T, P>> & Nullable
  get(): this
  put(value: Operand<T>): JsonValue<T>
  /** Sets several members of an object. */
  merge(members: Partial<T>): JsonValue<T>
  /** Removes the member or item; absent is fine. */
  remove(): JsonValue<T>
  /** Adds to a number. */
  increase(by: Operand<number>): JsonValue<T>
  /** Adds items to the end of an array. */
  push(...items: T extends readonly (infer E)[] ? E[] : unknown[]): JsonValue<T>
}

interface Counted {
  length(): NumberValue
  /** Removes everything. */
  clear(): NumberValue
}

export interface LoopOptions {
  /** More iterations than this fail with LOOP_LIMIT before anything is written; 10,000 by default. */
  readonly limit?: number
}

interface Quantified<A extends readonly unknown[], R> {
  some(test: (...item: A) => Condition, options?: LoopOptions): Condition
  every(test: (...item: A) => Condition, options?: LoopOptions): Condition
  count(test: (...item: A) => Condition, options?: LoopOptions): NumberValue
  /** The first item that passes, or null. */
  find(test: (...item: A) => Condition, options?: LoopOptions): R & Nullable
}

/** What an element of a collection is as a value. */
export type ElementValue<T> = [T] extends [number]
  ? NumberValue
  : [T] extends [bigint]
    ? NumberValue<bigint>
    : [T] extends [boolean]
      ? BooleanValue
      : [T] extends [string]
        ? TextValue<T>
        : [T] extends [Date]
          ? DateValue
          : [T] extends [Uint8Array]
            ? BytesValue
            : JsonValue<T>

/** The item of a loop over a list: may be removed or replaced while looping. */
export type LoopItem<T> = ElementValue<T> & { remove(): void; put(value: Operand<T>): void }
export type LoopKey<T> = ElementValue<T> & { remove(): void }

export interface ListField<T> extends Counted, Quantified<[ElementValue<T>], ElementValue<T>> {
  /** Negative counts from the end; null when there is none. */
  at(index: Operand<number>): ElementValue<T> & Nullable
  has(item: Operand<T>): Condition
  items(): Expr<T[]>
  range(from: Operand<number>, to: Operand<number>): Expr<T[]>
  /** Gives the new length. */
  push(...items: Operand<T>[]): NumberValue
  unshift(...items: Operand<T>[]): NumberValue
  pop(): ElementValue<T> & Nullable
  shift(): ElementValue<T> & Nullable
  put(index: Operand<number>, item: Operand<T>): void
  insertBefore(pivot: Operand<T>, item: Operand<T>): Condition
  insertAfter(pivot: Operand<T>, item: Operand<T>): Condition
  /** Removes equal items: all, or the first n, or the last n when negative. Gives how many. */
  remove(item: Operand<T>, count?: number): NumberValue
  /** Keeps positions from..to, both included. */
  trim(from: Operand<number>, to: Operand<number>): NumberValue
  each(body: (item: LoopItem<T>) => void, options?: LoopOptions): void
}
export interface SetField<T> extends Counted, Quantified<[ElementValue<T>], ElementValue<T>> {
  has(item: Operand<T>): Condition
  /** In byte order. */
  items(): Expr<T[]>
  /** Gives how many were new. */
  add(...items: Operand<T>[]): NumberValue
  remove(...items: Operand<T>[]): NumberValue
  each(body: (item: LoopKey<T>) => void, options?: LoopOptions): void
}
export interface MapField<T> extends Counted, Quantified<[TextValue, ElementValue<T>], TextValue> {
  has(key: Operand<string>): Condition
  get(key: Operand<string>): ElementValue<T> & Nullable
  entries(): Expr<Record<string, T>>
  /** True when the key was new. */
  set(key: Operand<string>, value: Operand<T>): Condition
  delete(key: Operand<string>): Condition
  /** Adds to a number under the key, from 0; gives the sum. */
  increase(key: Operand<string>, by: Operand<T>): ElementValue<T>
  each(body: (key: LoopKey<string>, value: ElementValue<T>) => void, options?: LoopOptions): void
}
export interface SortedSetField<T> extends Counted, Quantified<[ElementValue<T>, NumberValue], ElementValue<T>> {
  has(member: Operand<T>): Condition
  /** Null when it is no member. */
  score(member: Operand<T>): NumberValue & Nullable
  rank(member: Operand<T>, order?: 'asc' | 'desc'): NumberValue & Nullable
  /** Members by position, least score first, or greatest. */
  range(from: Operand<number>, to: Operand<number>, order?: 'asc' | 'desc'): Expr<T[]>
  rangeWithScores(from: Operand<number>, to: Operand<number>, order?: 'asc' | 'desc'): Expr<[T, number][]>
  /** How many scores lie within, both ends included. */
  countBetween(low: Operand<number>, high: Operand<number>): NumberValue
  /** True when the member was new. */
  add(member: Operand<T>, score: Operand<number>): Condition
  /** Gives the new score. */
  increase(member: Operand<T>, by: Operand<number>): NumberValue
  remove(...members: Operand<T>[]): NumberValue
  popMin(): ElementValue<T> & Nullable
  popMax(): ElementValue<T> & Nullable
  /** All members, or those at positions from..to. */
  each(
    body: (member: LoopKey<T>, score: NumberValue) => void,
    options?: LoopOptions & { readonly from?: number; readonly to?: number; readonly order?: 'asc' | 'desc' },
  ): void
}
export interface GeoField extends Counted {
  has(member: Operand<string>): Condition
  add(member: Operand<string>, longitude: number, latitude: number): NumberValue
  remove(...members: Operand<string>[]): NumberValue
  /** `[longitude, latitude]`, or null. */
  position(member: Operand<string>): Expr<[number, number] | null>
  /** Metres between two members, or null. */
  distance(a: Operand<string>, b: Operand<string>): Expr<number | null>
  /** Members within a radius in metres, nearest first. */
  search(center: { longitude: number; latitude: number }, radius: number): Expr<string[]>
}
export interface StreamField<T> {
  length(): NumberValue
  /** Gives the new length. */
  append(entry: T): NumberValue
  /** The latest n entries, newest first. */
  latest(n: number): Expr<{ id: string; entry: T }[]>
  clear(): NumberValue
}

/** What each kind of field is in a program. `N` is the type that `set` takes, with null where it is allowed. */
export interface FieldOf<T> {
  int: NumberField<number, T>
  float: NumberField<number, T>
  bigint: NumberField<bigint, T>
  string: TextField<T>
  bytes: BytesField<T>
  boolean: BooleanField<T>
  date: DateField<T>
  enum: EnumField<Extract<NonNullable<T>, string>, T>
  json: JsonField<Known<T>, T>
  list: ListField<T>
  set: SetField<T>
  map: MapField<T>
  sortedSet: SortedSetField<T>
  geo: GeoField
  stream: StreamField<T>
}

/** Marks the values of fields that may be null or absent. */
type Absence<X extends AnyField> = X['$kind'] extends ScalarKind
  ? X['$select'] extends 'optional'
    ? Nullable
    : null extends X['$type']
      ? unknown extends X['$type']
        ? unknown
        : Nullable
      : unknown
  : unknown

/** A row inside a program. */
export type ProgramRow<F extends Fields> = {
  readonly [P in keyof F]: P extends 'id' ? IdValue<F[P]> : FieldOf<F[P]['$type']>[F[P]['$kind']] & Absence<F[P]>
}
type IdValue<X extends AnyField> = X['$kind'] extends ScalarKind ? ValueOf<X['$type']>[X['$kind']] : never

interface Collections {
  list: { has(item: unknown): Condition; length(): NumberValue }
  set: { has(item: unknown): Condition; length(): NumberValue }
  map: { has(key: string): Condition; length(): NumberValue }
  sortedSet: { has(member: unknown): Condition; length(): NumberValue }
  geo: { has(member: string): Condition; length(): NumberValue }
  stream: { length(): NumberValue }
}

/** A row inside a query: fields to compare, nothing to change. */
export type QueryRow<F extends Fields> = {
  readonly [P in keyof F]: F[P]['$kind'] extends keyof Collections
    ? Collections[F[P]['$kind']]
    : F[P]['$kind'] extends ScalarKind
      ? ValueOf<F[P]['$type']>[F[P]['$kind']]
      : never
}

/** The JavaScript values of a program's return: server values become what they stand for. */
export type Resolved<R> = R extends Statement
  ? undefined
  : R extends Nullable & Expr<infer T>
    ? T | null
    : R extends Expr<infer T>
      ? T
      : R extends readonly unknown[]
        ? { -readonly [P in keyof R]: Resolved<R[P]> }
        : R extends object
          ? { -readonly [P in keyof R]: Resolved<R[P]> }
          : R

/** The same operations, run at once: each returns a promise of what it gives. */
export type Immediate<H> = H extends JsonPart<infer T> ? ImmediateJson<T, H> : ImmediateMethods<H>

type ImmediateMethods<H> = {
  readonly [P in keyof H as P extends symbol ? never : P]: H[P] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Resolved<R>>
    : never
}

type ImmediateJson<T, H> = Omit<ImmediateMethods<H>, 'at' | 'path'> & {
  /** A place in the document: `path('address.city').get()`. */
  path<const P extends string>(path: P): ImmediateJson<AtPath<T, P>, JsonPart<AtPath<T, P>> & Nullable>
  at<const P extends string>(path: P): ImmediateJson<AtPath<T, P>, JsonPart<AtPath<T, P>> & Nullable>
}
