// `ochre shell`: a prompt with completion, hints and history.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { Command } from 'commander'
import { complete, hint } from '../hints.ts'
import { readHistory, remember } from '../history.ts'
import { EXIT, type Io, print } from '../io.ts'
import { loadModels } from '../modules.ts'
import { type Screen, Shell } from '../shell.ts'
import { openTarget, type TargetOptions, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly models?: string
}

export function shellCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('shell'))
    .description('a prompt for commands and models')
    .option('--models <file>', 'module with models, for expressions such as User.find({ status: "active" })')
    .addHelpText(
      'after',
      `
Examples:
  ochre shell
  ochre shell --url redis://127.0.0.1:6379/2
  ochre shell --models ./models.ts

At the prompt: Tab completes, the arguments still to come are shown behind the cursor, help <command> explains,
SUBSCRIBE and MONITOR go on until Ctrl-C, exit or Ctrl-D ends. Lines that are piped in are run one after the other.
The history is in OCHRE_SHELL_HISTORY or ~/.ochre_history; passwords are left out.`,
    )
    .action(async (options: Options) => {
      const models = options.models === undefined ? {} : (await loadModels(options.models)).models
      const target = await openTarget(io, options)
      try {
        await prompt(io, (screen) => Shell.open(target, screen, models), Object.keys(models))
      } finally {
        await target.close()
      }
      exit(EXIT.ok)
    })
}

async function prompt(io: Io, start: (screen: Screen) => Promise<Shell>, models: readonly string[]): Promise<void> {
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true
  const historyPath = io.env.OCHRE_SHELL_HISTORY ?? join(homedir(), '.ochre_history')
  let running: AbortController | null = null
  const screen: Screen = {
    write: (line) => print(io, line),
    interruptible() {
      running = new AbortController()
      return AbortSignal.any([running.signal, io.interrupted])
    },
  }
  const shell = await start(screen)
  const lines = createInterface({
    input: io.stdin,
    output: isTerminal ? io.stdout : undefined,
    terminal: isTerminal,
    history: isTerminal ? readHistory(historyPath).reverse() : [],
    historySize: 1000,
    completer: (line: string) => complete(line, models),
    crlfDelay: Number.POSITIVE_INFINITY,
  } as Parameters<typeof createInterface>[0])
  if (isTerminal) showHints(io, lines)
  // Ctrl-C ends what runs; at the prompt it drops the line.
  lines.on('SIGINT', () => {
    if (running !== null) running.abort()
    else {
      io.stdout.write('\n')
      lines.write(null, { ctrl: true, name: 'u' })
      lines.prompt()
    }
  })
  io.interrupted.addEventListener('abort', () => lines.close(), { once: true })
  const ask = (): void => {
    if (!isTerminal) return
    lines.setPrompt(shell.prompt)
    lines.prompt()
  }
  try {
    let previous: string | undefined
    ask()
    for await (const line of lines) {
      if (isTerminal) remember(historyPath, line, previous)
      previous = line
      const goesOn = await shell.run(line)
      running = null
      if (!goesOn || io.interrupted.aborted) break
      ask()
    }
  } finally {
    lines.close()
    await shell.close()
  }
}

/** Draws what may follow behind the cursor, dim, and puts the cursor back. */
function showHints(io: Io, lines: Interface): void {
  // Before readline takes a key into account, so that Enter leaves a clean line behind.
  io.stdin.prependListener('keypress', () => io.stdout.write('\x1b[K'))
  io.stdin.on('keypress', () => {
    // After readline has taken the key into account.
    setImmediate(() => {
      const { line, cursor } = lines
      const text = cursor === line.length ? hint(line) : ''
      const room = (io.stdout.columns ?? 80) - lines.getCursorPos().cols - 1
      const shown = text.slice(0, Math.max(0, room))
      io.stdout.write(shown === '' ? '\x1b[K' : `\x1b[2m${shown}\x1b[0m\x1b[K\x1b[${shown.length}D`)
    })
  })
}
