// The arguments that SCAN, HSCAN, SSCAN and ZSCAN share. The cursors themselves are explained in structures/scan-map.ts.
import { compileGlob, FailureReply, type Glob, matchGlob } from '@ochre/protocol'
import { argumentAt, integerOf } from './arguments.ts'
import { SYNTAX } from './failures.ts'

export interface ScanOptions {
  readonly count: number
  /** Null when everything matches. */
  readonly glob: Glob | null
  /** SCAN's TYPE; null for all. */
  readonly type: string | null
}

/** The options of SCAN, HSCAN, SSCAN and ZSCAN from `index` on; TYPE only where the command has it. */
export function scanOptionsOf(args: readonly string[], index: number, hasType = false): ScanOptions {
  let count = 10
  let glob: Glob | null = null
  let type: string | null = null
  for (let i = index; i < args.length; i += 2) {
    const word = args[i]!.toUpperCase()
    const value = argumentAt(args, i + 1)
    if (word === 'COUNT') {
      count = integerOf(value)
      if (count < 1) throw SYNTAX
    } else if (word === 'MATCH') glob = value === '*' ? null : compileGlob(value)
    else if (word === 'TYPE' && hasType) type = value.toLowerCase()
    else throw SYNTAX
  }
  return { count, glob, type }
}

/** A cursor as C's strtoul reads it: up to a NUL, nothing at all is 0. Redis reads it before it looks at the key, the options after. */
export function cursorOf(text: string): string {
  const [cursor = ''] = text.split('\0', 1)
  const digits = /^[+-]?([0-9]+)$/.exec(cursor)?.[1] ?? (cursor === '' ? '0' : undefined)
  if (digits === undefined || (digits.length > 19 && BigInt(digits) >= 2n ** 64n)) {
    throw new FailureReply('ERR invalid cursor')
  }
  return cursor
}

/** Whether a name passes MATCH. */
export function passes(options: ScanOptions, name: string): boolean {
  return options.glob === null || matchGlob(options.glob, name)
}
