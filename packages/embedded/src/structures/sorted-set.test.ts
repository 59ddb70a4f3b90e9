import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedSet } from './sorted-set.ts'

const LIMITS = { entries: 128, value: 64 }

const compare = (a: [string, number], b: [string, number]) => a[1] - b[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)

function entries(set: SortedSet): [string, number][] {
  const list: [string, number][] = []
  set.visit(0, set.size, (member, score) => list.push([member, score]))
  return list
}

describe('SortedSet', () => {
  it('agrees with a sorted array under random changes, at any size', () => {
    const step = fc.record({
      kind: fc.constantFrom('set', 'set', 'set', 'delete', 'removeRange'),
      member: fc.integer({ min: 0, max: 400 }),
      score: fc.integer({ min: -8, max: 8 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 900, size: 'max' }), fc.integer({ min: 0, max: 200 }), (steps, limit) => {
        const set = new SortedSet()
        const model = new Map<string, number>()
        const sorted = () => [...model].sort(compare)
        for (const { kind, member, score } of steps) {
          const name = `m\xff${member}`
          if (kind === 'set') {
            expect(set.set(name, score, { entries: limit, value: 64 })).toBe(!model.has(name))
            model.set(name, score)
          } else if (kind === 'delete') {
            expect(set.delete(name)).toBe(model.delete(name))
          } else {
            const start = member % (model.size + 1)
            const removed = sorted()
              .slice(start, start + 3)
              .map(([key]) => key)
            expect(set.removeRange(start, start + 3)).toEqual(removed)
            for (const key of removed) model.delete(key)
          }
          expect(set.size).toBe(model.size)
        }
        const all = sorted()
        expect(entries(set)).toEqual(all)
        expect(entries(set.clone())).toEqual(all)
        const down: [string, number][] = []
        set.visitReverse(0, set.size, (member, score) => down.push([member, score]))
        expect(down).toEqual(all.toReversed())
        for (const [rank, [member, score]] of all.entries()) {
          expect(set.rank(member)).toBe(rank)
          expect(set.score(member)).toBe(score)
          expect(set.at(rank)).toEqual([member, score])
        }
        for (const [start, end] of [
          [3, 9],
          [60, 70],
          [0, 1],
          [5, 5],
          [-4, 2],
          [100, 1000],
        ] as const) {
          const part: string[] = []
          set.visit(start, end, (member) => part.push(member))
          expect(part).toEqual(all.slice(Math.max(0, start), end).map(([key]) => key))
          const back: string[] = []
          set.visitReverse(start, end, (member) => back.push(member))
          expect(back).toEqual(part.toReversed())
        }
        for (let score = -9; score <= 9; score++) {
          expect(set.countBelowScore(score, false)).toBe(all.filter(([, other]) => other < score).length)
          expect(set.countBelowScore(score, true)).toBe(all.filter(([, other]) => other <= score).length)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('counts by bytes when all scores are equal', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary-ascii', maxLength: 3 }), { maxLength: 300, size: 'max' }),
        (members) => {
          const set = new SortedSet()
          for (const member of members) set.set(member, 0, LIMITS)
          for (const bound of [...members.slice(0, 20), 'a', '']) {
            expect(set.countBelowMember(bound, false)).toBe(members.filter((member) => member < bound).length)
            expect(set.countBelowMember(bound, true)).toBe(members.filter((member) => member <= bound).length)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('orders infinities and keeps -0 only outside of a listpack', () => {
    const set = new SortedSet()
    set.set('top', Number.POSITIVE_INFINITY, LIMITS)
    set.set('zero', -0, LIMITS)
    set.set('bottom', Number.NEGATIVE_INFINITY, LIMITS)
    expect(entries(set).map(([member]) => member)).toEqual(['bottom', 'zero', 'top'])
    expect(Object.is(set.score('zero'), 0)).toBe(true)
    set.promote()
    set.set('minus', -0, LIMITS)
    expect(Object.is(set.score('minus'), -0)).toBe(true)
    expect(set.set('minus', 0, LIMITS)).toBe(false)
    expect(Object.is(set.score('minus'), -0)).toBe(true)
  })

  it('changes its encoding at the thresholds and never back', () => {
    const set = new SortedSet()
    for (let i = 0; i < 128; i++) set.set(String(i), i, LIMITS)
    expect(set.encoding).toBe('listpack')
    set.set('0', 99, LIMITS)
    expect(set.encoding).toBe('listpack')
    set.set('128', 1, LIMITS)
    expect(set.encoding).toBe('skiplist')
    set.removeRange(0, 120)
    expect(set.encoding).toBe('skiplist')
    const long = new SortedSet()
    long.set('x'.repeat(65), 1, LIMITS)
    expect(long.encoding).toBe('skiplist')
  })

  it('can be emptied as a whole and filled again', () => {
    const set = new SortedSet()
    for (let i = 0; i < 300; i++) set.set(String(i), i, LIMITS)
    expect(set.removeRange(-5, 1000)).toHaveLength(300)
    expect([set.size, set.has('7'), set.encoding]).toEqual([0, false, 'skiplist'])
    set.set('7', 1, LIMITS)
    expect(entries(set)).toEqual([['7', 1]])
    expect([set.score('7'), set.rank('7')]).toEqual([1, 0])
  })

  it('scans a listpack in one ordered step and a skiplist in many', () => {
    const set = new SortedSet()
    for (let i = 0; i < 100; i++) set.set(String(i), -i, LIMITS)
    const seen: number[] = []
    expect(set.scan('0', 10, (_, score) => seen.push(score))).toBe('0')
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i - 99))
    set.promote()
    const found = new Set<string>()
    let cursor = '0'
    let steps = 0
    do {
      cursor = set.scan(cursor, 10, (member) => found.add(member))
      steps++
    } while (cursor !== '0')
    expect([found.size, steps]).toEqual([100, 10])
  })
})
