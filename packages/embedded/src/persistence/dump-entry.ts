// A key as the commands that make it again. Large collections come in pieces, so that whoever takes them can pause.
//
// Most are Redis's own commands. Two words of the format say what no command can: `.fields` when fields of a hash expire, and
// `.stream` a stream exactly as it is (a first one with its groups, then its nodes, each as a dumped payload).
import { type Entry, type EntryOf, textOf, type ValueType } from '../entry.ts'
import { formatDouble } from '../structures/numbers.ts'
import { dumpValue } from '../structures/rdb.ts'
import { Stream } from '../structures/stream.ts'
import { Mark } from './mark.ts'

/** Elements of one command. */
const PIECE = 256
/** Nodes of a stream in one command. */
const PIECE_NODES = 8

/** The commands that make a key from nothing, in order. The entry must not change before the last one was taken. */
export function* dumpEntry(key: string, entry: Entry): Generator<string[], void> {
  const expiry = entry.expireAt === 0 ? [] : ['PXAT', String(entry.expireAt)]
  const { type, value } = entry as { [T in ValueType]: EntryOf<T> }[ValueType]
  switch (type) {
    case 'string':
      yield ['SET', key, textOf(value), ...expiry]
      return
    case 'list':
      for (let start = 0; start < value.length; start += PIECE) {
        yield ['RPUSH', key, ...value.slice(start, Math.min(start + PIECE, value.length))]
      }
      break
    case 'set': {
      const members = value.members()
      yield* pieces(['SADD', key], members.length, (i) => [members[i]!])
      break
    }
    case 'hash': {
      const fields = value.fields()
      const values = value.values()
      yield* pieces(['HSET', key], fields.length, (i) => [fields[i]!, values[i]!])
      if (value.expiring !== 0) {
        const expiring = fields.filter((field) => value.expiryOf(field) !== undefined)
        yield* pieces([Mark.FIELDS, key], expiring.length, (i) => [expiring[i]!, String(value.expiryOf(expiring[i]!))])
      }
      break
    }
    case 'zset': {
      for (let start = 0; start < value.size; start += PIECE) {
        const args = ['ZADD', key]
        value.visit(start, Math.min(start + PIECE, value.size), (member, score) =>
          args.push(formatDouble(score), member),
        )
        yield args
      }
      break
    }
    case 'stream':
      for (const part of parts(value)) yield [Mark.STREAM, key, dumpValue({ type: 'stream', stream: part })]
      break
    default:
      value satisfies never
  }
  if (entry.expireAt !== 0) yield ['PEXPIREAT', key, String(entry.expireAt)]
}

function* pieces(head: readonly string[], count: number, at: (index: number) => string[]): Generator<string[], void> {
  for (let start = 0; start < count; start += PIECE) {
    const args = [...head]
    for (let i = start; i < Math.min(start + PIECE, count); i++) args.push(...at(i))
    yield args
  }
}

/** A stream without entries, and then all its entries. */
function* parts(stream: Stream): Generator<Stream, void> {
  const { lastId, firstId, maxDeletedId, entriesAdded, groups } = stream
  yield Object.assign(new Stream(), { lastId, firstId, maxDeletedId, entriesAdded, groups })
  for (let start = 0; start < stream.nodes.length; start += PIECE_NODES) {
    const nodes = stream.nodes.slice(start, start + PIECE_NODES)
    yield Object.assign(new Stream(), { nodes, length: nodes.reduce((sum, { live }) => sum + live, 0) })
  }
}
