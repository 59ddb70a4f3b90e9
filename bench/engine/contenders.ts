// The servers that are compared. Each runs in a process of its own; redis-benchmark, which a worker starts, is the load.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Environment, Opened } from '../suite.ts'
import { type Running, serve, startRedis } from './child.ts'
import { connectTo, loadEngine, type OchreClient } from './ochre.ts'

export interface EngineTarget {
  /** The command line of redis-benchmark, as JSON. */
  readonly program: string
  readonly port: number
  /** Ports of servers that keep their data, by when it is on the disk. */
  readonly keeping?: { readonly everysec: number; readonly always: number }
  /** Without a socket. */
  get?(key: string): Promise<unknown>
  eval?(lua: string, key: string): Promise<unknown>
}

/** Opens the three servers of a contender; none stays when one fails. */
async function openServers(
  environment: Environment,
  starts: readonly (() => Promise<Running>)[],
): Promise<Opened<EngineTarget>> {
  const servers: Running[] = []
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    for (const start of starts) servers.push(await start())
  } catch (error) {
    await close()
    throw error
  }
  const [memory, everysec, always] = servers.map((server) => server.port)
  const target: EngineTarget = {
    program: String(environment.program),
    port: memory!,
    ...(everysec === undefined || always === undefined ? {} : { keeping: { everysec, always } }),
  }
  return { target, pids: servers.map((server) => server.pid), close }
}

const ours: Contender<EngineTarget> = {
  name: 'ochre',
  title: 'Ochre',
  role: 'ours',
  async open(environment, root) {
    const folder = mkdtempSync(join(tmpdir(), 'ochre-bench-'))
    const start = (fsync: 'everysec' | 'always') => () =>
      serve({ kind: 'ochre', root, options: { dir: join(folder, fsync), fsync } })
    const opened = await openServers(environment, [
      () => serve({ kind: 'ochre', root }),
      start('everysec'),
      start('always'),
    ])
    const engine = await (await loadEngine(root)).Engine.open()
    const client: OchreClient = await connectTo(engine, root)
    const target: EngineTarget = {
      ...opened.target,
      get: (key) => client.get(key),
      eval: (lua, key) => client.eval(lua, [key], []),
    }
    await client.set('key:7', 'value')
    return {
      target,
      pids: [process.pid, ...opened.pids!],
      async close() {
        await client.close()
        await engine.close()
        await opened.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

const peer: Contender<EngineTarget> = {
  name: 'js-redis-server',
  title: 'js-redis-server 0.3',
  role: 'peer',
  async open(environment, root) {
    const opened = await openServers(environment, [() => serve({ kind: 'js-redis-server', root })])
    const { createInMemoryClient } = await import('js-redis-server')
    const client = await createInMemoryClient()
    await client.command('SET', 'key:7', 'value')
    const target: EngineTarget = {
      ...opened.target,
      get: (key) => client.command('GET', key),
      eval: (lua, key) => client.command('EVAL', lua, '1', key),
    }
    return {
      target,
      pids: [process.pid, ...opened.pids!],
      async close() {
        client.close()
        await opened.close()
      },
    }
  },
}

const redis: Contender<EngineTarget> = {
  name: 'redis',
  title: 'redis-server',
  role: 'peer',
  open: (environment) =>
    openServers(environment, [() => startRedis(), () => startRedis('everysec'), () => startRedis('always')]),
}

export const CONTENDERS: readonly Contender<EngineTarget>[] = [ours, peer, redis]
