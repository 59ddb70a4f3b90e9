// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { call } from '../call.ts'
import { OK } from '../failures.ts'
import { type Handler, NO_REPLY, type Outcome, type Session } from '../session.ts'

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
  const { isWatchBroken } = session
  session.endTransaction()
  if (isAborted) throw ABORTED
  if (isWatchBroken) return NULL_ARRAY
  const wasDenied = session.isDenyBlocking
  session.isDenyBlocking = true
  const replies: Reply[] = []
  for (const { command, args } of queue) {
    const outcome = call(session, command, args)
    replies.push(outcome === NO_REPLY ? null : outcome)
  }
  session.isDenyBlocking = wasDenied
  session.propagate()
  return replies
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
