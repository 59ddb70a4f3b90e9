// Hashes: small ones count as listpacks, larger ones as hash tables; both are a Map here.
import { FailureReply, MapReply, type Reply } from '@ochre/protocol'
import { addFloats, exactIntegerOf, integerWithin, longDoubleOf } from '../arguments.ts'
import type { EntryOf } from '../entry.ts'
import { OK, SYNTAX, wrongArity } from '../failures.ts'
import { Notify } from '../notify.ts'
import { passes, scanOptionsOf } from '../scan.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { addIntegers, parseInteger, parseLongDouble } from '../structures/numbers.ts'

type HashEntry = EntryOf<'hash'>

function hashAt(session: Session, key: string): Map<string, string> | undefined {
  return session.db.read(key, 'hash')?.value
}

function hashFor(session: Session, key: string): HashEntry {
  return session.db.write(key, 'hash') ?? session.db.put(key, 'hash', new Map(), 'listpack')
}

/** Sets a field; true when it is new. Turns a listpack into a hash table at Redis's thresholds, for good. */
function setField(session: Session, entry: HashEntry, field: string, value: string): boolean {
  const { value: hash } = entry
  const before = hash.size
  hash.set(field, value)
  if (entry.encoding === 'listpack') {
    const { settings } = session.engine
    const longest = settings['hash-max-listpack-value']
    if (field.length > longest || value.length > longest || hash.size > settings['hash-max-listpack-entries']) {
      entry.encoding = 'hashtable'
    }
  }
  return hash.size !== before
}

function setFields(session: Session, args: readonly string[]): number {
  const key = args[1]!
  const entry = hashFor(session, key)
  let added = 0
  for (let i = 2; i < args.length; i += 2) if (setField(session, entry, args[i]!, args[i + 1]!)) added++
  session.db.changed(key, Notify.HASH, 'hset')
  return added
}

function hset(session: Session, args: readonly string[]): Outcome {
  if (args.length % 2 === 1) throw wrongArity('hset')
  return setFields(session, args)
}

function hmset(session: Session, args: readonly string[]): Outcome {
  if (args.length % 2 === 1) throw wrongArity('hmset')
  setFields(session, args)
  return OK
}

function hsetnx(session: Session, args: readonly string[]): Outcome {
  if (session.db.write(args[1]!, 'hash')?.value.has(args[2]!)) return 0
  setFields(session, args)
  return 1
}

function hget(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.get(args[2]!) ?? null
}

function hmget(session: Session, args: readonly string[]): Outcome {
  const hash = hashAt(session, args[1]!)
  return args.slice(2).map((field) => hash?.get(field) ?? null)
}

function hgetall(session: Session, args: readonly string[]): Outcome {
  const hash = hashAt(session, args[1]!)
  const entries: Reply[] = []
  if (hash !== undefined) for (const [field, value] of hash) entries.push(field, value)
  return new MapReply(entries)
}

function hkeys(session: Session, args: readonly string[]): Outcome {
  return [...(hashAt(session, args[1]!)?.keys() ?? [])]
}

function hvals(session: Session, args: readonly string[]): Outcome {
  return [...(hashAt(session, args[1]!)?.values() ?? [])]
}

function hlen(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.size ?? 0
}

function hexists(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.has(args[2]!) ? 1 : 0
}

function hstrlen(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.get(args[2]!)?.length ?? 0
}

function hdel(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const hash = db.write(key, 'hash')?.value
  if (hash === undefined) return 0
  let removed = 0
  for (let i = 2; i < args.length; i++) if (hash.delete(args[i]!)) removed++
  if (removed > 0) db.changed(key, Notify.HASH, 'hdel')
  if (hash.size === 0) db.removeEmpty(key)
  return removed
}

function hincrby(session: Session, args: readonly string[]): Outcome {
  const key = args[1]!
  const increment = exactIntegerOf(args[3])
  const before = parseInteger(session.db.write(key, 'hash')?.value.get(args[2]!) ?? '0')
  if (before === undefined) throw new FailureReply('ERR hash value is not an integer')
  const sum = addIntegers(before, increment)
  if (sum === undefined) throw new FailureReply('ERR increment or decrement would overflow')
  setField(session, hashFor(session, key), args[2]!, String(sum))
  session.db.changed(key, Notify.HASH, 'hincrby')
  return sum
}

function hincrbyfloat(session: Session, args: readonly string[]): Outcome {
  const key = args[1]!
  const field = args[2]!
  const increment = longDoubleOf(args[3])
  if (increment.infinite) throw new FailureReply('ERR value is NaN or Infinity')
  const before = parseLongDouble(session.db.write(key, 'hash')?.value.get(field) ?? '0')
  if (before === undefined) throw new FailureReply('ERR hash value is not a float')
  const sum = addFloats(before, increment)
  setField(session, hashFor(session, key), field, sum)
  session.db.changed(key, Notify.HASH, 'hincrbyfloat')
  session.propagate(['HSET', key, field, sum])
  return sum
}

/** HRANDFIELD key [count [WITHVALUES]]: a positive count draws distinct fields, a negative one with repetition. */
function hrandfield(session: Session, args: readonly string[]): Outcome {
  if (args.length > 4 || (args.length === 4 && args[3]!.toUpperCase() !== 'WITHVALUES')) throw SYNTAX
  const withValues = args.length === 4
  const count = args.length === 2 ? 1 : integerWithin(args[2], -(2n ** 63n - 1n), 2n ** 63n - 1n)
  if (withValues && Math.abs(count) >= 2 ** 62) throw new FailureReply('ERR value is out of range')
  const hash = hashAt(session, args[1]!)
  if (hash === undefined) return args.length === 2 ? null : []
  const fields = [...hash.keys()]
  const { random } = session.engine
  const drawn: string[] = []
  if (count < 0) for (let i = 0; i > count; i--) drawn.push(fields[Math.floor(random() * fields.length)]!)
  else {
    // The front of a shuffle, as far as it is needed.
    const wanted = Math.min(count, fields.length)
    for (let i = 0; i < wanted; i++) {
      const other = i + Math.floor(random() * (fields.length - i))
      drawn.push(fields[other]!)
      fields[other] = fields[i]!
    }
  }
  if (args.length === 2) return drawn[0]!
  if (!withValues) return drawn
  if (session.resp === 3) return drawn.map((field) => [field, hash.get(field)!])
  return drawn.flatMap((field) => [field, hash.get(field)!])
}

function hscan(session: Session, args: readonly string[]): Outcome {
  const options = scanOptionsOf(args, 2)
  const entry = session.db.read(args[1]!, 'hash')
  if (entry === undefined) return ['0', []]
  const { value: hash } = entry
  const isSmall = entry.encoding === 'listpack'
  const { cursor, keys } = isSmall
    ? { cursor: 0, keys: [...hash.keys()] }
    : session.engine.scans.next(hash, options.cursor, options.count)
  const items: string[] = []
  for (const field of keys) if (passes(options, field)) items.push(field, hash.get(field)!)
  return [String(cursor), items]
}

export const hash: Readonly<Record<string, Handler>> = {
  hdel,
  hexists,
  hget,
  hgetall,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hrandfield,
  hscan,
  hset,
  hsetnx,
  hstrlen,
  hvals,
}
