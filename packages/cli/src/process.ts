// The process around `main`: real streams, signals, the exit code.

import { isWorker } from '@ochre/gateway'
import { main } from './main.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal))

// A reader that closes early (`ochre keys | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: stop.signal,
})

// The channel to its primary would keep a worker that failed to start alive.
if (isWorker()) process.exit()
