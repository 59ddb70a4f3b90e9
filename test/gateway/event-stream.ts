// An event stream of a gateway, read event by event without a port.
import type { Gateway } from '../../packages/gateway/src/index.ts'
import { requestOf, type Sent } from './ask.ts'

export interface OpenStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The next event; undefined when the stream has ended. */
  next(): Promise<string | undefined>
  close(): void
}

export async function openStream(gateway: Gateway, target: string, sent: Sent = {}): Promise<OpenStream> {
  const abort = new AbortController()
  const answer = await gateway.handle(requestOf('GET', target, { ...sent, signal: abort.signal }))
  const chunks = (answer.body as AsyncIterable<string>)[Symbol.asyncIterator]?.()
  const events: string[] = []
  return {
    status: answer.status,
    headers: answer.headers,
    async next() {
      while (events.length === 0) {
        const { done, value } = await chunks.next()
        if (done) return undefined
        events.push(...value.split('\n\n').filter((event) => event !== ''))
      }
      return events.shift()
    },
    close: () => abort.abort(),
  }
}
