// SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE: what is on disk is the append-only file, so a save puts that on the disk, and a
// background save writes it anew, which drops the history that led to the data.
import { FailureReply, type Reply, StatusReply } from '@ochre/protocol'
import { OK, SYNTAX } from '../failures.ts'
import type { Persistence } from '../persistence/persistence.ts'
import type { Handler, Outcome, Session } from '../session.ts'

const MEMORY_ONLY = new FailureReply('ERR This engine was opened without a folder: everything is in memory only')
const SAVING = new FailureReply('ERR Background save already in progress')
const REWRITING = new FailureReply('ERR Background append only file rewriting already in progress')

function persistenceOf({ engine }: Session): Persistence {
  if (engine.persistence === null) throw MEMORY_ONLY
  return engine.persistence
}

function save(session: Session): Outcome {
  const persistence = persistenceOf(session)
  if (persistence.isRewriting) return SAVING
  return persistence.save() ? OK : new FailureReply('ERR')
}

function bgsave(session: Session, args: readonly string[]): Outcome {
  if (args.length > 2 || (args.length === 2 && args[1]!.toLowerCase() !== 'schedule')) throw SYNTAX
  return rewrite(session, SAVING, 'Background saving started')
}

function bgrewriteaof(session: Session): Outcome {
  return rewrite(session, REWRITING, 'Background append only file rewriting started')
}

function rewrite(session: Session, refusal: FailureReply, started: string): Reply {
  const persistence = persistenceOf(session)
  if (persistence.isRewriting) return refusal
  void persistence.rewrite()
  return new StatusReply(started)
}

function lastsave({ engine }: Session): Outcome {
  return Math.floor((engine.persistence?.facts.lastSaveAt ?? engine.openedAt) / 1000)
}

export const persistence: Readonly<Record<string, Handler>> = { bgrewriteaof, bgsave, lastsave, save }
