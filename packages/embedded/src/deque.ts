// A list value: a ring of strings with O(1) push, pop and index, O(n) insert and remove in the middle.
//
//   ring  [ d e . . a b c ]      head = index of the first element, capacity a power of two,
//               head ^           element i lives at (head + i) & mask

export class Deque {
  #ring: (string | undefined)[]
  #mask: number
  #head = 0
  length = 0

  constructor(items: readonly string[] = []) {
    let capacity = 8
    while (capacity < items.length) capacity *= 2
    this.#ring = items.slice()
    this.#ring.length = capacity
    this.#mask = capacity - 1
    this.length = items.length
  }

  /** The element at `index`, which must be within 0..length-1. */
  at(index: number): string {
    return this.#ring[(this.#head + index) & this.#mask]!
  }

  set(index: number, item: string): void {
    this.#ring[(this.#head + index) & this.#mask] = item
  }

  push(item: string): void {
    if (this.length > this.#mask) this.#resize(this.length * 2)
    this.#ring[(this.#head + this.length++) & this.#mask] = item
  }

  unshift(item: string): void {
    if (this.length > this.#mask) this.#resize(this.length * 2)
    this.#head = (this.#head - 1) & this.#mask
    this.#ring[this.#head] = item
    this.length++
  }

  /** Removes the last element; undefined when empty. */
  pop(): string | undefined {
    if (this.length === 0) return undefined
    const slot = (this.#head + --this.length) & this.#mask
    const item = this.#ring[slot]
    this.#ring[slot] = undefined
    this.#shrink()
    return item
  }

  /** Removes the first element; undefined when empty. */
  shift(): string | undefined {
    if (this.length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & this.#mask
    this.length--
    this.#shrink()
    return item
  }

  /** Puts `item` before the element at `index`; `index` may be the length. */
  insert(index: number, item: string): void {
    this.push(item)
    for (let i = this.length - 1; i > index; i--) this.set(i, this.at(i - 1))
    this.set(index, item)
  }

  /** The elements `start` to `end`, both included and within the list. */
  slice(start: number, end: number): string[] {
    const from = (this.#head + start) & this.#mask
    const to = from + end - start + 1
    if (end < start) return []
    if (to <= this.#mask + 1) return this.#ring.slice(from, to) as string[]
    return this.#ring.slice(from).concat(this.#ring.slice(0, to - this.#mask - 1)) as string[]
  }

  /** Keeps the elements `start` to `end` only. */
  trim(start: number, end: number): void {
    this.#reset(this.slice(start, end))
  }

  /** Removes up to `limit` elements equal to `item`, from the tail when `backwards`; returns how many. */
  remove(item: string, limit: number, backwards: boolean): number {
    const items = this.slice(0, this.length - 1)
    if (backwards) items.reverse()
    let removed = 0
    const kept = items.filter((other) => other !== item || removed === limit || ++removed === 0)
    if (removed === 0) return 0
    this.#reset(backwards ? kept.reverse() : kept)
    return removed
  }

  clone(): Deque {
    return new Deque(this.slice(0, this.length - 1))
  }

  #shrink(): void {
    if (this.#mask > 31 && this.length * 4 < this.#mask) this.#resize(this.length)
  }

  #resize(capacity: number): void {
    this.#reset(this.slice(0, this.length - 1), capacity)
  }

  #reset(items: string[], atLeast = items.length): void {
    let capacity = 8
    while (capacity < atLeast) capacity *= 2
    this.length = items.length
    this.#ring = items
    this.#ring.length = capacity
    this.#mask = capacity - 1
    this.#head = 0
  }
}
