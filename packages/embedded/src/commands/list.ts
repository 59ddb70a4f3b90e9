// Lists, with their blocking forms. The model for other groups: a helper per behaviour, one small handler per command.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { countOf, integerIn, integerOf, timeoutOf } from '../arguments.ts'
import type { Database } from '../database.ts'
import type { EntryOf } from '../entry.ts'
import { NO_SUCH_KEY, OK, OUT_OF_RANGE, SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { Quicklist } from '../structures/quicklist.ts'

type End = 'left' | 'right'

function endOf(word: string): End {
  const end = word.toLowerCase()
  if (end !== 'left' && end !== 'right') throw SYNTAX
  return end
}

/** The list to push to, created when the key is missing. */
function listFor(db: Database, key: string): Quicklist {
  return (db.write(key, 'list') ?? db.put(key, 'list', new Quicklist())).value
}

function push(list: Quicklist, item: string, end: End): void {
  if (end === 'left') list.pushHead(item)
  else list.pushTail(item)
}

/** Takes one element off an end and reports it; the entry must hold at least one. */
function pop(db: Database, key: string, { value: list }: EntryOf<'list'>, end: End): string {
  const item = end === 'left' ? list.popHead()! : list.popTail()!
  db.changed(key, Notify.LIST, end === 'left' ? 'lpop' : 'rpop')
  if (list.length === 0) db.removeEmpty(key)
  return item
}

/** Takes up to `count` elements off an end. */
function popMany(db: Database, key: string, { value: list }: EntryOf<'list'>, end: End, count: number): string[] {
  const items: string[] = []
  for (let left = Math.min(count, list.length); left > 0; left--)
    items.push(end === 'left' ? list.popHead()! : list.popTail()!)
  db.changed(key, Notify.LIST, end === 'left' ? 'lpop' : 'rpop')
  if (list.length === 0) db.removeEmpty(key)
  return items
}

// ---- push and pop ----

function pushAll(session: Session, args: readonly string[], end: End, mustExist: boolean): Outcome {
  const { db } = session
  const key = args[1]!
  if (mustExist && db.write(key, 'list') === undefined) return 0
  const list = listFor(db, key)
  for (let i = 2; i < args.length; i++) push(list, args[i]!, end)
  const { length } = list
  db.changed(key, Notify.LIST, end === 'left' ? 'lpush' : 'rpush')
  return length
}

const lpush: Handler = (session, args) => pushAll(session, args, 'left', false)
const rpush: Handler = (session, args) => pushAll(session, args, 'right', false)
const lpushx: Handler = (session, args) => pushAll(session, args, 'left', true)
const rpushx: Handler = (session, args) => pushAll(session, args, 'right', true)

function popEnd(session: Session, args: readonly string[], end: End): Outcome {
  const { db } = session
  const key = args[1]!
  if (args.length > 3)
    throw new FailureReply(`ERR wrong number of arguments for '${end === 'left' ? 'l' : 'r'}pop' command`)
  const count = args.length === 3 ? countOf(args[2]) : undefined
  const entry = db.write(key, 'list')
  if (entry === undefined) return count === undefined ? null : NULL_ARRAY
  if (count === undefined) return pop(db, key, entry, end)
  return count === 0 ? [] : popMany(db, key, entry, end, count)
}

const lpop: Handler = (session, args) => popEnd(session, args, 'left')
const rpop: Handler = (session, args) => popEnd(session, args, 'right')

/** Moves one element; undefined when the source is missing. Throws WRONGTYPE for either key. */
function move(session: Session, source: string, target: string, from: End, to: End): string | undefined {
  const { db } = session
  const entry = db.write(source, 'list')
  if (entry === undefined) return undefined
  db.write(target, 'list')
  const item = from === 'left' ? entry.value.popHead()! : entry.value.popTail()!
  // The target first: moving the last element of a list onto itself must not remove the key.
  push(listFor(db, target), item, to)
  db.changed(target, Notify.LIST, to === 'left' ? 'lpush' : 'rpush')
  db.changed(source, Notify.LIST, from === 'left' ? 'lpop' : 'rpop')
  if (entry.value.length === 0) db.removeEmpty(source)
  return item
}

function lmove(session: Session, args: readonly string[]): Outcome {
  return move(session, args[1]!, args[2]!, endOf(args[3]!), endOf(args[4]!)) ?? null
}

function rpoplpush(session: Session, args: readonly string[]): Outcome {
  return move(session, args[1]!, args[2]!, 'right', 'left') ?? null
}

/** The arguments of LMPOP and BLMPOP from `numkeys` on. */
function popOptionsOf(args: readonly string[], index: number): { keys: string[]; end: End; count: number } {
  const numkeys = integerIn(args[index], 1, Infinity, new FailureReply('ERR numkeys should be greater than 0'))
  const where = index + numkeys + 1
  if (where >= args.length) throw SYNTAX
  const end = endOf(args[where]!)
  let count = 0
  for (let i = where + 1; i < args.length; i += 2) {
    if (count !== 0 || args[i]!.toUpperCase() !== 'COUNT' || i + 1 >= args.length) throw SYNTAX
    count = integerIn(args[i + 1], 1, Infinity, new FailureReply('ERR count should be greater than 0'))
  }
  return { keys: args.slice(index + 1, where), end, count: count || 1 }
}

/** Pops from one key if it holds a list, and logs it as the plain command; undefined when the key is missing. */
function popFrom(session: Session, key: string, end: End, count: number): Reply | undefined {
  const { db } = session
  const entry = db.write(key, 'list')
  if (entry === undefined) return undefined
  const items = popMany(db, key, entry, end, count)
  session.propagate([end === 'left' ? 'LPOP' : 'RPOP', key, String(items.length)])
  return [key, items]
}

function lmpop(session: Session, args: readonly string[]): Outcome {
  const { keys, end, count } = popOptionsOf(args, 1)
  for (const key of keys) {
    const reply = popFrom(session, key, end, count)
    if (reply !== undefined) return reply
  }
  return NULL_ARRAY
}

// ---- blocking ----

/** A blocked client is served only from a list; anything else under its key leaves it waiting. */
function holdsList(db: Database, key: string): boolean {
  return db.peek(key)?.type === 'list'
}

function blockingPop(session: Session, args: readonly string[], end: End): Outcome {
  const timeoutMs = timeoutOf(args.at(-1))
  const keys = args.slice(1, -1)
  const take = (key: string): Reply | undefined => {
    const entry = session.db.write(key, 'list')
    if (entry === undefined) return undefined
    const item = pop(session.db, key, entry, end)
    session.propagate([end === 'left' ? 'LPOP' : 'RPOP', key])
    return [key, item]
  }
  for (const key of keys) {
    const reply = take(key)
    if (reply !== undefined) return reply
  }
  const serve = (key: string): Reply | undefined => (holdsList(session.db, key) ? take(key) : undefined)
  return session.block({ keys, timeoutMs, serve, timedOut: NULL_ARRAY })
}

const blpop: Handler = (session, args) => blockingPop(session, args, 'left')
const brpop: Handler = (session, args) => blockingPop(session, args, 'right')

function blmpop(session: Session, args: readonly string[]): Outcome {
  const { keys, end, count } = popOptionsOf(args, 2)
  const timeoutMs = timeoutOf(args[1])
  for (const key of keys) {
    const reply = popFrom(session, key, end, count)
    if (reply !== undefined) return reply
  }
  const serve = (key: string): Reply | undefined =>
    holdsList(session.db, key) ? popFrom(session, key, end, count) : undefined
  return session.block({ keys, timeoutMs, serve, timedOut: NULL_ARRAY })
}

function blockingMove(session: Session, args: readonly string[], from: End, to: End, timeout: string): Outcome {
  const timeoutMs = timeoutOf(timeout)
  const source = args[1]!
  const target = args[2]!
  const take = (): string | undefined => {
    const item = move(session, source, target, from, to)
    if (item !== undefined) session.propagate(['LMOVE', source, target, from, to])
    return item
  }
  const item = take()
  if (item !== undefined) return item
  const serve = (): string | undefined => (holdsList(session.db, source) ? take() : undefined)
  return session.isDenyBlocking ? null : session.block({ keys: [source], timeoutMs, serve, timedOut: NULL_ARRAY })
}

function blmove(session: Session, args: readonly string[]): Outcome {
  return blockingMove(session, args, endOf(args[3]!), endOf(args[4]!), args[5]!)
}

function brpoplpush(session: Session, args: readonly string[]): Outcome {
  return blockingMove(session, args, 'right', 'left', args[3]!)
}

// ---- by index and value ----

function llen(session: Session, args: readonly string[]): Outcome {
  return session.db.read(args[1]!, 'list')?.value.length ?? 0
}

function lindex(session: Session, args: readonly string[]): Outcome {
  const entry = session.db.read(args[1]!, 'list')
  if (entry === undefined) return null
  const index = integerOf(args[2])
  const { length } = entry.value
  const at = index < 0 ? index + length : index
  return entry.value.get(at) ?? null
}

/** Redis's ranges: negative from the end, both ends included, cut to what there is; end < start when empty. */
export function rangeOf(first: string, last: string, length: number): { start: number; end: number } {
  const start = integerOf(first)
  const end = integerOf(last)
  return {
    start: start < 0 ? Math.max(0, start + length) : start,
    end: Math.min(end < 0 ? end + length : end, length - 1),
  }
}

function lrange(session: Session, args: readonly string[]): Outcome {
  rangeOf(args[2]!, args[3]!, 0)
  const entry = session.db.read(args[1]!, 'list')
  if (entry === undefined) return []
  const { start, end } = rangeOf(args[2]!, args[3]!, entry.value.length)
  return entry.value.slice(start, end + 1)
}

function ltrim(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  rangeOf(args[2]!, args[3]!, 0)
  const entry = db.write(key, 'list')
  if (entry === undefined) return OK
  const { start, end } = rangeOf(args[2]!, args[3]!, entry.value.length)
  const { length } = entry.value
  entry.value.remove(Math.max(start, end + 1), length)
  entry.value.remove(0, start)
  db.changed(key, Notify.LIST, 'ltrim')
  if (entry.value.length === 0) db.removeEmpty(key)
  return OK
}

function lset(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const entry = db.find(key)
  if (entry === undefined) throw NO_SUCH_KEY
  const { value: list } = db.write(key, 'list')!
  const index = integerOf(args[2])
  const at = index < 0 ? index + list.length : index
  if (at < 0 || at >= list.length) throw OUT_OF_RANGE
  list.set(at, args[3]!)
  db.changed(key, Notify.LIST, 'lset')
  return OK
}

function linsert(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const where = args[2]!.toLowerCase()
  if (where !== 'before' && where !== 'after') throw SYNTAX
  const list = db.write(key, 'list')?.value
  if (list === undefined) return 0
  let found = -1
  list.visit((element, index) => {
    if (element !== args[3]) return true
    found = index
    return false
  })
  if (found === -1) return -1
  list.insert(where === 'before' ? found : found + 1, args[4]!)
  db.changed(key, Notify.LIST, 'linsert')
  return list.length
}

function lrem(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const count = integerOf(args[2])
  const list = db.write(key, 'list')?.value
  if (list === undefined) return 0
  const removed = list.removeEqual(args[3]!, Math.abs(count), count < 0)
  if (removed > 0) db.changed(key, Notify.LIST, 'lrem')
  if (list.length === 0) db.removeEmpty(key)
  return removed
}

const BAD_RANK = new FailureReply(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
)

function lpos(session: Session, args: readonly string[]): Outcome {
  let rank = 1
  let count: number | undefined
  let limit = Infinity
  for (let i = 3; i < args.length; i += 2) {
    const word = args[i]!.toUpperCase()
    if (i + 1 >= args.length) throw SYNTAX
    if (word === 'RANK') {
      rank = integerOf(args[i + 1])
      if (rank === 0) throw BAD_RANK
    } else if (word === 'COUNT') {
      count = integerIn(args[i + 1], 0, Infinity, new FailureReply("ERR COUNT can't be negative"))
    } else if (word === 'MAXLEN') {
      limit = integerIn(args[i + 1], 0, Infinity, new FailureReply("ERR MAXLEN can't be negative")) || Infinity
    } else throw SYNTAX
  }
  const list = session.db.read(args[1]!, 'list')?.value
  if (list === undefined) return count === undefined ? null : []
  const found: number[] = []
  // As in C, the most negative rank has no positive counterpart; it skips nothing.
  let skip = rank === -(2 ** 63) ? 0 : Math.abs(rank) - 1
  const wanted = count ?? 1
  list.visit((element, index) => {
    if (limit-- <= 0) return false
    if (element === args[2] && skip-- <= 0) found.push(index)
    return found.length !== wanted || wanted === 0
  }, rank < 0)
  return count === undefined ? (found[0] ?? null) : found
}

export const list: Readonly<Record<string, Handler>> = {
  blmove,
  blmpop,
  blpop,
  brpop,
  brpoplpush,
  lindex,
  linsert,
  llen,
  lmove,
  lmpop,
  lpop,
  lpos,
  lpush,
  lpushx,
  lrange,
  lrem,
  lset,
  ltrim,
  rpop,
  rpoplpush,
  rpush,
  rpushx,
}
