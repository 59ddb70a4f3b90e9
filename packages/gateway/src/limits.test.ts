// GCRA as arithmetic, and what holds while Redis is away. The script that does the same is compared with it in test/gateway.

import type { Client } from '@ochre/client'
import { ConnectionError } from '@ochre/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gcra, Limiter } from './limits.ts'
import { type Grant, type Principal, Rules } from './principal.ts'

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

describe('a Limiter without Redis', () => {
  const away = { runScript: () => Promise.reject(new ConnectionError('CONNECTION_LOST', 'gone')) } as unknown as Client
  const principal = (grant: Partial<Grant>): Principal => {
    const whole = { scopes: [], ...grant }
    return { id: 'p', kind: 'key', grant: whole, rules: new Rules(whole) }
  }

  it('holds rate and quota by itself, and tells that it does', async () => {
    let now = 86_400_000 * 100
    const events: string[] = []
    const limiter = new Limiter({ redis: away, now: () => now, onEvent: (event) => events.push(event) })
    const who = principal({ rate: { perSecond: 1, burst: 2 }, quotaPerDay: 4 })
    const spend = async (cost: number) =>
      limiter.spend(who, cost).then(
        (headers) => headers!.ratelimit,
        (error: { code: string; headers: Record<string, string> }) => `${error.code} ${error.headers['retry-after']}`,
      )
    expect(await spend(1)).toBe('"burst";r=1;t=1, "day";r=3;t=86400')
    expect(await spend(1)).toBe('"burst";r=0;t=2, "day";r=2;t=86400')
    expect(await spend(1)).toBe('RATE_LIMITED 1')
    now += 2000
    expect(await spend(2)).toContain('"day";r=0')
    now += 2000
    expect(await spend(1)).toBe('QUOTA_EXCEEDED 86396')
    now += 86_400_000
    expect(await spend(1)).toContain('"day";r=3')
    expect(events.filter((event) => event !== 'fallback')).toEqual(['limited', 'quota'])
    expect(events.filter((event) => event === 'fallback').length).toBe(6)
  })

  it('tells what is left of the rate where the quota refuses', async () => {
    const limiter = new Limiter({ redis: away, now: () => 86_400_000 })
    const who = principal({ rate: { perSecond: 1, burst: 5 }, quotaPerDay: 2 })
    await limiter.spend(who, 2)
    await expect(limiter.spend(who, 1)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      headers: { ratelimit: '"burst";r=3;t=2, "day";r=0;t=86400' },
    })
  })

  it('asks nobody about a principal without limits', async () => {
    expect(await new Limiter({ redis: away }).spend(principal({}), 1000)).toBe(undefined)
  })
})
