import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SortedMap } from './sorted-map.ts'

it('agrees with a sorted Map under random changes', () => {
  const action = fc.record({ kind: fc.constantFrom('set', 'set', 'delete'), key: fc.integer({ min: 0, max: 999 }) })
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 1500, size: 'max' }),
      fc.integer({ min: 0, max: 999 }),
      (actions, from) => {
        const map = new SortedMap<number>()
        const model = new Map<string, number>()
        for (const [value, { kind, key }] of actions.entries()) {
          const name = String(key).padStart(3, '0')
          if (kind === 'set') expect(map.set(name, value)).toBe(!model.has(name))
          else expect(map.delete(name)).toBe(model.has(name))
          if (kind === 'set') model.set(name, value)
          else model.delete(name)
          expect(map.get(name)).toBe(model.get(name))
          expect(map.has(name)).toBe(model.has(name))
          expect(map.size).toBe(model.size)
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        const start = String(from).padStart(3, '0')
        expect([...map.entries()]).toEqual(sorted)
        expect([...map.entries(start)]).toEqual(sorted.filter(([key]) => key >= start))
        expect(map.values()).toEqual(sorted.map(([, value]) => value))
        expect([map.firstKey(), map.lastKey()]).toEqual([sorted[0]?.[0], sorted.at(-1)?.[0]])
      },
    ),
    { numRuns: 100 },
  )
})
