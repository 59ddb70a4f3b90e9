import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Deque } from './deque.ts'

type Step = (deque: Deque, model: string[]) => void

const item = fc.constantFrom('a', 'b', 'c')
const place = fc.nat(40)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: item.map(
      (x): Step =>
        (d, m) => {
          d.push(x)
          m.push(x)
        },
    ),
  },
  {
    weight: 4,
    arbitrary: item.map(
      (x): Step =>
        (d, m) => {
          d.unshift(x)
          m.unshift(x)
        },
    ),
  },
  fc.constant<Step>((d, m) => expect(d.pop()).toBe(m.pop())),
  fc.constant<Step>((d, m) => expect(d.shift()).toBe(m.shift())),
  fc.tuple(place, item).map(
    ([at, x]): Step =>
      (d, m) => {
        const index = Math.min(at, m.length)
        d.insert(index, x)
        m.splice(index, 0, x)
      },
  ),
  fc.tuple(place, place).map(
    ([a, b]): Step =>
      (d, m) => {
        const start = Math.min(a, m.length)
        const end = Math.min(b, m.length - 1)
        d.trim(start, end)
        m.splice(0, m.length, ...m.slice(start, end + 1))
      },
  ),
  fc.tuple(item, fc.nat(3), fc.boolean()).map(
    ([x, limit, backwards]): Step =>
      (d, m) => {
        let removed = 0
        for (let n = 0; n < limit; n++) {
          const at = backwards ? m.lastIndexOf(x) : m.indexOf(x)
          if (at === -1) break
          m.splice(at, 1)
          removed++
        }
        expect(d.remove(x, limit, backwards)).toBe(removed)
      },
  ),
)

it('behaves as an array does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const deque = new Deque()
      const model: string[] = []
      for (const apply of steps) {
        apply(deque, model)
        expect(deque.length).toBe(model.length)
        expect(deque.slice(0, deque.length - 1)).toEqual(model)
      }
      expect(deque.clone().slice(0, deque.length - 1)).toEqual(model)
    }),
    { numRuns: 200 },
  )
})
