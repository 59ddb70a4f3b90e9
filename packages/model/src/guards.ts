// What server values refuse: to be taken for JavaScript values, and to be stored where only the client can check.

import { UsageError } from '@ochre/protocol'
import type { FieldSpec } from './fields.ts'

/** Lets an object throw wherever JavaScript would take it for a value: in templates, arithmetic, JSON, spreads and loops. */
export function refuseAsValue(prototype: object, message: string): void {
  const refuse = (): never => {
    throw new UsageError(message)
  }
  for (const name of [Symbol.toPrimitive, Symbol.iterator, 'toJSON', 'valueOf', 'toString'])
    Object.defineProperty(prototype, name, { value: refuse })
  // A position, as in list[0].
  const positions = new Proxy((Object.getPrototypeOf(prototype) as object | null) ?? Object.create(null), {
    get: (target, name, receiver) =>
      typeof name === 'string' && /^\d+$/.test(name) ? refuse() : Reflect.get(target, name, receiver),
  })
  Object.setPrototypeOf(prototype, positions)
}

const parameters = new WeakMap<object, FieldSpec>()

/** Notes that a value is a program's parameter, which is checked by its own rules before it is sent. */
export function asParameter<T extends object>(value: T, rules: FieldSpec): T {
  parameters.set(value, rules)
  return value
}

/** Refuses a server value where only the client can check: unless it is a parameter that has the same pattern or schema. */
export function ensureCheckable(value: object, rules: FieldSpec, name: string): void {
  const { pattern, format, schema } = rules
  if (!pattern && !format && !schema) return
  const own = parameters.get(value)
  if (own && own.pattern === pattern && own.format === format && own.schema === schema) return
  throw new UsageError(`${name} has rules that only the client can check: give it a whole value with set()`)
}
