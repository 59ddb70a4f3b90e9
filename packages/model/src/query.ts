// A query of one model: what it asks, and the ways to run it. Nothing is sent before one of them is called or it is awaited.

import { UsageError } from '@ochre/protocol'
import { lookUp } from './claims.ts'
import { idFromText } from './codec.ts'
import type { QueryOutput } from './compile-query.ts'
import { fingerprintOf, type Mark, readCursor, writeCursor } from './cursor.ts'
import { UnindexedQueryError } from './errors.ts'
import { type OrderBy, orderColumns, type RecordedWhere, recordWhere, type Where } from './filter.ts'
import { hasClaims, roleOf } from './maintain.ts'
import type { Fields, IdOf, Select, StoredIndex } from './model.ts'
import { type Candidate, isBest, type OrderColumn, type Plan, type PlanInput, pinnedTuples, planQuery } from './plan.ts'
import { type Asked, countPortion, explainPortion, fetchPortion, keyOf, mayHold } from './portion.ts'
import type { Store } from './store.ts'

export interface FindOptions<F extends Fields> {
  readonly where?: Where<F>
  readonly orderBy?: OrderBy<F>
  /** Rows per page; without it everything that matches. */
  readonly limit?: number
  /** A cursor of an earlier page: goes on after it, or back from it. */
  readonly after?: string | null
  readonly before?: string | null
  /** Allows the query to walk rows that no index narrows. */
  readonly allowScan?: boolean
}

/** Rows in order, with cursors to go on from. Cursors stay right while rows come and go. */
export interface Page<R> extends Array<R> {
  /** Null when nothing follows. */
  readonly next: string | null
  /** Null when nothing comes before. */
  readonly previous: string | null
}

export interface Explanation {
  readonly plan: 'walk' | 'gather and sort'
  /** The keys that are read. */
  readonly keys: readonly string[]
  readonly ranges: readonly { readonly key: string; readonly min: string; readonly max: string }[]
  /** Fields whose conditions the ranges express. */
  readonly covers: readonly string[]
  /** Whether rows are tested one by one as well. */
  readonly tested: boolean
  /** Entries in the ranges: at most so many rows are examined. */
  readonly entries: number
  /** What the other ways would have cost. */
  readonly alternatives: readonly { readonly keys: readonly string[]; readonly entries: number }[]
}

interface Collected {
  readonly ids: string[]
  readonly rows: unknown[]
  readonly next: Mark | null
  readonly previous: Mark | null
}

/** Rows of a stream per trip. */
const STREAM_ROWS = 500

export class Query<F extends Fields, R> implements PromiseLike<Page<R>> {
  private readonly store: Store<F>
  private readonly options: FindOptions<F>
  private readonly projection: readonly string[] | null
  private readonly where: RecordedWhere
  private readonly order: readonly OrderColumn[]

  constructor(store: Store<F>, options: FindOptions<F>, projection: readonly string[] | null = null) {
    const { limit } = options
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0 || limit > 100_000))
      throw new UsageError('limit is an integer from 0 to 100000; leave it out for everything')
    if (options.after && options.before) throw new UsageError('A page is after or before a cursor, not both')
    this.store = store
    this.options = options
    this.projection = projection
    this.where = recordWhere(store.spec, options.where)
    this.order = orderColumns(store.spec, options.orderBy)
  }

  /** Awaiting a query gives its page. */
  then<X = Page<R>, Y = never>(
    fulfilled?: ((page: Page<R>) => X | PromiseLike<X>) | null,
    rejected?: ((reason: unknown) => Y | PromiseLike<Y>) | null,
  ): Promise<X | Y> {
    return this.page().then(fulfilled, rejected)
  }

  /** One page of rows, or all of them without a limit. */
  async page(): Promise<Page<R>> {
    const asked = await this.ask()
    const { rows, next, previous } = await this.collect(asked, this.rowOutput, this.options.limit ?? -1)
    // Cursors are made when they are asked for.
    const cursor = (mark: Mark | null) => ({
      get: () => mark && writeCursor(fingerprintOf(this.where, this.order, asked.plan.candidates), mark),
    })
    return Object.defineProperties(rows, { next: cursor(next), previous: cursor(previous) }) as Page<R>
  }

  /** The first row, or null. */
  async first(): Promise<R | null> {
    const { rows } = await this.collect(await this.ask(), this.rowOutput, 1)
    return rows.length === 0 ? null : (rows[0] as R)
  }

  /** How many rows match; limit and cursors do not matter. O(log n) when an index expresses the whole condition. */
  async count(): Promise<number> {
    const asked = await this.ask()
    const families = this.store.keys.families.filter((family) => mayHold(asked, family))
    const counts = await Promise.all(families.map((family) => countPortion(asked, family)))
    return counts.reduce((a, b) => a + b, 0)
  }

  /** The ids of the page. */
  async ids(): Promise<IdOf<F>[]> {
    const { ids } = await this.collect(await this.ask(), 'ids', this.options.limit ?? -1)
    return ids.map((id) => idFromText(this.store.spec.id, id) as IdOf<F>)
  }

  /** Only these fields, as plain objects. */
  select<const P extends keyof Select<F> & string>(...fields: readonly P[]): Query<F, Pick<Select<F>, P>> {
    for (const field of fields) {
      const stored = this.store.spec.byProperty.get(field)
      if (!stored || this.store.spec.collections.includes(stored))
        throw new UsageError(`select() takes scalar fields of ${this.store.spec.name}`)
    }
    return new Query(this.store, this.options, fields)
  }

  /** All rows, or as many as the limit says, a portion at a time. */
  async *stream(): AsyncGenerator<R, void, undefined> {
    if (this.options.before) throw new UsageError('A stream goes forward: give it after, not before')
    let left = this.options.limit ?? Number.POSITIVE_INFINITY
    let cursor = this.options.after ?? null
    do {
      const page = await new Query<F, R>(
        this.store,
        { ...this.options, limit: Math.min(left, STREAM_ROWS), after: cursor },
        this.projection,
      )
      yield* page
      left -= page.length
      cursor = page.next
    } while (cursor !== null && left > 0)
  }

  /** What the server would do, without doing it. */
  async explain(): Promise<Explanation> {
    const asked = await this.ask(true)
    const { candidates } = asked.plan
    const family = this.store.keys.families[0]!
    const { families } = this.store.keys
    const limit = this.options.limit ?? -1
    const portions = await Promise.all(families.map((each) => explainPortion(asked, each, limit)))
    // Each family chooses for itself; the first speaks for all.
    const chosen = candidates.find(isBest) ?? candidates[portions[0]![0] - 1]!
    const sizes = candidates.map((_, i) => portions.reduce((sum, [, own]) => sum + own[i]!, 0))
    const keysOf = (candidate: Candidate) => [...new Set(candidate.ranges.map((range) => keyOf(family, range)))]
    return {
      plan: chosen.walks ? 'walk' : 'gather and sort',
      keys: keysOf(chosen),
      ranges: chosen.ranges.map((range) => ({
        key: keyOf(family, range),
        min: range.min ? readable(range.min) : '-',
        max: range.members === 'tuple' ? '=' : range.max ? readable(range.max) : '+',
      })),
      covers: chosen.covers,
      tested: !chosen.exact,
      entries: sizes[candidates.indexOf(chosen)]!,
      alternatives: candidates
        .map((candidate, i) => ({ keys: keysOf(candidate), entries: sizes[i]! }))
        .filter((_, i) => candidates[i] !== chosen),
    }
  }

  // Inside

  private get rowOutput(): QueryOutput {
    return this.projection ? 'fields' : 'rows'
  }

  /** The query with its plan, by indexes that are complete. Refuses one that walks everything. `all`: also the beaten plans. */
  private async ask(all = false): Promise<Asked> {
    const { where, order, projection } = this
    const store = this.store as unknown as Store<Fields>
    const ready = await store.readyIndexes()
    const input = { spec: store.spec, where: where.node, args: where.args, order }
    const owners = hasClaims(store.spec) ? await this.owners(input, ready) : undefined
    const plan = planQuery(owners ? { ...input, owners } : input, (role) => ready.has(role), all)
    if (!this.options.allowScan && plan.candidates.every((candidate) => candidate.scan)) throw this.unindexed(plan)
    const ids = plan.candidates.length === 1 ? plan.candidates[0]!.ids : undefined
    const homes = ids ? new Set(ids.map((id) => store.keys.of(id))) : null
    return { store, where, order, projection, plan, homes }
  }

  /** Whose the tuples are that the condition pins, of constraints that are complete. */
  private async owners(input: PlanInput, ready: ReadonlySet<string>): Promise<Map<StoredIndex, string[]>> {
    const pinned = [...pinnedTuples(input)].filter(([unique]) => ready.has(roleOf(unique)))
    const tuples = pinned.flatMap(([unique, each]) =>
      each.map((bytes) => ({ unique, bytes: bytes.toString('hex'), id: '' })),
    )
    const found = await lookUp(this.store.claims, tuples)
    const owners = new Map(pinned.map(([unique]) => [unique, new Set<string>()]))
    tuples.forEach(({ unique }, i) => {
      const id = found[i]?.claim.id
      if (id !== undefined) owners.get(unique)!.add(id)
    })
    return new Map([...owners].map(([unique, ids]) => [unique, [...ids]]))
  }

  private unindexed({ building }: Plan): UnindexedQueryError {
    const { name } = this.store.spec
    const fields = this.order.map(({ field }) => field.property)
    if (building.length > 0) {
      const names = building.map((role) => role.slice(2)).join(', ')
      return new UnindexedQueryError(`The index ${names} of ${name} is not complete: run reindex()`)
    }
    const ordered = fields.length > 0 ? `gives the order by ${fields.join(', ')}` : ''
    const what = this.where.node ? `narrows this query${ordered && ` or ${ordered}`}` : ordered
    return new UnindexedQueryError(`No index of ${name} ${what}: add one, or say allowScan`)
  }

  private async collect(asked: Asked, output: QueryOutput, limit: number): Promise<Collected> {
    const { after, before } = this.options
    const { families } = this.store.keys
    const { candidates } = asked.plan
    const text = after || before
    const fingerprint = text ? fingerprintOf(this.where, this.order, candidates) : ''
    const cursor = text ? readCursor(text, fingerprint, families.length, candidates.length) : null
    const backwards = Boolean(before)
    const isIncluded = cursor?.isIncluded === true
    const from = cursor ? { bytes: Buffer.from(cursor.position, 'hex'), isIncluded } : null
    let ids: string[] = []
    let rows: unknown[] = []
    let more = false
    let firstMark: Mark | null = null
    let lastMark: Mark | null = null
    if (families.length === 1 || this.order.length === 0) {
      // One family after the other; a cursor knows in which it stands.
      const step = backwards ? -1 : 1
      for (let f = cursor?.family ?? (backwards ? families.length - 1 : 0); f >= 0 && f < families.length; f += step) {
        if (!mayHold(asked, families[f]!)) continue
        const left = limit < 0 ? -1 : limit - ids.length
        const here = cursor !== null && cursor.family === f
        const resume = { from: here ? from : null, forced: here ? cursor.chosen : 0 }
        const how = { family: families[f]!, output, limit: left, backwards, withKeys: false }
        const got = await fetchPortion(asked, { ...how, ...resume })
        ids = ids.length === 0 ? got.ids : ids.concat(got.ids)
        rows = rows.length === 0 ? got.rows : rows.concat(got.rows)
        if (got.ids.length > 0) {
          // An ordered position means the same in every plan; an unordered one belongs to its index.
          const chosen = this.order.length === 0 ? got.chosen : 0
          firstMark ??= { family: f, chosen, position: got.first }
          lastMark = { family: f, chosen, position: got.last }
        }
        more = got.more
        if (more) break
      }
    } else {
      const how = { output, limit, from, backwards, forced: 0, withKeys: true }
      const some = families.filter((family) => mayHold(asked, family))
      const all = await Promise.all(some.map((family) => fetchPortion(asked, { family, ...how })))
      const merged = all
        .flatMap((got) => got.ids.map((id, i) => ({ id, row: got.rows[i], key: got.keys[i]! })))
        .sort((a, b) => (backwards ? -1 : 1) * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      const page = limit < 0 ? merged : merged.slice(0, limit)
      ids = page.map(({ id }) => id)
      rows = page.map(({ row }) => row)
      more = merged.length > page.length || all.some((got) => got.more)
      if (page.length > 0) {
        firstMark = { family: 0, chosen: 0, position: page[0]!.key }
        lastMark = { family: 0, chosen: 0, position: page.at(-1)!.key }
      }
    }
    if (backwards) {
      ids.reverse()
      rows.reverse()
      ;[firstMark, lastMark] = [lastMark, firstMark]
    }
    // Where nothing is any more, the way back begins with the row that the cursor was made of.
    const back = cursor && { ...cursor, isIncluded: true }
    return {
      ids,
      rows,
      next: backwards || more ? (lastMark ?? (backwards ? back : null)) : null,
      previous: backwards ? (more ? firstMark : null) : cursor && (firstMark ?? back),
    }
  }
}

function readable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
