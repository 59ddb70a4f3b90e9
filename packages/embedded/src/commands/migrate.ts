// MIGRATE: keys go to another server. There they are restored, here deleted when the other server has confirmed it.
import { FailureReply, type Reply, StatusReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import type { Database } from '../database.ts'
import { OK, quotable, SYNTAX } from '../failures.ts'
import type { Exchange } from '../migration.ts'
import { Notify } from '../notify.ts'
import { payloadOf } from '../rdb-entry.ts'
import type { Handler, Outcome, Session } from '../session.ts'

const NO_KEY = new StatusReply('NOKEY')
const NOT_ALONE = new FailureReply(
  'ERR When using MIGRATE KEYS option, the key argument must be set to the empty string',
)
const MUST_WAIT = new FailureReply('ERR MIGRATE has to wait for another server, which transactions and scripts cannot')
const DEFAULT_TIMEOUT_MS = 1000

interface Options {
  readonly keys: readonly string[]
  readonly isCopy: boolean
  readonly isReplacing: boolean
  /** The arguments of AUTH; null when there is none. */
  readonly credentials: readonly string[] | null
}

function optionsOf(args: readonly string[]): Options {
  let [isCopy, isReplacing] = [false, false]
  let credentials: readonly string[] | null = null
  for (let i = 6; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'COPY') isCopy = true
    else if (word === 'REPLACE') isReplacing = true
    else if (word === 'AUTH' || word === 'AUTH2') {
      const count = word === 'AUTH' ? 1 : 2
      if (i + count >= args.length) throw SYNTAX
      credentials = args.slice(i + 1, i + 1 + count)
      i += count
    } else if (word === 'KEYS') {
      if (args[3] !== '') throw NOT_ALONE
      return { keys: args.slice(i + 1), isCopy, isReplacing, credentials }
    } else throw SYNTAX
  }
  return { keys: [args[3]!], isCopy, isReplacing, credentials }
}

/** MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password|AUTH2 user password] [KEYS key ...] */
function migrateKeys(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const { keys, isCopy, isReplacing, credentials } = optionsOf(args)
  const timeoutMs = integerOf(args[5])
  const target = integerOf(args[4])
  const found = keys.flatMap((key) => {
    const entry = db.findForRead(key)
    return entry === undefined ? [] : [{ key, entry }]
  })
  if (found.length === 0) return NO_KEY
  if (session.isDenyBlocking || session.connection === null) throw MUST_WAIT

  const commands: string[][] = []
  if (credentials !== null) commands.push(['AUTH', ...credentials])
  commands.push(['SELECT', String(target)])
  const first = commands.length
  for (const { key, entry } of found) {
    const ttl = entry.expireAt === 0 ? 0 : Math.max(1, entry.expireAt - engine.now)
    commands.push(['RESTORE', key, String(ttl), payloadOf(entry), ...(isReplacing ? ['REPLACE'] : [])])
  }
  const bytes = bytesOf(commands)
  const outcome = session.block({ keys: [], timeoutMs: 0, mustFinish: true, serve: () => undefined, timedOut: null })
  const waiter = session.waiter!
  const to = {
    host: args[1]!,
    port: Number.parseInt(args[2]!, 10) & 0xffff,
    timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
  }
  engine.migrations.exchange(to, bytes, commands.length, (exchange) => {
    const { restored, reply } = resultOf(
      exchange,
      first,
      found.map(({ key }) => key),
    )
    if (!isCopy && restored.length !== 0) engine.unit(session, () => remove(db, restored))
    // Who asked may be gone.
    if (session.waiter === waiter) engine.blocking.finish(waiter, reply)
  })
  return outcome
}

/** Which keys the target has now, and what is answered: its first error, or else that it did not say. */
function resultOf(
  { lines, failedWhile }: Exchange,
  first: number,
  keys: readonly string[],
): { restored: string[]; reply: Reply } {
  if (failedWhile === 'connecting')
    return { restored: [], reply: new FailureReply('IOERR error or timeout connecting to the client') }
  const greeting = lines.slice(0, first).find((line) => line.startsWith('-'))
  const errors = lines.slice(first).map((line) => greeting ?? (line.startsWith('-') ? line : undefined))
  const restored = keys.filter((_, i) => i < errors.length && errors[i] === undefined)
  const error = errors.find((line) => line !== undefined)
  if (error !== undefined)
    return {
      restored,
      reply: new FailureReply(`ERR Target instance replied with error: ${quotable(error.slice(1), error.length)}`),
    }
  if (failedWhile !== null)
    return { restored, reply: new FailureReply(`IOERR error or timeout ${failedWhile} to target instance`) }
  return { restored, reply: OK }
}

function remove(db: Database, keys: readonly string[]): void {
  for (const key of keys) {
    if (db.peek(key) === undefined) continue
    db.delete(key)
    db.changed(key, Notify.GENERIC, 'del')
  }
  db.engine.recordEffect(db.index, ['DEL', ...keys])
}

function bytesOf(commands: readonly (readonly string[])[]): Buffer {
  const requests = commands.map(
    (words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
  )
  return Buffer.concat(requests.map((request) => Buffer.from(request, 'latin1')))
}

export const migrate: Readonly<Record<string, Handler>> = { migrate: migrateKeys }
