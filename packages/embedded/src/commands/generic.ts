// What works on keys of any type, and on whole databases.
import { compileGlob, FailureReply, matchGlob, StatusReply } from '@ochre/protocol'
import { frequencyOf, idleSecondsOf, isFrequencyPolicy } from '../access.ts'
import { argumentAt, exactIntegerOf, integerIn, integerWithin } from '../arguments.ts'
import type { Database } from '../database.ts'
import type { Engine } from '../engine.ts'
import { cloneEntry, type Entry, encodingOf, isSmallInteger } from '../entry.ts'
import { NO_SUCH_KEY, OK, quotable, SYNTAX } from '../failures.ts'
import { helping } from '../help.ts'
import { Notify } from '../notify.ts'
import { cursorOf, passes, scanOptionsOf } from '../scan.ts'
import type { Handler, Outcome, Session } from '../session.ts'

const SAME_OBJECT = new FailureReply('ERR source and destination objects are the same')
const BAD_DATABASE = new FailureReply('ERR DB index is out of range')

// ---- presence ----

function del(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  let removed = 0
  for (let i = 1; i < args.length; i++) {
    const key = args[i]!
    if (db.peek(key) === undefined) continue
    db.delete(key)
    db.changed(key, Notify.GENERIC, 'del')
    removed++
  }
  return removed
}

function exists(session: Session, args: readonly string[]): Outcome {
  let found = 0
  for (let i = 1; i < args.length; i++) if (session.db.findForRead(args[i]!) !== undefined) found++
  return found
}

function type(session: Session, args: readonly string[]): Outcome {
  return new StatusReply(session.db.peekForRead(args[1]!)?.type ?? 'none')
}

function randomkey(session: Session): Outcome {
  return session.db.randomKey() ?? null
}

function keys(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const glob = args[1] === '*' ? null : compileGlob(args[1]!)
  const found = db.entries.keys().filter((key) => glob === null || matchGlob(glob, key))
  return found.filter((key) => db.peek(key) !== undefined)
}

function scan(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const cursor = cursorOf(args[1]!)
  const options = scanOptionsOf(args, 2, true)
  const { next, keys } = db.scan(cursor, options.count)
  const found = keys.filter((key) => {
    if (!passes(options, key)) return false
    const entry = db.peek(key)
    return entry !== undefined && (options.type === null || options.type === entry.type)
  })
  return [next, found]
}

function dbsize(session: Session): Outcome {
  return session.db.entries.size
}

// ---- expiry ----

const TTL_MAX = 2n ** 63n - 1n

function setTimeToLive(
  session: Session,
  args: readonly string[],
  unit: 'seconds' | 'milliseconds',
  isRelative: boolean,
  name: string,
): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const condition = expireConditionOf(args)
  let when = BigInt(exactIntegerOf(args[2]))
  const invalid = new FailureReply(`ERR invalid expire time in '${name}' command`)
  if (unit === 'seconds') when *= 1000n
  if (when > TTL_MAX || when < -TTL_MAX - 1n) throw invalid
  if (isRelative) when += BigInt(engine.now)
  if (when > TTL_MAX) throw invalid
  const at = Number(when)
  const entry = db.find(key)
  if (entry === undefined || !condition(entry.expireAt, at)) return 0
  if (at <= engine.now) {
    db.delete(key)
    db.changed(key, Notify.GENERIC, 'del')
    session.propagate(['DEL', key])
    return 1
  }
  db.setExpiry(key, entry, at)
  db.changed(key, Notify.GENERIC, 'expire')
  session.propagate(['PEXPIREAT', key, String(at)])
  return 1
}

/** Whether an expiry may replace the current one (0: none), by NX, XX, GT and LT. */
function expireConditionOf(args: readonly string[]): (current: number, next: number) => boolean {
  let [nx, xx, gt, lt] = [false, false, false, false]
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'NX') nx = true
    else if (word === 'XX') xx = true
    else if (word === 'GT') gt = true
    else if (word === 'LT') lt = true
    else throw new FailureReply(`ERR Unsupported option ${quotable(args[i]!, args[i]!.length)}`)
  }
  if (nx && (xx || gt || lt)) {
    throw new FailureReply('ERR NX and XX, GT or LT options at the same time are not compatible')
  }
  if (gt && lt) throw new FailureReply('ERR GT and LT options at the same time are not compatible')
  return (current, next) => {
    if (nx && current !== 0) return false
    if (xx && current === 0) return false
    if (gt && (current === 0 || next <= current)) return false
    return !(lt && current !== 0 && next >= current)
  }
}

const expire: Handler = (session, args) => setTimeToLive(session, args, 'seconds', true, 'expire')
const pexpire: Handler = (session, args) => setTimeToLive(session, args, 'milliseconds', true, 'pexpire')
const expireat: Handler = (session, args) => setTimeToLive(session, args, 'seconds', false, 'expireat')
const pexpireat: Handler = (session, args) => setTimeToLive(session, args, 'milliseconds', false, 'pexpireat')

/** A fact about a key's expiry: -2 without the key, -1 without an expiry. */
function expiryFact(session: Session, key: string, fact: (at: number) => number): Outcome {
  const entry = session.db.peekForRead(key)
  if (entry === undefined) return -2
  return entry.expireAt === 0 ? -1 : fact(entry.expireAt)
}

const ttl: Handler = (session, args) =>
  expiryFact(session, args[1]!, (at) => Math.floor((Math.max(0, at - session.engine.now) + 500) / 1000))
const pttl: Handler = (session, args) => expiryFact(session, args[1]!, (at) => Math.max(0, at - session.engine.now))
const expiretime: Handler = (session, args) => expiryFact(session, args[1]!, (at) => Math.floor((at + 500) / 1000))
const pexpiretime: Handler = (session, args) => expiryFact(session, args[1]!, (at) => at)

function persist(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const entry = db.find(args[1]!)
  if (entry === undefined || entry.expireAt === 0) return 0
  db.setExpiry(args[1]!, entry, 0)
  db.changed(args[1]!, Notify.GENERIC, 'persist')
  return 1
}

// ---- other names and places ----

function renameKey(session: Session, args: readonly string[], mustBeNew: boolean): Outcome {
  const { db } = session
  const from = args[1]!
  const to = args[2]!
  const entry = db.find(from)
  if (entry === undefined) throw NO_SUCH_KEY
  if (from === to) return mustBeNew ? 0 : OK
  if (mustBeNew && db.find(to) !== undefined) return 0
  db.delete(from)
  db.adopt(to, entry)
  db.changed(from, Notify.GENERIC, 'rename_from')
  db.changed(to, Notify.GENERIC, 'rename_to')
  return mustBeNew ? 1 : OK
}

const rename: Handler = (session, args) => renameKey(session, args, false)
const renamenx: Handler = (session, args) => renameKey(session, args, true)

function move(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const target = databaseOf(session, args[2]!)
  if (target === db) throw SAME_OBJECT
  const entry = db.find(key)
  if (entry === undefined || target.peek(key) !== undefined) return 0
  db.delete(key)
  target.adopt(key, entry)
  db.changed(key, Notify.GENERIC, 'move_from')
  engine.databases[target.index]!.changed(key, Notify.GENERIC, 'move_to')
  return 1
}

function databaseOf(session: Session, text: string): Database {
  const database = session.engine.databases[integerWithin(text, -0x80000000, 0x7fffffff)]
  if (database === undefined) throw BAD_DATABASE
  return database
}

function copy(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const [, from, to] = args as [string, string, string]
  let target = db
  let isReplacing = false
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'REPLACE') isReplacing = true
    else if (word === 'DB') target = databaseOf(session, argumentAt(args, ++i))
    else throw SYNTAX
  }
  if (target === db && from === to) throw SAME_OBJECT
  const entry = db.findForRead(from)
  if (entry === undefined || (target.peek(to) !== undefined && !isReplacing)) return 0
  target.adopt(to, cloneEntry(entry))
  target.changed(to, Notify.GENERIC, 'copy_to')
  return 1
}

// ---- objects ----

function objectAt(session: Session, key: string): Entry | null {
  return session.db.peek(key) ?? null
}

function objectEncoding(session: Session, args: readonly string[]): Outcome {
  const entry = objectAt(session, args[2]!)
  if (entry === null) return null
  return encodingOf(entry)
}

function objectIdletime(session: Session, args: readonly string[]): Outcome {
  const entry = objectAt(session, args[2]!)
  if (entry === null) return null
  if (isFrequencyPolicy(session.engine.settings['maxmemory-policy'])) throw FREQUENCY_SELECTED
  return idleSecondsOf(session.engine, entry.access)
}

function objectFreq(session: Session, args: readonly string[]): Outcome {
  const entry = objectAt(session, args[2]!)
  if (entry === null) return null
  if (!isFrequencyPolicy(session.engine.settings['maxmemory-policy'])) throw FREQUENCY_NOT_SELECTED
  return frequencyOf(session.engine, entry.access)
}

/** Redis keeps one object for each of the small integers, unless it has to know when every key was used. */
export function refcountOf({ settings }: Engine, entry: Entry): number {
  const isShared = settings.maxmemory === 0 || !/lru|lfu/.test(settings['maxmemory-policy'])
  return isShared && isSmallInteger(entry) ? 0x7fffffff : 1
}

const SWITCHING =
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.'
const FREQUENCY_SELECTED = new FailureReply(
  `ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`,
)
const FREQUENCY_NOT_SELECTED = new FailureReply(
  `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`,
)

function objectRefcount(session: Session, args: readonly string[]): Outcome {
  const entry = objectAt(session, args[2]!)
  return entry === null ? null : refcountOf(session.engine, entry)
}

function touch(session: Session, args: readonly string[]): Outcome {
  return exists(session, args)
}

// ---- databases ----

function flushModeOf(args: readonly string[]): void {
  if (args.length === 1) return
  const mode = args[1]!.toUpperCase()
  if (args.length > 2 || (mode !== 'ASYNC' && mode !== 'SYNC')) throw SYNTAX
}

function flushdb(session: Session, args: readonly string[]): Outcome {
  flushModeOf(args)
  session.db.flush()
  session.engine.tracking.invalidateAll()
  session.engine.dirty++
  return OK
}

function flushall(session: Session, args: readonly string[]): Outcome {
  flushModeOf(args)
  for (const database of session.engine.databases) database.flush()
  session.engine.tracking.invalidateAll()
  session.engine.dirty++
  return OK
}

function swapdb(session: Session, args: readonly string[]): Outcome {
  const { databases } = session.engine
  const limit = 0x7fffffff
  const first = integerIn(args[1], -limit - 1, limit, new FailureReply('ERR invalid first DB index'))
  const second = integerIn(args[2], -limit - 1, limit, new FailureReply('ERR invalid second DB index'))
  const one = databases[first]
  const other = databases[second]
  if (one === undefined || other === undefined) throw BAD_DATABASE
  if (one !== other) one.swap(other)
  session.engine.dirty++
  return OK
}

function select(session: Session, args: readonly string[]): Outcome {
  session.db = databaseOf(session, args[1]!)
  return OK
}

const OBJECT_HELP: readonly string[] = [
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
]

export const generic: Readonly<Record<string, Handler>> = {
  copy,
  dbsize,
  del,
  exists,
  expire,
  expireat,
  expiretime,
  flushall,
  flushdb,
  keys,
  move,
  'object encoding': objectEncoding,
  'object freq': objectFreq,
  'object help': helping(OBJECT_HELP),
  'object idletime': objectIdletime,
  'object refcount': objectRefcount,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  randomkey,
  rename,
  renamenx,
  scan,
  select,
  swapdb,
  touch,
  ttl,
  type,
  unlink: del,
}
