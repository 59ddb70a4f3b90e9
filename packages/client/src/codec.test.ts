import { createHash } from 'node:crypto'
import { UsageError, ValidationError } from '@ochre/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes, bytesOf, type Codec, json, text } from './codec.ts'
import { type CompressionOptions, compressed } from './compression.ts'
import { type EncryptionOptions, encrypted } from './encryption.ts'

const keys = { a: Buffer.alloc(32, 1), b: Buffer.alloc(32, 2) }
const stored = <T>(codec: Codec<T>, value: T): Buffer => Buffer.from(bytesOf(codec.encode(value)))

test.each<[string, Codec<unknown>]>([
  ['json', json()],
  ['gzip', compressed(json(), { minBytes: 0 })],
  ['brotli', compressed(json(), { algorithm: 'brotli', minBytes: 0 })],
  ['AES', encrypted(json(), { keys, current: 'a' })],
  ['AES of gzip', encrypted(compressed(json(), { minBytes: 10 }), { keys, current: 'b' })],
])('what %s writes it reads again', (_, codec) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(codec.decode(stored(codec, value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('text and bytes stay what they are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (words, raw) => {
      const wellFormed = Buffer.from(words).toString()
      expect(text.decode(stored(text, wellFormed))).toBe(wellFormed)
      expect(Buffer.compare(bytes.decode(stored(bytes, raw)), raw)).toBe(0)
    }),
  )
})

describe('json', () => {
  test.each([undefined, () => 1, 5n])('refuses %s', (value) => {
    expect(() => json().encode(value)).toThrow(UsageError)
  })

  test('does not quote what it cannot read', () => {
    const read = (): unknown => json().decode(Buffer.from('secret'))
    expect(read).toThrow(ValidationError)
    expect(read).toThrow(/^A stored value is not JSON\.$/)
  })
})

describe('compression', () => {
  const long = 'x'.repeat(10_000)

  test('pays only where it helps, and says how in the first byte', () => {
    const gzip = compressed(text)
    expect(stored(gzip, 'short')).toEqual(Buffer.from('\0short'))
    expect(stored(gzip, long)[0]).toBe(1)
    expect(stored(gzip, long).length).toBeLessThan(100)
    expect(stored(compressed(text, { algorithm: 'brotli' }), long)[0]).toBe(2)
    const noise = Buffer.concat(['a', 'b', 'c', 'd', 'e'].map((seed) => createHash('sha512').update(seed).digest()))
    expect(stored(compressed(bytes, { level: 1 }), noise)[0]).toBe(0)
  })

  test('reads values of the other algorithm', () => {
    expect(compressed(text).decode(stored(compressed(text, { algorithm: 'brotli' }), long))).toBe(long)
  })

  test('refuses what would become too large, is damaged, or has no first byte', () => {
    const gzip = compressed(text, { maxBytes: 9999 })
    const packed = stored(compressed(text), long)
    expect(() => gzip.decode(packed)).toThrow(/at most 9999 bytes/)
    expect(() => compressed(text).decode(packed.subarray(0, 20))).toThrow(ValidationError)
    expect(() => compressed(text).decode(Buffer.from('plain'))).toThrow(ValidationError)
    expect(() => compressed(text).decode(Buffer.alloc(0))).toThrow(ValidationError)
    expect(compressed(text, { readPlain: true }).decode(Buffer.from('plain'))).toBe('plain')
  })

  test.each<[unknown, RegExp]>([
    [{ algorithm: 'zstd' }, /gzip or brotli/],
    [{ level: 0 }, /level must be a whole number from 1 to 9/],
    [{ algorithm: 'brotli', level: 12 }, /from 0 to 11/],
  ])('%j is refused', (options, message) => {
    expect(() => compressed(text, options as CompressionOptions)).toThrow(message)
  })
})

describe('encryption', () => {
  const codec = encrypted(text, { keys, current: 'a' })

  test('is laid out as documented, differs each time and shows nothing', () => {
    const value = stored(codec, 'secret')
    expect(value.subarray(0, 3)).toEqual(Buffer.from('\x01\x01a'))
    expect(value).toHaveLength(3 + 12 + 16 + 6)
    expect(value.includes('secret')).toBe(false)
    expect(stored(codec, 'secret').equals(value)).toBe(false)
  })

  test('every changed bit and every missing byte is refused', () => {
    const value = stored(codec, 'secret')
    for (let bit = 0; bit < value.length * 8; bit++) {
      const changed = Buffer.from(value)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => codec.decode(changed)).toThrow(ValidationError)
    }
    for (let length = 0; length < value.length; length++) {
      expect(() => codec.decode(value.subarray(0, length))).toThrow(ValidationError)
    }
  })

  test('keys are rotated: old values stay readable as long as their key is there', () => {
    const old = stored(codec, 'v')
    expect(encrypted(text, { keys, current: 'b' }).decode(old)).toBe('v')
    const without = encrypted(text, { keys: { b: keys.b }, current: 'b' })
    expect(() => without.decode(old)).toThrow(/not among the keys/)
    const other = encrypted(text, { keys: { a: keys.b }, current: 'a' })
    expect(() => other.decode(old)).toThrow(/another key/)
  })

  test.each<[EncryptionOptions, RegExp]>([
    [{ keys: { a: Buffer.alloc(16) }, current: 'a' }, /32 bytes/],
    [{ keys: { '': Buffer.alloc(32) }, current: '' }, /1 to 255/],
    [{ keys, current: 'c' }, /one of the keys/],
  ])('wrong keys are refused', (options, message) => {
    expect(() => encrypted(text, options)).toThrow(message)
  })
})
