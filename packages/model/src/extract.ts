// Paths that begin with a field: 'score', 'tags[0]', 'settings.level', 'profile.address.city'.

import { UsageError } from '@ochre/protocol'

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
  if (handle.handleOf === undefined) return handle.at!(rest.startsWith('.') ? rest.slice(1) : rest)
  const index = /^\[(-?\d+)\](.*)$/s.exec(rest)
  const key = /^\.([^.[]+)(.*)$/s.exec(rest)
  const get = handle.get ?? handle.score
  const found = index && handle.at ? handle.at(Number(index[1])) : key && get ? get.call(handle, key[1]) : null
  if (!found) throw new UsageError('A path into a list is tags[0], into a map or a sorted set settings.level')
  const deeper = (index ?? key)![2]!
  return deeper === ''
    ? found
    : (found as { at(path: string): unknown }).at(deeper.startsWith('.') ? deeper.slice(1) : deeper)
}
