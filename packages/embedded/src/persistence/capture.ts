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

/** Takes the commands that make a key again. */
export type Sink = (db: number, args: readonly string[]) => void

export class Capture {
  readonly #db: number
  readonly #entries: ScanMap<Entry>
  readonly #sink: Sink
  readonly #taken: KeyRing = new KeyRing()
  #cursor: number
  /** Large keys of which a part has been taken; what the rest was, they know. */
  readonly #begun: EntryDump[] = []
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
    const [begun] = this.#begun
    if (begun !== undefined) {
      if (!this.#take(begun)) this.#begun.shift()
      return true
    }
    const key = this.#next()
    if (key !== undefined) this.#begin(key)
    return key !== undefined
  }

  #begin(key: string): void {
    const dump = new EntryDump(key, this.#entries.get(key)!)
    // Two commands are a string with its expiry, and most collections with theirs.
    if (this.#take(dump) && this.#take(dump)) this.#begun.push(dump)
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
    if (!this.#isWaiting(key)) return
    this.#taken.add(key)
    this.#begin(key)
  }

  #isWaiting(key: string): boolean {
    const position = this.#entries.positionOf(key)
    return position !== -1 && position < this.#cursor && !this.#taken.has(key)
  }

  /** Hears that a key has been changed. */
  changed(key: string): void {
    if (this.#isWaiting(key)) this.isSpoilt = true
  }

  /** Hears that the list has become one shorter: its last key `last`, at position `length` before, may have moved down. */
  shrunk(last: string, length: number): void {
    if (length < this.#cursor) this.#cursor = length
    else if (this.#entries.has(last)) this.#taken.add(last)
  }

  /** Nothing more will be taken. */
  end(): void {
    for (const dump of this.#begun.splice(0)) dump.end()
  }
}
