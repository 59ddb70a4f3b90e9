// The fixtures for test runners: each test has its own engine, and a leaked client fails it.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Clock, type Engine } from '@ochre/embedded'
import { engineTest } from '@ochre/embedded/jest'
import { runWithEngine } from '@ochre/embedded/test-kit'
import { type EngineContext, engineFixtures } from '@ochre/embedded/vitest'
import type { Link } from '@ochre/protocol'
import { describe, expect, it, test } from 'vitest'

const events = { onOpen() {}, onData() {}, onDrain() {}, onClose() {} }

function dial(engine: Engine): Link {
  const link = engine.dial(events)
  link.write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
  return link
}

describe('the fixture of vitest', () => {
  const withEngine = test.extend<EngineContext>(engineFixtures(() => ({ clock: new Clock(1000) })))
  const seen = new Set<Engine>()

  for (const title of ['gives an engine', 'gives another engine']) {
    withEngine(title, async ({ engine }) => {
      expect(seen.has(engine)).toBe(false)
      seen.add(engine)
      expect(engine.clock.now()).toBe(1000)
      expect(engine.databases[0]!.entries.size).toBe(0)
      const link = dial(engine)
      await new Promise(setImmediate)
      expect(engine.databases[0]!.entries.size).toBe(1)
      link.end()
    })
  }
})

describe('the fixture of vitest, with a test that leaks', () => {
  const { engine: fixture } = engineFixtures()
  const leak = async (engine: Engine): Promise<void> => void dial(engine)

  it('fails a test that was fine otherwise', async () => {
    await expect(fixture({ task: { result: { state: 'run' } } }, leak)).rejects.toThrow('left 1 client(s) connected')
  })

  it('adds nothing to what a test has failed with', async () => {
    await fixture({ task: { result: { state: 'fail' } } }, leak)
  })
})

describe('a test with an engine', () => {
  it('fails when a client is left connected, and says which', async () => {
    const leaking = runWithEngine(async (engine) => {
      dial(engine)
      await new Promise(setImmediate)
    })
    await expect(leaking).rejects.toThrow(/left 1 client\(s\) connected.*last command was SET/)
  })

  it('fails with its own error rather than with the leak', async () => {
    const failing = runWithEngine((engine) => {
      dial(engine)
      throw new Error('the body failed')
    })
    await expect(failing).rejects.toThrow('the body failed')
  })

  it('may close its sockets at the very end', async () => {
    await runWithEngine(async (engine) => {
      const { port } = await engine.listen()
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      while (engine.sessions.size === 0) await new Promise(setImmediate)
      socket.destroy()
    })
  })

  it('works with a global test function, as Jest has one', async () => {
    const declared: [string, () => Promise<void>][] = []
    const global = globalThis as { test?: unknown }
    global.test = (name: string, body: () => Promise<void>) => declared.push([name, body])
    try {
      engineTest('a title', (engine) => expect(engine.sessions.size).toBe(0))
    } finally {
      delete global.test
    }
    expect(declared.map(([name]) => name)).toEqual(['a title'])
    await declared[0]![1]()
    expect(() => engineTest('x', () => {})).toThrow('global test function')
  })

  it('works with node:test, which counts a leak as a failure and ends', () => {
    const file = fileURLToPath(new URL('./node-test-fixture.ts', import.meta.url))
    const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=tap', file], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 30_000,
    })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^ *ok \d+ - a test that closes what it opens/m)
    expect(stdout).toMatch(/^ *not ok \d+ - a test that leaks/m)
    expect(stdout).toContain('left 1 client(s) connected')
    expect(stdout).toContain('# fail 2')
  })
})
