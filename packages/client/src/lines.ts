// The shared connections to one server: so many, dialled again with backoff whenever one is lost.
//
//   dialling --ready--> in use --lost--> backoff --> dialling ...
//      ^                   |
//      +---- replaced -----+   the old connection finishes what is in flight (retiring), then ends
import { UsageError } from '@ochre/protocol'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { type Backoff, backoffMs } from './retry.ts'

/** At most one replacement of a connection in this time. */
const REPLACE_MS = 1000

export interface LinesHost {
  /** A new connection after the handshake. */
  openShared(): Promise<Connection>
  /** A connection has become ready. */
  onReady(): void
  /** An attempt has failed; the next follows. */
  onFailed(error: Error): void
  /** A connection is dialled again after `delayMs`; `attempt` counts from 0 since the last success. */
  onRedial(attempt: number, delayMs: number): void
}

interface Line {
  connection: Connection | null
  attempt: number
  cancelTimer: (() => void) | null
  replacedAt: number
}

export class Lines {
  /** The only line's connection, when there is one line and it is ready: the short way for most commands. */
  only: Connection | null = null
  /** Times a connection in use was lost. */
  losses = 0
  private readonly host: LinesHost
  private readonly clock: Clock
  private readonly backoff: Backoff
  private readonly lines: Line[] = []
  private readonly retiring = new Set<Connection>()
  private closed = false

  constructor(host: LinesHost, clock: Clock, backoff: Backoff, count: number) {
    this.host = host
    this.clock = clock
    this.backoff = backoff
    for (let i = 0; i < count; i++) {
      this.lines.push({ connection: null, attempt: 0, cancelTimer: null, replacedAt: Number.NEGATIVE_INFINITY })
    }
  }

  get wanted(): number {
    return this.lines.length
  }

  /** Dials all; fulfilled when the first is ready, rejected when the first attempt of all has failed. */
  async connect(): Promise<void> {
    try {
      await Promise.any(this.lines.map((line) => this.dial(line)))
    } catch (error) {
      throw (error as AggregateError).errors[0]
    }
  }

  /** The ready connection with the fewest commands in flight. */
  leastLoaded(): Connection | null {
    let best: Connection | null = null
    for (const { connection } of this.lines) {
      if (connection !== null && (best === null || connection.load < best.load)) best = connection
    }
    return best
  }

  ready(): Connection[] {
    return this.lines.flatMap((line) => line.connection ?? [])
  }

  /** All that are open: ready or retiring. */
  open(): Connection[] {
    return [...this.ready(), ...this.retiring]
  }

  /** A connection is over. */
  lost(connection: Connection): void {
    this.retiring.delete(connection)
    const line = this.lines.find((candidate) => candidate.connection === connection)
    if (line === undefined) return
    this.losses++
    line.connection = null
    this.only = null
    this.redial(line)
  }

  /** Takes a connection out of use, which finishes what is in flight, and dials another in its place. */
  replace(connection: Connection): void {
    const line = this.lines.find((candidate) => candidate.connection === connection)
    const now = this.clock.now()
    if (line === undefined || now - line.replacedAt < REPLACE_MS) return
    line.replacedAt = now
    line.connection = null
    this.only = null
    this.retiring.add(connection)
    this.redial(line)
  }

  /** Ends retired connections that have nothing more in flight. */
  tend(): void {
    for (const connection of this.retiring) if (connection.load === 0) connection.end()
  }

  close(): void {
    this.closed = true
    for (const line of this.lines) {
      line.cancelTimer?.()
      line.cancelTimer = null
    }
  }

  /** A process that has nothing else to do need not wait for a transport that cannot be dialled at all. */
  private redial(line: Line, keepAlive = true): void {
    if (this.closed) return
    const ms = backoffMs(this.backoff, line.attempt, this.clock.random())
    this.host.onRedial(line.attempt++, ms)
    line.cancelTimer = this.clock.after(
      ms,
      () => {
        line.cancelTimer = null
        this.dial(line).catch(() => {})
      },
      keepAlive,
    )
  }

  private async dial(line: Line): Promise<void> {
    let connection: Connection
    try {
      connection = await this.host.openShared()
    } catch (error) {
      if (!this.closed) {
        this.host.onFailed(error as Error)
        this.redial(line, !(error instanceof UsageError))
      }
      throw error
    }
    if (this.closed) {
      connection.destroy()
      return
    }
    if (connection.closed) {
      this.redial(line)
      return
    }
    line.attempt = 0
    line.connection = connection
    if (this.lines.length === 1) this.only = connection
    this.host.onReady()
  }
}
