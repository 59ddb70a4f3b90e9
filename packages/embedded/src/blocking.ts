// Clients that wait for a key to change: first come, first served, after the command, transaction or script that changed it.
//
//   handler finds nothing -> session.block({keys, serve, ...}) -> Waiter in db.waiters[key], in order of arrival
//   any change of a key   -> db.touch -> markReady
//   end of the unit       -> serveReady: each waiter of each ready key, in order, may take what it waits for
import type { Reply } from '@ochre/protocol'
import type { Timer } from './clock.ts'
import type { Database } from './database.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

/** What a command that finds nothing to answer asks for. */
export interface BlockRequest {
  /** Keys to wait for, in order of preference. */
  readonly keys: readonly string[]
  /** How long; 0 for ever. */
  readonly timeoutMs: number
  /**
   * Called when `key` has changed. Returns the reply, or undefined to go on waiting. It changes data exactly as a handler
   * does, and reports its effect with `session.propagate`. May throw an error reply, which ends the wait.
   */
  serve(key: string): Reply | undefined
  /** The reply when time is up. */
  readonly timedOut: Reply
  /** It waits for entries of streams, and is to hear when one of them goes. */
  readonly isForStream?: true
  /** CLIENT UNBLOCK has no effect: what is waited for is under way. */
  readonly mustFinish?: true
}

export interface Waiter extends BlockRequest {
  readonly session: Session
  readonly database: Database
  timer: Timer | undefined
}

export class Blocking {
  readonly #engine: Engine
  /** Keys that have changed, each with whether it is new: otherwise only those look again that wait at streams. */
  #ready: Map<Database, Map<string, boolean>> = new Map()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get hasReady(): boolean {
    return this.#ready.size !== 0
  }

  add(session: Session, request: BlockRequest): void {
    const { db } = session
    const waiter: Waiter = { ...request, session, database: db, timer: undefined }
    for (const key of request.keys) {
      const waiters = db.waiters.get(key)
      if (waiters === undefined) db.waiters.set(key, new Set([waiter]))
      else waiters.add(waiter)
    }
    if (request.timeoutMs > 0) {
      waiter.timer = this.#engine.clock.after(request.timeoutMs, () => {
        this.#engine.turn(() => {
          // An interrupted script may have held this up, and served the client.
          if (session.waiter === waiter) this.finish(waiter, waiter.timedOut)
        })
      })
    }
    session.waiter = waiter
  }

  markReady(database: Database, key: string, isNew: boolean): void {
    const keys = this.#ready.get(database)
    if (keys === undefined) this.#ready.set(database, new Map([[key, isNew]]))
    else keys.set(key, isNew || keys.get(key) === true)
  }

  /** Serves what changed, until nothing new becomes ready: a served client may itself push to another key. */
  serveReady(): void {
    while (this.#ready.size !== 0) {
      const ready = this.#ready
      this.#ready = new Map()
      for (const [database, keys] of ready) for (const [key, isNew] of keys) this.#serveKey(database, key, isNew)
    }
  }

  /** Ends a wait with a reply; the session goes on with its next command at the end of the turn. */
  finish(waiter: Waiter, reply: Reply): void {
    this.remove(waiter)
    waiter.session.answer(reply)
    this.#engine.resume(waiter.session)
  }

  /** Ends a wait without a reply, when its session closes. */
  remove(waiter: Waiter): void {
    const { database, session } = waiter
    for (const key of waiter.keys) {
      const waiters = database.waiters.get(key)
      if (waiters?.delete(waiter) && waiters.size === 0) database.waiters.delete(key)
    }
    if (waiter.timer !== undefined) this.#engine.clock.cancel(waiter.timer)
    session.waiter = null
  }

  #serveKey(database: Database, key: string, isNew: boolean): void {
    const waiters = database.waiters.get(key)
    if (waiters === undefined) return
    for (const waiter of [...waiters]) {
      if (!waiters.has(waiter) || !(isNew || waiter.isForStream)) continue
      const reply = this.#engine.unit(waiter.session, () => waiter.serve(key))
      if (reply !== undefined) this.finish(waiter, reply)
    }
  }
}
