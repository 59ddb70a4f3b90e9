// What one would write without models: the same keys, the same client, commands and scripts by hand.
//
// The scripts do what the model's do and no more: the row must exist, its version grows, results come back. The index is
// read as the model stores it: members of one sorted set, the column's bytes first, the id behind them.
import { createHash } from 'node:crypto'
import type { Opened } from './schema.ts'
import { type EventRow, userId } from './schema.ts'

type Redis = Opened['redis']

const script = (lua: string): { lua: string; sha: string } => ({
  lua,
  sha: createHash('sha1').update(lua).digest('hex'),
})

const ADD = script(`
local row = redis.call('HMGET', KEYS[1], '_v', 'points')
if not row[1] then return redis.error_reply('MISSING') end
local points = string.format('%.0f', tonumber(row[2]) + tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], '_v', string.format('%.0f', row[1] + 1), 'points', points)
return points`)

const PROGRAM = script(`
local row = redis.call('HMGET', KEYS[1], '_v', 'points', 'visits', 'level')
if not row[1] then return redis.error_reply('MISSING') end
local points, visits, level = tonumber(row[2]) + tonumber(ARGV[1]), tonumber(row[3]) + 1, row[4]
if points >= 100 then level = 'gold' end
if visits > 1000 then visits = 0 end
points, visits = string.format('%.0f', points), string.format('%.0f', visits)
redis.call('HSET', KEYS[1], '_v', string.format('%.0f', row[1] + 1), 'points', points, 'visits', visits,
  'level', level, 'note', ARGV[2])
return {points, visits, level}`)

const rowKey = (id: string): string => `{user}:r:${id}`
export const AGE_INDEX = '{user}:x:age'

/** The bytes of an integer in an index. */
export function column(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 4
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)) ^ (1n << 63n), 1)
  return bytes
}

export const get = (redis: Redis, i: number): Promise<unknown> => redis.hgetall(rowKey(userId(i)))

export const add = (redis: Redis, i: number): Promise<unknown> => redis.runScript(ADD, [rowKey(userId(i))], ['1'])

export const program = (redis: Redis, i: number): Promise<unknown> =>
  redis.runScript(PROGRAM, [rowKey(userId(i))], ['10', 'seen'])

/** 50 users from an age on: the index's entries, then their rows, all at once. */
export async function page(redis: Redis, age: number): Promise<readonly unknown[]> {
  const from = Buffer.concat([Buffer.from('['), column(age)])
  const members = (await redis.buffers.call('ZRANGEBYLEX', AGE_INDEX, from, '+', 'LIMIT', 0, 50)) as Buffer[]
  return Promise.all(members.map((member) => redis.hgetall(rowKey(idOf(member)))))
}

/** The id ends with a zero byte and its length. */
function idOf(member: Buffer): string {
  const end = member.length - 3
  return member.toString('utf8', end - member.readUInt16BE(member.length - 2), end)
}

/** How many users have an age in [low, high). */
export const countAges = (redis: Redis, low: number, high: number): Promise<unknown> =>
  redis.call('ZLEXCOUNT', AGE_INDEX, bound('[', low), bound('(', high))

const bound = (edge: string, value: number): Buffer => Buffer.concat([Buffer.from(edge), column(value)])

/** One pipeline: rows and three indexes, nothing checked, nothing atomic. */
export async function createMany(redis: Redis, rows: readonly EventRow[]): Promise<number> {
  const pipeline = redis.pipeline()
  for (const { id, kind, at, amount, text } of rows) {
    pipeline.call('HSET', `hand:r:${id}`, 'kind', kind, 'at', at, 'amount', amount, 'text', text)
    pipeline.call('ZADD', 'hand:x:kind', 0, `${kind}\0${id}`)
    pipeline.call('ZADD', 'hand:x:at', at, id)
    pipeline.call('ZADD', 'hand:x:amount', amount, id)
  }
  return (await pipeline.exec()).length / 4
}
