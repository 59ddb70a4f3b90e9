// A TCP proxy that misbehaves on command, for finding out what a client does when the network fails.
//
//   client <--- toClient --- proxy <--------- server
//          ---- toServer -->       --------->
//
// Every chunk of a direction goes through one queue: wait for its latency, wait while frozen, split, count, cut. Commands
// act on links that are open and on those to come, until `heal`.
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

export interface CutOptions {
  readonly direction: Direction
  /** So many bytes of the direction still pass, over all links, counted from now. */
  readonly after: number
  /** `reset` sends RST to both sides, `end` a FIN. */
  readonly how?: 'reset' | 'end'
}

export interface ChaosProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Open links. */
  readonly links: number
  /** Bytes that passed since the start. */
  readonly passed: Readonly<Record<Direction, number>>
  /** Holds every chunk of both directions back for so long; order is kept. */
  delay(ms: number): void
  /** Chunks of at most so many bytes, each in a write of its own. */
  split(bytes: number): void
  /** Cuts the link that carries the byte `after`; resolves when that has happened. Further links are not cut. */
  cut(options: CutOptions): Promise<void>
  /** Half-open: nothing passes any more, in one direction or both, and nobody is told. */
  freeze(direction?: Direction): void
  /** Sends RST to both sides of every open link. */
  reset(): void
  /** New connections are reset at once. */
  refuse(): void
  /** Ends all of the above; what was held back passes now, in order. */
  heal(): void
  /** Closes everything. */
  stop(): Promise<void>
}

/** A proxy in front of a port of the loopback, or of a unix socket. */
export async function startProxy(target: number | string): Promise<ChaosProxy> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return new TcpProxy(server, target)
}

interface Faults {
  delayMs: number
  splitBytes: number
  readonly frozen: Set<Direction>
  cut: { direction: Direction; left: number; how: 'reset' | 'end'; done: () => void } | undefined
}

class TcpProxy implements ChaosProxy {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly passed = { toServer: 0, toClient: 0 }
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #faults: Faults = { delayMs: 0, splitBytes: 0, frozen: new Set(), cut: undefined }
  #refusing = false

  constructor(server: Server, target: number | string) {
    this.#server = server
    this.port = (server.address() as { port: number }).port
    server.on('connection', (client) => {
      if (this.#refusing) {
        client.resetAndDestroy()
        return
      }
      const upstream = createConnection({
        ...(typeof target === 'number' ? { port: target, host: '127.0.0.1' } : { path: target }),
        allowHalfOpen: true,
        noDelay: true,
      })
      const link = new Link(client, upstream, this.#faults, this.passed)
      this.#links.add(link)
      void link.closed.then(() => this.#links.delete(link))
    })
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`
  }

  get links(): number {
    return this.#links.size
  }

  delay(ms: number): void {
    this.#faults.delayMs = ms
  }

  split(bytes: number): void {
    this.#faults.splitBytes = bytes
  }

  cut({ direction, after, how = 'reset' }: CutOptions): Promise<void> {
    return new Promise((done) => {
      this.#faults.cut = { direction, left: after, how, done }
      if (after === 0) for (const link of this.#links) link.wake()
    })
  }

  freeze(direction?: Direction): void {
    for (const one of direction ? [direction] : (['toServer', 'toClient'] as const)) this.#faults.frozen.add(one)
  }

  reset(): void {
    for (const link of this.#links) link.close('reset')
  }

  refuse(): void {
    this.#refusing = true
  }

  heal(): void {
    this.#refusing = false
    Object.assign(this.#faults, { delayMs: 0, splitBytes: 0, cut: undefined })
    this.#faults.frozen.clear()
    for (const link of this.#links) link.wake()
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const links = [...this.#links]
    for (const link of links) link.close('reset')
    await Promise.all([closed, ...links.map((link) => link.closed)])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** One connection of a client and the one to the server behind it. */
class Link {
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<unknown>
  readonly #sockets: readonly Socket[]
  readonly #lanes: readonly Lane[]

  constructor(client: Socket, upstream: Socket, faults: Faults, passed: Record<Direction, number>) {
    this.#sockets = [client, upstream]
    this.closed = Promise.all(this.#sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    this.#lanes = [
      new Lane('toServer', client, upstream, faults, passed, (how) => this.close(how)),
      new Lane('toClient', upstream, client, faults, passed, (how) => this.close(how)),
    ]
    for (const socket of this.#sockets) socket.on('error', () => this.close('reset'))
  }

  wake(): void {
    for (const lane of this.#lanes) lane.wake()
  }

  close(how: 'reset' | 'end'): void {
    for (const lane of this.#lanes) lane.close()
    for (const socket of this.#sockets) {
      if (how === 'end') socket.end(() => socket.destroy())
      // A socket that is still saying its FIN refuses to be reset, and would never tell that it is closed.
      else if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
}

/** One direction of a link: a queue between two sockets with the faults in between. */
class Lane {
  readonly #direction: Direction
  readonly #from: Socket
  readonly #to: Socket
  readonly #faults: Faults
  readonly #passed: Record<Direction, number>
  readonly #onCut: (how: 'reset' | 'end') => void
  /** `null` stands for the end of the stream. */
  readonly #queue: { chunk: Buffer | null; dueAt: number }[] = []
  #busy = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  /** Ends the wait of a chunk that was held back. */
  #release: (() => void) | undefined

  constructor(
    direction: Direction,
    from: Socket,
    to: Socket,
    faults: Faults,
    passed: Record<Direction, number>,
    onCut: (how: 'reset' | 'end') => void,
  ) {
    this.#direction = direction
    this.#from = from
    this.#to = to
    this.#faults = faults
    this.#passed = passed
    this.#onCut = onCut
    from.on('data', (chunk) => this.#push(chunk))
    from.on('end', () => this.#push(null))
  }

  /** Looks at the faults again, after they have changed. */
  wake(): void {
    clearTimeout(this.#timer)
    this.#release?.()
    if (this.#cutIsDue()) this.#cutNow()
  }

  close(): void {
    this.#closed = true
    this.wake()
  }

  #push(chunk: Buffer | null): void {
    this.#queue.push({ chunk, dueAt: Date.now() + this.#faults.delayMs })
    if (!this.#busy) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#busy = true
    this.#from.pause()
    for (let next = this.#queue.shift(); next !== undefined && !this.#closed; next = this.#queue.shift()) {
      // Each wait ends early when the faults change.
      while (!this.#closed && this.#waitMs(next.dueAt) > 0) await this.#wait(this.#waitMs(next.dueAt))
      if (next.chunk === null) this.#to.end()
      else await this.#pass(next.chunk)
    }
    this.#busy = false
    this.#from.resume()
  }

  #waitMs(dueAt: number): number {
    if (this.#faults.frozen.has(this.#direction)) return Number.POSITIVE_INFINITY
    return this.#faults.delayMs === 0 ? 0 : dueAt - Date.now()
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve
      if (ms !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(resolve, ms)
    })
  }

  async #pass(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length && !this.#closed; ) {
      const cut = this.#faults.cut?.direction === this.#direction ? this.#faults.cut : undefined
      const size = Math.min(chunk.length - offset, this.#faults.splitBytes || chunk.length, cut?.left || chunk.length)
      const part = chunk.subarray(offset, offset + size)
      offset += size
      await new Promise<void>((resolve) => this.#to.write(part, () => resolve()))
      this.#passed[this.#direction] += size
      if (cut !== undefined) cut.left -= size
      if (this.#cutIsDue()) this.#cutNow()
      // A turn of the event loop between two small writes lets the kernel send them apart.
      else if (this.#faults.splitBytes > 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #cutIsDue(): boolean {
    const cut = this.#faults.cut
    return !this.#closed && cut !== undefined && cut.direction === this.#direction && cut.left === 0
  }

  #cutNow(): void {
    const cut = this.#faults.cut!
    this.#faults.cut = undefined
    this.#onCut(cut.how)
    cut.done()
  }
}
