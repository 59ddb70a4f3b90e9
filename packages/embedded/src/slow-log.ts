// The slow log: the latest commands that took long, with arguments cut short and secrets hidden.
import type { Command } from './commands/index.ts'
import type { Session } from './session.ts'

const MAX_ARGS = 32
const MAX_LENGTH = 128
const HIDDEN = '(redacted)'

export interface SlowEntry {
  readonly id: number
  /** Seconds since the epoch. */
  readonly at: number
  readonly micros: number
  readonly args: readonly string[]
  readonly address: string
  readonly name: string
}

export class SlowLog {
  #entries: SlowEntry[] = []
  #nextId = 0

  get length(): number {
    return this.#entries.length
  }

  /** The newest first. */
  latest(count: number): readonly SlowEntry[] {
    return this.#entries.slice(0, count)
  }

  add(session: Session, command: Command, args: readonly string[], micros: number): void {
    const { engine } = session
    const client = session.connection === null ? (engine.scripting.caller ?? session) : session
    this.#entries.unshift({
      id: this.#nextId++,
      at: Math.floor(engine.now / 1000),
      micros,
      args: shorten(withoutSecrets(command, args)),
      address: client.connection?.carrier.address ?? '',
      name: client.name,
    })
    this.trim(engine.settings['slowlog-max-len'])
  }

  trim(length: number): void {
    if (this.#entries.length > length) this.#entries.length = length
  }

  clear(): void {
    this.#entries = []
  }
}

function shorten(args: readonly string[]): string[] {
  const shown = args.length > MAX_ARGS ? args.slice(0, MAX_ARGS - 1) : [...args]
  const short = shown.map((arg) =>
    arg.length > MAX_LENGTH ? `${arg.slice(0, MAX_LENGTH)}... (${arg.length - MAX_LENGTH} more bytes)` : arg,
  )
  if (args.length > MAX_ARGS) short.push(`... (${args.length - MAX_ARGS + 1} more arguments)`)
  return short
}

/** The arguments as logs and monitors may show them: passwords are hidden. */
export function withoutSecrets({ spec }: Command, args: readonly string[]): readonly string[] {
  if (spec.name === 'hello') {
    const at = args.findIndex((arg, i) => i > 1 && arg.toUpperCase() === 'AUTH')
    return at === -1 ? args : args.map((arg, i) => (i === at + 1 || i === at + 2 ? HIDDEN : arg))
  }
  if (spec.name === 'auth') return args.map((arg, i) => (i === 0 ? arg : HIDDEN))
  if (spec.name === 'acl setuser') return args.map((arg, i) => (i < 2 ? arg : HIDDEN))
  if (spec.name === 'migrate') {
    const at = args.findIndex((arg, i) => i > 5 && /^auth2?$/i.test(arg))
    const count = at === -1 ? 0 : args[at]!.length - 3
    return args.map((arg, i) => (i > at && i <= at + count ? HIDDEN : arg))
  }
  if (spec.name === 'config set') {
    return args.map((arg, i) => (i > 2 && i % 2 === 1 && args[i - 1]!.toLowerCase() === 'requirepass' ? HIDDEN : arg))
  }
  return args
}
