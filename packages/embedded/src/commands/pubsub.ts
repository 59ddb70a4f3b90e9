// Publish and subscribe. A subscription is confirmed by pushes, not by a reply.
import { compileGlob, FailureReply, matchGlob, PushReply } from '@ochre/protocol'
import { ITEM_BYTES } from '../client-memory.ts'
import { helping, wrongSubcommand } from '../help.ts'
import { drop, listen, type Pubsub } from '../pubsub.ts'
import { type Handler, type Outcome, Replies, type Session } from '../session.ts'

/** One of the three kinds of subscription: where it is kept, and the words of its confirmations. */
interface Kind {
  readonly of: (session: Session) => Set<string>
  readonly listeners: (pubsub: Pubsub) => Map<string, Set<Session>>
  /** What the confirmation counts: channels and patterns together, shard channels alone. */
  readonly count: (session: Session) => number
  readonly prefix: string
}

const CHANNELS: Kind = {
  of: (session) => session.channels,
  listeners: (pubsub) => pubsub.channels,
  count: (session) => session.channels.size + session.patterns.size,
  prefix: '',
}
const PATTERNS: Kind = {
  ...CHANNELS,
  of: (session) => session.patterns,
  listeners: (pubsub) => pubsub.patterns,
  prefix: 'p',
}
const SHARD_CHANNELS: Kind = {
  of: (session) => session.shardChannels,
  listeners: (pubsub) => pubsub.shardChannels,
  count: (session) => session.shardChannels.size,
  prefix: 's',
}

function subscribing(kind: Kind): Handler {
  return (session, args) => {
    const word = `${kind.prefix}subscribe`
    // In a transaction only channels and patterns are.
    if (session.connection === null || (session.isDenyBlocking && kind === SHARD_CHANNELS)) {
      throw new FailureReply(`ERR ${word.toUpperCase()} isn't allowed for a DENY BLOCKING client`)
    }
    const own = kind.of(session)
    const confirmations = args.slice(1).map((name) => {
      if (!own.has(name)) session.nameBytes += name.length + ITEM_BYTES
      own.add(name)
      listen(kind.listeners(session.engine.pubsub), name, session)
      return new PushReply([word, name, kind.count(session)])
    })
    return new Replies(confirmations)
  }
}

/** Without names it ends all subscriptions of the kind; when there are none it says so once. */
function unsubscribing(kind: Kind): Handler {
  return (session, args) => {
    const own = kind.of(session)
    const names = args.length > 1 ? args.slice(1) : [...own]
    const word = `${kind.prefix}unsubscribe`
    if (names.length === 0) return new Replies([new PushReply([word, null, kind.count(session)])])
    const confirmations = names.map((name) => {
      if (own.delete(name)) session.nameBytes -= name.length + ITEM_BYTES
      drop(kind.listeners(session.engine.pubsub), name, session)
      return new PushReply([word, name, kind.count(session)])
    })
    return new Replies(confirmations)
  }
}

function publish(session: Session, args: readonly string[]): Outcome {
  return session.engine.pubsub.publish(args[1]!, args[2]!)
}

function spublish(session: Session, args: readonly string[]): Outcome {
  return session.engine.pubsub.publishShard(args[1]!, args[2]!)
}

function active(kind: Kind): Handler {
  return (session, args) => {
    if (args.length > 3) throw wrongSubcommand(args)
    const names = [...kind.listeners(session.engine.pubsub).keys()]
    if (args[2] === undefined) return names
    const glob = compileGlob(args[2])
    return names.filter((name) => matchGlob(glob, name))
  }
}

function counted(kind: Kind): Handler {
  return (session, args) => {
    const listeners = kind.listeners(session.engine.pubsub)
    return args.slice(2).flatMap((name) => [name, listeners.get(name)?.size ?? 0])
  }
}

function numpat(session: Session): Outcome {
  return session.engine.pubsub.patterns.size
}

const HELP: readonly string[] = [
  'CHANNELS [<pattern>]',
  "    Return the currently active channels matching a <pattern> (default: '*').",
  'NUMPAT',
  '    Return number of subscriptions to patterns.',
  'NUMSUB [<channel> ...]',
  '    Return the number of subscribers for the specified channels, excluding',
  '    pattern subscriptions(default: no channels).',
  'SHARDCHANNELS [<pattern>]',
  "    Return the currently active shard level channels matching a <pattern> (default: '*').",
  'SHARDNUMSUB [<shardchannel> ...]',
  '    Return the number of subscribers for the specified shard level channel(s)',
]

export const pubsub: Readonly<Record<string, Handler>> = {
  psubscribe: subscribing(PATTERNS),
  publish,
  'pubsub channels': active(CHANNELS),
  'pubsub help': helping(HELP),
  'pubsub numpat': numpat,
  'pubsub numsub': counted(CHANNELS),
  'pubsub shardchannels': active(SHARD_CHANNELS),
  'pubsub shardnumsub': counted(SHARD_CHANNELS),
  punsubscribe: unsubscribing(PATTERNS),
  spublish,
  ssubscribe: subscribing(SHARD_CHANNELS),
  subscribe: subscribing(CHANNELS),
  sunsubscribe: unsubscribing(SHARD_CHANNELS),
  unsubscribe: unsubscribing(CHANNELS),
}
