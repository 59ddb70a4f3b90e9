// The gateway against other ways to reach Redis over HTTP, all on one real server.
import { obtainProgram } from '../../test/servers/provision.ts'
import { startServer } from '../../test/servers/server.ts'
import { describeServer } from '../server.ts'
import type { Suite } from '../suite.ts'
import { CONTENDERS, type GatewayTarget } from './contenders.ts'
import { KEY, VALUE } from './keys.ts'
import { measureSubscribers } from './subscribers.ts'
import { WORKLOADS } from './workloads.ts'
import { CONNECTIONS } from './wrk.ts'

const TOKEN = 'benchmark-benchmark-benchmark-benchmark'

export const suite: Suite<GatewayTarget> = {
  name: 'gateway',
  title: 'Redis over HTTP',
  packages: ['gateway'],
  contenders: CONTENDERS,
  workloads: WORKLOADS,
  rounds: 5,
  seconds: 1,
  remarks: [
    `wrk with one thread and ${CONNECTIONS} connections is the load; it shares the machine with everything else. Values have 100 bytes.`,
    'Ours checks a token and its rights at each request; the others let everybody in.',
    'Webdis runs with the 5 threads of its example configuration. It has no pipelines: its number there is one command per request.',
  ],
  async start({ isQuick, root }) {
    const wrk = await obtainProgram('wrk')
    const server = await startServer({ name: 'bench' })
    await server.call('SET', KEY, VALUE)
    return {
      environment: { port: server.port, wrk: JSON.stringify(wrk), token: TOKEN },
      description: `${await describeServer(server)} and wrk on the loopback`,
      figures: async () => [await measureSubscribers(root, server, TOKEN, isQuick ? 200 : 5000)],
      stop: () => server.stop(),
    }
  },
}
