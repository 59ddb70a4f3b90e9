// The outside world of the command line, passed in so that a verb can be tested without a process.

import type { Readable, Writable } from 'node:stream'

export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Resolves when the person or the system asks to stop: SIGINT, SIGTERM. */
  readonly interrupted: AbortSignal
}

/** What the process ends with. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** The server answered with an error, or a check found problems. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No server could be reached, or the connection was lost. */
  unreachable: 3,
  /** Interrupted by SIGINT. */
  interrupted: 130,
} as const

export function print(io: Io, text: string): void {
  io.stdout.write(`${text}\n`)
}

/** A line for the person, kept out of the data on standard output. */
export function tell(io: Io, text: string): void {
  io.stderr.write(`${text}\n`)
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
