// Malformed and hostile requests and frames: only 4xx, no crash, nothing leaks, and the gateway goes on.

import { model, t } from '@ochre/model'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { parseJson } from '../../packages/gateway/src/json.ts'
import { type Codec, Session } from '../../packages/gateway/src/websocket.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT } from './ask.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  tags: t.list(t.string()),
  doc: t.json().optional(),
})
const bugs: unknown[] = []

let server: TestServer
let gateway: Gateway
let reader: string
beforeAll(async () => {
  server = await startServer({ name: 'gateway-fuzz' })
  gateway = await createGateway({
    redis: server.url,
    rootKey: ROOT,
    models: { Item },
    onBug: (error) => bugs.push(error),
  })
  reader = (
    await gateway.keys.create('fuzz', {
      scopes: ['read', 'write', 'models', 'pubsub'],
      keys: ['*'],
      channels: ['*'],
      models: ['*'],
    })
  ).key
})
afterAll(async () => {
  await gateway.close()
  await server.stop()
})

const segment = fc.oneof(
  fc.constantFrom(
    'v1',
    'redis',
    'strings',
    'hashes',
    'lists',
    'sets',
    'sorted-sets',
    'streams',
    'geo',
    'keys',
    'pipeline',
    'models',
    'item',
    'query',
    'atomic',
    'bulk',
    'upstash',
    'get',
    'set',
    'fields',
    'members',
    'a',
    '~',
    '..',
    '%2F',
    '%',
    '%zz',
    '%ff%00',
    '%F0%9F',
    '',
    'increment',
    'pop',
    'entries',
    'groups',
    'api',
    'scripts',
  ),
  fc.string({ maxLength: 8 }).map(encodeURIComponent),
)
const query = fc.oneof(
  fc.constantFrom(
    '',
    'key=a',
    'count=99999999',
    'count=x',
    'cursor=-1',
    'encoding=rot13',
    'db=99999',
    'field=',
    'age=gte',
    'or=((',
    'n=in.(1',
    'order=n.up',
    '%=1',
    'limit=-1',
    'path=[',
  ),
  fc.string({ maxLength: 12 }),
)
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      true,
      -1,
      1e308,
      0,
      '',
      'SET',
      'GET',
      'a',
      '__proto__',
      'constructor',
      '$field',
      { base64: '!' },
      'DEBUG',
      'SUBSCRIBE',
    ),
    fc.string({ maxLength: 10 }),
    fc.double(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        'value',
        'fields',
        'items',
        'members',
        'key',
        'keys',
        'ttl',
        'by',
        'steps',
        'return',
        'when',
        'do',
        'each',
        'where',
        'AND',
        'n',
        '$field',
        '$do',
        '$and',
        '__proto__',
        'to',
        'count',
        'score',
        'member',
        'requests',
        'method',
        'path',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

describe('HTTP', () => {
  it('answers thousands of malformed requests without a bug', async () => {
    let answered = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'),
        fc.array(segment, { minLength: 1, maxLength: 6 }),
        query,
        fc.oneof(fc.constant(undefined), value, fc.string(), fc.uint8Array({ maxLength: 40 })),
        fc.constantFrom<Record<string, string>>(
          {},
          { 'content-type': 'text/plain' },
          { 'if-match': '"x"' },
          { 'if-none-match': '*', 'content-type': 'application/json' },
          { range: 'bytes=9-1', accept: 'application/octet-stream' },
          { 'content-type': 'application/x-ndjson' },
          { 'upstash-encoding': 'base64' },
          { 'idempotency-key': 'é' },
        ),
        async (method, segments, search, body, headers) => {
          const target = `/${segments.join('/')}${search === '' ? '' : `?${search}`}`
          if (/\/events|subscribe|monitor/.test(target)) return
          const { status, text } = await ask(gateway, method, target, { body, headers, token: reader })
          answered++
          expect([target, status]).toEqual([target, expect.any(Number)])
          expect(status < 500, `${method} ${target} ${JSON.stringify(body)} -> ${status} ${text}`).toBe(true)
          expect(text).not.toMatch(/node_modules|\.ts:\d|at async|TypeError/)
        },
      ),
      { numRuns: 2000 },
    )
    expect(bugs).toEqual([])
    expect(answered).toBeGreaterThan(1500)
    expect((await ask(gateway, 'POST', '/v1/redis', { body: ['PING'] })).json).toEqual({ result: 'PONG' })
  })

  it('answers malformed bodies on the routes that read them', async () => {
    const targets = [
      '/v1/redis',
      '/v1/redis/pipeline',
      '/v1/redis/transaction',
      '/v1/redis/batch',
      '/v1/models/item',
      '/v1/models/item/query',
      '/v1/models/item/x/atomic',
      '/v1/models/item/bulk',
      '/v1/redis/scripts/eval',
      '/upstash',
      '/upstash/pipeline',
      '/upstash/multi-exec',
      '/v1/redis/sorted-sets/z',
      '/v1/redis/geo/g/search',
      '/v1/redis/streams/s',
      '/v1/keys',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.oneof(value, fc.string()), async (target, body) => {
        const { status } = await ask(gateway, 'POST', target, { body, token: reader })
        expect([target, body, status < 500]).toEqual([target, body, true])
      }),
      { numRuns: 1500 },
    )
    expect(bugs).toEqual([])
  })
})

describe('WebSocket frames', () => {
  it('are answered or refused, each of them, without a bug', async () => {
    const sent: string[] = []
    const codec: Codec = { name: 'ochre.v1.json', decode: parseJson }
    const session = new Session({
      gateway,
      codec,
      remoteAddress: '127.0.0.1',
      token: reader,
      peer: { send: (data) => sent.push(String(data)), bufferedBytes: () => 0, pause() {}, resume() {}, close() {} },
    })
    const frame = fc.oneof(
      fc.string(),
      value.map((v) => JSON.stringify(v)),
      fc
        .record(
          {
            id: value,
            t: fc.constantFrom('cmd', 'pipeline', 'multi', 'req', 'sub', 'unsub', 'ping', 'x'),
            c: value,
            channels: value,
            ref: value,
            streams: value,
            method: value,
            path: value,
            body: value,
            command: value,
            db: value,
            enc: value,
          },
          { requiredKeys: ['t'] },
        )
        .map((v) => JSON.stringify(v)),
    )
    let frames = 0
    await fc.assert(
      fc.asyncProperty(frame, async (text) => {
        session.onFrame(text)
        frames++
        await new Promise((resolve) => setImmediate(resolve))
      }),
      { numRuns: 2000 },
    )
    // The last answer is behind all others that are still on their way to Redis and back.
    await gateway.connections.own.call('PING')
    for (let i = 0; i < 200 && sent.length < frames; i++) await gateway.connections.own.call('PING')
    expect(sent.filter((text) => /"(ok|success)":/.test(text)).length).toBe(frames)
    expect(bugs).toEqual([])
    session.onClose()
  })
})
