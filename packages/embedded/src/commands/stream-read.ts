// XREAD and XREADGROUP, with their waiting forms.
//
// What a group delivers is logged as XCLAIM of each entry and XGROUP SETID of the group, with all times and counts: the
// log gives the same pending entries whenever it is repeated.
import { FailureReply, MapReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { quotable, SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { Consumer, ConsumerGroup, PendingEntry } from '../structures/consumer-group.ts'
import type { Stream } from '../structures/stream.ts'
import { formatId, incrementId, MAX_ID, MIN_ID, type StreamId } from '../structures/stream-id.ts'
import { entriesBetween, entryReply, idOf } from './stream.ts'

/** How many entries a client that has waited is given at most, unless it asked for a count. */
const WAITED_COUNT = 1000

/** XREADGROUP's ">": what nobody in the group was given yet. */
const NEW = MAX_ID

// ---- the log ----

/** The XCLAIM that repeats what a pending entry has become. */
export function claimEffect(key: string, group: ConsumerGroup, pending: PendingEntry): string[] {
  const { id, consumer, deliveryTimeMs, deliveryCount } = pending
  const facts = ['TIME', String(deliveryTimeMs), 'RETRYCOUNT', String(deliveryCount)]
  const last = ['LASTID', formatId(group.lastId)]
  return ['XCLAIM', key, group.name, consumer.name, '0', formatId(id), ...facts, 'FORCE', 'JUSTID', ...last]
}

/** The XGROUP SETID that repeats how far a group has read. */
export function positionEffect(key: string, group: ConsumerGroup): string[] {
  const read = String(group.entriesRead ?? -1)
  return ['XGROUP', 'SETID', key, group.name, formatId(group.lastId), 'ENTRIESREAD', read]
}

/** The consumer of that name, created and announced when there is none; what repeats that is added to `effects`. */
export function consumerOf(
  session: Session,
  key: string,
  group: ConsumerGroup,
  name: string,
  effects: string[][],
): Consumer {
  const { db, engine } = session
  const known = group.consumers.get(name)
  if (known !== undefined) {
    known.seenTimeMs = engine.now
    return known
  }
  engine.dirty++
  db.notify(Notify.STREAM, 'xgroup-createconsumer', key)
  effects.push(['XGROUP', 'CREATECONSUMER', key, group.name, name])
  return group.createConsumer(name, engine.now)!
}

// ---- delivery ----

/** What a reader asks for. */
interface Reading {
  readonly keys: readonly string[]
  /** Entries above these are wanted; `NEW` for what is new to the group. */
  readonly after: readonly StreamId[]
  /** 0 for all. */
  readonly count: number
  /** Null for XREAD. */
  readonly reader: { readonly group: string; readonly consumer: string; readonly isAcknowledged: boolean } | null
}

/** Gives a consumer the entries above what its group has read. */
function deliver(
  session: Session,
  key: string,
  stream: Stream,
  group: ConsumerGroup,
  { count, reader }: Reading,
  effects: string[][],
): Reply[] {
  const { now } = session.engine
  const consumer = consumerOf(session, key, group, reader!.consumer, effects)
  const before = group.lastId
  const replies: Reply[] = []
  const start = incrementId(before)
  if (start !== undefined) {
    stream.visit(start, MAX_ID, (entry) => {
      stream.advance(group, entry.id)
      if (!reader!.isAcknowledged) effects.push(claimEffect(key, group, group.assign(consumer, entry.id, now, 1)))
      return replies.push(entryReply(entry)) !== count
    })
  }
  if (group.lastId !== before) effects.push(positionEffect(key, group))
  session.engine.dirty++
  return replies
}

/** Gives a consumer again what it has pending above an id; an entry that was deleted meanwhile has no fields. */
function repeat(
  session: Session,
  key: string,
  stream: Stream,
  group: ConsumerGroup,
  { count, reader }: Reading,
  after: StreamId,
  effects: string[][],
): Reply[] {
  const consumer = consumerOf(session, key, group, reader!.consumer, effects)
  const replies: Reply[] = []
  for (const [id, pending] of consumer.pending.entries(incrementId(after))) {
    const entry = stream.get(id)
    if (entry === undefined) replies.push([formatId(id), NULL_ARRAY])
    else {
      replies.push(entryReply(entry))
      const again = group.assign(consumer, id, session.engine.now, pending.deliveryCount + 1)
      effects.push(claimEffect(key, group, again))
    }
    if (replies.length === count) break
  }
  session.engine.dirty++
  return replies
}

/** Keys and their entries: a map in RESP3, an array of pairs in RESP2. */
function streamsReply(session: Session, found: readonly (readonly [key: string, entries: readonly Reply[]])[]): Reply {
  return session.resp === 3 ? new MapReply(found.flat()) : found
}

/** What there is for a reader at once; undefined when there is nothing. */
function readNow(session: Session, reading: Reading): Reply | undefined {
  const { db } = session
  const found: [string, Reply[]][] = []
  const effects: string[][] = []
  reading.keys.forEach((key, i) => {
    const stream = db.read(key, 'stream')?.value
    if (stream === undefined) return
    const after = reading.after[i]!
    const last = stream.last()?.id
    if (reading.reader === null) {
      if (last !== undefined && last > after)
        found.push([key, entriesBetween(stream, incrementId(after)!, MAX_ID, reading.count)])
      return
    }
    const group = stream.groups.get(reading.reader.group)!
    db.willChange(key)
    if (after !== NEW) found.push([key, repeat(session, key, stream, group, reading, after, effects)])
    else if (last !== undefined && last > group.lastId)
      found.push([key, deliver(session, key, stream, group, reading, effects)])
  })
  if (found.length === 0) return undefined
  if (reading.reader !== null) session.propagateAll(effects)
  return streamsReply(session, found)
}

/** Waits until one of the streams has something. The client hears when the group or the whole key it waits at is gone. */
function waitFor(session: Session, reading: Reading, timeoutMs: number): Outcome {
  const { db } = session
  const { keys, after, reader } = reading
  const streamAt = (key: string): Stream | undefined => {
    const entry = db.peek(key)
    return entry?.type === 'stream' ? (entry.value as Stream) : undefined
  }
  const seen = new Map(keys.map((key) => [key, { stream: streamAt(key), lastId: streamAt(key)?.lastId }]))
  const waiting: Reading = { ...reading, count: reading.count || WAITED_COUNT }
  const serve = (key: string): Reply | undefined => {
    const stream = streamAt(key)
    if (stream === undefined) return reader === null ? undefined : UNBLOCKED
    const group = reader === null ? undefined : stream.groups.get(reader.group)
    if (reader !== null && group === undefined) return GROUP_GONE
    // Other changes than an addition wake nobody.
    const before = seen.get(key)!
    if (before.stream === stream && before.lastId === stream.lastId) return undefined
    const from = group?.lastId ?? after[keys.indexOf(key)]!
    if (stream.lastId <= from) return undefined
    if (group === undefined) {
      return streamsReply(session, [[key, entriesBetween(stream, incrementId(from)!, MAX_ID, waiting.count)]])
    }
    const effects: string[][] = []
    db.willChange(key)
    const entries = deliver(session, key, stream, group, waiting, effects)
    session.propagateAll(effects)
    return streamsReply(session, [[key, entries]])
  }
  return session.block({ keys, timeoutMs, isForStream: true, serve, timedOut: NULL_ARRAY })
}

const UNBLOCKED = new FailureReply('UNBLOCKED the stream key no longer exists')
const GROUP_GONE = new FailureReply('NOGROUP the consumer group this client was blocked on no longer exists')

// ---- arguments ----

function blockTimeOf(text: string): number {
  const timeoutMs = integerOf(text, new FailureReply('ERR timeout is not an integer or out of range'))
  if (timeoutMs < 0) throw new FailureReply('ERR timeout is negative')
  return timeoutMs
}

function readStreams(session: Session, args: readonly string[], isGroup: boolean): Outcome {
  let count = 0
  let timeoutMs: number | undefined
  let isAcknowledged = false
  let names: readonly [group: string, consumer: string] | undefined
  let first = 0
  for (let i = 1; i < args.length && first === 0; i++) {
    const word = args[i]!.toUpperCase()
    const more = args.length - 1 - i
    if (word === 'BLOCK' && more > 0) timeoutMs = blockTimeOf(args[++i]!)
    else if (word === 'COUNT' && more > 0) count = Math.max(0, integerOf(args[++i]))
    else if (word === 'STREAMS' && more > 0) first = i + 1
    else if (word === 'GROUP' && more >= 2) {
      if (!isGroup) throw notForXread('GROUP')
      names = [args[i + 1]!, args[i + 2]!]
      i += 2
    } else if (word === 'NOACK') {
      if (!isGroup) throw notForXread('NOACK')
      isAcknowledged = true
    } else throw SYNTAX
  }
  if (first === 0) throw SYNTAX
  if ((args.length - first) % 2 === 1) throw UNBALANCED
  if (isGroup && names === undefined) throw new FailureReply('ERR Missing GROUP option for XREADGROUP')
  const half = (args.length - first) / 2
  const keys = args.slice(first, first + half)
  const reader = names === undefined ? null : { group: names[0], consumer: names[1], isAcknowledged }
  const after = keys.map((key, i) => {
    const stream = session.db.read(key, 'stream')?.value
    if (reader !== null && stream?.groups.get(reader.group) === undefined) {
      const shown = `No such key '${quotable(key, key.length)}' or consumer group '${quotable(reader.group, reader.group.length)}'`
      throw new FailureReply(`NOGROUP ${shown} in XREADGROUP with GROUP option`)
    }
    const id = args[first + half + i]!
    if (id === '$') {
      if (isGroup) throw DOLLAR
      return stream?.lastId ?? MIN_ID
    }
    if (id !== '>') return idOf(id)
    if (!isGroup) throw GREATER
    return NEW
  })
  const reading: Reading = { keys, after, count, reader }
  const reply = readNow(session, reading)
  if (reply !== undefined) return reply
  return timeoutMs === undefined ? NULL_ARRAY : waitFor(session, reading, timeoutMs)
}

function notForXread(option: string): FailureReply {
  return new FailureReply(`ERR The ${option} option is only supported by XREADGROUP. You called XREAD instead.`)
}

const UNBALANCED = new FailureReply(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
)
const DOLLAR = new FailureReply(
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.',
)
const GREATER = new FailureReply(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
)

const xread: Handler = (session, args) => readStreams(session, args, false)
const xreadgroup: Handler = (session, args) => readStreams(session, args, true)

export const streamRead: Readonly<Record<string, Handler>> = { xread, xreadgroup }
