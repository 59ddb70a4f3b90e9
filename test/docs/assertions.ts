// What programs from the documentation import: the comments `// -> value` as assertions.
import { inspect, isDeepStrictEqual } from 'node:util'

/** Stands for `...` at the end of an expected list, or as a key of an expected object. */
export const MORE: unique symbol = Symbol('...')

/** Returns `actual`, or throws with the page's line when it is not what `expected` gives. Objects without prototype are objects. */
export function gives<T>(actual: T, expected: () => unknown, line: number): T {
  if (!matches(actual, expected())) {
    const said = inspect(expected(), { depth: 10 })
    throw new Error(`line ${line}: the page says ${said}, it is ${inspect(actual, { depth: 10 })}`)
  }
  return actual
}

/** Passes when `call` throws or rejects with an error of that code or name. */
export async function throws(call: () => Promise<unknown>, expected: string, line: number): Promise<void> {
  const outcome = await call().then(
    (value) => ({ value }),
    (error: { code?: string; name?: string }) => ({ error }),
  )
  if (!('error' in outcome))
    throw new Error(`line ${line}: the page says throws ${expected}, it gives ${inspect(outcome.value)}`)
  const { code, name } = outcome.error
  if (code !== expected && name !== expected)
    throw new Error(`line ${line}: the page says throws ${expected}, it throws ${name} ${code}`, {
      cause: outcome.error,
    })
}

function matches(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return false
    const isOpen = expected.at(-1) === MORE
    const wanted = isOpen ? expected.slice(0, -1) : expected
    if (isOpen ? actual.length < wanted.length : actual.length !== wanted.length) return false
    return wanted.every((item, index) => matches(actual[index], item))
  }
  if (isRecord(expected)) {
    if (!isRecord(actual)) return false
    const wanted = Object.keys(expected)
    if (!(MORE in expected) && Object.keys(actual).length !== wanted.length) return false
    return wanted.every((key) => Object.hasOwn(actual, key) && matches(actual[key], expected[key]))
  }
  return isDeepStrictEqual(actual, expected)
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
