// Replies as text: pretty for a person at a terminal, plain for a pipe, JSON when asked. Replies come as `client.raw`
// gives them, so a status is known from a stored string and no byte has been decoded yet.

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

/** The reply as redis-cli draws it on a terminal: quoted strings, numbered and indented lists. No trailing newline. */
export function pretty(reply: Reply, indent = ''): string {
  if (reply === null || reply === NULL_ARRAY) return '(nil)'
  if (typeof reply === 'string') return quote(Buffer.from(reply, 'latin1'))
  if (typeof reply === 'number' || typeof reply === 'bigint') return `(integer) ${reply}`
  if (typeof reply === 'boolean') return `(${reply})`
  if (Buffer.isBuffer(reply)) return quote(reply)
  if (reply instanceof StatusReply) return text(reply.text)
  if (reply instanceof FailureReply) return `(error) ${text(reply.text)}`
  if (reply instanceof DoubleReply) return `(double) ${reply.text}`
  if (reply instanceof BigNumberReply) return `(big number) ${reply.text}`
  // INFO, CLIENT LIST and their like are meant to be read as they are.
  if (reply instanceof VerbatimReply) return text(reply.text).trimEnd()
  if (reply instanceof MapReply) return prettyMap(reply.entries, indent)
  const isSet = reply instanceof SetReply
  const items = isSet || reply instanceof PushReply ? reply.items : reply
  if (items.length === 0) return isSet ? '(empty set)' : '(empty array)'
  const width = String(items.length).length
  return items
    .map((item, i) => {
      const mark = `${String(i + 1).padStart(width)}${isSet ? '~' : ')'} `
      return (i === 0 ? '' : indent) + mark + pretty(item, indent + ' '.repeat(mark.length))
    })
    .join('\n')
}

function prettyMap(entries: readonly Reply[], indent: string): string {
  if (entries.length === 0) return '(empty hash)'
  const width = String(entries.length / 2).length
  const lines: string[] = []
  for (let at = 0; at < entries.length; at += 2) {
    const mark = `${String(at / 2 + 1).padStart(width)}# `
    const label = `${pretty(entries[at]!, indent)} => `
    lines.push(
      (at === 0 ? '' : indent) +
        mark +
        label +
        pretty(entries[at + 1]!, indent + ' '.repeat(mark.length + label.length)),
    )
  }
  return lines.join('\n')
}

/** The reply for a pipe: one value per line, bytes as they are, nothing quoted. Nulls are empty lines. */
export function plain(reply: Reply): Buffer {
  const lines: Buffer[] = []
  const visit = (value: Reply): void => {
    if (value === null || value === NULL_ARRAY) lines.push(EMPTY)
    else if (typeof value === 'string') lines.push(Buffer.from(value, 'latin1'))
    else if (Buffer.isBuffer(value)) lines.push(value)
    else if (typeof value !== 'object') lines.push(Buffer.from(String(value)))
    else if (value instanceof MapReply) value.entries.forEach(visit)
    else if (value instanceof SetReply || value instanceof PushReply) value.items.forEach(visit)
    else if ('text' in value) lines.push(Buffer.from(value.text, 'latin1'))
    else value.forEach(visit)
  }
  visit(reply)
  return Buffer.concat(lines.flatMap((line) => [line, NEWLINE]))
}

const EMPTY = Buffer.alloc(0)
const NEWLINE = Buffer.from('\n')

/** The reply as one line of JSON. Integers keep all digits; bytes that are not UTF-8 become `{"base64":"..."}`. */
export function json(reply: Reply): string {
  if (reply === null || reply === NULL_ARRAY) return 'null'
  if (typeof reply === 'string') return jsonBytes(Buffer.from(reply, 'latin1'))
  if (typeof reply === 'number' || typeof reply === 'bigint' || typeof reply === 'boolean') return String(reply)
  if (Buffer.isBuffer(reply)) return jsonBytes(reply)
  if (reply instanceof DoubleReply) return /^-?[\d.]+(e[+-]?\d+)?$/i.test(reply.text) ? reply.text : `"${reply.text}"`
  if (reply instanceof FailureReply) return `{"error":${JSON.stringify(text(reply.text))}}`
  if (reply instanceof MapReply) {
    const fields: string[] = []
    for (let at = 0; at < reply.entries.length; at += 2) {
      const name = reply.entries[at]!
      fields.push(
        `${typeof name === 'string' ? JSON.stringify(text(name)) : JSON.stringify(json(name))}:${json(reply.entries[at + 1]!)}`,
      )
    }
    return `{${fields.join(',')}}`
  }
  if (reply instanceof SetReply || reply instanceof PushReply) return `[${reply.items.map(json).join(',')}]`
  return 'text' in reply ? JSON.stringify(text(reply.text)) : `[${reply.map(json).join(',')}]`
}

/** Bytes as a JSON value: a string when they are UTF-8. */
export function jsonBytes(bytes: Buffer): string {
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `{"base64":"${bytes.toString('base64')}"}`
}

/** Bytes in double quotes, escaped so that pasting them into a command line gives the same bytes again. */
export function quote(bytes: Uint8Array): string {
  // Bytes that are not UTF-8 are shown one by one.
  const source = isUtf8(bytes)
    ? [...Buffer.from(bytes).toString('utf8')]
    : [...bytes].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : byte))
  let out = '"'
  for (const char of source) {
    if (typeof char === 'number') out += hex(char)
    else out += NAMED[char] ?? (char < ' ' || char === '\x7f' ? hex(char.charCodeAt(0)) : char)
  }
  return `${out}"`
}

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

/** A binary string as characters. */
function text(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('utf8')
}
