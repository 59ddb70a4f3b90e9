import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type ChaosProxy, startProxy } from './index.ts'

/** An echo server behind a proxy. */
async function startEcho(): Promise<ChaosProxy> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startProxy((server.address() as { port: number }).port)
  onTestFinished(async () => {
    await proxy.stop()
    server.close()
  })
  return proxy
}

interface Peer {
  readonly socket: Socket
  readonly chunks: Buffer[]
  heard(): string
  closed(): string | undefined
}

async function connectTo(proxy: ChaosProxy): Promise<Peer> {
  const socket = createConnection({ port: proxy.port, host: proxy.host, noDelay: true })
  const chunks: Buffer[] = []
  let closed: string | undefined
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    closed = error.code
  })
  socket.on('end', () => {
    closed ??= 'end'
  })
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  return { socket, chunks, heard: () => Buffer.concat(chunks).toString(), closed: () => closed }
}

test('without faults everything passes and is counted', async () => {
  const proxy = await startEcho()
  const peer = await connectTo(proxy)
  const sent = Buffer.alloc(1 << 20, 'ab')
  peer.socket.end(sent)
  await vi.waitFor(() => expect(peer.closed()).toBe('end'))
  expect(Buffer.concat(peer.chunks).equals(sent)).toBe(true)
  expect(proxy.passed).toEqual({ toServer: sent.length, toClient: sent.length })
  await vi.waitFor(() => expect(proxy.links).toBe(0))
})

test('a delay holds chunks back in both directions and keeps their order', async () => {
  const proxy = await startEcho()
  const peer = await connectTo(proxy)
  proxy.delay(40)
  const start = Date.now()
  for (const text of ['a', 'b', 'c']) peer.socket.write(text)
  await vi.waitFor(() => expect(peer.heard()).toBe('abc'))
  expect(Date.now() - start).toBeGreaterThanOrEqual(78)
})

test('small chunks arrive whole', async () => {
  const proxy = await startEcho()
  const peer = await connectTo(proxy)
  proxy.split(1)
  peer.socket.write('0123456789'.repeat(10))
  await vi.waitFor(() => expect(peer.heard()).toBe('0123456789'.repeat(10)))
  expect(peer.chunks.length).toBeGreaterThan(20)
})

for (const [how, seen] of [
  // With bytes still unread, some kernels report the reset as an end.
  ['reset', /^(ECONNRESET|end)$/],
  ['end', /^end$/],
] as const)
  test(`a cut by ${how} lets exactly the bytes before it through`, async () => {
    const proxy = await startEcho()
    const peer = await connectTo(proxy)
    const cut = proxy.cut({ direction: 'toClient', after: 7, how })
    peer.socket.write('0123456789')
    await cut
    await vi.waitFor(() => expect(peer.closed()).toMatch(seen))
    expect(peer.heard()).toBe('0123456')
    expect(proxy.passed.toClient).toBe(7)
    const next = await connectTo(proxy)
    next.socket.write('0123456789')
    await vi.waitFor(() => expect(next.heard()).toBe('0123456789'))
  })

test('a cut after nothing strikes the open link at once', async () => {
  const proxy = await startEcho()
  const peer = await connectTo(proxy)
  await vi.waitFor(() => expect(proxy.links).toBe(1))
  await proxy.cut({ direction: 'toServer', after: 0 })
  await vi.waitFor(() => expect(peer.closed()).toBe('ECONNRESET'))
  expect(proxy.passed).toEqual({ toServer: 0, toClient: 0 })
})

test('a frozen direction passes nothing, tells nobody, and delivers all when healed', async () => {
  const proxy = await startEcho()
  const peer = await connectTo(proxy)
  proxy.freeze('toClient')
  peer.socket.write('lost?')
  await vi.waitFor(() => expect(proxy.passed.toServer).toBe(5))
  expect(proxy.passed.toClient).toBe(0)
  expect(peer.closed()).toBeUndefined()
  proxy.heal()
  await vi.waitFor(() => expect(peer.heard()).toBe('lost?'))
})

test('both directions freeze, for new links too', async () => {
  const proxy = await startEcho()
  proxy.freeze()
  const peer = await connectTo(proxy)
  peer.socket.write('x')
  const healthy = await startEcho()
  const other = await connectTo(healthy)
  other.socket.write('y')
  await vi.waitFor(() => expect(other.heard()).toBe('y'))
  expect(proxy.passed).toEqual({ toServer: 0, toClient: 0 })
  proxy.heal()
  await vi.waitFor(() => expect(peer.heard()).toBe('x'))
})

test('reset strikes every open link, refuse every new one, and heal ends it', async () => {
  const proxy = await startEcho()
  const peers = [await connectTo(proxy), await connectTo(proxy)]
  await vi.waitFor(() => expect(proxy.links).toBe(2))
  proxy.refuse()
  proxy.reset()
  await vi.waitFor(() => expect(peers.map((peer) => peer.closed())).toEqual(['ECONNRESET', 'ECONNRESET']))
  const refused = await connectTo(proxy)
  await vi.waitFor(() => expect(refused.closed()).toBe('ECONNRESET'))
  proxy.heal()
  const healed = await connectTo(proxy)
  healed.socket.write('z')
  await vi.waitFor(() => expect(healed.heard()).toBe('z'))
})

test('a server that is not there resets the client', async () => {
  const proxy = await startProxy(1)
  onTestFinished(() => proxy.stop())
  const peer = await connectTo(proxy)
  await vi.waitFor(() => expect(peer.closed()).toBe('ECONNRESET'))
})
