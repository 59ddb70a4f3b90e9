// A set of keys that is gone through in turn, some at a time, while it changes.
import { ScanMap } from './scan-map.ts'

export class KeyRing {
  readonly #keys = new ScanMap<null>()
  /** The positions below are still to come in this round. */
  #cursor = 0

  get size(): number {
    return this.#keys.size
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  add(key: string): void {
    this.#keys.set(key, null)
  }

  /** False when it was not there. */
  delete(key: string): boolean {
    return this.#keys.delete(key)
  }

  /** In no order. Do not change it. */
  keys(): readonly string[] {
    return this.#keys.keys()
  }

  /**
   * Visits the next keys, at most `count` and none twice. A key that stays is visited in every round, whatever comes and goes
   * meanwhile; `visit` may remove the key.
   */
  walk(count: number, visit: (key: string) => void): void {
    for (let left = Math.min(count, this.size); left > 0 && this.size !== 0; left--) {
      if (this.#cursor === 0 || this.#cursor > this.size) this.#cursor = this.size
      visit(this.#keys.keyAt(--this.#cursor))
    }
  }
}
