// Agreement of rows, indexes and uniques: verify and repair, building indexes online, races, many databases, buckets, a killed server.
import { connect } from '@ochre/client'
import { index, model, open, t, UniqueError, unique } from '@ochre/model'
import { slotOf } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { startServer } from '../servers/index.ts'
import { useRedis } from './database.ts'

const base = {
  id: t.string(),
  email: t.string().unique({ fold: 'lower' }),
  n: t.int().default(0).index(),
  s: t.string().default(''),
  list: t.list(t.int()),
}
const Thing = model('thing', base, (x) => ({ indexes: [index(x.s, x.n.desc())] }))
const Wider = model('thing', { ...base, s: t.string().default('').index() }, (x) => ({
  indexes: [unique(x.s, x.n).as('pair')],
}))
const Bucketed = model(
  'spread',
  { id: t.string(), n: t.int().index(), s: t.string().default('') },
  { placement: { bucketed: 8 } },
)

const fixture = useRedis()

describe('verify and repair', () => {
  it('leaves nothing of an earlier row that was deleted by hand', async () => {
    const db = open(fixture.redis, { Thing, Bucketed })
    const things = Array.from({ length: 700 }, (_, i) => ({ id: `t${i}`, email: `e${i}`, n: i, s: 'old' }))
    await db.Thing.createMany(things)
    await db.Bucketed.createMany(things.map(({ id, n }) => ({ id, n })))
    const keys = (await fixture.redis.call('KEYS', '*:r:t*')) as string[]
    await fixture.redis.call('DEL', ...keys)
    await db.Thing.createMany(
      things.map(({ id, n }) => ({ id, email: `f${n}`, n: n + 1000, s: n % 2 ? 'old' : 'new' })),
    )
    await db.Bucketed.createMany(things.map(({ id, n }) => ({ id, n: n % 2 ? n : -n })))
    expect(await db.Thing.verify()).toMatchObject({ rows: 700, entries: 2100, problems: [] })
    expect(await db.Bucketed.verify()).toMatchObject({ rows: 700, entries: 700, problems: [] })
  })

  it('finds every kind of disagreement and mends it', async () => {
    const { redis } = fixture
    const db = open(redis, { Thing })
    for (let i = 0; i < 10; i++) await db.Thing.create({ id: `t${i}`, email: `e${i}`, n: i })
    expect(await db.Thing.verify()).toEqual({ rows: 10, entries: 30, problems: [] })
    const members = (await redis.buffers.call('ZRANGE', '{thing}:x:n', 0, -1)) as Buffer[]
    await redis.call('ZREM', '{thing}:x:n', members[0]!)
    await redis.call('ZADD', '{thing}:x:n', 0, Buffer.concat([members[1]!.subarray(0, 5), members[2]!.subarray(5)]))
    await redis.call('HDEL', '{thing}:u:email', Buffer.from('\x06e3\0'))
    await redis.call('HSET', '{thing}:u:email', Buffer.from('\x06zz\0'), 't3')
    await redis.call('HSET', '{thing}:r:t4', 'n', '400')
    await redis.call('DEL', '{thing}:r:t5')
    await redis.call('HDEL', '{thing}:m', 't6')
    const found = await db.Thing.verify()
    expect(new Set(found.problems.map((each) => each.code))).toEqual(
      new Set(['MISSING_ENTRY', 'DANGLING_ENTRY', 'STALE_ENTRY', 'NO_ROW', 'MEMO']),
    )
    await db.Thing.repair()
    expect(await db.Thing.verify()).toEqual({ rows: 9, entries: 27, problems: [] })
    expect(await db.Thing.find({ n: 400 }).ids()).toEqual(['t4'])
  })

  it('mends at once, whatever was damaged: rows are the truth', async () => {
    const { redis } = fixture
    const Claimed = model('claimed', base, { placement: { bucketed: 2 } })
    const db = open(redis, { Thing, Claimed })
    const ids = ['a', 'b', 'c', 'd']
    const keysOf = async (name: string) => ((await redis.call('KEYS', `{claimed:*}:${name}`)) as string[]).sort()
    const damages: readonly [string, () => Promise<unknown>][] = [
      ['the list of ids', () => redis.call('DEL', '{thing}:ids')],
      ['an id', () => redis.call('ZREM', '{thing}:ids', 'b')],
      ['a row and its id', () => redis.call('DEL', '{thing}:r:b').then(() => redis.call('ZREM', '{thing}:ids', 'b'))],
      ['all memos', () => redis.call('DEL', '{thing}:m')],
      [
        "the memo, which is another row's",
        async () => {
          const other = (await redis.buffers.call('HGET', '{thing}:m', 'a')) as Buffer
          await redis.call('HSET', '{thing}:m', 'c', other)
        },
      ],
      ["a unique value, which is another row's", () => redis.call('HSET', '{thing}:u:email', '\x06ec\0', 'a')],
      ['a unique value, which is of no row', () => redis.call('HSET', '{thing}:u:email', '\x06ec\0', 'ghost')],
      ['the ids of a bucketed model', async () => redis.call('DEL', ...(await keysOf('ids')))],
      [
        'memos of a bucketed model',
        async () => {
          for (const key of await keysOf('m'))
            for (const id of (await redis.call('HKEYS', key)) as string[]) await redis.call('HSET', key, id, '1')
        },
      ],
      ['claims of a bucketed model', async () => redis.call('DEL', ...(await keysOf('u:email')))],
    ]
    for (const [what, damage] of damages) {
      await redis.call('FLUSHALL')
      for (const id of ids) {
        await db.Thing.create({ id, email: `E${id}`, n: 1 })
        await db.Claimed.create({ id, email: `E${id}`, n: 1 })
      }
      await damage()
      const rows = ((await redis.call('KEYS', '{thing}:r:*')) as string[]).map((key) => key.at(-1)).sort()
      const found = [...(await db.Thing.verify()).problems, ...(await db.Claimed.verify()).problems]
      expect(found, what).not.toEqual([])
      await db.Thing.repair()
      await db.Claimed.repair()
      expect((await db.Thing.verify()).problems, what).toEqual([])
      expect((await db.Claimed.verify()).problems, what).toEqual([])
      expect((await db.Thing.find({ n: 1 }).ids()).sort(), what).toEqual(rows)
      expect((await db.Claimed.find().ids()).sort(), what).toEqual(ids)
      await expect(db.Thing.create({ id: 'x', email: 'eC' }), what).rejects.toMatchObject({ existingId: 'c' })
      await expect(db.Claimed.create({ id: 'x', email: 'eC' }), what).rejects.toMatchObject({ existingId: 'c' })
      await Promise.all([db.Thing.deleteWhere({}), db.Claimed.deleteWhere({})])
      expect(await redis.call('DBSIZE'), what).toBe(0)
    }
  })

  it('builds an added index online and drops one that is gone', async () => {
    const { redis } = fixture
    const old = open(redis, { Thing })
    for (let i = 0; i < 500; i++) await old.Thing.create({ id: `t${i}`, email: `e${i}`, n: i, s: `s${i % 5}` })
    const db = open(redis, { Wider })
    await expect(db.Wider.find({ s: 's1' })).rejects.toThrow(/not complete/)
    await db.Wider.update('t1', { s: 's2' })
    const steps: number[] = []
    await db.Wider.reindex({ onProgress: ({ rows }) => steps.push(rows) })
    expect(steps.length).toBeGreaterThan(2)
    expect(await db.Wider.find({ s: 's2' }).count()).toBe(101)
    expect(await db.Wider.verify()).toMatchObject({ rows: 500, problems: [] })
    expect(await redis.call('EXISTS', '{thing}:x:s,n-desc')).toBe(0)
    await expect(db.Wider.create({ id: 'x', email: 'x', s: 's3', n: 3 })).rejects.toThrow(UniqueError)
    await expect(old.Thing.find({ where: { s: 's1', n: 1 } }).explain()).resolves.toMatchObject({
      keys: ['{thing}:x:n'],
    })
  })
})

describe('races', () => {
  it('does not look rows up by an added constraint that they break', async () => {
    const { redis } = fixture
    for (const placement of ['single', { bucketed: 2 }] as const) {
      const Loose = model('loose', { id: t.string(), code: t.string() }, { placement })
      const Strict = model('loose', { id: t.string(), code: t.string().unique() }, { placement })
      const { Loose: loose } = open(redis, { Loose })
      const { Strict: strict } = open(redis, { Strict })
      await loose.createMany(['1', '2', '3'].map((id) => ({ id, code: id === '3' ? 'own' : 'same' })))
      expect((await strict.reindex()).problems).toContainEqual({ id: '2', code: 'DUPLICATE', where: 'u:code' })
      await expect(strict.find({ code: 'same' }).ids()).rejects.toThrow('not complete')
      expect(await strict.find({ where: { code: 'same' }, allowScan: true }).ids()).toEqual(['1', '2'])
      await expect(strict.create({ id: '4', code: 'same' })).rejects.toBeInstanceOf(UniqueError)
      await strict.update('2', { code: 'other' })
      expect((await strict.reindex()).problems).toEqual([])
      expect(await strict.find({ code: 'same' }).ids()).toEqual(['1'])
      await strict.deleteWhere({})
    }
  })

  it('lets exactly one of many creators of an email win', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(fixture.server.url)))
    const dbs = clients.map((client) => open(client, { Thing }))
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) =>
        dbs[i % 8]!.Thing.create({ id: `c${i}`, email: i % 2 ? 'SAME@x' : 'same@x' }),
      ),
    )
    const winners = results.filter((each) => each.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    const winner = (winners[0] as PromiseFulfilledResult<{ id: string }>).value.id
    for (const each of results) {
      if (each.status === 'rejected') {
        expect(each.reason).toBeInstanceOf(UniqueError)
        expect((each.reason as UniqueError).existingId).toBe(winner)
      }
    }
    await Promise.all(clients.map((client) => client.close()))
  })

  it('adds up exactly under concurrent programs and moves the index along', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect(fixture.server.url)))
    const dbs = clients.map((client) => open(client, { Thing }))
    for (let i = 0; i < 5; i++) await dbs[0]!.Thing.create({ id: `t${i}`, email: `e${i}` })
    await Promise.all(
      dbs.map(async (db, w) => {
        for (let i = 0; i < 200; i++) {
          await db.Thing.atomic(`t${(w + i) % 5}`, (p) => {
            p.n.add(1)
            p.list.push(p.n)
          })
        }
      }),
    )
    const rows = await dbs[0]!.Thing.find()
    expect(rows.reduce((sum, row) => sum + row.n, 0)).toBe(2000)
    for (const row of rows)
      expect(await dbs[0]!.Thing.at(row.id).list.items()).toEqual(Array.from({ length: row.n }, (_, i) => i + 1))
    expect(await dbs[0]!.Thing.verify()).toMatchObject({ problems: [] })
    await Promise.all(clients.map((client) => client.close()))
  })

  it('survives SCRIPT FLUSH in the middle', async () => {
    const db = open(fixture.redis, { Thing })
    await db.Thing.create({ id: 't', email: 'e' })
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        i % 10 === 5 ? fixture.redis.call('SCRIPT', 'FLUSH') : db.Thing.at('t').n.add(1),
      ),
    )
    expect((await db.Thing.get('t'))!.n).toBe(90)
  })

  it('leaves rows and indexes in agreement when the server is killed', async () => {
    await using server = await startServer({ config: { appendonly: 'yes', appendfsync: 'always' } })
    let redis = await connect(server.url)
    let db = open(redis, { Thing })
    let acknowledged = 0
    const writers = Array.from({ length: 4 }, async (_, w) => {
      for (let i = 0; ; i++) {
        await db.Thing.create({ id: `w${w}-${i}`, email: `${w}-${i}`, n: i, s: `s${i % 3}`, list: [i] })
        acknowledged++
        if (i % 3 === 0) await db.Thing.update(`w${w}-${i}`, { n: i + 1000, email: `x${w}-${i}` })
      }
    })
    const ended = Promise.allSettled(writers)
    await expect.poll(() => acknowledged, { interval: 5, timeout: 20_000 }).toBeGreaterThan(150)
    await server.kill()
    await redis.close({ drainMs: 0 })
    await ended
    await server.restart()
    redis = await connect(server.url)
    db = open(redis, { Thing })
    const { rows, problems } = await db.Thing.verify()
    expect(problems).toEqual([])
    expect(rows).toBeGreaterThanOrEqual(acknowledged)
    expect(await db.Thing.find({ n: { gte: 0 } }).count()).toBe(rows)
    await redis.close()
  })
})

describe('a full server', () => {
  it('refuses a row or a program as a whole', async () => {
    await using server = await startServer()
    const redis = await connect(server.url)
    const db = open(redis, { Thing })
    await db.Thing.create({ id: 'a', email: 'a', list: [1] })
    await redis.call('CONFIG', 'SET', 'maxmemory', '1')
    await expect(db.Thing.create({ id: 'b', email: 'b' })).rejects.toMatchObject({ code: 'OOM' })
    await expect(
      db.Thing.atomic('a', (p) => {
        p.n.add(1)
        p.list.push(2)
      }),
    ).rejects.toMatchObject({ code: 'OOM' })
    await redis.call('CONFIG', 'SET', 'maxmemory', '0')
    expect(await db.Thing.verify()).toEqual({ rows: 1, entries: 3, problems: [] })
    expect(await db.Thing.at('a').list.items()).toEqual([1])
    expect((await db.Thing.get('a'))!.n).toBe(0)
    await redis.close()
  })
})

describe('databases', () => {
  it('keeps namespaces apart on one client', async () => {
    const one = open(fixture.redis, { Thing }, { namespace: 'one' })
    const two = open(fixture.redis, { Thing }, { namespace: 'two' })
    await one.Thing.create({ id: 'a', email: 'e' })
    await two.Thing.create({ id: 'a', email: 'e' })
    await one.Thing.delete('a')
    expect(await two.Thing.exists('a')).toBe(true)
  })

  it('spreads a bucketed model over hash tags and still pages in order', async () => {
    const db = open(fixture.redis, { Bucketed })
    const rows = Array.from({ length: 300 }, (_, i) => ({ id: `b${i}`, n: (i * 7) % 100 }))
    expect(await db.Bucketed.createMany(rows)).toEqual({ done: 300, failures: [] })
    const keys = (await fixture.redis.call('KEYS', '*')) as string[]
    const tags = new Set(keys.map((key) => /\{([^}]+)\}/.exec(key)![1]))
    expect(tags.size).toBe(8)
    for (const tag of tags)
      expect(new Set(keys.filter((key) => key.startsWith(`{${tag}}`)).map((key) => slotOf(key))).size).toBe(1)
    const wanted = [...rows].sort((a, b) => b.n - a.n || (a.id < b.id ? 1 : -1)).map((row) => row.id)
    const paged: string[] = []
    let after: string | null = null
    do {
      const page: { id: string }[] & { next: string | null } = await db.Bucketed.find({
        orderBy: { n: 'desc' },
        limit: 37,
        after,
      })
      paged.push(...page.map((row) => row.id))
      after = page.next
    } while (after)
    expect(paged).toEqual(wanted)
    const unordered: string[] = []
    do {
      const page: { id: string }[] & { next: string | null } = await db.Bucketed.find({ n: { lt: 50 } }).page()
      unordered.push(...page.map((row) => row.id))
      after = page.next
    } while (after)
    expect(unordered).toHaveLength(150)
    expect(await db.Bucketed.find({ n: { lt: 50 } }).count()).toBe(150)
    expect(await db.Bucketed.updateWhere({ n: 7 }, (p) => p.s.set('seven'))).toEqual({ updated: 3 })
    expect(await db.Bucketed.verify()).toMatchObject({ rows: 300, problems: [] })
    expect(await db.Bucketed.deleteMany(rows.map((row) => row.id))).toEqual({ done: 300, failures: [] })
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
  })
})

describe('bulk', () => {
  it('reports refused rows by their position and goes on', async () => {
    const db = open(fixture.redis, { Thing })
    const progress: number[] = []
    const rows = async function* () {
      for (let i = 0; i < 2000; i++)
        yield { id: `t${i}`, email: i === 1500 ? 'e3' : `e${i}`, n: i === 77 ? 1.5 : i, list: [i] }
    }
    const result = await db.Thing.createMany(rows(), { onProgress: ({ done }) => progress.push(done) })
    expect(result.done).toBe(1998)
    expect(result.failures.map((each) => [each.index, each.error.name])).toEqual([
      [77, 'ValidationError'],
      [1500, 'UniqueError'],
    ])
    expect(progress.length).toBeGreaterThan(3)
    const updated = await db.Thing.updateMany([
      { id: 't1', n: 5000, list: [] },
      { id: 'nope', n: 1 },
      { id: 't2', email: 'E4' },
    ])
    expect(updated.done).toBe(1)
    expect(updated.failures.map((each) => each.error.name)).toEqual(['NotFoundError', 'UniqueError'])
    expect(await db.Thing.at('t1').list.length()).toBe(0)
    expect(await db.Thing.deleteMany(['t1', 'zz', 't2'])).toEqual({ done: 2, failures: [] })
    expect(await db.Thing.verify()).toMatchObject({ rows: 1996, problems: [] })
  })

  it('rejects when a batch fails as a whole, however long the next input takes', async () => {
    const db = open(fixture.redis, { Thing })
    const redis = await connect(fixture.target)
    const runScript = redis.runScript.bind(redis)
    let batches = 0
    let failed = (): void => undefined
    const isOver = new Promise<void>((resolve) => {
      failed = resolve
    })
    const broken = Object.create(redis, {
      with: { value: undefined },
      runScript: {
        value: (...given: Parameters<typeof runScript>) => {
          if (++batches !== 2) return runScript(...given)
          // Later than whoever awaits the batch.
          setImmediate(failed)
          return Promise.reject(new Error('out of memory'))
        },
      },
    }) as typeof redis
    let ended = false
    const rows = async function* () {
      try {
        for (let i = 0; i < 5000; i++) {
          if (i === 1001) await isOver
          yield { id: `t${i}`, email: `e${i}` }
        }
      } finally {
        ended = true
      }
    }
    await expect(open(broken, { Thing }).Thing.createMany(rows())).rejects.toThrow('out of memory')
    expect([ended, batches, await db.Thing.find().count()]).toEqual([true, 2, 500])
    await redis.close()
  })

  it('ends what is on its way before it rejects because its input did', async () => {
    const db = open(fixture.redis, { Thing })
    const rows = async function* () {
      for (let i = 0; i < 500; i++) yield { id: `t${i}`, email: `e${i}` }
      throw new Error('no more')
    }
    const seen: number[] = []
    await expect(db.Thing.createMany(rows(), { onProgress: ({ done }) => seen.push(done) })).rejects.toThrow('no more')
    expect(seen).toEqual([500])
  })

  it('shows each operation in debug mode and counts it', async () => {
    const seen: string[] = []
    const db = open(
      fixture.redis,
      { Thing },
      { debug: (report) => seen.push(`${report.operation} ${report.failure ?? 'ok'}`) },
    )
    await db.Thing.create({ id: 't', email: 'e' })
    await db.Thing.atomic('t', (p) => p.n.div(0)).catch(() => undefined)
    expect(seen).toEqual(['create ok', 'atomic PROGRAM_FAILED'])
    const plans: (string | null)[] = []
    const watched = open(fixture.redis, { Thing }, { debug: (report) => plans.push(report.plan) })
    await watched.Thing.find({ n: { gte: 0 } }).ids()
    expect(plans.at(-1)).toBe('ids: walk {thing}:x:n, 1 found')
    expect(db.Thing.metrics()).toMatchObject({ operations: { create: 1, atomic: 1 }, failures: 1, scripts: 2 })
  })
})
