// A hash: fields and values in insertion order while it is a listpack, in no particular order as a hashtable.
//
// Fields may expire. Nothing here reads a clock: whoever opens the hash calls removeExpired first, which costs one
// comparison as long as nothing is due. Fields with an expiry do not change the encoding or the order.
import type { EncodingLimits } from './encoding-limits.ts'
import { FrozenRows } from './frozen-rows.ts'
import { ScanMap } from './scan-map.ts'

/** A field, its value, and when it expires, if it does. */
export type FieldRow = readonly [field: string, value: string, expireAt: number | undefined]

interface Expiries {
  /** When each field expires, in milliseconds. */
  readonly times: ScanMap<number>
  /** At or before the earliest of them. */
  nextMs: number
}

export class HashValue {
  #fields = new ScanMap<string>()
  #encoding: 'listpack' | 'hashtable' = 'listpack'
  /** Undefined as long as no field ever had an expiry. */
  #expiries: Expiries | undefined
  /** The fields as they were, for whom they are not all read yet. */
  #frozen: FrozenRows<FieldRow> | undefined

  get size(): number {
    return this.#fields.size
  }

  /** As OBJECT ENCODING reports it. Never turns back into a listpack. */
  get encoding(): 'listpack' | 'hashtable' {
    return this.#encoding
  }

  get(field: string): string | undefined {
    return this.#fields.get(field)
  }

  has(field: string): boolean {
    return this.#fields.has(field)
  }

  /** Sets a field; true when it is new. A field that is set anew does not expire any more, unless told to keep that. */
  set(field: string, value: string, limits: EncodingLimits, keepExpiry = false): boolean {
    if (this.#frozen !== undefined) this.#keep(field, false)
    if (!keepExpiry) this.#expiries?.times.delete(field)
    if (field.length > limits.value || value.length > limits.value) this.#encoding = 'hashtable'
    const isNew = this.#fields.set(field, value)
    if (isNew && this.#fields.size > limits.entries) this.#encoding = 'hashtable'
    return isNew
  }

  delete(field: string): boolean {
    if (this.#frozen !== undefined) this.#keep(field, true)
    this.#expiries?.times.delete(field)
    return this.#encoding === 'listpack' ? this.#fields.deleteOrdered(field) : this.#fields.delete(field)
  }

  /** Fields in the order of replies. Do not change it. */
  fields(): readonly string[] {
    return this.#fields.keys()
  }

  /** Values in the order of {@link fields}. Do not change it. */
  values(): readonly string[] {
    return this.#fields.values()
  }

  /** A uniformly random field and its value; the hash must not be empty. */
  random(random: () => number): readonly [field: string, value: string] {
    const position = this.#fields.randomPosition(random)
    return [this.#fields.keyAt(position), this.#fields.valueAt(position)]
  }

  /** One step of a scan with the guarantees of scan-map.ts; a listpack comes in one step. Returns the next cursor. */
  scan(cursor: string, count: number, visit: (field: string, value: string) => void): string {
    const isWhole = this.#encoding === 'listpack'
    const { next, start, end } = this.#fields.scan(isWhole ? '0' : cursor, isWhole ? this.size : count)
    for (let i = start; i < end; i++) visit(this.#fields.keyAt(i), this.#fields.valueAt(i))
    return next
  }

  /** When a field expires, in milliseconds; undefined when it does not, or is not there. */
  expiryOf(field: string): number | undefined {
    return this.#expiries?.times.get(field)
  }

  /** Lets a field expire at a time; false when it is not there. */
  expireAt(field: string, timeMs: number): boolean {
    if (!this.has(field)) return false
    if (this.#frozen !== undefined) this.#keep(field, false)
    this.#expiries ??= { times: new ScanMap(), nextMs: timeMs }
    this.#expiries.times.set(field, timeMs)
    this.#expiries.nextMs = Math.min(this.#expiries.nextMs, timeMs)
    return true
  }

  /** Keeps a field for good; false when it did not expire anyway. */
  persist(field: string): boolean {
    if (this.#frozen !== undefined) this.#keep(field, false)
    return this.#expiries?.times.delete(field) ?? false
  }

  /** No field expires before this time; it may be earlier than the first that does. */
  get nextExpiryMs(): number {
    return this.#expiries?.nextMs ?? Number.POSITIVE_INFINITY
  }

  /** How many fields have an expiry. */
  get expiring(): number {
    return this.#expiries?.times.size ?? 0
  }

  /** Removes the fields whose time has come (expiry <= now) and returns their names. */
  removeExpired(nowMs: number): string[] {
    const expiries = this.#expiries
    if (expiries === undefined || nowMs < expiries.nextMs) return []
    const expired: string[] = []
    let next = Number.POSITIVE_INFINITY
    for (let i = 0; i < expiries.times.size; i++) {
      const timeMs = expiries.times.valueAt(i)
      if (timeMs <= nowMs) expired.push(expiries.times.keyAt(i))
      else next = Math.min(next, timeMs)
    }
    for (const field of expired) this.delete(field)
    expiries.nextMs = next
    return expired
  }

  /** Keeps what changing a field changes; removing moves the last one, or in a listpack all behind. */
  #keep(field: string, isRemoved: boolean): void {
    const position = this.#fields.positionOf(field)
    if (position === -1) return
    this.#frozen!.keep(position)
    if (isRemoved) {
      const first = this.#encoding === 'listpack' ? position + 1 : this.size - 1
      for (let moved = first; moved < this.size; moved++) this.#frozen!.keep(moved)
    }
    if (this.#frozen!.isDone) this.#frozen = undefined
  }

  /** The fields as they are now, to be read whatever becomes of the hash: at most once at a time. O(1). */
  freeze(): FrozenRows<FieldRow> {
    this.#frozen = new FrozenRows(this.size, (position) => this.rowAt(position))
    return this.#frozen
  }

  /** The field at a position of {@link fields}. */
  rowAt(position: number): FieldRow {
    const field = this.#fields.keyAt(position)
    return [field, this.#fields.valueAt(position), this.expiryOf(field)]
  }

  /** Makes it a hashtable, as loading a payload of that encoding does. */
  promote(): void {
    this.#encoding = 'hashtable'
  }

  clone(): HashValue {
    const copy = new HashValue()
    copy.#fields = this.#fields.clone()
    copy.#encoding = this.#encoding
    if (this.#expiries !== undefined)
      copy.#expiries = { times: this.#expiries.times.clone(), nextMs: this.#expiries.nextMs }
    return copy
  }
}
