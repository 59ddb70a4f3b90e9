import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { type CliRun, runCli, startCli } from './run-cli.ts'

const LIBRARY = fileURLToPath(new URL('../../examples/library/models.ts', import.meta.url))
let server: TestServer
let folder = ''

beforeAll(async () => {
  server = await startServer({ name: 'shell', config: { 'notify-keyspace-events': 'KA' } })
  folder = await mkdtemp(join(tmpdir(), 'ochre-shell-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

function shell(lines: readonly string[], ...args: string[]): Promise<CliRun> {
  return runCli(['shell', '--url', server.url, ...args], { stdin: `${lines.join('\n')}\n` })
}

test('lines are run one after the other, and failures do not end it', async () => {
  const run = await shell(['SET k "a b"', 'GET k', 'INCR k', 'GET "open', '', 'LPUSH l x', 'exit', 'GET k'])
  expect(run.code).toBe(0)
  expect(run.out.split('\n')).toEqual([
    'OK',
    '"a b"',
    '(error) ERR value is not an integer or out of range',
    expect.stringContaining('quote'),
    '(integer) 1',
    '',
  ])
})

test('a transaction is collected and sent as one', async () => {
  const run = await shell([
    'MULTI',
    'SET a 1',
    'INCR a',
    'LPUSH a x',
    'GET a',
    'EXEC',
    'MULTI',
    'SET a 9',
    'DISCARD',
    'GET a',
  ])
  expect(run.out.split('\n')).toEqual([
    'OK',
    'QUEUED',
    'QUEUED',
    'QUEUED',
    'QUEUED',
    '1) OK',
    '2) (integer) 2',
    expect.stringContaining('3) (error) WRONGTYPE'),
    '4) "2"',
    'OK',
    'QUEUED',
    'OK',
    '"2"',
    '',
  ])
})

test('SELECT and help', async () => {
  const run = await shell(['SET k 0', 'SELECT 3', 'GET k', 'SELECT x', 'help set', 'help config', 'help nosuch'])
  expect(run.out).toContain('OK\nOK\n(nil)\n(error) ERR')
  expect(run.out).toContain('SET key value [NX|XX')
  expect(run.out).toContain('Subcommands: ')
  expect(run.out).toContain('There is no command nosuch.')
})

test('one connection is kept: WATCH, names, and replies of a transaction as they are', async () => {
  const run = await shell([
    'HSET h f v',
    'ZADD z 0.5 m',
    'CLIENT SETNAME mine',
    'WATCH h',
    'MULTI',
    'HGETALL h',
    'ZSCORE z m',
    'CLIENT GETNAME',
    'EXEC',
    'WATCH h',
    'HSET h f w',
    'MULTI',
    'PING',
    'EXEC',
    'GET',
    'MULTI',
    'GET',
    'EXEC',
    'help @hyperloglog',
  ])
  expect(run.out.split('\n').slice(4)).toEqual([
    'OK',
    ...['QUEUED', 'QUEUED', 'QUEUED'],
    '1) 1# "f" => "v"',
    '2) (double) 0.5',
    '3) "mine"',
    ...['OK', '(integer) 0', 'OK', 'QUEUED', '(nil)'],
    expect.stringContaining('wrong number of arguments'),
    'OK',
    expect.stringContaining('wrong number of arguments'),
    expect.stringContaining('(error) EXECABORT'),
    expect.stringContaining('PFADD, PFCOUNT'),
    '',
  ])
})

test('every type of RESP3 is drawn, and pushes appear', async () => {
  const types = ['attrib', 'bignum', 'double', 'false', 'map', 'null', 'set', 'true', 'verbatim'] as const
  const run = await shell([
    ...types.map((type) => `DEBUG PROTOCOL ${type}`),
    'CLIENT TRACKING ON NOLOOP',
    'GET tracked',
  ])
  expect(run.out).toBe(`"Some real reply following the attribute"
(big number) 1234567999999999999999999999999999999
(double) 3.141
(false)
1# (integer) 0 => (false)
2# (integer) 1 => (true)
3# (integer) 2 => (false)
(nil)
1~ (integer) 0
2~ (integer) 1
3~ (integer) 2
(true)
This is a verbatim
string
OK
(nil)
`)
  const live = startCli(['shell', '--url', server.url])
  live.type('CLIENT TRACKING ON\nGET tracked\n')
  await live.wrote('(nil)')
  await server.call('SET', 'tracked', 'x')
  await live.wrote('(push) 1) "invalidate"\n       2) 1) "tracked"')
  live.stop()
  await live.done
})

test('replies are JSON when asked', async () => {
  const run = await shell(['HSET h f 12345678901234567890', 'HGETALL h', 'NOSUCH'], '--json')
  expect(run.out.split('\n').slice(0, 2)).toEqual(['1', '{"f":"12345678901234567890"}'])
  expect(JSON.parse(run.out.split('\n')[2]!)).toEqual({ error: expect.stringContaining('unknown command') })
})

test('a server that goes away and comes back is reached again, with database and user', async () => {
  await using own = await startServer({ name: 'shell-away', config: { appendonly: 'yes' } })
  await own.call('ACL', 'SETUSER', 'ann', 'on', '>pw', '~*', '+@all')
  await own.call('ACL', 'SETUSER', 'default', '-@dangerous')
  const run = startCli(['shell', '--url', own.url])
  run.type('AUTH ann pw\nSELECT 3\nSET k v\nACL WHOAMI\nMULTI\nGET k\n')
  await run.wrote('QUEUED')
  await own.kill()
  run.type('EXEC\nGET k\n')
  await run.wrote('(CONNECTION_FAILED)')
  // Before the command is sent, or with it, as it happens.
  expect(run.out()).toContain('(CONNECTION_LOST) ')
  await own.restart()
  await own.call('ACL', 'SETUSER', 'ann', 'on', '>pw', '~*', '+@all')
  run.type('GET k\nACL WHOAMI\nexit\n')
  expect((await run.done).out).toMatch(/"v"\n"ann"\n$/)
})

test('expressions work on models, keep what they are told to, and go on over lines', async () => {
  const run = await shell(
    [
      "Author.create({ id: 'lem', name: 'Lem', born: 1921 })",
      "await Author.get('lem')",
      "Author.at('lem').name.append('!')",
      "const lem = await Author.get('lem')",
      'lem.name',
      "User.create({ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', email: 'a@b.c', name: 'A', joined: new Date(0) }).then((u) => u.joined.getTime())",
      "await Author.atomic('lem', (a) => {",
      '  when(a.born.lt(1930), () => a.born.add(1))',
      '  return a.born',
      '})',
      "Author.find({ where: { name: 'Lem!' }, limit: 1 })",
      'Author',
      'SELECT 1',
      "Author.get('lem')",
      "console.log('said', { a: 1 })",
      'redis.dbsize()',
      'lem.nosuch.thing',
      "Author.get('lem'",
    ],
    '--models',
    LIBRARY,
  )
  const lem = (name: string, born: number): string => `{ id: 'lem', name: '${name}', born: ${born} }`
  expect(run.out.split('\n')).toEqual([
    lem('Lem', 1921),
    lem('Lem', 1921),
    "'Lem!'",
    lem('Lem!', 1921),
    "'Lem!'",
    '0',
    '1922',
    `[ ${lem('Lem!', 1922)} ]`,
    'Model author { id: string, name: string, born: int }',
    'OK',
    'null',
    'said { a: 1 }',
    'undefined',
    '0',
    expect.stringContaining('TypeError'),
    expect.stringContaining('SyntaxError'),
    '',
  ])
})

test('expressions leave nothing behind that Node.js would warn of', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  const run = await shell(Array.from({ length: 20 }, (_, i) => `redis.echo('a${i}')`))
  // Warnings come a tick late.
  await new Promise(setImmediate)
  expect(run.out).toContain("'a19'")
  expect(warnings).toEqual([])
})

test('a view shows messages until it is interrupted', async () => {
  const run = startCli(['shell', '--url', server.url])
  run.type('SUBSCRIBE news\n')
  await run.wrote('Listening')
  await server.call('PUBLISH', 'news', 'hello')
  await run.wrote('2) "hello"')
  run.stop()
  expect((await run.done).code).toBe(0)
})

test('models are listed, shown, explained, verified and repaired', async () => {
  const models = (verb: string, ...args: string[]): Promise<CliRun> =>
    runCli(['models', verb, ...args, '--url', server.url, '--models', LIBRARY])
  await shell(
    ["Book.create({ id: 'b', title: 'Solaris', authorId: 'lem', isbn: '1', published: 1961 })"],
    '--models',
    LIBRARY,
  )
  expect((await models('list')).out).toContain('Book (book): 1 row')
  expect(JSON.parse((await models('list', 'Author', '--json')).out)).toMatchObject({ model: 'Author', rows: 0 })
  expect(JSON.parse((await models('show', 'Book', '--where', '{"published":{"gte":1960}}')).out)).toMatchObject({
    id: 'b',
    published: 1961,
  })
  expect((await models('show', 'Book', '--where', '{"copies":1}')).code).not.toBe(0)
  expect((await models('show', 'Book', '--where', '{"copies":1}', '--scan')).code).toBe(0)
  expect((await models('explain', 'Book', '--where', '{"title":"Solaris"}')).out).toContain('entries of')
  expect(await models('verify')).toMatchObject({ code: 0, out: expect.stringContaining('0 problems') })
  const index = ((await server.call('KEYS', '*:x:title')) as string[])[0]!
  await server.call('DEL', index)
  expect(await models('verify', 'Book')).toMatchObject({ code: 1, out: expect.stringContaining('MISSING_ENTRY') })
  expect((await models('repair', 'Book')).code).toBe(0)
  expect(await models('verify', 'book')).toMatchObject({ code: 0 })
  expect(await models('show', 'Nosuch')).toMatchObject({ code: 2, err: expect.stringContaining('Book') })
  expect(await models('show', 'Book', '--where', 'x')).toMatchObject({ code: 2 })
})

test('config check tells values and where they come from', async () => {
  const run = await runCli(['config', 'check', '--port', '7999', '--json'], { env: { OCHRE_ROOT_KEY: 'x'.repeat(32) } })
  const settings = JSON.parse(run.out) as { name: string; value: unknown; source: string }[]
  expect(settings).toContainEqual({ name: 'port', value: 7999, source: 'flag' })
  expect(settings).toContainEqual({ name: 'rootKey', value: '(set)', source: 'environment' })
  const wrong = await runCli(['config', 'check', '--port', 'x'], { env: { OCHRE_PROT: '1' } })
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('--port')
  expect(wrong.err).toContain('OCHRE_PROT')
})

test('API keys of a running gateway are made, listed, rotated and revoked', async () => {
  const root = 'r'.repeat(40)
  const gateway = startCli(['serve', '--redis', server.url, '--port', 0, '--admin-port', 0, '--log-level', 'silent'], {
    env: { OCHRE_ROOT_KEY: root },
  })
  await gateway.wrote('Try')
  const url = /at (http:\S+?)(?:,|\s)/.exec(gateway.out())![1]!
  const keys = (...args: string[]): Promise<CliRun> =>
    runCli(['api-keys', ...args], { env: { OCHRE_URL: url, OCHRE_TOKEN: root } })
  const made = await keys(
    'create',
    'web',
    '--scopes',
    'read,write',
    '--keys',
    'app:*',
    '--expires',
    '90',
    '--rate',
    '50/100',
  )
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^och_/) })
  const ask = (token: string, body: string): Promise<number> =>
    fetch(`${url}/v1/redis`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body }).then(
      (response) => response.status,
    )
  expect(await ask(made.out.trim(), '["SET","app:k","v"]')).toBe(200)
  expect(await ask(made.out.trim(), '["SET","other","v"]')).toBe(403)
  const [listed] = JSON.parse((await keys('list', '--json')).out) as { id: string; name: string }[]
  expect(listed).toMatchObject({ name: 'web' })
  const rotated = await keys('rotate', listed!.id, '--overlap', '60')
  expect(await ask(rotated.out.trim(), '["GET","app:k"]')).toBe(200)
  expect((await keys('list')).out).toContain('replaced by')
  expect(await keys('revoke', listed!.id)).toMatchObject({ code: 0 })
  expect(await ask(made.out.trim(), '["GET","app:k"]')).toBe(401)
  expect(await keys('revoke', 'nosuch')).toMatchObject({ code: 1 })
  expect(await runCli(['api-keys', 'list'], { env: { OCHRE_URL: url } })).toMatchObject({ code: 2 })
  process.emit('SIGTERM')
  expect((await gateway.done).code).toBe(0)
})

test('the database of the session counts for models, whatever the URL says', async () => {
  const lines = ['SELECT 3', "await redis.set('k', 'three')", 'GET k', 'SELECT 2', 'EXISTS k']
  const run = await runCli(['shell', '--models', LIBRARY, '--url', `${server.url}?db=2`], {
    stdin: `${lines.join('\n')}\n`,
  })
  expect(run.out.split('\n').slice(2)).toEqual(['"three"', 'OK', '(integer) 0', ''])
})
