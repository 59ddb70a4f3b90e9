// Redis's glob patterns (stringmatchlen): * ? [class] [^class] [a-z] \escape.
//
// A pattern is compiled once to tokens and matched by going back only to the last star, so the worst case is
// O(pattern * text) and never exponential. The odd corners are kept: an empty text matches only the empty pattern,
// ranges compare bytes as signed chars, an unterminated class ends with the pattern, and an escape inside a class
// ignores `nocase`.

const STAR = -1
const ANY = -2
/** Tokens below this are classes: -3 is the first class, -4 the second ... */
const CLASS = -3

export interface Glob {
  /** Byte values 0..255, or STAR, ANY, or a class number. */
  readonly tokens: readonly number[]
  /** Of each class: 1 for the bytes that match. */
  readonly classes: readonly Uint8Array[]
  readonly nocase: boolean
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte
}

function signed(byte: number): number {
  return (byte << 24) >> 24
}

/** Compiles a pattern of bytes. Every text is a pattern: there are no syntax errors. */
export function compileGlob(pattern: string, nocase = false): Glob {
  const tokens: number[] = []
  const classes: Uint8Array[] = []
  const end = pattern.length
  let at = 0
  while (at < end) {
    const byte = pattern.charCodeAt(at)
    if (byte === 0x2a) {
      if (tokens.at(-1) !== STAR) tokens.push(STAR)
    } else if (byte === 0x3f) {
      tokens.push(ANY)
    } else if (byte === 0x5b) {
      const table = new Uint8Array(256)
      at = compileClass(pattern, at + 1, nocase, table)
      tokens.push(CLASS - classes.length)
      classes.push(table)
    } else {
      if (byte === 0x5c && at + 1 < end) at++
      const literal = pattern.charCodeAt(at)
      tokens.push(nocase ? lower(literal) : literal)
    }
    at++
  }
  return { tokens, classes, nocase }
}

/** Fills the table of one class and returns the position of its closing bracket, or of the pattern's last byte. */
function compileClass(pattern: string, start: number, nocase: boolean, table: Uint8Array): number {
  const end = pattern.length
  let at = start
  const negated = at < end && pattern.charCodeAt(at) === 0x5e
  if (negated) at++
  for (;;) {
    const byte = at < end ? pattern.charCodeAt(at) : -1
    if (byte === 0x5c && end - at >= 2) {
      at++
      table[pattern.charCodeAt(at)] = 1
    } else if (byte === 0x5d) {
      break
    } else if (byte === -1) {
      at--
      break
    } else if (end - at >= 3 && pattern.charCodeAt(at + 1) === 0x2d) {
      markRange(byte, pattern.charCodeAt(at + 2), nocase, table)
      at += 2
    } else if (nocase) {
      for (let c = 0; c < 256; c++) if (lower(c) === lower(byte)) table[c] = 1
    } else {
      table[byte] = 1
    }
    at++
  }
  if (negated) for (let c = 0; c < 256; c++) table[c] = table[c] === 1 ? 0 : 1
  return at
}

function markRange(from: number, to: number, nocase: boolean, table: Uint8Array): void {
  let low = Math.min(signed(from), signed(to))
  let high = Math.max(signed(from), signed(to))
  if (nocase) {
    low = lower(low)
    high = lower(high)
  }
  for (let c = 0; c < 256; c++) {
    const value = nocase ? lower(signed(c)) : signed(c)
    if (value >= low && value <= high) table[c] = 1
  }
}

/** Whether the whole text (one byte per character) matches. */
export function matchGlob(glob: Glob, text: string): boolean {
  const { tokens, classes, nocase } = glob
  const length = text.length
  const count = tokens.length
  if (length === 0) return count === 0
  let token = 0
  let at = 0
  let starToken = -1
  let starAt = 0
  while (at < length) {
    const expected = token < count ? tokens[token]! : Number.NaN
    if (expected === STAR) {
      if (token === count - 1) return true
      starToken = token++
      starAt = at
      continue
    }
    const byte = text.charCodeAt(at)
    const isMatch =
      expected >= 0
        ? expected === (nocase ? lower(byte) : byte)
        : expected === ANY || (expected <= CLASS && classes[CLASS - expected]![byte] === 1)
    if (isMatch) {
      token++
      at++
    } else if (starToken >= 0) {
      token = starToken + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (token < count && tokens[token] === STAR) token++
  return token === count
}
