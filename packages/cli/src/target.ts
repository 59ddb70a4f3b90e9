// Which server a verb talks to: a URL, or a folder of the embedded engine opened right here.

import { type Client, type ClientOptions, connect } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { UsageError } from '@ochre/protocol'
import type { Command } from 'commander'
import type { Io } from './io.ts'

export interface TargetOptions {
  readonly url?: string
  readonly dir?: string
}

/** Declares `--url` and `--dir` on a verb. */
export function withTarget(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'the server: redis://user:password@host:port/db, rediss:// or unix:/path (default: OCHRE_REDIS_URL, else redis://127.0.0.1:6379)',
    )
    .option('--dir <folder>', 'a folder of the embedded engine instead of a server; no other process may have it open')
}

/** A server that clients can be opened on, several times and with different options. */
export interface OpenTarget {
  connect(options?: ClientOptions): Promise<Client>
  close(): Promise<void>
}

/** Opens the embedded engine when a folder is named; otherwise only remembers the URL. */
export async function openTarget(io: Io, options: TargetOptions): Promise<OpenTarget> {
  if (options.url !== undefined && options.dir !== undefined) throw new UsageError('Give --url or --dir, not both.')
  if (options.dir !== undefined) {
    const engine = await Engine.open({ dir: options.dir })
    return { connect: (own) => connect(engine, own), close: () => engine.close() }
  }
  const url = options.url ?? io.env.OCHRE_REDIS_URL ?? 'redis://127.0.0.1:6379'
  return { connect: (own) => connect(url, own), close: async () => {} }
}

/** Connects, runs `work`, and closes whatever happened. */
export async function withClient<T>(io: Io, options: TargetOptions, work: (client: Client) => Promise<T>): Promise<T> {
  const target = await openTarget(io, options)
  try {
    const client = await target.connect()
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  } finally {
    await target.close()
  }
}
