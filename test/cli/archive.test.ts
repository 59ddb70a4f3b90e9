// backup and restore: everything comes back, on every server, whatever happens on the way.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ROOT, startOchre } from '../e2e/process.ts'
import { oldServer, RawClient, servers, startServer, type TestServer } from '../servers/index.ts'
import { type Call, everyKey, fillEveryType } from './every-type.ts'
import { type CliOptions, type CliRun, runCli, startCli } from './run-cli.ts'

let server: TestServer
let folder = ''
const call: Call = (...args) => server.call(...args)

beforeAll(async () => {
  server = await startServer({ name: 'archive' })
  folder = await mkdtemp(join(tmpdir(), 'ochre-archive-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
  await server.call('FUNCTION', 'FLUSH')
})

/** A verb against the test's server. */
function cli(verb: string, args: readonly (string | number)[] = [], options: CliOptions = {}): Promise<CliRun> {
  return runCli([verb, '--url', server.url, ...args], options)
}

interface Place {
  readonly url: string
  readonly call: Call
}

/** A fresh server of a version, or the engine behind a port. */
async function place(version: string): Promise<Place> {
  if (version !== 'engine') {
    const fresh = await startServer({ name: `archive-${version}`, version })
    onTestFinished(() => fresh.stop())
    return { url: fresh.url, call: (...args) => fresh.call(...args) }
  }
  const engine = await Engine.open()
  const { port } = await engine.listen({ port: 0 })
  const raw = await RawClient.open(port!)
  onTestFinished(async () => {
    raw.close()
    await engine.close()
  })
  return { url: `redis://127.0.0.1:${port}`, call: (...args) => raw.call(...args) }
}

async function knowsFieldTimes({ call }: Place): Promise<boolean> {
  return ((await call('COMMAND', 'INFO', 'HPEXPIREAT')) as unknown[])[0] !== null
}

async function knowsFunctions({ call }: Place): Promise<boolean> {
  return ((await call('COMMAND', 'INFO', 'FUNCTION')) as unknown[])[0] !== null
}

/** A library whose one function of the same name gives a text. */
function libraryOf(name: string, text = 'é'): string {
  return `#!lua name=${name}\nredis.register_function('${name}', function() return '${text}' end)\n`
}

const PLACES = [...servers(), 'engine']

describe.each(PLACES)('from %s', (from) => {
  test.each(PLACES)('a portable archive brings every type and every byte to %s', async (to) => {
    const [source, target] = await Promise.all([place(from), place(to)])
    const both = (await knowsFieldTimes(source)) && (await knowsFieldTimes(target))
    await fillEveryType(source.call, both)
    const functions = (await knowsFunctions(source)) && (await knowsFunctions(target))
    if (functions) await source.call('FUNCTION', 'LOAD', libraryOf('math'))
    const before = await everyKey(source.call)
    const file = join(folder, `${from}-${to}.ndjson`)
    const count = Object.keys(before).length
    expect(await runCli(['backup', file, '--url', source.url])).toEqual({
      code: 0,
      out: '',
      err: `${count} keys${functions ? ' and 1 library of functions' : ''} in ${file}, verified.\n`,
    })
    expect(await runCli(['restore', file, '--url', target.url])).toEqual({
      code: 0,
      out: '',
      err: `${count} keys${functions ? ' and 1 library of functions' : ''} restored and verified.\n`,
    })
    expect(await everyKey(target.call)).toEqual(before)
    if (functions) expect(await target.call('FCALL', 'math', 0)).toBe('é')
  })

  test('a dump brings them back to the same server, and is taken or refused by others', async () => {
    const source = await place(from)
    await fillEveryType(source.call, await knowsFieldTimes(source))
    const before = await everyKey(source.call)
    const file = join(folder, `${from}.dump`)
    expect(await runCli(['backup', file, '--mode', 'dump', '--url', source.url])).toMatchObject({ code: 0 })
    await source.call('FLUSHALL')
    expect(await runCli(['restore', file, '--url', source.url])).toMatchObject({ code: 0 })
    expect(await everyKey(source.call)).toEqual(before)
    for (const to of PLACES.filter((other) => other !== from)) {
      const target = await place(to)
      const run = await runCli(['restore', file, '--url', target.url])
      if (run.code === 0) expect(Object.keys(await everyKey(target.call)), to).toEqual(Object.keys(before))
      else expect(run, to).toMatchObject({ code: 1, err: expect.stringMatching(/archive is for any|does not know/) })
    }
  })
})

test.skipIf(oldServer() === undefined)('an archive of a server before 7.0 is restored by newer ones', async () => {
  const source = await place(oldServer()!)
  await source.call('SET', 'expiring', 'x', 'PX', 3_600_000)
  await source.call('RPUSH', 'list', 'a', 'b')
  await source.call('ZADD', 'zset', '0.1', 'a', '-inf', 'b')
  for (const id of ['1-1', '2-0', '3-0']) await source.call('XADD', 'stream', id, 'f', 'v')
  await source.call('XGROUP', 'CREATE', 'stream', 'group', '0')
  await source.call('XREADGROUP', 'GROUP', 'group', 'ann', 'COUNT', 2, 'STREAMS', 'stream', '>')
  await source.call('XDEL', 'stream', '1-1')
  for (const mode of ['portable', 'dump']) {
    const file = join(folder, `old-${mode}.ndjson`)
    expect(await runCli(['backup', file, '--mode', mode, '--url', source.url])).toMatchObject({ code: 0 })
    for (const to of PLACES) {
      const run = await runCli(['restore', file, '--url', (await place(to)).url])
      expect(run, `${mode} to ${to}`).toMatchObject({ code: 0, err: expect.stringContaining('restored and verified.') })
    }
  }
})

test('fields that expire are refused by a server that does not know them, before their key is touched', async () => {
  const newer = await place('redis-8.0')
  await newer.call('HSET', 'h', 'f', 'new')
  await newer.call('HPEXPIRE', 'h', 1_000_000, 'FIELDS', 1, 'f')
  const file = join(folder, 'fields.ndjson')
  await runCli(['backup', file, '--url', newer.url])
  await server.call('HSET', 'h', 'f', 'old')
  const run = await cli('restore', [file, '--existing', 'replace'])
  expect(run).toMatchObject({ code: 1, err: expect.stringContaining('which this server does not know') })
  expect(await server.call('HGET', 'h', 'f')).toBe('old')
})

test.each(['portable', 'dump'])('keys that are there stop it, stay, or are replaced: %s', async (mode) => {
  await fillEveryType(call, false)
  const before = await everyKey(call)
  const file = join(folder, `${mode}.ndjson`)
  await cli('backup', [file, '--mode', mode])
  const busy = await cli('restore', [file])
  expect(busy).toMatchObject({ code: 1, err: expect.stringContaining('The key is there already; say --existing') })
  expect(busy.err).toContain('0 keys restored')
  await server.call('SET', 'list', 'in the way')
  const skipped = await cli('restore', [file, '--existing', 'skip', '--json'])
  expect(JSON.parse(skipped.out)).toEqual({
    restored: 0,
    skipped: Object.keys(before).length,
    expired: 0,
    differing: 0,
    libraries: { restored: 0, skipped: 0 },
  })
  expect(await server.call('TYPE', 'list')).toBe('string')
  expect(await cli('restore', [file, '--existing', 'replace'])).toMatchObject({ code: 0 })
  expect(await everyKey(call)).toEqual(before)
})

describe.each(['portable', 'dump'])('functions: %s', (mode) => {
  let file = ''
  beforeEach(async () => {
    file = join(folder, `functions-${mode}.ndjson`)
    await rm(file, { force: true })
    for (const name of ['one', 'two']) await call('FUNCTION', 'LOAD', libraryOf(name))
    await call('SET', 'k', 'v')
    expect(await cli('backup', [file, '--mode', mode])).toMatchObject({
      err: `1 key and 2 libraries of functions in ${file}, verified.\n`,
    })
    await call('FLUSHALL')
  })
  const libraries = async (run: CliRun): Promise<unknown> => JSON.parse(run.out).libraries

  test('of the same code are no conflict, of another stop it, stay, or are replaced', async () => {
    await call('FUNCTION', 'DELETE', 'two')
    const same = await cli('restore', [file, '--json'])
    expect(same.code).toBe(0)
    expect(await libraries(same)).toEqual({ restored: 1, skipped: 1 })
    await call('FUNCTION', 'LOAD', 'REPLACE', libraryOf('two', 'other'))
    await call('FLUSHALL')
    expect(await cli('restore', [file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/It ends at the library two\.[\s\S]*other code; say --existing/),
    })
    expect(await call('DBSIZE')).toBe(0)
    expect(await cli('restore', [file, '--existing', 'skip'])).toMatchObject({ code: 0 })
    expect(await call('FCALL', 'two', 0)).toBe('other')
    expect(await cli('restore', [file, '--existing', 'replace'])).toMatchObject({
      code: 0,
      err: '1 key and 1 library of functions restored and verified, 1 was there already.\n',
    })
    expect(await call('FCALL', 'two', 0)).toBe('é')
  })

  test('are left out by a pattern, by --no-functions, and for who may not see them', async () => {
    await call('FUNCTION', 'FLUSH')
    expect(await cli('restore', [file, '--match', 'k'])).toMatchObject({ code: 0 })
    expect(await cli('restore', [file, '--no-functions', '--existing', 'skip'])).toMatchObject({ code: 0 })
    expect(await call('FUNCTION', 'LIST')).toEqual([])
    await call('FUNCTION', 'LOAD', libraryOf('one'))
    const other = `${file}.other`
    onTestFinished(() => rm(other))
    expect(await cli('backup', [other, '--match', 'k', '--mode', mode])).toMatchObject({
      err: expect.stringMatching(/^1 key in/),
    })
    await rm(other)
    await call('ACL', 'SETUSER', 'blind', 'on', '>pw', '~*', '+@all', '-function')
    const url = server.url.replace('//', '//blind:pw@')
    const blind = await runCli(['backup', other, '--mode', mode, '--url', url])
    expect(blind).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^Functions are not in it: .*function.*\n1 key in/),
    })
  })

  test('of a name that another library has end it, and are refused by a server without functions', async () => {
    await call('FUNCTION', 'FLUSH')
    await call('FUNCTION', 'LOAD', libraryOf('one').replace('name=one', 'name=other'))
    expect(await cli('restore', [file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/It ends at the library one\.[\s\S]*Function one already exists/),
    })
    const old = oldServer()
    if (old === undefined) return
    const { url } = await place(old)
    expect(await runCli(['restore', file, '--url', url])).toMatchObject({
      code: 1,
      err: expect.stringContaining('leave them out with --no-functions'),
    })
  })

  test('are in a backup that was killed before its first keys, once', async () => {
    const lines = (await readFile(file, 'utf8')).split('\n')
    for (const kept of [1, 2, 4]) {
      await writeFile(file, `${lines.slice(0, kept).join('\n')}\n`)
      expect(await cli('backup', [file, '--resume'])).toMatchObject({
        code: 0,
        err: expect.stringMatching(/^0 keys and 2 libraries/),
      })
    }
  })
})

test('a payload that the server refuses leaves the key as it was', async () => {
  await server.call('SET', 'k', 'archived')
  const file = join(folder, 'payload.ndjson')
  await cli('backup', [file, '--mode', 'dump'])
  const foreign = await place('redis-8.0')
  await foreign.call('SET', 'k', 'foreign')
  await rm(file)
  await runCli(['backup', file, '--mode', 'dump', '--url', foreign.url])
  await server.call('SET', 'k', 'here')
  const run = await cli('restore', [file, '--existing', 'replace'])
  expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/It ends at "k"\.[\s\S]*same or a newer version/) })
  expect(await server.call('GET', 'k')).toBe('here')
})

test('patterns choose on the way out and on the way in, a prefix renames', async () => {
  for (const key of ['user:1', 'user:2', 'other', 'other:1']) await server.call('SET', key, 'v')
  const file = join(folder, 'some.ndjson')
  const made = await cli('backup', [file, '--match', '*:*', '--json'])
  expect(JSON.parse(made.out)).toEqual({ file, keys: 3, libraries: 0, mode: 'portable' })
  await server.call('FLUSHALL')
  await cli('restore', [file, '--match', 'user:[2-9]', '--prefix', 'copy:'])
  expect(await server.call('KEYS', '*')).toEqual(['copy:user:2'])
})

test('what has expired in the meantime stays away', async () => {
  await server.call('SET', 'k', 'v', 'PX', 3_600_000)
  const file = join(folder, 'expired.ndjson')
  await cli('backup', [file])
  const text = await readFile(file, 'utf8')
  const { createHash } = await import('node:crypto')
  const lines = text.split('\n')
  const aged = lines[1]!.replace(/"expireAt":\d+/, '"expireAt":1')
  const sha = (upTo: string): string => createHash('sha256').update(upTo).digest('hex')
  const head = `${lines[0]}\n${aged}\n`
  const point = `{"checkpoint":"0","keys":1,"sha256":"${sha(head)}"}\n`
  await writeFile(file, `${head}${point}{"end":true,"keys":1,"sha256":"${sha(head + point)}"}\n`)
  await server.call('FLUSHALL')
  expect(await cli('restore', [file])).toMatchObject({ code: 0, err: '0 keys restored and verified, 1 had expired.\n' })
})

test('keys that expire while they are walked hold nothing up', async () => {
  await fillMany(3000)
  for (let i = 0; i < 6000; i++) await server.call('HSET', `passing ${i}`, 'f', 'v')
  for (let i = 0; i < 6000; i++) await server.call('PEXPIRE', `passing ${i}`, 1 + (i % 400))
  const file = join(folder, 'passing.ndjson')
  const [made, listed, exported] = await Promise.all([
    cli('backup', [file]),
    cli('keys', ['--json']),
    cli('export', ['--fields', 'f']),
  ])
  expect([made.code, listed.code, exported.code]).toEqual([0, 0, 0])
  expect(listed.out.split('\n').filter((line) => line.includes('"type":"string"'))).toHaveLength(3000)
  expect(exported.out).not.toContain('null')
  await server.call('FLUSHALL')
  expect((await cli('restore', [file])).code).toBe(0)
  expect(Number(await server.call('EXISTS', 'key 0', 'key 2999'))).toBe(2)
})

test('a damaged archive is refused before anything is written', async () => {
  await fillEveryType(call, false)
  const file = join(folder, 'damaged.ndjson')
  await cli('backup', [file])
  await server.call('FLUSHALL')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('item 17"', 'item 71"'))
  expect(await cli('restore', [file])).toMatchObject({ code: 1, err: expect.stringContaining('damaged') })
  expect(await server.call('DBSIZE')).toBe(0)
  expect(await cli('restore', [join(folder, 'nosuch')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nosuch'),
  })
})

test('large values are read and written a few at a time', async () => {
  for (let i = 0; i < 4; i++) await server.call('SET', `large${i}`, Buffer.alloc(20_000_000, 200 + i))
  for (let i = 0; i < 100; i++)
    await server.call('HSET', 'wide', ...Array.from({ length: 4000 }, (_, j) => [`f${i * 2000 + (j >> 1)}`, j]).flat())
  const digest = await server.call('DEBUG', 'DIGEST')
  const file = join(folder, 'large.ndjson')
  expect(await cli('backup', [file])).toMatchObject({ code: 0 })
  await server.call('FLUSHALL')
  expect(await cli('restore', [file])).toMatchObject({ code: 0 })
  expect(await server.call('DEBUG', 'DIGEST')).toBe(digest)
}, 120_000)

async function fillMany(count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000)
    await server.call('MSET', ...Array.from({ length: 1000 }, (_, i) => [`key ${from + i}`, `value ${i}`]).flat())
}

test('a backup that is killed again and again is resumed, and complete', async () => {
  await fillMany(20_000)
  const digest = await server.call('DEBUG', 'DIGEST')
  const file = join(folder, 'killed.ndjson')
  const sizes: number[] = []
  for (let kill = 0; ; kill++) {
    const run = startOchre(['backup', file, '--url', server.url, ...(kill === 0 ? [] : ['--resume'])], { cwd: folder })
    const size = sizes.at(-1) ?? 0
    // As soon as the file has grown by something, at any point of a line.
    const grown = async (): Promise<void> => {
      while (kill < 6 && ((await stat(file).catch(() => null))?.size ?? 0) <= size + 30_000 * (kill + 1));
      if (kill < 6) await run.kill('SIGKILL')
    }
    await Promise.race([grown(), run.ended])
    sizes.push((await stat(file)).size)
    if ((await run.ended) === 0) break
    expect(kill).toBeLessThan(7)
  }
  expect(sizes.length).toBeGreaterThan(3)
  await server.call('FLUSHALL')
  expect(await cli('restore', [file])).toMatchObject({ code: 0, err: '20,000 keys restored and verified.\n' })
  expect(await server.call('DEBUG', 'DIGEST')).toBe(digest)
}, 120_000)

test('a backup that goes on after the server was restarted misses no key', async () => {
  await using own = await startServer({ name: 'restarted', config: { appendonly: 'yes' } })
  for (let i = 0; i < 8000; i += 1000)
    await own.call('MSET', ...Array.from({ length: 1000 }, (_, j) => [`key ${i + j}`, 'v']).flat())
  const file = join(folder, 'restarted.ndjson')
  const run = startCli(['backup', file, '--url', own.url])
  while (((await stat(file).catch(() => null))?.size ?? 0) < 60_000);
  run.stop()
  expect(await run.done).toMatchObject({ code: 143, err: expect.stringContaining('--resume') })
  await own.restart()
  const resumed = await runCli(['backup', file, '--resume', '--url', own.url])
  expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('8,000 keys') })
  await own.call('FLUSHALL')
  expect(await runCli(['restore', file, '--url', own.url])).toMatchObject({ code: 0 })
  expect(await own.call('DBSIZE')).toBe(8000)
}, 60_000)

test('a restore that is killed is continued, and the result is complete', async () => {
  await fillMany(10_000)
  const digest = await server.call('DEBUG', 'DIGEST')
  const file = join(folder, 'restore-killed.ndjson')
  await cli('backup', [file])
  await server.call('FLUSHALL')
  const run = startOchre(['restore', file, '--url', server.url], { cwd: folder })
  while (Number(await server.call('DBSIZE')) < 500);
  await run.kill('SIGKILL')
  expect(Number(await server.call('DBSIZE'))).toBeLessThan(10_000)
  expect(await cli('restore', [file, '--existing', 'skip'])).toMatchObject({ code: 0 })
  expect(await server.call('DEBUG', 'DIGEST')).toBe(digest)
}, 60_000)

test('only the same choice of keys of the same database is resumed', async () => {
  await fillMany(1000)
  const file = join(folder, 'choice.ndjson')
  await cli('backup', [file, '--match', 'key 1*', '--mode', 'dump'])
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.slice(0, text.lastIndexOf('{"end"')))
  const wrong = { code: 2, err: expect.stringContaining('was begun with') }
  expect(await cli('backup', [file, '--resume', '--match', 'key 2*'])).toMatchObject(wrong)
  expect(await cli('backup', [file, '--resume', '--mode', 'portable'])).toMatchObject(wrong)
  expect(await runCli(['backup', file, '--resume', '--url', `${server.url}/3`])).toMatchObject(wrong)
  expect(await cli('backup', [file, '--resume'])).toMatchObject({ code: 0, err: expect.stringContaining('111 keys') })
  expect(await cli('backup', [file, '--resume'])).toMatchObject({ code: 1, err: expect.stringContaining('complete') })
  expect(await cli('backup', [file])).toMatchObject({ code: 1, err: expect.stringContaining('The file exists') })
})

test('a disk that takes no more ends it with a sentence, and --resume goes on', async () => {
  await fillMany(10_000)
  const file = join(folder, 'full.ndjson')
  const ochre = `${process.execPath} ${ROOT}packages/cli/bin/ochre.js`
  // In units of 1,024 bytes: what the limit does to a file, a full disk does too, with another code.
  const child = spawn('bash', ['-c', `ulimit -f 200; exec ${ochre} backup ${file} --url ${server.url}`])
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1)
  expect(err).toBe('Continue with --resume.\nochre: The file may not become larger on this system.\n')
  expect(await cli('backup', [file, '--resume'])).toMatchObject({
    code: 0,
    err: expect.stringContaining('10,000 keys'),
  })
}, 60_000)

test('a user who may only read makes a backup', async () => {
  await fillMany(1000)
  await server.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', '+scan', '+@read', '+eval', '+evalsha')
  const url = server.url.replace('//', '//reader:pw@')
  const file = join(folder, 'reader.ndjson')
  expect(await runCli(['backup', file, '--url', url])).toMatchObject({ code: 0, err: expect.stringContaining('1,000') })
  expect(await runCli(['restore', file, '--url', url, '--existing', 'replace'])).toMatchObject({
    code: 1,
    err: expect.stringContaining("can't run this command"),
  })
})
