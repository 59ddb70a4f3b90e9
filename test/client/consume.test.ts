// Consumer groups as jobs, against real servers and a peer that loses replies.
import { type Client, type ConsumeOptions, connect, type Job, type Target, UsageError } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { checkLeaks } from './leak-check.ts'
import { connectScripted } from './scripted-peer.ts'

const base: ConsumeOptions = { stream: 's', group: 'g', consumer: 'one' }

checkLeaks()

/** What must hold everywhere. */
function behaviour(target: () => Target): void {
  let redis: Client
  beforeEach(async () => {
    redis = await connect(target())
    await redis.call('FLUSHALL')
  })
  afterEach(() => redis.close())

  async function add(...values: string[]): Promise<string[]> {
    return Promise.all(values.map((value) => redis.xadd('s', '*', { value })))
  }

  /** Values of the next `count` jobs; the last one is acknowledged too. */
  async function work(options: ConsumeOptions, count: number): Promise<string[]> {
    const values: string[] = []
    for await (const job of redis.consume(options)) {
      values.push(job.fields.value!)
      if (values.length < count) continue
      await job.acknowledge()
      break
    }
    return values
  }

  const pending = async (): Promise<number> => (await redis.xpending('s', 'g')).count

  test('gets all entries in order, also those that come while it waits, and acknowledges each', async () => {
    await add('a', 'b')
    const values: string[] = []
    for await (const { fields, deliveries } of redis.consume(base)) {
      expect(deliveries).toBe(1)
      values.push(fields.value!)
      if (values.length === 2) await add('c')
      if (values.length === 3) break
    }
    expect(values).toEqual(['a', 'b', 'c'])
    // The last one was left by the loop: not acknowledged.
    expect(await pending()).toBe(1)
  })

  test('begins with what it had and did not finish', async () => {
    await add('a', 'b', 'c')
    const failed = async (): Promise<void> => {
      for await (const job of redis.consume({ ...base, count: 1 })) throw new Error(job.fields.value)
    }
    await expect(failed()).rejects.toThrow('a')
    const deliveries: number[] = []
    const values: string[] = []
    for await (const job of redis.consume(base)) {
      deliveries.push(job.deliveries)
      values.push(job.fields.value!)
      await job.acknowledge()
      if (values.length === 3) break
    }
    expect(values).toEqual(['a', 'b', 'c'])
    expect(deliveries).toEqual([2, 1, 1])
    expect(await pending()).toBe(0)
  })

  test('takes over what a consumer that died has left', async () => {
    await add('a', 'b')
    await redis.xgroupCreate('s', 'g', '0')
    await redis.xreadgroup('g', 'dead', { s: '>' })
    expect(await work({ ...base, claimIdleMs: 20 }, 2)).toEqual(['a', 'b'])
    expect(await pending()).toBe(0)
  })

  test('puts what keeps failing into the dead-letter stream, after so many deliveries', async () => {
    await add('bad', 'good')
    const consumer = redis.consume({ ...base, claimIdleMs: 10, maxDeliveries: 3, deadLetter: 'dead' })
    const seen: [string, number][] = []
    const errors: string[] = []
    const done = consumer.work(
      ({ fields, deliveries }) => {
        seen.push([fields.value!, deliveries])
        if (fields.value === 'bad') throw new Error('no')
      },
      { onError: (error, job) => errors.push(`${(error as Error).message} ${job.fields.value}`) },
    )
    const [dead] = (await redis.with({ timeoutMs: 20_000 }).xread({ dead: '0' }, { block: 10_000 }))!
    consumer.stop()
    await done
    expect(dead!.entries[0]!.fields).toMatchObject({ value: 'bad', _stream: 's', _deliveries: '3' })
    expect(seen).toEqual([
      ['bad', 1],
      ['good', 1],
      ['bad', 2],
      ['bad', 3],
    ])
    expect(errors).toEqual(['no bad', 'no bad', 'no bad'])
    expect(await pending()).toBe(0)
  })

  test('works off jobs side by side, never more than told', async () => {
    await add(...Array.from({ length: 100 }, (_, i) => String(i)))
    const consumer = redis.consume({ ...base, deleteAcknowledged: true })
    const seen = new Set<string>()
    let [running, most] = [0, 0]
    await consumer.work(
      async ({ fields }) => {
        most = Math.max(most, ++running)
        await redis.ping()
        running--
        seen.add(fields.value!)
        if (seen.size === 100) consumer.stop()
      },
      { concurrency: 8 },
    )
    expect([seen.size, most, await pending(), await redis.xlen('s')]).toEqual([100, 8, 0, 0])
  })

  test('shares a stream with others: every entry is worked off by one of them', async () => {
    const seen: string[] = []
    const consumers = ['one', 'two', 'three'].map((consumer) => redis.consume({ ...base, consumer, count: 3 }))
    const done = consumers.map((consumer) =>
      consumer.work(({ fields }) => {
        seen.push(fields.value!)
        if (seen.length === 60) for (const one of consumers) one.stop()
      }),
    )
    await add(...Array.from({ length: 60 }, (_, i) => String(i)))
    await Promise.all(done)
    expect(seen.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })

  test('survives lost connections and a deleted stream', async () => {
    const other = await connect(target())
    const jobs = other.consume(base)
    await add('a')
    expect((await jobs.next()).value?.fields).toEqual({ value: 'a' })
    const waiting = jobs.next()
    expect(await redis.clientKill({ type: 'NORMAL', skipMe: 'YES' })).toBeGreaterThan(0)
    await add('b')
    expect((await waiting).value?.fields).toEqual({ value: 'b' })
    const next = jobs.next()
    await redis.del('s')
    await add('c')
    expect((await next).value?.fields).toEqual({ value: 'c' })
    await other.close()
  })

  test('a job may be kept from being taken over', async () => {
    await add('long')
    const jobs = redis.consume(base)
    const job = (await jobs.next()).value as Job<string>
    await redis.xclaim('s', 'g', 'one', 0, job.id, { idle: 100_000, justId: true })
    await job.keep()
    const [entry] = await redis.xpending('s', 'g', '-', '+', 10)
    expect(entry!.idleMs).toBeLessThan(50_000)
    expect(entry!.deliveries).toBe(1)
    await jobs.return()
  })

  test('what onError throws ends the work, after the handlers that have begun', async () => {
    await add('a', 'b')
    let begun = 0
    const work = redis.consume({ ...base, count: 1 }).work(
      () => {
        begun++
        throw new Error('job')
      },
      {
        onError: (error) => {
          throw new Error('fatal', { cause: error })
        },
      },
    )
    await expect(work).rejects.toMatchObject({ message: 'fatal', cause: { message: 'job' } })
    expect(begun).toBe(1)
  })

  test('ends with stop, with the client, and with what the server refuses', async () => {
    const stopped = redis.consume(base)
    const read = stopped.next()
    stopped.stop()
    expect(await read).toEqual({ done: true, value: undefined })
    const other = await connect(target())
    const closed = other.consume(base).work(() => {})
    await other.close()
    await closed
    await redis.set('text', 'x')
    await expect(redis.consume({ ...base, stream: 'text' }).next()).rejects.toMatchObject({ code: 'WRONGTYPE' })
    await expect(redis.consume({ ...base, stream: 'text' }).work(() => {})).rejects.toMatchObject({ code: 'WRONGTYPE' })
  })

  test('gives bytes to a client of Buffers, and removes entries that were deleted while they were pending', async () => {
    const ids = await add('a', 'b')
    await redis.xgroupCreate('s', 'g', '0')
    await redis.xreadgroup('g', 'one', { s: '>' })
    await redis.xdel('s', ids[0]!)
    for await (const job of redis.buffers.consume(base)) {
      expect(job.fields).toEqual({ value: Buffer.from('b') })
      await job.acknowledge()
      break
    }
    expect(await pending()).toBe(0)
  })
}

describe('a consumer in the embedded engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.open()
  })
  afterAll(() => engine.close())
  behaviour(() => engine)
})

describeEachServer('a consumer', (version) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  behaviour(() => server.url)
})

describe('against a scripted peer', () => {
  test('entries whose reply was lost are read again from the own pending ones', async () => {
    let reads = 0
    const { client, peer, clock } = await connectScripted((words, link) => {
      const line = words.join(' ')
      if (words[0] === 'XGROUP') return '-BUSYGROUP exists\r\n'
      if (words[0] === 'XAUTOCLAIM') return '*3\r\n$3\r\n0-0\r\n*0\r\n*0\r\n'
      if (words[0] === 'XPENDING') return '*1\r\n*4\r\n$3\r\n1-1\r\n$3\r\none\r\n:5\r\n:2\r\n'
      if (line.endsWith('STREAMS s >')) {
        // Delivered, but the reply never arrives.
        setImmediate(() => link.lose())
        return undefined
      }
      if (line.endsWith('STREAMS s 0') && ++reads === 2) {
        return '%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$5\r\nvalue\r\n$1\r\nx\r\n'
      }
      return words[0] === 'XREADGROUP' ? '%1\r\n$1\r\ns\r\n*0\r\n' : ':1\r\n'
    })
    const next = client.consume(base).next()
    await clock.advance(100)
    expect((await next).value).toMatchObject({ id: '1-1', fields: { value: 'x' }, deliveries: 2 })
    expect(peer.requests.filter((request) => request.endsWith('STREAMS s 0'))).toHaveLength(2)
    const closing = client.close({ drainMs: 0 })
    await clock.advance(2000)
    await closing
  })

  test('an entry that has waited here for claimIdleMs is left to whoever has taken it over by now', async () => {
    const entry = (id: string): string => `*2\r\n$3\r\n${id}\r\n*2\r\n$1\r\nv\r\n$1\r\n${id[0]}\r\n`
    const fresh = [`%1\r\n$1\r\ns\r\n*2\r\n${entry('1-0')}${entry('2-0')}`]
    const { client, peer, clock } = await connectScripted((words) => {
      const line = words.join(' ')
      if (words[0] === 'XGROUP') return '+OK\r\n'
      if (words[0] === 'XAUTOCLAIM') return '*3\r\n$3\r\n0-0\r\n*0\r\n*0\r\n'
      if (line.endsWith('STREAMS s >')) return fresh.shift()
      return words[0] === 'XREADGROUP' ? '%1\r\n$1\r\ns\r\n*0\r\n' : ':1\r\n'
    })
    const jobs = client.consume({ ...base, claimIdleMs: 1000 })
    expect((await jobs.next()).value).toMatchObject({ id: '1-0' })
    const claims = (): number => peer.requests.filter((request) => request.startsWith('XAUTOCLAIM')).length
    const before = claims()
    await clock.advance(1000)
    const next = jobs.next()
    await clock.advance(10)
    expect(claims()).toBe(before + 1)
    jobs.stop()
    expect(await next).toEqual({ done: true, value: undefined })
    const closing = client.close({ drainMs: 0 })
    await clock.advance(2000)
    await closing
  })

  test.each<[Partial<ConsumeOptions>, RegExp]>([
    [{ stream: '' }, /needs stream/],
    [{ consumer: undefined as never }, /needs consumer/],
    [{ maxDeliveries: 3 }, /go together/],
    [{ deadLetter: 'd' }, /go together/],
    [{ count: 0 }, /count must be/],
    [{ claimIdleMs: 0.5 }, /claimIdleMs must be/],
  ])('%j is refused', async (options, message) => {
    const { client, clock } = await connectScripted()
    expect(() => client.consume({ ...base, ...options })).toThrow(UsageError)
    expect(() => client.consume({ ...base, ...options })).toThrow(message)
    const closing = client.close()
    await clock.advance(2000)
    await closing
  })
})
