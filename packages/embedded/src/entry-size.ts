// How much memory a key takes: an estimate of what V8 allocates for it, in O(samples).
//
// The sizes are those of V8 on 64 bits: a string is a header of 16 bytes and its characters, rounded up to 8; an entry of a Map
// takes about 36 bytes at the average load; a slot of an array 8. Of a collection some elements are measured and the rest is
// taken to be like them, as MEMORY USAGE of Redis does. What V8 keeps in reserve, and garbage, is not counted.
import type { Entry, EntryOf, ValueType } from './entry.ts'

const STRING_BYTES = 16
const MAP_SLOT_BYTES = 36
const SLOT_BYTES = 8
const BUFFER_BYTES = 96
/** The entry, its place in the map of keys and in the dense list. */
const ENTRY_BYTES = 88 + MAP_SLOT_BYTES + SLOT_BYTES
/** A collection's own objects. */
const COLLECTION_BYTES = 160
/** Up to here hashes and sets have no map. */
const UNMAPPED = 12
const STREAM_ENTRY_BYTES = 120
const PENDING_BYTES = 140

/** Bytes of a key with its value; `samples` elements of a collection are measured, 0 for all. */
export function entrySize(key: string, entry: Entry, samples: number): number {
  return ENTRY_BYTES + stringSize(key) + (entry.expireAt === 0 ? 0 : MAP_SLOT_BYTES) + valueSize(entry, samples)
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
      const perMember = 2 * SLOT_BYTES + (members.length > UNMAPPED ? MAP_SLOT_BYTES : 0)
      return COLLECTION_BYTES + sum(members.length, samples, (at) => perMember + stringSize(members[at]!))
    }
    case 'hash': {
      const fields = value.fields()
      const values = value.values()
      const perField = 2 * SLOT_BYTES + (fields.length > UNMAPPED ? MAP_SLOT_BYTES : 0)
      const size = sum(fields.length, samples, (at) => perField + stringSize(fields[at]!) + stringSize(values[at]!))
      return COLLECTION_BYTES + size + value.expiring * MAP_SLOT_BYTES
    }
    case 'zset': {
      const perMember = 4 * SLOT_BYTES + MAP_SLOT_BYTES
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
