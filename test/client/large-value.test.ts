// Values in chunks, on real servers and in the embedded engine.
import { once } from 'node:events'
import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type Client, connect, type Target } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { checkLeaks } from './leak-check.ts'

checkLeaks()

const data = Buffer.alloc(300_000, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))

function behaviour(target: () => Target): void {
  let redis: Client
  beforeEach(async () => {
    redis = await connect(target())
    await redis.call('FLUSHALL')
  })
  afterEach(() => redis.close())

  const leased = (): number => redis.health().nodes[0]!.pool.leased

  test.each([1000, 4096, 300_000, 1_000_000])('a value is read in chunks of %s bytes', async (chunkBytes) => {
    await redis.set('k', data)
    const sizes = new Set<number>()
    const stream = redis.readable('k', { chunkBytes })
    stream.on('data', (chunk: Buffer) => sizes.add(chunk.length))
    expect((await buffer(stream)).equals(data)).toBe(true)
    expect(Math.max(...sizes)).toBe(Math.min(chunkBytes, data.length))
    expect(leased()).toBe(0)
  })

  test('a missing key and an empty value are nothing; another type is an error', async () => {
    await redis.set('empty', '')
    await redis.rpush('list', 'x')
    expect(await buffer(redis.readable('missing'))).toEqual(Buffer.alloc(0))
    expect(await buffer(redis.readable('empty'))).toEqual(Buffer.alloc(0))
    await expect(buffer(redis.readable('list'))).rejects.toMatchObject({ code: 'WRONGTYPE' })
    expect(leased()).toBe(0)
  })

  test.each<[string, (redis: Client) => Promise<unknown>]>([
    ['longer', (other) => other.append('k', 'x')],
    ['shorter', (other) => other.set('k', 'x')],
    ['gone', (other) => other.del('k')],
    ['the same again', (other) => other.set('k', data)],
  ])('a value that becomes %s while it is read is an error at the end', async (_, change) => {
    await redis.set('k', data)
    const stream = redis.readable('k', { chunkBytes: 1000 })
    await once(stream, 'readable')
    await change(redis)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'WATCH_CONFLICT' })
    expect(leased()).toBe(0)
  })

  test('a stream that is not read to its end gives its connection back', async () => {
    await redis.set('k', data)
    for await (const chunk of redis.readable('k', { chunkBytes: 1000 })) {
      expect(chunk).toEqual(data.subarray(0, 1000))
      break
    }
    // Given back when the chunk that was on its way has come.
    while (leased() > 0) await redis.ping()
    expect(redis.health().nodes[0]!.pool.idle).toBe(1)
  })

  test.each([1000, 65_536, 1_000_000])(
    'a value is written in chunks of %s bytes, and is there at once',
    async (chunkBytes) => {
      await redis.set('k', 'old', { ex: 100 })
      const stream = redis.writable('k', { chunkBytes })
      async function* parts(): AsyncGenerator<Buffer> {
        for (let at = 0; at < data.length; at += 7777) {
          expect(await redis.get('k')).toBe('old')
          yield data.subarray(at, at + 7777)
        }
      }
      await pipeline(Readable.from(parts()), stream)
      expect((await redis.buffers.get('k'))!.equals(data)).toBe(true)
      expect(await redis.ttl('k')).toBe(-1)
      expect(await redis.dbsize()).toBe(1)
    },
  )

  test('what is written may expire, be empty, and lie beside its key in the same slot', async () => {
    const end = async (stream: Writable, ...chunks: string[]): Promise<void> => pipeline(Readable.from(chunks), stream)
    await end(redis.writable('{t}k', { expireMs: 50_000, chunkBytes: 1 }), 'ab', 'c')
    expect(await redis.get('{t}k')).toBe('abc')
    expect(await redis.pttl('{t}k')).toBeGreaterThan(10_000)
    await redis.set('e', 'old', { ex: 100 })
    await end(redis.writable('e'))
    expect([await redis.get('e'), await redis.ttl('e')]).toEqual(['', -1])
    const stream = redis.writable('plain', { chunkBytes: 1 })
    stream.write('x')
    let beside: string[] = []
    while (beside.length === 0) beside = (await redis.keys('*')).filter((key) => key.includes(':ochre:'))
    expect(beside[0]).toMatch(/^\{plain\}:ochre:/)
    expect(await redis.pttl(beside[0]!)).toBeGreaterThan(0)
    stream.end()
    await once(stream, 'close')
  })

  test('a failed write leaves the old value and nothing else', async () => {
    await redis.set('k', 'old')
    async function* broken(): AsyncGenerator<Buffer> {
      yield data
      throw new Error('source broke')
    }
    await expect(pipeline(Readable.from(broken()), redis.writable('k', { chunkBytes: 1000 }))).rejects.toThrow(
      'source broke',
    )
    expect([await redis.get('k'), await redis.dbsize()]).toEqual(['old', 1])
  })

  test('from one key to another, without ever having the whole', async () => {
    await redis.set('a', data)
    await pipeline(redis.readable('a', { chunkBytes: 10_000 }), redis.writable('b', { chunkBytes: 25_000 }))
    expect((await redis.buffers.get('b'))!.equals(data)).toBe(true)
    expect(() => redis.readable('a', { chunkBytes: 0 })).toThrow(/chunkBytes/)
    expect(() => redis.writable('a', { expireMs: 0.5 })).toThrow(/expireMs/)
  })
}

describe('in the embedded engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.open()
  })
  afterAll(() => engine.close())
  behaviour(() => engine)
})

describeEachServer('on a real server', (version) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  behaviour(() => server.url)
})
