// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { call } from '../call.ts'
import { OK } from '../failures.ts'
import { type Handler, NO_REPLY, type Outcome, Replies, type Session, SUSPENDED } from '../session.ts'
import type { Command } from './index.ts'

const ABORTED = new FailureReply('EXECABORT Transaction discarded because of previous errors.')

function multi(session: Session): Outcome {
  if (session.queue !== null) throw new FailureReply('ERR MULTI calls can not be nested')
  session.queue = []
  return OK
}

function exec(session: Session): Outcome {
  const { queue, isAborted } = session
  if (queue === null) throw new FailureReply('ERR EXEC without MULTI')
  for (const [database, key] of session.watched) database.peek(key) // Expiry since WATCH counts as a change.
  if (isAborted || session.isWatchBroken) {
    session.endTransaction()
    if (isAborted) throw ABORTED
    return NULL_ARRAY
  }
  session.unwatch()
  return execute(session, queue, 0, [])
}

/** Executes the commands from an index on; `replies` are those of the ones before. It is a transaction until the last has ended. */
function execute(session: Session, queue: NonNullable<Session['queue']>, from: number, replies: Reply[]): Outcome {
  const { isDenyBlocking } = session
  session.isDenyBlocking = true
  try {
    for (let i = from; i < queue.length; i++) {
      const { command, args } = queue[i]!
      const outcome = denialOf(session, command, args) ?? call(session, command, args)
      if (outcome === SUSPENDED) {
        return session.engine.suspension!.add((end) => execute(session, queue, i + 1, [...replies, ...repliesOf(end)]))
      }
      replies.push(...repliesOf(outcome))
    }
  } finally {
    session.isDenyBlocking = isDenyBlocking
  }
  session.endTransaction()
  session.propagate()
  // As in Redis the array counts commands: what SUBSCRIBE says of further channels comes after its end.
  const { length } = queue
  return replies.length === length ? replies : new Replies([replies.slice(0, length), ...replies.slice(length)])
}

function repliesOf(outcome: Outcome): readonly Reply[] {
  if (outcome instanceof Replies) return outcome.items
  return [outcome === NO_REPLY || outcome === SUSPENDED ? null : outcome]
}

const DENIED = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments to the command',
} as const

/** Permissions may have changed since the command was queued. */
function denialOf(session: Session, command: Command, args: readonly string[]): FailureReply | null {
  if (session.user.isUnrestricted) return null
  const denial = session.engine.acl.denial(session, command, args)
  if (denial === null) return null
  return new FailureReply(
    `NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: ${DENIED[denial.reason]}`,
  )
}

function discard(session: Session): Outcome {
  if (session.queue === null) throw new FailureReply('ERR DISCARD without MULTI')
  session.endTransaction()
  return OK
}

function watch(session: Session, args: readonly string[]): Outcome {
  if (session.queue !== null) throw new FailureReply('ERR WATCH inside MULTI is not allowed')
  if (!session.isWatchBroken) for (let i = 1; i < args.length; i++) session.watch(args[i]!)
  return OK
}

function unwatch(session: Session): Outcome {
  session.unwatch()
  return OK
}

export const transactions: Readonly<Record<string, Handler>> = { discard, exec, multi, unwatch, watch }
