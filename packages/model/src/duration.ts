// Lengths of time as people write them: milliseconds, or '500ms', '30s', '5m', '2h', '30d', '1w'.

import { UsageError } from '@ochre/protocol'

export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/** What still ends at an instant that a Date can be: some 250,000 years. */
const LONGEST_MS = 8e15

/** Milliseconds, a positive integer; throws on anything else. */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(duration) : null
  const ms = match ? Math.round(Number(match[1]) * UNITS[match[2]!]!) : duration
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms <= 0 || ms > LONGEST_MS)
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

const SPAN: Readonly<Record<keyof Span, number>> = {
  weeks: UNITS.w!,
  days: UNITS.d!,
  hours: UNITS.h!,
  minutes: UNITS.m!,
  seconds: UNITS.s!,
  milliseconds: 1,
}

/** Milliseconds of a span, possibly negative. Throws for a unit that has no fixed length, as months have none. */
export function spanMs(span: Span | number): number {
  let ms = 0
  if (typeof span === 'number') ms = span
  else if (typeof span !== 'object' || span === null) ms = Number.NaN
  else
    for (const [unit, count] of Object.entries(span)) {
      const length = Object.hasOwn(SPAN, unit) ? SPAN[unit as keyof Span] : null
      if (length === null) throw new UsageError(`A span is made of ${Object.keys(SPAN).join(', ')}; not of ${unit}`)
      if (count !== undefined) ms += typeof count === 'number' ? count * length : Number.NaN
    }
  if (!Number.isSafeInteger(ms)) throw new UsageError('A span must be a whole number of milliseconds')
  return ms
}
