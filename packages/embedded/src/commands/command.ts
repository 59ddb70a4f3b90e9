// COMMAND: what the command table knows about the commands of the engine.
import {
  CommandFlag,
  type CommandSpec,
  compileGlob,
  FailureReply,
  type KeySpec,
  MapReply,
  matchGlob,
  type Reply,
  SetReply,
  StatusReply,
} from '@ochre/protocol'
import { keyUsesOf } from '../acl/command-uses.ts'
import { CATEGORIES } from '../acl/selector.ts'
import { fitsArity } from '../arguments.ts'
import { SYNTAX } from '../failures.ts'
import { helping } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { Command } from './index.ts'

/** The flags that COMMAND INFO shows, in its order. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [CommandFlag.WRITE, 'write'],
  [CommandFlag.READONLY, 'readonly'],
  [CommandFlag.DENYOOM, 'denyoom'],
  [CommandFlag.MODULE, 'module'],
  [CommandFlag.ADMIN, 'admin'],
  [CommandFlag.PUBSUB, 'pubsub'],
  [CommandFlag.NOSCRIPT, 'noscript'],
  [CommandFlag.BLOCKING, 'blocking'],
  [CommandFlag.LOADING, 'loading'],
  [CommandFlag.STALE, 'stale'],
  [CommandFlag.SKIP_MONITOR, 'skip_monitor'],
  [CommandFlag.SKIP_SLOWLOG, 'skip_slowlog'],
  [CommandFlag.ASKING, 'asking'],
  [CommandFlag.FAST, 'fast'],
  [CommandFlag.NO_AUTH, 'no_auth'],
  [CommandFlag.NO_MANDATORY_KEYS, 'no_mandatory_keys'],
  [CommandFlag.NO_ASYNC_LOADING, 'no_async_loading'],
  [CommandFlag.NO_MULTI, 'no_multi'],
  [CommandFlag.MOVABLEKEYS, 'movablekeys'],
  [CommandFlag.ALLOW_BUSY, 'allow_busy'],
]

const status = (text: string): StatusReply => new StatusReply(text)

// ---- COMMAND INFO ----

function describe({ spec, arity, subcommands }: Command): Reply {
  const [first, last, step] = legacyRange(spec.keySpecs)
  return [
    spec.name.replace(' ', '|'),
    arity,
    new SetReply(FLAGS.filter(([bit]) => spec.flags & bit).map(([, name]) => status(name))),
    first,
    last,
    step,
    new SetReply(CATEGORIES.filter((name) => spec.categories.includes(name)).map((name) => status(`@${name}`))),
    new SetReply([...spec.tips]),
    new SetReply(spec.keySpecs.map(describeKeySpec)),
    new SetReply([...(subcommands?.values() ?? [])].map(describe)),
  ]
}

/** First key, last key and step, as servers told before there were specifications. */
function legacyRange(specs: readonly KeySpec[]): [first: number, last: number, step: number] {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { begin, find } of specs) {
    if (begin.type !== 'index' || find.type !== 'range') continue
    if (specs.length === 1) return [begin.index, find.last < 0 ? find.last : begin.index + find.last, find.step]
    if (find.step !== 1 || (last !== 0 && last !== begin.index - 1)) return [0, 0, 0]
    first = Math.min(first, begin.index)
    last = find.last < 0 ? find.last : begin.index + find.last
  }
  return last === 0 ? [0, 0, 0] : [first, last, 1]
}

function describeKeySpec(spec: KeySpec): Reply {
  const { begin, find } = spec
  const flags = spec.notKey ? ['not_key'] : [spec.access, ...spec.uses]
  if (spec.incomplete) flags.push('incomplete')
  if (spec.variable) flags.push('variable_flags')
  const isKnown = begin.type === 'index' || (begin.type === 'keyword' && begin.from !== null)
  const search: Reply[] =
    begin.type === 'index'
      ? ['index', begin.index]
      : begin.type === 'keyword' && begin.from !== null
        ? ['keyword', begin.keyword, 'startfrom', begin.from]
        : []
  const keys: Reply[] =
    find.type === 'range'
      ? ['lastkey', find.last, 'keystep', find.step, 'limit', find.limit]
      : find.type === 'keynum'
        ? ['keynumidx', find.index, 'firstkey', find.first, 'keystep', find.step]
        : []
  return new MapReply([
    'flags',
    new SetReply(flags.map(status)),
    'begin_search',
    new MapReply(['type', isKnown ? begin.type : 'unknown', 'spec', new MapReply(search)]),
    'find_keys',
    new MapReply(['type', isKnown ? find.type : 'unknown', 'spec', new MapReply(isKnown ? keys : [])]),
  ])
}

function command({ engine }: Session): Outcome {
  return engine.commands.top.map(describe)
}

function info({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length === 2) return engine.commands.top.map(describe)
  return args.slice(2).map((name) => {
    const found = engine.commands.byFullName.get(name.toLowerCase())
    return found === undefined ? null : describe(found)
  })
}

// ---- COMMAND DOCS ----

function docs({ engine }: Session, args: readonly string[]): Outcome {
  const { top, byFullName } = engine.commands
  const found = args.length === 2 ? top : args.slice(2).flatMap((name) => byFullName.get(name.toLowerCase()) ?? [])
  return new MapReply(found.flatMap((entry): Reply[] => [entry.spec.name.replace(' ', '|'), documentation(entry)]))
}

function documentation({ spec, subcommands }: Command): Reply {
  const entries: Reply[] = ['since', spec.since, 'group', spec.group]
  const flags: Reply[] = []
  if (spec.flags & CommandFlag.DEPRECATED) flags.push(status('deprecated'))
  if (spec.flags & CommandFlag.SYSTEM) flags.push(status('syscmd'))
  if (flags.length !== 0) entries.push('doc_flags', new SetReply(flags))
  if (spec.arguments.length !== 0) entries.push('arguments', spec.arguments.map(describeArgument))
  if (subcommands !== null) {
    const described = [...subcommands.values()].flatMap((sub): Reply[] => [
      sub.spec.name.replace(' ', '|'),
      documentation(sub),
    ])
    entries.push('subcommands', new MapReply(described))
  }
  return new MapReply(entries)
}

function describeArgument(argument: CommandSpec['arguments'][number]): Reply {
  const entries: Reply[] = ['name', argument.name, 'type', argument.type]
  if (argument.token !== undefined) entries.push('token', argument.token)
  const flags: Reply[] = []
  if (argument.optional) flags.push(status('optional'))
  if (argument.multiple) flags.push(status('multiple'))
  if (argument.multipleToken) flags.push(status('multiple_token'))
  if (flags.length !== 0) entries.push('flags', flags)
  if (argument.arguments !== undefined) entries.push('arguments', argument.arguments.map(describeArgument))
  return new MapReply(entries)
}

// ---- keys and names ----

function getkeys(withFlags: boolean): Handler {
  return ({ engine }, args) => {
    const words = args.slice(2)
    const found = engine.commands.find(words)
    if (found === undefined) throw new FailureReply('ERR Invalid command specified')
    const { spec } = found
    if (spec.keySpecs.every(({ notKey }) => notKey)) throw new FailureReply('ERR The command has no key arguments')
    if (!fitsArity(found.arity, words.length)) {
      throw new FailureReply('ERR Invalid number of arguments specified for command')
    }
    const uses = keyUsesOf(spec, words)
    if (uses === undefined || uses.length === 0) {
      if (spec.flags & CommandFlag.NO_MANDATORY_KEYS) return []
      throw new FailureReply('ERR Invalid arguments specified for command')
    }
    return uses.map(({ at, flags }) => (withFlags ? [words[at]!, new SetReply(flags.map(status))] : words[at]!))
  }
}

function list({ engine }: Session, args: readonly string[]): Outcome {
  const { top, all } = engine.commands
  const names = (commands: readonly Command[]): Reply => commands.map(({ spec }) => spec.name.replace(' ', '|'))
  if (args.length === 2) return names(top)
  if (args.length !== 5 || args[2]!.toLowerCase() !== 'filterby') throw SYNTAX
  const value = args[4]!
  switch (args[3]!.toLowerCase()) {
    case 'module':
      return []
    case 'aclcat':
      return names(all.filter(({ spec }) => spec.categories.includes(value.toLowerCase())))
    case 'pattern': {
      const glob = compileGlob(value, true)
      return names(all.filter(({ spec }) => matchGlob(glob, spec.name.replace(' ', '|'))))
    }
    default:
      throw SYNTAX
  }
}

const HELP: readonly string[] = [
  '(no subcommand)',
  '    Return details about all Redis commands.',
  'COUNT',
  '    Return the total number of commands in this Redis server.',
  'LIST',
  '    Return a list of all commands in this Redis server.',
  'INFO [<command-name> ...]',
  '    Return details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'GETKEYS <full-command>',
  '    Return the keys from a full Redis command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys and the access flags from a full Redis command.',
]

export const commandCommands: Readonly<Record<string, Handler>> = {
  command,
  'command count': ({ engine }) => engine.commands.top.length,
  'command docs': docs,
  'command getkeys': getkeys(false),
  'command getkeysandflags': getkeys(true),
  'command help': helping(HELP),
  'command info': info,
  'command list': list,
}
