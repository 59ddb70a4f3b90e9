// One client's bytes: requests in, output out, whatever carries them (a socket or a link inside the process).
import { FailureReply } from '@ochre/protocol'
import type { Engine } from './engine.ts'
import { execute } from './execute.ts'
import { RequestError, type RequestLimits, RequestParser } from './request-parser.ts'
import { NO_REPLY, type Session } from './session.ts'

/** What carries a connection. */
export interface Carrier {
  /** `127.0.0.1:50000`, a socket's path, or `embedded`. */
  readonly address: string
  readonly localAddress: string
  /** Takes a binary string. */
  write(text: string): void
  /** How much of what was written has not left yet. */
  unsentBytes(): number
  /** Sends what was written, then closes. The carrier calls `Connection.closed` when it is done. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export class Connection {
  readonly session: Session
  readonly carrier: Carrier
  readonly #engine: Engine
  readonly #parser: RequestParser = new RequestParser()
  readonly #limits: RequestLimits
  #isEnding = false
  #isAborted = false
  isClosed = false

  constructor(engine: Engine, carrier: Carrier) {
    this.#engine = engine
    this.carrier = carrier
    this.session = engine.openSession(this)
    this.#limits = { maxBulkBytes: engine.settings['proto-max-bulk-len'], isTrusted: true }
  }

  /** Bytes received and not yet executed. */
  get pendingBytes(): number {
    return this.#parser.pendingBytes
  }

  /** Takes bytes from the client and executes every whole request in them. */
  receive(chunk: Buffer): void {
    if (this.#isEnding) return
    this.#parser.feed(chunk)
    this.#engine.turn(() => this.pump())
  }

  /** Executes requests until the bytes run out or the session blocks. Called within a turn of the engine. */
  pump(): void {
    const { session } = this
    try {
      while (session.waiter === null && !this.#isEnding) {
        const args = this.#parser.next(this.#limits)
        if (args === undefined) break
        const outcome = execute(session, args)
        if (outcome !== NO_REPLY) session.answer(outcome)
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      session.send(new FailureReply(error.text))
      this.end()
    }
    if (this.#parser.pendingBytes > this.#engine.settings['client-query-buffer-limit']) this.end()
  }

  write(output: string): void {
    if (!this.isClosed && !this.#isAborted) this.carrier.write(output)
  }

  /** Closes at once; nothing more is executed or sent. */
  abort(): void {
    this.#isEnding = true
    this.#isAborted = true
    this.carrier.destroy()
  }

  /** Closes once the pending output has been handed on; nothing more is executed. */
  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#engine.endConnection(this)
  }

  /** The carrier is gone. */
  closed(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#isEnding = true
    this.session.close()
  }
}
