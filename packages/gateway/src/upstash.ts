// The Upstash REST protocol under /upstash, so that `@upstash/redis` works against this gateway unchanged: path, body and
// array forms, pipelines, transactions, server-sent events, base64, RESP2 bodies, sync tokens. Replies have RESP2 shapes
// and every error is JSON with an `error` member, because the SDK accepts nothing else.

import { randomBytes } from 'node:crypto'
import type { Monitor } from '@ochre/client'
import { encodeReply, FailureReply, lookupCommand, type Reply, ReplyError, StatusReply } from '@ochre/protocol'
import { sealAclUser } from './acl-token.ts'
import { argOf } from './command-json.ts'
import type { Exchange } from './exchange.ts'
import { RAW2 } from './execute.ts'
import type { SubscriptionKind } from './hub.ts'
import { isObject, type JsonValue, parseJson } from './json.ts'
import { type GatewayResponse, json } from './message.ts'
import { type Arg, costOf } from './policy.ts'
import { binary } from './principal.ts'
import { replyJson, stringJson } from './reply-json.ts'
import { subscribeStream } from './resources/pubsub.ts'
import { decode, type Handler, type Method, type Route, textOf } from './routes.ts'
import { type EventStream, eventStreamResponse, openEventStream } from './sse.ts'
import { failureOf, GatewayError } from './status.ts'

export interface UpstashHost {
  readonly secret: Uint8Array
  checkAclUser(user: { name: string; password: string }): Promise<boolean>
  /** Every command that Redis executes, for the caller's database connection. */
  monitor(user: { name: string; password: string } | undefined): Promise<Monitor<string>>
}

/** The text of an error as Upstash writes it: what Redis said, or the gateway's refusal in Redis's words. */
function errorText(error: unknown): string {
  const { code, detail } = failureOf(error)
  switch (code) {
    case 'UNAUTHENTICATED':
      return 'WRONGPASS invalid or missing auth token'
    case 'NOT_PERMITTED':
      return `NOPERM ${detail}`
    case 'TOO_LARGE':
      return `ERR max request size exceeded. ${detail}`
    case 'RATE_LIMITED':
    case 'QUOTA_EXCEEDED':
      return `ERR max requests limit exceeded. ${detail}`
    default:
      return error instanceof ReplyError ? detail : `ERR ${detail}`
  }
}

/** Any failure as Upstash answers it. Policy, arguments and Redis's own refusals are 400. */
export function upstashProblem(error: unknown): GatewayResponse {
  const { status, code, headers } = failureOf(error)
  const isAnswer = error instanceof ReplyError && status < 500
  const shown = isAnswer || code === 'NOT_PERMITTED' || status === 404 ? 400 : status
  return json(shown, JSON.stringify({ error: errorText(error) }), { ...headers })
}

const NO_BODY = Buffer.alloc(0)
const MONITOR = lookupCommand('monitor')!

const epoch = Date.now().toString(36)
let counter = 0
/** Different after every request; the newest state is what one server always shows, so the token is never needed. */
function syncToken(): string {
  return `${epoch}-${(++counter).toString(36)}`
}

interface Wanted {
  readonly base64: boolean
  readonly resp2: boolean
}

function wantedOf(x: Exchange): Wanted {
  const encoding = x.header('upstash-encoding')
  const format = x.header('upstash-response-format')
  if (format !== undefined && format !== 'resp2')
    throw new GatewayError('BAD_REQUEST', 'The response format is resp2 or absent.')
  if (format !== undefined && encoding !== undefined) {
    throw new GatewayError('BAD_REQUEST', 'Upstash-Encoding and Upstash-Response-Format exclude each other.')
  }
  return { base64: encoding === 'base64', resp2: format === 'resp2' }
}

/** A reply as the value of `result`. With base64 every string is encoded, statuses too, but for the status OK alone. */
function resultJson(reply: Reply, base64: boolean): string {
  if (!base64) return replyJson(reply, 'utf8')
  return reply instanceof StatusReply && reply.text === 'OK' ? '"OK"' : nested(reply)
}

function nested(reply: Reply): string {
  if (Array.isArray(reply)) return `[${(reply as readonly Reply[]).map(nested).join(',')}]`
  if (reply instanceof StatusReply) return stringJson(reply.text, 'base64')
  return replyJson(reply, 'base64')
}

function outcomeJson(outcome: unknown, base64: boolean): string {
  if (outcome instanceof Error) return JSON.stringify({ error: errorText(outcome) })
  if (outcome instanceof FailureReply) return JSON.stringify({ error: errorText(new ReplyError(outcome.text)) })
  return `{"result":${resultJson(outcome as Reply, base64)}}`
}

/** Elements of a command: text, numbers with the digits that were sent, booleans. */
function commandOf(value: JsonValue | undefined): Arg[] {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    value.some((item) => isObject(item) || Array.isArray(item) || item === null)
  ) {
    throw new ReplyError('ERR failed to parse command')
  }
  return value.map(argOf)
}

/** The words of `/set/key/value?EX=100` with the body, if there is one, as the last argument before the query. */
function pathCommand(x: Exchange, segments: readonly string[], body: Buffer): Arg[] {
  const words: Arg[] = segments.map(decode)
  if (body.length > 0) words.push(body)
  for (const [name, value] of x.query.pairs) {
    if (name === '_token') continue
    words.push(name)
    if (value.length > 0) words.push(value)
  }
  return words
}

export function upstashRoutes(host: UpstashHost): readonly Route<Handler>[] {
  async function one(x: Exchange, words: readonly Arg[]): Promise<GatewayResponse> {
    const wanted = wantedOf(x)
    let reply: Reply
    const name = binary(words[0] ?? '').toUpperCase()
    const sub = binary(words[1] ?? '').toUpperCase()
    if (name === 'ACL' && sub === 'RESTTOKEN') reply = await restToken(x, words)
    else if (name === 'ACL' && sub === 'GENTOKEN') reply = await genToken(x, words)
    else reply = (await x.run(words, RAW2)) as Reply
    if (wanted.resp2) {
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'upstash-sync-token': syncToken() },
        body: Buffer.from(encodeReply(reply, 2), 'latin1'),
      }
    }
    return json(200, `{"result":${resultJson(reply, wanted.base64)}}`, { 'upstash-sync-token': syncToken() })
  }

  /** ACL RESTTOKEN user password: a token with the rights of that Redis user. */
  async function restToken(x: Exchange, words: readonly Arg[]): Promise<Reply> {
    await x.manage('acl resttoken', 10)
    if (words.length !== 4) throw new ReplyError("ERR wrong number of arguments for 'acl|resttoken' command")
    const user = { name: words[2]!.toString(), password: words[3]!.toString() }
    if (!(await host.checkAclUser(user))) {
      throw new ReplyError('ERR Wrong password or user does not exist')
    }
    return sealAclUser(user, host.secret)
  }

  /** ACL GENTOKEN user [password]: a value to give to ACL SETUSER as the user's password. */
  async function genToken(x: Exchange, words: readonly Arg[]): Promise<Reply> {
    await x.manage('acl gentoken', 1)
    if (words.length < 3 || words.length > 4)
      throw new ReplyError("ERR wrong number of arguments for 'acl|gentoken' command")
    return words[3] === undefined ? randomBytes(32).toString('base64url') : binary(words[3])
  }

  async function several(x: Exchange, isTransaction: boolean): Promise<GatewayResponse> {
    const wanted = wantedOf(x)
    const body = parseJson(await x.bytes())
    if (!Array.isArray(body)) throw new ReplyError('ERR failed to parse pipeline request')
    const commands = body.map(commandOf)
    const headers = { 'upstash-sync-token': syncToken() }
    if (commands.length === 0) return json(200, '[]', headers)
    if (isTransaction) {
      if (wanted.resp2) throw new GatewayError('BAD_REQUEST', 'A transaction has no RESP2 form.')
      let outcomes: unknown[]
      try {
        outcomes = await x.transaction(commands, RAW2)
      } catch (error) {
        if (error instanceof GatewayError && (error.code === 'UNKNOWN_COMMAND' || error.code === 'COMMAND_REFUSED'))
          throw aborted()
        if (error instanceof ReplyError && error.message.startsWith('ERR wrong number')) throw aborted()
        throw error
      }
      return json(200, `[${outcomes.map((outcome) => outcomeJson(outcome, wanted.base64)).join(',')}]`, headers)
    }
    const outcomes = await x.runAll(commands, RAW2)
    if (wanted.resp2) {
      const replies = outcomes.map((o): Reply => (o instanceof Error ? new FailureReply(errorText(o)) : (o as Reply)))
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', ...headers },
        body: Buffer.from(encodeReply(replies, 2), 'latin1'),
      }
    }
    return json(200, `[${outcomes.map((outcome) => outcomeJson(outcome, wanted.base64)).join(',')}]`, headers)
  }

  const aborted = (): ReplyError => new ReplyError('EXECABORT Transaction discarded because of previous errors.')

  function subscribe(x: Exchange, kind: SubscriptionKind, segments: readonly string[]): Promise<GatewayResponse> {
    const names = segments.map((segment) => textOf(decode(segment)))
    if (names.length === 0)
      throw new ReplyError(`ERR wrong number of arguments for '${kind === 'pattern' ? 'p' : ''}subscribe' command`)
    const [confirm, message] = kind === 'pattern' ? ['psubscribe', 'pmessage'] : ['subscribe', 'message']
    return subscribeStream(
      x,
      names.map((name) => [kind, name] as const),
      {
        subscribed: (_, name, count) => `data: ${confirm},${oneLine(name)},${count}\n\n`,
        message: ({ name, channel, payload }) => {
          const source = kind === 'pattern' ? `${oneLine(name)},${oneLine(channel)}` : oneLine(channel)
          return dataLines(`${message},${source},${payload}`)
        },
        gap: () => ': gap\n\n',
        overflow: () => ': too slow\n\n',
      },
    )
  }

  /** MONITOR shows everybody's keys and values, in every database. */
  async function monitor(x: Exchange): Promise<GatewayResponse> {
    const { rules, redisUser } = x.principal
    if (!(rules.allows(MONITOR) && rules.hasAllKeys && rules.hasAllDatabases)) {
      throw new GatewayError('NOT_PERMITTED', 'this credential may not run the monitor command')
    }
    await x.spend(costOf(MONITOR, []))
    const commands = await host.monitor(redisUser)
    const stream = openEventStream(x, () => ': too slow\n\n')
    stream.onEnd(() => commands.close())
    try {
      await commands.ready
    } catch (error) {
      stream.end()
      throw error
    }
    stream.push('data: "OK"\n\n')
    void pump(commands, stream)
    return eventStreamResponse(stream)
  }

  function handle(x: Exchange): Promise<GatewayResponse> {
    const method = x.request.method
    if (method !== 'GET' && method !== 'POST' && method !== 'PUT' && method !== 'HEAD') {
      throw new GatewayError('METHOD_NOT_ALLOWED', 'The method is not allowed.', { allow: 'GET, HEAD, POST, PUT' })
    }
    const rest = String(x.params.rest ?? '')
    const segments = rest === '' ? [] : rest.split('/')
    if (segments.at(-1) === '') segments.pop()
    const command = (segments[0] ?? '').toLowerCase()
    if (command === 'pipeline' && segments.length === 1 && method === 'POST') return several(x, false)
    if (command === 'multi-exec' && segments.length === 1 && method === 'POST') return several(x, true)
    if (command === 'subscribe') return subscribe(x, 'channel', segments.slice(1))
    if (command === 'monitor' && segments.length === 1) return monitor(x)
    if (command === 'psubscribe') return subscribe(x, 'pattern', segments.slice(1))
    const run = (body: Buffer): Promise<GatewayResponse> => {
      if (segments.length > 0) return one(x, pathCommand(x, segments, body))
      if (body.length === 0) throw new ReplyError('ERR failed to parse command')
      return one(x, commandOf(parseJson(body)))
    }
    return method === 'GET' || method === 'HEAD' ? run(NO_BODY) : x.bytes().then(run)
  }

  const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const doc = (method: string, path: string): Route<Handler>['doc'] => ({
    id: `upstash${method[0]}${method.slice(1).toLowerCase()}${path}`,
    tag: 'upstash',
    summary: 'The Upstash REST protocol',
    about:
      'Path form `/upstash/set/key/value`, body form `["SET","key","value"]`, `/upstash/pipeline`, `/upstash/multi-exec`, `/upstash/subscribe/{channel}`.',
    queryToken: true,
    anyQuery: true,
    writesByGet: true,
    ...(method === 'PATCH' || method === 'DELETE' || method === 'OPTIONS' ? { hidden: true } : {}),
    ...(method === 'GET'
      ? {}
      : { body: { schema: {}, about: 'A command, or the last argument of the one in the path.' } }),
    answers: {
      200: { schema: { type: 'object', properties: { result: {} }, required: ['result'] }, example: { result: 'OK' } },
    },
  })
  return METHODS.flatMap((method): Route<Handler>[] => [
    { method, path: '/upstash', handle, doc: doc(method, 'Root') },
    { method, path: '/upstash/{rest*}', handle, doc: { ...doc(method, 'Path'), hidden: true } },
  ])
}

async function pump(commands: Monitor<string>, stream: EventStream): Promise<void> {
  try {
    for await (const { time, db, address, args } of commands) {
      const words = args.map((word) => JSON.stringify(word)).join(' ')
      stream.push(`data: ${(time / 1000).toFixed(6)} [${db} ${address}] ${words}\n\n`)
    }
  } catch {
    // The connection of the monitor ended, and so does the stream.
  }
  stream.end()
}

/** A payload as SSE lines; the SDK's parser knows one line per message, so a line break becomes a second data line. */
function dataLines(text: string): string {
  return `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n]/g, ' ')
