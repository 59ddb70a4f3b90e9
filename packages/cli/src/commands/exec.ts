// `ochre exec`: commands from the command line or from standard input.

import { createInterface } from 'node:readline'
import type { Client } from '@ochre/client'
import { FailureReply, type Reply, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, print, tell } from '../io.ts'
import { json, plain, pretty } from '../print.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'
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

On a terminal a reply is drawn as redis-cli does; in a pipe values are printed one per line.
Ends with 1 when the server answered with an error.`,
    )
    .action(async (words: string[], options: Options) => {
      exit(
        await withClient(io, options, (client) =>
          words.length > 0 ? runOne(io, client, words, options) : runLines(io, client, options),
        ),
      )
    })
}

async function runOne(io: Io, client: Client, words: readonly string[], options: Options): Promise<number> {
  return show(io, await reply(client, words), options)
}

async function runLines(io: Io, client: Client, options: Options): Promise<number> {
  let code: number = EXIT.ok
  const waiting: Promise<Reply>[] = []
  const settle = async (): Promise<void> => {
    for (const pending of waiting.splice(0)) code = Math.max(code, show(io, await pending, options))
  }
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const words = splitWords(line)
    if (words.length === 0) continue
    waiting.push(reply(client, words))
    if (waiting.length >= IN_FLIGHT || io.stdin.isTTY) await settle()
  }
  await settle()
  return code
}

/** The server's answer; its errors are output here, not failures of the program. */
function reply(client: Client, [name, ...args]: readonly (string | Buffer)[]): Promise<Reply> {
  if (name === undefined || name.length === 0) throw new UsageError('A command has a name.')
  return client.raw(String(name), ...args)
}

function show(io: Io, value: Reply, options: Options): number {
  if (options.json) print(io, json(value))
  else if (value instanceof FailureReply && !io.stdout.isTTY) tell(io, value.text)
  else if (io.stdout.isTTY) print(io, pretty(value))
  else io.stdout.write(plain(value))
  return value instanceof FailureReply ? EXIT.failed : EXIT.ok
}
