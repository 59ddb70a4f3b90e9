// Commands that no connection has: those that wait for one, in order, and those that wait for their next attempt.
// A command that is settled meanwhile leaves at once.
import type { ErrorCode } from '@ochre/protocol'
import { type Command, CommandState, type CommandWatcher } from './command.ts'

export class Waiting implements CommandWatcher {
  count = 0
  bytes = 0
  private queue = new Set<Command>()
  /** With what cancels the timer of each. */
  private readonly delayed = new Map<Command, () => void>()

  push(command: Command): void {
    this.add(command)
    this.queue.add(command)
  }

  /** Puts commands that have waited before ahead of all others, in the order given. */
  unshift(commands: readonly Command[]): void {
    for (const command of commands) this.add(command)
    this.queue = new Set([...commands, ...this.queue])
  }

  /** Holds a command until `cancel`'s timer takes it out again with `take`. */
  delay(command: Command, cancel: () => void): void {
    this.add(command)
    this.delayed.set(command, cancel)
  }

  /** Takes one out; false when it had been settled. */
  take(command: Command): boolean {
    if (command.holder !== this) return false
    command.holder = null
    this.remove(command)
    return true
  }

  /** Takes out all that wait for a connection, oldest first. */
  takeQueue(): Command[] {
    const commands = [...this.queue]
    for (const command of commands) this.take(command)
    return commands
  }

  oldest(): Command | undefined {
    for (const command of this.queue) return command
    return undefined
  }

  /** Tells all that wait why they do, for the day their deadline passes. */
  explain(reason: Error): void {
    for (const command of this.queue) command.refusal = reason
  }

  failAll(code: ErrorCode, message: string): void {
    for (const command of [...this.queue, ...this.delayed.keys()]) command.giveUp(code, message)
  }

  onSettled(command: Command): void {
    this.remove(command)
  }

  private add(command: Command): void {
    command.state = CommandState.HELD
    command.holder = this
    this.count++
    this.bytes += command.bytes
  }

  private remove(command: Command): void {
    this.count--
    this.bytes -= command.bytes
    if (this.queue.delete(command)) return
    this.delayed.get(command)?.()
    this.delayed.delete(command)
  }
}
