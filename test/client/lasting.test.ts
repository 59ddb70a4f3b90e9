// Subscriptions, consumers and transactions against real servers to which something happens.
import { type Client, type ClientOptions, ConnectionError, connect, OchreError, type Target } from '@ochre/client'
import { afterEach, expect, test } from 'vitest'
import { startProxy } from '../proxy/index.ts'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { checkLeaks } from './leak-check.ts'

describeEachServer('what lasts', (version) => {
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

  async function client(target: Target, options?: ClientOptions): Promise<Client> {
    const made = await connect(target, { backoff: { minMs: 20, maxMs: 200 }, ...options })
    open.push(() => made.close({ drainMs: 100 }))
    return made
  }

  test('a subscription lives through kills of the server; between resumed and lost nothing is missing', async () => {
    const redisServer = await server()
    const listener = await client(redisServer.url)
    const publisher = await client(redisServer.url)
    const messages = listener.subscribe('news', { gaps: true })
    await messages.ready
    let next = 0
    for (let round = 0; round < 3; round++) {
      const first = next
      await Promise.all(Array.from({ length: 100 }, () => publisher.publish('news', next++)))
      for (let i = first; i < next; i++) expect((await messages.next()).value).toMatchObject({ message: String(i) })
      await redisServer.kill()
      await redisServer.restart()
      expect((await messages.next()).value).toEqual({ gap: 'lost' })
      expect((await messages.next()).value).toEqual({ gap: 'resumed' })
    }
  })

  test('a subscription whose server falls silent is noticed and comes back', async () => {
    const redisServer = await server()
    const between = await startProxy(redisServer.port)
    open.push(() => between.stop())
    const listener = await client(between.url, { watchdogMs: 400 })
    const publisher = await client(redisServer.url)
    const messages = listener.subscribe('news', { gaps: true })
    await messages.ready
    between.freeze('toClient')
    expect((await messages.next()).value).toEqual({ gap: 'lost' })
    between.heal()
    expect((await messages.next()).value).toEqual({ gap: 'resumed' })
    expect(await publisher.publish('news', 'back')).toBeGreaterThan(0)
    expect((await messages.next()).value).toEqual({ channel: 'news', message: 'back' })
  })

  test('consumers lose no entry while the server is killed again and again', async () => {
    const redisServer = await server({ appendonly: 'yes', appendfsync: 'always' })
    const producer = await client(redisServer.url)
    const worker = await client(redisServer.url)
    const added = new Set<string>()
    const done = new Map<string, number>()
    const consumers = ['one', 'two'].map((consumer) =>
      worker.consume({ stream: 's', group: 'g', consumer, claimIdleMs: 500, blockMs: 200 }),
    )
    const working = consumers.map((consumer) =>
      consumer.work((job) => done.set(job.id, (done.get(job.id) ?? 0) + 1), { concurrency: 4 }),
    )
    let stop = false
    const adding = (async () => {
      while (!stop) {
        try {
          added.add(await producer.xadd('s', '*', { n: added.size }))
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError)
        }
      }
    })()
    for (let round = 0; round < 2; round++) {
      const target = done.size + 200
      await expect.poll(() => done.size, { timeout: 10_000 }).toBeGreaterThan(target)
      await redisServer.kill()
      await redisServer.restart()
    }
    stop = true
    await adding
    await expect.poll(() => [...added].filter((id) => !done.has(id)).length, { timeout: 10_000 }).toBe(0)
    await expect.poll(async () => (await producer.xpending('s', 'g')).count, { timeout: 10_000 }).toBe(0)
    for (const consumer of consumers) consumer.stop()
    await Promise.all(working)
  })

  test('transactions on watched keys keep their invariant while the server is killed', async () => {
    const redisServer = await server({ appendonly: 'yes', appendfsync: 'always' })
    const redis = await client(redisServer.url)
    await redis.mset({ a: 1000, b: 1000 })
    let moved = 0
    let maybe = 0
    let stop = false
    const load = Array.from({ length: 10 }, async () => {
      while (!stop) {
        try {
          await redis.watch(['a', 'b'], async (tx) => {
            const [a, b] = (await tx.mget('a', 'b')).map(Number) as [number, number]
            return tx.multi().mset({ a: a - 1, b: b + 1 })
          })
          moved++
        } catch (error) {
          expect(error).toBeInstanceOf(OchreError)
          if (error instanceof ConnectionError && error.maybeExecuted) maybe++
        }
      }
    })
    for (let round = 0; round < 2; round++) {
      const target = moved + 100
      await expect.poll(() => moved, { timeout: 10_000 }).toBeGreaterThan(target)
      await redisServer.kill()
      await redisServer.restart()
    }
    const target = moved + 10
    await expect.poll(() => moved, { timeout: 10_000 }).toBeGreaterThan(target)
    stop = true
    await Promise.all(load)
    const [a, b] = (await redis.mget('a', 'b')).map(Number) as [number, number]
    expect(a + b).toBe(2000)
    expect(b - 1000).toBeGreaterThanOrEqual(moved)
    expect(b - 1000).toBeLessThanOrEqual(moved + maybe)
    expect(redis.health().nodes[0]!.pool.leased).toBe(0)
  })
})
