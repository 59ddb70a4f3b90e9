// HyperLogLogs against a real server: the same bytes after every step, the same counts.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addToHyperloglog,
  countHyperloglog,
  countUnion,
  createHyperloglog,
  describeSparse,
  hyperloglogEncoding,
  hyperloglogRegisters,
  mergeHyperloglogs,
  toDenseHyperloglog,
  touchHyperloglog,
} from '../../packages/embedded/src/structures/hyperloglog.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'hyperloglog', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

it.each([3000, 200, 0])('has the bytes of the server with %i sparse bytes', async (max) => {
  await redis.call('FLUSHALL')
  await redis.call('CONFIG', 'SET', 'hll-sparse-max-bytes', max)
  const random = randomFrom(max + 1)
  const same = async (key: string, bytes: Buffer) => expect(await redis.text('GET', key)).toBe(bytes.toString('latin1'))
  const sets = new Map<string, Buffer>()
  for (const key of ['a', 'b', 'c']) {
    await redis.call('PFADD', key)
    const bytes = createHyperloglog()
    touchHyperloglog(bytes)
    await same(key, bytes)
    sets.set(key, bytes)
  }
  for (let step = 0; step < 400; step++) {
    const key = 'aabc'[Math.floor(random() * 4)]!
    const bytes = sets.get(key)!
    const kind = random()
    if (kind < 0.8) {
      const count = key === 'a' ? 1 + Math.floor(random() * 20) : 1
      const elements = Array.from(
        { length: count },
        () => String.fromCharCode(random() * 256).repeat(random() * 20) + Math.floor(random() * 1e5),
      )
      const added = addToHyperloglog(bytes, elements, max)!
      expect(await redis.call('PFADD', key, ...elements)).toBe(added.isChanged ? 1 : 0)
      sets.set(key, added.bytes)
    } else if (kind < 0.9) {
      expect(await redis.call('PFCOUNT', key)).toBe(countHyperloglog(bytes)!.count)
    } else if (kind < 0.97) {
      expect(await redis.call('PFCOUNT', 'a', 'b', 'c')).toBe(countUnion([...sets.values()]))
    } else {
      await redis.call('PFMERGE', key, 'b', 'c')
      sets.set(key, mergeHyperloglogs(bytes, [sets.get('b')!, sets.get('c')!], max)!)
    }
    await same(key, sets.get(key)!)
  }
  for (const [key, bytes] of sets) {
    expect(await redis.call('PFDEBUG', 'ENCODING', key)).toBe(hyperloglogEncoding(bytes))
    if (hyperloglogEncoding(bytes) === 'sparse')
      expect(await redis.text('PFDEBUG', 'DECODE', key)).toBe(describeSparse(bytes))
    const registers = await redis.call('PFDEBUG', 'GETREG', key)
    expect(registers).toEqual([...hyperloglogRegisters(bytes)!])
    // Reading the registers has made it dense.
    await same(key, toDenseHyperloglog(bytes)!)
  }
})
