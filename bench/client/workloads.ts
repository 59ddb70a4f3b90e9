// The workloads of the client: what applications do with a Redis client, and the shapes on which clients differ most.
import type { Clock, Workload } from '../suite.ts'

/** What a contender has to offer. An operation that it does not have is absent. */
export interface ClientTarget {
  get(key: string): Promise<unknown>
  getBuffer?(key: string): Promise<unknown>
  set?(key: string, value: string | Buffer): Promise<unknown>
  /** SET with EX 60. */
  setEx?(key: string, value: string): Promise<unknown>
  /** One explicit pipeline of GETs; resolves to their replies. */
  pipeline?(keys: readonly string[]): Promise<readonly unknown[]>
  mget?(keys: string[]): Promise<unknown>
  /** The whole list. */
  lrange?(key: string): Promise<unknown>
  hgetall?(key: string): Promise<unknown>
}

/** 1000 keys with values of 100 bytes; what `fill` writes and the workloads read. */
export const KEYS: readonly string[] = Array.from({ length: 1000 }, (_, i) => `bench:${String(i).padStart(4, '0')}`)
export const VALUE = 'v'.repeat(100)
export const MEGABYTE = 'm'.repeat(1 << 20)
const MEGABYTE_BUFFER = Buffer.from(MEGABYTE)
const VALUE_BUFFER = Buffer.from(VALUE)
const HUNDRED = KEYS.slice(0, 100)

type Call = (target: ClientTarget, i: number) => Promise<unknown>

/** So many callers, each of which sends its next command when the last is answered. */
function callers(count: number, call: Call): Workload<ClientTarget>['run'] {
  return async (target, clock) => {
    let answered = 0
    const caller = async (first: number): Promise<void> => {
      for (let i = first; !clock.done; i = (i + 1) % 1000) {
        await call(target, i)
        answered++
      }
    }
    await Promise.all(Array.from({ length: count }, (_, i) => caller(i % 1000)))
    return answered
  }
}

async function burst(target: ClientTarget, clock: Clock): Promise<number> {
  let answered = 0
  while (!clock.done) {
    const replies: Promise<unknown>[] = []
    for (let i = 0; i < 10_000; i++) replies.push(target.get(KEYS[i % 1000]!))
    await Promise.all(replies)
    answered += replies.length
  }
  return answered
}

async function pipelines(target: ClientTarget, clock: Clock): Promise<number> {
  let answered = 0
  while (!clock.done) answered += (await target.pipeline!(HUNDRED)).length
  return answered
}

const get: Call = (target, i) => target.get(KEYS[i]!)

async function expectReply(reply: Promise<unknown>, isRight: (value: unknown) => boolean): Promise<void> {
  if (!isRight(await reply)) throw new Error('a wrong answer')
}

/** Entries of an answer, whatever its shape: a list, a map, an object. */
function size(value: unknown): number {
  if (Array.isArray(value)) return value.length
  if (value instanceof Map) return value.size
  return Object.keys(value as object).length
}

const isValue = (value: unknown): boolean => value === VALUE
const verifyGet = (target: ClientTarget): Promise<void> => expectReply(target.get(KEYS[7]!), isValue)

export const WORKLOADS: readonly Workload<ClientTarget>[] = [
  { name: 'get-1', title: 'GET, one at a time', goals: [{ times: 1 }], verify: verifyGet, run: callers(1, get) },
  { name: 'get-64', title: 'GET, 64 callers', goals: [{ times: 1.8 }], verify: verifyGet, run: callers(64, get) },
  { name: 'get-1000', title: 'GET, 1000 callers', goals: [{ times: 2.3 }], verify: verifyGet, run: callers(1000, get) },
  { name: 'burst', title: 'GET, 10,000 in one burst', goals: [{ times: 4 }], verify: verifyGet, run: burst },
  {
    name: 'pipeline',
    title: 'pipelines of 100 GET',
    goals: [{ times: 1.5 }],
    fits: (target) => target.pipeline !== undefined,
    verify: (target) =>
      expectReply(target.pipeline!(HUNDRED), (value) => {
        const replies = value as readonly unknown[]
        return replies.length === 100 && [replies[99]].flat().some(isValue)
      }),
    run: pipelines,
  },
  {
    name: 'lrange',
    title: 'LRANGE of 1000',
    goals: [{ times: 1.5 }],
    fits: (target) => target.lrange !== undefined,
    verify: (target) => expectReply(target.lrange!('bench:list'), (value) => size(value) === 1000),
    run: callers(10, (target) => target.lrange!('bench:list')),
  },
  {
    name: 'hgetall',
    title: 'HGETALL of 100 fields',
    goals: [{ times: 1.5 }],
    fits: (target) => target.hgetall !== undefined,
    verify: (target) => expectReply(target.hgetall!('bench:hash'), (value) => size(value) === 100),
    run: callers(10, (target) => target.hgetall!('bench:hash')),
  },
  {
    name: 'mget',
    title: 'MGET of 100',
    goals: [{ times: 1.5 }],
    fits: (target) => target.mget !== undefined,
    verify: (target) => expectReply(target.mget!([...HUNDRED]), (value) => size(value) === 100),
    run: callers(10, (target) => target.mget!([...HUNDRED])),
  },
  {
    name: 'get-1mb',
    title: 'GET of 1 MB as string',
    goals: [{ times: 1.3 }],
    fits: (target) => target.set !== undefined,
    verify: (target) => expectReply(target.get('bench:megabyte'), (value) => value === MEGABYTE),
    run: callers(4, (target) => target.get('bench:megabyte')),
  },
  {
    name: 'get-1mb-buffer',
    title: 'GET of 1 MB as Buffer',
    goals: [{ times: 1 }],
    fits: (target) => target.getBuffer !== undefined,
    verify: (target) =>
      expectReply(target.getBuffer!('bench:megabyte'), (value) => MEGABYTE_BUFFER.equals(value as Buffer)),
    run: callers(4, (target) => target.getBuffer!('bench:megabyte')),
  },
  {
    name: 'set-64',
    title: 'SET, 64 callers',
    fits: (target) => target.set !== undefined,
    verify: (target) => expectReply(target.set!(KEYS[0]!, VALUE), (value) => value === 'OK'),
    run: callers(64, (target, i) => target.set!(KEYS[i]!, VALUE)),
  },
  {
    name: 'set-64-ex',
    title: 'SET EX, 64 callers',
    fits: (target) => target.setEx !== undefined,
    verify: (target) => expectReply(target.setEx!('bench:expiring', VALUE), (value) => value === 'OK'),
    run: callers(64, (target) => target.setEx!('bench:expiring', VALUE)),
  },
  {
    name: 'set-64-buffer',
    title: 'SET of a Buffer, 64 callers',
    fits: (target) => target.set !== undefined,
    verify: (target) => expectReply(target.set!(KEYS[0]!, VALUE_BUFFER), (value) => value === 'OK'),
    run: callers(64, (target, i) => target.set!(KEYS[i]!, VALUE_BUFFER)),
  },
  {
    name: 'set-1mb-buffer',
    title: 'SET of 1 MB',
    fits: (target) => target.set !== undefined,
    verify: (target) => expectReply(target.set!('bench:written', MEGABYTE_BUFFER), (value) => value === 'OK'),
    run: callers(4, (target) => target.set!('bench:written', MEGABYTE_BUFFER)),
  },
]
