// Real servers for tests. `startServer()` starts one; `describeEachServer` runs a suite once per available version.
import { describe } from 'vitest'
import { installed } from './provision.ts'

export { RawClient, type RawReply } from './raw-client.ts'
export { freePort, type ServerOptions, startServer, type TestServer } from './server.ts'

/** Older than 6.2, the oldest that is supported, which no archive has. */
const OLD = 'redis-6.0'

/** The versions of this run, the default first: `['redis-7.0', 'valkey-8.0']`. The old one only when it was asked for. */
export function servers(): string[] {
  return process.env.OCHRE_TEST_SERVERS === undefined ? names().filter((name) => name !== OLD) : names()
}

/** For suites that show that they need nothing newer; undefined when it is not to be had, which the run's output says. */
export function oldServer(): string | undefined {
  return names().find((name) => name === OLD)
}

function names(): string[] {
  const found = installed()
  if (found === undefined)
    throw new Error('servers() works inside a test run, whose global setup provides the servers.')
  return found.map((server) => server.name)
}

/** Declares the suite once per version; pass the version on to `startServer`. */
export function describeEachServer(name: string, suite: (version: string) => void): void {
  for (const version of servers()) describe(`${name} on ${version}`, () => suite(version))
}
