// What a caller holds of the messages of some channels: an async iterable with a bounded buffer.
//
//   new --all channels confirmed--> live --connection lost--> cut off --confirmed again--> live ...
//    |                               |  \----------------- gap: lost -- gap: resumed ----/
//    +-- refused, deadline           +-- close, break, client closed, buffer full, signal
import { ConnectionError, ReplyError } from '@ochre/protocol'
import type { Clock } from './clock.ts'
import { type BufferOptions, Inbox } from './inbox.ts'
import type { Topic } from './subscriber.ts'

/** A published message. */
export interface Message<V> {
  readonly channel: string
  /** The pattern that matched; only from `psubscribe`. */
  readonly pattern?: string
  readonly message: V
  readonly gap?: undefined
}

/**
 * A place in the sequence of messages where some may be missing.
 * `lost`: the connection is gone, nothing arrives for now. `resumed`: everything published from now on arrives again; what
 * depends on having seen all messages (a cache) is to be thrown away here. `overflow`: `dropped` items gave way because the
 * buffer was full.
 */
export interface Gap {
  readonly gap: 'lost' | 'resumed' | 'overflow'
  readonly dropped?: number
}

export interface SubscribeOptions extends BufferOptions {
  /** Whether gaps are among the items; default false. */
  readonly gaps?: boolean
}

/** An endless iteration. Leaving the loop, `close` and `await using` end the subscription; closing the client ends the loop. */
export interface Subscription<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /**
   * Fulfilled when the server has confirmed all channels: what is published from then on arrives. Rejects when it refuses,
   * or does not confirm within the deadline; the iteration throws the same error.
   */
  readonly ready: Promise<void>
  /** Items that wait for the reader. */
  readonly waiting: number
  /** Items that gave way since the start because the buffer was full. */
  readonly dropped: number
  return(): Promise<IteratorResult<T, undefined>>
  /** Ends it at once; messages that wait are not read any more. */
  close(): void
}

const LOST: Gap = { gap: 'lost' }
const RESUMED: Gap = { gap: 'resumed' }
const overflow = (dropped: number): Gap => ({ gap: 'overflow', dropped })

export interface ReaderSettings<V> {
  readonly clock: Clock
  /** Within which the server has to confirm; 0 is no limit. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Makes a message out of its bytes, one character per byte. */
  readonly decode: (binary: string) => V
}

export class Reader<V> implements Subscription<Message<V> | Gap> {
  readonly ready: Promise<void>
  readonly topics: Topic[] = []
  private readonly inbox: Inbox<Message<V> | Gap>
  private readonly decode: (binary: string) => V
  private readonly withGaps: boolean
  private readonly signal: AbortSignal | undefined
  private readonly leave: (reader: Reader<unknown>) => void
  private cancelDeadline: (() => void) | null = null
  /** Why it is not ready yet, as far as known. */
  private trouble: Error | null = null
  private resolveReady!: () => void
  private rejectReady!: (error: Error) => void
  /** Topics that the server has not confirmed. */
  private missing = 0
  private wasReady = false

  /** `leave` is called once, when it is over. */
  constructor(options: SubscribeOptions, settings: ReaderSettings<V>, leave: (reader: Reader<unknown>) => void) {
    this.withGaps = options.gaps ?? false
    this.inbox = new Inbox(options, this.withGaps ? overflow : null)
    this.decode = settings.decode
    this.leave = leave
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve
      this.rejectReady = reject
    })
    this.ready.catch(() => {})
    const { timeoutMs, clock, signal } = settings
    this.signal = signal
    if (timeoutMs > 0) {
      this.cancelDeadline = clock.after(timeoutMs, () => this.expire(timeoutMs), true)
    }
  }

  get waiting(): number {
    return this.inbox.length
  }

  get dropped(): number {
    return this.inbox.dropped
  }

  next(): Promise<IteratorResult<Message<V> | Gap, undefined>> {
    return this.inbox.next()
  }

  return(): Promise<IteratorResult<Message<V> | Gap, undefined>> {
    this.close()
    return this.inbox.next()
  }

  close(): void {
    this.end(null)
    this.inbox.discard()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** The signal's event. */
  handleEvent(): void {
    const cause: unknown = this.signal?.reason
    this.end(new ConnectionError('ABORTED', 'The caller aborted the subscription.', { cause }))
  }

  // From the subscriber.

  /** Its topics are complete: from now on it counts their confirmations. */
  start(): void {
    this.missing = this.topics.reduce((count, topic) => count + (topic.confirmed ? 0 : 1), 0)
    if (this.signal?.aborted) this.handleEvent()
    else this.signal?.addEventListener('abort', this)
    if (this.missing === 0) this.onComplete()
  }

  onMessage(channel: string, pattern: string | undefined, binary: string): void {
    if (this.inbox.ended) return
    let message: V
    try {
      message = this.decode(binary)
    } catch (error) {
      this.end(error as Error)
      return
    }
    this.offer(pattern === undefined ? { channel, message } : { channel, pattern, message })
  }

  onConfirmed(): void {
    this.missing--
    if (this.missing === 0) this.onComplete()
  }

  /** One of its topics is no longer subscribed. */
  onLost(): void {
    if (this.missing === 0 && this.withGaps && this.wasReady) this.offer(LOST)
    this.missing++
  }

  /** The server does not let the client in: the end of a reader that is not ready yet. */
  onUnreachable(error: Error): void {
    this.trouble = error
    if (error instanceof ReplyError && !this.wasReady) this.end(error)
  }

  /** Over, after what is buffered has been read. */
  end(error: Error | null): void {
    if (this.inbox.ended) return
    this.inbox.end(error)
    this.finish(error)
  }

  private offer(item: Message<V> | Gap): void {
    if (!this.inbox.offer(item)) this.finish(null)
  }

  private finish(error: Error | null): void {
    this.cancelDeadline?.()
    this.signal?.removeEventListener('abort', this)
    this.rejectReady(error ?? new ConnectionError('CLIENT_CLOSED', 'The subscription was closed.'))
    this.leave(this)
  }

  private onComplete(): void {
    if (this.wasReady) {
      if (this.withGaps) this.offer(RESUMED)
      return
    }
    this.wasReady = true
    this.cancelDeadline?.()
    this.resolveReady()
  }

  private expire(timeoutMs: number): void {
    const cause = this.trouble
    const message = `The server has not confirmed the subscription within ${timeoutMs} ms.`
    this.end(new ConnectionError('TIMEOUT', message, cause === null ? {} : { cause }))
  }
}
