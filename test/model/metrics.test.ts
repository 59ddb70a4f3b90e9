// What is counted of a model's operations, and how it reaches OpenTelemetry.
import { connect } from '@ochre/client'
import { startTelemetry } from '@ochre/client/telemetry'
import { LATENCY_BUCKETS_MS, model, type OperationReport, open, t } from '@ochre/model'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startProxy } from '../proxy/index.ts'
import { useRedis } from './database.ts'

const Item = model('item', { id: t.string(), email: t.string().unique().optional(), n: t.int().default(0).index() })
const Other = model('other', { id: t.string() })
const fixture = useRedis()

/** One of each: conflicts, a taken value, a missing row, a failure. */
async function refusals(db: { Item: ReturnType<typeof open<{ Item: typeof Item }>>['Item'] }): Promise<void> {
  await db.Item.createMany([
    { id: 'a', email: 'e' },
    { id: 'b', email: 'e' },
    { id: 'c', email: 'e' },
  ])
  await db.Item.update('a', { n: 1 })
  const refused = [
    () => db.Item.update('a', { n: 2 }, { ifVersion: 1 }),
    () => db.Item.create({ id: 'a' }),
    () => db.Item.at('zz').n.add(1),
    () => db.Item.at('a').n.div(0),
  ]
  for (const each of refused) await expect(each()).rejects.toThrow()
}

describe('metrics', () => {
  it('count operations, conflicts, unique violations, failures and latencies, of each model for itself', async () => {
    const db = open(fixture.redis, { Item, Other })
    await refusals(db)
    const metrics = db.Item.metrics()
    expect(metrics).toMatchObject({
      operations: { createMany: 1, update: 2, create: 1, at: 2 },
      conflicts: 1,
      uniqueViolations: 2,
      failures: 1,
      retries: 0,
    })
    expect(metrics.latency).toHaveLength(LATENCY_BUCKETS_MS.length + 1)
    expect(metrics.latency.reduce((a, b) => a + b)).toBe(6)
    expect(db.Other.metrics()).toMatchObject({ operations: {}, conflicts: 0, scripts: 0 })
  })

  it('count scripts that the server has lost', async () => {
    const db = open(fixture.redis, { Item })
    await db.Item.create({ id: 'a' })
    await db.Item.at('a').n.add(1)
    const { scriptMisses } = db.Item.metrics()
    await db.Item.at('a').n.add(1)
    expect(db.Item.metrics().scriptMisses).toBe(scriptMisses)
    await fixture.redis.call('SCRIPT', 'FLUSH')
    await db.Item.at('a').n.add(1)
    await db.Item.at('a').n.add(1)
    expect(db.Item.metrics()).toMatchObject({ scriptMisses: scriptMisses + 1, retries: 0, operations: { at: 4 } })
    expect((await db.Item.get('a'))!.n).toBe(4)
  })

  it('count what is sent again after a lost connection, and what is run again after a change', async () => {
    await using proxy = await startProxy(fixture.server.port)
    const redis = await connect(proxy.url)
    const db = open(redis, { Item })
    await db.Item.create({ id: 'a', n: 7 })
    proxy.freeze('toServer')
    const read = db.Item.get('a')
    await expect.poll(() => redis.health().nodes[0]!.inFlight.count, { interval: 2 }).toBe(1)
    proxy.reset()
    proxy.heal()
    expect((await read)!.n).toBe(7)
    expect(db.Item.metrics()).toMatchObject({ retries: 1, operations: { get: 1 } })
    // A document that changes between its showing and its writing is shown again.
    const meddle = async () => {
      if (!meddled) await redis.call('HSET', '{noted}:r:a', 'doc', '{"n":5}')
      meddled = true
    }
    let meddled = false
    const Noted = model('noted', {
      id: t.string(),
      doc: t.json(z.object({ n: z.number() }).refine(() => meddle().then(() => true))),
    })
    meddled = true
    const { Noted: noted } = open(redis, { Noted })
    await noted.create({ id: 'a', doc: { n: 1 } })
    meddled = false
    expect(await noted.at('a').doc.path('n').increase(1)).toBe(6)
    expect(noted.metrics()).toMatchObject({ retries: 1, operations: { at: 3 } })
    await redis.close()
  })

  it('reports hold what was refused, row by row', async () => {
    const reports: OperationReport[] = []
    const db = open(fixture.redis, { Item }, { debug: (report) => reports.push(report) })
    await refusals(db)
    const seen = reports.map(({ operation, failure, refusals: codes }) => [operation, failure, ...codes])
    expect(seen).toEqual([
      ['createMany', null, 'UNIQUE_VIOLATION', 'UNIQUE_VIOLATION'],
      ['update', null],
      ['update', null, 'VERSION_CONFLICT'],
      ['create', null, 'ALREADY_EXISTS'],
      ['at', null, 'NOT_FOUND'],
      ['at', 'PROGRAM_FAILED'],
    ])
  })
})

describe('telemetry', () => {
  it('exports operations, refusals, retries and script misses by model', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const meterProvider = new MeterProvider({ readers: [reader] })
    const telemetry = startTelemetry({ meterProvider, traces: false })
    const collect = async () => {
      await reader.forceFlush()
      const metrics = exporter
        .getMetrics()
        .at(-1)!
        .scopeMetrics.flatMap((scope) => scope.metrics)
      return (name: string) =>
        Object.fromEntries(
          (metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []).map(
            ({ attributes, value }) => {
              const { 'ochre.model': owner, ...rest } = attributes
              expect(owner).toBe('item')
              return [
                Object.values(rest).join(' '),
                typeof value === 'number' ? value : (value as { count: number }).count,
              ]
            },
          ),
        )
    }
    const db = open(fixture.redis, { Item })
    await fixture.redis.call('SCRIPT', 'FLUSH')
    await refusals(db)
    const read = await collect()
    const durations = read('ochre.model.operation.duration')
    expect(durations).toEqual({ createMany: 1, update: 2, create: 1, at: 1, 'at PROGRAM_FAILED': 1 })
    expect(read('ochre.model.refusals')).toEqual({
      'createMany UNIQUE_VIOLATION': 2,
      'update VERSION_CONFLICT': 1,
      'create ALREADY_EXISTS': 1,
      'at NOT_FOUND': 1,
    })
    expect(read('ochre.model.resends')).toEqual({ script: db.Item.metrics().scriptMisses })
    expect(db.Item.metrics().scriptMisses).toBeGreaterThan(2)
    telemetry.stop()
    await db.Item.get('a')
    expect((await collect())('ochre.model.operation.duration')).toEqual(durations)
    await meterProvider.shutdown()
  })
})
