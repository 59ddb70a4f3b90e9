import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArchiveError, ArchiveReader, ArchiveWriter, type Entry, fromText, toText, verifyArchive } from './archive.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ochre-archive-'))
  path = join(folder, 'a.ndjson')
})
afterEach(() => rm(folder, { recursive: true }))

const header = { mode: 'portable', server: 'redis 7.0.15', run: 'r', db: 0, match: '*' } as const
const entry = (key: string): Entry => ({ key, expireAt: null, type: 'string', value: `é ${key}` })

async function write(...batches: string[][]): Promise<ArchiveWriter> {
  const writer = await ArchiveWriter.create(path, header)
  for (const [i, batch] of batches.entries()) {
    await writer.add(batch.map(entry))
    await writer.checkpoint(String(i + 10))
  }
  return writer
}

async function keys(): Promise<string[]> {
  const found: string[] = []
  for await (const line of new ArchiveReader(path).lines()) if ('key' in line) found.push(String(line.key))
  return found
}

test('what was written is read', async () => {
  await (await write(['a', 'b'], ['c'])).finish()
  expect(await keys()).toEqual(['a', 'b', 'c'])
  expect(await verifyArchive(path)).toMatchObject({ header: { mode: 'portable', match: '*' }, keys: 3 })
})

test('bytes survive, whether they are UTF-8 or not', () => {
  for (const bytes of [Buffer.from('é'), Buffer.from([0xff, 0]), Buffer.alloc(0)])
    expect(fromText(toText(bytes))).toEqual(bytes)
})

test('every flipped byte is found', async () => {
  await (await write(['a'], ['b'])).finish()
  const good = await readFile(path)
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at]! ^= 1
    await writeFile(path, bad)
    await expect(verifyArchive(path), `byte ${at}`).rejects.toThrow(ArchiveError)
  }
})

test('an interrupted archive goes on after its last checkpoint, wherever it was cut', async () => {
  await (await write(['a', 'b'], ['c'])).close()
  const full = await readFile(path)
  const afterFirst = full.indexOf('{"key":"c"')
  const headerEnd = full.indexOf('\n') + 1
  for (let length = headerEnd; length <= full.length; length++) {
    await writeFile(path, full.subarray(0, length))
    await expect(verifyArchive(path)).rejects.toThrow('incomplete')
    const { writer, cursor } = await ArchiveWriter.resume(path)
    const expected = length === full.length ? '11' : length >= afterFirst ? '10' : null
    expect(cursor).toBe(expected)
    await writer.add([entry('z')])
    await writer.checkpoint('0')
    await writer.finish()
    expect(await keys()).toEqual([...(expected === '11' ? ['a', 'b', 'c'] : expected === '10' ? ['a', 'b'] : []), 'z'])
  }
})

test('a complete archive is not resumed, an existing file not overwritten, another file not read', async () => {
  await (await write(['a'])).finish()
  await expect(ArchiveWriter.resume(path)).rejects.toThrow('complete')
  await expect(ArchiveWriter.create(path, header)).rejects.toThrow('exists')
  await writeFile(path, '{"hello":1}\n')
  await expect(verifyArchive(path)).rejects.toThrow('not an archive')
})
