// Before any test: every server of this run is there and named in the output, or the run stops with one sentence.
import { announce, describe, provision } from './provision.ts'

export async function setup(): Promise<void> {
  const provided = await provision()
  announce(provided)
  console.log(describe(provided))
}
