// OpenTelemetry for clients: spans and metrics by the stable semantic conventions for databases, out of the events that
// every client publishes. Needs @opentelemetry/api, and whatever SDK the application has.
//
//   const telemetry = startTelemetry()          // all clients of this process
//   telemetry.observe(redis, 'main')            // besides: connections and queues of this one
//   telemetry.stop()
//
// No key or value is recorded, unless `queryText` asks for it.

import { keyPositions, lookupCommand, ReplyError } from '@ochre/protocol'
import {
  type Attributes,
  context,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableResult,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { checkOptions } from './arguments.ts'
import type { Client } from './client.ts'
import {
  type CommandEvent,
  commandEnd,
  commandStart,
  modelOperations,
  modelResends,
  type PoolEvent,
  poolWaits,
} from './diagnostics.ts'

export interface TelemetryOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider
  /** Spans; default true. */
  readonly traces?: boolean
  /** Metrics; default true. */
  readonly metrics?: boolean
  /** Only commands inside of a span of the application get one; default false. */
  readonly requireParent?: boolean
  /**
   * `db.query.text`: not at all (the default), with keys and `?` for everything else, or with everything. Of pipelines and
   * transactions only the names.
   */
  readonly queryText?: 'none' | 'keys' | 'all'
}

export interface Telemetry {
  /** Records connections, waiting calls and queues of a client, under the name of a pool. */
  observe(client: Pick<Client<unknown>, 'health'>, pool?: string): void
  stop(): void
}

const SCOPE = '@ochre/client'
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
/** Longer arguments are cut in db.query.text. */
const MAX_WORD = 256

/** Records all commands of all clients of this process, until `stop`. */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  checkOptions(options, 'tracerProvider meterProvider traces metrics requireParent queryText')
  const { requireParent = false, queryText = 'none' } = options
  const tracer =
    options.traces === false ? null : (options.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE)
  const meter = options.metrics === false ? null : (options.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE)
  const durations: Histogram | undefined = meter?.createHistogram('db.client.operation.duration', {
    description: 'Duration of database client operations.',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  })
  const waits: Histogram | undefined = meter?.createHistogram('db.client.connection.wait_time', {
    description: 'The time it took to obtain an open connection from the pool.',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  })
  const timeouts = meter?.createCounter('db.client.connection.timeouts', {
    description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
    unit: '{timeout}',
  })
  const stopModels = meter === null ? null : recordModels(meter)
  const spans = new WeakMap<CommandEvent, Span>()

  const onStart = (message: unknown): void => {
    const event = message as CommandEvent
    if (tracer === null || (requireParent && trace.getSpan(context.active()) === undefined)) return
    const attributes = attributesOf(event)
    const procedure = procedureOf(event)
    if (procedure !== undefined) attributes['db.stored_procedure.name'] = procedure
    if (queryText !== 'none') attributes['db.query.text'] = textOf(event, queryText === 'all')
    const span = tracer.startSpan(spanName(attributes, event), { kind: SpanKind.CLIENT, attributes })
    spans.set(event, span)
  }
  const onEnd = (message: unknown): void => {
    const event = message as CommandEvent
    const { error } = event
    const outcome = error === null ? undefined : outcomeOf(error)
    durations?.record(event.durationMs / 1000, { ...attributesOf(event), ...outcome })
    const span = spans.get(event)
    if (span === undefined) return
    if (outcome !== undefined) {
      span.setAttributes(outcome)
      // The message of a reply may hold what the caller sent.
      span.setStatus(
        error instanceof ReplyError
          ? { code: SpanStatusCode.ERROR }
          : { code: SpanStatusCode.ERROR, message: error!.message },
      )
    }
    if (event.attempts > 1) span.setAttribute('ochre.attempts', event.attempts)
    span.end()
  }
  const onWait = (message: unknown): void => {
    const { address, waitMs, error } = message as PoolEvent
    const attributes = { 'db.client.connection.pool.name': address }
    if (error === null) waits?.record(waitMs / 1000, attributes)
    else if ((error as { code?: string }).code === 'POOL_EXHAUSTED') timeouts?.add(1, attributes)
  }
  commandStart.subscribe(onStart)
  commandEnd.subscribe(onEnd)
  poolWaits.subscribe(onWait)

  const stops: (() => void)[] = []
  return {
    observe(client, pool) {
      if (meter === null) return
      const gauges = observables(client, pool)
      for (const { name, description, unit, report } of gauges) {
        const instrument = meter.createObservableUpDownCounter(name, { description, unit })
        instrument.addCallback(report)
        stops.push(() => instrument.removeCallback(report))
      }
    },
    stop() {
      commandStart.unsubscribe(onStart)
      commandEnd.unsubscribe(onEnd)
      poolWaits.unsubscribe(onWait)
      stopModels?.()
      for (const stop of stops.splice(0)) stop()
    },
  }
}

/** What @ochre/model tells of the operations of models, without importing it. The answer ends it. */
function recordModels(meter: Meter): () => void {
  const durations = meter.createHistogram('ochre.model.operation.duration', {
    description: 'Duration of operations of models.',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  })
  const refusals = meter.createCounter('ochre.model.refusals', {
    description: 'The number of rows that were refused: conflicts of versions, taken unique values, missing rows.',
    unit: '{row}',
  })
  const resends = meter.createCounter('ochre.model.resends', {
    description:
      'The number of calls that were sent again, after a failure or with a script that the server did not have.',
    unit: '{call}',
  })
  const onOperation = (message: unknown): void => {
    const { model, operation, ms, failure, refusals: codes } = message as ModelOperation
    const attributes: Attributes = { 'ochre.model': model, 'ochre.model.operation': operation }
    durations.record(ms / 1000, failure === null ? attributes : { ...attributes, 'error.type': failure })
    for (const code of codes) refusals.add(1, { ...attributes, 'error.type': code })
  }
  const onResend = (message: unknown): void => {
    const { model, why } = message as { readonly model: string; readonly why: string }
    resends.add(1, { 'ochre.model': model, 'ochre.model.resend': why })
  }
  modelOperations.subscribe(onOperation)
  modelResends.subscribe(onResend)
  return () => {
    modelOperations.unsubscribe(onOperation)
    modelResends.unsubscribe(onResend)
  }
}

/** Of the report of an operation. */
interface ModelOperation {
  readonly model: string
  readonly operation: string
  readonly ms: number
  readonly failure: string | null
  readonly refusals: readonly string[]
}

function spanName(attributes: Attributes, event: CommandEvent): string {
  const name = String(attributes['db.operation.name'])
  return event.address === '' ? name : `${name} ${event.address}`
}

function attributesOf({ name, batch, address, db }: CommandEvent): Attributes {
  const first = batch?.[0]
  const same = first !== undefined && batch!.every((one) => one === first)
  const attributes: Attributes = {
    'db.system.name': 'redis',
    'db.namespace': String(db),
    'db.operation.name': same ? `${name} ${first}` : name,
  }
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [undefined, address]
  attributes['server.address'] = host
  if (port !== undefined) attributes['server.port'] = Number(port)
  if (batch !== null && batch.length > 1) attributes['db.operation.batch.size'] = batch.length
  return attributes
}

function outcomeOf(error: Error): Attributes {
  const code = (error as { code?: string }).code ?? error.name
  return error instanceof ReplyError ? { 'error.type': code, 'db.response.status_code': code } : { 'error.type': code }
}

/** The hash of a script, the name of a function. */
function procedureOf({ name, batch, args }: CommandEvent): string | undefined {
  const first = batch === null ? lookupCommand(name)?.arguments[0]?.name : undefined
  return first === 'sha1' || first === 'function' ? String(args[0]) : undefined
}

function textOf({ name, batch, args }: CommandEvent, everything: boolean): string {
  if (batch !== null) return batch.join('\n')
  const spec = lookupCommand(name)
  let keys: number[] = []
  try {
    if (spec !== undefined && !everything) keys = keyPositions(spec, args, spec.words)
  } catch {
    // A call whose keys cannot be told shows none.
  }
  return [name, ...args.map((arg, i) => (everything || keys.includes(i) ? word(arg) : '?'))].join(' ')
}

function word(arg: unknown): string {
  const text = arg instanceof Uint8Array ? Buffer.from(arg).toString('latin1') : String(arg)
  return JSON.stringify(text.length > MAX_WORD ? `${text.slice(0, MAX_WORD)}...` : text)
}

interface Gauge {
  readonly name: string
  readonly description: string
  readonly unit: string
  report(result: ObservableResult): void
}

function observables(client: Pick<Client<unknown>, 'health'>, pool: string | undefined): Gauge[] {
  const each = (report: (result: ObservableResult, node: NodeState, attributes: Attributes) => void) => {
    return (result: ObservableResult): void => {
      for (const node of client.health().nodes) {
        report(result, node, { 'db.client.connection.pool.name': pool ?? node.address })
      }
    }
  }
  return [
    {
      name: 'db.client.connection.count',
      description: 'The number of connections that are currently in the given state.',
      unit: '{connection}',
      report: each((result, node, attributes) => {
        const state = 'db.client.connection.state'
        result.observe(node.pool.idle, { ...attributes, [state]: 'idle' })
        result.observe(node.pool.leased + node.connections.ready, { ...attributes, [state]: 'used' })
      }),
    },
    {
      name: 'db.client.connection.pending_requests',
      description: 'The number of current pending requests for an open connection.',
      unit: '{request}',
      report: each((result, node, attributes) => result.observe(node.pool.waiting, attributes)),
    },
    {
      name: 'ochre.client.commands',
      description: 'Commands that wait for a connection, and those that wait for their reply.',
      unit: '{command}',
      report: each((result, node, attributes) => {
        result.observe(node.waiting.count, { ...attributes, state: 'waiting' })
        result.observe(node.inFlight.count, { ...attributes, state: 'in_flight' })
      }),
    },
    {
      name: 'ochre.client.bytes',
      description: 'Bytes of those commands.',
      unit: 'By',
      report: each((result, node, attributes) => {
        result.observe(node.waiting.bytes, { ...attributes, state: 'waiting' })
        result.observe(node.inFlight.bytes, { ...attributes, state: 'in_flight' })
      }),
    },
  ]
}

type NodeState = ReturnType<Client<unknown>['health']>['nodes'][number]
