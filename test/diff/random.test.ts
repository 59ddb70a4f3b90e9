// Random commands of all groups over a few keys, so that types clash: a real server and the engine give equal bytes.
import { readdirSync } from 'node:fs'
import { splitWords } from '@ochre/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { Wire } from './wire.ts'

/** What a placeholder of a template may stand for. */
const PLACEHOLDERS: Readonly<Record<string, readonly string[]>> = {
  '<key>': ['k1', 'k2', 'k3', 'k4'],
  '<field>': ['f1', 'f2', 'f3'],
  '<value>': ['', 'a', 'b', 'hello', '10', '-3', '3.5', '\x00\xff', '9223372036854775807'],
  '<int>': ['0', '1', '-1', '2', '7', '-9223372036854775808', '9223372036854775807', 'x', '1.5'],
  '<index>': ['0', '1', '-1', '2', '-3', '100', '-100'],
  '<count>': ['0', '1', '2', '-1', '-2', '3'],
  '<float>': ['0', '1.5', '-2.25', '3e2', '0.1', 'inf', 'abc', '1e20'],
  '<score>': ['0', '1', '-1', '2.5', 'inf', '-inf', 'x'],
  '<member>': ['a', 'b', 'c', 'd', '1', '22'],
  '<id>': ['1-1', '1-2', '2-0', '5', '0-0', '3-*', 'x'],
}

/** One command from a template such as `LINSERT <key> BEFORE|AFTER <value> <value>`. */
function commandOf(template: string): fc.Arbitrary<string[]> {
  const words = splitWords(template)!.map((word) => {
    const choices = PLACEHOLDERS[word] ?? (word.includes('|') ? word.split('|') : [word])
    return fc.constantFrom(...choices)
  })
  return fc.tuple(...words)
}

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

const templates: string[] = []
for (const file of readdirSync(new URL('./cases/', import.meta.url))) {
  const group = (await import(`./cases/${file.replace('.ts', '')}.ts`)) as { templates: readonly string[] }
  templates.push(...group.templates)
}

describe('random commands', () => {
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
