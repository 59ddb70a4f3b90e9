// A real server and an engine side by side, driven by the same steps.
import { Engine } from '@ochre/embedded'
import { expect } from 'vitest'
import { startServer } from '../servers/index.ts'
import { comparable, type Step } from './script.ts'
import { Wire } from './wire.ts'

export type Resp = '2' | '3'

export interface Side {
  readonly name: string
  readonly port: number
}

export interface Pair extends AsyncDisposable {
  readonly sides: readonly [real: Side, engine: Side]
}

/** Starts both. The real one is, unless told, the version whose behaviour the engine has. */
export async function startPair(version = 'redis-7.0'): Promise<Pair> {
  const real = await startServer({ version, name: 'diff', config: { 'enable-debug-command': 'yes' } })
  const engine = await Engine.open()
  const server = await engine.listen()
  return {
    sides: [
      { name: 'redis', port: real.port },
      { name: 'engine', port: server.port },
    ],
    async [Symbol.asyncDispose]() {
      await engine.close()
      await real[Symbol.asyncDispose]()
    },
  }
}

/** Runs the steps on both sides from an empty state and expects equal replies, line by line. */
export async function compare(pair: Pair, steps: readonly Step[], resp: Resp): Promise<void> {
  const [real, engine] = await Promise.all(pair.sides.map((side) => run(side, steps, resp)))
  expect(engine).toEqual(real)
}

/** The transcript of one side: each line with what of its reply is compared. */
async function run(side: Side, steps: readonly Step[], resp: Resp): Promise<string[]> {
  const control = await Wire.open(side.port)
  const clients = new Map<string, { wire: Wire; id: string }>()
  const clientOf = async (name: string): Promise<{ wire: Wire; id: string }> => {
    const known = clients.get(name)
    if (known !== undefined) return known
    const wire = await Wire.open(side.port)
    await wire.call('HELLO', resp)
    const client = { wire, id: (await wire.call('CLIENT', 'ID')).slice(1, -2) }
    clients.set(name, client)
    return client
  }
  const transcript: string[] = []
  try {
    await control.call('FLUSHALL')
    for (const step of steps) {
      const { wire, id } = await clientOf(step.client)
      if (step.does !== 'await') wire.send(step.args)
      if (step.does === 'block') {
        await untilBlocked(control, id)
        continue
      }
      transcript.push(`${step.line}  ->  ${JSON.stringify(comparable(await wire.frame(), step.mark))}`)
    }
  } finally {
    control.close()
    for (const { wire } of clients.values()) wire.close()
  }
  return transcript
}

/** Resolves when the server says that the client is blocked. */
async function untilBlocked(control: Wire, id: string): Promise<void> {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const listing = await control.call('CLIENT', 'LIST', 'ID', id)
    if (/ flags=\S*b/.test(listing)) return
  }
  throw new Error('the client did not block')
}
