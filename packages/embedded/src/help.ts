// What containers (OBJECT, PUBSUB, SCRIPT ...) say about their subcommands.
import { FailureReply, StatusReply } from '@ochre/protocol'
import { quotable } from './failures.ts'
import type { Handler } from './session.ts'

/** The HELP subcommand of a container: its lines between the head and the tail that all containers share. */
export function helping(lines: readonly string[]): Handler {
  return (_session, args) => {
    const head = `${quotable(args[0]!, 128).toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`
    return [head, ...lines, 'HELP', '    Prints this help.'].map((line) => new StatusReply(line))
  }
}

/** A subcommand that is known was called with arguments that it does not take. */
export function wrongSubcommand([container, subcommand]: readonly string[]): FailureReply {
  return new FailureReply(
    `ERR unknown subcommand or wrong number of arguments for '${quotable(subcommand!, 128)}'. Try ${quotable(container!, 128).toUpperCase()} HELP.`,
  )
}
