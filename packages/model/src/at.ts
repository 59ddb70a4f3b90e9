// `at(id).field.operation(...)`: each call is a program of one operation.

import { UsageError } from '@ochre/protocol'
import type { ModelSpec } from './model.ts'

type Run = (body: (row: object) => unknown) => Promise<unknown>
type Method = (...args: readonly unknown[]) => unknown

const RUN = Symbol('run')
const rows = new WeakMap<ModelSpec, object>()

/** The row's fields, whose methods run at once and give promises. */
export function immediateRow(spec: ModelSpec, run: Run): object {
  let prototype = rows.get(spec)
  if (!prototype) {
    prototype = Object.create(null) as object
    for (const field of spec.byProperty.values()) {
      const start = (body: object): object => (body as Record<string, object>)[field.property]!
      Object.defineProperty(prototype, field.property, {
        enumerable: true,
        get(this: { [RUN]: Run }) {
          return immediateHandle(start, this[RUN], field.kind === 'json')
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

function immediateHandle(start: (row: object) => object, run: Run, json: boolean): object {
  return new Proxy(NOTHING, {
    get: (_, method) => {
      // An awaited handle is not a promise: without this, `await db.User.at(id).score` would call `then`.
      if (method === 'then' || typeof method === 'symbol') return undefined
      if (json && (method === 'at' || method === 'path'))
        return (path: string) => {
          const deeper = (row: object): object => (start(row) as { at(path: string): object }).at(path)
          return immediateHandle(deeper, run, true)
        }
      return async (...args: readonly unknown[]) =>
        run((row) => {
          const handle = start(row) as Record<string, Method>
          if (typeof handle[method] !== 'function')
            throw new UsageError(`${method}() is not an operation of this field`)
          return handle[method](...args)
        })
    },
  })
}
