// Lua that keeps indexes, unique constraints and the memo in agreement with a row, and the list of a script's keys.
//
// The text expects: `id`; `f`, the columns after the change; `ch`, the stored names of columns that changed (or `all`);
// `queue`, what the apply phase will run. It reads every key that it will write by a command of the key's type, so a key
// of another type fails while nothing has been written. It may end the script with a UNIQUE failure.

import { representation } from './compile-expression.ts'
import { EXPIRED } from './feed.ts'
import type { KeyFamily } from './keys.ts'
import type { LuaUses } from './lua/library.ts'
import { member, quote } from './lua/quote.ts'
import type { ModelSpec, StoredField, StoredIndex, TtlRule } from './model.ts'
import type { ExprType } from './ops.ts'
import type { TupleKind } from './tuple.ts'

/** Which keys a script touches, in the order of KEYS: row, memo, ids, exp, feed, x:<index>, u:<unique>, c:<collection>. */
export class KeyList {
  readonly roles: string[] = []

  /** `KEYS[n]` of a role. */
  at(role: string): string {
    let position = this.roles.indexOf(role)
    if (position === -1) position = this.roles.push(role) - 1
    return `KEYS[${position + 1}]`
  }
}

/** The names of a script's keys for one row. */
export function bindKeys(roles: readonly string[], family: KeyFamily, id: string): string[] {
  return roles.map((role) => {
    switch (role) {
      case 'row':
        return family.row(id)
      case 'memo':
        return family.memo
      case 'ids':
        return family.ids
      case 'exp':
        return family.exp
      case 'meta':
        return family.meta
      case 'feed':
        return family.feed
    }
    const name = role.slice(2)
    return role[0] === 'x' ? family.index(name) : role[0] === 'u' ? family.unique(name) : family.collection(id, name)
  })
}

/** What an index is, as text: another text is another index. */
export function fingerprintOf(index: StoredIndex): string {
  return index.columns
    .map(
      ({ field, desc, fold }) => `${field.name}:${field.kind}${desc ? ':desc' : ''}${fold === 'lower' ? ':lower' : ''}`,
    )
    .join(',')
}

/** The keys that every writing script of a model shares, whatever the row. */
export function sharedRoles(spec: ModelSpec): string[] {
  const own = [...(spec.ttl ? ['exp'] : []), ...(spec.feed ? ['feed'] : [])]
  return ['ids', 'memo', 'meta', ...own, ...ownIndexes(spec).map(roleOf)]
}

export function allIndexes(spec: ModelSpec): readonly StoredIndex[] {
  return [...spec.indexes, ...spec.uniques]
}

/** Whether unique tuples are claimed in slots of their own (claims.ts), because rows are in several. */
export function hasClaims({ buckets, uniques }: ModelSpec): boolean {
  return buckets > 1 && uniques.length > 0
}

/** What is kept in the slot of the row. */
export function ownIndexes(spec: ModelSpec): readonly StoredIndex[] {
  return hasClaims(spec) ? spec.indexes : allIndexes(spec)
}

/** The name of an index in KEYS and in the memo. */
export function roleOf(index: StoredIndex): string {
  return `${index.type === 'index' ? 'x' : 'u'}:${index.name}`
}

export function tupleKindOf(field: StoredField): TupleKind {
  switch (representation(field.kind as ExprType)) {
    case 'number':
      return field.kind === 'float' ? 'double' : 'int64'
    case 'decimal':
      return 'int64'
    case 'truth':
      return 'boolean'
    default:
      return field.kind === 'bytes' ? 'bytes' : 'string'
  }
}

const ENCODERS: Readonly<Record<TupleKind, string>> = {
  int64: 'tup_int',
  double: 'tup_float',
  string: 'tup_text',
  bytes: 'tup_bytes',
  boolean: 'tup_bool',
}

/** Lua of one column's bytes, from the script's value of the field. */
export function columnCode(uses: LuaUses, field: StoredField, value: string, desc: boolean, fold = false): string {
  const encoder = field.kind === 'bigint' ? 'tup_big' : ENCODERS[tupleKindOf(field)]
  const folded = fold ? `(${value} and string.lower(${value}))` : value
  const code = `${uses.use(encoder)}(${folded})`
  return desc ? `${uses.use('desc')}(${code})` : code
}

/** Lua of the whole entry: an index member with the id, or a unique tuple without. */
export function entryCode(uses: LuaUses, index: StoredIndex, spec: ModelSpec, id = 'id'): string {
  const columns = index.columns.map(({ field, desc, fold }) =>
    columnCode(uses, field, field === spec.id ? idValue(field, id) : member('f', field.name), desc, fold === 'lower'),
  )
  if (index.type === 'index') {
    columns.push(`${uses.use(index.columns.at(-1)!.desc ? 'suffix_desc' : 'suffix')}(${id})`)
  }
  return columns.join(' .. ')
}

function idValue(field: StoredField, id: string): string {
  return field.kind === 'int' ? `tonumber(${id})` : id
}

/** Lua that reads each shared key once by a command of its type; `feedCode` does it for the feed. */
export function typeChecks(keys: KeyList, spec: ModelSpec): string {
  return sharedRoles(spec)
    .filter((role) => role !== 'feed')
    .map((role) => {
      const isHash = role === 'memo' || role === 'meta' || role.startsWith('u:')
      return `call('${isHash ? 'HLEN' : 'ZCARD'}', ${keys.at(role)})\n`
    })
    .join('')
}

/**
 * Lua that queues the changes of the given indexes. `guarded`: only those whose columns are in `ch`. `typesChecked`: the script
 * has run {@link typeChecks}.
 */
export function maintainCode(
  uses: LuaUses,
  keys: KeyList,
  spec: ModelSpec,
  indexes: readonly StoredIndex[],
  indent: string,
  guarded: boolean,
  typesChecked = false,
): string {
  if (indexes.length === 0) return ''
  const memo = keys.at('memo')
  const changed = (index: StoredIndex): string =>
    index.columns
      .filter(({ field }) => field !== spec.id)
      .map(({ field }) => member('ch', field.name))
      .join(' or ') || 'false'
  let body = `${indent}  local packed = call('HGET', ${memo}, id)\n${indent}  local mm = packed and cmsgpack.unpack(packed) or {}\n`
  for (const index of indexes) {
    const role = quote(roleOf(index))
    const inner = `${indent}    `
    let step = ''
    if (index.type === 'index') {
      const key = keys.at(roleOf(index))
      step += `${inner}local e = ${entryCode(uses, index, spec)}\n`
      step += `${inner}if mm[${role}] ~= e then\n`
      if (!typesChecked) step += `${inner}  call('ZSCORE', ${key}, e)\n`
      step += `${inner}  if mm[${role}] then queue[#queue + 1] = { 'ZREM', ${key}, mm[${role}] } end\n`
      step += `${inner}  queue[#queue + 1] = { 'ZADD', ${key}, '0', e }\n${inner}  mm[${role}] = e\n${inner}end\n`
    } else step += uniqueCode(uses, keys, spec, index, inner)
    body += guarded
      ? `${indent}  if ch.all or ${changed(index)} then\n${step}${indent}  end\n`
      : `${indent}  do\n${step}${indent}  end\n`
  }
  body += `${indent}  queue[#queue + 1] = { 'HSET', ${memo}, id, cmsgpack.pack(mm) }\n`
  const any = indexes.map(changed).join(' or ')
  return guarded ? `${indent}if ch.all or ${any} then\n${body}${indent}end\n` : `${indent}do\n${body}${indent}end\n`
}

/**
 * Lua that computes the entry `e` of a unique constraint, queues its change, and returns when another row has it. With claims it
 * notes in `wants` what must be claimed first, and in `holds` what the row holds then; `there` says whether it exists.
 */
export function uniqueCode(uses: LuaUses, keys: KeyList, spec: ModelSpec, unique: StoredIndex, indent: string): string {
  const role = quote(roleOf(unique))
  const absent = unique.columns
    .filter(({ field }) => field !== spec.id)
    .map(({ field }) => `${member('f', field.name)} == nil`)
    .join(' or ')
  let code = `local e\nif not (${absent || 'false'}) then e = ${entryCode(uses, unique, spec)} end\n`
  if (hasClaims(spec)) {
    code += `if mm[${role}] ~= e or not there then\n  local was = mm[${role}]\n`
    code += `  if e then want(${role}, e, '1') end\n  if was and was ~= e then want(${role}, was, '0') end\n`
    code += `  mm[${role}] = e\nend\nif e then holds[#holds + 1] = ${role} holds[#holds + 1] = hex(e) end\n`
    return code.replace(/^(?=.)/gm, indent)
  }
  const key = keys.at(roleOf(unique))
  code += `if mm[${role}] ~= e then\n  if e then\n`
  code += `    local owner = call('HGET', ${key}, e)\n    if owner and owner ~= id then\n`
  if (spec.ttl) {
    purgeKeys(keys, spec)
    code += `      local due = call('ZSCORE', ${keys.at('exp')}, owner)\n`
    code += `      if not due or tonumber(due) >= ${uses.use('now')} then return { 1, 'UNIQUE', ${quote(unique.name)}, owner } end\n`
    code += `      purge(owner)\n`
  } else code += `      return { 1, 'UNIQUE', ${quote(unique.name)}, owner }\n`
  code += `    end\n  end\n`
  code += `  if mm[${role}] then queue[#queue + 1] = { 'HDEL', ${key}, mm[${role}] } end\n`
  code += `  if e then queue[#queue + 1] = { 'HSET', ${key}, e, id } end\n  mm[${role}] = e\nend\n`
  return code.replace(/^(?=.)/gm, indent)
}

function purgeKeys(keys: KeyList, spec: ModelSpec): void {
  for (const role of sharedRoles(spec)) keys.at(role)
}

/**
 * Lua of what a refresh does to a row that is due at `due` and whose full time, as text or not at all, is `own`: with
 * another deadline it sets `due` to it and runs `then`. Expects `now`.
 */
export function refreshCode(
  { ms, everyMs, graceMs }: TtlRule,
  own: string,
  deadline: (code: string) => string,
  then: string,
): string {
  const least = graceMs === null ? '' : ` if ms and ms > ${graceMs} then ms = ${graceMs} end`
  return `    local ms = tonumber(${own} or '${ms ?? ''}')${least}
    if ms and now + ms - tonumber(due) >= ${Math.max(everyMs, 1)} then
      due = ${deadline('now + ms')}
${then}    end
`
}

/** Whether {@link maintainCode} needs `purge`. */
export function needsPurge(spec: ModelSpec): boolean {
  return spec.ttl !== null && spec.uniques.length > 0 && !hasClaims(spec)
}

/**
 * Lua function `purge(o)`: queues the removal of everything but the row and its collections, from the memo. With a feed it is
 * `purge(o, v)`, `v` being the version of a row that is there, and expects `note` of `feedCode`, and `now` when rows expire.
 */
export function purgeCode(keys: KeyList, spec: ModelSpec): string {
  purgeKeys(keys, spec)
  const table = ownIndexes(spec)
    .map((index) => `[${quote(roleOf(index))}] = ${keys.at(roleOf(index))}`)
    .join(', ')
  const hasEntries = allIndexes(spec).length > 0
  const entries = `  local X = { ${table} }
  local packed = call('HGET', ${keys.at('memo')}, o)
  if packed then
    local readable, mm = pcall(cmsgpack.unpack, packed)
    for name, entry in pairs(readable and type(mm) == 'table' and mm or {}) do
      local key = X[name]
      if key and byte(name) == 120 then
        call('ZSCORE', key, entry)
        queue[#queue + 1] = { 'ZREM', key, entry }
      elseif key and call('HGET', key, entry) == o then
        queue[#queue + 1] = { 'HDEL', key, entry }
      end
    end
    queue[#queue + 1] = { 'HDEL', ${keys.at('memo')}, o }
  end
`
  const exp = spec.ttl
    ? `  ${spec.feed ? 'local due = ' : ''}call('ZSCORE', ${keys.at('exp')}, o)\n  queue[#queue + 1] = { 'ZREM', ${keys.at('exp')}, o }\n`
    : ''
  const gone = spec.ttl ? `(not v and ${EXPIRED}) and 'expire' or 'delete'` : "'delete'"
  return `local function purge(o${spec.feed ? ', v' : ''})
${hasEntries ? entries : ''}${exp}  if call('ZSCORE', ${keys.at('ids')}, o) then
    queue[#queue + 1] = { 'ZREM', ${keys.at('ids')}, o }
    purged = purged + 1
    if call('ZCARD', ${keys.at('ids')}) == purged then queue[#queue + 1] = { 'DEL', ${keys.at('meta')} } end
${spec.feed ? `    note(${gone}, o, v or '', '')\n` : ''}  end
end
`
}

/**
 * Lua of claims: `claimed()` reads from ARGV at `at` those of the next row (since when, how many, roles and tuples); `want`
 * notes in `wants`, the reply, a tuple that comes ('1') or goes and is not claimed, or not in time.
 */
export function claimsCode(uses: LuaUses, writeMs: number): string {
  uses.use('now')
  uses.use('hex')
  return `local wants, holds, claims
local function claimed()
  wants, holds, claims = { 2 }, {}, {}
  local since, n = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  if since + ${writeMs} >= now then
    for i = at + 2, at + 1 + 2 * n, 2 do claims[ARGV[i] .. '\\0' .. ARGV[i + 1]] = true end
  end
  at = at + 2 + 2 * n
end
local function want(role, tuple, comes)
  if claims[role .. '\\0' .. tuple] then return end
  wants[#wants + 1] = role
  wants[#wants + 1] = hex(tuple)
  wants[#wants + 1] = comes
end
`
}

/** Lua statements that run the queue. */
export const RUN_QUEUE = `for i = 1, #queue do call(unpack(queue[i])) end`
