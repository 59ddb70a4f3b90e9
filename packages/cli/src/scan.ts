// Walking the key space: SCAN only, never KEYS, so that a server with a hundred million keys does not stop.

import type { Client } from '@ochre/client'

export interface ScanOptions {
  readonly match?: string | undefined
  readonly type?: string | undefined
  /** Where to begin: a cursor of an earlier scan of the same server. */
  readonly cursor?: string
}

const COUNT = 500

/**
 * Batches of keys with the cursor that follows them (`'0'` after the last). Each key that exists during the whole walk
 * comes at least once; a key may come twice.
 */
export async function* scanKeys(
  client: Client,
  options: ScanOptions,
): AsyncGenerator<{ keys: Buffer[]; cursor: string }> {
  const filter = [
    ...(options.match === undefined ? [] : ['MATCH', options.match]),
    ...(options.type === undefined ? [] : ['TYPE', options.type]),
  ]
  let cursor = options.cursor ?? '0'
  do {
    const [next, keys] = (await client.buffers.call('SCAN', cursor, ...filter, 'COUNT', COUNT)) as [Buffer, Buffer[]]
    cursor = next.toString()
    yield { keys, cursor }
  } while (cursor !== '0')
}
