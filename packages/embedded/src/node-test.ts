// Tests of node:test with an engine each.
import { test } from 'node:test'
import type { Engine } from './engine.ts'
import { type EngineSetup, runWithEngine } from './test-kit.ts'

export type { EngineSetup } from './test-kit.ts'

/** Declares a test whose body gets an engine of its own. The test fails when it leaves a client connected. */
export function engineTest(name: string, body: (engine: Engine) => unknown, setup?: EngineSetup): void {
  void test(name, () => runWithEngine(body, setup))
}
