// Thousands of subscribers over server-sent events on one subscription at Redis: what they cost and how long a message takes.
import { connect, type Socket } from 'node:net'
import type { TestServer } from '../../test/servers/server.ts'
import { median } from '../statistics.ts'
import type { Table } from '../suite.ts'
import { serve } from './child.ts'

const MESSAGES = 100
const PATIENCE_MS = 30_000

/** Subscribes that many readers to one channel of a gateway of its own. */
export async function measureSubscribers(
  root: string,
  redis: TestServer,
  token: string,
  count: number,
): Promise<Table> {
  const gateway = await serve({ kind: 'ochre', root, redisPort: redis.port, token, workers: 1 })
  const readers: Reader[] = []
  try {
    const rows: string[][] = []
    const measure = async (title: string): Promise<void> => {
      const { rss, heap } = await gateway.memory()
      rows.push([title, mega(heap), mega(rss)])
    }
    await measure('nobody subscribed')
    for (let i = 0; i < count; ) {
      const opening: Promise<Reader>[] = []
      for (const end = Math.min(count, i + 250); i < end; i++) opening.push(Reader.open(gateway.port, token))
      readers.push(...(await Promise.all(opening)))
    }
    await measure(`${count.toLocaleString('en')} subscribed`)
    const [, subscriptions] = (await redis.call('PUBSUB', 'NUMSUB', 'news')) as (string | number)[]
    const times: number[] = []
    for (let i = 1; i <= MESSAGES; i++) {
      const start = performance.now()
      const heard = Promise.all(readers.map((reader) => reader.hear(i)))
      await redis.call('PUBLISH', 'news', `message ${i}`)
      await inTime(heard)
      times.push(performance.now() - start)
    }
    await measure(`after ${MESSAGES} messages to each`)
    for (const reader of readers.splice(0)) reader.close()
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; ) {
      if (((await redis.call('PUBSUB', 'NUMSUB', 'news')) as unknown[])[1] === 0) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await measure('after all have gone')
    times.sort((a, b) => a - b)
    return {
      kind: 'table',
      title: `${count.toLocaleString('en')} subscribers on one subscription`,
      head: ['MB', 'heap and external', 'resident'],
      rows,
      note:
        `Server-sent events from one process; Redis has ${subscriptions} subscription. From PUBLISH until the last of them has ` +
        `read the message: ${median(times).toFixed(0)} ms in the median, ${times.at(-2)!.toFixed(0)} ms at p99 of ${MESSAGES} ` +
        'messages, the readers included, which are one process. Memory is that of the gateway, after a collection.',
    }
  } finally {
    for (const reader of readers) reader.close()
    await gateway.stop()
  }
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1)

function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a subscriber did not hear a message')), PATIENCE_MS)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** A connection that reads events as text and keeps nothing of them. */
class Reader {
  readonly #socket: Socket
  #tail = ''
  #waiting: { readonly text: string; resolve(): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#read(chunk))
  }

  /** Resolves when the gateway says that it is subscribed. */
  static open(port: number, token: string): Promise<Reader> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('a subscriber was disconnected')))
      const reader = new Reader(socket)
      reader.#expect('event: subscribed').then(() => resolve(reader))
      socket.write(
        `GET /v1/redis/pubsub/subscribe?channel=news HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
          'accept: text/event-stream\r\n\r\n',
      )
    })
  }

  /** Resolves when the message of that number is there. */
  hear(number: number): Promise<void> {
    return this.#expect(`message ${number}"`)
  }

  close(): void {
    this.#socket.destroy()
  }

  #expect(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { text, resolve }
    })
  }

  #read(chunk: string): void {
    const seen = this.#tail + chunk
    this.#tail = seen.slice(-200)
    if (this.#waiting === undefined || !seen.includes(this.#waiting.text)) return
    const { resolve } = this.#waiting
    this.#waiting = undefined
    resolve()
  }
}
