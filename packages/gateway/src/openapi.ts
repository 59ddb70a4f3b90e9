// The OpenAPI 3.1 document, made from the route table and the models and from nothing else, so that it cannot say anything
// that the router does not do.

import type { ModelSpec } from '@ochre/model'
import { modelSchemas } from './model-json.ts'
import { SCHEMAS } from './resources/schemas.ts'
import type { BodyDoc, Handler, ParameterDoc, Route, Schema } from './routes.ts'
import { statusOf } from './status.ts'

type Json = Record<string, unknown>

/** Refusals that every route with a credential may answer. */
const SHARED_ERRORS = [
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'NOT_PERMITTED',
  'NOT_ACCEPTABLE',
  'RATE_LIMITED',
  'CONNECTION_LOST',
  'TIMEOUT',
  'PROTOCOL',
  'INTERNAL',
]

/** And those that any body may meet. */
const BODY_ERRORS = ['BAD_JSON', 'TOO_LARGE', 'UNSUPPORTED_CODING']

/** And those that any write may meet, by its Idempotency-Key or because Redis is full. */
const WRITE_ERRORS = ['CONFLICT', 'IDEMPOTENCY_MISMATCH', 'OOM']

export interface OpenapiOptions {
  readonly routes: readonly Route<Handler>[]
  readonly models: readonly ModelSpec[]
  readonly version: string
  /** Where the API is; default: where the document came from. */
  readonly url?: string | undefined
}

/** The document as a plain object. */
export function openapi(options: OpenapiOptions): Json {
  const paths: Record<string, Json> = {}
  const tags = new Set<string>()
  for (const route of options.routes) {
    if (route.doc.hidden === true) continue
    for (const one of route.path.includes('{model}')
      ? options.models.map((model) => concrete(route, model))
      : [route]) {
      paths[one.path] ??= {}
      paths[one.path]![one.method.toLowerCase()] = operation(one)
      tags.add(one.doc.tag)
    }
  }
  const schemas: Record<string, Schema> = { ...SCHEMAS }
  for (const model of options.models) {
    const { row, insert, patch } = modelSchemas(model)
    schemas[`${model.name}.row`] = row
    schemas[`${model.name}.insert`] = insert
    schemas[`${model.name}.patch`] = patch
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ochre',
      version: options.version,
      description:
        'Redis, and models on Redis, over HTTP. A path parameter may be written as `~` and given in the query instead, and the last one may be left out: that way every key is addressable.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: options.url ?? '/' }],
    tags: [...tags].map((name) => ({ name })),
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, a sealed token of a Redis ACL user, or a JWT.',
        },
      },
      schemas,
    },
  }
}

/** Which schema of the model stands for the rows of a route's bodies and answers. */
const MODEL_BODIES: Readonly<Record<string, 'insert' | 'patch'>> = {
  createRow: 'insert',
  replaceRow: 'patch',
  updateRow: 'patch',
}

/** A route of all models as the route of one. */
function concrete(route: Route<Handler>, model: ModelSpec): Route<Handler> {
  const { doc } = route
  const schema = (part: string): Schema => ({ $ref: `#/components/schemas/${model.name}.${part}` })
  const isRow = (answer: BodyDoc): boolean =>
    JSON.stringify(answer.schema) === '{"type":"object"}' && answer.type === undefined
  const answers = Object.fromEntries(
    Object.entries(doc.answers).map(([status, answer]) => {
      if (!isRow(answer)) return [status, answer]
      const { example: _, ...rest } = answer
      const values = { type: 'object', properties: { values: { type: 'object' } }, required: ['values'] }
      return [status, { ...rest, schema: doc.id === 'getRow' ? { oneOf: [schema('row'), values] } : schema('row') }]
    }),
  )
  const part = MODEL_BODIES[doc.id]
  const { body, ...rest } = doc
  const shown = part === undefined ? body : { schema: schema(part) }
  return {
    ...route,
    path: route.path.replace('{model}', model.name),
    doc: {
      ...rest,
      id: `${doc.id}.${model.name}`,
      tag: `model ${model.name}`,
      answers,
      ...(shown === undefined ? {} : { body: shown }),
    },
  }
}

function operation(route: Route<Handler>): Json {
  const { doc } = route
  const parameters: Json[] = []
  for (const [, name] of route.path.matchAll(/\{(\w+)\*?\}/g)) {
    parameters.push({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      description: 'Percent-encoded; any bytes.',
    })
  }
  for (const [name, parameter] of Object.entries(doc.query ?? {}))
    parameters.push(parameterJson(name, 'query', parameter))
  if (doc.takesDatabase === true) {
    parameters.push(
      parameterJson('db', 'query', { schema: { type: 'integer', minimum: 0 }, about: 'The logical database.' }),
    )
  }
  if (doc.queryToken === true) {
    parameters.push(
      parameterJson('_token', 'query', { about: 'The key, for callers that cannot send it as a header.' }),
    )
  }
  for (const [name, parameter] of Object.entries(doc.headers ?? {})) {
    // OpenAPI describes these by other means and ignores parameters of their names.
    if (name !== 'accept') parameters.push(parameterJson(name, 'header', parameter))
  }
  if (route.method !== 'GET' && doc.open !== true) {
    parameters.push(
      parameterJson('idempotency-key', 'header', { about: 'A write that is sent again with it happens once.' }),
    )
  }
  const bodies = doc.body === undefined ? [] : 'length' in doc.body ? doc.body : [doc.body]
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.about === undefined ? {} : { description: doc.about }),
    ...(doc.open === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(bodies.length === 0 ? {} : { requestBody: { content: Object.fromEntries(bodies.map(contentOf)) } }),
    responses: responses(route),
  }
}

function parameterJson(name: string, where: string, parameter: ParameterDoc): Json {
  return {
    name,
    in: where,
    schema: parameter.schema ?? { type: 'string' },
    ...(parameter.required === true ? { required: true } : {}),
    ...(parameter.about === undefined ? {} : { description: parameter.about }),
    ...(parameter.example === undefined ? {} : { example: parameter.example }),
  }
}

function contentOf(body: BodyDoc): [string, Json] {
  return [
    body.type ?? 'application/json',
    { schema: body.schema ?? {}, ...(body.example === undefined ? {} : { example: body.example }) },
  ]
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created.',
  204: 'Done.',
  206: 'A part.',
  304: 'Unchanged.',
}

function responses(route: Route<Handler>): Json {
  const { doc } = route
  const out: Record<string, Json> = {}
  for (const [status, answer] of Object.entries(doc.answers)) {
    const headers = Object.entries(answer.headers ?? {}).map(([name, about]) => [
      name,
      { description: about, schema: { type: 'string' } },
    ])
    out[status] = {
      description: answer.about ?? REASONS[Number(status)] ?? 'Done.',
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      ...(answer.schema === undefined
        ? {}
        : { content: Object.fromEntries([answer, ...(answer.also ?? [])].map(contentOf)) }),
    }
  }
  const byStatus = new Map<number, string[]>()
  const isRead = route.method === 'GET' && doc.writesByGet !== true
  const codes = [
    ...(doc.open === true ? ['NOT_ACCEPTABLE'] : SHARED_ERRORS),
    ...(doc.open === true || isRead ? [] : WRITE_ERRORS),
    ...(doc.body === undefined ? [] : BODY_ERRORS),
    // A read that knows If-None-Match knows If-Match.
    ...(isRead && doc.headers?.['if-none-match'] !== undefined ? ['PRECONDITION_FAILED'] : []),
    ...(doc.errors ?? []),
  ]
  for (const code of new Set(codes)) {
    const { status } = statusOf(code)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const isUpstash = doc.tag === 'upstash'
  for (const [status, codes] of [...byStatus].sort((a, b) => a[0] - b[0])) {
    out[status] = {
      description: isUpstash ? 'Refused.' : `Codes: ${codes.join(', ')}.`,
      content: isUpstash
        ? {
            'application/json': {
              schema: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] },
            },
          }
        : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return out
}
