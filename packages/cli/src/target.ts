// Which server a verb talks to: a URL, or a folder of the embedded engine opened right here.

import { type Client, connect } from '@ochre/client'
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

/** Connects, runs `work`, and closes whatever happened. */
export async function withClient<T>(io: Io, options: TargetOptions, work: (client: Client) => Promise<T>): Promise<T> {
  if (options.url !== undefined && options.dir !== undefined) throw new UsageError('Give --url or --dir, not both.')
  if (options.dir === undefined) {
    const client = await connect(options.url ?? io.env.OCHRE_REDIS_URL ?? 'redis://127.0.0.1:6379')
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }
  const engine = await Engine.open({ dir: options.dir })
  try {
    const client = await connect(engine)
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  } finally {
    await engine.close()
  }
}
