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
    const key = match?.[3] === undefined ? match?.[1] : unquoted(match[3])
    if (!match || (key === undefined && match[2] === undefined))
      throw new UsageError('A path is written like address.city, tags[0] or labels["odd key"]')
    segments.push(key ?? Number(match[2]))
  }
  return segments
}

/** The text that a JSON string stands for; undefined when it is none. */
function unquoted(json: string): string | undefined {
  try {
    return JSON.parse(json) as string
  } catch {
    return undefined
  }
}

/** The script reads a document once per segment. */
const MAX_SEGMENTS = 1000

/** Segments as the script reads them: `k` + key as JSON, `i` + position, each with its length. Throws UsageError for too many. */
export function packPath(segments: readonly (string | number)[]): Buffer {
  if (segments.length > MAX_SEGMENTS) throw new UsageError(`A path has at most ${MAX_SEGMENTS} keys and positions`)
  return Buffer.concat(
    segments.map((segment) => packed(typeof segment === 'number' ? `i${segment}` : `k${JSON.stringify(segment)}`)),
  )
}
