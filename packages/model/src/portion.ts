// What one family of keys gives to a query: a page's rows, ids or versions, or their number.
//
// A range that expresses the whole condition is walked by plain commands (walk.ts). Everything else is a script
// (compile-query.ts); of many rows it gives ids and versions, and the rows are read behind it.

import { decodeField, idFromText, type Stored, Undecodable } from './codec.ts'
import { compileQuery, type QueryOutput, queryArguments } from './compile-query.ts'
import { CorruptRowError, UnindexedQueryError } from './errors.ts'
import type { RecordedWhere } from './filter.ts'
import type { KeyFamily } from './keys.ts'
import { bindKeys } from './maintain.ts'
import type { Fields } from './model.ts'
import { bounds, type Candidate, type From, isUnbeaten, type OrderColumn, type Plan, type Range } from './plan.ts'
import { type RawRow, rawRow } from './record.ts'
import { namedRow, readRows } from './rows.ts'
import type { Store } from './store.ts'
import { memberAt, positionOf, walkRange } from './walk.ts'

/** A query that knows its plan. */
export interface Asked {
  readonly store: Store<Fields>
  readonly where: RecordedWhere
  readonly order: readonly OrderColumn[]
  /** The selected properties, or null for rows. */
  readonly projection: readonly string[] | null
  readonly plan: Plan
  /** The only families that can hold matching rows; null is all. */
  readonly homes: ReadonlySet<KeyFamily> | null
}

export function mayHold({ homes }: Asked, family: KeyFamily): boolean {
  return homes === null || homes.has(family)
}

/** What one family is asked for. */
export interface Ask {
  readonly family: KeyFamily
  readonly output: QueryOutput
  /** Most rows to give; -1 is all. */
  readonly limit: number
  readonly from: From | null
  readonly backwards: boolean
  /** The candidate that a cursor is tied to, from 1; 0 is free choice. */
  readonly forced: number
  /** Positions are wanted of all rows, to merge families. */
  readonly withKeys: boolean
}

/** Ids and what goes with them, side by side. */
export interface Portion {
  readonly ids: string[]
  /** Rows, objects of the selected fields, or versions. */
  readonly rows: unknown[]
  /** Positions in the order, in hexadecimal. */
  readonly keys: string[]
  readonly more: boolean
  readonly first: string
  readonly last: string
  readonly chosen: number
}

/** So few rows are read inside the script: they are not worth a second trip. */
const FEW_ROWS = 4

/** What one family gives, by plain commands where they are enough. */
export async function fetchPortion(asked: Asked, ask: Ask): Promise<Portion> {
  const { output, limit } = ask
  const [only] = asked.plan.candidates
  const apart = (output === 'rows' || output === 'fields') && (limit < 0 || limit > FEW_ROWS)
  const plain = apart || (output === 'ids' && asked.store.spec.ttl === null)
  let portion: Portion | null = null
  if (plain && only && isUnbeaten(only) && only.ranges.length === 1) portion = await walk(asked, ask, only)
  else if (apart && output === 'rows') portion = await script(asked, ask, 'versions')
  // A row changed between its entry and its reading: the script reads both in one moment.
  return portion ?? (await script(asked, ask, output))!
}

/** A walk over one range without a script; null when a row changed meanwhile. */
async function walk(asked: Asked, ask: Ask, candidate: Candidate): Promise<Portion | null> {
  const { family, output, limit, from, backwards, withKeys } = ask
  const { store, order, projection } = asked
  const range = candidate.ranges[0]!
  const ordered = order.length > 0
  const going = walkRange({
    spec: store.spec,
    source: store,
    family,
    range,
    limit,
    from: from && ordered ? { ...from, bytes: memberAt(candidate, from.bytes) } : from,
    backwards: candidate.reverse !== backwards,
    fields: output === 'ids' ? 'none' : projection ? fieldNames(asked) : 'all',
    decode: (id, row) => decodeRow(asked, id, row),
  })
  const key = keyOf(family, range)
  const walked = await store.runner.observe('find', [key], [], going, (got) => {
    return `${output}: walk ${key}, ${got === null ? 'a row changed' : `${got.ids.length} found`}`
  })
  if (walked === null) return null
  const { ids, rows, members, more } = walked
  const position = (member: string): string => {
    const bytes = Buffer.from(member, 'latin1')
    return (ordered ? positionOf(candidate, bytes) : bytes).toString('hex')
  }
  const [first, last] = [members[0], members.at(-1)]
  return {
    ids,
    rows,
    keys: withKeys ? members.map(position) : [],
    more,
    first: first === undefined ? '' : position(first),
    last: last === undefined ? '' : position(last),
    chosen: 1,
  }
}

/**
 * Trips of the script until the limit is reached or nothing is left. With `versions` instead of rows, the rows are read behind
 * it; null when one of them is not what the script saw.
 */
async function script(asked: Asked, ask: Ask, output: QueryOutput): Promise<Portion | null> {
  const { family, limit } = ask
  const ids: string[] = []
  const rows: unknown[] = []
  const keys: string[] = []
  const seen = new Set<string>()
  let position = ask.from
  let chosen = ask.forced
  let first = ''
  let last = ''
  for (;;) {
    const left = limit < 0 ? -1 : limit - ids.length
    const reply = await send(asked, { ...ask, output, limit: left, from: position, forced: chosen })
    chosen = Number(reply[1])
    const out = reply[9] as unknown[]
    const width = output === 'ids' ? 1 : 2
    const found: string[] = []
    for (let i = 0; i < out.length; i += width) found.push(String(out[i]))
    const raws =
      output === 'versions' && ask.output === 'rows' ? await readRows(asked.store, family, found, null) : null
    for (let i = 0; i < found.length; i++) {
      const id = found[i]!
      // It moved on between two trips.
      if (seen.has(id)) continue
      seen.add(id)
      ids.push(id)
      if (ask.withKeys) keys.push(String((reply[10] as unknown[])[i]))
      if (raws !== null) {
        const raw = raws[i]
        if (!raw || String(raw._v) !== String(out[2 * i + 1])) return null
        rows.push(decodeRow(asked, id, raw))
      } else if (output !== 'ids') rows.push(rowOf(asked, output, id, out[2 * i + 1]))
    }
    if (first === '') first = String(reply[5])
    if (String(reply[6]) !== '') last = String(reply[6])
    if (Number(reply[4]) !== 1) return { ids, rows, keys, more: Number(reply[3]) === 1, first, last, chosen }
    position = behind(reply[7])
  }
}

/** To go on behind the position where the script stopped. */
function behind(position: unknown): From {
  return { bytes: Buffer.from(String(position), 'hex'), isIncluded: false }
}

/** What stands beside an id in the script's reply. */
function rowOf(asked: Asked, output: QueryOutput, id: string, given: unknown): unknown {
  if (output === 'rows') return decodeRow(asked, id, rawRow(given)!)
  return output === 'fields' ? decodeRow(asked, id, namedRow(given, fieldNames(asked))!) : String(given)
}

/** How many rows of one family match. */
export async function countPortion(asked: Asked, family: KeyFamily): Promise<number> {
  const { runner, spec } = asked.store
  const [only] = asked.plan.candidates
  if (only && isUnbeaten(only) && only.ranges.length === 1 && spec.ttl === null) {
    const range = only.ranges[0]!
    return (await runner.command('find', ['ZLEXCOUNT', keyOf(family, range), ...bounds(range)])) as number
  }
  const all: Ask = { family, output: 'count', limit: -1, from: null, backwards: false, forced: 0, withKeys: false }
  for (let sweeps = 0; ; sweeps++) {
    let total = 0
    let ask = all
    for (;;) {
      const reply = await send(asked, ask)
      if (Number(reply[0]) === 1) break
      total += Number(reply[2])
      if (Number(reply[4]) !== 1) return total
      ask = { ...all, from: behind(reply[7]), forced: Number(reply[1]) }
    }
    // Rows have expired that indexes still count. Under a steady stream of them, count by walking.
    await asked.store.sweep()
    if (sweeps === 3) return (await script(asked, all, 'ids'))!.ids.length
  }
}

/** Which candidate the server would choose, from 1, and how many entries each has. */
export async function explainPortion(asked: Asked, family: KeyFamily, limit: number): Promise<[number, number[]]> {
  const how = { from: null, backwards: false, forced: 0, withKeys: false }
  const reply = await send(asked, { family, output: 'explain', limit, ...how })
  return [Number(reply[1]), (reply[2] as unknown[]).map(Number)]
}

async function send(asked: Asked, ask: Ask): Promise<unknown[]> {
  const { store, where, order, plan } = asked
  const { family, output, limit, from, backwards, forced, withKeys } = ask
  const source = compileQuery(store.spec, { where: where.node, slots: where.args.length, order, output })
  const { keys, args } = queryArguments(store.spec, family, {
    candidates: plan.candidates,
    values: where.args as Stored[],
    limit,
    from,
    backwards,
    forced,
    withKeys,
    fields: fieldNames(asked),
  })
  const binary = output === 'rows' || output === 'fields' ? store.readsBytes : false
  try {
    const planOf = (reply: unknown): string => planText(plan, ask, reply as unknown[])
    return (await store.runner.script('find', source, keys, args, binary, planOf)) as unknown[]
  } catch (error) {
    if (error instanceof Error && 'reason' in error && error.reason === 'GATHER')
      throw new UnindexedQueryError(
        'The query would sort more than 100,000 rows: add an index that gives its order, or narrow it',
      )
    throw error
  }
}

/** Stored names of the selected fields. */
function fieldNames({ store, projection }: Asked): string[] {
  const { id, byProperty } = store.spec
  const fields = (projection ?? []).map((property) => byProperty.get(property)!)
  return fields.filter((field) => field !== id).map((field) => field.name)
}

function decodeRow({ store, projection }: Asked, id: string, row: RawRow): unknown {
  if (!projection) return store.record(id, row)
  const object: Record<string, unknown> = {}
  for (const property of projection) {
    const field = store.spec.byProperty.get(property)!
    if (field === store.spec.id) {
      object.id = idFromText(field, id)
      continue
    }
    const text = row[field.name]
    if (text === undefined) continue
    const value = decodeField(field, text, store.documents)
    if (value instanceof Undecodable)
      throw new CorruptRowError(store.spec.name, store.keys.of(id).row(id), property, value.problem)
    object[property] = value
  }
  return object
}

export function keyOf(family: KeyFamily, { role }: Range): string {
  return bindKeys([role], family, '')[0]!
}

/** The plan of a reply in words, for debug output. */
function planText(plan: Plan, { family, output }: Ask, reply: readonly unknown[]): string {
  const chosen = plan.candidates[Number(reply[1]) - 1]
  if (Number(reply[0]) !== 0 || !chosen || output === 'explain') return output
  const keys = [...new Set(chosen.ranges.map((range) => keyOf(family, range)))].join(', ')
  const how = `${chosen.walks ? 'walk' : 'gather'} ${keys || 'nothing'}`
  return `${output}: ${how}, ${reply[2]} found, ${reply[8]} examined${chosen.exact ? '' : ', rows tested'}`
}
