// The exact text of a few compiled scripts: what a reader of MONITOR sees, and what must not change by accident.
import { and, index, model, open, t, when } from '@ochre/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useRedis } from './database.ts'

const Point = model('point', {
  id: t.string(),
  x: t.int().default(0),
  y: t.int().default(0).index(),
  name: t.string().optional(),
})
const Pair = model('pair', { id: t.string(), a: t.string(), b: t.int() }, (p) => ({
  indexes: [index(p.a, p.b.desc())],
}))
const Told = model(
  'told',
  { id: t.string(), x: t.int().default(0), name: t.string().optional(), list: t.list(t.string()) },
  { feed: { keep: 50 } },
)
const Any = model('any', {
  id: t.string(),
  n: t.int().default(0),
  s: t.string().default(''),
  raw: t.bytes().default(() => Buffer.alloc(0)),
  doc: t.json<Record<string, unknown>>().default({}),
  list: t.list(t.string()),
  set: t.set(t.string()),
  map: t.map(t.string()),
  board: t.sortedSet(t.string()),
  log: t.stream({ k: t.string() }),
  places: t.geo(),
})
const fixture = useRedis()

describe('compiled scripts', () => {
  it('reads only', () => {
    const db = open(fixture.redis, { Point })
    const program = db.Point.program({ by: t.int() }, (p, { by }) => p.x.plus(by))
    expect(program.compile('1', { by: 2 })).toMatchObject({ keys: ['{point}:r:1'], args: ['1', '2'] })
    expect(program.compile('1', { by: 2 }).lua).toBe(`local call = redis.call
local function err(code, field) error('OCHRE[' .. code .. ' ' .. (field or '') .. ']', 0) end
local function safe(x, field)
  if not (x >= -9007199254740991 and x <= 9007199254740991) then err('OVERFLOW', field) end
  return x
end
local r = call('HMGET', KEYS[1], '_v', 'x')
if not r[1] then return { 1, 'MISSING' } end
local f = { x = tonumber(r[2]) }
if f.x == nil or f.x % 1 ~= 0 then error('OCHRE[CORRUPT x]', 0) end
local out = { 0, safe(f.x + tonumber(ARGV[2]), '') }
return out
`)
  })

  it('reads, checks, then applies', () => {
    const db = open(fixture.redis, { Point })
    const program = db.Point.program({}, (p) => when(p.x.gt(1), () => p.name.set('far')))
    const { lua } = program.compile('1', {})
    expect(lua.slice(lua.indexOf('local r = '))).toBe(`local r = call('HMGET', KEYS[1], '_v', 'x', 'name')
if not r[1] then return { 1, 'MISSING' } end
local f = { x = tonumber(r[2]) }
if f.x == nil or f.x % 1 ~= 0 then error('OCHRE[CORRUPT x]', 0) end
f.name = raw(r[3])
if (tonumber(ARGV[2]) < f.x) then
  f.name = ARGV[3]
end
local out = { 0 }
-- check
local s, d = {}, {}
do
  local x, e = f.name, false
  if x == nil then
    e = false
  else
    e = x
    if byte(e) == 0 then e = '\\0' .. e end
  end
  if e ~= r[3] then if e then s[#s + 1] = 'name' s[#s + 1] = e else d[#d + 1] = 'name' end end
end
-- apply
if #s > 0 or #d > 0 then
  call('HSET', KEYS[1], '_v', format('%.0f', r[1] + 1), unpack(s))
  if #d > 0 then call('HDEL', KEYS[1], unpack(d)) end
end
return out
`)
  })

  it('moves an index entry from the row after the change, by the memo', () => {
    const db = open(fixture.redis, { Pair })
    const { lua, keys } = db.Pair.program({}, (p) => p.b.add(1)).compile('1', {})
    expect(keys).toEqual(['{pair}:r:1', '{pair}:m', '{pair}:x:a,b-desc'])
    expect(lua.slice(lua.indexOf('if ch.all'), lua.indexOf('-- apply'))).toBe(`if ch.all or ch.a or ch.b then
  local packed = call('HGET', KEYS[2], id)
  local mm = packed and cmsgpack.unpack(packed) or {}
  if ch.all or ch.a or ch.b then
    local e = tup_text(f.a) .. desc(tup_int(f.b)) .. suffix_desc(id)
    if mm['x:a,b-desc'] ~= e then
      call('ZSCORE', KEYS[3], e)
      if mm['x:a,b-desc'] then queue[#queue + 1] = { 'ZREM', KEYS[3], mm['x:a,b-desc'] } end
      queue[#queue + 1] = { 'ZADD', KEYS[3], '0', e }
      mm['x:a,b-desc'] = e
    end
  end
  queue[#queue + 1] = { 'HSET', KEYS[2], id, cmsgpack.pack(mm) }
end
`)
  })

  it('tells the feed what it changed, and reads only without one', () => {
    const db = open(fixture.redis, { Told })
    const program = db.Told.program({}, (p) => {
      p.x.add(1)
      p.name.set('n')
      p.list.push('i')
    })
    const { lua, keys } = program.compile('1', {})
    expect(keys).toEqual(['{told}:r:1', '{told}:feed', '{told}:c:1:list'])
    expect(lua).toContain(`call('XLEN', KEYS[2])
local function note(op, o, v, w)
  queue[#queue + 1] = { 'XADD', KEYS[2], 'MAXLEN', '~', '50', '*', 'op', op, 'id', o, 'v', v, 'f', w }
end
`)
    expect(lua.slice(lua.indexOf('local w = {}'))).toBe(`local w = {}
if e1 ~= r[2] then w[#w + 1] = 'x' end
for i = 1, #s, 2 do w[#w + 1] = s[i] end
for i = 1, #d do w[#w + 1] = d[i] end
local touched = {}
for i = 1, #queue do touched[queue[i][2]] = true end
if touched[KEYS[3]] then w[#w + 1] = 'list' end
if #w > 0 then note('update', id, (e1 ~= r[2] or #s > 0 or #d > 0) and format('%.0f', r[1] + 1) or r[1], concat(w, ',')) end
-- apply
if e1 ~= r[2] or #s > 0 or #d > 0 then
  call('HSET', KEYS[1], 'x', e1, '_v', format('%.0f', r[1] + 1), unpack(s))
  if #d > 0 then call('HDEL', KEYS[1], unpack(d)) end
end
for i = 1, #queue do call(unpack(queue[i])) end
return out
`)
    expect(db.Told.program({}, (p) => p.x.plus(1)).compile('1', {}).lua).not.toMatch(/XADD|note\(/)
  })

  it('is one script for one call, however many values it is given', () => {
    const db = open(fixture.redis, { Told })
    const add = (...items: string[]) => db.Told.program({}, (p) => p.list.push(...items)).compile('1', {})
    expect(add('a', 'b').sha).toBe(add(...Array.from({ length: 5000 }, (_, i) => `${i}`)).sha)
    const Doc = model('doc', {
      id: t.string(),
      doc: t.json<{ list: unknown[] }>(),
      set: t.set(t.int()),
      board: t.sortedSet(t.int()),
    })
    const { Doc: docs } = open(fixture.redis, { Doc })
    const many = (n: number) => Array.from({ length: n }, (_, i) => i)
    const one = (n: number) =>
      docs
        .program({}, (p) => {
          p.doc.at('list').push(...many(n))
          p.set.add(...many(n))
          p.set.remove(...many(n))
          p.board.remove(...many(n))
          return [p.set.length(), p.board.has(1)]
        })
        .compile('1', {})
    expect(one(2).sha).toBe(one(3000).sha)
    expect(one(2).lua.length).toBeLessThan(9000)
  })

  it('never holds what a user gives, whatever it looks like', () => {
    const db = open(fixture.redis, { Any })
    const odd = fc.oneof(
      fc.constantFrom(
        ']]',
        ']==]',
        "'",
        '"',
        '\\',
        "\\'",
        '--[[',
        '-- \n',
        "' .. redis.call('FLUSHALL') .. '",
        'end',
        'return 1',
        '$' + '{x}',
        '%s',
        '\0',
        '\n',
        '\r',
        'ARGV[1]',
        'KEYS[1]',
        'nil',
        '__proto__',
        'constructor',
        '\u2028',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    )
    const program = (text: string, key: string, n: number) =>
      db.Any.program({ text: t.string() }, (p, { text: given }) => {
        when(and(p.s.eq(text), p.s.in([text, key]), p.s.contains(key), p.map.has(key)), () => {
          p.s.set(text)
          p.s.replaceAll(text, key)
          p.list.push(text, key)
          p.list.insertBefore(text, key)
          p.set.add(text)
          p.map.set(key, text)
          p.doc.at(`["${JSON.stringify(key).slice(1, -1)}"]`).put({ [key]: text } as never)
          p.doc.merge({ [key]: text } as never)
          p.raw.append(Buffer.from(text))
          p.board.add(text, n)
          p.log.append({ k: text })
          p.places.add(key, 1, 1)
        }).else(() => p.n.add(n))
        return [p.s.concat(text), given, p.map.get(key), p.doc.at('a'), p.list.find((x) => x.eq(text))]
      }).compile('1', { text })
    const plain = program('a', 'b', 1)
    fc.assert(
      fc.property(odd, odd, fc.integer({ min: -1000, max: 1000 }), (text, key, n) => {
        fc.pre(!/\p{Surrogate}/u.test(text + key))
        const { lua, sha, args } = program(text, key, n)
        expect(sha).toBe(plain.sha)
        expect(lua).toBe(plain.lua)
        expect(args).toContain(text)
      }),
      { numRuns: 300 },
    )
  })

  it('quotes the names and rules of a model, which are all that it holds', async () => {
    const odd = ["a'b", 'a"b', 'a\\b', ']]', '\n', 'é', '\0', "'; redis.call('FLUSHALL') --"]
    const Odd = model('odd', { id: t.string(), kind: t.enum(odd).default("a'b").index(), n: t.int().default(0) })
    const db = open(fixture.redis, { Odd })
    await db.Odd.create({ id: '1' })
    for (const kind of odd) {
      await db.Odd.at('1').kind.set(kind)
      await db.Odd.atomic('1', (p) => when(p.kind.eq(kind), () => p.n.add(1)))
      expect(await db.Odd.find({ kind }).ids()).toEqual(['1'])
    }
    expect((await db.Odd.get('1'))!.n).toBe(odd.length)
    for (const name of ["a'b", 'a b', 'a]', 'end', 'local'].slice(0, 3))
      expect(() => model('x', { id: t.string(), [name]: t.int() })).toThrow(/field name/)
    const Words = model('words', {
      id: t.string(),
      end: t.int().default(1).index(),
      local: t.int().default(2),
      nil: t.int().optional(),
    })
    const words = open(fixture.redis, { Words })
    await words.Words.create({ id: '1' })
    expect(await words.Words.atomic('1', (p) => [p.end.add(1), p.local.add(p.end), p.nil.orElse(9)])).toEqual([2, 4, 9])
  })

  it('depends on the shape alone', () => {
    const db = open(fixture.redis, { Point })
    const script = (n: number, text: string) =>
      db.Point.program({}, (p) => {
        when(p.x.in([n, 7]), () => p.name.set(text))
        p.y.add(n)
      }).compile('1', {})
    const one = script(1, "'; redis.call('FLUSHALL') --")
    const two = script(-5, 'ä\0]]')
    expect(one.lua).toBe(two.lua)
    expect(one.lua).not.toContain('FLUSHALL')
    const other = db.Point.program({}, (p) => p.y.sub(1)).compile('1', {})
    expect(other.sha).not.toBe(db.Point.program({}, (p) => p.y.add(1)).compile('1', {}).sha)
  })
})
