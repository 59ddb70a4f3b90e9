// Ziplists and zipmaps: the compact sequences of Redis before 7.0, read only.
import { toInteger } from './numbers.ts'

/** The elements of a ziplist as texts, undefined when the bytes are not a sound ziplist. */
export function decodeZiplist(bytes: Buffer): string[] | undefined {
  if (bytes.length < 11 || bytes.readUInt32LE(0) !== bytes.length || bytes[bytes.length - 1] !== 0xff) return undefined
  const count = bytes.readUInt16LE(8)
  const end = bytes.length - 1
  const elements: string[] = []
  let at = 10
  while (at < end) {
    at += bytes[at]! < 254 ? 1 : 5
    if (at >= end) return undefined
    const kind = bytes[at]!
    const size = kind < 0x40 ? 1 : kind < 0x80 ? 2 : kind < 0xc0 ? 5 : 1
    if (at + size > end) return undefined
    if (kind < 0xc0) {
      const length = size === 1 ? kind : size === 2 ? ((kind & 0x3f) << 8) | bytes[at + 1]! : bytes.readUInt32BE(at + 1)
      if (at + size + length > end) return undefined
      elements.push(bytes.toString('latin1', at + size, at + size + length))
      at += size + length
    } else {
      const width = integerWidth(kind)
      if (width === undefined || at + 1 + width > end) return undefined
      elements.push(readInteger(bytes, at + 1, kind, width))
      at += 1 + width
    }
  }
  return count !== 0xffff && count !== elements.length ? undefined : elements
}

function integerWidth(kind: number): number | undefined {
  if (kind > 0xf0 && kind < 0xfe) return 0
  return kind === 0xc0 ? 2 : kind === 0xd0 ? 4 : kind === 0xe0 ? 8 : kind === 0xf0 ? 3 : kind === 0xfe ? 1 : undefined
}

function readInteger(bytes: Buffer, at: number, kind: number, width: number): string {
  if (width === 0) return String((kind & 0x0f) - 1)
  return String(width === 8 ? toInteger(bytes.readBigInt64LE(at)) : bytes.readIntLE(at, width))
}

/** Keys and values of a zipmap in turn, undefined when the bytes are not a sound zipmap. */
export function decodeZipmap(bytes: Buffer): string[] | undefined {
  const elements: string[] = []
  let at = 1
  for (;;) {
    const first = bytes[at]
    if (first === 0xff) return at === bytes.length - 1 && elements.length % 2 === 0 ? elements : undefined
    const header = first === 254 ? 5 : 1
    if (first === undefined || at + header > bytes.length) return undefined
    const length = header === 5 ? bytes.readUInt32LE(at + 1) : first
    at += header
    // A value is followed by its count of unused bytes, and then by them.
    const isValue = elements.length % 2 === 1
    const free = isValue ? bytes[at++] : 0
    if (free === undefined || at + length + free > bytes.length) return undefined
    elements.push(bytes.toString('latin1', at, at + length))
    at += length + free
  }
}
