// What was done before an engine closed, or its process died, is there when it opens again.
import fs from 'node:fs'
import { type Client, connect } from '@ochre/client'
import { FailureReply } from '@ochre/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { execute } from '../../packages/embedded/src/execute.ts'
import { Clock, Engine, type EngineOptions } from '../../packages/embedded/src/index.ts'
import { encodeCommand } from '../../packages/embedded/src/persistence/record.ts'
import { Replay } from '../../packages/embedded/src/persistence/replay.ts'
import type { Session } from '../../packages/embedded/src/session.ts'
import { commandOf, templates } from '../diff/templates.ts'
import { copyOf, stateOf, temporaryFolder } from './folder.ts'

async function open(options: EngineOptions): Promise<{ engine: Engine; redis: Client }> {
  const engine = await Engine.open({ warn: () => {}, ...options })
  const redis = await connect(engine)
  onTestFinished(async () => {
    await redis.close()
    await engine.close()
  })
  return { engine, redis }
}

const LIBRARY =
  "#!lua name=lib\nredis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)"

/** One of everything, in several databases, in ways that only their effects can repeat. */
function fill(engine: Engine): void {
  const lines: (string | number)[][] = [
    ['SET', 's', 'text'],
    ['SET', 'binary', '\0\r\n$5\r\n'],
    ['SET', 'short', 'x', 'EX', 1000],
    ['INCRBYFLOAT', 'float', '0.1'],
    ['SETRANGE', 'edited', 5, 'abc'],
    ['RPUSH', 'l', 'a', 'b', 'c'],
    ['LPOP', 'l'],
    ['HSET', 'h', 'f', '1', 'g', '2'],
    ['SADD', 'set', 'a', 'b', 'c', '1'],
    ['SPOP', 'set'],
    ['SADD', 'ints', 1, 2, 3],
    ['ZADD', 'z', 1.5, 'a', 'inf', 'b', '-0.1', 'c'],
    ['PFADD', 'hll', 'a', 'b'],
    ['XADD', 'stream', '*', 'f', 'v'],
    ['XADD', 'stream', '*', 'f', 'w'],
    ['XGROUP', 'CREATE', 'stream', 'g', 0],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', 'stream', '>'],
    ['EVAL', "redis.call('SET', KEYS[1], ARGV[1]) redis.call('INCR', KEYS[2])", 2, 'by-script', 'n', 'v'],
    ['FUNCTION', 'LOAD', LIBRARY],
    ['FCALL', 'put', 1, 'by-function', 'v'],
    ['SELECT', 3],
    ['SET', 'in-3', 'x'],
    ['SWAPDB', 3, 5],
    ['SET', 'in-3', 'y'],
    ['SELECT', 7],
    ['SET', 'gone', 'x'],
    ['FLUSHDB'],
    ['SET', 'moved', 'x'],
    ['MOVE', 'moved', 8],
    ['SELECT', 0],
    ['RENAME', 's', 'renamed'],
    ['COPY', 'renamed', 'copied', 'DB', 9],
    ['MULTI'],
    ['SET', 'in-multi', 'x'],
    ['INCR', 'n'],
    ['EXEC'],
  ]
  const session = engine.openSession(null)
  for (const line of lines) run(engine, session, line)
}

function run(engine: Engine, session: Session, line: readonly (string | number)[]): void {
  let outcome: ReturnType<typeof execute> | undefined
  engine.turn(() => {
    outcome = execute(session, line.map(String))
  })
  if (outcome instanceof FailureReply) throw new Error(`${line.join(' ')}: ${outcome.text}`)
}

describe('opening again', () => {
  for (const fsync of ['always', 'everysec', 'no'] as const) {
    it(`brings back everything after a close and after a crash, under ${fsync}`, async () => {
      const dir = temporaryFolder()
      const { engine, redis } = await open({ dir, fsync })
      fill(engine)
      await redis.close()
      const before = stateOf(engine)
      expect(before.length).toBeGreaterThan(20)
      const crashed = await open({ dir: copyOf(dir), fsync })
      if (fsync === 'always') expect(stateOf(crashed.engine)).toEqual(before)
      await engine.close()
      expect(stateOf((await open({ dir, fsync })).engine)).toEqual(before)
    })
  }

  it('brings back everything after the data was written anew', async () => {
    const dir = temporaryFolder()
    const first = await open({ dir })
    fill(first.engine)
    await first.redis.call('RPUSH', 'long', ...Array.from({ length: 2000 }, (_, i) => `element ${i}`))
    await first.redis.call('ZADD', 'wide', ...Array.from({ length: 1000 }, (_, i) => [i / 7, `m${i}`]).flat())
    for (let i = 0; i < 2500; i++) void first.redis.call('XADD', 'deep', '*', 'field', `value ${i}`)
    await first.redis.call('XDEL', 'deep', '0-1')
    const before = stateOf(first.engine)
    expect(await first.engine.persistence!.rewrite()).toBe(true)
    expect(
      fs
        .readdirSync(dir)
        .filter((name) => name.startsWith('append'))
        .sort(),
    ).toEqual(['appendonly.aof.2.base', 'appendonly.aof.2.log', 'appendonly.aof.manifest'])
    await first.redis.close()
    await first.engine.close()
    expect(stateOf((await open({ dir })).engine)).toEqual(before)
  })

  it('brings back a string that fits into no string of V8, from the log and after the data was written anew', async () => {
    const dir = temporaryFolder()
    const first = await open({ dir, clock: new Clock(1_000_000) })
    await first.redis.call('SETBIT', 'k', '4294967295', '1')
    await first.redis.call('PEXPIRE', 'k', '5000')
    await first.redis.close()
    await first.engine.close()
    for (let time = 0; time < 2; time++) {
      const { engine, redis } = await open({ dir, clock: new Clock(1_000_000) })
      expect(await redis.call('STRLEN', 'k')).toBe(536_870_912)
      expect(await redis.call('GETRANGE', 'k', '-2', '-1')).toBe('\0\x01')
      expect(await redis.call('BITCOUNT', 'k')).toBe(1)
      expect(await redis.call('PTTL', 'k')).toBe(5000)
      expect(await engine.persistence!.rewrite()).toBe(true)
      await redis.close()
      await engine.close()
    }
  }, 60_000)

  it('brings back a script of many changes, as one unit of 90 MB', async () => {
    const dir = temporaryFolder()
    const first = await open({ dir, fsync: 'no' })
    const script = "for i = 1, tonumber(ARGV[1]) do redis.call('SET', KEYS[1], ARGV[2] .. i) end"
    await first.redis.call('EVAL', script, 1, 'k', 90_000, 'x'.repeat(1000))
    await first.redis.close()
    await first.engine.close()
    const { redis } = await open({ dir })
    expect(await redis.call('GET', 'k')).toBe(`${'x'.repeat(1000)}90000`)
  })

  it('repeats what was within the limits of its time', async () => {
    const dir = temporaryFolder()
    const first = await open({ dir })
    await first.redis.call('SETRANGE', 'a', '2000000', 'x')
    await first.redis.call('SETBIT', 'b', '16000000', '1')
    await first.redis.call('APPEND', 'a', 'y')
    await first.redis.close()
    await first.engine.close()
    const { redis } = await open({ dir, config: { 'proto-max-bulk-len': '1mb' } })
    expect(await redis.call('STRLEN', 'a')).toBe(2_000_002)
    expect(await redis.call('STRLEN', 'b')).toBe(2_000_001)
    await expect(redis.call('APPEND', 'a', 'z')).rejects.toThrow('string exceeds maximum allowed size')
  })

  it('lets nothing expire before its time has come in the log, and what is due expires once it is open', async () => {
    const dir = temporaryFolder()
    const { engine, redis } = await open({ dir, clock: new Clock(1_000_000) })
    await redis.call('SET', 'n', 5, 'PX', 1000)
    await redis.call('INCR', 'n')
    await redis.call('SET', 'later', 'x', 'PX', 9000)
    await redis.close()
    await engine.close()
    const again = await open({ dir, clock: new Clock(1_005_000) })
    expect(await again.redis.call('GET', 'n')).toBe(null)
    expect(await again.redis.call('PTTL', 'later')).toBe(4000)
  })

  for (const isRewritten of [false, true]) {
    it(`lets fields of a hash expire at their time${isRewritten ? ', after a rewrite' : ''}`, async () => {
      const dir = temporaryFolder()
      const { engine, redis } = await open({ dir, clock: new Clock(1_000_000) })
      await redis.call('HSET', 'h', 'f', '1', 'g', '2', 'stays', '3')
      await redis.call('HPEXPIRE', 'h', 1000, 'FIELDS', 1, 'f')
      await redis.call('HPEXPIRE', 'h', 9000, 'FIELDS', 1, 'g')
      if (isRewritten) expect(await engine.persistence!.rewrite()).toBe(true)
      await redis.close()
      await engine.close()
      const again = await open({ dir, clock: new Clock(1_005_000) })
      expect(await again.redis.call('HKEYS', 'h')).toEqual(['g', 'stays'])
      expect(await again.redis.call('HPTTL', 'h', 'FIELDS', 1, 'g')).toEqual([4000])
      again.engine.clock.advance(10_000)
      expect(again.engine.databases[0]!.entries.get('h')).toMatchObject({ value: { size: 1 } })
    })
  }

  it('keeps what blocked clients were served', async () => {
    const dir = temporaryFolder()
    const { engine, redis } = await open({ dir })
    const waiting = redis.call('BLPOP', 'l', 0)
    await redis.call('RPUSH', 'l', 'a', 'b')
    await waiting
    await redis.close()
    await engine.close()
    const again = await open({ dir })
    expect(await again.redis.call('LRANGE', 'l', 0, -1)).toEqual(['b'])
  })

  it('is refused while another engine has the folder', async () => {
    const dir = temporaryFolder()
    await open({ dir })
    await expect(Engine.open({ dir })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('in use'),
    })
  })
})

describe('random commands', () => {
  let opened: { engine: Engine; session: Session }
  let other: Engine
  beforeAll(async () => {
    const clock = new Clock(1_700_000_000_000)
    const engine = await Engine.open({ clock })
    opened = { engine, session: engine.openSession(null) }
    other = await Engine.open({ clock })
  })
  afterAll(async () => {
    await opened.engine.close()
    await other.close()
  })

  function stateAfter(taken: readonly (readonly [db: number, args: readonly string[]])[]): string[] {
    other.reset()
    const replay = new Replay(other, {})
    for (const [db, args] of taken) {
      const select = encodeCommand(['SELECT', String(db)])
      expect(replay.run(Buffer.from(select + encodeCommand(args), 'latin1'), 0)).toBe(null)
    }
    return stateOf(other)
  }

  const usable = templates.filter(
    (template) => !/^(SUBSCRIBE|PSUBSCRIBE|SSUBSCRIBE|HELLO|RESET|QUIT|CLIENT|AUTH)\b/i.test(template),
  )
  const sequence = fc.array(fc.oneof(...usable.map(commandOf)), { minLength: 20, maxLength: 150 })

  for (const isRewriting of [false, true]) {
    it(`are repeated from the log${isRewriting ? ', through many rewrites' : ''}`, async () => {
      await fc.assert(
        fc.asyncProperty(sequence, async (commands) => {
          const dir = temporaryFolder()
          const engine = await Engine.open({ dir, warn: () => {}, fsync: 'no' })
          let rewrites: Promise<boolean> = Promise.resolve(true)
          try {
            const session = engine.openSession(null)
            for (const [index, command] of commands.entries()) {
              engine.turn(() => void execute(session, command))
              if (isRewriting && index % 5 === 0) {
                const { persistence } = engine
                rewrites = persistence!.rewrite()
                await new Promise((resolve) => setImmediate(resolve))
              }
            }
            expect(await rewrites).toBe(true)
            engine.turn(() => {})
            const before = stateOf(engine)
            await engine.close()
            const again = await Engine.open({ dir, warn: () => {} })
            const after = stateOf(again)
            await again.close()
            expect(after).toEqual(before)
          } finally {
            await engine.close()
          }
        }),
        { numRuns: 60 },
      )
    }, 120_000)
  }

  it('on large collections do not change what a capture takes either', () => {
    const { engine, session } = opened
    const run = (...args: (string | number)[]): void => engine.turn(() => void execute(session, args.map(String)))
    const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
    const changes: (() => void)[] = [
      () => run('RPOPLPUSH', 'list', 'list'),
      () => run('LTRIM', 'list', 100, 200),
      () => run('SREM', 'set', ...many(2000)),
      () => run('HDEL', 'hash', ...many(3000)),
      () => run('HSET', 'hash', 1, 'changed'),
      () => run('ZINCRBY', 'zset', 1e6, 'm5'),
      () => run('ZREMRANGEBYRANK', 'zset', 0, 2000),
      () => run('XDEL', 'stream', '5-0'),
      () => run('XACK', 'stream', 'g', '9-0', '801-0'),
      () => run('XCLAIM', 'stream', 'g', 'other', 0, '17-0', '1601-0'),
      () => run('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', 5, 'STREAMS', 'stream', 0),
      () => run('XREADGROUP', 'GROUP', 'g', 'new', 'COUNT', 5, 'STREAMS', 'stream', '>'),
      () => run('XTRIM', 'stream', 'MAXLEN', 10),
      () => run('HPEXPIRE', 'hash', 1, 'FIELDS', 1, 3001),
      () => run('HPERSIST', 'hash', 'FIELDS', 1, 5999),
      () => engine.clock.advance(2),
      () => run('HINCRBY', 'hash', 'n', 1),
      () => run('COPY', 'set', 'copy'),
      () => run('SADD', 'copy', 'x'),
      () => run('SPOP', 'copy', 3000),
      () => run('RENAME', 'hash', 'zset'),
      () => run('HDEL', 'zset', ...many(5000)),
      () => run('XGROUP', 'DESTROY', 'stream', 'g'),
      () => run('DEL', 'list', 'stream'),
      () => run('FLUSHALL'),
    ]
    for (let stepsBefore = 0; stepsBefore < 120; stepsBefore += 3) {
      engine.reset()
      run('RPUSH', 'list', ...many(6000))
      run('SADD', 'set', ...many(6000).map((i) => `m${i}`), ...many(2000))
      run('HSET', 'hash', ...many(6000).flatMap((i) => [i, `v${i}`]))
      run('HPEXPIRE', 'hash', 1e9, 'FIELDS', 2000, ...many(2000).map((i) => 3 * i))
      run('ZADD', 'zset', ...many(6000).flatMap((i) => [i / 3, `m${i}`]))
      for (let i = 1; i < 16_000; i += 8) run('XADD', 'stream', `${i}-0`, 'f', 'v')
      run('XGROUP', 'CREATE', 'stream', 'g', 0)
      run('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', 700, 'STREAMS', 'stream', '>')
      run('XREADGROUP', 'GROUP', 'g', 'd', 'COUNT', 100, 'STREAMS', 'stream', '>')
      run('XDEL', 'stream', '9-0')
      run('EXPIRE', 'zset', 1000)
      const expected = stateOf(engine)
      const taken: [db: number, args: readonly string[]][] = []
      const captures = engine.databases.map((database) =>
        database.beginCapture((db, args) => void taken.push([db, args])),
      )
      for (let i = 0; i < stepsBefore; i++) captures[0]!.step()
      for (const change of changes) {
        change()
        captures[0]!.step()
      }
      while (captures.some((capture) => capture.step())) {}
      for (const database of engine.databases) database.endCapture()
      expect(captures.filter(({ isSpoilt }) => isSpoilt)).toEqual([])
      expect(stateAfter(taken), `${stepsBefore} steps`).toEqual(expected)
    }
  })

  it('do not change what a capture takes, whenever it takes it', () => {
    fc.assert(
      fc.property(sequence, sequence, fc.infiniteStream(fc.nat(2)), (before, during, steps) => {
        const { engine, session } = opened
        engine.reset()
        engine.scripting.libraries.flush()
        for (const command of before) engine.turn(() => void execute(session, command))
        const expected = stateOf(engine)
        const taken: [db: number, args: readonly string[]][] = []
        const captures = engine.databases.map((database) =>
          database.beginCapture((db, args) => void taken.push([db, args])),
        )
        for (const command of during) {
          const count = steps.next().value ?? 0
          for (let i = 0; i < count; i++) captures.find((capture) => capture.step())
          engine.turn(() => void execute(session, command))
        }
        while (captures.some((capture) => capture.step())) {}
        for (const database of engine.databases) database.endCapture()
        expect(captures.filter(({ isSpoilt }) => isSpoilt)).toEqual([])
        expect(stateAfter(taken)).toEqual(expected.filter((line) => !line.startsWith('#!lua')))
      }),
      { numRuns: 300 },
    )
  })
})
