// The clients that the gateway holds: one per database, protocol and ACL user, opened when first needed and shared by
// everybody, and one for the gateway's own state.

import {
  type Client,
  type ClientOptions,
  connect,
  type Gap,
  type Message,
  type Subscription,
  type Target,
} from '@ochre/client'
import { ReplyError } from '@ochre/protocol'
import type { AclUser } from './acl-token.ts'
import type { SubscriptionKind } from './hub.ts'

export interface ConnectionsOptions {
  /** Where Redis is: anything that `connect` of @ochre/client takes. */
  readonly redis: Target
  /** Options of the clients, such as deadlines; database, protocol and credentials are set by the gateway. */
  readonly client?: ClientOptions
}

/**
 * A gateway rather refuses at once than lets requests wait for a server that is away, and looks for it every second. A reply
 * may be as deep as any script makes it: a limit would end the connection of all callers.
 */
const DEFAULTS: ClientOptions = {
  name: 'ochre-gateway',
  queue: { offline: false },
  backoff: { maxMs: 1000 },
  limits: { maxDepth: Number.MAX_SAFE_INTEGER },
}

/** Figures for the metrics. */
export interface Load {
  connections: number
  pooled: number
  pooled_busy: number
  waiting: number
  in_flight: number
}

/** At most so many clients of ACL users are kept beside those that listen; the longest unused is closed first. */
const MAX_USERS = 100

export class Connections {
  /** For keys, limits and the other things that the gateway keeps. */
  readonly own: Client
  /** The database that the target names. */
  readonly database: number
  readonly #options: ConnectionsOptions
  readonly #clients = new Map<string, Client | Promise<Client>>()
  readonly #users = new Map<string, Client | Promise<Client>>()
  /** How many subscriptions the client of an ACL user has. */
  readonly #listening = new Map<string, number>()

  private constructor(options: ConnectionsOptions, own: Client, database: number) {
    this.#options = options
    this.own = own
    this.database = database
    this.#clients.set(nameOf(database, false), own)
  }

  /** Connects once, so that a wrong address is known at the start. */
  static async open(options: ConnectionsOptions): Promise<Connections> {
    const own = await connect(options.redis, { ...DEFAULTS, ...options.client })
    return new Connections(options, own, databaseOf(options))
  }

  /** What all clients hold at this moment. */
  load(): Load {
    const load: Load = { connections: 0, pooled: 0, pooled_busy: 0, waiting: 0, in_flight: 0 }
    for (const client of [...this.#clients.values(), ...this.#users.values()]) {
      if (client instanceof Promise) continue
      for (const { connections, pool, waiting, inFlight } of client.health().nodes) {
        load.connections += connections.ready
        load.pooled += pool.idle + pool.leased
        load.pooled_busy += pool.leased
        load.waiting += waiting.count + pool.waiting
        load.in_flight += inFlight.count
      }
    }
    return load
  }

  /** The client for a database, RESP2 or RESP3, the gateway's own user or an ACL user. Synchronous once it is open. */
  of(database: number, resp2: boolean, user?: AclUser): Client | Promise<Client> {
    const name = nameOf(database, resp2)
    if (user !== undefined) return this.#ofUser(name, database, resp2, user)
    const found = this.#clients.get(name)
    if (found !== undefined) return found
    const opening = this.#open({ db: database, protocol: resp2 ? 2 : 3 }).then(
      (client) => {
        this.#clients.set(name, client)
        return client
      },
      (error: unknown) => {
        this.#clients.delete(name)
        throw error
      },
    )
    this.#clients.set(name, opening)
    return opening
  }

  #ofUser(base: string, database: number, resp2: boolean, user: AclUser): Client | Promise<Client> {
    const name = userNameOf(base, user)
    let found = this.#users.get(name)
    if (found === undefined) {
      found = this.#open({ db: database, protocol: resp2 ? 2 : 3, username: user.name, password: user.password })
      const opening = found
      opening.then(
        (client) => {
          if (this.#users.get(name) === opening) this.#users.set(name, client)
        },
        () => this.#users.delete(name),
      )
    }
    // The order of insertion is the order of use.
    this.#users.delete(name)
    this.#users.set(name, found)
    if (this.#users.size - this.#listening.size > MAX_USERS) this.#closeUnused()
    return found
  }

  #closeUnused(): void {
    for (const [name, client] of this.#users) {
      if (this.#listening.has(name)) continue
      this.#users.delete(name)
      closeQuietly(client)
      return
    }
  }

  /** Keeps the client of a user as long as somebody listens. Returns the way to end that. */
  #keepListening(user: AclUser): () => void {
    const name = userNameOf(nameOf(this.database, false), user)
    this.#listening.set(name, (this.#listening.get(name) ?? 0) + 1)
    return () => {
      const left = this.#listening.get(name)! - 1
      if (left === 0) this.#listening.delete(name)
      else this.#listening.set(name, left)
    }
  }

  #open(options: ClientOptions): Promise<Client> {
    return connect(this.#options.redis, { ...DEFAULTS, ...this.#options.client, ...options })
  }

  /**
   * Whether Redis lets the user log in now, tried on a connection for this: one that is open stays logged in whatever
   * becomes of the password. If not, those that are open as this user are closed. Rejects when Redis cannot be reached.
   */
  async checkAclUser(user: AclUser): Promise<boolean> {
    try {
      const client = await this.#open({ db: this.database, username: user.name, password: user.password })
      await client.close()
      return true
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error
      for (const [name, client] of this.#users) {
        if (!name.endsWith(`:${user.name}\0${user.password}`)) continue
        this.#users.delete(name)
        closeQuietly(client)
      }
      return false
    }
  }

  /** One subscription at Redis, as the gateway's own user or an ACL user, kept up across lost connections. */
  subscribe(
    kind: SubscriptionKind,
    name: string,
    events: { onMessage(channel: string, payload: string): void; onGap(): void },
    user?: AclUser,
  ): { readonly ready: Promise<void>; stop(): void } {
    let isStopped = false
    const endListening = user === undefined ? undefined : this.#keepListening(user)
    let subscription: Subscription<Message<string> | Gap> | undefined
    const start = async (): Promise<void> => {
      // A subscription waits for a server that is away; who wants a new one is rather told at once.
      await this.own.call('PING')
      const client = user === undefined ? this.own : await this.of(this.database, false, user)
      if (isStopped) return
      const verb = { channel: 'subscribe', pattern: 'psubscribe', shard: 'ssubscribe' } as const
      subscription = client[verb[kind]](name, { gaps: true })
      void pump(subscription, events)
      await subscription.ready
    }
    return {
      ready: start(),
      stop() {
        if (!isStopped) endListening?.()
        isStopped = true
        subscription?.close()
      },
    }
  }

  async close(): Promise<void> {
    const all = [...this.#clients.values(), ...this.#users.values()]
    this.#clients.clear()
    this.#users.clear()
    await Promise.all(all.map(async (client) => (await client).close()))
  }
}

/** Closes a client that may still be opening, or fail to. */
function closeQuietly(client: Client | Promise<Client>): void {
  Promise.resolve(client)
    .then((opened) => opened.close())
    .catch(() => {})
}

function userNameOf(base: string, user: AclUser): string {
  return `${base}:${user.name}\0${user.password}`
}

function nameOf(database: number, resp2: boolean): string {
  return resp2 ? `${database}/2` : `${database}`
}

/** The database that the options or the URL select. */
function databaseOf({ redis, client }: ConnectionsOptions): number {
  if (client?.db !== undefined) return client.db
  if (typeof redis === 'string' || redis instanceof URL) {
    const url = new URL(String(redis))
    const db = url.protocol === 'unix:' ? url.searchParams.get('db') : url.pathname.slice(1)
    return Number(db === null || db === '' ? (url.searchParams.get('db') ?? 0) : db)
  }
  return 'dial' in redis ? 0 : (redis.db ?? 0)
}

async function pump(
  subscription: Subscription<Message<string> | Gap>,
  events: { onMessage(channel: string, payload: string): void; onGap(): void },
): Promise<void> {
  try {
    for await (const item of subscription) {
      if (item.gap === undefined) events.onMessage(item.channel, item.message)
      else if (item.gap !== 'lost') events.onGap()
    }
  } catch {
    // Refused before it was ready: `ready` tells the caller. Later: the client closes, and so does the gateway.
  }
}
