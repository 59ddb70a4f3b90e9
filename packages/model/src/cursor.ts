// Cursors: opaque text for a position in the order of a query. They hold no values but those of the position itself.

import { createHash } from 'node:crypto'
import { UsageError } from '@ochre/protocol'
import type { RecordedWhere } from './filter.ts'
import type { Candidate, OrderColumn } from './plan.ts'

/** Where a row stands. */
export interface Mark {
  /** Which family of keys the row is in. */
  readonly family: number
  /** The candidate that gave the position, from 1; 0 when it means the same in all of them. */
  readonly chosen: number
  /** Bytes in hexadecimal. */
  readonly position: string
  /** Of the cursor of an empty page: the row that stands there is not on the page itself. */
  readonly isIncluded?: boolean
}

/** What ties a cursor to its query: the same condition, values and order, by the same indexes. */
export function fingerprintOf(
  where: RecordedWhere,
  order: readonly OrderColumn[],
  candidates: readonly Candidate[],
): string {
  const hash = createHash('sha1')
  // Which ids are known may change from page to page.
  const plans = candidates.map(({ ids, ranges }) => (ids ? 'ids' : ranges.map((range) => range.role)))
  hash.update(JSON.stringify([where.node, order.map(({ field, desc }) => [field.name, desc]), plans]))
  for (const arg of where.args) hash.update('\0').update(arg ?? '')
  return hash.digest('base64url').slice(0, 8)
}

export function writeCursor(fingerprint: string, { family, chosen, position, isIncluded }: Mark): string {
  const parts = [fingerprint, family, chosen, position, ...(isIncluded ? [1] : [])]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Throws UsageError for what is no cursor of this query. `families` and `candidates`: how many the query has. */
export function readCursor(text: string, fingerprint: string, families: number, candidates: number): Mark {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    parts = null
  }
  const [own, family, chosen, position, included] = Array.isArray(parts) ? (parts as unknown[]) : []
  const sound =
    isIndex(family, families - 1) &&
    isIndex(chosen, candidates) &&
    typeof position === 'string' &&
    /^([0-9a-f]{2})+$/.test(position)
  if (!sound) throw new UsageError('This is not a cursor: give the next or previous of a page')
  if (own !== fingerprint) throw new UsageError('This cursor belongs to a query with another condition or order')
  return { family, chosen, position, isIncluded: included === 1 }
}

function isIndex(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}
