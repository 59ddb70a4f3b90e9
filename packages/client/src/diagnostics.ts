// What happens inside of a client, for whoever subscribes with node:diagnostics_channel. Without subscribers it costs one
// look per command and builds nothing.
//
//   ochre:command:start  ochre:command:end   CommandEvent, the same object twice; only while `end` has a subscriber
//   ochre:connect                            ConnectEvent, each attempt to open a connection
//   ochre:reconnect                          ReconnectEvent, a shared connection was lost and is dialled again
//   ochre:pool                               PoolEvent, waiting for a connection of the pool
//   ochre:push                               PushEvent, a push of RESP3 that belongs to no subscription
//   ochre:model:operation ochre:model:resend  what @ochre/model tells of its operations, for telemetry.ts
//
// Subscribers run inside of the client: what they throw is reported by Node.js as uncaught and reaches no caller.
import { type Channel, channel } from 'node:diagnostics_channel'
import type { Arg, CommandSpec } from '@ochre/protocol'
import type { Clock } from './clock.ts'
import type { Command, CommandWatcher } from './command.ts'

/** A command, pipeline or transaction on its way. The last three fields are set at its end. */
export interface CommandEvent {
  /** In upper case: `GET`, `CONFIG GET`; `PIPELINE` or `MULTI` for several. */
  readonly name: string
  /** The names of the commands of a pipeline or transaction; null for a single command. */
  readonly batch: readonly string[] | null
  /** What follows the name: keys and values. Handle with care. Of a batch the arguments of one command. */
  readonly args: readonly Arg[]
  readonly address: string
  readonly db: number
  durationMs: number
  /** How often it was sent. */
  attempts: number
  error: Error | null
}

export interface ConnectEvent {
  readonly address: string
  readonly durationMs: number
  readonly error: Error | null
}

export interface ReconnectEvent {
  readonly address: string
  /** Attempts so far without success. */
  readonly attempt: number
  /** Until the next attempt. */
  readonly delayMs: number
}

export interface PoolEvent {
  readonly address: string
  /** How long a caller has waited for a connection. */
  readonly waitMs: number
  /** POOL_EXHAUSTED, or why no connection could be opened; null when it got one. */
  readonly error: Error | null
}

export interface PushEvent {
  readonly address: string
  readonly items: readonly unknown[]
}

export const commandStart: Channel = channel('ochre:command:start')
export const commandEnd: Channel = channel('ochre:command:end')
export const connects: Channel = channel('ochre:connect')
export const reconnects: Channel = channel('ochre:reconnect')
export const poolWaits: Channel = channel('ochre:pool')
export const pushes: Channel = channel('ochre:push')
export const modelOperations: Channel = channel('ochre:model:operation')
export const modelResends: Channel = channel('ochre:model:resend')

/** Tells of a command that is about to be sent, and of its end. */
export function traceCommand(command: Command, address: string, db: number, clock: Clock): void {
  const { spec, args, batch } = command
  const words = batch === null ? null : batch.map((request) => nameOf(request.spec))
  const atomic = words !== null && words[0] === 'MULTI'
  const event: CommandEvent = {
    name: words === null ? nameOf(spec) : atomic ? 'MULTI' : 'PIPELINE',
    batch: atomic ? words.slice(1, -1) : words,
    args,
    address,
    db,
    durationMs: 0,
    attempts: 0,
    error: null,
  }
  const startedAt = clock.now()
  command.watcher = {
    onSettled: (_, error) => {
      event.durationMs = clock.now() - startedAt
      event.attempts = command.attempts
      event.error = error
      commandEnd.publish(event)
    },
  }
  commandStart.publish(event)
}

/** Two watchers as one. */
export function bothWatchers(first: CommandWatcher, second: CommandWatcher): CommandWatcher {
  return {
    onSettled: (command, error) => {
      first.onSettled(command, error)
      second.onSettled(command, error)
    },
  }
}

/**
 * Calls `told` with each command of any client in this process that took `thresholdMs` or longer, queue and repetitions
 * included. Blocking commands count with the time they blocked. The answer ends it.
 */
export function onSlowCommand(thresholdMs: number, told: (event: Readonly<CommandEvent>) => void): () => void {
  const listener = (message: unknown): void => {
    const event = message as CommandEvent
    if (event.durationMs >= thresholdMs) told(event)
  }
  commandEnd.subscribe(listener)
  return () => commandEnd.unsubscribe(listener)
}

const names = new WeakMap<CommandSpec, string>()

function nameOf(spec: CommandSpec): string {
  let name = names.get(spec)
  if (name === undefined) {
    name = spec.name.toUpperCase()
    names.set(spec, name)
  }
  return name
}
