// Strings: GET, SET and their relatives.
import { FailureReply, type Reply } from '@ochre/protocol'
import { addFloats, exactIntegerOf, integerOf, longDoubleOf } from '../arguments.ts'
import type { Database } from '../database.ts'
import { plainEncoding, textOf } from '../entry.ts'
import { type ExpiryUnit, expiryOf, isExpiryUnit } from '../expiry.ts'
import { OK, SYNTAX, TOO_LONG, wrongArity } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { addIntegers, type Integer } from '../structures/numbers.ts'
import { lcs } from './lcs.ts'

const OVERFLOW = new FailureReply('ERR increment or decrement would overflow')

function get(session: Session, args: readonly string[]): Outcome {
  const entry = session.db.read(args[1]!, 'string')
  return entry === undefined ? null : textOf(entry.value)
}

function set(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const value = args[2]!
  if (args.length === 3) {
    db.put(key, 'string', value)
    db.changed(key, Notify.STRING, 'set')
    return OK
  }
  const options = setOptionsOf(args)
  const at = options.unit === null ? 0 : expiryOf(session, options.time, options.unit, 'set')
  const before = options.isGet ? get(session, args) : null
  const exists = db.find(key) !== undefined
  if (options.condition !== null && exists === (options.condition === 'NX')) return options.isGet ? before : null
  const entry = db.put(key, 'string', value, '', options.isKeepTtl || at !== 0)
  db.changed(key, Notify.STRING, 'set')
  if (at !== 0) {
    db.setExpiry(key, entry, at)
    db.notify(Notify.GENERIC, 'expire', key)
    session.propagate(['SET', key, value, 'PXAT', String(at)])
  } else if (options.isGet) session.propagate(['SET', key, value, ...(options.isKeepTtl ? ['KEEPTTL'] : [])])
  return options.isGet ? before : OK
}

interface SetOptions {
  readonly condition: 'NX' | 'XX' | null
  readonly isGet: boolean
  readonly isKeepTtl: boolean
  readonly unit: ExpiryUnit | null
  readonly time: string
}

function setOptionsOf(args: readonly string[]): SetOptions {
  let condition: 'NX' | 'XX' | null = null
  let isGet = false
  let isKeepTtl = false
  let unit: ExpiryUnit | null = null
  let time = ''
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if ((word === 'NX' || word === 'XX') && (condition === null || condition === word)) condition = word
    else if (word === 'GET') isGet = true
    else if (word === 'KEEPTTL' && unit === null) isKeepTtl = true
    else if (isExpiryUnit(word) && !isKeepTtl && (unit === null || unit === word) && i + 1 < args.length) {
      unit = word
      time = args[++i]!
    } else throw SYNTAX
  }
  return { condition, isGet, isKeepTtl, unit, time }
}

function setWithExpiry(session: Session, args: readonly string[], unit: 'EX' | 'PX', command: string): Outcome {
  const { db } = session
  const key = args[1]!
  const at = expiryOf(session, args[2]!, unit, command)
  const entry = db.put(key, 'string', args[3]!, '', true)
  db.changed(key, Notify.STRING, 'set')
  db.setExpiry(key, entry, at)
  db.notify(Notify.GENERIC, 'expire', key)
  session.propagate(['SET', key, args[3]!, 'PXAT', String(at)])
  return OK
}

const setex: Handler = (session, args) => setWithExpiry(session, args, 'EX', 'setex')
const psetex: Handler = (session, args) => setWithExpiry(session, args, 'PX', 'psetex')

function setnx(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  if (db.find(args[1]!) !== undefined) return 0
  db.put(args[1]!, 'string', args[2]!)
  db.changed(args[1]!, Notify.STRING, 'set')
  return 1
}

function getset(session: Session, args: readonly string[]): Outcome {
  const before = get(session, args)
  session.db.put(args[1]!, 'string', args[2]!)
  session.db.changed(args[1]!, Notify.STRING, 'set')
  session.propagate(['SET', args[1]!, args[2]!])
  return before
}

function getdel(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const before = get(session, args)
  if (before === null) return null
  db.delete(args[1]!)
  db.changed(args[1]!, Notify.GENERIC, 'del')
  session.propagate(['DEL', args[1]!])
  return before
}

function getex(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  let unit: ExpiryUnit | 'PERSIST' | null = null
  let time = ''
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'PERSIST' && (unit === null || unit === 'PERSIST')) unit = word
    else if (isExpiryUnit(word) && (unit === null || unit === word) && i + 1 < args.length) {
      unit = word
      time = args[++i]!
    } else throw SYNTAX
  }
  const entry = db.read(key, 'string')
  if (entry === undefined) return null
  const value = textOf(entry.value)
  if (unit === 'PERSIST') {
    if (entry.expireAt !== 0) {
      db.setExpiry(key, entry, 0)
      db.changed(key, Notify.GENERIC, 'persist')
      session.propagate(['PERSIST', key])
    }
  } else if (unit !== null) {
    const at = expiryOf(session, time, unit, 'getex')
    if (at <= session.engine.now && unit.endsWith('AT')) {
      db.delete(key)
      db.changed(key, Notify.GENERIC, 'del')
      session.propagate(['DEL', key])
    } else {
      db.setExpiry(key, entry, at)
      db.changed(key, Notify.GENERIC, 'expire')
      session.propagate(['PEXPIREAT', key, String(at)])
    }
  }
  return value
}

function mget(session: Session, args: readonly string[]): Outcome {
  const values: Reply[] = []
  for (let i = 1; i < args.length; i++) {
    const entry = session.db.findForRead(args[i]!)
    values.push(entry?.type === 'string' ? textOf(entry.value as string | Buffer) : null)
  }
  return values
}

function setEach(db: Database, args: readonly string[]): void {
  for (let i = 1; i < args.length; i += 2) {
    db.put(args[i]!, 'string', args[i + 1]!)
    db.changed(args[i]!, Notify.STRING, 'set')
  }
}

function mset(session: Session, args: readonly string[]): Outcome {
  if (args.length % 2 === 0) throw wrongArity('mset')
  setEach(session.db, args)
  return OK
}

function msetnx(session: Session, args: readonly string[]): Outcome {
  if (args.length % 2 === 0) throw wrongArity('msetnx')
  for (let i = 1; i < args.length; i += 2) if (session.db.find(args[i]!) !== undefined) return 0
  setEach(session.db, args)
  return 1
}

function strlen(session: Session, args: readonly string[]): Outcome {
  return session.db.read(args[1]!, 'string')?.value.length ?? 0
}

function append(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const entry = db.write(key, 'string')
  const before = entry === undefined ? '' : textOf(entry.value)
  checkLength(session, before.length + args[2]!.length)
  if (entry === undefined) db.put(key, 'string', args[2]!)
  else {
    entry.value = before + args[2]!
    entry.encoding = 'raw'
  }
  db.changed(key, Notify.STRING, 'append')
  return before.length + args[2]!.length
}

/** Throws when a string would become longer than Redis allows. */
export function checkLength(session: Session, length: number): void {
  if (length > session.engine.maxStringBytes) throw TOO_LONG
}

function setrange(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const patch = args[3]!
  const offset = integerOf(args[2])
  if (offset < 0) throw new FailureReply('ERR offset is out of range')
  const entry = db.write(key, 'string')
  if (patch.length === 0) return entry === undefined ? 0 : entry.value.length
  checkLength(session, offset + patch.length)
  const bytes = editableBytes(db, key, offset + patch.length)
  bytes.write(patch, offset, 'latin1')
  db.changed(key, Notify.STRING, 'setrange')
  return bytes.length
}

/**
 * The value of a string key as bytes to be edited in place, grown with zeros to at least `length`; a missing key is
 * created. The type must have been checked.
 */
export function editableBytes(db: Database, key: string, length: number): Buffer {
  const entry = db.write(key, 'string') ?? db.put(key, 'string', '')
  const { value } = entry
  let bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
  if (bytes.length < length) {
    const grown = Buffer.alloc(length)
    grown.set(bytes)
    bytes = grown
  }
  entry.value = bytes
  entry.encoding = 'raw'
  return bytes
}

function getrange(session: Session, args: readonly string[]): Outcome {
  let start = integerOf(args[2])
  let end = integerOf(args[3])
  const entry = session.db.read(args[1]!, 'string')
  if (entry === undefined) return ''
  const { length } = entry.value
  if (start < 0 && end < 0 && start > end) return ''
  start = start < 0 ? Math.max(0, start + length) : start
  end = Math.min(end < 0 ? Math.max(0, end + length) : end, length - 1)
  if (start > end || length === 0) return ''
  return typeof entry.value === 'string'
    ? entry.value.slice(start, end + 1)
    : entry.value.toString('latin1', start, end + 1)
}

function add(session: Session, key: string, increment: Integer): Outcome {
  const { db } = session
  const entry = db.write(key, 'string')
  const before = entry === undefined ? 0 : exactIntegerOf(textOf(entry.value))
  const sum = addIntegers(before, increment)
  if (sum === undefined) throw OVERFLOW
  if (entry === undefined) db.put(key, 'string', String(sum))
  else {
    entry.value = String(sum)
    entry.encoding = ''
  }
  db.changed(key, Notify.STRING, 'incrby')
  return sum
}

const incr: Handler = (session, args) => add(session, args[1]!, 1)
const decr: Handler = (session, args) => add(session, args[1]!, -1)
const incrby: Handler = (session, args) => add(session, args[1]!, exactIntegerOf(args[2]))

function decrby(session: Session, args: readonly string[]): Outcome {
  const decrement = exactIntegerOf(args[2])
  if (decrement === -(2n ** 63n)) throw new FailureReply('ERR decrement would overflow')
  return add(session, args[1]!, -decrement)
}

function incrbyfloat(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const entry = db.write(key, 'string')
  const before = longDoubleOf(entry === undefined ? '0' : textOf(entry.value))
  const sum = addFloats(before, longDoubleOf(args[2]))
  db.put(key, 'string', sum, plainEncoding(sum), true)
  db.changed(key, Notify.STRING, 'incrbyfloat')
  session.propagate(['SET', key, sum, 'KEEPTTL'])
  return sum
}

export const string: Readonly<Record<string, Handler>> = {
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  substr: getrange,
}
