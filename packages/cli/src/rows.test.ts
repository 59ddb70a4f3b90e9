import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine, readRows } from './rows.ts'

async function read(text: string | string[], format: 'csv' | 'ndjson'): Promise<unknown[]> {
  const rows: unknown[] = []
  const chunks = (typeof text === 'string' ? [text] : text).map((chunk) => Buffer.from(chunk))
  for await (const row of readRows(Readable.from(chunks, { objectMode: false }), format)) rows.push({ ...row })
  return rows
}

test('CSV knows quotes, commas and line ends inside values', async () => {
  expect(await read('id,name\r\n1,"a ""b"", c\nd"\n2,\n', 'csv')).toEqual([
    { id: '1', name: 'a "b", c\nd' },
    { id: '2', name: '' },
  ])
})

test('NDJSON keeps types and skips blank lines', async () => {
  expect(await read('{"a":1}\n\n{"a":[true]}', 'ndjson')).toEqual([{ a: 1 }, { a: [true] }])
})

test('bad records are named by their number', async () => {
  await expect(read('{"a":1}\nnope\n', 'ndjson')).rejects.toThrow('Record 2')
  await expect(read('[1]\n', 'ndjson')).rejects.toThrow('Record 1')
  await expect(read('a,b\n1\n', 'csv')).rejects.toThrow('Record 2: 1 values for 2 columns')
  await expect(read('a\n"x', 'csv')).rejects.toThrow('not closed')
  await expect(read('a\n"x"y\n', 'csv')).rejects.toThrow('closing quote')
})

test('any table comes back, however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' }))),
      fc.integer({ min: 1, max: 5 }),
      async (cells, size) => {
        // A bare carriage return is a line end for CSV writers only inside quotes, which csvLine gives it.
        const text = ['a,b', ...cells.map(csvLine)].map((line) => `${line}\n`).join('')
        const bytes = Buffer.from(text)
        const chunks: Buffer[] = []
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
        const rows: unknown[] = []
        for await (const row of readRows(Readable.from(chunks, { objectMode: false }), 'csv')) rows.push([row.a, row.b])
        expect(rows).toEqual(cells)
      },
    ),
    { numRuns: 60 },
  )
})
