// Pieces of Lua that scripts are put together from. A script carries only the pieces that it uses, in one fixed order.

import { createHash } from 'node:crypto'
import { COLLECTIONS } from './collections.ts'
import { INT64 } from './int64.ts'
import { JSON_PATHS } from './json.ts'
import { TUPLE } from './tuple.ts'
import { VALUES } from './values.ts'

export interface LuaPiece {
  readonly uses?: readonly string[]
  readonly lua: string
}
export type LuaLibrary = Readonly<Record<string, LuaPiece>>

/** A script as it is sent: the text and its SHA-1, which is how the server knows it. */
export interface LuaScript {
  readonly lua: string
  readonly sha: string
}

export const PIECES: LuaLibrary = { ...VALUES, ...INT64, ...TUPLE, ...JSON_PATHS, ...COLLECTIONS }

/** Short names of what the pieces call; a script declares those that it mentions. */
const GLOBALS: Readonly<Record<string, string>> = {
  call: 'redis.call',
  byte: 'string.byte',
  char: 'string.char',
  sub: 'string.sub',
  find: 'string.find',
  gsub: 'string.gsub',
  format: 'string.format',
  floor: 'math.floor',
  concat: 'table.concat',
}

/** Collects the pieces that one script uses while its body is written. */
export class LuaUses {
  private readonly names = new Set<string>()

  /** Notes a piece with all it needs, and returns its name. */
  use(name: string): string {
    if (!this.names.has(name)) {
      const piece = PIECES[name]
      if (!piece) throw new Error(`No Lua piece named ${name}`)
      for (const other of piece.uses ?? []) this.use(other)
      this.names.add(name)
    }
    return name
  }

  /** The whole script around a body. */
  script(body: string): LuaScript {
    const pieces = Object.keys(PIECES).filter((name) => this.names.has(name))
    const text = `${pieces.map((name) => `${PIECES[name]!.lua}\n`).join('')}${body}`
    const globals = Object.keys(GLOBALS).filter((name) => new RegExp(`(?<![.\\w])${name}\\(|, ${name}\\)`).test(text))
    const head = `local ${globals.join(', ')} = ${globals.map((name) => GLOBALS[name]).join(', ')}\n`
    const lua = globals.length > 0 ? head + text : text
    return { lua, sha: createHash('sha1').update(lua).digest('hex') }
  }
}
