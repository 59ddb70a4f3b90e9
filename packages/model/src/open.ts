// Opens models on a client: `const db = open(redis, { User, Book })`.

import { UsageError } from '@ochre/protocol'
import { type Duration, durationMs } from './duration.ts'
import type { Documents } from './json-text.ts'
import { hasClaims } from './maintain.ts'
import type { AnyModel, Fields, Model } from './model.ts'
import { type Arg, type ModelClient, type OperationReport, Runner } from './redis.ts'
import { Store } from './store.ts'
import { type IdSource, idSource } from './ulid.ts'

export interface OpenOptions {
  /** Put before every key: `{ns:user}:...`. Empty by default. */
  readonly namespace?: string
  /** Shows each operation; `true` prints to standard error. `OCHRE_DEBUG=model` does the same. */
  readonly debug?: boolean | ((report: OperationReport) => void)
  /** How often expired rows are cleaned out of indexes in the background; 0 never. 30 seconds by default. */
  readonly sweepEvery?: Duration | 0
  /**
   * `'text'` gives JSON documents as {@link JsonText}, with every digit, for programs that hand them on: a gateway, an export.
   * The types of rows still say what the documents hold. Either way both may be written.
   */
  readonly documents?: Documents
  /** Where generated ids come from; for tests. */
  readonly ids?: IdSource
}

export type Models = Readonly<Record<string, AnyModel>>
type FieldsIn<M> = M extends Model<infer F extends Fields> ? F : never

/** The opened models by the names they were given. */
export type Database<M extends Models> = { readonly [P in keyof M]: Store<FieldsIn<M[P]>> } & {
  /** Stops the background sweeps and ends the iterations over changes. The client stays open: it is its owner's. */
  close(): void
}

/** Binds models to a client. Sends nothing. Many databases may be open in one process, also on one client. */
export function open<const M extends Models>(client: ModelClient, models: M, options: OpenOptions = {}): Database<M> {
  const debug = debugOf(options.debug)
  const ids = options.ids ?? idSource()
  const stores: Record<string, Store<Fields>> = {}
  const names = new Set<string>()
  for (const [property, model] of Object.entries(models)) {
    if (property === 'close') throw new UsageError('A model cannot be opened under the name close')
    if (names.has(model.name)) throw new UsageError(`Two models are named ${model.name}: their keys would collide`)
    names.add(model.name)
    const runner = new Runner(client, model.spec, debug)
    stores[property] = new Store(model, options.namespace ?? '', runner, ids, options.documents ?? 'values')
  }
  // Node.js takes a longer delay for one of a millisecond.
  const sweepMs = options.sweepEvery === 0 ? 0 : Math.min(durationMs(options.sweepEvery ?? '30s'), 2 ** 31 - 1)
  const expiring = Object.values(stores).filter(({ spec }) => spec.ttl || hasClaims(spec))
  let timer: NodeJS.Timeout | null = null
  if (expiring.length > 0 && sweepMs > 0) {
    timer = setInterval(() => {
      for (const store of expiring) void sweepWithLease(store, client, sweepMs)
    }, sweepMs)
    timer.unref()
  }
  const close = (): void => {
    if (timer) clearInterval(timer)
    timer = null
    for (const store of Object.values(stores)) store.close()
  }
  return Object.freeze({ ...stores, close }) as unknown as Database<M>
}

/** One process of many sweeps in each interval: whoever takes the lease. Failures wait for the next interval. */
async function sweepWithLease(store: Store<Fields>, client: ModelClient, intervalMs: number): Promise<void> {
  try {
    const lease: Arg[] = ['SET', `${store.keys.families[0]!.meta}:sweep`, '1', 'NX', 'PX', Math.max(1, intervalMs - 50)]
    if ((await client.call(...lease)) !== null) await store.sweep()
  } catch {
    // The connection is down or the server is loading: nothing is lost, the next sweep finds the same rows.
  }
}

function debugOf(debug: OpenOptions['debug']): ((report: OperationReport) => void) | null {
  if (typeof debug === 'function') return debug
  const on = debug ?? /(^|,)model(,|$)/.test(process.env.OCHRE_DEBUG ?? '')
  return on ? printReport : null
}

function printReport(report: OperationReport): void {
  const { model, operation, ms, keys, argumentBytes, sha, lua, failure, refusals, plan } = report
  const lines = [
    `[ochre] ${model}.${operation} ${ms.toFixed(2)} ms, ${keys.length} keys, ${argumentBytes} B${failure ? `, ${failure}` : ''}`,
    ...(refusals.length > 0 ? [`  refused ${refusals.join(', ')}`] : []),
    ...(plan ? [`  plan ${plan}`] : []),
    ...keys.map((key) => `  key ${String(key)}`),
  ]
  if (sha) lines.push(`  script ${sha}`, ...(lua ?? '').split('\n').map((line) => `  | ${line}`))
  process.stderr.write(`${lines.join('\n')}\n`)
}
