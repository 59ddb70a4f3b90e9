// What a key holds. Keys and values are binary strings (one char per byte), so they hash, compare and join natively.
import type { HashValue } from './structures/hash-value.ts'
import { parseInteger } from './structures/numbers.ts'
import type { Quicklist } from './structures/quicklist.ts'
import type { SetValue } from './structures/set-value.ts'
import type { SortedSet } from './structures/sorted-set.ts'
import type { Stream } from './structures/stream.ts'

/** The value of each type. A new type is one line here and one case in `cloneValue` and `encodingOf`. */
export interface Values {
  /** A Buffer once it was edited in place (SETRANGE, SETBIT), until something rewrites it. See `textOf`. */
  string: string | Buffer
  list: Quicklist
  hash: HashValue
  set: SetValue
  zset: SortedSet
  stream: Stream
}

/** A type's name as TYPE answers it. */
export type ValueType = keyof Values

/** OBJECT ENCODING's words. */
export type Encoding =
  | 'int'
  | 'embstr'
  | 'raw'
  | 'quicklist'
  | 'listpack'
  | 'hashtable'
  | 'intset'
  | 'skiplist'
  | 'stream'

/** The longest string that Redis keeps in one piece with its header. */
const EMBSTR_LIMIT = 44

/** One key's value and facts; one shape for all types, so that every access in the engine stays monomorphic. */
export class Entry {
  type: ValueType
  /** Of a string: what an edit made of it; '' where the encoding follows from the value. See `encodingOf`. */
  encoding: '' | 'embstr' | 'raw'
  value: Values[ValueType]
  /** Milliseconds since the epoch; 0 when the key does not expire. Only `Database` writes it. */
  expireAt: number
  /** When or how often it was used; see access.ts. */
  access: number
  /** What it takes together with its key, when it was last measured. Only `Database` writes it. */
  bytes = 0

  constructor(type: ValueType, value: Values[ValueType], encoding: '' | 'embstr' | 'raw', access: number) {
    this.type = type
    this.encoding = encoding
    this.value = value
    this.expireAt = 0
    this.access = access
  }
}

/** An entry whose type has been checked. */
export interface EntryOf<T extends ValueType> extends Entry {
  type: T
  value: Values[T]
}

/** A string value as a binary string. */
export function textOf(value: string | Buffer): string {
  return typeof value === 'string' ? value : value.toString('latin1')
}

/** A copy that shares nothing mutable with the original. */
export function cloneEntry(entry: Entry): Entry {
  const copy = new Entry(entry.type, cloneValue(entry), entry.encoding, entry.access)
  copy.expireAt = entry.expireAt
  return copy
}

function cloneValue(entry: Entry): Values[ValueType] {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : Buffer.from(value)
    case 'list':
      return value.clone()
    case 'hash':
      return value.clone()
    case 'set':
      return value.clone()
    case 'zset':
      return value.clone()
    case 'stream':
      return value.clone()
  }
}

/** What OBJECT ENCODING answers. */
export function encodingOf(entry: Entry): Encoding {
  const { type, value, encoding } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      if (encoding !== '') return encoding
      return value.length <= 20 && parseInteger(textOf(value)) !== undefined ? 'int' : plainEncoding(value)
    case 'list':
      return 'quicklist'
    case 'hash':
      return value.encoding
    case 'set':
      return value.encoding
    case 'zset':
      return value.encoding
    case 'stream':
      return 'stream'
  }
}

/** Whether it is one of the integers that Redis has a shared object for. */
export function isSmallInteger(entry: Entry): boolean {
  return (
    entry.type === 'string' && encodingOf(entry) === 'int' && /^\d{1,4}$/.test(textOf(entry.value as string | Buffer))
  )
}

/** The encoding of a string that was not looked at as a number. */
export function plainEncoding(value: string | Buffer): 'embstr' | 'raw' {
  return value.length <= EMBSTR_LIMIT ? 'embstr' : 'raw'
}
