// Records of a file that were refused: the first ones are told as they come, all are counted.

const TOLD = 20
const KEPT = 1000

export interface Refusal {
  readonly line: number
  readonly message: string
}

export class Refusals {
  readonly #say: (text: string) => void
  count = 0
  readonly #kept: Refusal[] = []

  constructor(say: (text: string) => void) {
    this.#say = say
  }

  add(line: number, message: string): void {
    this.count++
    if (this.#kept.length < KEPT) this.#kept.push({ line, message })
    if (this.count <= TOLD) this.#say(`Line ${line}: ${message}`)
    if (this.count === TOLD + 1) this.#say('More lines are refused; --json tells the first 1,000 of them.')
  }

  /** The first thousand, by line. */
  sorted(): Refusal[] {
    return this.#kept.toSorted((a, b) => a.line - b.line)
  }
}
