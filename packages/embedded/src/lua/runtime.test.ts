// The machine by itself: values both ways, what breaks it, and that the committed module is the one the sources make.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { FailureReply, MapReply, type Reply, StatusReply } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { LuaPanic, LuaRuntime, PAUSED, type ScriptHost, Verdict } from './runtime.ts'
import { SOURCE_SHA256 } from './vm.gen.ts'

function hostOf(overrides: Partial<ScriptHost> = {}): ScriptHost {
  return {
    call: (args) => args,
    log: () => {},
    logLevel: 0,
    permits: () => true,
    replicate: () => {},
    interrupt: () => Verdict.GO_ON,
    ...overrides,
  }
}

function run(runtime: LuaRuntime, script: string, overrides: Partial<ScriptHost> = {}, args: string[] = []): Reply {
  const ref = runtime.compile(script)
  if (typeof ref === 'string') throw new Error(ref)
  return done(runtime.run('eval', ref, 'sha', [], args, hostOf(overrides)))
}

function done(reply: Reply | typeof PAUSED): Reply {
  if (reply === PAUSED) throw new Error('the script was interrupted')
  return reply
}

/** Runs a script that is interrupted wherever it can be; how often that was. */
function runInSlices(runtime: LuaRuntime, script: string): { reply: Reply; pauses: number; refusals: number } {
  const ref = runtime.compile(script)
  if (typeof ref === 'string') throw new Error(ref)
  let pauses = 0
  let refusals = 0
  const interrupt = (mayPause: boolean): Verdict => {
    if (!mayPause) refusals++
    return mayPause ? Verdict.PAUSE : Verdict.GO_ON
  }
  let reply = runtime.run('eval', ref, 'sha', ['key'], ['arg'], hostOf({ interrupt }))
  for (; reply === PAUSED; reply = runtime.resume()) {
    expect(runtime.isRunning).toBe(true)
    pauses++
  }
  expect(runtime.isRunning).toBe(false)
  return { reply, pauses, refusals }
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
    const reply = run(runtime, script, { interrupt: () => Verdict.KILL })
    expect((reply as FailureReply).text).toMatch(/^ERR Script killed by user with SCRIPT KILL/)
    expect(run(runtime, 'return 2')).toBe(2)
  })

  it('goes on where it was interrupted, again and again', () => {
    const runtime = new LuaRuntime()
    const script = `
      local function depth(n) if n == 0 then local s = 0 for i = 1, 500000 do s = s + i % 7 end return s end return (depth(n - 1)) end
      local t = {}
      for i = 1, 3 do t[i] = depth(i * 10) .. KEYS[1] .. ARGV[1] .. redis.call('x', i)[2] end
      return t`
    for (let i = 0; i < 3; i++) {
      const { reply, pauses, refusals } = runInSlices(runtime, script)
      expect(reply).toEqual([1, 2, 3].map((n) => `1499998keyarg${n}`))
      expect(pauses).toBeGreaterThan(30)
      expect(refusals).toBe(0)
    }
  })

  it('is not interrupted where a C function is in between, and tells so', () => {
    const runtime = new LuaRuntime()
    const loop = 'local s = 0 for i = 1, 300000 do s = s + 1 end'
    for (const script of [
      `pcall(function() ${loop} end) return 1`,
      `table.sort({2, 1}, function(a, b) ${loop} return a < b end) return 1`,
      `string.gsub('a', 'a', function() ${loop} end) return 1`,
      `local t = setmetatable({}, {__index = function() ${loop} return 1 end}) return t.x`,
      `for x in function(_, last) ${loop} if not last then return 1 end end do end return 1`,
      `return coroutine.wrap(function() ${loop} return 1 end)()`,
    ]) {
      const { reply, pauses, refusals } = runInSlices(runtime, script)
      expect([reply, pauses], script).toEqual([1, 0])
      expect(refusals, script).toBeGreaterThan(5)
    }
  })

  it('says where an error was raised, also after an interruption, and forgets what was left behind', () => {
    const runtime = new LuaRuntime()
    const script = 'local s = 0\nfor i = 1, 1000000 do s = s + 1 end\nlocal t = nil\nreturn t.x'
    const { reply, pauses } = runInSlices(runtime, script)
    expect(pauses).toBeGreaterThan(5)
    expect(reply).toEqual(
      new FailureReply("ERR user_script:4: attempt to index local 't' (a nil value) script: sha, on @user_script:4."),
    )
    expect(runInSlices(runtime, 'return 5')).toEqual({ reply: 5, pauses: 0, refusals: 0 })
  })

  it('hides from scripts that they run in a thread', () => {
    const runtime = new LuaRuntime()
    expect(run(runtime, 'return coroutine.running() == nil')).toBe(1)
    expect(run(runtime, 'return {pcall(coroutine.yield, 1)}')).toEqual([
      null,
      'attempt to yield across metamethod/C-call boundary',
    ])
    const script = `
      local c = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return coroutine.running() ~= nil and b * 2 end)
      return {c(1), c(21)}`
    expect(run(runtime, script)).toEqual([2, 42])
  })

  it('kills a script that was interrupted', () => {
    const runtime = new LuaRuntime()
    let ticks = 0
    const ref = runtime.compile('while true do end') as number
    const interrupt = (): Verdict => (++ticks === 1 ? Verdict.PAUSE : Verdict.KILL)
    expect(runtime.run('eval', ref, 'sha', [], [], hostOf({ interrupt }))).toBe(PAUSED)
    expect(() => runtime.run('eval', ref, 'sha', [], [], hostOf())).toThrow('already running')
    expect((runtime.resume() as FailureReply).text).toMatch(/^ERR Script killed by user with SCRIPT KILL/)
    expect(run(runtime, 'return 2')).toBe(2)
  })

  it('gives up a script that was interrupted, and is replaced', () => {
    const runtime = new LuaRuntime()
    const ref = runtime.compile('while true do end') as number
    expect(runtime.run('eval', ref, 'sha', [], [], hostOf({ interrupt: () => Verdict.PAUSE }))).toBe(PAUSED)
    runtime.discard()
    expect(run(runtime, 'return 3')).toBe(3)
    expect(runtime.generation).toBe(2)
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

  it('is replaced when a script has left little memory to others', () => {
    const runtime = new LuaRuntime()
    const large = ['x'.repeat(270 * 1024 * 1024)]
    expect(run(runtime, "return #(ARGV[1] .. 'x')", {}, large)).toBe(large[0]!.length + 1)
    expect(run(runtime, 'return 1')).toBe(1)
    expect(runtime.generation).toBe(2)
  }, 60_000)

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
    expect(done(runtime.run('function', refs[0]!, 'f', [], [], hostOf()))).toBe('f')
    expect(run(runtime, 'return 3')).toBe(3)
  })
})
