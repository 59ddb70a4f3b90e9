import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HashValue } from './hash-value.ts'

const action = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'delete'),
  field: fc.integer({ min: 0, max: 40 }).map((n) => `f${n}`),
  length: fc.oneof({ weight: 60, arbitrary: fc.integer({ min: 0, max: 8 }) }, { weight: 1, arbitrary: fc.constant(9) }),
})

describe('HashValue', () => {
  it('agrees with a Map, in insertion order as long as it is a listpack', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 0, max: 45 }), (actions, entries) => {
        const hash = new HashValue()
        const model = new Map<string, string>()
        let isListpack = true
        for (const { kind, field, length } of actions) {
          if (kind === 'set') {
            expect(hash.set(field, 'x'.repeat(length), { entries, value: 8 })).toBe(!model.has(field))
            model.set(field, 'x'.repeat(length))
            if (length > 8 || model.size > entries) isListpack = false
          } else {
            expect(hash.delete(field)).toBe(model.delete(field))
          }
          expect(hash.get(field)).toBe(model.get(field))
          expect(hash.size).toBe(model.size)
        }
        expect(hash.encoding).toBe(isListpack ? 'listpack' : 'hashtable')
        const pairs = hash.fields().map((field, i) => [field, hash.values()[i]])
        if (isListpack) expect(pairs).toEqual([...model])
        else expect(new Map(pairs as [string, string][])).toEqual(model)
        const scanned = new Map<string, string>()
        let cursor = '0'
        do cursor = hash.clone().scan(cursor, 7, (field, value) => scanned.set(field, value))
        while (cursor !== '0')
        expect(scanned).toEqual(model)
        if (model.size > 0) expect(model.has(hash.random(() => 0.99)[0])).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('lets fields expire as a map of times would', () => {
    const step = fc.record({
      kind: fc.constantFrom('set', 'keep', 'expire', 'expire', 'persist', 'delete', 'remove'),
      field: fc.integer({ min: 0, max: 12 }).map((n) => `f${n}`),
      time: fc.integer({ min: 1, max: 50 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), (steps, isLarge) => {
        const limits = { entries: isLarge ? 2 : 128, value: 64 }
        let hash = new HashValue()
        const model = new Map<string, number | undefined>()
        let now = 0
        for (const { kind, field, time } of steps) {
          if (kind === 'set' || kind === 'keep') {
            hash.set(field, 'v', limits, kind === 'keep')
            model.set(field, kind === 'keep' ? model.get(field) : undefined)
          } else if (kind === 'expire') {
            expect(hash.expireAt(field, now + time)).toBe(model.has(field))
            if (model.has(field)) model.set(field, now + time)
          } else if (kind === 'persist') {
            expect(hash.persist(field)).toBe(model.get(field) !== undefined)
            if (model.has(field)) model.set(field, undefined)
          } else if (kind === 'delete') {
            expect(hash.delete(field)).toBe(model.delete(field))
          } else {
            now += time
            const due = [...model].filter(([, at]) => at !== undefined && at <= now).map(([name]) => name)
            expect(hash.removeExpired(now).sort()).toEqual(due.sort())
            for (const name of due) model.delete(name)
            hash = hash.clone()
          }
          expect(hash.fields().toSorted()).toEqual([...model.keys()].sort())
          for (const [name, at] of model) expect(hash.expiryOf(name)).toBe(at)
          const times = [...model.values()].filter((at) => at !== undefined)
          expect(hash.expiring).toBe(times.length)
          expect(hash.nextExpiryMs).toBeLessThanOrEqual(Math.min(...times))
        }
      }),
      { numRuns: 300 },
    )
  })
})
