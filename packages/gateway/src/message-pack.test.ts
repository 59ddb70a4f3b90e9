import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { plainJson } from './json.ts'
import { unpack } from './message-pack.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })
const codeOf = (bytes: Uint8Array): unknown => {
  try {
    return unpack(bytes)
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('a frame in MessagePack', () => {
  it('is the value that was packed', () => {
    const texts = ['', 'a', 'ä'.repeat(20), '\ufeffmark', '\ufffd', 'x'.repeat(300), 'y'.repeat(70_000)]
    const numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -32, -33, -128, -129, -32_769]
    const large = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n]
    const lists = [[], [1, [2, [3]]], Array.from({ length: 70_000 }, () => 1)]
    const map = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i]))
    for (const value of [
      ...texts,
      ...numbers,
      ...large,
      ...lists,
      1.5,
      -1e300,
      null,
      true,
      false,
      map,
      { a: { b: [] } },
    ])
      expect(plainJson(unpack(packr.pack(value)))).toEqual(value)
    for (const length of [0, 255, 256, 70_000]) {
      const bytes = Buffer.alloc(length, 0xff)
      expect(unpack(packr.pack(bytes))).toEqual(bytes)
    }
  })

  it('is refused when it is cut, goes on, or holds what is no value of JSON', () => {
    const whole = packr.pack({ id: 1, c: ['SET', 'k', Buffer.alloc(3), 1.5, 70_000, 2n ** 60n] })
    for (let end = 0; end < whole.length; end++)
      expect([end, codeOf(whole.subarray(0, end))]).toEqual([end, 'BAD_JSON'])
    const bad = [
      'c1',
      'c0c0',
      'a1ff',
      'dcffff',
      'ddffffffff',
      'dfffffffff',
      'c6ffffffff',
      '81c001',
      '819001',
      'd40000',
      'd6ff00000000',
    ]
    for (const hex of bad) expect([hex, codeOf(Buffer.from(hex, 'hex'))]).toEqual([hex, 'BAD_JSON'])
    expect(codeOf(Buffer.alloc(100_000, 0x91))).toBe('BAD_JSON')
  })

  it('cannot stand for more values than it has bytes', () => {
    const reference = (type: number, id: number): Buffer => Buffer.from([0xd6, type, 0, 0, 0, id])
    // Each list holds the next one, and a pointer to it.
    const list = (id: number): Buffer =>
      id === 29
        ? Buffer.from([0x91, 1])
        : Buffer.concat([Buffer.from([0x92]), reference(0x69, id), list(id + 1), reference(0x70, id)])
    expect(codeOf(list(0))).toBe('BAD_JSON')
  })
})
