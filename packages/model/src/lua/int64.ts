// Exact 64-bit arithmetic on decimal text. Lua has only doubles, which round above 2^53.
//
// Small operands take the doubles' way, where it is exact; others go through limbs of seven digits, least first.
// A result outside int64 raises OVERFLOW. Division truncates toward zero and a remainder has the dividend's sign, as in
// JavaScript.

import type { LuaLibrary } from './library.ts'

export const INT64: LuaLibrary = {
  b_limbs: {
    lua: `local function b_limbs(s)
  local neg = byte(s) == 45
  local out, stop, first = {}, #s, neg and 2 or 1
  while stop >= first do
    local from = stop - 6
    if from < first then from = first end
    out[#out + 1] = tonumber(sub(s, from, stop))
    stop = from - 1
  end
  return out, neg
end`,
  },
  b_text: {
    uses: ['err'],
    // With `any` of any size; otherwise within int64.
    lua: `local function b_text(l, neg, field, any)
  local n = #l
  while n > 1 and l[n] == 0 do n = n - 1 end
  local t = { format('%.0f', l[n] or 0) }
  for i = n - 1, 1, -1 do t[#t + 1] = format('%07.0f', l[i]) end
  local s = concat(t)
  if s == '0' then return s end
  if any then return neg and '-' .. s or s end
  if #s > 19 then err('OVERFLOW', field) end
  if #s == 19 then
    local hi, lo = tonumber(sub(s, 1, 10)), tonumber(sub(s, 11))
    if hi > 9223372036 or (hi == 9223372036 and lo > (neg and 854775808 or 854775807)) then err('OVERFLOW', field) end
  end
  return neg and '-' .. s or s
end`,
  },
  b_mcmp: {
    // Compares magnitudes of decimal texts without signs.
    lua: `local function b_mcmp(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  if a == b then return 0 end
  for i = 1, #a, 10 do
    local x, y = tonumber(sub(a, i, i + 9)), tonumber(sub(b, i, i + 9))
    if x ~= y then return x < y and -1 or 1 end
  end
end`,
  },
  b_cmp: {
    uses: ['b_mcmp'],
    lua: `local function b_cmp(a, b)
  if a == b then return 0 end
  local an, bn = byte(a) == 45, byte(b) == 45
  if an ~= bn then return an and -1 or 1 end
  if an then return b_mcmp(sub(b, 2), sub(a, 2)) end
  return b_mcmp(a, b)
end`,
  },
  b_lt: {
    uses: ['b_cmp'],
    lua: `local function b_lt(a, b) return a ~= nil and b ~= nil and b_cmp(a, b) < 0 end
local function b_le(a, b) return a ~= nil and b ~= nil and b_cmp(a, b) <= 0 end`,
  },
  b_min: {
    uses: ['b_cmp'],
    lua: `local function b_min(a, b) if b_cmp(a, b) <= 0 then return a end return b end
local function b_max(a, b) if b_cmp(a, b) >= 0 then return a end return b end`,
  },
  b_neg: {
    lua: `local function b_neg(a)
  if a == '0' then return a end
  if byte(a) == 45 then return sub(a, 2) end
  return '-' .. a
end`,
  },
  b_add: {
    uses: ['b_limbs', 'b_text', 'b_mcmp'],
    lua: `local function b_add(a, b, field, any)
  if #a < 16 and #b < 16 then return format('%.0f', tonumber(a) + tonumber(b) + 0) end
  local x, xn = b_limbs(a)
  local y, yn = b_limbs(b)
  local out, carry = {}, 0
  if xn == yn then
    for i = 1, #x > #y and #x or #y do
      local v = (x[i] or 0) + (y[i] or 0) + carry
      carry = v >= 10000000 and 1 or 0
      out[i] = v - carry * 10000000
    end
    if carry > 0 then out[#out + 1] = carry end
    return b_text(out, xn, field, any)
  end
  if b_mcmp(xn and sub(a, 2) or a, yn and sub(b, 2) or b) < 0 then x, y, xn = y, x, yn end
  for i = 1, #x do
    local v = x[i] - (y[i] or 0) - carry
    carry = v < 0 and 1 or 0
    out[i] = v + carry * 10000000
  end
  return b_text(out, xn, field, any)
end`,
  },
  b_sub: {
    uses: ['b_add', 'b_neg'],
    lua: `local function b_sub(a, b, field) return b_add(a, b_neg(b), field) end`,
  },
  b_mul: {
    uses: ['b_limbs', 'b_text'],
    lua: `local function b_mul(a, b, field)
  if #a + #b < 16 then return format('%.0f', tonumber(a) * tonumber(b) + 0) end
  local x, xn = b_limbs(a)
  local y, yn = b_limbs(b)
  local out = {}
  for i = 1, #x + #y do out[i] = 0 end
  for i = 1, #x do
    local carry = 0
    for j = 1, #y do
      local v = out[i + j - 1] + x[i] * y[j] + carry
      carry = floor(v / 10000000)
      out[i + j - 1] = v - carry * 10000000
    end
    out[i + #y] = out[i + #y] + carry
  end
  return b_text(out, xn ~= yn, field)
end`,
  },
  b_divmod: {
    // Long division, digit by digit of the dividend.
    uses: ['b_add', 'b_sub', 'b_mcmp', 'err'],
    lua: `local function b_divmod(a, b, field)
  if b == '0' then err('DIVISION_BY_ZERO', field) end
  if #a < 16 and #b < 16 then
    local x, y = tonumber(a), tonumber(b)
    local r = math.fmod(x, y)
    return format('%.0f', (x - r) / y + 0), format('%.0f', r + 0)
  end
  local an, bn = byte(a) == 45, byte(b) == 45
  local x, y = an and sub(a, 2) or a, bn and sub(b, 2) or b
  local q, r = {}, '0'
  for i = 1, #x do
    r = r == '0' and sub(x, i, i) or r .. sub(x, i, i)
    local d = 0
    while b_mcmp(r, y) >= 0 do
      r = b_sub(r, y)
      d = d + 1
    end
    if d > 0 or #q > 0 then q[#q + 1] = d end
  end
  local s = #q == 0 and '0' or concat(q)
  if s ~= '0' and an ~= bn then s = '-' .. s end
  if r ~= '0' and an then r = '-' .. r end
  return s, r
end`,
  },
  b_quot: {
    uses: ['b_divmod'],
    lua: `local function b_quot(a, b, field)
  local q = b_divmod(a, b, field)
  if q == '9223372036854775808' then err('OVERFLOW', field) end
  return q
end`,
  },
  b_rem: {
    uses: ['b_divmod'],
    lua: `local function b_rem(a, b, field) local _, r = b_divmod(a, b, field) return r end`,
  },
  b_pow: {
    uses: ['b_mul', 'err'],
    lua: `local function b_pow(a, n, field)
  -- The parity of a huge exponent is in its last digit, not in the double.
  local even = byte(n, -1) % 2 == 0
  n = tonumber(n)
  if n < 0 then err('OUT_OF_RANGE', field) end
  if a == '0' or a == '1' then return n == 0 and '1' or a end
  if a == '-1' then return even and '1' or a end
  if n > 63 then err('OVERFLOW', field) end
  local out = '1'
  for _ = 1, n do out = b_mul(out, a, field) end
  return out
end`,
  },
}
