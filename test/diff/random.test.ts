// Random commands of all groups over a few keys, so that types clash: a real server and the engine give equal bytes.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { commandOf, templatesByServer } from './templates.ts'
import { Wire } from './wire.ts'

describe.each([...templatesByServer])('random commands of %s', (version, templates) => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(version)
  })
  afterAll(async () => {
    await pair[Symbol.asyncDispose]()
  })

  for (const resp of ['2', '3']) {
    it(`get the same replies in RESP${resp}`, async () => {
      const wires = await Promise.all(pair.sides.map((side) => Wire.open(side.port)))
      try {
        await Promise.all(wires.map((wire) => wire.call('HELLO', resp)))
        const sequence = fc.array(fc.oneof(...templates.map(commandOf)), { minLength: 5, maxLength: 60 })
        await fc.assert(
          fc.asyncProperty(sequence, async (commands) => {
            const [real, engine] = await Promise.all(wires.map((wire) => transcript(wire, commands)))
            expect(engine).toEqual(real)
          }),
          { numRuns: 150 },
        )
      } finally {
        for (const wire of wires) wire.close()
      }
    })
  }
})

async function transcript(wire: Wire, commands: readonly string[][]): Promise<string[]> {
  wire.send(['DISCARD'], ['UNWATCH'], ['SELECT', '0'], ['FLUSHALL'], ...commands)
  for (let i = 0; i < 4; i++) await wire.frame()
  const lines: string[] = []
  for (const command of commands) lines.push(`${JSON.stringify(command)} -> ${JSON.stringify(await wire.frame())}`)
  return lines
}
