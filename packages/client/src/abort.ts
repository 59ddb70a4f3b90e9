// The commands that one AbortSignal ends. They share one listener: a listener per command would be slow, and Node.js warns
// of a leak at the eleventh.
import type { Command } from './command.ts'

export class AbortGroup {
  private readonly signal: AbortSignal
  private readonly commands = new Set<Command>()

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  add(command: Command): void {
    if (this.commands.size === 0) this.signal.addEventListener('abort', this)
    this.commands.add(command)
  }

  /** Without commands the signal has no listener. */
  remove(command: Command): void {
    this.commands.delete(command)
    if (this.commands.size === 0) this.signal.removeEventListener('abort', this)
  }

  /** The signal's event. */
  handleEvent(): void {
    for (const command of [...this.commands]) command.abort(this.signal.reason)
  }
}

const groups = new WeakMap<AbortSignal, AbortGroup>()

export function abortGroup(signal: AbortSignal): AbortGroup {
  let group = groups.get(signal)
  if (group === undefined) {
    group = new AbortGroup(signal)
    groups.set(signal, group)
  }
  return group
}
