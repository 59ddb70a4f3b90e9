import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeListpack, elementSize, encodeListpack, listpackSize } from './listpack.ts'

const integer = fc
  .oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-70000n, 70000n), fc.bigInt(-(2n ** 32n), 2n ** 32n))
  .map(String)
const element = fc.oneof(
  integer,
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 200 }),
  fc.constantFrom(63, 64, 125, 126, 4095, 4096, 16381, 16382, 70000).map((length) => 'x'.repeat(length)),
)

describe('listpack', () => {
  it('gives back what it was given, in the size it foretold', () => {
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        const pack = encodeListpack(elements)
        expect(decodeListpack(pack)).toEqual(elements)
        expect(pack.length).toBe(listpackSize(elements.reduce((sum, one) => sum + elementSize(one), 0)))
      }),
    )
  })

  it('refuses cut and foreign bytes', () => {
    const pack = encodeListpack(['one', '2', 'three'.repeat(20)])
    for (let end = 0; end < pack.length; end++) expect(decodeListpack(pack.subarray(0, end))).toBe(undefined)
    const wrongCount = Buffer.from(pack)
    wrongCount[4] = 9
    expect(decodeListpack(wrongCount)).toBe(undefined)
  })
})
