// The models that the gateway serves, opened once per client: the gateway's own, those of other databases, those of ACL
// users. Whoever wants a store gets it here, after policy and limits.

import type { Client } from '@ochre/client'
import { type AnyModel, type Database, type ModelSpec, open, type Store } from '@ochre/model'
import type { Exchange } from './exchange.ts'
import type { Caller } from './execute.ts'
import type { Gateway } from './gateway.ts'
import type { Principal } from './principal.ts'
import { GatewayError } from './status.ts'

export type Models = Readonly<Record<string, AnyModel>>

export type AnyStore = Store<AnyModel['fields']>

export class OpenModels {
  readonly names: readonly string[]
  readonly specs: readonly ModelSpec[]
  readonly #gateway: Gateway
  readonly #models: Models
  readonly #open = new WeakMap<Client, Database<Models>>()
  readonly #properties = new Map<string, string>()

  constructor(gateway: Gateway, models: Models) {
    this.#gateway = gateway
    this.#models = models
    for (const [property, model] of Object.entries(models)) this.#properties.set(model.name, property)
    this.names = [...this.#properties.keys()]
    this.specs = Object.values(models).map((model) => model.spec)
  }

  /** Throws NOT_FOUND or NOT_PERMITTED. */
  authorize({ rules }: Principal, name: string, writes: boolean): void {
    const isThere = this.#properties.has(name)
    if (!isThere || !rules.allowsModel(name)) {
      // Without the right to a model its existence is not told.
      if (rules.has('models') && !isThere) throw new GatewayError('NOT_FOUND', 'There is no such model.')
      throw new GatewayError('NOT_PERMITTED', 'The credential may not use this model.')
    }
    if (!rules.has(writes ? 'write' : 'read')) {
      throw new GatewayError('NOT_PERMITTED', `The credential may not ${writes ? 'write' : 'read'}.`)
    }
  }

  /** The store of a model for an operation of the caller, after policy and limits. */
  async store(caller: Caller, name: string, operation: string, writes: boolean, cost: number): Promise<AnyStore> {
    this.authorize(caller.principal, name, writes)
    caller.commands ??= []
    caller.commands.push(`model ${name} ${operation}`)
    if (writes) caller.wrote = true
    await this.spend(caller, cost)
    const client = await this.clientOf(caller)
    let database = this.#open.get(client)
    if (database === undefined) {
      database = open(client, this.#models, {
        documents: 'text',
        sweepEvery: client === this.#gateway.connections.own ? '30s' : 0,
      })
      this.#open.set(client, database)
      this.#gateway.onClosing(() => database?.close())
    }
    return database[this.#properties.get(name)!] as AnyStore
  }

  /** Takes more from the caller's limits, for an operation of unknown size. */
  spend(caller: Caller, cost: number): Promise<void> {
    return this.#gateway.executor.spend(caller, cost)
  }

  /** The client that the caller's stores use. */
  clientOf({ database, principal }: Caller): Client | Promise<Client> {
    return this.#gateway.connections.of(database, false, principal.redisUser)
  }

  /** The path of a row. An id that URL libraries swallow, or that is the name of another route, stands in the query. */
  pathOf({ database }: Caller, { name }: ModelSpec, row: object): string {
    const { connections, router } = this.#gateway
    const id = encodeURIComponent(String((row as { readonly id?: unknown }).id))
    const path = `/v1/models/${name}/${id}`
    const isPlain = !/^(?:\.\.?|~)$/.test(id) && router.match('GET', path).route.doc.id === 'getRow'
    const query = [isPlain ? '' : `id=${id}`, database === connections.database ? '' : `db=${database}`].filter(Boolean)
    return `${isPlain ? path : `/v1/models/${name}/~`}${query.length === 0 ? '' : `?${query.join('&')}`}`
  }

  /** The store of the route's model. */
  of(x: Exchange, operation: string, writes: boolean, cost: number): Promise<AnyStore> {
    return this.store(x.caller, String(x.param('model')), operation, writes, cost)
  }
}
