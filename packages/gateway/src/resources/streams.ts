// Streams: entries, trimming, consumer groups, and following a stream as server-sent events that resume by id.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW, RAW2 } from '../execute.ts'
import { followId, followStream } from '../follow.ts'
import { isObject, type StringEncoding } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { itemsOf, mapJson, replyJson, stringJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { eventFrame, eventStreamResponse, openEventStream } from '../sse.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, ENCODING, listOf, object, ref } from './schemas.ts'
import { deleteTyped, flag, integer, integerJson, member, members, missing, NO_CONTENT, pairs } from './value.ts'

/** An entry `[id, [name, value, ...]]` as `{"id", "fields"}`; of a repeated name all values, as a list. */
export function entryJson(entry: Reply, encoding: StringEncoding): string {
  const [id, content] = itemsOf(entry)
  if (content === null || content === undefined) return `{"id":${replyJson(id!, 'utf8')},"fields":null}`
  const flat = itemsOf(content)
  const seen = new Map<string, string[]>()
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = stringJson(flat[i] as string, encoding)
    const values = seen.get(name)
    const value = replyJson(flat[i + 1]!, encoding)
    if (values === undefined) seen.set(name, [value])
    else values.push(value)
  }
  const fields = [...seen].map(
    ([name, values]) => `${name}:${values.length === 1 ? values[0] : `[${values.join(',')}]`}`,
  )
  return `{"id":${replyJson(id!, 'utf8')},"fields":{${fields.join(',')}}}`
}

const entriesJson = (entries: readonly Reply[], encoding: StringEncoding): string =>
  `[${entries.map((entry) => entryJson(entry, encoding)).join(',')}]`

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const isReverse = x.query.flag('reverse')
  const start = x.query.text('start') ?? (isReverse ? '+' : '-')
  const end = x.query.text('end') ?? (isReverse ? '-' : '+')
  const count = String(x.query.integer('count', 1, 10_000) ?? 100)
  const [reply, length, exists] = await Promise.all([
    x.run([isReverse ? 'XREVRANGE' : 'XRANGE', key, start, end, 'COUNT', count], RAW),
    x.run(['XLEN', key]),
    x.run(['EXISTS', key]),
  ])
  if (exists === 0) throw missing()
  const entries = entriesJson(itemsOf(reply as Reply), encodingOf(x))
  return json(200, `{"entries":${entries},"length":${String(length)}}`)
}

function trimOptions(value: unknown): Arg[] {
  if (value === undefined) return []
  const body = value as Parameters<typeof integer>[0]
  if (!isObject(body))
    throw new GatewayError('BAD_REQUEST', 'trim is {"maxLength": n} or {"minId": id}, optionally "exact".')
  const sign = flag(body, 'exact') ? '=' : '~'
  const maxLength = integer(body, 'maxLength', 0, Number.MAX_SAFE_INTEGER)
  return maxLength === undefined ? ['MINID', sign, member(body, 'minId')] : ['MAXLEN', sign, String(maxLength)]
}

async function add(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['fields', 'id', 'trim', 'create'])
  const args: Arg[] = ['XADD', x.param('key')]
  if (body.create === false) args.push('NOMKSTREAM')
  args.push(...trimOptions(body.trim), body.id === undefined ? '*' : member(body, 'id'))
  const id = (await x.run([...args, ...pairs(body.fields, 'fields')], RAW)) as Reply
  if (id === null) throw missing()
  return json(201, `{"id":${replyJson(id, 'utf8')}}`)
}

async function trim(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['maxLength', 'minId', 'exact'])
  return integerJson('removed', await x.run(['XTRIM', x.param('key'), ...trimOptions(body)]))
}

async function getEntry(x: Exchange): Promise<GatewayResponse> {
  const id = x.param('id')
  const [entry] = itemsOf((await x.run(['XRANGE', x.param('key'), id, id], RAW)) as Reply)
  if (entry === undefined) throw new GatewayError('NOT_FOUND', 'There is no such key or entry.')
  return json(200, entryJson(entry, encodingOf(x)))
}

async function removeEntry(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['XDEL', x.param('key'), x.param('id')])) === 0) {
    throw new GatewayError('NOT_FOUND', 'There is no such key or entry.')
  }
  return NO_CONTENT
}

async function info(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const [stream, groups] = await Promise.all([
    x.run(['XINFO', 'STREAM', key], RAW2),
    x.run(['XINFO', 'GROUPS', key], RAW2),
  ])
  const flat = itemsOf(stream as Reply)
  const fields: Record<string, Reply> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = flat[i + 1]!
  const list = itemsOf(groups as Reply).map((group) => mapJson(itemsOf(group), 'utf8'))
  const last = replyJson(fields['last-generated-id'] ?? null, 'utf8')
  return json(200, `{"length":${String(fields.length)},"lastId":${last},"groups":[${list.join(',')}]}`)
}

async function putGroup(x: Exchange): Promise<GatewayResponse> {
  const body = (await x.bytes()).length === 0 ? Object.create(null) : await x.object(['from', 'create'])
  const from = body.from === undefined ? '$' : member(body, 'from')
  const args: Arg[] = ['XGROUP', 'CREATE', x.param('key'), x.param('group'), from]
  if (body.create !== false) args.push('MKSTREAM')
  await x.run(args)
  return { status: 201, headers: {}, body: null }
}

async function removeGroup(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['XGROUP', 'DESTROY', x.param('key'), x.param('group')])) === 0) {
    throw new GatewayError('NOT_FOUND', 'There is no such consumer group.')
  }
  return NO_CONTENT
}

async function readGroup(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['consumer', 'count', 'from', 'noAck'])
  const args: Arg[] = ['XREADGROUP', 'GROUP', x.param('group'), member(body, 'consumer')]
  args.push('COUNT', String(integer(body, 'count', 1, 10_000) ?? 10))
  if (flag(body, 'noAck')) args.push('NOACK')
  args.push('STREAMS', x.param('key'), body.from === undefined ? '>' : member(body, 'from'))
  const [stream] = itemsOf((await x.run(args, RAW2)) as Reply)
  const entries = stream === undefined ? [] : itemsOf(itemsOf(stream)[1]!)
  return json(200, `{"entries":${entriesJson(entries, encodingOf(x))}}`)
}

async function ack(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['ids'])
  return integerJson('acknowledged', await x.run(['XACK', x.param('key'), x.param('group'), ...members(body, 'ids')]))
}

async function pending(x: Exchange): Promise<GatewayResponse> {
  const args: Arg[] = ['XPENDING', x.param('key'), x.param('group')]
  const idle = x.query.integer('idle', 0, Number.MAX_SAFE_INTEGER)
  if (idle !== undefined) args.push('IDLE', String(idle))
  args.push(
    x.query.text('start') ?? '-',
    x.query.text('end') ?? '+',
    String(x.query.integer('count', 1, 10_000) ?? 100),
  )
  const consumer = x.query.bytes('consumer')
  if (consumer !== undefined) args.push(consumer)
  const list = itemsOf((await x.run(args, RAW)) as Reply).map((item) => {
    const [id, owner, idleMs, deliveries] = itemsOf(item)
    const name = stringJson(owner as string, 'utf8')
    return `{"id":${replyJson(id!, 'utf8')},"consumer":${name},"idleMs":${String(idleMs)},"deliveries":${String(deliveries)}}`
  })
  return json(200, `{"pending":[${list.join(',')}]}`)
}

async function claim(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['consumer', 'minIdle', 'count', 'from'])
  const args: Arg[] = ['XAUTOCLAIM', x.param('key'), x.param('group'), member(body, 'consumer')]
  args.push(String(integer(body, 'minIdle', 0, Number.MAX_SAFE_INTEGER) ?? 0))
  args.push(body.from === undefined ? '0' : member(body, 'from'))
  args.push('COUNT', String(integer(body, 'count', 1, 10_000) ?? 10))
  const [next, entries] = itemsOf((await x.run(args, RAW2)) as Reply)
  return json(200, `{"entries":${entriesJson(itemsOf(entries!), encodingOf(x))},"next":${replyJson(next!, 'utf8')}}`)
}

/** Entries as they are added, each event carrying its id: a reader that comes back with Last-Event-ID misses nothing. */
async function follow(x: Exchange): Promise<GatewayResponse> {
  const encoding = encodingOf(x)
  const after = followId(x.header('last-event-id') ?? x.query.text('after'))
  const stream = openEventStream(x, (dropped) => eventFrame('lag', `{"dropped":${dropped}}`))
  const follower = followStream(x.executor, x.caller, x.param('key'), after, (entry, id) =>
    stream.pushWithRoom(eventFrame('entry', entryJson(entry, encoding), id)),
  )
  stream.onEnd(() => follower.stop())
  try {
    await follower.ready
  } catch (error) {
    stream.end()
    throw error
  }
  return eventStreamResponse(stream)
}

const tag = 'streams'
const path = '/v1/redis/streams/{key}'
const group = `${path}/groups/{group}`
const INTEGER = { type: 'integer' }
const ID = { type: 'string' }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND', 'WRONGTYPE'] } as const
const FIELDS = {
  type: ['object', 'null'],
  additionalProperties: { oneOf: [ref('Text'), listOf(ref('Text'))] },
}
const ENTRY = object({ id: ID, fields: FIELDS })
const EXAMPLE = { id: '1700000000000-0', fields: { kind: 'signup' } }
const TRIM = object({ maxLength: { type: 'integer', minimum: 0 }, minId: ID, exact: { type: 'boolean' } }, [
  'maxLength',
  'minId',
  'exact',
])

export const streamRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      ...COMMON,
      id: 'getStream',
      summary: 'Read entries',
      query: {
        start: { about: 'First id; default -. An exclusive start is (id.' },
        end: { about: 'Last id; default +.' },
        count: { schema: INTEGER, about: 'At most so many; default 100.' },
        reverse: { schema: { type: 'boolean' }, about: 'Newest first; start and end change places.' },
        encoding: ENCODING,
      },
      answers: { 200: answer({ entries: listOf(ENTRY), length: INTEGER }, { entries: [EXAMPLE], length: 1 }) },
    },
  },
  {
    method: 'POST',
    path,
    handle: add,
    doc: {
      ...COMMON,
      id: 'addToStream',
      summary: 'Add an entry',
      body: {
        schema: object(
          {
            fields: { type: 'object', additionalProperties: ref('Argument'), minProperties: 1 },
            id: ID,
            trim: TRIM,
            create: { type: 'boolean' },
          },
          ['id', 'trim', 'create'],
        ),
        example: { fields: { kind: 'signup' }, trim: { maxLength: 10_000 } },
      },
      answers: { 201: answer({ id: ID }, { id: '1700000000000-0' }) },
    },
  },
  {
    method: 'DELETE',
    path,
    handle: (x) => deleteTyped(x, 'stream'),
    doc: { ...COMMON, id: 'deleteStream', summary: 'Delete a stream', answers: { 204: { about: 'Deleted.' } } },
  },
  {
    method: 'POST',
    path: `${path}/trim`,
    handle: trim,
    doc: {
      ...COMMON,
      id: 'trimStream',
      summary: 'Remove old entries',
      about: 'About so many remain unless `exact` is true.',
      body: { schema: TRIM, example: { maxLength: 1000 } },
      answers: { 200: answer({ removed: INTEGER }, { removed: 12 }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/entries/{id}`,
    handle: getEntry,
    doc: {
      ...COMMON,
      id: 'getStreamEntry',
      summary: 'Read one entry',
      query: { encoding: ENCODING },
      answers: { 200: { schema: ENTRY, example: EXAMPLE } },
    },
  },
  {
    method: 'DELETE',
    path: `${path}/entries/{id}`,
    handle: removeEntry,
    doc: { ...COMMON, id: 'removeStreamEntry', summary: 'Remove one entry', answers: { 204: { about: 'Removed.' } } },
  },
  {
    method: 'GET',
    path: `${path}/info`,
    handle: info,
    doc: {
      ...COMMON,
      id: 'getStreamInfo',
      summary: 'Length, last id and consumer groups',
      answers: {
        200: answer(
          { length: INTEGER, lastId: ID, groups: listOf({ type: 'object' }) },
          { length: 1, lastId: '1700000000000-0', groups: [] },
        ),
      },
    },
  },
  {
    method: 'GET',
    path: `${path}/events`,
    handle: follow,
    doc: {
      ...COMMON,
      id: 'followStream',
      queryToken: true,
      summary: 'Follow a stream as server-sent events',
      about: 'Each event is named `entry` and has the id of its entry, so that a reader resumes with Last-Event-ID.',
      query: { after: { about: 'Entries after this id; default $, only new ones.' }, encoding: ENCODING },
      headers: { 'last-event-id': { about: 'Where to resume.' } },
      answers: { 200: { type: 'text/event-stream', schema: { type: 'string' }, about: 'Events.' } },
    },
  },
  {
    method: 'PUT',
    path: group,
    handle: putGroup,
    doc: {
      ...COMMON,
      id: 'createStreamGroup',
      summary: 'Create a consumer group',
      body: { schema: object({ from: ID, create: { type: 'boolean' } }, ['from', 'create']), example: { from: '0' } },
      answers: { 201: { about: 'Created.' } },
      errors: ['BUSYGROUP', 'WRONGTYPE'],
    },
  },
  {
    method: 'DELETE',
    path: group,
    handle: removeGroup,
    doc: {
      ...COMMON,
      id: 'removeStreamGroup',
      summary: 'Remove a consumer group',
      answers: { 204: { about: 'Removed.' } },
    },
  },
  {
    method: 'POST',
    path: `${group}/read`,
    handle: readGroup,
    doc: {
      ...COMMON,
      id: 'readStreamGroup',
      summary: 'Read as a consumer of a group',
      query: { encoding: ENCODING },
      body: {
        schema: object({ consumer: ref('Argument'), count: INTEGER, from: ID, noAck: { type: 'boolean' } }, [
          'count',
          'from',
          'noAck',
        ]),
        example: { consumer: 'worker-1', count: 10 },
      },
      answers: { 200: answer({ entries: listOf(ENTRY) }, { entries: [EXAMPLE] }) },
      errors: ['NOGROUP', 'WRONGTYPE'],
    },
  },
  {
    method: 'POST',
    path: `${group}/ack`,
    handle: ack,
    doc: {
      ...COMMON,
      id: 'ackStreamEntries',
      summary: 'Acknowledge entries',
      body: {
        schema: object({ ids: { type: 'array', items: ID, minItems: 1 } }),
        example: { ids: ['1700000000000-0'] },
      },
      answers: { 200: answer({ acknowledged: INTEGER }, { acknowledged: 1 }) },
    },
  },
  {
    method: 'GET',
    path: `${group}/pending`,
    handle: pending,
    doc: {
      ...COMMON,
      id: 'getPendingEntries',
      summary: 'Entries that were delivered and not acknowledged',
      query: {
        start: { about: 'First id; default -.' },
        end: { about: 'Last id; default +.' },
        count: { schema: INTEGER },
        consumer: { about: 'Only of this consumer.' },
        idle: { schema: INTEGER, about: 'Only those idle for so many milliseconds.' },
      },
      answers: {
        200: answer(
          { pending: listOf(object({ id: ID, consumer: { type: 'string' }, idleMs: INTEGER, deliveries: INTEGER })) },
          { pending: [{ id: '1700000000000-0', consumer: 'worker-1', idleMs: 1200, deliveries: 1 }] },
        ),
      },
      errors: ['NOGROUP', 'WRONGTYPE'],
    },
  },
  {
    method: 'POST',
    path: `${group}/claim`,
    handle: claim,
    doc: {
      ...COMMON,
      id: 'claimStreamEntries',
      summary: 'Take over entries that another consumer left',
      about: '`next` is where to go on; 0-0 when all have been looked at.',
      query: { encoding: ENCODING },
      body: {
        schema: object({ consumer: ref('Argument'), minIdle: INTEGER, count: INTEGER, from: ID }, [
          'minIdle',
          'count',
          'from',
        ]),
        example: { consumer: 'worker-2', minIdle: 60_000 },
      },
      answers: { 200: answer({ entries: listOf(ENTRY), next: ID }, { entries: [EXAMPLE], next: '0-0' }) },
      errors: ['NOGROUP', 'WRONGTYPE'],
    },
  },
]
