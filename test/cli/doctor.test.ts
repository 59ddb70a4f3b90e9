// doctor, on servers that are really in the state it is about.
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../proxy/index.ts'
import {
  describeEachServer,
  freePort,
  RawClient,
  type ServerOptions,
  startServer,
  type TestServer,
} from '../servers/index.ts'
import { runCli } from './run-cli.ts'

interface Finding {
  readonly severity: 'problem' | 'advice' | 'good'
  readonly check: string
  readonly seen: string
  readonly advice?: string
}

const PATIENT = { timeout: 20_000 }

async function start(config: ServerOptions['config'] = {}, version?: string): Promise<TestServer> {
  const server = await startServer({ name: 'doctor', config, ...(version === undefined ? {} : { version }) })
  onTestFinished(() => server.stop())
  return server
}

async function examine(url: string, ...args: string[]): Promise<{ code: number; findings: Finding[] }> {
  const run = await runCli(['doctor', '--json', '--url', url, ...args])
  expect(run.err).toBe('')
  return { code: run.code, findings: JSON.parse(run.out) as Finding[] }
}

/** That this is found, with advice, and what it is worth. */
async function expectFinding(
  url: string,
  severity: Finding['severity'],
  check: string,
  seen: RegExp,
  advice: RegExp,
): Promise<void> {
  const { code, findings } = await examine(url)
  expect(findings).toContainEqual({
    severity,
    check,
    seen: expect.stringMatching(seen),
    advice: expect.stringMatching(advice),
  })
  expect(code).toBe(findings.some((finding) => finding.severity === 'problem') ? 1 : 0)
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ochre-doctor-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

/** How fast this machine is, and how its kernel is set, is not the server's health. */
function ofServer(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ check }) => !['latency', 'slowlog', 'machine'].includes(check))
}

describeEachServer('doctor', (version) => {
  test('finds nothing on a healthy server', async () => {
    const server = await start({ maxmemory: '500mb', appendonly: 'yes' }, version)
    await server.call('MSET', 'a', 1, 'b', 2)
    await server.call('CONFIG', 'SET', 'slowlog-log-slower-than', 20_000)
    const { code, findings } = await examine(server.url)
    expect(code).toBe(0)
    const own = ofServer(findings)
    expect(own.map(({ severity, check }) => `${severity} ${check}`)).toEqual([
      'good version',
      'good memory',
      'good persistence',
      'good clients',
      'good keys',
    ])
    expect(own.find(({ check }) => check === 'memory')?.seen).toMatch(
      /of 500\.0 MB used; at the limit writes are refused/,
    )
    expect(await runCli(['doctor', '--url', server.url])).toMatchObject({
      out: expect.stringMatching(/^✓ memory +\S+ \S+ of 500\.0 MB used/m),
    })
  })
})

test('no limit of memory, a full one, refused writes', async () => {
  const server = await start()
  await expectFinding(server.url, 'advice', 'memory', /and no maxmemory/, /Set maxmemory/)
  await server.call('CONFIG', 'SET', 'maxmemory', '1mb')
  await expectFinding(
    server.url,
    'problem',
    'memory',
    /% of maxmemory is used; at the limit writes are refused/,
    /Raise/,
  )
  await expect(server.call('SET', 'k', 'x'.repeat(1e6))).rejects.toThrow('OOM')
  await expectFinding(
    server.url,
    'problem',
    'memory',
    /^1 commands? (was|were) refused because memory was full/,
    /Raise/,
  )
})

test('policies that evict, and one that cannot', async () => {
  const server = await start({ maxmemory: '3mb', 'maxmemory-policy': 'allkeys-lru' })
  await expectFinding(server.url, 'advice', 'memory', /allkeys-lru: any key may be evicted/, /noeviction/)
  for (let i = 0; i < 100; i++) await server.call('SET', `k${i}`, 'x'.repeat(50_000))
  await expectFinding(server.url, 'advice', 'memory', /keys have been evicted/, /cache/)
  await server.call('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru')
  await expectFinding(server.url, 'advice', 'memory', /no key expires: nothing can be evicted/, /time to live/)
  await server.call('SET', 'expiring', 'x', 'EX', 100)
  const { findings } = await examine(server.url)
  expect(findings.map(({ seen }) => seen).join()).not.toContain('nothing can be evicted')
})

test('nothing on disk, snapshots alone, a save that failed', async () => {
  const dir = await folder()
  const server = await start({ dir: `"${dir}"` })
  await expectFinding(server.url, 'advice', 'persistence', /Nothing is written to disk/, /appendonly yes/)
  await server.call('CONFIG', 'SET', 'save', '3600 1')
  await expectFinding(server.url, 'advice', 'persistence', /Snapshots only \(3600 1\)/, /appendonly/)
  // The file is a folder: what was saved cannot take its place.
  await mkdir(join(dir, 'dump.rdb'))
  await server.call('BGSAVE')
  await expect
    .poll(async () => String(await server.call('INFO', 'persistence')), PATIENT)
    .toContain('bgsave_status:err')
  await expectFinding(server.url, 'problem', 'persistence', /last background save failed/, /server log/)
})

test('an append-only file that cannot be written', async () => {
  const dir = await folder()
  // A disk that is full: /dev/full takes nothing.
  await mkdir(join(dir, 'appendonlydir'))
  await symlink('/dev/full', join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'))
  const server = await start({ dir: `"${dir}"`, appendonly: 'yes', appendfsync: 'everysec' })
  await server.call('SET', 'k', 'v').catch(() => undefined)
  await expect
    .poll(async () => String(await server.call('INFO', 'persistence')), PATIENT)
    .toContain('aof_last_write_status:err')
  await expectFinding(server.url, 'problem', 'persistence', /write of the append-only file failed/, /disk space/)
})

test('slow commands, and a slow log that would not tell', async () => {
  const server = await start()
  await server.call('DEBUG', 'SLEEP', 0.05)
  await expectFinding(
    server.url,
    'advice',
    'slowlog',
    /1 command took 10 ms.*slowest was DEBUG with \d+\.\d ms/,
    /SCAN/,
  )
  await server.call('SLOWLOG', 'RESET')
  await server.call('CONFIG', 'SET', 'slowlog-log-slower-than', -1)
  await expectFinding(server.url, 'advice', 'slowlog', /slow log is off/, /CONFIG SET/)
  await server.call('CONFIG', 'SET', 'slowlog-log-slower-than', 500_000)
  await expectFinding(server.url, 'advice', 'slowlog', /only commands of 500 ms and more/, /CONFIG SET/)
})

test('large keys, by name', async () => {
  const server = await start()
  await server.call('SET', 'big\n', 'x'.repeat(2_000_000))
  for (let i = 0; i < 20; i++)
    await server.call('HSET', 'wide', ...Array.from({ length: 4000 }, (_, j) => `${i}:${j} of a field`))
  await expectFinding(server.url, 'advice', 'keys', /^A string of \d\.\d MB: "big\\n"$/, /Split it/)
  await expectFinding(server.url, 'advice', 'keys', /^A hash of \d\.\d MB: "wide"$/, /UNLINK/)
  const { findings } = await examine(server.url, '--sample', '0')
  expect(findings).toContainEqual(expect.objectContaining({ severity: 'good', check: 'keys' }))
})

test('a link that is slow', async () => {
  const server = await start()
  await using proxy = await startProxy(server.port)
  proxy.delay(15)
  await expectFinding(`redis://${proxy.host}:${proxy.port}`, 'advice', 'latency', /PING takes \d\d\.\d+ ms/, /closer/)
})

test('connections that are nearly used up, and those that were turned away', async () => {
  const server = await start({ maxclients: 10 })
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(server.port)))
  await expectFinding(server.url, 'advice', 'clients', /^\d+ of 10 connections are in use/, /Share/)
  const rejected = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(server.port)))
  await Promise.allSettled(rejected.map((client) => client.call('PING')))
  for (const client of [...clients, ...rejected]) client.close()
  await expect
    .poll(async () => String(await server.call('INFO', 'clients')), PATIENT)
    .toMatch(/connected_clients:[12]\r/)
  await expectFinding(server.url, 'problem', 'clients', /connections were rejected: maxclients is 10/, /maxclients/)
})

test('a replica, with its primary and without', async () => {
  const primary = await start({ 'repl-diskless-sync-delay': 0 })
  const replica = await start({ replicaof: `127.0.0.1 ${primary.port}` })
  await expect.poll(async () => String(await replica.call('INFO', 'replication')), PATIENT).toContain('link_status:up')
  const { findings } = await examine(replica.url)
  expect(findings).toContainEqual({
    severity: 'good',
    check: 'replication',
    seen: `A replica of 127.0.0.1:${primary.port}.`,
  })
  expect((await examine(primary.url)).findings).toContainEqual({
    severity: 'good',
    check: 'replication',
    seen: '1 replica.',
  })
  await replica.call('REPLICAOF', '127.0.0.1', await freePort())
  await expectFinding(replica.url, 'problem', 'replication', /link to the primary .* is down/, /masterauth/)
})

test('a cluster without slots, with all of them, and without the node of some', async () => {
  const server = await start({ 'cluster-enabled': 'yes', 'cluster-node-timeout': 1000 })
  await expectFinding(server.url, 'problem', 'cluster', /^0 of 16,384 slots are assigned/, /--cluster fix/)
  await server.call('CLUSTER', 'ADDSLOTSRANGE', 0, 8191)
  const other = await start({ 'cluster-enabled': 'yes', 'cluster-node-timeout': 1000 })
  await other.call('CLUSTER', 'ADDSLOTSRANGE', 8192, 16383)
  await server.call('CLUSTER', 'MEET', '127.0.0.1', other.port)
  await expect.poll(async () => String(await server.call('CLUSTER', 'INFO')), PATIENT).toContain('state:ok')
  expect((await examine(server.url)).findings).toContainEqual({
    severity: 'good',
    check: 'cluster',
    seen: 'All 16,384 slots are served by 2 primaries.',
  })
  await other.kill()
  await expect.poll(async () => String(await server.call('CLUSTER', 'INFO')), PATIENT).toContain('state:fail')
  await expectFinding(
    server.url,
    'problem',
    'cluster',
    /state is fail; 8,192 slots have no node|state is fail/,
    /NODES/,
  )
}, 60_000)

test('a user who may see little is told what to allow', async () => {
  const server = await start()
  await server.call('ACL', 'SETUSER', 'poor', 'on', '>pw', '+ping', '+hello')
  const { code, findings } = await examine(server.url.replace('//', '//poor:pw@'))
  expect(code).toBe(1)
  expect(findings.filter(({ severity }) => severity !== 'good').map(({ check, advice }) => [check, advice])).toEqual([
    ['version', 'Allow the user INFO.'],
    ['slowlog', 'Allow the user SLOWLOG GET.'],
    ['keys', 'Allow the user SCAN and MEMORY USAGE.'],
  ])
})

test('the engine is examined in its folder', async () => {
  const dir = await folder()
  await runCli(['exec', '--dir', dir, 'SET', 'k', 'v'])
  const run = await runCli(['doctor', '--json', '--dir', dir])
  const severe = ofServer(JSON.parse(run.out)).filter(({ severity }) => severity !== 'good')
  expect(severe.map(({ seen }) => seen)).toEqual([expect.stringContaining('no maxmemory')])
  expect(run.code).toBe(0)
})
