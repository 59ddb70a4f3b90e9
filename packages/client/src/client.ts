// The client: what a caller holds. Typed methods come from the command table (commands.gen.ts); this file says where the
// commands go, what their replies become, and how a client begins and ends.
import {
  type Arg,
  CommandFlag,
  type CommandSpec,
  DecodeMode,
  lookupCommand,
  type Reply,
  ReplyError,
  UsageError,
} from '@ochre/protocol'
import { type CallSettings, Command, type Shape } from './command.ts'
import { Commands } from './commands.gen.ts'
import { commandOf } from './handshake.ts'
import type { Promised } from './mode.ts'
import { Node, type NodeHealth } from './node.ts'
import { type ClientOptions, readOptions, type Target } from './options.ts'
import type { Lane, Router } from './router.ts'

/** How a call, or all calls of `client.with(...)`, are treated. */
export interface CallOptions {
  /** Deadline over queue, flight and repetitions; 0 is none. */
  readonly timeoutMs?: number
  /** Ends the call at any stage. */
  readonly signal?: AbortSignal
  /** The command may be sent again after a lost connection although the table does not say that it is harmless. */
  readonly idempotent?: boolean
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
}

const CLOSE_MS = 5000
const EVAL: CommandSpec = lookupCommand('eval')!
const EVALSHA: CommandSpec = lookupCommand('evalsha')!
const EVAL_RO: CommandSpec = lookupCommand('eval_ro')!
const EVALSHA_RO: CommandSpec = lookupCommand('evalsha_ro')!

/**
 * Connects and resolves when the server has accepted the client (with `lazy`, at once). Rejects with a ConnectionError
 * when the first attempt fails, with a ReplyError when the server refuses the client. From then on it stays connected by
 * itself until `close`.
 */
export async function connect(target?: Target, options?: ClientOptions): Promise<Client> {
  const { node: settings, lazy } = readOptions(target, options)
  const node = new Node(settings)
  const client = new Client<string>(node, {
    mode: DecodeMode.TEXT,
    timeoutMs: settings.timeoutMs,
    ownTimeout: false,
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
  private readonly router: Router
  private readonly settings: CallSettings
  private inBuffers: Client<Buffer> | null = null

  /** Use {@link connect}. */
  constructor(router: Router, settings: CallSettings) {
    super()
    this.router = router
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
    this.inBuffers ??= new Client<Buffer>(this.router, { ...this.settings, mode: DecodeMode.BUFFER })
    return this.inBuffers
  }

  /** The same client, its calls treated as told: `client.with({ timeoutMs: 50, signal }).get('k')`. */
  with(options: CallOptions): Client<V> {
    return new Client<V>(this.router, mergeSettings(this.settings, options))
  }

  /** Runs a script by its hash, and by its text when the server does not have it yet. */
  async runScript(
    source: ScriptSource,
    keys: readonly Arg[],
    args: readonly Arg[],
    options: ScriptOptions = {},
  ): Promise<unknown> {
    const settings = mergeSettings(this.settings, options)
    const run = (spec: CommandSpec, script: string): Promise<unknown> => {
      const command = new Command(spec, [script, keys.length, ...keys, ...args], undefined, settings)
      this.router.send(command)
      return command.promise
    }
    try {
      return await run(options.readOnly ? EVALSHA_RO : EVALSHA, source.sha)
    } catch (error) {
      if (!(error instanceof ReplyError) || error.code !== 'NOSCRIPT') throw error
      return await run(options.readOnly ? EVAL_RO : EVAL, source.lua)
    }
  }

  /** A connection for the caller alone, from the pool. */
  lane(): Promise<Lane> {
    return this.router.lane()
  }

  /** What is known without asking the server. */
  health(): Health {
    const nodes = this.router.health()
    const states = nodes.map((node) => node.state)
    const state = states.includes('ready') ? 'ready' : states.every((one) => one === 'closed') ? 'closed' : 'connecting'
    return { state, nodes }
  }

  /**
   * Takes no new calls, lets those that were accepted finish for `drainMs` (default 5,000), then closes all connections.
   * What is left then fails with CLIENT_CLOSED.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.router.close(options.drainMs ?? CLOSE_MS)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function mergeSettings(settings: CallSettings, options: CallOptions): CallSettings {
  return {
    mode: settings.mode,
    timeoutMs: options.timeoutMs ?? settings.timeoutMs,
    ownTimeout: options.timeoutMs !== undefined || settings.ownTimeout,
    signal: options.signal ?? settings.signal,
    idempotent: options.idempotent ?? settings.idempotent,
  }
}

function refuseSession(command: Command): void {
  if ((command.spec.flags & CommandFlag.SESSION) === 0) return
  throw new UsageError(
    `${command.spec.name.toUpperCase()} changes the connection, which others share: use the method or the option for it, or a lane.`,
  )
}
