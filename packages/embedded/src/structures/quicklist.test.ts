import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Quicklist } from './quicklist.ts'

const step = fc.record({
  kind: fc.constantFrom(
    'pushHead',
    'pushTail',
    'burst',
    'popHead',
    'popTail',
    'set',
    'insert',
    'remove',
    'removeEqual',
    'trim',
  ),
  index: fc.integer({ min: 0, max: 700 }),
  value: fc.integer({ min: -3, max: 3 }),
})

describe('Quicklist', () => {
  it('agrees with an array under random changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const list = new Quicklist()
        let model: string[] = []
        for (const { kind, index, value } of steps) {
          const element = `v${value}`
          const at = model.length === 0 ? 0 : index % (model.length + 1)
          if (kind === 'pushHead') {
            list.pushHead(element)
            model.unshift(element)
          } else if (kind === 'pushTail') {
            list.pushTail(element)
            model.push(element)
          } else if (kind === 'burst') {
            for (let i = 0; i < index; i++) {
              if (value > 0) list.pushHead(`v${i % 5}`)
              else list.pushTail(`v${i % 5}`)
              if (value > 0) model.unshift(`v${i % 5}`)
              else model.push(`v${i % 5}`)
            }
          } else if (kind === 'popHead') {
            expect(list.popHead()).toBe(model.shift())
          } else if (kind === 'popTail') {
            expect(list.popTail()).toBe(model.pop())
          } else if (kind === 'set' && at < model.length) {
            list.set(at, element)
            model[at] = element
          } else if (kind === 'insert') {
            list.insert(at, element)
            model.splice(at, 0, element)
          } else if (kind === 'remove') {
            list.remove(at, value + 3)
            model.splice(at, value + 3)
          } else if (kind === 'trim' && value === 0) {
            list.remove(at, model.length)
            model = model.slice(0, at)
          } else if (kind === 'removeEqual') {
            const isDown = value < 0
            const ordered = isDown ? model.toReversed() : model
            let left = Math.abs(value) || model.length
            const kept = ordered.filter((other) => other !== element || left-- <= 0)
            expect(list.removeEqual(element, Math.abs(value), isDown)).toBe(model.length - kept.length)
            model = isDown ? kept.toReversed() : kept
          }
          expect(list.length).toBe(model.length)
          expect(list.get(at)).toBe(model[at])
        }
        expect(list.slice(0, list.length)).toEqual(model)
        expect(list.clone().slice(3, 300)).toEqual(model.slice(3, 300))
        const up: [string, number][] = []
        list.visit((element, index) => up.push([element, index]) < 50)
        expect(up).toEqual(model.slice(0, 50).map((element, index) => [element, index]))
        const down: [string, number][] = []
        list.visit((element, index) => down.push([element, index]) < 50, true)
        expect(down).toEqual(
          model
            .map((element, index) => [element, index])
            .toReversed()
            .slice(0, 50),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('keeps its middle reachable at a hundred thousand elements', () => {
    const list = new Quicklist()
    for (let i = 0; i < 100_000; i++) {
      if (i % 2 === 0) list.pushTail(String(i))
      else list.pushHead(String(i))
    }
    expect(list.get(50_000)).toBe('0')
    expect(list.get(49_999)).toBe('1')
    expect(list.slice(49_998, 50_002)).toEqual(['3', '1', '0', '2'])
    while (list.length > 1) {
      list.popHead()
      list.popTail()
    }
    expect(list.length).toBe(0)
  })
})
