// A hash: fields and values in insertion order while it is a listpack, in no particular order as a hashtable.
import type { EncodingLimits } from './encoding-limits.ts'
import { ScanMap } from './scan-map.ts'

export class HashValue {
  #fields = new ScanMap<string>()
  #encoding: 'listpack' | 'hashtable' = 'listpack'

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

  /** Sets a field; true when it is new. */
  set(field: string, value: string, limits: EncodingLimits): boolean {
    if (field.length > limits.value || value.length > limits.value) this.#encoding = 'hashtable'
    const isNew = this.#fields.set(field, value)
    if (isNew && this.#fields.size > limits.entries) this.#encoding = 'hashtable'
    return isNew
  }

  delete(field: string): boolean {
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

  /** Makes it a hashtable, as loading a payload of that encoding does. */
  promote(): void {
    this.#encoding = 'hashtable'
  }

  clone(): HashValue {
    const copy = new HashValue()
    copy.#fields = this.#fields.clone()
    copy.#encoding = this.#encoding
    return copy
  }
}
