// The client against real servers that are healthy.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, type ClientOptions, connect, ReplyError, type Target } from '@ochre/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { clientSuite } from './client-suite.ts'
import { checkLeaks } from './leak-check.ts'

const open: Client[] = []

async function client(target: Target, options?: ClientOptions): Promise<Client> {
  const made = await connect(target, options)
  open.push(made)
  return made
}

describeEachServer('the client', (version) => {
  let server: TestServer
  let redis: Client

  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  checkLeaks()
  afterEach(async () => {
    for (const made of open.splice(0)) await made.close()
  })

  describe('healthy', () => clientSuite(() => server.url))

  test('greets in RESP3 with its name and database', async () => {
    redis = await client(server.url, { name: 'greeter', db: 2 })
    const { greeting, state } = redis.health().nodes[0]!
    expect(state).toBe('ready')
    expect(greeting).toMatchObject({ protocol: 3, role: 'master', mode: 'standalone' })
    expect(greeting!.version).toMatch(/^\d+\.\d+\.\d+$/)
    const info = String(await redis.call('CLIENT', 'INFO'))
    expect(info).toContain('name=greeter')
    expect(info).toContain('db=2')
    expect(info).toContain('resp=3')
    const knowsSetinfo = version !== 'redis-7.0'
    expect(info.includes('lib-name=ochre')).toBe(knowsSetinfo)
  })

  test.each<[string, () => Target, ClientOptions]>([
    ['TCP', () => server.url, {}],
    ['a unix socket', () => `unix:${server.path}`, {}],
    ['host and port', () => ({ host: server.host, port: server.port }), {}],
    ['RESP2', () => server.url, { protocol: 2 }],
    ['four connections', () => server.url, { connections: 4 }],
  ])('stores and returns text and bytes unchanged over %s', async (_, target, options) => {
    redis = await client(target(), options)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const large = Buffer.alloc(300_000, bytes)
    expect(await redis.set('text', 'zażółć 日本 🙂')).toBe('OK')
    expect(await redis.get('text')).toBe('zażółć 日本 🙂')
    await Promise.all([redis.set('bytes', bytes), redis.set('large', large), redis.set('ключ', 'x'.repeat(200_000))])
    expect(await redis.buffers.get('bytes')).toEqual(bytes)
    expect((await redis.buffers.get('large'))!.equals(large)).toBe(true)
    expect(await redis.get('ключ')).toBe('x'.repeat(200_000))
    expect(await redis.get('missing')).toBeNull()
    expect(await redis.call('HSET', 'h', '__proto__', '1', 'constructor', '2')).toBe(2)
    expect(Object.entries((await redis.hgetall('h')) ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
    await redis.call('SET', 'n', '9223372036854775806')
    expect(await redis.call('INCR', 'n')).toBe(9223372036854775807n)
    await expect(redis.call('LPUSH', 'text', 'x')).rejects.toMatchObject({ name: 'ReplyError', code: 'WRONGTYPE' })
    await redis.call('FLUSHALL')
  })

  test('what DUMP gives, RESTORE takes', async () => {
    redis = await client(server.url)
    await redis.set('dumped', 'a'.repeat(100))
    const dump = (await redis.dump('dumped'))!
    expect(Buffer.isBuffer(dump)).toBe(true)
    expect(await redis.restore('copy', 0, dump)).toBe('OK')
    expect(await redis.get('copy')).toBe('a'.repeat(100))
    await redis.call('FLUSHALL')
  })

  test('decodes whatever RESP3 has, also attributes', async () => {
    redis = await client(server.url)
    const debug = (type: string): Promise<unknown> => redis.call('DEBUG', 'PROTOCOL', type)
    expect(await debug('string')).toBe('Hello World')
    expect(await debug('integer')).toBe(12345)
    expect(String(await debug('double'))).toBe('3.141')
    expect(await debug('null')).toBeNull()
    expect(await debug('array')).toEqual([0, 1, 2])
    expect(await debug('set')).toEqual([0, 1, 2])
    expect(await debug('map')).toEqual({ 0: false, 1: true, 2: false })
    expect(await debug('bignum')).toBe(1234567999999999999999999999999999999n)
    expect(await debug('true')).toBe(true)
    expect(await debug('verbatim')).toBe('This is a verbatim\nstring')
    expect(await debug('attrib')).toBe('Some real reply following the attribute')
  })

  test('a process ends by itself after close, whatever was going on', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ochre-exit-'))
    try {
      const root = fileURLToPath(new URL('../../', import.meta.url))
      const paths = { '@ochre/*': [`${root}packages/*/src/index.ts`] }
      writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: { paths } }))
      writeFileSync(
        join(dir, 'main.mts'),
        `import { connect } from '@ochre/client'
         const redis = await connect(${JSON.stringify(server.url)}, { connections: 2, pool: { min: 1 } })
         await redis.set('exit', '1')
         redis.blpop('exit-queue', 0).catch(() => {})
         await redis.close({ drainMs: 50 })
         process.stdout.write('closed')`,
      )
      const tsx = createRequire(import.meta.url).resolve('tsx/cli')
      const child = spawn(process.execPath, [tsx, '--tsconfig', join(dir, 'tsconfig.json'), join(dir, 'main.mts')])
      let said = ''
      child.stdout.on('data', (chunk) => {
        said += chunk
      })
      child.stderr.on('data', (chunk) => {
        said += chunk
      })
      const code = await new Promise((resolve) => child.once('exit', resolve))
      expect([code, said]).toEqual([0, 'closed'])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  test('an ACL user is refused and allowed by the server, and the refusal is said', async () => {
    await server.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@read', '+@connection')
    await expect(connect(server.url, { username: 'reader', password: 'wrong' })).rejects.toBeInstanceOf(ReplyError)
    redis = await client(server.url.replace('//', '//reader:secret@'))
    expect(await redis.get('x')).toBeNull()
    await expect(redis.set('x', '1')).rejects.toMatchObject({ code: 'NOPERM' })
  })
})

describe('TLS', () => {
  let dir: string
  let server: TestServer
  const file = (name: string): string => join(dir, name)

  function certificate(name: string, issuer: string | null): void {
    const run = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
    if (issuer === null) {
      run(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
      )
      return
    }
    writeFileSync(file('names.txt'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    run('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${issuer}.crt`,
      '-CAkey',
      `${issuer}.key`,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names.txt',
      '-out',
      `${name}.crt`,
    )
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ochre-tls-'))
    certificate('ca', null)
    certificate('server', 'ca')
    certificate('client', 'ca')
    certificate('stranger', null)
    const plain = await startServer()
    const tlsPort = plain.port
    await plain.stop()
    server = await startServer({
      args: [
        '--tls-port',
        String(tlsPort),
        '--tls-cert-file',
        file('server.crt'),
        '--tls-key-file',
        file('server.key'),
        '--tls-ca-cert-file',
        file('ca.crt'),
      ],
    })
    secure = { host: '127.0.0.1', port: tlsPort }
  })
  let secure: { host: string; port: number }
  afterAll(async () => {
    await server.stop()
    rmSync(dir, { recursive: true })
  })
  checkLeaks()
  afterEach(async () => {
    for (const made of open.splice(0)) await made.close()
  })

  test('both sides prove who they are; large values pass', async () => {
    const tls = { caFile: file('ca.crt'), certFile: file('client.crt'), keyFile: file('client.key') }
    const redis = await client({ ...secure, tls })
    const large = Buffer.alloc(500_000, 'ö')
    await redis.set('large', large)
    expect((await redis.buffers.get('large'))!.equals(large)).toBe(true)
    const byName = await client(`rediss://localhost:${secure.port}`, { tls })
    expect(await byName.call('PING')).toBe('PONG')
  })

  test('a server of an unknown authority is refused, and so is a client without a certificate', async () => {
    const own = { certFile: file('client.crt'), keyFile: file('client.key') }
    await expect(connect({ ...secure, tls: { ...own, caFile: file('stranger.crt') } })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      cause: { code: expect.stringMatching(/CERT|SIGNATURE|ISSUER/) },
    })
    await expect(connect({ ...secure, tls: { caFile: file('ca.crt') } })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    })
    await expect(connect({ ...secure, tls: { ...own, caFile: file('missing.crt') } })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      cause: { code: 'ENOENT' },
    })
  })

  test('renewed files are used from the next connection on', async () => {
    certificate('rolling', null)
    const tls = { caFile: file('ca.crt'), certFile: file('rolling.crt'), keyFile: file('rolling.key') }
    await expect(connect({ ...secure, tls })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
    certificate('rolling', 'ca')
    const redis = await client({ ...secure, tls })
    expect(await redis.call('PING')).toBe('PONG')
  })
})
