// Strings as arrays of bits. The arithmetic is in structures/bitops.ts.
import { FailureReply, type Reply } from '@ochre/protocol'
import { argumentAt, exactIntegerOf, integerOf } from '../arguments.ts'
import { SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import {
  type BitFieldType,
  type BitOperation,
  combineBits,
  countBits,
  findBit,
  fitField,
  type Overflow,
  parseFieldType,
  readField,
  writeField,
} from '../structures/bitops.ts'
import type { Integer } from '../structures/numbers.ts'
import { editableBytes } from './string.ts'

const NOT_AN_OFFSET = new FailureReply('ERR bit offset is not an integer or out of range')
const NOT_A_BIT = new FailureReply('ERR bit is not an integer or out of range')

/** A bit offset; with `width` also `#n`, the n-th field of that width. */
function offsetOf(session: Session, text: string, width = 0): number {
  const isIndex = width !== 0 && text[0] === '#'
  const index = exactIntegerOf(isIndex ? text.slice(1) : text, NOT_AN_OFFSET)
  // The product wraps around in C.
  const offset = Number(isIndex ? BigInt.asIntN(64, BigInt(index) * BigInt(width)) : index)
  const limit = session.engine.maxStringBytes * 8
  if (offset < 0 || offset >= limit) throw NOT_AN_OFFSET
  return offset
}

/** The bytes to read; undefined when the key is missing. */
function bytesAt(session: Session, key: string): Buffer | undefined {
  const value = session.db.read(key, 'string')?.value
  return typeof value === 'string' ? Buffer.from(value, 'latin1') : value
}

function setbit(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const offset = offsetOf(session, args[2]!)
  const bit = integerOf(args[3], NOT_A_BIT)
  if (bit !== 0 && bit !== 1) throw NOT_A_BIT
  const at = offset >>> 3
  const mask = 0x80 >> (offset & 7)
  const before = db.write(key, 'string')?.value.length ?? -1
  const bytes = editableBytes(db, key, at + 1)
  const old = bytes[at]! & mask ? 1 : 0
  bytes[at] = bit === 1 ? bytes[at]! | mask : bytes[at]! & ~mask
  if (old !== bit || before !== bytes.length) db.changed(key, Notify.STRING, 'setbit')
  return old
}

function getbit(session: Session, args: readonly string[]): Outcome {
  const offset = offsetOf(session, args[2]!)
  const value = session.db.read(args[1]!, 'string')?.value
  const at = offset >>> 3
  if (value === undefined || at >= value.length) return 0
  const byte = typeof value === 'string' ? value.charCodeAt(at) : value[at]!
  return byte & (0x80 >> (offset & 7)) ? 1 : 0
}

/** Whether BIT rather than BYTE is the unit of a range. */
function isBitUnit(text: string | undefined): boolean {
  const unit = text?.toUpperCase()
  if (unit !== undefined && unit !== 'BIT' && unit !== 'BYTE') throw SYNTAX
  return unit === 'BIT'
}

/** Indexes as Redis takes them, from the end when negative, as bits start..end-1. */
function bitRange(first: number, last: number, length: number, isBit: boolean): readonly [start: number, end: number] {
  const total = isBit ? length * 8 : length
  const start = Math.max(0, first < 0 ? first + total : first)
  const end = Math.min(total - 1, Math.max(0, last < 0 ? last + total : last))
  if (start > end) return [0, 0]
  return isBit ? [start, end + 1] : [start * 8, (end + 1) * 8]
}

/** BITCOUNT key [start end [BYTE|BIT]]. */
function bitcount(session: Session, args: readonly string[]): Outcome {
  const bytes = bytesAt(session, args[1]!)
  if (bytes === undefined) return 0
  if (args.length === 2) return countBits(bytes, 0, bytes.length * 8)
  if (args.length !== 4 && args.length !== 5) throw SYNTAX
  const first = integerOf(args[2])
  const last = integerOf(args[3])
  if (first < 0 && last < 0 && first > last) return 0
  return countBits(bytes, ...bitRange(first, last, bytes.length, isBitUnit(args[4])))
}

/** BITPOS key bit [start [end [BYTE|BIT]]]. Without an end the string counts as followed by zeros. */
function bitpos(session: Session, args: readonly string[]): Outcome {
  const bit = integerOf(args[2])
  if (bit !== 0 && bit !== 1) throw new FailureReply('ERR The bit argument must be 1 or 0.')
  const bytes = bytesAt(session, args[1]!)
  if (bytes === undefined) return bit === 1 ? -1 : 0
  if (args.length > 6) throw SYNTAX
  const first = args.length > 3 ? integerOf(args[3]) : 0
  const isBit = isBitUnit(args[5])
  const last = args.length > 4 ? integerOf(args[4]) : bytes.length * 8
  const [start, end] = bitRange(first, last, bytes.length, isBit)
  if (start === end) return -1
  const found = findBit(bytes, bit, start, end)
  return found === -1 && bit === 0 && args.length <= 4 ? bytes.length * 8 : found
}

const OPERATIONS: ReadonlySet<string> = new Set<BitOperation>(['and', 'or', 'xor', 'not'])

/** BITOP AND|OR|XOR|NOT destkey key [key ...]. */
function bitop(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const operation = args[1]!.toLowerCase()
  if (!OPERATIONS.has(operation)) throw SYNTAX
  if (operation === 'not' && args.length !== 4)
    throw new FailureReply('ERR BITOP NOT must be called with a single source key.')
  const sources = args.slice(3).map((key) => bytesAt(session, key) ?? Buffer.alloc(0))
  const result = combineBits(operation as BitOperation, sources)
  const key = args[2]!
  if (result.length === 0) {
    if (db.delete(key)) db.changed(key, Notify.GENERIC, 'del')
    return 0
  }
  db.put(key, 'string', result.toString('latin1'), 'raw')
  db.changed(key, Notify.STRING, 'set')
  return result.length
}

interface FieldOperation {
  readonly name: 'GET' | 'SET' | 'INCRBY'
  readonly type: BitFieldType
  readonly offset: number
  readonly value: Integer
  readonly overflow: Overflow
}

const OVERFLOWS: ReadonlySet<string> = new Set<Overflow>(['wrap', 'sat', 'fail'])

function fieldOperationsOf(session: Session, args: readonly string[]): FieldOperation[] {
  const operations: FieldOperation[] = []
  let overflow: Overflow = 'wrap'
  for (let i = 2; i < args.length; ) {
    const name = args[i]!.toUpperCase()
    const left = args.length - i - 1
    if (name === 'OVERFLOW' && left >= 1) {
      const policy = args[i + 1]!.toLowerCase()
      if (!OVERFLOWS.has(policy)) throw new FailureReply('ERR Invalid OVERFLOW type specified')
      overflow = policy as Overflow
      i += 2
      continue
    }
    const isWrite = name === 'SET' || name === 'INCRBY'
    if (!(isWrite && left >= 3) && !(name === 'GET' && left >= 2)) throw SYNTAX
    const type = parseFieldType(argumentAt(args, i + 1))
    if (type === undefined)
      throw new FailureReply(
        'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
      )
    const offset = offsetOf(session, args[i + 2]!, type.width)
    const value = isWrite ? exactIntegerOf(args[i + 3]) : 0
    operations.push({ name: name as FieldOperation['name'], type, offset, value, overflow })
    i += isWrite ? 4 : 3
  }
  return operations
}

function bitfield(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const operations = fieldOperationsOf(session, args)
  const writes = operations.filter((operation) => operation.name !== 'GET')
  if (writes.length === 0) {
    const bytes = bytesAt(session, key) ?? Buffer.alloc(0)
    return operations.map(({ offset, type }) => readField(bytes, offset, type))
  }
  const length = writes.reduce((most, { offset, type }) => Math.max(most, Math.ceil((offset + type.width) / 8)), 0)
  const before = db.write(key, 'string')?.value
  const bytes = editableBytes(db, key, length)
  let changes = before === undefined || before.length !== bytes.length ? 1 : 0
  const replies = operations.map(({ name, type, offset, value, overflow }): Reply => {
    const old = readField(bytes, offset, type)
    if (name === 'GET') return old
    const next = name === 'SET' ? fitField(type, value, 0, overflow) : fitField(type, old, value, overflow)
    if (next === undefined) return null
    if (next !== old) changes++
    writeField(bytes, offset, type, next)
    return name === 'SET' ? old : next
  })
  if (changes !== 0) db.changed(key, Notify.STRING, 'setbit')
  return replies
}

function bitfield_ro(session: Session, args: readonly string[]): Outcome {
  const operations = fieldOperationsOf(session, args)
  if (operations.some((operation) => operation.name !== 'GET'))
    throw new FailureReply('ERR BITFIELD_RO only supports the GET subcommand')
  return bitfield(session, args)
}

export const bitmap: Readonly<Record<string, Handler>> = {
  bitcount,
  bitfield,
  bitfield_ro,
  bitop,
  bitpos,
  getbit,
  setbit,
}
