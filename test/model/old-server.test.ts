// The same suites on a server that is older than what is supported: they need nothing newer. What is not there: searches
// of places, which came with 6.2, and documents, for Debian's server of that version has no cjson.
import { describe } from 'vitest'
import { oldServer } from '../servers/index.ts'

const version = oldServer()
if (version !== undefined) process.env.OCHRE_MODEL_BACKEND = version

describe.runIf(version)(`on ${version}`, async () => {
  await import('./verbs.test.ts')
  await import('./programs.test.ts')
  await import('./queries.test.ts')
  await import('./expiry.test.ts')
  await import('./upkeep.test.ts')
})
