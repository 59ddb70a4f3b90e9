// How typed methods take their arguments: the types of what can be one, several or pairs, and how each is laid out in words.
import { UsageError } from '@ochre/protocol'
import type { Arg } from './command.ts'

/** A whole number. Beyond 2^53 only a bigint is exact. */
export type Integer = number | bigint

/** A number as text where its digits or its spelling matter: `'0.10000000000000000001'`, `'+inf'`. */
export type Decimal = number | string

/** One or several. */
export type Many<T> = T | readonly T[]

/** Arguments in a row or as one list: `f('a', 'b')`, `f(['a', 'b'])`. */
export type Rest<T> = readonly T[] | readonly [readonly T[]]

/** Names with values: an object, a Map, or any iterable of pairs, which may repeat a name. */
export type Pairs<T = Arg> = Readonly<Record<string, T>> | Iterable<readonly [Arg, T]>

/** Exactly one of the properties of T. */
export type OneOf<T> = {
  [K in keyof T]: { readonly [P in K]: T[P] } & { readonly [P in Exclude<keyof T, K>]?: undefined }
}[keyof T]

/** One of the properties of T, or none. */
export type AtMostOne<T> = {
  [K in keyof T]: { readonly [P in K]?: T[P] | undefined } & { readonly [P in Exclude<keyof T, K>]?: undefined }
}[keyof T]

const OPTION_NAMES = new Map<string, ReadonlySet<string>>()

/**
 * Throws a UsageError for what is no options object, and for an option that is not among `names` (separated by blanks). Types
 * say the same; but `set(key, value, 'EX', 60)` and `{ EX: 60 }` from plain JavaScript would quietly mean no expiry.
 */
export function checkOptions(options: object | undefined, names: string): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof Uint8Array)
    throw new UsageError('Options come last and are one object, as in set(key, value, { ex: 60 }).')
  let known = OPTION_NAMES.get(names)
  if (known === undefined) {
    known = new Set(names.split(' '))
    OPTION_NAMES.set(names, known)
  }
  for (const name in options) {
    if (!known.has(name)) throw new UsageError(`There is no option ${name}; there are ${names.replaceAll(' ', ', ')}.`)
  }
}

export function isArg(value: unknown): value is Arg {
  return typeof value !== 'object' || value instanceof Uint8Array
}

/** The values of {@link Many}. The list may be the caller's own: not to be changed. */
export function many<T>(values: Many<T> | undefined): readonly T[] {
  return Array.isArray(values) ? values : values === undefined ? [] : [values as T]
}

/** The values of {@link Rest}, in a list that belongs to nobody else. */
export function rest<T>(values: Rest<T>): T[] {
  const first = values[0]
  return Array.isArray(first) ? [...first] : ([...values] as T[])
}

export function pushAll(args: Arg[], values: Many<Arg>): void {
  if (isArg(values)) args.push(values)
  else for (const value of values) args.push(value)
}

/** The number of values, then the values. */
export function pushCounted(args: Arg[], values: Many<Arg> | undefined): void {
  const list = many(values)
  args.push(list.length)
  for (const value of list) args.push(value)
}

/** Each name before its value. Returns how many pairs there were. */
export function pushPairs(args: Arg[], pairs: Pairs | undefined): number {
  const before = args.length
  if (pairs === undefined) return 0
  if (Symbol.iterator in pairs)
    for (const [name, value] of pairs as Iterable<readonly [Arg, Arg]>) args.push(name, value)
  else for (const name of Object.keys(pairs)) args.push(name, pairs[name]!)
  return (args.length - before) / 2
}

/** All names, then all values in the same order. */
export function pushColumns(args: Arg[], pairs: Pairs): void {
  const flat: Arg[] = []
  pushPairs(flat, pairs)
  for (let i = 0; i < flat.length; i += 2) args.push(flat[i]!)
  for (let i = 1; i < flat.length; i += 2) args.push(flat[i]!)
}

/** Puts a number before what was pushed since `args` had the length `at`. */
export function insertCount(args: Arg[], at: number, count: number): void {
  args.splice(at, 0, count)
}
