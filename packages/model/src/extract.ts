// Paths that begin with a field: 'score', 'tags[0]', 'settings.level', 'profile.address.city'.

import { UsageError } from '@ochre/protocol'
import { parsePath } from './json-path.ts'

const WAYS = 'A path into a list is tags[0], into a map or a sorted set settings.level or settings["odd key"]'

/** The value at a path of a row inside a program. */
export function reach(row: object, path: string): unknown {
  const match = /^([A-Za-z]\w*)(.*)$/s.exec(path)
  const handle = match && (row as Record<string, Record<string, (...args: unknown[]) => unknown>>)[match[1]!]
  if (!handle) throw new UsageError('A path starts with a field of the model')
  const rest = match[2]!
  if (rest === '') {
    if (handle.items) return handle.items()
    if (handle.entries) return handle.entries()
    if (handle.rangeWithScores) return handle.rangeWithScores(0, -1)
    if (handle.handleOf !== undefined) throw new UsageError('Positions and streams are read by a program')
    return handle
  }
  const [first, ...deeper] = parsePath(rest)
  if (handle.handleOf === undefined) return handle.at!([first, ...deeper])
  const get = typeof first === 'number' ? handle.at : (handle.get ?? handle.score)
  if (!get) throw new UsageError(WAYS)
  const found = get.call(handle, first) as { at(path: readonly unknown[]): unknown }
  return deeper.length === 0 ? found : found.at(deeper)
}
