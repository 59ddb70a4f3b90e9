// The exact text of a few compiled scripts: what a reader of MONITOR sees, and what must not change by accident.
import { index, model, open, t, when } from '@ochre/model'
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
if f.x == nil or f.x ~= f.x then error('OCHRE[CORRUPT x]', 0) end
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
if f.x == nil or f.x ~= f.x then error('OCHRE[CORRUPT x]', 0) end
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
