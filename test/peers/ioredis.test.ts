// ioredis against the engine over TCP, unchanged.
import { Engine } from '@ochre/embedded'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

let engine: Engine
let port: number
let redis: Redis
beforeAll(async () => {
  engine = await Engine.open()
  port = (await engine.listen()).port
})
afterAll(() => engine.close())
beforeEach(async () => {
  redis = new Redis(port)
  await redis.flushall()
})
afterEach(() => redis.quit())

describe('ioredis', () => {
  it('connects after its INFO and knows the version', async () => {
    const info = await redis.info()
    expect(info).toContain('redis_version:7.0.15')
    expect(redis.status).toBe('ready')
  })

  it('reads and writes values of all types', async () => {
    await redis.set('text', 'Grüße', 'EX', 100)
    expect(await redis.get('text')).toBe('Grüße')
    expect(await redis.ttl('text')).toBe(100)
    await redis.hset('hash', { a: 1, b: 2 })
    expect(await redis.hgetall('hash')).toEqual({ a: '1', b: '2' })
    await redis.rpush('list', 'a', 'b', 'c')
    expect(await redis.lrange('list', 0, -1)).toEqual(['a', 'b', 'c'])
    await redis.zadd('zset', 1, 'a', 2, 'b')
    expect(await redis.zrange('zset', '0', '-1')).toEqual(['a', 'b'])
    expect(await redis.zscore('zset', 'b')).toBe('2')
    await redis.xadd('stream', '1-1', 'f', 'v')
    expect(await redis.xrange('stream', '-', '+')).toEqual([['1-1', ['f', 'v']]])
    const bytes = Buffer.from([0, 255, 13, 10])
    await redis.set('bytes', bytes)
    expect(await redis.getBuffer('bytes')).toEqual(bytes)
  })

  it('pipelines and runs transactions', async () => {
    const replies = await redis.pipeline().set('a', 1).incr('a').get('a').lpush('a', 'x').exec()
    expect(replies!.slice(0, 3)).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, '2'],
    ])
    expect(replies![3]![0]).toMatchObject({ message: expect.stringContaining('WRONGTYPE') })
    expect(await redis.multi().set('b', 1).incr('b').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ])
    await redis.watch('b')
    const other = redis.duplicate()
    await other.set('b', 10)
    await other.quit()
    expect(await redis.multi().incr('b').exec()).toBeNull()
  })

  it('defines scripts and iterates', async () => {
    redis.defineCommand('addTwice', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1] * 2)' })
    const scripted = redis as Redis & { addTwice(key: string, by: number): Promise<number> }
    expect(await scripted.addTwice('n', 4)).toBe(8)
    expect(await scripted.addTwice('n', 4)).toBe(16)
    await redis.mset(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`scan:${i}`, i])))
    const found = new Set<string>()
    for await (const keys of redis.scanStream({ match: 'scan:*', count: 7 })) for (const key of keys) found.add(key)
    expect(found.size).toBe(100)
  })

  it('publishes, subscribes and blocks', async () => {
    const subscriber = redis.duplicate()
    try {
      await subscriber.subscribe('news')
      await subscriber.psubscribe('n*')
      const message = new Promise((resolve) => subscriber.once('message', (...args) => resolve(args)))
      const matched = new Promise((resolve) => subscriber.once('pmessage', (...args) => resolve(args)))
      expect(await redis.publish('news', 'hello')).toBe(2)
      expect(await message).toEqual(['news', 'hello'])
      expect(await matched).toEqual(['n*', 'news', 'hello'])
      await subscriber.unsubscribe('news')
      await subscriber.punsubscribe('n*')
      const popped = subscriber.blpop('queue', 5)
      await redis.rpush('queue', 'job')
      expect(await popped).toEqual(['queue', 'job'])
    } finally {
      await subscriber.quit()
    }
  })

  it('monitors', async () => {
    const monitor = await redis.duplicate().monitor()
    const seen = new Promise((resolve) => monitor.once('monitor', (_time, args) => resolve(args)))
    await redis.set('k', 'v')
    expect(await seen).toEqual(['set', 'k', 'v'])
    monitor.disconnect()
  })

  it('logs in as a user with few rights', async () => {
    await redis.call('ACL', 'SETUSER', 'alice', 'on', '>secret', '~app:*', '+@all', '-@dangerous', '+info')
    const alice = new Redis({ port, username: 'alice', password: 'secret' })
    try {
      await alice.set('app:1', 'x')
      await expect(alice.set('other', 'x')).rejects.toThrow('NOPERM')
      await expect(alice.flushall()).rejects.toThrow('NOPERM')
    } finally {
      alice.disconnect()
      await redis.call('ACL', 'DELUSER', 'alice')
    }
  })
})
