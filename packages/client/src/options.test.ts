import { UsageError } from '@ochre/protocol'
import { describe, expect, test } from 'vitest'
import { type ClientOptions, readOptions, type Target } from './options.ts'

const read = (target?: Target, options?: ClientOptions, env = {}): ReturnType<typeof readOptions> =>
  readOptions(target, options, env)

describe('addresses', () => {
  test.each<[Target | undefined, string]>([
    [undefined, '127.0.0.1:6379'],
    ['redis://', '127.0.0.1:6379'],
    ['redis://example.test', 'example.test:6379'],
    ['redis://example.test:7000/3', 'example.test:7000'],
    ['rediss://[::1]:7000', '[::1]:7000'],
    ['unix:/run/redis.sock', '/run/redis.sock'],
    ['unix:///run/a%20b.sock', '/run/a b.sock'],
    [new URL('redis://example.test'), 'example.test:6379'],
    [{ port: 7000 }, '127.0.0.1:7000'],
    [{ path: '/run/redis.sock' }, '/run/redis.sock'],
  ])('%s is %s', (target, address) => {
    expect(read(target).node.transport.address).toBe(address)
  })

  test('a URL carries user, password, database and simple options; given options win', () => {
    const url = 'redis://us%40er:p%3Aw@h:1/5?timeoutMs=100&name=n&connections=2&lazy=true'
    const { node, lazy } = read(url, { timeoutMs: 7 })
    expect(node).toMatchObject({
      credentials: { username: 'us@er', password: 'p:w' },
      handshake: { db: 5, name: 'n', protocol: 3 },
      connections: 2,
      timeoutMs: 7,
    })
    expect(lazy).toBe(true)
  })

  test('an address of a unix socket carries user and password behind the path', () => {
    const { node } = read('unix:/run/redis.sock?username=us%40er&password=p%26w&db=2')
    expect(node).toMatchObject({ credentials: { username: 'us@er', password: 'p&w' }, handshake: { db: 2 } })
    expect(node.transport.address).toBe('/run/redis.sock')
    expect(() => read('redis://h?password=x')).toThrow(/no parameter "password"/)
  })

  test('the environment is used when no target is given', () => {
    expect(read(undefined, {}, { OCHRE_REDIS_URL: 'redis://env:1' }).node.transport.address).toBe('env:1')
    expect(read({ port: 5 }, {}, { OCHRE_REDIS_URL: 'redis://env:1' }).node.transport.address).toBe('127.0.0.1:5')
  })

  test('anything that dials is a transport', () => {
    const transport = { address: 'here', dial: () => ({}) as never }
    expect(read(transport).node.transport).toBe(transport)
  })
})

test('an option that is undefined says nothing', () => {
  const { node } = read('redis://h:7/5', { port: undefined, db: undefined, backoff: { minMs: undefined } } as object)
  expect(node.transport.address).toBe('h:7')
  expect(node).toMatchObject({ handshake: { db: 5 }, backoff: { minMs: 50, maxMs: 3000 } })
  const { pool, queue } = read({ pool: { max: undefined }, queue: { maxCount: undefined } } as object).node
  expect(pool).toStrictEqual({})
  expect(queue.maxCount).toBe(100_000)
})

describe('what is wrong is named, with the nearest right name, and never with a password', () => {
  test.each<[Target | undefined, unknown, RegExp]>([
    ['localhost:6379', {}, /scheme "localhost"/],
    ['example.test', {}, /no URL/],
    ['reids://h', {}, /"reids".*did you mean "redis"/],
    ['http://h', {}, /"http".*there are redis, rediss, unix/],
    ['redis://h:99999', {}, /port/],
    ['redis://h/abc', {}, /number of the database/],
    ['redis://h?timeout=5', {}, /"timeout"; did you mean "timeoutMs"/],
    ['redis://h?timeoutMs=x', {}, /timeoutMs must be a whole number/],
    ['redis://:%zz@h', {}, /hexadecimal/],
    ['unix:', {}, /path of the socket/],
    ['unix://run/redis.sock', {}, /no host/],
    ['redis://h?timeoutMs=', {}, /"timeoutMs".* empty/],
    ['redis://h?lazy=yes', {}, /"lazy".* true or false/],
    [5 as never, {}, /Connect to a URL/],
    [null as never, {}, /Connect to a URL/],
    ['redis://h', null, /one object/],
    [undefined, { toString: 1 }, /no option "toString"/],
    [{ address: 'a', dial: () => ({}) as never }, { host: 'h' }, /host means nothing/],
    [undefined, { timeOutMs: 5 }, /"timeOutMs"; did you mean "timeoutMs"/],
    [undefined, { hostname: 'h' }, /"hostname"/],
    [undefined, { pool: { maximum: 5 } }, /pool has no option "maximum"/],
    [undefined, { queue: { whenFull: 'drop' } }, /whenFull must be reject or drop-oldest/],
    [undefined, { tls: { cafile: 'x' } }, /did you mean "caFile"/],
    [undefined, { port: 0 }, /port must be a whole number from 1 to 65535/],
    [undefined, { port: '6379' }, /port must be/],
    [undefined, { db: -1 }, /db must be/],
    [undefined, { protocol: 4 }, /protocol must be 2 or 3/],
    [undefined, { name: 'two words' }, /name must be/],
    [undefined, { breaker: { failureRate: 2 } }, /failureRate must be/],
    [undefined, { path: '/x', port: 1 }, /either path or host/],
    [undefined, { username: 'u' }, /needs a password/],
    [undefined, { password: 'p', credentials: async () => ({ password: 'p' }) }, /either credentials/],
    [undefined, { backoff: { minMs: 5, maxMs: 1 } }, /backoff.minMs/],
    [undefined, { pool: { min: 5, max: 1 } }, /pool.min/],
  ])('%s %j', (target, options, message) => {
    expect(() => read(target, options as ClientOptions)).toThrow(UsageError)
    expect(() => read(target, options as ClientOptions)).toThrow(message)
  })

  test('a password in a broken URL stays out of the message', () => {
    for (const target of ['redis//:hunter2@h', 'redis://:hunter2@h:port', 'redsi://:hunter2@h']) {
      expect(() => read(target)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }))
    }
  })
})
