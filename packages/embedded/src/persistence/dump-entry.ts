// A key as the commands that make it again, in the state of the moment at which the dump begins: what becomes of the key
// afterwards changes nothing. Small ones are read at once; of large ones the collection lends what it would otherwise change
// (see structures/owner.ts and frozen-rows.ts), so that neither beginning nor any command takes long.
//
// Most commands are Redis's own. Words of the format say what no command can: `.fields` when fields of a hash expire, `.stream`
// a stream exactly as it is (a first one with its groups, then its nodes, each as a dumped payload), and `.pending` what a
// group has delivered.
import { constants } from 'node:buffer'
import { type Entry, type EntryOf, textOf, type ValueType } from '../entry.ts'
import { ConsumerGroup, type PendingEntry } from '../structures/consumer-group.ts'
import { FrozenRows } from '../structures/frozen-rows.ts'
import type { FieldRow } from '../structures/hash-value.ts'
import { formatDouble } from '../structures/numbers.ts'
import type { OrderTree } from '../structures/order-tree.ts'
import type { Quicklist } from '../structures/quicklist.ts'
import { dumpValue } from '../structures/rdb.ts'
import type { SortedMap } from '../structures/sorted-map.ts'
import { Stream } from '../structures/stream.ts'
import { Mark } from './mark.ts'

/** Elements of one command. */
const PIECE = 256
/** Bytes of a string that is too long for one command. */
const PIECE_BYTES = 2 ** 28
/** Nodes of a stream in one command. */
const PIECE_NODES = 4

type Commands = Iterable<readonly string[]>

export class EntryDump {
  readonly #commands: Iterator<readonly string[]>
  /** What a hash or a set keeps for this dump. */
  #rows: FrozenRows<unknown> | undefined

  constructor(key: string, entry: Entry) {
    const commands = this.#commandsOf(key, entry)
    const expiry = ['PEXPIREAT', key, String(entry.expireAt)]
    const isWhole = entry.expireAt === 0 || entry.type === 'string'
    this.#commands = (isWhole ? commands : each([commands, [expiry]]))[Symbol.iterator]()
  }

  /** The next command; undefined after the last one. */
  next(): readonly string[] | undefined {
    const { value, done } = this.#commands.next()
    return done ? undefined : value
  }

  /** Nobody will ask for more. */
  end(): void {
    this.#rows?.end()
  }

  /** What a collection may change is taken here; the commands are made when they are asked for. */
  #commandsOf(key: string, entry: Entry): Commands {
    const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
    switch (type) {
      case 'string':
        if (value.length > constants.MAX_STRING_LENGTH) return longStringCommands(key, value as Buffer, entry.expireAt)
        return [['SET', key, textOf(value), ...(entry.expireAt === 0 ? [] : ['PXAT', String(entry.expireAt)])]]
      case 'list':
        return value.length <= PIECE ? [...listCommands(key, value)] : listCommands(key, value.clone())
      case 'set': {
        if (value.size <= PIECE) return [['SADD', key, ...value.members()]]
        const rows = value.freeze()
        this.#rows = rows
        return setCommands(key, rows)
      }
      case 'hash': {
        if (value.size <= PIECE) return [...hashCommands(key, new FrozenRows(value.size, (at) => value.rowAt(at)))]
        const rows = value.freeze()
        this.#rows = rows
        return hashCommands(key, rows)
      }
      case 'zset':
        return value.size <= PIECE ? [...sortedSetCommands(key, value)] : sortedSetCommands(key, value.freeze())
      case 'stream':
        return isSmall(value) ? [[Mark.STREAM, key, dumpValue({ type, stream: value })]] : streamCommands(key, value)
    }
  }
}

function* each(parts: readonly Commands[]): Generator<readonly string[]> {
  for (const part of parts) yield* part
}

/** A value that fits into no string of V8. */
function longStringCommands(key: string, bytes: Buffer, expireAt: number): string[][] {
  const commands: string[][] = []
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    commands.push(['SETRANGE', key, String(at), bytes.toString('latin1', at, at + PIECE_BYTES)])
  if (expireAt !== 0) commands.push(['PEXPIREAT', key, String(expireAt)])
  return commands
}

function* listCommands(key: string, list: Quicklist): Commands {
  for (let at = 0; at < list.length; at += PIECE) yield ['RPUSH', key, ...list.slice(at, at + PIECE)]
}

function* setCommands(key: string, rows: FrozenRows<string>): Commands {
  while (!rows.isDone) yield ['SADD', key, ...rows.take(PIECE)]
}

function* hashCommands(key: string, rows: FrozenRows<FieldRow>): Commands {
  while (!rows.isDone) {
    const command = ['HSET', key]
    const times: string[] = []
    for (const [field, value, expireAt] of rows.take(PIECE)) {
      command.push(field, value)
      if (expireAt !== undefined) times.push(field, String(expireAt))
    }
    yield command
    if (times.length !== 0) yield [Mark.FIELDS, key, ...times]
  }
}

function* sortedSetCommands(key: string, order: Pick<OrderTree, 'size' | 'visit'>): Commands {
  for (let at = 0; at < order.size; at += PIECE) {
    const command = ['ZADD', key]
    order.visit(at, at + PIECE, (member, score) => command.push(formatDouble(score), member))
    yield command
  }
}

function isSmall({ nodes, groups }: Stream): boolean {
  let pending = 0
  for (const group of groups.values()) pending += group.pending.size
  return nodes.length <= PIECE_NODES && pending <= PIECE
}

/** A stream without entries, with its groups as they begin; then its nodes, and what the groups have pending. */
function streamCommands(key: string, live: Stream): Commands {
  const stream = live.freeze()
  const { nodes, lastId, firstId, maxDeletedId, entriesAdded } = stream
  const bare = Object.assign(new Stream(), { lastId, firstId, maxDeletedId, entriesAdded })
  const parts: Commands[] = [nodeCommands(key, nodes)]
  for (const { name, lastId, entriesRead, consumers, pending } of live.groups.values()) {
    const group = new ConsumerGroup(name, lastId, entriesRead)
    for (const consumer of consumers.values()) group.createConsumer(consumer.name, consumer.seenTimeMs)
    bare.groups.set(name, group)
    if (pending.size !== 0) parts.push(pendingCommands(key, name, pending.clone()))
  }
  return each([[[Mark.STREAM, key, dumpValue({ type: 'stream', stream: bare })]], ...parts])
}

function* nodeCommands(key: string, nodes: Stream['nodes']): Commands {
  for (let at = 0; at < nodes.length; at += PIECE_NODES) {
    const some = nodes.slice(at, at + PIECE_NODES)
    const part = Object.assign(new Stream(), { nodes: some, length: some.reduce((sum, { live }) => sum + live, 0) })
    yield [Mark.STREAM, key, dumpValue({ type: 'stream', stream: part })]
  }
}

function* pendingCommands(key: string, group: string, pending: SortedMap<PendingEntry>): Commands {
  let command = [Mark.PENDING, key, group]
  for (const [id, { consumer, deliveryTimeMs, deliveryCount }] of pending.entries()) {
    command.push(consumer.name, id, String(deliveryTimeMs), String(deliveryCount))
    if (command.length < 4 * PIECE) continue
    yield command
    command = [Mark.PENDING, key, group]
  }
  if (command.length !== 3) yield command
}
