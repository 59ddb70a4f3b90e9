// Commands as they are: one, a pipeline, a transaction, and a batch of other requests in one.

import type { Reply } from '@ochre/protocol'
import { commandOf, commandsOf } from '../command-json.ts'
import type { Exchange } from '../exchange.ts'
import { type Form, RAW, TEXT } from '../execute.ts'
import { JsonNumber, type StringEncoding, writeJson } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import { replyJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { discard } from '../sse.ts'
import { failureOf, GatewayError } from '../status.ts'
import { ENCODING, listOf, object, ref } from './schemas.ts'

/** The encoding that a request asks for with `?encoding=` or the `ochre-encoding` header. */
export function encodingOf(x: Exchange): StringEncoding {
  const wanted = x.query.text('encoding') ?? x.header('ochre-encoding')
  if (wanted === undefined || wanted === 'utf8') return 'utf8'
  if (wanted === 'base64') return 'base64'
  throw new GatewayError('BAD_REQUEST', 'The encoding is utf8 or base64.')
}

/** The form whose replies {@link resultJson} writes in the encoding. */
export const formOf = (encoding: StringEncoding): Form => (encoding === 'base64' ? RAW : TEXT)

export function resultJson(result: unknown, encoding: StringEncoding): string {
  return encoding === 'base64' ? replyJson(result as Reply, encoding) : writeJson(result)
}

/** One item of a list of outcomes. */
export function outcomeJson(outcome: unknown, encoding: StringEncoding): string {
  if (!(outcome instanceof Error)) return `{"result":${resultJson(outcome, encoding)}}`
  const { code, detail, status } = failureOf(outcome)
  return `{"error":${JSON.stringify({ code, message: detail, status })}}`
}

async function command(x: Exchange): Promise<GatewayResponse> {
  const encoding = encodingOf(x)
  const result = await x.runOrWait(commandOf(await x.json()), formOf(encoding))
  return json(200, `{"result":${resultJson(result, encoding)}}`)
}

async function pipeline(x: Exchange): Promise<GatewayResponse> {
  const encoding = encodingOf(x)
  const outcomes = await x.runAll(commandsOf(await x.json(), x.limits.pipeline), formOf(encoding))
  return json(200, `{"results":[${outcomes.map((outcome) => outcomeJson(outcome, encoding)).join(',')}]}`)
}

async function transaction(x: Exchange): Promise<GatewayResponse> {
  const encoding = encodingOf(x)
  const outcomes = await x.transaction(commandsOf(await x.json(), x.limits.pipeline), formOf(encoding))
  return json(200, `{"results":[${outcomes.map((outcome) => outcomeJson(outcome, encoding)).join(',')}]}`)
}

/** Runs each request of the body with the credential of the outer one, in order; one failing does not stop the rest. */
async function batch(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['requests'])
  x.caller.repeats = true
  const requests = body.requests
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > 100) {
    throw new GatewayError('BAD_REQUEST', 'requests is a list of 1 to 100 requests.')
  }
  const parsed = requests.map((item, i) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item) || item instanceof JsonNumber) {
      throw new GatewayError('BAD_REQUEST', `Request ${i} is an object with method, path and optionally body.`)
    }
    const { method, path, body: inner } = item
    if (typeof method !== 'string' || typeof path !== 'string' || !path.startsWith('/v1/')) {
      throw new GatewayError('BAD_REQUEST', `Request ${i} has a method and a path under /v1/.`)
    }
    if (path.startsWith('/v1/redis/batch')) throw new GatewayError('BAD_REQUEST', 'A batch holds no other batch.')
    return { method: method.toUpperCase(), path, body: inner === undefined ? '' : writeJson(inner) }
  })
  const answers: string[] = []
  for (const request of parsed) {
    const response = await x.inner(request.method, request.path, request.body)
    if (response.body !== null && typeof response.body !== 'string') {
      discard(response)
      answers.push('{"status":406,"body":null}')
    } else answers.push(`{"status":${response.status},"body":${response.body ?? 'null'}}`)
  }
  return json(200, `{"responses":[${answers.join(',')}]}`)
}

const COMMON = { tag: 'commands', query: { encoding: ENCODING }, takesDatabase: true } as const

export const commandRoutes: readonly Route<Handler>[] = [
  {
    method: 'POST',
    path: '/v1/redis',
    handle: command,
    doc: {
      ...COMMON,
      id: 'runCommand',
      summary: 'Run one command',
      about:
        'Numbers keep the digits that were sent, in both directions. A command that blocks (BLPOP, XREAD BLOCK ...) has a connection of its own until it answers or the caller leaves. Bytes are written as {"base64": "..."}. With encoding=base64 every bulk string of the answer is base64.',
      body: { schema: ref('Command'), example: ['SET', 'greeting', 'hello', 'EX', 60] },
      answers: { 200: { schema: object({ result: ref('Reply') }), example: { result: 'OK' } } },
      errors: ['UNKNOWN_COMMAND', 'COMMAND_REFUSED', 'WRONGTYPE'],
    },
  },
  {
    method: 'POST',
    path: '/v1/redis/pipeline',
    handle: pipeline,
    doc: {
      ...COMMON,
      id: 'runPipeline',
      summary: 'Run several commands in order, each with its own outcome',
      about: 'Not atomic: use a transaction for that.',
      body: {
        schema: listOf(ref('Command')),
        example: [
          ['SET', 'n', '1'],
          ['INCR', 'n'],
        ],
      },
      answers: {
        200: {
          schema: object({ results: listOf(ref('ItemOutcome')) }),
          example: { results: [{ result: 'OK' }, { result: 2 }] },
        },
      },
    },
  },
  {
    method: 'POST',
    path: '/v1/redis/transaction',
    handle: transaction,
    doc: {
      ...COMMON,
      id: 'runTransaction',
      summary: 'Run several commands as one MULTI/EXEC',
      about:
        'All run without another command in between, or none does. A command that fails while it runs does not undo the others.',
      body: {
        schema: listOf(ref('Command')),
        example: [
          ['SET', 'a', '1'],
          ['SET', 'b', '2'],
        ],
      },
      answers: {
        200: {
          schema: object({ results: listOf(ref('ItemOutcome')) }),
          example: { results: [{ result: 'OK' }, { result: 'OK' }] },
        },
      },
      errors: ['EXECABORT'],
    },
  },
  {
    method: 'POST',
    path: '/v1/redis/batch',
    handle: batch,
    doc: {
      id: 'runBatch',
      tag: 'commands',
      summary: 'Run several requests in one',
      about:
        'Each request has its own status and body, in order; one that fails does not stop the rest. Answers that are streams or bytes have status 406. The headers ochre-db and ochre-encoding hold for each request that does not say otherwise.',
      body: {
        schema: object({
          requests: listOf(object({ method: { type: 'string' }, path: { type: 'string' }, body: true }, ['body'])),
        }),
        example: { requests: [{ method: 'GET', path: '/v1/redis/strings/greeting' }] },
      },
      answers: {
        200: {
          schema: object({ responses: listOf(object({ status: { type: 'integer' }, body: true })) }),
          example: { responses: [{ status: 404, body: null }] },
        },
      },
    },
  },
]
