import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUnsigned } from './numbers.ts'
import {
  decrementId,
  formatId,
  idMs,
  idSequence,
  incrementId,
  MAX_ID,
  MIN_ID,
  parseAddId,
  parseId,
  parseIntervalId,
  streamId,
} from './stream-id.ts'

const half = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(0n, 5n),
  fc.constantFrom(2n ** 32n, 2n ** 53n, 2n ** 64n - 1n),
)

describe('stream ids', () => {
  it('order, print, count and parse as pairs of 64-bit numbers', () => {
    fc.assert(
      fc.property(half, half, half, half, (ms, seq, otherMs, otherSeq) => {
        const id = streamId(toUnsigned(ms), toUnsigned(seq))
        const other = streamId(toUnsigned(otherMs), toUnsigned(otherSeq))
        const value = (ms << 64n) | seq
        expect(id < other).toBe(value < ((otherMs << 64n) | otherSeq))
        expect([BigInt(idMs(id)), BigInt(idSequence(id))]).toEqual([ms, seq])
        expect(formatId(id)).toBe(`${ms}-${seq}`)
        expect(parseId(formatId(id), 0)).toBe(id)
        const next = incrementId(id)
        if (next === undefined) expect(id).toBe(MAX_ID)
        else {
          expect((BigInt(idMs(next)) << 64n) | BigInt(idSequence(next))).toBe(value + 1n)
          expect(decrementId(next)).toBe(id)
        }
      }),
    )
    expect(decrementId(MIN_ID)).toBe(undefined)
    expect(formatId(MIN_ID)).toBe('0-0')
  })

  it('parses the forms of commands', () => {
    expect(formatId(parseId('5', 7)!)).toBe('5-7')
    expect(parseId('-', 0)).toBe(MIN_ID)
    expect(parseId('+', 0)).toBe(MAX_ID)
    for (const text of ['', '-', '+', 'x', '1-', '1-x', '1-2-3', '-1-1', '18446744073709551616'])
      expect(parseId(text, 0, true), text).toBe(undefined)
    expect(parseAddId('5-*')).toEqual({ id: streamId(5, 0), isPartial: true })
    expect(parseAddId('5-3')).toEqual({ id: streamId(5, 3), isPartial: false })
    for (const text of ['*', '-*', '5-1-*', '5-**']) expect(parseAddId(text), text).toBe(undefined)
    expect(parseIntervalId('(5-3', 0)).toEqual({ id: streamId(5, 3), isExclusive: true })
    expect(parseIntervalId('(-', 0)).toBe(undefined)
    expect(parseIntervalId('-', 0)).toEqual({ id: MIN_ID, isExclusive: false })
  })
})
