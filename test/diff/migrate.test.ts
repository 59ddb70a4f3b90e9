// MIGRATE: from a real server and from the engine, to a real server, to an engine, and to peers that misbehave. Both sources
// answer alike, and a key is always somewhere.
import { createServer, type Server, type Socket } from 'node:net'
import { Clock, Engine } from '@ochre/embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort, startServer, type TestServer } from '../servers/index.ts'
import { type Pair, startPair } from './pair.ts'
import { Wire } from './wire.ts'

let sources: Pair
let realTarget: TestServer
let engineTarget: Engine
let ports: Readonly<Record<'redis' | 'engine', number>>
const cleanups: (() => void)[] = []

beforeAll(async () => {
  sources = await startPair()
  realTarget = await startServer({ version: 'redis-7.0', name: 'target' })
  engineTarget = await Engine.open()
  ports = { redis: realTarget.port, engine: (await engineTarget.listen()).port }
})
afterAll(async () => {
  await engineTarget.close()
  await realTarget[Symbol.asyncDispose]()
  await sources[Symbol.asyncDispose]()
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function open(port: number): Promise<Wire> {
  const wire = await Wire.open(port)
  cleanups.push(() => wire.close())
  return wire
}

/** A clean source of each kind, with a name for messages. */
async function openSources(): Promise<{ name: string; wire: Wire }[]> {
  return Promise.all(
    sources.sides.map(async ({ name, port }) => {
      const wire = await open(port)
      await wire.call('FLUSHALL')
      return { name, wire }
    }),
  )
}

const VALUES: readonly (readonly string[])[] = [
  ['SET', 'k', 'text\x00\xff\r\n'],
  ['SET', 'k', '12'],
  ['SET', 'k', 'x'.repeat(200_000)],
  ['RPUSH', 'k', 'a', 'b', '3'],
  ['SADD', 'k', '1', '2'],
  ['SADD', 'k', 'only'],
  ['HSET', 'k', 'f', 'v', 'g', '1'],
  ['ZADD', 'k', '1.5', 'a', '-inf', 'b'],
  ['XADD', 'k', '1-1', 'f', 'v'],
]

for (const targetName of ['redis', 'engine'] as const) {
  describe(`MIGRATE to ${targetName}`, () => {
    let target: Wire
    let port: string
    beforeEach(async () => {
      port = String(ports[targetName])
      target = await open(ports[targetName])
      // Redis keeps its links to targets, with who they logged in as.
      await target.call('CLIENT', 'KILL', 'TYPE', 'normal')
      await target.call('FLUSHALL')
      await target.call('SELECT', '3')
    })

    it('moves a value of every type', async () => {
      for (const { name, wire } of await openSources()) {
        for (const make of VALUES) {
          expect(await wire.call(...make)).not.toMatch(/^-/)
          const payload = await wire.call('DUMP', 'k')
          expect(await wire.call('MIGRATE', '127.0.0.1', port, 'k', '3', '5000'), name).toBe('+OK\r\n')
          expect(await wire.call('EXISTS', 'k')).toBe(':0\r\n')
          expect(await target.call('DUMP', 'k')).toBe(payload)
          await target.call('DEL', 'k')
        }
      }
    })

    it('does as its options say', async () => {
      const transcripts: string[][] = []
      for (const { wire } of await openSources()) {
        await target.call('FLUSHALL')
        await target.call('CONFIG', 'SET', 'requirepass', 'secret')
        const seen: string[] = []
        const call = async (...command: string[]): Promise<void> => {
          seen.push(`${command.join(' ')} -> ${await wire.call(...command)}`)
        }
        const migrate = (...rest: string[]): Promise<void> => call('MIGRATE', '127.0.0.1', port, ...rest)
        await wire.call('MSET', 'a', '1', 'b', '2', 'c', '3')
        await migrate('a', '3', '1000')
        await migrate('a', '3', '1000', 'AUTH', 'wrong')
        await migrate('a', '3', '1000', 'AUTH2', 'nobody', 'secret')
        await migrate('a', '99', '1000', 'AUTH', 'secret')
        await migrate('a', '3', '1000', 'COPY', 'AUTH', 'secret')
        await migrate('a', '3', '1000', 'AUTH', 'secret')
        await call('EXISTS', 'a')
        await migrate('a', '3', '1000', 'replace', 'AUTH2', 'default', 'secret')
        await call('EXISTS', 'a')
        await migrate('', '3', '0', 'AUTH', 'secret', 'KEYS', 'a', 'nosuch')
        await call('SET', 'a', 'again')
        await migrate('', '3', '0', 'AUTH', 'secret', 'KEYS', 'a', 'b', 'nosuch', 'c', 'b')
        await call('EXISTS', 'a', 'b', 'c')
        seen.push(await target.call('MGET', 'a', 'b', 'c'))
        transcripts.push(seen)
        await target.call('CONFIG', 'SET', 'requirepass', '')
      }
      expect(transcripts[1]).toEqual(transcripts[0])
    })

    it('takes the expiry along', async () => {
      for (const { name, wire } of await openSources()) {
        await wire.call('SET', 'k', 'v', 'PX', '100000')
        expect(await wire.call('MIGRATE', '127.0.0.1', port, 'k', '3', '5000'), name).toBe('+OK\r\n')
        const ttl = Number((await target.call('PTTL', 'k')).slice(1))
        expect(ttl).toBeGreaterThan(90_000)
        expect(ttl).toBeLessThanOrEqual(100_000)
        await target.call('DEL', 'k')
      }
    })
  })
}

/** A peer that does what it likes with each connection. */
async function startPeer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return String((server.address() as { port: number }).port)
}

describe('MIGRATE to a peer that misbehaves', () => {
  const peers: Readonly<Record<string, (socket: Socket) => void>> = {
    'never answers': (socket) => socket.resume(),
    'closes at once': (socket) => socket.destroy(),
    'confirms one key of two, then closes': (socket) => {
      socket.once('data', () => socket.end('+OK\r\n+OK\r\n'))
    },
    'confirms one key of two, then says nothing': (socket) => {
      socket.once('data', () => socket.write('+OK\r\n+OK\r\n'))
    },
    'refuses one key of two': (socket) => {
      socket.once('data', () => socket.write('+OK\r\n-BUSYKEY Target\r\n+OK\r\n'))
    },
    'refuses one key of two, then closes': (socket) => {
      socket.once('data', () => socket.end('+OK\r\n-BUSYKEY Target\r\n'))
    },
    'refuses everything with an odd text': (socket) => {
      socket.once('data', () => socket.write('-ONE a\r\n-TWO \x01b\r\n-THREE\r\n'))
    },
    'answers in pieces': (socket) => {
      socket.once('data', async () => {
        for (const byte of '+OK\r\n+OK\r\n+OK\r\n') {
          socket.write(byte)
          await new Promise(setImmediate)
        }
      })
    },
    'sends a line without an end': (socket) => {
      socket.once('data', () => socket.write('+'.repeat(5000)))
    },
  }
  for (const [title, peer] of Object.entries(peers)) {
    it(`that ${title}`, async () => {
      const port = await startPeer(peer)
      const transcripts = await Promise.all(
        (await openSources()).map(async ({ wire }) => {
          await wire.call('MSET', 'a', '1', 'b', '2')
          const reply = await wire.call('MIGRATE', '127.0.0.1', port, '', '0', '300', 'KEYS', 'a', 'b')
          return [reply, await wire.call('MGET', 'a', 'b')]
        }),
      )
      expect(transcripts[1]).toEqual(transcripts[0])
    })
  }

  it('that is not there', async () => {
    const port = String(await freePort())
    for (const host of ['127.0.0.1', 'nosuch.invalid', '', 'a b', '\x00']) {
      const transcripts = await Promise.all(
        (await openSources()).map(async ({ wire }) => {
          await wire.call('SET', 'a', '1')
          return [await wire.call('MIGRATE', host, port, 'a', '0', '2000'), await wire.call('GET', 'a')]
        }),
      )
      expect(transcripts[1]).toEqual(transcripts[0])
      expect(transcripts[1]![0]).toMatch(/^-IOERR/)
    }
  })
})

describe('MIGRATE from the engine', () => {
  const clock = new Clock(1_000_000)
  let engine: Engine
  let a: Wire
  let b: Wire
  beforeEach(async () => {
    engine = await Engine.open({ clock })
    const { port } = await engine.listen()
    a = await open(port)
    b = await open(port)
  })
  afterEach(() => engine.close())

  /** Begins a migration of `k` to a peer; resolves when the peer has got it. */
  async function begin(): Promise<{ answer(text: string): void }> {
    await a.call('SET', 'k', 'v')
    const socket = await new Promise<Socket>((resolve) => {
      void startPeer((peer) => peer.once('data', () => resolve(peer))).then((port) =>
        a.send(['MIGRATE', '127.0.0.1', port, 'k', '0', '5000']),
      )
    })
    return { answer: (text) => void socket.write(text) }
  }

  it('lets nobody change the key before it is deleted, while reading goes on', async () => {
    const peer = await begin()
    const writers: Wire[] = []
    for (const command of [
      ['APPEND', 'k', 'lost'],
      ['EVAL', "return redis.call('APPEND', KEYS[1], 'lost')", '1', 'k'],
      ['FLUSHALL'],
      ['SWAPDB', '0', '1'],
    ]) {
      const writer = await open(Number(engine.settings.port))
      writer.send(command)
      writers.push(writer)
    }
    b.send(['MULTI'], ['APPEND', 'k', 'lost'], ['EXEC'])
    expect(await b.frame()).toBe('+OK\r\n')
    const reader = await open(Number(engine.settings.port))
    expect(await reader.call('GET', 'k')).toBe('$1\r\nv\r\n')
    expect([b, ...writers].some((writer) => writer.hasFrame)).toBe(false)
    peer.answer('+OK\r\n+OK\r\n')
    expect(await a.frame()).toBe('+OK\r\n')
    expect(await writers[0]!.frame()).toBe(':4\r\n')
    expect(await b.frame()).toBe('+QUEUED\r\n')
    expect(await b.frame()).toMatch(/^\*1\r\n:/)
    for (const writer of writers.slice(1)) expect(await writer.frame()).not.toMatch(/^-/)
  })

  it('is not ended by CLIENT UNBLOCK or UNPAUSE, and ends with its time', async () => {
    await begin()
    const id = engine.sessions.values().next().value!.id
    expect(await b.call('CLIENT', 'UNBLOCK', String(id))).toBe(':0\r\n')
    expect(await b.call('CLIENT', 'UNPAUSE')).toBe('+OK\r\n')
    clock.advance(4999)
    expect(await b.call('PING')).toBe('+PONG\r\n')
    expect(a.hasFrame).toBe(false)
    clock.advance(1)
    expect(await a.frame()).toBe('-IOERR error or timeout reading to target instance\r\n')
    expect(await b.call('GET', 'k')).toBe('$1\r\nv\r\n')
    expect(await b.call('SET', 'k', 'w')).toBe('+OK\r\n')
  })

  it('goes on when the client has gone: what the target confirms is deleted', async () => {
    const peer = await begin()
    a.close()
    while (engine.sessions.size !== 1) await new Promise(setImmediate)
    peer.answer('+OK\r\n+OK\r\n')
    expect(await b.call('SETNX', 'other', '1')).toBe(':1\r\n')
    expect(await b.call('EXISTS', 'k')).toBe(':0\r\n')
  })

  it('does not outlive the engine', async () => {
    await begin()
    await engine.close()
    await expect(a.frame()).rejects.toThrow('closed')
  })

  it('is refused where it could not wait', async () => {
    await a.call('SET', 'k', 'v')
    const port = String(ports.engine)
    await a.call('MULTI')
    await a.call('MIGRATE', '127.0.0.1', port, 'k', '0', '100')
    await a.call('MIGRATE', '127.0.0.1', port, 'nosuch', '0', '100')
    expect(await a.call('EXEC')).toBe(
      '*2\r\n-ERR MIGRATE has to wait for another server, which transactions and scripts cannot\r\n+NOKEY\r\n',
    )
    const script = "return redis.pcall('MIGRATE', '127.0.0.1', ARGV[1], KEYS[1], 0, 100)"
    expect(await a.call('EVAL', script, '1', 'k', port)).toMatch(/^-ERR MIGRATE has to wait/)
    expect(await a.call('GET', 'k')).toBe('$1\r\nv\r\n')
  })
})
