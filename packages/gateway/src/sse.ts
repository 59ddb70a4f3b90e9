// Server-sent events: frames pushed into a bounded buffer that the response body drains at the reader's pace. A reader
// that is too slow is told how much it missed and cut off; nothing is buffered without bound.

import type { GatewayResponse } from './message.ts'

const HEARTBEAT_MS = 15_000

export interface EventStreamOptions {
  readonly signal: AbortSignal
  /** Bytes that may wait for the reader. */
  readonly maxBufferedBytes: number
  /** Written when the buffer overflows, before the stream ends. */
  readonly onOverflow: (dropped: number) => string
  /** Called once when the stream ends for whatever reason. */
  readonly onEnd: () => void
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

  /** Appends a frame; false when the stream has ended or just overflowed. */
  push(frame: string): boolean {
    if (this.#isEnded) return false
    if (this.#buffered + frame.length > this.#options.maxBufferedBytes) {
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

  /** Ends the stream after what is buffered. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearInterval(this.#heartbeat)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#options.onEnd()
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
