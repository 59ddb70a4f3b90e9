// Who a request is, and what that principal may do: a grant (plain values, as it is stored with a key or made from the
// claims of a token) compiled once into fast tests.

import { BlockList, isIP } from 'node:net'
import { type CommandSpec, compileGlob, matchGlob, UsageError } from '@ochre/protocol'

export const SCOPES = ['read', 'write', 'pubsub', 'scripts', 'models', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Requests per second in the long run, and how many may come at once. One request costs at least 1. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What a principal may do. Everything that is not granted is refused. */
export interface Grant {
  readonly scopes: readonly Scope[]
  /** Redis ACL rules applied after the scopes, in order: `+get`, `-@slow`, `+config|get`. */
  readonly commands?: readonly string[]
  /** Redis key patterns: `user:*`, `~user:*`, `%R~ref:*` (read only), `%W~log:*` (write only). None means no key. */
  readonly keys?: readonly string[]
  /** Redis channel patterns, with or without `&`. */
  readonly channels?: readonly string[]
  /** Names of models, `*` for all. Needs the scope `models`. */
  readonly models?: readonly string[]
  /** Logical databases; absent means only the one that the gateway is configured for. */
  readonly databases?: readonly number[] | '*'
  /** Addresses and CIDR blocks it may come from; absent means any. */
  readonly networks?: readonly string[]
  readonly rate?: Rate
  /** Cost units per day (UTC). */
  readonly quotaPerDay?: number
}

/** Everything, from anywhere. */
export const FULL_GRANT: Grant = {
  scopes: SCOPES,
  keys: ['*'],
  channels: ['*'],
  models: ['*'],
  databases: '*',
}

/** Keys that hold the gateway's own state; no command of a caller may name them. */
export const RESERVED_PREFIX = 'ochre:gateway:'

export interface Principal {
  /** Stable and not secret: the key's id, `root`, `jwt:<subject>`, `acl:<user>`. */
  readonly id: string
  readonly kind: 'root' | 'key' | 'jwt' | 'acl'
  readonly grant: Grant
  readonly rules: Rules
  /** Set when Redis itself decides: commands run on connections of that ACL user. */
  readonly redisUser?: { readonly name: string; readonly password: string }
  /** Milliseconds since 1970; sockets and streams end then. */
  readonly expiresAt?: number
}

/**
 * Whether the principal may do everything that the gateway itself may. A Redis user is never one: its rules are Redis's,
 * and what it could have the gateway do is not.
 */
export function hasAllRights({ rules, redisUser }: Principal): boolean {
  return redisUser === undefined && rules.isFull
}

/** Classes of commands that a scope opens. A command with a class that is not opened is refused. */
const CLASS_SCOPE: Readonly<Record<string, Scope>> = {
  read: 'read',
  write: 'write',
  pubsub: 'pubsub',
  scripting: 'scripts',
  admin: 'admin',
  dangerous: 'admin',
}

interface KeyRule {
  readonly read: boolean
  readonly write: boolean
  readonly test: (key: string) => boolean
}

/** A grant, compiled. */
export class Rules {
  readonly hasAllKeys: boolean
  readonly hasAllDatabases: boolean
  /** Whether nothing is left out: every scope, command, key, channel, model and database. */
  readonly isFull: boolean
  readonly #scopes: ReadonlySet<Scope>
  readonly #commands: readonly { readonly allow: boolean; readonly test: (spec: CommandSpec) => boolean }[]
  readonly #keys: readonly KeyRule[]
  readonly #keyPatterns: ReadonlySet<string>
  readonly #channels: readonly { readonly text: string; readonly test: (channel: string) => boolean }[]
  readonly #models: ReadonlySet<string>
  readonly #databases: ReadonlySet<number>
  readonly #networks: BlockList | undefined
  /** The answer for a command never changes, so each is worked out once. */
  readonly #known = new Map<CommandSpec, boolean>()

  /** Throws UsageError when the grant is malformed; the message names the field. */
  constructor(grant: Grant) {
    for (const scope of grant.scopes) {
      if (!SCOPES.includes(scope)) throw new UsageError(`Unknown scope; the scopes are ${SCOPES.join(', ')}.`)
    }
    this.#scopes = new Set(grant.scopes)
    this.#commands = (grant.commands ?? []).map(commandRule)
    this.#keys = (grant.keys ?? []).map(keyRule)
    this.#keyPatterns = new Set((grant.keys ?? []).map((key) => binary(key.replace(/^(?:~|%RW?~|%WR~)/, ''))))
    this.hasAllKeys = (grant.keys ?? []).some((key) => key === '*' || key === '~*' || key === '%RW~*')
    this.#channels = (grant.channels ?? []).map((channel) => {
      const text = binary(channel.startsWith('&') ? channel.slice(1) : channel)
      return { text, test: patternTest(text) }
    })
    this.#models = new Set(grant.models ?? [])
    this.hasAllDatabases = grant.databases === '*'
    this.#databases = new Set(Array.isArray(grant.databases) ? grant.databases : [])
    this.#networks = grant.networks === undefined ? undefined : blockList(grant.networks)
    this.isFull =
      SCOPES.every((scope) => this.#scopes.has(scope)) &&
      this.#commands.length === 0 &&
      this.hasAllKeys &&
      this.hasAllDatabases &&
      this.allowsChannelPattern('*') &&
      this.#models.has('*')
  }

  has(scope: Scope): boolean {
    return this.#scopes.has(scope)
  }

  /** Whether the command may run at all, keys and channels aside. */
  allows(spec: CommandSpec): boolean {
    let allowed = this.#known.get(spec)
    if (allowed === undefined) {
      allowed = spec.categories.every((category) => {
        const scope = CLASS_SCOPE[category]
        return scope === undefined || this.#scopes.has(scope)
      })
      for (const rule of this.#commands) if (rule.test(spec)) allowed = rule.allow
      this.#known.set(spec, allowed)
    }
    return allowed
  }

  /** As in Redis: one pattern must grant everything that the command does to the key. */
  allowsKey(key: string, reads: boolean, writes: boolean): boolean {
    return this.#keys.some((rule) => (rule.read || !reads) && (rule.write || !writes) && rule.test(key))
  }

  /** Whether everything that the pattern matches may be read: only when that very pattern, or everything, is granted. */
  allowsKeyPattern(pattern: string): boolean {
    return this.hasAllKeys || this.#keyPatterns.has(pattern)
  }

  allowsChannel(channel: string): boolean {
    return this.#channels.some((rule) => rule.test(channel))
  }

  /** As in Redis: a pattern may be subscribed to only when the very pattern is granted, or everything is. */
  allowsChannelPattern(pattern: string): boolean {
    return this.#channels.some((rule) => rule.text === pattern || rule.text === '*')
  }

  allowsModel(name: string): boolean {
    return this.#scopes.has('models') && (this.#models.has('*') || this.#models.has(name))
  }

  allowsDatabase(database: number, configured: number): boolean {
    return (
      this.hasAllDatabases || (this.#databases.size === 0 ? database === configured : this.#databases.has(database))
    )
  }

  get isBoundToNetworks(): boolean {
    return this.#networks !== undefined
  }

  allowsNetwork(address: string): boolean {
    if (this.#networks === undefined) return true
    const family = isIP(address)
    // An IPv4 address in IPv6's spelling is one of IPv4 to the list.
    return family !== 0 && this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function commandRule(rule: string): { allow: boolean; test: (spec: CommandSpec) => boolean } {
  const match = /^([+-])(?:(@)([a-z]+)|([a-z0-9._-]+)(?:\|([a-z0-9_-]+))?)$/i.exec(rule)
  if (match === null)
    throw new UsageError('A command rule is +command, -command, +command|subcommand, +@category or -@category.')
  const allow = match[1] === '+'
  if (match[2] === '@') {
    const category = match[3]!.toLowerCase()
    return { allow, test: category === 'all' ? () => true : (spec) => spec.categories.includes(category) }
  }
  const name = match[4]!.toLowerCase()
  if (match[5] !== undefined) {
    const full = `${name} ${match[5].toLowerCase()}`
    return { allow, test: (spec) => spec.name === full }
  }
  return { allow, test: (spec) => spec.name === name || spec.name.startsWith(`${name} `) }
}

/** `*` covers the empty name too, which a glob does not. */
function patternTest(pattern: string): (name: string) => boolean {
  if (pattern === '*') return () => true
  const glob = compileGlob(pattern)
  return (name) => matchGlob(glob, name)
}

function keyRule(pattern: string): KeyRule {
  const match = /^%(R|W|RW|WR)~(.*)$/s.exec(pattern)
  if (match !== null) {
    return { read: match[1]!.includes('R'), write: match[1]!.includes('W'), test: patternTest(binary(match[2]!)) }
  }
  return { read: true, write: true, test: patternTest(binary(pattern.startsWith('~') ? pattern.slice(1) : pattern)) }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [, address = '', bits] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(network) ?? []
    const family = isIP(address)
    const width = family === 4 ? 32 : 128
    const prefix = Number(bits ?? width)
    if (family === 0 || prefix > width) {
      throw new UsageError('A network is an IP address or a CIDR block such as 10.0.0.0/8.')
    }
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** Text as a binary string: one character per byte of its UTF-8. */
export function binary(text: string | Uint8Array): string {
  if (typeof text !== 'string') return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1')
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.from(text).toString('latin1')
  return text
}
