// Rows that random programs begin with, and everything that is left of one: as Redis holds it, and as the interpreter does.
import type { Client } from '@ochre/client'
import { LuaUses } from '../../packages/model/src/lua/library.ts'
import type { Expr } from '../../packages/model/src/ops.ts'
import type { State } from './interpreter.ts'
import { parseJson } from './json-value.ts'
import type { Place } from './places.ts'
import { Subject } from './random-program.ts'
import { toText } from './stored-text.ts'

const { spec } = Subject

// Where programs begin

export const STARTS = [
  {
    int: 3,
    small: 2,
    float: 1.5,
    big: 5n,
    text: 'start',
    nick: 'é',
    raw: Buffer.from([1, 128, 255]),
    on: true,
    at: new Date(1_700_000_000_123),
    due: new Date(0),
    kind: 'b',
    mood: 'x',
    doc: JSON.parse('{"a":{"b":1},"list":[1,[],{"c":"x"}],"t":"é😀\\"","__proto__":{"p":[]},"o\\"d.d":1.50}'),
    note: [{ a: 1 }, 'two'],
    list: ['a', 'b', 'a', ''],
    ints: [3, 1, 2],
    docs: [{ a: 1 }, null, 'x', 7],
    blobs: [Buffer.from('a'), Buffer.from([0, 255])],
    flags: [true, false],
    names: ['b', 'é', '\0'],
    nums: [1, 2, 3, 10],
    floats: [0.1, 1e21, 2],
    map: { a: 1, b: -2, ['__proto__']: 7 },
    bigs: { a: 2n ** 62n },
    notes: { a: { b: [1, 2] }, b: null },
    rates: { a: 0.5 },
    board: { a: 1, b: 1, c: 2.5 },
    days: [[new Date(5), 1]],
    places: { a: [12.5, 41.9], b: [0, 0] },
    log: [
      { kind: 'first', n: 1 },
      { kind: 'second', b: Buffer.from([0, 255]) },
    ],
  },
  {},
  {
    int: -7,
    maybeInt: null,
    maybeFloat: -0.25,
    bigger: -1n,
    nick: null,
    blob: Buffer.alloc(0),
    maybe: false,
    doc: [1, 2.0],
    docs: [[]],
    map: { '': 0 },
  },
] as unknown as readonly Record<string, unknown>[]

/** Long digits, which a row only gets from elsewhere. */
export const RAW_DOC = '{"a":{"b":123456789012345678901234567890},"list":[1,[],{"c":"x"}],"t":"é","zz":1.10}'

/** A value as the interpreter holds it. */
function held(kind: string, value: unknown): unknown {
  if (value === null) return null
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return kind === 'json' ? parseJson(JSON.stringify(value)) : value
}

export function stateOf(start: Readonly<Record<string, unknown>>, raw: boolean): State {
  const state: State = {
    row: new Map(),
    lists: new Map(),
    sets: new Map(),
    maps: new Map(),
    boards: new Map(),
    places: new Map(),
    streams: new Map(),
  }
  for (const field of spec.scalars) {
    const own = start[field.property]
    const value =
      own === undefined && field.default !== undefined
        ? typeof field.default === 'function'
          ? (field.default as () => unknown)()
          : field.default
        : own
    if (value !== undefined) state.row.set(field.property, held(field.kind, value))
  }
  if (raw) state.row.set('doc', parseJson(RAW_DOC))
  for (const { property, kind, element } of spec.collections) {
    const given = start[property] ?? []
    const text = (value: unknown) => toText(element!.kind as Expr['type'], held(element!.kind, value))
    const pairs = Array.isArray(given) ? (given as [unknown, unknown][]) : Object.entries(given as object)
    if (kind === 'list') state.lists.set(property, (given as unknown[]).map(text))
    if (kind === 'set') state.sets.set(property, new Set((given as unknown[]).map(text)))
    if (kind === 'map') state.maps.set(property, new Map(pairs.map(([key, value]) => [String(key), text(value)])))
    if (kind === 'sortedSet')
      state.boards.set(property, new Map(pairs.map(([member, score]) => [text(member), Number(score)])))
    if (kind === 'geo') state.places.set(property, new Map(pairs as [string, Place][]))
    if (kind === 'stream')
      state.streams.set(
        property,
        (given as Record<string, unknown>[]).map((entry) =>
          Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, held('', value)])),
        ),
      )
  }
  return state
}

// What programs leave

const DUMP = new LuaUses().script(`local out = { redis.call('HGETALL', KEYS[1]) }
for i = 1, #ARGV do
  local kind, key = ARGV[i], KEYS[i + 1]
  if kind == 'list' then out[i + 1] = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then out[i + 1] = redis.call('SMEMBERS', key)
  elseif kind == 'map' then out[i + 1] = redis.call('HGETALL', key)
  elseif kind == 'sortedSet' then out[i + 1] = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'stream' then out[i + 1] = redis.call('XRANGE', key, '-', '+')
  else
    local members = redis.call('ZRANGE', key, 0, -1)
    out[i + 1] = { members, #members > 0 and redis.call('GEOPOS', key, unpack(members)) or {} }
  end
end
return out
`)

export type Dump = Readonly<Record<string, unknown>>
const latin = (value: unknown): string => (value as Buffer).toString('latin1')
export const byName = (entries: readonly (readonly [string, unknown])[]): [string, unknown][] =>
  entries.map(([name, value]): [string, unknown] => [name, value]).sort((a, b) => (a[0] < b[0] ? -1 : 1))
const pairs = (flat: readonly unknown[]): [string, unknown][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [latin(flat[2 * i]), latin(flat[2 * i + 1])])

/** Everything that Redis holds of a row, as bytes with one character each. */
export async function dump(redis: Client, id: string): Promise<Dump> {
  const keys = [`{subject}:r:${id}`, ...spec.collections.map(({ name }) => `{subject}:c:${id}:${name}`)]
  const kinds = spec.collections.map(({ kind }) => kind)
  const reply = (await redis.buffers.runScript(DUMP, keys, kinds)) as unknown[][]
  const out: Record<string, unknown> = { row: byName(pairs(reply[0]!)) }
  for (const [i, { property, kind }] of spec.collections.entries()) {
    const items = reply[i + 1]!
    if (kind === 'list') out[property] = items.map(latin)
    else if (kind === 'set') out[property] = items.map(latin).sort()
    else if (kind === 'map') out[property] = byName(pairs(items))
    else if (kind === 'sortedSet') out[property] = pairs(items).map(([member, score]) => [member, Number(score)])
    else if (kind === 'stream') out[property] = items.map((entry) => byName(pairs((entry as unknown[][])[1]!)))
    else {
      const [members, places] = items as [unknown[], unknown[][]]
      out[property] = byName(members.map((member, n) => [latin(member), places[n]!.map((x) => Number(x).toFixed(3))]))
    }
  }
  return out
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const stored = (kind: string, text: string): string => (kind === 'bytes' ? text : utf8(text))

/** The same of the interpreter's state. */
export function dumpOf(state: State, version: number): Dump {
  const row: [string, unknown][] = [['_v', String(version)]]
  for (const { property, kind } of spec.scalars) {
    const value = state.row.get(property)
    if (value === undefined) continue
    const text = value === null ? '\0' : stored(kind, toText(kind as Expr['type'], value))
    row.push([property, value !== null && text[0] === '\0' ? `\0${text}` : text])
  }
  const out: Record<string, unknown> = { row: byName(row) }
  for (const { property, kind, element } of spec.collections) {
    const text = (each: string) => stored(element!.kind, each)
    if (kind === 'list') out[property] = state.lists.get(property)!.map(text)
    else if (kind === 'set') out[property] = [...state.sets.get(property)!].map(text).sort()
    else if (kind === 'map')
      out[property] = byName([...state.maps.get(property)!].map(([key, each]) => [utf8(key), text(each)]))
    else if (kind === 'sortedSet')
      out[property] = [...state.boards.get(property)!]
        .map(([member, score]): [string, number] => [text(member), score])
        .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    else if (kind === 'stream')
      out[property] = state.streams
        .get(property)!
        .map((entry) =>
          byName(
            Object.entries(entry).map(([name, value]) => [name, stored(name === 'b' ? 'bytes' : '', String(value))]),
          ),
        )
    else
      out[property] = byName(
        [...state.places.get(property)!].map(([member, place]) => [utf8(member), place.map((x) => x.toFixed(3))]),
      )
  }
  return out
}

/** Names the fields that differ, with both contents. */
export function expectSame(got: Dump, wanted: Dump): void {
  const flat = ({ row, ...rest }: Dump): Map<string, string> =>
    new Map(
      [...(row as [string, unknown][]), ...Object.entries(rest)].map(([name, value]) => [name, JSON.stringify(value)]),
    )
  const [a, b] = [flat(got), flat(wanted)]
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name))
  if (names.length > 0)
    throw new Error(names.map((name) => `${name}: got ${a.get(name)}, wanted ${b.get(name)}`).join('; '))
}
