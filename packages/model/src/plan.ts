// From a condition to the index ranges that can answer it. Pure.
//
// A candidate is one index with ranges of its members. The conjuncts that its ranges express are `covered`; a candidate that
// covers all of them is exact, and rows need not be tested. Which candidate runs is decided on the server by counting.

import { decodeValue, type Stored } from './codec.ts'
import type { FieldSpec } from './fields.ts'
import { hasClaims, roleOf, tupleKindOf } from './maintain.ts'
import type { ModelSpec, StoredField, StoredIndex } from './model.ts'
import type { CompareOp, Expr } from './ops.ts'
import { encodeColumn, foldLower, type TupleValue } from './tuple.ts'

/** Entries from `min` up to, not including, `max`; null is unbounded. */
interface Span {
  readonly min: Buffer | null
  readonly max: Buffer | null
}

/** What members of a key are: index entries with the id ascending or descending at the end, plain ids, unique tuples. */
export type Members = 'entry' | 'entry-desc' | 'id' | 'tuple'

/** A span of one key. `role` is `x:<index>`, `u:<unique>` (`min` is the tuple) or `ids`. */
export interface Range extends Span {
  readonly role: string
  readonly members: Members
  /** What the columns of the members are; null when they have none. */
  readonly index: StoredIndex | null
}

/** The range as BYLEX commands take it. */
export function bounds({ members, min, max }: Range): [Buffer | string, Buffer | string] {
  if (members === 'tuple') return [min!, '']
  return [min ? Buffer.concat([CLOSED, min]) : '-', max ? Buffer.concat([OPEN, max]) : '+']
}

/** A position to go on from. */
export interface From {
  readonly bytes: Buffer
  /** Beginning with the row that stands there. */
  readonly isIncluded: boolean
}

/** How BYLEX commands mark whether a bound is part of the range. */
export function edgeOf({ isIncluded }: From): Buffer {
  return isIncluded ? CLOSED : OPEN
}

const CLOSED = Buffer.from('[')
const OPEN = Buffer.from('(')

export interface OrderColumn {
  readonly field: StoredField
  readonly desc: boolean
}

export interface Candidate {
  /** Sorted and without overlaps, unless they are of several keys. */
  readonly ranges: readonly Range[]
  /** The condition holds for every row in the ranges. */
  readonly exact: boolean
  /** No part of the condition narrows it: it walks everything. */
  readonly scan: boolean
  /** Rows come in the wanted order by walking; otherwise they are gathered and sorted. */
  readonly walks: boolean
  /** The walk goes from the end. */
  readonly reverse: boolean
  /** Length of what all members start with, before the ordering columns. */
  readonly prefixBytes: number
  /** For people: which conditions the ranges express. */
  readonly covers: readonly string[]
  /** The only ids that can be found, when they are known. */
  readonly ids?: readonly string[]
  /** It has one entry at most. */
  readonly isSingle?: boolean
}

const MAX_RANGES = 256
const MAX_TUPLES = 10_000

/** What is known of one column from one conjunct. */
type Constraint =
  | { readonly kind: 'points'; readonly values: readonly (TupleValue | null)[] }
  | { readonly kind: 'range'; readonly op: Exclude<CompareOp, 'eq' | 'ne'>; readonly value: TupleValue }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'present' }
  | { readonly kind: 'never' }

interface Conjunct {
  readonly node: Expr
  readonly field: StoredField | null
  readonly constraint: Constraint | null
}

export interface PlanInput {
  readonly spec: ModelSpec
  readonly where: Expr | null
  readonly args: readonly (Stored | null)[]
  readonly order: readonly OrderColumn[]
  /** Of a model whose uniques are claimed: the ids that have the pinned tuples. */
  readonly owners?: ReadonlyMap<StoredIndex, readonly string[]>
}

/** What the server chooses from. */
export interface Plan {
  readonly candidates: readonly Candidate[]
  /** Roles of the indexes that would help and are not complete. */
  readonly building: readonly string[]
}

/**
 * The ways to answer the query by complete indexes: `isReady` is asked for their roles. One that is not beaten is the only one,
 * without `all`.
 */
export function planQuery(input: PlanInput, isReady: (role: string) => boolean, all = false): Plan {
  const candidates: Candidate[] = []
  const building = new Set<string>()
  for (const candidate of candidatesOf(input)) {
    const missing = candidate.ranges.filter(({ role }) => role !== 'ids' && !isReady(role))
    for (const { role } of missing) building.add(role)
    if (missing.length > 0) continue
    if (isBest(candidate) && !all) return { candidates: [candidate], building: [...building] }
    candidates.push(candidate)
  }
  if (hasClaims(input.spec))
    for (const unique of pinnedTuples(input).keys()) if (!isReady(roleOf(unique))) building.add(roleOf(unique))
  return { candidates, building: [...building] }
}

/** Is not beaten by any other. */
export function isBest(candidate: Candidate): boolean {
  return candidate.isSingle === true || isUnbeaten(candidate)
}

/** Expresses the whole condition and gives the order. */
export function isUnbeaten({ exact, walks, scan }: Candidate): boolean {
  return exact && walks && !scan
}

/** Every way to answer the query. The scan of all ids is last, so there is always one. */
function* candidatesOf(input: PlanInput): Generator<Candidate, void, undefined> {
  const conjuncts = input.where ? flatten(input.where).map((node) => analyse(node, input)) : []
  const own = byId(input, conjuncts)
  if (own) yield own
  for (const unique of input.spec.uniques) {
    const candidate = byUnique(input, unique, conjuncts)
    if (candidate) yield candidate
  }
  for (const index of input.spec.indexes) {
    const candidate = byIndex(input, index, conjuncts)
    if (candidate) yield candidate
  }
  for (const { node } of conjuncts) {
    if (node.k !== 'or') continue
    const rest = conjuncts.filter((other) => other.node !== node)
    yield* byUnion(input, node.items, rest)
  }
  yield allIds(input)
}

function flatten(node: Expr): Expr[] {
  return node.k === 'and' ? node.items.flatMap(flatten) : [node]
}

function analyse(node: Expr, { spec, args }: PlanInput): Conjunct {
  const none: Conjunct = { node, field: null, constraint: null }
  const target = (expr: Expr): StoredField | null =>
    expr.k === 'field' ? (spec.byProperty.get(expr.field) ?? null) : null
  const known = (field: StoredField | null, constraint: Constraint | null): Conjunct =>
    field && constraint && field.kind !== 'json' ? { node, field, constraint } : none
  switch (node.k) {
    case 'field':
      return known(target(node), { kind: 'points', values: [true] })
    case 'compare': {
      const field = target(node.a)
      if (!field || node.b.k !== 'arg' || node.b.maybe) return none
      const value = constantOf(node.b.type, args[node.b.slot]!)
      return known(field, comparison(field, node.op, value))
    }
    case 'in': {
      const field = target(node.a)
      if (!field) return none
      const values = unpack(args[node.list] as Buffer).map((text) => constantOf(node.a.type, text))
      return known(field, values.length === 0 ? { kind: 'never' } : { kind: 'points', values })
    }
    case 'isNull':
      return known(target(node.a), { kind: 'points', values: [null] })
    case 'not':
      return node.a.k === 'isNull' ? known(target(node.a.a), { kind: 'present' }) : none
    case 'text': {
      const field = target(node.a)
      if (node.fn !== 'startsWith' || !field || field.kind === 'bytes' || node.b.k !== 'arg' || node.b.maybe)
        return none
      return known(field, { kind: 'prefix', text: String(args[node.b.slot]) })
    }
    default:
      return none
  }
}

function constantOf(kind: FieldSpec['kind'], stored: Stored): TupleValue {
  const value = decodeValue({ kind, optional: false, nullable: false }, stored)
  return (value instanceof Date ? value.getTime() : value) as TupleValue
}

function unpack(packed: Buffer): Buffer[] {
  const items: Buffer[] = []
  for (let at = 0; at < packed.length; ) {
    const colon = packed.indexOf(0x3a, at)
    const length = Number(packed.toString('latin1', at, colon))
    items.push(packed.subarray(colon + 1, colon + 1 + length))
    at = colon + 1 + length
  }
  return items
}

const INT64_MAX = 2n ** 63n - 1n

/** A comparison as a constraint; integers compare with fractions by their nearest integers. */
function comparison(field: StoredField, op: CompareOp, value: TupleValue): Constraint | null {
  if (op === 'ne') return null
  let bound = value
  let how = op
  if ((field.kind === 'int' || field.kind === 'date') && typeof value === 'number' && !Number.isSafeInteger(value)) {
    if (op === 'eq') return { kind: 'never' }
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      const above = value > 0
      const any = op === 'gt' || op === 'gte' ? !above : above
      return any ? { kind: 'present' } : { kind: 'never' }
    }
    bound = op === 'gt' || op === 'gte' ? Math.ceil(value) : Math.floor(value)
    how = op === 'gt' || op === 'gte' ? 'gte' : 'lte'
  }
  if (typeof bound === 'bigint' && (bound > INT64_MAX || bound < -INT64_MAX - 1n)) return null
  return how === 'eq' ? { kind: 'points', values: [bound] } : { kind: 'range', op: how as 'gt', value: bound }
}

// Ranges of one column, after a prefix

const LOW = Buffer.of(0x01)
const HIGH = Buffer.of(0xff)

/** Entries with exactly this value: bytes·01 up to bytes·FF (see tuple.ts). */
function group(field: StoredField, value: TupleValue | null, desc: boolean): { from: Buffer; to: Buffer } {
  const bytes = encodeColumn(tupleKindOf(field), value, desc)
  return { from: Buffer.concat([bytes, LOW]), to: Buffer.concat([bytes, HIGH]) }
}

/** Null never satisfies an order, so ranges stop before it. */
function columnRange(field: StoredField, desc: boolean, constraints: readonly Constraint[]): Span | 'never' {
  const nulls = group(field, null, desc)
  let min: Buffer | null = desc ? null : nulls.to
  let max: Buffer | null = desc ? nulls.from : null
  const raise = (to: Buffer): void => {
    if (min === null || Buffer.compare(to, min) > 0) min = to
  }
  const lower = (to: Buffer): void => {
    if (max === null || Buffer.compare(to, max) < 0) max = to
  }
  for (const constraint of constraints) {
    if (constraint.kind === 'never') return 'never'
    if (constraint.kind === 'range') {
      const { from, to } = group(field, constraint.value, desc)
      const upwards = (constraint.op === 'gt' || constraint.op === 'gte') !== desc
      const inclusive = constraint.op === 'gte' || constraint.op === 'lte'
      if (upwards) raise(inclusive ? from : to)
      else lower(inclusive ? to : from)
    } else if (constraint.kind === 'prefix') {
      // Without the terminator; everything that continues lies between.
      const bytes = encodeColumn('string', constraint.text, desc).subarray(0, -1)
      raise(Buffer.from(bytes))
      lower(Buffer.concat([bytes, desc ? Buffer.of(0xff, 0xff) : HIGH]))
    }
  }
  if (min !== null && max !== null && Buffer.compare(min, max) >= 0) return 'never'
  return { min, max }
}

/** So many spans at most that hold all of these values, and what lies between some of them. */
function spansOf(encoded: readonly Buffer[], most: number): Span[] {
  const sorted = [...encoded].sort(Buffer.compare)
  const width = Math.ceil(sorted.length / most)
  const spans: Span[] = []
  for (let i = 0; i < sorted.length; i += width) {
    const last = sorted[Math.min(i + width, sorted.length) - 1]!
    spans.push({ min: Buffer.concat([sorted[i]!, LOW]), max: Buffer.concat([last, HIGH]) })
  }
  return spans
}

function prefixed(prefix: Buffer, range: Span): Span {
  return {
    min: range.min ? Buffer.concat([prefix, range.min]) : prefix.length > 0 ? Buffer.concat([prefix, LOW]) : null,
    max: range.max ? Buffer.concat([prefix, range.max]) : prefix.length > 0 ? Buffer.concat([prefix, HIGH]) : null,
  }
}

function byIndex(input: PlanInput, index: StoredIndex, conjuncts: readonly Conjunct[]): Candidate | null {
  const { order } = input
  const covered = new Set<Conjunct>()
  let prefixes: Buffer[] = [Buffer.alloc(0)]
  let ranges: Span[] | null = null
  let never = false
  // Leading columns that are fixed to one value: the walk is ordered by what comes after them.
  let fixed = 0
  let position = 0
  for (; position < index.columns.length; position++) {
    const { field, desc } = index.columns[position]!
    const own = conjuncts.filter((conjunct) => conjunct.field === field)
    const points = own.find((conjunct) => conjunct.constraint!.kind === 'points')
    if (points) {
      const values = (points.constraint as Extract<Constraint, { kind: 'points' }>).values
      const encoded = distinct(values.map((value) => encodeColumn(tupleKindOf(field), value, desc)))
      if (prefixes.length * encoded.length > MAX_RANGES) {
        const spans = spansOf(encoded, Math.floor(MAX_RANGES / prefixes.length))
        ranges = prefixes.flatMap((prefix) => spans.map((span) => prefixed(prefix, span)))
        break
      }
      prefixes = prefixes.flatMap((prefix) => encoded.map((bytes) => Buffer.concat([prefix, bytes])))
      covered.add(points)
      if (prefixes.length === 1 && fixed === position) fixed++
      continue
    }
    if (own.length > 0) {
      const range = columnRange(
        field,
        desc,
        own.map((conjunct) => conjunct.constraint!),
      )
      for (const conjunct of own) covered.add(conjunct)
      if (range === 'never') never = true
      else ranges = prefixes.map((prefix) => prefixed(prefix, range))
    }
    break
  }
  const narrows = covered.size > 0 || ranges !== null
  if (!narrows && order.length === 0) return null
  const exact = covered.size === conjuncts.length
  const walk = walkDirection(index, fixed, order)
  if (!narrows && walk === null) return null
  ranges ??= prefixes.map((prefix) => prefixed(prefix, { min: null, max: null }))
  ranges.sort((a, b) => Buffer.compare(a.min ?? Buffer.alloc(0), b.min ?? Buffer.alloc(0)))
  const fixedBytes = index.columns.slice(0, fixed).reduce((length, { field, desc }) => {
    const points = conjuncts.find((c) => c.field === field && c.constraint!.kind === 'points')!
    const [value] = (points.constraint as Extract<Constraint, { kind: 'points' }>).values
    return length + encodeColumn(tupleKindOf(field), value!, desc).length
  }, 0)
  const members = index.columns.at(-1)!.desc ? 'entry-desc' : 'entry'
  const role = roleOf(index)
  return {
    ranges: never ? [] : ranges.map(({ min, max }) => ({ min, max, role, members, index })),
    exact,
    scan: !narrows && conjuncts.length > 0,
    walks: order.length === 0 || walk !== null,
    reverse: walk === 'backward',
    prefixBytes: fixedBytes,
    covers: [...new Set([...covered].map((conjunct) => conjunct.field!.property))],
  }
}

/** Whether the columns after the fixed ones are exactly the wanted order, in one direction or the other. */
function walkDirection(
  index: StoredIndex,
  fixed: number,
  order: readonly OrderColumn[],
): 'forward' | 'backward' | null {
  const rest = index.columns.slice(fixed)
  if (order.length === 0 || rest.length !== order.length) return null
  if (!rest.every(({ field }, i) => field === order[i]!.field)) return null
  if (rest.every(({ desc }, i) => desc === order[i]!.desc)) return 'forward'
  return rest.every(({ desc }, i) => desc !== order[i]!.desc) ? 'backward' : null
}

function distinct(items: readonly Buffer[]): Buffer[] {
  const seen = new Map(items.map((item) => [item.toString('latin1'), item]))
  return [...seen.values()]
}

/** The tuples of a constraint whose columns are each compared with values; null when they are not, or with too many. */
function pinned(unique: StoredIndex, conjuncts: readonly Conjunct[]): readonly Buffer[] | null {
  let tuples: readonly Buffer[] = [Buffer.alloc(0)]
  for (const { field, desc, fold } of unique.columns) {
    const own = conjuncts.find((each) => each.field === field && each.constraint!.kind === 'points')
    if (!own) return null
    const { values } = own.constraint as Extract<Constraint, { kind: 'points' }>
    // Null is in no constraint.
    if (values.includes(null) || tuples.length * values.length > MAX_TUPLES) return null
    const encoded = values.map((value) =>
      encodeColumn(tupleKindOf(field), fold === 'lower' ? foldLower(value as string) : value!, desc),
    )
    tuples = distinct(tuples.flatMap((start) => encoded.map((bytes) => Buffer.concat([start, bytes]))))
  }
  return tuples
}

/** The tuples that a condition pins. */
export function pinnedTuples(input: PlanInput): Map<StoredIndex, readonly Buffer[]> {
  const conjuncts = input.where ? flatten(input.where).map((node) => analyse(node, input)) : []
  const pins = new Map<StoredIndex, readonly Buffer[]>()
  for (const unique of input.spec.uniques) {
    const tuples = pinned(unique, conjuncts)
    if (tuples) pins.set(unique, tuples)
  }
  return pins
}

function byUnique(input: PlanInput, unique: StoredIndex, conjuncts: readonly Conjunct[]): Candidate | null {
  const tuples = pinned(unique, conjuncts)
  const owners = hasClaims(input.spec) ? input.owners?.get(unique) : null
  if (tuples === null || owners === undefined) return null
  const isSingle = tuples.length === 1
  const common = {
    exact: false,
    scan: false,
    reverse: false,
    prefixBytes: 0,
    covers: unique.columns.map(({ field }) => field.property),
    isSingle,
  }
  const isUnordered = input.order.length === 0
  if (owners !== null) return { ...common, walks: isUnordered, ranges: owners.map(idPoint).sort(byStart), ids: owners }
  const role = roleOf(unique)
  return {
    ...common,
    // Positions among several tuples mean nothing.
    walks: isUnordered && isSingle,
    ranges: tuples.map((tuple) => ({ min: tuple, max: null, role, members: 'tuple', index: null })),
  }
}

function byStart(a: Span, b: Span): number {
  return Buffer.compare(a.min!, b.min!)
}

function idPoint(id: string): Range {
  const min = Buffer.from(id)
  return { min, max: Buffer.concat([min, Buffer.of(0)]), role: 'ids', members: 'id', index: null }
}

function byId({ spec, order }: PlanInput, conjuncts: readonly Conjunct[]): Candidate | null {
  const own = conjuncts.filter((conjunct) => conjunct.field === spec.id)
  const points = own.find((conjunct) => conjunct.constraint!.kind === 'points')
  let ranges: Range[]
  let covered: readonly Conjunct[]
  let ids: string[] | null = null
  if (points) {
    const values = (points.constraint as Extract<Constraint, { kind: 'points' }>).values
    ids = [...new Set(values.map(String))]
    ranges = ids.map(idPoint).sort(byStart)
    covered = [points]
  } else if (own.length > 0 && spec.id.kind === 'string') {
    let min: Buffer | null = null
    let max: Buffer | null = null
    for (const { constraint } of own) {
      if (constraint!.kind === 'never') return null
      if (constraint!.kind === 'prefix') {
        const bytes = Buffer.from(constraint!.text)
        if (!min || Buffer.compare(bytes, min) > 0) min = bytes
        const end = Buffer.concat([bytes, HIGH])
        if (!max || Buffer.compare(end, max) < 0) max = end
      } else if (constraint!.kind === 'range') {
        const { op, value } = constraint as Extract<Constraint, { kind: 'range' }>
        const bytes = Buffer.from(value as string)
        const after = Buffer.concat([bytes, Buffer.of(0)])
        if (op === 'gt' || op === 'gte') {
          const from = op === 'gt' ? after : bytes
          if (!min || Buffer.compare(from, min) > 0) min = from
        } else {
          const to = op === 'lte' ? after : bytes
          if (!max || Buffer.compare(to, max) < 0) max = to
        }
      }
    }
    const all: Range = { min, max, role: 'ids', members: 'id', index: null }
    ranges = min && max && Buffer.compare(min, max) >= 0 ? [] : [all]
    covered = own
  } else return null
  const walk = idWalk(spec, order)
  return {
    ranges,
    exact: covered.length === conjuncts.length,
    scan: false,
    walks: order.length === 0 || walk !== null,
    reverse: walk === 'backward',
    prefixBytes: 0,
    covers: ['id'],
    ...(ids ? { ids } : {}),
  }
}

function idWalk(spec: ModelSpec, order: readonly OrderColumn[]): 'forward' | 'backward' | null {
  if (order.length !== 1 || order[0]!.field !== spec.id || spec.id.kind !== 'string') return null
  return order[0]!.desc ? 'backward' : 'forward'
}

function allIds({ spec, where, order }: PlanInput): Candidate {
  const walk = idWalk(spec, order)
  return {
    ranges: [{ min: null, max: null, role: 'ids', members: 'id', index: null }],
    exact: where === null,
    scan: where !== null || (order.length > 0 && walk === null),
    walks: order.length === 0 || walk !== null,
    reverse: walk === 'backward',
    prefixBytes: 0,
    covers: [],
  }
}

/**
 * OR, when every branch has an index: the union of their ranges. In one index it can be walked; over several, rows are gathered
 * and the duplicates dropped.
 */
function byUnion(input: PlanInput, branches: readonly Expr[], rest: readonly Conjunct[]): Candidate[] {
  const conjunctions = branches.map((branch) => [...flatten(branch).map((node) => analyse(node, input)), ...rest])
  const unordered = { ...input, order: [] }
  const found: Candidate[] = []
  const join = (parts: readonly Candidate[], walk: 'forward' | 'backward' | null, walks: boolean): void => {
    found.push({
      ranges: mergeRanges(parts.flatMap((part) => part.ranges)),
      exact: parts.every((part) => part.exact),
      scan: false,
      walks,
      reverse: walk === 'backward',
      prefixBytes: 0,
      covers: [...new Set(parts.flatMap((part) => part.covers))],
    })
  }
  for (const index of input.spec.indexes) {
    const parts = conjunctions.map((conjuncts) => byIndex(unordered, index, conjuncts))
    if (parts.some((part) => part === null)) continue
    const walk = walkDirection(index, 0, input.order)
    join(parts as Candidate[], walk, input.order.length === 0 || walk !== null)
  }
  if (found.length > 0) return found
  const best = conjunctions.map((conjuncts) =>
    [
      byId(unordered, conjuncts),
      ...input.spec.uniques.map((unique) => byUnique(unordered, unique, conjuncts)),
      ...input.spec.indexes.map((index) => byIndex(unordered, index, conjuncts)),
    ]
      .filter((candidate) => candidate !== null)
      .sort((a, b) => b.covers.length - a.covers.length)
      .at(0),
  )
  if (best.every((part) => part !== undefined)) join(best, null, false)
  return found
}

/** Sorted by key and start, and without overlaps within a key. */
function mergeRanges(ranges: readonly Range[]): Range[] {
  const start = (range: Range): Buffer => range.min ?? Buffer.alloc(0)
  const sorted = [...ranges].sort((a, b) =>
    a.role === b.role ? Buffer.compare(start(a), start(b)) : a.role < b.role ? -1 : 1,
  )
  const merged: Range[] = []
  for (const range of sorted) {
    const last = merged.at(-1)
    const apart =
      !last ||
      last.role !== range.role ||
      last.members === 'tuple' ||
      (last.max !== null && Buffer.compare(start(range), last.max) > 0)
    if (apart) merged.push(range)
    else if (last.max !== null && (range.max === null || Buffer.compare(range.max, last.max) > 0))
      merged[merged.length - 1] = { ...last, max: range.max }
  }
  return merged
}
