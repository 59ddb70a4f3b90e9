// One server: the connections that are shared, the pool of those that are not, and the commands that wait for either.
//
//   send -> admitted (breaker, deadline) -> dispatch --+--> shared connection with the least in flight --> reply
//                                              ^       +--> pool, for commands that block                  refused, lost:
//                                              |       +--> waiting, while there is no connection          retry.ts
//                                              +---------------+--------------------------------------------------+
import {
  CommandFlag,
  ConnectionError,
  type DecodeLimits,
  DecodeMode,
  type Reply,
  type ReplyError,
  type Transport,
  UsageError,
} from '@ochre/protocol'
import { AdaptiveTimeout, type AdaptiveTimeoutOptions } from './adaptive-timeout.ts'
import { blockingMs, waitsForOwnWrites } from './blocking.ts'
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts'
import type { Clock } from './clock.ts'
import type { CallSettings, Command, CommandWatcher } from './command.ts'
import type { Connection, ConnectionOwner } from './connection.ts'
import { Deadlines } from './deadline.ts'
import { bothWatchers, commandEnd, connects, poolWaits, pushes, reconnects, traceCommand } from './diagnostics.ts'
import {
  authenticate,
  boundCommand,
  type Credentials,
  commandOf,
  type Dialling,
  type Greeting,
  type HandshakeSettings,
  openConnection,
} from './handshake.ts'
import { Identity } from './identity.ts'
import { Lines, type LinesHost } from './lines.ts'
import { Pool, type PoolHealth, type PoolHost, type PoolOptions } from './pool.ts'
import { type Backoff, backoffMs, mayRepeat, REFUSAL_BACKOFF, verdictOn } from './retry.ts'
import type { Lane, Router } from './router.ts'
import { Waiting } from './waiting.ts'

const { BLOCKING } = CommandFlag
const CLOSED = 'The client has been closed.'
/** Commands of a lane's user by their words. */
const RAW: Omit<CallSettings, 'signal'> = {
  mode: DecodeMode.REPLY,
  timeoutMs: 0,
  ownTimeout: false,
  idempotent: false,
  onResend: undefined,
}
/** How often `close` looks whether all is done, and how long it waits for the goodbyes. */
const DRAIN_LOOK_MS = 5
const GOODBYE_MS = 500

export interface QueueOptions {
  /** Commands that wait, and commands in flight per connection; default 100,000. */
  readonly maxCount?: number
  /** Bytes of them; default 256 MB. */
  readonly maxBytes?: number
  /** Which command fails with QUEUE_FULL: the new one (`reject`, the default) or the one that has waited longest. */
  readonly whenFull?: 'reject' | 'drop-oldest'
  /** Whether commands wait while there is no connection, or fail at once; default true. */
  readonly offline?: boolean
}

export interface NodeSettings {
  readonly transport: Transport
  readonly clock: Clock
  readonly handshake: HandshakeSettings
  readonly credentials: Credentials | (() => Promise<Credentials>) | undefined
  readonly connections: number
  readonly connectTimeoutMs: number
  /** The default deadline of commands, and the grace that blocking ones get on top of their own timeout; 0 is none. */
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly backoff: Backoff
  readonly queue: Required<QueueOptions>
  readonly pool: PoolOptions
  /** A silent server is given up after this; 0 switches the watchdog off. */
  readonly watchdogMs: number
  readonly breaker: BreakerOptions | undefined
  readonly adaptiveTimeout: AdaptiveTimeoutOptions | undefined
  readonly limits: DecodeLimits
}

export interface NodeHealth {
  readonly address: string
  readonly state: 'connecting' | 'ready' | 'closed'
  /** What the server said of itself when it was last connected. */
  readonly greeting: Greeting | null
  /** Round trip of the watchdog's last PING; null before the first. */
  readonly latencyMs: number | null
  readonly connections: { readonly ready: number; readonly wanted: number }
  readonly waiting: { readonly count: number; readonly bytes: number }
  readonly inFlight: { readonly count: number; readonly bytes: number }
  /** Times a shared connection was lost. */
  readonly losses: number
  /** Why there is no connection, while there is none. */
  readonly lastFailure: Error | null
  readonly pool: PoolHealth
  readonly breaker: BreakerState | null
  /** The deadline that new commands get. */
  readonly timeoutMs: number
}

export class Node implements Router, ConnectionOwner, LinesHost, PoolHost, CommandWatcher {
  /** Receives the pushes of the shared connections. */
  pushed: ((items: unknown[]) => void) | null = null
  private readonly settings: NodeSettings
  private readonly clock: Clock
  private readonly dialling: Dialling
  private readonly deadlines: Deadlines
  private readonly lines: Lines
  private readonly pool: Pool
  private readonly waiting = new Waiting()
  private readonly breaker: Breaker | null
  private readonly adaptive: AdaptiveTimeout | null
  private readonly identity: Identity
  /** The version of the identity that each connection has told the server. */
  private readonly told = new WeakMap<Connection, number>()
  /** Everything dialled that may still be open, for `close`. */
  private readonly dialled = new Set<Connection>()
  private greeting: Greeting | null = null
  private latencyMs: number | null = null
  private lastFailure: Error | null = null
  private cancelWatch: (() => void) | null = null
  /** No new commands. */
  private closing = false
  private ending: Promise<void> | null = null
  /** No commands at all. */
  private closed = false

  constructor(settings: NodeSettings) {
    const { clock, timeoutMs } = settings
    this.settings = settings
    this.clock = clock
    this.deadlines = new Deadlines(clock)
    this.lines = new Lines(this, clock, settings.backoff, settings.connections)
    this.pool = new Pool(this, clock, settings.pool, settings.queue)
    this.breaker = settings.breaker === undefined ? null : new Breaker(clock, settings.breaker)
    this.adaptive =
      settings.adaptiveTimeout === undefined ? null : new AdaptiveTimeout(settings.adaptiveTimeout, timeoutMs)
    this.identity = new Identity(settings.credentials, clock, () => {
      for (const connection of [...this.lines.ready(), ...this.pool.idleConnections()]) this.refresh(connection)
    })
    this.dialling = {
      transport: settings.transport,
      clock,
      connectTimeoutMs: settings.connectTimeoutMs,
      handshake: settings.handshake,
      limits: settings.limits,
      credentials: () => this.identity.current(),
    }
  }

  async connect(): Promise<void> {
    this.watch()
    await this.lines.connect()
    this.pool.tend()
  }

  send(command: Command): void {
    if (command.settled) return
    if (commandEnd.hasSubscribers) this.trace(command)
    if (this.closing) {
      command.giveUp('CLIENT_CLOSED', CLOSED)
      return
    }
    if (this.breaker !== null || this.adaptive !== null) {
      if (!this.admit(command)) return
    }
    if ((command.spec.flags & BLOCKING) !== 0 || command.spec.firstKey === 0) this.allowBlocking(command)
    if (command.timeoutMs > 0) this.deadlines.watch(command)
    this.dispatch(command)
  }

  async lane(near?: Command): Promise<Lane> {
    const connection = await (near === undefined ? this.pool.acquire() : this.acquireFor(near))
    return {
      connection,
      send: (command) => this.sendOn(connection, command),
      raw: (words, signal) => {
        const command = commandOf(words, { ...RAW, signal })
        // A PING of the watchdog between MULTI and EXEC would become part of the transaction.
        connection.patient = true
        this.sendOn(connection, command)
        return command.promise as Promise<Reply>
      },
      release: (clean) => {
        // A lost connection has left the pool already.
        if (!connection.closed) this.pool.release(connection, clean)
      },
    }
  }

  async open(owner: ConnectionOwner): Promise<Connection> {
    if (this.closing) throw new ConnectionError('CLIENT_CLOSED', CLOSED)
    const { address } = this.settings.transport
    const startedAt = this.clock.now()
    const tell = (error: Error | null): void => {
      if (connects.hasSubscribers) connects.publish({ address, durationMs: this.clock.now() - startedAt, error })
    }
    try {
      const { connection, greeting } = await openConnection(this.dialling, owner, (dialled) => {
        this.dialled.add(dialled)
        this.told.set(dialled, this.identity.version)
      })
      this.greeting = greeting
      tell(null)
      return connection
    } catch (error) {
      tell(error as Error)
      throw error
    }
  }

  health(): NodeHealth[] {
    const ready = this.lines.ready()
    let count = 0
    let bytes = 0
    for (const connection of ready) {
      count += connection.load
      bytes += connection.pendingBytes
    }
    return [
      {
        address: this.settings.transport.address,
        state: this.closing ? 'closed' : ready.length > 0 ? 'ready' : 'connecting',
        greeting: this.greeting,
        latencyMs: this.latencyMs,
        connections: { ready: ready.length, wanted: this.lines.wanted },
        waiting: { count: this.waiting.count, bytes: this.waiting.bytes },
        inFlight: { count, bytes },
        losses: this.lines.losses,
        lastFailure: ready.length > 0 ? null : this.lastFailure,
        pool: this.pool.health(),
        breaker: this.breaker?.state ?? null,
        timeoutMs: this.adaptive?.currentMs ?? this.settings.timeoutMs,
      },
    ]
  }

  close(drainMs: number): Promise<void> {
    this.ending ??= this.finish(drainMs)
    return this.ending
  }

  // For connections, lines and pool.

  openShared(): Promise<Connection> {
    return this.open(this)
  }

  onReady(): void {
    this.lastFailure = null
    for (const command of this.waiting.takeQueue()) this.dispatch(command)
  }

  onFailed(error: Error): void {
    this.lastFailure = error
    // The server is there and does not want us, or never will be: waiting would not help those who wait.
    if ((error as { name?: string }).name === 'ReplyError' || error instanceof UsageError) {
      this.identity.forget()
      for (const command of this.waiting.takeQueue()) {
        command.fail(
          new ConnectionError('CONNECTION_FAILED', `The server refuses the connection: ${error.message}`, {
            cause: error,
          }),
        )
      }
    } else this.waiting.explain(error)
  }

  onRefused(connection: Connection, command: Command, error: Error): void {
    const verdict = this.closed ? 'answer' : verdictOn(command, (error as ReplyError).code)
    if (verdict === 'answer' || command.settled) {
      command.fail(error)
      return
    }
    if (verdict === 'reconnect') {
      this.lines.replace(connection)
      if (command.attempts > this.settings.maxRetries) {
        command.fail(error)
        return
      }
    }
    command.refusal = error
    this.repeatLater(command, backoffMs(REFUSAL_BACKOFF, command.attempts, 0.5 + this.clock.random() / 2))
  }

  /** A shared connection is dialled again after `delayMs`. */
  onRedial(attempt: number, delayMs: number): void {
    if (reconnects.hasSubscribers) reconnects.publish({ address: this.settings.transport.address, attempt, delayMs })
  }

  /** Somebody waited for a connection of the pool. */
  onWaited(waitMs: number, error: Error | null): void {
    if (poolWaits.hasSubscribers) poolWaits.publish({ address: this.settings.transport.address, waitMs, error })
  }

  onPush(connection: Connection, items: unknown[]): void {
    if (pushes.hasSubscribers) pushes.publish({ address: connection.address, items })
    this.pushed?.(items)
  }

  onLost(connection: Connection, cause: Error | null, sent: Command[], unsent: Command[]): void {
    this.lastFailure = cause
    this.lines.lost(connection)
    // Those that may be repeated go ahead of what already waits, in their old order.
    const again = [
      ...sent.filter((command) => this.survives(command, true, cause)),
      ...unsent.filter((command) => this.survives(command, false, cause)),
    ]
    if (again.length === 0) return
    this.waiting.unshift(again)
    if (this.lines.leastLoaded() !== null) this.onReady()
  }

  lost(command: Command, left: boolean, cause: Error | null): void {
    if (!this.survives(command, left, cause)) return
    command.holder = null
    this.repeatLater(command, backoffMs(this.settings.backoff, command.attempts, this.clock.random()))
  }

  refresh(connection: Connection): void {
    const { version, latest } = this.identity
    if (latest === undefined || this.told.get(connection) === version) return
    this.told.set(connection, version)
    authenticate(connection, latest).catch((error: Error) => connection.destroy(error))
  }

  /** A command that breaker or adaptive timeout count. */
  onSettled(command: Command, error: Error | null): void {
    this.breaker?.record(error)
    if (this.adaptive === null || command.patienceMs > 0) return
    const timedOut = error instanceof ConnectionError && error.code === 'TIMEOUT'
    if (error === null || timedOut) this.adaptive.record(this.clock.now() - command.startedAt)
  }

  private admit(command: Command): boolean {
    if (this.breaker !== null && !this.breaker.admits()) {
      command.giveUp('CIRCUIT_OPEN', 'The circuit breaker is open: the server has not answered for a while.')
      return false
    }
    command.watcher = command.watcher === null ? this : bothWatchers(command.watcher, this)
    if (this.adaptive !== null) {
      command.startedAt = this.clock.now()
      if (command.patienceMs === 0 && command.timeoutMs > 0) command.timeoutMs = this.adaptive.currentMs
    }
    return true
  }

  private trace(command: Command): void {
    const { transport, handshake, clock } = this.settings
    traceCommand(command, transport.address, handshake.db, clock)
  }

  private sendOn(connection: Connection, command: Command): void {
    if (command.settled) return
    if (commandEnd.hasSubscribers) this.trace(command)
    command.bound = true
    if (connection.closed) {
      command.giveUp('CONNECTION_LOST', 'The connection of the lane has ended.')
      return
    }
    if (command.timeoutMs > 0 && command.deadlineList === null) this.deadlines.watch(command)
    connection.send(command)
  }

  /** A connection for the lane that begins with this command, whose deadline and signal count while it waits for one. */
  private acquireFor(command: Command): Promise<Connection> {
    if (command.settled) return command.promise as Promise<never>
    if (this.closing) command.giveUp('CLIENT_CLOSED', CLOSED)
    else if (command.timeoutMs > 0) this.deadlines.watch(command)
    return new Promise((resolve, reject) => {
      command.promise.catch(reject)
      this.pool.acquire().then(
        (connection) => {
          if (command.settled) this.pool.release(connection, true)
          else resolve(connection)
        },
        (error: Error) => command.fail(error),
      )
    })
  }

  /** Moves the deadline behind the command's own timeout, unless the caller has set one. */
  private allowBlocking(command: Command): void {
    const wait = blockingMs(command.spec, command.args)
    if (wait < 0 || command.patienceMs > 0) return
    const grace = command.timeoutMs
    command.timeoutMs = wait === Number.POSITIVE_INFINITY || grace === 0 ? 0 : wait + grace
    command.patienceMs = wait === Number.POSITIVE_INFINITY ? wait : wait + grace
  }

  private dispatch(command: Command): void {
    const connection = this.lines.only ?? this.lines.leastLoaded()
    if (connection === null) {
      this.hold(command)
      return
    }
    if (command.patienceMs > 0 && this.needsLane(command)) {
      this.pool.run(command)
      return
    }
    const { maxCount, maxBytes } = this.settings.queue
    if (connection.load >= maxCount || connection.pendingBytes + command.bytes > maxBytes) {
      command.giveUp('QUEUE_FULL', 'Too many commands are waiting for their replies.')
      return
    }
    connection.send(command)
  }

  private needsLane(command: Command): boolean {
    const { spec, args } = command
    return (spec.flags & BLOCKING) !== 0 && !waitsForOwnWrites(spec) && blockingMs(spec, args) >= 0
  }

  private hold(command: Command): void {
    const { maxCount, maxBytes, whenFull, offline } = this.settings.queue
    if (!offline || this.closed) {
      const reason = this.lastFailure === null ? '' : ` (${this.lastFailure.message})`
      command.giveUp('CONNECTION_FAILED', `There is no connection to the server${reason}.`)
      return
    }
    while (this.waiting.count >= maxCount || this.waiting.bytes + command.bytes > maxBytes) {
      const oldest = whenFull === 'drop-oldest' ? this.waiting.oldest() : undefined
      ;(oldest ?? command).giveUp('QUEUE_FULL', 'Too many commands are waiting for a connection.')
      if (oldest === undefined) return
    }
    command.refusal ??= this.lastFailure
    this.waiting.push(command)
  }

  private repeatLater(command: Command, ms: number): void {
    const cancel = this.clock.after(
      ms,
      () => {
        if (this.waiting.take(command)) this.dispatch(command)
      },
      true,
    )
    this.waiting.delay(command, cancel)
  }

  /** Whether a command whose connection was lost may go on; otherwise it has been failed. */
  private survives(command: Command, left: boolean, cause: Error | null): boolean {
    if (command.settled) return false
    if (left) command.losses++
    if (this.closed) {
      command.fail(new ConnectionError('CLIENT_CLOSED', CLOSED, { maybeExecuted: left }))
      return false
    }
    if (this.settings.queue.offline && mayRepeat(command, left, this.settings.maxRetries)) return true
    command.fail(
      new ConnectionError('CONNECTION_LOST', 'The connection ended before the reply arrived.', {
        maybeExecuted: left,
        cause,
      }),
    )
    return false
  }

  private inFlight(): number {
    let count = 0
    for (const connection of this.lines.open()) count += connection.load
    return count
  }

  /** Looks after connections four times per watchdog period. */
  private watch(): void {
    const { watchdogMs } = this.settings
    const every = watchdogMs > 0 ? watchdogMs / 4 : 1000
    this.cancelWatch = this.clock.after(
      every,
      () => {
        if (this.closed) return
        const now = this.clock.now()
        for (const connection of this.dialled) {
          if (connection.closed) this.dialled.delete(connection)
          else if (watchdogMs > 0) connection.check(now, watchdogMs, this.ping)
        }
        this.lines.tend()
        this.pool.tend()
        this.watch()
      },
      false,
    )
  }

  private readonly ping = (): Command => {
    const command = boundCommand(['PING'])
    const startedAt = this.clock.now()
    command.promise.then(
      () => {
        this.latencyMs = this.clock.now() - startedAt
      },
      () => {},
    )
    return command
  }

  private async finish(drainMs: number): Promise<void> {
    this.closing = true
    await this.until(drainMs, () => this.waiting.count === 0 && this.pool.busy === 0 && this.inFlight() === 0)
    this.closed = true
    this.cancelWatch?.()
    this.identity.close()
    this.lines.close()
    this.waiting.failAll('CLIENT_CLOSED', CLOSED)
    this.pool.close()
    for (const connection of this.dialled) {
      if (connection.load > 0) connection.destroy()
      else connection.end()
    }
    await this.until(GOODBYE_MS, () => [...this.dialled].every((connection) => connection.closed))
    for (const connection of this.dialled) connection.destroy()
    this.deadlines.close()
  }

  private async until(ms: number, done: () => boolean): Promise<void> {
    const end = this.clock.now() + ms
    while (!done() && this.clock.now() < end) {
      await new Promise<void>((resolve) => this.clock.after(DRAIN_LOOK_MS, resolve, true))
    }
  }
}
