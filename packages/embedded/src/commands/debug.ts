// DEBUG: what the tests of clients and of Redis itself use of it. Off unless `enable-debug-command` allows it.
import {
  BigNumberReply,
  compileGlob,
  DoubleReply,
  FailureReply,
  MapReply,
  matchGlob,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from '@ochre/protocol'
import { countOf, integerOf } from '../arguments.ts'
import { parseBytes } from '../config.ts'
import { digestOfAll, digestOfValue } from '../digest.ts'
import type { Engine } from '../engine.ts'
import { OK, quotable } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import { reloadData } from '../reload.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { strtod } from '../structures/numbers.ts'
import { DEBUG_HELP } from './debug-help.ts'
import { debugObject } from './debug-object.ts'

/** Stops the whole process, as it stops a server; a clock that stands still moves instead. */
function sleep({ engine }: Session, args: readonly string[]): Outcome {
  const ms = Math.round(Math.max(0, (strtod(args[2]!) ?? 0) * 1000))
  if (engine.clock.isManual) engine.clock.advance(ms)
  else if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  return OK
}

/** As C's atoi reads a switch: anything that is no number is off. */
function isOn(text: string): boolean {
  return Number.parseInt(text, 10) !== 0 && !Number.isNaN(Number.parseInt(text, 10))
}

function setActiveExpire({ engine }: Session, args: readonly string[]): Outcome {
  engine.isExpiryActive = isOn(args[2]!)
  engine.scheduleExpiryCycle()
  return OK
}

function pauseCron({ engine }: Session, args: readonly string[]): Outcome {
  engine.isCronPaused = isOn(args[2]!)
  engine.scheduleExpiryCycle()
  return OK
}

/** Adds strings `prefix:0`, `prefix:1` ... where there is none yet. */
function populate({ db, engine }: Session, args: readonly string[]): Outcome {
  const count = countOf(args[2])
  const prefix = args[3] ?? 'key'
  const size = args[4] === undefined ? 0 : countOf(args[4])
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (db.peek(key) !== undefined) continue
    const value = `value:${i}`
    db.put(key, 'string', size === 0 ? value : value.slice(0, size).padEnd(size, '\0'))
    engine.dirty++
  }
  return OK
}

// ---- loading ----

const LOAD_FAILED = new FailureReply('ERR Error trying to load the RDB dump, check server logs.')

/** RELOAD [MERGE] [NOFLUSH] [NOSAVE]. There is no file to load instead of the data that is there. */
function reload({ engine }: Session, args: readonly string[]): Outcome {
  const options = new Set(args.slice(2).map((arg) => arg.toUpperCase()))
  for (const option of options) {
    if (option !== 'MERGE' && option !== 'NOFLUSH' && option !== 'NOSAVE') {
      throw new FailureReply('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.')
    }
  }
  // Redis would end with the first key that is there already.
  const collides = options.has('NOFLUSH') && !options.has('MERGE')
  if (options.has('NOSAVE') || (collides && engine.databases.some(({ entries }) => entries.size !== 0))) {
    throw LOAD_FAILED
  }
  reloadData(engine)
  if (!options.has('NOFLUSH')) tellOfFlush(engine)
  return OK
}

/** All keys were away for a moment. */
function tellOfFlush(engine: Engine): void {
  for (const database of engine.databases) {
    for (const key of database.watchers.keys()) if (database.entries.has(key)) database.breakWatches(key)
  }
  engine.tracking.invalidateAll()
}

function loadaof({ engine }: Session): Outcome {
  if (engine.persistence === null || !engine.persistence.save()) {
    throw new FailureReply('ERR Error trying to load the AOF files, check server logs.')
  }
  reloadData(engine)
  tellOfFlush(engine)
  return OK
}

// ---- replies ----

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
    case 'attrib':
      return 'Some real reply following the attribute'
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

// ---- what Redis tests of itself ----

const STRING_MATCHES = 10_000

function stringMatchTest({ engine: { random } }: Session): Outcome {
  const text = (): string =>
    Array.from({ length: Math.floor(random() * 32) }, () => String.fromCharCode(Math.floor(random() * 128))).join('')
  for (let i = 0; i < STRING_MATCHES; i++) matchGlob(compileGlob(text(), i % 2 === 0), text())
  return new StatusReply('Apparently Redis did not crash: test passed')
}

/** Lists here know no such threshold; what is wrong with it is told. */
function quicklistPackedThreshold(_session: Session, args: readonly string[]): Outcome {
  const value = parseBytes(args[2]!)
  if (value !== undefined && value <= 2n ** 32n) return OK
  throw new FailureReply('ERR argument must be a memory value bigger than 1 and smaller than 4gb')
}

/** Buffers for replies have no size of their own here. */
function replyBuffer(_session: Session, args: readonly string[]): Outcome {
  const what = args[2]!.toLowerCase()
  if (what !== 'peak-reset-time' && what !== 'resizing') throw wrongSubcommand(args)
  if (what === 'peak-reset-time' && !/^(never|reset)$/i.test(args[3]!)) integerOf(args[3])
  return OK
}

function changeReplicationId({ engine }: Session): Outcome {
  engine.replicationId = Array.from({ length: 40 }, () => Math.floor(engine.random() * 16).toString(16)).join('')
  return OK
}

function setDisableDenyScripts({ engine }: Session, args: readonly string[]): Outcome {
  engine.scripting.allowsAll = isOn(args[2]!)
  return OK
}

function setSkipChecksumValidation({ engine }: Session, args: readonly string[]): Outcome {
  engine.skipsChecksums = isOn(args[2]!)
  return OK
}

function clientEviction({ engine }: Session): Outcome {
  const description = engine.clientMemory.describe()
  if (description === null) throw new FailureReply('ERR maxmemory-clients is disabled.')
  return new VerbatimReply('txt', description)
}

/** By name and how many arguments it takes, the two words included. */
const SUBCOMMANDS: Readonly<Record<string, { readonly min: number; readonly max?: number; readonly run: Handler }>> = {
  'change-repl-id': { min: 2, run: changeReplicationId },
  'client-eviction': { min: 2, run: clientEviction },
  digest: { min: 2, run: ({ engine }) => new StatusReply(digestOfAll(engine.databases)) },
  'digest-value': {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    run: ({ db }, args) => args.slice(2).map((key) => new StatusReply(digestOfValue(db.peek(key)))),
  },
  error: { min: 3, run: error },
  help: { min: 2, run: helping(DEBUG_HELP) },
  htstats: { min: 3, run: debugObject.htstats! },
  'htstats-key': { min: 3, run: debugObject['htstats-key']! },
  listpack: { min: 3, run: debugObject.listpack! },
  loadaof: { min: 2, run: loadaof },
  // The engine keeps no log file.
  log: { min: 3, run: () => OK },
  object: { min: 3, run: debugObject.object! },
  'pause-cron': { min: 3, run: pauseCron },
  populate: { min: 3, max: 5, run: populate },
  protocol: { min: 3, run: protocol },
  quicklist: { min: 3, max: 4, run: debugObject.quicklist! },
  'quicklist-packed-threshold': { min: 3, run: quicklistPackedThreshold },
  reload: { min: 2, max: Number.POSITIVE_INFINITY, run: reload },
  replybuffer: { min: 4, run: replyBuffer },
  'set-active-expire': { min: 3, run: setActiveExpire },
  'set-disable-deny-scripts': { min: 3, run: setDisableDenyScripts },
  'set-skip-checksum-validation': { min: 3, run: setSkipChecksumValidation },
  sleep: { min: 3, run: sleep },
  'stringmatch-test': { min: 2, run: stringMatchTest },
}

export const debug: Readonly<Record<string, Handler>> = {
  debug(session, args) {
    const name = args[1]!.toLowerCase()
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
    if (subcommand === undefined || args.length < subcommand.min || args.length > (subcommand.max ?? subcommand.min)) {
      throw wrongSubcommand(args)
    }
    return subcommand.run(session, args)
  },
}
