// The workloads of the gateway: a key, a pipeline, and one WebSocket with many commands on their way.
import type { Clock, Goal, Outcome, Workload } from '../suite.ts'
import type { GatewayTarget } from './contenders.ts'
import { VALUE } from './keys.ts'
import { type Request, wrk } from './wrk.ts'

const IN_FLIGHT = 64

interface Shape {
  readonly name: string
  readonly title: string
  readonly goals?: readonly Goal[]
}

/** Requests from wrk; an operation is a command. */
function requests(
  shape: Shape,
  requestOf: (target: GatewayTarget) => (Request & { readonly commands?: number }) | undefined,
): Workload<GatewayTarget> {
  return {
    ...shape,
    fits: (target) => requestOf(target) !== undefined,
    async verify(target) {
      const { url, headers = {}, body, commands = 1 } = requestOf(target)!
      const response = await fetch(url, { headers, ...(body === undefined ? {} : { method: 'POST', body }) })
      const text = await response.text()
      if (!response.ok || text.split(`"${VALUE}"`).length !== commands + 1) throw new Error('a wrong answer')
    },
    async run(target, clock) {
      const request = requestOf(target)!
      const outcome = await wrk(target.wrk, request, clock.ms)
      return { ...outcome, operations: outcome.operations * (request.commands ?? 1) }
    },
  }
}

async function overSocket(target: GatewayTarget, clock: Clock): Promise<Outcome> {
  const socket = await target.openSocket!()
  try {
    const start = performance.now()
    const times: number[] = []
    const caller = async (): Promise<void> => {
      while (!clock.done) {
        const sent = performance.now()
        await socket.get()
        times.push(performance.now() - sent)
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
    const seconds = (performance.now() - start) / 1000
    times.sort((a, b) => a - b)
    return { operations: times.length, seconds, p99Ms: times[Math.floor(times.length * 0.99)]! }
  } finally {
    socket.close()
  }
}

const OVER_HTTP: readonly Goal[] = [
  { times: 0.8, of: 'constant' },
  { times: 1.7, of: 'fastify' },
]

export const WORKLOADS: readonly Workload<GatewayTarget>[] = [
  requests({ name: 'get', title: 'GET by key, one process', goals: OVER_HTTP }, (target) => target.get),
  requests({ name: 'get-resource', title: 'the same with TTL and entity tag' }, (target) => target.getResource),
  requests(
    { name: 'get-2', title: 'GET by key, two processes', goals: [{ times: 1, of: 'webdis' }] },
    (target) => target.getByTwo,
  ),
  requests(
    { name: 'pipeline', title: 'commands in pipelines of 100', goals: [{ times: 5, of: 'webdis' }] },
    (target) => target.pipeline,
  ),
  {
    name: 'websocket',
    title: 'commands on one WebSocket, 64 on their way',
    goals: [{ opsPerSecond: 60_000 }],
    fits: (target) => target.openSocket !== undefined,
    async verify(target) {
      const socket = await target.openSocket!()
      try {
        const answers = await Promise.all([socket.get(), socket.get()])
        if (!answers.every((answer) => answer.includes(`"${VALUE}"`))) throw new Error('a wrong answer')
      } finally {
        socket.close()
      }
    },
    run: overSocket,
  },
]
