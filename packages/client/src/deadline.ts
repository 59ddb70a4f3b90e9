// Deadlines without a timer per command. Commands with the same timeout expire in the order they came, so each timeout has
// a list, oldest first; one coarse timer looks at the heads. A settled command leaves its list at once.
//
// Deadlines are late by up to two ticks, never early. Time in which the process itself was stalled does not count: after a
// long pause it first reads the replies that are already there instead of failing the commands that wait for them.
import type { Clock } from './clock.ts'
import type { Command } from './command.ts'

const TICK_MS = 20
/** What a tick counts at most, however late it comes. */
const STALL_MS = TICK_MS * 2

/** Commands with one timeout, oldest first, linked through `earlier` and `later`. */
export class DeadlineList {
  readonly timeoutMs: number
  oldest: Command | null = null
  newest: Command | null = null

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  add(command: Command): void {
    command.deadlineList = this
    command.earlier = this.newest
    if (this.newest === null) this.oldest = command
    else this.newest.later = command
    this.newest = command
  }

  remove(command: Command): void {
    const { earlier, later } = command
    if (earlier === null) this.oldest = later
    else earlier.later = later
    if (later === null) this.newest = earlier
    else later.earlier = earlier
    command.earlier = null
    command.later = null
    command.deadlineList = null
  }
}

export class Deadlines {
  private readonly clock: Clock
  private readonly lists = new Map<number, DeadlineList>()
  /** The list that was used last. */
  private recent: DeadlineList
  /** The deadlines' own time, advanced by ticks; reading the clock for every command would cost more than sending it. */
  private now = 0
  private tickedAt = 0
  private cancelTick: (() => void) | null = null

  constructor(clock: Clock) {
    this.clock = clock
    this.recent = new DeadlineList(0)
  }

  /** Fails the command with TIMEOUT once its `timeoutMs` have passed. */
  watch(command: Command): void {
    if (this.cancelTick === null) {
      this.tickedAt = this.clock.now()
      this.arm()
    }
    const { timeoutMs } = command
    let list = this.recent
    if (list.timeoutMs !== timeoutMs) {
      const known = this.lists.get(timeoutMs)
      if (known === undefined) {
        list = new DeadlineList(timeoutMs)
        this.lists.set(timeoutMs, list)
      } else list = known
      this.recent = list
    }
    command.deadlineAt = this.now + timeoutMs + TICK_MS
    list.add(command)
  }

  close(): void {
    this.cancelTick?.()
    this.cancelTick = null
  }

  private arm(): void {
    // While a command waits, something else (a socket, a timer of the node) keeps the process alive if it should live.
    this.cancelTick = this.clock.after(TICK_MS, this.tick, false)
  }

  private readonly tick = (): void => {
    const real = this.clock.now()
    this.now += Math.min(Math.round(real - this.tickedAt), STALL_MS)
    this.tickedAt = real
    let watching = false
    for (const [timeoutMs, list] of this.lists) {
      for (let command = list.oldest; command !== null && command.deadlineAt <= this.now; command = list.oldest) {
        command.giveUp('TIMEOUT', `No reply within the deadline of ${timeoutMs} ms.`)
      }
      if (list.oldest !== null) watching = true
      else if (list !== this.recent) this.lists.delete(timeoutMs)
    }
    if (watching) this.arm()
    else this.cancelTick = null
  }
}
