// The order-preserving encoding of index columns: byte order of the encodings is the order of the values.
//
//   null 01 | false 02 | true 03 | int64 04 + 8 bytes, sign bit flipped | double 05 + 8 bytes, flipped
//   string 06 + bytes, 00 as 00 FF, end 00 | bytes 07, likewise
//
// A descending column is the complement of its bytes. After the columns comes the id with an end mark 00 (both complemented
// when the last column is descending) and its length in two bytes, so that it can be cut off without decoding the columns.
// What follows a column starts with a byte in 01..FE, so the entries of one value are exactly those from its bytes + 01 up to
// its bytes + FF: text that goes on with 00 has FF there (00 when descending) and stays outside.
// lua/tuple.ts holds the same functions in Lua; both must give the same bytes. Members that are read are binary strings, one
// char per byte.

import { UsageError } from '@ochre/protocol'

export type TupleKind = 'int64' | 'double' | 'string' | 'bytes' | 'boolean'
export type TupleValue = null | boolean | number | bigint | string | Uint8Array

const NULL = Buffer.of(1)
const FALSE = Buffer.of(2)
const TRUE = Buffer.of(3)

/** The bytes of one column. A string is its UTF-8; `-0` is `0`. */
export function encodeColumn(kind: TupleKind, value: TupleValue | undefined, desc: boolean): Buffer {
  const bytes = ascending(kind, value)
  return desc ? complement(bytes) : bytes
}

function ascending(kind: TupleKind, value: TupleValue | undefined): Buffer {
  if (value === null || value === undefined) return NULL
  switch (kind) {
    case 'boolean':
      return value ? TRUE : FALSE
    case 'int64': {
      const bytes = Buffer.alloc(9)
      bytes[0] = 4
      if (typeof value === 'bigint') bytes.writeBigUInt64BE(BigInt.asUintN(64, value) ^ (1n << 63n), 1)
      else {
        bytes.writeUInt32BE(highOf(value as number), 1)
        bytes.writeUInt32BE(lowOf(value as number), 5)
      }
      return bytes
    }
    case 'double': {
      const bytes = Buffer.alloc(9)
      bytes[0] = 5
      bytes.writeDoubleBE((value as number) + 0, 1)
      if (value === 0) bytes.fill(0, 1)
      if (bytes[1]! & 0x80) for (let i = 1; i < 9; i++) bytes[i] = ~bytes[i]! & 0xff
      else bytes[1]! |= 0x80
      return bytes
    }
    case 'string':
      return terminated(6, Buffer.from(value as string, 'utf8'))
    case 'bytes':
      return terminated(7, value as Uint8Array)
  }
}

/** The upper half of a safe integer's 64 bits, its sign bit flipped. */
function highOf(value: number): number {
  return Math.floor(value / 0x1_0000_0000) + 0x8000_0000
}

/** The lower half. */
function lowOf(value: number): number {
  return value - Math.floor(value / 0x1_0000_0000) * 0x1_0000_0000
}

/** Where the column that starts at `at` in a member ends when it holds this value; -1 when it holds another. */
export function skipColumn(
  member: string,
  at: number,
  kind: TupleKind,
  value: TupleValue | undefined,
  desc: boolean,
): number {
  if (kind === 'int64' && typeof value === 'number') {
    // The most frequent kind, without making its bytes.
    const turn = desc ? 0xff : 0
    if (member.charCodeAt(at) !== (4 ^ turn)) return -1
    const [high, low] = [highOf(value), lowOf(value)]
    for (let i = 0; i < 4; i++) {
      const shift = 24 - 8 * i
      if (member.charCodeAt(at + 1 + i) !== (((high >>> shift) & 0xff) ^ turn)) return -1
      if (member.charCodeAt(at + 5 + i) !== (((low >>> shift) & 0xff) ^ turn)) return -1
    }
    return at + 9
  }
  const column = encodeColumn(kind, value, desc).toString('latin1')
  const end = at + column.length
  // Text that goes on with 00.
  const isLonger = member.charCodeAt(end) === (desc ? 0 : 0xff)
  return member.startsWith(column, at) && !isLonger ? end : -1
}

function terminated(tag: number, content: Uint8Array): Buffer {
  let zeros = 0
  for (const byte of content) if (byte === 0) zeros++
  const bytes = Buffer.alloc(content.length + zeros + 2)
  bytes[0] = tag
  let at = 1
  for (const byte of content) {
    bytes[at++] = byte
    if (byte === 0) bytes[at++] = 0xff
  }
  return bytes
}

function complement(bytes: Buffer): Buffer {
  const other = Buffer.allocUnsafe(bytes.length)
  for (let i = 0; i < bytes.length; i++) other[i] = ~bytes[i]! & 0xff
  return other
}

/** What follows the columns in an index member. */
export function encodeIdSuffix(id: string, desc: boolean): Buffer {
  const bytes = Buffer.from(id, 'utf8')
  if (bytes.length > 0xffff) throw new UsageError('An id has at most 65535 bytes')
  const end = Buffer.of(desc ? 0xff : 0, bytes.length >> 8, bytes.length & 0xff)
  return Buffer.concat([desc ? complement(bytes) : bytes, end])
}

/** Where the id starts at the end of an index member. */
export function idStart(member: string): number {
  const end = member.length
  return end - 3 - member.charCodeAt(end - 2) * 256 - member.charCodeAt(end - 1)
}

/** The id at the end of an index member. */
export function idOfMember(member: string, desc: boolean): string {
  const bytes = member.slice(idStart(member), -3)
  return textOf(desc ? complement(Buffer.from(bytes, 'latin1')).toString('latin1') : bytes)
}

/** The text whose UTF-8 a binary string holds. */
export function textOf(binary: string): string {
  for (let i = 0; i < binary.length; i++)
    if (binary.charCodeAt(i) > 127) return Buffer.from(binary, 'latin1').toString('utf8')
  return binary
}

/** An index member's order seen from the other direction: everything but the two bytes of the id's length. */
export function flip(position: Buffer): Buffer {
  const end = position.length - 2
  return Buffer.concat([complement(position.subarray(0, end)), position.subarray(end)])
}

/** Lowers A to Z and nothing else, as the script does. */
export function foldLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
