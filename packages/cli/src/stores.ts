// Models of a user's module, opened on the server of a verb.

import { filterOf, parseJson } from '@ochre/gateway'
import { type AnyModel, type Fields, type ModelSpec, open, type Store } from '@ochre/model'
import { OchreError, UsageError } from '@ochre/protocol'
import type { Command } from 'commander'
import type { Io } from './io.ts'
import { loadModels } from './modules.ts'
import { type TargetOptions, withClient, withTarget } from './target.ts'

export interface StoreOptions extends TargetOptions {
  readonly models?: string
  readonly namespace: string
}

export interface FilterOptions {
  readonly where?: string
  readonly scan?: true
}

export type AnyStore = Store<Fields>

export interface OpenedModel {
  /** The exported name. */
  readonly name: string
  readonly model: AnyModel
  readonly store: AnyStore
}

/** Declares where the server and the models are. */
export function withModels(command: Command): Command {
  return withTarget(command)
    .option('--models <file>', 'module with the models, TypeScript or JavaScript (default: OCHRE_MODELS)')
    .option('--namespace <text>', 'the namespace that the models are opened with', '')
}

/** Declares a filter of rows. */
export function withFilter(command: Command): Command {
  return command
    .option('--where <json>', 'a filter: {"age":{"gte":18}}')
    .option('--scan', 'allow a filter that no index narrows')
}

/** Opens one model, by its exported name or its name in Redis, or all of them. Closes everything when `work` is done. */
export async function withStores<T>(
  io: Io,
  options: StoreOptions,
  name: string | undefined,
  work: (opened: readonly OpenedModel[]) => Promise<T>,
): Promise<T> {
  const path = options.models ?? io.env.OCHRE_MODELS
  if (path === undefined) throw new UsageError('Say with --models where the models are: --models ./models.ts')
  const { models } = await loadModels(path)
  const chosen = Object.entries(models).filter(
    ([exported, model]) => name === undefined || name === exported || name === model.name,
  )
  if (chosen.length === 0)
    throw new UsageError(`There is no model ${name}; there are ${Object.keys(models).join(', ')}.`)
  return withClient(io, options, async (client) => {
    const db = open(client, models, { namespace: options.namespace, documents: 'text' })
    try {
      return await work(chosen.map(([exported, model]) => ({ name: exported, model, store: db[exported] as AnyStore })))
    } finally {
      db.close()
    }
  })
}

/** The filter as `find` takes it, its operands values of the model's fields. */
export function queryOf({ spec }: AnyStore, { where, scan }: FilterOptions): object {
  return { ...(where === undefined ? {} : { where: parseFilter(spec, where) }), ...(scan ? { allowScan: true } : {}) }
}

function parseFilter(spec: ModelSpec, text: string): object {
  try {
    return filterOf(spec, parseJson(text))
  } catch (cause) {
    if (!(cause instanceof OchreError)) throw cause
    const why = cause.code === 'BAD_JSON' ? '' : ` ${cause.message}`
    throw new UsageError(`--where is a JSON object, such as {"age":{"gte":18}}.${why}`, { cause })
  }
}
