// What the shell offers while a command is being typed: completion of names and tokens, and the arguments still to come.

import { commandNames, lookupCommand } from '@ochre/protocol'

/** What an opened model is mostly asked for. */
export const MODEL_VERBS = [
  'at',
  'atomic',
  'create',
  'createMany',
  'delete',
  'deleteMany',
  'deleteWhere',
  'exists',
  'expire',
  'expiresAt',
  'extract',
  'find',
  'get',
  'getMany',
  'idFor',
  'metrics',
  'persist',
  'program',
  'repair',
  'reindex',
  'replace',
  'update',
  'updateMany',
  'updateWhere',
  'upsert',
  'verify',
] as const

/** Words of a line that can be completed here, and the part of the line they would replace (as node:readline asks). */
export function complete(line: string, models: readonly string[] = []): [candidates: string[], replaced: string] {
  const called = /(?:^|[^\w$.])([A-Za-z_$][\w$]*)\.([\w$]*)$/.exec(line)
  if (called !== null && models.includes(called[1]!)) {
    const [, model, begun] = called
    const verbs = MODEL_VERBS.filter((verb) => verb.startsWith(begun!))
    return [verbs.map((verb) => `${model}.${verb}(`), `${model}.${begun}`]
  }
  // What help explains is a command, too.
  const words = line
    .trimStart()
    .replace(/^help\s+/i, '')
    .split(/\s+/)
  const last = words.at(-1) ?? ''
  const upper = last.toUpperCase()
  // What is offered is spelled as what has been typed.
  const spelled = (name: string): string => (last === upper ? name : name.toLowerCase())
  const fits = (names: Iterable<string>): string[] =>
    [...new Set(names)]
      .filter((name) => name.startsWith(upper))
      .sort()
      .map(spelled)
  if (words.length <= 1) {
    const commands = fits(commandNames().map((name) => name.split(' ')[0]!.toUpperCase()))
    return [
      [...commands, ...models.filter((name) => last !== '' && name.startsWith(last)).map((name) => `${name}.`)],
      last,
    ]
  }
  const container = lookupCommand(words[0]!)
  if (container === undefined) return [[], last]
  if (words.length === 2 && container.subcommands)
    return [fits([...container.subcommands.keys()].map((name) => name.toUpperCase())), last]
  const spec = lookupCommand(words[0]!, words[1]) ?? container
  return [last === '' ? [] : fits(spec.syntax.match(/(?<![\w:-])[A-Z][A-Z0-9_-]+/g) ?? []), last]
}

/**
 * The arguments that may follow what has been typed: `value [NX|XX] ...` after `SET key`. Empty when the command is not
 * known, when nothing more is wanted, or while the name itself is being typed.
 */
export function hint(line: string): string {
  if (!/\s$/.test(line)) return ''
  const words = line.trim().split(/\s+/)
  const spec = words[0] === undefined || words[0] === '' ? undefined : lookupCommand(words[0], words[1])
  if (spec === undefined) return ''
  if (spec.words === 1 && spec.subcommands)
    return [...spec.subcommands.keys()].map((name) => name.toUpperCase()).join('|')
  const units = splitUnits(spec.syntax)
  let given = words.length - spec.words
  let at = 0
  while (at < units.length && given > 0 && !units[at]!.startsWith('[')) {
    // A repeated argument takes all that is typed and still takes more.
    if (units[at]!.endsWith('...')) break
    given -= 1
    at++
  }
  const typed = new Set(words.map((word) => word.toUpperCase()))
  return units
    .slice(at)
    .filter((unit) => !isTaken(unit, typed))
    .join(' ')
    .replace(/:(?:int|double|key|pattern|unix|string)\b/g, '')
    .replace(/[a-z][\w-]*=(?=[({])/g, '')
    .replace(/[{}]/g, '')
}

/** Whether an optional argument, `[NX|XX]` or `[EX seconds|...]`, has been given: one of its tokens was typed. */
function isTaken(unit: string, typed: ReadonlySet<string>): boolean {
  return unit.startsWith('[') && (unit.match(/(?<![\w:-])[A-Z][A-Z0-9_-]+/g) ?? []).some((token) => typed.has(token))
}

/** The arguments of a syntax line: brackets stay together. */
function splitUnits(syntax: string): string[] {
  const units: string[] = []
  let depth = 0
  let unit = ''
  for (const char of syntax) {
    if ('[({'.includes(char)) depth++
    if ('])}'.includes(char)) depth--
    if (char === ' ' && depth === 0) {
      if (unit !== '') units.push(unit)
      unit = ''
    } else unit += char
  }
  if (unit !== '') units.push(unit)
  return units
}
