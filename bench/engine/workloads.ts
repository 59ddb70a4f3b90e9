// The workloads of the engine: the classics of redis-benchmark, scripts, what is kept on disk, and calls without a socket.
import { createHash } from 'node:crypto'
import { RawClient } from '../../test/servers/raw-client.ts'
import type { Goal, Workload } from '../suite.ts'
import type { EngineTarget } from './contenders.ts'
import { load } from './load.ts'

const KEY = 'key:__rand_int__'
const VALUE = 'value-0123'
export const SCRIPT = "return redis.call('incrby', KEYS[1], ARGV[1])"
const LOCAL_SCRIPT = "return redis.call('get', KEYS[1])"
const SHA = createHash('sha1').update(SCRIPT).digest('hex')

type Shape = Pick<Workload<EngineTarget>, 'name' | 'title' | 'goals'>

/** A command over TCP, from 50 connections. */
function overTcp(
  shape: Shape,
  pipeline: number,
  command: readonly string[],
  portOf: (target: EngineTarget) => number | undefined = (target) => target.port,
): Workload<EngineTarget> {
  return {
    ...shape,
    fits: (target) => portOf(target) !== undefined,
    async verify(target) {
      const client = await RawClient.open(portOf(target)!)
      try {
        await client.call('SCRIPT', 'LOAD', SCRIPT)
        await client.call('SET', KEY, VALUE)
        if ((await client.call('GET', KEY)) !== VALUE) throw new Error('a wrong answer')
        await client.call('DEL', 'counter')
        const script = await client.call('EVALSHA', SHA, 1, 'counter', 3)
        if (script !== 3) throw new Error('a wrong answer of a script')
      } finally {
        client.close()
      }
    },
    run: (target, clock) =>
      load({ program: target.program, port: portOf(target)!, connections: 50, pipeline, command }, clock),
  }
}

/** Calls in the same process, by 64 callers. */
function inProcess(
  shape: Shape,
  call: (target: EngineTarget) => Promise<unknown>,
  expected: unknown,
): Workload<EngineTarget> {
  return {
    ...shape,
    fits: (target) => target.get !== undefined,
    async verify(target) {
      if ((await call(target)) !== expected) throw new Error('a wrong answer')
    },
    async run(target, clock) {
      let answered = 0
      // Answers come as microtasks, between which no timer runs: the callers look at the time themselves.
      const end = performance.now() + clock.ms
      const caller = async (): Promise<void> => {
        while (performance.now() < end) {
          for (let i = 0; i < 10; i++) await call(target)
          answered += 10
        }
      }
      await Promise.all(Array.from({ length: 64 }, caller))
      return answered
    },
  }
}

const against = (redis: number): readonly Goal[] => [
  { times: 10, of: 'js-redis-server' },
  { times: redis, of: 'redis' },
]
const FAST: readonly Goal[] = [{ times: 0.5, of: 'redis' }]

export const WORKLOADS: readonly Workload<EngineTarget>[] = [
  overTcp({ name: 'set-p16', title: 'SET, -P 16', goals: against(0.35) }, 16, ['SET', KEY, VALUE]),
  overTcp({ name: 'get-p16', title: 'GET, -P 16', goals: against(0.35) }, 16, ['GET', KEY]),
  overTcp({ name: 'set-p1', title: 'SET, -P 1', goals: FAST }, 1, ['SET', KEY, VALUE]),
  overTcp({ name: 'get-p1', title: 'GET, -P 1', goals: FAST }, 1, ['GET', KEY]),
  overTcp({ name: 'eval', title: 'EVAL of INCRBY, -P 16', goals: [{ opsPerSecond: 60_000 }] }, 16, [
    ...['EVAL', SCRIPT, '1', 'counter', '1'],
  ]),
  overTcp({ name: 'evalsha', title: 'EVALSHA of it, -P 16', goals: [{ opsPerSecond: 60_000 }] }, 16, [
    ...['EVALSHA', SHA, '1', 'counter', '1'],
  ]),
  overTcp(
    { name: 'set-everysec', title: 'SET, -P 16, kept every second' },
    16,
    ['SET', KEY, VALUE],
    (target) => target.keeping?.everysec,
  ),
  overTcp(
    { name: 'set-always', title: 'SET, -P 16, kept always' },
    16,
    ['SET', KEY, VALUE],
    (target) => target.keeping?.always,
  ),
  inProcess(
    { name: 'in-process-get', title: 'GET in process, 64 callers', goals: [{ opsPerSecond: 500_000 }] },
    (target) => target.get!('key:7'),
    'value',
  ),
  inProcess(
    { name: 'in-process-eval', title: 'EVAL in process, 64 callers', goals: [{ opsPerSecond: 60_000 }] },
    (target) => target.eval!(LOCAL_SCRIPT, 'key:7'),
    'value',
  ),
]
