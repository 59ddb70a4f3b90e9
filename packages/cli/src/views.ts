// What goes on until it is stopped: subscriptions and MONITOR, as lines for a person.

import type { Client } from '@ochre/client'
import type { Reply } from '@ochre/protocol'
import { pretty, quote } from './print.ts'

const binary = (bytes: Buffer): string => bytes.toString('latin1')

/** The commands that open a view. */
export const VIEWS: ReadonlySet<string> = new Set(['subscribe', 'psubscribe', 'ssubscribe', 'monitor'])

/** Lines of a view, until the client's signal ends it. `client` must not be needed for anything else meanwhile. */
export async function* view(client: Client, name: string, names: readonly (string | Buffer)[]): AsyncGenerator<string> {
  if (name === 'monitor') {
    const monitor = client.buffers.monitor()
    await monitor.ready
    yield 'OK'
    for await (const { time, db, address, args } of monitor)
      yield `${(time / 1000).toFixed(6)} [${db} ${address}] ${args.map((arg) => quote(arg)).join(' ')}`
    return
  }
  const topics = names.map(String)
  const { buffers } = client
  const subscription =
    name === 'subscribe'
      ? buffers.subscribe(topics, { gaps: true })
      : name === 'psubscribe'
        ? buffers.psubscribe(topics, { gaps: true })
        : buffers.ssubscribe(topics, { gaps: true })
  await subscription.ready
  yield `Listening to ${topics.join(', ')}; Ctrl-C ends it.`
  for await (const item of subscription) {
    if (item.gap !== undefined) yield `(${item.gap})`
    else {
      const parts: Reply = [...(item.pattern === undefined ? [] : [item.pattern]), item.channel, binary(item.message)]
      yield pretty(parts)
    }
  }
}
