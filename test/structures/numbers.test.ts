// Number syntax, formats and long double arithmetic against a real server, on thousands of random texts.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addFloatTexts,
  formatDouble,
  parseDouble,
  parseInteger,
  parseLongDouble,
  strtod,
} from '../../packages/embedded/src/structures/numbers.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'numbers', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

const ODD = [
  '',
  '0',
  '-0',
  '+0',
  '00',
  '-',
  '+',
  '.',
  '0x',
  '0x10',
  '0X1.8p3',
  '0x1p-3',
  '0x.p1',
  '1p3',
  'inf',
  '-inf',
  '+inf',
  'Infinity',
  'infin',
  'nan',
  '-nan',
  'nan(1)',
  ' 1',
  '1 ',
  '\t1',
  '1e',
  '1e+',
  '1e400',
  '-1e400',
  '1e-400',
  '1e4000',
  '1e5000',
  '1e-4940',
  '1e-5000',
  '5.',
  '.5',
  '1e308',
  '1.7976931348623157e308',
  '1.7976931348623159e308',
  '4.9e-324',
  '2e-324',
  '3e-5',
  '1e17',
  '123456789012345678',
  '0.1',
  '1.5e3',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '1_0',
  '1,5',
  '٣',
].map((text) => Buffer.from(text).toString('latin1'))

it('parses odd numbers as the server does', async () => {
  for (const text of ODD) {
    await redis.call('DEL', 'z', 's', 'i')
    await redis.call('ZADD', 'z', '0.5', 'other')
    const added = await redis.send('ZADD', 'z', text, 'member')
    const score = parseDouble(text)
    expect(score !== undefined, `ZADD ${JSON.stringify(text)}`).toBe(!(added instanceof Error))
    if (score !== undefined && !Object.is(score, -0))
      expect(formatDouble(score), text).toBe(await redis.text('ZSCORE', 'z', 'member'))
    const bounded = await redis.send('ZRANGEBYSCORE', 'z', text, 'inf')
    const bound = strtod(text)
    expect(bound !== undefined && !Number.isNaN(bound), `bound ${JSON.stringify(text)}`).toBe(
      !(bounded instanceof Error),
    )
    const summed = await redis.send('INCRBYFLOAT', 's', text)
    const parsed = parseLongDouble(text)
    const sum = parsed && addFloatTexts(parseLongDouble('0')!, parsed)
    expect(sum, `INCRBYFLOAT ${JSON.stringify(text)}`).toBe(summed instanceof Error ? undefined : summed)
    const incremented = await redis.send('INCRBY', 'i', text)
    expect(parseInteger(text) !== undefined, `INCRBY ${JSON.stringify(text)}`).toBe(!(incremented instanceof Error))
  }
})

it('prints random doubles as the server does', async () => {
  const random = randomFrom(1)
  const view = new DataView(new ArrayBuffer(8))
  const checks: Promise<void>[] = []
  for (let i = 0; i < 4000; i++) {
    view.setUint32(0, random() * 2 ** 32)
    view.setUint32(4, random() * 2 ** 32)
    const value = [
      view.getFloat64(0),
      random(),
      Math.round(random() * 1e9) / 100,
      2 ** Math.floor(random() * 200 - 100),
    ][i % 4]!
    if (Number.isNaN(value)) continue
    const ours = formatDouble(value)
    redis.send('ZADD', 'd', ours, 'm')
    checks.push(redis.text('ZSCORE', 'd', 'm').then((theirs) => expect(theirs).toBe(ours)))
  }
  await Promise.all(checks)
})

it('adds random long doubles as the server does', async () => {
  const random = randomFrom(2)
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
  const text = () => {
    const sign = random() < 0.4 ? '-' : ''
    const kind = random()
    if (kind < 0.4) return `${sign}${Math.floor(random() * 1000)}.${digits(1 + Math.floor(random() * 4))}`
    if (kind < 0.6) return `${sign}${digits(1 + Math.floor(random() * 25))}.${digits(Math.floor(random() * 25))}`
    if (kind < 0.9) return `${sign}${1 + Math.floor(random() * 9)}.${digits(18)}e${Math.floor(random() * 60 - 30)}`
    return `${sign}${1 + Math.floor(random() * 9)}.${digits(8)}e${Math.floor(random() * 9800 - 4900)}`
  }
  const checks: Promise<void>[] = []
  for (let i = 0; i < 6000; i++) {
    const [a, b] = [text(), text()]
    redis.send('SET', 'f', a)
    redis.send('HSET', 'h', 'f', a)
    const ours = addFloatTexts(parseLongDouble(a)!, parseLongDouble(b)!)
    for (const reply of [redis.send('INCRBYFLOAT', 'f', b), redis.send('HINCRBYFLOAT', 'h', 'f', b)])
      checks.push(
        reply.then((theirs) => expect(theirs instanceof Error ? undefined : theirs, `${a} + ${b}`).toBe(ours)),
      )
  }
  await Promise.all(checks)
})
