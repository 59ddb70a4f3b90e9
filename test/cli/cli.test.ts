import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { type CliOptions, type CliRun, runCli, startCli } from './run-cli.ts'

let server: TestServer
let folder = ''

beforeAll(async () => {
  server = await startServer({ name: 'cli' })
  folder = await mkdtemp(join(tmpdir(), 'ochre-cli-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

/** A verb against the test's server. */
function cli(verb: string, args: readonly (string | number)[] = [], options: CliOptions = {}): Promise<CliRun> {
  return runCli([verb, '--url', server.url, ...args], options)
}

test('help names every verb, and every verb has examples', async () => {
  const help = await runCli(['--help'])
  expect(help.code).toBe(0)
  const verbs = [...help.out.matchAll(/^ {2}([a-z]+) .*\S/gm)]
    .map((match) => match[1]!)
    .filter((verb) => verb !== 'help')
  expect(verbs).toEqual(expect.arrayContaining(['engine', 'exec', 'keys', 'backup', 'restore', 'doctor']))
  for (const verb of verbs) {
    const own = await runCli([verb, '--help'])
    expect(own.code, verb).toBe(0)
    expect(own.out, verb).toMatch(/Examples?:\n {2}\S/)
  }
})

test('a wrong command line ends with 2, a server that is not there with 3', async () => {
  expect(await runCli(['nosuch'])).toMatchObject({ code: 2 })
  expect((await runCli(['keys', '--nosuch'])).err).toContain('--nosuch')
  expect(await runCli(['exec', '--url', 'http://x', 'PING'])).toMatchObject({ code: 2 })
  expect(await runCli(['exec', '--url', server.url, '--dir', folder, 'PING'])).toMatchObject({ code: 2 })
  expect(await runCli(['exec', '--url', `unix:${join(folder, 'nosuch.sock')}`, 'PING'])).toMatchObject({
    code: 3,
    out: '',
  })
})

test('exec runs one command, plain in a pipe and drawn on a terminal', async () => {
  expect(await cli('exec', ['SET', 'k', 'a b'])).toEqual({ code: 0, out: 'OK\n', err: '' })
  expect((await cli('exec', ['GET', 'k'])).out).toBe('a b\n')
  expect((await cli('exec', ['GET', 'k'], { tty: true })).out).toBe('"a b"\n')
  expect((await cli('exec', ['ZADD', 'z', -1, 'm'])).out).toBe('1\n')
  expect((await cli('exec', ['--json', 'ZRANGE', 'z', 0, -1, 'WITHSCORES'])).out).toBe('[["m",-1]]\n')
  const refused = await cli('exec', ['INCR', 'k'])
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('not an integer')
})

test('exec reads the server from OCHRE_REDIS_URL', async () => {
  expect((await runCli(['exec', 'PING'], { env: { OCHRE_REDIS_URL: server.url } })).out).toBe('PONG\n')
})

test('exec runs the lines of standard input in order', async () => {
  const run = await cli('exec', [], { stdin: 'SET a 1\nINCR a\n\nINCR "a"\nGET nosuch\nINCR\n' })
  expect(run).toMatchObject({ code: 1, out: 'OK\n2\n3\n\n' })
  expect(run.err).toContain('wrong number of arguments')
})

test('exec keeps one connection, and takes the bytes of its lines as they are', async () => {
  const stdin = Buffer.concat([
    Buffer.from('SELECT 1\nMULTI\nSET k "a\\x00b"\nGET k\nEXEC\nSELECT 0\nSET raw '),
    Buffer.from([0xff, 0xe2, 0x80, 0xa8, 0x0a]),
  ])
  expect(await cli('exec', ['--json'], { stdin })).toMatchObject({
    code: 0,
    out: '"OK"\n"OK"\n"QUEUED"\n"QUEUED"\n["OK","a\\u0000b"]\n"OK"\n"OK"\n',
  })
  expect(await server.call('STRLEN', 'raw')).toBe(4)
  const refused = await cli('exec', [], { stdin: 'SET a 1\nGET "open\nSET b 1\n' })
  expect(refused).toMatchObject({ code: 2, out: 'OK\n', err: expect.stringContaining('Line 2 ') })
  expect(await cli('exec', ['SUBSCRIBE', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('ochre tail') })
})

test('exec waits as long as a command takes, and no longer than it is let', async () => {
  const run = startCli(['exec', '--url', server.url, 'BLPOP', 'queue', '0'])
  await expect.poll(async () => String(await server.call('CLIENT', 'LIST')), { timeout: 20_000 }).toContain('cmd=blpop')
  run.stop()
  expect(await run.done).toMatchObject({ code: 143, out: '' })
})

test('keys lists, filters, limits and describes', async () => {
  await server.call('HSET', 'user:1', 'name', 'Ada')
  await server.call('SET', 'user:2', 'x', 'EX', 100)
  await server.call('SET', 'other', 'x')
  expect((await cli('keys', ['--match', 'user:*'])).out.split('\n').sort().join(' ').trim()).toBe('user:1 user:2')
  expect((await cli('keys', ['--type', 'hash'])).out).toBe('user:1\n')
  expect((await cli('keys', ['--limit', 1])).out.trim().split('\n')).toHaveLength(1)
  expect(await cli('keys', ['--limit', 0])).toMatchObject({ code: 2, err: expect.stringContaining('--limit') })
  expect((await cli('keys', ['--long', '--match', 'user:2'])).out).toMatch(/^string +100 s +\d+ B {2}user:2\n$/)
  expect(JSON.parse((await cli('keys', ['--json', '--type', 'hash'])).out)).toMatchObject({
    key: 'user:1',
    type: 'hash',
    ttlMs: null,
  })
})

test('keys are listed once each, with every byte, whatever is in their names', async () => {
  const names = [Buffer.from([0xff, 0x00]), Buffer.from('line\nfeed'), Buffer.from('é "q"'), Buffer.from('')]
  for (const name of names) await server.call('SET', name, 'v')
  const run = await cli('keys', ['--null'], { binary: true })
  expect(run.out.split('\0').sort()).toEqual(
    ['', ...names.flatMap((name) => name.toString('latin1').split('\0'))].sort(),
  )
  expect((await cli('keys', ['--long'])).out).toMatch(/ {2}"\\xff\\x00"\n/)
  expect((await cli('keys', ['--long'])).out).toMatch(/ {2}"line\\nfeed"\n/)
  expect((await cli('keys', [], { tty: true })).out.split('\n').sort()).toEqual(
    ['', '""', '"\\xff\\x00"', '"line\\nfeed"', '"é \\"q\\""'].sort(),
  )
  const parsed = (await cli('keys', ['--json'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: unknown })
  expect(parsed.map(({ key }) => key)).toEqual(expect.arrayContaining([{ base64: '/wA=' }, 'line\nfeed', 'é "q"', '']))
})

test('two hundred thousand keys, while others come and go', async () => {
  for (let from = 0; from < 200_000; from += 2000)
    await server.call('MSET', ...Array.from({ length: 2000 }, (_, i) => [`k${from + i}`, 'v']).flat())
  const run = startCli(['keys', '--url', server.url])
  // A table that grows and shrinks makes SCAN give keys twice.
  for (let i = 0; i < 20; i++) {
    await server.call('MSET', ...Array.from({ length: 10_000 }, (_, j) => [`new${i}:${j}`, 'v']).flat())
    await server.call('UNLINK', ...Array.from({ length: 9999 }, (_, j) => `new${i}:${j}`))
  }
  const lines = (await run.done).out.trim().split('\n')
  const lasting = lines.filter((line) => line.startsWith('k'))
  expect(lasting).toHaveLength(200_000)
  expect(new Set(lines).size).toBe(lines.length)
}, 60_000)

test('bench measures and leaves nothing behind', async () => {
  const run = await cli('bench', ['-n', 200, '-c', 10, '--json'])
  const results = JSON.parse(run.out) as { test: string; perSecond: number }[]
  expect(results.map((result) => result.test)).toEqual(['PING', 'SET', 'GET', 'INCR', 'HSET', 'LPUSH', 'RPOP'])
  for (const result of results) expect(result.perSecond).toBeGreaterThan(0)
  expect(await server.call('DBSIZE')).toBe(0)
})
