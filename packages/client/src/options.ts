// What a client can be told, and the one place where it is checked: a URL, an options object, both, or the environment.
import { type DecodeLimits, type Transport, UsageError } from '@ochre/protocol'
import type { AdaptiveTimeoutOptions } from './adaptive-timeout.ts'
import type { BreakerOptions } from './breaker.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Credentials } from './handshake.ts'
import type { NodeSettings, QueueOptions } from './node.ts'
import type { PoolOptions } from './pool.ts'
import { socketTransport, type TlsOptions } from './socket.ts'

export interface ClientOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 6379. */
  readonly port?: number
  /** A unix socket instead of host and port. */
  readonly path?: string
  /** `true`, or what node:tls takes; `caFile`, `certFile` and `keyFile` are read again for each connection. */
  readonly tls?: boolean | TlsOptions | (() => TlsOptions)
  /** The ACL user. */
  readonly username?: string
  readonly password?: string
  /** Asked before each connection, and again before what it answered expires; instead of username and password. */
  readonly credentials?: () => Promise<Credentials>
  /** The database; default 0. */
  readonly db?: number
  /** The name in CLIENT LIST. */
  readonly name?: string
  /** RESP version to ask for; default 3. A server that does not know it gets 2. */
  readonly protocol?: 2 | 3
  /** Shared connections; default 1. Commands go to the one with the fewest in flight. */
  readonly connections?: number
  /** For dialling and handshake; default 10,000. */
  readonly connectTimeoutMs?: number
  /** Deadline of a command over queue, flight and repetitions; default 5,000, 0 is none. Blocking commands get it on top of their own. */
  readonly timeoutMs?: number
  /** How often a command that is safe to repeat is sent again after a lost connection; default 3. */
  readonly maxRetries?: number
  /** Between attempts to connect; default 50 doubled up to 3,000, times a random number. */
  readonly backoff?: { readonly minMs?: number; readonly maxMs?: number }
  readonly queue?: QueueOptions
  /** Connections for blocking commands, transactions with WATCH, and `lane()`. */
  readonly pool?: PoolOptions
  /** A server that is silent for so long is given up; default 5,000, 0 is never. */
  readonly watchdogMs?: number
  /** Opt-in; `true` for the defaults. */
  readonly breaker?: boolean | BreakerOptions
  /** Opt-in; `true` for the defaults. */
  readonly adaptiveTimeout?: boolean | AdaptiveTimeoutOptions
  /** Connect in the background: `connect` returns at once and commands wait; default false. */
  readonly lazy?: boolean
  /** What is accepted from the server. */
  readonly limits?: DecodeLimits
  /** For tests. */
  readonly clock?: Clock
}

/** Where to connect: a URL (`redis://`, `rediss://`, `unix:`), options, or anything that offers links. */
export type Target = string | URL | ClientOptions | Transport

type Check = (value: unknown) => string | null

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isA =
  (type: string): Check =>
  (value) =>
    typeof value === type ? null : `must be a ${type}`
const within =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? null
      : `must be a whole number from ${min} to ${max === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : max}`
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value) ? null : `must be ${values.join(' or ')}`
const either =
  (...checks: Check[]): Check =>
  (value) => {
    const faults = checks.map((check) => check(value))
    return faults.includes(null) ? null : faults.join(', or ')
  }
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isObject(value)) return 'must be an object'
    for (const [name, given] of Object.entries(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (check === undefined) return `has no option "${name}"${nearest(name, Object.keys(fields))}`
      const fault = given === undefined ? null : check(given)
      if (fault !== null) return `: ${name} ${fault}`.replace(' :', ':')
    }
    return null
  }

const COUNT = within(1, Number.MAX_SAFE_INTEGER)
const MS = within(0, Number.MAX_SAFE_INTEGER)
const SHARE: Check = (value) =>
  typeof value === 'number' && value > 0 && value <= 1 ? null : 'must be a number above 0 and at most 1'

const TLS: readonly (keyof TlsOptions)[] = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'servername',
  'rejectUnauthorized',
  'checkServerIdentity',
  'minVersion',
  'maxVersion',
  'ciphers',
  'secureContext',
  'ALPNProtocols',
  'caFile',
  'certFile',
  'keyFile',
]

const OPTIONS: Readonly<Record<keyof ClientOptions, Check>> = {
  host: isA('string'),
  port: within(1, 65535),
  path: isA('string'),
  tls: either(isA('boolean'), isA('function'), record(Object.fromEntries(TLS.map((name) => [name, () => null])))),
  username: isA('string'),
  password: isA('string'),
  credentials: isA('function'),
  db: within(0, 0x7fffffff),
  name: (value) =>
    typeof value === 'string' && /^[!-~]+$/.test(value) ? null : 'must be text without spaces or special characters',
  protocol: oneOf(2, 3),
  connections: within(1, 1000),
  connectTimeoutMs: within(1, 0x7fffffff),
  timeoutMs: MS,
  maxRetries: MS,
  backoff: record({ minMs: MS, maxMs: MS }),
  queue: record({
    maxCount: COUNT,
    maxBytes: COUNT,
    whenFull: oneOf('reject', 'drop-oldest'),
    offline: isA('boolean'),
  }),
  pool: record({ min: MS, max: COUNT, acquireTimeoutMs: MS, idleMs: MS }),
  watchdogMs: MS,
  breaker: either(
    isA('boolean'),
    record({ windowMs: COUNT, failureRate: SHARE, minFailures: COUNT, openMs: MS, probes: COUNT }),
  ),
  adaptiveTimeout: either(isA('boolean'), record({ minMs: COUNT, maxMs: COUNT, deviations: COUNT })),
  lazy: isA('boolean'),
  limits: record({ maxBulkBytes: COUNT, maxLineBytes: COUNT, maxDepth: COUNT }),
  clock: isA('object'),
}

/** Everything there is to know, checked and with defaults. */
export interface Settings {
  readonly node: NodeSettings
  readonly lazy: boolean
}

/**
 * Reads and checks what `connect` was given; options win over the URL. Without a target: OCHRE_REDIS_URL, else the
 * default port of this machine. Throws UsageError with the name of what is wrong.
 */
export function readOptions(
  target: Target | undefined,
  given: ClientOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  let transport: Transport | undefined
  let options: ClientOptions = given
  const where = target === undefined ? env.OCHRE_REDIS_URL : target
  if (!isObject(given)) throw new UsageError('The options of the client are one object.')
  if (typeof where === 'string' || where instanceof URL) options = { ...readUrl(where), ...stated(given) }
  else if (where !== undefined && !isObject(where))
    throw new UsageError('Connect to a URL, an object with options, or something with a method dial.')
  else if (where !== undefined && isTransport(where)) transport = where
  else if (where !== undefined) options = { ...where, ...stated(given) }
  options = stated(options)
  const fault = record(OPTIONS)(options)
  if (fault !== null) throw new UsageError(`The options of the client ${fault.replace(/^: /, 'are wrong: ')}.`)
  const elsewhere = transport && (['host', 'port', 'path', 'tls'] as const).find((name) => options[name] !== undefined)
  if (elsewhere !== undefined)
    throw new UsageError(`The transport says where to connect; ${elsewhere} means nothing here.`)
  return settingsOf(options, transport ?? socketOf(options))
}

/** Without what is undefined, which says nothing: neither over a URL nor over a default. */
function stated<T extends object>(options: T): T {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([name, value]) => [name, isPlain(value) ? stated(value) : value])) as T
}

/** Options within options; not a clock, a Buffer or whatever else has methods of its own. */
function isPlain(value: unknown): value is object {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype
}

function settingsOf(options: ClientOptions, transport: Transport): Settings {
  const { username, password, credentials } = options
  if (credentials !== undefined && (username !== undefined || password !== undefined)) {
    throw new UsageError('Give either credentials or username and password.')
  }
  if (username !== undefined && password === undefined) throw new UsageError('A username needs a password.')
  const backoff = { minMs: 50, maxMs: 3000, ...options.backoff }
  if (backoff.minMs > backoff.maxMs) throw new UsageError('backoff.minMs is larger than backoff.maxMs.')
  const pool = options.pool ?? {}
  if ((pool.min ?? 0) > (pool.max ?? 64)) throw new UsageError('pool.min is larger than pool.max.')
  return {
    lazy: options.lazy ?? false,
    node: {
      transport,
      clock: options.clock ?? systemClock,
      handshake: { protocol: options.protocol ?? 3, name: options.name, db: options.db ?? 0 },
      credentials: credentials ?? (password === undefined ? undefined : { username, password }),
      connections: options.connections ?? 1,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      timeoutMs: options.timeoutMs ?? 5000,
      maxRetries: options.maxRetries ?? 3,
      backoff,
      queue: { maxCount: 100_000, maxBytes: 256 * 1024 * 1024, whenFull: 'reject', offline: true, ...options.queue },
      pool,
      watchdogMs: options.watchdogMs ?? 5000,
      breaker: optIn(options.breaker),
      adaptiveTimeout: optIn(options.adaptiveTimeout),
      limits: options.limits ?? {},
    },
  }
}

function optIn<T extends object>(option: boolean | T | undefined): T | undefined {
  return option === true ? ({} as T) : option === false ? undefined : option
}

function socketOf(options: ClientOptions): Transport {
  const { path, tls } = options
  if (path !== undefined && (options.host !== undefined || options.port !== undefined)) {
    throw new UsageError('Give either path or host and port.')
  }
  return socketTransport({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 6379,
    path,
    tls: tls === true ? {} : tls === false ? undefined : tls,
  })
}

function isTransport(value: object): value is Transport {
  return typeof (value as Partial<Transport>).dial === 'function'
}

const SCHEMES = ['redis', 'rediss', 'unix']
/** Options that may stand behind the question mark. */
const IN_URL: ReadonlySet<string> = new Set([
  'db',
  'name',
  'protocol',
  'connections',
  'connectTimeoutMs',
  'timeoutMs',
  'maxRetries',
  'watchdogMs',
  'lazy',
])

function readUrl(given: string | URL): ClientOptions {
  const text = String(given)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) throw new UsageError('The address of the server is no URL; write redis://host:port.')
  if (!SCHEMES.includes(scheme)) {
    throw new UsageError(
      `The scheme "${scheme}" is not known${nearest(scheme, SCHEMES)}; there are ${SCHEMES.join(', ')}.`,
    )
  }
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new UsageError('The address of the server cannot be read as a URL: check port and special characters.', {
      cause,
    })
  }
  const options: { -readonly [K in keyof ClientOptions]: ClientOptions[K] } = {}
  if (url.username !== '') options.username = decode(url.username)
  if (url.password !== '') options.password = decode(url.password)
  if (scheme === 'unix') {
    if (url.host !== '') throw new UsageError('A unix: address has no host; write unix:/path/of/socket.')
    options.path = decode(url.pathname)
    if (options.path === '' || options.path === '/')
      throw new UsageError('A unix: address needs the path of the socket.')
  } else {
    if (scheme === 'rediss') options.tls = true
    if (url.hostname !== '') options.host = url.hostname.replace(/^\[|\]$/g, '')
    if (url.port !== '') options.port = Number(url.port)
    const db = url.pathname.replace(/^\/|\/$/g, '')
    if (db !== '') {
      if (!/^\d+$/.test(db))
        throw new UsageError('The path of the address is the number of the database, as in redis://host/0.')
      options.db = Number(db)
    }
  }
  const extra: Record<string, unknown> = options
  for (const [name, value] of url.searchParams) {
    // Such an address has no place for them before the path.
    if (scheme === 'unix' && (name === 'username' || name === 'password')) {
      extra[name] = value
      continue
    }
    if (!IN_URL.has(name)) {
      throw new UsageError(`The address has no parameter "${name}"${nearest(name, [...IN_URL])}.`)
    }
    if (value === '') throw new UsageError(`The parameter "${name}" of the address is empty.`)
    if (name === 'name') extra[name] = value
    else if (name !== 'lazy') extra[name] = Number(value)
    else if (value === 'true' || value === 'false') extra[name] = value === 'true'
    else throw new UsageError('The parameter "lazy" of the address must be true or false.')
  }
  return options
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new UsageError('The address has a % that is not followed by two hexadecimal digits.', { cause })
  }
}

/** `; did you mean "port"?` when one of the names is near. */
function nearest(name: string, names: readonly string[]): string {
  let best = ''
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best === '' ? '' : `; did you mean "${best}"?`
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
