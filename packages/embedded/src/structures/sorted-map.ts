// A map ordered by the bytes of its keys: chunks of sorted keys, found by binary search.
//
// For maps that mostly grow at the end and are read in order: pending entries by id, groups and consumers by name.
// Appending is O(1) amortised, get O(log n), insert and delete anywhere O(log n) plus a short move. A clone shares chunks: see
// owner.ts.
import { FIRST_OWNER, newOwner } from './owner.ts'

const CHUNK = 128

interface Chunk<V> {
  readonly owner: number
  keys: string[]
  values: V[]
}

export class SortedMap<V> {
  #owner = FIRST_OWNER
  #chunks: Chunk<V>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** A copy that shares the values. */
  clone(): SortedMap<V> {
    const copy = new SortedMap<V>()
    copy.#chunks = this.#chunks.slice()
    copy.#size = this.#size
    this.#owner = newOwner()
    copy.#owner = newOwner()
    return copy
  }

  /** The chunk at a position, to be changed. */
  #own(position: number): Chunk<V> {
    const chunk = this.#chunks[position]!
    if (chunk.owner === this.#owner) return chunk
    const own = { owner: this.#owner, keys: chunk.keys.slice(), values: chunk.values.slice() }
    this.#chunks[position] = own
    return own
  }

  /** The last chunk whose first key is not above `key`, or the first chunk. */
  #chunkFor(key: string): number {
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (chunks[middle]!.keys[0]! <= key) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : low - 1
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)]
    if (chunk === undefined) return undefined
    const at = lowerBound(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : undefined
  }

  has(key: string): boolean {
    const chunk = this.#chunks[this.#chunkFor(key)]
    return chunk !== undefined && chunk.keys[lowerBound(chunk.keys, key)] === key
  }

  /** Sets the value of a key; true when the key is new. */
  set(key: string, value: V): boolean {
    if (this.#chunks.length === 0) {
      this.#chunks.push({ owner: this.#owner, keys: [key], values: [value] })
      this.#size++
      return true
    }
    const position = this.#chunkFor(key)
    const chunk = this.#own(position)
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] === key) {
      chunk.values[at] = value
      return false
    }
    this.#size++
    const isAppend = at === chunk.keys.length
    if (isAppend) {
      chunk.keys.push(key)
      chunk.values.push(value)
    } else {
      chunk.keys.splice(at, 0, key)
      chunk.values.splice(at, 0, value)
    }
    if (chunk.keys.length > CHUNK) {
      const keep = isAppend ? CHUNK : CHUNK >>> 1
      const keys = chunk.keys.splice(keep)
      this.#chunks.splice(position + 1, 0, { owner: this.#owner, keys, values: chunk.values.splice(keep) })
    }
    return true
  }

  delete(key: string): boolean {
    const position = this.#chunkFor(key)
    const found = this.#chunks[position]
    if (found === undefined) return false
    const at = lowerBound(found.keys, key)
    if (found.keys[at] !== key) return false
    const chunk = this.#own(position)
    chunk.keys.splice(at, 1)
    chunk.values.splice(at, 1)
    this.#size--
    if (chunk.keys.length === 0) this.#chunks.splice(position, 1)
    else this.#join(position)
    return true
  }

  /** Joins a chunk with the next one when both are thin. */
  #join(position: number): void {
    const left = this.#chunks[position]!
    const right = this.#chunks[position + 1]
    if (right === undefined || left.keys.length + right.keys.length > CHUNK >>> 1) return
    const keys = left.keys.concat(right.keys)
    this.#chunks.splice(position, 2, { owner: this.#owner, keys, values: left.values.concat(right.values) })
  }

  /** Least and greatest key. */
  firstKey(): string | undefined {
    return this.#chunks[0]?.keys[0]
  }

  lastKey(): string | undefined {
    return this.#chunks.at(-1)?.keys.at(-1)
  }

  /** Entries in key order, from `from` on (inclusive). The map must not change between two steps. */
  *entries(from = ''): Generator<readonly [key: string, value: V]> {
    let position = this.#chunkFor(from)
    const first = this.#chunks[position]
    if (first === undefined) return
    let at = lowerBound(first.keys, from)
    for (; position < this.#chunks.length; position++) {
      const { keys, values } = this.#chunks[position]!
      for (; at < keys.length; at++) yield [keys[at]!, values[at]!]
      at = 0
    }
  }

  /** Values in key order. */
  values(): V[] {
    return this.#chunks.flatMap((chunk) => chunk.values)
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
