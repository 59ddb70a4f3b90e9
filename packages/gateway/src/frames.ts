// Members of WebSocket frames: ids, and outcomes as text or values.

import type { Reply } from '@ochre/protocol'
import { type Form, RAW } from './execute.ts'
import { JsonNumber, type JsonValue, writeJson } from './json.ts'
import { replyJson, replyValue } from './reply-json.ts'
import { failureOf } from './status.ts'

/** An id as JSON text: a number or a string of up to 64 characters. */
export function idJson(id: JsonValue | undefined): string | undefined {
  if (id instanceof JsonNumber && id.text.length <= 32 && /^-?\d/.test(id.text)) return id.text
  return typeof id === 'string' && id.length <= 64 ? JSON.stringify(id) : undefined
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
