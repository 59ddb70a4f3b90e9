// The route table's types, and matching a request target against it.
//
// Segments are split on `/` before they are percent-decoded, so `%2F` is part of a key. A parameter may also come from
// the query: a path may leave out its last parameter (`/v1/redis/strings?key=..`) or write any of them as `~`
// (`/v1/redis/hashes/~/fields/~?key=..&field=..`); `%7E` is the key `~` itself. That way every key is addressable, also
// `.` and `..`, which URL libraries swallow. Bytes that are not UTF-8 arrive as a Buffer.

import type { Exchange } from './exchange.ts'
import type { GatewayResponse } from './message.ts'
import { GatewayError } from './status.ts'

/** A decoded path or query value: text, or raw bytes when they are not UTF-8. */
export type Text = string | Buffer

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** Of routes; a GET's is HEAD's too. */
const METHODS: readonly Method[] = ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/** JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export type Schema = boolean | { readonly [keyword: string]: unknown }

export interface ParameterDoc {
  readonly schema?: Schema
  readonly about?: string
  readonly example?: string | number | boolean
  readonly required?: boolean
}

export interface BodyDoc {
  readonly schema?: Schema
  readonly example?: unknown
  /** Default `application/json`. */
  readonly type?: string
  readonly about?: string
}

export interface AnswerDoc extends BodyDoc {
  readonly headers?: Readonly<Record<string, string>>
  /** Other media types that `accept` may ask for. */
  readonly also?: readonly BodyDoc[]
}

/** What a route says of itself; the OpenAPI document is made from nothing else. */
export interface RouteDoc {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly about?: string
  readonly query?: Readonly<Record<string, ParameterDoc>>
  readonly headers?: Readonly<Record<string, ParameterDoc>>
  readonly body?: BodyDoc | readonly BodyDoc[]
  readonly answers: Readonly<Record<number, AnswerDoc>>
  /** Error codes beyond those that every route shares. */
  readonly errors?: readonly string[]
  /** Open to anybody. */
  readonly open?: true
  /** The token may come as `?_token=`. */
  readonly queryToken?: true
  /** The query holds more than the parameters that are told: conditions, arguments. */
  readonly anyQuery?: true
  /** A GET may write, too. */
  readonly writesByGet?: true
  /** `?db=` selects the logical database. */
  readonly takesDatabase?: true
  /** Left out of the OpenAPI document: an alias of a documented route. */
  readonly hidden?: true
}

/** Answers a matched request. A rejection becomes an error answer. */
export type Handler = (exchange: Exchange) => Promise<GatewayResponse> | GatewayResponse

export interface Route<Handler> {
  readonly method: Method
  /** `/v1/redis/strings/{key}`; a last segment `{rest*}` takes all that follows, undecoded. */
  readonly path: string
  readonly doc: RouteDoc
  readonly handle: Handler
}

interface Branch<Handler> {
  readonly literal: Map<string, Branch<Handler>>
  parameter: Branch<Handler> | undefined
  readonly leaves: Map<string, Leaf<Handler>>
  readonly rest: Map<string, Leaf<Handler>>
}

interface Leaf<Handler> {
  readonly route: Route<Handler>
  readonly names: readonly string[]
}

export interface Match<Handler> {
  readonly route: Route<Handler>
  readonly params: Readonly<Record<string, Text>>
  readonly query: Query
}

const branch = <Handler>(): Branch<Handler> => ({
  literal: new Map(),
  parameter: undefined,
  leaves: new Map(),
  rest: new Map(),
})

/** Finds the route of a request. Two routes for one method and path are refused when the table is built. */
export class Router<Handler> {
  readonly routes: readonly Route<Handler>[]
  readonly #root: Branch<Handler> = branch()

  constructor(routes: readonly Route<Handler>[]) {
    this.routes = routes
    for (const route of routes) this.#add(route)
    // After all explicit routes, so that a shortened spelling never hides one.
    for (const route of routes) this.#addShortened(route)
  }

  #descend(segments: readonly string[], names: string[]): Branch<Handler> {
    let at = this.#root
    for (const segment of segments) {
      if (segment.startsWith('{')) {
        names.push(segment.slice(1, -1))
        at.parameter ??= branch()
        at = at.parameter
      } else {
        let next = at.literal.get(segment)
        if (next === undefined) {
          next = branch()
          at.literal.set(segment, next)
        }
        at = next
      }
    }
    return at
  }

  #add(route: Route<Handler>): void {
    const segments = route.path.slice(1).split('/')
    const names: string[] = []
    const last = segments.at(-1)!
    const isRest = last.startsWith('{') && last.endsWith('*}')
    const at = this.#descend(isRest ? segments.slice(0, -1) : segments, names)
    const leaves = isRest ? at.rest : at.leaves
    if (isRest) names.push(last.slice(1, -2))
    if (leaves.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`)
    leaves.set(route.method, { route, names })
  }

  #addShortened(route: Route<Handler>): void {
    const segments = route.path.slice(1).split('/')
    if (!segments.at(-1)!.startsWith('{') || segments.at(-1)!.endsWith('*}')) return
    const names: string[] = []
    const at = this.#descend(segments.slice(0, -1), names)
    names.push(segments.at(-1)!.slice(1, -1))
    if (!at.leaves.has(route.method)) at.leaves.set(route.method, { route, names })
  }

  /** Throws `NOT_FOUND`, `METHOD_NOT_ALLOWED` (with `allow`) or `BAD_REQUEST`. HEAD is served by GET's route. */
  match(method: string, sent: string): Match<Handler> {
    const target = sent.charCodeAt(0) === 0x2f ? sent : originForm(sent)
    const mark = target.indexOf('?')
    const path = mark === -1 ? target : target.slice(0, mark)
    const query = new Query(mark === -1 ? '' : target.slice(mark + 1))
    const values: string[] = []
    const leaf = this.#find(this.#root, path, 1, method === 'HEAD' ? 'GET' : method, values)
    if (leaf === undefined) throw this.#refusal(path)
    const params: Record<string, Text> = Object.create(null)
    for (let i = 0; i < leaf.names.length; i++) {
      const name = leaf.names[i]!
      const raw = values[i]
      if (raw === undefined || raw === '~') {
        const value = query.bytes(name)
        if (value === undefined) {
          if (raw === '~') throw new GatewayError('BAD_REQUEST', `The query parameter ${name} is missing.`)
          throw new GatewayError('NOT_FOUND', `There is no such resource; the parameter ${name} is missing.`)
        }
        params[name] = value
      } else params[name] = leaf.route.path.endsWith('*}') && i === leaf.names.length - 1 ? raw : decode(raw)
    }
    return { route: leaf.route, params, query }
  }

  /** What matches the rest of the path, whose next segment starts at `from`; behind its end there is none. */
  #find(at: Branch<Handler>, path: string, from: number, method: string, values: string[]): Leaf<Handler> | undefined {
    if (from > path.length) return at.leaves.get(method)
    const slash = path.indexOf('/', from)
    const end = slash === -1 ? path.length : slash
    const segment = path.slice(from, end)
    const next = at.literal.get(segment)
    if (next !== undefined) {
      const found = this.#find(next, path, end + 1, method, values)
      if (found !== undefined) return found
    }
    if (at.parameter !== undefined && segment !== '') {
      values.push(segment)
      const found = this.#find(at.parameter, path, end + 1, method, values)
      if (found !== undefined) return found
      values.pop()
    }
    const rest = at.rest.get(method)
    if (rest !== undefined) values.push(path.slice(from))
    return rest
  }

  /** Why nothing matches: no such path, or other methods only. */
  #refusal(path: string): GatewayError {
    const allowed = METHODS.filter((method) => this.#find(this.#root, path, 1, method, []) !== undefined)
    if (allowed.length === 0) return new GatewayError('NOT_FOUND', 'There is no such resource.')
    if (allowed.includes('GET')) allowed.push('HEAD')
    return new GatewayError('METHOD_NOT_ALLOWED', `The method is not allowed here.`, {
      allow: allowed.sort().join(', '),
    })
  }
}

/** Path and query of `http://host/path?query`, which proxies send. Throws `BAD_REQUEST` for what is no target either. */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const match = /^https?:\/\/[^/?#]+(\/[^#]*|\?[^#]*|)$/i.exec(target)
  if (match === null) throw new GatewayError('BAD_REQUEST', 'The request target is not a path.')
  return match[1]!.startsWith('/') ? match[1]! : `/${match[1]}`
}

/** Percent-decodes one segment: text when the bytes are UTF-8, else the bytes. Throws `BAD_REQUEST` on `%` without hex. */
export function decode(raw: string): Text {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    if (/%(?![0-9a-fA-F]{2})/.test(raw)) throw new GatewayError('BAD_REQUEST', 'The percent-encoding is malformed.')
    const latin1 = Buffer.from(raw, 'utf8').toString('latin1')
    return Buffer.from(
      latin1.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    )
  }
}

/** What is meant as text. Throws `BAD_REQUEST` on bytes that are not UTF-8, which would become another text. */
export function textOf(value: Text): string {
  if (typeof value === 'string') return value
  throw new GatewayError('BAD_REQUEST', 'Something in the path or the query is not UTF-8.')
}

/** The query string: parsed on first use, every value kept in order of appearance. */
export class Query {
  readonly raw: string
  #pairs: [string, Text][] | undefined

  constructor(raw: string) {
    this.raw = raw
  }

  /** Names and decoded values in order; `+` is a space; a name without `=` has the value ''. */
  get pairs(): readonly (readonly [string, Text])[] {
    if (this.#pairs !== undefined) return this.#pairs
    this.#pairs = []
    for (const part of this.raw === '' ? [] : this.raw.split('&')) {
      if (part === '') continue
      const equals = part.indexOf('=')
      const name = decode((equals === -1 ? part : part.slice(0, equals)).replaceAll('+', ' '))
      const value = equals === -1 ? '' : decode(part.slice(equals + 1).replaceAll('+', ' '))
      this.#pairs.push([String(name), value])
    }
    return this.#pairs
  }

  /** The first value of a name, as text or bytes. */
  bytes(name: string): Text | undefined {
    if (this.raw === '') return undefined
    return this.pairs.find((pair) => pair[0] === name)?.[1]
  }

  /** The first value of a name, as text. */
  text(name: string): string | undefined {
    const value = this.bytes(name)
    return value === undefined ? undefined : textOf(value)
  }

  all(name: string): readonly Text[] {
    return this.pairs.filter((pair) => pair[0] === name).map((pair) => pair[1])
  }

  /** A name that is present without a value, or with 1 or true. */
  flag(name: string): boolean {
    const value = this.text(name)
    if (value === undefined || value === '0' || value === 'false') return false
    if (value === '' || value === '1' || value === 'true') return true
    throw new GatewayError('BAD_REQUEST', `The query parameter ${name} is true or false.`)
  }

  /** A decimal integer within bounds, or `undefined`. */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max)) {
      throw new GatewayError('BAD_REQUEST', `The query parameter ${name} is an integer from ${min} to ${max}.`)
    }
    return number
  }
}
