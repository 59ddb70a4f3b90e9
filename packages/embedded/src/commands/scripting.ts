// EVAL, SCRIPT, FUNCTION and FCALL. The machine that runs Lua, its caches and its rules are in ../lua.
import { compileGlob, FailureReply, MapReply, matchGlob, type Reply, SetReply, StatusReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { OK, quotable } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import type { Library } from '../lua/libraries.ts'
import { FLAG_NAMES, oneLine } from '../lua/script-flags.ts'
import type { RunningScript } from '../lua/scripting.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { dumpLibraries, restoreLibraries } from '../structures/rdb.ts'
import { FUNCTION_HELP, SCRIPT_HELP } from './scripting-help.ts'

const NO_SCRIPT = new FailureReply('NOSCRIPT No matching script. Please use EVAL.')

function evaluate(isReadOnly: boolean): Handler {
  return (session, args) => {
    const count = keyCountOf(args, integerOf(args[2]))
    const { scripting } = session.engine
    const script = scripting.scripts.load(args[1]!)
    if (script instanceof FailureReply) return script
    return scripting.run({ caller: session, args, flags: script.flags, isReadOnly, isFunction: false }, (host) =>
      scripting.scripts.run(script, args.slice(3, 3 + count), args.slice(3 + count), host),
    )
  }
}

function evaluateSha(isReadOnly: boolean): Handler {
  return (session, args) => {
    if (args[1]!.length !== 40) return NO_SCRIPT
    const count = keyCountOf(args, integerOf(args[2]))
    const { scripting } = session.engine
    const script = scripting.scripts.find(args[1]!)
    if (script === undefined) return NO_SCRIPT
    return scripting.run({ caller: session, args, flags: script.flags, isReadOnly, isFunction: false }, (host) =>
      scripting.scripts.run(script, args.slice(3, 3 + count), args.slice(3 + count), host),
    )
  }
}

const BAD_KEY_COUNT = new FailureReply('ERR Bad number of keys provided')

function callFunction(isReadOnly: boolean): Handler {
  return (session, args) => {
    const { scripting } = session.engine
    const target = scripting.libraries.find(args[1]!)
    if (target === undefined) return new FailureReply('ERR Function not found')
    const count = keyCountOf(args, integerOf(args[2], BAD_KEY_COUNT))
    return scripting.run({ caller: session, args, flags: target.flags, isReadOnly, isFunction: true }, (host) =>
      scripting.libraries.run(target, args.slice(3, 3 + count), args.slice(3 + count), host),
    )
  }
}

/** How many of the arguments after the count are keys. */
function keyCountOf(args: readonly string[], count: number): number {
  if (count > args.length - 3) throw new FailureReply("ERR Number of keys can't be greater than number of args")
  if (count < 0) throw new FailureReply("ERR Number of keys can't be negative")
  return count
}

function scriptLoad({ engine }: Session, args: readonly string[]): Outcome {
  const script = engine.scripting.scripts.load(args[2]!)
  return script instanceof FailureReply ? script : script.sha
}

function scriptExists({ engine }: Session, args: readonly string[]): Outcome {
  return args.slice(2).map((sha) => Number(engine.scripting.scripts.find(sha) !== undefined))
}

function scriptFlush({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 3 || !isFlushMode(args[2])) {
    return new FailureReply('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
  }
  engine.scripting.scripts.flush()
  return OK
}

function isFlushMode(mode: string | undefined): boolean {
  return mode === undefined || /^a?sync$/i.test(mode)
}

const scriptKill: Handler = ({ engine }) => engine.scripting.kill(true)
const functionKill: Handler = ({ engine }) => engine.scripting.kill(false)

function scriptDebug(_session: Session, args: readonly string[]): Outcome {
  const mode = args[2]!.toLowerCase()
  if (mode === 'no') return OK
  if (mode === 'yes' || mode === 'sync') return new FailureReply('ERR This server has no Lua debugger')
  return new FailureReply('ERR Use SCRIPT DEBUG YES/SYNC/NO')
}

function functionLoad(session: Session, args: readonly string[]): Outcome {
  let at = 2
  for (; at < args.length - 1; at++) {
    if (args[at]!.toLowerCase() !== 'replace')
      return new FailureReply(`ERR Unknown option given: ${oneLine(args[at]!)}`)
  }
  const loaded = session.engine.scripting.libraries.load(args[at]!, args.length > 3)
  if (!(loaded instanceof FailureReply)) session.engine.dirty++
  return loaded
}

function functionDelete({ engine }: Session, args: readonly string[]): Outcome {
  if (!engine.scripting.libraries.delete(args[2]!)) return new FailureReply('ERR Library not found')
  engine.dirty++
  return OK
}

function functionFlush({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 3) return wrongSubcommand(args)
  if (!isFlushMode(args[2])) return new FailureReply('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')
  engine.scripting.libraries.flush()
  engine.dirty++
  return OK
}

function functionDump({ engine }: Session): Outcome {
  return dumpLibraries([...engine.scripting.libraries.list()].map(({ code }) => code))
}

function functionRestore({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 4) return wrongSubcommand(args)
  const policy = (args[3] ?? 'append').toLowerCase()
  if (policy !== 'append' && policy !== 'replace' && policy !== 'flush') {
    return new FailureReply('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')
  }
  const codes = restoreLibraries(args[2]!, engine.skipsChecksums)
  if (typeof codes === 'string') return RESTORE_FAILURES[codes]
  const problem = engine.scripting.libraries.restore(codes, policy)
  if (problem !== null) return problem
  engine.dirty++
  return OK
}

const RESTORE_FAILURES = {
  footer: new FailureReply('ERR DUMP payload version or checksum are wrong'),
  type: new FailureReply('ERR given type is not a function'),
  data: new FailureReply('ERR Failed loading library payload'),
}

function functionList({ engine }: Session, args: readonly string[]): Outcome {
  let isWithCode = false
  let pattern: string | undefined
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toLowerCase()
    if (word === 'withcode' && !isWithCode) isWithCode = true
    else if (word === 'libraryname' && pattern === undefined) {
      if (i === args.length - 1) return new FailureReply('ERR library name argument was not given')
      pattern = args[++i]!
    } else return new FailureReply(`ERR Unknown argument ${quotable(args[i]!, args[i]!.length)}`)
  }
  const glob = pattern === undefined ? undefined : compileGlob(pattern, true)
  const shown: Reply[] = []
  for (const library of engine.scripting.libraries.list()) {
    if (glob === undefined || matchGlob(glob, library.name)) shown.push(describeLibrary(library, isWithCode))
  }
  return shown
}

function describeLibrary({ name, code, functions }: Library, isWithCode: boolean): Reply {
  const described = [...functions.values()].map(
    (entry) =>
      new MapReply([
        'name',
        entry.name,
        'description',
        entry.description ?? null,
        'flags',
        new SetReply(FLAG_NAMES.filter((_, bit) => entry.flags & (1 << bit)).map((flag) => new StatusReply(flag))),
      ]),
  )
  const entries: Reply[] = ['library_name', name, 'engine', 'LUA', 'functions', described]
  return new MapReply(isWithCode ? [...entries, 'library_code', code] : entries)
}

function functionStats({ engine }: Session): Outcome {
  const { libraries, running, busy } = engine.scripting
  if (running !== null && !running.isFunction) return busy
  const counts = new MapReply(['libraries_count', libraries.size, 'functions_count', libraries.functionCount])
  return new MapReply(['running_script', running && describeRun(running), 'engines', new MapReply(['LUA', counts])])
}

function describeRun({ args, durationMs }: RunningScript): Reply {
  return new MapReply(['name', args[1]!, 'command', args, 'duration_ms', durationMs])
}

export const scripting: Readonly<Record<string, Handler>> = {
  eval: evaluate(false),
  eval_ro: evaluate(true),
  evalsha: evaluateSha(false),
  evalsha_ro: evaluateSha(true),
  fcall: callFunction(false),
  fcall_ro: callFunction(true),
  'function delete': functionDelete,
  'function dump': functionDump,
  'function flush': functionFlush,
  'function help': helping(FUNCTION_HELP),
  'function kill': functionKill,
  'function list': functionList,
  'function load': functionLoad,
  'function restore': functionRestore,
  'function stats': functionStats,
  'script debug': scriptDebug,
  'script exists': scriptExists,
  'script flush': scriptFlush,
  'script help': helping(SCRIPT_HELP),
  'script kill': scriptKill,
  'script load': scriptLoad,
}
