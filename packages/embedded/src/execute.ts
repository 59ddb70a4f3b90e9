// From arguments to a reply: find the command -> refuse it, queue it (MULTI) or call it (call.ts).
import { CommandFlag, FailureReply } from '@ochre/protocol'
import { fitsArity } from './arguments.ts'
import { call } from './call.ts'
import { ITEM_BYTES } from './client-memory.ts'
import { COMMAND_INDEX, COMMANDS, type Command } from './commands/index.ts'
import { QUEUED, quotable, wrongArity } from './failures.ts'
import { type Outcome, POSTPONED, type Session } from './session.ts'
import { shortageOf } from './shortage.ts'

/** Executes one request of a session. Never throws for anything a client can send. */
export function execute(session: Session, args: readonly string[]): Outcome | typeof POSTPONED {
  const command = findCommand(args)
  if (command instanceof FailureReply) {
    session.lastCommand = ''
    session.engine.stats.noteError(command.text)
    return session.refuse(command)
  }
  session.lastCommand = command.spec.name
  const refusal = refusalOf(session, command, args)
  if (refusal !== null) return refuse(session, command, refusal)
  if (session.engine.pause.isOn && session.engine.pause.holds(session, command, args)) return POSTPONED
  if (session.queue !== null && !command.isImmediate) {
    enqueue(session, command, args)
    return QUEUED
  }
  return call(session, command, args)
}

/** A transaction that cannot succeed any more holds no further commands. */
function enqueue(session: Session, command: Command, args: readonly string[]): void {
  if (session.isAborted || session.isWatchBroken) return
  session.queue!.push({ command, args })
  for (const arg of args) session.queuedBytes += arg.length + ITEM_BYTES
}

/** The command that arguments name, or the failure for one that does not exist. */
export function findCommand(args: readonly string[]): Command | FailureReply {
  const command = COMMAND_INDEX.find(args)
  if (command !== undefined) return command
  const container = args[0]!.toUpperCase()
  if (!COMMANDS.has(container)) return unknownCommand(args)
  return new FailureReply(`ERR unknown subcommand '${quotable(args[1]!, 128)}'. Try ${container} HELP.`)
}

function unknownCommand(args: readonly string[]): FailureReply {
  let shown = ''
  for (let i = 1; i < args.length && shown.length < 128; i++) shown += `'${quotable(args[i]!, 128 - shown.length)}' `
  return new FailureReply(`ERR unknown command '${quotable(args[0]!, 128)}', with args beginning with: ${shown}`)
}

/** Why a command may not run now, in the order in which Redis looks at the reasons; null when it may. */
function refusalOf(session: Session, command: Command, args: readonly string[]): FailureReply | null {
  const { spec } = command
  if (!fitsArity(command.arity, args.length)) return wrongArity(spec.name)
  if (command.isProtected && !allowsProtected(session, spec.name)) return forbidden(spec.name)
  if (!session.isAuthenticated && session.engine.acl.isLogInRequired && !(spec.flags & CommandFlag.NO_AUTH)) {
    return LOG_IN_FIRST
  }
  if (session.queue !== null && spec.flags & CommandFlag.NO_MULTI) return NOT_IN_TRANSACTION
  if (!session.user.isUnrestricted) {
    const denied = session.engine.acl.refusal(session, command, args)
    if (denied !== null) return denied
  }
  const shortage = shortageOf(session, command)
  if (shortage !== null) return shortage
  if (session.resp === 2 && session.isSubscriber && !command.isForSubscribers) {
    return new FailureReply(
      `ERR Can't execute '${spec.name.replace(' ', '|')}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    )
  }
  if (session.engine.suspension !== null && !(spec.flags & CommandFlag.ALLOW_BUSY)) return session.engine.scripting.busy
  return session.engine.faults.strike(spec)
}

/** DEBUG and the loading of modules: only where the configuration allows it. There are no modules to load. */
function allowsProtected(session: Session, name: string): boolean {
  const allowed = name.startsWith('debug') ? session.engine.settings['enable-debug-command'] : 'no'
  return allowed === 'yes' || (allowed === 'local' && session.connection?.isLocal !== false)
}

function forbidden(name: string): FailureReply {
  const what = name.split(' ')[0]!
  return new FailureReply(
    `ERR ${what.toUpperCase()} command not allowed. If the enable-${what}-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`,
  )
}

const LOG_IN_FIRST = new FailureReply('NOAUTH Authentication required.')
const NOT_IN_TRANSACTION = new FailureReply('ERR Command not allowed inside a transaction')

function refuse(session: Session, command: Command, failure: FailureReply): FailureReply {
  const { stats } = session.engine
  stats.of(command.id).rejected++
  stats.noteError(failure.text)
  if (command.spec.name !== 'exec') return session.refuse(failure)
  session.endTransaction()
  return new FailureReply(`EXECABORT Transaction discarded because of: ${failure.text.replace(/^ERR /, '')}`)
}
