// Requests and replies on one connection, against a peer that answers as told.
import { type Arg, ConnectionError, ReplyError, UsageError } from '@ochre/client'
import { DecodeMode, lookupCommand } from '@ochre/protocol'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type CallSettings, Command, type Request } from '../../packages/client/src/command.ts'
import { Connection } from '../../packages/client/src/connection.ts'
import { ask, boundCommand } from '../../packages/client/src/handshake.ts'
import { Node } from '../../packages/client/src/node.ts'
import { readOptions } from '../../packages/client/src/options.ts'
import { FakeClock, settle } from './fake-clock.ts'
import { checkLeaks } from './leak-check.ts'
import { connectScripted, courtesy, ScriptedPeer } from './scripted-peer.ts'

checkLeaks()

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function scripted(...args: Parameters<typeof connectScripted>): ReturnType<typeof connectScripted> {
  const made = await connectScripted(...args)
  closers.push(async () => {
    const closing = made.client.close({ drainMs: 0 })
    await made.clock.advance(2000)
    await closing
  })
  return made
}

/** Answers GET k:5 with 5 and so on. */
function echo(words: string[]): string | undefined {
  if (words[0] !== 'GET') return undefined
  const value = words[1]!.slice(2)
  return `$${value.length}\r\n${value}\r\n`
}

test('the handshake is one flush, and its answers may be cut at every byte', async () => {
  const wire: string[][] = []
  const answer = (words: string[]): string => {
    wire.push(words)
    return courtesy(words)!
  }
  for (let chunkBytes = 1; chunkBytes < 90; chunkBytes++) {
    const options = { db: 3, username: 'u', password: 'p', name: 'tests' }
    const { client, peer } = await scripted(answer, options, (made) => {
      made.courteous = false
      made.chunkBytes = chunkBytes
    })
    expect(client.health().nodes[0]!.greeting).toMatchObject({ server: 'redis', version: '9.9.9', protocol: 3, id: 7 })
    expect(peer.last.writes).toHaveLength(1)
  }
  expect(wire.slice(0, 4)).toEqual([
    ['HELLO', '3', 'AUTH', 'u', 'p', 'SETNAME', 'tests'],
    ['SELECT', '3'],
    ['CLIENT', 'SETINFO', 'LIB-NAME', 'ochre'],
    ['CLIENT', 'SETINFO', 'LIB-VER', '0.1.0'],
  ])
})

test('replies go to their calls in order, cut at every byte', async () => {
  const { client, peer } = await scripted(echo)
  for (let chunkBytes = 1; chunkBytes <= 12; chunkBytes++) {
    peer.chunkBytes = chunkBytes
    const keys = Array.from({ length: 50 }, (_, i) => `k:${i * 7}`)
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys.map((key) => key.slice(2)))
  }
})

describe('flushing', () => {
  test('all calls of a turn, also those behind chains of awaits, leave in one write', async () => {
    const { client, peer } = await scripted(echo)
    peer.last.writes.length = 0
    const late = async (hops: number): Promise<unknown> => {
      for (let i = 0; i < hops; i++) await null
      return client.get('k:x')
    }
    await Promise.all([client.get('k:a'), late(1), late(20), client.get('k:b')])
    expect(peer.last.writes.map((write) => write.requests)).toEqual([4])
  })

  test('a busy connection sends on without waiting for the replies of earlier writes', async () => {
    const { client, peer } = await scripted()
    const first = client.get('a')
    await settle()
    const second = client.get('b')
    await settle()
    expect(peer.last.requests).toEqual(['GET a', 'GET b'])
    peer.last.send('$1\r\n1\r\n$1\r\n2\r\n')
    expect(await Promise.all([first, second])).toEqual(['1', '2'])
  })

  test('a large burst leaves in pieces of about 64 KB, within the same turn', async () => {
    const { client, peer } = await scripted(() => '+OK\r\n')
    peer.last.writes.length = 0
    await Promise.all(Array.from({ length: 1000 }, () => client.set('k', 'x'.repeat(1000))))
    const sizes = peer.last.writes.map((write) => write.bytes)
    expect(sizes.length).toBeGreaterThan(10)
    expect(Math.max(...sizes)).toBeLessThan(70_000)
  })

  test('a full link gets nothing until it has room again', async () => {
    const { client, peer } = await scripted(echo)
    peer.last.full = true
    const first = client.get('k:1')
    await settle()
    const second = client.get('k:2')
    await settle()
    expect(peer.last.requests).toEqual(['GET k:1'])
    peer.last.drain()
    expect(await Promise.all([first, second])).toEqual(['1', '2'])
  })
})

describe('what the server may do', () => {
  test('an error reply rejects its own call only, at once inside of other replies', async () => {
    const { client, peer } = await scripted()
    const calls = [client.get('a'), client.get('b'), client.get('c')]
    const settled = Promise.allSettled(calls)
    await settle()
    peer.last.send('$1\r\n1\r\n-WRONGTYPE Operation against a key\r\n$1\r\n3\r\n')
    const [a, b, c] = await settled
    expect([a, c]).toEqual([
      { status: 'fulfilled', value: '1' },
      { status: 'fulfilled', value: '3' },
    ])
    const error = (b as PromiseRejectedResult).reason
    expect(error).toBeInstanceOf(ReplyError)
    expect(error.code).toBe('WRONGTYPE')
  })

  test('pushes between replies disturb nothing', async () => {
    const { client, peer } = await scripted()
    const call = client.get('a')
    await settle()
    peer.last.send('>2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n$1\r\n1\r\n>1\r\n+x\r\n')
    expect(await call).toBe('1')
  })

  test.each([
    ['bytes that are no RESP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a reply that nothing asked for', '+OK\r\n'],
  ])('%s end the connection, and the client connects anew', async (_, wire) => {
    const { client, peer, clock } = await scripted()
    peer.last.send(wire)
    await clock.advance(100)
    expect(peer.links).toHaveLength(2)
    expect(peer.links[0]!.closed).toBe(true)
    const call = client.get('a')
    await settle()
    peer.last.send('$1\r\n1\r\n')
    expect(await call).toBe('1')
  })

  test('garbage in the middle of replies settles what came before it and nothing wrongly', async () => {
    const { client, peer, clock } = await scripted()
    const calls = Promise.allSettled([client.set('a', '1'), client.set('b', '2'), client.set('c', '3')])
    await settle()
    peer.last.send('+OK\r\n$x\r\n+OK\r\n')
    await clock.advance(100)
    const outcomes = await calls
    expect(outcomes[0]).toEqual({ status: 'fulfilled', value: 'OK' })
    for (const outcome of outcomes.slice(1)) {
      const { reason } = outcome as PromiseRejectedResult
      expect(reason).toBeInstanceOf(ConnectionError)
      expect(reason).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true, cause: { code: 'PROTOCOL' } })
    }
  })
})

describe('replies as the caller wants them', () => {
  test('text, Buffers and raw replies of one connection may follow each other', async () => {
    const { client, peer } = await scripted()
    const calls = Promise.all([client.get('a'), client.buffers.get('a'), client.raw('GET', 'a'), client.get('a')])
    await settle()
    peer.last.send('$2\r\né\r\n'.replace('é', '\xc3\xa9').repeat(4))
    expect(await calls).toEqual(['é', Buffer.from('é'), '\xc3\xa9', 'é'])
  })

  test('a raw reply may be an error and is a value', async () => {
    const { client, peer } = await scripted()
    const call = client.raw('GET', 'a')
    await settle()
    peer.last.send('-ERR no\r\n')
    expect(await call).toMatchObject({ text: 'ERR no' })
  })
})

describe('what is the bug of the caller is thrown at once, before anything is sent', () => {
  test('wrong arguments', async () => {
    const { client, peer } = await scripted()
    expect(() => client.get(undefined as never)).toThrow(UsageError)
    expect(() => client.call()).toThrow(UsageError)
    expect(() => client.call('SET', 'k', null as never)).toThrow(UsageError)
    await settle()
    expect(peer.requests).toEqual([])
  })

  test('options that would quietly do nothing', async () => {
    const { client, peer } = await scripted()
    const job = { stream: 's', group: 'g', consumer: 'c' }
    const wrong: (() => unknown)[] = [
      () => client.with({ timeoutMS: 5 } as never),
      () => client.with({ timeoutMs: -5 }),
      () => client.with({ timeoutMs: Number.NaN }),
      () => client.with({ signal: new AbortController() as never }),
      () => client.subscribe('c', { bufer: 5 } as never),
      () => client.monitor({ size: 5 } as never),
      () => client.consume({ ...job, claimIdle: 5 } as never),
      () => client.readable('k', { chunk: 5 } as never),
      () => client.writable('k', { expire: 5 } as never),
      () => client.close({ drain: 5 } as never),
      () => client.runScript({ lua: '', sha: '' }, [], [], { readonly: true } as never),
    ]
    for (const call of wrong) expect(call).toThrow(UsageError)
    await expect(client.watch('k', () => null, { retry: 3 } as never)).rejects.toThrow(UsageError)
    const consumer = client.consume(job)
    await expect(consumer.work(() => {}, { parallel: 2 } as never)).rejects.toThrow(UsageError)
    consumer.stop()
    await settle()
    expect(peer.requests).toEqual([])
    expect(client.health().state).toBe('ready')
  })

  test('commands that would change the connection which all share', async () => {
    const { client, peer } = await scripted()
    for (const words of [
      ['SUBSCRIBE', 'c'],
      ['multi'],
      ['WATCH', 'k'],
      ['SELECT', '1'],
      ['client', 'reply', 'off'],
      ['MONITOR'],
    ]) {
      expect(() => client.call(...words)).toThrow(/changes the connection/)
    }
    await settle()
    expect(peer.requests).toEqual([])
  })
})

test('commands the table does not know are sent as they are', async () => {
  const { client, peer } = await scripted(() => '+OK\r\n')
  expect(await client.call('mymodule.do', 'config', 1, 2n, Buffer.from('x'))).toBe('OK')
  expect(await client.call('CONFIG', 'NOVELTY', 'x')).toBe('OK')
  expect(peer.requests).toEqual(['MYMODULE.DO config 1 2 x', 'CONFIG NOVELTY x'])
})

test('several connections share the load', async () => {
  const { client, peer } = await scripted(undefined, { connections: 3 })
  await settle()
  const calls = Array.from({ length: 30 }, (_, i) => client.get(`k:${i}`))
  await settle()
  const open = peer.links.map((link: ScriptedPeer['last']) => link.requests.length)
  expect(open).toEqual([10, 10, 10])
  for (const link of peer.links) link.send('$1\r\nx\r\n'.repeat(10))
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['x']))
})

describe('a batch', () => {
  const settings: CallSettings = {
    mode: DecodeMode.TEXT,
    timeoutMs: 5000,
    ownTimeout: false,
    signal: undefined,
    onResend: undefined,
    idempotent: false,
  }
  const request = (name: string, ...args: Arg[]): Request => ({ spec: lookupCommand(name)!, args })
  async function node(answer?: Parameters<typeof connectScripted>[0]) {
    const peer = new ScriptedPeer(answer)
    const clock = new FakeClock()
    const made = new Node(readOptions(peer, { clock, connections: 2 }).node)
    await made.connect()
    await settle()
    closers.push(async () => {
      await Promise.all([made.close(0), clock.advance(2000)])
    })
    const send = (...batch: Request[]): Promise<unknown> => {
      const command = new Command(batch[0]!.spec, batch[0]!.args, undefined, settings, batch)
      made.send(command)
      return command.promise
    }
    return { peer, clock, send }
  }

  test('is sent whole on one connection and answered with the list of its replies, errors included', async () => {
    const { peer, send } = await node((words) =>
      words[0] === 'INCR' ? '-ERR no\r\n' : `+${Buffer.from(words[1]!).toString('latin1')}\r\n`,
    )
    peer.chunkBytes = 3
    const large = Buffer.alloc(20_000, 'b')
    const batches = [
      send(request('get', 'a'), request('incr', 'b'), request('get', 'ç')),
      send(request('get', Buffer.from([0xff])), request('get', 'é'), request('set', 'k', large), request('get', 'ü')),
    ]
    expect(await Promise.all(batches)).toEqual([
      ['a', expect.objectContaining({ code: 'ERR' }), 'ç'],
      ['\ufffd', 'é', 'k', 'ü'],
    ])
    expect(peer.links.map((link) => link.requests.length).sort()).toEqual([3, 4])
  })

  test('is repeated as a whole after a loss when all of it only reads, and otherwise rejected as a whole', async () => {
    const { peer, clock, send } = await node()
    const reads = send(request('get', 'a'), request('get', 'b'))
    const mixed = send(request('get', 'c'), request('incr', 'd')).catch((error: unknown) => error)
    await settle()
    for (const link of [...peer.links]) {
      link.send('$1\r\n1\r\n')
      setImmediate(() => link.lose())
    }
    peer.answer = () => '$1\r\n2\r\n'
    await clock.advance(200)
    expect(await reads).toEqual(['2', '2'])
    expect(await mixed).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
  })

  test('of which the server ran nothing yet is repeated as a whole', async () => {
    let refusals = 4
    const { clock, send } = await node(() => (refusals-- > 0 ? '-LOADING not now\r\n' : ':1\r\n'))
    const batch = send(request('incr', 'a'), request('incr', 'b'))
    await clock.advance(1000)
    expect(await batch).toEqual([1, 1])
  })
})

test('a receiver of pushes that throws cannot disturb the replies around them; its error surfaces afterwards', async () => {
  const surfaced: unknown[] = []
  const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => {
    Promise.resolve()
      .then(callback)
      .catch((error) => surfaced.push(error))
  })
  try {
    const peer = new ScriptedPeer()
    const replies: unknown[] = []
    const connection = new Connection(
      peer,
      {
        onRefused: (_, command, error) => command.fail(error),
        onPush: () => {
          throw new Error('bug in a listener')
        },
        onUnsolicited: (_, reply) => {
          replies.push(reply)
          throw new Error('another bug')
        },
        onLost: () => {},
      },
      new FakeClock(),
    )
    await connection.opened
    const calls = [ask(connection, 'GET', 'a'), ask(connection, 'GET', 'b')]
    await settle()
    peer.last.send('>1\r\n+x\r\n$1\r\n1\r\n>1\r\n+x\r\n$1\r\n2\r\n+more\r\n')
    expect(await Promise.all(calls)).toEqual(['1', '2'])
    await settle()
    expect(replies).toEqual(['more'])
    expect(surfaced).toHaveLength(3)
    expect(connection.closed).toBe(false)
    connection.destroy()
    await settle()
  } finally {
    later.mockRestore()
  }
})

test('a request that is answered with pushes can be posted between others', async () => {
  const peer = new ScriptedPeer()
  const pushes: unknown[] = []
  const connection = new Connection(
    peer,
    {
      onRefused: (_, command, error) => command.fail(error),
      onPush: (_, items) => void pushes.push(items),
      onLost: () => {},
    },
    new FakeClock(),
  )
  await connection.opened
  connection.post(boundCommand(['SUBSCRIBE', 'c']))
  const ping = ask(connection, 'PING')
  await settle()
  expect(peer.last.requests).toEqual(['SUBSCRIBE c', 'PING'])
  peer.last.send('>3\r\n+subscribe\r\n+c\r\n:1\r\n+PONG\r\n')
  expect(await ping).toBe('PONG')
  expect(pushes).toEqual([['subscribe', 'c', 1]])
  connection.destroy()
  await settle()
})

test('what is sent on a connection that is over comes back as unsent', async () => {
  const peer = new ScriptedPeer()
  const lost: [Error | null, string[]][] = []
  const connection = new Connection(
    peer,
    {
      onRefused: (_, command, error) => command.fail(error),
      onPush: () => {},
      onLost: (_, cause, sent, unsent) => {
        lost.push([cause, [...sent.map(({ spec }) => `sent ${spec.name}`), ...unsent.map(({ spec }) => spec.name)]])
      },
    },
    new FakeClock(),
  )
  await connection.opened
  connection.send(boundCommand(['INCR', 'a']))
  await settle()
  connection.send(boundCommand(['INCR', 'b']))
  const cause = new Error('gone')
  connection.destroy(cause)
  connection.send(boundCommand(['GET', 'c']))
  expect(lost).toEqual([
    [cause, ['sent incr', 'incr']],
    [cause, ['get']],
  ])
  await settle()
})
