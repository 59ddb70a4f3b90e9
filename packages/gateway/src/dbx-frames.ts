// Frames of DBX, {"action": "get", "params": {"key": "k"}}, as requests of the DBX routes.

import { argOf } from './command-json.ts'
import { bodyJson } from './frames.ts'
import { isObject, type JsonObject } from './json.ts'
import type { Arg } from './policy.ts'
import { GatewayError } from './status.ts'

type Target = readonly [method: string, path: string, body: string]

/** By action: method, path (`~` where the key is), and the member of the params that is the body, if it is not all. */
const ACTIONS: Readonly<Record<string, readonly [method: string, path: string, member?: string]>> = {
  get: ['GET', 'strings/~'],
  set: ['POST', 'strings/~'],
  delete: ['DELETE', 'strings/~'],
  exists: ['GET', 'keys/~/exists'],
  ttl: ['GET', 'keys/~/ttl'],
  incr: ['POST', 'strings/~/incr'],
  incrby: ['POST', 'strings/~/incrby'],
  setnx: ['POST', 'strings/~/setnx'],
  cas: ['POST', 'strings/~/cas'],
  batch_get: ['POST', 'strings/batch/get', 'keys'],
  batch_set: ['POST', 'strings/batch/set'],
  batch_delete: ['POST', 'strings/batch/delete', 'keys'],
  batch_incr: ['POST', 'strings/batch/incr', 'keys'],
  batch_incrby: ['POST', 'strings/batch/incrby', 'key_values'],
  list_keys: ['GET', 'keys'],
}

/** The request that a frame stands for; method PING for a ping. Throws BAD_REQUEST. */
export function dbxRequest(command: JsonObject): Target {
  const { action, params } = command
  if (action === 'ping') return ['PING', '', '']
  const entry = typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (entry === undefined) {
    throw new GatewayError('BAD_REQUEST', `The action is one of ${Object.keys(ACTIONS).join(', ')}, ping.`)
  }
  const values: JsonObject = isObject(params) ? params : Object.create(null)
  const [method, path, member] = entry
  const query: string[] = []
  for (const name of ['key', 'pattern', 'limit']) {
    const value = values[name]
    if (value !== undefined) query.push(`${name}=${percentEncoded(argOf(value, name))}`)
  }
  const rest: JsonObject = Object.create(null)
  for (const name of Object.keys(values)) if (name !== 'key') rest[name] = values[name]!
  const body = method !== 'POST' ? '' : bodyJson(member === undefined ? rest : (values[member] ?? null))
  return [method, `/api/v1/redis/${path}?${query.join('&')}`, body]
}

function percentEncoded(arg: Arg): string {
  return typeof arg === 'string' ? encodeURIComponent(arg) : Buffer.from(arg).toString('hex').replace(/../g, '%$&')
}
