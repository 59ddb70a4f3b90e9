// Who the client is for the server, and since when: fixed credentials, or a function that is asked before they expire.
import { ConnectionError } from '@ochre/protocol'
import type { Clock } from './clock.ts'
import type { Credentials } from './handshake.ts'

/** Asked again when this share of the lifetime has passed, and at this pace while it fails. */
const RENEW_AFTER = 0.8
const RETRY_MS = 1000

export class Identity {
  /** Counts renewals: a connection that shook hands at an older count has to authenticate again. */
  version = 0
  private readonly source: Credentials | (() => Promise<Credentials>) | undefined
  private readonly clock: Clock
  private readonly renewed: (credentials: Credentials) => void
  private cached: Credentials | undefined
  private cancel: (() => void) | null = null
  private closed = false
  /** Each ends the wait for an answer when the client closes. */
  private readonly waits = new Set<() => void>()

  /** `renewed` is called when an expiring identity has been replaced, and must bring open connections up to date. */
  constructor(
    source: Credentials | (() => Promise<Credentials>) | undefined,
    clock: Clock,
    renewed: (credentials: Credentials) => void,
  ) {
    this.source = source
    this.clock = clock
    this.renewed = renewed
    if (typeof source === 'object') this.cached = source
  }

  /** The latest, without asking. */
  get latest(): Credentials | undefined {
    return this.cached
  }

  /** For a new connection. A function is asked unless it gave credentials that are still good for a while. */
  async current(): Promise<Credentials | undefined> {
    if (typeof this.source !== 'function') return this.source
    if (this.cancel === null || this.cached?.expiresAt === undefined) await this.untilClosed(this.ask(this.source))
    return this.cached
  }

  /** Next time, ask: the server refused them. */
  forget(): void {
    if (typeof this.source === 'function') this.stop()
  }

  close(): void {
    this.closed = true
    this.stop()
    for (const end of this.waits) end()
  }

  private untilClosed(answer: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => reject(new ConnectionError('CLIENT_CLOSED', 'The client has been closed.'))
      this.waits.add(end)
      answer.then(resolve, reject).finally(() => this.waits.delete(end))
    })
  }

  private async ask(source: () => Promise<Credentials>): Promise<void> {
    this.cached = await source()
    if (this.cached.expiresAt === undefined || this.closed) return
    this.schedule(source, Math.max(0, (this.cached.expiresAt - this.clock.wall()) * RENEW_AFTER))
  }

  private schedule(source: () => Promise<Credentials>, ms: number): void {
    this.stop()
    this.cancel = this.clock.after(
      ms,
      () => {
        this.renew(source)
      },
      false,
    )
  }

  private async renew(source: () => Promise<Credentials>): Promise<void> {
    try {
      await this.ask(source)
    } catch {
      if (!this.closed) this.schedule(source, RETRY_MS)
      return
    }
    if (this.closed || this.cached === undefined) return
    this.version++
    this.renewed(this.cached)
  }

  private stop(): void {
    this.cancel?.()
    this.cancel = null
  }
}
