// Values through a codec, on real servers and in the embedded engine.
import { type Client, compressed, connect, encrypted, json, type Values } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'

interface User {
  name: string
  tags?: string[]
}

const ada: User = { name: 'Ada', tags: ['ż', '🙂'] }
const bob: User = { name: 'Bob' }

function behaviour(target: () => Promise<Client>): void {
  let redis: Client
  let users: Values<User>
  beforeAll(async () => {
    redis = await target()
    users = redis.as(json<User>())
  })
  afterAll(() => redis.close())
  beforeEach(async () => {
    await redis.call('FLUSHALL')
  })

  test('strings', async () => {
    expect(await users.set('u', ada, { nx: true })).toBe('OK')
    expect(await users.set('u', ada, { nx: true })).toBeNull()
    expect(await redis.get('u')).toBe(JSON.stringify(ada))
    expect(await users.set('u', bob, { get: true })).toEqual(ada)
    expect(await users.get('u')).toEqual(bob)
    expect(await users.get('missing')).toBeNull()
    expect(await users.mset({ a: ada, b: bob })).toBe('OK')
    expect(await users.mget('a', 'missing', 'b')).toEqual([ada, null, bob])
    expect(await users.getex('a', { ex: 100 })).toEqual(ada)
    expect(await redis.ttl('a')).toBeGreaterThan(0)
    expect(await users.getdel('a')).toEqual(ada)
  })

  test('hashes', async () => {
    expect(await users.hset('h', { a: ada, ['__proto__']: bob })).toBe(2)
    expect(await users.hsetnx('h', 'a', bob)).toBe(0)
    expect(await users.hget('h', 'a')).toEqual(ada)
    expect(Object.entries(await users.hgetall('h'))).toEqual([
      ['a', ada],
      ['__proto__', bob],
    ])
    expect(await users.hmget('h', 'a', 'none')).toEqual([ada, null])
    expect(await users.hvals('h')).toEqual([ada, bob])
  })

  test('lists', async () => {
    expect(await users.rpush('l', ada, bob)).toBe(2)
    expect(await users.lpush('l', bob)).toBe(3)
    expect(await users.lset('l', 0, ada)).toBe('OK')
    expect(await users.lrange('l', 0, -1)).toEqual([ada, ada, bob])
    expect(await users.lindex('l', -1)).toEqual(bob)
    expect([await users.lpop('l'), await users.rpop('l')]).toEqual([ada, bob])
    expect(await users.blpop(['none', 'l'], 1)).toEqual(['l', ada])
    expect(await users.brpop('l', 0.01)).toBeNull()
  })

  test('sets', async () => {
    expect(await users.sadd('s', ada, bob, ada)).toBe(2)
    expect(await users.sismember('s', ada)).toBe(1)
    expect(await users.srem('s', ada)).toBe(1)
    expect(await users.smembers('s')).toEqual([bob])
    expect(await users.spop('s')).toEqual(bob)
  })

  test('a value that is not what the codec wrote rejects the call', async () => {
    await redis.set('u', 'not json')
    await expect(users.get('u')).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(users.set('u', undefined as never)).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('compressed and encrypted at once', async () => {
    const secret = redis.as(
      encrypted(compressed(json<User>(), { minBytes: 20 }), { keys: { k1: Buffer.alloc(32, 7) }, current: 'k1' }),
    )
    await secret.set('u', { name: 'x'.repeat(1000) })
    const bytes = (await redis.buffers.get('u'))!
    expect(bytes.length).toBeLessThan(100)
    expect(await secret.get('u')).toEqual({ name: 'x'.repeat(1000) })
  })
}

describe('in the embedded engine', () => {
  let engine: Engine
  behaviour(async () => {
    engine = await Engine.open()
    return connect(engine)
  })
  afterAll(() => engine.close())
})

describeEachServer('on a real server', (version) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  behaviour(() => connect(server.url))

  test('messages', async () => {
    const redis = await connect(server.url)
    const users = redis.as(json<User>())
    const channel = users.subscribe('users')
    const pattern = users.psubscribe('us*', { gaps: true })
    await Promise.all([channel.ready, pattern.ready])
    expect(await users.publish('users', ada)).toBe(2)
    expect((await channel.next()).value).toEqual({ channel: 'users', message: ada })
    expect((await pattern.next()).value).toEqual({ channel: 'users', pattern: 'us*', message: ada })
    await redis.publish('users', 'not json')
    await expect(channel.next()).rejects.toMatchObject({ code: 'VALIDATION' })
    await redis.close()
  })
})
