// Every typed method on real servers: what it resolves to is of the type that it declares, in each protocol and mode.
import { type Client, connect, ReplyError } from '@ochre/client'
import { lookupCommand } from '@ochre/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EmittedMethod } from '../../scripts/gen/emit.ts'
import { describeEachServer, startServer, type TestServer } from '../servers/index.ts'
import { misfit } from './declared-type.ts'
import { LEFT_OUT } from './live.ts'
import { METHODS, methodSamples } from './method-samples.ts'

/** Something under the key that samples use, so that most replies are not empty. */
const DATA: Readonly<Record<string, string[]>> = {
  generic: ['SET value 1'],
  string: ['SET value 1'],
  bitmap: ['SET value 1'],
  hash: ['HSET value value 1 field 2'],
  list: ['RPUSH value value 1 2'],
  set: ['SADD value value 1 2'],
  'sorted-set': ['ZADD value 1 value 2 b'],
  geo: ['GEOADD value 13.4 52.5 value 13.5 52.5 b'],
  stream: [
    'XADD value 1-1 f v',
    'XADD value 1-2 f v',
    'XGROUP CREATE value value 0',
    'XREADGROUP GROUP value value COUNT 1 STREAMS value >',
  ],
  'vector-set': ['VADD value VALUES 1 1 value', 'VADD value VALUES 1 2 b'],
}

/** They put what comes after them on the same connection to sleep, or end it. */
const NOT_HERE = new Set([
  ...LEFT_OUT,
  'client unblock',
  'client no-evict',
  'client tracking',
  'client caching',
  'acl setuser',
  'config set',
  'swapdb',
])

function replyOf(method: EmittedMethod, call: readonly unknown[]): string {
  const last = call.at(-1)
  const options =
    typeof last === 'object' && last !== null && !Array.isArray(last) ? (last as Record<string, unknown>) : {}
  const given = (name: string): boolean => {
    const [param, literal] = name.split('=')
    const value = options[param!] ?? call[method.params.findIndex((one) => one.name === param)]
    return literal === undefined ? value !== undefined && value !== false : value === literal
  }
  return method.replies.find((reply) => reply.when.every(given))!.type
}

describeEachServer('The reply of a typed method', (version) => {
  let server: TestServer
  let clients: [name: string, client: Client, isValue: (value: unknown) => boolean][]
  beforeAll(async () => {
    server = await startServer({ version })
    const isText = (value: unknown): boolean => typeof value === 'string'
    const isBytes = (value: unknown): boolean => value instanceof Buffer
    clients = []
    for (const protocol of [2, 3] as const) {
      const client = await connect(server.url, { protocol })
      clients.push([`RESP${protocol}`, client, isText])
      clients.push([`RESP${protocol} in Buffers`, client.buffers as unknown as Client, isBytes])
    }
  })
  afterAll(async () => {
    for (const [, client] of clients) await client.close()
    await server.stop()
  })

  it('is of the type that the method declares', async () => {
    const syntax = await server.call('COMMAND', 'LIST').then((names) => new Set(names as string[]))
    const problems: string[] = []
    let replies = 0
    for (const method of METHODS) {
      const spec = lookupCommand(method.command)!
      if (!syntax.has(method.command.split(' ')[0]!) || NOT_HERE.has(method.command)) continue
      for (const sample of methodSamples(method)) {
        for (const [name, client, isValue] of clients) {
          await server.call('FLUSHALL')
          for (const line of DATA[spec.group] ?? []) await server.call(...line.split(' '))
          const run = client[method.name as keyof Client] as (...args: unknown[]) => Promise<unknown>
          const reply = await run.apply(client, sample.call).catch((error: unknown) => error)
          if (reply instanceof ReplyError) continue
          if (reply instanceof Error) throw reply
          const problem = misfit(replyOf(method, sample.call), reply, isValue)
          if (problem !== undefined) problems.push(`${name}: ${method.command} ${sample.words.join(' ')}: ${problem}`)
          replies++
        }
      }
    }
    expect(problems).toEqual([])
    expect(replies).toBeGreaterThan(2000)
  }, 120_000)
})
