// The ends of every type: integers at their limits, doubles, text that is more than ASCII, bits, instants, large collections,
// large programs.
import { and, index, model, open, type ProgramRow, t, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  big: t.bigint().default(0n).index(),
  x: t.float().default(0).index(),
  text: t.string().default('').index(),
  nick: t.string().optional().nullable(),
  raw: t.bytes().default(() => Buffer.alloc(0)),
  at: t.date().default(() => new Date(0)),
  ints: t.list(t.int().min(-5).max(5)),
  bigs: t.map(t.bigint()),
  words: t.set(t.string().max(3)),
  floats: t.set(t.float()),
  list: t.list(t.string()),
  board: t.sortedSet(t.string()),
  map: t.map(t.int()),
  doc: t.json<Record<string, unknown>>().default({}),
  places: t.geo(),
})
const fixture = useRedis()
const fresh = async (data: Partial<typeof Item.$insert> = {}) => {
  const db = open(fixture.redis, { Item })
  await db.Item.create({ id: '1', ...data })
  return { db, at: db.Item.at('1') }
}
const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)

describe('integers', () => {
  const inRange = (x: bigint, low: bigint, high: bigint) => (x < low || x > high ? 'OVERFLOW' : x)
  const power = (a: bigint, b: bigint): bigint | string => {
    if (b < 0n) return 'OUT_OF_RANGE'
    if (a === 0n || a === 1n || a === -1n) return a ** (b === 0n ? 0n : 2n - (b % 2n))
    return b > 63n ? 'OVERFLOW' : a ** b
  }
  const least = (a: bigint, b: bigint): bigint => [a, b].sort((x, y) => Number(x - y))[0]!
  const OPERATIONS: readonly [string, (a: bigint, b: bigint) => bigint | string][] = [
    ['add', (a, b) => a + b],
    ['sub', (a, b) => a - b],
    ['mul', (a, b) => a * b],
    ['div', (a, b) => (b === 0n ? 'DIVISION_BY_ZERO' : a / b)],
    ['mod', (a, b) => (b === 0n ? 'DIVISION_BY_ZERO' : a % b)],
    ['pow', power],
    ['min', least],
    ['max', (a, b) => -least(-a, -b)],
  ]

  it.each([
    ['bigint', 'big', MIN, MAX],
    ['int', 'n', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
  ] as const)(
    'of kind %s are exact up to both ends, and beyond them nothing is written',
    async (_, field, low, high) => {
      const { db, at } = await fresh()
      const value = (x: bigint) => (field === 'n' ? Number(x) : x) as never
      const handle = at[field] as unknown as Record<string, (by: unknown) => Promise<unknown>>
      const starts = [low, low + 1n, -1n, 0n, 1n, 3n, high - 1n, high]
      for (const a of starts) {
        for (const b of [low, -2n, -1n, 0n, 1n, 2n, 7n, high]) {
          for (const [operation, exact] of OPERATIONS) {
            await handle.set!(value(a))
            const raw = exact(a, b)
            const wanted = typeof raw === 'string' ? raw : inRange(raw, low, high)
            const got = await handle[operation]!(value(b)).then(
              BigInt as never,
              (error: { reason: string }) => error.reason,
            )
            expect(`${a} ${operation} ${b} = ${got}`).toBe(`${a} ${operation} ${b} = ${wanted}`)
            const kept = BigInt((await handle.get!(undefined as never)) as bigint)
            expect(kept).toBe(typeof wanted === 'string' ? a : wanted)
          }
        }
      }
      expect((await db.Item.verify()).problems).toEqual([])
    },
    60_000,
  )

  it('clamp, compare and sum at the ends too, in fields, maps and documents', async () => {
    const { at, db } = await fresh({ big: MAX, bigs: { a: MAX, b: MIN }, doc: { n: 1 } })
    expect(await at.big.clamp(MIN, MAX - 1n)).toBe(MAX - 1n)
    expect(await at.big.between(MAX - 1n, MAX)).toBe(true)
    expect(await db.Item.find({ big: { gt: MAX - 2n } }).ids()).toEqual(['1'])
    await expect(at.bigs.increase('a', 1n)).rejects.toMatchObject({ reason: 'OVERFLOW' })
    await expect(at.bigs.increase('b', -1n)).rejects.toMatchObject({ reason: 'OVERFLOW' })
    expect(await at.bigs.entries()).toEqual({ a: MAX, b: MIN })
    await fixture.redis.call('HSET', '{item}:r:1', 'doc', `{"n":9223372036854775807,"m":-99999999999999999999999}`)
    await at.doc.path('n').increase(1)
    await at.doc.path('m').increase(-1)
    await at.doc.path('m').increase(2 ** 40)
    expect(await fixture.redis.call('HGET', '{item}:r:1', 'doc')).toBe(
      `{"n":9223372036854775808,"m":${-99999999999999999999999n - 1n + 2n ** 40n}}`,
    )
  })
})

describe('doubles', () => {
  it('compute as JavaScript does, and never become what is no number', async () => {
    const { at } = await fresh()
    for (const [a, b] of [
      [0.1, 0.2],
      [1e308, -1e308],
      [5e-324, 1],
      [-2.5, 0.7],
      [1e21, 1e-7],
      [123456.789, -3],
    ] as const) {
      for (const [operation, wanted] of [
        ['add', a + b],
        ['sub', a - b],
        ['mul', a * b],
        ['div', a / b],
        ['mod', a % b],
      ] as const) {
        await at.x.set(a)
        const got = await at.x[operation](b).catch((error: { reason: string }) => error.reason)
        expect([a, operation, b, got]).toEqual([a, operation, b, Number.isFinite(wanted) ? wanted + 0 : 'OVERFLOW'])
      }
    }
    await at.x.set(1e308)
    for (const call of [at.x.mul(10), at.x.add(1e308), at.x.div(0), at.x.mod(0), at.x.pow(2)])
      await expect(call).rejects.toMatchObject({ code: 'PROGRAM_FAILED' })
    await at.x.set(-8)
    await expect(at.x.pow(0.5)).rejects.toMatchObject({ reason: 'OVERFLOW' })
    expect(await at.x.get()).toBe(-8)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(at.x.set(bad)).rejects.toMatchObject({ code: 'VALIDATION' })
      await expect(at.x.add(bad)).rejects.toMatchObject({ code: 'VALIDATION' })
      await expect(at.board.add('a', bad)).rejects.toMatchObject({ code: 'VALIDATION' })
    }
    await at.x.set(-0)
    expect(Object.is(await at.x.get(), 0)).toBe(true)
  })

  it('are the same member whether the client or the server wrote them', async () => {
    const { at } = await fresh({ x: 1e-7, floats: [1e-7, 1e21, 1e15, 0.1] })
    for (const x of [1e-7, 1e21, 1e15, 0.1]) {
      await at.x.set(x)
      const { db } = { db: open(fixture.redis, { Item }) }
      expect(await db.Item.atomic('1', (p) => p.floats.add(p.x.plus(0)))).toBe(0)
    }
    expect(await at.floats.length()).toBe(4)
  })
})

describe('text', () => {
  it('counts, cuts and replaces by characters', async () => {
    const { at } = await fresh({ text: '👩‍🚀é😀\0x' })
    expect(await at.text.length()).toBe([...'👩‍🚀é😀\0x'].length)
    expect(await at.text.slice(-3, -1)).toBe('😀\0')
    expect(await at.text.slice(3, 5)).toBe('é😀')
    expect(await at.text.replaceAll('😀', '$&%1\\1')).toBe('👩‍🚀é$&%1\\1\0x')
    expect(await at.text.replace('', 'never')).toBe('👩‍🚀é$&%1\\1\0x')
    expect(await at.text.keep(-2)).toBe('\0x')
    expect(await at.text.keep(9)).toBe('')
    expect(await at.text.contains('')).toBe(true)
    expect(await at.nick.slice(0, 1)).toBeNull()
    expect(await at.nick.startsWith('')).toBe(false)
  })

  it('refuses half of a surrogate pair wherever it comes in', async () => {
    const { at, db } = await fresh()
    const half = '\ud83d'
    const refused = [
      () => at.text.set(half),
      () => at.text.append(half),
      () => at.text.contains(half),
      () => at.list.push('ok', half),
      () => at.words.has(half),
      () => at.map.set(half, 1),
      () => at.places.add(half, 0, 0),
      () => at.doc.set({ [half]: 1 }),
      () => at.doc.path('a').put([half]),
      () => at.doc.set({ a: `\\\\${half}` }),
      () => db.Item.create({ id: '2', text: half }),
      async () => db.Item.find({ text: half }).ids(),
    ]
    for (const each of refused) await expect(each()).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(at.n.add(1.5)).rejects.toMatchObject({ issues: [{ path: ['n'] }] })
    await expect(at.list.trim(0.5, 1)).rejects.toMatchObject({ issues: [{ path: ['list'] }] })
    await expect(at.text.gt(3 as never)).rejects.toMatchObject({ issues: [{ path: ['text'] }] })
    await at.doc.set({ whole: '😀', escaped: '\\ud83d' })
    expect(await at.doc.get()).toEqual({ whole: '😀', escaped: '\\ud83d' })
    // What somebody else has written is left alone and is no text.
    await fixture.redis.call('HSET', '{item}:r:1', 'doc', '{"a":"\\ud83d","b":1}')
    expect(await at.doc.path('a').asText()).toBeNull()
    expect(await at.doc.path('a').eq('x')).toBe(false)
    expect(await at.doc.path('["\\u0062"]').get()).toBe(1)
    await at.doc.path('b').put(2)
    expect(await fixture.redis.call('HGET', '{item}:r:1', 'doc')).toBe('{"a":"\\ud83d","b":2}')
  })

  it('refuses in documents what JSON would quietly turn into null', async () => {
    const { at, db } = await fresh()
    const bad = [
      Number.NaN,
      [Number.POSITIVE_INFINITY],
      { a: [undefined] },
      [() => 1],
      { a: { toJSON: () => Number.NaN } },
    ]
    for (const each of bad) {
      await expect(at.doc.set(each as never)).rejects.toMatchObject({ code: 'VALIDATION' })
      await expect(at.doc.path('a').put(each as never)).rejects.toMatchObject({ code: 'VALIDATION' })
      await expect(db.Item.update('1', { doc: each as never })).rejects.toMatchObject({ code: 'VALIDATION' })
    }
    await expect(at.doc.path('a').put(undefined as never)).rejects.toMatchObject({ code: 'USAGE' })
    await at.doc.set({ a: null, b: [null], c: undefined, text: 'null' })
    expect(await at.doc.get()).toEqual({ a: null, b: [null], text: 'null' })
  })
})

describe('bytes and instants', () => {
  it('work bit by bit', async () => {
    const { at } = await fresh({ raw: Buffer.from([0b1010_0000]) })
    expect([await at.raw.getBit(0), await at.raw.getBit(1), await at.raw.getBit(99), await at.raw.getBit(-1)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(await at.raw.setBit(17, true)).toEqual(Buffer.from([0b1010_0000, 0, 0b0100_0000]))
    expect(await at.raw.setBit(0, false)).toEqual(Buffer.from([0b0010_0000, 0, 0b0100_0000]))
    expect(await at.raw.bitCount()).toBe(2)
    await expect(at.raw.setBit(-1, true)).rejects.toMatchObject({ reason: 'OUT_OF_RANGE' })
    await expect(at.raw.setRange(2 ** 40, Buffer.from('x'))).rejects.toMatchObject({ reason: 'OUT_OF_RANGE' })
    expect(await at.raw.keep(-2, -1)).toEqual(Buffer.from([0]))
  })

  it('move instants by spans that have a length, in UTC, up to the ends of time', async () => {
    const { at } = await fresh({ at: new Date('2024-03-31T00:59:59.999Z') })
    expect(await at.at.add({ weeks: 1, days: -7, hours: 1, milliseconds: 1 })).toEqual(
      new Date('2024-03-31T02:00:00.000Z'),
    )
    expect(await at.at.sub(1)).toEqual(new Date('2024-03-31T01:59:59.999Z'))
    expect(await at.at.truncate('hour')).toEqual(new Date('2024-03-31T01:00:00.000Z'))
    expect(await at.at.truncate('day')).toEqual(new Date('2024-03-31T00:00:00.000Z'))
    await at.at.set(new Date(-1))
    expect(await at.at.truncate('day')).toEqual(new Date(-86_400_000))
    await at.at.set(new Date(8.64e15))
    await expect(at.at.add(1)).rejects.toMatchObject({ reason: 'OVERFLOW' })
    for (const bad of [{ months: 1 }, { days: '1' }, { days: Number.NaN }, 0.5, null, 'P1D'])
      await expect(at.at.add(bad as never)).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('rules of elements', () => {
  it('hold for what the server computes', async () => {
    const { db, at } = await fresh({ n: 9, text: 'long', ints: [1] })
    const refused = [
      db.Item.atomic('1', (p) => p.ints.push(p.n)),
      db.Item.atomic('1', (p) => p.ints.unshift(p.n.times(-1))),
      db.Item.atomic('1', (p) => p.ints.put(0, p.n)),
      db.Item.atomic('1', (p) => p.ints.insertAfter(1, p.n)),
      db.Item.atomic('1', (p) => p.ints.each((x) => x.put(p.n))),
      db.Item.atomic('1', (p) => p.words.add(p.text)),
      db.Item.program({ n: t.int() }, (p, { n }) => p.ints.push(n))('1', { n: 6 }),
    ]
    for (const each of refused) await expect(each).rejects.toMatchObject({ reason: 'OUT_OF_RANGE' })
    await expect(at.ints.push(6)).rejects.toMatchObject({ code: 'VALIDATION', issues: [{ path: ['ints'] }] })
    await expect(at.ints.push(1, 6)).rejects.toMatchObject({ code: 'VALIDATION', issues: [{ path: ['ints', 1] }] })
    expect(await at.ints.items()).toEqual([1])
  })
})

describe('what is large', () => {
  it('cannot be made of a value that is put into itself, or into a list, again and again', async () => {
    const { db, at } = await fresh({
      nick: 'x'.repeat(4_000_000),
      text: 'x'.repeat(1000),
      raw: Buffer.alloc(1000),
      doc: { a: ['x'.repeat(100_000)] },
    })
    const doubled: ((p: ProgramRow<typeof Item.fields>) => unknown)[] = [
      (p) => p.text.append(p.text),
      (p) => p.text.replaceAll('x', p.text),
      (p) => p.raw.append(p.raw),
      (p) => p.doc.path('a').push(p.doc.path('a')),
      (p) => p.list.push(p.nick),
      (p) => p.list.unshift(p.nick),
    ]
    for (const each of doubled) {
      const program = db.Item.atomic('1', (p) => {
        for (let i = 0; i < 40; i++) each(p)
      })
      await expect(program).rejects.toMatchObject({ reason: 'TOO_LARGE' })
    }
    expect([
      await at.text.length(),
      await at.raw.length(),
      await at.doc.path('a').length(),
      await at.list.length(),
    ]).toEqual([1000, 1000, 1, 0])
  })

  it('is worked on at its ends, and refused where it would have to be read as a whole', async () => {
    const { db, at } = await fresh()
    const { redis } = fixture
    const numbers = Array.from({ length: 1000 }, (_, i) => i)
    for (let i = 0; i < 101; i++) {
      await redis.call('RPUSH', '{item}:c:1:list', ...numbers)
      await redis.call('ZADD', '{item}:c:1:board', ...numbers.flatMap((n) => [i, `m${i}-${n}`]))
      await redis.call('HSET', '{item}:c:1:map', ...numbers.flatMap((n) => [`k${i}-${n}`, n]))
    }
    expect([await at.list.push('x'), await at.list.pop(), await at.list.at(-1), await at.list.length()]).toEqual([
      101_001,
      'x',
      '999',
      101_000,
    ])
    expect(await at.list.range(-2, -1)).toEqual(['998', '999'])
    expect([await at.board.range(0, 0), await at.board.countBetween(3, 4)]).toEqual([['m0-0'], 2000])
    const far = Number.MAX_SAFE_INTEGER
    expect([
      await at.board.range(-far, 0),
      await at.board.range(far, far),
      await at.list.range(-far, 0),
      await at.list.at(far),
    ]).toEqual([['m0-0'], [], ['0'], null])
    expect([await at.map.get('k5-7'), await at.map.increase('k5-7', 1)]).toEqual([7, 8])
    const refused = [at.list.items(), at.list.has('x'), at.map.entries(), at.list.insertAfter('1', 'x')]
    for (const each of refused) await expect(each).rejects.toMatchObject({ reason: 'TOO_LARGE' })
    await expect(db.Item.atomic('1', (p) => p.list.each((x) => x.remove()))).rejects.toMatchObject({
      reason: 'LOOP_LIMIT',
    })
    await db.Item.atomic('1', (p) => p.board.each((member) => member.remove(), { from: 0, to: 999 }))
    expect(await at.board.length()).toBe(100_000)
    expect(await at.list.trim(0, 1)).toBe(2)
    expect(await at.map.clear()).toBe(0)
    await db.Item.create({ id: 'wide', list: numbers.flatMap(() => numbers.slice(0, 60)).map(String) })
    expect(await db.Item.at('wide').list.length()).toBe(60_000)
    expect(await at.words.add(...numbers.map(String))).toBe(1000)
  })

  it('as a program runs, or says that it is too large', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`)
    const fields = Object.fromEntries(names.map((name) => [name, t.int().default(0)])) as unknown as {
      f0: ReturnType<typeof t.int>
    }
    const Wide = model('wide', { id: t.string(), ...fields, list: t.list(t.string()) }, (w) => ({
      indexes: [
        index(w.f0),
        ...names.slice(1, 60).map((name) => index((w as never as Record<string, typeof w.f0>)[name]!)),
      ],
    }))
    const { Wide: wide } = open(fixture.redis, { Wide })
    await wide.create({ id: '1', f0: 0, list: ['a', 'b'] })
    const all = await wide.atomic('1', (p) => {
      const row = p as never as Record<string, typeof p.f0>
      for (const name of names) row[name]!.add(1)
      for (let i = 0; i < 120; i++) p.list.each(() => p.f0.add(1))
      return names.map((name) => row[name]!)
    })
    expect(all).toEqual(names.map((name) => (name === 'f0' ? 241 : 1)))
    expect((await wide.verify()).problems).toEqual([])
    const nest = (p: Parameters<Parameters<typeof wide.atomic>[1]>[0], depth: number): void => {
      if (depth === 0) p.f0.set(7)
      else when(and(p.f0.gte(0), p.f0.lt(1000)), () => nest(p, depth - 1))
    }
    const nested = await wide.atomic('1', (p) => {
      nest(p, 100)
      return p.f0
    })
    expect(nested).toBe(7)
    const deep = wide.atomic('1', (p) =>
      Array.from({ length: 2000 }).reduce<typeof p.f0>((x) => x.plus(1) as typeof p.f0, p.f0),
    )
    await expect(deep).rejects.toMatchObject({ code: 'USAGE' })
  })
})
