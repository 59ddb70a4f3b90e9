// While a script runs too long, a real Redis 7.0 and the engine tell everybody the same, let it be killed by the same rules, and
// nobody sees a half of it.
import { afterEach, describe, expect, it } from 'vitest'
import { Engine } from '../../packages/embedded/src/index.ts'
import { RawClient, type RawReply } from '../servers/raw-client.ts'
import { startServer } from '../servers/server.ts'

const CONFIG = { 'busy-reply-threshold': 60 }

/** For what one of the two answers in words or numbers of its own. */
type Show = (reply: RawReply) => unknown

class Story {
  readonly lines: unknown[] = []
  readonly #port: number
  readonly #clients: RawClient[] = []

  constructor(port: number) {
    this.#port = port
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.open(this.#port)
    this.#clients.push(client)
    return client
  }

  note(what: string, reply: RawReply, show: Show = shown): void {
    this.lines.push([what, show(reply)])
  }

  async ask(client: RawClient, ...lines: string[]): Promise<void> {
    for (const line of lines) this.note(line, await client.send(line.split(' ')))
  }

  /** Closes a gate; the function opens it. */
  async gate(name = 'gate'): Promise<() => Promise<void>> {
    const keeper = await this.client()
    await keeper.call('SUBSCRIBE', name)
    return async () => void (await keeper.call('RESET'))
  }

  /** Lets real time pass, which the real server has no other of. */
  async pass(other: RawClient, ms: number): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; ) await other.send(['PING'])
  }

  /** Sends a command and waits until others are told that the server is busy with it. */
  async begin(client: RawClient, other: RawClient, ...args: string[]): Promise<{ reply: Promise<RawReply> }> {
    const reply = client.send(args)
    reply.catch(() => {})
    for (;;) {
      const answer = await other.send(['GET', 'nothing'])
      if (answer instanceof Error && answer.message.startsWith('BUSY')) return { reply }
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}

function shown(reply: RawReply): unknown {
  if (Array.isArray(reply)) return reply.map(shown)
  return reply instanceof Error ? `-${reply.message.replace(/[0-9a-f]{40}/g, '<sha>')}` : reply
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Tells a story on Redis and on the engine; both go alike. */
async function compare(tell: (story: Story) => Promise<void>): Promise<void> {
  const server = await startServer({
    config: Object.fromEntries(Object.entries(CONFIG).map(([name, value]) => [name, String(value)])),
  })
  cleanups.push(() => server.stop())
  const engine = await Engine.open({ config: CONFIG })
  cleanups.push(() => engine.close())
  const { port } = await engine.listen()
  const [theirs, ours] = [new Story(server.port), new Story(port)]
  for (const story of [theirs, ours]) {
    await tell(story)
    story.close()
  }
  expect(ours.lines).toEqual(theirs.lines)
}

const FOREVER = 'while true do end'
/** Until the gate of that name is opened: its client leaves the channel, which RESET may do while a script runs. */
const until = (gate: string): string => `while redis.call('PUBSUB', 'NUMSUB', '${gate}')[2] > 0 do end`
const LONG = until('gate')
const LIBRARY = `#!lua name=lib
redis.register_function('forever', function() ${FOREVER} end)
redis.register_function('writes', function(keys) redis.call('SET', keys[1], 'half') ${LONG} redis.call('SET', keys[1], 'whole') return 'done' end)`

describe('a script that runs too long', () => {
  it('is answered for with BUSY, but for what may be done then, until it is killed', () =>
    compare(async (story) => {
      const [caller, other, third] = [await story.client(), await story.client(), await story.client()]
      await other.send(['FUNCTION', 'LOAD', LIBRARY])
      await story.ask(other, 'SCRIPT KILL', 'FUNCTION KILL', 'SET k v')
      const { reply } = await story.begin(caller, other, 'EVAL', FOREVER, '0')
      await story.ask(other, 'PING', 'GET k', 'SET k w', 'INFO', 'CLIENT LIST', 'CONFIG GET maxmemory', 'DBSIZE')
      await story.ask(other, 'EVAL return 0', 'FCALL forever 0', 'SCRIPT EXISTS x', 'SCRIPT FLUSH', 'FUNCTION LIST')
      await story.ask(other, 'FUNCTION STATS', 'FUNCTION KILL', 'SUBSCRIBE a', 'BLPOP k 1', 'MONITOR')
      await story.ask(
        other,
        'nosuch',
        'GET',
        'SCRIPT',
        'SCRIPT KILL x',
        'CLIENT NO-EVICT on',
        'SHUTDOWN',
        'SHUTDOWN SAVE',
      )
      await story.ask(other, 'SHUTDOWN NOW', 'SHUTDOWN ABORT', 'SHUTDOWN SAVE NOSAVE', 'AUTH a b', 'HELLO 9')
      await story.ask(
        third,
        'MULTI',
        'GET k',
        'EXEC',
        'MULTI',
        'DISCARD',
        'WATCH k',
        'UNWATCH',
        'MULTI',
        'EXEC',
        'PING',
      )
      await story.ask(third, 'RESET', 'QUIT')
      const late = await story.client()
      await story.ask(late, 'PING', 'SCRIPT KILL')
      story.note('EVAL', await reply)
      await story.ask(caller, 'GET k', 'EVAL return 0')
    }))

  it('is a function too, which has a KILL of its own', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      await other.send(['FUNCTION', 'LOAD', LIBRARY])
      const { reply } = await story.begin(caller, other, 'FCALL', 'forever', '1', 'k', 'a')
      await story.ask(other, 'GET k', 'SCRIPT KILL', 'SHUTDOWN')
      const stats = (await other.call('FUNCTION', 'STATS')) as RawReply[]
      const running = stats[1] as RawReply[]
      story.note('FUNCTION STATS', [...running.slice(0, 5), Number(running[5]) >= 60 ? 'long' : 'short', stats[3]!])
      await story.ask(other, 'FUNCTION KILL')
      story.note('FCALL', await reply)
      await story.ask(other, 'FUNCTION KILL', 'FUNCTION STATS')
    }))

  it('goes on to its end when it has written, and nobody sees the half of it', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      await other.send(['FUNCTION', 'LOAD', LIBRARY])
      let open = await story.gate()
      const script = `redis.call('SET', KEYS[1], 'half') ${LONG} redis.call('SET', KEYS[1], 'whole') return 'done'`
      const scripted = await story.begin(caller, other, 'EVAL', script, '1', 'k')
      await story.ask(other, 'SCRIPT KILL', 'FUNCTION KILL', 'SHUTDOWN', 'GET k')
      await open()
      story.note('EVAL', await scripted.reply)
      await story.ask(other, 'GET k')
      open = await story.gate()
      const called = await story.begin(caller, other, 'FCALL', 'writes', '1', 'f')
      await story.ask(other, 'SCRIPT KILL', 'FUNCTION KILL', 'SHUTDOWN', 'GET f')
      await open()
      story.note('FCALL', await called.reply)
      await story.ask(other, 'GET f')
    }))

  it('may be part of a transaction, which stays whole', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      const gates = [await story.gate('one'), await story.gate('two')]
      await story.ask(caller, 'MULTI', 'SET a 1')
      await caller.send(['EVAL', `${until('one')} return redis.call('INCR', 'a')`, '0'])
      await caller.send(['EVAL', `${until('two')} return redis.call('INCR', 'a')`, '0'])
      await story.ask(caller, 'SET b 1')
      const { reply } = await story.begin(caller, other, 'EXEC')
      for (const open of gates) {
        await story.ask(other, 'GET a', 'GET b', 'FUNCTION KILL', 'SCRIPT KILL x')
        await open()
      }
      story.note('EXEC', await reply)
      await story.ask(other, 'MGET a b')

      await story.ask(caller, 'MULTI', 'SET a 10')
      await caller.send(['EVAL', FOREVER, '0'])
      await story.ask(caller, 'INCR a')
      const killed = await story.begin(caller, other, 'EXEC')
      await story.ask(other, 'SCRIPT KILL')
      story.note('EXEC', await killed.reply)
      await story.ask(other, 'MGET a b')
    }))

  it('lets what its client sent after it wait', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      const open = await story.gate()
      const { reply } = await story.begin(caller, other, 'EVAL', `redis.call('SET', 'k', 1) ${LONG} return 'done'`, '0')
      const rest = [caller.send(['INCR', 'k']), caller.send(['PING']), caller.send(['EVAL', 'return 7', '0'])]
      await story.ask(other, 'GET k')
      await open()
      for (const next of [reply, ...rest]) story.note('reply', await next)
      await story.ask(other, 'GET k')
    }))

  it('goes on when its client has gone', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      await story.begin(caller, other, 'EVAL', FOREVER, '0')
      caller.close()
      await story.ask(other, 'GET k', 'SCRIPT KILL')
      while (shown(await other.send(['SCRIPT', 'KILL'])) !== '-NOTBUSY No scripts in execution right now.') {}
      await story.ask(other, 'SET k v', 'GET k')
    }))

  it('wakes who waits for its keys when it is over, and neither their time nor a key runs out before', () =>
    compare(async (story) => {
      const clients = await Promise.all(Array.from({ length: 4 }, () => story.client()))
      const [caller, other, first, second] = clients as [RawClient, RawClient, RawClient, RawClient]
      const open = await story.gate()
      await story.ask(other, 'SET k v PX 3000')
      const waiting = [first.send(['BLPOP', 'q', '0']), second.send(['BLPOP', 'r', '3'])]
      while (!/blocked_clients:2/.test(String(await other.send(['INFO', 'clients'])))) {}
      const script = `
        local before = redis.call('TIME')
        redis.call('LPUSH', 'q', 1)
        ${LONG}
        redis.call('LPUSH', 'q', 2)
        redis.call('LPUSH', 'r', 3)
        return {redis.call('GET', 'k'), redis.call('TIME')[1] ~= before[1]}`
      const { reply } = await story.begin(caller, other, 'EVAL', script, '0')
      await story.pass(other, 3200)
      await story.ask(other, 'WATCH k', 'UNWATCH', 'GET k')
      await open()
      story.note('EVAL', await reply)
      for (const client of waiting) story.note('BLPOP', await client)
      await story.ask(other, 'LRANGE q 0 -1', 'LRANGE r 0 -1', 'GET k')
    }))

  it('ends with SHUTDOWN NOSAVE', () =>
    compare(async (story) => {
      const [caller, other] = [await story.client(), await story.client()]
      const { reply } = await story.begin(caller, other, 'EVAL', `redis.call('SET', 'k', 1) ${FOREVER}`, '0')
      await story.ask(other, 'SCRIPT KILL', 'SHUTDOWN')
      await expect(other.send(['SHUTDOWN', 'NOSAVE'])).rejects.toThrow('closed the connection')
      await expect(reply).rejects.toThrow('closed the connection')
    }))
})
