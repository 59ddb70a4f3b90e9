import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DecodeLimits, DecodeMode, Decoder } from './decode.ts'
import { ProtocolError, ReplyError } from './errors.ts'
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  MapReply,
  NULL_ARRAY,
  PushReply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from './reply.ts'

interface Heard {
  replies: unknown[]
  pushes: unknown[]
  attributes: unknown[]
  decoder: Decoder
}

function listen(mode: DecodeMode = DecodeMode.TEXT, limits?: DecodeLimits): Heard {
  const heard: Heard = { replies: [], pushes: [], attributes: [], decoder: undefined as never }
  heard.decoder = new Decoder(
    {
      modeOf: () => mode,
      onReply: (value) => heard.replies.push(value),
      onPush: (items) => heard.pushes.push(items),
      onAttributes: (attributes) => heard.attributes.push(attributes),
    },
    limits,
  )
  return heard
}

/** Decodes text given as latin1, in one chunk that is wiped afterwards as a socket's read buffer would be. */
function decode(wire: string | Buffer, mode: DecodeMode = DecodeMode.TEXT, limits?: DecodeLimits): unknown[] {
  const heard = listen(mode, limits)
  const chunk = Buffer.from(typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire)
  heard.decoder.write(chunk)
  chunk.fill(0x2a)
  return heard.replies
}

/** The replies when the stream arrives in pieces of the given sizes, each in memory that is reused for the next. */
function decodeInPieces(bytes: Buffer, mode: DecodeMode, sizes: Iterable<number>): Heard {
  const heard = listen(mode)
  let at = 0
  for (const size of sizes) {
    if (at >= bytes.length) break
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    heard.decoder.write(chunk)
    chunk.fill(0x24)
    at += size
  }
  if (at < bytes.length) heard.decoder.write(Buffer.from(bytes.subarray(at)))
  return heard
}

const bulk = (text: string): string => `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`
const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

describe('every type', () => {
  test.each<[string, string, unknown]>([
    ['simple string', '+OK\r\n', 'OK'],
    ['simple string with UTF-8', `+${utf8('é')}\r\n`, 'é'],
    ['empty simple string', '+\r\n', ''],
    ['bulk string', '$5\r\nhello\r\n', 'hello'],
    ['bulk string with CRLF inside', '$4\r\na\r\nb\r\n', 'a\r\nb'],
    ['empty bulk string', '$0\r\n\r\n', ''],
    ['bulk string in UTF-8', bulk(utf8('日本語')), '日本語'],
    ['null bulk', '$-1\r\n', null],
    ['null array', '*-1\r\n', null],
    ['null', '_\r\n', null],
    ['integer', ':1000\r\n', 1000],
    ['negative integer', ':-1\r\n', -1],
    ['explicit plus', ':+5\r\n', 5],
    ['zero is not negative', ':-0\r\n', 0],
    ['largest safe integer', ':9007199254740991\r\n', Number.MAX_SAFE_INTEGER],
    ['first unsafe integer', ':9007199254740992\r\n', 9007199254740992n],
    ['largest integer', ':9223372036854775807\r\n', 9223372036854775807n],
    ['smallest integer', ':-9223372036854775808\r\n', -9223372036854775808n],
    ['sixteen digits', ':1000000000000001\r\n', 1000000000000001],
    ['true', '#t\r\n', true],
    ['false', '#f\r\n', false],
    ['double', ',3.25\r\n', 3.25],
    ['double with exponent', ',-1.5e-7\r\n', -1.5e-7],
    ['infinity', ',inf\r\n', Number.POSITIVE_INFINITY],
    ['negative infinity', ',-inf\r\n', Number.NEGATIVE_INFINITY],
    ['not a number', ',nan\r\n', Number.NaN],
    ['big number', '(3492890328409238509324850943850943825024385\r\n', 3492890328409238509324850943850943825024385n],
    ['negative big number', '(-12\r\n', -12n],
    ['verbatim string', '=8\r\ntxt:some\r\n', 'some'],
    ['array', '*3\r\n:1\r\n$1\r\na\r\n*0\r\n', [1, 'a', []]],
    ['set', '~2\r\n+a\r\n+b\r\n', ['a', 'b']],
    ['streamed string', '$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;1\r\nd\r\n;0\r\n', 'Hello word'],
    ['empty streamed string', '$?\r\n;0\r\n', ''],
    ['streamed array', '*?\r\n:1\r\n*?\r\n:2\r\n.\r\n.\r\n', [1, [2]]],
    ['streamed set', '~?\r\n+a\r\n.\r\n', ['a']],
    ['push inside of an array (SUBSCRIBE in MULTI)', '*1\r\n>2\r\n+a\r\n:1\r\n', [['a', 1]]],
  ])('%s', (_, wire, expected) => {
    expect(decode(wire)).toEqual([expected])
  })

  test('a map is an object without a prototype, in which __proto__ is a key like any other', () => {
    const [map] = decode('%3\r\n$9\r\n__proto__\r\n:1\r\n+b\r\n%0\r\n:7\r\n_\r\n') as [Record<string, unknown>]
    expect(Object.getPrototypeOf(map)).toBeNull()
    expect(Object.entries(map)).toEqual([
      ['7', null],
      ['__proto__', 1],
      ['b', Object.create(null)],
    ])
    expect(decode('%?\r\n+a\r\n:1\r\n.\r\n')).toEqual([{ a: 1 }])
    expect(decode('%1\r\n*2\r\n+a\r\n:1234567890123456789\r\n:1\r\n')).toEqual([{ '["a","1234567890123456789"]': 1 }])
  })

  test('errors are values, also inside of aggregates', () => {
    const [list] = decode('*2\r\n-WRONGTYPE no\r\n!10\r\nERR a\r\nb c\r\n') as [ReplyError[]]
    expect(list[0]).toBeInstanceOf(ReplyError)
    expect(list.map((error) => [error.code, error.message])).toEqual([
      ['WRONGTYPE', 'WRONGTYPE no'],
      ['ERR', 'ERR a\r\nb c'],
    ])
  })

  test('pushes go their own way and do not disturb the replies around them', () => {
    const heard = listen()
    heard.decoder.write(Buffer.from('+a\r\n>2\r\n$7\r\nmessage\r\n:1\r\n+b\r\n>?\r\n+x\r\n.\r\n'))
    expect(heard.replies).toEqual(['a', 'b'])
    expect(heard.pushes).toEqual([['message', 1], ['x']])
  })

  test('attributes are handed out and leave the reply as it would be without them', () => {
    const heard = listen()
    const wire =
      '|1\r\n+ttl\r\n%1\r\n+a\r\n,0.5\r\n*2\r\n|1\r\n+x\r\n:1\r\n:10\r\n|0\r\n%1\r\n|1\r\n+y\r\n:2\r\n+k\r\n|1\r\n+z\r\n:3\r\n+v\r\n'
    heard.decoder.write(Buffer.from(wire))
    expect(heard.replies).toEqual([[10, { k: 'v' }]])
    expect(heard.attributes).toEqual([{ ttl: { a: 0.5 } }, { x: 1 }, {}, { y: 2 }, { z: 3 }])
    const skipped: unknown[] = []
    const mode = (): DecodeMode => DecodeMode.TEXT
    new Decoder({ modeOf: mode, onReply: (value) => skipped.push(value), onPush: () => {} }).write(Buffer.from(wire))
    expect(skipped).toEqual([[10, { k: 'v' }]])
  })

  test('the mode is asked for when the first byte of each reply arrives', () => {
    const modes = [DecodeMode.BUFFER, DecodeMode.TEXT, DecodeMode.REPLY]
    const asked: boolean[] = []
    const replies: unknown[] = []
    const decoder = new Decoder({
      modeOf: (push) => {
        asked.push(push)
        return push ? DecodeMode.TEXT : modes.shift()!
      },
      onReply: (value) => replies.push(value),
      onPush: (items) => replies.push(items),
    })
    decoder.write(Buffer.from('$1\r\na\r\n>1\r\n$1\r\np\r\n$1\r\nb\r\n+OK'))
    expect(modes).toEqual([])
    decoder.write(Buffer.from('\r\n'))
    expect(asked).toEqual([false, true, false, false])
    expect(replies).toEqual([Buffer.from('a'), ['p'], 'b', new StatusReply('OK')])
  })

  test('Buffers are exact bytes in memory of their own; keys of maps stay strings', () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    const wire = Buffer.concat([Buffer.from('%1\r\n$1\r\nf\r\n$5\r\n'), bytes, Buffer.from('\r\n')])
    expect(decode(wire, DecodeMode.BUFFER)).toEqual([{ f: bytes }])
    const [big] = decode(bulk('x'.repeat(5000)), DecodeMode.BUFFER) as [Buffer]
    expect(big.buffer.byteLength).toBe(5000)
    expect(big.equals(Buffer.alloc(5000, 'x'))).toBe(true)
  })

  test('REPLY mode keeps every distinction of the wire', () => {
    const wire =
      `*13\r\n+OK\r\n-ERR x\r\n${bulk('\xff\x00')}:1\r\n,1.50\r\n(12\r\n#t\r\n_\r\n*-1\r\n%1\r\n+a\r\n:1\r\n~1\r\n:2\r\n` +
      '=7\r\nmkd:abc\r\n>1\r\n:3\r\n'
    expect(decode(wire, DecodeMode.REPLY)).toEqual([
      [
        new StatusReply('OK'),
        new FailureReply('ERR x'),
        '\xff\x00',
        1,
        new DoubleReply('1.50'),
        new BigNumberReply('12'),
        true,
        null,
        NULL_ARRAY,
        new MapReply([new StatusReply('a'), 1]),
        new SetReply([2]),
        new VerbatimReply('mkd', 'abc'),
        new PushReply([3]),
      ],
    ])
  })
})

describe('cut anywhere', () => {
  // Random replies with the bytes a server would send for them and what each mode makes of them.
  interface Sample {
    wire: string
    text: unknown
    buffer: unknown
  }
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('', 'field', '__proto__', '\r\n', 'x'.repeat(100)),
  )
  const line = fc.stringMatching(/^[ -~]{0,30}$/)
  const sampleOf = (wire: string, text: unknown, buffer: unknown = text): Sample => ({ wire, text, buffer })
  const { tree } = fc.letrec<{ tree: Sample; leaf: Sample; list: Sample }>((tie) => ({
    tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list')),
    leaf: fc.oneof(
      word.map((text) => sampleOf(bulk(utf8(text)), text, Buffer.from(text))),
      line.map((text) => sampleOf(`+${text}\r\n`, text)),
      line.map((text) => sampleOf(`-${text}\r\n`, new ReplyError(text))),
      line.map((text) => sampleOf(`!${text.length}\r\n${text}\r\n`, new ReplyError(text))),
      line.map((text) => sampleOf(`=${text.length + 4}\r\ntxt:${text}\r\n`, text, Buffer.from(text))),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((n) => {
        return sampleOf(`:${n}\r\n`, Number.isSafeInteger(Number(n)) ? Number(n) : n)
      }),
      fc.maxSafeInteger().map((n) => sampleOf(`:${n}\r\n`, n)),
      fc.bigInt().map((n) => sampleOf(`(${n}\r\n`, n)),
      fc
        .double({ noDefaultInfinity: true })
        .map((n) => sampleOf(`,${Object.is(n, -0) ? '-0' : String(n).toLowerCase()}\r\n`, n)),
      fc.boolean().map((value) => sampleOf(`#${value ? 't' : 'f'}\r\n`, value)),
      fc.constantFrom('_\r\n', '$-1\r\n', '*-1\r\n').map((wire) => sampleOf(wire, null)),
      fc.array(word, { maxLength: 4 }).map((pieces) => {
        const parts = pieces.filter((piece) => piece !== '').map((piece) => Buffer.from(piece).toString('latin1'))
        const wire = `$?\r\n${parts.map((part) => `;${part.length}\r\n${part}\r\n`).join('')};0\r\n`
        const whole = Buffer.from(parts.join(''), 'latin1')
        return sampleOf(wire, whole.toString(), whole)
      }),
    ),
    list: fc
      .tuple(fc.constantFrom('*', '~', '%', '*?', '~?', '%?', '|'), fc.array(tie('tree'), { maxLength: 5 }))
      .map(([kind, items]) => {
        const inner = items.map((item) => item.wire).join('')
        if (kind === '|') {
          const reply = items[0] ?? sampleOf('_\r\n', null)
          return sampleOf(`|1\r\n+key\r\n+value\r\n${reply.wire}`, reply.text, reply.buffer)
        }
        const streamed = kind.endsWith('?')
        if (!kind.startsWith('%')) {
          return sampleOf(
            `${kind}${streamed ? '' : items.length}\r\n${inner}${streamed ? '.\r\n' : ''}`,
            items.map((item) => item.text),
            items.map((item) => item.buffer),
          )
        }
        const text: Record<string, unknown> = Object.create(null)
        const buffer: Record<string, unknown> = Object.create(null)
        let wire = ''
        items.forEach((item, i) => {
          const key = i === 0 ? '__proto__' : `ключ ${i}`
          wire += bulk(utf8(key)) + item.wire
          text[key] = item.text
          buffer[key] = item.buffer
        })
        return sampleOf(`%${streamed ? '?' : items.length}\r\n${wire}${streamed ? '.\r\n' : ''}`, text, buffer)
      }),
  }))

  test('random replies are the same whole, byte by byte, and cut in two at every byte', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (samples) => {
        const bytes = Buffer.from(samples.map((sample) => sample.wire).join(''), 'latin1')
        const texts = samples.map((sample) => sample.text)
        const buffers = samples.map((sample) => sample.buffer)
        expect(decodeInPieces(bytes, DecodeMode.TEXT, [bytes.length]).replies).toEqual(texts)
        expect(decodeInPieces(bytes, DecodeMode.BUFFER, [bytes.length]).replies).toEqual(buffers)
        const single = new Array<number>(bytes.length).fill(1)
        expect(decodeInPieces(bytes, DecodeMode.TEXT, single).replies).toEqual(texts)
        expect(decodeInPieces(bytes, DecodeMode.BUFFER, single).replies).toEqual(buffers)
        const whole = decodeInPieces(bytes, DecodeMode.REPLY, [bytes.length])
        expect(whole.decoder.idle).toBe(true)
        for (let cut = 1; cut < Math.min(bytes.length, 300); cut++) {
          expect(decodeInPieces(bytes, DecodeMode.REPLY, [cut]).replies).toEqual(whole.replies)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('elements of every length are whole, wherever the chunks end', () => {
    const element = fc
      .tuple(fc.oneof(fc.nat(30), fc.nat(700), fc.integer({ min: 4000, max: 5000 })), fc.constantFrom('a', 'b', 'é'))
      .map(([length, letter]) => letter.repeat(length))
    const list = fc.array(fc.oneof({ weight: 3, arbitrary: element }, fc.array(element)), { minLength: 30 })
    fc.assert(
      fc.property(list, fc.array(fc.integer({ min: 1, max: 9000 })), (items, sizes) => {
        const wireOf = (item: string | string[]): string =>
          typeof item === 'string'
            ? `$${Buffer.byteLength(item)}\r\n${item}\r\n`
            : `*${item.length}\r\n${item.map(wireOf).join('')}`
        const bytes = Buffer.from(`*${items.length}\r\n${items.map(wireOf).join('')}$1\r\nz\r\n`)
        expect(decodeInPieces(bytes, DecodeMode.TEXT, sizes).replies).toEqual([items, 'z'])
        const binary = (item: unknown): unknown =>
          typeof item === 'string' ? Buffer.from(item).toString('latin1') : (item as string[]).map(binary)
        expect(decodeInPieces(bytes, DecodeMode.REPLY, sizes).replies).toEqual([items.map(binary), 'z'])
      }),
      { numRuns: 300 },
    )
  })

  test('a bulk larger than its chunks is allocated once and filled', () => {
    const value = Buffer.alloc(300_000, 'ab')
    const wire = Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n+OK\r\n')])
    const sizes = new Array<number>(100).fill(65_536)
    const heard = decodeInPieces(wire, DecodeMode.BUFFER, sizes)
    expect((heard.replies[0] as Buffer).equals(value)).toBe(true)
    expect((heard.replies[0] as Buffer).buffer.byteLength).toBe(value.length)
    expect(decodeInPieces(wire, DecodeMode.TEXT, sizes).replies).toEqual([value.toString(), 'OK'])
    const text = 'é'.repeat(100_000)
    const long = Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`)
    expect(decodeInPieces(long, DecodeMode.TEXT, [65_535, 65_536, 1]).replies).toEqual([text])
  })

  test('bodies of several decoders, as text and as Buffers, never share memory', () => {
    const value = (letter: string): Buffer => Buffer.from(`$100000\r\n${letter.repeat(100_000)}\r\n`)
    const heard = [
      listen(DecodeMode.TEXT),
      listen(DecodeMode.TEXT),
      listen(DecodeMode.BUFFER),
      listen(DecodeMode.REPLY),
    ]
    for (let round = 0; round < 3; round++) {
      const wires = heard.map((_, i) => value('abcdefghijkl'[round * 4 + i]!))
      for (let at = 0; at < wires[0]!.length; at += 30_000) {
        for (const [i, { decoder }] of heard.entries()) decoder.write(wires[i]!.subarray(at, at + 30_000))
      }
    }
    const letters = heard.map(({ replies }) => replies.map((reply) => [...new Set(String(reply))].join('')))
    expect(letters).toEqual([
      ['a', 'e', 'i'],
      ['b', 'f', 'j'],
      ['c', 'g', 'k'],
      ['d', 'h', 'l'],
    ])
  })
})

describe('what is not RESP', () => {
  test.each<[string, string, number]>([
    ['unknown type', 'hello\r\n', 0],
    ['no digits', '$\r\n', 1],
    ['letters in a length', '$1x\r\n', 2],
    ['line feed missing', '$1\rxa\r\n', 3],
    ['body without its end', '$1\r\nabc', 5],
    ['body with half an end', '$1\r\na\rc', 6],
    ['negative length', '$-2\r\n', 4],
    ['negative map', '%-1\r\n', 4],
    ['plus in a length', '$+1\r\n', 1],
    ['sign alone', ':-\r\n', 2],
    ['two signs', ':--1\r\n', 2],
    ['too many digits', `:${'1'.repeat(20)}\r\n`, 20],
    ['bare line feed', '+a\nb\r\n', 2],
    ['null with content', '_x\r\n', 3],
    ['no boolean', '#x\r\n', 3],
    ['no double', ',1.2.3\r\n', 7],
    ['empty double', ',\r\n', 2],
    ['no big number', '(12x\r\n', 5],
    ['verbatim without a format', '=3\r\nabc\r\n', 8],
    ['piece without a stream', ';1\r\na\r\n', 0],
    ['end without a stream', '.\r\n', 2],
    ['end in an array with a length', '*1\r\n.\r\n', 6],
    ['end between key and value', '%?\r\n+a\r\n.\r\n', 10],
    ['reply inside of a streamed string', '$?\r\n+a\r\n', 4],
    ['streamed integer', ':?\r\n', 3],
    ['huge array', '*99999999999\r\n', 13],
  ])('%s is refused with its offset', (_, wire, offset) => {
    for (const sizes of [[wire.length], new Array<number>(wire.length).fill(1)]) {
      let error: unknown
      try {
        decodeInPieces(Buffer.from(wire), DecodeMode.TEXT, sizes)
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(ProtocolError)
      expect(error).toMatchObject({ code: 'PROTOCOL', offset })
    }
  })

  test('offsets count from the first byte of the connection, and the decoder stays dead', () => {
    const { decoder } = listen()
    decoder.write(Buffer.from('+OK\r\n+O'))
    expect(() => decoder.write(Buffer.from('K\r\nX'))).toThrow(expect.objectContaining({ offset: 10 }))
    expect(() => decoder.write(Buffer.from('+OK\r\n'))).toThrow(expect.objectContaining({ offset: 10 }))
  })

  test('lengths, lines and nesting have limits', () => {
    expect(() => decode('$11\r\n', DecodeMode.TEXT, { maxBulkBytes: 10 })).toThrow(/longer than the limit/)
    expect(() => decode('$?\r\n;6\r\nabcdef\r\n;6\r\nabcdef\r\n', DecodeMode.TEXT, { maxBulkBytes: 10 })).toThrow(
      /limit/,
    )
    expect(() => decode('+12345678901', DecodeMode.TEXT, { maxLineBytes: 10 })).toThrow(/longer than the limit/)
    expect(() => decode('*1\r\n'.repeat(11), DecodeMode.TEXT, { maxDepth: 10 })).toThrow(/nested deeper/)
    const deep = 100_000
    const [reply] = decode(`${'*1\r\n'.repeat(deep)}:1\r\n`, DecodeMode.TEXT, { maxDepth: deep }) as [unknown]
    let depth = 0
    for (let level: unknown = reply; Array.isArray(level); level = level[0]) depth++
    expect(depth).toBe(deep)
  })

  test('announced lengths cost no memory before the elements are there', () => {
    const before = process.memoryUsage().heapUsed
    const { decoder } = listen()
    decoder.write(Buffer.from('*1000000000\r\n'.repeat(400)))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6)
    expect(decoder.idle).toBe(false)
  })

  const modes = [DecodeMode.TEXT, DecodeMode.BUFFER, DecodeMode.REPLY]
  /** Feeds bytes in pieces; anything but a ProtocolError fails the test. */
  function survive(bytes: Buffer, piece: number): void {
    for (const mode of modes) {
      const { decoder } = listen(mode, { maxBulkBytes: 100_000 })
      try {
        for (let at = 0; at < bytes.length; at += piece) decoder.write(bytes.subarray(at, at + piece))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        expect(error.offset).toBeGreaterThanOrEqual(0)
        expect(error.offset).toBeLessThan(bytes.length)
      }
    }
  }

  test('random bytes give replies or a ProtocolError', () => {
    const resp = fc.string({ unit: fc.constantFrom(...'*%~>|$+-:,(#_=!;.?0129tf\r\nab'), maxLength: 60 })
    const crlf = resp.map((text) => Buffer.from(text.replaceAll('\n', '\r\n')))
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(fc.property(fc.oneof(noise, crlf), fc.integer({ min: 1, max: 9 }), survive), { numRuns: 3000 })
  })

  test('a valid stream with any bit flipped, or cut short, gives replies or a ProtocolError', () => {
    const wire = Buffer.from(
      '*3\r\n$3\r\nfoo\r\n:123456789012345678\r\n%1\r\n+k\r\n~2\r\n,1.5\r\n#t\r\n|1\r\n+a\r\n_\r\n>1\r\n=7\r\ntxt:abc\r\n' +
        '$?\r\n;3\r\nabc\r\n;0\r\n*?\r\n(99\r\n.\r\n!5\r\nERR x\r\n-ERR y\r\n',
    )
    for (let at = 0; at < wire.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const broken = Buffer.from(wire)
        broken[at]! ^= 1 << bit
        survive(broken, 7)
      }
      survive(wire.subarray(0, at), 1000)
    }
  })
})
