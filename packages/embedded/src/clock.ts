// The engine's only source of time: wall-clock milliseconds and timers, which tests can move.
import { performance } from 'node:perf_hooks'
import { UsageError } from '@ochre/protocol'

/** A pending timer of a {@link Clock}. */
export interface Timer {
  /** When it is due, by the clock's time when it was set. */
  readonly at: number
  readonly run: () => void
}

interface Pending extends Timer {
  /** When it is due, in milliseconds of `#elapsed`. */
  readonly due: number
}

/**
 * Time in milliseconds since the epoch. A live clock follows the machine; a manual clock stands still at its start.
 * Both jump with `advance`, which runs the timers that came due, in order. Timers do not mind when the machine's time is set.
 */
export class Clock {
  readonly isManual: boolean
  #offset: number
  #timers: Pending[] = [] // ascending by `due`; equal ones in order of creation
  #armed: NodeJS.Timeout | undefined
  #armedFor = 0

  constructor(start?: number) {
    if (start !== undefined) refuseParts(start)
    this.isManual = start !== undefined
    this.#offset = start ?? 0
  }

  now(): number {
    return this.isManual ? this.#offset : Date.now() + this.#offset
  }

  /** A mark in microseconds for measuring durations: as fine as the machine has it, and still where the clock stands still. */
  stamp(): number {
    return this.#elapsed() * 1000
  }

  /** Time that only goes on. */
  #elapsed(): number {
    return this.isManual ? this.#offset : performance.now() + this.#offset
  }

  /** Moves time forward and runs what came due meanwhile. Timers set by those timers run in the next move or tick. */
  advance(ms: number): void {
    refuseParts(ms)
    this.#offset += ms
    this.#runDue()
  }

  /** Runs `run` once, `ms` from now. A pending timer does not keep the process alive. */
  after(ms: number, run: () => void): Timer {
    const timer: Pending = { at: this.now() + ms, due: this.#elapsed() + ms, run }
    let index = this.#timers.length
    while (index > 0 && this.#timers[index - 1]!.due > timer.due) index--
    this.#timers.splice(index, 0, timer)
    if (index === 0) this.#arm()
    return timer
  }

  cancel(timer: Timer): void {
    const index = this.#timers.indexOf(timer as Pending)
    if (index !== -1) this.#timers.splice(index, 1)
    if (this.#timers.length === 0) this.#disarm()
  }

  /** Forgets every timer. */
  close(): void {
    this.#timers = []
    this.#disarm()
  }

  #runDue(): void {
    const elapsed = this.#elapsed()
    let count = 0
    while (count < this.#timers.length && this.#timers[count]!.due <= elapsed) count++
    for (const timer of this.#timers.splice(0, count)) timer.run()
    this.#arm()
  }

  #arm(): void {
    const first = this.#timers[0]
    if (this.isManual || first === undefined) {
      this.#disarm()
      return
    }
    if (this.#armed !== undefined && this.#armedFor === first.due - this.#offset) return
    this.#disarm()
    this.#armedFor = first.due - this.#offset
    const delay = Math.min(Math.max(Math.ceil(first.due - this.#elapsed()), 0), 0x7fffffff)
    this.#armed = setTimeout(() => {
      this.#armed = undefined
      this.#runDue()
    }, delay)
    this.#armed.unref()
  }

  #disarm(): void {
    if (this.#armed !== undefined) clearTimeout(this.#armed)
    this.#armed = undefined
  }
}

/** Redis counts in whole milliseconds, and so does everything that asks a clock. */
function refuseParts(ms: number): void {
  if (!Number.isSafeInteger(ms)) throw new UsageError(`The time of a clock is in whole milliseconds, not ${ms}.`)
}
