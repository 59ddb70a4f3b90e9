// Loads a user's module with models, TypeScript or JavaScript.

import { stat } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnyModel } from '@ochre/model'
import { UsageError } from '@ochre/protocol'

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
  const { createJiti } = await import('jiti')
  const jiti = createJiti(pathToFileURL(file).href, { fsCache: false, alias })
  let exported: Record<string, unknown>
  try {
    exported = (await jiti.import(file)) as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`${path} does not load: ${explain(cause, file)}`, { cause })
  }
  const models = Object.fromEntries(
    Object.entries(exported).filter((entry): entry is [string, AnyModel] => isModel(entry[1])),
  )
  if (Object.keys(models).length === 0)
    throw new UsageError(`${path} exports no model: export const User = model('user', { ... })`)
  const { seed } = exported
  return { models, seed: typeof seed === 'function' ? (seed as ModelsModule['seed']) : undefined }
}

/** What went wrong in a user's code, in one line, and where: the first place on the way that is beside the module or below. */
export function explain(cause: unknown, file: string): string {
  const { message = String(cause), stack = '' } = (cause ?? {}) as Partial<Error>
  const [said = ''] = message.replace(/^ParseError: /, '').split(/\nRequire stack|\n\s*\n/)
  const folder = dirname(file)
  const place = [...stack.matchAll(/(?:file:\/\/)?(\/[^()\n]*?):(\d+):\d+/g)].find(
    ([, path]) => path!.startsWith(folder) && !path!.includes('node_modules'),
  )
  const where = place === undefined || said.includes(place[1]!) ? '' : ` (${relative('', place[1]!)}:${place[2]})`
  return said.trim().replaceAll(/\s*\n\s*/g, ' ') + where
}

/** By what it has and not by its class: the module may bring a copy of @ochre/model of its own. */
function isModel(value: unknown): boolean {
  const spec = (value as Partial<AnyModel> | null)?.spec
  return typeof spec === 'object' && typeof spec?.name === 'string' && spec.byProperty instanceof Map
}
