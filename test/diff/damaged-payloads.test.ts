// RESTORE of payloads that somebody has tampered with, their checksums made right again: every byte changed, left out and
// doubled, every length cut. The engine answers with an error or with a sound value, as a real server does that checks what it
// loads, and what both take they understand alike.
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../commands/sample.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { frameItems, Wire } from './wire.ts'

let real: TestServer
let engine: Engine
let onReal: Wire
let onEngine: Wire
beforeAll(async () => {
  real = await startServer({
    version: 'redis-7.0',
    name: 'damaged',
    config: { 'sanitize-dump-payload': 'yes', 'enable-debug-command': 'yes' },
  })
  engine = await Engine.open()
  onReal = await Wire.open(real.port)
  onEngine = await Wire.open((await engine.listen()).port)
})
afterAll(async () => {
  onReal.close()
  onEngine.close()
  await engine.close()
  await real.stop()
})

const STREAM = [
  ['XADD', 'k', '1-1', 'a', '1', 'b', '2'],
  ['XADD', 'k', '2-1', 'a', '3', 'b', '4'],
  ['XADD', 'k', '3-1', 'c', '1'],
  ['XDEL', 'k', '2-1'],
  ['XGROUP', 'CREATE', 'k', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'alice', 'COUNT', '1', 'STREAMS', 'k', '>'],
  ['XREADGROUP', 'GROUP', 'g', 'bob', 'STREAMS', 'k', '>'],
]

/** How a real server makes each kind of payload. */
const MADE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'an integer': [['SET', 'k', '-70000']],
  'a text': [['SET', 'k', 'hello']],
  'a compressed text': [['SET', 'k', 'ab'.repeat(60)]],
  'a list': [['RPUSH', 'k', 'a', '12', 'x'.repeat(70), '-5000', '9999999999']],
  'a list of two nodes': [['RPUSH', 'k', 'a'.repeat(5000), 'b'.repeat(5000)]],
  'an intset': [['SADD', 'k', '1', '-99999', '300']],
  'a set': [['SADD', 'k', 'a', 'bb', 'c1']],
  'a small hash': [['HSET', 'k', 'a', '1', 'b', 'vv', 'c', '300']],
  'a large hash': [['HSET', 'k', 'a', 'x'.repeat(70), 'b', '1']],
  'a small sorted set': [['ZADD', 'k', '1', 'a', '2.5', 'b', '300', 'c']],
  'a large sorted set': [['ZADD', 'k', '1.5', 'y'.repeat(70), '2', 'b']],
  'a stream': STREAM,
}

/** Payloads of Redis before 7.0. */
const OLDER: Readonly<Record<string, string>> = {
  'a zipmap': `\x09${blob('\x02\x01a\x01\x001\x02bb\x02\x002x\xff')}`,
  'a list in a ziplist': `\x0a${blob(ziplist(['a', 'bb', 'x'.repeat(70)]))}`,
  'a sorted set in a ziplist': `\x0c${blob(ziplist(['a', '1.5', 'b', '22']))}`,
  'a hash in a ziplist': `\x0d${blob(ziplist(['a', '1.5', 'b', 'x']))}`,
  'a quicklist of ziplists': `\x0e\x02${blob(ziplist(['a', 'b']))}${blob(ziplist(['c']))}`,
  'an old list': '\x01\x02\x01a\x02bb',
  'an old sorted set': '\x03\x02\x01a\x031.5\x01b\xfe',
}

function blob(text: string): string {
  return text.length < 64
    ? String.fromCharCode(text.length) + text
    : String.fromCharCode(0x40 | (text.length >> 8), text.length & 255) + text
}

function ziplist(elements: readonly string[]): string {
  let entries = ''
  let [previous, tail] = [0, 10]
  for (const element of elements) {
    const length =
      element.length < 64 ? String.fromCharCode(element.length) : `\x40${String.fromCharCode(element.length)}`
    const entry = String.fromCharCode(previous) + length + element
    tail = 10 + entries.length
    entries += entry
    previous = entry.length
  }
  const head = Buffer.alloc(10)
  head.writeUInt32LE(11 + entries.length, 0)
  head.writeUInt32LE(tail, 4)
  head.writeUInt16LE(elements.length, 8)
  return `${head.toString('latin1')}${entries}\xff`
}

/** CRC-64 as Redis has it, bit by bit: what is tested is not trusted with its own checksums. */
function seal(value: string): string {
  const body = Buffer.from(`${value}\x0a\x00`, 'latin1')
  let crc = 0n
  for (const byte of body) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n
  }
  const footer = Buffer.alloc(8)
  footer.writeBigUInt64LE(crc)
  return body.toString('latin1') + footer.toString('latin1')
}

function* damaged(value: string, random: () => number): Generator<string> {
  const changes = value.length > 200 ? 1 : 5
  for (let i = 0; i < value.length; i++) {
    const byte = value.charCodeAt(i)
    const others = [byte ^ (1 << Math.floor(random() * 8)), 0, 255, 0xc3, Math.floor(random() * 256)].slice(-changes)
    for (const other of others) yield value.slice(0, i) + String.fromCharCode(other) + value.slice(i + 1)
    yield value.slice(0, i)
    yield value.slice(0, i) + value.slice(i + 1)
    yield value.slice(0, i) + value[i] + value.slice(i)
  }
}

const READS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  string: [['GET', 'k']],
  list: [
    ['LRANGE', 'k', '0', '-1'],
    ['LPOP', 'k'],
  ],
  set: [
    ['SMEMBERS', 'k'],
    ['SADD', 'k', 'new'],
    ['SPOP', 'k'],
  ],
  hash: [
    ['HGETALL', 'k'],
    ['HSET', 'k', 'new', 'x'],
  ],
  zset: [
    ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
    ['ZADD', 'k', '1', 'new'],
    ['ZPOPMIN', 'k', '2'],
  ],
  stream: [
    ['XRANGE', 'k', '-', '+'],
    ['XREADGROUP', 'GROUP', 'g', 'carol', 'STREAMS', 'k', '>'],
    ['XAUTOCLAIM', 'k', 'g', 'carol', '0', '0'],
    ['XTRIM', 'k', 'MAXLEN', '1'],
  ],
}

/** What is wrong with the value that the engine has taken; null when it is sound. */
async function problemOf(): Promise<string | null> {
  const type = (await onEngine.call('TYPE', 'k')).slice(1, -2)
  const again = await onEngine.call('DUMP', 'k')
  const digest = await onEngine.call('DEBUG', 'DIGEST-VALUE', 'k')
  const restored = await onEngine.call('RESTORE', 'again', '0', again.slice(again.indexOf('\r\n') + 2, -2), 'REPLACE')
  if (restored !== '+OK\r\n') return `its own payload is refused: ${restored}`
  if ((await onEngine.call('DEBUG', 'DIGEST-VALUE', 'again')) !== digest) return 'it is another after DUMP and RESTORE'
  if (type === 'stream') {
    const problem = await pendingProblem()
    if (problem !== null) return problem
  }
  for (const read of READS[type]!) {
    const reply = await onEngine.call(...read)
    if (/^-ERR internal/.test(reply)) return `${read[0]}: ${reply}`
  }
  return null
}

/** In each group an entry is pending for one consumer, and the group knows of it. */
async function pendingProblem(): Promise<string | null> {
  const groups = frameItems(await onEngine.call('XINFO', 'GROUPS', 'k'))
  for (const group of groups) {
    const name = frameItems(group)[1]!.split('\r\n')[1]!
    const all = frameItems(await onEngine.call('XPENDING', 'k', name, '-', '+', '1000')).map(
      (entry) => frameItems(entry)[0],
    )
    let ofConsumers = 0
    for (const consumer of frameItems(await onEngine.call('XINFO', 'CONSUMERS', 'k', name))) {
      const id = frameItems(consumer)[1]!.split('\r\n')[1]!
      ofConsumers += frameItems(await onEngine.call('XPENDING', 'k', name, '-', '+', '1000', id)).length
    }
    if (new Set(all).size !== all.length) return 'an entry is pending twice'
    if (ofConsumers !== all.length) return `${all.length} are pending, of consumers ${ofConsumers}`
  }
  return null
}

describe('RESTORE of damaged payloads', () => {
  for (const [title, make] of [...Object.entries(MADE), ...Object.entries(OLDER)]) {
    it(`of ${title}`, { timeout: 60_000 }, async () => {
      const random = seeded(title.length)
      let value = make as string
      if (typeof make !== 'string') {
        await onReal.call('DEL', 'k')
        for (const command of make) expect(await onReal.call(...command)).not.toMatch(/^-/)
        const dumped = await onReal.call('DUMP', 'k')
        value = dumped.slice(dumped.indexOf('\r\n') + 2, -12)
      }
      for (const wire of [onReal, onEngine])
        expect(await wire.call('RESTORE', 'k', '0', seal(value), 'REPLACE')).toBe('+OK\r\n')
      let [taken, refused] = [0, 0]
      for (const other of damaged(value, random)) {
        const request = ['RESTORE', 'k', '0', seal(other), 'REPLACE']
        const [theirs, ours] = await Promise.all([onReal.call(...request), onEngine.call(...request)])
        if (ours !== '+OK\r\n') {
          expect([JSON.stringify(other), ours]).toEqual([expect.anything(), '-ERR Bad data format\r\n'])
          refused++
          continue
        }
        taken++
        if (theirs === '+OK\r\n') {
          const question = ['DEBUG', 'DIGEST-VALUE', 'k']
          const digest = await onEngine.call(...question)
          expect([JSON.stringify(other), digest]).toEqual([expect.anything(), await onReal.call(...question)])
        }
        expect([JSON.stringify(other), await problemOf()]).toEqual([expect.anything(), null])
      }
      expect(taken).toBeGreaterThan(0)
      expect(refused).toBeGreaterThan(0)
    })
  }
})
