// What is measured once: the sorted set as it grows, memory per key, and what starts and resets cost.
import { RawClient } from '../../test/servers/raw-client.ts'
import type { Curve, Figure, StartOptions, Table } from '../suite.ts'
import { type Running, type Served, serve, startRedis } from './child.ts'
import { load } from './load.ts'

export async function measureFigures(program: string, options: StartOptions): Promise<readonly Figure[]> {
  const { root, onProgress } = options
  const redis = await startRedis()
  const started: Served[] = []
  try {
    for (const kind of ['ochre', 'js-redis-server'] as const) started.push(await serve({ kind, root }))
    const [ours, peer] = started as [Served, Served]
    onProgress('memory per key')
    const memory = await memoryTable(ours, peer, redis, options.isQuick ? 10_000 : 200_000)
    onProgress('starts')
    const starts = await startTable(ours, peer)
    const curve = await sortedSetCurve(program, ours, redis, options)
    return [curve, memory, starts]
  } finally {
    await Promise.all([redis, ...started].map((server) => server.stop()))
  }
}

/** Sends commands in portions, each answered before the next. */
async function fill(port: number, count: number, command: (i: number) => readonly (string | number)[]): Promise<void> {
  const client = await RawClient.open(port)
  try {
    for (let i = 0; i < count; ) {
      const replies: Promise<unknown>[] = []
      for (const end = Math.min(count, i + 500); i < end; i++) replies.push(client.call(...command(i)))
      await Promise.all(replies)
    }
  } finally {
    client.close()
  }
}

const twelve = (i: number): string => String(i).padStart(12, '0')

async function memoryTable(ours: Served, peer: Served, redis: Running, keys: number): Promise<Table> {
  const usedMemory = async (): Promise<number> => {
    const client = await RawClient.open(redis.port)
    const info = String(await client.call('INFO', 'memory'))
    client.close()
    return Number(/used_memory:(\d+)/.exec(info)![1])
  }
  const perKey = async (port: number, used: () => Promise<number>): Promise<number> => {
    // Whatever the first commands leave behind is not the keys'.
    await fill(port, 100, (i) => ['SET', `key:${twelve(i)}`, 'value-0123'])
    const before = await used()
    await fill(port, keys, (i) => ['SET', `key:${twelve(i + 100)}`, 'value-0123'])
    const bytes = ((await used()) - before) / keys
    await fill(port, 1, () => ['FLUSHALL'])
    return bytes
  }
  const own = await perKey(redis.port, usedMemory)
  const rows: string[][] = []
  for (const [title, server] of [
    ['Ochre', ours],
    ['js-redis-server 0.3', peer],
  ] as const) {
    const bytes = await perKey(server.port, () => server.heapBytes())
    rows.push([title, bytes.toFixed(0), `${(bytes / own).toFixed(2)} x`])
  }
  return {
    kind: 'table',
    title: 'Memory per small key',
    head: ['', 'bytes per key', 'of redis-server'],
    rows: [...rows, ['redis-server', own.toFixed(0), '1.00 x']],
    note:
      `${keys.toLocaleString('en')} keys of 16 bytes with values of 10, set over TCP. Bytes are what \`used_memory\` grew by in ` +
      'redis-server, elsewhere what heap and external memory grew by, after a collection each time. Goal: at most 3 x.',
  }
}

async function startTable(ours: Served, peer: Served): Promise<Table> {
  const rows: string[][] = []
  for (const [title, server] of [
    ['Ochre', ours],
    ['js-redis-server 0.3', peer],
  ] as const) {
    const { openMs, resetMs } = await server.times()
    const ms = [server.importMs, server.openMs, openMs, resetMs]
    rows.push([title, ...ms.map((value) => value.toFixed(value < 10 ? 2 : 0))])
  }
  return {
    kind: 'table',
    title: 'Starting and resetting',
    head: ['ms', 'import', 'first start, listening', 'further start', 'reset of 100 keys'],
    rows,
    note:
      'Import and first start in a fresh process; further starts (without a port) and resets are medians of 21. Goals: a ' +
      'start within 10 ms, a reset within 1 ms.',
  }
}

const OPERATIONS = {
  insert: ['ZADD', 'ranking', '__rand_int__', 'member:__rand_int__'],
  rank: ['ZRANK', 'ranking', 'member:__rand_int__'],
  range: ['ZRANGEBYSCORE', 'ranking', '__rand_int__', '+inf', 'LIMIT', '0', '10'],
} as const

async function sortedSetCurve(program: string, ours: Served, redis: Running, options: StartOptions): Promise<Curve> {
  const sizes = options.isQuick ? [1e3, 1e4] : [1e3, 1e4, 1e5, 1e6]
  const lines: Curve['lines'][number][] = []
  const measure = async (name: keyof typeof OPERATIONS, port: number, size: number, ms: number): Promise<number> => {
    const run = { program, port, connections: 10, pipeline: 16, command: OPERATIONS[name], range: size }
    const { operations, seconds } = await load(run, { ms })
    return (seconds! / operations) * 1e6
  }
  const names = Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]
  for (const [title, role, server] of [
    ['Ochre', 'ours', ours],
    ['redis-server', 'peer', redis],
  ] as const) {
    const points = { insert: [], rank: [], range: [] } as Record<keyof typeof OPERATIONS, [number, number][]>
    let filled = 0
    // What is compiled while it runs is to be compiled before it is measured.
    for (const name of names) await measure(name, server.port, sizes[0]!, options.isQuick ? 50 : 400)
    await fill(server.port, 1, () => ['FLUSHALL'])
    for (const size of sizes) {
      options.onProgress(`sorted set of ${size}: ${title}`)
      await fill(server.port, (size - filled) / 100, (i) => [
        'ZADD',
        'ranking',
        // In an order that is not the members'.
        ...Array.from({ length: 100 }, (_, j) => filled + i * 100 + j).flatMap((n) => [
          (n * 7919) % size,
          `member:${twelve(n)}`,
        ]),
      ])
      filled = size
      for (const name of names)
        points[name].push([size, await measure(name, server.port, size, options.isQuick ? 100 : 700)])
    }
    for (const name of names) lines.push({ title: `${title}, ${name}`, role, points: points[name] })
    await fill(server.port, 1, () => ['FLUSHALL'])
  }
  return {
    kind: 'curve',
    name: 'sorted-set',
    title: 'A sorted set as it grows',
    x: 'members',
    y: 'µs per operation',
    lines,
    note:
      'redis-benchmark with 10 connections, -P 16: ZADD of a random score to a random member, ZRANK of a random member, ' +
      'ZRANGEBYSCORE of 10 from a random score.',
  }
}
