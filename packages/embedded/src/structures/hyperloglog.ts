// HyperLogLog in the exact bytes of Redis: 2^14 registers of 6 bits, sparse or dense, with a cached cardinality.
//
//     "HYLL" | encoding | 3 unused | cardinality u64, top bit = stale | registers
//     sparse   00xxxxxx zeros 1..64   01xxxxxx yyyyyyyy zeros 1..16384   1vvvvvxx value 1..32, 1..4 times
//     dense    6 bits per register, least significant bits first
//
// The estimator is Otmar Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches"), as in Redis since 4.0.
// Functions change the given bytes in place where the size allows and return the bytes to keep.
import { murmurHash64A } from './murmur.ts'

const PRECISION = 14
const REGISTERS = 1 << PRECISION
const RANKS = 64 - PRECISION
const HEADER = 16
const DENSE_SIZE = HEADER + (REGISTERS * 6) / 8
const SEED = 0xadc83b19
const DENSE = 0
const SPARSE = 1
const MAX_SPARSE_VALUE = 32
const ALPHA_INFINITY = 1 / (2 * Math.LN2)

/** An empty sparse HyperLogLog. */
export function createHyperloglog(): Buffer {
  const bytes = Buffer.alloc(HEADER + 2)
  bytes.write('HYLL', 'latin1')
  bytes[4] = SPARSE
  writeZeros(bytes, HEADER, REGISTERS)
  return bytes
}

/** Whether a string value may be used as one: header and size fit. The registers of a sparse one may still be corrupt. */
export function isHyperloglog(bytes: Buffer): boolean {
  if (bytes.length < HEADER || bytes.toString('latin1', 0, 4) !== 'HYLL' || bytes[4]! > SPARSE) return false
  return bytes[4] === SPARSE || bytes.length === DENSE_SIZE
}

/** As PFDEBUG ENCODING reports it. */
export function hyperloglogEncoding(bytes: Buffer): 'sparse' | 'dense' {
  return bytes[4] === DENSE ? 'dense' : 'sparse'
}

function markStale(bytes: Buffer): void {
  bytes[15] = bytes[15]! | 0x80
}

/**
 * Adds elements (binary strings). `isChanged` tells whether a register grew, which also makes the cached cardinality
 * stale. Undefined when the value is corrupt. `maxSparseBytes` is hll-sparse-max-bytes.
 */
export function addToHyperloglog(
  bytes: Buffer,
  elements: readonly string[],
  maxSparseBytes: number,
): { readonly bytes: Buffer; readonly isChanged: boolean } | undefined {
  let current = bytes
  let isChanged = false
  for (const element of elements) {
    const [high, low] = murmurHash64A(element, SEED)
    const rest = low >>> PRECISION
    const rank = 1 + (rest !== 0 ? trailingZeros(rest) : high !== 0 ? 18 + trailingZeros(high) : RANKS)
    const next = setRegister(current, low & (REGISTERS - 1), rank, maxSparseBytes)
    if (next === undefined) return undefined
    if (next !== UNCHANGED) {
      current = next
      isChanged = true
    }
  }
  if (isChanged) markStale(current)
  return { bytes: current, isChanged }
}

/** Marks the cached cardinality as unknown: what PFADD does to a HyperLogLog that it has just created. */
export function touchHyperloglog(bytes: Buffer): void {
  markStale(bytes)
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value)
}

const UNCHANGED = Buffer.alloc(0)

/** Raises a register; UNCHANGED when it is already as high, undefined when the value is corrupt. */
function setRegister(bytes: Buffer, index: number, rank: number, maxSparseBytes: number): Buffer | undefined {
  if (bytes[4] === SPARSE) return setSparse(bytes, index, rank, maxSparseBytes)
  if (readDense(bytes, index) >= rank) return UNCHANGED
  writeDense(bytes, index, rank)
  return bytes
}

function readDense(bytes: Buffer, index: number): number {
  const at = HEADER + ((index * 6) >> 3)
  const shift = (index * 6) & 7
  return (((bytes[at]! | ((bytes[at + 1] ?? 0) << 8)) >> shift) & 63) >>> 0
}

function writeDense(bytes: Buffer, index: number, rank: number): void {
  const at = HEADER + ((index * 6) >> 3)
  const shift = (index * 6) & 7
  const pair = bytes[at]! | ((bytes[at + 1] ?? 0) << 8)
  const changed = (pair & ~(63 << shift)) | (rank << shift)
  bytes[at] = changed & 0xff
  if (shift > 2) bytes[at + 1] = changed >> 8
}

// ---- sparse ----

function isValue(opcode: number): boolean {
  return (opcode & 0x80) !== 0
}

function isLongZeros(opcode: number): boolean {
  return (opcode & 0xc0) === 0x40
}

function runLength(bytes: Buffer, at: number): number {
  const opcode = bytes[at]!
  if (isValue(opcode)) return (opcode & 3) + 1
  return isLongZeros(opcode) ? (((opcode & 0x3f) << 8) | (bytes[at + 1] ?? 0)) + 1 : (opcode & 0x3f) + 1
}

function valueIn(opcode: number): number {
  return ((opcode >> 2) & 31) + 1
}

function valueOpcode(value: number, length: number): number {
  return 0x80 | ((value - 1) << 2) | (length - 1)
}

/** Writes a run of zeros in its shortest form and returns the position after it. */
function writeZeros(bytes: Buffer | number[], at: number, length: number): number {
  if (length <= 64) {
    bytes[at] = length - 1
    return at + 1
  }
  bytes[at] = 0x40 | ((length - 1) >> 8)
  bytes[at + 1] = (length - 1) & 0xff
  return at + 2
}

function setSparse(bytes: Buffer, index: number, rank: number, maxSparseBytes: number): Buffer | undefined {
  if (rank > MAX_SPARSE_VALUE) return promoteAndSet(bytes, index, rank)
  let at = HEADER
  let previous = HEADER
  let first = 0
  let span = 0
  while (at < bytes.length) {
    span = runLength(bytes, at)
    if (index < first + span) break
    previous = at
    at += isLongZeros(bytes[at]!) ? 2 : 1
    first += span
  }
  if (span === 0 || at >= bytes.length) return undefined
  const opcode = bytes[at]!
  if (isValue(opcode) && valueIn(opcode) >= rank) return UNCHANGED
  if (span === 1 && !isLongZeros(opcode)) {
    bytes[at] = valueOpcode(rank, 1)
    return mergeValues(bytes, previous)
  }
  const replacement: number[] = []
  const before = index - first
  const after = first + span - 1 - index
  if (isValue(opcode)) {
    if (before > 0) replacement.push(valueOpcode(valueIn(opcode), before))
    replacement.push(valueOpcode(rank, 1))
    if (after > 0) replacement.push(valueOpcode(valueIn(opcode), after))
  } else {
    if (before > 0) writeZeros(replacement, 0, before)
    replacement.push(valueOpcode(rank, 1))
    if (after > 0) writeZeros(replacement, replacement.length, after)
  }
  const oldLength = isLongZeros(opcode) ? 2 : 1
  const growth = replacement.length - oldLength
  if (growth > 0 && bytes.length + growth > maxSparseBytes) return promoteAndSet(bytes, index, rank)
  const next = Buffer.concat([bytes.subarray(0, at), Buffer.from(replacement), bytes.subarray(at + oldLength)])
  return mergeValues(next, previous)
}

/** Joins neighbouring equal values among the five opcodes from `start` on, as far as a run of four allows. */
function mergeValues(bytes: Buffer, start: number): Buffer {
  let at = start
  let end = bytes.length
  for (let left = 5; left > 0 && at < end; left--) {
    const opcode = bytes[at]!
    if (isLongZeros(opcode)) {
      at += 2
      continue
    }
    const next = at + 1 < end ? bytes[at + 1]! : 0
    if (isValue(opcode) && isValue(next) && valueIn(opcode) === valueIn(next)) {
      const length = runLength(bytes, at) + runLength(bytes, at + 1)
      if (length <= 4) {
        bytes[at + 1] = valueOpcode(valueIn(opcode), length)
        bytes.copyWithin(at, at + 1, end)
        end--
        continue
      }
    }
    at++
  }
  return end === bytes.length ? bytes : Buffer.from(bytes.subarray(0, end))
}

/** The opcodes of a sparse one as PFDEBUG DECODE prints them: `z:` and `Z:` zeros, `v:value,count`. */
export function describeSparse(bytes: Buffer): string {
  const parts: string[] = []
  for (let at = HEADER; at < bytes.length; at += isLongZeros(bytes[at]!) ? 2 : 1) {
    const opcode = bytes[at]!
    const run = runLength(bytes, at)
    parts.push(isValue(opcode) ? `v:${valueIn(opcode)},${run}` : `${isLongZeros(opcode) ? 'Z' : 'z'}:${run}`)
  }
  return parts.join(' ')
}

function promoteAndSet(bytes: Buffer, index: number, rank: number): Buffer | undefined {
  const dense = toDenseHyperloglog(bytes)
  if (dense !== undefined) writeDense(dense, index, rank)
  return dense
}

/** The same registers and cached cardinality in the dense form; undefined when the value is corrupt. */
export function toDenseHyperloglog(bytes: Buffer): Buffer | undefined {
  if (bytes[4] === DENSE) return bytes
  const registers = hyperloglogRegisters(bytes)
  if (registers === undefined) return undefined
  const dense = Buffer.alloc(DENSE_SIZE)
  bytes.copy(dense, 0, 0, HEADER)
  dense[4] = DENSE
  for (let i = 0; i < REGISTERS; i++) if (registers[i]! > 0) writeDense(dense, i, registers[i]!)
  return dense
}

/** The 16384 registers; undefined when the value is corrupt. */
export function hyperloglogRegisters(bytes: Buffer): Uint8Array | undefined {
  const registers = new Uint8Array(REGISTERS)
  return raiseRegisters(registers, bytes) ? registers : undefined
}

/** Raises each register to that of the HyperLogLog; false when it is corrupt. */
function raiseRegisters(registers: Uint8Array, bytes: Buffer): boolean {
  if (bytes[4] === DENSE) {
    // Four registers are exactly three bytes.
    for (let at = HEADER, i = 0; i < REGISTERS; at += 3, i += 4) {
      const bits = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
      if ((bits & 63) > registers[i]!) registers[i] = bits & 63
      if (((bits >> 6) & 63) > registers[i + 1]!) registers[i + 1] = (bits >> 6) & 63
      if (((bits >> 12) & 63) > registers[i + 2]!) registers[i + 2] = (bits >> 12) & 63
      if (bits >> 18 > registers[i + 3]!) registers[i + 3] = bits >> 18
    }
    return true
  }
  let index = 0
  for (let at = HEADER; at < bytes.length; ) {
    const opcode = bytes[at]!
    const run = runLength(bytes, at)
    if (index + run > REGISTERS) return false
    if (isValue(opcode)) {
      const value = valueIn(opcode)
      for (let i = index; i < index + run; i++) if (value > registers[i]!) registers[i] = value
    }
    index += run
    at += isLongZeros(opcode) ? 2 : 1
  }
  return index === REGISTERS
}

// ---- counting ----

/**
 * The estimated cardinality. A stale cache is filled in place: then `isCached` is false and the value has changed.
 * Undefined when the value is corrupt.
 */
export function countHyperloglog(bytes: Buffer): { readonly count: number; readonly isCached: boolean } | undefined {
  if ((bytes[15]! & 0x80) === 0) return { count: Number(bytes.readBigUInt64LE(8)), isCached: true }
  const registers = hyperloglogRegisters(bytes)
  if (registers === undefined) return undefined
  const count = estimate(registers)
  bytes.writeBigUInt64LE(BigInt(count), 8)
  return { count, isCached: false }
}

/** The estimated cardinality of the union; undefined when one of them is corrupt. */
export function countUnion(all: readonly Buffer[]): number | undefined {
  const registers = new Uint8Array(REGISTERS)
  for (const bytes of all) if (!raiseRegisters(registers, bytes)) return undefined
  return estimate(registers)
}

/**
 * Merges the sources into the target (PFMERGE): dense as soon as one of all is dense. Undefined when one is corrupt.
 */
export function mergeHyperloglogs(
  target: Buffer,
  sources: readonly Buffer[],
  maxSparseBytes: number,
): Buffer | undefined {
  const registers = new Uint8Array(REGISTERS)
  let isDense = false
  for (const bytes of [target, ...sources]) {
    if (bytes[4] === DENSE) isDense = true
    if (!raiseRegisters(registers, bytes)) return undefined
  }
  let merged = isDense ? toDenseHyperloglog(target) : target
  for (let i = 0; i < REGISTERS && merged !== undefined; i++) {
    if (registers[i] === 0) continue
    const next = setRegister(merged, i, registers[i]!, maxSparseBytes)
    if (next !== UNCHANGED) merged = next
  }
  if (merged !== undefined) markStale(merged)
  return merged
}

function estimate(registers: Uint8Array): number {
  const histogram = new Uint32Array(64)
  for (let i = 0; i < REGISTERS; i++) histogram[registers[i]!]!++
  let z = REGISTERS * tau((REGISTERS - histogram[RANKS + 1]!) / REGISTERS)
  for (let rank = RANKS; rank >= 1; rank--) z = (z + histogram[rank]!) * 0.5
  z += REGISTERS * sigma(histogram[0]! / REGISTERS)
  return Math.round((ALPHA_INFINITY * REGISTERS * REGISTERS) / z)
}

function sigma(ratio: number): number {
  if (ratio === 1) return Number.POSITIVE_INFINITY
  let x = ratio
  let y = 1
  let z = x
  for (let previous = Number.NaN; previous !== z; ) {
    x *= x
    previous = z
    z += x * y
    y += y
  }
  return z
}

function tau(ratio: number): number {
  if (ratio === 0 || ratio === 1) return 0
  let x = ratio
  let y = 1
  let z = 1 - x
  for (let previous = Number.NaN; previous !== z; ) {
    x = Math.sqrt(x)
    previous = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

// ---- self test ----

/** The largest number of elements that the self test counts. */
const TEST_ELEMENTS = 100_000

/** Checks registers and counts, as PFSELFTEST does; what is wrong, or null. `random` gives numbers in [0, 1). */
export function testHyperloglog(random: () => number): string | null {
  const dense = toDenseHyperloglog(createHyperloglog())!
  const expected = Uint8Array.from({ length: REGISTERS }, () => Math.floor(random() * 64))
  for (const [i, rank] of expected.entries()) writeDense(dense, i, rank)
  for (const [i, rank] of hyperloglogRegisters(dense)!.entries()) {
    if (rank !== expected[i]) return `Register ${i} should be ${expected[i]} but is ${rank}`
  }
  const seed = Math.floor(random() * 2 ** 32)
  let one = createHyperloglog()
  let other = toDenseHyperloglog(createHyperloglog())!
  for (let size = 1, added = 0; size <= TEST_ELEMENTS; size *= 10) {
    const elements = Array.from({ length: size - added }, (_, i) => `${seed}:${added + i}`)
    added = size
    one = addToHyperloglog(one, elements, 3000)!.bytes
    other = addToHyperloglog(other, elements, 3000)!.bytes
    const { count } = countHyperloglog(one)!
    if (count !== countHyperloglog(other)!.count) return 'dense/sparse disagree'
    // Six times the standard error, and never less than one.
    const error = Math.abs(count - size)
    if (error > Math.ceil(((6 * 1.04) / 128) * size)) return `Too big error. card:${size} abserr:${error}`
  }
  return null
}
