// CLIENT PAUSE: for a while the commands of clients wait, all of them or those that write.
import { CommandFlag } from '@ochre/protocol'
import type { Timer } from './clock.ts'
import type { Command } from './commands/index.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

const MAY_WRITE = CommandFlag.WRITE | CommandFlag.MAY_REPLICATE

export class Pause {
  readonly #engine: Engine
  readonly #waiting: Set<Session> = new Set()
  #timer: Timer | undefined
  #isForAll = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** Pauses; a pause that is on becomes longer and stricter, never shorter. */
  begin(ms: number, isForAll: boolean): void {
    const { clock } = this.#engine
    const at = clock.now() + ms
    if (this.#timer !== undefined) {
      this.#isForAll ||= isForAll
      if (this.#timer.at >= at) return
      clock.cancel(this.#timer)
    } else this.#isForAll = isForAll
    this.#timer = clock.after(ms, () => this.end())
  }

  end(): void {
    if (this.#timer === undefined) return
    this.#engine.clock.cancel(this.#timer)
    this.#timer = undefined
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    this.#engine.turn(() => {
      for (const session of waiting) this.#engine.resume(session)
    })
  }

  /** Whether the command has to wait until the pause is over; its session is resumed then. */
  holds(session: Session, { spec }: Command): boolean {
    if (session.connection === null) return false
    const writes =
      (spec.flags & MAY_WRITE) !== 0 ||
      (spec.name === 'exec' && session.queue?.some(({ command }) => command.spec.flags & MAY_WRITE) === true)
    if (!this.#isForAll && !writes) return false
    this.#waiting.add(session)
    return true
  }

  isWaiting(session: Session): boolean {
    return this.#waiting.has(session)
  }

  forget(session: Session): void {
    this.#waiting.delete(session)
  }
}
