// Expiry on a real server: an expired row is absent at once everywhere, leaves nothing, and is refreshed as the model says.
import { type Client, connect } from '@ochre/client'
import { Clock, Engine } from '@ochre/embedded'
import { index, model, open, t, UniqueError } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const fields = {
  id: t.string(),
  email: t.string().unique().optional(),
  n: t.int().default(0).index(),
  tags: t.list(t.string()),
}
const Session = model('session', fields, { ttl: '30d' })
const Sliding = model('sliding', fields, (s) => ({ indexes: [index(s.n, s.email)], ttl: '1h', refreshTtl: 'both' }))
const Kept = model('kept', fields, { ttl: '1d', refreshTtl: { grace: '1h', every: '1m' } })
const Lazy = model('lazy', fields, { ttl: '1h', refreshTtl: { every: '10m' } })
const Chosen = model('chosen', fields, { ttl: 'row' })

const fixture = useRedis()
const database = (redis: Client = fixture.redis) =>
  open(redis, { Session, Sliding, Kept, Lazy, Chosen }, { sweepEvery: 0 })

/** Makes a row expire now: the server's clock cannot be moved, so its deadline is. */
async function expireNow(name: string, id: string): Promise<void> {
  const past = Date.now() - 1000
  await fixture.redis.call('ZADD', `{${name}}:exp`, past, id)
  await fixture.redis.call('PEXPIREAT', `{${name}}:r:${id}`, past)
  await fixture.redis.call('PEXPIREAT', `{${name}}:c:${id}:tags`, past)
}
const ttl = async (key: string) => Number(await fixture.redis.call('PTTL', key))

describe('expiry', () => {
  it('gives the row and its collections one deadline', async () => {
    const db = database()
    await db.Session.create({ id: 'a', tags: ['x'] })
    const row = await ttl('{session}:r:a')
    expect(row).toBeGreaterThan(29 * 864e5)
    // Time goes on between the two, on a busy machine by many milliseconds, but not for ever.
    const remaining = "return redis.call('PTTL', KEYS[1]) - redis.call('PTTL', KEYS[2])"
    const apart = (): Promise<unknown> =>
      fixture.redis.call('EVAL', remaining, 2, '{session}:r:a', '{session}:c:a:tags')
    const looks: unknown[] = []
    while (looks.length < 100 && looks.at(-1) !== 0) looks.push(await apart())
    expect(looks).toContain(0)
    await db.Session.create({ id: 'b' }, { ttl: '5m' })
    await db.Session.at('b').tags.push('late')
    expect(await ttl('{session}:c:b:tags')).toBeLessThanOrEqual(3e5)
    expect(await ttl('{session}:c:b:tags')).toBeGreaterThan(0)
    await db.Session.persist('b')
    expect(await ttl('{session}:c:b:tags')).toBe(-1)
    expect(await db.Session.expiresAt('b')).toBeNull()
    await db.Session.expire('b', '1m')
    expect((await db.Session.expiresAt('b'))!.getTime()).toBeLessThanOrEqual(Date.now() + 60_000)
    await db.Chosen.create({ id: 'c' })
    expect(await ttl('{chosen}:r:c')).toBe(-1)
    await expect(db.Session.expire('zz', '1m')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('makes an expired row absent at once for reads, queries, counts and uniques', async () => {
    const db = database()
    await db.Session.create({ id: 'a', email: 'e', n: 5, tags: ['x'] })
    await db.Session.create({ id: 'b', n: 5 })
    await expect(db.Session.create({ id: 'c', email: 'e' })).rejects.toThrow(UniqueError)
    await expireNow('session', 'a')
    expect(await db.Session.get('a')).toBeNull()
    expect(await db.Session.exists('a')).toBe(false)
    expect(await db.Session.expiresAt('a')).toBeNull()
    expect(await db.Session.find({ n: 5 }).ids()).toEqual(['b'])
    expect((await db.Session.find({ n: 5 })).map((row) => row.id)).toEqual(['b'])
    expect(await db.Session.find({ email: 'e' }).first()).toBeNull()
    expect(await db.Session.find({ n: 5 }).count()).toBe(1)
    await expect(db.Session.update('a', { n: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await db.Session.verify()).toMatchObject({ problems: [] })
  })

  it('gives the unique value of an expired row to the next one', async () => {
    const db = database()
    await db.Session.create({ id: 'a', email: 'e', n: 5 })
    await expireNow('session', 'a')
    await db.Session.create({ id: 'b', email: 'e' })
    expect(await db.Session.find({ email: 'e' }).ids()).toEqual(['b'])
    expect(await fixture.redis.call('ZCARD', '{session}:x:n')).toBe(1)
    await expireNow('session', 'b')
    await db.Session.create({ id: 'c' })
    await db.Session.update('c', { email: 'e' })
    expect(await db.Session.verify()).toEqual({ rows: 1, entries: 2, problems: [] })
    expect(await db.Session.find({ email: 'e' }).ids()).toEqual(['c'])
  })

  it('leaves nothing behind', async () => {
    const db = database()
    for (let i = 0; i < 20; i++) await db.Session.create({ id: `r${i}`, email: `e${i}`, n: i, tags: ['x'] })
    for (let i = 0; i < 20; i++) await expireNow('session', `r${i}`)
    expect(await db.Session.sweep()).toBe(20)
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
    await db.Session.create({ id: 'r0', email: 'e0' })
    await expireNow('session', 'r0')
    await db.Session.create({ id: 'r0', email: 'other' })
    await db.Session.delete('r0')
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
  })

  it('takes long times as they are, and none that no Date can end', async () => {
    const { Session: sessions, close } = open(fixture.redis, { Session }, { sweepEvery: '52w' })
    const warnings: string[] = []
    const note = (warning: Error) => warnings.push(warning.name)
    process.on('warning', note)
    await sessions.create({ id: 'a' }, { ttl: '3650000d' })
    expect((await sessions.expiresAt('a'))!.getUTCFullYear()).toBeGreaterThan(12_000)
    expect((await sessions.get('a'))!.id).toBe('a')
    for (const ttl of [Number.MAX_SAFE_INTEGER, '100000000d', 0, 1.5, '1y'] as never[])
      await expect(sessions.create({ id: 'b' }, { ttl })).rejects.toMatchObject({ code: 'USAGE' })
    process.off('warning', note)
    expect(warnings).toEqual([])
    close()
  })

  it('sweeps in the background, one process at a time', async () => {
    const redis = await connect(fixture.server.url)
    const db = open(redis, { Session }, { sweepEvery: '60ms' })
    await db.Session.create({ id: 'a', email: 'e' })
    await expireNow('session', 'a')
    await expect.poll(() => fixture.redis.call('EXISTS', '{session}:ids'), { interval: 20 }).toBe(0)
    db.close()
    await redis.close()
  })

  it('refreshes on reads and writes, and not more often than told', async () => {
    const db = database()
    await db.Sliding.create({ id: 'a', tags: ['x'] }, { ttl: '1m' })
    await fixture.redis.call('HDEL', '{sliding}:r:a', '_t')
    expect((await db.Sliding.get('a'))!.n).toBe(0)
    expect(await ttl('{sliding}:r:a')).toBeGreaterThan(3e6)
    expect(await ttl('{sliding}:c:a:tags')).toBeGreaterThan(3e6)
    await fixture.redis.call('PEXPIRE', '{sliding}:r:a', 60_000)
    await fixture.redis.call('ZADD', '{sliding}:exp', Date.now() + 60_000, 'a')
    await db.Sliding.at('a').n.add(1)
    expect(await ttl('{sliding}:r:a')).toBeGreaterThan(3e6)
    await db.Lazy.create({ id: 'a' })
    const before = await db.Lazy.expiresAt('a')
    await db.Lazy.get('a')
    await db.Lazy.update('a', { n: 2 })
    expect(await db.Lazy.expiresAt('a')).toEqual(before)
    await fixture.redis.call('ZADD', '{lazy}:exp', Date.now() + 60_000, 'a')
    await db.Lazy.update('a', { n: 3 })
    expect((await db.Lazy.expiresAt('a'))!.getTime()).toBeGreaterThan(Date.now() + 3e6)
  })

  it('refreshes by whatever reads one row, and only when it is due', async () => {
    const Seen = model('seen', fields, { ttl: '1h', refreshTtl: { on: 'read', every: '1m' } })
    const { Seen: seen } = open(fixture.redis, { Seen }, { sweepEvery: 0 })
    await seen.create({ id: 'a', n: 1, tags: ['x'] })
    const look = seen.program({ least: t.int() }, (p, { least }) => ({ is: p.n.gte(least), tags: p.tags.items() }))
    const row = (await seen.get('a'))!
    const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['get', () => seen.get('a')],
      ['getMany', () => seen.getMany(['a', 'zz'])],
      ['reload', () => row.reload()],
      ['extract', () => seen.extract('a', ['n', 'tags[0]'])],
      ['at a field', () => seen.at('a').n.get()],
      ['at a collection', () => seen.at('a').tags.length()],
      ['a program that reads', () => look('a', { least: 0 })],
      ['a program of a record', () => row.atomic((p) => p.n)],
    ]
    const due = async () => (await seen.expiresAt('a'))!.getTime() - Date.now()
    for (const [what, read] of reads) {
      await seen.expire('a', '10m')
      await fixture.redis.call('HDEL', '{seen}:r:a', '_t')
      await read()
      expect(await due(), what).toBeGreaterThan(35e5)
      expect(await ttl('{seen}:r:a'), what).toBeGreaterThan(35e5)
      expect(await ttl('{seen}:c:a:tags'), what).toBeGreaterThan(35e5)
      const before = await seen.expiresAt('a')
      await read()
      expect(await seen.expiresAt('a'), what).toEqual(before)
    }
    await seen.expire('a', '10m')
    await fixture.redis.call('HDEL', '{seen}:r:a', '_t')
    const others: readonly (() => Promise<unknown>)[] = [
      () => seen.at('a').n.add(1),
      () => seen.at('a').tags.push('y'),
      () => seen.update('a', { n: 5 }),
      () => seen.find({ n: { gte: 0 } }).first(),
      () => seen.exists('a'),
      () => seen.atomic('a', (p) => p.n.div(0)).catch(() => undefined),
    ]
    for (const other of others) {
      await other()
      expect(await due()).toBeLessThan(601e3)
    }
    await expect(seen.at('zz').n.get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('leaves a row its grace, and never less time than it had', async () => {
    const db = database()
    const leave = async (ms: number): Promise<void> => {
      await fixture.redis.call('ZADD', '{kept}:exp', Date.now() + ms, 'a')
    }
    const left = async (): Promise<number> => (await db.Kept.expiresAt('a'))!.getTime() - Date.now()
    await db.Kept.create({ id: 'a', tags: ['x'] })
    const before = await db.Kept.expiresAt('a')
    await db.Kept.get('a')
    await db.Kept.update('a', { n: 2 })
    await db.Kept.at('a').n.add(1)
    expect(await db.Kept.expiresAt('a')).toEqual(before)
    for (const access of [
      () => db.Kept.get('a'),
      () => db.Kept.update('a', { n: 3 }),
      () => db.Kept.at('a').n.add(1),
    ]) {
      await leave(60_000)
      await access()
      const ms = await left()
      expect(ms).toBeGreaterThan(3.5e6)
      expect(ms).toBeLessThanOrEqual(3.6e6)
      expect(await ttl('{kept}:c:a:tags')).toBeLessThanOrEqual(3.6e6)
      // Within the interval nothing moves.
      const moved = await db.Kept.expiresAt('a')
      await access()
      expect(await db.Kept.expiresAt('a')).toEqual(moved)
    }
    // A row whose own time is shorter is given that.
    await db.Kept.create({ id: 'b' }, { ttl: '5m' })
    await fixture.redis.call('ZADD', '{kept}:exp', Date.now() + 1000, 'b')
    await db.Kept.update('b', { n: 1 })
    expect((await db.Kept.expiresAt('b'))!.getTime() - Date.now()).toBeLessThanOrEqual(3e5)
  })

  it('ends a row behind its last moment, in which it is written as ever', async () => {
    for (const refreshTtl of ['read', 'write'] as const) {
      const Brief = model(
        'brief',
        { ...fields, s: t.set(t.string()) },
        { ttl: 1000, refreshTtl: { on: refreshTtl, every: '1h' } },
      )
      const engine = await Engine.open({ clock: new Clock(Date.UTC(2030)) })
      const redis = await connect(engine)
      const { Brief: brief } = open(redis, { Brief }, { sweepEvery: 0 })
      const writes: readonly (() => Promise<unknown>)[] = [
        () => brief.update('a', { n: 1, tags: ['x'] }),
        () => brief.upsert({ id: 'a', n: 2 }),
        () => brief.replace({ id: 'a', n: 3 }),
        () => brief.at('a').n.add(1),
        () => brief.at('a').tags.push('y'),
        () => brief.at('a').n.get(),
        () => brief.get('a').then((row) => row!.atomic((p) => p.n.add(1))),
        () => brief.get('a').then((row) => Object.assign(row!, { n: 9 }).save()),
      ]
      await brief.create({ id: 'a', tags: ['x'] })
      engine.clock.advance(1000)
      for (const write of writes) {
        await expect(write()).resolves.toBeDefined()
        expect((await brief.get('a'))!.id).toBe('a')
      }
      engine.clock.advance(1)
      expect(await brief.get('a')).toBeNull()
      await expect(brief.update('a', { n: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await brief.sweep()).toBe(1)
      expect(await redis.call('KEYS', '*')).toEqual([])
      await redis.close()
      await engine.close()
    }
  })

  it('keeps the time of a row that has its own', async () => {
    const db = database()
    await db.Sliding.create({ id: 'a' }, { ttl: '5m' })
    await fixture.redis.call('ZADD', '{sliding}:exp', Date.now() + 1000, 'a')
    await db.Sliding.update('a', { n: 3 })
    const due = (await db.Sliding.expiresAt('a'))!.getTime() - Date.now()
    expect(due).toBeGreaterThan(200_000)
    expect(due).toBeLessThanOrEqual(300_000)
  })
})
