// The smallest client that can talk to a server in a test: RESP2, one connection, replies in order. It shares no code
// with what is being tested, so that a defect in the client cannot hide itself.
import { connect, type Socket } from 'node:net'

export type RawReply = string | number | null | Error | RawReply[]

/** A connection to `path` (unix socket) or `port` of the loopback. */
export class RawClient {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  readonly #waiting: { resolve: (reply: RawReply) => void; reject: (error: Error) => void }[] = []
  #failure: Error | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')))
  }

  /** Resolves when the connection is open. It does not keep the process alive while nothing is asked. */
  static open(target: number | string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target)
      socket.setNoDelay(true)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        socket.unref()
        resolve(new RawClient(socket))
      })
    })
  }

  get closed(): boolean {
    return this.#failure !== undefined
  }

  /** Sends one command; an error reply rejects with the server's text as the message. Text is UTF-8. */
  async call(...args: readonly (string | number | Uint8Array)[]): Promise<Exclude<RawReply, Error>> {
    const reply = await this.send(args)
    if (reply instanceof Error) throw reply
    return reply
  }

  /** As {@link call}, but an error reply is a value. Commands sent without awaiting are pipelined. */
  send(args: readonly (string | number | Uint8Array)[]): Promise<RawReply> {
    if (this.#failure) return Promise.reject(this.#failure)
    const parts: (string | Uint8Array)[] = [`*${args.length}\r\n`]
    for (const arg of args) {
      const bytes = typeof arg === 'object' ? arg : Buffer.from(String(arg), 'utf8')
      parts.push(`$${bytes.length}\r\n`, bytes, '\r\n')
    }
    this.#socket.ref()
    this.#socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    for (;;) {
      let parsed: ReturnType<typeof parseReply>
      try {
        parsed = parseReply(this.#bytes, 0)
      } catch (error) {
        this.#socket.destroy(error as Error)
        return
      }
      if (parsed === undefined) return
      this.#bytes = this.#bytes.subarray(parsed.end)
      this.#waiting.shift()?.resolve(parsed.reply)
      if (this.#waiting.length === 0) this.#socket.unref()
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}

/** One reply that starts at `start`, or undefined when it is not complete yet. */
function parseReply(bytes: Buffer, start: number): { reply: RawReply; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd === -1) return undefined
  const text = bytes.toString('utf8', start + 1, lineEnd)
  const next = lineEnd + 2
  switch (String.fromCharCode(bytes[start]!)) {
    case '+':
      return { reply: text, end: next }
    case '-':
      return { reply: new Error(text), end: next }
    case ':':
      return { reply: Number(text), end: next }
    case '$': {
      const length = Number(text)
      if (length === -1) return { reply: null, end: next }
      if (bytes.length < next + length + 2) return undefined
      return { reply: bytes.toString('utf8', next, next + length), end: next + length + 2 }
    }
    case '*': {
      const length = Number(text)
      if (length === -1) return { reply: null, end: next }
      const items: RawReply[] = []
      let end = next
      for (let i = 0; i < length; i++) {
        const item = parseReply(bytes, end)
        if (item === undefined) return undefined
        items.push(item.reply)
        end = item.end
      }
      return { reply: items, end }
    }
    default:
      throw new Error(`Not RESP2: a reply that starts with byte ${bytes[start]}.`)
  }
}
