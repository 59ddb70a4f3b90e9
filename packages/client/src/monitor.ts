// MONITOR as an async iterable: every command that the server executes, from a connection of its own.
import { ConnectionError, DecodeMode, type EncodedRequest, encodeRequest, lookupCommand } from '@ochre/protocol'
import type { Command } from './command.ts'
import type { Connection, ConnectionOwner } from './connection.ts'
import { type BufferOptions, Inbox } from './inbox.ts'
import type { Router } from './router.ts'

/** A command that the server has executed. */
export interface MonitoredCommand<V> {
  /** Milliseconds since 1970, with microseconds behind the point. */
  readonly time: number
  readonly db: number
  /** Of the client: `127.0.0.1:51234`, `unix:/run/redis.sock`, or `lua` for what a script calls. */
  readonly address: string
  /** Its words, the name first. */
  readonly args: V[]
}

/**
 * Ends with the loop, with `close`, and with the client. It throws CONNECTION_LOST when the connection ends: what happened
 * meanwhile cannot be known. When the server is otherwise silent, the PING of this connection's watchdog is among the items.
 */
export interface Monitor<V> extends AsyncIterableIterator<MonitoredCommand<V>, undefined>, AsyncDisposable {
  /** Fulfilled when everything executed from now on arrives. Rejects with what the iteration throws. */
  readonly ready: Promise<void>
  /** Items that wait for the reader. */
  readonly waiting: number
  /** Items that gave way since the start because the buffer was full. */
  readonly dropped: number
  return(): Promise<IteratorResult<MonitoredCommand<V>, undefined>>
  close(): void
}

export class MonitorReader<V> implements Monitor<V>, ConnectionOwner {
  readonly ready: Promise<void>
  private readonly inbox: Inbox<MonitoredCommand<V>>
  private readonly decode: (binary: string) => V
  private connection: Connection | null = null
  private resolveReady!: () => void
  private rejectReady!: (error: Error) => void

  private readonly leave: (reader: MonitorReader<unknown>) => void

  /** `leave` is called when it is over. */
  constructor(
    router: Router,
    options: BufferOptions,
    decode: (binary: string) => V,
    leave: (reader: MonitorReader<unknown>) => void,
  ) {
    this.inbox = new Inbox(options)
    this.decode = decode
    this.leave = leave
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve
      this.rejectReady = reject
    })
    this.ready.catch(() => {})
    this.start(router)
  }

  get waiting(): number {
    return this.inbox.length
  }

  get dropped(): number {
    return this.inbox.dropped
  }

  next(): Promise<IteratorResult<MonitoredCommand<V>, undefined>> {
    return this.inbox.next()
  }

  return(): Promise<IteratorResult<MonitoredCommand<V>, undefined>> {
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

  /** Over, after what is buffered has been read. */
  end(error: Error | null): void {
    if (this.inbox.ended) return
    this.inbox.end(error)
    this.finish(error)
  }

  // From the connection.

  onUnsolicited(_connection: Connection, reply: unknown): void {
    if (reply instanceof Error) {
      this.end(reply)
      return
    }
    const item = parseLine(String(reply), this.decode)
    if (item === null) this.resolveReady()
    else if (!this.inbox.offer(item)) this.finish(null)
  }

  onPush(): void {}

  onRefused(_connection: Connection, command: Command, error: Error): void {
    command.fail(error)
  }

  onLost(_connection: Connection, cause: Error | null, sent: Command[], unsent: Command[]): void {
    const error = new ConnectionError('CONNECTION_LOST', 'The connection of the monitor ended.', { cause })
    for (const command of [...sent, ...unsent]) command.fail(error)
    if (this.connection !== null) this.end(error)
  }

  private async start(router: Router): Promise<void> {
    try {
      this.connection = await router.open(this)
    } catch (error) {
      this.end(error as Error)
      return
    }
    const request: EncodedRequest = { text: '', kind: 0, parts: null, bytes: 0 }
    encodeRequest(lookupCommand('monitor')!, [], request)
    this.connection.pushMode = DecodeMode.TEXT
    if (this.inbox.ended) this.connection.end()
    else this.connection.post(request)
  }

  private finish(error: Error | null): void {
    this.rejectReady(error ?? new ConnectionError('CLIENT_CLOSED', 'The monitor was closed.'))
    this.connection?.end()
    this.leave(this)
  }
}

const LINE = /^(\d+\.\d+) \[(\d+) (.*?)\] (".*)$/s
const WORD = /"((?:[^"\\]|\\.)*)"/gs
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }

/** `1700000000.123456 [0 127.0.0.1:51234] "SET" "k" "\x00"`; null for anything else (the OK that comes first, PONG). */
export function parseLine<V>(line: string, decode: (binary: string) => V): MonitoredCommand<V> | null {
  const match = LINE.exec(line)
  if (match === null) return null
  const [, seconds, db, address, words] = match as unknown as [string, string, string, string, string]
  const args = [...words.matchAll(WORD)].map(([, quoted]) => decode(bytesOf(quoted!)))
  return { time: Math.round(Number(seconds) * 1e6) / 1e3, db: Number(db), address, args }
}

/** The bytes behind the server's notation, one character each. */
function bytesOf(quoted: string): string {
  return quoted.replace(/\\(x([0-9a-f]{2})|.)/gs, (_, escaped: string, hex: string | undefined) =>
    hex === undefined ? (ESCAPES[escaped] ?? escaped) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
