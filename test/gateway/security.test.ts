// Credentials, limits, idempotency, audit and CORS against a real server.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@ochre/client'
import fc from 'fast-check'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import {
  AuditFile,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Grant,
  loadConfig,
  startGateway,
  verifyAudit,
} from '../../packages/gateway/src/index.ts'
import { gcra, Limiter } from '../../packages/gateway/src/limits.ts'
import { Rules } from '../../packages/gateway/src/principal.ts'
import { startProxy } from '../proxy/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT, requestOf } from './ask.ts'
import { openStream } from './event-stream.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ name: 'gateway-security' })
})
afterAll(async () => {
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

const opened: Gateway[] = []
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})
async function open(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await createGateway({ redis: server.url, rootKey: ROOT, ...options })
  opened.push(gateway)
  return gateway
}

const run = async (gateway: Gateway, token: string, command: unknown[], more: object = {}) => {
  const { status, json } = await ask(gateway, 'POST', '/v1/redis', { token, body: command, ...more })
  return status === 200 ? (json as { result: unknown }).result : status
}

describe('API keys', () => {
  it('are made, listed, read, rotated with overlap and revoked', async () => {
    let now = Date.now()
    const gateway = await open({ now: () => now })
    const grant: Grant = { scopes: ['read', 'write'], keys: ['app:*'] }
    const made = await ask(gateway, 'POST', '/v1/keys', { body: { name: 'web', grant } })
    expect(made.status).toBe(201)
    const { key, id } = made.json as { key: string; id: string }
    expect(await run(gateway, key, ['SET', 'app:1', 'v'])).toBe('OK')
    expect(await run(gateway, key, ['SET', 'other', 'v'])).toBe(403)
    expect((await ask(gateway, 'GET', '/v1/whoami', { token: key })).json).toEqual({ id, kind: 'key', grant })
    expect((await ask(gateway, 'GET', '/v1/keys')).json).toEqual({ keys: [{ id, name: 'web', grant, createdAt: now }] })
    const rotated = (await ask(gateway, 'POST', `/v1/keys/${id}/rotate`, { body: { overlap: 60_000 } })).json as {
      key: string
      id: string
    }
    expect([await run(gateway, key, ['PING']), await run(gateway, rotated.key, ['PING'])]).toEqual(['PONG', 'PONG'])
    expect((await ask(gateway, 'GET', `/v1/keys/${id}`)).json).toMatchObject({
      replacedBy: rotated.id,
      expiresAt: now + 60_000,
    })
    now += 60_001
    expect([await run(gateway, key, ['PING']), await run(gateway, rotated.key, ['PING'])]).toEqual([401, 'PONG'])
    expect((await ask(gateway, 'DELETE', `/v1/keys/${rotated.id}`)).status).toBe(204)
    expect(await run(gateway, rotated.key, ['PING'])).toBe(401)
    expect((await ask(gateway, 'DELETE', `/v1/keys/${rotated.id}`)).status).toBe(404)
  })

  it('are stored as hashes that only this secret makes', async () => {
    const gateway = await open({ secret: Buffer.alloc(32, 7) })
    const { key, record } = await gateway.keys.create('web', { scopes: ['read'], keys: ['*'] })
    const stored = JSON.stringify(await server.call('HGETALL', 'ochre:gateway:keys'))
    expect(stored).not.toContain(key.slice(-43))
    // A record that somebody else wrote, or changed, is not believed.
    const text = String(await server.call('HGET', 'ochre:gateway:keys', record.id))
    await server.call('HSET', 'ochre:gateway:keys', record.id, text.replace('"read"', '"admin"'))
    expect(await run(gateway, key, ['PING'])).toBe(401)
    await server.call('HSET', 'ochre:gateway:keys', record.id, text)
    expect(await run(gateway, key, ['PING'])).toBe('PONG')
    const other = await open({ secret: Buffer.alloc(32, 8) })
    expect(await run(other, key, ['PING'])).toBe(401)
  })

  it('are shared by all gateways of one Redis that are told no secret, and seen revoked within two seconds', async () => {
    let now = Date.now()
    const [one, two] = [await open(), await open({ now: () => now })]
    const { key, record } = await one.keys.create('web', { scopes: ['read'], keys: ['*'] })
    expect([await run(one, key, ['PING']), await run(two, key, ['PING'])]).toEqual(['PONG', 'PONG'])
    await ask(one, 'DELETE', `/v1/keys/${record.id}`)
    now += 2_001
    expect([await run(one, key, ['PING']), await run(two, key, ['PING'])]).toEqual([401, 401])
  })

  it('have one root key, made once', async () => {
    const gateway = await createGateway({ redis: server.url })
    opened.push(gateway)
    const root = await gateway.ensureRootKey()
    expect(root).toMatch(/^och_root00000000_[\w-]{43}$/)
    expect(await gateway.ensureRootKey()).toBe(undefined)
    expect(await run(gateway, root!, ['CONFIG', 'GET', 'port'])).toMatchObject({})
    expect(await run(gateway, `${root}x`, ['PING'])).toBe(401)
    // One that is set takes its place.
    const other = await open()
    expect(await other.ensureRootKey()).toBe(undefined)
    expect([await run(other, root!, ['PING']), await run(other, ROOT, ['PING'])]).toEqual([401, 'PONG'])
  })

  it('have a root key that may be any text, in whichever way a client spells it', async () => {
    const jwt = { issuer: 'https://issuer.example', audience: 'ochre', jwks: { keys: [] } }
    for (const rootKey of [`a.b.${'x'.repeat(40)}`, `ocha_${'x'.repeat(40)}`, 'wörter mit umlauten, ziemlich viele']) {
      const gateway = await createGateway({ redis: server.url, rootKey, jwt })
      opened.push(gateway)
      // Node gives headers as the characters of their bytes: those of UTF-8 from curl, single ones from fetch.
      for (const token of [rootKey, Buffer.from(rootKey).toString('latin1')])
        expect([rootKey, await run(gateway, token, ['PING'])]).toEqual([rootKey, 'PONG'])
    }
  })

  it('are managed only with all rights, and refuse malformed grants by the field', async () => {
    const gateway = await open()
    const { key } = await gateway.keys.create('admin of some', { scopes: ['admin', 'read', 'write'], keys: ['*'] })
    expect((await ask(gateway, 'GET', '/v1/keys', { token: key })).status).toBe(403)
    const bad: [unknown, string][] = [
      [{}, 'scopes'],
      [{ scopes: ['nope'] }, 'scope'],
      [{ scopes: ['read'], keys: 'x' }, 'keys'],
      ...['10.0.0.0/99', '10.0.0.0/', '10.0.0.0/8/9', '10.0.0.0/ 8', '10.0.0.0/0x8', '/8'].map(
        (network): [unknown, string] => [{ scopes: ['read'], networks: [network] }, 'network'],
      ),
      [{ scopes: ['read'], commands: ['get'] }, 'command rule'],
      ...['-flushal', '-@dangeros', '-config|sett', '-set|get', '+@', '-constructor'].map((rule): [unknown, string] => [
        { scopes: ['read'], commands: [rule] },
        'command',
      ]),
      [{ scopes: ['read'], rate: { perSecond: 0, burst: 1 } }, 'rate'],
      [{ scopes: ['read'], what: 1 }, 'nothing else'],
    ]
    for (const [grant, word] of bad) {
      const answer = await ask(gateway, 'POST', '/v1/keys', { body: { name: 'x', grant } })
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(word)])
    }
    const commands = ['-@all', '+GET', '+@Read', '-config', '+config|GET', '+json.get']
    expect(
      (await ask(gateway, 'POST', '/v1/keys', { body: { name: 'x', grant: { scopes: [], commands } } })).status,
    ).toBe(201)
  })

  it('end in the future, and are rotated once', async () => {
    let now = Date.now()
    const gateway = await open({ now: () => now })
    const grant: Grant = { scopes: ['read'], keys: ['*'] }
    const create = (expiresAt: number) => ask(gateway, 'POST', '/v1/keys', { body: { name: 'x', grant, expiresAt } })
    for (const past of [0, now - 1, now, Math.floor(now / 1000) + 86_400])
      expect(await create(past)).toMatchObject({ status: 400, json: { code: 'USAGE' } })
    const { id } = (await create(now + 10_000)).json as { id: string }
    const rotate = (one: string) => ask(gateway, 'POST', `/v1/keys/${one}/rotate`, { body: { overlap: 1000 } })
    // Of several at once one does it, and no key is left over.
    const answers = await Promise.all([1, 2, 3, 4].map(() => rotate(id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
    const next = (answers.find(({ status }) => status === 201)!.json as { id: string }).id
    const ids = async () => ((await ask(gateway, 'GET', '/v1/keys')).json as { keys: { id: string }[] }).keys
    expect((await ids()).map((key) => key.id).sort()).toEqual([id, next].sort())
    // A key made from the old one again would end with the old one.
    expect((await rotate(id)).text).toContain(`${next} takes its place`)
    expect((await rotate(next)).json).toMatchObject({ expiresAt: now + 10_000 })
    now += 10_000
    const last = (await ids()).find((key) => key.id !== id && key.id !== next)!
    expect(await rotate(last.id)).toMatchObject({ status: 400, json: { code: 'USAGE' } })
  })

  it('that are revoked while they are rotated stay revoked', async () => {
    const gateway = await open()
    const { record } = await gateway.keys.create('web', { scopes: ['read'], keys: ['*'] })
    const rotated = gateway.keys.rotate(record.id, 60_000)
    const revoked = gateway.keys.revoke(record.id)
    await expect(rotated).rejects.toMatchObject({ code: 'CONFLICT' })
    expect([await revoked, await gateway.keys.list()]).toEqual([true, []])
  })

  it('are bound to networks', async () => {
    const gateway = await open()
    const { key } = await gateway.keys.create('lan', { scopes: ['read'], networks: ['10.0.0.0/8', '::1'] })
    const from = (remoteAddress: string) => run(gateway, key, ['PING'], { remoteAddress })
    expect([await from('10.1.2.3'), await from('::ffff:10.1.2.3'), await from('::1')]).toEqual(['PONG', 'PONG', 'PONG'])
    expect([await from('192.168.0.1'), await from('nonsense')]).toEqual([403, 403])
  })

  it("do not open the gateway's own keys, whatever they grant", async () => {
    const gateway = await open()
    for (const command of [
      ['GET', 'ochre:gateway:secret'],
      ['DEL', 'ochre:gateway:keys'],
      ['RENAME', 'ochre:gateway:keys', 'mine'],
      ['EVAL', 'return 1', 1, 'ochre:gateway:keys'],
    ]) {
      expect(await run(gateway, ROOT, command)).toBe(403)
    }
    await server.call('SET', 'visible', '1')
    expect((await ask(gateway, 'GET', '/v1/redis/keys?count=1000')).json).toMatchObject({ keys: ['visible'] })
  })
})

describe('JSON Web Tokens', () => {
  const issuer = 'https://issuer.example'
  const audience = 'ochre'
  async function keyPair(kid: string) {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }
    const sign = (claims: Record<string, unknown>, exp: string | number = '1h') =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('ann')
        .setExpirationTime(exp)
    return { privateKey, jwk, sign }
  }

  it('map claims to the same rights', async () => {
    const { privateKey, jwk, sign } = await keyPair('one')
    const jwks: JSONWebKeySet = { keys: [jwk] }
    expect(createLocalJWKSet(jwks)).toBeTypeOf('function')
    const gateway = await open({ jwt: { issuer, audience, jwks } })
    const token = await sign({ ochre: { scopes: ['read', 'write'], keys: ['ann:*'] } }).sign(privateKey)
    expect(await run(gateway, token, ['SET', 'ann:1', 'v'])).toBe('OK')
    expect(await run(gateway, token, ['GET', 'bob:1'])).toBe(403)
    const byScope = await sign({ scope: 'read openid', ochre: { keys: ['*'] } }).sign(privateKey)
    expect([await run(gateway, byScope, ['GET', 'ann:1']), await run(gateway, byScope, ['SET', 'a', '1'])]).toEqual([
      'v',
      403,
    ])
    expect((await ask(gateway, 'GET', '/v1/whoami', { token })).json).toMatchObject({ id: 'jwt:ann', kind: 'jwt' })
  })

  it('are refused when anything about them is wrong', async () => {
    const { privateKey, jwk, sign } = await keyPair('one')
    const stranger = await keyPair('one')
    const gateway = await open({ jwt: { issuer, audience, jwks: { keys: [jwk] } } })
    const claims = { ochre: { scopes: ['read'], keys: ['*'] } }
    const good = await sign(claims).sign(privateKey)
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`
    const wrong = [
      await sign(claims, 1).sign(privateKey),
      await stranger.sign(claims).sign(stranger.privateKey),
      await sign(claims).setIssuer('https://other.example').sign(privateKey),
      await sign(claims).setAudience('other').sign(privateKey),
      await sign({ ochre: { scopes: 'read' } }).sign(privateKey),
      none,
      `${good}x`,
      'a.b.c',
    ]
    expect(await run(gateway, good, ['PING'])).toBe('PONG')
    for (const token of wrong) expect(await run(gateway, token, ['PING'])).toBe(401)
    await expect(open({ jwt: { issuer, audience, jwks: { keys: [jwk] }, algorithms: ['HS256'] } })).rejects.toThrow(
      'algorithms',
    )
  })

  it('are neither accepted nor refused while the issuer cannot be asked for its keys', async () => {
    const { privateKey, sign } = await keyPair('one')
    const token = await sign({ ochre: { scopes: ['read'] } }).sign(privateKey)
    const gateway = await open({ jwt: { issuer, audience, jwksUri: 'http://127.0.0.1:1/keys' } })
    const answer = await ask(gateway, 'POST', '/v1/redis', { token, body: ['PING'] })
    expect([answer.status, answer.json]).toEqual([503, expect.objectContaining({ code: 'AUTH_UNAVAILABLE' })])
  })
})

describe('limits', () => {
  it('hold in Redis for all gateways together, by cost, and tell so in headers', async () => {
    const [one, two] = [await open(), await open()]
    const { key } = await one.keys.create('slow', {
      scopes: ['read', 'write'],
      keys: ['*'],
      rate: { perSecond: 0.01, burst: 10 },
    })
    const first = await ask(one, 'POST', '/v1/redis', { token: key, body: ['GET', 'a'] })
    expect(first.headers).toMatchObject({ ratelimit: '"burst";r=9;t=100', 'ratelimit-policy': '"burst";q=10;w=1000' })
    expect(
      (await ask(two, 'POST', '/v1/redis/pipeline', { token: key, body: Array(7).fill(['GET', 'a']) })).headers
        .ratelimit,
    ).toContain('r=2;')
    const refused = await ask(two, 'POST', '/v1/redis', { token: key, body: ['SORT_RO', 'a'] })
    expect(refused.status).toBe(403)
    expect(
      (await ask(two, 'POST', '/v1/redis/pipeline', { token: key, body: Array(3).fill(['GET', 'a']) })).status,
    ).toBe(429)
    expect((await ask(two, 'POST', '/v1/redis', { token: key, body: ['SUNION', 'a'] })).status).toBe(200)
    const over = await ask(one, 'POST', '/v1/redis', { token: key, body: ['GET', 'a'] })
    expect([over.status, over.json]).toEqual([429, expect.objectContaining({ code: 'RATE_LIMITED' })])
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(50)
    // Waiting does not help who wants more than there ever is at once.
    const much = await ask(one, 'POST', '/v1/redis/pipeline', { token: key, body: Array(11).fill(['GET', 'a']) })
    expect([much.status, much.headers['retry-after'], much.text]).toEqual([
      429,
      undefined,
      expect.stringContaining('11'),
    ])
  })

  it('count subscriptions as the commands that they are, once', async () => {
    const gateway = await open()
    const rate = { perSecond: 0.001, burst: 12 }
    const { key } = await gateway.keys.create('listener', {
      scopes: ['read', 'pubsub'],
      keys: ['*'],
      channels: ['*'],
      rate,
    })
    const token = key
    const channels = await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=a&channel=b', { token })
    expect(channels.headers.ratelimit).toContain('r=8;')
    const entries = await openStream(gateway, '/v1/redis/streams/s/events?after=0', { token })
    expect(entries.headers.ratelimit).toContain('r=6;')
    // Each is found by asking once more.
    for (const value of ['1', '2', '3']) {
      await server.call('XADD', 's', '*', 'f', value)
      expect(await entries.next()).toContain(`"f":"${value}"`)
    }
    const upstash = await openStream(gateway, '/upstash/subscribe/a', { token })
    expect(upstash.headers.ratelimit).toContain('r=4;')
    expect(
      (await openStream(gateway, '/v1/redis/pubsub/subscribe?channel=a&channel=b&channel=c', { token })).status,
    ).toBe(429)
    for (const stream of [channels, entries, upstash]) stream.close()
  })

  it('in Redis agree with the arithmetic, whatever is spent', async () => {
    const redis = await connect(server.url)
    const limiter = new Limiter({ redis })
    // One unit per 1,000 s: the time that passes during the test does not matter.
    const rate = { perSecond: 0.001, burst: 12 }
    let id = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }), async (costs) => {
        const grant = { scopes: [], rate }
        const principal = { id: `p${id++}`, kind: 'key' as const, grant, rules: new Rules(grant) }
        let tat = 0
        for (const cost of costs) {
          const next = gcra(tat, 1_000_000, rate, cost)
          tat = next.tat
          const outcome = await limiter.spend(principal, cost).then(
            (headers) => ({ allowed: true, headers: headers! }),
            (error: { headers: Record<string, string> }) => ({ allowed: false, headers: error.headers }),
          )
          const remaining = Number(/r=(\d+)/.exec(outcome.headers.ratelimit!)![1])
          expect([outcome.allowed, remaining]).toEqual([next.verdict.allowed, next.verdict.remaining])
        }
      }),
      { numRuns: 40 },
    )
    await redis.close()
  })

  it('count a quota per day', async () => {
    const gateway = await open()
    const { key } = await gateway.keys.create('quota', { scopes: ['read'], keys: ['*'], quotaPerDay: 3 })
    const get = () => ask(gateway, 'POST', '/v1/redis', { token: key, body: ['GET', 'a'] })
    expect((await get()).headers.ratelimit).toMatch(/^"day";r=2;t=\d+$/)
    await get()
    await get()
    const over = await get()
    expect([over.status, over.json]).toEqual([429, expect.objectContaining({ code: 'QUOTA_EXCEEDED' })])
  })

  it('tell what is left of the rate where the quota refuses', async () => {
    const gateway = await open()
    const rate = { perSecond: 0.001, burst: 10 }
    const { key } = await gateway.keys.create('both', { scopes: ['read'], keys: ['*'], rate, quotaPerDay: 2 })
    const get = async () => (await ask(gateway, 'POST', '/v1/redis', { token: key, body: ['GET', 'a'] })).headers
    expect([(await get()).ratelimit, (await get()).ratelimit]).toEqual([
      expect.stringMatching(/^"burst";r=9;t=\d+, "day";r=1;/),
      expect.stringMatching(/^"burst";r=8;t=\d+, "day";r=0;/),
    ])
    expect((await get()).ratelimit).toMatch(/^"burst";r=8;t=(?:1\d{3}|2000), "day";r=0;/)
  })
})

describe('Idempotency-Key', () => {
  it('makes a write that is sent again happen once', async () => {
    const gateway = await open()
    const incr = (key: string, body: unknown = ['INCR', 'n']) =>
      ask(gateway, 'POST', '/v1/redis', { body, headers: { 'idempotency-key': key } })
    const first = await incr('a')
    const again = await incr('a')
    expect([first.json, again.json, again.headers['idempotency-replayed']]).toEqual([
      { result: 1 },
      { result: 1 },
      'true',
    ])
    expect((await incr('b')).json).toEqual({ result: 2 })
    expect((await incr('a', ['INCR', 'm'])).status).toBe(422)
    expect((await incr('')).status).toBe(400)
    const put = (headers: Record<string, string>) =>
      ask(gateway, 'PUT', '/v1/redis/strings/k', {
        body: '{"value":1}',
        headers: { 'idempotency-key': 'd', ...headers },
      })
    const meanings = [{}, {}, { 'content-type': 'application/json' }, { 'ochre-ttl': '1000' }, { 'if-match': '*' }]
    const statuses: number[] = []
    for (const headers of meanings) statuses.push((await put(headers)).status)
    expect(statuses).toEqual([204, 204, 422, 422, 422])
    const many = await Promise.all(Array.from({ length: 20 }, () => incr('c')))
    expect(many.filter((answer) => answer.status === 409 || answer.text === '{"result":3}').length).toBe(20)
    expect(await server.call('GET', 'n')).toBe('3')
  })

  it('lets a request that was refused be tried again', async () => {
    const gateway = await open()
    const headers = { 'idempotency-key': 'x' }
    await server.call('SET', 'k', 'text')
    expect((await ask(gateway, 'POST', '/v1/redis', { body: ['INCR', 'k'], headers })).status).toBe(400)
    await server.call('SET', 'k', '1')
    expect((await ask(gateway, 'POST', '/v1/redis', { body: ['INCR', 'k'], headers })).json).toEqual({ result: 2 })
  })

  it('never makes a write happen again when its outcome is not known', async () => {
    await using proxy = await startProxy(server.port)
    const gateway = await open({ redis: proxy.url })
    const pop = () =>
      ask(gateway, 'POST', '/v1/redis', { body: ['BLPOP', 'q', 0], headers: { 'idempotency-key': 'x' } })
    const lost = pop()
    await expect.poll(() => server.call('CLIENT', 'LIST')).toContain('cmd=blpop')
    // It is executed, and the connection goes away with its reply.
    proxy.freeze('toClient')
    expect(await server.call('RPUSH', 'q', 'one', 'two')).toBe(2)
    proxy.reset()
    proxy.heal()
    expect((await lost).json).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    await expect.poll(async () => (await pop()).json).toMatchObject({ code: 'CONFLICT' })
    expect(await server.call('LRANGE', 'q', 0, -1)).toEqual(['two'])
  })

  it('keeps the record of a request that died for a day', async () => {
    const gateway = await open()
    const abort = new AbortController()
    const sent = { body: ['BLPOP', 'q', 0], headers: { 'idempotency-key': 'dead' }, signal: abort.signal }
    const waiting = gateway.handle(requestOf('POST', '/v1/redis', sent))
    await expect.poll(() => server.call('CLIENT', 'LIST')).toContain('cmd=blpop')
    const again = await ask(gateway, 'POST', '/v1/redis', { body: sent.body, headers: sent.headers })
    expect([again.status, again.json]).toEqual([409, expect.objectContaining({ code: 'CONFLICT' })])
    const [record] = (await server.call('KEYS', 'ochre:gateway:idempotency:*')) as string[]
    expect(Number(await server.call('TTL', record!))).toBeGreaterThan(86_000)
    abort.abort()
    await waiting
  })

  it('keeps no credential', async () => {
    const gateway = await open()
    const made = (key: string) =>
      ask(gateway, 'POST', '/v1/keys', {
        body: { name: 'web', grant: { scopes: ['read'] } },
        headers: { 'idempotency-key': key },
      })
    const first = await made('one')
    expect(first.status).toBe(201)
    expect((await made('one')).status).toBe(409)
    await server.call('ACL', 'SETUSER', 'alice', 'on', '>secret-password', '~*', '+@all')
    const token = await ask(gateway, 'POST', '/upstash', {
      body: ['ACL', 'RESTTOKEN', 'alice', 'secret-password'],
      headers: { 'idempotency-key': 'two' },
    })
    await server.call('ACL', 'DELUSER', 'alice')
    expect(token.status).toBe(200)
    const { key } = first.json as { key: string }
    const { result } = token.json as { result: string }
    for (const name of (await server.call('KEYS', '*')) as string[]) {
      if (!name.includes('idempotency')) continue
      const record = JSON.parse(String(await server.call('GET', name))) as { body?: string }
      const body = Buffer.from(record.body ?? '', 'base64').toString('utf8')
      expect(body).not.toContain(key)
      expect(body).not.toContain(result)
    }
    expect(((await ask(gateway, 'GET', '/v1/keys')).json as { keys: unknown[] }).keys.length).toBe(1)
  })

  it('belongs to its credential', async () => {
    const gateway = await open()
    const { key } = await gateway.keys.create('other', { scopes: ['read', 'write'], keys: ['*'] })
    const headers = { 'idempotency-key': 'same' }
    const by = (token: string) => ask(gateway, 'POST', '/v1/redis', { token, body: ['INCR', 'n'], headers })
    expect([(await by(ROOT)).json, (await by(key)).json]).toEqual([{ result: 1 }, { result: 2 }])
  })
})

describe('the audit log', () => {
  let dir: string
  const linesOf = (path: string): Record<string, unknown>[] =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ochre-audit-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  it('tells who wrote, was refused or managed credentials, never keys or values, in a chain', async () => {
    const path = join(dir, 'audit.log')
    const gateway = await createGateway({ redis: server.url, rootKey: ROOT, audit: new AuditFile(path) })
    const { key, record } = await gateway.keys.create('reader', { scopes: ['read'], keys: ['*'] })
    await run(gateway, ROOT, ['SET', 'secret-key', 'secret-value'])
    await run(gateway, ROOT, ['GET', 'secret-key'])
    await run(gateway, key, ['SET', 'secret-key', 'x'])
    await ask(gateway, 'DELETE', `/v1/keys/${record.id}`)
    await gateway.close()
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain('secret')
    expect(linesOf(path).map((line) => [line.principal, line.route, line.commands, line.status])).toEqual([
      ['root', 'runCommand', ['set'], 200],
      [record.id, 'runCommand', ['set'], 403],
      ['root', 'revokeApiKey', [], 204],
    ])
    expect(await verifyAudit(path)).toEqual({ lines: 3 })
  })

  it('knows refusals in whichever form they are told, and who could not say who he is', async () => {
    const path = join(dir, 'audit.log')
    const gateway = await createGateway({ redis: server.url, rootKey: ROOT, audit: new AuditFile(path) })
    const grant: Grant = { scopes: ['read'], keys: ['*'], networks: ['127.0.0.0/8'] }
    const { key, record } = await gateway.keys.create('reader', grant)
    const body = [
      ['GET', 'a'],
      ['DEL', 'a'],
    ]
    expect((await ask(gateway, 'POST', '/v1/redis/pipeline', { token: key, body })).status).toBe(200)
    expect((await ask(gateway, 'POST', '/upstash', { token: key, body: ['FLUSHALL'] })).status).toBe(400)
    expect(await run(gateway, 'wrong', ['PING'])).toBe(401)
    expect(await run(gateway, key, ['PING'], { remoteAddress: '10.0.0.1' })).toBe(403)
    expect((await ask(gateway, 'GET', '/nowhere', { token: 'wrong' })).status).toBe(404)
    await gateway.close()
    expect(linesOf(path).map((line) => [line.principal, line.address, line.commands, line.status, line.code])).toEqual([
      [record.id, '127.0.0.1', ['get', 'del'], 200, undefined],
      [record.id, '127.0.0.1', ['flushall'], 400, 'NOT_PERMITTED'],
      ['anonymous', '127.0.0.1', [], 401, 'UNAUTHENTICATED'],
      ['anonymous', '10.0.0.1', [], 403, 'NOT_PERMITTED'],
    ])
  })

  it('has a line for a frame of a WebSocket as for a request', async () => {
    const path = join(dir, 'audit.log')
    const env = { OCHRE_PORT: '0', OCHRE_ADMIN: 'false', OCHRE_ROOT_KEY: ROOT, OCHRE_LOG_LEVEL: 'silent' }
    const { config } = loadConfig({ env: { ...env, OCHRE_AUDIT_FILE: path } })
    const running = await startGateway({ redis: server.url, config })
    const { key, record } = await running.gateway.keys.create('reader', { scopes: ['read'], keys: ['*'] })
    const at = `${running.url.replace('http', 'ws')}/v1/ws`
    await once(new WebSocket(`${at}?_token=wrong`), 'error')
    const ws = new WebSocket(at)
    await once(ws, 'open')
    const frames = [
      { t: 'cmd', c: ['GET', 'before'] },
      { t: 'hello', token: ROOT },
      { t: 'cmd', c: ['GET', 'secret-key'] },
      { t: 'cmd', c: ['SET', 'secret-key', 'secret-value'] },
      { t: 'multi', c: [['INCR', 'n']] },
      { t: 'req', method: 'DELETE', path: '/v1/redis/strings/secret-key' },
      { t: 'hello', token: key },
      { t: 'pipeline', c: [['DEL', 'n']] },
      { t: 'cmd', c: ['FLUSHALL'] },
      { t: 'sub', channels: ['secret'] },
      { t: 'hello', token: 'wrong' },
    ]
    for (const [id, frame] of frames.entries()) {
      const answer = once(ws, 'message')
      ws.send(JSON.stringify({ id, ...frame }))
      await answer
    }
    await running.close()
    expect(readFileSync(path, 'utf8')).not.toContain('secret')
    expect(linesOf(path).map(({ principal, method, route, commands }) => [principal, method, route, commands])).toEqual(
      [
        ['anonymous', 'GET', 'connect', []],
        ['anonymous', 'WEBSOCKET', 'cmd', []],
        ['root', 'WEBSOCKET', 'cmd', ['set']],
        ['root', 'WEBSOCKET', 'multi', ['incr']],
        ['root', 'DELETE', 'deleteString', expect.anything()],
        [record.id, 'WEBSOCKET', 'pipeline', ['del']],
        [record.id, 'WEBSOCKET', 'cmd', ['flushall']],
        [record.id, 'WEBSOCKET', 'sub', []],
        ['anonymous', 'WEBSOCKET', 'hello', []],
      ],
    )
    expect(await verifyAudit(path)).toEqual({ lines: 9 })
  })

  it.runIf(process.platform === 'linux')('waits while its disk is full', async () => {
    const failures: unknown[] = []
    const file = new AuditFile('/dev/full', 1, (error) => failures.push((error as { code: string }).code))
    const gateway = await createGateway({ redis: server.url, rootKey: ROOT, audit: file })
    for (let i = 0; i < 10 && failures.length === 0; i++) expect(await run(gateway, ROOT, ['SET', 'k', 'v'])).toBe('OK')
    await expect.poll(() => failures).toContain('ENOSPC')
    expect(await run(gateway, ROOT, ['SET', 'k', 'v'])).toBe('OK')
    await gateway.close()
  })

  it('is continued by the next process, and shows what was changed', async () => {
    const path = join(dir, 'audit.log')
    for (const value of ['1', '2', '3']) {
      const gateway = await createGateway({ redis: server.url, rootKey: ROOT, audit: new AuditFile(path) })
      await run(gateway, ROOT, ['SET', 'k', value])
      await gateway.close()
    }
    expect(await verifyAudit(path)).toEqual({ lines: 3 })
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('"status":200', '"status":500'))
    expect(await verifyAudit(path)).toEqual({ lines: 1, brokenAt: 2 })
    const [, ...rest] = text.split('\n')
    writeFileSync(path, rest.join('\n'))
    expect(await verifyAudit(path)).toEqual({ lines: 0, brokenAt: 1 })
  })
})

describe('CORS', () => {
  const origin = 'https://app.example'
  it('serves origins of the list only', async () => {
    const gateway = await open({ cors: { origins: [origin] } })
    const preflight = (from: string) =>
      ask(gateway, 'OPTIONS', '/v1/redis', {
        token: null,
        headers: {
          origin: from,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, upstash-sync-token',
        },
      })
    expect(await preflight(origin)).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'authorization, upstash-sync-token',
      },
    })
    expect((await preflight('https://evil.example')).status).toBe(403)
    const answer = await ask(gateway, 'POST', '/v1/redis', { body: ['PING'], headers: { origin } })
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
    const foreign = await ask(gateway, 'POST', '/v1/redis', {
      body: ['PING'],
      headers: { origin: 'https://evil.example' },
    })
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin')
  })
})
