// One session of the shell: what becomes of each line. The terminal around it is commands/shell.ts.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { formatWithOptions, inspect } from 'node:util'
import type { Client, PushEvent } from '@ochre/client'
import { type AnyModel, open, Store } from '@ochre/model'
import { commandNames, lookupCommand, OchreError, type Reply, UsageError } from '@ochre/protocol'
import { json, pretty } from './print.ts'
import { isUnfinished, Scope } from './scope.ts'
import { type Identity, Session } from './session.ts'
import { type OpenTarget, PROMPT } from './target.ts'
import { VIEWS, view } from './views.ts'
import { splitWords } from './words.ts'

/** Where output goes. */
export interface Screen {
  /** Takes whole lines. */
  write(line: string): void
  readonly colors: boolean
  /** Replies as lines of JSON. */
  readonly json: boolean
}

/** A client of its own for models and views, as long as the session stays who it is. */
interface Second {
  readonly identity: Identity
  readonly client: Client
}

export class Shell {
  readonly #target: OpenTarget
  readonly #screen: Screen
  readonly #models: Readonly<Record<string, AnyModel>>
  readonly #client: Client
  readonly #session: Session
  readonly #scope: Scope
  #second: Second | null = null
  /** The lines so far of an expression that goes on. */
  #begun = ''

  private constructor(target: OpenTarget, screen: Screen, models: Readonly<Record<string, AnyModel>>, client: Client) {
    this.#target = target
    this.#screen = screen
    this.#models = models
    this.#client = client
    this.#session = new Session(client, target.db)
    this.#scope = new Scope(Object.keys(models))
    subscribe('ochre:push', this.#onPush)
  }

  static async open(target: OpenTarget, screen: Screen, models: Readonly<Record<string, AnyModel>>): Promise<Shell> {
    return new Shell(target, screen, models, await target.connect(PROMPT))
  }

  /** The database, whether a transaction is being collected, whether an expression goes on. */
  get prompt(): string {
    if (this.#begun !== '') return '...> '
    const { db } = this.#session.identity
    return `ochre${db === 0 ? '' : `[${db}]`}${this.#session.inTransaction ? '(multi)' : ''}> `
  }

  /** Whether a line is JavaScript, or goes on with some. */
  isExpression(line: string): boolean {
    return this.#begun !== '' || this.#scope.isExpression(line.trim())
  }

  async close(): Promise<void> {
    unsubscribe('ochre:push', this.#onPush)
    this.#session.close()
    await this.#second?.client.close()
    await this.#client.close({ drainMs: 0 })
  }

  /** Drops the lines of an expression that is not finished. */
  forget(): void {
    this.#begun = ''
  }

  /** Runs one line until `signal` ends it. Failures are written, not thrown; false when the line ends the shell. */
  async run(line: string, signal: AbortSignal): Promise<boolean> {
    const text = this.#begun === '' ? line.trim() : `${this.#begun}\n${line}`
    if (text === '') return true
    if (/^(exit|quit)$/i.test(text)) return false
    try {
      if (!this.isExpression(text)) await this.#command(splitWords(text), signal)
      else if (isUnfinished(text)) this.#begun = text
      else {
        this.#begun = ''
        await this.#evaluate(text, signal)
      }
    } catch (error) {
      if (signal.aborted) this.#screen.write('(interrupted)')
      else this.#screen.write(error instanceof OchreError ? `(${error.code}) ${error.message}` : String(error))
    }
    return true
  }

  /** What is left of an expression at the end of the input. */
  async finish(signal: AbortSignal): Promise<void> {
    const text = this.#begun
    this.#begun = ''
    if (text !== '') await this.#evaluate(text, signal).catch((error: unknown) => this.#screen.write(String(error)))
  }

  async #command(words: Buffer[], signal: AbortSignal): Promise<void> {
    const name = String(words[0]).toLowerCase()
    if (name === 'help') this.#help(words.slice(1).map(String))
    else if (VIEWS.has(name)) {
      if (this.#session.inTransaction) throw new UsageError('A transaction cannot subscribe or monitor.')
      await this.#show(name, words.slice(1), signal)
    } else {
      const reply = await this.#session.raw(words, signal)
      this.#screen.write(this.#screen.json ? json(reply) : pretty(reply))
    }
  }

  async #show(name: string, names: Buffer[], signal: AbortSignal): Promise<void> {
    const { client } = await this.#asSession()
    try {
      for await (const line of view(client.with({ signal }), name, names)) this.#screen.write(line)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #evaluate(text: string, signal: AbortSignal): Promise<void> {
    const client = (await this.#asSession()).client.with({ signal })
    const db = open(client, this.#models, { sweepEvery: 0 })
    const console = { log: (...values: unknown[]) => this.#screen.write(formatWithOptions(this.#look, ...values)) }
    const given = { ...db, db, redis: client, console }
    const value = await unlessAborted(this.#scope.evaluate(text, given), signal)
    if (isIterable(value)) {
      for await (const item of value) {
        if (signal.aborted) return
        this.#screen.write(this.#inspect(item))
      }
    } else {
      this.#screen.write(this.#inspect(value))
      const next = (value as { next?: unknown } | null | undefined)?.next
      if (Array.isArray(value) && typeof next === 'string') this.#screen.write(`(more: after: '${next}')`)
    }
  }

  /** A client with the database and user that the session has by now. */
  async #asSession(): Promise<Second> {
    const { identity } = this.#session
    if (identity.auth === null && identity.db === this.#target.db) return { identity, client: this.#client }
    if (this.#second?.identity !== identity) {
      await this.#second?.client.close()
      this.#second = null
      const [, ...auth] = (identity.auth ?? []).map(String)
      const who =
        auth.length === 0 ? {} : { password: auth.at(-1)!, ...(auth.length === 2 ? { username: auth[0]! } : {}) }
      this.#second = { identity, client: await this.#target.connect(PROMPT, { ...who, db: identity.db }) }
    }
    return this.#second
  }

  #inspect(value: unknown): string {
    if (value instanceof Store) return aboutModel(value)
    if (this.#screen.json)
      return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? 'null'
    return inspect(Array.isArray(value) ? value.map(plainRow) : plainRow(value), this.#look)
  }

  get #look(): { depth: number; colors: boolean } {
    return { depth: 6, colors: this.#screen.colors }
  }

  readonly #onPush = (event: unknown): void => {
    const { items } = event as PushEvent
    this.#screen.write(`(push) ${pretty(items.map(binaryOf), '       ')}`)
  }

  #help([name, sub]: readonly string[]): void {
    const write = (line: string): void => this.#screen.write(line)
    if (name === undefined) {
      write(
        'A command as in redis-cli: SET key "a value"      help <command> explains one, help @<group> lists a group.',
      )
      write('SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and MONITOR go on until Ctrl-C. exit or Ctrl-D ends.')
      for (const model of Object.keys(this.#models)) write(`A model: ${model}.find({ ... })`)
      return
    }
    if (name.startsWith('@')) {
      const group = name.slice(1).toLowerCase()
      const names = commandNames().filter((each) => lookupCommand(...split(each))?.group === group)
      const groups = [...new Set(commandNames().map((each) => lookupCommand(...split(each))!.group))].sort()
      write(
        names.length === 0
          ? `Groups: ${groups.join(', ')}`
          : names
              .map((each) => each.toUpperCase())
              .sort()
              .join(', '),
      )
      return
    }
    const spec = lookupCommand(name, sub)
    if (spec === undefined) {
      write(`There is no command ${[name, sub ?? ''].join(' ').trim()}.`)
      return
    }
    write(`${spec.name.toUpperCase()} ${spec.syntax}`.trimEnd())
    if (spec.subcommands)
      write(`Subcommands: ${[...spec.subcommands.keys()].map((each) => each.toUpperCase()).join(', ')}`)
    write(`Group ${spec.group}, since ${spec.since}; ${spec.categories.map((category) => `@${category}`).join(' ')}`)
  }
}

/** What work gives, or a rejection as soon as the signal comes. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop!: () => void
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('interrupted'))
  })
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function split(name: string): [string, string | undefined] {
  const [first = '', second] = name.split(' ')
  return [first, second]
}

function aboutModel({ model }: Store<AnyModel['fields']>): string {
  const fields = [...model.spec.byProperty.values()].map(({ property, kind }) => `${property}: ${kind}`)
  return `Model ${model.name} { ${fields.join(', ')} }`
}

/** A loaded row without its methods. */
function plainRow(value: unknown): unknown {
  const isRow = typeof value === 'object' && value !== null && 'reload' in value && 'atomic' in value
  return isRow ? { ...value } : value
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** Decoded text as the wire's. */
function binaryOf(value: unknown): Reply {
  if (typeof value === 'string') return Buffer.from(value).toString('latin1')
  return Array.isArray(value) ? value.map(binaryOf) : (value as Reply)
}
