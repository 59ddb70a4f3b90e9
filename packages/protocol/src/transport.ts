// How a client reaches a server: a byte link with callbacks. A socket is one, an engine in the same process is another.

/** What a link tells its owner. Each is called from outside any call into the link, never re-entrantly. */
export interface LinkEvents {
  /** The link is up; writing is allowed from now on. */
  onOpen(): void
  /** Bytes arrived. The chunk belongs to the link again when the call returns: copy what must be kept. */
  onData(chunk: Buffer): void
  /** A `write` had returned false and there is room again. */
  onDrain(): void
  /** The link is gone; called exactly once, last. `cause` is null after a clean end by the peer or a local `end`. */
  onClose(cause: Error | null): void
}

export interface Link {
  /** Sends bytes. Returns false when the link is full: keep what follows until `onDrain`. */
  write(data: string | Buffer, encoding?: 'latin1' | 'utf8'): boolean
  /** Sends what is left, then closes. */
  end(): void
  /** Closes at once; unsent bytes are dropped. */
  destroy(cause?: Error): void
  /** Stops and restarts `onData`, for back-pressure. */
  pause(): void
  resume(): void
  /** Whether an open link keeps the process alive. */
  ref(): void
  unref(): void
}

/** Where links come from. */
export interface Transport {
  /** For messages and metrics: `127.0.0.1:6379`, `/run/redis.sock`, `embedded`. */
  readonly address: string
  dial(events: LinkEvents): Link
}
