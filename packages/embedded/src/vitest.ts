// A fixture for vitest: `const it = test.extend<EngineContext>(engineFixtures())`.
import type { Engine } from './engine.ts'
import { type EngineSetup, runWithEngine } from './test-kit.ts'

export type { EngineSetup } from './test-kit.ts'

/** What the fixture adds to a test's context. */
export interface EngineContext {
  readonly engine: Engine
}

interface Task {
  readonly result?: { readonly state: string }
}

/** The form in which vitest takes fixtures. */
export interface EngineFixtures {
  engine: (context: { readonly task: Task }, use: (engine: Engine) => Promise<void>) => Promise<void>
}

/** An engine for each test that asks for `engine`. The test fails when it leaves a client connected. */
export function engineFixtures(setup?: EngineSetup): EngineFixtures {
  return {
    // Vitest reads the names that a fixture needs from this pattern and refuses any other.
    engine: ({ task }, use) => runWithEngine(use, setup, () => task.result?.state === 'fail'),
  }
}
