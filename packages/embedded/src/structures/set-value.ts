// A set: sorted by value while it is an intset (only integers, few of them), in no particular order as a hashtable.
import { FrozenRows } from './frozen-rows.ts'
import { LEAN } from './lean-array.ts'
import { parseInteger } from './numbers.ts'
import { ScanMap } from './scan-map.ts'

/** Orders canonical integers by value without parsing them. */
function compareIntegers(a: string, b: string): number {
  const isNegativeA = a.charCodeAt(0) === 0x2d
  const isNegativeB = b.charCodeAt(0) === 0x2d
  if (isNegativeA !== isNegativeB) return isNegativeA ? -1 : 1
  const bySize = a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
  return isNegativeA ? -bySize : bySize
}

export class SetValue {
  /** Sorted integers of an intset; undefined once it is a hashtable. */
  #integers: string[] | undefined = []
  #members: ScanMap<null> | undefined
  /** The members as they were, for whom they are not all read yet. */
  #frozen: FrozenRows<string> | undefined

  get size(): number {
    return this.#integers?.length ?? this.#members!.size
  }

  /** As OBJECT ENCODING reports it. Never turns back into an intset. */
  get encoding(): 'intset' | 'hashtable' {
    return this.#integers === undefined ? 'hashtable' : 'intset'
  }

  /** Where an integer is, or the complement (~) of where it belongs. */
  #find(integers: readonly string[], member: string): number {
    let low = 0
    let high = integers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareIntegers(integers[middle]!, member)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return ~low
  }

  has(member: string): boolean {
    if (this.#integers === undefined) return this.#members!.has(member)
    return parseInteger(member) !== undefined && this.#find(this.#integers, member) >= 0
  }

  /** Adds a member; true when it is new. `maxIntsetEntries` is set-max-intset-entries. */
  add(member: string, maxIntsetEntries: number): boolean {
    if (this.#integers === undefined) return this.#members!.set(member, null)
    if (parseInteger(member) === undefined) {
      this.promote()
      return this.#members!.set(member, null)
    }
    const at = this.#find(this.#integers, member)
    if (at >= 0) return false
    if (this.#integers.length < LEAN) this.#integers = this.#integers.toSpliced(~at, 0, member)
    else this.#integers.splice(~at, 0, member)
    if (this.#integers.length > maxIntsetEntries) this.promote()
    return true
  }

  delete(member: string): boolean {
    if (this.#integers === undefined) {
      if (this.#frozen !== undefined) this.#keep(member, this.#members!)
      return this.#members!.delete(member)
    }
    const at = parseInteger(member) === undefined ? -1 : this.#find(this.#integers, member)
    if (at < 0) return false
    this.#integers.splice(at, 1)
    return true
  }

  /** Keeps what removing a member changes: its own place, and that of the last one, which fills it. */
  #keep(member: string, members: ScanMap<null>): void {
    const position = members.positionOf(member)
    if (position === -1) return
    this.#frozen!.keep(position)
    this.#frozen!.keep(members.size - 1)
    if (this.#frozen!.isDone) this.#frozen = undefined
  }

  /** The members as they are now, to be read whatever becomes of the set: at most once at a time. O(1), but for an intset. */
  freeze(): FrozenRows<string> {
    const integers = this.#integers?.slice()
    const members = this.#members!
    if (integers !== undefined) return new FrozenRows(integers.length, (position) => integers[position]!)
    this.#frozen = new FrozenRows(members.size, (position) => members.keyAt(position))
    return this.#frozen
  }

  /** Makes it a hashtable. */
  promote(): void {
    if (this.#integers === undefined) return
    const members = new ScanMap<null>()
    for (const member of this.#integers) members.set(member, null)
    this.#members = members
    this.#integers = undefined
  }

  /** Members in the order of replies. Do not change it. */
  members(): readonly string[] {
    return this.#integers ?? this.#members!.keys()
  }

  /** A uniformly random member; the set must not be empty. */
  random(random: () => number): string {
    const members = this.members()
    return members[Math.floor(random() * members.length)]!
  }

  /** One step of a scan with the guarantees of scan-map.ts; an intset comes in one step. Returns the next cursor. */
  scan(cursor: string, count: number, visit: (member: string) => void): string {
    if (this.#integers !== undefined) {
      this.#integers.forEach(visit)
      return '0'
    }
    const { next, start, end } = this.#members!.scan(cursor, count)
    for (let i = start; i < end; i++) visit(this.#members!.keyAt(i))
    return next
  }

  clone(): SetValue {
    const copy = new SetValue()
    copy.#integers = this.#integers?.slice()
    copy.#members = this.#members?.clone()
    return copy
  }
}
