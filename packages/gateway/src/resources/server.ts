// The server: figures, slow commands, clients, size. For credentials with the scope admin, except size and time.

import { createHash } from 'node:crypto'
import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW2 } from '../execute.ts'
import { type GatewayResponse, json } from '../message.ts'
import { itemsOf } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { answer, listOf, object } from './schemas.ts'
import { integerJson, NO_CONTENT } from './value.ts'

async function info(x: Exchange): Promise<GatewayResponse> {
  const section = x.query.text('section')
  const text = String(await x.run(['INFO', ...(section === undefined ? [] : [section])]))
  const sections: Record<string, Record<string, string>> = Object.create(null)
  let current: Record<string, string> = Object.create(null)
  for (const line of text.split('\r\n')) {
    if (line.startsWith('# ')) {
      current = Object.create(null)
      sections[line.slice(2).toLowerCase()] = current
    } else if (line !== '') current[line.slice(0, line.indexOf(':'))] = line.slice(line.indexOf(':') + 1)
  }
  return json(200, JSON.stringify({ sections }))
}

/** The slow log without arguments, which are keys and values: each entry names the command and a digest of the call. */
async function slowlog(x: Exchange): Promise<GatewayResponse> {
  const count = String(x.query.integer('count', 1, 1000) ?? 50)
  const entries = itemsOf((await x.run(['SLOWLOG', 'GET', count], RAW2)) as Reply).map((entry) => {
    const [id, at, micros, words] = itemsOf(entry)
    const args = itemsOf(words!).map(String)
    return {
      id: Number(id),
      at: Number(at) * 1000,
      micros: Number(micros),
      command: (args[0] ?? '').toLowerCase(),
      arguments: Math.max(0, args.length - 1),
      digest: createHash('sha256').update(args.join('\0'), 'latin1').digest('hex').slice(0, 16),
    }
  })
  return json(200, JSON.stringify({ entries }))
}

async function resetSlowlog(x: Exchange): Promise<GatewayResponse> {
  await x.run(['SLOWLOG', 'RESET'])
  return NO_CONTENT
}

async function clients(x: Exchange): Promise<GatewayResponse> {
  const lines = String(await x.run(['CLIENT', 'LIST'])).split('\n')
  const list = lines
    .filter((line) => line !== '')
    .map((line) => {
      const fields: Record<string, string> = Object.create(null)
      for (const pair of line.split(' ')) fields[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1)
      return fields
    })
  return json(200, JSON.stringify({ clients: list }))
}

async function size(x: Exchange): Promise<GatewayResponse> {
  return integerJson('keys', await x.run(['DBSIZE']))
}

const tag = 'server'
const STRINGS = { type: 'object', additionalProperties: { type: 'string' } }
const INTEGER = { type: 'integer' }

export const serverRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path: '/v1/redis/server/info',
    handle: info,
    doc: {
      id: 'getServerInfo',
      tag,
      summary: 'Figures of the server by section',
      query: { section: { about: 'Only this section.', example: 'memory' } },
      answers: {
        200: answer(
          { sections: { type: 'object', additionalProperties: STRINGS } },
          { sections: { server: { redis_version: '7.0.15' } } },
        ),
      },
    },
  },
  {
    method: 'GET',
    path: '/v1/redis/server/slowlog',
    handle: slowlog,
    doc: {
      id: 'getSlowlog',
      tag,
      summary: 'Slow commands',
      about: 'Without their arguments: `digest` is the same for equal calls.',
      query: { count: { schema: INTEGER } },
      answers: {
        200: answer(
          {
            entries: listOf(
              object({
                id: INTEGER,
                at: INTEGER,
                micros: INTEGER,
                command: { type: 'string' },
                arguments: INTEGER,
                digest: { type: 'string' },
              }),
            ),
          },
          {
            entries: [
              {
                id: 1,
                at: 1_700_000_000_000,
                micros: 15_000,
                command: 'keys',
                arguments: 1,
                digest: '0123456789abcdef',
              },
            ],
          },
        ),
      },
    },
  },
  {
    method: 'DELETE',
    path: '/v1/redis/server/slowlog',
    handle: resetSlowlog,
    doc: { id: 'resetSlowlog', tag, summary: 'Empty the slow log', answers: { 204: { about: 'Emptied.' } } },
  },
  {
    method: 'GET',
    path: '/v1/redis/server/clients',
    handle: clients,
    doc: {
      id: 'listClients',
      tag,
      summary: 'Connections of the server',
      answers: { 200: answer({ clients: listOf(STRINGS) }, { clients: [{ id: '3', addr: '127.0.0.1:50000' }] }) },
    },
  },
  {
    method: 'GET',
    path: '/v1/redis/server/size',
    handle: size,
    doc: {
      id: 'getSize',
      tag,
      takesDatabase: true,
      summary: 'Number of keys',
      answers: { 200: answer({ keys: INTEGER }, { keys: 12 }) },
    },
  },
]
