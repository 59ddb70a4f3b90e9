// API keys over HTTP: make, list, rotate, revoke; and what the present credential is.

import { UsageError } from '@ochre/protocol'
import type { ApiKey, ApiKeys } from '../api-keys.ts'
import type { Exchange } from '../exchange.ts'
import { grantOf } from '../grant.ts'
import { type JsonObject, plainJson } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import { type Grant, hasAllRights } from '../principal.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { listOf, object, ref } from './schemas.ts'
import { integer, NO_CONTENT } from './value.ts'

/** A grant from a body. Throws BAD_REQUEST naming the field that is wrong. */
function grantIn(body: JsonObject): Grant {
  try {
    return grantOf(body.grant === undefined ? undefined : plainJson(body.grant)).grant
  } catch (error) {
    if (error instanceof UsageError) throw new GatewayError('BAD_REQUEST', error.message)
    throw error
  }
}

/** Managing keys is giving rights away, so it needs all of them. */
function requireAll(x: Exchange): void {
  if (hasAllRights(x.principal)) {
    x.caller.managed = true
    return
  }
  throw new GatewayError('NOT_PERMITTED', 'Managing API keys needs the root key, or a key with all rights.')
}

const made = ({ key, record }: { key: string; record: ApiKey }): GatewayResponse =>
  json(201, JSON.stringify({ key, ...record }))

const MADE = {
  schema: {
    type: 'object',
    properties: {
      key: { type: 'string' },
      id: { type: 'string' },
      name: { type: 'string' },
      grant: ref('Grant'),
      createdAt: { type: 'integer' },
      expiresAt: { type: 'integer' },
    },
    required: ['key', 'id', 'name', 'grant', 'createdAt'],
    additionalProperties: false,
  },
  about: 'The text of the key is shown here and never again.',
  example: {
    key: 'och_0123456789ab_secret',
    id: '0123456789ab',
    name: 'web',
    grant: { scopes: ['read'], keys: ['app:*'] },
    createdAt: 1_700_000_000_000,
  },
}
const EXAMPLE = {
  id: '0123456789ab',
  name: 'web',
  grant: { scopes: ['read'], keys: ['app:*'] },
  createdAt: 1_700_000_000_000,
}
const tag = 'credentials'

export function apiKeyRoutes(keys: ApiKeys, forget: () => void): readonly Route<Handler>[] {
  return [
    {
      method: 'GET',
      path: '/v1/whoami',
      handle: (x) => {
        const { id, kind, grant, expiresAt } = x.principal
        return json(200, JSON.stringify({ id, kind, grant, ...(expiresAt === undefined ? {} : { expiresAt }) }))
      },
      doc: {
        id: 'whoami',
        tag,
        summary: 'What this credential is and may do',
        answers: {
          200: {
            schema: object(
              {
                id: { type: 'string' },
                kind: { enum: ['root', 'key', 'jwt', 'acl'] },
                grant: ref('Grant'),
                expiresAt: { type: 'integer' },
              },
              ['expiresAt'],
            ),
            example: { id: '0123456789ab', kind: 'key', grant: { scopes: ['read'], keys: ['app:*'] } },
          },
        },
      },
    },
    {
      method: 'GET',
      path: '/v1/keys',
      handle: async (x) => {
        requireAll(x)
        return json(200, JSON.stringify({ keys: await keys.list() }))
      },
      doc: {
        id: 'listApiKeys',
        tag,
        summary: 'List API keys',
        answers: { 200: { schema: object({ keys: listOf(ref('ApiKey')) }), example: { keys: [EXAMPLE] } } },
      },
    },
    {
      method: 'POST',
      path: '/v1/keys',
      handle: async (x) => {
        requireAll(x)
        const body = await x.object(['name', 'grant', 'expiresAt'])
        const name = body.name
        if (typeof name !== 'string' || name === '' || name.length > 200) {
          throw new GatewayError('BAD_REQUEST', 'The member name is text of 1 to 200 characters.')
        }
        const grant = grantIn(body)
        return made(await keys.create(name, grant, integer(body, 'expiresAt', 0, Number.MAX_SAFE_INTEGER)))
      },
      doc: {
        id: 'createApiKey',
        tag,
        summary: 'Make an API key',
        body: {
          schema: object({ name: { type: 'string' }, grant: ref('Grant'), expiresAt: { type: 'integer' } }, [
            'expiresAt',
          ]),
          example: { name: 'web', grant: { scopes: ['read'], keys: ['app:*'] } },
        },
        answers: { 201: MADE },
      },
    },
    {
      method: 'GET',
      path: '/v1/keys/{id}',
      handle: async (x) => {
        requireAll(x)
        const record = await keys.get(String(x.param('id')))
        if (record === undefined) throw new GatewayError('NOT_FOUND', 'There is no such API key.')
        return json(200, JSON.stringify(record))
      },
      doc: {
        id: 'getApiKey',
        tag,
        summary: 'Read what a key may do',
        answers: { 200: { schema: ref('ApiKey'), example: EXAMPLE } },
        errors: ['NOT_FOUND'],
      },
    },
    {
      method: 'POST',
      path: '/v1/keys/{id}/rotate',
      handle: async (x) => {
        requireAll(x)
        const body = (await x.bytes()).length === 0 ? Object.create(null) : await x.object(['overlap'])
        const overlap = integer(body, 'overlap', 0, 30 * 86_400_000) ?? 86_400_000
        const rotated = await keys.rotate(String(x.param('id')), overlap)
        forget()
        return made(rotated)
      },
      doc: {
        id: 'rotateApiKey',
        tag,
        summary: 'Replace a key',
        about: 'The new key has the same rights; the old one works for `overlap` milliseconds more (default a day).',
        body: {
          schema: object({ overlap: { type: 'integer', minimum: 0 } }, ['overlap']),
          example: { overlap: 3_600_000 },
        },
        answers: { 201: MADE },
        errors: ['NOT_FOUND', 'CONFLICT'],
      },
    },
    {
      method: 'DELETE',
      path: '/v1/keys/{id}',
      handle: async (x) => {
        requireAll(x)
        const wasThere = await keys.revoke(String(x.param('id')))
        forget()
        if (!wasThere) throw new GatewayError('NOT_FOUND', 'There is no such API key.')
        return NO_CONTENT
      },
      doc: {
        id: 'revokeApiKey',
        tag,
        summary: 'Revoke a key',
        about: 'This process refuses it at once, others within two seconds.',
        answers: { 204: { about: 'Revoked.' } },
        errors: ['NOT_FOUND'],
      },
    },
  ]
}
