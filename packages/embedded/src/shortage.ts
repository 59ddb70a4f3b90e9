// Why a command is refused for want of memory or because the disk takes no more, in Redis's words.
import { CommandFlag, FailureReply } from '@ochre/protocol'
import type { Command } from './commands/index.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'

const OUT_OF_MEMORY = new FailureReply("OOM command not allowed when used memory > 'maxmemory'.")
const OUT_OF_MEMORY_SCRIPT = new FailureReply(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
)
/** What a transaction may still be told when there is no memory to queue more. */
const ENDS_TRANSACTION = new Set(['exec', 'discard', 'quit', 'reset'])

/** Evicts what `maxmemory` demands; the refusal of a command, or null. */
export function shortageOf(session: Session, command: Command): FailureReply | null {
  const { engine } = session
  // From under an interrupted script nothing is evicted.
  if (engine.suspension === null) {
    engine.memory.isShort = engine.settings.maxmemory !== 0 && engine.unit(session, () => engine.memory.fit()) !== true
    if (engine.memory.isShort && needsMemory(session, command)) return OUT_OF_MEMORY
  }
  const failure = engine.journal?.failure
  return failure == null || !writes(session, command) ? null : diskFailure(failure)
}

function needsMemory({ queue }: Session, { spec }: Command): boolean {
  if (spec.flags & CommandFlag.DENYOOM) return true
  if (queue === null) return false
  if (spec.name === 'exec') return queue.some(({ command }) => command.spec.flags & CommandFlag.DENYOOM)
  return !ENDS_TRANSACTION.has(spec.name)
}

/** PING is refused too: whoever watches a server by it is to hear. */
function writes({ queue }: Session, { spec }: Command): boolean {
  if (spec.flags & CommandFlag.WRITE || spec.name === 'ping') return true
  return spec.name === 'exec' && queue !== null && queue.some(({ command }) => command.spec.flags & CommandFlag.WRITE)
}

function diskFailure(reason: string): FailureReply {
  return new FailureReply(`MISCONF Errors writing to the AOF file: ${reason}`)
}

/** The refusal of a command of a script; a script that has written may go on to the end. */
export function scriptedShortageOf(engine: Engine, { spec }: Command, mayRunOut: boolean): FailureReply | null {
  const failure = engine.journal?.failure
  if (failure != null && spec.flags & CommandFlag.WRITE) return diskFailure(failure)
  return !mayRunOut && engine.memory.isShort && spec.flags & CommandFlag.DENYOOM ? OUT_OF_MEMORY : null
}

/** The refusal of a script that declares what it does and may write. */
export function scriptShortageOf(engine: Engine, mayRunOut: boolean): FailureReply | null {
  const failure = engine.journal?.failure
  if (failure != null) {
    return new FailureReply(
      `MISCONF Redis is configured to persist data to AOF, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts. AOF error: ${failure}`,
    )
  }
  return engine.memory.isShort && !mayRunOut ? OUT_OF_MEMORY_SCRIPT : null
}
