// `Idempotency-Key`: a write that is sent again with the same key gets the first answer again instead of happening twice.
//
//   no record --SET NX--> pending --answered--> answer kept for a day
//                            |   `--failed without effect--> record removed, may be tried again
//                            `--failed, effect unknown--> stays pending: 409 for the rest of the day
//
// A process that dies in between leaves the record pending, so that nothing ever happens twice: the caller looks what
// happened and sends another key. An answer that shows a credential is not kept, since credentials are stored only as
// hashes; sent again it is 409 too.

import { createHash } from 'node:crypto'
import type { Client } from '@ochre/client'
import type { Exchange } from './exchange.ts'
import type { Caller } from './execute.ts'
import { bodyOf, type GatewayResponse } from './message.ts'
import { RESERVED_PREFIX } from './principal.ts'
import type { Handler } from './routes.ts'
import { failureOf, GatewayError, PartialError } from './status.ts'

const KEPT_MS = 86_400_000
/** Headers that make another request of the same body. */
const MEANING = [
  'content-type',
  'if-match',
  'if-none-match',
  'ochre-ttl',
  'ochre-encoding',
  'upstash-encoding',
  'upstash-response-format',
] as const

interface Kept {
  readonly print: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export class Idempotency {
  readonly #redis: Client

  constructor(redis: Client) {
    this.#redis = redis
  }

  /** Runs the handler at most once for the principal's key; see above. The body is read into memory. */
  async run(exchange: Exchange, handle: Handler): Promise<GatewayResponse> {
    const sent = exchange.header('idempotency-key')!
    if (!/^[\x21-\x7e]{1,255}$/.test(sent)) {
      throw new GatewayError('BAD_REQUEST', 'Idempotency-Key has 1 to 255 visible ASCII characters.')
    }
    const body = await exchange.bytes()
    exchange.body = bodyOf(body)
    const print = createHash('sha256')
      .update(`${exchange.request.method} ${exchange.request.target} ${exchange.caller.database}\0`)
      .update(MEANING.map((name) => `${exchange.header(name) ?? ''}\0`).join(''))
      .update(body)
      .digest('hex')
    const name = createHash('sha256').update(`${exchange.principal.id}\0${sent}`).digest('hex')
    const key = `${RESERVED_PREFIX}idempotency:${name}`
    const pending: Kept = { print }
    const isFirst = await this.#redis.call('SET', key, JSON.stringify(pending), 'NX', 'PX', KEPT_MS)
    if (isFirst === null) return this.#replay(await this.#redis.call('GET', key), print, exchange.caller)
    let response: GatewayResponse
    try {
      response = await handle(exchange)
    } catch (error) {
      const { code, maybeExecuted } = failureOf(error)
      const isKnown =
        maybeExecuted !== true && code !== 'INTERNAL' && !(error instanceof PartialError && error.done > 0)
      if (isKnown) await this.#redis.call('DEL', key).catch(() => {})
      throw error
    }
    if (exchange.caller.managed === true) return response
    if (response.body === null || typeof response.body === 'string' || response.body instanceof Uint8Array) {
      const kept: Kept = {
        print,
        status: response.status,
        headers: response.headers,
        ...(response.body === null ? {} : { body: Buffer.from(response.body).toString('base64') }),
      }
      await this.#redis.call('SET', key, JSON.stringify(kept), 'PX', KEPT_MS)
    } else if (exchange.caller.wrote !== true) {
      // A stream of what happens is not something that happens once.
      await this.#redis.call('DEL', key)
    }
    return response
  }

  #replay(text: unknown, print: string, caller: Caller): GatewayResponse {
    const kept = typeof text === 'string' ? (JSON.parse(text) as Kept) : { print }
    if (kept.print !== print) {
      throw new GatewayError(
        'IDEMPOTENCY_MISMATCH',
        'The Idempotency-Key was used with another method, path, body or header.',
      )
    }
    if (kept.status === undefined) {
      throw new GatewayError('CONFLICT', 'A request with this Idempotency-Key is in work or its outcome is unknown.', {
        'retry-after': '1',
      })
    }
    // What made it so is not known any more.
    caller.repeats = true
    return {
      status: kept.status,
      headers: { ...kept.headers, 'idempotency-replayed': 'true' },
      body: kept.body === undefined ? null : Buffer.from(kept.body, 'base64'),
    }
  }
}
