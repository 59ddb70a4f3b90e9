// How a program fails in the interpreter.
export class Failure extends Error {
  readonly reason: string
  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

export function fail(reason: string): never {
  throw new Failure(reason)
}
