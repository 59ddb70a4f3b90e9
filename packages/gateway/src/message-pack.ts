// MessagePack in: a frame becomes the values that parsing JSON gives, bytes stay bytes. Depth is bounded, and what the bytes
// at hand cannot hold is refused before there is memory for it. Extension types are refused: general decoders know some
// that refer to other values, with which a few hundred bytes stand for more values than fit anywhere.

import { isUtf8 } from 'node:buffer'
import { JsonNumber, type JsonObject, type JsonValue } from './json.ts'
import { GatewayError } from './status.ts'

/** The one value that the bytes are. Throws BAD_JSON. Bytes in it are part of `data`. */
export function unpack(data: Uint8Array, maxDepth = 32): JsonValue {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  let value: JsonValue
  const reader = new Unpacker(bytes)
  try {
    value = reader.value(maxDepth)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    // Read behind the end.
    malformed()
  }
  if (!reader.isAtEnd) malformed()
  return value
}

function malformed(): never {
  throw new GatewayError('BAD_JSON', 'The frame is not valid MessagePack.')
}

class Unpacker {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): JsonValue {
    const type = this.#bytes.readUInt8(this.#at++)
    if (type < 0x80) return new JsonNumber(String(type))
    if (type < 0x90) return this.#map(type & 0x0f, depth)
    if (type < 0xa0) return this.#array(type & 0x0f, depth)
    if (type < 0xc0) return this.#text(type & 0x1f)
    if (type >= 0xe0) return new JsonNumber(String(type - 256))
    switch (type) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
      case 0xc5:
      case 0xc6:
        // An argument may be bytes; elsewhere they are refused like any value of a wrong type.
        return this.#take(this.#unsigned(1 << (type - 0xc4))) as Uint8Array as unknown as JsonValue
      case 0xca:
        return this.#number(this.#take(4).readFloatBE())
      case 0xcb:
        return this.#number(this.#take(8).readDoubleBE())
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#number(this.#unsigned(1 << (type - 0xcc)))
      case 0xcf:
        return this.#number(this.#take(8).readBigUInt64BE())
      case 0xd0:
        return this.#number(this.#take(1).readInt8())
      case 0xd1:
        return this.#number(this.#take(2).readInt16BE())
      case 0xd2:
        return this.#number(this.#take(4).readInt32BE())
      case 0xd3:
        return this.#number(this.#take(8).readBigInt64BE())
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(1 << (type - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (type - 0xdc)), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (type - 0xde)), depth)
      case 0xc1:
        return malformed()
      default:
        throw new GatewayError('BAD_JSON', 'The frame holds a type that is not supported.')
    }
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) malformed()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #unsigned(length: number): number {
    return this.#take(length).readUIntBE(0, length)
  }

  #number(value: number | bigint): JsonNumber {
    return new JsonNumber(String(value))
  }

  #text(length: number): string {
    const bytes = this.#take(length)
    const text = bytes.toString('utf8')
    // The sign of a byte that was none may have been sent as such.
    if (text.includes('\ufffd') && !isUtf8(bytes)) malformed()
    return text
  }

  #array(length: number, depth: number): JsonValue[] {
    if (depth === 0) tooDeep()
    const items: JsonValue[] = []
    for (let i = 0; i < length; i++) items.push(this.value(depth - 1))
    return items
  }

  #map(length: number, depth: number): JsonObject {
    if (depth === 0) tooDeep()
    const object: JsonObject = Object.create(null)
    for (let i = 0; i < length; i++) {
      const name = this.value(0)
      if (typeof name !== 'string' && !(name instanceof JsonNumber)) malformed()
      object[typeof name === 'string' ? name : name.text] = this.value(depth - 1)
    }
    return object
  }
}

function tooDeep(): never {
  throw new GatewayError('BAD_JSON', 'The frame is nested too deeply.')
}
