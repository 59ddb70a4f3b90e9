import fc from 'fast-check'
import { expect, it } from 'vitest'
import { crc64 } from './crc64.ts'
import { compressLzf, decompressLzf } from './lzf.ts'

const text = fc.array(
  fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff'), maxLength: 12 }), fc.nat(40)),
  { maxLength: 20 },
)

it('decompresses what it compressed', () => {
  fc.assert(
    fc.property(text, (parts) => {
      const bytes = Buffer.from(parts.map(([part, count]) => part.repeat(count)).join(''), 'latin1')
      const compressed = compressLzf(bytes, bytes.length + 100)
      if (bytes.length === 0) expect(compressed).toBe(undefined)
      else expect(decompressLzf(compressed!, bytes.length)).toEqual(bytes)
      if (compressed === undefined) return
      expect(decompressLzf(compressed, bytes.length + 1)).toBe(undefined)
      expect(decompressLzf(compressed, bytes.length - 1)).toBe(undefined)
    }),
    { numRuns: 500 },
  )
})

it('gives up when the result would not be shorter', () => {
  const noise = Buffer.alloc(300)
  let state = 1
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    noise[i] = state >>> 16
  }
  expect(compressLzf(noise, noise.length - 4)).toBe(undefined)
  expect(compressLzf(Buffer.alloc(300), 20)!.length).toBeLessThan(20)
})

it('has the published check value of CRC-64/Jones', () => {
  expect(crc64(Buffer.from('123456789')).toString('hex')).toBe('cad9b8c414d9c6e9')
  expect(crc64(Buffer.alloc(0)).toString('hex')).toBe('0000000000000000')
})
