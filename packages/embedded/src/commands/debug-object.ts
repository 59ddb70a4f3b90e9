// What DEBUG tells of how values are kept: in Redis's words where they mean something here.
import { FailureReply, StatusReply, VerbatimReply } from '@ochre/protocol'
import { idleSecondsOf } from '../access.ts'
import { integerOf } from '../arguments.ts'
import { type Entry, type EntryOf, encodingOf } from '../entry.ts'
import { NO_SUCH_KEY } from '../failures.ts'
import { payloadOf } from '../rdb-entry.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { listNodes } from '../structures/rdb-encode.ts'
import { refcountOf } from './generic.ts'

/** Bytes of a payload besides the value: its type, the version of the format and the checksum. */
const PAYLOAD_FRAME = 11

function entryAt({ db }: Session, key: string): Entry {
  const entry = db.peek(key)
  if (entry === undefined) throw NO_SUCH_KEY
  return entry
}

/** `serializedlength` and the facts of a list are those of its payload. */
function object(session: Session, args: readonly string[]): Outcome {
  const entry = entryAt(session, args[2]!)
  const facts = [
    'Value at:0x0',
    `refcount:${refcountOf(session.engine, entry)}`,
    `encoding:${encodingOf(entry)}`,
    `serializedlength:${payloadOf(entry).length - PAYLOAD_FRAME}`,
    `lru:${entry.access}`,
    `lru_seconds_idle:${idleSecondsOf(session.engine, entry.access)}`,
  ]
  if (entry.type === 'list') {
    const { value } = entry as EntryOf<'list'>
    const nodes = listNodes(value.slice(0, value.length))
    facts.push(
      `ql_nodes:${nodes.length}`,
      `ql_avg_node:${(value.length / nodes.length).toFixed(2)}`,
      'ql_listpack_max:-2',
      'ql_compressed:0',
      `ql_uncompressed_size:${nodes.reduce((sum, { bytes }) => sum + bytes, 0)}`,
    )
  }
  return new StatusReply(facts.join(' '))
}

function listpack(session: Session, args: readonly string[]): Outcome {
  if (encodingOf(entryAt(session, args[2]!)) !== 'listpack')
    throw new FailureReply('ERR Not a listpack encoded object.')
  return new StatusReply('Listpack structure printed on stdout')
}

function quicklist(session: Session, args: readonly string[]): Outcome {
  const entry = entryAt(session, args[2]!)
  if (args[3] !== undefined) integerOf(args[3])
  if (entry.type !== 'list') throw new FailureReply('ERR Not a quicklist encoded object.')
  return new StatusReply('Quicklist structure printed on stdout')
}

/** A table as Redis would size it; how its chains would be distributed is not known. */
function describeTable(size: number): string {
  const head = 'Hash table 0 stats (main hash table):\n'
  if (size === 0) return `${head}No stats available for empty dictionaries\n`
  const slots = Math.max(4, 2 ** Math.ceil(Math.log2(size)))
  return `${head} table size: ${slots}\n number of elements: ${size}\n`
}

function htstats({ engine: { databases } }: Session, args: readonly string[]): Outcome {
  const database = databases[integerOf(args[2])]
  if (database === undefined) throw new FailureReply('ERR Out of range database')
  const { entries, volatile } = database
  const text = `[Dictionary HT]\n${describeTable(entries.size)}[Expires HT]\n${describeTable(volatile.size)}`
  return new VerbatimReply('txt', text)
}

function htstatsKey(session: Session, args: readonly string[]): Outcome {
  const entry = entryAt(session, args[2]!)
  const encoding = encodingOf(entry)
  if (encoding !== 'hashtable' && encoding !== 'skiplist') {
    throw new FailureReply('ERR The value stored at the specified key is not represented using an hash table')
  }
  return new VerbatimReply('txt', describeTable((entry as EntryOf<'hash' | 'set' | 'zset'>).value.size))
}

export const debugObject: Readonly<Record<string, Handler>> = {
  htstats,
  'htstats-key': htstatsKey,
  listpack,
  object,
  quicklist,
}
