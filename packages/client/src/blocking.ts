// How long a command may block, read from its arguments with the help of its grammar in the command table.
import { type Arg, type Argument, CommandFlag, type CommandSpec } from '@ochre/protocol'

/** Milliseconds, Infinity for as long as it takes, -1 when the command does not block (XREAD without BLOCK). */
export function blockingMs(spec: CommandSpec, args: readonly Arg[]): number {
  if ((spec.flags & CommandFlag.BLOCKING) === 0 && !waitsForOwnWrites(spec)) return -1
  const grammar = spec.arguments
  for (let i = 0; i < grammar.length; i++) {
    const argument = grammar[i]!
    if (argument.name === 'timeout') return wait(i === 0 ? args[0] : fromEnd(grammar, i, args), argument)
    if (argument.token === 'BLOCK') {
      const at = tokenIndex(args, 'BLOCK')
      return at === -1 ? -1 : wait(args[at + 1], argument)
    }
  }
  return -1
}

/**
 * Whether it blocks for the sake of what its own connection has sent (WAIT, WAITAOF): it must stay there. All others
 * block for keys. Servers before 7.2 do not flag WAIT as blocking, so it is told by its kind.
 */
export function waitsForOwnWrites(spec: CommandSpec): boolean {
  if (spec.firstKey !== 0 || spec.group !== 'generic') return false
  return spec.keySpecs.length === 0 && spec.arguments.at(-1)?.name === 'timeout'
}

function fromEnd(grammar: readonly Argument[], index: number, args: readonly Arg[]): Arg | undefined {
  return args[args.length - (grammar.length - index)]
}

/** Options come before STREAMS, behind which a key may be called anything. */
function tokenIndex(args: readonly Arg[], token: string): number {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (typeof arg !== 'string') continue
    const word = arg.toUpperCase()
    if (word === token) return i
    if (word === 'STREAMS') return -1
  }
  return -1
}

/** Timeouts of lists and sorted sets are seconds (doubles), all others milliseconds; 0 is for ever. */
function wait(value: Arg | undefined, argument: Argument): number {
  const given = value instanceof Uint8Array ? Number(Buffer.from(value).toString()) : Number(value)
  if (!(given > 0)) return Number.POSITIVE_INFINITY
  return argument.type === 'double' ? given * 1000 : given
}
