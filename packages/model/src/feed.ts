// The change feed of a model: a stream that gets one entry per change, appended by the script that makes the change.
//
//   {ns:user}:feed    op  create, update, delete, expire     id  the row's     v  its version, or nothing
//                     f   stored names of what an update changed, joined by commas
//
// The entry is part of the script's queue: it is written when the change is, and not when the change is refused. A page is
// read with what tells whether entries have been trimmed away behind the reader.

import { type LuaScript, LuaUses } from './lua/library.ts'
import type { KeyList } from './maintain.ts'
import type { ModelSpec } from './model.ts'

/** Lua: whether the row whose deadline is `due` has reached it. */
export const EXPIRED = 'due and tonumber(due) < now'

/** Lua function `note(op, id, version, names)` that queues an entry. Empty for a model without a feed. */
export function feedCode(keys: KeyList, spec: ModelSpec): string {
  if (!spec.feed) return ''
  const key = keys.at('feed')
  return `call('XLEN', ${key})
local function note(op, o, v, w)
  queue[#queue + 1] = { 'XADD', ${key}, 'MAXLEN', '~', '${spec.feed.keep}', '*', 'op', op, 'id', o, 'v', v, 'f', w }
end
`
}

/** KEYS: a feed. ARGV: start of XRANGE, entries at most. Gives whether it is there, first and last id, length, added, entries. */
const PAGE_SCRIPT: LuaScript =
  new LuaUses().script(`if call('EXISTS', KEYS[1]) == 0 then return { 0, '', '0-0', 0, 0, {} } end
local info, at = call('XINFO', 'STREAM', KEYS[1]), {}
for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
local first, items = at['first-entry'], {}
if ARGV[2] ~= '0' then items = call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2]) end
return { 1, first and first[1] or '', at['last-generated-id'], at.length, at['entries-added'] or -1, items }
`)

/** Where a reader of one stream stands, as XRANGE takes it: `(<id>` behind an entry, `<id>` at one, `-` at the oldest kept. */
export type Position = string

/** Before everything. */
export const ORIGIN: Position = '(0-0'

/** An entry of one feed. */
export interface FeedEntry {
  /** Which family's. */
  readonly stream: number
  readonly at: string
  readonly op: 'create' | 'update' | 'delete' | 'expire'
  readonly id: string
  readonly version: number | null
  readonly names: readonly string[]
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[]
  /** Whether there may be more behind the last entry. */
  readonly full: boolean
  /** Where to go on when entries between the asked position and the first one have been trimmed away; else null. */
  readonly gap: Position | null
  /** Behind everything that is there. */
  readonly end: Position
}

type Run = (script: LuaScript, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>

/** Entries from a position on, at most `count`; with 0 only where the stream ends. */
export async function readPage(
  run: Run,
  key: string,
  stream: number,
  from: Position,
  count: number,
  keep: number,
): Promise<FeedPage> {
  const reply = (await run(PAGE_SCRIPT, [key], [from, count])) as unknown[]
  const [there, length, added] = [reply[0], reply[3], reply[4]].map(Number) as [number, number, number]
  const [first, last] = [String(reply[1]), String(reply[2])]
  const items = reply[5] as readonly [unknown, readonly unknown[]][]
  return {
    entries: items.map(([at, flat]) => entryOf(stream, String(at), flat)),
    full: items.length === count,
    gap: lost(from, { there, first, last, length, added }, keep) ? (first === '' ? `(${last}` : first) : null,
    end: `(${last}`,
  }
}

function entryOf(stream: number, at: string, flat: readonly unknown[]): FeedEntry {
  const value = (i: number): string => String(flat[i * 2 + 1])
  const [version, names] = [value(2), value(3)]
  return {
    stream,
    at,
    op: value(0) as FeedEntry['op'],
    id: value(1),
    version: version === '' ? null : Number(version),
    names: names === '' ? [] : names.split(','),
  }
}

interface StreamState {
  readonly there: number
  readonly first: string
  readonly last: string
  readonly length: number
  /** Entries ever added; -1 where the server does not tell (before 7.0). */
  readonly added: number
}

/** Whether entries behind a position may be missing: it was trimmed away, or the stream is another one. */
function lost(from: Position, { there, first, last, length, added }: StreamState, keep: number): boolean {
  if (from === '-') return false
  const behind = from[0] === '('
  const id = behind ? from.slice(1) : from
  if (there === 0) return from !== ORIGIN
  if (compareIds(id, last) > 0) return true
  if (first === '') return behind ? id !== last : true
  // From the very beginning: only the count tells. Without it, a feed that is long enough to have been trimmed counts as trimmed.
  if (from === ORIGIN) return added === -1 ? length >= keep : added > length
  return compareIds(first, id) > 0
}

/** Order of stream ids, `<ms>-<seq>` in decimal without leading zeros. */
export function compareIds(a: string, b: string): number {
  const [am, as] = a.split('-') as [string, string]
  const [bm, bs] = b.split('-') as [string, string]
  return compareDecimals(am, bm) || compareDecimals(as, bs)
}

function compareDecimals(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}
