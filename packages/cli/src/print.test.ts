import { DoubleReply, FailureReply, MapReply, type Reply, SetReply, StatusReply, VerbatimReply } from '@ochre/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, plain, pretty, quote } from './print.ts'
import { splitWords } from './words.ts'

test.each<[Reply, string]>([
  [new StatusReply('OK'), 'OK'],
  ['OK', '"OK"'],
  ['a "b"\n', '"a \\"b\\"\\n"'],
  [Buffer.from('é').toString('latin1'), '"é"'],
  ['\xff', '"\\xff"'],
  [null, '(nil)'],
  [7, '(integer) 7'],
  [new DoubleReply('1.5'), '(double) 1.5'],
  [[], '(empty array)'],
  [new FailureReply('ERR no'), '(error) ERR no'],
  [new VerbatimReply('txt', '# Server\r\nredis_version:7\r\n'), '# Server\r\nredis_version:7'],
  [['a', ['b', new StatusReply('OK')], 3n], '1) "a"\n2) 1) "b"\n   2) OK\n3) (integer) 3'],
  [new MapReply(['name', 'x', 'n', 1]), '1# "name" => "x"\n2# "n" => (integer) 1'],
  [new SetReply(['a']), '1~ "a"'],
])('a person sees what redis-cli would draw: %o', (reply, drawn) => {
  expect(pretty(reply)).toBe(drawn)
})

test('a pipe gets values line by line, bytes untouched', () => {
  expect(plain(['a', [1, null], '\xff'])).toEqual(Buffer.from('a\n1\n\n\xff\n', 'latin1'))
  expect(plain(new MapReply(['f', 'v']))).toEqual(Buffer.from('f\nv\n'))
})

test('JSON keeps every digit and every byte', () => {
  expect(json([1n << 62n, '\xc3\xa9', null, true, new DoubleReply('inf'), new DoubleReply('0.1')])).toBe(
    '[4611686018427387904,"é",null,true,"inf",0.1]',
  )
  expect(json('\xff')).toBe('{"base64":"/w=="}')
  expect(json(new MapReply(['__proto__', 'x']))).toBe('{"__proto__":"x"}')
})

test('a quoted string pasted back gives the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(splitWords(quote(bytes))).toEqual([Buffer.from(bytes)])
    }),
  )
})
