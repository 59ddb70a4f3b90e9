import { afterEach, expect, it, vi } from 'vitest'
import { Clock } from './clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('runs timers in time when the machine is set back, or forward', async () => {
  const { now } = Date
  for (const jump of [-3_600_000, 3_600_000]) {
    const clock = new Clock()
    const order: string[] = []
    clock.after(3_600_000, () => order.push('much later'))
    const fired = new Promise<void>((resolve) => {
      clock.after(20, () => {
        order.push('soon')
        resolve()
      })
    })
    vi.spyOn(Date, 'now').mockImplementation(() => now() + jump)
    expect(Math.abs(clock.now() - now() - jump)).toBeLessThan(10_000)
    const before = clock.stamp()
    await fired
    expect(clock.stamp() - before).toBeLessThan(10_000_000)
    expect(order).toEqual(['soon'])
    clock.close()
  }
})

it('runs what came due when it is moved, in order', () => {
  const clock = new Clock(1000)
  const order: number[] = []
  for (const ms of [30, 10, 20, 10]) clock.after(ms, () => order.push(ms))
  const cancelled = clock.after(15, () => order.push(15))
  clock.cancel(cancelled)
  clock.advance(9)
  expect(order).toEqual([])
  clock.advance(11)
  expect(order).toEqual([10, 10, 20])
  clock.advance(1000)
  expect(order).toEqual([10, 10, 20, 30])
  expect([clock.now(), clock.stamp()]).toEqual([2020, 2_020_000])
})

it('takes whole milliseconds only', () => {
  const clock = new Clock(1000)
  for (const ms of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => clock.advance(ms)).toThrow('whole milliseconds')
    expect(() => new Clock(ms)).toThrow('whole milliseconds')
  }
  clock.advance(-10)
  expect(clock.now()).toBe(990)
})
