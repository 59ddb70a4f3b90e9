// What others have left in Redis: values that do not fit, keys of another type, memos that cannot be read, fields nobody knows.
// Each is told by key and field, nothing is lost, and what can be mended is mended.
import { CorruptRowError, model, open, ProgramError, t, unknownFields, versionOf } from '@ochre/model'
import { beforeEach, describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  x: t.float().default(0).index(),
  big: t.bigint().default(0n).index(),
  on: t.boolean().default(false).index(),
  at: t
    .date()
    .default(() => new Date(0))
    .index(),
  kind: t.enum(['a', 'b']).default('a').index(),
  email: t.string().unique().optional(),
  maybe: t.int().optional().nullable(),
  doc: t.json<Record<string, unknown>>().default({}),
  list: t.list(t.int()),
  flags: t.list(t.boolean()),
  set: t.set(t.bigint()),
  map: t.map(t.int()),
  board: t.sortedSet(t.string()),
  places: t.geo(),
  log: t.stream({ n: t.int() }),
})
const fixture = useRedis()
const database = () => open(fixture.redis, { Item })
beforeEach(async () => {
  await database().Item.create({ id: '1', n: 1, doc: { a: 1 }, list: [1], map: { a: 1 }, log: [{ n: 1 }] })
})
const at = () => database().Item.at('1')
const row = '{item}:r:1'

describe('a stored value that does not fit', () => {
  it.each([
    ['n', 'abc'],
    ['n', '1.5'],
    ['n', 'inf'],
    ['n', ''],
    ['n', '99999999999999999999'],
    ['x', 'nan'],
    ['x', 'inf'],
    ['big', '12x'],
    ['big', ''],
    ['big', '9223372036854775808'],
    ['on', 'yes'],
    ['at', 'yesterday'],
    ['at', '0.5'],
    ['kind', 'c'],
    ['doc', '{"a":'],
    ['doc', '{"a" 1}'],
    ['doc', '[1,2'],
    ['maybe', 'x'],
  ] as const)('is a CorruptRowError that names %s, with %j', async (field, text) => {
    await fixture.redis.call('HSET', row, field, text)
    const { Item: store } = database()
    const handle = at()[field] as unknown as {
      get(): Promise<unknown>
      path(path: string): { get(): Promise<unknown> }
    }
    const read = field === 'doc' ? () => handle.path(text[0] === '[' ? '[5]' : 'zz').get() : () => handle.get()
    for (const call of [
      () => store.get('1'),
      read,
      () => store.find({ where: { email: null }, allowScan: true }).first(),
    ]) {
      const error = await call().catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(CorruptRowError)
      expect(error).toMatchObject({ code: 'CORRUPT_ROW', key: row, field })
    }
    expect(await fixture.redis.call('HGET', row, field)).toBe(text)
  })

  it('is refused before anything is written, by every operation that reads it', async () => {
    await fixture.redis.call('HSET', row, 'n', '1.5', 'on', 'yes', 'big', '1e3', 'x', 'one')
    const calls = [
      () => at().n.add(1),
      () => at().on.toggle(),
      () => at().big.mul(2n),
      () => at().x.div(2),
      () => database().Item.atomic('1', (p) => [p.kind.set('b'), p.n.plus(1)]),
    ]
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(CorruptRowError)
    expect(await fixture.redis.call('HGET', row, 'kind')).toBe('a')
    expect(await fixture.redis.call('HGET', row, '_v')).toBe('1')
    // Whole values mend it.
    await database().Item.update('1', { n: 2, on: true, big: 5n, x: 0.5 })
    expect(await database().Item.get('1')).toMatchObject({ n: 2, on: true, big: 5n, x: 0.5 })
    expect(await database().Item.verify()).toMatchObject({ problems: [] })
  })

  it('is told of elements and entries, with the key of their collection', async () => {
    const { redis } = fixture
    await redis.call('RPUSH', '{item}:c:1:list', 'x')
    await redis.call('RPUSH', '{item}:c:1:flags', 'perhaps')
    await redis.call('SADD', '{item}:c:1:set', '1.5')
    await redis.call('HSET', '{item}:c:1:map', 'b', 'two')
    await redis.call('XADD', '{item}:c:1:log', '*', 'n', 'three')
    const calls: [string, () => Promise<unknown>][] = [
      ['list', () => at().list.items()],
      ['list', () => at().list.at(-1)],
      ['list', () => at().list.some((x) => x.gt(5))],
      ['flags', () => at().flags.items()],
      ['set', () => at().set.items()],
      ['set', () => at().set.count((x) => x.gt(0n))],
      ['map', () => at().map.entries()],
      ['map', () => at().map.increase('b', 1)],
      ['log', () => at().log.latest(2)],
    ]
    for (const [field, call] of calls)
      await expect(call()).rejects.toMatchObject({ code: 'CORRUPT_ROW', key: `{item}:c:1:${field}`, field })
  })

  it('that is missing is told too', async () => {
    await fixture.redis.call('HDEL', row, 'n')
    await expect(database().Item.get('1')).rejects.toMatchObject({ field: 'n' })
    await expect(at().n.add(1)).rejects.toMatchObject({ field: 'n' })
    await fixture.redis.call('HSET', row, 'n', '1', '_v', 'x')
    await expect(database().Item.get('1')).rejects.toMatchObject({ field: '_v' })
    await expect(at().n.add(1)).rejects.toBeInstanceOf(CorruptRowError)
    expect(await fixture.redis.call('HGET', row, 'n')).toBe('1')
  })
})

describe('a key of another type', () => {
  const CALLS: [string, () => Promise<unknown>][] = [
    ['r:1', () => database().Item.get('1')],
    ['r:1', () => database().Item.create({ id: '1' })],
    ['r:1', () => database().Item.update('1', { n: 3 })],
    ['r:1', () => database().Item.delete('1')],
    ['r:1', () => at().n.add(1)],
    ['m', () => at().n.add(1)],
    ['m', () => database().Item.create({ id: '2' })],
    ['ids', () => database().Item.create({ id: '2' })],
    ['ids', () => database().Item.find().ids()],
    ['meta', () => database().Item.create({ id: '2' })],
    ['x:n', () => at().n.add(1)],
    ['x:n', () => database().Item.find({ n: 1 }).ids()],
    ['x:n', () => database().Item.deleteWhere({ big: 0n })],
    ['u:email', () => database().Item.update('1', { email: 'e' })],
    ['u:email', () => at().email.set('e')],
  ]
  it.each(CALLS)('is named: %s', async (name, call) => {
    const key = `{item}:${name}`
    await fixture.redis.call('SET', key, 'text')
    const before = await fixture.redis.call('HGETALL', row).catch(() => null)
    const error = (await call().catch((caught: unknown) => caught)) as ProgramError
    expect(error).toBeInstanceOf(ProgramError)
    expect(error.reason).toBe('WRONG_TYPE')
    expect(error.message).toContain(key)
    expect(await fixture.redis.call('HGETALL', row).catch(() => null)).toEqual(before)
  })

  it('is told by the field, of collections, and nothing else of the program happens', async () => {
    const { redis } = fixture
    const calls: [string, () => Promise<unknown>][] = [
      ['list', () => at().list.push(1)],
      ['set', () => at().set.has(1n)],
      ['map', () => at().map.set('a', 1)],
      ['board', () => at().board.add('a', 1)],
      ['places', () => at().places.position('a')],
      ['log', () => at().log.append({ n: 1 })],
    ]
    for (const [field, call] of calls) {
      await redis.call('SET', `{item}:c:1:${field}`, 'text')
      await expect(call()).rejects.toMatchObject({ reason: 'WRONG_TYPE', field })
      const program = database().Item.atomic('1', (p) => {
        p.n.add(1)
        p[field as 'list'].clear()
      })
      await expect(program).rejects.toMatchObject({ reason: 'WRONG_TYPE', field })
    }
    expect((await database().Item.get('1'))!.n).toBe(1)
  })
})

describe('upkeep', () => {
  it('mends a memo that cannot be read, and a row can be deleted with one', async () => {
    const { Item: store } = database()
    const { redis } = fixture
    for (const garbage of ['garbage', '\xc1', Buffer.from([0x85, 0xa1])]) {
      await redis.call('HSET', '{item}:m', '1', garbage)
      expect((await store.verify()).problems.map(({ code }) => code)).toContain('MEMO')
      await expect(store.update('1', { n: 4 })).rejects.toBeInstanceOf(CorruptRowError)
      await store.repair()
      expect(await store.verify()).toMatchObject({ rows: 1, problems: [] })
      await store.update('1', { n: 5 })
    }
    await redis.call('HSET', '{item}:m', '1', 'garbage')
    expect(await store.delete('1')).toBe(true)
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('DANGLING_ENTRY')
    await store.repair()
    expect(await store.verify()).toEqual({ rows: 0, entries: 0, problems: [] })
  })

  it('reports rows that cannot be read, and goes on with the others', async () => {
    const { Item: store } = database()
    for (const id of ['2', '3', '4']) await store.create({ id })
    await fixture.redis.call('HSET', '{item}:r:2', 'n', 'x')
    await fixture.redis.call('SET', '{item}:r:3', 'text')
    await fixture.redis.call('HSET', '{item}:r:4', 'n', '7')
    const problems = [
      { id: '2', code: 'CORRUPT', where: 'n' },
      { id: '3', code: 'WRONG_TYPE', where: 'r' },
    ]
    expect((await store.verify()).problems).toEqual(expect.arrayContaining(problems))
    await store.repair()
    expect((await store.verify()).problems).toEqual(problems)
    expect(await store.find({ n: 7 }).ids()).toEqual(['4'])
    await fixture.redis.call('HSET', '{item}:r:2', 'n', '2')
    await fixture.redis.call('DEL', '{item}:r:3')
    await store.repair()
    expect(await store.verify()).toMatchObject({ rows: 3, problems: [] })
  })
})

describe('fields that the model does not know', () => {
  it('are kept by every write, and reported', async () => {
    const { Item: store } = database()
    await fixture.redis.call('HSET', row, 'mystery', 'kept', '__proto__', 'too')
    await store.update('1', { n: 2 })
    await store.upsert({ id: '1', n: 3 })
    await store.replace({ id: '1', n: 4 })
    await at().n.add(1)
    const loaded = (await store.get('1'))!
    loaded.n = 9
    await loaded.save()
    await loaded.atomic((p) => p.n.add(1))
    expect(unknownFields(loaded).sort()).toEqual(['__proto__', 'mystery'])
    expect(await fixture.redis.call('HMGET', row, 'mystery', '__proto__')).toEqual(['kept', 'too'])
    expect(versionOf(loaded)).toBe(7)
  })
})
