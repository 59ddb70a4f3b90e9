import type { Link } from '@ochre/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { type Effect, Engine, type EngineOptions } from './engine.ts'

/** A raw link that collects what arrives. */
class Peer {
  received = ''
  events: string[] = []
  readonly link: Link

  constructor(engine: Engine) {
    this.link = engine.dial({
      onOpen: () => this.events.push('open'),
      onData: (chunk) => {
        this.received += chunk.toString('latin1')
      },
      onDrain: () => this.events.push('drain'),
      onClose: (cause) => this.events.push(cause === null ? 'close' : cause.message),
    })
  }

  /** Sends inline commands and answers what came back since the last time. */
  async ask(...lines: string[]): Promise<string> {
    this.link.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
    return await this.answer()
  }

  async answer(): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    const answer = this.received
    this.received = ''
    return answer
  }
}

const opened: { engine: Engine; peers: Peer[] }[] = []

async function open(options: EngineOptions = {}): Promise<{ engine: Engine; peer: Peer; another: () => Peer }> {
  const engine = await Engine.open(options)
  const peers = [new Peer(engine)]
  opened.push({ engine, peers })
  const another = (): Peer => {
    const peer = new Peer(engine)
    peers.push(peer)
    return peer
  }
  return { engine, peer: peers[0]!, another }
}

afterEach(async () => {
  for (const { engine, peers } of opened.splice(0)) {
    await engine.close()
    for (const peer of peers) {
      await peer.answer()
      expect(peer.events.filter((event) => event === 'open' || event === 'drain').length).toBeLessThan(
        peer.events.length,
      )
    }
    expect(engine.sessions.size).toBe(0)
  }
})

describe('a link inside the process', () => {
  it('opens, answers in batches and closes once', async () => {
    const { engine, peer } = await open()
    expect(await peer.ask('SET k v', 'GET k')).toBe('+OK\r\n$1\r\nv\r\n')
    expect(peer.events).toEqual(['open'])
    peer.link.end()
    peer.link.end()
    await peer.answer()
    expect(peer.events).toEqual(['open', 'close'])
    expect(engine.sessions.size).toBe(0)
  })

  it('delivers nothing while paused', async () => {
    const { peer } = await open()
    await peer.ask('PING')
    peer.link.pause()
    expect(await peer.ask('PING')).toBe('')
    peer.link.resume()
    expect(await peer.answer()).toBe('+PONG\r\n')
  })

  it('sends what is left before it ends', async () => {
    const { peer } = await open()
    peer.link.write('PING\r\n')
    peer.link.end()
    expect(await peer.answer()).toBe('+PONG\r\n')
  })

  it('reports the cause of its destruction', async () => {
    const { peer } = await open()
    peer.link.destroy(new Error('enough'))
    await peer.answer()
    expect(peer.events).toEqual(['open', 'enough'])
  })

  it('says that it is full while a blocked session leaves input waiting', async () => {
    const { peer, another } = await open()
    await peer.ask('BLPOP l 0')
    const pings = 'PING\r\n'.repeat(200_000)
    expect(peer.link.write(pings)).toBe(true)
    await peer.answer()
    expect(peer.link.write('PING\r\n')).toBe(false)
    await another().ask('RPUSH l x')
    await peer.answer()
    expect(peer.events).toEqual(['open', 'drain'])
  })

  it('has room for the rest of a long argument', async () => {
    const { peer } = await open()
    const answers: string[] = []
    for (const part of [`*2\r\n$4\r\nECHO\r\n$3000000\r\n${'x'.repeat(2_000_000)}`, 'x'.repeat(1_000_000), '\r\n']) {
      expect(peer.link.write(part)).toBe(true)
      answers.push(await peer.answer())
    }
    expect(answers.map(({ length }) => length)).toEqual([0, 0, 3_000_012])
  })

  it('lets the event loop run while a client never pauses', async () => {
    const { engine } = await open()
    let answers = 0
    let isRunning = true
    const link = engine.dial({
      onOpen: () => link.write('PING\r\n'),
      onData: () => {
        answers++
        if (isRunning) link.write('PING\r\n')
      },
      onDrain: () => {},
      onClose: () => {},
    })
    await new Promise((resolve) => setTimeout(resolve, 1))
    isRunning = false
    expect(answers).toBeGreaterThan(0)
    link.destroy()
  })

  it('closes after a protocol error and after QUIT', async () => {
    const { peer, another } = await open()
    expect(await peer.ask('*x')).toBe('-ERR Protocol error: invalid multibulk length\r\n')
    const other = another()
    expect(await other.ask('QUIT', 'PING')).toBe('+OK\r\n')
    expect([peer.events, other.events]).toEqual([
      ['open', 'close'],
      ['open', 'close'],
    ])
  })
})

describe('time', () => {
  it('stands still until it is advanced, and then keys expire', async () => {
    const { engine, peer } = await open({ clock: new Clock(1_000_000) })
    await peer.ask('SET k v PX 500')
    engine.clock.advance(500)
    expect(await peer.ask('PTTL k')).toBe(':0\r\n')
    engine.clock.advance(1)
    expect(await peer.ask('GET k', 'DBSIZE')).toBe('$-1\r\n:0\r\n')
  })

  it('removes expired keys that nobody asks for', async () => {
    const { engine, peer } = await open({ clock: new Clock(0) })
    await peer.ask(...Array.from({ length: 50 }, (_, i) => `SET a${i} 1 PX 10`), 'SET b 2 PX 100000', 'SET c 3')
    engine.clock.advance(1000)
    expect(engine.databases[0]!.entries.size).toBe(2)
    engine.clock.advance(200_000)
    expect(engine.databases[0]!.entries.size).toBe(1)
  })

  it('ends a blocking command', async () => {
    const { engine, peer } = await open({ clock: new Clock(0) })
    expect(await peer.ask('BLPOP l 1.5', 'PING')).toBe('')
    engine.clock.advance(1499)
    expect(await peer.answer()).toBe('')
    engine.clock.advance(1)
    expect(await peer.answer()).toBe('*-1\r\n+PONG\r\n')
  })

  it('fails a transaction whose watched key expired', async () => {
    const { engine, peer } = await open({ clock: new Clock(0) })
    await peer.ask('SET k v PX 10', 'WATCH k')
    engine.clock.advance(11)
    expect(await peer.ask('MULTI', 'PING', 'EXEC')).toBe('+OK\r\n+QUEUED\r\n*-1\r\n')
  })
})

describe('blocking', () => {
  it('can be ended from outside', async () => {
    const { peer, another } = await open()
    await peer.ask('BLPOP l 0')
    const other = another()
    expect(await other.ask('CLIENT UNBLOCK 1 ERROR')).toBe(':1\r\n')
    expect(await peer.answer()).toBe('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n')
    await peer.ask('BLPOP l 0')
    await other.ask('CLIENT UNBLOCK 1')
    expect(await peer.answer()).toBe('*-1\r\n')
  })

  it('forgets a client that left', async () => {
    const { engine, peer, another } = await open()
    await peer.ask('BLPOP l m 0', 'WATCH l')
    peer.link.destroy()
    expect(await another().ask('RPUSH l x', 'LLEN l')).toBe(':1\r\n:1\r\n')
    expect(engine.databases[0]!.waiters.size).toBe(0)
  })
})

describe('faults, snapshots and reset', () => {
  it('fails a command as often as told', async () => {
    const { engine, peer } = await open()
    engine.fail('GET', 'LOADING not yet', { times: 1 })
    expect(await peer.ask('GET k', 'GET k')).toBe('-LOADING not yet\r\n$-1\r\n')
    engine.fail('*', 'ERR all', { times: 2 })
    expect(await peer.ask('PING', 'CLIENT ID', 'PING')).toBe('-ERR all\r\n-ERR all\r\n+PONG\r\n')
  })

  it('fails a command as likely as told', async () => {
    const draws = [0.9, 0.1]
    const { engine, peer } = await open({ random: () => draws.shift()! })
    engine.fail('ping', 'ERR bad luck', { probability: 0.5 })
    expect(await peer.ask('PING', 'PING')).toBe('+PONG\r\n-ERR bad luck\r\n')
  })

  it('fails all subcommands of a command, and one of them', async () => {
    const { engine, peer } = await open()
    engine.fail('CONFIG', 'ERR any', { times: 1 })
    engine.fail('client id', 'ERR one')
    expect(await peer.ask('CONFIG RESETSTAT', 'CONFIG RESETSTAT')).toBe('-ERR any\r\n+OK\r\n')
    expect(await peer.ask('CLIENT ID', 'CLIENT GETNAME')).toBe('-ERR one\r\n$-1\r\n')
  })

  it('fails what scripts call, and what a transaction would queue', async () => {
    const { engine, peer } = await open()
    engine.fail('INCR', 'OOM no memory', { times: 2 })
    expect(await peer.ask(`EVAL "return redis.pcall('INCR',KEYS[1])" 1 k`)).toBe('-OOM no memory\r\n')
    expect(await peer.ask('MULTI', 'INCR k', 'EXEC', 'INCR k')).toBe(
      '+OK\r\n-OOM no memory\r\n-EXECABORT Transaction discarded because of previous errors.\r\n:1\r\n',
    )
  })

  it('refuses faults that could never strike', async () => {
    const { engine } = await open()
    expect(() => engine.fail('GTE', 'ERR')).toThrow('There is no command GTE.')
    expect(() => engine.fail('GET', 'ERR one\r\n+two')).toThrow('A failure is one line')
    expect(() => engine.fail('GET', 'ERR', { times: 0.5 })).toThrow('times')
    expect(() => engine.fail('GET', 'ERR', { probability: 50 })).toThrow('probability')
  })

  it('restores functions, breaks watches and wakes who waits', async () => {
    const { engine, peer, another } = await open()
    const load = `FUNCTION LOAD "#!lua name=one\\nredis.register_function('f', function() return 1 end)"`
    expect(await peer.ask(load, 'RPUSH l a')).toBe('$3\r\none\r\n:1\r\n')
    const snapshot = engine.snapshot()
    await peer.ask(load.replace('one', 'two').replace("'f'", "'g'"), 'DEL l')
    const waiting = another()
    await waiting.ask('BLPOP l 0')
    await peer.ask('WATCH l', 'MULTI')
    engine.restore(snapshot)
    expect(await waiting.answer()).toBe('*2\r\n$1\r\nl\r\n$1\r\na\r\n')
    expect(await peer.ask('EXEC', 'FCALL f 0', 'FCALL g 0')).toBe('*-1\r\n:1\r\n-ERR Function not found\r\n')
  })

  it('restores a snapshot as often as wanted', async () => {
    const { engine, peer } = await open({ clock: new Clock(0) })
    await peer.ask('SET s 1 PX 5000', 'RPUSH l a b', 'HSET h f v', 'SELECT 3', 'SETRANGE b 0 x', 'SELECT 0')
    const snapshot = engine.snapshot()
    for (let round = 0; round < 2; round++) {
      await peer.ask('SET s 2', 'RPUSH l c', 'HDEL h f', 'SELECT 3', 'SETRANGE b 0 y', 'SELECT 0')
      engine.restore(snapshot)
      expect(await peer.ask('GET s', 'PTTL s', 'LLEN l', 'HGET h f')).toBe('$1\r\n1\r\n:5000\r\n:2\r\n$1\r\nv\r\n')
      expect(await peer.ask('SELECT 3', 'GET b', 'SELECT 0')).toBe('+OK\r\n$1\r\nx\r\n+OK\r\n')
    }
  })

  it('resets data and faults, and breaks watches', async () => {
    const { engine, peer } = await open()
    await peer.ask('SET k v', 'WATCH k')
    await peer.ask(`FUNCTION LOAD "#!lua name=one\\nredis.register_function('f', function() return 1 end)"`)
    engine.fail('PING', 'ERR no')
    engine.reset()
    expect(await peer.ask('FCALL f 0')).toBe('-ERR Function not found\r\n')
    expect(await peer.ask('DBSIZE', 'PING', 'MULTI', 'EXEC')).toBe(':0\r\n+PONG\r\n+OK\r\n*-1\r\n')
  })

  it('counts the time of each command of a batch to that command, and lets keys expire between them', async () => {
    const { peer } = await open({ clock: new Clock(1000), config: { 'slowlog-log-slower-than': 200_000 } })
    const batch = ['SET k v PX 300', 'DEBUG SLEEP 0.25', 'GET k', 'DEBUG SLEEP 0.5', 'GET k', 'SLOWLOG GET']
    const replies = await peer.ask(...batch)
    expect(replies).toMatch(/^\+OK\r\n\+OK\r\n\$1\r\nv\r\n\+OK\r\n\$-1\r\n\*2\r\n/)
    expect(replies.match(/:(500000|250000)\r/g)).toEqual([':500000\r', ':250000\r'])
    const info = await peer.ask('INFO commandstats')
    expect(info).toContain('cmdstat_debug:calls=2,usec=750000,')
    expect(info).toContain('cmdstat_get:calls=2,usec=0,')
  })

  it('takes nobody in once it is closed', async () => {
    const { engine, peer } = await open()
    await engine.close()
    await peer.answer()
    expect(peer.events).toEqual(['open', 'close'])
    expect(() => engine.dial({ onOpen() {}, onData() {}, onDrain() {}, onClose() {} })).toThrow('The engine is closed.')
    await expect(engine.listen()).rejects.toThrow('The engine is closed.')
  })

  it('refuses settings it does not have', async () => {
    await expect(Engine.open({ config: { nosuch: 1 } })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(Engine.open({ config: { databases: 'x' } })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('refuses settings that would say what is not so', async () => {
    const config = { appendonly: 'yes', dir: '/data', port: 6379, unixsocket: '/run/x.sock', 'cluster-enabled': 'yes' }
    for (const [name, value] of Object.entries(config)) {
      await expect(Engine.open({ config: { [name]: value } })).rejects.toThrow(
        new RegExp(`^The setting ${name} cannot be used: it follows from`),
      )
    }
  })
})

describe('the log of changes', () => {
  /** What the journal was told: units of commands, and how often output waited for it. */
  async function logged(...lines: string[]): Promise<{ units: string[][]; commits: number; engine: Engine }> {
    const { engine, peer, another } = await open({ clock: new Clock(1000) })
    const units: string[][] = []
    const log = { units, commits: 0, engine }
    engine.journal = {
      append: (effects: readonly Effect[]) => units.push(effects.map(({ db, args }) => `${db}: ${args.join(' ')}`)),
      isHolding: false,
      failure: null,
      commit: () => {
        log.commits++
        return true
      },
    }
    const other = another()
    for (const line of lines) {
      if (line.startsWith('b: ')) await other.ask(line.slice(3))
      else await peer.ask(line)
    }
    return log
  }

  it('holds what changed and nothing else', async () => {
    const { units } = await logged('GET k', 'SET k 1', 'SETNX k 2', 'DEL nosuch', 'SELECT 2', 'INCR n', 'INCRBY n x')
    expect(units).toEqual([['0: SET k 1'], ['2: INCR n']])
  })

  it('holds times and sums that do not depend on when they are repeated', async () => {
    const { units } = await logged(
      'SET k 1 EX 10',
      'EXPIRE k 5',
      'EXPIRE k -1',
      'INCRBYFLOAT f 1.5',
      'GETSET k 2',
      'GETDEL k',
    )
    expect(units.flat()).toEqual([
      '0: SET k 1 PXAT 11000',
      '0: PEXPIREAT k 6000',
      '0: DEL k',
      '0: SET f 1.5 KEEPTTL',
      '0: SET k 2',
      '0: DEL k',
    ])
  })

  it('holds a transaction as one unit', async () => {
    const { units } = await logged(
      'MULTI',
      'SET a 1',
      'GET a',
      'SELECT 1',
      'SET b 2 PX 1',
      'EXEC',
      'MULTI',
      'PING',
      'EXEC',
    )
    expect(units).toEqual([['0: SET a 1', '1: SET b 2 PXAT 1001']])
  })

  it('holds what a blocked client took, after the push', async () => {
    const { units } = await logged(
      'b: BLMOVE l m LEFT RIGHT 0',
      'RPUSH l x y',
      'b: BLPOP l 0',
      'b: BLPOP l 0',
      'RPUSH l z',
    )
    expect(units).toEqual([
      ['0: RPUSH l x y'],
      ['0: LMOVE l m left right'],
      ['0: LPOP l'],
      ['0: RPUSH l z'],
      ['0: LPOP l'],
    ])
  })

  it('holds expiry as deletion', async () => {
    const { engine, units } = await logged('SET a 1 PX 5')
    engine.clock.advance(1000)
    expect(units.at(-1)).toEqual(['0: DEL a'])
  })

  it('holds a reset, and keeps a snapshot from being restored behind its back', async () => {
    const { engine, units } = await logged('SET a 1')
    engine.reset()
    expect(units.at(-1)).toEqual(['0: FLUSHALL'])
    expect(() => engine.restore(engine.snapshot())).toThrow('while changes are being logged')
  })

  it('is committed before a reply leaves', async () => {
    expect((await logged('SET a 1')).commits).toBe(1)
  })
})

describe('keyspace notifications', () => {
  it('reach subscribers of the classes that are on', async () => {
    const { engine, peer } = await open({ config: { 'notify-keyspace-events': 'Klg' } })
    const heard: string[] = []
    engine.pubsub.publish = (channel, message) => heard.push(`${channel} ${message}`)
    await peer.ask('SET s 1', 'RPUSH l x', 'LPOP l')
    expect(heard).toEqual(['__keyspace@0__:l rpush', '__keyspace@0__:l lpop', '__keyspace@0__:l del'])
  })
})

describe('SCAN', () => {
  it('returns every key that stays, whatever comes and goes meanwhile', async () => {
    const { engine, peer } = await open()
    const session = engine.openSession(null)
    for (let i = 0; i < 5000; i++) session.db.put(`stays:${i}`, 'string', 'v')
    const seen: string[] = []
    let cursor = '0'
    let round = 0
    do {
      const answer = await peer.ask(`SCAN ${cursor} COUNT 100`)
      const [next, ...keys] = answer.split('\r\n').filter((line) => /^(\d+|stays:.*|comes:.*)$/.test(line))
      cursor = next!
      seen.push(...keys.filter((key) => key.startsWith('stays:')))
      session.db.put(`comes:${round}`, 'string', 'v')
      session.db.delete(`comes:${round - 5}`)
      round++
    } while (cursor !== '0')
    expect([...new Set(seen)].toSorted()).toEqual(Array.from({ length: 5000 }, (_, i) => `stays:${i}`).toSorted())
  })
})
