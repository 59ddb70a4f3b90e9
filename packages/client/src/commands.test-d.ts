// Compile-time assertions about typed methods: calls that must compile, their types, and calls that must not.
// Checked by the type checker alone; nothing here runs.
import type { Commands } from './commands.gen.ts'
import type { Mode, Promised } from './mode.ts'
import type { Coordinates, Ranked, Scored, StreamEntries } from './shapes.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<_T extends true>(): void {}

declare const redis: Commands<Promised<string>>
declare const buffers: Commands<Promised<Buffer>>
declare const flag: boolean

/** As a pipeline collects the types of its replies. */
interface Collecting<T extends readonly unknown[]> extends Mode {
  readonly value: string
  readonly result: Collector<readonly [...T, this['reply']]>
}
interface Collector<T extends readonly unknown[]> extends Commands<Collecting<T>> {
  exec(): Promise<T>
}
declare const collector: Collector<readonly []>

export async function replies(): Promise<void> {
  const got = redis.get('k')
  is<Equal<typeof got, Promise<string | null>>>()
  const bytes = buffers.get(Buffer.from('k'))
  is<Equal<typeof bytes, Promise<Buffer | null>>>()

  const set = redis.set('k', 'v', { ex: 60, nx: true })
  is<Equal<typeof set, Promise<'OK' | null>>>()
  const old = redis.set('k', 1, { get: true, keepTtl: true })
  is<Equal<typeof old, Promise<string | null>>>()
  const either = redis.set('k', 1n, { get: flag })
  is<Equal<typeof either, Promise<string | null>>>()

  const members = redis.zrange('z', 0, -1, { rev: true })
  is<Equal<typeof members, Promise<string[]>>>()
  const scored = redis.zrange('z', '(1', '+inf', { byScore: true, limit: [0, 10], withScores: true })
  is<Equal<Awaited<typeof scored>[number], Scored<string>>>()

  const popped = redis.lpop('l')
  is<Equal<typeof popped, Promise<string | null>>>()
  const several = redis.lpop('l', 2)
  is<Equal<typeof several, Promise<string[] | null>>>()
  const sampled = redis.spop('s', 2)
  is<Equal<typeof sampled, Promise<string[]>>>()
  const lowest = await redis.zpopmin('z')
  is<Equal<typeof lowest, Scored<string> | null>>()

  const fields = redis.hgetall('h')
  is<Equal<typeof fields, Promise<Record<string, string>>>>()
  const pairs = buffers.hrandfield('h', 2, { withValues: true })
  is<Equal<typeof pairs, Promise<[field: Buffer, value: Buffer][]>>>()

  const near = await redis.geosearch('g', { fromMember: 'm', byRadius: [1, 'KM'], withDist: true, withCoord: true })
  is<Equal<(typeof near)[number]['distance'], number>>()
  is<Equal<(typeof near)[number]['coordinates'], Coordinates>>()
  // @ts-expect-error the hash was not asked for
  near[0]?.hash

  const stored = redis.sort('l', { store: 'd' })
  is<Equal<typeof stored, Promise<number>>>()
  const streams = redis.xread({ s: '$' }, { block: 0, count: 10 })
  is<Equal<typeof streams, Promise<StreamEntries<string>[] | null>>>()
  const id = redis.xadd('s', '*', { a: 1 })
  is<Equal<typeof id, Promise<string>>>()
  const config = redis.configGet('maxmemory', 'port')
  is<Equal<typeof config, Promise<Record<string, string>>>>()
  const dump = redis.dump('k')
  is<Equal<typeof dump, Promise<Buffer | null>>>()
  const rank = redis.zrank('z', 'm', { withScore: true })
  is<Equal<typeof rank, Promise<Ranked | null>>>()
  const length = redis.lcs('a', 'b', { len: true })
  is<Equal<typeof length, Promise<number>>>()
}

export async function tuples(): Promise<void> {
  const replies = await collector
    .get('a')
    .incr('n')
    .hgetall('h')
    .zrange('z', 0, 1, { withScores: true })
    .set('k', 'v')
    .exec()
  is<Equal<typeof replies, readonly [string | null, number, Record<string, string>, Scored<string>[], 'OK' | null]>>()
}

export function accepted(): void {
  redis.del('a', 'b')
  redis.del(['a', Buffer.from('b')])
  redis.hset('h', 'f', 1)
  redis.hset('h', { f: 1, g: 'x' })
  redis.hset('h', new Map([['f', 1]]))
  redis.mset([
    ['a', 1],
    ['b', 2n],
  ])
  redis.zadd('z', 1, 'm', { nx: true })
  redis.zadd(
    'z',
    [
      { score: 1, member: 'a' },
      { score: '+inf', member: 'b' },
    ],
    { gt: true, ch: true },
  )
  redis.xadd('s', '*', 'f', 'v', { maxLen: ['~', 1000], limit: 10 })
  redis.xtrim('s', { minId: '1-1' })
  redis.hexpire('h', 60, ['a', 'b'], { nx: true })
  redis.bitfield('b', [{ overflow: 'SAT' }, { incrby: ['u8', 0, 1] }])
  redis.jsonSet('j', '$', '{}', { nx: true })
  redis.ftSearch('i', '*', { limit: [0, 10], return: [{ identifier: '$.a', as: 'a' }], sortBy: 'a', desc: true })
  redis.ftCreate('i', [{ field: 'name', type: 'TEXT', sortable: true }], { on: 'HASH', prefix: ['user:'] })
  redis.vadd('v', 'e', { values: [0.1, 0.2], noQuant: true })
  redis.eval('return 1', ['k'], [1, 'two'])
  redis.set('k', 'v', { ex: undefined, nx: undefined })
}

export function refused(): void {
  // @ts-expect-error NX and XX exclude each other
  redis.set('k', 'v', { nx: true, xx: true })
  // @ts-expect-error one expiry at most
  redis.set('k', 'v', { ex: 1, px: 1 })
  // @ts-expect-error no such option
  redis.set('k', 'v', { exx: 1 })
  // @ts-expect-error a value is missing
  redis.set('k')
  // @ts-expect-error null is not an argument
  redis.set('k', null)
  // @ts-expect-error nor is a boolean
  redis.set('k', true)
  // @ts-expect-error nor an object
  redis.lpush('l', { a: 1 })
  // @ts-expect-error by score or by name
  redis.zrange('z', 0, 1, { byScore: true, byLex: true })
  // @ts-expect-error a search needs an area
  redis.geosearch('g', { fromMember: 'm' })
  // @ts-expect-error and one centre
  redis.geosearch('g', { fromMember: 'm', fromLonLat: [1, 2], byRadius: [1, 'KM'] })
  // @ts-expect-error units are in capitals, as Redis prints them
  redis.geodist('g', 'a', 'b', 'km')
  // @ts-expect-error a beginning needs an end
  redis.bitcount('k', 0)
  // @ts-expect-error values come with a count
  redis.hrandfield('h', undefined, { withValues: true })
  // @ts-expect-error LEFT or RIGHT
  redis.lmove('a', 'b', 'LEFT', 'UP')
  // @ts-expect-error one expiry condition
  redis.expire('k', 1, { nx: true, gt: true })
  // @ts-expect-error trimming needs a strategy
  redis.xtrim('s', {})
  // @ts-expect-error length or positions
  redis.lcs('a', 'b', { len: true, idx: true })
  // @ts-expect-error a subscription is not a command of the shared connection
  redis.subscribe('news')
  // @ts-expect-error a member is missing
  redis.zadd('z', 1)
}
