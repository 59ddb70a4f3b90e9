import { Store } from '@ochre/model'
import { expect, test } from 'vitest'
import { complete, hint, MODEL_VERBS } from './hints.ts'

test('names complete in any case, containers offer their subcommands, commands their tokens', () => {
  expect(complete('hget')[0]).toEqual(expect.arrayContaining(['hget', 'hgetall']))
  expect(complete('HGET')[0]).toEqual(expect.arrayContaining(['HGET', 'HGETALL']))
  expect(complete('config re')[0]).toEqual(['resetstat', 'rewrite'])
  expect(complete('set k v ke')[0]).toEqual(['keepttl'])
  expect(complete('set k v k')[1]).toBe('k')
  expect(complete('nosuch x')[0]).toEqual([])
  expect(complete('Us', ['User'])[0]).toContain('User.')
  expect(complete('help hgeta')).toEqual([['hgetall'], 'hgeta'])
})

test('models complete their verbs, which all exist', () => {
  expect(complete('await User.fi', ['User'])).toEqual([['User.find('], 'User.fi'])
  expect(complete('User.', ['User'])[0]).toHaveLength(MODEL_VERBS.length)
  expect(complete('Other.fi', ['User'])[0]).toEqual([])
  for (const verb of MODEL_VERBS) expect(Store.prototype[verb], verb).toBeTypeOf('function')
})

test('the hint is what may still follow', () => {
  expect(hint('get ')).toBe('key')
  expect(hint('get k ')).toBe('')
  expect(hint('get')).toBe('')
  expect(hint('set ')).toMatch(/^key value \[/)
  expect(hint('set k ')).toMatch(/^value \[NX\|XX/)
  expect(hint('set k v ')).toMatch(/^\[NX\|XX.*EX seconds/)
  expect(hint('set k v nx ')).toMatch(/^\[GET\] .*EX seconds/)
  expect(hint('set k v nx ex 10 ')).toBe('[GET]')
  expect(hint('del a b ')).toBe('key...')
  expect(hint('config ')).toContain('GET')
  expect(hint('config get ')).toContain('parameter')
  expect(hint('nosuch ')).toBe('')
})
