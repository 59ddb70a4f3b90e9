// Bodies and answers that end in the middle: whoever leaves, or Redis going away while rows are streamed.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import {
  createGateway,
  createShell,
  type Gateway,
  loadConfig,
  type RequestNote,
  startGateway,
} from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT } from './ask.ts'

const Note = model('note', { id: t.string(), text: t.string(), n: t.int().index() })

let server: TestServer
let gateway: Gateway
let shell: Server
let port = 0
const bugs: unknown[] = []
const notes: RequestNote[] = []
beforeAll(async () => {
  server = await startServer({ name: 'gateway-interrupted', config: { appendonly: 'yes' } })
  gateway = await createGateway({
    redis: server.url,
    rootKey: ROOT,
    models: { Note },
    onBug: (error) => bugs.push(error),
    onRequest: (note) => notes.push(note),
  })
  shell = createShell(gateway)
  shell.listen(0, '127.0.0.1')
  await once(shell, 'listening')
  port = (shell.address() as AddressInfo).port
})
afterAll(async () => {
  shell.close()
  shell.closeAllConnections()
  await gateway.close()
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
  bugs.length = 0
  notes.length = 0
})

const head = (path: string, type: string, framing: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n`

it.each([
  ['chunked', 'transfer-encoding: chunked', (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`],
  ['with a length', 'content-length: 99999999', (text: string) => text],
])('a bulk whose sender leaves, %s, is done as far as it came', async (_, framing, chunk) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(head('/v1/models/note/bulk', 'application/x-ndjson', framing))
  const lines = Array.from({ length: 2500 }, (_, i) => JSON.stringify({ id: `r${i}`, text: 'x'.repeat(50), n: i }))
  socket.write(chunk(`${lines.join('\n')}\n{"id":"cut`))
  const rows = () => gateway.connections.own.call('ZCARD', '{note}:ids')
  await expect.poll(rows).toBe(2000)
  socket.destroy()
  await expect.poll(() => notes.map(({ status }) => status)).toEqual([400])
  expect(await rows()).toBe(2000)
  expect(bugs).toEqual([])
})

it.each([
  ['JSON', '/v1/redis', 'application/json', '["SET","k"'],
  ['a value', '/v1/redis/pubsub/channels/c', 'text/plain', 'half'],
])('a body of %s whose sender leaves changes nothing, and is no bug', async (_, path, type, half) => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head(path, type, 'content-length: 1000')}${half}`)
  await once(socket, 'ready')
  // The next request is read after this one has begun.
  await ask(gateway, 'GET', '/v1/redis/server/size')
  socket.destroy()
  await expect.poll(() => notes.map(({ status }) => status)).toEqual([400])
  expect(bugs).toEqual([])
})

it('rows that cannot be read to their end are cut off, not ended', async () => {
  // Far more than sockets hold, compressed too.
  const rows = Array.from({ length: 12_000 }, (_, i) => ({
    id: `r${i}`,
    text: randomBytes(1500).toString('base64'),
    n: i,
  }))
  for (let i = 0; i < rows.length; i += 4000)
    await ask(gateway, 'POST', '/v1/models/note/bulk', { body: rows.slice(i, i + 4000) })
  for (const encoding of ['identity', 'gzip']) {
    const outgoing = request({
      port,
      path: '/v1/models/note',
      agent: false,
      headers: { authorization: `Bearer ${ROOT}`, accept: 'application/x-ndjson', 'accept-encoding': encoding },
    })
    outgoing.end()
    const [answer] = await once(outgoing, 'response')
    expect(answer.statusCode).toBe(200)
    await once(answer, 'readable')
    answer.read()
    await server.kill()
    const [error] = await Promise.all([once(answer, 'error').then(([cause]) => cause as Error), answer.resume()])
    expect(error.message).toBe('aborted')
    await server.restart()
    await expect.poll(async () => (await ask(gateway, 'GET', '/v1/redis/server/size')).status).toBe(200)
  }
  expect(bugs).toEqual([])
})

it('a stream is followed at the pace of its reader, entries of any size, to the end', async () => {
  const running = await startGateway({
    redis: server.url,
    config: loadConfig({
      env: {
        OCHRE_PORT: '0',
        OCHRE_ADMIN: 'false',
        OCHRE_ROOT_KEY: ROOT,
        OCHRE_LOG_LEVEL: 'silent',
        OCHRE_BUFFER_LIMIT: '64kb',
      },
    }).config,
  })
  const text = 'x'.repeat(2000)
  const add = (id: number, value: string) => server.call('XADD', 's', `${id}-1`, 'text', value)
  for (let id = 1; id <= 1000; id++) await add(id, text)
  await add(1001, 'y'.repeat(1_000_000))
  await add(1002, 'z')

  const headers = { authorization: `Bearer ${ROOT}` }
  const abort = new AbortController()
  const stream = await fetch(`${running.url}/v1/redis/streams/s/events?after=0`, { headers, signal: abort.signal })
  let events = ''
  const reading = (async () => {
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      events += chunk
      if (events.includes('id: 1002-1')) break
      if (events.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  const ws = new WebSocket(`${running.url.replace('http', 'ws')}/v1/ws`, { headers })
  await once(ws, 'open')
  const frames: { t?: string; id?: string }[] = []
  ws.on('message', (data) => frames.push(JSON.parse(String(data)) as { t?: string; id?: string }))
  ws.send('{"id":1,"t":"sub","streams":[{"key":"s","after":"0"}]}')
  ws.pause()
  await reading
  ws.resume()
  await expect.poll(() => frames.filter(({ t }) => t === 'entry').length, { timeout: 20_000 }).toBe(1002)
  const ids = Array.from({ length: 1002 }, (_, i) => `${i + 1}-1`)
  expect(events.match(/^id: .*$/gm)).toEqual(ids.map((id) => `id: ${id}`))
  expect(events).not.toContain('event: lag')
  expect(frames.filter(({ t }) => t === 'entry').map(({ id }) => id)).toEqual(ids)
  ws.terminate()
  abort.abort()
  await running.close()
})
