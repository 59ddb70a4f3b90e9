// Readers of arguments. Each throws the error reply Redis gives when the text is not what it must be.
import { FailureReply } from '@ochre/protocol'
import { NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX } from './failures.ts'
import {
  addFloatTexts,
  type Integer,
  type LongDouble,
  parseDouble,
  parseInteger,
  parseLongDouble,
  strtod,
} from './structures/numbers.ts'

/** Whether a command of that arity, as COMMAND INFO counts it, takes so many arguments. */
export function fitsArity(arity: number, count: number): boolean {
  return arity > 0 ? count === arity : count >= -arity
}

/** An exact 64-bit integer. */
export function exactIntegerOf(text: string | undefined, failure: FailureReply = NOT_AN_INTEGER): Integer {
  const value = parseInteger(text ?? '')
  if (value === undefined) throw failure
  return value
}

/** An integer used as a count, index or duration: beyond 2^53 the nearest double will do. */
export function integerOf(text: string | undefined, failure: FailureReply = NOT_AN_INTEGER): number {
  return Number(exactIntegerOf(text, failure))
}

/** An integer that must lie in min..max. */
export function integerIn(text: string | undefined, min: number, max: number, failure: FailureReply): number {
  const value = integerOf(text, failure)
  if (value < min || value > max) throw failure
  return value
}

/** An integer within min..max, where Redis names the range. */
export function integerWithin(text: string | undefined, min: Integer, max: Integer): number {
  const value = exactIntegerOf(text)
  if (value >= min && value <= max) return Number(value)
  throw new FailureReply(`ERR value is out of range, value must between ${min} and ${max}`)
}

/** With repetition a client could draw more than there is memory for. */
const MAX_DRAWS = 2 ** 20

/** The count of SRANDMEMBER and its kin: so many different ones, or if negative so many with repetition. */
export function drawCountOf(text: string | undefined): number {
  const count = integerWithin(text, -(2n ** 63n - 1n), 2n ** 63n - 1n)
  if (count < -MAX_DRAWS) throw OUT_OF_BOUNDS
  return count
}

export const OUT_OF_BOUNDS: FailureReply = new FailureReply('ERR value is out of range')

/** A count such as LPOP's: 0 or more. */
export function countOf(text: string | undefined): number {
  return integerIn(text, 0, Number.POSITIVE_INFINITY, NOT_POSITIVE)
}

const NOT_POSITIVE = new FailureReply('ERR value is out of range, must be positive')

/** A finite or infinite double. */
export function doubleOf(text: string | undefined, failure: FailureReply = NOT_A_FLOAT): number {
  const value = parseDouble(text ?? '')
  if (value === undefined) throw failure
  return value
}

/** The timeout of a blocking command: seconds with a fraction, answered in milliseconds; 0 is for ever. */
export function timeoutOf(text: string | undefined): number {
  const seconds = parseLongDouble(text ?? '') === undefined ? undefined : strtod(text ?? '')
  if (seconds === undefined) throw new FailureReply('ERR timeout is not a float or out of range')
  const ms = Math.ceil(seconds * 1000)
  // What does not fit into 64 bits wraps around in C.
  if (ms < 0 || ms >= 2 ** 63) throw new FailureReply('ERR timeout is negative')
  return ms
}

/** `current + increment` in long double arithmetic, as INCRBYFLOAT and HINCRBYFLOAT print it. */
export function addFloats(current: LongDouble, increment: LongDouble): string {
  const sum = addFloatTexts(current, increment)
  if (sum === undefined) throw new FailureReply('ERR increment would produce NaN or Infinity')
  return sum
}

export function longDoubleOf(text: string | undefined, failure: FailureReply = NOT_A_FLOAT): LongDouble {
  const value = parseLongDouble(text ?? '')
  if (value === undefined) throw failure
  return value
}

/** The argument at an index that a syntax demands. */
export function argumentAt(args: readonly string[], index: number): string {
  const arg = args[index]
  if (arg === undefined) throw SYNTAX
  return arg
}
