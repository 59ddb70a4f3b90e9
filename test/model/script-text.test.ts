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
local function req_num(x, field)
  local n = tonumber(x)
  if not n or n ~= n then err('CORRUPT', field) end
  return n
end
local f = {}
local r = call('HMGET', KEYS[1], '_v', 'x')
if not r[1] then return { 1, 'MISSING' } end
f.x = req_num(r[2], 'x')
local out = { 0, safe(f.x + tonumber(ARGV[2]), '') }
return out
`)
  })

  it('reads, checks, then applies', () => {
    const db = open(fixture.redis, { Point })
    const program = db.Point.program({}, (p) => when(p.x.gt(1), () => p.name.set('far')))
    const { lua } = program.compile('1', {})
    expect(lua.slice(lua.indexOf('local f = '))).toBe(`local f = {}
local r = call('HMGET', KEYS[1], '_v', 'x', 'name')
if not r[1] then return { 1, 'MISSING' } end
f.x = req_num(r[2], 'x')
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
    e = cook(x)
  end
  if e ~= r[3] then if e then s[#s + 1] = 'name' s[#s + 1] = e else d[#d + 1] = 'name' end end
end
-- apply
if #s > 0 or #d > 0 then
  call('HSET', KEYS[1], '_v', int(r[1] + 1), unpack(s))
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
