// Bit counting, searching, combining and fields against a real server.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  combineBits,
  countBits,
  findBit,
  fitField,
  parseFieldType,
  readField,
  writeField,
} from '../../packages/embedded/src/structures/bitops.ts'
import { parseInteger } from '../../packages/embedded/src/structures/numbers.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'bitops', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

const random = randomFrom(31)
const below = (max: number) => Math.floor(random() * max)

function bits(): Buffer {
  const runs = Array.from({ length: 1 + below(5) }, () => Buffer.alloc(1 + below(60), [0, 255, below(256)][below(3)]!))
  return Buffer.concat(runs)
}

it('counts, finds and combines as the server does', async () => {
  for (let i = 0; i < 200; i++) {
    const sources = [bits(), bits(), bits()]
    for (const [at, source] of sources.entries()) await redis.call('SET', `s${at}`, source.toString('latin1'))
    for (const operation of ['and', 'or', 'xor', 'not'] as const) {
      const used = operation === 'not' ? 1 : 3
      await redis.call('BITOP', operation, 'd', ...['s0', 's1', 's2'].slice(0, used))
      expect(await redis.text('GET', 'd')).toBe(combineBits(operation, sources.slice(0, used)).toString('latin1'))
    }
    const start = below(sources[0]!.length * 8)
    const end = start + below(sources[0]!.length * 8 - start) + 1
    expect(await redis.call('BITCOUNT', 's0', start, end - 1, 'BIT')).toBe(countBits(sources[0]!, start, end))
    for (const bit of [0, 1] as const)
      expect(await redis.call('BITPOS', 's0', bit, start, end - 1, 'BIT')).toBe(findBit(sources[0]!, bit, start, end))
  }
})

it('reads, sets and increments fields as the server does', async () => {
  const bytes = Buffer.alloc(64)
  await redis.call('SET', 'f', bytes.toString('latin1'))
  for (let i = 0; i < 1500; i++) {
    const name = `${'iu'[below(2)]}${1 + below(64)}`
    const type = parseFieldType(name)
    const offset = below(400)
    const amount =
      random() < 0.5
        ? String(below(512) - 256)
        : String(BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 32)) * BigInt(Math.floor(random() * 2 ** 33))))
    const overflow = (['wrap', 'sat', 'fail'] as const)[below(3)]!
    const verb = random() < 0.5 ? 'SET' : 'INCRBY'
    const reply = await redis.send(
      'BITFIELD',
      'f',
      'OVERFLOW',
      overflow,
      verb,
      name,
      offset,
      amount,
      'GET',
      name,
      offset,
    )
    expect(reply instanceof Error, name).toBe(type === undefined)
    if (type === undefined) continue
    const old = readField(bytes, offset, type)
    const change = parseInteger(amount)!
    const next = verb === 'SET' ? fitField(type, change, 0, overflow) : fitField(type, old, change, overflow)
    if (next !== undefined) writeField(bytes, offset, type, next)
    const expected = [next === undefined ? null : verb === 'SET' ? old : next, readField(bytes, offset, type)]
    expect(
      expected.map((one) => (one === null ? null : Number(one))),
      `${overflow} ${verb} ${name} ${offset} ${amount}`,
    ).toEqual(reply)
    expect(await redis.text('GET', 'f')).toBe(bytes.toString('latin1'))
  }
})
