// Subscriptions of callers onto one Redis subscription per channel, with reference counts: the first listener opens it,
// the last one closes it, however many sockets and streams listen in between.

import type { AclUser } from './acl-token.ts'

export type SubscriptionKind = 'channel' | 'pattern' | 'shard'

export interface HubMessage {
  readonly kind: SubscriptionKind
  /** The channel or pattern that was subscribed to. */
  readonly name: string
  readonly channel: string
  readonly payload: string
}

/** Where messages come from: one subscription at Redis. */
export interface SubscriptionSource {
  /** `ready` settles when Redis has confirmed or refused. After `stop` nothing is called any more. */
  subscribe(
    kind: SubscriptionKind,
    name: string,
    events: { onMessage(channel: string, payload: string): void; onGap(): void },
    user?: AclUser,
  ): { readonly ready: Promise<void>; stop(): void }
}

/** Called with each message, and with a gap when messages may have been lost (Redis was away). Must not throw. */
export interface HubListener {
  onMessage(message: HubMessage): void
  onGap(kind: SubscriptionKind, name: string): void
}

interface Topic {
  readonly listeners: Set<HubListener>
  /** Resolves when Redis has confirmed the subscription. */
  readonly ready: Promise<void>
  readonly stop: () => void
}

export class Hub {
  readonly #source: SubscriptionSource
  readonly #topics = new Map<string, Topic>()

  constructor(source: SubscriptionSource) {
    this.#source = source
  }

  /** How many distinct channels and patterns are subscribed at Redis. */
  get size(): number {
    return this.#topics.size
  }

  /** Resolves, once Redis has confirmed, to a function that ends this listener's subscription. */
  async subscribe(kind: SubscriptionKind, name: string, listener: HubListener, user?: AclUser): Promise<() => void> {
    // Redis decides about the channels of its ACL users, so theirs are not shared with others.
    const id = `${user === undefined ? '' : `${user.name}\0${user.password}`}\0${kind}:${name}`
    let topic = this.#topics.get(id)
    if (topic === undefined) {
      topic = this.#open(kind, name, id, user)
      this.#topics.set(id, topic)
    }
    const opened = topic
    opened.listeners.add(listener)
    const leave = (): void => {
      if (!opened.listeners.delete(listener) || opened.listeners.size > 0) return
      if (this.#topics.get(id) === opened) this.#topics.delete(id)
      opened.stop()
    }
    try {
      await opened.ready
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  #open(kind: SubscriptionKind, name: string, id: string, user: AclUser | undefined): Topic {
    const listeners = new Set<HubListener>()
    const events = {
      onMessage: (channel: string, payload: string): void => {
        const message = { kind, name, channel, payload }
        for (const listener of listeners) listener.onMessage(message)
      },
      onGap: (): void => {
        for (const listener of listeners) listener.onGap(kind, name)
      },
    }
    const { ready, stop } = this.#source.subscribe(kind, name, events, user)
    // A subscription that Redis refused must not be shared with the next caller.
    ready.catch(() => {
      if (this.#topics.get(id)?.listeners === listeners) this.#topics.delete(id)
    })
    return { listeners, ready, stop }
  }

  close(): void {
    for (const topic of this.#topics.values()) topic.stop()
    this.#topics.clear()
  }
}
