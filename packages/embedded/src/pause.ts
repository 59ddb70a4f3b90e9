// CLIENT PAUSE: for a while the commands of clients wait, all of them or those that write. MIGRATE makes those that write wait too.
import { CommandFlag } from '@ochre/protocol'
import type { Timer } from './clock.ts'
import type { Command } from './commands/index.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

export class Pause {
  readonly #engine: Engine
  readonly #waiting: Set<Session> = new Set()
  #timer: Timer | undefined
  #isForAll = false
  /** How many migrations are under way. */
  #migrations = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get isOn(): boolean {
    return this.#timer !== undefined || this.#migrations !== 0
  }

  /** Lets writing commands wait until `release`, which has to follow. */
  hold(): void {
    this.#migrations++
  }

  release(): void {
    if (--this.#migrations === 0) this.#wake()
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
    this.#wake()
  }

  /** Who waited tries again; a pause that is still on takes its commands back. */
  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    this.#engine.turn(() => {
      for (const session of waiting) this.#engine.resume(session)
    })
  }

  /** Whether the command has to wait until the pause is over; its session is resumed then. */
  holds(session: Session, command: Command, args: readonly string[]): boolean {
    if (session.connection === null) return false
    const writes =
      mayWrite(command) ||
      (command.spec.name === 'exec' && session.queue?.some((queued) => mayWrite(queued.command)) === true)
    const declared = this.#engine.scripting.declaresWrites(command, args)
    const isForAll = this.#timer !== undefined && this.#isForAll
    if (!isForAll && !(declared ?? writes)) return false
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

function mayWrite({ spec }: Command): boolean {
  return (spec.flags & (CommandFlag.WRITE | CommandFlag.MAY_REPLICATE)) !== 0
}
