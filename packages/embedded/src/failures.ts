// Error replies that more than one command gives, in Redis's words. Handlers return or throw them; `execute` catches.
import { FailureReply, StatusReply } from '@ochre/protocol'

export const OK: StatusReply = new StatusReply('OK')
export const QUEUED: StatusReply = new StatusReply('QUEUED')

export const WRONG_TYPE: FailureReply = new FailureReply(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
)
export const SYNTAX: FailureReply = new FailureReply('ERR syntax error')
export const NOT_AN_INTEGER: FailureReply = new FailureReply('ERR value is not an integer or out of range')
export const NOT_A_FLOAT: FailureReply = new FailureReply('ERR value is not a valid float')
export const NO_SUCH_KEY: FailureReply = new FailureReply('ERR no such key')
export const OUT_OF_RANGE: FailureReply = new FailureReply('ERR index out of range')
export const TOO_LONG: FailureReply = new FailureReply('ERR string exceeds maximum allowed size (proto-max-bulk-len)')

/** `ERR wrong number of arguments`; `name` as in the table, a subcommand as 'config get'. */
export function wrongArity(name: string): FailureReply {
  return new FailureReply(`ERR wrong number of arguments for '${name.replace(' ', '|')}' command`)
}

/** Text from a client inside an error line: CR and LF would break the protocol. Like C, it ends at the first NUL. */
export function quotable(text: string, limit: number): string {
  const nul = text.indexOf('\0')
  return (nul === -1 ? text : text.slice(0, nul)).slice(0, limit).replace(/[\r\n]/g, ' ')
}
