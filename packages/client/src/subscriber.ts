// All subscriptions of a client, on one connection of their own: each channel is subscribed once, however many readers it
// has, and again after a lost connection.
//
//   reader -> topic (kind and name, its readers) -> SUBSCRIBE when the first reader comes, UNSUBSCRIBE when the last goes
//
// Each request names one channel and is answered by exactly one confirmation or one error, in order: that is how an answer
// finds its request, in RESP3 (pushes) and RESP2 (replies) alike. Messages are taken as bytes and decoded by each reader.
import {
  type Arg,
  type CommandSpec,
  ConnectionError,
  DecodeMode,
  type EncodedRequest,
  encodeRequest,
  FailureReply,
  lookupCommand,
  ReplyError,
  UsageError,
} from '@ochre/protocol'
import type { Clock } from './clock.ts'
import type { Command } from './command.ts'
import type { Connection, ConnectionOwner } from './connection.ts'
import { Ring } from './queue.ts'
import { type Backoff, backoffMs } from './retry.ts'
import type { Router } from './router.ts'
import { Reader, type ReaderSettings, type SubscribeOptions } from './subscription.ts'

export type TopicKind = 'channel' | 'pattern' | 'shard'

/** A channel or pattern with readers. */
export interface Topic {
  readonly kind: TopicKind
  /** The name's bytes, one character each. */
  readonly key: string
  readonly text: string
  readonly readers: Set<Reader<unknown>>
  confirmed: boolean
}

export interface SubscriptionHealth {
  readonly channels: number
  readonly patterns: number
  readonly shardChannels: number
  /** Of them, how many the server has not confirmed, or not again. */
  readonly unconfirmed: number
}

interface Pending {
  readonly topic: Topic
  readonly subscribes: boolean
}

const VERBS: Readonly<Record<TopicKind, { on: CommandSpec; off: CommandSpec }>> = {
  channel: { on: lookupCommand('subscribe')!, off: lookupCommand('unsubscribe')! },
  pattern: { on: lookupCommand('psubscribe')!, off: lookupCommand('punsubscribe')! },
  shard: { on: lookupCommand('ssubscribe')!, off: lookupCommand('sunsubscribe')! },
}

/** A connection without subscriptions is kept for so long. */
const IDLE_MS = 10_000

export class Subscriber implements ConnectionOwner {
  private readonly router: Router
  private readonly clock: Clock
  private readonly backoff: Backoff
  private readonly topics: Readonly<Record<TopicKind, Map<string, Topic>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  }
  private readonly pending = new Ring<Pending>()
  private connection: Connection | null = null
  private dialling = false
  private attempt = 0
  /** Of the next attempt, or of the end of an idle connection. */
  private cancelTimer: (() => void) | null = null
  private closed = false

  constructor(router: Router, clock: Clock, backoff: Backoff) {
    this.router = router
    this.clock = clock
    this.backoff = backoff
  }

  /** A new reader of these channels. */
  subscribe<V>(
    kind: TopicKind,
    names: readonly Arg[],
    options: SubscribeOptions,
    settings: ReaderSettings<V>,
  ): Reader<V> {
    if (names.length === 0) throw new UsageError('A subscription needs a channel.')
    const keys = new Set(names.map(binaryOf))
    const reader = new Reader<V>(options, settings, (over) => this.remove(over))
    if (this.closed) {
      reader.end(new ConnectionError('CLIENT_CLOSED', 'The client has been closed.'))
      return reader
    }
    this.stopTimer()
    for (const key of keys) {
      let topic = this.topics[kind].get(key)
      if (topic === undefined) {
        topic = { kind, key, text: textOf(key), readers: new Set(), confirmed: false }
        this.topics[kind].set(key, topic)
        this.request(topic, true)
      }
      topic.readers.add(reader)
      reader.topics.push(topic)
    }
    reader.start()
    if (this.connection === null && !this.dialling) this.dial()
    return reader
  }

  health(): SubscriptionHealth {
    const { channel, pattern, shard } = this.topics
    const unconfirmed = this.allTopics().filter((topic) => !topic.confirmed).length
    return { channels: channel.size, patterns: pattern.size, shardChannels: shard.size, unconfirmed }
  }

  /** Ends all iterations. */
  close(): void {
    this.closed = true
    this.stopTimer()
    for (const reader of this.allReaders()) reader.end(null)
    this.stopTimer()
    this.connection?.end()
  }

  // From the connection.

  onPush(_connection: Connection, items: unknown[]): void {
    this.receive(items)
  }

  onUnsolicited(_connection: Connection, reply: unknown): void {
    if (Array.isArray(reply)) this.receive(reply)
    else if (reply instanceof FailureReply) this.refused(new ReplyError(reply.text))
  }

  onRefused(_connection: Connection, command: Command, error: Error): void {
    command.fail(error)
  }

  onLost(connection: Connection, cause: Error | null, sent: Command[], unsent: Command[]): void {
    const reason = cause ?? new Error('the connection ended')
    for (const command of [...sent, ...unsent]) command.fail(reason)
    if (connection !== this.connection) return
    this.connection = null
    this.pending.takeAll()
    for (const topic of this.allTopics()) this.unconfirm(topic)
    if (!this.closed) this.redial()
  }

  private receive(items: unknown[]): void {
    const [word, name, second, third] = items as [string, string, string, string]
    switch (word) {
      case 'message':
        this.deliver(this.topics.channel.get(name), second)
        break
      case 'smessage':
        this.deliver(this.topics.shard.get(name), second)
        break
      case 'pmessage': {
        const topic = this.topics.pattern.get(name)
        if (topic === undefined) break
        const channel = textOf(second)
        for (const reader of topic.readers) reader.onMessage(channel, topic.text, third)
        break
      }
      case 'subscribe':
      case 'psubscribe':
      case 'ssubscribe':
        this.confirm()
        break
      case 'unsubscribe':
      case 'punsubscribe':
        this.pending.shift()
        break
      case 'sunsubscribe':
        this.withdrawn(name)
        break
    }
  }

  private deliver(topic: Topic | undefined, binary: string): void {
    if (topic === undefined) return
    for (const reader of topic.readers) reader.onMessage(topic.text, undefined, binary)
  }

  private confirm(): void {
    const topic = this.pending.shift()?.topic
    // Its readers may have left meanwhile; the request that ends it is on its way then.
    if (topic === undefined || topic.confirmed) return
    topic.confirmed = true
    for (const reader of topic.readers) reader.onConfirmed()
  }

  private refused(error: Error): void {
    const request = this.pending.shift()
    if (request === undefined || !request.subscribes) return
    const { topic } = request
    // What was refused needs no UNSUBSCRIBE.
    if (this.topics[topic.kind].get(topic.key) === topic) this.topics[topic.kind].delete(topic.key)
    for (const reader of [...topic.readers]) reader.end(error)
  }

  /** The end of a shard channel: asked for, or because its slot has moved to another server. */
  private withdrawn(key: string): void {
    const head = this.pending.peek()
    if (head !== undefined && !head.subscribes && head.topic.key === key) {
      this.pending.shift()
      return
    }
    const topic = this.topics.shard.get(key)
    if (topic === undefined || !topic.confirmed) return
    this.unconfirm(topic)
    this.request(topic, true)
  }

  private unconfirm(topic: Topic): void {
    if (!topic.confirmed) return
    topic.confirmed = false
    for (const reader of topic.readers) reader.onLost()
  }

  private request(topic: Topic, subscribes: boolean): void {
    if (this.connection === null) return
    const verbs = VERBS[topic.kind]
    this.pending.push({ topic, subscribes })
    this.connection.post(encoded(subscribes ? verbs.on : verbs.off, Buffer.from(topic.key, 'latin1')))
  }

  private async dial(): Promise<void> {
    this.dialling = true
    try {
      const connection = await this.router.open(this)
      this.dialling = false
      if (this.closed || connection.closed) {
        connection.destroy()
        if (!this.closed) this.redial()
        return
      }
      connection.pushMode = DecodeMode.REPLY
      this.connection = connection
      this.attempt = 0
      for (const topic of this.allTopics()) this.request(topic, true)
      this.linger()
    } catch (error) {
      this.dialling = false
      this.failed(error as Error)
    }
  }

  private failed(error: Error): void {
    for (const reader of this.allReaders()) reader.onUnreachable(error)
    if (!this.closed) this.redial(!(error instanceof UsageError))
  }

  /** A process that has nothing else to do need not wait for a transport that cannot be dialled at all. */
  private redial(keepAlive = true): void {
    this.stopTimer()
    if (this.isEmpty()) return
    const ms = backoffMs(this.backoff, this.attempt++, this.clock.random())
    this.cancelTimer = this.clock.after(ms, () => this.dial(), keepAlive)
  }

  private remove(reader: Reader<unknown>): void {
    for (const topic of reader.topics) {
      topic.readers.delete(reader)
      if (topic.readers.size > 0 || this.topics[topic.kind].get(topic.key) !== topic) continue
      this.topics[topic.kind].delete(topic.key)
      this.request(topic, false)
    }
    this.linger()
  }

  private linger(): void {
    if (this.closed || !this.isEmpty()) return
    this.stopTimer()
    if (this.connection === null) return
    this.cancelTimer = this.clock.after(IDLE_MS, () => this.connection?.end(), false)
  }

  private stopTimer(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
  }

  private isEmpty(): boolean {
    const { channel, pattern, shard } = this.topics
    return channel.size + pattern.size + shard.size === 0
  }

  private allTopics(): Topic[] {
    const { channel, pattern, shard } = this.topics
    return [...channel.values(), ...pattern.values(), ...shard.values()]
  }

  private allReaders(): Set<Reader<unknown>> {
    return new Set(this.allTopics().flatMap((topic) => [...topic.readers]))
  }
}

function encoded(spec: CommandSpec, ...args: Arg[]): EncodedRequest {
  const request: EncodedRequest = { text: '', kind: 0, parts: null, bytes: 0 }
  encodeRequest(spec, args, request)
  return request
}

/** The bytes of a name, one character each. */
function binaryOf(name: Arg): string {
  if (typeof name !== 'string' && !(name instanceof Uint8Array)) throw new UsageError('A channel is text or bytes.')
  return (typeof name === 'string' ? Buffer.from(name) : Buffer.from(name)).toString('latin1')
}

/** The text of bytes that are UTF-8. */
export function textOf(binary: string): string {
  return Buffer.byteLength(binary) === binary.length ? binary : Buffer.from(binary, 'latin1').toString()
}
