import fc from 'fast-check'
import { expect, it } from 'vitest'
import { murmurHash64A } from './murmur.ts'

/** The definition in BigInt arithmetic. */
function reference(bytes: Buffer, seed: number): bigint {
  const mask = (1n << 64n) - 1n
  const m = 0xc6a4a7935bd1e995n
  let h = BigInt(seed) ^ ((BigInt(bytes.length) * m) & mask)
  const whole = bytes.length - (bytes.length % 8)
  for (let at = 0; at < whole; at += 8) {
    let k = (bytes.readBigUInt64LE(at) * m) & mask
    k ^= k >> 47n
    h = ((h ^ ((k * m) & mask)) * m) & mask
  }
  const rest = bytes.subarray(whole)
  if (rest.length > 0) {
    for (const [i, byte] of rest.entries()) h ^= BigInt(byte) << BigInt(8 * i)
    h = (h * m) & mask
  }
  h ^= h >> 47n
  h = (h * m) & mask
  return h ^ (h >> 47n)
}

it('equals the definition in exact arithmetic', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(0xffffffff), (data, seed) => {
      const bytes = Buffer.from(data)
      const [high, low] = murmurHash64A(bytes.toString('latin1'), seed)
      expect((BigInt(high) << 32n) | BigInt(low)).toBe(reference(bytes, seed))
    }),
    { numRuns: 1000 },
  )
})
