// Redis's number syntax and formats: strict 64-bit integers, C doubles, x87 long doubles.
//
// Integers are numbers while they are safe and bigints beyond, so that the common case never allocates. Doubles follow
// strtod and %.17g. INCRBYFLOAT computes in 80-bit long doubles on x86-64; those are emulated with exact integer
// arithmetic: parsing, addition and %.17Lf each round once, to nearest even, as the hardware and the C library do.

/** A 64-bit integer: a number while |value| <= 2^53 - 1, a bigint beyond. */
export type Integer = number | bigint

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

/**
 * The value of a canonical signed 64-bit integer, or undefined. Canonical means that formatting the value gives the
 * text back: no plus sign, no spaces, no leading zeros, no "-0". Same as Redis's string2ll.
 */
export function parseInteger(text: string): Integer | undefined {
  const length = text.length
  if (length === 0 || length > 20) return undefined
  const first = text.charCodeAt(0)
  const start = first === 0x2d ? 1 : 0
  const lead = text.charCodeAt(start)
  if (lead === 0x30) return length === 1 ? 0 : undefined
  if (!(lead >= 0x31 && lead <= 0x39)) return undefined
  let value = lead - 0x30
  for (let i = start + 1; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (value <= Number.MAX_SAFE_INTEGER) return start === 1 ? -value : value
  const exact = BigInt(text)
  return exact >= MIN_INT64 && exact <= MAX_INT64 ? exact : undefined
}

/** Same as parseInteger, undefined also for integers that a number cannot hold exactly. */
export function parseSafeInteger(text: string): number | undefined {
  const value = parseInteger(text)
  return typeof value === 'number' ? value : undefined
}

/**
 * An unsigned 64-bit integer as stream ids take it (Redis's string2ull): canonical, or else whatever C's strtoull takes:
 * white space in front, a plus sign, leading zeros, and even "-05", which wraps around while "-5" is refused.
 */
export function parseUnsigned(text: string): Integer | undefined {
  const value = parseInteger(text)
  if (value !== undefined) return value >= 0 ? value : undefined
  const match = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)$/.exec(text)
  if (match === null) return undefined
  const exact = BigInt(match[2]!)
  if (exact > MAX_UINT64) return undefined
  return toUnsigned(match[1] === '-' ? BigInt.asUintN(64, -exact) : exact)
}

/** Narrows an exact value within 0..2^64-1 to an Integer. */
export function toUnsigned(value: bigint): Integer {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** The sum as a signed 64-bit integer, undefined when it overflows. */
export function addIntegers(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toInteger(BigInt(a) + BigInt(b))
}

/** Narrows an exact value to an Integer, undefined outside the signed 64-bit range. */
export function toInteger(value: bigint): Integer | undefined {
  if (value > MAX_INT64 || value < MIN_INT64) return undefined
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

// ---- doubles ----

const FLOAT =
  /^[ \t\n\v\f\r]*([+-]?)(?:(inf(?:inity)?)|(nan(?:\([a-z0-9_]*\))?)|0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?|([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]+))?)$/i

/** An exact value: mantissa * 2^two * 10^ten, or a special one. */
interface Literal {
  readonly negative: boolean
  readonly special?: 'inf' | 'nan'
  readonly mantissa: bigint
  readonly two: number
  readonly ten: number
}

function parseLiteral(text: string): Literal | undefined {
  const match = FLOAT.exec(text)
  if (match === null) return undefined
  const [, sign, inf, nan, hexWhole, hexFraction = '', hexExponent, whole = '', fraction = '', exponent] = match
  const negative = sign === '-'
  if (inf !== undefined) return { negative, special: 'inf', mantissa: 0n, two: 0, ten: 0 }
  if (nan !== undefined) return { negative, special: 'nan', mantissa: 0n, two: 0, ten: 0 }
  if (hexWhole !== undefined) {
    const digits = hexWhole + hexFraction
    if (digits === '') return undefined
    const two = clampExponent(hexExponent) - 4 * hexFraction.length
    return { negative, mantissa: BigInt(`0x${digits}`), two, ten: 0 }
  }
  const digits = whole + fraction
  if (digits === '') return undefined
  return { negative, mantissa: BigInt(digits), two: 0, ten: clampExponent(exponent) - fraction.length }
}

/** Beyond any long double anyway; bounded so that no exponent in a request can make us compute a giant power. */
function clampExponent(digits: string | undefined): number {
  return digits === undefined ? 0 : Math.max(-40_000, Math.min(40_000, Number(digits)))
}

/**
 * C's strtod over the whole text: leading white space, sign, decimal, hexadecimal, inf, nan. Undefined when something
 * is left over. The empty text is 0, overflow an infinity, underflow a zero and NaN is let through, as the callers of
 * plain strtod in Redis (score bounds) see them.
 */
export function strtod(text: string): number | undefined {
  if (text === '') return 0
  const match = FLOAT.exec(text)
  if (match === null) return undefined
  const sign = match[1] === '-' ? -1 : 1
  if (match[2] !== undefined) return sign * Number.POSITIVE_INFINITY
  if (match[3] !== undefined) return Number.NaN
  if (match[4] === undefined) {
    if ((match[7] ?? '') === '' && (match[8] ?? '') === '') return undefined
    return Number(text.trim())
  }
  const literal = parseLiteral(text)
  if (literal === undefined) return undefined
  const rounded = roundRational(literal.mantissa, literal.two, 0, 53, -1074)
  if (rounded.mantissa === 0n) return sign * 0
  if (rounded.exponent > 971) return sign * Number.POSITIVE_INFINITY
  const value = Number(rounded.mantissa)
  // Two steps keep the power of two itself inside the range of doubles.
  const half = Math.trunc(rounded.exponent / 2)
  return sign * value * 2 ** half * 2 ** (rounded.exponent - half)
}

/**
 * A double as ZADD and GEOADD accept it (Redis's string2d): no leading space, nothing left over, no overflow, no
 * underflow to zero, not NaN. Infinities are accepted.
 */
export function parseDouble(text: string): number | undefined {
  const first = text.charCodeAt(0)
  if (first === 0x20 || (first >= 9 && first <= 13)) return undefined
  const value = strtod(text)
  if (value === undefined || text === '' || Number.isNaN(value)) return undefined
  if (!Number.isFinite(value) && !/inf/i.test(text)) return undefined
  if (value === 0 && /^[+-]?(?:0x)?[^ep]*[1-9a-f]/i.test(text) && parseLiteral(text)?.mantissa !== 0n) return undefined
  return value
}

/**
 * A double as C prints it with "%.17g", infinities as "inf" and "-inf": the form of scores and coordinates in replies.
 */
export function formatDouble(value: number): string {
  if (Number.isSafeInteger(value)) return value === 0 && 1 / value < 0 ? '-0' : String(value)
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const size = Math.abs(value)
  // An exact tie in the 18th digit needs a value of few binary places; all others are rounded alike everywhere.
  if (size >= 1e-4 && size < 1e17 && !Number.isInteger(size * 2 ** (19 - Math.floor(Math.log10(size)))))
    return trimZeros(value.toPrecision(17))
  const [mantissa, power] = roundHalfEven(value, 16)
  const exponent = Number(power)
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '')
  const sign = negative ? '-' : ''
  if (exponent < -4 || exponent >= 17) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = Math.abs(exponent)
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** A decimal fraction without its trailing zeros. */
function trimZeros(text: string): string {
  let end = text.length
  while (text.charCodeAt(end - 1) === 0x30) end--
  if (text.charCodeAt(end - 1) === 0x2e) end--
  return text.slice(0, end)
}

/** toExponential rounds exact ties away from zero; the C library rounds them to even. */
function roundHalfEven(value: number, fractionDigits: number): [mantissa: string, exponent: string] {
  const text = value.toExponential(fractionDigits)
  const [mantissa, exponent] = text.split('e') as [string, string]
  const longer = value.toExponential(fractionDigits + 1)
  const mark = longer.indexOf('e')
  if (longer[mark - 1] !== '5') return [mantissa, exponent]
  const exact = value.toExponential(100)
  const tail = exact.slice(mark, exact.indexOf('e'))
  if (/[1-9]/.test(tail)) return [mantissa, exponent]
  const truncated = longer.slice(0, mark - 1)
  const isEven = (truncated.charCodeAt(truncated.length - 1) & 1) === 0
  return isEven ? [truncated, longer.slice(mark + 1)] : [mantissa, exponent]
}

/** A finite double as C prints it with "%.<decimals>f": the form of distances in replies. */
export function formatFixed(value: number, decimals: number): string {
  if (value < 0 || Object.is(value, -0)) return `-${formatFixed(-value, decimals)}`
  if (value >= 1e21) return `${BigInt(value)}.${'0'.repeat(decimals)}`
  const text = value.toFixed(decimals)
  const longer = value.toFixed(decimals + 1)
  // toFixed rounds exact ties away from zero, printf to even.
  if (!longer.endsWith('5') || /[1-9]/.test(value.toFixed(100).slice(longer.length))) return text
  const truncated = longer.slice(0, decimals === 0 ? -2 : -1)
  return (truncated.charCodeAt(truncated.length - 1) & 1) === 0 ? truncated : text
}

/** A finite double as Redis prints coordinates: "%.17Lf" without trailing zeros. */
export function formatHuman(value: number): string {
  const text = trimZeros(formatFixed(value, 17))
  return text === '-0' ? '0' : text
}

// ---- 80-bit long doubles ----

/** An x87 extended value: (-1)^negative * mantissa * 2^exponent, mantissa < 2^64; or an infinity. */
export interface LongDouble {
  readonly negative: boolean
  readonly infinite: boolean
  readonly mantissa: bigint
  readonly exponent: number
}

const LONG_DOUBLE_BITS = 64
const LONG_DOUBLE_MIN_EXPONENT = -16445
const LONG_DOUBLE_MAX_EXPONENT = 16320

/** Bit length of a positive bigint. */
function bitLength(value: bigint): number {
  if (value <= 0xffffffffn) return value === 0n ? 0 : 32 - Math.clz32(Number(value))
  const hex = value.toString(16)
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0]!, 16)))
}

/** Rounds mantissa * 2^two * 10^ten to `bits` bits, to nearest even, never finer than 2^minExponent. */
function roundRational(
  mantissa: bigint,
  two: number,
  ten: number,
  bits: number,
  minExponent: number,
): { mantissa: bigint; exponent: number } {
  if (mantissa === 0n) return { mantissa: 0n, exponent: minExponent }
  // 10^ten = 5^ten * 2^ten; only the odd factor needs a division.
  let numerator = mantissa
  let denominator = 1n
  if (ten > 0) numerator *= 5n ** BigInt(ten)
  else if (ten < 0) denominator = 5n ** BigInt(-ten)
  let exponent = two + ten
  let shift = bits + 1 - (bitLength(numerator) - bitLength(denominator))
  if (exponent - shift < minExponent) shift = exponent - minExponent
  if (shift > 0) numerator <<= BigInt(shift)
  else denominator <<= BigInt(-shift)
  exponent -= shift
  let quotient = numerator / denominator
  const remainder = numerator % denominator
  const sticky = remainder !== 0n
  const excess = bitLength(quotient) - bits
  if (excess > 0) {
    const drop = BigInt(excess)
    const rest = quotient & ((1n << drop) - 1n)
    const half = 1n << (drop - 1n)
    quotient >>= drop
    exponent += excess
    if (rest > half || (rest === half && (sticky || (quotient & 1n) === 1n))) quotient += 1n
  } else if (sticky) {
    // Subnormal: the quotient is already at the finest step, so the remainder decides.
    const twice = remainder * 2n
    if (twice > denominator || (twice === denominator && (quotient & 1n) === 1n)) quotient += 1n
  }
  // Rounding up may have carried into one more bit, which is then a power of two.
  return bitLength(quotient) > bits
    ? { mantissa: quotient >> 1n, exponent: exponent + 1 }
    : { mantissa: quotient, exponent }
}

function longDouble(negative: boolean, mantissa: bigint, two: number, ten: number): LongDouble {
  const rounded = roundRational(mantissa, two, ten, LONG_DOUBLE_BITS, LONG_DOUBLE_MIN_EXPONENT)
  const infinite = rounded.exponent > LONG_DOUBLE_MAX_EXPONENT
  return { negative, infinite, mantissa: infinite ? 0n : rounded.mantissa, exponent: infinite ? 0 : rounded.exponent }
}

/**
 * A long double as INCRBYFLOAT and HINCRBYFLOAT accept it (Redis's string2ld): no leading space, nothing left over, at
 * most 5119 characters, no NaN, no overflow and no underflow to zero. "inf" is accepted; the sum is then refused.
 */
export function parseLongDouble(text: string): LongDouble | undefined {
  const first = text.charCodeAt(0)
  if (first === 0x20 || (first >= 9 && first <= 13) || text.length >= 5120) return undefined
  const literal = parseLiteral(text)
  if (literal === undefined || literal.special === 'nan') return undefined
  if (literal.special === 'inf') return { negative: literal.negative, infinite: true, mantissa: 0n, exponent: 0 }
  const value = longDouble(literal.negative, literal.mantissa, literal.two, literal.ten)
  if (value.infinite || (value.mantissa === 0n && literal.mantissa !== 0n)) return undefined
  return value
}

/** The sum in long double arithmetic, undefined when it is NaN or an infinity (which Redis refuses to store). */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  if (a.infinite || b.infinite) return undefined
  const exponent = Math.min(a.exponent, b.exponent)
  const left = (a.negative ? -a.mantissa : a.mantissa) << BigInt(a.exponent - exponent)
  const right = (b.negative ? -b.mantissa : b.mantissa) << BigInt(b.exponent - exponent)
  const sum = left + right
  const value = longDouble(sum < 0n, sum < 0n ? -sum : sum, exponent, 0)
  return value.infinite ? undefined : value
}

const TEN_17 = 10n ** 17n

/** Redis's human form of a finite long double: "%.17Lf" without trailing zeros, and "0" for minus zero. */
export function formatLongDouble(value: LongDouble): string {
  const sign = value.negative ? '-' : ''
  if (value.exponent >= 0) return value.mantissa === 0n ? '0' : sign + (value.mantissa << BigInt(value.exponent))
  const scaled = value.mantissa * TEN_17
  const shift = BigInt(-value.exponent)
  let quotient = scaled >> shift
  const rest = scaled - (quotient << shift)
  const half = 1n << (shift - 1n)
  if (rest > half || (rest === half && (quotient & 1n) === 1n)) quotient += 1n
  const digits = quotient.toString().padStart(18, '0')
  const fraction = digits.slice(-17).replace(/0+$/, '')
  const text = fraction === '' ? digits.slice(0, -17) : `${digits.slice(0, -17)}.${fraction}`
  return text === '0' ? '0' : sign + text
}

/**
 * INCRBYFLOAT's arithmetic on two texts that parseLongDouble accepts: the text to store, or undefined when the result
 * would be NaN or an infinity.
 */
export function addFloatTexts(a: LongDouble, b: LongDouble): string | undefined {
  const sum = addLongDoubles(a, b)
  return sum === undefined ? undefined : formatLongDouble(sum)
}
