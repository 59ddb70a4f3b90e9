// Scripts of one engine: its machine, its caches, and what a running script may do to the engine.
//
// A script runs inside one command (EVAL, FCALL), so nothing else happens meanwhile, and the changes of its commands are
// logged as one unit. Its commands run in a session of their own: SELECT in a script does not move the client. One that has
// run for `busy-reply-threshold` is interrupted, so that others are answered BUSY; see ../suspension.ts.
import { CommandFlag, FailureReply, type Reply } from '@ochre/protocol'
import { fitsArity } from '../arguments.ts'
import { call } from '../call.ts'
import type { Command } from '../commands/index.ts'
import type { Engine } from '../engine.ts'
import { findCommand } from '../execute.ts'
import { OK } from '../failures.ts'
import { NO_REPLY, type Outcome, Replies, type Session, SUSPENDED } from '../session.ts'
import { scriptedShortageOf, scriptShortageOf } from '../shortage.ts'
import { Libraries } from './libraries.ts'
import { LuaPanic, LuaRuntime, PAUSED, type ScriptHost, Verdict } from './runtime.ts'
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

  /** The script that runs or was interrupted. */
  get running(): RunningScript | null {
    return this.#run ?? null
  }

  /** What commands are answered while a script is interrupted. */
  get busy(): FailureReply {
    return this.#run?.isFunction ? BUSY_FUNCTION : BUSY_SCRIPT
  }

  /** SCRIPT KILL, or FUNCTION KILL. */
  kill(isScript: boolean): Reply {
    if (this.#run === undefined) return NOT_BUSY
    if (this.#run.hasWritten) return UNKILLABLE
    if (this.#run.isFunction === isScript) return this.busy
    this.#run.isKilled = true
    return OK
  }

  /** Forgets the script that was interrupted, and with it the machine that holds it. */
  giveUp(): void {
    this.#run = undefined
    this.#runtime.discard()
  }

  /** Runs a script or function. `body` starts it with the host it is given. */
  run(invocation: Invocation, body: (host: ScriptHost) => Reply | typeof PAUSED): Outcome {
    const { caller, flags, isReadOnly } = invocation
    if (!(flags & (ScriptFlag.COMPATIBLE | ScriptFlag.NO_WRITES)) && isReadOnly) return WRITE_FLAG
    if (!(flags & (ScriptFlag.COMPATIBLE | ScriptFlag.NO_WRITES))) {
      const shortage = scriptShortageOf(this.#engine, (flags & ScriptFlag.ALLOW_OOM) !== 0)
      if (shortage !== null) return shortage
    }
    this.#session ??= this.#engine.openSession(null)
    const run = new ScriptRun(invocation, this.#session)
    this.#run = run
    caller.propagate() // The command itself is not logged: what the script executes is.
    const outcome = this.#slice(() => body(run))
    return outcome === SUSPENDED ? this.#engine.suspend(caller, this.#resume) : outcome
  }

  readonly #resume = (): Outcome => this.#slice(() => this.#runtime.resume())

  /** Runs the script until its end, or until it is interrupted. */
  #slice(run: () => Reply | typeof PAUSED): Outcome {
    let isPaused = false
    try {
      const reply = run()
      isPaused = reply === PAUSED
      return reply === PAUSED ? SUSPENDED : reply
    } catch (error) {
      if (error instanceof LuaPanic) return new FailureReply(`ERR ${error.message.replace(/[\r\n]+/g, ' ')}`)
      throw error
    } finally {
      if (!isPaused) this.#run = undefined
    }
  }
}

/** A script or function as it was called. */
interface Invocation {
  readonly caller: Session
  /** The command. */
  readonly args: readonly string[]
  /** What the script declared. */
  readonly flags: number
  /** EVAL_RO and its kind. */
  readonly isReadOnly: boolean
  readonly isFunction: boolean
}

/** What FUNCTION STATS tells. */
export interface RunningScript extends Pick<Invocation, 'args' | 'isFunction'> {
  readonly durationMs: number
}

const NOT_BUSY = new FailureReply('NOTBUSY No scripts in execution right now.')
const BUSY_SCRIPT = new FailureReply(
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
)
const BUSY_FUNCTION = new FailureReply(
  'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
)
const UNKILLABLE = new FailureReply(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
)

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

/** How long an interrupted script goes on before others have another turn. */
const SLICE_MS = 10

class ScriptRun implements ScriptHost, RunningScript {
  readonly caller: Session
  readonly args: readonly string[]
  readonly isFunction: boolean
  readonly #session: Session
  readonly #isReadOnly: boolean
  /** Has declared allow-oom. */
  readonly #mayRunOut: boolean
  /** A command that may write has run: the script cannot be killed any more. */
  hasWritten = false
  isKilled = false
  #replication = 3
  /** When the script began and when others had their turn last, by a clock that no test moves; 0 before it was looked at. */
  #startedAt = 0
  #pausedAt = 0

  constructor({ caller, args, flags, isReadOnly, isFunction }: Invocation, session: Session) {
    this.caller = caller
    this.args = args
    this.isFunction = isFunction
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
    const shortage = scriptedShortageOf(this.#session.engine, command, this.#mayRunOut || this.hasWritten)
    if (shortage !== null) return shortage
    const fault = this.#session.engine.faults.strike(command.spec)
    if (fault !== null) return fault
    if (flags & CommandFlag.WRITE) this.hasWritten = true
    this.#session.resp = resp
    const { engine } = this.#session
    const { journal } = engine
    if (!(this.#replication & REPLICATE_TO_LOG)) engine.journal = null
    try {
      const outcome = call(this.#session, command, args)
      return outcome === NO_REPLY || outcome === SUSPENDED || outcome instanceof Replies ? null : outcome
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

  get durationMs(): number {
    return this.#startedAt === 0 ? 0 : Math.floor(performance.now() - this.#startedAt)
  }

  /** Whoever waits has the first turn after the threshold. What cannot be interrupted for as long again is killed, if it may be. */
  interrupt(mayPause: boolean): Verdict {
    if (this.isKilled) return Verdict.KILL
    const now = performance.now()
    if (this.#startedAt === 0) this.#startedAt = this.#pausedAt = now
    const threshold = this.#session.engine.settings['busy-reply-threshold']
    if (threshold === 0 || now - this.#startedAt < threshold) return Verdict.GO_ON
    if (mayPause && this.caller.connection !== null) {
      const isFirst = this.#pausedAt === this.#startedAt
      if (!isFirst && now - this.#pausedAt < SLICE_MS) return Verdict.GO_ON
      this.#pausedAt = now
      return Verdict.PAUSE
    }
    return now - this.#pausedAt >= 2 * threshold && !this.hasWritten ? Verdict.KILL : Verdict.GO_ON
  }
}

/** A container without a subcommand of its own is a command too: its arity says that something is missing. */
function commandOf(args: readonly string[]): Command | undefined {
  const command = findCommand(args)
  return command instanceof FailureReply ? undefined : command
}
