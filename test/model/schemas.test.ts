// Schemas hold wherever a value comes in: whole documents, elements, entries, parameters, and edits of places inside a document.
import { model, type OperationReport, open, t, when } from '@ochre/model'
import type { ValidationError } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { useRedis } from './database.ts'

const Profile = z.looseObject({
  name: z.string().min(1),
  age: z.number().int().min(0).max(150),
  tags: z.array(z.string()).max(3),
})
const Tag = z.string().regex(/^[a-z]+$/)
/** Trims, drops what it does not know, and answers later. */
const Address = z.object({ city: z.string().trim() }).refine(async ({ city }) => {
  await Promise.resolve()
  return city !== 'Atlantis'
}, 'must exist')

const Person = model('person', {
  id: t.string(),
  n: t.int().default(0),
  profile: t.json(Profile),
  address: t.json(Address).optional(),
  maybe: t
    .json(z.object({ a: z.number() }))
    .nullable()
    .optional(),
  orNull: t.json(z.object({ a: z.number() }).nullable()).optional(),
  free: t.json().optional(),
  code: t
    .string()
    .pattern(/^[A-Z]{3}$/)
    .optional(),
  tags: t.list(t.json(Tag)),
  notes: t.map(t.json(Address)),
  log: t.stream({ what: t.json(Address), n: t.int().optional() }),
})
const fixture = useRedis()
const profile = { name: 'Ann', age: 30, tags: ['a'] }
const fresh = async (data: Partial<typeof Person.$insert> = {}) => {
  const db = open(fixture.redis, { Person })
  await db.Person.create({ id: '1', profile, ...data })
  return { db, at: db.Person.at('1') }
}
/** The paths of what is wrong. */
async function pathsOf(call: Promise<unknown>): Promise<string[]> {
  const error = await call.then(
    () => ({ issues: [] }),
    (caught: ValidationError) => caught,
  )
  if (!('issues' in error)) throw error
  return error.issues.map(({ path }) => path.join('.'))
}
const stored = () => fixture.redis.call('HGET', '{person}:r:1', 'profile')

describe('edits inside a document', () => {
  it('are checked by the schema of the whole, with the path of what is wrong', async () => {
    const { at } = await fresh()
    await at.profile.path('age').put(31)
    await at.profile.path('tags').push('b')
    expect(await at.profile.get()).toEqual({ name: 'Ann', age: 31, tags: ['a', 'b'] })
    expect(await pathsOf(at.profile.path('age').put(200))).toEqual(['profile.age'])
    expect(await pathsOf(at.profile.path('age').increase(500))).toEqual(['profile.age'])
    expect(await pathsOf(at.profile.path('name').remove())).toEqual(['profile.name'])
    expect(await pathsOf(at.profile.path('tags').push('c', 'd'))).toEqual(['profile.tags'])
    expect(await pathsOf(at.profile.path('tags[0]').put(7 as never))).toEqual(['profile.tags.0'])
    expect(await pathsOf(at.profile.merge({ name: '', age: -1 }))).toEqual(['profile.name', 'profile.age'])
    expect(await pathsOf(at.profile.path('').put({ name: 'x' } as never))).toEqual(['profile.age', 'profile.tags'])
    expect(await stored()).toBe('{"name":"Ann","age":31,"tags":["a","b"]}')
    await at.profile.path('age').increase(1)
    expect(await stored()).toBe('{"name":"Ann","age":32,"tags":["a","b"]}')
  })

  it('leave every other byte as it is', async () => {
    const { at } = await fresh()
    const text = '{"name":"Ann","long":1234567890123456789012345678901234567890,"empty":[], "age":30,"tags":[]}'
    await fixture.redis.call('HSET', '{person}:r:1', 'profile', text)
    await at.profile.path('age').put(31)
    expect(await stored()).toBe(text.replace('30', '31').replaceAll('4567890131', '4567890130'))
  })

  it('are part of programs, all or nothing', async () => {
    const { db } = await fresh()
    const older = db.Person.program({ by: t.int() }, (p, { by }) => {
      p.n.add(1)
      when(p.n.gt(0), () => p.profile.path('age').increase(by))
      return p.profile.path('age')
    })
    expect(await older('1', { by: 5 })).toBe(35)
    expect(await pathsOf(older('1', { by: 500 }))).toEqual(['profile.age'])
    const row = (await db.Person.get('1'))!
    expect(row).toMatchObject({ n: 1, profile: { age: 35 } })
    await row.atomic((p) => p.profile.path('age').increase(1))
    expect(row.profile.age).toBe(36)
    expect(await pathsOf(row.atomic((p) => p.profile.path('age').increase(-99)))).toEqual(['profile.age'])
    await db.Person.updateWhere({ where: { n: { gte: 0 } }, allowScan: true }, (p) => p.profile.path('age').increase(4))
    expect((await db.Person.get('1'))!.profile.age).toBe(40)
    // A branch that is not taken, and a change that changes nothing, need no second look.
    const reports: OperationReport[] = []
    const watched = open(fixture.redis, { Person }, { debug: (report) => reports.push(report) })
    await watched.Person.atomic('1', (p) => when(p.n.gt(99), () => p.profile.path('age').put(1)))
    await watched.Person.at('1').profile.path('age').put(40)
    expect(reports).toHaveLength(2)
    await watched.Person.at('1').profile.path('age').put(41)
    expect(reports).toHaveLength(4)
    expect(watched.Person.metrics().retries).toBe(0)
    const { args, keys } = older.compile('1', { by: 5 })
    expect([keys.length, ...args.slice(0, 3)]).toEqual([1, '1', '', ''])
  })

  it('are checked against the document that they meet, however many change it', async () => {
    const { db } = await fresh({ profile: { name: 'Ann', age: 0, tags: [] } })
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, () => db.Person.at('1').profile.path('age').increase(5)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(30)
    expect((await db.Person.get('1'))!.profile.age).toBe(150)
    expect(db.Person.metrics().retries).toBeGreaterThan(0)
  })

  it('see what the program reads elsewhere at the same moment', async () => {
    const { db, at } = await fresh({ tags: ['x'] })
    // Known to the server, so that it is one trip.
    await at.tags.put(0, 'x')
    let meddled: Promise<unknown> | undefined
    const watched = open(
      fixture.redis,
      { Person },
      {
        debug: () => {
          meddled ??= db.Person.at('1').tags.put(0, 'other')
        },
      },
    )
    // The list changes between the two looks, and with it what the document becomes; its row has the same version.
    await watched.Person.atomic('1', (p) => p.profile.path('tags').push(p.tags.at(0) as never))
    await meddled
    const [, tag] = (await at.profile.path('tags').get()) as string[]
    expect(tag).toBe('other')
  })

  it('store what the schema makes of the document', async () => {
    const { at } = await fresh({ address: { city: ' Rome ' } })
    expect(await at.address.get()).toEqual({ city: 'Rome' })
    await at.address.path('city').put('  Milan ')
    expect(await at.address.get()).toEqual({ city: 'Milan' })
    await at.address.path('zip').put(1 as never)
    expect(await fixture.redis.call('HGET', '{person}:r:1', 'address')).toBe('{"city":"Milan"}')
    expect(await pathsOf(at.address.path('city').put('Atlantis'))).toEqual(['address'])
    await fixture.redis.call('HSET', '{person}:r:1', 'address', '{"city":"x",}')
    await expect(at.address.path('city').put('y')).rejects.toMatchObject({ code: 'CORRUPT_ROW', field: 'address' })
  })
})

describe('null in documents', () => {
  it('is a value without a schema, and what the schema says with one', async () => {
    const { db, at } = await fresh({ free: null, maybe: null, orNull: null })
    const row = (await db.Person.get('1'))!
    expect(row).toMatchObject({ free: null, maybe: null, orNull: null })
    expect(await at.free.isNull()).toBe(true)
    expect(await db.Person.atomic('1', (p) => [p.free, p.n, p.maybe, p.orNull, p.n])).toEqual([null, 0, null, null, 0])
    await at.free.set([null])
    await at.free.set(null)
    await at.free.path('').put(null as never)
    expect(await at.free.isNull()).toBe(true)
    await at.maybe.set({ a: 1 })
    await at.maybe.set(null)
    await at.orNull.set({ a: 1 })
    await at.orNull.set(null)
    expect(await db.Person.get('1')).toMatchObject({ free: null, maybe: null, orNull: null })
    await at.free.unset()
    expect('free' in (await db.Person.get('1'))!).toBe(false)
    expect(await pathsOf(at.profile.set(null as never))).toEqual(['profile'])
    expect(await pathsOf(db.Person.update('1', { profile: null as never }))).toEqual(['profile'])
    expect(await pathsOf(db.Person.create({ id: '2', profile: null as never }))).toEqual(['profile'])
    expect((await db.Person.get('1'))!.profile).toEqual(profile)
  })
})

describe('values that a schema or a pattern rules', () => {
  it('are checked as elements, entries and parameters, and stored as the schema gives them', async () => {
    const { db, at } = await fresh({
      tags: ['a'],
      notes: { x: { city: ' Rome ' } },
      log: [{ what: { city: ' Bern ' } }],
    })
    expect(await at.notes.entries()).toEqual({ x: { city: 'Rome' } })
    expect((await at.log.latest(1))[0]!.entry).toEqual({ what: { city: 'Bern' } })
    expect(
      await pathsOf(
        db.Person.create({
          id: '2',
          profile,
          tags: ['ok', 'NO'],
          notes: { x: { city: 'Atlantis' } },
          log: [{ what: { city: 'Bern' } }, { what: { city: 1 as never } }],
        }),
      ),
    ).toEqual(expect.arrayContaining(['tags.1', 'notes.x', 'log.1.what.city']))
    await at.log.append({ what: { city: ' Oslo ' }, n: 1 })
    expect((await at.log.latest(1))[0]!.entry).toEqual({ what: { city: 'Oslo' }, n: 1 })
    expect(await pathsOf(at.log.append({ what: { city: 'Atlantis' } }))).toEqual(['log.what'])
    expect(await pathsOf(at.log.append({ what: { city: 'x' }, more: 1 } as never))).toEqual(['log.more'])
    await at.notes.set('y', { city: ' Paris ' })
    expect(await at.notes.get('y')).toEqual({ city: 'Paris' })
    expect(await pathsOf(at.tags.push('fine', 'NOT FINE'))).toHaveLength(1)
    const move = db.Person.program({ to: t.json(Address), code: t.string().optional() }, (p, { to }) => {
      p.address.set(to)
      p.notes.set('to', to)
      return p.address
    })
    expect(await move('1', { to: { city: ' Graz ' } })).toEqual({ city: 'Graz' })
    expect(await at.notes.get('to')).toEqual({ city: 'Graz' })
    expect(await pathsOf(move('1', { to: { city: 'Atlantis' } }))).toEqual(['to'])
    expect(() => move.compile('1', { to: { city: 'Graz' } })).toThrow(/asynchronous/)
  })

  it('are never computed on the server, where nobody could check them', async () => {
    const { db } = await fresh({ code: 'ABC', tags: ['a'], free: 'ZZ' })
    const refused = [
      () => db.Person.atomic('1', (p) => p.code.append('D')),
      () => db.Person.atomic('1', (p) => p.code.set(p.code.concat('D'))),
      () => db.Person.atomic('1', (p) => p.code.setIf(p.n.eq(0), p.free.asText())),
      () => db.Person.atomic('1', (p) => p.profile.set(p.free as never)),
      () => db.Person.atomic('1', (p) => p.tags.push(p.free as never)),
      () => db.Person.atomic('1', (p) => p.tags.each((tag) => tag.put(p.free as never))),
      () => db.Person.program({ code: t.string() }, (p, { code }) => p.code.set(code)),
    ]
    for (const each of refused) expect(each).toThrow(/only the client can check/)
    // A parameter with the same rule is checked before it is sent.
    const rule = /^[A-Z]{3}$/
    const Coded = model('coded', { id: t.string(), code: t.string().pattern(rule) })
    const coded = open(fixture.redis, { Coded })
    await coded.Coded.create({ id: '1', code: 'ABC' })
    const recode = coded.Coded.program({ to: t.string().pattern(rule) }, (p, { to }) => p.code.set(to))
    expect(await recode('1', { to: 'XYZ' })).toBe('XYZ')
    expect(await pathsOf(recode('1', { to: 'xyz' }))).toEqual(['to'])
  })
})
