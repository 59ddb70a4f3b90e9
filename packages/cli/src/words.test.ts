import { UsageError } from '@ochre/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitWords } from './words.ts'

const text = (line: string): string[] => splitWords(line).map(String)

test('blanks separate words', () => {
  expect(text('  SET  k\tv \n')).toEqual(['SET', 'k', 'v'])
  expect(text('')).toEqual([])
})

test('double quotes know escapes, single quotes only their own', () => {
  expect(text('SET k "a b\\n\\"c\\"\\\\"')).toEqual(['SET', 'k', 'a b\n"c"\\'])
  expect(text("SET k 'a \\n \\'b\\''")).toEqual(['SET', 'k', "a \\n 'b'"])
  expect(text('SET k ""')).toEqual(['SET', 'k', ''])
})

test('hexadecimal escapes are bytes', () => {
  expect(splitWords('"\\xff\\x00é"')).toEqual([Buffer.from([0xff, 0x00, 0xc3, 0xa9])])
})

test('an open quote and a quote glued to text are refused', () => {
  expect(() => splitWords('SET k "v')).toThrow(UsageError)
  expect(() => splitWords("SET k 'v")).toThrow(UsageError)
  expect(() => splitWords('"a"b')).toThrow(UsageError)
})

test('any text in double quotes comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
      const line = words.map((word) => `"${word.replace(/[\\"]/g, '\\$&')}"`).join(' ')
      expect(text(line)).toEqual(words)
    }),
  )
})
