// The verbs of models on a real server: create, get, update, upsert, replace, delete, save, and their failures.
import {
  AlreadyExistsError,
  ConflictError,
  index,
  model,
  NotFoundError,
  open,
  t,
  UniqueError,
  versionOf,
} from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { useRedis } from './database.ts'

const User = model(
  'user',
  {
    id: t.ulid(),
    email: t.string().max(320).unique({ fold: 'lower' }),
    name: t.string(),
    age: t.int().min(0).index(),
    score: t.float().default(0).index(),
    status: t.enum(['minor', 'adult']).default('minor').index(),
    balance: t.bigint().default(0n),
    active: t.boolean().default(true),
    avatar: t.bytes().optional(),
    joined: t.date().defaultNow().index(),
    nick: t.string().nullable().optional(),
    tags: t.list(t.string()),
    badges: t.set(t.string()),
    settings: t.map(t.json()),
    scores: t.sortedSet(t.string()),
    profile: t.json(z.object({ city: z.string(), tags: z.array(z.string()) })).optional(),
  },
  (u) => ({ indexes: [index(u.status, u.age.desc())] }),
)

const fixture = useRedis()
const database = () => open(fixture.redis, { User }, { namespace: 't' })

describe('verbs', () => {
  it('creates a row with defaults and reads it back', async () => {
    const db = database()
    const created = await db.User.create({
      email: 'A@b.c',
      name: 'Ann',
      age: 30,
      avatar: Buffer.from([0, 255, 1]),
      nick: null,
    })
    expect(created).toMatchObject({ name: 'Ann', score: 0, status: 'minor', balance: 0n, active: true, nick: null })
    const read = await db.User.get(created.id)
    expect({ ...read }).toEqual({ ...created })
    expect(read!.avatar).toEqual(Buffer.from([0, 255, 1]))
    expect(read!.joined).toBeInstanceOf(Date)
    expect(await fixture.redis.call('ZCARD', '{t:user}:x:age')).toBe(1)
    expect(await db.User.exists(created.id)).toBe(true)
  })

  it('refuses a second row with the same unique value and names the winner', async () => {
    const db = database()
    const first = await db.User.create({ email: 'a@b.c', name: 'Ann', age: 30 })
    const error = await db.User.create({ email: 'A@B.C', name: 'Bob', age: 31 }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(UniqueError)
    expect((error as UniqueError).existingId).toBe(first.id)
    expect(await fixture.redis.call('ZCARD', '{t:user}:ids')).toBe(1)
  })

  it('frees a unique value when the row changes it or goes', async () => {
    const db = database()
    const first = await db.User.create({ email: 'a@b.c', name: 'Ann', age: 30 })
    await db.User.update(first.id, { email: 'x@b.c' })
    const second = await db.User.create({ email: 'a@b.c', name: 'Bob', age: 31 })
    await expect(db.User.update(second.id, { email: 'X@b.c' })).rejects.toThrow(UniqueError)
    expect(await db.User.delete(first.id)).toBe(true)
    expect(await db.User.delete(first.id)).toBe(false)
    await db.User.update(second.id, { email: 'X@b.c' })
    expect(await fixture.redis.call('HLEN', '{t:user}:u:email')).toBe(1)
  })

  it('is strict about what exists', async () => {
    const db = database()
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    await expect(db.User.update(id, { age: 1 })).rejects.toThrow(NotFoundError)
    await expect(db.User.replace({ id, email: 'a', name: 'n', age: 1 })).rejects.toThrow(NotFoundError)
    await db.User.create({ id, email: 'a', name: 'n', age: 1 })
    await expect(db.User.create({ id, email: 'b', name: 'n', age: 1 })).rejects.toThrow(AlreadyExistsError)
    expect(await db.User.get('01ARZ3NDEKTSV4RRFFQ69G5FAW')).toBeNull()
    expect((await db.User.getMany([id, '01ARZ3NDEKTSV4RRFFQ69G5FAW'])).map((row) => row?.id)).toEqual([id, undefined])
  })

  it('upserts: defaults only when the row is new', async () => {
    const db = database()
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const first = await db.User.upsert({ id, email: 'a', name: 'n', age: 1 })
    expect(first).toMatchObject({ score: 0, status: 'minor' })
    await db.User.update(id, { score: 5, status: 'adult' })
    const second = await db.User.upsert({ id, email: 'a', name: 'm', age: 2 })
    expect(second).toMatchObject({ name: 'm', age: 2, score: 5, status: 'adult' })
  })

  it('replaces the whole row', async () => {
    const db = database()
    const { id } = await db.User.create({ email: 'a', name: 'n', age: 1, nick: 'x', score: 4 })
    const row = await db.User.replace({ id, email: 'a', name: 'm', age: 2 })
    expect(row.nick).toBeUndefined()
    expect(row).toMatchObject({ name: 'm', score: 0 })
  })

  it('saves only what changed, guarded by the version', async () => {
    const db = database()
    const { id } = await db.User.create({ email: 'a', name: 'n', age: 1, profile: { city: 'X', tags: [] } })
    const one = (await db.User.get(id))!
    const two = (await db.User.get(id))!
    one.name = 'one'
    one.profile!.tags.push('t')
    one.nick = 'nn'
    await one.save()
    expect(versionOf(one)).toBe(2)
    await one.save()
    expect(versionOf(one)).toBe(2)
    two.age = 9
    const error = await two.save().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ConflictError)
    expect((error as ConflictError<typeof one>).current).toMatchObject({ name: 'one', age: 1 })
    await two.reload()
    expect(two).toMatchObject({ name: 'one', nick: 'nn', profile: { city: 'X', tags: ['t'] } })
    delete two.nick
    await two.save()
    expect((await db.User.get(id))!.nick).toBeUndefined()
    await expect(one.delete()).rejects.toThrow(ConflictError)
    expect(await two.delete()).toBe(true)
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
  })

  it('saves what is changed while it saves, the next time', async () => {
    const Note = model('note', {
      id: t.string(),
      doc: t.json<{ n: number }>(),
      on: t.date(),
      raw: t.bytes(),
      title: t.json(z.string().trim()).default(''),
    })
    const { Note: notes } = open(fixture.redis, { Note })
    const note = await notes.create({ id: '1', doc: { n: 0 }, on: new Date(0), raw: Buffer.from('a-') })
    const change = (n: number) => {
      note.doc.n = n
      note.on.setTime(n)
      note.raw[1] = 48 + n
    }
    for (const round of [1, 3, 5]) {
      change(round)
      const saving = note.save()
      change(round + 1)
      await saving
      await note.save()
      const stored = await notes.get('1')
      expect(stored).toMatchObject({ doc: { n: round + 1 }, on: new Date(round + 1) })
      expect(Buffer.from(stored!.raw).toString()).toBe(`a${round + 1}`)
    }
    // Saves of one record are not each other's conflicts, and none is lost for one that fails.
    const saves = [7, 8].map((n) => {
      change(n)
      return note.save()
    })
    note.doc = undefined as never
    saves.push(note.save())
    expect((await Promise.allSettled(saves)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    note.doc = { n: 0 }
    change(9)
    await Promise.all([note.save(), note.save()])
    expect(await notes.get('1')).toMatchObject({ doc: { n: 9 }, on: new Date(9) })
    note.title = ' x '
    await note.save()
    expect(note.title).toBe('x')
    const version = versionOf(note)
    await note.save()
    expect(versionOf(note)).toBe(version)
    await notes.delete('1')
    await expect(note.reload()).rejects.toBeInstanceOf(NotFoundError)
  })

  it('refuses bad input with paths before anything is sent', async () => {
    const db = database()
    const bad = { email: 1, name: 'n', age: -1, tags: ['a', 2], nope: 1, profile: { city: 4, tags: [] } }
    const error = await db.User.create(bad as never).catch((e: unknown) => e)
    expect((error as { issues: { path: unknown[] }[] }).issues.map((issue) => issue.path.join('.')).sort()).toEqual([
      'age',
      'email',
      'nope',
      'profile.city',
      'tags.1',
    ])
    expect(await fixture.redis.call('DBSIZE')).toBe(0)
  })

  it('reads numbers as members of a sorted set from names of an object', async () => {
    const Board = model('board', { id: t.string(), ints: t.sortedSet(t.int()), bigs: t.sortedSet(t.bigint()) })
    const { Board: boards } = open(fixture.redis, { Board })
    await boards.create({ id: '1', ints: { '-7': 1 }, bigs: { '9223372036854775807': 2 } })
    expect(await boards.at('1').ints.range(0, -1)).toEqual([-7])
    expect(await boards.at('1').bigs.range(0, -1)).toEqual([2n ** 63n - 1n])
    for (const bad of [{ ints: { '': 1 } }, { ints: { x: 1 } }, { bigs: { x: 1 } }, { bigs: { '1.5': 1 } }])
      await expect(boards.create({ id: '2', ...bad })).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('makes ids of composite keys', async () => {
    const Seat = model('seat', {
      id: t.compositeKey('hall', 'row', 'number'),
      hall: t.string(),
      row: t.enum(['a', 'b']),
      number: t.int(),
      taken: t.boolean().default(false),
    })
    const db = open(fixture.redis, { Seat })
    const seat = await db.Seat.create({ hall: 'x:y%', row: 'a', number: 7 })
    expect(seat.id).toBe('x%3Ay%25:a:7')
    const id = db.Seat.idFor({ hall: 'x:y%', row: 'a', number: 7 })
    expect(await db.Seat.at(id).taken.toggle()).toBe(true)
    await expect(db.Seat.create({ hall: 'x:y%', row: 'a', number: 7 })).rejects.toThrow(AlreadyExistsError)
    await expect(db.Seat.update(id, { number: 8 })).rejects.toMatchObject({ issues: [{ path: ['number'] }] })
    expect(() => db.Seat.at(id)).not.toThrow()
    expect(() => db.Seat.atomic(id, (p) => p.number.add(1))).toThrow(/made of/)
    await db.Seat.upsert({ hall: 'x:y%', row: 'a', number: 7, taken: false })
    expect((await db.Seat.get(id))!.taken).toBe(false)
    expect(() => db.Seat.idFor({ hall: 'x' })).toThrow(/row is required/)
    expect(() => model('bad', { id: t.compositeKey('a', 'b'), a: t.string() })).toThrow(/made of/)
  })

  it('runs asynchronous schemas before the trip, in every verb', async () => {
    const word = z.string().refine(async (text) => text !== 'bad', 'must be good')
    const Word = model('word', { id: t.string(), word: t.json(word) })
    const db = open(fixture.redis, { Word })
    await expect(db.Word.create({ id: 'a', word: 'bad' })).rejects.toMatchObject({ code: 'VALIDATION' })
    await db.Word.create({ id: 'a', word: 'good' })
    await expect(db.Word.update('a', { word: 'bad' })).rejects.toMatchObject({ issues: [{ path: ['word'] }] })
    await expect(db.Word.atomic('a', (p) => p.word.set('bad'))).rejects.toMatchObject({ code: 'VALIDATION' })
    await db.Word.at('a').word.set('fine')
    expect((await db.Word.get('a'))!.word).toBe('fine')
    const { failures } = await db.Word.createMany([
      { id: 'b', word: 'bad' },
      { id: 'c', word: 'ok' },
    ])
    expect(failures.map((each) => each.index)).toEqual([0])
  })

  it('names a key of another type', async () => {
    const db = database()
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    await fixture.redis.call('SET', `{t:user}:r:${id}`, 'x')
    await expect(db.User.create({ id, email: 'a', name: 'n', age: 1 })).rejects.toMatchObject({ reason: 'WRONG_TYPE' })
    await fixture.redis.call('FLUSHALL')
    await fixture.redis.call('SET', '{t:user}:x:score', 'x')
    await expect(db.User.create({ id, email: 'a', name: 'n', age: 1 })).rejects.toMatchObject({ reason: 'WRONG_TYPE' })
    expect(await fixture.redis.call('DBSIZE')).toBe(1)
  })

  it('keeps unknown stored fields and names a corrupt one', async () => {
    const db = database()
    const { id } = await db.User.create({ email: 'a', name: 'n', age: 1 })
    await fixture.redis.call('HSET', `{t:user}:r:${id}`, 'later', '1')
    const row = (await db.User.get(id))!
    row.age = 2
    await row.save()
    expect(await fixture.redis.call('HGET', `{t:user}:r:${id}`, 'later')).toBe('1')
    await fixture.redis.call('HSET', `{t:user}:r:${id}`, 'age', 'old')
    await expect(db.User.get(id)).rejects.toMatchObject({ code: 'CORRUPT_ROW', field: 'age', key: `{t:user}:r:${id}` })
  })
})
