// Typed models on plain Redis: atomic programs compiled to Lua, indexes, uniques, queries, expiry.
export type { BulkFailure, BulkOptions, BulkResult } from './bulk.ts'
export type { Change, Changes, ChangesOptions, FeedGap } from './changes.ts'
export type { Duration, Span } from './duration.ts'
export {
  AlreadyExistsError,
  ConflictError,
  CorruptRowError,
  NotFoundError,
  ProgramError,
  UnindexedQueryError,
  UniqueError,
} from './errors.ts'
export type { Condition, Expr, Immediate, Operand, ProgramRow, QueryRow, Resolved } from './expressions.ts'
export { type AnyField, type ElementField, Field, type FieldSpec, type Kind, t } from './fields.ts'
export type { Filter, OrderBy, Where } from './filter.ts'
export { type Documents, JsonText } from './json-text.ts'
export type { Problem, UpkeepOptions, Verification } from './maintenance.ts'
export {
  type AnyModel,
  type Fields,
  type IdOf,
  type IndexDefinition,
  type Insert,
  index,
  type Model,
  type ModelOptions,
  type ModelSpec,
  model,
  type Select,
  type StoredField,
  type StoredIndex,
  type Update,
  unique,
} from './model.ts'
export { type Database, type OpenOptions, open } from './open.ts'
export { and, cond, fail, keep, not, now, or, switchOn, when } from './program.ts'
export type { Explanation, FindOptions, Page, Query } from './query.ts'
export { type Row, unknownFields, versionOf } from './record.ts'
export { LATENCY_BUCKETS_MS, type ModelClient, type ModelMetrics, type OperationReport } from './redis.ts'
export { type GuardedOptions, type Program, Store, type WriteOptions } from './store.ts'
export { type WholeRow, wholeRow } from './whole-row.ts'
