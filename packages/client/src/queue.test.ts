import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from './queue.ts'

test('a ring behaves as a list does, through growth and wrapping around', () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat() }, fc.constantFrom('shift', 'peek', 'takeAll')), {
    maxLength: 200,
    size: 'max',
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (run, capacity) => {
      const ring = new Ring<number>(capacity)
      const list: number[] = []
      for (const step of run) {
        if (step === 'shift') expect(ring.shift()).toBe(list.shift())
        else if (step === 'peek') expect(ring.peek()).toBe(list[0])
        else if (step === 'takeAll') expect(ring.takeAll()).toEqual(list.splice(0))
        else if (typeof step === 'number') {
          ring.push(step)
          list.push(step)
        }
        expect(ring.length).toBe(list.length)
      }
      expect(ring.takeAll()).toEqual(list)
    }),
  )
})
