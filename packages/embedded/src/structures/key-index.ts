// Where keys are in a dense list of them: a hash table of positions, for what has more keys than a Map of V8 can hold.
//
//     directory   [ segment | segment | same segment | ... ]     by the first bits of the hash
//     segment     [ hash, position+1 | 0, 0 | hash, position+1 | ... ]     by the last bits; the next free slot when taken
//
// A segment grows to SEGMENT slots and then becomes two, each for one more bit of the hash; the directory doubles when it has
// to tell more bits apart. So no step takes longer because there are more keys, as a Map's growing does. Removing moves
// the slots behind closer, so that no slot is ever merely used up. Numbers are all it holds: 8 bytes per slot beside V8's
// heap, about 14 per key.
//
// The hash is HalfSipHash-1-3 with a secret of the process, so that nobody can choose keys that collide.
import { randomBytes } from 'node:crypto'

/** Slots of a new index. */
const FIRST = 32
/** Slots of the largest segment. */
const SEGMENT = 65_536

interface Segment {
  slots: Int32Array
  size: number
  /** How many bits of the hash all its keys have in common. */
  depth: number
}

export class KeyIndex {
  #directory: Segment[] = [{ slots: new Int32Array(2 * FIRST), size: 0, depth: 0 }]
  /** The directory tells this many bits apart. */
  #depth = 0
  readonly #maxSlots: number

  constructor(segmentSlots: number = SEGMENT) {
    this.#maxSlots = segmentSlots
  }

  #segmentOf(hash: number): Segment {
    const depth = this.#depth
    return this.#directory[depth === 0 ? 0 : hash >>> (32 - depth)]!
  }

  /** The position of a key, -1 when it is absent. `keys` is the list, `hash` its `hashOf`. */
  find(hash: number, key: string, keys: readonly string[]): number {
    const { slots } = this.#segmentOf(hash)
    const mask = slots.length - 1
    for (let at = (hash << 1) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] !== hash) continue
      const position = slots[at + 1]! - 1
      if (keys[position] === key) return position
    }
    return -1
  }

  /** Adds a key that is absent. */
  add(hash: number, position: number): void {
    let segment = this.#segmentOf(hash)
    while (segment.size >= (segment.slots.length >>> 3) * 3) {
      if (segment.slots.length < 2 * this.#maxSlots) grow(segment)
      else this.#split(hash)
      segment = this.#segmentOf(hash)
    }
    place(segment, hash, position + 1)
  }

  /** Where the slot of a key that is there is. */
  #slotOf({ slots }: Segment, hash: number, position: number): number {
    const mask = slots.length - 1
    let at = (hash << 1) & mask
    while (slots[at + 1] !== position + 1) at = (at + 2) & mask
    return at
  }

  /** Notes that a key that is there has moved. */
  move(hash: number, from: number, to: number): void {
    const segment = this.#segmentOf(hash)
    segment.slots[this.#slotOf(segment, hash, from) + 1] = to + 1
  }

  /** Removes a key that is there. */
  remove(hash: number, position: number): void {
    const segment = this.#segmentOf(hash)
    const { slots } = segment
    const mask = slots.length - 1
    let hole = this.#slotOf(segment, hash, position)
    // A slot behind moves into the hole unless it would then come before the place where its search begins.
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (slots[at]! << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at]!
      slots[hole + 1] = slots[at + 1]!
      hole = at
    }
    slots[hole + 1] = 0
    segment.size--
  }

  #split(hash: number): void {
    const full = this.#segmentOf(hash)
    const depth = full.depth + 1
    if (depth > this.#depth) {
      this.#directory = this.#directory.flatMap((segment) => [segment, segment])
      this.#depth++
    }
    const zero: Segment = { slots: new Int32Array(full.slots.length), size: 0, depth }
    const one: Segment = { slots: new Int32Array(full.slots.length), size: 0, depth }
    const shift = 32 - depth
    eachSlot(full, (other, position) => place((other >>> shift) & 1 ? one : zero, other, position))
    this.#directory = this.#directory.map((segment, i) =>
      segment !== full ? segment : (i >>> (this.#depth - depth)) & 1 ? one : zero,
    )
  }
}

function grow(segment: Segment): void {
  const before: Segment = { ...segment }
  segment.slots = new Int32Array(2 * before.slots.length)
  segment.size = 0
  eachSlot(before, (hash, position) => place(segment, hash, position))
}

function eachSlot({ slots }: Segment, visit: (hash: number, position: number) => void): void {
  for (let at = 0; at < slots.length; at += 2) if (slots[at + 1] !== 0) visit(slots[at]!, slots[at + 1]!)
}

function place(segment: Segment, hash: number, position: number): void {
  const { slots } = segment
  const mask = slots.length - 1
  let at = (hash << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = position
  segment.size++
}

const secret = randomBytes(8)
const SECRET_0 = secret.readInt32LE(0)
const SECRET_1 = secret.readInt32LE(4)

/** The hash of a binary string: 32 bits, signed. */
export function hashOf(key: string): number {
  let v0 = SECRET_0
  let v1 = SECRET_1
  let v2 = SECRET_0 ^ 0x6c796765
  let v3 = SECRET_1 ^ 0x74656462
  // A round for each four bytes, one for the rest with the length, and three to finish.
  const words = key.length >>> 2
  for (let round = 0; round < words + 4; round++) {
    let word = 0
    if (round < words) {
      const at = round << 2
      word =
        key.charCodeAt(at) |
        (key.charCodeAt(at + 1) << 8) |
        (key.charCodeAt(at + 2) << 16) |
        (key.charCodeAt(at + 3) << 24)
    } else if (round === words) {
      word = key.length << 24
      for (let i = words << 2; i < key.length; i++) word |= key.charCodeAt(i) << (8 * (i & 3))
    } else if (round === words + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
