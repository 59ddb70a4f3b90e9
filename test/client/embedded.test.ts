// The client on an engine in the same process: the same suite as on a server.
import { connect } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientSuite } from './client-suite.ts'
import { checkLeaks } from './leak-check.ts'

describe('the client on the embedded engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.open()
  })
  afterAll(() => engine.close())
  checkLeaks()

  describe('as on a server', () => clientSuite(() => engine))

  test('large values and bursts pass the link whole and in order', async () => {
    const redis = await connect(engine)
    const large = Buffer.alloc(3_000_000, 'ö')
    const calls = Array.from({ length: 200 }, (_, i) => redis.set(`k:${i}`, large.subarray(0, i * 1000)))
    await Promise.all(calls)
    const sizes = await Promise.all(calls.map((_, i) => redis.call('STRLEN', `k:${i}`)))
    expect(sizes).toEqual(calls.map((_, i) => i * 1000))
    await redis.set('large', large)
    expect((await redis.buffers.get('large'))!.equals(large)).toBe(true)
    await redis.close()
  })
})
