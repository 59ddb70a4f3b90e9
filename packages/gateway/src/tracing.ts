// One OpenTelemetry span per request, when the process has a tracer provider; nothing otherwise. Spans carry the route and
// the outcome; paths, which hold keys, do not appear.

import {
  context,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { type GatewayRequest, headerOf } from './message.ts'
import { VERSION } from './version.ts'

/** The tracer of the process, or undefined when it has none. */
export function activeTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider()
  if (!(provider instanceof ProxyTracerProvider)) return provider.getTracer('@ochre/gateway', VERSION)
  return provider.getDelegateTracer('@ochre/gateway', VERSION)
}

/** Begins the span of a request, a child of the one that its `traceparent` names. */
export function startSpan(tracer: Tracer, request: GatewayRequest): Span {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(headerOf(request, 'traceparent') ?? '')
  let parent = context.active()
  if (match !== null) {
    const [, traceId, spanId, flags] = match as unknown as [string, string, string, string]
    parent = trace.setSpanContext(parent, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true })
  }
  return tracer.startSpan(
    request.method,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method } },
    parent,
  )
}

export function endSpan(span: Span, method: string, route: string, status: number, code: string | undefined): void {
  span.updateName(`${method} ${route}`)
  span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
  if (code !== undefined) span.setAttribute('error.type', code)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
