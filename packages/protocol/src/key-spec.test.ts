import { describe, expect, it } from 'vitest'
import { UsageError } from './errors.ts'
import { findKeys, parseKeySpecs } from './key-spec.ts'

function found(notation: string, line: string): number[] | false {
  const words = line.split(' ').map((word) => (word === '""' ? '' : word))
  const positions: number[] = []
  for (const spec of parseKeySpecs(notation)) {
    if (!findKeys(spec, words.length, (index) => words[index]!, positions)) return false
  }
  return positions
}

describe('Key specifications', () => {
  it('are read with their flags', () => {
    expect(parseKeySpecs('RW.access.update.variable_flags@1 RO.not_key@2')).toMatchObject([
      { access: 'RW', uses: ['access', 'update'], variable: true, notKey: false, incomplete: false },
      { access: 'RO', uses: [], variable: false, notKey: true },
    ])
    expect(parseKeySpecs('')).toEqual([])
  })

  for (const [notation, line, positions] of [
    ['RO@1', 'get k', [1]],
    ['RO@1..-1', 'mget a b c', [1, 2, 3]],
    ['OW@1..-1/2', 'mset a 1 b 2', [1, 3]],
    ['RO@1..-2', 'blpop a b 0', [1, 2]],
    ['RO@1#0,1,1', 'zunion 2 a b WEIGHTS 1 2', [2, 3]],
    ['RW@2#0,1,1', 'eval script 0 a', []],
    ['OW@1#0,1,2', 'msetex 2 a 1 b 2 NX', [2, 4]],
    ['RO@STREAMS>1..-1%2', 'xread COUNT 1 streams a b 0 0', [4, 5]],
    ['RO@STREAMS>1..-1%2', 'xread COUNT 1', []],
    ['OW@STORE>6', 'georadius k 1 2 3 m store d', [7]],
    ['OW@STORE>6', 'georadius k 1 2 3 m', []],
    ['OW@LAST>-1', 'x last a last', []],
    ['OW@STORE>6!6,COUNT:1', 'georadius k 1 2 3 m store a store b', [9]],
    ['OW@STORE>6!6,STOREDIST:1', 'georadius k 1 2 3 m storedist store', []],
    ['RO@STREAMS>4!1,GROUP:2,COUNT:1..-1%2', 'xreadgroup COUNT 2 GROUP STREAMS c STREAMS k >', [7]],
    ['RO@STREAMS>4!1,GROUP:2,COUNT:1..-1%2', 'xreadgroup GROUP g c STREAMS streams k > >', [5, 6]],
    ['RW@KEYS>-2!6,AUTH:1..-1', 'migrate h 1 "" 0 10 AUTH KEYS KEYS a KEYS b', [9, 10, 11]],
    ['OW@STORE!2,LIMIT:2,BY:1,GET:1', 'sort k BY STORE GET x STORE d', [7]],
    ['OW@STORE!2,LIMIT:2,BY:1,GET:1', 'sort k STORE a STORE b', [5]],
    ['OW@STORE!2,LIMIT:2,BY:1,GET:1', 'sort k GET STORE', []],
    ['RW@3~', 'migrate host 1 "" 0 1', []],
    ['RO@?', 'sort k BY w_*', []],
  ] as const)
    it(`${notation} finds ${positions.join(' and ') || 'nothing'} in ${line}`, () => {
      expect(found(notation, line)).toEqual(positions)
    })

  for (const [notation, line] of [
    ['RO@1', 'get'],
    ['RO@1#0,1,1', 'zunion 3 a b'],
    ['RO@1#0,1,1', 'zunion x a b'],
    ['RO@1#0,1,1', 'zunion -1 a b'],
    ['RO@1#0,1,1', 'zunion'],
  ] as const)
    it(`${notation} says that ${line} cannot be right`, () => {
      expect(found(notation, line)).toBe(false)
    })

  for (const notation of ['RX@1', '1', 'RO@', 'RO@1..', 'RO@a>1', 'RO@A', 'RO.@1'])
    it(`refuses the notation ${notation}`, () => {
      expect(() => parseKeySpecs(notation)).toThrow(UsageError)
    })
})
