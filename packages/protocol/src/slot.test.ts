import { expect, test } from 'vitest'
import { slotOf } from './slot.ts'

test('slots are those of CLUSTER KEYSLOT', () => {
  expect(slotOf('123456789')).toBe(0x31c3)
  expect(slotOf('foo')).toBe(12182)
  expect(slotOf('')).toBe(0)
})

test('only the first non-empty hash tag counts', () => {
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'))
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
  expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'))
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
})

test('a string counts as its UTF-8 bytes', () => {
  expect(slotOf('ключ')).toBe(slotOf(Buffer.from('ключ', 'utf8')))
})
