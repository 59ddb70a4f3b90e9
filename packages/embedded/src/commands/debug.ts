// DEBUG: what the tests of clients use of it. Off unless `enable-debug-command` allows it.
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  MapReply,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from '@ochre/protocol'
import { idleSecondsOf } from '../access.ts'
import { integerIn } from '../arguments.ts'
import { digestOfAll, digestOfValue } from '../digest.ts'
import { encodingOf } from '../entry.ts'
import { entrySize } from '../entry-size.ts'
import { NO_SUCH_KEY, NOT_AN_INTEGER, OK, quotable } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { strtod } from '../structures/numbers.ts'

/** Stops the whole process, as it stops a server; a clock that stands still moves instead. */
function sleep({ engine }: Session, args: readonly string[]): Outcome {
  const ms = Math.max(0, (strtod(args[2]!) ?? 0) * 1000)
  if (engine.clock.isManual) engine.clock.advance(ms)
  else if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  return OK
}

function object(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const entry = db.peek(args[2]!)
  if (entry === undefined) throw NO_SUCH_KEY
  const idle = idleSecondsOf(engine, entry.access)
  const size = entrySize(args[2]!, entry, 0)
  return new StatusReply(
    `Value at:0x0 refcount:1 encoding:${encodingOf(entry)} serializedlength:${size} lru:${entry.access} lru_seconds_idle:${idle}`,
  )
}

function setActiveExpire({ engine }: Session, args: readonly string[]): Outcome {
  engine.isExpiryActive = args[2] !== '0'
  if (engine.isExpiryActive) engine.scheduleExpiryCycle()
  return OK
}

/** Adds strings `prefix:0`, `prefix:1` ... where there is none yet. */
function populate({ db, engine }: Session, args: readonly string[]): Outcome {
  const count = integerIn(args[2], 0, 1e9, NOT_AN_INTEGER)
  const prefix = args[3] ?? 'key'
  const size = args[4] === undefined ? undefined : integerIn(args[4], 0, 0x7fffffff, NOT_AN_INTEGER)
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (db.peek(key) !== undefined) continue
    const value = `value:${i}`
    db.put(key, 'string', size === undefined ? value : value.slice(0, size).padEnd(size, '\0'))
    engine.dirty++
  }
  return OK
}

function protocol(session: Session, args: readonly string[]): Outcome {
  const three = [0, 1, 2]
  switch (args[2]!.toLowerCase()) {
    case 'string':
      return 'Hello World'
    case 'integer':
      return 12345
    case 'double':
      return new DoubleReply('3.141')
    case 'null':
      return null
    case 'array':
      return three
    case 'set':
      return new SetReply(three)
    case 'map':
      return new MapReply(three.flatMap((n): Reply[] => [n, n === 1]))
    case 'bignum':
      return new BigNumberReply('1234567999999999999999999999999999999')
    case 'true':
      return true
    case 'false':
      return false
    case 'verbatim':
      return new VerbatimReply('txt', 'This is a verbatim\nstring')
    case 'push':
      if (session.resp === 2) throw new FailureReply('ERR RESP2 is not supported by this command')
      session.send(new PushReply(['server-cpu-usage', 42]))
      return OK
    default:
      throw new FailureReply(
        'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
      )
  }
}

const error: Handler = (_session, args) => new FailureReply(quotable(args[2]!, args[2]!.length))

/** By name and how many arguments it takes, the two words included. */
const SUBCOMMANDS: Readonly<Record<string, { readonly min: number; readonly max: number; readonly run: Handler }>> = {
  digest: { min: 2, max: 2, run: ({ engine }) => new StatusReply(digestOfAll(engine.databases)) },
  'digest-value': {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    run: ({ db }, args) => args.slice(2).map((key) => new StatusReply(digestOfValue(db.peek(key)))),
  },
  error: { min: 3, max: 3, run: error },
  object: { min: 3, max: 4, run: object },
  populate: { min: 3, max: 5, run: populate },
  protocol: { min: 3, max: 3, run: protocol },
  'set-active-expire': { min: 3, max: 3, run: setActiveExpire },
  sleep: { min: 3, max: 3, run: sleep },
}

const help = helping([
  'DIGEST',
  '    Output a hex signature representing the current DB content.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    Output a hex signature of the values of all the specified keys.',
  'ERROR <string>',
  '    Return a Redis protocol error with <string> as message. Useful for clients',
  '    unit tests to simulate Redis errors.',
  'OBJECT <key>',
  '    Show low level info about `key` and associated value.',
  'POPULATE <count> [<prefix>] [<size>]',
  '    Create <count> string keys named key:<num>. If <prefix> is specified then',
  "    it is used instead of the 'key' prefix.",
  'PROTOCOL <type>',
  '    Reply with a test value of the specified type. <type> can be: string,',
  '    integer, double, bignum, null, array, set, map, push, verbatim, true, false.',
  'SET-ACTIVE-EXPIRE <0|1>',
  '    Setting it to 0 disables expiring keys in background when they are not',
  '    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the',
  '    default.',
  'SLEEP <seconds>',
  '    Stop the server for <seconds>. Decimals allowed.',
])

export const debug: Readonly<Record<string, Handler>> = {
  debug(session, args) {
    const name = args[1]!.toLowerCase()
    if (name === 'help' && args.length === 2) return help(session, args)
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
    if (subcommand === undefined || args.length < subcommand.min || args.length > subcommand.max) {
      throw wrongSubcommand(args)
    }
    return subcommand.run(session, args)
  },
}
