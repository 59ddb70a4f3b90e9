// Streams: adding, reading by range, deleting and trimming. Readers that wait are in stream-read.ts, groups in
// stream-groups.ts.
import { FailureReply, NULL_ARRAY, type Reply } from '@ochre/protocol'
import { exactIntegerOf, integerOf } from '../arguments.ts'
import { OK, SYNTAX, wrongArity } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { Integer } from '../structures/numbers.ts'
import { type NodeLimits, Stream, type StreamEntry } from '../structures/stream.ts'
import {
  decrementId,
  formatId,
  idMs,
  incrementId,
  MAX_ID,
  MAX_SEQUENCE,
  MIN_ID,
  parseAddId,
  parseId,
  parseIntervalId,
  type StreamId,
} from '../structures/stream-id.ts'

const BAD_ID = new FailureReply('ERR Invalid stream ID specified as stream command argument')
const TOO_LARGE = new FailureReply('ERR Elements are too large to be stored')
const MAX_ENTRY_BYTES = 2 ** 30

/** An id in full or its milliseconds only; "-" and "+" are none. */
export function idOf(text: string | undefined): StreamId {
  const id = parseId(text ?? '', 0, true)
  if (id === undefined) throw BAD_ID
  return id
}

/** As `idOf`, with "-" and "+" for the least and the greatest. */
export function looseIdOf(text: string | undefined): StreamId {
  const id = parseId(text ?? '', 0)
  if (id === undefined) throw BAD_ID
  return id
}

/** The lower end of an interval, as an included id. */
export function startIdOf(text: string): StreamId {
  const end = parseIntervalId(text, 0)
  if (end === undefined) throw BAD_ID
  const id = end.isExclusive ? incrementId(end.id) : end.id
  if (id === undefined) throw new FailureReply('ERR invalid start ID for the interval')
  return id
}

/** The upper end of an interval, as an included id. */
export function endIdOf(text: string): StreamId {
  const end = parseIntervalId(text, MAX_SEQUENCE)
  if (end === undefined) throw BAD_ID
  const id = end.isExclusive ? decrementId(end.id) : end.id
  if (id === undefined) throw new FailureReply('ERR invalid end ID for the interval')
  return id
}

/** An entry as all commands answer it: its id, then field, value, field, value ... */
export function entryReply(entry: StreamEntry): Reply {
  return [formatId(entry.id), entry.fields]
}

/** Up to `count` entries (0: all) from start to end, both included. */
export function entriesBetween(
  stream: Stream,
  start: StreamId,
  end: StreamId,
  count: number,
  reverse = false,
): Reply[] {
  const replies: Reply[] = []
  const visit = (entry: StreamEntry): boolean => replies.push(entryReply(entry)) !== count
  if (reverse) stream.visitReverse(start, end, visit)
  else stream.visit(start, end, visit)
  return replies
}

function limitsOf({ engine: { settings } }: Session): NodeLimits {
  return { entries: settings['stream-node-max-entries'], bytes: settings['stream-node-max-bytes'] }
}

// ---- adding and trimming ----

interface Trim {
  readonly by: 'MAXLEN' | 'MINID'
  readonly maxLength: number
  readonly minId: StreamId
  readonly isApproximate: boolean
  /** The most entries to remove; 0 for no limit. */
  limit: number
}

interface TrimOptions {
  readonly trim: Trim | null
  readonly mustExist: boolean
  /** Where the options end: at XADD's id. */
  readonly end: number
}

/** The options of XADD up to its id, or all of XTRIM's. */
function trimOptionsOf(session: Session, args: readonly string[], isAdd: boolean): TrimOptions {
  let trim: Trim | null = null
  let limit: number | undefined
  let mustExist = false
  let i = 2
  for (; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    const more = args.length - 1 - i
    if ((word === 'MAXLEN' || word === 'MINID') && more > 0) {
      if (trim !== null) {
        throw new FailureReply('ERR syntax error, MAXLEN and MINID options at the same time are not compatible')
      }
      const isApproximate = more >= 2 && args[i + 1] === '~'
      if (isApproximate || (more >= 2 && args[i + 1] === '=')) i++
      const value = args[++i]!
      const maxLength = word === 'MAXLEN' ? integerOf(value) : 0
      if (maxLength < 0) throw new FailureReply('ERR The MAXLEN argument must be >= 0.')
      trim = { by: word, maxLength, minId: word === 'MINID' ? idOf(value) : MIN_ID, isApproximate, limit: 0 }
    } else if (word === 'LIMIT' && more > 0) {
      limit = integerOf(args[++i])
      if (limit < 0) throw new FailureReply('ERR The LIMIT argument must be >= 0.')
    } else if (isAdd && word === 'NOMKSTREAM') mustExist = true
    else if (isAdd) break
    else throw SYNTAX
  }
  if (isAdd && i < args.length && args[i] !== '*' && parseAddId(args[i]!) === undefined) throw BAD_ID
  if (trim === null) {
    if (limit) {
      throw new FailureReply('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy')
    }
    if (!isAdd) throw new FailureReply('ERR syntax error, XTRIM must be called with a trimming strategy')
  }
  if (limit !== undefined) {
    if (!trim?.isApproximate)
      throw new FailureReply('ERR syntax error, LIMIT cannot be used without the special ~ option')
    trim.limit = limit
  } else if (trim?.isApproximate) {
    // Redis's default: so many entries as fit into a hundred nodes.
    trim.limit = Math.min(100 * session.engine.settings['stream-node-max-entries'] || 10_000, 1_000_000)
  }
  return { trim, mustExist, end: i }
}

function trimStream(stream: Stream, { by, maxLength, minId, isApproximate, limit }: Trim): number {
  return by === 'MAXLEN'
    ? stream.trimToLength(maxLength, isApproximate, limit)
    : stream.trimToId(minId, isApproximate, limit)
}

function xadd(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const { trim, mustExist, end } = trimOptionsOf(session, args, true)
  const fields = args.slice(end + 1)
  if (fields.length < 2 || fields.length % 2 === 1) throw wrongArity('xadd')
  const asked = args[end] === '*' ? undefined : parseAddId(args[end]!)
  if (asked !== undefined && !asked.isPartial && asked.id === MIN_ID)
    throw new FailureReply('ERR The ID specified in XADD must be greater than 0-0')
  const entry = db.write(key, 'stream')
  if (entry === undefined && mustExist) return null
  if (entry?.value.lastId === MAX_ID)
    throw new FailureReply('ERR The stream has exhausted the last possible ID, unable to add more items')
  const stream = entry?.value ?? new Stream()
  const id =
    asked === undefined ? stream.nextId(engine.now) : asked.isPartial ? stream.nextSequence(asked.id) : asked.id
  // Redis's words for a millisecond whose sequences are used up.
  if (id === undefined && idMs(asked!.id) === idMs(stream.lastId)) throw TOO_LARGE
  if (id === undefined || id <= stream.lastId)
    throw new FailureReply('ERR The ID specified in XADD is equal or smaller than the target stream top item')
  if (fields.reduce((sum, text) => sum + text.length, 0) > MAX_ENTRY_BYTES) throw TOO_LARGE
  if (entry === undefined) db.put(key, 'stream', stream)
  stream.append(id, fields, limitsOf(session))
  db.changed(key, Notify.STREAM, 'xadd')
  if (trim !== null && trimStream(stream, trim) > 0) db.notify(Notify.STREAM, 'xtrim', key)
  const trimmed = trim === null ? [] : ['MAXLEN', '=', String(stream.length)]
  session.propagate(['XADD', key, ...trimmed, formatId(id), ...fields])
  return formatId(id)
}

function xtrim(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const { trim } = trimOptionsOf(session, args, false)
  const stream = db.write(key, 'stream')?.value
  if (stream === undefined) return 0
  const removed = trimStream(stream, trim!)
  if (removed === 0) return 0
  db.changed(key, Notify.STREAM, 'xtrim')
  session.propagate(['XTRIM', key, 'MAXLEN', '=', String(stream.length)])
  return removed
}

function xdel(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const stream = db.write(key, 'stream')?.value
  if (stream === undefined) return 0
  let removed = 0
  for (const id of args.slice(2).map(idOf)) if (stream.delete(id)) removed++
  if (removed > 0) db.changed(key, Notify.STREAM, 'xdel')
  return removed
}

/** XSETID key last-id [ENTRIESADDED n] [MAXDELETEDID id] */
function xsetid(session: Session, args: readonly string[]): Outcome {
  const { db, engine } = session
  const key = args[1]!
  const id = idOf(args[2])
  let added: Integer | undefined
  let maxDeleted = MIN_ID
  for (let i = 3; i < args.length; i += 2) {
    const word = args[i]!.toUpperCase()
    if (i + 1 === args.length) throw SYNTAX
    if (word === 'ENTRIESADDED') {
      added = exactIntegerOf(args[i + 1])
      if (added < 0) throw new FailureReply('ERR entries_added must be positive')
    } else if (word === 'MAXDELETEDID') {
      maxDeleted = idOf(args[i + 1])
      if (id < maxDeleted) {
        throw new FailureReply('ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id')
      }
    } else throw SYNTAX
  }
  const stream = db.write(key, 'stream')?.value
  if (stream === undefined) throw new FailureReply('ERR no such key')
  const last = stream.last()
  if (last !== undefined) {
    if (id < last.id)
      throw new FailureReply('ERR The ID specified in XSETID is smaller than the target stream top item')
    if (added !== undefined && added < stream.length)
      throw new FailureReply('ERR The entries_added specified in XSETID is smaller than the target stream length')
  }
  stream.lastId = id
  if (added !== undefined) stream.entriesAdded = added
  if (maxDeleted !== MIN_ID) stream.maxDeletedId = maxDeleted
  // No client waits for it and no watched value is another one.
  engine.dirty++
  db.notify(Notify.STREAM, 'xsetid', key)
  return OK
}

// ---- reading ----

function xlen(session: Session, args: readonly string[]): Outcome {
  return session.db.read(args[1]!, 'stream')?.value.length ?? 0
}

function range(session: Session, args: readonly string[], reverse: boolean): Outcome {
  const start = startIdOf(args[reverse ? 3 : 2]!)
  const end = endIdOf(args[reverse ? 2 : 3]!)
  let count: number | undefined
  for (let i = 4; i < args.length; i += 2) {
    if (args[i]!.toUpperCase() !== 'COUNT' || i + 1 === args.length) throw SYNTAX
    count = Math.max(0, integerOf(args[i + 1]))
  }
  const stream = session.db.read(args[1]!, 'stream')?.value
  if (stream === undefined) return []
  return count === 0 ? NULL_ARRAY : entriesBetween(stream, start, end, count ?? 0, reverse)
}

const xrange: Handler = (session, args) => range(session, args, false)
const xrevrange: Handler = (session, args) => range(session, args, true)

export const stream: Readonly<Record<string, Handler>> = { xadd, xdel, xlen, xrange, xrevrange, xsetid, xtrim }
