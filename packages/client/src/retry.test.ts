import { expect, test } from 'vitest'
import { backoffMs } from './retry.ts'

test('the pause doubles up to its maximum and is random down to zero', () => {
  const backoff = { minMs: 50, maxMs: 3000 }
  const limits = [0, 1, 2, 5, 6, 7, 100, 2000].map((attempt) => backoffMs(backoff, attempt, 1))
  expect(limits).toEqual([50, 100, 200, 1600, 3000, 3000, 3000, 3000])
  expect(backoffMs(backoff, 5, 0)).toBe(0)
  expect(backoffMs(backoff, 5, 0.5)).toBe(800)
})
