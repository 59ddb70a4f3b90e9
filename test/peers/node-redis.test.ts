// node-redis against the engine over TCP, unchanged: RESP2, RESP3 and its client-side cache.
import { Engine } from '@ochre/embedded'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let engine: Engine
let url: string
beforeAll(async () => {
  engine = await Engine.open()
  url = `redis://127.0.0.1:${(await engine.listen()).port}`
})
afterAll(() => engine.close())

for (const RESP of [2, 3] as const) {
  describe(`node-redis with RESP${RESP}`, () => {
    const open = async () => {
      const client = await createClient({ url, RESP }).connect()
      await client.flushAll()
      return client
    }

    it('reads and writes values of all types', async () => {
      const client = await open()
      try {
        await client.set('text', 'Grüße', { expiration: { type: 'EX', value: 100 } })
        expect(await client.get('text')).toBe('Grüße')
        await client.hSet('hash', { a: '1', b: '2' })
        expect({ ...(await client.hGetAll('hash')) }).toEqual({ a: '1', b: '2' })
        await client.sAdd('set', ['a', 'b'])
        expect([...(await client.sMembers('set'))].sort()).toEqual(['a', 'b'])
        await client.zAdd('zset', [
          { score: 1.5, value: 'a' },
          { score: 2, value: 'b' },
        ])
        expect(await client.zRangeWithScores('zset', 0, -1)).toEqual([
          { score: 1.5, value: 'a' },
          { score: 2, value: 'b' },
        ])
        await client.xAdd('stream', '1-1', { f: 'v' })
        expect(await client.xLen('stream')).toBe(1)
        expect(await client.clientId()).toBeGreaterThan(0)
        expect((await client.configGet('maxclients')).maxclients).toBe('10000')
        expect((await client.commandInfo(['get']))[0]).toMatchObject({ name: 'get', arity: 2 })
      } finally {
        await client.close()
      }
    })

    it('runs transactions and scripts', async () => {
      const client = await open()
      try {
        expect(await client.multi().set('a', '1').incr('a').get('a').exec()).toEqual(['OK', 2, '2'])
        expect(await client.eval('return {KEYS[1], ARGV[1]}', { keys: ['k'], arguments: ['v'] })).toEqual(['k', 'v'])
        await expect(client.lPush('a', 'x')).rejects.toThrow('WRONGTYPE')
      } finally {
        await client.close()
      }
    })

    it('publishes and subscribes', async () => {
      const client = await open()
      const subscriber = await client.duplicate().connect()
      try {
        const heard = new Promise((resolve) => {
          void subscriber
            .subscribe('news', (message, channel) => resolve([channel, message]))
            .then(() => client.publish('news', 'hello'))
        })
        expect(await heard).toEqual(['news', 'hello'])
        await subscriber.unsubscribe('news')
      } finally {
        await subscriber.close()
        await client.close()
      }
    })
  })
}

describe('the client-side cache of node-redis', () => {
  it('holds what was read until somebody changes it', async () => {
    const cached = await createClient({ url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100 } }).connect()
    const other = await createClient({ url }).connect()
    try {
      await other.set('k', '1')
      expect(await cached.get('k')).toBe('1')
      const before = engine.stats.commands
      expect(await cached.get('k')).toBe('1')
      expect(engine.stats.commands).toBe(before)
      await other.set('k', '2')
      while ((await cached.get('k')) !== '2') await new Promise(setImmediate)
    } finally {
      await cached.close()
      await other.close()
    }
  })
})

describe('passwords', () => {
  it('are asked for', async () => {
    const locked = await Engine.open({ config: { requirepass: 'secret' } })
    const { port } = await locked.listen()
    const client = createClient({ url: `redis://:secret@127.0.0.1:${port}` })
    const stranger = createClient({ url: `redis://:wrong@127.0.0.1:${port}`, socket: { reconnectStrategy: false } })
    stranger.on('error', () => {})
    try {
      await client.connect()
      expect(await client.ping()).toBe('PONG')
      await expect(stranger.connect()).rejects.toThrow('WRONGPASS')
    } finally {
      client.destroy()
      await locked.close()
    }
  })
})
