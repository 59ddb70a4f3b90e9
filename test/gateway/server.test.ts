// A running gateway over real ports: admin server, TCP-level refusals, Redis going away and coming back, an orderly end.
import { once } from 'node:events'
import { connect } from 'node:net'
import { model, t } from '@ochre/model'
import { EventSource } from 'eventsource'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig, type RunningGateway, startGateway } from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ROOT } from './ask.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function start(env: Record<string, string> = {}): Promise<{ server: TestServer; running: RunningGateway }> {
  const server = await startServer({ name: 'gateway-server' })
  open.push(() => server.stop())
  const base = { OCHRE_PORT: '0', OCHRE_ADMIN_PORT: '0', OCHRE_ROOT_KEY: ROOT, OCHRE_LOG_LEVEL: 'silent' }
  const { config } = loadConfig({ env: { ...base, ...env } })
  const running = await startGateway({ redis: server.url, config })
  open.push(() => running.close())
  return { server, running }
}

const headers = { authorization: `Bearer ${ROOT}` }

describe('the admin server', () => {
  it('tells health and metrics', async () => {
    const { running } = await start()
    await fetch(`${running.url}/v1/redis`, { method: 'POST', headers, body: '["PING"]' })
    expect((await fetch(`${running.adminUrl}/health/live`)).status).toBe(200)
    const ready = await fetch(`${running.adminUrl}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', redisMs: expect.any(Number) }])
    const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text()
    expect(metrics).toContain('ochre_http_requests_total{route="runCommand",status="2xx"} 1')
    expect(metrics).toContain('ochre_auth_total{outcome="ok"} 1')
    expect(metrics).toMatch(/ochre_command_duration_seconds_count\{group="connection"\} 1/)
    expect(metrics).toContain('ochre_nodejs_eventloop_lag_seconds')
    expect(metrics).toContain('ochre_redis_connections 1')
    // What waits is told while it waits.
    const abort = new AbortController()
    const { signal } = abort
    const stream = await fetch(`${running.url}/v1/redis/pubsub/subscribe?channel=c`, { headers, signal })
    const blocked = fetch(`${running.url}/v1/redis`, { method: 'POST', headers, signal, body: '["BLPOP","q",0]' })
    const figures = async () => (await fetch(`${running.adminUrl}/metrics`)).text()
    await expect.poll(figures).toContain('ochre_redis_pooled_busy 1')
    expect(await figures()).toContain('ochre_event_streams 1')
    abort.abort()
    await stream.text().catch(() => {})
    await blocked.catch(() => {})
    await expect.poll(figures).toContain('ochre_event_streams 0')
    expect((await fetch(`${running.adminUrl}/nothing`)).status).toBe(404)
    expect((await fetch(`${running.adminUrl}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})

describe('a gateway without Redis', () => {
  it('answers 503 within a second and recovers', async () => {
    const { server, running } = await start()
    const get = () => fetch(`${running.url}/v1/redis/strings/k`, { headers })
    expect((await get()).status).toBe(404)
    await server.kill()
    const began = performance.now()
    const down = await get()
    expect(performance.now() - began).toBeLessThan(1000)
    expect(down.status).toBe(503)
    expect(Number(down.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(down.headers.get('content-type')).toBe('application/problem+json')
    expect((await fetch(`${running.adminUrl}/health/ready`)).status).toBe(503)
    await server.restart()
    const back = performance.now()
    let status = 0
    while (status !== 404 && performance.now() - back < 5000) status = (await get()).status
    expect(status).toBe(404)
    expect(performance.now() - back).toBeLessThan(2000)
  })
})

describe('while Redis is away', () => {
  const Note = model('note', { id: t.string(), text: t.string() })

  it('every way in says so within a second, and goes on within two of its return', async () => {
    const server = await startServer({ name: 'gateway-away', config: { appendonly: 'yes' } })
    open.push(() => server.stop())
    const env = { OCHRE_PORT: '0', OCHRE_ADMIN: 'false', OCHRE_ROOT_KEY: ROOT, OCHRE_LOG_LEVEL: 'silent' }
    const running = await startGateway({ redis: server.url, models: { Note }, config: loadConfig({ env }).config })
    open.push(() => running.close())
    await server.call('XADD', 's', '1-1', 'n', '1')

    const ask = async (method: string, path: string, body?: string) => {
      const began = performance.now()
      const answer = await fetch(running.url + path, { method, headers, ...(body === undefined ? {} : { body }) })
      return { status: answer.status, text: await answer.text(), ms: performance.now() - began }
    }
    const ways: readonly (readonly [string, string, string?])[] = [
      ['GET', '/v1/redis/strings/k'],
      ['POST', '/v1/redis', '["INCR","n"]'],
      ['POST', '/v1/redis', '["BLPOP","q",0]'],
      ['POST', '/v1/redis/transaction', '[["INCR","n"]]'],
      ['POST', '/v1/redis/scripts/eval', '{"script":"return 1"}'],
      ['GET', '/v1/models/note/a'],
      ['POST', '/v1/models/note', '{"id":"a","text":"x"}'],
      ['POST', '/v1/models/note/a/atomic', '{"steps":[["text","append","!"]]}'],
      ['GET', '/v1/redis/pubsub/subscribe?channel=late'],
      ['GET', '/v1/keys'],
      ['GET', '/upstash/get/k'],
    ]
    const ws = new WebSocket(`${running.url.replace('http', 'ws')}/v1/ws`, { headers })
    await once(ws, 'open')
    open.push(async () => ws.terminate())
    const frames: Record<string, unknown>[] = []
    ws.on('message', (data) => frames.push(JSON.parse(String(data)) as Record<string, unknown>))
    const frame = async (sent: Record<string, unknown>): Promise<Record<string, unknown>> => {
      const began = performance.now()
      ws.send(JSON.stringify(sent))
      await expect.poll(() => frames.some(({ id }) => id === sent.id), { interval: 5 }).toBe(true)
      return { ...frames.find(({ id }) => id === sent.id)!, ms: performance.now() - began }
    }
    await frame({ id: 1, t: 'sub', channels: ['c'], streams: [{ key: 's', after: '0' }] })
    const events = new EventSource(`${running.url}/v1/redis/streams/s/events?after=0&_token=${ROOT}`)
    open.push(async () => events.close())
    const seen: string[] = []
    events.addEventListener('entry', ({ lastEventId }) => seen.push(lastEventId))
    const stream = await fetch(`${running.url}/v1/redis/pubsub/subscribe?channel=c`, { headers })
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    let told = ''
    void (async () => {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) told += chunk.value
    })().catch(() => {})
    await expect.poll(() => [seen, told.includes('subscribed')]).toEqual([['1-1'], true])

    await server.kill()
    for (const [method, path, body] of ways) {
      const { status, text, ms } = await ask(method, path, body)
      expect([path, status, text]).toEqual([
        path,
        503,
        expect.stringContaining(path.startsWith('/upstash') ? '"error"' : '"code"'),
      ])
      expect(ms).toBeLessThan(1000)
    }
    const refused = await frame({ id: 2, t: 'cmd', c: ['GET', 'k'] })
    expect([refused.ok, (refused.e as { status: number }).status]).toEqual([false, 503])
    expect(Number(refused.ms)).toBeLessThan(1000)

    await server.restart()
    const back = performance.now()
    const within = { timeout: 2000, interval: 20 }
    await expect.poll(async () => (await ask('GET', '/v1/models/note/a')).status, within).toBe(404)
    let id = 10
    await expect.poll(async () => (await frame({ id: ++id, t: 'cmd', c: ['SET', 'k', 'v'] })).ok, within).toBe(true)
    // Subscriptions are there again by themselves, and tell that something may be missing.
    await expect.poll(() => server.call('PUBSUB', 'NUMSUB', 'c'), within).toEqual(['c', 1])
    expect(performance.now() - back).toBeLessThan(2000)
    await server.call('PUBLISH', 'c', 'after')
    await server.call('XADD', 's', '1-2', 'n', '2')
    await expect.poll(() => told, within).toMatch(/event: gap[\s\S]*"data":"after"/)
    await expect
      .poll(() => frames.filter(({ t }) => t !== undefined), within)
      .toEqual([
        expect.objectContaining({ t: 'entry', id: '1-1' }),
        { t: 'gap', ref: 1 },
        { t: 'msg', ref: 1, ch: 'c', d: 'after' },
        expect.objectContaining({ t: 'entry', id: '1-2' }),
      ])
    await expect.poll(() => seen, within).toEqual(['1-1', '1-2'])
    await reader.cancel()
  })
})

describe('a reload', () => {
  it('takes no root key away without a word', async () => {
    const { running } = await start()
    const base = { OCHRE_PORT: '0', OCHRE_ADMIN_PORT: '0', OCHRE_LOG_LEVEL: 'silent' }
    const reload = (env: Record<string, string>) => running.reload(loadConfig({ env: { ...base, ...env } }).config)
    const works = async (key: string) =>
      (await fetch(`${running.url}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } })).status
    const other = 'another-root-key-0123456789abcdef'
    expect(() => reload({})).toThrow('OCHRE_ROOT_KEY can be removed only by a restart')
    expect(await works(ROOT)).toBe(200)
    reload({ OCHRE_ROOT_KEY: other })
    expect([await works(ROOT), await works(other)]).toEqual([401, 200])
    expect(() => reload({})).toThrow('OCHRE_ROOT_KEY can be removed only by a restart')
  })
})

describe('what is not HTTP', () => {
  it('is refused with a problem document', async () => {
    const { running } = await start()
    const port = Number(new URL(running.url).port)
    const raw = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1')
      socket.end(text)
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      await once(socket, 'close')
      return Buffer.concat(chunks).toString('latin1')
    }
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*BAD_REQUEST/)
    expect(await raw(`GET /${'x'.repeat(70_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [\s\S]*HEADERS_TOO_LARGE/,
    )
    const large = await raw(
      `POST /v1/redis HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\ncontent-length: 99999999999\r\n\r\n`,
    )
    expect(large).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*TOO_LARGE/i)
  })
})

describe('large values', () => {
  it('go in and out as bytes', async () => {
    const { server, running } = await start()
    const value = Buffer.alloc(20 * 1024 * 1024, 'ochre')
    const url = `${running.url}/v1/redis/strings/big`
    const put = await fetch(url, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: value,
    })
    expect(put.status).toBe(204)
    expect(await server.call('STRLEN', 'big')).toBe(value.length)
    const got = await fetch(url, { headers: { ...headers, accept: 'application/octet-stream' } })
    expect(Buffer.from(await got.arrayBuffer()).equals(value)).toBe(true)
  })
})

describe('closing', () => {
  it('does not wait for connections that were opened and never used', async () => {
    const { running } = await start()
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    socket.resume()
    const began = performance.now()
    await running.close()
    await closed
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('gives load balancers time, serves meanwhile, and then tells streams and sockets', async () => {
    const { server, running } = await start({ OCHRE_SHUTDOWN_DELAY_MS: '1500', OCHRE_SHUTDOWN_MS: '5000' })
    const listen = async () => {
      const answer = await fetch(`${running.url}/v1/redis/pubsub/subscribe?channel=c`, { headers })
      return { status: answer.status, text: answer.text() }
    }
    const socket = async () => {
      const ws = new WebSocket(`${running.url.replace('http', 'ws')}/v1/ws`, { headers })
      await once(ws, 'open')
      const frames: string[] = []
      ws.on('message', (data) => frames.push(String(data)))
      return { frames, closed: once(ws, 'close').then(([code]) => code as number) }
    }
    const before = [await listen(), await socket()] as const
    const blocked = fetch(`${running.url}/v1/redis`, { method: 'POST', headers, body: '["BLPOP","q",0]' })
    await expect.poll(() => server.call('CLIENT', 'LIST')).toContain('cmd=blpop')

    const began = performance.now()
    const closing = running.close()
    expect((await fetch(`${running.adminUrl}/health/ready`)).status).toBe(503)
    const meanwhile = [await listen(), await socket()] as const
    const command = await fetch(`${running.url}/v1/redis`, {
      method: 'POST',
      headers,
      body: '["PUBLISH","c","still here"]',
    })
    expect([command.status, command.headers.get('connection')]).toEqual([200, 'close'])
    expect(performance.now() - began).toBeLessThan(1500)

    for (const [stream, ws] of [before, meanwhile]) {
      expect(stream.status).toBe(200)
      expect(await stream.text).toContain('still here')
      expect(await ws.closed).toBe(1001)
      expect(ws.frames).toEqual([expect.stringContaining('"t":"bye"')])
    }
    expect((await blocked).status).toBe(503)
    await closing
    const took = performance.now() - began
    expect(took).toBeGreaterThan(1500)
    expect(took).toBeLessThan(6000)
  })

  it('finishes what is in work, then refuses', async () => {
    const { running } = await start()
    const inWork = Array.from({ length: 20 }, (_, i) =>
      fetch(`${running.url}/v1/redis`, { method: 'POST', headers, body: JSON.stringify(['SET', `k${i}`, 'v']) }),
    )
    const answers = await Promise.all(inWork)
    const closing = running.close()
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
    await closing
    await expect(fetch(running.url)).rejects.toThrow()
    await running.close()
  })
})
