// The arguments that SCAN, HSCAN, SSCAN and ZSCAN share. The cursors themselves are explained in structures/scan-map.ts.
import { compileGlob, FailureReply, type Glob, matchGlob } from '@ochre/protocol'
import { argumentAt, integerOf } from './arguments.ts'
import { SYNTAX } from './failures.ts'

export interface ScanOptions {
  readonly cursor: string
  readonly count: number
  /** Null when everything matches. */
  readonly glob: Glob | null
  /** SCAN's TYPE; null for all. */
  readonly type: string | null
}

/** The arguments of SCAN, HSCAN, SSCAN and ZSCAN from the cursor at `index` on; TYPE only where the command has it. */
export function scanOptionsOf(args: readonly string[], index: number, hasType = false): ScanOptions {
  const cursor = cursorOf(args[index]!)
  let count = 10
  let glob: Glob | null = null
  let type: string | null = null
  for (let i = index + 1; i < args.length; i += 2) {
    const word = args[i]!.toUpperCase()
    const value = argumentAt(args, i + 1)
    if (word === 'COUNT') {
      count = integerOf(value)
      if (count < 1) throw SYNTAX
    } else if (word === 'MATCH') glob = value === '*' ? null : compileGlob(value)
    else if (word === 'TYPE' && hasType) type = value.toLowerCase()
    else throw SYNTAX
  }
  return { cursor, count, glob, type }
}

/** The text, if it is a cursor. */
export function cursorOf(text: string): string {
  if (!/^[+-]?[0-9]{0,20}$/.test(text)) throw new FailureReply('ERR invalid cursor')
  return text
}

/** Whether a name passes MATCH. */
export function passes(options: ScanOptions, name: string): boolean {
  return options.glob === null || matchGlob(options.glob, name)
}
