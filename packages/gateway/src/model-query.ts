// Queries of models, from URLs in PostgREST's spelling and from JSON, and how their rows are written.

import type { FieldSpec, ModelSpec } from '@ochre/model'
import type { Exchange } from './exchange.ts'
import { isObject, type JsonObject, type JsonValue, writeJson } from './json.ts'
import { type GatewayResponse, json } from './message.ts'
import { fieldValue, rowJson, textValue } from './model-json.ts'
import type { AnyStore } from './open-models.ts'
import { flag, integer } from './resources/value.ts'
import { textOf } from './routes.ts'
import { GatewayError } from './status.ts'

const DEFAULT_LIMIT = 100
export const MAX_LIMIT = 1000

export interface Find {
  where?: object
  orderBy?: Record<string, 'asc' | 'desc'>
  limit: number
  after?: string
  before?: string
  allowScan?: boolean
}

const RESERVED: ReadonlySet<string> = new Set([
  'order',
  'limit',
  'after',
  'before',
  'select',
  'count',
  'allowScan',
  'explain',
  'and',
  'or',
  'not.and',
  'not.or',
  'db',
])
const URL_OPERATORS: Readonly<Record<string, string>> = {
  eq: 'eq',
  neq: 'ne',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
  contains: 'contains',
  startsWith: 'startsWith',
  endsWith: 'endsWith',
  has: 'has',
}

function fieldOf(spec: ModelSpec, name: string): FieldSpec {
  const field = spec.byProperty.get(name)
  if (field === undefined)
    throw new GatewayError('BAD_REQUEST', `The model has no field ${JSON.stringify(name.slice(0, 64))}.`)
  return field
}

/** `gte.18`, `in.(a,b)`, `is.null`, `not.eq.x` on a field, as a filter. */
function urlCondition(spec: ModelSpec, name: string, text: string, depth = 8): object {
  const field = fieldOf(spec, name)
  const dot = text.indexOf('.')
  const operator = dot === -1 ? text : text.slice(0, dot)
  const operand = dot === -1 ? '' : text.slice(dot + 1)
  if (operator === 'not') {
    if (depth === 0) throw new GatewayError('BAD_REQUEST', 'not is written at most eight times.')
    return { NOT: urlCondition(spec, name, operand, depth - 1) }
  }
  const value = (item: string): unknown => textValue(field.element ?? field, item)
  if (operator === 'is' && operand === 'null') return { [name]: { isNull: true } }
  if (operator === 'is' && (operand === 'true' || operand === 'false')) return { [name]: { eq: operand === 'true' } }
  if (operator === 'in' && operand.startsWith('(') && operand.endsWith(')')) {
    const items = operand === '()' ? [] : splitList(operand.slice(1, -1))
    return { [name]: { in: items.map((item) => value(unquote(item))) } }
  }
  const known = Object.hasOwn(URL_OPERATORS, operator) ? URL_OPERATORS[operator] : undefined
  if (known === undefined || dot === -1) {
    throw new GatewayError(
      'BAD_REQUEST',
      `A filter is ${Object.keys(URL_OPERATORS).join(', ')}, in or is, a dot, and a value.`,
    )
  }
  const isText = known === 'contains' || known === 'startsWith' || known === 'endsWith'
  return { [name]: { [known]: isText ? operand : value(operand) } }
}

/** `(age.gte.18,or(name.eq.a,name.eq.b))` as a list of filters. */
function urlGroup(spec: ModelSpec, text: string, depth = 8): object[] {
  if (depth === 0 || !text.startsWith('(') || !text.endsWith(')')) {
    throw new GatewayError('BAD_REQUEST', 'and= and or= take a list in parentheses, nested at most eight deep.')
  }
  return splitList(text.slice(1, -1)).map((item) => {
    const group = /^(not\.)?(and|or)(\(.*)$/s.exec(item)
    if (group !== null) {
      const inner = { [group[2]!.toUpperCase()]: urlGroup(spec, group[3]!, depth - 1) }
      return group[1] === undefined ? inner : { NOT: inner }
    }
    const dot = item.indexOf('.')
    if (dot === -1) throw new GatewayError('BAD_REQUEST', 'An item is field.operator.value.')
    return urlCondition(spec, item.slice(0, dot), unquoteAfter(item.slice(dot + 1)))
  })
}

/** Splits at commas outside of parentheses and double quotes. */
function splitList(text: string): string[] {
  const items: string[] = []
  let start = 0
  let depth = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '\\' && isQuoted) i++
    else if (c === '"') isQuoted = !isQuoted
    else if (!isQuoted && c === '(') depth++
    else if (!isQuoted && c === ')') depth--
    else if (!isQuoted && c === ',' && depth === 0) {
      items.push(text.slice(start, i))
      start = i + 1
    }
  }
  items.push(text.slice(start))
  return items
}

const unquote = (text: string): string =>
  text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : text

/** The operand of `operator.operand`, which may be quoted. */
function unquoteAfter(text: string): string {
  const dot = text.indexOf('.')
  return dot === -1 ? text : `${text.slice(0, dot)}.${unquote(text.slice(dot + 1))}`
}

/** The whole query of a URL. */
export function urlFind(x: Exchange, spec: ModelSpec): Find {
  const conditions: object[] = []
  for (const [name, value] of x.query.pairs) {
    const text = textOf(value)
    if (name === 'and') conditions.push({ AND: urlGroup(spec, text) })
    else if (name === 'or') conditions.push({ OR: urlGroup(spec, text) })
    else if (name === 'not.and') conditions.push({ NOT: { AND: urlGroup(spec, text) } })
    else if (name === 'not.or') conditions.push({ NOT: { OR: urlGroup(spec, text) } })
    else if (!RESERVED.has(name)) conditions.push(urlCondition(spec, name, text))
  }
  const find: Find = { limit: x.query.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT }
  if (conditions.length > 0) find.where = conditions.length === 1 ? conditions[0]! : { AND: conditions }
  const order = x.query.text('order')
  if (order !== undefined) {
    find.orderBy = {}
    for (const item of order.split(',')) {
      const [name = '', direction = 'asc', ...rest] = item.split('.')
      fieldOf(spec, name)
      if ((direction !== 'asc' && direction !== 'desc') || rest.length > 0)
        throw new GatewayError('BAD_REQUEST', 'The order is field.asc or field.desc.')
      find.orderBy[name] = direction
    }
  }
  const [after, before] = [x.query.text('after'), x.query.text('before')]
  for (const [name, cursor] of [
    ['after', after],
    ['before', before],
  ] as const) {
    if (cursor === '') throw new GatewayError('BAD_REQUEST', `The query parameter ${name} is a cursor.`)
    if (cursor !== undefined) find[name] = cursor
  }
  if (x.query.flag('allowScan')) find.allowScan = true
  return find
}

/** A filter of JSON with its operands as values of the fields. */
export function filterOf(spec: ModelSpec, value: JsonValue, depth = 16): object {
  if (!isObject(value) || depth === 0)
    throw new GatewayError('BAD_REQUEST', 'A filter is an object, nested at most sixteen deep.')
  const filter: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const wanted = value[name]!
    if (name === 'AND' || name === 'OR') {
      if (!Array.isArray(wanted)) throw new GatewayError('BAD_REQUEST', `${name} takes a list of filters.`)
      filter[name] = wanted.map((item) => filterOf(spec, item, depth - 1))
    } else if (name === 'NOT') filter.NOT = filterOf(spec, wanted, depth - 1)
    else filter[name] = operandsOf(fieldOf(spec, name), wanted)
  }
  return filter
}

function operandsOf(field: FieldSpec, wanted: JsonValue): unknown {
  if (!isObject(wanted) || field.kind === 'json') return fieldValue(field, wanted)
  const operators: Record<string, unknown> = {}
  for (const operator of Object.keys(wanted)) {
    const operand = wanted[operator]!
    const item = field.element ?? field
    const isList = operator === 'in' || operator === 'notIn' || operator === 'between'
    if (isList) operators[operator] = Array.isArray(operand) ? operand.map((one) => fieldValue(item, one)) : operand
    else if (operator === 'isNull') operators[operator] = flag(wanted, operator)
    else operators[operator] = fieldValue(item, operand)
  }
  return operators
}

export function bodyFind(spec: ModelSpec, body: JsonObject): Find {
  const find: Find = { limit: integer(body, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT }
  if (body.where !== undefined) find.where = filterOf(spec, body.where)
  if (body.orderBy !== undefined) {
    if (!isObject(body.orderBy)) throw new GatewayError('BAD_REQUEST', 'orderBy is {"field": "asc" or "desc"}.')
    find.orderBy = {}
    for (const name of Object.keys(body.orderBy)) {
      const direction = body.orderBy[name]
      fieldOf(spec, name)
      if (direction !== 'asc' && direction !== 'desc')
        throw new GatewayError('BAD_REQUEST', 'orderBy is {"field": "asc" or "desc"}.')
      find.orderBy[name] = direction
    }
  }
  for (const name of ['after', 'before'] as const) {
    const cursor = body[name]
    if (cursor === undefined) continue
    if (typeof cursor !== 'string' || cursor === '')
      throw new GatewayError('BAD_REQUEST', `The member ${name} is a cursor.`)
    find[name] = cursor
  }
  if (flag(body, 'allowScan')) find.allowScan = true
  return find
}

/** Runs a query and writes its page: rows, cursors, and the count or plan when asked for. */
export async function page(
  store: AnyStore,
  find: Find,
  want: { readonly select?: readonly string[] | undefined; readonly count: boolean; readonly explain: boolean },
): Promise<GatewayResponse> {
  // The filter's types are known only at run time; the model checks every part of it.
  const query = store.find(find as never)
  if (want.explain) return json(200, `{"plan":${writeJson(await query.explain())}}`)
  const chosen = want.select === undefined ? query : query.select(...(want.select as never[]))
  const [rows, count] = await Promise.all([chosen.page(), want.count ? query.count() : undefined])
  const list = rows.map((row) => rowJson(store.spec, row as object)).join(',')
  const total = count === undefined ? '' : `,"count":${count}`
  const body = `{"rows":[${list}],"next":${JSON.stringify(rows.next)},"previous":${JSON.stringify(rows.previous)}${total}}`
  return json(200, body)
}

/**
 * The rows for a reader of lines: every one that matches as it is read, or as many as the URL asks for. Rejects when the
 * query is refused, before there is a row.
 */
export async function rowsOf(
  x: Exchange,
  store: AnyStore,
  find: Find,
  select: readonly string[] | undefined,
): Promise<Iterable<object> | AsyncIterable<object>> {
  if (find.before !== undefined || x.query.flag('count') || x.query.flag('explain'))
    throw new GatewayError('BAD_REQUEST', 'The query parameters before, count and explain are for pages of JSON.')
  const { limit: _, ...unlimited } = find
  const isLimited = x.query.text('limit') !== undefined
  const query = store.find((isLimited ? find : unlimited) as never)
  const chosen = select === undefined ? query : query.select(...(select as never[]))
  if (isLimited) return chosen.page() as Promise<Iterable<object>>
  await store.find({ ...find, limit: 1 } as never).ids()
  return chosen.stream() as AsyncIterable<object>
}

/** Rows as they come, one JSON document per line. */
export async function* ndjson(spec: ModelSpec, rows: Iterable<object> | AsyncIterable<object>): AsyncGenerator<string> {
  let chunk = ''
  for await (const row of rows) {
    chunk += `${rowJson(spec, row)}\n`
    if (chunk.length > 64 * 1024) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
