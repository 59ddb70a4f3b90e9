// What needs a clock, files or many connections: idle clients, limits, pauses, users in a file, long commands in the logs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { Engine } from './engine.ts'

let engine: Engine
let clock: Clock
beforeEach(async () => {
  clock = new Clock(1_000_000)
  engine = await Engine.open({ clock })
})
afterEach(() => engine.close())

/** A client in process: sends one command at a time, and collects what comes. */
function client(of: Engine = engine) {
  const state = { received: '', isClosed: false }
  const link = of.dial({
    onOpen() {},
    onData(chunk) {
      state.received += chunk.toString('latin1')
    },
    onDrain() {},
    onClose() {
      state.isClosed = true
    },
  })
  return {
    state,
    link,
    async send(...words: string[]): Promise<string> {
      state.received = ''
      link.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
      await new Promise(setImmediate)
      return state.received
    },
  }
}

describe('idle clients', () => {
  it('are disconnected after timeout, subscribers are not', async () => {
    const idle = client()
    const listener = client()
    const active = client()
    await idle.send('PING')
    await listener.send('SUBSCRIBE', 'c')
    await active.send('CONFIG', 'SET', 'timeout', '10')
    for (let second = 0; second < 12; second++) {
      clock.advance(1000)
      await active.send('PING')
    }
    expect([idle, listener, active].map(({ state }) => state.isClosed)).toEqual([true, false, false])
  })
})

describe('CLIENT PAUSE', () => {
  it('holds every command until its time has passed, in order', async () => {
    const one = client()
    const other = client()
    await one.send('CLIENT', 'PAUSE', '500')
    expect(await one.send('SET', 'k', '1')).toBe('')
    expect(await other.send('GET', 'k')).toBe('')
    clock.advance(499)
    await new Promise(setImmediate)
    expect(other.state.received).toBe('')
    clock.advance(1)
    await new Promise(setImmediate)
    expect(one.state.received).toBe('+OK\r\n')
    expect(other.state.received).toBe('$1\r\n1\r\n')
  })
})

describe('what a client holds', () => {
  it('grows and shrinks with its transaction and its names', async () => {
    const one = client()
    const held = async (): Promise<number> =>
      Number(/tot-mem=(\d+)/.exec(await other.send('CLIENT', 'LIST', 'ID', id))![1])
    const other = client()
    const id = (await one.send('CLIENT', 'ID')).slice(1, -2)
    const name = 'n'.repeat(10_000)
    const idle = await held()
    const steps: [grow: string[], shrink: string[]][] = [
      [['WATCH', name, name], ['UNWATCH']],
      [
        ['SUBSCRIBE', name, name],
        ['UNSUBSCRIBE', name],
      ],
      [['PSUBSCRIBE', name], ['PUNSUBSCRIBE']],
      [['SSUBSCRIBE', name], ['RESET']],
    ]
    for (const [grow, shrink] of steps) {
      await one.send(...grow)
      expect(await held()).toBeGreaterThanOrEqual(idle + name.length)
      expect(await held()).toBeLessThan(idle + name.length * 2)
      await one.send(...shrink)
      expect(await held()).toBe(idle)
    }
    await one.send('MULTI')
    await one.send('SET', 'k', name)
    expect(await held()).toBeGreaterThanOrEqual(idle + name.length)
    await one.send('EXEC')
    expect(await held()).toBe(idle)
  })
})

describe('who has not logged in', () => {
  it('may not send large requests', async () => {
    await engine.close()
    engine = await Engine.open({ config: { requirepass: 'secret' } })
    const stranger = client()
    const words = Array.from({ length: 11 }, () => 'x')
    expect(await stranger.send(...words)).toBe('-ERR Protocol error: unauthenticated multibulk length\r\n')
    const large = client()
    expect(await large.send('AUTH', 'x'.repeat(16_385))).toBe('-ERR Protocol error: unauthenticated bulk length\r\n')
    const known = client()
    expect(await known.send('AUTH', 'secret')).toBe('+OK\r\n')
    expect(await known.send('SET', 'k', 'x'.repeat(16_385))).toBe('+OK\r\n')
  })
})

describe('users in a file', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ochre-acl-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  it('are loaded, saved and loaded again', async () => {
    const aclfile = join(dir, 'users.acl')
    writeFileSync(aclfile, 'user default on nopass ~* &* +@all\nuser bob on >pw ~a* +get (+set ~b)\n')
    const kept = await Engine.open({ config: { aclfile } })
    try {
      const admin = client(kept)
      const bob = client(kept)
      expect(await bob.send('AUTH', 'bob', 'pw')).toBe('+OK\r\n')
      expect(await bob.send('SET', 'b', '1')).toBe('+OK\r\n')
      expect(await bob.send('SET', 'a', '1')).toContain('NOPERM')
      await admin.send('ACL', 'SETUSER', 'bob', '-get')
      expect(await admin.send('ACL', 'SAVE')).toBe('+OK\r\n')
      expect(readFileSync(aclfile, 'latin1')).toMatch(
        /^user bob on #[0-9a-f]{64} ~a\* resetchannels -@all \(~b .*\+set\)$/m,
      )
      writeFileSync(aclfile, 'user default on nopass ~* &* +@all\nuser bob on +nosuch\n')
      expect(await admin.send('ACL', 'LOAD')).toContain('users.acl:2: Unknown command or category name in ACL')
      writeFileSync(aclfile, 'user default on nopass ~* &* +@all\n')
      expect(await admin.send('ACL', 'LOAD')).toBe('+OK\r\n')
      expect(bob.state.isClosed).toBe(true)
      expect(await admin.send('ACL', 'USERS')).toBe('*1\r\n$7\r\ndefault\r\n')
    } finally {
      await kept.close()
    }
  })

  it('must be there when the engine opens', async () => {
    await expect(Engine.open({ config: { aclfile: join(dir, 'nosuch') } })).rejects.toThrow(
      'The users cannot be loaded',
    )
  })
})

describe('commands that take long', () => {
  it('are in the slow log and among the latencies, without passwords', async () => {
    const admin = client()
    await admin.send('CONFIG', 'SET', 'latency-monitor-threshold', '100', 'slowlog-log-slower-than', '100000')
    expect(await admin.send('DEBUG', 'SLEEP', '0.25')).toBe('+OK\r\n')
    expect(engine.slowLog.latest(10)).toMatchObject([{ micros: 250_000, args: ['DEBUG', 'SLEEP', '0.25'] }])
    expect(engine.latency.events.get('command')).toEqual({ max: 250, samples: [{ at: 1000, ms: 250 }] })
    await admin.send('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
    await admin.send('ACL', 'SETUSER', 'bob', '>hidden')
    await admin.send('ECHO', 'x'.repeat(200))
    const [echo, setuser] = engine.slowLog.latest(2)
    expect(echo!.args).toEqual(['ECHO', `${'x'.repeat(128)}... (72 more bytes)`])
    expect(setuser!.args).toEqual(['ACL', 'SETUSER', '(redacted)', '(redacted)'])
  })
})

describe('invalidation over RESP2', () => {
  it('goes to the client it is redirected to', async () => {
    const listener = client()
    const reader = client()
    const writer = client()
    const id = (await listener.send('CLIENT', 'ID')).slice(1, -2)
    await listener.send('SUBSCRIBE', '__redis__:invalidate')
    await reader.send('CLIENT', 'TRACKING', 'on', 'REDIRECT', id)
    await reader.send('GET', 'k')
    listener.state.received = ''
    await writer.send('SET', 'k', '1')
    expect(listener.state.received).toBe('*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n')
    listener.link.destroy()
    await new Promise(setImmediate)
    await reader.send('GET', 'k')
    await writer.send('SET', 'k', '2')
    expect(await reader.send('CLIENT', 'TRACKINGINFO')).toContain('broken_redirect')
  })
})

describe('invalidation over RESP3', () => {
  it('comes when a test puts all data back', async () => {
    const reader = client()
    await reader.send('HELLO', '3')
    await reader.send('CLIENT', 'TRACKING', 'on')
    const empty = engine.snapshot()
    for (const change of [() => engine.reset(), () => engine.restore(empty)]) {
      await reader.send('GET', 'k')
      reader.state.received = ''
      change()
      await new Promise(setImmediate)
      expect(reader.state.received).toBe('>2\r\n$10\r\ninvalidate\r\n_\r\n')
    }
  })
})

describe('INFO', () => {
  it('counts commands, errors and rejections', async () => {
    const admin = client()
    await admin.send('SET', 'k', 'v')
    await admin.send('LPUSH', 'k', 'v')
    await admin.send('GET')
    await admin.send('NOSUCH')
    const info = await admin.send('INFO', 'commandstats', 'errorstats', 'latencystats')
    expect(info).toContain('cmdstat_set:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0')
    expect(info).toContain('cmdstat_lpush:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1')
    expect(info).toContain('cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0')
    expect(info).toContain('errorstat_WRONGTYPE:count=1')
    expect(info).toContain('errorstat_ERR:count=2')
    expect(info).toContain('latency_percentiles_usec_set:p50=1.000,p99=1.000,p99.9=1.000')
    await admin.send('CONFIG', 'RESETSTAT')
    expect(await admin.send('INFO', 'errorstats')).not.toContain('errorstat_')
  })
})

describe('INFO stats', () => {
  it('tells the traffic of the last seconds', async () => {
    const { send } = client()
    const rate = async (): Promise<number> =>
      Number(/instantaneous_ops_per_sec:(\d+)/.exec(await send('INFO', 'stats'))![1])
    expect(await rate()).toBe(0)
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 50; i++) await send('PING')
      clock.advance(1000)
    }
    expect(await rate()).toBe(51) // INFO is one of them
    expect(await send('INFO', 'stats')).toMatch(/instantaneous_input_kbps:0\.[1-9]/)
    clock.advance(60_000)
    await rate()
    clock.advance(1000)
    expect(await rate()).toBe(2)
    await send('CONFIG', 'RESETSTAT')
    expect(await rate()).toBeLessThan(3)
  })
})

describe('DEBUG', () => {
  it('SLEEP moves a clock that stands still by whole milliseconds', async () => {
    const { send } = client()
    expect(await send('DEBUG', 'SLEEP', '1.001')).toBe('+OK\r\n')
    expect(await send('TIME')).toBe('*2\r\n$4\r\n1001\r\n$4\r\n1000\r\n')
    expect(await send('SET', 'k', 'v', 'EX', '10')).toBe('+OK\r\n')
    expect(await send('PTTL', 'k')).toBe(':10000\r\n')
  })

  it('is refused where it is not enabled', async () => {
    const strict = await Engine.open({ config: { 'enable-debug-command': 'no' } })
    const refused = await client(strict).send('DEBUG', 'SLEEP', '0')
    await strict.close()
    expect(refused).toContain('DEBUG command not allowed')
  })
})

describe('SHUTDOWN', () => {
  it('closes the engine, which disconnects everybody', async () => {
    const one = client()
    const other = client()
    await other.send('PING')
    expect(await one.send('SHUTDOWN', 'NOSAVE')).toBe('')
    while (!one.state.isClosed || !other.state.isClosed) await new Promise(setImmediate)
    expect(engine.sessions.size).toBe(0)
  })
})

describe('client-query-buffer-limit', () => {
  it('disconnects who sends more than that without finishing a request', async () => {
    const greedy = client()
    await greedy.send('CONFIG', 'SET', 'client-query-buffer-limit', '1mb')
    greedy.link.write(`*2\r\n$4\r\nECHO\r\n$2000000\r\n${'x'.repeat(900_000)}`)
    await new Promise(setImmediate)
    expect(greedy.state.isClosed).toBe(false)
    greedy.link.write('x'.repeat(200_000))
    await new Promise(setImmediate)
    expect(greedy.state.isClosed).toBe(true)
  })
})
