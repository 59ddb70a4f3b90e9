// The connection itself: greeting, logging in, leaving.
import { FailureReply, MapReply, StatusReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { OK, quotable, SYNTAX } from '../failures.ts'
import { type Handler, NO_REPLY, type Outcome, type Session } from '../session.ts'
import { checkName } from './client.ts'

/** The version of Redis whose behaviour the engine has; HELLO and INFO tell it. */
export const REDIS_VERSION = '7.0.15'

const PONG = new StatusReply('PONG')
const RESET = new StatusReply('RESET')

function ping(session: Session, args: readonly string[]): Outcome {
  if (args.length > 2) throw new FailureReply("ERR wrong number of arguments for 'ping' command")
  if (session.resp === 2 && session.isSubscriber) return ['pong', args[1] ?? '']
  return args[1] ?? PONG
}

const echo: Handler = (_session, args) => args[1]!

function quit(session: Session): Outcome {
  session.answer(OK)
  session.connection?.end()
  return NO_REPLY
}

function reset(session: Session): Outcome {
  session.reset()
  return RESET
}

function hello(session: Session, args: readonly string[]): Outcome {
  const version = args.length > 1 ? integerOf(args[1], BAD_VERSION) : session.resp
  if (version !== 2 && version !== 3) throw new FailureReply('NOPROTO unsupported protocol version')
  const { acl } = session.engine
  // What an option does stays done when one after it fails.
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'AUTH' && i + 2 < args.length) {
      const failure = acl.logIn(session, args[i + 1]!, args[i + 2]!, args[0]!)
      if (failure !== null) return failure
      i += 2
    } else if (word === 'SETNAME' && i + 1 < args.length) {
      const name = args[++i]!
      checkName(name)
      session.name = name
    } else throw new FailureReply(`ERR Syntax error in HELLO option '${quotable(args[i]!, args[i]!.length)}'`)
  }
  if (!session.isAuthenticated && acl.isLogInRequired) throw LOG_IN_FIRST
  session.resp = version
  return new MapReply([
    'server',
    'redis',
    'version',
    REDIS_VERSION,
    'proto',
    version,
    'id',
    session.id,
    'mode',
    'standalone',
    'role',
    'master',
    'modules',
    [],
  ])
}

const LOG_IN_FIRST = new FailureReply(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
)
const BAD_VERSION = new FailureReply('ERR Protocol version is not an integer or out of range')

function auth(session: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw SYNTAX
  const { acl } = session.engine
  if (args.length === 2 && acl.default.needsNoPassword) {
    throw new FailureReply(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    )
  }
  const failure =
    args.length === 2
      ? acl.logIn(session, 'default', args[1]!, args[0]!)
      : acl.logIn(session, args[1]!, args[2]!, args[0]!)
  return failure ?? OK
}

export const connection: Readonly<Record<string, Handler>> = {
  auth,
  echo,
  hello,
  ping,
  quit,
  reset,
}
