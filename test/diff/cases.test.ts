// Every group's cases, to a real server and to the engine, in both protocols: equal bytes.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { compare, type Pair, type Resp, startPair } from './pair.ts'
import { type Cases, parseScript } from './script.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

const groups = readdirSync(new URL('./cases/', import.meta.url)).map((file) => file.replace('.ts', ''))

for (const group of groups) {
  const { cases } = (await import(`./cases/${group}.ts`)) as { cases: Cases }
  describe(group, () => {
    for (const resp of ['2', '3'] as Resp[]) {
      for (const [title, script] of Object.entries(cases)) {
        it(`${title}, RESP${resp}`, () => compare(pair, parseScript(script), resp))
      }
    }
  })
}
