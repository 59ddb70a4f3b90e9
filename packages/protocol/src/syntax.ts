// The one-line notation for a command's arguments, as users know it from Redis's documentation, and its parser.
//
//   key value [NX|XX] [EX seconds:int|PX milliseconds:int|KEEPTTL]
//
//   word          a value; `word:int`, `:double`, `:key`, `:pattern`, `:unix`, `:string` is its type. A word `key` is a key
//                 and a word `pattern` a pattern without saying so
//   WORD = ~ * "" a literal token (anything that does not start with a lower-case letter); `""` is the empty string
//   [ ]           optional       { } one unit       ( a | b ) one of       a... one or more
//   name=( ) name={ }            the same with a name
//   WORD x        the token belongs to x. First in a bracket or an alternative it belongs to all that follows there
//   [WORD x]...   the token is repeated with each x; [WORD x...] has it once

import { UsageError } from './errors.ts'

export type ArgumentType =
  | 'string'
  | 'integer'
  | 'double'
  | 'key'
  | 'pattern'
  | 'unix-time'
  | 'pure-token'
  | 'oneof'
  | 'block'

/** One argument of a command, in the terms of COMMAND DOCS. */
export interface Argument {
  readonly name: string
  readonly type: ArgumentType
  /** The literal word that comes before the value, or that is the whole argument (`pure-token`). */
  readonly token?: string
  readonly optional?: boolean
  readonly multiple?: boolean
  /** With `multiple`: the token is repeated before each value. */
  readonly multipleToken?: boolean
  /** The parts of a `block`, the alternatives of a `oneof`. */
  readonly arguments?: readonly Argument[]
}

const TYPES: Readonly<Record<string, ArgumentType>> = {
  string: 'string',
  int: 'integer',
  double: 'double',
  key: 'key',
  pattern: 'pattern',
  unix: 'unix-time',
}

const LEXEME = /\s*(\.\.\.|[a-z][\w-]*=(?=[({])|[a-z][\w-]*(?::[a-z]+)?|[[\](){}|]|[^\s[\](){}|.]+)/gy

/** The arguments that a line of the notation describes. Throws UsageError when it is not well formed. */
export function parseSyntax(line: string): readonly Argument[] {
  const words: string[] = []
  LEXEME.lastIndex = 0
  while (LEXEME.lastIndex < line.trimEnd().length) {
    const match = LEXEME.exec(line)
    if (match === null) throw new UsageError(`Cannot read the syntax line "${line}".`)
    words.push(match[1]!)
  }
  let at = 0

  function fail(): never {
    throw new UsageError(`Unexpected "${words[at] ?? 'end'}" in the syntax line "${line}".`)
  }

  function expect(word: string): void {
    if (words[at] !== word) fail()
    at++
  }

  /** A run of arguments up to `|` or a closing bracket. `grouped`: a leading token owns the rest. */
  function sequence(grouped: boolean): Argument[] {
    const found: Argument[] = []
    while (at < words.length && !'|)]}'.includes(words[at]!)) {
      const word = words[at]!
      if (isToken(word)) {
        at++
        found.push(owned(literal(word), grouped && found.length === 0))
      } else found.push(repeated(unit()))
    }
    return found
  }

  /** What follows a token: all the rest, the next value, or nothing at all. */
  function owned(token: string, takesRest: boolean): Argument {
    const bare: Argument = { name: token.toLowerCase() || '""', type: 'pure-token', token }
    if (takesRest) {
      const rest = sequence(false)
      if (rest.length === 0) return bare
      const only = rest[0]!
      if (rest.length === 1 && only.token === undefined && !only.optional) return { ...only, token }
      return { name: only.name, type: 'block', token, arguments: rest }
    }
    const next = words[at]
    if (next === undefined || isToken(next) || '[|)]}'.includes(next)) return repeated(bare)
    const value = repeated(unit())
    return value.token === undefined
      ? { ...value, token }
      : { name: value.name, type: 'block', token, arguments: [value] }
  }

  function repeated(argument: Argument): Argument {
    if (words[at] !== '...') return argument
    at++
    return argument.token === undefined
      ? { ...argument, multiple: true }
      : { ...argument, multiple: true, multipleToken: true }
  }

  function unit(): Argument {
    const word = words[at++]!
    if (word === '[') {
      const argument = alternatives('')
      expect(']')
      return { ...argument, optional: true }
    }
    const name = word.endsWith('=') ? word.slice(0, -1) : ''
    const open = name === '' ? word : words[at++]
    if (open === '(' || open === '{') {
      const argument = alternatives(name)
      expect(open === '(' ? ')' : '}')
      return argument
    }
    return value(word)
  }

  function alternatives(name: string): Argument {
    const found = [together(sequence(true))]
    while (words[at] === '|') {
      at++
      found.push(together(sequence(true)))
    }
    const argument: Argument =
      found.length === 1
        ? found[0]!
        : { name: found.map((alternative) => alternative.name).join('|'), type: 'oneof', arguments: found }
    return name === '' ? argument : { ...argument, name }
  }

  function together(run: Argument[]): Argument {
    if (run.length === 0) fail()
    return run.length === 1 ? run[0]! : { name: run[0]!.name, type: 'block', arguments: run }
  }

  function value(word: string): Argument {
    const colon = word.indexOf(':')
    const name = colon === -1 ? word : word.slice(0, colon)
    const type = TYPES[colon === -1 ? name : word.slice(colon + 1)]
    if (colon !== -1 && type === undefined) fail()
    return { name, type: type === 'key' || type === 'pattern' || colon !== -1 ? type! : 'string' }
  }

  const found = sequence(false)
  if (at < words.length) fail()
  return found
}

function isToken(word: string): boolean {
  return !/^[a-z[\](){}|.]/.test(word)
}

function literal(word: string): string {
  return word === '""' ? '' : word
}
