import { JsonNumber } from '@ochre/gateway'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine, type Format, type Numbered, readRows } from './rows.ts'

type Found = Numbered | { readonly line: number; readonly problem: string }

async function read(text: string | Buffer, format: Format, size = Number.POSITIVE_INFINITY): Promise<Found[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const found: Found[] = []
  for await (const { bytes: _, ...each } of readRows(chunks(), format))
    found.push('row' in each ? { ...each, row: { ...each.row } } : each)
  return found
}

const rows = async (text: string, format: Format): Promise<unknown[]> =>
  (await read(text, format)).map((each) => ('row' in each ? each.row : each.problem))

test('CSV knows quotes, commas and line ends inside values, and the line where a record begins', async () => {
  expect(await read('id,name\r\n1,"a ""b"", c\nd"\r\n\n2,x\n', 'csv')).toEqual([
    { line: 2, row: { id: '1', name: 'a "b", c\nd' } },
    { line: 5, row: { id: '2', name: 'x' } },
  ])
})

test('CSV tells missing, empty and null apart', async () => {
  expect(await rows('a,b,c,d,e\n,"",\\N,\\\\N,"\\N"\n', 'csv')).toEqual([{ b: '', c: null, d: '\\N', e: null }])
  expect(csvLine([undefined, '', null, '\\N', '\\\\N', ' x'])).toBe(',"",\\N,\\\\N,\\\\\\N," x"')
})

test('a byte order mark is no part of the first name', async () => {
  expect(await rows('\ufeffa,b\n1,2\n', 'csv')).toEqual([{ a: '1', b: '2' }])
  expect(await rows('\ufeff{"a":"x"}\n', 'ndjson')).toEqual([{ a: 'x' }])
})

test('NDJSON keeps types and digits, and only a line feed ends a line', async () => {
  expect(await read('{"a":12345678901234567890}\n\n{"a":[true],"b":"x\u2028y"}', 'ndjson')).toEqual([
    { line: 1, row: { a: new JsonNumber('12345678901234567890') } },
    { line: 3, row: { a: [true], b: 'x\u2028y' } },
  ])
})

test('a bad record is told with its line, and the next one follows', async () => {
  expect(await read('{"a":"x"}\nnope\n[1]\n{"a":"y"}\n', 'ndjson')).toEqual([
    { line: 1, row: { a: 'x' } },
    { line: 2, problem: expect.stringContaining('JSON') },
    { line: 3, problem: 'It is not a JSON object.' },
    { line: 4, row: { a: 'y' } },
  ])
  expect(await read(Buffer.from([0x22, 0xff, 0x22]), 'ndjson')).toEqual([{ line: 1, problem: expect.anything() }])
  expect(await rows('a,b\n1\n2,3\n', 'csv')).toEqual(['It has 1 values for 2 columns.', { a: '2', b: '3' }])
  await expect(read('a\n"x\ny', 'csv')).rejects.toThrow('Line 2: A quote is not closed')
  await expect(read('a\n\n"x"y\n', 'csv')).rejects.toThrow('Line 3: There is text after a closing quote')
  await expect(read('a,a\n', 'csv')).rejects.toThrow('Two columns')
})

test('any table comes back, however it is cut into chunks', async () => {
  const cell = fc.oneof(
    fc.constantFrom(null, undefined, '', '\\N', '\\\\N', '"', '\r', '\n', ',', ' x ', '\ufeff', '\u2028'),
    fc.string(),
    fc.string({ unit: 'grapheme' }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, fc.string())),
      fc.integer({ min: 1, max: 5 }),
      async (table, size) => {
        const text = ['a,b,c', ...table.map(csvLine)].map((line) => `${line}\n`).join('')
        const found = await read(text, 'csv', size)
        expect(found.map((each) => 'row' in each && [each.row.a, each.row.b, each.row.c])).toEqual(table)
      },
    ),
    { numRuns: 100 },
  )
})
