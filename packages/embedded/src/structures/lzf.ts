// LZF, the compression of long strings in RDB payloads, with the choices of the library that Redis uses, so that the
// compressed bytes are the same wherever that library is deterministic.
//
//     000lllll literals (l + 1)   lllooooo oooooooo copy of l + 2 bytes   111ooooo llllllll oooooooo copy of l + 9 bytes

const HASH_BITS = 16
const HASH_SIZE = 1 << HASH_BITS
const MAX_LITERALS = 32
const MAX_OFFSET = 1 << 13
const MAX_MATCH = 264

/** Positions + 1 by hash; 0 is none. Cleared by position, not by content: an entry of an older call is never valid. */
const table = new Float64Array(HASH_SIZE)
let epoch = 1

/** The compressed bytes when there are at most `maxLength` of them, else undefined. */
export function compressLzf(input: Uint8Array, maxLength: number): Buffer | undefined {
  const end = input.length
  if (end === 0 || maxLength <= 0) return undefined
  const output = Buffer.allocUnsafe(maxLength)
  const base = epoch
  epoch += end + 1
  let at = 0
  let out = 1
  let literals = 0
  let window = (input[0]! << 8) | (input[1] ?? 0)
  while (at < end - 2) {
    window = (window << 8) | input[at + 2]!
    const slot = hash(window)
    const reference = table[slot]! - base
    table[slot] = base + at
    const offset = at - reference - 1
    const isMatch =
      reference > 0 &&
      offset < MAX_OFFSET &&
      input[reference] === input[at] &&
      input[reference + 1] === input[at + 1] &&
      input[reference + 2] === input[at + 2]
    if (!isMatch) {
      if (out >= maxLength) return undefined
      literals++
      output[out++] = input[at++]!
      if (literals === MAX_LITERALS) {
        output[out - literals - 1] = literals - 1
        literals = 0
        out++
      }
      continue
    }
    if (out - (literals === 0 ? 1 : 0) + 4 >= maxLength) return undefined
    output[out - literals - 1] = literals - 1
    if (literals === 0) out--
    const length = matchLength(input, reference, at)
    at++
    if (length < 7) {
      output[out++] = (offset >> 8) + (length << 5)
    } else {
      output[out++] = (offset >> 8) + (7 << 5)
      output[out++] = length - 7
    }
    output[out++] = offset & 0xff
    literals = 0
    out++
    at += length + 1
    if (at >= end - 2) break
    // Only the last two positions of a match are remembered.
    at -= 2
    window = (input[at]! << 8) | input[at + 1]!
    for (let i = 0; i < 2; i++) {
      window = (window << 8) | input[at + 2]!
      table[hash(window)] = base + at
      at++
    }
  }
  if (out + 3 > maxLength) return undefined
  while (at < end) {
    literals++
    output[out++] = input[at++]!
    if (literals === MAX_LITERALS) {
      output[out - literals - 1] = literals - 1
      literals = 0
      out++
    }
  }
  output[out - literals - 1] = literals - 1
  if (literals === 0) out--
  return output.subarray(0, out)
}

function hash(window: number): number {
  return ((window >>> (24 - HASH_BITS)) - window * 5) & (HASH_SIZE - 1)
}

/** The length of the match minus 2; three bytes are known to be equal. */
function matchLength(input: Uint8Array, reference: number, at: number): number {
  const max = Math.min(MAX_MATCH, input.length - at - 2)
  let length = 2
  // The library checks its first sixteen steps without looking at the limit.
  if (max > 16) {
    for (let i = 0; i < 16; i++) {
      length++
      if (input[reference + length] !== input[at + length]) return length - 2
    }
  }
  do length++
  while (length < max && input[reference + length] === input[at + length])
  return length - 2
}

/** The original bytes, undefined unless they are exactly `length` and the input is sound. */
export function decompressLzf(input: Uint8Array, length: number): Buffer | undefined {
  const output = Buffer.allocUnsafe(length)
  let at = 0
  let out = 0
  while (at < input.length) {
    const control = input[at++]!
    if (control < 32) {
      const count = control + 1
      if (at + count > input.length || out + count > length) return undefined
      output.set(input.subarray(at, at + count), out)
      at += count
      out += count
      continue
    }
    let count = (control >> 5) + 2
    if (count === 9) count += input[at++] ?? 0
    let reference = out - ((control & 0x1f) << 8) - (input[at++] ?? 0) - 1
    if (at > input.length || reference < 0 || out + count > length) return undefined
    for (let i = 0; i < count; i++) output[out++] = output[reference++]!
  }
  return out === length ? output : undefined
}
