// What all commands on sorted sets share: finding one, storing a computed one, and replying with members and scores.
import { DoubleReply, type Reply } from '@ochre/protocol'
import { Notify } from '../notify.ts'
import type { Session } from '../session.ts'
import type { EncodingLimits } from '../structures/encoding-limits.ts'
import { formatDouble } from '../structures/numbers.ts'
import type { SortedSet } from '../structures/sorted-set.ts'

export function zsetAt(session: Session, key: string): SortedSet | undefined {
  return session.db.read(key, 'zset')?.value
}

export function limitsOf({ engine: { settings } }: Session): EncodingLimits {
  return { entries: settings['zset-max-listpack-entries'], value: settings['zset-max-listpack-value'] }
}

export function scoreReply(score: number): DoubleReply {
  return new DoubleReply(formatDouble(score))
}

/** Members, or members with scores: nested pairs in RESP3, flat in RESP2. */
export function pairsReply(
  session: Session,
  pairs: readonly (readonly [member: string, score: number])[],
  withScores: boolean,
): Reply {
  if (!withScores) return pairs.map(([member]) => member)
  if (session.resp === 3) return pairs.map(([member, score]) => [member, scoreReply(score)])
  return pairs.flatMap(([member, score]) => [member, scoreReply(score)])
}

/** Puts a computed sorted set under a key, or deletes the key when it is empty; answers its size. */
export function storeResult(session: Session, key: string, result: SortedSet, event: string): number {
  const { db } = session
  if (result.size === 0) {
    if (db.delete(key)) db.changed(key, Notify.GENERIC, 'del')
    return 0
  }
  db.put(key, 'zset', result)
  db.changed(key, Notify.ZSET, event)
  return result.size
}
