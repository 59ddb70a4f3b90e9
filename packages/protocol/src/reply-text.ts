// Text and numbers out of the bytes of replies.
import { latin1Slice, utf8Slice } from './slice.ts'

/** Short ASCII texts that come again and again (field names, status lines), found by their bytes. */
const ATOMS: (string | undefined)[] = new Array(1024).fill(undefined)
export const MAX_ATOM = 32

/** The text of a range; the same bytes mostly give the same string, which need not be made again. */
export function atom(chunk: Buffer, start: number, end: number): string {
  const length = end - start
  if (length > MAX_ATOM) return utf8Slice(chunk, start, end)
  let hash = length
  for (let i = start; i < end; i++) {
    const byte = chunk[i]!
    if (byte > 127) return utf8Slice(chunk, start, end)
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  const slot = (hash ^ (hash >>> 10)) & 1023
  const known = ATOMS[slot]
  if (known !== undefined && known.length === length) {
    let i = 0
    while (i < length && known.charCodeAt(i) === chunk[start + i]) i++
    if (i === length) return known
  }
  const text = latin1Slice(chunk, start, end)
  ATOMS[slot] = text
  return text
}

/** Text of a map's key that is not a string. Only scripts can make such maps. */
export function keyText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? ''
}

/** The text of a binary string that is UTF-8. */
export function fromBinary(binary: string): string {
  for (let i = 0; i < binary.length; i++) {
    if (binary.charCodeAt(i) > 127) return Buffer.from(binary, 'latin1').toString('utf8')
  }
  return binary
}

/** The number that a double of RESP3 spells; undefined when it is none. */
export function double(line: string): number | undefined {
  switch (line) {
    case 'inf':
    case '+inf':
      return Number.POSITIVE_INFINITY
    case '-inf':
      return Number.NEGATIVE_INFINITY
    case 'nan':
    case '-nan':
      return Number.NaN
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(line) ? Number(line) : undefined
}
