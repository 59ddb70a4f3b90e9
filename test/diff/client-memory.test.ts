// maxmemory-clients: a real server and the engine disconnect the same clients. What each counts for a client differs by some
// kilobytes; here the clients differ by megabytes.
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Pair, type Side, startPair } from './pair.ts'
import { Wire } from './wire.ts'

const MB = 1024 * 1024
const LIMIT = '6mb'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

/** Clients of one side; `control` is never disconnected. */
class Clients {
  readonly #side: Side
  readonly control: Wire
  readonly #opened: { destroy(): void }[] = []

  constructor(side: Side, control: Wire) {
    this.#side = side
    this.control = control
  }

  async open(): Promise<{ wire: Wire; id: string }> {
    const wire = await Wire.open(this.#side.port)
    this.#opened.push({ destroy: () => wire.close() })
    return { wire, id: (await wire.call('CLIENT', 'ID')).slice(1, -2) }
  }

  /** A client that never reads. */
  async openSilent(): Promise<{ socket: Socket; id: string }> {
    const socket = connect(this.#side.port, '127.0.0.1')
    this.#opened.push(socket)
    socket.on('error', () => {})
    const id = await new Promise<string>((resolve) => {
      socket.write('CLIENT ID\r\n')
      socket.once('data', (chunk) => {
        socket.pause()
        resolve(chunk.toString().slice(1, -2))
      })
    })
    return { socket, id }
  }

  async has(id: string): Promise<boolean> {
    return (await this.control.call('CLIENT', 'LIST', 'ID', id)).includes(`id=${id} `)
  }

  /** Resolves when the server has disconnected the client. */
  async untilGone(id: string): Promise<void> {
    while (await this.has(id)) await new Promise(setImmediate)
  }

  /** Resolves when the server has read so many bytes of an unfinished request. */
  async untilHolds(id: string, bytes: number): Promise<void> {
    for (;;) {
      const line = await this.control.call('CLIENT', 'LIST', 'ID', id)
      if (Number(/ qbuf=(\d+)/.exec(line)?.[1]) >= bytes) return
      await new Promise(setImmediate)
    }
  }

  close(): void {
    for (const opened of this.#opened) opened.destroy()
    this.control.close()
  }
}

let sides: Clients[]
beforeEach(async () => {
  sides = await Promise.all(
    pair.sides.map(async (side) => {
      const control = await Wire.open(side.port)
      await control.call('CLIENT', 'NO-EVICT', 'ON')
      await control.call('CONFIG', 'RESETSTAT')
      await control.call('CONFIG', 'SET', 'maxmemory-clients', LIMIT, 'maxmemory', '0')
      return new Clients(side, control)
    }),
  )
})
afterEach(async () => {
  for (const side of sides) {
    await side.control.call('CONFIG', 'SET', 'maxmemory-clients', '0', 'maxmemory', '0')
    await side.control.call('FLUSHALL')
    side.close()
  }
})

function unfinished(bytes: number): string {
  return `*2\r\n$4\r\nECHO\r\n$${bytes + 10}\r\n${'x'.repeat(bytes)}`
}

const evicted = async ({ control }: Clients): Promise<number> =>
  Number(/evicted_clients:(\d+)/.exec(await control.call('INFO', 'stats'))![1])

describe('maxmemory-clients', () => {
  for (const index of [0, 1]) {
    describe(['of Redis', 'of the engine'][index]!, () => {
      it('disconnects who sends a request without an end', async () => {
        const side = sides[index]!
        const [small, hog] = [await side.open(), await side.open()]
        hog.wire.sendRaw(unfinished(8 * MB))
        await side.untilGone(hog.id)
        expect(await small.wire.call('PING')).toBe('+PONG\r\n')
        expect(await evicted(side)).toBe(1)
      })

      it('disconnects who sends arguments without an end', async () => {
        const side = sides[index]!
        const [small, hog] = [await side.open(), await side.open()]
        hog.wire.sendRaw(`*1000000\r\n${`$${MB}\r\n${'x'.repeat(MB)}\r\n`.repeat(8)}`)
        await side.untilGone(hog.id)
        expect(await small.wire.call('PING')).toBe('+PONG\r\n')
        expect(await evicted(side)).toBe(1)
      })

      it('disconnects who queues a transaction without an end', async () => {
        const side = sides[index]!
        const [small, hog] = [await side.open(), await side.open()]
        hog.wire.send(['MULTI'], ...Array.from({ length: 8 }, () => ['SET', 'k', 'x'.repeat(MB)]))
        await side.untilGone(hog.id)
        expect(await small.wire.call('EXISTS', 'k')).toBe(':0\r\n')
        expect(await evicted(side)).toBe(1)
      })

      it('disconnects who does not read', async () => {
        const side = sides[index]!
        const [small, hog] = [await side.open(), await side.openSilent()]
        await side.control.call('SET', 'k', 'x'.repeat(MB))
        hog.socket.write('GET k\r\n'.repeat(60))
        await side.untilGone(hog.id)
        expect(await small.wire.call('PING')).toBe('+PONG\r\n')
        expect(await evicted(side)).toBe(1)
      })

      it('spares who said NO-EVICT', async () => {
        const side = sides[index]!
        const [small, hog] = [await side.open(), await side.open()]
        await hog.wire.call('CLIENT', 'NO-EVICT', 'ON')
        hog.wire.sendRaw(unfinished(8 * MB))
        await side.untilGone(small.id)
        expect(await side.has(hog.id)).toBe(true)
        hog.wire.sendRaw(`${'x'.repeat(10)}\r\n`)
        expect((await hog.wire.frame()).length).toBeGreaterThan(8 * MB)
      })

      it('disconnects those that hold most, when the limit becomes lower', async () => {
        const side = sides[index]!
        await side.control.call('CONFIG', 'SET', 'maxmemory-clients', '50mb')
        const clients = [await side.open(), await side.open(), await side.open(), await side.open()]
        for (const [i, megabytes] of [1, 4, 2, 9].entries()) {
          clients[i]!.wire.sendRaw(unfinished(megabytes * MB))
          await side.untilHolds(clients[i]!.id, megabytes * MB)
        }
        expect(await evicted(side)).toBe(0)
        await side.control.call('CONFIG', 'SET', 'maxmemory-clients', LIMIT)
        const left = await Promise.all(clients.map(({ id }) => side.has(id)))
        expect(left).toEqual([true, false, true, false])
        expect(await evicted(side)).toBe(2)
      })

      it('can be a part of maxmemory', async () => {
        const side = sides[index]!
        await side.control.call('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-clients', '6%')
        const [small, hog] = [await side.open(), await side.open()]
        hog.wire.sendRaw(unfinished(8 * MB))
        await side.untilGone(hog.id)
        expect(await side.has(small.id)).toBe(true)
      })
    })
  }
})
