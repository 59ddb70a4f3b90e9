// Programs on a real server: every operation of every field type, control flow, all or nothing.
import { and, cond, fail, keep, model, not, now, open, or, ProgramError, switchOn, t, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Item = model('item', {
  id: t.string(),
  n: t.int().default(0).index(),
  limited: t.int().min(0).max(10).default(5),
  x: t.float().default(0),
  big: t.bigint().default(0n).index(),
  name: t.string().max(12).default('').index(),
  nick: t.string().optional().nullable(),
  raw: t.bytes().default(() => Buffer.alloc(0)),
  on: t.boolean().default(false),
  at: t.date().default(() => new Date(0)),
  kind: t.enum(['a', 'b']).default('a'),
  doc: t.json<{ a: { b: number; list: unknown[] }; t: string }>().optional(),
  list: t.list(t.string()),
  jobs: t.list(t.json<{ id: number; expired: boolean }>()),
  set: t.set(t.string()),
  nums: t.set(t.int()),
  map: t.map(t.int()),
  notes: t.map(t.json()),
  board: t.sortedSet(t.string()),
  places: t.geo(),
  log: t.stream({ kind: t.string(), n: t.int().optional() }),
})

const fixture = useRedis()
const fresh = async (data: Partial<typeof Item.$insert> = {}) => {
  const db = open(fixture.redis, { Item })
  await db.Item.create({ id: '1', ...data })
  return { db, at: db.Item.at('1') }
}

describe('immediate operations', () => {
  it('checks, computes and encodes each value anew when an operation is repeated', async () => {
    const { at, db } = await fresh({ n: 1 })
    expect([await at.n.add(2), await at.n.add(-5), await at.limited.set(3), await at.limited.set(4)]).toEqual([
      3, -2, 3, 4,
    ])
    await expect(at.limited.set(11)).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(at.n.add(1.5)).rejects.toMatchObject({ code: 'VALIDATION' })
    await db.Item.create({ id: '2' })
    expect(await db.Item.at('2').n.add(4)).toBe(4)
    await at.at.set(new Date(5))
    await at.at.set(new Date(6))
    expect(await at.at.get()).toEqual(new Date(6))
    let nested: Promise<unknown> | undefined
    await db.Item.atomic('1', () => {
      nested = at.n.add(1)
      nested.catch(() => undefined)
    })
    await expect(nested).rejects.toThrow('inside the callback of another')
  })

  it('computes with ints, floats and exact 64-bit integers', async () => {
    const { at, db } = await fresh({ n: 7, big: 9007199254740993n })
    expect(await at.n.add(3)).toBe(10)
    expect(await at.n.sub(30)).toBe(-20)
    expect(await at.n.div(3)).toBe(-6)
    expect(await at.n.mod(4)).toBe(-2)
    expect(await at.n.mul(-5)).toBe(10)
    expect(await at.n.pow(3)).toBe(1000)
    expect(await at.n.min(10)).toBe(10)
    expect(await at.n.max(20)).toBe(20)
    expect(await at.n.clamp(1, 5)).toBe(5)
    expect(await at.x.add(0.1)).toBe(0.1)
    expect(await at.x.add(0.2)).toBe(0.1 + 0.2)
    expect(await at.x.div(3)).toBe((0.1 + 0.2) / 3)
    expect(await at.big.add(1n)).toBe(9007199254740994n)
    expect(await at.big.mul(-1000n)).toBe(-9007199254740994000n)
    expect(await at.big.mod(7n)).toBe(-9007199254740994000n % 7n)
    expect((await db.Item.get('1'))!.n).toBe(5)
  })

  it('refuses what does not fit, before any write', async () => {
    const { at, db } = await fresh({ big: 2n ** 63n - 1n, n: Number.MAX_SAFE_INTEGER })
    await expect(at.big.add(1n)).rejects.toMatchObject({ reason: 'OVERFLOW', field: 'big' })
    await expect(at.n.add(1)).rejects.toMatchObject({ reason: 'OVERFLOW' })
    await expect(at.n.div(0)).rejects.toMatchObject({ reason: 'DIVISION_BY_ZERO' })
    await expect(at.limited.add(6)).rejects.toMatchObject({ reason: 'OUT_OF_RANGE', field: 'limited' })
    await expect(at.name.append('1234567890123')).rejects.toMatchObject({ reason: 'OUT_OF_RANGE' })
    await expect(at.nick.append('x')).rejects.toMatchObject({ reason: 'NULL_VALUE' })
    expect(await db.Item.get('1')).toMatchObject({
      big: 2n ** 63n - 1n,
      n: Number.MAX_SAFE_INTEGER,
      limited: 5,
      name: '',
    })
  })

  it('changes text by characters and bytes by bytes', async () => {
    const { at } = await fresh({ name: 'aé😀' })
    expect(await at.name.length()).toBe(3)
    expect(await at.name.append('b')).toBe('aé😀b')
    expect(await at.name.slice(1, -1)).toBe('é😀')
    expect(await at.name.prepend('.')).toBe('.aé😀b')
    expect(await at.name.replace('é', 'e')).toBe('.ae😀b')
    expect(await at.name.keep(2)).toBe('e😀b')
    expect(await at.nick.set('\0null')).toBe('\0null')
    expect(await at.nick.get()).toBe('\0null')
    expect(await at.nick.set(null)).toBeNull()
    expect(await at.nick.isNull()).toBe(true)
    expect(await at.raw.append(Buffer.from([1, 0, 255]))).toEqual(Buffer.from([1, 0, 255]))
    expect(await at.raw.setRange(4, Buffer.from([9]))).toEqual(Buffer.from([1, 0, 255, 0, 9]))
    expect(await at.raw.setBit(1, true)).toEqual(Buffer.from([65, 0, 255, 0, 9]))
    expect(await at.raw.getBit(7)).toBe(true)
    expect(await at.raw.bitCount()).toBe(12)
  })

  it('moves dates, toggles booleans, compares and sets', async () => {
    const { at } = await fresh()
    expect(await at.at.add({ days: 1, hours: -1 })).toEqual(new Date(82_800_000))
    expect(await at.at.truncate('day')).toEqual(new Date(0))
    expect(await at.on.toggle()).toBe(true)
    expect(await at.kind.compareAndSet('a', 'b')).toBe(true)
    expect(await at.kind.compareAndSet('a', 'b')).toBe(false)
    expect(await at.n.getAndSet(4)).toBe(0)
    expect(await at.n.setIf((n) => n.gt(4), 9)).toBe(false)
    expect(await at.n.setIf((n) => and(n.gt(3), n.lt(5)), 9)).toBe(true)
    expect(await at.n.get()).toBe(9)
    expect(await at.nick.setIf((nick) => nick.isNull(), null)).toBe(true)
    await expect(at.n.setIf(true as never, 1)).rejects.toThrow(/needs a condition/)
    expect(await at.n.set(4)).toBe(4)
    // @ts-expect-error not a member
    await expect(at.kind.set('c')).rejects.toThrow(/does not fit/)
  })

  it('edits JSON in place and leaves the other bytes as they are', async () => {
    const { at } = await fresh()
    const key = '{item}:r:1'
    const text = '{"a":{"b":1,"list":[]},"t":"x\\"}]","huge":12345678901234567890123, "o":{}}'
    await fixture.redis.call('HSET', key, 'doc', text)
    const stored = () => fixture.redis.call('HGET', key, 'doc')
    await at.doc.path('a.b').increase(41)
    expect(await stored()).toBe(text.replace('"b":1', '"b":42'))
    await at.doc.at('a.list').push({ deep: [] }, 2)
    expect(await stored()).toContain('"list":[{"deep":[]},2]')
    expect(await at.doc.path('a.list[-1]').get()).toBe(2)
    await at.doc.path('a.list[0]').remove()
    await at.doc.path('t').put('é"\\')
    expect(await at.doc.path('t').get()).toBe('é"\\')
    await at.doc.merge({ t: 'y' })
    expect(await stored()).toBe('{"a":{"b":42,"list":[2]},"t":"y","huge":12345678901234567890123, "o":{}}')
    expect(await at.doc.path('a.b').gt(41)).toBe(true)
    expect(await at.doc.path('a.list').length()).toBe(1)
    await expect(at.doc.path('a.c.d').put(1 as never)).rejects.toMatchObject({ reason: 'PATH' })
  })

  it('works on lists', async () => {
    const { at } = await fresh({ list: ['a', 'b', 'c'] })
    expect(await at.list.push('d', 'e')).toBe(5)
    expect(await at.list.unshift('z')).toBe(6)
    expect(await at.list.pop()).toBe('e')
    expect(await at.list.shift()).toBe('z')
    expect(await at.list.at(-1)).toBe('d')
    expect(await at.list.at(9)).toBeNull()
    await at.list.put(0, 'A')
    expect(await at.list.insertAfter('A', 'AA')).toBe(true)
    expect(await at.list.remove('b')).toBe(1)
    expect(await at.list.items()).toEqual(['A', 'AA', 'c', 'd'])
    expect(await at.list.trim(1, 2)).toBe(2)
    expect(await at.list.range(0, -1)).toEqual(['AA', 'c'])
    expect(await at.list.has('c')).toBe(true)
    expect(await at.list.clear()).toBe(0)
    await expect(at.list.put(0, 'x')).rejects.toMatchObject({ reason: 'OUT_OF_RANGE' })
  })

  it('works on sets, maps and sorted sets', async () => {
    const { at } = await fresh({ set: ['a'], map: { k: 1 }, board: { ann: 5 }, nums: [3, 1] })
    expect(await at.set.add('a', 'b')).toBe(1)
    expect(await at.set.items()).toEqual(['a', 'b'])
    expect(await at.set.remove('a', 'q')).toBe(1)
    expect(await at.nums.has(3)).toBe(true)
    expect(await at.nums.count((x) => x.gt(1))).toBe(1)
    expect(await at.map.increase('k', 4)).toBe(5)
    expect(await at.map.set('j', 2)).toBe(true)
    expect(await at.map.entries()).toEqual({ j: 2, k: 5 })
    expect(await at.map.get('nope')).toBeNull()
    expect(await at.map.delete('k')).toBe(true)
    await at.notes.set('x', { deep: [1, []] })
    expect(await at.notes.get('x')).toEqual({ deep: [1, []] })
    expect(await at.board.add('bob', 9)).toBe(true)
    expect(await at.board.increase('ann', 0.5)).toBe(5.5)
    expect(await at.board.rangeWithScores(0, -1, 'desc')).toEqual([
      ['bob', 9],
      ['ann', 5.5],
    ])
    expect(await at.board.rank('bob')).toBe(1)
    expect(await at.board.countBetween(5, 6)).toBe(1)
    expect(await at.board.popMax()).toBe('bob')
    expect(await at.board.length()).toBe(1)
  })

  it('works on streams', async () => {
    const { at } = await fresh({ log: [{ kind: 'born' }] })
    expect(await at.log.append({ kind: 'seen', n: 3 })).toBe(2)
    expect((await at.log.latest(5)).map((each) => each.entry)).toEqual([{ kind: 'seen', n: 3 }, { kind: 'born' }])
  })
})

describe('programs', () => {
  it('returns what the callback returned, whatever its properties are named', async () => {
    const { db } = await fresh({ n: 3 })
    const result = await db.Item.atomic('1', (p) => ({ ['__proto__']: p.n, list: [p.n, { deep: p.x }], plain: 'x' }))
    expect(Object.entries(result)).toEqual([
      ['__proto__', 3],
      ['list', [3, { deep: 0 }]],
      ['plain', 'x'],
    ])
  })

  it('runs conditions, loops and returns in one trip', async () => {
    const { db } = await fresh({
      n: 18,
      x: 95,
      jobs: [
        { id: 1, expired: true },
        { id: 2, expired: false },
        { id: 1, expired: true },
      ],
    })
    const result = await db.Item.atomic('1', (p) => {
      p.x.add(10)
      p.name.append('Pro')
      p.list.push('new')
      when(p.n.gt(17), () => p.kind.set('b')).else(() => p.kind.set('a'))
      when(p.x.gte(100), () => {
        p.set.add('high')
        p.notes.set('level', 'premium')
      })
      p.jobs.each((job) => {
        when(job.at('expired').eq(true), () => job.remove())
      })
      return { x: p.x, list: p.list.length(), jobs: p.jobs.items(), constant: 1, many: [p.kind, p.set.has('high')] }
    })
    expect(result).toEqual({ x: 105, list: 1, jobs: [{ id: 2, expired: false }], constant: 1, many: ['b', true] })
    expect(await db.Item.get('1')).toMatchObject({ x: 105, name: 'Pro', kind: 'b' })
  })

  it('fails when a field that is never null would become it, also for a moment', async () => {
    const { db } = await fresh({ n: 3 })
    const program = db.Item.atomic('1', (p) => {
      p.name.set(p.nick)
      p.name.append('x')
    })
    await expect(program).rejects.toMatchObject({ reason: 'NULL_VALUE', field: 'name' })
    await expect(db.Item.atomic('1', (p) => p.n.set(p.map.get('nope')))).rejects.toMatchObject({ reason: 'NULL_VALUE' })
    expect(await db.Item.get('1')).toMatchObject({ n: 3, name: '' })
  })

  it('counts from the end of a list as the program has left it', async () => {
    const { db } = await fresh({ list: ['a', 'b', 'c'] })
    const result = await db.Item.atomic('1', (p) => {
      p.list.pop()
      return [p.list.range(0, -1), p.list.range(-1, -1), p.list.at(-1), p.list.items()]
    })
    expect(result).toEqual([['a', 'b'], ['b'], 'b', ['a', 'b']])
  })

  it('reads its own writes in collections', async () => {
    const { db } = await fresh({ list: ['a', 'b'], set: ['s'], map: { m: 1 }, board: { z: 1 } })
    const result = await db.Item.atomic('1', (p) => {
      p.list.push('c')
      p.list.shift()
      p.list.unshift('0')
      p.list.put(1, 'B')
      const first = p.list.at(0)
      const popped = p.list.pop()
      p.set.remove('s')
      p.set.add('t')
      p.map.increase('m', 4)
      p.board.add('y', 0)
      return [
        first,
        popped,
        p.list.items(),
        p.list.length(),
        p.set.has('s'),
        p.set.length(),
        p.map.get('m'),
        p.board.range(0, -1),
        p.board.rank('z'),
      ]
    })
    expect(result).toEqual(['0', 'c', ['0', 'B'], 2, false, 1, 5, ['y', 'z'], 1])
    expect(await db.Item.at('1').list.items()).toEqual(['0', 'B'])
  })

  it('does nothing at all when it fails', async () => {
    const { db } = await fresh({ list: ['a'] })
    const error = await db.Item.atomic('1', (p) => {
      p.n.add(1)
      p.list.push('b')
      when(p.n.gt(0), () => fail('TOO_MUCH'))
    }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ProgramError)
    expect(error).toMatchObject({ code: 'PROGRAM_FAILED', reason: 'TOO_MUCH' })
    await fixture.redis.call('SET', '{item}:c:1:set', 'not a set')
    await expect(
      db.Item.atomic('1', (p) => {
        p.n.add(1)
        p.set.add('x')
      }),
    ).rejects.toMatchObject({ reason: 'WRONG_TYPE', field: 'set' })
    expect((await db.Item.get('1'))!.n).toBe(0)
    expect(await db.Item.at('1').list.items()).toEqual(['a'])
    await expect(db.Item.atomic('2', (p) => p.n.add(1))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps, switches, picks and asks the time', async () => {
    const { db } = await fresh({ n: 3 })
    const before = Date.now()
    const result = await db.Item.atomic('1', (p) => {
      const old = keep(p.n)
      p.n.mul(10)
      switchOn(p.kind)
        .case('b', () => p.name.set('is b'))
        .case(['a'], () => p.name.set('is a'))
        .default(() => p.name.set('other'))
      p.at.set(now())
      const big = cond(and(p.n.gt(5), not(or(p.on.eq(true), p.nick.isNotNull()))), p.n, old)
      return { old, n: p.n, name: p.name, big, at: p.at, sum: p.n.plus(old).times(2) }
    })
    expect(result).toMatchObject({ old: 3, n: 30, name: 'is a', big: 30, sum: 66 })
    expect(Math.abs(result.at.getTime() - before)).toBeLessThan(5000)
  })

  it('takes parameters and has one script for all values', async () => {
    const { db } = await fresh({ n: 3 })
    const promote = db.Item.program({ min: t.int(), note: t.string().nullable() }, (p, { min, note }) => {
      when(p.n.lt(min), () => fail('TOO_LOW'))
      p.nick.set(note)
      p.list.push(note.orElse('none'))
      return p.n.plus(min)
    })
    expect(await promote('1', { min: 2, note: 'hi' })).toBe(5)
    await expect(promote('1', { min: 4, note: null })).rejects.toMatchObject({ reason: 'TOO_LOW' })
    expect(await promote('1', { min: 1, note: null })).toBe(4)
    expect((await db.Item.get('1'))!.nick).toBeNull()
    expect(await db.Item.at('1').list.items()).toEqual(['hi', 'none'])
    // @ts-expect-error a parameter of another type
    await expect(promote('1', { min: 'x', note: null })).rejects.toThrow(/parameters/)
    const one = promote.compile('1', { min: 1, note: 'a' })
    const two = promote.compile('2', { min: 9, note: null })
    expect(one.sha).toBe(two.sha)
    expect(one.keys).toEqual(['{item}:r:1', '{item}:c:1:list'])
  })

  it('takes null as a document, and what stands for a parameter that is not given', async () => {
    const { db } = await fresh()
    const take = db.Item.program({ note: t.json(), by: t.int().default(5) }, (p, { note, by }) => {
      p.notes.set('k', note)
      return { note, by, isNull: note.isNull() }
    })
    expect(await take('1', { note: { a: [] } })).toEqual({ note: { a: [] }, by: 5, isNull: false })
    expect(await take('1', { note: null, by: 6 })).toEqual({ note: null, by: 6, isNull: true })
    expect(await db.Item.at('1').notes.entries()).toEqual({ k: null })
    await expect(take('1', {} as never)).rejects.toMatchObject({ issues: [{ path: ['note'], message: 'is required' }] })
  })

  it('loops over sets, maps and sorted sets, removing while it goes', async () => {
    const { db } = await fresh({
      nums: [1, 2, 3, 4],
      map: { a: 1, b: 20, c: 30 },
      board: { x: 1, y: 2, z: 3 },
      list: ['a', 'b', 'a'],
    })
    const result = await db.Item.atomic('1', (p) => {
      p.nums.each((x) => when(x.modulo(2).eq(0), () => x.remove()))
      p.map.each((key, value) => {
        when(value.gt(5), () => {
          key.remove()
          p.n.add(value)
        })
      })
      p.board.each((member, score) => when(score.lt(3), () => member.remove()), { from: 1, to: -1 })
      p.list.each((item) => when(item.eq('a'), () => item.put('A')))
      return {
        nums: p.nums.items(),
        map: p.map.entries(),
        n: p.n,
        board: p.board.range(0, -1),
        list: p.list.items(),
        some: p.list.some((x) => x.startsWith('A')),
        every: p.list.every((x) => x.eq('A')),
        found: p.nums.find((x) => x.gt(1)),
      }
    })
    expect(result).toEqual({
      nums: [1, 3],
      map: { a: 1 },
      n: 50,
      board: ['x', 'z'],
      list: ['A', 'b', 'A'],
      some: true,
      every: false,
      found: 3,
    })
    await expect(db.Item.atomic('1', (p) => p.list.each(() => p.n.add(1), { limit: 2 }))).rejects.toMatchObject({
      reason: 'LOOP_LIMIT',
    })
  })

  it('changes a loaded record', async () => {
    const { db } = await fresh({ n: 1 })
    const row = (await db.Item.get('1'))!
    expect(await row.atomic((p) => p.n.add(5))).toBe(6)
    expect(row.n).toBe(6)
    row.n = 7
    await row.save()
    expect((await db.Item.get('1'))!.n).toBe(7)
  })

  it('refuses server values used as JavaScript values, async callbacks and escapes', async () => {
    const { db } = await fresh()
    const run = (body: (p: Parameters<Parameters<typeof db.Item.atomic>[1]>[0]) => unknown) => () =>
      db.Item.atomic('1', body)
    await expect(run((p) => ((p.n as unknown as number) > 3 ? 1 : 0))).toThrow(/only on the server/)
    await expect(run((p) => `${p.name}`)).toThrow(/only on the server/)
    await expect(run((p) => (p.n as unknown as number) + 1)).toThrow(/only on the server/)
    await expect(run(async (p) => p.n.add(1))).toThrow(/async/)
    await expect(run(() => Promise.resolve())).toThrow(/async/)
    const later = function* (): Generator<void> {}
    await expect(run(later)).toThrow(/async/)
    await expect(run((p) => when(p.n.gt(0), later))).toThrow(/async/)
    await expect(run((p) => p.list)).toThrow(/items\(\)/)
    await expect(run((p) => p.name.gt(3 as never))()).rejects.toThrow(/operand/)
    await expect(run((p) => (p.name as unknown as { add(n: number): unknown }).add(1))).toThrow(/not an operation/)
    let leaked: { add(n: number): unknown } | undefined
    await db.Item.atomic('1', (p) => {
      leaked = p.n
    })
    expect(() => leaked!.add(1)).toThrow(/after its callback/)
    expect(() => when(undefined as never, () => undefined)).toThrow(/inside the callback/)
    await expect(run((p) => p.list.each(() => p.list.push('x')))).toThrow(/looped over/)
  })

  it('extracts values at paths without loading the row', async () => {
    const { db } = await fresh({
      n: 2,
      list: ['a', 'b'],
      map: { k: 4 },
      doc: { a: { b: 7, list: [1, { c: 'deep' }] }, t: 'x' },
      notes: { q: { r: [5] } },
    })
    expect(
      await db.Item.extract('1', ['n', 'list[-1]', 'list', 'map.k', 'doc.a.list[1].c', 'doc.zzz', 'notes.q.r[0]']),
    ).toEqual([2, 'b', ['a', 'b'], 4, 'deep', null, 5])
    await db.Item.update('1', { map: { 'a.b': 1, '': 2, 'q"]': 3 }, notes: { 'x[0]': { '': [{ 'c.d': 6 }] } } })
    expect(
      await db.Item.extract('1', ['map["a.b"]', 'map[""]', 'map["q\\"]"]', 'notes["x[0]"][""][-1]["c.d"]', 'map.zz']),
    ).toEqual([1, 2, 3, 6, null])
    for (const path of ['map["a', 'map["\\q"]', 'map[0]', 'list.a', 'doc["\\q"]', 'zz', '__proto__', 'map.'])
      expect(() => db.Item.extract('1', [path]), path).toThrow(/path/)
  })
})
