// The suites of models on the embedded engine.
import { describe } from 'vitest'

process.env.OCHRE_MODEL_BACKEND = 'embedded'

describe('on the embedded engine', async () => {
  await import('./verbs.test.ts')
  await import('./programs.test.ts')
  await import('./places.test.ts')
  await import('./queries.test.ts')
  await import('./claims.test.ts')
  await import('./lua.test.ts')
  await import('./defects.test.ts')
  await import('./changes.test.ts')
  await import('./whole-row.test.ts')
  await import('./schemas.test.ts')
  await import('./extremes.test.ts')
  await import('./corruption.test.ts')
  await import('./misuse.test.ts')
})
