// Models over HTTP over a real server and the embedded engine: rows, versions, queries in both spellings, programs, bulk, rights.
import { index, model, t } from '@ochre/model'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, GatewayError, type GatewayResponse } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, requestOf, type Sent } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

const User = model(
  'user',
  {
    id: t.string(),
    email: t.string().max(100).unique({ fold: 'lower' }),
    age: t.int().min(0).index(),
    score: t.float().default(0).index(),
    status: t.enum(['minor', 'adult']).default('minor').index(),
    balance: t.bigint().default(0n),
    joined: t.date().optional(),
    avatar: t.bytes().optional(),
    nickname: t.string().optional(),
    profile: t.json<{ city?: string; tags?: string[] }>().optional(),
    tags: t.list(t.string()),
    badges: t.set(t.string()),
    settings: t.map(t.int()),
    ranks: t.sortedSet(t.string()),
  },
  (u) => ({ indexes: [index(u.status, u.age.desc())] }),
)
const Secret = model('secret', { id: t.string(), text: t.string() })
const Note = model('note', { id: t.ulid(), text: t.string().optional() })

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT, models: { User, Secret, Note } })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.call('FLUSHALL')
  })

  const go = (method: string, path: string, sent?: Sent) => ask(gateway, method, `/v1/models${path}`, sent)
  const post = (path: string, body?: unknown) => go('POST', path, { body })
  const ada = {
    id: 'ada',
    email: 'Ada@example.com',
    age: 36,
    balance: '9223372036854775807',
    joined: '2024-01-02T03:04:05.000Z',
  }

  describe('rows', () => {
    it('hold documents with the very digits that were sent', async () => {
      const profile = '{"n":9007199254740993,"list":[1.0,-0,1e400]}'
      const body = JSON.stringify({ ...ada, profile: 'PROFILE' }).replace('"PROFILE"', profile)
      const created = await go('POST', '/user', { body })
      expect(created.status).toBe(201)
      const shown = `"profile":${profile}`
      expect(created.text).toContain(shown)
      expect((await go('GET', '/user/ada')).text).toContain(shown)
      expect((await go('GET', '/user?select=profile&age=eq.36')).text).toContain(shown)
      const steps =
        '[["profile.big","put",12345678901234567890],["profile","merge",{"more":2.50,"same":1}],["profile.list","push",3.0],{"when":{"profile.n":{"gt":1.0}},"do":[["age","add",1]]}]'
      const atomic = await go('POST', '/user/ada/atomic', {
        body: `{"steps":${steps},"return":{"whole":["profile"],"n":{"$field":"profile.n"},"age":["age"]}}`,
      })
      expect(atomic.text).toBe(
        '{"result":{"whole":{"n":9007199254740993,"list":[1.0,-0,1e400,3.0],"big":12345678901234567890,"more":2.50,"same":1},"n":9007199254740993,"age":37}}',
      )
      expect((await go('GET', '/user/ada?path=profile.list&path=profile.n')).text).toBe(
        '{"values":{"profile.list":[1.0,-0,1e400,3.0],"profile.n":9007199254740993}}',
      )
    })

    it('are created, read, changed, replaced and deleted', async () => {
      const created = await post('/user', { ...ada, avatar: 'AP8=', profile: { city: 'London' }, tags: ['x'] })
      expect([created.status, created.headers.location]).toEqual([201, '/v1/models/user/ada'])
      expect(created.text).toContain('"balance":9223372036854775807')
      const read = await go('GET', '/user/ada')
      expect(read.json).toMatchObject({
        id: 'ada',
        age: 36,
        status: 'minor',
        joined: ada.joined,
        avatar: 'AP8=',
        profile: { city: 'London' },
      })
      expect(read.headers.etag).toBe(created.headers.etag)
      expect((await go('GET', '/user/ada', { headers: { 'if-none-match': read.headers.etag! } })).status).toBe(304)
      const patched = await go('PATCH', '/user/ada', { body: { age: 37, joined: null } })
      expect(patched.json).toMatchObject({ age: 37 })
      expect(patched.json).not.toHaveProperty('joined')
      const replaced = await go('PUT', '/user/ada', { body: { email: 'ada@example.com', age: 1 } })
      expect(replaced.json).toMatchObject({ age: 1, score: 0 })
      expect(replaced.json).not.toHaveProperty('avatar')
      expect((await go('DELETE', '/user/ada')).status).toBe(204)
      expect((await go('DELETE', '/user/ada')).status).toBe(404)
      expect((await go('GET', '/user/ada')).status).toBe(404)
      expect((await go('PATCH', '/user/ada', { body: { age: 1 } })).status).toBe(404)
    })

    it('refuse duplicates, wrong values and stale versions', async () => {
      await post('/user', ada)
      expect(await post('/user', { ...ada, email: 'b@example.com' })).toMatchObject({
        status: 409,
        json: { code: 'ALREADY_EXISTS' },
      })
      expect(await post('/user', { ...ada, id: 'b', email: 'ADA@example.com' })).toMatchObject({
        status: 409,
        json: { code: 'UNIQUE_VIOLATION' },
      })
      expect(await post('/user', { id: 'c', email: 'c', age: -1, extra: 1 })).toMatchObject({
        status: 422,
        json: { code: 'VALIDATION', errors: expect.arrayContaining([expect.objectContaining({ path: ['age'] })]) },
      })
      const { etag } = (await go('GET', '/user/ada')).headers
      const headers = { 'if-match': etag! }
      expect((await go('PATCH', '/user/ada', { body: { age: 40 }, headers })).status).toBe(200)
      expect((await go('PATCH', '/user/ada', { body: { age: 41 }, headers })).status).toBe(412)
      expect((await go('DELETE', '/user/ada', { headers })).status).toBe(412)
      expect(
        (await go('PUT', '/user/ada', { body: { email: 'x', age: 1 }, headers: { 'if-none-match': '*' } })).status,
      ).toBe(412)
      expect(await post('/user?upsert', { ...ada, age: 50 })).toMatchObject({ status: 200, json: { age: 50 } })
    })

    it('are objects, and a row in a body is the row of the path', async () => {
      for (const body of ['[]', '[{"text":"x"}]', '"x"', '1', 'null']) {
        const refused = { status: 400, json: { detail: 'A row is an object of fields.' } }
        expect(await go('POST', '/note', { body })).toMatchObject(refused)
        expect(await go('PATCH', '/note/x', { body })).toMatchObject(refused)
        expect(await go('PUT', '/note/x', { body })).toMatchObject(refused)
      }
      expect((await post('/note/bulk', [1, {}, 'x', null, []])).json).toMatchObject({
        done: 1,
        failed: 4,
        failures: [0, 2, 3, 4].map((index) => ({ index, code: 'BAD_REQUEST', status: 400 })),
      })
      expect((await post('/note/bulk?operation=update', [1])).json).toMatchObject({ done: 0, failed: 1 })
      expect(((await go('GET', '/note')).json as { rows: unknown[] }).rows.length).toBe(1)
      await post('/secret', { id: 'a', text: 'x' })
      expect(await go('PUT', '/secret/a', { body: { id: 'b', text: 'y' } })).toMatchObject({
        status: 400,
        json: { detail: 'The row in the body has another id than the path.' },
      })
      expect((await go('PUT', '/secret/a', { body: { id: 'a', text: 'z' } })).json).toEqual({ id: 'a', text: 'z' })
    })

    it('are where Location says, whatever their ids', async () => {
      const ids = ['a/b', 'a b+c%', '?#&=', 'é日本', '~', '.', '..', '...', 'schema', 'changes', 'query', 'bulk']
      for (const id of ids) {
        for (const database of ['', '?db=3']) {
          const { location } = (await post(`/secret${database}`, { id, text: `${id} of ${database}` })).headers
          // As URL libraries read it.
          const { pathname, search } = new URL(location!, 'http://gateway')
          expect(decodeURI(pathname + search)).toBe(decodeURI(location!))
          expect((await ask(gateway, 'GET', location!)).json).toEqual({ id, text: `${id} of ${database}` })
        }
      }
    })

    it('give single places, collections too', async () => {
      await post('/user', {
        ...ada,
        profile: { city: 'London', tags: ['a', 'b'] },
        tags: ['x', 'y'],
        settings: { level: 3 },
        ranks: { first: 1.5, second: 2 },
      })
      const paths = ['profile.tags[1]', 'tags', 'settings.level', 'tags[9]', 'ranks', 'ranks.second', 'ranks.none']
      const read = await go('GET', `/user/ada?${paths.map((path) => `path=${path}`).join('&')}`)
      expect(read.json).toEqual({
        values: {
          'profile.tags[1]': 'b',
          tags: ['x', 'y'],
          'settings.level': 3,
          'tags[9]': null,
          ranks: [
            ['first', 1.5],
            ['second', 2],
          ],
          'ranks.second': 2,
          'ranks.none': null,
        },
      })
    })
  })

  describe('queries', () => {
    beforeEach(async () => {
      const rows = Array.from({ length: 30 }, (_, i) => ({
        id: `u${String(i).padStart(2, '0')}`,
        email: `u${i}@example.com`,
        age: i,
        status: i < 18 ? 'minor' : 'adult',
        nickname: i % 2 === 0 ? `even ${i}` : undefined,
      }))
      expect((await post('/user/bulk', rows)).json).toEqual({ done: 30, failed: 0, failures: [] })
    })
    const ages = async (query: string): Promise<unknown> => {
      const answer = await go('GET', `/user?${query}`)
      return answer.status === 200
        ? (answer.json as { rows: { age: number }[] }).rows.map((row) => row.age)
        : answer.status
    }

    it('by URL', async () => {
      expect(await ages('age=gte.27&order=age.desc')).toEqual([29, 28, 27])
      expect(await ages('age=in.(3,1,2)&order=age')).toEqual([1, 2, 3])
      expect(await ages('age=lt.10&age=gt.7&order=age')).toEqual([8, 9])
      expect(await ages('or=(age.eq.1,and(age.gt.27,status.eq.adult))&order=age&allowScan')).toEqual([1, 28, 29])
      expect(await ages('age=lt.4&nickname=not.is.null&order=age')).toEqual([0, 2])
      expect(await ages('age=lt.10&nickname=eq.even%204')).toEqual([4])
      expect(await ages('age=lt.20&nickname=startsWith.even%201&order=age')).toEqual([10, 12, 14, 16, 18])
      expect(await ages('nickname=eq.x')).toBe(422)
      expect(await ages('nope=eq.1')).toBe(400)
      expect(await ages('age=between.1')).toBe(400)
      expect(await ages('age=eq.x')).toBe(422)
      const counted = await go('GET', '/user?status=eq.adult&order=age.desc&limit=2&count&select=id,age')
      expect(counted.json).toMatchObject({
        rows: [
          { id: 'u29', age: 29 },
          { id: 'u28', age: 28 },
        ],
        count: 12,
      })
      expect((await go('GET', '/user?age=gt.5&explain')).json).toMatchObject({ plan: { plan: expect.any(String) } })
    })

    it('page by page with cursors', async () => {
      const seen: number[] = []
      let after = ''
      for (;;) {
        const answer = await go('GET', `/user?age=gte.0&order=age.desc&limit=7${after}`)
        const { rows, next } = answer.json as { rows: { age: number }[]; next: string | null }
        seen.push(...rows.map((row) => row.age))
        if (next === null) break
        after = `&after=${encodeURIComponent(next)}`
      }
      expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i))
    })

    it('by JSON', async () => {
      const where = { AND: [{ age: { gte: 10, lt: 13 } }, { NOT: { age: 11 } }] }
      expect((await post('/user/query', { where, orderBy: { age: 'asc' }, select: ['age'] })).json).toMatchObject({
        rows: [{ age: 10 }, { age: 12 }],
        next: null,
      })
      expect((await post('/user/query', { where: { tags: { has: 'x' } } })).status).toBe(422)
      expect((await post('/user/query', { where: { age: { nope: 1 } } })).status).toBe(422)
    })

    it('as NDJSON', async () => {
      const answer = await go('GET', '/user?age=lt.3&order=age', { headers: { accept: 'application/x-ndjson' } })
      expect(answer.headers['content-type']).toBe('application/x-ndjson')
      expect(
        answer.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).age),
      ).toEqual([0, 1, 2])
      expect((await go('GET', '/user?nickname=eq.x', { headers: { accept: 'application/x-ndjson' } })).status).toBe(422)
    })

    it('as NDJSON heed what the URL says besides', async () => {
      const headers = { accept: 'application/x-ndjson' }
      const lines = async (query: string): Promise<unknown> => {
        const { status, text } = await go('GET', `/user?age=lt.3&${query}`, { headers })
        return status === 200
          ? text
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as unknown)
          : status
      }
      expect(await lines('order=age&select=age')).toEqual([{ age: 0 }, { age: 1 }, { age: 2 }])
      expect(await lines('order=age.desc&limit=2&select=age')).toEqual([{ age: 2 }, { age: 1 }])
      const { next } = (await go('GET', '/user?age=lt.3&order=age&limit=1')).json as { next: string }
      expect(await lines(`order=age&select=age&after=${next}`)).toEqual([{ age: 1 }, { age: 2 }])
      expect(await lines(`order=age&select=age&limit=1&after=${next}`)).toEqual([{ age: 1 }])
      for (const query of [
        'count',
        'explain',
        `order=age&before=${next}`,
        'limit=0',
        'select=none',
        'limit=1&select=none',
      ])
        expect([query, await lines(query)]).toEqual([query, 400])
      expect((await go('GET', '/user?nickname=eq.x&limit=1', { headers })).status).toBe(422)
    })

    it('change and delete what they match', async () => {
      const program = { steps: [['score', 'add', 5], { when: { age: { gte: 29 } }, do: [['status', 'set', 'minor']] }] }
      expect((await post('/user/update-where', { where: { age: { gte: 28 } }, program })).json).toEqual({ updated: 2 })
      expect((await go('GET', '/user/u29')).json).toMatchObject({ score: 5, status: 'minor' })
      expect((await post('/user/delete-where', { where: { age: { lt: 10 } } })).json).toEqual({ deleted: 10 })
      expect((await go('GET', '/user?age=gte.0&count&limit=1')).json).toMatchObject({ count: 20 })
      expect((await post('/user/delete-where', {})).status).toBe(400)
    })
  })

  describe('programs', () => {
    const run = async (program: unknown) => {
      const answer = await post('/user/ada/atomic', program)
      return answer.status === 200
        ? (answer.json as { result: unknown }).result
        : [answer.status, (answer.json as { code: string }).code]
    }
    beforeEach(async () => {
      await post('/user', { ...ada, tags: ['a', 'bb', 'a'], settings: { x: 1, y: 20 }, profile: { tags: [] } })
    })

    it('change several fields as one, by conditions, and give values back', async () => {
      const result = await run({
        steps: [
          ['score', 'add', 99.5],
          ['balance', 'sub', '7'],
          ['joined', 'add', { days: 1 }],
          ['tags', 'push', 'c', 'd'],
          ['profile.city', 'put', 'Rome'],
          ['profile.tags', 'push', { deep: [1] }],
          ['settings', 'increase', 'x', 41],
          ['ranks', 'add', 'first', 1.5],
          { let: 'old', be: { $field: 'age' } },
          {
            when: { age: { gt: 17 }, score: { gte: 99 } },
            do: [
              ['status', 'set', 'adult'],
              ['badges', 'add', 'high'],
            ],
            else: [['status', 'set', 'minor']],
          },
          {
            when: {
              $or: [
                {
                  $field: 'age',
                  $do: [
                    ['plus', 1],
                    ['eq', 37],
                  ],
                },
                { $not: { age: 1 } },
              ],
            },
            do: [['age', 'add', 1]],
          },
          {
            switch: { $field: 'age' },
            cases: [
              { is: [1, 2], do: [['nickname', 'set', 'young']] },
              { is: 37, do: [['nickname', 'set', 'older']] },
            ],
            default: [],
          },
        ],
        return: {
          age: ['age'],
          old: { $var: 'old' },
          status: ['status'],
          tags: ['tags', 'length'],
          city: { $field: 'profile.city' },
          nick: ['nickname'],
        },
      })
      expect(result).toEqual({ age: 37, old: 36, status: 'adult', tags: 5, city: 'Rome', nick: 'older' })
      expect((await go('GET', '/user/ada?path=settings&path=badges&path=profile.tags')).json).toEqual({
        values: { settings: { x: 42, y: 20 }, badges: ['high'], 'profile.tags': [{ deep: [1] }] },
      })
      expect((await go('GET', '/user/ada')).text).toContain('"balance":9223372036854775800')
      expect((await go('GET', '/user?status=eq.adult&age=eq.37')).json).toMatchObject({ rows: [{ id: 'ada' }] })
    })

    it('loop over collections', async () => {
      await run({
        steps: [
          { each: 'tags', as: 'tag', do: [{ when: { $var: 'tag', $do: [['eq', 'a']] }, do: [['$tag', 'remove']] }] },
          {
            each: 'settings',
            as: ['name', 'value'],
            do: [{ when: { $var: 'value', $do: [['gt', 10]] }, do: [['$name', 'remove']] }],
          },
        ],
      })
      expect((await go('GET', '/user/ada?path=tags&path=settings')).json).toEqual({
        values: { tags: ['bb'], settings: { x: 1 } },
      })
    })

    it('are all or nothing', async () => {
      expect(await run({ steps: [['age', 'add', 1], { fail: 'TOO_YOUNG' }] })).toEqual([422, 'PROGRAM_FAILED'])
      expect((await post('/user/ada/atomic', { steps: [{ fail: 'TOO_YOUNG' }] })).json).toMatchObject({
        reason: 'TOO_YOUNG',
      })
      expect(
        await run({
          steps: [
            ['age', 'add', 1],
            ['balance', 'add', 1],
          ],
        }),
      ).toEqual([422, 'PROGRAM_FAILED'])
      expect(await run({ steps: [['age', 'sub', 100]] })).toEqual([422, 'PROGRAM_FAILED'])
      expect((await go('GET', '/user/ada')).json).toMatchObject({ age: 36 })
      expect((await post('/user/none/atomic', { steps: [['age', 'add', 1]] })).status).toBe(404)
    })

    it('that are wrong say where, and can call nothing but operations', async () => {
      const detail = async (program: unknown) => {
        const { status, json } = await post('/user/ada/atomic', program)
        return `${status} ${(json as { detail: string }).detail}`
      }
      expect(await detail({ steps: [['nope', 'add', 1]] })).toBe('400 steps[0] names a field that user does not have.')
      expect(await detail({ steps: [['age', 'constructor']] })).toBe('400 steps[0]: int has no such operation.')
      expect(await detail({ steps: [['age', '__proto__']] })).toBe('400 steps[0]: int has no such operation.')
      expect(await detail({ steps: [['age', 'bind', 1]] })).toBe('400 steps[0]: int has no such operation.')
      expect(await detail({ steps: [['tags', 'add', 1]] })).toBe('400 steps[0]: list has no such operation.')
      expect(await detail({ steps: [{ when: [], do: [] }] })).toBe('400 steps[0].when is a condition: an object.')
      expect(await detail({ steps: [{ what: 1 }] })).toBe('400 steps[0] has when, switch, each, let or fail.')
      expect(await detail({ steps: [['$item', 'remove']] })).toBe('400 steps[0] uses a variable that is not there.')
      expect(await detail({ steps: [['age', 'set', 'x']] })).toMatch(/^4(00|22) /)
      expect(await detail({ other: 1 })).toMatch(/^400 /)
    })
  })

  describe('bulk', () => {
    it('takes NDJSON and tells what was refused', async () => {
      const lines = [
        { ...ada },
        { id: 'b', email: 'ADA@EXAMPLE.COM', age: 1 },
        { id: 'c', email: 'c', age: 'x' },
        { id: 'd', email: 'd', age: 4 },
      ]
      const body = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
      const answer = await go('POST', '/user/bulk', { body, headers: { 'content-type': 'application/x-ndjson' } })
      expect(answer.json).toMatchObject({
        done: 2,
        failed: 2,
        failures: [
          { index: 1, code: 'UNIQUE_VIOLATION', status: 409 },
          { index: 2, code: 'VALIDATION', status: 422 },
        ],
      })
      expect((await post('/user/bulk?operation=update', [{ id: 'd', age: 5 }])).json).toMatchObject({ done: 1 })
      // As with PATCH null makes an optional field absent; what the operation does not take is not overlooked.
      expect((await post('/user/bulk?operation=update', [{ id: 'ada', joined: null }])).json).toMatchObject({ done: 1 })
      expect((await go('GET', '/user/ada')).json).not.toHaveProperty('joined')
      for (const operation of ['update', 'delete'])
        expect((await post(`/user/bulk?operation=${operation}&ttl=5000`, [{ id: 'd' }])).status).toBe(400)
      expect((await post('/user/bulk?operation=delete', ['d', 'none', { id: 'ada' }])).json).toMatchObject({
        done: 2,
        failed: 0,
      })
    })
  })

  describe('NDJSON', () => {
    const send = (lines: readonly string[] | AsyncIterable<Uint8Array>, query = '', token = ROOT) => {
      const request = requestOf('POST', `/v1/models/user/bulk${query}`, {
        body: Symbol.asyncIterator in lines ? '' : lines.join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
        token,
      })
      if (!(Symbol.asyncIterator in lines)) return gateway.handle(request).then(jsonOf)
      const body = { ...request.body, length: undefined, [Symbol.asyncIterator]: () => lines[Symbol.asyncIterator]() }
      return gateway.handle({ ...request, body }).then(jsonOf)
    }
    const jsonOf = async ({ status, body }: GatewayResponse) => ({ status, ...(JSON.parse(String(body)) as object) })
    const user = (id: string) => JSON.stringify({ id, email: `${id}@example.com`, age: 1 })

    it('has lines of any kind: broken, blank, too long, cut anywhere, without an end', async () => {
      const lines = [
        user('a'),
        '{"id":',
        '',
        ' \r',
        `"${'x'.repeat(11 * 1024 * 1024)}"`,
        `${user('b')}\r`,
        '\xff',
        user('ü'),
      ]
      const bytes = Buffer.concat(
        lines.map((line) => Buffer.concat([Buffer.from(line, line === '\xff' ? 'latin1' : 'utf8'), Buffer.from('\n')])),
      )
      async function* pieces() {
        for (let at = 0; at < bytes.length - 1; at += at < 200 || at > bytes.length - 300 ? 7 : 65_536)
          yield bytes.subarray(
            at,
            Math.min(at < 200 || at > bytes.length - 300 ? at + 7 : at + 65_536, bytes.length - 1),
          )
      }
      const refusals = [
        { index: 1, code: 'BAD_JSON' },
        { index: 2, code: 'TOO_LARGE' },
        { index: 4, code: 'BAD_JSON' },
      ]
      expect(await send(pieces())).toMatchObject({ status: 200, done: 3, failed: 3, failures: refusals })
      expect(
        await send(
          ['a', 'b', 'ü'].map((id) => JSON.stringify(id)),
          '?operation=delete',
        ),
      ).toMatchObject({ done: 3 })
    })

    it('of any length is done piece by piece, and its refusals are counted all and told in part', async () => {
      const lines = Array.from({ length: 5500 }, (_, i) => (i % 2 === 0 ? user(`u${i}`) : i % 4 === 1 ? '{}' : '{'))
      const answer = (await send(lines)) as unknown as {
        done: number
        failed: number
        failures: { index: number; code: string }[]
      }
      expect([answer.done, answer.failed, answer.failures.length]).toEqual([2750, 2750, 1000])
      answer.failures.forEach(({ index, code }, i) => {
        expect([index, code]).toEqual([2 * i + 1, i % 2 === 0 ? 'VALIDATION' : 'BAD_JSON'])
      })
    })

    it('tells how many rows were done when it ends half-way', async () => {
      async function* broken() {
        for (let i = 0; i < 2500; i++) yield Buffer.from(`${user(`u${i}`)}\n`)
        throw new GatewayError('BAD_REQUEST', 'The body ended before its announced length.')
      }
      expect(await send(broken())).toMatchObject({ status: 400, code: 'BAD_REQUEST', done: 2000 })
      const limited = { scopes: ['models', 'write'], models: ['user'], rate: { perSecond: 0.001, burst: 35 } } as const
      const { key } = await gateway.keys.create('limited', limited)
      const lines = Array.from({ length: 2500 }, (_, i) => user(`v${i}`))
      expect(await send(lines, '', key)).toMatchObject({ status: 429, code: 'RATE_LIMITED', done: 1000 })
    })
  })

  describe('rights', () => {
    it('are by model and by read and write', async () => {
      const { key } = await gateway.keys.create('app', { scopes: ['models', 'read'], models: ['user'] })
      const as = (method: string, path: string, body?: unknown) =>
        go(method, path, { token: key, body }).then(({ status }) => status)
      expect((await go('GET', '', { token: key })).json).toEqual({ models: ['user'] })
      expect([await as('GET', '/user/ada'), await as('GET', '/secret/1'), await as('POST', '/user', ada)]).toEqual([
        404, 403, 403,
      ])
      expect((await go('GET', '/nope')).status).toBe(404)
      const plain = await gateway.keys.create('no models', { scopes: ['read', 'write'], keys: ['*'] })
      expect((await go('GET', '/user/ada', { token: plain.key })).status).toBe(403)
    })
  })

  describe('the schema', () => {
    it('is told', async () => {
      const answer = await go('GET', '/user/schema')
      expect(answer.headers['content-type']).toBe('application/schema+json')
      expect(answer.json).toMatchObject({
        title: 'user',
        properties: { age: { type: 'integer', minimum: 0 }, status: { enum: ['minor', 'adult'] } },
        $defs: { insert: { required: ['id', 'email', 'age'] } },
      })
    })
  })
})
