// The command table: what is known about every command, once, for the client, the engine, the gateway and the shell.
//
// The rows are data (commands.gen.ts, written by `npm run gen` from a live server and the overlay). A row becomes a
// CommandSpec at its first lookup; its keys, tips, categories and grammar are read from their notation when first asked for.

import { CommandFlag } from './command-flag.ts'
import { type CommandRow, ROWS } from './commands.gen.ts'
import type { Arg } from './encode.ts'
import { UsageError } from './errors.ts'
import { findKeys, type KeySpec, parseKeySpecs } from './key-spec.ts'
import { type Argument, parseSyntax } from './syntax.ts'

export { CommandFlag }

/** One command, or one subcommand of a container. */
export interface CommandSpec {
  /** Lower case; container and subcommand are joined by one space: `get`, `config get`, `json.set`. */
  readonly name: string
  /** As COMMAND INFO counts, the name's words included: exactly n, or at least -n. */
  readonly arity: number
  /** Bits of {@link CommandFlag}. */
  readonly flags: number
  /** ACL categories without `@`. */
  readonly categories: readonly string[]
  /** As COMMAND DOCS: `string`, `hash`, `server` ...; of modules `json`, `search`, `bf`, `cf`, `cms`, `topk`, `tdigest`, `timeseries`. */
  readonly group: string
  /** The version of the server, or of the module, that brought it. */
  readonly since: string
  readonly keySpecs: readonly KeySpec[]
  /** `request_policy:...`, `response_policy:...`, `nondeterministic_output` ... */
  readonly tips: readonly string[]
  /** By the subcommand's own word, lower case. Undefined for a command that is no container. */
  readonly subcommands?: ReadonlyMap<string, CommandSpec> | undefined
  readonly arguments: readonly Argument[]
  /** The grammar in one line, without the name: `key value [NX|XX]`. */
  readonly syntax: string
  /** How many words the name has: 1, or 2 for a subcommand. */
  readonly words: number
  /** The name as it goes over the wire, each word a bulk string: `$3\r\nGET\r\n`, `$6\r\nCONFIG\r\n$3\r\nGET\r\n`. */
  readonly header: string
  /**
   * Index of the first key, or of the shard channel, when it is the same for all arguments, counted with the name as word 0;
   * else 0. One array access tells the slot of most commands.
   */
  readonly firstKey: number
}

class Spec implements CommandSpec {
  readonly name: string
  readonly arity: number
  readonly flags: number
  readonly words: number
  readonly header: string
  readonly firstKey: number
  readonly #row: CommandRow
  #categories: readonly string[] | undefined
  #keySpecs: readonly KeySpec[] | undefined
  #tips: readonly string[] | undefined
  #arguments: readonly Argument[] | undefined
  #subcommands: ReadonlyMap<string, CommandSpec> | undefined

  constructor(row: CommandRow) {
    this.#row = row
    this.name = row[0]
    this.arity = row[1]
    this.flags = row[2]
    const words = row[0].toUpperCase().split(' ')
    this.words = words.length
    this.header = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')
    const first = /^[^ ]*@(\d+)(?![\d#~])/.exec(row[6])
    this.firstKey = first !== null && !row[6].startsWith(`${first[0]}~`) ? Number(first[1]) : 0
  }

  get categories(): readonly string[] {
    this.#categories ??= list(this.#row[3])
    return this.#categories
  }

  get group(): string {
    return this.#row[4]
  }

  get since(): string {
    return this.#row[5]
  }

  get keySpecs(): readonly KeySpec[] {
    this.#keySpecs ??= parseKeySpecs(this.#row[6])
    return this.#keySpecs
  }

  get tips(): readonly string[] {
    this.#tips ??= list(this.#row[7])
    return this.#tips
  }

  get syntax(): string {
    return this.#row[8]
  }

  get arguments(): readonly Argument[] {
    this.#arguments ??= parseSyntax(this.#row[8])
    return this.#arguments
  }

  get subcommands(): ReadonlyMap<string, CommandSpec> | undefined {
    const prefix = `${this.name} `
    if (this.#subcommands === undefined && containers.has(this.name)) {
      const found = new Map<string, CommandSpec>()
      for (const row of ROWS) {
        if (row[0].startsWith(prefix)) found.set(row[0].slice(prefix.length), specOf(row[0])!)
      }
      this.#subcommands = found
    }
    return this.#subcommands
  }
}

function list(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ')
}

const rows = new Map<string, CommandRow>()
const containers = new Set<string>()
const specs = new Map<string, Spec>()
for (const row of ROWS) {
  rows.set(row[0], row)
  const space = row[0].indexOf(' ')
  if (space !== -1) containers.add(row[0].slice(0, space))
}

function specOf(name: string): Spec | undefined {
  let spec = specs.get(name)
  if (spec !== undefined) return spec
  const row = rows.get(name)
  if (row === undefined) return undefined
  spec = new Spec(row)
  specs.set(name, spec)
  specs.set(name.toUpperCase(), spec)
  return spec
}

/**
 * The command with that name, in any case: `lookupCommand('GET')`, `lookupCommand('config', 'get')`, or the joined name
 * `config get`. `sub` counts only for containers, so the first two words of any call can be passed. A container without
 * `sub` is the container itself; with a subcommand nobody knows the answer is undefined.
 */
export function lookupCommand(name: string, sub?: string): CommandSpec | undefined {
  const spec = specs.get(name) ?? specOf(name.toLowerCase())
  if (spec === undefined || sub === undefined || spec.words !== 1 || !containers.has(spec.name)) return spec
  return specOf(`${spec.name} ${sub.toLowerCase()}`)
}

/** Every command and subcommand of the table, by name. */
export function commandNames(): readonly string[] {
  return ROWS.map((row) => row[0])
}

/**
 * Positions of the keys in `args`, ascending, where `args[0]` is the command's name; none for a command without keys. The
 * same answer as COMMAND GETKEYS. Keys that the server derives from the content of others (the patterns of SORT BY and
 * GET) are not among them: a specification with an unknown beginning tells that there may be some.
 * With `skipped`, `args` lacks that many leading words, and the positions are counted in `args` as it is.
 * Throws UsageError when the arguments cannot be right: too few, or a count of keys that is no number.
 */
export function keyPositions(spec: CommandSpec, args: readonly Arg[], skipped = 0): number[] {
  return positions(spec, args, skipped, false)
}

/** As {@link keyPositions}, with the arguments that are routed like keys and are none: the channels of SPUBLISH and SSUBSCRIBE. */
export function slotPositions(spec: CommandSpec, args: readonly Arg[], skipped = 0): number[] {
  return positions(spec, args, skipped, true)
}

function positions(spec: CommandSpec, args: readonly Arg[], skipped: number, channels: boolean): number[] {
  const found: number[] = []
  const count = args.length + skipped
  const word = (index: number): string => {
    const value = args[index - skipped]
    if (typeof value === 'string') return value
    if (value === undefined) return ''
    return value instanceof Uint8Array
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      : String(value)
  }
  for (const keySpec of spec.keySpecs) {
    if (keySpec.notKey && !channels) continue
    if (!findKeys(keySpec, count, word, found)) {
      throw new UsageError(`The keys of ${spec.name.toUpperCase()} cannot be told from these arguments.`)
    }
  }
  if (found.length > 1) found.sort((a, b) => a - b)
  if (skipped !== 0) for (let i = 0; i < found.length; i++) found[i]! -= skipped
  return found
}
