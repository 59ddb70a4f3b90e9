// The subscriptions of one socket: channels, patterns and shard channels, events of keys, streams, changes of models. Each
// has the id of the frame that opened it, is checked again whenever the credential is, and ends with the socket.

import type { Caller } from './execute.ts'
import { followId, followStream } from './follow.ts'
import type { Gateway } from './gateway.ts'
import type { HubListener, SubscriptionKind } from './hub.ts'
import { isObject, type JsonObject } from './json.ts'
import { followChanges } from './model-changes.ts'
import { authorize, authorizeSubscription } from './policy.ts'
import { binary, type Principal, RESERVED_PREFIX } from './principal.ts'
import { textOf } from './reply-json.ts'
import { entryJson } from './resources/streams.ts'
import { GatewayError } from './status.ts'

/** As subscribing to a pattern, which it is at Redis. */
const KEYSPACE_COST = 2

interface Wanted {
  readonly topics: readonly (readonly [SubscriptionKind, string])[]
  /** Patterns of keys. */
  readonly keyspace: readonly string[]
  readonly streams: readonly { readonly key: string; readonly after: string }[]
  readonly models: readonly { readonly model: string; readonly after: string | undefined }[]
}

interface Subscription {
  readonly wanted: Wanted
  /** Its principal is the socket's present one. */
  readonly caller: Caller
  readonly leave: (() => void)[]
}

/** Where frames go; false when the socket is closed. */
export interface FrameSink {
  push(json: string): boolean
  /** As `push`, when there is room: for what can be read later just as well. */
  pushWithRoom(json: string): boolean | Promise<boolean>
}

export class SocketSubscriptions {
  readonly #gateway: Gateway
  readonly #sink: FrameSink
  readonly #open = new Map<string, Subscription>()
  #count = 0

  constructor(gateway: Gateway, sink: FrameSink) {
    this.#gateway = gateway
    this.#sink = sink
  }

  /** Opens what a frame asks for, all of it or nothing. `id` as JSON text. */
  async open(id: string, frame: JsonObject, caller: Caller): Promise<void> {
    const wanted = wantedOf(frame)
    const { topics, keyspace, streams, models } = wanted
    const count = topics.length + keyspace.length + streams.length + models.length
    if (count === 0)
      throw new GatewayError('BAD_REQUEST', 'A sub names channels, patterns, shards, keyspace, streams or models.')
    const cost = this.#authorize(caller, wanted)
    if (this.#count + count > this.#gateway.limits.socketSubscriptions) {
      throw new GatewayError('RATE_LIMITED', 'Too many subscriptions on this socket.')
    }
    if (this.#open.has(id)) throw new GatewayError('CONFLICT', 'There is a subscription with this id.')
    const subscription: Subscription = { wanted, caller, leave: [] }
    this.#open.set(id, subscription)
    this.#count += count
    subscription.leave.push(() => {
      this.#count -= count
    })
    try {
      if (cost > 0) await this.#gateway.executor.spend(caller, cost)
      await Promise.all([
        ...this.#listen(id, subscription),
        ...streams.map(({ key, after }) => this.#followStream(id, subscription, key, after)),
        ...models.map(({ model, after }) => this.#followModel(id, subscription, model, after)),
      ])
    } catch (error) {
      this.close(id, subscription)
      throw error
    }
  }

  /** False when there is no such subscription. */
  close(id: string, only?: Subscription): boolean {
    const subscription = this.#open.get(id)
    if (subscription === undefined || (only !== undefined && subscription !== only)) return false
    this.#open.delete(id)
    for (const leave of subscription.leave.splice(0)) leave()
    return true
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id)
  }

  /** The socket's principal, which may be another one now, or have other rights: what it may not have ends. */
  keepFor(principal: Principal): void {
    for (const [id, subscription] of [...this.#open]) {
      const { caller, wanted } = subscription
      // What listens at Redis listens as the user that it was opened for.
      const isSameUser = userOf(principal) === userOf(caller.principal)
      caller.principal = principal
      try {
        if (!isSameUser) throw new GatewayError('NOT_PERMITTED', 'The socket belongs to another user now.')
        this.#authorize(caller, wanted)
      } catch {
        this.#over(id, subscription, 'not permitted any more')
      }
    }
  }

  #over(id: string, subscription: Subscription, reason: string): void {
    if (this.close(id, subscription)) this.#sink.push(`{"t":"end","ref":${id},"reason":"${reason}"}`)
  }

  /** What the topics cost; streams and models cost what reading them does. Throws NOT_PERMITTED. */
  #authorize({ principal, database }: Caller, { topics, keyspace, streams, models }: Wanted): number {
    if (!principal.rules.allowsDatabase(database, this.#gateway.connections.database)) {
      throw new GatewayError('NOT_PERMITTED', 'The credential may not use this database.')
    }
    const cost = authorizeSubscription(principal, topics) + keyspace.length * KEYSPACE_COST
    for (const pattern of keyspace) {
      if (!principal.rules.has('read') || !principal.rules.allowsKeyPattern(binary(pattern))) {
        throw new GatewayError('NOT_PERMITTED', 'The credential may not watch these keys.')
      }
    }
    for (const { key } of streams) authorize(principal, ['XRANGE', key, '-', '+'])
    for (const { model } of models) {
      if (this.#gateway.models === undefined) throw new GatewayError('NOT_FOUND', 'There is no such model.')
      this.#gateway.models.authorize(principal, model, false)
    }
    return cost
  }

  /** Keeps the way to leave, or leaves at once when the subscription has ended meanwhile. */
  #keep(id: string, subscription: Subscription, leave: () => void): void {
    if (this.#open.get(id) === subscription) subscription.leave.push(leave)
    else leave()
  }

  #listen(id: string, subscription: Subscription): Promise<void>[] {
    const { wanted, caller } = subscription
    const prefix = `__keyspace@${caller.database}__:`
    const listener: HubListener = {
      onMessage: ({ kind, name, channel, payload }) => {
        const data = JSON.stringify(payload)
        if (name.startsWith(prefix) && kind === 'pattern') {
          const key = channel.slice(prefix.length)
          if (key.startsWith(RESERVED_PREFIX)) return
          this.#sink.push(`{"t":"key","ref":${id},"key":${JSON.stringify(key)},"event":${data}}`)
          return
        }
        const pattern = kind === 'pattern' ? `,"pat":${JSON.stringify(name)}` : ''
        this.#sink.push(`{"t":"msg","ref":${id},"ch":${JSON.stringify(channel)}${pattern},"d":${data}}`)
      },
      onGap: () => this.#sink.push(`{"t":"gap","ref":${id}}`),
    }
    const topics = [...wanted.topics, ...wanted.keyspace.map((pattern) => ['pattern', prefix + pattern] as const)]
    return topics.map(async ([kind, name]) => {
      const leave = await this.#gateway.hub.subscribe(kind, name, listener, caller.principal.redisUser)
      this.#keep(id, subscription, leave)
    })
  }

  #followStream(id: string, subscription: Subscription, key: string, after: string): Promise<void> {
    const shown = JSON.stringify(textOf(binary(key)))
    const { executor } = this.#gateway
    const { caller } = subscription
    const follower = followStream(executor, caller, key, after, (entry) =>
      this.#sink.pushWithRoom(`{"t":"entry","ref":${id},"key":${shown},${entryJson(entry, 'utf8').slice(1)}`),
    )
    this.#keep(id, subscription, () => follower.stop())
    return follower.ready
  }

  async #followModel(id: string, subscription: Subscription, name: string, after: string | undefined): Promise<void> {
    const models = this.#gateway.models!
    const { caller } = subscription
    const store = await models.store(caller, name, 'changes', false, 2)
    const follower = followChanges(
      store,
      await models.clientOf(caller),
      after,
      (json, { type }) => {
        const head = `{"t":"${type === 'gap' ? 'gap' : 'change'}","ref":${id},"model":${JSON.stringify(name)},`
        return this.#sink.pushWithRoom(`${head}${type === 'gap' ? json.slice(1) : `"change":${json}}`}`)
      },
      () => this.#over(id, subscription, 'the feed cannot be read'),
    )
    this.#keep(id, subscription, () => follower.stop())
    await follower.ready
  }
}

const userOf = ({ redisUser }: Principal): string => JSON.stringify(redisUser ?? null)

function wantedOf(frame: JsonObject): Wanted {
  return {
    topics: [
      ...names(frame, 'channels').map((name) => ['channel', name] as const),
      ...names(frame, 'patterns').map((name) => ['pattern', name] as const),
      ...names(frame, 'shards').map((name) => ['shard', name] as const),
    ],
    keyspace: names(frame, 'keyspace'),
    streams: placesOf(frame, 'streams', 'key').map(({ name, after }) => ({ key: name, after: followId(after) })),
    models: placesOf(frame, 'models', 'model').map(({ name, after }) => ({ model: name, after })),
  }
}

function names(frame: JsonObject, member: string): string[] {
  const list = frame[member]
  if (list === undefined) return []
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
    throw new GatewayError('BAD_REQUEST', `The member ${member} is a list of text.`)
  }
  return list
}

/** Things to follow, each with the place to follow from. */
function placesOf(frame: JsonObject, member: string, part: string): { name: string; after: string | undefined }[] {
  const list = frame[member]
  if (list === undefined) return []
  const wrong = (): GatewayError =>
    new GatewayError('BAD_REQUEST', `The member ${member} is a list of {"${part}", "after"}.`)
  if (!Array.isArray(list)) throw wrong()
  return list.map((item) => {
    if (!isObject(item)) throw wrong()
    const { [part]: name, after } = item
    if (typeof name !== 'string' || (after !== undefined && typeof after !== 'string')) throw wrong()
    return { name, after }
  })
}
