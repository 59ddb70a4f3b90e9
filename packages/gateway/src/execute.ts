// Running commands for a caller: policy, then limits, then a shared pipelined connection. Every endpoint and transport
// goes through these functions and through no other.

import type { Client } from '@ochre/client'
import { FailureReply, OchreError, ReplyError } from '@ochre/protocol'
import type { Connections } from './connections.ts'
import type { Script } from './exchange.ts'
import type { Limiter, LimitHeaders } from './limits.ts'
import { type Arg, authorize, authorizeScriptKeys, type Decision } from './policy.ts'
import type { Principal } from './principal.ts'
import { failureOf, GatewayError } from './status.ts'
import { transact } from './transaction.ts'

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
  /** Whether credentials were managed. */
  managed?: boolean
}

export interface ExecutorOptions {
  readonly connections: Connections
  readonly limiter: Limiter
  readonly maxPipeline: number
  /** Told once per command that ran: its class, how long it took, and the error code if it failed. */
  readonly onCommand?: (group: string, seconds: number, code: string | undefined) => void
  /** Told about each refusal by policy. */
  readonly onDenied?: (code: string) => void
}

export class Executor {
  readonly #connections: Connections
  readonly #limiter: Limiter
  /** Commands in one request. */
  maxPipeline: number
  readonly #onCommand: ExecutorOptions['onCommand']
  readonly #onDenied: ExecutorOptions['onDenied']

  constructor(options: ExecutorOptions) {
    this.#connections = options.connections
    this.#limiter = options.limiter
    this.maxPipeline = options.maxPipeline
    this.#onCommand = options.onCommand
    this.#onDenied = options.onDenied
  }

  /** Policy for one command; refusals are noted. */
  #decide(caller: Caller, args: readonly Arg[]): Decision {
    try {
      const decision = authorize(caller.principal, args)
      caller.commands ??= []
      caller.commands.push(decision.spec.name)
      if (decision.writes) caller.wrote = true
      return decision
    } catch (error) {
      if (error instanceof OchreError) this.#onDenied?.(error.code)
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

  /** Runs one command. Rejects with the policy's, the limits' or the server's error. */
  async run(caller: Caller, args: readonly Arg[], form: Form = TEXT): Promise<unknown> {
    const decision = this.#decide(caller, args)
    if (this.#isLimited(caller)) await this.spend(caller, decision.cost)
    const client = this.#client(caller, form)
    return this.#call(client instanceof Promise ? await client : client, decision, args, form)
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
    return Promise.all(
      decisions.map((decision, i) =>
        decision instanceof Error ? decision : this.#call(client, decision, commands[i]!, form).catch(asError),
      ),
    )
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
      const results = await transact(client, commands, form)
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
    const reply = send(client, args, form)
    const note = this.#onCommand
    if (note === undefined) return reply
    const started = performance.now()
    return reply.then(
      (value) => {
        note(decision.spec.group, (performance.now() - started) / 1000, undefined)
        return value
      },
      (error: unknown) => {
        note(decision.spec.group, (performance.now() - started) / 1000, failureOf(error).code)
        throw error
      },
    )
  }
}

/** Sends one command in the form. Error replies reject in every form. */
function send(client: Client, args: readonly Arg[], form: Form): Promise<unknown> {
  if (form.mode === undefined) return client.call(...args)
  if (form.mode === 'bytes') return client.buffers.call(...args)
  return client.raw(...args).then((reply) => {
    if (reply instanceof FailureReply) throw new ReplyError(reply.text)
    return reply
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new ReplyError('ERR failed')
}
