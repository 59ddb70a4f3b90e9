// Compile-time assertions about subscriptions, consumers, monitors and codecs. Checked by the type checker alone; nothing
// here runs.
import type { Client } from './client.ts'
import { type Codec, json } from './codec.ts'
import { compressed } from './compression.ts'
import type { Gap, Message } from './subscription.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<_T extends true>(): void {}

declare const redis: Client

export async function messages(): Promise<void> {
  for await (const item of redis.subscribe('a', { buffer: 10 })) is<Equal<typeof item, Message<string>>>()
  for await (const item of redis.buffers.psubscribe(['a*', Buffer.from('b')])) {
    is<Equal<typeof item.message, Buffer>>()
    is<Equal<typeof item.pattern, string | undefined>>()
  }
  for await (const item of redis.ssubscribe('a', { gaps: true, whenFull: 'error' })) {
    is<Equal<typeof item, Message<string> | Gap>>()
    if (item.gap === undefined) is<Equal<typeof item.message, string>>()
    else is<Equal<typeof item.gap, 'lost' | 'resumed' | 'overflow'>>()
  }
  // @ts-expect-error there is no such policy
  redis.subscribe('a', { whenFull: 'reject' })
  for await (const { args, time } of redis.monitor()) {
    is<Equal<typeof args, string[]>>()
    is<Equal<typeof time, number>>()
  }
}

export async function jobs(): Promise<void> {
  for await (const job of redis.buffers.consume({ stream: 's', group: 'g', consumer: 'c' })) {
    is<Equal<typeof job.fields, Readonly<Record<string, Buffer>>>>()
    is<Equal<typeof job.deliveries, number>>()
  }
  // @ts-expect-error the consumer has no name
  redis.consume({ stream: 's', group: 'g' })
}

export async function values(): Promise<void> {
  interface User {
    name: string
  }
  const users = redis.as(compressed(json<User>()))
  const one = await users.get('u')
  is<Equal<typeof one, User | null>>()
  const old = await users.set('u', { name: 'Ada' }, { get: true, ex: 5 })
  is<Equal<typeof old, User | null>>()
  const done = await users.set('u', { name: 'Ada' }, { nx: true })
  is<Equal<typeof done, 'OK' | null>>()
  const all = await users.hgetall('h')
  is<Equal<typeof all, Record<string, User>>>()
  const popped = await users.blpop('l', 1)
  is<Equal<typeof popped, [key: string, value: User] | null>>()
  for await (const { message } of users.subscribe('c')) is<Equal<typeof message, User>>()
  // @ts-expect-error no user
  await users.set('u', { nome: 'Ada' })
  const dates: Codec<Date> = {
    encode: (value) => value.toISOString(),
    decode: (bytes) => new Date(bytes.toString()),
  }
  const date = await redis.as(dates).getdel('d')
  is<Equal<typeof date, Date | null>>()
}
