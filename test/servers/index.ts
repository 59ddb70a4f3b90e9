// Real servers for tests. `startServer()` starts one; `describeEachServer` runs a suite once per available version.
import { describe } from 'vitest'
import { installed } from './provision.ts'

export { RawClient, type RawReply } from './raw-client.ts'
export { freePort, type ServerOptions, startServer, type TestServer } from './server.ts'

/** The versions of this run, the default first: `['redis-7.0', 'valkey-8.0']`. */
export function servers(): string[] {
  const found = installed()
  if (found === undefined)
    throw new Error('servers() works inside a test run, whose global setup provides the servers.')
  return found.map((server) => server.name)
}

/** Declares the suite once per version; pass the version on to `startServer`. */
export function describeEachServer(name: string, suite: (version: string) => void): void {
  for (const version of servers()) describe(`${name} on ${version}`, () => suite(version))
}
