// A real server and an engine side by side, driven by the same steps.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
export async function startPair(version = 'redis-7.0', isKept = false): Promise<Pair> {
  const config = { 'enable-debug-command': 'yes', appendonly: isKept ? 'yes' : 'no' }
  const real = await startServer({ version, name: 'diff', config })
  const dir = isKept ? mkdtempSync(join(tmpdir(), 'ochre-diff-')) : undefined
  const engine = await Engine.open(dir === undefined ? {} : { dir })
  const server = await engine.listen()
  return {
    sides: [
      { name: 'redis', port: real.port },
      { name: 'engine', port: server.port },
    ],
    async [Symbol.asyncDispose]() {
      await engine.close()
      await real[Symbol.asyncDispose]()
      if (dir !== undefined) rmSync(dir, { recursive: true })
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
    await untilIdle(control)
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

/** Resolves when nothing is being saved. */
async function untilIdle(control: Wire): Promise<void> {
  while (/(rewrite|bgsave)_(in_progress|scheduled):1/.test(await control.call('INFO', 'persistence'))) {
    await new Promise(setImmediate)
  }
}

/** Resolves when the server says that the client is blocked. */
async function untilBlocked(control: Wire, id: string): Promise<void> {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const listing = await control.call('CLIENT', 'LIST', 'ID', id)
    if (/ flags=\S*b/.test(listing)) return
  }
  throw new Error('the client did not block')
}
