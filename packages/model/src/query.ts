// A query of one model: what it asks, and the ways to run it. Nothing is sent before one of them is called or it is awaited.

import { createHash } from 'node:crypto'
import { UsageError } from '@ochre/protocol'
import type { Stored } from './codec.ts'
import { decodeField, Undecodable } from './codec.ts'
import { compileQuery, type QueryOutput, queryArguments } from './compile-query.ts'
import { CorruptRowError, UnindexedQueryError } from './errors.ts'
import { type OrderBy, orderColumns, type RecordedWhere, recordWhere, type Where } from './filter.ts'
import type { KeyFamily } from './keys.ts'
import type { Fields, IdOf, Select } from './model.ts'
import { type Candidate, type OrderColumn, planCandidates } from './plan.ts'
import { type Row, rawRow, versionOf } from './record.ts'
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

interface Item {
  readonly id: string
  readonly row: unknown
  readonly key: string
}
interface Fetched {
  readonly items: readonly Item[]
  readonly more: boolean
  readonly first: string
  readonly last: string
  readonly chosen: number
}

/** Rows of an unlimited query per trip. */
const STREAM_ROWS = 500

export class Query<F extends Fields, R> implements PromiseLike<Page<R>> {
  private readonly store: Store<F>
  private readonly options: FindOptions<F>
  private readonly projection: readonly string[] | null
  private readonly where: RecordedWhere
  private readonly order: readonly OrderColumn[]
  /** Every plan; those whose indexes are complete once the query runs. */
  private candidates: readonly Candidate[]
  /** The plans that the server chooses from: one that expresses the whole condition, in order, is not beaten. */
  private contenders: readonly Candidate[] = []
  private building: readonly string[] = []

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
    this.candidates = planCandidates({
      spec: store.spec,
      where: this.where.node,
      args: this.where.args,
      order: this.order,
    })
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
    const { limit = -1 } = this.options
    let { items, next, previous } = await this.collect(this.projection ? 'fields' : 'versions', limit)
    let rows = this.projection ? items.map((item) => this.decode(item)) : await this.readRows(items)
    if (rows === null) {
      // A row changed in between: once more, with the rows read inside the script.
      ;({ items, next, previous } = await this.collect('rows', limit))
      rows = items.map((item) => this.decode(item))
    }
    Object.defineProperties(rows, {
      next: { value: next, enumerable: false },
      previous: { value: previous, enumerable: false },
    })
    return rows as Page<R>
  }

  /**
   * The rows of ids and versions, read by plain commands, which cost the server half of what a script does. Null when a row
   * is not what the script saw: the page would then hold a row that does not match.
   */
  private async readRows(items: readonly Item[]): Promise<R[] | null> {
    const { store } = this
    const rows: R[] = []
    for (let at = 0; at < items.length; at += STREAM_ROWS) {
      const portion = items.slice(at, at + STREAM_ROWS)
      const replies = await Promise.all(portion.map(({ id }) => store.readRow(id)))
      for (let i = 0; i < portion.length; i++) {
        const { id, row } = portion[i]!
        const raw = rawRow(replies[i])
        const record = raw && store.record(id, raw)
        if (!record || String(versionOf(record)) !== String(row)) return null
        rows.push(record as R)
      }
    }
    return rows
  }

  /** The first row, or null. */
  async first(): Promise<R | null> {
    const { items } = await this.collect(this.projection ? 'fields' : 'rows', 1)
    return items.length === 0 ? null : this.decode(items[0]!)
  }

  /** How many rows match; limit and cursors do not matter. O(log n) when an index expresses the whole condition. */
  async count(): Promise<number> {
    await this.prepare()
    const counts = await Promise.all(this.store.keys.families.map((family) => this.countIn(family)))
    return counts.reduce((a, b) => a + b, 0)
  }

  /** The ids of the page. */
  async ids(): Promise<IdOf<F>[]> {
    const { items } = await this.collect('ids', this.options.limit ?? -1)
    return items.map((item) => this.idOf(item.id))
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

  /** All rows, a portion at a time. */
  async *stream(): AsyncGenerator<R, void, undefined> {
    let cursor = this.options.after ?? null
    do {
      const page = await new Query<F, R>(
        this.store,
        { ...this.options, limit: STREAM_ROWS, after: cursor },
        this.projection,
      )
      yield* page
      cursor = page.next
    } while (cursor !== null)
  }

  /** What the server would do, without doing it. */
  async explain(): Promise<Explanation> {
    await this.prepare()
    const family = this.store.keys.families[0]!
    const reply = await this.send(family, 'explain', 0, this.options.limit ?? -1, null, false, false)
    const sizes = (reply[2] as unknown[]).map(Number)
    const chosen = this.contenders.length === 1 ? this.contenders[0]! : this.candidates[Number(reply[1]) - 1]!
    const keysOf = (candidate: Candidate) => [...new Set(candidate.ranges.map((range) => keyOf(family, range.role)))]
    return {
      plan: chosen.walks ? 'walk' : 'gather and sort',
      keys: keysOf(chosen),
      ranges: chosen.ranges.map(({ role, members, min, max }) => ({
        key: keyOf(family, role),
        min: min ? readable(min) : '-',
        max: members === 'tuple' ? '=' : max ? readable(max) : '+',
      })),
      covers: chosen.covers,
      tested: !chosen.exact,
      entries: sizes[this.candidates.indexOf(chosen)]!,
      alternatives: this.candidates
        .map((candidate, i) => ({ keys: keysOf(candidate), entries: sizes[i]! }))
        .filter((_, i) => this.candidates[i] !== chosen),
    }
  }

  // Inside

  /** All matching ids with the versions of their rows, for deletes. */
  async versions(): Promise<{ id: string; version: string }[]> {
    const { items } = await this.collect('versions', -1)
    return items.map(({ id, row }) => ({ id, version: String(row) }))
  }

  /** Leaves out indexes that are not complete, and refuses a query that then walks everything. */
  private async prepare(): Promise<void> {
    const ready = await this.store.readyIndexes()
    const roles = new Set(this.candidates.flatMap((candidate) => candidate.ranges.map((range) => range.role)))
    this.building = [...roles].filter((role) => role !== 'ids' && !ready.has(role))
    if (this.building.length > 0)
      this.candidates = this.candidates.filter((candidate) =>
        candidate.ranges.every(({ role }) => !this.building.includes(role)),
      )
    const exact = this.candidates.find(({ exact, scan, walks }) => exact && walks && !scan)
    this.contenders = exact ? [exact] : this.candidates
    this.refuseScan()
  }

  private refuseScan(): void {
    if (this.options.allowScan || this.candidates.some((candidate) => !candidate.scan)) return
    const fields = this.order.map(({ field }) => field.property)
    if (this.building.length > 0)
      throw new UnindexedQueryError(
        `The index ${this.building.map((role) => role.slice(2)).join(', ')} of ${this.store.spec.name} is not complete: run reindex()`,
      )
    throw new UnindexedQueryError(
      this.where.node
        ? `No index of ${this.store.spec.name} narrows this query${fields.length > 0 ? ` or gives the order by ${fields.join(', ')}` : ''}: add one, or say allowScan`
        : `No index of ${this.store.spec.name} gives the order by ${fields.join(', ')}: add one, or say allowScan`,
    )
  }

  private async collect(
    output: QueryOutput,
    limit: number,
  ): Promise<{ items: readonly Item[]; next: string | null; previous: string | null }> {
    await this.prepare()
    const cursor = this.readCursor()
    const backwards = Boolean(this.options.before)
    const { families } = this.store.keys
    const from = cursor ? Buffer.from(cursor.position, 'hex') : null
    let items: Item[]
    let more: boolean
    let firstMark: Mark | null = null
    let lastMark: Mark | null = null
    if (families.length === 1 || this.order.length === 0) {
      // One family after the other; a cursor knows in which it stands.
      items = []
      more = false
      const step = backwards ? -1 : 1
      for (let f = cursor?.family ?? (backwards ? families.length - 1 : 0); f >= 0 && f < families.length; f += step) {
        const left = limit < 0 ? -1 : limit - items.length
        const resume = cursor?.family === f
        const got = await this.fetch(
          families[f]!,
          output,
          left,
          resume ? from : null,
          backwards,
          resume ? cursor!.chosen : 0,
          false,
        )
        items.push(...got.items)
        if (got.items.length > 0) {
          firstMark ??= { family: f, chosen: got.chosen, position: got.first }
          lastMark = { family: f, chosen: got.chosen, position: got.last }
        }
        more = got.more
        if (more) break
      }
    } else {
      const all = await Promise.all(
        families.map((family) => this.fetch(family, output, limit, from, backwards, 0, true)),
      )
      const merged = all
        .flatMap((got) => got.items)
        .sort((a, b) => (backwards ? -1 : 1) * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      items = limit < 0 ? merged : merged.slice(0, limit)
      more = merged.length > items.length || all.some((got) => got.more)
      if (items.length > 0) {
        firstMark = { family: 0, chosen: 0, position: items[0]!.key }
        lastMark = { family: 0, chosen: 0, position: items.at(-1)!.key }
      }
    }
    if (backwards) {
      items.reverse()
      ;[firstMark, lastMark] = [lastMark, firstMark]
    }
    const empty = items.length === 0
    return {
      items,
      next: empty ? null : backwards || more ? this.writeCursor(lastMark!) : null,
      previous: empty ? null : (backwards ? more : cursor !== null) ? this.writeCursor(firstMark!) : null,
    }
  }

  /** Trips to one family until the limit is reached or nothing is left. */
  private async fetch(
    family: KeyFamily,
    output: QueryOutput,
    limit: number,
    from: Buffer | null,
    backwards: boolean,
    forced: number,
    withKeys: boolean,
  ): Promise<Fetched> {
    const items: Item[] = []
    let position = from
    let chosen = forced
    let first = ''
    let last = ''
    for (;;) {
      const left = limit < 0 ? -1 : limit - items.length
      const reply = await this.send(family, output, chosen, left, position, backwards, withKeys)
      chosen = Number(reply[1])
      const out = reply[9] as unknown[]
      const keys = (reply[10] ?? []) as unknown[]
      const width = output === 'ids' ? 1 : 2
      for (let i = 0; i < out.length; i += width)
        items.push({ id: String(out[i]), row: width === 2 ? out[i + 1] : null, key: String(keys[i / width] ?? '') })
      if (first === '') first = String(reply[5])
      if (String(reply[6]) !== '') last = String(reply[6])
      if (Number(reply[4]) !== 1) return { items, more: Number(reply[3]) === 1, first, last, chosen }
      position = Buffer.from(String(reply[7]), 'hex')
    }
  }

  private async countIn(family: KeyFamily): Promise<number> {
    for (let sweeps = 0; ; sweeps++) {
      let total = 0
      let position: Buffer | null = null
      let chosen = 0
      let swept = false
      do {
        const reply = await this.send(family, 'count', chosen, -1, position, false, false)
        if (Number(reply[0]) === 1) {
          // Rows have expired that indexes still count. Under a steady stream of them, count by walking.
          await this.store.sweep()
          swept = sweeps < 3
          if (!swept) return this.countByWalking(family)
          break
        }
        chosen = Number(reply[1])
        total += Number(reply[2])
        position = Number(reply[4]) === 1 ? Buffer.from(String(reply[7]), 'hex') : null
      } while (position !== null)
      if (!swept) return total
    }
  }

  private async countByWalking(family: KeyFamily): Promise<number> {
    return (await this.fetch(family, 'ids', -1, null, false, 0, false)).items.length
  }

  private async send(
    family: KeyFamily,
    output: QueryOutput,
    forced: number,
    limit: number,
    from: Buffer | null,
    backwards: boolean,
    withKeys: boolean,
  ): Promise<unknown[]> {
    const { store, where } = this
    const script = compileQuery(store.spec, { where: where.node, slots: where.args.length, order: this.order, output })
    const { keys, args } = queryArguments(store.spec, family, {
      candidates: output === 'explain' ? this.candidates : this.contenders,
      values: where.args as Stored[],
      limit,
      from,
      backwards,
      forced,
      withKeys,
      fields: this.fieldNames(),
    })
    const binary = output === 'rows' || output === 'fields' ? store.readsBytes : false
    try {
      const planOf = (reply: unknown): string => this.planText(family, output, reply as unknown[])
      return (await store.runner.script('find', script, keys, args, binary, planOf)) as unknown[]
    } catch (error) {
      if (error instanceof Error && 'reason' in error && error.reason === 'GATHER')
        throw new UnindexedQueryError(
          'The query would sort more than 100,000 rows: add an index that gives its order, or narrow it',
        )
      throw error
    }
  }

  /** The plan of a reply in words, for debug output. */
  private planText(family: KeyFamily, output: QueryOutput, reply: readonly unknown[]): string {
    const chosen = this.contenders[Number(reply[1]) - 1]
    if (Number(reply[0]) !== 0 || !chosen || output === 'explain') return output
    const keys = [...new Set(chosen.ranges.map((range) => keyOf(family, range.role)))].join(', ')
    const how = `${chosen.walks ? 'walk' : 'gather'} ${keys || 'nothing'}`
    return `${output}: ${how}, ${reply[2]} found, ${reply[8]} examined${chosen.exact ? '' : ', rows tested'}`
  }

  private fieldNames(): string[] {
    return (this.projection ?? []).map((property) => this.store.spec.byProperty.get(property)!.name)
  }

  private decode({ id, row }: Item): R {
    const { store } = this
    if (!this.projection) return store.record(id, rawRow(row)!) as Row<F> as R
    const values = row as (string | Buffer | null)[]
    const object: Record<string, unknown> = {}
    this.projection.forEach((property, i) => {
      if (property === 'id') {
        object.id = this.idOf(id)
        return
      }
      const field = store.spec.byProperty.get(property)!
      const text = values[i + 1]
      if (text === null || text === undefined) return
      const value = decodeField(field, text)
      if (value instanceof Undecodable)
        throw new CorruptRowError(store.spec.name, store.keys.of(id).row(id), property, value.problem)
      object[property] = value
    })
    return object as R
  }

  private idOf(id: string): IdOf<F> {
    const { kind } = this.store.spec.id
    return (kind === 'int' ? Number(id) : kind === 'bigint' ? BigInt(id) : id) as IdOf<F>
  }

  // Cursors

  /** What ties a cursor to its query: the same condition, values and order. */
  private fingerprint(): string {
    const hash = createHash('sha1')
    const plans = this.contenders.map((candidate) => candidate.ranges.map((range) => range.role))
    hash.update(JSON.stringify([this.where.node, this.order.map(({ field, desc }) => [field.name, desc]), plans]))
    for (const arg of this.where.args) hash.update('\0').update(arg ?? '')
    return hash.digest('base64url').slice(0, 8)
  }

  private writeCursor({ family, chosen, position }: Mark): string {
    // An ordered position means the same in every plan; an unordered one belongs to its index.
    const tied = this.order.length === 0 ? chosen : 0
    return Buffer.from(JSON.stringify([this.fingerprint(), family, tied, position])).toString('base64url')
  }

  private readCursor(): Cursor | null {
    const text = this.options.after ?? this.options.before
    if (!text) return null
    let parts: unknown
    try {
      parts = JSON.parse(Buffer.from(text, 'base64url').toString())
    } catch {
      parts = null
    }
    const [fingerprint, family, chosen, position] = Array.isArray(parts) ? (parts as unknown[]) : []
    const sound =
      typeof family === 'number' &&
      family < this.store.keys.families.length &&
      typeof chosen === 'number' &&
      chosen <= this.contenders.length &&
      typeof position === 'string' &&
      /^([0-9a-f]{2})+$/.test(position)
    if (!sound) throw new UsageError('This is not a cursor: give the next or previous of a page')
    if (fingerprint !== this.fingerprint())
      throw new UsageError('This cursor belongs to a query with another condition or order')
    return { family, chosen, position }
  }
}

interface Mark {
  readonly family: number
  readonly chosen: number
  readonly position: string
}
type Cursor = Mark

function keyOf(family: KeyFamily, role: string): string {
  if (role === 'ids') return family.ids
  return role[0] === 'x' ? family.index(role.slice(2)) : family.unique(role.slice(2))
}

function readable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
