// GCRA as arithmetic. The script that does the same in Redis is compared with it in test/gateway.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gcra } from './limits.ts'

describe('gcra', () => {
  it('lets a burst through, then one per interval', () => {
    const rate = { perSecond: 10, burst: 3 }
    let tat = 0
    const take = (now: number, cost = 1) => {
      const next = gcra(tat, now, rate, cost)
      tat = next.tat
      return next.verdict
    }
    expect([take(1000), take(1000), take(1000)].map((v) => [v.allowed, v.remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
    ])
    expect(take(1000)).toEqual({ allowed: false, remaining: 0, resetMs: 300, retryMs: 100 })
    expect(take(1099).allowed).toBe(false)
    expect(take(1100).allowed).toBe(true)
    expect(take(9000, 4)).toMatchObject({ allowed: false, retryMs: 100 })
    expect(take(9000, 3)).toMatchObject({ allowed: true, remaining: 0 })
  })

  it('never admits more than burst + rate x time, whatever the costs and times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(400), cost: fc.integer({ min: 1, max: 5 }) }), { maxLength: 60 }),
        (steps) => {
          const rate = { perSecond: 20, burst: 7 }
          let tat = 0
          let now = 5_000
          let spent = 0
          for (const step of steps) {
            now += step.wait
            const next = gcra(tat, now, rate, step.cost)
            tat = next.tat
            if (next.verdict.allowed) spent += step.cost
            expect(spent).toBeLessThanOrEqual(rate.burst + ((now - 5_000) * rate.perSecond) / 1000 + 1e-6)
          }
        },
      ),
    )
  })
})
