// The rows of a collection as they were at one moment, read one after the other while the collection goes on changing.
//
//     position   0 . . . . . . next | . . . . . . . . . length
//                    read           |  to be read: as it was kept, or else as it still is
//
// Whoever is about to change what is at a position calls `keep` before. So nothing is copied but what changes, and never much
// at once.

export class FrozenRows<Row> {
  readonly #rowAt: (position: number) => Row
  readonly #kept: Map<number, Row> = new Map()
  readonly #length: number
  #next = 0

  /** `rowAt` gives a row as it is now. */
  constructor(length: number, rowAt: (position: number) => Row) {
    this.#length = length
    this.#rowAt = rowAt
  }

  get isDone(): boolean {
    return this.#next >= this.#length
  }

  keep(position: number): void {
    if (position < this.#next || position >= this.#length || this.#kept.has(position)) return
    this.#kept.set(position, this.#rowAt(position))
  }

  /** The next rows, at most `count`; none at the end. */
  take(count: number): Row[] {
    const rows: Row[] = []
    for (; rows.length < count && !this.isDone; this.#next++) {
      const isKept = this.#kept.size !== 0 && this.#kept.has(this.#next)
      rows.push(isKept ? this.#kept.get(this.#next)! : this.#rowAt(this.#next))
      if (isKept) this.#kept.delete(this.#next)
    }
    return rows
  }

  /** Nobody will read on. */
  end(): void {
    this.#next = this.#length
    this.#kept.clear()
  }
}
