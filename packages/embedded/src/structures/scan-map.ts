// A map from binary strings that can be scanned with a stateless cursor: the container under keyspace, hashes and scores.
//
// Entries lie densely in two arrays; a Map from key to position finds them. Removing an entry moves the last one into its
// place. A scan visits positions downwards and its cursor is the number of positions still to visit:
//
//     position   0 . . . . . . . . . c-1 | c . . . . . n-1
//                     to visit           |  visited, or added since
//
// An entry only ever moves when it is the last one and fills a hole below. If it was not visited, its position is below c
// before and after; if it was, it may be seen again. New entries are appended. So every entry that is present during the
// whole scan is visited at least once, whatever is added and removed meanwhile: Redis's guarantee, with O(count) per step,
// no state and no rehashing to think about. The dense array also gives a random entry in O(1).
//
// Up to SMALL entries there is no index: comparing a handful of strings is as fast and much leaner.

import { hashOf, KeyIndex } from './key-index.ts'
import { LEAN } from './lean-array.ts'

const SMALL = 12

/** A step of a scan: visit positions start..end-1, then ask again with `next`; "0" is the end. */
export interface ScanStep {
  readonly next: string
  readonly start: number
  readonly end: number
}

/** The step of a container of `size` positions at `cursor`. "0" starts, and so does whatever is no position. */
export function scanStep(size: number, cursor: string, count: number): ScanStep {
  const left = Number(cursor)
  const end = left > 0 && left <= size ? left : size
  const start = Math.max(0, end - Math.max(1, count))
  return { next: String(start), start, end }
}

export class ScanMap<V> {
  #keys: string[] = []
  #values: V[] = []
  #index: KeyIndex | undefined

  get size(): number {
    return this.#keys.length
  }

  /** The position of a key, -1 when it is absent. Positions change with every removal. */
  positionOf(key: string): number {
    if (this.#index === undefined) return this.#keys.indexOf(key)
    return this.#index.find(hashOf(key), key, this.#keys)
  }

  has(key: string): boolean {
    return this.positionOf(key) !== -1
  }

  get(key: string): V | undefined {
    const position = this.positionOf(key)
    return position === -1 ? undefined : this.#values[position]
  }

  keyAt(position: number): string {
    return this.#keys[position]!
  }

  valueAt(position: number): V {
    return this.#values[position]!
  }

  /** Sets the value in place or appends the entry; true when the key is new. */
  set(key: string, value: V): boolean {
    const position = this.positionOf(key)
    if (position !== -1) {
      this.#values[position] = value
      return false
    }
    if (this.#keys.length < LEAN) {
      this.#keys = this.#keys.concat(key)
      this.#values = this.#values.concat([value])
    } else {
      this.#keys.push(key)
      this.#values.push(value)
    }
    if (this.#index !== undefined) this.#index.add(hashOf(key), this.#keys.length - 1)
    else if (this.#keys.length > SMALL) this.#buildIndex()
    return true
  }

  #buildIndex(): void {
    this.#index = new KeyIndex()
    for (let i = 0; i < this.#keys.length; i++) this.#index.add(hashOf(this.#keys[i]!), i)
  }

  /** Removes in O(1); the last entry takes the place. True when the key was there. */
  delete(key: string): boolean {
    const position = this.positionOf(key)
    if (position === -1) return false
    this.#index?.remove(hashOf(key), position)
    const lastKey = this.#keys.pop()!
    const lastValue = this.#values.pop()!
    if (position < this.#keys.length) {
      this.#keys[position] = lastKey
      this.#values[position] = lastValue
      this.#index?.move(hashOf(lastKey), this.#keys.length, position)
    }
    return true
  }

  /** Removes in O(n) and keeps the insertion order of the others. */
  deleteOrdered(key: string): boolean {
    const position = this.positionOf(key)
    if (position === -1) return false
    this.#keys.splice(position, 1)
    this.#values.splice(position, 1)
    this.#index?.remove(hashOf(key), position)
    for (let i = position; i < this.#keys.length; i++) this.#index?.move(hashOf(this.#keys[i]!), i + 1, i)
    return true
  }

  clear(): void {
    this.#keys = []
    this.#values = []
    this.#index = undefined
  }

  /** Keys in position order: insertion order as long as nothing was removed with delete. Do not change it. */
  keys(): readonly string[] {
    return this.#keys
  }

  /** Values in the order of {@link keys}. Do not change it. */
  values(): readonly V[] {
    return this.#values
  }

  scan(cursor: string, count: number): ScanStep {
    return scanStep(this.#keys.length, cursor, count)
  }

  /** A position, uniform over the entries; `random` gives numbers in [0, 1). The map must not be empty. */
  randomPosition(random: () => number): number {
    return Math.floor(random() * this.#keys.length)
  }

  /** A copy that shares the values. */
  clone(): ScanMap<V> {
    const copy = new ScanMap<V>()
    copy.#keys = this.#keys.slice()
    copy.#values = this.#values.slice()
    if (this.#index !== undefined) copy.#buildIndex()
    return copy
  }
}
