// Many rows in few trips: rows are prepared, gathered into batches of about 64 KB, and several batches are on their way at once.

import type { Stored } from './codec.ts'
import type { KeyFamily } from './keys.ts'

export interface BulkOptions {
  /** Called after each batch. */
  readonly onProgress?: (progress: { readonly done: number; readonly failed: number }) => void
  /** Batches on their way at once; 4 by default. */
  readonly concurrency?: number
}

export interface BulkFailure {
  /** Position in the input, from 0. */
  readonly index: number
  readonly error: Error
}

export interface BulkResult {
  readonly done: number
  readonly failures: readonly BulkFailure[]
}

export interface BulkWork<I, P> {
  /** Checks one input; may throw, which counts as that row's failure. */
  prepare(input: I): P | Promise<P>
  familyOf(row: P): KeyFamily
  /** Runs one batch and gives one reply per row. */
  send(family: KeyFamily, rows: readonly P[]): Promise<unknown[]>
  failure(row: P, reply: unknown): Error | null
}

const BATCH_BYTES = 64 * 1024
const BATCH_ROWS = 500

interface Batch<P> {
  readonly family: KeyFamily
  readonly rows: P[]
  readonly positions: number[]
  bytes: number
}

/**
 * Rejects only when a batch as a whole fails (the connection, a script error) or the inputs do; refused rows are in the result. No
 * batch is on its way any more then.
 */
export async function runBulk<I, P>(
  inputs: Iterable<I> | AsyncIterable<I>,
  options: BulkOptions,
  work: BulkWork<I, P>,
): Promise<BulkResult> {
  const failures: BulkFailure[] = []
  const open = new Map<KeyFamily, Batch<P>>()
  const flying = new Set<Promise<void>>()
  const broken: unknown[] = []
  const limit = options.concurrency ?? 4
  let done = 0
  let index = 0

  const launch = (batch: Batch<P>): void => {
    open.delete(batch.family)
    const flight = work
      .send(batch.family, batch.rows)
      .then((replies) => {
        batch.rows.forEach((row, i) => {
          const error = work.failure(row, replies[i])
          if (error) failures.push({ index: batch.positions[i]!, error })
          else if (replies[i] !== 0) done++
        })
        options.onProgress?.({ done, failed: failures.length })
      })
      .catch((error: unknown) => {
        broken.push(error)
      })
      .finally(() => flying.delete(flight))
    flying.add(flight)
  }

  try {
    for await (const input of inputs) {
      if (broken.length > 0) break
      const position = index++
      let row: P
      try {
        const prepared = work.prepare(input)
        row = prepared instanceof Promise ? await prepared : prepared
      } catch (error) {
        failures.push({ index: position, error: error as Error })
        continue
      }
      const family = work.familyOf(row)
      let batch = open.get(family)
      if (!batch) {
        batch = { family, rows: [], positions: [], bytes: 0 }
        open.set(family, batch)
      }
      batch.rows.push(row)
      batch.positions.push(position)
      batch.bytes += sizeOf(row)
      if (batch.bytes >= BATCH_BYTES || batch.rows.length >= BATCH_ROWS) {
        launch(batch)
        if (flying.size >= limit) await Promise.race(flying)
      }
    }
    for (const batch of open.values()) {
      if (broken.length > 0) break
      launch(batch)
      if (flying.size >= limit) await Promise.race(flying)
    }
  } finally {
    await Promise.all(flying)
  }
  if (broken.length > 0) throw broken[0]
  failures.sort((a, b) => a.index - b.index)
  return { done, failures }
}

function sizeOf(row: unknown): number {
  const { set, contents } = row as {
    set?: readonly [string, Stored][]
    contents?: readonly [number, string, Stored[]][]
  }
  let bytes = 64
  for (const [name, text] of set ?? []) bytes += name.length + text.length + 16
  for (const [, , items] of contents ?? []) for (const item of items) bytes += item.length + 16
  return bytes
}
