// Hashes: whole, in part, field by field, page by page.

import type { Reply } from '@ochre/protocol'
import { conditional } from '../etag.ts'
import type { Exchange } from '../exchange.ts'
import { BYTES, RAW } from '../execute.ts'
import { isObject } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { itemsOf, mapJson, textOf } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, COUNT, CURSOR, ENCODING, MATCH, object, ref, TTL, TTL_HEADER } from './schemas.ts'
import { incrementBy } from './strings.ts'
import {
  deleteTyped,
  headersFor,
  integerJson,
  isPaged,
  member,
  missing,
  NO_CONTENT,
  type Precondition,
  pairs,
  preconditionFailed,
  preconditionOf,
  refuseParameters,
  scriptOf,
  sendsJson,
  sha1,
  throwFirst,
  ttlIn,
  ttlOf,
  valueAnswer,
  valueBytes,
} from './value.ts'

/**
 * The tag of a hash: SHA-1 over its fields and values, each with its length, in the order in which Redis keeps them. Equal
 * content in another order has another tag, which costs a writer one more read at worst.
 */
function tagOf(entries: readonly Reply[]): string {
  let text = ''
  for (const item of entries as readonly string[]) text += `${item.length}:${item}`
  return sha1(Buffer.from(text, 'latin1'))
}

// The same tag in Lua; `fields` is what HGETALL answers.
const TAG_LUA = `local function tag(fields)
  local list = {}
  for i = 1, #fields do list[i] = #fields[i] .. ':' .. fields[i] end
  return redis.sha1hex(table.concat(list))
end
`

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const encoding = encodingOf(x)
  const wanted = x.query.all('field')
  if (wanted.length > 0) {
    refuseParameters(x, ['cursor', 'match', 'count'], 'has no meaning beside field')
    x.caller.repeats = true
    const [values, length] = await Promise.all([x.run(['HMGET', key, ...wanted], RAW), x.run(['EXISTS', key])])
    if (length === 0) throw missing()
    const items = itemsOf(values as Reply)
    const entries = wanted.flatMap((name, i): Reply[] => [Buffer.from(name).toString('latin1'), items[i] ?? null])
    return json(200, `{"fields":${mapJson(entries, encoding)}}`)
  }
  if (isPaged(x)) return scan(x)
  const [reply, pttl] = await Promise.all([x.run(['HGETALL', key], RAW), x.run(['PTTL', key])])
  const entries = itemsOf(reply as Reply)
  if (entries.length === 0) throw missing()
  const ttl = ttlOf(pttl)
  const body = `{"fields":${mapJson(entries, encoding)},"ttl":${ttl}}`
  return conditional(x.request, json(200, body, headersFor(`"${tagOf(entries)}"`, ttl)))
}

async function scan(x: Exchange): Promise<GatewayResponse> {
  const args: Arg[] = ['HSCAN', x.param('key'), x.query.text('cursor') ?? '0']
  const match = x.query.bytes('match')
  if (match !== undefined) args.push('MATCH', match)
  args.push('COUNT', String(x.query.integer('count', 1, 10_000) ?? 100))
  const [cursor, entries] = itemsOf((await x.run(args, RAW)) as Reply)
  const fields = mapJson(itemsOf(entries!), encodingOf(x))
  return json(200, `{"fields":${fields},"cursor":${JSON.stringify(textOf(String(cursor)))}}`)
}

// KEYS key; ARGV 'delete', or the ttl ('' none) of the hash that takes its place; what is required: 'present', 'absent' or
// the number of tags of which the hash must have one; the tags; the fields. 0: it is not so, 1: done.
const CONDITIONAL_WRITE = scriptOf(`${TAG_LUA}local required = ARGV[2]
local n = tonumber(required) or 0
local found = false
if required == 'absent' then found = redis.call('EXISTS', KEYS[1]) == 0
else
  local fields = redis.call('HGETALL', KEYS[1])
  if required == 'present' then found = #fields > 0
  elseif #fields > 0 then
    local present = tag(fields)
    for i = 3, 2 + n do if ARGV[i] == present then found = true end end
  end
end
if not found then return 0 end
redis.call('DEL', KEYS[1])
if ARGV[1] == 'delete' then return 1 end
for i = 3 + n, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[1] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`)

/** Replaces the hash as a whole, or deletes it, if it is as required. Rejects with PRECONDITION_FAILED. */
async function writeIf(
  x: Exchange,
  required: Exclude<Precondition, 'none'>,
  what: string,
  fields: readonly Arg[],
): Promise<GatewayResponse> {
  const key = x.param('key')
  const condition = typeof required === 'string' ? [required] : [String(required.length), ...required]
  // It reads and writes the whole key, as this command would.
  const outcome = await x.script(CONDITIONAL_WRITE, ['SET', key, '', 'GET'], [key], [what, ...condition, ...fields])
  if (outcome === 0) throw preconditionFailed()
  return NO_CONTENT
}

async function put(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const body = await x.object(['fields', 'ttl'])
  const fields = pairs(body.fields, 'fields')
  const ttl = ttlIn(x, body)
  const required = preconditionOf(x)
  if (required !== 'none') return writeIf(x, required, ttl === undefined ? '' : String(ttl), fields)
  const commands: Arg[][] = [
    ['DEL', key],
    ['HSET', key, ...fields],
  ]
  if (ttl !== undefined) commands.push(['PEXPIRE', key, String(ttl)])
  throwFirst(await x.transaction(commands))
  return NO_CONTENT
}

async function remove(x: Exchange): Promise<GatewayResponse> {
  const required = preconditionOf(x)
  return Array.isArray(required) ? writeIf(x, required, 'delete', []) : deleteTyped(x, 'hash')
}

async function patch(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const body = await x.object(['fields'])
  const fields = body.fields
  if (!isObject(fields)) throw new GatewayError('BAD_REQUEST', 'The member fields is an object; null removes a field.')
  const set: Arg[] = []
  const unset: string[] = []
  for (const name of Object.keys(fields)) {
    if (fields[name] === null) unset.push(name)
    else set.push(name, member(fields, name))
  }
  if (set.length + unset.length === 0) throw new GatewayError('BAD_REQUEST', 'The member fields names no field.')
  const commands: Arg[][] = []
  if (set.length > 0) commands.push(['HSET', key, ...set])
  if (unset.length > 0) commands.push(['HDEL', key, ...unset])
  const outcomes = throwFirst(await x.transaction(commands))
  const added = set.length > 0 ? outcomes[0] : 0
  const removed = unset.length > 0 ? outcomes.at(-1) : 0
  return json(200, `{"added":${String(added)},"removed":${String(removed)}}`)
}

async function getField(x: Exchange): Promise<GatewayResponse> {
  const value = (await x.run(['HGET', x.param('key'), x.param('field')], BYTES)) as Buffer | null
  if (value === null) throw new GatewayError('NOT_FOUND', 'There is no such key or field.')
  return valueAnswer(x, value)
}

async function putField(x: Exchange): Promise<GatewayResponse> {
  const value = sendsJson(x) ? member(await x.object(['value']), 'value') : await valueBytes(x)
  const precondition = preconditionOf(x)
  if (Array.isArray(precondition) || precondition === 'present') {
    throw new GatewayError('BAD_REQUEST', 'On a field, only If-None-Match: * is supported.')
  }
  const command = precondition === 'absent' ? 'HSETNX' : 'HSET'
  const added = await x.run([command, x.param('key'), x.param('field'), value])
  if (precondition === 'absent' && added === 0) throw preconditionFailed()
  return { status: added === 1 ? 201 : 204, headers: {}, body: null }
}

async function removeField(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['HDEL', x.param('key'), x.param('field')])) === 0) {
    throw new GatewayError('NOT_FOUND', 'There is no such key or field.')
  }
  return NO_CONTENT
}

async function incrementField(x: Exchange): Promise<GatewayResponse> {
  const { by, isFloat } = await incrementBy(x)
  return integerJson('value', await x.run([isFloat ? 'HINCRBYFLOAT' : 'HINCRBY', x.param('key'), x.param('field'), by]))
}

const tag = 'hashes'
const path = '/v1/redis/hashes/{key}'
const FIELDS_IN = { type: 'object', additionalProperties: ref('Argument'), minProperties: 1 }

export const hashRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      id: 'getHash',
      tag,
      summary: 'Read a hash',
      about:
        'All fields; with `field` (repeated) only those, null where missing; with `cursor` or `match` page by page.',
      takesDatabase: true,
      query: {
        field: { about: 'A field to read; may be repeated.' },
        cursor: CURSOR,
        match: MATCH,
        count: COUNT,
        encoding: ENCODING,
      },
      headers: { 'if-none-match': { about: 'Answers 304 when the hash still has this ETag.' } },
      answers: {
        200: {
          schema: object(
            {
              fields: { type: 'object', additionalProperties: { oneOf: [ref('Text'), { type: 'null' }] } },
              ttl: ref('Ttl'),
              cursor: ref('Cursor'),
            },
            ['ttl', 'cursor'],
          ),
          example: { fields: { name: 'Ada' }, ttl: null },
          headers: { etag: 'SHA-1 over all fields and values.', 'ochre-ttl': 'Milliseconds to live, when it expires.' },
        },
        304: { about: 'Unchanged.' },
      },
      errors: ['NOT_FOUND', 'WRONGTYPE'],
    },
  },
  {
    method: 'PUT',
    path,
    handle: put,
    doc: {
      id: 'putHash',
      tag,
      summary: 'Replace a hash',
      takesDatabase: true,
      query: { ttl: TTL },
      headers: {
        'if-match': { about: 'The ETag that the hash must have, or *.' },
        'if-none-match': { about: '* for a key that must not exist.' },
        ...TTL_HEADER,
      },
      body: {
        schema: object({ fields: FIELDS_IN, ttl: { type: 'integer' } }, ['ttl']),
        example: { fields: { name: 'Ada', born: 1815 } },
      },
      answers: { 204: { about: 'Replaced.' } },
      errors: ['PRECONDITION_FAILED'],
    },
  },
  {
    method: 'PATCH',
    path,
    handle: patch,
    doc: {
      id: 'patchHash',
      tag,
      summary: 'Set and remove fields',
      about: 'A field whose value is null is removed. All changes are made as one.',
      takesDatabase: true,
      body: {
        schema: object({
          fields: { type: 'object', additionalProperties: { oneOf: [ref('Argument'), { type: 'null' }] } },
        }),
        example: { fields: { name: 'Ada', born: null } },
      },
      answers: { 200: answer({ added: { type: 'integer' }, removed: { type: 'integer' } }, { added: 0, removed: 1 }) },
      errors: ['WRONGTYPE'],
    },
  },
  {
    method: 'DELETE',
    path,
    handle: remove,
    doc: {
      id: 'deleteHash',
      tag,
      summary: 'Delete a hash',
      takesDatabase: true,
      headers: { 'if-match': { about: 'The ETag that the hash must have.' } },
      answers: { 204: { about: 'Deleted.' } },
      errors: ['NOT_FOUND', 'WRONGTYPE', 'PRECONDITION_FAILED'],
    },
  },
  {
    method: 'GET',
    path: `${path}/fields/{field}`,
    handle: getField,
    doc: {
      id: 'getHashField',
      tag,
      summary: 'Read a field',
      takesDatabase: true,
      query: { encoding: ENCODING },
      headers: { accept: { about: 'application/json or application/octet-stream.' } },
      answers: {
        200: {
          ...answer({ value: ref('Text') }, { value: 'Ada' }),
          also: [{ type: 'application/octet-stream', schema: {} }],
          headers: { etag: 'SHA-1 of the value.' },
        },
        304: { about: 'Unchanged.' },
      },
      errors: ['NOT_FOUND', 'WRONGTYPE'],
    },
  },
  {
    method: 'PUT',
    path: `${path}/fields/{field}`,
    handle: putField,
    doc: {
      id: 'putHashField',
      tag,
      summary: 'Write a field',
      takesDatabase: true,
      headers: { 'if-none-match': { about: '* for a field that must not exist.' } },
      body: [
        { schema: object({ value: ref('Argument') }), example: { value: 'Ada' } },
        { type: 'application/octet-stream', schema: {}, about: 'The value itself.' },
      ],
      answers: { 201: { about: 'The field is new.' }, 204: { about: 'Written.' } },
      errors: ['WRONGTYPE', 'PRECONDITION_FAILED'],
    },
  },
  {
    method: 'DELETE',
    path: `${path}/fields/{field}`,
    handle: removeField,
    doc: {
      id: 'deleteHashField',
      tag,
      summary: 'Remove a field',
      takesDatabase: true,
      answers: { 204: { about: 'Removed.' } },
      errors: ['NOT_FOUND', 'WRONGTYPE'],
    },
  },
  {
    method: 'POST',
    path: `${path}/fields/{field}/increment`,
    handle: incrementField,
    doc: {
      id: 'incrementHashField',
      tag,
      summary: 'Add to a number in a field',
      takesDatabase: true,
      body: { schema: object({ by: { type: 'number' } }, ['by']), example: { by: 1.5 } },
      answers: { 200: answer({ value: { type: 'number' } }, { value: 2.5 }) },
      errors: ['WRONGTYPE'],
    },
  },
]
