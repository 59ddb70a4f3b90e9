// Random commands: the templates of all groups, with few keys and values, so that types clash.
import { readdirSync } from 'node:fs'
import { splitWords } from '@ochre/protocol'
import fc from 'fast-check'
import type { Group } from './script.ts'

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
export function commandOf(template: string): fc.Arbitrary<string[]> {
  const words = splitWords(template)!.map((word) => {
    const choices = PLACEHOLDERS[word] ?? (word.includes('|') ? word.split('|') : [word])
    return fc.constantFrom(...choices)
  })
  return fc.tuple(...words)
}

/** The templates of the cases of every group, by the server that has the commands (undefined: that of `startPair`). */
export const templatesByServer: Map<string | undefined, readonly string[]> = new Map()
for (const file of readdirSync(new URL('./cases/', import.meta.url))) {
  const { version, templates } = (await import(`./cases/${file.replace('.ts', '')}.ts`)) as Group
  templatesByServer.set(version, [...(templatesByServer.get(version) ?? []), ...templates])
}

/** All templates. */
export const templates: readonly string[] = [...templatesByServer.values()].flat()
