// Calls that types would have refused, and server values taken for JavaScript values: an error at once that says what to write.
import { and, cond, index, model, open, t, unique, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  text: t.string().default(''),
  on: t.boolean().default(false),
  doc: t.json<Record<string, unknown>>().default({}),
  list: t.list(t.string()),
  set: t.set(t.string()),
  map: t.map(t.int()),
  places: t.geo(),
  log: t.stream({ k: t.string() }),
})
const fixture = useRedis()
/** Whatever: these calls are wrong on purpose. */
type Wrong = ReturnType<typeof JSON.parse>
const database = () => open(fixture.redis, { Item })
const run = (body: (p: Wrong) => unknown) => () => database().Item.atomic('1', body as never)

describe('a server value', () => {
  const ON_THE_SERVER = /only on the server/
  it.each<[string, (p: Wrong) => unknown]>([
    ['arithmetic', (p) => p.n + 1],
    ['comparison', (p) => p.n > 3],
    ['loose equality', new Function('p', 'return p.n == 3') as (p: Wrong) => unknown],
    ['a template', (p) => `${p.text}`],
    ['a template of a collection', (p) => `${p.list}`],
    ['a template of the row', (p) => `${p}`],
    ['String()', (p) => String(p.text)],
    ['Number()', (p) => Number(p.n)],
    ['Math.max', (p) => Math.max(p.n, 1)],
    ['a key', (p) => ({ [p.text]: 1 })],
    ['JSON', (p) => JSON.stringify({ n: p.n })],
    ['JSON of a collection', (p) => JSON.stringify([p.list])],
    ['JSON of the row', (p) => JSON.stringify(p)],
    ['a spread list', (p) => [...p.text]],
    ['a spread collection', (p) => [...p.list]],
    ['a spread row', (p) => ({ ...p })],
    ['a spread value', (p) => ({ ...p.n })],
    ['a spread collection handle', (p) => ({ ...p.list })],
    [
      'a loop of JavaScript',
      (p) => {
        for (const item of p.set) p.n.add(item)
      },
    ],
    ['a position', (p) => p.list[0]],
    ['a position in a map', (p) => p.map[3]],
    ['the row itself', (p) => p],
    ['the row, nested', (p) => ({ deep: [p] })],
  ])('throws when it is taken for a JavaScript value: %s', (_, body) => {
    expect(run(body)).toThrow(ON_THE_SERVER)
  })

  it.each<[string, (p: Wrong) => unknown, RegExp]>([
    ['in a Map', (p) => new Map([['a', p.n]]), /arrays or in plain objects/],
    ['in a class', (p) => Object.assign(new Date(0), { n: p.n }), /arrays or in plain objects/],
    ['a method that was not called', (p) => p.list.length, /was a call forgotten/],
    ['a collection', (p) => p.list, /items\(\)/],
    [
      'assigned to',
      (p) => {
        p.n = 3
      },
      /n\.set/,
    ],
    ['awaited', async (p) => p.n.add(1), /cannot be async/],
    ['as a promise', (p) => Promise.resolve(p.n), /cannot be async/],
    [
      'in an async block',
      (p) => {
        when(p.on, async () => p.n.add(1))
      },
      /cannot be async/,
    ],
    [
      'in an async loop',
      (p) => {
        p.list.each(async () => p.n.add(1))
      },
      /cannot be async/,
    ],
    [
      'as a condition that is none',
      (p) => {
        when(p.n, () => p.n.add(1))
      },
      /needs a condition/,
    ],
    [
      'true as a condition',
      (p) => {
        when(true as never, () => p.n.add(1))
      },
      /needs a condition/,
    ],
    ['and() of nothing', () => and(), /at least one/],
    ['cond() of literals', (p) => cond(p.on, 1 as never, 2 as never), /server values/],
    ['of another type', (p) => p.n.add(p.text), /cannot be used where/],
    ['a list as an operand', (p) => p.text.eq(p.list.items()), /cannot be used where/],
    ['a collection as an operand', (p) => p.text.eq(p.list), /cannot be an operand/],
    ['undefined as an operand', (p) => p.n.eq(undefined), /isNull/],
    ['unset where it is required', (p) => p.n.unset(), /not optional/],
    ['the id, set', (p) => p.id.set('x'), /needs a field|cannot change/],
    ['changed under its own loop', (p) => p.list.each(() => p.list.push('x')), /looped over/],
    ['nothing to push', (p) => p.list.push(), /Nothing was given/],
    ['undefined put into a document', (p) => p.doc.at('a').put(undefined), /remove\(\)/],
    ['a bad path', (p) => p.doc.at('a..b['), /path is written/],
  ])('is refused: %s', (_, body, message) => {
    expect(run(body)).toThrow(message)
  })

  it('cannot leave its callback', async () => {
    const { Item: store } = database()
    await store.create({ id: '1' })
    let leaked: Wrong
    await store.atomic('1', (p) => {
      leaked = p
    })
    for (const use of [
      () => leaked.n.add(1),
      () => leaked.list.push('x'),
      () => leaked.n.eq(1),
      () => leaked.list.length(),
    ])
      expect(use).toThrow(/after its callback/)
    expect(run((p) => p.n.add(leaked.n))).toThrow(/outside the callback/)
    expect(() => when(leaked.on, () => undefined)).toThrow(/inside the callback/)
    await expect((async () => leaked.n.eq(1))()).rejects.toThrow(/after its callback/)
  })
})

describe('a handle of at()', () => {
  it('has to be asked: awaiting, printing or spreading it tells how', async () => {
    const { Item: store } = database()
    await store.create({ id: '1', n: 4 })
    const handle = store.at('1').n as Wrong
    await expect((async () => await handle)()).rejects.toThrow(/n\.get\(\)/)
    for (const use of [() => `${handle}`, () => JSON.stringify(handle), () => handle + 1, () => [...handle]])
      expect(use).toThrow(/n\.get\(\)/)
    expect(await handle.get()).toBe(4)
    await expect(handle.frobnicate(1)).rejects.toThrow(/not an operation/)
    expect(typeof (await (store.at('1') as Wrong))).toBe('object')
  })
})

describe('names', () => {
  const WORDS =
    'and break do else elseif end false for function if in local nil not or repeat return true until while'.split(' ')
  const OTHERS = ['all', 'key', 'set', 'old', 'queue', 'KEYS', 'call', 'redis', 'r', 'f', 'v', 'ch', 'note', 'purge']

  it('may be words of Lua or of scripts', async () => {
    const fields = Object.fromEntries([
      ...WORDS.map((word) => [word, t.int().default(1).index()]),
      ...OTHERS.map((word) => [word, t.string().optional().nullable()]),
      ['goto', t.list(t.string())],
    ]) as Record<string, ReturnType<typeof t.int>>
    const Odd = model('odd', { id: t.string(), ...fields }, (m: Wrong) => ({
      indexes: [index(m.end, m.repeat.desc()), unique(m.until, m.set)],
      ttl: 'row',
      refreshTtl: 'write',
      feed: true,
    }))
    const { Odd: store } = open(fixture.redis, { Odd }, { sweepEvery: 0 }) as Wrong
    await store.create({ id: '1' }, { ttl: '1h' })
    await store.upsert({ id: '1', end: 2, set: 'x' })
    await store.update('1', { repeat: 3, all: null })
    await store.atomic('1', (p: Wrong) => {
      for (const word of WORDS) p[word].add(1)
      for (const word of OTHERS) p[word].set('y')
      p.goto.push('z')
    })
    for (const word of WORDS)
      expect(await store.at('1')[word].add(1)).toBe(word === 'end' ? 4 : word === 'repeat' ? 5 : 3)
    expect(await store.find((p: Wrong) => and(p.end.gt(3), p.repeat.lt(9))).ids()).toEqual(['1'])
    expect(await store.find({ where: (p: Wrong) => p.all.eq('y'), allowScan: true }).count()).toBe(1)
    expect((await store.verify()).problems).toEqual([])
    await store.replace({ id: '1' })
    expect(await store.delete('1')).toBe(true)
  })

  it('of JavaScript objects are data as keys, and refused as fields', async () => {
    const { Item: store } = database()
    const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const map = JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"hasOwnProperty":4}')
    await store.create({ id: '__proto__', map, doc: map, list: odd })
    const at = store.at('__proto__')
    expect(Object.entries(await at.map.entries()).sort()).toEqual(Object.entries(map).sort())
    for (const [key, value] of Object.entries(map)) {
      expect(await at.map.get(key)).toBe(value)
      expect(await at.doc.path(key).get()).toBe(value)
      expect(await at.map.increase(key, 1)).toBe((value as number) + 1)
    }
    expect(await at.map.has('valueOf')).toBe(false)
    expect(await at.doc.path('valueOf').get()).toBeNull()
    expect(await store.extract('__proto__', ['map.__proto__', 'doc.constructor', 'doc.valueOf'])).toEqual([2, 2, null])
    expect(Object.getPrototypeOf((await store.get('__proto__'))!.doc)).toBe(Object.prototype)
    expect(await store.atomic('__proto__', () => JSON.parse('{"__proto__":{"a":1}}'))).toEqual(
      JSON.parse('{"__proto__":{"a":1}}'),
    )
    await expect(store.create(JSON.parse('{"id":"x","__proto__":{"n":1}}'))).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(store.update('__proto__', JSON.parse('{"constructor":1}'))).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    expect(() => store.find(JSON.parse('{"__proto__":{"n":1}}'))).toThrow(/not a field/)
    for (const name of [...odd, 'save', 'atomic', 'then', 'toJSON', 'a b', '1a', ''])
      expect(() => model('x', { id: t.string(), [name]: t.int() })).toThrow(/field name|cannot be named/)
    expect(() => t.stream({ ['__proto__']: t.string() })).toThrow(/cannot be named/)
    const program = store.program(
      { constructor: t.int().optional(), toString: t.int() } as Wrong,
      ((p: Wrong, q: Wrong) => p.n.plus(q.toString)) as never,
    ) as Wrong
    expect(await program('__proto__', { toString: 3 })).toBe(3)
    await expect(program('__proto__', {})).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('collections of the wrong shape', () => {
  const Shape = model('shape', {
    id: t.string(),
    ranks: t.sortedSet(t.string()),
    places: t.geo(),
    log: t.stream({ n: t.int() }),
  })
  // As JSON readers make them: without a prototype, so not even text can be made of it.
  const nothing: Wrong = Object.create(null)
  it.each<[string, Wrong, (string | number)[]]>([
    ['a score that is none', { ranks: { a: nothing } }, ['ranks', 0]],
    ['a pair that is none', { ranks: [null] }, ['ranks', 0]],
    ['a pair without a score', { ranks: [['a']] }, ['ranks', 0]],
    ['a place of objects', { places: { a: [nothing, nothing] } }, ['places', 'a']],
    ['a place of text', { places: { a: ['1', '2'] } }, ['places', 'a']],
    ['a place that is none', { places: { a: null } }, ['places', 'a']],
    ['the id of an entry', { log: [[nothing, { n: 1 }]] }, ['log', 0]],
    ['an entry that is none', { log: [['1-0', null]] }, ['log', 0]],
  ])('are told with their path: %s', async (_, data, path) => {
    const db = open(fixture.redis, { Shape })
    await expect(db.Shape.create({ id: '1', ...data })).rejects.toMatchObject({
      code: 'VALIDATION',
      issues: [expect.objectContaining({ path })],
    })
  })

  it('are told in filters', () => {
    const find = (where: Wrong) => () => database().Item.find({ where, allowScan: true }).ids()
    expect(find({ n: { between: 1 } })).toThrow('between of n takes [low, high]')
    expect(find({ n: { between: [1, 2, 3] } })).toThrow('between of n takes [low, high]')
    expect(find({ list: { isNull: true } })).toThrow('isNull is not an operator of list')
  })
})
