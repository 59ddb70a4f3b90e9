// Large values over HTTP and a real Redis: what comes in and goes out is in the gateway's memory once, and a part as a part.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { ROOT } from './ask.ts'

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url))
const MB = 1024 * 1024
const SIZE = 64 * MB
const VALUE = randomBytes(SIZE)
/** Pieces from the socket that were copied and are not collected yet; Node.js waits for some of them before it does. */
const GARBAGE = 44 * MB

let server: TestServer
let child: ChildProcess
let url = ''
beforeAll(async () => {
  server = await startServer({ name: 'gateway-memory' })
  child = fork(`${FIXTURES}memory.ts`, {
    execArgv: ['--expose-gc', '--import', TSX],
    env: {
      PATH: process.env.PATH,
      TSX_TSCONFIG_PATH: `${FIXTURES}tsconfig.json`,
      OCHRE_PORT: '0',
      OCHRE_ADMIN: 'false',
      OCHRE_REDIS_URL: server.url,
      OCHRE_LOG_LEVEL: 'silent',
      OCHRE_ROOT_KEY: ROOT,
    },
  })
  const [first] = await once(child, 'message')
  url = `${first}/v1/redis/strings/`
  // What is compiled and allocated once for all.
  for (const key of ['warm', 'warm']) {
    await send('PUT', key, VALUE.subarray(0, 4 * MB))
    await send('PUT', key, pieces(VALUE.subarray(0, 4 * MB)))
    await read(await send('GET', key))
  }
})
afterAll(async () => {
  child.kill()
  await server.stop()
})

type Pieces = Iterable<Uint8Array>

function* pieces(value: Buffer): Pieces {
  for (let at = 0; at < value.length; at += 65_536) yield value.subarray(at, at + 65_536)
}

/** A body in pieces is sent chunked, as fast as it is taken. */
async function send(
  method: string,
  key: string,
  body?: Buffer | Pieces,
  headers: object = {},
): Promise<IncomingMessage> {
  const outgoing = request(url + key, {
    method,
    agent: false,
    headers: {
      authorization: `Bearer ${ROOT}`,
      accept: 'application/octet-stream',
      'content-type': 'application/octet-stream',
      ...(Buffer.isBuffer(body) ? { 'content-length': body.length } : {}),
      ...headers,
    },
  })
  const answer = once(outgoing, 'response') as Promise<[IncomingMessage]>
  if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body)
  else {
    for (const piece of body) if (!outgoing.write(piece)) await once(outgoing, 'drain')
    outgoing.end()
  }
  return (await answer)[0]
}

async function read(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** By how many bytes memory grew while `work` went on. */
async function growth(work: () => Promise<void>): Promise<number> {
  child.send('begin')
  await once(child, 'message')
  await work()
  child.send('end')
  const [bytes] = (await once(child, 'message')) as [number]
  return bytes
}

it('is there once', async () => {
  const grown: Record<string, number> = {}
  const step = async (name: string, work: () => Promise<void>): Promise<void> => {
    grown[name] = await growth(work)
  }
  const put = async (key: string, body: Buffer | Pieces, headers = {}): Promise<void> => {
    const answer = await send('PUT', key, body, headers)
    answer.resume()
    expect(answer.statusCode).toBe(204)
  }
  await step('in, with a length', () => put('a', VALUE))
  await step('in, chunked', () => put('b', pieces(VALUE)))
  const zeros = gzipSync(Buffer.alloc(SIZE))
  await step('in, compressed', () => put('zeros', zeros, { 'content-encoding': 'gzip' }))
  expect(await server.call('STRLEN', 'zeros')).toBe(SIZE)
  await step('out', async () => expect((await read(await send('GET', 'a'))).equals(VALUE)).toBe(true))
  expect((await read(await send('GET', 'b'))).equals(VALUE)).toBe(true)
  await step('out, slowly', async () => {
    const answer = await send('GET', 'a')
    let size = 0
    for await (const chunk of answer) {
      size += (chunk as Buffer).length
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(size).toBe(SIZE)
  })
  await step('out, as JSON', async () => {
    const answer = await send('GET', 'a?encoding=base64', undefined, { accept: 'application/json' })
    const { value } = JSON.parse((await read(answer)).toString('latin1')) as { value: string }
    expect(Buffer.from(value, 'base64').equals(VALUE)).toBe(true)
  })
  await step('out, compressed', async () => {
    const answer = await send('GET', 'zeros', undefined, { 'accept-encoding': 'gzip' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect((await read(answer)).length).toBeLessThan(MB)
  })
  await step('a range', async () => {
    const answer = await send('GET', 'a', undefined, { range: `bytes=1000-${MB + 999}` })
    expect((await read(answer)).equals(VALUE.subarray(1000, MB + 1000))).toBe(true)
  })
  for (const [name, bytes] of Object.entries(grown)) {
    const most = name === 'a range' ? GARBAGE : SIZE + GARBAGE
    expect(bytes, `${name}: ${Math.round(bytes / MB)} MB for ${SIZE / MB} MB`).toBeLessThan(most)
  }
}, 60_000)
