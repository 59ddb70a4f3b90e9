// What a file that uses the client costs the type checker, by the built declarations that users get. Time varies between
// machines, so the work is counted.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** Measured 1,500 in 0.13 s when this was written. */
const MOST_INSTANTIATIONS = 4000

it('A file that uses the client stays within the budget of the type checker', async () => {
  const project = fileURLToPath(new URL('type-budget', import.meta.url))
  const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', project, '--extendedDiagnostics'])
  const instantiations = Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1])
  expect(instantiations).toBeGreaterThan(200)
  expect(instantiations).toBeLessThan(MOST_INSTANTIATIONS)
})
