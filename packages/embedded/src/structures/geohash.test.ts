import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  decodePosition,
  distanceM,
  distanceWithin,
  encodePosition,
  geohashText,
  isPosition,
  type Shape,
  searchRanges,
} from './geohash.ts'

const position = fc.record({
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  latitude: fc.double({ min: -85.05, max: 85.05, noNaN: true }),
})

it('decodes to within a metre of what was encoded', () => {
  fc.assert(
    fc.property(position, (place) => {
      fc.pre(place.longitude < 180)
      const decoded = decodePosition(encodePosition(place))
      expect(distanceM(place, decoded)).toBeLessThan(1)
      expect(encodePosition(decoded)).toBe(encodePosition(place))
    }),
    { numRuns: 1000 },
  )
})

it('knows the published examples', () => {
  const palermo = encodePosition({ longitude: 13.361389, latitude: 38.115556 })
  const catania = encodePosition({ longitude: 15.087269, latitude: 37.502669 })
  expect([palermo, catania]).toEqual([3479099956230698, 3479447370796909])
  expect(geohashText(palermo)).toBe('sqc8b49rny0')
  expect(distanceM(decodePosition(palermo), decodePosition(catania)).toFixed(4)).toBe('166274.1516')
  expect(isPosition({ longitude: 0, latitude: 86 })).toBe(false)
  expect(isPosition({ longitude: -180, latitude: -85.05112878 })).toBe(true)
})

it('covers a circle and a box of moderate size with its ranges', () => {
  const shape = fc.tuple(position, fc.double({ min: 1, max: 200_000, noNaN: true }), fc.boolean())
  fc.assert(
    fc.property(
      shape,
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      ([center, size, isCircle], dx, dy) => {
        fc.pre(Math.abs(center.longitude) < 170 && Math.abs(center.latitude) < 70)
        const form: Shape = isCircle
          ? { kind: 'circle', center, radiusM: size }
          : { kind: 'box', center, widthM: size, heightM: size / 3 }
        const degrees = size / 111_000
        const near = {
          longitude: center.longitude + (dx * degrees) / Math.cos((center.latitude * Math.PI) / 180),
          latitude: center.latitude + dy * degrees,
        }
        const score = encodePosition(near)
        fc.pre(distanceWithin(form, decodePosition(score)) !== undefined)
        expect(searchRanges(form).some(({ min, max }) => score >= min && score < max)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})
