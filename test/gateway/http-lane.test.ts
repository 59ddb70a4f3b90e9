// The short way of whole requests and node:http behind it must be one server to a client: wherever the bytes of its
// requests are cut, the same answers come in the same order.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createGateway, createShell, type Gateway } from '../../packages/gateway/src/index.ts'
import { attachWebSocket } from '../../packages/gateway/src/websocket-server.ts'
import { ROOT } from './ask.ts'

let engine: Engine
let gateway: Gateway
let shell: Server
let port: number
beforeAll(async () => {
  engine = await Engine.open()
  gateway = await createGateway({ redis: engine, rootKey: ROOT, secret: Buffer.alloc(32, 's') })
  shell = createShell(gateway)
  attachWebSocket(shell, gateway, 0)
  shell.listen(0, '127.0.0.1')
  await once(shell, 'listening')
  port = (shell.address() as AddressInfo).port
})
afterAll(async () => {
  shell.closeAllConnections()
  shell.close()
  await gateway.close()
  await engine.close()
})

function request(method: string, target: string, body?: string | Buffer, more = ''): Buffer {
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
  const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\nX-Request-Id: t\r\nAuthorization: Bearer ${ROOT}\r\n${length}${more}\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body ?? '')])
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads answers off a socket. */
class Reader {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  #wake: () => void = () => {}
  #isOver = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isOver = true
        this.#wake()
      })
    }
    socket.on('error', () => {})
  }

  async #until(find: () => number): Promise<Buffer | undefined> {
    for (;;) {
      const length = find()
      if (length !== -1) {
        const taken = this.#bytes.subarray(0, length)
        this.#bytes = this.#bytes.subarray(length)
        return taken
      }
      if (this.#isOver) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #line(): Promise<Buffer | undefined> {
    return this.#until(() => {
      const at = this.#bytes.indexOf('\r\n')
      return at === -1 ? -1 : at + 2
    })
  }

  #exactly(length: number): Promise<Buffer | undefined> {
    return this.#until(() => (this.#bytes.length < length ? -1 : length))
  }

  /** The next answer; undefined when the connection has ended. */
  async next(method = 'GET'): Promise<Answer | undefined> {
    const first = (await this.#line())?.toString()
    if (first === undefined) return undefined
    const headers: Record<string, string> = {}
    for (;;) {
      const line = (await this.#line())!.toString('latin1').trimEnd()
      if (line === '') break
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const status = Number(first.split(' ')[1])
    let body = ''
    if (headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const size = Number.parseInt((await this.#line())!.toString(), 16)
        body += (await this.#exactly(size + 2))!.subarray(0, size).toString()
        if (size === 0) break
      }
    } else if (method !== 'HEAD' && headers['content-length'] !== undefined) {
      body = (await this.#exactly(Number(headers['content-length'])))!.toString()
    }
    return { status, headers, body }
  }
}

async function open(): Promise<Reader> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  return new Reader(socket)
}

const SCRIPT: readonly (readonly [method: string, bytes: Buffer])[] = [
  ['PUT', request('PUT', '/v1/redis/strings/k', 'välue', 'Content-Type: application/octet-stream\r\n')],
  ['GET', request('GET', '/v1/redis/strings/k')],
  ['HEAD', request('HEAD', '/v1/redis/strings/k')],
  ['POST', request('POST', '/v1/redis/pipeline', '[["SET","n",1],["INCR","n"]]')],
  ['GET', request('GET', '/nowhere')],
]

/** What must not depend on the way. */
function comparable({ status, headers: { date: _, ...headers }, body }: Answer): unknown {
  return { status, headers, body }
}

describe('a connection', () => {
  it('gives the same answers wherever its bytes are cut', async () => {
    const all = Buffer.concat(SCRIPT.map(([, bytes]) => bytes))
    let expected: unknown
    for (let cut = 0; cut < all.length; cut++) {
      const reader = await open()
      reader.socket.write(all.subarray(0, cut))
      // The first part is on its way alone before the second one follows.
      await new Promise((resolve) => setImmediate(resolve))
      reader.socket.write(all.subarray(cut))
      const answers: unknown[] = []
      for (const [method] of SCRIPT) answers.push(comparable((await reader.next(method))!))
      reader.socket.destroy()
      expected ??= answers
      expect([cut, answers]).toEqual([cut, expected])
    }
    expect(expected).toMatchObject([
      { status: 204 },
      { status: 200, body: '{"value":"välue","ttl":null}' },
      { status: 200, body: '' },
      { status: 200, body: '{"results":[{"result":"OK"},{"result":2}]}' },
      { status: 404 },
    ])
  })

  it('repeats any header of a request that has to be repeated', async () => {
    gateway.cors = { origins: ['*'] }
    const asked =
      'Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-\xe4\r\n'
    const bytes = Buffer.from(request('OPTIONS', '/v1/redis', undefined, asked).toString(), 'latin1')
    for (const cut of [0, 5]) {
      const reader = await open()
      reader.socket.write(bytes.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      reader.socket.write(bytes.subarray(cut))
      expect(await reader.next()).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': 'x-\xe4' } })
      reader.socket.destroy()
    }
    gateway.cors = undefined
  })

  it('answers a thousand requests that came at once, in order', async () => {
    const reader = await open()
    reader.socket.write(
      Buffer.concat(Array.from({ length: 1000 }, () => request('POST', '/v1/redis', '["INCR","turn"]'))),
    )
    for (let turn = 1; turn <= 1000; turn++) expect((await reader.next())!.body).toBe(`{"result":${turn}}`)
    reader.socket.destroy()
  })

  it('reads no further than what it answers', async () => {
    const reader = await open()
    reader.socket.pause()
    const one = request('GET', '/v1/redis/strings/large')
    await (await open()).socket.end(request('PUT', '/v1/redis/strings/large', Buffer.alloc(60_000, 'x')))
    // Answers of 60 KB that nobody reads: at some point the requests stay where they are.
    let written = 0
    while (written < 2000 && reader.socket.writableLength < 1_000_000) {
      reader.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => one)))
      written++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reader.socket.writableLength).toBeGreaterThan(900_000)
    reader.socket.destroy()
  })

  it.each([
    ['a whole request', request('GET', '/v1/redis/strings/k')],
    ['a request in node:http', request('GET', '/v1/redis/strings/k', undefined, 'TE: trailers\r\n')],
  ])('whose client has said all after %s gets its answer and an end', async (_, bytes) => {
    const reader = await open()
    reader.socket.end(bytes)
    expect((await reader.next())!.status).toBe(200)
    expect(await reader.next()).toBeUndefined()
  })

  it('ends when its client ends in the middle of a request', async () => {
    const reader = await open()
    reader.socket.end(request('GET', '/v1/redis/strings/k').subarray(0, 30))
    expect((await reader.next())?.status ?? 400).toBe(400)
    expect(await reader.next()).toBeUndefined()
  })

  it('is closed when the client asks for it', async () => {
    const reader = await open()
    reader.socket.write(request('GET', '/v1/redis/strings/k', undefined, 'Connection: close\r\n'))
    expect((await reader.next())!.headers.connection).toBe('close')
    expect(await reader.next()).toBeUndefined()
  })

  it('streams events, tells the handler when its reader is gone, and serves others meanwhile', async () => {
    const reader = await open()
    reader.socket.write(request('GET', '/v1/redis/pubsub/subscribe?channel=lane'))
    const chunks: string[] = []
    const seen = new Promise<void>((resolve) => {
      reader.socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk.toString())
        if (chunks.join('').includes('"data":"hi"')) resolve()
      })
    })
    while (!chunks.join('').includes('event: subscribed')) await once(reader.socket, 'data')
    const other = await open()
    other.socket.write(request('POST', '/v1/redis/pubsub/channels/lane', 'hi'))
    expect((await other.next())!.status).toBe(200)
    await seen
    expect(gateway.hub.size).toBe(1)
    reader.socket.destroy()
    while (gateway.hub.size !== 0) await new Promise((resolve) => setImmediate(resolve))
    other.socket.destroy()
  })

  it('may become a WebSocket after requests', async () => {
    const reader = await open()
    reader.socket.write(request('GET', '/v1/redis/strings/k'))
    expect((await reader.next())!.status).toBe(200)
    const key = Buffer.alloc(16, 'k').toString('base64')
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`
    reader.socket.write(request('GET', '/v1/ws', undefined, upgrade))
    expect((await reader.next())!.status).toBe(101)
    reader.socket.destroy()
    const fresh = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, { headers: { authorization: `Bearer ${ROOT}` } })
    await once(fresh, 'open')
    fresh.close()
    await once(fresh, 'close')
  })

  it('is among those that the server closes', async () => {
    const server = createShell(gateway)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
    const unused = connect(at)
    const used = new Reader(connect(at))
    await Promise.all([once(unused, 'connect'), once(used.socket, 'connect')])
    used.socket.write(request('GET', '/v1/redis/strings/k'))
    expect((await used.next())!.status).toBe(200)
    const ended = [once(unused, 'close'), once(used.socket, 'close'), once(server, 'close')]
    server.close()
    await Promise.all(ended)
  })
})
