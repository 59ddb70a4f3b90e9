// Answers and bodies in content codings, as curl and as raw bytes see them.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { brotliCompressSync, brotliDecompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createGateway,
  type Gateway,
  loadConfig,
  type RunningGateway,
  startGateway,
} from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT } from './ask.ts'

const Item = model('item', { id: t.string(), text: t.string() })
const TEXT = 'ochre, umber and sienna ä€😀 '.repeat(200)
const NOISE = randomBytes(20_000)

let server: TestServer
let running: RunningGateway
let gateway: Gateway
beforeAll(async () => {
  server = await startServer({ name: 'gateway-compression' })
  running = await startGateway({
    redis: server.url,
    models: { Item },
    config: loadConfig({
      env: {
        OCHRE_PORT: '0',
        OCHRE_ADMIN: 'false',
        OCHRE_ROOT_KEY: ROOT,
        OCHRE_LOG_LEVEL: 'silent',
        OCHRE_CORS_ORIGINS: 'https://app.example',
        OCHRE_VALUE_LIMIT: '64mb',
      },
    }).config,
  })
  gateway = running.gateway
})
afterAll(async () => {
  await running.close()
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
  await server.call('SET', 'text', TEXT)
  await server.call('SET', 'short', 'short')
  await server.call('SET', 'noise', NOISE)
})

interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: Buffer
}

/** A request whose answer is not decoded. */
async function raw(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Raw> {
  const outgoing = request(running.url + path, {
    method,
    headers: { authorization: `Bearer ${ROOT}`, ...headers },
    agent: false,
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(chunks) }
}

const get = (path: string, acceptEncoding?: string, more: Record<string, string> = {}): Promise<Raw> =>
  raw('GET', path, acceptEncoding === undefined ? more : { 'accept-encoding': acceptEncoding, ...more })

function decoded({ headers, bytes }: Raw): string {
  switch (headers['content-encoding']) {
    case 'br':
      return brotliDecompressSync(bytes).toString('utf8')
    case 'gzip':
      return gunzipSync(bytes).toString('utf8')
    default:
      return bytes.toString('utf8')
  }
}

const STRING = '/v1/redis/strings/text'
const VALUE = JSON.stringify({ value: TEXT, ttl: null })

describe('answers', () => {
  it('are what the caller accepts, with a length when they are short', async () => {
    for (const [accepts, coding] of [
      ['gzip', 'gzip'],
      ['br', 'br'],
      ['gzip;q=0.5, br;q=0.4', 'gzip'],
      ['identity, gzip;q=0.5', undefined],
      [undefined, undefined],
    ] as const) {
      const answer = await get(STRING, accepts)
      expect([accepts, answer.headers['content-encoding']]).toEqual([accepts, coding])
      expect(decoded(answer)).toBe(VALUE)
      expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
      expect(answer.headers.vary).toContain('accept-encoding')
      if (coding !== undefined) expect(answer.bytes.length).toBeLessThan(VALUE.length / 10)
    }
  })

  it('are understood by curl', async () => {
    const { stdout } = await promisify(execFile)('curl', [
      ...['-s', '--compressed', '-D', '-', '-H', `authorization: Bearer ${ROOT}`],
      running.url + STRING,
    ])
    expect(stdout).toMatch(/^content-encoding: (?:gzip|br)\r$/im)
    expect(stdout.endsWith(VALUE)).toBe(true)
  })

  it('are not compressed when they are short, unless nothing else will do', async () => {
    const short = await get('/v1/redis/strings/short', 'gzip, br')
    expect([short.headers['content-encoding'], short.headers.vary]).toEqual([undefined, 'accept, origin'])
    const forced = await get('/v1/redis/strings/short', 'gzip, identity;q=0')
    expect([forced.headers['content-encoding'], decoded(forced)]).toEqual(['gzip', '{"value":"short","ttl":null}'])
  })

  it('are refused before anything happens when no coding will do', async () => {
    const answer = await raw('POST', '/v1/redis', { 'accept-encoding': 'identity;q=0, deflate' }, '["INCR","n"]')
    expect([answer.status, JSON.parse(decoded(answer)).code]).toEqual([406, 'NOT_ACCEPTABLE'])
    expect(await server.call('EXISTS', 'n')).toBe(0)
  })

  it('of bytes are compressed only where that makes them shorter', async () => {
    const accept = { accept: 'application/octet-stream' }
    const text = await get(STRING, 'br', accept)
    expect([text.headers['content-encoding'], decoded(text)]).toEqual(['br', TEXT])
    const noise = await get('/v1/redis/strings/noise', 'br', accept)
    expect([noise.headers['content-encoding'], noise.bytes]).toEqual([undefined, NOISE])
  })

  it('of any length are compressed as they are read, text whole at every cut', async () => {
    // Characters of three and four bytes, at odd places: no slice may cut one in two.
    const long = `a${'€😀'.repeat(1_300_000)}`
    await server.call('SET', 'long', long)
    for (const path of ['strings/long', 'strings/long?encoding=base64']) {
      const answer = await get(`/v1/redis/${path}`, 'gzip')
      expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' })
      const { value } = JSON.parse(decoded(answer)) as { value: string }
      expect((path.endsWith('64') ? Buffer.from(value, 'base64').toString('utf8') : value) === long).toBe(true)
      const plain = await get(`/v1/redis/${path}`)
      expect(decoded(plain) === decoded(answer)).toBe(true)
    }
    const bytes = await get('/v1/redis/strings/long', 'br', { accept: 'application/octet-stream' })
    expect([bytes.headers['content-encoding'], decoded(bytes) === long]).toEqual(['br', true])
    await server.call('LPUSH', 'list', `x${'😀'.repeat(50_000)}`, `${'😀'.repeat(50_000)}y`)
    const list = await get('/v1/redis/lists/list', 'gzip')
    expect(list.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(decoded(list))).toMatchObject({ items: await server.call('LRANGE', 'list', '0', '-1') })
  })

  it('that are streams of rows are compressed, streams of events and ranges never', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ id: `r${i}`, text: 'the same text' }))
    await ask(gateway, 'POST', '/v1/models/item/bulk', { body: rows })
    const answer = await get('/v1/models/item', 'gzip', { accept: 'application/x-ndjson' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(
      decoded(answer)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id)
        .sort(),
    ).toEqual(rows.map(({ id }) => id).sort())
    const range = await get(STRING, 'gzip', { accept: 'application/octet-stream', range: 'bytes=0-1999' })
    expect([range.status, range.headers['content-encoding'], range.bytes]).toEqual([
      206,
      undefined,
      Buffer.from(TEXT).subarray(0, 2000),
    ])
    const outgoing = request(`${running.url}/v1/redis/pubsub/subscribe?channel=c`, {
      headers: { authorization: `Bearer ${ROOT}`, 'accept-encoding': 'gzip, br' },
      agent: false,
    }).end()
    const [events] = await once(outgoing, 'response')
    expect(events.headers['content-encoding']).toBe(undefined)
    const [first] = await once(events, 'data')
    expect(String(first)).toContain('event: subscribed')
    outgoing.destroy()
  })

  it('to HEAD have the headers of GET', async () => {
    const [head, whole] = [await raw('HEAD', STRING, { 'accept-encoding': 'br' }), await get(STRING, 'br')]
    expect(head.bytes.length).toBe(0)
    for (const name of ['content-encoding', 'etag', 'vary', 'content-type'])
      expect([name, head.headers[name]]).toEqual([name, whole.headers[name]])
  })

  it('keep Vary together with CORS', async () => {
    const answer = await get(STRING, 'br', { origin: 'https://app.example' })
    expect(answer.headers.vary).toBe('accept, accept-encoding, origin')
  })

  it('can be left alone by configuration', async () => {
    const other = await createGateway({ redis: server.url, rootKey: ROOT, compression: false })
    const answer = await ask(other, 'GET', STRING, { headers: { 'accept-encoding': 'gzip' } })
    expect([answer.headers['content-encoding'], answer.text]).toEqual([undefined, VALUE])
    await other.close()
  })
})

describe('entity tags', () => {
  it('differ by coding, and any of them names the state', async () => {
    const [plain, gzip, br] = [await get(STRING), await get(STRING, 'gzip'), await get(STRING, 'br')]
    const tags = [plain, gzip, br].map(({ headers }) => headers.etag!)
    expect(new Set(tags).size).toBe(3)
    for (const tag of tags) {
      const unchanged = await get(STRING, 'gzip', { 'if-none-match': `"other", ${tag}` })
      expect([unchanged.status, unchanged.headers.etag, unchanged.bytes.length]).toEqual([304, tag, 0])
      expect(unchanged.headers.vary).toContain('accept-encoding')
      expect((await get(STRING, undefined, { 'if-none-match': `W/${tag}` })).status).toBe(304)
    }
    expect((await get(STRING, 'br', { 'if-none-match': '"other-br"' })).status).toBe(200)
    const put = (tag: string, value: string) => raw('PUT', STRING, { 'if-match': tag }, value)
    expect((await put(`W/${tags[1]}`, 'no')).status).toBe(412)
    expect((await put(tags[1]!, 'one')).status).toBe(204)
    expect((await put(tags[2]!, 'two')).status).toBe(412)
  })

  it('of rows do too', async () => {
    await ask(gateway, 'POST', '/v1/models/item', { body: { id: 'a', text: TEXT } })
    const { headers } = await get('/v1/models/item/a', 'br')
    expect(headers.etag).toBe('"v1-br"')
    const patch = () => raw('PATCH', '/v1/models/item/a', { 'if-match': `"v9", ${headers.etag}` }, '{"text":"new"}')
    expect([(await patch()).status, (await patch()).status]).toEqual([200, 412])
    expect((await raw('PATCH', '/v1/models/item/a', { 'if-match': 'v2' }, '{}')).status).toBe(400)
  })
})

describe('answers whose length could tell a secret', () => {
  const long = 'the same again '.repeat(200)
  it.each<[string, string, string, unknown]>([
    [
      'a new API key',
      'POST',
      '/v1/keys',
      { name: 'long', grant: { scopes: ['read'], keys: Array(200).fill('app:*') } },
    ],
    ['an echo', 'POST', '/v1/redis', ['ECHO', long]],
    [
      'an echo in a pipeline',
      'POST',
      '/v1/redis/pipeline',
      [
        ['GET', 'text'],
        ['ECHO', long],
      ],
    ],
    [
      'an echo in a transaction',
      'POST',
      '/v1/redis/transaction',
      [
        ['GET', 'text'],
        ['ECHO', long],
      ],
    ],
    ['a script', 'POST', '/v1/redis', ['EVAL', 'return {redis.call("GET", "text"), ARGV[1]}', 0, long]],
    ['settings', 'POST', '/v1/redis', ['CONFIG', 'GET', '*']],
    ['a batch', 'POST', '/v1/redis/batch', { requests: [{ method: 'GET', path: STRING }] }],
    ['an echo by Upstash', 'POST', '/upstash', ['ECHO', long]],
    ['a program', 'POST', '/v1/models/item/a/atomic', { return: [long, ['text']] }],
  ])('%s is never compressed', async (_, method, path, body) => {
    await ask(gateway, 'POST', '/v1/models/item', { body: { id: 'a', text: TEXT } })
    const answer = await raw(method, path, { 'accept-encoding': 'gzip, br' }, JSON.stringify(body))
    expect(answer.status).toBeLessThan(300)
    expect(answer.bytes.length).toBeGreaterThan(1024)
    expect(answer.headers['content-encoding']).toBe(undefined)
  })

  it('are others than those of plain reads', async () => {
    await server.call('HSET', 'hash', 'a', TEXT)
    for (const [path, body] of [
      ['/v1/redis', ['GET', 'text']],
      [
        '/v1/redis/pipeline',
        [
          ['GET', 'text'],
          ['SET', 'k', 'v'],
        ],
      ],
      ['/upstash', ['GET', 'text']],
    ] as const) {
      const answer = await raw('POST', path, { 'accept-encoding': 'gzip' }, JSON.stringify(body))
      expect([path, answer.headers['content-encoding']]).toEqual([path, 'gzip'])
    }
    expect((await get('/v1/redis/hashes/hash', 'gzip')).headers['content-encoding']).toBe('gzip')
    expect((await get(`/v1/redis/hashes/hash?field=a&field=${long}`, 'gzip')).headers['content-encoding']).toBe(
      undefined,
    )
  })
})

describe('bodies of requests', () => {
  const put = (coding: string, body: Buffer, path = '/v1/redis/strings/in') =>
    raw('PUT', path, { 'content-type': 'application/octet-stream', 'content-encoding': coding }, body)
  const plain = Buffer.from(TEXT)

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(plain)],
    ['x-gzip', gzipSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['deflate', deflateSync(plain)],
    ['Deflate', deflateRawSync(plain)],
    ['gzip, br', brotliCompressSync(gzipSync(plain))],
    ['identity', plain],
    ['identity, gzip', gzipSync(plain)],
    ['gzip', Buffer.concat([gzipSync(plain.subarray(0, 100)), gzipSync(plain.subarray(100))])],
  ])('may come as %s', async (coding, body) => {
    expect((await put(coding, body)).status).toBe(204)
    expect(await server.call('GET', 'in')).toBe(TEXT)
  })

  it('may come so on every route that reads one', async () => {
    const send = (path: string, body: string, type = 'application/json') =>
      raw('POST', path, { 'content-encoding': 'gzip', 'content-type': type }, gzipSync(body))
    expect(decoded(await send('/v1/redis', '["SET","k",12345678901234567890]'))).toBe('{"result":"OK"}')
    expect(decoded(await send('/upstash', '["GET","k"]'))).toBe('{"result":"12345678901234567890"}')
    const rows = Array.from({ length: 2000 }, (_, i) => JSON.stringify({ id: `b${i}`, text: 'x' })).join('\n')
    const bulk = await send('/v1/models/item/bulk', rows, 'application/x-ndjson')
    expect(JSON.parse(decoded(bulk))).toMatchObject({ done: 2000, failed: 0 })
    const empty = await raw('POST', '/v1/redis/strings/n/increment', { 'content-encoding': 'gzip' })
    expect(decoded(empty)).toBe('{"value":1}')
  })

  it('that are something else, or end early, are refused', async () => {
    for (const [coding, body] of [
      ['gzip', plain],
      ['br', Buffer.from('x')],
      ['deflate', plain],
      ['gzip', gzipSync(NOISE).subarray(0, -9)],
      ['gzip, gzip', gzipSync(plain)],
    ] as const) {
      const answer = await put(coding, body)
      expect([coding, answer.status, JSON.parse(decoded(answer)).code]).toEqual([coding, 400, 'BAD_REQUEST'])
    }
    expect(await server.call('EXISTS', 'in')).toBe(0)
  })

  it('in another coding, or in too many, are refused with those that are supported', async () => {
    for (const coding of ['zstd', 'gzip, compress', 'gzip, gzip, gzip, gzip', '__proto__']) {
      const answer = await put(coding, plain)
      expect([coding, answer.status, answer.headers['accept-encoding']]).toEqual([coding, 415, 'br, gzip, deflate'])
      expect(JSON.parse(decoded(answer)).code).toBe('UNSUPPORTED_CODING')
    }
    expect(JSON.parse(decoded(await put('zstd', plain, '/upstash/set/k')))).toEqual({
      error: expect.stringMatching(/^ERR /),
    })
  })

  it('that would become huge are refused without becoming it', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024))
    const nested = gzipSync(bomb)
    expect(nested.length).toBeLessThan(1000)
    for (const [coding, body, path] of [
      ['gzip', bomb, '/v1/redis/strings/in'],
      ['gzip, gzip', nested, '/v1/redis/strings/in'],
      ['gzip, gzip', nested, '/upstash/set/in'],
    ] as const) {
      const answer = await put(coding, body, path)
      expect([path, answer.status]).toEqual([path, 413])
    }
    const json = await raw(
      'POST',
      '/v1/redis',
      { 'content-encoding': 'gzip' },
      gzipSync(Buffer.alloc(11 * 1024 * 1024, ' ')),
    )
    expect(json.status).toBe(413)
    const rows = gzipSync(Buffer.alloc(65 * 1024 * 1024, `${' '.repeat(1024 * 1024)}\n`))
    const bulk = await raw(
      'POST',
      '/v1/models/item/bulk',
      { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' },
      rows,
    )
    expect(bulk.status).toBe(413)
    expect(await server.call('EXISTS', 'in')).toBe(0)
  })

  it('whose sender leaves half-way are no bug', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
    socket.write(
      `PUT /v1/redis/strings/in HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\ncontent-encoding: gzip\r\ncontent-length: 1000\r\n\r\n`,
    )
    socket.write(gzipSync(NOISE).subarray(0, 500))
    await once(socket, 'ready')
    socket.destroy()
    expect((await get('/v1/redis/strings/short')).status).toBe(200)
    expect(await server.call('EXISTS', 'in')).toBe(0)
  })
})
