// COMMAND INFO of every command that a real server and the engine have: the same facts. Not compared
// are the notes of key specifications, which the engine leaves out, and the tips, which are those of newer servers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { frameItems, Wire } from './wire.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

type Facts = readonly string[]

async function factsOf(port: number): Promise<Map<string, Facts>> {
  const wire = await Wire.open(port)
  try {
    const facts = new Map<string, Facts>()
    const add = (entry: string): void => {
      const items = frameItems(entry)
      const name = items[0]!.split('\r\n')[1]!
      const subcommands = frameItems(items[9]!)
      facts.set(name, [...items.slice(1, 7), ...frameItems(items[8]!).map(withoutNotes)])
      for (const subcommand of subcommands) add(subcommand)
    }
    for (const entry of frameItems(await wire.call('COMMAND'))) add(entry)
    return facts
  } finally {
    wire.close()
  }
}

/** A key specification in RESP2: names and values in turn. */
function withoutNotes(spec: string): string {
  const items = frameItems(spec)
  return items.filter((_, i) => !items[i - (i % 2)]!.includes('notes')).join('')
}

describe('COMMAND', () => {
  it('gives the same facts of each command', async () => {
    const [real, engine] = await Promise.all(pair.sides.map(({ port }) => factsOf(port)))
    const common = [...real!.keys()].filter((name) => engine!.has(name)).sort()
    expect(common.length).toBeGreaterThan(250)
    const pick = (facts: Map<string, Facts>): unknown => common.map((name) => [name, facts.get(name)])
    expect(pick(engine!)).toEqual(pick(real!))
  })

  it('has all commands but those of replication', async () => {
    const [real, engine] = await Promise.all(pair.sides.map(({ port }) => factsOf(port)))
    expect([...real!.keys()].filter((name) => !engine!.has(name)).sort()).toEqual(['psync', 'replconf', 'sync'])
  })
})
