// A running gateway over real ports: admin server, TCP-level refusals, Redis going away and coming back, an orderly end.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
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
