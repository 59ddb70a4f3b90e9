// Server-sent events: frames pushed into a bounded buffer that the response body drains at the reader's pace. A reader
// that is too slow is told how much it missed and cut off; nothing is buffered without bound.

import type { Exchange } from './exchange.ts'
import type { GatewayResponse } from './message.ts'

const HEARTBEAT_MS = 15_000

export interface EventStreamOptions {
  readonly signal: AbortSignal
  /** Bytes that may wait for the reader. */
  readonly maxBufferedBytes: number
  /** Written when the buffer overflows, before the stream ends. */
  readonly onOverflow: (dropped: number) => string
}

/** A response body that frames are pushed into. */
export class EventStream {
  readonly #options: EventStreamOptions
  #frames: string[] = []
  #buffered = 0
  #dropped = 0
  #isEnded = false
  #wake: (() => void) | undefined
  readonly #heartbeat: NodeJS.Timeout
  readonly #onAbort = (): void => this.end()
  readonly #onEnd: (() => void)[] = []
  /** Of those who wait for room. */
  readonly #waiting: (() => void)[] = []

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#heartbeat = setInterval(() => {
      if (this.#frames.length === 0) this.push(': hb\n\n')
    }, HEARTBEAT_MS)
    this.#heartbeat.unref()
    options.signal.addEventListener('abort', this.#onAbort)
    if (options.signal.aborted) this.end()
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Calls back once when the stream ends for whatever reason; at once when it has. */
  onEnd(callback: () => void): void {
    if (this.#isEnded) callback()
    else this.#onEnd.push(callback)
  }

  /** Appends a frame; false when the stream has ended or just overflowed. One frame, however long, always has room. */
  push(frame: string): boolean {
    if (this.#isEnded) return false
    if (!this.#hasRoom(frame)) {
      this.#dropped++
      this.#frames.push(this.#options.onOverflow(this.#frames.length + this.#dropped))
      this.end()
      return false
    }
    this.#frames.push(frame)
    this.#buffered += frame.length
    this.#wake?.()
    return true
  }

  /** As `push`, when there is room for it: for what can be read later just as well. */
  pushWithRoom(frame: string): boolean | Promise<boolean> {
    if (this.#isEnded || this.#hasRoom(frame)) return this.push(frame)
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.pushWithRoom(frame))
  }

  #hasRoom(frame: string): boolean {
    return this.#buffered === 0 || this.#buffered + frame.length <= this.#options.maxBufferedBytes
  }

  #tellRoom(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Ends the stream after what is buffered. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearInterval(this.#heartbeat)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    for (const callback of this.#onEnd) callback()
    this.#tellRoom()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for (;;) {
        if (this.#frames.length > 0) {
          const frames = this.#frames.join('')
          this.#frames = []
          this.#buffered = 0
          yield frames
          // Asked for more: the reader has taken them.
          this.#tellRoom()
        } else if (this.#isEnded) return
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
          this.#wake = undefined
        }
      }
    } finally {
      this.end()
    }
  }
}

/** How often the credential of an open stream is checked again. */
const RECHECK_MS = 10_000

/** A stream for a request: it ends with the peer, with the gateway, and when the credential is no longer valid. */
export function openEventStream(x: Exchange, onOverflow: (dropped: number) => string): EventStream {
  const stream = new EventStream({ signal: x.request.signal, maxBufferedBytes: x.limits.bufferedBytes, onOverflow })
  stream.onEnd(x.onClosing(() => stream.end()))
  stream.onEnd(x.countStream())
  const recheck = setInterval(() => {
    x.isStillValid().then((isValid) => {
      if (!isValid) stream.end()
    })
  }, RECHECK_MS)
  recheck.unref()
  stream.onEnd(() => clearInterval(recheck))
  return stream
}

export function eventStreamResponse(stream: EventStream, headers?: Readonly<Record<string, string>>): GatewayResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    },
    body: stream,
  }
}

/** One event in SSE's own form; every line of the data becomes a `data:` line. */
export function eventFrame(event: string | undefined, data: string, id?: string): string {
  let frame = event === undefined ? '' : `event: ${event}\n`
  if (id !== undefined) frame += `id: ${id}\n`
  for (const line of data.split(/\r\n|\r|\n/)) frame += `data: ${line}\n`
  return `${frame}\n`
}

/** Ends an answer's stream that nobody will read: a HEAD, a place where only JSON fits. */
export function discard(response: GatewayResponse): void {
  if (response.body instanceof EventStream) response.body.end()
}
