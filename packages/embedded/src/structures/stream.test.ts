import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConsumerGroup } from './consumer-group.ts'
import { Stream, type StreamEntry } from './stream.ts'
import { idMs, MAX_ID, MIN_ID, streamId } from './stream-id.ts'

const LIMITS = { entries: 4, bytes: 4096 }

function live(stream: Stream, start = MIN_ID, end = MAX_ID): number[] {
  const ids: number[] = []
  stream.visit(start, end, (entry) => ids.push(Number(idMs(entry.id))) > 0)
  return ids
}

describe('Stream', () => {
  it('agrees with a sorted list of ids under appends, deletes and trims', () => {
    const action = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'add', 'delete', 'trim', 'trimId', 'approximate'),
      value: fc.integer({ min: 1, max: 60 }),
    })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const stream = new Stream()
        let model: number[] = []
        let last = 0
        for (const { kind, value } of actions) {
          if (kind === 'add') {
            last += value % 3
            const isAbove =
              last > 0 && (model.length === 0 ? streamId(last, 0) > stream.lastId : streamId(last, 0) > stream.lastId)
            expect(stream.append(streamId(last, 0), ['f', String(value)], LIMITS)).toBe(isAbove)
            if (isAbove) model.push(last)
          } else if (kind === 'delete') {
            expect(stream.delete(streamId(value, 0))).toBe(model.includes(value))
            model = model.filter((id) => id !== value)
          } else if (kind === 'trim') {
            const removed = Math.max(0, model.length - value)
            expect(stream.trimToLength(value, false, 0)).toBe(removed)
            model = model.slice(removed)
          } else if (kind === 'trimId') {
            const kept = model.filter((id) => id >= value)
            expect(stream.trimToId(streamId(value, 0), false, 0)).toBe(model.length - kept.length)
            model = kept
          } else {
            const before = model.length
            const removed = stream.trimToLength(value, true, 0)
            model = model.slice(removed)
            expect(model.length).toBeGreaterThanOrEqual(Math.min(before, value))
            expect(model.length).toBeLessThan(Math.max(value + 4, before - removed + 1))
          }
          expect(stream.length).toBe(model.length)
          expect(stream.firstId).toBe(model[0] === undefined ? MIN_ID : streamId(model[0], 0))
        }
        expect(live(stream)).toEqual(model)
        expect(live(stream.clone(), streamId(5, 0), streamId(20, 0))).toEqual(model.filter((id) => id >= 5 && id <= 20))
        const down: StreamEntry[] = []
        stream.visitReverse(streamId(3, 0), streamId(30, 9), (entry) => down.push(entry) < 5)
        const expected = model.filter((id) => id >= 3 && id <= 30).toReversed()
        expect(down.map((entry) => Number(idMs(entry.id)))).toEqual(expected.slice(0, 5))
        expect(stream.first()?.id ?? MIN_ID).toBe(stream.firstId)
        expect(stream.last()?.id).toBe(model.length === 0 ? undefined : streamId(model.at(-1)!, 0))
        expect(stream.nodes.every((node) => node.live > 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('chooses ids that always grow', () => {
    const stream = new Stream()
    expect(stream.nextId(5)).toBe(streamId(5, 0))
    stream.append(streamId(9, 3), ['f', 'v'], LIMITS)
    expect(stream.nextId(5)).toBe(streamId(9, 4))
    expect(stream.nextSequence(streamId(9, 0))).toBe(streamId(9, 4))
    expect(stream.nextSequence(streamId(8, 0))).toBe(undefined)
    expect(stream.nextSequence(streamId(10, 0))).toBe(streamId(10, 0))
    stream.append(streamId(9, 2n ** 64n - 1n), ['f', 'v'], LIMITS)
    expect(stream.nextSequence(streamId(9, 0))).toBe(undefined)
    expect(stream.nextId(5)).toBe(streamId(10, 0))
  })
})

describe('ConsumerGroup', () => {
  it('keeps the pending entries of the group and of its consumers equal', () => {
    const action = fc.record({
      kind: fc.constantFrom('deliver', 'deliver', 'assign', 'acknowledge', 'delete'),
      id: fc.integer({ min: 0, max: 30 }),
      consumer: fc.constantFrom('a', 'b', 'c'),
    })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const group = new ConsumerGroup('g', MIN_ID, 0)
        const owners = new Map<string, string>()
        for (const { kind, id: number, consumer: name } of actions) {
          const id = streamId(number, 0)
          const consumer = group.consumers.get(name) ?? group.createConsumer(name, 1)!
          if (kind === 'acknowledge') {
            expect(group.acknowledge(id)).toBe(owners.delete(id))
          } else if (kind === 'delete') {
            const owned = [...owners].filter(([, owner]) => owner === name)
            expect(group.deleteConsumer(name)).toBe(owned.length)
            for (const [key] of owned) owners.delete(key)
          } else {
            if (kind === 'deliver')
              expect(group.assign(consumer, id, 7, 1)).toMatchObject({ deliveryTimeMs: 7, deliveryCount: 1 })
            else group.assign(consumer, id, 0, 0)
            owners.set(id, name)
          }
        }
        for (const one of [group, group.clone()]) {
          const pending = one.pending.values().map((entry) => [entry.id, entry.consumer.name])
          expect(pending).toEqual([...owners].sort(([a], [b]) => (a < b ? -1 : 1)))
          for (const consumer of one.consumers.values())
            expect(consumer.pending.values()).toEqual(
              one.pending.values().filter((entry) => entry.consumer === consumer),
            )
        }
      }),
    )
  })
})
