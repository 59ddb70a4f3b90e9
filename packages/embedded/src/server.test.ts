import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextRound } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { Engine } from './engine.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all!.some(({ address }) => address === '::1'))
const engines: Engine[] = []
const sockets: Socket[] = []

async function open(config: Record<string, string | number> = {}, clock = new Clock()): Promise<Engine> {
  const engine = await Engine.open({ config, clock })
  engines.push(engine)
  return engine
}

function dial(target: number | string): Socket {
  const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target)
  sockets.push(socket)
  socket.on('error', () => {})
  return socket
}

/** Sends and answers what came back once it ends with `end`, or all there was when the peer closed. */
function exchange(socket: Socket, bytes: string, end: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.endsWith(end)) resolve(received)
    })
    socket.on('close', () => resolve(received))
    socket.write(bytes, 'latin1')
  })
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  for (const socket of sockets.splice(0)) socket.destroy()
})

it('serves TCP on a free port', async () => {
  const engine = await open()
  const server = await engine.listen()
  expect(server.port).toBeGreaterThan(0)
  expect(await exchange(dial(server.port), 'SET k v\r\nGET k\r\n', 'v\r\n')).toBe('+OK\r\n$1\r\nv\r\n')
})

it('executes what all sockets have sent before it answers any of them', async () => {
  const engine = await open()
  const { port } = await engine.listen()
  const sockets = [dial(port), dial(port), dial(port)]
  await Promise.all(sockets.map((socket) => exchange(socket, 'PING\r\n', 'G\r\n')))
  const order: string[] = []
  const { turn } = engine
  engine.turn = (run) => {
    order.push('turn')
    turn.call(engine, run)
  }
  for (const { connection } of engine.sessions.values()) {
    const { carrier } = connection!
    const write = carrier.write.bind(carrier)
    carrier.write = (text) => {
      order.push('write')
      write(text)
    }
  }
  const answers = sockets.map((socket) => exchange(socket, 'INCR n\r\n', '\r\n'))
  expect(await Promise.all(answers)).toHaveLength(3)
  expect(order).toEqual(['turn', 'turn', 'turn', 'write', 'write', 'write'])
})

it('serves a path, also where a killed server left its socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ochre-'))
  const path = join(folder, 'socket')
  try {
    await (await open()).listen({ path })
    await (await open()).listen({ path })
    expect(await exchange(dial(path), 'PING\r\n', '\r\n')).toBe('+PONG\r\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe.skipIf(!hasIpv6)('IPv6', () => {
  it('has its addresses in brackets, and those of IPv4 as they are', async () => {
    const engine = await open()
    const { port, address } = await engine.listen({ host: '::' })
    expect(address).toBe(`[::]:${port}`)
    for (const [host, shown] of [
      ['::1', '[::1]'],
      ['127.0.0.1', '127.0.0.1'],
    ] as const) {
      const socket = connect(port, host)
      sockets.push(socket)
      const listed = await exchange(socket, 'CLIENT INFO\r\n', '\n\r\n')
      expect(listed).toContain(` addr=${shown}:${socket.localPort} laddr=${shown}:${port} `)
    }
  })
})

it('rejects when the port is taken', async () => {
  const engine = await open()
  const { port } = await engine.listen()
  await expect(engine.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it('refuses clients beyond maxclients', async () => {
  const { port } = await (await open({ maxclients: 1 })).listen()
  const first = dial(port)
  await exchange(first, 'PING\r\n', '\r\n')
  expect(await exchange(dial(port), '', 'never')).toBe('-ERR max number of clients reached\r\n')
})

it('keeps nothing of a client that it refused, whatever that one has sent or leaves open', async () => {
  const engine = await open({ maxclients: 1 })
  const { port } = await engine.listen()
  await exchange(dial(port), 'PING\r\n', '\r\n')
  const refused = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(refused)
  refused.on('error', () => {})
  refused.write('PING\r\n')
  while (engine.stats.rejectedConnections === 0) await nextRound()
  await engine.close()
})

it('disconnects a reader that lets more pile up than the limit', async () => {
  const engine = await open({ 'client-output-buffer-limit': 'normal 1mb 0 0' })
  const { port } = await engine.listen()
  const socket = dial(port)
  socket.pause()
  socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n${'x'.repeat(1_000_000)}\r\n${'GET k\r\n'.repeat(64)}`)
  while (engine.sessions.size === 0 || engine.stats.commands < 2) await nextRound()
  while (engine.sessions.size !== 0) await nextRound()
})

it('disconnects a reader that stays above the soft limit for too long, although nothing more is written to it', async () => {
  const clock = new Clock(0)
  const engine = await open({ 'client-output-buffer-limit': 'normal 0 1mb 10' }, clock)
  const { port } = await engine.listen()
  const socket = dial(port)
  socket.pause()
  socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n${'x'.repeat(1_000_000)}\r\n${'GET k\r\n'.repeat(64)}`)
  while (engine.stats.commands < 65) await nextRound()
  clock.advance(9_000)
  await nextRound()
  expect(engine.sessions.size).toBe(1)
  clock.advance(2_000)
  while (engine.sessions.size !== 0) await nextRound()
})

it('closes although a peer does not read', async () => {
  const engine = await open()
  const { port } = await engine.listen()
  const socket = dial(port)
  socket.pause()
  socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n${'x'.repeat(1_000_000)}\r\n${'GET k\r\n'.repeat(64)}`)
  while (engine.stats.commands < 65) await nextRound()
  await engine.close()
  expect(engine.sessions.size).toBe(0)
})

it('forgets a blocked client whose socket closes', async () => {
  const engine = await open()
  const { port } = await engine.listen()
  const socket = dial(port)
  socket.write('BLPOP l 0\r\n')
  while (engine.databases[0]!.waiters.size === 0) await nextRound()
  socket.destroy()
  while (engine.databases[0]!.waiters.size !== 0) await nextRound()
  expect(engine.sessions.size).toBe(0)
})
