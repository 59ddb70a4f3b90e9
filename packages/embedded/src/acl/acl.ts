// The users of an engine, who may log in, and the log of what was denied.
import { FailureReply } from '@ochre/protocol'
import type { Command, CommandIndex } from '../commands/index.ts'
import type { Session } from '../session.ts'
import type { Denial } from './selector.ts'
import { User } from './user.ts'

const SAME_ENTRY_MS = 60_000

export interface AclLogEntry {
  count: number
  readonly reason: Denial['reason'] | 'auth'
  readonly context: 'toplevel' | 'multi' | 'lua'
  readonly object: string
  readonly user: string
  at: number
  client: string
}

export class Acl {
  readonly #index: CommandIndex
  readonly users: Map<string, User> = new Map()
  /** The newest first. */
  log: AclLogEntry[] = []

  constructor(index: CommandIndex) {
    this.#index = index
    this.users.set('default', this.#openUser())
  }

  /** The user that connections have before they log in. */
  get default(): User {
    return this.users.get('default')!
  }

  #openUser(): User {
    const user = new User('default', this.#index)
    for (const rule of ['on', 'nopass', '~*', '&*', '+@all']) user.apply(rule)
    return user
  }

  /** A user without any right, not yet among the users. */
  newUser(name: string, hasChannels: boolean): User {
    const user = new User(name, this.#index)
    user.apply('-@all')
    if (hasChannels) user.apply('allchannels')
    return user
  }

  /** `requirepass`: the only password of the default user; '' for none. */
  setDefaultPassword(password: string): void {
    this.default.apply('resetpass')
    this.default.apply(password === '' ? 'nopass' : `>${password}`)
  }

  /** Whether new connections have to log in before they may do anything else. */
  get isLogInRequired(): boolean {
    const user = this.default
    return !user.isOn || !user.needsNoPassword
  }

  /** Logs a session in, or returns the failure. */
  logIn(session: Session, name: string, password: string, word: string): FailureReply | null {
    const user = this.users.get(name)
    if (user?.accepts(password)) {
      session.user = user
      session.isAuthenticated = true
      return null
    }
    this.note(session, 'auth', word, name)
    return WRONG_PASSWORD
  }

  /** Why the session's user may not run the command, as the reply says it; null when it may. Denials are noted. */
  refusal(session: Session, command: Command, args: readonly string[]): FailureReply | null {
    const denial = this.denial(session, command, args)
    if (denial === null) return null
    if (denial.reason !== 'command') return DENIED[denial.reason]
    const name = command.spec.name.replace(' ', '|')
    return new FailureReply(`NOPERM this user has no permissions to run the '${name}' command`)
  }

  /** What the session's user lacks for the command; null when nothing. Denials are noted. */
  denial(session: Session, command: Command, args: readonly string[]): Denial | null {
    const denial = session.user.check(command, args)
    if (denial === null) return null
    const name = command.spec.name.replace(' ', '|')
    this.note(session, denial.reason, denial.reason === 'command' ? name : args[denial.at]!, session.user.name)
    return denial
  }

  note(session: Session, reason: AclLogEntry['reason'], object: string, user: string): void {
    const { engine } = session
    const isScript = session.connection === null
    const context = isScript ? 'lua' : session.queue !== null ? 'multi' : 'toplevel'
    const client = (isScript ? (engine.scripting.caller ?? session) : session).describe()
    const known = this.log.findIndex(
      (entry) =>
        entry.reason === reason &&
        entry.context === context &&
        entry.object === object &&
        entry.user === user &&
        engine.now - entry.at <= SAME_ENTRY_MS,
    )
    const before = known === -1 ? undefined : this.log.splice(known, 1)[0]
    this.log.unshift({ count: (before?.count ?? 0) + 1, reason, context, object, user, at: engine.now, client })
    const limit = engine.settings['acllog-max-len']
    if (this.log.length > limit) this.log.length = limit
  }

  /** Replaces all users by these, as an ACL file says; sessions of users that stay keep their user. */
  replaceAll(users: readonly User[]): void {
    const named = new Map(users.map((user) => [user.name, user]))
    if (!named.has('default')) named.set('default', this.#openUser())
    for (const name of this.users.keys()) if (!named.has(name)) this.users.delete(name)
    for (const [name, user] of named) {
      const known = this.users.get(name)
      if (known === undefined) this.users.set(name, user)
      else known.become(user)
    }
  }

  /** Users by name, in order of their bytes, as ACL LIST and USERS give them. */
  sorted(): User[] {
    return [...this.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

export const WRONG_PASSWORD: FailureReply = new FailureReply(
  'WRONGPASS invalid username-password pair or user is disabled.',
)
const DENIED = {
  key: new FailureReply('NOPERM this user has no permissions to access one of the keys used as arguments'),
  channel: new FailureReply('NOPERM this user has no permissions to access one of the channels used as arguments'),
} as const
