// One connection: commands out, replies in, in the same order, full duplex.
//
//   send -> output of this turn -> flush -> link          an idle connection flushes at the end of the microtasks,
//        \-> inflight (ring)                              a busy one once per turn of the event loop or per FLUSH_BYTES,
//                                                         and after a large read, so that the server is not idle
//                                                         while the rest of what it sent is decoded
//   link -> decoder -> head of inflight is settled
//                   -> pushes to the owner
//
// Nothing that a caller does in a reply or a push can unwind the decoder: promises are settled here, their handlers run
// later, and the owner's callbacks are guarded. Bytes that are not RESP end the connection.
import {
  type DecodeLimits,
  DecodeMode,
  Decoder,
  type EncodedRequest,
  type Link,
  type LinkEvents,
  Output,
  ReplyError,
  type ReplySink,
  type Transport,
} from '@ochre/protocol'
import type { Clock } from './clock.ts'
import { type Command, CommandState } from './command.ts'
import { Ring } from './queue.ts'
import { isNotNow } from './retry.ts'

const FLUSH_BYTES = 64 * 1024
/** Bytes of a read. It is worth a write of its own: MGET of 100 values gains 1.3 x, LRANGE of 1000 gains 1.5 x. */
const LARGE_READ = 32 * 1024

/** Whoever holds the connection. */
export interface ConnectionOwner {
  /** The server answered with an error; the command is not settled yet. */
  onRefused(connection: Connection, command: Command, error: Error): void
  /** A push of RESP3. */
  onPush(connection: Connection, items: unknown[]): void
  /** A reply that no command waits for; without this method it ends the connection. */
  onUnsolicited?(connection: Connection, reply: unknown): void
  /** The connection is over. `sent` may have been executed, `unsent` certainly not; none of them is settled. */
  onLost(connection: Connection, cause: Error | null, sent: Command[], unsent: Command[]): void
}

export class Connection implements LinkEvents, ReplySink {
  readonly address: string
  /** Fulfilled when the link is up; rejected when it closes before. */
  readonly opened: Promise<void>
  /** How pushes are decoded. */
  pushMode: DecodeMode = DecodeMode.TEXT
  /** Bytes of requests whose replies have not arrived. */
  pendingBytes = 0
  /** True while silence is no sign of death: the server holds back the reply to a blocking command. */
  patient = false
  /** Set after the handshake. */
  usable = false
  /** Requests are posted: no reply belongs to a command, also not that to the watchdog's PING. */
  private posting = false
  private readonly owner: ConnectionOwner
  private readonly link: Link
  private readonly decoder: Decoder
  private readonly inflight = new Ring<Command>(64)
  private readonly output = new Output()
  /** Commands at the end of inflight whose bytes are still in the output. */
  private unflushed = 0
  private scheduled = false
  private readMuch = false
  private full = false
  private over = false
  private cause: Error | null = null
  private heard = false
  private heardAt: number
  private checkedAt: number
  private pinging = false
  private resolveOpened!: () => void
  private rejectOpened!: (cause: Error) => void

  /** Dials at once. */
  constructor(transport: Transport, owner: ConnectionOwner, clock: Clock, limits?: DecodeLimits) {
    this.address = transport.address
    this.owner = owner
    this.decoder = new Decoder(this, limits)
    this.heardAt = clock.now()
    this.checkedAt = this.heardAt
    this.opened = new Promise((resolve, reject) => {
      this.resolveOpened = resolve
      this.rejectOpened = reject
    })
    this.opened.catch(() => {})
    this.link = transport.dial(this)
  }

  /** Commands whose replies have not arrived. */
  get load(): number {
    return this.inflight.length
  }

  get closed(): boolean {
    return this.over
  }

  /** Puts a command on its way. A connection that is over gives it back to its owner as unsent. */
  send(command: Command): void {
    if (this.over) {
      this.owner.onLost(this, this.cause, [], [command])
      return
    }
    command.state = CommandState.SENT
    if (command.attempts++ > 0 && command.onResend !== undefined) command.onResend('again')
    if (command.collected !== null) command.collected = []
    this.pendingBytes += command.bytes
    this.inflight.push(command)
    this.output.append(command)
    this.unflushed++
    if (this.scheduled) {
      if (this.output.bytes >= FLUSH_BYTES && !this.full) this.flush()
      return
    }
    this.scheduled = true
    if (this.inflight.length === 1 || this.readMuch) queueMicrotask(this.afterMicrotasks)
    else setImmediate(this.flush)
  }

  /** Sends a request whose answer comes as pushes, or as replies that nothing waits for (RESP2): SUBSCRIBE, MONITOR. */
  post(request: EncodedRequest): void {
    if (this.over) return
    this.posting = true
    this.output.append(request)
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(this.afterMicrotasks)
  }

  /**
   * Looks whether the peer still lives; called four times per `limitMs`. Sends a PING after half of `limitMs` of silence
   * and gives up after all of it. Silence counts from the last look before the last bytes, so it is never found late.
   */
  check(now: number, limitMs: number, ping: () => Command): void {
    if (this.over || !this.usable) return
    const since = this.checkedAt
    this.checkedAt = now
    if (this.heard) {
      this.heard = false
      this.pinging = false
      this.heardAt = since
    }
    // A process that was stalled itself has not read what may have arrived.
    if (this.patient || now - since > limitMs / 2) this.heardAt = now
    const silence = now - this.heardAt
    const head = this.inflight.peek()
    const limit = head === undefined ? limitMs : Math.max(limitMs, head.patienceMs)
    if (silence >= limit) {
      this.destroy(new Error(`The server has been silent for ${Math.round(silence)} ms.`))
    } else if (silence >= limitMs / 2 && !this.pinging) {
      this.pinging = true
      if (this.posting) this.post(ping())
      else this.send(ping())
    }
  }

  /** Sends what is left and closes; replies to commands in flight are lost. */
  end(): void {
    if (this.over) return
    this.flush()
    this.link.end()
  }

  /** Closes at once. The owner hears of it before this returns. */
  destroy(cause: Error | null = null): void {
    if (this.over) return
    this.cause = cause
    this.link.destroy(cause ?? undefined)
    this.onClose(cause)
  }

  ref(): void {
    this.link.ref()
  }

  unref(): void {
    this.link.unref()
  }

  // From the link.

  onOpen(): void {
    if (this.over) return
    this.heard = true
    this.resolveOpened()
  }

  onData(chunk: Buffer): void {
    if (this.over) return
    this.heard = true
    this.readMuch = chunk.length >= LARGE_READ
    try {
      this.decoder.write(chunk)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  onDrain(): void {
    this.full = false
    if (this.output.bytes > 0) this.flush()
  }

  onClose(cause: Error | null): void {
    if (this.over) return
    this.over = true
    this.cause ??= cause
    this.rejectOpened(this.cause ?? new Error('the server closed the connection'))
    this.output.clear()
    const all = this.inflight.takeAll()
    const unsent = all.splice(all.length - this.unflushed)
    this.unflushed = 0
    this.pendingBytes = 0
    this.owner.onLost(this, this.cause, all, unsent)
  }

  // From the decoder.

  modeOf(push: boolean): DecodeMode {
    if (push) return this.pushMode
    const head = this.inflight.peek()
    return head === undefined ? this.pushMode : head.mode
  }

  onReply(value: unknown): void {
    const command = this.inflight.peek()
    if (command === undefined) {
      this.unsolicited(value)
      return
    }
    if (command.collected !== null) {
      command.collected.push(value)
      if (command.collected.length < command.expected) return
      value = refusalOfAll(command.collected) ?? command.collected
    }
    this.inflight.shift()
    this.pendingBytes -= command.bytes
    if (typeof value === 'object' && value instanceof Error) this.owner.onRefused(this, command, value)
    else command.succeed(value)
  }

  onPush(items: unknown[]): void {
    if (this.over) return
    try {
      this.owner.onPush(this, items)
    } catch (error) {
      rethrowLater(error)
    }
  }

  private unsolicited(value: unknown): void {
    if (this.over) return
    if (this.owner.onUnsolicited === undefined) {
      this.destroy(new Error('The server sent a reply that nothing asked for.'))
      return
    }
    try {
      this.owner.onUnsolicited(this, value)
    } catch (error) {
      rethrowLater(error)
    }
  }

  /** A tick queued from a microtask runs when the microtasks are drained: chains of awaits land in one flush. */
  private readonly afterMicrotasks = (): void => {
    process.nextTick(this.flush)
  }

  private readonly flush = (): void => {
    this.scheduled = false
    if (this.full || this.over || this.output.bytes === 0) return
    this.unflushed = 0
    this.full = !this.output.flush(this.write)
  }

  private readonly write = (data: string | Buffer, encoding: 'latin1' | 'utf8'): boolean =>
    this.link.write(data, encoding)
}

/** A bug of a receiver must surface, but not in the middle of decoding. */
function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** The common refusal of a batch of which nothing has run, so that all of it can be repeated. */
function refusalOfAll(replies: readonly unknown[]): Error | undefined {
  const last = replies.at(-1)
  if (last instanceof ReplyError && last.code === 'EXECABORT') {
    const reason = replies.find((reply) => reply instanceof ReplyError)
    return reason !== undefined && isNotNow(reason.code) ? reason : undefined
  }
  const first = replies[0]
  if (!(first instanceof ReplyError) || !isNotNow(first.code)) return undefined
  return replies.every((reply) => reply instanceof ReplyError && reply.code === first.code) ? first : undefined
}
