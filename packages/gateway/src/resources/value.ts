// What routes for values share: missing keys, entity tags, preconditions, times to live, and bodies that are bytes.

import { hash } from 'node:crypto'
import { StringDecoder } from 'node:string_decoder'
import { argOf } from '../command-json.ts'
import { conditional, tagsIn } from '../etag.ts'
import type { Exchange, Script } from '../exchange.ts'
import { isObject, JsonNumber, type JsonObject, type JsonValue, type StringEncoding, writeJson } from '../json.ts'
import { preferredType } from '../media-types.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'

export function missing(): GatewayError {
  return new GatewayError('NOT_FOUND', 'There is no such key.')
}

export const NO_CONTENT: GatewayResponse = { status: 204, headers: {}, body: null }

export function sha1(text: string | Uint8Array): string {
  return hash('sha1', text, 'hex')
}

/** A script of the gateway, with the digest that EVALSHA needs. */
export function scriptOf(lua: string): Script {
  return { lua, sha: sha1(lua) }
}

const FORMS = ['application/json', 'application/octet-stream']

/** Whether the request rather has the bytes themselves than JSON. Throws NOT_ACCEPTABLE when it takes neither. */
export function wantsBytes(x: Exchange): boolean {
  return preferredType(x.header('accept'), FORMS) === 'application/octet-stream'
}

/** Whether the body is a JSON document; any other type is the value itself. */
export function sendsJson(x: Exchange): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(x.header('content-type') ?? '')
}

/** All bytes of a value, up to the limit for values. */
export function valueBytes(x: Exchange): Promise<Buffer> {
  return x.body.bytes(x.limits.valueBytes)
}

/** From here on a value is not written as JSON in one piece, which would be in memory several times. */
const LARGE_BYTES = 8 * 1024 * 1024
/** Of a large value at a time: whole groups of three bytes, as base64 wants them. */
const SLICE_BYTES = 192 * 1024

/** The answer that is one value: itself, or as JSON with `more` members (text that begins with a comma) behind it. `known`: its other headers. */
export function valueAnswer(x: Exchange, value: Buffer, more = '', known?: Record<string, string>): GatewayResponse {
  const headers: Record<string, string> = { ...known, etag: `"${sha1(value)}"` }
  headers.vary = 'accept'
  if (wantsBytes(x)) {
    headers['content-type'] = 'application/octet-stream'
    return conditional(x.request, { status: 200, headers, body: value })
  }
  const encoding = encodingOf(x)
  headers['content-type'] = 'application/json'
  const body =
    value.length > LARGE_BYTES ? largeJson(value, encoding, more) : `{"value":${writeJson(value, encoding)}${more}}`
  return conditional(x.request, { status: 200, headers, body })
}

async function* largeJson(value: Buffer, encoding: StringEncoding, more: string): AsyncGenerator<string> {
  yield '{"value":"'
  // Characters whose bytes are in two slices are put together.
  const decoder = new StringDecoder('utf8')
  for (let at = 0; at < value.length; at += SLICE_BYTES) {
    const slice = value.subarray(at, at + SLICE_BYTES)
    yield encoding === 'base64' ? slice.toString('base64') : JSON.stringify(decoder.write(slice)).slice(1, -1)
  }
  yield `${JSON.stringify(decoder.end()).slice(1, -1)}"${more}}`
}

/** The headers of an answer about a key: entity tag, and time to live when it has one. */
export function headersFor(etag: string | undefined, ttl: number | null | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  if (etag !== undefined) headers.etag = etag
  if (ttl !== null && ttl !== undefined) headers['ochre-ttl'] = String(ttl)
  return headers
}

/** PTTL's answer as the API writes it: milliseconds, or null for a key that does not expire. */
export function ttlOf(reply: unknown): number | null {
  const ms = Number(reply)
  return ms >= 0 ? ms : null
}

/** What a write requires of the present value: anything, nothing there, something there, or exactly one of these tags. */
export type Precondition = 'none' | 'absent' | 'present' | readonly string[]

export function preconditionOf(x: Exchange): Precondition {
  const match = tagsIn(x.request, 'if-match')
  const noneMatch = tagsIn(x.request, 'if-none-match')
  if (match !== undefined && noneMatch !== undefined) {
    throw new GatewayError('BAD_REQUEST', 'Send If-Match or If-None-Match, not both.')
  }
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return 'absent'
    throw new GatewayError('BAD_REQUEST', 'On a write, If-None-Match is only supported with *.')
  }
  if (match === undefined) return 'none'
  if (match === '*') return 'present'
  // A weak tag does not say that the bytes are the same, and matches nothing.
  return match.map(({ value, isWeak }) => (isWeak ? '-' : value))
}

/** The outcomes, or the first error among them. */
export function throwFirst(outcomes: readonly unknown[]): readonly unknown[] {
  for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
  return outcomes
}

export function preconditionFailed(): GatewayError {
  return new GatewayError('PRECONDITION_FAILED', 'The key is not in the state that If-Match or If-None-Match requires.')
}

/** A member of a JSON body as an argument. Throws BAD_REQUEST when it is missing. */
export function member(body: JsonObject, name: string): Arg {
  const value = body[name]
  if (value === undefined) throw new GatewayError('BAD_REQUEST', `The body has no member ${name}.`)
  return argOf(value, name)
}

/** Throws BAD_REQUEST for a parameter that has no meaning beside the others: it must not be overlooked. */
export function refuseParameters(x: Exchange, names: readonly string[], why: string): void {
  for (const name of names) {
    if (x.query.bytes(name) !== undefined) throw new GatewayError('BAD_REQUEST', `The query parameter ${name} ${why}.`)
  }
}

/** Whether a page is asked for instead of everything. Throws BAD_REQUEST for a page's size alone. */
export function isPaged(x: Exchange): boolean {
  if (x.query.bytes('cursor') !== undefined || x.query.bytes('match') !== undefined) return true
  refuseParameters(x, ['count'], 'is for pages; the first one has the cursor 0')
  return false
}

/** A list of arguments, at least one. */
export function members(body: JsonObject, name: string): Arg[] {
  const value = body[name]
  if (!Array.isArray(value) || value.length === 0) {
    throw new GatewayError('BAD_REQUEST', `The member ${name} is a list with at least one item.`)
  }
  return value.map(argOf)
}

/** The fields of an object as alternating names and values. */
export function pairs(value: JsonValue | undefined, name: string): Arg[] {
  if (!isObject(value) || Object.keys(value).length === 0) {
    throw new GatewayError('BAD_REQUEST', `The member ${name} is an object with at least one member.`)
  }
  return Object.entries(value).flatMap(([field, item]) => [field, argOf(item, field)])
}

/** A member that is true or false; false when absent. */
export function flag(body: JsonObject, name: string): boolean {
  const value = body[name]
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  throw new GatewayError('BAD_REQUEST', `The member ${name} is true or false.`)
}

/** A member that is an integer in a range; undefined when absent. */
export function integer(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  const number = value instanceof JsonNumber && /^-?\d{1,16}$/.test(value.text) ? Number(value.text) : Number.NaN
  if (!(number >= min && number <= max)) {
    throw new GatewayError('BAD_REQUEST', `The member ${name} is an integer from ${min} to ${max}.`)
  }
  return number
}

/** One of several words; the first is the default. */
export function choice<const T extends readonly string[]>(body: JsonObject, name: string, words: T): T[number] {
  const value = body[name]
  if (value === undefined) return words[0]!
  if (typeof value === 'string' && words.includes(value)) return value
  throw new GatewayError('BAD_REQUEST', `The member ${name} is one of ${words.join(', ')}.`)
}

/** The text of a number, as it was sent. */
export function numeric(body: JsonObject, name: string): string | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (value instanceof JsonNumber) return value.text
  if (typeof value === 'string' && /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf)$/i.test(value)) return value
  throw new GatewayError('BAD_REQUEST', `The member ${name} is a number.`)
}

/** Longest time to live that is accepted: a hundred years. */
const MAX_TTL_MS = 3_155_760_000_000

/** `ttl` in milliseconds from the body, the query or the header; undefined when it was not sent. */
export function ttlIn(x: Exchange, body?: JsonObject): number | undefined {
  return (body === undefined ? undefined : integer(body, 'ttl', 1, MAX_TTL_MS)) ?? ttlBeside(x, MAX_TTL_MS)
}

/** `?ttl=`, or the header that answers have. */
export function ttlBeside(x: Exchange, max: number): number | undefined {
  const sent = x.query.integer('ttl', 1, max)
  const header = x.header('ochre-ttl')
  if (sent !== undefined || header === undefined) return sent
  const ttl = /^\d{1,16}$/.test(header) ? Number(header) : 0
  if (ttl < 1 || ttl > max)
    throw new GatewayError('BAD_REQUEST', `The header ochre-ttl is an integer from 1 to ${max}.`)
  return ttl
}

export const integerJson = (name: string, reply: unknown): GatewayResponse => json(200, `{"${name}":${String(reply)}}`)

// Deletes a key only when it holds the expected type. KEYS key, ARGV type, then tags that the value must have one of
// (strings only). 0: absent, 1: deleted, 2: precondition failed.
const TYPED_DELETE = scriptOf(`local t = redis.call('TYPE', KEYS[1]).ok
if t == 'none' then return 0 end
if t ~= ARGV[1] then return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value') end
if #ARGV > 1 then
  local tag = redis.sha1hex(redis.call('GET', KEYS[1]))
  local found = false
  for i = 2, #ARGV do if ARGV[i] == tag then found = true end end
  if not found then return 2 end
end
redis.call('UNLINK', KEYS[1])
return 1`)

/** Deletes the key of a typed resource: 204, or 404 when there is none, or 412. */
export async function deleteTyped(x: Exchange, type: string, tags: readonly string[] = []): Promise<GatewayResponse> {
  const key = x.param('key')
  const outcome = await x.script(TYPED_DELETE, ['UNLINK', key], [key], [type, ...tags])
  if (outcome === 0) throw missing()
  if (outcome === 2) throw preconditionFailed()
  return NO_CONTENT
}
