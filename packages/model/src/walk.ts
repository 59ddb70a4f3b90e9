// A page of one range that expresses the whole condition, by plain commands: entries of the index, then their rows.
//
// This is what one would write by hand. Between the two trips a row may change: it belongs to the page when its columns are
// still those of its entry. When they are not, the walk gives up, and a script reads both in one moment.

import { decodeField, idFromText, Undecodable } from './codec.ts'
import type { KeyFamily } from './keys.ts'
import { bindKeys, tupleKindOf } from './maintain.ts'
import type { ModelSpec, StoredIndex } from './model.ts'
import { bounds, type Candidate, edgeOf, type From, type Range } from './plan.ts'
import type { RawRow } from './record.ts'
import type { Arg } from './redis.ts'
import { type RowSource, readRows } from './rows.ts'
import {
  encodeColumn,
  encodeIdSuffix,
  flip,
  idOfMember,
  idStart,
  skipColumn,
  type TupleValue,
  textOf,
} from './tuple.ts'

export interface Walk {
  readonly spec: ModelSpec
  readonly source: RowSource
  readonly family: KeyFamily
  readonly range: Range
  /** Most rows to give; -1 is all. */
  readonly limit: number
  /** The member to go on from, or null. */
  readonly from: From | null
  /** From the end of the range. */
  readonly backwards: boolean
  /** What is read of a row: all, these fields, or nothing, which gives ids alone. */
  readonly fields: 'all' | 'none' | readonly string[]
  /** What a row becomes. */
  decode(id: string, row: RawRow): unknown
}

/** Side by side: ids, what their rows became, and their members in the index. */
export interface Walked {
  readonly ids: string[]
  readonly rows: unknown[]
  readonly members: string[]
  readonly more: boolean
}

/** Entries per trip. */
const PORTION = 1000

/** The rows of the walk and whether more follow; null when a row changed after its entry had been read. */
export async function walkRange(walk: Walk): Promise<Walked | null> {
  const { spec, source, family, range, limit, backwards, fields } = walk
  const { index } = range
  const key = bindKeys([range.role], family, '')[0]!
  const names = fieldsBeside(spec, index, fields)
  const expires = spec.ttl !== null
  const ids: string[] = []
  const rows: unknown[] = []
  const members: string[] = []
  const end = (more: boolean): Walked => ({ ids, rows, members, more })
  let [low, high] = boundsOf(walk)
  // A row that moved on between two trips is not given twice.
  let seen: Set<string> | null = null
  for (;;) {
    const left = limit - ids.length
    const want = limit < 0 ? PORTION : Math.min(left + 1, PORTION)
    const found = await (backwards
      ? source.runner.binary('ZREVRANGEBYLEX', key, high, low, 'LIMIT', 0, want)
      : source.runner.binary('ZRANGEBYLEX', key, low, high, 'LIMIT', 0, want))
    // The one beyond the limit only shows that there is more, for which its row must be there.
    const beyond = limit >= 0 && found.length > left
    const read = beyond && !expires ? left : found.length
    const candidates: string[] = []
    for (let i = 0; i < read; i++) candidates.push(idOf(found[i]!, range))
    const raws = fields === 'none' ? null : await readRows(source, family, candidates, names)
    for (let i = 0; i < read; i++) {
      const id = candidates[i]!
      if (seen?.has(id)) continue
      if (raws !== null) {
        const raw = raws[i]!
        // It has expired, or somebody deleted it meanwhile.
        if (raw === null) continue
        if (ids.length === limit) return end(true)
        if (index !== null && !isEntryOf(spec, index, raw, id, found[i]!)) return null
        rows.push(walk.decode(id, raw))
      }
      ids.push(id)
      members.push(found[i]!)
    }
    if (ids.length === limit && beyond && !expires) return end(true)
    if (found.length < want) return end(false)
    seen = new Set(ids)
    const last = Buffer.from(`(${found[read - 1]}`, 'latin1')
    if (backwards) high = last
    else low = last
  }
}

function boundsOf({ range, from, backwards }: Walk): [Arg, Arg] {
  const { min, max } = range
  const [low, high] = bounds(range)
  if (from === null) return [low, high]
  const { bytes } = from
  const there = Buffer.concat([edgeOf(from), bytes])
  if (backwards) return [low, max === null || Buffer.compare(bytes, max) < 0 ? there : high]
  return [min === null || Buffer.compare(bytes, min) >= 0 ? there : low, high]
}

function idOf(member: string, { members }: Range): string {
  return members === 'id' ? textOf(member) : idOfMember(member, members === 'entry-desc')
}

/** The fields to read: with the columns, by which rows are compared with entries. Null is all. */
function fieldsBeside(spec: ModelSpec, index: StoredIndex | null, fields: Walk['fields']): readonly string[] | null {
  if (typeof fields === 'string') return null
  const columns = (index?.columns ?? []).filter(({ field }) => field !== spec.id)
  return [...new Set([...fields, ...columns.map(({ field }) => field.name)])]
}

/** Whether the row has this entry in the index. */
function isEntryOf({ id: idField }: ModelSpec, index: StoredIndex, row: RawRow, id: string, member: string): boolean {
  let at = 0
  for (const { field, desc } of index.columns) {
    let value: unknown
    if (field === idField) value = idFromText(field, id)
    else {
      const text = row[field.name]
      value = text === undefined ? null : decodeField(field, text)
      if (value instanceof Undecodable) return false
      if (value instanceof Date) value = value.getTime()
    }
    at = skipColumn(member, at, tupleKindOf(field), value as TupleValue, desc)
    if (at < 0) return false
  }
  return at === idStart(member)
}

/**
 * The member at an ordered position. Positions mean the same in every plan: the ordering columns and the id. So they are without
 * what all members start with, turned for a reverse walk; and for `ids`, whose members are no more than ids, made of them.
 */
export function memberAt({ reverse, prefixBytes, ranges }: Candidate, position: Buffer): Buffer {
  if (ranges[0]!.members === 'id') return Buffer.from(idOfMember(position.toString('latin1'), reverse))
  const rest = reverse ? flip(position) : position
  return prefixBytes === 0 ? rest : Buffer.concat([ranges[0]!.min!.subarray(0, prefixBytes), rest])
}

/** The ordered position of a member. */
export function positionOf({ reverse, prefixBytes, ranges }: Candidate, member: Buffer): Buffer {
  if (ranges[0]!.members === 'id') {
    const id = member.toString('utf8')
    return Buffer.concat([encodeColumn('string', id, reverse), encodeIdSuffix(id, reverse)])
  }
  const rest = member.subarray(prefixBytes)
  return reverse ? flip(rest) : rest
}
