// Positions as 52-bit geohash scores, and the areas to look into for a search.
//
// A score interleaves 26 bits of latitude (even) and longitude (odd) over the Mercator range. A search looks into the
// cell of the centre and its eight neighbours, at a precision where they cover the shape, in a fixed order: the order
// of an unsorted reply. Distances are haversine on a sphere; since the sine of V8 and of the C library may differ in the
// last bit, the fourth decimal of a distance beyond some 10,000 km may differ from the server's by one.
import { formatFixed } from './numbers.ts'

const EARTH_RADIUS_M = 6372797.560856
const MERCATOR_MAX_M = 20037726.37
const MAX_LONGITUDE = 180
const MAX_LATITUDE = 85.05112878
const STEPS = 26
const RADIANS = Math.PI / 180
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'

export interface Position {
  readonly longitude: number
  readonly latitude: number
}

/** What to search: a circle, or a box of given full width and height, around a centre. */
export type Shape =
  | { readonly kind: 'circle'; readonly center: Position; readonly radiusM: number }
  | { readonly kind: 'box'; readonly center: Position; readonly widthM: number; readonly heightM: number }

/** Scores with min <= score < max. */
export interface ScoreRange {
  readonly min: number
  readonly max: number
}

/** Whether a position can be stored: the poles beyond about 85 degrees cannot. */
export function isPosition({ longitude, latitude }: Position): boolean {
  return Math.abs(longitude) <= MAX_LONGITUDE && Math.abs(latitude) <= MAX_LATITUDE
}

/** Spreads the low 13 bits to the even positions of 26. */
function spread(bits: number): number {
  let spreaded = bits & 0x3fff
  spreaded = (spreaded | (spreaded << 8)) & 0x00ff00ff
  spreaded = (spreaded | (spreaded << 4)) & 0x0f0f0f0f
  spreaded = (spreaded | (spreaded << 2)) & 0x33333333
  return (spreaded | (spreaded << 1)) & 0x55555555
}

/** The inverse of spread. */
function squash(bits: number): number {
  let squashed = bits & 0x55555555
  squashed = (squashed | (squashed >>> 1)) & 0x33333333
  squashed = (squashed | (squashed >>> 2)) & 0x0f0f0f0f
  squashed = (squashed | (squashed >>> 4)) & 0x00ff00ff
  return (squashed | (squashed >>> 8)) & 0x0000ffff
}

function interleave(latitude: number, longitude: number): number {
  // The very edge of the range is one step too far: its 27th bit stays, as in Redis.
  const low = spread(latitude & 0x1fff) | (spread(longitude & 0x1fff) << 1)
  const high = spread(latitude >>> 13) | (spread(longitude >>> 13) << 1)
  return high * 2 ** 26 + low
}

/** A cell: latitude and longitude counted in steps of the range divided by 2^step. */
interface Cell {
  readonly latitude: number
  readonly longitude: number
  readonly step: number
}

function cellOf(position: Position, step: number, maxLatitude: number): Cell {
  const size = 2 ** step
  const latitude = Math.trunc(((position.latitude + maxLatitude) / (2 * maxLatitude)) * size)
  const longitude = Math.trunc(((position.longitude + MAX_LONGITUDE) / (2 * MAX_LONGITUDE)) * size)
  return { latitude, longitude, step }
}

interface Area {
  readonly minLatitude: number
  readonly maxLatitude: number
  readonly minLongitude: number
  readonly maxLongitude: number
}

function areaOf({ latitude, longitude, step }: Cell): Area {
  const size = 2 ** step
  return {
    minLatitude: -MAX_LATITUDE + (latitude / size) * (2 * MAX_LATITUDE),
    maxLatitude: -MAX_LATITUDE + ((latitude + 1) / size) * (2 * MAX_LATITUDE),
    minLongitude: -MAX_LONGITUDE + (longitude / size) * (2 * MAX_LONGITUDE),
    maxLongitude: -MAX_LONGITUDE + ((longitude + 1) / size) * (2 * MAX_LONGITUDE),
  }
}

/** The score of a valid position. */
export function encodePosition(position: Position): number {
  const { latitude, longitude } = cellOf(position, STEPS, MAX_LATITUDE)
  return interleave(latitude, longitude)
}

/**
 * The middle of the cell that a score names, within the range of positions. Scores that encodePosition never gives are
 * taken as the server takes them: as the 64 bits of their integer part.
 */
export function decodePosition(score: number): Position {
  const isEncoded = score >= 0 && score < 2 ** 52
  const bits = isEncoded ? Math.trunc(score) : 0
  const low = bits % 2 ** 26
  const high = Math.floor(bits / 2 ** 26)
  const cell = isEncoded
    ? {
        latitude: (squash(high) << 13) | squash(low),
        longitude: (squash(high >>> 1) << 13) | squash(low >>> 1),
        step: STEPS,
      }
    : strangeCell(score)
  const area = areaOf(cell)
  const clamp = (value: number, max: number) => Math.max(-max, Math.min(max, value))
  return {
    longitude: clamp((area.minLongitude + area.maxLongitude) / 2, MAX_LONGITUDE),
    latitude: clamp((area.minLatitude + area.maxLatitude) / 2, MAX_LATITUDE),
  }
}

/** The cell of a score outside of 0..2^52-1: 32 bits each, mostly far outside of the world. */
function strangeCell(score: number): Cell {
  // What x86-64 makes of doubles that do not fit.
  const bits = score >= 2 ** 64 ? 0n : score < -(2 ** 63) ? 2n ** 63n : BigInt.asUintN(64, BigInt(Math.trunc(score)))
  const low = Number(bits & 0xffffffffn)
  const high = Number(bits >> 32n)
  return {
    latitude: squash(high) * 2 ** 16 + squash(low),
    longitude: squash(high >>> 1) * 2 ** 16 + squash(low >>> 1),
    step: STEPS,
  }
}

/** The 11 characters of the standard geohash of a score; the last is always 0. */
export function geohashText(score: number): string {
  const { latitude, longitude } = cellOf(decodePosition(score), STEPS, 90)
  const bits = interleave(latitude, longitude)
  let text = ''
  for (let i = 1; i <= 10; i++) text += ALPHABET[Math.floor(bits / 2 ** (52 - i * 5)) % 32]
  return `${text}0`
}

/** Metres between two positions. */
export function distanceM(a: Position, b: Position): number {
  const latitudeA = a.latitude * RADIANS
  const latitudeB = b.latitude * RADIANS
  const u = Math.sin((latitudeB - latitudeA) / 2)
  const v = Math.sin((b.longitude * RADIANS - a.longitude * RADIANS) / 2)
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(u * u + Math.cos(latitudeA) * Math.cos(latitudeB) * v * v))
}

/** A distance in some unit as replies print it, with four decimals. */
export function formatDistance(distance: number): string {
  return formatFixed(distance, 4)
}

/** Metres in a unit (m, km, ft, mi; any case), undefined for another one. */
export function metersPer(unit: string): number | undefined {
  switch (unit.toLowerCase()) {
    case 'm':
      return 1
    case 'km':
      return 1000
    case 'ft':
      return 0.3048
    case 'mi':
      return 1609.34
    default:
      return undefined
  }
}

/** Metres from the centre of the shape when the position lies within it, else undefined. */
export function distanceWithin(shape: Shape, position: Position): number | undefined {
  const { center } = shape
  if (shape.kind === 'circle') {
    const distance = distanceM(center, position)
    return distance > shape.radiusM ? undefined : distance
  }
  const across = distanceM(position, { longitude: center.longitude, latitude: position.latitude })
  const along = distanceM(position, { longitude: position.longitude, latitude: center.latitude })
  if (across > shape.widthM / 2 || along > shape.heightM / 2) return undefined
  return distanceM(center, position)
}

/** The finest precision at which a cell and its neighbours usually cover the radius. */
function estimateStep(radiusM: number, latitude: number): number {
  if (radiusM === 0) return STEPS
  let step = 1
  for (let radius = radiusM; radius < MERCATOR_MAX_M; radius *= 2) step++
  step -= 2
  if (Math.abs(latitude) > 66) step--
  if (Math.abs(latitude) > 80) step--
  return Math.max(1, Math.min(STEPS, step))
}

function boundsOf(shape: Shape): Area {
  const { longitude, latitude } = shape.center
  const height = shape.kind === 'circle' ? shape.radiusM : shape.heightM / 2
  const width = shape.kind === 'circle' ? shape.radiusM : shape.widthM / 2
  const latitudeDelta = height / EARTH_RADIUS_M / RADIANS
  const edge = latitude < 0 ? latitude - latitudeDelta : latitude + latitudeDelta
  const longitudeDelta = width / EARTH_RADIUS_M / Math.cos(edge * RADIANS) / RADIANS
  return {
    minLatitude: latitude - latitudeDelta,
    maxLatitude: latitude + latitudeDelta,
    minLongitude: longitude - longitudeDelta,
    maxLongitude: longitude + longitudeDelta,
  }
}

/** The neighbouring cell, around the world in both directions. */
function neighbor(cell: Cell, north: number, east: number): Cell {
  const size = 2 ** cell.step
  return {
    latitude: (cell.latitude + north + size) % size,
    longitude: (cell.longitude + east + size) % size,
    step: cell.step,
  }
}

/** Centre, then N, S, E, W, NE, NW, SE, SW: the order in which Redis looks. */
const DIRECTIONS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
] as const

function isCovered(cell: Cell, bounds: Area): boolean {
  return (
    areaOf(neighbor(cell, 1, 0)).maxLatitude >= bounds.maxLatitude &&
    areaOf(neighbor(cell, -1, 0)).minLatitude <= bounds.minLatitude &&
    areaOf(neighbor(cell, 0, 1)).maxLongitude >= bounds.maxLongitude &&
    areaOf(neighbor(cell, 0, -1)).minLongitude <= bounds.minLongitude
  )
}

/**
 * The ranges of scores that hold everything within the shape (and more), in the order in which an unsorted search
 * replies. Ranges that repeat (huge shapes) are kept once when they follow each other, as in Redis.
 */
export function searchRanges(shape: Shape): ScoreRange[] {
  const bounds = boundsOf(shape)
  const { center } = shape
  const radius = shape.kind === 'circle' ? shape.radiusM : Math.sqrt((shape.widthM / 2) ** 2 + (shape.heightM / 2) ** 2)
  let step = estimateStep(radius, center.latitude)
  let cell = cellOf(center, step, MAX_LATITUDE)
  if (step > 1 && !isCovered(cell, bounds)) {
    step--
    cell = cellOf(center, step, MAX_LATITUDE)
  }
  const area = areaOf(cell)
  const isFine = step >= 2
  const ranges: ScoreRange[] = []
  let last: ScoreRange | undefined
  for (const [north, east] of DIRECTIONS) {
    if (isFine && north < 0 && area.minLatitude < bounds.minLatitude) continue
    if (isFine && north > 0 && area.maxLatitude > bounds.maxLatitude) continue
    if (isFine && east < 0 && area.minLongitude < bounds.minLongitude) continue
    if (isFine && east > 0 && area.maxLongitude > bounds.maxLongitude) continue
    const range = rangeOf(neighbor(cell, north, east))
    // The first range is never compared: Redis remembers the last one by its index, and index 0 reads as none.
    if (last !== undefined && last.min === range.min) continue
    if (ranges.length > 0) last = range
    ranges.push(range)
  }
  return ranges
}

function rangeOf(cell: Cell): ScoreRange {
  const unit = 2 ** (52 - cell.step * 2)
  const bits = interleave(cell.latitude, cell.longitude)
  return { min: bits * unit, max: (bits + 1) * unit }
}
