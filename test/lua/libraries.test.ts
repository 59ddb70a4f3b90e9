// FUNCTION DUMP and RESTORE: the same payload as Redis 7.0 for the same library, and the same answers to good and bad ones.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Pair } from './pair.ts'

const small = '#!lua name=s\nredis.register_function("s", function() end)'
const large = `#!lua name=large\n${Array.from({ length: 60 }, (_, i) => `redis.register_function('f${i}', function(keys, args) return ${i} end)`).join('\n')}`

/** What a bulk reply holds. */
function textOf(reply: string): string {
  return reply.slice(reply.indexOf('\r\n') + 2, -2)
}

describe('libraries', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await Pair.open()
  })
  afterAll(() => pair.close())
  beforeEach(() => pair.same(['function', 'flush']))

  it.each([small, large])('are dumped in the bytes of Redis', async (code) => {
    await pair.same(['function', 'load', code])
    const payload = textOf(await pair.same(['function', 'dump']))
    await pair.same(['function', 'flush'])
    expect(await pair.same(['function', 'restore', payload])).toBe('+OK\r\n')
    await pair.same(['function', 'stats'])
    await pair.same(['fcall', 'f59', 0])
    await pair.same(['fcall', 's', 0])
  })

  it('of an empty engine are dumped too', async () => {
    const payload = textOf(await pair.same(['function', 'dump']))
    expect(payload).toHaveLength(10)
    await pair.same(['function', 'load', small])
    await pair.same(['function', 'restore', payload])
    await pair.same(['function', 'list'])
    await pair.same(['function', 'restore', payload, 'flush'])
    await pair.same(['function', 'list'])
  })

  it('are restored by the policy that is given', async () => {
    await pair.same(['function', 'load', small])
    const payload = textOf(await pair.same(['function', 'dump']))
    for (const policy of ['append', 'APPEND', 'replace', 'flush', 'bad', '']) {
      await pair.same(['function', 'restore', payload, policy])
      await pair.same(['function', 'list', 'withcode'])
    }
    await pair.same(['function', 'restore', payload])
    await pair.same(['function', 'restore', payload, 'flush', 'x'])
    await pair.same(['function', 'restore'])
  })

  it('stay as they were when a restore fails', async () => {
    await pair.same(['function', 'load', small])
    const payload = textOf(await pair.same(['function', 'dump']))
    await pair.same(['function', 'flush'])
    await pair.same(['function', 'load', '#!lua name=other\nredis.register_function("s",function() return 1 end)'])
    for (const policy of ['append', 'replace', 'flush']) {
      await pair.same(['function', 'restore', payload, policy])
      await pair.same(['fcall', 's', 0])
    }
  })

  it('are not restored from what is no payload', async () => {
    await pair.same(['function', 'load', large])
    const payload = textOf(await pair.same(['function', 'dump']))
    await pair.same(['set', 'k', 'a value that is no library'])
    const cut = [0, 1, 9, 10, payload.length - 1].map((length) => payload.slice(0, length))
    const flipped = [0, 1, 5, payload.length - 12, payload.length - 10, payload.length - 1].map(
      (at) => payload.slice(0, at) + String.fromCharCode(payload.charCodeAt(at) ^ 1) + payload.slice(at + 1),
    )
    for (const bad of ['', 'x', ...cut, ...flipped]) await pair.same(['function', 'restore', bad, 'replace'])
    await pair.same(['fcall', 'f0', 0])
  })
})
