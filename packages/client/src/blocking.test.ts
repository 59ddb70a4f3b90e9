import { type Arg, lookupCommand } from '@ochre/protocol'
import { expect, test } from 'vitest'
import { blockingMs, waitsForOwnWrites } from './blocking.ts'

const { POSITIVE_INFINITY } = Number

test.each<[string, Arg[], number]>([
  ['blpop', ['a', 'b', 1.5], 1500],
  ['brpop', ['a', '0'], POSITIVE_INFINITY],
  ['brpop', ['a', Buffer.from('0.25')], 250],
  ['blmove', ['a', 'b', 'LEFT', 'RIGHT', 2], 2000],
  ['brpoplpush', ['a', 'b', 3], 3000],
  ['blmpop', [4, 1, 'a', 'LEFT'], 4000],
  ['bzmpop', [0, 1, 'a', 'MIN', 'COUNT', 5], POSITIVE_INFINITY],
  ['bzpopmin', ['a', 'b', 'c', 1], 1000],
  ['bzpopmax', ['a', '1'], 1000],
  ['xread', ['STREAMS', 's', '$'], -1],
  ['xread', ['COUNT', 1, 'BLOCK', 700, 'STREAMS', 's', '$'], 700],
  ['xread', ['block', 0, 'streams', 's', '$'], POSITIVE_INFINITY],
  ['xread', ['STREAMS', 'BLOCK', '0'], -1],
  ['xreadgroup', ['GROUP', 'g', 'c', 'BLOCK', 800, 'NOACK', 'STREAMS', 's', '>'], 800],
  ['xreadgroup', ['GROUP', 'g', 'c', 'STREAMS', 's', '>'], -1],
  ['wait', [1, 300], 300],
  ['wait', [1, 0], POSITIVE_INFINITY],
  ['get', ['timeout'], -1],
  ['lpop', ['a', 5], -1],
])('%s %j blocks for %s ms', (name, args, expected) => {
  expect(blockingMs(lookupCommand(name)!, args)).toBe(expected)
})

test('only WAIT and its kin wait for what their own connection wrote', () => {
  for (const name of ['wait', 'waitaof']) expect(waitsForOwnWrites(lookupCommand(name)!)).toBe(true)
  for (const name of ['blpop', 'xread', 'bzmpop', 'get']) expect(waitsForOwnWrites(lookupCommand(name)!)).toBe(false)
})
