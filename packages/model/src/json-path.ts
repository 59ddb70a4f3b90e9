// Paths into JSON documents: 'address.city', 'tags[0]', 'a["odd key"].b', or a list of keys and positions.

import { UsageError } from '@ochre/protocol'
import { packed } from './codec.ts'

export type JsonPath = string | readonly (string | number)[]

/** Keys and positions of a path. An empty path is the document itself. */
export function parsePath(path: JsonPath): readonly (string | number)[] {
  if (typeof path !== 'string') return path
  const segments: (string | number)[] = []
  const pattern = /\.?([^.[\]"]+)|\[(-?\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path)
    if (!match) throw new UsageError('A path is written like address.city, tags[0] or labels["odd key"]')
    if (match[1] !== undefined) segments.push(match[1])
    else if (match[2] !== undefined) segments.push(Number(match[2]))
    else segments.push(JSON.parse(match[3]!) as string)
  }
  return segments
}

/** Segments as the script reads them: `k` + key as JSON, `i` + position, each with its length. */
export function packPath(segments: readonly (string | number)[]): Buffer {
  return Buffer.concat(
    segments.map((segment) => packed(typeof segment === 'number' ? `i${segment}` : `k${JSON.stringify(segment)}`)),
  )
}
