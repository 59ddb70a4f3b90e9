// The connection of a person: commands change it as they would with redis-cli. What they changed is done again when the
// connection had to be replaced, except a transaction, which is gone with it.

import type { Client, Lane } from '@ochre/client'
import { ConnectionError, FailureReply, NULL_ARRAY, type Reply, ReplyError, StatusReply } from '@ochre/protocol'

/** Who the connection is by now, and with which database. */
export interface Identity {
  readonly db: number
  /** The words of the last AUTH, or null for whom the client is. */
  readonly auth: readonly Buffer[] | null
}

export class Session {
  readonly #client: Client
  readonly #first: Identity
  #lane: Lane | null = null
  #identity: Identity
  /** Commands since MULTI; null outside of a transaction. */
  #queued: (readonly Buffer[])[] | null = null

  constructor(client: Client, db: number) {
    this.#client = client
    this.#first = { db, auth: null }
    this.#identity = this.#first
  }

  get identity(): Identity {
    return this.#identity
  }

  get inTransaction(): boolean {
    return this.#queued !== null
  }

  /** Sends a command and waits for its reply, errors being values. When `signal` ends the wait, the connection goes. */
  async raw(words: readonly Buffer[], signal?: AbortSignal): Promise<Reply> {
    const lane = await this.#open()
    try {
      const reply = await lane.raw(words, signal)
      this.#note(words, reply)
      return reply
    } catch (error) {
      this.#drop()
      throw error
    }
  }

  close(): void {
    this.#drop()
  }

  async #open(): Promise<Lane> {
    if (this.#lane !== null && !this.#lane.connection.closed) return this.#lane
    if (this.inTransaction) {
      this.#drop()
      throw new ConnectionError('CONNECTION_LOST', 'The connection was lost, and the transaction with it.')
    }
    const lane = await this.#client.lane()
    this.#lane = lane
    const { db, auth } = this.#identity
    for (const words of [...(auth === null ? [] : [auth]), ...(db === this.#first.db ? [] : [['SELECT', db]])]) {
      const reply = await lane.raw(words as (Buffer | string | number)[])
      if (!(reply instanceof FailureReply)) continue
      this.#drop()
      throw new ReplyError(reply.text)
    }
    return lane
  }

  #drop(): void {
    this.#lane?.release(false)
    this.#lane = null
    this.#queued = null
  }

  /** What a command that has succeeded means for those to come. */
  #note(words: readonly Buffer[], reply: Reply): void {
    const name = String(words[0]).toLowerCase()
    if (reply instanceof FailureReply) {
      if (name === 'exec') this.#queued = null
      return
    }
    if (name === 'multi') this.#queued = []
    else if (name === 'discard') this.#queued = null
    else if (name === 'exec') {
      // A transaction that did not run, for a watched key has changed, is null.
      if (reply !== null && reply !== NULL_ARRAY) for (const each of this.#queued ?? []) this.#become(each)
      this.#queued = null
    } else if (this.#queued !== null && reply instanceof StatusReply) this.#queued.push(words)
    else this.#become(words)
  }

  #become(words: readonly Buffer[]): void {
    const [name, ...rest] = words.map((word) => String(word).toLowerCase())
    if (name === 'select') this.#identity = { ...this.#identity, db: Number(rest[0]) }
    else if (name === 'auth') this.#identity = { ...this.#identity, auth: words }
    else if (name === 'hello' && rest.includes('auth')) {
      const at = 1 + rest.indexOf('auth')
      this.#identity = { ...this.#identity, auth: [Buffer.from('AUTH'), ...words.slice(at + 1, at + 3)] }
    } else if (name === 'reset') {
      this.#identity = { db: 0, auth: null }
      this.#queued = null
    }
  }
}
