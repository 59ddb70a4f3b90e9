// One client's bytes: requests in, output out, whatever carries them (a socket or a link inside the process).
import { constants } from 'node:buffer'
import { FailureReply } from '@ochre/protocol'
import { internalFailure } from './call.ts'
import type { Engine } from './engine.ts'
import { execute } from './execute.ts'
import { RequestError, RequestParser } from './request-parser.ts'
import { NO_REPLY, type Outcome, POSTPONED, type Session, SUSPENDED } from './session.ts'

/** What carries a connection. */
export interface Carrier {
  /** `127.0.0.1:50000`, a socket's path, or `embedded`. */
  readonly address: string
  readonly localAddress: string
  /** Whether the peer is on this machine: this process, a path, or a loopback address. */
  readonly isLocal: boolean
  readonly isUnixSocket: boolean
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
  readonly #limits: { maxBulkBytes: number; isTrusted: boolean } = { maxBulkBytes: 0, isTrusted: true }
  #isEnding = false
  /** The request that waits for the end of a pause. */
  #postponed: string[] | undefined
  #isAborted = false
  isClosed = false

  constructor(engine: Engine, carrier: Carrier) {
    this.#engine = engine
    this.carrier = carrier
    this.session = engine.openSession(this)
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  get isLocal(): boolean {
    return this.carrier.isLocal
  }

  get isUnixSocket(): boolean {
    return this.carrier.isUnixSocket
  }

  /** Bytes received and not yet looked at, because the session waits. */
  get waitingBytes(): number {
    return this.#parser.waitingBytes
  }

  /** Those, and what there is of an unfinished argument. */
  get pendingBytes(): number {
    return this.#parser.pendingBytes
  }

  /** What the arguments of an unfinished request take. */
  get argumentBytes(): number {
    return this.#parser.argumentBytes
  }

  /** Takes bytes from the client and executes every whole request in them. */
  receive(chunk: Buffer): void {
    if (this.#isEnding) return
    const { stats } = this.#engine
    stats.reads++
    stats.inputBytes += chunk.length
    this.#parser.feed(chunk)
    this.#engine.turn(() => this.pump(), true)
  }

  /** Executes requests until the bytes run out or the session blocks. Called within a turn of the engine. */
  pump(): void {
    const { session } = this
    const engine = this.#engine
    engine.running = session
    try {
      while (session.waiter === null && !this.#isEnding && engine.suspension?.session !== session) {
        const args = this.#postponed ?? this.#nextRequest()
        if (args === undefined) break
        const outcome = execute(session, args)
        this.#postponed = outcome === POSTPONED ? args : undefined
        if (outcome === POSTPONED || outcome === SUSPENDED) break
        if (outcome !== NO_REPLY) session.answer(outcome)
        if (engine.tracking.isOn) this.#afterTracked()
      }
    } catch (error) {
      session.send(error instanceof RequestError ? new FailureReply(error.text) : internalFailure(error))
      this.end()
    } finally {
      engine.running = null
    }
    engine.clientMemory.note(session)
    if (this.#parser.pendingBytes > this.#engine.settings['client-query-buffer-limit']) this.end()
  }

  /** The interrupted command has come to its end: answers it and goes on. Called within a turn of the engine. */
  finish(outcome: Outcome): void {
    if (outcome !== NO_REPLY && outcome !== SUSPENDED) this.session.answer(outcome)
    if (this.#engine.tracking.isOn) this.#afterTracked()
    this.pump()
  }

  /** Who has not logged in may send small requests only. */
  #nextRequest(): string[] | undefined {
    const { settings, acl } = this.#engine
    this.#limits.maxBulkBytes = Math.min(settings['proto-max-bulk-len'], constants.MAX_STRING_LENGTH)
    this.#limits.isTrusted = this.session.isAuthenticated || !acl.isLogInRequired
    return this.#parser.next(this.#limits)
  }

  /** What the request changed of the session's own cache is told after its reply; CLIENT CACHING holds for one request. */
  #afterTracked(): void {
    const { session } = this
    if (this.#engine.suspension !== null) return
    this.#engine.tracking.tellRunning(session)
    if (session.caching !== null && session.queue === null && !session.lastCommand.startsWith('client')) {
      session.caching = null
    }
  }

  write(output: string): void {
    if (this.isClosed || this.#isAborted) return
    const { stats } = this.#engine
    stats.writes++
    stats.outputBytes += output.length
    this.carrier.write(output)
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
