// Loads a user's module with models, TypeScript or JavaScript.

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnyModel } from '@ochre/model'
import { UsageError } from '@ochre/protocol'
import { createJiti } from 'jiti'

export interface ModelsModule {
  /** By their exported names. */
  readonly models: Readonly<Record<string, AnyModel>>
  /** Fills an empty database, when the module exports such a function. */
  readonly seed: ((db: unknown) => Promise<void>) | undefined
}

/**
 * Imports the module and takes every exported model. Throws a UsageError when the file is missing, does not load, or
 * exports no model.
 */
export async function loadModels(path: string): Promise<ModelsModule> {
  const file = resolve(path)
  if (!(await stat(file).catch(() => null))?.isFile()) throw new UsageError(`There is no file ${path}.`)
  // Node below 22.18 does not read TypeScript by itself.
  // One copy of the model layer, ours, so that a folder without packages works and a class is the same class.
  const alias = { '@ochre/model': fileURLToPath(import.meta.resolve('@ochre/model')) }
  const jiti = createJiti(pathToFileURL(file).href, { fsCache: false, alias })
  let exported: Record<string, unknown>
  try {
    exported = (await jiti.import(file)) as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`${path} does not load: ${(cause as Error).message}`, { cause })
  }
  const models = Object.fromEntries(
    Object.entries(exported).filter((entry): entry is [string, AnyModel] => isModel(entry[1])),
  )
  if (Object.keys(models).length === 0)
    throw new UsageError(`${path} exports no model: export const User = model('user', { ... })`)
  const { seed } = exported
  return { models, seed: typeof seed === 'function' ? (seed as ModelsModule['seed']) : undefined }
}

/** By what it has and not by its class: the module may bring a copy of @ochre/model of its own. */
function isModel(value: unknown): boolean {
  const spec = (value as Partial<AnyModel> | null)?.spec
  return typeof spec === 'object' && typeof spec?.name === 'string' && spec.byProperty instanceof Map
}
