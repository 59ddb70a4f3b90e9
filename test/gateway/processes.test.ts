// Gateways as processes: several on one port, signals under load, reload, TLS with client certificates.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ROOT } from './ask.ts'

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly adminUrl: string
  readonly rootKey?: string
  readonly pids: number[]
}

let server: TestServer
let dir: string
const children: ChildProcess[] = []
beforeAll(async () => {
  server = await startServer({ name: 'gateway-processes' })
})
afterAll(async () => {
  await server.stop()
})
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ochre-processes-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(dir, { recursive: true })
})

async function start(env: Record<string, string>): Promise<Started> {
  const child = spawn(process.execPath, ['--import', TSX, join(FIXTURES, 'serve.ts')], {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      TSX_TSCONFIG_PATH: join(FIXTURES, 'tsconfig.json'),
      OCHRE_PORT: '0',
      OCHRE_ADMIN_PORT: '0',
      OCHRE_REDIS_URL: server.url,
      OCHRE_LOG_LEVEL: 'silent',
      OCHRE_ROOT_KEY: ROOT,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8')
  })
  for await (const line of createInterface({ input: child.stdout! }))
    return { child, ...(JSON.parse(line) as Omit<Started, 'child'>) }
  throw new Error(`The gateway did not start: ${errors}`)
}

const headers = { authorization: `Bearer ${ROOT}` }
const command = (url: string, words: unknown[], key = ROOT) =>
  fetch(`${url}/v1/redis`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(words) })

describe('SIGTERM', () => {
  it('loses nothing that was accepted, and ends with 0', async () => {
    const { child, url } = await start({})
    await server.call('DEL', 'n')
    let accepted = 0
    let isEnding = false
    const callers = Array.from({ length: 20 }, async () => {
      for (;;) {
        try {
          const answer = await command(url, ['INCR', 'n'])
          if (answer.status === 200) accepted++
          await answer.arrayBuffer()
        } catch {
          return
        }
        if (accepted > 200 && !isEnding) {
          isEnding = true
          child.kill('SIGTERM')
        }
      }
    })
    const [code] = (await once(child, 'exit')) as [number]
    await Promise.all(callers)
    expect(code).toBe(0)
    expect(accepted).toBeGreaterThan(200)
    expect(Number(await server.call('GET', 'n'))).toBe(accepted)
  })

  it('tells open streams', async () => {
    const { child, url } = await start({})
    const stream = await fetch(`${url}/v1/redis/pubsub/subscribe?channel=c`, { headers })
    const reading = stream.text()
    child.kill('SIGTERM')
    expect(await reading).toContain('event: subscribed')
    expect(((await once(child, 'exit')) as [number])[0]).toBe(0)
  })
})

describe('SIGHUP', () => {
  it('applies a new root key and new limits, and survives a wrong file', async () => {
    const file = join(dir, 'ochre.config.json')
    writeFileSync(file, '{"pipelineLimit": 2}')
    const keyFile = join(dir, 'key')
    writeFileSync(keyFile, ROOT)
    const { child, url } = await start({ OCHRE_ROOT_KEY: '', OCHRE_ROOT_KEY_FILE: keyFile })
    const pipeline = (n: number) =>
      fetch(`${url}/v1/redis/pipeline`, {
        method: 'POST',
        headers,
        body: JSON.stringify(Array(n).fill(['PING'])),
      }).then(({ status }) => status)
    expect([await pipeline(2), await pipeline(3)]).toEqual([200, 400])
    writeFileSync(file, '{"pipelineLimit": 5}')
    child.kill('SIGHUP')
    for (let i = 0; i < 500 && (await pipeline(5)) !== 200; i++);
    expect(await pipeline(5)).toBe(200)
    writeFileSync(file, '{"nope": 5}')
    child.kill('SIGHUP')
    const [message] = (await once(child.stderr!, 'data')) as [Buffer]
    expect(message.toString('utf8')).toContain('The file has no setting nope')
    expect(await pipeline(5)).toBe(200)
    writeFileSync(file, '{}')
    const other = 'another-root-key-0123456789abcdefgh'
    writeFileSync(keyFile, other)
    child.kill('SIGHUP')
    for (let i = 0; i < 500 && (await command(url, ['PING'], other)).status !== 200; i++);
    expect([(await command(url, ['PING'], other)).status, (await command(url, ['PING'])).status]).toEqual([200, 401])
  })
})

describe('workers', () => {
  it('share a port, are replaced when they die, and end together', async () => {
    const audit = join(dir, 'audit.log')
    const { child, url, adminUrl, pids } = await start({ OCHRE_WORKERS: '2', OCHRE_AUDIT_FILE: audit })
    expect(pids.length).toBe(2)
    for (let i = 0; i < 20; i++) expect((await command(url, ['PING'])).status).toBe(200)
    expect(await (await fetch(`${adminUrl}/health/ready`)).json()).toEqual({ status: 'ok', workers: 2 })
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    expect(metrics).toContain('ochre_http_requests_total{route="runCommand",status="2xx"} 20')
    expect(metrics).toContain('worker="1"')
    expect((await fetch(`${adminUrl}/metrics`, { method: 'POST' })).status).toBe(405)
    await Promise.all(Array.from({ length: 100 }, (_, i) => command(url, ['SET', `k${i}`, 'v'])))
    process.kill(pids[0]!, 'SIGKILL')
    const ready = async () => ((await (await fetch(`${adminUrl}/health/ready`)).json()) as { workers: number }).workers
    while ((await ready()) !== 1);
    expect((await command(url, ['PING'])).status).toBe(200)
    while ((await ready()) !== 2);
    child.kill('SIGTERM')
    expect(((await once(child, 'exit')) as [number])[0]).toBe(0)
    await expect(command(url, ['PING'])).rejects.toThrow()
    // The lines of all workers are one chain.
    expect(await verifyAudit(audit)).toEqual({ lines: 100 })
  })
})

describe('TLS', () => {
  it('serves, and asks for client certificates when told', async () => {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=test ca',
    )
    const sign = (name: string): void => {
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
      )
      writeFileSync(join(dir, 'ext'), 'subjectAltName=IP:127.0.0.1')
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-out',
        `${name}.pem`,
        '-days',
        '2',
        '-extfile',
        'ext',
      )
    }
    for (const name of ['server', 'client']) sign(name)
    const read = (name: string) => readFileSync(join(dir, name))
    writeFileSync(join(dir, 'ochre.config.json'), '{"tlsCaFile": "ca.pem"}')
    const { child, url } = await start({ OCHRE_TLS_CERT_FILE: 'server.pem', OCHRE_TLS_KEY_FILE: 'server.key' })
    expect(url).toMatch(/^https:/)
    const get = (tls: object) =>
      new Promise<{ status: number; hsts: string | undefined }>((resolve, reject) => {
        const agent = new Agent({ ca: read('ca.pem'), ...tls })
        request(`${url}/v1/whoami`, { agent, headers }, (answer) => {
          answer.resume()
          answer.on('end', () =>
            resolve({ status: answer.statusCode!, hsts: answer.headers['strict-transport-security'] }),
          )
          agent.destroy()
        })
          .on('error', reject)
          .end()
      })
    expect(await get({ cert: read('client.pem'), key: read('client.key') })).toEqual({
      status: 200,
      hsts: 'max-age=31536000',
    })
    await expect(get({})).rejects.toThrow()

    // Another certificate in the same files is taken on SIGHUP; one that is no certificate is not.
    const client = { cert: read('client.pem'), key: read('client.key') }
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls(
          { host: '127.0.0.1', port: Number(new URL(url).port), ca: read('ca.pem'), ...client },
          () => {
            resolve(socket.getPeerCertificate().fingerprint256)
            socket.destroy()
          },
        ).on('error', reject)
      })
    const fingerprint = (name: string) => new X509Certificate(read(name)).fingerprint256
    const before = fingerprint('server.pem')
    expect(await shown()).toBe(before)
    sign('server')
    const after = fingerprint('server.pem')
    expect(after).not.toBe(before)
    child.kill('SIGHUP')
    await expect.poll(shown).toBe(after)
    writeFileSync(join(dir, 'server.pem'), 'nonsense')
    child.kill('SIGHUP')
    const [message] = (await once(child.stderr!, 'data')) as [Buffer]
    expect(message.toString('utf8')).toContain('The configuration was not reloaded.')
    expect([await shown(), (await get(client)).status]).toEqual([after, 200])

    // That clients need no certificate any more is not half done.
    writeFileSync(join(dir, 'ochre.config.json'), '{}')
    sign('server')
    child.kill('SIGHUP')
    const [refusal] = (await once(child.stderr!, 'data')) as [Buffer]
    expect(refusal.toString('utf8')).toContain('OCHRE_TLS_CA_FILE can be set or removed only by a restart.')
    expect([await shown(), (await get(client)).status]).toEqual([after, 200])
    await expect(get({})).rejects.toThrow()
  })
})
