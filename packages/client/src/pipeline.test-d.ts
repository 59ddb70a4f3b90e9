// Compile-time assertions about pipelines, transactions and scripts. Checked by the type checker alone; nothing here runs.
import type { Client } from './client.ts'
import { libraryFunction, script } from './script.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<_T extends true>(): void {}

declare const redis: Client

export async function pipelines(): Promise<void> {
  const replies = await redis.pipeline().get('a').incr('n').lrange('l', 0, -1).call('OBJECT', 'ENCODING', 'a').exec()
  is<Equal<typeof replies, [string | null, number, string[], unknown]>>()
  const bytes = await redis.buffers.multi().get('a').hgetall('h').exec()
  is<Equal<typeof bytes, [Buffer | null, Record<string, Buffer>]>>()
  const outcomes = await redis.pipeline().get('a').incr('n').execSettled()
  is<Equal<typeof outcomes, [PromiseSettledResult<string | null>, PromiseSettledResult<number>]>>()
  const nothing = await redis.pipeline().exec()
  is<Equal<typeof nothing, []>>()
}

export async function transactions(): Promise<void> {
  const done = await redis.watch('k', async (tx) => {
    const value = await tx.get('k')
    is<Equal<typeof value, string | null>>()
    return tx.multi().set('k', 1).incr('n')
  })
  is<Equal<typeof done, ['OK' | null, number]>>()
  const maybe = await redis.watch(['a', 'b'], async (tx) =>
    (await tx.get('a')) === null ? null : tx.multi().incr('n'),
  )
  is<Equal<typeof maybe, [number] | null>>()
  // @ts-expect-error the body returns the transaction, not what it reads
  await redis.watch('k', async (tx) => tx.get('k'))
}

export async function scripts(): Promise<void> {
  const take = script({
    lua: 'return 1',
    keys: ['stock', 'others[]'],
    args: { amount: 'number', names: 'text[]' },
    reply: (reply) => Number(reply),
  })
  const left = await redis.run(take({ stock: 'k', others: ['a', Buffer.from('b')], amount: 2, names: ['x'] }))
  is<Equal<typeof left, number>>()
  const [count, taken] = await redis
    .pipeline()
    .incr('n')
    .run(take({ stock: 'k', others: [], amount: 2n, names: [] }))
    .exec()
  is<Equal<typeof count, number>>()
  is<Equal<typeof taken, number>>()
  // @ts-expect-error a parameter is missing
  take({ stock: 'k', others: [], amount: 2 })
  // @ts-expect-error a parameter that is not there
  take({ stock: 'k', others: [], amount: 2, names: [], more: 1 })
  // @ts-expect-error a number is no text
  take({ stock: 'k', others: [], amount: 2, names: [5] })
  // @ts-expect-error there is no such type
  script({ lua: 'return 1', args: { a: 'float' } })
  const ping = script({ lua: 'return 1' })
  const pong = await redis.run(ping({}))
  is<Equal<typeof pong, unknown>>()
  const fn = libraryFunction({ function: 'f', keys: ['k'], args: { on: 'boolean' }, readOnly: true })
  await redis.run(fn({ k: 'k', on: true }))
}
