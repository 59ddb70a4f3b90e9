// A listening socket (TCP or a path in the file system) and the connections it accepts, with limits on what slow readers
// and idle clients may hold.
import { once } from 'node:events'
import { statSync, unlinkSync } from 'node:fs'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { Timer } from './clock.ts'
import { type Carrier, Connection } from './connection.ts'
import type { Engine } from './engine.ts'

/** Where to listen: a port (0 picks a free one) and address, or a path. */
export interface ListenTarget {
  readonly port?: number
  readonly host?: string
  readonly path?: string
}

/** How long a closing server waits for peers that do not read. */
const GRACE_MS = 500
/** How often a reader that has not caught up is looked at. */
const LOOK_MS = 1000

export class Server {
  readonly #engine: Engine
  readonly #connections: Set<Socket> = new Set()
  readonly #net: NetServer
  /** The port in use; 0 for a path. */
  port = 0
  address = ''

  constructor(engine: Engine) {
    this.#engine = engine
    this.#net = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  listen({ port = 0, host = '127.0.0.1', path }: ListenTarget): Promise<void> {
    if (path !== undefined) removeStaleSocket(path)
    return new Promise((resolve, reject) => {
      this.#net.once('error', reject)
      this.#net.listen(path === undefined ? { port, host } : { path }, () => {
        this.#net.off('error', reject)
        const bound = this.#net.address()
        if (typeof bound === 'object' && bound !== null) this.port = bound.port
        this.address = path ?? addressOf(host, this.port)
        resolve()
      })
    })
  }

  /** Stops accepting and closes what is open, after its output where the peer takes it soon; resolves when all is closed. */
  async close(): Promise<void> {
    const sockets = [...this.#connections]
    const closed = [once(this.#net, 'close'), ...sockets.map((socket) => once(socket, 'close'))]
    const impatience = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, GRACE_MS)
    this.#net.close()
    for (const socket of sockets) socket.destroySoon()
    await Promise.all(closed)
    clearTimeout(impatience)
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket)
    // A reset by the peer needs no other answer than the close that follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#connections.delete(socket))
    if (this.#engine.sessions.size >= this.#engine.settings.maxclients) {
      this.#engine.stats.rejectedConnections++
      socket.write('-ERR max number of clients reached\r\n')
      socket.destroySoon()
      return
    }
    const seconds = this.#engine.settings['tcp-keepalive']
    if (seconds > 0) socket.setKeepAlive(true, seconds * 1000)
    const carrier = new SocketCarrier(socket, this.#engine, this.address)
    const connection = new Connection(this.#engine, carrier)
    carrier.connection = connection
    socket.on('data', (chunk) => connection.receive(chunk))
    socket.on('close', () => connection.closed())
  }
}

/** A server that was killed leaves its socket behind; like Redis, the next one takes its place. */
function removeStaleSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path)
}

/** As Redis writes it. Who comes by IPv4 to a socket of IPv6 is shown as IPv4: Redis listens to them apart. */
function addressOf(ip: string, port: number | undefined): string {
  const plain = ip.replace(/^::ffff:(?=[\d.]+$)/, '')
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

class SocketCarrier implements Carrier {
  readonly address: string
  readonly localAddress: string
  readonly isLocal: boolean
  readonly isUnixSocket: boolean
  connection: Connection | undefined
  readonly #socket: Socket
  readonly #engine: Engine
  /** Since when the soft limit has been exceeded; undefined when it is not. */
  #slowSince: number | undefined
  #look: Timer | undefined

  constructor(socket: Socket, engine: Engine, serverAddress: string) {
    this.#socket = socket
    this.#engine = engine
    const { remoteAddress } = socket
    const isTcp = remoteAddress !== undefined
    this.address = isTcp ? addressOf(remoteAddress, socket.remotePort) : `${serverAddress}:0`
    this.isUnixSocket = !isTcp
    this.isLocal = !isTcp || /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '')
    this.localAddress = isTcp ? addressOf(socket.localAddress ?? '', socket.localPort) : `${serverAddress}:0`
  }

  unsentBytes(): number {
    return this.#socket.writableLength
  }

  write(text: string): void {
    if (this.#socket.destroyed) return
    if (!this.#socket.write(text, 'latin1')) this.#limit()
  }

  end(): void {
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /**
   * Disconnects a reader that is too slow for client-output-buffer-limit: now, or when a later look finds it so. Looks go on
   * until it has caught up, because nothing may be written to it any more.
   */
  #limit(): void {
    if (this.#socket.destroyed) return
    const { settings, clock } = this.#engine
    const limits = settings['client-output-buffer-limit']
    const [hard, soft, seconds] = this.connection?.session.isSubscriber ? limits.pubsub : limits.normal
    const held = this.#socket.writableLength
    const now = clock.now()
    this.#slowSince = soft > 0 && held > soft ? (this.#slowSince ?? now) : undefined
    const isTooSlow = this.#slowSince !== undefined && now - this.#slowSince > seconds * 1000
    if (isTooSlow || (hard > 0 && held > hard)) this.#socket.destroy()
    else if (held !== 0) {
      this.#look ??= clock.after(LOOK_MS, () => {
        this.#look = undefined
        this.#limit()
      })
    }
  }
}
