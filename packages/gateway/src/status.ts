// The one table from error codes to HTTP statuses, and RFC 9457 problem documents made from it.
//
// Every code of ERROR_CODES is here (a test compares the two), every first word that a Redis reply error starts with
// and is worth a status of its own, and the gateway's own codes. A reply code that is not listed is a 400.

import { ProgramError } from '@ochre/model'
import { ConnectionError, OchreError, ReplyError, ValidationError } from '@ochre/protocol'
import type { GatewayResponse } from './message.ts'

export interface Status {
  readonly status: number
  readonly title: string
}

const define = <T extends Record<string, readonly [number, string]>>(rows: T): { readonly [K in keyof T]: Status } =>
  Object.fromEntries(Object.entries(rows).map(([code, [status, title]]) => [code, { status, title }])) as {
    [K in keyof T]: Status
  }

/** What went wrong inside Ochre or between it and Redis: exactly the codes of `ERROR_CODES` of @ochre/protocol. */
export const INTERNAL_STATUS: { readonly [code: string]: Status } = define({
  CONNECTION_FAILED: [503, 'Redis cannot be reached'],
  CONNECTION_LOST: [503, 'The connection to Redis was lost'],
  CLIENT_CLOSED: [503, 'The gateway is shutting down'],
  QUEUE_FULL: [503, 'Too many commands are waiting for Redis'],
  TIMEOUT: [504, 'Redis did not answer in time'],
  ABORTED: [499, 'The client closed the request'],
  CIRCUIT_OPEN: [503, 'Redis keeps failing; trying again later'],
  POOL_EXHAUSTED: [503, 'No connection to Redis is free'],
  WATCH_CONFLICT: [409, 'The data kept changing'],
  PROTOCOL: [502, 'Redis sent an invalid answer'],
  USAGE: [400, 'The request is wrong'],
  VALIDATION: [422, 'A value does not fit its schema'],
  DATA_DAMAGED: [500, 'The data of the engine is damaged'],
  REPLY: [400, 'Redis refused the command'],
})

/** What @ochre/model refuses. Its NOT_FOUND is the gateway's own. */
export const MODEL_STATUS: { readonly [code: string]: Status } = define({
  ALREADY_EXISTS: [409, 'The row exists'],
  UNIQUE_VIOLATION: [409, 'Another row has the same unique value'],
  VERSION_CONFLICT: [409, 'The row changed meanwhile'],
  PROGRAM_FAILED: [422, 'The program refused to run'],
  UNINDEXED_QUERY: [422, 'No index serves the query'],
  CORRUPT_ROW: [500, 'A stored row does not fit its model'],
})

/** First words of Redis's own error replies that deserve a status of their own. */
export const REPLY_STATUS: { readonly [code: string]: Status } = define({
  ERR: [400, 'Redis refused the command'],
  WRONGTYPE: [400, 'The key holds another type'],
  NOAUTH: [502, 'The gateway is not authenticated to Redis'],
  WRONGPASS: [401, 'Wrong credentials'],
  NOPERM: [403, 'Not permitted'],
  NOSCRIPT: [404, 'There is no such script'],
  NOGROUP: [404, 'There is no such consumer group'],
  BUSYGROUP: [409, 'The consumer group exists'],
  BUSYKEY: [409, 'The key exists'],
  EXECABORT: [400, 'The transaction was discarded'],
  CROSSSLOT: [400, 'The keys are in different slots'],
  BUSY: [503, 'Redis is running a script'],
  LOADING: [503, 'Redis is loading its data'],
  MASTERDOWN: [503, 'The master is down'],
  CLUSTERDOWN: [503, 'The cluster is down'],
  TRYAGAIN: [503, 'The cluster is moving the keys'],
  NOREPLICAS: [503, 'There are not enough replicas'],
  MISCONF: [503, 'Redis cannot persist and refuses writes'],
  READONLY: [503, 'The server is a read-only replica'],
  UNKILLABLE: [409, 'The script has written and cannot be killed'],
  NOTBUSY: [409, 'No script is running'],
  OOM: [507, 'Redis is out of memory'],
})

/** The gateway's own codes. */
export type GatewayCode =
  | 'BAD_REQUEST'
  | 'BAD_JSON'
  | 'UNKNOWN_COMMAND'
  | 'COMMAND_REFUSED'
  | 'UNAUTHENTICATED'
  | 'AUTH_UNAVAILABLE'
  | 'NOT_PERMITTED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_CODING'
  | 'RANGE_NOT_SATISFIABLE'
  | 'IDEMPOTENCY_MISMATCH'
  | 'UPGRADE_REQUIRED'
  | 'RATE_LIMITED'
  | 'QUOTA_EXCEEDED'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL'
  | 'SHUTTING_DOWN'

export const GATEWAY_STATUS: { readonly [K in GatewayCode]: Status } = define({
  BAD_REQUEST: [400, 'The request is wrong'],
  BAD_JSON: [400, 'The body is not the expected JSON'],
  UNKNOWN_COMMAND: [400, 'There is no such command'],
  COMMAND_REFUSED: [400, 'The command is not offered here'],
  UNAUTHENTICATED: [401, 'Authentication is required'],
  AUTH_UNAVAILABLE: [503, 'Credentials cannot be checked now'],
  NOT_PERMITTED: [403, 'Not permitted'],
  NOT_FOUND: [404, 'Not found'],
  METHOD_NOT_ALLOWED: [405, 'The method is not allowed'],
  NOT_ACCEPTABLE: [406, 'No acceptable representation'],
  CONFLICT: [409, 'The request conflicts with the present state'],
  PRECONDITION_FAILED: [412, 'The precondition does not hold'],
  TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_CODING: [415, 'The content coding is not supported'],
  RANGE_NOT_SATISFIABLE: [416, 'The range is not satisfiable'],
  IDEMPOTENCY_MISMATCH: [422, 'The Idempotency-Key was used for another request'],
  UPGRADE_REQUIRED: [426, 'A WebSocket upgrade is required'],
  RATE_LIMITED: [429, 'Too many requests'],
  QUOTA_EXCEEDED: [429, 'The quota is used up'],
  HEADERS_TOO_LARGE: [431, 'The request line or a header is too large'],
  INTERNAL: [500, 'Internal error'],
  SHUTTING_DOWN: [503, 'The gateway is shutting down'],
})

/** What a handler throws to answer with an error. The message is shown to the caller: no key or value belongs in it. */
export class GatewayError extends OchreError {
  /** Sent with the answer: `retry-after`, `allow`, `www-authenticate` ... */
  readonly headers: Readonly<Record<string, string>>

  constructor(code: GatewayCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message)
    this.name = 'GatewayError'
    this.headers = headers
  }
}

/** A bulk request that ended half-way: shown like its cause, with the number of rows that were done before. */
export class PartialError extends OchreError {
  readonly done: number

  constructor(cause: unknown, done: number) {
    super(failureOf(cause).code, 'The request ended half-way.', { cause })
    this.name = 'PartialError'
    this.done = done
  }
}

const FALLBACK: Status = { status: 400, title: 'Redis refused the command' }

/** The row of a code: the gateway's own, Ochre's, Redis's; a reply code that is not listed is a 400. */
export function statusOf(code: string): Status {
  if (Object.hasOwn(GATEWAY_STATUS, code)) return GATEWAY_STATUS[code as GatewayCode]
  if (Object.hasOwn(INTERNAL_STATUS, code)) return INTERNAL_STATUS[code]!
  if (Object.hasOwn(MODEL_STATUS, code)) return MODEL_STATUS[code]!
  if (Object.hasOwn(REPLY_STATUS, code)) return REPLY_STATUS[code]!
  return FALLBACK
}

/** One failure as it is shown outside: without stack, cause, keys or values. */
export interface Failure {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
  readonly issues?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[]
  /** Why a program failed: the code given to `fail`, or OVERFLOW and the like. */
  readonly reason?: string
  /** Present when it is unknown whether Redis ran the command. */
  readonly maybeExecuted?: true
  /** Rows of a bulk request that were done before it failed. */
  readonly done?: number
}

/** Turns anything thrown into a failure. What is not an OchreError is a bug and shows nothing of itself. */
export function failureOf(error: unknown): Failure {
  if (error instanceof PartialError) return { ...failureOf(error.cause), done: error.done }
  if (!(error instanceof OchreError)) {
    return {
      ...GATEWAY_STATUS.INTERNAL,
      code: 'INTERNAL',
      detail: 'The request failed inside the gateway.',
      headers: {},
    }
  }
  const { status, title } = statusOf(error.code)
  const headers = error instanceof GatewayError ? error.headers : status === 503 ? { 'retry-after': '1' } : {}
  const failure: Failure = { status, title, code: error.code, detail: detailOf(error), headers }
  if (error instanceof ValidationError) return { ...failure, issues: error.issues }
  if (error instanceof ProgramError) return { ...failure, reason: error.reason }
  if (error instanceof ConnectionError && error.maybeExecuted) return { ...failure, maybeExecuted: true }
  return failure
}

/** Redis repeats arguments after an unknown command's or subcommand's name; they are cut off. */
function detailOf(error: OchreError): string {
  if (!(error instanceof ReplyError)) return error.message
  const echo = error.message.indexOf(', with args beginning with')
  return echo === -1 ? error.message : error.message.slice(0, echo)
}

/** An RFC 9457 problem document. `instance` is the request's id, which is also in the log. */
export function problem(error: unknown, requestId?: string): GatewayResponse {
  const failure = failureOf(error)
  const body: Record<string, unknown> = {
    type: `urn:ochre:problem:${failure.code}`,
    title: failure.title,
    status: failure.status,
    code: failure.code,
    detail: failure.detail,
  }
  if (requestId !== undefined) body.instance = `urn:ochre:request:${requestId}`
  if (failure.issues !== undefined) body.errors = failure.issues
  if (failure.reason !== undefined) body.reason = failure.reason
  if (failure.maybeExecuted) body.maybeExecuted = true
  if (failure.done !== undefined) body.done = failure.done
  return {
    status: failure.status,
    headers: { 'content-type': 'application/problem+json', ...failure.headers },
    body: JSON.stringify(body),
  }
}
