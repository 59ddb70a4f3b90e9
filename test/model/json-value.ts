// JSON as the interpreter sees it: numbers by their digits, objects with their members in order, and as text again.
import { Failure } from './failure.ts'

export type Json = null | boolean | string | JsonNumber | Json[] | Map<string, Json>

/** A number as it is written. */
export class JsonNumber {
  readonly digits: string
  constructor(digits: string) {
    this.digits = digits
  }
}

/** Strict JSON without blanks between the parts. */
export function parseJson(text: string): Json {
  let at = 0
  const string = (): string => {
    const end = /"(?:[^"\\]|\\.)*"/sy
    end.lastIndex = at
    const found = end.exec(text)![0]
    at += found.length
    return JSON.parse(found) as string
  }
  const value = (): Json => {
    const c = text[at]
    if (c === '"') return string()
    if (c === '[' || c === '{') {
      const items: Json[] = []
      const members = new Map<string, Json>()
      at++
      while (text[at] !== ']' && text[at] !== '}') {
        if (text[at] === ',') at++
        if (c === '[') items.push(value())
        else {
          const key = string()
          at++
          members.set(key, value())
        }
      }
      at++
      return c === '[' ? items : members
    }
    const word = /[\w.+-]+/y
    word.lastIndex = at
    const found = word.exec(text)![0]
    at += found.length
    return found === 'null' ? null : found === 'true' ? true : found === 'false' ? false : new JsonNumber(found)
  }
  return value()
}

export function jsonText(value: Json): string {
  if (value instanceof JsonNumber) return value.digits
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`).join(',')}}`
  return JSON.stringify(value)
}

type Path = readonly (string | number)[]

/** The value at a path; undefined where there is none. */
export function jsonAt(value: Json, path: Path): Json | undefined {
  let here: Json | undefined = value
  for (const segment of path) {
    if (here instanceof Map && typeof segment === 'string') here = here.get(segment)
    else if (Array.isArray(here) && typeof segment === 'number') here = here.at(segment)
    else return undefined
  }
  return here
}

/** A copy in which the value at the path is another one; `change` gets the parent and the last segment. */
function changed(
  value: Json,
  path: Path,
  change: (parent: Json[] | Map<string, Json>, last: string | number) => void,
): Json {
  const copy = parseJson(jsonText(value))
  const parent = jsonAt(copy, path.slice(0, -1))
  const last = path.at(-1)!
  const fits = parent instanceof Map ? typeof last === 'string' : Array.isArray(parent) && typeof last === 'number'
  if (!fits) throw new Failure('PATH')
  change(parent as Json[] | Map<string, Json>, last)
  return copy
}

export function jsonSet(value: Json, path: Path, next: Json): Json {
  if (path.length === 0) return next
  return changed(value, path, (parent, last) => {
    if (parent instanceof Map) parent.set(last as string, next)
    else {
      const i = (last as number) < 0 ? parent.length + (last as number) : (last as number)
      if (i < 0 || i > parent.length) throw new Failure('PATH')
      parent[i] = next
    }
  })
}

export function jsonDelete(value: Json, path: Path): Json {
  if (jsonAt(value, path) === undefined) return value
  return changed(value, path, (parent, last) => {
    if (parent instanceof Map) parent.delete(last as string)
    else parent.splice(last as number, 1)
  })
}

export function jsonPush(value: Json, path: Path, items: readonly Json[]): Json {
  const list = jsonAt(value, path)
  if (!Array.isArray(list)) throw new Failure('PATH')
  return jsonSet(value, path, [...list, ...items])
}

export function jsonAdd(value: Json, path: Path, by: number): Json {
  const old = jsonAt(value, path)
  if (!(old instanceof JsonNumber)) throw new Failure('PATH')
  const whole = /^-?\d+$/
  const exact = whole.test(old.digits) && whole.test(String(by))
  const sum = exact ? BigInt(old.digits) + BigInt(String(by)) : Number(old.digits) + by
  if (typeof sum === 'number' && !Number.isFinite(sum)) throw new Failure('OVERFLOW')
  return jsonSet(value, path, new JsonNumber(String(typeof sum === 'number' ? sum + 0 : sum)))
}

/** Scalars by value, arrays and objects by their text. */
export function jsonEqual(a: Json, b: Json): boolean {
  if (a === null || b === null) return a === b
  if (jsonText(a) === jsonText(b)) return true
  if (!(a instanceof JsonNumber && b instanceof JsonNumber)) return false
  const whole = /^-?\d+$/
  return !(whole.test(a.digits) && whole.test(b.digits)) && Number(a.digits) === Number(b.digits)
}

export function jsonSize(value: Json | undefined): number | null {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  return value instanceof Map ? value.size : null
}
