// What odd commands meet on both sides, which of them can be compared, and how.
import { CommandFlag, type CommandSpec } from '@ochre/protocol'
import { parseScript } from './script.ts'

/** Sets up keys of every type and encoding from whatever was there before. */
export const PREPARATION: readonly (readonly string[])[] = parseScript(`
  DISCARD
  UNWATCH
  SELECT 0
  FLUSHALL
  SCRIPT LOAD "return 1"
  FUNCTION LOAD REPLACE "#!lua name=lib\\nredis.register_function('fun', function(keys, args) return {keys, args} end)"
  SET str hello
  SET num 10
  SET float 3.5
  SET empty ""
  SET bits "\\xff\\x0f\\x00\\x80"
  SET ttl v EX 100000
  RPUSH list a b c a 1 2 3
  RPUSH long {1..200}
  HSET hash f1 v1 f2 10 n 3.5 "" e
  HSET bighash long {x*100}
  SADD set a b c
  SADD ints 1 2 3
  ZADD zset 1 a 2 b 3 c 3 d
  ZADD lex 0 a 0 ab 0 b 0 c
  ZADD bigz 1.5 b 2 {x*100}
  GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
  PFADD hll a b c
  XADD stream 1-1 f1 v1
  XADD stream 2-0 f1 v1 f2 v2
  XADD stream 3-0 f2 v2
  XGROUP CREATE stream g1 0
  XGROUP CREATE stream g2 $
  XREADGROUP GROUP g1 alice COUNT 2 STREAMS stream >
  SET w_a 3
  SET w_b 1
  SET w_c 2
  HSET h_1 f x
`).map(({ args }) => args)

export const KEYS: readonly string[] = [
  ...[
    'str',
    'num',
    'float',
    'empty',
    'bits',
    'ttl',
    'list',
    'long',
    'hash',
    'bighash',
    'set',
    'ints',
    'zset',
    'lex',
    'bigz',
  ],
  ...['geo', 'hll', 'stream', 'nosuch', 'other', '', '\x00\xff'],
]

/** Tells in the end what the commands have made of the data. What has expired goes first, whoever met it before. */
export const CONCLUSION: readonly (readonly string[])[] = [['DISCARD'], ['SELECT', '0'], ['TOUCH', ...KEYS]]

export const DIGEST: readonly string[] = ['DEBUG', 'DIGEST']
/** In the digest of a server that has fields that expire, it counts which do. */
export const HASHES: readonly (readonly string[])[] = ['hash', 'bighash', 'h_1', 'other', ''].map((key) => [
  'HGETALL',
  key,
])

/** They change the connection or the server, wait, or tell of the server itself. Cases of their own compare them. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...[
    'acl cat',
    'acl deluser',
    'acl genpass',
    'acl load',
    'acl log',
    'acl save',
    'acl setuser',
    'bgrewriteaof',
    'bgsave',
  ],
  ...['client caching', 'client id', 'client info', 'client kill', 'client list', 'client no-evict', 'client pause'],
  ...[
    'client reply',
    'client setinfo',
    'client tracking',
    'client unblock',
    'command',
    'command count',
    'command docs',
  ],
  ...[
    'command info',
    'command list',
    'config get',
    'config resetstat',
    'config rewrite',
    'config set',
    'debug',
    'failover',
  ],
  ...['hello', 'info', 'lastsave', 'latency doctor', 'latency graph', 'latency histogram', 'latency history'],
  ...[
    'latency latest',
    'latency reset',
    'lolwut',
    'memory doctor',
    'memory malloc-stats',
    'memory purge',
    'memory stats',
  ],
  ...[
    'memory usage',
    'migrate',
    'module list',
    'module load',
    'module loadex',
    'module unload',
    'monitor',
    'pfselftest',
  ],
  ...['psync', 'quit', 'randomkey', 'replconf', 'replicaof', 'reset', 'save', 'script debug', 'shutdown', 'slaveof'],
  ...['slowlog get', 'slowlog len', 'slowlog reset', 'spop', 'sync', 'time', 'wait'],
])

export function canBeOdd({ name, flags, subcommands }: CommandSpec): boolean {
  return subcommands === undefined && !LEFT_OUT.has(name) && (flags & CommandFlag.PUBSUB) === 0
}

/** Whether both sides must give the same reply, and have the same data after it. */
export function isComparable(command: readonly string[]): boolean {
  const name = command[0]!.toLowerCase()
  if (name === 'xadd') return !command.includes('*')
  if (waits(name, command)) return false
  // Elements that weigh the same come in the order of a hash table, as do the keys that are looked up for them.
  if (name.startsWith('sort') && has(command, 'BY')) {
    return !has(command, 'STORE') && !has(command, 'LIMIT') && /^(list|long|ints)$/.test(command[1]!)
  }
  // A server would try to give as many as that.
  if (/^[hsz]rand/.test(name)) return !(Number(command[2]) < -1000)
  // What expires this soon may be gone on one side only.
  return !(expires(command) && command.some((arg) => /^[1-9]\d{0,2}$/.test(arg)))
}

/** Whether a command could be answered only when it is of no use to a test any more. */
function waits(name: string, command: readonly string[]): boolean {
  const isPop = /^b[lrz]/.test(name)
  const option = name.startsWith('xread') ? command.findLastIndex((arg) => arg.toUpperCase() === 'BLOCK') : -1
  if (!isPop && option === -1) return false
  const timeout = isPop ? (/^b.mpop$/.test(name) ? command[1] : command.at(-1)) : command[option + 1]
  const ms = Number.parseFloat(timeout ?? '') * (isPop ? 1000 : 1)
  return ms === 0 || (ms > 300 && ms < 2 ** 62)
}

function expires(command: readonly string[]): boolean {
  return /^h?p?(set|)ex(pire)?$/i.test(command[0]!) || has(command, 'EX') || has(command, 'PX')
}

const UNORDERED = /^(keys|smembers|sunion|sdiff|sinter|hgetall|hkeys|hvals)$/
const RANDOM = /^(srandmember|hrandfield|zrandmember|dump|scan|hscan|sscan|zscan)$/
const TIMED = /^(pttl|ttl|expiretime|pexpiretime|object|xinfo|xpending|acl)$/

/** Whether two replies to a command are the same as far as they can be. */
export function areAlike(command: readonly string[], real: string, engine: string): boolean {
  if (real === engine) return true
  if (real.startsWith('-') || engine.startsWith('-')) return false
  const name = command[0]!.toLowerCase()
  if (RANDOM.test(name)) return real[0] === engine[0]
  if (UNORDERED.test(name)) return sorted(real) === sorted(engine)
  return TIMED.test(name) && rounded(real) === rounded(engine)
}

function has(command: readonly string[], word: string): boolean {
  return command.some((arg) => arg.toUpperCase() === word)
}

function sorted(frame: string): string {
  return frame.split('\r\n').sort().join('\n')
}

function rounded(frame: string): string {
  return frame.replace(/^:(-?\d+)/gm, (_, digits: string) => `:~${Math.round(Number(digits) / 2000)}`)
}
