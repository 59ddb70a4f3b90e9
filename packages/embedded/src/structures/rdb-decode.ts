// RDB bytes to values: every form that Redis 7.0 reads, from 2.x on, except modules.
import { ConsumerGroup } from './consumer-group.ts'
import { decodeListpack } from './listpack.ts'
import { decompressLzf } from './lzf.ts'
import { type Integer, parseInteger, parseSafeInteger, strtod, toInteger, toUnsigned } from './numbers.ts'
import { RDB_TYPE, type RdbValue } from './rdb-value.ts'
import { Stream, type StreamNode } from './stream.ts'
import { idMs, idSequence, MIN_ID, type StreamId, streamId } from './stream-id.ts'
import { decodeZiplist, decodeZipmap } from './ziplist.ts'

const MAX_UINT64 = 2n ** 64n - 1n

/** The bytes are no value; only within this file. */
class Malformed extends Error {}

function sound<T>(value: T | undefined): T {
  if (value === undefined) throw new Malformed('The payload is malformed.')
  return value
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new Malformed('The payload is cut off.')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.take(1)[0]!
  }

  double(): number {
    return this.take(8).readDoubleLE(0)
  }

  milliseconds(): number {
    return Number(this.take(8).readBigInt64LE(0))
  }

  /** A length, or the negative code of a string's encoding. */
  #lengthOrCode(): Integer {
    const first = this.byte()
    if (first < 0x40) return first
    if (first < 0x80) return ((first & 0x3f) << 8) | this.byte()
    if (first === 0x80) return this.take(4).readUInt32BE(0)
    if (first === 0x81) return toUnsigned(this.take(8).readBigUInt64BE(0))
    if (first < 0xc0) throw new Malformed('A length is malformed.')
    return -1 - (first & 0x3f)
  }

  unsigned(): Integer {
    const value = this.#lengthOrCode()
    if (value < 0) throw new Malformed('A length is malformed.')
    return value
  }

  length(): number {
    const value = this.unsigned()
    if (typeof value === 'bigint') throw new Malformed('A length is beyond all bounds.')
    return value
  }

  blob(): Buffer {
    const length = this.#lengthOrCode()
    if (typeof length === 'bigint') throw new Malformed('A length is beyond all bounds.')
    if (length >= 0) return this.take(length)
    switch (-1 - length) {
      case 0:
        return Buffer.from(String(this.take(1).readInt8(0)))
      case 1:
        return Buffer.from(String(this.take(2).readInt16LE(0)))
      case 2:
        return Buffer.from(String(this.take(4).readInt32LE(0)))
      case 3: {
        const compressed = this.length()
        const original = this.length()
        // A copy of at most 264 bytes takes three: no sound input can claim more.
        if (original > compressed * 90) throw new Malformed('A compressed length is beyond all bounds.')
        return sound(decompressLzf(this.take(compressed), original))
      }
      default:
        throw new Malformed('The encoding of a string is unknown.')
    }
  }

  string(): string {
    return this.blob().toString('latin1')
  }

  strings(count: number): string[] {
    const texts: string[] = []
    for (let i = 0; i < count; i++) texts.push(this.string())
    return texts
  }

  rawId(): StreamId {
    return this.take(16).toString('latin1')
  }

  streamId(): StreamId {
    const ms = this.unsigned()
    return streamId(ms, this.unsigned())
  }
}

/** The value of bytes that start with its type; undefined when they are malformed, empty or of an unknown type. */
export function decodeRdbValue(bytes: Buffer): RdbValue | undefined {
  try {
    const value = decode(new Reader(bytes))
    return isFilled(value) ? value : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/** Strings that each stand behind the same tag, to the end; `type` when another tag is found, `data` when malformed. */
export function decodeTagged(bytes: Buffer, tag: number): string[] | 'type' | 'data' {
  const reader = new Reader(bytes)
  const texts: string[] = []
  try {
    while (!reader.isAtEnd) {
      if (reader.byte() !== tag) return 'type'
      texts.push(reader.string())
    }
    return texts
  } catch (error) {
    if (error instanceof Malformed) return 'data'
    throw error
  }
}

function isFilled(value: RdbValue): boolean {
  switch (value.type) {
    case 'list':
      return value.elements.length > 0
    case 'set':
      return value.members.length > 0 && new Set(value.members).size === value.members.length
    case 'hash':
      return value.fields.length > 0
    case 'zset':
      return value.members.length > 0 && new Set(value.members).size === value.members.length
    default:
      return true
  }
}

function decode(reader: Reader): RdbValue {
  const type = reader.byte()
  switch (type) {
    case RDB_TYPE.STRING:
      return { type: 'string', text: reader.string() }
    case RDB_TYPE.LIST:
      return { type: 'list', elements: reader.strings(reader.length()) }
    case RDB_TYPE.LIST_ZIPLIST:
      return { type: 'list', elements: sound(decodeZiplist(reader.blob())) }
    case RDB_TYPE.LIST_QUICKLIST:
    case RDB_TYPE.LIST_QUICKLIST_2:
      return { type: 'list', elements: decodeQuicklist(reader, type) }
    case RDB_TYPE.SET:
      return { type: 'set', encoding: 'hashtable', members: reader.strings(reader.length()) }
    case RDB_TYPE.SET_INTSET:
      return { type: 'set', encoding: 'intset', members: decodeIntset(reader.blob()) }
    case RDB_TYPE.HASH:
      return hashOf('hashtable', reader.strings(reader.length() * 2))
    case RDB_TYPE.HASH_ZIPMAP:
      return hashOf('listpack', sound(decodeZipmap(reader.blob())))
    case RDB_TYPE.HASH_ZIPLIST:
      return hashOf('listpack', sound(decodeZiplist(reader.blob())))
    case RDB_TYPE.HASH_LISTPACK:
      return hashOf('listpack', sound(decodeListpack(reader.blob())))
    case RDB_TYPE.ZSET:
    case RDB_TYPE.ZSET_2: {
      const pairs: [string, number][] = []
      for (let left = reader.length(); left > 0; left--) {
        const member = reader.string()
        pairs.push([member, type === RDB_TYPE.ZSET_2 ? reader.double() : decodeTextScore(reader)])
      }
      return sortedSetOf('skiplist', pairs)
    }
    case RDB_TYPE.ZSET_ZIPLIST:
      return sortedSetOf('listpack', pairsOf(sound(decodeZiplist(reader.blob()))))
    case RDB_TYPE.ZSET_LISTPACK:
      return sortedSetOf('listpack', pairsOf(sound(decodeListpack(reader.blob()))))
    case RDB_TYPE.STREAM_LISTPACKS:
    case RDB_TYPE.STREAM_LISTPACKS_2:
      return { type: 'stream', stream: decodeStream(reader, type) }
    default:
      throw new Malformed('The type is unknown.')
  }
}

function hashOf(encoding: 'listpack' | 'hashtable', fields: readonly string[]): RdbValue {
  const names = new Set(fields.filter((_, i) => i % 2 === 0))
  if (names.size * 2 !== fields.length) throw new Malformed('A hash has a field twice or no value to one.')
  return { type: 'hash', encoding, fields }
}

function pairsOf(elements: readonly string[]): [string, number][] {
  if (elements.length % 2 !== 0) throw new Malformed('A member has no score.')
  const pairs: [string, number][] = []
  for (let i = 0; i < elements.length; i += 2) pairs.push([elements[i]!, sound(strtod(elements[i + 1]!))])
  return pairs
}

function sortedSetOf(encoding: 'listpack' | 'skiplist', pairs: [string, number][]): RdbValue {
  if (pairs.some(([, score]) => Number.isNaN(score))) throw new Malformed('A score is not a number.')
  pairs.sort(([a, scoreA], [b, scoreB]) => (scoreA === scoreB ? (a < b ? -1 : 1) : scoreA < scoreB ? -1 : 1))
  return { type: 'zset', encoding, members: pairs.map(([member]) => member), scores: pairs.map(([, score]) => score) }
}

/** Scores of the first versions: one byte of length, or a code for what has no digits. */
function decodeTextScore(reader: Reader): number {
  const length = reader.byte()
  if (length === 253) return Number.NaN
  if (length === 254) return Number.POSITIVE_INFINITY
  if (length === 255) return Number.NEGATIVE_INFINITY
  return sound(strtod(reader.take(length).toString('latin1')))
}

function decodeQuicklist(reader: Reader, type: number): string[] {
  const elements: string[] = []
  for (let left = reader.length(); left > 0; left--) {
    const container = type === RDB_TYPE.LIST_QUICKLIST_2 ? reader.length() : 0
    if (container > 2) throw new Malformed('A list node is of an unknown kind.')
    if (container === 1) {
      elements.push(reader.string())
      continue
    }
    const node = reader.blob()
    for (const element of sound(container === 2 ? decodeListpack(node) : decodeZiplist(node))) elements.push(element)
  }
  return elements
}

function decodeIntset(bytes: Buffer): string[] {
  const width = bytes.length < 8 ? 0 : bytes.readUInt32LE(0)
  if (width !== 2 && width !== 4 && width !== 8) throw new Malformed('An integer set is malformed.')
  const count = bytes.readUInt32LE(4)
  if (bytes.length !== 8 + count * width) throw new Malformed('An integer set is cut off.')
  const members: string[] = []
  for (let at = 8; at < bytes.length; at += width)
    members.push(String(width === 8 ? toInteger(bytes.readBigInt64LE(at)) : bytes.readIntLE(at, width)))
  return members
}

// ---- streams ----

function decodeStream(reader: Reader, type: number): Stream {
  const stream = new Stream()
  const isFirstForm = type === RDB_TYPE.STREAM_LISTPACKS
  for (let left = reader.length(); left > 0; left--) {
    const masterId = reader.string()
    const previous = stream.nodes[stream.nodes.length - 1]
    if (masterId.length !== 16 || (previous !== undefined && masterId <= previous.masterId))
      throw new Malformed('The id of a stream node is malformed.')
    decodeStreamNode(stream, masterId, sound(decodeListpack(reader.blob())))
  }
  if (reader.length() !== stream.length) throw new Malformed('A stream has another length than it claims.')
  stream.lastId = reader.streamId()
  if (isFirstForm) {
    stream.firstId = stream.nodes[0]?.entries.find((entry) => !entry.isDeleted)?.id ?? MIN_ID
    stream.entriesAdded = stream.length
  } else {
    stream.firstId = reader.streamId()
    stream.maxDeletedId = reader.streamId()
    stream.entriesAdded = reader.unsigned()
  }
  for (let left = reader.length(); left > 0; left--) {
    const name = reader.string()
    const lastId = reader.streamId()
    const entriesRead = isFirstForm ? stream.entriesUpTo(lastId) : reader.unsigned()
    const group = new ConsumerGroup(name, lastId, entriesRead === MAX_UINT64 ? undefined : entriesRead)
    decodeGroup(reader, group)
    if (!stream.groups.set(name, group)) throw new Malformed('A stream has two groups of one name.')
  }
  return stream
}

function decodeStreamNode(stream: Stream, masterId: StreamId, elements: readonly string[]): StreamNode {
  let at = 0
  const text = () => sound(elements[at++])
  const integer = () => sound(parseSafeInteger(text()))
  const [live, deleted, fieldCount] = [integer(), integer(), integer()]
  const masterFields: string[] = []
  for (let i = 0; i < fieldCount; i++) masterFields.push(text())
  if (integer() !== 0 || live < 1) throw new Malformed('A stream node is malformed.')
  const node = stream.addNode(masterId, masterFields)
  while (at < elements.length) {
    const flags = integer()
    const ms = BigInt.asUintN(64, BigInt(idMs(masterId)) + BigInt(sound(parseInteger(text()))))
    const sequence = BigInt.asUintN(64, BigInt(idSequence(masterId)) + BigInt(sound(parseInteger(text()))))
    const isSame = (flags & 2) !== 0
    const count = isSame ? fieldCount : integer()
    const fields: string[] = []
    for (let i = 0; i < count; i++) fields.push(isSame ? masterFields[i]! : text(), text())
    const total = isSame ? count + 3 : count * 2 + 4
    const id = streamId(toUnsigned(ms), toUnsigned(sequence))
    const previous = node.entries[node.entries.length - 1]
    if (integer() !== total || (previous !== undefined && id <= previous.id))
      throw new Malformed('A stream entry is malformed.')
    stream.addEntry({ id, fields, isDeleted: (flags & 1) !== 0 })
  }
  if (node.live !== live || node.entries.length !== live + deleted) throw new Malformed('A stream node is miscounted.')
  return node
}

function decodeGroup(reader: Reader, group: ConsumerGroup): void {
  const deliveries = new Map<StreamId, { timeMs: number; count: number }>()
  for (let left = reader.length(); left > 0; left--) {
    const id = reader.rawId()
    deliveries.set(id, { timeMs: reader.milliseconds(), count: reader.length() })
  }
  for (let left = reader.length(); left > 0; left--) {
    const name = reader.string()
    const consumer = sound(group.createConsumer(name, reader.milliseconds()))
    for (let pending = reader.length(); pending > 0; pending--) {
      const id = reader.rawId()
      const delivery = sound(deliveries.get(id))
      group.assign(consumer, id, delivery.timeMs, delivery.count)
    }
  }
  if (group.pending.size !== deliveries.size) throw new Malformed('A pending entry belongs to no consumer.')
}
