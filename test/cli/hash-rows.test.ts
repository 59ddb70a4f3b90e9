// Hashes out as rows, and rows in as hashes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { type CliOptions, type CliRun, runCli, startCli } from './run-cli.ts'

let server: TestServer
let folder = ''

beforeAll(async () => {
  server = await startServer({ name: 'hashes' })
  folder = await mkdtemp(join(tmpdir(), 'ochre-hashes-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

function cli(verb: string, args: readonly (string | number)[] = [], options: CliOptions = {}): Promise<CliRun> {
  return runCli([verb, '--url', server.url, ...args], options)
}

test('a CSV file becomes hashes, with a time to live', async () => {
  const csv = join(folder, 'users.csv')
  await writeFile(csv, 'id,name,nick\n1,"Ada, ""the"" first",""\n2,Bob,\n')
  expect(await cli('import', [csv, '--key', 'user:{id}', '--expire', 1000])).toEqual({
    code: 0,
    out: '',
    err: '2 rows imported.\n',
  })
  expect(await server.call('HGETALL', 'user:1')).toEqual(['id', '1', 'name', 'Ada, "the" first', 'nick', ''])
  expect(await server.call('HGETALL', 'user:2')).toEqual(['id', '2', 'name', 'Bob'])
  expect(await server.call('TTL', 'user:2')).toBeGreaterThan(900)
})

test('numbers keep their digits, and text may hold any character', async () => {
  const stdin = '{"id":12345678901234567890,"tags":["a",1.50],"off":null,"t":"a\u2028b"}\n'
  expect(await cli('import', ['--key', 'event:{id}'], { stdin })).toMatchObject({ code: 0 })
  expect(await server.call('HGETALL', 'event:12345678901234567890')).toEqual([
    ...['id', '12345678901234567890'],
    ...['tags', '["a",1.50]'],
    ...['t', 'a\u2028b'],
  ])
})

test('what export writes, import reads: every byte of keys and values', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  await server.call('HSET', bytes, 'f', bytes, 'g', '', '__proto__', 'x', 'n', '007')
  await server.call('HSET', 'user:1', '', 'empty name', 'é', '\u2028')
  await server.call('SET', 'other', 'x')
  const hashes = async (): Promise<unknown> => [
    await server.call('DEBUG', 'DIGEST-VALUE', bytes),
    await server.call('DEBUG', 'DIGEST-VALUE', 'user:1'),
    await server.call('DBSIZE'),
  ]
  const [first, second] = (await hashes()) as unknown[]
  const { out } = await cli('export')
  await server.call('FLUSHALL')
  expect(await cli('import', [], { stdin: out })).toMatchObject({ code: 0 })
  expect(await hashes()).toEqual([first, second, 2])
})

test('columns can be chosen, and CSV has them all', async () => {
  await server.call('HSET', 'user:2', 'id', '2', 'name', 'Bob')
  expect((await cli('export', ['--format', 'csv', '--fields', 'id,nosuch', '--match', 'user:2'])).out).toBe(
    '_key,id,nosuch\nuser:2,2,\n',
  )
  expect((await cli('export', ['--fields', 'name'])).out).toBe('{"_key":"user:2","name":"Bob"}\n')
  expect(await cli('export', ['--format', 'csv'])).toMatchObject({ code: 2 })
  expect(await cli('export', ['--where', '{}'])).toMatchObject({ code: 2 })
})

test('records that cannot be written are told by their line, and hold up no others', async () => {
  await server.call('SET', 'taken', 'x')
  const stdin = '{"id":1,"a":1}\n{"a":2}\n[]\n{"id":"taken","a":3}\n{"id":null,"a":4}\n{"id":5,"a":5}\n'
  const run = await cli('import', ['--key', '{id}', '--json'], { stdin })
  expect(run.code).toBe(1)
  expect(JSON.parse(run.out)).toEqual({
    imported: 2,
    refused: 4,
    refusals: [
      { line: 2, message: 'It has no id, which its key needs.' },
      { line: 3, message: 'It is not a JSON object.' },
      { line: 4, message: expect.stringContaining('WRONGTYPE') },
      { line: 5, message: 'It has no id, which its key needs.' },
    ],
  })
  expect(await server.call('HGET', '5', 'a')).toBe('5')
})

test('what a program writes now and then is there before it ends', async () => {
  const run = startCli(['import', '--url', server.url, '--key', 'k:{id}'])
  run.type('{"id":1}\n{"id":2}\n')
  await expect.poll(() => server.call('DBSIZE'), { timeout: 10_000 }).toBe(2)
  run.type('{"id":3}\n')
  await expect.poll(() => server.call('DBSIZE'), { timeout: 10_000 }).toBe(3)
  run.stop()
  // The row may be there before its reply has been read.
  expect(await run.done).toMatchObject({ code: 143, err: expect.stringMatching(/All up to line [23] was written/) })
})

test('a wrong command line is told before anything is read', async () => {
  const refused = async (args: readonly (string | number)[], message: string): Promise<void> => {
    expect(await cli('import', args)).toMatchObject({ code: 2, err: expect.stringContaining(message) })
  }
  await refused([join(folder, 'nosuch')], 'there is no such file')
  await refused([folder], 'is a folder')
  await refused(['--expire', 0], '--expire')
  await refused(['--format', 'xml'], 'ndjson, csv')
  await refused(['--existing', 'skip'], '--existing needs --model')
  await refused(['--model', 'User'], '--models')
  await refused(['--model', 'User', '--key', 'x'], 'for hashes')
})

test('a server that takes no writes ends it at once', async () => {
  await using replica = await startServer({ name: 'replica', config: { replicaof: `127.0.0.1 ${server.port}` } })
  const stdin = Array.from({ length: 5000 }, (_, i) => `{"id":${i}}\n`).join('')
  const run = await runCli(['import', '--url', `${replica.url}?maxRetries=0`, '--key', 'k:{id}'], { stdin })
  expect(run).toMatchObject({ code: 1, err: expect.stringContaining('READONLY') })
  // The error and what to do about it, once.
  expect(run.err.trim().split('\n')).toHaveLength(2)
})
