// The built command in a real terminal: a pseudo-terminal of `script`, which every Linux system has.

import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { ROOT } from '../e2e/process.ts'

export interface Terminal {
  /** Everything that was written to the screen so far. */
  screen(): string
  /** Resolves when this was written after `from` (a place on the screen), and gives the place behind it. */
  shows(text: string | RegExp, from?: number): Promise<number>
  type(text: string): void
  readonly ended: Promise<number | null>
}

export const CTRL_C = '\x03'
export const CTRL_D = '\x04'
export const UP = '\x1b[A'
export const TAB = '\t'

/** After so long a test says what was on the screen instead. */
const PATIENCE_MS = 20_000

/** Starts a line of bash in which `ochre` is the command. */
export function startTerminal(line: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const own = Object.entries(process.env).filter(([name]) => !/^(OCHRE_|NODE_OPTIONS$|NO_COLOR$)/.test(name))
  const ochre = `ochre() { ${process.execPath} ${ROOT}packages/cli/bin/ochre.js "$@"; }`
  const child = spawn('script', ['-qefc', `stty cols 100 rows 40; ${ochre}; ${line}`, '/dev/null'], {
    env: { ...Object.fromEntries(own), SHELL: '/bin/bash', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  const looks = new Set<() => void>()
  child.stdout.on('data', (chunk) => {
    text += chunk
    for (const look of looks) look()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  // Its end is that of the terminal, which takes along what runs in it.
  onTestFinished(() => void child.kill())
  return {
    screen: () => text,
    shows: (wanted, from = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const rest = text.slice(from)
          const end = typeof wanted === 'string' ? endOf(rest, wanted) : endOf(rest, wanted.exec(rest)?.[0])
          if (end === -1) return
          looks.delete(look)
          clearTimeout(late)
          resolve(from + end)
        }
        const fail = (why: string): void =>
          reject(new Error(`${why} before showing ${wanted}: ${JSON.stringify(text)}`))
        const late = setTimeout(fail, PATIENCE_MS, `${PATIENCE_MS} ms passed`)
        looks.add(look)
        void ended.then((code) => fail(`It ended with ${code}`))
        look()
      }),
    type: (keys) => child.stdin.write(keys),
    ended,
  }
}

function endOf(text: string, part: string | undefined): number {
  const at = part === undefined ? -1 : text.indexOf(part)
  return at === -1 ? -1 : at + part!.length
}
