// Replies exactly as they came over the wire (protocol/reply.ts), written as JSON: nothing re-typed, no digit and no byte
// lost. Binary strings become text (invalid UTF-8 shown as U+FFFD) or base64.

import { isUtf8 } from 'node:buffer'
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from '@ochre/protocol'
import type { StringEncoding } from './json.ts'

/** A binary string as text. */
export function textOf(binary: string): string {
  for (let i = 0; i < binary.length; i++) {
    if (binary.charCodeAt(i) > 127) return Buffer.from(binary, 'latin1').toString('utf8')
  }
  return binary
}

/** A bulk string as a JSON string. */
export function stringJson(value: string | Uint8Array, encoding: StringEncoding): string {
  if (typeof value !== 'string') {
    const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return encoding === 'base64' ? `"${buffer.toString('base64')}"` : JSON.stringify(buffer.toString('utf8'))
  }
  return encoding === 'base64' ? `"${Buffer.from(value, 'latin1').toString('base64')}"` : JSON.stringify(textOf(value))
}

/** Statuses are text in both encodings; doubles beyond JSON are the strings `inf`, `-inf` and `nan`. */
export function replyJson(reply: Reply, encoding: StringEncoding): string {
  if (typeof reply === 'string') return stringJson(reply, encoding)
  if (typeof reply === 'number' || typeof reply === 'bigint' || typeof reply === 'boolean') return String(reply)
  if (reply === null || reply === NULL_ARRAY) return 'null'
  if (reply instanceof Uint8Array) return stringJson(reply, encoding)
  if (Array.isArray(reply)) return listJson(reply, encoding)
  if (reply instanceof StatusReply) return JSON.stringify(textOf(reply.text))
  if (reply instanceof DoubleReply) return doubleJson(reply.text)
  if (reply instanceof BigNumberReply) return reply.text
  if (reply instanceof VerbatimReply) return stringJson(reply.text, encoding)
  if (reply instanceof MapReply) return mapJson(reply.entries, encoding)
  if (reply instanceof SetReply || reply instanceof PushReply) return listJson(reply.items, encoding)
  if (reply instanceof FailureReply) {
    const code = reply.text.slice(0, (reply.text.indexOf(' ') + 1 || reply.text.length + 1) - 1)
    return `{"error":${JSON.stringify({ code, message: textOf(reply.text) })}}`
  }
  return 'null'
}

export function listJson(items: readonly Reply[], encoding: StringEncoding): string {
  let out = ''
  for (const item of items) out += out === '' ? replyJson(item, encoding) : `,${replyJson(item, encoding)}`
  return `[${out}]`
}

/** Alternating names and values as an object, in their order. */
export function mapJson(entries: readonly Reply[], encoding: StringEncoding): string {
  let out = ''
  for (let i = 0; i + 1 < entries.length; i += 2) {
    const name = entries[i]!
    const key =
      typeof name === 'string' || name instanceof Uint8Array
        ? stringJson(name, encoding)
        : JSON.stringify(replyJson(name, encoding))
    out += `${out === '' ? '' : ','}${key}:${replyJson(entries[i + 1]!, encoding)}`
  }
  return `{${out}}`
}

/** A double in Redis's spelling. */
export function doubleJson(text: string): string {
  return /^-?\d/.test(text) && !/^-?\d+\.?$/.test(text)
    ? String(Number(text))
    : /^-?\d+$/.test(text)
      ? text
      : `"${text}"`
}

/** The items of any aggregate: a list, a set, or the alternating names and values of a map. */
export function itemsOf(reply: Reply): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[]
  if (reply instanceof SetReply || reply instanceof PushReply) return reply.items
  if (reply instanceof MapReply) return reply.entries
  return []
}

/**
 * A reply as values for MessagePack: strings as bytes, 64-bit integers whole, names of maps as text, or as bytes where they
 * are not UTF-8.
 */
export function replyValue(reply: Reply): unknown {
  if (typeof reply === 'string') return Buffer.from(reply, 'latin1')
  if (reply === null || reply === NULL_ARRAY) return null
  if (typeof reply !== 'object' || reply instanceof Uint8Array) return reply
  if (Array.isArray(reply)) return (reply as readonly Reply[]).map(replyValue)
  if (reply instanceof StatusReply) return textOf(reply.text)
  if (reply instanceof DoubleReply) return Number(reply.text.replace('inf', 'Infinity'))
  if (reply instanceof BigNumberReply) return BigInt(reply.text)
  if (reply instanceof VerbatimReply) return Buffer.from(reply.text, 'latin1')
  if (reply instanceof MapReply) {
    const map = new Map<unknown, unknown>()
    for (let i = 0; i + 1 < reply.entries.length; i += 2) {
      const name = replyValue(reply.entries[i]!)
      map.set(name instanceof Uint8Array && isUtf8(name) ? name.toString() : name, replyValue(reply.entries[i + 1]!))
    }
    return map
  }
  if (reply instanceof SetReply || reply instanceof PushReply) return reply.items.map(replyValue)
  return reply instanceof FailureReply ? { error: { message: textOf(reply.text) } } : null
}
