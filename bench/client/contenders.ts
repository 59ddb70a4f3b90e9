// The clients that are compared, each with its own defaults and its own way to spell an operation. Libraries are loaded
// in `open`, so that a process holds one of them only.
import { pathToFileURL } from 'node:url'
import type { Contender } from '../suite.ts'
import type { ClientTarget } from './workloads.ts'

/** The part of our client that the workloads use. Any revision's build may be loaded, and an early one may lack some. */
interface OchreClient {
  get(key: string): Promise<unknown>
  set(key: string, value: string | Buffer, options?: { ex: number }): Promise<unknown>
  mget(keys: readonly string[]): Promise<unknown>
  lrange(key: string, start: number, stop: number): Promise<unknown>
  hgetall(key: string): Promise<unknown>
  readonly buffers?: { get(key: string): Promise<unknown> }
  pipeline?(): OchrePipeline
  close(): Promise<void>
}
interface OchrePipeline {
  get(key: string): OchrePipeline
  exec(): Promise<readonly unknown[]>
}

const ours: Contender<ClientTarget> = {
  name: 'ochre',
  title: 'Ochre',
  role: 'ours',
  async open({ port }, root) {
    const entry = pathToFileURL(`${root}/packages/client/dist/index.js`).href
    const { connect } = (await import(entry)) as { connect(target: string): Promise<OchreClient> }
    const redis = await connect(`redis://127.0.0.1:${port}`)
    const target: ClientTarget = {
      get: (key) => redis.get(key),
      set: (key, value) => redis.set(key, value),
      setEx: (key, value) => redis.set(key, value, { ex: 60 }),
      mget: (keys) => redis.mget(keys),
      lrange: (key) => redis.lrange(key, 0, -1),
      hgetall: (key) => redis.hgetall(key),
    }
    if (redis.buffers !== undefined) target.getBuffer = (key) => redis.buffers!.get(key)
    if (redis.pipeline !== undefined)
      target.pipeline = (keys) => {
        const pipeline = redis.pipeline!()
        for (const key of keys) pipeline.get(key)
        return pipeline.exec()
      }
    return { target, close: () => redis.close() }
  },
}

/** ioredis and its fork iovalkey have the same surface. */
interface IoClient {
  get(key: string): Promise<unknown>
  getBuffer(key: string): Promise<unknown>
  set(key: string, value: string | Buffer, ...rest: unknown[]): Promise<unknown>
  mget(keys: string[]): Promise<unknown>
  lrange(key: string, start: number, stop: number): Promise<unknown>
  hgetall(key: string): Promise<unknown>
  pipeline(): { get(key: string): unknown; exec(): Promise<readonly unknown[] | null> }
  once(event: 'ready', listener: () => void): unknown
  disconnect(): void
}

async function openIo(redis: IoClient): Promise<{ target: ClientTarget; close(): void }> {
  await new Promise<void>((resolve) => redis.once('ready', resolve))
  const target: ClientTarget = {
    get: (key) => redis.get(key),
    getBuffer: (key) => redis.getBuffer(key),
    set: (key, value) => redis.set(key, value),
    setEx: (key, value) => redis.set(key, value, 'EX', 60),
    mget: (keys) => redis.mget(keys),
    lrange: (key) => redis.lrange(key, 0, -1),
    hgetall: (key) => redis.hgetall(key),
    pipeline: async (keys) => {
      const pipeline = redis.pipeline()
      for (const key of keys) pipeline.get(key)
      return (await pipeline.exec()) ?? []
    },
  }
  return { target, close: () => redis.disconnect() }
}

const ioredis = (enableAutoPipelining: boolean): Contender<ClientTarget> => ({
  name: enableAutoPipelining ? 'ioredis-auto' : 'ioredis',
  title: enableAutoPipelining ? 'ioredis 6 auto' : 'ioredis 6',
  role: 'peer',
  async open({ port }) {
    const { Redis } = await import('ioredis')
    return openIo(new Redis({ port: Number(port), enableAutoPipelining }) as unknown as IoClient)
  },
})

const iovalkey: Contender<ClientTarget> = {
  name: 'iovalkey',
  title: 'iovalkey 0.4',
  role: 'peer',
  async open({ port }) {
    const { Redis } = await import('iovalkey')
    return openIo(new Redis({ port: Number(port) }) as unknown as IoClient)
  },
}

const nodeRedis: Contender<ClientTarget> = {
  name: 'redis',
  title: 'redis 6.3',
  role: 'peer',
  async open({ port }) {
    const { createClient, RESP_TYPES } = await import('redis')
    const redis = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
    const buffers = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const target: ClientTarget = {
      get: (key) => redis.get(key),
      getBuffer: (key) => buffers.get(key),
      set: (key, value) => redis.set(key, value),
      setEx: (key, value) => redis.set(key, value, { expiration: { type: 'EX', value: 60 } }),
      mget: (keys) => redis.mGet(keys),
      lrange: (key) => redis.lRange(key, 0, -1),
      hgetall: (key) => redis.hGetAll(key),
      pipeline(keys) {
        const pipeline = redis.multi()
        for (const key of keys) pipeline.get(key)
        return pipeline.execAsPipeline() as unknown as Promise<readonly unknown[]>
      },
    }
    return { target, close: () => redis.destroy() }
  },
}

const glide: Contender<ClientTarget> = {
  name: 'glide',
  title: 'glide 2.5',
  role: 'peer',
  async open({ port }) {
    const { Batch, Decoder, GlideClient, TimeUnit } = await import('@valkey/valkey-glide')
    const redis = await GlideClient.createClient({
      addresses: [{ host: '127.0.0.1', port: Number(port) }],
      // Its defaults, 250 ms and 1000 in flight, refuse the burst of 10,000.
      requestTimeout: 30_000,
      inflightRequestsLimit: 100_000,
    })
    const target: ClientTarget = {
      get: (key) => redis.get(key),
      getBuffer: (key) => redis.get(key, { decoder: Decoder.Bytes }),
      set: (key, value) => redis.set(key, value),
      setEx: (key, value) => redis.set(key, value, { expiry: { type: TimeUnit.Seconds, count: 60 } }),
      mget: (keys) => redis.mget(keys),
      lrange: (key) => redis.lrange(key, 0, -1),
      hgetall: (key) => redis.hgetall(key),
      pipeline: async (keys) => {
        const batch = new Batch(false)
        for (const key of keys) batch.get(key)
        return (await redis.exec(batch, true)) ?? []
      },
    }
    return { target, close: () => redis.close() }
  },
}

const floor: Contender<ClientTarget> = {
  name: 'floor',
  title: 'floor',
  role: 'floor',
  async open({ port }) {
    const { FloorClient } = await import('./floor.ts')
    const client = new FloorClient(Number(port))
    return { target: { get: (key) => client.get(key) }, close: () => client.close() }
  },
}

export const CONTENDERS: readonly Contender<ClientTarget>[] = [
  ours,
  ioredis(false),
  ioredis(true),
  nodeRedis,
  iovalkey,
  glide,
  floor,
]
