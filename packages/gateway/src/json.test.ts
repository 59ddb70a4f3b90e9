// JSON in and out without loss, and its refusal of what is not JSON.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonNumber, parseJson, plainJson, writeJson } from './json.ts'
import { GatewayError } from './status.ts'

const code = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error)
  }
  return 'nothing thrown'
}

describe('parseJson', () => {
  it('keeps the text of every number', () => {
    const texts = ['12345678901234567890', '-0', '1.50', '1e400', '0.1000', '9007199254740993']
    expect(parseJson(`["SET","k",${texts.join(',')}]`)).toEqual(['SET', 'k', ...texts.map((t) => new JsonNumber(t))])
  })

  it('keeps __proto__ as a member like any other', () => {
    const value = parseJson('{"__proto__":{"a":"x"},"n":1}') as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).toBe(null)
    expect(Object.keys(value)).toEqual(['__proto__', 'n'])
    expect(Object.keys(parseJson('{"__proto__":"x"}') as object)).toEqual(['__proto__'])
  })

  it('agrees with the native parser about what is JSON, number tokens or not', () => {
    const text = fc.oneof(fc.json(), fc.string(), fc.stringMatching(/^[[\]{}",:0-9.eE+\-\\ntu ]*$/))
    fc.assert(
      fc.property(text, (t) => {
        let expected: unknown
        let isValid = true
        try {
          expected = JSON.parse(t)
        } catch {
          isValid = false
        }
        if (!isValid) expect(code(() => parseJson(t))).toBe('BAD_JSON')
        else {
          const same = JSON.parse(writeJson(parseJson(t)))
          expect(same).toEqual(expected)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('bounds the depth and survives long strings, deep nesting and invalid UTF-8', () => {
    expect(code(() => parseJson('['.repeat(100_000)))).toBe('BAD_JSON')
    expect(code(() => parseJson(`${'[1,'.repeat(33)}1${']'.repeat(33)}`))).toBe('BAD_JSON')
    expect(code(() => parseJson(`${'["a",'.repeat(33)}"a"${']'.repeat(33)}`))).toBe('BAD_JSON')
    expect(code(() => parseJson(Buffer.from([0x22, 0xff, 0x22])))).toBe('BAD_JSON')
    const long = 'x'.repeat(5_000_000)
    expect(parseJson(`["${long}",1]`)).toEqual([long, new JsonNumber('1')])
    expect(parseJson(`["${'\\n'.repeat(100_000)}",1]`)).toEqual(['\n'.repeat(100_000), new JsonNumber('1')])
  })
})

describe('writeJson', () => {
  it('writes every digit and every kind of reply', () => {
    expect(writeJson(12345678901234567890n)).toBe('12345678901234567890')
    expect(writeJson([1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])).toBe(
      '[1.5,"inf","-inf","nan"]',
    )
    expect(writeJson({ ['__proto__']: 1, a: null })).toBe('{"__proto__":1,"a":null}')
    expect(writeJson(new Map<unknown, unknown>([['a', new Set(['b'])]]))).toBe('{"a":["b"]}')
    expect(writeJson(Buffer.from([0xff]))).toBe('"\ufffd"')
    expect(writeJson(['OK', Buffer.from([0, 255])], 'base64')).toBe('["OK","AP8="]')
  })
})

describe('plainJson', () => {
  it('turns long integers into bigint and the rest into numbers', () => {
    expect(plainJson(parseJson('{"a":[1,2.5,12345678901234567890]}'))).toEqual({ a: [1, 2.5, 12345678901234567890n] })
  })

  it('keeps a long integer a number when that loses no digit', () => {
    expect(plainJson(parseJson('[12345678901234567000,12345678901234567001]'))).toEqual([
      12345678901234567000,
      12345678901234567001n,
    ])
  })
})
