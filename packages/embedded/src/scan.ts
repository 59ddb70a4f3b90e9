// Cursors over maps and sets, with Redis's guarantee: an element that is there from the first call to the last is returned,
// and none is returned twice.
//
// Elements are visited in the order of a hash of their name; the cursor is the hash to go on from, so it means the same at
// any time and needs no state. The sorted order of a collection being scanned is kept for the next call; losing it costs
// sorting again and nothing else. Elements added meanwhile may be missed, as the guarantee allows.
import { FailureReply } from '@ochre/protocol'
import { argumentAt, integerOf } from './arguments.ts'
import { SYNTAX } from './failures.ts'
import { compileGlob, type Glob, matchGlob } from './structures/glob.ts'

/** What can be scanned: a Map or a Set with string keys. */
export interface Scannable {
  readonly size: number
  keys(): Iterable<string>
  has(key: string): boolean
}

interface Order {
  readonly collection: Scannable
  readonly keys: readonly string[]
  /** hash * 2^27 + index into `keys`, ascending. */
  readonly ranks: Float64Array
}

const INDEX_RANGE = 2 ** 27
const KEPT_ORDERS = 4

/** The orders of the scans under way. */
export class Scans {
  #orders: Order[] = []

  /** The elements at a cursor, at least `count` unless the end is reached, and the next cursor (0 at the end). */
  next(collection: Scannable, cursor: number, count: number): { cursor: number; keys: string[] } {
    const order = this.#orderOf(collection, cursor === 0)
    const { ranks } = order
    const found: string[] = []
    let at = lowerBound(ranks, cursor * INDEX_RANGE)
    let last = -1
    for (; at < ranks.length; at++) {
      const rank = ranks[at]!
      const hash = Math.floor(rank / INDEX_RANGE)
      if (found.length >= count && hash !== last) return { cursor: hash, keys: found }
      last = hash
      const key = order.keys[rank % INDEX_RANGE]!
      if (collection.has(key)) found.push(key)
    }
    this.#orders = this.#orders.filter((other) => other !== order)
    return { cursor: 0, keys: found }
  }

  #orderOf(collection: Scannable, isFresh: boolean): Order {
    const known = this.#orders.find((order) => order.collection === collection)
    if (known !== undefined && !isFresh) return known
    const keys = [...collection.keys()]
    const ranks = new Float64Array(keys.length)
    for (let i = 0; i < keys.length; i++) ranks[i] = hashOf(keys[i]!) * INDEX_RANGE + i
    const order = { collection, keys, ranks: ranks.sort() }
    this.#orders = [order, ...this.#orders.filter((other) => other !== known)].slice(0, KEPT_ORDERS)
    return order
  }
}

/** FNV-1a folded to 26 bits, never 0: that is the cursor of the beginning and of the end. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash >>> 26) ^ hash) & 0x3ffffff || 1
}

function lowerBound(ranks: Float64Array, rank: number): number {
  let low = 0
  let high = ranks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranks[middle]! < rank) low = middle + 1
    else high = middle
  }
  return low
}

export interface ScanOptions {
  readonly cursor: number
  readonly count: number
  /** Null when everything matches. */
  readonly glob: Glob | null
  /** SCAN's TYPE; null for all. */
  readonly type: string | null
}

/** The arguments of SCAN, HSCAN, SSCAN and ZSCAN from the cursor at `index` on; TYPE only where the command has it. */
export function scanOptionsOf(args: readonly string[], index: number, hasType = false): ScanOptions {
  const cursor = cursorOf(args[index]!)
  let count = 10
  let glob: Glob | null = null
  let type: string | null = null
  for (let i = index + 1; i < args.length; i += 2) {
    const word = args[i]!.toUpperCase()
    const value = argumentAt(args, i + 1)
    if (word === 'COUNT') {
      count = integerOf(value)
      if (count < 1) throw SYNTAX
    } else if (word === 'MATCH') glob = value === '*' ? null : compileGlob(value)
    else if (word === 'TYPE' && hasType) type = value.toLowerCase()
    else throw SYNTAX
  }
  return { cursor, count, glob, type }
}

/** Throws unless the text is a cursor. */
export function cursorOf(text: string): number {
  if (!/^[+-]?[0-9]{0,20}$/.test(text)) throw new FailureReply('ERR invalid cursor')
  return Number(text)
}

/** Whether a name passes MATCH. */
export function passes(options: ScanOptions, name: string): boolean {
  return options.glob === null || matchGlob(options.glob, name)
}
