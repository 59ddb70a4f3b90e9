// What a client does with any server that is healthy, over whatever transport.
import { type Client, connect, type Target } from '@ochre/client'
import { FailureReply, MapReply, StatusReply } from '@ochre/protocol'
import { afterEach, expect, test } from 'vitest'

/** Declares the tests; `target` is asked in each, and what it names is empty. */
export function clientSuite(target: () => Target): void {
  let redis: Client
  afterEach(async () => {
    await redis.call('FLUSHALL')
    await redis.close()
  })

  test('keeps the order of ten thousand mixed calls', async () => {
    redis = await connect(target())
    const calls: Promise<unknown>[] = []
    for (let i = 0; i < 10_000; i++) {
      calls.push(
        i % 3 === 0 ? redis.call('ECHO', i) : i % 3 === 1 ? redis.buffers.call('ECHO', i) : redis.incr('count'),
      )
    }
    const replies = await Promise.all(calls)
    replies.forEach((reply, i) => {
      if (i % 3 === 2 ? reply !== (i + 1) / 3 : String(reply) !== String(i)) expect(reply).toBe(i)
    })
    expect(await redis.call('DEL', 'count')).toBe(1)
  })

  test('runs scripts by their hash and heals a forgotten one', async () => {
    redis = await connect(target())
    const source = { lua: 'return {KEYS[1], ARGV[1], #ARGV}', sha: '' }
    source.sha = String(await redis.call('SCRIPT', 'LOAD', source.lua))
    await redis.call('SCRIPT', 'FLUSH')
    for (let i = 0; i < 2; i++) expect(await redis.runScript(source, ['k'], ['é', 2])).toEqual(['k', 'é', 2])
    expect(await redis.runScript(source, ['k'], [1], { readOnly: true })).toEqual(['k', '1', 1])
    await expect(
      redis.runScript({ lua: 'return redis.error_reply("MINE no")', sha: '0'.repeat(40) }, [], []),
    ).rejects.toMatchObject({ code: 'MINE' })
  })

  test('a BLPOP never delays a GET, and gets its element', async () => {
    redis = await connect(target())
    const pop = redis.blpop('queue', 0)
    for (let i = 0; i < 20; i++) await redis.get('x')
    await redis.call('RPUSH', 'queue', 'job')
    expect(await pop).not.toBeNull()
    expect(await redis.blpop('queue', 0.05)).toBeNull()
    expect(redis.health().nodes[0]!.pool).toMatchObject({ opened: 1, idle: 1, leased: 0 })
  })

  test('a lane takes commands that change the connection, and gives replies as they came', async () => {
    redis = await connect(target())
    const lane = await redis.lane()
    await redis.call('HSET', 'h', 'f', 'v')
    const words = [['MULTI'], ['CLIENT', 'SETNAME', 'mine'], ['HGETALL', 'h'], ['EXEC'], ['SELECT', 1], ['GET', 'h']]
    const [began, queued, , replies, selected, missing] = await Promise.all(words.map((each) => lane.raw(each)))
    expect([began, queued, selected]).toEqual([new StatusReply('OK'), new StatusReply('QUEUED'), new StatusReply('OK')])
    expect(replies).toEqual([new StatusReply('OK'), new MapReply(['f', 'v'])])
    expect(missing).toBeNull()
    expect(await lane.raw(['CLIENT', 'GETNAME'])).toBe('mine')
    expect(await lane.raw(['NOSUCH'])).toBeInstanceOf(FailureReply)
    const controller = new AbortController()
    const pop = lane.raw(['BLPOP', 'queue', 0], controller.signal)
    controller.abort()
    await expect(pop).rejects.toMatchObject({ code: 'ABORTED' })
    lane.release(false)
    expect(await redis.call('HGET', 'h', 'f')).toBe('v')
  })

  test('an aborted BLPOP takes nothing', async () => {
    redis = await connect(target())
    const controller = new AbortController()
    const pop = redis.with({ signal: controller.signal }).blpop('queue', 0)
    await expect.poll(async () => String(await redis.call('CLIENT', 'LIST')).includes('cmd=blpop')).toBe(true)
    controller.abort()
    await expect(pop).rejects.toMatchObject({ code: 'ABORTED' })
    await expect.poll(async () => String(await redis.call('CLIENT', 'LIST')).includes('cmd=blpop')).toBe(false)
    expect(await redis.call('RPUSH', 'queue', 'job')).toBe(1)
    expect(await redis.call('LPOP', 'queue')).toBe('job')
  })
}
