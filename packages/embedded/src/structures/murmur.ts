// MurmurHash64A by Austin Appleby, in 32-bit halves: no BigInt, no allocation.

const M_LOW = 0x5bd1e995
const M_HIGH = 0xc6a4a793
const M_LOW_0 = M_LOW & 0xffff
const M_LOW_1 = M_LOW >>> 16

/** Upper half of the 64-bit product of two 32-bit numbers, the second being M_LOW. */
function multiplyHigh(a: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const middle = a1 * M_LOW_0 + ((a0 * M_LOW_0) >>> 16)
  const carry = (middle & 0xffff) + a0 * M_LOW_1
  return (a1 * M_LOW_1 + Math.floor(middle / 65536) + Math.floor(carry / 65536)) | 0
}

/** The hash of a binary string under a 32-bit seed, as unsigned [high, low] halves. */
export function murmurHash64A(text: string, seed: number): readonly [high: number, low: number] {
  const length = text.length
  const whole = length & ~7
  // h = seed ^ (length * m)
  let low = seed ^ Math.imul(length, M_LOW)
  let high = (multiplyHigh(length) + Math.imul(length, M_HIGH)) | 0
  for (let at = 0; at < whole; at += 8) {
    let kLow = word(text, at)
    let kHigh = word(text, at + 4)
    let next = (multiplyHigh(kLow) + Math.imul(kLow, M_HIGH) + Math.imul(kHigh, M_LOW)) | 0
    kLow = Math.imul(kLow, M_LOW)
    kHigh = next
    kLow ^= kHigh >>> 15
    next = (multiplyHigh(kLow) + Math.imul(kLow, M_HIGH) + Math.imul(kHigh, M_LOW)) | 0
    kLow = Math.imul(kLow, M_LOW)
    low ^= kLow
    high ^= next
    next = (multiplyHigh(low) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0
    low = Math.imul(low, M_LOW)
    high = next
  }
  const rest = length & 7
  if (rest > 0) {
    for (let i = 0; i < rest; i++) {
      const byte = text.charCodeAt(whole + i)
      if (i < 4) low ^= byte << (8 * i)
      else high ^= byte << (8 * (i - 4))
    }
    const next = (multiplyHigh(low) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0
    low = Math.imul(low, M_LOW)
    high = next
  }
  low ^= high >>> 15
  const next = (multiplyHigh(low) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0
  low = Math.imul(low, M_LOW)
  high = next
  low ^= high >>> 15
  return [high >>> 0, low >>> 0]
}

function word(text: string, at: number): number {
  const upper = (text.charCodeAt(at + 3) << 24) | (text.charCodeAt(at + 2) << 16)
  return upper | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at)
}
