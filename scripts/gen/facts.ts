// The facts of one command: their committed form (overlay/redis-7.0.tsv), the lines of the hand-written overlay, and the
// rows that packages/protocol/src/commands.gen.ts is made of.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CommandFlag } from '../../packages/protocol/src/command-flag.ts'
import { parseKeySpecs } from '../../packages/protocol/src/key-spec.ts'
import { type Argument, parseSyntax } from '../../packages/protocol/src/syntax.ts'

export interface Facts {
  name: string
  arity: number
  flags: string[]
  categories: string[]
  group: string
  since: string
  keys: string
  tips: string[]
  syntax: string
}

export const OVERLAY: URL = new URL('../../packages/protocol/overlay/', import.meta.url)

const CAPTURED: URL = new URL('redis-7.0.tsv', OVERLAY)

/** The facts captured from the server: a line per command, its columns separated by tabs. */
export function readCaptured(): Facts[] {
  const lines = readFileSync(CAPTURED, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [name, arity, flags, categories, group, since, keys, tips, syntax] = line.split('\t')
    return {
      name: name!,
      arity: Number(arity),
      flags: words(flags!),
      categories: words(categories!),
      group: group!,
      since: since!,
      keys: keys!,
      tips: words(tips!),
      syntax: syntax!,
    }
  })
}

export function writeCaptured(facts: readonly Facts[]): void {
  const lines = facts.map((fact) => {
    const { name, arity, flags, categories, group, since, keys, tips, syntax } = fact
    return [name, arity, flags.join(' '), categories.join(' '), group, since, keys, tips.join(' '), syntax].join('\t')
  })
  writeFileSync(CAPTURED, `${lines.join('\n')}\n`)
}

/** What the overlay says: new commands, new syntax of known ones, better key specifications, and flags of our own. */
export interface Overlay {
  commands: Facts[]
  syntax: Map<string, string>
  keys: Map<string, string>
  tips: Map<string, string[]>
  flags: Map<string, string[]>
}

/**
 * Reads overlay/*.txt. A line is one fact; columns are separated by ` | `; `#` starts a comment.
 *
 *   [group <group> <module or ->]            what the commands below belong to
 *   <name> | <since> | <flags> | <syntax>    a command, `-` for no syntax; further columns: `keys=...`, `tips=...`,
 *                                            `arity=...`, `categories=...`
 *   [syntax]   <name> | <syntax>             newer grammar of a captured command
 *   [keys]     <name> | <specifications>     instead of what the server says it does not know
 *   [tips]     <name> | <tips>               instead of the captured ones
 *   [flag F]   <name>, <name>, ...           adds a flag
 */
export function readOverlay(): Overlay {
  const overlay: Overlay = { commands: [], syntax: new Map(), keys: new Map(), tips: new Map(), flags: new Map() }
  for (const file of readdirSync(OVERLAY).sort()) {
    if (!file.endsWith('.txt')) continue
    let section: string[] = []
    for (const [index, raw] of readFileSync(new URL(file, OVERLAY), 'utf8').split('\n').entries()) {
      const line = raw.trim()
      if (line === '' || line.startsWith('#')) continue
      try {
        if (/^\[[a-z]+( \S+)*\]$/.test(line)) section = line.slice(1, -1).split(' ')
        else readLine(overlay, section, line)
      } catch (cause) {
        throw new Error(`${file}:${index + 1}: ${(cause as Error).message}`, { cause })
      }
    }
  }
  return overlay
}

function readLine(overlay: Overlay, section: readonly string[], line: string): void {
  const columns = line.split(' | ').map((column) => column.trim())
  switch (section[0]) {
    case 'group':
      overlay.commands.push(commandOf(section[1]!, section[2]!, columns))
      return
    case 'syntax':
      parseSyntax(columns[1]!)
      overlay.syntax.set(columns[0]!, columns[1]!)
      return
    case 'keys':
      parseKeySpecs(columns[1]!)
      overlay.keys.set(columns[0]!, columns[1]!)
      return
    case 'tips':
      overlay.tips.set(columns[0]!, columns[1] === '-' ? [] : words(columns[1]!))
      return
    case 'flag':
      for (const name of line.split(/,\s*/).filter((part) => part !== '')) {
        overlay.flags.set(name, [...(overlay.flags.get(name) ?? []), section[1]!])
      }
      return
    default:
      throw new Error('a line before the first section')
  }
}

function commandOf(group: string, module: string, columns: readonly string[]): Facts {
  const [name, since, flagWords, grammarLine = '-', ...more] = columns
  const syntax = grammarLine === '-' ? '' : grammarLine
  const option = (key: string): string | undefined =>
    more.find((column) => column.startsWith(`${key}=`))?.slice(key.length + 1)
  const flags = words(flagWords!)
  if (module !== '-') flags.push('module')
  const grammar = parseSyntax(syntax)
  const keys = option('keys') ?? derivedKeys(grammar, name!.split(' ').length, flags)
  parseKeySpecs(keys)
  return {
    name: name!,
    arity: Number(option('arity') ?? derivedArity(grammar, name!.split(' ').length)),
    flags,
    categories: words(option('categories') ?? derivedCategories(group, module, flags).join(' ')),
    group,
    since: since!,
    keys,
    tips: words(option('tips') ?? ''),
    syntax,
  }
}

/** The fewest words the grammar allows; negative when it allows more. */
export function derivedArity(grammar: readonly Argument[], nameWords: number): number {
  const least = nameWords + grammar.reduce((sum, argument) => sum + fewest(argument), 0)
  return grammar.some(isOpen) ? -least : least
}

function fewest(argument: Argument): number {
  if (argument.optional) return 0
  if (argument.type === 'pure-token') return 1
  const parts = (argument.arguments ?? []).map(fewest)
  const own =
    argument.type === 'oneof' ? Math.min(...parts) : argument.type === 'block' ? parts.reduce((a, b) => a + b, 0) : 1
  return own + (argument.token === undefined ? 0 : 1)
}

function isOpen(argument: Argument): boolean {
  if (argument.optional || argument.multiple) return true
  const parts = argument.arguments ?? []
  return parts.some(isOpen) || (argument.type === 'oneof' && new Set(parts.map(fewest)).size > 1)
}

/** Key specifications as far as they follow from the grammar: fixed leading keys, `key...` at the end, `numkeys key...`. */
function derivedKeys(grammar: readonly Argument[], nameWords: number, flags: readonly string[]): string {
  const access = flags.includes('write') ? 'RW.access.update' : 'RO.access'
  const found: string[] = []
  let index: number = nameWords
  for (const [i, argument] of grammar.entries()) {
    const next = grammar[i + 1]
    if (argument.name === 'numkeys' && argument.type === 'integer' && next?.type === 'key') {
      found.push(`${access}@${index}#0,1,1`)
      break
    }
    if (argument.type === 'key' && argument.multiple) {
      const after = grammar.slice(i + 1).reduce((sum, rest) => sum + fewest(rest), 0)
      found.push(`${access}@${index}..-${1 + after}`)
      break
    }
    if (argument.type === 'key') found.push(`${access}@${index}`)
    if (argument.optional || argument.multiple || argument.type === 'block') break
    index += fewest(argument)
  }
  return found.join(' ')
}

function derivedCategories(group: string, module: string, flags: readonly string[]): string[] {
  const categories: string[] = []
  if (flags.includes('write')) categories.push('write')
  if (flags.includes('readonly')) categories.push('read')
  if (module === '-') {
    const named = group.replace('sorted-set', 'sortedset').replace(/^(generic)$/, 'keyspace')
    if (!['server', 'cluster'].includes(group)) categories.push(named)
  } else categories.push(group)
  if (flags.includes('admin')) categories.push('admin', 'dangerous')
  if (flags.includes('blocking')) categories.push('blocking')
  categories.push(flags.includes('fast') ? 'fast' : 'slow')
  return categories
}

/** Captured facts and overlay as one sorted table. */
export function mergeFacts(captured: readonly Facts[], overlay: Overlay): Facts[] {
  const byName = new Map(captured.map((fact) => [fact.name, { ...fact, flags: [...fact.flags] }]))
  const known = (name: string): Facts => {
    const fact = byName.get(name)
    if (fact === undefined) throw new Error(`the overlay speaks of "${name}", which is no command`)
    return fact
  }
  for (const fact of overlay.commands) {
    if (byName.has(fact.name)) throw new Error(`"${fact.name}" is described twice`)
    byName.set(fact.name, fact)
  }
  for (const [name, syntax] of overlay.syntax) {
    const fact = known(name)
    const arity = derivedArity(parseSyntax(syntax), name.split(' ').length)
    fact.syntax = syntax
    fact.arity = Math.abs(arity) < Math.abs(fact.arity) || fact.arity > 0 ? arity : fact.arity
  }
  for (const [name, keys] of overlay.keys) known(name).keys = keys
  for (const [name, tips] of overlay.tips) known(name).tips = tips
  for (const [name, flags] of overlay.flags) known(name).flags.push(...flags)
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function formatTable(facts: readonly Facts[]): string {
  const lines = facts.map((fact) => {
    const row = [
      fact.name,
      fact.arity,
      bits(fact),
      fact.categories.join(' '),
      fact.group,
      fact.since,
      fact.keys,
      fact.tips.join(' '),
      fact.syntax,
    ]
    return `  [${row.map((cell) => (typeof cell === 'number' ? cell : quote(cell))).join(', ')}],`
  })
  return `// The rows of the command table. Written by \`npm run gen\`; do not edit.

/** Name, arity, flag bits, categories, group, since, key specifications, tips, syntax. Notations: key-spec.ts, syntax.ts. */
export type CommandRow = readonly [
  name: string,
  arity: number,
  flags: number,
  categories: string,
  group: string,
  since: string,
  keys: string,
  tips: string,
  syntax: string,
]

export const ROWS: readonly CommandRow[] = [
${lines.join('\n')}
]
`
}

function bits(fact: Facts): number {
  let flags = 0
  for (const flag of fact.flags) {
    const bit = CommandFlag[flag.toUpperCase() as CommandFlag]
    if (bit === undefined) throw new Error(`${fact.name} has the unknown flag "${flag}"`)
    flags |= bit
  }
  return flags
}

export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function words(text: string): string[] {
  return text === '' ? [] : text.trim().split(/\s+/)
}
