import { UsageError } from '@ochre/protocol'
import { describe, expect, test } from 'vitest'
import { fullRequest, libraryFunction, script, shortRequest } from './script.ts'

const take = script({
  lua: 'return {KEYS, ARGV}',
  keys: ['stock', 'others[]'],
  args: { amount: 'number', sure: 'boolean', options: 'json', raw: 'bytes[]' },
})
const given = { stock: 's', others: ['a', Buffer.from('b')], amount: 2n, sure: true, options: { a: [1] }, raw: [] }

describe('a run of a script', () => {
  test('holds keys and arguments in the order of the definition, whatever the order of the call', () => {
    const { options, sure, amount, others, stock } = given
    const run = take({ raw: [Buffer.from('x')], options, sure, amount, others, stock })
    const words = [3, 's', 'a', Buffer.from('b'), 2n, 1, '{"a":[1]}', Buffer.from('x')]
    expect(shortRequest(run)).toMatchObject({ spec: { name: 'evalsha' }, args: [take.sha, ...words] })
    expect(fullRequest(run)).toMatchObject({ spec: { name: 'eval' }, args: [take.lua, ...words] })
  })

  test('is named by the SHA-1 of its text', () => {
    expect(script({ lua: 'return 1' }).sha).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db')
  })

  test('that only reads is sent as such', () => {
    const run = script({ lua: 'return 1', readOnly: true })({})
    expect([shortRequest(run).spec.name, fullRequest(run).spec.name]).toEqual(['evalsha_ro', 'eval_ro'])
    const call = libraryFunction({ function: 'f', readOnly: true })({})
    expect([shortRequest(call).spec.name, fullRequest(call).spec.name]).toEqual(['fcall_ro', 'fcall_ro'])
  })
})

test.each<[string, object, RegExp]>([
  ['a missing key', { ...given, stock: undefined }, /"stock" is missing/],
  ['a key that is no key', { ...given, stock: {} }, /"stock"/],
  ['one key instead of a list', { ...given, others: 'a' }, /"others"/],
  ['text for a number', { ...given, amount: '2' }, /"amount"/],
  ['a number for a boolean', { ...given, sure: 1 }, /"sure"/],
  ['what JSON cannot say', { ...given, options: undefined }, /"options"/],
  ['text among bytes', { ...given, raw: ['x'] }, /"raw"/],
  ['a parameter that is not there', { ...given, stok: 's' }, /no parameter "stok"/],
])('%s is refused before anything is sent', (_, parameters, message) => {
  expect(() => take(parameters as never)).toThrow(UsageError)
  expect(() => take(parameters as never)).toThrow(message)
})

test.each<[string, object, RegExp]>([
  ['no text', {}, /needs lua/],
  ['a list before the end', { lua: 'x', keys: ['a[]', 'b'] }, /Only the last/],
  ['a name used twice', { lua: 'x', keys: ['a'], args: { a: 'text' } }, /same name/],
  ['an unknown type', { lua: 'x', args: { a: 'int' } }, /not "int"/],
])('a definition with %s is refused', (_, definition, message) => {
  expect(() => script(definition as never)).toThrow(message)
})
