// Values to RDB bytes, in the forms of RDB version 10 (Redis 7.0).

import { elementSize, encodeListpack, listpackSize } from './listpack.ts'
import { compressLzf } from './lzf.ts'
import { formatDouble, type Integer, parseInteger } from './numbers.ts'
import { RDB_TYPE, type RdbValue } from './rdb-value.ts'
import { hasMasterFields, idDelta, type Stream, type StreamEntry, type StreamNode } from './stream.ts'
import { idMs, idSequence, type StreamId } from './stream-id.ts'

const MAX_UINT64 = 2n ** 64n - 1n
/** Bytes of a list node under the default list-max-listpack-size of -2. */
const LIST_NODE_BYTES = 8192
const LIST_NODE_MARGIN = 8

/** Bytes that grow at the end. */
class Writer {
  #bytes: Buffer = Buffer.allocUnsafe(256)
  #length = 0

  /** Room for `count` bytes and where it starts. It may replace the buffer, so it comes before any use of it. */
  #reserve(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, start)
      this.#bytes = grown
    }
    return start
  }

  byte(value: number): void {
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  latin1(text: string): void {
    const at = this.#reserve(text.length)
    this.#bytes.write(text, at, 'latin1')
  }

  double(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeDoubleLE(value, at)
  }

  milliseconds(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigInt64LE(BigInt(value), at)
  }

  length(value: Integer): void {
    if (typeof value === 'number' && value < 64) {
      this.byte(value)
    } else if (typeof value === 'number' && value < 16384) {
      this.byte(0x40 | (value >> 8))
      this.byte(value & 0xff)
    } else if (value <= 0xffffffff) {
      this.byte(0x80)
      const at = this.#reserve(4)
      this.#bytes.writeUInt32BE(Number(value), at)
    } else {
      this.byte(0x81)
      const at = this.#reserve(8)
      this.#bytes.writeBigUInt64BE(BigInt(value), at)
    }
  }

  /** A string in its shortest form: a small integer, compressed, or as it is. */
  string(text: string): void {
    const integer = text.length <= 11 ? parseInteger(text) : undefined
    if (typeof integer === 'number' && integer >= -(2 ** 31) && integer < 2 ** 31) this.#smallInteger(integer)
    else if (text.length > 20) this.blob(Buffer.from(text, 'latin1'))
    else {
      this.length(text.length)
      this.latin1(text)
    }
  }

  #smallInteger(value: number): void {
    if (value >= -128 && value < 128) {
      this.byte(0xc0)
      const at = this.#reserve(1)
      this.#bytes.writeInt8(value, at)
    } else if (value >= -32768 && value < 32768) {
      this.byte(0xc1)
      const at = this.#reserve(2)
      this.#bytes.writeInt16LE(value, at)
    } else {
      this.byte(0xc2)
      const at = this.#reserve(4)
      this.#bytes.writeInt32LE(value, at)
    }
  }

  /** Bytes as a string that is no small integer. */
  blob(bytes: Buffer): void {
    const compressed = bytes.length > 20 ? compressLzf(bytes, bytes.length - 4) : undefined
    if (compressed === undefined) {
      this.length(bytes.length)
      this.raw(bytes)
    } else {
      this.byte(0xc3)
      this.length(compressed.length)
      this.length(bytes.length)
      this.raw(compressed)
    }
  }

  streamId(id: StreamId): void {
    this.length(idMs(id))
    this.length(idSequence(id))
  }

  take(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** The type byte and the value. A list is laid out as if it had been pushed at its tail under default limits. */
export function encodeRdbValue(value: RdbValue): Buffer {
  const writer = new Writer()
  switch (value.type) {
    case 'string':
      writer.byte(RDB_TYPE.STRING)
      writer.string(value.text)
      break
    case 'list':
      writer.byte(RDB_TYPE.LIST_QUICKLIST_2)
      encodeList(writer, value.elements)
      break
    case 'set':
      if (value.encoding === 'intset') {
        writer.byte(RDB_TYPE.SET_INTSET)
        writer.blob(encodeIntset(value.members))
      } else {
        writer.byte(RDB_TYPE.SET)
        writer.length(value.members.length)
        for (const member of value.members) writer.string(member)
      }
      break
    case 'hash':
      if (value.encoding === 'listpack') {
        writer.byte(RDB_TYPE.HASH_LISTPACK)
        writer.blob(encodeListpack(value.fields))
      } else {
        writer.byte(RDB_TYPE.HASH)
        writer.length(value.fields.length / 2)
        for (const text of value.fields) writer.string(text)
      }
      break
    case 'zset':
      encodeSortedSet(writer, value)
      break
    case 'stream':
      writer.byte(RDB_TYPE.STREAM_LISTPACKS_2)
      encodeStream(writer, value.stream)
      break
  }
  return writer.take()
}

/** The listpacks of a list that was pushed at its tail under default limits. */
export function listNodes(elements: readonly string[]): { elements: string[]; bytes: number }[] {
  const nodes: { elements: string[]; bytes: number }[] = []
  let node: { elements: string[]; bytes: number } | undefined
  for (const element of elements) {
    if (node === undefined || node.bytes + element.length + LIST_NODE_MARGIN > LIST_NODE_BYTES) {
      node = { elements: [], bytes: listpackSize(0) }
      nodes.push(node)
    }
    node.elements.push(element)
    node.bytes += elementSize(element)
  }
  return nodes
}

function encodeList(writer: Writer, elements: readonly string[]): void {
  const nodes = listNodes(elements)
  writer.length(nodes.length)
  for (const node of nodes) {
    // 2 is a node of many elements. A node with one huge element (1 is its tag) only exists above a gigabyte.
    writer.length(2)
    writer.blob(encodeListpack(node.elements))
  }
}

/** An intset is as wide as its widest member: 2, 4 or 8 bytes each. */
function encodeIntset(members: readonly string[]): Buffer {
  let width = 2
  for (const member of members) {
    const value = Number(member)
    if (value < -(2 ** 31) || value >= 2 ** 31) width = 8
    else if (width < 4 && (value < -32768 || value >= 32768)) width = 4
  }
  const bytes = Buffer.allocUnsafe(8 + members.length * width)
  bytes.writeUInt32LE(width, 0)
  bytes.writeUInt32LE(members.length, 4)
  members.forEach((member, i) => {
    if (width === 8) bytes.writeBigInt64LE(BigInt(member), 8 + i * 8)
    else bytes.writeIntLE(Number(member), 8 + i * width, width)
  })
  return bytes
}

function encodeSortedSet(writer: Writer, { encoding, members, scores }: RdbValue & { type: 'zset' }): void {
  if (encoding === 'listpack') {
    writer.byte(RDB_TYPE.ZSET_LISTPACK)
    writer.blob(encodeListpack(members.flatMap((member, i) => [member, scoreElement(scores[i]!)])))
    return
  }
  writer.byte(RDB_TYPE.ZSET_2)
  writer.length(members.length)
  for (let i = members.length - 1; i >= 0; i--) {
    writer.string(members[i]!)
    writer.double(scores[i]!)
  }
}

/** A score inside a listpack: integers up to 2^62 in full, so that they are stored as integers. */
function scoreElement(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? BigInt(score).toString() : formatDouble(score)
}

// ---- streams ----

function encodeStream(writer: Writer, stream: Stream): void {
  writer.length(stream.nodes.length)
  for (const node of stream.nodes) {
    writer.length(16)
    writer.latin1(node.masterId)
    writer.blob(encodeStreamNode(node))
  }
  writer.length(stream.length)
  writer.streamId(stream.lastId)
  writer.streamId(stream.firstId)
  writer.streamId(stream.maxDeletedId)
  writer.length(stream.entriesAdded)
  writer.length(stream.groups.size)
  for (const group of stream.groups.values()) {
    writer.string(group.name)
    writer.streamId(group.lastId)
    writer.length(group.entriesRead ?? MAX_UINT64)
    writer.length(group.pending.size)
    for (const entry of group.pending.values()) {
      writer.latin1(entry.id)
      writer.milliseconds(entry.deliveryTimeMs)
      writer.length(entry.deliveryCount)
    }
    writer.length(group.consumers.size)
    for (const consumer of group.consumers.values()) {
      writer.string(consumer.name)
      writer.milliseconds(consumer.seenTimeMs)
      writer.length(consumer.pending.size)
      for (const entry of consumer.pending.values()) writer.latin1(entry.id)
    }
  }
}

function encodeStreamNode(node: StreamNode): Buffer {
  const elements: (string | number)[] = [node.live, node.entries.length - node.live, node.masterFields.length]
  for (const field of node.masterFields) elements.push(field)
  elements.push(0)
  for (const entry of node.entries) pushEntry(elements, node, entry)
  return encodeListpack(elements)
}

/** Flags: 1 = deleted, 2 = has the master fields, whose names are then left out. The last number counts the elements. */
function pushEntry(elements: (string | number)[], node: StreamNode, entry: StreamEntry): void {
  const isSame = hasMasterFields(node, entry)
  const count = entry.fields.length / 2
  elements.push((entry.isDeleted ? 1 : 0) | (isSame ? 2 : 0))
  elements.push(idDelta(idMs(entry.id), idMs(node.masterId)))
  elements.push(idDelta(idSequence(entry.id), idSequence(node.masterId)))
  if (!isSame) elements.push(count)
  for (let i = isSame ? 1 : 0; i < entry.fields.length; i += isSame ? 2 : 1) elements.push(entry.fields[i]!)
  elements.push(isSame ? count + 3 : count * 2 + 4)
}
