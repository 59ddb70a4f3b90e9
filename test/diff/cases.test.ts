// Every group's cases, to a real server and to the engine, in both protocols: equal bytes.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { compare, type Pair, type Resp, startPair } from './pair.ts'
import { type Group, parseScript } from './script.ts'

const groups: [name: string, group: Group][] = []
for (const file of readdirSync(new URL('./cases/', import.meta.url))) {
  const name = file.replace('.ts', '')
  groups.push([name, (await import(`./cases/${name}.ts`)) as Group])
}

/** Groups that share a pair: the same server, and whether both keep their data. */
const settings = new Map(groups.map(([, { version, isKept = false }]) => [`${version} ${isKept}`, { version, isKept }]))

for (const { version, isKept } of settings.values()) {
  describe((version ?? 'as the engine') + (isKept ? ', kept' : ''), () => {
    let pair: Pair
    beforeAll(async () => {
      pair = await startPair(version, isKept)
    })
    afterAll(async () => {
      await pair[Symbol.asyncDispose]()
    })

    const own = groups.filter(([, other]) => other.version === version && (other.isKept ?? false) === isKept)
    for (const [name, group] of own) {
      describe(name, () => {
        for (const resp of ['2', '3'] as Resp[]) {
          for (const [title, script] of Object.entries(group.cases)) {
            it(`${title}, RESP${resp}`, () => compare(pair, parseScript(script), resp))
          }
        }
      })
    }
  })
}
