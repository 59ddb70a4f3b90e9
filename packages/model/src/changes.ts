// The change feed as an endless iteration: from a cursor on, resumable, shared.
//
//   catching up --a page that is not full--> following --its inbox is full, the follower ended--> catching up ...
//   reads pages of its own                   takes what the follower reads
//
// All readers of one store that have caught up share a follower: one blocked XREAD, and one read of what it announces. The
// stream itself is the buffer of a slow reader; it only falls behind, and notices when what it needs was trimmed away.

import { ConnectionError, UsageError } from '@ochre/protocol'
import { compareIds, type FeedEntry, type FeedPage, ORIGIN, type Position, readPage } from './feed.ts'
import type { KeyFamily } from './keys.ts'
import type { Fields, IdOf, ModelSpec } from './model.ts'
import type { Runner } from './redis.ts'

/** One change of a row. */
export interface Change<F extends Fields> {
  /** `expire` comes when the sweep finds the row, or when another takes its place. */
  readonly type: 'create' | 'update' | 'delete' | 'expire'
  readonly id: IdOf<F>
  /** The row's version after it; of a deleted row its last one. Null when the row was gone before, as when it expired. */
  readonly version: number | null
  /** Of an update: fields that have another value now, and collections that were written. */
  readonly fields: readonly (keyof F & string)[]
  /** The server's time. */
  readonly at: Date
  /** For `after`: reading goes on behind this change. */
  readonly cursor: string
}

/** Changes are missing here: they had been trimmed away, or the feed was lost. What was built from changes is to be built anew. */
export interface FeedGap {
  readonly type: 'gap'
  /** For `after`: reading goes on behind the gap. */
  readonly cursor: string
}

export interface ChangesOptions {
  /** A change's `cursor`, or `'oldest'`: all that is kept. Without it, what comes from the call on. */
  readonly after?: string
  /** Ends the iteration with ABORTED. */
  readonly signal?: AbortSignal
}

/** An endless iteration. Leaving the loop and `await using` end it; closing the database or the client ends the loop. */
export interface Changes<F extends Fields> extends AsyncIterableIterator<Change<F> | FeedGap, undefined> {
  /** The cursor of where it stands: at first where it begins. */
  position(): Promise<string>
  return(): Promise<IteratorResult<Change<F> | FeedGap, undefined>>
  [Symbol.asyncDispose](): Promise<void>
}

/** Entries of one read, and most that wait for a reader that follows. */
const PAGE = 500
const INBOX = 2000
/** How long one XREAD waits. Then the feeds are looked at: one that was replaced would be silent. */
const BLOCK_MS = 5000
/** Between reads that found no connection. */
const PAUSE_MS = { least: 50, most: 2000 }

/** The feeds of one opened model. */
export class Feed {
  readonly spec: ModelSpec
  readonly families: readonly KeyFamily[]
  readonly runner: Runner
  private readonly readers = new Set<{ stop(): void }>()
  private follower: Follower | null = null
  private forget: (() => void) | null = null

  constructor(spec: ModelSpec, families: readonly KeyFamily[], runner: Runner) {
    this.spec = spec
    this.families = families
    this.runner = runner
  }

  changes<F extends Fields>(options: ChangesOptions): Changes<F> {
    if (!this.spec.feed) throw new UsageError(`${this.spec.name} has no change feed: give its model feed: true`)
    if (!this.runner.client.with || !this.runner.client.onClose)
      throw new UsageError('Changes are followed on a client of @ochre/client, not on a part of one')
    return new Reader<F>(this, options)
  }

  /** Ends all iterations. */
  close(): void {
    for (const reader of [...this.readers]) reader.stop()
  }

  enter(reader: { stop(): void }): void {
    this.readers.add(reader)
    this.forget ??= this.runner.client.onClose!(() => this.close())
  }

  leave(reader: { stop(): void }): void {
    this.readers.delete(reader)
    if (this.readers.size > 0) return
    this.forget?.()
    this.forget = null
  }

  /** Reads of the given streams from where they stand; with 0 entries only where they end. */
  read(streams: readonly number[], from: readonly Position[], count: number): ReturnType<typeof readPage>[] {
    return streams.map((stream) =>
      readPage(
        (script, keys, args) => this.runner.script('changes', script, keys, args),
        this.families[stream]!.feed,
        stream,
        from[stream]!,
        count,
        this.spec.feed!.keep,
      ),
    )
  }

  /** Lets a reader that has caught up follow. True when what it gets begins exactly where it stands. */
  join(reader: Following): boolean {
    const fresh = this.follower === null || this.follower.ended
    if (fresh) this.follower = new Follower(this, reader.positions)
    this.follower!.add(reader)
    return fresh
  }

  part(reader: Following): void {
    this.follower?.remove(reader)
  }
}

interface Following {
  readonly positions: readonly Position[]
  /** False when it has no room. */
  offer(entry: FeedEntry): boolean
  /** It gets no more and goes on by itself. `setback`: why, when something failed. */
  released(setback: unknown): void
}

/** Waits for entries at the end of the feeds and hands them to its readers, until it has none or something fails. */
class Follower {
  ended = false
  private readonly feed: Feed
  private readonly positions: Position[]
  private readonly members = new Set<Following>()
  private readonly stopping = new AbortController()

  constructor(feed: Feed, positions: readonly Position[]) {
    this.feed = feed
    this.positions = [...positions]
    // The first member comes right after this.
    queueMicrotask(() => void this.run())
  }

  add(reader: Following): void {
    this.members.add(reader)
  }

  remove(reader: Following): void {
    if (!this.members.delete(reader) || this.members.size > 0) return
    this.ended = true
    this.stopping.abort()
  }

  private async run(): Promise<void> {
    let setback: unknown = null
    try {
      while (!this.ended) if (!(await this.step())) break
    } catch (error) {
      setback = error
    }
    this.ended = true
    for (const reader of [...this.members]) reader.released(setback)
    this.members.clear()
  }

  /** Waits and hands on. False when there is a gap, which each reader has to find out about for itself. */
  private async step(): Promise<boolean> {
    const { feed } = this
    const streams = await this.wait()
    const pages = await Promise.all(feed.read(streams, this.positions, PAGE))
    if (pages.some((page) => page.gap !== null)) return false
    for (const entry of merged(pages)) {
      this.positions[entry.stream] = `(${entry.at}`
      for (const reader of this.members) {
        if (reader.offer(entry)) continue
        this.remove(reader)
        reader.released(null)
      }
    }
    return true
  }

  /** The streams with something new; all of them when nothing came for long. */
  private async wait(): Promise<number[]> {
    const { families, runner } = this.feed
    const keys = families.map((family) => family.feed)
    const ids = this.positions.map((position) => position.slice(1))
    const client = runner.client.with!({ signal: this.stopping.signal })
    const reply = await client.call('XREAD', 'BLOCK', BLOCK_MS, 'COUNT', 1, 'STREAMS', ...keys, ...ids)
    if (reply === null || reply === undefined) return keys.map((_, stream) => stream)
    const named = Array.isArray(reply) ? reply.map((pair) => String((pair as unknown[])[0])) : Object.keys(reply)
    return named.map((key) => keys.indexOf(key))
  }
}

type Item<F extends Fields> = Change<F> | FeedGap

class Reader<F extends Fields> implements Changes<F>, Following {
  positions: Position[]
  private readonly feed: Feed
  private readonly signal: AbortSignal | undefined
  private readonly started: Promise<void>
  private readonly items: AsyncGenerator<Item<F>, undefined>
  private readonly inbox: FeedEntry[] = []
  private follows = false
  /** What ended the follower. */
  private setback: unknown = null
  private stopped = false
  private failure: Error | null = null
  /** Ends the wait that the iteration is in. */
  private wake: () => void = () => {}

  constructor(feed: Feed, { after, signal }: ChangesOptions) {
    this.feed = feed
    this.signal = signal
    const { length } = feed.families
    this.positions = after === undefined ? [] : after === 'oldest' ? filled(length, '-') : parseCursor(after, length)
    feed.enter(this)
    if (signal?.aborted) this.handleEvent()
    else signal?.addEventListener('abort', this)
    // Asked for at once: a change that is made after the call is among the items.
    this.started = after === undefined ? this.begin() : Promise.resolve()
    this.started.catch(() => undefined)
    this.items = this.iterate()
  }

  async position(): Promise<string> {
    await this.started
    return this.cursor()
  }

  next(): Promise<IteratorResult<Item<F>, undefined>> {
    return this.items.next()
  }

  return(): Promise<IteratorResult<Item<F>, undefined>> {
    this.stop()
    return this.items.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** The signal's event. */
  handleEvent(): void {
    this.failure ??= new ConnectionError('ABORTED', 'The caller aborted the iteration.', { cause: this.signal?.reason })
    this.stop()
  }

  stop(): void {
    if (this.stopped) return
    this.stopped = true
    this.signal?.removeEventListener('abort', this)
    this.feed.part(this)
    this.feed.leave(this)
    this.wake()
  }

  // From the follower.

  offer(entry: FeedEntry): boolean {
    if (this.inbox.length >= INBOX) return false
    this.inbox.push(entry)
    this.wake()
    return true
  }

  released(setback: unknown): void {
    this.follows = false
    this.setback = setback
    this.wake()
  }

  private async begin(): Promise<void> {
    const all = this.feed.families.map((_, stream) => stream)
    const pages = await this.patiently(() => Promise.all(this.feed.read(all, filled(all.length, ORIGIN), 0)))
    this.positions = (pages ?? []).map((page) => page.end)
  }

  private async *iterate(): AsyncGenerator<Item<F>, undefined> {
    try {
      await this.started
      while (!this.stopped) {
        yield* this.catchUp()
        if (this.stopped) break
        this.follows = true
        // What the follower hands on begins before what is read now, so that nothing falls between.
        if (!this.feed.join(this)) yield* this.catchUp()
        for (;;) {
          const entry = this.inbox.shift()
          if (entry !== undefined) yield* this.take(entry)
          else if (this.stopped || !this.follows) break
          else await this.pause(null)
        }
        const { setback } = this
        this.setback = null
        if (setback !== null && !this.stopped) await this.bear(setback, PAUSE_MS.least)
      }
    } finally {
      this.stop()
    }
    if (this.failure !== null) throw this.failure
  }

  /** Pages of its own, until one is not full. */
  private async *catchUp(): AsyncGenerator<Item<F>, void> {
    let streams = this.positions.map((_, stream) => stream)
    while (streams.length > 0 && !this.stopped) {
      const asked = streams
      const pages = await this.patiently(() => Promise.all(this.feed.read(asked, this.positions, PAGE)))
      if (pages === null) return
      const entries = merged(pages)
      const rest = pages.reduce((sum, page) => sum + page.entries.length, 0) - entries.length
      // Of streams that hold back entries for others, more is read as well.
      streams = rest > 0 ? asked : asked.filter((_, i) => pages[i]!.gap !== null || pages[i]!.full)
      let gap = false
      for (const [i, page] of pages.entries()) {
        const stream = asked[i]!
        if (page.gap !== null) {
          this.positions[stream] = page.gap
          gap = true
        } else if (page.entries.length === 0 && this.positions[stream] === '-') this.positions[stream] = page.end
      }
      if (gap) yield { type: 'gap', cursor: this.cursor() }
      for (const entry of entries) yield* this.take(entry)
    }
  }

  /** Hands out an entry that has not been handed out before. */
  private *take(entry: FeedEntry): Generator<Item<F>, void> {
    const { spec } = this.feed
    const position = this.positions[entry.stream]!
    if (position[0] === '(' && compareIds(entry.at, position.slice(1)) <= 0) return
    this.positions[entry.stream] = `(${entry.at}`
    const order = [...spec.byName.keys()]
    const names = [...entry.names].sort((a, b) => order.indexOf(a) - order.indexOf(b))
    yield {
      type: entry.op,
      id: (spec.id.kind === 'int'
        ? Number(entry.id)
        : spec.id.kind === 'bigint'
          ? BigInt(entry.id)
          : entry.id) as IdOf<F>,
      version: entry.version,
      fields: names.map((name) => spec.byName.get(name)?.property ?? name),
      at: new Date(Number(entry.at.split('-')[0])),
      cursor: this.cursor(),
    }
  }

  private cursor(): string {
    return this.positions.map((position) => (position[0] === '(' ? position.slice(1) : `${position}=`)).join('_')
  }

  /** What the read gives, tried again while there is no connection; null when the iteration was ended. */
  private async patiently<T>(read: () => Promise<T>): Promise<T | null> {
    for (let waitMs = PAUSE_MS.least; ; waitMs = Math.min(waitMs * 2, PAUSE_MS.most)) {
      if (this.stopped) return null
      try {
        return await read()
      } catch (error) {
        if (this.stopped) return null
        await this.bear(error, waitMs)
      }
    }
  }

  /** Waits when it is only the connection; ends with the client; throws anything else. */
  private async bear(error: unknown, waitMs: number): Promise<void> {
    if (!(error instanceof ConnectionError)) throw error
    if (error.code === 'CLIENT_CLOSED') this.stop()
    else await this.pause(waitMs)
  }

  /** Until something happens, or for so long. */
  private pause(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms)
      this.wake = () => {
        if (timer) clearTimeout(timer)
        resolve()
      }
    })
  }
}

function filled(length: number, position: Position): Position[] {
  return Array.from({ length }, () => position)
}

/**
 * Entries of several streams by their ids, which is the order of the server's clock. Where a page is full there is more to come:
 * what lies behind its end is left for the next time.
 */
function merged(pages: readonly FeedPage[]): readonly FeedEntry[] {
  const usable = pages.filter((page) => page.gap === null && page.entries.length > 0)
  if (usable.length < 2) return usable[0]?.entries ?? []
  const ends = usable.filter((page) => page.full).map((page) => page.entries.at(-1)!.at)
  const end = ends.reduce<string | null>(
    (least, at) => (least === null || compareIds(at, least) < 0 ? at : least),
    null,
  )
  return usable
    .flatMap((page) => page.entries)
    .filter((entry) => end === null || compareIds(entry.at, end) <= 0)
    .sort((a, b) => compareIds(a.at, b.at) || a.stream - b.stream)
}

function parseCursor(cursor: string, streams: number): Position[] {
  const parts = typeof cursor === 'string' ? cursor.split('_') : []
  const isCursor = parts.length === streams && parts.every((part) => /^(\d{1,20}-\d{1,20}=?|-=)$/.test(part))
  if (!isCursor) throw new UsageError("after takes the cursor of a change of this model, or 'oldest'")
  return parts.map((part) => (part.endsWith('=') ? part.slice(0, -1) : `(${part}`))
}
