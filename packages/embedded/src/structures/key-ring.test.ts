import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KeyRing } from './key-ring.ts'

it('comes round to every key that stays, whatever comes and goes', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean(), fc.integer({ min: 1, max: 7 })), {
    minLength: 30,
    maxLength: 60,
  })
  fc.assert(
    fc.property(steps, (actions) => {
      const ring = new KeyRing()
      for (let i = 0; i < 20; i++) ring.add(`stays:${i}`)
      const seen = new Set<string>()
      for (const [number, isAdded, count] of actions) {
        if (isAdded) ring.add(`k:${number}`)
        else ring.delete(`k:${number}`)
        const visited: string[] = []
        ring.walk(count, (key) => {
          visited.push(key)
          if (number % 3 === 0 && key.startsWith('k:')) ring.delete(key)
        })
        expect(new Set(visited).size).toBe(visited.length)
        for (const key of visited) seen.add(key)
      }
      for (let round = 0; round < 2; round++) ring.walk(ring.size, (key) => seen.add(key))
      for (let i = 0; i < 20; i++) expect(seen).toContain(`stays:${i}`)
      expect(ring.size).toBe(new Set(ring.keys()).size)
    }),
  )
})
