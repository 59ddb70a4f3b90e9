// Tests of Jest, or of any runner with a global `test(name, body)`, with an engine each.
import { UsageError } from '@ochre/protocol'
import type { Engine } from './engine.ts'
import { type EngineSetup, runWithEngine } from './test-kit.ts'

export type { EngineSetup } from './test-kit.ts'

type Declare = (name: string, body: () => Promise<void>) => void

/** Declares a test whose body gets an engine of its own. The test fails when it leaves a client connected. */
export function engineTest(name: string, body: (engine: Engine) => unknown, setup?: EngineSetup): void {
  const { test } = globalThis as { test?: Declare }
  if (test === undefined) throw new UsageError('engineTest needs a test runner with a global test function.')
  test(name, () => runWithEngine(body, setup))
}
