// Scripts of unique constraints over several hash tags. claims.ts says how they play together.
//
//   {ns:user:k}:u:<name>   HASH  tuple -> claim: `<state><ms>:<token>:<id>`
//   {ns:user:k}:claims     ZSET  pending claims by time: u:<name> NUL <tuple>
//
// A claim is pending (`p`) while a write is on its way and settled (`s`) otherwise. Which tag holds the claims of a tuple
// follows from the tuple's bytes. In replies tuples are hexadecimal.

import type { KeyFamily } from './keys.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import { roleOf } from './maintain.ts'
import type { ModelSpec } from './model.ts'

/** A write must come within this time after its claims, by the servers' clocks. */
export const WRITE_MS = 5000
/** A pending claim that is older belongs to a write that will not come. The difference is what clocks may disagree by. */
export const DEAD_MS = 10_000

/** KEYS of the registry's scripts: pending claims, then each constraint. */
export function registryKeys(spec: ModelSpec, family: KeyFamily): string[] {
  return [family.claims, ...spec.uniques.map(({ name }) => family.unique(name))]
}

/** What ARGV of the registry's scripts starts with: how many constraints, and their roles. Items name them by number, from 1. */
export function registryHead(spec: ModelSpec): (string | number)[] {
  return [spec.uniques.length, ...spec.uniques.map(roleOf)]
}

function script(body: string, ...pieces: readonly string[]): LuaScript {
  const uses = new LuaUses()
  for (const piece of pieces) uses.use(piece)
  return uses.script(body)
}

const HEAD = `local from = ARGV[1] + 2
local function parts(claim)
  local state, ms, token, id = string.match(claim, '^(.)(%d+):([^:]*):(.*)$')
  return state, tonumber(ms), token, id
end
local function pending(i) return ARGV[ARGV[i] + 1] .. '\\0' .. ARGV[i + 1] end
`

/**
 * Claims tuples. ARGV: the head; for each the constraint, tuple, id, token, and a claim that may be replaced, or ''. Gives the
 * time, then for each 'new', 'own' (the id had it already), or the claim that is in the way.
 */
export const CLAIM_SCRIPT: LuaScript = script(
  `${HEAD}local out = { int(now) }
for i = from, #ARGV, 5 do
  local key, tuple, id, token, dead = KEYS[ARGV[i] + 1], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local there = call('HGET', key, tuple)
  local result = 'new'
  if there and there ~= dead then
    local state, _, other, owner = parts(there)
    if owner == id and (state == 's' or other == token) then result = 'own' else result = there end
  end
  if result == 'new' or result == 'own' then
    call('HSET', key, tuple, 'p' .. int(now) .. ':' .. token .. ':' .. id)
    call('ZADD', KEYS[1], int(now), pending(i))
  end
  out[#out + 1] = result
end
return out
`,
  'now',
  'int',
)

/** Ends claims. ARGV: the head; for each the constraint, tuple, token, '1' to keep it. Claims of other tokens stay as they are. */
export const SETTLE_SCRIPT: LuaScript = script(`${HEAD}for i = from, #ARGV, 4 do
  local key, tuple = KEYS[ARGV[i] + 1], ARGV[i + 1]
  local there = call('HGET', key, tuple)
  local state, _, token = parts(there or '')
  if state == 'p' and token == ARGV[i + 2] then
    if ARGV[i + 3] == '1' then call('HSET', key, tuple, 's' .. sub(there, 2)) else call('HDEL', key, tuple) end
    call('ZREM', KEYS[1], pending(i))
  end
end
return 0
`)

/** Removes claims that are exactly these. ARGV: the head; for each the constraint, tuple, claim. */
export const DROP_SCRIPT: LuaScript = script(`${HEAD}for i = from, #ARGV, 3 do
  local key = KEYS[ARGV[i] + 1]
  if call('HGET', key, ARGV[i + 1]) == ARGV[i + 2] then
    call('HDEL', key, ARGV[i + 1])
    call('ZREM', KEYS[1], pending(i))
  end
end
return 0
`)

/** Claims as they are. ARGV: the head; for each the constraint, tuple. Gives the time, then for each its claim or false. */
export const LOOK_SCRIPT: LuaScript = script(
  `${HEAD}local out = { int(now) }
for i = from, #ARGV, 2 do out[#out + 1] = call('HGET', KEYS[ARGV[i] + 1], ARGV[i + 1]) end
return out
`,
  'now',
  'int',
)

/** The pending claims whose writes will not come. ARGV: the head, how old they are then, at most so many. Gives constraint, tuple, claim. */
export const DEAD_SCRIPT: LuaScript = script(
  `${HEAD}local number, out = {}, {}
for i = 1, tonumber(ARGV[1]) do number[ARGV[i + 1]] = i end
for _, m in ipairs(call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now - ARGV[from]), 'LIMIT', 0, ARGV[from + 1])) do
  local nul = find(m, '%z')
  local i, tuple = number[sub(m, 1, nul - 1)], sub(m, nul + 1)
  local claim = i and call('HGET', KEYS[i + 1], tuple)
  if claim and byte(claim) == 112 then
    out[#out + 1] = i
    out[#out + 1] = hex(tuple)
    out[#out + 1] = claim
  else call('ZREM', KEYS[1], m) end
end
return out
`,
  'now',
  'int',
  'hex',
)

/** A part of a constraint's claims. KEYS: the constraint. ARGV: cursor, about so many. Gives the cursor, then tuples and claims. */
export const SCAN_SCRIPT: LuaScript = script(
  `local page = call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local out = { page[1] }
for i = 1, #page[2], 2 do
  out[#out + 1] = hex(page[2][i])
  out[#out + 1] = page[2][i + 1]
end
return out
`,
  'hex',
)

/**
 * How rows stand to tuples. KEYS: the memo, deadlines, then the row of each. ARGV: for each the id, role, tuple. Gives for each 1
 * when the row holds it, 2 when it did so until it expired, else 0.
 */
export const STANDING_SCRIPT: LuaScript = script(
  `local out = {}
for i = 1, #ARGV, 3 do
  local standing = 0
  if unmemo(call('HGET', KEYS[1], ARGV[i]))[ARGV[i + 1]] == ARGV[i + 2] then
    local due = call('ZSCORE', KEYS[2], ARGV[i])
    if call('EXISTS', KEYS[(i + 2) / 3 + 2]) == 1 then standing = 1
    elseif due and tonumber(due) < now then standing = 2 end
  end
  out[#out + 1] = standing
end
return out
`,
  'unmemo',
  'now',
)

/** What expired rows held. KEYS: deadlines, memo. ARGV: at most so many rows. Gives the time, then ids, roles and tuples. */
export const EXPIRED_SCRIPT: LuaScript = script(
  `local out = { int(now) }
for _, id in ipairs(call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. int(now), 'LIMIT', 0, ARGV[1])) do
  for role, tuple in pairs(unmemo(call('HGET', KEYS[2], id))) do
    if byte(role) == 117 then
      out[#out + 1] = id
      out[#out + 1] = role
      out[#out + 1] = hex(tuple)
    end
  end
end
return out
`,
  'now',
  'int',
  'hex',
  'unmemo',
)
