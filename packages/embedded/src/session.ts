// One client as the engine sees it: its database, protocol, transaction, subscriptions and pending output. Handlers get it
// as their context. A session without a connection (a script's) has no output; everything else is the same.
import { encodeReply, type FailureReply, type Reply, type RespVersion, type TextSink } from '@ochre/protocol'
import type { User } from './acl/user.ts'
import type { BlockRequest, Waiter } from './blocking.ts'
import { heldBy, ITEM_BYTES } from './client-memory.ts'
import type { Command } from './commands/index.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import type { Engine } from './engine.ts'
import type { TrackingState } from './tracking.ts'

/** Returned by a handler whose reply has been sent already or will be sent later. */
export const NO_REPLY: unique symbol = Symbol('no reply')

/** Returned for a request that has to be executed again when a pause is over. */
export const POSTPONED: unique symbol = Symbol('postponed')

/** Returned for a command that was interrupted and goes on later; see suspension.ts. */
export const SUSPENDED: unique symbol = Symbol('suspended')

/** Several replies to one command: the confirmations of SUBSCRIBE, which come whatever CLIENT REPLY says. */
export class Replies {
  readonly items: readonly Reply[]
  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** What a handler gives back. */
export type Outcome = Reply | Replies | typeof NO_REPLY | typeof SUSPENDED

/**
 * A command. `args[0]` is its name as sent; a subcommand's name is `args[1]`. The arity has been checked, so the arguments
 * it guarantees may be read with `!`. It may throw a FailureReply, as long as nothing has been changed yet.
 */
export type Handler = (session: Session, args: readonly string[]) => Outcome

/** Output is handed on when it has grown to this, even in the middle of a batch. */
const SPILL_LENGTH = 256 * 1024

export class Session implements TextSink {
  readonly engine: Engine
  readonly id: number
  readonly createdAt: number
  readonly connection: Connection | null
  db: Database
  resp: RespVersion = 2
  name = ''
  user: User
  /** Has logged in, or came when nobody had to. */
  isAuthenticated: boolean
  /** What the client called last, even if it was refused; '' when there is no such command. */
  lastCommand = ''
  lastUsedAt: number
  /** Commands queued since MULTI; null outside a transaction. */
  queue: { readonly command: Command; readonly args: readonly string[] }[] | null = null
  /** A command was refused while queueing: EXEC must fail. */
  isAborted = false
  /** A watched key was changed: EXEC does nothing. */
  isWatchBroken = false
  watched: (readonly [database: Database, key: string])[] = []
  /** What the commands in `queue` take. */
  queuedBytes = 0
  /** What the names of watched keys, channels and patterns take. */
  nameBytes = 0
  /** Inside EXEC or a script: blocking commands answer at once. */
  isDenyBlocking = false
  waiter: Waiter | null = null
  readonly channels: Set<string> = new Set()
  readonly patterns: Set<string> = new Set()
  readonly shardChannels: Set<string> = new Set()
  /** CLIENT REPLY: whether replies are sent; `skip` leaves out the next one. */
  replyMode: 'on' | 'off' | 'skip' = 'on'
  /** CLIENT TRACKING; null when it is off. */
  tracking: TrackingState | null = null
  /** CLIENT CACHING for the next command or transaction; null when nothing was said. */
  caching: boolean | null = null
  /** CLIENT NO-EVICT: not disconnected for maxmemory-clients. */
  isNoEvict = false
  /** CLIENT SETINFO. */
  libraryName = ''
  libraryVersion = ''
  /** Replies not yet handed to the connection. */
  output = ''

  constructor(engine: Engine, id: number, connection: Connection | null) {
    this.engine = engine
    this.id = id
    this.createdAt = this.lastUsedAt = engine.clock.now()
    this.connection = connection
    this.db = engine.databases[0]!
    this.user = engine.acl.default
    this.isAuthenticated = !engine.acl.isLogInRequired
  }

  /** Whether the session is in the state that RESP2 restricts to a few commands. */
  get isSubscriber(): boolean {
    return this.channels.size + this.patterns.size + this.shardChannels.size !== 0
  }

  /** Adds a reply or push to the output. It leaves at the end of the engine's turn, after what has been written is durable. */
  send(reply: Reply): void {
    if (this.connection === null) return
    if (this.output === '') this.engine.hasOutput(this)
    const rest = encodeReply(reply, this.resp, this)
    this.output += rest
    if (this.output.length > SPILL_LENGTH) this.#spill()
  }

  /** A piece of a long reply. */
  take(text: string): void {
    if (text.length > SPILL_LENGTH) this.#spill()
    this.output += text
    if (this.output.length > SPILL_LENGTH) this.#spill()
  }

  /** Sends the reply of a command, as CLIENT REPLY allows. */
  answer(reply: Reply | Replies): void {
    if (reply instanceof Replies) {
      for (const item of reply.items) this.send(item)
      if (this.replyMode === 'skip') this.replyMode = 'on'
    } else if (this.replyMode === 'on') this.send(reply)
    else if (this.replyMode === 'skip') this.replyMode = 'on'
  }

  /** Hands pending output to the connection; what was changed before is durable. */
  flush(): void {
    if (this.output === '') return
    const { output } = this
    this.output = ''
    this.connection?.write(output)
    this.engine.clientMemory.note(this)
  }

  /** Hands pending output to the connection in the middle of a turn. */
  #spill(): void {
    if (this.engine.suspension !== null) return
    if (this.engine.commit()) this.flush()
    else this.abort()
  }

  /** Disconnects without the pending output, which must not be seen: nobody knows whether what it confirms will last. */
  abort(): void {
    this.output = ''
    this.connection?.abort()
  }

  /**
   * Waits for a key, or answers `timedOut` at once where blocking is not allowed. The handler returns the result:
   * `return session.block({ keys, timeoutMs, serve, timedOut })`.
   */
  block(request: BlockRequest): Outcome {
    if (this.isDenyBlocking || this.connection === null) return request.timedOut
    this.engine.blocking.add(this, request)
    return NO_REPLY
  }

  /**
   * Replaces the running command in the log of changes by these commands (none at all is allowed): for whatever is
   * random, relative to now, or only partly done.
   */
  propagate(...commands: (readonly string[])[]): void {
    this.propagateAll(commands)
  }

  /** The same for commands of which there may be more than a call can have arguments. */
  propagateAll(commands: readonly (readonly string[])[]): void {
    this.engine.replaceEffect(this.db.index, commands)
  }

  /** Forgets the transaction and its watched keys. */
  endTransaction(): void {
    this.queue = null
    this.queuedBytes = 0
    this.isAborted = false
    this.unwatch()
  }

  watch(key: string): void {
    const { db } = this
    db.peek(key) // An expired key goes now: its going later would not be a change.
    if (this.watched.some(([database, other]) => database === db && other === key)) return
    const sessions = db.watchers.get(key)
    if (sessions === undefined) db.watchers.set(key, new Set([this]))
    else sessions.add(this)
    this.watched.push([db, key])
    this.nameBytes += key.length + ITEM_BYTES
  }

  unwatch(): void {
    for (const [database, key] of this.watched) {
      this.nameBytes -= key.length + ITEM_BYTES
      const sessions = database.watchers.get(key)
      if (sessions?.delete(this) && sessions.size === 0) database.watchers.delete(key)
    }
    this.watched = []
    this.isWatchBroken = false
  }

  /** Back to the state of a new connection (RESET). */
  reset(): void {
    this.endTransaction()
    this.engine.pubsub.forget(this)
    this.db = this.engine.databases[0]!
    this.resp = 2
    this.name = ''
    this.user = this.engine.acl.default
    this.isAuthenticated = !this.engine.acl.isLogInRequired
    // RESET itself may be what is not replied to.
    if (this.replyMode === 'off') this.replyMode = 'on'
    this.engine.tracking.disable(this)
    this.engine.monitors.delete(this)
  }

  /** Takes the session out of everything in the engine that refers to it. Called once, when its connection is gone. */
  close(): void {
    if (this.waiter !== null) this.engine.blocking.remove(this.waiter)
    this.endTransaction()
    this.engine.pubsub.forget(this)
    this.engine.tracking.disable(this)
    this.engine.monitors.delete(this)
    this.engine.pause.forget(this)
    this.engine.clientMemory.forget(this)
    this.engine.sessions.delete(this.id)
  }

  /** One line of CLIENT LIST, without the line break. */
  describe(): string {
    const { engine, connection } = this
    const seconds = (since: number): number => Math.max(0, Math.floor((engine.now - since) / 1000))
    const unsent = this.output.length + (connection?.carrier.unsentBytes() ?? 0)
    return [
      `id=${this.id}`,
      `addr=${connection?.carrier.address ?? ''}`,
      `laddr=${connection?.carrier.localAddress ?? ''}`,
      'fd=-1',
      `name=${this.name}`,
      `age=${seconds(this.createdAt)}`,
      `idle=${seconds(this.lastUsedAt)}`,
      `flags=${this.#flags || 'N'}`,
      `db=${this.db.index}`,
      `sub=${this.channels.size}`,
      `psub=${this.patterns.size}`,
      `ssub=${this.shardChannels.size}`,
      `multi=${this.queue === null ? -1 : this.queue.length}`,
      `qbuf=${connection?.pendingBytes ?? 0}`,
      'qbuf-free=0',
      `argv-mem=${connection?.argumentBytes ?? 0}`,
      `multi-mem=${this.queuedBytes}`,
      'rbs=0',
      'rbp=0',
      `obl=${this.output.length}`,
      'oll=0',
      `omem=${unsent}`,
      `tot-mem=${heldBy(this)}`,
      'events=r',
      `cmd=${this.lastCommand.replace(' ', '|') || 'NULL'}`,
      `user=${this.user.name}`,
      `redir=${this.tracking === null ? -1 : this.tracking.redirect}`,
      `resp=${this.resp}`,
      `lib-name=${this.libraryName}`,
      `lib-ver=${this.libraryVersion}`,
    ].join(' ')
  }

  get #flags(): string {
    const { engine, tracking } = this
    return [
      engine.monitors.has(this) ? 'O' : '',
      this.isSubscriber ? 'P' : '',
      this.queue === null ? '' : 'x',
      this.waiter === null && !engine.pause.isWaiting(this) ? '' : 'b',
      tracking === null ? '' : 't',
      tracking?.isRedirectBroken ? 'R' : '',
      tracking?.isBroadcast ? 'B' : '',
      this.isWatchBroken ? 'd' : '',
      this.connection?.isEnding ? 'A' : '',
      this.connection?.isUnixSocket ? 'U' : '',
      this.isNoEvict ? 'e' : '',
    ].join('')
  }

  /** Marks a transaction in preparation as failed because a command of it was refused; returns the failure. */
  refuse(failure: FailureReply): FailureReply {
    if (this.queue !== null) this.isAborted = true
    return failure
  }
}
