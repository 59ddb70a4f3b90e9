// WebSockets over a real port, over a real server and the embedded engine: frames, both codecs, limits, refusals.
import { once } from 'node:events'
import { Packr, Unpackr } from 'msgpackr'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig, type RunningGateway, startGateway } from '../../packages/gateway/src/index.ts'
import { ROOT } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let running: RunningGateway
  beforeAll(async () => {
    server = await startBackend(backend)
    await server.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA')
    running = await startGateway({
      redis: server.redis,
      config: loadConfig({
        env: { OCHRE_PORT: '0', OCHRE_ADMIN_PORT: '0', OCHRE_ROOT_KEY: ROOT, OCHRE_LOG_LEVEL: 'silent' },
      }).config,
    })
  })
  afterAll(async () => {
    await running.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.call('FLUSHALL')
  })

  type Frame = { id?: unknown; t?: string; ok?: boolean; r?: unknown; e?: { code: string; status: number } } & Record<
    string,
    unknown
  >

  /** A socket whose frames can be awaited one by one. */
  class Peer {
    readonly ws: WebSocket
    readonly #frames: Frame[] = []
    readonly #waiting: ((frame: Frame) => void)[] = []
    readonly closed: Promise<number>

    constructor(ws: WebSocket, decode: (data: Buffer) => Frame = (data) => JSON.parse(data.toString('utf8'))) {
      this.ws = ws
      this.closed = new Promise((resolve) => ws.once('close', resolve))
      ws.on('message', (data: Buffer) => {
        const frame = decode(data)
        const next = this.#waiting.shift()
        if (next === undefined) this.#frames.push(frame)
        else next(frame)
      })
    }

    static async open(
      path = '/v1/ws',
      options: { token?: string | null; protocols?: string[]; origin?: string } = {},
    ): Promise<Peer> {
      const { token = ROOT, protocols = [], origin } = options
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
      if (origin !== undefined) headers.origin = origin
      const ws = new WebSocket(running.url.replace('http', 'ws') + path, protocols, { headers })
      const peer = new Peer(
        ws,
        protocols.includes('ochre.v1.msgpack') ? (data) => unpackr.unpack(data) as Frame : undefined,
      )
      await once(ws, 'open')
      return peer
    }

    next(): Promise<Frame> {
      const frame = this.#frames.shift()
      return frame === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(frame)
    }

    send(frame: unknown): void {
      this.ws.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
    }

    ask(frame: unknown): Promise<Frame> {
      this.send(frame)
      return this.next()
    }

    async close(): Promise<void> {
      this.ws.close()
      await this.closed
    }
  }

  const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' })
  const packr = new Packr({ useRecords: false })

  describe('JSON frames', () => {
    it('run commands, pipelines, transactions and requests', async () => {
      const peer = await Peer.open()
      expect(await peer.ask({ id: 1, t: 'cmd', c: ['SET', 'k', 'v'] })).toEqual({ id: 1, ok: true, r: 'OK' })
      expect(await peer.ask({ id: 'a', t: 'cmd', c: ['GET', 'k'], enc: 'base64' })).toEqual({
        id: 'a',
        ok: true,
        r: 'dg==',
      })
      expect(await peer.ask({ id: 2, t: 'cmd', c: ['INCR', 'k'] })).toMatchObject({
        id: 2,
        ok: false,
        e: { code: 'ERR', status: 400 },
      })
      expect(await peer.ask({ id: 3, t: 'pipeline', c: [['INCR', 'n'], ['NOSUCH']] })).toMatchObject({
        id: 3,
        ok: true,
        r: [
          { ok: true, r: 1 },
          { ok: false, e: { code: 'UNKNOWN_COMMAND' } },
        ],
      })
      expect(
        await peer.ask({
          id: 4,
          t: 'multi',
          c: [
            ['INCR', 'n'],
            ['GET', 'n'],
          ],
        }),
      ).toMatchObject({
        r: [
          { ok: true, r: 2 },
          { ok: true, r: '2' },
        ],
      })
      expect(await peer.ask({ id: 5, t: 'req', method: 'GET', path: '/v1/redis/strings/k' })).toEqual({
        id: 5,
        ok: true,
        status: 200,
        r: { value: 'v', ttl: null },
      })
      expect(await peer.ask({ id: 6, t: 'req', method: 'GET', path: '/v1/redis/strings/none' })).toMatchObject({
        ok: false,
        status: 404,
      })
      expect(await peer.ask({ id: 7, t: 'ping' })).toEqual({ id: 7, ok: true, r: 'pong' })
      expect(await peer.ask({ id: 8, t: 'cmd', c: ['GET', 'k'], db: 2 })).toEqual({ id: 8, ok: true, r: null })
      expect(await peer.ask({ id: 9, t: 'cmd', c: ['SUBSCRIBE', 'c'] })).toMatchObject({
        e: { code: 'COMMAND_REFUSED' },
      })
      await peer.close()
    })

    it('answer many at once, each with its id', async () => {
      const peer = await Peer.open()
      const ids = Array.from({ length: 1000 }, (_, i) => i)
      for (const id of ids) peer.send({ id, t: 'cmd', c: ['ECHO', id] })
      const answers = new Map<unknown, unknown>()
      for (const _ of ids) {
        const frame = await peer.next()
        answers.set(frame.id, frame.r)
      }
      expect(answers.size).toBe(1000)
      for (const id of ids) expect(answers.get(id)).toBe(String(id))
      await peer.close()
    })

    it('survive nonsense', async () => {
      const peer = await Peer.open()
      for (const frame of [
        '',
        '{',
        '[]',
        'null',
        '{"t":"nope"}',
        '{"t":"cmd"}',
        '{"id":{},"t":"cmd","c":[]}',
        '['.repeat(5000),
      ]) {
        expect(await peer.ask(frame)).toMatchObject({ ok: false })
      }
      expect(await peer.ask({ id: 1, t: 'ping' })).toMatchObject({ ok: true })
      await peer.close()
    })
  })

  describe('MessagePack frames', () => {
    it('carry bytes and long integers as they are', async () => {
      const peer = await Peer.open('/v1/ws', { protocols: ['ochre.v1.msgpack'] })
      const value = Buffer.from([0, 255, 128])
      expect(await peer.ask(packr.pack({ id: 1, t: 'cmd', c: ['SET', 'k', value] }))).toEqual({
        id: 1,
        ok: true,
        r: 'OK',
      })
      const read = await peer.ask(packr.pack({ id: 2, t: 'cmd', c: ['GET', 'k'], enc: 'bytes' }))
      expect(Buffer.from(read.r as Uint8Array)).toEqual(value)
      await server.call('SET', 'n', '9223372036854775806')
      expect(await peer.ask(packr.pack({ id: 3, t: 'cmd', c: ['INCR', 'n'] }))).toEqual({
        id: 3,
        ok: true,
        r: 9223372036854775807n,
      })
      await server.call('HSET', 'h', 'a', '1')
      expect(await peer.ask(packr.pack({ id: 4, t: 'cmd', c: ['HGETALL', 'h'] }))).toEqual({
        id: 4,
        ok: true,
        r: { a: '1' },
      })
      expect(await peer.ask(Buffer.from([0xc1]))).toMatchObject({ ok: false, e: { code: 'BAD_JSON' } })
      await peer.close()
    })
  })

  describe('credentials', () => {
    it('come in the first frame and can be changed', async () => {
      const peer = await Peer.open('/v1/ws', { token: null })
      expect(await peer.ask({ id: 1, t: 'cmd', c: ['PING'] })).toMatchObject({ e: { code: 'UNAUTHENTICATED' } })
      expect(await peer.ask({ id: 2, t: 'hello', token: ROOT })).toEqual({ id: 2, ok: true, r: { principal: 'root' } })
      expect(await peer.ask({ id: 3, t: 'cmd', c: ['PING'] })).toMatchObject({ r: 'PONG' })
      const { key, record } = await running.gateway.keys.create('reader', { scopes: ['read'], keys: ['a*'] })
      expect(await peer.ask({ id: 4, t: 'hello', token: key })).toMatchObject({ r: { principal: record.id } })
      expect(await peer.ask({ id: 5, t: 'cmd', c: ['SET', 'a', '1'] })).toMatchObject({
        e: { code: 'NOT_PERMITTED', status: 403 },
      })
      expect(await peer.ask({ id: 6, t: 'cmd', c: ['GET', 'b'] })).toMatchObject({ e: { code: 'NOT_PERMITTED' } })
      expect(await peer.ask({ id: 7, t: 'cmd', c: ['GET', 'a'] })).toMatchObject({ r: null })
      expect(await peer.ask({ id: 8, t: 'hello', token: 'wrong' })).toMatchObject({ e: { code: 'UNAUTHENTICATED' } })
      expect(await peer.closed).toBe(4401)
    })

    it('are those of the frames behind them, which need not wait for the answer', async () => {
      const peer = await Peer.open('/v1/ws', { token: null })
      const { key, record } = await running.gateway.keys.create('reader', { scopes: ['read'], keys: ['*'] })
      const long = 'x'.repeat(100_000)
      peer.send({ id: 1, t: 'hello', token: ROOT })
      peer.send({ id: 2, t: 'cmd', c: ['SET', 'a', long] })
      peer.send({ id: 3, t: 'hello', token: key })
      peer.send({ id: 4, t: 'cmd', c: ['DEL', 'a'] })
      peer.send({ id: 5, t: 'req', method: 'GET', path: '/v1/redis/strings/a' })
      const answers = new Map<unknown, Frame>()
      while (answers.size < 5) {
        const frame = await peer.next()
        answers.set(frame.id, frame)
      }
      expect(answers.get(1)).toMatchObject({ r: { principal: 'root' } })
      expect(answers.get(2)).toMatchObject({ r: 'OK' })
      expect(answers.get(3)).toMatchObject({ r: { principal: record.id } })
      expect(answers.get(4)).toMatchObject({ e: { code: 'NOT_PERMITTED' } })
      expect(answers.get(5)).toMatchObject({ status: 200, r: { value: long } })
      await peer.close()
    })

    it('come in the subprotocol', async () => {
      const peer = await Peer.open('/v1/ws', { token: null, protocols: ['ochre.v1.json', `ochre.token.${ROOT}`] })
      expect(peer.ws.protocol).toBe('ochre.v1.json')
      expect(await peer.ask({ id: 1, t: 'cmd', c: ['PING'] })).toMatchObject({ r: 'PONG' })
      await peer.close()
    })

    it('that are wrong, foreign origins and other paths are refused before there is a socket', async () => {
      const refused = async (path: string, headers: Record<string, string>): Promise<number> => {
        const ws = new WebSocket(running.url.replace('http', 'ws') + path, { headers })
        ws.on('error', () => {})
        const [, response] = (await once(ws, 'unexpected-response')) as [
          unknown,
          { statusCode: number; resume(): void },
        ]
        response.resume()
        return response.statusCode
      }
      expect(await refused('/v1/ws', { authorization: 'Bearer wrong' })).toBe(401)
      expect(await refused('/v1/ws', { authorization: `Bearer ${ROOT}`, origin: 'https://evil.example' })).toBe(403)
      expect(await refused('/nothing', { authorization: `Bearer ${ROOT}` })).toBe(404)
    })
  })

  describe('frames of DBX', () => {
    it('are answered in their own form', async () => {
      const peer = await Peer.open('/ws')
      const ask = (action: string, params?: object) => peer.ask({ id: action, command: { action, params } })
      expect(await ask('set', { key: 'a/b', value: 'v', ttl: 60 })).toMatchObject({
        id: 'set',
        success: true,
        data: { value: 'v' },
      })
      expect(await ask('get', { key: 'a/b' })).toMatchObject({ success: true, data: { value: 'v' } })
      expect(await ask('get', { key: 'none' })).toMatchObject({ success: false, error: 'There is no such key.' })
      expect(await ask('ttl', { key: 'a/b' })).toMatchObject({ data: { ttl: 60 } })
      expect(await ask('incrby', { key: 'n', increment: 3 })).toMatchObject({ data: { value: 3 } })
      expect(await ask('batch_get', { keys: ['a/b', 'none'] })).toMatchObject({ data: { key_values: { 'a/b': 'v' } } })
      expect(await ask('list_keys', { pattern: 'a*' })).toMatchObject({ data: { keys: ['a/b'] } })
      expect(await ask('delete', { key: 'a/b' })).toMatchObject({ data: { deleted_count: 1 } })
      expect(await ask('ping')).toMatchObject({ success: true, data: true })
      expect(await ask('nope')).toMatchObject({ success: false })
      await peer.close()
    })
  })

  describe('subscriptions', () => {
    it('bring messages, keyspace events and stream entries, until they are ended', async () => {
      const peer = await Peer.open()
      await server.call('XADD', 's', '1-1', 'a', '1')
      const sub = {
        id: 9,
        t: 'sub',
        channels: ['c'],
        patterns: ['p*'],
        keyspace: ['user:*'],
        streams: [{ key: 's', after: '0' }],
      }
      peer.send(sub)
      expect(await peer.next()).toEqual({ t: 'entry', ref: 9, key: 's', id: '1-1', fields: { a: '1' } })
      expect(await peer.next()).toEqual({ id: 9, ok: true, r: { ref: 9 } })
      await server.call('PUBLISH', 'c', 'hi')
      expect(await peer.next()).toEqual({ t: 'msg', ref: 9, ch: 'c', d: 'hi' })
      await server.call('PUBLISH', 'pq', 'hi')
      expect(await peer.next()).toEqual({ t: 'msg', ref: 9, ch: 'pq', pat: 'p*', d: 'hi' })
      await server.call('SET', 'user:1', 'x')
      expect(await peer.next()).toEqual({ t: 'key', ref: 9, key: 'user:1', event: 'set' })
      await server.call('XADD', 's', '1-2', 'a', '2')
      expect(await peer.next()).toMatchObject({ t: 'entry', id: '1-2' })
      expect(await peer.ask(sub)).toMatchObject({ ok: false, e: { code: 'CONFLICT' } })
      expect(await peer.ask({ id: 10, t: 'unsub', ref: 9 })).toEqual({ id: 10, ok: true, r: true })
      expect(await peer.ask({ id: 11, t: 'unsub', ref: 9 })).toMatchObject({ e: { code: 'NOT_FOUND' } })
      await server.call('PUBLISH', 'c', 'unheard')
      expect(await peer.ask({ id: 12, t: 'ping' })).toMatchObject({ id: 12 })
      await peer.close()
    })

    it('are refused where they are not granted, and end when the new credential does not cover them', async () => {
      const { key } = await running.gateway.keys.create('sub', {
        scopes: ['pubsub', 'read'],
        channels: ['app:*'],
        keys: ['app:*'],
      })
      const peer = await Peer.open()
      expect(await peer.ask({ id: 1, t: 'sub', channels: ['secret'] })).toMatchObject({ ok: true })
      expect(await peer.ask({ id: 2, t: 'hello', token: key })).toEqual({
        t: 'end',
        ref: 1,
        reason: 'not permitted any more',
      })
      expect(await peer.next()).toMatchObject({ id: 2, ok: true })
      expect(await peer.ask({ id: 3, t: 'sub', channels: ['secret'] })).toMatchObject({ e: { code: 'NOT_PERMITTED' } })
      expect(await peer.ask({ id: 4, t: 'sub', keyspace: ['*'] })).toMatchObject({ e: { code: 'NOT_PERMITTED' } })
      expect(await peer.ask({ id: 5, t: 'sub', keyspace: ['app:*'] })).toMatchObject({ ok: true })
      expect(await peer.ask({ id: 6, t: 'sub', streams: [{ key: 'other' }] })).toMatchObject({
        e: { code: 'NOT_PERMITTED' },
      })
      await peer.close()
    })

    it('of a socket that does not read are told and closed', async () => {
      const peer = await Peer.open()
      await peer.ask({ id: 1, t: 'sub', channels: ['flood'] })
      peer.ws.pause()
      const payload = 'x'.repeat(100_000)
      const count = async () => ((await server.call('PUBSUB', 'NUMSUB', 'flood')) as [string, number])[1]
      for (let i = 0; i < 400 && (await count()) > 0; i++) await server.call('PUBLISH', 'flood', payload)
      expect(await count()).toBe(0)
      peer.ws.resume()
      expect([1006, 4408]).toContain(await peer.closed)
    })
  })
})
