// The built command as a child process, and what it wrote.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))
const BIN = `${ROOT}packages/cli/bin/ochre.js`

export interface Ochre {
  readonly pid: number
  /** Exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>
  out(): string
  err(): string
  /** Resolves when standard output has this text. Rejects when it ends before. */
  wrote(text: string): Promise<void>
  kill(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts `ochre`. Everything that would change what it does is taken out of the environment. */
export function startOchre(args: readonly string[], options: { cwd: string; env?: Record<string, string> }): Ochre {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('OCHRE_') && name !== 'NODE_OPTIONS')
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(own), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const looks = new Set<() => void>()
  child.stdout.on('data', (chunk) => {
    out += chunk
    for (const look of looks) look()
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  return {
    pid: child.pid!,
    ended,
    out: () => out,
    err: () => err,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!out.includes(text)) return
          looks.delete(look)
          resolve()
        }
        looks.add(look)
        void ended.then((code) => reject(new Error(`It ended with ${code} before writing ${text}: ${out}${err}`)))
        look()
      }),
    kill(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
