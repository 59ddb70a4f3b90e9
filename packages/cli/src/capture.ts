// One key of a server as an archive entry, and back. Each direction is one script, so a key is read and written whole:
// no other client can change it in between, and a restore that fails leaves the key as it was.

import { createHash } from 'node:crypto'
import { ArchiveError, type Entry, fromText, type Mode, type StreamValue, toText, type Value } from './archive.ts'

interface Source {
  readonly lua: string
  readonly sha: string
}

/** Runs a script: EVALSHA, on NOSCRIPT EVAL. Bulk strings come back as Buffers. */
export type RunScript = (
  source: Source,
  keys: readonly Buffer[],
  args: readonly (Buffer | string | number)[],
) => Promise<unknown>

/** ARGV: the mode, and whether fields of hashes may have times of their own. The last reply lists those that have. */
const CAPTURE = source(`
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return {kind} end
local at = redis.pcall('PEXPIRETIME', KEYS[1])
if type(at) == 'table' then
  -- Before 7.0: exact to the millisecond or two that pass between the two calls.
  local time = redis.call('TIME')
  local ttl = redis.call('PTTL', KEYS[1])
  at = ttl < 0 and ttl or time[1] * 1000 + math.floor(time[2] / 1000) + ttl
end
local expire = at < 0 and '' or string.format('%.0f', at)
local value
local times = {}
-- A payload holds them too, but not that of every server.
if kind == 'hash' and ARGV[2] == 'times' then
  local names = redis.call('HKEYS', KEYS[1])
  for from = 1, #names, 1000 do
    local to = math.min(from + 999, #names)
    local reply = redis.pcall('HPEXPIRETIME', KEYS[1], 'FIELDS', to - from + 1, unpack(names, from, to))
    if reply.err then times = 'unknown' break end
    for i, due in ipairs(reply) do
      if due > 0 then times[#times + 1] = names[from + i - 1] times[#times + 1] = string.format('%.0f', due) end
    end
  end
end
if ARGV[1] == 'dump' then value = redis.call('DUMP', KEYS[1]); kind = 'dump'
elseif kind == 'string' then value = redis.call('GET', KEYS[1])
elseif kind == 'list' then value = redis.call('LRANGE', KEYS[1], 0, -1)
elseif kind == 'set' then value = redis.call('SMEMBERS', KEYS[1])
elseif kind == 'hash' then value = redis.call('HGETALL', KEYS[1])
elseif kind == 'zset' then value = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
elseif kind == 'stream' then value = redis.call('XINFO', 'STREAM', KEYS[1], 'FULL', 'COUNT', 0)
end
return {kind, expire, value, times}
`)

/**
 * Applies commands to one key: all of them, or none when the key exists and may not be replaced. `over` leaves it to the
 * command to replace the key, which it does only when it can.
 */
const APPLY = source(`
if ARGV[1] ~= 'over' and redis.call('EXISTS', KEYS[1]) == 1 then
  if ARGV[1] == 'fail' then return {err = 'BUSYKEY Target key name already exists.'} end
  if ARGV[1] == 'skip' then return 0 end
  redis.call('UNLINK', KEYS[1])
end
local at = 2
while ARGV[at] do
  local count = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + count))
  at = at + 1 + count
end
return 1
`)

/** What `restore` does with a key that is there already. */
export const ON_EXISTING = ['fail', 'skip', 'replace'] as const
export type OnExisting = (typeof ON_EXISTING)[number]

/** Reads one key; null when there is none (it expired or was deleted meanwhile). */
export type KeyReader = (key: Buffer) => Promise<Entry | null>

export function keyReader(run: RunScript, mode: Mode): KeyReader {
  // Asked for until a server says that it does not know the command.
  let times = 'times'
  return async (key) => {
    const reply = (await run(CAPTURE, [key], [mode, times])) as [Buffer, Buffer, unknown, Buffer[] | Buffer]
    const kind = reply[0].toString()
    if (kind === 'none') return null
    const expire = reply[1].toString()
    if (!Array.isArray(reply[3])) times = 'none'
    const due = Array.isArray(reply[3])
      ? pairs(reply[3]).map(([field, at]) => [toText(field), Number(at)] as const)
      : []
    return {
      key: toText(key),
      expireAt: expire === '' ? null : Number(expire),
      ...readValue(kind, reply[2]),
      ...(due.length === 0 ? {} : { fields: due }),
    }
  }
}

/** The entry without what has expired; null when nothing is left. */
export function aliveAt(entry: Entry, now: number): Entry | null {
  if (entry.expireAt !== null && entry.expireAt <= now) return null
  const gone = (entry.fields ?? []).flatMap(([field, due]) => (due <= now ? [JSON.stringify(field)] : []))
  if (gone.length === 0 || entry.type !== 'hash') return entry
  const fields = entry.fields!.filter(([, due]) => due > now)
  const value = entry.value.filter(([field]) => !gone.includes(JSON.stringify(field)))
  return value.length === 0 ? null : { ...entry, value, fields }
}

/** Writes one key. Returns false when it was there already and stays as it was. */
export async function applyEntry(run: RunScript, entry: Entry, onExisting: OnExisting, prefix = ''): Promise<boolean> {
  const key = Buffer.concat([Buffer.from(prefix), fromText(entry.key)])
  const over = entry.type === 'dump' && onExisting === 'replace'
  const args: (Buffer | string | number)[] = [over ? 'over' : onExisting]
  for (const command of commandsFor(key, entry)) args.push(command.length, ...command)
  return (await run(APPLY, [key], args)) === 1
}

type Word = Buffer | string | number

/** A script can pass at most about 8,000 arguments to one command. */
const ITEMS_PER_COMMAND = 1000

function* commandsFor(key: Buffer, entry: Entry): Generator<Word[]> {
  if (entry.type === 'dump') {
    // It checks the payload before it touches the key. Without `over` there is none to replace.
    yield ['RESTORE', key, entry.expireAt ?? 0, fromText(entry.value), 'REPLACE', 'ABSTTL']
    yield* fieldTimes(key, entry)
    return
  }
  if (entry.type === 'string') yield ['SET', key, fromText(entry.value)]
  else if (entry.type === 'list') yield* chunked(['RPUSH', key], entry.value.map(fromText), 1)
  else if (entry.type === 'set') yield* chunked(['SADD', key], entry.value.map(fromText), 1)
  else if (entry.type === 'hash') yield* chunked(['HSET', key], entry.value.flat().map(fromText), 2)
  else if (entry.type === 'zset')
    yield* chunked(
      ['ZADD', key],
      entry.value.flatMap(([member, score]) => [score, fromText(member)]),
      2,
    )
  else yield* streamCommands(key, entry.value)
  yield* fieldTimes(key, entry)
  if (entry.expireAt !== null) yield ['PEXPIREAT', key, entry.expireAt]
}

function* fieldTimes(key: Buffer, { fields = [] }: Entry): Generator<Word[]> {
  for (const [field, due] of fields) yield ['HPEXPIREAT', key, due, 'FIELDS', 1, fromText(field)]
}

function* streamCommands(key: Buffer, stream: StreamValue): Generator<Word[]> {
  // An entry that is gone but still waits in a group has to be there while it is claimed.
  const there = new Set(stream.entries.map(([id]) => id))
  const gone = [...new Set(stream.groups.flatMap(({ pending }) => pending.map(([id]) => id)))].filter(
    (id) => !there.has(id),
  )
  const entries = [...stream.entries, ...gone.map((id) => [id, ['', '']] as const)]
  entries.sort(([a], [b]) => compareIds(a, b))
  for (const [id, fields] of entries) yield ['XADD', key, id, ...fields.map(fromText)]
  if (entries.length === 0) {
    yield ['XGROUP', 'CREATE', key, 'empty', '$', 'MKSTREAM']
    yield ['XGROUP', 'DESTROY', key, 'empty']
  }
  for (const group of stream.groups) {
    const name = fromText(group.name)
    const read = group.entriesRead === null ? [] : ['ENTRIESREAD', group.entriesRead]
    yield ['XGROUP', 'CREATE', key, name, group.lastId, ...read]
    for (const consumer of group.consumers) yield ['XGROUP', 'CREATECONSUMER', key, name, fromText(consumer)]
    for (const [id, consumer, deliveredAt, deliveries] of group.pending) {
      const how = ['TIME', deliveredAt, 'RETRYCOUNT', deliveries, 'FORCE', 'JUSTID']
      yield ['XCLAIM', key, name, fromText(consumer), 0, id, ...how]
    }
  }
  // Those before the first entry were perhaps trimmed, which the stream does not count as deleted.
  const first = stream.entries[0]?.[0]
  const between = gone.filter((id) => first !== undefined && compareIds(id, first) > 0)
  if (gone.length > between.length)
    yield first === undefined ? ['XTRIM', key, 'MAXLEN', 0] : ['XTRIM', key, 'MINID', '=', first]
  for (const id of between) yield ['XDEL', key, id]
  const counts =
    stream.entriesAdded === null
      ? []
      : ['ENTRIESADDED', stream.entriesAdded, 'MAXDELETEDID', stream.maxDeletedId ?? '0-0']
  yield ['XSETID', key, stream.lastId, ...counts]
}

/** Ids of a stream in their order. */
function compareIds(a: string, b: string): number {
  const [x, y] = [a, b].map((id) => {
    const [ms, sequence] = id.split('-').map(BigInt)
    return (ms! << 64n) | sequence!
  })
  return x! < y! ? -1 : x! > y! ? 1 : 0
}

function* chunked(head: Word[], items: Word[], width: number): Generator<Word[]> {
  const step = ITEMS_PER_COMMAND * width
  for (let at = 0; at < items.length; at += step) yield [...head, ...items.slice(at, at + step)]
}

function readValue(kind: string, value: unknown): Value {
  if (kind === 'dump') return { type: 'dump', value: { base64: (value as Buffer).toString('base64') } }
  if (kind === 'string') return { type: 'string', value: toText(value as Buffer) }
  if (kind === 'list' || kind === 'set') return { type: kind, value: (value as Buffer[]).map(toText) }
  if (kind === 'hash')
    return { type: 'hash', value: pairs(value as Buffer[]).map(([field, content]) => [toText(field), toText(content)]) }
  if (kind === 'zset')
    return {
      type: 'zset',
      value: pairs(value as Buffer[]).map(([member, score]) => [toText(member), scoreOf(text(score))]),
    }
  if (kind === 'stream') return { type: 'stream', value: readStream(value) }
  throw new ArchiveError(`Keys of type ${kind} need --mode dump.`)
}

/** Versions of the server spell the same number differently: 0.1, 0.10000000000000001. */
function scoreOf(text: string): string {
  return text.endsWith('inf') ? text : String(Number(text))
}

function readStream(info: unknown): StreamValue {
  const facts = fields(info)
  return {
    entries: (facts.get('entries') as [Buffer, Buffer[]][]).map(([id, values]) => [id.toString(), values.map(toText)]),
    lastId: text(facts.get('last-generated-id')),
    // Servers before 7.0 do not know these two.
    maxDeletedId: facts.has('max-deleted-entry-id') ? text(facts.get('max-deleted-entry-id')) : null,
    entriesAdded: facts.has('entries-added') ? Number(facts.get('entries-added')) : null,
    groups: (facts.get('groups') as unknown[]).map((raw) => {
      const group = fields(raw)
      const read = group.get('entries-read')
      return {
        name: toText(group.get('name') as Buffer),
        lastId: text(group.get('last-delivered-id')),
        entriesRead: typeof read === 'number' ? read : null,
        consumers: (group.get('consumers') as unknown[]).map((consumer) =>
          toText(fields(consumer).get('name') as Buffer),
        ),
        pending: (group.get('pending') as [Buffer, Buffer, number, number][]).map(([id, consumer, at, count]) => [
          id.toString(),
          toText(consumer),
          at,
          count,
        ]),
      }
    }),
  }
}

function fields(flat: unknown): Map<string, unknown> {
  return new Map(pairs(flat as unknown[]).map(([name, value]) => [text(name), value]))
}

function pairs<T>(flat: readonly T[]): [T, T][] {
  const out: [T, T][] = []
  for (let at = 0; at < flat.length; at += 2) out.push([flat[at]!, flat[at + 1]!])
  return out
}

function text(value: unknown): string {
  return (value as Buffer).toString('latin1')
}

function source(lua: string): Source {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Whether two captures hold the same: sets and hashes have no order, and expiry may differ by a few milliseconds. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (Math.abs((a.expireAt ?? Number.POSITIVE_INFINITY) - (b.expireAt ?? Number.POSITIVE_INFINITY)) > 10) return false
  // A DUMP of another version may spell the same value differently: the server checked its checksum already.
  if (a.type !== b.type || sorted(a.fields ?? []) !== sorted(b.fields ?? [])) return false
  if (a.type === 'stream' && b.type === 'stream' && (isUncounted(a.value) || isUncounted(b.value)))
    return JSON.stringify(withoutCounts(a.value)) === JSON.stringify(withoutCounts(b.value))
  return a.type === 'dump' || ordered(a) === ordered(b)
}

/** Whether it comes from a server before 7.0, which does not count what a stream has seen. */
function isUncounted({ entriesAdded }: StreamValue): boolean {
  return entriesAdded === null
}

function withoutCounts(stream: StreamValue): StreamValue {
  const groups = stream.groups.map((group) => ({ ...group, entriesRead: null }))
  return { ...stream, maxDeletedId: null, entriesAdded: null, groups }
}

function ordered(entry: Entry): string {
  return entry.type === 'set' || entry.type === 'hash' ? sorted(entry.value) : JSON.stringify(entry.value)
}

function sorted(items: readonly unknown[]): string {
  return items
    .map((item) => JSON.stringify(item))
    .sort()
    .join()
}
