// A consumer of a stream's group: entries come as jobs, each is acknowledged after it has been worked off.
//
//   own entries that were delivered before and not acknowledged (a crash, a lost reply)
//     -> entries of consumers that failed: idle for claimIdleMs, taken over with XAUTOCLAIM      again every claimIdleMs / 2
//     -> new entries, waited for with XREADGROUP BLOCK                                           -> jobs -> XACK
//        delivered more than maxDeliveries times: to the dead-letter stream instead
//
// At least once: an entry is gone only when it has been acknowledged or is in the dead-letter stream. It comes again when its
// job fails, takes longer than claimIdleMs, or its acknowledgement is lost. Jobs begin in the order of the stream, except
// those that come again.
import { ConnectionError, ReplyError, UsageError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import type { Client } from './client.ts'
import type { Clock } from './clock.ts'
import { Ring } from './queue.ts'
import { type Backoff, backoffMs } from './retry.ts'
import type { StreamEntry } from './shapes.ts'

const CONSUME_OPTIONS =
  'stream group consumer start claimIdleMs maxDeliveries deadLetter deadLetterMaxLen blockMs count deleteAcknowledged'

export interface ConsumeOptions {
  readonly stream: string
  /** Created, with the stream, when it is not there. */
  readonly group: string
  /** Unique among those that consume at the same time, and the same after a restart. */
  readonly consumer: string
  /** Where a new group begins: `'0'`, all that is in the stream (the default), `'$'`, what comes from now on, or an id. */
  readonly start?: string
  /** After how long without acknowledgement an entry is taken over from whoever has it; default 60,000. Longer than any job. */
  readonly claimIdleMs?: number
  /** How often an entry is delivered before it goes to `deadLetter`; default without limit. */
  readonly maxDeliveries?: number
  /** The stream for entries that keep failing: their fields, and `_stream`, `_id`, `_deliveries`. */
  readonly deadLetter?: string
  /** Approximate length that the dead-letter stream is trimmed to; default 10,000. */
  readonly deadLetterMaxLen?: number
  /** How long one read waits at the server; default 5,000. */
  readonly blockMs?: number
  /** Entries per read, which wait here for their turn; default 10. */
  readonly count?: number
  /** Whether acknowledged entries are deleted from the stream; default false: trim it where entries are added. */
  readonly deleteAcknowledged?: boolean
}

/** An entry to be worked off. */
export interface Job<V> {
  readonly id: string
  readonly fields: Readonly<Record<string, V>>
  /** How often it has been delivered, this time included. */
  readonly deliveries: number
  /** Acknowledges it now instead of at the next turn of the loop. */
  acknowledge(): Promise<void>
  /** Starts its claimIdleMs again, for a job that takes longer. */
  keep(): Promise<void>
}

export interface WorkOptions<V> {
  /** Jobs at the same time; default 1. */
  readonly concurrency?: number
  /** Hears of each failure; the job comes again after claimIdleMs. What it throws ends the work. */
  readonly onError?: (error: unknown, job: Job<V>) => void
}

/**
 * Iterating takes job after job; asking for the next acknowledges the one before. Leaving the loop, by `break` or by an
 * error, leaves the last job unacknowledged, unless `job.acknowledge()` was called: it comes again.
 */
export interface Consumer<V> extends AsyncIterableIterator<Job<V>, undefined>, AsyncDisposable {
  /**
   * Works off jobs with `handler` until `stop` or the end of the client: acknowledges those that succeed, leaves those that
   * fail to come again. Resolves when the last handler has finished; rejects when the server refuses to deliver.
   */
  work(handler: (job: Job<V>) => Promise<unknown> | unknown, options?: WorkOptions<V>): Promise<void>
  /** Takes no new jobs. What has been read and not begun comes again, here or elsewhere. */
  stop(): void
  return(): Promise<IteratorResult<Job<V>, undefined>>
}

/** After a failure of the connection. */
const BACKOFF: Backoff = { minMs: 50, maxMs: 3000 }
const OVER: IteratorResult<never, undefined> = { done: true, value: undefined }

interface Waiting<V> {
  readonly entry: StreamEntry<V>
  readonly deliveries: number
  readonly since: number
}

export class GroupConsumer<V> implements Consumer<V> {
  private readonly client: Client<V>
  private readonly clock: Clock
  private readonly options: ConsumeOptions & Required<Omit<ConsumeOptions, 'maxDeliveries' | 'deadLetter'>>
  private readonly leave: () => void
  private readonly waiting = new Ring<Waiting<V>>()
  /** Ids of jobs that have been handed out and not acknowledged. */
  private readonly begun = new Set<string>()
  private readonly stopping = new AbortController()
  private fetching: Promise<void> | null = null
  private isCreated = false
  /** Where reading of own entries goes on; null when they have all been read. */
  private ownAfter: string | null = '0'
  private claimAt = 0
  private failures = 0
  private wake: (() => void) | null = null
  /** The job of the loop. */
  private current: Job<V> | null = null

  /** `leave` is called when it is stopped. */
  constructor(client: Client<V>, clock: Clock, options: ConsumeOptions, leave: () => void) {
    checkOptions(options, CONSUME_OPTIONS)
    const { maxDeliveries, deadLetter } = options
    for (const name of ['stream', 'group', 'consumer'] as const) {
      if (typeof options[name] !== 'string' || options[name] === '') throw new UsageError(`consume needs ${name}.`)
    }
    for (const name of ['claimIdleMs', 'maxDeliveries', 'deadLetterMaxLen', 'blockMs', 'count'] as const) {
      const value = options[name]
      if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
        throw new UsageError(`${name} must be a whole number from 1.`)
      }
    }
    if ((maxDeliveries === undefined) !== (deadLetter === undefined)) {
      throw new UsageError('maxDeliveries and deadLetter go together.')
    }
    this.client = client
    this.clock = clock
    this.options = {
      start: '0',
      claimIdleMs: 60_000,
      deadLetterMaxLen: 10_000,
      blockMs: 5000,
      count: 10,
      deleteAcknowledged: false,
      ...options,
    }
    this.leave = leave
  }

  async next(): Promise<IteratorResult<Job<V>, undefined>> {
    await this.finishCurrent()
    const job = await this.take()
    if (job === null) return OVER
    this.current = job
    return { done: false, value: job }
  }

  async return(): Promise<IteratorResult<Job<V>, undefined>> {
    if (this.current !== null) this.begun.delete(this.current.id)
    this.current = null
    this.stop()
    return OVER
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  stop(): void {
    if (this.stopping.signal.aborted) return
    this.stopping.abort()
    this.wake?.()
    this.leave()
  }

  async work(handler: (job: Job<V>) => unknown, options: WorkOptions<V> = {}): Promise<void> {
    checkOptions(options, 'concurrency onError')
    const { concurrency = 1, onError } = options
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new UsageError('concurrency must be a whole number from 1.')
    }
    const lane = async (): Promise<void> => {
      for (let job = await this.take(); job !== null; job = await this.take()) {
        try {
          await handler(job)
        } catch (error) {
          this.begun.delete(job.id)
          onError?.(error, job)
          continue
        }
        await job.acknowledge()
      }
    }
    const lanes = Array.from({ length: concurrency }, () =>
      lane().catch((error: unknown) => {
        this.stop()
        throw error
      }),
    )
    const outcomes = await Promise.allSettled(lanes)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  private async finishCurrent(): Promise<void> {
    const { current } = this
    this.current = null
    if (current !== null) await current.acknowledge()
  }

  /** The next job; null when stopped. */
  private async take(): Promise<Job<V> | null> {
    for (;;) {
      if (this.stopping.signal.aborted) return null
      const next = this.waiting.shift()
      if (next === undefined) {
        this.fetching ??= this.fetch().finally(() => {
          this.fetching = null
        })
        await this.fetching
        continue
      }
      // Another consumer may have taken it over by now; it comes again if not.
      if (this.clock.now() - next.since >= this.options.claimIdleMs) continue
      this.begun.add(next.entry.id)
      return this.jobOf(next)
    }
  }

  private jobOf({ entry, deliveries }: Waiting<V>): Job<V> {
    const { stream, group, consumer } = this.options
    return {
      id: entry.id,
      fields: entry.fields,
      deliveries,
      acknowledge: () => this.acknowledge(entry.id),
      keep: async () => {
        await this.client.xclaim(stream, group, consumer, 0, entry.id, { justId: true })
      },
    }
  }

  private async acknowledge(id: string): Promise<void> {
    if (!this.begun.delete(id)) return
    const { stream, group, deleteAcknowledged } = this.options
    try {
      if (deleteAcknowledged) await this.client.multi().xack(stream, group, id).xdel(stream, id).exec()
      else await this.client.xack(stream, group, id)
    } catch (error) {
      // The job was done; an acknowledgement that did not arrive only means that it comes again.
      if (!(error instanceof ConnectionError)) throw error
    }
  }

  /** Reads until there is a job or it is stopped. Throws what the server refuses. */
  private async fetch(): Promise<void> {
    while (this.waiting.length === 0 && !this.stopping.signal.aborted) {
      try {
        await this.read()
        this.failures = 0
      } catch (error) {
        if (this.stopping.signal.aborted) return
        if (error instanceof ReplyError && error.code === 'NOGROUP') this.isCreated = false
        else if (!(error instanceof ConnectionError)) throw error
        else if (error.code === 'CLIENT_CLOSED') {
          this.stop()
          return
        }
        // What the lost reply delivered is ours and pending.
        this.ownAfter = '0'
        await this.pause(backoffMs(BACKOFF, this.failures++, this.clock.random()))
      }
    }
  }

  private async read(): Promise<void> {
    const { stream, group, consumer, count, claimIdleMs, blockMs } = this.options
    if (!this.isCreated) await this.create()
    if (this.ownAfter !== null) {
      const own = await this.client.xreadgroup(group, consumer, { [stream]: this.ownAfter }, { count })
      const entries = own?.[0]?.entries ?? []
      await this.offerAgain(entries)
      this.ownAfter = entries.at(-1)?.id ?? null
      return
    }
    if (this.clock.now() >= this.claimAt) {
      await this.claim()
      if (this.waiting.length > 0) return
    }
    const untilClaim = Math.max(1, Math.ceil(this.claimAt - this.clock.now()))
    const block = Math.min(blockMs, untilClaim, Math.ceil(claimIdleMs / 2))
    const fresh = await this.client
      .with({ signal: this.stopping.signal })
      .xreadgroup(group, consumer, { [stream]: '>' }, { count, block })
    for (const entry of fresh?.[0]?.entries ?? []) this.offer(entry, 1)
  }

  private async create(): Promise<void> {
    const { stream, group, start } = this.options
    try {
      await this.client.xgroupCreate(stream, group, start, { mkStream: true })
    } catch (error) {
      if (!(error instanceof ReplyError) || error.code !== 'BUSYGROUP') throw error
    }
    this.isCreated = true
  }

  /** Takes over what others have left lying, and what failed here. */
  private async claim(): Promise<void> {
    const { stream, group, consumer, count, claimIdleMs } = this.options
    let cursor = '0-0'
    do {
      const claimed = await this.client.xautoclaim(stream, group, consumer, claimIdleMs, cursor, { count })
      cursor = claimed.cursor
      await this.offerAgain(claimed.entries)
      // The rest at the next read: what waits here for long would be taken over by others.
      if (this.waiting.length > 0) return
    } while (cursor !== '0-0')
    this.claimAt = this.clock.now() + claimIdleMs / 2
  }

  /** Entries that had been delivered before. */
  private async offerAgain(entries: readonly StreamEntry<V>[]): Promise<void> {
    const again = entries.filter((entry) => !this.begun.has(entry.id))
    if (again.length === 0) return
    const { stream, group, maxDeliveries = Number.POSITIVE_INFINITY } = this.options
    const counts = this.client.pipeline()
    for (const { id } of again) counts.xpending(stream, group, id, id, 1)
    const pending = (await counts.exec()) as unknown as { deliveries: number }[][]
    for (const [i, entry] of again.entries()) {
      const deliveries = pending[i]![0]?.deliveries
      if (deliveries === undefined) continue
      // Deleted from the stream while it was pending: there is nothing left to do.
      if (Object.keys(entry.fields).length === 0) await this.client.xack(stream, group, entry.id)
      else if (deliveries > maxDeliveries) await this.bury(entry, deliveries - 1)
      else this.offer(entry, deliveries)
    }
  }

  private async bury(entry: StreamEntry<V>, deliveries: number): Promise<void> {
    const { stream, group, deadLetter, deadLetterMaxLen, deleteAcknowledged } = this.options
    const fields = {
      ...(entry.fields as Record<string, string>),
      _stream: stream,
      _id: entry.id,
      _deliveries: deliveries,
    }
    const transaction = this.client
      .multi()
      .xadd(deadLetter!, '*', fields, { maxLen: ['~', deadLetterMaxLen] })
      .xack(stream, group, entry.id)
    if (deleteAcknowledged) transaction.xdel(stream, entry.id)
    await transaction.exec()
  }

  private offer(entry: StreamEntry<V>, deliveries: number): void {
    this.waiting.push({ entry, deliveries, since: this.clock.now() })
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, resolve, true)
      this.wake = () => {
        cancel()
        resolve()
      }
    })
  }
}
