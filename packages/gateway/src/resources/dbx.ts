// The paths of DBX under /api/v1/redis, for clients written against it, with correct answers: a missing value is 404 and
// not '', a delete tells how many there were. Bodies are `{"success": true, "data": ...}` as they are there.

import { argOf } from '../command-json.ts'
import type { Exchange } from '../exchange.ts'
import { isObject, JsonNumber, type JsonValue, writeJson } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import type { Handler, Method, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { flag, member, members, missing, scriptOf, throwFirst } from './value.ts'

const done = (data: unknown, status = 200): GatewayResponse =>
  json(status, `{"success":true,"data":${writeJson(data)}}`)

/** The body as a list of arguments: a list, or an object with one of the names. */
async function listBody(x: Exchange, ...names: string[]): Promise<Arg[]> {
  const body = await x.json()
  const list = isObject(body) ? names.map((name) => body[name]).find((value) => value !== undefined) : body
  if (!Array.isArray(list) || list.length === 0)
    throw new GatewayError('BAD_REQUEST', `The body is a list, or has ${names[0]}.`)
  return list.map(argOf)
}

function ttlSeconds(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof JsonNumber && /^[1-9]\d{0,9}$/.test(value.text)) return value.text
  throw new GatewayError('BAD_REQUEST', 'The ttl is a number of seconds above 0.')
}

const key = (x: Exchange): Arg => x.param('key')

const COMPARE_AND_SET = scriptOf(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1`)

type Row = readonly [method: Method, path: string, handle: Handler]

const strings: readonly Row[] = [
  [
    'GET',
    'strings/{key}',
    async (x) => {
      const value = await x.run(['GET', key(x)])
      if (value === null) throw missing()
      return done({ value })
    },
  ],
  [
    'POST',
    'strings/{key}',
    async (x) => {
      const body = await x.object(['value', 'ttl'])
      const value = member(body, 'value')
      const ttl = ttlSeconds(body.ttl)
      await x.run(ttl === undefined ? ['SET', key(x), value] : ['SET', key(x), value, 'EX', ttl])
      return done({ value })
    },
  ],
  ['DELETE', 'strings/{key}', async (x) => done({ deleted_count: await x.run(['DEL', key(x)]) })],
  ['GET', 'strings/{key}/exists', async (x) => done({ exists: (await x.run(['EXISTS', key(x)])) === 1 })],
  ['GET', 'strings/{key}/ttl', async (x) => done({ ttl: await x.run(['TTL', key(x)]) })],
  ['POST', 'strings/{key}/incr', async (x) => done({ value: await x.run(['INCR', key(x)]) })],
  [
    'POST',
    'strings/{key}/incrby',
    async (x) => done({ value: await x.run(['INCRBY', key(x), member(await x.object(['increment']), 'increment')]) }),
  ],
  [
    'POST',
    'strings/{key}/setnx',
    async (x) => {
      const body = await x.object(['value', 'ttl'])
      const ttl = ttlSeconds(body.ttl)
      const args = ['SET', key(x), member(body, 'value'), 'NX']
      return done({ value: (await x.run(ttl === undefined ? args : [...args, 'EX', ttl])) !== null })
    },
  ],
  [
    'POST',
    'strings/{key}/cas',
    async (x) => {
      const body = await x.object(['expected_value', 'new_value', 'ttl'])
      const [expected, next] = [member(body, 'expected_value'), member(body, 'new_value')]
      const args = [expected, next, ttlSeconds(body.ttl) ?? '']
      return done({ value: (await x.script(COMPARE_AND_SET, ['SET', key(x), next, 'GET'], [key(x)], args)) === 1 })
    },
  ],
  [
    'POST',
    'strings/batch/set',
    async (x) => {
      const { key_values: sent, ttl } = await x.object(['key_values', 'ttl'])
      if (!isObject(sent) || Object.keys(sent).length === 0)
        throw new GatewayError('BAD_REQUEST', 'The body has key_values.')
      const pairs = Object.entries(sent).map(([name, value]) => [name, argOf(value, name)] as const)
      const seconds = ttlSeconds(ttl)
      if (seconds === undefined) await x.run(['MSET', ...pairs.flat()])
      else throwFirst(await x.transaction(pairs.map((pair) => ['SET', ...pair, 'EX', seconds])))
      return done({ key_values: sent })
    },
  ],
  [
    'POST',
    'strings/batch/get',
    async (x) => {
      const keys = await listBody(x, 'keys')
      const values = (await x.run(['MGET', ...keys])) as (string | null)[]
      const found: Record<string, string> = Object.create(null)
      keys.forEach((name, i) => {
        const value = values[i]
        if (value !== null && value !== undefined) found[name.toString()] = value
      })
      return done({ key_values: found })
    },
  ],
  [
    'POST',
    'strings/batch/delete',
    async (x) => done({ deleted_count: await x.run(['DEL', ...(await listBody(x, 'keys'))]) }),
  ],
  [
    'POST',
    'strings/batch/incr',
    async (x) => {
      const outcomes = await x.transaction((await listBody(x, 'keys')).map((name) => ['INCR', name]))
      for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
      return done(outcomes.map((value) => ({ value })))
    },
  ],
  [
    'POST',
    'strings/batch/incrby',
    async (x) => {
      const body = await x.json()
      if (!Array.isArray(body) || body.length === 0)
        throw new GatewayError('BAD_REQUEST', 'The body is a list of [key, number].')
      const outcomes = await x.transaction(
        body.map((pair, i) => {
          if (!Array.isArray(pair) || pair.length !== 2)
            throw new GatewayError('BAD_REQUEST', `Item ${i} is [key, number].`)
          return ['INCRBY', argOf(pair[0], i), argOf(pair[1], i)]
        }),
      )
      for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
      return done(outcomes.map((value) => ({ value })))
    },
  ],
]

async function setMembers(x: Exchange): Promise<GatewayResponse> {
  const found = await x.run(['SMEMBERS', key(x)])
  const list = found instanceof Set ? [...found] : (found as unknown[])
  if (list.length === 0) throw missing()
  return done({ members: list })
}

const combine =
  (command: string): Handler =>
  async (x) => {
    const found = await x.run([command, key(x), ...(await listBody(x, 'keys', 'other_keys'))])
    return done({ members: found })
  }

const sets: readonly Row[] = [
  ['GET', 'sets/{key}', setMembers],
  ['GET', 'sets/{key}/members', setMembers],
  [
    'POST',
    'sets/{key}',
    async (x) => done({ added_count: await x.run(['SADD', key(x), ...(await listBody(x, 'members'))]) }),
  ],
  ['DELETE', 'sets/{key}', async (x) => done({ deleted_count: await x.run(['DEL', key(x)]) })],
  [
    'GET',
    'sets/{key}/exists',
    async (x) => {
      const name = x.query.bytes('member')
      return done({
        exists: (await x.run(name === undefined ? ['EXISTS', key(x)] : ['SISMEMBER', key(x), name])) === 1,
      })
    },
  ],
  ['GET', 'sets/{key}/cardinality', async (x) => done({ cardinality: await x.run(['SCARD', key(x)]) })],
  [
    'GET',
    'sets/{key}/random',
    async (x) => {
      const found = await x.run(['SRANDMEMBER', key(x)])
      if (found === null) throw missing()
      return done({ member: found })
    },
  ],
  [
    'POST',
    'sets/{key}/pop',
    async (x) => {
      const found = await x.run(['SPOP', key(x)])
      if (found === null) throw missing()
      return done({ member: found })
    },
  ],
  [
    'POST',
    'sets/{key}/move',
    async (x) => {
      const body = await x.object(['destination', 'member'])
      return done({
        moved: (await x.run(['SMOVE', key(x), member(body, 'destination'), member(body, 'member')])) === 1,
      })
    },
  ],
  ['POST', 'sets/{key}/union', combine('SUNION')],
  ['POST', 'sets/{key}/intersection', combine('SINTER')],
  ['POST', 'sets/{key}/difference', combine('SDIFF')],
]

/** Per key of `{"key_values": {key: members}}`, one command each. */
async function eachSet(x: Exchange, command: string, name: string): Promise<GatewayResponse> {
  const { key_values: sent } = await x.object(['key_values'])
  if (!isObject(sent)) throw new GatewayError('BAD_REQUEST', 'The body has key_values.')
  const keys = Object.keys(sent)
  const outcomes = await x.runAll(keys.map((set) => [command, set, ...members(sent, set)]))
  const counts: Record<string, unknown> = Object.create(null)
  keys.forEach((set, i) => {
    const outcome = outcomes[i]
    if (outcome instanceof Error) throw outcome
    counts[set] = outcome
  })
  return done({ [name]: counts })
}

const setBatches: readonly Row[] = [
  ['POST', 'sets/batch/add', (x) => eachSet(x, 'SADD', 'added_count')],
  ['POST', 'sets/batch/remove', (x) => eachSet(x, 'SREM', 'removed_count')],
  [
    'POST',
    'sets/batch/members',
    async (x) => {
      const keys = await listBody(x, 'keys')
      const outcomes = await x.runAll(keys.map((name) => ['SMEMBERS', name]))
      const found: Record<string, unknown> = Object.create(null)
      keys.forEach((name, i) => {
        if (outcomes[i] instanceof Error) throw outcomes[i]
        found[name.toString()] = outcomes[i]
      })
      return done({ key_values: found })
    },
  ],
  [
    'POST',
    'sets/batch/delete',
    async (x) => done({ deleted_count: await x.run(['DEL', ...(await listBody(x, 'keys'))]) }),
  ],
]

const hashes: readonly Row[] = [
  [
    'GET',
    'hashes/{key}',
    async (x) => {
      const fields = (await x.run(['HGETALL', key(x)])) as Record<string, string>
      if (Object.keys(fields).length === 0) throw missing()
      return done({ fields })
    },
  ],
  [
    'POST',
    'hashes/{key}',
    async (x) => {
      const { fields } = await x.object(['fields'])
      if (!isObject(fields) || Object.keys(fields).length === 0)
        throw new GatewayError('BAD_REQUEST', 'The body has fields.')
      const words = Object.entries(fields).flatMap(([name, value]) => [name, argOf(value, name)])
      return done({ added_count: await x.run(['HSET', key(x), ...words]) })
    },
  ],
  ['DELETE', 'hashes/{key}', async (x) => done({ deleted_count: await x.run(['DEL', key(x)]) })],
  [
    'GET',
    'hashes/{key}/{field}',
    async (x) => {
      const value = await x.run(['HGET', key(x), x.param('field')])
      if (value === null) throw new GatewayError('NOT_FOUND', 'There is no such key or field.')
      return done({ value })
    },
  ],
  [
    'POST',
    'hashes/{key}/{field}',
    async (x) => {
      const value = member(await x.object(['value']), 'value')
      await x.run(['HSET', key(x), x.param('field'), value])
      return done({ value })
    },
  ],
  [
    'DELETE',
    'hashes/{key}/{field}',
    async (x) => done({ deleted_count: await x.run(['HDEL', key(x), x.param('field')]) }),
  ],
  [
    'GET',
    'hashes/{key}/{field}/exists',
    async (x) => done({ exists: (await x.run(['HEXISTS', key(x), x.param('field')])) === 1 }),
  ],
  [
    'POST',
    'hashes/{key}/{field}/incrby',
    async (x) => {
      const by = member(await x.object(['increment']), 'increment')
      return done({ value: await x.run(['HINCRBY', key(x), x.param('field'), by]) })
    },
  ],
]

const keys: readonly Row[] = [
  [
    'GET',
    'keys',
    async (x) => {
      const pattern = x.query.text('pattern') ?? '*'
      const limit = x.query.integer('limit', 1, 100_000) ?? 1000
      const found: string[] = []
      let cursor = '0'
      do {
        const page = (await x.run(['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000'])) as [string, string[]]
        cursor = page[0]
        const rules = x.principal.rules
        for (const name of page[1]) {
          const isVisible = rules.hasAllKeys || rules.allowsKey(Buffer.from(name).toString('latin1'), true, false)
          if (isVisible && !name.startsWith('ochre:gateway:')) found.push(name)
        }
      } while (cursor !== '0' && found.length < limit)
      return done({ keys: found.slice(0, limit) })
    },
  ],
  ['GET', 'keys/{key}/exists', async (x) => done({ exists: (await x.run(['EXISTS', key(x)])) === 1 })],
  ['GET', 'keys/{key}/ttl', async (x) => done({ ttl: await x.run(['TTL', key(x)]) })],
  ['DELETE', 'keys/{key}', async (x) => done({ deleted_count: await x.run(['DEL', key(x)]) })],
]

const scripts: readonly Row[] = [
  [
    'POST',
    'scripts/eval',
    async (x) => {
      const body = await x.object(['script', 'keys', 'args', 'readOnly'])
      const lua = body.script
      if (typeof lua !== 'string') throw new GatewayError('BAD_REQUEST', 'The member script is text.')
      const names = Array.isArray(body.keys) ? body.keys.map(argOf) : []
      const args = Array.isArray(body.args) ? body.args.map(argOf) : []
      const command = flag(body, 'readOnly') ? 'EVAL_RO' : 'EVAL'
      return done({
        result: await x.script(scriptOf(lua), [command, lua, String(names.length), ...names], names, args),
      })
    },
  ],
]

export const dbxRoutes: readonly Route<Handler>[] = [
  ...strings,
  ...sets,
  ...setBatches,
  ...hashes,
  ...keys,
  ...scripts,
].map(
  ([method, path, handle]): Route<Handler> => ({
    method,
    path: `/api/v1/redis/${path}`,
    handle: (x) => {
      x.caller.repeats = true
      return handle(x)
    },
    doc: {
      id: `dbx ${method.toLowerCase()} ${path}`
        .replaceAll(/[^a-z]+([a-z])/gi, (_, letter: string) => letter.toUpperCase())
        .replaceAll(/\W/g, ''),
      tag: 'dbx',
      summary: 'Alias for clients of DBX',
      hidden: true,
      answers: { 200: { about: '`{"success": true, "data": ...}`' } },
    },
  }),
)
