// What the fixtures for test runners share: an engine of its own for each test, and a test that leaves a client open fails.
import { setImmediate as nextRound } from 'node:timers/promises'
import { Engine, type EngineOptions } from './engine.ts'

/** Rounds of the event loop in which clients that were closed at the end of a test may go. */
const GRACE_ROUNDS = 100

/** Makes the options of each test's engine: a function, so that a clock is never shared. */
export type EngineSetup = () => EngineOptions

/**
 * Runs the body of a test with an engine of its own and closes it. Rejects with what the body threw, else when a client is
 * still connected. `hasFailed` is for runners that keep what a test threw for themselves.
 */
export async function runWithEngine(
  body: (engine: Engine) => unknown,
  setup: EngineSetup = () => ({}),
  hasFailed: () => boolean = () => false,
): Promise<void> {
  const engine = await Engine.open(setup())
  try {
    await body(engine)
    if (!hasFailed()) await expectNoClients(engine)
  } finally {
    await engine.close()
  }
}

async function expectNoClients(engine: Engine): Promise<void> {
  for (let round = 0; round < GRACE_ROUNDS && engine.sessions.size !== 0; round++) await nextRound()
  if (engine.sessions.size === 0) return
  const leaks = [...engine.sessions.values()].map(({ id, name, lastCommand }) => {
    const last = lastCommand === '' ? 'it sent nothing' : `its last command was ${lastCommand.toUpperCase()}`
    return `client ${id}${name === '' ? '' : ` (${name})`}: ${last}`
  })
  throw new Error(`The test left ${leaks.length} client(s) connected; close what it opens. ${leaks.join('; ')}.`)
}
