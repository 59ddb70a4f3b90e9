// `ochre exec`: commands from the command line or from standard input, on one connection.

import type { Lane } from '@ochre/client'
import { FailureReply, type Reply, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, tell, throwIfStopped, write } from '../io.ts'
import { readLines } from '../lines.ts'
import { json, plain, pretty } from '../print.ts'
import { openTarget, PROMPT, type TargetOptions, withTarget } from '../target.ts'
import { VIEWS } from '../views.ts'
import { splitWords } from '../words.ts'

interface Options extends TargetOptions {
  readonly json?: true
}

/** Commands read from standard input that may wait for their replies at the same time. */
const IN_FLIGHT = 1000

export function execCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('exec'))
    .description('run one command, or one per line of standard input')
    .argument('[words...]', 'the command and its arguments')
    .option('--json', 'print each reply as one line of JSON')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  ochre exec SET greeting hello EX 60
  ochre exec --json HGETALL user:1
  printf 'SET a 1\\nINCR a\\n' | ochre exec

Options stand before the command: what is behind its name belongs to it. On a terminal a reply is drawn as redis-cli does;
in a pipe values are printed one per line. All lines go over one connection, so MULTI, WATCH and SELECT mean what they say.
Ends with 1 when the server answered with an error.`,
    )
    .action(async (words: string[], options: Options) => {
      const target = await openTarget(io, options)
      try {
        const client = await target.connect(PROMPT)
        try {
          const lane = await client.lane()
          const one = words.length > 0 ? words.map((word) => Buffer.from(word)) : null
          exit(one === null ? await runLines(io, lane, options) : await show(io, await send(io, lane, one), options))
          lane.release(false)
        } finally {
          await client.close({ drainMs: 0 })
        }
      } finally {
        await target.close()
      }
    })
}

async function runLines(io: Io, lane: Lane, options: Options): Promise<number> {
  let code: number = EXIT.ok
  const waiting: Promise<Reply>[] = []
  const settle = async (): Promise<void> => {
    for (const pending of waiting.splice(0)) code = Math.max(code, await show(io, await pending, options))
  }
  const stop = (): void => void io.stdin.destroy()
  io.interrupted.addEventListener('abort', stop, { once: true })
  let number = 0
  for await (const line of readLines(io.stdin)) {
    number++
    let reply: Promise<Reply>
    try {
      const words = splitWords(line)
      if (words.length === 0) continue
      reply = send(io, lane, words)
    } catch (error) {
      await settle()
      tell(io, `Line ${number} cannot be sent; those before it were.`)
      throw error
    }
    // Whoever waits for the replies before it sees its failure in turn.
    reply.catch(() => undefined)
    waiting.push(reply)
    if (waiting.length >= IN_FLIGHT || io.stdin.isTTY) await settle()
  }
  await settle()
  throwIfStopped(io)
  return code
}

/** The server's answer; its errors are output here, not failures of the program. */
function send(io: Io, lane: Lane, words: readonly Buffer[]): Promise<Reply> {
  if (words[0]!.length === 0) throw new UsageError('A command has a name.')
  if (VIEWS.has(words[0]!.toString().toLowerCase()))
    throw new UsageError('What is subscribed to or monitored is followed with ochre tail, or in ochre shell.')
  return lane.raw(words, io.interrupted)
}

async function show(io: Io, value: Reply, options: Options): Promise<number> {
  if (options.json) await write(io, `${json(value)}\n`)
  else if (value instanceof FailureReply && !io.stdout.isTTY) tell(io, value.text)
  else await write(io, io.stdout.isTTY ? `${pretty(value)}\n` : plain(value))
  return value instanceof FailureReply ? EXIT.failed : EXIT.ok
}
