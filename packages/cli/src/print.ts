// Replies as text: pretty for a person at a terminal, plain for a pipe, JSON when asked.

import { ReplyError } from '@ochre/protocol'

/** Words that Redis sends as a status; a stored string that looks like one is printed the same way. */
const STATUSES = new Set(['OK', 'PONG', 'QUEUED', 'RESET'])

/** The reply as redis-cli draws it on a terminal: quoted strings, numbered and indented lists. No trailing newline. */
export function pretty(reply: unknown, indent = ''): string {
  if (reply === null || reply === undefined) return '(nil)'
  if (typeof reply === 'string') return STATUSES.has(reply) && indent === '' ? reply : quote(Buffer.from(reply))
  if (reply instanceof Uint8Array) return quote(reply)
  if (typeof reply === 'bigint') return `(integer) ${reply}`
  if (typeof reply === 'number') return Number.isInteger(reply) ? `(integer) ${reply}` : `(double) ${reply}`
  if (typeof reply === 'boolean') return `(${reply})`
  if (reply instanceof ReplyError) return `(error) ${reply.message}`
  if (Array.isArray(reply) || reply instanceof Set) {
    const items = [...reply]
    if (items.length === 0) return reply instanceof Set ? '(empty set)' : '(empty array)'
    const width = String(items.length).length
    return items
      .map((item, i) => {
        const mark = `${String(i + 1).padStart(width)}) `
        return (i === 0 ? '' : indent) + mark + pretty(item, indent + ' '.repeat(mark.length))
      })
      .join('\n')
  }
  const entries = reply instanceof Map ? [...reply] : Object.entries(reply)
  if (entries.length === 0) return '(empty hash)'
  const width = String(entries.length).length
  return entries
    .map(([key, value], i) => {
      const mark = `${String(i + 1).padStart(width)}# `
      const label = `${pretty(key, ' ')} => `
      return (i === 0 ? '' : indent) + mark + label + pretty(value, indent + ' '.repeat(mark.length + label.length))
    })
    .join('\n')
}

/** The reply for a pipe: one value per line, bytes as they are, nothing quoted. Nulls are empty lines. */
export function plain(reply: unknown): Buffer {
  const lines: Uint8Array[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value) || value instanceof Set) for (const item of value) visit(item)
    else if (value instanceof Uint8Array) lines.push(value)
    else if (value === null || value === undefined) lines.push(Buffer.alloc(0))
    else if (value instanceof ReplyError) lines.push(Buffer.from(value.message))
    else if (value instanceof Map) for (const entry of value) visit(entry)
    else if (typeof value === 'object') for (const entry of Object.entries(value)) visit(entry)
    else lines.push(Buffer.from(String(value)))
  }
  visit(reply)
  return Buffer.concat(lines.flatMap((line) => [line, NEWLINE]))
}

const NEWLINE = Buffer.from('\n')

/** The reply as one line of JSON. Integers keep all digits; bytes that are not UTF-8 become `{"base64": "..."}`. */
export function json(reply: unknown): string {
  if (reply === null || reply === undefined) return 'null'
  if (typeof reply === 'bigint') return String(reply)
  if (typeof reply === 'number') return Number.isFinite(reply) ? JSON.stringify(reply) : `"${reply}"`
  if (typeof reply === 'string' || typeof reply === 'boolean') return JSON.stringify(reply)
  if (reply instanceof Uint8Array) {
    const bytes = Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength)
    const text = bytes.toString('utf8')
    return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : `{"base64":"${bytes.toString('base64')}"}`
  }
  if (reply instanceof ReplyError) return JSON.stringify({ error: reply.message })
  if (Array.isArray(reply) || reply instanceof Set) return `[${[...reply].map(json).join(',')}]`
  const entries = reply instanceof Map ? [...reply] : Object.entries(reply)
  return `{${entries.map(([key, value]) => `${JSON.stringify(String(key))}:${json(value)}`).join(',')}}`
}

/** Bytes in double quotes, escaped so that pasting them into a command line gives the same bytes again. */
export function quote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  // Bytes that are not UTF-8 are shown one by one.
  const readable = Buffer.from(text).equals(bytes)
  const source = readable ? [...text] : [...bytes].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : byte))
  let out = '"'
  for (const char of source) {
    if (typeof char === 'number') out += `\\x${char.toString(16).padStart(2, '0')}`
    else out += NAMED[char] ?? (char < ' ' || char === '\x7f' ? hex(char) : char)
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

function hex(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
