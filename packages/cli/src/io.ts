// The outside world of the command line, passed in so that a verb can be tested without a process.

import type { Readable, Writable } from 'node:stream'
import { OchreError } from '@ochre/protocol'

export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when it should end; the reason is one of {@link Stop}. */
  readonly interrupted: AbortSignal
}

/** Why it should end: a person, the system, or a reader of standard output that has gone. */
export type Stop = 'SIGINT' | 'SIGTERM' | 'EPIPE'

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
  /** Work was cut short by SIGINT. */
  interrupted: 130,
  /** Work was cut short by SIGTERM. */
  terminated: 143,
} as const

/** A line of data. For much of it there is {@link write}. */
export function print(io: Io, text: string): void {
  io.stdout.write(`${text}\n`)
}

/** Writes data and waits while the reader is slow, so that no more of it than that is in memory. */
export async function write(io: Io, data: string | Uint8Array): Promise<void> {
  if (io.stdout.write(data) || io.interrupted.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      io.stdout.off('drain', done)
      io.interrupted.removeEventListener('abort', done)
      resolve()
    }
    io.stdout.on('drain', done)
    io.interrupted.addEventListener('abort', done)
  })
}

/** A line for the person, kept out of the data on standard output. */
export function tell(io: Io, text: string): void {
  io.stderr.write(`${text}\n`)
}

/** Ends work that was told to end. `remedy` says how to go on. */
export function throwIfStopped(io: Io, remedy = ''): void {
  if (io.interrupted.aborted) throw new OchreError('ABORTED', `Interrupted.${remedy === '' ? '' : ` ${remedy}`}`)
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
