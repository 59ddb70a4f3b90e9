// The Upstash protocol: the worked examples as requests, and the official SDK, unchanged, over a real port.
import type { AddressInfo } from 'node:net'
import { Redis } from '@upstash/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, createShell, type Gateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, type Sent } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'
import { openStream } from './event-stream.ts'

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.call('FLUSHALL')
  })

  const go = (method: string, path: string, sent?: Sent) => ask(gateway, method, `/upstash${path}`, sent)
  const post = (body: unknown, headers?: Record<string, string>, token?: string | null) =>
    go('POST', '/', { body, ...(headers === undefined ? {} : { headers }), ...(token === undefined ? {} : { token }) })
  const error = async (answer: Promise<{ status: number; json: unknown }>) => {
    const { status, json } = await answer
    return [status, (json as { error: string }).error]
  }

  describe('requests', () => {
    it('in the path, decoded after splitting', async () => {
      expect(await go('GET', '/set/foo/bar')).toMatchObject({ status: 200, json: { result: 'OK' } })
      expect((await go('GET', '/GET/foo')).text).toBe('{"result":"bar"}')
      await go('GET', '/set/a%2Fb/c%20d')
      expect(await server.call('GET', 'a/b')).toBe('c d')
    })

    it('with an Idempotency-Key happen once, by GET as well; subscriptions are no such thing', async () => {
      const headers = { 'idempotency-key': 'once' }
      expect((await go('GET', '/incr/n', { headers })).text).toBe('{"result":1}')
      const again = await go('GET', '/incr/n', { headers })
      expect([again.text, again.headers['idempotency-replayed']]).toEqual(['{"result":1}', 'true'])
      expect((await go('GET', '/incr/m', { headers })).status).toBe(422)
      for (let i = 0; i < 2; i++) {
        const stream = await openStream(gateway, '/upstash/subscribe/c', {
          headers: { 'idempotency-key': 'listening' },
        })
        expect(await stream.next()).toBe('data: subscribe,c,1')
        stream.close()
      }
    })

    it('with the token in the query', async () => {
      await server.call('SET', 'foo', 'bar')
      const headers = { 'upstash-encoding': 'base64' }
      expect(await go('GET', `/get/foo?_token=${ROOT}`, { token: null, headers })).toMatchObject({
        json: { result: 'YmFy' },
      })
      expect(await go('GET', `/set/foo/baz?_token=${ROOT}`, { token: null })).toMatchObject({ json: { result: 'OK' } })
    })

    it('with the body as the last argument before the query', async () => {
      const body = Buffer.from([0, 255, 10])
      expect(await go('POST', '/set/foo?EX=100', { body })).toMatchObject({ json: { result: 'OK' } })
      expect(await server.call('TTL', 'foo')).toBe(100)
      expect(await go('GET', '/get/foo', { headers: { 'upstash-encoding': 'base64' } })).toMatchObject({
        json: { result: 'AP8K' },
      })
    })

    it('as an array, whatever the content type, numbers as they were sent', async () => {
      await post('["SET","k",12345678901234567890]', { 'content-type': 'application/x-www-form-urlencoded' })
      expect((await post(['GET', 'k'])).text).toBe('{"result":"12345678901234567890"}')
      expect(await go('POST', '', { body: ['PING'] })).toMatchObject({ json: { result: 'PONG' } })
    })

    it('as a pipeline with an outcome each', async () => {
      expect(await go('POST', '/pipeline', { body: [['SET', 'k', 'x'], ['INCR', 'k'], ['NOSUCH']] })).toMatchObject({
        status: 200,
        json: [
          { result: 'OK' },
          { error: 'ERR value is not an integer or out of range' },
          { error: 'ERR unknown command' },
        ],
      })
    })

    it('as a transaction', async () => {
      const run = (body: unknown) => go('POST', '/multi-exec', { body })
      expect(
        await run([
          ['SET', 'k', 'x'],
          ['INCR', 'k'],
          ['GET', 'k'],
        ]),
      ).toMatchObject({
        status: 200,
        json: [{ result: 'OK' }, { error: 'ERR value is not an integer or out of range' }, { result: 'x' }],
      })
      const [status, text] = await error(run([['SET', 'a', '1'], ['NOSUCH']]))
      expect(status).toBe(400)
      expect(text).toMatch(/^EXECABORT/)
      expect(await server.call('EXISTS', 'a')).toBe(0)
    })
  })

  describe('answers', () => {
    it('have RESP2 shapes and every digit', async () => {
      await server.call('HSET', 'h', 'a', '1', 'b', '2')
      await server.call('ZADD', 'z', '1.5', 'm')
      await server.call('SET', 'n', '9223372036854775806')
      expect((await post(['HGETALL', 'h'])).text).toBe('{"result":["a","1","b","2"]}')
      expect((await post(['ZRANGE', 'z', 0, -1, 'WITHSCORES'])).text).toBe('{"result":["m","1.5"]}')
      expect((await post(['INCR', 'n'])).text).toBe('{"result":9223372036854775807}')
      expect((await post(['GET', 'none'])).text).toBe('{"result":null}')
    })

    it('in base64: everything but the status OK at the top', async () => {
      const headers = { 'upstash-encoding': 'base64' }
      expect((await post(['SET', 'k', 'OK'], headers)).json).toEqual({ result: 'OK' })
      expect((await post(['GET', 'k'], headers)).json).toEqual({ result: 'T0s=' })
      expect((await post(['PING'], headers)).json).toEqual({ result: 'UE9ORw==' })
      await server.call('HSET', 'h', 'a', '1')
      expect((await post(['HGETALL', 'h'], headers)).json).toEqual({ result: ['YQ==', 'MQ=='] })
      expect((await post(['EVAL', 'return {redis.status_reply("OK"), 5}', 0], headers)).json).toEqual({
        result: ['T0s=', 5],
      })
      expect((await post(['INCR', 'k'], headers)).json).toEqual({
        error: 'ERR value is not an integer or out of range',
      })
    })

    it('in RESP2', async () => {
      const headers = { 'upstash-response-format': 'resp2' }
      const answer = await post(['PING'], headers)
      expect([answer.headers['content-type'], answer.text]).toEqual(['application/octet-stream', '+PONG\r\n'])
      await server.call('SET', 'b', Buffer.from([255]))
      expect((await post(['GET', 'b'], headers)).bytes).toEqual(Buffer.from('$1\r\n\xff\r\n', 'latin1'))
      expect((await go('POST', '/pipeline', { body: [['PING'], ['NOSUCH']], headers })).text).toBe(
        '*2\r\n+PONG\r\n-ERR unknown command\r\n',
      )
      expect((await go('POST', '/multi-exec', { body: [['PING']], headers })).status).toBe(400)
      expect((await post(['PING'], { ...headers, 'upstash-encoding': 'base64' })).status).toBe(400)
      expect((await post(['PING'], { 'upstash-response-format': 'resp3' })).status).toBe(400)
    })

    it('carry another sync token each', async () => {
      const tokens = await Promise.all(
        [1, 2, 3].map(async () => (await post(['SET', 'k', '1'])).headers['upstash-sync-token']),
      )
      expect(new Set(tokens).size).toBe(3)
    })
  })

  describe('refusals', () => {
    it('are JSON with an error, and the shared connection goes on', async () => {
      expect(await error(go('DELETE', '/get/foo'))).toEqual([405, 'ERR The method is not allowed.'])
      expect(await error(go('GET', '/get'))).toEqual([400, "ERR wrong number of arguments for 'get' command"])
      expect(await error(go('GET', '/get/foo', { token: null }))).toEqual([
        401,
        'WRONGPASS invalid or missing auth token',
      ])
      expect(await error(go('GET', '/get/foo', { token: 'wrong' }))).toEqual([
        401,
        'WRONGPASS invalid or missing auth token',
      ])
      for (const command of [
        ['BLPOP', 'q', '0'],
        ['SUBSCRIBE', 'c'],
        ['MULTI'],
        ['SELECT', '1'],
        ['MONITOR'],
        ['CLIENT', 'REPLY', 'OFF'],
      ]) {
        expect((await error(post(command)))[0]).toBe(400)
      }
      expect(await error(post('nonsense'))).toEqual([400, expect.stringContaining('ERR')])
      expect(await error(post(['SET', ['nested']]))).toEqual([400, 'ERR failed to parse command'])
      expect((await post(['PING'])).json).toEqual({ result: 'PONG' })
    })

    it('of a large request name the limit', async () => {
      const answer = await go('POST', '/set/k', { body: Buffer.alloc(10 * 1024 * 1024 + 1) })
      expect([answer.status, (answer.json as { error: string }).error]).toEqual([
        413,
        expect.stringMatching(/^ERR max request size exceeded/),
      ])
    })

    it('of a read-only key: nothing is written', async () => {
      const made = await ask(gateway, 'POST', '/v1/keys', {
        body: { name: 'reader', grant: { scopes: ['read'], keys: ['*'], commands: ['-scan'] } },
      })
      const { key } = made.json as { key: string }
      for (const command of [
        ['SET', 'a', '1'],
        ['KEYS', '*'],
        ['SCAN', '0'],
      ]) {
        expect(await error(post(command, {}, key))).toEqual([400, expect.stringMatching(/^NOPERM/)])
      }
      expect(await server.call('EXISTS', 'a')).toBe(0)
      expect((await post(['GET', 'a'], {}, key)).json).toEqual({ result: null })
    })
  })

  describe('ACL RESTTOKEN', () => {
    it('makes a token with the rights of a Redis user', async () => {
      await server.call('ACL', 'SETUSER', 'alice', 'on', '>pw', '~app:*', '+@read', '+set')
      const { result } = (await post(['ACL', 'RESTTOKEN', 'alice', 'pw'])).json as { result: string }
      expect((await post(['SET', 'app:1', 'v'], {}, result)).json).toEqual({ result: 'OK' })
      expect(await error(post(['SET', 'other', 'v'], {}, result))).toEqual([400, expect.stringMatching(/^NOPERM/)])
      expect(await error(post(['DEL', 'app:1'], {}, result))).toEqual([400, expect.stringMatching(/^NOPERM/)])
      expect((await error(post(['ACL', 'RESTTOKEN', 'alice', 'wrong'])))[0]).toBe(400)
      await server.call('ACL', 'DELUSER', 'alice')
    })

    it('goes with ACL GENTOKEN', async () => {
      const { result } = (await post(['ACL', 'GENTOKEN', 'bob'])).json as { result: string }
      expect((await post(['ACL', 'SETUSER', 'bob', 'on', `>${result}`, '~*', '+@all'])).json).toEqual({ result: 'OK' })
      expect((await post(['ACL', 'RESTTOKEN', 'bob', result])).status).toBe(200)
      await server.call('ACL', 'DELUSER', 'bob')
    })
  })

  describe('@upstash/redis', () => {
    let redis: Redis
    let stop: () => Promise<void>
    beforeAll(async () => {
      const shell = createShell(gateway)
      await new Promise<void>((resolve) => shell.listen(0, '127.0.0.1', resolve))
      const { port } = shell.address() as AddressInfo
      redis = new Redis({ url: `http://127.0.0.1:${port}/upstash`, token: ROOT, enableTelemetry: false })
      stop = () =>
        new Promise((resolve) => {
          shell.close(() => resolve())
          shell.closeAllConnections()
        })
    })
    afterAll(() => stop())

    it('works with strings, numbers, objects and odd values', async () => {
      expect(await redis.set('k', { a: [1, 'ä'] }, { ex: 100 })).toBe('OK')
      expect(await redis.get('k')).toEqual({ a: [1, 'ä'] })
      expect(await redis.set('ok', 'OK')).toBe('OK')
      expect(await redis.get('ok')).toBe('OK')
      expect(await redis.incrby('n', 41)).toBe(41)
      expect(await redis.incr('n')).toBe(42)
      expect(await redis.get('none')).toBe(null)
      expect(await redis.mget('n', 'none')).toEqual([42, null])
      expect(await redis.set('k', 'x', { nx: true })).toBe(null)
      expect(await redis.ttl('k')).toBeGreaterThan(90)
    })

    it('works with every collection', async () => {
      await redis.hset('h', { a: 1, b: 'two' })
      expect(await redis.hgetall('h')).toEqual({ a: 1, b: 'two' })
      await redis.rpush('l', 'a', 'b')
      expect(await redis.lrange('l', 0, -1)).toEqual(['a', 'b'])
      await redis.sadd('s', 'x', 'y')
      expect((await redis.smembers('s')).sort()).toEqual(['x', 'y'])
      await redis.zadd('z', { score: 1.5, member: 'm' }, { score: 2, member: 'n' })
      expect(await redis.zrange('z', 0, -1, { withScores: true })).toEqual(['m', 1.5, 'n', 2])
      const id = await redis.xadd('st', '*', { f: 'v' })
      expect(await redis.xrange('st', '-', '+')).toEqual({ [id]: { f: 'v' } })
      const [cursor, keys] = await redis.scan(0, { count: 100 })
      expect([cursor, keys.length]).toEqual(['0', 5])
      expect(await redis.eval('return {KEYS[1], ARGV[1]}', ['a'], ['b'])).toEqual(['a', 'b'])
    })

    it('works with what answers a status', async () => {
      await redis.rpush('list', 'a')
      const answers = ['PONG', 'list', 'none', 'OK', 'READY']
      const ready = 'return redis.status_reply("READY")'
      expect([
        await redis.ping(),
        await redis.type('list'),
        await redis.type('nothing'),
        await redis.rename('list', 'list'),
        await redis.eval(ready, [], []),
      ]).toEqual(answers)
      const batch = (of: 'pipeline' | 'multi') =>
        redis[of]().ping().type('list').type('nothing').rename('list', 'list').eval(ready, [], []).exec()
      expect([await batch('pipeline'), await batch('multi')]).toEqual([answers, answers])
    })

    it('works with subscriptions', async () => {
      const subscription = redis.psubscribe<{ n: number }>('room:*')
      const ready = new Promise((resolve) => subscription.on('psubscribe', resolve))
      const message = new Promise((resolve) => subscription.on('pmessage', resolve))
      await ready
      await redis.publish('room:1', { n: 1 })
      expect(await message).toEqual({ pattern: 'room:*', channel: 'room:1', message: { n: 1 } })
      await subscription.unsubscribe()
    })

    it('works with pipelines, transactions and many calls at once', async () => {
      const pipeline = redis.pipeline().set('a', 1).incr('a').get('a')
      expect(await pipeline.exec()).toEqual(['OK', 2, 2])
      expect(await redis.multi().incr('a').incr('a').exec()).toEqual([3, 4])
      const many = await Promise.all(Array.from({ length: 300 }, () => redis.incr('many')))
      expect(Math.max(...many)).toBe(300)
      await expect(redis.incr('h:none').then(() => redis.lpush('a', 1))).rejects.toThrow('WRONGTYPE')
    })
  })
})
