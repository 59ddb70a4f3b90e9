// What the engine counts, for INFO and LATENCY HISTOGRAM: traffic, hits, errors, and each command's calls and times.

/** The upper bounds of the histogram's buckets, in microseconds, as LATENCY HISTOGRAM prints them. */
const BUCKETS: readonly number[] = Array.from({ length: 31 }, (_, k) =>
  Math.floor((1024 * 2 ** k * (1 + 1 / 128)) / 1000),
)

export class CommandStats {
  calls = 0
  micros = 0
  rejected = 0
  failed = 0
  readonly #buckets: number[] = []

  record(micros: number, isFailure: boolean): void {
    this.calls++
    this.micros += micros
    if (isFailure) this.failed++
    const bucket = Math.min(32 - Math.clz32(Math.max(0, Math.ceil(micros) - 1)), BUCKETS.length - 1)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  /** Buckets that hold calls, each with how many calls took that long at most. */
  histogram(): [micros: number, calls: number][] {
    const found: [number, number][] = []
    let sum = 0
    for (let k = 0; k < this.#buckets.length; k++) {
      if (this.#buckets[k] === undefined) continue
      sum += this.#buckets[k]!
      found.push([BUCKETS[k]!, sum])
    }
    return found
  }

  /** How long that share of the calls took at most, in microseconds: the bound of a bucket. */
  percentile(percent: number): number {
    const wanted = (this.calls * percent) / 100
    const rows = this.histogram()
    return (rows.find(([, calls]) => calls >= wanted) ?? rows.at(-1))?.[0] ?? 0
  }
}

/** What is counted of the traffic. */
interface Traffic {
  readonly commands: number
  readonly inputBytes: number
  readonly outputBytes: number
}

/** The counts at one moment, which is a mark of the clock. */
interface Sample extends Traffic {
  readonly at: number
}

const NOTHING: Traffic = { commands: 0, inputBytes: 0, outputBytes: 0 }

export class Stats {
  commands = 0
  connections = 0
  rejectedConnections = 0
  hits = 0
  misses = 0
  expired = 0
  inputBytes = 0
  outputBytes = 0
  reads = 0
  writes = 0
  /** Error replies by their first word. */
  readonly errors: Map<string, number> = new Map()
  /** By the number of the command. */
  readonly byCommand: (CommandStats | undefined)[] = []
  /** From the beginning of the last two seconds in which something happened, the earlier one first. */
  #samples: readonly [Sample, Sample]

  constructor(at: number) {
    this.#samples = [
      { ...NOTHING, at },
      { ...NOTHING, at },
    ]
  }

  /** To be called when a second begins and something happens in it. */
  sample(at: number): void {
    const { commands, inputBytes, outputBytes } = this
    this.#samples = [this.#samples[1], { commands, inputBytes, outputBytes, at }]
  }

  /** The traffic per second since the earlier of the samples. */
  rates(at: number): Traffic {
    const [before] = this.#samples
    const seconds = (at - before.at) / 1_000_000
    const rate = (name: keyof Traffic): number => (seconds > 0 ? (this[name] - before[name]) / seconds : 0)
    return { commands: rate('commands'), inputBytes: rate('inputBytes'), outputBytes: rate('outputBytes') }
  }

  of(id: number): CommandStats {
    this.byCommand[id] ??= new CommandStats()
    return this.byCommand[id]
  }

  noteError(text: string): void {
    const code = /^[^ ]*/.exec(text)![0]
    // Scripts may invent codes without end.
    if (this.errors.size < 128 || this.errors.has(code)) this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }

  get errorReplies(): number {
    let sum = 0
    for (const count of this.errors.values()) sum += count
    return sum
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.commands = this.connections = this.rejectedConnections = this.hits = this.misses = this.expired = 0
    this.inputBytes = this.outputBytes = this.reads = this.writes = 0
    this.#samples = [
      { ...this.#samples[0], ...NOTHING },
      { ...this.#samples[1], ...NOTHING },
    ]
    this.errors.clear()
    this.byCommand.length = 0
  }
}
