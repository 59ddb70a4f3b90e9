// The client against real servers to which something happens.
import { type Client, type ClientOptions, ConnectionError, connect, type Target } from '@ochre/client'
import { afterEach, expect, test } from 'vitest'
import { type ChaosProxy, startProxy } from '../proxy/index.ts'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { checkLeaks } from './leak-check.ts'

describeEachServer('the client', (version) => {
  checkLeaks()

  const open: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  async function server(config: Record<string, string> = {}): Promise<TestServer> {
    const started = await startServer({ version, config })
    open.push(() => started.stop())
    return started
  }

  async function proxy(to: TestServer): Promise<ChaosProxy> {
    const started = await startProxy(to.port)
    open.push(() => started.stop())
    return started
  }

  async function client(target: Target, options?: ClientOptions): Promise<Client> {
    const made = await connect(target, { backoff: { minMs: 20, maxMs: 200 }, ...options })
    open.push(() => made.close({ drainMs: 100 }))
    return made
  }

  test('a server that is killed under load: every call is settled, and no acknowledged write is lost or run twice', async () => {
    const redisServer = await server({ appendonly: 'yes', appendfsync: 'always' })
    const redis = await client(redisServer.url)
    let acknowledged = 0
    let maybe = 0
    let failedReads = 0
    let stop = false
    const load = Array.from({ length: 40 }, async (_, i) => {
      while (!stop) {
        if (i % 2 === 0) await redis.get('count').catch(() => failedReads++)
        else {
          try {
            await redis.incr('count')
            acknowledged++
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectionError)
            if ((error as ConnectionError).maybeExecuted) maybe++
          }
        }
      }
    })
    for (let round = 0; round < 3; round++) {
      const target = acknowledged + 500
      await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(target)
      await redisServer.kill()
      await redisServer.restart()
    }
    const target = acknowledged + 100
    await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(target)
    stop = true
    await Promise.all(load)
    const count = Number(await redis.get('count'))
    expect(failedReads).toBe(0)
    expect(count).toBeGreaterThanOrEqual(acknowledged)
    expect(count).toBeLessThanOrEqual(acknowledged + maybe)
    expect(redis.health().nodes[0]!.losses).toBe(3)
  })

  test('a server that is stopped without closing its sockets: calls fail at their deadline and go on when it continues', async () => {
    const redisServer = await server()
    const redis = await client(redisServer.url, { timeoutMs: 300, watchdogMs: 600 })
    redisServer.pause()
    const started = performance.now()
    await expect(redis.incr('a')).rejects.toMatchObject({ code: 'TIMEOUT', maybeExecuted: true })
    expect(performance.now() - started).toBeLessThan(2000)
    await expect.poll(() => redis.health().state, { timeout: 5000 }).toBe('connecting')
    const waiting = redis.with({ timeoutMs: 20_000 }).incr('b')
    redisServer.resume()
    expect(await waiting).toBe(1)
  })

  test('a half-open connection is left within the time of the watchdog, and reads do not notice', async () => {
    const redisServer = await server()
    const between = await proxy(redisServer)
    const redis = await client(between.url, { watchdogMs: 1000, timeoutMs: 20_000 })
    await redis.set('a', '1')
    between.freeze('toClient')
    const started = performance.now()
    const read = redis.get('a')
    await expect.poll(() => redis.health().nodes[0]!.losses, { timeout: 8000, interval: 20 }).toBe(1)
    expect(performance.now() - started).toBeLessThan(2500)
    between.heal()
    expect(await read).toBe('1')
  })

  test('a connection that is cut in the middle of a reply: the read is repeated whole', async () => {
    const redisServer = await server()
    const between = await proxy(redisServer)
    const redis = await client(between.url)
    const value = 'x'.repeat(100_000)
    await redis.set('a', value)
    for (const how of ['reset', 'end'] as const) {
      const cut = between.cut({ direction: 'toClient', after: 50_000, how })
      expect(await redis.get('a')).toBe(value)
      await cut
    }
    expect(redis.health().nodes[0]!.losses).toBe(2)
  })

  test('a slow and splitting network changes nothing but the time', async () => {
    const redisServer = await server()
    const between = await proxy(redisServer)
    between.split(7)
    between.delay(2)
    const redis = await client(between.url)
    const calls = Array.from({ length: 200 }, (_, i) => redis.call('ECHO', `é${i}`))
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => `é${i}`))
  })

  test('a primary that becomes a replica refuses writes; when another is primary again they go on', async () => {
    const redisServer = await server()
    const redis = await client(redisServer.url)
    await redisServer.call('REPLICAOF', '127.0.0.1', '1')
    expect(await redis.get('a')).toBeNull()
    await expect(redis.incr('a')).rejects.toMatchObject({ name: 'ReplyError', code: 'READONLY' })
    await redisServer.call('REPLICAOF', 'NO', 'ONE')
    expect(await redis.incr('a')).toBe(1)
  })

  test('while a server loads its data, calls wait for it', async () => {
    const redisServer = await server({ 'loading-process-events-interval-bytes': '1024', 'key-load-delay': '300' })
    const redis = await client(redisServer.url)
    await Promise.all(Array.from({ length: 3000 }, (_, i) => redis.set(`k:${i}`, 'x'.repeat(50))))
    const reload = redisServer.call('DEBUG', 'RELOAD')
    await expect
      .poll(
        () =>
          redis
            .with({ timeoutMs: 0 })
            .get('k:7')
            .catch((error) => error.code),
        { interval: 5, timeout: 5000 },
      )
      .toBe('LOADING')
    const read = redis.get('k:7')
    const write = redis.set('k:8', 'new')
    expect(await Promise.all([read, write])).toEqual(['x'.repeat(50), 'OK'])
    await reload
  })

  test('while a script keeps the server busy, calls wait, and SCRIPT KILL gets through', async () => {
    const redisServer = await server({ 'busy-reply-threshold': '50' })
    const redis = await client(redisServer.url, { timeoutMs: 20_000, watchdogMs: 20_000 })
    const script = redisServer.call('EVAL', 'while true do end', 0).catch((error: Error) => error)
    await expect
      .poll(
        () =>
          redis
            .with({ timeoutMs: 0 })
            .call('GET', 'a')
            .then(
              () => '',
              (error) => error.code,
            ),
        { timeout: 5000 },
      )
      .toBe('BUSY')
    const write = redis.incr('a')
    expect(await redis.call('SCRIPT', 'KILL')).toBe('OK')
    expect(await write).toBe(1)
    expect(await script).toBeInstanceOf(Error)
  })

  test('when the password changes, calls fail with the reason until the credentials are right again', async () => {
    const redisServer = await server({ requirepass: 'one' })
    const admin = await client(redisServer.url, { password: 'one' })
    let password = 'one'
    const redis = await client(redisServer.url, { credentials: async () => ({ password }) })
    const fixed = await client(redisServer.url, { password: 'one' })
    await admin.call('CONFIG', 'SET', 'requirepass', 'two')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await expect.poll(() => fixed.health().nodes[0]!.lastFailure?.message, { timeout: 5000 }).toContain('WRONGPASS')
    await expect(fixed.with({ timeoutMs: 2000 }).get('a')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      cause: { code: 'WRONGPASS' },
    })
    password = 'two'
    // An attempt that asked for credentials before the change may still be refused.
    await expect.poll(() => redis.get('a').catch((error: { code: string }) => error.code), { timeout: 5000 }).toBeNull()
    await admin.call('CONFIG', 'SET', 'requirepass', 'one')
    await expect.poll(() => fixed.health().state, { timeout: 5000 }).toBe('ready')
  })

  test('credentials that expire are renewed on open connections before the server forgets the old ones', async () => {
    const redisServer = await server()
    await redisServer.call('ACL', 'SETUSER', 'service', 'on', '>t1', '>t2', '>t3', '~*', '+@all')
    let asked = 0
    const redis = await client(redisServer.url, {
      credentials: async () => ({
        username: 'service',
        password: `t${Math.min(3, ++asked)}`,
        expiresAt: Date.now() + 400,
      }),
    })
    expect(asked).toBe(1)
    await expect.poll(() => asked, { timeout: 5000 }).toBeGreaterThan(2)
    expect(String(await redis.call('ACL', 'WHOAMI'))).toBe('service')
    expect(redis.health().nodes[0]!.losses).toBe(0)
    expect(await redisServer.call('ACL', 'LOG')).toEqual([])
  })

  test('no server at all: the reason is in the error', async () => {
    const redisServer = await server()
    const { port } = redisServer
    await redisServer.stop()
    await expect(connect({ port })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: `No connection to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}.`,
    })
  })
})
