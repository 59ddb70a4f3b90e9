// Starts servers for the suite: `serve.ts` in a process of its own, or redis-server.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startServer } from '../../test/servers/server.ts'
import type { Question, Ready, ServeArguments, Times } from './serve.ts'

/** A server that runs somewhere on this machine. */
export interface Running {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

export interface Served extends Running, Ready {
  /** Bytes on the heap and beside it, after a collection. */
  heapBytes(): Promise<number>
  times(): Promise<Times>
}

/** Resolves when the server listens. */
export async function serve(options: ServeArguments): Promise<Served> {
  const child = fork(fileURLToPath(new URL('./serve.ts', import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
  const ready = (await answer(child)) as Ready
  const ask = (question: Question): Promise<unknown> => {
    child.send(question)
    return answer(child)
  }
  return {
    ...ready,
    pid: child.pid!,
    heapBytes: () => ask('heap') as Promise<number>,
    times: () => ask('times') as Promise<Times>,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the server ended'))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}

/** redis-server with nothing kept, or with an append-only file that is synced like that. */
export async function startRedis(fsync?: 'everysec' | 'always'): Promise<Running> {
  const config = fsync === undefined ? {} : { appendonly: 'yes', appendfsync: fsync }
  const server = await startServer({ name: 'bench', config })
  return { port: server.port, pid: server.pid, stop: () => server.stop() }
}
