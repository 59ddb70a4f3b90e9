// Ranges of sorted sets: by rank, score and bytes, both ways, read or stored. All of them become a range of ranks.
import { FailureReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { SYNTAX } from '../failures.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { strtod } from '../structures/numbers.ts'
import { SortedSet } from '../structures/sorted-set.ts'
import { limitsOf, pairsReply, storeResult, zsetAt } from './sorted-set-access.ts'

/** Ranks start..end-1, counted from the lowest; empty when end <= start. */
export interface Ranks {
  readonly start: number
  readonly end: number
}

export type Range = (zset: SortedSet) => Ranks

/** Indexes as ZRANGE takes them; with `isReverse` they count from the highest. */
export function rankRangeOf(first: string, last: string, isReverse: boolean): Range {
  const from = integerOf(first)
  const to = integerOf(last)
  return ({ size }) => {
    const start = Math.max(0, from < 0 ? from + size : from)
    const end = Math.min(size - 1, to < 0 ? to + size : to) + 1
    return isReverse ? { start: size - end, end: size - start } : { start, end }
  }
}

const NOT_A_SCORE_RANGE = new FailureReply('ERR min or max is not a float')

/** `min` and `max` as ZRANGEBYSCORE takes them: numbers, infinities, exclusive with `(`. */
export function scoreRangeOf(min: string, max: string): Range {
  const low = scoreBound(min)
  const high = scoreBound(max)
  return (zset) => ({
    start: zset.countBelowScore(low.score, low.isExclusive),
    end: zset.countBelowScore(high.score, !high.isExclusive),
  })
}

function scoreBound(text: string): { score: number; isExclusive: boolean } {
  const isExclusive = text[0] === '('
  // A C string: it ends at the first NUL.
  const [number = ''] = text.slice(Number(isExclusive)).split('\0', 1)
  const score = strtod(number)
  if (score === undefined || Number.isNaN(score)) throw NOT_A_SCORE_RANGE
  return { score, isExclusive }
}

const NOT_A_LEX_RANGE = new FailureReply('ERR min or max not valid string range item')

/** `min` and `max` as ZRANGEBYLEX takes them: `-`, `+`, `[member`, `(member`. */
export function lexRangeOf(min: string, max: string): Range {
  const low = lexBound(min)
  const high = lexBound(max)
  return (zset) => ({ start: low(zset, false), end: high(zset, true) })
}

/** How many members are below the bound, or up to it when it `isEnd`. */
function lexBound(text: string): (zset: SortedSet, isEnd: boolean) => number {
  if (text === '-') return () => 0
  if (text === '+') return (zset) => zset.size
  const member = text.slice(1)
  if (text[0] === '[') return (zset, isEnd) => zset.countBelowMember(member, isEnd)
  if (text[0] === '(') return (zset, isEnd) => zset.countBelowMember(member, !isEnd)
  throw NOT_A_LEX_RANGE
}

type By = 'rank' | 'score' | 'lex'

interface Query {
  readonly key: string
  readonly range: Range
  readonly isReverse: boolean
  readonly withScores: boolean
  readonly offset: number
  /** Negative is no limit. */
  readonly limit: number
}

/** The arguments of all range commands from the key at `index` on. `by` and `isReverse` are null where options say it (ZRANGE). */
function queryOf(
  args: readonly string[],
  index: number,
  by: By | null,
  isReverse: boolean | null,
  isStore = false,
): Query {
  const isAuto = by === null
  let withScores = false
  let offset = 0
  let limit = -1
  for (let i = index + 3; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'WITHSCORES' && !isStore) withScores = true
    else if (word === 'LIMIT' && i + 2 < args.length) {
      offset = integerOf(args[i + 1])
      limit = integerOf(args[i + 2])
      i += 2
    } else if (word === 'REV' && isAuto && isReverse === null) isReverse = true
    else if (word === 'BYLEX' && isAuto && by === null) by = 'lex'
    else if (word === 'BYSCORE' && isAuto && by === null) by = 'score'
    else throw SYNTAX
  }
  by ??= 'rank'
  isReverse ??= false
  if (limit !== -1 && by === 'rank')
    throw new FailureReply('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX')
  if (withScores && by === 'lex')
    throw new FailureReply('ERR syntax error, WITHSCORES not supported in combination with BYLEX')
  const first = args[index + 1]!
  const last = args[index + 2]!
  const range =
    by === 'rank'
      ? rankRangeOf(first, last, isReverse)
      : (by === 'score' ? scoreRangeOf : lexRangeOf)(isReverse ? last : first, isReverse ? first : last)
  return { key: args[index]!, range, isReverse, withScores, offset, limit }
}

function pairsOf(session: Session, query: Query): [string, number][] {
  const zset = zsetAt(session, query.key)
  const pairs: [string, number][] = []
  if (zset === undefined) return pairs
  let { start, end } = query.range(zset)
  // A negative offset skips everything, as Redis does.
  const offset = query.offset < 0 ? Infinity : query.offset
  const limit = query.limit < 0 ? Infinity : query.limit
  if (query.isReverse) {
    end -= offset
    start = Math.max(start, end - limit)
  } else {
    start += offset
    end = Math.min(end, start + limit)
  }
  if (start >= end) return pairs
  const visit = (member: string, score: number): void => {
    pairs.push([member, score])
  }
  if (query.isReverse) zset.visitReverse(start, end, visit)
  else zset.visit(start, end, visit)
  return pairs
}

function ranged(by: By | null, isReverse: boolean | null): Handler {
  return (session, args) => {
    const query = queryOf(args, 1, by, isReverse)
    return pairsReply(session, pairsOf(session, query), query.withScores)
  }
}

/** ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]. */
function zrangestore(session: Session, args: readonly string[]): Outcome {
  const result = new SortedSet()
  const limits = limitsOf(session)
  for (const [member, score] of pairsOf(session, queryOf(args, 2, null, null, true))) result.set(member, score, limits)
  return storeResult(session, args[1]!, result, 'zrangestore')
}

export const sortedSetRange: Readonly<Record<string, Handler>> = {
  zrange: ranged(null, null),
  zrangebylex: ranged('lex', false),
  zrangebyscore: ranged('score', false),
  zrangestore,
  zrevrange: ranged('rank', true),
  zrevrangebylex: ranged('lex', true),
  zrevrangebyscore: ranged('score', true),
}
