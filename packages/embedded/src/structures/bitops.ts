// Bits of strings: counting, searching, combining and integer fields. Bit 0 is the most significant bit of byte 0.
//
// Long runs are handled as 32-bit words. Nothing here grows a buffer except combineBits, which makes a new one; the
// caller pads before writing beyond the end.
import { type Integer, toInteger } from './numbers.ts'

/** The whole 32-bit words within bytes start..end-1, as the machine orders them, and the bytes before and after. */
function wordsOf(bytes: Buffer, start: number, end: number): { words: Uint32Array; first: number; last: number } {
  const misaligned = (bytes.byteOffset + start) & 3
  const first = Math.min(end, misaligned === 0 ? start : start + 4 - misaligned)
  const count = (end - first) >>> 2
  return { words: new Uint32Array(bytes.buffer, bytes.byteOffset + first, count), first, last: first + count * 4 }
}

function popcount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** How many bits are set in bytes start..end-1. */
function countBytes(bytes: Buffer, start: number, end: number): number {
  if (end - start < 16) {
    let few = 0
    for (let at = start; at < end; at++) few += popcount(bytes[at]!)
    return few
  }
  const { words, first, last } = wordsOf(bytes, start, end)
  let count = 0
  for (let at = start; at < first; at++) count += popcount(bytes[at]!)
  for (let i = 0; i < words.length; i++) count += popcount(words[i]!)
  for (let at = last; at < end; at++) count += popcount(bytes[at]!)
  return count
}

/** How many bits are set among bits start..end-1 of the string. */
export function countBits(bytes: Buffer, start: number, end: number): number {
  if (start >= end) return 0
  const firstByte = Math.floor(start / 8)
  const lastByte = Math.floor((end - 1) / 8)
  let count = countBytes(bytes, firstByte, lastByte + 1)
  if (start % 8 !== 0) count -= popcount(bytes[firstByte]! >> (8 - (start % 8)))
  if (end % 8 !== 0) count -= popcount(bytes[lastByte]! & (0xff >> (end % 8)))
  return count
}

/** The first bit equal to `bit` (0 or 1) among bits start..end-1, or -1. */
export function findBit(bytes: Buffer, bit: 0 | 1, start: number, end: number): number {
  if (start >= end) return -1
  // Inverting the bytes turns the search for a 0 into one for a 1.
  const invert = bit === 1 ? 0 : 0xff
  let at = Math.floor(start / 8)
  const lastByte = Math.floor((end - 1) / 8)
  let byte = (bytes[at]! ^ invert) & (0xff >> (start % 8))
  if (byte === 0) {
    at = skipEqual(bytes, at + 1, lastByte, invert)
    if (at > lastByte) return -1
    byte = bytes[at]! ^ invert
  }
  if (byte === 0) return -1
  const position = at * 8 + Math.clz32(byte) - 24
  return position < end ? position : -1
}

/** The first byte other than `skipped` (0 or 255) within start..last, or some position from `last` on. */
function skipEqual(bytes: Buffer, start: number, last: number, skipped: number): number {
  let at = start
  if (last - start >= 16) {
    const { words, first } = wordsOf(bytes, start, last)
    while (at < first && bytes[at] === skipped) at++
    if (at < first) return at
    const skippedWord = skipped === 0 ? 0 : 0xffffffff
    let word = 0
    while (word < words.length && words[word] === skippedWord) word++
    at = first + word * 4
  }
  while (at <= last && bytes[at] === skipped) at++
  return at
}

export type BitOperation = 'and' | 'or' | 'xor' | 'not'

/** BITOP: the sources combined, shorter ones padded with zero bytes; `not` takes one source. */
export function combineBits(operation: BitOperation, sources: readonly Buffer[]): Buffer {
  const length = sources.reduce((longest, source) => Math.max(longest, source.length), 0)
  // Not from the pool: the words must be aligned.
  const result = Buffer.alloc(length)
  sources[0]?.copy(result)
  const words = new Uint32Array(result.buffer, result.byteOffset, length >>> 2)
  if (operation === 'not') {
    for (let i = 0; i < words.length; i++) words[i] = ~words[i]!
    for (let at = words.length * 4; at < length; at++) result[at] = ~result[at]!
    return result
  }
  for (const source of sources.slice(1)) combineInto(operation, result, words, source)
  return result
}

function combineInto(operation: 'and' | 'or' | 'xor', result: Buffer, words: Uint32Array, source: Buffer): void {
  const whole = source.length >>> 2
  // A source at an odd place of its memory is moved once rather than read byte by byte.
  const aligned = (source.byteOffset & 3) === 0 ? source : moved(source)
  const others = new Uint32Array(aligned.buffer, aligned.byteOffset, whole)
  if (operation === 'and') for (let i = 0; i < whole; i++) words[i]! &= others[i]!
  else if (operation === 'or') for (let i = 0; i < whole; i++) words[i]! |= others[i]!
  else for (let i = 0; i < whole; i++) words[i]! ^= others[i]!
  for (let at = whole * 4; at < source.length; at++) {
    const byte = source[at]!
    result[at] = operation === 'and' ? result[at]! & byte : operation === 'or' ? result[at]! | byte : result[at]! ^ byte
  }
  if (operation === 'and') result.fill(0, source.length)
}

function moved(source: Buffer): Uint8Array {
  const copy = new Uint8Array(source.length)
  copy.set(source)
  return copy
}

// ---- BITFIELD ----

/** An integer of `width` bits: signed 1..64, unsigned 1..63. */
export interface BitFieldType {
  readonly isSigned: boolean
  readonly width: number
}

/** i1..i64 and u1..u63 as BITFIELD spells them; undefined for anything else. */
export function parseFieldType(text: string): BitFieldType | undefined {
  const match = /^([iu])([1-9][0-9]?)$/.exec(text)
  if (match === null) return undefined
  const isSigned = match[1] === 'i'
  const width = Number(match[2])
  return width <= (isSigned ? 64 : 63) ? { isSigned, width } : undefined
}

/** Bits start..start+width-1 as an unsigned number, width <= 53; bits beyond the end are 0. */
function readBits(bytes: Buffer, start: number, width: number): number {
  let value = 0
  let at = start
  for (let left = width; left > 0; ) {
    const inByte = at % 8
    const count = Math.min(8 - inByte, left)
    const byte = bytes[Math.floor(at / 8)] ?? 0
    value = value * 2 ** count + ((byte >> (8 - inByte - count)) & (0xff >> (8 - count)))
    at += count
    left -= count
  }
  return value
}

/** Writes an unsigned number of up to 53 bits. */
function writeBits(bytes: Buffer, start: number, width: number, value: number): void {
  let rest = value
  let end = start + width
  for (let left = width; left > 0; ) {
    const count = Math.min(end % 8 || 8, left)
    const shift = (8 - (end % 8)) % 8
    const at = Math.floor((end - 1) / 8)
    const mask = (0xff >> (8 - count)) << shift
    bytes[at] = (bytes[at]! & ~mask) | ((rest % 2 ** count) << shift)
    rest = Math.floor(rest / 2 ** count)
    end -= count
    left -= count
  }
}

/** The field at a bit offset; bits beyond the end of the string are 0. */
export function readField(bytes: Buffer, offset: number, { isSigned, width }: BitFieldType): Integer {
  if (width <= 53) {
    const value = readBits(bytes, offset, width)
    return isSigned && value >= 2 ** (width - 1) ? value - 2 ** width : value
  }
  const high = BigInt(readBits(bytes, offset, width - 32))
  const value = (high << 32n) | BigInt(readBits(bytes, offset + width - 32, 32))
  return toInteger(isSigned ? BigInt.asIntN(width, value) : value)!
}

/** Writes a field that fits its type; the string must be long enough. */
export function writeField(bytes: Buffer, offset: number, { width }: BitFieldType, value: Integer): void {
  if (width <= 53 && typeof value === 'number') {
    writeBits(bytes, offset, width, value < 0 ? value + 2 ** width : value)
    return
  }
  const bits = BigInt.asUintN(width, BigInt(value))
  const low = Math.min(32, width)
  writeBits(bytes, offset + width - low, low, Number(BigInt.asUintN(low, bits)))
  if (width > 32) writeBits(bytes, offset, width - 32, Number(bits >> 32n))
}

export type Overflow = 'wrap' | 'sat' | 'fail'

/**
 * The value that BITFIELD stores for `value` + `increment` (0 for SET) under an overflow policy; undefined when it is to
 * fail. A negative value for an unsigned field counts as the same 64 bits unsigned, so it overflows upwards.
 */
export function fitField(
  { isSigned, width }: BitFieldType,
  value: Integer,
  increment: Integer,
  overflow: Overflow,
): Integer | undefined {
  if (typeof value === 'number' && typeof increment === 'number' && width <= 52 && (isSigned || value >= 0)) {
    const sum = value + increment
    const max = isSigned ? 2 ** (width - 1) - 1 : 2 ** width - 1
    const min = isSigned ? -max - 1 : 0
    if (sum >= min && sum <= max) return sum
  }
  const start = isSigned ? BigInt(value) : BigInt.asUintN(64, BigInt(value))
  const sum = start + BigInt(increment)
  const max = isSigned ? 2n ** BigInt(width - 1) - 1n : 2n ** BigInt(width) - 1n
  const min = isSigned ? -max - 1n : 0n
  if (sum >= min && sum <= max) return toInteger(sum)
  if (overflow === 'fail') return undefined
  if (overflow === 'sat') return toInteger(sum > max ? max : min)
  return toInteger(isSigned ? BigInt.asIntN(width, sum) : BigInt.asUintN(width, sum))
}
