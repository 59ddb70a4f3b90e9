// The admin server: health and metrics on an address of their own, without credentials, so that it is bound to loopback
// or a private network and never shares a port with the data.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Gateway } from './gateway.ts'

function answer(outgoing: ServerResponse, status: number, type: string, body: string): void {
  outgoing.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  outgoing.end(body)
}

/** A server that does not listen yet. */
export function createAdmin(gateway: Gateway): Server {
  return createServer((incoming, outgoing) => {
    const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
    const path = (incoming.url ?? '').split('?')[0]
    if (!isRead) {
      answer(outgoing, 405, 'application/json', '{"error":"The method is not allowed."}')
    } else if (path === '/health/live') {
      answer(outgoing, 200, 'application/json', '{"status":"ok"}')
    } else if (path === '/health/ready') {
      void gateway.ready().then(({ ok, redisMs }) => {
        const status = gateway.isClosing ? 'closing' : ok ? 'ok' : 'redis unavailable'
        answer(outgoing, ok ? 200 : 503, 'application/json', JSON.stringify({ status, redisMs: redisMs ?? null }))
      })
    } else if (path === '/metrics') {
      gateway.metrics.text().then(
        (text) => answer(outgoing, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
        () => answer(outgoing, 500, 'text/plain', 'metrics failed\n'),
      )
    } else answer(outgoing, 404, 'application/json', '{"error":"There is /health/live, /health/ready and /metrics."}')
  })
}
