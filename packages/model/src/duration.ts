// Lengths of time as people write them: milliseconds, or '500ms', '30s', '5m', '2h', '30d', '1w'.

import { UsageError } from '@ochre/protocol'

export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/** Milliseconds, a positive integer; throws on anything else. */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(duration) : null
  const ms = match ? Math.round(Number(match[1]) * UNITS[match[2]!]!) : duration
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms <= 0)
    throw new UsageError("A duration is positive milliseconds or text such as '500ms', '30s', '5m', '2h', '30d'")
  return ms
}

/** A calendar-free span: how far to move a date. */
export interface Span {
  readonly weeks?: number
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
  readonly seconds?: number
  readonly milliseconds?: number
}

/** Milliseconds of a span, possibly negative. */
export function spanMs(span: Span | number): number {
  const ms =
    typeof span === 'number'
      ? span
      : (span.weeks ?? 0) * UNITS.w! +
        (span.days ?? 0) * UNITS.d! +
        (span.hours ?? 0) * UNITS.h! +
        (span.minutes ?? 0) * UNITS.m! +
        (span.seconds ?? 0) * UNITS.s! +
        (span.milliseconds ?? 0)
  if (!Number.isSafeInteger(ms)) throw new UsageError('A span must be a whole number of milliseconds')
  return ms
}
