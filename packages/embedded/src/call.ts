// Runs a command that has been found and admitted: the one path that sockets, transactions and scripts share. A thrown
// failure becomes a reply, the change is logged, and at the outermost level the unit is finished.
import { CommandFlag, FailureReply } from '@ochre/protocol'
import { keyUsesOf } from './acl/command-uses.ts'
import type { Command } from './commands/index.ts'
import { quotable, TOO_LONG } from './failures.ts'
import { feedMonitors } from './monitor.ts'
import { type Outcome, type Session, SUSPENDED } from './session.ts'

/** Runs a command that has been admitted. Inside EXEC and scripts it is called for each command of the unit. */
export function call(session: Session, command: Command, args: readonly string[]): Outcome {
  const { engine } = session
  session.lastUsedAt = engine.now
  engine.stats.commands++
  // A script is shown before the commands that it runs.
  const isShownFirst = engine.monitors.size !== 0 && command.spec.group === 'scripting' && command.spec.words === 1
  if (isShownFirst) feedMonitors(session, command, args)
  const dirty = engine.enter()
  const started = engine.mark
  let outcome: Outcome
  try {
    outcome = command.handler(session, args)
  } catch (failure) {
    outcome = failure instanceof FailureReply ? failure : internalFailure(failure)
  }
  if (outcome === SUSPENDED) return engine.suspension!.add((end) => finish(session, command, args, dirty, started, end))
  return finish(session, command, args, dirty, started, outcome)
}

function finish(
  session: Session,
  command: Command,
  args: readonly string[],
  dirty: number,
  started: number,
  outcome: Outcome,
): Outcome {
  const { engine } = session
  engine.leave(dirty, session, args)
  engine.mark = engine.clock.stamp()
  observe(session, command, args, outcome, Math.round(engine.mark - started))
  return outcome
}

/** What is kept about a call: counts and times, the slow log, who read which key; and what monitors see of it. */
function observe(session: Session, command: Command, args: readonly string[], outcome: Outcome, micros: number): void {
  const { engine } = session
  const { settings, stats } = engine
  const { flags } = command.spec
  const isFailure = outcome instanceof FailureReply
  stats.of(command.id).record(micros, isFailure)
  if (isFailure) stats.noteError(outcome.text)
  const slow = settings['slowlog-log-slower-than']
  if (slow >= 0 && micros >= slow && !(flags & CommandFlag.SKIP_SLOWLOG))
    engine.slowLog.add(session, command, args, micros)
  const threshold = settings['latency-monitor-threshold']
  if (threshold > 0 && micros >= threshold * 1000) {
    const event = flags & CommandFlag.FAST ? 'fast-command' : 'command'
    engine.latency.add(event, Math.floor(engine.now / 1000), Math.round(micros / 1000))
  }
  if (engine.monitors.size !== 0 && !(flags & (CommandFlag.SKIP_MONITOR | CommandFlag.ADMIN))) {
    feedMonitors(session, command, args)
  }
  if (engine.tracking.isOn && flags & CommandFlag.READONLY && !(flags & CommandFlag.PUBSUB)) {
    rememberReader(session, command, args)
  }
}

/** The keys that a script reads are its caller's; EVAL_RO and its kind read nothing by themselves. */
function rememberReader(session: Session, { spec }: Command, args: readonly string[]): void {
  const { tracking, scripting, settings } = session.engine
  const reader = session.connection === null ? (scripting.caller ?? session) : session
  if (reader.tracking === null || spec.group === 'scripting') return
  const uses = keyUsesOf(spec, args)
  if (uses !== undefined)
    tracking.remember(
      reader,
      uses.map(({ at }) => args[at]!),
    )
  tracking.limit(settings['tracking-table-max-keys'])
}

/** A defect of the engine, or a value beyond what V8 can hold, must not take the process down. */
export function internalFailure(error: unknown): FailureReply {
  if ((error as NodeJS.ErrnoException).code === 'ERR_STRING_TOO_LONG') return TOO_LONG
  return new FailureReply(`ERR internal error: ${quotable(String(error), 128)}`)
}
