// Several commands that are sent together, on one connection with nothing in between, and answered together. As a
// transaction they stand between MULTI and EXEC: the server executes them as one, or none when it refuses one.
//
//   redis.pipeline().get('a').incr('n').exec()    -> [string | null, number]
//   redis.multi().get('a').incr('n').exec()       -> the same, atomically
//
// Each typed method adds its reply to the type of the result. A pipeline is used once.
import {
  type Arg,
  CommandFlag,
  type CommandSpec,
  DecodeMode,
  lookupCommand,
  ReplyError,
  UsageError,
} from '@ochre/protocol'
import { blockingMs } from './blocking.ts'
import { type CallSettings, Command, type Request, type Shape } from './command.ts'
import { Commands } from './commands.gen.ts'
import { requestOf } from './handshake.ts'
import type { Mode } from './mode.ts'
import { fullRequest, type ScriptRun, shortRequest } from './script.ts'

/** The mode of a pipeline: each method returns the pipeline with one more reply. */
export interface Piped<V, T extends readonly unknown[]> extends Mode {
  readonly value: V
  readonly result: Pipeline<V, readonly [...T, this['reply']]>
}

/** What became of each command, as of Promise.allSettled. */
export type Settled<T extends readonly unknown[]> = { -readonly [K in keyof T]: PromiseSettledResult<T[K]> }

/** A tuple that belongs to whoever gets it. */
export type Replies<T extends readonly unknown[]> = { -readonly [K in keyof T]: T[K] }

/** Sends what a pipeline has become. */
export type SendCommand = (command: Command) => void

interface Entry extends Request {
  readonly shape: Shape | undefined
}

const MULTI: CommandSpec = lookupCommand('multi')!
const EXEC: CommandSpec = lookupCommand('exec')!
const OPENING: Entry = { spec: MULTI, args: [], shape: undefined }
const CLOSING: Entry = { spec: EXEC, args: [], shape: undefined }

/** Why a transaction with watched keys did not run. */
export const CONFLICT: unique symbol = Symbol('conflict')

export class Pipeline<V = string, T extends readonly unknown[] = readonly []> extends Commands<Piped<V, T>> {
  /** Whether it runs as a transaction. */
  readonly atomic: boolean
  private readonly entries: Entry[] = []
  private readonly settings: CallSettings
  private readonly send: SendCommand | null
  private sent = false

  /** Use `client.pipeline()` and `client.multi()`. Without `send`, only `watch` can execute it. */
  constructor(settings: CallSettings, atomic: boolean, send: SendCommand | null) {
    super()
    this.settings = settings
    this.atomic = atomic
    this.send = send
  }

  /** How many commands it holds. */
  get length(): number {
    return this.entries.length
  }

  /** Typed methods end here. Bytes among the arguments must not change until the pipeline has been executed. */
  issue<R>(spec: CommandSpec, args: Arg[], shape?: Shape): Pipeline<V, readonly [...T, R]> {
    const { flags } = spec
    if ((flags & (CommandFlag.BLOCKING | CommandFlag.SESSION)) !== 0) this.refuse(spec, args)
    this.entries.push({ spec, args, shape })
    return this as unknown as Pipeline<V, readonly [...T, R]>
  }

  /** Adds any command by its words; its reply is as it comes. */
  call(...words: Arg[]): Pipeline<V, readonly [...T, unknown]> {
    const { spec, args } = requestOf(words)
    return this.issue<unknown>(spec, args)
  }

  /**
   * Adds a script or function. The first run of a script sends its text, later ones its hash: the server has it by then.
   * A function must be there: a pipeline cannot load its library on the way.
   */
  run<R>(run: ScriptRun<R>): Pipeline<V, readonly [...T, R]> {
    const { spec, args } = fullRequest(run)
    const known = this.entries.some((entry) => entry.spec === spec && entry.args[0] === args[0])
    const request = known ? shortRequest(run) : { spec, args }
    return this.issue<R>(request.spec, request.args, run.decode)
  }

  /**
   * Sends it and resolves with all replies. Rejects with the error of the first command that failed, when all have been
   * answered; the others have run. A transaction that the server refused as a whole (a command it could not take) rejects
   * with EXECABORT, whose cause is that command's error, and none has run.
   */
  exec(): Promise<Replies<T>> {
    return this.execute(valuesOf) as Promise<Replies<T>>
  }

  /**
   * Sends it and resolves with the outcome of each command. Rejects only when there are no outcomes: the connection failed,
   * the deadline passed, the transaction was refused.
   */
  execSettled(): Promise<Settled<T>> {
    return this.execute(outcomesOf) as Promise<Settled<T>>
  }

  /**
   * The one command that stands for all of them, or null when there are none. It succeeds with what `finish` makes of the
   * replies; of a transaction that did not run because a watched key had changed, with CONFLICT.
   */
  toCommand(finish: Finish = valuesOf): Command | null {
    if (this.sent) throw new UsageError('A pipeline is executed once.')
    this.sent = true
    const { entries, settings, atomic } = this
    if (entries.length === 0) return null
    const binary = entries.some((entry) => (entry.spec.flags & CommandFlag.BINARY) !== 0)
    // All replies of a batch are decoded in one way. What holds serialised bytes needs Buffers, the rest becomes text after.
    const mixed = binary && settings.mode === DecodeMode.TEXT
    const shape = (replies: unknown): unknown => finish(entries, replies as unknown[], mixed)
    // What blocks by itself does not block in a transaction, so it should not be sent as if it did.
    const keyed = entries.find(({ spec }) => spec.firstKey > 0 && (spec.flags & CommandFlag.BLOCKING) === 0)
    const route = keyed ?? (atomic ? OPENING : entries[0]!)
    return new Command(
      route.spec,
      route.args,
      atomic ? (replies) => unwrapExec(replies as unknown[], shape) : shape,
      mixed ? { ...settings, mode: DecodeMode.BUFFER } : settings,
      atomic ? [OPENING, ...entries, CLOSING] : entries,
    )
  }

  private execute(finish: Finish): Promise<unknown> {
    if (this.send === null) throw new UsageError('Return the transaction: watch executes it.')
    const command = this.toCommand(finish)
    if (command === null) return Promise.resolve([])
    this.send(command)
    return command.promise
  }

  private refuse(spec: CommandSpec, args: readonly Arg[]): void {
    const name = spec.name.toUpperCase()
    if ((spec.flags & CommandFlag.SESSION) !== 0) {
      throw new UsageError(`${name} changes the connection, which others share: it cannot be in a pipeline.`)
    }
    // Between MULTI and EXEC nothing blocks.
    if (!this.atomic && blockingMs(spec, args) >= 0) {
      throw new UsageError(`${name} would hold up the connection, which others share: call it by itself.`)
    }
  }
}

/** What becomes of the replies; `mixed` ones were decoded as Buffers although text is wanted. */
type Finish = (entries: readonly Entry[], replies: readonly unknown[], mixed: boolean) => unknown[]

/** The value of one command, or a throw of its error. */
function taken({ spec, shape }: Entry, reply: unknown, mixed: boolean): unknown {
  if (typeof reply === 'object' && reply instanceof Error) throw reply
  const plain = mixed && (spec.flags & CommandFlag.BINARY) === 0 ? inText(reply) : reply
  return shape === undefined ? plain : shape(plain)
}

function valuesOf(entries: readonly Entry[], replies: readonly unknown[], mixed: boolean): unknown[] {
  return entries.map((entry, i) => taken(entry, replies[i], mixed))
}

function outcomesOf(entries: readonly Entry[], replies: readonly unknown[], mixed: boolean): unknown[] {
  return entries.map((entry, i): PromiseSettledResult<unknown> => {
    try {
      return { status: 'fulfilled', value: taken(entry, replies[i], mixed) }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  })
}

/** The replies to MULTI, to each command (QUEUED or what is wrong with it), and to EXEC. */
function unwrapExec(replies: readonly unknown[], shape: (replies: unknown) => unknown): unknown {
  const last = replies.at(-1)
  if (last === null) return CONFLICT
  if (!(last instanceof Error)) return shape(last)
  const reason = replies.find((reply) => reply instanceof Error)
  // The refusal of EXEC alone does not say why.
  throw reason === last ? last : new ReplyError(last.message, { cause: reason })
}

/** A reply that was decoded as Buffers, as text. */
function inText(reply: unknown): unknown {
  if (reply instanceof Uint8Array) return String(reply)
  if (Array.isArray(reply)) return reply.map(inText)
  if (typeof reply !== 'object' || reply === null || reply instanceof Error) return reply
  for (const [name, value] of Object.entries(reply)) (reply as Record<string, unknown>)[name] = inText(value)
  return reply
}
