// WebSockets on the shell's server: the handshake, and a session (websocket.ts) for each socket.

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Packr } from 'msgpackr'
import { WebSocket, WebSocketServer } from 'ws'
import { tokenOf } from './auth.ts'
import { isOriginAllowed } from './cors.ts'
import type { Gateway } from './gateway.ts'
import { parseJson } from './json.ts'
import { headerOf } from './message.ts'
import { unpack } from './message-pack.ts'
import { NodeRequest } from './node.ts'
import { originForm, Query } from './routes.ts'
import { failureOf, GatewayError, problem } from './status.ts'
import { type Codec, MAX_ANONYMOUS_BYTES, Session } from './websocket.ts'

const PATHS: ReadonlySet<string> = new Set(['/v1/ws', '/ws'])
const PING_MS = 30_000
const TOKEN_PROTOCOL = 'ochre.token.'

const jsonCodec: Codec = {
  name: 'ochre.v1.json',
  decode: parseJson,
}

const packr = new Packr({ useRecords: false, variableMapSize: true, largeBigIntToString: true })

const msgpackCodec: Codec = {
  name: 'ochre.v1.msgpack',
  decode: (data) => (typeof data === 'string' ? parseJson(data) : unpack(data)),
  encode: (frame) => packr.pack(frame),
}

/** Serves WebSockets on `/v1/ws` and `/ws` of the server. */
export function attachWebSocket(server: Server, gateway: Gateway, trustedProxies: number): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: gateway.limits.bodyBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) =>
      offered.has('ochre.v1.msgpack') ? 'ochre.v1.msgpack' : offered.has('ochre.v1.json') ? 'ochre.v1.json' : false,
  })
  gateway.metrics.gauge('ochre_websockets', 'WebSockets that are open.', () => sockets.clients.size)

  server.on('upgrade', (incoming, socket: Duplex, head) => {
    if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') return goOn(server, incoming, socket, head)
    socket.on('error', () => socket.destroy())
    const request = new NodeRequest(incoming, undefined, trustedProxies)
    let target = request.target
    try {
      target = originForm(target)
    } catch {
      // Told below, as any path at which there are no WebSockets.
    }
    const mark = target.indexOf('?')
    const path = mark === -1 ? target : target.slice(0, mark)
    const origin = headerOf(request, 'origin')
    if (!PATHS.has(path)) return refuse(socket, new GatewayError('NOT_FOUND', 'WebSockets are at /v1/ws and /ws.'))
    if (gateway.isDismissed) return refuse(socket, new GatewayError('SHUTTING_DOWN', 'The gateway is closing.'))
    // Browsers send the origin and no preflight, so the allow-list is kept here. Same-origin pages are fine.
    const host = headerOf(request, 'host')
    const isSame = origin !== undefined && origin.replace(/^https?:\/\//, '') === host
    if (origin !== undefined && !isSame && !(gateway.cors !== undefined && isOriginAllowed(gateway.cors, origin))) {
      return refuse(socket, new GatewayError('NOT_PERMITTED', 'The origin is not allowed.'))
    }
    const protocols = (headerOf(request, 'sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())
    const offered = protocols.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
    let token = tokenOf(request) ?? offered
    try {
      token ??= mark === -1 ? undefined : new Query(target.slice(mark + 1)).text('_token')
    } catch {
      return refuse(socket, new GatewayError('BAD_REQUEST', 'The query is malformed.'))
    }
    const open = (): void => {
      sockets.handleUpgrade(incoming, socket, head, (ws) => serve(ws, socket, gateway, request.remoteAddress, token))
    }
    if (token === undefined) return open()
    // A wrong token is refused before there is a socket.
    Promise.resolve()
      .then(() => gateway.authenticator.authenticate(token, request))
      .then(open, (error: unknown) => {
        const { status, code } = failureOf(error)
        gateway.audit(gateway.requestId(request), request, undefined, 'connect', status, code, 0)
        refuse(socket, error)
      })
  })
}

/**
 * A request that asks for another protocol (some clients offer h2c with their first one) is answered as if it had not
 * asked, as HTTP lets a server do: its connection begins again without the offer.
 */
function goOn(server: Server, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}`]
  const raw = incoming.rawHeaders
  for (let i = 0; i < raw.length; i += 2) {
    if (!/^(?:upgrade|http2-settings|connection)$/i.test(raw[i]!)) lines.push(`${raw[i]}: ${raw[i + 1]}`)
  }
  if (/\bclose\b/i.test(incoming.headers.connection ?? '')) lines.push('connection: close')
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, headers, body } = problem(error)
  const text = String(body)
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`,
  )
}

function serve(
  ws: WebSocket,
  socket: Duplex,
  gateway: Gateway,
  remoteAddress: string,
  token: string | undefined,
): void {
  const codec = ws.protocol === 'ochre.v1.msgpack' ? msgpackCodec : jsonCodec
  let isAlive = true
  let isCorked = false
  const session = new Session({
    gateway,
    codec,
    remoteAddress,
    token,
    peer: {
      send(data) {
        // Answers to commands that were in one pipeline come at once, and leave in one write.
        if (!isCorked) {
          isCorked = true
          socket.cork()
          process.nextTick(uncork)
        }
        ws.send(data, sent)
      },
      bufferedBytes: () => ws.bufferedAmount,
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      close: (code, reason) => {
        ws.close(code, reason)
        // A peer that does not read does not see the close frame either.
        setTimeout(() => ws.terminate(), 2_000).unref()
      },
    },
  })
  if (token === undefined) hearShortly(socket, session)
  function uncork(): void {
    isCorked = false
    socket.uncork()
  }
  function sent(): void {
    session.onDrain()
  }
  const pings = setInterval(() => {
    if (!isAlive) {
      ws.terminate()
      return
    }
    isAlive = false
    if (ws.readyState === WebSocket.OPEN) ws.ping()
  }, PING_MS)
  pings.unref()
  ws.on('pong', () => {
    isAlive = true
  })
  ws.on('message', (data, isBinary) => {
    isAlive = true
    const bytes = data as Buffer
    session.onFrame(isBinary ? bytes : codec === jsonCodec ? bytes : bytes.toString('utf8'))
  })
  ws.on('error', () => ws.terminate())
  ws.on('close', () => {
    clearInterval(pings)
    session.onClose()
  })
}

/** A frame may be as long as a request, which is gathered before it is looked at: not for somebody without a credential. */
function hearShortly(socket: Duplex, session: Session): void {
  let heard = 0
  const onData = (chunk: Buffer): void => {
    heard += chunk.length
    if (session.isAnonymous && heard <= 2 * MAX_ANONYMOUS_BYTES) return
    socket.off('data', onData)
    if (session.isAnonymous) session.refuse()
  }
  socket.on('data', onData)
}
