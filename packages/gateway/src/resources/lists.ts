// Lists: ranges, ends, single items.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW } from '../execute.ts'
import { JsonNumber } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { itemsOf, listJson, replyJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, ENCODING, listOf, object, ref } from './schemas.ts'
import {
  choice,
  deleteTyped,
  flag,
  headersFor,
  integer,
  integerJson,
  member,
  members,
  missing,
  NO_CONTENT,
  ttlOf,
} from './value.ts'

const FAR = Number.MAX_SAFE_INTEGER

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const start = x.query.integer('start', -FAR, FAR) ?? 0
  const stop = x.query.integer('stop', -FAR, FAR) ?? -1
  const [items, length, pttl] = await Promise.all([
    x.run(['LRANGE', key, String(start), String(stop)], RAW),
    x.run(['LLEN', key]),
    x.run(['PTTL', key]),
  ])
  if (length === 0) throw missing()
  const ttl = ttlOf(pttl)
  const body = `{"items":${replyJson(items as Reply, encodingOf(x))},"length":${String(length)},"ttl":${ttl}}`
  return json(200, body, headersFor(undefined, ttl))
}

async function push(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['items', 'side', 'onlyIfExists'])
  const side = choice(body, 'side', ['right', 'left'])
  const command = `${side === 'right' ? 'RPUSH' : 'LPUSH'}${flag(body, 'onlyIfExists') ? 'X' : ''}`
  return integerJson('length', await x.run([command, x.param('key'), ...members(body, 'items')]))
}

async function pop(x: Exchange): Promise<GatewayResponse> {
  const body = (await x.bytes()).length === 0 ? Object.create(null) : await x.object(['side', 'count'])
  const command = choice(body, 'side', ['left', 'right']) === 'left' ? 'LPOP' : 'RPOP'
  const count = integer(body, 'count', 1, 100_000) ?? 1
  const reply = (await x.run([command, x.param('key'), String(count)], RAW)) as Reply
  const items = itemsOf(reply)
  if (items.length === 0) throw missing()
  return json(200, `{"items":${listJson(items, encodingOf(x))}}`)
}

function indexOf(x: Exchange): string {
  const text = String(x.param('index'))
  if (!/^-?\d{1,15}$/.test(text)) throw new GatewayError('BAD_REQUEST', 'The index is an integer; -1 is the last item.')
  return text
}

async function getItem(x: Exchange): Promise<GatewayResponse> {
  const reply = (await x.run(['LINDEX', x.param('key'), indexOf(x)], RAW)) as Reply
  if (reply === null) throw new GatewayError('NOT_FOUND', 'There is no such key or index.')
  return json(200, `{"value":${replyJson(reply, encodingOf(x))}}`)
}

async function putItem(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['value'])
  await x.run(['LSET', x.param('key'), indexOf(x), member(body, 'value')])
  return NO_CONTENT
}

async function insert(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['value', 'before', 'after'])
  if ((body.before === undefined) === (body.after === undefined)) {
    throw new GatewayError('BAD_REQUEST', 'The body has before or after: the item to insert next to.')
  }
  const where = body.before === undefined ? 'after' : 'before'
  const pivot = member(body, where)
  const length = await x.run(['LINSERT', x.param('key'), where.toUpperCase(), pivot, member(body, 'value')])
  if (length === 0) throw missing()
  if (length === -1) throw new GatewayError('NOT_FOUND', 'The list has no such item.')
  return integerJson('length', length)
}

async function removeItems(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['value', 'count'])
  const count = integer(body, 'count', -FAR, FAR) ?? 0
  return integerJson('removed', await x.run(['LREM', x.param('key'), String(count), member(body, 'value')]))
}

async function trim(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['start', 'stop'])
  if (!(body.start instanceof JsonNumber && body.stop instanceof JsonNumber)) {
    throw new GatewayError('BAD_REQUEST', 'The body has start and stop, both integers.')
  }
  await x.run(['LTRIM', x.param('key'), body.start.text, body.stop.text])
  return NO_CONTENT
}

async function move(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['to', 'from', 'into'])
  const args: Arg[] = ['LMOVE', x.param('key'), member(body, 'to')]
  args.push(choice(body, 'from', ['left', 'right']), choice(body, 'into', ['right', 'left']))
  const reply = (await x.run(args, RAW)) as Reply
  if (reply === null) throw missing()
  return json(200, `{"value":${replyJson(reply, encodingOf(x))}}`)
}

const tag = 'lists'
const path = '/v1/redis/lists/{key}'
const INTEGER = { type: 'integer' }
const SIDE = { enum: ['left', 'right'] }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND', 'WRONGTYPE'] } as const

export const listRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      ...COMMON,
      id: 'getList',
      summary: 'Read items of a list',
      query: {
        start: { schema: INTEGER, about: 'First index; default 0. Negative counts from the end.' },
        stop: { schema: INTEGER, about: 'Last index, included; default -1.' },
        encoding: ENCODING,
      },
      answers: {
        200: answer(
          { items: listOf(ref('Text')), length: INTEGER, ttl: ref('Ttl') },
          { items: ['a', 'b'], length: 2, ttl: null },
        ),
      },
    },
  },
  {
    method: 'POST',
    path,
    handle: push,
    doc: {
      ...COMMON,
      id: 'pushList',
      summary: 'Add items at an end',
      body: {
        schema: object(
          {
            items: { type: 'array', items: ref('Argument'), minItems: 1 },
            side: SIDE,
            onlyIfExists: { type: 'boolean' },
          },
          ['side', 'onlyIfExists'],
        ),
        example: { items: ['a', 'b'], side: 'right' },
      },
      answers: { 200: answer({ length: INTEGER }, { length: 2 }) },
    },
  },
  {
    method: 'DELETE',
    path,
    handle: (x) => deleteTyped(x, 'list'),
    doc: { ...COMMON, id: 'deleteList', summary: 'Delete a list', answers: { 204: { about: 'Deleted.' } } },
  },
  {
    method: 'POST',
    path: `${path}/pop`,
    handle: pop,
    doc: {
      ...COMMON,
      id: 'popList',
      summary: 'Take items from an end',
      query: { encoding: ENCODING },
      body: {
        schema: object({ side: SIDE, count: { type: 'integer', minimum: 1 } }, ['side', 'count']),
        example: { side: 'left', count: 1 },
      },
      answers: { 200: answer({ items: listOf(ref('Text')) }, { items: ['a'] }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/items/{index}`,
    handle: getItem,
    doc: {
      ...COMMON,
      id: 'getListItem',
      summary: 'Read one item',
      query: { encoding: ENCODING },
      answers: { 200: answer({ value: ref('Text') }, { value: 'a' }) },
    },
  },
  {
    method: 'PUT',
    path: `${path}/items/{index}`,
    handle: putItem,
    doc: {
      ...COMMON,
      id: 'putListItem',
      summary: 'Replace one item',
      body: { schema: object({ value: ref('Argument') }), example: { value: 'x' } },
      answers: { 204: { about: 'Replaced.' } },
    },
  },
  {
    method: 'POST',
    path: `${path}/insert`,
    handle: insert,
    doc: {
      ...COMMON,
      id: 'insertListItem',
      summary: 'Insert next to an item',
      body: {
        schema: object({ value: ref('Argument'), before: ref('Argument'), after: ref('Argument') }, [
          'before',
          'after',
        ]),
        example: { value: 'x', before: 'b' },
      },
      answers: { 200: answer({ length: INTEGER }, { length: 3 }) },
    },
  },
  {
    method: 'POST',
    path: `${path}/remove`,
    handle: removeItems,
    doc: {
      ...COMMON,
      id: 'removeListItems',
      summary: 'Remove items by value',
      about: 'A positive count removes that many from the left, a negative one from the right, 0 all.',
      body: {
        schema: object({ value: ref('Argument'), count: INTEGER }, ['count']),
        example: { value: 'x', count: 1 },
      },
      answers: { 200: answer({ removed: INTEGER }, { removed: 1 }) },
    },
  },
  {
    method: 'POST',
    path: `${path}/trim`,
    handle: trim,
    doc: {
      ...COMMON,
      id: 'trimList',
      summary: 'Keep a range only',
      body: { schema: object({ start: INTEGER, stop: INTEGER }), example: { start: 0, stop: 99 } },
      answers: { 204: { about: 'Trimmed.' } },
    },
  },
  {
    method: 'POST',
    path: `${path}/move`,
    handle: move,
    doc: {
      ...COMMON,
      id: 'moveListItem',
      summary: 'Move an item to another list',
      query: { encoding: ENCODING },
      body: {
        schema: object({ to: ref('Argument'), from: SIDE, into: SIDE }, ['from', 'into']),
        example: { to: 'done', from: 'left', into: 'right' },
      },
      answers: { 200: answer({ value: ref('Text') }, { value: 'a' }) },
    },
  },
]
