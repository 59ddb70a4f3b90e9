// Strings: values as JSON or as bytes, conditional writes, counters, ranges.

import type { Exchange } from '../exchange.ts'
import { BYTES } from '../execute.ts'
import { JsonNumber } from '../json.ts'
import type { GatewayResponse } from '../message.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { answer, ENCODING, object, ref, TTL, TTL_HEADER } from './schemas.ts'
import {
  deleteTyped,
  headersFor,
  integer,
  integerJson,
  member,
  missing,
  preconditionFailed,
  preconditionOf,
  scriptOf,
  sendsJson,
  sha1,
  throwFirst,
  ttlIn,
  ttlOf,
  valueAnswer,
  valueBytes,
  wantsBytes,
} from './value.ts'

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  // Only a GET has ranges, and only of the value itself.
  const range = x.request.method === 'GET' && wantsBytes(x) ? rangeIn(x.header('range')) : undefined
  const isGuarded = ['if-range', 'if-match', 'if-none-match'].some((name) => x.header(name) !== undefined)
  if (range !== undefined && !isGuarded) return getRange(x, range)
  // Sent together on one connection, so that a key that expires shows neither or both.
  const [value, pttl] = await Promise.all([x.run(['GET', key], BYTES), x.run(['PTTL', key])])
  if (value === null) throw missing()
  const bytes = value as Buffer
  const ttl = ttlOf(pttl)
  const headers = headersFor(undefined, ttl)
  if (wantsBytes(x)) headers['accept-ranges'] = 'bytes'
  const whole = valueAnswer(x, bytes, `,"ttl":${ttl}`, headers)
  if (range === undefined || whole.status !== 200) return whole
  // A reader that has the beginning of another state, or of a compressed one, gets all of this one.
  const held = x.header('if-range')
  if (held !== undefined && held.trim() !== whole.headers.etag) return whole
  const [start, end] = placeOf(range, bytes.length)
  return part(bytes.subarray(start, end), start, bytes.length, whole.headers)
}

/** From the first byte to the last one, both included; or the last so many. */
type Range = { readonly first: number; readonly last: number } | { readonly suffix: number }

/** One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-50`. Whatever else is sent is as if nothing were, as HTTP has it. */
function rangeIn(header: string | undefined): Range | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '')
  if (match === null) return undefined
  const [from, to] = [match[1]!, match[2]!].map((text) => (text === '' ? undefined : Math.min(Number(text), 2 ** 40)))
  if (from === undefined) return to === undefined ? undefined : { suffix: to }
  return to !== undefined && to < from ? undefined : { first: from, last: to ?? 2 ** 40 }
}

/** Where a range begins and ends in a value of that length. Throws RANGE_NOT_SATISFIABLE when it has no byte there. */
function placeOf(range: Range, length: number): [start: number, end: number] {
  const start = 'suffix' in range ? Math.max(0, length - range.suffix) : range.first
  const end = 'suffix' in range ? length : Math.min(range.last + 1, length)
  if (start >= end) {
    throw new GatewayError('RANGE_NOT_SATISFIABLE', 'The value has no bytes in this range.', {
      'content-range': `bytes */${length}`,
    })
  }
  return [start, end]
}

function part(
  bytes: Uint8Array,
  start: number,
  length: number,
  headers?: Readonly<Record<string, string>>,
): GatewayResponse {
  const range = `bytes ${start}-${start + bytes.length - 1}/${length}`
  return {
    status: 206,
    headers: { ...headers, 'content-type': 'application/octet-stream', 'content-range': range, vary: 'accept' },
    body: bytes,
  }
}

/** Only the part is read, so that nothing is known of the whole but its length: there is no ETag. */
async function getRange(x: Exchange, range: Range): Promise<GatewayResponse> {
  const key = x.param('key')
  const [first, last] = 'suffix' in range ? [-Math.max(1, range.suffix), -1] : [range.first, range.last]
  // One transaction, so that the length is that of the value whose part it is.
  const commands = [
    ['EXISTS', key],
    ['STRLEN', key],
    ['GETRANGE', key, String(first), String(last)],
  ]
  const [exists, size, bytes] = throwFirst(await x.transaction(commands, BYTES))
  if (exists === 0) throw missing()
  const length = Number(size)
  const [start] = placeOf(range, length)
  return part(bytes as Buffer, start, length)
}

// KEYS key; ARGV value, ttl ('' none), keep ('1' keeps the present ttl), then the tags the value must have one of.
const CONDITIONAL_SET = scriptOf(`local old = redis.call('GET', KEYS[1])
local found = false
if old then
  local tag = redis.sha1hex(old)
  for i = 4, #ARGV do if ARGV[i] == tag then found = true end end
end
if not found then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[1]) end
return 1`)

async function put(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  let value: string | Uint8Array
  let ttl: number | undefined
  let keepsTtl = x.query.flag('keepTtl')
  if (sendsJson(x)) {
    const body = await x.object(['value', 'ttl', 'keepTtl'])
    value = member(body, 'value')
    ttl = ttlIn(x, body)
    keepsTtl ||= body.keepTtl === true
  } else {
    value = await valueBytes(x)
    ttl = ttlIn(x)
  }
  if (ttl !== undefined && keepsTtl) throw new GatewayError('BAD_REQUEST', 'Send ttl or keepTtl, not both.')
  const precondition = preconditionOf(x)
  const etag = { etag: `"${sha1(value)}"` }
  const done = { status: 204, headers: etag, body: null }
  if (Array.isArray(precondition)) {
    const options = [ttl === undefined ? '' : String(ttl), keepsTtl ? '1' : '0', ...precondition]
    const outcome = await x.script(CONDITIONAL_SET, ['SET', key, value, 'GET'], [key], [value, ...options])
    if (outcome === 0) throw preconditionFailed()
    return done
  }
  const args: (string | Uint8Array)[] = ['SET', key, value]
  if (ttl !== undefined) args.push('PX', String(ttl))
  if (keepsTtl) args.push('KEEPTTL')
  if (precondition === 'absent') args.push('NX')
  if (precondition === 'present') args.push('XX')
  if ((await x.run(args)) === null) throw preconditionFailed()
  return done
}

async function patch(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const body = await x.object(['append', 'offset', 'value'])
  if (body.append !== undefined && body.value === undefined && body.offset === undefined) {
    return integerJson('length', await x.run(['APPEND', key, member(body, 'append')]))
  }
  const offset = integer(body, 'offset', 0, 536_870_911)
  if (offset === undefined || body.append !== undefined) {
    throw new GatewayError('BAD_REQUEST', 'The body is {"append": ...} or {"offset": n, "value": ...}.')
  }
  return integerJson('length', await x.run(['SETRANGE', key, String(offset), member(body, 'value')]))
}

async function remove(x: Exchange): Promise<GatewayResponse> {
  const precondition = preconditionOf(x)
  return deleteTyped(x, 'string', Array.isArray(precondition) ? precondition : [])
}

/** `by` in the command that fits it: INCRBY for integers, INCRBYFLOAT for the rest. */
export async function incrementBy(x: Exchange): Promise<{ by: string; isFloat: boolean }> {
  const body = (await x.bytes()).length === 0 ? undefined : await x.object(['by'])
  const by = body?.by
  if (by === undefined) return { by: '1', isFloat: false }
  if (!(by instanceof JsonNumber)) throw new GatewayError('BAD_REQUEST', 'The member by is a number.')
  return { by: by.text, isFloat: !/^-?\d+$/.test(by.text) }
}

async function increment(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const { by, isFloat } = await incrementBy(x)
  return integerJson('value', await x.run([isFloat ? 'INCRBYFLOAT' : 'INCRBY', key, by]))
}

const BYTES_BODY = { type: 'application/octet-stream', schema: {}, about: 'The value itself.' }
const tag = 'strings'
const path = '/v1/redis/strings/{key}'
const ETAGS = {
  'if-match': { about: 'The ETag that the value must have, or *.' },
  'if-none-match': { about: '* for a key that must not exist.' },
}

export const stringRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      id: 'getString',
      tag,
      summary: 'Read a string',
      about: 'With `Accept: application/octet-stream` the body is the value itself, and `Range` reads a part of it.',
      takesDatabase: true,
      query: { encoding: ENCODING },
      headers: {
        accept: { about: 'application/json or application/octet-stream.' },
        range: { about: 'bytes=first-last' },
        'if-none-match': { about: 'Answers 304 when the value still has this ETag.' },
      },
      answers: {
        200: {
          ...answer({ value: ref('Text'), ttl: ref('Ttl') }, { value: 'hello', ttl: 59_000 }),
          also: [BYTES_BODY],
          headers: { etag: 'SHA-1 of the value.', 'ochre-ttl': 'Milliseconds to live, when it expires.' },
        },
        206: { ...BYTES_BODY },
        304: { about: 'Unchanged.' },
      },
      errors: ['NOT_FOUND', 'WRONGTYPE', 'RANGE_NOT_SATISFIABLE'],
    },
  },
  {
    method: 'PUT',
    path,
    handle: put,
    doc: {
      id: 'putString',
      tag,
      summary: 'Write a string',
      about: 'A body that is not JSON is the value itself, byte for byte.',
      takesDatabase: true,
      query: { ttl: TTL, keepTtl: { schema: { type: 'boolean' }, about: 'Keeps the present time to live.' } },
      headers: { ...ETAGS, ...TTL_HEADER },
      body: [
        {
          schema: object(
            { value: ref('Argument'), ttl: { type: 'integer', minimum: 1 }, keepTtl: { type: 'boolean' } },
            ['ttl', 'keepTtl'],
          ),
          example: { value: 'hello', ttl: 60_000 },
        },
        BYTES_BODY,
      ],
      answers: { 204: { about: 'Written.', headers: { etag: 'SHA-1 of the value.' } } },
      errors: ['PRECONDITION_FAILED'],
    },
  },
  {
    method: 'PATCH',
    path,
    handle: patch,
    doc: {
      id: 'patchString',
      tag,
      summary: 'Append to a string or overwrite a part of it',
      takesDatabase: true,
      body: {
        schema: {
          oneOf: [
            object({ append: ref('Argument') }),
            object({ offset: { type: 'integer', minimum: 0 }, value: ref('Argument') }),
          ],
        },
        example: { append: ' world' },
      },
      answers: { 200: answer({ length: { type: 'integer' } }, { length: 11 }) },
      errors: ['WRONGTYPE'],
    },
  },
  {
    method: 'DELETE',
    path,
    handle: remove,
    doc: {
      id: 'deleteString',
      tag,
      summary: 'Delete a string',
      takesDatabase: true,
      headers: { 'if-match': ETAGS['if-match'] },
      answers: { 204: { about: 'Deleted.' } },
      errors: ['NOT_FOUND', 'WRONGTYPE', 'PRECONDITION_FAILED'],
    },
  },
  {
    method: 'POST',
    path: `${path}/increment`,
    handle: increment,
    doc: {
      id: 'incrementString',
      tag,
      summary: 'Add to a number',
      about: 'An integer is added exactly (64 bits), a number with a fraction or exponent as a double.',
      takesDatabase: true,
      body: { schema: object({ by: { type: 'number' } }, ['by']), example: { by: 5 } },
      answers: { 200: answer({ value: { type: 'number' } }, { value: 6 }) },
      errors: ['WRONGTYPE'],
    },
  },
]
