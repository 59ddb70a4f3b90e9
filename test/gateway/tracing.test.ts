// Spans of requests, as an OpenTelemetry SDK sees them.

import { Engine } from '@ochre/embedded'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, expect, it } from 'vitest'
import { createGateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT } from './ask.ts'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
afterAll(() => {
  trace.disable()
})

it("tells the route and the outcome, continues the caller's trace, and names no key", async () => {
  const engine = await Engine.open()
  const gateway = await createGateway({ redis: engine, rootKey: ROOT })
  await ask(gateway, 'GET', '/v1/redis/strings/before')
  expect(exporter.getFinishedSpans()).toEqual([])
  trace.setGlobalTracerProvider(provider)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await ask(gateway, 'GET', '/v1/redis/strings/secret-key', { headers: { traceparent } })
  const [span] = exporter.getFinishedSpans()
  expect(span).toMatchObject({
    name: 'GET /v1/redis/strings/{key}',
    attributes: {
      'http.route': '/v1/redis/strings/{key}',
      'http.response.status_code': 404,
      'error.type': 'NOT_FOUND',
    },
    parentSpanContext: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
  })
  expect(JSON.stringify([span!.name, span!.attributes])).not.toContain('secret')
  await gateway.close()
  await engine.close()
})
