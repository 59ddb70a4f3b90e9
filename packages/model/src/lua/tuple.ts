// The order-preserving encoding of tuple.ts, in Lua.

import type { LuaLibrary } from './library.ts'

export const TUPLE: LuaLibrary = {
  // Values arrive as the script holds them: nil, boolean, number (int, date, float), decimal text (bigint), text.
  tup_bool: {
    lua: `local function tup_bool(x) if x == nil then return '\\1' end return x and '\\3' or '\\2' end`,
  },
  tup_int: {
    lua: `local function tup_int(x)
  if x == nil then return '\\1' end
  local hi = floor(x / 4294967296)
  return '\\4' .. struct.pack('>I4I4', hi + 2147483648, x - hi * 4294967296)
end`,
  },
  tup_big: {
    uses: ['tup_int'],
    lua: `local function tup_big(x)
  if x == nil then return '\\1' end
  if #x < 16 then return tup_int(tonumber(x)) end
  local neg = byte(x) == 45
  local hi, lo = 0, 0
  for i = neg and 2 or 1, #x do
    lo = lo * 10 + byte(x, i) - 48
    local carry = floor(lo / 4294967296)
    lo = lo - carry * 4294967296
    hi = hi * 10 + carry
  end
  if neg then
    lo = 4294967296 - lo
    hi = 4294967295 - hi
    if lo == 4294967296 then lo = 0 hi = hi + 1 end
    hi = hi - 2147483648
    if hi < 0 then hi = hi + 4294967296 end
  else
    hi = hi + 2147483648
  end
  return '\\4' .. struct.pack('>I4I4', hi, lo)
end`,
  },
  tup_float: {
    lua: `local function tup_float(x)
  if x == nil then return '\\1' end
  if x == 0 then return '\\5\\128\\0\\0\\0\\0\\0\\0\\0' end
  local s = struct.pack('>d', x)
  if byte(s) < 128 then return '\\5' .. char(byte(s) + 128) .. sub(s, 2) end
  local a, b, c, d, e, f, g, h = byte(s, 1, 8)
  return '\\5' .. char(255 - a, 255 - b, 255 - c, 255 - d, 255 - e, 255 - f, 255 - g, 255 - h)
end`,
  },
  tup_text: {
    lua: `local function tup_text(x)
  if x == nil then return '\\1' end
  if find(x, '%z') then x = gsub(x, '%z', '\\0\\255') end
  return '\\6' .. x .. '\\0'
end`,
  },
  tup_bytes: {
    lua: `local function tup_bytes(x)
  if x == nil then return '\\1' end
  if find(x, '%z') then x = gsub(x, '%z', '\\0\\255') end
  return '\\7' .. x .. '\\0'
end`,
  },
  desc: {
    lua: `local function inv(c) return char(255 - byte(c)) end
local function desc(s) return (gsub(s, '.', inv)) end`,
  },
  suffix: {
    lua: `local function suffix(id) local n = #id return id .. char(0, floor(n / 256), n % 256) end`,
  },
  suffix_desc: {
    uses: ['desc'],
    lua: `local function suffix_desc(id) local n = #id return desc(id) .. char(255, floor(n / 256), n % 256) end`,
  },
  member_id: {
    uses: ['desc'],
    lua: `local function member_id(m, d)
  local hi, lo = byte(m, -2, -1)
  local id = sub(m, -3 - hi * 256 - lo, -4)
  return d and desc(id) or id
end`,
  },
  hex: {
    // Short text in one call; all bytes of longer text would not fit the stack.
    lua: `local function hex(s)
  if #s <= 128 then return format(string.rep('%02x', #s), byte(s, 1, -1)) end
  return (gsub(s, '.', function(c) return format('%02x', byte(c)) end))
end`,
  },
  unhex: {
    lua: `local function unhex(s) return (gsub(s, '%x%x', function(h) return char(tonumber(h, 16)) end)) end`,
  },
  flip: {
    // An ordering key seen from the other direction: everything but the two bytes of the id's length.
    uses: ['desc'],
    lua: `local function flip(s) return desc(sub(s, 1, -3)) .. sub(s, -2) end`,
  },
}
