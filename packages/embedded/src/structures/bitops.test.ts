import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineBits, countBits, findBit, fitField, parseFieldType, readField, writeField } from './bitops.ts'

/** Buffers at any alignment, with long runs of equal bytes. */
const bytes = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom(0, 255, 1, 128, 77), fc.nat(40)), { maxLength: 6 }), fc.nat(3))
  .map(([runs, offset]) => {
    const content = Buffer.concat(runs.map(([byte, count]) => Buffer.alloc(count, byte)))
    const whole = Buffer.alloc(content.length + offset + 5, 0xee)
    content.copy(whole, offset)
    return whole.subarray(offset, offset + content.length)
  })

const bitsOf = (buffer: Buffer) => [...buffer].map((byte) => byte.toString(2).padStart(8, '0')).join('')

describe('bits', () => {
  it('count and are found as in a text of ones and zeros', () => {
    fc.assert(
      fc.property(bytes, fc.nat(2000), fc.nat(2000), (buffer, a, b) => {
        const text = bitsOf(buffer)
        const start = Math.min(a, text.length)
        const end = Math.min(b, text.length)
        const part = text.slice(start, end)
        expect(countBits(buffer, start, end)).toBe(part.replaceAll('0', '').length)
        expect(countBits(buffer, 0, text.length)).toBe(text.replaceAll('0', '').length)
        for (const bit of [0, 1] as const) {
          const at = part.indexOf(String(bit))
          expect(findBit(buffer, bit, start, end)).toBe(at === -1 ? -1 : start + at)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('combine byte by byte, padded with zeros', () => {
    fc.assert(
      fc.property(
        fc.array(bytes, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('and' as const, 'or' as const, 'xor' as const),
        (sources, operation) => {
          const length = Math.max(...sources.map((source) => source.length))
          const expected = Array.from({ length }, (_, at) =>
            sources
              .map((source) => source[at] ?? 0)
              .reduce((left, right) =>
                operation === 'and' ? left & right : operation === 'or' ? left | right : left ^ right,
              ),
          )
          const before = sources.map((source) => Buffer.from(source))
          expect([...combineBits(operation, sources)]).toEqual(expected)
          expect(sources).toEqual(before)
          expect([...combineBits('not', [sources[0]!])]).toEqual([...sources[0]!].map((byte) => byte ^ 0xff))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('fields', () => {
  const type = fc.oneof(
    fc.integer({ min: 1, max: 64 }).map((width) => ({ isSigned: true, width })),
    fc.integer({ min: 1, max: 63 }).map((width) => ({ isSigned: false, width })),
  )
  const int64 = fc.oneof(
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.bigInt(-300n, 300n),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
  )
  const narrow = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

  it('are read and written as in a text of ones and zeros', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.nat(100),
        type,
        int64,
        (content, offset, one, value) => {
          const buffer = Buffer.from(content)
          const text = bitsOf(buffer)
          const part = BigInt(`0b${text.slice(offset, offset + one.width)}`)
          expect(readField(buffer, offset, one)).toBe(narrow(one.isSigned ? BigInt.asIntN(one.width, part) : part))
          const stored = one.isSigned ? BigInt.asIntN(one.width, value) : BigInt.asUintN(one.width, value)
          writeField(buffer, offset, one, narrow(stored))
          expect(readField(buffer, offset, one)).toBe(narrow(stored))
          const written = BigInt.asUintN(one.width, value).toString(2).padStart(one.width, '0')
          expect(bitsOf(buffer)).toBe(text.slice(0, offset) + written + text.slice(offset + one.width))
        },
      ),
      { numRuns: 2000 },
    )
    expect(readField(Buffer.from([255]), 4, { isSigned: false, width: 8 })).toBe(0xf0)
    expect(readField(Buffer.alloc(0), 400, { isSigned: true, width: 64 })).toBe(0)
  })

  it('wrap, saturate or fail in exact arithmetic', () => {
    fc.assert(
      fc.property(type, int64, int64, (one, value, increment) => {
        const start = one.isSigned ? value : BigInt.asUintN(64, value)
        const sum = start + increment
        const stored = one.isSigned ? BigInt.asIntN(one.width, sum) : BigInt.asUintN(one.width, sum)
        const isFitting = stored === sum
        const max = one.isSigned ? 2n ** BigInt(one.width - 1) - 1n : 2n ** BigInt(one.width) - 1n
        const fit = (overflow: 'wrap' | 'sat' | 'fail') => fitField(one, narrow(value), narrow(increment), overflow)
        expect(fit('wrap')).toBe(narrow(stored))
        expect(fit('fail')).toBe(isFitting ? narrow(stored) : undefined)
        expect(fit('sat')).toBe(isFitting ? narrow(stored) : narrow(sum > max ? max : one.isSigned ? -max - 1n : 0n))
      }),
      { numRuns: 2000 },
    )
  })

  it('have the names of BITFIELD', () => {
    expect(parseFieldType('i64')).toEqual({ isSigned: true, width: 64 })
    expect(parseFieldType('u63')).toEqual({ isSigned: false, width: 63 })
    for (const text of ['u64', 'i65', 'i0', 'x8', 'i', 'I8', 'i08', '8', 'i8 '])
      expect(parseFieldType(text), text).toBe(undefined)
  })
})
