// `ochre shell`: a prompt with completion, hints and history.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { Command } from 'commander'
import { complete, hint } from '../hints.ts'
import { isSecret, readHistory, remember } from '../history.ts'
import { EXIT, type Io, print, write } from '../io.ts'
import { readLines, withoutEnd } from '../lines.ts'
import { loadModels } from '../modules.ts'
import { type Screen, Shell } from '../shell.ts'
import { openTarget, type TargetOptions, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly models?: string
  readonly json?: true
}

export function shellCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('shell'))
    .description('a prompt for commands and models')
    .option('--models <file>', 'module with models, for expressions such as User.find({ status: "active" })')
    .option('--json', 'show each reply as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre shell
  ochre shell --url redis://127.0.0.1:6379/2
  ochre shell --models ./models.ts
  printf 'SET a 1\\nINCR a\\n' | ochre shell

At the prompt: Tab completes, the arguments still to come are shown behind the cursor, help <command> explains,
SUBSCRIBE and MONITOR go on until Ctrl-C, which also ends a command that waits; exit or Ctrl-D ends. With models,
const ann = await User.get('ann') keeps a value. Lines that are piped in are run one after the other.
The history is in OCHRE_SHELL_HISTORY or ~/.ochre_history; passwords are left out.`,
    )
    .action(async (options: Options) => {
      const path = options.models ?? io.env.OCHRE_MODELS
      const models = path === undefined ? {} : (await loadModels(path)).models
      const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true
      const screen: Screen = {
        write: (line) => print(io, line),
        colors: isTerminal && !io.env.NO_COLOR,
        json: options.json === true,
      }
      const target = await openTarget(io, options)
      try {
        const shell = await Shell.open(target, screen, models)
        try {
          if (isTerminal) await new Prompt(io, shell, Object.keys(models), screen.colors).run()
          else await runLines(io, shell)
        } finally {
          await shell.close()
        }
      } finally {
        await target.close()
      }
      exit(EXIT.ok)
    })
}

/** Lines that are piped in. */
async function runLines(io: Io, shell: Shell): Promise<void> {
  const stop = (): void => void io.stdin.destroy()
  io.interrupted.addEventListener('abort', stop, { once: true })
  try {
    for await (const bytes of readLines(io.stdin)) {
      if (!(await shell.run(withoutEnd(bytes).toString('utf8'), io.interrupted)) || io.interrupted.aborted) return
      await write(io, '')
    }
    await shell.finish(io.interrupted)
  } catch (error) {
    if (!io.interrupted.aborted) throw error
  } finally {
    io.interrupted.removeEventListener('abort', stop)
  }
}

/** The terminal: one line at a time, Ctrl-C for what runs or what is being typed. */
class Prompt {
  readonly #io: Io
  readonly #shell: Shell
  readonly #lines: Interface
  readonly #historyPath: string
  #running: AbortController | null = null

  constructor(io: Io, shell: Shell, models: readonly string[], hints: boolean) {
    this.#io = io
    this.#shell = shell
    this.#historyPath = io.env.OCHRE_SHELL_HISTORY ?? join(homedir(), '.ochre_history')
    this.#lines = createInterface({
      input: io.stdin,
      output: io.stdout,
      terminal: true,
      history: readHistory(this.#historyPath).reverse(),
      historySize: 1000,
      completer: (line: string) => complete(line, models),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    // Without colours what is hinted could not be told from what is typed.
    if (hints) showHints(io, this.#lines, () => this.#running === null)
    this.#lines.on('SIGINT', () => this.#interrupt())
    io.interrupted.addEventListener('abort', () => this.#lines.close(), { once: true })
  }

  async run(): Promise<void> {
    let previous = readHistory(this.#historyPath).at(-1)
    let isOver = false
    this.#ask()
    for await (const line of this.#lines) {
      if (isSecret(line, this.#shell.isExpression(line))) this.#forget(line)
      else remember(this.#historyPath, line, previous)
      previous = line
      this.#running = new AbortController()
      const signal = AbortSignal.any([this.#running.signal, this.#io.interrupted])
      isOver = !(await this.#shell.run(line, signal))
      this.#running = null
      if (isOver || this.#io.interrupted.aborted) break
      this.#ask()
    }
    this.#lines.close()
    // Ctrl-D leaves the cursor behind the prompt.
    if (!isOver) this.#io.stdout.write('\n')
  }

  #ask(): void {
    this.#lines.setPrompt(this.#shell.prompt)
    this.#lines.prompt()
  }

  /** A secret is not offered again in this session either. */
  #forget(line: string): void {
    const { history } = this.#lines as Interface & { readonly history?: string[] }
    if (history?.[0] === line) history.shift()
  }

  #interrupt(): void {
    if (this.#running !== null) {
      this.#running.abort()
      return
    }
    this.#io.stdout.write('^C\n')
    this.#shell.forget()
    this.#lines.write(null, { ctrl: true, name: 'e' })
    this.#lines.write(null, { ctrl: true, name: 'u' })
    this.#ask()
  }
}

/** Draws what may follow behind the cursor, dim, and puts the cursor back. */
function showHints(io: Io, lines: Interface, isAsking: () => boolean): void {
  // Before readline takes a key into account, so that Enter leaves a clean line behind.
  io.stdin.prependListener('keypress', () => {
    if (isAsking()) io.stdout.write('\x1b[K')
  })
  io.stdin.on('keypress', () => {
    // After readline has taken the key into account.
    setImmediate(() => {
      if (!isAsking()) return
      const { line, cursor } = lines
      const text = cursor === line.length ? hint(line) : ''
      const room = (io.stdout.columns ?? 80) - lines.getCursorPos().cols - 1
      const shown = text.slice(0, Math.max(0, room))
      io.stdout.write(shown === '' ? '\x1b[K' : `\x1b[2m${shown}\x1b[0m\x1b[K\x1b[${shown.length}D`)
    })
  })
}
