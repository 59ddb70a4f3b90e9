// The engine's settings under the names of CONFIG GET: one line each with its default, its reader and its writer.
import { quotable } from './failures.ts'
import { formatNotify, parseNotify } from './notify.ts'
import { type Integer, parseDouble, parseInteger } from './structures/numbers.ts'

interface Setting<T> {
  readonly initial: T
  /** The value, or a sentence saying what is wrong with the text. What the text leaves open stays as it is in `current`. */
  read(text: string, current: T): { value: T } | string
  write(value: T): string
  /** Set when the engine opens and never after. */
  readonly isFixed?: boolean
  /** It tells what is so and cannot be set at all; this is what decides. */
  readonly follows?: string
  /** An older name of the same setting. */
  readonly alias?: string
}

const MAX_INT64 = 2n ** 63n - 1n

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
  /** The percentiles in the section latencystats of INFO. */
  'latency-tracking-info-percentiles': readonly number[]
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
  port: { ...count(0, 0, 65_535), isFixed: true, follows: 'Engine.listen' },
  unixsocket: { ...text(''), isFixed: true, follows: 'Engine.listen' },
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
  'latency-tracking-info-percentiles': percentiles([50, 99, 99.9]),
  'tracking-table-max-keys': count(1_000_000),
  // There are no snapshots on a timer and no cluster: clients and tools ask.
  save: nothing(),
  'cluster-enabled': { ...yesNo(false), isFixed: true, follows: 'there being one server' },
  maxclients: count(10_000, 1, 0xffffffff),
  maxmemory: bytes(0, 0n, 2n ** 64n - 1n),
  'maxmemory-policy': choice('noeviction', EVICTION_POLICIES),
  'maxmemory-samples': count(5, 1, 0x7fffffff),
  'maxmemory-clients': bytesOrPercent(),
  'lfu-log-factor': count(10, 0, 0x7fffffff),
  'lfu-decay-time': count(1, 0, 0x7fffffff),
  appendonly: { ...yesNo(false), isFixed: true, follows: 'the option dir' },
  appendfsync: choice('everysec', ['everysec', 'always', 'no']),
  appendfilename: { ...fileName('appendonly.aof'), isFixed: true },
  dir: { ...text('.'), isFixed: true, follows: 'the option dir' },
  'aof-load-truncated': yesNo(true),
  'auto-aof-rewrite-percentage': count(100, 0, 0x7fffffff),
  'auto-aof-rewrite-min-size': bytes(64 * 1024 * 1024),
  'busy-reply-threshold': { ...count(5000, 0), alias: 'lua-time-limit' },
  'proto-max-bulk-len': bytes(536_870_912, 2n ** 20n),
  'client-query-buffer-limit': bytes(1_073_741_824, 2n ** 20n),
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

/** Sets one when the engine opens. Returns what is wrong, in Redis's words where it has some, or null. */
export function openSetting(settings: Settings, name: string, text: string): string | null {
  const known = NAMES.get(name)
  if (known === undefined) return 'Unknown option or number of arguments'
  const { read, follows } = SETTINGS[known]
  if (follows !== undefined) return `it follows from ${follows}`
  const result = read(text, settings[known] as never)
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

/** The setting of what is not there: it can only be empty. */
function nothing(): Setting<string> {
  return {
    ...text(''),
    read: (value) => (value === '' ? { value } : 'Invalid save parameters'),
  }
}

/** A number in the range of a setting, or what is wrong with it. */
function within(value: Integer, min: Integer, max: Integer): { value: number } | string {
  if (value < min || value > max) return `argument must be between ${min} and ${max} inclusive`
  return { value: Number(value) }
}

/** The nearest double of the largest integers is beyond them. */
function shown(value: number): string {
  return value === 2 ** 63 ? String(MAX_INT64) : value === 2 ** 64 ? String(2n ** 64n - 1n) : String(value)
}

function count(initial: number, min = 0, max: Integer = MAX_INT64): Setting<number> {
  return {
    initial,
    read(text) {
      const value = parseInteger(text)
      return value === undefined ? "argument couldn't be parsed into an integer" : within(value, min, max)
    },
    write: shown,
  }
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 2n ** 10n],
  ['m', 1_000_000n],
  ['mb', 2n ** 20n],
  ['g', 1_000_000_000n],
  ['gb', 2n ** 30n],
])

/** A size such as `64`, `1kb` or `2GB`, in bytes and in 64 bits; undefined when it is none. As in C it ends at a zero byte. */
export function parseBytes(text: string): bigint | undefined {
  const [digits, unit] = /^(\d{0,127})([a-z]*)(?:\0|$)/i.exec(text)?.slice(1) ?? []
  const factor = UNITS.get(unit?.toLowerCase() ?? '?')
  if (digits === undefined || factor === undefined) return undefined
  const value = BigInt(digits)
  return BigInt.asUintN(64, (value < 2n ** 64n ? value : 2n ** 64n - 1n) * factor)
}

function bytes(initial: number, min = 0n, max: bigint = MAX_INT64): Setting<number> {
  return {
    initial,
    read(text) {
      const value = parseBytes(text)
      return value === undefined ? 'argument must be a memory value' : within(value, min, max)
    },
    write: shown,
  }
}

/** A size, or percent as a negative number: also a size that is too large for a signed one. */
function bytesOrPercent(): Setting<number> {
  return {
    initial: 0,
    read(text) {
      const size = parseBytes(text)
      const percent = text.endsWith('%') ? parseInteger(text.slice(0, -1)) : undefined
      if (size === undefined && !(percent !== undefined && percent >= 0)) {
        return 'argument must be a memory or percent value'
      }
      const value = size === undefined ? -Number(percent) : Number(BigInt.asIntN(64, size))
      return value < -100 ? 'percentage argument must be less or equal to 100' : { value: value || 0 }
    },
    write: (value) => (value < 0 ? `${-value}%` : shown(value)),
  }
}

/** Words between single spaces, as Redis takes lists apart. */
function wordsOf(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

function percentiles(initial: readonly number[]): Setting<readonly number[]> {
  return {
    initial,
    read(text) {
      const value: number[] = []
      for (const word of wordsOf(text)) {
        const percentile = parseDouble(word)
        if (percentile === undefined) return 'Invalid latency-tracking-info-percentiles parameters'
        if (percentile < 0 || percentile > 100) {
          return 'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]'
        }
        value.push(percentile)
      }
      return { value }
    },
    write: (value) => value.map(formatPercentile).join(' '),
  }
}

/** With at most six digits after the point. */
export function formatPercentile(percentile: number): string {
  return percentile.toFixed(6).replace(/\.?0+$/, '')
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

/** As C makes an int of it; negative is wrong. */
function secondsOf(text: string): number {
  if (!/^(\+?\d+|)$/.test(text)) return -1
  const value = BigInt(text)
  return Number(BigInt.asIntN(32, value < MAX_INT64 ? value : MAX_INT64))
}

function outputLimits(): Setting<OutputLimits> {
  return {
    initial: {
      normal: [0, 0, 0],
      replica: [268_435_456, 67_108_864, 60],
      pubsub: [33_554_432, 8_388_608, 60],
    },
    read(text, current) {
      const words = wordsOf(text)
      if (words.length % 4 !== 0) return 'Wrong number of arguments in buffer limit configuration.'
      const value = { ...current }
      for (let i = 0; i < words.length; i += 4) {
        const name = words[i]!.toLowerCase() === 'slave' ? 'replica' : words[i]!.toLowerCase()
        if (name !== 'normal' && name !== 'replica' && name !== 'pubsub') {
          return 'Invalid client class specified in buffer limit configuration.'
        }
        const hard = parseBytes(words[i + 1]!)
        const soft = parseBytes(words[i + 2]!)
        const seconds = secondsOf(words[i + 3]!)
        if (hard === undefined || soft === undefined || seconds < 0) {
          return 'Error in hard, soft or soft_seconds setting in buffer limit configuration.'
        }
        value[name] = [Number(hard), Number(soft), seconds]
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
    const result = SETTINGS[known].read(text, settings[known] as never)
    if (typeof result === 'string') return failed(name.toLowerCase(), result)
    changes[known] = result.value
  }
  Object.assign(settings, changes)
  return null
}
