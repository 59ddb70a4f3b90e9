import { createServer, type IncomingHttpHeaders } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newMemo, readHead } from './request-head.ts'

interface Seen {
  readonly method: string | undefined
  readonly target: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What node:http makes of these bytes: the first request, unless it refuses it or waits for more. */
function readByNode(bytes: Buffer): Promise<Seen | undefined> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    const finish = (seen: Seen | undefined): void => {
      resolve(seen)
      socket.destroy()
    }
    const server = createServer({ maxHeaderSize: 65_536 }, (incoming) => {
      let body = ''
      incoming.setEncoding('latin1').on('data', (chunk) => {
        body += chunk
      })
      incoming.on('end', () => {
        finish({ method: incoming.method, target: incoming.url, headers: incoming.headers, body })
      })
    })
    server.on('clientError', () => finish(undefined))
    server.emit('connection', socket)
    socket.push(bytes)
    // All of it has been read within two turns.
    setImmediate(() => setImmediate(() => finish(undefined)))
  })
}

const token = fc.string({ unit: fc.constantFrom(...'abzABZ019-_.!~|^`*'), minLength: 1, maxLength: 12 })
const name = fc.oneof(
  { weight: 4, arbitrary: token },
  fc.constantFrom('Host', 'content-length', 'Content-Type', 'X-A', 'connection', 'cookie', 'expect', 'te', '__proto__'),
  fc.constantFrom('constructor', 'Transfer-Encoding', 'upgrade', 'a b', ' x', 'x ', '', 'é', 'a\x00b', 'set-cookie'),
)
const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...' \tazAZ09,;:="{}é\x7f'), maxLength: 20 }) },
  fc.constantFrom('0', '3', '03', '+3', '3, 3', '-1', '0x3', '3 3', 'keep-alive', 'Keep-Alive ', 'close', 'chunked'),
  fc.constantFrom('100-continue', 'websocket', 'a\rb', 'a\nb', 'a\x00b', '\x0b', 'x'.repeat(500)),
)
const end = fc.oneof({ weight: 24, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r', '\r\n ', '\r\n\t', ''))
const line = fc.tuple(name, fc.constantFrom(':', ': ', ':\t ', ' :', ''), value, end).map((parts) => parts.join(''))
const target = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .string({ unit: fc.constantFrom(...'/azAZ09%?&=~+.,"<>[]{}|\\^`'), maxLength: 20 })
      .map((s) => `/${s}`),
  },
  fc.constantFrom('*', '', 'x', 'http://a/b', '/a b', '/a#b', '/é', '/\x7f', '/\t', '//', '/\x00'),
)
const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS') },
  fc.constantFrom('get', 'CONNECT', 'TRACE', 'PRI', '', 'G\x00T', 'QUERY', 'GETT'),
)
const version = fc.oneof(
  { weight: 24, arbitrary: fc.constant('HTTP/1.1') },
  fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1.1 ', 'HTTP/11', ''),
)
const gap = fc.oneof({ weight: 24, arbitrary: fc.constant(' ') }, fc.constantFrom('  ', '\t', ''))
const head = fc
  .tuple(method, gap, target, gap, version, end, fc.array(line, { maxLength: 5 }), fc.boolean(), end)
  .map(([m, g1, t, g2, v, e, lines, hasHost, last]) => {
    return `${m}${g1}${t}${g2}${v}${e}${hasHost ? 'Host: x\r\n' : ''}${lines.join('')}${last}`
  })
const message = fc
  .tuple(head, fc.string({ unit: fc.constantFrom(...'abc\r\n'), maxLength: 6 }))
  .map((parts) => parts.join(''))

describe('readHead', () => {
  it('reads what it accepts as node:http does', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        const bytes = Buffer.from(text, 'latin1')
        const read = readHead(bytes, newMemo())
        if (read === undefined) return
        const end = read.end + (read.bodyLength ?? 0)
        if (end > bytes.length) return
        accepted++
        const first = await readByNode(bytes.subarray(0, end))
        expect({ ...read, end: 0, bodyLength: 0, body: bytes.toString('latin1', read.end, end) }).toEqual({
          method: first?.method,
          target: first?.target,
          headers: first?.headers,
          end: 0,
          bodyLength: 0,
          body: first?.body,
        })
      }),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(700)
  })

  it('reads the same lines again without reading them', () => {
    const memo = newMemo()
    const text = (path: string, more = ''): Buffer =>
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\nA: 1\r\n${more}\r\n`)
    const first = readHead(text('/a'), memo)!
    const second = readHead(text('/b'), memo)!
    expect(second.target).toBe('/b')
    expect(second.headers).toBe(first.headers)
    // Neither what is refused nor other lines are taken for them.
    expect(readHead(text('/c', 'te: x\r\n'), memo)).toBeUndefined()
    expect(readHead(text('/d', 'B: 2\r\n'), memo)!.headers).toEqual({ host: 'x', a: '1', b: '2' })
    expect(first.headers).toEqual({ host: 'x', a: '1' })
  })

  it.each([
    ['a part of a head', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    ['a head without Host', 'GET / HTTP/1.1\r\nA: x\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\n\r\n'],
    ['a body of unknown length', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\nx'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n 2\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n'],
    ['an absolute target', 'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a head of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('leaves %s to node:http', (_, text) => {
    expect(readHead(Buffer.from(text), newMemo())).toBeUndefined()
  })
})
