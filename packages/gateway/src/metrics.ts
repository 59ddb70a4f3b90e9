// What is counted, and its Prometheus text. The hot counters are plain numbers found once per route or command group, so
// that counting a request costs nanoseconds; process and event-loop metrics come from prom-client.

import { collectDefaultMetrics, Registry } from 'prom-client'

const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A latency histogram: counts per bucket, sum, count. */
class Histogram {
  readonly counts: Float64Array = new Float64Array(BUCKETS_SECONDS.length + 1)
  sum = 0
  count = 0

  observe(seconds: number): void {
    let i = 0
    while (i < BUCKETS_SECONDS.length && seconds > BUCKETS_SECONDS[i]!) i++
    this.counts[i]!++
    this.sum += seconds
    this.count++
  }

  text(name: string, labels: string): string {
    const comma = labels === '' ? '' : ','
    let out = ''
    let total = 0
    for (let i = 0; i < BUCKETS_SECONDS.length; i++) {
      total += this.counts[i]!
      out += `${name}_bucket{${labels}${comma}le="${BUCKETS_SECONDS[i]}"} ${total}\n`
    }
    return `${out}${name}_bucket{${labels}${comma}le="+Inf"} ${this.count}\n${name}_sum{${labels}} ${this.sum}\n${name}_count{${labels}} ${this.count}\n`
  }
}

/** Counters by one label value. */
class Counter {
  readonly #values = new Map<string, number>()
  readonly #name: string
  readonly #help: string
  readonly #label: string

  constructor(name: string, help: string, label: string) {
    this.#name = name
    this.#help = help
    this.#label = label
  }

  add(value: string): void {
    this.#values.set(value, (this.#values.get(value) ?? 0) + 1)
  }

  get(value: string): number {
    return this.#values.get(value) ?? 0
  }

  text(): string {
    let out = `# HELP ${this.#name} ${this.#help}\n# TYPE ${this.#name} counter\n`
    for (const [value, count] of this.#values) out += `${this.#name}{${this.#label}="${value}"} ${count}\n`
    return out
  }
}

/** Requests of one route: how many by status class, and how long they took. */
export class RouteMetrics {
  readonly statuses: Float64Array = new Float64Array(6)
  readonly latency: Histogram = new Histogram()

  note(status: number, seconds: number): void {
    this.statuses[Math.min(5, Math.floor(status / 100))]!++
    this.latency.observe(seconds)
  }
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #routes = new Map<string, RouteMetrics>()
  readonly #commands = new Map<string, Histogram>()
  readonly #gauges = new Map<string, { help: string; read: () => number }>()
  readonly commandErrors: Counter = new Counter(
    'ochre_command_errors_total',
    'Commands that failed, by error code.',
    'code',
  )
  readonly auth: Counter = new Counter('ochre_auth_total', 'Authentications by outcome.', 'outcome')
  readonly denied: Counter = new Counter('ochre_policy_refusals_total', 'Commands refused by policy, by code.', 'code')
  readonly limits: Counter = new Counter('ochre_limit_events_total', 'Rate and quota events.', 'event')
  readonly frames: Counter = new Counter('ochre_websocket_frames_total', 'WebSocket frames received, by type.', 'type')

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: 'ochre_' })
  }

  /** The counters of a route, made on first use; keep them instead of asking again. */
  route(name: string): RouteMetrics {
    let found = this.#routes.get(name)
    if (found === undefined) {
      found = new RouteMetrics()
      this.#routes.set(name, found)
    }
    return found
  }

  noteCommand(group: string, seconds: number, code: string | undefined): void {
    let found = this.#commands.get(group)
    if (found === undefined) {
      found = new Histogram()
      this.#commands.set(group, found)
    }
    found.observe(seconds)
    if (code !== undefined) this.commandErrors.add(code)
  }

  /** A number that is read when the metrics are asked for. */
  gauge(name: string, help: string, read: () => number): void {
    this.#gauges.set(name, { help, read })
  }

  /** Everything in Prometheus's text format. */
  async text(): Promise<string> {
    let out =
      '# HELP ochre_http_requests_total Requests by route and status class.\n# TYPE ochre_http_requests_total counter\n'
    for (const [name, route] of this.#routes) {
      route.statuses.forEach((count, i) => {
        if (count > 0) out += `ochre_http_requests_total{route="${name}",status="${i}xx"} ${count}\n`
      })
    }
    out +=
      '# HELP ochre_http_request_duration_seconds Time to answer, by route.\n# TYPE ochre_http_request_duration_seconds histogram\n'
    for (const [name, route] of this.#routes) {
      if (route.latency.count > 0) out += route.latency.text('ochre_http_request_duration_seconds', `route="${name}"`)
    }
    out +=
      '# HELP ochre_command_duration_seconds Time Redis took, by command group.\n# TYPE ochre_command_duration_seconds histogram\n'
    for (const [group, histogram] of this.#commands) {
      out += histogram.text('ochre_command_duration_seconds', `group="${group}"`)
    }
    out += this.commandErrors.text() + this.auth.text() + this.denied.text() + this.limits.text() + this.frames.text()
    for (const [name, { help, read }] of this.#gauges) {
      out += `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${read()}\n`
    }
    return out + (await this.#registry.metrics())
  }

  close(): void {
    this.#registry.clear()
  }
}
