// Sorted sets: members, scores, counts, removal and popping. Ranges are in sorted-set-range.ts, unions and their kin in
// sorted-set-algebra.ts.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { countOf, doubleOf, drawCountOf, integerIn, OUT_OF_BOUNDS, timeoutOf } from '../arguments.ts'
import { SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import { cursorOf, passes, scanOptionsOf } from '../scan.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { formatDouble } from '../structures/numbers.ts'
import { SortedSet } from '../structures/sorted-set.ts'
import { limitsOf, pairsReply, scoreReply, zsetAt } from './sorted-set-access.ts'
import { lexRangeOf, type Range, rankRangeOf, scoreRangeOf } from './sorted-set-range.ts'

const NOT_A_NUMBER = new FailureReply('ERR resulting score is not a number (NaN)')

/** ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]. */
function zadd(session: Session, args: readonly string[]): Outcome {
  const flags = new Set<string>()
  let first = 2
  for (; first < args.length; first++) {
    const word = args[first]!.toUpperCase()
    if (!ZADD_FLAGS.has(word)) break
    flags.add(word)
  }
  const pairs = (args.length - first) / 2
  if (pairs === 0 || !Number.isInteger(pairs)) throw SYNTAX
  if (flags.has('NX') && flags.has('XX'))
    throw new FailureReply('ERR XX and NX options at the same time are not compatible')
  if ((flags.has('GT') || flags.has('LT')) && (flags.has('NX') || (flags.has('GT') && flags.has('LT'))))
    throw new FailureReply('ERR GT, LT, and/or NX options at the same time are not compatible')
  if (flags.has('INCR') && pairs > 1) throw new FailureReply('ERR INCR option supports a single increment-element pair')
  const scores = Array.from({ length: pairs }, (_, i) => doubleOf(args[first + 2 * i]))
  return addScores(session, args[1]!, scores, (i) => args[first + 2 * i + 1]!, flags)
}

const ZADD_FLAGS: ReadonlySet<string> = new Set(['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'])

function zincrby(session: Session, args: readonly string[]): Outcome {
  return addScores(session, args[1]!, [doubleOf(args[2])], () => args[3]!, new Set(['INCR']))
}

function addScores(
  session: Session,
  key: string,
  scores: readonly number[],
  memberOf: (index: number) => string,
  flags: ReadonlySet<string>,
): Outcome {
  const { db } = session
  const isIncrement = flags.has('INCR')
  const existing = db.write(key, 'zset')?.value
  if (existing === undefined && flags.has('XX')) return isIncrement ? null : 0
  const zset = existing ?? new SortedSet()
  const limits = limitsOf(session)
  let added = 0
  let updated = 0
  let result: number | null = null
  for (let i = 0; i < scores.length; i++) {
    const member = memberOf(i)
    const before = zset.score(member)
    if (before === undefined ? flags.has('XX') : flags.has('NX')) continue
    const score = isIncrement && before !== undefined ? before + scores[i]! : scores[i]!
    if (Number.isNaN(score)) throw NOT_A_NUMBER
    if (before !== undefined && ((flags.has('LT') && score >= before) || (flags.has('GT') && score <= before))) continue
    result = score
    if (before === undefined) added++
    else if (before !== score) updated++
    zset.set(member, score, limits)
  }
  if (existing === undefined) db.put(key, 'zset', zset)
  if (added + updated !== 0) db.changed(key, Notify.ZSET, isIncrement ? 'zincr' : 'zadd')
  if (isIncrement) return result === null ? null : scoreReply(result)
  return flags.has('CH') ? added + updated : added
}

function zrem(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const zset = db.write(key, 'zset')?.value
  if (zset === undefined) return 0
  let removed = 0
  for (let i = 2; i < args.length; i++) if (zset.delete(args[i]!)) removed++
  if (removed !== 0) db.changed(key, Notify.ZSET, 'zrem')
  if (zset.size === 0) db.removeEmpty(key)
  return removed
}

function removeRange(session: Session, key: string, range: Range, event: string): Outcome {
  const { db } = session
  const zset = db.write(key, 'zset')?.value
  if (zset === undefined) return 0
  const { start, end } = range(zset)
  const removed = end > start ? zset.removeRange(start, end).length : 0
  if (removed !== 0) db.changed(key, Notify.ZSET, event)
  if (zset.size === 0) db.removeEmpty(key)
  return removed
}

function zremrangebyrank(session: Session, args: readonly string[]): Outcome {
  const range = rankRangeOf(args[2]!, args[3]!, false)
  return removeRange(session, args[1]!, range, 'zremrangebyrank')
}

function zremrangebyscore(session: Session, args: readonly string[]): Outcome {
  return removeRange(session, args[1]!, scoreRangeOf(args[2]!, args[3]!), 'zremrangebyscore')
}

function zremrangebylex(session: Session, args: readonly string[]): Outcome {
  return removeRange(session, args[1]!, lexRangeOf(args[2]!, args[3]!), 'zremrangebylex')
}

function zcard(session: Session, args: readonly string[]): Outcome {
  return zsetAt(session, args[1]!)?.size ?? 0
}

function zscore(session: Session, args: readonly string[]): Outcome {
  const score = zsetAt(session, args[1]!)?.score(args[2]!)
  return score === undefined ? null : scoreReply(score)
}

function zmscore(session: Session, args: readonly string[]): Outcome {
  const zset = zsetAt(session, args[1]!)
  return args.slice(2).map((member) => {
    const score = zset?.score(member)
    return score === undefined ? null : scoreReply(score)
  })
}

function zrank(session: Session, args: readonly string[]): Outcome {
  return zsetAt(session, args[1]!)?.rank(args[2]!) ?? null
}

function zrevrank(session: Session, args: readonly string[]): Outcome {
  const zset = zsetAt(session, args[1]!)
  const rank = zset?.rank(args[2]!)
  return rank === undefined ? null : zset!.size - 1 - rank
}

function zcount(session: Session, args: readonly string[]): Outcome {
  return sizeOfRange(session, args[1]!, scoreRangeOf(args[2]!, args[3]!))
}

function zlexcount(session: Session, args: readonly string[]): Outcome {
  return sizeOfRange(session, args[1]!, lexRangeOf(args[2]!, args[3]!))
}

function sizeOfRange(session: Session, key: string, range: Range): number {
  const zset = zsetAt(session, key)
  if (zset === undefined) return 0
  const { start, end } = range(zset)
  return Math.max(0, end - start)
}

/** ZRANDMEMBER key [count [WITHSCORES]]: a positive count draws distinct members, a negative one with repetition. */
function zrandmember(session: Session, args: readonly string[]): Outcome {
  const { random } = session.engine
  if (args.length === 2) {
    const zset = zsetAt(session, args[1]!)
    return zset === undefined ? null : zset.at(Math.floor(random() * zset.size))[0]
  }
  const count = drawCountOf(args[2])
  if (args.length > 4 || (args.length === 4 && args[3]!.toUpperCase() !== 'WITHSCORES')) throw SYNTAX
  if (args.length === 4 && Math.abs(count) >= 2 ** 62) throw OUT_OF_BOUNDS
  const zset = zsetAt(session, args[1]!)
  if (zset === undefined) return []
  const ranks =
    count < 0
      ? Array.from({ length: -count }, () => Math.floor(random() * zset.size))
      : distinctRanks(Math.min(count, zset.size), zset.size, random)
  return pairsReply(
    session,
    ranks.map((rank) => zset.at(rank)),
    args.length === 4,
  )
}

/** The front of a shuffle of 0..size-1; only what is exchanged is remembered. */
function distinctRanks(count: number, size: number, random: () => number): number[] {
  const moved = new Map<number, number>()
  return Array.from({ length: count }, (_, i) => {
    const other = i + Math.floor(random() * (size - i))
    const rank = moved.get(other) ?? other
    moved.set(other, moved.get(i) ?? i)
    return rank
  })
}

function zscan(session: Session, args: readonly string[]): Outcome {
  const cursor = cursorOf(args[2]!)
  const entry = session.db.read(args[1]!, 'zset')
  if (entry === undefined) return ['0', []]
  const options = scanOptionsOf(args, 3)
  const items: string[] = []
  const next = entry.value.scan(cursor, options.count, (member, score) => {
    if (passes(options, member)) items.push(member, formatDouble(score))
  })
  return [next, items]
}

// ---- popping ----

type End = 'min' | 'max'

/** Takes up to `count` members from one end of the sorted set, which exists, and logs it as the plain command. */
function pop(session: Session, key: string, zset: SortedSet, end: End, count: number): [string, number][] {
  const { db } = session
  const taken: [string, number][] = []
  const visit = (member: string, score: number): void => {
    taken.push([member, score])
  }
  if (end === 'min') zset.visit(0, Math.min(count, zset.size), visit)
  else zset.visitReverse(Math.max(0, zset.size - count), zset.size, visit)
  for (const [member] of taken) zset.delete(member)
  db.changed(key, Notify.ZSET, `zpop${end}`)
  if (zset.size === 0) db.removeEmpty(key)
  session.propagate([`ZPOP${end.toUpperCase()}`, key, String(taken.length)])
  return taken
}

/** ZPOPMIN and ZPOPMAX key [count]. */
function popped(end: End): Handler {
  return (session, args) => {
    if (args.length > 3) throw SYNTAX
    const count = args.length === 3 ? countOf(args[2]) : 1
    const zset = session.db.write(args[1]!, 'zset')?.value
    if (zset === undefined || count === 0) return []
    const pairs = pop(session, args[1]!, zset, end, count)
    return args.length === 3
      ? pairsReply(session, pairs, true)
      : pairs.flatMap(([member, score]) => [member, scoreReply(score)])
  }
}

/** Tries keys in turn, then waits for one of them. A waiting client is served only from a sorted set. */
function popOrWait(
  session: Session,
  keys: readonly string[],
  timeoutMs: number | null,
  take: (key: string, zset: SortedSet) => Reply,
): Outcome {
  for (const key of keys) {
    const zset = session.db.write(key, 'zset')?.value
    if (zset !== undefined) return take(key, zset)
  }
  if (timeoutMs === null) return NULL_ARRAY
  const serve = (key: string): Reply | undefined => {
    if (session.db.peek(key)?.type !== 'zset') return undefined
    return take(key, session.db.write(key, 'zset')!.value)
  }
  return session.block({ keys, timeoutMs, serve, timedOut: NULL_ARRAY })
}

/** BZPOPMIN and BZPOPMAX key [key ...] timeout. */
function blockingPopped(end: End): Handler {
  return (session, args) =>
    popOrWait(session, args.slice(1, -1), timeoutOf(args.at(-1)), (key, zset) => {
      const [member, score] = pop(session, key, zset, end, 1)[0]!
      return [key, member, scoreReply(score)]
    })
}

/** [numkeys key ... MIN|MAX [COUNT count]] from `index` on. */
function popMany(session: Session, args: readonly string[], index: number, timeout: string | null): Outcome {
  const numkeys = integerIn(args[index], 1, Infinity, new FailureReply('ERR numkeys should be greater than 0'))
  const where = index + numkeys + 1
  const end = args[where]?.toLowerCase()
  if (end !== 'min' && end !== 'max') throw SYNTAX
  let count = 0
  for (let i = where + 1; i < args.length; i += 2) {
    if (count !== 0 || args[i]!.toUpperCase() !== 'COUNT' || i + 1 >= args.length) throw SYNTAX
    count = integerIn(args[i + 1], 1, Infinity, new FailureReply('ERR count should be greater than 0'))
  }
  const timeoutMs = timeout === null ? null : timeoutOf(timeout)
  return popOrWait(session, args.slice(index + 1, where), timeoutMs, (key, zset) => [
    key,
    pop(session, key, zset, end, count || 1).map(([member, score]) => [member, scoreReply(score)]),
  ])
}

function zmpop(session: Session, args: readonly string[]): Outcome {
  return popMany(session, args, 1, null)
}

function bzmpop(session: Session, args: readonly string[]): Outcome {
  return popMany(session, args, 2, args[1]!)
}

export const sortedSet: Readonly<Record<string, Handler>> = {
  bzmpop,
  bzpopmax: blockingPopped('max'),
  bzpopmin: blockingPopped('min'),
  zadd,
  zcard,
  zcount,
  zincrby,
  zlexcount,
  zmpop,
  zmscore,
  zpopmax: popped('max'),
  zpopmin: popped('min'),
  zrandmember,
  zrank,
  zrem,
  zremrangebylex,
  zremrangebyrank,
  zremrangebyscore,
  zrevrank,
  zscan,
  zscore,
}
