import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SetValue } from './set-value.ts'

const integer = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-20n, 20n)).map(String)
const action = fc.record({
  kind: fc.constantFrom('add', 'add', 'delete'),
  member: fc.oneof({ weight: 40, arbitrary: integer }, { weight: 1, arbitrary: fc.constantFrom('x', '01', '') }),
})

describe('SetValue', () => {
  it('agrees with a Set, and is sorted by value as long as it holds few integers', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 1, max: 60 }), (actions, max) => {
        const set = new SetValue()
        const model = new Set<string>()
        let isIntset = true
        for (const { kind, member } of actions) {
          if (kind === 'add') {
            expect(set.add(member, max)).toBe(!model.has(member))
            model.add(member)
            if (String(BigInt(/^-?[0-9]+$/.test(member) ? member : '0')) !== member || model.size > max)
              isIntset = false
          } else {
            expect(set.delete(member)).toBe(model.delete(member))
          }
          expect(set.has(member)).toBe(model.has(member))
          expect(set.size).toBe(model.size)
        }
        expect(set.encoding).toBe(isIntset ? 'intset' : 'hashtable')
        if (isIntset) expect(set.members()).toEqual([...model].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)))
        else expect(new Set(set.members())).toEqual(model)
        expect(set.clone().members()).toEqual(set.members())
        const scanned = new Set<string>()
        let cursor = '0'
        do cursor = set.scan(cursor, 7, (member) => scanned.add(member))
        while (cursor !== '0')
        expect(scanned).toEqual(model)
        if (model.size > 0) expect(model).toContain(set.random(() => 0.5))
      }),
      { numRuns: 400 },
    )
  })
})
