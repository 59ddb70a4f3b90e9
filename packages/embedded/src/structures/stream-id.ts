// Stream ids: two unsigned 64-bit numbers, milliseconds and sequence, held as 16 big-endian bytes in a string.
//
// So ids compare with < and ===, are exact at any size and serve as map keys. They are turned into "ms-seq" only for
// replies.
import { type Integer, parseUnsigned, toUnsigned } from './numbers.ts'

/** 16 bytes: milliseconds, then sequence, both big-endian. */
export type StreamId = string

export const MIN_ID: StreamId = '\0'.repeat(16)
export const MAX_ID: StreamId = '\xff'.repeat(16)
export const MAX_SEQUENCE: Integer = 2n ** 64n - 1n

function highWord(value: Integer): number {
  return typeof value === 'bigint' ? Number(value >> 32n) : Math.floor(value / 2 ** 32)
}

function lowWord(value: Integer): number {
  return typeof value === 'bigint' ? Number(value & 0xffffffffn) : value >>> 0
}

function word(id: StreamId, at: number): number {
  const high = (id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16)
  return (high | (id.charCodeAt(at + 2) << 8) | id.charCodeAt(at + 3)) >>> 0
}

function decode(id: StreamId, at: number): Integer {
  const high = word(id, at)
  const low = word(id, at + 4)
  return high < 2 ** 21 ? high * 2 ** 32 + low : toUnsigned((BigInt(high) << 32n) | BigInt(low))
}

export function streamId(ms: Integer, sequence: Integer): StreamId {
  const a = highWord(ms)
  const b = lowWord(ms)
  const c = highWord(sequence)
  const d = lowWord(sequence)
  // One call: joining two halves would make a string in three pieces.
  return String.fromCharCode(
    a >>> 24,
    (a >>> 16) & 0xff,
    (a >>> 8) & 0xff,
    a & 0xff,
    b >>> 24,
    (b >>> 16) & 0xff,
    (b >>> 8) & 0xff,
    b & 0xff,
    c >>> 24,
    (c >>> 16) & 0xff,
    (c >>> 8) & 0xff,
    c & 0xff,
    d >>> 24,
    (d >>> 16) & 0xff,
    (d >>> 8) & 0xff,
    d & 0xff,
  )
}

export function idMs(id: StreamId): Integer {
  return decode(id, 0)
}

export function idSequence(id: StreamId): Integer {
  return decode(id, 8)
}

/** "ms-seq", as in replies. */
export function formatId(id: StreamId): string {
  return `${decode(id, 0)}-${decode(id, 8)}`
}

/** The id after this one; undefined after the greatest. */
export function incrementId(id: StreamId): StreamId | undefined {
  if (id === MAX_ID) return undefined
  const sequence = BigInt(decode(id, 8))
  if (sequence < BigInt(MAX_SEQUENCE)) return streamId(decode(id, 0), toUnsigned(sequence + 1n))
  return streamId(toUnsigned(BigInt(decode(id, 0)) + 1n), 0)
}

/** The id before this one; undefined before the least. */
export function decrementId(id: StreamId): StreamId | undefined {
  if (id === MIN_ID) return undefined
  const sequence = BigInt(decode(id, 8))
  if (sequence > 0n) return streamId(decode(id, 0), toUnsigned(sequence - 1n))
  return streamId(toUnsigned(BigInt(decode(id, 0)) - 1n), MAX_SEQUENCE)
}

/**
 * An id as commands take it: "ms-seq", or "ms" with `missingSequence` for the rest, and unless `strict` also "-" and
 * "+". Like C, it ends at the first NUL. Undefined when it is none.
 */
export function parseId(given: string, missingSequence: Integer, strict = false): StreamId | undefined {
  if (given.length > 127) return undefined
  const text = untilNul(given)
  if (!strict && text === '-') return MIN_ID
  if (!strict && text === '+') return MAX_ID
  const dash = text.indexOf('-')
  const ms = parseUnsigned(dash === -1 ? text : text.slice(0, dash))
  if (ms === undefined) return undefined
  const sequence = dash === -1 ? missingSequence : parseUnsigned(text.slice(dash + 1))
  return sequence === undefined ? undefined : streamId(ms, sequence)
}

function untilNul(text: string): string {
  const nul = text.indexOf('\0')
  return nul === -1 ? text : text.slice(0, nul)
}

/** The id of XADD: exact, or "ms-*" (the sequence is to be chosen). "*" alone is not one. */
export function parseAddId(text: string): { readonly id: StreamId; readonly isPartial: boolean } | undefined {
  const isPartial = text.length <= 127 && /^[^-]*-\*$/.test(untilNul(text))
  const id = parseId(isPartial ? text.slice(0, text.indexOf('-')) : text, 0, true)
  return id === undefined ? undefined : { id, isPartial }
}

/** One end of an interval: an id, or "(" and a strict id for an exclusive end. */
export function parseIntervalId(
  text: string,
  missingSequence: Integer,
): { readonly id: StreamId; readonly isExclusive: boolean } | undefined {
  const isExclusive = text.length > 1 && text.startsWith('(')
  const id = isExclusive ? parseId(text.slice(1), missingSequence, true) : parseId(text, missingSequence)
  return id === undefined ? undefined : { id, isExclusive }
}
