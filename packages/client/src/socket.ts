// Links over TCP, TLS and unix sockets.
//
// A socket reads into one buffer of its own for its whole life instead of allocating one per read. Certificates given as
// files are read at every dial, so a renewed certificate is used from the next connection on.
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Link, LinkEvents, Transport } from '@ochre/protocol'

const READ_BYTES = 64 * 1024
/** A write beyond this many unsent bytes makes the link full. */
const WRITE_BYTES = 512 * 1024
const KEEP_ALIVE_MS = 5000

/** TLS as node:tls takes it, with files in place of contents where that is handier. */
export interface TlsOptions
  extends Pick<
    ConnectionOptions,
    | 'ca'
    | 'cert'
    | 'key'
    | 'passphrase'
    | 'servername'
    | 'rejectUnauthorized'
    | 'checkServerIdentity'
    | 'minVersion'
    | 'maxVersion'
    | 'ciphers'
    | 'secureContext'
    | 'ALPNProtocols'
  > {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

export interface SocketTarget {
  readonly host: string
  readonly port: number
  /** A unix socket instead of host and port. */
  readonly path?: string | undefined
  /** A function is asked at every dial. */
  readonly tls?: TlsOptions | (() => TlsOptions) | undefined
}

export function socketTransport(target: SocketTarget): Transport {
  const address =
    target.path ?? (isIP(target.host) === 6 ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`)
  return { address, dial: (events) => new SocketLink(target, events) }
}

function tlsOptions(given: TlsOptions): ConnectionOptions {
  const { caFile, certFile, keyFile, ...rest } = given
  const options: ConnectionOptions = { ...rest }
  if (caFile !== undefined) options.ca = readFileSync(caFile)
  if (certFile !== undefined) options.cert = readFileSync(certFile)
  if (keyFile !== undefined) options.key = readFileSync(keyFile)
  return options
}

class SocketLink implements Link {
  private readonly socket: Socket | null
  private cause: Error | null = null
  private over = false

  constructor(target: SocketTarget, events: LinkEvents) {
    let socket: Socket
    try {
      socket = open(target, events)
    } catch (error) {
      // A certificate file that cannot be read: the link closes as it would when the server refused it.
      this.socket = null
      process.nextTick(() => this.closed(events, error as Error))
      return
    }
    this.socket = socket
    socket.on('error', (error) => {
      this.cause ??= error
    })
    socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => events.onOpen())
    socket.on('drain', () => events.onDrain())
    socket.once('close', () => this.closed(events, this.cause))
  }

  write(data: string | Buffer, encoding?: 'latin1' | 'utf8'): boolean {
    if (this.over || this.socket === null) return false
    return this.socket.write(data, encoding)
  }

  end(): void {
    this.socket?.end()
  }

  destroy(cause?: Error): void {
    this.cause ??= cause ?? null
    this.socket?.destroy()
  }

  pause(): void {
    this.socket?.pause()
  }

  resume(): void {
    this.socket?.resume()
  }

  ref(): void {
    this.socket?.ref()
  }

  unref(): void {
    this.socket?.unref()
  }

  private closed(events: LinkEvents, cause: Error | null): void {
    if (this.over) return
    this.over = true
    events.onClose(cause)
  }
}

function open(target: SocketTarget, events: LinkEvents): Socket {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const onread: OnReadOpts = {
    buffer,
    callback(size) {
      events.onData(size === READ_BYTES ? buffer : buffer.subarray(0, size))
      return true
    },
  }
  const where = target.path === undefined ? { host: target.host, port: target.port } : { path: target.path }
  const common = {
    ...where,
    onread,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    autoSelectFamily: true,
    writableHighWaterMark: WRITE_BYTES,
  }
  if (target.tls === undefined) return connectTcp(common)
  const secure = tlsOptions(typeof target.tls === 'function' ? target.tls() : target.tls)
  // Servers are told apart by name only; an address is no server name.
  if (secure.servername === undefined && target.path === undefined && isIP(target.host) === 0) {
    secure.servername = target.host
  }
  return connectTls({ ...secure, ...common })
}
