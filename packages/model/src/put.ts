// The scripts that write whole values: create, upsert, update, replace, delete. One script per model and verb; any fields,
// any number of rows. Each row is all or nothing by itself; a refused row does not hold up the others.
//
//   KEYS  shared keys of the model, then per row: the row and each of its collections
//   ARGV  per row: id, version or '', ttl or '', n sets, (name, text)*, n defaults, (name, text)*, n unsets, name*,
//         n contents, (collection position, command, n, item*)*, with claims: since, n claims, (role, tuple)*
//
// A ttl is '' (the model's rule), '0' (never) or milliseconds. The reply has one entry per row: {0, version}, {1, code ...}
// or, when claims are wanted first, {2, (role, tuple, comes)*}.

import { WRITE_MS } from './claim-scripts.ts'
import { LuaWriter } from './compile-expression.ts'
import { EXPIRED, feedCode } from './feed.ts'
import type { RecordedWhere } from './filter.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import { entry, member, quote } from './lua/quote.ts'
import {
  allIndexes,
  claimsCode,
  entryCode,
  fingerprintOf,
  hasClaims,
  KeyList,
  maintainCode,
  needsPurge,
  purgeCode,
  RUN_QUEUE,
  refreshCode,
  roleOf,
  sharedRoles,
  typeChecks,
  uniqueCode,
} from './maintain.ts'
import type { ModelSpec, StoredField } from './model.ts'
import { shapeOf } from './ops.ts'
import { rowTest } from './row-test.ts'
import { ShapeCache } from './shape-cache.ts'

export type PutMode = 'create' | 'upsert' | 'update' | 'replace'

const scripts = new WeakMap<ModelSpec, Map<string, LuaScript>>()

function memoised(spec: ModelSpec, name: string, make: () => LuaScript): LuaScript {
  let own = scripts.get(spec)
  if (!own) {
    own = new Map()
    scripts.set(spec, own)
  }
  let script = own.get(name)
  if (!script) {
    script = make()
    own.set(name, script)
  }
  return script
}

/** Scalars that some index reads, the id aside. */
export function indexedFields(spec: ModelSpec): readonly StoredField[] {
  const fields = new Set<StoredField>()
  for (const { columns } of allIndexes(spec)) for (const { field } of columns) if (field !== spec.id) fields.add(field)
  return [...fields]
}

/** How many KEYS each row adds. */
export function keysPerRow(spec: ModelSpec): number {
  return 1 + spec.collections.length
}

function sharedKeys(spec: ModelSpec): KeyList {
  const keys = new KeyList()
  for (const role of sharedRoles(spec)) keys.at(role)
  return keys
}

/** `withRow`: a row's success entry ends with the row as it is afterwards. */
export function putScript(spec: ModelSpec, mode: PutMode, withRow = false): LuaScript {
  return memoised(spec, withRow ? `${mode}+row` : mode, () => {
    const uses = new LuaUses()
    const keys = sharedKeys(spec)
    const writer = new LuaWriter(uses, spec, 1)
    const columns = indexedFields(spec)
    const ttl = spec.ttl
    uses.use('queue')
    uses.use('int')
    uses.use('err')
    if (ttl) uses.use('now')
    const isNew = mode === 'create'
    const names = ["'_v'", ...columns.map((field) => quote(field.name)), ...(ttl ? ["'_t'"] : [])]
    const creates = mode === 'create' || mode === 'upsert'
    const replaces = mode === 'replace'
    const values = columns.map((field, i) => {
      const own = member('set', field.name)
      const kept = replaces || isNew ? own : `pick(${own}, ${member('gone', field.name)}, old[${i + 2}])`
      return entry(field.name, writer.fromRow(field, kept))
    })
    const load = `  local f = { ${values.join(', ')} }\n`
    const indexes = allIndexes(spec)
    const claiming = hasClaims(spec)
    const purge = feedCode(keys, spec) + (needsPurge(spec) ? purgeCode(keys, spec) : '')
    const maintain = isNew ? newEntries(uses, keys, spec) : maintainCode(uses, keys, spec, indexes, '  ', true, true)
    const body = `${typeChecks(keys, spec)}${purge}${isNew ? gathered(keys, spec) : ''}local noted = false
${isNew && !needsPurge(spec) ? `local first = call('ZCARD', ${keys.at('ids')}) == 0\n` : ''}local function pick(set, gone, old) if gone then return nil end return set or old end
local at, slot, args = 1, ${keys.roles.length}, #ARGV
${claiming ? claimsCode(uses, WRITE_MS) : ''}local function pairs_of(set)
  local n = tonumber(ARGV[at])
  for i = at + 1, at + n * 2, 2 do set[ARGV[i]] = ARGV[i + 1] end
  at = at + 1 + n * 2
end
local function put()
  reset()
  local id, version, ttl = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local key = KEYS[slot + 1]
  local set, contents = {}, {}
  at = at + 3
${
  isNew
    ? `  local from = at + 1
  pairs_of(set)
  local to = at - 1
  -- neither defaults nor unsets
  at = at + 2
  local n = tonumber(ARGV[at])
`
    : `  local defaults, gone = {}, {}
  pairs_of(set)
  pairs_of(defaults)
  local n = tonumber(ARGV[at])
  for i = at + 1, at + n do gone[ARGV[i]] = true end
  at = at + 1 + n
  n = tonumber(ARGV[at])
`
}  at = at + 1
  for _ = 1, n do
    local target, items = KEYS[slot + 1 + tonumber(ARGV[at])], tonumber(ARGV[at + 2])
    if not contents[target] then contents[#contents + 1] = { 'DEL', target } contents[target] = true end
    if items > 0 then contents[#contents + 1] = { ARGV[at + 1], target, unpack(ARGV, at + 3, at + 2 + items) } end
    at = at + 3 + items
  end
  slot = slot + ${keysPerRow(spec)}
${claiming ? '  claimed()\n' : ''}${
  isNew
    ? `  local there = redis.pcall('HGET', key, '_v')
  if type(there) == 'table' then return { 1, 'WRONG_TYPE' } end
  if there then return { 1, 'EXISTS' } end
`
    : `  local old = redis.pcall('HMGET', key, ${names.length > 200 ? `unpack({ ${names.join(', ')} })` : names.join(', ')})
  if old.err then return { 1, 'WRONG_TYPE' } end
  local there = old[1]
`
}${
  mode === 'update' || mode === 'replace' ? "  if not there then return { 1, 'MISSING' } end\n" : ''
}  if version ~= '' and there ~= version then return { 1, 'CONFLICT', call('HGETALL', key) } end
${isNew ? '' : '  local ch = {}\n'}${mode === 'upsert' ? '  if not there then for name, text in pairs(defaults) do set[name] = set[name] or text end ch.all = true end\n' : ''}${
  isNew
    ? ''
    : replaces
      ? '  ch.all = true\n'
      : '  for name in pairs(set) do ch[name] = true end\n  for name in pairs(gone) do ch[name] = true end\n'
}${load}${maintain}${claiming ? '  if #wants > 1 then return wants end\n' : ''}${creates ? firstRow(spec, keys, isNew && !needsPurge(spec)) : ''}${
  mode === 'upsert' ? `  if not there then queue[#queue + 1] = { 'ZADD', ${keys.at('ids')}, '0', id } end\n` : ''
}${ttl ? expiry(spec, keys, columns.length + 2) : ''}${
  isNew
    ? noteNew(spec) + newRow(ttl !== null)
    : `  local s, d = { '_v', int((tonumber(there or '0') or 0) + 1) }, {}
${ttl ? "  if ttl ~= '' then s[3] = '_t' s[4] = ttl end\n" : ''}  for name, text in pairs(set) do s[#s + 1] = name s[#s + 1] = text end
${replaces ? `  for _, name in ipairs({ ${spec.scalars.map((field) => quote(field.name)).join(', ')} }) do if not set[name] then d[#d + 1] = name end end\n` : '  for name in pairs(gone) do d[#d + 1] = name end\n'}${notePut(spec, replaces)}  -- apply
  call('HSET', key, unpack(s))
  if #d > 0 then call('HDEL', key, unpack(d)) end
`
}  for i = 1, #contents do call(unpack(contents[i])) end
  ${isNew ? `apply()\n${listNew(keys, spec)}` : `${RUN_QUEUE}\n`}  ${success(isNew, withRow, claiming)}
end
local replies = {}
while at <= args do replies[#replies + 1] = put() end
${isNew ? 'flush()\n' : ''}return replies
`
    return uses.script(body)
  })
}

/** Lua that ends with a row's success entry. With claims its last item is what the row holds. */
function success(isNew: boolean, withRow: boolean, claiming: boolean): string {
  const version = isNew ? "'1'" : 's[2]'
  const row = withRow ? "call('HGETALL', key)" : 'false'
  if (claiming) return `return { 0, ${version}, ${row}, holds }`
  return isNew ? 'return 1' : `return { 0, ${version}${withRow ? `, ${row}` : ''} }`
}

/**
 * Lua functions `apply` and `flush`, and lists: entries of new rows in ids, indexes, memo and deadlines wait until the end of the
 * batch and are written by one command per key. No row of the batch reads those of another.
 */
function gathered(keys: KeyList, spec: ModelSpec): string {
  const indexes = allIndexes(spec)
  const names = ['ids', ...spec.indexes.map(roleOf), ...(indexes.length > 0 ? ['memo'] : [])]
  const fill = names.map(
    (role) =>
      `${listOf(keys, role)} = { '${role === 'memo' ? 'HSET' : 'ZADD'}', ${keys.at(role)} } later[${keys.at(role)}] = ${listOf(keys, role)}\n`,
  )
  // In a table: a function of Lua 5.1 sees at most 60 locals of those around it.
  return `local L, later = {}, {}
${fill.join('')}local function apply()
  for i = 1, #queue do
    local q = queue[i]
    if q[1] == 'ZADD' then
      local l = later[q[2]]
      if not l then l = { q[1], q[2] } later[q[2]] = l end
      l[#l + 1] = q[3]
      l[#l + 1] = q[4]
    else call(unpack(q)) end
  end
end
local function flush()
${indexes.length > 0 && spec.uniques.length === 0 ? leftovers(keys, spec) : ''}  for _, l in pairs(later) do
    for i = 3, #l, 1000 do call(l[1], l[2], unpack(l, i, i + 999 < #l and i + 999 or #l)) end
  end
end
`
}

/** Where Lua has the list of a key's new entries. */
function listOf(keys: KeyList, role: string): string {
  return `L[${/\d+/.exec(keys.at(role))![0]}]`
}

/** Lua that removes what earlier rows of the same ids left in indexes: they have expired, or were deleted by hand. */
function leftovers(keys: KeyList, spec: ModelSpec): string {
  const table = spec.indexes.map((index) => `[${quote(roleOf(index))}] = ${keys.at(roleOf(index))}`).join(', ')
  return `  local memos = ${listOf(keys, 'memo')}
  for i = 3, #memos, 1000 do
    local ids = {}
    for j = i, math.min(i + 998, #memos - 1), 2 do ids[#ids + 1] = memos[j] end
    local old = call('HMGET', ${keys.at('memo')}, unpack(ids))
    for j = 1, #ids do
      local ok, entries = old[j], nil
      if ok then ok, entries = pcall(cmsgpack.unpack, old[j]) end
      if ok then
        local X, own = { ${table} }, cmsgpack.unpack(memos[i + 2 * j - 1])
        for name, entry in pairs(entries) do
          if X[name] and own[name] ~= entry then call('ZREM', X[name], entry) end
        end
      end
    end
  end
`
}

/** Lua that computes a new row's entries, `e<n>`, and refuses it when a unique one is taken. */
function newEntries(uses: LuaUses, keys: KeyList, spec: ModelSpec): string {
  const indexes = spec.indexes.map((index, i) => `  local e${i + 1} = ${entryCode(uses, index, spec)}\n`).join('')
  if (spec.uniques.length === 0) return indexes
  const uniques = spec.uniques
    .map((unique, i) => `${uniqueCode(uses, keys, spec, unique, '  ')}  local u${i + 1} = e\n`)
    .join('')
  const moved = spec.indexes.map((index, i) => {
    const old = `mm[${quote(roleOf(index))}]`
    return `  if ${old} and ${old} ~= e${i + 1} then queue[#queue + 1] = { 'ZREM', ${keys.at(roleOf(index))}, ${old} } end\n`
  })
  return `${indexes}  local packed = call('HGET', ${keys.at('memo')}, id)
  local mm = packed and cmsgpack.unpack(packed) or {}
${uniques}${moved.join('')}`
}

/** Lua that appends a new row's entries to the lists. */
function listNew(keys: KeyList, spec: ModelSpec): string {
  const append = (role: string, a: string, b: string): string => {
    return `  l = ${listOf(keys, role)} n = #l l[n + 1] = ${a} l[n + 2] = ${b}\n`
  }
  const own = [
    ...spec.indexes.map((index, i) => `[${quote(roleOf(index))}] = e${i + 1}`),
    ...spec.uniques.map((unique, i) => `[${quote(roleOf(unique))}] = u${i + 1}`),
  ]
  return [
    '  local l\n',
    append('ids', "'0'", 'id'),
    ...spec.indexes.map((index, i) => append(roleOf(index), "'0'", `e${i + 1}`)),
    ...(own.length > 0 ? [append('memo', 'id', `cmsgpack.pack({ ${own.join(', ')} })`)] : []),
  ].join('')
}

/** Lua that writes a new row: its fields as they stand in ARGV. */
function newRow(expires: boolean): string {
  const write = "call('HSET', key, '_v', '1', unpack(ARGV, from, to))"
  return `  -- apply\n  ${write}\n${expires ? "  if ttl ~= '' then call('HSET', key, '_t', ttl) end\n" : ''}`
}

/**
 * Lua that notes which indexes the model has, with its first row. `counted`: the script knows as `first` whether there were rows
 * before it.
 */
function firstRow(spec: ModelSpec, keys: KeyList, counted: boolean): string {
  const facts = allIndexes(spec).map((index) => `, ${quote(roleOf(index))}, ${quote(fingerprintOf(index))}`)
  if (facts.length === 0) return ''
  return `${counted ? '' : `  local first = call('ZCARD', ${keys.at('ids')}) == purged\n`}  if not there and first and not noted then
    noted = true
    queue[#queue + 1] = { 'DEL', ${keys.at('meta')} }
    queue[#queue + 1] = { 'HSET', ${keys.at('meta')}${facts.join('')} }
  end
`
}

/** Lua that decides when the row expires and queues it for the row and its collections. */
function expiry(spec: ModelSpec, keys: KeyList, ttlPosition: number): string {
  const rule = spec.ttl!
  const exp = keys.at('exp')
  const own = `slot - ${keysPerRow(spec) - 1}`
  const moved = `      first_due = ${own} queue[#queue + 1] = { 'ZADD', ${exp}, due, id }\n`
  const refresh = rule.onWrite
    ? `\n  elseif due and not started then\n${refreshCode(rule, `old[${ttlPosition}]`, inDigits, moved)}`
    : ''
  const note = spec.feed ? ` note(${EXPIRED} and 'expire' or 'delete', id, '', '')` : ''
  // To give a row the deadline that it has would end it when that is this very moment. Its collections may be new.
  return `  local due = call('ZSCORE', ${exp}, id)
  local first_due = ${own} + 1
  local started = not there
  if started and due then${note} due = false queue[#queue + 1] = { 'ZREM', ${exp}, id } end
  local ms = ttl ~= '' and tonumber(ttl) or nil
  if started and not ms then ms = tonumber('${rule.ms ?? ''}') end
  if ms and ms > 0 then
    due = int(now + ms)
${moved}  elseif ms == 0 then
    if due then queue[#queue + 1] = { 'ZREM', ${exp}, id } end
    due = false
    for i = ${own}, slot do queue[#queue + 1] = { 'PERSIST', KEYS[i] } end${refresh}
  end
  if due then for i = first_due, slot do queue[#queue + 1] = { 'PEXPIREAT', KEYS[i], due } end end
`
}

const inDigits = (code: string): string => `int(${code})`

/** Lua that tells the feed of a new row. */
function noteNew(spec: ModelSpec): string {
  return spec.feed ? "  note('create', id, '1', '')\n" : ''
}

/** Lua that tells the feed of a row that is written as a whole: which of the given fields had another value. */
function notePut(spec: ModelSpec, replaces: boolean): string {
  if (!spec.feed) return ''
  const names = (fields: readonly StoredField[]) => fields.map(({ name }) => quote(name)).join(', ')
  const own = `slot - ${keysPerRow(spec) - 1}`
  return `  local given, w = {}, {}
  for _, name in ipairs({ ${names(spec.scalars)} }) do ${
    replaces ? 'given[#given + 1] = name' : 'if set[name] or gone[name] then given[#given + 1] = name end'
  } end
  if there and #given > 0 then
    local was = call('HMGET', key, unpack(given))
    for i = 1, #given do if (set[given[i]] or false) ~= was[i] then w[#w + 1] = given[i] end end
  end
  for i, name in ipairs({ ${names(spec.collections)} }) do if contents[KEYS[${own} + i]] then w[#w + 1] = name end end
  if there then note('update', id, s[2], concat(w, ',')) else note('create', id, s[2], '') end
`
}

const guarded = new ShapeCache<LuaScript>()

/**
 * Deletes rows with everything that belongs to them. ARGV: with a condition its values, then what the keys of rows and of
 * collections start with; per row: id, version or '', claims as above. The reply has 1 or 0 per row, a CONFLICT entry, or SKIP
 * for a row that does not satisfy the condition.
 */
export function deleteScript(spec: ModelSpec, where: RecordedWhere | null = null): LuaScript {
  if (where === null || where.node === null) return memoised(spec, 'delete', () => compileDelete(spec, null))
  return guarded.get(spec, shapeOf([where.node, where.args.length]), () => compileDelete(spec, where))
}

function compileDelete(spec: ModelSpec, where: RecordedWhere | null): LuaScript {
  const uses = new LuaUses()
  const keys = sharedKeys(spec)
  uses.use('queue')
  if (spec.feed && spec.ttl) uses.use('now')
  const claiming = hasClaims(spec)
  const values = where?.args.length ?? 0
  const { prelude, test } = where ? rowTest(uses, spec, where.node) : { prelude: '', test: '' }
  const guard = where ? `${prelude}local RP, CP = ARGV[${values + 1}], ARGV[${values + 2}]\n${test}` : ''
  const first = where ? values + 3 : 1
  const body = `${feedCode(keys, spec)}${purgeCode(keys, spec)}${guard}local at, slot, replies = ${first}, ${keys.roles.length}, {}
${claiming ? claimsCode(uses, WRITE_MS) : ''}while at < #ARGV do
  local id, version, key = ARGV[at], ARGV[at + 1], KEYS[slot + 1]
  at = at + 2
${claiming ? wantGone(keys, spec) : ''}  local there = call('HGET', key, '_v')
  if version ~= '' and there and there ~= version then
    replies[#replies + 1] = { 1, 'CONFLICT', call('HGETALL', key) }
${where ? "  elseif there and not test(id, false) then replies[#replies + 1] = { 1, 'SKIP' }\n" : ''}${
  claiming ? '  elseif #wants > 1 then replies[#replies + 1] = wants\n' : ''
}  else
    reset()
    purge(id${spec.feed ? ', there' : ''})
    -- apply
    for i = slot + 1, slot + ${keysPerRow(spec)} do call('DEL', KEYS[i]) end
    ${RUN_QUEUE}
    replies[#replies + 1] = there and 1 or 0
  end
  slot = slot + ${keysPerRow(spec)}
end
return replies
`
  return uses.script(body)
}

/** Lua that wants claims of all that the row to delete holds. */
function wantGone(keys: KeyList, spec: ModelSpec): string {
  const roles = spec.uniques.map((unique) => quote(roleOf(unique)))
  return `  claimed()
  local packed = call('HGET', ${keys.at('memo')}, id)
  local mm = packed and cmsgpack.unpack(packed) or {}
  for _, role in ipairs({ ${roles.join(', ')} }) do
    if mm[role] then want(role, mm[role], '0') end
  end
`
}

/**
 * Removes what expired rows left in indexes, uniques, memo and ids: at most ARGV[1] rows, that expired before ARGV[2] when it is
 * given. Gives how many.
 */
export function sweepScript(spec: ModelSpec): LuaScript {
  return memoised(spec, 'sweep', () => {
    const uses = new LuaUses()
    const keys = sharedKeys(spec)
    uses.use('queue')
    uses.use('now')
    uses.use('int')
    const body = `${feedCode(keys, spec)}${purgeCode(keys, spec)}local due = call('ZRANGEBYSCORE', ${keys.at('exp')}, '-inf', '(' .. (ARGV[2] or int(now)), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  reset()
  purge(id)
  ${RUN_QUEUE}
end
return #due
`
    return uses.script(body)
  })
}

/**
 * Reads rows of an expiring model and gives them their full time again when the model says so. KEYS as {@link putScript},
 * ARGV: ids. The reply has HGETALL or false per row.
 */
export function touchScript(spec: ModelSpec): LuaScript {
  return memoised(spec, 'touch', () => {
    const uses = new LuaUses()
    const keys = sharedKeys(spec)
    const rule = spec.ttl!
    uses.use('now')
    uses.use('int')
    const exp = keys.at('exp')
    const body = `local slot, replies = ${keys.roles.length}, {}
for i = 1, #ARGV do
  local id, row = ARGV[i], call('HGETALL', KEYS[slot + 1])
  replies[i] = #row > 0 and row
  local due = #row > 0 and call('ZSCORE', ${exp}, id)
  if due then
    local own
    for j = 1, #row, 2 do if row[j] == '_t' then own = row[j + 1] end end
${refreshCode(
  rule,
  'own',
  inDigits,
  `      call('ZADD', ${exp}, due, id)
      for k = slot + 1, slot + ${keysPerRow(spec)} do call('PEXPIREAT', KEYS[k], due) end
`,
)}  end
  slot = slot + ${keysPerRow(spec)}
end
return replies
`
    return uses.script(body)
  })
}
