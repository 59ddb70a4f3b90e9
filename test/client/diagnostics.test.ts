// What a client publishes about itself, and its OpenTelemetry bridge.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  type CommandEvent,
  type ConnectEvent,
  connect,
  onSlowCommand,
  type PoolEvent,
  type PushEvent,
  type ReconnectEvent,
} from '@ochre/client'
import { startTelemetry, type TelemetryOptions } from '@ochre/client/telemetry'
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, test } from 'vitest'
import { startServer } from '../servers/index.ts'
import { settle } from './fake-clock.ts'
import { connectScripted } from './scripted-peer.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function scripted(...args: Parameters<typeof connectScripted>): ReturnType<typeof connectScripted> {
  const made = await connectScripted(...args)
  undo.push(async () => {
    const closing = made.client.close({ drainMs: 0 })
    await made.clock.advance(2000)
    await closing
  })
  return made
}

/** Collects what a channel says. */
function listen<T>(name: string): T[] {
  const heard: T[] = []
  const listener = (message: unknown): void => {
    heard.push({ ...(message as T) })
  }
  subscribe(name, listener)
  undo.push(() => unsubscribe(name, listener))
  return heard
}

describe('the channels', () => {
  test('tell of each command when it begins and when it ends, whatever ends it', async () => {
    const { client, peer, clock } = await scripted(undefined, { timeoutMs: 1000 })
    const [started, ended] = [listen<CommandEvent>('ochre:command:start'), listen<CommandEvent>('ochre:command:end')]
    const calls = Promise.allSettled([
      client.get('k'),
      client.call('LPUSH', 'k', 1),
      client.pipeline().get('a').incr('b').exec(),
      client.multi().incr('a').exec(),
      client.get('late'),
    ])
    expect(started.map((event) => [event.name, event.batch])).toEqual([
      ['GET', null],
      ['LPUSH', null],
      ['PIPELINE', ['GET', 'INCR']],
      ['MULTI', ['INCR']],
      ['GET', null],
    ])
    expect(started[1]).toMatchObject({ address: 'scripted', db: 0, args: ['k', 1], durationMs: 0 })
    await clock.advance(40)
    peer.last.send('$1\r\n1\r\n-WRONGTYPE no\r\n$1\r\n1\r\n:1\r\n+OK\r\n+QUEUED\r\n*1\r\n:1\r\n')
    await clock.advance(2000)
    await calls
    expect(ended.map((event) => (event.error as { code?: string } | null)?.code ?? null)).toEqual([
      null,
      'WRONGTYPE',
      null,
      null,
      'TIMEOUT',
    ])
    expect(ended[0]).toMatchObject({ durationMs: 40, attempts: 1 })
    expect(ended[4]!.durationMs).toBeGreaterThanOrEqual(1000)
  })

  test('are heard beside a breaker, and do not keep it from counting', async () => {
    const { client } = await scripted(() => '+OK\r\n', { breaker: true })
    const ended = listen<CommandEvent>('ochre:command:end')
    await client.set('k', 1)
    expect(ended).toHaveLength(1)
    expect(client.health().nodes[0]!.breaker).not.toBeNull()
  })

  test('tell of connections, reconnections, waits for the pool and pushes', async () => {
    const connects = listen<ConnectEvent>('ochre:connect')
    const reconnects = listen<ReconnectEvent>('ochre:reconnect')
    const waits = listen<PoolEvent>('ochre:pool')
    const pushes = listen<PushEvent>('ochre:push')
    const { client, peer, clock } = await scripted(undefined, { pool: { max: 1, acquireTimeoutMs: 100 } })
    peer.last.send('>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n')
    await settle()
    expect(pushes).toEqual([{ address: 'scripted', items: ['invalidate', ['k']] }])
    peer.last.lose()
    peer.refusal = new Error('no route')
    await clock.advance(30)
    peer.refusal = null
    await clock.advance(200)
    expect(connects.map(({ error }) => error?.message ?? null)).toEqual([
      null,
      expect.stringContaining('no route'),
      null,
    ])
    expect(reconnects).toEqual([
      { address: 'scripted', attempt: 0, delayMs: 25 },
      { address: 'scripted', attempt: 1, delayMs: 50 },
    ])
    const lane = await client.lane()
    peer.last.send('>1\r\n$4\r\nhere\r\n')
    await settle()
    expect(pushes.at(-1)).toEqual({ address: 'scripted', items: ['here'] })
    const refused = expect(client.lane()).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    await clock.advance(150)
    await refused
    lane.release(true)
    expect(waits.map(({ waitMs, error }) => [waitMs, error === null])).toEqual([
      [0, true],
      [100, false],
    ])
  })

  test('a listener for slow commands hears of those, until it is ended', async () => {
    const { client, peer, clock } = await scripted()
    const slow: string[] = []
    const end = onSlowCommand(100, (event) => slow.push(event.name))
    const calls = [client.get('a'), client.incr('b')]
    await clock.advance(50)
    peer.last.send('$1\r\n1\r\n')
    await clock.advance(60)
    peer.last.send(':1\r\n')
    await Promise.all(calls)
    end()
    const unheard = client.decr('c')
    await clock.advance(200)
    peer.last.send(':0\r\n')
    await unheard
    expect(slow).toEqual(['INCR'])
  })
})

describe('OpenTelemetry', () => {
  function record(options: TelemetryOptions = {}) {
    const exporter = new InMemorySpanExporter()
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
    const meterProvider = new MeterProvider({ readers: [reader] })
    const telemetry = startTelemetry({ tracerProvider, meterProvider, ...options })
    undo.push(
      () => meterProvider.shutdown(),
      () => telemetry.stop(),
    )
    const collect = async () => {
      await reader.forceFlush()
      const [last] = metricExporter.getMetrics().slice(-1)
      return new Map(last!.scopeMetrics.flatMap((scope) => scope.metrics).map((one) => [one.descriptor.name, one]))
    }
    return { telemetry, spans: () => exporter.getFinishedSpans(), collect, tracerProvider }
  }

  test('spans follow the semantic conventions and hold neither keys nor values', async () => {
    const server = await startServer()
    undo.push(() => server.stop())
    const redis = await connect(server.url, { db: 2 })
    undo.push(() => redis.close())
    const { spans } = record()
    await redis.set('secret-key', 'secret-value')
    await redis.lpush('secret-key', 'secret-value').catch(() => {})
    await redis.pipeline().get('secret-key').get('b').exec()
    await redis.multi().get('a').incr('b').exec()
    const [set, lpush, pipeline, multi] = spans()
    expect(set!.name).toBe(`SET 127.0.0.1:${server.port}`)
    expect(set!.kind).toBe(SpanKind.CLIENT)
    expect(set!.attributes).toEqual({
      'db.system.name': 'redis',
      'db.namespace': '2',
      'db.operation.name': 'SET',
      'server.address': '127.0.0.1',
      'server.port': server.port,
    })
    expect(set!.status.code).toBe(SpanStatusCode.UNSET)
    expect(lpush!.attributes).toMatchObject({ 'error.type': 'WRONGTYPE', 'db.response.status_code': 'WRONGTYPE' })
    expect(lpush!.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(pipeline!.attributes).toMatchObject({ 'db.operation.name': 'PIPELINE GET', 'db.operation.batch.size': 2 })
    expect(multi!.attributes).toMatchObject({ 'db.operation.name': 'MULTI', 'db.operation.batch.size': 2 })
    const recorded = spans().map(({ name, attributes, status, events }) => ({ name, attributes, status, events }))
    expect(JSON.stringify(recorded)).not.toContain('secret')
  })

  test.each<['keys' | 'all', string[]]>([
    ['keys', ['SET "k" ? ? ?', 'EVAL ? ? "a" "b" ?', 'GET\nINCR']],
    ['all', ['SET "k" "v" "EX" "5"', 'EVAL "return 1" "2" "a" "b" "c"', 'GET\nINCR']],
  ])('with queryText %s spans say what was called', async (queryText, texts) => {
    const { client } = await scripted((words) => (words[0] === 'GET' ? '$-1\r\n' : ':1\r\n'))
    const { spans } = record({ queryText })
    await client.set('k', 'v', { ex: 5 })
    await client.eval('return 1', ['a', 'b'], ['c'])
    await client.pipeline().get('a').incr('b').exec()
    expect(spans().map((span) => span.attributes['db.query.text'])).toEqual(texts)
    await client.fcall('add', ['a'], [1])
    await client.evalsha('e0e1f9fabfc9d4800c877a703b823ac0578ff8db', [], [])
    expect(spans().map((span) => span.attributes['db.stored_procedure.name'])).toEqual([
      undefined,
      undefined,
      undefined,
      'add',
      'e0e1f9fabfc9d4800c877a703b823ac0578ff8db',
    ])
  })

  test('only calls inside of a span are recorded when told so, as its children', async () => {
    const { client } = await scripted(() => ':1\r\n')
    const active = { current: ROOT_CONTEXT }
    context.setGlobalContextManager({
      active: () => active.current,
      with: (_, run, self, ...args) => run.apply(self, args),
      bind: (_, target) => target,
      enable: () => ({}) as never,
      disable: () => ({}) as never,
    } as Parameters<typeof context.setGlobalContextManager>[0])
    undo.push(() => context.disable())
    const { spans, tracerProvider } = record({ requireParent: true })
    await client.incr('n')
    const parent = tracerProvider.getTracer('test').startSpan('parent')
    active.current = trace.setSpan(ROOT_CONTEXT, parent)
    await client.incr('n')
    active.current = ROOT_CONTEXT
    await client.incr('n')
    expect(spans()).toHaveLength(1)
    expect(spans()[0]!.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
  })

  test('metrics tell durations by command and outcome, and the state of observed clients', async () => {
    const { client, peer, clock } = await scripted()
    const { telemetry, collect } = record({ traces: false })
    telemetry.observe(client, 'main')
    const calls = Promise.allSettled([client.get('a'), client.incr('a'), client.get('b')])
    await clock.advance(20)
    peer.last.send('$1\r\n1\r\n-ERR no integer\r\n')
    await clock.advance(10)
    const metrics = await collect()
    const points = metrics.get('db.client.operation.duration')!.dataPoints
    expect(metrics.get('db.client.operation.duration')!.descriptor.unit).toBe('s')
    expect(
      points.map(({ attributes, value }) => [attributes['db.operation.name'], attributes['error.type'], value]),
    ).toEqual([
      ['GET', undefined, expect.objectContaining({ count: 1, sum: 0.02 })],
      ['INCR', 'ERR', expect.objectContaining({ count: 1, sum: 0.02 })],
    ])
    const value = (name: string, state: string): unknown =>
      metrics.get(name)!.dataPoints.find(({ attributes }) => Object.values(attributes).includes(state))?.value
    expect(value('db.client.connection.count', 'used')).toBe(1)
    expect(value('ochre.client.commands', 'in_flight')).toBe(1)
    expect(metrics.get('db.client.connection.count')!.dataPoints[0]!.attributes).toMatchObject({
      'db.client.connection.pool.name': 'main',
    })
    peer.last.send('$-1\r\n')
    await calls
    telemetry.stop()
    const ended = client.get('c')
    await settle()
    peer.last.send('$-1\r\n')
    await ended
    expect((await collect()).get('db.client.operation.duration')!.dataPoints[0]!.value).toMatchObject({ count: 2 })
  })
})
