// One model opened on one client: what `db.User` is. Verbs, programs, bulk, queries and upkeep meet here; each is a thin call
// into the file that knows it.

import { UsageError, ValidationError } from '@ochre/protocol'
import { immediateRow } from './at.ts'
import { type BulkOptions, type BulkResult, runBulk } from './bulk.ts'
import { type Changes, type ChangesOptions, Feed } from './changes.ts'
import { type ClaimOwner, dropExpired, sweepClaims } from './claims.ts'
import type { Stored } from './codec.ts'
import type { CompiledProgram } from './compile.ts'
import { inRounds, nothingSeen, type Seen } from './documents.ts'
import { type Duration, durationMs } from './duration.ts'
import {
  argumentsOf,
  compilePrepared,
  type PreparedProgram,
  prepareProgram,
  resultOf,
  returnsBytes,
} from './execute.ts'
import type { Condition, Immediate, ProgramRow, QueryRow, Resolved } from './expressions.ts'
import { reach } from './extract.ts'
import { type AnyField, isCollectionKind } from './fields.ts'
import { conditionOn, type Filter, leftOpen, recordWhere, type Where } from './filter.ts'
import type { Documents } from './json-text.ts'
import { type KeyFamily, type KeySpace, keySpace } from './keys.ts'
import { keepLayouts } from './layouts.ts'
import { bindKeys, hasClaims, sharedRoles } from './maintain.ts'
import { completeIndexes, reindex, runUpkeep, type UpkeepOptions, type Verification } from './maintenance.ts'
import type { Fields, IdOf, Insert, Model, ModelSpec, Select, Update } from './model.ts'
import type { Expr } from './ops.ts'
import type { ProgramParameters } from './parameters.ts'
import { compositeId, idText, type PreparedRow, prepareInsert, prepareUpdate } from './prepare.ts'
import { rowHandle } from './program.ts'
import { type PutMode, sweepScript, touchScript } from './put.ts'
import { type FindOptions, Query } from './query.ts'
import { makeRecord, type RawRow, type RecordOwner, type Row, rawRow } from './record.ts'
import { Recorder } from './recorder.ts'
import type { Arg, ModelMetrics, Runner } from './redis.ts'
import { programRefusals, refusalOf } from './refusal.ts'
import type { IdSource } from './ulid.ts'
import { deleteRows, putRows } from './write.ts'

export interface WriteOptions {
  /** How long this row lives, instead of the model's rule; `'forever'` never expires. Needs a model with `ttl`. */
  readonly ttl?: Duration | 'forever'
}
export interface GuardedOptions extends WriteOptions {
  /** Rejects with a ConflictError unless the row has this version (see `versionOf`). */
  readonly ifVersion?: number
}

/** A program recorded once: call it with an id and parameters. */
export interface Program<F extends Fields, A, R> {
  (id: IdOf<F>, parameters: A): Promise<Resolved<R>>
  /** The script, its keys and its arguments for one call, without running it. */
  compile(id: IdOf<F>, parameters: A): { lua: string; sha: string; keys: string[]; args: Arg[] }
}

export class Store<F extends Fields> {
  readonly model: Model<F>
  readonly spec: ModelSpec
  readonly keys: KeySpace
  readonly runner: Runner
  readonly documents: Documents
  private readonly feed: Feed
  /** Who claims unique values, of a bucketed model. */
  readonly claims: ClaimOwner
  private readonly ids: IdSource
  private readonly binary: boolean
  private readonly owner: RecordOwner
  private readiness: Promise<ReadonlySet<string>> | null = null

  constructor(model: Model<F>, namespace: string, runner: Runner, ids: IdSource, documents: Documents) {
    this.model = model
    this.spec = model.spec
    this.keys = keySpace(model.spec, namespace)
    this.runner = runner
    this.documents = documents
    this.feed = new Feed(model.spec, this.keys.families, runner)
    this.ids = ids
    this.claims = { spec: model.spec, keys: this.keys, runner, tokens: ids }
    this.binary = model.spec.scalars.some((field) => field.kind === 'bytes')
    this.owner = {
      spec: model.spec,
      documents,
      keyOf: (id, field) =>
        field && isCollectionKind(field.kind) ? this.keys.of(id).collection(id, field.name) : this.keys.of(id).row(id),
      saveRecord: async (id, patch, version) => {
        const row = await prepareUpdate(this.spec, id, patch)
        return { version: (await this.put('update', row, version, '')).version, set: row.set }
      },
      deleteRecord: (id, version) => this.remove(id, version),
      reloadRecord: (id) => this.fetch(id),
      runOnRecord: (id, callback) => this.runWithRow(id, callback),
      latest: null,
    }
    const row = rowHandle(new Recorder(model.spec, true)) as { readonly id: object }
    keepLayouts(this, [new Query(this, {}), row, row.id, runner.client.pipeline()])
  }

  // Reading

  /** The row, or null. */
  get(id: IdOf<F>): Promise<Row<F> | null> {
    return settled(() => {
      const text = idText(this.spec, id)
      return this.fetch(text).then((raw) => raw && this.record(text, raw))
    })
  }

  /** Rows in the order of the ids; null where there is none. One trip per thousand. */
  async getMany(ids: readonly IdOf<F>[]): Promise<(Row<F> | null)[]> {
    const rows: (Row<F> | null)[] = []
    for (let at = 0; at < ids.length; at += 1000)
      rows.push(...(await Promise.all(ids.slice(at, at + 1000).map((id) => this.get(id)))))
    return rows
  }

  async exists(id: IdOf<F>): Promise<boolean> {
    const text = idText(this.spec, id)
    return (await this.runner.command('exists', ['EXISTS', this.keys.of(text).row(text)])) === 1
  }

  /** Values at paths such as `'score'`, `'profile.tags[0]'`, `'settings.level'`, `'tags[-1]'`, `'ranks.ada'`; null where there is none. */
  extract(id: IdOf<F>, paths: readonly string[]): Promise<unknown[]> {
    return this.run(
      'extract',
      idText(this.spec, id),
      prepareProgram(this.spec, (row) => paths.map((path) => reach(row, path))),
    ) as Promise<unknown[]>
  }

  /** The id of a composite key's values. */
  idFor(values: Partial<Select<F>>): IdOf<F> {
    if (!this.spec.id.parts) throw new UsageError(`${this.spec.name} has no composite key`)
    return compositeId(this.spec, values) as IdOf<F>
  }

  // Writing whole values

  /** Rejects with AlreadyExistsError or UniqueError. */
  async create(data: Insert<F>, options: WriteOptions = {}): Promise<Row<F>> {
    const prepared = await prepareInsert(this.spec, data, 'create', this.ids)
    const { version } = await this.put('create', prepared, '', this.ttlText(options))
    return this.record(prepared.id, rawRow(['_v', version, ...prepared.set.flat()])!)
  }

  /** Creates the row, or writes the given fields of the one that exists. */
  async upsert(data: Insert<F>, options: WriteOptions = {}): Promise<Row<F>> {
    const prepared = await prepareInsert(this.spec, data, 'upsert', this.ids)
    return this.putAndRead('upsert', prepared, '', options)
  }

  /** Writes the given fields; `undefined` unsets an optional one. Rejects with NotFoundError. */
  async update(id: IdOf<F>, patch: Update<F>, options: GuardedOptions = {}): Promise<Row<F>> {
    const prepared = await prepareUpdate(this.spec, idText(this.spec, id), patch)
    return this.putAndRead('update', prepared, versionText(options), options)
  }

  /** Writes the whole row over the one that exists; collections that are not given keep their contents. */
  async replace(data: Insert<F>, options: GuardedOptions = {}): Promise<Row<F>> {
    const prepared = await prepareInsert(this.spec, data, 'replace', this.ids)
    return this.putAndRead('replace', prepared, versionText(options), options)
  }

  /** Deletes the row with its collections and index entries. False when there was none. */
  async delete(id: IdOf<F>, options: { ifVersion?: number } = {}): Promise<boolean> {
    return this.remove(idText(this.spec, id), versionText(options))
  }

  // Queries

  /** Rows that match: await it, or call first(), count(), ids(), select(), stream(), explain(). */
  find(filter?: Filter<F> | FindOptions<F>): Query<F, Row<F>>
  find(where: (row: QueryRow<F>) => Condition): Query<F, Row<F>>
  find(given: unknown = {}): Query<F, Row<F>> {
    return new Query<F, Row<F>>(this, this.findOptions(given))
  }

  /** Runs the program on every row that matches, row by row; a row that no longer matches by then is left alone. */
  async updateWhere(
    where: Where<F> | MatchOptions<F>,
    program: (row: ProgramRow<F>) => void,
  ): Promise<{ updated: number }> {
    const options = this.matchOptions(where)
    const ids = await new Query<F, Row<F>>(this, options).ids()
    let guard: Expr | null = null
    const prepared = prepareProgram(this.spec, (row, _parameters, recorder) => {
      if (options.where !== undefined) guard = conditionOn(row, recorder, options.where)?.node ?? null
      program(row as ProgramRow<F>)
    })
    let updated = 0
    const texts = ids.map(String)
    for (let at = 0; at < texts.length; at += 256) {
      const results = await Promise.all(
        texts.slice(at, at + 256).map((id) => this.run('updateWhere', id, prepared, undefined, guard ?? EVERY)),
      )
      updated += results.filter((result) => result !== SKIPPED).length
    }
    return { updated }
  }

  /** Deletes every row that matches; a row that no longer matches by then is left alone. */
  async deleteWhere(where: Where<F> | MatchOptions<F>): Promise<{ deleted: number }> {
    const options = this.matchOptions(where)
    const condition = recordWhere(this.spec, options.where)
    const batches = new Map<KeyFamily, (readonly [string, string])[]>()
    for (const id of await new Query<F, Row<F>>(this, options).ids()) {
      const family = this.keys.of(String(id))
      const rows = batches.get(family) ?? []
      rows.push([String(id), ''])
      batches.set(family, rows)
    }
    let deleted = 0
    for (const [family, rows] of batches)
      for (let at = 0; at < rows.length; at += 500)
        for (const reply of await deleteRows(this, family, rows.slice(at, at + 500), condition))
          if (!Array.isArray(reply)) deleted += Number(reply)
    return { deleted }
  }

  // Programs

  /** Operations on one row, each run at once: `at(id).score.add(10)`. */
  at(id: IdOf<F>): { readonly [P in keyof F]: Immediate<ProgramRow<F>[P]> } {
    const text = idText(this.spec, id)
    const run = (program: PreparedProgram, args?: readonly Stored[]): Promise<unknown> =>
      this.run('at', text, program, args)
    return immediateRow(this.spec, run) as { readonly [P in keyof F]: Immediate<ProgramRow<F>[P]> }
  }

  /** Records the callback, runs it on the server in one script: all of it or nothing. */
  atomic<R>(id: IdOf<F>, program: (row: ProgramRow<F>) => R): Promise<Resolved<R>> {
    return settled(() => {
      const prepared = prepareProgram(this.spec, program as (row: object) => unknown)
      return this.run('atomic', idText(this.spec, id), prepared)
    }) as Promise<Resolved<R>>
  }

  /** A program with parameters, recorded and compiled once. */
  program<const P extends Readonly<Record<string, AnyField>>, R>(
    parameters: P,
    body: (row: ProgramRow<F>, parameters: ProgramParameters<P>['operands']) => R,
  ): Program<F, ProgramParameters<P>['values'], R> {
    const specs = Object.fromEntries(Object.entries(parameters).map(([name, field]) => [name, field.spec]))
    const prepared = prepareProgram(this.spec, body as (row: object, parameters: object) => unknown, specs)
    const compiled = compilePrepared(prepared)
    const call = (id: IdOf<F>, values: Readonly<Record<string, unknown>>): Promise<unknown> =>
      settled(() => {
        const text = idText(this.spec, id)
        const args = argumentsOf(prepared, values)
        const run = (ready: Stored[]) => this.run('program', text, prepared, ready)
        return args instanceof Promise ? args.then(run) : run(args)
      })
    const compile = (id: IdOf<F>, values: Readonly<Record<string, unknown>>) => {
      const text = idText(this.spec, id)
      const keys = bindKeys(compiled.roles, this.keys.of(text), text)
      const args = argumentsOf(prepared, values)
      if (args instanceof Promise) throw new UsageError('Parameters with an asynchronous schema cannot be shown')
      return { lua: compiled.lua, sha: compiled.sha, keys, args: [text, ...nothingSeen(compiled.edited), ...args] }
    }
    return Object.assign(call, { compile }) as unknown as Program<F, ProgramParameters<P>['values'], R>
  }

  // Many rows

  /** Creates rows in batches of about 64 KB. A refused row is reported and does not hold up the others. */
  createMany(
    rows: Iterable<Insert<F>> | AsyncIterable<Insert<F>>,
    options: BulkOptions & WriteOptions = {},
  ): Promise<BulkResult> {
    const ttl = this.ttlText(options)
    return runBulk(rows, options, {
      prepare: (row) => prepareInsert(this.spec, row, 'create', this.ids),
      familyOf: (row) => this.keys.of(row.id),
      send: (family, batch) =>
        putRows(this, family, batch, { mode: 'create', version: '', ttl, operation: 'createMany' }),
      failure: (row, reply) => this.failure(row.id, reply),
    })
  }

  /** Updates rows, each given as `{ id, ...patch }`. */
  updateMany(
    rows: Iterable<{ id: IdOf<F> } & Update<F>> | AsyncIterable<{ id: IdOf<F> } & Update<F>>,
    options: BulkOptions = {},
  ): Promise<BulkResult> {
    return runBulk(rows, options, {
      prepare: (row) => prepareUpdate(this.spec, idText(this.spec, row.id), row),
      familyOf: (row) => this.keys.of(row.id),
      send: (family, batch) =>
        putRows(this, family, batch, { mode: 'update', version: '', ttl: '', operation: 'updateMany' }),
      failure: (row, reply) => this.failure(row.id, reply),
    })
  }

  /** Deletes rows; ids without a row are not counted in `done`. */
  deleteMany(ids: Iterable<IdOf<F>> | AsyncIterable<IdOf<F>>, options: BulkOptions = {}): Promise<BulkResult> {
    return runBulk(ids, options, {
      prepare: (id) => ({ id: idText(this.spec, id) }),
      familyOf: (row) => this.keys.of(row.id),
      send: (family, batch) =>
        deleteRows(
          this,
          family,
          batch.map((row) => [row.id, '']),
        ),
      failure: (row, reply) => this.failure(row.id, reply),
    })
  }

  // Changes

  /**
   * The changes of all rows, in the order of each row, without end: `for await (const change of db.User.changes()) ...`. Needs a
   * model with a `feed`.
   */
  changes(options: ChangesOptions = {}): Changes<F> {
    return this.feed.changes<F>(options)
  }

  // Expiry

  /** Gives the row a new time to live from now. Rejects with NotFoundError. */
  async expire(id: IdOf<F>, ttl: Duration | 'forever'): Promise<void> {
    const nothing = await prepareUpdate(this.spec, idText(this.spec, id), {})
    await this.put('update', nothing, '', this.ttlText({ ttl }))
  }

  /** Lets the row live for ever. Rejects with NotFoundError. */
  persist(id: IdOf<F>): Promise<void> {
    return this.expire(id, 'forever')
  }

  /** When the row expires; null when it does not, or is not there (any more). */
  async expiresAt(id: IdOf<F>): Promise<Date | null> {
    const text = idText(this.spec, id)
    const family = this.keys.of(text)
    const [score, there] = await Promise.all([
      this.runner.command('expiresAt', ['ZSCORE', family.exp, text]),
      this.runner.command('expiresAt', ['EXISTS', family.row(text)]),
    ])
    return score === null || there !== 1 ? null : new Date(Number(score))
  }

  /** Removes what expired rows left in indexes. Also done in the background by `open`. Gives how many rows. */
  async sweep(): Promise<number> {
    const claiming = hasClaims(this.spec)
    if (claiming) await sweepClaims(this.claims)
    if (!this.spec.ttl) return 0
    let total = 0
    for (const family of this.keys.families) {
      let swept: number
      do {
        const args: Arg[] = claiming ? [500, await dropExpired(this.claims, family, 500)] : [500]
        swept = Number(await this.runner.script('sweep', sweepScript(this.spec), this.shared(family), args))
        total += swept
      } while (swept === 500)
    }
    return total
  }

  // Upkeep

  /** Compares every row with its index entries, and every entry with its row. Safe while others write. */
  verify(options: UpkeepOptions = {}): Promise<Verification> {
    return runUpkeep(this, false, options)
  }

  /** Like `verify`, and corrects what it finds: rows are the truth. */
  repair(options: UpkeepOptions = {}): Promise<Verification> {
    return runUpkeep(this, true, options)
  }

  /**
   * Builds indexes that were added or changed while rows existed, and drops those that the model no longer has. Online: deploy
   * the writers first, then run this once. Queries leave an index alone until it is complete.
   */
  reindex(options: UpkeepOptions = {}): Promise<Verification> {
    return reindex(this, options)
  }

  /** Roles of the indexes that queries may use. Asked of the server until all are complete. */
  async readyIndexes(): Promise<ReadonlySet<string>> {
    this.readiness ??= this.askReadiness()
    try {
      return await this.readiness
    } catch (error) {
      this.readiness = null
      throw error
    }
  }

  /** Ends what reads without end. */
  close(): void {
    this.feed.close()
  }

  forgetReadiness(): void {
    this.readiness = null
  }

  private async askReadiness(): Promise<ReadonlySet<string>> {
    const families = await Promise.all(this.keys.families.map((family) => completeIndexes(this, family)))
    const ready = new Set([...families[0]!.roles].filter((role) => families.every(({ roles }) => roles.has(role))))
    // An empty family's indexes are complete now; who creates its first row decides which it will have.
    const settled = families.every(({ empty }) => !empty)
    if (!settled || ready.size < this.spec.indexes.length + this.spec.uniques.length) this.readiness = null
    return ready
  }

  metrics(): ModelMetrics {
    return this.runner.metrics()
  }

  // Inside, used by queries too

  record(id: string, raw: RawRow): Row<F> {
    return makeRecord(this.owner, id, raw) as Row<F>
  }

  /** Names of the keys that all writing scripts share. */
  shared(family: KeyFamily): string[] {
    return bindKeys(sharedRoles(this.spec), family, '')
  }

  get readsBytes(): boolean {
    return this.binary
  }

  private failure(id: string, reply: unknown): Error | null {
    return refusalOf(this.runner, this.owner, id, reply)
  }

  /** Runs a prepared program on a row. With a guard, SKIPPED means that the row did not satisfy it or is gone. */
  run(
    operation: string,
    id: string,
    program: PreparedProgram,
    args: readonly Stored[] = program.recording.args as readonly Stored[],
    guard: Expr | null = null,
  ): Promise<unknown> {
    const { recording } = program
    if (recording.pending.length > 0)
      return Promise.all(recording.pending).then(() => this.send(operation, id, program, args, guard))
    return this.send(operation, id, program, args, guard)
  }

  private send(
    operation: string,
    id: string,
    program: PreparedProgram,
    args: readonly Stored[],
    guard: Expr | null,
  ): Promise<unknown> {
    const { recording } = program
    const compiled = compilePrepared(program, guard ? { guard } : undefined)
    const binary = returnsBytes(this.spec, recording.nodes)
    return this.exchange(operation, id, compiled, args, binary).then((entries) => {
      if (Number(entries[0]) === 0) return resultOf(recording, entries, this.owner, id)
      if (guard && ['SKIP', 'MISSING'].includes(String(entries[1]))) return SKIPPED
      throw this.failure(id, entries)!
    })
  }

  private async runWithRow(id: string, callback: (row: object) => unknown): Promise<{ value: unknown; raw: RawRow }> {
    const program = prepareProgram(this.spec, callback)
    const { recording } = program
    if (recording.pending.length > 0) await Promise.all(recording.pending)
    const compiled = compilePrepared(program, { withRow: true })
    const binary = this.binary || returnsBytes(this.spec, recording.nodes)
    const reply = await this.exchange('atomic', id, compiled, recording.args as Stored[], binary)
    if (Number(reply[0]) !== 0) throw this.failure(id, reply)!
    return { value: resultOf(recording, reply, this.owner, id), raw: rawRow(reply.at(-1))! }
  }

  private exchange(
    operation: string,
    id: string,
    compiled: CompiledProgram,
    args: readonly Stored[],
    binary: boolean,
  ): Promise<unknown[]> {
    const keys = bindKeys(compiled.roles, this.keys.of(id), id)
    const run = (seen: Seen): Promise<unknown> =>
      this.runner.script(operation, compiled, keys, [id, ...seen, ...args], binary, null, programRefusals)
    const { edited } = compiled
    return (edited.length === 0 ? run([]) : inRounds(this.owner, this.runner, id, edited, run)) as Promise<unknown[]>
  }

  private fetch(id: string): Promise<RawRow | null> {
    const family = this.keys.of(id)
    if (this.spec.ttl?.onRead) {
      const keys = [...this.shared(family), ...this.rowKeys(family, id)]
      const reply = this.runner.script('get', touchScript(this.spec), keys, [id], this.binary)
      return reply.then((rows) => rawRow((rows as unknown[])[0]))
    }
    return this.runner.command('get', ['HGETALL', family.row(id)], this.binary).then(rawRow)
  }

  /** Options, a filter object or a callback. An object is options when it has one of their names that is no field. */
  private findOptions(given: unknown): FindOptions<F> {
    if (typeof given === 'function') return { where: given as Where<F> }
    const names = ['where', 'orderBy', 'limit', 'after', 'before', 'allowScan']
    const isOptions = names.some((name) => Object.hasOwn(given as object, name) && !this.spec.byProperty.has(name))
    if (isOptions) return given as FindOptions<F>
    return Object.keys(given as object).length === 0 ? {} : { where: given as Filter<F> }
  }

  private matchOptions(given: unknown): MatchOptions<F> {
    const options = this.findOptions(given)
    for (const name of ['orderBy', 'limit', 'after', 'before'] as const)
      if (options[name] !== undefined)
        throw new UsageError(`${name} has no meaning here: every row that matches is changed`)
    const open = typeof options.where === 'function' ? null : leftOpen(options.where)
    if (open !== null)
      throw new UsageError(`${open} is undefined, which would match every row: give it a value, or leave it out`)
    return options
  }

  /** Names of a row's own keys. */
  rowKeys(family: KeyFamily, id: string): string[] {
    return [family.row(id), ...this.spec.collections.map((field) => family.collection(id, field.name))]
  }

  private ttlText({ ttl }: WriteOptions): string {
    if (ttl === undefined) return ''
    if (!this.spec.ttl) throw new UsageError(`${this.spec.name} does not expire: give its model a ttl, or ttl: 'row'`)
    return ttl === 'forever' ? '0' : String(durationMs(ttl))
  }

  private async put(mode: PutMode, row: PreparedRow, version: string, ttl: string, withRow = false): Promise<PutReply> {
    const [reply] = await putRows(this, this.keys.of(row.id), [row], { mode, version, ttl, operation: mode, withRow })
    const failure = this.failure(row.id, reply)
    if (failure) throw failure
    // A row that was created has its first version.
    const [, written, raw] = Array.isArray(reply) ? (reply as unknown[]) : [0, 1]
    return { version: String(written), raw: withRow ? rawRow(raw) : null }
  }

  private async putAndRead(mode: PutMode, row: PreparedRow, version: string, options: WriteOptions): Promise<Row<F>> {
    const { raw } = await this.put(mode, row, version, this.ttlText(options), true)
    return this.record(row.id, raw!)
  }

  private async remove(id: string, version: string): Promise<boolean> {
    const [reply] = await deleteRows(this, this.keys.of(id), [[id, version]])
    const failure = this.failure(id, reply)
    if (failure) throw failure
    return Number(reply) === 1
  }
}

/** Which rows `updateWhere` and `deleteWhere` change. */
export type MatchOptions<F extends Fields> = Pick<FindOptions<F>, 'where' | 'allowScan'>

interface PutReply {
  readonly version: string
  readonly raw: RawRow | null
}

/** A guard that every row passes: a row that is gone is skipped, not an error. */
const EVERY: Expr = { k: 'not', type: 'boolean', a: { k: 'null', type: 'boolean' } }

/** What a guarded run gives when the row did not pass. */
export const SKIPPED: unique symbol = Symbol('skipped')

function versionText({ ifVersion }: { ifVersion?: number }): string {
  if (ifVersion === undefined) return ''
  if (!Number.isSafeInteger(ifVersion) || ifVersion < 1) throw new UsageError('A version is a positive integer')
  return String(ifVersion)
}

/** Bad values reject, as in the other verbs; wrong calls throw at once. */
function settled<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start()
  } catch (error) {
    if (error instanceof ValidationError) return Promise.reject(error)
    throw error
  }
}
