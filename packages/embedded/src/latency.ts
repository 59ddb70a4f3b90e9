// The latency monitor: events that took at least `latency-monitor-threshold` milliseconds, the last 160 seconds of each.

const SAMPLES = 160

export interface LatencySample {
  /** Seconds since the epoch. */
  readonly at: number
  ms: number
}

export interface LatencyEvent {
  readonly samples: LatencySample[]
  max: number
}

export class LatencyMonitor {
  readonly events: Map<string, LatencyEvent> = new Map()

  /** Samples of the same second are one: the longest. */
  add(name: string, at: number, ms: number): void {
    let event = this.events.get(name)
    if (event === undefined) {
      event = { samples: [], max: 0 }
      this.events.set(name, event)
    }
    if (ms > event.max) event.max = ms
    const last = event.samples.at(-1)
    if (last !== undefined && last.at === at) last.ms = Math.max(last.ms, ms)
    else event.samples.push({ at, ms })
    if (event.samples.length > SAMPLES) event.samples.shift()
  }

  /** Forgets these events, or all; returns how many there were. */
  reset(names: readonly string[]): number {
    let count = 0
    for (const name of names.length === 0 ? [...this.events.keys()] : names) if (this.events.delete(name)) count++
    return count
  }
}
