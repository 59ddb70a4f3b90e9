import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Arg, BY_REFERENCE, type EncodedRequest, encodeRequest, Output, TextKind } from './encode.ts'
import { UsageError } from './errors.ts'

const SET = { header: '$3\r\nSET\r\n', words: 1 }
const CONFIG_GET = { header: '$6\r\nCONFIG\r\n$3\r\nGET\r\n', words: 2 }

function encode(args: readonly Arg[], head = SET): EncodedRequest {
  const request: EncodedRequest = { text: '', kind: TextKind.PLAIN, parts: null, bytes: 0 }
  encodeRequest(head, args, request)
  return request
}

function flush(requests: readonly EncodedRequest[]): { writes: (string | Buffer)[]; bytes: Buffer } {
  const output = new Output()
  for (const request of requests) output.append(request)
  expect(output.bytes).toBe(requests.reduce((sum, request) => sum + request.bytes, 0))
  const writes: (string | Buffer)[] = []
  const pieces: Buffer[] = []
  output.flush((data, encoding) => {
    writes.push(data)
    pieces.push(typeof data === 'string' ? Buffer.from(data, encoding) : data)
    return true
  })
  expect(output.bytes).toBe(0)
  return { writes, bytes: Buffer.concat(pieces) }
}

/** The bytes as the protocol defines them, by an encoder without any shortcut. */
function plainly(args: readonly Arg[], words = ['SET']): Buffer {
  const all = [...words, ...args].map((arg) =>
    arg instanceof Uint8Array ? Buffer.from(arg) : Buffer.from(String(arg)),
  )
  const pieces = all.flatMap((word) => [Buffer.from(`$${word.length}\r\n`), word, Buffer.from('\r\n')])
  return Buffer.concat([Buffer.from(`*${all.length}\r\n`), ...pieces])
}

test('requests are arrays of bulk strings', () => {
  expect(flush([encode(['k', 'v'])]).bytes.toString()).toBe('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
  expect(flush([encode(['a*'], CONFIG_GET)]).bytes.toString()).toBe('*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$2\r\na*\r\n')
  expect(flush([encode([''])]).bytes.toString()).toBe('*2\r\n$3\r\nSET\r\n$0\r\n\r\n')
})

test('numbers are their shortest decimal text, large ones without an exponent, infinities as Redis says them', () => {
  const text = (arg: Arg): string =>
    flush([encode([arg])])
      .bytes.toString()
      .split('\r\n')[4]!
  expect([0, -0, 1, -1.5, 1e21, 0.1, 1e-7, 2 ** 53].map(text)).toEqual([
    '0',
    '0',
    '1',
    '-1.5',
    '1000000000000000000000',
    '0.1',
    '1e-7',
    '9007199254740992',
  ])
  expect([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -(2n ** 63n)].map(text)).toEqual([
    'inf',
    '-inf',
    '-9223372036854775808',
  ])
})

test('what is no argument is refused at once, with its position and without its value', () => {
  for (const wrong of [null, undefined, true, {}, ['secret'], Number.NaN, Symbol('s'), new Date()]) {
    expect(() => encode(['k', wrong as Arg])).toThrow(UsageError)
    expect(() => encode([Buffer.from('k'), wrong as Arg])).toThrow(/^Argument 2 is (?!.*secret)/)
  }
})

test('text of any script and any bytes arrive unchanged, alone and mixed in one flush', () => {
  const arg: fc.Arbitrary<Arg> = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ maxLength: 20 }),
    fc.constantFrom('\ud800', 'a\udc00b', 'x'.repeat(2000), 'é'.repeat(1000), '\r\n'),
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(0, 1, BY_REFERENCE - 1, BY_REFERENCE, BY_REFERENCE + 1).map((size) => Buffer.alloc(size, 0xfe)),
    fc.maxSafeInteger(),
    fc.bigInt(),
  )
  fc.assert(
    fc.property(fc.array(fc.array(arg, { maxLength: 5 }), { maxLength: 8 }), (calls) => {
      const requests = calls.map((args) => encode(args))
      expect(requests.map((request) => request.bytes)).toEqual(calls.map((args) => plainly(args).length))
      const { bytes } = flush(requests)
      expect(bytes.equals(Buffer.concat(calls.map((args) => plainly(args))))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('a flush is one string, in latin1 when all is ASCII; only large Buffers are pieces of their own and are not copied', () => {
  const ascii = encode(['k', 'v'])
  const small = encode(['k', Buffer.from([255])])
  const unicode = encode(['k', 'é'])
  expect([ascii.kind, small.kind, unicode.kind]).toEqual([TextKind.PLAIN, TextKind.BINARY, TextKind.UTF8])
  expect(flush(new Array(1000).fill(ascii)).writes).toHaveLength(1)
  expect(flush([ascii, small, ascii, unicode, small, unicode]).writes).toHaveLength(1)
  expect(flush([unicode, ascii, unicode]).writes).toHaveLength(1)
  expect(flush([ascii, unicode, small, small, unicode]).writes).toHaveLength(2)
  const large = Buffer.alloc(BY_REFERENCE, 1)
  const { writes } = flush([ascii, encode(['k', large]), ascii])
  expect(writes).toHaveLength(3)
  expect(writes[1]).toBe(large)
})

test('a full link is reported by the last write', () => {
  const output = new Output()
  output.append(encode(['k', Buffer.alloc(BY_REFERENCE)]))
  expect(output.flush((data) => typeof data !== 'string')).toBe(false)
  output.append(encode(['k']))
  expect(output.flush(() => true)).toBe(true)
  expect(output.flush(() => false)).toBe(true)
})
