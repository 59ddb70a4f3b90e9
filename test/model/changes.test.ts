// The change feed: an exact event for every change of every verb, none for what was refused, and a reading that misses nothing
// or says so.
import { connect } from '@ochre/client'
import { type Change, type Changes, fail, model, open, t, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { startServer } from '../servers/index.ts'
import { useRedis } from './database.ts'

const fields = {
  id: t.string(),
  email: t.string().unique().optional(),
  n: t.int().default(0).index(),
  s: t.string().optional().nullable(),
  heading: t.string().storedAs('title').default(''),
  doc: t.json<{ a: number }>().optional(),
  list: t.list(t.string()),
  tags: t.set(t.string()),
}
const Post = model('post', fields, { feed: true })
const Plain = model('plain', fields)
const Mortal = model('mortal', fields, { feed: { keep: 500 }, ttl: 'row' })
const Spread = model(
  'spread',
  { id: t.int(), n: t.int().default(0).index() },
  { feed: { keep: 1000 }, placement: { bucketed: 4 } },
)

const fixture = useRedis()
const database = () => open(fixture.redis, { Post, Plain, Mortal, Spread }, { sweepEvery: 0 })

interface Item extends Omit<Change<typeof Post.fields>, 'id' | 'fields'> {
  readonly id: unknown
  readonly fields: readonly string[]
}
/** `type id version fields`. */
const told = (item: unknown): string => {
  const { type, id, version, fields } = item as Partial<Item>
  return [type, id, version, fields?.join(',')]
    .filter((part) => part !== undefined && part !== null && part !== '')
    .join(' ')
}
const as = (item: unknown): Item => item as Item

/** The next items as text. */
async function take(changes: AsyncIterator<unknown>, count: number): Promise<string[]> {
  const items: string[] = []
  while (items.length < count) {
    const { value, done } = await changes.next()
    if (done) throw new Error(`ended after ${items.join('; ')}`)
    items.push(told(value))
  }
  return items
}

/** What a piece of work adds to the feed; a last entry tells that it is complete. */
async function eventsOf(store: ReturnType<typeof database>['Post' | 'Mortal'], work: () => Promise<unknown>) {
  await using changes = store.changes()
  await changes.position()
  await work()
  await store.create({ id: 'the end' })
  await store.delete('the end')
  const items: string[] = []
  for await (const change of changes) {
    if (told(change).startsWith('create the end')) break
    items.push(told(change))
  }
  return items
}

describe('what is told', () => {
  it('is every change of every verb, with what changed', async () => {
    const { Post } = database()
    expect(
      await eventsOf(Post, async () => {
        const a = await Post.create({ id: 'a', email: 'e', list: ['x'] })
        await Post.upsert({ id: 'b', n: 1 })
        await Post.upsert({ id: 'b', n: 2, heading: 'h' })
        await Post.upsert({ id: 'b', n: 2, tags: ['t'] })
        await Post.update('a', { n: 0, s: null, email: 'f' })
        await Post.update('a', { s: undefined, list: [] })
        await Post.replace({ id: 'b', n: 2, s: 'new' })
        await a.reload()
        a.n = 7
        a.heading = 'saved'
        await a.save()
        await a.save()
        await a.atomic((p) => p.n.add(1))
        await Post.delete('a')
        await Post.delete('a')
      }),
    ).toEqual([
      'create a 1',
      'create b 1',
      'update b 2 n,heading',
      'update b 3 tags',
      'update a 2 email,s',
      'update a 3 s,list',
      'update b 4 s,heading',
      'update a 4 n,heading',
      'update a 5 n',
      'delete a 5',
    ])
  })

  it('is every change of a program, and nothing of one that changes nothing', async () => {
    const { Post } = database()
    await Post.create({ id: 'a', n: 5, s: 'x', list: ['1', '2'], doc: { a: 1 } })
    expect(
      await eventsOf(Post, async () => {
        await Post.atomic('a', (p) => {
          when(p.n.gt(3), () => p.n.add(1)).else(() => p.s.set('no'))
          p.heading.set('')
          p.list.push('3')
          return p.n
        })
        await Post.at('a').n.add(0)
        await Post.at('a').list.pop()
        await Post.at('a').tags.remove('nothing')
        await Post.at('a').s.compareAndSet('y', 'z')
        await Post.at('a').s.unset()
        await Post.at('a').doc.path('a').increase(1)
        await Post.at('a').list.each((item) => when(item.eq('1'), () => item.remove()))
        await Post.at('a').list.trim(0, -1)
        await Post.at('a').tags.clear()
        const note = Post.program({ by: t.int() }, (p, { by }) => {
          p.n.add(by)
          p.tags.add('t')
        })
        await note('a', { by: 2 })
        await Post.atomic('a', (p) => p.n.get())
        await Post.extract('a', ['n', 'list'])
      }),
    ).toEqual([
      'update a 2 n,list',
      'update a 2 list',
      'update a 3 s',
      'update a 4 doc',
      'update a 4 list',
      'update a 5 n,tags',
    ])
  })

  it('is nothing of what is refused', async () => {
    const { Post } = database()
    await Post.create({ id: 'a', email: 'e' })
    const loaded = (await Post.get('a'))!
    await Post.update('a', { n: 1 })
    await fixture.redis.call('SET', '{post}:c:a:tags', 'no set')
    expect(
      await eventsOf(Post, async () => {
        const refused = [
          () => Post.create({ id: 'a' }),
          () => Post.create({ id: 'b', email: 'e' }),
          () => Post.create({ id: 'b', n: 1.5 }),
          () => Post.update('b', { n: 1 }),
          () => Post.update('a', { n: 3 }, { ifVersion: 1 }),
          () => Post.replace({ id: 'b' }),
          () => Post.delete('a', { ifVersion: 1 }),
          () => Object.assign(loaded, { n: 9 }).save(),
          () => Post.atomic('b', (p) => p.n.add(1)),
          () => Post.at('a').n.div(0),
          () =>
            Post.atomic('a', (p) => {
              p.n.add(1)
              fail('NO')
            }),
          () =>
            Post.atomic('a', (p) => {
              p.n.add(1)
              p.tags.add('x')
            }),
        ]
        for (const each of refused) await expect(each()).rejects.toThrow()
      }),
    ).toEqual([])
  })

  it('is every row of a bulk or of a condition, and none of the refused ones', async () => {
    const { Post } = database()
    expect(
      await eventsOf(Post, async () => {
        await Post.createMany([
          { id: 'a', n: 1, list: ['x'] },
          { id: 'b', email: 'e' },
          { id: 'c', email: 'e' },
          { id: 'd' },
        ])
        await Post.updateMany([
          { id: 'a', n: 1 },
          { id: 'zz', n: 1 },
          { id: 'b', n: 4 },
        ])
        await Post.updateWhere({ n: { gte: 1 } }, (p) => p.n.add(1))
        await Post.deleteWhere({ n: 2 })
        await Post.deleteMany(['b', 'zz'])
      }),
    ).toEqual([
      'create a 1',
      'create b 1',
      'create d 1',
      'update a 2',
      'update b 2 n',
      'update a 3 n',
      'update b 3 n',
      'delete a 3',
      'delete b 3',
    ])
  })

  it('is the expiry of a row, when it is swept or another takes its place', async () => {
    const { Mortal } = database()
    const { redis } = fixture
    const expireNow = async (id: string) => {
      const past = Date.now() - 1000
      await redis.call('ZADD', '{mortal}:exp', past, id)
      for (const key of ['r:', 'c:'])
        await redis.call('PEXPIREAT', `{mortal}:${key}${id}${key === 'c:' ? ':list' : ''}`, past)
    }
    for (const id of ['a', 'b', 'c', 'd']) await Mortal.create({ id, email: id, list: ['x'] }, { ttl: '1h' })
    expect(
      await eventsOf(Mortal, async () => {
        await Mortal.expire('a', '2h')
        await Mortal.persist('a')
        await Mortal.expire('a', '1h')
        for (const id of ['a', 'b', 'c', 'd']) await expireNow(id)
        await Mortal.create({ id: 'new', email: 'a' })
        await Mortal.create({ id: 'b' })
        await Mortal.update('b', { email: 'c' })
        expect(await Mortal.delete('d')).toBe(false)
        expect(await Mortal.sweep()).toBe(0)
        await Mortal.create({ id: 'e' }, { ttl: '1h' })
        await expireNow('e')
        expect(await Mortal.sweep()).toBe(1)
        await Mortal.create({ id: 'f' }, { ttl: '1h' })
        await expireNow('f')
        await Mortal.at('b').email.set('f@x')
        expect((await Mortal.verify()).problems).toEqual([])
      }),
    ).toEqual([
      'update a 2',
      'update a 3',
      'update a 4',
      'expire a',
      'create new 1',
      'expire b',
      'create b 1',
      'expire c',
      'update b 2 email',
      'expire d',
      'create e 1',
      'expire e',
      'create f 1',
      'update b 3 email',
    ])
  })

  it('is what a repair removes, and nothing else of a repair', async () => {
    const { Post } = database()
    for (const id of ['a', 'b', 'c']) await Post.create({ id, n: 1 })
    expect(
      await eventsOf(Post, async () => {
        await fixture.redis.call('DEL', '{post}:r:a')
        await fixture.redis.call('DEL', '{post}:x:n')
        expect((await Post.verify()).problems).not.toEqual([])
        await Post.repair()
        await Post.reindex()
        expect((await Post.verify()).problems).toEqual([])
      }),
    ).toEqual(['delete a'])
  })

  it('names fields as the model does, keeps unknown ones, and gives ids of their type', async () => {
    const db = database()
    const Newer = model('post', { ...fields, extra: t.int().optional() }, { feed: true })
    await using changes = db.Post.changes()
    const newer = open(fixture.redis, { Newer })
    await newer.Newer.create({ id: 'a' })
    await newer.Newer.update('a', { extra: 1, heading: 'x' })
    expect(await take(changes, 2)).toEqual(['create a 1', 'update a 2 extra,heading'])
    await using spread = db.Spread.changes()
    const before = Date.now()
    await db.Spread.create({ id: 7 })
    const { value } = await spread.next()
    expect(value).toMatchObject({ type: 'create', id: 7, version: 1, fields: [] })
    expect(Math.abs(as(value).at.getTime() - before)).toBeLessThan(5000)
  })

  it('refuses a write as a whole when the feed is something else', async () => {
    const { Post, Mortal } = database()
    await Post.create({ id: 'a' })
    await fixture.redis.call('SET', '{post}:feed', 'no stream')
    await fixture.redis.call('SET', '{mortal}:feed', 'no stream')
    const refused = [
      () => Post.create({ id: 'b' }),
      () => Post.update('a', { n: 1 }),
      () => Post.at('a').n.add(1),
      () => Post.delete('a'),
      () => Mortal.sweep(),
    ]
    for (const each of refused) await expect(each()).rejects.toMatchObject({ reason: 'WRONG_TYPE' })
    expect((await Post.get('a'))!.n).toBe(0)
    expect(await Post.exists('b')).toBe(false)
    await expect(Post.changes({ after: 'oldest' }).next()).rejects.toMatchObject({ reason: 'WRONG_TYPE' })
  })
})

describe('a model without a feed', () => {
  it('has none, in its keys and in its scripts', async () => {
    const scripts: string[] = []
    const watched = open(fixture.redis, { Plain }, { debug: (report) => scripts.push(report.lua ?? '') })
    await watched.Plain.create({ id: 'a', email: 'e' })
    await watched.Plain.update('a', { n: 1 })
    await watched.Plain.atomic('a', (p) => {
      p.n.add(1)
      p.list.push('x')
    })
    await watched.Plain.repair()
    await watched.Plain.delete('a')
    expect(scripts.length).toBeGreaterThan(4)
    for (const lua of scripts) expect(lua).not.toMatch(/XADD|XLEN|note\(|feed/)
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
    expect(() => database().Plain.changes()).toThrow(/no change feed/)
    expect(Plain.spec.feed).toBeNull()
    expect(Mortal.spec.feed).toEqual({ keep: 500 })
    expect(() => model('x', { id: t.string() }, { feed: { keep: 0 } })).toThrow(/whole number/)
  })
})

/** Lets the server's clock move on, so that a feed that begins anew does not give an id once more. */
async function tick(): Promise<void> {
  const now = async () => ((await fixture.redis.call('TIME')) as string[]).map(Number)
  const [seconds, micros] = await now()
  for (let [s, us] = [seconds!, micros!]; s * 1e6 + us - (seconds! * 1e6 + micros!) < 2000; )
    [s, us] = (await now()) as [number, number]
}

describe('reading', () => {
  it('begins where it is asked to: now, at the oldest, behind a cursor', async () => {
    const { Post } = database()
    await Post.create({ id: 'before' })
    await using fromNow = Post.changes()
    await using oldest = Post.changes({ after: 'oldest' })
    await Post.create({ id: 'a' })
    await Post.create({ id: 'b' })
    expect(await take(fromNow, 1)).toEqual(['create a 1'])
    const cursor = await fromNow.position()
    expect(await take(oldest, 3)).toEqual(['create before 1', 'create a 1', 'create b 1'])
    await using resumed = Post.changes({ after: cursor })
    expect(await take(resumed, 1)).toEqual(['create b 1'])
    expect(await resumed.position()).toBe(await oldest.position())
    for (const after of ['', 'nonsense', '1-1_1-1', '-'])
      expect(() => Post.changes({ after })).toThrow(/cursor of a change/)
  })

  it('follows on, many readers sharing one blocked connection', async () => {
    const { redis } = fixture
    const db = open(redis, { Post })
    const readers = Array.from({ length: 20 }, () => db.Post.changes())
    const seen = readers.map((reader) => take(reader, 300))
    await Promise.all(readers.map((reader) => reader.position()))
    for (let i = 0; i < 100; i++) {
      await db.Post.create({ id: `${i}` })
      await db.Post.update(`${i}`, { n: 1 })
      await db.Post.delete(`${i}`)
    }
    const expected = Array.from({ length: 100 }, (_, i) => [`create ${i} 1`, `update ${i} 2 n`, `delete ${i} 2`]).flat()
    for (const each of await Promise.all(seen)) expect(each).toEqual(expected)
    expect(redis.health().nodes[0]!.pool.leased).toBeLessThanOrEqual(1)
    for (const reader of readers) await reader.return()
    await expect.poll(() => redis.health().nodes[0]!.pool.leased, { interval: 5 }).toBe(0)
  })

  it('gives a slow reader everything, at its own pace', async () => {
    const Long = model('long', { id: t.string(), n: t.int().default(0) }, { feed: { keep: 100_000 } })
    const db = open(fixture.redis, { Long })
    await using slow = db.Long.changes()
    await using fast = db.Long.changes()
    const total = 6000
    const all = take(fast, total + 1)
    const [first] = await Promise.all([take(slow, 1), db.Long.create({ id: 'first' })])
    await db.Long.createMany(Array.from({ length: total }, (_, i) => ({ id: `r${i}` })))
    expect(new Set(await all).size).toBe(total + 1)
    expect([...first, ...(await take(slow, total))]).toEqual(await all)
    const late = take(slow, 1)
    await db.Long.create({ id: 'late' })
    expect(await late).toEqual(['create late 1'])
  })

  it('merges the feeds of a bucketed model, each row in its order, with one cursor for all', async () => {
    const { Spread } = database()
    await using changes = Spread.changes()
    const ids = Array.from({ length: 40 }, (_, i) => i)
    await Spread.createMany(ids.map((id) => ({ id })))
    for (let round = 0; round < 3; round++) await Promise.all(ids.map((id) => Spread.at(id).n.add(1)))
    const versions = new Map<unknown, number[]>()
    let cursor = ''
    for (let i = 0; i < 100; i++) {
      const { value } = await changes.next()
      const change = as(value)
      versions.set(change.id, [...(versions.get(change.id) ?? []), change.version!])
      cursor = change.cursor
    }
    await using resumed = Spread.changes({ after: cursor })
    for (let i = 100; i < 160; i++) {
      const { value } = await resumed.next()
      const change = as(value)
      versions.get(change.id)!.push(change.version!)
    }
    expect([...versions.keys()].sort((a, b) => Number(a) - Number(b))).toEqual(ids)
    for (const each of versions.values()) expect(each).toEqual([1, 2, 3, 4])
    const next = resumed.next()
    await Spread.delete(3)
    expect(told((await next).value)).toBe('delete 3 4')
  })

  it('tells where changes are missing, and goes on with what is kept', async () => {
    const { Mortal } = database()
    await using changes = Mortal.changes()
    const next = changes.next()
    await Mortal.create({ id: 'a' })
    expect(told((await next).value)).toBe('create a 1')
    const cursor = await changes.position()
    for (let i = 0; i < 1500; i++) void Mortal.at('a').n.add(1)
    await Mortal.at('a').n.get()
    await using resumed = Mortal.changes({ after: cursor })
    const gap = (await resumed.next()).value as { type: string; cursor: string }
    expect(gap.type).toBe('gap')
    const first = as((await resumed.next()).value)
    expect(first).toMatchObject({ type: 'update', id: 'a' })
    expect(first.version).toBeGreaterThan(2)
    expect(first.version).toBeLessThanOrEqual(1002)
    // Behind the gap nothing is missing any more.
    await using after = Mortal.changes({ after: gap.cursor })
    expect(as((await after.next()).value).version).toBe(first.version)
    let version = first.version!
    while (version < 1501) {
      const { value } = await after.next()
      expect(as(value).version).toBe(version + 1)
      version++
    }
    await using oldest = Mortal.changes({ after: 'oldest' })
    expect(as((await oldest.next()).value).version).toBe(first.version)
  })

  it('tells of a gap that begins before the first change, and of a feed that is lost or another one', async () => {
    const { Mortal } = database()
    await using changes = Mortal.changes()
    await changes.position()
    await Mortal.create({ id: 'a' })
    for (let i = 0; i < 1500; i++) void Mortal.at('a').n.add(1)
    await Mortal.at('a').n.get()
    expect((await changes.next()).value).toMatchObject({ type: 'gap' })
    const cursor = await changes.position()
    await fixture.redis.call('FLUSHALL')
    await tick()
    await Mortal.create({ id: 'b' })
    await using resumed = Mortal.changes({ after: cursor })
    expect(await take(resumed, 2)).toEqual(['gap', 'create b 1'])
    await fixture.redis.call('DEL', '{mortal}:feed')
    await using empty = Mortal.changes({ after: await resumed.position() })
    expect(await take(empty, 1)).toEqual(['gap'])
    await tick()
    await Mortal.delete('b')
    expect(await take(empty, 1)).toEqual(['delete b 1'])
    // A feed that begins anew with smaller ids than the reader has seen.
    await fixture.redis.call('DEL', '{mortal}:feed')
    await fixture.redis.call('XADD', '{mortal}:feed', '5-5', 'op', 'create', 'id', 'old', 'v', '1', 'f', '')
    await using behind = Mortal.changes({ after: await empty.position() })
    expect(await take(behind, 2)).toEqual(['gap', 'create old 1'])
  })

  it('tells readers that follow of a gap, too', async () => {
    const { Mortal } = database()
    await Mortal.create({ id: 'a' })
    await using changes = Mortal.changes()
    const items = take(changes, 3)
    await Mortal.update('a', { n: 1 })
    await expect.poll(() => fixture.redis.call('XLEN', '{mortal}:feed')).toBe(2)
    await fixture.redis.call('FLUSHALL')
    await tick()
    await Mortal.create({ id: 'b' })
    expect(await items).toEqual(['update a 2 n', 'gap', 'create b 1'])
  })
})

describe('on a real server', () => {
  it('nothing that was acknowledged is lost when the server is killed, and readers go on', async () => {
    await using server = await startServer({ config: { appendonly: 'yes', appendfsync: 'always' } })
    const redis = await connect(server.url)
    const db = open(redis, { Post })
    const watching = await connect(server.url)
    const seen = new Map<string, number[]>()
    const reading = (async () => {
      for await (const change of open(watching, { Post }).Post.changes({ after: 'oldest' })) {
        if (change.type === 'gap') throw new Error('a gap')
        if (change.id === 'the end') return
        seen.set(change.id, [...(seen.get(change.id) ?? []), change.version!])
      }
    })()
    const acknowledged = new Map<string, number>()
    let killed = false
    const writers = Array.from({ length: 8 }, async (_, w) => {
      const id = `w${w}`
      await db.Post.create({ id })
      acknowledged.set(id, 1)
      while (!killed) {
        await db.Post.at(id).n.add(1)
        acknowledged.set(id, acknowledged.get(id)! + 1)
      }
    })
    const ended = Promise.allSettled(writers)
    await expect
      .poll(() => [...acknowledged.values()].reduce((a, b) => a + b, 0), { interval: 2, timeout: 20_000 })
      .toBeGreaterThan(400)
    await server.kill()
    killed = true
    await ended
    await server.restart()
    await db.Post.create({ id: 'the end' })
    await reading
    for (const [id, version] of acknowledged) {
      // One more may have been made and not acknowledged.
      const { length } = seen.get(id)!
      expect(seen.get(id)).toEqual(Array.from({ length }, (_, i) => i + 1))
      expect([version, version + 1]).toContain(length)
      expect((await db.Post.get(id))!.n).toBe(length - 1)
    }
    expect(await db.Post.verify()).toMatchObject({ problems: [] })
    await redis.close()
    await watching.close()
  })
})

describe('an end', () => {
  const waiting = async (start: (db: ReturnType<typeof database>) => Changes<typeof Post.fields>) => {
    const db = database()
    const changes = start(db)
    await changes.position()
    const next = changes.next()
    await expect.poll(() => fixture.redis.health().nodes[0]!.pool.leased, { interval: 2 }).toBe(1)
    return { db, changes, next }
  }
  const nobodyWaits = () => expect.poll(() => fixture.redis.health().nodes[0]!.pool.leased, { interval: 2 }).toBe(0)

  it('comes with return, also while it waits, and with break', async () => {
    const { changes, next, db } = await waiting((x) => x.Post.changes())
    await changes.return()
    expect(await next).toEqual({ done: true, value: undefined })
    await nobodyWaits()
    await db.Post.create({ id: 'a' })
    for await (const change of db.Post.changes({ after: 'oldest' })) {
      expect(told(change)).toBe('create a 1')
      break
    }
    await db.Post.changes().return()
  })

  it('comes with the signal, as an error', async () => {
    const controller = new AbortController()
    const { next, changes } = await waiting((x) => x.Post.changes({ signal: controller.signal }))
    controller.abort('enough')
    await expect(next).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(await changes.next()).toEqual({ done: true, value: undefined })
    await nobodyWaits()
    await expect(database().Post.changes({ signal: AbortSignal.abort() }).next()).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('comes with the database', async () => {
    const { next, db } = await waiting((x) => x.Post.changes())
    db.close()
    expect(await next).toEqual({ done: true, value: undefined })
    await nobodyWaits()
  })

  it('comes with the client, at once', async () => {
    const redis = await connect(fixture.target)
    const db = open(redis, { Post })
    const changes = db.Post.changes()
    const next = changes.next()
    await expect.poll(() => redis.health().nodes[0]!.pool.leased, { interval: 2 }).toBe(1)
    const before = performance.now()
    await redis.close()
    expect(performance.now() - before).toBeLessThan(2000)
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await changes.next()).toEqual({ done: true, value: undefined })
  })
})
