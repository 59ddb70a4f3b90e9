// `at(id).field.operation(...)`: each call is a program of one operation.
//
// An operation of one literal is recorded once per field; later calls only check and encode their value.

import { UsageError } from '@ochre/protocol'
import { encodeValue, problemOf, type Stored } from './codec.ts'
import { type PreparedProgram, prepareProgram } from './execute.ts'
import type { FieldSpec } from './fields.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { ExprType } from './ops.ts'
import { bare, ensureNotRecording } from './recorder.ts'

type Run = (program: PreparedProgram, args?: readonly Stored[]) => Promise<unknown>
type Method = (...args: readonly unknown[]) => unknown

const RUN = Symbol('run')
const rows = new WeakMap<ModelSpec, object>()

const NUMERIC: readonly string[] = ['int', 'float', 'bigint']
/** Operations of one literal whose nodes are the same for every value, and the kinds of fields where that is so. */
const REPEATED: ReadonlyMap<string, readonly string[]> = new Map([
  ['add', NUMERIC],
  ['sub', NUMERIC],
  ['mul', NUMERIC],
  ['min', NUMERIC],
  ['max', NUMERIC],
  ['append', ['string']],
  ['set', [...NUMERIC, 'string', 'enum', 'boolean', 'date']],
])

/** The row's fields, whose methods run at once and give promises. */
export function immediateRow(spec: ModelSpec, run: Run): object {
  let prototype = rows.get(spec)
  if (!prototype) {
    prototype = Object.create(null) as object
    for (const field of spec.byProperty.values()) {
      const start = (body: object): object => (body as Record<string, object>)[field.property]!
      const recorded = new Map<string, PreparedProgram>()
      Object.defineProperty(prototype, field.property, {
        enumerable: true,
        get(this: { [RUN]: Run }) {
          return immediateHandle(spec, field, start, this[RUN], recorded)
        },
      })
    }
    rows.set(spec, Object.freeze(prototype))
  }
  const row = Object.create(prototype) as { [RUN]: Run }
  row[RUN] = run
  return Object.freeze(row)
}

const NOTHING = Object.freeze({})
/** What JavaScript asks of an object that is awaited, printed or turned into JSON. */
const NO_OPERATION: ReadonlySet<unknown> = new Set(['then', 'toJSON', 'toString', 'valueOf'])

function notRead({ property }: StoredField): UsageError {
  return new UsageError(`${property} is on the server: await ${property}.get(), or another of its operations`)
}

/** `recorded`: programs of {@link REPEATED} operations by name; null for a place inside a document. */
function immediateHandle(
  spec: ModelSpec,
  field: StoredField,
  start: (row: object) => object,
  run: Run,
  recorded: Map<string, PreparedProgram> | null,
): object {
  return new Proxy(NOTHING, {
    get: (_, method) => {
      if (method === Symbol.toPrimitive || method === Symbol.iterator || NO_OPERATION.has(method)) throw notRead(field)
      if (typeof method === 'symbol') return undefined
      if (field.kind === 'json' && (method === 'at' || method === 'path'))
        return (path: string) => {
          const deeper = (row: object): object => (start(row) as { at(path: string): object }).at(path)
          return immediateHandle(spec, field, deeper, run, null)
        }
      return async (...args: readonly unknown[]) => {
        const rules = recorded && args.length === 1 ? rulesOf(field, method, args[0]) : null
        const known = rules && recorded!.get(method)
        if (known) {
          ensureNotRecording()
          return run(known, [encodeValue(rules, args[0])])
        }
        const program = prepareProgram(spec, (row) => {
          const handle = start(row) as Record<string, Method>
          if (typeof handle[method] !== 'function')
            throw new UsageError(`${method}() is not an operation of this field`)
          return handle[method](...args)
        })
        // The values of the first call are not kept.
        if (rules && program.recording.args.length === 1)
          recorded!.set(method, { ...program, recording: { ...program.recording, args: [] } })
        return run(program)
      }
    },
  })
}

/** How the value of a repeated operation is encoded; null when the call is to be recorded, which also explains a bad value. */
function rulesOf(field: StoredField, method: string, value: unknown): FieldSpec | null {
  if (field.schema || value === null || value === undefined || !REPEATED.get(method)?.includes(field.kind)) return null
  const rules = method === 'set' ? field : bare(field.kind as ExprType)
  return problemOf(rules, value) === null ? rules : null
}
