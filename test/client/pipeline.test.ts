// Pipelines, transactions, WATCH and scripts: against a peer that answers as told, real servers and the embedded engine.
import {
  type Client,
  type ClientOptions,
  connect,
  libraryFunction,
  ReplyError,
  script,
  UsageError,
} from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { settle } from './fake-clock.ts'
import { checkLeaks } from './leak-check.ts'
import { connectScripted } from './scripted-peer.ts'

describe('against a scripted peer', () => {
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

  test('a pipeline is one write, and its replies may be cut at every byte', async () => {
    const { client, peer } = await scripted()
    peer.last.writes.length = 0
    const wire = '$1\r\n1\r\n:2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n'
    for (let size = 1; size <= wire.length; size++) {
      peer.chunkBytes = size
      const call = client.pipeline().get('a').incr('n').lrange('l', 0, -1).exec()
      await settle()
      peer.last.send(wire)
      expect(await call).toEqual(['1', 2, ['a', 'b']])
    }
    expect(peer.last.writes.every((write) => write.requests === 3)).toBe(true)
  })

  test('an error rejects the pipeline with the first of them, and stands by its command in execSettled', async () => {
    const { client, peer } = await scripted()
    const wire = '+OK\r\n-WRONGTYPE no list\r\n:1\r\n-ERR other\r\n'
    const build = (): ReturnType<typeof pipe> => pipe(client)
    const pipe = (redis: Client) => redis.pipeline().set('a', 1).lpush('a', 1).incr('a').lpop('a')
    const first = build().exec()
    await settle()
    peer.last.send(wire)
    await expect(first).rejects.toMatchObject({ name: 'ReplyError', code: 'WRONGTYPE' })
    const second = build().execSettled()
    await settle()
    peer.last.send(wire)
    const outcomes = await second
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(outcomes[2]).toEqual({ status: 'fulfilled', value: 1 })
    expect((outcomes[3] as PromiseRejectedResult).reason).toMatchObject({ code: 'ERR' })
  })

  test('a pipeline of reads is sent again after a lost connection, one with a write is not', async () => {
    const { client, peer, clock } = await scripted()
    const reads = client.pipeline().get('a').get('b').exec()
    const writes = client.pipeline().get('a').incr('b').exec()
    const lost = expect(writes).rejects.toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    await settle()
    peer.last.send('$1\r\n1\r\n')
    await settle()
    peer.last.lose()
    await lost
    await clock.advance(100)
    expect(peer.last.requests).toEqual(['GET a', 'GET b'])
    peer.last.send('$1\r\n1\r\n$1\r\n2\r\n')
    expect(await reads).toEqual(['1', '2'])
  })

  test('a transaction is MULTI to EXEC in one write, and what refuses it is the cause', async () => {
    const { client, peer } = await scripted()
    peer.last.writes.length = 0
    const done = client.multi().incr('n').get('a').exec()
    await settle()
    expect(peer.last.requests).toEqual(['MULTI', 'INCR n', 'GET a', 'EXEC'])
    expect(peer.last.writes).toHaveLength(1)
    peer.last.send('+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n$-1\r\n')
    expect(await done).toEqual([1, null])
    const refused = client.multi().incr('n').get('a').execSettled()
    const failed = expect(refused).rejects.toMatchObject({
      name: 'ReplyError',
      code: 'EXECABORT',
      cause: { code: 'OOM' },
    })
    await settle()
    peer.last.send('+OK\r\n-OOM command not allowed\r\n+QUEUED\r\n-EXECABORT Transaction discarded\r\n')
    await failed
  })

  test('a transaction that the server could not take yet is sent again as a whole', async () => {
    const { client, peer, clock } = await scripted()
    const done = client.multi().incr('n').exec()
    await settle()
    peer.last.send('+OK\r\n-LOADING Redis is loading\r\n-EXECABORT Transaction discarded\r\n')
    await clock.advance(600)
    expect(peer.last.requests).toHaveLength(6)
    peer.last.send('+OK\r\n+QUEUED\r\n*1\r\n:1\r\n')
    expect(await done).toEqual([1])
  })

  test.each<[string, (client: Client) => unknown, RegExp]>([
    ['blocks', (client) => client.pipeline().blpop('a', 1), /BLPOP would hold up/],
    ['changes the connection', (client) => client.pipeline().call('SELECT', 1), /SELECT changes the connection/],
    ['is a transaction by itself', (client) => client.multi().call('MULTI'), /MULTI changes the connection/],
    [
      'is no argument',
      (client) =>
        client
          .pipeline()
          .get(null as never)
          .exec(),
      /Argument 1 is null/,
    ],
  ])('a pipeline refuses what %s, at once', async (_, call, message) => {
    const { client, peer } = await scripted()
    expect(() => call(client)).toThrow(UsageError)
    expect(() => call(client)).toThrow(message)
    await settle()
    expect(peer.requests).toEqual([])
  })

  test('a pipeline is used once', async () => {
    const { client, peer } = await scripted(() => ':1\r\n')
    const pipeline = client.pipeline().incr('n')
    expect(await pipeline.exec()).toEqual([1])
    expect(() => pipeline.exec()).toThrow(/executed once/)
    expect(peer.requests).toEqual(['INCR n'])
  })

  /** Answers WATCH, UNWATCH and MULTI as a server does; EXEC as told. */
  function watching(exec: () => string): (words: string[]) => string | undefined {
    return ([name]) => {
      if (name === 'EXEC') return exec()
      if (name === 'GET') return '$1\r\n5\r\n'
      return name === 'SET' ? '+QUEUED\r\n' : '+OK\r\n'
    }
  }

  test('watch runs on its own lane and again after a conflict, until it wins', async () => {
    const answers = ['*-1\r\n', '*-1\r\n', '*1\r\n+OK\r\n']
    const { client, peer, clock } = await scripted(watching(() => answers.shift()!))
    let runs = 0
    const done = client.watch(['a', 'b'], async (tx) => {
      runs++
      return tx.multi().set('a', Number(await tx.get('a')) + runs)
    })
    await clock.advance(500)
    expect(await done).toEqual(['OK'])
    expect(peer.links[0]!.requests).toEqual([])
    const attempt = (value: number): string[] => ['WATCH a b', 'GET a', 'MULTI', `SET a ${value}`, 'EXEC']
    expect(peer.links[1]!.requests).toEqual([...attempt(6), ...attempt(7), ...attempt(8)])
    expect(peer.links).toHaveLength(2)
    expect(client.health().nodes[0]!.pool).toMatchObject({ idle: 1, leased: 0 })
  })

  test('watch gives up after its retries with WATCH_CONFLICT', async () => {
    const { client, peer, clock } = await scripted(watching(() => '*-1\r\n'))
    const failed = expect(client.watch('a', (tx) => tx.multi().set('a', 1), { retries: 2 })).rejects.toMatchObject({
      code: 'WATCH_CONFLICT',
    })
    await clock.advance(500)
    await failed
    expect(peer.requests.filter((request) => request === 'EXEC')).toHaveLength(3)
  })

  test('the lane comes back clean: unwatched after a body that throws or changes nothing, closed when it owes replies', async () => {
    const { client, peer, clock } = await scripted(
      watching(() => '*1\r\n+OK\r\n'),
      { timeoutMs: 1000 },
    )
    const pool = (): object => client.health().nodes[0]!.pool
    await expect(
      client.watch('a', () => {
        throw new RangeError('mine')
      }),
    ).rejects.toThrow('mine')
    expect(await client.watch('a', () => null)).toBeNull()
    expect(peer.links[1]!.requests).toEqual(['WATCH a', 'UNWATCH', 'WATCH a', 'UNWATCH'])
    expect(pool()).toMatchObject({ idle: 1, leased: 0 })
    peer.answer = ([name]) => (name === 'WATCH' ? '+OK\r\n' : undefined)
    const late = expect(
      client.watch('a', async (tx) => tx.multi().set('a', (await tx.get('a')) ?? '')),
    ).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    await clock.advance(1200)
    await late
    expect(pool()).toMatchObject({ idle: 0, leased: 0 })
    expect(peer.links[1]!.closed).toBe(true)
  })

  test('a transaction whose connection is lost is not sent on another', async () => {
    const { client, peer, clock } = await scripted(([name]) => (name === 'WATCH' ? '+OK\r\n' : undefined))
    const failed = expect(client.watch('a', (tx) => tx.multi().set('a', 1))).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      maybeExecuted: true,
    })
    await clock.advance(10)
    expect(peer.links[1]!.requests).toContain('EXEC')
    peer.links[1]!.lose()
    await failed
    await clock.advance(1000)
    expect(peer.requests.filter((request) => request === 'EXEC')).toHaveLength(1)
  })

  test('watch takes transactions only, and only watch executes its own', async () => {
    const { client } = await scripted(watching(() => '*1\r\n+OK\r\n'))
    await expect(client.watch('a', () => client.pipeline().get('a'))).rejects.toThrow(/tx\.multi\(\)/)
    await expect(client.watch('a', (tx) => tx.multi().set('a', 1).exec() as never)).rejects.toThrow(
      /Return the transaction/,
    )
    await expect(client.watch([], (tx) => tx.multi())).rejects.toThrow(/needs a key/)
  })
})

const append = script({
  lua: `redis.call('RPUSH', KEYS[1], unpack(ARGV))
return redis.call('LRANGE', KEYS[1], 0, -1)`,
  keys: ['list'],
  args: { items: 'text[]' },
  reply: (reply) => (reply as unknown[]).map(String),
})
const peek = script({ lua: `return redis.call('LLEN', KEYS[1])`, keys: ['list'], readOnly: true, reply: Number })

/** What must hold everywhere. */
function behaviour(target: () => Promise<Client>): void {
  let redis: Client
  beforeAll(async () => {
    redis = await target()
  })
  afterAll(() => redis.close())
  beforeEach(async () => {
    await redis.call('FLUSHALL')
  })

  test('a pipeline gives typed replies in order, as text and as bytes', async () => {
    const replies = await redis
      .pipeline()
      .set('a', 'é')
      .get('a')
      .incrby('n', 5)
      .hset('h', { f: 'v' })
      .hgetall('h')
      .exec()
    expect(replies).toEqual(['OK', 'é', 5, 1, { f: 'v' }])
    expect(await redis.buffers.pipeline().get('a').lrange('missing', 0, -1).exec()).toEqual([Buffer.from('é'), []])
    const many = redis.pipeline()
    for (let i = 0; i < 10_000; i++) many.call('ECHO', i)
    expect((await many.exec()) as unknown[]).toEqual(Array.from({ length: 10_000 }, (_, i) => String(i)))
  })

  test('a large pipeline of text and bytes arrives as it was given', async () => {
    const bytes = Buffer.alloc(100_000, Buffer.from(Array.from({ length: 256 }, (_, i) => i)))
    const replies = await redis.buffers.pipeline().set('ż', bytes).set('b', 'ż'.repeat(10)).get('ż').get('b').exec()
    expect(replies[2]!.equals(bytes)).toBe(true)
    expect(String(replies[3])).toBe('ż'.repeat(10))
  })

  test('a transaction is all or nothing as the server means it: what fails while it runs stops nothing', async () => {
    expect(await redis.multi().set('a', 1).incr('a').exec()).toEqual(['OK', 2])
    const outcomes = await redis.multi().lpush('a', 'x').incr('a').execSettled()
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'WRONGTYPE' } })
    expect(outcomes[1]).toEqual({ status: 'fulfilled', value: 3 })
    const refused = redis.multi().incr('a').call('GET').exec()
    await expect(refused).rejects.toMatchObject({ code: 'EXECABORT', cause: { code: 'ERR' } })
    await expect(refused).rejects.toBeInstanceOf(ReplyError)
    expect(await redis.get('a')).toBe('3')
  })

  test('fifty counters at once in watch lose no step', async () => {
    const step = (): Promise<unknown> =>
      redis.watch('n', async (tx) => tx.multi().set('n', Number((await tx.get('n')) ?? 0) + 1), { retries: 1000 })
    await Promise.all(Array.from({ length: 50 }, step))
    expect(await redis.get('n')).toBe('50')
  })

  test('a watch whose body never ends is rejected when the client has closed', async () => {
    const leaving = await target()
    const waiting = leaving.watch('a', () => new Promise<never>(() => {}))
    await Promise.all([
      leaving.close({ drainMs: 10 }),
      expect(waiting).rejects.toMatchObject({ code: 'CLIENT_CLOSED' }),
    ])
  })

  test('a watched key that changes in between stops the transaction', async () => {
    let runs = 0
    const failed = redis.watch(
      'a',
      async (tx) => {
        runs++
        await redis.set('a', runs)
        return tx.multi().set('b', 1)
      },
      { retries: 2 },
    )
    await expect(failed).rejects.toMatchObject({ code: 'WATCH_CONFLICT' })
    expect([runs, await redis.get('b')]).toEqual([3, null])
  })

  test('scripts run where the server has forgotten them, alone, in pipelines and in transactions', async () => {
    await redis.call('SCRIPT', 'FLUSH')
    expect(await redis.run(append({ list: 'l', items: ['a', 'b'] }))).toEqual(['a', 'b'])
    await redis.call('SCRIPT', 'FLUSH')
    const pipeline = redis
      .pipeline()
      .run(append({ list: 'l', items: ['c'] }))
      .run(append({ list: 'm', items: ['x'] }))
    expect(await pipeline.run(peek({ list: 'l' })).exec()).toEqual([['a', 'b', 'c'], ['x'], 3])
    await redis.call('SCRIPT', 'FLUSH')
    expect(
      await redis
        .multi()
        .run(peek({ list: 'l' }))
        .run(peek({ list: 'm' }))
        .exec(),
    ).toEqual([3, 1])
    await expect(redis.run(script({ lua: 'return redis.error_reply("MINE no")' })({}))).rejects.toMatchObject({
      code: 'MINE',
    })
  })
}

describe('in the embedded engine', () => {
  let engine: Engine
  behaviour(async () => {
    engine = await Engine.open()
    return connect(engine)
  })
  afterAll(() => engine.close())
})

describeEachServer('on a real server', (version) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version })
  })
  afterAll(() => server.stop())
  describe.each<[string, ClientOptions]>([
    ['RESP3', {}],
    ['RESP2', { protocol: 2 }],
  ])('in %s', (_, options) => {
    behaviour(() => connect(server.url, options))
  })

  test('serialised bytes stay bytes among text, also in a transaction', async () => {
    const redis = await connect(server.url)
    for (const begin of [() => redis.pipeline(), () => redis.multi()]) {
      const [, dump, text, hash] = await begin().set('a', 'ż').dump('a').get('a').hgetall('h').exec()
      expect(dump).toBeInstanceOf(Buffer)
      expect(text).toBe('ż')
      expect(hash).toEqual({})
      expect(await redis.pipeline().del('b').restore('b', 0, dump!).get('b').exec()).toMatchObject({ 1: 'OK', 2: 'ż' })
    }
    await redis.close()
  })

  test('a function is loaded when its library is missing', async () => {
    const redis = await connect(server.url)
    const library = `#!lua name=tests
redis.register_function{function_name='twice', callback=function(_, args) return args[1] * 2 end, flags={'no-writes'}}`
    const twice = libraryFunction({ function: 'twice', library, args: { n: 'number' }, readOnly: true, reply: Number })
    expect(await redis.run(twice({ n: 21 }))).toBe(42)
    expect(
      await redis
        .pipeline()
        .run(twice({ n: 4 }))
        .exec(),
    ).toEqual([8])
    const unknown = libraryFunction({ function: 'unknown' })
    await expect(redis.run(unknown({}))).rejects.toMatchObject({ code: 'ERR' })
    await redis.close()
  })
})
