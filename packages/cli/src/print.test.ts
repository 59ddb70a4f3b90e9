import { ReplyError } from '@ochre/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, plain, pretty, quote } from './print.ts'
import { splitWords } from './words.ts'

test('a person sees what redis-cli would draw', () => {
  expect(pretty('OK')).toBe('OK')
  expect(pretty('a "b"\n')).toBe('"a \\"b\\"\\n"')
  expect(pretty(null)).toBe('(nil)')
  expect(pretty(7)).toBe('(integer) 7')
  expect(pretty(1.5)).toBe('(double) 1.5')
  expect(pretty([])).toBe('(empty array)')
  expect(pretty(new ReplyError('ERR no'))).toBe('(error) ERR no')
  expect(pretty(['a', ['b', 'OK'], 3n])).toBe('1) "a"\n2) 1) "b"\n   2) "OK"\n3) (integer) 3')
  expect(pretty({ name: 'x', n: 1 })).toBe('1# "name" => "x"\n2# "n" => (integer) 1')
})

test('a pipe gets values line by line, bytes untouched', () => {
  expect(plain(['a', [1, null], Buffer.from([0xff])])).toEqual(Buffer.from('a\n1\n\n\xff\n', 'latin1'))
  expect(plain({ f: 'v' })).toEqual(Buffer.from('f\nv\n'))
})

test('JSON keeps every digit and every byte', () => {
  expect(json([1n << 62n, 'é', null, true, Number.POSITIVE_INFINITY])).toBe(
    '[4611686018427387904,"é",null,true,"Infinity"]',
  )
  expect(json(Buffer.from([0xff]))).toBe('{"base64":"/w=="}')
  expect(json(Object.assign(Object.create(null), { ['__proto__']: 'x' }))).toContain('"__proto__":"x"')
})

test('a quoted string pasted back gives the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(splitWords(quote(bytes))).toEqual([Buffer.from(bytes)])
    }),
  )
})
