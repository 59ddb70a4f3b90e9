// Programs as child processes, and what they wrote.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))
const BIN = 'packages/cli/bin/ochre.js'

export interface Program {
  readonly pid: number
  /** Exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>
  out(): string
  err(): string
  /** Resolves when standard output has this text. Rejects when it ends before. */
  wrote(text: string): Promise<void>
  /** Sends the signal to the program alone, and resolves when its output has ended. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
  /** Sends the signal to the program and all that it started, as a terminal does. */
  killAll(signal?: NodeJS.Signals): Promise<number | null>
}

export interface Where {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program in a process group of its own. Everything that would change what Ochre does is taken out of the environment. */
export function start(command: string, args: readonly string[], { cwd, env }: Where): Program {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:OCHRE_|npm_|NODE_OPTIONS$|NODE_ENV$)/.test(name))
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
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
    killAll(signal = 'SIGTERM') {
      try {
        process.kill(-child.pid!, signal)
      } catch {
        // It has ended already.
      }
      return ended
    },
  }
}

/** Starts the built `ochre` of this project, or of a copy of it. */
export function startOchre(args: readonly string[], where: Where & { readonly root?: string }): Program {
  return start(process.execPath, [`${where.root ?? ROOT}${BIN}`, ...args], where)
}
