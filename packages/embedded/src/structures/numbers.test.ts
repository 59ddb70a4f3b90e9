import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addFloatTexts,
  addIntegers,
  formatDouble,
  formatFixed,
  formatHuman,
  formatLongDouble,
  parseDouble,
  parseInteger,
  parseLongDouble,
  parseSafeInteger,
  parseUnsigned,
  strtod,
} from './numbers.ts'

describe('integers', () => {
  it('accepts exactly the texts that formatting gives back', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 64n), 2n ** 64n), (value) => {
        const inside = value >= -(2n ** 63n) && value < 2n ** 63n
        const parsed = parseInteger(String(value))
        expect(parsed === undefined ? undefined : BigInt(parsed)).toBe(inside ? value : undefined)
        expect(typeof parsed).toBe(!inside ? 'undefined' : Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
      }),
    )
    for (const text of ['', '-', '+1', ' 1', '1 ', '01', '-0', '-01', '1.0', '1e3', '0x1', '9223372036854775808'])
      expect(parseInteger(text), text).toBe(undefined)
    expect(parseInteger('0')).toBe(0)
    expect(parseInteger('-9223372036854775808')).toBe(-(2n ** 63n))
    expect(parseSafeInteger('9007199254740992')).toBe(undefined)
    expect(parseUnsigned('18446744073709551615')).toBe(2n ** 64n - 1n)
    expect(parseUnsigned('18446744073709551616')).toBe(undefined)
    expect(parseUnsigned('-1')).toBe(undefined)
    expect(parseUnsigned('-01')).toBe(2n ** 64n - 1n)
    expect(parseUnsigned(' +007')).toBe(7)
    expect(parseUnsigned('7 ')).toBe(undefined)
  })

  it('adds without rounding and reports overflow', () => {
    expect(addIntegers(2 ** 53 - 1, 2)).toBe(2n ** 53n + 1n)
    expect(addIntegers(2n ** 63n - 1n, 1)).toBe(undefined)
    expect(addIntegers(-(2n ** 63n), -1)).toBe(undefined)
    expect(addIntegers(2n ** 60n, -(2n ** 60n) + 5n)).toBe(5)
  })
})

describe('doubles', () => {
  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(parseDouble(formatDouble(value))).toBe(value)
      }),
      { numRuns: 2000 },
    )
  })

  it('prints as %.17g', () => {
    expect(formatDouble(0.1)).toBe('0.10000000000000001')
    expect(formatDouble(-0)).toBe('-0')
    expect(formatDouble(1e17)).toBe('1e+17')
    expect(formatDouble(1e16)).toBe('10000000000000000')
    expect(formatDouble(5e-324)).toBe('4.9406564584124654e-324')
    expect(formatDouble(0.0001)).toBe('0.0001')
    expect(formatDouble(0.00001)).toBe('1.0000000000000001e-05')
    expect(formatDouble(Number.NEGATIVE_INFINITY)).toBe('-inf')
    // An exact tie in the 18th digit goes to even.
    expect(formatDouble(1234567890123456 + 0.25)).toBe('1234567890123456.2')
    expect(formatDouble(1234567890123456 + 0.75)).toBe('1234567890123456.8')
  })

  it('rounds ties of 18 digits to even, as exact arithmetic does', () => {
    // n / 2^k has k decimals: with 18 digits in all, the last one is a 5 that has to go.
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 20 }), fc.integer({ min: 10, max: 19 }), (n, k) => {
        const value = (2 * n + 1) / 2 ** k
        const exact = value.toFixed(k)
        const digits = exact.replace('.', '').replace(/^0+/, '')
        fc.pre(digits.length === 18 && value >= 1e-4)
        const kept = digits.slice(0, 17)
        const rounded = BigInt(kept) + (Number(kept.at(-1)) % 2 === 1 ? 1n : 0n)
        const expected = `${rounded}`.padStart(k - 1 + 1, '0')
        const point = expected.length - (k - 1)
        expect(formatDouble(value)).toBe(`${expected.slice(0, point)}.${expected.slice(point)}`.replace(/\.?0+$/, ''))
      }),
    )
  })

  it('accepts what strtod accepts, with the refusals of ZADD', () => {
    expect(parseDouble('0x1p3')).toBe(8)
    expect(parseDouble('0x.8')).toBe(0.5)
    expect(parseDouble('-Infinity')).toBe(Number.NEGATIVE_INFINITY)
    expect(parseDouble('.5')).toBe(0.5)
    expect(parseDouble('5.')).toBe(5)
    expect(Object.is(parseDouble('-0'), -0)).toBe(true)
    for (const text of ['', ' 1', '1 ', 'nan', '1e400', '1e-400', '0x', '1e', '.', 'abc', '1_0', '+-1'])
      expect(parseDouble(text), text).toBe(undefined)
    expect(parseDouble('0e5')).toBe(0)
    expect(parseDouble('0x0p9')).toBe(0)
    expect(strtod(' 1e400')).toBe(Number.POSITIVE_INFINITY)
    expect(strtod('nan')).toBe(Number.NaN)
    expect(strtod('0x1p-1074')).toBe(5e-324)
    expect(strtod('0x1.fffffffffffff8p0')).toBe(2)
  })

  it('prints fixed decimals with ties to even', () => {
    expect(formatFixed(0.5, 0)).toBe('0')
    expect(formatFixed(1.03125, 4)).toBe('1.0312')
    expect(formatFixed(1.09375, 4)).toBe('1.0938')
    expect(formatFixed(166274.15156960033, 4)).toBe('166274.1516')
    expect(formatFixed(0, 4)).toBe('0.0000')
  })
})

it('prints coordinates with up to 17 decimals', () => {
  expect(formatHuman(13.361389338970184)).toBe('13.36138933897018433')
  expect(formatHuman(-0)).toBe('0')
  expect(formatHuman(100)).toBe('100')
  expect(formatHuman(-0.5)).toBe('-0.5')
})

describe('long doubles', () => {
  const add = (a: string, b: string) => addFloatTexts(parseLongDouble(a)!, parseLongDouble(b)!)

  it('adds decimals without the noise of doubles', () => {
    expect(add('0.1', '0.2')).toBe('0.3')
    expect(add('10.5', '0.1')).toBe('10.6')
    expect(add('5.0e3', '2.0e2')).toBe('5200')
    expect(add('3', '-3')).toBe('0')
    expect(add('-0.00000000000000000001', '0')).toBe('0')
    expect(add('9223372036854775807', '1')).toBe('9223372036854775808')
    expect(add('inf', '1')).toBe(undefined)
  })

  it('reads integers of up to 64 bits exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 64n) + 1n, 2n ** 64n - 1n), (value) => {
        expect(formatLongDouble(parseLongDouble(String(value))!)).toBe(String(value))
      }),
    )
  })

  it('refuses what Redis refuses', () => {
    for (const text of ['', ' 1', 'nan', '1e5000', '1e-5000', 'x', '1'.repeat(5120)])
      expect(parseLongDouble(text), text).toBe(undefined)
    expect(parseLongDouble('1e4000')).toBeDefined()
    expect(parseLongDouble('3.6e-4951')).toBeDefined()
  })
})
