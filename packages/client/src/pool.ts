// Connections that one user has for itself: for blocking commands, WATCH, and whatever must not share.
//
//   acquire -> an idle one, or a new one while there are fewer than max, or the next that is released
//   release -> the longest waiting acquire, or idle; idle ones beyond min close after idleMs
import { ConnectionError, type ReplyError, UsageError } from '@ochre/protocol'
import type { Clock } from './clock.ts'
import { type Command, CommandState, type CommandWatcher } from './command.ts'
import type { Connection, ConnectionOwner } from './connection.ts'
import { Ring } from './queue.ts'
import { isNotNow } from './retry.ts'

export interface PoolOptions {
  /** Kept open even when idle; default 0. */
  readonly min?: number
  /** Never more; default 64. */
  readonly max?: number
  /** How long `acquire` waits for a free one; default 5,000. */
  readonly acquireTimeoutMs?: number
  /** After how long an idle one beyond `min` is closed; default 30,000. */
  readonly idleMs?: number
}

export interface PoolHealth {
  readonly idle: number
  readonly leased: number
  readonly opening: number
  /** Calls that wait for a connection. */
  readonly waiting: number
  /** Since the start. */
  readonly opened: number
  readonly lost: number
  readonly acquireTimeouts: number
}

/** What a pool asks of its node. */
export interface PoolHost {
  /** A new connection after the handshake, with the pool as its owner. */
  open(owner: ConnectionOwner): Promise<Connection>
  /** What to do with a command that the server refused. */
  onRefused(connection: Connection, command: Command, error: Error): void
  /** A push of RESP3, such as an invalidation for whoever tracks keys on a lane. */
  onPush(connection: Connection, items: unknown[]): void
  /** What to do with a command whose connection was lost. */
  lost(command: Command, left: boolean, cause: Error | null): void
  /** A call has waited for a connection, in vain with an `error`. */
  onWaited(waitMs: number, error: Error | null): void
  /** Brings the identity of a connection up to date before it is used again. */
  refresh(connection: Connection): void
}

/** How many calls, and how many bytes of them, may wait. */
export interface QueueBounds {
  readonly maxCount: number
  readonly maxBytes: number
}

interface Waiter {
  readonly bytes: number
  resolve(connection: Connection): void
  reject(error: Error): void
  over: boolean
  readonly since: number
  cancel: () => void
}

export class Pool implements ConnectionOwner {
  private readonly host: PoolHost
  private readonly clock: Clock
  private readonly options: Required<PoolOptions>
  private readonly idle: { connection: Connection; since: number }[] = []
  private readonly leased = new Set<Connection>()
  private readonly waiters = new Ring<Waiter>()
  private waiting = 0
  private waitingBytes = 0
  private opening = 0
  private opened = 0
  private lost = 0
  private acquireTimeouts = 0
  private closed = false

  private readonly bounds: QueueBounds

  constructor(host: PoolHost, clock: Clock, options: PoolOptions, bounds: QueueBounds) {
    this.host = host
    this.clock = clock
    this.bounds = bounds
    this.options = { min: 0, max: 64, acquireTimeoutMs: 5000, idleMs: 30_000, ...options }
  }

  /** Connections in use or on their way to it. */
  get busy(): number {
    return this.leased.size + this.opening + this.waiting
  }

  /**
   * A connection for the caller alone, who holds so many bytes while it waits. Rejects with POOL_EXHAUSTED, with QUEUE_FULL
   * when too many wait, or when no connection can be opened.
   */
  acquire(bytes = 0): Promise<Connection> {
    if (this.closed) return Promise.reject(new ConnectionError('CLIENT_CLOSED', 'The client has been closed.'))
    const free = this.idle.pop()
    if (free !== undefined) return Promise.resolve(this.lease(free.connection))
    if (this.waiting >= this.bounds.maxCount || this.waitingBytes + bytes > this.bounds.maxBytes)
      return Promise.reject(
        new ConnectionError('QUEUE_FULL', 'Too many calls are waiting for a connection of the pool.'),
      )
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, bytes, over: false, since: this.clock.now(), cancel: () => {} }
      waiter.cancel = this.clock.after(this.options.acquireTimeoutMs, () => this.expire(waiter), true)
      this.waiters.push(waiter)
      this.waiting++
      this.waitingBytes += bytes
      this.grow()
    })
  }

  /** Gives back what `acquire` gave. A connection that is not `clean`, or still owes a reply, is closed. */
  release(connection: Connection, clean: boolean): void {
    if (!this.leased.delete(connection)) throw new UsageError('The connection is not leased from this pool.')
    connection.patient = false
    if (!clean || connection.load > 0 || connection.closed || this.closed) connection.destroy()
    else this.offer(connection)
    this.grow()
  }

  /** Runs one command on a connection of its own. */
  run(command: Command): void {
    command.state = CommandState.HELD
    this.acquire(command.bytes).then(
      (connection) => {
        if (command.settled) {
          this.release(connection, true)
          return
        }
        command.holder = new Lease(this, connection)
        connection.patient = true
        connection.send(command)
      },
      (error: Error) => {
        command.attempts++
        if (error instanceof ConnectionError && error.code === 'CONNECTION_FAILED')
          this.host.lost(command, false, error)
        else command.fail(error)
      },
    )
  }

  /** Keeps `min` open and closes what was idle for long. That idle ones live is seen to by the watchdog of the node. */
  tend(): void {
    const now = this.clock.now()
    const spare = this.idle.length + this.leased.size + this.opening - this.options.min
    for (let i = 0; i < spare && this.idle.length > 0; i++) {
      if (now - this.idle[0]!.since < this.options.idleMs) break
      this.idle.shift()!.connection.end()
    }
    for (let missing = -spare; missing > 0; missing--) this.openOne()
  }

  idleConnections(): Connection[] {
    return this.idle.map((entry) => entry.connection)
  }

  health(): PoolHealth {
    const { waiting, opening, opened, lost, acquireTimeouts } = this
    return { idle: this.idle.length, leased: this.leased.size, opening, waiting, opened, lost, acquireTimeouts }
  }

  /** Closes everything, also what is in use. */
  close(): void {
    this.closed = true
    for (const { connection } of this.idle.splice(0)) connection.end()
    for (let waiter = this.waiters.shift(); waiter !== undefined; waiter = this.waiters.shift()) {
      this.settle(waiter, new ConnectionError('CLIENT_CLOSED', 'The client has been closed.'))
    }
    for (const connection of [...this.leased]) connection.destroy()
  }

  onRefused(connection: Connection, command: Command, error: Error): void {
    // One that may be repeated leaves its connection, which may lead to a server of the past.
    if (command.holder instanceof Lease && isNotNow((error as ReplyError).code)) {
      command.holder = null
      this.release(connection, false)
    }
    this.host.onRefused(connection, command, error)
  }

  onPush(connection: Connection, items: unknown[]): void {
    this.host.onPush(connection, items)
  }

  onLost(connection: Connection, cause: Error | null, sent: Command[], unsent: Command[]): void {
    const at = this.idle.findIndex((entry) => entry.connection === connection)
    if (at !== -1) this.idle.splice(at, 1)
    this.leased.delete(connection)
    if (cause !== null) this.lost++
    for (const command of sent) this.host.lost(command, true, cause)
    for (const command of unsent) this.host.lost(command, false, cause)
    this.grow()
  }

  private lease(connection: Connection): Connection {
    this.host.refresh(connection)
    this.leased.add(connection)
    return connection
  }

  private offer(connection: Connection): void {
    for (let waiter = this.waiters.shift(); waiter !== undefined; waiter = this.waiters.shift()) {
      if (waiter.over) continue
      this.settle(waiter, this.lease(connection))
      return
    }
    this.idle.push({ connection, since: this.clock.now() })
  }

  private settle(waiter: Waiter, outcome: Connection | ConnectionError): void {
    if (waiter.over) return
    waiter.over = true
    waiter.cancel()
    this.waiting--
    this.waitingBytes -= waiter.bytes
    this.host.onWaited(this.clock.now() - waiter.since, outcome instanceof Error ? outcome : null)
    if (outcome instanceof Error) waiter.reject(outcome)
    else waiter.resolve(outcome)
  }

  private expire(waiter: Waiter): void {
    if (waiter.over) return
    this.acquireTimeouts++
    const { acquireTimeoutMs, max } = this.options
    this.settle(
      waiter,
      new ConnectionError('POOL_EXHAUSTED', `None of ${max} connections became free within ${acquireTimeoutMs} ms.`),
    )
  }

  /** Opens as many as there are calls waiting, up to max. */
  private grow(): void {
    while (this.waiting > this.opening && this.leased.size + this.idle.length + this.opening < this.options.max) {
      this.openOne()
    }
  }

  private openOne(): void {
    if (this.closed) return
    this.opening++
    this.host.open(this).then(
      (connection) => {
        this.opening--
        this.opened++
        if (this.closed) connection.destroy()
        else this.offer(connection)
      },
      (error: ConnectionError) => {
        this.opening--
        // One attempt failed: one call that waits is told, the others have attempts of their own.
        let waiter = this.waiters.shift()
        while (waiter?.over) waiter = this.waiters.shift()
        if (waiter !== undefined) this.settle(waiter, error)
        this.grow()
      },
    )
  }
}

/** A connection occupied by one command until that is settled. */
class Lease implements CommandWatcher {
  private readonly pool: Pool
  private readonly connection: Connection

  constructor(pool: Pool, connection: Connection) {
    this.pool = pool
    this.connection = connection
  }

  onSettled(): void {
    // Settled without its reply (deadline, signal): the server still blocks, so the connection is of no more use.
    if (!this.connection.closed) this.pool.release(this.connection, this.connection.load === 0)
  }
}
