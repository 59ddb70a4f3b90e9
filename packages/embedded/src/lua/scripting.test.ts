// What scripts do to their engine: what is logged, when they are killed, and what outlives the machine.
import type { Reply } from '@ochre/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Effect, Engine } from '../engine.ts'
import { execute } from '../execute.ts'
import type { Session } from '../session.ts'
import { Libraries } from './libraries.ts'
import { LuaPanic, LuaRuntime, type ScriptHost, Verdict } from './runtime.ts'
import { type Script, Scripts } from './scripts.ts'

let engine: Engine
let session: Session
let units: (readonly Effect[])[]

beforeEach(async () => {
  engine = await Engine.open()
  session = engine.openSession(null)
  units = []
  engine.journal = {
    append: (effects) => void units.push(effects),
    commit: () => true,
    isHolding: false,
    failure: null,
  }
})
afterEach(() => engine.close())

function run(...args: string[]): ReturnType<typeof execute> {
  return execute(session, args)
}

function logged(): string[][] {
  return units.map((unit) => unit.map(({ db, args }) => `${db} ${args.join(' ')}`))
}

describe('the log of changes', () => {
  it('has what a script executed, as one unit, and not the script', () => {
    run('EVAL', "redis.call('set','a','1') redis.call('incr','a') return redis.call('get','a')", '0')
    expect(logged()).toEqual([['0 set a 1', '0 incr a']])
  })

  it('has what was executed before an error', () => {
    run('EVAL', "redis.call('set','a','1') error('stop')", '0')
    expect(logged()).toEqual([['0 set a 1']])
  })

  it('has nothing of a script that only reads', () => {
    run('EVAL', "return redis.call('get','a')", '0')
    expect(logged()).toEqual([])
  })

  it('leaves out what is executed while set_repl says so', () => {
    const script =
      "redis.call('set','a','1') redis.set_repl(redis.REPL_NONE) redis.call('set','b','1') redis.set_repl(redis.REPL_AOF) redis.call('set','c','1')"
    run('EVAL', script, '0')
    expect(logged()).toEqual([['0 set a 1', '0 set c 1']])
    expect(run('GET', 'b')).toBe('1')
  })

  it('joins scripts of one transaction', () => {
    run('MULTI')
    run('SET', 'a', '1')
    run('EVAL', "return redis.call('incr','a')", '0')
    run('EXEC')
    expect(logged()).toEqual([['0 SET a 1', '0 incr a']])
  })

  it('follows SELECT inside of a script, which does not move the client', () => {
    run('EVAL', "redis.call('select','3') redis.call('set','a','1')", '0')
    run('SET', 'b', '2')
    expect(logged()).toEqual([['3 set a 1'], ['0 SET b 2']])
  })

  it('has libraries as they were loaded, replaced and deleted', () => {
    const code = "#!lua name=l\nredis.register_function('f', function(keys) return redis.call('incr', keys[1]) end)"
    run('FUNCTION', 'LOAD', code)
    run('FUNCTION', 'LOAD', code)
    run('FCALL', 'f', '1', 'n')
    run('FUNCTION', 'DELETE', 'l')
    run('FUNCTION', 'FLUSH')
    expect(logged()).toEqual([[`0 FUNCTION LOAD ${code}`], ['0 incr n'], ['0 FUNCTION DELETE l'], ['0 FUNCTION FLUSH']])
  })
})

describe('a script that runs too long', () => {
  it('is killed where it cannot be interrupted, after twice the busy-reply-threshold', () => {
    engine.settings['busy-reply-threshold'] = 20
    expect(run('EVAL', 'while true do end', '0')).toMatchObject({
      text: expect.stringContaining('Script killed by user with SCRIPT KILL...'),
    })
    expect(run('EVAL', 'return 1', '0')).toBe(1)
  })

  it('goes on when it has written, because half of it would stay', () => {
    engine.settings['busy-reply-threshold'] = 1
    const script = "redis.call('set','a','1') local n = 0 for i = 1, 3000000 do n = n + 1 end return n"
    expect(run('EVAL', script, '0')).toBe(3_000_000)
  })
})

describe('what outlives a machine that breaks', () => {
  it('is every script and every library', () => {
    const runtime = new LuaRuntime()
    const scripts = new Scripts(runtime)
    const libraries = new Libraries(runtime)
    const unknown = {} as unknown as Reply
    const host: ScriptHost = {
      call: ([name]) => (name === 'break' ? unknown : name!),
      log: () => {},
      logLevel: 3,
      permits: () => true,
      replicate: () => {},
      interrupt: () => Verdict.GO_ON,
    }
    const script = scripts.load('return redis.call(ARGV[1])') as Script
    libraries.load("#!lua name=l\nredis.register_function('f', function(keys, args) return args[1] end)", false)
    expect(libraries.run(libraries.find('f')!, [], ['x'], host)).toBe('x')
    expect(() => scripts.run(script, [], ['break'], host)).toThrow(LuaPanic)
    expect(scripts.run(script, [], ['fine'], host)).toBe('fine')
    expect(libraries.run(libraries.find('f')!, [], ['still here'], host)).toBe('still here')
    expect(runtime.generation).toBe(2)
  })
})
