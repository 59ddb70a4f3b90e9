// Faults that a test injects: a command that fails although nothing is wrong.
import { type CommandSpec, FailureReply, UsageError } from '@ochre/protocol'
import { COMMAND_INDEX } from './commands/index.ts'

export interface FaultOptions {
  /** How often it strikes. Default: always. */
  readonly times?: number
  /** How likely it strikes each time, 0..1. Default: 1. */
  readonly probability?: number
}

interface Fault {
  readonly failure: FailureReply
  readonly probability: number
  left: number
}

export class Faults {
  readonly #random: () => number
  /** By the name of a command, of a command with subcommands for all of them, or `*`. */
  readonly #faults: Map<string, Fault[]> = new Map()

  constructor(random: () => number) {
    this.#random = random
  }

  add(command: string, failure: string, { times = Infinity, probability = 1 }: FaultOptions): void {
    const name = command.toLowerCase().replace(' ', '|')
    if (name !== '*' && !COMMAND_INDEX.byFullName.has(name)) throw new UsageError(`There is no command ${command}.`)
    if (times !== Infinity && !(Number.isSafeInteger(times) && times >= 0)) {
      throw new UsageError('times must be a whole number from 0.')
    }
    if (/[\r\n]/.test(failure)) throw new UsageError('A failure is one line: `CODE and a sentence`.')
    if (!(probability >= 0 && probability <= 1)) throw new UsageError('probability must be a number from 0 to 1.')
    const fault = { failure: new FailureReply(failure), probability, left: times }
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), fault])
  }

  /** The failure that strikes a command now, if any. */
  strike({ name, words }: CommandSpec): FailureReply | null {
    if (this.#faults.size === 0) return null
    const names = words === 1 ? [name, '*'] : [name.replace(' ', '|'), name.slice(0, name.indexOf(' ')), '*']
    for (const fault of names.flatMap((each) => this.#faults.get(each) ?? [])) {
      if (fault.left === 0 || (fault.probability < 1 && this.#random() >= fault.probability)) continue
      fault.left--
      return fault.failure
    }
    return null
  }

  clear(): void {
    this.#faults.clear()
  }
}
