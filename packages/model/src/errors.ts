// What can go wrong with rows. Each class is something a caller acts on.

import { OchreError } from '@ochre/protocol'

/** There is no row with this id (or it has expired). */
export class NotFoundError extends OchreError {
  readonly id: string
  constructor(model: string, id: string) {
    super('NOT_FOUND', `There is no such ${model}: create it first or use upsert`)
    this.name = 'NotFoundError'
    this.id = id
  }
}

/** `create` found a row with this id. */
export class AlreadyExistsError extends OchreError {
  readonly id: string
  constructor(model: string, id: string) {
    super('ALREADY_EXISTS', `This ${model} exists already: use upsert, update or replace`)
    this.name = 'AlreadyExistsError'
    this.id = id
  }
}

/** Another row holds the same value of a unique constraint. Nothing was written. */
export class UniqueError extends OchreError {
  /** The constraint's name: the field's, or the columns' joined by commas. */
  readonly constraint: string
  /** The id of the row that has the value. */
  readonly existingId: string
  constructor(model: string, constraint: string, existingId: string) {
    super('UNIQUE_VIOLATION', `Another ${model} has the same ${constraint}`)
    this.name = 'UniqueError'
    this.constraint = constraint
    this.existingId = existingId
  }
}

/** The row changed since it was read. Nothing was written. */
export class ConflictError<R = unknown> extends OchreError {
  /** The row as it is now. */
  readonly current: R
  constructor(model: string, current: R) {
    super('VERSION_CONFLICT', `The ${model} changed since it was read: reload it and apply the change again`)
    this.name = 'ConflictError'
    this.current = current
  }
}

/** A program called `fail(code)`, or the server refused to compute: nothing was written. */
export class ProgramError extends OchreError {
  /**
   * The code given to `fail`, or one of OVERFLOW, DIVISION_BY_ZERO, NULL_VALUE, OUT_OF_RANGE, PATH, TOO_LARGE,
   * LOOP_LIMIT, WRONG_TYPE.
   */
  readonly reason: string
  readonly field: string | null
  constructor(model: string, reason: string, field: string | null, explanation: string) {
    super('PROGRAM_FAILED', `${model}${field ? `.${field}` : ''}: ${explanation}; nothing was written`)
    this.name = 'ProgramError'
    this.reason = reason
    this.field = field
  }
}

/** What Redis holds does not fit the model. */
export class CorruptRowError extends OchreError {
  /** The key in Redis. */
  readonly key: string
  readonly field: string
  constructor(model: string, key: string, field: string, problem: string) {
    super('CORRUPT_ROW', `A stored ${model} does not fit its model: ${field} ${problem}`)
    this.name = 'CorruptRowError'
    this.key = key
    this.field = field
  }
}

/** No index covers the query. */
export class UnindexedQueryError extends OchreError {
  constructor(message: string) {
    super('UNINDEXED_QUERY', message)
    this.name = 'UnindexedQueryError'
  }
}
