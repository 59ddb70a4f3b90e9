// Before any test: every server of this run is there and named in the output, or the run stops with one sentence. After
// the last: none of them is left, or the run fails.
import { announce, describe, provision } from './provision.ts'
import { beginRun, endRun } from './watchdog.ts'

export async function setup(): Promise<void> {
  const provided = await provision()
  announce(provided)
  beginRun()
  console.log(describe(provided))
}

export async function teardown(): Promise<void> {
  try {
    await endRun(10_000)
  } catch (error) {
    // Thrown, it would be printed and forgotten.
    console.error(error)
    process.exitCode = 1
  }
}
