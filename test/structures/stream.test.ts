// Streams against a real server: trimming by nodes, first and last ids, the read counters and lag of groups, odd ids.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConsumerGroup } from '../../packages/embedded/src/structures/consumer-group.ts'
import { Stream } from '../../packages/embedded/src/structures/stream.ts'
import {
  formatId,
  idSequence,
  incrementId,
  MAX_ID,
  parseAddId,
  parseId,
  parseIntervalId,
  streamId,
} from '../../packages/embedded/src/structures/stream-id.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient, type BinaryReply } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'stream', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

/** The named fields of a flat reply of names and values. */
function fields(reply: BinaryReply, ...names: string[]): Record<string, BinaryReply | undefined> {
  const flat = reply as BinaryReply[]
  return Object.fromEntries(names.map((name) => [name, flat[flat.indexOf(name) + 1]]))
}

const NODES = [
  { entries: 100, bytes: 4096 },
  { entries: 5, bytes: 4096 },
  { entries: 0, bytes: 300 },
  { entries: 7, bytes: 200 },
]

it.each(NODES)('adds, deletes, trims and reads by groups as the server does with nodes of %o', async (limits) => {
  await redis.call('CONFIG', 'SET', 'stream-node-max-entries', limits.entries, 'stream-node-max-bytes', limits.bytes)
  const random = randomFrom(limits.entries + limits.bytes)
  const below = (max: number) => Math.floor(random() * max)
  for (let round = 0; round < 12; round++) {
    await redis.call('DEL', 's')
    const stream = new Stream()
    await redis.call('XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM')
    const group = new ConsumerGroup('g', streamId(0, 0), undefined)
    stream.groups.set('g', group)
    const consumer = group.createConsumer('c', 0)!
    let ms = 1
    for (let step = 0; step < 150; step++) {
      const kind = random()
      if (kind < 0.6) {
        for (let i = below(12); i >= 0; i--) {
          ms += below(3)
          const id = `${ms}-${step}`
          const entry = ['name', 'x'.repeat(below(60)), random() < 0.8 ? 'n' : 'other', String(below(100_000) - 50_000)]
          const isAdded = stream.append(parseId(id, 0)!, entry, limits)
          const reply = await redis.send('XADD', 's', id, ...entry)
          expect(reply instanceof Error).toBe(!isAdded)
        }
      } else if (kind < 0.75) {
        const all = (await redis.call('XRANGE', 's', '-', '+')) as [string, BinaryReply][]
        const picked = all[below(all.length)]?.[0] ?? '3-3'
        expect(stream.delete(parseId(picked, 0)!)).toBe((await redis.call('XDEL', 's', picked)) === 1)
      } else if (kind < 0.85) {
        const max = below(stream.length + 2)
        const [option, isApproximate] = random() < 0.6 ? (['~', true] as const) : (['=', false] as const)
        if (random() < 0.5) {
          expect(stream.trimToLength(max, isApproximate, 0)).toBe(
            await redis.call('XTRIM', 's', 'MAXLEN', option, max, ...(isApproximate ? ['LIMIT', 0] : [])),
          )
        } else {
          const limit = isApproximate ? below(20) : 0
          const minId = `${below(ms)}-5`
          const theirs = await redis.call(
            'XTRIM',
            's',
            'MINID',
            option,
            minId,
            ...(isApproximate ? ['LIMIT', limit] : []),
          )
          expect(stream.trimToId(parseId(minId, 0)!, isApproximate, limit)).toBe(theirs)
        }
      } else if (kind < 0.95) {
        const count = below(8) + 1
        const theirs = (await redis.call('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', count, 'STREAMS', 's', '>')) as
          | [string, [string, string[]][]][]
          | null
        const ours: [string, readonly string[]][] = []
        stream.visit(incrementId(group.lastId)!, MAX_ID, (entry) => {
          stream.advance(group, entry.id)
          group.assign(consumer, entry.id, 0, 1)
          return ours.push([formatId(entry.id), entry.fields]) < count
        })
        expect(ours).toEqual(theirs?.[0]?.[1] ?? [])
      } else if (kind < 0.97) {
        const acknowledged = group.pending.firstKey()
        if (acknowledged !== undefined) {
          expect(await redis.call('XACK', 's', 'g', formatId(acknowledged))).toBe(1)
          expect(group.acknowledge(acknowledged)).toBe(true)
        }
      } else {
        const id = `${below(ms + 2)}-0`
        await redis.call('XGROUP', 'SETID', 's', 'g', id)
        group.lastId = parseId(id, 0)!
        group.entriesRead = undefined
      }
      const info = fields(
        await redis.call('XINFO', 'STREAM', 's', 'FULL'),
        'length',
        'radix-tree-keys',
        'last-generated-id',
        'max-deleted-entry-id',
        'entries-added',
        'recorded-first-entry-id',
      )
      expect(info).toEqual({
        length: stream.length,
        'radix-tree-keys': stream.nodes.length,
        'last-generated-id': formatId(stream.lastId),
        'max-deleted-entry-id': formatId(stream.maxDeletedId),
        'entries-added': stream.entriesAdded,
        'recorded-first-entry-id': formatId(stream.firstId),
      })
      const groups = (await redis.call('XINFO', 'GROUPS', 's')) as BinaryReply[]
      expect(fields(groups[0]!, 'pending', 'last-delivered-id', 'entries-read', 'lag')).toEqual({
        pending: group.pending.size,
        'last-delivered-id': formatId(group.lastId),
        'entries-read': group.entriesRead ?? null,
        lag: stream.lag(group) ?? null,
      })
    }
  }
})

it('accepts the ids that the server accepts', async () => {
  const texts = [
    '0-1',
    '007-1',
    '+8-1',
    ' 9-1',
    '10 -1',
    '11-01',
    '12--05',
    '12-+5',
    '13-',
    '-13',
    '14',
    '15-*',
    '15-**',
    '*-1',
    '18446744073709551615-1',
    '18446744073709551616-1',
    '1.5-1',
    '',
  ]
  for (const text of texts) {
    await redis.call('DEL', 's')
    const reply = await redis.send('XADD', 's', text, 'f', 'v')
    const parsed = parseAddId(text)
    expect(parsed && formatId(parsed.isPartial ? new Stream().nextSequence(parsed.id)! : parsed.id), text).toBe(
      reply instanceof Error ? undefined : reply,
    )
  }
  expect(idSequence(parseId('12--05', 0)!)).toBe(2n ** 64n - 5n)
  for (const text of ['-', '+', '(-', '(+', '(5', '(', '5-', '', '(5-x', ' 5', '((5']) {
    const reply = await redis.send('XRANGE', 'missing', text, '+')
    expect(parseIntervalId(text, 0) !== undefined, text).toBe(!(reply instanceof Error))
  }
})
