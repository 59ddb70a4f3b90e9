// What object mappers on Redis are known to get wrong, each as a test.
import { connect } from '@ochre/client'
import { ConflictError, model, not, now, open, or, t, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Note = model('note', {
  id: t.string(),
  title: t.string().index(),
  n: t.int().default(0).index(),
  at: t.date().default(() => new Date('2024-05-06T07:08:09.123Z')),
  text: t.string().nullable().default('x'),
  doc: t.json().default({}),
  items: t.list(t.json()),
  map: t.map(t.string()),
})
const fixture = useRedis()
const fresh = async (rows: (typeof Note.$insert)[] = []) => {
  const db = open(fixture.redis, { Note })
  for (const row of rows) await db.Note.create(row)
  return db
}

/** A client of the same database under the name of an ACL user. */
const connectAs = (username: string) => connect(fixture.target, { username, password: 'any' })

describe('none of the known defects', () => {
  it('finds more than ten rows', async () => {
    const db = await fresh()
    await db.Note.createMany(Array.from({ length: 25 }, (_, i) => ({ id: `${i}`, title: 'same' })))
    expect(await db.Note.find({ title: 'same' })).toHaveLength(25)
    expect((await db.Note.deleteWhere({ title: 'same' })).deleted).toBe(25)
  })

  it('takes quotes and backslashes in conditions as they are', async () => {
    const titles = ['a"b', 'a\\"b', 'a\\', '"', "') or ('1'='1", '@title:{x}', '*']
    const db = await fresh(titles.map((title, i) => ({ id: `${i}`, title })))
    for (const title of titles) expect(await db.Note.find({ title }).count()).toBe(1)
  })

  it('negates a whole condition', async () => {
    const db = await fresh([
      { id: 'a', title: 'x', n: 1 },
      { id: 'b', title: 'x', n: 2 },
      { id: 'c', title: 'y', n: 1 },
    ])
    const query = db.Note.find({ where: (u) => not(or(u.title.eq('y'), u.n.eq(2))), allowScan: true })
    expect(await query.ids()).toEqual(['a'])
  })

  it('compares strings as wholes, not as words', async () => {
    const db = await fresh([
      { id: 'a', title: 'John Smith' },
      { id: 'b', title: 'john' },
    ])
    expect(await db.Note.find({ title: 'john' }).ids()).toEqual(['b'])
  })

  it('undoes everything when one operation of a program fails', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    await expect(
      db.Note.atomic('a', (p) => {
        p.title.set('changed')
        p.items.push({ a: 1 })
        p.n.div(0)
      }),
    ).rejects.toMatchObject({ reason: 'DIVISION_BY_ZERO' })
    expect((await db.Note.get('a'))!.title).toBe('t')
    expect(await db.Note.at('a').items.length()).toBe(0)
  })

  it('runs a program once and whole when the server has forgotten the script', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    for (let i = 0; i < 3; i++) {
      await fixture.redis.call('SCRIPT', 'FLUSH')
      await db.Note.atomic('a', (p) => {
        p.n.add(1)
        p.items.push(i)
      })
    }
    expect((await db.Note.get('a'))!.n).toBe(3)
    expect(await db.Note.at('a').items.items()).toEqual([0, 1, 2])
  })

  it('decides on the server, not on what was read before', async () => {
    const db = await fresh([{ id: 'a', title: 't', n: 5 }])
    const loaded = (await db.Note.get('a'))!
    await db.Note.update('a', { n: 100 })
    await loaded.atomic((p) => when(p.n.gt(50), () => p.title.set('big')))
    expect(loaded).toMatchObject({ n: 100, title: 'big' })
  })

  it('creates a row and its deadline in one step', async () => {
    const Short = model('short', { id: t.string() }, { ttl: '1h' })
    const db = open(fixture.redis, { Short }, { sweepEvery: 0 })
    const seen: string[] = []
    const watched = open(fixture.redis, { Short }, { sweepEvery: 0, debug: (report) => seen.push(report.operation) })
    await watched.Short.create({ id: 'a' })
    expect(seen).toEqual(['create'])
    expect(await db.Short.expiresAt('a')).not.toBeNull()
  })

  it('never walks the keyspace', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    await fixture.redis.call('CONFIG', 'RESETSTAT')
    await db.Note.find()
    await db.Note.find({ title: 't' }).count()
    await db.Note.verify()
    expect(String(await fixture.redis.call('INFO', 'commandstats'))).not.toMatch(/cmdstat_(keys|scan):/)
  })

  it('keeps milliseconds of dates when they move', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    expect(await db.Note.at('a').at.add({ days: 1 })).toEqual(new Date('2024-05-07T07:08:09.123Z'))
    expect((await db.Note.atomic('a', () => now())).getTime()).toBeGreaterThan(1.7e12)
  })

  it('keeps empty arrays, long numbers, odd keys and null in JSON', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    const text =
      '{"empty":[],"obj":{},"long":123456789012345678901234567890,"we ird.\\"key\\"":[null,false,[]],"f":1.10}'
    await fixture.redis.call('HSET', '{note}:r:a', 'doc', text)
    await db.Note.at('a').doc.path('["we ird.\\"key\\""][0]').put(1)
    await db.Note.at('a').doc.path('empty').push([])
    expect(await fixture.redis.call('HGET', '{note}:r:a', 'doc')).toBe(
      text.replace('[null,false', '[1,false').replace('"empty":[]', '"empty":[[]]'),
    )
    await db.Note.at('a').items.push([], null, {}, { a: [] }, 12345678901234)
    await db.Note.atomic('a', (p) => p.items.each((item) => when(item.length().eq(0), () => item.remove())))
    expect(await db.Note.at('a').items.items()).toEqual([null, { a: [] }, 12345678901234])
    await db.Note.at('a').map.set('a.b c"d', '')
    expect(await db.Note.at('a').map.get('a.b c"d')).toBe('')
    expect(await db.Note.at('a').items.pop()).toBe(12345678901234)
  })

  it('shows rows that do not fit instead of dropping them', async () => {
    const db = await fresh([
      { id: 'a', title: 't' },
      { id: 'b', title: 't' },
    ])
    await fixture.redis.call('HSET', '{note}:r:b', 'at', 'yesterday')
    await expect(db.Note.find({ title: 't' })).rejects.toMatchObject({
      code: 'CORRUPT_ROW',
      key: '{note}:r:b',
      field: 'at',
    })
  })

  it('stores names, not the names of variables', async () => {
    const Renamed = model('note', { id: t.string(), heading: t.string().storedAs('title').index() })
    const db = await fresh([{ id: 'a', title: 'kept' }])
    expect((await db.Note.get('a'))!.title).toBe('kept')
    expect((await open(fixture.redis, { Renamed }).Renamed.get('a'))!.heading).toBe('kept')
  })

  it('sends null', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    await db.Note.atomic('a', (p) => p.text.set(null))
    expect((await db.Note.get('a'))!.text).toBeNull()
    await db.Note.update('a', { text: 'y' })
    await db.Note.update('a', { text: null })
    expect((await db.Note.get('a'))!.text).toBeNull()
  })

  it('loses no update when two save different fields of one row', async () => {
    const db = await fresh([{ id: 'a', title: 't', text: 'old' }])
    const [one, two] = [(await db.Note.get('a'))!, (await db.Note.get('a'))!]
    one.title = 'mine'
    two.text = 'yours'
    await one.save()
    const conflict = await two.save().catch((error: unknown) => error)
    expect(conflict).toBeInstanceOf(ConflictError)
    const current = (conflict as ConflictError<typeof two>).current
    current.text = 'yours'
    await current.save()
    expect(await db.Note.get('a')).toMatchObject({ title: 'mine', text: 'yours' })
  })

  it('takes what Redis holds as data, whatever it looks like', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"then":"x","toJSON":1}'
    await fixture.redis.call('HSET', '{note}:r:a', 'doc', text, 'text', 'gANjcG9zaXgKc3lzdGVt')
    const row = (await db.Note.get('a'))!
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(JSON.stringify(row.doc)).toBe(text)
    expect(row.text).toBe('gANjcG9zaXgKc3lzdGVt')
    await db.Note.at('a').doc.path('then').put('y')
    expect(await fixture.redis.call('HGET', '{note}:r:a', 'doc')).toBe(text.replace('"x"', '"y"'))
  })

  it('hides no failure: of rights, of an index that is not complete, of the connection', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    await fixture.redis.call(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      'nopass',
      '~*',
      '+@read',
      '+@connection',
      '+@scripting',
      '-hset',
    )
    const reader = await connectAs('reader')
    const limited = open(reader, { Note })
    expect((await limited.Note.get('a'))!.title).toBe('t')
    await expect(limited.Note.create({ id: 'b', title: 'x' })).rejects.toMatchObject({
      code: expect.stringMatching(/NOPERM|ERR/),
    })
    await expect(limited.Note.at('a').n.add(1)).rejects.toThrow()
    await reader.close()
    await expect(limited.Note.get('a')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await fixture.redis.call('ACL', 'DELUSER', 'reader')
    expect((await db.Note.get('a'))!.n).toBe(0)
    await fixture.redis.call('HDEL', '{note}:meta', 'x:title')
    await expect(open(fixture.redis, { Note }).Note.find({ title: 't' }).ids()).rejects.toThrow(/not complete/)
  })

  it('gives null for a row that is not there, and asks for existence without reading it', async () => {
    const db = await fresh()
    expect(await db.Note.get('nope')).toBeNull()
    expect(await db.Note.getMany(['nope', 'neither'])).toEqual([null, null])
    expect(await db.Note.find({ title: 'nope' })).toHaveLength(0)
    expect(await db.Note.find().first()).toBeNull()
    const seen: number[] = []
    const watched = open(fixture.redis, { Note }, { debug: (report) => seen.push(report.argumentBytes) })
    await fixture.redis.call('CONFIG', 'RESETSTAT')
    expect(await watched.Note.exists('nope')).toBe(false)
    expect(seen).toHaveLength(1)
    expect(String(await fixture.redis.call('INFO', 'commandstats'))).not.toMatch(/cmdstat_(hgetall|hmget|hget):/)
  })

  it('needs no module and no command beyond those of plain Redis', async () => {
    const db = await fresh([{ id: 'a', title: 't' }])
    await fixture.redis.call('CONFIG', 'RESETSTAT')
    await db.Note.update('a', { n: 1, items: [1], map: { a: 'x' } })
    await db.Note.find({ title: 't' })
    await db.Note.at('a').doc.path('x').put(1)
    await db.Note.deleteWhere({ title: 't' })
    const used = [...String(await fixture.redis.call('INFO', 'commandstats')).matchAll(/cmdstat_([^:|]+)/g)].map(
      ([, name]) => name,
    )
    expect(used.length).toBeGreaterThan(5)
    expect(used.filter((name) => name!.includes('.'))).toEqual([])
  })
})
