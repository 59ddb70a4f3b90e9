// All commands the engine has: the handlers of each group joined with their rows of the command table.
import { type CommandSpec, lookupCommand } from '@ochre/protocol'
import { wrongArity } from '../failures.ts'
import type { Handler } from '../session.ts'
import { acl } from './acl.ts'
import { bitmap } from './bitmap.ts'
import { client } from './client.ts'
import { commandCommands } from './command.ts'
import { config } from './config.ts'
import { connection } from './connection.ts'
import { debug } from './debug.ts'
import { dump } from './dump.ts'
import { generic } from './generic.ts'
import { geo } from './geo.ts'
import { hash } from './hash.ts'
import { hashExpiry } from './hash-expiry.ts'
import { hyperloglog } from './hyperloglog.ts'
import { list } from './list.ts'
import { migrate } from './migrate.ts'
import { observe } from './observe.ts'
import { persistence } from './persistence.ts'
import { pubsub } from './pubsub.ts'
import { scripting } from './scripting.ts'
import { server } from './server.ts'
import { set } from './set.ts'
import { sort } from './sort.ts'
import { sortedSet } from './sorted-set.ts'
import { sortedSetAlgebra } from './sorted-set-algebra.ts'
import { sortedSetRange } from './sorted-set-range.ts'
import { stream } from './stream.ts'
import { streamClaim } from './stream-claim.ts'
import { streamGroups } from './stream-groups.ts'
import { streamInfo } from './stream-info.ts'
import { streamRead } from './stream-read.ts'
import { string } from './string.ts'
import { transactions } from './transactions.ts'

/** Handlers by the table's name: `get`, `config set`. A container has no handler of its own. */
export type Group = Readonly<Record<string, Handler>>

const GROUPS: readonly Group[] = [
  connection,
  client,
  acl,
  config,
  commandCommands,
  server,
  observe,
  debug,
  string,
  generic,
  sort,
  dump,
  migrate,
  transactions,
  list,
  hash,
  hashExpiry,
  set,
  sortedSet,
  sortedSetRange,
  sortedSetAlgebra,
  geo,
  bitmap,
  hyperloglog,
  stream,
  streamRead,
  streamGroups,
  streamClaim,
  streamInfo,
  persistence,
  pubsub,
  scripting,
]

export interface Command {
  /** Numbers all commands and subcommands from 0 without gaps. */
  readonly id: number
  readonly spec: CommandSpec
  /** As COMMAND INFO counts. Not that of the table where newer servers take another number of arguments. */
  readonly arity: number
  readonly handler: Handler
  /** By the subcommand's word, lower case; null for a command that is no container. */
  readonly subcommands: ReadonlyMap<string, Command> | null
  /** Runs only where an `enable-...-command` setting allows it. */
  readonly isProtected: boolean
  /** Runs at once inside MULTI. */
  readonly isImmediate: boolean
  /** Allowed for a RESP2 session with subscriptions. */
  readonly isForSubscribers: boolean
}

const PROTECTED = new Set(['debug', 'module load', 'module loadex', 'module unload'])
const IMMEDIATE = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])
const FOR_SUBSCRIBERS = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'psubscribe',
  'unsubscribe',
  'sunsubscribe',
  'punsubscribe',
  'quit',
  'reset',
])

/** The table tells what newer servers take; the engine does what Redis 7.0 does. */
const OLDER_ARITY: Readonly<Record<string, number>> = {
  'command getkeys': -4,
  'command getkeysandflags': -4,
  zrank: 3,
  zrevrank: 3,
}

let nextId = 0

/** By name, in lower and in upper case. */
export const COMMANDS: ReadonlyMap<string, Command> = join()

/** All commands as ACL rules, COMMAND and INFO go through them: containers first, then their subcommands. */
export interface CommandIndex {
  readonly all: readonly Command[]
  /** By name in lower case, subcommands as `config|get`. */
  readonly byFullName: ReadonlyMap<string, Command>
  /** Those that are no subcommands. */
  readonly top: readonly Command[]
  /** The command, or subcommand, that these arguments call; undefined when there is none. */
  find(args: readonly string[]): Command | undefined
}

export const COMMAND_INDEX: CommandIndex = indexOf(COMMANDS)

function indexOf(commands: ReadonlyMap<string, Command>): CommandIndex {
  const top = [...new Set(commands.values())]
  const all = top.flatMap((command) => [command, ...(command.subcommands?.values() ?? [])])
  const byFullName = new Map(all.map((command) => [command.spec.name.replace(' ', '|'), command]))
  const find = (args: readonly string[]): Command | undefined => {
    const name = args[0]!
    const command = commands.get(name) ?? commands.get(name.toLowerCase())
    if (command === undefined || command.subcommands === null || args.length === 1) return command
    return command.subcommands.get(args[1]!.toLowerCase())
  }
  return { top, all, byFullName, find }
}

function join(): Map<string, Command> {
  const commands = new Map<string, Command>()
  const subcommands = new Map<string, Map<string, Command>>()
  for (const group of GROUPS) {
    for (const [name, handler] of Object.entries(group)) {
      const [container, word] = name.split(' ') as [string, string?]
      if (word === undefined && subcommands.has(name)) continue
      if (word === undefined) add(commands, name, handler, null)
      else {
        let siblings = subcommands.get(container)
        if (siblings === undefined) {
          siblings = new Map()
          subcommands.set(container, siblings)
          add(commands, container, group[container] ?? (() => wrongArity(container)), siblings)
        }
        siblings.set(word, commandOf(name, handler, null))
      }
    }
  }
  return commands
}

function add(
  commands: Map<string, Command>,
  name: string,
  handler: Handler,
  subcommands: Map<string, Command> | null,
): void {
  const command = commandOf(name, handler, subcommands)
  commands.set(name, command)
  commands.set(name.toUpperCase(), command)
}

function commandOf(name: string, handler: Handler, subcommands: Map<string, Command> | null): Command {
  const spec = lookupCommand(name)
  if (spec === undefined) throw new TypeError(`The command table has no ${name}.`)
  return {
    id: nextId++,
    spec,
    arity: OLDER_ARITY[name] ?? spec.arity,
    handler,
    subcommands,
    isProtected: PROTECTED.has(name),
    isImmediate: IMMEDIATE.has(name),
    isForSubscribers: FOR_SUBSCRIBERS.has(name),
  }
}
