// One server and one client for a model suite, and a fresh database for each test.
import { type Client, connect } from '@ochre/client'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'

export interface Fixture {
  readonly redis: Client
  readonly server: TestServer
}

/** Starts a server for the suite; the fixture's members are there once a test runs. */
export function useRedis(version?: string): Fixture {
  let server: TestServer | undefined
  let redis: Client | undefined
  beforeAll(async () => {
    server = await startServer(version === undefined ? {} : { version })
    redis = await connect(server.url)
  })
  beforeEach(async () => {
    await redis!.call('FLUSHALL')
  })
  afterAll(async () => {
    await redis?.close()
    await server?.stop()
  })
  return {
    get redis() {
      return redis!
    },
    get server() {
      return server!
    },
  }
}
