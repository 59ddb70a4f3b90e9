// Rates and quotas: the generic cell rate algorithm with a cost per request, in one Lua script that all gateways share,
// and the same arithmetic in this process while Redis cannot be asked.
//
// GCRA keeps one number per principal, the time at which a full burst is available again (`tat`). A request of cost c
// moves it by c x interval and is refused when it would come to lie more than burst x interval ahead of now.

import { createHash } from 'node:crypto'
import type { Client } from '@ochre/client'
import { OchreError } from '@ochre/protocol'
import type { Grant, Principal, Rate } from './principal.ts'
import { RESERVED_PREFIX } from './principal.ts'
import { GatewayError } from './status.ts'

export interface Verdict {
  readonly allowed: boolean
  /** Whole units that may still be spent at once. */
  readonly remaining: number
  /** Until the whole burst is available again. */
  readonly resetMs: number
  /** Until this request would be allowed; 0 when it was. */
  readonly retryMs: number
}

/** Pure GCRA. `tat` and `nowMs` in milliseconds; a cost above the burst can never pass. */
export function gcra(tat: number, nowMs: number, rate: Rate, cost: number): { tat: number; verdict: Verdict } {
  const intervalMs = 1000 / rate.perSecond
  const windowMs = rate.burst * intervalMs
  const start = Math.max(tat, nowMs)
  const next = start + cost * intervalMs
  const aheadMs = next - nowMs
  if (aheadMs > windowMs + 1e-6) {
    const left = windowMs - (start - nowMs)
    return {
      tat,
      verdict: {
        allowed: false,
        remaining: Math.max(0, Math.floor(left / intervalMs + 1e-9)),
        resetMs: start - nowMs,
        retryMs: aheadMs - windowMs,
      },
    }
  }
  return {
    tat: next,
    verdict: {
      allowed: true,
      remaining: Math.floor((windowMs - aheadMs) / intervalMs + 1e-9),
      resetMs: aheadMs,
      retryMs: 0,
    },
  }
}

// KEYS 1 the rate's key, 2 the day's counter. ARGV perSecond, burst, cost, quota ('' for none), seconds to keep the counter.
// Times are the server's, in microseconds. Both limits are read and checked before either is changed.
const LUA = `local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local cost = tonumber(ARGV[3])
local quota = tonumber(ARGV[4])
local per = tonumber(ARGV[1])
local used, left, reset = 0, 0, 0
local interval, window, start
if per then
  interval = 1000000 / per
  window = tonumber(ARGV[2]) * interval
  start = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
  left = math.max(0, math.floor((window - (start - now)) / interval + 0.000001))
  reset = math.ceil((start - now) / 1000)
end
if quota then
  used = tonumber(redis.call('GET', KEYS[2]) or '0')
  if used + cost > quota then return {2, left, reset, 0, used} end
end
if per then
  local ahead = start + cost * interval - now
  if ahead > window + 0.001 then return {1, left, reset, math.ceil((ahead - window) / 1000), used} end
  redis.call('SET', KEYS[1], string.format('%.3f', now + ahead), 'PX', math.ceil(ahead / 1000) + 1)
  if quota then
    used = redis.call('INCRBY', KEYS[2], cost)
    redis.call('EXPIRE', KEYS[2], ARGV[5])
  end
  return {0, math.floor((window - ahead) / interval + 0.000001), math.ceil(ahead / 1000), 0, used}
end
used = redis.call('INCRBY', KEYS[2], cost)
redis.call('EXPIRE', KEYS[2], ARGV[5])
return {0, 0, 0, 0, used}
`

const SCRIPT = { lua: LUA, sha: createHash('sha1').update(LUA).digest('hex') }

const DAY_MS = 86_400_000

/** What the answer of a limited principal carries. */
export type LimitHeaders = Readonly<Record<string, string>>

export interface LimiterOptions {
  readonly redis: Client
  readonly now?: () => number
  /** Told when a request is refused, and when Redis could not be asked. */
  readonly onEvent?: (event: 'limited' | 'quota' | 'fallback') => void
}

/** Spends cost units of principals. */
export class Limiter {
  readonly #redis: Client
  readonly #now: () => number
  readonly #onEvent: (event: 'limited' | 'quota' | 'fallback') => void
  readonly #local = new Map<string, { tat: number; day: number; used: number }>()

  constructor(options: LimiterOptions) {
    this.#redis = options.redis
    this.#now = options.now ?? Date.now
    this.#onEvent = options.onEvent ?? (() => {})
  }

  /**
   * Spends `cost` for the principal and resolves to the headers of the answer; undefined when it has no limits (nothing
   * is asked then). Rejects with `RATE_LIMITED` or `QUOTA_EXCEEDED`, `retry-after` and the same headers attached. While
   * Redis is away the limits hold per process.
   */
  async spend(principal: Principal, cost: number): Promise<LimitHeaders | undefined> {
    const { rate, quotaPerDay } = principal.grant
    if (rate === undefined && quotaPerDay === undefined) return undefined
    const now = this.#now()
    const day = Math.floor(now / DAY_MS)
    // One hash tag for both, so that the script also runs on a cluster.
    const tag = `${RESERVED_PREFIX}limit:{${principal.id}}`
    let state: readonly number[]
    try {
      state = (await this.#redis.runScript(
        SCRIPT,
        [`${tag}:rate`, `${tag}:day:${day}`],
        [rate?.perSecond ?? '', rate?.burst ?? '', cost, quotaPerDay ?? '', 172_800],
      )) as number[]
    } catch (error) {
      if (!(error instanceof OchreError)) throw error
      this.#onEvent('fallback')
      state = this.#spendLocally(principal.id, principal.grant, cost, now, day)
    }
    const [outcome = 0, remaining = 0, resetMs = 0, retryMs = 0, used = 0] = state
    const headers = headersOf(rate, remaining, resetMs, quotaPerDay, used, now)
    if (outcome === 0) return headers
    if (outcome === 2) {
      this.#onEvent('quota')
      const untilMidnight = Math.ceil((DAY_MS - (now % DAY_MS)) / 1000)
      throw new GatewayError('QUOTA_EXCEEDED', 'The quota of this credential is used up for today.', {
        ...headers,
        'retry-after': String(untilMidnight),
      })
    }
    this.#onEvent('limited')
    // However long the caller waits.
    if (cost > rate!.burst) {
      const message = `The request costs ${cost}, and this credential may spend ${rate!.burst} at once: send less at a time.`
      throw new GatewayError('RATE_LIMITED', message, headers)
    }
    throw new GatewayError('RATE_LIMITED', 'Too many requests for this credential.', {
      ...headers,
      'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))),
    })
  }

  /** The script's arithmetic on this process's own numbers. */
  #spendLocally(id: string, grant: Grant, cost: number, now: number, day: number): readonly number[] {
    if (this.#local.size > 10_000) this.#local.clear()
    let entry = this.#local.get(id)
    if (entry === undefined) {
      entry = { tat: 0, day, used: 0 }
      this.#local.set(id, entry)
    }
    if (entry.day !== day) {
      entry.day = day
      entry.used = 0
    }
    let verdict: Verdict = { allowed: true, remaining: 0, resetMs: 0, retryMs: 0 }
    if (grant.quotaPerDay !== undefined && entry.used + cost > grant.quotaPerDay) {
      if (grant.rate !== undefined) verdict = gcra(entry.tat, now, grant.rate, 0).verdict
      return [2, verdict.remaining, Math.ceil(verdict.resetMs), 0, entry.used]
    }
    if (grant.rate !== undefined) {
      const next = gcra(entry.tat, now, grant.rate, cost)
      verdict = next.verdict
      entry.tat = next.tat
      if (!verdict.allowed)
        return [1, verdict.remaining, Math.ceil(verdict.resetMs), Math.ceil(verdict.retryMs), entry.used]
    }
    entry.used += cost
    return [0, verdict.remaining, Math.ceil(verdict.resetMs), 0, entry.used]
  }
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: `RateLimit` and `RateLimit-Policy`. */
function headersOf(
  rate: Rate | undefined,
  remaining: number,
  resetMs: number,
  quota: number | undefined,
  used: number,
  now: number,
): LimitHeaders {
  const policies: string[] = []
  const limits: string[] = []
  if (rate !== undefined) {
    const windowSeconds = Math.max(1, Math.ceil(rate.burst / rate.perSecond))
    policies.push(`"burst";q=${rate.burst};w=${windowSeconds}`)
    limits.push(`"burst";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
  }
  if (quota !== undefined) {
    policies.push(`"day";q=${quota};w=86400`)
    limits.push(`"day";r=${Math.max(0, quota - used)};t=${Math.ceil((DAY_MS - (now % DAY_MS)) / 1000)}`)
  }
  return { ratelimit: limits.join(', '), 'ratelimit-policy': policies.join(', ') }
}
