// Content codings: answers are compressed for callers that accept it, bodies of requests may come compressed.
//
// Out: br or gzip by the weights of `Accept-Encoding`. A short answer is compressed at once, a long one slice by slice as
// fast as it is read. Never compressed: event streams, ranges, what does not become shorter, and answers whose length
// could tell a secret. Who sees the lengths of many answers that hold a secret next to text of his own choice can guess
// the secret letter by letter (the attack is called BREACH), so what shows a credential, or repeats text of the request
// beside stored values, stays as it is: `Caller.isRevealing`.
//
// In: br, gzip and deflate, one upon another too. What comes out is bounded, so that a small body cannot become a huge one.

import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  deflateRawSync,
  gzip,
} from 'node:zlib'
import { OchreError } from '@ochre/protocol'
import { codedTag } from './etag.ts'
import { Gathering } from './gathering.ts'
import { type Body, type GatewayResponse, tooLarge } from './message.ts'
import { GatewayError } from './status.ts'

export type Coding = 'br' | 'gzip'

/** What an `Accept-Encoding` header comes to. */
export interface Accepted {
  /** The coding to use; undefined: none. */
  readonly coding: Coding | undefined
  /** Whether the answer as it is would do too. */
  readonly identity: boolean
}

/** Shorter answers are in one packet anyway. */
const SHORTEST = 1024
/** Up to here an answer is compressed in one go, and its length is known. */
const AT_ONCE = 64 * 1024
const SLICE = 64 * 1024

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 19 } }
const GZIP = { level: 5 }
const brotliAtOnce = promisify(brotliCompress)
const gzipAtOnce = promisify(gzip)

const parsed = new Map<string, Accepted>()

/** The coding for a header (RFC 9110, 12.5.3): the greatest weight, of equal ones br; a coding that is not told has that of `*`. */
export function acceptedCoding(header: string): Accepted {
  let found = parsed.get(header)
  if (found === undefined) {
    found = parseAccepted(header)
    if (parsed.size >= 100) parsed.clear()
    parsed.set(header, found)
  }
  return found
}

function parseAccepted(header: string): Accepted {
  const weights = new Map<string, number>()
  for (const item of header.toLowerCase().split(',')) {
    const match = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/.exec(item)
    // What is malformed is as if it had not been sent.
    if (match !== null) weights.set(match[1] === 'x-gzip' ? 'gzip' : match[1]!, Number(match[2] ?? 1))
  }
  const others = weights.get('*')
  const weightOf = (name: string): number => weights.get(name) ?? others ?? 0
  const [br, gzip] = [weightOf('br'), weightOf('gzip')]
  const best = br >= gzip ? 'br' : 'gzip'
  const weight = Math.max(br, gzip)
  // Without a weight of its own the answer as it is will do, and is what the caller likes least.
  const identity = weights.get('identity') ?? (others === 0 ? 0 : undefined)
  const isPreferred = weight > 0 && weight >= (identity ?? 0)
  return { coding: isPreferred ? best : undefined, identity: identity !== 0 }
}

/** Throws NOT_ACCEPTABLE when there is no form of any answer that the caller would take. To be asked before anything is done. */
export function checkAcceptable(header: string): void {
  const { coding, identity } = acceptedCoding(header)
  if (coding === undefined && !identity)
    throw new GatewayError(
      'NOT_ACCEPTABLE',
      'The codings are br, gzip and identity, and Accept-Encoding takes none of them.',
    )
}

/** Whether an answer is short and the caller said nothing about codings: then there is nothing to do. */
export function isPlain(header: unknown, { body }: GatewayResponse): boolean {
  return header === undefined && (body === null || (typeof body === 'string' && body.length < SHORTEST))
}

/**
 * The answer in the coding that the caller accepts, or as it is, with `Vary` wherever the header makes a difference. A
 * long one is compressed only as it is read.
 */
export function coded(
  header: string | undefined,
  response: GatewayResponse,
): GatewayResponse | Promise<GatewayResponse> {
  const { status, headers, body } = response
  const vary = headers.vary === undefined ? 'accept-encoding' : `${headers.vary}, accept-encoding`
  if (status === 304) return { status, headers: { ...headers, vary }, body }
  if (body === null || status === 206) return response
  const { coding, identity } = header === undefined ? UNASKED : acceptedCoding(header)
  const length = typeof body === 'string' || body instanceof Uint8Array ? body.length : undefined
  // Who refuses the answer as it is gets it compressed however short it is.
  if (length !== undefined && (length === 0 || (length < SHORTEST && identity))) return response
  if (!isCompressible(headers['content-type'])) return response
  if (coding === undefined) return { status, headers: { ...headers, vary }, body }
  if (body instanceof Uint8Array && headers['content-type'] === BYTES && !shrinks(body)) return response
  const changed: Record<string, string> = { ...headers, 'content-encoding': coding, vary }
  if (headers.etag !== undefined) changed.etag = codedTag(headers.etag, coding)
  if (length === undefined || length > AT_ONCE) return { status, headers: changed, body: compressed(coding, body) }
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body as Uint8Array)
  const whole = coding === 'br' ? brotliAtOnce(bytes, BROTLI) : gzipAtOnce(bytes, GZIP)
  return whole.then((short) => ({ status, headers: changed, body: short }))
}

const UNASKED: Accepted = { coding: undefined, identity: true }
const BYTES = 'application/octet-stream'
const TEXT = /^(?:text\/(?!event-stream)|application\/(?:[\w.-]+\+)?(?:json|x-ndjson)\b)/

function isCompressible(type: string | undefined): boolean {
  return type !== undefined && (type === BYTES || TEXT.test(type))
}

/** Whether bytes of an unknown kind become shorter: tried with a piece from their middle. */
function shrinks(bytes: Uint8Array): boolean {
  const from = Math.max(0, (bytes.length >> 1) - 1024)
  const sample = bytes.subarray(from, from + 2048)
  return deflateRawSync(sample, { level: 1 }).length < sample.length * 0.8
}

/** Pieces of a body that is in memory. Text is cut between characters. */
function* slicesOf(body: string | Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; ) {
    let end = at + SLICE
    if (typeof body !== 'string') yield body.subarray(at, end)
    else {
      if ((body.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++
      yield Buffer.from(body.slice(at, end))
    }
    at = end
  }
}

async function* compressed(
  coding: Coding,
  body: string | Uint8Array | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = typeof body === 'string' || body instanceof Uint8Array ? slicesOf(body) : body
  yield* through(source, coding === 'br' ? createBrotliCompress(BROTLI) : createGzip(GZIP))
}

/** What comes out of the last of the transforms. A failure of any is thrown; who stops reading ends them all. */
async function* through(
  source: Iterable<Uint8Array> | AsyncIterable<string | Uint8Array>,
  ...transforms: readonly Transform[]
): AsyncGenerator<Uint8Array> {
  const last = transforms.at(-1)!
  // A failure reaches the reader through the last transform, which it destroys.
  const done = pipeline([Readable.from(source, { objectMode: false }), ...transforms]).catch(() => {})
  try {
    for await (const chunk of last) yield chunk as Uint8Array
  } finally {
    last.destroy()
    await done
  }
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  br: createBrotliDecompress,
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
}
const MAX_CODINGS = 3

/**
 * A body as it was before it was compressed; `identity` alone is the body itself. Throws UNSUPPORTED_CODING with the
 * codings that are supported. More than `limitBytes` rejects with TOO_LARGE however it is read.
 */
export function inflated(body: Body, header: string, limitBytes: number): Body {
  const codings = header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'identity' && name !== '')
  if (codings.length === 0) return body
  if (codings.length > MAX_CODINGS || !codings.every((name) => Object.hasOwn(DECODERS, name))) {
    throw new GatewayError(
      'UNSUPPORTED_CODING',
      `Content-Encoding is br, gzip or deflate, at most ${MAX_CODINGS} of them.`,
      {
        'accept-encoding': 'br, gzip, deflate',
      },
    )
  }
  return new InflatedBody(body, codings.toReversed(), limitBytes)
}

class InflatedBody implements Body {
  readonly length = undefined
  readonly #body: Body
  readonly #codings: readonly string[]
  readonly #limit: number
  #bytes: Promise<Buffer> | undefined

  /** `codings` in the order in which they are taken off. */
  constructor(body: Body, codings: readonly string[], limitBytes: number) {
    this.#body = body
    this.#codings = codings
    this.#limit = limitBytes
  }

  bytes(limitBytes: number): Promise<Buffer> {
    this.#bytes ??= this.#gathered(Math.min(limitBytes, this.#limit))
    return this.#bytes
  }

  async #gathered(limitBytes: number): Promise<Buffer> {
    const gathering = new Gathering(limitBytes)
    for await (const chunk of this.#chunks(limitBytes)) gathering.add(chunk)
    return gathering.take()
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    return this.#chunks(this.#limit)
  }

  async *#chunks(limitBytes: number): AsyncGenerator<Uint8Array> {
    const source = this.#body[Symbol.asyncIterator]()
    const first = await source.next()
    // No body at all is none, whatever coding it is said to have.
    if (first.done === true) return
    let size = 0
    try {
      const decoders = this.#codings.map((name, i) => decoderOf(name, i === 0 ? first.value : undefined))
      for await (const chunk of through(resumed(first.value, source), ...decoders)) {
        size += chunk.length
        if (size > limitBytes) throw tooLarge(limitBytes)
        yield chunk
      }
    } catch (error) {
      if (error instanceof OchreError) throw error
      throw new GatewayError('BAD_REQUEST', 'The body is not what its Content-Encoding says.')
    }
  }
}

/** `deflate` is zlib's format, but some send the bare one; the first byte tells where it is at hand. */
function decoderOf(name: string, first: Uint8Array | undefined): Transform {
  if (name === 'deflate' && first?.[0] !== undefined && (first[0] & 0x0f) !== 8) return createInflateRaw()
  return DECODERS[name]!()
}

async function* resumed(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
