// One server in a process of its own: the engine or js-redis-server, listening on a free port. It says where, what starting
// cost, and on request what its heap holds and what further starts and resets cost.
import { median } from '../statistics.ts'
import { connectTo, loadEngine } from './ochre.ts'

export interface ServeArguments {
  readonly kind: 'ochre' | 'js-redis-server'
  readonly root: string
  /** The engine's options: `dir`, `fsync`. */
  readonly options?: { readonly dir: string; readonly fsync: 'everysec' | 'always' }
}

export interface Ready {
  readonly port: number
  /** Loading the code, and opening the first server with it. */
  readonly importMs: number
  readonly openMs: number
}

export type Question = 'heap' | 'times'

export interface Times {
  /** Medians of further starts and of resets of 100 keys, in this process. */
  readonly openMs: number
  readonly resetMs: number
}

const REPEATS = 21

if (process.send !== undefined) await main(JSON.parse(process.argv[2]!) as ServeArguments)

async function main({ kind, root, options }: ServeArguments): Promise<void> {
  const start = performance.now()
  const software = kind === 'ochre' ? await loadOchre(root, options ?? {}) : await loadPeer()
  const loaded = performance.now()
  const { port } = await software.open()
  const ready: Ready = { port, importMs: loaded - start, openMs: performance.now() - loaded }
  process.on('message', async (question: Question) => {
    process.send!(question === 'heap' ? heapBytes() : await software.times())
  })
  process.once('disconnect', () => process.exit())
  process.send!(ready)
}

function heapBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

interface Software {
  open(): Promise<{ readonly port: number }>
  times(): Promise<Times>
}

async function loadOchre(root: string, options: NonNullable<ServeArguments['options']> | object): Promise<Software> {
  const { Engine } = await loadEngine(root)
  return {
    async open() {
      const engine = await Engine.open(options)
      return engine.listen()
    },
    times: () =>
      timesOf(async () => {
        const engine = await Engine.open()
        return {
          fill: async () => {
            const client = await connectTo(engine, root)
            for (let i = 0; i < 100; i++) await client.set(`key:${i}`, 'value')
            await client.close()
          },
          reset: () => engine.reset(),
          close: () => engine.close(),
        }
      }),
  }
}

async function loadPeer(): Promise<Software> {
  const { createInMemoryClient, createRedisMock } = await import('js-redis-server')
  return {
    open: () => createRedisMock(),
    times: () =>
      timesOf(async () => {
        const client = await createInMemoryClient()
        return {
          fill: async () => {
            for (let i = 0; i < 100; i++) await client.command('SET', `key:${i}`, 'value')
          },
          reset: () => client.command('FLUSHALL'),
          close: () => client.close(),
        }
      }),
  }
}

interface Instance {
  fill(): Promise<void>
  reset(): unknown
  close(): unknown
}

async function timesOf(open: () => Promise<Instance>): Promise<Times> {
  const opens: number[] = []
  const resets: number[] = []
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now()
    const instance = await open()
    opens.push(performance.now() - start)
    await instance.fill()
    const before = performance.now()
    await instance.reset()
    resets.push(performance.now() - before)
    await instance.close()
  }
  return { openMs: median(opens), resetMs: median(resets) }
}
