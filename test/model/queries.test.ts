// Queries on a real server: every operator, orders, cursors, counting, plans; random conditions against a plain filter.
import { and, index, model, not, open, or, t, UnindexedQueryError, unique } from '@ochre/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Person = model(
  'person',
  {
    id: t.string(),
    email: t.string().unique({ fold: 'lower' }).optional(),
    name: t.string().index(),
    age: t.int().optional().index(),
    score: t.float().default(0).index('desc'),
    status: t.enum(['a', 'b', 'c']).default('a'),
    big: t.bigint().default(0n).index(),
    on: t.boolean().default(false).index(),
    at: t
      .date()
      .default(() => new Date(0))
      .index(),
    note: t.string().default(''),
    doc: t.json<{ city?: string }>().default({}),
    tags: t.set(t.string()),
  },
  (p) => ({ indexes: [index(p.status, p.age.desc()), index(p.status, p.name, p.age)] }),
)

const fixture = useRedis()
const database = () => open(fixture.redis, { Person })
type NewPerson = typeof Person.$insert

const seeded = async (rows: readonly NewPerson[]) => {
  const db = database()
  const { failures } = await db.Person.createMany(rows)
  expect(failures).toEqual([])
  return db
}
const id = (n: number) => String(n).padStart(4, '0')

describe('queries', () => {
  it('returns everything that matches, without any cap', async () => {
    const db = await seeded(Array.from({ length: 2500 }, (_, i) => ({ id: id(i), name: `n${i}`, age: i % 100 })))
    expect(await db.Person.find().ids()).toHaveLength(2500)
    expect(await db.Person.find({ age: { gte: 50 } })).toHaveLength(1250)
    expect(await db.Person.find({ where: (p) => p.age.lt(10), orderBy: (p) => p.name })).toHaveLength(250)
    let streamed = 0
    for await (const row of db.Person.find({ status: 'a' }).stream()) streamed += row.age === undefined ? 0 : 1
    expect(streamed).toBe(2500)
    const some = db.Person.find({ where: { status: 'a' }, orderBy: (p) => p.id, limit: 701, after: null })
    const ids: string[] = []
    for await (const row of some.stream()) ids.push(row.id)
    expect(ids).toEqual(Array.from({ length: 701 }, (_, i) => id(i)))
    const { next: before } = await some
    const back = db.Person.find({ where: { status: 'a' }, orderBy: (p) => p.id, before })
    await expect(back.stream().next()).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('compares strings by their exact bytes', async () => {
    const odd = [
      '',
      'a',
      'a\0',
      'a\0b',
      '"',
      "'",
      '{}',
      '[x',
      '(y',
      '-',
      '+',
      '\\',
      'é',
      '😀',
      'A',
      ' a',
      '%',
      '\n',
      'name:"x"|@y',
    ]
    const db = await seeded(odd.map((name, i) => ({ id: id(i), name, note: name })))
    for (const name of odd) {
      expect((await db.Person.find({ name })).map((row) => row.name)).toEqual([name])
      expect((await db.Person.find({ where: { note: name }, allowScan: true })).map((row) => row.name)).toEqual([name])
      expect(await db.Person.find({ name: { startsWith: name } }).count()).toBe(
        odd.filter((x) => x.startsWith(name)).length,
      )
      expect(await db.Person.find({ name: { gt: name } }).count()).toBe(
        odd.filter((x) => Buffer.compare(Buffer.from(x), Buffer.from(name)) > 0).length,
      )
      expect(await db.Person.find({ name: { lte: name } }).count()).toBe(
        odd.filter((x) => Buffer.compare(Buffer.from(x), Buffer.from(name)) <= 0).length,
      )
    }
    const sorted = (await db.Person.find({ orderBy: { name: 'asc' } })).map((row) => row.name)
    expect(sorted).toEqual([...odd].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  })

  it('finds by unique, by id and by collection membership', async () => {
    const db = await seeded([
      { id: 'x', name: 'X', email: 'X@y.z', tags: ['red'] },
      { id: 'y', name: 'Y', tags: ['red', 'blue'] },
    ])
    expect((await db.Person.find({ email: 'X@y.z' }).first())!.id).toBe('x')
    expect(await db.Person.find({ email: 'x@y.z' }).first()).toBeNull()
    expect(await db.Person.find({ email: { in: ['X@y.z', 'x@y.z', 'none'] } }).ids()).toEqual(['x'])
    expect((await db.Person.find({ id: { in: ['y', 'q', 'x'] } })).map((row) => row.id)).toEqual(['x', 'y'])
    expect(await db.Person.find({ where: (p) => and(p.name.gte('A'), p.tags.has('blue')) }).ids()).toEqual(['y'])
    expect(await db.Person.find({ where: { doc: {} }, allowScan: true }).count()).toBe(2)
    expect(await db.Person.find({ where: (p) => or(p.email.eq('X@y.z'), p.name.eq('Y')) }).ids()).toEqual(['x', 'y'])
  })

  it('finds by many unique values, page by page', async () => {
    const fields = { id: t.string(), code: t.string().unique({ fold: 'lower' }), a: t.int(), b: t.int(), n: t.int() }
    for (const placement of ['single', { bucketed: 4 }] as const) {
      const Own = model('coded', fields, (m) => ({ indexes: [unique(m.a, m.b)], placement }))
      const { Own: store } = open(fixture.redis, { Own })
      await store.createMany(
        Array.from({ length: 60 }, (_, i) => ({ id: id(i), code: `c${i}`, a: i % 6, b: Math.floor(i / 6), n: -i })),
      )
      const code = { in: Array.from({ length: 3000 }, (_, i) => `c${i * 2}`) }
      const even = Array.from({ length: 30 }, (_, i) => id(i * 2))
      expect((await store.find({ code }).ids()).sort()).toEqual(even)
      expect(await store.find({ code }).count()).toBe(30)
      for (const [orderBy, expected] of [
        [undefined, even],
        [{ n: 'asc' } as const, [...even].reverse()],
        [{ id: 'desc' } as const, [...even].reverse()],
      ] as const) {
        const seen: string[] = []
        let after: string | null = null
        do {
          const page: { next: string | null } & readonly { id: string }[] = await store.find({
            where: { code },
            ...(orderBy ? { orderBy } : {}),
            limit: 7,
            after,
          })
          seen.push(...page.map((row) => row.id))
          after = page.next
        } while (after !== null)
        expect(orderBy ? seen : seen.sort()).toEqual(expected)
      }
      expect(await store.find({ code: { in: ['c1', 'C2', 'zz'] } }).ids()).toEqual([id(1)])
      expect((await store.find({ a: { in: [1, 2] }, b: { in: [0, 9, 77] } }).ids()).sort()).toEqual(
        [1, 2, 55, 56].map(id),
      )
      if (placement === 'single')
        expect(await store.find((m) => or(m.code.in(['c3', 'c4']), m.id.eq(id(9)))).count()).toBe(3)
      expect((await store.find({ code: { in: ['c1', 'c3'] } }).explain()).covers).toEqual(['code'])
      // A page goes on though a row of it has gone.
      const first = await store.find({ where: { code }, limit: 5 })
      await store.delete(first[4]!.id)
      const rest = await store.find({ where: { code }, after: first.next })
      expect([...first, ...rest].map((row) => row.id).sort()).toEqual(even)
      await store.deleteWhere({ code })
      expect(await store.find().count()).toBe(30)
    }
  })

  it('refuses what no index narrows, unless told', async () => {
    const db = await seeded([{ id: 'x', name: 'X', note: 'n' }])
    await expect(db.Person.find({ note: 'n' })).rejects.toThrow(UnindexedQueryError)
    await expect(db.Person.find({ note: 'n' }).count()).rejects.toThrow(/allowScan/)
    await expect(db.Person.find({ orderBy: { note: 'asc' } })).rejects.toThrow(/order by note/)
    await expect(db.Person.find((p) => or(p.name.eq('X'), p.note.eq('n')))).rejects.toThrow(UnindexedQueryError)
    expect(await db.Person.find({ where: { note: 'n' }, allowScan: true }).count()).toBe(1)
    expect(await db.Person.find({ where: { note: 'n', name: 'X' } }).count()).toBe(1)
    for (const name of ['like', 'constructor', 'orElse'])
      expect(() => db.Person.find({ age: { gte: 1, [name]: 3 } as never })).toThrow(`${name} is not an operator of age`)
  })

  it('explains its plan', async () => {
    const db = await seeded(Array.from({ length: 50 }, (_, i) => ({ id: id(i), name: 'same', age: i })))
    const plan = await db.Person.find({ where: { name: 'same', age: { gte: 48 } } }).explain()
    expect(plan).toMatchObject({ plan: 'walk', keys: ['{person}:x:age'], covers: ['age'], tested: true, entries: 2 })
    expect(plan.alternatives.map((each) => each.entries)).toContain(50)
    expect(await db.Person.find({ status: 'a', age: 3 }).explain()).toMatchObject({
      keys: ['{person}:x:status,age-desc'],
      tested: false,
      entries: 1,
    })
  })

  it('pages in both directions, exactly, while rows come and go', async () => {
    const db = await seeded(Array.from({ length: 30 }, (_, i) => ({ id: id(i), name: 'n', age: Math.floor(i / 3) })))
    const find = (more: object) => db.Person.find({ orderBy: (p) => p.age.desc(), limit: 7, ...more })
    const all = await db.Person.find({ orderBy: (p) => p.age.desc() }).ids()
    const seen: string[] = []
    const pages: (string | null)[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof find>> = await find({ after: cursor })
      seen.push(...page.map((row) => row.id))
      pages.push(page.previous)
      cursor = page.next
    } while (cursor)
    expect(seen).toEqual(all)
    expect(pages[0]).toBeNull()
    const back = await find({ before: pages[3] })
    expect(back.map((row) => row.id)).toEqual(all.slice(14, 21))
    const first = await find({ before: back.previous })
    expect((await find({ before: first.previous })).previous).toBeNull()
    const second = await find({})
    await db.Person.delete(second.at(-1)!.id)
    await db.Person.create({ id: 'new', name: 'n', age: 9 })
    expect((await find({ after: second.next })).map((row) => row.id)).toEqual(all.slice(7, 14))
    expect(() => db.Person.find({ limit: 7, after: second.next! })).not.toThrow()
    await expect(db.Person.find({ where: { age: 1 }, limit: 7, after: second.next! })).rejects.toThrow(
      /another condition/,
    )
    await expect(db.Person.find({ limit: 7, after: 'zzz' })).rejects.toThrow(/not a cursor/)
  })

  describe('a row that changes between the index and the row', () => {
    type Person = ReturnType<typeof database>['Person']
    /** The same models over a client that lets somebody meddle before rows are read. */
    const meddling = (meddle: () => Promise<unknown>) => {
      let meddled: Promise<unknown> | undefined
      const once = () => (meddled ??= meddle())
      const over = (redis: Pick<typeof fixture.redis, 'call' | 'raw' | 'runScript' | 'pipeline'>) => ({
        call: redis.call.bind(redis),
        raw: redis.raw.bind(redis),
        runScript: redis.runScript.bind(redis),
        pipeline: () => {
          const pipeline = redis.pipeline()
          return {
            call: pipeline.call.bind(pipeline),
            hgetall: pipeline.hgetall.bind(pipeline),
            exec: () => once().then(() => pipeline.exec()),
          }
        },
      })
      const client = { ...over(fixture.redis), buffers: fixture.redis.buffers }
      return { db: open(client, { Person }).Person as Person, meddled: () => meddled }
    }
    const young = { where: { age: { lt: 10 } }, orderBy: { age: 'asc' } } as const
    const seedAges = () => seeded(Array.from({ length: 20 }, (_, i) => ({ id: id(i), name: 'n', age: i })))

    it('is not shown when it does not match any more, and does not hide others', async () => {
      const db = await seedAges()
      const watched = meddling(async () => {
        await db.Person.update(id(5), { age: 500 })
        await db.Person.delete(id(6))
      })
      expect((await watched.db.find(young)).map((row) => row.age)).toEqual([0, 1, 2, 3, 4, 7, 8, 9])
      expect(watched.meddled()).toBeDefined()
    })

    it('stands where it is now, once', async () => {
      const db = await seedAges()
      const watched = meddling(() => db.Person.update(id(5), { age: 8 }))
      const rows = await watched.db.find(young)
      expect(rows.map((row) => [row.id, row.age])).toEqual(
        [0, 1, 2, 3, 4, 6, 7, 5, 8, 9].map((n) => [id(n), n === 5 ? 8 : n]),
      )
      expect(watched.meddled()).toBeDefined()
    })

    it('is followed by as many rows as the page holds when it is gone', async () => {
      const db = await seedAges()
      const watched = meddling(() => db.Person.delete(id(2)))
      const page = await watched.db.find({ ...young, limit: 5 })
      expect(page.map((row) => row.age)).toEqual([0, 1, 3, 4, 5])
      expect((await db.Person.find({ ...young, limit: 5, after: page.next })).map((row) => row.age)).toEqual([
        6, 7, 8, 9,
      ])
    })

    it('is shown with its new values when its place is the same', async () => {
      const db = await seedAges()
      const watched = meddling(() => db.Person.update(id(3), { note: 'new' }))
      const rows = await watched.db.find(young)
      expect(rows.find((row) => row.id === id(3))!.note).toBe('new')
      expect(rows).toHaveLength(10)
    })

    it('is tested again when the server tests rows', async () => {
      const db = await seedAges()
      const watched = meddling(() => db.Person.update(id(5), { note: 'new' }))
      const rows = await watched.db.find({ where: { age: { lt: 10 }, note: '' }, orderBy: { age: 'asc' } })
      expect(rows.map((row) => row.age)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9])
      expect(watched.meddled()).toBeDefined()
    })
  })

  it('names the key of a row that is of another type, and the field of one that is corrupt', async () => {
    const db = await seeded(Array.from({ length: 8 }, (_, i) => ({ id: id(i), name: 'n', age: i })))
    await fixture.redis.call('HSET', '{person}:r:0004', 'score', 'many')
    await expect(db.Person.find({ age: { gte: 0 } })).rejects.toMatchObject({
      code: 'CORRUPT_ROW',
      key: '{person}:r:0004',
      field: 'score',
    })
    await fixture.redis.call('DEL', '{person}:r:0004')
    await fixture.redis.call('LPUSH', '{person}:r:0004', 'x')
    await expect(db.Person.find({ age: { gte: 0 } })).rejects.toThrow(/\{person\}:r:0004/)
  })

  it('selects fields and counts without reading rows', async () => {
    const db = await seeded([
      { id: 'x', name: 'X', age: 4 },
      { id: 'y', name: 'Y' },
    ])
    expect([...(await db.Person.find({ orderBy: { name: 'asc' } }).select('id', 'age'))]).toEqual([
      { id: 'x', age: 4 },
      { id: 'y' },
    ])
    expect(await db.Person.find({ age: null }).count()).toBe(1)
    expect(await db.Person.find((p) => not(p.age.isNull())).count()).toBe(1)
  })

  it('updates and deletes by condition', async () => {
    const db = await seeded(Array.from({ length: 600 }, (_, i) => ({ id: id(i), name: 'n', age: i })))
    expect(await db.Person.updateWhere({ age: { lt: 300 } }, (p) => p.age.add(1000))).toEqual({ updated: 300 })
    expect(await db.Person.find({ age: { gte: 1000 } }).count()).toBe(300)
    expect(await db.Person.deleteWhere((p) => p.age.gte(1000))).toEqual({ deleted: 300 })
    expect(await db.Person.find().ids()).toHaveLength(300)
    // What a compiler that is told of exact optional properties would not let through.
    const nobody: { age: never } = { age: undefined as never }
    for (const where of [
      { age: nobody.age },
      { name: 'n', age: { gt: nobody.age } },
      { OR: [{ NOT: { age: nobody.age } }] },
    ]) {
      await expect(db.Person.deleteWhere(where)).rejects.toThrow(/age is undefined/)
      await expect(db.Person.updateWhere({ where }, (p) => p.age.add(1))).rejects.toThrow(/age is undefined/)
    }
    expect(await db.Person.find({ age: nobody.age }).count()).toBe(300)
    await db.Person.deleteWhere({ name: 'n' })
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
  })
})

describe('random conditions', () => {
  const row = fc.record({
    name: fc.constantFrom('', 'a', 'ab', 'b', 'a\0', 'é'),
    age: fc.option(fc.integer({ min: -3, max: 6 }), { nil: undefined }),
    score: fc.constantFrom(0, -1.5, 2.25, 1e300),
    status: fc.constantFrom('a', 'b', 'c') as fc.Arbitrary<'a' | 'b' | 'c'>,
    big: fc.constantFrom(0n, -5n, 2n ** 60n, 2n ** 60n + 1n),
    on: fc.boolean(),
    at: fc.constantFrom(new Date(0), new Date(-5), new Date(1e12)),
  })
  type Plain = {
    id: string
    name: string
    age: number | undefined
    score: number
    status: string
    big: bigint
    on: boolean
    at: Date
  }
  const values = {
    name: fc.constantFrom('', 'a', 'ab', 'aa', 'a\0', 'é'),
    age: fc.integer({ min: -4, max: 7 }),
    score: fc.constantFrom(0, -1.5, 2.25, 0.5),
    status: fc.constantFrom('a', 'b', 'c'),
    big: fc.constantFrom(0n, 2n ** 60n, -6n),
    on: fc.boolean(),
    at: fc.constantFrom(new Date(0), new Date(-5), new Date(7)),
  } as const
  type Field = keyof typeof values
  type Leaf = { field: Field; op: string; value: unknown }
  type Tree = Leaf | { and: Tree[] } | { or: Tree[] } | { not: Tree }
  const leaf = fc.constantFrom(...(Object.keys(values) as Field[])).chain((field): fc.Arbitrary<Leaf> => {
    const value = values[field] as fc.Arbitrary<unknown>
    const ops = ['eq', 'ne', 'in', 'notIn', 'isNull']
    if (!['status', 'on'].includes(field)) ops.push('gt', 'gte', 'lt', 'lte', 'between')
    if (field === 'name') ops.push('contains', 'startsWith')
    return fc.constantFrom(...ops).chain((op) => {
      if (op === 'in' || op === 'notIn')
        return fc.array(value, { maxLength: 3 }).map((list) => ({ field, op, value: list }))
      if (op === 'between') return fc.tuple(value, value).map((pair) => ({ field, op, value: pair }))
      if (op === 'isNull') return fc.boolean().map((flag) => ({ field, op, value: flag }))
      return value.map((one) => ({ field, op, value: one }))
    })
  })
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
      tie('tree').map((inner) => ({ not: inner })),
    ),
  }))
  const toFilter = (node: Tree): object =>
    'and' in node
      ? { AND: node.and.map(toFilter) }
      : 'or' in node
        ? { OR: node.or.map(toFilter) }
        : 'not' in node
          ? { NOT: toFilter(node.not) }
          : { [node.field]: { [node.op]: node.value } }
  const key = (x: unknown): string | number | bigint =>
    x instanceof Date ? x.getTime() : typeof x === 'boolean' ? Number(x) : (x as string | number | bigint)
  const compare = (a: unknown, b: unknown): number => {
    const [x, y] = [key(a), key(b)]
    if (typeof x === 'string' && typeof y === 'string') return Buffer.compare(Buffer.from(x), Buffer.from(y))
    return x < y ? -1 : x > y ? 1 : 0
  }
  const matches = (person: Plain, node: Tree): boolean => {
    if ('and' in node) return node.and.every((each) => matches(person, each))
    if ('or' in node) return node.or.some((each) => matches(person, each))
    if ('not' in node) return !matches(person, node.not)
    const actual = person[node.field] ?? null
    const wanted = node.value
    switch (node.op) {
      case 'isNull':
        return (actual === null) === wanted
      case 'eq':
        return actual !== null && compare(actual, wanted) === 0
      case 'ne':
        return actual === null || compare(actual, wanted) !== 0
      case 'in':
        return actual !== null && (wanted as unknown[]).some((each) => compare(actual, each) === 0)
      case 'notIn':
        return !(actual !== null && (wanted as unknown[]).some((each) => compare(actual, each) === 0))
      case 'contains':
        return (actual as string).includes(wanted as string)
      case 'startsWith':
        return (actual as string).startsWith(wanted as string)
    }
    if (actual === null) return false
    if (node.op === 'between') {
      const [low, high] = wanted as [unknown, unknown]
      return compare(actual, low) >= 0 && compare(actual, high) <= 0
    }
    const sign = compare(actual, wanted)
    return node.op === 'gt' ? sign > 0 : node.op === 'gte' ? sign >= 0 : node.op === 'lt' ? sign < 0 : sign <= 0
  }
  const orders = [
    {},
    { age: 'asc' },
    { age: 'desc' },
    { name: 'desc' },
    { score: 'asc' },
    { score: 'desc' },
    { id: 'desc' },
    { name: 'asc', age: 'desc' },
    { big: 'asc' },
    { on: 'asc', at: 'desc' },
  ] as const
  const inOrder = (people: readonly Plain[], order: Readonly<Record<string, 'asc' | 'desc'>>): string[] => {
    const columns = Object.entries(order)
    const last = columns.at(-1)?.[1] === 'desc' ? -1 : 1
    return [...people]
      .sort((a, b) => {
        for (const [field, direction] of columns) {
          const [x, y] = [(a as Record<string, unknown>)[field] ?? null, (b as Record<string, unknown>)[field] ?? null]
          const sign = x === null || y === null ? Number(x !== null) - Number(y !== null) : compare(x, y)
          if (sign !== 0) return direction === 'desc' ? -sign : sign
        }
        return last * compare(a.id, b.id)
      })
      .map((person) => person.id)
  }

  it('agree with a plain filter, in every order and page by page', async () => {
    const people: Plain[] = fc.sample(row, 120).map((data, i) => ({ ...data, id: id(i) }))
    const db = await seeded(people.map((person) => person as NewPerson))
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.constantFrom(...orders),
        fc.integer({ min: 1, max: 40 }),
        async (node, orderBy, limit) => {
          const where = toFilter(node) as never
          const expected = people.filter((person) => matches(person, node))
          const base = { where, orderBy, allowScan: true }
          expect(await db.Person.find(base).count()).toBe(expected.length)
          const ids = await db.Person.find(base).ids()
          const wanted = inOrder(expected, orderBy)
          if (Object.keys(orderBy).length > 0) expect(ids).toEqual(wanted)
          else expect([...ids].sort()).toEqual(wanted)
          const paged: string[] = []
          const rows: string[] = []
          let after: string | null = null
          do {
            const page: { id: string }[] & { next: string | null } = await db.Person.find({
              ...base,
              limit,
              after,
            }).select('id')
            paged.push(...page.map((each) => each.id))
            after = page.next
            if (after === null && paged.length > limit) {
              // Back again from the last page.
              let before: string | null = (page as unknown as { previous: string | null }).previous
              rows.unshift(...page.map((each) => each.id))
              while (before) {
                const back: { id: string }[] & { previous: string | null } = await db.Person.find({
                  ...base,
                  limit,
                  before,
                }).select('id')
                rows.unshift(...back.map((each) => each.id))
                before = back.previous
              }
              expect(rows).toEqual(paged)
            }
          } while (after)
          if (Object.keys(orderBy).length > 0) expect(paged).toEqual(wanted)
          else expect([...paged].sort()).toEqual(wanted)
        },
      ),
      { numRuns: 250 },
    )
  }, 60_000)
})
