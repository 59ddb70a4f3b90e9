// Runs a command that has been found and admitted: the one path that sockets, transactions and scripts share. A thrown
// failure becomes a reply, the change is logged, and at the outermost level the unit is finished.
import { FailureReply } from '@ochre/protocol'
import type { Command } from './commands/index.ts'
import { quotable } from './failures.ts'
import type { Outcome, Session } from './session.ts'

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
