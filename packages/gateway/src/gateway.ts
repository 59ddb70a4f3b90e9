// The kernel: a request in, a response out. It knows routes, principals, policy, limits and Redis, and no framework and no
// socket; node.ts is the shell that gives it both.
//
//   handle: route -> authenticate -> handler (parse -> policy -> limits -> Redis) -> status and headers
//
// A WebSocket is a session of the same gateway (websocket.ts): other frames, the same steps.

import { randomBytes } from 'node:crypto'
import { ApiKeys } from './api-keys.ts'
import { type AuditLog, auditEntry } from './audit.ts'
import { Authenticator, tokenOf } from './auth.ts'
import { checkAcceptable, coded, inflated, isPlain } from './compression.ts'
import { Connections, type ConnectionsOptions, type Load } from './connections.ts'
import { addCors, type CorsOptions, preflight } from './cors.ts'
import { Exchange } from './exchange.ts'
import { type Caller, Executor, isRevealing } from './execute.ts'
import { Hub } from './hub.ts'
import { Idempotency } from './idempotency.ts'
import { type JwtOptions, JwtVerifier } from './jwt.ts'
import { Limiter } from './limits.ts'
import { type GatewayRequest, type GatewayResponse, headerOf } from './message.ts'
import { Metrics, type RouteMetrics } from './metrics.ts'
import { type Models, OpenModels } from './open-models.ts'
import { type Principal, RESERVED_PREFIX, Rules } from './principal.ts'
import { allRoutes } from './route-table.ts'
import { type Handler, type Match, type Route, Router } from './routes.ts'
import { discard } from './sse.ts'
import { failureOf, GatewayError, problem } from './status.ts'
import { activeTracer, endSpan, startSpan } from './tracing.ts'
import { upstashProblem } from './upstash.ts'

export interface GatewayLimits {
  /** Bytes of a request's body. Default 10 MiB. */
  readonly bodyBytes: number
  /** Bytes of one value that is streamed in by a value route. Default 512 MiB, Redis's own limit. */
  readonly valueBytes: number
  /** Commands in one pipeline or transaction. Default 1000. */
  readonly pipeline: number
  /** Bytes that may wait for a slow reader of a stream or socket. Default 1 MiB. */
  readonly bufferedBytes: number
  /** Frames of one socket that may be in work. Default 256. */
  readonly socketInFlight: number
  /** Subscriptions of one socket. Default 1000. */
  readonly socketSubscriptions: number
}

export const DEFAULT_LIMITS: GatewayLimits = {
  bodyBytes: 10 * 1024 * 1024,
  valueBytes: 512 * 1024 * 1024,
  pipeline: 1000,
  bufferedBytes: 1024 * 1024,
  socketInFlight: 256,
  socketSubscriptions: 1000,
}

/** One line of the request log. Never a key, a value or a token. */
export interface RequestNote {
  readonly id: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly principal: string | undefined
  readonly remoteAddress: string
  readonly code: string | undefined
  readonly traceparent: string | undefined
}

export interface GatewayOptions extends ConnectionsOptions {
  /** Models to serve, as @ochre/model defines them. */
  readonly models?: Models
  /** The gateway's own secret (32 bytes or more): seals API keys and ACL tokens. Default: one kept in Redis. */
  readonly secret?: Uint8Array
  /** The key with full rights: 32 or more characters. Default: one made by the first `ensureRootKey`. */
  readonly rootKey?: string
  readonly jwt?: JwtOptions
  readonly limits?: Partial<GatewayLimits>
  readonly cors?: CorsOptions
  /** Whether answers are compressed for callers that accept it. Default true. */
  readonly compression?: boolean
  readonly audit?: AuditLog
  /** Shown in the OpenAPI document. */
  readonly publicUrl?: string
  /** Told about each request that failed, with `notesAll` about every one. */
  readonly onRequest?: (note: RequestNote) => void
  readonly notesAll?: boolean
  /** Told about bugs: anything thrown that is not an Ochre error. */
  readonly onBug?: (error: unknown, requestId: string) => void
  readonly now?: () => number
}

const ANONYMOUS: Principal = { id: 'anonymous', kind: 'key', grant: { scopes: [] }, rules: new Rules({ scopes: [] }) }

/** Whoever has not shown a credential that is accepted. */
const NOBODY: Caller = { principal: ANONYMOUS, database: 0 }

/** Opens a gateway. Rejects when Redis cannot be reached or an option is wrong. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const connections = await Connections.open(options)
  try {
    const secret = options.secret ?? (await sharedSecret(connections))
    return new Gateway(options, connections, secret)
  } catch (error) {
    await connections.close()
    throw error
  }
}

/** A secret that all gateways of one Redis find there. Anybody who can read that key can make API keys. */
async function sharedSecret(connections: Connections): Promise<Uint8Array> {
  const key = `${RESERVED_PREFIX}secret`
  await connections.own.call('SET', key, randomBytes(32).toString('hex'), 'NX')
  return Buffer.from(String(await connections.own.call('GET', key)), 'hex')
}

/** What a route does not know must not be overlooked: the write would happen unguarded, the value be kept for ever. */
function refuseUnheeded(request: GatewayRequest, { doc }: Route<Handler>): void {
  for (const name of ['if-match', 'if-none-match', 'ochre-ttl'] as const) {
    if (request.headers[name] !== undefined && doc.headers?.[name] === undefined)
      throw new GatewayError('BAD_REQUEST', `The route does not support ${name}.`)
  }
}

/** A misspelt parameter must not be overlooked: with `?tll=60000` a value would be stored for ever. */
function refuseUnknown({ route: { doc }, params, query }: Match<Handler>): void {
  if (doc.anyQuery === true || doc.open === true || doc.hidden === true) return
  for (const [name] of query.pairs) {
    const isKnown = Object.hasOwn(doc.query ?? {}, name) || name in params
    const isCommon = (name === 'db' && doc.takesDatabase === true) || (name === '_token' && doc.queryToken === true)
    if (!isKnown && !isCommon)
      throw new GatewayError('BAD_REQUEST', `There is no query parameter ${JSON.stringify(name.slice(0, 64))} here.`)
  }
}

export class Gateway {
  readonly keys: ApiKeys
  readonly metrics: Metrics = new Metrics()
  readonly connections: Connections
  readonly executor: Executor
  readonly hub: Hub
  readonly limiter: Limiter
  readonly authenticator: Authenticator
  limits: GatewayLimits
  readonly options: GatewayOptions
  cors: CorsOptions | undefined
  compresses: boolean
  openStreams = 0
  /** Undefined when it serves none. */
  readonly models: OpenModels | undefined
  readonly secret: Uint8Array
  readonly router: Router<Handler>
  readonly #now: () => number
  readonly #idempotency: Idempotency
  readonly #routeMetrics = new Map<Route<Handler>, RouteMetrics>()
  readonly #unmatched: RouteMetrics
  #isClosing = false
  #isDismissed = false
  readonly #onClosing = new Set<() => void>()
  #nextId = 0
  readonly #idPrefix = randomBytes(6).toString('hex')

  constructor(options: GatewayOptions, connections: Connections, secret: Uint8Array) {
    this.options = options
    this.#now = options.now ?? Date.now
    this.connections = connections
    this.secret = secret
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.cors = options.cors
    this.compresses = options.compression !== false
    const metrics = this.metrics
    this.keys = new ApiKeys({
      redis: connections.own,
      secret,
      now: this.#now,
      ...(options.rootKey === undefined ? {} : { rootKey: options.rootKey }),
    })
    this.authenticator = new Authenticator({
      keys: this.keys,
      secret,
      now: this.#now,
      ...(options.jwt === undefined ? {} : { jwt: new JwtVerifier(options.jwt, this.#now) }),
      checkAclUser: (user) => connections.checkAclUser(user),
      onOutcome: (outcome) => metrics.auth.add(outcome),
    })
    this.limiter = new Limiter({
      redis: connections.own,
      now: this.#now,
      onEvent: (event) => metrics.limits.add(event),
    })
    this.executor = new Executor({
      connections,
      limiter: this.limiter,
      maxPipeline: this.limits.pipeline,
      onCommand: (group, seconds, code) => metrics.noteCommand(group, seconds, code),
      onDenied: (code) => metrics.denied.add(code),
      keepsNames: options.audit !== undefined,
    })
    this.hub = new Hub(connections)
    this.models = options.models === undefined ? undefined : new OpenModels(this, options.models)
    this.#idempotency = new Idempotency(connections.own)
    this.router = new Router(allRoutes(this))
    this.#unmatched = metrics.route('none')
    metrics.gauge('ochre_redis_subscriptions', 'Channels and patterns subscribed at Redis.', () => this.hub.size)
    metrics.gauge('ochre_event_streams', 'Server-sent event streams that are open.', () => this.openStreams)
    const gauge = (name: keyof Load, help: string): void =>
      metrics.gauge(`ochre_redis_${name}`, help, () => connections.load()[name])
    gauge('connections', 'Connections to Redis that callers share, ready for commands.')
    gauge('pooled', 'Connections to Redis for single callers: blocking commands.')
    gauge('pooled_busy', 'Of those, the ones in use.')
    gauge('waiting', 'Commands that wait for a connection to Redis.')
    gauge('in_flight', 'Commands that were sent and wait for their replies.')
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Whether streams and sockets have been told to end; no further ones begin. */
  get isDismissed(): boolean {
    return this.#isDismissed
  }

  /** Calls back when streams and sockets are to end, soon when they were told already. Returns the way to cancel. */
  onClosing(callback: () => void): () => void {
    if (this.#isDismissed) queueMicrotask(callback)
    this.#onClosing.add(callback)
    return () => this.#onClosing.delete(callback)
  }

  requestId(request: GatewayRequest): string {
    const sent = headerOf(request, 'x-request-id')
    return sent !== undefined && /^[\w.-]{1,64}$/.test(sent) ? sent : this.nextId()
  }

  nextId(): string {
    return `${this.#idPrefix}-${(this.#nextId++).toString(36)}`
  }

  /** Answers one request. Never rejects: whatever goes wrong becomes an answer. */
  async handle(request: GatewayRequest): Promise<GatewayResponse> {
    const started = performance.now()
    const id = this.requestId(request)
    const cors = this.cors
    const tracer = activeTracer()
    const span = tracer === undefined ? undefined : startSpan(tracer, request)
    let match: Match<Handler> | undefined
    let caller: Caller | undefined
    let response: GatewayResponse
    let code: string | undefined
    try {
      const answered = cors === undefined ? undefined : preflight(cors, request)
      if (answered !== undefined) response = answered
      else {
        const accepts = headerOf(request, 'accept-encoding')
        if (accepts !== undefined) checkAcceptable(accepts)
        match = this.router.match(request.method, request.target)
        const route = match.route
        let principal = ANONYMOUS
        let token: string | undefined
        if (route.doc.open !== true) {
          token = this.#token(request, match)
          const found = this.authenticator.authenticate(token, request)
          principal = found instanceof Promise ? await found : found
        }
        caller = { principal, database: this.connections.database }
        if (match.query.raw !== '' || request.headers['ochre-db'] !== undefined) {
          refuseUnknown(match)
          caller = { principal, database: this.#database(request, match, principal) }
        }
        if (route.method !== 'GET') refuseUnheeded(request, route)
        const exchange = new Exchange(this, request, id, match.params, match.query, caller, token)
        const sentAs = headerOf(request, 'content-encoding')
        if (sentAs !== undefined) exchange.body = inflated(request.body, sentAs, this.limits.valueBytes)
        response =
          request.headers['idempotency-key'] !== undefined &&
          (route.method !== 'GET' || route.doc.writesByGet === true) &&
          route.doc.open !== true
            ? await this.#idempotency.run(exchange, route.handle)
            : await route.handle(exchange)
        if (this.compresses && !isPlain(accepts, response) && !isRevealing(caller))
          response = await coded(accepts, response)
      }
    } catch (error) {
      const failure = failureOf(error)
      code = failure.code
      if (code === 'INTERNAL') this.options.onBug?.(error, id)
      const isUpstash = /^(?:https?:\/\/[^/]*)?\/upstash/i.test(request.target)
      response = isUpstash ? upstashProblem(error) : problem(error, id)
    }
    // Written out: this runs for every request, and a literal is several times faster than merging objects.
    const headers: Record<string, string> = {
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-request-id': id,
    }
    const limits = caller?.limits
    if (limits !== undefined) for (const name in limits) headers[name] = limits[name]!
    for (const name in response.headers) headers[name] = response.headers[name]!
    if (cors !== undefined) addCors(headers, cors, request)
    const seconds = (performance.now() - started) / 1000
    this.#metricsOf(match?.route).note(response.status, seconds)
    if (span !== undefined) endSpan(span, request.method, match?.route.path ?? 'none', response.status, code)
    if (match !== undefined) this.audit(id, request, caller, match.route.doc.id, response.status, code, seconds)
    if (this.options.onRequest !== undefined && (response.status >= 400 || this.options.notesAll === true)) {
      this.options.onRequest({
        id,
        method: request.method,
        route: match?.route.path ?? 'none',
        status: response.status,
        durationMs: seconds * 1000,
        principal: caller?.principal.id,
        remoteAddress: request.remoteAddress,
        code,
        traceparent: headerOf(request, 'traceparent'),
      })
    }
    if (request.method !== 'HEAD') return { status: response.status, headers, body: response.body }
    discard(response)
    return { status: response.status, headers, body: null }
  }

  /** Notes what was asked for and what became of it, if there is an audit log and it keeps such things. */
  audit(
    id: string,
    request: Pick<GatewayRequest, 'method' | 'remoteAddress'>,
    caller: Caller | undefined,
    route: string,
    status: number,
    code: string | undefined,
    seconds: number,
  ): void {
    if (this.options.audit === undefined) return
    const entry = auditEntry(id, request, caller ?? NOBODY, route, status, code, seconds)
    if (entry !== undefined) this.options.audit.append(entry)
  }

  #metricsOf(route: Route<Handler> | undefined): RouteMetrics {
    if (route === undefined) return this.#unmatched
    let found = this.#routeMetrics.get(route)
    if (found === undefined) {
      found = this.metrics.route(route.doc.id)
      this.#routeMetrics.set(route, found)
    }
    return found
  }

  #token(request: GatewayRequest, match: Match<Handler>): string | undefined {
    const token = tokenOf(request)
    return token === undefined && match.route.doc.queryToken === true ? match.query.text('_token') : token
  }

  #database(request: GatewayRequest, match: Match<Handler>, principal: Principal): number {
    const configured = this.connections.database
    const header = headerOf(request, 'ochre-db')
    const sent = header ?? (match.route.doc.takesDatabase === true ? match.query.text('db') : undefined)
    if (sent === undefined) return configured
    if (!/^\d{1,4}$/.test(sent)) throw new GatewayError('BAD_REQUEST', 'The database is a small number.')
    const database = Number(sent)
    if (!principal.rules.allowsDatabase(database, configured)) {
      throw new GatewayError('NOT_PERMITTED', 'The credential may not use this database.')
    }
    return database
  }

  /** Makes the root key when there is none yet; resolves to its text, once, or undefined. */
  ensureRootKey(): Promise<string | undefined> {
    return this.keys.ensureRoot()
  }

  /** Whether Redis answers within the deadline, and how long it took. Never rejects. */
  async ready(deadlineMs = 1000): Promise<{ ok: boolean; redisMs: number | undefined }> {
    if (this.#isClosing) return { ok: false, redisMs: undefined }
    const started = performance.now()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), deadlineMs)
    })
    const asked = this.connections.own.call('PING').then(
      () => true,
      () => false,
    )
    const ok = await Promise.race([asked, late])
    clearTimeout(timer)
    return { ok, redisMs: ok ? performance.now() - started : undefined }
  }

  /** Changes what may change while running. What is left out of `limits`, `cors` and `compression` has its default again. */
  reload(options: Pick<GatewayOptions, 'limits' | 'cors' | 'compression' | 'rootKey'>): void {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.cors = options.cors
    this.compresses = options.compression !== false
    this.executor.maxPipeline = this.limits.pipeline
    if (options.rootKey !== undefined) this.keys.setRootKey(options.rootKey)
    this.authenticator.forget()
  }

  /** From now on `ready` is false. Everything is served as before, until load balancers have noticed. */
  beginClosing(): void {
    this.#isClosing = true
  }

  /** Streams and sockets are told to end; requests are still served. */
  dismiss(): void {
    this.#isClosing = true
    if (this.#isDismissed) return
    this.#isDismissed = true
    for (const callback of [...this.#onClosing]) callback()
  }

  /** Ends subscriptions and connections. Call when no request is in work any more. */
  async close(): Promise<void> {
    this.dismiss()
    this.hub.close()
    await this.connections.close()
    this.metrics.close()
    await this.options.audit?.close()
  }
}
