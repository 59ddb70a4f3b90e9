// Random scenarios of clients: those that wait for keys which others change in every way there is, those that cache what they
// read, and those that change their own state. On a real server and on the engine each client hears the same, in the same order.
// SCENARIOS says how many of each, ODD_SEED where they begin.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../commands/sample.ts'
import * as caching from './caching.ts'
import { type Pair, startPair } from './pair.ts'
import * as pipelines from './pipelines.ts'
import * as waiting from './waiting.ts'

const RUNS = Number(process.env.SCENARIOS ?? 24)
const FIRST_SEED = Number(process.env.ODD_SEED ?? 1)
const TURNS = 40

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

interface Family<Turn> {
  randomTurns(random: () => number, count: number): Turn[]
  /** What the clients of one side have received. */
  transcriptOf(port: number, turns: readonly Turn[]): Promise<string[]>
}

async function compareScenarios<Turn>({ randomTurns, transcriptOf }: Family<Turn>): Promise<void> {
  const both = (turns: readonly Turn[]): Promise<string[][]> =>
    Promise.all(pair.sides.map(({ port }) => transcriptOf(port, turns)))
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const turns = randomTurns(seeded(seed), TURNS)
    const [real, engine] = await both(turns)
    if (real!.join() === engine!.join()) continue
    const [fewReal, fewEngine] = await both(await shortest(turns, both))
    expect(fewEngine, `seed ${seed}`).toEqual(fewReal)
    expect(engine, `seed ${seed}`).toEqual(real)
  }
}

/** As few of the turns as still make a difference. */
async function shortest<Turn>(
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

describe('clients', { timeout: 30_000 + RUNS * 1000 }, () => {
  for (const resp of ['2', '3']) {
    it(`are woken alike in RESP${resp}`, () =>
      compareScenarios({
        ...waiting,
        transcriptOf: (port, turns: readonly waiting.Turn[]) => waiting.transcriptOf(port, turns, resp),
      }))
  }

  it('are told alike of what they cache', () => compareScenarios(caching))

  it('are alike in every state they can be in', () => compareScenarios(pipelines))
})
