// Scripts of one engine: its machine, its caches, and what a running script may do to the engine.
//
// A script runs inside one command (EVAL, FCALL), so nothing else happens meanwhile, and the changes of its commands are
// logged as one unit. Its commands run in a session of their own: SELECT in a script does not move the client.
import { CommandFlag, FailureReply, type Reply } from '@ochre/protocol'
import { fitsArity } from '../arguments.ts'
import { call } from '../call.ts'
import type { Command } from '../commands/index.ts'
import type { Engine } from '../engine.ts'
import { findCommand } from '../execute.ts'
import { NO_REPLY, Replies, type Session } from '../session.ts'
import { scriptedShortageOf, scriptShortageOf } from '../shortage.ts'
import { Libraries } from './libraries.ts'
import { LuaPanic, LuaRuntime, type ScriptHost } from './runtime.ts'
import { readShebang, ScriptFlag } from './script-flags.ts'
import { Scripts } from './scripts.ts'

const REPLICATE_TO_LOG = 1

export class Scripting {
  readonly #engine: Engine
  readonly #runtime: LuaRuntime = new LuaRuntime()
  readonly scripts: Scripts = new Scripts(this.#runtime)
  /** DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may also call what is not meant for them. */
  allowsAll = false
  readonly libraries: Libraries = new Libraries(this.#runtime)
  /** The session in which scripts run their commands, made at the first script. */
  #session: Session | undefined
  #run: ScriptRun | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Bytes that the machine uses for scripts and for functions. */
  get usedBytes(): { scripts: number; functions: number } {
    return { scripts: this.#runtime.usedBytes('eval'), functions: this.#runtime.usedBytes('function') }
  }

  /** The session on whose behalf the running script works; undefined when none runs. */
  get caller(): Session | undefined {
    return this.#run?.caller
  }

  /** Whether the script or function that a command calls may write, by its own words; undefined when it does not say. */
  declaresWrites({ spec }: Command, args: readonly string[]): boolean | undefined {
    const called = /^(eval|evalsha|fcall)(_ro)?$/.exec(spec.name)?.[1]
    if (called === undefined) return undefined
    const [, text = ''] = args
    const found =
      called === 'eval' ? readShebang(text) : called === 'fcall' ? this.libraries.find(text) : this.scripts.find(text)
    if (found === undefined || found instanceof FailureReply || found.flags & ScriptFlag.COMPATIBLE) return undefined
    return !(found.flags & ScriptFlag.NO_WRITES)
  }

  /**
   * Runs a script or function for a session. `flags` are what it declared, `isReadOnly` is set for EVAL_RO and its kind,
   * `body` starts it with the host it is given.
   */
  run(caller: Session, flags: number, isReadOnly: boolean, body: (host: ScriptHost) => Reply): Reply {
    if (!(flags & (ScriptFlag.COMPATIBLE | ScriptFlag.NO_WRITES)) && isReadOnly) return WRITE_FLAG
    if (!(flags & (ScriptFlag.COMPATIBLE | ScriptFlag.NO_WRITES))) {
      const shortage = scriptShortageOf(this.#engine, (flags & ScriptFlag.ALLOW_OOM) !== 0)
      if (shortage !== null) return shortage
    }
    this.#session ??= this.#engine.openSession(null)
    const run = new ScriptRun(caller, this.#session, flags, isReadOnly)
    this.#run = run
    caller.propagate() // The command itself is not logged: what the script executes is.
    try {
      return body(run)
    } catch (error) {
      if (error instanceof LuaPanic) return new FailureReply(`ERR ${error.message.replace(/[\r\n]+/g, ' ')}`)
      throw error
    } finally {
      this.#run = undefined
    }
  }
}

const WRITE_FLAG = new FailureReply('ERR Can not execute a script with write flag using *_ro command.')
const UNKNOWN = new FailureReply('ERR Unknown Redis command called from script')
const ARITY = new FailureReply('ERR Wrong number of args calling Redis command from script')
const NOT_ALLOWED = new FailureReply('ERR This Redis command is not allowed from script')
const DENIED = {
  command: new FailureReply("ERR The user executing the script can't run this command or subcommand"),
  key: new FailureReply(
    "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
  ),
  channel: new FailureReply("ERR The user executing the script can't publish to the channel mentioned in the command"),
} as const
const READ_ONLY = new FailureReply('ERR Write commands are not allowed from read-only scripts.')

class ScriptRun implements ScriptHost {
  readonly caller: Session
  readonly #session: Session
  readonly #isReadOnly: boolean
  /** Has declared allow-oom. */
  readonly #mayRunOut: boolean
  /** A command that may write has run: the script cannot be killed any more. */
  #hasWritten = false
  #replication = 3

  constructor(caller: Session, session: Session, flags: number, isReadOnly: boolean) {
    this.caller = caller
    this.#session = session
    this.#isReadOnly = isReadOnly || (!(flags & ScriptFlag.COMPATIBLE) && (flags & ScriptFlag.NO_WRITES) !== 0)
    this.#mayRunOut = (flags & ScriptFlag.ALLOW_OOM) !== 0
    session.db = caller.db
    session.user = caller.user
    session.isDenyBlocking = true
  }

  get logLevel(): number {
    return 2
  }

  call(args: string[], resp: 2 | 3): Reply {
    const command = commandOf(args)
    if (command === undefined) return UNKNOWN
    const { flags } = command.spec
    if (!fitsArity(command.arity, args.length)) return ARITY
    if (flags & CommandFlag.NOSCRIPT && !this.#session.engine.scripting.allowsAll) return NOT_ALLOWED
    if (!this.#session.user.isUnrestricted) {
      const denial = this.#session.engine.acl.denial(this.#session, command, args)
      if (denial !== null) return DENIED[denial.reason]
    }
    if (this.#isReadOnly && flags & (CommandFlag.WRITE | CommandFlag.MAY_REPLICATE)) return READ_ONLY
    const shortage = scriptedShortageOf(this.#session.engine, command, this.#mayRunOut || this.#hasWritten)
    if (shortage !== null) return shortage
    if (flags & CommandFlag.WRITE) this.#hasWritten = true
    this.#session.resp = resp
    const { engine } = this.#session
    const { journal } = engine
    if (!(this.#replication & REPLICATE_TO_LOG)) engine.journal = null
    try {
      const outcome = call(this.#session, command, args)
      return outcome === NO_REPLY || outcome instanceof Replies ? null : outcome
    } finally {
      engine.journal = journal
    }
  }

  log(): void {
    // The engine keeps no log file.
  }

  permits(args: string[]): boolean | undefined {
    const command = commandOf(args)
    return command === undefined ? undefined : this.caller.user.check(command, args) === null
  }

  replicate(flags: number): void {
    this.#replication = flags
  }

  interrupt(elapsedMs: number): boolean {
    const threshold = this.#session.engine.settings['busy-reply-threshold']
    return threshold > 0 && elapsedMs >= threshold && !this.#hasWritten
  }
}

/** A container without a subcommand of its own is a command too: its arity says that something is missing. */
function commandOf(args: readonly string[]): Command | undefined {
  const command = findCommand(args)
  return command instanceof FailureReply ? undefined : command
}
