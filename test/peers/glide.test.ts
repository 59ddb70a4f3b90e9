// valkey-glide against the engine over TCP, unchanged.
import { Engine } from '@ochre/embedded'
import { Batch, GlideClient, ProtocolVersion, Script } from '@valkey/valkey-glide'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let engine: Engine
let port: number
beforeAll(async () => {
  engine = await Engine.open()
  port = (await engine.listen()).port
})
afterAll(() => engine.close())

function open(protocol: ProtocolVersion, more: object = {}): Promise<GlideClient> {
  return GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port }], protocol, ...more })
}

describe.each([
  ['RESP2', ProtocolVersion.RESP2],
  ['RESP3', ProtocolVersion.RESP3],
])('valkey-glide with %s', (_name, protocol) => {
  it('reads and writes, in batches and scripts too', async () => {
    const client = await open(protocol)
    try {
      await client.flushall()
      expect(await client.set('k', 'v')).toBe('OK')
      expect(await client.get('k')).toBe('v')
      expect(await client.hset('h', { a: '1', b: '2' })).toBe(2)
      expect(await client.zadd('z', { a: 1, b: 2.5 })).toBe(2)
      expect(await client.zscore('z', 'b')).toBe(2.5)
      expect(await client.exec(new Batch(true).incr('n').incr('n').get('n'), true)).toEqual([1, 2, '2'])
      const script = new Script('return {KEYS[1], ARGV[1]}')
      expect(await client.invokeScript(script, { keys: ['k'], args: ['v'] })).toEqual(['k', 'v'])
      script.release()
      expect(await client.info()).toContain('redis_version')
    } finally {
      client.close()
    }
  })
})

describe('valkey-glide that listens', () => {
  it('subscribes', async () => {
    const publisher = await open(ProtocolVersion.RESP3)
    const heard: string[] = []
    const listener = await open(ProtocolVersion.RESP3, {
      pubsubSubscriptions: {
        channelsAndPatterns: { 0: new Set(['news']) },
        callback: (message: { message: string }) => heard.push(message.message),
      },
    })
    try {
      await publisher.publish('hello', 'news')
      while (heard.length === 0) await new Promise(setImmediate)
      expect(heard).toEqual(['hello'])
    } finally {
      listener.close()
      publisher.close()
    }
  })
})
