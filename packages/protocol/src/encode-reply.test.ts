import { describe, expect, it } from 'vitest'
import { encodeReply } from './encode-reply.ts'
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from './reply.ts'

const cases: [title: string, reply: Reply, resp2: string, resp3: string][] = [
  ['a bulk string counts bytes', 'h\xff\r\n', '$4\r\nh\xff\r\n\r\n', '$4\r\nh\xff\r\n\r\n'],
  ['an empty bulk string', '', '$0\r\n\r\n', '$0\r\n\r\n'],
  ['raw bytes', Buffer.from([0, 255]), '$2\r\n\x00\xff\r\n', '$2\r\n\x00\xff\r\n'],
  ['an integer', -7, ':-7\r\n', ':-7\r\n'],
  ['an integer beyond doubles', 9223372036854775807n, ':9223372036854775807\r\n', ':9223372036854775807\r\n'],
  ['the absent string', null, '$-1\r\n', '_\r\n'],
  ['the absent array', NULL_ARRAY, '*-1\r\n', '_\r\n'],
  ['true', true, ':1\r\n', '#t\r\n'],
  ['false', false, ':0\r\n', '#f\r\n'],
  ['a status', new StatusReply('OK'), '+OK\r\n', '+OK\r\n'],
  ['a failure', new FailureReply('ERR no'), '-ERR no\r\n', '-ERR no\r\n'],
  ['a double', new DoubleReply('1.5'), '$3\r\n1.5\r\n', ',1.5\r\n'],
  ['a big number', new BigNumberReply('12'), '$2\r\n12\r\n', '(12\r\n'],
  ['verbatim text', new VerbatimReply('txt', 'ab'), '$2\r\nab\r\n', '=6\r\ntxt:ab\r\n'],
  ['a map', new MapReply(['a', 1]), '*2\r\n$1\r\na\r\n:1\r\n', '%1\r\n$1\r\na\r\n:1\r\n'],
  ['a set', new SetReply(['a']), '*1\r\n$1\r\na\r\n', '~1\r\n$1\r\na\r\n'],
  ['a push', new PushReply(['a', null]), '*2\r\n$1\r\na\r\n$-1\r\n', '>2\r\n$1\r\na\r\n_\r\n'],
  ['nested arrays', [[1, []], 'x'], '*2\r\n*2\r\n:1\r\n*0\r\n$1\r\nx\r\n', '*2\r\n*2\r\n:1\r\n*0\r\n$1\r\nx\r\n'],
]

describe('encodeReply', () => {
  for (const [title, reply, resp2, resp3] of cases) {
    it(`spells ${title} in both protocols`, () => {
      expect(encodeReply(reply, 2)).toBe(resp2)
      expect(encodeReply(reply, 3)).toBe(resp3)
    })
  }

  it('spells what is nested deeper than the stack is', () => {
    let reply: Reply = 'x'
    for (let depth = 0; depth < 100_000; depth++) reply = depth % 2 === 0 ? [reply, 1] : new MapReply([0, reply])
    const text = encodeReply(reply, 2)
    expect(text).toBe(`${'*2\r\n:0\r\n*2\r\n'.repeat(50_000)}$1\r\nx\r\n${':1\r\n'.repeat(50_000)}`)
  })
})
