import { describe, expect, it } from 'vitest'
import { RequestError, RequestParser } from './request-parser.ts'

const LIMITS = { maxBulkBytes: 1000, isTrusted: true }

const text = `*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\nPING "x y"\r\n\r\n*0\r\n*1\r\n$0\r\n\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$30\r\n${'\xff'.repeat(30)}\r\n`
const requests = [['ECHO', 'a\r\n'], ['PING', 'x y'], [''], ['SET', 'k', '\xff'.repeat(30)]]

function parse(chunks: readonly string[]): string[][] {
  const parser = new RequestParser()
  const found: string[][] = []
  for (const chunk of chunks) {
    parser.feed(Buffer.from(chunk, 'latin1'))
    for (let args = parser.next(LIMITS); args !== undefined; args = parser.next(LIMITS)) found.push(args)
  }
  expect(parser.pendingBytes).toBe(0)
  return found
}

describe('RequestParser', () => {
  it('finds the same requests wherever the bytes are cut', () => {
    expect(parse([text])).toEqual(requests)
    for (let cut = 1; cut < text.length; cut++) expect(parse([text.slice(0, cut), text.slice(cut)])).toEqual(requests)
    expect(parse([...text])).toEqual(requests)
  })

  it('joins a bulk string from many chunks', () => {
    const chunks = ['*1\r\n$900\r\n', ...Array.from({ length: 9 }, (_, i) => String(i).repeat(100)), '\r', '\n']
    expect(parse(chunks)[0]![0]).toHaveLength(900)
  })

  it('looks at nothing that comes while nobody asks for requests', () => {
    const parser = new RequestParser()
    const request = Buffer.from(`*2\r\n$4\r\nECHO\r\n$100\r\n${'x'.repeat(100)}\r\n`)
    for (let i = 0; i < 1000; i++) parser.feed(request.subarray(0, 50))
    expect(parser.pendingBytes).toBe(50_000)
    expect(parser.waitingBytes).toBe(50_000)
  })

  it('takes more bytes than fit into a string', () => {
    const parser = new RequestParser()
    const header = Buffer.from('*1\r\n$536870800\r\n')
    parser.feed(Buffer.concat([header, Buffer.alloc(536_870_800), Buffer.from('\r\n*1\r\n$4\r\nPING\r\n'), header]))
    const limits = { maxBulkBytes: 2 ** 29, isTrusted: true }
    expect(parser.next(limits)![0]).toHaveLength(536_870_800)
    expect(parser.next(limits)).toEqual(['PING'])
    expect(parser.next(limits)).toBeUndefined()
  })

  it('counts what an unfinished request has brought so far', () => {
    const parser = new RequestParser()
    parser.feed(Buffer.from(`*3\r\n${`$100\r\n${'x'.repeat(100)}\r\n`.repeat(2)}`))
    expect(parser.next(LIMITS)).toBeUndefined()
    expect(parser.argumentBytes).toBeGreaterThanOrEqual(200)
    parser.feed(Buffer.from('$1\r\nx\r\n'))
    expect(parser.next(LIMITS)).toHaveLength(3)
    expect(parser.argumentBytes).toBe(0)
  })

  it('refuses lengths beyond the limits', () => {
    const refusal = (bytes: string, isTrusted = true): unknown => {
      const parser = new RequestParser()
      parser.feed(Buffer.from(bytes, 'latin1'))
      try {
        return parser.next({ maxBulkBytes: 100_000, isTrusted })
      } catch (error) {
        return error
      }
    }
    expect(refusal('*1\r\n$100001\r\n')).toEqual(new RequestError('invalid bulk length'))
    expect(refusal('*11\r\n', false)).toEqual(new RequestError('unauthenticated multibulk length'))
    expect(refusal('*1\r\n$16385\r\n', false)).toEqual(new RequestError('unauthenticated bulk length'))
    expect(refusal('*11\r\n')).toBeUndefined()
    for (const length of ['', '03', '+3', '-1', '3x', '1e9', '99999999999999999999']) {
      expect(refusal(`*1\r\n$${length}\r\nabc\r\n`), length).toEqual(new RequestError('invalid bulk length'))
    }
    for (const count of ['', '01', '+1', 'x', '2147483648']) {
      expect(refusal(`*${count}\r\n$1\r\na\r\n`), count).toEqual(new RequestError('invalid multibulk length'))
    }
    expect(refusal('*1\r\n:3\r\n')).toEqual(new RequestError("expected '$', got ':'"))
  })
})
