// What the generator asks of a grammar: what is plain, what counts what, what makes a pair, and what things are called.
import type { Argument } from '../../packages/protocol/src/syntax.ts'
import { quote } from './facts.ts'

/** The TypeScript type of each plain type of argument. */
export const SCALARS: Record<string, string> = {
  string: 'Arg',
  key: 'Arg',
  pattern: 'Arg',
  integer: 'Integer',
  double: 'Decimal',
  'unix-time': 'Integer',
}
/** A unit that begins with one of these names a thing and gives its value. */
const PAIR_NAMES = new Set(['field', 'key', 'parameter', 'name', 'label', 'id'])
const RESERVED: Record<string, string> = { function: 'name', arguments: 'args', default: 'fallback', delete: 'remove' }

export function isPlain(part: Argument): boolean {
  if (part.multiple || part.token !== undefined) return false
  return part.type in SCALARS || (part.type === 'oneof' && !isRich(part))
}

export function isPair(parts: readonly Argument[]): boolean {
  return (
    parts.length === 2 &&
    parts.every((part) => part.type in SCALARS && !part.optional && !part.multiple && part.token === undefined) &&
    PAIR_NAMES.has(parts[0]!.name)
  )
}

export function hasToken(part: Argument): boolean {
  if (part.token !== undefined) return true
  return (part.type === 'oneof' && part.name.includes('|')) || (part.type === 'block' && part.multiple === true)
}

/** `numkeys key...`: a number that only counts what follows. */
export function isCount(argument: Argument, next: Argument | undefined): boolean {
  return (
    argument.type === 'integer' &&
    /^(num[a-z]*|nargs|count-of-\w+)$/.test(argument.name) &&
    next?.multiple === true &&
    next.token === undefined
  )
}

/** Whether an alternative carries a value behind a token, so that a literal alone cannot express it. */
export function isRich(argument: Argument): boolean {
  return argument.arguments!.some(
    (one) => one.type !== 'pure-token' && (one.token !== undefined || one.type === 'block' || one.multiple === true),
  )
}

export function unionOf(argument: Argument): string {
  const types = new Set(
    argument.arguments!.map((one) => (one.type === 'pure-token' ? quote(one.token!) : SCALARS[one.type]!)),
  )
  return types.has('Arg') ? 'Arg' : [...types].join(' | ')
}

export function withoutToken({ token: _, ...rest }: Argument): Argument {
  return rest
}

export function plural(name: string): string {
  if (/s$/.test(name)) return name
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`
}

export function camelName(name: string): string {
  const camel = name
    .toLowerCase()
    .replace(/[^a-z0-9]+([a-z0-9])?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')
  return RESERVED[camel] ?? camel
}
