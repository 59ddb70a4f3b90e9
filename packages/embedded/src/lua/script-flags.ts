// The flags of scripts and functions, and the first line that declares them: `#!lua flags=no-writes,allow-oom`.
import { FailureReply, splitWords } from '@ochre/protocol'

export const ScriptFlag = {
  NO_WRITES: 1,
  ALLOW_OOM: 2,
  ALLOW_STALE: 4,
  NO_CLUSTER: 8,
  ALLOW_CROSS_SLOT: 16,
  /** A script without a first line of that kind: nothing is known about it. Functions never have it. */
  COMPATIBLE: 32,
} as const

/** By bit, lowest first. */
export const FLAG_NAMES: readonly string[] = [
  'no-writes',
  'allow-oom',
  'allow-stale',
  'no-cluster',
  'allow-cross-slot-keys',
]

/** A script's first line taken apart: its flags, and how many characters precede the line break. */
export interface Shebang {
  readonly flags: number
  readonly length: number
}

/** The shebang of a script for EVAL, or why it is wrong. */
export function readShebang(body: string): Shebang | FailureReply {
  if (!body.startsWith('#!')) return { flags: ScriptFlag.COMPATIBLE, length: 0 }
  const length = lineLength(body)
  if (length === undefined) return new FailureReply('ERR Invalid script shebang')
  const [engine, ...options] = splitWords(body.slice(0, length)) ?? []
  if (engine === undefined) return new FailureReply('ERR Invalid engine in script shebang')
  if (engine !== '#!lua') return new FailureReply(`ERR Unexpected engine in script shebang: ${oneLine(engine)}`)
  let flags = 0
  for (const option of options) {
    if (!option.startsWith('flags=')) return new FailureReply(`ERR Unknown lua shebang option: ${oneLine(option)}`)
    if (option === 'flags=') continue
    for (const name of option.slice(6).split(',')) {
      const bit = FLAG_NAMES.indexOf(name)
      if (bit === -1) return new FailureReply(`ERR Unexpected flag in script shebang: ${oneLine(name)}`)
      flags |= 1 << bit
    }
  }
  return { flags, length }
}

/** What a library says of itself, or why that is wrong. */
export interface LibraryHead {
  readonly engine: string
  readonly name: string
  readonly length: number
}

/** The first line of a library for FUNCTION LOAD: `#!lua name=mylib`. */
export function readLibraryHead(code: string): LibraryHead | FailureReply {
  if (!code.startsWith('#!')) return new FailureReply('ERR Missing library metadata')
  const length = lineLength(code)
  const [engine, ...options] = (length === undefined ? undefined : splitWords(code.slice(0, length))) ?? []
  if (length === undefined || engine === undefined) return new FailureReply('ERR Invalid library metadata')
  let name: string | undefined
  for (const option of options) {
    if (!/^name=/i.test(option)) return new FailureReply(`ERR Invalid metadata value given: ${oneLine(option)}`)
    if (name !== undefined) {
      return new FailureReply('ERR Invalid metadata value, name argument was given multiple times')
    }
    name = option.slice(5)
  }
  if (name === undefined) return new FailureReply('ERR Library name was not given')
  return { engine: engine.slice(2), name, length }
}

/** Characters before the first line break; undefined when there is none before the first NUL. */
function lineLength(text: string): number | undefined {
  const end = text.indexOf('\n')
  if (end === -1) return undefined
  const nul = text.indexOf('\0')
  return nul !== -1 && nul < end ? undefined : end
}

/** Text for the end of an error line: it stops at the first NUL, and its line breaks are spaces, but none at the end. */
export function oneLine(text: string): string {
  const nul = text.indexOf('\0')
  return (nul === -1 ? text : text.slice(0, nul)).replace(/[\r\n]+$/, '').replace(/[\r\n]/g, ' ')
}
