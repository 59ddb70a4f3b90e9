import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  addToHyperloglog,
  countHyperloglog,
  countUnion,
  createHyperloglog,
  hyperloglogEncoding,
  hyperloglogRegisters,
  isHyperloglog,
  mergeHyperloglogs,
  toDenseHyperloglog,
} from './hyperloglog.ts'

const add = (bytes: Buffer, elements: readonly string[], max = 3000) => addToHyperloglog(bytes, elements, max)!.bytes

it('holds the same registers sparse and dense, and merging is the union', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 8 })), fc.array(fc.string({ maxLength: 8 })), (a, b) => {
      const sparse = add(createHyperloglog(), a)
      const dense = add(toDenseHyperloglog(createHyperloglog())!, a)
      const other = add(createHyperloglog(), b)
      expect(hyperloglogRegisters(sparse)).toEqual(hyperloglogRegisters(dense))
      expect(hyperloglogEncoding(sparse)).toBe('sparse')
      const both = add(createHyperloglog(), [...a, ...b])
      for (const target of [sparse, dense]) {
        expect(countUnion([target, other])).toBe(countUnion([both]))
        const merged = mergeHyperloglogs(Buffer.from(target), [other], 3000)!
        expect(hyperloglogRegisters(merged)).toEqual(hyperloglogRegisters(both))
        expect(isHyperloglog(merged)).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

it('counts with the error that 16384 registers allow, and caches the count', () => {
  let bytes = createHyperloglog()
  for (const target of [10, 1000, 100_000]) {
    bytes = add(
      bytes,
      Array.from({ length: target }, (_, i) => `element:${i}`),
    )
    const first = countHyperloglog(bytes)!
    expect(Math.abs(first.count - target) / target).toBeLessThan(0.02)
    expect(first.isCached).toBe(false)
    expect(countHyperloglog(bytes)).toEqual({ count: first.count, isCached: true })
    expect(addToHyperloglog(bytes, ['element:1'], 3000)!.isChanged).toBe(false)
  }
  expect(hyperloglogEncoding(bytes)).toBe('dense')
})

it('notices what is none or corrupt', () => {
  const bytes = add(createHyperloglog(), ['a', 'b'])
  expect(isHyperloglog(Buffer.from('HYLL'))).toBe(false)
  expect(isHyperloglog(Buffer.from('x'.repeat(40)))).toBe(false)
  expect(isHyperloglog(toDenseHyperloglog(bytes)!.subarray(1))).toBe(false)
  const cut = Buffer.from(bytes.subarray(0, -1))
  expect(isHyperloglog(cut)).toBe(true)
  expect(countHyperloglog(cut)).toBe(undefined)
  expect(countUnion([bytes, cut])).toBe(undefined)
  expect(mergeHyperloglogs(cut, [], 3000)).toBe(undefined)
  expect(addToHyperloglog(bytes.subarray(0, 16), ['a'], 3000)).toBe(undefined)
})
