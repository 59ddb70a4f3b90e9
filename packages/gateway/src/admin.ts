// The admin server: health and metrics on an address of their own, without credentials, so that it is bound to loopback
// or a private network and never shares a port with the data.

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Gateway } from './gateway.ts'

/** What there is to tell: of one gateway, or of several workers together. */
export interface Observed {
  ready(): Promise<{ readonly ok: boolean; readonly status: string; readonly [figure: string]: unknown }>
  /** In Prometheus's text format. */
  metrics(): Promise<string>
}

/** One gateway in this process. */
export function observed(gateway: Gateway): Observed {
  return {
    async ready() {
      const { ok, redisMs } = await gateway.ready()
      const status = gateway.isClosing ? 'closing' : ok ? 'ok' : 'redis unavailable'
      return { ok, status, redisMs: redisMs ?? null }
    },
    metrics: () => gateway.metrics.text(),
  }
}

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
export function createAdmin(source: Observed): Server {
  return createServer((incoming, outgoing) => {
    const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
    const path = (incoming.url ?? '').split('?')[0]
    if (!isRead) {
      outgoing.setHeader('allow', 'GET, HEAD')
      answer(outgoing, 405, 'application/json', '{"error":"The method is not allowed."}')
    } else if (path === '/health/live') {
      answer(outgoing, 200, 'application/json', '{"status":"ok"}')
    } else if (path === '/health/ready') {
      void source.ready().then(({ ok, ...body }) => {
        answer(outgoing, ok ? 200 : 503, 'application/json', JSON.stringify(body))
      })
    } else if (path === '/metrics') {
      source.metrics().then(
        (text) => answer(outgoing, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
        () => answer(outgoing, 500, 'text/plain', 'metrics failed\n'),
      )
    } else answer(outgoing, 404, 'application/json', '{"error":"There is /health/live, /health/ready and /metrics."}')
  })
}
