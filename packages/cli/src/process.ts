// The process around `main`: real streams, signals, the exit code.

import { EXIT, type Stop } from './io.ts'
import { main } from './main.ts'

/** For so long a verb may finish when nobody reads its output any more. */
const GRACE_MS = 2000
/** Ctrl-C under npm arrives twice, from the terminal and again from npm. Only a later one means: at once. */
const SAME_SIGNAL_MS = 500

const stop = new AbortController()
let stoppedAt: number | undefined
for (const [signal, code] of [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const) {
  process.on(signal, () => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now()
      stop.abort(signal satisfies Stop)
    } else if (performance.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(code)
  })
}

// A reader that closes early (`ochre keys | head`) is no failure, and what has been opened is still closed in order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    process.stderr.write(`ochre: The output cannot be written: ${error.message}.\n`)
    process.exit(EXIT.failed)
  }
  stop.abort('EPIPE' satisfies Stop)
  setTimeout(() => process.exit(EXIT.ok), GRACE_MS).unref()
})
process.stderr.on('error', () => {})

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: stop.signal,
})

// A connection that is still being dialled would keep it alive, and so would the channel of a worker to its primary.
if (stop.signal.aborted || process.connected) process.stdout.write('', () => process.exit())
