// What typed methods return, on real servers: the same values under RESP2 and RESP3, as text and as Buffers.
import { type Client, connect } from '@ochre/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { type Case, CLUSTER_CASES, DATA_CASES, NEWER_CASES, SERVER_CASES } from './shape-cases.ts'

function suite(
  version: string,
  cases: readonly Case[],
  config: Record<string, string> = {},
  setup: string[] = [],
): void {
  let server: TestServer
  const clients: Client[] = []
  beforeAll(async () => {
    server = await startServer({ version, config })
    if (setup.length > 0) await server.call(...setup)
    for (const protocol of [2, 3] as const) clients.push(await connect(server.url, { protocol }))
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await server.stop()
  })

  for (const [name, before, run, expected] of cases) {
    it(`${name} is the same under RESP2 and RESP3, as text and as Buffers`, async () => {
      const values: unknown[] = []
      for (const client of clients) {
        for (const one of [client, client.buffers as unknown as Client]) {
          await server.call('FLUSHALL')
          for (const line of before) await server.call(...line)
          values.push(await run(one))
        }
      }
      expect(values[0]).toEqual(expected)
      expect(values[2]).toEqual(expected)
      expect(asText(values[1])).toEqual(expected)
      expect(asText(values[3])).toEqual(expected)
    })
  }
}

/** Buffers as the text they hold, however deep. */
function asText(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(asText)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asText(one)]))
}

describe('Replies about data', () => suite('redis-7.0', DATA_CASES))
describe('Replies about the server', () => suite('redis-7.0', SERVER_CASES))
describe('Replies of newer commands', () => suite('redis-8.0', NEWER_CASES))
describe('Replies about a cluster', () =>
  suite('redis-7.0', CLUSTER_CASES, { 'cluster-enabled': 'yes' }, ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']))

describe('Replies about what went wrong', () => {
  it('are the same under RESP2 and RESP3: ACL LOG and LATENCY LATEST', async () => {
    await using server = await startServer({ version: 'redis-7.0', config: { 'latency-monitor-threshold': '1' } })
    await expect(server.call('AUTH', 'eve', 'wrong')).rejects.toThrow('WRONGPASS')
    await server.call('EVAL', 'local n = 0 for i = 1, 2e6 do n = n + i end return n', '0')
    for (const protocol of [2, 3] as const) {
      await using client = await connect(server.url, { protocol })
      expect(await client.aclLog()).toEqual([
        {
          count: 1,
          reason: 'auth',
          context: 'toplevel',
          object: 'AUTH',
          username: 'eve',
          ageSeconds: expect.any(Number) as number,
          clientInfo: expect.stringMatching(/^id=/) as string,
        },
      ])
      expect(await client.latencyLatest()).toContainEqual({
        event: 'command',
        time: expect.any(Number) as number,
        latestMs: expect.any(Number) as number,
        maxMs: expect.any(Number) as number,
      })
    }
  })
})
