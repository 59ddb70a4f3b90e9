// The resource routes over a real server and the embedded engine: every one of them, missing keys, odd keys, preconditions, bytes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT, type Sent } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.call('FLUSHALL')
  })

  const go = (method: string, path: string, sent?: Sent) => ask(gateway, method, `/v1/redis/${path}`, sent)
  const get = async (path: string) => (await go('GET', path)).json
  const post = async (path: string, body?: unknown) => (await go('POST', path, { body })).json
  const status = async (method: string, path: string, sent?: Sent) => (await go(method, path, sent)).status

  describe('strings', () => {
    it('are written, read with time to live, changed and deleted', async () => {
      expect(await status('PUT', 'strings/k', { body: { value: 'hello', ttl: 60_000 } })).toBe(204)
      const read = await go('GET', 'strings/k')
      expect(read.json).toEqual({ value: 'hello', ttl: expect.any(Number) })
      expect(Number(read.headers['ochre-ttl'])).toBeGreaterThan(50_000)
      expect(await go('PATCH', 'strings/k', { body: { append: ' you' } })).toMatchObject({ json: { length: 9 } })
      expect(await go('PATCH', 'strings/k', { body: { offset: 0, value: 'J' } })).toMatchObject({ json: { length: 9 } })
      expect(await get('strings/k')).toMatchObject({ value: 'Jello you' })
      expect(await status('PUT', 'strings/k?keepTtl=true', { body: 'raw' })).toBe(204)
      expect(Number(await server.call('PTTL', 'k'))).toBeGreaterThan(0)
      expect(await status('DELETE', 'strings/k')).toBe(204)
      expect(await status('DELETE', 'strings/k')).toBe(404)
      expect(await status('GET', 'strings/k')).toBe(404)
    })

    it('have a time to live that may also come as the header of answers, where there is one', async () => {
      const headers = { 'ochre-ttl': '60000' }
      for (const [path, body] of [
        ['strings/k', 'raw'],
        ['strings/k', { value: 'v' }],
        ['hashes/h', { fields: { a: '1' } }],
      ] as const) {
        expect([path, await status('PUT', path, { body, headers })]).toEqual([path, 204])
        expect(Number((await go('GET', path)).headers['ochre-ttl'])).toBeGreaterThan(50_000)
      }
      for (const ttl of ['0', '-1', '1.5', 'x', '1e3', ''])
        expect([ttl, await status('PUT', 'strings/n', { body: 'v', headers: { 'ochre-ttl': ttl } })]).toEqual([
          ttl,
          400,
        ])
      expect(await status('POST', 'lists/n', { body: { values: ['v'] }, headers })).toBe(400)
      expect(await status('PATCH', 'strings/n', { body: { append: 'v' }, headers })).toBe(400)
      expect(await server.call('EXISTS', 'n')).toBe(0)
    })

    it('are bytes both ways, whole and in ranges', async () => {
      const value = Buffer.from([0, 255, 10, 13, 128, 65])
      expect(await status('PUT', 'strings/b', { body: value, headers: { 'content-type': 'image/png' } })).toBe(204)
      const accept = 'application/octet-stream'
      const whole = await go('GET', 'strings/b', { headers: { accept } })
      expect([whole.bytes, whole.headers['content-type']]).toEqual([value, accept])
      expect((await go('GET', 'strings/b?encoding=base64')).json).toEqual({
        value: value.toString('base64'),
        ttl: null,
      })
      const part = await go('GET', 'strings/b', { headers: { accept, range: 'bytes=1-3' } })
      expect([part.status, part.bytes, part.headers['content-range']]).toEqual([
        206,
        value.subarray(1, 4),
        'bytes 1-3/6',
      ])
      const end = await go('GET', 'strings/b', { headers: { accept, range: 'bytes=-2' } })
      expect([end.bytes, end.headers['content-range']]).toEqual([value.subarray(4), 'bytes 4-5/6'])
      expect(await status('GET', 'strings/b', { headers: { accept, range: 'bytes=6-' } })).toBe(416)
      expect(await status('GET', 'strings/none', { headers: { accept, range: 'bytes=0-' } })).toBe(404)
    })

    it('have any key', async () => {
      for (const key of ['a/b', '.', '..', 'a b', '\0', '?#%', 'ä€😀', 'k'.repeat(10_240), '~', '__proto__']) {
        const path = `strings?key=${encodeURIComponent(key)}`
        expect(await status('PUT', path, { body: { value: 'v' } })).toBe(204)
        expect(await server.call('EXISTS', key)).toBe(1)
        const inPath = key === '~' ? '%7E' : encodeURIComponent(key)
        expect(await get(`strings/${inPath}`)).toMatchObject({ value: 'v' })
      }
      expect(await status('PUT', 'strings/%ff%00', { body: 'v' })).toBe(204)
      expect(await server.call('EXISTS', Buffer.from([0xff, 0]))).toBe(1)
    })

    it('keep preconditions', async () => {
      const create = { 'if-none-match': '*' }
      expect(await status('PUT', 'strings/k', { body: 'one', headers: create })).toBe(204)
      expect(await status('PUT', 'strings/k', { body: 'two', headers: create })).toBe(412)
      expect(await status('PUT', 'strings/none', { body: 'x', headers: { 'if-match': '*' } })).toBe(412)
      const { etag } = (await go('GET', 'strings/k')).headers
      expect(await status('GET', 'strings/k', { headers: { 'if-none-match': etag! } })).toBe(304)
      expect(await status('PUT', 'strings/k', { body: 'two', headers: { 'if-match': etag! } })).toBe(204)
      expect(await status('PUT', 'strings/k', { body: 'three', headers: { 'if-match': etag! } })).toBe(412)
      expect(await status('DELETE', 'strings/k', { headers: { 'if-match': etag! } })).toBe(412)
      expect(await get('strings/k')).toMatchObject({ value: 'two' })
      const put = await go('PUT', 'strings/k', { body: 'four' })
      expect(await status('DELETE', 'strings/k', { headers: { 'if-match': put.headers.etag! } })).toBe(204)
    })

    it('count exactly', async () => {
      await server.call('SET', 'n', '9223372036854775800')
      expect((await go('POST', 'strings/n/increment', { body: { by: 7 } })).text).toBe('{"value":9223372036854775807}')
      expect(await status('POST', 'strings/n/increment')).toBe(400)
      expect(await post('strings/f/increment', { by: 1.5 })).toEqual({ value: 1.5 })
    })

    it('do not touch keys of another type', async () => {
      await server.call('LPUSH', 'l', 'x')
      expect(await status('DELETE', 'strings/l')).toBe(400)
      expect(await status('GET', 'strings/l')).toBe(400)
      expect(await server.call('EXISTS', 'l')).toBe(1)
    })
  })

  describe('hashes', () => {
    it('are replaced, merged, read whole, in part and by page', async () => {
      expect(await status('PUT', 'hashes/h', { body: { fields: { a: 1, b: 'two', c: '' }, ttl: 60_000 } })).toBe(204)
      expect(await get('hashes/h')).toEqual({ fields: { a: '1', b: 'two', c: '' }, ttl: expect.any(Number) })
      expect(await get('hashes/h?field=a&field=none')).toEqual({ fields: { a: '1', none: null } })
      const merged = await go('PATCH', 'hashes/h', { body: { fields: { d: 'new', a: 'x', b: null } } })
      expect(merged.json).toEqual({ added: 1, removed: 1 })
      expect(await get('hashes/h?cursor=0&match=*')).toEqual({ fields: { a: 'x', c: '', d: 'new' }, cursor: '0' })
      expect(await status('DELETE', 'hashes/h')).toBe(204)
      expect(await status('GET', 'hashes/h')).toBe(404)
      expect(await status('GET', 'hashes/h?field=a')).toBe(404)
      expect(await status('PUT', 'hashes/h', { body: { fields: {} } })).toBe(400)
    })

    it('have fields of any name, as text and as bytes', async () => {
      expect(await status('PUT', 'hashes/h/fields/__proto__', { body: { value: 'p' } })).toBe(201)
      expect(await status('PUT', 'hashes/h/fields/__proto__', { body: { value: 'q' } })).toBe(204)
      expect((await go('GET', 'hashes/h')).text).toBe('{"fields":{"__proto__":"q"},"ttl":null}')
      await go('PUT', 'hashes/h/fields/%ff', { body: Buffer.from([1, 255]) })
      expect(await get('hashes/h?encoding=base64')).toMatchObject({ fields: { '/w==': 'Af8=' } })
      const bytes = await go('GET', 'hashes/h/fields/%ff', { headers: { accept: 'application/octet-stream' } })
      expect(bytes.bytes).toEqual(Buffer.from([1, 255]))
      await go('PUT', 'hashes/~/fields/~?key=..&field=a/b', { body: { value: 'v' } })
      expect(await server.call('HGET', '..', 'a/b')).toBe('v')
      expect(await status('PUT', 'hashes/h/fields/x', { body: 'v', headers: { 'if-none-match': '*' } })).toBe(201)
      expect(await status('PUT', 'hashes/h/fields/x', { body: 'w', headers: { 'if-none-match': '*' } })).toBe(412)
      expect(await post('hashes/h/fields/n/increment', { by: 2 })).toEqual({ value: 2 })
      expect(await post('hashes/h/fields/n/increment', { by: 0.5 })).toEqual({ value: 2.5 })
      expect(await status('DELETE', 'hashes/h/fields/n')).toBe(204)
      expect(await status('DELETE', 'hashes/h/fields/n')).toBe(404)
      expect(await status('GET', 'hashes/h/fields/n')).toBe(404)
    })

    it('keep preconditions', async () => {
      await server.call('HSET', 'h', 'b', '1', 'a', '2')
      const { etag } = (await go('GET', 'hashes/h')).headers
      expect(await status('GET', 'hashes/h', { headers: { 'if-none-match': etag! } })).toBe(304)
      const body = { fields: { a: '3', z: '4' } }
      expect(await status('PUT', 'hashes/h', { body, headers: { 'if-match': etag! } })).toBe(204)
      expect(await status('PUT', 'hashes/h', { body, headers: { 'if-match': etag! } })).toBe(412)
      expect(await get('hashes/h')).toEqual({ fields: { a: '3', z: '4' }, ttl: null })
    })
  })

  describe('lists', () => {
    it('grow, shrink and change', async () => {
      expect(await post('lists/l', { items: ['b', 'c'] })).toEqual({ length: 2 })
      expect(await post('lists/l', { items: ['a'], side: 'left' })).toEqual({ length: 3 })
      expect(await post('lists/none', { items: ['a'], onlyIfExists: true })).toEqual({ length: 0 })
      expect(await get('lists/l')).toEqual({ items: ['a', 'b', 'c'], length: 3, ttl: null })
      expect(await get('lists/l?start=-2')).toEqual({ items: ['b', 'c'], length: 3, ttl: null })
      expect(await get('lists/l/items/-1')).toEqual({ value: 'c' })
      expect(await status('GET', 'lists/l/items/9')).toBe(404)
      expect(await status('PUT', 'lists/l/items/0', { body: { value: 'A' } })).toBe(204)
      expect(await post('lists/l/insert', { value: 'x', before: 'c' })).toEqual({ length: 4 })
      expect(await status('POST', 'lists/l/insert', { body: { value: 'x', after: 'none' } })).toBe(404)
      expect(await post('lists/l/remove', { value: 'x' })).toEqual({ removed: 1 })
      expect(await post('lists/l/move', { to: 'm', from: 'left', into: 'left' })).toEqual({ value: 'A' })
      expect(await status('POST', 'lists/l/trim', { body: { start: 0, stop: 0 } })).toBe(204)
      expect(await post('lists/l/pop', { count: 5 })).toEqual({ items: ['b'] })
      expect(await status('POST', 'lists/l/pop')).toBe(404)
      expect(await status('GET', 'lists/l')).toBe(404)
      expect(await status('DELETE', 'lists/m')).toBe(204)
    })
  })

  describe('sets', () => {
    it('hold members', async () => {
      expect(await post('sets/s', { members: ['a', 'b', 'a'] })).toEqual({ added: 2 })
      expect(await get('sets/s')).toEqual({ members: expect.arrayContaining(['a', 'b']), ttl: null })
      expect(await get('sets/s?match=a*')).toEqual({ members: ['a'], cursor: '0' })
      expect(await status('GET', 'sets/s/members/a')).toBe(204)
      expect(await status('GET', 'sets/s/members/x')).toBe(404)
      expect([await status('PUT', 'sets/s/members/c'), await status('PUT', 'sets/s/members/c')]).toEqual([201, 204])
      expect(await get('sets/s/count')).toEqual({ count: 3 })
      expect(await get('sets/s/random?count=3')).toMatchObject({ members: expect.arrayContaining(['a', 'b', 'c']) })
      expect(await status('POST', 'sets/s/move', { body: { to: 't', member: 'c' } })).toBe(204)
      expect(await post('sets/s/remove', { members: ['b', 'x'] })).toEqual({ removed: 1 })
      expect(await status('DELETE', 'sets/s/members/b')).toBe(404)
      expect(await post('sets/union', { keys: ['s', 't'] })).toEqual({ members: expect.arrayContaining(['a', 'c']) })
      expect(await post('sets/intersection', { keys: ['s', 't'] })).toEqual({ members: [] })
      expect(await post('sets/difference', { keys: ['s', 't'], store: 'd' })).toEqual({ count: 1 })
      expect(await post('sets/s/pop')).toEqual({ members: ['a'] })
      expect(await status('GET', 'sets/s')).toBe(404)
      expect(await status('DELETE', 'sets/t')).toBe(204)
    })
  })

  describe('sorted sets', () => {
    it('hold members with scores', async () => {
      const members = [
        { member: 'a', score: 1 },
        { member: 'b', score: 2.5 },
        { member: 'c', score: 'inf' },
      ]
      expect(await post('sorted-sets/z', { members })).toEqual({ added: 3 })
      expect(await get('sorted-sets/z')).toEqual({ members, count: 3, ttl: null })
      expect(await get('sorted-sets/z?reverse&stop=0')).toMatchObject({ members: [members[2]] })
      expect(await get('sorted-sets/z?by=score&start=(1&stop=10')).toMatchObject({ members: [members[1]] })
      expect(await get('sorted-sets/z?by=score&reverse&limit=1&offset=1')).toMatchObject({ members: [members[1]] })
      expect(await get('sorted-sets/z?match=a')).toEqual({ members: [members[0]], cursor: '0' })
      expect(await get('sorted-sets/z/members/b')).toEqual({ score: 2.5, rank: 1, reverseRank: 1 })
      expect(await status('GET', 'sorted-sets/z/members/x')).toBe(404)
      expect(
        await post('sorted-sets/z', { members: [{ member: 'a', score: 0 }], when: 'greater', count: 'changed' }),
      ).toEqual({
        changed: 0,
      })
      expect(await status('PUT', 'sorted-sets/z/members/d', { body: { score: 4 } })).toBe(201)
      expect(await post('sorted-sets/z/members/d/increment', { by: 0.5 })).toEqual({ score: 4.5 })
      expect(await get('sorted-sets/z/count?min=2&max=5')).toEqual({ count: 2 })
      expect(await post('sorted-sets/z/pop', { from: 'highest' })).toEqual({ members: [members[2]] })
      expect(await post('sorted-sets/z/remove', { by: 'score', start: 2, stop: 3 })).toEqual({ removed: 1 })
      expect(await post('sorted-sets/z/remove', { members: ['a'] })).toEqual({ removed: 1 })
      await server.call('ZADD', 'n', '0', 'x', '0', 'y', '0', 'z')
      expect(await get('sorted-sets/n/names?start=(x&limit=1')).toEqual({ members: ['y'] })
      expect(await status('DELETE', 'sorted-sets/n')).toBe(204)
      expect(await status('GET', 'sorted-sets/n')).toBe(404)
    })
  })

  describe('streams', () => {
    it('hold entries and groups', async () => {
      const add = async (fields: object, id?: string) =>
        (await post('streams/s', id === undefined ? { fields } : { fields, id })) as { id: string }
      expect(await add({ a: 1 }, '1-1')).toEqual({ id: '1-1' })
      await server.call('XADD', 's', '1-2', 'x', '1', 'x', '2')
      expect(await get('streams/s')).toEqual({
        entries: [
          { id: '1-1', fields: { a: '1' } },
          { id: '1-2', fields: { x: ['1', '2'] } },
        ],
        length: 2,
      })
      expect(await get('streams/s?reverse&count=1')).toMatchObject({ entries: [{ id: '1-2' }] })
      expect(await get('streams/s/entries/1-1')).toEqual({ id: '1-1', fields: { a: '1' } })
      expect(await status('PUT', 'streams/s/groups/g', { body: { from: '0' } })).toBe(201)
      expect(await status('PUT', 'streams/s/groups/g')).toBe(409)
      expect(await post('streams/s/groups/g/read', { consumer: 'w' })).toMatchObject({
        entries: [{ id: '1-1' }, { id: '1-2' }],
      })
      expect(await post('streams/s/groups/g/read', { consumer: 'w' })).toEqual({ entries: [] })
      expect(await post('streams/s/groups/g/ack', { ids: ['1-1'] })).toEqual({ acknowledged: 1 })
      expect(await get('streams/s/groups/g/pending')).toEqual({
        pending: [{ id: '1-2', consumer: 'w', idleMs: expect.any(Number), deliveries: 1 }],
      })
      expect(await post('streams/s/groups/g/claim', { consumer: 'v' })).toMatchObject({
        entries: [{ id: '1-2' }],
        next: '0-0',
      })
      expect(await get('streams/s/info')).toMatchObject({
        length: 2,
        lastId: '1-2',
        groups: [{ name: 'g', pending: 1 }],
      })
      expect(await post('streams/s/groups/none/read', { consumer: 'w' })).toMatchObject({
        status: 404,
        code: 'NOGROUP',
      })
      expect(await status('DELETE', 'streams/s/groups/g')).toBe(204)
      expect(await status('DELETE', 'streams/s/entries/1-1')).toBe(204)
      expect(await status('GET', 'streams/s/entries/1-1')).toBe(404)
      expect(await post('streams/s/trim', { maxLength: 0, exact: true })).toEqual({ removed: 1 })
      expect(await status('DELETE', 'streams/s')).toBe(204)
      expect(await status('GET', 'streams/s')).toBe(404)
    })

    it('are followed as events that resume by id', async () => {
      await server.call('XADD', 's', '1-1', 'a', '1')
      await server.call('XADD', 's', '1-2', 'a', '2')
      const read = async (count: number, headers: Record<string, string>): Promise<string[]> => {
        const abort = new AbortController()
        const { requestOf } = await import('./ask.ts')
        const answer = await gateway.handle(
          requestOf('GET', '/v1/redis/streams/s/events', { headers, signal: abort.signal }),
        )
        const events: string[] = []
        for await (const chunk of answer.body as AsyncIterable<string>) {
          events.push(...chunk.split('\n\n').filter((event) => event !== ''))
          if (events.length >= count) abort.abort()
        }
        return events
      }
      const first = await read(2, { 'last-event-id': '0' })
      expect(first[0]).toBe('event: entry\nid: 1-1\ndata: {"id":"1-1","fields":{"a":"1"}}')
      const later = read(1, { 'last-event-id': '1-2' })
      await server.call('XADD', 's', '1-3', 'a', '3')
      expect((await later)[0]).toContain('"id":"1-3"')
    })
  })

  describe('geo', () => {
    it('holds places', async () => {
      const members = [
        { member: 'Palermo', longitude: 13.361389, latitude: 38.115556 },
        { member: 'Catania', longitude: 15.087269, latitude: 37.502669 },
      ]
      expect(await post('geo/sicily', { members })).toEqual({ added: 2 })
      expect(await get('geo/sicily/positions?member=Palermo&member=none')).toEqual({
        positions: [{ longitude: expect.closeTo(13.361389, 4), latitude: expect.closeTo(38.115556, 4) }, null],
      })
      expect(await get('geo/sicily/distance?from=Palermo&to=Catania&unit=km')).toEqual({ distance: 166.2742 })
      expect(await status('GET', 'geo/sicily/distance?from=Palermo&to=x')).toBe(404)
      expect(await post('geo/sicily/search', { longitude: 15, latitude: 37, radius: 100, unit: 'km' })).toMatchObject({
        members: [{ member: 'Catania', distance: 56.4413 }],
      })
      expect(await post('geo/sicily/search', { member: 'Palermo', width: 10, height: 10, unit: 'km' })).toMatchObject({
        members: [{ member: 'Palermo', distance: 0 }],
      })
    })
  })

  describe('keys', () => {
    it('are listed, described, renamed, copied, expired and deleted', async () => {
      await server.call('MSET', 'a', '1', 'b', '2', 'c:1', '3')
      await server.call('LPUSH', 'l', 'x')
      const listed = (await get('keys?count=1000')) as { keys: string[]; cursor: string }
      expect([listed.keys.sort(), listed.cursor]).toEqual([['a', 'b', 'c:1', 'l'], '0'])
      expect(await get('keys?count=1000&match=c:*')).toMatchObject({ keys: ['c:1'] })
      expect(await get('keys?count=1000&type=list')).toMatchObject({ keys: ['l'] })
      expect(await get('keys/a')).toEqual({ type: 'string', ttl: null, encoding: 'int' })
      expect(await status('GET', 'keys/none')).toBe(404)
      expect(await status('PUT', 'keys/a/ttl', { body: { ttl: 60_000 } })).toBe(204)
      expect(await get('keys/a/ttl')).toEqual({ ttl: expect.any(Number) })
      expect(await status('DELETE', 'keys/a/ttl')).toBe(204)
      expect(await get('keys/a/ttl')).toEqual({ ttl: null })
      expect(await status('PUT', 'keys/none/ttl', { body: { ttl: 1 } })).toBe(404)
      expect(await status('POST', 'keys/a/rename', { body: { to: 'b' } })).toBe(412)
      expect(await status('POST', 'keys/a/rename', { body: { to: 'b', overwrite: true } })).toBe(204)
      expect(await status('POST', 'keys/none/rename', { body: { to: 'b' } })).toBe(404)
      expect(await status('POST', 'keys/b/copy', { body: { to: 'd' } })).toBe(201)
      expect(await status('POST', 'keys/b/copy', { body: { to: 'd' } })).toBe(412)
      expect(await status('POST', 'keys/none/copy', { body: { to: 'd' } })).toBe(404)
      expect(await get('keys/b/memory')).toEqual({ bytes: expect.any(Number) })
      expect(await post('keys/delete', { keys: ['b', 'd', 'none'] })).toEqual({ deleted: 2 })
      expect(await status('DELETE', 'keys/l')).toBe(204)
      expect(await status('DELETE', 'keys/l')).toBe(404)
    })
  })

  describe('scripts', () => {
    const lua = "return {redis.call('INCRBY', KEYS[1], ARGV[1]), ARGV[1]}"

    it('run by their text', async () => {
      expect(await post('scripts/eval', { script: lua, keys: ['n'], args: [5] })).toEqual({ result: [5, '5'] })
      expect(await post('scripts/eval', { script: 'error("secret")' })).toMatchObject({ status: 400 })
    })

    it('run by a name that an administrator gave them', async () => {
      expect(await status('PUT', 'scripts/add', { body: { script: lua } })).toBe(204)
      expect(await get('scripts')).toEqual({ scripts: [{ name: 'add', readOnly: false }] })
      expect(await post('scripts/add/run', { keys: ['n'], args: [2] })).toEqual({ result: [2, '2'] })
      const made = await ask(gateway, 'POST', '/v1/keys', {
        body: { name: 'app', grant: { scopes: ['read', 'write'], keys: ['n'] } },
      })
      const token = (made.json as { key: string }).key
      expect(await status('POST', 'scripts/add/run', { token, body: { keys: ['n'], args: [1] } })).toBe(200)
      expect(await status('POST', 'scripts/add/run', { token, body: { keys: ['m'], args: [1] } })).toBe(403)
      expect(await status('POST', 'scripts/eval', { token, body: { script: lua, keys: ['n'], args: [1] } })).toBe(403)
      expect(await status('PUT', 'scripts/add', { token, body: { script: 'return 1' } })).toBe(403)
      expect(await status('DELETE', 'scripts/add')).toBe(204)
      expect(await status('POST', 'scripts/add/run')).toBe(404)
    })
  })

  describe('the server', () => {
    it('is described to administrators', async () => {
      expect(await get('server/info?section=server')).toMatchObject({
        sections: { server: { redis_version: '7.0.15' } },
      })
      expect(await get('server/size')).toEqual({ keys: 0 })
      expect(await get('server/clients')).toMatchObject({ clients: expect.any(Array) })
      await server.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
      await server.call('SET', 'secret-key', 'secret-value')
      await server.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
      const slow = await go('GET', 'server/slowlog')
      expect(slow.json).toMatchObject({
        entries: expect.arrayContaining([expect.objectContaining({ command: 'set', arguments: 2 })]),
      })
      expect(slow.text).not.toContain('secret')
      expect(await status('DELETE', 'server/slowlog')).toBe(204)
    })
  })

  describe('the paths of DBX', () => {
    const dbx = async (method: string, path: string, body?: unknown) => {
      const answer = await ask(gateway, method, `/api/v1/redis/${path}`, { body })
      return answer.status === 200 ? (answer.json as { data: unknown }).data : answer.status
    }
    it('answer correctly', async () => {
      expect(await dbx('GET', 'strings/none')).toBe(404)
      expect(await dbx('POST', 'strings/k', { value: '', ttl: 60 })).toEqual({ value: '' })
      expect(await dbx('GET', 'strings/k')).toEqual({ value: '' })
      expect(await dbx('GET', 'strings/k/ttl')).toEqual({ ttl: 60 })
      expect(await dbx('DELETE', 'strings/k')).toEqual({ deleted_count: 1 })
      expect(await dbx('DELETE', 'strings/k')).toEqual({ deleted_count: 0 })
      expect(await dbx('POST', 'strings/n/incr')).toEqual({ value: 1 })
      expect(await dbx('POST', 'strings/n/incrby', { increment: 4 })).toEqual({ value: 5 })
      expect(await dbx('POST', 'strings/n/setnx', { value: 'x' })).toEqual({ value: false })
      expect(await dbx('POST', 'strings/n/cas', { expected_value: '5', new_value: '6' })).toEqual({ value: true })
      await dbx('POST', 'strings/batch/set', { key_values: { a: '1', b: '2' }, ttl: 100 })
      for (const name of ['a', 'b']) expect(Number(await server.call('TTL', name))).toBeGreaterThan(90)
      expect(await dbx('POST', 'strings/batch/set', { key_values: { a: '1', b: '2' } })).toEqual({
        key_values: { a: '1', b: '2' },
      })
      expect(await dbx('POST', 'strings/batch/get', ['a', 'x', 'b'])).toEqual({ key_values: { a: '1', b: '2' } })
      expect(await dbx('POST', 'strings/batch/incr', ['a', 'b'])).toEqual([{ value: 2 }, { value: 3 }])
      expect(await dbx('POST', 'strings/batch/incrby', [['a', 5]])).toEqual([{ value: 7 }])
      expect(await dbx('POST', 'strings/batch/delete', ['a', 'b', 'x'])).toEqual({ deleted_count: 2 })
      expect(await dbx('POST', 'sets/s', { members: ['x', 'y'] })).toEqual({ added_count: 2 })
      expect(await dbx('GET', 'sets/s/members')).toEqual({ members: expect.arrayContaining(['x', 'y']) })
      expect(await dbx('GET', 'sets/s/cardinality')).toEqual({ cardinality: 2 })
      expect(await dbx('GET', 'sets/s/exists?member=x')).toEqual({ exists: true })
      expect(await dbx('POST', 'sets/s/move', { destination: 't', member: 'x' })).toEqual({ moved: true })
      expect(await dbx('POST', 'sets/s/union', ['t'])).toEqual({ members: expect.arrayContaining(['x', 'y']) })
      expect(await dbx('POST', 'sets/batch/add', { key_values: { s: ['p', 'q'] } })).toEqual({ added_count: { s: 2 } })
      expect(await dbx('POST', 'hashes/h', { fields: { a: '1' } })).toEqual({ added_count: 1 })
      expect(await dbx('GET', 'hashes/h/a')).toEqual({ value: '1' })
      expect(await dbx('POST', 'hashes/h/a/incrby', { increment: 2 })).toEqual({ value: 3 })
      expect(await dbx('GET', 'hashes/h')).toEqual({ fields: { a: '3' } })
      expect(await dbx('DELETE', 'hashes/h/a')).toEqual({ deleted_count: 1 })
      expect(await dbx('GET', 'keys?pattern=s*')).toEqual({ keys: ['s'] })
      expect(await dbx('GET', 'keys/s/exists')).toEqual({ exists: true })
      expect(await dbx('DELETE', 'keys/s')).toEqual({ deleted_count: 1 })
      expect(await dbx('POST', 'scripts/eval', { script: 'return ARGV[1]', args: ['a'] })).toEqual({ result: 'a' })
    })
  })
})
