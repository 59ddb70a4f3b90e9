// Geo sets: positions, distances, and what lies in an area.

import type { Reply } from '@ochre/protocol'
import type { Exchange } from '../exchange.ts'
import { RAW2 } from '../execute.ts'
import { isObject, type JsonValue } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import type { Arg } from '../policy.ts'
import { doubleJson, itemsOf, stringJson } from '../reply-json.ts'
import type { Handler, Route } from '../routes.ts'
import { GatewayError } from '../status.ts'
import { encodingOf } from './commands.ts'
import { answer, ENCODING, listOf, object, ref } from './schemas.ts'
import { choice, integer, integerJson, member, missing, numeric } from './value.ts'

function place(item: JsonValue, index: number): Arg[] {
  if (isObject(item)) {
    const [longitude, latitude] = [numeric(item, 'longitude'), numeric(item, 'latitude')]
    if (longitude !== undefined && latitude !== undefined) return [longitude, latitude, member(item, 'member')]
  }
  throw new GatewayError('BAD_REQUEST', `Item ${index} of members is {"member", "longitude", "latitude"}.`)
}

async function add(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object(['members', 'only'])
  const list = body.members
  if (!Array.isArray(list) || list.length === 0) throw new GatewayError('BAD_REQUEST', 'members is a list of members.')
  const only = choice(body, 'only', ['any', 'new', 'existing'])
  const options = only === 'any' ? [] : [only === 'new' ? 'NX' : 'XX']
  return integerJson('added', await x.run(['GEOADD', x.param('key'), ...options, ...list.flatMap(place)]))
}

async function positions(x: Exchange): Promise<GatewayResponse> {
  const wanted = x.query.all('member')
  if (wanted.length === 0) throw new GatewayError('BAD_REQUEST', 'The query names at least one member.')
  const key = x.param('key')
  const [reply, exists] = await Promise.all([x.run(['GEOPOS', key, ...wanted], RAW2), x.run(['EXISTS', key])])
  if (exists === 0) throw missing()
  const list = itemsOf(reply as Reply).map((item) => positionJson(item) ?? 'null')
  return json(200, `{"positions":[${list.join(',')}]}`)
}

function positionJson(item: Reply | undefined): string | undefined {
  const [longitude, latitude] = item === undefined ? [] : itemsOf(item)
  if (longitude === undefined || latitude === undefined) return undefined
  return `{"longitude":${doubleJson(String(longitude))},"latitude":${doubleJson(String(latitude))}}`
}

function unitOf(x: Exchange): string {
  const unit = x.query.text('unit') ?? 'm'
  if (!['m', 'km', 'mi', 'ft'].includes(unit)) throw new GatewayError('BAD_REQUEST', 'The unit is m, km, mi or ft.')
  return unit
}

async function distance(x: Exchange): Promise<GatewayResponse> {
  const [from, to] = [x.query.bytes('from'), x.query.bytes('to')]
  if (from === undefined || to === undefined) throw new GatewayError('BAD_REQUEST', 'The query has from and to.')
  const reply = await x.run(['GEODIST', x.param('key'), from, to, unitOf(x)], RAW2)
  if (reply === null) throw new GatewayError('NOT_FOUND', 'There is no such key or member.')
  return json(200, `{"distance":${doubleJson(String(reply))}}`)
}

async function search(x: Exchange): Promise<GatewayResponse> {
  const body = await x.object([
    'member',
    'longitude',
    'latitude',
    'radius',
    'width',
    'height',
    'unit',
    'count',
    'order',
  ])
  const args: Arg[] = ['GEOSEARCH', x.param('key')]
  if (body.member !== undefined) args.push('FROMMEMBER', member(body, 'member'))
  else
    args.push(
      'FROMLONLAT',
      needed(numeric(body, 'longitude'), 'longitude'),
      needed(numeric(body, 'latitude'), 'latitude'),
    )
  const unit = choice(body, 'unit', ['m', 'km', 'mi', 'ft'])
  const radius = numeric(body, 'radius')
  if (radius !== undefined) args.push('BYRADIUS', radius, unit)
  else args.push('BYBOX', needed(numeric(body, 'width'), 'width'), needed(numeric(body, 'height'), 'height'), unit)
  args.push(choice(body, 'order', ['nearest', 'farthest']) === 'nearest' ? 'ASC' : 'DESC')
  const count = integer(body, 'count', 1, 100_000)
  if (count !== undefined) args.push('COUNT', String(count))
  args.push('WITHCOORD', 'WITHDIST')
  const encoding = encodingOf(x)
  const list = itemsOf((await x.run(args, RAW2)) as Reply).map((item) => {
    const [name, far, position] = itemsOf(item)
    const where = positionJson(position)!.slice(1)
    return `{"member":${stringJson(name as string, encoding)},"distance":${doubleJson(String(far))},${where}`
  })
  return json(200, `{"members":[${list.join(',')}]}`)
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new GatewayError('BAD_REQUEST', `The body has no member ${name}.`)
  return value
}

const tag = 'geo'
const path = '/v1/redis/geo/{key}'
const NUMBER = { type: 'number' }
const UNIT = { enum: ['m', 'km', 'mi', 'ft'] }
const COMMON = { tag, takesDatabase: true, errors: ['NOT_FOUND', 'WRONGTYPE'] } as const
const POSITION = { longitude: NUMBER, latitude: NUMBER }
const PALERMO = { longitude: 13.361389, latitude: 38.115556 }

export const geoRoutes: readonly Route<Handler>[] = [
  {
    method: 'POST',
    path,
    handle: add,
    doc: {
      ...COMMON,
      id: 'addToGeo',
      summary: 'Add or move members',
      body: {
        schema: object(
          {
            members: { type: 'array', items: object({ member: ref('Argument'), ...POSITION }), minItems: 1 },
            only: { enum: ['any', 'new', 'existing'] },
          },
          ['only'],
        ),
        example: { members: [{ member: 'Palermo', ...PALERMO }] },
      },
      answers: { 200: answer({ added: { type: 'integer' } }, { added: 1 }) },
    },
  },
  {
    method: 'GET',
    path: `${path}/positions`,
    handle: positions,
    doc: {
      ...COMMON,
      id: 'getGeoPositions',
      summary: 'Read positions of members',
      query: { member: { about: 'A member; may be repeated.', required: true, example: 'Palermo' } },
      answers: {
        200: answer({ positions: listOf({ oneOf: [object(POSITION), { type: 'null' }] }) }, { positions: [PALERMO] }),
      },
    },
  },
  {
    method: 'GET',
    path: `${path}/distance`,
    handle: distance,
    doc: {
      ...COMMON,
      id: 'getGeoDistance',
      summary: 'Distance of two members',
      query: {
        from: { required: true, example: 'Palermo' },
        to: { required: true, example: 'Catania' },
        unit: { schema: UNIT, about: 'Default m.' },
      },
      answers: { 200: answer({ distance: NUMBER }, { distance: 166_274.1516 }) },
    },
  },
  {
    method: 'POST',
    path: `${path}/search`,
    handle: search,
    doc: {
      ...COMMON,
      id: 'searchGeo',
      summary: 'Members in a circle or a box',
      about: 'Around a member or a position; with `radius`, or with `width` and `height`.',
      query: { encoding: ENCODING },
      body: {
        schema: object(
          {
            member: ref('Argument'),
            ...POSITION,
            radius: NUMBER,
            width: NUMBER,
            height: NUMBER,
            unit: UNIT,
            count: { type: 'integer', minimum: 1 },
            order: { enum: ['nearest', 'farthest'] },
          },
          ['member', 'longitude', 'latitude', 'radius', 'width', 'height', 'unit', 'count', 'order'],
        ),
        example: { longitude: 15, latitude: 37, radius: 200, unit: 'km' },
      },
      answers: {
        200: answer(
          { members: listOf(object({ member: ref('Text'), distance: NUMBER, ...POSITION })) },
          { members: [{ member: 'Palermo', distance: 190.4424, ...PALERMO }] },
        ),
      },
    },
  },
]
