// The connection itself: greeting, names, and the list of clients.
import { FailureReply, MapReply, StatusReply, VerbatimReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { OK, quotable, SYNTAX } from '../failures.ts'
import { type Handler, NO_REPLY, type Outcome, type Session } from '../session.ts'

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
  let name: string | undefined
  for (let i = 2; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'AUTH' && i + 2 < args.length) {
      authenticate(args[i + 1]!)
      i += 2
    } else if (word === 'SETNAME' && i + 1 < args.length) {
      name = args[++i]!
      checkName(name)
    } else throw new FailureReply(`ERR Syntax error in HELLO option '${quotable(args[i]!, args[i]!.length)}'`)
  }
  if (name !== undefined) session.name = name
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

const BAD_VERSION = new FailureReply('ERR Protocol version is not an integer or out of range')

/** There is one user, `default`, who needs no password and so is let in with any. */
function authenticate(user: string): void {
  if (user !== 'default') throw new FailureReply('WRONGPASS invalid username-password pair or user is disabled.')
}

function auth(_session: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw SYNTAX
  if (args.length === 2) {
    throw new FailureReply(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    )
  }
  authenticate(args[1]!)
  return OK
}

function checkName(name: string): void {
  if (/[^!-~]/.test(name)) {
    throw new FailureReply('ERR Client names cannot contain spaces, newlines or special characters.')
  }
}

function clientSetname(session: Session, args: readonly string[]): Outcome {
  checkName(args[2]!)
  session.name = args[2]!
  return OK
}

/** One line of CLIENT LIST, without the line break. */
export function describeClient(session: Session): string {
  const { engine, connection } = session
  const seconds = (since: number): number => Math.floor((engine.now - since) / 1000)
  const flags =
    (session.isSubscriber ? 'P' : '') +
    (session.queue === null ? '' : 'x') +
    (session.waiter === null ? '' : 'b') +
    (session.isWatchBroken ? 'd' : '')
  const unsent = session.output.length + (connection?.carrier.unsentBytes() ?? 0)
  return [
    `id=${session.id}`,
    `addr=${connection?.carrier.address ?? ''}`,
    `laddr=${connection?.carrier.localAddress ?? ''}`,
    'fd=-1',
    `name=${session.name}`,
    `age=${seconds(session.createdAt)}`,
    `idle=${seconds(session.lastUsedAt)}`,
    `flags=${flags || 'N'}`,
    `db=${session.db.index}`,
    `sub=${session.channels.size}`,
    `psub=${session.patterns.size}`,
    `ssub=${session.shardChannels.size}`,
    `multi=${session.queue === null ? -1 : session.queue.length}`,
    `qbuf=${connection?.pendingBytes ?? 0}`,
    'qbuf-free=0',
    'argv-mem=0',
    'multi-mem=0',
    'rbs=0',
    'rbp=0',
    `obl=${session.output.length}`,
    'oll=0',
    `omem=${unsent}`,
    `tot-mem=${unsent}`,
    'events=r',
    `cmd=${session.lastCommand.replace(' ', '|')}`,
    `user=${session.user}`,
    'redir=-1',
    `resp=${session.resp}`,
  ].join(' ')
}

const clientInfo: Handler = (session) => new VerbatimReply('txt', `${describeClient(session)}\n`)

function clientList(session: Session, args: readonly string[]): Outcome {
  let chosen = [...session.engine.sessions.values()]
  const option = args[2]?.toUpperCase()
  if (option === 'TYPE' && args.length === 4) {
    const type = args[3]!.toLowerCase()
    if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) {
      throw new FailureReply(`ERR Unknown client type '${quotable(args[3]!, args[3]!.length)}'`)
    }
    chosen = chosen.filter((other) => type === (other.isSubscriber ? 'pubsub' : 'normal'))
  } else if (option === 'ID' && args.length > 3) {
    const ids = args.slice(3).map((text) => integerOf(text, new FailureReply('ERR Invalid client ID')))
    chosen = ids.flatMap((id) => session.engine.sessions.get(id) ?? [])
  } else if (args.length !== 2) throw SYNTAX
  return new VerbatimReply('txt', chosen.map((other) => `${describeClient(other)}\n`).join(''))
}

function clientReply(session: Session, args: readonly string[]): Outcome {
  const mode = args[2]!.toLowerCase()
  if (mode === 'on') {
    session.replyMode = 'on'
    return OK
  }
  if (mode === 'off') session.replyMode = 'off'
  else if (mode !== 'skip') throw SYNTAX
  else if (session.replyMode !== 'off') session.replyMode = 'skip'
  return NO_REPLY
}

function clientUnblock(session: Session, args: readonly string[]): Outcome {
  const id = integerOf(args[2])
  const how = args[3]?.toUpperCase() ?? 'TIMEOUT'
  if (args.length > 4 || (how !== 'TIMEOUT' && how !== 'ERROR')) {
    throw new FailureReply('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  }
  const waiter = session.engine.sessions.get(id)?.waiter
  if (waiter === undefined || waiter === null) return 0
  const unblocked = new FailureReply('UNBLOCKED client unblocked via CLIENT UNBLOCK')
  session.engine.blocking.finish(waiter, how === 'ERROR' ? unblocked : waiter.timedOut)
  return 1
}

export const connection: Readonly<Record<string, Handler>> = {
  auth,
  'client getname': (session) => session.name || null,
  'client id': (session) => session.id,
  'client info': clientInfo,
  'client list': clientList,
  'client reply': clientReply,
  'client setname': clientSetname,
  'client unblock': clientUnblock,
  echo,
  hello,
  ping,
  quit,
  reset,
}
