// The client against its peers, all on one real server.
import { startServer } from '../../test/servers/server.ts'
import { describeServer } from '../server.ts'
import type { Suite } from '../suite.ts'
import { CONTENDERS } from './contenders.ts'
import { type ClientTarget, KEYS, MEGABYTE, VALUE, WORKLOADS } from './workloads.ts'

export const suite: Suite<ClientTarget> = {
  name: 'client',
  title: 'Redis clients for Node.js',
  packages: ['client'],
  contenders: CONTENDERS,
  workloads: WORKLOADS,
  rounds: 5,
  seconds: 0.6,
  async start() {
    const server = await startServer({ name: 'bench' })
    for (const key of KEYS) await server.call('SET', key, VALUE)
    await server.call('SET', 'bench:megabyte', MEGABYTE)
    await server.call('RPUSH', 'bench:list', ...Array.from({ length: 1000 }, (_, i) => `${i}:${VALUE}`.slice(0, 100)))
    const fields = Array.from({ length: 100 }, (_, i) => [`field:${i}`, VALUE]).flat()
    await server.call('HSET', 'bench:hash', ...fields)
    return {
      environment: { port: server.port },
      description: `${await describeServer(server)} on the loopback, values of 100 bytes`,
      stop: () => server.stop(),
    }
  },
}
