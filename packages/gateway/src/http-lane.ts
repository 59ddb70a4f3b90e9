// A short way for the requests that nearly all are: those that arrive whole, head and body, in one piece. Each connection
// begins here; the first request that is anything else (in parts, streamed, an upgrade, HTTP/1.0, malformed) takes its
// connection, unread, to node:http for good. So node:http still does everything that is difficult, and its answers to what
// is wrong are the only ones.
//
//   idle -> a whole request -> answering -> idle ... -> handed over | closed
//
// One request at a time is answered; what arrives meanwhile waits, and is bounded because the socket is not read.

import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type GatewayRequest, type GatewayResponse, WholeBody } from './message.ts'
import { type HeaderMemo, newMemo, type RequestHead, readHead } from './request-head.ts'
import { problem } from './status.ts'

export interface LaneOptions {
  /** Answers a request; never rejects. */
  readonly answer: (request: GatewayRequest) => Promise<GatewayResponse>
  /** Where a request comes from, which a proxy may say. */
  readonly addressOf: (socket: Socket, headers: GatewayRequest['headers']) => string
  /** Whether connections end after the answer in work. */
  readonly isClosing: () => boolean
  /** A connection without a request in work is closed after so long; one that never had a request after `firstMs`. */
  readonly idleMs: number
  readonly firstMs: number
  /** Headers of every answer. */
  readonly extra: Readonly<Record<string, string>>
}

/** A longer body is read by node:http as it arrives. */
const MAX_BODY_BYTES = 64 * 1024
/** The body of an answer up to here is copied behind its head, so that both are one write. */
const MAX_JOINED_BYTES = 16 * 1024
const SWEEP_MS = 5_000

interface Lane {
  readonly options: LaneOptions
  /** Header lines of every answer. */
  readonly lines: string
  readonly connections: Set<LaneConnection>
  /** Gives a socket to node:http, which sees it as a new one. */
  readonly toNode: (socket: Socket) => void
}

/**
 * Takes the sockets that `event` announces before node:http sees them. The server's own `close`, `closeIdleConnections` and
 * `closeAllConnections` reach those of the lane too.
 */
export function attachHttpLane(server: Server, event: 'connection' | 'secureConnection', options: LaneOptions): void {
  const listeners = server.listeners(event)
  const connections = new Set<LaneConnection>()
  const toNode = (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket)
  }
  const lane: Lane = { options, lines: headerLines(options.extra)!, connections, toNode }
  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => connections.add(new LaneConnection(lane, socket)))

  const closeUnused = (usedBefore: number, openedBefore: number): void => {
    for (const connection of connections) connection.closeIfUnused(usedBefore, openedBefore)
  }
  const { closeIdleConnections, closeAllConnections } = server
  server.closeIdleConnections = () => {
    closeIdleConnections.call(server)
    closeUnused(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  }
  server.closeAllConnections = () => {
    closeAllConnections.call(server)
    for (const connection of connections) connection.close()
  }
  const sweep = setInterval(() => {
    const now = performance.now()
    closeUnused(now - options.idleMs, now - options.firstMs)
  }, SWEEP_MS)
  sweep.unref()
  server.once('close', () => clearInterval(sweep))
}

class LaneConnection {
  readonly #lane: Lane
  readonly #socket: Socket
  readonly #memo: HeaderMemo = newMemo()
  /** The request in work. */
  #request: LaneRequest | undefined
  /** What arrived behind it. While there is any, the socket is not read. */
  #held: Buffer | undefined
  #hasServed = false
  #hasEnded = false
  #usedAt: number = performance.now()

  constructor(lane: Lane, socket: Socket) {
    this.#lane = lane
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  closeIfUnused(usedBefore: number, openedBefore: number): void {
    if (this.#request === undefined && this.#usedAt < (this.#hasServed ? usedBefore : openedBefore)) this.close()
  }

  close(): void {
    this.#socket.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#request === undefined) this.#next(chunk)
    else this.#hold(this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]))
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    // Nearly always the client is gone. Should it still listen, it gets the answer, but nothing waits on its behalf.
    if (this.#request === undefined) this.#socket.end()
    else this.#request.abort()
  }

  readonly #onError = (): void => {
    this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#lane.connections.delete(this)
    this.#request?.abort()
  }

  #hold(bytes: Buffer): void {
    this.#held = bytes
    this.#socket.pause()
  }

  #next(bytes: Buffer): void {
    const { options } = this.#lane
    const head = readHead(bytes, this.#memo)
    const length = head?.bodyLength ?? 0
    if (head === undefined || length > MAX_BODY_BYTES || head.end + length > bytes.length) {
      this.#handOver(bytes)
      return
    }
    const end = head.end + length
    const request = new LaneRequest(options, this.#socket, head, bytes.subarray(head.end, end))
    this.#request = request
    this.#hasServed = true
    if (end < bytes.length) this.#hold(bytes.subarray(end))
    void options.answer(request).then((response) => this.#send(head.method, response))
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket
    if (this.#hasEnded) {
      // What came last is a part of a request whose rest will never come.
      socket.end()
      return
    }
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    socket.unshift(bytes)
    this.#lane.connections.delete(this)
    this.#lane.toNode(socket)
    socket.resume()
  }

  #send(method: string, response: GatewayResponse): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const { status, headers, body } = response
    const lines = headerLines(headers)
    if (lines === undefined) {
      this.#send(method, problem(new TypeError('A header of the answer is not valid.')))
      return
    }
    const isLast = this.#hasEnded || headers.connection === 'close' || this.#lane.options.isClosing()
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}${this.#lane.lines}date: ${httpDate()}\r\n`
    head += isLast ? 'connection: close\r\n' : KEEP_ALIVE
    if (body === null) {
      if (status !== 204 && status !== 304 && method !== 'HEAD') head += 'content-length: 0\r\n'
      this.#finish(socket.write(`${head}\r\n`, 'latin1'), isLast)
    } else if (typeof body === 'string' && Buffer.byteLength(body) === body.length) {
      // Characters are bytes where all is ASCII, and one string is one write.
      this.#finish(socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`, 'latin1'), isLast)
    } else if (typeof body === 'string' || body instanceof Uint8Array) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      this.#finish(this.#write(`${head}content-length: ${bytes.length}\r\n\r\n`, bytes), isLast)
    } else void this.#stream(`${head}transfer-encoding: chunked\r\n\r\n`, body, isLast)
  }

  #write(head: string, body: Uint8Array): boolean {
    const socket = this.#socket
    const first = Buffer.from(head, 'latin1')
    if (body.length <= MAX_JOINED_BYTES) return socket.write(Buffer.concat([first, body]))
    socket.cork()
    socket.write(first)
    const isFlushed = socket.write(body)
    socket.uncork()
    return isFlushed
  }

  /** Drains a stream only as fast as the peer reads. */
  async #stream(head: string, body: AsyncIterable<string | Uint8Array>, isLast: boolean): Promise<void> {
    const socket = this.#socket
    const iterator = body[Symbol.asyncIterator]()
    const onClose = (): void => void iterator.return?.()
    socket.once('close', onClose)
    socket.write(head, 'latin1')
    try {
      for (;;) {
        const next = await iterator.next()
        if (socket.destroyed) return
        if (next.done === true) break
        const bytes = typeof next.value === 'string' ? Buffer.from(next.value) : next.value
        // A chunk without bytes would be the end of the body.
        if (bytes.length === 0) continue
        socket.cork()
        socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
        socket.write(bytes)
        const isFlushed = socket.write('\r\n', 'latin1')
        socket.uncork()
        if (!isFlushed) await drained(socket)
      }
      socket.off('close', onClose)
      this.#finish(socket.write('0\r\n\r\n', 'latin1'), isLast)
    } catch {
      // The status line is gone; cutting the connection is how the reader learns that the stream is not whole.
      socket.destroy()
    }
  }

  /** The next request is taken when the peer has taken the answer to this one. */
  #finish(isFlushed: boolean, isLast: boolean): void {
    if (isLast) this.#socket.end()
    else if (isFlushed) this.#rest()
    else this.#socket.once('drain', () => this.#rest())
  }

  #rest(): void {
    this.#request = undefined
    this.#usedAt = performance.now()
    const held = this.#held
    if (held !== undefined) {
      this.#held = undefined
      this.#next(held)
      if (this.#held === undefined) this.#socket.resume()
    } else if (this.#hasEnded) this.#socket.end()
  }
}

class LaneRequest implements GatewayRequest {
  readonly method: string
  readonly target: string
  readonly headers: GatewayRequest['headers']
  readonly body: WholeBody
  readonly #socket: Socket
  readonly #addressOf: LaneOptions['addressOf']
  #abort: AbortController | undefined
  #isGone = false

  constructor({ addressOf }: LaneOptions, socket: Socket, head: RequestHead, body: Buffer) {
    this.method = head.method
    this.target = head.target
    this.headers = head.headers
    this.body = new WholeBody(body, head.bodyLength)
    this.#socket = socket
    this.#addressOf = addressOf
  }

  get remoteAddress(): string {
    return this.#addressOf(this.#socket, this.headers)
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#isGone) this.#abort.abort()
    return this.#abort.signal
  }

  abort(): void {
    this.#isGone = true
    this.#abort?.abort()
  }
}

const KEEP_ALIVE = 'connection: keep-alive\r\nkeep-alive: timeout=75\r\n'
const VALUE = /^[\t -~\x80-\xff]*$/

/** Headers as lines, but for those that the lane writes itself; undefined when a value is none. */
function headerLines(headers: Readonly<Record<string, string>>): string | undefined {
  let lines = ''
  for (const name in headers) {
    if (name === 'connection' || name === 'content-length') continue
    const value = headers[name]!
    if (!VALUE.test(value)) return undefined
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

let dateSecond = -1
let date = ''

function httpDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    date = new Date(second * 1000).toUTCString()
  }
  return date
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
