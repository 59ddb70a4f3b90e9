// DUMP and RESTORE against a real server in both directions: its payloads read here and ours read there; the same bytes.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { crc64 } from '../../packages/embedded/src/structures/crc64.ts'
import { HashValue } from '../../packages/embedded/src/structures/hash-value.ts'
import { formatDouble, parseDouble } from '../../packages/embedded/src/structures/numbers.ts'
import { dumpValue, restoreValue } from '../../packages/embedded/src/structures/rdb.ts'
import type { RdbValue } from '../../packages/embedded/src/structures/rdb-value.ts'
import { SetValue } from '../../packages/embedded/src/structures/set-value.ts'
import { SortedSet } from '../../packages/embedded/src/structures/sorted-set.ts'
import { formatId } from '../../packages/embedded/src/structures/stream-id.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient, type BinaryReply } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'rdb', version: 'redis-7.0', config: { 'enable-debug-command': 'yes' } })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

const random = randomFrom(21)
const below = (max: number) => Math.floor(random() * max)

function text(max = 100): string {
  const kind = random()
  if (kind < 0.25) return String(below(300) - 150)
  if (kind < 0.4) return String(BigInt(Math.floor((random() - 0.5) * 2 ** 62)) >> BigInt(below(60)))
  if (kind < 0.7) return Array.from({ length: below(max) }, () => 'abcab '[below(6)]).join('')
  return Array.from({ length: below(max) }, () => String.fromCharCode(below(256))).join('')
}

/** Our bytes for the value that the server holds at `key`, which must equal its own and be equal to it once restored. */
async function compare(key: string, value: RdbValue): Promise<void> {
  const theirs = await redis.text('DUMP', key)
  expect(restoreValue(theirs)).toEqual(value)
  const ours = dumpValue(value)
  expect(Buffer.from(ours, 'latin1').toString('hex')).toBe(Buffer.from(theirs, 'latin1').toString('hex'))
  await redis.call('RESTORE', 'copy', 0, ours, 'REPLACE')
  const [copied, original] = (await redis.call('DEBUG', 'DIGEST-VALUE', 'copy', key)) as string[]
  expect(copied).toBe(original)
  await redis.call('DEL', key)
}

beforeEach(() => redis.call('FLUSHALL'))

it('exchanges strings', async () => {
  for (const special of [
    '',
    '0',
    '-1',
    '127',
    '128',
    '-129',
    '32768',
    '2147483647',
    '2147483648',
    '-2147483649',
    '01',
    'a'.repeat(20),
    'a'.repeat(21),
    'a'.repeat(20000),
  ]) {
    await redis.call('SET', 'k', special)
    await compare('k', { type: 'string', text: special })
  }
  for (let i = 0; i < 1000; i++) {
    const one = text(i % 10 === 0 ? 20_000 : 300)
    await redis.call('SET', 'k', one)
    await compare('k', { type: 'string', text: one })
  }
})

it('exchanges lists', async () => {
  for (let i = 0; i < 150; i++) {
    const elements = Array.from({ length: 1 + below(i % 5 === 0 ? 1500 : 60) }, () => text(i % 10 === 0 ? 9000 : 80))
    for (let at = 0; at < elements.length; at += 100) await redis.call('RPUSH', 'k', ...elements.slice(at, at + 100))
    await compare('k', { type: 'list', elements })
  }
})

it('exchanges sets', async () => {
  for (let i = 0; i < 200; i++) {
    const set = new SetValue()
    const members = Array.from({ length: 1 + below(60) }, () =>
      i % 2 === 0 ? String(BigInt(below(2 ** 16) - 2 ** 15) * 2n ** BigInt((i % 4) * 12)) : text(),
    )
    for (const member of members) set.add(member, 512)
    await redis.call('SADD', 'k', ...members)
    const theirs = (await redis.call('SMEMBERS', 'k')) as string[]
    expect(theirs.toSorted()).toEqual(set.members().toSorted())
    if (set.encoding === 'intset') expect(set.members()).toEqual(theirs)
    await compare('k', { type: 'set', encoding: set.encoding, members: theirs })
  }
})

it('exchanges hashes', async () => {
  for (let i = 0; i < 200; i++) {
    let hash = new HashValue()
    const isSmall = i % 2 === 0
    for (let count = 1 + below(isSmall ? 60 : 150); count > 0; count--) {
      const [field, value] = [text(isSmall ? 64 : 80), text(isSmall ? 64 : 80)]
      hash.set(field, value, { entries: 128, value: 64 })
      await redis.call('HSET', 'k', field, value)
      if (count % 5 === 0) {
        hash.delete(field)
        // An empty hash is no key: the next one starts anew.
        if (hash.size === 0) hash = new HashValue()
        await redis.call('HDEL', 'k', field)
      }
    }
    if (hash.size === 0) continue
    const theirs = (await redis.call('HGETALL', 'k')) as string[]
    const ours = hash.fields().flatMap((field, at) => [field, hash.values()[at]!])
    if (hash.encoding === 'listpack') expect(ours).toEqual(theirs)
    await compare('k', { type: 'hash', encoding: hash.encoding, fields: theirs })
  }
})

it('exchanges sorted sets', async () => {
  const scores = [
    '0',
    '-0',
    '1',
    '-1',
    '0.1',
    '1e17',
    '1e300',
    '-1e-300',
    'inf',
    '-inf',
    '4503599627370496',
    '9007199254740993',
    '3.5',
    '4611686018427387904',
    '-4611686018427387904',
    '4611686018427388928',
    '-4611686018427388928',
    '9223372036854775807',
  ]
  for (let i = 0; i < 200; i++) {
    const set = new SortedSet()
    const limits = { entries: 128, value: 64 }
    for (let count = 1 + below(i % 2 === 0 ? 60 : 200); count > 0; count--) {
      const member = text(i % 2 === 0 ? 64 : 70)
      const score =
        random() < 0.3 ? scores[below(scores.length)]! : formatDouble(random() < 0.5 ? below(100) : random())
      set.set(member, parseDouble(score)!, limits)
      await redis.call('ZADD', 'k', score, member)
    }
    const members: string[] = []
    const values: number[] = []
    set.visit(0, set.size, (member, score) => {
      members.push(member)
      values.push(score)
    })
    const theirs = (await redis.call('ZRANGE', 'k', 0, -1, 'WITHSCORES')) as string[]
    expect(members.flatMap((member, at) => [member, formatDouble(values[at]!)])).toEqual(theirs)
    await compare('k', { type: 'zset', encoding: set.encoding, members, scores: values })
  }
})

it('exchanges streams', async () => {
  for (let i = 0; i < 60; i++) {
    for (let count = below(300); count >= 0; count--) {
      const fields = random() < 0.8 ? ['name', text(40), 'n', text(10)] : [text(10), text(200)]
      await redis.call('XADD', 'k', '*', ...fields)
    }
    const ids = ((await redis.call('XRANGE', 'k', '-', '+')) as [string, BinaryReply][]).map(([id]) => id)
    for (const id of ids) if (random() < 0.1 || i % 7 === 6) await redis.call('XDEL', 'k', id)
    if (i % 3 === 0) await redis.call('XTRIM', 'k', 'MAXLEN', i % 2 === 0 ? '~' : '=', below(200))
    await redis.call('XGROUP', 'CREATE', 'k', 'first', '0')
    await redis.call('XGROUP', 'CREATE', 'k', 'second', '5-5', 'ENTRIESREAD', '7')
    await redis.call('XGROUP', 'CREATECONSUMER', 'k', 'second', 'idle')
    for (const consumer of ['b', 'a', 'b'])
      await redis.call('XREADGROUP', 'GROUP', 'first', consumer, 'COUNT', below(40) + 1, 'STREAMS', 'k', '>')
    const payload = await redis.text('DUMP', 'k')
    const restored = restoreValue(payload)
    if (typeof restored === 'string' || restored.type !== 'stream')
      throw new Error(`The payload of a stream gave ${JSON.stringify(restored)}.`)
    const entries: [string, readonly string[]][] = []
    restored.stream.visit('', '\xff'.repeat(16), (entry) => entries.push([formatId(entry.id), entry.fields]) > 0)
    expect(entries).toEqual(await redis.call('XRANGE', 'k', '-', '+'))
    expect(Buffer.from(dumpValue(restored), 'latin1').toString('hex')).toBe(
      Buffer.from(payload, 'latin1').toString('hex'),
    )
    await redis.call('DEL', 'k')
  }
})

it('reads the forms of older versions as the server does', async () => {
  const ziplist = (elements: readonly string[]) => {
    let body = ''
    let previous = 0
    for (const element of elements) {
      const size = previous < 254 ? 1 : 5
      const length = Buffer.alloc(4)
      length.writeUInt32LE(previous)
      const head = size === 1 ? String.fromCharCode(previous) : `\xfe${length.toString('latin1')}`
      const small = /^[0-9]$/.test(element) ? String.fromCharCode(0xf1 + Number(element)) : undefined
      const long = String.fromCharCode(0x40 | (element.length >> 8), element.length & 0xff)
      const entry = head + (small ?? (element.length < 64 ? String.fromCharCode(element.length) : long) + element)
      body += entry
      previous = entry.length
    }
    const header = Buffer.alloc(10)
    header.writeUInt32LE(body.length + 11, 0)
    header.writeUInt32LE(10 + body.length - previous, 4)
    header.writeUInt16LE(elements.length, 8)
    return `${header.toString('latin1')}${body}\xff`
  }
  const string = (one: string) => String.fromCharCode(0x40 | (one.length >> 8), one.length & 0xff) + one
  const long = 'long '.repeat(60)
  const bodies = [
    `\x01\x02${string('a')}${string(long)}`,
    `\x0a${string(ziplist(['one', '7', long, 'x']))}`,
    `\x0e\x02${string(ziplist(['one', '7']))}${string(ziplist(['y', long]))}`,
    `\x0d${string(ziplist(['field', '1', 'other', 'value']))}`,
    `\x09${string('\x02\x03foo\x03\x00bar\x05hello\x05\x00world\xff')}`,
    `\x0c${string(ziplist(['a', '1', 'b', '2.5', 'c', 'inf']))}`,
    `\x03\x03${string('a')}\x011${string('b')}\x032.5${string('c')}\xfe`,
  ]
  for (const body of bodies) {
    const bytes = Buffer.from(`${body}\x06\0`, 'latin1')
    const payload = bytes.toString('latin1') + crc64(bytes).toString('latin1')
    await redis.call('RESTORE', 'k', 0, payload, 'REPLACE')
    const ours = restoreValue(payload)
    if (typeof ours === 'string') throw new Error(`Not read: ${JSON.stringify(body)}`)
    expect(restoreValue(await redis.text('DUMP', 'k'))).toEqual(
      ours.type === 'zset' ? { ...ours, encoding: 'listpack' } : ours,
    )
  }
})
