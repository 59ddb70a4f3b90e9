// ACL: users and their rights.
import { randomBytes } from 'node:crypto'
import { DoubleReply, FailureReply, MapReply, type Reply, SetReply } from '@ochre/protocol'
import type { AclLogEntry } from '../acl/acl.ts'
import { joinSelectors, loadAclFile, saveAclFile } from '../acl/acl-file.ts'
import { CATEGORIES, type Selector } from '../acl/selector.ts'
import type { User } from '../acl/user.ts'
import { fitsArity, integerOf } from '../arguments.ts'
import { OK, quotable } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { formatDouble } from '../structures/numbers.ts'
import { disconnect } from './client.ts'

const DEFAULT_STAYS = new FailureReply("ERR The 'default' user cannot be removed")
const NO_FILE = new FailureReply(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
)

// ---- users ----

function setuser(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  const name = args[2]!
  if (/[\s\0]/.test(name)) throw new FailureReply("ERR Usernames can't contain spaces or null characters")
  const rules = joinSelectors(args.slice(3))
  if (rules instanceof FailureReply) throw rules
  const known = engine.acl.users.get(name)
  const hasChannels = engine.settings['acl-pubsub-default'] === 'allchannels'
  const changed = known?.clone() ?? engine.acl.newUser(name, hasChannels)
  for (const rule of rules) {
    const problem = changed.apply(rule)
    if (problem !== null) {
      throw new FailureReply(`ERR Error in ACL SETUSER modifier '${quotable(rule, rule.length)}': ${problem}`)
    }
    if (rule.toLowerCase() === 'reset' && hasChannels) changed.apply('allchannels')
  }
  if (known === undefined) engine.acl.users.set(name, changed)
  else {
    known.become(changed)
    disconnectSubscribers(session, known)
  }
  return OK
}

/** Who is subscribed to a channel that the user may no longer hear is disconnected. */
function disconnectSubscribers(self: Session, user: User): void {
  for (const other of [...self.engine.sessions.values()]) {
    if (other.user !== user || !other.isSubscriber) continue
    const channels = [...other.channels, ...other.shardChannels]
    const mayHear =
      channels.every((channel) => user.allowsChannel(channel, false)) &&
      [...other.patterns].every((pattern) => user.allowsChannel(pattern, true))
    if (!mayHear) disconnect(self, other)
  }
}

function deluser(session: Session, args: readonly string[]): Outcome {
  const { acl, sessions } = session.engine
  let deleted = 0
  for (const name of args.slice(2)) {
    if (name === 'default') return DEFAULT_STAYS
    const user = acl.users.get(name)
    if (user === undefined) continue
    acl.users.delete(name)
    deleted++
    for (const other of [...sessions.values()]) if (other.user === user) disconnect(session, other)
  }
  return deleted
}

function getuser({ engine }: Session, args: readonly string[]): Outcome {
  const user = engine.acl.users.get(args[2]!)
  if (user === undefined) return null
  const described = (selector: Selector): Reply[] => [
    'commands',
    selector.commandRules,
    'keys',
    selector.keyRules,
    'channels',
    selector.channelRules,
  ]
  return new MapReply([
    'flags',
    new SetReply(user.flags),
    'passwords',
    [...user.passwordHashes],
    ...described(user.root),
    'selectors',
    user.selectors.slice(1).map((selector) => new MapReply(described(selector))),
  ])
}

function cat({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw wrongSubcommand(args)
  const wanted = args[2]
  if (wanted === undefined) return [...CATEGORIES]
  const category = wanted.toLowerCase()
  if (!CATEGORIES.includes(category)) throw new FailureReply(`ERR Unknown category '${quotable(wanted, 128)}'`)
  return engine.commands.all
    .filter(({ spec }) => spec.categories.includes(category))
    .map(({ spec }) => spec.name.replace(' ', '|'))
}

function dryrun({ engine }: Session, args: readonly string[]): Outcome {
  const user = engine.acl.users.get(args[2]!)
  if (user === undefined) throw new FailureReply(`ERR User '${quotable(args[2]!, 128)}' not found`)
  const words = args.slice(3)
  const command = engine.commands.find(words)
  if (command === undefined) {
    throw new FailureReply(`ERR Command '${quotable(words[0]!, 128)}' not found`)
  }
  if (!fitsArity(command.arity, words.length)) {
    throw new FailureReply(`ERR wrong number of arguments for '${command.spec.name.replace(' ', '|')}' command`)
  }
  const denial = user.check(command, words)
  if (denial === null) return OK
  return denial.reason === 'command'
    ? `This user has no permissions to run the '${command.spec.name.replace(' ', '|')}' command`
    : `This user has no permissions to access the '${words[denial.at]}' ${denial.reason}`
}

function genpass(_session: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw wrongSubcommand(args)
  const bits = args[2] === undefined ? 256 : integerOf(args[2])
  if (bits <= 0 || bits > 4096) {
    throw new FailureReply(
      'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
    )
  }
  const digits = Math.ceil(bits / 4)
  return randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits)
}

// ---- the log ----

function log(session: Session, args: readonly string[]): Outcome {
  const { acl, now } = session.engine
  if (args.length > 3) throw wrongSubcommand(args)
  if (args[2]?.toLowerCase() === 'reset') {
    acl.log = []
    return OK
  }
  const count = args[2] === undefined ? 10 : Math.max(0, integerOf(args[2]))
  return acl.log.slice(0, count).map((entry) => describeEntry(entry, now))
}

function describeEntry(entry: AclLogEntry, now: number): Reply {
  return new MapReply([
    'count',
    entry.count,
    'reason',
    entry.reason,
    'context',
    entry.context,
    'object',
    entry.object,
    'username',
    entry.user,
    'age-seconds',
    new DoubleReply(formatDouble((now - entry.at) / 1000)),
    'client-info',
    entry.client,
  ])
}

// ---- the file ----

function save({ engine }: Session): Outcome {
  if (engine.settings.aclfile === '') throw NO_FILE
  const code = saveAclFile(engine)
  if (code === null) return OK
  throw new FailureReply(`ERR There was an error trying to save the ACLs. The operating system says ${code}.`)
}

function load(session: Session): Outcome {
  const { engine } = session
  if (engine.settings.aclfile === '') throw NO_FILE
  const problem = loadAclFile(engine)
  if (problem !== null)
    throw new FailureReply(
      `ERR ${problem} WARNING: ACL errors detected, no change to the previously active ACL rules was performed`,
    )
  for (const other of [...engine.sessions.values()]) {
    if (engine.acl.users.get(other.user.name) !== other.user) disconnect(session, other)
  }
  return OK
}

const HELP: readonly string[] = [
  'CAT [<category>]',
  '    List all commands that belong to <category>, or all command categories',
  '    when no category is specified.',
  'DELUSER <username> [<username> ...]',
  '    Delete a list of users.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Returns whether the user can execute the given command without executing the command.',
  'GETUSER <username>',
  "    Get the user's details.",
  'GENPASS [<bits>]',
  '    Generate a secure 256-bit user password. The optional `bits` argument can',
  '    be used to specify a different size.',
  'LIST',
  '    Show users details in config file format.',
  'LOAD',
  '    Reload users from the ACL file.',
  'LOG [<count> | RESET]',
  '    Show the ACL log entries.',
  'SAVE',
  '    Save the current config to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Create or modify a user with the specified attributes.',
  'USERS',
  '    List all the registered usernames.',
  'WHOAMI',
  '    Return the current connection username.',
]

export const acl: Readonly<Record<string, Handler>> = {
  'acl cat': cat,
  'acl deluser': deluser,
  'acl dryrun': dryrun,
  'acl genpass': genpass,
  'acl getuser': getuser,
  'acl help': helping(HELP),
  'acl list': ({ engine }) => engine.acl.sorted().map((user) => user.describe()),
  'acl load': load,
  'acl log': log,
  'acl save': save,
  'acl setuser': setuser,
  'acl users': ({ engine }) => engine.acl.sorted().map(({ name }) => name),
  'acl whoami': (session) => session.user.name,
}
