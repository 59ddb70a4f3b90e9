// Running commands for a caller: policy, then limits, then a shared pipelined connection. Every endpoint and transport
// goes through these functions and through no other.

import type { Client, Pipeline } from '@ochre/client'
import { DoubleReply, FailureReply, MapReply, OchreError, type Reply, ReplyError, StatusReply } from '@ochre/protocol'
import type { Connections } from './connections.ts'
import type { Script } from './exchange.ts'
import type { Limiter, LimitHeaders } from './limits.ts'
import { type Arg, authorize, authorizeScriptKeys, type Decision, identify } from './policy.ts'
import type { Principal } from './principal.ts'
import { failureOf, GatewayError } from './status.ts'

/**
 * What replies become: by default RESP3 with text. `bytes`: strings are Buffers. `raw`: exactly what came over the wire
 * (protocol/reply.ts), in RESP2 types with `resp2`.
 */
export interface Form {
  readonly mode?: 'bytes' | 'raw'
  readonly resp2?: true
}

export const TEXT: Form = {}
export const BYTES: Form = { mode: 'bytes' }
export const RAW: Form = { mode: 'raw' }
export const RAW2: Form = { mode: 'raw', resp2: true }

/** Who runs commands, where, and what has been noted about it for the answer and the audit log. */
export interface Caller {
  principal: Principal
  readonly database: number
  /** Headers of the last limit decision. */
  limits?: LimitHeaders | undefined
  /** Names of the commands that ran or were refused; kept for the audit log. */
  commands?: string[] | undefined
  /** Whether anything that may write was admitted. */
  wrote?: boolean
  /** Whether the caller may not run something that was asked for. */
  refused?: boolean
  /** Whether credentials were managed. */
  managed?: boolean
  /** Whether the answer may repeat text of the request beside stored values. */
  repeats?: boolean
}

/** Whether the length of a compressed answer could tell something that is secret. */
export function isRevealing(caller: Caller): boolean {
  return caller.managed === true || caller.repeats === true
}

/** Groups of commands whose replies repeat arguments (ECHO, EVAL) or show settings and credentials (CONFIG, ACL). */
const REPEATING: ReadonlySet<string> = new Set(['connection', 'scripting', 'server'])

export interface ExecutorOptions {
  readonly connections: Connections
  readonly limiter: Limiter
  readonly maxPipeline: number
  /** Whether callers collect the names of their commands, for the audit log. */
  readonly keepsNames?: boolean
  /** Told once per command that ran: its class, how long it took, and the error code if it failed. */
  readonly onCommand?: (group: string, seconds: number, code: string | undefined) => void
  /** Told about each refusal by policy. */
  readonly onDenied?: (code: string) => void
}

/** Blocking commands of one principal that may wait at once; each has a connection of its own. */
const MAX_BLOCKED = 32

export class Executor {
  readonly #connections: Connections
  readonly #limiter: Limiter
  /** Commands in one request. */
  maxPipeline: number
  readonly #keepsNames: boolean
  /** Blocking commands that wait, by principal. */
  readonly #blocked = new Map<string, number>()
  readonly #onCommand: ExecutorOptions['onCommand']
  readonly #onDenied: ExecutorOptions['onDenied']

  constructor(options: ExecutorOptions) {
    this.#connections = options.connections
    this.#limiter = options.limiter
    this.maxPipeline = options.maxPipeline
    this.#keepsNames = options.keepsNames ?? false
    this.#onCommand = options.onCommand
    this.#onDenied = options.onDenied
  }

  /** Policy for one command; refusals are noted. */
  #decide(caller: Caller, args: readonly Arg[], mayBlock = false): Decision {
    try {
      const decision = authorize(caller.principal, args, mayBlock)
      if (this.#keepsNames) {
        caller.commands ??= []
        caller.commands.push(decision.spec.name)
      }
      if (decision.writes) caller.wrote = true
      if (REPEATING.has(decision.spec.group)) caller.repeats = true
      return decision
    } catch (error) {
      if (error instanceof OchreError) this.#onDenied?.(error.code)
      if (error instanceof GatewayError && error.code === 'NOT_PERMITTED') {
        caller.refused = true
        caller.commands ??= []
        caller.commands.push(identify(args).name)
      }
      throw error
    }
  }

  /** Takes `cost` from the caller's limits; nothing is asked when it has none. */
  async spend(caller: Caller, cost: number): Promise<void> {
    const { rate, quotaPerDay } = caller.principal.grant
    if (rate !== undefined || quotaPerDay !== undefined)
      caller.limits = await this.#limiter.spend(caller.principal, cost)
  }

  #isLimited(caller: Caller): boolean {
    return caller.principal.grant.rate !== undefined || caller.principal.grant.quotaPerDay !== undefined
  }

  #client(caller: Caller, form: Form): Client | Promise<Client> {
    return this.#connections.of(caller.database, form.resp2 === true, caller.principal.redisUser)
  }

  /**
   * Runs one command. Rejects with the policy's, the limits' or the server's error. A command that waits for something to
   * happen runs only with `wait`, on a connection of its own, until that signal is aborted.
   */
  run(caller: Caller, args: readonly Arg[], form: Form = TEXT, wait?: () => AbortSignal): Promise<unknown> {
    // No async function on this path: each would cost a promise per command.
    try {
      const decision = this.#decide(caller, args, wait !== undefined)
      if (decision.blocks) return this.#runBlocking(caller, decision, args, form, wait!())
      if (this.#isLimited(caller)) return this.#runLimited(caller, decision, args, form)
      return this.#runAdmitted(caller, decision, args, form)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** As `run`, once more what the caller has paid for and what has been noted about it. It must not wait for anything. */
  async runPaid(caller: Caller, args: readonly Arg[], form: Form = TEXT): Promise<unknown> {
    return this.#runAdmitted(caller, authorize(caller.principal, args), args, form)
  }

  #runAdmitted(caller: Caller, decision: Decision, args: readonly Arg[], form: Form): Promise<unknown> {
    const client = this.#client(caller, form)
    if (client instanceof Promise) return client.then((opened) => this.#call(opened, decision, args, form))
    return this.#call(client, decision, args, form)
  }

  async #runBlocking(
    caller: Caller,
    decision: Decision,
    args: readonly Arg[],
    form: Form,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { id } = caller.principal
    const waiting = this.#blocked.get(id) ?? 0
    if (waiting >= MAX_BLOCKED) {
      throw new GatewayError('RATE_LIMITED', 'Too many blocking commands of this credential are waiting.', {
        'retry-after': '1',
      })
    }
    this.#blocked.set(id, waiting + 1)
    try {
      await this.spend(caller, decision.cost)
      const client = await this.#client(caller, form)
      // The client takes a connection of its own for it, and gives that up when the signal comes.
      return thrown(await send(client.with({ signal }), args, form))
    } finally {
      const left = this.#blocked.get(id)! - 1
      if (left === 0) this.#blocked.delete(id)
      else this.#blocked.set(id, left)
    }
  }

  async #runLimited(caller: Caller, decision: Decision, args: readonly Arg[], form: Form): Promise<unknown> {
    await this.spend(caller, decision.cost)
    return this.#runAdmitted(caller, decision, args, form)
  }

  /**
   * Runs commands in order in one write on one connection. Resolves to one outcome per command, an Error for one that
   * was refused or failed; rejects only when nothing at all was run. Not atomic.
   */
  async runAll(caller: Caller, commands: readonly (readonly Arg[])[], form: Form = TEXT): Promise<unknown[]> {
    this.#checkLength(commands.length)
    let cost = 0
    const decisions = commands.map((args): Decision | OchreError => {
      try {
        const decision = this.#decide(caller, args)
        cost += decision.cost
        return decision
      } catch (error) {
        if (error instanceof OchreError) return error
        throw error
      }
    })
    await this.spend(caller, cost)
    const client = await this.#client(caller, form)
    const admitted = commands.filter((_, i) => !(decisions[i] instanceof Error))
    if (form.mode === 'raw' && form.resp2 !== true) {
      // A batch has no raw form, and as Buffers the names in maps of RESP3 would be text; in RESP2 there are no maps.
      return Promise.all(
        decisions.map((decision, i) =>
          decision instanceof Error ? decision : this.#call(client, decision, commands[i]!, form).catch(asError),
        ),
      )
    }
    const started = performance.now()
    const batch = batchOf(client, form, false)
    for (const args of admitted) batch.call(...args)
    const outcomes = (await batch.execSettled()) as readonly PromiseSettledResult<unknown>[]
    const seconds = (performance.now() - started) / 1000
    let next = 0
    return decisions.map((decision) => {
      if (decision instanceof Error) return decision
      const outcome = outcomeOf(outcomes[next++]!, form)
      if (outcome instanceof ReplyError && outcome.code === 'NOPERM') caller.refused = true
      this.#onCommand?.(decision.spec.group, seconds, outcome instanceof Error ? failureOf(outcome).code : undefined)
      return outcome
    })
  }

  /**
   * Runs commands as one MULTI/EXEC. Resolves to their outcomes, an Error for one that failed while the others took
   * effect. Rejects without any effect when a command is refused or cannot be queued.
   */
  async transaction(caller: Caller, commands: readonly (readonly Arg[])[], form: Form = TEXT): Promise<unknown[]> {
    this.#checkLength(commands.length)
    let cost = 0
    for (const args of commands) cost += this.#decide(caller, args).cost
    await this.spend(caller, cost)
    const client = await this.#client(caller, form)
    const started = performance.now()
    try {
      const batch = batchOf(client, form, true)
      for (const args of commands) batch.call(...args)
      const outcomes = (await batch.execSettled()) as readonly PromiseSettledResult<unknown>[]
      const results = outcomes.map((outcome) => outcomeOf(outcome, form))
      this.#onCommand?.('transactions', (performance.now() - started) / 1000, undefined)
      return results
    } catch (error) {
      this.#onCommand?.('transactions', (performance.now() - started) / 1000, failureOf(error).code)
      throw error
    }
  }

  /** Runs one of the gateway's own scripts where `like` is the command that says what it does to which keys. */
  async script(
    caller: Caller,
    source: Script,
    like: readonly Arg[],
    keys: readonly Arg[],
    args: readonly Arg[],
  ): Promise<unknown> {
    const decision = this.#decide(caller, like)
    await this.spend(caller, decision.cost)
    const client = await this.#client(caller, TEXT)
    return client.runScript(source, keys, args)
  }

  /** Runs a script that an administrator registered, on keys that the caller has access to. */
  async registered(
    caller: Caller,
    source: Script,
    isReadOnly: boolean,
    keys: readonly Arg[],
    args: readonly Arg[],
  ): Promise<unknown> {
    caller.commands ??= []
    caller.commands.push('script')
    caller.repeats = true
    try {
      authorizeScriptKeys(caller.principal, keys, isReadOnly)
    } catch (error) {
      this.#onDenied?.(failureOf(error).code)
      throw error
    }
    if (!isReadOnly) caller.wrote = true
    await this.spend(caller, 5)
    return (await this.#client(caller, TEXT)).runScript(source, keys, args, { readOnly: isReadOnly })
  }

  #checkLength(length: number): void {
    if (length > this.maxPipeline) {
      throw new GatewayError('BAD_REQUEST', `More than ${this.maxPipeline} commands in one request.`)
    }
  }

  #call(client: Client, decision: Decision, args: readonly Arg[], form: Form): Promise<unknown> {
    const started = performance.now()
    const note = (code: string | undefined): void =>
      this.#onCommand?.(decision.spec.group, (performance.now() - started) / 1000, code)
    // One promise more per command, not two: a raw error is told from a reply here too.
    return send(client, args, form).then(
      (reply) => {
        if (reply instanceof FailureReply) {
          const error = new ReplyError(reply.text)
          note(error.code)
          throw error
        }
        note(undefined)
        return reply
      },
      (error: unknown) => {
        note(failureOf(error).code)
        throw error
      },
    )
  }
}

/** Sends one command in the form. An error rejects, but for the raw form, where it is a reply. */
function send(client: Client, args: readonly Arg[], form: Form): Promise<unknown> {
  if (form.mode === undefined) return client.call(...args)
  return form.mode === 'bytes' ? client.buffers.call(...args) : client.raw(...args)
}

function thrown(reply: unknown): unknown {
  if (reply instanceof FailureReply) throw new ReplyError(reply.text)
  return reply
}

function batchOf(
  client: Client,
  form: Form,
  isAtomic: boolean,
): Pick<Pipeline, 'execSettled'> & { call(...args: Arg[]): unknown } {
  const typed = form.mode === undefined ? client : client.buffers
  return isAtomic ? typed.multi() : typed.pipeline()
}

/** One outcome of a batch: the value in its form, or the Error. */
function outcomeOf(outcome: PromiseSettledResult<unknown>, form: Form): unknown {
  if (outcome.status === 'rejected') return asError(outcome.reason)
  return form.mode === 'raw' ? replyOf(outcome.value) : outcome.value
}

/** A reply that was read with strings as Buffers, as it came over the wire: what is text then was a status. */
function replyOf(value: unknown): Reply {
  if (typeof value === 'string') return new StatusReply(value)
  if (Array.isArray(value)) return value.map(replyOf)
  if (value instanceof Error) return new FailureReply(value.message)
  if (typeof value === 'number' && !Number.isInteger(value)) return new DoubleReply(String(value))
  if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
    const entries: Reply[] = []
    for (const [name, item] of Object.entries(value)) entries.push(Buffer.from(name), replyOf(item))
    return new MapReply(entries)
  }
  return value as Reply
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new ReplyError('ERR failed')
}
