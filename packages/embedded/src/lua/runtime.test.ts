// The machine by itself: values both ways, what breaks it, and that the committed module is the one the sources make.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { FailureReply, MapReply, type Reply, StatusReply } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { LuaPanic, LuaRuntime, type ScriptHost } from './runtime.ts'
import { SOURCE_SHA256 } from './vm.gen.ts'

function hostOf(overrides: Partial<ScriptHost> = {}): ScriptHost {
  return {
    call: (args) => args,
    log: () => {},
    logLevel: 0,
    permits: () => true,
    replicate: () => {},
    interrupt: () => false,
    ...overrides,
  }
}

function run(runtime: LuaRuntime, script: string, overrides: Partial<ScriptHost> = {}, args: string[] = []): Reply {
  const ref = runtime.compile(script)
  if (typeof ref === 'string') throw new Error(ref)
  return runtime.run('eval', ref, 'sha', [], args, hostOf(overrides))
}

describe('the scripting machine', () => {
  it('is the one that its sources make', () => {
    const folder = new URL('../../lua-vm/', import.meta.url)
    const sources = ['vm.c', 'wire.c', 'errors.c', 'api.c', 'sandbox.c', 'vm.h', 'build.ts', 'sources.sha256'].map(
      (file) => readFileSync(new URL(file, folder)),
    )
    expect(createHash('sha256').update(Buffer.concat(sources)).digest('hex')).toBe(SOURCE_SHA256)
  })

  it('opens at the first script and not before', () => {
    const runtime = new LuaRuntime()
    expect([runtime.isOpen, runtime.usedBytes('eval')]).toEqual([false, 0])
    expect(run(runtime, 'return 1')).toBe(1)
    expect(runtime.isOpen).toBe(true)
    expect(runtime.usedBytes('eval')).toBeGreaterThan(10_000)
  })

  it.each([0, 1, 2, 3, 4, 23, 24, 25, 1000, 70_000, 3_000_000])('carries texts of %i bytes both ways', (length) => {
    const runtime = new LuaRuntime()
    const text = Array.from({ length }, (_, i) => String.fromCharCode((i * 7) & 0xff)).join('')
    const asked: string[] = []
    const call = (args: string[]): Reply => {
      asked.push(...args)
      return [args[0]!, Buffer.from(args[0]!, 'latin1')]
    }
    const reply = run(runtime, 'local r = redis.call(ARGV[1], 1) return {ARGV[1], r[1], r[2]}', { call }, [text])
    expect(reply).toEqual([text, text, text])
    expect(asked).toEqual([text, '1'])
  })

  it('carries integers of 64 bits', () => {
    const runtime = new LuaRuntime()
    expect(run(runtime, 'return {2^53, 2^53 - 1, -2^53, 2^62, -2^63, 0, -1}')).toEqual([
      2n ** 53n,
      2 ** 53 - 1,
      -(2n ** 53n),
      2n ** 62n,
      -(2n ** 63n),
      0,
      -1,
    ])
  })

  it('reads tables nested as deep as Lua allows', () => {
    const runtime = new LuaRuntime()
    let reply = run(runtime, 'local t = {} for i = 1, 7000 do t = {t} end return t')
    let depth = 0
    for (; Array.isArray(reply) && reply.length === 1; depth++) reply = reply[0] as Reply
    expect(depth).toBe(7000)
    let cycle = run(runtime, 'local t = {} t[1] = t return t')
    while (Array.isArray(cycle)) cycle = cycle[0] as Reply
    expect(cycle).toEqual(new FailureReply('ERR reached lua stack limit'))
  })

  it('shows a reply in the protocol version that the script chose', () => {
    const runtime = new LuaRuntime()
    const call = (_args: string[], resp: 2 | 3): Reply => (resp === 3 ? new MapReply(['a', 1]) : ['two'])
    const script = "local two = redis.call('x')[1] redis.setresp(3) return {two, redis.call('x').map.a, true, false}"
    expect(run(runtime, script, { call })).toEqual(['two', 1, true, false])
  })

  it('kills a script when the host says so, and a pcall cannot prevent it', () => {
    const runtime = new LuaRuntime()
    const script = 'while true do pcall(function() while true do end end) end'
    const reply = run(runtime, script, { interrupt: () => true })
    expect((reply as FailureReply).text).toMatch(/^ERR Script killed by user with SCRIPT KILL/)
    expect(run(runtime, 'return 2')).toBe(2)
  })

  it('lets what a command throws out after the run, and goes on', () => {
    const runtime = new LuaRuntime()
    const failure = new TypeError('a defect')
    const call = (): Reply => {
      throw failure
    }
    expect(() => run(runtime, "redis.pcall('x') return 1", { call })).toThrow(failure)
    expect(run(runtime, "return redis.call('x')", { call: () => new StatusReply('OK') })).toEqual(new StatusReply('OK'))
    expect(runtime.generation).toBe(1)
  })

  it('is replaced when it breaks', () => {
    const runtime = new LuaRuntime()
    const unknown = {} as unknown as Reply
    expect(() => run(runtime, "return redis.call('x')", { call: () => unknown })).toThrow(LuaPanic)
    expect(runtime.isOpen).toBe(false)
    expect(run(runtime, 'return 1')).toBe(1)
    expect(runtime.generation).toBe(2)
  })

  it('refuses to run a script inside a script', () => {
    const runtime = new LuaRuntime()
    expect(() => run(runtime, "return redis.call('x')", { call: () => run(runtime, 'return 1') })).toThrow(
      'already running',
    )
  })

  it('logs at and above the level of the host', () => {
    const runtime = new LuaRuntime()
    const lines: [number, string][] = []
    const script = "redis.log(redis.LOG_VERBOSE, 'quiet') redis.log(redis.LOG_WARNING, 'loud', 1, 'x')"
    run(runtime, script, { logLevel: 2, log: (level, text) => lines.push([level, text]) })
    expect(lines).toEqual([[3, 'loud 1 x']])
  })

  it('forgets one state and keeps the other', () => {
    const runtime = new LuaRuntime()
    const refs: number[] = []
    const code = "redis.register_function('f', function() return 'f' end)"
    expect(runtime.load(code, (_name, ref) => void refs.push(ref))).toBeUndefined()
    run(runtime, 'math.randomseed(1) return 1')
    runtime.reset('eval')
    expect(runtime.run('function', refs[0]!, 'f', [], [], hostOf())).toBe('f')
    expect(run(runtime, 'return 3')).toBe(3)
  })
})
