// Copies that share with what they are copies of (owner.ts, frozen-rows.ts) must not be told apart from copies that do not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FrozenRows } from './frozen-rows.ts'
import { HashValue } from './hash-value.ts'
import { Quicklist } from './quicklist.ts'
import { SetValue } from './set-value.ts'
import { SortedMap } from './sorted-map.ts'
import { SortedSet } from './sorted-set.ts'
import { Stream } from './stream.ts'
import { idMs, streamId } from './stream-id.ts'

interface Kind<T> {
  make(): T
  /** Changes a value in one of many ways. */
  change(value: T, way: number): void
  clone(value: T): T
  content(value: T): unknown
}

const LIMITS = { entries: 4, value: 64 }

const quicklist: Kind<Quicklist> = {
  make: () => new Quicklist(),
  change(list, way) {
    const at = list.length === 0 ? 0 : way % list.length
    const element = `e${way % 9}`
    switch (way % 10) {
      case 0:
        for (let i = 0; i < way; i++) list.pushTail(`${i % 7}`)
        break
      case 1:
        for (let i = 0; i < way; i++) list.pushHead(`${i % 7}`)
        break
      case 2:
        list.pushHead(element)
        break
      case 3:
        list.pushTail(element)
        break
      case 4:
        list.popHead()
        break
      case 5:
        list.popTail()
        break
      case 6:
        if (list.length !== 0) list.set(at, element)
        break
      case 7:
        list.insert(at, element)
        break
      case 8:
        list.remove(at, way % 50)
        break
      default:
        list.removeEqual('3', way % 3, way > 450)
    }
  },
  clone: (list) => list.clone(),
  content: (list) => list.slice(0, list.length),
}

const sortedSet: Kind<SortedSet> = {
  make: () => new SortedSet(),
  change(set, way) {
    if (way % 5 === 0) for (let i = 0; i < 150; i++) set.set(`m${(way * 7 + i) % 900}`, (way + i) % 31, LIMITS)
    else if (way % 5 === 1) set.removeRange(way % 400, (way % 400) + 90)
    else if (way % 5 === 2) set.delete(`m${way}`)
    else set.set(`m${way}`, way % 17, LIMITS)
  },
  clone: (set) => set.clone(),
  content(set) {
    const pairs: unknown[] = []
    set.visit(0, set.size, (member, score) => pairs.push([member, score, set.score(member), set.rank(member)]))
    return pairs
  },
}

const sortedMap: Kind<SortedMap<number>> = {
  make: () => new SortedMap(),
  change(map, way) {
    if (way % 4 === 0) for (let i = 0; i < 100; i++) map.set(String((way * 13 + i * 3) % 1000), i)
    else if (way % 4 === 1) for (let i = 0; i < 60; i++) map.delete(String((way * 13 + i) % 1000))
    else map.set(String(way), way)
  },
  clone: (map) => map.clone(),
  content: (map) => [...map.entries()],
}

const stream: Kind<Stream> = {
  make: () => new Stream(),
  change(value, way) {
    const limits = { entries: 4, bytes: 4096 }
    const last = Number(idMs(value.lastId))
    if (way % 3 !== 0) for (let i = 1; i < 9; i++) value.append(streamId(last + i, 0), ['f', `${way}`], limits)
    else if (way % 2 === 0) value.delete(streamId(way % (last + 1), 0))
    else value.trimToLength(way % 50, way % 5 === 0, 0)
  },
  clone: (value) => value.clone(),
  content: (value) => [
    value.nodes.map(({ owner: _, entries, ...node }) => ({ ...node, entries: entries.map((entry) => ({ ...entry })) })),
    value.length,
    value.firstId,
    value.lastId,
    value.maxDeletedId,
  ],
}

const hash: Kind<HashValue> = {
  make: () => new HashValue(),
  change(value, way) {
    const field = `f${(way >> 2) % 20}`
    if (way % 4 === 0) value.delete(field)
    else if (way % 4 === 1) value.expireAt(field, way)
    else if (way % 4 === 2) value.persist(field)
    else for (let i = 0; i < 20; i++) value.set(`f${(way + i) % 25}`, `${way}`, LIMITS, way % 8 === 3)
  },
  clone: (value) => value.clone(),
  content: (value) => value.fields().map((_, at) => value.rowAt(at)),
}

const set: Kind<SetValue> = {
  make: () => new SetValue(),
  change(value, way) {
    if (way % 3 === 0) value.delete(`m${(way / 3) % 60}`)
    else for (let i = 0; i < 20; i++) value.add(`m${(way + i * 3) % 60}`, 4)
  },
  clone: (value) => value.clone(),
  content: (value) => value.members().slice(),
}

const ways = fc.integer({ min: 0, max: 899 })

function behavesLikeDeepCopies<T>({ make, change, clone, content }: Kind<T>): void {
  const step = fc.record({ way: ways, at: fc.nat(9), isCopy: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const copies: { value: T; history: readonly number[] }[] = [{ value: make(), history: [] }]
      for (const { way, at, isCopy } of steps) {
        const index = at % copies.length
        const { value, history } = copies[index]!
        if (isCopy && copies.length < 6) copies.push({ value: clone(value), history })
        change(value, way)
        copies[index] = { value, history: [...history, way] }
      }
      for (const { value, history } of copies) {
        const alone = make()
        for (const way of history) change(alone, way)
        expect(content(value)).toEqual(content(alone))
      }
    }),
    { numRuns: 60 },
  )
}

function keepsItsRows<T>({ make, change, content }: Kind<T>, freeze: (value: T) => FrozenRows<unknown>): void {
  const step = fc.record({ way: ways, count: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(ways, { maxLength: 20 }), fc.array(step, { maxLength: 40 }), (before, during) => {
      const value = make()
      for (const way of before) change(value, way)
      const expected = content(value)
      const rows = freeze(value)
      const taken: unknown[] = []
      for (const { way, count } of during) {
        change(value, way)
        taken.push(...rows.take(count))
      }
      taken.push(...rows.take(1000))
      expect(taken).toEqual(expected)
      expect(rows.isDone).toBe(true)
      const again = content(value)
      expect(freeze(value).take(1000)).toEqual(again)
    }),
    { numRuns: 300 },
  )
}

describe('copies of', () => {
  it('lists', () => behavesLikeDeepCopies(quicklist))
  it('sorted sets', () => behavesLikeDeepCopies(sortedSet))
  it('sorted maps', () => behavesLikeDeepCopies(sortedMap))
  it('streams', () => behavesLikeDeepCopies(stream))
  it('hashes', () => behavesLikeDeepCopies(hash))
  it('sets', () => behavesLikeDeepCopies(set))
})

describe('the rows of a collection, as they were,', () => {
  it('are those of a set', () => keepsItsRows(set, (value) => value.freeze()))
  it('are those of a hash, with their expiries', () => keepsItsRows(hash, (value) => value.freeze()))
  it('are those of a listpack', () => {
    const listpack: Kind<HashValue> = {
      ...hash,
      change: (value, way) => {
        if (way % 4 === 3) value.set(`f${(way >> 2) % 20}`, `${way}`, { entries: 512, value: 64 })
        else hash.change(value, way)
      },
    }
    keepsItsRows(listpack, (value) => value.freeze())
  })
  it('cost nothing more when nobody reads on', () => {
    const value = set.make()
    for (let way = 1; way < 60; way++) set.change(value, way)
    const rows = value.freeze()
    rows.end()
    expect(rows.take(10)).toEqual([])
    expect(value.delete('m1')).toBe(true)
    expect(rows.isDone).toBe(true)
  })
})
