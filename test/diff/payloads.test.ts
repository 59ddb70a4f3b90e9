// Payloads of DUMP go from the engine to a real server and back, whatever they hold.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { Wire } from './wire.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

const numbers = Array.from({ length: 700 }, (_, i) => String(i))
const pairs = numbers.flatMap((number) => [number, `value ${number}`])

/** How each kind of value is made and read. */
const kinds: Readonly<Record<string, { readonly make: readonly string[][]; readonly read: readonly string[] }>> = {
  'an integer': { make: [['SET', 'k', '-70000']], read: ['GET', 'k'] },
  'a long text': { make: [['SET', 'k', 'abcdefgh'.repeat(5000)]], read: ['GET', 'k'] },
  'all bytes': {
    make: [['SET', 'k', String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))]],
    read: ['GET', 'k'],
  },
  'an edited string': {
    make: [
      ['SET', 'k', 'x'],
      ['SETRANGE', 'k', '100', 'y'],
    ],
    read: ['GET', 'k'],
  },
  'a short list': { make: [['RPUSH', 'k', '1', 'two', '']], read: ['LRANGE', 'k', '0', '-1'] },
  'a list of many nodes': { make: [['RPUSH', 'k', ...pairs, ...pairs]], read: ['LRANGE', 'k', '0', '-1'] },
  'an intset': { make: [['SADD', 'k', '1', '-99999', '9223372036854775807']], read: ['SMEMBERS', 'k'] },
  'a set': { make: [['SADD', 'k', 'a']], read: ['SMEMBERS', 'k'] },
  'a large set': { make: [['SADD', 'k', ...numbers]], read: ['SORT', 'k'] },
  'a small hash': { make: [['HSET', 'k', 'a', '1', 'b', '']], read: ['HGETALL', 'k'] },
  'a large hash': { make: [['HSET', 'k', ...pairs]], read: ['HLEN', 'k'] },
  'a small sorted set': {
    make: [['ZADD', 'k', '1', 'a', '-2.5', 'b', 'inf', 'c']],
    read: ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
  },
  'a large sorted set': {
    make: [['ZADD', 'k', ...numbers.flatMap((number) => [String(Number(number) / 3), number])]],
    read: ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
  },
  'a stream': {
    make: [...numbers.slice(1).map((number) => ['XADD', 'k', number, 'f', number]), ['XDEL', 'k', '5', '200']],
    read: ['XRANGE', 'k', '-', '+'],
  },
  'a stream with groups': {
    make: [
      ['XADD', 'k', '1', 'a', '1', 'b', '2'],
      ['XADD', 'k', '2', 'c', '3'],
      ['XADD', 'k', '3', 'c', '3'],
      ['XGROUP', 'CREATE', 'k', 'g', '0'],
      ['XGROUP', 'CREATE', 'k', 'h', '$', 'ENTRIESREAD', '2'],
      ['XREADGROUP', 'GROUP', 'g', 'alice', 'COUNT', '1', 'STREAMS', 'k', '>'],
      ['XREADGROUP', 'GROUP', 'g', 'bob', 'STREAMS', 'k', '>'],
      ['XCLAIM', 'k', 'g', 'bob', '0', '1', 'RETRYCOUNT', '7', 'TIME', '1'],
    ],
    read: ['XINFO', 'GROUPS', 'k'],
  },
}

/** The bulk string of a reply. */
function textOf(frame: string): string {
  return frame.slice(frame.indexOf('\r\n') + 2, -2)
}

describe('payloads', () => {
  for (const [title, { make, read }] of Object.entries(kinds)) {
    it(`of ${title} are understood in both directions`, async () => {
      const [real, engine] = await Promise.all(pair.sides.map((side) => Wire.open(side.port)))
      try {
        for (const [from, to] of [
          [real!, engine!],
          [engine!, real!],
        ] as const) {
          for (const side of [from, to]) await side.call('FLUSHALL')
          for (const command of make) expect(await from.call(...command)).not.toMatch(/^-/)
          const payload = textOf(await from.call('DUMP', 'k'))
          expect(await to.call('RESTORE', 'k', '0', payload)).toBe('+OK\r\n')
          expect(await to.call(...read)).toBe(await from.call(...read))
          for (const question of [
            ['TYPE', 'k'],
            ['OBJECT', 'ENCODING', 'k'],
          ]) {
            expect(await to.call(...question)).toBe(await from.call(...question))
          }
        }
      } finally {
        real!.close()
        engine!.close()
      }
    })
  }
})
