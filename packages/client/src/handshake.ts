// From an open link to a connection that can be used: protocol, identity, name, database; and commands by their words.
//
// Everything goes out in one flush and costs one round trip. A server that does not know HELLO (before 6.0) or not RESP3
// gets the older spelling in a second one.
import {
  type Arg,
  CommandFlag,
  type CommandSpec,
  ConnectionError,
  type DecodeLimits,
  DecodeMode,
  lookupCommand,
  OchreError,
  ReplyError,
  type Transport,
  UsageError,
} from '@ochre/protocol'
import type { Clock } from './clock.ts'
import { type CallSettings, Command } from './command.ts'
import { Connection, type ConnectionOwner } from './connection.ts'

/** Sent with CLIENT SETINFO; the version of package.json (a test compares them). */
export const LIBRARY_VERSION = '0.1.0'

/** Who the client is for the server. */
export interface Credentials {
  /** The ACL user; `default` when omitted. */
  readonly username?: string | undefined
  readonly password: string
  /** Milliseconds since 1970: a fresh answer is asked for and sent before then. */
  readonly expiresAt?: number | undefined
}

/** What the server says about itself. Empty strings where it is too old to say. */
export interface Greeting {
  readonly server: string
  readonly version: string
  readonly protocol: 2 | 3
  readonly mode: string
  readonly role: string
  /** CLIENT ID, or 0. */
  readonly id: number
}

export interface HandshakeSettings {
  readonly protocol: 2 | 3
  readonly name: string | undefined
  readonly db: number
}

/** Commands of our own: no deadline (whoever sends them has one) and so no repetition. */
const INTERNAL: CallSettings = {
  mode: DecodeMode.TEXT,
  timeoutMs: 0,
  ownTimeout: false,
  onResend: undefined,
  signal: undefined,
  idempotent: false,
}

/** A request by its words, as in `call('OBJECT', 'ENCODING', key)`; the table need not know it. */
export function requestOf(words: readonly Arg[]): { spec: CommandSpec; args: Arg[] } {
  const first = wordText(words[0])
  const second = words.length > 1 && typeof words[1] === 'string' ? words[1] : undefined
  const spec = lookupCommand(first, second) ?? lookupCommand(first) ?? unknownCommand(first)
  return { spec, args: words.slice(spec.words) }
}

export function commandOf(words: readonly Arg[], settings: CallSettings): Command {
  const { spec, args } = requestOf(words)
  return new Command(spec, args, undefined, settings)
}

/** Sends a command of our own on this very connection. */
export function ask(connection: Connection, ...words: Arg[]): Promise<unknown> {
  const command = boundCommand(words)
  connection.send(command)
  return command.promise
}

/** A command of our own that makes sense on one connection only. */
export function boundCommand(words: readonly Arg[], timeoutMs = 0): Command {
  const command = commandOf(words, { ...INTERNAL, timeoutMs })
  command.bound = true
  return command
}

function wordText(word: Arg | undefined): string {
  if (typeof word === 'string' && word !== '') return word
  if (word instanceof Uint8Array && word.length > 0) return Buffer.from(word).toString('latin1')
  throw new UsageError('The first argument of call is the name of a command.')
}

function unknownCommand(name: string): CommandSpec {
  const word = name.toUpperCase()
  return {
    name: name.toLowerCase(),
    arity: -1,
    flags: CommandFlag.WRITE,
    categories: [],
    group: '',
    since: '',
    keySpecs: [],
    tips: [],
    arguments: [],
    syntax: '',
    words: 1,
    header: `$${Buffer.byteLength(word)}\r\n${word}\r\n`,
    firstKey: 0,
  }
}

/** What it takes to open a connection to one server. */
export interface Dialling {
  readonly transport: Transport
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly handshake: HandshakeSettings
  readonly limits: DecodeLimits
  credentials(): Promise<Credentials | undefined>
}

/**
 * Dials and shakes hands within `connectTimeoutMs`. Rejects with a ReplyError when the server refuses the client, with a
 * ConnectionError (CONNECTION_FAILED) otherwise; the connection is closed then. The owner gets `onLost` for it in any case.
 */
export async function openConnection(
  dialling: Dialling,
  owner: ConnectionOwner,
  seen?: (connection: Connection) => void,
): Promise<{ connection: Connection; greeting: Greeting }> {
  const { transport, clock, connectTimeoutMs } = dialling
  let connection: Connection | null = null
  try {
    const credentials = await within(dialling, dialling.credentials())
    const dialled = new Connection(transport, owner, clock, dialling.limits)
    connection = dialled
    seen?.(dialled)
    const cancel = clock.after(
      connectTimeoutMs,
      () => dialled.destroy(new Error(`not ready within ${connectTimeoutMs} ms`)),
      true,
    )
    try {
      await dialled.opened
      const greeting = await shakeHands(dialled, dialling.handshake, credentials)
      dialled.usable = true
      return { connection: dialled, greeting }
    } finally {
      cancel()
    }
  } catch (error) {
    connection?.destroy(error as Error)
    if (error instanceof ReplyError || error instanceof UsageError) throw error
    const cause = error instanceof ConnectionError && error.cause instanceof Error ? error.cause : (error as Error)
    const said = cause instanceof OchreError || cause.message !== '' ? cause.message : (cause as { code?: string }).code
    throw new ConnectionError('CONNECTION_FAILED', `No connection to ${transport.address}: ${said}.`, { cause })
  }
}

function within<T>({ clock, connectTimeoutMs }: Dialling, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no credentials within ${connectTimeoutMs} ms`))
    const cancel = clock.after(connectTimeoutMs, late, true)
    answer.then(resolve, reject).finally(cancel)
  })
}

/** Sends who we are; the answer of AUTH. */
export function authenticate(connection: Connection, credentials: Credentials): Promise<unknown> {
  const { username, password } = credentials
  return username === undefined ? ask(connection, 'AUTH', password) : ask(connection, 'AUTH', username, password)
}

async function shakeHands(
  connection: Connection,
  settings: HandshakeSettings,
  credentials: Credentials | undefined,
): Promise<Greeting> {
  const { protocol, name, db } = settings
  const words: Arg[] = ['HELLO', protocol]
  if (credentials !== undefined) words.push('AUTH', credentials.username ?? 'default', credentials.password)
  if (name !== undefined) words.push('SETNAME', name)
  const [hello, selected] = await Promise.allSettled([
    ask(connection, ...words),
    db === 0 ? null : ask(connection, 'SELECT', db),
    ...describeLibrary(connection),
  ])
  if (hello.status === 'fulfilled') {
    if (selected.status === 'rejected') throw selected.reason
    return greetingOf(hello.value)
  }
  const refusal = hello.reason as Error
  if (!(refusal instanceof ReplyError)) throw refusal
  const old = refusal.code === 'NOPROTO' || /^ERR unknown command/i.test(refusal.message)
  if (!old) throw refusal
  const steps: Promise<unknown>[] = []
  if (credentials !== undefined) steps.push(authenticate(connection, credentials))
  if (name !== undefined) steps.push(ask(connection, 'CLIENT', 'SETNAME', name))
  if (db !== 0) steps.push(ask(connection, 'SELECT', db))
  for (const step of await Promise.allSettled(steps)) if (step.status === 'rejected') throw step.reason
  await Promise.allSettled(describeLibrary(connection))
  return { server: '', version: '', protocol: 2, mode: '', role: '', id: 0 }
}

/** Servers before 7.2 refuse this, and nothing depends on it. */
function describeLibrary(connection: Connection): Promise<unknown>[] {
  return [
    ask(connection, 'CLIENT', 'SETINFO', 'LIB-NAME', 'ochre'),
    ask(connection, 'CLIENT', 'SETINFO', 'LIB-VER', LIBRARY_VERSION),
  ]
}

function greetingOf(reply: unknown): Greeting {
  const fields: Record<string, unknown> = Array.isArray(reply)
    ? Object.fromEntries(reply.flatMap((key, i) => (i % 2 === 0 ? [[String(key), reply[i + 1]]] : [])))
    : ((reply ?? {}) as Record<string, unknown>)
  const text = (key: string): string => (typeof fields[key] === 'string' ? fields[key] : '')
  return {
    server: text('server'),
    version: text('version'),
    protocol: fields.proto === 3 ? 3 : 2,
    mode: text('mode'),
    role: text('role'),
    id: typeof fields.id === 'number' ? fields.id : 0,
  }
}
