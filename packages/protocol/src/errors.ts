// Every error that Ochre throws or rejects with, and the one table of their codes.
//
// A class exists only where a caller acts differently. `code` is stable: match on it, never on the message.
// Messages say what happened and what to do; they never hold a key or a value.

/** What each code means. docs/errors.md and the gateway's status map are checked against this table. */
export const ERROR_CODES = {
  CONNECTION_FAILED: 'No connection could be made to the server.',
  CONNECTION_LOST: 'The connection ended before the reply arrived.',
  CLIENT_CLOSED: 'The client has been closed.',
  QUEUE_FULL: 'The bounded queue of waiting commands is full.',
  TIMEOUT: 'The deadline passed before the reply arrived.',
  ABORTED: 'The caller aborted the call.',
  CIRCUIT_OPEN: 'The circuit breaker is open after repeated failures.',
  POOL_EXHAUSTED: 'No connection of the pool became free within the acquire timeout.',
  WATCH_CONFLICT: 'A watched key changed before the transaction was executed, on every attempt.',
  PROTOCOL: 'The peer sent bytes that are not valid RESP.',
  USAGE: 'The call is wrong: an argument, an option or the order of calls.',
  VALIDATION: 'A value does not fit its schema.',
  DATA_DAMAGED:
    'A file of the embedded engine is damaged; it opens again after a repair, or with a copy of the folder.',
  REPLY: 'The server refused the command; the code of a ReplyError is the first word of its reply.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** Base of every error of Ochre. */
export class OchreError extends Error {
  /** A key of {@link ERROR_CODES}, or for a {@link ReplyError} the first word of the server's reply. */
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'OchreError'
    this.code = code
  }
}

/** The server answered with an error. `code` is the first word of the reply: `WRONGTYPE`, `NOSCRIPT`, `ERR` ... */
export class ReplyError extends OchreError {
  constructor(message: string, options?: { cause?: unknown }) {
    const space = message.indexOf(' ')
    super(space === -1 ? message : message.slice(0, space), message, options)
    this.name = 'ReplyError'
  }
}

/** The link failed, a deadline passed or the caller gave up: the server may or may not have run the command. */
export class ConnectionError extends OchreError {
  /** True when the command's bytes had left and its effect is unknown; false when it certainly did not run. */
  readonly maybeExecuted: boolean

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; maybeExecuted?: boolean }) {
    super(code, message, options)
    this.name = 'ConnectionError'
    this.maybeExecuted = options?.maybeExecuted ?? false
  }
}

/** The bytes of the peer are not RESP. The connection that saw them is destroyed. */
export class ProtocolError extends OchreError {
  /** Position of the offending byte, counted from the first byte of the connection. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super('PROTOCOL', `${message} at byte ${offset}`)
    this.name = 'ProtocolError'
    this.offset = offset
  }
}

/** The caller's bug, thrown at once and synchronously. */
export class UsageError extends OchreError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('USAGE', message, options)
    this.name = 'UsageError'
  }
}

export interface Issue {
  /** Where in the value: field names and list positions. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** A value does not fit its schema. Thrown before anything is sent. */
export class ValidationError extends OchreError {
  readonly issues: readonly Issue[]

  constructor(message: string, issues: readonly Issue[]) {
    super('VALIDATION', message)
    this.name = 'ValidationError'
    this.issues = issues
  }
}
