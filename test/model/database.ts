// What a model suite runs on: a real server, or the embedded engine, with one client and a fresh database for each test.
import { type Client, connect, type Target } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'

/** A server's version, as `servers()` names it, or the engine in this process. */
export type Backend = 'embedded' | (string & {})

export interface Fixture {
  readonly redis: Client
  /** The real server; there is none on the embedded engine. */
  readonly server: TestServer
  /** What `connect` takes for a further client. */
  readonly target: Target
}

/** Set by embedded.test.ts, which runs the suites a second time. */
const DEFAULT: Backend | undefined = process.env.OCHRE_MODEL_BACKEND

/** Starts what the suite runs on; the fixture's members are there once a test runs. */
export function useRedis(backend: Backend | undefined = DEFAULT): Fixture {
  let server: TestServer | undefined
  let engine: Engine | undefined
  let redis: Client | undefined
  beforeAll(async () => {
    if (backend === 'embedded') {
      engine = await Engine.open()
      redis = await connect(engine)
    } else {
      server = await startServer(backend === undefined ? {} : { version: backend })
      redis = await connect(server.url)
    }
  })
  beforeEach(async () => {
    await redis!.call('FLUSHALL')
  })
  afterAll(async () => {
    await redis?.close()
    await server?.stop()
    await engine?.close()
  })
  return {
    get redis() {
      return redis!
    },
    get server() {
      return server!
    },
    get target() {
      return engine ?? server!.url
    },
  }
}
