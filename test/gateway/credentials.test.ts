// Credentials under attack: tokens that are almost right, issuers that are away, rights that could be widened, limits under
// concurrency, addresses that are claimed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Grant,
  loadConfig,
  startGateway,
} from '../../packages/gateway/src/index.ts'
import { Rules } from '../../packages/gateway/src/principal.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT, requestOf } from './ask.ts'
import { openStream } from './event-stream.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ name: 'gateway-credentials' })
})
afterAll(async () => {
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})
async function open(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await createGateway({ redis: server.url, rootKey: ROOT, ...options })
  opened.push(() => gateway.close())
  return gateway
}
const run = async (gateway: Gateway, token: string, command: unknown[], more: object = {}): Promise<unknown> => {
  const { status, json } = await ask(gateway, 'POST', '/v1/redis', { token, body: command, ...more })
  return status === 200 ? (json as { result: unknown }).result : status
}

describe('JSON Web Tokens', () => {
  const issuer = 'https://issuer.example'
  const audience = 'ochre'

  /** An issuer whose keys and moods can be changed. */
  async function startIssuer() {
    const keys: object[] = []
    let mood: 'well' | 'failing' | 'nonsense' = 'well'
    let asked = 0
    const http = createServer((_, outgoing) => {
      asked++
      if (mood === 'failing') outgoing.writeHead(503).end('away')
      else outgoing.end(mood === 'nonsense' ? '<html>' : JSON.stringify({ keys }))
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    opened.push(() => new Promise((resolve) => http.close(resolve)))
    return {
      jwksUri: `http://127.0.0.1:${(http.address() as AddressInfo).port}/keys`,
      asked: () => asked,
      is: (next: typeof mood) => {
        mood = next
      },
      async addKey(kid: string, algorithm = 'ES256') {
        const pair = await generateKeyPair(algorithm, { extractable: true })
        keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: algorithm })
        return pair
      },
      removeKeys: () => keys.splice(0),
    }
  }

  const grant = { scopes: ['read', 'write'], keys: ['*'] }
  const token = (claims: object = { ochre: grant }, header: object = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('ann')
      .setExpirationTime('1h')

  it('that are almost right are refused', async () => {
    const source = await startIssuer()
    const { privateKey, publicKey } = await source.addKey('one')
    const other = await generateKeyPair('ES256')
    const gateway = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri } })
    const good = await token().sign(privateKey)
    const [head, body, signature] = good.split('.') as [string, string, string]
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const secret = new TextEncoder().encode(await exportSPKI(publicKey))
    const symmetric = new SignJWT({ ochre: grant }).setProtectedHeader({ alg: 'HS256', kid: 'one' })
    const now = Math.floor(Date.now() / 1000)
    const wrong: Record<string, string> = {
      'signed with the public key': await symmetric
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('ann')
        .setExpirationTime('1h')
        .sign(secret),
      'not signed': `${encoded({ alg: 'none' })}.${body}.`,
      'not signed any more': `${head}.${body}.`,
      'signed by somebody else': await token().sign(other.privateKey),
      'with another body': `${head}.${encoded({ iss: issuer, aud: audience, sub: 'root', exp: now + 60, ochre: grant })}.${signature}`,
      'of another issuer': await token().setIssuer('https://other.example').sign(privateKey),
      'for somebody else': await token().setAudience('other').sign(privateKey),
      expired: await token()
        .setExpirationTime(now - 60)
        .sign(privateKey),
      'for later': await token()
        .setNotBefore(now + 60)
        .sign(privateKey),
      'of an unknown key': await token({ ochre: grant }, { kid: 'two' }).sign(privateKey),
      'with an unknown must': await token({ ochre: grant }, { crit: ['must'], must: 1 }).sign(privateKey, {
        crit: { must: true },
      }),
      'without an end': await new SignJWT({ ochre: grant })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('ann')
        .sign(privateKey),
      'without a subject': await new SignJWT({ ochre: grant })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('1h')
        .sign(privateKey),
      'with its own key': await token({ ochre: grant }, { jwk: await exportJWK(other.publicKey) }).sign(
        other.privateKey,
      ),
    }
    expect(await run(gateway, good, ['PING'])).toBe('PONG')
    for (const [name, one] of Object.entries(wrong))
      expect([name, await run(gateway, one, ['PING'])]).toEqual([name, 401])
  })

  it('whose claims are malformed give nothing, least of all no limit', async () => {
    const source = await startIssuer()
    const { privateKey } = await source.addKey('one')
    const gateway = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri } })
    for (const part of [
      { rate: { perSecond: 'x', burst: 1 } },
      { rate: { perSecond: 0, burst: 1 } },
      { rate: { perSecond: 1 } },
      { rate: 5 },
      { quotaPerDay: '5' },
      { quotaPerDay: -1 },
      { databases: 'all' },
      { databases: [{}] },
      { networks: ['everywhere'] },
      { scopes: ['read', 'root'] },
      { keys: '*' },
      { limit: 5 },
    ]) {
      const one = await token({ ochre: { ...grant, ...part } }).sign(privateKey)
      expect([part, await run(gateway, one, ['GET', 'k'])]).toEqual([part, 401])
    }
    for (const ochre of ['read', [grant], 5, true, '']) {
      const one = await token({ ochre, scope: 'read write admin' }).sign(privateKey)
      expect([ochre, await run(gateway, one, ['PING'])]).toEqual([ochre, 401])
    }
    const limited = await token({ ochre: { ...grant, rate: { perSecond: 0.001, burst: 2 } } }).sign(privateKey)
    const outcomes = [1, 2, 3].map(() => run(gateway, limited, ['GET', 'k']))
    expect((await Promise.all(outcomes)).sort()).toEqual([429, null, null])
  })

  it('need not name their key, though there are several', async () => {
    const source = await startIssuer()
    const pairs = [await source.addKey('one'), await source.addKey('two')]
    const stranger = await generateKeyPair('ES256')
    const gateway = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri } })
    const unnamed = (claims?: object) => token(claims, { kid: undefined })
    for (const { privateKey } of pairs)
      expect(await run(gateway, await unnamed().sign(privateKey), ['PING'])).toBe('PONG')
    expect(await run(gateway, await unnamed().sign(stranger.privateKey), ['PING'])).toBe(401)
    const over = await unnamed().setExpirationTime(1).sign(pairs[1]!.privateKey)
    expect(await run(gateway, over, ['PING'])).toBe(401)
    // One that names its key is checked with that one only.
    expect(await run(gateway, await token().sign(pairs[1]!.privateKey), ['PING'])).toBe(401)
  })

  it('keep what is open by them open while the issuer is away, until they are over', async () => {
    const source = await startIssuer()
    const { privateKey } = await source.addKey('one')
    const gateway = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri }, now: () => Date.now() })
    const one = await token({ ochre: { scopes: ['pubsub'], channels: ['*'] } }).sign(privateKey)
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    try {
      const response = await gateway.handle(requestOf('GET', '/v1/redis/pubsub/subscribe?channel=c', { token: one }))
      const frames = (response.body as AsyncIterable<string>)[Symbol.asyncIterator]()
      const readTo = async (text: string): Promise<boolean> => {
        for (;;) {
          const { value, done } = await frames.next()
          if (done === true) return false
          if (value.includes(text)) return true
        }
      }
      expect(await readTo('event: subscribed')).toBe(true)
      source.is('failing')
      // Beyond what keys are kept for, and beyond the next look at the credential.
      vi.setSystemTime(Date.now() + 11 * 60_000)
      vi.advanceTimersByTime(10_000)
      expect(await run(gateway, one, ['PING'])).toBe(503)
      await server.call('PUBLISH', 'c', 'still here')
      expect(await readTo('still here')).toBe(true)
      vi.setSystemTime(Date.now() + 60 * 60_000)
      vi.advanceTimersByTime(10_000)
      expect(await readTo('nothing')).toBe(false)
      expect(await run(gateway, one, ['PING'])).toBe(401)
    } finally {
      vi.useRealTimers()
    }
  })

  it('are checked with the keys of the day, and are neither accepted nor refused while those cannot be had', async () => {
    let now = Date.now()
    const source = await startIssuer()
    const first = await source.addKey('one')
    source.is('failing')
    const gateway = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri }, now: () => now })
    const one = await token().sign(first.privateKey)
    expect(await run(gateway, one, ['PING'])).toBe(503)
    source.is('nonsense')
    expect(await run(gateway, one, ['PING'])).toBe(503)
    source.is('well')
    expect(await run(gateway, one, ['PING'])).toBe('PONG')
    // Once known, keys last while the issuer is away.
    source.is('failing')
    now += 3_000
    expect(await run(gateway, one, ['PING'])).toBe('PONG')
    source.is('well')
    // Many tokens of unknown keys do not become many questions.
    const before = source.asked()
    for (let i = 0; i < 20; i++)
      expect(
        await run(gateway, await token({ ochre: grant }, { kid: `no${i}` }).sign(first.privateKey), ['PING']),
      ).toBe(401)
    expect(source.asked() - before).toBeLessThanOrEqual(1)
    // Another gateway, which asks anew, knows a new key and no longer the old one.
    source.removeKeys()
    const second = await source.addKey('two')
    const fresh = await open({ jwt: { issuer, audience, jwksUri: source.jwksUri } })
    expect(await run(fresh, await token({ ochre: grant }, { kid: 'two' }).sign(second.privateKey), ['PING'])).toBe(
      'PONG',
    )
    expect(await run(fresh, one, ['PING'])).toBe(401)
  })
})

describe('rights', () => {
  const asAlice = async (gateway: Gateway, ...rules: string[]): Promise<string> => {
    await server.call('ACL', 'SETUSER', 'alice', 'reset', 'on', '>pw', ...rules)
    opened.push(() => server.call('ACL', 'DELUSER', 'alice'))
    const { json } = await ask(gateway, 'POST', '/upstash', { body: ['ACL', 'RESTTOKEN', 'alice', 'pw'] })
    return (json as { result: string }).result
  }

  it('of a Redis user are never those of the gateway', async () => {
    const gateway = await open()
    const token = await asAlice(gateway, '~*', '+@all')
    const full = { scopes: ['read', 'write', 'admin', 'scripts', 'pubsub', 'models'], keys: ['*'], databases: '*' }
    const tries: readonly (readonly [string, string, unknown?])[] = [
      ['POST', '/v1/keys', { name: 'mine', grant: full }],
      ['GET', '/v1/keys'],
      ['PUT', '/v1/redis/scripts/mine', { script: "return redis.call('GET', 'secret')" }],
      ['DELETE', '/v1/redis/scripts/mine'],
    ]
    for (const [method, path, body] of tries) {
      expect([method, path, (await ask(gateway, method, path, { token, body })).status]).toEqual([method, path, 403])
    }
    expect(await run(gateway, token, ['SET', 'k', 'v'])).toBe('OK')
  })

  it('of a Redis user end with its password, though its connection stays', async () => {
    let now = Date.now()
    const gateway = await open({ now: () => now })
    const token = await asAlice(gateway, '~*', '+@all')
    expect(await run(gateway, token, ['GET', 'k'])).toBe(null)
    await server.call('ACL', 'SETUSER', 'alice', 'resetpass', '>other')
    now += 2_001
    expect(await run(gateway, token, ['GET', 'k'])).toBe(401)
    await server.call('ACL', 'SETUSER', 'alice', '>pw')
    expect(await run(gateway, token, ['GET', 'k'])).toBe(null)
    await server.call('ACL', 'SETUSER', 'alice', 'off')
    now += 2_001
    expect(await run(gateway, token, ['GET', 'k'])).toBe(401)
  })

  it('of a Redis user keep its subscription alive, however many other users come by', async () => {
    const gateway = await open()
    const token = await asAlice(gateway, '~*', '&*', '+@all')
    const stream = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=c', { token })
    expect(await stream.next()).toContain('subscribed')
    const password = 'pw'
    for (let i = 0; i < 102; i++) {
      const name = `passer-by-${i}`
      await server.call('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, '+ping')
      opened.push(() => server.call('ACL', 'DELUSER', name))
      const client = await gateway.connections.of(0, false, { name, password })
      expect(await client.call('PING')).toBe('PONG')
    }
    expect(await server.call('PUBLISH', 'c', 'hi')).toBe(1)
    expect(await stream.next()).toContain('"data":"hi"')
    stream.close()
  })

  it('cannot be guessed from passwords of Redis users without cost', async () => {
    const gateway = await open()
    await server.call('ACL', 'SETUSER', 'alice', 'reset', 'on', '>pw', '+@all')
    const guess = (token: string, password: string) =>
      ask(gateway, 'POST', '/upstash', { token, body: ['ACL', 'RESTTOKEN', 'alice', password] }).then(
        ({ status }) => status,
      )
    // Far more at once than clients of users are kept.
    const many = await Promise.all(Array.from({ length: 150 }, (_, i) => guess(ROOT, `wrong${i}`)))
    expect(new Set(many)).toEqual(new Set([400]))
    const { key } = await gateway.keys.create('few', { scopes: [], rate: { perSecond: 0.001, burst: 35 } })
    expect([await guess(key, '1'), await guess(key, '2'), await guess(key, '3'), await guess(key, 'pw')]).toEqual([
      400, 400, 400, 429,
    ])
    await server.call('ACL', 'DELUSER', 'alice')
  })

  it('to make keys need every right there is', async () => {
    const gateway = await open()
    const all: Grant = {
      scopes: ['read', 'write', 'pubsub', 'scripts', 'models', 'admin'],
      keys: ['*'],
      channels: ['*'],
      models: ['*'],
      databases: '*',
    }
    const lists = async (grant: Grant) => {
      const { key } = await gateway.keys.create('one', grant)
      return (await ask(gateway, 'GET', '/v1/keys', { token: key })).status
    }
    expect(await lists(all)).toBe(200)
    for (const less of [
      { ...all, scopes: all.scopes.filter((scope) => scope !== 'pubsub') },
      { ...all, keys: ['a*'] },
      { ...all, channels: [] },
      { ...all, models: ['user'] },
      { ...all, databases: [0] },
      { ...all, commands: ['-flushall'] },
    ] as Grant[]) {
      expect([less, await lists(less)]).toEqual([less, 403])
    }
  })

  it('never reach the keys of the gateway, however they are spelt', async () => {
    const gateway = await open()
    await server.call('RPUSH', 'list', 'c')
    const secret = String(await server.call('GET', 'ochre:gateway:secret'))
    for (const command of [
      ['SORT', 'list', 'BY', 'nosort', 'GET', 'ochre:gateway:secret'],
      ['SORT', 'list', 'BY', 'nosort', 'GET', 'o*hre:gateway:secret'],
      ['SORT', 'list', 'BY', 'nosort', 'GET', '*'],
      ['SORT_RO', 'list', 'BY', 'ochre:*', 'GET', '#'],
      ['SORT', 'list', 'STORE', 'ochre:gateway:keys'],
      ['COPY', 'ochre:gateway:secret', 'mine'],
      ['MIGRATE', '127.0.0.1', '1', '', 0, 100, 'KEYS', 'ochre:gateway:secret'],
      ['OBJECT', 'ENCODING', 'ochre:gateway:secret'],
      ['GETEX', 'ochre:gateway:secret'],
      ['XREAD', 'STREAMS', 'ochre:gateway:secret', '0'],
      ['EVAL', 'return 1', '1', 'ochre:gateway:secret'],
    ]) {
      const answer = await ask(gateway, 'POST', '/v1/redis', { body: command })
      expect([command, answer.status]).toEqual([command, 403])
      expect(answer.text).not.toContain(secret)
    }
    expect(await run(gateway, ROOT, ['SORT', 'list', 'BY', 'weight_*', 'GET', '#', 'GET', 'name_*'])).toEqual([
      'c',
      null,
    ])
  })
})

describe('limits', () => {
  it('hold under concurrency, over several gateways, to the last unit', async () => {
    const gateways = [await open(), await open()]
    const made = await gateways[0]!.keys.create('busy', {
      scopes: ['read'],
      keys: ['*'],
      rate: { perSecond: 0.001, burst: 50 },
      quotaPerDay: 60,
    })
    const get = (i: number) => ask(gateways[i % 2]!, 'POST', '/v1/redis', { token: made.key, body: ['GET', 'k'] })
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => get(i)))
    expect(answers.filter(({ status }) => status === 200).length).toBe(50)
    expect(answers.filter(({ status }) => status === 429).length).toBe(150)
  })

  it('hold in each process while Redis is away', async () => {
    const own = await startServer({ name: 'gateway-limits-away' })
    opened.push(() => own.stop())
    const gateway = await open({ redis: own.url })
    const { key } = await gateway.keys.create('busy', {
      scopes: ['read'],
      keys: ['*'],
      rate: { perSecond: 0.001, burst: 5 },
    })
    expect(await run(gateway, key, ['GET', 'k'])).toBe(null)
    await own.kill()
    const statuses: unknown[] = []
    for (let i = 0; i < 10; i++) statuses.push(await run(gateway, key, ['GET', 'k']))
    expect(statuses).toEqual([503, 503, 503, 503, 503, 429, 429, 429, 429, 429])
  })
})

describe('networks', () => {
  it('know an address in each of its spellings', () => {
    const rules = new Rules({ scopes: [], networks: ['10.0.0.0/8', '::1', '2001:db8::/32', 'fe80::/10'] })
    const inside = [
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '::FFFF:10.1.2.3',
      '::ffff:0a01:0203',
      '::1',
      '0:0:0:0:0:0:0:1',
      '2001:DB8::5',
      'fe80::1%eth0',
    ]
    const outside = [
      '11.1.2.3',
      '::ffff:11.1.2.3',
      '::2',
      '2001:db9::1',
      '',
      'nonsense',
      '[::1]',
      '10.1.2.3:80',
      '010.1.2.3',
      '10.1.2.3, 10.1.2.4',
    ]
    expect(inside.filter((address) => !rules.allowsNetwork(address))).toEqual([])
    expect(outside.filter((address) => rules.allowsNetwork(address))).toEqual([])
  })

  it('are those of the peer, or of whoever the trusted proxies saw', async () => {
    for (const [proxies, forwarded, expected] of [
      [0, '10.1.1.1', 403],
      [1, '10.1.1.1', 200],
      [1, '10.1.1.1, 192.0.2.1', 403],
      [1, '192.0.2.1, 10.1.1.1', 200],
      [1, '192.0.2.1, 10.1.1.1:4711', 200],
      [1, '[::ffff:10.1.1.1]:4711', 200],
      [1, '[::ffff:10.1.1.1]', 200],
      [1, '[10.1.1.1:80', 403],
      [1, 'unknown', 403],
      [1, '', 403],
      [2, '10.1.1.1, 192.0.2.1', 200],
      [2, '10.1.1.1, 192.0.2.9, 192.0.2.1', 403],
    ] as const) {
      const env = {
        OCHRE_PORT: '0',
        OCHRE_ADMIN: 'false',
        OCHRE_ROOT_KEY: ROOT,
        OCHRE_LOG_LEVEL: 'silent',
        OCHRE_TRUSTED_PROXIES: String(proxies),
      }
      const running = await startGateway({ redis: server.url, config: loadConfig({ env }).config })
      const { key } = await running.gateway.keys.create('lan', { scopes: ['read'], networks: ['10.0.0.0/8'] })
      const answer = await fetch(`${running.url}/v1/redis`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': forwarded },
        body: '["PING"]',
      })
      expect([proxies, forwarded, answer.status]).toEqual([proxies, forwarded, expected])
      await running.close()
    }
  })
})
