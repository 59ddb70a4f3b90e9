// HTTP as bytes on a socket: shapes that could smuggle a request, odd targets and headers, offers of other protocols, bodies
// that nobody wants.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig, type RunningGateway, startGateway } from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ROOT } from './ask.ts'

let server: TestServer
let running: RunningGateway
beforeAll(async () => {
  server = await startServer({ name: 'gateway-wire' })
  const env = { OCHRE_PORT: '0', OCHRE_ADMIN: 'false', OCHRE_ROOT_KEY: ROOT, OCHRE_LOG_LEVEL: 'silent' }
  running = await startGateway({ redis: server.url, config: loadConfig({ env }).config })
  await server.call('SET', 'k', 'v')
})
afterAll(async () => {
  await running.close()
  await server.stop()
})

/** A request behind which nothing more is expected, so that everything before it has been answered when it is. */
const LAST = 'GET /v1/last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'

interface Seen {
  readonly statuses: readonly number[]
  readonly text: string
}

/** Everything that comes back for the bytes and LAST, until the gateway closes. */
async function seen(sent: string | Buffer, last = LAST): Promise<Seen> {
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(sent)
  socket.write(last)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  await once(socket, 'close')
  return { statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])), text }
}

const AUTH = `authorization: Bearer ${ROOT}\r\n`
const head = (first: string, ...lines: string[]): string =>
  `${first} HTTP/1.1\r\nhost: x\r\n${AUTH}${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const SMUGGLED = `POST /v1/redis HTTP/1.1\r\nhost: x\r\n${AUTH}content-length: 24\r\n\r\n["SET","smuggled","yes"]`

describe('what can be read in two ways', () => {
  const post = (...lines: string[]): string => head('POST /v1/redis', ...lines)
  it.each([
    ['a length and chunks', `${post('content-length: 6', 'transfer-encoding: chunked')}0\r\n\r\n`],
    ['chunks and a length', `${post('transfer-encoding: chunked', 'content-length: 6')}0\r\n\r\n`],
    ['two lengths', `${post('content-length: 0', 'content-length: 5')}`],
    ['the same length twice', `${post('content-length: 8', 'content-length: 8')}["PING"]`],
    ['a list of lengths', `${post('content-length: 8, 8')}["PING"]`],
    ['a signed length', `${post('content-length: +8')}["PING"]`],
    ['an unknown transfer coding', `${post('transfer-encoding: xchunked')}8\r\n["PING"]\r\n0\r\n\r\n`],
    [
      'chunks that are not the last coding',
      `${post('transfer-encoding: chunked, identity')}8\r\n["PING"]\r\n0\r\n\r\n`,
    ],
    ['a negative chunk', `${post('transfer-encoding: chunked')}-8\r\n["PING"]\r\n0\r\n\r\n`],
    ['a space before the colon', `${post('content-length : 8')}["PING"]`],
    ['a folded header', `${post('x: a\r\n b', 'content-length: 8')}["PING"]`],
    ['bare line feeds', `POST /v1/redis HTTP/1.1\nhost: x\n${AUTH.trim()}\ncontent-length: 8\n\n["PING"]`],
    ['a NUL in a header', `${post('x: a\0b', 'content-length: 8')}["PING"]`],
    [
      'raw bytes in the target',
      Buffer.concat([
        Buffer.from('GET /v1/redis/strings/'),
        Buffer.from([0xc3, 0xa4]),
        Buffer.from(` HTTP/1.1\r\nhost: x\r\n${AUTH}\r\n`),
      ]),
    ],
  ])('%s: refused, and what follows is not read', async (_, bytes) => {
    const { statuses, text } = await seen(Buffer.concat([Buffer.from(bytes), Buffer.from(SMUGGLED)]))
    expect(statuses.length).toBe(1)
    expect([400, 415]).toContain(statuses[0])
    expect(text).toMatch(/^connection: close\r$/im)
    expect(text).toContain('application/problem+json')
    expect(await server.call('EXISTS', 'smuggled')).toBe(0)
  })
})

describe('what is well framed and still not taken', () => {
  it.each([
    ['two hosts', 400, `GET /v1/redis/strings/k HTTP/1.1\r\nhost: x\r\nHost: y\r\n${AUTH}\r\n`],
    [
      'a coding under the chunks',
      415,
      `${head('POST /v1/redis', 'transfer-encoding: gzip, chunked')}8\r\n["PING"]\r\n0\r\n\r\n`,
    ],
  ])('%s', async (_, status, bytes) => {
    const { statuses, text } = await seen(bytes, '')
    expect([statuses, text]).toEqual([[status], expect.stringMatching(/^connection: close\r$/im)])
  })
})

describe('targets', () => {
  it.each([
    ['GET http://any.example/v1/redis/strings/k', 200],
    ['GET HTTPS://any.example:8/v1/redis/strings?key=k', 200],
    ['GET http://any.example/upstash/get/k', 200],
    ['GET http://any.example?x=1', 404],
    ['GET http:///v1/redis/strings/k', 400],
    ['GET ftp://any.example/v1/redis/strings/k', 400],
    ['OPTIONS *', 400],
    ['GET //v1/redis/strings/k', 404],
    ['GET /v1/redis/strings/k/', 404],
    ['GET /v1/../v1/redis/strings/k', 404],
    ['GET /v1/redis/strings/k#fragment', 404],
    [`GET /v1/redis/strings/${'%C3%A4'.repeat(10_240)}`, 404],
  ])('%.60s: %i', async (first, status) => {
    expect((await seen(head(first))).statuses).toEqual([status, 404])
  })

  it('of CONNECT have no answer, and the connection ends', async () => {
    expect((await seen('CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n')).statuses).toEqual([])
  })
})

describe('headers', () => {
  it('are all read, however many there are', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `x${i}: ${i % 10}`)
    expect((await seen(head('GET /v1/redis/strings/k', ...many, 'if-match: "none"'))).statuses).toEqual([412, 404])
  })

  it('that are too large are 431', async () => {
    const { statuses, text } = await seen(head('GET /v1/redis/strings/k', `x: ${'a'.repeat(70_000)}`))
    expect([statuses, text]).toEqual([[431], expect.stringContaining('HEADERS_TOO_LARGE')])
  })
})

describe('offers of another protocol', () => {
  const H2C = ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__']
  it('are passed over, bodies and further requests included', async () => {
    const get = await seen(head('GET /v1/redis/strings/k', ...H2C))
    expect([get.statuses, get.text]).toEqual([[200, 404], expect.stringContaining('{"value":"v","ttl":null}')])
    const post = await seen(`${head('POST /v1/redis', ...H2C, 'content-length: 12')}["GET", "k"]`)
    expect([post.statuses, post.text]).toEqual([[200, 404], expect.stringContaining('{"result":"v"}')])
    const chunked = await seen(
      `${head('POST /v1/redis', ...H2C, 'transfer-encoding: chunked')}c\r\n["GET", "k"]\r\n0\r\n\r\n`,
    )
    expect(chunked.statuses).toEqual([200, 404])
    expect(
      (await seen(head('GET /v1/redis/strings/k', 'connection: upgrade, close', 'upgrade: h2c'), '')).statuses,
    ).toEqual([200])
  })

  it('of WebSockets are taken where there are some', async () => {
    const offer = (path: string, ...lines: string[]) =>
      head(`GET ${path}`, 'connection: upgrade', 'upgrade: WebSocket', 'sec-websocket-version: 13', ...lines)
    const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='
    expect((await seen(offer('/v1/redis/strings/k', key), '')).text).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
    expect((await seen(offer('/v1/ws'), '')).statuses).toEqual([400])
    // A close frame, masked.
    const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0])
    const opened = await seen(Buffer.concat([Buffer.from(offer('/v1/ws', key)), close]), '')
    expect(opened.statuses).toEqual([101])
    expect((await seen(Buffer.concat([Buffer.from(offer('http://x/v1/ws', key)), close]), '')).statuses).toEqual([101])
  })
})

describe('bodies that nobody reads', () => {
  it('end the connection instead of being read to their end', async () => {
    const unauthenticated = (...lines: string[]): string =>
      `POST /v1/redis HTTP/1.1\r\nhost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
    for (const [bytes, status] of [
      [unauthenticated('content-length: 99999999999'), 401],
      [`${unauthenticated('transfer-encoding: chunked')}5\r\nhello\r\n`, 401],
      [head('POST /v1/redis', 'content-length: 20000000'), 413],
      [unauthenticated('content-length: 8', 'expect: 100-continue'), 401],
    ] as const) {
      const { statuses, text } = await seen(bytes, '')
      expect(statuses).toEqual([status])
      expect(text).toMatch(/^connection: close\r$/im)
    }
  })

  it('that are wanted are asked for', async () => {
    const { statuses } = await seen(`${head('POST /v1/redis', 'content-length: 8', 'expect: 100-continue')}["PING"]`)
    expect(statuses).toEqual([100, 200, 404])
  })
})
