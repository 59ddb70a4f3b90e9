import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConsumerGroup } from './consumer-group.ts'
import { crc64 } from './crc64.ts'
import { dumpValue, restoreValue } from './rdb.ts'
import type { RdbValue } from './rdb-value.ts'
import { Stream } from './stream.ts'
import { MIN_ID, streamId } from './stream-id.ts'
import { decodeZiplist, decodeZipmap } from './ziplist.ts'

const text = fc.oneof(
  fc.integer().map(String),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 30 }),
  fc
    .tuple(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), fc.nat(3000))
    .map(([part, count]) => part.repeat(count)),
)
const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 40 })

const value: fc.Arbitrary<RdbValue> = fc.oneof(
  text.map((one) => ({ type: 'string' as const, text: one })),
  fc.array(text, { minLength: 1 }).map((elements) => ({ type: 'list' as const, elements })),
  texts.map((members) => ({ type: 'set' as const, encoding: 'hashtable' as const, members })),
  fc.uniqueArray(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), { minLength: 1 }).map((values) => ({
    type: 'set' as const,
    encoding: 'intset' as const,
    members: values.sort((a, b) => (a < b ? -1 : 1)).map(String),
  })),
  fc.tuple(texts, fc.constantFrom('listpack' as const, 'hashtable' as const)).map(([fields, encoding]) => ({
    type: 'hash' as const,
    encoding,
    fields: fields.flatMap((field, i) => [field, fields[(i * 7) % fields.length]!]),
  })),
  fc
    .tuple(
      texts,
      fc.array(fc.double({ noNaN: true }), { minLength: 40, maxLength: 40 }),
      fc.constantFrom('listpack' as const, 'skiplist' as const),
    )
    .map(([members, scores, encoding]) => {
      const pairs = members.map((member, i) => [member, scores[i]! + 0] as const)
      pairs.sort(([a, scoreA], [b, scoreB]) => (scoreA === scoreB ? (a < b ? -1 : 1) : scoreA < scoreB ? -1 : 1))
      return {
        type: 'zset' as const,
        encoding,
        members: pairs.map(([member]) => member),
        scores: pairs.map(([, score]) => score),
      }
    }),
)

function checked(body: string): string {
  const bytes = Buffer.from(`${body}\x0a\0`, 'latin1')
  return bytes.toString('latin1') + crc64(bytes).toString('latin1')
}

describe('payloads', () => {
  it('restore what they were made of', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(restoreValue(dumpValue(one))).toEqual(one)
      }),
      { numRuns: 500 },
    )
  })

  it('restore streams with deletions, groups and pending entries', () => {
    const stream = new Stream()
    for (let i = 1; i <= 250; i++)
      stream.append(
        streamId(i, i % 3 === 0 ? 2n ** 64n - 1n : 0),
        i % 5 === 0 ? ['x', '1', 'y', '2'] : ['f', `v${i}`],
        { entries: 100, bytes: 4096 },
      )
    for (const i of [1, 7, 100, 101, 250]) stream.delete(streamId(i, 0))
    const group = new ConsumerGroup('group', streamId(50, 0), undefined)
    stream.groups.set('group', group)
    group.assign(group.createConsumer('one', 1_700_000_000_000)!, streamId(20, 0), 1_700_000_000_123, 1)
    group.createConsumer('two', 5)
    stream.groups.set('other', new ConsumerGroup('other', MIN_ID, 17))
    const restored = restoreValue(dumpValue({ type: 'stream', stream }))
    expect(restored).toEqual({ type: 'stream', stream })
    expect(restored).toEqual({ type: 'stream', stream: stream.clone() })
  })

  it('are refused when cut, changed, newer or empty, and never throw', () => {
    const payload = dumpValue({ type: 'hash', encoding: 'listpack', fields: ['a', '1', 'b', '2'] })
    for (let end = 0; end < payload.length; end++) expect(restoreValue(payload.slice(0, end))).toBe('footer')
    const newer = Buffer.from(`${payload.slice(0, -10)}\x0b\0`, 'latin1')
    expect(restoreValue(newer.toString('latin1') + crc64(newer).toString('latin1'))).toBe('footer')
    for (const body of ['', '\x01\0', '\x02\0', '\x04\0', '\x05\0', '\x63', '\x12\0', '\0\xc4', '\0\xc3\x01\xbfff'])
      expect(restoreValue(checked(body)), JSON.stringify(body)).toBe('data')
    const types = fc.constantFrom(0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
        const restored = restoreValue(checked(String.fromCharCode(type) + Buffer.from(bytes).toString('latin1')))
        expect(restored === 'data' || typeof restored === 'object').toBe(true)
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (one, position, byte) => {
        const body = dumpValue(one).slice(0, -10)
        const at = position % body.length
        const restored = restoreValue(checked(body.slice(0, at) + String.fromCharCode(byte) + body.slice(at + 1)))
        expect(restored === 'data' || typeof restored === 'object').toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('older forms', () => {
  it('reads the documented ziplist and zipmap', () => {
    const short = Buffer.from('0f0000000c000000020000f302f6ff', 'hex')
    expect(decodeZiplist(short)).toEqual(['2', '5'])
    for (let end = 0; end < short.length; end++) expect(decodeZiplist(short.subarray(0, end))).toBe(undefined)
    expect(decodeZipmap(Buffer.from('\x02\x03foo\x03\x00bar\x05hello\x05\x02world!!\xff', 'latin1'))).toEqual([
      'foo',
      'bar',
      'hello',
      'world',
    ])
    expect(decodeZipmap(Buffer.from('\x02\x03foo\x03\x00ba', 'latin1'))).toBe(undefined)
  })
})
