// One request on its way through the gateway: what was matched, who sent it, and the ways to run its commands. The same
// object serves HTTP routes; a WebSocket session makes one caller and runs its frames through the same executor.

import type { Caller, Executor, Form } from './execute.ts'
import { type JsonObject, type JsonValue, parseJson } from './json.ts'
import { type GatewayRequest, headerOf } from './message.ts'
import type { Arg } from './policy.ts'
import type { Principal } from './principal.ts'
import type { Query, Text } from './routes.ts'
import { GatewayError } from './status.ts'

export class Exchange {
  readonly request: GatewayRequest
  readonly id: string
  readonly params: Readonly<Record<string, Text>>
  readonly query: Query
  readonly caller: Caller
  readonly #executor: Executor
  readonly #bodyLimit: number

  constructor(
    request: GatewayRequest,
    id: string,
    params: Readonly<Record<string, Text>>,
    query: Query,
    caller: Caller,
    executor: Executor,
    bodyLimit: number,
  ) {
    this.request = request
    this.id = id
    this.params = params
    this.query = query
    this.caller = caller
    this.#executor = executor
    this.#bodyLimit = bodyLimit
  }

  get principal(): Principal {
    return this.caller.principal
  }

  /** A path parameter that the route is known to have. */
  param(name: string): Text {
    return this.params[name]!
  }

  header(name: string): string | undefined {
    return headerOf(this.request, name)
  }

  bytes(): Promise<Buffer> {
    return this.request.body.bytes(this.#bodyLimit)
  }

  async json(): Promise<JsonValue> {
    return parseJson(await this.bytes())
  }

  /** The body as a JSON object whose members are among `names`. Throws BAD_REQUEST naming the first other member. */
  async object(names: readonly string[]): Promise<JsonObject> {
    const value = await this.json()
    if (value === null || typeof value !== 'object' || Array.isArray(value) || !isPlain(value)) {
      throw new GatewayError('BAD_REQUEST', `The body is a JSON object with ${names.join(', ')}.`)
    }
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) {
        throw new GatewayError('BAD_REQUEST', `The body may hold ${names.join(', ')} and nothing else.`)
      }
    }
    return value
  }

  /** Runs one command after policy and limits. */
  run(args: readonly Arg[], form?: Form): Promise<unknown> {
    return this.#executor.run(this.caller, args, form)
  }

  /** Runs several in order, in one write; each has its own outcome. */
  runAll(commands: readonly (readonly Arg[])[], form?: Form): Promise<unknown[]> {
    return this.#executor.runAll(this.caller, commands, form)
  }

  /** Runs several as one MULTI/EXEC. */
  transaction(commands: readonly (readonly Arg[])[], form?: Form): Promise<unknown[]> {
    return this.#executor.transaction(this.caller, commands, form)
  }

  /** Runs one of the gateway's own scripts on behalf of the caller: `like` is the command that policy is asked about. */
  script(
    source: Script,
    like: readonly Arg[],
    keys: readonly Arg[],
    args: readonly Arg[],
    form?: Form,
  ): Promise<unknown> {
    return this.#executor.script(this.caller, source, like, keys, args, form)
  }
}

export interface Script {
  readonly lua: string
  readonly sha: string
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === null
}
