import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScanMap, scanStep } from './scan-map.ts'

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scan' as const), key: fc.integer({ min: 1, max: 9 }) }) },
)

describe('ScanMap', () => {
  it('behaves as a Map', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.boolean(), (actions, ordered) => {
        const map = new ScanMap<number>()
        const model = new Map<string, number>()
        for (const [value, { kind, key }] of actions.entries()) {
          const name = `k${key}`
          if (kind === 'set') {
            expect(map.set(name, value)).toBe(!model.has(name))
            model.set(name, value)
          } else if (kind === 'delete') {
            expect(ordered ? map.deleteOrdered(name) : map.delete(name)).toBe(model.delete(name))
          }
          expect(map.get(name)).toBe(model.get(name))
          expect(map.size).toBe(model.size)
        }
        const entries = map.keys().map((key, i) => [key, map.valueAt(i)] as const)
        if (ordered) expect(entries).toEqual([...model])
        else expect(new Map(entries)).toEqual(model)
        for (const key of map.keys()) expect(map.keyAt(map.positionOf(key))).toBe(key)
        expect(map.clone().keys()).toEqual(map.keys())
      }),
      { numRuns: 500 },
    )
  })

  it('scans every entry that stays, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 })),
        fc.array(action, { maxLength: 200 }),
        (initial, actions) => {
          const map = new ScanMap<null>()
          for (const key of initial) map.set(`k${key}`, null)
          const stayed = new Set(map.keys())
          const seen = new Set<string>()
          let cursor = '0'
          const step = (count: number) => {
            const { next, start, end } = map.scan(cursor, count)
            for (let i = start; i < end; i++) seen.add(map.keyAt(i))
            cursor = next
            return next !== '0'
          }
          let isRunning = step(3)
          for (const { kind, key } of actions) {
            if (!isRunning) break
            if (kind === 'set') map.set(`k${key}`, null)
            else if (kind === 'scan') isRunning = step(key)
            else if (map.delete(`k${key}`)) stayed.delete(`k${key}`)
          }
          while (isRunning) isRunning = step(4)
          for (const key of stayed) expect(seen).toContain(key)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('ends a scan of any cursor in size / count steps', () => {
    const map = new ScanMap<null>()
    for (let i = 0; i < 1000; i++) map.set(String(i), null)
    let cursor = '18446744073709551615'
    let steps = 0
    do {
      const step = map.scan(cursor, 10)
      expect(step.end - step.start).toBe(10)
      cursor = step.next
      steps++
    } while (cursor !== '0')
    expect(steps).toBe(100)
  })

  it('starts over at a cursor that is no position', () => {
    for (const cursor of ['0', '', '-5', '+', '11', '99999999999999999999'])
      expect(scanStep(10, cursor, 4)).toEqual({ next: '6', start: 6, end: 10 })
    expect(scanStep(0, '5', 4)).toEqual({ next: '0', start: 0, end: 0 })
  })

  it('picks each entry with the same chance', () => {
    const map = new ScanMap<null>()
    for (let i = 0; i < 4; i++) map.set(String(i), null)
    const at = [0, 0.25, 0.5, 0.999].map((value) => map.keyAt(map.randomPosition(() => value)))
    expect(at).toEqual(['0', '1', '2', '3'])
  })
})
