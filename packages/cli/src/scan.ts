// Walking the key space: SCAN only, never KEYS, so that a server with a hundred million keys does not stop.

import type { Client } from '@ochre/client'

export interface ScanOptions {
  readonly match?: string | undefined
  readonly type?: string | undefined
  /** Where to begin: a cursor of an earlier scan of the same server, since when it has not been restarted. */
  readonly cursor?: string
  /** Keys to leave out; those that are found are added. */
  readonly seen?: KeySet
}

const COUNT = 500

/**
 * Batches of keys with the cursor that follows them (`'0'` after the last). Each key that exists during the whole walk
 * comes exactly once, although SCAN may give it twice.
 */
export async function* scanKeys(
  client: Client,
  options: ScanOptions,
): AsyncGenerator<{ keys: Buffer[]; cursor: string }> {
  const filter = [
    ...(options.match === undefined ? [] : ['MATCH', options.match]),
    ...(options.type === undefined ? [] : ['TYPE', options.type]),
  ]
  const seen = options.seen ?? new KeySet()
  let cursor = options.cursor ?? '0'
  do {
    const [next, keys] = (await client.buffers.call('SCAN', cursor, ...filter, 'COUNT', COUNT)) as [Buffer, Buffer[]]
    cursor = next.toString()
    yield { keys: keys.filter((key) => seen.add(key)), cursor }
  } while (cursor !== '0')
}

/** A Set holds at most 2^24. */
const FULL = 2 ** 23

/** A set of keys without a bound but memory. */
export class KeySet {
  readonly #sets: Set<string>[] = [new Set()]

  /** False when the key is there already. */
  add(key: Buffer): boolean {
    const binary = key.toString('latin1')
    if (this.#sets.some((set) => set.has(binary))) return false
    if (this.#sets[0]!.size >= FULL) this.#sets.unshift(new Set())
    this.#sets[0]!.add(binary)
    return true
  }
}
