// The example with 170,000 cities: the import, the indexes and the queries against the plain data.
import { expect, it } from 'vitest'
import { cities, openCities, startingWith } from '../../examples/cities/cities.ts'
import { useRedis } from './database.ts'

const fixture = useRedis()
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

it('imports, indexes and finds real cities', async () => {
  const db = openCities(fixture.redis)
  const all = [...cities()]
  expect(all.length).toBeGreaterThan(150_000)
  expect(await db.City.createMany(all)).toEqual({ done: all.length, failures: [] })
  expect(await db.City.find().count()).toBe(all.length)
  for (const country of ['IT', 'CN', 'VA'])
    expect(await db.City.find({ country }).count()).toBe(all.filter((city) => city.country === country).length)
  const wanted = all
    .filter((city) => city.country === 'IT' && city.name.startsWith('San '))
    .map((city) => city.name)
    .sort(byBytes)
  const found: string[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof startingWith>> = await startingWith(db, 'IT', 'San ', after)
    found.push(...page.names)
    after = page.next
  } while (after)
  expect(found).toEqual(wanted)
  expect(found.length).toBeGreaterThan(100)
  const plan = await db.City.find({ country: 'IT', name: { startsWith: 'San ' } }).explain()
  expect(plan).toMatchObject({ keys: ['{example:city}:x:country,name'], tested: false, entries: found.length })
  const north = await db.City.find({ orderBy: { latitude: 'desc' }, limit: 5 })
  expect(north.map((city) => city.latitude)).toEqual(
    all
      .map((city) => city.latitude)
      .sort((a, b) => b - a)
      .slice(0, 5),
  )
  expect(await db.City.find({ latitude: { between: [41, 42] }, country: 'IT' }).count()).toBe(
    all.filter((city) => city.country === 'IT' && city.latitude >= 41 && city.latitude <= 42).length,
  )
}, 120_000)
