// Geo scores, coordinates, distances and searches against a real server, results in the order of an unsorted reply.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  decodePosition,
  distanceM,
  distanceWithin,
  encodePosition,
  formatDistance,
  geohashText,
  metersPer,
  type Position,
  type Shape,
  searchRanges,
} from '../../packages/embedded/src/structures/geohash.ts'
import { formatDouble, formatHuman, parseDouble } from '../../packages/embedded/src/structures/numbers.ts'
import { SortedSet } from '../../packages/embedded/src/structures/sorted-set.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'geohash', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

it('stores, measures and searches as the server does', async () => {
  const random = randomFrom(11)
  const set = new SortedSet()
  const place = (): Position =>
    random() < 0.5
      ? { longitude: random() * 360 - 180, latitude: random() * 170.1 - 85.05 }
      : { longitude: 10 + random(), latitude: 45 + random() }
  const additions: Promise<unknown>[] = []
  for (let i = 0; i < 3000; i++) {
    const { longitude, latitude } = place()
    set.set(`m${i}`, encodePosition({ longitude, latitude }), { entries: 128, value: 64 })
    additions.push(redis.call('GEOADD', 'g', formatDouble(longitude), formatDouble(latitude), `m${i}`))
  }
  await Promise.all(additions)
  for (let i = 0; i < 3000; i += 7) {
    const score = set.score(`m${i}`)!
    const other = set.score(`m${(i * 31) % 3000}`)!
    expect(await redis.text('ZSCORE', 'g', `m${i}`)).toBe(formatDouble(score))
    const decoded = decodePosition(score)
    expect(await redis.call('GEOPOS', 'g', `m${i}`)).toEqual([
      [formatHuman(decoded.longitude), formatHuman(decoded.latitude)],
    ])
    expect(await redis.call('GEOHASH', 'g', `m${i}`)).toEqual([geohashText(score)])
    for (const unit of ['m', 'km', 'FT', 'mi']) {
      const distance = distanceM(decoded, decodePosition(other)) / metersPer(unit)!
      expect(await redis.text('GEODIST', 'g', `m${i}`, `m${(i * 31) % 3000}`, unit)).toBe(formatDistance(distance))
    }
  }
  for (let i = 0; i < 400; i++) {
    const center = place()
    const sizeM = 10 ** (random() * 7.5)
    const shape: Shape =
      i % 2 === 0
        ? { kind: 'circle', center, radiusM: sizeM }
        : { kind: 'box', center, widthM: sizeM, heightM: sizeM * (0.1 + random()) }
    const by =
      shape.kind === 'circle'
        ? ['BYRADIUS', formatDouble(shape.radiusM), 'm']
        : ['BYBOX', formatDouble(shape.widthM), formatDouble(shape.heightM), 'm']
    const found: [string, string][] = []
    for (const { min, max } of searchRanges(shape)) {
      set.visit(set.countBelowScore(min, false), set.countBelowScore(max, false), (member, score) => {
        const distance = distanceWithin(shape, decodePosition(score))
        if (distance !== undefined) found.push([member, formatDistance(distance)])
      })
    }
    const theirs = await redis.call(
      'GEOSEARCH',
      'g',
      'FROMLONLAT',
      formatDouble(center.longitude),
      formatDouble(center.latitude),
      ...by,
      'WITHDIST',
    )
    const expected = theirs as [string, string][]
    const label = JSON.stringify(shape)
    expect(
      found.map(([member]) => member),
      label,
    ).toEqual(expected.map(([member]) => member))
    // Sine and cosine of the C library may differ in the last bit, which shows near the antipodes.
    for (const [i, [, distance]] of found.entries()) {
      const theirDistance = expected[i]![1]
      if (Number(distance) < 1e7) expect(distance, label).toBe(theirDistance)
      else expect(Math.abs(Number(distance) - Number(theirDistance)), label).toBeLessThan(0.001)
    }
  }
})

it('takes scores that are no positions as the server takes them', async () => {
  const scores = [
    '-5',
    '-1.5',
    '1.5',
    '0',
    '4503599627370495',
    '4503599627370496',
    '1e18',
    '9223372036854775808',
    '1.8e19',
    '3e19',
    '-1e19',
    'inf',
    '-inf',
  ]
  for (const score of scores) {
    await redis.call('DEL', 'strange')
    await redis.call('ZADD', 'strange', score, 'm')
    const { longitude, latitude } = decodePosition(parseDouble(score)!)
    expect(await redis.call('GEOPOS', 'strange', 'm'), score).toEqual([[formatHuman(longitude), formatHuman(latitude)]])
  }
})
