// One HTTP server in a process of its own (the gateway may have workers of its own): ours, Fastify with ioredis, or plain
// node:http with a constant. It says where it listens and which processes it has; asked for memory, it says how much it has.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { VALUE } from './keys.ts'

export interface ServeArguments {
  readonly kind: 'ochre' | 'fastify' | 'constant'
  readonly root: string
  readonly redisPort: number
  /** Where to listen. */
  readonly port: number
  readonly token: string
  readonly workers: number
}

export interface Ready {
  readonly port: number
  readonly pids: readonly number[]
}

export interface Memory {
  readonly rss: number
  /** The heap and what is beside it, after a collection. */
  readonly heap: number
}

await main(JSON.parse(process.argv[2]!) as ServeArguments)

async function main(options: ServeArguments): Promise<void> {
  if (options.kind === 'ochre') return serveOchre(options)
  ready(options.kind === 'fastify' ? await listenFastify(options) : await listenConstant())
}

/** Tells the parent, and answers and ends with it. */
function ready(port: number, pids: readonly number[] = [process.pid]): void {
  process.on('message', (question) => {
    if (question !== 'memory') return
    globalThis.gc?.()
    globalThis.gc?.()
    const { rss, heapUsed, external } = process.memoryUsage()
    process.send!({ rss, heap: heapUsed + external } satisfies Memory)
  })
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.send!({ port, pids } satisfies Ready)
}

async function serveOchre({ root, redisPort, port, token, workers }: ServeArguments): Promise<void> {
  const entry = pathToFileURL(`${root}/packages/gateway/dist/index.js`).href
  const gateway = (await import(entry)) as typeof import('@ochre/gateway')
  const read = () =>
    gateway.loadConfig({
      env: {},
      flags: {
        redisUrl: `redis://127.0.0.1:${redisPort}`,
        rootKey: token,
        secret: token,
        port,
        adminPort: 0,
        workers,
        logLevel: 'error',
      },
    }).config
  const config = read()
  const log = gateway.createLog(config.logLevel)
  if (workers > 1 && !gateway.isWorker()) {
    const supervisor = await gateway.superviseWorkers(config, log)
    process.once('SIGTERM', () => void supervisor.close().then(() => process.exit()))
    ready(port, [process.pid, ...supervisor.pids()])
    return
  }
  const running = await gateway.startGateway({ redis: config.redisUrl!, config, log })
  if (gateway.isWorker()) gateway.announceWorker(running)
  else ready(port)
  process.exit(await gateway.runUntilSignal(running, read))
}

async function listenFastify({ redisPort }: ServeArguments): Promise<number> {
  const [{ fastify }, { Redis }] = await Promise.all([import('fastify'), import('ioredis')])
  const redis = new Redis({ port: redisPort })
  const app = fastify()
  const result = { type: ['string', 'null'] }
  const schema = { response: { 200: { type: 'object', properties: { result } } } }
  app.get<{ Params: { key: string } }>('/get/:key', { schema }, async (request) => ({
    result: await redis.get(request.params.key),
  }))
  app.post<{ Body: string[][] }>('/pipeline', async (request) => {
    const commands = request.body.map(([name, ...args]) => [name!.toLowerCase(), ...args])
    const replies = (await redis.pipeline(commands).exec()) ?? []
    return { results: replies.map(([error, reply]) => (error ? { error: error.message } : { result: reply })) }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

function listenConstant(): Promise<number> {
  const body = JSON.stringify({ result: VALUE })
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
