// Commands over HTTP over a real server and the embedded engine: lossless, per item, atomic, refused.
import { setMaxListeners } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, requestOf } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

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

  const post = (path: string, body: unknown, headers?: Record<string, string>) =>
    ask(gateway, 'POST', path, headers === undefined ? { body } : { body, headers })

  describe('POST /v1/redis', () => {
    it('runs one command and answers with JSON', async () => {
      const set = await post('/v1/redis', ['SET', 'k', 'v', 'EX', 60])
      expect([set.status, set.json]).toEqual([200, { result: 'OK' }])
      expect(set.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      expect((await post('/v1/redis', ['GET', 'k'])).json).toEqual({ result: 'v' })
      expect((await post('/v1/redis', ['GET', 'none'])).json).toEqual({ result: null })
    })

    it('loses no digit in either direction', async () => {
      const sent = '["SET","k",12345678901234567890.10]'
      expect((await post('/v1/redis', sent)).status).toBe(200)
      expect((await post('/v1/redis', ['GET', 'k'])).json).toEqual({ result: '12345678901234567890.10' })
      await server.call('SET', 'n', '9223372036854775806')
      expect((await post('/v1/redis', ['INCR', 'n'])).text).toBe('{"result":9223372036854775807}')
    })

    it('answers maps as objects, also with the field __proto__', async () => {
      await server.call('HSET', 'h', '__proto__', '1', 'a', '2')
      expect((await post('/v1/redis', ['HGETALL', 'h'])).text).toBe('{"result":{"__proto__":"1","a":"2"}}')
      await server.call('ZADD', 'z', '1.5', 'm', 'inf', 'n')
      expect((await post('/v1/redis', ['ZRANGE', 'z', 0, -1, 'WITHSCORES'])).json).toEqual({
        result: [
          ['m', 1.5],
          ['n', 'inf'],
        ],
      })
    })

    it('gives replies as deep as they are, which disturbs nobody', async () => {
      const nested = (depth: number): unknown[] => [
        'EVAL',
        `local t = {} for i = 1, ${depth} do t = {t} end return t`,
        0,
      ]
      const [deep, deeper, other] = await Promise.all([
        post('/v1/redis', nested(1000)),
        // More than can be written as JSON is a failure of this request alone.
        gateway.handle(requestOf('POST', '/v1/redis', { body: nested(7000) })),
        post('/v1/redis', ['PING']),
      ])
      expect([deep.status, deep.text]).toEqual([200, `{"result":${'['.repeat(1001)}${']'.repeat(1001)}}`])
      expect([200, 500]).toContain(deeper.status)
      expect(other.json).toEqual({ result: 'PONG' })
    })

    it('takes and gives bytes as base64', async () => {
      const set = await post('/v1/redis', ['HSET', 'h', { base64: '/wA=' }, { base64: 'AAH/' }])
      expect(set.json).toEqual({ result: 1 })
      expect((await post('/v1/redis?encoding=base64', ['HGETALL', 'h'])).json).toEqual({ result: { '/wA=': 'AAH/' } })
      expect((await post('/v1/redis', ['PING'], { 'ochre-encoding': 'base64' })).json).toEqual({ result: 'PONG' })
      for (const base64 of [
        '*',
        'A',
        'AA=',
        'AAAAA',
        'AAAA=',
        'AAAA==',
        '====',
        '==',
        'AAA==',
        'AA===',
        'AA A',
        'AA-_',
      ])
        expect([base64, (await post('/v1/redis', ['GET', { base64 }])).status]).toEqual([base64, 400])
      for (const base64 of ['', 'AA', 'AA==', 'AAA', 'AAA=', 'AAAA'])
        expect([base64, (await post('/v1/redis', ['GET', { base64 }])).status]).toEqual([base64, 200])
      const large = Buffer.alloc(5_000_000, 0xff)
      expect((await post('/v1/redis', ['SET', 'k', { base64: large.toString('base64') }])).status).toBe(200)
      expect((await post('/v1/redis', ['STRLEN', 'k'])).json).toEqual({ result: large.length })
    })

    it('maps errors to problem documents', async () => {
      await server.call('LPUSH', 'l', 'x')
      const wrong = await post('/v1/redis', ['GET', 'l'])
      expect(wrong.status).toBe(400)
      expect(wrong.headers['content-type']).toBe('application/problem+json')
      expect(wrong.json).toMatchObject({ code: 'WRONGTYPE', status: 400, type: 'urn:ochre:problem:WRONGTYPE' })
      const cases: [unknown, number, string][] = [
        [['NOSUCH'], 400, 'UNKNOWN_COMMAND'],
        [['SUBSCRIBE', 'c'], 400, 'COMMAND_REFUSED'],
        [['GET'], 400, 'ERR'],
        [[], 400, 'BAD_REQUEST'],
        [{ a: 1 }, 400, 'BAD_REQUEST'],
        [['GET', null], 400, 'BAD_REQUEST'],
        ['{"', 400, 'BAD_JSON'],
      ]
      for (const [body, status, code] of cases) {
        const answer = await post('/v1/redis', body)
        expect([body, answer.status, (answer.json as { code: string }).code]).toEqual([body, status, code])
      }
    })

    it('selects a database with ?db=', async () => {
      await post('/v1/redis?db=3', ['SET', 'k', 'three'])
      expect((await post('/v1/redis', ['GET', 'k'])).json).toEqual({ result: null })
      expect((await post('/v1/redis', ['GET', 'k'], { 'ochre-db': '3' })).json).toEqual({ result: 'three' })
      expect((await post('/v1/redis?db=x', ['PING'])).status).toBe(400)
    })
  })

  describe('commands that block', () => {
    it('wait on connections of their own while others go on', async () => {
      const waiting = post('/v1/redis', ['BLPOP', 'q', 0])
      for (let i = 0; i < 50; i++) expect((await post('/v1/redis', ['PING'])).status).toBe(200)
      await server.call('RPUSH', 'q', 'job')
      expect((await waiting).json).toEqual({ result: ['q', 'job'] })
      expect((await post('/v1/redis', ['BLPOP', 'q', '0.01'])).json).toEqual({ result: null })
      const read = post('/v1/redis', ['XREAD', 'BLOCK', 0, 'STREAMS', 's', '$'])
      for (;;) {
        await server.call('XADD', 's', '*', 'f', 'v')
        if (await Promise.race([read.then(() => true), post('/v1/redis', ['PING']).then(() => false)])) break
      }
      expect((await read).status).toBe(200)
    })

    it('end when the caller leaves, and take nothing then', async () => {
      const abort = new AbortController()
      const waiting = gateway.handle(requestOf('POST', '/v1/redis', { body: ['BLPOP', 'q', 0], signal: abort.signal }))
      await post('/v1/redis', ['PING'])
      abort.abort()
      expect((await waiting).status).toBe(499)
      // The connection is closed; the server hears of it in its own time.
      await expect.poll(() => server.call('CLIENT', 'LIST')).not.toContain('cmd=blpop')
      expect(await server.call('RPUSH', 'q', 'job')).toBe(1)
      for (let i = 0; i < 20; i++) await post('/v1/redis', ['PING'])
      expect(await server.call('LLEN', 'q')).toBe(1)
    })

    it('are limited in number, and refused where others would wait for them', async () => {
      const abort = new AbortController()
      setMaxListeners(0, abort.signal)
      const body = ['BLPOP', 'q', 0]
      const waiting = Array.from({ length: 32 }, () =>
        gateway.handle(requestOf('POST', '/v1/redis', { body, signal: abort.signal })),
      )
      expect((await post('/v1/redis', body)).status).toBe(429)
      expect((await post('/v1/redis/transaction', [body])).status).toBe(400)
      abort.abort()
      for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(499)
    })
  })

  describe('POST /v1/redis/pipeline', () => {
    it('gives each command its own outcome', async () => {
      const answer = await post('/v1/redis/pipeline', [
        ['SET', 'k', 'x'],
        ['INCR', 'k'],
        ['SELECT', '1'],
        ['GET', 'k'],
      ])
      expect(answer.status).toBe(200)
      expect(answer.json).toEqual({
        results: [
          { result: 'OK' },
          { error: { code: 'ERR', message: 'ERR value is not an integer or out of range', status: 400 } },
          {
            error: {
              code: 'COMMAND_REFUSED',
              message: "'select' changes or blocks a connection and is not offered here",
              status: 400,
            },
          },
          { result: 'x' },
        ],
      })
    })

    it('gives bytes as base64', async () => {
      await server.call('HSET', 'h', Buffer.from([255]), Buffer.from([0, 254]))
      const commands = [
        ['HGETALL', 'h'],
        ['SET', 'k', { base64: 'AP8=' }],
        ['GET', 'k'],
        ['STRLEN', 'k'],
      ]
      const expected = {
        results: [{ result: { '/w==': 'AP4=' } }, { result: 'OK' }, { result: 'AP8=' }, { result: 2 }],
      }
      expect((await post('/v1/redis/pipeline?encoding=base64', commands)).json).toEqual(expected)
      const inTransaction = await post('/v1/redis/transaction?encoding=base64', commands.slice(1))
      expect(inTransaction.json).toEqual({ results: expected.results.slice(1) })
    })

    it('refuses more commands than the limit', async () => {
      expect((await post('/v1/redis/pipeline', Array(1001).fill(['PING']))).status).toBe(400)
    })
  })

  describe('POST /v1/redis/transaction', () => {
    it('runs all as one, errors at run time included', async () => {
      const answer = await post('/v1/redis/transaction', [
        ['SET', 'k', 'x'],
        ['INCR', 'k'],
        ['GET', 'k'],
      ])
      expect(answer.json).toEqual({
        results: [{ result: 'OK' }, { error: expect.objectContaining({ code: 'ERR' }) }, { result: 'x' }],
      })
    })

    it('runs nothing when one command is refused', async () => {
      expect((await post('/v1/redis/transaction', [['SET', 'a', '1'], ['NOSUCH']])).status).toBe(400)
      expect(
        (
          await post('/v1/redis/transaction', [
            ['SET', 'a', '1'],
            ['SUBSCRIBE', 'x'],
          ])
        ).status,
      ).toBe(400)
      expect(await server.call('EXISTS', 'a')).toBe(0)
    })

    it('runs nothing when the server cannot queue one', async () => {
      const answer = await post('/v1/redis/transaction', [
        ['SET', 'a', '1'],
        ['VADD', 'k', 'FP32', 'x', 'e'],
      ])
      expect([answer.status, (answer.json as { code: string }).code]).toEqual([400, 'EXECABORT'])
      expect(await server.call('EXISTS', 'a')).toBe(0)
      expect((await post('/v1/redis', ['PING'])).json).toEqual({ result: 'PONG' })
    })

    it('never mixes with other commands on the shared connection', async () => {
      const rounds = Array.from({ length: 50 }, async (_, i) => {
        const inside = post('/v1/redis/transaction', [
          ['INCR', 'n'],
          ['INCR', 'n'],
          ['GET', 'n'],
        ])
        const outside = post('/v1/redis', ['SET', `other:${i}`, 'x'])
        const { results } = (await inside).json as { results: { result: number | string }[] }
        await outside
        expect(Number(results[1]!.result)).toBe(Number(results[0]!.result) + 1)
        expect(Number(results[2]!.result)).toBe(Number(results[1]!.result))
      })
      await Promise.all(rounds)
      expect(await server.call('GET', 'n')).toBe('100')
    })
  })

  describe('POST /v1/redis/batch', () => {
    it('runs them in its own database and encoding where they name none', async () => {
      const requests = [
        { method: 'PUT', path: '/v1/redis/strings/a', body: { value: 'in 3' } },
        { method: 'PUT', path: '/v1/redis/strings/a?db=4', body: { value: 'in 4' } },
        { method: 'POST', path: '/v1/redis', body: ['GET', 'a'] },
      ]
      const headers = { 'ochre-db': '3', 'ochre-encoding': 'base64' }
      const answer = await ask(gateway, 'POST', '/v1/redis/batch', { body: { requests }, headers })
      expect(answer.json).toEqual({
        responses: [
          { status: 204, body: null },
          { status: 204, body: null },
          { status: 200, body: { result: Buffer.from('in 3').toString('base64') } },
        ],
      })
      const get = async (db: number) => (await post(`/v1/redis?db=${db}`, ['GET', 'a'])).json
      expect([await get(0), await get(3), await get(4)]).toEqual([
        { result: null },
        { result: 'in 3' },
        { result: 'in 4' },
      ])
    })

    it('runs other requests with the same credential', async () => {
      const answer = await post('/v1/redis/batch', {
        requests: [
          { method: 'PUT', path: '/v1/redis/strings/a', body: { value: '1' } },
          { method: 'GET', path: '/v1/redis/strings/a' },
          { method: 'GET', path: '/v1/redis/strings/none' },
          { method: 'DELETE', path: '/v1/nothing' },
        ],
      })
      expect(answer.json).toEqual({
        responses: [
          { status: 204, body: null },
          { status: 200, body: { value: '1', ttl: null } },
          { status: 404, body: expect.objectContaining({ code: 'NOT_FOUND' }) },
          { status: 404, body: expect.objectContaining({ code: 'NOT_FOUND' }) },
        ],
      })
    })
  })
})
