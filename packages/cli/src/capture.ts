// One key of a server as an archive entry, and back. Each direction is one script, so a key is read and written whole:
// no other client can change it in between, and a restore that fails leaves the key as it was.

import { createHash } from 'node:crypto'
import { type Entry, fromText, type Mode, type StreamValue, type Text, toText, type Value } from './archive.ts'

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
if ARGV[1] == 'dump' then value = redis.call('DUMP', KEYS[1]); kind = 'dump'
elseif kind == 'string' then value = redis.call('GET', KEYS[1])
elseif kind == 'list' then value = redis.call('LRANGE', KEYS[1], 0, -1)
elseif kind == 'set' then value = redis.call('SMEMBERS', KEYS[1])
elseif kind == 'hash' then value = redis.call('HGETALL', KEYS[1])
elseif kind == 'zset' then value = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
elseif kind == 'stream' then value = redis.call('XINFO', 'STREAM', KEYS[1], 'FULL', 'COUNT', 0)
end
return {kind, expire, value}
`)

/** Applies commands to one key: all of them, or none when the key exists and may not be replaced. */
const APPLY = source(`
if redis.call('EXISTS', KEYS[1]) == 1 then
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
export type OnExisting = 'fail' | 'skip' | 'replace'

/** Reads one key. Returns null when there is none (it expired or was deleted meanwhile). */
export async function captureKey(run: RunScript, key: Buffer, mode: Mode): Promise<Entry | null> {
  const reply = (await run(CAPTURE, [key], [mode])) as [Buffer, Buffer, unknown]
  const kind = reply[0].toString()
  if (kind === 'none') return null
  const expire = reply[1].toString()
  return { key: toText(key), expireAt: expire === '' ? null : Number(expire), ...readValue(kind, reply[2]) }
}

/** Writes one key. Returns false when it was there already and stays as it was. */
export async function applyEntry(run: RunScript, entry: Entry, onExisting: OnExisting, prefix = ''): Promise<boolean> {
  const key = Buffer.concat([Buffer.from(prefix), fromText(entry.key)])
  const args: (Buffer | string | number)[] = [onExisting]
  for (const command of commandsFor(key, entry)) args.push(command.length, ...command)
  return (await run(APPLY, [key], args)) === 1
}

type Word = Buffer | string | number

/** A script can pass at most about 8,000 arguments to one command. */
const ITEMS_PER_COMMAND = 1000

function* commandsFor(key: Buffer, entry: Entry): Generator<Word[]> {
  if (entry.type === 'dump') {
    const ttl = entry.expireAt ?? 0
    yield ['RESTORE', key, ttl, fromText(entry.value), 'ABSTTL']
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
  if (entry.expireAt !== null) yield ['PEXPIREAT', key, entry.expireAt]
}

function* streamCommands(key: Buffer, stream: StreamValue): Generator<Word[]> {
  for (const [id, fields] of stream.entries) yield ['XADD', key, id, ...fields.map(fromText)]
  // An empty stream is made by its first group, or by an entry that is deleted at once.
  if (stream.entries.length === 0 && stream.groups.length === 0) {
    yield ['XADD', key, stream.lastId === '0-0' ? '0-1' : stream.lastId, 'f', 'v']
    yield ['XDEL', key, stream.lastId === '0-0' ? '0-1' : stream.lastId]
  }
  for (const group of stream.groups) {
    const name = fromText(group.name)
    const read = group.entriesRead === null ? [] : ['ENTRIESREAD', group.entriesRead]
    yield ['XGROUP', 'CREATE', key, name, group.lastId, 'MKSTREAM', ...read]
    for (const consumer of group.consumers) yield ['XGROUP', 'CREATECONSUMER', key, name, fromText(consumer)]
    for (const [id, consumer, deliveredAt, deliveries] of group.pending)
      yield [
        'XCLAIM',
        key,
        name,
        fromText(consumer),
        0,
        id,
        'TIME',
        deliveredAt,
        'RETRYCOUNT',
        deliveries,
        'FORCE',
        'JUSTID',
      ]
  }
  const counts =
    stream.entriesAdded === null
      ? []
      : ['ENTRIESADDED', stream.entriesAdded, 'MAXDELETEDID', stream.maxDeletedId ?? '0-0']
  yield ['XSETID', key, stream.lastId, ...counts]
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
    return { type: 'hash', value: pairs(value as Buffer[]).map(([field, text]) => [toText(field), toText(text)]) }
  if (kind === 'zset')
    return {
      type: 'zset',
      value: pairs(value as Buffer[]).map(([member, score]) => [toText(member), score.toString()]),
    }
  if (kind === 'stream') return { type: 'stream', value: readStream(value) }
  throw new TypeError(`Keys of type ${kind} need the dump mode.`)
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
  return String(value as Buffer)
}

function source(lua: string): Source {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Whether two captures hold the same: sets and hashes have no order, and expiry may differ by a few milliseconds. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (Math.abs((a.expireAt ?? Number.POSITIVE_INFINITY) - (b.expireAt ?? Number.POSITIVE_INFINITY)) > 10) return false
  return a.type === b.type && JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))
}

function ordered(entry: Entry): unknown {
  if (entry.type !== 'set' && entry.type !== 'hash') return entry.value
  return entry.value.map((item: Text | readonly [Text, Text]) => JSON.stringify(item)).sort()
}
