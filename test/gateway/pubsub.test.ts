// Messages from Redis to SSE readers and WebSockets: one subscription per channel, refusals, slow readers, gaps.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, requestOf } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'
import { openStream } from './event-stream.ts'

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  beforeAll(async () => {
    server = await startBackend(backend)
    await server.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA')
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT, limits: { bufferedBytes: 20_000 } })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })

  const count = async (channel: string) => ((await server.call('PUBSUB', 'NUMSUB', channel)) as [string, number])[1]

  async function until(check: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 500; i++) if (await check()) return
    throw new Error('it never came true')
  }

  describe('GET /v1/redis/pubsub/subscribe', () => {
    it('streams messages of channels, patterns and shard channels', async () => {
      const stream = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=a%2Fb&pattern=n*&shard=s')
      expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
      expect(await stream.next()).toBe('event: subscribed\ndata: {"channel":"a/b"}')
      expect(await stream.next()).toBe('event: subscribed\ndata: {"pattern":"n*"}')
      expect(await stream.next()).toBe('event: subscribed\ndata: {"shard":"s"}')
      await server.call('PUBLISH', 'a/b', 'line\nbreak')
      expect(await stream.next()).toBe('event: message\ndata: {"channel":"a/b","data":"line\\nbreak"}')
      await server.call('PUBLISH', 'news', 'x')
      expect(await stream.next()).toBe('event: message\ndata: {"channel":"news","pattern":"n*","data":"x"}')
      await server.call('SPUBLISH', 's', 'y')
      expect(await stream.next()).toBe('event: message\ndata: {"channel":"s","data":"y"}')
      stream.close()
      expect(await stream.next()).toBe(undefined)
    })

    it('uses one subscription for all readers of a channel', async () => {
      const streams = await Promise.all(
        Array.from({ length: 50 }, () => openStream(gateway, '/v1/redis/pubsub/subscribe?channel=one')),
      )
      for (const stream of streams) await stream.next()
      expect(await count('one')).toBe(1)
      expect((await ask(gateway, 'POST', '/v1/redis/pubsub/channels/one', { body: { message: 'hi' } })).json).toEqual({
        receivers: 1,
      })
      for (const stream of streams)
        expect(await stream.next()).toBe('event: message\ndata: {"channel":"one","data":"hi"}')
      expect((await ask(gateway, 'GET', '/v1/redis/pubsub/channels')).json).toEqual({ channels: ['one'] })
      for (const stream of streams) stream.close()
      await until(async () => (await count('one')) === 0)
    })

    it('refuses channels that are not granted', async () => {
      const { key } = await gateway.keys.create('sub', { scopes: ['pubsub'], channels: ['app:*'] })
      expect((await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=other', { token: key })).status).toBe(403)
      expect((await openStream(gateway, '/v1/redis/pubsub/subscribe?pattern=*', { token: key })).status).toBe(403)
      const stream = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=app:1&pattern=app:*', { token: key })
      expect(stream.status).toBe(200)
      stream.close()
      expect((await openStream(gateway, '/v1/redis/pubsub/subscribe')).status).toBe(400)
    })

    it('tells a reader that is too slow and ends its stream', async () => {
      const stream = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=flood')
      await stream.next()
      const payload = 'x'.repeat(1000)
      for (let i = 0; i < 40; i++) await server.call('PUBLISH', 'flood', payload)
      await until(async () => (await count('flood')) === 0)
      let last: string | undefined
      for (let event = await stream.next(); event !== undefined; event = await stream.next()) last = event
      expect(last).toMatch(/^event: lag\ndata: \{"dropped":\d+\}$/)
    })

    it('opens nothing for a HEAD or inside a batch, and takes the key from the query', async () => {
      const target = '/v1/redis/pubsub/subscribe?channel=unheard'
      expect((await ask(gateway, 'HEAD', target)).status).toBe(200)
      const batch = await ask(gateway, 'POST', '/v1/redis/batch', {
        body: { requests: [{ method: 'GET', path: target }] },
      })
      expect(batch.json).toEqual({ responses: [{ status: 406, body: null }] })
      await until(async () => (await count('unheard')) === 0)
      const answer = await gateway.handle(requestOf('GET', `${target}&_token=${ROOT}`, { token: null }))
      expect(answer.status).toBe(200)
      await (answer.body as AsyncGenerator).return?.(undefined)
    })

    it('tells where messages may be missing', async () => {
      const stream = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=gap')
      await stream.next()
      await server.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      expect(await stream.next()).toBe('event: gap\ndata: {"channel":"gap"}')
      await server.call('PUBLISH', 'gap', 'after')
      expect(await stream.next()).toContain('after')
      stream.close()
    })
  })

  describe('the Upstash spelling', () => {
    it('streams plain lines, whatever encoding is asked for', async () => {
      const stream = await openStream(gateway, '/upstash/subscribe/chat/room')
      expect(await stream.next()).toBe('data: subscribe,chat,1')
      expect(await stream.next()).toBe('data: subscribe,room,2')
      await server.call('PUBLISH', 'chat', '{"a":1}')
      expect(await stream.next()).toBe('data: message,chat,{"a":1}')
      stream.close()
      const patterns = await openStream(gateway, '/upstash/psubscribe/user:*')
      expect(await patterns.next()).toBe('data: psubscribe,user:*,1')
      await server.call('PUBLISH', 'user:1', 'x')
      expect(await patterns.next()).toBe('data: pmessage,user:*,user:1,x')
      patterns.close()
    })

    it('shows what Redis executes to administrators', async () => {
      const stream = await openStream(gateway, '/upstash/monitor')
      expect(await stream.next()).toBe('data: "OK"')
      await server.call('SET', 'seen', 'a "b"')
      let line = await stream.next()
      while (!line?.includes('SET')) line = await stream.next()
      expect(line).toMatch(/^data: \d+\.\d{6} \[0 .*\] "SET" "seen" "a \\"b\\""$/)
      stream.close()
      const { key } = await gateway.keys.create('no admin', { scopes: ['read', 'write'], keys: ['*'] })
      expect((await openStream(gateway, '/upstash/monitor', { token: key })).status).toBe(400)
      // It shows all databases, and is a command that can be taken away.
      for (const grant of [{ databases: [0] }, { databases: '*' as const, commands: ['-monitor'] }]) {
        const made = await gateway.keys.create('some admin', { scopes: ['read', 'admin'], keys: ['*'], ...grant })
        expect((await openStream(gateway, '/upstash/monitor', { token: made.key })).status).toBe(400)
      }
    })
  })
})
