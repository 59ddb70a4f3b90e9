// A clock that stands still until a test moves it.
import type { Clock } from '@ochre/client'

interface Timer {
  at: number
  order: number
  callback: () => void
}

export class FakeClock implements Clock {
  /** What `random` answers. */
  chance = 0.5
  private time = 1000
  private order = 0
  private readonly timers = new Set<Timer>()

  now(): number {
    return this.time
  }

  wall(): number {
    return 1_700_000_000_000 + this.time
  }

  random(): number {
    return this.chance
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.time + ms, order: this.order++, callback }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.timers.size
  }

  /** Moves on without running anything, as when the process was busy or suspended: what fell due is late. */
  stall(ms: number): void {
    this.time += ms
  }

  /** Moves on, running what falls due in order; what follows from each callback happens before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms
    await settle()
    for (;;) {
      let next: Timer | undefined
      for (const timer of this.timers) {
        if (timer.at > end) continue
        if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
      }
      if (next === undefined) break
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.callback()
      await settle()
    }
    this.time = end
  }
}

/** Lets everything happen that can happen without time: microtasks, ticks, immediates, a few turns of them. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
