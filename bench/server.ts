// What the report says about the server that is measured against.
import type { TestServer } from '../test/servers/server.ts'

/** `Redis 7.0.15`, `Valkey 8.0.1`. */
export async function describeServer(server: TestServer): Promise<string> {
  const info = String(await server.call('INFO', 'server'))
  const [, software, version] = [...info.matchAll(/(redis|valkey)_version:(\S+)/g)].at(-1)!
  return `${software === 'valkey' ? 'Valkey' : 'Redis'} ${version}`
}
