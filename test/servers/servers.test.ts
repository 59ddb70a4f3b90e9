import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { describeEachServer, RawClient, servers, startServer, type TestServer } from './index.ts'

async function start(...args: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...args)
  onTestFinished(() => server.stop())
  return server
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describeEachServer('a server', (version) => {
  test('is the version it says and answers on its port and its socket', async () => {
    const server = await start({ version })
    const info = String(await server.call('INFO', 'server'))
    const [software, minor] = version.split('-')
    expect(info).toMatch(
      new RegExp(`${software === 'valkey' ? 'valkey' : 'redis'}_version:${minor!.replace('.', '\\.')}`),
    )
    expect([6379, 26379, 8080]).not.toContain(server.port)
    const client = await RawClient.open(server.port)
    expect(await client.call('PING')).toBe('PONG')
    client.close()
  })

  test('keeps its data over a restart when told to, on the same port', async () => {
    const server = await start({ version, config: { appendonly: 'yes' } })
    await server.call('SET', 'k', 'v')
    const { pid, port } = server
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(server.port).toBe(port)
    expect(await server.call('GET', 'k')).toBe('v')
  })
})

test('two servers share nothing', async () => {
  const [one, two] = await Promise.all([start(), start({ name: 'second one' })])
  await one.call('SET', 'k', '1')
  expect(await two.call('GET', 'k')).toBeNull()
  expect(one.dir).not.toBe(two.dir)
  expect(one.port).not.toBe(two.port)
})

test('configuration reaches the server, several lines of a directive included', async () => {
  const user = ['default on >secret ~* +@all', 'ann on >pw ~a:* +get']
  const server = await start({ config: { maxmemory: '10mb', user, requirepass: 'secret' } })
  expect(await server.call('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '10485760'])
  expect(await server.call('ACL', 'USERS')).toEqual(['ann', 'default'])
})

test('a wrong configuration rejects with what the server said', async () => {
  await expect(startServer({ config: { 'no-such-directive': 1 } })).rejects.toThrow(/did not start.*/)
  await expect(startServer({ version: 'redis-1.0' })).rejects.toThrow(servers().join(', '))
})

test('kill ends the process at once and calls in flight reject', async () => {
  const server = await start()
  const { pid } = server
  const blocked = server.call('BLPOP', 'none', 0)
  await Promise.all([expect(blocked).rejects.toThrow(), server.kill()])
  expect(server.running).toBe(false)
  expect(isAlive(pid)).toBe(false)
  await server.restart()
  expect(await server.call('PING')).toBe('PONG')
})

test('a peer that does not speak RESP2 fails the call', async () => {
  const peer = createServer((socket) => void socket.end('HTTP/1.1 400\r\n'))
  onTestFinished(() => void peer.close())
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  const client = await RawClient.open((peer.address() as { port: number }).port)
  await expect(client.call('PING')).rejects.toThrow('Not RESP2')
  expect(client.closed).toBe(true)
})

test('a paused server accepts connections and says nothing until it goes on', async () => {
  const server = await start()
  server.pause()
  const socket = createConnection(server.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const heard: string[] = []
  socket.on('data', (chunk) => heard.push(chunk.toString()))
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('PING\r\n')
  await vi.waitFor(() => expect(socket.bytesWritten).toBe(6))
  expect(heard).toEqual([])
  server.resume()
  await vi.waitFor(() => expect(heard.join('')).toBe('+PONG\r\n'))
})

test('stop removes the folder', async () => {
  const server = await startServer()
  expect(existsSync(server.dir)).toBe(true)
  await server.stop()
  expect(existsSync(server.dir)).toBe(false)
})

for (const end of ['SIGKILL', 'SIGTERM', 'exit'] as const)
  test(`servers and folders go with a process that ends by ${end}`, async () => {
    const module = fileURLToPath(new URL('./server.ts', import.meta.url))
    const script = `
      import { startServer } from ${JSON.stringify(module)}
      const servers = await Promise.all([startServer(), startServer()])
      servers[1].pause()
      console.log(JSON.stringify(servers.map(({ pid, dir }) => ({ pid, dir }))))
      process.stdin.once('data', () => process.exit())
    `
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve))
    const started = JSON.parse(line) as { pid: number; dir: string }[]
    expect(started.every(({ pid, dir }) => isAlive(pid) && readdirSync(dir).includes('server.log'))).toBe(true)
    if (end === 'exit') child.stdin.write('\n')
    else child.kill(end)
    await vi.waitFor(
      () => {
        expect(started.filter(({ pid }) => isAlive(pid))).toEqual([])
        expect(started.filter(({ dir }) => existsSync(dir))).toEqual([])
      },
      { timeout: 10_000 },
    )
  })
