import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashOf, KeyIndex } from './key-index.ts'

/** A list with its index, as ScanMap keeps one: the last key fills the hole of a removed one. */
class Indexed {
  readonly keys: string[] = []
  readonly index: KeyIndex
  readonly hash: (key: string) => number

  constructor(hash: (key: string) => number, segmentSlots: number) {
    this.index = new KeyIndex(segmentSlots)
    this.hash = hash
  }

  find(key: string): number {
    return this.index.find(this.hash(key), key, this.keys)
  }

  add(key: string): void {
    this.index.add(this.hash(key), this.keys.push(key) - 1)
  }

  remove(key: string): void {
    const position = this.find(key)
    this.index.remove(this.hash(key), position)
    const last = this.keys.pop()!
    if (position === this.keys.length) return
    this.keys[position] = last
    this.index.move(this.hash(last), this.keys.length, position)
  }
}

/** Few hashes for many keys, also such that agree in all but the first or the last bits. */
const collide = (key: string): number => {
  const hash = hashOf(key)
  return hash & 1 ? hash & 0xe000_0003 : hash & 0x7
}

describe('KeyIndex', () => {
  it.each([
    ['with the hash', hashOf],
    ['where most hashes collide', collide],
  ])('finds what is there and nothing else %s', (_, hash) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 400 })), { maxLength: 2000 }),
        (actions) => {
          const indexed = new Indexed(hash, 512)
          const model = new Set<string>()
          for (const [isAdded, number] of actions) {
            const key = `key:${number}`
            if (isAdded && !model.has(key)) indexed.add(key)
            else if (!isAdded && model.has(key)) indexed.remove(key)
            if (isAdded) model.add(key)
            else model.delete(key)
          }
          for (let number = 0; number <= 400; number++) {
            const position = indexed.find(`key:${number}`)
            if (model.has(`key:${number}`)) expect(indexed.keys[position]).toBe(`key:${number}`)
            else expect(position).toBe(-1)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('goes on when its segments are full, without ever working on more than one of them', () => {
    const indexed = new Indexed(hashOf, 64)
    for (let i = 0; i < 20_000; i++) indexed.add(`key:${i}`)
    for (let i = 0; i < 20_000; i++) expect(indexed.find(`key:${i}`)).toBe(i)
    expect(indexed.find('key:20000')).toBe(-1)
    for (let i = 0; i < 20_000; i += 2) indexed.remove(`key:${i}`)
    for (let i = 0; i < 20_000; i++) expect(indexed.find(`key:${i}`) === -1, String(i)).toBe(i % 2 === 0)
  })
})

describe('hashOf', () => {
  it('depends on every byte and on the length', () => {
    const hashes = new Set<number>()
    for (let length = 0; length < 10; length++) {
      for (let at = 0; at < length; at++) {
        for (const char of ['\x01', '\x80', '\xff']) {
          hashes.add(hashOf('\0'.repeat(at) + char + '\0'.repeat(length - at - 1)))
        }
      }
      hashes.add(hashOf('\0'.repeat(length)))
    }
    expect(hashes.size).toBe(3 * 45 + 10)
  })

  it('spreads keys that differ in little evenly', () => {
    const buckets = new Array<number>(256).fill(0)
    for (let i = 0; i < 65_536; i++) {
      const hash = hashOf(`key:${i}`)
      buckets[i % 2 ? hash & 255 : hash >>> 24]!++
    }
    // 256 on average with a deviation of 16: seven of them happen once in some billions of runs.
    for (const count of buckets) expect(Math.abs(count - 256)).toBeLessThan(112)
  })
})
