// A row with the contents of its collections, read in one step, in the form that `create` takes: for exports and copies.

import { decodeValue, Undecodable } from './codec.ts'
import { CorruptRowError } from './errors.ts'
import type { FieldSpec } from './fields.ts'
import type { Documents } from './json-text.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import type { Fields, IdOf, Insert, StoredField } from './model.ts'
import { idText } from './prepare.ts'
import { rawRow } from './record.ts'
import type { Store } from './store.ts'

export interface WholeRow<F extends Fields> {
  /** What `create` makes the same row of. Collections that are empty are left out. */
  readonly data: Insert<F>
  /** When it expires, or null. */
  readonly expiresAt: Date | null
}

/** KEYS: deadlines, the row, its collections; ARGV: the id, and the kind of each collection. */
const SCRIPT: LuaScript = new LuaUses().script(`local row = redis.call('HGETALL', KEYS[2])
if #row == 0 then return false end
local reply = { row, redis.call('ZSCORE', KEYS[1], ARGV[1]) }
for i = 2, #ARGV do
  local kind, key, value = ARGV[i], KEYS[i + 1], nil
  if kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then value = redis.call('SMEMBERS', key)
  elseif kind == 'map' then value = redis.call('HGETALL', key)
  elseif kind == 'sortedSet' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'stream' then value = redis.call('XRANGE', key, '-', '+')
  else
    value = {}
    local members = redis.call('ZRANGE', key, 0, -1)
    for from = 1, #members, 1000 do
      local places = redis.call('GEOPOS', key, unpack(members, from, math.min(from + 999, #members)))
      for j, place in ipairs(places) do value[from + j - 1] = { members[from + j - 1], place } end
    end
  end
  reply[i + 1] = value
end
return reply
`)

/**
 * The row as it is at one moment, or null. Reading it this way does not count as a read for `refreshTtl`. Rejects with a
 * CorruptRowError when something stored does not fit the model.
 */
export async function wholeRow<F extends Fields>(store: Store<F>, id: IdOf<F>): Promise<WholeRow<F> | null> {
  const { spec } = store
  const text = idText(spec, id)
  const family = store.keys.of(text)
  const keys = [family.exp, family.row(text), ...spec.collections.map((field) => family.collection(text, field.name))]
  const kinds = spec.collections.map((field) => field.kind)
  const reply = (await store.runner.script('wholeRow', SCRIPT, keys, [text, ...kinds], true)) as unknown[] | null
  const raw = reply && rawRow(reply[0])
  if (!raw) return null
  const data: Record<string, unknown> = { ...store.record(text, raw) }
  for (const [i, field] of spec.collections.entries()) {
    const fail = (problem: string): never => {
      throw new CorruptRowError(spec.name, family.collection(text, field.name), field.property, problem)
    }
    const items = reply![i + 2] as unknown[]
    if (items.length > 0) data[field.property] = contentsOf(field, items, { documents: store.documents, fail })
  }
  const due = reply![1]
  return { data: data as Insert<F>, expiresAt: due === null ? null : new Date(Number(due)) }
}

interface Reading {
  readonly documents: Documents
  fail(problem: string): never
}

function contentsOf(field: StoredField, items: readonly unknown[], reading: Reading): unknown {
  const element = (stored: unknown): unknown => decoded(field.element!, stored, reading)
  switch (field.kind) {
    case 'map':
      return Object.fromEntries(pairs(items).map(([key, value]) => [String(key), element(value)]))
    case 'sortedSet':
      return pairs(items).map(([member, score]) => [element(member), Number(String(score))])
    case 'geo':
      return Object.fromEntries(
        (items as [unknown, unknown[]][]).map(([member, place]) => [
          String(member),
          place.map((at) => Number(String(at))),
        ]),
      )
    case 'stream':
      return (items as [unknown, unknown[]][]).map(([id, flat]) => [String(id), entryOf(field, flat, reading)])
    case 'set':
      // In byte order, as a set's own items(): Redis gives equal sets in different orders.
      return (items as Buffer[]).sort(Buffer.compare).map(element)
    default:
      return items.map(element)
  }
}

function entryOf(field: StoredField, flat: readonly unknown[], reading: Reading): Record<string, unknown> {
  const known = pairs(flat).flatMap(([name, value]) => {
    const spec = field.entry![String(name)]
    return spec === undefined ? [] : [[String(name), decoded(spec, value, reading)] as const]
  })
  return Object.fromEntries(known)
}

function decoded(spec: FieldSpec, stored: unknown, { documents, fail }: Reading): unknown {
  const value = decodeValue(spec, stored as Buffer, documents)
  return value instanceof Undecodable ? fail(value.problem) : value
}

function pairs(flat: readonly unknown[]): [unknown, unknown][] {
  const out: [unknown, unknown][] = []
  for (let at = 0; at < flat.length; at += 2) out.push([flat[at], flat[at + 1]])
  return out
}
