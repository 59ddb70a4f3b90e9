// One database's keys as they are at one moment, taken while they go on changing.
//
// A walk goes downwards over the dense list of keys. Whoever is about to change a key that it has not reached lets it be taken
// first (`save`), so that each key is taken exactly once, in the state of the moment at which the capture began:
//
//     position   0 . . . . . . . cursor | . . . . . . . .
//                  to be taken          |  taken, or added since
//                  except `taken`       |
//
// Keys only move when the last one fills the hole of a removed one. A taken or new key that so comes below the cursor is put
// into `taken`, like one that was saved out of turn. FLUSHALL and SWAPDB exchange lists and maps as a whole: the capture keeps
// those it began with.
import type { Entry } from '../entry.ts'
import { KeyRing } from '../structures/key-ring.ts'
import type { ScanMap } from '../structures/scan-map.ts'
import { EntryDump } from './dump-entry.ts'

/** Commands of a changing key that are taken at once; the rest is copied and waits. */
const AT_ONCE = 16

/** Takes the commands that make a key again. */
export type Sink = (db: number, args: readonly string[]) => void

export class Capture {
  readonly #db: number
  readonly #entries: ScanMap<Entry>
  readonly #sink: Sink
  readonly #taken: KeyRing = new KeyRing()
  #cursor: number
  /** The key that is being taken in pieces. */
  #currentKey: string | undefined
  #current: EntryDump | undefined
  /** What is left of large keys that have changed since. */
  readonly #frozen: EntryDump[] = []
  /** A key was changed before it was taken, against the rule: what was taken is worth nothing. */
  isSpoilt = false

  constructor(db: number, entries: ScanMap<Entry>, sink: Sink) {
    this.#db = db
    this.#entries = entries
    this.#sink = sink
    this.#cursor = entries.size
  }

  /** Takes one more key, or one more piece of a large one; false when all are taken. */
  step(): boolean {
    const [frozen] = this.#frozen
    if (frozen !== undefined) {
      if (!this.#take(frozen)) this.#frozen.shift()
      return true
    }
    if (this.#current === undefined) {
      const key = this.#next()
      if (key === undefined) return false
      this.#currentKey = key
      this.#current = new EntryDump(key, this.#entries.get(key)!)
    }
    if (!this.#take(this.#current)) this.#current = this.#currentKey = undefined
    return true
  }

  #take(dump: EntryDump): boolean {
    const args = dump.next()
    if (args !== undefined) this.#sink(this.#db, args)
    return args !== undefined
  }

  #next(): string | undefined {
    while (this.#cursor > 0) {
      const key = this.#entries.keyAt(--this.#cursor)
      if (!this.#taken.delete(key)) return key
    }
    return undefined
  }

  /** Takes a key that is about to be changed or removed, unless that was done or it was not there when the capture began. */
  save(key: string): void {
    if (key === this.#currentKey) {
      this.#current!.freeze()
      this.#frozen.push(this.#current!)
      this.#current = this.#currentKey = undefined
    } else if (this.#isWaiting(key)) {
      this.#taken.add(key)
      const dump = new EntryDump(key, this.#entries.get(key)!)
      for (let i = 0; i < AT_ONCE; i++) if (!this.#take(dump)) return
      dump.freeze()
      this.#frozen.push(dump)
    }
  }

  #isWaiting(key: string): boolean {
    const position = this.#entries.positionOf(key)
    return position !== -1 && position < this.#cursor && !this.#taken.has(key)
  }

  /** Hears that a key has been changed. */
  changed(key: string): void {
    if (key === this.#currentKey || this.#isWaiting(key)) this.isSpoilt = true
  }

  /** Hears that the list has become one shorter: its last key `last`, at position `length` before, may have moved down. */
  shrunk(last: string, length: number): void {
    if (length < this.#cursor) this.#cursor = length
    else if (this.#entries.has(last)) this.#taken.add(last)
  }
}
