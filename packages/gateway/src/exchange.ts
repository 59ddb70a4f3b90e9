// One request on its way through the gateway: what was matched, who sent it, and the ways to run its commands. The same
// object serves HTTP routes; a WebSocket session makes one caller and runs its frames through the same executor.

import { type Authenticator, isRefusal } from './auth.ts'
import type { Caller, Executor, Form } from './execute.ts'
import type { GatewayLimits } from './gateway.ts'
import type { Hub } from './hub.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from './json.ts'
import { type Body, bodyOf, type GatewayRequest, type GatewayResponse, headerOf } from './message.ts'
import type { Arg } from './policy.ts'
import type { Principal } from './principal.ts'
import type { Query, Text } from './routes.ts'
import { GatewayError } from './status.ts'

/** What an exchange needs of the gateway it belongs to. */
export interface Host {
  readonly executor: Executor
  readonly limits: GatewayLimits
  readonly hub: Hub
  readonly authenticator: Authenticator
  handle(request: GatewayRequest): Promise<GatewayResponse>
  onClosing(callback: () => void): () => void
  /** Event streams that are open, for the metrics. */
  openStreams: number
}

export class Exchange {
  readonly request: GatewayRequest
  readonly id: string
  readonly params: Readonly<Record<string, Text>>
  readonly query: Query
  readonly caller: Caller
  /** Replaced when the body had to be read ahead of the handler. */
  body: Body
  readonly #host: Host
  readonly #token: string | undefined

  constructor(
    host: Host,
    request: GatewayRequest,
    id: string,
    params: Readonly<Record<string, Text>>,
    query: Query,
    caller: Caller,
    token: string | undefined,
  ) {
    this.#host = host
    this.#token = token
    this.request = request
    this.id = id
    this.params = params
    this.query = query
    this.caller = caller
    this.body = request.body
  }

  get executor(): Executor {
    return this.#host.executor
  }

  get hub(): Hub {
    return this.#host.hub
  }

  /** Calls back when the gateway begins to close, for streams to end. Returns the way to cancel. */
  onClosing(callback: () => void): () => void {
    return this.#host.onClosing(callback)
  }

  /** Counts one more open event stream. Returns the way to count one less. */
  countStream(): () => void {
    this.#host.openStreams++
    return () => {
      this.#host.openStreams--
    }
  }

  /** Whether the credential is still accepted. While Redis or the issuer of tokens cannot be asked it is. */
  async isStillValid(): Promise<boolean> {
    try {
      await this.#host.authenticator.authenticate(this.#token, this.request)
      return true
    } catch (error) {
      return !isRefusal(error)
    }
  }

  get limits(): GatewayLimits {
    return this.#host.limits
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
    return this.body.bytes(this.#host.limits.bodyBytes)
  }

  async json(): Promise<JsonValue> {
    return parseJson(await this.bytes())
  }

  /** The body as a JSON object whose members are among `names`. Throws BAD_REQUEST naming the first other member. */
  async object(names: readonly string[]): Promise<JsonObject> {
    const value = await this.json()
    if (!isObject(value)) {
      throw new GatewayError('BAD_REQUEST', `The body is a JSON object with ${names.join(', ')}.`)
    }
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) {
        throw new GatewayError('BAD_REQUEST', `The body may hold ${names.join(', ')} and nothing else.`)
      }
    }
    return value
  }

  /** Takes the cost of something that makes or checks credentials, and notes it for the audit log. */
  manage(name: string, cost: number): Promise<void> {
    this.caller.managed = true
    this.caller.commands ??= []
    this.caller.commands.push(name)
    return this.spend(cost)
  }

  /** Takes the cost of something that is no command. */
  spend(cost: number): Promise<void> {
    return this.#host.executor.spend(this.caller, cost)
  }

  /** Runs one command after policy and limits. */
  run(args: readonly Arg[], form?: Form): Promise<unknown> {
    return this.#host.executor.run(this.caller, args, form)
  }

  /** As `run`, and a command that waits is given a connection of its own until the peer is gone or the gateway closes. */
  async runOrWait(args: readonly Arg[], form?: Form): Promise<unknown> {
    let cleanUp: (() => void) | undefined
    let isClosing = false
    const wait = (): AbortSignal => {
      const abort = new AbortController()
      const gone = (): void => abort.abort()
      const cancel = this.#host.onClosing(() => {
        isClosing = true
        abort.abort()
      })
      this.request.signal.addEventListener('abort', gone)
      cleanUp = () => {
        cancel()
        this.request.signal.removeEventListener('abort', gone)
      }
      return abort.signal
    }
    try {
      return await this.#host.executor.run(this.caller, args, form, wait)
    } catch (error) {
      if (isClosing)
        throw new GatewayError('SHUTTING_DOWN', 'The gateway is closing; nothing happened.', { 'retry-after': '1' })
      throw error
    } finally {
      cleanUp?.()
    }
  }

  /** Runs several in order, in one write; each has its own outcome. */
  runAll(commands: readonly (readonly Arg[])[], form?: Form): Promise<unknown[]> {
    return this.#host.executor.runAll(this.caller, commands, form)
  }

  /** Runs several as one MULTI/EXEC. */
  transaction(commands: readonly (readonly Arg[])[], form?: Form): Promise<unknown[]> {
    return this.#host.executor.transaction(this.caller, commands, form)
  }

  /**
   * Sends another request with the credential of this one, and with its database and encoding where the path names none. The
   * path has no query parameter that authenticates.
   */
  inner(method: string, target: string, body: string): Promise<GatewayResponse> {
    const sent = this.request.headers
    const headers = {
      authorization: sent.authorization,
      'content-type': 'application/json',
      'ochre-encoding': sent['ochre-encoding'],
      'ochre-db': /[?&]db=/.test(target) ? undefined : sent['ochre-db'],
    }
    return this.#host.handle({
      method,
      target,
      headers,
      remoteAddress: this.request.remoteAddress,
      body: bodyOf(body),
      signal: this.request.signal,
    })
  }

  /** Runs a script that an administrator registered. */
  registered(source: Script, isReadOnly: boolean, keys: readonly Arg[], args: readonly Arg[]): Promise<unknown> {
    return this.#host.executor.registered(this.caller, source, isReadOnly, keys, args)
  }

  /** Runs one of the gateway's own scripts on behalf of the caller: `like` is the command that policy is asked about. */
  script(
    source: Script,
    like: readonly Arg[],
    keys: readonly Arg[],
    args: readonly Arg[],
    _form?: Form,
  ): Promise<unknown> {
    return this.#host.executor.script(this.caller, source, like, keys, args)
  }
}

export interface Script {
  readonly lua: string
  readonly sha: string
}
