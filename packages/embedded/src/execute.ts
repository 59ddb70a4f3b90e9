// From arguments to a reply: the one path that sockets, transactions and scripts share.
//
//   execute   find the command -> refuse it, queue it (MULTI) or call it
//   call      run the handler, turn a thrown failure into a reply, log the change, and at the outermost level finish the unit
import { CommandFlag, FailureReply } from '@ochre/protocol'
import { COMMANDS, type Command } from './commands/index.ts'
import { QUEUED, quotable, wrongArity } from './failures.ts'
import type { Outcome, Session } from './session.ts'

/** Executes one request of a session. Never throws for anything a client can send. */
export function execute(session: Session, args: readonly string[]): Outcome {
  const command = findCommand(args)
  if (command instanceof FailureReply) return session.refuse(command)
  const refusal = refusalOf(session, command, args)
  if (refusal !== null) return refuse(session, command, refusal)
  if (session.queue !== null && !command.isImmediate) {
    session.queue.push(args)
    return QUEUED
  }
  return call(session, command, args)
}

/** Runs a command that has been admitted. Inside EXEC and scripts it is called for each command of the unit. */
export function call(session: Session, command: Command, args: readonly string[]): Outcome {
  const { engine } = session
  session.lastCommand = command.spec.name
  session.lastUsedAt = engine.now
  engine.stats.commands++
  const frame = engine.enter()
  let outcome: Outcome
  try {
    outcome = command.handler(session, args)
  } catch (failure) {
    outcome = failure instanceof FailureReply ? failure : internalFailure(failure)
  }
  engine.leave(frame, session, args)
  return outcome
}

/** A defect of the engine, or a value beyond what V8 can hold, must not take the process down. */
export function internalFailure(error: unknown): FailureReply {
  return new FailureReply(`ERR internal error: ${quotable(String(error), 128)}`)
}

/** The command that arguments name, or the failure for one that does not exist. */
export function findCommand(args: readonly string[]): Command | FailureReply {
  const name = args[0]!
  const command = COMMANDS.get(name) ?? COMMANDS.get(name.toLowerCase())
  if (command === undefined) return unknownCommand(args)
  if (command.subcommands === null || args.length === 1) return command
  const subcommand = command.subcommands.get(args[1]!.toLowerCase())
  if (subcommand !== undefined) return subcommand
  const container = command.spec.name.toUpperCase()
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
  if (spec.arity > 0 ? args.length !== spec.arity : args.length < -spec.arity) return wrongArity(spec.name)
  if (session.queue !== null && spec.flags & CommandFlag.NO_MULTI) return NOT_IN_TRANSACTION
  if (session.resp === 2 && session.isSubscriber && !command.isForSubscribers) {
    return new FailureReply(
      `ERR Can't execute '${spec.name.replace(' ', '|')}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    )
  }
  return session.engine.faultOf(spec.name)
}

const NOT_IN_TRANSACTION = new FailureReply('ERR Command not allowed inside a transaction')

function refuse(session: Session, command: Command, failure: FailureReply): FailureReply {
  if (command.spec.name !== 'exec') return session.refuse(failure)
  session.endTransaction()
  return new FailureReply(`EXECABORT Transaction discarded because of: ${failure.text.replace(/^ERR /, '')}`)
}
