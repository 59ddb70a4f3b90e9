// A link to the engine inside the process. Writes are executed at the end of the microtasks, all of them in one batch; the
// replies of a batch arrive in one call. Every so often a batch waits for the event loop, so that timers are not starved.
import type { Link, LinkEvents } from '@ochre/protocol'
import { type Carrier, Connection } from './connection.ts'
import type { Engine } from './engine.ts'

/** Batches in a row before the event loop gets a turn. */
const MICROTASK_BATCHES = 64
/** Input waiting for a blocked session beyond which `write` says that the link is full. */
const FULL_BYTES = 1024 * 1024
/** Replies up to this length are delivered in a buffer that is used again and again. */
const SCRATCH_BYTES = 64 * 1024
/** Output is delivered in pieces of about this much. */
const PIECE_LENGTH = 16 * 1024 * 1024

/** Opens a link: `onOpen` follows at the end of the microtasks. */
export function dialEngine(engine: Engine, events: LinkEvents): Link {
  return new EmbeddedLink(engine, events)
}

class EmbeddedLink implements Link {
  readonly #events: LinkEvents
  readonly #connection: Connection
  readonly #keepAlive: NodeJS.Timeout = setInterval(() => {}, 0x7fffffff)
  #scratch: Buffer | undefined
  #input: Buffer[] = []
  /** In pieces that each fit into a string. */
  #output: string[] = []
  #outputLength = 0
  #batches = 0
  #isScheduled = false
  #isOpen = false
  #isPaused = false
  #isFull = false
  #isEnding = false
  #isClosed = false
  #cause: Error | null = null

  constructor(engine: Engine, events: LinkEvents) {
    this.#events = events
    const carrier: Carrier = {
      address: 'embedded',
      localAddress: 'embedded',
      isLocal: true,
      isUnixSocket: false,
      unsentBytes: () => this.#outputLength,
      write: (text) => {
        const last = this.#output.length - 1
        if (last >= 0 && this.#output[last]!.length + text.length < PIECE_LENGTH) this.#output[last] += text
        else this.#output.push(text)
        this.#outputLength += text.length
        this.#schedule()
      },
      end: () => this.end(),
      destroy: () => this.destroy(),
    }
    this.#connection = new Connection(engine, carrier)
    this.#schedule()
  }

  write(data: string | Buffer, encoding: 'latin1' | 'utf8' = 'utf8'): boolean {
    if (this.#isEnding) return true
    this.#input.push(typeof data === 'string' ? Buffer.from(data, encoding) : data)
    this.#schedule()
    this.#isFull = this.#connection.waitingBytes > FULL_BYTES
    return !this.#isFull
  }

  end(): void {
    this.#isEnding = true
    this.#schedule()
  }

  destroy(cause?: Error): void {
    this.#isEnding = true
    this.#input = []
    this.#output = []
    this.#outputLength = 0
    this.#cause = cause ?? null
    this.#schedule()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  ref(): void {
    this.#keepAlive.ref()
  }

  unref(): void {
    this.#keepAlive.unref()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    if (++this.#batches < MICROTASK_BATCHES) queueMicrotask(this.#run)
    else {
      this.#batches = 0
      setImmediate(this.#run)
    }
  }

  readonly #run = (): void => {
    if (!this.#isOpen && !this.#isEnding) {
      this.#isOpen = true
      this.#events.onOpen()
    }
    if (!this.#isPaused || this.#isEnding) {
      const input = this.#input
      this.#input = []
      for (const chunk of input) this.#connection.receive(chunk)
      if (this.#output.length !== 0) this.#deliver()
      if (this.#isFull && this.#connection.waitingBytes <= FULL_BYTES) {
        this.#isFull = false
        this.#events.onDrain()
      }
    }
    this.#isScheduled = false
    if (this.#isEnding) this.#close()
    else if (!this.#isPaused && (this.#output.length !== 0 || this.#input.length !== 0)) this.#schedule()
  }

  #deliver(): void {
    const output = this.#output
    this.#output = []
    this.#outputLength = 0
    for (const text of output) {
      if (text.length > SCRATCH_BYTES) this.#events.onData(Buffer.from(text, 'latin1'))
      else {
        this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
        this.#events.onData(this.#scratch.subarray(0, this.#scratch.write(text, 'latin1')))
      }
    }
  }

  #close(): void {
    this.#isClosed = true
    clearInterval(this.#keepAlive)
    this.#connection.closed()
    this.#events.onClose(this.#cause)
  }
}
