// The client: what a caller holds. Typed methods come from the command table (commands.gen.ts); this file says where the
// commands go, what their replies become, and how a client begins and ends.
import type { Readable, Writable } from 'node:stream'
import {
  type Arg,
  CommandFlag,
  type CommandSpec,
  ConnectionError,
  DecodeMode,
  lookupCommand,
  type Reply,
  ReplyError,
  UsageError,
} from '@ochre/protocol'
import { checkOptions, type Many, many } from './arguments.ts'
import type { Clock } from './clock.ts'
import type { Codec } from './codec.ts'
import { type CallSettings, Command, type Resend, type Shape } from './command.ts'
import { Commands } from './commands.gen.ts'
import { type ConsumeOptions, type Consumer, GroupConsumer } from './consumer.ts'
import { commandOf } from './handshake.ts'
import type { BufferOptions } from './inbox.ts'
import { type ReadableOptions, readLarge, type WritableOptions, writeLarge } from './large-value.ts'
import type { Promised } from './mode.ts'
import { type Monitor, MonitorReader } from './monitor.ts'
import { Node, type NodeHealth } from './node.ts'
import { type ClientOptions, readOptions, type Target } from './options.ts'
import { Pipeline } from './pipeline.ts'
import type { Lane, Router } from './router.ts'
import { fullRequest, type ScriptRun, shortRequest } from './script.ts'
import { Subscriber, type SubscriptionHealth, type TopicKind, textOf } from './subscriber.ts'
import type { Gap, Message, SubscribeOptions, Subscription } from './subscription.ts'
import { Values } from './values.ts'
import { type Committable, type Committed, type Watched, type WatchOptions, watch } from './watch.ts'

/** How a call, or all calls of `client.with(...)`, are treated. */
export interface CallOptions {
  /** Deadline over queue, flight and repetitions; 0 is none. */
  readonly timeoutMs?: number
  /** Ends the call at any stage. */
  readonly signal?: AbortSignal
  /** The command may be sent again after a lost connection although the table does not say that it is harmless. */
  readonly idempotent?: boolean
  /** Called when a call is sent again: after a lost connection or a refusal, or with the script that the server lacks. */
  readonly onResend?: (why: Resend) => void
}

/** A Lua script with its SHA-1 in hexadecimal. */
export interface ScriptSource {
  readonly lua: string
  readonly sha: string
}

export interface ScriptOptions extends CallOptions {
  /** The script only reads: EVALSHA_RO, which may be repeated and runs on replicas. */
  readonly readOnly?: boolean
}

export interface Health {
  readonly state: 'connecting' | 'ready' | 'closed'
  readonly nodes: readonly NodeHealth[]
  readonly subscriptions: SubscriptionHealth
}

/** What all views of one client (`buffers`, `with`) share. */
export interface Core {
  readonly router: Router
  readonly clock: Clock
  readonly subscriber: Subscriber
  /** Each ends something endless when the client closes. */
  readonly endless: Set<() => void>
  /** Each rejects a call that would otherwise wait for its caller's own code, when the client has closed. */
  readonly abandoned: Set<() => void>
}

const CLOSE_MS = 5000
const CALL_OPTIONS = 'timeoutMs signal idempotent onResend'
const SCRIPT_OPTIONS = `${CALL_OPTIONS} readOnly`
const FUNCTION_LOAD: CommandSpec = lookupCommand('function load')!

/**
 * Connects and resolves when the server has accepted the client (with `lazy`, at once). Rejects with a ConnectionError
 * when the first attempt fails, with a ReplyError when the server refuses the client. From then on it stays connected by
 * itself until `close`.
 */
export async function connect(target?: Target, options?: ClientOptions): Promise<Client> {
  const { node: settings, lazy } = readOptions(target, options)
  const node = new Node(settings)
  const { clock, backoff } = settings
  const core: Core = {
    router: node,
    clock,
    subscriber: new Subscriber(node, clock, backoff),
    endless: new Set(),
    abandoned: new Set(),
  }
  const client = new Client<string>(core, {
    mode: DecodeMode.TEXT,
    timeoutMs: settings.timeoutMs,
    ownTimeout: false,
    onResend: undefined,
    signal: undefined,
    idempotent: false,
  })
  const connected = node.connect()
  if (lazy) {
    connected.catch(() => {})
    return client
  }
  try {
    await connected
  } catch (error) {
    await node.close(0)
    throw error
  }
  return client
}

/** A client of one Redis or Valkey. `V` is what values arrive as: string, or Buffer with `client.buffers`. */
export class Client<V = string> extends Commands<Promised<V>> implements AsyncDisposable {
  private readonly core: Core
  private readonly router: Router
  private readonly settings: CallSettings
  private inBuffers: Client<Buffer> | null = null

  /** Use {@link connect}. */
  constructor(core: Core, settings: CallSettings) {
    super()
    this.core = core
    this.router = core.router
    this.settings = settings
  }

  /** Sends a command of the table; typed methods end here. Rejects with what went wrong, throws what is wrong in the call. */
  issue<R>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<R> {
    const command = new Command(spec, args, shape, this.settings)
    this.router.send(command)
    return command.promise as Promise<R>
  }

  /** Sends any command by its words; the reply is as it came. Commands that change the connection are refused. */
  call(...words: Arg[]): Promise<unknown> {
    const command = commandOf(words, this.settings)
    refuseSession(command)
    this.router.send(command)
    return command.promise
  }

  /** Like `call`, with the reply exactly as it came over the wire: binary strings, statuses, maps in order, errors as values. */
  raw(...words: Arg[]): Promise<Reply> {
    const command = commandOf(words, { ...this.settings, mode: DecodeMode.REPLY })
    refuseSession(command)
    this.router.send(command)
    return command.promise as Promise<Reply>
  }

  /** The same client with values as Buffers. */
  get buffers(): Client<Buffer> {
    this.inBuffers ??= new Client<Buffer>(this.core, { ...this.settings, mode: DecodeMode.BUFFER })
    return this.inBuffers
  }

  /** Values through a codec: `redis.as(json<User>()).get('user:1')` gives a User or null. {@link Values} says for which commands. */
  as<T>(codec: Codec<T>): Values<T> {
    return new Values<T>(this.buffers, codec, (kind, names, options, decode) =>
      this.listen<T>(kind, names, options, decode),
    )
  }

  /** The same client, its calls treated as told: `client.with({ timeoutMs: 50, signal }).get('k')`. */
  with(options: CallOptions): Client<V> {
    checkOptions(options, CALL_OPTIONS)
    return new Client<V>(this.core, mergeSettings(this.settings, options))
  }

  /**
   * Several commands in one batch on one connection: `await redis.pipeline().get('a').incr('n').exec()` gives a typed tuple.
   * They are not atomic; `multi` is.
   */
  pipeline(): Pipeline<V> {
    return new Pipeline<V>(this.settings, false, this.send)
  }

  /** A transaction: what it collects is sent as one batch between MULTI and EXEC. */
  multi(): Pipeline<V> {
    return new Pipeline<V>(this.settings, true, this.send)
  }

  /**
   * A transaction that depends on what it reads: the body reads with `tx`, and returns `tx.multi()...`, unexecuted, or null.
   * The server executes it only if none of the keys has changed since; otherwise the body runs again, up to `retries`
   * times, then it rejects with WATCH_CONFLICT. The body may run several times: it should have no effects of its own.
   */
  watch<R extends Committable>(
    keys: Many<Arg>,
    body: (tx: Watched<V>) => Promise<R> | R,
    options: WatchOptions = {},
  ): Promise<Committed<R>> {
    const { clock, abandoned } = this.core
    return new Promise((resolve, reject) => {
      const abandon = (): void => reject(new ConnectionError('CLIENT_CLOSED', 'The client has been closed.'))
      abandoned.add(abandon)
      watch(this.router, clock, this.settings, many(keys), body, options)
        .finally(() => abandoned.delete(abandon))
        .then(resolve, reject)
    })
  }

  /**
   * Runs a script or function of `script` or `libraryFunction`: by its hash or name, and again with its text or library
   * when the server does not have it.
   */
  async run<R>(run: ScriptRun<R>): Promise<R> {
    const reply = await this.heal(run, this.settings)
    return (run.decode === undefined ? reply : run.decode(reply)) as R
  }

  /** As `run`, for a script whose text and hash are made elsewhere. The reply is as it comes. */
  runScript(
    source: ScriptSource,
    keys: readonly Arg[],
    args: readonly Arg[],
    options: ScriptOptions = {},
  ): Promise<unknown> {
    const { lua, sha } = source
    checkOptions(options, SCRIPT_OPTIONS)
    const { readOnly = false } = options
    const run = { lua, name: sha, library: undefined, readOnly, keys, args, decode: undefined }
    return this.heal(run, mergeSettings(this.settings, options))
  }

  /**
   * The bytes of a string in chunks, for values that should not be in memory as a whole; nothing for a missing key. When the
   * value changes meanwhile, the stream ends with WATCH_CONFLICT. It occupies a connection of the pool while it is read.
   */
  readable(key: Arg, options: ReadableOptions = {}): Readable {
    return readLarge(this.router, this.settings, key, options)
  }

  /** Writes a string in chunks. The key holds what it held before until all has been written, then the whole new value. */
  writable(key: Arg, options: WritableOptions = {}): Writable {
    return writeLarge(this, key, options)
  }

  /**
   * The messages of these channels, from a connection that all subscriptions share:
   * `for await (const { channel, message } of redis.subscribe('news')) ...`. It stays subscribed across lost connections;
   * with `gaps` the iteration tells where messages may be missing.
   */
  subscribe(channels: Many<Arg>, options: SubscribeOptions & { gaps: true }): Subscription<Message<V> | Gap>
  subscribe(channels: Many<Arg>, options?: SubscribeOptions & { gaps?: false }): Subscription<Message<V>>
  subscribe(channels: Many<Arg>, options: SubscribeOptions = {}): Subscription<Message<V>> {
    return this.listen('channel', channels, options, this.decoder())
  }

  /** As `subscribe`, for all channels that match one of the patterns. */
  psubscribe(patterns: Many<Arg>, options: SubscribeOptions & { gaps: true }): Subscription<Message<V> | Gap>
  psubscribe(patterns: Many<Arg>, options?: SubscribeOptions & { gaps?: false }): Subscription<Message<V>>
  psubscribe(patterns: Many<Arg>, options: SubscribeOptions = {}): Subscription<Message<V>> {
    return this.listen('pattern', patterns, options, this.decoder())
  }

  /** As `subscribe`, for shard channels (SPUBLISH). */
  ssubscribe(channels: Many<Arg>, options: SubscribeOptions & { gaps: true }): Subscription<Message<V> | Gap>
  ssubscribe(channels: Many<Arg>, options?: SubscribeOptions & { gaps?: false }): Subscription<Message<V>>
  ssubscribe(channels: Many<Arg>, options: SubscribeOptions = {}): Subscription<Message<V>> {
    return this.listen('shard', channels, options, this.decoder())
  }

  /**
   * The jobs of a stream's consumer group: `for await (const job of redis.consume({ stream, group, consumer })) ...`, or
   * `redis.consume(...).work(handler, { concurrency })`. Each job is acknowledged after it has been worked off; what fails
   * comes again.
   */
  consume(options: ConsumeOptions): Consumer<V> {
    const { clock, endless } = this.core
    const end = (): void => consumer.stop()
    const consumer = new GroupConsumer<V>(this, clock, options, () => endless.delete(end))
    endless.add(end)
    return consumer
  }

  /** Every command that the server executes from now on. Costs the server dearly: for looking, not for leaving on. */
  monitor(options: BufferOptions = {}): Monitor<V> {
    const { router, endless } = this.core
    const { signal } = this.settings
    const end = (): void => reader.end(null)
    const abort = (): void => {
      reader.end(new ConnectionError('ABORTED', 'The caller aborted the call.', { cause: signal?.reason }))
    }
    const reader = new MonitorReader<V>(router, options, this.decoder(), () => {
      endless.delete(end)
      signal?.removeEventListener('abort', abort)
    })
    endless.add(end)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    return reader
  }

  /** A connection for the caller alone, from the pool. */
  lane(): Promise<Lane> {
    return this.router.lane()
  }

  /** Calls `told` once, when `close` begins: for what would read without end. The answer takes it back. */
  onClose(told: () => void): () => void {
    const { endless } = this.core
    const end = (): void => {
      endless.delete(end)
      told()
    }
    endless.add(end)
    return () => void endless.delete(end)
  }

  /** What is known without asking the server. */
  health(): Health {
    const nodes = this.router.health()
    const states = nodes.map((node) => node.state)
    const state = states.includes('ready') ? 'ready' : states.every((one) => one === 'closed') ? 'closed' : 'connecting'
    return { state, nodes, subscriptions: this.core.subscriber.health() }
  }

  /**
   * Takes no new calls, lets those that were accepted finish for `drainMs` (default 5,000), then closes all connections.
   * What is left then fails with CLIENT_CLOSED.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    checkOptions(options, 'drainMs')
    this.core.subscriber.close()
    for (const end of [...this.core.endless]) end()
    return this.router.close(options.drainMs ?? CLOSE_MS).then(() => {
      for (const abandon of [...this.core.abandoned]) abandon()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private readonly send = (command: Command): void => this.router.send(command)

  private async heal(run: ScriptRun<unknown>, settings: CallSettings): Promise<unknown> {
    const once = ({ spec, args }: { spec: CommandSpec; args: Arg[] }): Promise<unknown> => {
      const command = new Command(spec, args, undefined, settings)
      this.router.send(command)
      return command.promise
    }
    try {
      return await once(shortRequest(run))
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error
      if (run.lua !== undefined && error.code === 'NOSCRIPT') {
        settings.onResend?.('script')
        return await once(fullRequest(run))
      }
      if (run.library === undefined || error.message !== 'ERR Function not found') throw error
      await once({ spec: FUNCTION_LOAD, args: ['REPLACE', run.library] })
      return await once(shortRequest(run))
    }
  }

  private listen<T>(
    kind: TopicKind,
    names: Many<Arg>,
    options: SubscribeOptions,
    decode: (binary: string) => T,
  ): Subscription<Message<T>> {
    const { clock, subscriber } = this.core
    const { timeoutMs, signal } = this.settings
    const reader: Subscription<unknown> = subscriber.subscribe<T>(kind, many(names), options, {
      clock,
      timeoutMs,
      signal,
      decode,
    })
    // Without `gaps` there are none among the items.
    return reader as Subscription<Message<T>>
  }

  /** Makes a value out of bytes, one character each. */
  private decoder(): (binary: string) => V {
    const inBuffers = this.settings.mode === DecodeMode.BUFFER
    return (inBuffers ? (binary: string) => Buffer.from(binary, 'latin1') : textOf) as (binary: string) => V
  }
}

function mergeSettings(settings: CallSettings, options: CallOptions): CallSettings {
  const { timeoutMs, signal } = options
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs >= 0)) {
    throw new UsageError('timeoutMs must be a whole number from 0.')
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new UsageError('signal must be an AbortSignal.')
  }
  if (options.onResend !== undefined && typeof options.onResend !== 'function') {
    throw new UsageError('onResend must be a function.')
  }
  return {
    mode: settings.mode,
    timeoutMs: timeoutMs ?? settings.timeoutMs,
    ownTimeout: timeoutMs !== undefined || settings.ownTimeout,
    signal: signal ?? settings.signal,
    idempotent: options.idempotent ?? settings.idempotent,
    onResend: options.onResend ?? settings.onResend,
  }
}

function refuseSession(command: Command): void {
  if ((command.spec.flags & CommandFlag.SESSION) === 0) return
  throw new UsageError(
    `${command.spec.name.toUpperCase()} changes the connection, which others share: use the method or the option for it, or a lane.`,
  )
}
