// A file as a user writes it: what the type checker does for it is counted by type-budget.test.ts.
import { connect } from '@ochre/client'

const redis = await connect('redis://127.0.0.1:6379')
await redis.set('k', 'v', { ex: 60, nx: true })
const value = await redis.get('k')
const bytes = await redis.buffers.get('k')
const scores = await redis.zrange('z', 0, -1, { withScores: true })
const near = await redis.geosearch('g', { fromMember: 'm', byRadius: [1, 'KM'], withDist: true })
const streams = await redis.xread({ s: '$' }, { block: 100 })
const found = await redis.ftSearch('index', '*', { limit: [0, 10] })
export const all: unknown[] = [
  value?.length,
  bytes?.byteLength,
  scores[0]?.score,
  near[0]?.distance,
  streams,
  found.total,
]

/** A long chain, whose type grows with each call, is where such clients used to be slow. */
const replies = await redis
  .pipeline()
  .get('k')
  .incr('n')
  .hgetall('h')
  .zrange('z', 0, 1, { withScores: true })
  .set('k', 'v', { ex: 1 })
  .get('k')
  .incr('n')
  .hgetall('h')
  .zrange('z', 0, 1, { withScores: true })
  .set('k', 'v', { ex: 1 })
  .get('k')
  .incr('n')
  .hgetall('h')
  .zrange('z', 0, 1, { withScores: true })
  .set('k', 'v', { ex: 1 })
  .get('k')
  .incr('n')
  .hgetall('h')
  .zrange('z', 0, 1, { withScores: true })
  .set('k', 'v', { ex: 1 })
  .get('k')
  .incr('n')
  .hgetall('h')
  .zrange('z', 0, 1, { withScores: true })
  .set('k', 'v', { ex: 1 })
  .exec()
export const last: 'OK' | null = replies[24]
