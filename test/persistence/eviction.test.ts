// maxmemory: which keys go, what is refused, and what others hear of it.
import { type Client, connect } from '@ochre/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Clock, Engine, type EngineOptions } from '../../packages/embedded/src/index.ts'
import { stateOf, temporaryFolder } from './folder.ts'

async function open(options: EngineOptions & { config: Record<string, string | number> }): Promise<{
  engine: Engine
  redis: Client
  clock: Clock
}> {
  const clock = new Clock(1_000_000)
  const engine = await Engine.open({ clock, random: sequence(), warn: () => {}, ...options })
  const redis = await connect(engine)
  onTestFinished(async () => {
    await redis.close()
    await engine.close()
  })
  return { engine, redis, clock }
}

/** Numbers that look random and are the same in each run. */
function sequence(): () => number {
  let state = 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const VALUE = 'x'.repeat(100)
const LIMIT = 100_000
const OOM = { code: 'OOM', message: "OOM command not allowed when used memory > 'maxmemory'." }

async function fill(redis: Client, count: number, ...options: (string | number)[]): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => redis.call('SET', `k${i}`, VALUE, ...options)))
}

describe('no eviction', () => {
  it('refuses what needs memory and allows the rest', async () => {
    const { engine, redis } = await open({ config: { maxmemory: LIMIT } })
    await expect(fill(redis, 1000)).rejects.toMatchObject(OOM)
    await expect(redis.set('a', 'b')).rejects.toMatchObject(OOM)
    await expect(redis.call('EVAL', "return redis.call('SET', KEYS[1], 1)", 1, 'a')).rejects.toThrow('OOM')
    await expect(redis.call('EVAL', '#!lua\nreturn 1', 0)).rejects.toThrow(
      'OOM allow-oom flag is not set on the script',
    )
    expect(await redis.call('EVAL', '#!lua flags=allow-oom\nreturn 1', 0)).toBe(1)
    expect(await redis.call('EVAL', "return redis.call('GET', KEYS[1])", 1, 'k0')).toBe(VALUE)
    expect(await redis.get('k0')).toBe(VALUE)
    const size = (await redis.call('DBSIZE')) as number
    expect(engine.memory.usedBytes).toBeGreaterThan(LIMIT)
    expect(engine.memory.usedBytes).toBeLessThan(LIMIT + 1000)
    for (let i = 0; i < 10; i++) await redis.call('DEL', `k${i}`)
    expect(await redis.call('DBSIZE')).toBe(size - 10)
    await redis.set('a', 'b')
  })

  it('ends a limit that is lifted', async () => {
    const { redis } = await open({ config: { maxmemory: LIMIT } })
    await expect(fill(redis, 1000)).rejects.toMatchObject(OOM)
    await redis.call('CONFIG', 'SET', 'maxmemory', 0)
    await redis.set('a', 'b')
  })
})

describe('every policy', () => {
  for (const policy of [
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ]) {
    it(`${policy} keeps the data within the limit`, async () => {
      const { engine, redis } = await open({ config: { maxmemory: LIMIT, 'maxmemory-policy': policy } })
      await redis.set('stays', 'x')
      await fill(redis, 2000, 'EX', 1000)
      await redis.call('PING')
      expect(engine.memory.usedBytes).toBeLessThanOrEqual(LIMIT)
      expect(engine.memory.evictedKeys).toBeGreaterThan(1000)
      if (policy.startsWith('volatile')) {
        expect(await redis.get('stays')).toBe('x')
        for (const key of (await redis.call('KEYS', '*')) as string[]) await redis.call('PERSIST', key)
        await expect(fill(redis, 2000)).rejects.toMatchObject(OOM)
      }
    })
  }

  it('volatile-ttl takes those that expire first', async () => {
    const { redis } = await open({
      config: { maxmemory: LIMIT, 'maxmemory-policy': 'volatile-ttl', 'maxmemory-samples': 10 },
    })
    for (let i = 0; i < 300; i++) await redis.call('SET', `soon${i}`, VALUE, 'EX', 10 + i)
    for (let i = 0; i < 200; i++) await redis.call('SET', `late${i}`, VALUE, 'EX', 100_000)
    const left = (await redis.call('KEYS', '*')) as string[]
    const late = left.filter((key) => key.startsWith('late')).length
    expect(late).toBeGreaterThan(195)
    expect(left.length - late).toBeLessThan(250)
  })

  it('allkeys-lru takes those that were not used for long', async () => {
    const { redis, clock } = await open({
      config: { maxmemory: LIMIT, 'maxmemory-policy': 'allkeys-lru', 'maxmemory-samples': 10 },
    })
    await fill(redis, 300)
    clock.advance(60_000)
    for (let i = 0; i < 100; i++) await redis.get(`k${i}`)
    clock.advance(1000)
    for (let i = 0; i < 150; i++) await redis.set(`new${i}`, VALUE)
    const left = new Set((await redis.call('KEYS', '*')) as string[])
    const kept = Array.from({ length: 100 }, (_, i) => left.has(`k${i}`)).filter(Boolean).length
    expect(kept).toBeGreaterThan(90)
  })

  it('allkeys-lfu takes those that were used least', async () => {
    const { redis } = await open({
      config: { maxmemory: LIMIT, 'maxmemory-policy': 'allkeys-lfu', 'maxmemory-samples': 10 },
    })
    await fill(redis, 300)
    for (let round = 0; round < 50; round++) for (let i = 0; i < 100; i++) await redis.get(`k${i}`)
    for (let i = 0; i < 250; i++) await redis.set(`new${i}`, VALUE)
    const left = new Set((await redis.call('KEYS', '*')) as string[])
    const kept = Array.from({ length: 100 }, (_, i) => left.has(`k${i}`)).filter(Boolean).length
    expect(kept).toBeGreaterThan(90)
  })
})

describe('an evicted key', () => {
  it('is reported, logged as deleted, and gone after a restart', async () => {
    const dir = temporaryFolder()
    const config = { maxmemory: LIMIT, 'maxmemory-policy': 'allkeys-lru', 'notify-keyspace-events': 'Ee' }
    const { engine, redis } = await open({ dir, config })
    const events: string[] = []
    const listener = engine.dial({
      onOpen: () => listener.write('SUBSCRIBE __keyevent@0__:evicted\r\n'),
      onData: (chunk) => events.push(...(chunk.toString().match(/k\d+/g) ?? [])),
      onDrain: () => {},
      onClose: () => {},
    })
    await redis.call('PING')
    await fill(redis, 1000)
    await redis.call('PING')
    expect(events.length).toBe(engine.memory.evictedKeys)
    listener.destroy()
    const before = stateOf(engine)
    await redis.close()
    await engine.close()
    const again = await Engine.open({ dir, clock: new Clock(1_000_000) })
    expect(stateOf(again)).toEqual(before)
    await again.close()
  })
})

describe('OBJECT', () => {
  it('tells the frequency or the idle time, as the policy has it', async () => {
    const { redis, clock } = await open({ config: { 'maxmemory-policy': 'allkeys-lfu', 'lfu-decay-time': 1 } })
    await redis.set('k', 'v')
    expect(await redis.call('OBJECT', 'FREQ', 'k')).toBe(5)
    for (let i = 0; i < 200; i++) await redis.get('k')
    const used = (await redis.call('OBJECT', 'FREQ', 'k')) as number
    expect(used).toBeGreaterThan(8)
    clock.advance(180_000)
    expect(await redis.call('OBJECT', 'FREQ', 'k')).toBe(used - 3)
    await expect(redis.call('OBJECT', 'IDLETIME', 'k')).rejects.toThrow('idle time not tracked')
    await redis.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await redis.get('k')
    clock.advance(5000)
    expect(await redis.call('OBJECT', 'IDLETIME', 'k')).toBe(5)
    await expect(redis.call('OBJECT', 'FREQ', 'k')).rejects.toThrow('LFU maxmemory policy is not selected')
  })
})

describe('the sizes', () => {
  it('add up through every kind of change', async () => {
    const { engine, redis } = await open({ config: { maxmemory: '1gb' } })
    await fill(redis, 50)
    for (let i = 0; i < 50; i++) {
      await redis.call('RPUSH', 'l', VALUE)
      await redis.call('HSET', 'h', `f${i}`, VALUE)
      await redis.call('ZADD', 'z', i, `m${i}`)
      await redis.call('XADD', 's', '*', 'f', VALUE)
    }
    await redis.call('RENAME', 'l', 'list')
    await redis.call('COPY', 'h', 'other')
    await redis.call('SWAPDB', 0, 1)
    await redis.call('SWAPDB', 1, 2)
    await redis.call('SET', 'here', VALUE)
    const tracked = engine.memory.usedBytes
    for (const database of engine.databases) database.measureAll()
    expect(engine.memory.usedBytes).toBe(tracked)
    await redis.call('FLUSHALL')
    expect(engine.memory.usedBytes).toBe(0)
  })
})
