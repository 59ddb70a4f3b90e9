// Unions, intersections and differences of sorted sets; plain sets count as sorted sets whose scores are 1.
import { FailureReply } from '@ochre/protocol'
import { argumentAt, doubleOf, integerIn, integerOf } from '../arguments.ts'
import { SYNTAX, WRONG_TYPE } from '../failures.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { EncodingLimits } from '../structures/encoding-limits.ts'
import { SetValue } from '../structures/set-value.ts'
import { SortedSet } from '../structures/sorted-set.ts'
import { limitsOf, pairsReply, storeResult } from './sorted-set-access.ts'

type Operation = 'union' | 'inter' | 'diff'
type Aggregate = (a: number, b: number) => number

interface Input {
  readonly size: number
  readonly weight: number
  score(member: string): number | undefined
  each(visit: (member: string, score: number) => void): void
}

interface Request {
  readonly inputs: readonly Input[]
  readonly aggregate: Aggregate
  readonly withScores: boolean
  /** ZINTERCARD's; 0 is none. */
  readonly limit: number
}

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  // The sum of opposite infinities is defined as 0.
  SUM: (a, b) => orZero(a + b),
  // Of 0 and -0, which are equal, the first stays.
  MIN: (a, b) => (a === b ? a : Math.min(a, b)),
  MAX: (a, b) => (a === b ? a : Math.max(a, b)),
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value
}

/** [numkeys key ... options] from `index` on. */
function requestOf(
  session: Session,
  args: readonly string[],
  index: number,
  operation: Operation,
  kind: 'read' | 'store' | 'card',
): Request {
  const numkeys = integerOf(args[index])
  if (numkeys < 1) throw new FailureReply(`ERR at least 1 input key is needed for '${args[0]!.toLowerCase()}' command`)
  if (numkeys > args.length - index - 1) throw SYNTAX
  const values = args.slice(index + 1, index + 1 + numkeys).map((key) => {
    const entry = session.db.findForRead(key)
    if (entry !== undefined && entry.type !== 'zset' && entry.type !== 'set') throw WRONG_TYPE
    return entry
  })
  let weights: readonly number[] = []
  let aggregate = AGGREGATES.SUM!
  let withScores = false
  let limit = 0
  const combines = operation !== 'diff' && kind !== 'card'
  for (let i = index + 1 + numkeys; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (combines && word === 'WEIGHTS' && args.length - i > numkeys) {
      weights = args.slice(i + 1, i + 1 + numkeys).map((text) => doubleOf(text, NOT_A_WEIGHT))
      i += numkeys
    } else if (combines && word === 'AGGREGATE') {
      const found = AGGREGATES[argumentAt(args, ++i).toUpperCase()]
      if (found === undefined) throw SYNTAX
      aggregate = found
    } else if (kind === 'read' && word === 'WITHSCORES') withScores = true
    else if (kind === 'card' && word === 'LIMIT' && i + 1 < args.length)
      limit = integerIn(args[++i], 0, Infinity, new FailureReply("ERR LIMIT can't be negative"))
    else throw SYNTAX
  }
  const inputs = values.map((entry, i) => inputOf(entry?.value as SortedSet | SetValue | undefined, weights[i] ?? 1))
  return { inputs, aggregate, withScores, limit }
}

const NOT_A_WEIGHT = new FailureReply('ERR weight value is not a float')

function inputOf(value: SortedSet | SetValue | undefined, weight: number): Input {
  if (value instanceof SetValue)
    return {
      size: value.size,
      weight,
      score: (member) => (value.has(member) ? 1 : undefined),
      each: (visit) => {
        for (const member of value.members()) visit(member, 1)
      },
    }
  return {
    size: value?.size ?? 0,
    weight,
    score: (member) => value?.score(member),
    each: (visit) => value?.visit(0, value.size, visit),
  }
}

function combine(operation: Operation, { inputs, aggregate }: Request): Map<string, number> {
  const result = new Map<string, number>()
  if (operation === 'diff') {
    const [first, ...others] = inputs
    first!.each((member, score) => {
      if (others.every((other) => other.score(member) === undefined)) result.set(member, score)
    })
    return result
  }
  // From the smallest on, as Redis does: it decides the order in which scores are added.
  const ordered = [...inputs].sort((a, b) => a.size - b.size)
  if (operation === 'union') {
    for (const input of ordered)
      input.each((member, score) => {
        const before = result.get(member)
        const weighed = orZero(input.weight * score)
        result.set(member, before === undefined ? weighed : aggregate(before, weighed))
      })
    return result
  }
  const [first, ...others] = ordered
  first!.each((member, score) => {
    let total = orZero(first!.weight * score)
    for (const other of others) {
      const found = other.score(member)
      if (found === undefined) return
      total = aggregate(total, orZero(other.weight * found))
    }
    result.set(member, total)
  })
  return result
}

function sorted(scores: ReadonlyMap<string, number>, limits: EncodingLimits): SortedSet {
  const result = new SortedSet()
  for (const [member, score] of scores) result.set(member, score, limits)
  return result
}

/** What is not stored is never a listpack, which could not hold -0. */
const ALWAYS_SKIPLIST: EncodingLimits = { entries: 0, value: 0 }

function read(operation: Operation): Handler {
  return (session, args) => {
    const request = requestOf(session, args, 1, operation, 'read')
    const result = sorted(combine(operation, request), ALWAYS_SKIPLIST)
    const pairs: [string, number][] = []
    result.visit(0, result.size, (member, score) => pairs.push([member, score]))
    return pairsReply(session, pairs, request.withScores)
  }
}

function store(operation: Operation): Handler {
  return (session, args) => {
    const request = requestOf(session, args, 2, operation, 'store')
    return storeResult(session, args[1]!, sorted(combine(operation, request), limitsOf(session)), `z${operation}store`)
  }
}

function zintercard(session: Session, args: readonly string[]): Outcome {
  const request = requestOf(session, args, 1, 'inter', 'card')
  const { size } = combine('inter', request)
  return request.limit === 0 ? size : Math.min(size, request.limit)
}

export const sortedSetAlgebra: Readonly<Record<string, Handler>> = {
  zdiff: read('diff'),
  zdiffstore: store('diff'),
  zinter: read('inter'),
  zintercard,
  zinterstore: store('inter'),
  zunion: read('union'),
  zunionstore: store('union'),
}
