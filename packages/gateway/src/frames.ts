// Members of WebSocket frames: ids, and outcomes as text or values.

import type { Reply } from '@ochre/protocol'
import { type Form, RAW } from './execute.ts'
import { isObject, JsonNumber, type JsonValue, writeJson } from './json.ts'
import { replyJson, replyValue } from './reply-json.ts'
import { failureOf, GatewayError } from './status.ts'

/** An id as JSON text: a number or a string of up to 64 characters. */
export function idJson(id: JsonValue | undefined): string | undefined {
  if (id instanceof JsonNumber && id.text.length <= 32 && /^-?\d/.test(id.text)) return id.text
  return typeof id === 'string' && id.length <= 64 ? JSON.stringify(id) : undefined
}

/** A value of a frame as the JSON of a request. Throws BAD_REQUEST when it holds bytes, which would become another text. */
export function bodyJson(value: JsonValue): string {
  refuseBytes(value)
  return writeJson(value)
}

function refuseBytes(value: JsonValue): void {
  if (value instanceof Uint8Array)
    throw new GatewayError('BAD_REQUEST', 'A request is JSON, in which bytes are written {"base64": "..."}.')
  if (Array.isArray(value)) value.forEach(refuseBytes)
  else if (isObject(value)) Object.values(value).forEach(refuseBytes)
}

/** A reply as JSON text. */
export function replyText(reply: unknown, form: Form): string {
  return form === RAW ? replyJson(reply as Reply, 'base64') : writeJson(reply)
}

/** A reply as a value for MessagePack. */
export function replyOf(reply: unknown, form: Form): unknown {
  return form === RAW ? replyValue(reply as Reply) : reply
}

export function errorOf(error: unknown): { code: string; message: string; status: number } {
  const { code, detail, status } = failureOf(error)
  return { code, message: detail, status }
}

export const errorJson = (error: unknown): string => JSON.stringify(errorOf(error))
