// The engine's settings under the names of CONFIG GET: one line each with its default, its reader and its writer.
import { quotable } from './failures.ts'
import { formatNotify, parseNotify } from './notify.ts'

interface Setting<T> {
  readonly initial: T
  /** The value, or a sentence saying what is wrong with the text. */
  read(text: string): { value: T } | string
  write(value: T): string
  /** Set when the engine opens and never after. */
  readonly isFixed?: boolean
  /** An older name of the same setting. */
  readonly alias?: string
}

/** Hard limit, soft limit (bytes) and how long the soft one may be exceeded (seconds); 0 is no limit. */
export type OutputLimit = readonly [hardBytes: number, softBytes: number, softSeconds: number]

export interface OutputLimits {
  readonly normal: OutputLimit
  readonly replica: OutputLimit
  readonly pubsub: OutputLimit
}

/** Which keys go when the data takes more than `maxmemory`. */
export const EVICTION_POLICIES = [
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'noeviction',
] as const

/** The current values, typed; reading one is a plain property access. */
export interface Settings {
  databases: number
  /** The TCP port that is listened on last; 0 for none. */
  port: number
  unixsocket: string
  requirepass: string
  aclfile: string
  'acllog-max-len': number
  'acl-pubsub-default': 'allchannels' | 'resetchannels'
  'enable-debug-command': 'no' | 'yes' | 'local'
  /** After how many idle seconds a client is disconnected; 0 for never. */
  timeout: number
  'tcp-keepalive': number
  /** In microseconds; negative for never. */
  'slowlog-log-slower-than': number
  'slowlog-max-len': number
  /** In milliseconds; 0 for never. */
  'latency-monitor-threshold': number
  'latency-tracking': boolean
  'tracking-table-max-keys': number
  save: string
  'cluster-enabled': boolean
  maxclients: number
  /** How much the data may take, as entry-size.ts estimates it; 0 is no limit. */
  maxmemory: number
  'maxmemory-policy': (typeof EVICTION_POLICIES)[number]
  'maxmemory-samples': number
  /** How much the clients may hold together; negative is percent of `maxmemory`, 0 is no limit. */
  'maxmemory-clients': number
  'lfu-log-factor': number
  'lfu-decay-time': number
  /** Whether there is a folder that keeps the data. */
  appendonly: boolean
  appendfsync: 'always' | 'everysec' | 'no'
  /** What the names of the files that keep the data begin with. */
  appendfilename: string
  /** The folder that keeps the data. */
  dir: string
  /** Whether an incomplete record at the end, which a crash left, is cut off; otherwise it refuses to open. */
  'aof-load-truncated': boolean
  /** How much more than after the last rewrite there must be for another, in percent; 0 is never. */
  'auto-aof-rewrite-percentage': number
  'auto-aof-rewrite-min-size': number
  /** How long a script may run before it is interrupted for others, in ms; 0 is no limit. */
  'busy-reply-threshold': number
  'proto-max-bulk-len': number
  'client-query-buffer-limit': number
  'client-output-buffer-limit': OutputLimits
  /** Bits of `Notify`. */
  'notify-keyspace-events': number
  'hash-max-listpack-entries': number
  'hash-max-listpack-value': number
  'set-max-intset-entries': number
  'stream-node-max-bytes': number
  'stream-node-max-entries': number
  'hll-sparse-max-bytes': number
  'zset-max-listpack-entries': number
  'zset-max-listpack-value': number
}

export type SettingName = keyof Settings

const SETTINGS: { readonly [Name in SettingName]: Setting<Settings[Name]> } = {
  databases: { ...count(16, 1, 0x7fffffff), isFixed: true },
  port: { ...count(0, 0, 65_535), isFixed: true },
  unixsocket: { ...text(''), isFixed: true },
  requirepass: text(''),
  aclfile: { ...text(''), isFixed: true },
  'acllog-max-len': count(128),
  'acl-pubsub-default': choice('resetchannels', ['allchannels', 'resetchannels']),
  'enable-debug-command': { ...choice('local', ['no', 'yes', 'local']), isFixed: true },
  timeout: count(0, 0, 0x7fffffff),
  'tcp-keepalive': count(300, 0, 0x7fffffff),
  'slowlog-log-slower-than': count(10_000, -1),
  'slowlog-max-len': count(128),
  'latency-monitor-threshold': count(0),
  'latency-tracking': yesNo(true),
  'tracking-table-max-keys': count(1_000_000),
  // There are no snapshots on a timer and no cluster: clients and tools ask.
  save: { ...text(''), isFixed: true },
  'cluster-enabled': { ...yesNo(false), isFixed: true },
  maxclients: count(10_000, 1, 0xffffffff),
  maxmemory: bytes(0),
  'maxmemory-policy': choice('noeviction', EVICTION_POLICIES),
  'maxmemory-samples': count(5, 1, 64),
  'maxmemory-clients': bytesOrPercent(),
  'lfu-log-factor': count(10, 0, 0x7fffffff),
  'lfu-decay-time': count(1, 0, 0x7fffffff),
  appendonly: { ...yesNo(false), isFixed: true },
  appendfsync: choice('everysec', ['always', 'everysec', 'no']),
  appendfilename: { ...fileName('appendonly.aof'), isFixed: true },
  dir: { ...text('.'), isFixed: true },
  'aof-load-truncated': yesNo(true),
  'auto-aof-rewrite-percentage': count(100, 0, 0x7fffffff),
  'auto-aof-rewrite-min-size': bytes(64 * 1024 * 1024),
  'busy-reply-threshold': { ...count(5000, 0), alias: 'lua-time-limit' },
  'proto-max-bulk-len': bytes(536_870_912, 1024 * 1024),
  'client-query-buffer-limit': bytes(1_073_741_824, 1024 * 1024),
  'client-output-buffer-limit': outputLimits(),
  'notify-keyspace-events': notifyFlags(),
  'hash-max-listpack-entries': { ...count(512), alias: 'hash-max-ziplist-entries' },
  'hash-max-listpack-value': { ...bytes(64), alias: 'hash-max-ziplist-value' },
  'set-max-intset-entries': count(512),
  'stream-node-max-bytes': bytes(4096),
  'stream-node-max-entries': count(100),
  'hll-sparse-max-bytes': bytes(3000),
  'zset-max-listpack-entries': { ...count(128), alias: 'zset-max-ziplist-entries' },
  'zset-max-listpack-value': { ...bytes(64), alias: 'zset-max-ziplist-value' },
}

const NAMES: ReadonlyMap<string, SettingName> = new Map(
  (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
    const { alias } = SETTINGS[name]
    return alias === undefined
      ? [[name, name]]
      : ([
          [name, name],
          [alias, name],
        ] as [string, SettingName][])
  }),
)

export function defaultSettings(): Settings {
  // Made like this, V8 reads a setting by its place in the object and not by a search for its name.
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]),
  ) as unknown as Settings
}

/** Every name CONFIG GET may answer, aliases included. */
export function settingNames(): Iterable<string> {
  return NAMES.keys()
}

/** The text of a setting as CONFIG GET gives it; undefined when there is no such setting. */
export function readSetting(settings: Settings, name: string): string | undefined {
  const known = NAMES.get(name)
  return known === undefined ? undefined : write(settings, known)
}

function write<Name extends SettingName>(settings: Settings, name: Name): string {
  return SETTINGS[name].write(settings[name])
}

/** Changes one setting. Returns what is wrong, in Redis's words, or null when it was changed. */
export function writeSetting(settings: Settings, name: string, text: string, isOpening = false): string | null {
  const known = NAMES.get(name)
  if (known === undefined) return 'Unknown option or number of arguments'
  const setting = SETTINGS[known]
  if (setting.isFixed && !isOpening) return "can't set immutable config"
  const result = setting.read(text)
  if (typeof result === 'string') return result
  Object.assign(settings, { [known]: result.value })
  return null
}

function yesNo(initial: boolean): Setting<boolean> {
  return {
    initial,
    read: (word) =>
      /^(yes|no)$/i.test(word) ? { value: word.toLowerCase() === 'yes' } : "argument must be 'yes' or 'no'",
    write: (value) => (value ? 'yes' : 'no'),
  }
}

function choice<T extends string>(initial: T, words: readonly T[]): Setting<T> {
  return {
    initial,
    read(word) {
      const value = words.find((known) => known === word.toLowerCase())
      return value === undefined ? `argument(s) must be one of the following: ${words.join(', ')}` : { value }
    },
    write: (value) => value,
  }
}

function text(initial: string): Setting<string> {
  return { initial, read: (value) => ({ value }), write: (value) => value }
}

function fileName(initial: string): Setting<string> {
  return {
    ...text(initial),
    read: (value) =>
      value === '' || /[/\\\n]/.test(value) ? `appendfilename can't be a path, just a filename` : { value },
  }
}

/** Where Redis has 64 bits, the words are its own. */
function shownLimit(max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? '9223372036854775807' : String(max)
}

function count(initial: number, min = 0, max: number = Number.MAX_SAFE_INTEGER): Setting<number> {
  return {
    initial,
    read(text) {
      const value = Number(text)
      if (!/^-?[0-9]+$/.test(text)) return "argument couldn't be parsed into an integer"
      if (value < min || value > max) return `argument must be between ${min} and ${shownLimit(max)} inclusive`
      return { value }
    },
    write: String,
  }
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
}

/** A size such as `64`, `1kb` or `2GB`, in bytes; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^([0-9]+)([a-z]*)$/i.exec(text) ?? []
  const factor = UNITS[unit.toLowerCase()]
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor
}

function bytes(initial: number, min = 0): Setting<number> {
  return {
    initial,
    read(text) {
      const value = parseBytes(text)
      if (value === undefined) return 'argument must be a memory value'
      if (value < min) return `argument must be between ${min} and ${shownLimit(Number.MAX_SAFE_INTEGER)} inclusive`
      return { value }
    },
    write: String,
  }
}

/** A size, or percent as a negative number. */
function bytesOrPercent(): Setting<number> {
  return {
    initial: 0,
    read(text) {
      const percent = /^([0-9]+)%$/.exec(text)?.[1]
      const value = percent === undefined ? parseBytes(text) : -Number(percent)
      if (value === undefined) return 'argument must be a memory or percent value'
      return value < -100 ? 'percentage argument must be less or equal to 100' : { value: value || 0 }
    },
    write: (value) => (value < 0 ? `${-value}%` : String(value)),
  }
}

function notifyFlags(): Setting<number> {
  return {
    initial: 0,
    read(text) {
      const value = parseNotify(text)
      return value === undefined ? "Invalid event class character. Use 'Ag$lshzxeKEtmdn'." : { value }
    },
    write: formatNotify,
  }
}

function outputLimits(): Setting<OutputLimits> {
  const initial: OutputLimits = {
    normal: [0, 0, 0],
    replica: [268_435_456, 67_108_864, 60],
    pubsub: [33_554_432, 8_388_608, 60],
  }
  return {
    initial,
    read(text) {
      const words = text.trim().split(/\s+/)
      if (words.length === 0 || words.length % 4 !== 0)
        return 'Wrong number of arguments in buffer limit configuration.'
      const value = { ...initial }
      for (let i = 0; i < words.length; i += 4) {
        const name = words[i]?.toLowerCase() === 'slave' ? 'replica' : words[i]?.toLowerCase()
        if (name !== 'normal' && name !== 'replica' && name !== 'pubsub') {
          return 'Invalid client class specified in buffer limit configuration.'
        }
        const hard = parseBytes(words[i + 1]!)
        const soft = parseBytes(words[i + 2]!)
        const seconds = Number(words[i + 3])
        if (hard === undefined || soft === undefined || !Number.isInteger(seconds) || seconds < 0) {
          return 'Error in hard, soft or soft_seconds setting in buffer limit configuration.'
        }
        value[name] = [hard, soft, seconds]
      }
      return { value }
    },
    write: ({ normal, replica, pubsub }) =>
      `normal ${normal.join(' ')} slave ${replica.join(' ')} pubsub ${pubsub.join(' ')}`,
  }
}

/**
 * Changes several settings, all or none. Returns the whole error reply, or null. A setting may be given once only; what
 * follows from a change is the caller's business.
 */
export function changeSettings(settings: Settings, pairs: readonly (readonly [string, string])[]): string | null {
  const failed = (name: string, why: string): string =>
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`
  const seen = new Set<string>()
  for (const [name] of pairs) {
    const known = NAMES.get(name.toLowerCase())
    if (known === undefined)
      return `ERR Unknown option or number of arguments for CONFIG SET - '${quotable(name, 128)}'`
    if (SETTINGS[known].isFixed) return failed(name.toLowerCase(), "can't set immutable config")
    if (seen.has(name.toLowerCase())) return failed(name.toLowerCase(), 'duplicate parameter')
    seen.add(name.toLowerCase())
  }
  const changes: Record<string, unknown> = {}
  for (const [name, text] of pairs) {
    const known = NAMES.get(name.toLowerCase())!
    const result = SETTINGS[known].read(text)
    if (typeof result === 'string') return failed(name.toLowerCase(), result)
    changes[known] = result.value
  }
  Object.assign(settings, changes)
  return null
}
