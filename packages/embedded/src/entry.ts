// What a key holds. Keys and values are binary strings (one char per byte), so they hash, compare and join natively.
import type { Deque } from './deque.ts'

/** The value of each type. A new type is one line here and one case in `cloneValue`; the compiler finds what is missing. */
export interface Values {
  /** A Buffer once it was edited in place (SETRANGE, SETBIT), until something rewrites it. See `textOf`. */
  string: string | Buffer
  list: Deque
  hash: Map<string, string>
}

/** A type's name as TYPE answers it. */
export type ValueType = keyof Values

/** OBJECT ENCODING's words. Of a string it is mostly '' and derived when asked for; `raw` sticks after an edit in place. */
export type Encoding = '' | 'embstr' | 'raw' | 'quicklist' | 'listpack' | 'hashtable' | 'intset' | 'skiplist' | 'stream'

/** One key's value and facts; one shape for all types, so that every access in the engine stays monomorphic. */
export class Entry {
  type: ValueType
  encoding: Encoding
  value: Values[ValueType]
  /** Milliseconds since the epoch; 0 when the key does not expire. Only `Database` writes it. */
  expireAt: number
  /** When it was last used, in whole seconds since the engine opened (LRU). */
  access: number

  constructor(type: ValueType, value: Values[ValueType], encoding: Encoding, access: number) {
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
      return new Map(value)
  }
}
