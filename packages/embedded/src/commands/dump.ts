// DUMP and RESTORE: a value as bytes that a Redis server takes too, and back.
import { FailureReply } from '@ochre/protocol'
import { restoredAccess } from '../access.ts'
import { exactIntegerOf, integerOf } from '../arguments.ts'
import { OK, SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import { payloadOf, valueOfPayload } from '../rdb-entry.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { Integer } from '../structures/numbers.ts'

function dumpKey(session: Session, args: readonly string[]): Outcome {
  const entry = session.db.findForRead(args[1]!)
  return entry === undefined ? null : payloadOf(entry)
}

interface RestoreOptions {
  readonly isReplacing: boolean
  readonly isAbsolute: boolean
  readonly idleSeconds: number | undefined
  readonly frequency: number | undefined
}

function restoreOptionsOf(args: readonly string[]): RestoreOptions {
  let [isReplacing, isAbsolute] = [false, false]
  let idleSeconds: number | undefined
  let frequency: number | undefined
  for (let i = 4; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    const hasMore = i + 1 < args.length
    if (word === 'REPLACE') isReplacing = true
    else if (word === 'ABSTTL') isAbsolute = true
    else if (word === 'IDLETIME' && hasMore && frequency === undefined) {
      idleSeconds = integerOf(args[++i])
      if (idleSeconds < 0) throw new FailureReply('ERR Invalid IDLETIME value, must be >= 0')
    } else if (word === 'FREQ' && hasMore && idleSeconds === undefined) {
      frequency = integerOf(args[++i])
      if (frequency < 0 || frequency > 255) throw new FailureReply('ERR Invalid FREQ value, must be >= 0 and <= 255')
    } else throw SYNTAX
  }
  return { isReplacing, isAbsolute, idleSeconds, frequency }
}

/** RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency] */
function restoreKey(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const { isReplacing, isAbsolute, idleSeconds, frequency } = restoreOptionsOf(args)
  if (!isReplacing && db.find(key) !== undefined) throw BUSY_KEY
  const ttl: Integer = exactIntegerOf(args[2])
  if (ttl < 0) throw new FailureReply('ERR Invalid TTL value, must be >= 0')
  const restored = valueOfPayload(args[3]!, engine.settings, engine.skipsChecksums)
  if (restored === 'footer') throw new FailureReply('ERR DUMP payload version or checksum are wrong')
  if (restored === 'data') throw new FailureReply('ERR Bad data format')
  const expireAt = ttl === 0 ? 0 : isAbsolute ? Number(ttl) : Number(ttl) + engine.now
  if (expireAt !== 0 && expireAt <= engine.now) {
    if (db.peek(key) !== undefined) {
      db.removeEmpty(key)
      session.propagate(['DEL', key])
    }
    return OK
  }
  db.delete(key)
  const entry = db.put(key, restored.type, restored.value)
  if (expireAt !== 0) db.setExpiry(key, entry, expireAt)
  const access = restoredAccess(engine, idleSeconds, frequency)
  if (access !== undefined) entry.access = access
  db.changed(key, Notify.GENERIC, 'restore')
  session.propagate(['RESTORE', key, String(expireAt), args[3]!, 'REPLACE', 'ABSTTL'])
  return OK
}

const BUSY_KEY = new FailureReply('BUSYKEY Target key name already exists.')

export const dump: Readonly<Record<string, Handler>> = {
  dump: dumpKey,
  restore: restoreKey,
  // What MIGRATE sends between the nodes of a cluster.
  'restore-asking': restoreKey,
}
