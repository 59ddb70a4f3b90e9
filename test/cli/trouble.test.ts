// What each verb says and ends with when the server is away, refuses, still loads, or dies in the middle.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, startServer, type TestServer } from '../servers/index.ts'
import { type CliRun, runCli, startCli } from './run-cli.ts'

let server: TestServer
let folder = ''
const MODELS = `import { model, t } from '@ochre/model'
export const Note = model('note', { id: t.string(), text: t.string().index() })
`

beforeAll(async () => {
  server = await startServer({ name: 'trouble', config: { requirepass: 'good' } })
  folder = await mkdtemp(join(tmpdir(), 'ochre-trouble-'))
  await writeFile(join(folder, 'models.ts'), MODELS)
  await writeFile(join(folder, 'rows.ndjson'), '{"id":"1","text":"x"}\n')
  await server.call('SET', 'k', 'v')
  await server.call('ACL', 'SETUSER', 'poor', 'on', '>pw', '~*', '+ping', '+hello')
  const made = await runCli(['backup', join(folder, 'archive'), '--url', server.url.replace('//', '//:good@')])
  expect(made.code).toBe(0)
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

/** Every verb that talks to a server, with what it takes. */
function verbs(): [string, string[]][] {
  const models = ['--models', join(folder, 'models.ts')]
  return [
    ['exec', ['GET', 'k']],
    ['keys', []],
    ['tail', ['news']],
    ['backup', [join(folder, 'new-archive')]],
    ['restore', [join(folder, 'archive'), '--existing', 'replace']],
    ['import', [join(folder, 'rows.ndjson'), '--key', 'k:{id}']],
    ['import', [join(folder, 'rows.ndjson'), '--model', 'Note', ...models]],
    ['export', []],
    ['export', ['--model', 'Note', ...models]],
    ['bench', ['-n', '10']],
    ['models list', models],
    ['models verify', models],
    ['doctor', []],
  ]
}

function run(verb: string, args: readonly string[], url: string): Promise<CliRun> {
  return runCli([...verb.split(' '), '--url', url, ...args])
}

/** Sentences, and no trace of the program. */
function expectSentence({ err }: CliRun, text: RegExp, verb: string): void {
  expect(err, verb).toMatch(text)
  expect(err, verb).not.toMatch(/^ {4}at |\bundefined\b|\[object/m)
}

test('a server that is not there', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`
  for (const [verb, args] of verbs()) {
    const ended = await run(verb, args, url)
    expect(ended, verb).toMatchObject({ code: 3, out: '' })
    expectSentence(ended, /^ochre: No connection to 127\.0\.0\.1:\d+: .*\nName a server that runs/, verb)
  }
  const nowhere = await run('keys', [], 'redis://nosuch.invalid')
  expect(nowhere).toMatchObject({ code: 3, err: expect.stringContaining('nosuch.invalid') })
})

test('no password, and a wrong one', async () => {
  for (const [verb, args] of verbs()) {
    const without = await run(verb, args, server.url)
    expect(without, verb).toMatchObject({ code: 1, out: '' })
    expectSentence(without, /^ochre: NOAUTH .*\nGive the password in the URL/, verb)
    const wrong = await run(verb, args, server.url.replace('//', '//:bad@'))
    expect(wrong, verb).toMatchObject({ code: 1, out: '' })
    expectSentence(wrong, /^ochre: WRONGPASS .*\nUser and password/, verb)
  }
})

test('a user with few rights', async () => {
  const url = server.url.replace('//', '//poor:pw@')
  for (const [verb, args] of verbs().filter(([verb]) => verb !== 'exec' && verb !== 'doctor')) {
    const ended = await run(verb, args, url)
    expect(ended.code, verb).toBe(1)
    expectSentence(ended, /ochre: NOPERM .*\nLet the user of the URL/, verb)
  }
  expect(await run('exec', ['GET', 'k'], url)).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^NOPERM .*'get'.*\n$/),
  })
  // An archive without a key is not left behind.
  await expect(readFile(join(folder, 'new-archive'))).rejects.toThrow('ENOENT')
})

test('a replica, for verbs that write', async () => {
  await using replica = await startServer({
    name: 'trouble-replica',
    config: { replicaof: `127.0.0.1 ${server.port}`, masterauth: 'good' },
  })
  for (const [verb, args] of verbs().filter(([verb]) => /restore|import|bench/.test(verb))) {
    const ended = await run(verb, args, `${replica.url}?maxRetries=0`)
    expect(ended.code, verb).toBe(1)
    expectSentence(ended, /READONLY .*\nThis is a replica/, verb)
  }
  expect(await run('exec', ['SET', 'k', 'v'], replica.url)).toMatchObject({ code: 1 })
})

test('a server that is still reading its data', async () => {
  await using own = await startServer({
    name: 'loading',
    config: {
      save: '3600 1',
      // Two milliseconds per key, and a look at its clients after every kilobyte.
      'key-load-delay': 2000,
      'loading-process-events-interval-bytes': 1024,
    },
  })
  for (let i = 0; i < 2000; i += 1) await own.call('SET', `k${i}`, 'v')
  await own.call('SAVE')
  await own.kill('SIGTERM')
  const restarted = own.restart()
  let ended: CliRun
  do ended = await run('keys', [], `${own.url}?timeoutMs=300`)
  while (
    // First nobody listens, then the kernel alone does.
    ended.code === 3 &&
    !ended.err.includes('LOADING')
  )
  expect(ended).toMatchObject({ code: 3, out: '' })
  expectSentence(ended, /^ochre: No reply .*\nThe server says: LOADING .*\nTry again/, 'keys')
  expect(await run('exec', ['GET', 'k1'], own.url)).toMatchObject({ code: 1, err: expect.stringContaining('LOADING') })
  // With more time it waits.
  expect(await run('keys', ['--limit', '1'], own.url)).toMatchObject({ code: 0, err: '' })
  await restarted
}, 60_000)

test.each(['keys --long', 'export', 'backup', 'restore', 'tail', 'exec'])(
  'a server that dies in the middle of %s',
  async (line) => {
    await using own = await startServer({ name: 'dies' })
    for (let i = 0; i < 20_000; i += 1000)
      await own.call('MSET', ...Array.from({ length: 1000 }, (_, j) => [`k${i + j}`, 'v'.repeat(100)]).flat())
    await own.call('HSET', 'h', 'f', 'v')
    const [verb = '', ...args] = line.split(' ')
    const file = join(folder, `dies-${verb}`)
    if (verb === 'restore') await runCli(['backup', file, '--url', own.url])
    if (verb === 'backup' || verb === 'restore') args.push(file)
    if (verb === 'restore') args.push('--prefix', 'copy:')
    if (verb === 'tail') args.push('news')
    if (verb === 'exec') args.push('BLPOP', 'queue', '0')
    await own.call('CONFIG', 'RESETSTAT')
    const running = startCli([verb, '--url', `${own.url}?timeoutMs=500`, ...args])
    await expect.poll(() => isInTheMiddle(own, verb), { interval: 1, timeout: 20_000 }).toBe(true)
    await own.kill()
    if (verb === 'tail') {
      // It waits for the server, and goes on.
      await running.told('The connection is lost')
      await own.restart()
      await running.told('Following again')
      await own.call('PUBLISH', 'news', 'back')
      await running.wrote('news  back')
      running.stop()
      expect((await running.done).code).toBe(0)
      return
    }
    const ended = await running.done
    expect(ended.code).toBe(3)
    expectSentence(ended, /ochre: /, verb)
    if (verb === 'backup' || verb === 'restore') expect(ended.err).toMatch(/Continue with --/)
  },
  60_000,
)

/** Whether a verb has begun with what it does, by what the server has executed. */
async function isInTheMiddle(of: TestServer, verb: string): Promise<boolean> {
  const clients = String(await of.call('CLIENT', 'LIST'))
  if (verb === 'tail') return clients.includes(' sub=1')
  if (verb === 'exec') return clients.includes('cmd=blpop')
  const [name, enough] = { keys: ['memory\\|usage', 800], export: ['scan', 8] }[verb] ?? ['evalsha', 1500]
  const stats = String(await of.call('INFO', 'commandstats'))
  return Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0) > Number(enough)
}

test('a certificate of an authority that nobody named is told with what to do', async () => {
  const request = 'req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.crt -days 1 -subj /CN=localhost'
  execFileSync('openssl', request.split(' '), { cwd: folder, stdio: 'pipe' })
  const [key, cert] = await Promise.all(['own.key', 'own.crt'].map((name) => readFile(join(folder, name))))
  const own = createServer({ key: key!, cert: cert! })
  own.listen(0, '127.0.0.1')
  await once(own, 'listening')
  try {
    const { port } = own.address() as AddressInfo
    expect(await runCli(['exec', '--url', `rediss://127.0.0.1:${port}`, 'PING'])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/self-signed certificate\.\nName the certificate .*NODE_EXTRA_CA_CERTS/),
    })
  } finally {
    own.close()
  }
})
