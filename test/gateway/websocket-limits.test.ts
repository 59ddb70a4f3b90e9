// WebSockets that misbehave: bytes that are no frames, frames of every size, readers that do not read, more work than may be
// done at once, credentials that shrink.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Packr, Unpackr } from 'msgpackr'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig, type RunningGateway, startGateway } from '../../packages/gateway/src/index.ts'
import { parseJson } from '../../packages/gateway/src/json.ts'
import { Session } from '../../packages/gateway/src/websocket.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ROOT } from './ask.ts'

let server: TestServer
let running: RunningGateway
beforeAll(async () => {
  server = await startServer({ name: 'gateway-ws-limits', config: { 'notify-keyspace-events': 'KEA' } })
  const env = {
    OCHRE_PORT: '0',
    OCHRE_ADMIN: 'false',
    OCHRE_ROOT_KEY: ROOT,
    OCHRE_LOG_LEVEL: 'silent',
    OCHRE_BODY_LIMIT: '1mb',
    OCHRE_SOCKET_IN_FLIGHT: '16',
    OCHRE_SOCKET_SUBSCRIPTIONS: '5',
  }
  running = await startGateway({ redis: server.url, config: loadConfig({ env }).config })
})
afterAll(async () => {
  await running.close()
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

type Frame = Record<string, unknown>

async function open(token: string | null = ROOT, protocols: string[] = []): Promise<WebSocket> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const ws = new WebSocket(`${running.url.replace('http', 'ws')}/v1/ws`, protocols, { headers })
  await once(ws, 'open')
  return ws
}

/** The next frame as text, or the code with which the socket is closed. */
async function next(ws: WebSocket): Promise<string | number> {
  const abort = new AbortController()
  const { signal } = abort
  const message = once(ws, 'message', { signal }).then(([data]) => String(data))
  const closed = once(ws, 'close', { signal }).then(([code]) => code as number)
  const first = await Promise.race([message, closed])
  message.catch(() => {})
  closed.catch(() => {})
  abort.abort()
  return first
}

async function ask(ws: WebSocket, frame: unknown): Promise<Frame> {
  const answer = next(ws)
  ws.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame))
  return JSON.parse(String(await answer)) as Frame
}

/** A frame as a client writes it, with a mask of its own. */
function frameBytes(payload: Buffer, opcode: number, isLast = true): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const length = Buffer.alloc(9)
  length.writeBigUInt64BE(BigInt(payload.length), 1)
  length[0] = 0x80 | 127
  return Buffer.concat([
    Buffer.from([(isLast ? 0x80 : 0) | opcode]),
    length,
    mask,
    payload.map((byte, i) => byte ^ mask[i % 4]!),
  ])
}

const rawOf = (ws: WebSocket): Socket => (ws as unknown as { _socket: Socket })._socket

describe('bytes', () => {
  it.each<[string, Buffer, number | RegExp]>([
    ['text that is not UTF-8', frameBytes(Buffer.from([0xff, 0xfe]), 1), 1007],
    ['JSON in a binary frame that is not UTF-8', frameBytes(Buffer.from('{"\xff":1}', 'latin1'), 2), /BAD_JSON/],
    ['a frame without a mask', Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ['a reserved opcode', frameBytes(Buffer.from('x'), 3), 1002],
    ['a continuation of nothing', frameBytes(Buffer.from('x'), 0), 1002],
    ['a ping of 126 bytes', frameBytes(Buffer.alloc(126), 9), 1002],
    [
      'compression that was not agreed on',
      Buffer.concat([Buffer.from([0xc1]), frameBytes(Buffer.from('x'), 1).subarray(1)]),
      1002,
    ],
    ['a length of 2^62', Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009],
    ['a frame above the limit', frameBytes(Buffer.alloc(1_100_000, 0x20), 1), 1009],
    [
      'fragments above the limit',
      Buffer.concat([frameBytes(Buffer.alloc(600_000, 0x20), 1, false), frameBytes(Buffer.alloc(600_000, 0x20), 0)]),
      1009,
    ],
    [
      'fragments with a ping between',
      Buffer.concat([
        frameBytes(Buffer.from('{"id":7,'), 1, false),
        Buffer.from([0x89, 0x80, 1, 2, 3, 4]),
        frameBytes(Buffer.from('"t":'), 0, false),
        frameBytes(Buffer.from('"ping"}'), 0),
      ]),
      /"id":7,"ok":true/,
    ],
    ['an empty frame', frameBytes(Buffer.alloc(0), 1), /BAD_JSON/],
  ])('%s', async (_, bytes, expected) => {
    const ws = await open()
    ws.on('error', () => {})
    const answer = next(ws)
    rawOf(ws).write(bytes)
    if (typeof expected === 'number') expect(await answer).toBe(expected)
    else expect(await answer).toMatch(expected)
    ws.terminate()
  })
})

describe('frames', () => {
  it('have ids that come back as they were, or are refused', async () => {
    const ws = await open()
    for (const id of ['1', '1.5', '-0', '123456789012345678901', '"a"', '"ä\\n"', 'null']) {
      const answer = next(ws)
      ws.send(`{"id":${id},"t":"ping"}`)
      expect(await answer).toBe(`{"id":${id},"ok":true,"r":"pong"}`)
    }
    for (const id of [{}, [], true, 'x'.repeat(65)]) {
      expect(await ask(ws, { id, t: 'cmd', c: ['SET', 'k', 'v'] })).toMatchObject({
        id: null,
        ok: false,
        e: { code: 'BAD_REQUEST' },
      })
    }
    expect(await server.call('EXISTS', 'k')).toBe(0)
    ws.close()
  })

  it('lose no digit and no byte, in either codec', async () => {
    const json = await open()
    json.send('{"id":1,"t":"cmd","c":["SET","k",12345678901234567890.10]}')
    await once(json, 'message')
    expect(await server.call('GET', 'k')).toBe('12345678901234567890.10')
    json.close()
    const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: 'bigint' })
    const packr = new Packr({ useRecords: false })
    const packed = await open(ROOT, ['ochre.v1.msgpack'])
    const call = async (frame: unknown): Promise<unknown> => {
      const answer = once(packed, 'message')
      packed.send(Buffer.isBuffer(frame) ? frame : packr.pack(frame))
      const map = unpackr.unpack((await answer)[0] as Buffer) as Map<string, unknown>
      return map.get('ok') === true ? map.get('r') : (map.get('e') as Map<string, unknown>).get('code')
    }
    const bytes = Buffer.from([0xff, 0, 0x80])
    expect(await call({ id: 1, t: 'cmd', c: ['HSET', 'h', bytes, bytes, 'text', 'ä'] })).toBe(2)
    const all = (await call({ id: 2, t: 'cmd', c: ['HGETALL', 'h'], enc: 'bytes' })) as Map<unknown, Buffer>
    expect([...all].map(([name, value]) => [name, Buffer.from(value)])).toEqual([
      [bytes, bytes],
      ['text', Buffer.from('ä')],
    ])
    expect(await call({ id: 3, t: 'cmd', c: ['INCRBY', 'n', 2n ** 63n - 1n] })).toBe(2n ** 63n - 1n)
    expect(await call({ id: 4, t: 'cmd', c: ['ZADD', 'z', 1.5, 'a', Number.POSITIVE_INFINITY, 'b'] })).toBe(2)
    expect(
      await call({
        id: 5,
        t: 'pipeline',
        c: [
          ['ZSCORE', 'z', 'b'],
          ['GET', 'none'],
        ],
        enc: 'bytes',
      }),
    ).toEqual([
      new Map<string, unknown>([
        ['ok', true],
        ['r', Number.POSITIVE_INFINITY],
      ]),
      new Map<string, unknown>([
        ['ok', true],
        ['r', null],
      ]),
    ])
    let deep = packr.pack(1)
    for (let i = 0; i < 1000; i++) deep = Buffer.concat([Buffer.from([0x91]), deep])
    const bad = [
      Buffer.from([0xc1]),
      Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.concat([packr.pack({ t: 'ping' }), packr.pack({ t: 'ping' })]),
      packr.pack({ id: 1, t: 'cmd', c: ['SET', 'k', new Date()] }),
      deep,
    ]
    for (const frame of bad) expect(await call(frame)).toBe('BAD_JSON')
    // An id that JSON cannot write is none.
    for (const id of [Number.NaN, Number.NEGATIVE_INFINITY]) expect(await call({ id, t: 'ping' })).toBe('BAD_REQUEST')
    expect(await call({ t: 'ping' })).toBe('pong')
    packed.close()
  })

  it('lose no digit of what routes and scripts answer either', async () => {
    await server.call('SET', 'n', '9007199254740992')
    const packed = await open(ROOT, ['ochre.v1.msgpack'])
    const packr = new Packr({ useRecords: false })
    const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' })
    const call = async (frame: object): Promise<unknown> => {
      const answer = once(packed, 'message')
      packed.send(packr.pack(frame))
      return unpackr.unpack((await answer)[0] as Buffer)
    }
    expect(
      await call({ id: 2n ** 60n + 1n, t: 'req', method: 'POST', path: '/v1/redis', body: ['INCR', 'n'] }),
    ).toEqual({
      id: 2n ** 60n + 1n,
      ok: true,
      status: 200,
      r: { result: 9007199254740993n },
    })
    expect(await call({ id: 2n ** 60n + 1n, t: 'ping' })).toMatchObject({ id: 2n ** 60n + 1n })
    const dbx = { action: 'incrby', params: { key: 'n', increment: 2 } }
    expect(await call({ id: 3, command: dbx })).toMatchObject({ data: { value: 9007199254740995n } })
    // Bytes are bytes where JSON can say so, and refused where it cannot.
    const bytes = Buffer.from([0xff, 0])
    const put = { id: 4, t: 'req', method: 'PUT', path: '/v1/redis/strings/b' }
    expect(await call({ ...put, body: { value: bytes } })).toMatchObject({ ok: false, e: { code: 'BAD_REQUEST' } })
    expect(await call({ ...put, body: { value: { base64: '/wA=' } } })).toMatchObject({ ok: true, status: 204 })
    const set = (key: unknown, value: unknown) => call({ id: 4, command: { action: 'set', params: { key, value } } })
    expect(await set('c', bytes)).toMatchObject({ success: false })
    expect(await set(bytes, { base64: '/wA=' })).toMatchObject({ success: true })
    expect(await call({ id: 4, t: 'cmd', c: ['MGET', 'b', 'c', bytes], enc: 'bytes' })).toMatchObject({
      r: [bytes, null, bytes],
    })
    // A number of more than 64 bits is text, of which nothing is lost.
    const lua = "redis.setresp(3) return {big_number = '123456789012345678901234567890'}"
    expect(await call({ id: 4, t: 'cmd', c: ['EVAL', lua, 0] })).toMatchObject({ r: '123456789012345678901234567890' })
    packed.close()
    const json = await open()
    const answer = next(json)
    json.send('{"id":1,"command":{"action":"incrby","params":{"key":"n","increment":2}}}')
    expect(await answer).toContain('"value":9007199254740997')
    json.close()
  })
})

describe('work', () => {
  it('is never more at once than the limit, however many frames arrive in one piece, and all of it is done in the end', async () => {
    const { gateway } = running
    const executor = gateway.executor as { run: (...args: never[]) => Promise<unknown> }
    const run = executor.run
    let [inWork, most] = [0, 0]
    executor.run = (...args) => {
      most = Math.max(most, ++inWork)
      return run.apply(gateway.executor, args).finally(() => inWork--)
    }
    try {
      const ws = await open()
      const piece = Buffer.concat(
        Array.from({ length: 2000 }, (_, i) => frameBytes(Buffer.from(`{"id":${i},"t":"cmd","c":["INCR","n"]}`), 1)),
      )
      const seen = new Set<number>()
      ws.on('message', (data) => seen.add((JSON.parse(String(data)) as { id: number }).id))
      rawOf(ws).write(piece)
      await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(2000)
      expect(most).toBeLessThanOrEqual(16)
      expect(await server.call('GET', 'n')).toBe('2000')
      ws.close()
    } finally {
      executor.run = run
    }
  })

  it('stops for a reader that does not read', async () => {
    await server.call('SET', 'big', 'x'.repeat(1_000_000))
    await server.call('CONFIG', 'RESETSTAT')
    const ws = await open()
    ws.pause()
    const get = frameBytes(Buffer.from('{"id":1,"t":"cmd","c":["GET","big"]}'), 1)
    rawOf(ws).write(Buffer.concat(Array(1000).fill(get)))
    const calls = async (): Promise<number> =>
      Number(/cmdstat_get:calls=(\d+)/.exec(String(await server.call('INFO', 'commandstats')))?.[1] ?? 0)
    await expect.poll(calls).toBeGreaterThan(0)
    // Whoever else asks is answered meanwhile, again and again.
    const other = await open()
    for (let i = 0; i < 300; i++)
      expect(await ask(other, { id: i, t: 'cmd', c: ['PING'] })).toMatchObject({ r: 'PONG' })
    expect(await calls()).toBeLessThan(200)
    other.close()
    ws.terminate()
  })

  it('that is waiting when the gateway closes is refused and told, what has begun is answered', async () => {
    const sent: Frame[] = []
    let closed: number | undefined
    const closing: (() => void)[] = []
    const gateway = new Proxy(running.gateway, {
      get: (target, name) =>
        name === 'onClosing'
          ? (callback: () => void) => {
              closing.push(callback)
              return () => {}
            }
          : Reflect.get(target, name, target),
    })
    const session = new Session({
      gateway,
      codec: { name: 'ochre.v1.json', decode: parseJson },
      remoteAddress: '127.0.0.1',
      token: ROOT,
      peer: {
        send: (data) => sent.push(JSON.parse(String(data)) as Frame),
        bufferedBytes: () => 0,
        pause() {},
        resume() {},
        close: (code) => {
          closed = code
        },
      },
    })
    for (let id = 0; id < 20; id++) session.onFrame(`{"id":${id},"t":"cmd","c":["INCR","n"]}`)
    for (const callback of closing) callback()
    session.onFrame('{"id":20,"t":"cmd","c":["INCR","n"]}')
    await expect.poll(() => closed).toBe(1001)
    const byId = new Map(sent.map((frame) => [frame.id, frame]))
    for (let id = 0; id < 16; id++) expect(byId.get(id)).toMatchObject({ ok: true })
    for (let id = 16; id < 21; id++) expect(byId.get(id)).toMatchObject({ ok: false, e: { code: 'SHUTTING_DOWN' } })
    expect(sent.find((frame) => frame.t === 'bye')).toBeDefined()
    expect(await server.call('GET', 'n')).toBe('16')
  })
})

describe('subscriptions', () => {
  it('are counted, and given back', async () => {
    const ws = await open()
    expect(await ask(ws, { id: 1, t: 'sub', channels: ['a', 'b', 'c', 'd', 'e', 'f'] })).toMatchObject({
      e: { code: 'RATE_LIMITED' },
    })
    expect(await ask(ws, { id: 1, t: 'sub', channels: ['a', 'b', 'c', 'd', 'e'] })).toMatchObject({ ok: true })
    expect(await ask(ws, { id: 2, t: 'sub', channels: ['f'] })).toMatchObject({ e: { code: 'RATE_LIMITED' } })
    expect(await ask(ws, { id: 3, t: 'unsub', ref: 1 })).toMatchObject({ ok: true })
    expect(await ask(ws, { id: 2, t: 'sub', channels: ['f', 'f'] })).toMatchObject({ ok: true })
    ws.close()
  })

  it('cost as the commands that they are, and can be taken away like them', async () => {
    const { keys } = running.gateway
    const rate = { perSecond: 0.001, burst: 7 }
    const grant = { scopes: ['read' as const, 'pubsub' as const], keys: ['*'], channels: ['*'] }
    const limited = await open((await keys.create('limited', { ...grant, rate })).key)
    expect(await ask(limited, { id: 1, t: 'sub', channels: ['a'], keyspace: ['*'] })).toMatchObject({ ok: true })
    // The keys of the gateway itself, in which it counts this, are nobody's.
    expect(await ask(limited, { id: 2, t: 'sub', patterns: ['a*'] })).toMatchObject({ ok: true })
    expect(await ask(limited, { id: 3, t: 'sub', channels: ['b'] })).toMatchObject({ e: { code: 'RATE_LIMITED' } })
    limited.close()
    const ws = await open((await keys.create('no patterns', { ...grant, commands: ['-psubscribe'] })).key)
    expect(await ask(ws, { id: 1, t: 'sub', channels: ['a'] })).toMatchObject({ ok: true })
    expect(await ask(ws, { id: 2, t: 'sub', patterns: ['*'] })).toMatchObject({ e: { code: 'NOT_PERMITTED' } })
    ws.close()
  })

  it('of one id are one, also when they come together, and leave nothing behind', async () => {
    const channels = async () => ((await server.call('PUBSUB', 'CHANNELS', 'one:*')) as string[]).sort()
    const ws = await open()
    const answers: Frame[] = []
    ws.on('message', (data) => answers.push(JSON.parse(String(data)) as Frame))
    ws.send('{"id":1,"t":"sub","channels":["one:a"]}')
    ws.send('{"id":1,"t":"sub","channels":["one:b"]}')
    await expect.poll(() => answers.length).toBe(2)
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true])
    expect((await channels()).length).toBe(1)
    ws.close()
    await expect.poll(channels).toEqual([])
  })

  it('that a lesser credential does not cover end with the old one: channels, keys and streams', async () => {
    await server.call('XADD', 'other', '1-1', 'a', '1')
    const { key } = await running.gateway.keys.create('lesser', {
      scopes: ['read', 'pubsub'],
      keys: ['app:*'],
      channels: ['app:*'],
    })
    const ws = await open()
    expect(await ask(ws, { id: 1, t: 'sub', keyspace: ['*'] })).toMatchObject({ ok: true })
    expect(await ask(ws, { id: 2, t: 'sub', streams: [{ key: 'other' }] })).toMatchObject({ ok: true })
    expect(
      await ask(ws, { id: 3, t: 'sub', keyspace: ['app:*'], channels: ['app:x'], streams: [{ key: 'app:s' }] }),
    ).toMatchObject({ ok: true })
    const frames: Frame[] = []
    ws.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame))
    ws.send(JSON.stringify({ id: 4, t: 'hello', token: key }))
    await expect.poll(() => frames.length).toBe(3)
    expect(frames.filter(({ t }) => t === 'end').map(({ ref }) => ref)).toEqual([1, 2])
    await server.call('SET', 'secret', 'x')
    await server.call('XADD', 'other', '1-2', 'a', '2')
    await server.call('SET', 'app:k', 'x')
    await server.call('XADD', 'app:s', '1-1', 'a', '1')
    await expect.poll(() => frames.filter(({ t }) => t === 'entry').length).toBe(1)
    expect(frames.filter(({ ref }) => ref === 1 || ref === 2).filter(({ t }) => t !== 'end')).toEqual([])
    expect(frames.filter(({ t }) => t === 'key').map((frame) => frame.key)).toContain('app:k')
    ws.close()
  })
})

describe('a socket without a credential', () => {
  it('cannot have the gateway wait for the rest of a long frame, nor for many of them', async () => {
    const long = frameBytes(Buffer.alloc(900_000), 2).subarray(0, 300_000)
    const many = Buffer.concat(
      Array.from({ length: 5000 }, () => frameBytes(Buffer.from(`{"t":"ping"}${' '.repeat(40)}`), 1)),
    )
    for (const bytes of [long, many]) {
      const ws = await open(null)
      const closed = once(ws, 'close')
      rawOf(ws).write(bytes)
      expect((await closed)[0]).toBe(4401)
    }
  })

  it('is not listened to at length', async () => {
    const ws = await open(null)
    const closed = once(ws, 'close')
    ws.send(`"${'x'.repeat(70_000)}"`)
    expect((await closed)[0]).toBe(4401)
  })
})
