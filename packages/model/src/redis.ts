// What models need from a client, and how operations run through it: counted, timed, shown in debug mode, failures mapped.

import diagnosticsChannel from 'node:diagnostics_channel'
import { FailureReply, OchreError, type Reply, ReplyError, UsageError } from '@ochre/protocol'
import { CorruptRowError, ProgramError } from './errors.ts'
import type { CollectionKind } from './fields.ts'
import type { LuaScript } from './lua/library.ts'
import type { ModelSpec } from './model.ts'

export type Arg = string | number | bigint | Uint8Array

/** The narrow part of a client that models use. Calls made in one tick should travel in one write. */
export interface ScriptRunner {
  call(...args: Arg[]): Promise<unknown>
  /** The reply exactly as it came: text as binary strings, failures as values. */
  raw(...args: Arg[]): Promise<Reply>
  /** EVALSHA, and on NOSCRIPT once more with the text. */
  runScript(source: LuaScript, keys: readonly Arg[], args: readonly Arg[]): Promise<unknown>
  pipeline(): CommandBatch
}

/** Commands that travel together. */
export interface CommandBatch {
  call(...args: Arg[]): unknown
  hgetall(key: Arg): unknown
  /** Their replies in order; rejects with the error of the first that failed. */
  exec(): Promise<readonly unknown[]>
}

export interface ModelClient extends ScriptRunner {
  /** The same with text replies as Buffers. */
  readonly buffers: ScriptRunner
  /** The same, its calls ended by a signal, or telling when one is sent again. Following changes needs it, and the next one. */
  with?(options: { readonly signal?: AbortSignal; readonly onResend?: (why: 'again' | 'script') => void }): ModelClient
  /** Calls `told` when the client begins to close; the answer takes it back. */
  onClose?(told: () => void): () => void
}

/** What one operation did, for debug output and subscribers of the diagnostics channel `ochre:model:operation`. */
export interface OperationReport {
  readonly model: string
  readonly operation: string
  readonly sha: string | null
  readonly lua: string | null
  readonly keys: readonly Arg[]
  readonly argumentBytes: number
  readonly ms: number
  readonly failure: string | null
  /** What became of rows that the script refused: VERSION_CONFLICT, UNIQUE_VIOLATION, NOT_FOUND and the like, one per row. */
  readonly refusals: readonly string[]
  /** Queries: what was walked or gathered, and how many rows were examined for how many found. */
  readonly plan: string | null
}

/** Upper bounds of the latency histogram's buckets, in milliseconds. */
export const LATENCY_BUCKETS_MS: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000]

export interface ModelMetrics {
  /** Operations by name. */
  readonly operations: Readonly<Record<string, number>>
  readonly conflicts: number
  readonly uniqueViolations: number
  readonly failures: number
  /** Calls that were sent again after a lost connection or a refusal, and operations run again because a row had changed. */
  readonly retries: number
  /** Scripts that the server had not, or not any more, and that were sent once more with their text. */
  readonly scriptMisses: number
  /** Distinct scripts that this model has sent. */
  readonly scripts: number
  /** Operations per bucket of {@link LATENCY_BUCKETS_MS}, and those above the last. */
  readonly latency: readonly number[]
}

/** What a script's reply refuses, as codes of errors. */
export type Refusals = (reply: unknown) => readonly string[]

const NONE: readonly string[] = Object.freeze([])
const operations = diagnosticsChannel.channel('ochre:model:operation')
/** `{ model, why }`: a call was sent again (`again`), or with its text (`script`). */
const resends = diagnosticsChannel.channel('ochre:model:resend')

/** Runs the operations of one opened model. */
export class Runner {
  readonly client: ModelClient
  readonly model: string
  private readonly spec: ModelSpec
  private readonly debug: ((report: OperationReport) => void) | null
  private readonly counts: Record<string, number> = {}
  private readonly shas = new Set<string>()
  private readonly latency: number[] = new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0)
  conflicts = 0
  uniqueViolations = 0
  failures = 0
  private retries = 0
  private scriptMisses = 0

  constructor(client: ModelClient, spec: ModelSpec, debug: ((report: OperationReport) => void) | null) {
    this.client = client.with?.({ onResend: (why) => this.resent(why) }) ?? client
    this.model = spec.name
    this.spec = spec
    this.debug = debug
  }

  metrics(): ModelMetrics {
    return {
      operations: { ...this.counts },
      conflicts: this.conflicts,
      uniqueViolations: this.uniqueViolations,
      failures: this.failures,
      retries: this.retries,
      scriptMisses: this.scriptMisses,
      scripts: this.shas.size,
      latency: [...this.latency],
    }
  }

  /** Counts a call that is sent again, or an operation that is run again. */
  resent(why: 'again' | 'script'): void {
    if (why === 'script') this.scriptMisses++
    else this.retries++
    if (resends.hasSubscribers) resends.publish({ model: this.model, why })
  }

  /** Runs a script. `binary`: the reply's text as Buffers. */
  script(
    operation: string,
    script: LuaScript,
    keys: readonly Arg[],
    args: readonly Arg[],
    binary = false,
    planOf: ((reply: unknown) => string) | null = null,
    refusalsOf: Refusals | null = null,
  ): Promise<unknown> {
    this.shas.add(script.sha)
    const runner = binary ? this.client.buffers : this.client
    return this.observe(operation, keys, args, runner.runScript(script, keys, args), planOf, script, refusalsOf)
  }

  /** Runs one command. */
  command(operation: string, args: readonly Arg[], binary = false): Promise<unknown> {
    const runner = binary ? this.client.buffers : this.client
    return this.observe(operation, args.slice(1, 2), args, runner.call(...args))
  }

  /** Runs a command that replies with a list of binary strings; not counted. */
  async binary(...args: Arg[]): Promise<string[]> {
    const reply = await this.client.raw(...args)
    if (reply instanceof FailureReply) throw new ReplyError(reply.text)
    return reply as string[]
  }

  /** Counts and times what goes on already, and maps its failure. `planOf` describes what came of it. */
  observe<T>(
    operation: string,
    keys: readonly Arg[],
    args: readonly Arg[],
    reply: Promise<T>,
    planOf: ((reply: T) => string) | null = null,
    script: LuaScript | null = null,
    refusalsOf: ((reply: T) => readonly string[]) | null = null,
  ): Promise<T> {
    this.counts[operation] = (this.counts[operation] ?? 0) + 1
    const started = performance.now()
    const done = (failure: unknown, value?: T): void => {
      const ms = performance.now() - started
      let bucket = 0
      while (bucket < LATENCY_BUCKETS_MS.length && ms > LATENCY_BUCKETS_MS[bucket]!) bucket++
      this.latency[bucket]!++
      if (failure !== null) this.failures++
      if (this.debug === null && !operations.hasSubscribers) return
      const report: OperationReport = {
        model: this.model,
        operation,
        sha: script?.sha ?? null,
        lua: script?.lua ?? null,
        keys,
        argumentBytes: args.reduce<number>((sum, arg) => sum + byteLength(arg), 0),
        ms,
        failure: failure instanceof OchreError ? failure.code : failure === null ? null : 'ERROR',
        refusals: refusalsOf && failure === null ? refusalsOf(value as T) : NONE,
        plan: planOf && failure === null ? planOf(value as T) : null,
      }
      this.debug?.(report)
      if (operations.hasSubscribers) operations.publish(report)
    }
    return reply.then(
      (value) => {
        done(null, value)
        return value
      },
      async (error: unknown) => {
        const mapped = await this.mapError(error, keys)
        done(mapped)
        throw mapped
      },
    )
  }

  /** Failures that scripts raise carry OCHRE[CODE field] in their text. */
  private async mapError(raised: unknown, keys: readonly Arg[]): Promise<unknown> {
    if (!(raised instanceof ReplyError)) return raised
    const error = unwrapped(raised)
    const { message } = error
    const match = /OCHRE\[([A-Z_0-9]+) ([^\]]*)\]/.exec(message)
    if (match) {
      const [, code, field] = match
      if (code === 'CORRUPT') {
        const name = (this.spec.byProperty.get(field!) ?? this.spec.byName.get(field!))?.name
        const own = keys.find((key) => String(key).includes('}:c:') && String(key).endsWith(`:${name}`))
        return new CorruptRowError(this.model, String(own ?? keys[0]), field!, 'cannot be read')
      }
      return new ProgramError(this.model, code!, field || null, EXPLANATIONS[code!] ?? code!)
    }
    if (message.includes('WRONGTYPE')) {
      const key = await this.wrongKey(keys)
      return new ProgramError(this.model, 'WRONG_TYPE', null, `the key ${key} holds another Redis type`)
    }
    if (message.includes('Error compiling script'))
      return new UsageError('The program is too large for one script: keep() parts of long expressions, or split it', {
        cause: error,
      })
    // Lua that stumbles over what it reads: a version or a memo that somebody else has written.
    if (error.code === 'ERR' && /user_script:\d+: .*(attempt to|bad argument|in input)/s.test(message)) {
      const corrupt = new CorruptRowError(this.model, String(keys[0]), '', 'cannot be read; verify() tells more')
      corrupt.cause = error
      return corrupt
    }
    return error
  }

  /** Which key holds another type than its name says. */
  private async wrongKey(keys: readonly Arg[]): Promise<string> {
    const types = await Promise.all(keys.map((key) => this.client.call('TYPE', key))).catch(() => [])
    const at = types.findIndex((type, i) => !['none', this.typeOf(String(keys[i]))].includes(String(type)))
    return String(keys[Math.max(at, 0)])
  }

  /** The Redis type of a key by its name; `keys.ts` has the names. */
  private typeOf(key: string): string {
    const [kind, ...rest] = key.slice(key.indexOf('}') + 2).split(':')
    if (kind === 'c') return COLLECTION_TYPES[this.spec.byName.get(rest.at(-1)!)?.kind as CollectionKind] ?? 'none'
    return KEY_TYPES[kind!] ?? 'none'
  }
}

const KEY_TYPES: Readonly<Record<string, string>> = {
  r: 'hash',
  u: 'hash',
  m: 'hash',
  meta: 'hash',
  x: 'zset',
  ids: 'zset',
  exp: 'zset',
  feed: 'stream',
}
const COLLECTION_TYPES: Readonly<Record<CollectionKind, string>> = {
  list: 'list',
  set: 'set',
  map: 'hash',
  sortedSet: 'zset',
  geo: 'zset',
  stream: 'stream',
}

/** The error of a command in a script, which servers before 7.0 tell inside of another: `OOM ...`, `READONLY ...`. */
function unwrapped(error: ReplyError): ReplyError {
  const match = /^ERR Error running script \(.*?\): @user_script:\d+: (?:@user_script: \d+: )?-?([A-Z]+ .*)$/s.exec(
    error.message,
  )
  return match ? new ReplyError(match[1]!, { cause: error }) : error
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  OVERFLOW: 'the result does not fit the field',
  DIVISION_BY_ZERO: 'division by zero',
  NULL_VALUE: 'a value is null or absent where one is needed (see orElse)',
  OUT_OF_RANGE: 'the result breaks a rule of the field',
  PATH: 'the path leads nowhere in the document',
  TOO_LARGE: 'a collection is too large to read inside a script, or more text was to be made than one may make',
  LOOP_LIMIT: 'the loop has more items than its limit',
  WRONG_TYPE: 'its key holds another Redis type',
  READ_AFTER_WRITE: 'it was changed earlier in the same program: read it before, or in another call',
}

function byteLength(arg: Arg): number {
  return typeof arg === 'string' ? Buffer.byteLength(arg) : arg instanceof Uint8Array ? arg.length : String(arg).length
}
