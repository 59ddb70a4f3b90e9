// Cross-origin requests: an allow-list of origins, preflight answers without authentication, and the headers that scripts
// may read.

import { type GatewayRequest, type GatewayResponse, headerOf } from './message.ts'

export interface CorsOptions {
  /** Exact origins such as `https://app.example.com`, or `*` for any. None: cross-origin scripts are not served. */
  readonly origins: readonly string[]
  /** How long a browser may remember a preflight. Default 600 s. */
  readonly maxAgeSeconds?: number
}

const EXPOSED =
  'upstash-sync-token, ratelimit, ratelimit-policy, retry-after, etag, x-request-id, ochre-ttl, link, location, content-range'

/** Adds the CORS headers of an answer; none when the request is not cross-origin or the origin is not allowed. */
export function addCors(headers: Record<string, string>, options: CorsOptions, request: GatewayRequest): void {
  headers.vary = headers.vary === undefined ? 'origin' : `${headers.vary}, origin`
  const origin = headerOf(request, 'origin')
  if (origin === undefined || !isOriginAllowed(options, origin)) return
  // Tokens travel in a header that scripts set, never in cookies, so credentials mode is not needed.
  headers['access-control-allow-origin'] = options.origins.includes('*') ? '*' : origin
  headers['access-control-expose-headers'] = EXPOSED
}

export function isOriginAllowed(options: CorsOptions, origin: string): boolean {
  return options.origins.includes('*') || options.origins.includes(origin)
}

/** The answer to a preflight; undefined when the request is none. */
export function preflight(options: CorsOptions, request: GatewayRequest): GatewayResponse | undefined {
  if (request.method !== 'OPTIONS' || headerOf(request, 'access-control-request-method') === undefined) return undefined
  const origin = headerOf(request, 'origin')
  if (origin === undefined || !isOriginAllowed(options, origin)) return { status: 403, headers: {}, body: null }
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': headerOf(request, 'access-control-request-headers') ?? '*',
      'access-control-max-age': String(options.maxAgeSeconds ?? 600),
      vary: 'access-control-request-headers',
    },
    body: null,
  }
}
