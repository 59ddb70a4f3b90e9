// Positions as scores of sorted sets. Encoding, distances and search areas are in structures/geohash.ts.
import { DoubleReply, FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { doubleOf, integerOf } from '../arguments.ts'
import { SYNTAX, WRONG_TYPE } from '../failures.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import {
  decodePosition,
  distanceM,
  distanceWithin,
  encodePosition,
  formatDistance,
  geohashText,
  isPosition,
  metersPer,
  type Position,
  type Shape,
  searchRanges,
} from '../structures/geohash.ts'
import { formatDouble, formatFixed, formatHuman } from '../structures/numbers.ts'
import { SortedSet } from '../structures/sorted-set.ts'
import { sortedSet } from './sorted-set.ts'
import { limitsOf, storeResult, zsetAt } from './sorted-set-access.ts'

function positionOf(args: readonly string[], index: number): Position {
  const longitude = doubleOf(args[index])
  const latitude = doubleOf(args[index + 1])
  const position = { longitude, latitude }
  if (!isPosition(position))
    throw new FailureReply(`ERR invalid longitude,latitude pair ${fixed(longitude)},${fixed(latitude)}`)
  return position
}

/** C's %f. */
function fixed(value: number): string {
  return Number.isFinite(value) ? formatFixed(value, 6) : formatDouble(value)
}

/** GEOADD key [NX|XX] [CH] longitude latitude member [...]: a ZADD of the encoded positions. */
function geoadd(session: Session, args: readonly string[]): Outcome {
  let first = 2
  while (first < args.length && /^(?:nx|xx|ch)$/i.test(args[first]!)) first++
  const options = args.slice(2, first)
  const words = new Set(options.map((option) => option.toUpperCase()))
  if ((args.length - first) % 3 !== 0 || (words.has('NX') && words.has('XX'))) throw SYNTAX
  const pairs: string[] = []
  for (let i = first; i < args.length; i += 3)
    pairs.push(formatDouble(encodePosition(positionOf(args, i))), args[i + 2]!)
  return sortedSet.zadd!(session, ['ZADD', args[1]!, ...options, ...pairs])
}

function coordinates(position: Position): Reply {
  return [new DoubleReply(formatHuman(position.longitude)), new DoubleReply(formatHuman(position.latitude))]
}

function geopos(session: Session, args: readonly string[]): Outcome {
  const zset = zsetAt(session, args[1]!)
  return args.slice(2).map((member) => {
    const score = zset?.score(member)
    return score === undefined ? NULL_ARRAY : coordinates(decodePosition(score))
  })
}

function geohash(session: Session, args: readonly string[]): Outcome {
  const zset = zsetAt(session, args[1]!)
  return args.slice(2).map((member) => {
    const score = zset?.score(member)
    return score === undefined ? null : geohashText(score)
  })
}

/** GEODIST key member member [unit]. */
function geodist(session: Session, args: readonly string[]): Outcome {
  if (args.length > 5) throw SYNTAX
  const unit = args.length === 5 ? unitOf(args[4]) : 1
  const zset = zsetAt(session, args[1]!)
  const a = zset?.score(args[2]!)
  const b = zset?.score(args[3]!)
  if (a === undefined || b === undefined) return null
  return formatDistance(distanceM(decodePosition(a), decodePosition(b)) / unit)
}

function unitOf(text: string | undefined): number {
  const meters = metersPer(text ?? '')
  if (meters === undefined) throw new FailureReply('ERR unsupported unit provided. please use M, KM, FT, MI')
  return meters
}

// ---- searching ----

interface Query {
  shape: Shape | null
  /** Metres of the unit in which distances are answered. */
  unit: number
  sort: 'asc' | 'desc' | null
  /** 0 is all. */
  count: number
  any: boolean
  withDistance: boolean
  withHash: boolean
  withPosition: boolean
  storeKey: string | null
  storesDistance: boolean
}

function emptyQuery(): Query {
  return {
    shape: null,
    unit: 1,
    sort: null,
    count: 0,
    any: false,
    withDistance: false,
    withHash: false,
    withPosition: false,
    storeKey: null,
    storesDistance: false,
  }
}

/** Reads an option that all searches share; the index after it, or -1 when it is none of them. */
function commonOption(query: Query, args: readonly string[], i: number): number {
  switch (args[i]!.toUpperCase()) {
    case 'WITHDIST':
      query.withDistance = true
      return i + 1
    case 'WITHHASH':
      query.withHash = true
      return i + 1
    case 'WITHCOORD':
      query.withPosition = true
      return i + 1
    case 'ANY':
      query.any = true
      return i + 1
    case 'ASC':
      query.sort = 'asc'
      return i + 1
    case 'DESC':
      query.sort = 'desc'
      return i + 1
    case 'COUNT':
      if (i + 1 >= args.length) return -1
      query.count = integerOf(args[i + 1])
      if (query.count <= 0) throw new FailureReply('ERR COUNT must be > 0')
      return i + 2
    default:
      return -1
  }
}

function memberPosition(zset: SortedSet, member: string): Position {
  const score = zset.score(member)
  if (score === undefined) throw new FailureReply('ERR could not decode requested zset member')
  return decodePosition(score)
}

/** [radius unit] from `index` on. */
function circleOf(args: readonly string[], index: number, center: Position): { shape: Shape; unit: number } {
  const radius = doubleOf(args[index], new FailureReply('ERR need numeric radius'))
  if (radius < 0) throw new FailureReply('ERR radius cannot be negative')
  const unit = unitOf(args[index + 1])
  return { shape: { kind: 'circle', center, radiusM: radius * unit }, unit }
}

/** [width height unit] from `index` on. */
function boxOf(args: readonly string[], index: number, center: Position): { shape: Shape; unit: number } {
  const width = doubleOf(args[index], new FailureReply('ERR need numeric width'))
  const height = doubleOf(args[index + 1], new FailureReply('ERR need numeric height'))
  if (width < 0 || height < 0) throw new FailureReply('ERR height or width cannot be negative')
  const unit = unitOf(args[index + 2])
  return { shape: { kind: 'box', center, widthM: width * unit, heightM: height * unit }, unit }
}

/** The sorted set to search; unlike other reads its type is checked before any argument. */
function searched(session: Session, key: string): SortedSet | undefined {
  const entry = session.db.findForRead(key)
  if (entry !== undefined && entry.type !== 'zset') throw WRONG_TYPE
  return entry?.value as SortedSet | undefined
}

/** GEORADIUS and GEORADIUSBYMEMBER, which take the place of `center` by position or by member. */
function radiusSearch(byMember: boolean, mayStore: boolean): Handler {
  return (session, args) => {
    const zset = searched(session, args[1]!)
    const base = byMember ? 5 : 6
    const query = emptyQuery()
    // Of a missing key the distance is not even looked at.
    if (!byMember) Object.assign(query, circleOf(args, 4, positionOf(args, 2)))
    else if (zset !== undefined) Object.assign(query, circleOf(args, 3, memberPosition(zset, args[2]!)))
    for (let i = base; i < args.length; ) {
      const next = commonOption(query, args, i)
      const word = args[i]!.toUpperCase()
      if (next !== -1) i = next
      else if (mayStore && (word === 'STORE' || word === 'STOREDIST') && i + 1 < args.length) {
        query.storeKey = args[i + 1]!
        query.storesDistance = word === 'STOREDIST'
        i += 2
      } else throw SYNTAX
    }
    return answer(session, zset, query, 'STORE option in GEORADIUS', 'georadiusstore')
  }
}

const NOWHERE: Position = { longitude: 0, latitude: 0 }

/** GEOSEARCH and GEOSEARCHSTORE. The centre and the shape come in any order, so the shape is read at the end. */
function search(isStore: boolean): Handler {
  return (session, args) => {
    const zset = searched(session, args[isStore ? 2 : 1]!)
    const query = emptyQuery()
    if (isStore) query.storeKey = args[1]!
    let center: Position | null = null
    let centerBy = ''
    let shapeOf: ((center: Position) => { shape: Shape; unit: number }) | null = null
    let shapeBy = ''
    for (let i = isStore ? 3 : 2; i < args.length; ) {
      const next = commonOption(query, args, i)
      const word = args[i]!.toUpperCase()
      const left = args.length - i - 1
      if (next !== -1) i = next
      else if (word === 'FROMMEMBER' && left >= 1 && centerBy !== 'FROMLONLAT') {
        center = zset === undefined ? NOWHERE : memberPosition(zset, args[i + 1]!)
        centerBy = word
        i += 2
      } else if (word === 'FROMLONLAT' && left >= 2 && centerBy !== 'FROMMEMBER') {
        center = positionOf(args, i + 1)
        centerBy = word
        i += 3
      } else if (word === 'BYRADIUS' && left >= 2 && shapeBy !== 'BYBOX') {
        const at = i + 1
        circleOf(args, at, NOWHERE)
        shapeOf = (around) => circleOf(args, at, around)
        shapeBy = word
        i += 3
      } else if (word === 'BYBOX' && left >= 3 && shapeBy !== 'BYRADIUS') {
        const at = i + 1
        boxOf(args, at, NOWHERE)
        shapeOf = (around) => boxOf(args, at, around)
        shapeBy = word
        i += 4
      } else if (word === 'STOREDIST' && isStore) {
        query.storesDistance = true
        i++
      } else throw SYNTAX
    }
    refuseWithStore(query, 'GEOSEARCHSTORE')
    const name = args[0]!
    if (center === null)
      throw new FailureReply(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`)
    if (shapeOf === null) throw new FailureReply(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`)
    Object.assign(query, shapeOf(center))
    return answer(session, zset, query, 'GEOSEARCHSTORE', 'geosearchstore')
  }
}

function refuseWithStore(query: Query, what: string): void {
  if (query.storeKey !== null && (query.withDistance || query.withHash || query.withPosition))
    throw new FailureReply(`ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
}

interface Found {
  readonly member: string
  readonly score: number
  readonly position: Position
  readonly distanceM: number
}

function answer(session: Session, zset: SortedSet | undefined, query: Query, what: string, event: string): Outcome {
  refuseWithStore(query, what)
  if (query.any && query.count === 0) throw new FailureReply('ERR the ANY argument requires COUNT argument')
  const found = zset === undefined || query.shape === null ? [] : find(zset, query.shape, query.any ? query.count : 0)
  const sort = query.sort ?? (query.count !== 0 && !query.any ? 'asc' : null)
  if (sort !== null) found.sort((a, b) => (sort === 'asc' ? a.distanceM - b.distanceM : b.distanceM - a.distanceM))
  if (query.count !== 0) found.splice(query.count)
  if (query.storeKey !== null) {
    const result = new SortedSet()
    const limits = limitsOf(session)
    for (const { member, score, distanceM } of found)
      result.set(member, query.storesDistance ? distanceM / query.unit : score, limits)
    return storeResult(session, query.storeKey, result, event)
  }
  return found.map(({ member, score, position, distanceM }) => {
    const item: Reply[] = [member]
    if (query.withDistance) item.push(formatDistance(distanceM / query.unit))
    if (query.withHash) item.push(Number.isSafeInteger(score) ? score : BigInt(Math.trunc(score)))
    if (query.withPosition) item.push(coordinates(position))
    return item.length === 1 ? member : item
  })
}

/** Members within the shape, unsorted; with a limit the search ends as soon as there are so many. */
function find(zset: SortedSet, shape: Shape, limit: number): Found[] {
  const found: Found[] = []
  for (const { min, max } of searchRanges(shape)) {
    zset.visit(zset.countBelowScore(min, false), zset.countBelowScore(max, false), (member, score) => {
      if (limit !== 0 && found.length >= limit) return
      const position = decodePosition(score)
      const distance = distanceWithin(shape, position)
      if (distance !== undefined) found.push({ member, score, position, distanceM: distance })
    })
    if (limit !== 0 && found.length >= limit) break
  }
  return found
}

export const geo: Readonly<Record<string, Handler>> = {
  geoadd,
  geodist,
  geohash,
  geopos,
  georadius: radiusSearch(false, true),
  georadius_ro: radiusSearch(false, false),
  georadiusbymember: radiusSearch(true, true),
  georadiusbymember_ro: radiusSearch(true, false),
  geosearch: search(false),
  geosearchstore: search(true),
}
