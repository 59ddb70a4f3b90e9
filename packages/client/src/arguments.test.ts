import { describe, expect, it } from 'vitest'
import { insertCount, isArg, many, pushAll, pushColumns, pushCounted, pushPairs, rest } from './arguments.ts'
import type { Arg } from './command.ts'

function words(push: (args: Arg[]) => unknown): Arg[] {
  const args: Arg[] = []
  push(args)
  return args
}

describe('Arguments of typed methods', () => {
  it('may be one or several', () => {
    const bytes = Buffer.from('b')
    expect([many('a'), many(['a', 'b']), many(undefined), many(bytes)]).toEqual([['a'], ['a', 'b'], [], [bytes]])
    expect(words((args) => pushAll(args, 'a'))).toEqual(['a'])
    expect(words((args) => pushAll(args, [bytes, 1, 2n]))).toEqual([bytes, 1, 2n])
    expect(words((args) => pushAll(args, bytes))).toEqual([bytes])
    expect(words((args) => pushCounted(args, ['a', 'b']))).toEqual([2, 'a', 'b'])
    expect(words((args) => pushCounted(args, undefined))).toEqual([0])
  })

  it('may stand in a row or in a list, which stays as it is', () => {
    const list = ['a', 'b']
    const copy = rest<Arg>([list])
    copy.push('c')
    expect([list, copy, rest<Arg>(['a', 'b']), rest<Arg>([]), rest<Arg>([Buffer.from('x')])]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b'],
      [],
      [Buffer.from('x')],
    ])
  })

  it('may be pairs of any kind', () => {
    for (const pairs of [
      { a: 1, b: 2 },
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      [
        ['a', 1],
        ['b', 2],
      ] as const,
    ]) {
      expect(words((args) => expect(pushPairs(args, pairs)).toBe(2))).toEqual(['a', 1, 'b', 2])
      expect(words((args) => pushColumns(args, pairs))).toEqual(['a', 'b', 1, 2])
    }
    expect(words((args) => expect(pushPairs(args, undefined)).toBe(0))).toEqual([])
    const own = JSON.parse('{"__proto__":"v"}') as Record<string, string>
    expect(words((args) => pushPairs(args, own))).toEqual(['__proto__', 'v'])
  })

  it('are told from lists and options', () => {
    expect(['a', 1, 2n, Buffer.from('x')].every(isArg)).toBe(true)
    expect([['a'], { a: 1 }, new Map()].some(isArg)).toBe(false)
  })

  it('can be counted afterwards', () => {
    expect(
      words((args) => {
        args.push('x', 'a', 'b')
        insertCount(args, 1, 2)
      }),
    ).toEqual(['x', 2, 'a', 'b'])
  })
})
