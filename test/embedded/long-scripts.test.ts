// What an interrupted script keeps from everybody until its end, which no real server can show as exactly: output, the log of
// changes, rewrites, expiry, eviction. test/lua/busy.test.ts compares what clients are answered with a real server.
import fs from 'node:fs'
import { FailureReply, type Link } from '@ochre/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { execute } from '../../packages/embedded/src/execute.ts'
import { Clock, Engine, type EngineOptions } from '../../packages/embedded/src/index.ts'
import { copyOf, stateOf, temporaryFolder } from '../persistence/folder.ts'

/** A link in process that collects what it is sent. */
class Peer {
  received = ''
  isClosed = false
  readonly #link: Link
  #wake: () => void = () => {}

  constructor(engine: Engine) {
    this.#link = engine.dial({
      onOpen: () => {},
      onData: (chunk) => {
        this.received += chunk.toString('latin1')
        this.#wake()
      },
      onDrain: () => {},
      onClose: () => {
        this.isClosed = true
        this.#wake()
      },
    })
    onTestFinished(() => this.#link.destroy())
  }

  send(...lines: string[]): void {
    this.#link.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
  }

  /** Waits until what came ends like this, and takes it. */
  async take(end: string): Promise<string> {
    while (!this.received.endsWith(end) && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const { received } = this
    this.received = ''
    return received
  }

  async ask(line: string, end = '\r\n'): Promise<string> {
    this.send(line)
    return this.take(end)
  }
}

const BUSY = '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n'
/** Runs until the keeper of the gate leaves the channel. */
const GATE = "while redis.call('PUBSUB', 'NUMSUB', 'gate')[2] > 0 do end"

interface Opened {
  readonly engine: Engine
  readonly caller: Peer
  readonly other: Peer
  /** Runs a script for the caller until it is interrupted. */
  begin(script: string): Promise<void>
  /** Lets it go on to its end; the reply. */
  end(): Promise<string>
}

async function open(options: EngineOptions = {}): Promise<Opened> {
  const engine = await Engine.open({
    warn: () => {},
    ...options,
    config: { 'busy-reply-threshold': 1, ...options.config },
  })
  onTestFinished(() => engine.close())
  const [caller, other, keeper] = [new Peer(engine), new Peer(engine), new Peer(engine)]
  return {
    engine,
    caller,
    other,
    async begin(script) {
      await keeper.ask('SUBSCRIBE gate', ':1\r\n')
      caller.send(`EVAL "${script}" 0`)
      while (engine.suspension === null) await turns(1)
    },
    async end() {
      await keeper.ask('RESET')
      return caller.take('\r\n')
    },
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const call = (...args: string[]): string => `redis.call('${args.join("','")}')`

describe('an interrupted script', () => {
  it('lets links in process be told that it is there, and be served again when it is over', async () => {
    const { other, begin, end, engine } = await open()
    await begin(`${call('SET', 'k', '1')} ${GATE} ${call('INCR', 'k')} return 'done'`)
    for (let i = 0; i < 3; i++) expect(await other.ask('GET k')).toBe(BUSY)
    expect(await other.ask('SCRIPT KILL')).toMatch(/^-UNKILLABLE /)
    expect(await end()).toBe('$4\r\ndone\r\n')
    expect(await other.ask('GET k')).toBe('$1\r\n2\r\n')
    expect(engine.suspension).toBe(null)
  })

  it('lets nobody hear of what it has done before its end, and mixes no answer with it', async () => {
    const { engine, other, begin, end } = await open({ config: { 'notify-keyspace-events': 'KEA' } })
    const [listener, watcher, cache, keeper] = [1, 2, 3, 4].map(() => new Peer(engine)) as [Peer, Peer, Peer, Peer]
    await listener.ask('SUBSCRIBE news', ':1\r\n')
    await watcher.ask('PSUBSCRIBE __key*', ':1\r\n')
    await keeper.ask('SUBSCRIBE second', ':1\r\n')
    await cache.ask('HELLO 3', '*0\r\n')
    await cache.ask('CLIENT TRACKING on BCAST')
    const publish = (text: string): string => `redis.call('PUBLISH', 'news', ${text})`
    const large = "string.rep('x', 300000)"
    const second = GATE.replace('gate', 'second')
    await begin(
      `${publish("'first'")} ${call('SET', 'k', '1')} ${GATE} ${publish(large)} ${second} ${publish("'last'")}`,
    )
    expect(await other.ask('PING')).toBe(BUSY)
    listener.send('PING')
    watcher.send('PING')
    for (let i = 0; i < 5; i++) expect(await other.ask('GET k')).toBe(BUSY)
    const ending = end()
    await turns(20)
    expect([listener.received, watcher.received, cache.received]).toEqual(['', '', ''])
    await keeper.ask('RESET')
    expect(await ending).toBe('$-1\r\n')
    const message = (text: string): string => `*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$${text.length}\r\n${text}\r\n`
    expect(await listener.take('last\r\n')).toBe(
      `${message('first')}${BUSY}${message('x'.repeat(300_000))}${message('last')}`,
    )
    expect(await watcher.take(BUSY)).toMatch(/^(\*4\r\n[^-]*){2}-BUSY [^\n]*\n$/)
    expect(await cache.take('k\r\n')).toBe('>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n')
  })

  it('is logged as one unit at its end, with the rest of its transaction', async () => {
    const { engine, caller, other, begin, end } = await open()
    const units: string[][] = []
    engine.journal = {
      append: (effects) => void units.push(effects.map(({ args }) => args.join(' '))),
      commit: () => true,
      isHolding: false,
      failure: null,
    }
    await begin(`${call('SET', 'a', '1')} ${GATE} ${call('SET', 'b', '1')}`)
    await other.ask('WATCH a')
    expect(units).toEqual([])
    await end()
    expect(units.splice(0)).toEqual([['SET a 1', 'SET b 1']])
    caller.send(
      'MULTI',
      'INCR a',
      `EVAL "${GATE} return ${call('INCR', 'a')}" 0`,
      `EVAL "${GATE} return 7" 0`,
      'INCR b',
    )
    await caller.take(`+OK\r\n${'+QUEUED\r\n'.repeat(4)}`)
    const keeper = new Peer(engine)
    await keeper.ask('SUBSCRIBE gate', ':1\r\n')
    caller.send('EXEC')
    while (engine.suspension === null) await turns(1)
    expect(await other.ask('GET a')).toBe(BUSY)
    expect(units).toEqual([])
    await keeper.ask('RESET')
    expect(await caller.take(':7\r\n:2\r\n')).toBe('*4\r\n:2\r\n:3\r\n:7\r\n:2\r\n')
    expect(units).toEqual([['INCR a', 'INCR a', 'INCR b']])
  })

  it('leaves nothing on the disk when the process dies or the engine is closed before its end', async () => {
    const dir = temporaryFolder()
    const { engine, caller, other, begin } = await open({ dir, fsync: 'always' })
    await other.ask('RPUSH l a')
    await other.ask('XGROUP CREATE s g $ MKSTREAM')
    const waiting = new Peer(engine)
    waiting.send('XREADGROUP GROUP g c BLOCK 0 STREAMS s >')
    await other.ask('GET k')
    const before = stateOf(engine)
    await begin(`${call('SET', 'k', '1', 'PX', '1')} ${call('XADD', 's', '*', 'f', 'v')} ${call('DEL', 'l')} ${GATE}`)
    expect(await other.ask('GET k')).toBe(BUSY)
    const crashed = await Engine.open({ dir: copyOf(dir), warn: () => {} })
    expect(stateOf(crashed)).toEqual(before)
    await crashed.close()
    await engine.close()
    expect(caller.isClosed).toBe(true)
    const again = await Engine.open({ dir })
    expect(stateOf(again)).toEqual(before)
    await again.close()
  })

  it('is not caught half by a rewrite that begins meanwhile, nor by one that ends', async () => {
    const dir = temporaryFolder()
    const { engine, other, begin, end } = await open({ dir, fsync: 'always' })
    const script = `${call('INCR', 'n')} ${call('RPUSH', 'k7', 'x')} ${GATE} ${call('INCR', 'n')} ${call('RPUSH', 'k7', 'y')}`
    const checkRecovery = async (): Promise<void> => {
      const crashed = await Engine.open({ dir: copyOf(dir), warn: () => {} })
      expect(stateOf(crashed)).toEqual(stateOf(engine))
      await crashed.close()
    }
    await begin(script)
    const late = engine.persistence!.rewrite()
    await turns(30)
    expect(await other.ask('GET n')).toBe(BUSY)
    await end()
    expect(await late).toBe(true)
    await checkRecovery()

    for (let i = 0; i < 3000; i++) other.send(`RPUSH k${i} ${'x'.repeat(500)}`)
    await other.ask('PING', 'PONG\r\n')
    const early = engine.persistence!.rewrite()
    while (!fs.readdirSync(dir).some((name) => name.endsWith('.new'))) await turns(1)
    await begin(script)
    expect(await early).toBe(true)
    expect(await other.ask('GET n')).toBe(BUSY)
    await end()
    expect(await other.ask('GET n')).toBe('$1\r\n4\r\n')
    await checkRecovery()
  })

  it('keeps what expires, and who waits for time to run out, until its end', async () => {
    const clock = new Clock(1_000_000)
    const { engine, other, begin, end } = await open({ clock, config: { timeout: 5 } })
    const waiting = new Peer(engine)
    await other.ask('SET k v PX 100')
    waiting.send('BLPOP q 1')
    await turns(1)
    await begin(`${GATE} return {${call('GET', 'k')}, ${call('PTTL', 'k')}}`)
    clock.advance(60_000)
    expect(await other.ask('WATCH k')).toBe('+OK\r\n')
    expect(engine.databases[0]!.entries.has('k')).toBe(true)
    expect(waiting.received).toBe('')
    expect(await end()).toBe('*2\r\n$1\r\nv\r\n:100\r\n')
    expect(await waiting.take('\r\n')).toBe('*-1\r\n')
    await turns(1)
    expect(engine.databases[0]!.entries.has('k')).toBe(false)
  })

  it('serves who waits with what it leaves, once', async () => {
    const clock = new Clock(1_000_000)
    const { engine, begin, end } = await open({ clock })
    const waiting = new Peer(engine)
    waiting.send('BLPOP q 1', 'PING')
    await turns(1)
    await begin(`${call('RPUSH', 'q', 'a')} ${GATE} ${call('LPOP', 'q')} ${call('RPUSH', 'q', 'b')}`)
    clock.advance(2000)
    await end()
    expect(await waiting.take('+PONG\r\n')).toBe('*2\r\n$1\r\nq\r\n$1\r\nb\r\n+PONG\r\n')
  })

  it('loses no key to eviction', async () => {
    const { engine, other, begin, end } = await open({
      config: { maxmemory: '20kb', 'maxmemory-policy': 'allkeys-random' },
    })
    for (let i = 0; i < 30; i++) await other.ask(`SET k${i} ${'x'.repeat(100)}`)
    await begin(`redis.call('SET', 'large', string.rep('x', 20000)) ${GATE} return redis.call('DBSIZE')`)
    for (const line of ['GET k1', 'SET a b', 'MULTI', 'SET a b', 'DISCARD']) await other.ask(line)
    expect(engine.memory.evictedKeys).toBe(0)
    expect(await end()).toBe(':31\r\n')
    await other.ask('SET a b')
    expect(engine.memory.evictedKeys).toBeGreaterThan(0)
  })

  it('tells its own client what it has invalidated after its reply, and nobody else', async () => {
    const { engine, caller, other, begin, end } = await open()
    for (const peer of [caller, other]) {
      await peer.ask('HELLO 3', '*0\r\n')
      await peer.ask('CLIENT TRACKING on')
    }
    await other.ask('SET k 1')
    await caller.ask('GET k')
    await begin(`${call('SET', 'k', '2')} ${GATE} return 'done'`)
    for (let i = 0; i < 3; i++) expect(await other.ask('GET k')).toBe(BUSY)
    const reply = await end()
    const push = '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n'
    expect(reply).toBe(`$4\r\ndone\r\n${push}`)
    expect(engine.suspension).toBe(null)
  })

  it('is in the way of snapshots, and is given up by a reset', async () => {
    const { engine, caller, other, begin } = await open()
    await begin(`${call('SET', 'k', '1')} ${GATE}`)
    expect(() => engine.snapshot()).toThrow('in the middle of its work')
    expect(() => engine.restore({ databases: [], libraries: [] })).toThrow('in the middle of its work')
    engine.reset()
    expect(await caller.take('never')).toBe('')
    expect(await other.ask('EXISTS k')).toBe(':0\r\n')
    expect(await other.ask('EVAL "return 5" 0')).toBe(':5\r\n')
    expect(await other.ask('SCRIPT KILL')).toMatch(/^-NOTBUSY/)
  })

  it('is never seen by a session without a connection, which cannot wait', async () => {
    const { engine } = await open()
    const session = engine.openSession(null)
    const run = (script: string): ReturnType<typeof execute> => execute(session, ['EVAL', script, '0'])
    expect(run('local n = 0 for i = 1, 5000000 do n = n + 1 end return redis.call("SET", "k", n)')).toBeInstanceOf(
      FailureReply,
    )
    expect(run('redis.call("SET", "k", 1) local n = 0 for i = 1, 5000000 do n = n + 1 end return n')).toBe(5_000_000)
  })

  it('does not mind its client going away', async () => {
    const { engine, other, begin } = await open()
    const keeper = new Peer(engine)
    await keeper.ask('SUBSCRIBE other', ':1\r\n')
    await begin(
      `${call('SET', 'k', '1')} while redis.call('PUBSUB', 'NUMSUB', 'other')[2] > 0 do end ${call('INCR', 'k')}`,
    )
    engine.suspension!.session.connection!.carrier.destroy()
    for (let i = 0; i < 3; i++) expect(await other.ask('GET k')).toBe(BUSY)
    await keeper.ask('RESET')
    while (engine.suspension !== null) await turns(1)
    expect(await other.ask('GET k')).toBe('$1\r\n2\r\n')
  })
})
