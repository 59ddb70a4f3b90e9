// Scripts that prove and restore the agreement of rows, indexes, uniques and memo, and that know which indexes are complete.
//
// An index is complete when `meta` holds its fingerprint. The first row of an empty model brings those of its writer's indexes;
// `reindex` completes those that were added or changed later. Writers maintain every index they know from the start.

import { LuaWriter } from './compile-expression.ts'
import { feedCode } from './feed.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import { member, quote } from './lua/quote.ts'
import { allIndexes, entryCode, hasClaims, KeyList, purgeCode, RUN_QUEUE, roleOf, sharedRoles } from './maintain.ts'
import type { ModelSpec } from './model.ts'
import { indexedFields } from './put.ts'

/** KEYS: meta, ids. ARGV: role and fingerprint of each index. Gives 1 when there are no rows, then for each 1 when it is complete. */
export const READY_SCRIPT: LuaScript = new LuaUses().script(`local empty = call('ZCARD', KEYS[2]) == 0
local out = { empty and 1 or 0 }
for i = 1, #ARGV, 2 do out[#out + 1] = (empty or call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1]) and 1 or 0 end
return out
`)

/**
 * Looks at the next rows of `ids` and compares their entries with what they should be; with ARGV[4] '1' corrects them.
 * ARGV: row prefix, where the last call ended ('' at first), rows, repair. Gives where it ended ('' when done), rows seen, and
 * problems as id, code, index name; with claims also what the rows hold, as id, role, tuple.
 */
export function walkScript(spec: ModelSpec): LuaScript {
  const uses = new LuaUses()
  const keys = new KeyList()
  for (const role of sharedRoles(spec)) keys.at(role)
  const writer = new LuaWriter(uses, spec, 1)
  uses.use('queue')
  uses.use('unmemo')
  if (spec.ttl) uses.use('now')
  const columns = indexedFields(spec)
  const names = ["'_v'", ...columns.map((field) => quote(field.name))].join(', ')
  const load = columns
    .map((field, i) => `  ${member('f', field.name)} = ${writer.fromRow(field, `r[${i + 2}]`)}\n`)
    .join('')
  const entries = allIndexes(spec)
    .map((index) => {
      const absent = index.columns
        .filter(({ field }) => field !== spec.id)
        .map(({ field }) => `${member('f', field.name)} == nil`)
        .join(' or ')
      const guard = index.type === 'unique' ? `if not (${absent || 'false'}) then ` : ''
      return `  ${guard}want[${quote(roleOf(index))}] = ${entryCode(uses, index, spec)}${guard ? ' end' : ''}\n`
    })
    .join('')
  const claiming = hasClaims(spec)
  if (claiming) uses.use('hex')
  const checks = allIndexes(spec)
    .map((index) => {
      const role = quote(roleOf(index))
      if (claiming && index.type === 'unique')
        return `    if want[${role}] then held[#held + 1] = id held[#held + 1] = ${role} held[#held + 1] = hex(want[${role}]) end\n`
      const key = keys.at(roleOf(index))
      if (index.type === 'index') {
        uses.use('member_id')
        // An entry of another row may stand in this one's memo.
        return `    if not call('ZSCORE', ${key}, want[${role}]) then problem(id, 'MISSING_ENTRY', ${role}) queue[#queue + 1] = { 'ZADD', ${key}, '0', want[${role}] } end
    if mm[${role}] and mm[${role}] ~= want[${role}] then
      problem(id, 'STALE_ENTRY', ${role})
      if member_id(mm[${role}], ${index.columns.at(-1)!.desc}) == id then queue[#queue + 1] = { 'ZREM', ${key}, mm[${role}] } end
    end
`
      }
      return `    if want[${role}] then
      local owner = call('HGET', ${key}, want[${role}])
      if owner and owner ~= id and holds(owner, ${role}, want[${role}]) then
        problem(id, 'DUPLICATE', ${role})
        -- It is the other's to give up.
        want[${role}] = nil
      elseif owner ~= id then problem(id, 'MISSING_ENTRY', ${role}) queue[#queue + 1] = { 'HSET', ${key}, want[${role}], id } end
    end
    if mm[${role}] and mm[${role}] ~= want[${role}] then
      problem(id, 'STALE_ENTRY', ${role})
      if call('HGET', ${key}, mm[${role}]) == id then queue[#queue + 1] = { 'HDEL', ${key}, mm[${role}] } end
    end
`
    })
    .join('')
  const memo = keys.at('memo')
  const known = allIndexes(spec)
    .map((index) => `[${quote(roleOf(index))}] = true`)
    .join(', ')
  const due = spec.ttl ? `local due = call('ZSCORE', ${keys.at('exp')}, id)\n    ` : ''
  const body = `${feedCode(keys, spec)}${purgeCode(keys, spec)}local RP, from, count, repair = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local known = { ${known} }
local problems, held = {}, {}
local function problem(id, code, name)
  problems[#problems + 1] = id
  problems[#problems + 1] = code
  problems[#problems + 1] = name
end
local function wanted(id)
  local f, want = {}, {}
  local r = call('HMGET', RP .. id, ${names})
  if not r[1] then return nil end
${load}${entries}  return want
end
-- A row that cannot be read may well hold it.
local function holds(id, role, tuple)
  local ok, want = pcall(wanted, id)
  return not ok or (want and want[role] == tuple)
end
local function walk(id)
  reset()
  local want = wanted(id)
  if not want then
    ${due}if ${spec.ttl ? 'not due or tonumber(due) >= now' : 'true'} then problem(id, 'NO_ROW', 'ids') end
    purge(id)
  else
    local mm = unmemo(call('HGET', ${memo}, id))
${checks}    local same = true
    for name, entry in pairs(want) do if mm[name] ~= entry then same = false end end
    for name in pairs(mm) do if known[name] and not want[name] then same = false end end
    if not same then
      problem(id, 'MEMO', 'm')
      queue[#queue + 1] = { 'HSET', ${memo}, id, cmsgpack.pack(want) }
    end
  end
  if repair then ${RUN_QUEUE} end
end
local ids = call('ZRANGEBYLEX', ${keys.at('ids')}, from == '' and '-' or '(' .. from, '+', 'LIMIT', 0, count)
for _, id in ipairs(ids) do
  local ok, failure = pcall(walk, id)
  local text = ok and '' or type(failure) == 'table' and failure.err or failure
  local _, _, field = find(text, 'OCHRE%[CORRUPT ([^%]]*)')
  if field then problem(id, 'CORRUPT', field)
  elseif find(text, 'WRONGTYPE') then problem(id, 'WRONG_TYPE', 'r')
  elseif not ok then error(failure, 0) end
end
return { #ids < count and '' or ids[#ids], #ids, problems, held }
`
  return uses.script(body)
}

/**
 * Looks at a part of the memo for rows that `ids` does not list. With ARGV[4] '1' it lists those that are there, and removes what
 * others left. ARGV: row prefix, cursor, about so many, repair. Gives the next cursor, and problems as id, code, key.
 */
export function unlistedScript(spec: ModelSpec): LuaScript {
  const uses = new LuaUses()
  const keys = new KeyList()
  for (const role of sharedRoles(spec)) keys.at(role)
  uses.use('queue')
  if (spec.ttl) uses.use('now')
  const [memo, ids] = [keys.at('memo'), keys.at('ids')]
  return uses.script(`${feedCode(keys, spec)}${purgeCode(keys, spec)}local problems = {}
local page = call('HSCAN', ${memo}, ARGV[2], 'COUNT', ARGV[3])
for i = 1, #page[2], 2 do
  local id = page[2][i]
  if not call('ZSCORE', ${ids}, id) then
    local is_there = call('EXISTS', ARGV[1] .. id) == 1
    problems[#problems + 1] = id
    problems[#problems + 1] = is_there and 'MISSING_ENTRY' or 'NO_ROW'
    problems[#problems + 1] = is_there and 'ids' or 'm'
    if ARGV[4] == '1' then
      reset()
      if is_there then call('ZADD', ${ids}, 0, id) else purge(id) end
      ${RUN_QUEUE}
    end
  end
end
return { page[1], problems }
`)
}

/**
 * Looks at the next entries of one index: each must be the one that its row's memo names. KEYS: memo, the index, ids. ARGV: type
 * ('index', 'index-desc', 'unique'), role, where the last call ended, entries, repair, row prefix. Gives where it ended, entries
 * seen, problems as id, code, role.
 */
export const ENTRIES_SCRIPT: LuaScript = (() => {
  const uses = new LuaUses()
  uses.use('member_id')
  uses.use('hex')
  uses.use('unhex')
  uses.use('unmemo')
  return uses.script(`local kind, role, from, count, repair = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local problems, seen, stop = {}, 0, ''
local function check(id, entry)
  seen = seen + 1
  local mm = unmemo(call('HGET', KEYS[1], id))
  if mm[role] == entry and (call('ZSCORE', KEYS[3], id) or call('EXISTS', ARGV[6] .. id) == 1) then return end
  problems[#problems + 1] = id
  problems[#problems + 1] = 'DANGLING_ENTRY'
  problems[#problems + 1] = role
  if repair then call(kind == 'unique' and 'HDEL' or 'ZREM', KEYS[2], entry) end
end
if kind == 'unique' then
  local page = call('HSCAN', KEYS[2], from == '' and '0' or from, 'COUNT', count)
  for i = 1, #page[2], 2 do check(page[2][i + 1], page[2][i]) end
  stop = page[1] == '0' and '' or page[1]
else
  local members = call('ZRANGEBYLEX', KEYS[2], from == '' and '-' or '(' .. unhex(from), '+', 'LIMIT', 0, count)
  for _, m in ipairs(members) do check(member_id(m, kind == 'index-desc'), m) end
  stop = #members < count and '' or hex(members[#members])
end
return { stop, seen, problems }
`)
})()
