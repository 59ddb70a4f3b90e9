// Optimistic transactions: WATCH some keys, read, and execute a transaction that the server drops when one of them has
// changed meanwhile; then all of it again. Everything goes over a lane of its own, which is always given back clean.
import { type Arg, type CommandSpec, lookupCommand, OchreError, UsageError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import type { Clock } from './clock.ts'
import { type CallSettings, Command, type Shape } from './command.ts'
import { Commands } from './commands.gen.ts'
import { boundCommand } from './handshake.ts'
import type { Promised } from './mode.ts'
import { CONFLICT, Pipeline } from './pipeline.ts'
import { type Backoff, backoffMs } from './retry.ts'
import type { Lane, Router } from './router.ts'

export interface WatchOptions {
  /** How often it is tried again after a conflict; default 10. */
  readonly retries?: number
}

/** What the body of `watch` returns: a transaction, or nothing to change nothing. */
export type Committable = { readonly atomic: boolean; exec(): Promise<unknown> } | null | undefined

/** What `watch` resolves with: the replies of the transaction, or null without one. */
export type Committed<R> = R extends { exec(): Promise<infer T> } ? T : null

/** Between attempts: others are at work on the same keys. */
const BACKOFF: Backoff = { minMs: 1, maxMs: 50 }
const WATCH: CommandSpec = lookupCommand('watch')!

/** The client inside of `watch`: reads on the lane that watches. */
export class Watched<V> extends Commands<Promised<V>> {
  private readonly lane: Lane
  private readonly settings: CallSettings

  constructor(lane: Lane, settings: CallSettings) {
    super()
    this.lane = lane
    this.settings = settings
  }

  issue<R>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<R> {
    const command = new Command(spec, args, shape, this.settings)
    this.lane.send(command)
    return command.promise as Promise<R>
  }

  /** The transaction, to be returned to `watch`, which executes it. */
  multi(): Pipeline<V> {
    return new Pipeline<V>(this.settings, true, null)
  }
}

/** See `Client.watch`. */
export async function watch<V, R extends Committable>(
  router: Router,
  clock: Clock,
  settings: CallSettings,
  keys: readonly Arg[],
  body: (tx: Watched<V>) => Promise<R> | R,
  options: WatchOptions,
): Promise<Committed<R>> {
  checkOptions(options, 'retries')
  const { retries = 10 } = options
  if (keys.length === 0) throw new UsageError('watch needs a key.')
  if (!Number.isInteger(retries) || retries < 0) throw new UsageError('retries must be a whole number from 0.')
  for (let attempt = 0; ; attempt++) {
    const outcome = await attemptOnce(router, settings, keys, body)
    if (outcome !== CONFLICT) return outcome as Committed<R>
    if (attempt === retries) break
    const ms = backoffMs(BACKOFF, attempt, clock.random())
    await new Promise<void>((resolve) => clock.after(ms, resolve, true))
  }
  throw new OchreError('WATCH_CONFLICT', `A watched key changed on each of ${retries + 1} attempts.`)
}

async function attemptOnce<V>(
  router: Router,
  settings: CallSettings,
  keys: readonly Arg[],
  body: (tx: Watched<V>) => Promise<Committable> | Committable,
): Promise<unknown> {
  const watching = new Command(WATCH, keys, undefined, settings)
  const lane = await router.lane(watching)
  /** Whether the connection may still be watching. */
  let dirty = true
  try {
    lane.send(watching)
    await watching.promise
    const transaction = await body(new Watched<V>(lane, settings))
    if (transaction === null || transaction === undefined) return null
    if (!(transaction instanceof Pipeline) || !transaction.atomic) {
      throw new UsageError('The body of watch returns the transaction that tx.multi() began, or null.')
    }
    const command = transaction.toCommand()
    if (command === null) return []
    lane.send(command)
    const replies = await command.promise
    dirty = false
    return replies
  } finally {
    lane.release(!dirty || (await unwatch(lane)))
  }
}

/** Whether the connection is as it was. Nothing is waited for on one that owes replies: it has no future. */
export async function unwatch(lane: Lane): Promise<boolean> {
  if (lane.connection.closed || lane.connection.load > 0) return false
  const command = boundCommand(['UNWATCH'], 1000)
  lane.send(command)
  return command.promise.then(
    () => true,
    () => false,
  )
}
