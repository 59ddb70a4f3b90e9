// Fields of hashes that expire: HEXPIRE and its relatives, HGETDEL, HGETEX and HSETEX, as Redis 8.0 has them. Logged with
// times since the epoch. That expired fields go is the business of database.ts.
import { FailureReply } from '@ochre/protocol'
import { exactIntegerOf, integerIn } from '../arguments.ts'
import { quotable, wrongArity } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { HashValue } from '../structures/hash-value.ts'
import { hashFor, limitsOf } from './hash.ts'

/** The latest moment that a field can expire at, in milliseconds. */
const MAX_TIME_MS = 2 ** 46 - 1

const NO_FIELD = -2
const NO_EXPIRY = -1

// ---- arguments ----

const FIELDS_MISSING = new FailureReply('ERR Mandatory argument FIELDS is missing or not at the right position')
const NOT_POSITIVE = new FailureReply('ERR Number of fields must be a positive integer')
const NOT_GREATER = new FailureReply('ERR Parameter `numFields` should be greater than 0')
const FIELD_MISMATCH = new FailureReply('ERR The `numfields` parameter must match the number of arguments')

/** What follows FIELDS at an index: the count and that many fields, nothing else. */
function fieldsOf(args: readonly string[], at: number, badCount: FailureReply = NOT_POSITIVE): readonly string[] {
  if (args[at]?.toUpperCase() !== 'FIELDS') throw FIELDS_MISSING
  const count = integerIn(args[at + 1], 1, Number.POSITIVE_INFINITY, badCount)
  const fields = args.slice(at + 2)
  if (fields.length !== count) throw FIELD_MISMATCH
  return fields
}

interface TimeUnit {
  readonly scale: 1 | 1000
  readonly isRelative: boolean
}

/** The moment in milliseconds since the epoch. */
function timeOf(session: Session, text: string | undefined, { scale, isRelative }: TimeUnit, command: string): number {
  const time = Number(exactIntegerOf(text))
  if (time < 0) throw new FailureReply('ERR invalid expire time, must be >= 0')
  const at = time * scale + (isRelative ? session.engine.now : 0)
  if (at > MAX_TIME_MS) throw new FailureReply(`ERR invalid expire time in '${command}' command`)
  return at
}

function hashToChange(session: Session, key: string): HashValue | undefined {
  return session.db.write(key, 'hash')?.value
}

// ---- HEXPIRE, HPERSIST, HTTL and their relatives ----

/** Whether an expiry may replace the current one. */
const CONDITIONS: Readonly<Record<string, (current: number | undefined, next: number) => boolean>> = {
  NX: (current) => current === undefined,
  XX: (current) => current !== undefined,
  GT: (current, next) => current !== undefined && next > current,
  LT: (current, next) => current === undefined || next < current,
}

function expiring(name: string, unit: TimeUnit): Handler {
  return (session, args) => {
    const { engine } = session
    const key = args[1]!
    const hash = hashToChange(session, key)
    const at = timeOf(session, args[2], unit, name)
    const condition = CONDITIONS[args[3]!.toUpperCase()]
    const fields = fieldsOf(args, condition === undefined ? 3 : 4, NOT_GREATER)
    if (hash === undefined) return fields.map(() => NO_FIELD)
    const expired: string[] = []
    const set: string[] = []
    const replies = fields.map((field) => {
      if (!hash.has(field)) return NO_FIELD
      if (condition !== undefined && !condition(hash.expiryOf(field), at)) return 0
      if (at <= engine.now) {
        hash.delete(field)
        expired.push(field)
        return 2
      }
      hash.expireAt(field, at)
      set.push(field)
      return 1
    })
    finish(session, key, hash, { expired, set, at })
    return replies
  }
}

/** Reports and logs what has become of fields: those that expire at `at`, and those that were removed because it is past. */
function finish(
  session: Session,
  key: string,
  hash: HashValue,
  { expired, set, at }: { expired: readonly string[]; set: readonly string[]; at: number },
): void {
  const { db } = session
  const effects: string[][] = []
  if (set.length !== 0) {
    db.expireFieldsOf(key)
    db.changed(key, Notify.HASH, 'hexpire')
    effects.push(['HPEXPIREAT', key, String(at), 'FIELDS', String(set.length), ...set])
  }
  if (expired.length !== 0) {
    db.changed(key, Notify.HASH, 'hdel')
    effects.push(['HDEL', key, ...expired])
  }
  if (hash.size === 0) db.removeEmpty(key)
  session.propagateAll(effects)
}

function hpersist(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const hash = hashToChange(session, key)
  const fields = fieldsOf(args, 2)
  if (hash === undefined) return fields.map(() => NO_FIELD)
  let isChanged = false
  const replies = fields.map((field) => {
    if (!hash.has(field)) return NO_FIELD
    if (!hash.persist(field)) return NO_EXPIRY
    isChanged = true
    return 1
  })
  if (isChanged) db.changed(key, Notify.HASH, 'hpersist')
  return replies
}

/** A command that tells of each field when it expires. */
function telling(tell: (at: number, now: number) => number): Handler {
  return (session, args) => {
    const hash = session.db.read(args[1]!, 'hash')?.value
    const fields = fieldsOf(args, 2)
    return fields.map((field) => {
      if (hash === undefined || !hash.has(field)) return NO_FIELD
      const at = hash.expiryOf(field)
      return at === undefined ? NO_EXPIRY : tell(at, session.engine.now)
    })
  }
}

// ---- reading and writing with an expiry ----

/** HGETDEL key FIELDS count field ... */
function hgetdel(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const hash = hashToChange(session, key)
  const fields = fieldsOf(args, 2)
  if (hash === undefined) return fields.map(() => null)
  const removed: string[] = []
  const replies = fields.map((field) => {
    const value = hash.get(field)
    if (value === undefined) return null
    hash.delete(field)
    removed.push(field)
    return value
  })
  if (removed.length !== 0) {
    db.changed(key, Notify.HASH, 'hdel')
    if (hash.size === 0) db.removeEmpty(key)
    session.propagate(['HDEL', key, ...removed])
  }
  return replies
}

const UNITS: Readonly<Record<string, TimeUnit>> = {
  EX: { scale: 1000, isRelative: true },
  PX: { scale: 1, isRelative: true },
  EXAT: { scale: 1000, isRelative: false },
  PXAT: { scale: 1, isRelative: false },
}

/** HGETEX key [EX|PX|EXAT|PXAT time | PERSIST] FIELDS count field ... */
function hgetex(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const hash = hashToChange(session, key)
  const word = args[2]!.toUpperCase()
  const unit = UNITS[word]
  const at = unit === undefined ? undefined : timeOf(session, args[3], unit, 'hgetex')
  const isPersist = word === 'PERSIST'
  const fieldsAt = unit !== undefined ? 4 : isPersist ? 3 : 2
  if (args.length <= fieldsAt + 1) throw wrongArity('hgetex')
  const fields = fieldsOf(args, fieldsAt)
  if (hash === undefined) return fields.map(() => null)
  const isPast = at !== undefined && at <= engine.now
  const changed: string[] = []
  const replies = fields.map((field) => {
    const value = hash.get(field)
    if (value === undefined) return null
    if (isPersist ? hash.persist(field) : isPast ? hash.delete(field) : at !== undefined && hash.expireAt(field, at))
      changed.push(field)
    return value
  })
  if (changed.length === 0) return replies
  if (at !== undefined) finish(session, key, hash, { expired: isPast ? changed : [], set: isPast ? [] : changed, at })
  else {
    db.changed(key, Notify.HASH, 'hpersist')
    session.propagate(['HPERSIST', key, 'FIELDS', String(changed.length), ...changed])
  }
  return replies
}

interface SetOptions {
  /** When the fields expire; undefined when nothing was said of it. */
  readonly at: number | undefined
  readonly keepsExpiry: boolean
  readonly condition: 'FNX' | 'FXX' | undefined
  /** Field, value, field, value ... */
  readonly pairs: readonly string[]
}

const TIME_TWICE = new FailureReply('ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified')

/** The options of HSETEX in any order, then FIELDS with all that is left. */
function setOptionsOf(session: Session, args: readonly string[]): SetOptions {
  let at: number | undefined
  let keepsExpiry = false
  let condition: 'FNX' | 'FXX' | undefined
  let pairs: readonly string[] | undefined
  for (let i = 2; i < args.length && pairs === undefined; i++) {
    const word = args[i]!.toUpperCase()
    const unit = UNITS[word]
    if (word === 'FIELDS') {
      if (i >= args.length - 3) throw wrongArity('hsetex')
      const count = integerIn(args[i + 1], 1, 0x7fffffff, new FailureReply('ERR invalid number of fields'))
      pairs = args.slice(i + 2)
      if (pairs.length !== count * 2) throw wrongArity('hsetex')
    } else if (unit !== undefined) {
      if (at !== undefined || keepsExpiry) throw TIME_TWICE
      if (i + 1 >= args.length) throw new FailureReply('ERR missing expire time')
      at = timeOf(session, args[++i], unit, 'hsetex')
    } else if (word === 'KEEPTTL') {
      if (at !== undefined || keepsExpiry) throw TIME_TWICE
      keepsExpiry = true
    } else if (word === 'FNX' || word === 'FXX') {
      if (condition !== undefined) throw new FailureReply('ERR Only one of FXX or FNX arguments can be specified')
      condition = word
    } else throw new FailureReply(`ERR unknown argument: ${quotable(args[i]!, args[i]!.length)}`)
  }
  if (pairs === undefined) throw new FailureReply('ERR missing FIELDS argument')
  return { at, keepsExpiry, condition, pairs }
}

/** HSETEX key [FNX|FXX] [EX|PX|EXAT|PXAT time | KEEPTTL] FIELDS count field value ... */
function hsetex(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const { at, keepsExpiry, condition, pairs } = setOptionsOf(session, args)
  const fields = pairs.filter((_, i) => i % 2 === 0)
  const before = hashToChange(session, key)
  if (condition !== undefined && fields.some((field) => (before?.has(field) ?? false) === (condition === 'FNX')))
    return 0
  const isPast = at !== undefined && at <= engine.now
  if (isPast && before === undefined) return 1
  const hash = before ?? hashFor(session, key)
  const limits = limitsOf(session)
  for (let i = 0; i < pairs.length; i += 2) hash.set(pairs[i]!, pairs[i + 1]!, limits, keepsExpiry)
  db.changed(key, Notify.HASH, 'hset')
  if (isPast) {
    const expired = fields.filter((field) => hash.delete(field))
    finish(session, key, hash, { expired, set: [], at })
    return 1
  }
  if (at !== undefined) {
    for (const field of fields) hash.expireAt(field, at)
    db.expireFieldsOf(key)
    db.changed(key, Notify.HASH, 'hexpire')
  }
  const time = at !== undefined ? ['PXAT', String(at)] : keepsExpiry ? ['KEEPTTL'] : []
  session.propagate(['HSETEX', key, ...time, 'FIELDS', String(fields.length), ...pairs])
  return 1
}

const SECONDS = { scale: 1000, isRelative: true } as const
const MILLISECONDS = { scale: 1, isRelative: true } as const

export const hashExpiry: Readonly<Record<string, Handler>> = {
  hexpire: expiring('hexpire', SECONDS),
  hexpireat: expiring('hexpireat', { ...SECONDS, isRelative: false }),
  hexpiretime: telling((at) => Math.ceil(at / 1000)),
  hgetdel,
  hgetex,
  hpersist,
  hpexpire: expiring('hpexpire', MILLISECONDS),
  hpexpireat: expiring('hpexpireat', { ...MILLISECONDS, isRelative: false }),
  hpexpiretime: telling((at) => at),
  hpttl: telling((at, now) => at - now),
  hsetex,
  httl: telling((at, now) => Math.ceil((at - now) / 1000)),
}
