// Every code block of the documentation: type-checked, run, and what it says it gives is what it gives.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readTree } from '../../scripts/check/tree.ts'
import { freePort, startServer, type TestServer } from '../servers/index.ts'
import { checkTypes, preparePage, type Variables } from './page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const programs = join(root, 'test/docs/.programs')
const pages = [...readTree(root)]
  .filter(([path]) => /^(README\.md|docs\/.*\.md|packages\/[^/]+\/README\.md)$/.test(path))
  .map(([path, text]) => preparePage(root, programs, path, text))

/** Blocks that cannot run in a test, each by its page and first line. A new one needs a reason to stand here. */
const NOT_RUN: readonly string[] = [
  'README.md: npm ci && npm start', // installs; serves until it is stopped
  'README.md: npm ci && npm test', // installs; runs this very test
]

test('only blocks that cannot run are left out', () => {
  const marked = pages.flatMap((page) =>
    page.blocks
      .filter((block) => block.words.has('illustration') || block.words.has('types'))
      .map((block) => `${page.path}: ${block.code.split('\n')[0]}`),
  )
  expect(marked.toSorted()).toEqual(NOT_RUN.toSorted())
})

test('every ts block type-checks', async () => {
  expect(await checkTypes(root, programs, pages)).toEqual([])
}, 60_000)

for (const page of pages.filter(({ runs, backgrounds }) => runs.length + backgrounds.length > 0))
  describe(page.path, () => {
    // Shell blocks and what runs in the background share one server; every program has its own.
    let shared: TestServer
    let variables: Variables
    const stops: (() => Promise<void>)[] = []
    beforeAll(async () => {
      shared = await startServer({ name: 'docs' })
      variables = { OCHRE_REDIS_URL: shared.url }
      if (page.backgrounds.length > 0)
        variables = {
          ...variables,
          OCHRE_PORT: String(await freePort()),
          OCHRE_ADMIN_PORT: String(await freePort()),
          OCHRE_ROOT_KEY: 'a-root-key-for-the-documentation-alone',
        }
      for (const background of page.backgrounds) stops.push(await background.start(variables))
    })
    afterAll(async () => {
      await Promise.all(stops.map((stop) => stop()))
      await shared.stop()
    })

    for (const run of page.runs)
      test(`${run.title} does what the page says`, async () => {
        if (!run.isFresh) return run.execute(variables)
        const server = await startServer({ name: 'docs' })
        onTestFinished(() => server.stop())
        await run.execute({ ...variables, OCHRE_REDIS_URL: server.url })
      }, 60_000)
  })
