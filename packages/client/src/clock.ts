// Time, timers and chance, so that tests can hold them in their hands.

export interface Clock {
  /** Milliseconds that only ever grow; the zero is arbitrary. */
  now(): number
  /** Milliseconds since 1970, for what outside parties call a time (expiry of credentials). */
  wall(): number
  /** Runs `callback` once after `ms`; the answer cancels it. `keepAlive` tells whether the process should wait for it. */
  after(ms: number, callback: () => void, keepAlive: boolean): () => void
  /** 0 <= n < 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, callback, keepAlive) {
    const timer = setTimeout(callback, Math.min(ms, 0x7fffffff))
    if (!keepAlive) timer.unref()
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
