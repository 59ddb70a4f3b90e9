// Consumer groups: XGROUP, XACK and XPENDING. Taking over is in stream-claim.ts, facts in stream-info.ts.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { exactIntegerOf, integerOf } from '../arguments.ts'
import type { Entry, EntryOf } from '../entry.ts'
import { OK, quotable, SYNTAX, WRONG_TYPE } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { ConsumerGroup } from '../structures/consumer-group.ts'
import type { Integer } from '../structures/numbers.ts'
import { Stream } from '../structures/stream.ts'
import { formatId, MIN_ID } from '../structures/stream-id.ts'
import { endIdOf, idOf, looseIdOf, startIdOf } from './stream.ts'

// ---- XGROUP ----

interface GroupOptions {
  readonly makesStream: boolean
  readonly entriesRead: Integer | undefined
}

/** The options of XGROUP CREATE and SETID behind the id. */
function groupOptionsOf(args: readonly string[], mayMakeStream: boolean): GroupOptions {
  let makesStream = false
  let entriesRead: Integer = -1
  for (let i = 5; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'MKSTREAM' && mayMakeStream) makesStream = true
    else if (word === 'ENTRIESREAD' && i + 1 < args.length) {
      entriesRead = exactIntegerOf(args[++i])
      if (entriesRead < -1) throw new FailureReply('ERR value for ENTRIESREAD must be positive or -1')
    } else throw wrongSubcommand(args)
  }
  return { makesStream, entriesRead: entriesRead === -1 ? undefined : entriesRead }
}

/** The stream an XGROUP subcommand works on. */
function streamOf(session: Session, args: readonly string[]): Stream {
  const stream = session.db.write(args[2]!, 'stream')?.value
  if (stream === undefined) {
    throw new FailureReply(
      'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
    )
  }
  return stream
}

/** The group an XGROUP subcommand works on. */
function groupOf(session: Session, args: readonly string[]): ConsumerGroup {
  const group = streamOf(session, args).groups.get(args[3]!)
  if (group === undefined) {
    const shown = [args[3]!, args[2]!].map((text) => quotable(text, text.length))
    throw new FailureReply(`NOGROUP No such consumer group '${shown[0]}' for key name '${shown[1]}'`)
  }
  return group
}

function xgroupCreate(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const [, , key, name, at] = args as [string, string, string, string, string]
  const { makesStream, entriesRead } = groupOptionsOf(args, true)
  let stream = makesStream ? db.write(key, 'stream')?.value : streamOf(session, args)
  if (args.length > 8) throw wrongSubcommand(args)
  const id = at === '$' ? (stream?.lastId ?? MIN_ID) : idOf(at)
  if (stream === undefined) {
    stream = new Stream()
    db.put(key, 'stream', stream)
  }
  if (stream.groups.has(name)) throw new FailureReply('BUSYGROUP Consumer Group name already exists')
  stream.groups.set(name, new ConsumerGroup(name, id, entriesRead))
  db.changed(key, Notify.STREAM, 'xgroup-create')
  if (at === '$') {
    const options = ['MKSTREAM', 'ENTRIESREAD', String(entriesRead ?? -1)]
    session.propagate(['XGROUP', 'CREATE', key, name, formatId(id), ...options])
  }
  return OK
}

function xgroupSetid(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[2]!
  const { entriesRead } = groupOptionsOf(args, false)
  const group = groupOf(session, args)
  if (args.length > 7) throw wrongSubcommand(args)
  group.lastId = args[4] === '$' ? db.write(key, 'stream')!.value.lastId : looseIdOf(args[4])
  group.entriesRead = entriesRead
  engine.dirty++
  db.notify(Notify.STREAM, 'xgroup-setid', key)
  return OK
}

function xgroupDestroy(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  if (!streamOf(session, args).groups.delete(args[3]!)) return 0
  // Who waits in the group has to hear of it.
  db.changed(args[2]!, Notify.STREAM, 'xgroup-destroy')
  return 1
}

function xgroupCreateconsumer(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  if (groupOf(session, args).createConsumer(args[4]!, engine.now) === undefined) return 0
  engine.dirty++
  db.notify(Notify.STREAM, 'xgroup-createconsumer', args[2]!)
  return 1
}

function xgroupDelconsumer(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const group = groupOf(session, args)
  if (!group.consumers.has(args[4]!)) return 0
  const pending = group.deleteConsumer(args[4]!)
  engine.dirty++
  db.notify(Notify.STREAM, 'xgroup-delconsumer', args[2]!)
  return pending
}

// ---- what is pending ----

function xack(session: Session, args: readonly string[]): Outcome {
  const group = session.db.read(args[1]!, 'stream')?.value.groups.get(args[2]!)
  if (group === undefined) return 0
  session.db.willChange(args[1]!)
  let acknowledged = 0
  for (const id of args.slice(3).map(idOf)) if (group.acknowledge(id)) acknowledged++
  session.engine.dirty += acknowledged
  return acknowledged
}

/** The group at a key, for commands that need it to exist. */
export function existingGroup(session: Session, key: string, name: string): { stream: Stream; group: ConsumerGroup } {
  return groupIn(session.db.findForRead(key), key, name)
}

/** The same of an entry that has been looked up. */
export function groupIn(entry: Entry | undefined, key: string, name: string): { stream: Stream; group: ConsumerGroup } {
  if (entry !== undefined && entry.type !== 'stream') throw WRONG_TYPE
  const stream = (entry as EntryOf<'stream'> | undefined)?.value
  const group = stream?.groups.get(name)
  if (stream !== undefined && group !== undefined) return { stream, group }
  throw new FailureReply(
    `NOGROUP No such key '${quotable(key, key.length)}' or consumer group '${quotable(name, name.length)}'`,
  )
}

/** XPENDING key group [[IDLE ms] start end count [consumer]] */
function xpending(session: Session, args: readonly string[]): Outcome {
  if (args.length === 3) return pendingSummary(existingGroup(session, args[1]!, args[2]!).group)
  if (args.length < 6 || args.length > 9) throw SYNTAX
  const hasIdle = args[3]!.toUpperCase() === 'IDLE'
  const at = hasIdle ? 5 : 3
  const minIdleMs = hasIdle ? integerOf(args[4]) : 0
  if (args.length < at + 3) throw SYNTAX
  const count = integerOf(args[at + 2])
  const start = startIdOf(args[at]!)
  const end = endIdOf(args[at + 1]!)
  const { group } = existingGroup(session, args[1]!, args[2]!)
  const name = args[at + 3]
  const pending = name === undefined ? group.pending : group.consumers.get(name)?.pending
  const replies: Reply[] = []
  if (pending === undefined || count <= 0) return replies
  for (const [id, { consumer, deliveryTimeMs, deliveryCount }] of pending.entries(start)) {
    if (id > end) break
    const idleMs = session.engine.now - deliveryTimeMs
    if (minIdleMs !== 0 && idleMs < minIdleMs) continue
    replies.push([formatId(id), consumer.name, Math.max(0, idleMs), deliveryCount])
    if (replies.length === count) break
  }
  return replies
}

function pendingSummary(group: ConsumerGroup): Reply {
  const { size } = group.pending
  if (size === 0) return [0, null, null, NULL_ARRAY]
  const consumers = group.consumers.values().filter((consumer) => consumer.pending.size !== 0)
  const counts = consumers.map((consumer) => [consumer.name, String(consumer.pending.size)])
  return [size, formatId(group.pending.firstKey()!), formatId(group.pending.lastKey()!), counts]
}

export const streamGroups: Readonly<Record<string, Handler>> = {
  xack,
  'xgroup create': xgroupCreate,
  'xgroup createconsumer': xgroupCreateconsumer,
  'xgroup delconsumer': xgroupDelconsumer,
  'xgroup destroy': xgroupDestroy,
  'xgroup help': helping([
    'CREATE <key> <groupname> <id|$> [option]',
    '    Create a new consumer group. Options are:',
    '    * MKSTREAM',
    '      Create the empty stream if it does not exist.',
    '    * ENTRIESREAD entries_read',
    "      Set the group's entries_read counter (internal use).",
    'CREATECONSUMER <key> <groupname> <consumer>',
    '    Create a new consumer in the specified group.',
    'DELCONSUMER <key> <groupname> <consumer>',
    '    Remove the specified consumer.',
    'DESTROY <key> <groupname>',
    '    Remove the specified group.',
    'SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]',
    '    Set the current group ID and entries_read counter.',
  ]),
  'xgroup setid': xgroupSetid,
  xpending,
}
