// Records written as rows of a model, through its checks, in batches.

import { AlreadyExistsError, NotFoundError, type WriteOptions } from '@ochre/model'
import { ConnectionError, OchreError, ReplyError } from '@ochre/protocol'
import { type ReadRow, readRow, withEmptyCollections } from './model-rows.ts'
import type { Refusals } from './refusals.ts'
import type { Format, Numbered } from './rows.ts'
import type { AnyStore } from './stores.ts'

/** What becomes of a row that is there already. */
export const EXISTING = ['fail', 'skip', 'replace'] as const
export type Existing = (typeof EXISTING)[number]

interface Candidate extends ReadRow {
  readonly line: number
}

export class ModelWriter {
  readonly #store: AnyStore
  readonly #format: Format
  readonly #existing: Existing
  readonly #now: () => number
  /** Created. */
  done = 0
  replaced = 0
  /** Were there already. */
  skipped = 0
  /** Had expired before they were read. */
  expired = 0

  constructor(store: AnyStore, format: Format, existing: Existing, now: () => number = Date.now) {
    this.#store = store
    this.#format = format
    this.#existing = existing
    this.#now = now
  }

  /** Writes records in one go. Those that the model refuses are told; rejects when the server takes none. */
  async write(records: readonly Numbered[], refusals: Refusals): Promise<void> {
    const byRule: Candidate[] = []
    const forever: Candidate[] = []
    const dated: Candidate[] = []
    for (const { line, row } of records) {
      const read = attempt(() => readRow(this.#store.spec, row, this.#format))
      if (read instanceof Error) refusals.add(line, read.message)
      else if (read.expiresAt instanceof Date && read.expiresAt.getTime() <= this.#now()) this.expired++
      else (read.expiresAt === undefined ? byRule : read.expiresAt === null ? forever : dated).push({ line, ...read })
    }
    const there: Candidate[] = []
    const failed = (row: Candidate, error: Error): void => {
      if (error instanceof AlreadyExistsError && this.#existing !== 'fail') there.push(row)
      else refusals.add(row.line, messageOf(error))
    }
    await this.#createMany(byRule, {}, failed)
    await this.#createMany(forever, { ttl: 'forever' }, failed)
    // Each has a time of its own to live.
    const created = await Promise.allSettled(dated.map((row) => this.#store.create(row.data, this.#options(row))))
    for (const [i, outcome] of created.entries())
      if (outcome.status === 'fulfilled') this.done++
      else failed(dated[i]!, outcome.reason)
    if (this.#existing === 'skip') this.skipped += there.length
    else await this.#replaceAll(there, refusals)
  }

  async #createMany(
    rows: readonly Candidate[],
    options: WriteOptions,
    failed: (row: Candidate, error: Error) => void,
  ): Promise<void> {
    if (rows.length === 0) return
    const { done, failures } = await this.#store.createMany(
      rows.map(({ data }) => data),
      options,
    )
    this.done += done
    for (const { index, error } of failures) failed(rows[index]!, error)
  }

  async #replaceAll(rows: readonly Candidate[], refusals: Refusals): Promise<void> {
    // Rows of one id in the order of their lines.
    const turns = new Map<string, Promise<void>>()
    for (const row of rows) {
      const id = String(row.data.id)
      const turn = (turns.get(id) ?? Promise.resolve()).then(() => this.#replace(row, refusals))
      turn.catch(() => undefined)
      turns.set(id, turn)
    }
    await Promise.all(turns.values())
  }

  async #replace(row: Candidate, refusals: Refusals): Promise<void> {
    const store = this.#store
    const options = this.#options(row)
    try {
      await store.replace(withEmptyCollections(store.spec, row.data), options).catch((error: unknown) => {
        // It has gone meanwhile.
        if (error instanceof NotFoundError) return store.create(row.data, options)
        throw error
      })
      this.replaced++
    } catch (error) {
      refusals.add(row.line, messageOf(error as Error))
    }
  }

  #options({ expiresAt }: ReadRow): WriteOptions {
    if (expiresAt === undefined) return {}
    return { ttl: expiresAt === null ? 'forever' : Math.max(1, expiresAt.getTime() - this.#now()) }
  }
}

function attempt<T>(work: () => T): T | OchreError {
  try {
    return work()
  } catch (error) {
    if (error instanceof OchreError) return error
    throw error
  }
}

/** Why the model refuses a row. What says nothing about this row is thrown: the server is away or takes no writes. */
function messageOf(error: Error): string {
  if (!(error instanceof OchreError) || error instanceof ConnectionError || error instanceof ReplyError) throw error
  return `${error.message}.`
}
