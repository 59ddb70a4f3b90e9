// One call on its way: the object that travels from the typed method through router, node and connection and back.
//
//   new --send--> HELD (no connection yet, or waiting to be repeated) --> SENT (in the output or on the wire) --> SETTLED
//                   ^                                                       |
//                   +----------- safe to repeat, or it never left ----------+
//
// It has one promise and is settled exactly once: by its reply, its deadline, its signal or the loss of the connection.
// Layers read and set its fields; nothing wraps it.
import {
  type Arg,
  CommandFlag,
  type CommandSpec,
  ConnectionError,
  DecodeMode,
  type EncodedRequest,
  type ErrorCode,
  encodeRequest,
  encodeRequests,
  type TextKind,
} from '@ochre/protocol'
import { type AbortGroup, abortGroup } from './abort.ts'
import type { DeadlineList } from './deadline.ts'

export type { Arg } from '@ochre/protocol'

/** Makes the value of a typed method out of a reply: what RESP2 and RESP3 say differently becomes one thing. */
export type Shape = (reply: unknown) => unknown

/** Where typed methods put their commands: a client sends them, a pipeline or transaction collects them. */
export interface Issuer {
  issue(spec: CommandSpec, args: Arg[], shape?: Shape): unknown
}

/** One of several requests that go together. */
export interface Request {
  readonly spec: CommandSpec
  readonly args: readonly Arg[]
}

export const CommandState = { NEW: 0, HELD: 1, SENT: 2, SETTLED: 3 } as const
export type CommandState = (typeof CommandState)[keyof typeof CommandState]

/** Who must know that a command is settled: a queue it waits in, a lane it occupies, a breaker that counts. */
export interface CommandWatcher {
  /** Called once, before the promise is settled. */
  onSettled(command: Command, error: Error | null): void
}

/** How a caller wants a call treated. */
export interface CallSettings {
  readonly mode: DecodeMode
  /** Deadline over queue, flight and repetitions; 0 is none. */
  readonly timeoutMs: number
  /** Whether `timeoutMs` is the caller's own wish for this call, not the client's default. */
  readonly ownTimeout: boolean
  readonly signal: AbortSignal | undefined
  /** The caller's word that a second run does no harm. */
  readonly idempotent: boolean
  readonly onResend: ((why: Resend) => void) | undefined
}

/** Why a call is sent once more: `again`, after a lost connection or a "not now"; `script`, with the text that the server lacks. */
export type Resend = 'again' | 'script'

const REPEATABLE = CommandFlag.READONLY | CommandFlag.IDEMPOTENT

let takenResolve: (value: unknown) => void
let takenReject: (error: Error) => void
// One executor for all promises: a closure per call costs more than this.
function take(resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  takenResolve = resolve
  takenReject = reject
}

export class Command implements EncodedRequest {
  readonly spec: CommandSpec
  /** What follows the name. */
  readonly args: readonly Arg[]
  readonly mode: DecodeMode
  readonly promise: Promise<unknown>
  text = ''
  kind: TextKind = 0
  parts: (string | Buffer)[] | null = null
  bytes = 0
  state: CommandState = CommandState.NEW
  /** How often it has been handed to a connection. */
  attempts = 0
  /** How often its connection was lost after its bytes had left. */
  losses = 0
  /** Belongs to its connection (handshake, PING, a transaction with WATCH): never sent on another. */
  bound = false
  /** Whether a second run does no harm: read-only by the table, idempotent by the table or by the caller. */
  readonly repeatable: boolean
  timeoutMs: number
  /** How long silence of the server is no sign of its death while this is the command it works on; 0 is the usual. */
  patienceMs: number
  /** The last refusal that led to a repetition, told as the cause when the deadline passes. */
  refusal: Error | null = null
  /** The requests of a batch; null for a single one. */
  readonly batch: readonly Request[] | null
  /** Of a batch: the replies so far. */
  collected: unknown[] | null = null
  /** Of a batch: how many replies it gets. */
  readonly expected: number
  watcher: CommandWatcher | null = null
  /** The queue it waits in while HELD. */
  holder: CommandWatcher | null = null
  startedAt = 0

  // Owned by deadline.ts.
  deadlineAt = 0
  deadlineList: DeadlineList | null = null
  earlier: Command | null = null
  later: Command | null = null

  /** Hears of each time that it is sent again. */
  readonly onResend: ((why: Resend) => void) | undefined
  private readonly shape: Shape | undefined
  private readonly resolve: (value: unknown) => void
  private readonly reject: (error: Error) => void
  private aborts: AbortGroup | null = null

  /**
   * Encodes at once, so that later changes to the arguments do not matter. Throws UsageError for a wrong argument.
   *
   * With `batch` it stands for several requests that are sent on one connection with nothing in between, and succeeds with
   * the list of their replies, in which errors are values. It is repeated only as a whole and only when each of them may be.
   * `spec` and `args` then say what to route it by.
   */
  constructor(
    spec: CommandSpec,
    args: readonly Arg[],
    shape: Shape | undefined,
    settings: CallSettings,
    batch?: readonly Request[],
  ) {
    this.spec = spec
    this.args = args
    this.shape = shape
    // Serialised bytes would be damaged by decoding them as text.
    const binary = settings.mode === DecodeMode.TEXT && (spec.flags & CommandFlag.BINARY) !== 0
    this.mode = binary ? DecodeMode.BUFFER : settings.mode
    this.timeoutMs = settings.timeoutMs
    this.patienceMs = settings.ownTimeout ? settings.timeoutMs : 0
    this.onResend = settings.onResend
    this.batch = batch ?? null
    if (batch === undefined) {
      this.repeatable = settings.idempotent || (spec.flags & REPEATABLE) !== 0
      this.expected = 1
      encodeRequest(spec, args, this)
    } else {
      this.repeatable = settings.idempotent || batch.every((request) => (request.spec.flags & REPEATABLE) !== 0)
      this.expected = batch.length
      this.collected = []
      encodeRequests(batch, this)
    }
    this.promise = new Promise(take)
    this.resolve = takenResolve
    this.reject = takenReject
    const { signal } = settings
    if (signal === undefined) return
    if (signal.aborted) this.abort(signal.reason)
    else {
      this.aborts = abortGroup(signal)
      this.aborts.add(this)
    }
  }

  get settled(): boolean {
    return this.state === CommandState.SETTLED
  }

  /** Settles with a reply that is no error. */
  succeed(reply: unknown): void {
    if (this.state === CommandState.SETTLED) return
    this.release(null)
    if (this.shape === undefined) {
      this.resolve(reply)
      return
    }
    let value: unknown
    try {
      value = this.shape(reply)
    } catch (error) {
      this.reject(error as Error)
      return
    }
    this.resolve(value)
  }

  fail(error: Error): void {
    if (this.state === CommandState.SETTLED) return
    this.release(error)
    this.reject(error)
  }

  /** Fails it for a reason on this side of the wire; whether it may have run follows from its state. */
  giveUp(code: ErrorCode, message: string): void {
    const maybeExecuted = this.state === CommandState.SENT
    const cause = this.refusal
    this.fail(new ConnectionError(code, message, cause === null ? { maybeExecuted } : { maybeExecuted, cause }))
  }

  abort(reason: unknown): void {
    const maybeExecuted = this.state === CommandState.SENT
    this.fail(new ConnectionError('ABORTED', 'The caller aborted the call.', { maybeExecuted, cause: reason }))
  }

  private release(error: Error | null): void {
    this.state = CommandState.SETTLED
    if (this.deadlineList !== null) this.deadlineList.remove(this)
    if (this.aborts !== null) {
      this.aborts.remove(this)
      this.aborts = null
    }
    if (this.holder !== null) {
      const { holder } = this
      this.holder = null
      holder.onSettled(this, error)
    }
    if (this.watcher !== null) {
      const { watcher } = this
      this.watcher = null
      watcher.onSettled(this, error)
    }
  }
}
