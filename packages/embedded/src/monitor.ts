// MONITOR: every command, as it runs, in one line to whoever asked.
import { StatusReply } from '@ochre/protocol'
import type { Command } from './commands/index.ts'
import type { Session } from './session.ts'
import { withoutSecrets } from './slow-log.ts'

/** Tells the monitoring sessions of a command. */
export function feedMonitors(session: Session, command: Command, args: readonly string[]): void {
  const { engine } = session
  const source = session.connection === null ? 'lua' : session.connection.carrier.address
  const micros = Math.floor(engine.clock.now() * 1000)
  const time = `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`
  const words = withoutSecrets(command, args).map(quoted).join(' ')
  const line = new StatusReply(`${time} [${session.db.index} ${source}] ${words}`)
  for (const monitor of engine.monitors) monitor.send(line)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** The text in quotes, with everything escaped that is not printable ASCII. */
export function quoted(text: string): string {
  const escaped = text.replace(
    /[^ !#-[\]-~]/g,
    (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${escaped}"`
}
