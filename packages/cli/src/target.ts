// Which server a verb talks to: a URL, or a folder of the embedded engine opened right here.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Client, type ClientOptions, connect, type ReconnectEvent } from '@ochre/client'
import { OchreError, UsageError } from '@ochre/protocol'
import type { Command } from 'commander'
import { type Io, tell } from './io.ts'

export interface TargetOptions {
  readonly url?: string
  readonly dir?: string
}

/** Declares `--url` and `--dir` on a verb. */
export function withTarget(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'the server: redis://user:password@host:port/db, rediss:// or unix:/path?password=... (default: OCHRE_REDIS_URL, else redis://127.0.0.1:6379)',
    )
    .option('--dir <folder>', 'a folder of the embedded engine instead of a server; no other process may have it open')
}

/** A server that clients can be opened on, several times and with different options. */
export interface OpenTarget {
  /** The database that the URL names. */
  readonly db: number
  /** `usual`: unless the URL says something else. `session`: whatever the URL says. */
  connect(usual?: ClientOptions, session?: ClientOptions): Promise<Client>
  close(): Promise<void>
}

/** Opens the embedded engine when a folder is named; otherwise only remembers the URL. */
export async function openTarget(io: Io, options: TargetOptions): Promise<OpenTarget> {
  if (options.url !== undefined && options.dir !== undefined) throw new UsageError('Give --url or --dir, not both.')
  if (options.dir !== undefined) {
    // Verbs that talk to a server do without it.
    const { Engine } = await import('@ochre/embedded')
    const engine = await Engine.open({ dir: options.dir })
    return {
      db: 0,
      connect: (usual, session) => connect(engine, { ...usual, ...session }),
      close: () => engine.close(),
    }
  }
  const url = options.url ?? io.env.OCHRE_REDIS_URL ?? 'redis://127.0.0.1:6379'
  const isSaid = (name: string): boolean => new RegExp(`[?&]${name}=`).test(url)
  const [, path, parameter] = /^rediss?:\/\/[^/?]*\/(\d+)|[?&]db=(\d+)/.exec(url) ?? []
  return {
    db: Number(path ?? parameter ?? 0),
    connect: (usual = {}, session = {}) => {
      const unsaid = Object.entries(usual).filter(([name]) => !isSaid(name))
      return unlessStopped(io, connect(url, { ...Object.fromEntries(unsaid), ...session }))
    },
    close: async () => {},
  }
}

/** A step of long work, such as a key of a gigabyte, may take its time; a server that restarts is waited for. */
const PATIENT: ClientOptions = {
  timeoutMs: 60_000,
  watchdogMs: 60_000,
  queue: { maxBytes: 2 ** 31 },
}

/** For a person at a prompt, who decides how long to wait: a call fails at once while there is no connection. */
export const PROMPT: ClientOptions = {
  timeoutMs: 0,
  watchdogMs: 0,
  queue: { maxBytes: 2 ** 31, offline: false },
}

/**
 * Connects, runs `work`, and closes whatever happened. The calls of the client end with the interruption. Work that reads
 * only may say that all its calls are idempotent: then they are repeated when the connection is lost.
 */
export async function withClient<T>(
  io: Io,
  options: TargetOptions,
  work: (client: Client) => Promise<T>,
  { idempotent = false }: { readonly idempotent?: boolean } = {},
): Promise<T> {
  const target = await openTarget(io, options)
  const onReconnect = (event: unknown): void => {
    const { address, attempt } = event as ReconnectEvent
    // Told once it is clear that the server is away. Over the line of progress that may be there.
    if (attempt === 1)
      tell(io, `${io.stderr.isTTY ? '\r\x1b[K' : ''}The connection to ${address} is lost; trying again.`)
  }
  try {
    const client = await target.connect(PATIENT)
    subscribe('ochre:reconnect', onReconnect)
    try {
      return await work(client.with({ signal: io.interrupted, idempotent }))
    } finally {
      unsubscribe('ochre:reconnect', onReconnect)
      await client.close({ drainMs: 1000 })
    }
  } finally {
    await target.close()
  }
}

/** The client, or a rejection at once when the interruption comes first. */
function unlessStopped(io: Io, connecting: Promise<Client>): Promise<Client> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new OchreError('ABORTED', 'Interrupted.'))
      connecting.then((client) => client.close({ drainMs: 0 })).catch(() => undefined)
    }
    io.interrupted.addEventListener('abort', stop, { once: true })
    connecting.then(resolve, reject).finally(() => io.interrupted.removeEventListener('abort', stop))
    if (io.interrupted.aborted) stop()
  })
}
