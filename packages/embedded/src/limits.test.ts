// Requests that ask for more than there is: each is answered, none takes the memory or the process with it.
import { constants } from 'node:buffer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { Engine } from './engine.ts'

const MB = 1024 * 1024

let engine: Engine
beforeEach(async () => {
  engine = await Engine.open({ clock: new Clock(1_000_000) })
})
afterEach(() => engine.close())

interface Received {
  readonly bytes: number
  readonly head: string
  readonly tail: string
}

/** Sends commands and then ECHO; what came back before that, as far as one wants to look at it. */
function ask(...commands: (readonly string[])[]): Promise<Received> {
  return new Promise((resolve, reject) => {
    let [bytes, head, tail] = [0, '', '']
    const link = engine.dial({
      onOpen() {},
      onData(chunk) {
        bytes += chunk.length
        if (head.length < 100) head += chunk.toString('latin1', 0, 100)
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 100))).slice(-100)
        if (!tail.endsWith(FENCE)) return
        link.destroy()
        resolve({
          bytes: bytes - FENCE.length,
          head: head.slice(0, 100).replace(FENCE, ''),
          tail: tail.slice(0, -FENCE.length),
        })
      },
      onDrain() {},
      onClose: () => reject(new Error('the connection was closed')),
    })
    const text = [...commands, ['ECHO', 'fence']]
      .map((words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
      .join('')
    link.write(text, 'latin1')
  })
}

/** Sends bytes as the link has room for them; all that came back until the engine closed it. */
function untilClosed(...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const send = (): void => {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if (!link.write(part, 'latin1')) return
      }
    }
    const link = engine.dial({
      onOpen: send,
      onData(chunk) {
        received += chunk.toString('latin1')
      },
      onDrain: send,
      onClose: () => resolve(received),
    })
  })
}

const FENCE = '$5\r\nfence\r\n'

async function reply(...command: string[]): Promise<string> {
  return (await ask(command)).head
}

describe('huge counts', () => {
  const counts = ['-1048577', '-2147483648', '-4611686018427387904', '-9223372036854775807']

  it('of elements to draw with repetition are out of range', async () => {
    await reply('SADD', 's', 'a', 'b')
    await reply('HSET', 'h', 'a', '1', 'b', '2')
    await reply('ZADD', 'z', '1', 'a', '2', 'b')
    for (const count of counts) {
      expect(await reply('SRANDMEMBER', 's', count)).toMatch(/^-ERR value is out of range/)
      expect(await reply('HRANDFIELD', 'h', count)).toMatch(/^-ERR value is out of range/)
      expect(await reply('HRANDFIELD', 'h', count, 'WITHVALUES')).toMatch(/^-ERR value is out of range/)
      expect(await reply('ZRANDMEMBER', 'z', count)).toMatch(/^-ERR value is out of range/)
      expect(await reply('EVAL', `return redis.pcall('SRANDMEMBER','s',${count})`, '0')).toMatch(/^-ERR/)
    }
    expect(await ask(['SRANDMEMBER', 's', '-1048576'])).toMatchObject({ bytes: 10 + 7 * 2 ** 20 })
  }, 60_000)

  it('of what is there are as many as there are', async () => {
    const max = '9223372036854775807'
    await reply('RPUSH', 'l', 'a', 'b')
    await reply('ZADD', 'z', '1', 'a')
    await reply('XADD', 'x', '1-1', 'a', 'b')
    await reply('SADD', 's', 'a')
    const pairs: [string[], string][] = [
      [['LRANGE', 'l', '0', max], '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
      [['LRANGE', 'l', `-${max}`, max], '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
      [['ZRANGE', 'z', '0', max], '*1\r\n$1\r\na\r\n'],
      [['ZRANGEBYSCORE', 'z', '0', '1', 'LIMIT', '0', max], '*1\r\n$1\r\na\r\n'],
      [['XRANGE', 'x', '-', '+', 'COUNT', max], '*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
      [['XADD', 'x', 'MAXLEN', max, '2-1', 'a', 'b'], '$3\r\n2-1\r\n'],
      [['SRANDMEMBER', 's', max], '*1\r\n$1\r\na\r\n'],
      [['SPOP', 's', max], '*1\r\n$1\r\na\r\n'],
      [['SORT', 'l', 'ALPHA', 'LIMIT', '0', max], '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
      [['SCAN', '0', 'COUNT', max, 'MATCH', 'l'], '*2\r\n$1\r\n0\r\n*1\r\n$1\r\nl\r\n'],
      [['SCAN', '18446744073709551615', 'MATCH', 'l'], '*2\r\n$1\r\n0\r\n*1\r\n$1\r\nl\r\n'],
      [['SCAN', '-1', 'MATCH', 'l'], '*2\r\n$1\r\n0\r\n*1\r\n$1\r\nl\r\n'],
      [['LPOP', 'l', max], '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
      [['LMPOP', max, 'l', 'LEFT'], '-ERR syntax error\r\n'],
      [['ZUNION', max, 'z'], '-ERR syntax error\r\n'],
      [['EVAL', 'return 1', max], "-ERR Number of keys can't be greater than number of args\r\n"],
    ]
    for (const [command, expected] of pairs) expect([command, await reply(...command)]).toEqual([command, expected])
  })
})

describe('many thousands', () => {
  const COUNT = 200_000

  it('of entries are delivered and claimed at once', async () => {
    const script = `redis.call('XGROUP', 'CREATE', KEYS[1], 'g', '0', 'MKSTREAM')
      for i = 1, ${COUNT} do redis.call('XADD', KEYS[1], i .. '-1', 'f', 'v') end`
    await reply('EVAL', script, '1', 's')
    const ids = Array.from({ length: COUNT }, (_, i) => `${i + 1}-1`)
    for (const [consumer, command, head] of [
      ['a', ['XREADGROUP', 'GROUP', 'g', 'a', 'STREAMS', 's', '>'], `*1\r\n*2\r\n$1\r\ns\r\n*${COUNT}\r\n`],
      ['b', ['XCLAIM', 's', 'g', 'b', '0', ...ids, 'JUSTID'], `*${COUNT}\r\n`],
      ['c', ['XAUTOCLAIM', 's', 'g', 'c', '0', '0', 'COUNT', String(COUNT)], `*3\r\n$3\r\n0-0\r\n*${COUNT}\r\n`],
    ] as const) {
      expect((await ask(command)).head.slice(0, head.length)).toBe(head)
      expect(await reply('XPENDING', 's', 'g')).toContain(`*1\r\n*2\r\n$1\r\n${consumer}\r\n$6\r\n${COUNT}\r\n`)
    }
  }, 60_000)

  it('of fields of bits are set at once', async () => {
    const operations = Array.from({ length: COUNT }, () => ['SET', 'u8', '8', '1']).flat()
    expect((await ask(['BITFIELD', 'k', ...operations])).head.slice(0, 9)).toBe(`*${COUNT}\r\n`)
    expect(await reply('GET', 'k')).toBe('$2\r\n\x00\x01\r\n')
  }, 60_000)
})

describe('values near the limit of 512 MB', () => {
  it('are refused beyond it, and can be read bit by bit up to it', async () => {
    expect(await reply('SETBIT', 'k', '4294967296', '1')).toMatch(/^-ERR bit offset is not an integer or out of range/)
    expect(await reply('SETRANGE', 'k', '536870912', 'x')).toMatch(/^-ERR string exceeds maximum allowed size/)
    expect(await reply('BITFIELD', 'k', 'SET', 'u8', '4294967296', '1')).toMatch(/^-ERR bit offset/)
    expect(await reply('BITFIELD', 'k', 'SET', 'u8', '#536870912', '1')).toMatch(/^-ERR bit offset/)
    expect(await reply('EXISTS', 'k')).toBe(':0\r\n')
    expect(await reply('SETBIT', 'k', '4294967295', '1')).toBe(':0\r\n')
    expect(await reply('STRLEN', 'k')).toBe(':536870912\r\n')
    expect(await reply('GETRANGE', 'k', '-1', '-1')).toBe('$1\r\n\x01\r\n')
    expect(await reply('SETRANGE', 'k', '536870911', 'xy')).toMatch(/^-ERR string exceeds/)
    for (const command of [
      ['GET', 'k'],
      ['APPEND', 'k', 'x'],
    ]) {
      expect(await reply(...command)).toBe('-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n')
    }
  }, 60_000)

  it('cannot come in a request when V8 has no string so long', async () => {
    const [longest, tooLong] = [constants.MAX_STRING_LENGTH, constants.MAX_STRING_LENGTH + 1]
    const header = (length: number): string => `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${length}\r\n`
    expect(await untilClosed(header(tooLong))).toBe('-ERR Protocol error: invalid bulk length\r\n')
    const half = Buffer.alloc(longest / 2, 'x')
    expect(await untilClosed(header(longest), half, half, '\r\nSTRLEN k\r\nQUIT\r\n')).toBe(
      `+OK\r\n:${longest}\r\n+OK\r\n`,
    )
  }, 60_000)

  it('may be in a reply several times', async () => {
    await reply('SETRANGE', 'k', String(200 * MB - 1), 'x')
    const { bytes, head, tail } = await ask(['MGET', 'k', 'k', 'k', 'nosuch'])
    expect(head.slice(0, 4)).toBe('*4\r\n')
    expect(tail.slice(-8)).toBe('x\r\n$-1\r\n')
    expect(bytes).toBe(4 + 3 * (`$${200 * MB}\r\n\r\n`.length + 200 * MB) + 5)
  }, 60_000)

  it('are not compared by LCS, whose table would be larger than a value may be', async () => {
    await reply('SETRANGE', 'a', '100000', 'x')
    await reply('SETRANGE', 'b', '100000', 'x')
    expect(await reply('LCS', 'a', 'b')).toMatch(/^-ERR Insufficient memory/)
  })
})

it('a timeout beyond all bounds is waited for', async () => {
  const states: string[] = []
  const link = engine.dial({
    onOpen() {},
    onData: (chunk) => void states.push(chunk.toString()),
    onDrain() {},
    onClose() {},
  })
  link.write('BLPOP l 9000000000000\r\nPING\r\n')
  await new Promise(setImmediate)
  engine.clock.advance(2 ** 40)
  await new Promise(setImmediate)
  expect(states).toEqual([])
  await reply('RPUSH', 'l', 'x')
  expect(states).toEqual(['*2\r\n$1\r\nl\r\n$1\r\nx\r\n+PONG\r\n'])
  link.destroy()
})

it('a line break in the metadata of a library, which Redis 7.0 lets through, stays out of the error', async () => {
  expect(await reply('FUNCTION', 'LOAD', '#!lua nme="a\\r\\nb"\nreturn 1')).toBe(
    '-ERR Invalid metadata value given: nme=a  b\r\n',
  )
})
