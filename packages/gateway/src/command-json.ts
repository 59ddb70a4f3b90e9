// Commands as JSON, the spelling that HTTP bodies and WebSocket frames share: `["SET","k",1.50,true,{"base64":"AP8="}]`.

import { isBase64, JsonNumber, type JsonValue } from './json.ts'
import type { Arg } from './policy.ts'
import { GatewayError } from './status.ts'

/** Longest command that is accepted, in words. */
const MAX_WORDS = 100_000

/**
 * The words of a command. Numbers keep the text that was sent, booleans are `true` and `false`, an object with the one
 * member `base64` is raw bytes. Throws BAD_REQUEST for anything else; the message names the position.
 */
export function commandOf(value: JsonValue | undefined): Arg[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_WORDS) {
    throw new GatewayError('BAD_REQUEST', 'A command is a list of its words, such as ["SET","key","value"].')
  }
  const words: Arg[] = []
  for (let i = 0; i < value.length; i++) {
    const item = value[i]!
    words.push(typeof item === 'string' ? item : argOf(item, i))
  }
  return words
}

/** One argument of a command: text, a number, a boolean or `{"base64": "..."}`. */
export function argOf(item: JsonValue | Uint8Array | undefined, position: number | string): Arg {
  if (typeof item === 'string' || item instanceof Uint8Array) return item
  if (item instanceof JsonNumber) return item.text
  if (typeof item === 'boolean') return String(item)
  if (item !== null && typeof item === 'object' && !Array.isArray(item)) {
    const base64 = item.base64
    if (typeof base64 === 'string' && Object.keys(item).length === 1) {
      if (isBase64(base64)) return Buffer.from(base64, 'base64')
      throw new GatewayError('BAD_REQUEST', `Item ${position} is not valid base64.`)
    }
  }
  throw new GatewayError('BAD_REQUEST', `Item ${position} is not text, a number, a boolean or {"base64": "..."}.`)
}

/** A list of commands. Throws BAD_REQUEST when it is empty, longer than `max` or holds something else. */
export function commandsOf(value: JsonValue | undefined, max: number): Arg[][] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new GatewayError('BAD_REQUEST', 'The body is a list of commands, each a list of its words.')
  }
  if (value.length > max) throw new GatewayError('BAD_REQUEST', `More than ${max} commands in one request.`)
  return value.map(commandOf)
}
