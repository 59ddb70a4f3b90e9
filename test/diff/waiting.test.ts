// Several clients wait for the same keys, and others change them in every way there is, in random order: on a real server and on
// the engine the same clients get the same, in the same order. WAITING_RUNS says how many scenarios, ODD_SEED where they begin.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../commands/sample.ts'
import { type Pair, startPair } from './pair.ts'
import { randomTurns, type Turn, transcriptOf } from './waiting.ts'

const RUNS = Number(process.env.WAITING_RUNS ?? 24)
const FIRST_SEED = Number(process.env.ODD_SEED ?? 1)
const TURNS = 40

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

describe('clients that wait', () => {
  for (const resp of ['2', '3']) {
    it(`are woken alike in RESP${resp}`, { timeout: 30_000 + RUNS * 1000 }, async () => {
      const both = (turns: readonly Turn[]): Promise<string[][]> =>
        Promise.all(pair.sides.map(({ port }) => transcriptOf(port, turns, resp)))
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
        const turns = randomTurns(seeded(seed), TURNS)
        const [real, engine] = await both(turns)
        if (real!.join() === engine!.join()) continue
        const [fewReal, fewEngine] = await both(await shortest(turns, both))
        expect(fewEngine, `seed ${seed}`).toEqual(fewReal)
        expect(engine, `seed ${seed}`).toEqual(real)
      }
    })
  }
})

/** As few of the turns as still make a difference. */
async function shortest(
  turns: readonly Turn[],
  both: (turns: readonly Turn[]) => Promise<string[][]>,
): Promise<readonly Turn[]> {
  let left = turns
  for (let i = turns.length - 1; i >= 0; i--) {
    const fewer = left.toSpliced(i, 1)
    const [real, engine] = await both(fewer)
    if (real!.join() !== engine!.join()) left = fewer
  }
  return left
}
