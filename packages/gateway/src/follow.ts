// Following a stream: entries after an id as they are added, by asking again and again with the id of the last one. No
// connection is held, nothing is missed, and a reader that comes back goes on from its last id.

import type { Reply } from '@ochre/protocol'
import { type Caller, type Executor, RAW } from './execute.ts'
import type { Arg } from './policy.ts'
import { itemsOf } from './reply-json.ts'
import { GatewayError } from './status.ts'

const AGAIN_MS = 200
const PAGE_ENTRIES = 200
const PAGE = String(PAGE_ENTRIES)

export interface Follower {
  /** Resolves when the first page has been read, so that a refusal is known; its readers may still be at it. */
  readonly ready: Promise<void>
  stop(): void
}

/** Checks an id to follow after: an entry id, `0` for all, `$` for new ones only. */
export function followId(sent: string | undefined): string {
  if (sent === undefined) return '$'
  if (/^(?:\d{1,20}(?:-\d{1,20})?|\$)$/.test(sent)) return sent
  throw new GatewayError('BAD_REQUEST', 'The id to follow after is an entry id, 0 or $.')
}

/**
 * Calls `onEntry` for each entry after `after` until stopped, or until it gives false. It may take its time: nothing is
 * read meanwhile, so that a slow reader is waited for and misses nothing. Only the first page costs the caller anything,
 * as any subscription costs once, however long it goes on.
 */
export function followStream(
  executor: Executor,
  caller: Caller,
  key: Arg,
  after: string,
  onEntry: (entry: Reply, id: string) => boolean | Promise<boolean>,
): Follower {
  let last = after
  let isStopped = false
  let isPaid = false
  let timer: NodeJS.Timeout | undefined
  const run = async (args: readonly Arg[]): Promise<readonly Reply[]> =>
    itemsOf((await (isPaid ? executor.runPaid(caller, args, RAW) : executor.run(caller, args, RAW))) as Reply)
  const page = async (): Promise<readonly Reply[]> => {
    if (last === '$') {
      const [newest] = await run(['XREVRANGE', key, '+', '-', 'COUNT', '1'])
      last = newest === undefined ? '0-0' : String(itemsOf(newest)[0])
    }
    const entries = await run(['XRANGE', key, `(${last}`, '+', 'COUNT', PAGE])
    isPaid = true
    return entries
  }
  const deliver = async (entries: readonly Reply[]): Promise<void> => {
    // A page that was full is followed by another one at once.
    for (let next = entries; ; next = await page()) {
      for (const entry of next) {
        if (isStopped) return
        last = String(itemsOf(entry)[0])
        const going = onEntry(entry, last)
        if (!(going instanceof Promise ? await going : going)) {
          isStopped = true
          return
        }
      }
      if (next.length < PAGE_ENTRIES || isStopped) return
    }
  }
  const again = (): void => {
    if (isStopped) return
    // While Redis is away the reader just waits: the id makes sure that nothing is missed.
    timer = setTimeout(() => page().then(deliver).then(again, again), AGAIN_MS)
    timer.unref()
  }
  const first = page()
  // What refused the first page is told by `ready`.
  first.then((entries) => deliver(entries).then(again, again)).catch(() => {})
  return {
    ready: first.then(() => {}),
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
