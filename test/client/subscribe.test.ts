// Subscriptions and MONITOR, against a peer that answers as told and against real servers.
import {
  type Client,
  type ClientOptions,
  connect,
  ReplyError,
  type Subscription,
  type Target,
  UsageError,
} from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { type FakeClock, settle } from './fake-clock.ts'
import { checkLeaks } from './leak-check.ts'
import { type Answer, connectScripted, type PeerLink, type ScriptedPeer } from './scripted-peer.ts'

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${Buffer.from(text).toString('latin1')}\r\n`
const push = (...words: string[]): string => `>${words.length}\r\n${words.map(bulk).join('')}`

/** Confirms what a server would, in RESP3 or in RESP2. */
function confirms(type: '>' | '*' = '>'): Answer {
  return ([verb, name]) =>
    verb === 'PING'
      ? '+PONG\r\n'
      : /^[PS]?(UN)?SUBSCRIBE$/.test(verb!)
        ? `${type}3\r\n${bulk(verb!.toLowerCase())}${bulk(name!)}:1\r\n`
        : undefined
}

async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const found: T[] = []
  while (found.length < count) {
    const step = await items.next()
    if (step.done) break
    found.push(step.value)
  }
  return found
}

checkLeaks()

describe('a subscription of a scripted peer', () => {
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

  /** The link that carries the subscriptions. */
  function feed(peer: ScriptedPeer): PeerLink {
    return peer.openLinks.at(-1)!
  }

  test('is ready when all of its channels are confirmed, on a connection of its own', async () => {
    const { client, peer } = await scripted()
    const both = client.subscribe(['a', 'b'])
    let ready = false
    both.ready.then(() => {
      ready = true
    })
    await settle()
    expect(peer.links).toHaveLength(2)
    expect(feed(peer).requests).toEqual(['SUBSCRIBE a', 'SUBSCRIBE b'])
    feed(peer).send(push('subscribe', 'a', '1'))
    await settle()
    expect(ready).toBe(false)
    expect(client.health().subscriptions).toEqual({ channels: 2, patterns: 0, shardChannels: 0, unconfirmed: 1 })
    feed(peer).send(push('subscribe', 'b', '2'))
    await both.ready
    expect(client.health().subscriptions.unconfirmed).toBe(0)
  })

  test.each(['>', '*'] as const)('takes messages as pushes or as replies (%s), cut at every byte', async (type) => {
    const { client, peer } = await scripted(confirms(type))
    const messages = client.psubscribe('né*')
    await messages.ready
    const wire = push('pmessage', 'né*', 'née', 'zażółć').replace('>', type)
    for (let size = 1; size <= wire.length; size++) {
      peer.chunkBytes = size
      feed(peer).send(wire)
      expect((await messages.next()).value).toEqual({ channel: 'née', pattern: 'né*', message: 'zażółć' })
    }
  })

  test('shares its channel with others: subscribed with the first, given up with the last', async () => {
    const { client, peer } = await scripted(confirms())
    const [first, second] = [client.subscribe('a'), client.buffers.subscribe(['a', 'b'])]
    await Promise.all([first.ready, second.ready])
    feed(peer).send(push('message', 'a', 'é'))
    expect((await first.next()).value).toEqual({ channel: 'a', message: 'é' })
    expect((await second.next()).value).toEqual({ channel: 'a', message: Buffer.from('é') })
    second.close()
    await settle()
    feed(peer).send(push('message', 'a', '2'))
    for await (const { message } of first) {
      expect(message).toBe('2')
      break
    }
    await settle()
    expect(feed(peer).requests).toEqual(['SUBSCRIBE a', 'SUBSCRIBE b', 'UNSUBSCRIBE b', 'UNSUBSCRIBE a'])
    expect(await first.next()).toEqual({ done: true, value: undefined })
  })

  test('that ends and begins again in one turn is confirmed by its own answer', async () => {
    const { client, peer } = await scripted()
    const first = client.subscribe('a')
    await settle()
    first.close()
    const second = client.subscribe('a')
    let ready = false
    second.ready.then(() => {
      ready = true
    })
    await settle()
    expect(feed(peer).requests).toEqual(['SUBSCRIBE a', 'UNSUBSCRIBE a', 'SUBSCRIBE a'])
    feed(peer).send(push('subscribe', 'a', '1') + push('unsubscribe', 'a', '0'))
    await settle()
    expect(ready).toBe(false)
    feed(peer).send(push('subscribe', 'a', '1'))
    await second.ready
    await expect(first.ready).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
  })

  test('that is refused fails with the answer of the server, and harms no other', async () => {
    const { client, peer } = await scripted((words, link) =>
      words[1] === 'secret' ? '-NOPERM no permissions for the channel\r\n' : confirms()(words, link),
    )
    const [open, secret] = [client.subscribe('open'), client.subscribe(['other', 'secret'])]
    await expect(secret.ready).rejects.toBeInstanceOf(ReplyError)
    await expect(secret.next()).rejects.toMatchObject({ code: 'NOPERM' })
    await open.ready
    await settle()
    expect(feed(peer).requests.at(-1)).toBe('UNSUBSCRIBE other')
    feed(peer).send(push('message', 'open', 'x'))
    expect((await open.next()).value).toEqual({ channel: 'open', message: 'x' })
  })

  test('comes back by itself after a lost connection and says where messages may be missing', async () => {
    const { client, peer, clock } = await scripted(confirms())
    const quiet = client.subscribe('a')
    const telling = client.subscribe(['a', 'b'], { gaps: true })
    await Promise.all([quiet.ready, telling.ready])
    feed(peer).send(push('message', 'a', '1'))
    await settle()
    feed(peer).lose()
    await clock.advance(100)
    expect(feed(peer).requests).toEqual(['SUBSCRIBE a', 'SUBSCRIBE b'])
    feed(peer).send(push('message', 'a', '2'))
    expect(await take(quiet, 2)).toEqual([
      { channel: 'a', message: '1' },
      { channel: 'a', message: '2' },
    ])
    expect(await take(telling, 4)).toEqual([
      { channel: 'a', message: '1' },
      { gap: 'lost' },
      { gap: 'resumed' },
      { channel: 'a', message: '2' },
    ])
  })

  test('counts and tells what gave way to a slow reader, or ends there', async () => {
    const { client, peer } = await scripted(confirms())
    const dropping = client.subscribe('a', { buffer: 2, gaps: true })
    const strict = client.subscribe('a', { buffer: 2, whenFull: 'error' })
    await Promise.all([dropping.ready, strict.ready])
    feed(peer).send(['1', '2', '3', '4', '5'].map((text) => push('message', 'a', text)).join(''))
    await settle()
    expect([dropping.waiting, dropping.dropped]).toEqual([2, 3])
    expect(await take(dropping, 3)).toEqual([
      { gap: 'overflow', dropped: 3 },
      { channel: 'a', message: '4' },
      { channel: 'a', message: '5' },
    ])
    expect((await take(strict, 2)).map((item) => item.message)).toEqual(['1', '2'])
    await expect(strict.next()).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    dropping.close()
    await settle()
    expect(feed(peer).requests.at(-1)).toBe('UNSUBSCRIBE a')
  })

  test('fails when it is not confirmed within the deadline, with the reason', async () => {
    const { client, peer, clock } = await scripted(undefined, { timeoutMs: 1000 })
    peer.refusal = new Error('no route')
    const messages = client.subscribe('a')
    const failed = expect(messages.ready).rejects.toMatchObject({
      code: 'TIMEOUT',
      cause: { code: 'CONNECTION_FAILED', cause: { message: 'no route' } },
    })
    await clock.advance(1100)
    await failed
    await expect(messages.next()).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('ends with its signal', async () => {
    const { client } = await scripted(confirms())
    const controller = new AbortController()
    const messages = client.with({ signal: controller.signal }).subscribe('a')
    await messages.ready
    const read = messages.next()
    controller.abort(new Error('enough'))
    await expect(read).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    expect(await messages.next()).toMatchObject({ done: true })
    const late = client.with({ signal: controller.signal }).subscribe('a')
    await expect(late.ready).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('ends with the client, after what has arrived', async () => {
    const { client, peer, clock } = await scripted(confirms())
    const messages = client.subscribe('a')
    await messages.ready
    feed(peer).send(push('message', 'a', '1'))
    await settle()
    const closing = client.close()
    await clock.advance(2000)
    await closing
    expect((await take(messages, 5)).map((item) => item.message)).toEqual(['1'])
    const late = client.subscribe('a')
    await expect(late.ready).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await expect(late.next()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
  })

  test.each<[string, (client: Client, peer: ScriptedPeer, clock: FakeClock) => Promise<unknown>]>([
    [
      'waits for the next attempt',
      async (client, peer, clock) => {
        peer.refusal = new Error('no route')
        client.subscribe('a')
        await clock.advance(500)
      },
    ],
    [
      'is dialling',
      async (client, peer) => {
        peer.deaf = true
        client.subscribe('a')
        client.monitor()
        await settle()
      },
    ],
    ['is idle', async (client) => client.subscribe('a').close()],
    ['is subscribed', async (client) => client.subscribe('a').ready],
    ['is monitoring', async (client) => client.monitor().ready],
  ])('leaves no timer and no link when the client closes while it %s', async (_, prepare) => {
    const answer: Answer = (words, link) => (words[0] === 'MONITOR' ? '+OK\r\n' : confirms()(words, link))
    const { client, peer, clock } = await connectScripted(answer)
    await prepare(client, peer, clock)
    const closing = client.close({ drainMs: 0 })
    await clock.advance(1000)
    await closing
    await settle()
    expect([clock.pending, peer.openLinks.length]).toEqual([0, 0])
  })

  test('of a shard channel that moves away is asked for again', async () => {
    const { client, peer } = await scripted(confirms())
    const messages = client.ssubscribe('s', { gaps: true })
    await messages.ready
    feed(peer).send(push('sunsubscribe', 's', '0'))
    expect(await take(messages, 2)).toEqual([{ gap: 'lost' }, { gap: 'resumed' }])
    expect(feed(peer).requests).toEqual(['SSUBSCRIBE s', 'SSUBSCRIBE s'])
  })

  test('leaves an idle connection behind for a while, then none', async () => {
    const { client, peer, clock } = await scripted(confirms())
    const first = client.subscribe('a')
    await first.ready
    first.close()
    await clock.advance(9000)
    const second = client.subscribe('b')
    await second.ready
    expect(peer.links).toHaveLength(2)
    second.close()
    await clock.advance(9000)
    expect(peer.openLinks).toHaveLength(2)
    await clock.advance(2000)
    expect(peer.openLinks).toHaveLength(1)
  })

  test('lives through the watchdog in RESP2, where a PONG and messages come the same way', async () => {
    const peer: Answer = (words, link) => {
      if (words[0] === 'HELLO') return '-NOPROTO unsupported\r\n'
      if (words[0] === 'PING')
        return link.requests.some((r) => r.startsWith('SUB')) ? '*2\r\n$4\r\npong\r\n$0\r\n\r\n' : '+PONG\r\n'
      if (words[0] === 'CLIENT') return '+OK\r\n'
      return confirms('*')(words, link)
    }
    const made = await scripted(peer, {}, (scriptedPeer) => {
      scriptedPeer.courteous = false
    })
    const messages = made.client.subscribe('a')
    await messages.ready
    const link = feed(made.peer)
    for (let i = 0; i < 10; i++) await made.clock.advance(1250)
    expect(link.requests.filter((request) => request === 'PING').length).toBeGreaterThan(2)
    link.send(
      `*3\r\n${bulk('message')}${bulk('a')}${bulk('1')}*2\r\n$4\r\npong\r\n$0\r\n\r\n*3\r\n${bulk('message')}${bulk('a')}${bulk('2')}`,
    )
    expect((await take(messages, 2)).map((item) => item.message)).toEqual(['1', '2'])
    expect(link.closed).toBe(false)
  })

  test.each<[string, (client: Client) => unknown]>([
    ['no channel', (client) => client.subscribe([])],
    ['a number for a channel', (client) => client.subscribe(5 as unknown as string)],
    ['a buffer of nothing', (client) => client.subscribe('a', { buffer: 0 })],
  ])('with %s is refused at once', async (_, call) => {
    const { client, peer } = await scripted()
    expect(() => call(client)).toThrow(UsageError)
    expect(peer.links).toHaveLength(1)
  })
})

const open: Client[] = []
afterEach(async () => {
  for (const made of open.splice(0)) await made.close()
})

async function client(target: Target, options?: ClientOptions): Promise<Client> {
  const made = await connect(target, options)
  open.push(made)
  return made
}

/** What must hold everywhere. */
function behaviour(target: () => Target): void {
  test.each([2, 3] as const)('arrive by channel, pattern and shard channel in RESP%s', async (protocol) => {
    const redis = await client(target(), { protocol })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const news = redis.subscribe(['news', 'wieści'])
    const all = redis.buffers.psubscribe('n*')
    const shard = redis.ssubscribe('shard')
    const subscriptions: Subscription<unknown>[] = [news, all, shard]
    await Promise.all(subscriptions.map(({ ready }) => ready))
    expect(await redis.publish('news', 'zażółć')).toBe(2)
    expect(await redis.publish('wieści', '1')).toBe(1)
    expect(await redis.publish('noise', bytes)).toBe(1)
    expect(await redis.spublish('shard', 's')).toBe(1)
    expect(await take(news, 2)).toEqual([
      { channel: 'news', message: 'zażółć' },
      { channel: 'wieści', message: '1' },
    ])
    expect(await take(all, 2)).toEqual([
      { channel: 'news', pattern: 'n*', message: Buffer.from('zażółć') },
      { channel: 'noise', pattern: 'n*', message: bytes },
    ])
    expect(await take(shard, 1)).toEqual([{ channel: 'shard', message: 's' }])
    for (const subscription of subscriptions) await subscription.return()
    while ((await redis.publish('news', 'x')) > 0) await settle()
    expect(await redis.pubsubNumpat()).toBe(0)
  })

  test('arrive completely and in order, a hundred thousand of them', async () => {
    const redis = await client(target())
    const messages = redis.subscribe('burst', { buffer: 200_000 })
    await messages.ready
    const count = 100_000
    const published = Promise.all(Array.from({ length: count }, (_, i) => redis.publish('burst', i)))
    let next = 0
    for await (const { message } of messages) {
      if (message !== String(next)) expect(message).toBe(String(next))
      if (++next === count) break
    }
    expect(new Set(await published)).toEqual(new Set([1]))
  })

  test('arrive again after the server has cut the connection, behind a gap', async () => {
    const redis = await client(target())
    const messages = redis.subscribe('news', { gaps: true })
    await messages.ready
    expect(await redis.clientKill({ type: 'PUBSUB' })).toBe(1)
    expect(await take(messages, 2)).toEqual([{ gap: 'lost' }, { gap: 'resumed' }])
    expect(await redis.publish('news', 'back')).toBe(1)
    expect(await take(messages, 1)).toEqual([{ channel: 'news', message: 'back' }])
  })

  test('of a channel that the user may not hear are refused', async () => {
    const admin = await client(target())
    await admin.aclSetuser('listener', 'on', '>pw', 'resetchannels', '&open*', '+@all')
    const redis = await client(target(), { username: 'listener', password: 'pw' })
    await redis.subscribe('open:1').ready
    await expect(redis.subscribe('secret').ready).rejects.toMatchObject({ code: 'NOPERM' })
  })
}

describe('messages in the embedded engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.open()
  })
  afterAll(() => engine.close())
  behaviour(() => engine)
})

describeEachServer('messages', (version) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  behaviour(() => server.url)

  test('MONITOR tells every command with its exact words', async () => {
    const redis = await client(server.url, { db: 3 })
    const monitor = redis.buffers.monitor()
    await monitor.ready
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    await redis.set('"k"', bytes)
    for await (const { db, address, args, time } of monitor) {
      if (String(args[0]) !== 'SET') continue
      expect(db).toBe(3)
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/)
      expect(args).toEqual([Buffer.from('SET'), Buffer.from('"k"'), bytes])
      expect(Math.abs(time - Date.now())).toBeLessThan(60_000)
      break
    }
    expect(await monitor.next()).toMatchObject({ done: true })
  })

  test('MONITOR ends by the signal of its client', async () => {
    const redis = await client(server.url)
    const stop = new AbortController()
    const monitor = redis.with({ signal: stop.signal }).monitor()
    await monitor.ready
    stop.abort()
    await expect(take(monitor, 1000)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('MONITOR ends with an error when its connection is lost, and without one when the client closes', async () => {
    const redis = await client(server.url)
    const cut = redis.monitor()
    await cut.ready
    const [, id] = /id=(\d+) .*cmd=monitor/.exec(await redis.clientList())!
    await redis.clientKill({ id: Number(id) })
    await expect(take(cut, 10)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    const closed = redis.monitor()
    await closed.ready
    await redis.close()
    expect((await take(closed, 10)).length).toBeLessThan(10)
  })
})
