// The configuration: defaults < file < .env < environment < flags, from one table of settings that also says how each is
// named, what it means, and which of them a reload applies. Everything that is wrong is reported at once, by name.

import { X509Certificate } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { parseEnv } from 'node:util'
import { UsageError } from '@ochre/protocol'
import { ALGORITHMS } from './jwt.ts'

export interface Config {
  readonly host: string
  readonly port: number
  readonly adminHost: string
  readonly admin: boolean
  readonly adminPort: number
  /** Undefined: the embedded engine. */
  readonly redisUrl: string | undefined
  readonly rootKey: string | undefined
  readonly secret: string | undefined
  readonly models: string | undefined
  readonly workers: number
  readonly logLevel: string
  readonly logRequests: boolean
  readonly auditFile: string | undefined
  readonly publicUrl: string | undefined
  readonly trustedProxies: number
  readonly corsOrigins: readonly string[]
  readonly compression: boolean
  readonly bodyLimit: number
  readonly valueLimit: number
  readonly pipelineLimit: number
  readonly bufferLimit: number
  readonly socketInFlight: number
  readonly socketSubscriptions: number
  readonly shutdownDelayMs: number
  readonly shutdownMs: number
  readonly tlsCertFile: string | undefined
  readonly tlsKeyFile: string | undefined
  readonly tlsCaFile: string | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  readonly jwtJwksUri: string | undefined
  readonly jwtAlgorithms: readonly string[]
  readonly jwtClaim: string
}

type Kind = 'text' | 'integer' | 'bytes' | 'list' | 'boolean' | 'level' | 'url' | 'origins' | 'file' | 'algorithms'

export interface Setting {
  readonly name: keyof Config
  readonly kind: Kind
  readonly fallback?: string | number | boolean | readonly string[]
  readonly about: string
  readonly min?: number
  readonly max?: number
  /** Never shown; may also come from the file that `<NAME>_FILE` names. */
  readonly secret?: true
  /** Applied again on SIGHUP. */
  readonly reloads?: true
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export const SETTINGS: readonly Setting[] = [
  { name: 'host', kind: 'text', fallback: '127.0.0.1', about: 'Address to listen on.' },
  { name: 'port', kind: 'integer', fallback: 7400, min: 0, max: 65_535, about: 'Port to listen on.' },
  { name: 'adminHost', kind: 'text', fallback: '127.0.0.1', about: 'Address of the admin server.' },
  { name: 'admin', kind: 'boolean', fallback: true, about: 'Whether there is an admin server.' },
  {
    name: 'adminPort',
    kind: 'integer',
    fallback: 7401,
    min: 0,
    max: 65_535,
    about: 'Port of the admin server (health, metrics).',
  },
  { name: 'redisUrl', kind: 'text', secret: true, about: 'The Redis to serve; without it the embedded engine.' },
  {
    name: 'rootKey',
    kind: 'text',
    secret: true,
    reloads: true,
    about: 'The key with full rights, 32 or more characters.',
  },
  {
    name: 'secret',
    kind: 'text',
    secret: true,
    about: 'Seals API keys and tokens, 32 or more characters; the same for all gateways of one Redis.',
  },
  { name: 'models', kind: 'text', about: 'Module with the models to serve.' },
  { name: 'workers', kind: 'integer', fallback: 1, min: 1, max: 256, about: 'Processes on one port.' },
  {
    name: 'logLevel',
    kind: 'level',
    fallback: 'info',
    reloads: true,
    about: `Least level to log: ${LEVELS.join(', ')}.`,
  },
  { name: 'logRequests', kind: 'boolean', fallback: false, about: 'Log every request; otherwise only failures.' },
  { name: 'auditFile', kind: 'text', about: 'File for the audit log (NDJSON with a hash chain).' },
  { name: 'publicUrl', kind: 'url', about: 'The address that clients use, for the OpenAPI document.' },
  {
    name: 'trustedProxies',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 10,
    about: 'How many proxies in front set x-forwarded-for.',
  },
  { name: 'corsOrigins', kind: 'origins', fallback: [], reloads: true, about: 'Origins whose scripts may call, or *.' },
  {
    name: 'compression',
    kind: 'boolean',
    fallback: true,
    reloads: true,
    about: 'Whether answers are compressed for callers that accept it.',
  },
  {
    name: 'bodyLimit',
    kind: 'bytes',
    fallback: 10 * 1024 * 1024,
    min: 1024,
    reloads: true,
    about: 'Largest request body.',
  },
  {
    name: 'valueLimit',
    kind: 'bytes',
    fallback: 512 * 1024 * 1024,
    min: 1024,
    reloads: true,
    about: 'Largest value in a value route.',
  },
  {
    name: 'pipelineLimit',
    kind: 'integer',
    fallback: 1000,
    min: 1,
    max: 100_000,
    reloads: true,
    about: 'Commands in one request.',
  },
  {
    name: 'bufferLimit',
    kind: 'bytes',
    fallback: 1024 * 1024,
    min: 1024,
    reloads: true,
    about: 'Bytes that may wait for a slow reader.',
  },
  {
    name: 'socketInFlight',
    kind: 'integer',
    fallback: 256,
    min: 1,
    max: 100_000,
    reloads: true,
    about: 'Frames of one WebSocket in work.',
  },
  {
    name: 'socketSubscriptions',
    kind: 'integer',
    fallback: 1000,
    min: 1,
    max: 100_000,
    reloads: true,
    about: 'Subscriptions of one WebSocket.',
  },
  {
    name: 'shutdownDelayMs',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 600_000,
    about: 'Between readiness going off and the port closing.',
  },
  {
    name: 'shutdownMs',
    kind: 'integer',
    fallback: 10_000,
    min: 0,
    max: 600_000,
    about: 'Deadline for requests in work when stopping.',
  },
  { name: 'tlsCertFile', kind: 'file', about: 'Certificate (PEM); read again on reload.' },
  { name: 'tlsKeyFile', kind: 'file', about: 'Private key (PEM); read again on reload.' },
  { name: 'tlsCaFile', kind: 'file', about: 'Clients must show a certificate that this authority signed.' },
  { name: 'jwtIssuer', kind: 'text', about: 'Issuer of accepted tokens.' },
  { name: 'jwtAudience', kind: 'text', about: 'Audience of accepted tokens.' },
  { name: 'jwtJwksUri', kind: 'url', about: 'Where the keys of the issuer are published.' },
  {
    name: 'jwtAlgorithms',
    kind: 'algorithms',
    fallback: ['RS256', 'ES256', 'EdDSA'],
    about: 'Signature algorithms that are accepted.',
  },
  { name: 'jwtClaim', kind: 'text', fallback: 'ochre', about: 'Claim that holds the grant.' },
]

/** Variables of other parts of the project; they are not ours to complain about. */
const FOREIGN = /^OCHRE_(?:DEBUG|TEST_|BENCH_|SHELL_|REDIS_SERVER$|TOKEN$|URL$)/

export const envNameOf = (name: string): string => `OCHRE_${name.replaceAll(/([A-Z])/g, '_$1').toUpperCase()}`
export const flagNameOf = (name: string): string => `--${name.replaceAll(/([A-Z])/g, '-$1').toLowerCase()}`

export interface ConfigInput {
  /** Values given on the command line, by setting name. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** JSON file; by default `ochre.config.json` when it exists. */
  readonly file?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where the file and `.env` are looked for. */
  readonly cwd?: string
}

export interface LoadedConfig {
  readonly config: Config
  /** Where each value came from: `default`, the file's name, `.env`, `environment`, `flag`. */
  readonly sources: Readonly<Record<keyof Config, string>>
}

/** Reads and checks the configuration. Throws one UsageError that lists everything that is wrong. */
export function loadConfig(input: ConfigInput = {}): LoadedConfig {
  const cwd = input.cwd ?? process.cwd()
  const problems: string[] = []
  const layers: { source: string; values: Readonly<Record<string, unknown>>; name: (setting: string) => string }[] = []
  const file = readJson(resolve(cwd, input.file ?? 'ochre.config.json'), input.file !== undefined, problems)
  if (file !== undefined) {
    layers.push({ source: input.file ?? 'ochre.config.json', values: file, name: (setting) => setting })
    refuseUnknown(Object.keys(file), (setting) => setting, 'The file has no setting', problems)
  }
  const dotEnv = readDotEnv(resolve(cwd, '.env'))
  for (const [source, env] of [
    ['.env', dotEnv],
    ['environment', input.env ?? process.env],
  ] as const) {
    const values = fromEnv(env, problems)
    refuseUnknown(
      Object.keys(env).filter((name) => name.startsWith('OCHRE_') && !FOREIGN.test(name)),
      envNameOf,
      'There is no variable',
      problems,
    )
    layers.push({ source, values, name: envNameOf })
  }
  layers.push({ source: 'flag', values: input.flags ?? {}, name: flagNameOf })
  const config: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  for (const setting of SETTINGS) {
    config[setting.name] = setting.fallback
    sources[setting.name] = 'default'
    for (const layer of layers) {
      const value = layer.values[setting.name]
      if (value === undefined) continue
      const read = readValue(setting, value)
      if (read instanceof Error) problems.push(`${layer.name(setting.name)} ${read.message}`)
      else {
        config[setting.name] = read
        sources[setting.name] = layer.source
      }
    }
  }
  checkTogether(config as unknown as Config, problems)
  if (problems.length > 0) throw new UsageError(`The configuration is wrong:\n- ${problems.join('\n- ')}`)
  return { config: config as unknown as Config, sources: sources as Record<keyof Config, string> }
}

function checkTogether(config: Config, problems: string[]): void {
  for (const name of ['rootKey', 'secret'] as const) {
    const value = config[name]
    if (value !== undefined && value.length < 32) problems.push(`${envNameOf(name)} has at least 32 characters`)
  }
  if ((config.tlsCertFile === undefined) !== (config.tlsKeyFile === undefined)) {
    problems.push(`${envNameOf('tlsCertFile')} and ${envNameOf('tlsKeyFile')} go together`)
  }
  if (config.tlsCaFile !== undefined && config.tlsCertFile === undefined) {
    problems.push(`${envNameOf('tlsCaFile')} needs ${envNameOf('tlsCertFile')}`)
  }
  problems.push(...certificateProblems(config))
  const jwt = [config.jwtIssuer, config.jwtAudience, config.jwtJwksUri]
  if (jwt.some((part) => part !== undefined) && jwt.some((part) => part === undefined)) {
    problems.push('OCHRE_JWT_ISSUER, OCHRE_JWT_AUDIENCE and OCHRE_JWT_JWKS_URI go together')
  }
  if (config.port !== 0 && config.port === config.adminPort && config.host === config.adminHost) {
    problems.push('OCHRE_PORT and OCHRE_ADMIN_PORT are the same')
  }
}

/** A file of authorities without a certificate would be taken without a word, and let nobody in. */
function certificateProblems({ tlsCertFile, tlsKeyFile, tlsCaFile }: Config): string[] {
  const problems: string[] = []
  const attempt = (names: string, use: () => unknown): void => {
    try {
      use()
    } catch (error) {
      const { reason = 'no PEM' } = error as { readonly reason?: string }
      problems.push(`${names} cannot be used: ${reason}`)
    }
  }
  if (tlsCertFile !== undefined && tlsKeyFile !== undefined) {
    attempt(`${envNameOf('tlsCertFile')} with ${envNameOf('tlsKeyFile')}`, () =>
      createSecureContext({ cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) }),
    )
  }
  if (tlsCaFile !== undefined) attempt(envNameOf('tlsCaFile'), () => new X509Certificate(readFileSync(tlsCaFile)))
  return problems
}

function readJson(path: string, isRequired: boolean, problems: string[]): Record<string, unknown> | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (isRequired) problems.push(`The configuration file ${path} cannot be read`)
    return undefined
  }
  try {
    const value: unknown = JSON.parse(text)
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  problems.push(`The configuration file ${path} is not a JSON object`)
  return undefined
}

function readDotEnv(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
  } catch {
    return {}
  }
}

/** The settings that an environment sets, secrets read from the files that `_FILE` names. */
function fromEnv(env: Readonly<Record<string, string | undefined>>, problems: string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const name = envNameOf(setting.name)
    const direct = env[name]
    if (direct !== undefined && direct !== '') values[setting.name] = direct
    const path = setting.secret === true ? env[`${name}_FILE`] : undefined
    if (path === undefined || path === '') continue
    if (values[setting.name] !== undefined) problems.push(`${name} and ${name}_FILE are both set`)
    try {
      values[setting.name] = readFileSync(path, 'utf8').trim()
    } catch {
      problems.push(`${name}_FILE names a file that cannot be read`)
    }
  }
  return values
}

function refuseUnknown(
  given: readonly string[],
  spell: (setting: string) => string,
  text: string,
  problems: string[],
): void {
  const known = SETTINGS.flatMap((setting) => {
    const name = spell(setting.name)
    return setting.secret === true && name.startsWith('OCHRE_') ? [name, `${name}_FILE`] : [name]
  })
  for (const name of given) {
    if (known.includes(name)) continue
    const nearest = known.find((other) => isNear(name, other))
    problems.push(`${text} ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
  }
}

/** Whether two names differ by at most two edits. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]! <= 2
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

function listOf(value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value
  return Array.isArray(list) && list.every((item) => typeof item === 'string' && item !== '') ? list : undefined
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function readValue(setting: Setting, value: unknown): unknown {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting
  switch (setting.kind) {
    case 'text':
      return typeof value === 'string' && value !== '' ? value : new Error('is text')
    case 'level':
      return LEVELS.includes(String(value)) ? value : new Error(`is one of ${LEVELS.join(', ')}`)
    case 'integer': {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      const isFine = Number.isSafeInteger(number) && Number(number) >= min && Number(number) <= max
      return isFine ? number : new Error(`is an integer from ${min} to ${max}`)
    }
    case 'bytes': {
      const match = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(String(value))
      const number = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!.toLowerCase()]!
      return number >= min && number <= max ? number : new Error(`is a size of at least ${min} bytes, such as 10mb`)
    }
    case 'list':
      return listOf(value) ?? new Error('is a list, separated by commas')
    case 'origins': {
      const list = listOf(value)
      return list?.every(isOrigin)
        ? list
        : new Error('is *, or a list of origins as browsers send them, such as https://app.example, without a path')
    }
    case 'algorithms': {
      const list = listOf(value)
      return list?.every((name) => ALGORITHMS.includes(name))
        ? list
        : new Error(`is a list of ${ALGORITHMS.join(', ')}`)
    }
    case 'url':
      return typeof value === 'string' && /^https?:$/.test(urlOf(value)?.protocol ?? '')
        ? value
        : new Error('is an address that begins with http:// or https://')
    case 'file':
      try {
        accessSync(String(value), constants.R_OK)
        return value
      } catch {
        return new Error('names a file that cannot be read')
      }
    case 'boolean':
      if (typeof value === 'boolean') return value
      if (value === 'true' || value === '1') return true
      return value === 'false' || value === '0' ? false : new Error('is true or false')
  }
}

/** The configuration for people to read: secrets only as `(set)`. */
export function describeConfig({ config, sources }: LoadedConfig): { name: string; value: unknown; source: string }[] {
  return SETTINGS.map((setting) => {
    const value = config[setting.name]
    return {
      name: setting.name,
      value: setting.secret === true && value !== undefined ? '(set)' : (value ?? null),
      source: sources[setting.name],
    }
  })
}

/** Whether an origin can match what a browser sends: lower case, no port that is usual, no wildcard. Apps have theirs, too: capacitor://localhost. */
function isOrigin(text: string): boolean {
  if (text === '*') return true
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#*A-Z]+$/.test(text)) return false
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text)
}
