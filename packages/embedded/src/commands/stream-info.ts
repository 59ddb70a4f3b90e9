// XINFO: what there is to know about a stream, its groups and their consumers.
import { FailureReply, MapReply, type Reply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { NO_SUCH_KEY, quotable } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { ConsumerGroup } from '../structures/consumer-group.ts'
import type { Stream } from '../structures/stream.ts'
import { formatId, MAX_ID, MIN_ID } from '../structures/stream-id.ts'
import { entriesBetween, entryReply } from './stream.ts'

function streamAt(session: Session, key: string): Stream {
  const stream = session.db.read(key, 'stream')?.value
  if (stream === undefined) throw NO_SUCH_KEY
  return stream
}

/** How many entries FULL shows of each list unless told. */
const SHOWN = 10

/** XINFO STREAM key [FULL [COUNT n]] */
function xinfoStream(session: Session, args: readonly string[]): Outcome {
  const stream = streamAt(session, args[2]!)
  const isFull = args.length > 3
  let count = SHOWN
  if (isFull) {
    const hasCount = args.length === 6 && args[4]!.toUpperCase() === 'COUNT'
    if (args[3]!.toUpperCase() !== 'FULL' || (args.length !== 4 && !hasCount)) throw wrongSubcommand(args)
    if (hasCount) count = integerOf(args[5])
    if (count < 0) count = SHOWN
  }
  const facts: Reply[] = [
    ...['length', stream.length],
    ...['radix-tree-keys', stream.nodes.length],
    ...['radix-tree-nodes', radixNodes(stream.nodes.map((node) => node.masterId))],
    ...['last-generated-id', formatId(stream.lastId)],
    ...['max-deleted-entry-id', formatId(stream.maxDeletedId)],
    ...['entries-added', stream.entriesAdded],
    ...['recorded-first-entry-id', formatId(stream.firstId)],
  ]
  if (isFull) {
    facts.push('entries', entriesBetween(stream, MIN_ID, MAX_ID, count))
    facts.push(
      'groups',
      stream.groups.values().map((group) => fullGroup(stream, group, count)),
    )
  } else {
    const [first, last] = [stream.first(), stream.last()]
    facts.push('groups', stream.groups.size)
    facts.push('first-entry', first === undefined ? null : entryReply(first))
    facts.push('last-entry', last === undefined ? null : entryReply(last))
  }
  return new MapReply(facts)
}

function fullGroup(stream: Stream, group: ConsumerGroup, count: number): Reply {
  const shown = count === 0 ? Number.POSITIVE_INFINITY : count
  const pending = group.pending
    .values()
    .slice(0, shown)
    .map((entry) => [formatId(entry.id), entry.consumer.name, entry.deliveryTimeMs, entry.deliveryCount])
  const consumers = group.consumers.values().map((consumer) => {
    const own = consumer.pending
      .values()
      .slice(0, shown)
      .map((entry) => [formatId(entry.id), entry.deliveryTimeMs, entry.deliveryCount])
    const { name, seenTimeMs } = consumer
    return new MapReply(['name', name, 'seen-time', seenTimeMs, 'pel-count', consumer.pending.size, 'pending', own])
  })
  return new MapReply([
    ...['name', group.name],
    ...position(stream, group),
    ...['pel-count', group.pending.size],
    ...['pending', pending],
    ...['consumers', consumers],
  ])
}

function position(stream: Stream, group: ConsumerGroup): Reply[] {
  return [
    ...['last-delivered-id', formatId(group.lastId)],
    ...['entries-read', group.entriesRead ?? null],
    ...['lag', stream.lag(group) ?? null],
  ]
}

function xinfoGroups(session: Session, args: readonly string[]): Outcome {
  const stream = streamAt(session, args[2]!)
  return stream.groups.values().map((group) => {
    const { name, consumers, pending } = group
    return new MapReply([
      'name',
      name,
      'consumers',
      consumers.size,
      'pending',
      pending.size,
      ...position(stream, group),
    ])
  })
}

function xinfoConsumers(session: Session, args: readonly string[]): Outcome {
  const group = streamAt(session, args[2]!).groups.get(args[3]!)
  if (group === undefined) {
    const shown = [args[3]!, args[2]!].map((text) => quotable(text, text.length))
    throw new FailureReply(`NOGROUP No such consumer group '${shown[0]}' for key name '${shown[1]}'`)
  }
  const { now } = session.engine
  return group.consumers.values().map(({ name, pending, seenTimeMs }) => {
    return new MapReply(['name', name, 'pending', pending.size, 'idle', Math.max(0, now - seenTimeMs)])
  })
}

/**
 * How many nodes Redis's radix tree has over these keys (sorted, of one length): one per key, one per place where keys part,
 * and one per run of bytes between two of those.
 */
function radixNodes(keys: readonly string[]): number {
  const nodesBelow = (low: number, high: number, depth: number): number => {
    const first = keys[low]!
    const last = keys[high - 1]!
    let parts = depth
    while (parts < first.length && first[parts] === last[parts]) parts++
    const run = parts > depth ? 1 : 0
    if (low + 1 === high) return run + 1
    let nodes = run + 1
    for (let start = low; start < high; ) {
      let end = start + 1
      while (end < high && keys[end]![parts] === keys[start]![parts]) end++
      nodes += nodesBelow(start, end, parts + 1)
      start = end
    }
    return nodes
  }
  return keys.length === 0 ? 1 : nodesBelow(0, keys.length, 0)
}

export const streamInfo: Readonly<Record<string, Handler>> = {
  'xinfo consumers': xinfoConsumers,
  'xinfo groups': xinfoGroups,
  'xinfo help': helping([
    'CONSUMERS <key> <groupname>',
    '    Show consumers of <groupname>.',
    'GROUPS <key>',
    '    Show the stream consumer groups.',
    'STREAM <key> [FULL [COUNT <count>]',
    '    Show information about the stream.',
  ]),
  'xinfo stream': xinfoStream,
}
