// Keys of any type: listing by cursor, type, time to live, renaming, copying, memory, deleting.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW } from '../execute.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { RESERVED_PREFIX } from '../principal.ts'
import { itemsOf, listJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, COUNT, CURSOR, ENCODING, listOf, MATCH, object, ref } from './schemas.ts'
import {
  flag,
  headersFor,
  integer,
  integerJson,
  member,
  members,
  missing,
  NO_CONTENT,
  preconditionFailed,
  ttlIn,
  ttlOf,
} from './value.ts'

/** One page of SCAN. Keys that the credential has no access to, and the gateway's own, are left out. */
async function list(x: Exchange): Promise<GatewayResponse> {
  const args: Arg[] = ['SCAN', x.query.text('cursor') ?? '0']
  const match = x.query.bytes('match')
  if (match !== undefined) args.push('MATCH', match)
  args.push('COUNT', String(x.query.integer('count', 1, 10_000) ?? 100))
  const type = x.query.text('type')
  if (type !== undefined) args.push('TYPE', type)
  const [cursor, found] = itemsOf((await x.run(args, RAW)) as Reply)
  const rules = x.principal.rules
  const keys = itemsOf(found!).filter((key) => {
    const name = String(key)
    return !name.startsWith(RESERVED_PREFIX) && (rules.hasAllKeys || rules.allowsKey(name, true, false))
  })
  return json(200, `{"keys":${listJson(keys, encodingOf(x))},"cursor":${JSON.stringify(String(cursor))}}`)
}

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const [type, pttl, encoding] = await Promise.all([
    x.run(['TYPE', key]),
    x.run(['PTTL', key]),
    x.run(['OBJECT', 'ENCODING', key]).catch(() => null),
  ])
  if (type === 'none') throw missing()
  const ttl = ttlOf(pttl)
  const body = { type, ttl, encoding }
  return json(200, JSON.stringify(body), headersFor(undefined, ttl))
}

async function remove(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['UNLINK', x.param('key')])) === 0) throw missing()
  return NO_CONTENT
}

async function removeMany(x: Exchange): Promise<GatewayResponse> {
  return integerJson('deleted', await x.run(['UNLINK', ...members(await x.object(['keys']), 'keys')]))
}

async function getTtl(x: Exchange): Promise<GatewayResponse> {
  const pttl = Number(await x.run(['PTTL', x.param('key')]))
  if (pttl === -2) throw missing()
  return json(200, `{"ttl":${ttlOf(pttl)}}`)
}

async function putTtl(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['ttl', 'at'])
  const ttl = ttlIn(x, body)
  const at = integer(body, 'at', 0, Number.MAX_SAFE_INTEGER)
  if ((ttl === undefined) === (at === undefined)) {
    throw new GatewayError('BAD_REQUEST', 'The body has ttl (milliseconds) or at (milliseconds since 1970).')
  }
  const args = ttl === undefined ? ['PEXPIREAT', x.param('key'), String(at)] : ['PEXPIRE', x.param('key'), String(ttl)]
  if ((await x.run(args)) === 0) throw missing()
  return NO_CONTENT
}

async function removeTtl(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  const [persisted, exists] = await Promise.all([x.run(['PERSIST', key]), x.run(['EXISTS', key])])
  if (persisted === 0 && exists === 0) throw missing()
  return NO_CONTENT
}

async function rename(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['to', 'overwrite'])
  const key = x.param('key')
  try {
    if (flag(body, 'overwrite')) await x.run(['RENAME', key, member(body, 'to')])
    else if ((await x.run(['RENAMENX', key, member(body, 'to')])) === 0) throw preconditionFailed()
  } catch (error) {
    if (error instanceof Error && error.message === 'ERR no such key') throw missing()
    throw error
  }
  return NO_CONTENT
}

async function copy(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['to', 'overwrite', 'database'])
  const key = x.param('key')
  const args: Arg[] = ['COPY', key, member(body, 'to')]
  const database = integer(body, 'database', 0, 9999)
  if (database !== undefined) args.push('DB', String(database))
  if (flag(body, 'overwrite')) args.push('REPLACE')
  const [copied, exists] = await Promise.all([x.run(args), x.run(['EXISTS', key])])
  if (copied === 1) return { status: 201, headers: {}, body: null }
  throw exists === 0 ? missing() : preconditionFailed()
}

async function memory(x: Exchange): Promise<GatewayResponse> {
  const bytes = await x.run(['MEMORY', 'USAGE', x.param('key')])
  if (bytes === null) throw missing()
  return integerJson('bytes', bytes)
}

const tag = 'keys'
const path = '/v1/redis/keys/{key}'
const INTEGER = { type: 'integer' }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND'] } as const

export const keyRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path: '/v1/redis/keys',
    handle: list,
    doc: {
      tag,
      takesDatabase: true,
      id: 'listKeys',
      summary: 'List keys, page by page',
      about: 'A page may be empty while the cursor is not "0". Only keys that the credential may read are listed.',
      query: {
        match: MATCH,
        type: {
          schema: { enum: ['string', 'hash', 'list', 'set', 'zset', 'stream'] },
          about: 'Only keys of this type.',
        },
        cursor: CURSOR,
        count: COUNT,
        encoding: ENCODING,
      },
      answers: {
        200: answer({ keys: listOf(ref('Text')), cursor: ref('Cursor') }, { keys: ['user:1'], cursor: '0' }),
      },
    },
  },
  {
    method: 'POST',
    path: '/v1/redis/keys/delete',
    handle: removeMany,
    doc: {
      ...COMMON,
      id: 'deleteKeys',
      summary: 'Delete several keys',
      body: {
        schema: object({ keys: { type: 'array', items: ref('Argument'), minItems: 1 } }),
        example: { keys: ['a', 'b'] },
      },
      answers: { 200: answer({ deleted: INTEGER }, { deleted: 2 }) },
    },
  },
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      ...COMMON,
      id: 'getKey',
      summary: 'Type, time to live and encoding of a key',
      answers: {
        200: answer(
          { type: { type: 'string' }, ttl: ref('Ttl'), encoding: { type: ['string', 'null'] } },
          { type: 'hash', ttl: null, encoding: 'listpack' },
        ),
      },
    },
  },
  {
    method: 'DELETE',
    path,
    handle: remove,
    doc: { ...COMMON, id: 'deleteKey', summary: 'Delete a key of any type', answers: { 204: { about: 'Deleted.' } } },
  },
  {
    method: 'GET',
    path: `${path}/ttl`,
    handle: getTtl,
    doc: {
      ...COMMON,
      id: 'getTtl',
      summary: 'Read the time to live',
      answers: { 200: answer({ ttl: ref('Ttl') }, { ttl: 60_000 }) },
    },
  },
  {
    method: 'PUT',
    path: `${path}/ttl`,
    handle: putTtl,
    doc: {
      ...COMMON,
      id: 'putTtl',
      summary: 'Set the time to live',
      body: {
        schema: { oneOf: [object({ ttl: { type: 'integer', minimum: 1 } }), object({ at: INTEGER })] },
        example: { ttl: 60_000 },
      },
      answers: { 204: { about: 'Set.' } },
    },
  },
  {
    method: 'DELETE',
    path: `${path}/ttl`,
    handle: removeTtl,
    doc: {
      ...COMMON,
      id: 'removeTtl',
      summary: 'Let a key live for ever',
      answers: { 204: { about: 'It does not expire.' } },
    },
  },
  {
    method: 'POST',
    path: `${path}/rename`,
    handle: rename,
    doc: {
      ...COMMON,
      id: 'renameKey',
      summary: 'Rename a key',
      body: {
        schema: object({ to: ref('Argument'), overwrite: { type: 'boolean' } }, ['overwrite']),
        example: { to: 'b' },
      },
      answers: { 204: { about: 'Renamed.' } },
      errors: ['NOT_FOUND', 'PRECONDITION_FAILED'],
    },
  },
  {
    method: 'POST',
    path: `${path}/copy`,
    handle: copy,
    doc: {
      ...COMMON,
      id: 'copyKey',
      summary: 'Copy a key',
      body: {
        schema: object({ to: ref('Argument'), overwrite: { type: 'boolean' }, database: INTEGER }, [
          'overwrite',
          'database',
        ]),
        example: { to: 'b', overwrite: true },
      },
      answers: { 201: { about: 'Copied.' } },
      errors: ['NOT_FOUND', 'PRECONDITION_FAILED'],
    },
  },
  {
    method: 'GET',
    path: `${path}/memory`,
    handle: memory,
    doc: {
      ...COMMON,
      id: 'getKeyMemory',
      summary: 'Bytes that a key takes',
      answers: { 200: answer({ bytes: INTEGER }, { bytes: 72 }) },
    },
  },
]
