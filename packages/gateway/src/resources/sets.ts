// Sets: members one by one, all, by page, at random, and the algebra of several.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW } from '../execute.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { itemsOf, listJson, replyJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, COUNT, CURSOR, ENCODING, listOf, MATCH, object, ref } from './schemas.ts'
import {
  deleteTyped,
  headersFor,
  integer,
  integerJson,
  isPaged,
  member,
  members,
  missing,
  NO_CONTENT,
  ttlOf,
} from './value.ts'

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const encoding = encodingOf(x)
  if (isPaged(x)) {
    const args: Arg[] = ['SSCAN', key, x.query.text('cursor') ?? '0']
    const match = x.query.bytes('match')
    if (match !== undefined) args.push('MATCH', match)
    args.push('COUNT', String(x.query.integer('count', 1, 10_000) ?? 100))
    const [next, items] = itemsOf((await x.run(args, RAW)) as Reply)
    return json(200, `{"members":${replyJson(items!, encoding)},"cursor":${JSON.stringify(String(next))}}`)
  }
  const [reply, pttl] = await Promise.all([x.run(['SMEMBERS', key], RAW), x.run(['PTTL', key])])
  const items = itemsOf(reply as Reply)
  if (items.length === 0) throw missing()
  const ttl = ttlOf(pttl)
  return json(200, `{"members":${listJson(items, encoding)},"ttl":${ttl}}`, headersFor(undefined, ttl))
}

async function add(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['members'])
  return integerJson('added', await x.run(['SADD', x.param('key'), ...members(body, 'members')]))
}

async function removeMembers(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['members'])
  return integerJson('removed', await x.run(['SREM', x.param('key'), ...members(body, 'members')]))
}

async function hasMember(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['SISMEMBER', x.param('key'), x.param('member')])) === 0) throw noMember()
  return NO_CONTENT
}

const noMember = (): GatewayError => new GatewayError('NOT_FOUND', 'There is no such key or member.')

async function putMember(x: Exchange): Promise<GatewayResponse> {
  const added = await x.run(['SADD', x.param('key'), x.param('member')])
  return { status: added === 1 ? 201 : 204, headers: {}, body: null }
}

async function removeMember(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['SREM', x.param('key'), x.param('member')])) === 0) throw noMember()
  return NO_CONTENT
}

async function count(x: Exchange): Promise<GatewayResponse> {
  return integerJson('count', await x.run(['SCARD', x.param('key')]))
}

async function random(x: Exchange): Promise<GatewayResponse> {
  const wanted = String(x.query.integer('count', -10_000, 10_000) ?? 1)
  const items = itemsOf((await x.run(['SRANDMEMBER', x.param('key'), wanted], RAW)) as Reply)
  if (items.length === 0) throw missing()
  return json(200, `{"members":${listJson(items, encodingOf(x))}}`)
}

async function pop(x: Exchange): Promise<GatewayResponse> {
  const body = (await x.bytes()).length === 0 ? Object.create(null) : await x.object(['count'])
  const wanted = String(integer(body, 'count', 1, 100_000) ?? 1)
  const items = itemsOf((await x.run(['SPOP', x.param('key'), wanted], RAW)) as Reply)
  if (items.length === 0) throw missing()
  return json(200, `{"members":${listJson(items, encodingOf(x))}}`)
}

async function move(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['to', 'member'])
  if ((await x.run(['SMOVE', x.param('key'), member(body, 'to'), member(body, 'member')])) === 0) throw noMember()
  return NO_CONTENT
}

/** SUNION and SUNIONSTORE and their like. */
function combine(command: string): Handler {
  return async (x) => {
    const body = await x.object(['keys', 'store'])
    const keys = members(body, 'keys')
    if (body.store !== undefined) {
      return integerJson('count', await x.run([`${command}STORE`, member(body, 'store'), ...keys]))
    }
    const reply = (await x.run([command, ...keys], RAW)) as Reply
    return json(200, `{"members":${listJson(itemsOf(reply), encodingOf(x))}}`)
  }
}

const tag = 'sets'
const path = '/v1/redis/sets/{key}'
const INTEGER = { type: 'integer' }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND', 'WRONGTYPE'] } as const
const MEMBERS_IN = object({ members: { type: 'array', items: ref('Argument'), minItems: 1 } })
const MEMBERS = answer({ members: listOf(ref('Text')) }, { members: ['red', 'green'] })

const algebra = (name: string, command: string, summary: string): Route<Handler> => ({
  method: 'POST',
  path: `/v1/redis/sets/${name}`,
  handle: combine(command),
  doc: {
    ...COMMON,
    id: `${name}OfSets`,
    summary,
    about: 'With `store` the result is written to that key and its size is answered.',
    query: { encoding: ENCODING },
    body: {
      schema: object({ keys: { type: 'array', items: ref('Argument'), minItems: 1 }, store: ref('Argument') }, [
        'store',
      ]),
      example: { keys: ['a', 'b'] },
    },
    answers: {
      200: {
        schema: { oneOf: [object({ members: listOf(ref('Text')) }), object({ count: INTEGER })] },
        example: { members: ['red'] },
      },
    },
  },
})

export const setRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      ...COMMON,
      id: 'getSet',
      summary: 'Read the members of a set',
      about: 'All; with `cursor` or `match` page by page.',
      query: { cursor: CURSOR, match: MATCH, count: COUNT, encoding: ENCODING },
      answers: {
        200: {
          schema: object({ members: listOf(ref('Text')), ttl: ref('Ttl'), cursor: ref('Cursor') }, ['ttl', 'cursor']),
          example: { members: ['red', 'green'], ttl: null },
        },
      },
    },
  },
  {
    method: 'POST',
    path,
    handle: add,
    doc: {
      ...COMMON,
      id: 'addToSet',
      summary: 'Add members',
      body: { schema: MEMBERS_IN, example: { members: ['red', 'green'] } },
      answers: { 200: answer({ added: INTEGER }, { added: 2 }) },
    },
  },
  {
    method: 'DELETE',
    path,
    handle: (x) => deleteTyped(x, 'set'),
    doc: { ...COMMON, id: 'deleteSet', summary: 'Delete a set', answers: { 204: { about: 'Deleted.' } } },
  },
  {
    method: 'POST',
    path: `${path}/remove`,
    handle: removeMembers,
    doc: {
      ...COMMON,
      id: 'removeFromSet',
      summary: 'Remove members',
      body: { schema: MEMBERS_IN, example: { members: ['red'] } },
      answers: { 200: answer({ removed: INTEGER }, { removed: 1 }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/count`,
    handle: count,
    doc: {
      ...COMMON,
      id: 'countSet',
      summary: 'Count the members',
      answers: { 200: answer({ count: INTEGER }, { count: 2 }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/random`,
    handle: random,
    doc: {
      ...COMMON,
      id: 'randomOfSet',
      summary: 'Read random members',
      query: {
        count: { schema: INTEGER, about: 'How many; negative allows repetitions. Default 1.' },
        encoding: ENCODING,
      },
      answers: { 200: MEMBERS },
    },
  },
  {
    method: 'POST',
    path: `${path}/pop`,
    handle: pop,
    doc: {
      ...COMMON,
      id: 'popSet',
      summary: 'Take random members out',
      query: { encoding: ENCODING },
      body: { schema: object({ count: { type: 'integer', minimum: 1 } }, ['count']), example: { count: 1 } },
      answers: { 200: MEMBERS },
    },
  },
  {
    method: 'POST',
    path: `${path}/move`,
    handle: move,
    doc: {
      ...COMMON,
      id: 'moveSetMember',
      summary: 'Move a member to another set',
      body: {
        schema: object({ to: ref('Argument'), member: ref('Argument') }),
        example: { to: 'done', member: 'red' },
      },
      answers: { 204: { about: 'Moved.' } },
    },
  },
  {
    method: 'GET',
    path: `${path}/members/{member}`,
    handle: hasMember,
    doc: {
      ...COMMON,
      id: 'hasSetMember',
      summary: 'Ask for one member',
      answers: { 204: { about: 'It is a member.' } },
    },
  },
  {
    method: 'PUT',
    path: `${path}/members/{member}`,
    handle: putMember,
    doc: {
      ...COMMON,
      id: 'putSetMember',
      summary: 'Add one member',
      answers: { 201: { about: 'It is new.' }, 204: { about: 'It was a member already.' } },
    },
  },
  {
    method: 'DELETE',
    path: `${path}/members/{member}`,
    handle: removeMember,
    doc: { ...COMMON, id: 'removeSetMember', summary: 'Remove one member', answers: { 204: { about: 'Removed.' } } },
  },
  algebra('union', 'SUNION', 'Members of any of the sets'),
  algebra('intersection', 'SINTER', 'Members of all of the sets'),
  algebra('difference', 'SDIFF', 'Members of the first set that are in no other'),
]
