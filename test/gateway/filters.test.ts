// Filters in URLs: every operator on every kind, values that need quotes, and what is malformed.
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { ask, ROOT } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  f: t.float().default(0).index(),
  big: t.bigint().default(0n).index(),
  name: t.string().default('').index(),
  on: t.date().optional().index(),
  ok: t.boolean().default(false).index(),
  kind: t.enum(['a', 'b']).default('a').index(),
  tags: t.set(t.string()),
  order: t.string().optional(),
})
const ROWS = [
  {
    id: 'a',
    n: 1,
    name: 'x,y',
    f: 1.5,
    big: '9007199254740993',
    ok: true,
    on: '2024-01-01T00:00:00Z',
    tags: ['p', 'q'],
    order: 'first',
  },
  { id: 'b', n: 2, name: 'a.b(c)', f: -0.5, big: '-1', on: '2024-06-01T00:00:00Z', kind: 'b', tags: ['q'] },
  { id: 'c', n: 3, name: '"quoted"', kind: 'b' },
  { id: 'd', n: 4, name: 'ä€ %+&=' },
]

describe.each(BACKENDS)('over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  const bugs: unknown[] = []
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({
      redis: server.redis,
      rootKey: ROOT,
      models: { Item },
      onBug: (error) => bugs.push(error),
    })
    await ask(gateway, 'POST', '/v1/models/item/bulk', { body: ROWS })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })
  const find = async (query: string): Promise<unknown> => {
    const { status, json } = await ask(gateway, 'GET', `/v1/models/item?${query}`)
    return status === 200 ? (json as { rows: { id: string }[] }).rows.map(({ id }) => id).join('') : status
  }

  it.each([
    ['n=eq.1', 'a'],
    ['n=neq.1&order=n', 'bcd'],
    ['n=gt.1&n=lt.4&order=n', 'bc'],
    ['n=gte.3&order=n.desc', 'dc'],
    ['n=in.(1,3)&order=n', 'ac'],
    ['n=not.in.(1,3)&order=n', 'bd'],
    ['n=in.()', ''],
    ['name=not.in.()&order=n', 'abcd'],
    ['n=not.not.eq.1', 'a'],
    ['n=eq.1&n=eq.2', ''],
    ['n=eq.99999999999999999999', ''],
    ['n=eq.1.5', ''],
    ['f=eq.-0.5', 'b'],
    ['f=gte.1e0', 'a'],
    ['big=eq.9007199254740993', 'a'],
    ['big=eq.9007199254740992', ''],
    ['ok=is.true', 'a'],
    ['ok=eq.false&order=n', 'bcd'],
    ['on=gte.2024-03-01', 'b'],
    ['on=is.null&order=n', 'cd'],
    ['on=not.is.null&order=n', 'ab'],
    ['kind=eq.b&order=n', 'bc'],
    ['tags=has.q&order=n', 'ab'],
    ['name=eq.x,y', 'a'],
    ['name=eq."quoted"', 'c'],
    ['name=eq.%C3%A4%E2%82%AC%20%25%2B%26%3D', 'd'],
    ['name=eq.%C3%A4%E2%82%AC+%25%2B%26%3D', 'd'],
    ['name=eq.', ''],
    ['name=in.("x,y",a.b(c))&order=n', 'ab'],
    ['name=startsWith.a.b', 'b'],
    ['name=contains.x', 'a'],
    ['name=endsWith.y', 'a'],
    ['id=eq.a', 'a'],
    ['id=in.(a,b)&order=id', 'ab'],
    ['or=(n.eq.1,n.eq.3)&order=n', 'ac'],
    ['or=(n.eq.1,and(n.gt.2,name.eq."\\"quoted\\""))&order=n', 'ac'],
    ['not.or=(n.eq.1,n.eq.3)&order=n', 'bd'],
    ['and=(n.gt.1,or(name.eq."x,y",kind.eq.b))&order=n', 'bc'],
    // A field whose name is a parameter's.
    ['and=(order.eq.first)', 'a'],
  ])('%s', async (query, expected) => {
    expect(await find(`${query}&allowScan`)).toBe(expected)
  })

  it.each([
    'n=eq',
    'n=',
    'n',
    'n=EQ.1',
    'N=eq.1',
    'none=eq.1',
    '__proto__=eq.1',
    'n=__proto__.1',
    'n=constructor.1',
    'n=between.(1,3)',
    'tags=eq.q',
    'id=a',
    'or=()',
    'or=n.eq.1',
    'or=(n.eq.1',
    'or=(n)',
    `or=${'('.repeat(9000)}`,
    `or=${'(or'.repeat(20)}(n.eq.1)${')'.repeat(20)}`,
    `n=${'not.'.repeat(9000)}eq.1`,
    'order=n.up',
    'order=n.asc.last',
    'order=',
    'order=none',
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=',
    'after=garbage',
    'before=garbage',
    'select=',
    'select=none',
    'count=maybe',
    '%zz=1',
  ])('%.40s is refused', async (query) => {
    expect(await find(`${query}&allowScan`)).toBe(400)
    expect(bugs).toEqual([])
  })

  it('on wrong values are refused by the model', async () => {
    expect([await find('n=eq.x'), await find('n=eq.NaN'), await find('n=eq.'), await find('on=eq.soon')]).toEqual([
      422, 422, 422, 422,
    ])
    // Without an index, and without being allowed to.
    expect([await find('name=contains.x'), await find('tags=has.q')]).toEqual([422, 422])
  })

  it.each([
    { n: { between: null } },
    { n: { between: 1 } },
    { n: { between: [1] } },
    { n: { between: [1, 2, 3] } },
    { tags: { isNull: true } },
    { tags: 'q' },
    { tags: {} },
    { n: { nope: 1 } },
    { none: 1 },
    { AND: {} },
    { NOT: [] },
  ])('in a body that are wrong are refused: %j', async (where) => {
    const { status } = await ask(gateway, 'POST', '/v1/models/item/query', { body: { where, allowScan: true } })
    expect([400, 422]).toContain(status)
    expect(bugs).toEqual([])
  })

  it('in a body take yes and no as what they are, or nothing', async () => {
    for (const isNull of ['true', 'false', 1, 0, null]) {
      const where = { order: { isNull } }
      const body = { where, allowScan: true }
      expect((await ask(gateway, 'POST', '/v1/models/item/delete-where', { body })).status).toBe(400)
      const program = { steps: [{ when: where, do: [['n', 'set', 9]] }] }
      expect((await ask(gateway, 'POST', '/v1/models/item/a/atomic', { body: program })).status).toBe(400)
    }
    expect(await find('order=n')).toBe('abcd')
  })

  it('in a body have the same cursors', async () => {
    const query = (body: unknown) =>
      ask(gateway, 'POST', '/v1/models/item/query', { body }).then(({ status }) => status)
    expect([
      await query({ after: '' }),
      await query({ after: 5 }),
      await query({ before: 'garbage', orderBy: { n: 'asc' } }),
    ]).toEqual([400, 400, 400])
  })
})
