// The commands whose values go through a codec. Here a value is what a string holds, a field of a hash, an element of a
// list, a member of a set, or a published message; keys, field names and channels are never encoded. All other commands
// are where they were: on the client, with text or Buffers.
//
// A value that its codec cannot decode rejects the call. Members of sets are compared by the server byte by byte, so they
// need a codec that always writes equal values equally.
import type { Arg } from '@ochre/protocol'
import type { Decimal, Integer, Many } from './arguments.ts'
import type { Client } from './client.ts'
import type { Codec } from './codec.ts'
import type { GetexOptions, SetOptions } from './commands.gen.ts'
import type { TopicKind } from './subscriber.ts'
import type { Gap, Message, SubscribeOptions, Subscription } from './subscription.ts'

/** Subscribes, with messages that are made out of bytes, one character each. */
export type Listen<T> = (
  kind: TopicKind,
  names: Many<Arg>,
  options: SubscribeOptions,
  decode: (binary: string) => T,
) => Subscription<Message<T>>

export class Values<T> {
  readonly codec: Codec<T>
  private readonly client: Client<Buffer>
  private readonly listen: Listen<T>

  /** Use `client.as(codec)`. */
  constructor(client: Client<Buffer>, codec: Codec<T>, listen: Listen<T>) {
    this.client = client
    this.codec = codec
    this.listen = listen
  }

  // Strings

  get(key: Arg): Promise<T | null> {
    return this.client.get(key).then(this.one)
  }

  getdel(key: Arg): Promise<T | null> {
    return this.client.getdel(key).then(this.one)
  }

  getex(key: Arg, options?: GetexOptions): Promise<T | null> {
    return this.client.getex(key, options).then(this.one)
  }

  mget(...keys: Arg[]): Promise<(T | null)[]> {
    return this.client.mget(keys).then(this.each)
  }

  set(key: Arg, value: T, options: SetOptions & { get: true }): Promise<T | null>
  set(key: Arg, value: T, options?: SetOptions & { get?: false | undefined }): Promise<'OK' | null>
  async set(key: Arg, value: T, options: SetOptions = {}): Promise<T | 'OK' | null> {
    const reply = await this.client.set(key, this.codec.encode(value), options)
    return options.get === true ? this.one(reply as Buffer | null) : (reply as 'OK' | null)
  }

  mset(values: Readonly<Record<string, T>>): Promise<'OK'> {
    return this.client.mset(this.encoded(values))
  }

  // Hashes

  hget(key: Arg, field: Arg): Promise<T | null> {
    return this.client.hget(key, field).then(this.one)
  }

  hgetall(key: Arg): Promise<Record<string, T>> {
    return this.client.hgetall(key).then((fields) => {
      const values: Record<string, T> = Object.create(null)
      for (const field of Object.keys(fields)) values[field] = this.codec.decode(fields[field]!)
      return values
    })
  }

  hmget(key: Arg, ...fields: Arg[]): Promise<(T | null)[]> {
    return this.client.hmget(key, fields).then(this.each)
  }

  hvals(key: Arg): Promise<T[]> {
    return this.client.hvals(key).then(this.all)
  }

  hset(key: Arg, values: Readonly<Record<string, T>>): Promise<number> {
    return this.client.hset(key, this.encoded(values))
  }

  hsetnx(key: Arg, field: Arg, value: T): Promise<number> {
    return this.client.hsetnx(key, field, this.codec.encode(value))
  }

  // Lists

  lpush(key: Arg, ...values: T[]): Promise<number> {
    return this.client.lpush(key, values.map(this.encode))
  }

  rpush(key: Arg, ...values: T[]): Promise<number> {
    return this.client.rpush(key, values.map(this.encode))
  }

  lpop(key: Arg): Promise<T | null> {
    return this.client.lpop(key).then(this.one)
  }

  rpop(key: Arg): Promise<T | null> {
    return this.client.rpop(key).then(this.one)
  }

  /** Waits up to `timeout` seconds, 0 for ever. */
  blpop(keys: Many<Arg>, timeout: Decimal): Promise<[key: string, value: T] | null> {
    return this.client.blpop(keys, timeout).then(this.popped)
  }

  /** Waits up to `timeout` seconds, 0 for ever. */
  brpop(keys: Many<Arg>, timeout: Decimal): Promise<[key: string, value: T] | null> {
    return this.client.brpop(keys, timeout).then(this.popped)
  }

  lindex(key: Arg, index: Integer): Promise<T | null> {
    return this.client.lindex(key, index).then(this.one)
  }

  lrange(key: Arg, start: Integer, stop: Integer): Promise<T[]> {
    return this.client.lrange(key, start, stop).then(this.all)
  }

  lset(key: Arg, index: Integer, value: T): Promise<'OK'> {
    return this.client.lset(key, index, this.codec.encode(value))
  }

  // Sets

  sadd(key: Arg, ...members: T[]): Promise<number> {
    return this.client.sadd(key, members.map(this.encode))
  }

  srem(key: Arg, ...members: T[]): Promise<number> {
    return this.client.srem(key, members.map(this.encode))
  }

  sismember(key: Arg, member: T): Promise<number> {
    return this.client.sismember(key, this.codec.encode(member))
  }

  smembers(key: Arg): Promise<T[]> {
    return this.client.smembers(key).then(this.all)
  }

  spop(key: Arg): Promise<T | null> {
    return this.client.spop(key).then(this.one)
  }

  // Messages

  publish(channel: Arg, message: T): Promise<number> {
    return this.client.publish(channel, this.codec.encode(message))
  }

  /** As `client.subscribe`. A message that cannot be decoded ends the subscription with what the codec threw. */
  subscribe(channels: Many<Arg>, options: SubscribeOptions & { gaps: true }): Subscription<Message<T> | Gap>
  subscribe(channels: Many<Arg>, options?: SubscribeOptions & { gaps?: false }): Subscription<Message<T>>
  subscribe(channels: Many<Arg>, options: SubscribeOptions = {}): Subscription<Message<T>> {
    return this.listen('channel', channels, options, this.fromBinary)
  }

  /** As `client.psubscribe`. */
  psubscribe(patterns: Many<Arg>, options: SubscribeOptions & { gaps: true }): Subscription<Message<T> | Gap>
  psubscribe(patterns: Many<Arg>, options?: SubscribeOptions & { gaps?: false }): Subscription<Message<T>>
  psubscribe(patterns: Many<Arg>, options: SubscribeOptions = {}): Subscription<Message<T>> {
    return this.listen('pattern', patterns, options, this.fromBinary)
  }

  private encoded(values: Readonly<Record<string, T>>): [string, Uint8Array | string][] {
    return Object.entries(values).map(([name, value]) => [name, this.codec.encode(value)])
  }

  private readonly encode = (value: T): Uint8Array | string => this.codec.encode(value)
  private readonly one = (bytes: Buffer | null): T | null => (bytes === null ? null : this.codec.decode(bytes))
  private readonly each = (list: (Buffer | null)[]): (T | null)[] => list.map(this.one)
  private readonly all = (list: Buffer[]): T[] => list.map((bytes) => this.codec.decode(bytes))
  private readonly popped = (pair: [Buffer, Buffer] | null): [string, T] | null =>
    pair === null ? null : [String(pair[0]), this.codec.decode(pair[1])]
  private readonly fromBinary = (binary: string): T => this.codec.decode(Buffer.from(binary, 'latin1'))
}
