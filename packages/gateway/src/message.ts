// The gateway's own request and response: plain values that no framework and no socket knows. A shell (node.ts) makes
// the one from what arrives and writes the other; tests build them by hand.

import { GatewayError } from './status.ts'

/** The bytes of a request's body. It is read at most once, by one of the two ways. */
export interface Body {
  /** Content-Length, when it was sent. */
  readonly length: number | undefined
  /** All bytes. Rejects with `TOO_LARGE` as soon as more than `limitBytes` are announced or have arrived. */
  bytes(limitBytes: number): Promise<Buffer>
  /** The bytes as they arrive; reading slowly slows the sender down. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>
}

export interface GatewayRequest {
  readonly method: string
  /** Path and query exactly as sent, percent-encoding included. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The address of the peer, or what a trusted proxy says it is. */
  readonly remoteAddress: string
  readonly body: Body
  /** Aborted when the peer is gone. Made when first asked for. */
  readonly signal: AbortSignal
}

export interface GatewayResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream is read only as fast as the peer takes it. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array> | null
}

/** A body that is already in memory; `length` is the one that was announced, if any was. */
export class WholeBody implements Body {
  readonly length: number | undefined
  readonly #bytes: Buffer

  constructor(bytes: Buffer, length: number | undefined) {
    this.#bytes = bytes
    this.length = length
  }

  bytes(limitBytes: number): Promise<Buffer> {
    return this.#bytes.length > limitBytes ? Promise.reject(tooLarge(limitBytes)) : Promise.resolve(this.#bytes)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#bytes.length > 0) yield this.#bytes
  }
}

/** A body of this content, which is copied. */
export function bodyOf(content: Uint8Array | string): Body {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
  return new WholeBody(bytes, bytes.length)
}

export function tooLarge(limitBytes: number): GatewayError {
  // The connection is closed: what follows of the body would have to be read and thrown away.
  return new GatewayError('TOO_LARGE', `The body is larger than the limit of ${limitBytes} bytes.`, {
    connection: 'close',
  })
}

/** A header's value; of several lines the first. */
export function headerOf(request: GatewayRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' || value === undefined ? value : value[0]
}

const JSON_HEADERS: Readonly<Record<string, string>> = { 'content-type': 'application/json' }

/** A JSON answer. `headers` belongs to the answer from now on. */
export function json(status: number, body: string, headers?: Record<string, string>): GatewayResponse {
  if (headers === undefined) return { status, headers: JSON_HEADERS, body }
  headers['content-type'] ??= 'application/json'
  return { status, headers, body }
}
