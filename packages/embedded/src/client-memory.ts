// maxmemory-clients: how much the clients hold together, and which of them are disconnected when it is too much: those that
// hold most, except those that said CLIENT NO-EVICT.
//
// What counts is what a client can make grow: input that is not yet executed, the commands of a transaction, output that has
// not left, the names it subscribes to and watches; and the same for each client for being there.
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

/** About what V8 holds for a client that does nothing. */
const SESSION_BYTES = 4096
/** For whatever stands in a list besides its text. */
export const ITEM_BYTES = 64
/** A lower limit is taken as this one, so that somebody can still connect and change it. */
const LEAST_LIMIT = 128 * 1024
/** Redis tells the clients by these powers of two. */
const FIRST_BUCKET = 15
const LAST_BUCKET = 33

/** Bytes that a client holds. */
export function heldBy({ connection, output, queuedBytes, nameBytes }: Session): number {
  if (connection === null) return 0
  const { carrier, pendingBytes, argumentBytes } = connection
  return SESSION_BYTES + output.length + carrier.unsentBytes() + pendingBytes + argumentBytes + queuedBytes + nameBytes
}

export class ClientMemory {
  readonly #engine: Engine
  readonly #held: Map<Session, number> = new Map()
  #total = 0
  evictedClients = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** In bytes; 0 is none. */
  get limit(): number {
    const { maxmemory, 'maxmemory-clients': limit } = this.#engine.settings
    const bytes = limit >= 0 ? limit : Math.floor((-limit / 100) * maxmemory)
    return bytes === 0 ? 0 : Math.max(bytes, LEAST_LIMIT)
  }

  /** Takes note of what a session holds by now. Costs nothing without a limit. */
  note(session: Session): void {
    if (this.#engine.settings['maxmemory-clients'] === 0) return
    this.#count(session)
    this.#fit()
  }

  /** To be called when the limit has changed. */
  noteAll(): void {
    this.#held.clear()
    this.#total = 0
    if (this.limit === 0) return
    for (const session of this.#engine.sessions.values()) this.#count(session)
    this.#fit()
  }

  forget(session: Session): void {
    this.#total -= this.#held.get(session) ?? 0
    this.#held.delete(session)
  }

  #count(session: Session): void {
    this.forget(session)
    if (session.connection?.isEnding || this.#engine.monitors.has(session)) return
    const bytes = heldBy(session)
    this.#held.set(session, bytes)
    this.#total += bytes
  }

  #fit(): void {
    const { limit } = this
    if (limit === 0 || this.#total < limit) return
    // What has left since it was counted no longer counts.
    for (const session of [...this.#held.keys()]) this.#count(session)
    const byBytes = [...this.#held].filter(([{ isNoEvict }]) => !isNoEvict).sort((a, b) => b[1] - a[1])
    for (const [session] of byBytes) {
      if (this.#total < limit) return
      this.forget(session)
      this.evictedClients++
      session.abort()
    }
  }

  /** DEBUG CLIENT-EVICTION: those that may be evicted, by what they hold; null without a limit. */
  describe(): string | null {
    if (this.limit === 0) return null
    const buckets = Array.from({ length: 1 + LAST_BUCKET - FIRST_BUCKET }, () => ({ bytes: 0, clients: 0 }))
    for (const [{ isNoEvict }, bytes] of this.#held) {
      if (isNoEvict) continue
      const power = Math.floor(Math.log2(bytes))
      const bucket = buckets[Math.min(Math.max(0, power - FIRST_BUCKET + 1), buckets.length - 1)]!
      bucket.bytes += bytes
      bucket.clients++
    }
    const padded = (value: number): string => String(value).padStart(10)
    return buckets
      .map(({ bytes, clients }, i) => {
        const from = i === 0 ? 0 : 2 ** (i - 1 + FIRST_BUCKET)
        const to = i === buckets.length - 1 ? '+            ' : ` - ${padded(2 ** (i + FIRST_BUCKET) - 1)}`
        return `bucket ${padded(from)}${to}: tot-mem: ${padded(bytes)}, clients: ${clients}\n`
      })
      .join('')
  }
}
