// Models against the same work by hand: one real server, the same client on both sides.
import { startServer } from '../../test/servers/server.ts'
import { describeServer } from '../server.ts'
import { median } from '../statistics.ts'
import type { Curve, Suite } from '../suite.ts'
import { countAges } from './by-hand.ts'
import { CONTENDERS, type ModelTarget } from './contenders.ts'
import { type Opened, openModels, users } from './schema.ts'
import { WORKLOADS } from './workloads.ts'

const SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000]
const QUICK_SIZES = [3000, 10_000]

export const suite: Suite<ModelTarget> = {
  name: 'model',
  title: 'Models and the same by hand',
  packages: ['model', 'client'],
  contenders: CONTENDERS,
  workloads: WORKLOADS,
  rounds: 5,
  seconds: 0.8,
  remarks: [
    'By hand: the same keys and the same client, commands and scripts written for the purpose. 64 callers, find 8.',
    'createMany by hand is one pipeline of HSET and three ZADD per row, in which nothing is checked and nothing is atomic.',
    'redis-om 0.4.7 is not measured: its queries need RediSearch and RedisJSON, modules that neither Redis 7.0 nor Valkey brings along.',
  ],
  async start({ isQuick, root, onProgress }) {
    const server = await startServer({ name: 'bench' })
    try {
      const opened = await openModels(root, server.port)
      const sizes = isQuick ? QUICK_SIZES : SIZES
      const counts: Record<'model' | 'hand', [number, number][]> = { model: [], hand: [] }
      let rows = 0
      for (const size of sizes) {
        onProgress(`filling up to ${size} rows`)
        const { done, failures } = await opened.db.User.createMany(users(rows, size))
        if (failures[0] !== undefined) throw failures[0].error
        // The first counts compile what the others run.
        if (rows === 0) await countTimes(opened, isQuick ? 50 : 500)
        rows += done
        const { model, hand } = await countTimes(opened, isQuick ? 50 : 500)
        counts.model.push([rows, model])
        counts.hand.push([rows, hand])
      }
      await opened.close()
      const curve: Curve = {
        kind: 'curve',
        name: 'count',
        title: 'Counting an indexed range as rows grow',
        x: 'rows',
        y: 'µs per count',
        lines: [
          { title: 'count()', role: 'ours', points: counts.model },
          { title: 'ZLEXCOUNT by hand', role: 'peer', points: counts.hand },
        ],
        note: 'Half of the rows are in the range. One caller, one count at a time; medians.',
      }
      return {
        environment: { port: server.port, rows },
        description: `${await describeServer(server)} on the loopback, ${rows.toLocaleString('en')} rows`,
        figures: async () => [curve],
        stop: () => server.stop(),
      }
    } catch (error) {
      await server.stop()
      throw error
    }
  },
}

/** Medians in microseconds. */
async function countTimes({ db, redis }: Opened, repeats: number): Promise<{ model: number; hand: number }> {
  const model: number[] = []
  const hand: number[] = []
  for (let i = 0; i < repeats; i++) {
    const [low, high] = [i % 400, (i % 400) + 500]
    const start = performance.now()
    const counted = await db.User.find({ where: (u) => u.age.between(low, high - 1) }).count()
    const between = performance.now()
    const expected = await countAges(redis, low, high)
    const end = performance.now()
    if (counted !== expected) throw new Error(`count() says ${counted}, ZLEXCOUNT ${expected}`)
    model.push((between - start) * 1000)
    hand.push((end - between) * 1000)
  }
  return { model: median(model), hand: median(hand) }
}
