// The embedded engine as a server and in process, beside js-redis-server and a real Redis.
import { companionOf, installed, provision } from '../../test/servers/provision.ts'
import type { Suite } from '../suite.ts'
import { CONTENDERS, type EngineTarget } from './contenders.ts'
import { measureFigures } from './figures.ts'
import { WORKLOADS } from './workloads.ts'

export const suite: Suite<EngineTarget> = {
  name: 'engine',
  title: 'Redis engines',
  packages: ['embedded', 'client'],
  contenders: CONTENDERS,
  workloads: WORKLOADS,
  rounds: 5,
  seconds: 0.5,
  remarks: [
    'redis-benchmark is the load, 50 connections, keys at random out of 100,000, values of 10 bytes; it shares the machine with the servers.',
    'CPU is that of all processes of a contender but redis-benchmark.',
  ],
  async start(options) {
    const servers = installed() ?? (await provision()).servers
    const program = servers[0] && companionOf(servers[0], 'redis-benchmark')
    if (program === undefined) throw new Error('There is no redis-benchmark beside the redis-server of this machine.')
    const line = JSON.stringify(program)
    return {
      environment: { program: line },
      description: `redis-server ${servers[0]!.version} and its redis-benchmark on the loopback`,
      figures: () => measureFigures(line, options),
      stop: async () => undefined,
    }
  },
}
