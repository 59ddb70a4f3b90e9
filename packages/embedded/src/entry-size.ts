// How much memory a key takes: an estimate of what V8 allocates for it, in O(samples).
//
// The sizes are those of V8 on 64 bits: a string is a header of 16 bytes and its characters, rounded up to 8; a place in an index
// takes about 14 bytes at the average load; a slot of an array 8. Of a collection some elements are measured and the rest is
// taken to be like them, as MEMORY USAGE of Redis does. What V8 keeps in reserve, and garbage, is not counted.
import type { Entry, EntryOf, ValueType } from './entry.ts'

const STRING_BYTES = 16
const SLOT_BYTES = 8
/** A key's place in a map of structures/scan-map.ts: key, value, and its place in the index; and an index itself. */
const PLACE_BYTES = 2 * SLOT_BYTES + 14
const INDEX_BYTES = 330
const BUFFER_BYTES = 96
/** The entry and its place in the map of keys. */
const ENTRY_BYTES = 72 + PLACE_BYTES
/** A collection's own objects. */
const COLLECTION_BYTES = 160
/** Up to here hashes and sets have no index. */
const UNINDEXED = 12
const STREAM_ENTRY_BYTES = 120
const PENDING_BYTES = 140

/** Bytes of a key with its value; `samples` elements of a collection are measured, 0 for all. */
export function entrySize(key: string, entry: Entry, samples: number): number {
  return ENTRY_BYTES + stringSize(key) + (entry.expireAt === 0 ? 0 : PLACE_BYTES) + valueSize(entry, samples)
}

function stringSize(text: string): number {
  return STRING_BYTES + ((text.length + 7) & ~7)
}

function valueSize(entry: Entry, samples: number): number {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      return typeof value === 'string' ? stringSize(value) : BUFFER_BYTES + value.length
    case 'list':
      return COLLECTION_BYTES + sum(value.length, samples, (at) => SLOT_BYTES + stringSize(value.get(at)!))
    case 'set': {
      const members = value.members()
      const size = sum(members.length, samples, (at) => PLACE_BYTES + stringSize(members[at]!))
      return COLLECTION_BYTES + (members.length > UNINDEXED ? INDEX_BYTES : 0) + size
    }
    case 'hash': {
      const fields = value.fields()
      const values = value.values()
      const size = sum(fields.length, samples, (at) => PLACE_BYTES + stringSize(fields[at]!) + stringSize(values[at]!))
      const index = fields.length > UNINDEXED ? INDEX_BYTES : 0
      return COLLECTION_BYTES + index + size + value.expiring * PLACE_BYTES
    }
    case 'zset': {
      const perMember = 2 * SLOT_BYTES + PLACE_BYTES
      return COLLECTION_BYTES + sum(value.size, samples, (at) => perMember + stringSize(value.at(at)[0]))
    }
    case 'stream': {
      const { nodes } = value
      const size = sum(nodes.length, samples, (at) => {
        const { bytes, entries } = nodes[at]!
        return 2 * bytes + entries.length * STREAM_ENTRY_BYTES
      })
      let pending = 0
      for (const group of value.groups.values()) pending += group.pending.size
      return COLLECTION_BYTES * (1 + value.groups.size) + size + pending * PENDING_BYTES
    }
  }
}

/** The sum over `count` elements, from `samples` of them that are evenly spaced. */
function sum(count: number, samples: number, sizeAt: (position: number) => number): number {
  const measured = samples === 0 ? count : Math.min(samples, count)
  if (measured === 0) return 0
  let size = 0
  for (let i = 0; i < measured; i++) size += sizeAt(Math.floor((i * count) / measured))
  return Math.round((size * count) / measured)
}
