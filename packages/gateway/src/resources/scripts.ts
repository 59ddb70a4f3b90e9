// Lua scripts: by their text, for credentials with the scope scripts; or by name, once an administrator has registered
// them, for everybody who has access to the keys.

import type { Client } from '@ochre/client'
import { argOf } from '../command-json.ts'
import type { Exchange } from '../exchange.ts'
import { isObject, type JsonObject, type JsonValue, parseJson, writeJson } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { RESERVED_PREFIX } from '../principal.ts'
import { type Handler, type Route, textOf } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { listOf, object, ref } from './schemas.ts'
import { flag, NO_CONTENT, scriptOf } from './value.ts'

const HASH = `${RESERVED_PREFIX}scripts`
const CACHE_MS = 2_000

interface Registered {
  readonly lua: string
  readonly readOnly: boolean
}

/** The registered scripts, kept in Redis and shared by all gateways. */
class Registry {
  readonly #redis: Client
  readonly #cache = new Map<string, { script: Registered; until: number }>()

  constructor(redis: Client) {
    this.#redis = redis
  }

  async get(name: string): Promise<Registered> {
    const cached = this.#cache.get(name)
    if (cached !== undefined && cached.until > Date.now()) return cached.script
    const text = await this.#redis.call('HGET', HASH, name)
    if (typeof text !== 'string') throw new GatewayError('NOT_FOUND', 'There is no script of this name.')
    const script = JSON.parse(text) as Registered
    this.#cache.set(name, { script, until: Date.now() + CACHE_MS })
    return script
  }

  async put(name: string, script: Registered): Promise<void> {
    this.#cache.delete(name)
    await this.#redis.call('HSET', HASH, name, JSON.stringify(script))
  }

  async remove(name: string): Promise<boolean> {
    this.#cache.delete(name)
    return (await this.#redis.call('HDEL', HASH, name)) === 1
  }

  async list(): Promise<{ name: string; readOnly: boolean }[]> {
    const all = (await this.#redis.call('HGETALL', HASH)) as Record<string, string>
    return Object.entries(all)
      .map(([name, text]) => ({ name, readOnly: (JSON.parse(text) as Registered).readOnly }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

function argsOf(value: JsonValue | undefined, name: string): Arg[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new GatewayError('BAD_REQUEST', `The member ${name} is a list.`)
  return value.map(argOf)
}

async function evaluate(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['script', 'keys', 'args', 'readOnly'])
  const lua = textMember(body, 'script')
  const keys = argsOf(body.keys, 'keys')
  const args = argsOf(body.args, 'args')
  const isReadOnly = flag(body, 'readOnly')
  // Policy is asked about EVAL with these keys; what runs is EVALSHA, which costs less to send.
  const like = [isReadOnly ? 'EVAL_RO' : 'EVAL', lua, String(keys.length), ...keys]
  return json(200, `{"result":${writeJson(await x.script(scriptOf(lua), like, keys, args))}}`)
}

function textMember(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '') throw new GatewayError('BAD_REQUEST', `The member ${name} is text.`)
  return value
}

function requireAdmin(x: Exchange): void {
  const { rules, redisUser } = x.principal
  // What a Redis user registers would run for others with more rights than its own.
  if (redisUser === undefined && rules.has('admin') && rules.has('scripts') && rules.hasAllKeys) return
  throw new GatewayError('NOT_PERMITTED', 'Registering scripts needs the scopes admin and scripts, and all keys.')
}

const tag = 'scripts'
const RESULT = { schema: object({ result: ref('Reply') }), example: { result: 1 } }
const ARGS = { type: 'array', items: ref('Argument') }
const LUA = "return redis.call('INCRBY', KEYS[1], ARGV[1])"

export function scriptRoutes(redis: Client): readonly Route<Handler>[] {
  const registry = new Registry(redis)
  return [
    {
      method: 'POST',
      path: '/v1/redis/scripts/eval',
      handle: evaluate,
      doc: {
        id: 'evalScript',
        tag,
        takesDatabase: true,
        summary: 'Run a script by its text',
        about: 'Needs the scope scripts, and access to all keys: a script may touch keys that it does not declare.',
        body: {
          schema: object({ script: { type: 'string' }, keys: ARGS, args: ARGS, readOnly: { type: 'boolean' } }, [
            'keys',
            'args',
            'readOnly',
          ]),
          example: { script: LUA, keys: ['n'], args: [1] },
        },
        answers: { 200: RESULT },
      },
    },
    {
      method: 'GET',
      path: '/v1/redis/scripts',
      handle: async (x) => {
        if (!x.principal.rules.has('read')) throw new GatewayError('NOT_PERMITTED', 'The credential may not read.')
        return json(200, JSON.stringify({ scripts: await registry.list() }))
      },
      doc: {
        id: 'listScripts',
        tag,
        summary: 'Registered scripts',
        answers: {
          200: {
            schema: object({ scripts: listOf(object({ name: { type: 'string' }, readOnly: { type: 'boolean' } })) }),
            example: { scripts: [{ name: 'add', readOnly: false }] },
          },
        },
      },
    },
    {
      method: 'PUT',
      path: '/v1/redis/scripts/{name}',
      handle: async (x) => {
        requireAdmin(x)
        const body = await x.object(['script', 'readOnly'])
        x.caller.managed = true
        await registry.put(textOf(x.param('name')), {
          lua: textMember(body, 'script'),
          readOnly: flag(body, 'readOnly'),
        })
        return NO_CONTENT
      },
      doc: {
        id: 'putScript',
        tag,
        summary: 'Register a script under a name',
        about: 'Whoever has access to its keys may run it then. A read-only script can be run with the scope read.',
        body: {
          schema: object({ script: { type: 'string' }, readOnly: { type: 'boolean' } }, ['readOnly']),
          example: { script: LUA },
        },
        answers: { 204: { about: 'Registered.' } },
      },
    },
    {
      method: 'DELETE',
      path: '/v1/redis/scripts/{name}',
      handle: async (x) => {
        requireAdmin(x)
        x.caller.managed = true
        if (!(await registry.remove(textOf(x.param('name'))))) {
          throw new GatewayError('NOT_FOUND', 'There is no script of this name.')
        }
        return NO_CONTENT
      },
      doc: {
        id: 'deleteScript',
        tag,
        summary: 'Remove a registered script',
        answers: { 204: { about: 'Removed.' } },
        errors: ['NOT_FOUND'],
      },
    },
    {
      method: 'POST',
      path: '/v1/redis/scripts/{name}/run',
      handle: async (x) => {
        const { lua, readOnly } = await registry.get(textOf(x.param('name')))
        const body = (await x.bytes()).length === 0 ? parseJson('{}') : await x.object(['keys', 'args'])
        if (!isObject(body)) throw new GatewayError('BAD_REQUEST', 'The body is an object with keys and args.')
        const keys = argsOf(body.keys, 'keys')
        const args = argsOf(body.args, 'args')
        return json(200, `{"result":${writeJson(await x.registered(scriptOf(lua), readOnly, keys, args))}}`)
      },
      doc: {
        id: 'runScript',
        tag,
        takesDatabase: true,
        summary: 'Run a registered script',
        body: { schema: object({ keys: ARGS, args: ARGS }, ['keys', 'args']), example: { keys: ['n'], args: [1] } },
        answers: { 200: RESULT },
        errors: ['NOT_FOUND'],
      },
    },
  ]
}
