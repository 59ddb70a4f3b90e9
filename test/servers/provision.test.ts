import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { companionOf, describe as describeProvision, obtainProgram, provision, withLock } from './provision.ts'

let folder: string
let env: NodeJS.ProcessEnv
const KNOWN = ['redis-7.0', 'valkey-8.0', 'redis-8.0', 'redis-6.0']

/** A machine of its own: an empty PATH, and a cache that knows that nothing can be obtained. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ochre-provision-'))
  const cache = join(folder, 'ochre/servers')
  mkdirSync(cache, { recursive: true })
  mkdirSync(join(folder, 'bin'))
  for (const name of KNOWN) writeFileSync(join(cache, `${name}.unavailable`), 'no archive.')
  env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: folder }
  return () => rmSync(folder, { recursive: true })
})

function addProgram(name: string, version: string): string {
  const file = join(folder, 'bin', name)
  writeFileSync(file, `#!/bin/sh\necho "${version}"\n`)
  chmodSync(file, 0o755)
  return file
}

const REDIS_7_2 = 'Redis server v=7.2.4 sha=00000000:0 malloc=libc bits=64 build=1'

test('without any server one sentence says what to type', async () => {
  await expect(provision(env)).rejects.toThrow(
    /^Tests need a redis-server and none was found \(redis-7\.0: no archive; .*\); type: .*redis/,
  )
})

test('a server on the path is used, whatever its version, and the others are named as missing', async () => {
  const file = addProgram('redis-server', REDIS_7_2)
  const found = await provision(env)
  expect(found.servers).toEqual([{ name: 'redis-7.2', version: '7.2.4', command: [file], origin: 'PATH' }])
  expect(found.missing.map(({ name }) => name)).toEqual(KNOWN)
  expect(describeProvision(found)).toBe(
    `Servers: redis-7.2 (7.2.4, PATH)${KNOWN.map((name) => `; ${name} is not available: no archive.`).join('')}`,
  )
})

test('OCHRE_REDIS_SERVER comes before the path, and has to run', async () => {
  addProgram('redis-server', REDIS_7_2)
  const valkey = addProgram('mine', 'Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1')
  const { servers, missing } = await provision({ ...env, OCHRE_REDIS_SERVER: valkey })
  expect(servers).toEqual([{ name: 'valkey-8.0', version: '8.0.1', command: [valkey], origin: 'OCHRE_REDIS_SERVER' }])
  expect(missing.map(({ name }) => name)).toEqual(['redis-7.0', 'redis-8.0', 'redis-6.0'])
  const absent = provision({ ...env, OCHRE_REDIS_SERVER: join(folder, 'absent') })
  await expect(absent).rejects.toThrow(/absent \(OCHRE_REDIS_SERVER\) cannot be run/)
  const other = provision({ ...env, OCHRE_REDIS_SERVER: addProgram('other', 'memcached 1.6') })
  await expect(other).rejects.toThrow(/does not name a Redis or Valkey server/)
})

test('OCHRE_TEST_SERVERS selects, and what it asks for has to be there', async () => {
  const file = addProgram('redis-server', REDIS_7_2)
  const { servers } = await provision({ ...env, OCHRE_TEST_SERVERS: ' redis-7.2 ,' })
  expect(servers.map(({ command }) => command)).toEqual([[file]])
  await expect(provision({ ...env, OCHRE_TEST_SERVERS: 'redis-7.2,valkey-8.0' })).rejects.toThrow(
    'OCHRE_TEST_SERVERS asks for valkey-8.0, which is not to be had here: no archive.',
  )
  await expect(provision({ ...env, OCHRE_TEST_SERVERS: 'redis-1.0' })).rejects.toThrow('known names are redis-7.0')
})

test('an unpacked server is taken from the cache while its files are there', async () => {
  const file = addProgram('unpacked', '')
  const binary = { name: 'redis-7.0', version: '7.0.15', command: [file], origin: 'suite' }
  mkdirSync(join(folder, 'ochre/servers/redis-7.0'))
  writeFileSync(join(folder, 'ochre/servers/redis-7.0/server.json'), JSON.stringify(binary))
  expect((await provision(env)).servers).toEqual([binary])
  rmSync(file)
  await expect(provision(env)).rejects.toThrow('none was found')
})

test('a program is taken from the path, or the reason is told why there is none', async () => {
  writeFileSync(join(folder, 'ochre/servers/wrk.unavailable'), 'no archive.')
  await expect(obtainProgram('wrk', env)).rejects.toThrow('no archive.')
  const file = addProgram('wrk', '')
  expect(await obtainProgram('wrk', env)).toEqual([file])
})

test('what comes with a server is started like the server', () => {
  const file = addProgram('redis-benchmark', '')
  const server = {
    name: 'redis-7.0',
    version: '7.0.15',
    command: ['loader', '-x', join(folder, 'bin/redis-server')],
    origin: '',
  }
  expect(companionOf(server, 'redis-benchmark')).toEqual(['loader', '-x', file])
  expect(companionOf(server, 'redis-none')).toBeUndefined()
})

test('a lock keeps others out until its owner is done or dead', async () => {
  const lock = join(folder, 'lock')
  const order: string[] = []
  let release = (): void => undefined
  const first = withLock(lock, async () => {
    order.push('first begins')
    await new Promise<void>((resolve) => {
      release = resolve
    })
    order.push('first ends')
  })
  const second = withLock(lock, async () => void order.push('second'))
  expect(readFileSync(lock, 'utf8')).toBe(String(process.pid))
  release()
  await Promise.all([first, second])
  expect(order).toEqual(['first begins', 'first ends', 'second'])
  expect(existsSync(lock)).toBe(false)

  const owner = spawn('true')
  onTestFinished(() => void owner.kill())
  await once(owner, 'exit')
  writeFileSync(lock, String(owner.pid))
  expect(await withLock(lock, async () => 'taken over')).toBe('taken over')
})
