// The ways to reach Redis over HTTP that are compared. wrk, which a worker starts, is the load.
import { WebSocket } from 'ws'
import { obtainProgram } from '../../test/servers/provision.ts'
import type { Contender, Environment, Opened } from '../suite.ts'
import { serve, startWebdis } from './child.ts'
import { KEY, PIPELINE } from './keys.ts'
import type { Request } from './wrk.ts'

export interface GatewayTarget {
  /** The command line of wrk, as JSON. */
  readonly wrk: string
  readonly get: Request
  /** With the time to live and an entity tag. */
  readonly getResource?: Request
  /** The same as `get` with two processes. */
  readonly getByTwo?: Request
  readonly pipeline?: Request & { readonly commands: number }
  /** Sends a GET and resolves to the text of the answer; for callers at the same time on one WebSocket. */
  openSocket?(): Promise<{ get(): Promise<string>; close(): void }>
}

const commands = JSON.stringify(Array.from({ length: PIPELINE }, () => ['GET', KEY]))

function openWebSocket(
  url: string,
  onText: (text: string) => void,
  protocols: readonly string[] = [],
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false })
  socket.on('message', (data: Buffer) => onText(data.toString()))
  return new Promise<WebSocket>((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

const ours: Contender<GatewayTarget> = {
  name: 'ochre',
  title: 'Ochre',
  role: 'ours',
  async open(environment, root) {
    const token = String(environment.token)
    const options = { kind: 'ochre', root, redisPort: Number(environment.port), token } as const
    const one = await serve({ ...options, workers: 1 })
    const two = await serve({ ...options, workers: 2 }).catch(async (error: Error) => {
      await one.stop()
      throw error
    })
    const headers = { authorization: `Bearer ${token}` }
    const base = `http://127.0.0.1:${one.port}`
    const target: GatewayTarget = {
      wrk: String(environment.wrk),
      get: { url: `${base}/upstash/get/${KEY}`, headers },
      getResource: { url: `${base}/v1/redis/strings/${KEY}`, headers },
      getByTwo: { url: `http://127.0.0.1:${two.port}/upstash/get/${KEY}`, headers },
      pipeline: {
        url: `${base}/v1/redis/pipeline`,
        headers: { ...headers, 'content-type': 'application/json' },
        body: commands,
        commands: PIPELINE,
      },
      async openSocket() {
        const waiting = new Map<number, (text: string) => void>()
        const socket = await openWebSocket(
          `ws://127.0.0.1:${one.port}/v1/ws`,
          (text) => {
            const id = Number(/"id":(\d+)/.exec(text)?.[1])
            waiting.get(id)?.(text)
            waiting.delete(id)
          },
          ['ochre.v1.json'],
          headers,
        )
        let next = 0
        return {
          get: () =>
            new Promise((resolve) => {
              const id = ++next
              waiting.set(id, resolve)
              socket.send(`{"id":${id},"t":"cmd","c":["GET","${KEY}"]}`)
            }),
          close: () => socket.terminate(),
        }
      },
    }
    return {
      target,
      pids: [...one.pids, ...two.pids],
      async close() {
        await Promise.all([one.stop(), two.stop()])
      },
    }
  },
}

async function openNode(kind: 'fastify' | 'constant', environment: Environment): Promise<Opened<GatewayTarget>> {
  const served = await serve({ kind, root: '', redisPort: Number(environment.port), token: '', workers: 1 })
  const base = `http://127.0.0.1:${served.port}`
  const target: GatewayTarget = { wrk: String(environment.wrk), get: { url: `${base}/get/${KEY}` } }
  const pipeline = {
    url: `${base}/pipeline`,
    headers: { 'content-type': 'application/json' },
    body: commands,
    commands: PIPELINE,
  }
  return {
    target: kind === 'fastify' ? { ...target, pipeline } : target,
    pids: served.pids,
    close: () => served.stop(),
  }
}

const constant: Contender<GatewayTarget> = {
  name: 'constant',
  title: 'node:http, a constant',
  role: 'floor',
  open: (environment) => openNode('constant', environment),
}

const fastify: Contender<GatewayTarget> = {
  name: 'fastify',
  title: 'Fastify 5 + ioredis 6',
  role: 'peer',
  open: (environment) => openNode('fastify', environment),
}

const webdis: Contender<GatewayTarget> = {
  name: 'webdis',
  title: 'Webdis 0.1.9',
  role: 'peer',
  async open(environment) {
    const served = await startWebdis(await obtainProgram('webdis'), Number(environment.port))
    const base = `127.0.0.1:${served.port}`
    const get: Request = { url: `http://${base}/GET/${KEY}` }
    const target: GatewayTarget = {
      wrk: String(environment.wrk),
      get,
      getByTwo: get,
      // It has no pipelines: one command is one request.
      pipeline: { ...get, commands: 1 },
    }
    return { target, pids: served.pids, close: () => served.stop() }
  },
}

export const CONTENDERS: readonly Contender<GatewayTarget>[] = [ours, fastify, webdis, constant]
