// Pages while others write: what stays where it is comes exactly once, in order, in both directions; updateWhere, deleteWhere
// and stream over rows that their own writes move.
import { index, model, open, t } from '@ochre/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const fields = {
  id: t.string(),
  n: t.int().index(),
  group: t.enum(['a', 'b']),
  note: t.string().default(''),
}
const Single = model('single', fields, (x) => ({ indexes: [index(x.group, x.n.desc())] }))
const Spread = model('spread', fields, (x) => ({
  indexes: [index(x.group, x.n.desc())],
  placement: { bucketed: 4 },
}))
const Brief = model('brief', fields, (x) => ({ indexes: [index(x.group, x.n.desc())], ttl: '1h' }))

const fixture = useRedis()
const database = () => open(fixture.redis, { Single, Spread, Brief }, { sweepEvery: 0 })
type Rows = ReturnType<typeof database>['Single']

interface Plain {
  readonly id: string
  readonly n: number
  readonly group: 'a' | 'b'
  readonly note: string
}
type Change = { readonly op: 'insert' | 'delete' | 'expire' | 'move'; readonly id: number; readonly n: number }

/** By one range, with tested rows, by several ranges, and gathered and sorted. */
const QUERIES: readonly {
  readonly where?: object
  readonly orderBy: Readonly<Partial<Record<'n' | 'group' | 'note', 'asc' | 'desc'>>>
  matches(row: Plain): boolean
}[] = [
  { orderBy: { n: 'asc' }, matches: () => true },
  { orderBy: { n: 'desc' }, matches: () => true },
  { where: { group: 'a' }, orderBy: { n: 'desc' }, matches: (row) => row.group === 'a' },
  {
    where: { group: 'a', n: { lt: 30 } },
    orderBy: { n: 'asc' },
    matches: (row) => row.group === 'a' && row.n < 30,
  },
  { where: { note: 'x' }, orderBy: { n: 'asc' }, matches: (row) => row.note === 'x' },
  {
    where: { n: { notIn: [3, 4] }, group: 'b' },
    orderBy: { n: 'desc' },
    matches: (row) => row.group === 'b' && row.n !== 3 && row.n !== 4,
  },
  {
    where: { OR: [{ n: { lt: 20 } }, { n: { gt: 40 } }] },
    orderBy: { n: 'desc' },
    matches: (row) => row.n < 20 || row.n > 40,
  },
  { orderBy: { group: 'asc', n: 'asc' }, matches: () => true },
  { where: { n: { gte: 10 } }, orderBy: { note: 'desc', group: 'asc' }, matches: (row) => row.n >= 10 },
]

/** As queries order: by the columns, then by id in the direction of the last one. */
function inOrder(rows: readonly Plain[], orderBy: (typeof QUERIES)[number]['orderBy']): string[] {
  const columns = [...Object.entries(orderBy), ['id', Object.values(orderBy).at(-1)!] as const] as [
    keyof Plain,
    string,
  ][]
  const compare = (a: Plain, b: Plain): number => {
    for (const [name, direction] of columns) {
      const sign = a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0
      if (sign !== 0) return direction === 'desc' ? -sign : sign
    }
    return 0
  }
  return [...rows].sort(compare).map(({ id }) => id)
}

/** Makes a row of `brief` expire: what it leaves in indexes stays until a sweep. */
async function expireNow(id: string): Promise<void> {
  const past = Date.now() - 1000
  await fixture.redis.call('ZADD', '{brief}:exp', past, id)
  await fixture.redis.call('PEXPIREAT', `{brief}:r:${id}`, past)
}

describe('pages while rows come, go and move', () => {
  const change = fc.record({
    op: fc.constantFrom('insert', 'delete', 'expire', 'move') as fc.Arbitrary<Change['op']>,
    id: fc.nat({ max: 39 }),
    n: fc.nat({ max: 60 }),
  })
  const name = (i: number) => `r${String(i).padStart(2, '0')}`

  it('give each row that stays where it is once, in order, there and back', async () => {
    const db = database()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Single', 'Spread', 'Brief') as fc.Arbitrary<'Single' | 'Spread' | 'Brief'>,
        fc.constantFrom(...QUERIES),
        fc.array(fc.record({ n: fc.nat({ max: 60 }), a: fc.boolean(), x: fc.boolean() }), {
          minLength: 10,
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 20 }),
        async (which, query, seeds, limit, changes) => {
          await fixture.redis.call('FLUSHALL')
          const store = db[which] as unknown as Rows
          const now = new Map<string, Plain>()
          seeds.forEach(({ n, a, x }, i) => {
            now.set(name(i), { id: name(i), n, group: a ? 'a' : 'b', note: x ? 'x' : '' })
          })
          await store.createMany([...now.values()])
          const still = new Set(now.keys())
          const meddle = async (list: readonly Change[] = []): Promise<void> => {
            for (const { op, id: i, n } of list) {
              const id = name(i)
              const row = now.get(id)
              still.delete(id)
              if (op === 'insert' && !row) {
                const made: Plain = { id, n, group: n % 2 ? 'a' : 'b', note: n % 3 ? 'x' : '' }
                now.set(id, made)
                await store.create(made)
              } else if (op === 'delete' && row) {
                now.delete(id)
                await store.delete(id)
              } else if (op === 'expire' && row) {
                now.delete(id)
                if (which === 'Brief') await expireNow(id)
                else await store.delete(id)
              } else if (op === 'move' && row) {
                now.set(id, { ...row, n })
                await store.update(id, { n })
              }
            }
          }
          const { where, orderBy, matches } = query
          const find = (cursor: { after?: string | null; before?: string | null }) =>
            store.find({ ...(where ? { where } : {}), orderBy, limit, allowScan: true, ...cursor } as never).page()
          const stable = (ids: readonly string[]) => ids.filter((id) => still.has(id))
          // There.
          const seen: string[] = []
          let last = await find({})
          let turn = 0
          for (;;) {
            expect(last.length).toBeLessThanOrEqual(limit)
            for (const row of last) expect(matches(row as Plain)).toBe(true)
            seen.push(...last.map((row) => row.id))
            if (last.next === null) break
            await meddle(changes[turn++])
            last = await find({ after: last.next })
          }
          const wanted = () =>
            inOrder(
              [...now.values()].filter((row) => still.has(row.id) && matches(row)),
              orderBy,
            )
          expect(stable(seen)).toEqual(wanted())
          // And back.
          const back = last.map((row) => row.id)
          while (last.previous !== null) {
            await meddle(changes[turn++])
            last = await find({ before: last.previous })
            back.unshift(...last.map((row) => row.id))
          }
          expect(stable(back)).toEqual(wanted())
          const all = store.find({ ...(where ? { where } : {}), orderBy, allowScan: true } as never)
          const ids = inOrder([...now.values()].filter(matches), orderBy)
          expect(await all.ids()).toEqual(ids)
          expect((await all.select('id')).map((row) => row.id)).toEqual(ids)
          expect(await all.count()).toBe(ids.length)
          expect((await all.first())?.id).toBe(ids[0])
          await store.sweep()
          expect((await store.verify()).problems).toEqual([])
        },
      ),
      { numRuns: 120 },
    )
  }, 120_000)
})

describe('writes over what is being walked', () => {
  it('change each row once, though the change moves it within the range', async () => {
    const db = database()
    for (const store of [db.Single, db.Spread as unknown as Rows]) {
      await store.createMany(Array.from({ length: 2500 }, (_, i) => ({ id: `r${i}`, n: i, group: 'a' as const })))
      expect(await store.updateWhere({ n: { gte: 0 } }, (p) => p.n.add(1))).toEqual({ updated: 2500 })
      expect((await store.find({ orderBy: { n: 'asc' } })).map((row) => row.n)).toEqual(
        Array.from({ length: 2500 }, (_, i) => i + 1),
      )
      expect((await store.verify()).problems).toEqual([])
      // Out of the range, or on in it.
      expect(
        await store.updateWhere(
          (r) => r.n.lte(1000),
          (p) => p.n.add(500),
        ),
      ).toEqual({ updated: 1000 })
      expect(await store.find({ n: { lte: 500 } }).count()).toBe(0)
    }
  })

  it('do not disturb a stream: what it has not reached comes with its new values', async () => {
    const db = database()
    await db.Single.createMany(Array.from({ length: 1200 }, (_, i) => ({ id: `r${i}`, n: i, group: 'a' })))
    const seen = new Map<string, number>()
    let changed = false
    for await (const row of db.Single.find({ orderBy: { n: 'asc' } }).stream()) {
      expect(seen.has(row.id)).toBe(false)
      seen.set(row.id, row.n)
      if (changed) continue
      changed = true
      await db.Single.delete('r700')
      await db.Single.update('r800', { note: 'new' })
      await db.Single.update('r900', { n: -5 })
      await db.Single.create({ id: 'late', n: 5000, group: 'b' })
    }
    expect(seen.size).toBe(1199)
    expect(seen.has('r700')).toBe(false)
    expect(seen.has('r900')).toBe(false)
    expect(seen.get('late')).toBe(5000)
  })

  it('do not make a row come twice in one long answer', async () => {
    const db = database()
    const rows = Array.from({ length: 2100 }, (_, i) => ({ id: `r${i}`, n: i, group: 'a' as const }))
    await db.Single.createMany(rows)
    // Somebody moves a row ahead each time that a part of the answer has come.
    let moves = 0
    const ahead = async <T>(reply: Promise<T>): Promise<T> => {
      const given = await reply
      if (moves++ < 2) await db.Single.update('r5', { n: 1500 + moves * 300 })
      return given
    }
    const over = (redis: typeof fixture.redis) => ({
      call: redis.call.bind(redis),
      raw: (...words: Parameters<typeof redis.raw>) => ahead(redis.raw(...words)),
      runScript: (...call: Parameters<typeof redis.runScript>) => ahead(redis.runScript(...call)),
      pipeline: redis.pipeline.bind(redis),
    })
    const slow = open({ ...over(fixture.redis), buffers: fixture.redis.buffers as never }, { Single })
    for (const find of [
      () => slow.Single.find({ orderBy: { n: 'asc' } }).ids(),
      () => slow.Single.find({ where: { note: '' }, orderBy: { n: 'asc' }, allowScan: true }).ids(),
    ]) {
      moves = 0
      await db.Single.update('r5', { n: 5 })
      await slow.Single.readyIndexes()
      const ids = await find()
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toHaveLength(2100)
    }
  })

  it('delete what matches, also what is changed meanwhile', async () => {
    const db = database()
    await db.Single.createMany(Array.from({ length: 1200 }, (_, i) => ({ id: `r${i}`, n: i, group: 'a' })))
    const [{ deleted }] = await Promise.all([
      db.Single.deleteWhere({ n: { lt: 600 } }),
      ...Array.from({ length: 50 }, (_, i) =>
        db.Single.update(`r${i * 7}`, { note: 'touched' }).catch(() => undefined),
      ),
    ])
    expect(deleted).toBe(600)
    expect(await db.Single.find().count()).toBe(600)
    expect((await db.Single.verify()).problems).toEqual([])
  })

  it('delete no row that has ceased to match, and those that changed otherwise', async () => {
    const { redis } = fixture
    const Tagged = model('tagged', {
      id: t.string(),
      code: t.string().unique(),
      n: t.int().index(),
      note: t.string().default(''),
      tags: t.set(t.string()),
    })
    for (const Own of [Tagged, model('strewn', Tagged.fields, { placement: { bucketed: 2 } })]) {
      const { Own: store } = open(redis, { Own })
      const rows = ['a', 'b', 'c', 'd'].map((id, n) => ({ id, n, code: id, tags: ['x', 'y'] }))
      await store.createMany(rows)
      // Between the query and the deletion every row changes, one of them so that it does not match any more.
      let deletes = false
      const meddle = async (lua: string): Promise<unknown> => {
        deletes ||= lua.includes('purge(id')
        if (deletes) return null
        await Promise.all(rows.map(({ id, n }) => store.update(id, { note: `${n}` })))
        await store.at('b').tags.remove('x')
        return store.update('c', { n: 100 })
      }
      const over = (client: typeof redis) => ({
        call: client.call.bind(client),
        raw: client.raw.bind(client),
        pipeline: client.pipeline.bind(client),
        runScript: async (...given: Parameters<typeof redis.runScript>) => {
          const reply = await client.runScript(...given)
          await meddle(given[0].lua)
          return reply
        },
      })
      const meddling = open({ ...over(redis), buffers: over(redis.buffers as never) as never }, { Own })
      const matches = { n: { lt: 3 }, tags: { has: 'x' } }
      expect(await meddling.Own.deleteWhere(matches)).toEqual({ deleted: 1 })
      expect((await store.find({ orderBy: { n: 'asc' } })).map((row) => row.id)).toEqual(['b', 'd', 'c'])
      expect((await store.verify()).problems).toEqual([])
      await expect(store.create({ id: 'e', n: 1, code: 'b' })).rejects.toMatchObject({ existingId: 'b' })
      await store.deleteWhere({})
      expect(await redis.call('KEYS', `{${Own.name}*`)).toEqual([])
    }
  })
})

describe('long lists of values', () => {
  it('are answered by the index', async () => {
    const db = database()
    await db.Single.createMany(
      Array.from({ length: 3000 }, (_, i) => ({ id: `r${i}`, n: i * 2, group: i % 3 ? 'a' : 'b' })),
    )
    const values = Array.from({ length: 2000 }, (_, i) => i * 3)
    const wanted = values.filter((n) => n % 2 === 0 && n < 6000)
    const query = db.Single.find({ where: { n: { in: values } }, orderBy: { n: 'asc' } })
    expect((await query).map((row) => row.n)).toEqual(wanted)
    expect(await query.count()).toBe(wanted.length)
    expect(await query.explain()).toMatchObject({ keys: ['{single}:x:n'], tested: true, plan: 'walk' })
    const composite = db.Single.find({ where: { group: { in: ['a', 'b'] }, n: { in: values } } })
    expect((await composite.ids()).length).toBe(wanted.length)
    const ids = Array.from({ length: 5000 }, (_, i) => `r${i}`)
    expect(await db.Single.find({ id: { in: ids } }).count()).toBe(3000)
    expect(await db.Single.find({ n: { in: [] } }).ids()).toEqual([])
  })
})
