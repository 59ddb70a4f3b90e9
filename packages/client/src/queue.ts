// A first-in first-out queue on a ring of slots that doubles when it is full: no allocation per item, and the slots of
// items that have left are cleared.

export class Ring<T> {
  private slots: (T | undefined)[]
  private mask: number
  private head = 0
  private count = 0

  constructor(capacity = 16) {
    let size = 1
    while (size < capacity) size *= 2
    this.slots = new Array(size).fill(undefined)
    this.mask = size - 1
  }

  get length(): number {
    return this.count
  }

  push(item: T): void {
    if (this.count > this.mask) this.grow()
    this.slots[(this.head + this.count) & this.mask] = item
    this.count++
  }

  shift(): T | undefined {
    if (this.count === 0) return undefined
    const item = this.slots[this.head]
    this.slots[this.head] = undefined
    this.head = (this.head + 1) & this.mask
    this.count--
    return item
  }

  /** The item that `shift` would return. */
  peek(): T | undefined {
    return this.slots[this.head]
  }

  /** Empties the queue and returns what was in it, oldest first. */
  takeAll(): T[] {
    const items: T[] = []
    for (let i = 0; i < this.count; i++) items.push(this.slots[(this.head + i) & this.mask] as T)
    this.slots = new Array(16).fill(undefined)
    this.mask = 15
    this.head = 0
    this.count = 0
    return items
  }

  private grow(): void {
    const size = this.slots.length
    const slots = new Array<T | undefined>(size * 2).fill(undefined)
    for (let i = 0; i < size; i++) slots[i] = this.slots[(this.head + i) & this.mask]
    this.slots = slots
    this.mask = size * 2 - 1
    this.head = 0
  }
}
