// Every route of the OpenAPI document over a real server and over the embedded engine, which must answer alike; and what
// holds for all of them: HEAD, methods, credentials, rights.
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type GatewayError } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, requestOf } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

const Item = model('item', { id: t.string(), n: t.int().default(0).index(), tags: t.set(t.string()) }, { feed: true })

/** Method, path and body, in an order in which all of them succeed. `KEY` stands for the id of an API key. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', '/openapi.json'],
  ['GET', '/v1/whoami'],
  ['POST', '/v1/redis', ['SET', 's', 'v', 'EX', 60]],
  [
    'POST',
    '/v1/redis/pipeline',
    [
      ['INCR', 'n'],
      ['LPUSH', 'n', 'x'],
      ['HSET', 'h0', 'a', 1],
      ['HGETALL', 'h0'],
    ],
  ],
  [
    'POST',
    '/v1/redis/transaction',
    [
      ['INCR', 'n'],
      ['LPUSH', 'n', 'x'],
      ['ZADD', 'z0', '1.5', 'a'],
      ['ZRANGE', 'z0', 0, -1, 'WITHSCORES'],
    ],
  ],
  [
    'POST',
    '/v1/redis/batch',
    {
      requests: [
        { method: 'GET', path: '/v1/redis/strings/s' },
        { method: 'GET', path: '/v1/redis/strings/none' },
      ],
    },
  ],
  ['PUT', '/v1/redis/strings/s', { value: 'hello' }],
  ['PATCH', '/v1/redis/strings/s', { append: ' you' }],
  ['GET', '/v1/redis/strings/s'],
  ['POST', '/v1/redis/strings/n/increment', { by: 1.5 }],
  ['PUT', '/v1/redis/hashes/h', { fields: { a: 1, b: 'two' }, ttl: 1e9 }],
  ['PATCH', '/v1/redis/hashes/h', { fields: { c: 3, b: null } }],
  ['GET', '/v1/redis/hashes/h?field=a&field=b'],
  ['GET', '/v1/redis/hashes/h?cursor=0&match=*'],
  ['PUT', '/v1/redis/hashes/h/fields/d', { value: 1 }],
  ['GET', '/v1/redis/hashes/h/fields/d'],
  ['POST', '/v1/redis/hashes/h/fields/d/increment', { by: 2 }],
  ['DELETE', '/v1/redis/hashes/h/fields/d'],
  ['POST', '/v1/redis/lists/l', { items: ['a', 'b', 'c', 'd'] }],
  ['GET', '/v1/redis/lists/l?start=1'],
  ['GET', '/v1/redis/lists/l/items/0'],
  ['PUT', '/v1/redis/lists/l/items/0', { value: 'A' }],
  ['POST', '/v1/redis/lists/l/insert', { value: 'x', before: 'b' }],
  ['POST', '/v1/redis/lists/l/remove', { value: 'x' }],
  ['POST', '/v1/redis/lists/l/move', { to: 'l2' }],
  ['POST', '/v1/redis/lists/l/pop', { count: 1 }],
  ['POST', '/v1/redis/lists/l/trim', { start: 0, stop: 0 }],
  ['POST', '/v1/redis/sets/a', { members: ['x', 'y', 'z'] }],
  ['PUT', '/v1/redis/sets/a/members/w'],
  ['GET', '/v1/redis/sets/a/members/w'],
  ['DELETE', '/v1/redis/sets/a/members/w'],
  ['POST', '/v1/redis/sets/a/move', { to: 'b', member: 'z' }],
  ['POST', '/v1/redis/sets/a/remove', { members: ['y'] }],
  ['GET', '/v1/redis/sets/a'],
  ['GET', '/v1/redis/sets/a/count'],
  ['GET', '/v1/redis/sets/a/random'],
  ['POST', '/v1/redis/sets/union', { keys: ['a', 'none'] }],
  ['POST', '/v1/redis/sets/intersection', { keys: ['a', 'a'] }],
  ['POST', '/v1/redis/sets/difference', { keys: ['a', 'b'] }],
  ['POST', '/v1/redis/sets/a/pop', {}],
  ['DELETE', '/v1/redis/sets/b'],
  [
    'POST',
    '/v1/redis/sorted-sets/z',
    {
      members: [
        { member: 'a', score: 1 },
        { member: 'b', score: 2.5 },
        { member: 'c', score: 3 },
      ],
    },
  ],
  ['GET', '/v1/redis/sorted-sets/z?by=score&start=(1&stop=inf'],
  ['GET', '/v1/redis/sorted-sets/z/names'],
  ['GET', '/v1/redis/sorted-sets/z/count?min=1&max=2'],
  ['PUT', '/v1/redis/sorted-sets/z/members/d', { score: 4 }],
  ['GET', '/v1/redis/sorted-sets/z/members/d'],
  ['POST', '/v1/redis/sorted-sets/z/members/d/increment', { by: 0.5 }],
  ['DELETE', '/v1/redis/sorted-sets/z/members/d'],
  ['POST', '/v1/redis/sorted-sets/z/remove', { members: ['a'] }],
  ['POST', '/v1/redis/sorted-sets/z/pop', { from: 'highest' }],
  ['POST', '/v1/redis/streams/st', { fields: { a: 1 }, id: '1-1' }],
  ['POST', '/v1/redis/streams/st', { fields: { a: 2 }, id: '1-2' }],
  ['GET', '/v1/redis/streams/st?reverse&count=1'],
  ['GET', '/v1/redis/streams/st/entries/1-1'],
  ['PUT', '/v1/redis/streams/st/groups/g', { from: '0' }],
  ['POST', '/v1/redis/streams/st/groups/g/read', { consumer: 'w' }],
  ['POST', '/v1/redis/streams/st/groups/g/ack', { ids: ['1-1'] }],
  ['GET', '/v1/redis/streams/st/groups/g/pending'],
  ['POST', '/v1/redis/streams/st/groups/g/claim', { consumer: 'v' }],
  ['GET', '/v1/redis/streams/st/info'],
  ['DELETE', '/v1/redis/streams/st/groups/g'],
  ['DELETE', '/v1/redis/streams/st/entries/1-1'],
  ['POST', '/v1/redis/streams/st/trim', { maxLength: 1 }],
  ['GET', '/v1/redis/streams/st/events?after=0'],
  [
    'POST',
    '/v1/redis/geo/geo',
    {
      members: [
        { member: 'P', longitude: 13.361389, latitude: 38.115556 },
        { member: 'C', longitude: 15.087269, latitude: 37.502669 },
      ],
    },
  ],
  ['GET', '/v1/redis/geo/geo/positions?member=P&member=none'],
  ['GET', '/v1/redis/geo/geo/distance?from=P&to=C&unit=km'],
  ['POST', '/v1/redis/geo/geo/search', { longitude: 15, latitude: 37, radius: 200, unit: 'km' }],
  ['GET', '/v1/redis/keys?match=s&count=1000'],
  ['PUT', '/v1/redis/keys/s/ttl', { ttl: 1e9 }],
  ['GET', '/v1/redis/keys/s'],
  ['GET', '/v1/redis/keys/s/ttl'],
  ['DELETE', '/v1/redis/keys/s/ttl'],
  ['GET', '/v1/redis/keys/s/memory'],
  ['POST', '/v1/redis/keys/s/copy', { to: 's2' }],
  ['POST', '/v1/redis/keys/s2/rename', { to: 's3' }],
  ['DELETE', '/v1/redis/keys/s3'],
  ['POST', '/v1/redis/keys/delete', { keys: ['l2', 'none'] }],
  [
    'POST',
    '/v1/redis/scripts/eval',
    { script: "return redis.call('INCRBY', KEYS[1], ARGV[1])", keys: ['m'], args: [1] },
  ],
  ['PUT', '/v1/redis/scripts/add', { script: "return redis.call('INCRBY', KEYS[1], ARGV[1])" }],
  ['GET', '/v1/redis/scripts'],
  ['POST', '/v1/redis/scripts/add/run', { keys: ['m'], args: [2] }],
  ['DELETE', '/v1/redis/scripts/add'],
  ['GET', '/v1/redis/pubsub/channels'],
  ['POST', '/v1/redis/pubsub/channels/c', { message: 'hello' }],
  ['GET', '/v1/redis/pubsub/subscribe?channel=c&pattern=p*&shard=s'],
  ['GET', '/v1/redis/server/info'],
  ['GET', '/v1/redis/server/slowlog'],
  ['DELETE', '/v1/redis/server/slowlog'],
  ['GET', '/v1/redis/server/clients'],
  ['GET', '/v1/redis/server/size'],
  ['POST', '/v1/keys', { name: 'web', grant: { scopes: ['read'], keys: ['app:*'] } }],
  ['GET', '/v1/keys'],
  ['GET', '/v1/keys/KEY'],
  ['POST', '/v1/keys/KEY/rotate', { overlap: 1000 }],
  ['DELETE', '/v1/keys/KEY'],
  ['GET', '/upstash/get/s'],
  ['POST', '/upstash', ['GET', 's']],
  ['PUT', '/upstash', ['GET', 's']],
  ['GET', '/upstash/subscribe/c'],
  ['GET', '/upstash/psubscribe/c*'],
  ['GET', '/upstash/monitor'],
  ['POST', '/upstash/pipeline', [['GET', 's'], ['NOSUCH']]],
  [
    'POST',
    '/upstash/multi-exec',
    [
      ['GET', 's'],
      ['HGETALL', 'h'],
    ],
  ],
  ['GET', '/v1/models'],
  ['POST', '/v1/models/item', { id: 'a', n: 1, tags: ['x'] }],
  [
    'POST',
    '/v1/models/item/bulk',
    [
      { id: 'b', n: 2 },
      { id: 'c', n: 'x' },
    ],
  ],
  ['GET', '/v1/models/item?n=gte.1&order=n.desc&count'],
  ['GET', '/v1/models/item/changes?after=oldest'],
  ['GET', '/v1/models/item/schema'],
  ['POST', '/v1/models/item/query', { where: { n: { lt: 2 } }, explain: true }],
  ['POST', '/v1/models/item/query', { where: { n: { lt: 2 } }, count: true }],
  ['GET', '/v1/models/item/a'],
  ['GET', '/v1/models/item/a?path=tags'],
  ['PATCH', '/v1/models/item/a', { n: 5 }],
  ['PUT', '/v1/models/item/a', { n: 6 }],
  [
    'POST',
    '/v1/models/item/a/atomic',
    {
      steps: [
        ['n', 'add', 1],
        ['tags', 'add', 'y'],
      ],
      return: { n: ['n'], tags: ['tags', 'items'] },
    },
  ],
  ['POST', '/v1/models/item/update-where', { where: { n: { gt: 6 } }, program: { steps: [['n', 'add', 1]] } }],
  ['POST', '/v1/models/item/delete-where', { where: { n: { gt: 7 } } }],
  ['DELETE', '/v1/models/item/b'],
  ['DELETE', '/v1/redis/strings/s'],
  ['DELETE', '/v1/redis/hashes/h'],
  ['DELETE', '/v1/redis/lists/l'],
  ['POST', '/v1/redis/sets/a', { members: ['x'] }],
  ['DELETE', '/v1/redis/sets/a'],
  ['DELETE', '/v1/redis/sorted-sets/z'],
  ['DELETE', '/v1/redis/streams/st'],
]

/** What is another thing each time, or in each kind of server. */
function steady(path: string, text: string): string {
  if (/openapi|server\/(?:info|clients|slowlog)|memory|psubscribe|monitor/.test(path)) return ''
  return text
    .replaceAll(/"(?:id|key|replacedBy|instance)":"[^"]*"/g, '"id":"..."')
    .replaceAll(/^id: .*$|"(?:at|cursor)":"[^"]*"/gm, '"at":"..."')
    .replaceAll(/"(createdAt|expiresAt|idleMs|ttl)":\d+/g, '"$1":0')
}

interface Told {
  readonly request: string
  readonly status: number
  readonly body: string
}

const told = new Map<string, readonly Told[]>()

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT, models: { Item } })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })

  /** The first chunk of a stream, the whole of anything else. */
  async function answerOf(method: string, path: string, body: unknown): Promise<Told> {
    const request = `${method} ${path}`
    if (!/\/(?:events|changes|p?subscribe|monitor)\b/.test(path)) {
      const { status, text } = await ask(gateway, method, path, body === undefined ? {} : { body })
      return { request, status, body: text }
    }
    const { status, body: stream } = await gateway.handle(requestOf(method, path, { body }))
    const chunks = (stream as AsyncIterable<string>)[Symbol.asyncIterator]()
    const { value } = await chunks.next()
    await chunks.return?.()
    return { request, status, body: String(value) }
  }

  it('each one succeeds', async () => {
    const answers: Told[] = []
    let id = ''
    const reached = new Set<string>()
    for (const [method, path, body] of REQUESTS) {
      const target = path.replace('KEY', id)
      const answer = await answerOf(method, target, body)
      expect([answer.request, answer.status, answer.status < 300 ? '' : answer.body]).toEqual([
        answer.request,
        expect.any(Number),
        '',
      ])
      if (path === '/v1/keys' && method === 'POST') id = (JSON.parse(answer.body) as { id: string }).id
      answers.push({ request: `${method} ${path}`, status: answer.status, body: steady(path, answer.body) })
      // The root of Upstash takes the command from the path, which is a route of its own.
      reached.add(gateway.router.match(method, target).route.doc.id.replace(/^(upstash.*)Path$/, '$1Root'))
    }
    const documented = gateway.router.routes.filter(({ doc }) => doc.hidden !== true && doc.tag !== 'websocket')
    expect(documented.map(({ doc }) => doc.id).filter((one) => !reached.has(one))).toEqual([])
    told.set(backend, answers)
  })

  const isServed = (method: string, target: string): boolean => {
    try {
      return gateway.router.match(method, target) !== undefined
    } catch (error) {
      return (error as GatewayError).code !== 'METHOD_NOT_ALLOWED'
    }
  }

  const concrete = (path: string): string => path.replace('{model}', 'item').replaceAll(/\{\w+\*?\}/g, '1')

  it('each one wants a credential, and the rights for what it does', async () => {
    const { key } = await gateway.keys.create('nothing', { scopes: [] })
    for (const { method, path, doc } of gateway.router.routes) {
      if (doc.open === true) continue
      const target = concrete(path)
      const headers = { 'content-type': 'application/json' }
      const none = await gateway.handle(requestOf(method, target, { token: null, headers }))
      expect([method, path, none.status]).toEqual([method, path, 401])
      if (!path.startsWith('/upstash')) expect(none.headers['www-authenticate']).toContain('Bearer')
      const wrong = await gateway.handle(requestOf(method, target, { token: 'och_000000000000_x', headers }))
      expect([method, path, wrong.status]).toEqual([method, path, 401])
      // Whatever the body: nothing is done, and nothing is told.
      const few = await ask(gateway, method, target, { token: key, body: '{}', headers })
      const isOpen = ['whoami', 'listModels'].includes(doc.id)
      expect([method, path, isOpen ? few.status : few.status >= 400 && few.status < 500]).toEqual([
        method,
        path,
        isOpen ? 200 : true,
      ])
    }
  })

  it('each GET answers HEAD alike and empty, and a method that is not there is 405 with those that are', async () => {
    const methods = new Map<string, Set<string>>()
    for (const { method, path } of gateway.router.routes) {
      if (path.startsWith('/upstash')) continue
      const target = concrete(path)
      methods.set(target, (methods.get(target) ?? new Set()).add(method))
    }
    for (const { method, path, doc } of gateway.router.routes) {
      if (method !== 'GET' || doc.tag === 'websocket') continue
      const target = `${concrete(path)}?field=f&member=m&from=a&to=b&channel=c`
        .replace('/item?field=f&', '/item?')
        .replace(/(models\/item)\?.*/, '$1')
      const get = await gateway.handle(requestOf('GET', target))
      const head = await gateway.handle(requestOf('HEAD', target))
      await (get.body as AsyncGenerator | null)?.return?.(undefined)
      expect([target, head.status, head.body]).toEqual([target, get.status, null])
      expect([target, head.headers['content-type']]).toEqual([target, get.headers['content-type']])
    }
    for (const [target, own] of methods) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        // A path may be the shortened spelling of another one too.
        if (own.has(method === 'HEAD' ? 'GET' : method) || isServed(method, target)) continue
        const { status, headers } = await gateway.handle(requestOf(method, target))
        expect([method, target, status]).toEqual([method, target, 405])
        for (const one of own)
          expect([target, headers.allow?.split(', ')]).toEqual([target, expect.arrayContaining([one])])
        expect(headers.allow).not.toMatch(new RegExp(`\\b${method}\\b`))
      }
    }
  })
})

it('the embedded engine answers as the real server does', () => {
  const [real, embedded] = BACKENDS.map((name) => told.get(name)!)
  expect(real!.length).toBe(REQUESTS.length)
  for (const [i, answer] of real!.entries()) expect(embedded![i]).toEqual(answer)
})
