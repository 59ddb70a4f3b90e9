// Invalidation of client-side caches (CLIENT TRACKING): who may hold a copy of which key, and telling them when it changes.
//
//   default  a reading command of a tracking session -> readers[key] gains the session; a change of the key tells and forgets them
//   BCAST    a change of a key under a prefix -> changed[prefix]; told once, at the end of the turn
import { PushReply } from '@ochre/protocol'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

export interface TrackingOptions {
  /** The session that receives the invalidations; 0 for the session itself. */
  readonly redirect: number
  readonly isBroadcast: boolean
  readonly isOptIn: boolean
  readonly isOptOut: boolean
  readonly isNoLoop: boolean
}

export interface TrackingState extends TrackingOptions {
  readonly prefixes: Set<string>
  isRedirectBroken: boolean
}

const CHANNEL = '__redis__:invalidate'

export class Tracking {
  readonly #engine: Engine
  readonly #sessions: Set<Session> = new Set()
  readonly #readers: Map<string, Set<number>> = new Map()
  readonly #prefixes: Map<string, { sessions: Set<Session>; changed: Map<string, Session | null> }> = new Map()
  /** What is told after the running session's reply, to whom it was to be told when it happened; null stands for all keys. */
  #pending: { readonly key: string | null; readonly state: TrackingState }[] = []
  #hasChanged = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Whether there is anybody to tell, now or once more. */
  get isOn(): boolean {
    return this.#sessions.size !== 0 || this.#readers.size !== 0 || this.#pending.length !== 0
  }

  /** For INFO: sessions, keys, sessions of all keys together, prefixes. */
  get counts(): { sessions: number; keys: number; items: number; prefixes: number } {
    let items = 0
    for (const readers of this.#readers.values()) items += readers.size
    return { sessions: this.#sessions.size, keys: this.#readers.size, items, prefixes: this.#prefixes.size }
  }

  enable(session: Session, options: TrackingOptions, prefixes: readonly string[]): void {
    const all = new Set([...(session.tracking?.prefixes ?? []), ...prefixes])
    if (options.isBroadcast && prefixes.length === 0) all.add('')
    session.tracking = { ...options, prefixes: all, isRedirectBroken: false }
    this.#sessions.add(session)
    for (const prefix of all) {
      const known = this.#prefixes.get(prefix)
      if (known === undefined) this.#prefixes.set(prefix, { sessions: new Set([session]), changed: new Map() })
      else known.sessions.add(session)
    }
  }

  disable(session: Session): void {
    if (session.tracking === null) return
    for (const prefix of session.tracking.prefixes) {
      const known = this.#prefixes.get(prefix)
      if (known?.sessions.delete(session) && known.sessions.size === 0) this.#prefixes.delete(prefix)
    }
    session.tracking = null
    session.caching = null
    this.#sessions.delete(session)
  }

  /** A session has read keys. */
  remember(session: Session, keys: readonly string[]): void {
    const state = session.tracking
    if (state === null || state.isBroadcast) return
    if ((state.isOptIn && session.caching !== true) || (state.isOptOut && session.caching === false)) return
    for (const key of keys) {
      const readers = this.#readers.get(key)
      if (readers === undefined) this.#readers.set(key, new Set([session.id]))
      else readers.add(session.id)
    }
  }

  /** A key has changed, expired or gone. */
  invalidate(key: string): void {
    const { running, scripting } = this.#engine
    // What a script changes is nobody's own change, for NOLOOP.
    const author = scripting.caller === undefined ? running : null
    for (const [prefix, { changed }] of this.#prefixes) {
      if (!key.startsWith(prefix)) continue
      changed.set(key, author)
      this.#hasChanged = true
    }
    const readers = this.#readers.get(key)
    if (readers === undefined) return
    this.#readers.delete(key)
    for (const id of readers) {
      const session = this.#engine.sessions.get(id)
      const state = session?.tracking
      if (session === undefined || state === undefined || state === null || state.isBroadcast) continue
      if (session !== running) this.#tell(session, state, [key])
      else if (!state.isNoLoop) this.#pending.push({ key, state })
    }
  }

  /** All keys are gone. */
  invalidateAll(): void {
    for (const session of this.#sessions) {
      const state = session.tracking!
      if (session === this.#engine.running) this.#pending.push({ key: null, state })
      else this.#tell(session, state, null)
    }
    this.#readers.clear()
  }

  /** Removes what is remembered beyond the limit, as if it had changed. */
  limit(max: number): void {
    if (max === 0) return
    for (const key of this.#readers.keys()) {
      if (this.#readers.size <= max) return
      this.invalidate(key)
    }
  }

  /** Tells the running session what its own command invalidated. Called after the reply. */
  tellRunning(session: Session): void {
    if (this.#pending.length === 0) return
    for (const { key, state } of this.#pending.splice(0)) this.#tell(session, state, key === null ? null : [key])
  }

  /** Tells the broadcast listeners what changed in this turn. */
  broadcast(): void {
    if (!this.#hasChanged) return
    this.#hasChanged = false
    for (const prefix of [...this.#prefixes.keys()].sort()) {
      const { sessions, changed } = this.#prefixes.get(prefix)!
      if (changed.size === 0) continue
      const keys = [...changed.keys()].sort()
      for (const session of sessions) {
        const told = session.tracking?.isNoLoop ? keys.filter((key) => changed.get(key) !== session) : keys
        if (told.length !== 0) this.#tell(session, session.tracking!, told)
      }
      changed.clear()
    }
  }

  #tell(session: Session, state: TrackingState, keys: readonly string[] | null): void {
    let target = session
    if (state.redirect !== 0) {
      const redirected = this.#engine.sessions.get(state.redirect)
      if (redirected === undefined) {
        state.isRedirectBroken = true
        if (session.resp === 3) session.send(new PushReply(['tracking-redir-broken', state.redirect]))
        return
      }
      target = redirected
    }
    if (target.resp === 3) target.send(new PushReply(['invalidate', keys]))
    else if (state.redirect !== 0 && target.isSubscriber) target.send(['message', CHANNEL, keys])
  }
}
