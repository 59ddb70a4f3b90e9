// Every operation that the recorder offers, as data: what it takes and what it gives. The tables are complete by their types:
// a method that is added to a kind of field does not compile until it is here.
import type { FieldOf, ListField, MapField, SetField, SortedSetField } from '../../packages/model/src/expressions.ts'
import type { CollectionKind, ScalarKind } from '../../packages/model/src/fields.ts'

/** What an argument is. `self`: the kind of the value; `own`: what may be set; `count`, `offset` and `exponent`: small ints. */
export type ArgKind =
  | ScalarKind
  | 'self'
  | 'selfOrNull'
  | 'own'
  | 'list'
  | 'condition'
  | 'count'
  | 'offset'
  | 'exponent'
  | 'span'
  | 'unit'
  | 'path'
  | 'members'
  | 'jsonItem'
  | 'element'
  | 'elements'
  | 'pivot'
  | 'key'
  | 'keys'
  | 'score'
  | 'order'
  | 'test'
  | 'body'
  | 'place'
  | 'center'
  | 'radius'
  | 'entry'

export interface Operation {
  readonly args: readonly ArgKind[]
  /** A kind of scalar; `self`; `element`; `found` of find(); `list`: only for returns; `nothing`. */
  readonly gives: ScalarKind | 'self' | 'element' | 'found' | 'list' | 'nothing'
  readonly changes?: true
}

const op = (gives: Operation['gives'], ...args: ArgKind[]): Operation => ({ args, gives })
const change = (gives: Operation['gives'], ...args: ArgKind[]): Operation => ({ args, gives, changes: true })

const ANY = {
  eq: op('boolean', 'selfOrNull'),
  ne: op('boolean', 'selfOrNull'),
  in: op('boolean', 'list'),
  notIn: op('boolean', 'list'),
  isNull: op('boolean'),
  isNotNull: op('boolean'),
  orElse: op('self', 'self'),
}
const ORDERED = {
  ...ANY,
  gt: op('boolean', 'self'),
  gte: op('boolean', 'self'),
  lt: op('boolean', 'self'),
  lte: op('boolean', 'self'),
  between: op('boolean', 'self', 'self'),
}
const SETTABLE = {
  get: op('self'),
  set: change('self', 'own'),
  unset: change('nothing'),
  setIf: change('boolean', 'condition', 'own'),
  compareAndSet: change('boolean', 'selfOrNull', 'own'),
  getAndSet: change('self', 'own'),
}
const NUMBER = {
  ...ORDERED,
  ...SETTABLE,
  plus: op('self', 'self'),
  minus: op('self', 'self'),
  times: op('self', 'self'),
  dividedBy: op('self', 'self'),
  modulo: op('self', 'self'),
  add: change('self', 'self'),
  sub: change('self', 'self'),
  mul: change('self', 'self'),
  div: change('self', 'self'),
  mod: change('self', 'self'),
  pow: change('self', 'exponent'),
  min: change('self', 'self'),
  max: change('self', 'self'),
  clamp: change('self', 'self', 'self'),
}
const COUNTED = { length: op('int'), clear: change('int') }
const WALKED = {
  ...COUNTED,
  some: op('boolean', 'test'),
  every: op('boolean', 'test'),
  count: op('int', 'test'),
  find: op('found', 'test'),
  each: change('nothing', 'body'),
}

type Names<H> = Exclude<keyof H, symbol>
type Table<H> = Readonly<Record<Names<H>, Operation>>
type ScalarTables = { readonly [K in ScalarKind]: Table<FieldOf<never>[K]> }

export const SCALARS: ScalarTables = {
  int: NUMBER,
  float: NUMBER,
  bigint: NUMBER,
  string: {
    ...ORDERED,
    ...SETTABLE,
    contains: op('boolean', 'string'),
    startsWith: op('boolean', 'string'),
    endsWith: op('boolean', 'string'),
    length: op('int'),
    concat: op('string', 'string'),
    slice: op('string', 'offset', 'offset'),
    append: change('string', 'string'),
    prepend: change('string', 'string'),
    replace: change('string', 'string', 'string'),
    replaceAll: change('string', 'string', 'string'),
    keep: change('string', 'offset', 'offset'),
  },
  bytes: {
    ...ORDERED,
    ...SETTABLE,
    length: op('int'),
    slice: op('bytes', 'offset', 'offset'),
    getBit: op('boolean', 'offset'),
    bitCount: op('int'),
    append: change('bytes', 'bytes'),
    keep: change('bytes', 'offset', 'offset'),
    setRange: change('bytes', 'offset', 'bytes'),
    setBit: change('bytes', 'offset', 'boolean'),
  },
  boolean: { ...ANY, ...SETTABLE, toggle: change('boolean') },
  date: {
    ...ORDERED,
    ...SETTABLE,
    plus: op('date', 'span'),
    minus: op('date', 'span'),
    since: op('int', 'date'),
    add: change('date', 'span'),
    sub: change('date', 'span'),
    truncate: change('date', 'unit'),
  },
  enum: { ...ANY, ...SETTABLE },
  json: {
    ...ANY,
    ...SETTABLE,
    gt: op('boolean', 'float'),
    gte: op('boolean', 'float'),
    lt: op('boolean', 'float'),
    lte: op('boolean', 'float'),
    at: op('json', 'path'),
    path: op('json', 'path'),
    asNumber: op('float'),
    asText: op('string'),
    length: op('int'),
    put: change('json', 'jsonItem'),
    merge: change('json', 'members'),
    remove: change('json'),
    increase: change('json', 'score'),
    push: change('json', 'jsonItem', 'jsonItem'),
  },
}

interface CollectionTables {
  readonly list: Table<ListField<never>>
  readonly set: Table<SetField<never>>
  readonly map: Table<MapField<never>>
  readonly sortedSet: Table<SortedSetField<never>>
  readonly geo: Table<FieldOf<never>['geo']>
  readonly stream: Table<FieldOf<never>['stream']>
}

export const COLLECTIONS: CollectionTables = {
  list: {
    ...WALKED,
    at: op('element', 'offset'),
    has: op('boolean', 'element'),
    items: op('list'),
    range: op('list', 'offset', 'offset'),
    push: change('int', 'elements'),
    unshift: change('int', 'elements'),
    pop: change('element'),
    shift: change('element'),
    put: change('nothing', 'offset', 'element'),
    insertBefore: change('boolean', 'pivot', 'element'),
    insertAfter: change('boolean', 'pivot', 'element'),
    remove: change('int', 'pivot', 'count'),
    trim: change('int', 'offset', 'offset'),
  },
  set: {
    ...WALKED,
    has: op('boolean', 'element'),
    items: op('list'),
    add: change('int', 'elements'),
    remove: change('int', 'elements'),
  },
  map: {
    ...WALKED,
    has: op('boolean', 'key'),
    get: op('element', 'key'),
    entries: op('list'),
    set: change('boolean', 'key', 'element'),
    delete: change('boolean', 'key'),
    increase: change('element', 'key', 'element'),
  },
  sortedSet: {
    ...WALKED,
    has: op('boolean', 'element'),
    score: op('float', 'element'),
    rank: op('int', 'element', 'order'),
    range: op('list', 'offset', 'offset', 'order'),
    rangeWithScores: op('list', 'offset', 'offset', 'order'),
    countBetween: op('int', 'score', 'score'),
    add: change('boolean', 'element', 'score'),
    increase: change('float', 'element', 'score'),
    remove: change('int', 'elements'),
    popMin: change('element'),
    popMax: change('element'),
  },
  geo: {
    ...COUNTED,
    has: op('boolean', 'key'),
    add: change('int', 'key', 'place'),
    remove: change('int', 'keys'),
    position: op('list', 'key'),
    distance: op('list', 'key', 'key'),
    search: op('list', 'center', 'radius'),
  },
  stream: { ...COUNTED, append: change('int', 'entry'), latest: op('list', 'count') },
}

/** Words of programs besides the operations of fields. */
export const WORDS = [
  'when',
  'elseWhen',
  'else',
  'switchOn',
  'default',
  'and',
  'or',
  'not',
  'cond',
  'fail',
  'now',
  'keep',
  'item.remove',
  'item.put',
] as const

const TABLES: Readonly<Record<string, Readonly<Record<string, Operation>>>> = { ...SCALARS, ...COLLECTIONS }

/** The name of each operation, `kind.method`, and each word. */
export const ALL_OPERATIONS: readonly string[] = [
  ...Object.entries(TABLES).flatMap(([kind, table]) => Object.keys(table).map((method) => `${kind}.${method}`)),
  ...WORDS,
]

export function operationsOf(kind: ScalarKind | CollectionKind): Readonly<Record<string, Operation>> {
  return TABLES[kind]!
}
