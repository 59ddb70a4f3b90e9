// Listpacks: Redis's compact sequences of strings and integers, byte for byte.
//
//     total bytes u32 | elements u16 | element ... | 0xff        element = encoding + content + length backwards
//
// A string that is a canonical 64-bit integer is always stored as an integer, so encoding is deterministic: the same
// elements give the same bytes.
import { type Integer, parseInteger, toInteger } from './numbers.ts'

const HEADER = 6
const INT24 = 1 << 23

function integerSize(value: Integer): number {
  if (typeof value === 'bigint') return 9
  if (value >= 0 && value <= 127) return 1
  if (value >= -4096 && value <= 4095) return 2
  if (value >= -32768 && value <= 32767) return 3
  if (value >= -INT24 && value < INT24) return 4
  return value >= -(2 ** 31) && value < 2 ** 31 ? 5 : 9
}

function stringSize(length: number): number {
  return length < 64 ? 1 + length : length < 4096 ? 2 + length : 5 + length
}

function backwardsSize(size: number): number {
  if (size <= 127) return 1
  if (size < 16383) return 2
  if (size < 2097151) return 3
  return size < 268435455 ? 4 : 5
}

/** The bytes that one element takes in a listpack. */
export function elementSize(element: string | number): number {
  const integer = typeof element === 'number' ? element : element.length <= 20 ? parseInteger(element) : undefined
  const size = integer === undefined ? stringSize((element as string).length) : integerSize(integer)
  return size + backwardsSize(size)
}

/** The bytes of a listpack whose elements take `elementBytes` together. */
export function listpackSize(elementBytes: number): number {
  return HEADER + elementBytes + 1
}

/** The listpack of these elements; numbers are integers. */
export function encodeListpack(elements: readonly (string | number)[]): Buffer {
  let bytes = 0
  for (const element of elements) bytes += elementSize(element)
  const pack = Buffer.allocUnsafe(listpackSize(bytes))
  pack.writeUInt32LE(pack.length, 0)
  pack.writeUInt16LE(Math.min(elements.length, 0xffff), 4)
  let at = HEADER
  for (const element of elements) at = writeElement(pack, at, element)
  pack[at] = 0xff
  return pack
}

function writeElement(pack: Buffer, start: number, element: string | number): number {
  const integer = typeof element === 'number' ? element : element.length <= 20 ? parseInteger(element) : undefined
  const at = integer === undefined ? writeString(pack, start, element as string) : writeInteger(pack, start, integer)
  const size = at - start
  const count = backwardsSize(size)
  // The length is written so that it reads backwards: most significant 7 bits first, all but the first byte flagged.
  let rest = size
  for (let i = count - 1; i >= 0; i--) {
    pack[at + i] = (rest & 127) | (i > 0 ? 128 : 0)
    rest = Math.floor(rest / 128)
  }
  return at + count
}

function writeString(pack: Buffer, start: number, text: string): number {
  const length = text.length
  let at = start
  if (length < 64) pack[at++] = 0x80 | length
  else if (length < 4096) {
    pack[at++] = 0xe0 | (length >>> 8)
    pack[at++] = length & 0xff
  } else {
    pack[at++] = 0xf0
    at = pack.writeUInt32LE(length, at)
  }
  return at + pack.write(text, at, 'latin1')
}

function writeInteger(pack: Buffer, at: number, value: Integer): number {
  switch (integerSize(value)) {
    case 1:
      pack[at] = Number(value)
      return at + 1
    case 2: {
      const bits = Number(value) & 0x1fff
      pack[at] = 0xc0 | (bits >>> 8)
      pack[at + 1] = bits & 0xff
      return at + 2
    }
    case 3:
      pack[at] = 0xf1
      return pack.writeInt16LE(Number(value), at + 1)
    case 4:
      pack[at] = 0xf2
      return pack.writeIntLE(Number(value), at + 1, 3)
    case 5:
      pack[at] = 0xf3
      return pack.writeInt32LE(Number(value), at + 1)
    default:
      pack[at] = 0xf4
      return pack.writeBigInt64LE(BigInt(value), at + 1)
  }
}

/** The elements of a listpack as texts, undefined when the bytes are not a sound listpack. */
export function decodeListpack(pack: Buffer): string[] | undefined {
  if (pack.length < HEADER + 1 || pack.readUInt32LE(0) !== pack.length || pack[pack.length - 1] !== 0xff)
    return undefined
  const count = pack.readUInt16LE(4)
  const end = pack.length - 1
  const elements: string[] = []
  let at = HEADER
  while (at < end) {
    const first = pack[at]!
    const size = encodedSize(pack, at, end)
    if (size === undefined || at + size + backwardsSize(size) > end) return undefined
    elements.push(
      first < 0x80 || (first >= 0xc0 && first < 0xe0) || (first > 0xf0 && first < 0xf5)
        ? readInteger(pack, at)
        : readString(pack, at, size),
    )
    at += size + backwardsSize(size)
  }
  return count !== 0xffff && count !== elements.length ? undefined : elements
}

/** Bytes of the element at `at` without its backwards length. */
function encodedSize(pack: Buffer, at: number, end: number): number | undefined {
  const first = pack[at]!
  if (first < 0x80) return 1
  if (first < 0xc0) return 1 + (first & 0x3f)
  if (first < 0xe0) return 2
  if (first < 0xf0) return at + 1 < end ? 2 + (((first & 0x0f) << 8) | pack[at + 1]!) : undefined
  if (first === 0xf0) return at + 5 <= end ? 5 + pack.readUInt32LE(at + 1) : undefined
  return first === 0xf1 ? 3 : first === 0xf2 ? 4 : first === 0xf3 ? 5 : first === 0xf4 ? 9 : undefined
}

function readString(pack: Buffer, at: number, size: number): string {
  const first = pack[at]!
  return pack.toString('latin1', at + (first < 0xc0 ? 1 : first < 0xf0 ? 2 : 5), at + size)
}

function readInteger(pack: Buffer, at: number): string {
  const first = pack[at]!
  if (first < 0x80) return String(first)
  if (first < 0xe0) {
    const bits = ((first & 0x1f) << 8) | pack[at + 1]!
    return String(bits >= 4096 ? bits - 8192 : bits)
  }
  if (first === 0xf1) return String(pack.readInt16LE(at + 1))
  if (first === 0xf2) return String(pack.readIntLE(at + 1, 3))
  if (first === 0xf3) return String(pack.readInt32LE(at + 1))
  return String(toInteger(pack.readBigInt64LE(at + 1)))
}
