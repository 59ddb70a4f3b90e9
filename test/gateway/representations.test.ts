// Which form of a resource is answered, which part of it, and under which conditions: Accept, Range, If-*; and values at the
// edges of what JSON can say.
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { type Answer, ask, ROOT } from './ask.ts'

const Item = model('item', { id: t.string(), n: t.int().default(0).index() })

let server: TestServer
let gateway: Gateway
beforeAll(async () => {
  server = await startServer({ name: 'gateway-representations' })
  gateway = await createGateway({ redis: server.url, rootKey: ROOT, models: { Item } })
})
afterAll(async () => {
  await gateway.close()
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
  await server.call('SET', 'v', '0123456789')
})

type Headers = Readonly<Record<string, string>>
const go = (method: string, path: string, headers: Headers = {}, body?: unknown): Promise<Answer> =>
  ask(gateway, method, `/v1/redis/${path}`, { headers, body })
const status = async (method: string, path: string, headers: Headers = {}, body?: unknown): Promise<number> =>
  (await go(method, path, headers, body)).status
const BYTES = { accept: 'application/octet-stream' }

describe('Range', () => {
  const ranged = async (range: string, more: Headers = {}): Promise<unknown[]> => {
    const { status, text, headers } = await go('GET', 'strings/v', { ...BYTES, range, ...more })
    return status === 416 ? [status, headers['content-range']] : [status, text, headers['content-range']]
  }

  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=2-', 206, '23456789', 'bytes 2-9/10'],
    ['bytes=8-99999999999999999999', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['Bytes= 1-2 ', 206, '12', 'bytes 1-2/10'],
    ['bytes=10-', 416, 'bytes */10'],
    ['bytes=-0', 416, 'bytes */10'],
    // What is no range is as if it had not been sent; several ranges may be answered so too.
    ['bytes=5-3', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['items=0-1', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
    ['bytes=a-b', 200, '0123456789', undefined],
  ])('%s', async (range, ...expected) => {
    expect(await ranged(range)).toEqual(expected)
    // The other way: with a condition the whole value is read, and cut here.
    const { etag } = (await go('GET', 'strings/v', BYTES)).headers
    expect(await ranged(range, { 'if-range': etag! })).toEqual(expected)
  })

  it('goes on only in the state that the reader has begun with', async () => {
    const { etag } = (await go('GET', 'strings/v', BYTES)).headers
    await server.call('SET', 'v', 'changed')
    expect(await ranged('bytes=2-', { 'if-range': etag! })).toEqual([200, 'changed', undefined])
    expect(await ranged('bytes=2-', { 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' })).toEqual([
      200,
      'changed',
      undefined,
    ])
    const now = (await go('GET', 'strings/v', BYTES)).headers.etag!
    expect(await ranged('bytes=2-', { 'if-range': now })).toEqual([206, 'anged', 'bytes 2-6/7'])
    // The beginning that was read compressed is no beginning of the bytes.
    expect(await ranged('bytes=2-', { 'if-range': now.replace(/"$/, '-br"') })).toEqual([200, 'changed', undefined])
    expect((await ranged('bytes=2-', { 'if-none-match': now }))[0]).toBe(304)
    expect((await ranged('bytes=2-', { 'if-match': etag! }))[0]).toBe(412)
  })

  it('is nothing for HEAD, for JSON, for an empty value, and for one that is not there', async () => {
    const range = { range: 'bytes=0-1' }
    expect(await status('HEAD', 'strings/v', { ...BYTES, ...range })).toBe(200)
    expect((await go('GET', 'strings/v', range)).json).toEqual({ value: '0123456789', ttl: null })
    await server.call('SET', 'empty', '')
    expect(await status('GET', 'strings/empty', { ...BYTES, ...range })).toBe(416)
    expect(await status('GET', 'strings/none', { ...BYTES, ...range })).toBe(404)
    await server.call('LPUSH', 'list', 'x')
    expect(await status('GET', 'strings/list', { ...BYTES, ...range })).toBe(400)
  })
})

describe('Accept', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/octet-stream', 'application/octet-stream'],
    ['application/octet-stream;q=0, application/json', 'application/json'],
    ['application/json, application/octet-stream;q=0.1', 'application/json'],
    ['application/json;q=0.1, application/octet-stream', 'application/octet-stream'],
    ['application/*', 'application/json'],
    ['application/json;q=0, */*', 'application/octet-stream'],
    ['text/html, application/xhtml+xml, application/xml;q=0.9, image/avif, */*;q=0.8', 'application/json'],
    ['image/png', undefined],
    ['text/plain', undefined],
    ['application/json;q=0', undefined],
    ['nonsense', undefined],
  ])('%s: %s', async (accept, expected) => {
    const answer = await go('GET', 'strings/v', accept === undefined ? {} : { accept })
    if (expected === undefined)
      expect([answer.status, answer.json]).toEqual([406, expect.objectContaining({ code: 'NOT_ACCEPTABLE' })])
    else expect([answer.status, answer.headers['content-type']]).toEqual([200, expected])
  })

  it('chooses among rows, lines and the schema', async () => {
    const type = async (accept: string) =>
      (await ask(gateway, 'GET', '/v1/models/item', { headers: { accept } })).headers['content-type']
    expect(await type('application/x-ndjson, application/json;q=0.5')).toBe('application/x-ndjson')
    expect(await type('application/x-ndjson;q=0.5, application/json')).toBe('application/json')
    expect(await type('application/schema+json')).toBe('application/schema+json')
    expect(await type('text/csv')).toBe('application/problem+json')
  })
})

describe('conditions', () => {
  const etagOf = async (path: string): Promise<string> => (await go('GET', path)).headers.etag!

  it('are lists of tags, compared strongly for writes and weakly for reads', async () => {
    const etag = await etagOf('strings/v')
    const put = (match: string) => status('PUT', 'strings/v', { 'if-match': match }, '0123456789')
    expect([await put(`"a", ${etag} , W/"b"`), await put('"a,b", "c"'), await put(`W/${etag}`)]).toEqual([
      204, 412, 412,
    ])
    expect([await put('"'), await put('abc'), await put(''), await put(`${etag} ${etag}`)]).toEqual([
      400, 400, 400, 400,
    ])
    const get = (match: string) => status('GET', 'strings/v', { 'if-none-match': match })
    expect([await get(`"a",W/${etag}`), await get('"a,b"'), await get('*'), await get(etag.slice(1, -1))]).toEqual([
      304, 200, 304, 400,
    ])
    expect(await status('GET', 'strings/v', { 'if-match': '"a"' })).toBe(412)
    expect(await status('GET', 'strings/v', { 'if-match': etag })).toBe(200)
    expect(await status('PUT', 'strings/v', { 'if-match': etag, 'if-none-match': '*' }, 'x')).toBe(400)
  })

  it('guard hashes', async () => {
    const body = { fields: { a: '1' } }
    const put = (headers: Headers) => status('PUT', 'hashes/h', headers, body)
    expect([await put({ 'if-match': '*' }), await put({ 'if-match': '"x"' })]).toEqual([412, 412])
    expect([await put({ 'if-none-match': '*' }), await put({ 'if-none-match': '*' })]).toEqual([204, 412])
    expect([await put({ 'if-match': '*' }), await put({ 'if-match': `"x", ${await etagOf('hashes/h')}` })]).toEqual([
      204, 204,
    ])
    expect(await status('PUT', 'hashes/v', { 'if-none-match': '*' }, body)).toBe(412)
    expect(await status('DELETE', 'hashes/h', { 'if-match': '"x"' })).toBe(412)
    expect(await server.call('EXISTS', 'h')).toBe(1)
    expect(await status('DELETE', 'hashes/h', { 'if-match': await etagOf('hashes/h') })).toBe(204)
    expect(await server.call('EXISTS', 'h')).toBe(0)
  })

  it('are never overlooked: a route that cannot keep them does nothing', async () => {
    await server.call('RPUSH', 'l', 'x')
    const headers = { 'if-match': '"x"' }
    const writes: readonly (readonly [string, string, unknown?])[] = [
      ['PATCH', 'strings/v', { append: 'x' }],
      ['POST', 'strings/v/increment'],
      ['DELETE', 'lists/l'],
      ['POST', 'lists/l', { items: ['y'] }],
      ['DELETE', 'keys/v'],
      ['POST', 'pipeline', [['DEL', 'v']]],
    ]
    for (const [method, path, body] of writes)
      expect([path, await status(method, path, headers, body)]).toEqual([path, 400])
    expect(await status('DELETE', 'strings/v', { 'if-none-match': '*' })).toBe(400)
    expect([await server.call('GET', 'v'), await server.call('LLEN', 'l')]).toEqual(['0123456789', 1])
  })
})

describe('JSON', () => {
  const put = (body: string | Buffer) => go('PUT', 'strings/j', { 'content-type': 'application/json' }, body)

  it('is stored as it was meant, or not at all', async () => {
    const digits = '9'.repeat(400)
    const cases: readonly (readonly [string, string])[] = [
      [`{"value":${digits}}`, digits],
      ['{"value":-0}', '-0'],
      ['{"value":1e400}', '1e400'],
      ['{"value":"\\u0000\\ud83d\\ude00"}', '\0😀'],
      ['{"value":"a","value":"b"}', 'b'],
      ['\ufeff{"value":"marked"}', 'marked'],
      ['{"value":"\\\\ud800"}', '\\ud800'],
    ]
    for (const [body, stored] of cases) {
      expect([body, (await put(body)).status]).toEqual([body, 204])
      expect(await server.call('GET', 'j')).toBe(stored)
    }
    for (const body of [
      '{"value":"\\ud800"}',
      '{"value":"\\ude00\\ud83d"}',
      '{"value":"x","\\udfff":1}',
      '{"value":01}',
      '{"value":NaN}',
      '{"value":"a",}',
      '{"value":"a"}{}',
      '{"value":"a\tb"}',
      '',
      '['.repeat(1_000_000),
      Buffer.from('{"value":"\xff"}', 'latin1'),
    ]) {
      expect([String(body).slice(0, 30), (await put(body)).json]).toEqual([
        String(body).slice(0, 30),
        expect.objectContaining({ code: 'BAD_JSON' }),
      ])
    }
    expect(await server.call('GET', 'j')).toBe('\\ud800')
  })
})

describe('parameters', () => {
  it('that are misspelt are refused, not overlooked', async () => {
    for (const [method, path, body] of [
      ['PUT', 'strings/k?tll=60000', 'v'],
      ['GET', 'lists/l?strat=1'],
      ['GET', 'strings/v?__proto__=1'],
      ['POST', 'pipeline?database=3', [['SET', 'k', 'v']]],
    ] as const) {
      expect([path, await status(method, path, {}, body)]).toEqual([path, 400])
    }
    expect(await server.call('EXISTS', 'k')).toBe(0)
    expect(await status('GET', 'strings?key=v&db=0&encoding=base64')).toBe(200)
  })
})

describe('parameters that have no meaning beside others', () => {
  it('are refused, not overlooked', async () => {
    await server.call('HSET', 'h', 'a', '1', 'b', '2')
    await server.call('SADD', 's', 'a', 'b')
    await server.call('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c')
    const refused = ['hashes/h?field=a&cursor=0', 'hashes/h?field=a&match=*', 'hashes/h?count=1', 'sets/s?count=1']
    const ofScores = ['start=1', 'by=score', 'reverse', 'limit=1', 'offset=1'].map(
      (one) => `sorted-sets/z?cursor=0&${one}`,
    )
    for (const path of [
      ...refused,
      ...ofScores,
      'sorted-sets/z?count=1',
      'sorted-sets/z?offset=1',
      'sorted-sets/z?limit=1',
    ])
      expect([path, await status('GET', path)]).toEqual([path, 400])
    for (const path of [
      'hashes/h?match=a*&count=5',
      'hashes/h?match=%ff*',
      'sets/s?cursor=0&count=5',
      'sorted-sets/z?match=%ff',
    ])
      expect([path, await status('GET', path)]).toEqual([path, 200])
    const members = async (query: string): Promise<unknown> =>
      ((await go('GET', `sorted-sets/z${query}`)).json as { members: unknown[] }).members
    expect(await members('?by=score&offset=2')).toEqual([{ member: 'c', score: 3 }])
    expect(await members('/names?offset=1')).toEqual(['b', 'c'])
  })
})

describe('keys', () => {
  it('are any bytes, in the path and in the query', async () => {
    for (let byte = 0; byte < 256; byte++) {
      const hex = `%${byte.toString(16).padStart(2, '0')}`
      const key = Buffer.from([0x6b, byte])
      expect([hex, await status('PUT', `strings/k${hex}`, {}, hex)]).toEqual([hex, 204])
      expect([hex, await server.call('GET', key)]).toEqual([hex, hex])
      expect([hex, (await go('GET', `strings?key=k${hex}`)).json]).toEqual([hex, { value: hex, ttl: null }])
    }
    expect(await status('PUT', 'strings?key=', {}, 'empty')).toBe(204)
    expect(await server.call('GET', '')).toBe('empty')
    expect(await status('GET', 'strings/~')).toBe(400)
    expect(await status('GET', 'strings/%')).toBe(400)
  })

  it('are text where only text can be meant, never another text', async () => {
    for (const path of ['pubsub/subscribe?channel=%ff', 'pubsub/subscribe?pattern=a%ff*', 'keys?cursor=%ff'])
      expect([path, await status('GET', path)]).toEqual([path, 400])
    expect((await ask(gateway, 'GET', '/upstash/subscribe/%ff')).status).toBe(400)
    expect(await status('PUT', 'scripts/%ff', {}, { script: 'return 1' })).toBe(400)
    for (const path of ['/%ff', '/%ff?path=n', '/a?path=%ff', '?id=eq.%ff'])
      expect([path, (await ask(gateway, 'GET', `/v1/models/item${path}`)).status]).toEqual([path, 400])
    expect((await ask(gateway, 'DELETE', '/v1/models/item/%ff')).status).toBe(400)
  })
})
