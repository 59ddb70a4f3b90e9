// Timeouts that follow the latency (opt-in), as TCP's retransmission timer does (RFC 6298): smoothed latency plus a
// multiple of its deviation, within bounds.

export interface AdaptiveTimeoutOptions {
  /** Never shorter; default 100. */
  readonly minMs?: number
  /** Never longer, and the value before there are measurements; default the client's `timeoutMs`. */
  readonly maxMs?: number
  /** How many deviations above the smoothed latency; default 8. */
  readonly deviations?: number
}

export class AdaptiveTimeout {
  /** The timeout for the next command. One of a few values, each a quarter above the last, so that few lists of deadlines exist. */
  currentMs: number
  private readonly minMs: number
  private readonly maxMs: number
  private readonly deviations: number
  private latency = 0
  private deviation = 0
  private samples = 0

  constructor(options: AdaptiveTimeoutOptions, timeoutMs: number) {
    this.minMs = options.minMs ?? 100
    this.maxMs = options.maxMs ?? (timeoutMs > 0 ? timeoutMs : 5000)
    this.deviations = options.deviations ?? 8
    this.currentMs = this.maxMs
  }

  /** The latency of a command that got its reply, or the time after which one was given up. */
  record(ms: number): void {
    if (this.samples === 0) {
      this.latency = ms
      this.deviation = ms / 2
    } else {
      this.deviation += (Math.abs(ms - this.latency) - this.deviation) / 4
      this.latency += (ms - this.latency) / 8
    }
    this.samples++
    if (this.samples < 20) return
    const wanted = Math.max(1, this.latency + this.deviations * this.deviation)
    const step = Math.ceil(Math.log(wanted) / Math.log(1.25))
    this.currentMs = Math.min(this.maxMs, Math.max(this.minMs, Math.round(1.25 ** step)))
  }
}
