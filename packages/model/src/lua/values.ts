// How scripts read and write scalars, and the failures they raise.
//
// In a script an int, a float and a date are Lua numbers, a bigint is decimal text, a boolean is a boolean, everything else
// is text; absent and null are nil. In the hash, null is the byte 00 alone and text that starts with 00 has one more in front.
// A failure is an error whose text holds OCHRE[CODE field]; it is only raised before the first write.

import type { LuaLibrary } from './library.ts'

export const VALUES: LuaLibrary = {
  err: {
    lua: `local function err(code, field) error('OCHRE[' .. code .. ' ' .. (field or '') .. ']', 0) end`,
  },
  room: {
    // Asked before text is made or put into a collection. A program that appends a text to itself doubles it with each step.
    uses: ['err'],
    lua: `local made = 0
local function room(n, field)
  made = made + n
  if made > 134217728 then err('TOO_LARGE', field) end
end`,
  },
  held: {
    // An item of a collection: it may be put there many times.
    uses: ['room'],
    lua: `local function held(x, field) room(#x, field) return x end`,
  },
  some: {
    uses: ['err'],
    lua: `local function some(x, field) if x == nil then err('NULL_VALUE', field) end return x end`,
  },
  raw: {
    // Hash text to script text; false and null become nil.
    lua: `local function raw(x)
  if not x or x == '\\0' then return nil end
  if byte(x) == 0 then return sub(x, 2) end
  return x
end`,
  },
  num: {
    // A stored float: finite.
    uses: ['err'],
    lua: `local function num(x, field)
  if not x or x == '\\0' then return nil end
  local n = tonumber(x)
  if not n or n - n ~= 0 then err('CORRUPT', field) end
  return n
end`,
  },
  as_int: {
    // A stored int or date.
    uses: ['err'],
    lua: `local function as_int(x, field)
  if not x or x == '\\0' then return nil end
  local n = tonumber(x)
  if not n or n % 1 ~= 0 then err('CORRUPT', field) end
  return n
end`,
  },
  big: {
    // A stored bigint, without the row's mark.
    uses: ['err'],
    lua: `local function big(x, field)
  if not x then return nil end
  if #x > 20 or not find(x, '^%-?%d+$') then err('CORRUPT', field) end
  return x
end`,
  },
  bool: {
    uses: ['err'],
    lua: `local function bool(x, field)
  if not x or x == '\\0' then return nil end
  if x ~= '1' and x ~= '0' then err('CORRUPT', field) end
  return x == '1'
end`,
  },
  safe: {
    uses: ['err'],
    lua: `local function safe(x, field)
  if not (x >= -9007199254740991 and x <= 9007199254740991) then err('OVERFLOW', field) end
  return x
end`,
  },
  finite: {
    uses: ['err'],
    lua: `local function finite(x, field)
  if not (x > -math.huge and x < math.huge) then err('OVERFLOW', field) end
  return x
end`,
  },
  trunc: {
    lua: `local function trunc(x) return x < 0 and -floor(-x) or floor(x) end`,
  },
  quot: {
    uses: ['err'],
    lua: `local function quot(a, b, field)
  if b == 0 then err('DIVISION_BY_ZERO', field) end
  return (a - math.fmod(a, b)) / b
end`,
  },
  rem: {
    uses: ['err'],
    lua: `local function rem(a, b, field)
  if b == 0 then err('DIVISION_BY_ZERO', field) end
  return math.fmod(a, b)
end`,
  },
  over: {
    uses: ['err'],
    lua: `local function over(a, b, field)
  if b == 0 then err('DIVISION_BY_ZERO', field) end
  return a / b
end`,
  },
  ipow: {
    uses: ['safe'],
    lua: `local function ipow(a, n, field)
  if n < 0 then err('OUT_OF_RANGE', field) end
  return safe(a ^ n, field)
end`,
  },
  instant: {
    uses: ['err'],
    lua: `local function instant(x, field)
  if not (x >= -8640000000000000 and x <= 8640000000000000) then err('OVERFLOW', field) end
  return x
end`,
  },
  n_lt: {
    lua: `local function n_lt(a, b) return a ~= nil and b ~= nil and a < b end
local function n_le(a, b) return a ~= nil and b ~= nil and a <= b end`,
  },
  t_has: {
    lua: `local function t_has(a, b) return a ~= nil and b ~= nil and find(a, b, 1, true) ~= nil end`,
  },
  t_starts: {
    lua: `local function t_starts(a, b) return a ~= nil and b ~= nil and sub(a, 1, #b) == b end`,
  },
  t_ends: {
    lua: `local function t_ends(a, b) return a ~= nil and b ~= nil and (b == '' or sub(a, -#b) == b) end`,
  },
  len: {
    lua: `local function len(s) if s == nil then return nil end return #s end`,
  },
  int: {
    lua: `local function int(x) return format('%.0f', x + 0) end`,
  },
  float: {
    // As JavaScript writes numbers, so that equal floats are equal text, also as members of sets. (A power of two may get one
    // digit more.)
    lua: `local function float(x)
  if x == floor(x) and x > -1e15 and x < 1e15 then return format('%.0f', x + 0) end
  local s
  for p = x > -3e-308 and x < 3e-308 and 1 or 15, 17 do
    s = format('%.' .. p .. 'g', x)
    if tonumber(s) == x then break end
  end
  local _, _, sign, head, tail, e = find(s, '^(-?)(%d)%.?(%d*)e([+-]%d+)$')
  if not e then return s end
  e = tonumber(e)
  if e < -6 or e > 20 then
    return sign .. head .. (tail == '' and '' or '.' .. tail) .. 'e' .. (e > 0 and '+' or '') .. format('%.0f', e)
  end
  if e < 0 then return sign .. '0.' .. string.rep('0', -e - 1) .. head .. tail end
  return sign .. head .. tail .. string.rep('0', e - #tail)
end`,
  },
  float_or: {
    uses: ['float'],
    lua: `local function float_or(x) if x == nil then return false end return float(x) end`,
  },
  flag: {
    lua: `local function flag(x) if x == nil then return false end return x and 1 or 0 end`,
  },
  before: {
    // Whether a sorts before b by bytes. The operator < follows the server's locale.
    lua: `local function before(a, b)
  if a == b then return false end
  local n = #a < #b and #a or #b
  local i = 1
  while i + 255 <= n and sub(a, i, i + 255) == sub(b, i, i + 255) do i = i + 256 end
  while i <= n do
    local x, y = byte(a, i), byte(b, i)
    if x ~= y then return x < y end
    i = i + 1
  end
  return #a < #b
end`,
  },
  t_lt: {
    uses: ['before'],
    lua: `local function t_lt(a, b) return a ~= nil and b ~= nil and before(a, b) end
local function t_le(a, b) return a ~= nil and b ~= nil and not before(b, a) end`,
  },
  chars: {
    // Characters (code points) of UTF-8 text.
    lua: `local function chars(s)
  if s == nil then return nil end
  if not find(s, '[\\128-\\255]') then return #s end
  local _, n = gsub(s, '[^\\128-\\191]', '')
  return n
end`,
  },
  slice: {
    uses: ['chars'],
    lua: `local function slice(s, from, to)
  if s == nil then return nil end
  local n = chars(s)
  if from < 0 then from = from + n if from < 0 then from = 0 end end
  if to == nil or to > n then to = n elseif to < 0 then to = to + n end
  if from >= to then return '' end
  if n == #s then return sub(s, from + 1, to) end
  local start, stop, i, at = nil, #s, 0, 1
  while at <= #s do
    if i == from then start = at end
    if i == to then stop = at - 1 break end
    at = find(s, '[^\\128-\\191]', at + 1) or #s + 1
    i = i + 1
  end
  return sub(s, start, stop)
end`,
  },
  bslice: {
    lua: `local function bslice(s, from, to)
  if s == nil then return nil end
  local n = #s
  if from < 0 then from = from + n if from < 0 then from = 0 end end
  if to == nil or to > n then to = n elseif to < 0 then to = to + n end
  if from >= to then return '' end
  return sub(s, from + 1, to)
end`,
  },
  join: {
    uses: ['room'],
    lua: `local function join(a, b, field) room(#a + #b, field) return a .. b end`,
  },
  swap: {
    uses: ['room'],
    lua: `local function swap(s, from, to, all, field)
  if from == '' then return s end
  local out, at, n = {}, 1, #s
  repeat
    local i, j = find(s, from, at, true)
    if not i then break end
    out[#out + 1] = sub(s, at, i - 1)
    out[#out + 1] = to
    at = j + 1
    n = n + #to - #from
  until not all
  out[#out + 1] = sub(s, at)
  room(n, field)
  return concat(out)
end`,
  },
  overlay: {
    uses: ['err', 'room'],
    lua: `local function overlay(s, at, part, field)
  if at < 0 or at > 67108864 then err('OUT_OF_RANGE', field) end
  room(math.max(#s, at) + #part, field)
  if #s < at then s = s .. string.rep('\\0', at - #s) end
  return sub(s, 1, at) .. part .. sub(s, at + #part + 1)
end`,
  },
  getbit: {
    lua: `local function getbit(s, at)
  if s == nil or at < 0 then return false end
  local b = byte(s, floor(at / 8) + 1)
  return b ~= nil and floor(b / 2 ^ (7 - at % 8)) % 2 == 1
end`,
  },
  setbit: {
    uses: ['getbit', 'overlay'],
    lua: `local function setbit(s, at, on, field)
  if at < 0 then err('OUT_OF_RANGE', field) end
  local i = floor(at / 8)
  local b = byte(s, i + 1) or 0
  local mask = 2 ^ (7 - at % 8)
  if getbit(s, at) ~= on then b = on and b + mask or b - mask end
  return overlay(s, i, char(b), field)
end`,
  },
  bitcount: {
    lua: `local function bitcount(s)
  if s == nil then return nil end
  local n = 0
  for i = 1, #s do
    local b = byte(s, i)
    while b > 0 do n = n + b % 2 b = floor(b / 2) end
  end
  return n
end`,
  },
  unlist: {
    // A list argument: each item as <length>:<bytes>.
    lua: `local function unlist(s)
  local out, at = {}, 1
  while at <= #s do
    local colon = find(s, ':', at, true)
    local n = tonumber(sub(s, at, colon - 1))
    out[#out + 1] = sub(s, colon + 1, colon + n)
    at = colon + n + 1
  end
  return out
end`,
  },
  unmemo: {
    // What a memo lists; nothing when it cannot be read.
    lua: `local function unmemo(x)
  local ok, t = pcall(cmsgpack.unpack, x or '')
  return ok and type(t) == 'table' and t or {}
end`,
  },
  now: {
    lua: `local clock = call('TIME')
local now = tonumber(clock[1]) * 1000 + floor(tonumber(clock[2]) / 1000)`,
  },
}
