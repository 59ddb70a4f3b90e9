// A key as the commands that make it again. Large collections come in pieces, so that whoever takes them can pause; `freeze`
// copies what is left (arrays of references, which is quick) when the key is about to change in between.
//
// Most are Redis's own commands. Two words of the format say what no command can: `.fields` when fields of a hash expire, and
// `.stream` a stream exactly as it is (a first one with its groups, then its nodes, each as a dumped payload).
import { type Entry, type EntryOf, textOf, type ValueType } from '../entry.ts'
import type { HashValue } from '../structures/hash-value.ts'
import { formatDouble } from '../structures/numbers.ts'
import type { Quicklist } from '../structures/quicklist.ts'
import { dumpValue } from '../structures/rdb.ts'
import type { SetValue } from '../structures/set-value.ts'
import type { SortedSet } from '../structures/sorted-set.ts'
import { Stream } from '../structures/stream.ts'
import { Mark } from './mark.ts'

/** Elements of one command. */
const PIECE = 256
/** Nodes of a stream in one command. */
const PIECE_NODES = 8

/** A collection as a row of elements, from which the arguments of commands are taken. */
interface Row {
  readonly head: readonly string[]
  readonly length: number
  readonly piece: number
  /** The arguments for the elements start..end-1. */
  args(start: number, end: number): string[]
  /** Makes the row independent of the collection. */
  freeze(): void
}

export class EntryDump {
  readonly #rows: Row[]
  #at = 0

  /** The entry must not change before all was taken, unless `freeze` was called. */
  constructor(key: string, entry: Entry) {
    this.#rows = rowsOf(key, entry)
    if (entry.expireAt === 0 || entry.type === 'string') return
    this.#rows.push(single(['PEXPIREAT', key, String(entry.expireAt)]))
  }

  /** The next command; undefined after the last one. */
  next(): string[] | undefined {
    const row = this.#rows[0]
    if (row === undefined) return undefined
    const start = this.#at
    this.#at = Math.min(start + row.piece, row.length)
    const command = [...row.head, ...row.args(start, this.#at)]
    if (this.#at === row.length) {
      this.#rows.shift()
      this.#at = 0
    }
    return command
  }

  freeze(): void {
    for (const row of this.#rows) row.freeze()
  }
}

function rowsOf(key: string, entry: Entry): Row[] {
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string': {
      const expiry = entry.expireAt === 0 ? [] : ['PXAT', String(entry.expireAt)]
      return [single(['SET', key, textOf(value), ...expiry])]
    }
    case 'list':
      return [listRow(key, value)]
    case 'set':
      return [setRow(key, value)]
    case 'hash':
      return value.expiring === 0 ? [hashRow(key, value)] : [hashRow(key, value), expiryRow(key, value)]
    case 'zset':
      return [sortedSetRow(key, value)]
    case 'stream':
      return streamRows(key, value)
  }
}

function single(command: readonly string[]): Row {
  return { head: command, length: 1, piece: 1, args: () => [], freeze: () => {} }
}

function listRow(key: string, list: Quicklist): Row {
  let slice = (start: number, end: number): string[] => list.slice(start, end)
  return {
    head: ['RPUSH', key],
    length: list.length,
    piece: PIECE,
    args: (start, end) => slice(start, end),
    freeze() {
      const elements = list.slice(0, list.length)
      slice = (start, end) => elements.slice(start, end)
    },
  }
}

function setRow(key: string, set: SetValue): Row {
  let members = set.members()
  return {
    head: ['SADD', key],
    length: members.length,
    piece: PIECE,
    args: (start, end) => members.slice(start, end),
    freeze() {
      members = members.slice()
    },
  }
}

function hashRow(key: string, hash: HashValue): Row {
  let fields = hash.fields()
  let values = hash.values()
  return {
    head: ['HSET', key],
    length: fields.length,
    piece: PIECE,
    args: (start, end) => fields.slice(start, end).flatMap((field, i) => [field, values[start + i]!]),
    freeze() {
      fields = fields.slice()
      values = values.slice()
    },
  }
}

function expiryRow(key: string, hash: HashValue): Row {
  const expiring = hash.fields().filter((field) => hash.expiryOf(field) !== undefined)
  const times = expiring.map((field) => String(hash.expiryOf(field)))
  return {
    head: [Mark.FIELDS, key],
    length: expiring.length,
    piece: PIECE,
    args: (start, end) => expiring.slice(start, end).flatMap((field, i) => [field, times[start + i]!]),
    freeze: () => {},
  }
}

function sortedSetRow(key: string, set: SortedSet): Row {
  let visit = set.visit.bind(set)
  return {
    head: ['ZADD', key],
    length: set.size,
    piece: PIECE,
    args(start, end) {
      const args: string[] = []
      visit(start, end, (member, score) => args.push(formatDouble(score), member))
      return args
    },
    freeze() {
      const members: string[] = []
      const scores: number[] = []
      set.visit(0, set.size, (member, score) => {
        members.push(member)
        scores.push(score)
      })
      visit = (start, end, take) => {
        for (let i = start; i < end; i++) take(members[i]!, scores[i]!)
      }
    },
  }
}

/** A stream without entries, which is dumped at once, and then its nodes. */
function streamRows(key: string, stream: Stream): Row[] {
  const { lastId, firstId, maxDeletedId, entriesAdded, groups } = stream
  const bare = Object.assign(new Stream(), { lastId, firstId, maxDeletedId, entriesAdded, groups })
  const start = single([Mark.STREAM, key, dumpValue({ type: 'stream', stream: bare })])
  let { nodes } = stream
  const row: Row = {
    head: [Mark.STREAM, key],
    length: nodes.length,
    piece: PIECE_NODES,
    args(from, to) {
      const some = nodes.slice(from, to)
      const part = Object.assign(new Stream(), { nodes: some, length: some.reduce((sum, { live }) => sum + live, 0) })
      return [dumpValue({ type: 'stream', stream: part })]
    },
    freeze() {
      nodes = nodes.map((node) => ({ ...node, entries: node.entries.map((entry) => ({ ...entry })) }))
    },
  }
  return row.length === 0 ? [start] : [start, row]
}
