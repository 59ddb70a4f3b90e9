// The values that typed methods give for replies of the data commands, the same under RESP2 and RESP3.
//
// A shape takes the decoded reply: text is a string or, in a client of Buffers, a Buffer; maps are objects without a
// prototype in RESP3 and flat lists in RESP2; doubles are numbers in RESP3 and text in RESP2. What is text by nature (ids,
// names, cursors) becomes a string here, so that in a client of Buffers each Buffer that is left is a value of the database.

/** Text, whichever way it was decoded. */
export function string(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

/** A number that may have come as text: `inf`, `-inf` and `nan` included. */
export function number(value: unknown): number {
  if (typeof value === 'number') return value
  const text = string(value)
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

/** A list; an absent one is empty. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The entries of a map as [key, value, key, value ...]. */
export function flat(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply
  return Object.entries((reply ?? {}) as Record<string, unknown>).flat()
}

/** A map as an object without a prototype, its values as they are. */
export function record<T = unknown>(reply: unknown): Record<string, T> {
  if (!Array.isArray(reply)) return (reply ?? Object.create(null)) as Record<string, T>
  const found: Record<string, T> = Object.create(null)
  for (let i = 0; i + 1 < reply.length; i += 2) found[string(reply[i])] = reply[i + 1] as T
  return found
}

export function text(reply: unknown): string | null {
  return reply === null ? null : string(reply)
}

export function texts(reply: unknown): (string | null)[] {
  return list(reply).map(text)
}

export function double(reply: unknown): number | null {
  return reply === null ? null : number(reply)
}

export function doubles(reply: unknown): (number | null)[] | null {
  return reply === null ? null : list(reply).map(double)
}

export function numbers(reply: unknown): number[] {
  return list(reply).map(number)
}

/** 0 or 1, which modules say as a boolean in RESP3. */
export function flag(reply: unknown): unknown {
  return typeof reply === 'boolean' ? Number(reply) : reply
}

export function flags(reply: unknown): unknown[] {
  return list(reply).map(flag)
}

/** Pairs, which RESP2 gives in one flat list. */
export function couples(reply: unknown): [unknown, unknown][] {
  const items = list(reply)
  if (Array.isArray(items[0])) return items as [unknown, unknown][]
  const found: [unknown, unknown][] = []
  for (let i = 0; i + 1 < items.length; i += 2) found.push([items[i], items[i + 1]])
  return found
}

// Scans

export interface Page<V> {
  /** Where the next page begins; `'0'` after the last. */
  cursor: string
  keys: V[]
}

export interface FieldPage<V> {
  cursor: string
  fields: Record<string, V>
}

export interface NamePage<V> {
  cursor: string
  fields: V[]
}

export interface MemberPage<V> {
  cursor: string
  members: V[]
}

export interface ScorePage<V> {
  cursor: string
  members: Scored<V>[]
}

export function keyPage(reply: unknown): Page<unknown> {
  const [cursor, keys] = list(reply)
  return { cursor: string(cursor), keys: list(keys) }
}

export function fieldPage(reply: unknown): FieldPage<unknown> {
  const [cursor, fields] = list(reply)
  return { cursor: string(cursor), fields: record(fields) }
}

export function namePage(reply: unknown): NamePage<unknown> {
  const [cursor, fields] = list(reply)
  return { cursor: string(cursor), fields: list(fields) }
}

export function memberPage(reply: unknown): MemberPage<unknown> {
  const [cursor, members] = list(reply)
  return { cursor: string(cursor), members: list(members) }
}

export function scorePage(reply: unknown): ScorePage<unknown> {
  const [cursor, members] = list(reply)
  return { cursor: string(cursor), members: scored(members) }
}

// Strings

/** Where two strings agree, from the end to the beginning. Ranges are inclusive byte positions. */
export interface Alignment {
  matches: { key1: [start: number, end: number]; key2: [start: number, end: number]; length?: number }[]
  length: number
}

export function alignment(reply: unknown): Alignment {
  const { matches, len } = record(reply)
  return {
    matches: list(matches).map((match) => {
      const [key1, key2, length] = match as [[number, number], [number, number], number | undefined]
      return length === undefined ? { key1, key2 } : { key1, key2, length }
    }),
    length: number(len),
  }
}

// Lists and sorted sets

export interface Popped<V> {
  key: V
  elements: V[]
}

export interface Scored<V> {
  member: V
  score: number
}

export interface KeyedScore<V> {
  key: V
  member: V
  score: number
}

export interface PoppedScores<V> {
  key: V
  members: Scored<V>[]
}

export interface Ranked {
  rank: number
  score: number
}

export function popped(reply: unknown): Popped<unknown> | null {
  if (reply === null) return null
  const [key, elements] = list(reply)
  return { key, elements: list(elements) }
}

export function scored(reply: unknown): Scored<unknown>[] {
  return couples(reply).map(([member, score]) => ({ member, score: number(score) }))
}

export function oneScored(reply: unknown): Scored<unknown> | null {
  return scored(reply)[0] ?? null
}

export function keyedScore(reply: unknown): KeyedScore<unknown> | null {
  if (reply === null) return null
  const [key, member, score] = list(reply)
  return { key, member, score: number(score) }
}

export function poppedScores(reply: unknown): PoppedScores<unknown> | null {
  if (reply === null) return null
  const [key, members] = list(reply)
  return { key, members: scored(members) }
}

export function ranked(reply: unknown): Ranked | null {
  if (reply === null) return null
  const [rank, score] = list(reply)
  return { rank: number(rank), score: number(score) }
}

// Geo

export interface Coordinates {
  longitude: number
  latitude: number
}

/** A member with what was asked for: its distance in the unit of the query, its raw geohash, its coordinates. */
export type Located<V, K extends 'distance' | 'hash' | 'coordinates'> = { member: V } & Pick<
  { distance: number; hash: number; coordinates: Coordinates },
  K
>

function coordinates(reply: unknown): Coordinates {
  const [longitude, latitude] = list(reply)
  return { longitude: number(longitude), latitude: number(latitude) }
}

export function coordinatesList(reply: unknown): (Coordinates | null)[] {
  return list(reply).map((place) => (place === null ? null : coordinates(place)))
}

interface LocatedOptions {
  readonly withCoord?: boolean | undefined
  readonly withDist?: boolean | undefined
  readonly withHash?: boolean | undefined
}

export function located(options: LocatedOptions | undefined): (reply: unknown) => unknown {
  const withDist = options?.withDist === true
  const withHash = options?.withHash === true
  const withCoord = options?.withCoord === true
  return (reply) =>
    list(reply).map((row) => {
      const [member, ...more] = list(row)
      const found: { member: unknown } & Partial<
        Omit<Located<unknown, 'distance' | 'hash' | 'coordinates'>, 'member'>
      > = {
        member,
      }
      let at = 0
      if (withDist) found.distance = number(more[at++])
      if (withHash) found.hash = number(more[at++])
      if (withCoord) found.coordinates = coordinates(more[at])
      return found
    })
}

// Streams

export interface StreamEntry<V> {
  id: string
  /** Of a field that is there twice the last value. Empty for a pending entry that has been deleted. */
  fields: Record<string, V>
  /** With `claim`: milliseconds since its last delivery, and how often it was delivered before. */
  idleMs?: number
  deliveries?: number
}

export interface StreamEntries<V> {
  stream: string
  entries: StreamEntry<V>[]
}

export interface Claimed<V> {
  /** Where the next call begins; `'0-0'` after the last. */
  cursor: string
  entries: StreamEntry<V>[]
  /** Ids that were pending and are no longer in the stream. */
  deleted: string[]
}

export interface ClaimedIds {
  cursor: string
  ids: string[]
  deleted: string[]
}

export interface PendingSummary {
  count: number
  smallestId: string | null
  greatestId: string | null
  consumers: { name: string; count: number }[]
}

export interface PendingEntry {
  id: string
  consumer: string
  idleMs: number
  deliveries: number
}

export function entry(reply: unknown): StreamEntry<unknown> {
  const [id, fields, idle, deliveries] = list(reply)
  const found: StreamEntry<unknown> = { id: string(id), fields: record(fields) }
  if (idle !== undefined) found.idleMs = number(idle)
  if (deliveries !== undefined) found.deliveries = number(deliveries)
  return found
}

export function entries(reply: unknown): StreamEntry<unknown>[] {
  return list(reply)
    .filter((one) => one !== null)
    .map(entry)
}

export function streams(reply: unknown): StreamEntries<unknown>[] | null {
  if (reply === null) return null
  // A client of Buffers sees RESP2's pairs with a Buffer first, RESP3's map with string keys.
  const pairs = Array.isArray(reply) ? reply : Object.entries(reply as Record<string, unknown>)
  return pairs.map(([stream, found]) => ({ stream: string(stream), entries: entries(found) }))
}

export function claimed(reply: unknown): Claimed<unknown> {
  const [cursor, found, deleted] = list(reply)
  return { cursor: string(cursor), entries: entries(found), deleted: list(deleted).map(string) }
}

export function claimedIds(reply: unknown): ClaimedIds {
  const [cursor, ids, deleted] = list(reply)
  return { cursor: string(cursor), ids: list(ids).map(string), deleted: list(deleted).map(string) }
}

export function pendingSummary(reply: unknown): PendingSummary {
  const [count, smallest, greatest, consumers] = list(reply)
  return {
    count: number(count),
    smallestId: text(smallest),
    greatestId: text(greatest),
    consumers: list(consumers).map((one) => {
      const [name, pending] = list(one)
      return { name: string(name), count: number(pending) }
    }),
  }
}

export function pendingEntries(reply: unknown): PendingEntry[] {
  return list(reply).map((one) => {
    const [id, consumer, idle, deliveries] = list(one)
    return { id: string(id), consumer: string(consumer), idleMs: number(idle), deliveries: number(deliveries) }
  })
}
