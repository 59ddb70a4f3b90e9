// `at(id).field.operation(...)`: each call is a program of one operation.

import { UsageError } from '@ochre/protocol'
import type { ModelSpec } from './model.ts'

type Run = (body: (row: object) => unknown) => Promise<unknown>
type Method = (...args: readonly unknown[]) => unknown

/** The row's fields, whose methods run at once and give promises. */
export function immediateRow(spec: ModelSpec, run: Run): object {
  const row: Record<string, unknown> = Object.create(null)
  for (const field of spec.byProperty.values()) {
    const start = (body: object): object => (body as Record<string, object>)[field.property]!
    Object.defineProperty(row, field.property, {
      enumerable: true,
      get: () => immediateHandle(start, run, field.kind === 'json'),
    })
  }
  return Object.freeze(row)
}

function immediateHandle(start: (row: object) => object, run: Run, json: boolean): object {
  return new Proxy(Object.freeze({}), {
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
