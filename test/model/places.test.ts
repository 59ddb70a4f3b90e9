// Places on a real server: what a geo field does.
import { model, open, t } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const City = model('city', { id: t.string(), places: t.geo() })

const fixture = useRedis()

describe('places', () => {
  it('are added, measured and searched', async () => {
    const db = open(fixture.redis, { City })
    await db.City.create({ id: '1', places: { rome: [12.5, 41.9] } })
    const { places } = db.City.at('1')
    await places.add('milan', 9.19, 45.46)
    expect(await places.distance('rome', 'milan')).toBeCloseTo(476_000, -4)
    expect((await places.position('milan'))![0]).toBeCloseTo(9.19, 3)
    expect(await places.search({ longitude: 9, latitude: 45 }, 100_000)).toEqual(['milan'])
  })
})
