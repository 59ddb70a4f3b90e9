// Models over HTTP: rows, queries by URL and by JSON, atomic programs, bulk in and out as NDJSON. Everything a route does
// goes through the same verbs that code uses, so rows, indexes and uniques can never disagree.

import { ConflictError, type ModelSpec, versionOf } from '@ochre/model'
import { OchreError } from '@ochre/protocol'
import { conditional, tagsIn } from './etag.ts'
import type { Exchange } from './exchange.ts'
import { isObject, type JsonObject, writeJson } from './json.ts'
import { preferredType } from './media-types.ts'
import { type GatewayResponse, json } from './message.ts'
import { bulk } from './model-bulk.ts'
import { modelSchemas, patchValue, rowJson, rowValue, textValue } from './model-json.ts'
import { bodyFind, filterOf, MAX_LIMIT, ndjson, page, rowsOf, urlFind } from './model-query.ts'
import type { AnyStore, OpenModels } from './open-models.ts'
import { replay } from './program-json.ts'
import { listOf, object, TTL_HEADER } from './resources/schemas.ts'
import { flag, ttlBeside } from './resources/value.ts'
import { type Handler, type Route, type Schema, textOf } from './routes.ts'
import { GatewayError } from './status.ts'

/** The id in the path as the model's id. */
function idOf(x: Exchange, spec: ModelSpec): never {
  const text = textOf(x.param('id'))
  const id = spec.id.kind === 'string' ? text : textValue(spec.id, text)
  // The model's own types know the id's type; here it is only known at run time, and the model checks it.
  return id as never
}

const tagOf = (row: object): string => `"v${versionOf(row)}"`

function rowAnswer(spec: ModelSpec, row: object, status = 200, headers: Record<string, string> = {}): GatewayResponse {
  return json(status, rowJson(spec, row), { etag: tagOf(row), ...headers })
}

/** The version that If-Match requires; of several, the one that the row has. */
async function versionIn(x: Exchange, store: AnyStore, id: never): Promise<{ ifVersion?: number }> {
  const match = tagsIn(x.request, 'if-match')
  if (match === undefined || match === '*') return {}
  // A weak tag, or one that is none of ours, matches no row.
  const versions = match.flatMap(({ value, isWeak }) =>
    !isWeak && /^v\d{1,15}$/.test(value) ? Number(value.slice(1)) : [],
  )
  if (versions.length === 1) return { ifVersion: versions[0]! }
  const row = versions.length === 0 ? null : await store.get(id)
  const version = row === null ? undefined : versionOf(row)
  if (version === undefined || !versions.includes(version)) {
    throw new GatewayError('PRECONDITION_FAILED', 'The row has none of the versions of If-Match.')
  }
  return { ifVersion: version }
}

function ttlIn(x: Exchange): { ttl?: number } {
  const ttl = ttlBeside(x, Number.MAX_SAFE_INTEGER)
  return ttl === undefined ? {} : { ttl }
}

const noRow = (): GatewayError => new GatewayError('NOT_FOUND', 'There is no such row.')

/** Guarded writes answer 412 where the row is not as required, as HTTP has it; without a guard it stays a conflict. */
async function guarded<T>(x: Exchange, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof ConflictError && x.header('if-match') !== undefined) {
      throw new GatewayError('PRECONDITION_FAILED', 'The row has another version than If-Match requires.')
    }
    const isThere = error instanceof OchreError && error.code === 'ALREADY_EXISTS'
    if (isThere && x.header('if-none-match') !== undefined) {
      throw new GatewayError(
        'PRECONDITION_FAILED',
        'The row exists already, and If-None-Match requires that it does not.',
      )
    }
    throw error
  }
}

/** The callback of `atomic` for a program of JSON. */
function programOf(spec: ModelSpec, program: JsonObject): (row: object) => unknown {
  return (row) => replay(spec, program, row)
}

// Routes

const FORMS = ['application/json', 'application/x-ndjson', 'application/schema+json']
const INTEGER = { type: 'integer' }
const CURSOR = { type: ['string', 'null'] }
const ROW: Schema = { type: 'object' }
const PAGE = object({ rows: listOf(ROW), next: CURSOR, previous: CURSOR, count: INTEGER, plan: {} }, [
  'rows',
  'next',
  'previous',
  'count',
  'plan',
])
const PROGRAM: Schema = {
  type: 'object',
  properties: { steps: { type: 'array' }, return: {} },
  additionalProperties: false,
}
const OUTCOME = object({
  done: INTEGER,
  failed: INTEGER,
  failures: listOf({ type: 'object' }),
})
const MATCH = { where: { type: 'object' }, allowScan: { type: 'boolean' } }
const tag = 'models'
const path = '/v1/models/{model}'
const TTL = { ttl: { schema: INTEGER, about: 'Milliseconds to live, for models whose rows expire.' } }
const IF_MATCH = { 'if-match': { about: 'The ETag that the row must have.' } }
const ETAG = { etag: 'The version of the row.' }

/** The routes of models. */
export function modelRoutes(models: OpenModels): readonly Route<Handler>[] {
  return [
    {
      method: 'GET',
      path: '/v1/models',
      handle: (x) =>
        json(
          200,
          JSON.stringify({
            models: models.names.filter((name) => x.principal.rules.allowsModel(name)),
          }),
        ),
      doc: {
        id: 'listModels',
        tag,
        summary: 'Names of the models',
        answers: { 200: { schema: object({ models: listOf({ type: 'string' }) }), example: { models: ['user'] } } },
      },
    },
    {
      method: 'GET',
      path,
      handle: async (x) => {
        const store = await models.of(x, 'find', false, 5)
        const type = preferredType(x.header('accept'), FORMS)
        if (type === 'application/schema+json') return schemaAnswer(store.spec)
        const find = urlFind(x, store.spec)
        const select = x.query.text('select')?.split(',')
        if (type === 'application/x-ndjson') {
          const rows = await rowsOf(x, store, find, select)
          return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: ndjson(store.spec, rows) }
        }
        return page(store, find, { select, count: x.query.flag('count'), explain: x.query.flag('explain') })
      },
      doc: {
        id: 'findRows',
        tag,
        anyQuery: true,
        takesDatabase: true,
        summary: 'Find rows',
        about:
          'Every other query parameter is a condition on a field: `age=gte.18`, `status=in.(a,b)`, `name=not.eq.x`, `email=is.null`, `or=(age.lt.18,age.gt.65)`. With `Accept: application/x-ndjson` all rows that match, or `limit` of them, one per line. With `Accept: application/schema+json` the schema.',
        query: {
          order: { about: 'Fields to order by, such as age.desc,name.asc.' },
          limit: { schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT }, about: 'Rows per page; default 100.' },
          after: { about: 'The cursor `next` of an earlier page.' },
          before: { about: 'The cursor `previous` of an earlier page.' },
          select: { about: 'Only these fields, separated by commas.' },
          count: { schema: { type: 'boolean' }, about: 'Also count all rows that match.' },
          allowScan: { schema: { type: 'boolean' }, about: 'Allow conditions that no index serves.' },
          explain: { schema: { type: 'boolean' }, about: 'The plan instead of the rows.' },
        },
        answers: {
          200: {
            also: [
              { type: 'application/x-ndjson', schema: { type: 'string' } },
              { type: 'application/schema+json', schema: { type: 'object' } },
            ],
            schema: PAGE,
            example: { rows: [{ id: '1', name: 'Ada' }], next: null, previous: null },
          },
        },
        errors: ['NOT_FOUND', 'UNINDEXED_QUERY', 'USAGE'],
      },
    },
    {
      method: 'POST',
      path,
      handle: async (x) => {
        const store = await models.of(x, 'create', true, 2)
        const { spec } = store
        const data = rowValue(spec, await x.json())
        const row = x.query.flag('upsert')
          ? await store.upsert(data as never, ttlIn(x))
          : await store.create(data as never, ttlIn(x))
        return rowAnswer(spec, row, x.query.flag('upsert') ? 200 : 201, {
          location: models.pathOf(x.caller, spec, row),
        })
      },
      doc: {
        id: 'createRow',
        tag,
        takesDatabase: true,
        summary: 'Create a row',
        query: {
          ...TTL,
          upsert: { schema: { type: 'boolean' }, about: 'Write the given fields when the row exists.' },
        },
        headers: TTL_HEADER,
        body: { schema: ROW, example: { name: 'Ada' } },
        answers: {
          200: { schema: ROW, example: { id: '1', name: 'Ada' }, about: 'Written (upsert).', headers: ETAG },
          201: {
            schema: ROW,
            example: { id: '1', name: 'Ada' },
            headers: { ...ETAG, location: 'The path of the row.' },
          },
        },
        errors: ['NOT_FOUND', 'VALIDATION', 'ALREADY_EXISTS', 'UNIQUE_VIOLATION'],
      },
    },
    {
      method: 'GET',
      path: `${path}/schema`,
      handle: async (x) => schemaAnswer((await models.of(x, 'schema', false, 1)).spec),
      doc: {
        id: 'getModelSchema',
        tag,
        summary: 'The JSON Schemas of a model',
        answers: { 200: { type: 'application/schema+json', schema: { type: 'object' }, example: { title: 'user' } } },
        errors: ['NOT_FOUND'],
      },
    },
    {
      method: 'POST',
      path: `${path}/query`,
      handle: async (x) => {
        const store = await models.of(x, 'find', false, 5)
        const body = await x.object([
          'where',
          'orderBy',
          'limit',
          'after',
          'before',
          'select',
          'count',
          'allowScan',
          'explain',
        ])
        const { select } = body
        if (select !== undefined && !(Array.isArray(select) && select.every((name) => typeof name === 'string'))) {
          throw new GatewayError('BAD_REQUEST', 'select is a list of fields.')
        }
        return page(store, bodyFind(store.spec, body), {
          select: select as string[] | undefined,
          count: flag(body, 'count'),
          explain: flag(body, 'explain'),
        })
      },
      doc: {
        id: 'queryRows',
        tag,
        takesDatabase: true,
        summary: 'Find rows by a JSON query',
        about: 'Operators: eq ne gt gte lt lte between in notIn isNull contains startsWith endsWith has; AND, OR, NOT.',
        body: {
          schema: object(
            {
              where: { type: 'object' },
              orderBy: { type: 'object', additionalProperties: { enum: ['asc', 'desc'] } },
              limit: INTEGER,
              after: { type: 'string' },
              before: { type: 'string' },
              select: listOf({ type: 'string' }),
              count: { type: 'boolean' },
              allowScan: { type: 'boolean' },
              explain: { type: 'boolean' },
            },
            ['where', 'orderBy', 'limit', 'after', 'before', 'select', 'count', 'allowScan', 'explain'],
          ),
          example: { where: { age: { gte: 18 } }, orderBy: { age: 'desc' }, limit: 20 },
        },
        answers: { 200: { schema: PAGE, example: { rows: [{ id: '1', name: 'Ada' }], next: null, previous: null } } },
        errors: ['NOT_FOUND', 'UNINDEXED_QUERY', 'USAGE'],
      },
    },
    {
      method: 'POST',
      path: `${path}/bulk`,
      handle: async (x) => {
        const operation = x.query.text('operation') ?? 'create'
        if (operation !== 'create' && operation !== 'update' && operation !== 'delete') {
          throw new GatewayError('BAD_REQUEST', 'The operation is create, update or delete.')
        }
        const ttl = ttlIn(x)
        if (operation !== 'create' && ttl.ttl !== undefined)
          throw new GatewayError('BAD_REQUEST', 'Only rows that are created take a ttl.')
        const store = await models.of(x, `bulk ${operation}`, true, 20)
        return bulk(x, store, operation, ttl, (cost) => models.spend(x.caller, cost))
      },
      doc: {
        id: 'bulkRows',
        tag,
        takesDatabase: true,
        summary: 'Create, update or delete many rows',
        about:
          'The body is a JSON list, or NDJSON (`application/x-ndjson`) that is processed as it arrives, of any length. A row that is refused does not hold up the others; the first thousand refusals are told. In an update null makes an optional field absent; only rows that are created take a `ttl`.',
        query: { operation: { schema: { enum: ['create', 'update', 'delete'] }, about: 'Default create.' }, ...TTL },
        headers: TTL_HEADER,
        body: [
          { schema: listOf({}), example: [{ name: 'Ada' }, { name: 'Alan' }] },
          { type: 'application/x-ndjson', schema: { type: 'string' } },
        ],
        answers: { 200: { schema: OUTCOME, example: { done: 2, failed: 0, failures: [] } } },
        errors: ['NOT_FOUND'],
      },
    },
    {
      method: 'POST',
      path: `${path}/update-where`,
      handle: async (x) => {
        const store = await models.of(x, 'updateWhere', true, 20)
        const body = await x.object(['where', 'allowScan', 'program'])
        if (!isObject(body.program)) throw new GatewayError('BAD_REQUEST', 'The member program is a program.')
        const program = programOf(store.spec, body.program)
        return json(200, JSON.stringify(await store.updateWhere(matchOf(store.spec, body) as never, program as never)))
      },
      doc: {
        id: 'updateRowsWhere',
        tag,
        takesDatabase: true,
        summary: 'Run a program on every row that matches',
        body: {
          schema: object({ ...MATCH, program: PROGRAM }, ['allowScan']),
          example: { where: { status: 'new' }, program: { steps: [['status', 'set', 'seen']] } },
        },
        answers: { 200: { schema: object({ updated: INTEGER }), example: { updated: 3 } } },
        errors: ['NOT_FOUND', 'UNINDEXED_QUERY', 'PROGRAM_FAILED', 'USAGE'],
      },
    },
    {
      method: 'POST',
      path: `${path}/delete-where`,
      handle: async (x) => {
        const store = await models.of(x, 'deleteWhere', true, 20)
        const body = await x.object(['where', 'allowScan'])
        return json(200, JSON.stringify(await store.deleteWhere(matchOf(store.spec, body) as never)))
      },
      doc: {
        id: 'deleteRowsWhere',
        tag,
        takesDatabase: true,
        summary: 'Delete every row that matches',
        body: { schema: object(MATCH, ['allowScan']), example: { where: { status: 'old' } } },
        answers: { 200: { schema: object({ deleted: INTEGER }), example: { deleted: 3 } } },
        errors: ['NOT_FOUND', 'UNINDEXED_QUERY', 'USAGE'],
      },
    },
    {
      method: 'GET',
      path: `${path}/{id}`,
      handle: async (x) => {
        const store = await models.of(x, 'get', false, 1)
        const paths = x.query.all('path').map(textOf)
        const id = idOf(x, store.spec)
        if (paths.length > 0) {
          x.caller.repeats = true
          const values = await store.extract(id, paths)
          return json(
            200,
            `{"values":${writeJson(Object.fromEntries(paths.map((one, i) => [one, values[i] ?? null])), 'base64')}}`,
          )
        }
        const row = await store.get(id)
        if (row === null) throw noRow()
        return conditional(x.request, rowAnswer(store.spec, row))
      },
      doc: {
        id: 'getRow',
        tag,
        takesDatabase: true,
        summary: 'Read a row',
        about: 'With `path` (repeated) only those places, collections included: `path=profile.tags[0]`, `path=tags`.',
        query: { path: { about: 'A place to read; may be repeated.' } },
        headers: { 'if-none-match': { about: 'Answers 304 when the row still has this ETag.' } },
        answers: {
          200: { schema: ROW, example: { id: '1', name: 'Ada' }, headers: ETAG },
          304: { about: 'Unchanged.' },
        },
        errors: ['NOT_FOUND'],
      },
    },
    {
      method: 'PATCH',
      path: `${path}/{id}`,
      handle: async (x) => {
        const store = await models.of(x, 'update', true, 2)
        const patch = patchValue(store.spec, await x.json())
        const id = idOf(x, store.spec)
        return rowAnswer(
          store.spec,
          await guarded(x, async () =>
            store.update(id, patch as never, { ...(await versionIn(x, store, id)), ...ttlIn(x) }),
          ),
        )
      },
      doc: {
        id: 'updateRow',
        tag,
        takesDatabase: true,
        summary: 'Change fields of a row',
        about: 'null makes an optional field absent. A collection is replaced as a whole; to change it, use atomic.',
        query: TTL,
        headers: { ...IF_MATCH, ...TTL_HEADER },
        body: { schema: ROW, example: { name: 'Ada' } },
        answers: { 200: { schema: ROW, example: { id: '1', name: 'Ada' }, headers: ETAG } },
        errors: ['NOT_FOUND', 'VALIDATION', 'UNIQUE_VIOLATION', 'PRECONDITION_FAILED'],
      },
    },
    {
      method: 'PUT',
      path: `${path}/{id}`,
      handle: async (x) => {
        const store = await models.of(x, 'replace', true, 2)
        const id: unknown = idOf(x, store.spec)
        const { id: sent = id, ...fields } = rowValue(store.spec, await x.json())
        if (sent !== id) throw new GatewayError('BAD_REQUEST', 'The row in the body has another id than the path.')
        const data = { ...fields, id }
        const noneMatch = tagsIn(x.request, 'if-none-match')
        if (noneMatch !== undefined) {
          if (noneMatch !== '*')
            throw new GatewayError('BAD_REQUEST', 'On a write, If-None-Match is only supported with *.')
          return rowAnswer(store.spec, await guarded(x, () => store.create(data as never, ttlIn(x))), 201)
        }
        return rowAnswer(
          store.spec,
          await guarded(x, async () =>
            store.replace(data as never, { ...(await versionIn(x, store, id as never)), ...ttlIn(x) }),
          ),
        )
      },
      doc: {
        id: 'replaceRow',
        tag,
        takesDatabase: true,
        summary: 'Replace a row',
        about: 'With `If-None-Match: *` the row is created instead, and must not exist.',
        query: TTL,
        headers: { ...IF_MATCH, 'if-none-match': { about: '* to create.' }, ...TTL_HEADER },
        body: { schema: ROW, example: { name: 'Ada' } },
        answers: {
          200: { schema: ROW, example: { id: '1', name: 'Ada' }, headers: ETAG },
          201: { schema: ROW, example: { id: '1', name: 'Ada' }, headers: ETAG },
        },
        errors: ['NOT_FOUND', 'VALIDATION', 'UNIQUE_VIOLATION', 'ALREADY_EXISTS', 'PRECONDITION_FAILED'],
      },
    },
    {
      method: 'DELETE',
      path: `${path}/{id}`,
      handle: async (x) => {
        const store = await models.of(x, 'delete', true, 2)
        const id = idOf(x, store.spec)
        if (!(await guarded(x, async () => store.delete(id, await versionIn(x, store, id))))) throw noRow()
        return { status: 204, headers: {}, body: null }
      },
      doc: {
        id: 'deleteRow',
        tag,
        takesDatabase: true,
        summary: 'Delete a row',
        headers: IF_MATCH,
        answers: { 204: { about: 'Deleted.' } },
        errors: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      },
    },
    {
      method: 'POST',
      path: `${path}/{id}/atomic`,
      handle: async (x) => {
        const store = await models.of(x, 'atomic', true, 3)
        const program = await x.object(['steps', 'return'])
        x.caller.repeats = true
        const id = idOf(x, store.spec)
        const result = await store.atomic(id, programOf(store.spec, program) as never)
        return json(200, `{"result":${result === undefined ? 'null' : writeJson(result, 'base64')}}`)
      },
      doc: {
        id: 'runProgram',
        tag,
        takesDatabase: true,
        summary: 'Change a row atomically',
        about:
          'A program: steps `[field, operation, ...arguments]`, `{"when", "do", "else"}`, `{"switch", "cases", "default"}`, `{"each", "as", "do"}`, `{"let", "be"}`, `{"fail"}`; and what to return. It runs in one script: all of it or nothing.',
        body: {
          schema: PROGRAM,
          example: {
            steps: [['score', 'add', 10], { when: { score: { gte: 100 } }, do: [['badges', 'add', 'high']] }],
            return: { score: ['score'] },
          },
        },
        answers: { 200: { schema: object({ result: {} }), example: { result: { score: 110 } } } },
        errors: ['NOT_FOUND', 'PROGRAM_FAILED', 'UNIQUE_VIOLATION', 'VALIDATION', 'USAGE'],
      },
    },
  ]
}

function matchOf(spec: ModelSpec, body: JsonObject): { where?: object; allowScan?: boolean } {
  if (body.where === undefined)
    throw new GatewayError('BAD_REQUEST', 'The member where says which rows; {} is all of them.')
  const where = filterOf(spec, body.where)
  return {
    ...(Object.keys(where).length === 0 ? {} : { where }),
    ...(flag(body, 'allowScan') ? { allowScan: true } : {}),
  }
}

function schemaAnswer(spec: ModelSpec): GatewayResponse {
  const { row, insert, patch } = modelSchemas(spec)
  const indexes = [...spec.indexes, ...spec.uniques].map(({ type, name, columns }) => ({
    type,
    name,
    columns: columns.map(({ field, desc }) => ({ field: field.property, order: desc ? 'desc' : 'asc' })),
  }))
  const body = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: spec.name,
    ...(row as object),
    $defs: { insert, patch },
    'x-ochre-indexes': indexes,
  }
  return json(200, JSON.stringify(body), { 'content-type': 'application/schema+json' })
}
