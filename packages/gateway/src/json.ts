// JSON without loss, both ways. Numbers of a request stay the text that was sent, integers of a reply stay all their
// digits, `__proto__` is a field like any other, and depth is bounded so that no input can exhaust the stack.
//
// Parsing takes the fast native way when the text holds no number token that JavaScript could damage.

import { JsonText } from '@ochre/model'
import { GatewayError } from './status.ts'

/** A number of a request, as the text that was sent. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber)
}

export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Something that looks like a number token, inside a string or not. The native parser is used only when there is none. */
const MAYBE_NUMBER = /[[,:\s]-?\d|^-?\d/

/**
 * Parses a request body. Numbers become {@link JsonNumber}; objects have a null prototype; of two members with one
 * name the last wins. Throws a `BAD_JSON` error that names the position, never the content.
 */
export function parseJson(input: Uint8Array | string, maxDepth = 32): JsonValue {
  const [text, value] = parsed(input, maxDepth)
  // Half a character can only be written as an escape, cannot be stored, and would silently become another text.
  if (text.includes('\\u') && hasHalf(value))
    throw new GatewayError('BAD_JSON', 'The body holds half a surrogate pair.')
  return value
}

function hasHalf(value: JsonValue): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value)
  if (Array.isArray(value)) return value.some(hasHalf)
  return isObject(value) && Object.entries(value).some(([name, item]) => hasHalf(name) || hasHalf(item))
}

function parsed(input: Uint8Array | string, maxDepth: number): [text: string, value: JsonValue] {
  let text: string
  if (typeof input === 'string') text = input
  else {
    try {
      text = utf8.decode(input)
    } catch {
      throw new GatewayError('BAD_JSON', 'The body is not valid UTF-8.')
    }
  }
  if (!MAYBE_NUMBER.test(text)) {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return [text, new Parser(text, maxDepth).document()] // throws, and knows where
    }
    return [text, checked(value, maxDepth)]
  }
  return [text, new Parser(text, maxDepth).document()]
}

/** Gives objects a null prototype and bounds the depth; a value without objects is returned as it is. */
function checked(value: unknown, depth: number): JsonValue {
  if (value === null || typeof value !== 'object') return value as JsonValue
  if (depth === 0) throw new GatewayError('BAD_JSON', 'The body is nested too deeply.')
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (item !== null && typeof item === 'object') value[i] = checked(item, depth - 1)
    }
    return value as JsonValue[]
  }
  const object: JsonObject = Object.create(null)
  for (const [name, item] of Object.entries(value)) object[name] = checked(item, depth - 1)
  return object
}

const WHITE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const NOT_PLAIN = /[\\\u0000-\u001f]/

class Parser {
  readonly #text: string
  readonly #maxDepth: number
  #at = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  document(): JsonValue {
    const value = this.#value(this.#maxDepth)
    this.#white()
    if (this.#at !== this.#text.length) this.#fail()
    return value
  }

  #fail(): never {
    throw new GatewayError('BAD_JSON', `The body is not valid JSON at character ${this.#at}.`)
  }

  #white(): void {
    WHITE.lastIndex = this.#at
    WHITE.test(this.#text)
    this.#at = WHITE.lastIndex
  }

  #value(depth: number): JsonValue {
    this.#white()
    const text = this.#text
    switch (text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string()
      case 0x5b:
        return this.#array(depth)
      case 0x7b:
        return this.#object(depth)
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default: {
        NUMBER.lastIndex = this.#at
        if (!NUMBER.test(text)) this.#fail()
        const token = text.slice(this.#at, NUMBER.lastIndex)
        this.#at = NUMBER.lastIndex
        return new JsonNumber(token)
      }
    }
  }

  #word(word: string, value: boolean | null): boolean | null {
    if (!this.#text.startsWith(word, this.#at)) this.#fail()
    this.#at += word.length
    return value
  }

  // Scans for the closing quote instead of using one expression: those need stack in proportion to a long string.
  #string(): string {
    const text = this.#text
    const start = this.#at
    let end = start
    for (;;) {
      end = text.indexOf('"', end + 1)
      if (end === -1) this.#fail()
      let slashes = 0
      while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++
      if (slashes % 2 === 0) break
    }
    const inner = text.slice(start + 1, end)
    if (!NOT_PLAIN.test(inner)) {
      this.#at = end + 1
      return inner
    }
    try {
      const value = JSON.parse(text.slice(start, end + 1)) as string
      this.#at = end + 1
      return value
    } catch {
      return this.#fail()
    }
  }

  #array(depth: number): JsonValue[] {
    if (depth === 0) throw new GatewayError('BAD_JSON', 'The body is nested too deeply.')
    this.#at++
    const items: JsonValue[] = []
    this.#white()
    if (this.#text.charCodeAt(this.#at) === 0x5d) {
      this.#at++
      return items
    }
    for (;;) {
      items.push(this.#value(depth - 1))
      this.#white()
      const c = this.#text.charCodeAt(this.#at)
      this.#at++
      if (c === 0x5d) return items
      if (c !== 0x2c) {
        this.#at--
        this.#fail()
      }
    }
  }

  #object(depth: number): JsonObject {
    if (depth === 0) throw new GatewayError('BAD_JSON', 'The body is nested too deeply.')
    this.#at++
    const object: JsonObject = Object.create(null)
    this.#white()
    if (this.#text.charCodeAt(this.#at) === 0x7d) {
      this.#at++
      return object
    }
    for (;;) {
      this.#white()
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail()
      const name = this.#string()
      this.#white()
      if (this.#text.charCodeAt(this.#at) !== 0x3a) this.#fail()
      this.#at++
      object[name] = this.#value(depth - 1)
      this.#white()
      const c = this.#text.charCodeAt(this.#at)
      this.#at++
      if (c === 0x7d) return object
      if (c !== 0x2c) {
        this.#at--
        this.#fail()
      }
    }
  }
}

/** Whether text is bytes in base64, padded or not. An expression for all of it would need stack in proportion to its length. */
export function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, '')
  const isWhole = digits.length === text.length ? digits.length % 4 !== 1 : text.length % 4 === 0
  return isWhole && !/[^A-Za-z0-9+/]/.test(digits)
}

/** How the bytes of a reply are spelled: as text (invalid UTF-8 becomes U+FFFD), or as base64. */
export type StringEncoding = 'utf8' | 'base64'

/**
 * Writes any reply as JSON. Integers (number or bigint) keep all digits; doubles beyond JSON are the strings `inf`,
 * `-inf` and `nan`; Buffers are written by `encoding` (strings, such as statuses, are text already); Maps and plain objects are objects, Sets arrays; an Error is
 * `{"error":{code,message}}`.
 */
export function writeJson(value: unknown, encoding: StringEncoding = 'utf8'): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : value > 0 ? '"inf"' : value < 0 ? '"-inf"' : '"nan"'
    case 'bigint':
      return value.toString()
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : writeObject(value, encoding)
    default:
      return 'null'
  }
}

function writeObject(value: object, encoding: StringEncoding): string {
  if (value instanceof Uint8Array) {
    const buffer = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return encoding === 'base64' ? `"${buffer.toString('base64')}"` : JSON.stringify(buffer.toString('utf8'))
  }
  if (Array.isArray(value) || value instanceof Set) {
    let out = ''
    for (const item of value) out += out === '' ? writeJson(item, encoding) : `,${writeJson(item, encoding)}`
    return `[${out}]`
  }
  if (value instanceof JsonNumber) return value.text
  // A line feed is only white between its words; what is written is one line.
  if (value instanceof JsonText) return value.text.replaceAll(/[\r\n]/g, ' ')
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (value instanceof Error) {
    const code = 'code' in value && typeof value.code === 'string' ? value.code : 'ERR'
    return `{"error":{"code":${JSON.stringify(code)},"message":${JSON.stringify(value.message)}}}`
  }
  let out = ''
  const entries = value instanceof Map ? value.entries() : Object.entries(value)
  for (const [name, item] of entries) {
    if (item === undefined) continue
    out += `${out === '' ? '' : ','}${writeName(name, encoding)}:${writeJson(item, encoding)}`
  }
  return `{${out}}`
}

function writeName(name: unknown, encoding: StringEncoding): string {
  if (name instanceof Uint8Array) return writeJson(name, encoding)
  return JSON.stringify(String(name))
}

/** A parsed value with its numbers as JavaScript numbers where no digit is lost, bigint for longer integers. */
export function plainJson(value: JsonValue): unknown {
  if (value instanceof JsonNumber) {
    if (/^-?\d+$/.test(value.text)) {
      const number = Number(value.text)
      return Number.isSafeInteger(number) || String(number) === value.text ? number : BigInt(value.text)
    }
    return Number(value.text)
  }
  if (Array.isArray(value)) return value.map(plainJson)
  if (value !== null && typeof value === 'object') {
    const object: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(value)) object[name] = plainJson(value[name]!)
    return object
  }
  return value
}

/** The plain value of JSON text that the gateway wrote; long integers are bigint. */
export function valueOfJson(text: string): unknown {
  return /\d{16}/.test(text) ? plainJson(parseJson(text, MAX_WRITTEN_DEPTH)) : JSON.parse(text)
}

/** Replies are as deep as scripts of Lua make them. */
const MAX_WRITTEN_DEPTH = 1000
