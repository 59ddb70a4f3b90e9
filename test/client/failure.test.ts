// What becomes of calls when something goes wrong, each case exactly once and without a real clock.
import { getEventListeners } from 'node:events'
import { type ClientOptions, ConnectionError, connect, ReplyError } from '@ochre/client'
import { StatusReply } from '@ochre/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
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
    // Whatever a test did, a closed client leaves no timer.
    expect(made.clock.pending).toBe(0)
  })
  return made
}

/** What became of a promise so far: its value, its error, or `pending`. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: 'pending' }
  promise.then(
    (value) => {
      watched.outcome = value
    },
    (error: unknown) => {
      watched.outcome = error
    },
  )
  return watched
}

describe('a lost connection', () => {
  test('reads and idempotent writes are sent again, other writes reject with maybeExecuted', async () => {
    const { client, peer, clock } = await scripted()
    const read = watch(client.get('r'))
    const write = watch(client.incr('w'))
    const harmless = watch(client.mset({ a: '1' }))
    const marked = watch(client.with({ idempotent: true }).set('m', '1'))
    await settle()
    peer.last.lose()
    await clock.advance(50)
    expect(write.outcome).toBeInstanceOf(ConnectionError)
    expect(write.outcome).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    expect(peer.links).toHaveLength(2)
    expect(peer.last.requests).toEqual(['GET r', 'MSET a 1', 'SET m 1'])
    peer.last.send('$1\r\nx\r\n+OK\r\n+OK\r\n')
    await settle()
    expect([read.outcome, harmless.outcome, marked.outcome]).toEqual(['x', 'OK', 'OK'])
  })

  test('what had not left yet is sent on the next connection, writes too, in order and before what waited', async () => {
    const { client, peer, clock } = await scripted()
    peer.last.full = true
    client.get('a').catch(() => {})
    await settle()
    const unsent = ['1', '2', '3'].map((value) => watch(client.rpush('list', [value])))
    peer.last.lose()
    const waited = watch(client.rpush('list', ['4']))
    await clock.advance(50)
    expect(peer.last.requests).toEqual(['GET a', 'RPUSH list 1', 'RPUSH list 2', 'RPUSH list 3', 'RPUSH list 4'])
    peer.last.send('$1\r\nx\r\n:1\r\n:2\r\n:3\r\n:4\r\n')
    await settle()
    expect([...unsent, waited].map(({ outcome }) => outcome)).toEqual([1, 2, 3, 4])
  })

  test('in the middle of the handshake is a failed attempt, and the next follows', async () => {
    const { client, peer, clock } = await scripted(undefined, { db: 1 })
    let broken = 5
    peer.courteous = false
    peer.answer = (words, link) => {
      if (broken > 0 && words[0] === 'HELLO') {
        broken--
        setImmediate(() => link.lose())
        return undefined
      }
      return courtesy(words) ?? '$1\r\nx\r\n'
    }
    peer.last.lose()
    const read = watch(client.get('a'))
    await clock.advance(5000)
    expect(broken).toBe(0)
    expect(read.outcome).toBe('x')
    expect(client.health().nodes[0]!.waiting.count).toBe(0)
  })

  test('a read that keeps losing its connection is given up after maxRetries', async () => {
    const { client, peer, clock } = await scripted((_, link) => void setImmediate(() => link.lose()), { maxRetries: 2 })
    const read = watch(client.get('a'))
    await clock.advance(1000)
    expect(read.outcome).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    expect(peer.requests).toEqual(['GET a', 'GET a', 'GET a'])
  })

  test('calls made while there is no connection wait, and the client connects with growing pauses', async () => {
    const { client, peer, clock } = await scripted(() => '+OK\r\n', { backoff: { minMs: 100, maxMs: 400 } })
    clock.chance = 1
    peer.refusal = new Error('refused')
    peer.last.lose()
    const write = watch(client.set('k', 'v'))
    const dials: number[] = []
    let dialled = peer.links.length
    for (let ms = 1; ms <= 1600; ms++) {
      await clock.advance(1)
      if (peer.links.length > dialled) dials.push(ms)
      dialled = peer.links.length
    }
    expect(dials).toEqual([100, 300, 700, 1100, 1500])
    expect(client.health()).toMatchObject({
      state: 'connecting',
      nodes: [{ waiting: { count: 1 }, losses: 1, lastFailure: { code: 'CONNECTION_FAILED' } }],
    })
    expect(write.outcome).toBe('pending')
    peer.refusal = null
    await clock.advance(400)
    expect(write.outcome).toBe('OK')
    expect(client.health()).toMatchObject({
      state: 'ready',
      nodes: [{ lastFailure: null, waiting: { count: 0, bytes: 0 } }],
    })
  })

  test('the pauses are random from zero to their limit', async () => {
    const { peer, clock } = await scripted(undefined, { backoff: { minMs: 100, maxMs: 400 } })
    clock.chance = 0
    peer.last.lose()
    await clock.advance(0)
    expect(peer.links).toHaveLength(2)
  })

  test('without the offline queue calls fail at once and certainly did not run', async () => {
    const { client, peer } = await scripted(undefined, { queue: { offline: false } })
    peer.last.lose()
    await expect(client.set('k', 'v')).rejects.toMatchObject({ code: 'CONNECTION_FAILED', maybeExecuted: false })
  })
})

describe('deadlines', () => {
  test('a call without a reply fails in time, and its late reply does not go to the next call', async () => {
    const { client, peer, clock } = await scripted(undefined, { timeoutMs: 1000, watchdogMs: 0 })
    const late = watch(client.incr('a'))
    await clock.advance(500)
    const next = watch(client.get('b'))
    await clock.advance(480)
    expect(late.outcome).toBe('pending')
    await clock.advance(60)
    expect(late.outcome).toBeInstanceOf(ConnectionError)
    expect(late.outcome).toMatchObject({ code: 'TIMEOUT', maybeExecuted: true })
    peer.last.send(':1\r\n$1\r\nb\r\n')
    await settle()
    expect(next.outcome).toBe('b')
  })

  test('the deadline covers the time in the queue, where it is certain that nothing ran, and says why it waited', async () => {
    const { client, peer, clock } = await scripted(undefined, { timeoutMs: 1000 })
    peer.refusal = new Error('refused')
    peer.last.lose()
    const write = watch(client.set('k', 'v'))
    await clock.advance(1100)
    expect(write.outcome).toMatchObject({
      code: 'TIMEOUT',
      maybeExecuted: false,
      cause: { code: 'CONNECTION_FAILED', cause: { message: 'refused' } },
    })
    expect(client.health().nodes[0]!.waiting).toEqual({ count: 0, bytes: 0 })
  })

  test('each call can have its own, or none', async () => {
    const { client, clock } = await scripted(undefined, { timeoutMs: 1000, watchdogMs: 0 })
    const short = watch(client.with({ timeoutMs: 100 }).get('a'))
    const usual = watch(client.get('b'))
    const none = watch(client.with({ timeoutMs: 0 }).get('c'))
    await clock.advance(150)
    expect([short.outcome, usual.outcome]).toMatchObject([{ code: 'TIMEOUT' }, 'pending'])
    await clock.advance(60_000)
    expect([usual.outcome, none.outcome]).toMatchObject([{ code: 'TIMEOUT' }, 'pending'])
  })

  test('time in which the process itself was stalled does not count, nor does the silence in it', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'PING' ? '+PONG\r\n' : undefined), {
      timeoutMs: 1000,
    })
    const read = watch(client.get('a'))
    await clock.advance(100)
    clock.stall(60_000)
    await clock.advance(100)
    expect(read.outcome).toBe('pending')
    expect(peer.links).toHaveLength(1)
    peer.last.send('$1\r\nx\r\n')
    await settle()
    expect(read.outcome).toBe('x')
    const late = watch(client.get('b'))
    clock.stall(60_000)
    await clock.advance(1100)
    expect(late.outcome).toMatchObject({ code: 'TIMEOUT' })
  })

  test('ten thousand calls in flight need one timer', async () => {
    const { client, clock } = await scripted(undefined, { watchdogMs: 0 })
    const before = clock.pending
    for (let i = 0; i < 10_000; i++) client.get('a').catch(() => {})
    await settle()
    expect(clock.pending - before).toBeLessThanOrEqual(1)
  })
})

describe('an abort signal', () => {
  test('ends a call before it is sent, while it waits, in flight, and between repetitions', async () => {
    const { client, peer, clock } = await scripted(() => undefined)
    const abort = (): [AbortController, typeof client] => {
      const controller = new AbortController()
      return [controller, client.with({ signal: controller.signal })]
    }
    const [before, beforeClient] = abort()
    before.abort(new Error('mine'))
    await expect(beforeClient.incr('a')).rejects.toMatchObject({
      code: 'ABORTED',
      maybeExecuted: false,
      cause: { message: 'mine' },
    })
    const [flying, flyingClient] = abort()
    const inFlight = watch(flyingClient.incr('b'))
    await settle()
    flying.abort()
    await settle()
    expect(inFlight.outcome).toMatchObject({ code: 'ABORTED', maybeExecuted: true })
    peer.answer = () => '-LOADING dataset in memory\r\n'
    const [between, betweenClient] = abort()
    const repeating = watch(betweenClient.get('c'))
    peer.last.send(':1\r\n')
    await settle()
    expect(client.health().nodes[0]!.waiting.count).toBe(1)
    between.abort()
    await settle()
    expect(repeating.outcome).toMatchObject({ code: 'ABORTED', maybeExecuted: false, cause: { name: 'AbortError' } })
    peer.refusal = new Error('refused')
    peer.last.lose()
    const [waiting, waitingClient] = abort()
    const queued = watch(waitingClient.incr('d'))
    waiting.abort()
    await clock.advance(0)
    expect(queued.outcome).toMatchObject({ code: 'ABORTED', maybeExecuted: false })
    expect(client.health().nodes[0]!.waiting).toEqual({ count: 0, bytes: 0 })
    expect(peer.requests).toEqual(['INCR b', 'GET c'])
  })

  test('has one listener for all calls and none once they are settled', async () => {
    const { client } = await scripted(() => '+OK\r\n')
    const controller = new AbortController()
    const { signal } = controller
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const calls = Array.from({ length: 50 }, () => client.with({ signal }).set('a', 'b'))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all(calls)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const more = Array.from({ length: 3 }, () => watch(client.with({ signal }).set('a', 'b')))
    controller.abort()
    await settle()
    for (const { outcome } of more) expect(outcome).toMatchObject({ code: 'ABORTED' })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('bounds', () => {
  const offline = async (queue: ClientOptions['queue'] & object): ReturnType<typeof scripted> => {
    const made = await scripted(() => '+OK\r\n', { queue })
    made.peer.refusal = new Error('refused')
    made.peer.last.lose()
    return made
  }

  test('by count: the new call is rejected', async () => {
    const { client } = await offline({ maxCount: 2 })
    const kept = [watch(client.set('a', '1')), watch(client.set('b', '1'))]
    await expect(client.set('c', '1')).rejects.toMatchObject({ code: 'QUEUE_FULL', maybeExecuted: false })
    expect(kept.map(({ outcome }) => outcome)).toEqual(['pending', 'pending'])
  })

  test('by bytes, or the oldest makes room', async () => {
    const { client, peer, clock } = await offline({ maxBytes: 3000, whenFull: 'drop-oldest' })
    const calls = ['a', 'b', 'c', 'd'].map((key) => watch(client.set(key, 'x'.repeat(1000))))
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'QUEUE_FULL' },
      { code: 'QUEUE_FULL' },
      'pending',
      'pending',
    ])
    await expect(client.set('e', 'x'.repeat(4000))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    peer.refusal = null
    await clock.advance(10_000)
    expect(peer.openLinks).toHaveLength(1)
  })

  test('in flight too, by count and by bytes', async () => {
    const { client } = await scripted(undefined, { queue: { maxCount: 3, maxBytes: 1000 } })
    for (const key of ['a', 'b', 'c']) client.get(key).catch(() => {})
    await expect(client.get('d')).rejects.toMatchObject({ code: 'QUEUE_FULL', maybeExecuted: false })
    const second = await scripted(undefined, { queue: { maxBytes: 1000 } })
    second.client.set('a', 'x'.repeat(800)).catch(() => {})
    await expect(second.client.set('a', 'x'.repeat(800))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })
})

describe('a server that says "not now"', () => {
  test.each(['LOADING', 'BUSY', 'MASTERDOWN', 'TRYAGAIN', 'CLUSTERDOWN'])(
    '%s: any call is repeated until it works',
    async (word) => {
      let refusals = 3
      const { client, peer, clock } = await scripted(() => (refusals-- > 0 ? `-${word} not now\r\n` : ':1\r\n'))
      const write = watch(client.incr('a'))
      await clock.advance(1000)
      expect(write.outcome).toBe(1)
      expect(peer.links).toHaveLength(1)
      expect(peer.requests).toHaveLength(4)
    },
  )

  test('at the deadline the refusal is the cause', async () => {
    const { client, clock } = await scripted(() => '-LOADING not now\r\n', { timeoutMs: 1000 })
    const write = watch(client.incr('a'))
    await clock.advance(1100)
    expect(write.outcome).toMatchObject({ code: 'TIMEOUT', maybeExecuted: false, cause: { code: 'LOADING' } })
  })

  test('without a deadline the refusal is the answer', async () => {
    const { client } = await scripted(() => '-BUSY script\r\n')
    await expect(client.with({ timeoutMs: 0 }).incr('a')).rejects.toMatchObject({ code: 'BUSY' })
  })

  test('READONLY: a demoted primary is left, and what is in flight there may finish', async () => {
    const { client, peer, clock } = await scripted((words, link) => {
      if (words[0] === 'GET') return undefined
      return link === peer.links[0] ? "-READONLY You can't write against a read only replica.\r\n" : ':1\r\n'
    })
    const write = watch(client.incr('a'))
    const read = watch(client.get('slow'))
    await clock.advance(200)
    expect(peer.links).toHaveLength(2)
    expect(write.outcome).toBe(1)
    expect(peer.links[0]!.closed).toBe(false)
    peer.links[0]!.send('$1\r\nx\r\n')
    await clock.advance(3000)
    expect(read.outcome).toBe('x')
    expect(peer.links[0]!.closed).toBe(true)
    expect(client.health().nodes[0]!.losses).toBe(0)
  })

  test('READONLY for good is the answer after maxRetries, and connections are not replaced in a storm', async () => {
    const { client, peer, clock } = await scripted(() => '-READONLY no\r\n')
    const writes = Array.from({ length: 20 }, () => watch(client.incr('a')))
    await clock.advance(3000)
    for (const { outcome } of writes) expect(outcome).toBeInstanceOf(ReplyError)
    expect(peer.links.length).toBeLessThan(5)
  })
})

describe('the watchdog', () => {
  test('an idle connection is asked whether it lives', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'PING' ? '+PONG\r\n' : undefined))
    await clock.advance(60_000)
    expect(peer.links).toHaveLength(1)
    expect(peer.requests.length).toBeGreaterThan(10)
    expect(new Set(peer.requests)).toEqual(new Set(['PING']))
    expect(client.health().nodes[0]!.latencyMs).toBe(0)
  })

  test('a half-open connection is found within five seconds of its last byte, idle or not', async () => {
    for (const [lead, busy] of [
      [0, false],
      [1000, true],
      [1249, true],
      [1300, false],
    ] as const) {
      let silent = false
      const { client, peer, clock } = await scripted(
        (words, link) => {
          if (silent && link === peer.links[0]) return undefined
          return words[0] === 'PING' ? '+PONG\r\n' : '$1\r\nx\r\n'
        },
        { timeoutMs: 10_000 },
      )
      await clock.advance(10_000 + lead)
      expect(await client.get('a')).toBe('x')
      silent = true
      const start = clock.now()
      const read = watch(busy ? client.get('b') : Promise.resolve('x'))
      while (peer.links[0]!.closed === false) await clock.advance(50)
      expect(clock.now() - start).toBeLessThanOrEqual(5050)
      expect(clock.now() - start).toBeGreaterThan(3000)
      await clock.advance(200)
      expect(peer.links).toHaveLength(2)
      expect(read.outcome).toBe('x')
    }
  })

  test('a call that was given more time gets it', async () => {
    const { client, peer, clock } = await scripted()
    const slow = watch(client.with({ timeoutMs: 20_000 }).call('EVAL', 'slow', 0))
    await clock.advance(15_000)
    expect(slow.outcome).toBe('pending')
    peer.last.send('+done\r\n+PONG\r\n')
    await settle()
    expect(slow.outcome).toBe('done')
    expect(peer.links).toHaveLength(1)
  })
})

describe('blocking commands', () => {
  test('go to a connection of their own and never delay others', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'GET' ? '$1\r\nx\r\n' : undefined))
    const pop = watch(client.blpop('l', 2))
    await clock.advance(0)
    expect(await client.get('a')).toBe('x')
    expect(peer.links.map((link) => link.requests)).toEqual([['GET a'], ['BLPOP l 2']])
    peer.links[1]!.send('*2\r\n$1\r\nl\r\n$1\r\nv\r\n')
    await settle()
    expect(pop.outcome).not.toBe('pending')
    const again = watch(client.blpop('l', 2))
    await clock.advance(0)
    expect(peer.links).toHaveLength(2)
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 1, idle: 0, opened: 1 })
    peer.links[1]!.send('_\r\n')
    await settle()
    expect(again.outcome).toBeNull()
  })

  test('their deadline is their own timeout plus the usual one; without a timeout there is none', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'PING' ? '+PONG\r\n' : undefined), {
      timeoutMs: 1000,
    })
    const pop = watch(client.blpop('l', 3))
    const read = watch(client.xread({ s: '$' }, { block: 3000 }))
    const forEver = watch(client.blpop('l', 0))
    await clock.advance(3900)
    expect([pop.outcome, read.outcome]).toEqual(['pending', 'pending'])
    await clock.advance(200)
    expect(pop.outcome).toMatchObject({ code: 'TIMEOUT', maybeExecuted: true })
    expect(read.outcome).toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(600_000)
    expect(forEver.outcome).toBe('pending')
    // The connections of those that timed out still block and are of no more use.
    expect(peer.openLinks).toHaveLength(2)
  })

  test('an aborted one gives up its connection', async () => {
    const { client, peer, clock } = await scripted()
    const controller = new AbortController()
    const pop = watch(client.with({ signal: controller.signal }).blpop('l', 0))
    await clock.advance(0)
    controller.abort()
    await settle()
    expect(pop.outcome).toMatchObject({ code: 'ABORTED', maybeExecuted: true })
    expect(peer.openLinks).toHaveLength(1)
  })

  test('one that only reads is repeated after a lost connection, one that pops is not', async () => {
    const { client, peer, clock } = await scripted()
    const pop = watch(client.blpop('l', 0))
    const read = watch(client.xread({ s: '$' }, { block: 0 }))
    await clock.advance(0)
    for (const link of peer.links.slice(1)) link.lose()
    await clock.advance(500)
    expect(pop.outcome).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    expect(peer.last.requests).toEqual(['XREAD BLOCK 0 STREAMS s $'])
    peer.last.send('_\r\n')
    await settle()
    expect(read.outcome).not.toBe('pending')
  })

  test('that the server refuses for now are repeated, with and without a deadline', async () => {
    let refusals = 4
    const { client, peer, clock } = await scripted((words) => {
      if (words[0] === 'PING') return '+PONG\r\n'
      return refusals-- > 0 ? '-LOADING not now\r\n' : '*2\r\n$1\r\nl\r\n$1\r\nv\r\n'
    })
    const pops = [watch(client.blpop('l', 0)), watch(client.blpop('l', 1))]
    await clock.advance(1000)
    for (const { outcome } of pops) expect(outcome).toEqual(['l', 'v'])
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 0, waiting: 0 })
    peer.answer = () => '-WRONGTYPE no\r\n'
    await expect(client.blpop('l', 0)).rejects.toMatchObject({ code: 'WRONGTYPE' })
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 0 })
  })

  test('WAIT stays on the connection whose writes it waits for', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'WAIT' ? ':0\r\n' : '+OK\r\n'))
    await Promise.all([client.set('a', '1'), client.wait(1, 100)])
    await clock.advance(0)
    expect(peer.links.map((link) => link.requests)).toEqual([['SET a 1', 'WAIT 1 100']])
  })
})

describe('the pool', () => {
  test('whose dialling fails keeps the command until the server is back', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'BLPOP' ? '_\r\n' : '+PONG\r\n'))
    peer.refusal = new Error('refused')
    const pop = watch(client.blpop('l', 0))
    await clock.advance(2000)
    expect(pop.outcome).toBe('pending')
    peer.refusal = null
    await clock.advance(6000)
    expect(pop.outcome).toBeNull()
  })

  test('has a maximum, a queue, and a limit for waiting in it', async () => {
    const { client, peer, clock } = await scripted(undefined, { pool: { max: 2, acquireTimeoutMs: 300 } })
    const pops = ['a', 'b', 'c', 'd'].map((key) => watch(client.blpop(key, 0)))
    await clock.advance(100)
    expect(peer.links).toHaveLength(3)
    peer.links[1]!.send('_\r\n')
    await clock.advance(250)
    expect(pops.map(({ outcome }) => outcome)).toMatchObject([null, 'pending', 'pending', { code: 'POOL_EXHAUSTED' }])
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 2, waiting: 0, acquireTimeouts: 1 })
  })

  test('is waited for by a bounded number of calls, and of their bytes', async () => {
    const { client, clock } = await scripted(undefined, { pool: { max: 1 }, queue: { maxCount: 3, maxBytes: 1000 } })
    const first = watch(client.blpop('a', 0))
    await clock.advance(10)
    const large = watch(client.blpop('x'.repeat(2000), 0))
    const pops = ['b', 'c', 'd', 'e'].map((key) => watch(client.blpop(key, 0)))
    await settle()
    expect(large.outcome).toMatchObject({ code: 'QUEUE_FULL', maybeExecuted: false })
    expect(pops.map(({ outcome }) => outcome)).toMatchObject(['pending', 'pending', 'pending', { code: 'QUEUE_FULL' }])
    expect(first.outcome).toBe('pending')
    // Who has given up makes room for others.
    await clock.advance(6000)
    const next = watch(client.blpop('f', 0))
    await settle()
    expect(next.outcome).toBe('pending')
  })

  test('is waited for within the deadline and the signal of the call, by watch too', async () => {
    const { client, clock } = await scripted(undefined, { pool: { max: 1, acquireTimeoutMs: 3000 } })
    const pop = watch(client.blpop('a', 0))
    await clock.advance(10)
    const abort = new AbortController()
    const aborted = watch(client.with({ signal: abort.signal }).watch('k', () => null))
    const late = watch(client.with({ timeoutMs: 500 }).watch('k', () => null))
    const given = watch(client.watch('k', () => null))
    await clock.advance(100)
    abort.abort()
    await settle()
    expect(aborted.outcome).toMatchObject({ code: 'ABORTED', maybeExecuted: false })
    await clock.advance(500)
    expect(late.outcome).toMatchObject({ code: 'TIMEOUT', maybeExecuted: false })
    expect([pop.outcome, given.outcome]).toEqual(['pending', 'pending'])
    await clock.advance(2500)
    expect(given.outcome).toMatchObject({ code: 'POOL_EXHAUSTED' })
  })

  test('keeps its minimum, checks the idle ones and closes the superfluous', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'PING' ? '+PONG\r\n' : '_\r\n'), {
      pool: { min: 1, idleMs: 10_000 },
    })
    await clock.advance(2000)
    expect(client.health().nodes[0]!.pool).toMatchObject({ idle: 1, opened: 1 })
    await Promise.all([client.blpop('a', 0), client.blpop('b', 0), client.blpop('c', 0), clock.advance(10)])
    expect(client.health().nodes[0]!.pool.idle).toBe(3)
    await clock.advance(15_000)
    expect(client.health().nodes[0]!.pool.idle).toBe(1)
    expect(peer.openLinks).toHaveLength(2)
    peer.answer = () => undefined
    await clock.advance(8000)
    peer.answer = (words) => (words[0] === 'PING' ? '+PONG\r\n' : '_\r\n')
    await clock.advance(4000)
    expect(client.health().nodes[0]!.pool).toMatchObject({ idle: 1 })
    expect(client.health().nodes[0]!.pool.lost).toBeGreaterThan(0)
  })

  test('sends no PING of its own on a lane once that has been used, not even in a transaction', async () => {
    const { client, peer, clock } = await scripted((words) => (words[0] === 'MULTI' ? '+OK\r\n' : '+PONG\r\n'))
    const [lane] = await Promise.all([client.lane(), clock.advance(0)])
    const began = watch(lane.raw(['MULTI']))
    await settle()
    expect(began.outcome).toEqual(new StatusReply('OK'))
    await clock.advance(20_000)
    expect(lane.connection.closed).toBe(false)
    expect(peer.last.requests.filter((request) => request === 'PING')).toEqual([])
    lane.release(false)
  })

  test('lends lanes to callers', async () => {
    const { client, peer, clock } = await scripted()
    const [lane] = await Promise.all([client.lane(), clock.advance(0)])
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 1 })
    lane.release(true)
    expect(client.health().nodes[0]!.pool).toMatchObject({ leased: 0, idle: 1 })
    const [second] = await Promise.all([client.lane(), clock.advance(0)])
    second.release(false)
    await settle()
    expect(peer.openLinks).toHaveLength(1)
  })
})

describe('connecting', () => {
  test('rejects with the reason when the first attempt fails, and leaves nothing behind', async () => {
    const peer = new ScriptedPeer()
    const clock = new FakeClock()
    peer.refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const attempt = watch(connect(peer, { clock }))
    await clock.advance(1000)
    expect(attempt.outcome).toBeInstanceOf(ConnectionError)
    expect(attempt.outcome).toMatchObject({ code: 'CONNECTION_FAILED', cause: { code: 'ECONNREFUSED' } })
    expect(clock.pending).toBe(0)
  })

  test('has a time limit for dialling and for the handshake', async () => {
    for (const prepare of [
      (peer: ScriptedPeer) => {
        peer.deaf = true
      },
      (peer: ScriptedPeer) => {
        peer.courteous = false
      },
    ]) {
      const peer = new ScriptedPeer()
      const clock = new FakeClock()
      prepare(peer)
      const attempt = watch(connect(peer, { clock, connectTimeoutMs: 700 }))
      await clock.advance(690)
      expect(attempt.outcome).toBe('pending')
      await clock.advance(600)
      expect(attempt.outcome).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringContaining('700 ms') })
      expect(clock.pending).toBe(0)
    }
  })

  test('lazily, calls wait for the first connection', async () => {
    const peer = new ScriptedPeer(() => '+OK\r\n')
    const clock = new FakeClock()
    peer.refusal = new Error('refused')
    const client = await connect(peer, { clock, lazy: true })
    const write = watch(client.set('a', '1'))
    await clock.advance(100)
    peer.refusal = null
    await clock.advance(1000)
    expect(write.outcome).toBe('OK')
    await Promise.all([client.close(), clock.advance(100)])
  })

  test('a server that refuses the client says so, at once to connect, later to those who wait', async () => {
    const peer = new ScriptedPeer((words) =>
      words[0] === 'HELLO' ? '-WRONGPASS invalid username-password pair or user is disabled.\r\n' : '-NOAUTH no\r\n',
    )
    peer.courteous = false
    const clock = new FakeClock()
    const attempt = watch(connect(peer, { clock, password: 'x' }))
    await clock.advance(1000)
    expect(attempt.outcome).toBeInstanceOf(ReplyError)
    expect(attempt.outcome).toMatchObject({ code: 'WRONGPASS' })
    const later = await scripted(undefined, { password: 'x' })
    later.peer.answer = peer.answer
    later.peer.courteous = false
    later.peer.last.lose()
    const call = watch(later.client.get('a'))
    await later.clock.advance(100)
    expect(call.outcome).toMatchObject({ code: 'CONNECTION_FAILED', cause: { code: 'WRONGPASS' } })
  })

  test.each([
    ['before 6.0', '-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n'],
    ['without RESP3', '-NOPROTO unsupported protocol version\r\n'],
  ])('a server %s is spoken to in RESP2', async (_, refusal) => {
    const { client, peer } = await scripted(
      (words) => {
        if (words[0] === 'HELLO') return refusal
        if (words[0] === 'CLIENT' && words[1] === 'SETINFO') return '-ERR unknown subcommand\r\n'
        return words[0] === 'HGETALL' ? '*2\r\n$1\r\na\r\n$1\r\n1\r\n' : '+OK\r\n'
      },
      { username: 'u', password: 'p', name: 'n', db: 2 },
      (made) => {
        made.courteous = false
      },
    )
    const sent = peer.requests
    expect(sent.slice(sent.indexOf('AUTH u p')).slice(0, 3)).toEqual(['AUTH u p', 'CLIENT SETNAME n', 'SELECT 2'])
    expect(client.health().nodes[0]!.greeting!.protocol).toBe(2)
    expect(await client.hgetall('h')).toEqual({ a: '1' })
  })
})

describe('credentials from a function', () => {
  test('that never answers keep nothing alive once the client is closed', async () => {
    const peer = new ScriptedPeer()
    const clock = new FakeClock()
    const client = await connect(peer, { clock, credentials: () => new Promise(() => {}), lazy: true })
    const call = watch(client.get('k'))
    const closing = client.close({ drainMs: 0 })
    await clock.advance(1000)
    await closing
    expect(call.outcome).toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(clock.pending).toBe(0)
    expect(peer.links).toEqual([])
  })

  test('are asked for at each connection, and renewed before they expire on all connections', async () => {
    const peer = new ScriptedPeer((words) => courtesy(words) ?? (words[0] === 'AUTH' ? '+OK\r\n' : '_\r\n'))
    peer.courteous = false
    const clock = new FakeClock()
    let asked = 0
    const credentials = async () => ({ username: 'u', password: `p${++asked}`, expiresAt: clock.wall() + 10_000 })
    const client = await connect(peer, { clock, credentials, watchdogMs: 0, pool: { min: 1 } })
    await clock.advance(1000)
    expect(peer.requests.filter((words) => words.startsWith('HELLO'))).toEqual([
      'HELLO 3 AUTH u p1',
      'HELLO 3 AUTH u p1',
    ])
    await clock.advance(8000)
    expect(peer.links.map((link) => link.requests.at(-1))).toEqual(['AUTH u p2', 'AUTH u p2'])
    expect(asked).toBe(2)
    await Promise.all([client.close(), clock.advance(1000)])
    expect(clock.pending).toBe(0)
  })

  test('that cannot be renewed are tried again', async () => {
    let broken = false
    const clock = new FakeClock()
    const peer = new ScriptedPeer(() => '+OK\r\n')
    let asked = 0
    const client = await connect(peer, {
      clock,
      watchdogMs: 0,
      credentials: async () => {
        asked++
        if (broken) throw new Error('no token')
        return { password: `p${asked}`, expiresAt: clock.wall() + 10_000 }
      },
    })
    broken = true
    await clock.advance(9900)
    expect(asked).toBeGreaterThan(2)
    broken = false
    await clock.advance(1100)
    expect(peer.requests.at(-1)).toMatch(/^AUTH p/)
    await Promise.all([client.close(), clock.advance(1000)])
  })
})

describe('the circuit breaker', () => {
  test('opens after failures, lets probes through, and closes again', async () => {
    const { client, peer, clock } = await scripted(undefined, {
      breaker: { minFailures: 5, openMs: 2000, probes: 2 },
      timeoutMs: 100,
      watchdogMs: 0,
    })
    for (let i = 0; i < 5; i++) client.get('a').catch(() => {})
    await clock.advance(200)
    expect(client.health().nodes[0]!.breaker).toBe('open')
    await expect(client.get('a')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', maybeExecuted: false })
    peer.last.send('$1\r\nx\r\n'.repeat(5))
    await clock.advance(2000)
    peer.answer = () => '$1\r\nx\r\n'
    const probes = [client.get('a'), client.get('a')]
    await expect(client.get('a')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' })
    expect(await Promise.all(probes)).toEqual(['x', 'x'])
    expect(client.health().nodes[0]!.breaker).toBe('closed')
  })

  test('opens again when a probe fails, and error replies do not count', async () => {
    const { client, clock } = await scripted((words) => (words[0] === 'INCR' ? '-ERR no\r\n' : undefined), {
      breaker: { minFailures: 3, openMs: 1000 },
      timeoutMs: 100,
      watchdogMs: 0,
    })
    for (let i = 0; i < 10; i++) await expect(client.incr('a')).rejects.toMatchObject({ code: 'ERR' })
    expect(client.health().nodes[0]!.breaker).toBe('closed')
    for (let i = 0; i < 15; i++) client.get('a').catch(() => {})
    await clock.advance(200)
    expect(client.health().nodes[0]!.breaker).toBe('open')
    await clock.advance(1000)
    client.get('a').catch(() => {})
    expect(client.health().nodes[0]!.breaker).toBe('half-open')
    await clock.advance(200)
    expect(client.health().nodes[0]!.breaker).toBe('open')
  })
})

test('adaptive timeouts follow the latency', async () => {
  const { client, peer, clock } = await scripted(undefined, {
    adaptiveTimeout: { minMs: 20 },
    timeoutMs: 5000,
    watchdogMs: 0,
  })
  expect(client.health().nodes[0]!.timeoutMs).toBe(5000)
  for (let i = 0; i < 200; i++) {
    const call = client.get('a')
    await settle()
    await clock.advance(2)
    peer.last.send('$1\r\nx\r\n')
    await call
  }
  expect(client.health().nodes[0]!.timeoutMs).toBe(20)
  const slow = watch(client.get('a'))
  await clock.advance(80)
  expect(slow.outcome).toMatchObject({ code: 'TIMEOUT' })
})

describe('close', () => {
  test('lets accepted calls finish and refuses new ones', async () => {
    const { client, peer, clock } = await scripted()
    const accepted = watch(client.get('a'))
    const closing = client.close()
    await expect(client.get('b')).rejects.toMatchObject({ code: 'CLIENT_CLOSED', maybeExecuted: false })
    await clock.advance(100)
    expect(peer.last.closed).toBe(false)
    peer.last.send('$1\r\nx\r\n')
    await clock.advance(100)
    expect(accepted.outcome).toBe('x')
    await closing
    expect(peer.openLinks).toEqual([])
    expect(client.health().state).toBe('closed')
    await client.close()
  })

  test('at its deadline fails what is left, telling what may have run', async () => {
    const { client, peer, clock } = await scripted()
    const flying = watch(client.incr('a'))
    const blocked = watch(client.blpop('l', 0))
    await settle()
    const closing = client.close({ drainMs: 300 })
    await clock.advance(1000)
    await closing
    expect([flying.outcome, blocked.outcome]).toMatchObject([
      { code: 'CLIENT_CLOSED', maybeExecuted: true },
      { code: 'CLIENT_CLOSED', maybeExecuted: true },
    ])
    expect(peer.openLinks).toEqual([])
  })

  test('tells those who asked once, when it begins, and not those who took it back', async () => {
    const { client, peer, clock } = await scripted()
    const told: string[] = []
    client.onClose(() => told.push('first'))
    client.buffers.onClose(() => told.push('second'))
    client.onClose(() => told.push('taken back'))()
    const accepted = watch(client.get('a'))
    const closing = client.close()
    expect(told).toEqual(['first', 'second'])
    expect(accepted.outcome).toBe('pending')
    peer.last.send('$1\r\nx\r\n')
    await clock.advance(100)
    await closing
    await client.close()
    expect(told).toEqual(['first', 'second'])
  })

  test('that was asked for twice is over for both at the same time', async () => {
    const { client, peer, clock } = await scripted()
    const flying = watch(client.incr('a'))
    await settle()
    const first = watch(client.close({ drainMs: 300 }))
    const second = watch(client.close())
    await clock.advance(100)
    expect([flying.outcome, first.outcome, second.outcome]).toEqual(['pending', 'pending', 'pending'])
    await clock.advance(1000)
    expect([first.outcome, second.outcome]).toEqual([undefined, undefined])
    expect(peer.openLinks).toEqual([])
  })

  test('during an outage ends the waiting calls and the dialling', async () => {
    const { client, peer, clock } = await scripted()
    peer.refusal = new Error('refused')
    peer.last.lose()
    const waiting = watch(client.incr('a'))
    await clock.advance(200)
    const closing = client.close({ drainMs: 200 })
    await clock.advance(1000)
    await closing
    expect(waiting.outcome).toMatchObject({ code: 'CLIENT_CLOSED', maybeExecuted: false })
    const dials = peer.links.length
    await clock.advance(60_000)
    expect(peer.links).toHaveLength(dials)
  })
})

describe('whatever the bytes', () => {
  test('a connection that is cut after any byte of the replies settles each call by what had arrived', async () => {
    const wire = '$1\r\n1\r\n:5\r\n$1\r\n3\r\n'
    const ends = [7, 11, 18]
    for (let cut = 0; cut <= wire.length; cut++) {
      const { client, peer, clock } = await scripted()
      const calls = [watch(client.get('a')), watch(client.incr('b')), watch(client.get('c'))]
      await settle()
      peer.answer = () => '$5\r\nagain\r\n'
      peer.links[0]!.send(wire.slice(0, cut))
      await settle()
      peer.links[0]!.lose()
      await clock.advance(100)
      const arrived = ends.map((end) => cut >= end)
      const [a, b, c] = calls.map(({ outcome }) => outcome)
      expect(a).toBe(arrived[0] ? '1' : 'again')
      if (arrived[1]) expect(b).toBe(5)
      else expect(b).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
      expect(c).toBe(arrived[2] ? '3' : 'again')
      expect(peer.last.requests).toEqual([...(arrived[0] ? [] : ['GET a']), ...(arrived[2] ? [] : ['GET c'])])
    }
  })

  test('random answers never leave a call hanging, and the client lives on', async () => {
    const noise = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'*$+-:%>_#,|0123\r\nOK'), maxLength: 30 }),
      fc.constantFrom('$1\r\nx\r\n', '-ERR no\r\n', '-LOADING no\r\n', '-READONLY no\r\n', '>1\r\n+x\r\n', ''),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 12 }), async (answers) => {
        const script = [...answers]
        const { client, peer, clock } = await scripted(() => script.shift() ?? '', { timeoutMs: 1000 })
        const calls = [client.get('a'), client.incr('b'), client.blpop('c', 0.5), client.mget(['d', 'e'])].map(watch)
        await clock.advance(3000)
        for (const { outcome } of calls) expect(outcome).not.toBe('pending')
        peer.answer = (words) => (words[0] === 'PING' ? '+PONG\r\n' : '+fine\r\n')
        for (const link of peer.openLinks) link.lose()
        await clock.advance(6000)
        const after = watch(client.call('ECHO', 'x'))
        await clock.advance(100)
        expect(after.outcome).toBe('fine')
        expect(client.health().nodes[0]!.waiting).toEqual({ count: 0, bytes: 0 })
        await Promise.all([client.close({ drainMs: 0 }), clock.advance(2000)])
      }),
      { numRuns: 150 },
    )
  })
})
