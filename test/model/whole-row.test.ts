// wholeRow: a row with its collections in one step, in the form that create takes.
import { CorruptRowError, model, open, t, wholeRow } from '@ochre/model'
import { expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Place = model(
  'place',
  {
    id: t.string(),
    visits: t.bigint(),
    seen: t.date(),
    icon: t.bytes().optional(),
    note: t.string().nullable().optional(),
    facts: t.json().optional(),
    names: t.list(t.string()),
    codes: t.set(t.bytes()),
    prices: t.map(t.float()),
    ranks: t.sortedSet(t.int()),
    gates: t.geo(),
    events: t.stream({ what: t.string(), count: t.int().optional() }),
  },
  { ttl: 'row' },
)

const fixture = useRedis()
const database = () => open(fixture.redis, { Place }, { sweepEvery: 0 })

const FULL = {
  id: 'rome',
  visits: 9007199254740993n,
  seen: new Date('2024-02-29T12:00:00.001Z'),
  icon: Buffer.from([0, 255, 10]),
  note: null,
  facts: { hills: 7, nested: [null, { deep: 'é' }] },
  names: ['Roma', 'Rome', 'Roma'],
  codes: [Buffer.from([0]), Buffer.from([255])],
  prices: { ['__proto__']: 1, coffee: 0.1 } as Record<string, number>,
  ranks: [
    [3, -1.5],
    [-7, 1e300],
  ] as [number, number][],
  gates: { 'Porta Pia': [12.5, 41.9] } as Record<string, [number, number]>,
  events: [
    ['1-0', { what: 'founded' }],
    ['1-1', { what: 'sacked', count: 3 }],
  ] as [string, { what: string; count?: number }][],
}

const { gates: _, ...EXACT } = FULL

it('gives what create made, and create makes the same of it', async () => {
  const db = database()
  await db.Place.create(FULL, { ttl: '1h' })
  const first = (await wholeRow(db.Place, 'rome'))!
  // A geo set keeps cells of less than a metre, not the numbers that were given.
  const { gates, ...exact } = first.data
  expect({ ...exact, codes: new Set(exact.codes) }).toEqual({ ...EXACT, codes: new Set(EXACT.codes) })
  expect(gates!['Porta Pia']![0]).toBeCloseTo(12.5, 4)
  expect(first.expiresAt).toEqual(await db.Place.expiresAt('rome'))
  await db.Place.delete('rome')
  expect(await wholeRow(db.Place, 'rome')).toBeNull()
  await db.Place.create(first.data)
  const second = (await wholeRow(db.Place, 'rome'))!
  expect(second.data).toEqual(first.data)
  expect(second.expiresAt).toBeNull()
  expect(await db.Place.verify()).toMatchObject({ problems: [] })
})

it('leaves out what is absent or empty', async () => {
  const db = database()
  const bare = { id: 'x', visits: 0n, seen: new Date(0) }
  await db.Place.create({ ...bare, names: [], gates: {} })
  expect(await wholeRow(db.Place, 'x')).toEqual({ data: bare, expiresAt: null })
})

it('reads collections of more items than one command of a script can pass on', async () => {
  const db = database()
  const gates = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`g${i}`, [i / 100, -i / 100] as const]))
  const names = Array.from({ length: 9000 }, (_, i) => `n${i}`)
  await db.Place.create({ id: 'big', visits: 1n, seen: new Date(1), names, gates })
  const { data } = (await wholeRow(db.Place, 'big'))!
  expect(data.names).toEqual(names)
  expect(Object.keys(data.gates!).length).toBe(2500)
  expect(data.gates!.g2499![0]).toBeCloseTo(24.99, 4)
})

it('names what does not fit the model', async () => {
  const db = database()
  await db.Place.create({ id: 'x', visits: 1n, seen: new Date(1), prices: { a: 1 } })
  await fixture.redis.call('HSET', '{place}:c:x:prices', 'b', 'much')
  const error = await wholeRow(db.Place, 'x').catch((e: unknown) => e)
  expect(error).toBeInstanceOf(CorruptRowError)
  expect(error).toMatchObject({ key: '{place}:c:x:prices', field: 'prices' })
})

it('ids of stream entries ascend, and all entries have one or none', async () => {
  const db = database()
  const create = (events: unknown) =>
    db.Place.create({ id: 'x', visits: 1n, seen: new Date(1), events: events as [] }).then(
      () => 'created',
      (error: { issues?: { path: unknown[] }[] }) => error.issues?.[0]?.path,
    )
  const entry = { what: 'x' }
  expect(
    await create([
      ['1-0', entry],
      ['1-0', entry],
    ]),
  ).toEqual(['events', 1])
  expect(await create([['0-0', entry]])).toEqual(['events', 0])
  expect(await create([['18446744073709551616-0', entry]])).toEqual(['events', 0])
  expect(await create([['soon', entry]])).toEqual(['events', 0])
  expect(await create([entry, ['9-0', entry]])).toEqual(['events', 1])
  expect(await create([['1-0', entry], entry])).toEqual(['events', 1])
  expect(await create([['1-0', { what: 5 }]])).toEqual(['events', 0, 'what'])
  expect(await create([null])).toEqual(['events', 0])
  expect(await create([['18446744073709551615-18446744073709551615', entry]])).toBe('created')
})
