// The shell on Node: sockets, and HTTP from node:http, with a short way past it (http-lane.ts) for what arrives whole. A
// framework was measured and left out: Fastify 5 in front of the same kernel answers 0.87 of what node:http alone does, and
// what it would add (routing, body parsing, error bodies) the kernel has to do itself anyway to keep `%2F`, long keys,
// `__proto__` and big numbers whole.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Gateway } from './gateway.ts'
import { Gathering } from './gathering.ts'
import { attachHttpLane } from './http-lane.ts'
import { type Body, type GatewayRequest, type GatewayResponse, tooLarge } from './message.ts'
import { GatewayError, problem } from './status.ts'

export interface ShellOptions {
  /** TLS with these options; with `requestCert` clients must show a certificate that `ca` signed. */
  readonly tls?: TlsServerOptions
  /** Believe `x-forwarded-for` of this many proxies in front. Default 0. */
  readonly trustedProxies?: number
  /** Until all headers must have arrived. Default 10 s. */
  readonly headersTimeoutMs?: number
  /** Until the whole request must have arrived. Default 300 s, long enough for large values. */
  readonly requestTimeoutMs?: number
}

/** Keys of 10 KB, percent-encoded, are in the request line. */
const MAX_HEADER_BYTES = 64 * 1024

/** Longer than the idle time of common load balancers, so that they close first. The lane's answers say so too. */
const KEEP_ALIVE_MS = 75_000

/** A server whose requests the gateway answers. It does not listen yet. */
export function createShell(gateway: Gateway, options: ShellOptions = {}): Server {
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: options.headersTimeoutMs ?? 10_000,
    requestTimeout: options.requestTimeoutMs ?? 300_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  }
  const proxies = options.trustedProxies ?? 0
  const strict = options.tls === undefined ? {} : { 'strict-transport-security': 'max-age=31536000' }
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (hasTwoHosts(incoming.rawHeaders)) {
      send(problem(new GatewayError('BAD_REQUEST', 'There are two Host headers.')), incoming, outgoing, true, strict)
      return
    }
    const request = new NodeRequest(incoming, outgoing, proxies)
    gateway.handle(request).then(
      (response) => send(response, incoming, outgoing, gateway.isClosing, strict),
      (error: unknown) => send(problem(error), incoming, outgoing, true, strict),
    )
  }
  const server =
    options.tls === undefined
      ? createServer(settings, answer)
      : createTlsServer({ ...settings, ...options.tls }, answer)
  // Beyond a number headers would be left out without a word, If-Match too; their bytes are limited instead.
  server.maxHeadersCount = 0
  attachHttpLane(server, options.tls === undefined ? 'connection' : 'secureConnection', {
    answer: (request) => gateway.handle(request),
    addressOf: (socket, headers) => addressOf(socket, headers, proxies),
    isClosing: () => gateway.isClosing,
    idleMs: KEEP_ALIVE_MS,
    firstMs: settings.headersTimeout,
    extra: strict,
  })
  server.on('clientError', onClientError)
  server.on('checkContinue', answer)
  return server
}

function hasTwoHosts(raw: readonly string[]): boolean {
  let hosts = 0
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.length === 4 && raw[i]!.toLowerCase() === 'host') hosts++
  return hosts > 1
}

/** What the HTTP parser refuses never becomes a request; the answer is a problem document all the same. */
function onClientError(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const isLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const response = problem(
    isLarge
      ? new GatewayError('HEADERS_TOO_LARGE', `The request line and headers exceed ${MAX_HEADER_BYTES} bytes.`)
      : new GatewayError(
          'BAD_REQUEST',
          isSlow ? 'The request did not arrive in time.' : 'The request is not valid HTTP.',
        ),
  )
  const body = String(response.body)
  const reason = isLarge ? '431 Request Header Fields Too Large' : isSlow ? '408 Request Timeout' : '400 Bad Request'
  socket.end(
    `HTTP/1.1 ${reason}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** The address of the peer, or of whoever the outermost of `proxies` trusted proxies talked to. */
function addressOf(socket: Socket, headers: GatewayRequest['headers'], proxies: number): string {
  const peer = socket.remoteAddress ?? ''
  if (proxies === 0) return peer
  const forwarded = headers['x-forwarded-for']
  if (forwarded === undefined) return peer
  // Each proxy appends the address it saw; what is left of the trusted ones anybody could have written.
  const hops = String(forwarded).split(',')
  const hop = hops[Math.max(0, hops.length - proxies)]!.trim()
  // Some write the port, too.
  const [, v4, v6] = /^(?:([\d.]+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i.exec(hop) ?? []
  return v4 ?? v6 ?? hop
}

/** A request as node:http reads it. */
export class NodeRequest implements GatewayRequest {
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse | undefined
  readonly #proxies: number
  #body: Body | undefined
  #abort: AbortController | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse | undefined, proxies: number) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#proxies = proxies
  }

  get method(): string {
    return this.#incoming.method ?? 'GET'
  }

  get target(): string {
    return this.#incoming.url ?? '/'
  }

  get headers(): IncomingMessage['headers'] {
    return this.#incoming.headers
  }

  get remoteAddress(): string {
    return addressOf(this.#incoming.socket, this.#incoming.headers, this.#proxies)
  }

  get body(): Body {
    this.#body ??= new NodeBody(this.#incoming, this.#outgoing)
    return this.#body
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController()
      this.#abort = abort
      this.#incoming.socket.once('close', () => abort.abort())
      if (this.#incoming.socket.destroyed) abort.abort()
    }
    return this.#abort.signal
  }
}

class NodeBody implements Body {
  readonly length: number | undefined
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse | undefined
  #bytes: Promise<Buffer> | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse | undefined) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    const length = incoming.headers['content-length']
    this.length = length === undefined ? undefined : Number(length)
  }

  bytes(limitBytes: number): Promise<Buffer> {
    this.#bytes ??= this.#collect(limitBytes)
    return this.#bytes
  }

  /** With a known length one buffer is filled as bytes arrive, so that a large value is in memory once. */
  #collect(limitBytes: number): Promise<Buffer> {
    const incoming = this.#incoming
    if (this.length !== undefined && this.length > limitBytes) return Promise.reject(tooLarge(limitBytes))
    return new Promise((resolve, reject) => {
      this.#begin()
      const known = this.length !== undefined && this.length > 64 * 1024 ? Buffer.allocUnsafe(this.length) : undefined
      const chunks = new Gathering(limitBytes)
      let size = 0
      incoming.on('data', (chunk: Buffer) => {
        if (known !== undefined) known.set(chunk, size)
        else if (size + chunk.length <= limitBytes) chunks.add(chunk)
        size += chunk.length
        if (size > limitBytes) {
          incoming.pause()
          incoming.removeAllListeners('data')
          reject(tooLarge(limitBytes))
        }
      })
      incoming.on('end', () => resolve(known ?? chunks.take()))
      const gone = (): void => reject(new GatewayError('BAD_REQUEST', 'The body ended before its announced length.'))
      incoming.on('error', gone)
      incoming.on('close', gone)
    })
  }

  /** Before the first byte is read. node:http takes only chunks apart, whatever else the body is said to be coded with. */
  #begin(): void {
    const { 'transfer-encoding': coding, expect } = this.#incoming.headers
    if (coding !== undefined && coding.toLowerCase() !== 'chunked')
      throw new GatewayError('UNSUPPORTED_CODING', 'The only transfer coding is chunked.', { connection: 'close' })
    if (expect !== undefined) this.#outgoing?.writeContinue()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#begin()
    try {
      // Who stops reading still wants to answer, over the same socket.
      for await (const chunk of this.#incoming.iterator({ destroyOnReturn: false })) yield chunk as Buffer
    } catch {
      throw new GatewayError('BAD_REQUEST', 'The body ended before its announced length.')
    }
  }
}

/** A body that nobody wants is not read to its end, which may be far. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** Writes a response. A stream is drained only as fast as the peer reads. */
function send(
  response: GatewayResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  isClosing: boolean,
  extra: Readonly<Record<string, string>>,
): void {
  if (outgoing.destroyed) return
  const { status, body } = response
  const headers = response.headers as Record<string, string>
  Object.assign(headers, extra)
  if (isClosing || (!incoming.complete && hasBody(incoming))) headers.connection = 'close'
  if (body === null) {
    if (status !== 204 && status !== 304 && incoming.method !== 'HEAD') headers['content-length'] = '0'
    outgoing.writeHead(status, headers)
    outgoing.end()
    return
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length)
    outgoing.writeHead(status, headers)
    outgoing.end(body)
    return
  }
  outgoing.writeHead(status, headers)
  outgoing.flushHeaders()
  void stream(body, outgoing)
}

async function stream(body: AsyncIterable<string | Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const iterator = body[Symbol.asyncIterator]()
  let isGone = false
  let wake: (() => void) | undefined
  outgoing.on('drain', () => wake?.())
  outgoing.on('close', () => {
    isGone = true
    wake?.()
    void iterator.return?.()
  })
  try {
    for (;;) {
      const next = await iterator.next()
      if (next.done === true || isGone) break
      if (!outgoing.write(next.value)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    outgoing.end()
  } catch {
    // The status line is gone; cutting the connection is how the reader learns that the stream is not whole.
    outgoing.destroy()
  }
}
