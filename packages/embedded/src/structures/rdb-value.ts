// A key's value as plain data: what the RDB encoder takes and the decoder gives, whatever containers hold it.
import type { Stream } from './stream.ts'

/** `encoding` is the one that OBJECT ENCODING reports; it decides the form of the payload. */
export type RdbValue =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'list'; readonly elements: readonly string[] }
  /** The members of an intset are sorted by value. */
  | { readonly type: 'set'; readonly encoding: 'intset' | 'hashtable'; readonly members: readonly string[] }
  /** Field, value, field, value ... */
  | { readonly type: 'hash'; readonly encoding: 'listpack' | 'hashtable'; readonly fields: readonly string[] }
  /** In ascending order, members and scores side by side. */
  | {
      readonly type: 'zset'
      readonly encoding: 'listpack' | 'skiplist'
      readonly members: readonly string[]
      readonly scores: readonly number[]
    }
  | { readonly type: 'stream'; readonly stream: Stream }

/** The numbers that tag a value's form in a payload. */
export const RDB_TYPE = {
  STRING: 0,
  LIST: 1,
  SET: 2,
  ZSET: 3,
  HASH: 4,
  ZSET_2: 5,
  HASH_ZIPMAP: 9,
  LIST_ZIPLIST: 10,
  SET_INTSET: 11,
  ZSET_ZIPLIST: 12,
  HASH_ZIPLIST: 13,
  LIST_QUICKLIST: 14,
  STREAM_LISTPACKS: 15,
  HASH_LISTPACK: 16,
  ZSET_LISTPACK: 17,
  LIST_QUICKLIST_2: 18,
  STREAM_LISTPACKS_2: 19,
} as const
