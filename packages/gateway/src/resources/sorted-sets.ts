// Sorted sets: members with scores, by rank, score or name.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW, RAW2 } from '../execute.ts'
import { isObject, type JsonObject, type JsonValue } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { doubleJson, itemsOf, replyJson, stringJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, COUNT, CURSOR, ENCODING, listOf, MATCH, object, ref } from './schemas.ts'
import {
  choice,
  deleteTyped,
  headersFor,
  integer,
  integerJson,
  isPaged,
  member,
  members,
  missing,
  NO_CONTENT,
  numeric,
  refuseParameters,
  ttlOf,
} from './value.ts'

/** Alternating members and scores, as RESP2 has them, as objects. */
function scoredJson(items: readonly Reply[], x: Exchange): string {
  const encoding = encodingOf(x)
  let out = ''
  for (let i = 0; i + 1 < items.length; i += 2) {
    const score = doubleJson(String(items[i + 1]))
    out += `${out === '' ? '' : ','}{"member":${stringJson(items[i] as string, encoding)},"score":${score}}`
  }
  return `[${out}]`
}

async function get(x: Exchange): Promise<GatewayResponse> {
  const key = x.param('key')
  if (isPaged(x)) return scan(x)
  const [reply, count, pttl] = await Promise.all([x.run(rangeOf(x), RAW2), x.run(['ZCARD', key]), x.run(['PTTL', key])])
  if (count === 0) throw missing()
  const ttl = ttlOf(pttl)
  const body = `{"members":${scoredJson(itemsOf(reply as Reply), x)},"count":${String(count)},"ttl":${ttl}}`
  return json(200, body, headersFor(undefined, ttl))
}

function rangeOf(x: Exchange): Arg[] {
  const by = x.query.text('by') ?? 'rank'
  if (by !== 'rank' && by !== 'score') {
    throw new GatewayError('BAD_REQUEST', 'The query parameter by is rank or score; names have a path of their own.')
  }
  const isReverse = x.query.flag('reverse')
  const [first, last] = by === 'rank' ? ['0', '-1'] : isReverse ? ['+inf', '-inf'] : ['-inf', '+inf']
  const args: Arg[] = ['ZRANGE', x.param('key'), x.query.bytes('start') ?? first!, x.query.bytes('stop') ?? last!]
  if (by === 'score') args.push('BYSCORE')
  if (isReverse) args.push('REV')
  if (by === 'rank') refuseParameters(x, ['offset', 'limit'], 'is for scores; by rank, start and stop say how many')
  args.push(...limitOf(x))
  args.push('WITHSCORES')
  return args
}

/** Without a limit, all that are left behind the offset. */
function limitOf(x: Exchange): Arg[] {
  const offset = x.query.integer('offset', 0, 1_000_000_000)
  const limit = x.query.integer('limit', 1, 1_000_000)
  return offset === undefined && limit === undefined ? [] : ['LIMIT', String(offset ?? 0), String(limit ?? -1)]
}

async function scan(x: Exchange): Promise<GatewayResponse> {
  refuseParameters(x, ['by', 'start', 'stop', 'reverse', 'offset', 'limit'], 'has no meaning for pages')
  const args: Arg[] = ['ZSCAN', x.param('key'), x.query.text('cursor') ?? '0']
  const match = x.query.bytes('match')
  if (match !== undefined) args.push('MATCH', match)
  args.push('COUNT', String(x.query.integer('count', 1, 10_000) ?? 100))
  const [next, items] = itemsOf((await x.run(args, RAW2)) as Reply)
  return json(200, `{"members":${scoredJson(itemsOf(items!), x)},"cursor":${JSON.stringify(String(next))}}`)
}

async function names(x: Exchange): Promise<GatewayResponse> {
  const isReverse = x.query.flag('reverse')
  const start = x.query.bytes('start') ?? (isReverse ? '+' : '-')
  const stop = x.query.bytes('stop') ?? (isReverse ? '-' : '+')
  const args: Arg[] = ['ZRANGE', x.param('key'), start, stop, 'BYLEX']
  if (isReverse) args.push('REV')
  args.push(...limitOf(x))
  return json(200, `{"members":${replyJson((await x.run(args, RAW)) as Reply, encodingOf(x))}}`)
}

function scoreAndMember(item: JsonValue, index: number): Arg[] {
  if (isObject(item)) {
    const score = numeric(item, 'score')
    if (score !== undefined) return [score, member(item, 'member')]
  }
  throw new GatewayError('BAD_REQUEST', `Item ${index} of members is {"member": ..., "score": ...}.`)
}

async function add(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['members', 'only', 'when', 'count'])
  const list = body.members
  if (!Array.isArray(list) || list.length === 0) throw new GatewayError('BAD_REQUEST', 'members is a list of members.')
  const args: Arg[] = ['ZADD', x.param('key')]
  const only = choice(body, 'only', ['any', 'new', 'existing'])
  if (only !== 'any') args.push(only === 'new' ? 'NX' : 'XX')
  const when = choice(body, 'when', ['always', 'greater', 'less'])
  if (when !== 'always') args.push(when === 'greater' ? 'GT' : 'LT')
  const counts = choice(body, 'count', ['added', 'changed'])
  if (counts === 'changed') args.push('CH')
  args.push(...list.flatMap(scoreAndMember))
  return integerJson(counts, await x.run(args))
}

async function removeMembers(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['members', 'by', 'start', 'stop'])
  const key = x.param('key')
  if (body.members !== undefined) return integerJson('removed', await x.run(['ZREM', key, ...members(body, 'members')]))
  const by = choice(body, 'by', ['rank', 'score', 'name'])
  const command = { rank: 'ZREMRANGEBYRANK', score: 'ZREMRANGEBYSCORE', name: 'ZREMRANGEBYLEX' }[by]
  return integerJson('removed', await x.run([command, key, member(body, 'start'), member(body, 'stop')]))
}

async function count(x: Exchange): Promise<GatewayResponse> {
  const { min, max } = { min: x.query.bytes('min'), max: x.query.bytes('max') }
  const key = x.param('key')
  if (min === undefined && max === undefined) return integerJson('count', await x.run(['ZCARD', key]))
  return integerJson('count', await x.run(['ZCOUNT', key, min ?? '-inf', max ?? '+inf']))
}

async function pop(x: Exchange): Promise<GatewayResponse> {
  const body = (await x.bytes()).length === 0 ? (Object.create(null) as JsonObject) : await x.object(['from', 'count'])
  const command = choice(body, 'from', ['lowest', 'highest']) === 'lowest' ? 'ZPOPMIN' : 'ZPOPMAX'
  const wanted = String(integer(body, 'count', 1, 100_000) ?? 1)
  const items = itemsOf((await x.run([command, x.param('key'), wanted], RAW2)) as Reply)
  if (items.length === 0) throw missing()
  return json(200, `{"members":${scoredJson(items, x)}}`)
}

const noMember = (): GatewayError => new GatewayError('NOT_FOUND', 'There is no such key or member.')

async function getMember(x: Exchange): Promise<GatewayResponse> {
  const [key, name] = [x.param('key'), x.param('member')]
  const [score, rank, reverse] = await Promise.all([
    x.run(['ZSCORE', key, name], RAW2),
    x.run(['ZRANK', key, name]),
    x.run(['ZREVRANK', key, name]),
  ])
  if (score === null) throw noMember()
  return json(200, `{"score":${doubleJson(String(score))},"rank":${String(rank)},"reverseRank":${String(reverse)}}`)
}

async function putMember(x: Exchange): Promise<GatewayResponse> {
  const score = numeric(await x.object(['score']), 'score')
  if (score === undefined) throw new GatewayError('BAD_REQUEST', 'The body has a member score.')
  const added = await x.run(['ZADD', x.param('key'), score, x.param('member')])
  return { status: added === 1 ? 201 : 204, headers: {}, body: null }
}

async function removeMember(x: Exchange): Promise<GatewayResponse> {
  if ((await x.run(['ZREM', x.param('key'), x.param('member')])) === 0) throw noMember()
  return NO_CONTENT
}

async function increment(x: Exchange): Promise<GatewayResponse> {
  const by = (await x.bytes()).length === 0 ? '1' : (numeric(await x.object(['by']), 'by') ?? '1')
  const score = await x.run(['ZINCRBY', x.param('key'), by, x.param('member')], RAW2)
  return json(200, `{"score":${doubleJson(String(score))}}`)
}

const tag = 'sorted sets'
const path = '/v1/redis/sorted-sets/{key}'
const INTEGER = { type: 'integer' }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND', 'WRONGTYPE'] } as const
const SCORED = object({ member: ref('Text'), score: ref('Score') })
const SCORED_IN = object({ member: ref('Argument'), score: { type: ['number', 'string'] } })
const EXAMPLE = { members: [{ member: 'ada', score: 42 }] }

export const sortedSetRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path,
    handle: get,
    doc: {
      ...COMMON,
      id: 'getSortedSet',
      summary: 'Read members with their scores',
      about: 'In the order of scores, by rank or by score; with `cursor` or `match` page by page in no order.',
      query: {
        by: { schema: { enum: ['rank', 'score'] }, about: 'What start and stop are; default rank.' },
        start: { about: 'First rank, or lowest score such as 10, (10 or -inf.' },
        stop: { about: 'Last rank, or highest score.' },
        reverse: { schema: { type: 'boolean' }, about: 'From the highest; start and stop change places for scores.' },
        offset: { schema: INTEGER, about: 'By score: how many to skip.' },
        limit: { schema: INTEGER, about: 'By score: how many at most.' },
        cursor: CURSOR,
        match: MATCH,
        count: COUNT,
        encoding: ENCODING,
      },
      answers: {
        200: {
          schema: object({ members: listOf(SCORED), count: INTEGER, ttl: ref('Ttl'), cursor: ref('Cursor') }, [
            'count',
            'ttl',
            'cursor',
          ]),
          example: { ...EXAMPLE, count: 1, ttl: null },
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
      id: 'addToSortedSet',
      summary: 'Add members or change their scores',
      body: {
        schema: object(
          {
            members: { type: 'array', items: SCORED_IN, minItems: 1 },
            only: { enum: ['any', 'new', 'existing'] },
            when: { enum: ['always', 'greater', 'less'] },
            count: { enum: ['added', 'changed'] },
          },
          ['only', 'when', 'count'],
        ),
        example: EXAMPLE,
      },
      answers: {
        200: { schema: { oneOf: [object({ added: INTEGER }), object({ changed: INTEGER })] }, example: { added: 1 } },
      },
    },
  },
  {
    method: 'DELETE',
    path,
    handle: (x) => deleteTyped(x, 'zset'),
    doc: { ...COMMON, id: 'deleteSortedSet', summary: 'Delete a sorted set', answers: { 204: { about: 'Deleted.' } } },
  },
  {
    method: 'GET',
    path: `${path}/names`,
    handle: names,
    doc: {
      ...COMMON,
      id: 'namesOfSortedSet',
      summary: 'Read members by name',
      about: 'For sets whose scores are all equal: in the order of bytes, from `start` such as [a or (a to `stop`.',
      query: {
        start: { about: 'Default -.' },
        stop: { about: 'Default +.' },
        reverse: { schema: { type: 'boolean' } },
        offset: { schema: INTEGER },
        limit: { schema: INTEGER },
        encoding: ENCODING,
      },
      answers: { 200: answer({ members: listOf(ref('Text')) }, { members: ['ada'] }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/count`,
    handle: count,
    doc: {
      ...COMMON,
      id: 'countSortedSet',
      summary: 'Count members, all or between two scores',
      query: { min: { about: 'Lowest score.' }, max: { about: 'Highest score.' } },
      answers: { 200: answer({ count: INTEGER }, { count: 1 }) },
    },
  },
  {
    method: 'POST',
    path: `${path}/remove`,
    handle: removeMembers,
    doc: {
      ...COMMON,
      id: 'removeFromSortedSet',
      summary: 'Remove members, or a range by rank, score or name',
      body: {
        schema: {
          oneOf: [
            object({ members: { type: 'array', items: ref('Argument'), minItems: 1 } }),
            object({ by: { enum: ['rank', 'score', 'name'] }, start: ref('Argument'), stop: ref('Argument') }, ['by']),
          ],
        },
        example: { by: 'score', start: '-inf', stop: '(10' },
      },
      answers: { 200: answer({ removed: INTEGER }, { removed: 3 }) },
    },
  },
  {
    method: 'POST',
    path: `${path}/pop`,
    handle: pop,
    doc: {
      ...COMMON,
      id: 'popSortedSet',
      summary: 'Take the lowest or highest members out',
      query: { encoding: ENCODING },
      body: {
        schema: object({ from: { enum: ['lowest', 'highest'] }, count: { type: 'integer', minimum: 1 } }, [
          'from',
          'count',
        ]),
        example: { from: 'highest', count: 1 },
      },
      answers: { 200: answer({ members: listOf(SCORED) }, EXAMPLE) },
    },
  },
  {
    method: 'GET',
    path: `${path}/members/{member}`,
    handle: getMember,
    doc: {
      ...COMMON,
      id: 'getSortedSetMember',
      summary: 'Read score and ranks of a member',
      answers: {
        200: answer(
          { score: ref('Score'), rank: INTEGER, reverseRank: INTEGER },
          { score: 42, rank: 0, reverseRank: 0 },
        ),
      },
    },
  },
  {
    method: 'PUT',
    path: `${path}/members/{member}`,
    handle: putMember,
    doc: {
      ...COMMON,
      id: 'putSortedSetMember',
      summary: 'Set the score of a member',
      body: { schema: object({ score: { type: ['number', 'string'] } }), example: { score: 42 } },
      answers: { 201: { about: 'It is new.' }, 204: { about: 'Its score was set.' } },
    },
  },
  {
    method: 'DELETE',
    path: `${path}/members/{member}`,
    handle: removeMember,
    doc: {
      ...COMMON,
      id: 'removeSortedSetMember',
      summary: 'Remove a member',
      answers: { 204: { about: 'Removed.' } },
    },
  },
  {
    method: 'POST',
    path: `${path}/members/{member}/increment`,
    handle: increment,
    doc: {
      ...COMMON,
      id: 'incrementSortedSetMember',
      summary: 'Add to the score of a member',
      body: { schema: object({ by: { type: 'number' } }, ['by']), example: { by: 1 } },
      answers: { 200: answer({ score: ref('Score') }, { score: 43 }) },
    },
  },
]
