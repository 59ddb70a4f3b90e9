// A list of binary strings: an array of chunks, each an array of elements.
//
//     chunks   [a b c] [d e f g h i] [j k]
//               ^ pushes and pops at the head       ^ and at the tail
//
// Chunks at the ends grow to END elements; when an end chunk is full it is joined to its inner neighbour as long as that
// stays within about the square root of the length. So a list of n elements has O(sqrt n) chunks of O(sqrt n) elements:
// the ends are O(1) amortised, anything in the middle O(sqrt n). No chunk is ever empty. A clone shares chunks, until one of
// the two lists changes a chunk and copies it for that.

import { LEAN } from './lean-array.ts'

const END = 128

export class Quicklist {
  #chunks: string[][] = []
  #length = 0
  /** Chunks that no other list has, among others; undefined as long as that is true of all. */
  #owned: WeakSet<string[]> | undefined

  get length(): number {
    return this.#length
  }

  static from(elements: readonly string[]): Quicklist {
    const list = new Quicklist()
    for (const element of elements) list.pushTail(element)
    return list
  }

  clone(): Quicklist {
    const copy = new Quicklist()
    copy.#chunks = this.#chunks.slice()
    copy.#length = this.#length
    this.#owned = new WeakSet()
    copy.#owned = new WeakSet()
    return copy
  }

  /** The chunk at a position, to be changed. */
  #own(at: number): string[] {
    const chunk = this.#chunks[at]!
    if (this.#owned === undefined || this.#owned.has(chunk)) return chunk
    const own = chunk.slice()
    this.#owned.add(own)
    this.#chunks[at] = own
    return own
  }

  #capacity(): number {
    return Math.max(END, Math.ceil(Math.sqrt(this.#length)))
  }

  pushHead(element: string): void {
    const chunks = this.#chunks
    const first = chunks[0]
    if (first === undefined) this.#chunks = [[element]]
    else if (first.length < LEAN) chunks[0] = [element].concat(first)
    else if (first.length < END) this.#own(0).unshift(element)
    else {
      const second = chunks[1]
      if (second !== undefined && first.length + second.length <= this.#capacity()) {
        chunks.shift()
        chunks[0] = first.concat(second)
      }
      chunks.unshift([element])
    }
    this.#length++
  }

  pushTail(element: string): void {
    const chunks = this.#chunks
    const last = chunks[chunks.length - 1]
    if (last === undefined) this.#chunks = [[element]]
    else if (last.length < LEAN) chunks[chunks.length - 1] = last.concat(element)
    else if (last.length < END) this.#own(chunks.length - 1).push(element)
    else {
      const second = chunks[chunks.length - 2]
      if (second !== undefined && last.length + second.length <= this.#capacity()) {
        chunks.pop()
        chunks[chunks.length - 1] = second.concat(last)
      }
      chunks.push([element])
    }
    this.#length++
  }

  popHead(): string | undefined {
    if (this.#length === 0) return undefined
    const chunk = this.#own(0)
    const element = chunk.shift()
    if (chunk.length === 0) this.#chunks.shift()
    this.#length--
    return element
  }

  popTail(): string | undefined {
    if (this.#length === 0) return undefined
    const chunk = this.#own(this.#chunks.length - 1)
    const element = chunk.pop()
    if (chunk.length === 0) this.#chunks.pop()
    this.#length--
    return element
  }

  /** The chunk that holds an index within 0..length-1, and the index of its first element; from the nearer end. */
  #locate(index: number): { at: number; base: number } {
    const chunks = this.#chunks
    if (index < this.#length / 2) {
      let base = 0
      for (let at = 0; ; at++) {
        const next = base + chunks[at]!.length
        if (index < next) return { at, base }
        base = next
      }
    }
    let base = this.#length
    for (let at = chunks.length - 1; ; at--) {
      base -= chunks[at]!.length
      if (index >= base) return { at, base }
    }
  }

  /** The element at an index counted from the head; undefined outside of the list. */
  get(index: number): string | undefined {
    if (index < 0 || index >= this.#length) return undefined
    const { at, base } = this.#locate(index)
    return this.#chunks[at]![index - base]
  }

  /** Replaces the element at an index within the list. */
  set(index: number, element: string): void {
    const { at, base } = this.#locate(index)
    this.#own(at)[index - base] = element
  }

  /** Inserts before the element at `index`; `index` may be the length. */
  insert(index: number, element: string): void {
    if (index <= 0) {
      this.pushHead(element)
    } else if (index >= this.#length) {
      this.pushTail(element)
    } else {
      const { at, base } = this.#locate(index)
      const chunk = this.#own(at)
      chunk.splice(index - base, 0, element)
      this.#length++
      if (chunk.length > 2 * this.#capacity()) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1))
    }
  }

  /** Removes `count` elements from `index` on, as far as there are any. */
  remove(index: number, count: number): void {
    const start = Math.max(0, index)
    const end = Math.min(this.#length, index + count)
    if (start >= end) return
    const first = this.#locate(start)
    const last = this.#locate(end - 1)
    const head = this.#chunks[first.at]!.slice(0, start - first.base)
    const tail = this.#chunks[last.at]!.slice(end - last.base)
    const rest = head.length + tail.length <= this.#capacity() ? [head.concat(tail)] : [head, tail]
    this.#chunks.splice(first.at, last.at - first.at + 1, ...rest.filter((chunk) => chunk.length > 0))
    this.#length -= end - start
    this.#joinAround(first.at)
  }

  /** Joins a chunk with its next one when both are thin, so that many removals cannot leave many tiny chunks. */
  #joinAround(position: number): void {
    for (const at of [position, position - 1]) {
      const left = this.#chunks[at]
      const right = this.#chunks[at + 1]
      if (left === undefined || right === undefined || left.length + right.length > this.#capacity() / 2) continue
      this.#chunks.splice(at, 2, left.concat(right))
    }
  }

  /** Elements start..end-1 as a new array. */
  slice(start: number, end: number): string[] {
    const from = Math.max(0, start)
    const to = Math.min(this.#length, end)
    if (from >= to) return []
    let { at, base } = this.#locate(from)
    const first = this.#chunks[at]!
    if (to <= base + first.length) return first.slice(from - base, to - base)
    const elements = first.slice(from - base)
    base += first.length
    for (at++; base < to; at++) {
      const chunk = this.#chunks[at]!
      const count = Math.min(chunk.length, to - base)
      for (let i = 0; i < count; i++) elements.push(chunk[i]!)
      base += count
    }
    return elements
  }

  /**
   * Removes elements equal to `element`: the first `limit` from the head, or from the tail with `fromTail`; 0 removes
   * all. Returns how many.
   */
  removeEqual(element: string, limit: number, fromTail: boolean): number {
    const max = limit === 0 ? this.#length : limit
    const chunks = this.#chunks
    let removed = 0
    for (let step = 0; step < chunks.length && removed < max; step++) {
      const at = fromTail ? chunks.length - 1 - step : step
      const chunk = chunks[at]!
      if (!chunk.includes(element)) continue
      const isWanted = (value: string) => {
        if (value !== element || removed >= max) return true
        removed++
        return false
      }
      chunks[at] = fromTail ? chunk.toReversed().filter(isWanted).reverse() : chunk.filter(isWanted)
    }
    if (removed === 0) return 0
    this.#length -= removed
    const kept: string[][] = []
    const capacity = this.#capacity() / 2
    for (const chunk of chunks) {
      const previous = kept[kept.length - 1]
      if (chunk.length === 0) continue
      if (previous !== undefined && previous.length + chunk.length <= capacity)
        kept[kept.length - 1] = previous.concat(chunk)
      else kept.push(chunk)
    }
    this.#chunks = kept
    return removed
  }

  /**
   * Calls `visit` for each element from the head, or from the tail with `fromTail`, until it returns false. The index is
   * always counted from the head. The list must not change meanwhile.
   */
  visit(visit: (element: string, index: number) => boolean, fromTail = false): void {
    const chunks = this.#chunks
    let index = fromTail ? this.#length - 1 : 0
    for (let step = 0; step < chunks.length; step++) {
      const chunk = chunks[fromTail ? chunks.length - 1 - step : step]!
      for (let i = 0; i < chunk.length; i++) {
        const element = chunk[fromTail ? chunk.length - 1 - i : i]!
        if (!visit(element, fromTail ? index-- : index++)) return
      }
    }
  }
}
