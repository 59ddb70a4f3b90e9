// CLIENT: the list of clients, what one may do to another, and what a client tells of itself.
import { FailureReply, MapReply, SetReply, VerbatimReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { OK, quotable, SYNTAX } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import { type Handler, NO_REPLY, type Outcome, type Session } from '../session.ts'

/** Throws when a name, or a library's, has characters that would break CLIENT LIST. */
export function checkName(name: string, what = 'Client names'): void {
  if (/[^!-~]/.test(name)) {
    throw new FailureReply(`ERR ${what} cannot contain spaces, newlines or special characters.`)
  }
}

function setname(session: Session, args: readonly string[]): Outcome {
  checkName(args[2]!)
  session.name = args[2]!
  return OK
}

function setinfo(session: Session, args: readonly string[]): Outcome {
  const option = args[2]!.toLowerCase()
  if (option !== 'lib-name' && option !== 'lib-ver') {
    throw new FailureReply(`ERR Unrecognized option '${quotable(args[2]!, 128)}'`)
  }
  checkName(args[3]!, option)
  if (option === 'lib-name') session.libraryName = args[3]!
  else session.libraryVersion = args[3]!
  return OK
}

const info: Handler = (session) => new VerbatimReply('txt', `${session.describe()}\n`)

type ClientType = 'normal' | 'pubsub' | 'master' | 'replica'

function typeOf(session: Session): ClientType {
  return session.isSubscriber ? 'pubsub' : 'normal'
}

function readType(text: string): ClientType {
  const type = text.toLowerCase()
  if (type === 'slave') return 'replica'
  if (type === 'normal' || type === 'pubsub' || type === 'master' || type === 'replica') return type
  throw new FailureReply(`ERR Unknown client type '${quotable(text, text.length)}'`)
}

function list(session: Session, args: readonly string[]): Outcome {
  let chosen = [...session.engine.sessions.values()]
  const option = args[2]?.toUpperCase()
  if (option === 'TYPE' && args.length === 4) {
    const type = readType(args[3]!)
    chosen = chosen.filter((other) => typeOf(other) === type)
  } else if (option === 'ID' && args.length > 3) {
    const ids = args.slice(3).map((text) => integerOf(text, new FailureReply('ERR Invalid client ID')))
    chosen = ids.flatMap((id) => session.engine.sessions.get(id) ?? [])
  } else if (args.length !== 2) throw SYNTAX
  return new VerbatimReply('txt', chosen.map((other) => `${other.describe()}\n`).join(''))
}

// ---- what one client does to others ----

function kill(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  if (args.length === 3) {
    const target = [...engine.sessions.values()].find((other) => other.connection?.carrier.address === args[2])
    if (target === undefined) throw new FailureReply('ERR No such client')
    disconnect(session, target)
    return OK
  }
  const { isSkippingSelf, tests } = readKillFilters(session, args)
  let killed = 0
  for (const other of [...engine.sessions.values()]) {
    if ((other === session && isSkippingSelf) || ![...tests.values()].every((test) => test(other))) continue
    disconnect(session, other)
    killed++
  }
  return killed
}

interface KillFilters {
  readonly isSkippingSelf: boolean
  /** By the word that asks for them: of several with the same word the last counts. */
  readonly tests: ReadonlyMap<string, (session: Session) => boolean>
}

function readKillFilters({ engine }: Session, args: readonly string[]): KillFilters {
  const tests = new Map<string, (session: Session) => boolean>()
  let isSkippingSelf = true
  for (let i = 2; i < args.length; i += 2) {
    const value = args[i + 1]
    if (value === undefined) throw SYNTAX
    const word = args[i]!.toUpperCase()
    switch (word) {
      case 'ID': {
        const bad = new FailureReply('ERR client-id should be greater than 0')
        const id = integerOf(value, bad)
        if (id < 1) throw bad
        tests.set(word, (other) => other.id === id)
        break
      }
      case 'TYPE': {
        const type = readType(value)
        tests.set(word, (other) => typeOf(other) === type)
        break
      }
      case 'ADDR':
        tests.set(word, (other) => other.connection?.carrier.address === value)
        break
      case 'LADDR':
        tests.set(word, (other) => other.connection?.carrier.localAddress === value)
        break
      case 'USER': {
        const user = engine.acl.users.get(value)
        if (user === undefined) throw new FailureReply(`ERR No such user '${quotable(value, value.length)}'`)
        tests.set(word, (other) => other.user === user)
        break
      }
      case 'SKIPME':
        if (!/^(yes|no)$/i.test(value)) throw SYNTAX
        isSkippingSelf = value.toLowerCase() === 'yes'
        break
      default:
        throw SYNTAX
    }
  }
  return { isSkippingSelf, tests }
}

/** Closes a client: itself after its reply, another at once. */
export function disconnect(self: Session, other: Session): void {
  if (other === self) other.connection?.end()
  else other.abort()
}

function unblock(session: Session, args: readonly string[]): Outcome {
  const id = integerOf(args[2])
  const how = args[3]?.toUpperCase() ?? 'TIMEOUT'
  if (args.length > 4 || (how !== 'TIMEOUT' && how !== 'ERROR')) {
    throw new FailureReply('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  }
  const waiter = session.engine.sessions.get(id)?.waiter
  if (waiter === undefined || waiter === null || waiter.mustFinish) return 0
  const unblocked = new FailureReply('UNBLOCKED client unblocked via CLIENT UNBLOCK')
  session.engine.blocking.finish(waiter, how === 'ERROR' ? unblocked : waiter.timedOut)
  return 1
}

function pause({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 4) throw wrongSubcommand(args)
  const mode = (args[3] ?? 'all').toLowerCase()
  if (mode !== 'all' && mode !== 'write') {
    throw new FailureReply('ERR CLIENT PAUSE mode must be WRITE or ALL')
  }
  const ms = integerOf(args[2], new FailureReply('ERR timeout is not an integer or out of range'))
  if (ms < 0) throw new FailureReply('ERR timeout is negative')
  engine.pause.begin(ms, mode === 'all')
  return OK
}

function unpause({ engine }: Session): Outcome {
  engine.pause.end()
  return OK
}

// ---- what a client wants for itself ----

function reply(session: Session, args: readonly string[]): Outcome {
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

function noEvict(session: Session, args: readonly string[]): Outcome {
  const mode = args[2]!.toLowerCase()
  if (mode !== 'on' && mode !== 'off') throw SYNTAX
  session.isNoEvict = mode === 'on'
  session.engine.clientMemory.note(session)
  return OK
}

function tracking(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  const mode = args[2]!.toLowerCase()
  const prefixes: string[] = []
  let redirect = 0
  let [isBroadcast, isOptIn, isOptOut, isNoLoop] = [false, false, false, false]
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toLowerCase()
    const hasMore = i + 1 < args.length
    if (word === 'redirect' && hasMore) {
      if (redirect !== 0) throw new FailureReply('ERR A client can only redirect to a single other client')
      redirect = integerOf(args[++i])
      if (!engine.sessions.has(redirect)) {
        throw new FailureReply('ERR The client ID you want redirect to does not exist')
      }
    } else if (word === 'bcast') isBroadcast = true
    else if (word === 'optin') isOptIn = true
    else if (word === 'optout') isOptOut = true
    else if (word === 'noloop') isNoLoop = true
    else if (word === 'prefix' && hasMore) prefixes.push(args[++i]!)
    else throw SYNTAX
  }
  if (mode === 'off') engine.tracking.disable(session)
  else if (mode !== 'on') throw SYNTAX
  else {
    const problem = trackingProblem(session, prefixes, isBroadcast, isOptIn, isOptOut)
    if (problem !== null) throw new FailureReply(`ERR ${problem}`)
    engine.tracking.enable(session, { redirect, isBroadcast, isOptIn, isOptOut, isNoLoop }, prefixes)
  }
  return OK
}

/** Why these options do not go together, or not with the tracking that is on. */
function trackingProblem(
  { tracking: current }: Session,
  prefixes: readonly string[],
  isBroadcast: boolean,
  isOptIn: boolean,
  isOptOut: boolean,
): string | null {
  const switching = 'before disabling tracking for this client, and then re-enabling it with a different mode.'
  if (!isBroadcast && prefixes.length !== 0) return 'PREFIX option requires BCAST mode to be enabled'
  if (current !== null && current.isBroadcast !== isBroadcast) return `You can't switch BCAST mode on/off ${switching}`
  if (isBroadcast && (isOptIn || isOptOut)) return 'OPTIN and OPTOUT are not compatible with BCAST'
  if (isOptIn && isOptOut) return "You can't specify both OPTIN mode and OPTOUT mode"
  if ((isOptIn && current?.isOptOut) || (isOptOut && current?.isOptIn)) {
    return `You can't switch OPTIN/OPTOUT mode ${switching}`
  }
  const overlaps = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)
  const rule = 'Prefixes for a single client must not overlap.'
  for (const [i, prefix] of prefixes.entries()) {
    for (const other of current?.prefixes ?? []) {
      if (overlaps(prefix, other)) return `Prefix '${prefix}' overlaps with an existing prefix '${other}'. ${rule}`
    }
    for (const other of prefixes.slice(i + 1)) {
      if (overlaps(prefix, other)) return `Prefix '${prefix}' overlaps with another provided prefix '${other}'. ${rule}`
    }
  }
  return null
}

function caching(session: Session, args: readonly string[]): Outcome {
  const { tracking: state } = session
  if (state === null) {
    throw new FailureReply(
      'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
    )
  }
  const mode = args[2]!.toLowerCase()
  if (mode === 'yes') {
    if (!state.isOptIn)
      throw new FailureReply('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.')
  } else if (mode !== 'no') throw SYNTAX
  else if (!state.isOptOut) {
    throw new FailureReply('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.')
  }
  session.caching = mode === 'yes'
  return OK
}

function trackinginfo(session: Session): Outcome {
  const { tracking: state } = session
  const flags: string[] = [state === null ? 'off' : 'on']
  if (state?.isBroadcast) flags.push('bcast')
  if (state?.isOptIn) flags.push('optin')
  if (state?.isOptIn && session.caching === true) flags.push('caching-yes')
  if (state?.isOptOut) flags.push('optout')
  if (state?.isOptOut && session.caching === false) flags.push('caching-no')
  if (state?.isNoLoop) flags.push('noloop')
  if (state?.isRedirectBroken) flags.push('broken_redirect')
  return new MapReply([
    'flags',
    new SetReply(flags),
    'redirect',
    state === null ? -1 : state.redirect,
    'prefixes',
    [...(state?.prefixes ?? [])].sort(),
  ])
}

const HELP: readonly string[] = [
  'CACHING (YES|NO)',
  '    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are:',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made from the specified address',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made to specified local address',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Kill connections by type.',
  '    * USER <username>',
  '      Kill connections authenticated by <username>.',
  '    * SKIPME (YES|NO)',
  '      Skip killing current connection (default: yes).',
  'LIST [options ...]',
  '    Return information about client connections. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Return clients of specified type.',
  'UNPAUSE',
  '    Stop the current client pause, resuming traffic.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Suspend all, or just write, clients for <timeout> milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    Unblock the specified blocked client.',
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Control server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
  'NO-EVICT (ON|OFF)',
  '    Protect current client connection from eviction.',
]

export const client: Readonly<Record<string, Handler>> = {
  'client caching': caching,
  'client getname': (session) => session.name || null,
  'client getredir': (session) => (session.tracking === null ? -1 : session.tracking.redirect),
  'client help': helping(HELP),
  'client id': (session) => session.id,
  'client info': info,
  'client kill': kill,
  'client list': list,
  'client no-evict': noEvict,
  'client pause': pause,
  'client reply': reply,
  'client setinfo': setinfo,
  'client setname': setname,
  'client tracking': tracking,
  'client trackinginfo': trackinginfo,
  'client unblock': unblock,
  'client unpause': unpause,
}
