// What models ask of a server: every command in their sources, also those inside of scripts, is one that 6.2 has. That their
// arguments are too is shown by old-server.test.ts, which runs them on 6.0.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lookupCommand } from '@ochre/protocol'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../packages/model/src', import.meta.url))
const OLDEST = [6, 2, 0]

/** Words in quotes that are names of commands, in TypeScript and in Lua alike. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/['"]([A-Z]{2,})['"]/g)].map((match) => match[1]!).filter((word) => lookupCommand(word))
}

it('names no command that is newer than 6.2', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const commands = new Set(files.flatMap((file) => commandsIn(readFileSync(join(source, file), 'utf8'))))
  // What a search that finds nothing would not show.
  for (const known of ['HGETALL', 'HMGET', 'ZRANGEBYLEX', 'GEOSEARCH', 'XADD', 'PEXPIREAT', 'SET'])
    expect(commands).toContain(known)
  const newer = [...commands].filter((name) => {
    const [major, minor, patch] = lookupCommand(name)!.since.split('.').map(Number) as [number, number, number]
    const [x, y, z] = OLDEST as [number, number, number]
    return major > x || (major === x && (minor > y || (minor === y && patch > z)))
  })
  expect(newer).toEqual([])
})
