// The JSON Schemas that several routes share, by the names they have in the OpenAPI document.

import type { BodyDoc, ParameterDoc, Schema } from '../routes.ts'

/** The names of the shared schemas. */
export type SchemaName =
  | 'Text'
  | 'Integer'
  | 'Score'
  | 'Ttl'
  | 'Cursor'
  | 'Argument'
  | 'Command'
  | 'Reply'
  | 'ItemError'
  | 'ItemOutcome'
  | 'Problem'
  | 'Grant'
  | 'ApiKey'

export const ref = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` })

export const listOf = (items: Schema): Schema => ({ type: 'array', items })

export const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
})

export const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  Text: {
    type: 'string',
    description: 'Text; bytes that are not UTF-8 are shown as U+FFFD unless base64 is asked for.',
  },
  Integer: { type: 'integer', description: 'All digits of a 64-bit integer; larger than 2^53 too.' },
  Score: { type: ['number', 'string'], description: 'A double; beyond JSON: "inf", "-inf", "nan".' },
  Ttl: { type: ['integer', 'null'], description: 'Milliseconds to live; null when the key does not expire.' },
  Cursor: { type: 'string', description: 'Pass it as `cursor` for the next page; "0" when the scan is complete.' },
  Argument: {
    description: 'Text, a number (its digits are kept as sent), a boolean, or bytes.',
    oneOf: [
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      {
        type: 'object',
        properties: { base64: { type: 'string' } },
        required: ['base64'],
        additionalProperties: false,
      },
    ],
  },
  Command: { type: 'array', items: { $ref: '#/components/schemas/Argument' }, minItems: 1 },
  Reply: {
    description: 'What Redis answered: text, integer, double, list, map, boolean or null.',
    type: ['string', 'number', 'boolean', 'array', 'object', 'null'],
  },
  ItemError: {
    type: 'object',
    properties: { code: { type: 'string' }, message: { type: 'string' }, status: { type: 'integer' } },
    required: ['code', 'message', 'status'],
    additionalProperties: false,
  },
  ItemOutcome: {
    description: 'The outcome of one command: a result or an error.',
    oneOf: [
      {
        type: 'object',
        properties: { result: { $ref: '#/components/schemas/Reply' } },
        required: ['result'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { error: { $ref: '#/components/schemas/ItemError' } },
        required: ['error'],
        additionalProperties: false,
      },
    ],
  },
  Problem: {
    description: 'RFC 9457.',
    type: 'object',
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string' },
      detail: { type: 'string' },
      instance: { type: 'string' },
      maybeExecuted: { type: 'boolean' },
      reason: { type: 'string' },
      done: { type: 'integer', description: 'Rows of a bulk request that were done before it failed.' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            path: { type: 'array', items: { type: ['string', 'integer'] } },
            message: { type: 'string' },
          },
          required: ['path', 'message'],
        },
      },
    },
    required: ['type', 'title', 'status', 'code', 'detail'],
  },
  Grant: {
    type: 'object',
    properties: {
      scopes: { type: 'array', items: { enum: ['read', 'write', 'pubsub', 'scripts', 'models', 'admin'] } },
      commands: { type: 'array', items: { type: 'string' } },
      keys: { type: 'array', items: { type: 'string' } },
      channels: { type: 'array', items: { type: 'string' } },
      models: { type: 'array', items: { type: 'string' } },
      databases: { oneOf: [{ const: '*' }, { type: 'array', items: { type: 'integer' } }] },
      networks: { type: 'array', items: { type: 'string' } },
      rate: {
        type: 'object',
        properties: { perSecond: { type: 'number', exclusiveMinimum: 0 }, burst: { type: 'number', minimum: 1 } },
        required: ['perSecond', 'burst'],
        additionalProperties: false,
      },
      quotaPerDay: { type: 'integer', minimum: 0 },
    },
    required: ['scopes'],
    additionalProperties: false,
  },
  ApiKey: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      name: { type: 'string' },
      grant: { $ref: '#/components/schemas/Grant' },
      createdAt: { type: 'integer' },
      expiresAt: { type: 'integer' },
      replacedBy: { type: 'string' },
    },
    required: ['id', 'name', 'grant', 'createdAt'],
    additionalProperties: false,
  },
}

/** An answer `{"name": ...}`. */
export const answer = (properties: Readonly<Record<string, Schema>>, example: unknown, about?: string): BodyDoc => ({
  schema: object(properties),
  example,
  ...(about === undefined ? {} : { about }),
})

export const ENCODING: ParameterDoc = {
  schema: { enum: ['utf8', 'base64'] },
  about: 'How strings of the answer are written.',
}

export const TTL: ParameterDoc = { schema: { type: 'integer', minimum: 1 }, about: 'Milliseconds to live.' }
export const TTL_HEADER: Readonly<Record<string, ParameterDoc>> = {
  'ochre-ttl': { ...TTL, about: 'As the parameter ttl.' },
}

export const COUNT: ParameterDoc = {
  schema: { type: 'integer', minimum: 1, maximum: 10_000 },
  about: 'About how many.',
}
export const CURSOR: ParameterDoc = {
  schema: { type: 'string' },
  about: 'From the answer before; absent for the first.',
}
export const MATCH: ParameterDoc = { schema: { type: 'string' }, about: 'A glob pattern.', example: 'user:*' }
