// The script of a query's shape: choose the cheapest candidate by counting, walk or gather, test rows, stop in time.
//
//   KEYS  the keys of all candidates, then `exp` for an expiring model
//   ARGV  the condition's values, then what `queryArguments` writes
//
// Rows are found by id inside the script: their keys are the model's prefix and the id, in the hash tag of the declared keys.
// The reply: 0, candidate, found, more, stopped, first position, last position, where it stopped, examined, rows.

import type { KeyFamily } from './keys.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import { member } from './lua/quote.ts'
import { bindKeys, columnCode } from './maintain.ts'
import type { ModelSpec } from './model.ts'
import { type Expr, shapeOf } from './ops.ts'
import { bounds, type Candidate, edgeOf, type From, type OrderColumn } from './plan.ts'
import type { Arg } from './redis.ts'
import { rowTest } from './row-test.ts'
import { ShapeCache } from './shape-cache.ts'

/** `versions`: ids and the versions of their rows. */
export type QueryOutput = 'rows' | 'ids' | 'versions' | 'fields' | 'count' | 'explain'

export interface QueryShape {
  readonly where: Expr | null
  /** How many arguments the condition takes. */
  readonly slots: number
  readonly order: readonly OrderColumn[]
  readonly output: QueryOutput
}

/** Rows a script examines before it hands back: walking is resumed, gathering is refused. */
export const WALK_BUDGET = 10_000
export const GATHER_BUDGET = 100_000

const compiled = new ShapeCache<LuaScript>()

export function compileQuery(spec: ModelSpec, shape: QueryShape): LuaScript {
  const order = shape.order.map(({ field, desc }) => [field.name, desc])
  const key = shapeOf([shape.where, shape.slots, order, shape.output])
  return compiled.get(spec, key, () => compile(spec, shape))
}

export interface QueryCall {
  readonly candidates: readonly Candidate[]
  readonly values: readonly Arg[]
  /** Most rows to give; -1 is all. */
  readonly limit: number
  readonly from: From | null
  readonly backwards: boolean
  /** A candidate that a cursor is tied to, from 1; 0 is free choice. */
  readonly forced: number
  readonly withKeys: boolean
  readonly fields: readonly string[]
}

/** KEYS and ARGV of one call. */
export function queryArguments(spec: ModelSpec, family: KeyFamily, call: QueryCall): { keys: string[]; args: Arg[] } {
  const roles: string[] = []
  const args: Arg[] = [
    ...call.values,
    family.rowPrefix,
    family.collectionPrefix,
    call.limit,
    call.from ? Buffer.concat([edgeOf(call.from), call.from.bytes]) : '',
    call.backwards ? 1 : 0,
    call.forced,
    call.withKeys ? 1 : 0,
    call.fields.length,
    ...call.fields,
    call.candidates.length,
  ]
  for (const { walks, reverse, exact, scan, prefixBytes, ranges } of call.candidates) {
    args.push(walks ? 1 : 0, reverse ? 1 : 0, exact ? 1 : 0, scan ? 1 : 0, prefixBytes, ranges.length)
    for (const range of ranges) {
      if (!roles.includes(range.role)) roles.push(range.role)
      args.push(roles.indexOf(range.role) + 1, range.members, ...bounds(range))
    }
  }
  if (spec.ttl) roles.push('exp')
  return { keys: bindKeys(roles, family, ''), args }
}

function compile(spec: ModelSpec, { where, slots, order, output }: QueryShape): LuaScript {
  const uses = new LuaUses()
  for (const piece of ['hex', 'member_id', 'before', 'flip', 'err']) uses.use(piece)
  const { prelude, test } = rowTest(
    uses,
    spec,
    where,
    order.map(({ field }) => field),
  )
  const key = [
    ...order.map(({ field, desc }) =>
      columnCode(
        uses,
        field,
        field === spec.id ? (field.kind === 'int' ? 'tonumber(id)' : 'id') : member('f', field.name),
        desc,
      ),
    ),
    `${uses.use(order.at(-1)?.desc ? 'suffix_desc' : 'suffix')}(id)`,
  ].join(' .. ')
  const position = order.length === 0 ? 'm' : 'c.reverse and flip(sub(m, c.prefix + 1)) or sub(m, c.prefix + 1)'
  // Members of `ids` are not what positions are: those mean the same in every plan.
  const isById = order.length === 1 && order[0]!.field === spec.id
  const idPlace = isById ? `  if c[1].kind == 'id' then local id = m return ${key} end\n` : ''
  const idStart = isById ? `        if g.kind == 'id' then p = member_id(from, ${order[0]!.desc}) else\n` : ''
  const counts = output === 'count'
  const ttl = spec.ttl !== null

  const emit = {
    rows: `local row = call('HGETALL', RP .. id)
  if #row == 0 then return false end
  out[#out + 1] = id
  out[#out + 1] = row`,
    ids: `${ttl ? "if not version and call('EXISTS', RP .. id) == 0 then return false end\n  " : ''}out[#out + 1] = id`,
    versions: `version = version or call('HGET', RP .. id, '_v')
  if not version then return false end
  out[#out + 1] = id
  out[#out + 1] = version`,
    fields: `local row = call('HMGET', RP .. id, '_v', unpack(fields))
  if not row[1] then return false end
  out[#out + 1] = id
  out[#out + 1] = row`,
    count: `${ttl ? "if not version and call('EXISTS', RP .. id) == 0 then return false end" : ''}`,
    explain: '',
  }[output]

  const body = `${prelude}local at = ${slots + 1}
local function take() at = at + 1 return ARGV[at - 1] end
local RP, CP, limit, from, backwards, forced, with_keys =
  take(), take(), tonumber(take()), take(), take() == '1', tonumber(take()), take() == '1'
local edge = sub(from, 1, 1)
from = sub(from, 2)
local fields, candidates = {}, {}
for i = 1, tonumber(take()) do fields[i] = take() end
for i = 1, tonumber(take()) do
  local x = { walks = take() == '1', reverse = take() == '1', exact = take() == '1', scan = take() == '1', prefix = tonumber(take()) }
  for j = 1, tonumber(take()) do x[j] = { key = KEYS[tonumber(take())], kind = take(), lo = take(), hi = take() } end
  candidates[i] = x
end
local function size(x)
  local n = 0
  for _, g in ipairs(x) do n = n + (g.kind == 'tuple' and 1 or call('ZLEXCOUNT', g.key, g.lo, g.hi)) end
  return n
end
local chosen, least, narrow = forced, nil, nil
local sizes = {}
if forced == 0 ${output === 'explain' ? '' : 'and #candidates > 1 '}then
  for i, x in ipairs(candidates) do
    sizes[i] = size(x)
    if not x.scan and (not narrow or sizes[i] < narrow) then narrow = sizes[i] end
  end
  for i, x in ipairs(candidates) do
    local cost = sizes[i]
    if not x.walks then cost = cost * 2 + 1
    elseif limit >= 0 and (x.exact or narrow) then
      local share = x.exact and 1 or cost / math.max(narrow, 1)
      cost = math.min(cost, limit * share)
    end
    if x.scan then cost = cost * 4 end
    ${counts ? 'if x.exact and x.walks then cost = -1 end' : 'if not x.exact then cost = cost + 1 end'}
    if not least or cost < least then chosen, least = i, cost end
  end
elseif forced == 0 then chosen = 1 end
local c0 = candidates[chosen]
${output === 'explain' ? 'if true then return { 0, chosen, sizes } end\n' : ''}${
  counts
    ? `if c0.exact and from == '' then
  local apart = #c0 < 2 or c0.walks
  if apart and (#c0 == 0 or c0[1].kind ~= 'tuple') then
${ttl ? `    if call('ZCOUNT', KEYS[#KEYS], '-inf', '(' .. int(now)) > 0 then return { 1, 'SWEEP' } end\n` : ''}    return { 0, chosen, size(c0), 0, 0, '', '', '', 0, {} }
  end
end
`
    : ''
}local out, keys_out, found, examined, more, stopped, first, last, seen_at = {}, {}, 0, 0, 0, 0, '', '', ''
${test}local function give(id, version)
  ${emit}
  found = found + 1
  return true
end
local function place(x, member)
  local c, m = x, member
${idPlace}  return ${position}
end
local function id_of(g, m)
  if g.kind == 'id' then return m end
  if g.kind == 'tuple' then return call('HGET', g.key, m) end
  return member_id(m, g.kind == 'entry-desc')
end

local function walk(x)
  local rev = x.reverse ~= backwards
  for ri = rev and #x or 1, rev and 1 or #x, rev and -1 or 1 do
    local g = x[ri]
    local lo, hi, skip = g.lo, g.hi, false
    if from ~= '' then
      local p = from
      if g.kind == 'tuple' then skip = true
      else
${idStart}${order.length > 0 ? "        p = (x.prefix > 0 and sub(lo, 2, x.prefix + 1) or '') .. (x.reverse and flip(from) or from)\n" : ''}${isById ? '        end\n' : ''}        if rev then
          if lo ~= '-' and not before(sub(lo, 2), p) and not (edge == '[' and sub(lo, 2) == p) then skip = true
          elseif hi == '+' or before(p, sub(hi, 2)) then hi = edge .. p end
        else
          if hi ~= '+' and not before(p, sub(hi, 2)) then skip = true
          elseif lo == '-' or not before(p, sub(lo, 2)) then lo = edge .. p end
        end
      end
    end
    while not skip do
      local want = limit >= 0 and x.exact and math.min(limit - found + 1, 1000) or 1000
      local members
      if g.kind == 'tuple' then members = { lo } skip = true
      elseif rev then members = call('ZREVRANGEBYLEX', g.key, hi, lo, 'LIMIT', 0, want)
      else members = call('ZRANGEBYLEX', g.key, lo, hi, 'LIMIT', 0, want) end
      for i = 1, #members do
        local m = members[i]
        local id = id_of(g, m)
        examined = examined + 1
        local version = nil
        if id and not x.exact then version = test(id, false) end
        if version or (id and x.exact) then
          if limit >= 0 and found >= limit then
            if version or call('EXISTS', RP .. id) == 1 then more = 1 return end
          elseif give(id, version) then
            if first == '' then first = m end
            last = m
            if with_keys then keys_out[#keys_out + 1] = hex(place(x, m)) end
          end
        end
        seen_at = m
        if examined >= ${WALK_BUDGET}${counts ? '' : ' or (limit < 0 and found >= 1000)'} then stopped = 1 return end
      end
      if #members < want then break end
      if rev then hi = '(' .. members[#members] else lo = '(' .. members[#members] end
    end
  end
end

local function gather(x)
  local items, seen = {}, {}
  local function sort()
    if backwards then table.sort(items, function(a, b) return before(b[1], a[1]) end)
    else table.sort(items, function(a, b) return before(a[1], b[1]) end) end
  end
  for _, g in ipairs(x) do
    local lo, members = g.lo, nil
    repeat
      if g.kind == 'tuple' then members = { lo } else members = call('ZRANGEBYLEX', g.key, lo, g.hi, 'LIMIT', 0, 1000) end
      for i = 1, #members do
        local id = id_of(g, members[i])
        if id and not seen[id] then
          seen[id] = true
          examined = examined + 1
          if examined > ${GATHER_BUDGET} then err('GATHER', '') end
          local version = test(id, x.exact)
          if version then
            local k = ${key}
            if from == '' or (backwards and before(k, from)) or (not backwards and before(from, k)) or (edge == '[' and k == from) then
              items[#items + 1] = { k, id, version }
              if limit >= 0 and #items > 2 * limit + 200 then
                sort()
                for j = #items, limit + 2, -1 do items[j] = nil end
              end
            end
          end
        end
      end
      if #members > 0 then lo = '(' .. members[#members] end
    until g.kind == 'tuple' or #members < 1000
  end
  sort()
  for i = 1, #items do
    if limit >= 0 and i > limit then more = 1 break end
    local k, id, version = unpack(items[i])
    if give(id, version) then
      if first == '' then first = k end
      last = k
      if with_keys then keys_out[#keys_out + 1] = hex(k) end
    end
  end
end

if c0.walks then
  walk(c0)
  if first ~= '' then first, last = place(c0, first), place(c0, last) end
  if seen_at ~= '' then seen_at = place(c0, seen_at) end
else gather(c0) end
return { 0, chosen, found, more, stopped, hex(first), hex(last), hex(seen_at), examined, out, keys_out }
`
  if (ttl && counts) {
    uses.use('now')
    uses.use('int')
  }
  return uses.script(body)
}
