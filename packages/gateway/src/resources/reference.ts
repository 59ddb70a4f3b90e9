// What is open to anybody: the OpenAPI document and the reference page.

import { createHash } from 'node:crypto'
import type { ModelSpec } from '@ochre/model'
import { DOCS_CSS, DOCS_HTML, DOCS_JS } from '../docs-page.ts'
import { conditional } from '../etag.ts'
import type { GatewayResponse } from '../message.ts'
import { openapi } from '../openapi.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { VERSION } from '../version.ts'

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The routes; `routes` is the whole table, these included, once it is complete. */
export function referenceRoutes(
  routes: () => readonly Route<Handler>[],
  models: readonly ModelSpec[],
  url: string | undefined,
): readonly Route<Handler>[] {
  let document: { body: string; etag: string } | undefined
  const asset = (path: string, type: string, body: string): Route<Handler> => {
    const headers = {
      'content-type': type,
      'content-security-policy': PAGE_POLICY,
      'cache-control': 'no-cache',
      etag: `"${createHash('sha1').update(body).digest('hex')}"`,
    }
    return {
      method: 'GET',
      path,
      handle: (x) => conditional(x.request, { status: 200, headers, body }),
      doc: {
        id: `asset${path.replaceAll(/\W(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
        tag: 'reference',
        summary: 'Reference page',
        open: true,
        hidden: true,
        answers: { 200: {} },
      },
    }
  }
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      handle: (x): GatewayResponse => {
        if (document === undefined) {
          const body = JSON.stringify(openapi({ routes: routes(), models, version: VERSION, url }))
          document = { body, etag: `"${createHash('sha1').update(body).digest('hex')}"` }
        }
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', etag: document.etag }
        return conditional(x.request, { status: 200, headers, body: document.body })
      },
      doc: {
        id: 'getOpenapi',
        tag: 'reference',
        summary: 'This document',
        open: true,
        answers: { 200: { schema: { type: 'object' } }, 304: {} },
      },
    },
    upgrade('/v1/ws', 'openSocket'),
    { ...upgrade('/ws', 'openSocketOfDbx'), doc: { ...upgrade('/ws', 'openSocketOfDbx').doc, hidden: true } },
    asset('/docs', 'text/html; charset=utf-8', DOCS_HTML),
    asset('/docs/page.css', 'text/css; charset=utf-8', DOCS_CSS),
    asset('/docs/page.js', 'text/javascript; charset=utf-8', DOCS_JS),
  ]
}

/** The address of WebSockets, for those who come without asking for one. */
function upgrade(path: string, id: string): Route<Handler> {
  return {
    method: 'GET',
    path,
    handle: () => {
      throw new GatewayError('UPGRADE_REQUIRED', 'This is the address of WebSockets.', { upgrade: 'websocket' })
    },
    doc: {
      id,
      tag: 'websocket',
      summary: 'Open a WebSocket',
      about: 'Subprotocols `ochre.v1.json` and `ochre.v1.msgpack`.',
      open: true,
      answers: { 101: { about: 'Switching protocols.' } },
      errors: ['UPGRADE_REQUIRED'],
    },
  }
}
