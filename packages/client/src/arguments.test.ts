import { UsageError } from '@ochre/protocol'
import { expect, test } from 'vitest'
import { checkOptions } from './arguments.ts'
import type { Arg, Shape } from './command.ts'
import { Commands } from './commands.gen.ts'
import type { Promised } from './mode.ts'

class Words extends Commands<Promised<string>> {
  issue<R>(_spec: unknown, args: Arg[], _shape?: Shape): Promise<R> {
    return args as unknown as Promise<R>
  }
}

// As plain JavaScript sees it.
const redis = new Words() as unknown as Record<string, (...args: unknown[]) => unknown>

test('options that the types would refuse are refused at run time too', () => {
  expect(redis.set!('k', 'v', { ex: 60 })).toEqual(['k', 'v', 'EX', 60])
  expect(() => redis.set!('k', 'v', 'EX', 60)).toThrow(UsageError)
  expect(() => redis.set!('k', 'v', { EX: 60 })).toThrow('There is no option EX; there are')
  expect(() => redis.set!('k', 'v', ['EX', 60])).toThrow(UsageError)
  expect(() => redis.set!('k', 'v', null)).toThrow(UsageError)
  expect(() => redis.zadd!('z', 1, 'a', 2, 'b')).toThrow(UsageError)
  expect(redis.zadd!('z', 1, 'a', { nx: true })).toEqual(['z', 'NX', 1, 'a'])
})

test('no options are fine', () => {
  expect(() => checkOptions(undefined, 'a b')).not.toThrow()
  expect(() => checkOptions({}, 'a b')).not.toThrow()
  expect(() => checkOptions({ b: undefined }, 'a b')).not.toThrow()
})
