// A circuit breaker (opt-in): after too many failures of the connection commands fail at once instead of waiting, until
// a few that are let through succeed.
//
//   closed --failures >= minFailures and rate >= failureRate within windowMs--> open --openMs--> half-open
//      ^                                                                          ^                |
//      +--------------------- `probes` successes ---------------------------------+---one failure--+
//
// Only the failures of the path count (lost, timed out, not connected). What the server answers is a success.
import { ConnectionError } from '@ochre/protocol'
import type { Clock } from './clock.ts'

export interface BreakerOptions {
  /** Failures are counted over this time; default 10,000. */
  readonly windowMs?: number
  /** Share of failures that opens it; default 0.5. */
  readonly failureRate?: number
  /** Fewer failures never open it; default 50. */
  readonly minFailures?: number
  /** How long it stays open; default 5,000. */
  readonly openMs?: number
  /** Successes in a row that close it again, and how many commands may try at a time; default 3. */
  readonly probes?: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

const BUCKETS = 10

export class Breaker {
  state: BreakerState = 'closed'
  private readonly clock: Clock
  private readonly options: Required<BreakerOptions>
  private readonly failures = new Array<number>(BUCKETS).fill(0)
  private readonly successes = new Array<number>(BUCKETS).fill(0)
  private bucket = 0
  private openedAt = 0
  private probing = 0
  private passed = 0

  constructor(clock: Clock, options: BreakerOptions) {
    this.clock = clock
    this.options = { windowMs: 10_000, failureRate: 0.5, minFailures: 50, openMs: 5000, probes: 3, ...options }
  }

  /** Whether a command may pass. Each that passes must be followed by one call of `record`. */
  admits(): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open') {
      if (this.clock.now() - this.openedAt < this.options.openMs) return false
      this.state = 'half-open'
      this.probing = 0
      this.passed = 0
    }
    if (this.probing >= this.options.probes) return false
    this.probing++
    return true
  }

  record(error: Error | null): void {
    const failed =
      error instanceof ConnectionError &&
      (error.code === 'TIMEOUT' || error.code === 'CONNECTION_LOST' || error.code === 'CONNECTION_FAILED')
    if (this.state === 'half-open') {
      this.probing = Math.max(0, this.probing - 1)
      if (failed) this.open()
      else if (error === null || !(error instanceof ConnectionError)) {
        if (++this.passed >= this.options.probes) this.close()
      }
      return
    }
    if (this.state === 'open') return
    this.turn()
    const bucket = this.bucket % BUCKETS
    if (!failed) {
      this.successes[bucket]!++
      return
    }
    this.failures[bucket]!++
    const lost = this.failures.reduce((sum, n) => sum + n, 0)
    const won = this.successes.reduce((sum, n) => sum + n, 0)
    if (lost >= this.options.minFailures && lost / (lost + won) >= this.options.failureRate) this.open()
  }

  private open(): void {
    this.state = 'open'
    this.openedAt = this.clock.now()
  }

  private close(): void {
    this.state = 'closed'
    this.failures.fill(0)
    this.successes.fill(0)
  }

  /** Empties the buckets whose time has passed since the last look. */
  private turn(): void {
    const bucket = Math.floor(this.clock.now() / (this.options.windowMs / BUCKETS))
    const steps = Math.min(BUCKETS, bucket - this.bucket)
    for (let i = 1; i <= steps; i++) {
      this.failures[(this.bucket + i) % BUCKETS] = 0
      this.successes[(this.bucket + i) % BUCKETS] = 0
    }
    if (steps > 0) this.bucket = bucket
    if (steps === BUCKETS) {
      this.failures.fill(0)
      this.successes.fill(0)
    }
  }
}
