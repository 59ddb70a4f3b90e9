// Hashes. When a listpack becomes a hash table is the business of structures/hash-value.ts.
import { FailureReply, MapReply } from '@ochre/protocol'
import { addFloats, drawCountOf, exactIntegerOf, longDoubleOf, OUT_OF_BOUNDS } from '../arguments.ts'
import { OK, SYNTAX, wrongArity } from '../failures.ts'
import { Notify } from '../notify.ts'
import { cursorOf, passes, scanOptionsOf } from '../scan.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { EncodingLimits } from '../structures/encoding-limits.ts'
import { HashValue } from '../structures/hash-value.ts'
import { addIntegers, parseInteger, parseLongDouble } from '../structures/numbers.ts'

function hashAt(session: Session, key: string): HashValue | undefined {
  return session.db.read(key, 'hash')?.value
}

/** The hash to write to, created when the key is missing. */
export function hashFor(session: Session, key: string): HashValue {
  return (session.db.write(key, 'hash') ?? session.db.put(key, 'hash', new HashValue())).value
}

export function limitsOf({ engine: { settings } }: Session): EncodingLimits {
  return { entries: settings['hash-max-listpack-entries'], value: settings['hash-max-listpack-value'] }
}

function setFields(session: Session, args: readonly string[]): number {
  const key = args[1]!
  const hash = hashFor(session, key)
  const limits = limitsOf(session)
  let added = 0
  for (let i = 2; i < args.length; i += 2) if (hash.set(args[i]!, args[i + 1]!, limits)) added++
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
  const values = hash?.values()
  return new MapReply(hash?.fields().flatMap((field, i) => [field, values![i]!]) ?? [])
}

function hkeys(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.fields().slice() ?? []
}

function hvals(session: Session, args: readonly string[]): Outcome {
  return hashAt(session, args[1]!)?.values().slice() ?? []
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
  hashFor(session, key).set(args[2]!, String(sum), limitsOf(session), true)
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
  const hash = hashFor(session, key)
  hash.set(field, sum, limitsOf(session), true)
  session.db.changed(key, Notify.HASH, 'hincrbyfloat')
  const doesExpire = hash.expiryOf(field) !== undefined
  session.propagate(doesExpire ? ['HSETEX', key, 'KEEPTTL', 'FIELDS', '1', field, sum] : ['HSET', key, field, sum])
  return sum
}

/** HRANDFIELD key [count [WITHVALUES]]: a positive count draws distinct fields, a negative one with repetition. */
function hrandfield(session: Session, args: readonly string[]): Outcome {
  const withValues = args.length === 4
  const count = args.length === 2 ? 1 : drawCountOf(args[2])
  if (args.length > 4 || (withValues && args[3]!.toUpperCase() !== 'WITHVALUES')) throw SYNTAX
  if (withValues && Math.abs(count) >= 2 ** 62) throw OUT_OF_BOUNDS
  const hash = hashAt(session, args[1]!)
  if (hash === undefined) return args.length === 2 ? null : []
  const fields = hash.fields().slice()
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
  const cursor = cursorOf(args[2]!)
  const entry = session.db.read(args[1]!, 'hash')
  if (entry === undefined) return ['0', []]
  const options = scanOptionsOf(args, 3)
  const items: string[] = []
  const next = entry.value.scan(cursor, options.count, (field, value) => {
    if (passes(options, field)) items.push(field, value)
  })
  return [next, items]
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
