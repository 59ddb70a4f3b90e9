// Reading and splicing JSON text by byte ranges. A document is never decoded and encoded again, so everything outside the
// spliced range keeps its exact bytes: `[]` stays `[]`, a number of any size keeps its digits.
//
// A path is a list of segments: 'k' + the key as JSON text, or 'i' + an index (negative counts from the end).

import type { LuaLibrary } from './library.ts'

export const JSON_PATHS: LuaLibrary = {
  j_decode: {
    // A string with escapes; nil for one that cannot be read, such as half of a surrogate pair.
    lua: `local function j_decode(a)
  local ok, v = pcall(cjson.decode, '[' .. a .. ']')
  return ok and v[1] or nil
end`,
  },
  j_end: {
    uses: ['err'],
    // The last byte of the value that starts at i. \`j_name\` is the document's field.
    lua: `local j_name = ''
local function j_end(s, i)
  local c = byte(s, i)
  if c == 34 then
    local j = i + 1
    while true do
      j = find(s, '["\\\\]', j)
      if not j then err('CORRUPT', j_name) end
      if byte(s, j) == 34 then return j end
      j = j + 2
    end
  elseif c == 123 or c == 91 then
    local depth, j = 0, i
    while true do
      j = find(s, '["{}%[%]]', j)
      if not j then err('CORRUPT', j_name) end
      c = byte(s, j)
      if c == 34 then
        repeat
          j = find(s, '["\\\\]', j + 1)
          if not j then err('CORRUPT', j_name) end
          c = byte(s, j)
          if c == 92 then j = j + 1 end
        until c == 34
      elseif c == 123 or c == 91 then depth = depth + 1
      else
        depth = depth - 1
        if depth == 0 then return j end
      end
      j = j + 1
    end
  end
  local _, e = find(s, '^[%w%.%+%-]+', i)
  if not e then err('CORRUPT', j_name) end
  return e
end
local function j_space(s, i) return find(s, '[^ \\t\\r\\n]', i) or err('CORRUPT', j_name) end`,
  },
  j_child: {
    uses: ['j_end', 'j_decode'],
    // Start and end of a child's value and where its member starts; or nil, the closing byte, whether the container is
    // empty, and how many items it has.
    lua: `local function j_samekey(a, b)
  if a == b then return true end
  if not (find(a, '\\\\', 1, true) or find(b, '\\\\', 1, true)) then return false end
  local x = j_decode(a)
  return x ~= nil and x == j_decode(b)
end
local function j_child(s, i, seg)
  local c, tag, key = byte(s, i), byte(seg), sub(seg, 2)
  if c == 123 and tag == 107 then
    local j = j_space(s, i + 1)
    if byte(s, j) == 125 then return nil, j, true, 0 end
    local n = 0
    while true do
      local ke = j_end(s, j)
      local v = j_space(s, j_space(s, ke + 1) + 1)
      local ve = j_end(s, v)
      if j_samekey(sub(s, j, ke), key) then return v, ve, j end
      n = n + 1
      local k = j_space(s, ve + 1)
      if byte(s, k) == 125 then return nil, k, false, n end
      j = j_space(s, k + 1)
    end
  elseif c == 91 and tag == 105 then
    local want = tonumber(key)
    local j = j_space(s, i + 1)
    if byte(s, j) == 93 then return nil, j, true, 0 end
    if want < 0 then
      local n, k = 1, j
      while true do
        k = j_space(s, j_end(s, k) + 1)
        if byte(s, k) == 93 then break end
        k = j_space(s, k + 1)
        n = n + 1
      end
      want = want + n
      if want < 0 then return nil, k, false, n end
    end
    local n = 0
    while true do
      local ve = j_end(s, j)
      if n == want then return j, ve, j end
      n = n + 1
      local k = j_space(s, ve + 1)
      if byte(s, k) == 93 then return nil, k, false, n end
      j = j_space(s, k + 1)
    end
  end
  return nil
end`,
  },
  j_find: {
    uses: ['j_child'],
    lua: `local function j_find(s, segs, upto)
  local i = j_space(s, 1)
  local e, m = j_end(s, i), nil
  for n = 1, upto or #segs do
    i, e, m = j_child(s, i, segs[n])
    if not i then return nil end
  end
  return i, e, m
end`,
  },
  j_val: {
    // JSON text that may be missing; the text null is null.
    lua: `local function j_val(x) if not x or x == 'null' then return nil end return x end`,
  },
  j_get: {
    uses: ['j_find'],
    lua: `local function j_get(s, segs, name)
  if s == nil then return nil end
  j_name = name
  local i, e = j_find(s, segs)
  if not i then return nil end
  local v = sub(s, i, e)
  if v == 'null' then return nil end
  return v
end`,
  },
  j_set: {
    // Room for a document counts four times: it is read to find the place.
    uses: ['j_find', 'err', 'j_val', 'room'],
    lua: `local function j_set(s, segs, text, field)
  local n = #segs
  if n == 0 then return j_val(text) end
  room(4 * (#(s or '') + #text), field)
  j_name = field
  local p = s ~= nil and j_find(s, segs, n - 1)
  if not p then err('PATH', field) end
  local i, e, empty, count = j_child(s, p, segs[n])
  if i then return sub(s, 1, i - 1) .. text .. sub(s, e + 1) end
  if not e then err('PATH', field) end
  local seg = segs[n]
  if byte(seg) == 107 then text = sub(seg, 2) .. ':' .. text
  elseif tonumber(sub(seg, 2)) ~= count then err('PATH', field) end
  return sub(s, 1, e - 1) .. (empty and '' or ',') .. text .. sub(s, e)
end`,
  },
  j_del: {
    uses: ['j_find', 'err'],
    lua: `local function j_del(s, segs, field)
  if #segs == 0 then err('PATH', field) end
  if s == nil then return s end
  j_name = field
  local i, e, m = j_find(s, segs)
  if not i then return s end
  local k = j_space(s, e + 1)
  if byte(s, k) == 44 then return sub(s, 1, m - 1) .. sub(s, j_space(s, k + 1)) end
  local before = m - 1
  while find(sub(s, before, before), '[ \\t\\r\\n]') do before = before - 1 end
  if byte(s, before) == 44 then before = before - 1 end
  return sub(s, 1, before) .. sub(s, e + 1)
end`,
  },
  j_push: {
    uses: ['j_find', 'err', 'room'],
    lua: `local function j_push(s, segs, text, field)
  room(4 * (#(s or '') + #text), field)
  j_name = field
  local i, e = nil, nil
  if s ~= nil then i, e = j_find(s, segs) end
  if not i or byte(s, i) ~= 91 then err('PATH', field) end
  local empty = byte(s, j_space(s, i + 1)) == 93
  return sub(s, 1, e - 1) .. (empty and '' or ',') .. text .. sub(s, e)
end`,
  },
  j_add: {
    uses: ['j_find', 'err', 'b_add', 'float', 'finite'],
    // Integers stay exact, whatever their size; anything else is a double.
    lua: `local function j_add(s, segs, by, field)
  j_name = field
  local i, e = nil, nil
  if s ~= nil then i, e = j_find(s, segs) end
  local old = i and sub(s, i, e)
  if not old or not find(old, '^%-?%d') then err('PATH', field) end
  local new
  if find(old, '^%-?%d+$') and find(by, '^%-?%d+$') then new = b_add(old, by, field, true)
  else new = float(finite(tonumber(old) + tonumber(by), field)) end
  return sub(s, 1, i - 1) .. new .. sub(s, e + 1)
end`,
  },
  j_size: {
    uses: ['j_find'],
    // Items of an array, keys of an object, characters of a string; nil for anything else.
    lua: `local function j_size(s, segs, name)
  if s == nil then return nil end
  j_name = name
  local i, e = j_find(s, segs)
  if not i then return nil end
  local c = byte(s, i)
  if c == 34 then
    local text = sub(s, i + 1, e - 1)
    text = gsub(text, '\\\\u[dD][89abAB]%x%x\\\\u[dD][c-fC-F]%x%x', '.')
    text = gsub(text, '\\\\u%x%x%x%x', '.')
    text = gsub(text, '\\\\.', '.')
    local _, n = gsub(text, '[^\\128-\\191]', '')
    return n
  end
  if c ~= 123 and c ~= 91 then return nil end
  local j = j_space(s, i + 1)
  if byte(s, j) == (c == 123 and 125 or 93) then return 0 end
  local n = 0
  while true do
    if c == 123 then j = j_space(s, j_space(s, j_end(s, j) + 1) + 1) end
    j = j_space(s, j_end(s, j) + 1)
    n = n + 1
    if byte(s, j) ~= 44 then return n end
    j = j_space(s, j + 1)
  end
end`,
  },
  j_eq: {
    // Scalars by value; arrays and objects by their exact text.
    uses: ['j_decode'],
    lua: `local function j_text(a) return find(a, '\\\\', 1, true) and j_decode(a) end
local function j_eq(a, b)
  if a == b then return true end
  if a == nil or b == nil then return false end
  if byte(a) == 34 and byte(b) == 34 then
    local x, y = j_text(a) or sub(a, 2, -2), j_text(b) or sub(b, 2, -2)
    return x == y
  end
  if find(a, '^%-?%d') and find(b, '^%-?%d') then
    if find(a, '^%-?%d+$') and find(b, '^%-?%d+$') then return false end
    return tonumber(a) == tonumber(b)
  end
  return false
end`,
  },
  j_number: {
    lua: `local function j_number(a) if a ~= nil and find(a, '^%-?%d') then return tonumber(a) end return nil end`,
  },
  j_string: {
    uses: ['j_decode'],
    lua: `local function j_string(a)
  if a == nil or byte(a) ~= 34 then return nil end
  if find(a, '\\\\', 1, true) then return j_decode(a) end
  return sub(a, 2, -2)
end`,
  },
}
