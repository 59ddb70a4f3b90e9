// Views of collection keys: what a program sees of a collection while its writes are still queued.
//
// A view answers reads as if the queued writes had happened; `queue` holds the commands that the apply phase will run.
// Each view is opened by a command of its type, so a key of another type fails before the first write. Queued commands
// have checked arguments and cannot fail. A view reads only what it is asked for: a list is a window on the key with
// what was pushed and popped at both ends; only operations in the middle read it whole (at most `LIMIT` items).

import type { LuaLibrary } from './library.ts'

export const COLLECTIONS: LuaLibrary = {
  queue: {
    // `purged`: listed rows that the queue will remove.
    lua: `local queue, LIMIT, purged = {}, 100000, 0
local function reset() for i = #queue, 1, -1 do queue[i] = nil end purged = 0 end`,
  },
  view: {
    uses: ['queue', 'err'],
    lua: `local function view(key, field, size, v)
  local n = redis.pcall(size, key)
  if type(n) ~= 'number' then err('WRONG_TYPE', field) end
  v.k, v.field, v.n = key, field, n
  return v
end
local function whole(v) if v.n > LIMIT then err('TOO_LARGE', v.field) end end`,
  },
  chunked: {
    uses: ['queue'],
    // Queues one command for many arguments, in portions that unpack can take.
    lua: `local function chunked(name, key, items)
  for i = 1, #items, 1000 do
    local c = { name, key }
    for j = i, i + 999 <= #items and i + 999 or #items do c[#c + 1] = items[j] end
    queue[#queue + 1] = c
  end
end`,
  },

  // Lists: base items lo..hi-1 of the key, `f` pushed before them (last is first), `b` pushed after them, `o` replaced
  // ones; or `a`, all items, once it was read whole.
  l_open: {
    uses: ['view'],
    lua: `local function l_open(key, field)
  local v = view(key, field, 'LLEN', { f = {}, b = {}, o = {}, lo = 0 })
  v.hi, v.len = v.n, v.n
  return v
end`,
  },
  l_all: {
    uses: ['l_open'],
    lua: `local function l_all(v)
  if v.a then return v.a end
  whole(v)
  local a = {}
  for i = #v.f, 1, -1 do a[#a + 1] = v.f[i] end
  if v.hi > v.lo then
    local base = call('LRANGE', v.k, v.lo, v.hi - 1)
    for i = 1, #base do a[#a + 1] = v.o[v.lo + i - 1] or base[i] end
  end
  for i = 1, #v.b do a[#a + 1] = v.b[i] end
  v.a = a
  return a
end`,
  },
  l_at: {
    uses: ['l_open'],
    lua: `local function l_at(v, i)
  if i < 0 then i = i + v.n end
  if i < 0 or i >= v.n then return nil end
  if v.a then return v.a[i + 1] end
  if i < #v.f then return v.f[#v.f - i] end
  i = i - #v.f
  local at = v.lo + i
  if at < v.hi then return v.o[at] or call('LINDEX', v.k, at) end
  return v.b[at - v.hi + 1]
end`,
  },
  l_push: {
    uses: ['l_open'],
    lua: `local function l_push(v, x)
  queue[#queue + 1] = { 'RPUSH', v.k, x }
  v.n = v.n + 1
  local to = v.a or v.b
  to[#to + 1] = x
end`,
  },
  l_unshift: {
    uses: ['l_open'],
    lua: `local function l_unshift(v, x)
  queue[#queue + 1] = { 'LPUSH', v.k, x }
  v.n = v.n + 1
  if v.a then table.insert(v.a, 1, x) else v.f[#v.f + 1] = x end
end`,
  },
  l_pop: {
    uses: ['l_at'],
    lua: `local function l_pop(v)
  if v.n == 0 then return nil end
  local x = l_at(v, -1)
  queue[#queue + 1] = { 'RPOP', v.k }
  v.n = v.n - 1
  if v.a then v.a[#v.a] = nil
  elseif #v.b > 0 then v.b[#v.b] = nil
  elseif v.hi > v.lo then v.hi = v.hi - 1 v.o[v.hi] = nil
  else table.remove(v.f, 1) end
  return x
end`,
  },
  l_shift: {
    uses: ['l_at'],
    lua: `local function l_shift(v)
  if v.n == 0 then return nil end
  local x = l_at(v, 0)
  queue[#queue + 1] = { 'LPOP', v.k }
  v.n = v.n - 1
  if v.a then table.remove(v.a, 1)
  elseif #v.f > 0 then v.f[#v.f] = nil
  elseif v.hi > v.lo then v.o[v.lo] = nil v.lo = v.lo + 1
  else table.remove(v.b, 1) end
  return x
end`,
  },
  l_put: {
    uses: ['l_open', 'err', 'int'],
    lua: `local function l_put(v, i, x)
  if i < 0 then i = i + v.n end
  if i < 0 or i >= v.n then err('OUT_OF_RANGE', v.field) end
  queue[#queue + 1] = { 'LSET', v.k, int(i), x }
  if v.a then v.a[i + 1] = x return end
  if i < #v.f then v.f[#v.f - i] = x return end
  local at = v.lo + i - #v.f
  if at < v.hi then v.o[at] = x else v.b[at - v.hi + 1] = x end
end`,
  },
  l_insert: {
    uses: ['l_all'],
    lua: `local function l_insert(v, where, pivot, x)
  local a = l_all(v)
  for i = 1, #a do
    if a[i] == pivot then
      queue[#queue + 1] = { 'LINSERT', v.k, where, pivot, x }
      table.insert(a, where == 'BEFORE' and i or i + 1, x)
      v.n = v.n + 1
      return true
    end
  end
  return false
end`,
  },
  l_remove: {
    uses: ['l_all', 'int'],
    lua: `local function l_remove(v, x, count)
  local a, gone, out = l_all(v), 0, {}
  local most = count == 0 and #a or count < 0 and -count or count
  local from, to, step = 1, #a, 1
  if count < 0 then from, to, step = #a, 1, -1 end
  local drop = {}
  for i = from, to, step do
    if gone < most and a[i] == x then drop[i] = true gone = gone + 1 end
  end
  if gone == 0 then return 0 end
  for i = 1, #a do if not drop[i] then out[#out + 1] = a[i] end end
  queue[#queue + 1] = { 'LREM', v.k, int(count), x }
  v.a, v.n = out, #out
  return gone
end`,
  },
  l_trim: {
    uses: ['l_open', 'int'],
    lua: `local function l_trim(v, from, to)
  local n = v.n
  local trim = { 'LTRIM', v.k, int(from), int(to) }
  if from < 0 then from = from + n if from < 0 then from = 0 end end
  if to < 0 then to = to + n end
  if to >= n then to = n - 1 end
  if n == 0 or (from == 0 and to == n - 1) then return end
  queue[#queue + 1] = trim
  if from > to then from = n to = n - 1 end
  if v.a then
    local out = {}
    for i = from + 1, to + 1 do out[#out + 1] = v.a[i] end
    v.a, v.n = out, #out
    return
  end
  local left, right = from, n - 1 - to
  v.n = to - from + 1
  while left > 0 and #v.f > 0 do v.f[#v.f] = nil left = left - 1 end
  while right > 0 and #v.b > 0 do v.b[#v.b] = nil right = right - 1 end
  local k = math.min(left, v.hi - v.lo)
  v.lo, left = v.lo + k, left - k
  k = math.min(right, v.hi - v.lo)
  v.hi, right = v.hi - k, right - k
  for _ = 1, left do table.remove(v.b, 1) end
  for _ = 1, right do table.remove(v.f, 1) end
end`,
  },
  l_clear: {
    uses: ['l_open'],
    lua: `local function l_clear(v)
  if v.n > 0 then queue[#queue + 1] = { 'DEL', v.k } end
  v.a, v.n = {}, 0
end`,
  },
  l_has: {
    uses: ['l_all'],
    lua: `local function l_has(v, x)
  local a = l_all(v)
  for i = 1, #a do if a[i] == x then return true end end
  return false
end`,
  },
  l_each: {
    uses: ['l_all', 'err'],
    lua: `local function l_each(v, most)
  if v.n > most then err('LOOP_LIMIT', v.field) end
  local a = l_all(v)
  local copy = {}
  for i = 1, #a do copy[i] = a[i] end
  return copy
end`,
  },
  l_drop: {
    // Removes the items at the marked positions: each becomes a mark that no item equals, then all marks are removed.
    uses: ['l_all', 'int'],
    lua: `local function l_drop(v, drop)
  if next(drop) == nil then return end
  local a, out, taken = l_all(v), {}, {}
  for i = 1, #a do taken[a[i]] = true end
  local mark, n = 'ochre:removed', 0
  while taken[mark] do n = n + 1 mark = 'ochre:removed' .. n end
  for i = 1, #a do
    if drop[i] then queue[#queue + 1] = { 'LSET', v.k, int(i - 1), mark } else out[#out + 1] = a[i] end
  end
  queue[#queue + 1] = { 'LREM', v.k, '0', mark }
  v.a, v.n = out, #out
end`,
  },

  // Sets, maps and sorted sets: `o` holds what the program changed; false is removed.
  s_open: {
    uses: ['view'],
    lua: `local function s_open(key, field) return view(key, field, 'SCARD', { o = {} }) end`,
  },
  s_has: {
    uses: ['s_open'],
    lua: `local function s_has(v, x)
  local o = v.o[x]
  if o ~= nil then return o end
  if v.fresh then return false end
  return call('SISMEMBER', v.k, x) == 1
end`,
  },
  s_add: {
    uses: ['s_has'],
    lua: `local function s_add(v, x)
  if s_has(v, x) then return false end
  queue[#queue + 1] = { 'SADD', v.k, x }
  v.o[x] = true
  v.n = v.n + 1
  return true
end`,
  },
  s_remove: {
    uses: ['s_has'],
    lua: `local function s_remove(v, x)
  if not s_has(v, x) then return false end
  queue[#queue + 1] = { 'SREM', v.k, x }
  v.o[x] = false
  v.n = v.n - 1
  return true
end`,
  },
  s_all: {
    uses: ['s_open', 'before'],
    // In byte order, so that loops and returned lists do not depend on the server's hashing.
    lua: `local function s_all(v)
  whole(v)
  local out = {}
  if not v.fresh then
    local base = call('SMEMBERS', v.k)
    for i = 1, #base do if v.o[base[i]] == nil then out[#out + 1] = base[i] end end
  end
  for x, there in pairs(v.o) do if there then out[#out + 1] = x end end
  table.sort(out, before)
  return out
end`,
  },
  s_each: {
    uses: ['s_all', 'err'],
    lua: `local function s_each(v, most)
  if v.n > most then err('LOOP_LIMIT', v.field) end
  return s_all(v)
end`,
  },
  clear: {
    uses: ['queue'],
    lua: `local function clear(v)
  if v.n > 0 then queue[#queue + 1] = { 'DEL', v.k } end
  v.o, v.n, v.fresh = {}, 0, true
end`,
  },

  h_open: {
    uses: ['view'],
    lua: `local function h_open(key, field) return view(key, field, 'HLEN', { o = {} }) end`,
  },
  h_get: {
    uses: ['h_open'],
    lua: `local function h_get(v, x)
  local o = v.o[x]
  if o ~= nil then return o or nil end
  if v.fresh then return nil end
  return call('HGET', v.k, x) or nil
end`,
  },
  h_set: {
    uses: ['h_get'],
    lua: `local function h_set(v, x, value)
  local old = h_get(v, x)
  if old == value then return false end
  if old == nil then v.n = v.n + 1 end
  queue[#queue + 1] = { 'HSET', v.k, x, value }
  v.o[x] = value
  return old == nil
end`,
  },
  h_delete: {
    uses: ['h_get'],
    lua: `local function h_delete(v, x)
  if h_get(v, x) == nil then return false end
  queue[#queue + 1] = { 'HDEL', v.k, x }
  v.o[x] = false
  v.n = v.n - 1
  return true
end`,
  },
  h_keys: {
    uses: ['h_open', 'before'],
    lua: `local function h_keys(v)
  whole(v)
  local out = {}
  if not v.fresh then
    local base = call('HKEYS', v.k)
    for i = 1, #base do if v.o[base[i]] == nil then out[#out + 1] = base[i] end end
  end
  for x, value in pairs(v.o) do if value then out[#out + 1] = x end end
  table.sort(out, before)
  return out
end`,
  },
  h_each: {
    uses: ['h_keys', 'err'],
    lua: `local function h_each(v, most)
  if v.n > most then err('LOOP_LIMIT', v.field) end
  return h_keys(v)
end`,
  },

  z_open: {
    uses: ['view'],
    lua: `local function z_open(key, field) return view(key, field, 'ZCARD', { o = {} }) end`,
  },
  z_score: {
    uses: ['z_open'],
    lua: `local function z_score(v, x)
  local o = v.o[x]
  if o ~= nil then return o or nil end
  if v.fresh then return nil end
  local s = call('ZSCORE', v.k, x)
  return s and tonumber(s) or nil
end`,
  },
  z_add: {
    uses: ['z_score', 'finite', 'float'],
    lua: `local function z_add(v, x, score)
  finite(score, v.field)
  local old = z_score(v, x)
  if old == score then return false end
  if old == nil then v.n = v.n + 1 end
  queue[#queue + 1] = { 'ZADD', v.k, float(score), x }
  v.o[x] = score
  return old == nil
end`,
  },
  z_remove: {
    uses: ['z_score'],
    lua: `local function z_remove(v, x)
  if z_score(v, x) == nil then return false end
  queue[#queue + 1] = { 'ZREM', v.k, x }
  v.o[x] = false
  v.n = v.n - 1
  return true
end`,
  },
  z_all: {
    uses: ['z_open', 'before'],
    lua: `local function z_all(v)
  whole(v)
  local members, scores = {}, {}
  if not v.fresh then
    local base = call('ZRANGE', v.k, 0, -1, 'WITHSCORES')
    for i = 1, #base, 2 do
      if v.o[base[i]] == nil then
        members[#members + 1] = base[i]
        scores[base[i]] = tonumber(base[i + 1])
      end
    end
  end
  for x, score in pairs(v.o) do if score then members[#members + 1] = x scores[x] = score end end
  table.sort(members, function(a, b)
    if scores[a] ~= scores[b] then return scores[a] < scores[b] end
    return before(a, b)
  end)
  return members, scores
end`,
  },
  z_range: {
    // Members at positions from..to (negative counts from the end), least score first unless `rev`.
    uses: ['z_all', 'int'],
    lua: `local function z_range(v, from, to, rev)
  local members, scores = {}, {}
  if next(v.o) == nil and not v.fresh then
    local base = call(rev and 'ZREVRANGE' or 'ZRANGE', v.k, int(from), int(to), 'WITHSCORES')
    for i = 1, #base, 2 do
      members[#members + 1] = base[i]
      scores[base[i]] = tonumber(base[i + 1])
    end
    return members, scores
  end
  local all
  all, scores = z_all(v)
  local n = #all
  if from < 0 then from = from + n if from < 0 then from = 0 end end
  if to < 0 then to = to + n end
  if to >= n then to = n - 1 end
  for i = from, to do members[#members + 1] = all[rev and n - i or i + 1] end
  return members, scores
end`,
  },
  z_rank: {
    uses: ['z_all', 'z_score'],
    lua: `local function z_rank(v, x, rev)
  if z_score(v, x) == nil then return nil end
  if next(v.o) == nil and not v.fresh then return call(rev and 'ZREVRANK' or 'ZRANK', v.k, x) or nil end
  local all = z_all(v)
  for i = 1, #all do if all[i] == x then return rev and #all - i or i - 1 end end
end`,
  },
  z_count: {
    uses: ['z_all', 'float'],
    lua: `local function z_count(v, lo, hi)
  if next(v.o) == nil and not v.fresh then return call('ZCOUNT', v.k, float(lo), float(hi)) end
  local all, scores = z_all(v)
  local n = 0
  for i = 1, #all do if scores[all[i]] >= lo and scores[all[i]] <= hi then n = n + 1 end end
  return n
end`,
  },
  z_each: {
    uses: ['z_range', 'err'],
    lua: `local function z_each(v, from, to, rev, most)
  local members, scores = z_range(v, from, to, rev)
  if #members > most then err('LOOP_LIMIT', v.field) end
  return members, scores
end`,
  },
  g_add: {
    // A geo set is a sorted set whose scores the server computes: a program sees who is in it, not the new scores.
    uses: ['z_score'],
    lua: `local function g_add(v, x, lon, lat)
  if z_score(v, x) == nil then v.n = v.n + 1 end
  queue[#queue + 1] = { 'GEOADD', v.k, lon, lat, x }
  v.o[x] = 0
end
local function g_read(v, ...)
  if next(v.o) ~= nil or v.fresh then err('READ_AFTER_WRITE', v.field) end
  return call(...)
end`,
  },
  x_open: {
    uses: ['view'],
    lua: `local function x_open(key, field) return view(key, field, 'XLEN', {}) end`,
  },
  x_latest: {
    // The ids of entries that the program appends are not known yet.
    uses: ['x_open', 'err'],
    lua: `local function x_latest(v, n)
  if v.w then err('READ_AFTER_WRITE', v.field) end
  return v.fresh and {} or call('XREVRANGE', v.k, '+', '-', 'COUNT', n)
end`,
  },
}
