// When keys expire: the options EX, PX, EXAT and PXAT of several commands, and what happens to a time already past.
import { FailureReply } from '@ochre/protocol'
import { exactIntegerOf } from './arguments.ts'
import type { Session } from './session.ts'

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** How a time is given: seconds or milliseconds, from now or since the epoch. */
export type ExpiryUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT'

export function isExpiryUnit(word: string): word is ExpiryUnit {
  return word === 'EX' || word === 'PX' || word === 'EXAT' || word === 'PXAT'
}

/**
 * The moment in milliseconds since the epoch. Throws when it does not fit into 64 bits, and unless `mayBePast` when the
 * number is not positive.
 */
export function expiryOf(session: Session, text: string, unit: ExpiryUnit, command: string, mayBePast = false): number {
  let at = BigInt(exactIntegerOf(text))
  const isInvalid = (): boolean => at > INT64_MAX || at < INT64_MIN
  if (at <= 0n && !mayBePast) throw invalidExpiry(command)
  if (unit === 'EX' || unit === 'EXAT') at *= 1000n
  if (isInvalid()) throw invalidExpiry(command)
  if (unit === 'EX' || unit === 'PX') at += BigInt(session.engine.now)
  if (isInvalid()) throw invalidExpiry(command)
  return Number(at)
}

function invalidExpiry(command: string): FailureReply {
  return new FailureReply(`ERR invalid expire time in '${command}' command`)
}
