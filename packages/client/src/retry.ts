// What may be repeated, and when: the one place that decides it.
//
//   the connection was lost   before the bytes left -> repeat; after -> repeat what is repeatable, reject the rest
//   the server said "not now" it did not run        -> repeat until the deadline
//   the server said anything else                   -> the caller's answer
import type { Command } from './command.ts'

/** Waits that grow: `minMs` doubled per attempt up to `maxMs`, times a random number (full jitter). */
export interface Backoff {
  readonly minMs: number
  readonly maxMs: number
}

/** `attempt` counts from 0. */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  return Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(attempt, 30)) * random
}

/** Between repetitions after a "not now". */
export const REFUSAL_BACKOFF: Backoff = { minMs: 20, maxMs: 500 }

/** What a refusal means: the caller's answer, try again on this connection, or try again on a new one. */
export type Verdict = 'answer' | 'again' | 'reconnect'

/** First words with which a server refuses a command without having run any of it. */
const NOT_NOW: ReadonlyMap<string, Verdict> = new Map([
  ['LOADING', 'again'],
  ['BUSY', 'again'],
  ['MASTERDOWN', 'again'],
  ['TRYAGAIN', 'again'],
  ['CLUSTERDOWN', 'again'],
  // The primary was demoted: whoever is primary now is found by connecting anew.
  ['READONLY', 'reconnect'],
  ['NOAUTH', 'reconnect'],
])

/** Whether a refusal with this code means that nothing has run. */
export function isNotNow(code: string): boolean {
  return NOT_NOW.has(code)
}

/**
 * `code` is that of the ReplyError. Without a deadline nothing ends the repetitions, so the refusal is the answer, except
 * for a command that may block for ever anyway.
 */
export function verdictOn(command: Command, code: string): Verdict {
  if (command.bound || (command.timeoutMs === 0 && command.patienceMs === 0)) return 'answer'
  return NOT_NOW.get(code) ?? 'answer'
}

/** Whether a command whose connection was lost may be sent again. `left`: its bytes had left. */
export function mayRepeat(command: Command, left: boolean, maxRetries: number): boolean {
  if (command.settled || command.bound) return false
  return !left || (command.repeatable && command.losses <= maxRetries)
}
