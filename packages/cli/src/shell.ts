// One session of the shell: what becomes of each line. The terminal around it is commands/shell.ts.

import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import type { Client, ClientOptions } from '@ochre/client'
import { type AnyModel, open } from '@ochre/model'
import { FailureReply, lookupCommand, OchreError, type Reply, StatusReply, UsageError } from '@ochre/protocol'
import { pretty } from './print.ts'
import type { OpenTarget } from './target.ts'
import { VIEWS, view } from './views.ts'
import { splitWords } from './words.ts'

/** Where output goes. `write` takes whole lines. */
export interface Screen {
  write(line: string): void
  /** A new signal that Ctrl-C aborts, for what runs until then. */
  interruptible(): AbortSignal
}

interface Opened {
  readonly client: Client
  readonly models: Record<string, unknown>
  close(): Promise<void>
}

export class Shell {
  readonly #target: OpenTarget
  readonly #screen: Screen
  readonly #models: Readonly<Record<string, AnyModel>>
  #identity: ClientOptions = {}
  #opened: Opened
  /** Commands since MULTI; null outside of a transaction. */
  #queue: (string | Buffer)[][] | null = null

  private constructor(target: OpenTarget, screen: Screen, models: Readonly<Record<string, AnyModel>>, opened: Opened) {
    this.#target = target
    this.#screen = screen
    this.#models = models
    this.#opened = opened
  }

  static async open(target: OpenTarget, screen: Screen, models: Readonly<Record<string, AnyModel>>): Promise<Shell> {
    return new Shell(target, screen, models, await openOn(target, {}, models))
  }

  /** `db` and whether a transaction is being collected, as the prompt shows them. */
  get prompt(): string {
    const db = this.#identity.db === undefined || this.#identity.db === 0 ? '' : `[${this.#identity.db}]`
    return `ochre${db}${this.#queue === null ? '' : '(multi)'}> `
  }

  close(): Promise<void> {
    return this.#opened.close()
  }

  /** Runs one line. Failures are written, not thrown; false when the line ends the shell. */
  async run(line: string): Promise<boolean> {
    const text = line.trim()
    if (text === '') return true
    if (/^(exit|quit)$/i.test(text)) return false
    try {
      if (this.#isExpression(text)) await this.#evaluate(text)
      else await this.#command(splitWords(text))
    } catch (error) {
      this.#screen.write(error instanceof OchreError ? `(${error.code}) ${error.message}` : String(error))
    }
    return true
  }

  #isExpression(text: string): boolean {
    const name = /^(?:await\s+)?([A-Za-z_$][\w$]*)\s*\./.exec(text)?.[1]
    return name !== undefined && (Object.hasOwn(this.#models, name) || name === 'redis' || name === 'db')
  }

  /** JavaScript with the opened models in scope, `await` allowed. */
  async #evaluate(text: string): Promise<void> {
    const { client, models } = this.#opened
    const scope = { ...models, db: models, redis: client, Buffer, console }
    const value: unknown = await runInNewContext(`(async () => (${text.replace(/;\s*$/, '')}))()`, scope)
    this.#screen.write(value === undefined ? 'undefined' : inspect(value, { depth: 6, colors: false }))
  }

  async #command(words: Buffer[]): Promise<void> {
    const name = String(words[0]).toLowerCase()
    if (name === 'help') this.#help(words.slice(1).map(String))
    else if (name === 'select' && this.#queue === null) await this.#reopen({ db: Number(words[1]) }, words.length === 2)
    else if (name === 'auth' && this.#queue === null)
      await this.#reopen(
        words.length === 2
          ? { password: String(words[1]) }
          : { username: String(words[1]), password: String(words[2]) },
        words.length === 2 || words.length === 3,
      )
    else if (name === 'multi' && this.#queue === null) {
      this.#queue = []
      this.#screen.write('OK')
    } else if (this.#queue !== null) await this.#collect(name, words)
    else if (VIEWS.has(name)) await this.#show(name, words.slice(1))
    else this.#screen.write(pretty(await this.#opened.client.raw(...words)))
  }

  async #collect(name: string, words: Buffer[]): Promise<void> {
    if (name === 'discard') {
      this.#queue = null
      this.#screen.write('OK')
    } else if (name === 'exec') {
      const queue = this.#queue!
      this.#queue = null
      const transaction = this.#opened.client.buffers.multi()
      for (const command of queue) transaction.call(...(command as [Buffer, ...Buffer[]]))
      const replies = (await transaction.execSettled()) as readonly PromiseSettledResult<unknown>[]
      for (const [i, settled] of replies.entries()) {
        const reply =
          settled.status === 'fulfilled'
            ? asReply(settled.value)
            : new FailureReply(String((settled.reason as Error).message))
        this.#screen.write(`${i + 1}) ${pretty(reply, '   ')}`)
      }
    } else {
      this.#queue!.push(words)
      this.#screen.write('QUEUED')
    }
  }

  async #show(name: string, names: Buffer[]): Promise<void> {
    const signal = this.#screen.interruptible()
    try {
      for await (const line of view(this.#opened.client.with({ signal }), name, names)) this.#screen.write(line)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** SELECT and AUTH: a shared connection keeps its database and user, so the client is opened anew. */
  async #reopen(change: ClientOptions, fits: boolean): Promise<void> {
    if (!fits || (change.db !== undefined && !(Number.isInteger(change.db) && change.db >= 0)))
      throw new UsageError('SELECT takes a number, AUTH a password or a user and a password.')
    const identity = { ...this.#identity, ...change }
    const opened = await openOn(this.#target, identity, this.#models)
    await this.#opened.close()
    this.#opened = opened
    this.#identity = identity
    this.#screen.write('OK')
  }

  #help(words: readonly string[]): void {
    const spec = words[0] === undefined ? undefined : lookupCommand(words[0], words[1])
    if (words[0] === undefined) {
      this.#screen.write(
        'A Redis command, a model (User.find({})), help <command>, SELECT, AUTH, SUBSCRIBE, MONITOR, exit.',
      )
    } else if (spec === undefined) this.#screen.write(`There is no command ${words.join(' ')}.`)
    else {
      this.#screen.write(`${spec.name.toUpperCase()} ${spec.syntax}`.trimEnd())
      if (spec.subcommands)
        this.#screen.write(`Subcommands: ${[...spec.subcommands.keys()].map((sub) => sub.toUpperCase()).join(', ')}`)
      this.#screen.write(
        `Group ${spec.group}, since ${spec.since}; ${spec.categories.map((category) => `@${category}`).join(' ')}`,
      )
    }
  }
}

async function openOn(
  target: OpenTarget,
  identity: ClientOptions,
  models: Readonly<Record<string, AnyModel>>,
): Promise<Opened> {
  const client = await target.connect(identity)
  const db = open(client, models)
  return {
    client,
    models: db as Record<string, unknown>,
    close: async () => {
      db.close()
      await client.close()
    },
  }
}

/** What a transaction gives, back in the terms of the wire. Statuses cannot be told from strings there. */
function asReply(value: unknown): Reply {
  if (value === 'OK') return new StatusReply('OK')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (Array.isArray(value)) return value.map(asReply)
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([key, item]) => [key, asReply(item)])
  return value as Reply
}
