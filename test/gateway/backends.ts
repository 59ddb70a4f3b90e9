// What a gateway is tested over: a real server, and the embedded engine in the same process.
import type { Target } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { RawClient, startServer, type TestServer } from '../servers/index.ts'

export interface Backend {
  /** What the gateway connects to. */
  readonly redis: Target
  /** One command over a connection that shares no code with the client. */
  readonly call: TestServer['call']
  stop(): Promise<void>
}

export type BackendName = 'a real server' | 'the embedded engine'

export const BACKENDS: readonly BackendName[] = ['a real server', 'the embedded engine']

export async function startBackend(name: BackendName): Promise<Backend> {
  if (name === 'a real server') {
    const server = await startServer({ name: 'gateway' })
    return { redis: server.url, call: (...args) => server.call(...args), stop: () => server.stop() }
  }
  const engine = await Engine.open()
  const listening = await engine.listen({ host: '127.0.0.1', port: 0 })
  const client = await RawClient.open(listening.port)
  return {
    redis: engine,
    call: (...args) => client.call(...args),
    async stop() {
      client.close()
      await engine.close()
    },
  }
}
