// Runs a command line in this process, with streams and a stop signal of its own.

import { PassThrough } from 'node:stream'
import { main } from '../../packages/cli/src/main.ts'

export interface CliRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CliOptions {
  readonly stdin?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  /** Output is bytes, one per character. */
  readonly binary?: boolean
  /** Standard output is a terminal. */
  readonly tty?: boolean
}

export async function runCli(argv: readonly (string | number)[], options: CliOptions = {}): Promise<CliRun> {
  return startCli(argv, options).done
}

/** For verbs that run until they are stopped: `out` is what was written so far. */
export function startCli(
  argv: readonly (string | number)[],
  options: CliOptions = {},
): {
  readonly done: Promise<CliRun>
  out(): string
  wrote(text: string): Promise<void>
  told(text: string): Promise<void>
  stop(): void
  type(text: string): void
} {
  const stop = new AbortController()
  const stdin = new PassThrough()
  const stdout = Object.assign(new PassThrough(), { isTTY: options.tty ?? false, columns: 80 })
  const stderr = Object.assign(new PassThrough(), { isTTY: false, columns: 80 })
  const text = { out: '', err: '' }
  const looks = new Set<() => void>()
  stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString(options.binary ? 'latin1' : 'utf8')
    for (const look of looks) look()
  })
  stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString()
    for (const look of looks) look()
  })
  if (options.stdin !== undefined) stdin.end(options.stdin)
  const io = { stdin, stdout, stderr, env: options.env ?? {}, interrupted: stop.signal }
  const done = main(argv.map(String), io).then((code) => ({ code, out: text.out, err: text.err }))
  const appears = (where: 'out' | 'err', wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!text[where].includes(wanted)) return
        looks.delete(look)
        resolve()
      }
      looks.add(look)
      done.then((run) => reject(new Error(`It ended with ${run.code} before writing ${wanted}: ${run.err}`)), reject)
      look()
    })
  return {
    done,
    out: () => text.out,
    wrote: (wanted) => appears('out', wanted),
    told: (wanted) => appears('err', wanted),
    stop: () => stop.abort('SIGTERM'),
    type: (line) => stdin.write(line),
  }
}
