// A program's nodes to one Lua script. Pure, and memoised by shape: the text depends on nothing else.
//
// The script reads what it needs, runs the program on copies, checks every rule, and only then applies. Redis does not undo
// a script that fails half-way; so nothing after the mark `-- apply` can fail.
//
//   KEYS  the row first, then what the program touches        ARGV  id, [version], [documents], the program's values

import { UsageError } from '@ochre/protocol'
import { decimal, LuaWriter, raise, representation, ruleChecks } from './compile-expression.ts'
import { feedCode } from './feed.ts'
import { hasNull } from './fields.ts'
import { type LuaScript, LuaUses } from './lua/library.ts'
import { entry, member, quote } from './lua/quote.ts'
import {
  allIndexes,
  hasClaims,
  KeyList,
  maintainCode,
  needsPurge,
  purgeCode,
  RUN_QUEUE,
  refreshCode,
} from './maintain.ts'
import type { ModelSpec, StoredField } from './model.ts'
import { type Expr, type ExprType, type Op, type ProgramNodes, type ReturnLeaf, shapeOf } from './ops.ts'
import { ShapeCache } from './shape-cache.ts'

export interface CompileOptions {
  /** ARGV[2] is the version that the row must have. */
  readonly versioned?: boolean
  /** The reply ends with the whole row as it is afterwards. */
  readonly withRow?: boolean
  /** The row must satisfy this, or nothing happens (reply SKIP). */
  readonly guard?: Expr | null
}

export interface CompiledProgram extends LuaScript {
  /** Roles of KEYS; `bindKeys` names them. */
  readonly roles: readonly string[]
  /**
   * Documents that the program edits in places and whose schema only the client can run. For each, ARGV has two texts before
   * the program's values: the document as the client has seen it ('' at first), and what is stored for it ('' the same).
   */
  readonly edited: readonly StoredField[]
}

const compiled = new ShapeCache<CompiledProgram>()

/** The script of a program's shape. Equal shapes of one model share it. */
export function compileProgram(spec: ModelSpec, nodes: ProgramNodes, options: CompileOptions = {}): CompiledProgram {
  const { versioned = false, withRow = false, guard = null } = options
  const shape = shapeOf([nodes.ops, nodes.returns, versioned, withRow, guard])
  return compiled.get(spec, shape, () => compile(spec, nodes, options))
}

function compile(spec: ModelSpec, nodes: ProgramNodes, options: CompileOptions): CompiledProgram {
  const uses = new LuaUses()
  const keys = new KeyList()
  const row = keys.at('row')
  const edited = spec.scalars.filter((field) => field.schema && nodes.ops.some((op) => edits(op, field)))
  const firstDocument = options.versioned ? 3 : 2
  const writer = new LuaWriter(uses, spec, firstDocument + 2 * edited.length)

  const guard = options.guard ? `if not ${writer.truth(options.guard)} then return { 1, 'SKIP' } end\n` : ''
  const body = guard + writer.ops(nodes.ops, '')
  const leaves = nodes.returns.map((leaf) => leafCode(writer, leaf))
  const written = spec.scalars.filter((field) => writer.writes.has(field))
  const affected = allIndexes(spec).filter((index) => index.columns.some(({ field }) => writer.writes.has(field)))
  const unique = hasClaims(spec) && affected.find((index) => index.type === 'unique')
  if (unique)
    throw new UsageError(
      `${spec.name} is bucketed, so a program cannot change what ${unique.name} makes unique: use update, upsert or replace`,
    )
  const changesCollections = nodes.ops.some(changesCollection)
  const writes = written.length > 0 || changesCollections
  const refresh = spec.ttl !== null && (writes ? spec.ttl.onWrite : spec.ttl.onRead)
  const expires = spec.ttl !== null && (refresh || changesCollections)

  // Columns of affected indexes are read and decoded too, without refusing absent ones.
  const decoded = new Set<StoredField>(writer.reads)
  for (const { columns } of affected) for (const { field } of columns) if (field !== spec.id) decoded.add(field)
  const fetched = spec.scalars.filter((field) => decoded.has(field) || writer.writes.has(field))
  const position = new Map(fetched.map((field, i) => [field, i + 2]))
  const collections = spec.collections.map((field) => `c:${field.name}`)
  const tells = writes && spec.feed !== null
  const queues = affected.length > 0 || changesCollections || expires || tells
  if (queues) uses.use('queue')
  if (refresh || (writes && needsPurge(spec) && affected.length > 0)) uses.use('now')

  let text = tells ? feedCode(keys, spec) : ''
  if (affected.length > 0 && needsPurge(spec)) text += purgeCode(keys, spec)
  const names = ["'_v'", ...fetched.map((field) => quote(field.name)), ...(refresh ? ["'_t'"] : [])]
  // Lua takes at most 250 arguments as they stand.
  const list = names.length > 200 ? `unpack({ ${names.join(', ')} })` : names.join(', ')
  text += `local r = call('HMGET', ${row}, ${list})\n`
  text += `if not r[1] then return { 1, 'MISSING' } end\n`
  if (options.versioned) {
    text += `if r[1] ~= ARGV[2] then return { 1, 'CONFLICT', call('HGETALL', ${row}) } end\n`
  }
  const values: string[] = []
  let required = ''
  for (const field of fetched) {
    if (!decoded.has(field)) continue
    const stored = `r[${position.get(field)}]`
    const strict = writer.reads.has(field) && !field.optional && !hasNull(field)
    values.push(entry(field.name, strict ? bareCode(writer, field, stored) : writer.fromRow(field, stored)))
    if (strict) required += requireCode(field)
    if (field.optional && hasNull(field) && writer.writes.has(field))
      required += `${member('u', field.name)} = ${stored} == false\n`
  }
  if (values.length > 0) text += `local f = { ${values.join(', ')} }\n${required}`
  for (const field of written) {
    if (!decoded.has(field) && field.optional && hasNull(field))
      text += `${member('u', field.name)} = r[${position.get(field)}] == false\n`
  }
  for (const of of writer.opens.values()) {
    const { name } = spec.byProperty.get(of.field)!
    text += `${writer.openView(of, keys.at(`c:${name}`))}\n`
  }
  for (const line of writer.unpacked.values()) text += `${line}\n`
  // A field that is written before it is read starts from its old value, for branches that do not write it.
  const certain = new Set(nodes.ops.map((op) => (op.op === 'set' || op.op === 'unset' ? op.field : null)))
  for (const field of written) {
    if (!decoded.has(field) && !certain.has(field.property))
      text += `${member('f', field.name)} = ${writer.fromRow(field, `r[${position.get(field)}]`)}\n`
  }
  for (const field of edited) text += `local o_${field.name} = ${member('f', field.name)}\n`
  text += body
  text += approvalCode(uses, edited, firstDocument)
  const leafTable = leaves.length > 0 ? `local out = { 0, ${leaves.join(', ')} }\n` : 'local out = { 0 }\n'

  if (writes) {
    text += leafTable
    const direct = written.filter(isDirect).slice(0, 40)
    const listed = written.filter((field) => !direct.includes(field))
    const vanish = listed.some((field) => field.optional || hasNull(field))
    const tables = [
      ...(listed.length > 0 ? ['s'] : []),
      ...(vanish ? ['d'] : []),
      ...(affected.length > 0 ? ['ch'] : []),
    ]
    text += '-- check\n'
    if (tables.length > 0) text += `local ${tables.join(', ')} = ${tables.map(() => '{}').join(', ')}\n`
    for (const field of written) {
      const old = `r[${position.get(field)}]`
      text += direct.includes(field)
        ? directCode(writer, field, direct.indexOf(field) + 1, old, affected.length > 0)
        : changeCode(writer, field, old, affected.length > 0)
    }
    const changed = [
      ...direct.map((field, i) => `e${i + 1} ~= r[${position.get(field)}]`),
      ...(listed.length > 0 ? ['#s > 0'] : []),
      ...(vanish ? ['#d > 0'] : []),
    ].join(' or ')
    if (tells) {
      const differs = direct.map((field, i) => [`e${i + 1} ~= r[${position.get(field)}]`, field] as const)
      text += changesCode(writer, keys, differs, listed.length > 0, vanish)
    }
    text += maintainCode(uses, keys, spec, affected, '', true)
    if (expires) {
      // The row has its deadline, unless it is another one now; its collections may be new.
      const extend = refresh ? extendCode(keys, spec, fetched.length + 2, '') : ''
      const shared = dueCode(keys, extend + deadlineCode(keys, collections))
      text += `if ${changed ? `${changed} or ` : ''}#queue > 0 then\n${shared}end\n`
    }
    if (tells) {
      const version = written.length > 0 ? `(${changed}) and format('%.0f', r[1] + 1) or r[1]` : 'r[1]'
      text += `if #w > 0 then note('update', id, ${version}, concat(w, ',')) end\n`
    }
    text += '-- apply\n'
    if (written.length > 0) {
      const pairs = direct.map((field, i) => `${quote(field.name)}, e${i + 1}, `).join('')
      text += `if ${changed} then
  call('HSET', ${row}, ${pairs}'_v', format('%.0f', r[1] + 1)${listed.length > 0 ? ', unpack(s)' : ''})
${vanish ? `  if #d > 0 then call('HDEL', ${row}, unpack(d)) end\n` : ''}end
`
    }
    if (queues) text += `${RUN_QUEUE}\n`
  } else {
    text += leafTable
    // Reading is what refreshes the row, and then a write.
    if (refresh)
      text += `${dueCode(keys, extendCode(keys, spec, fetched.length + 2, deadlineCode(keys, collections)))}-- apply\n${RUN_QUEUE}\n`
  }
  if (options.withRow) text += `out[#out + 1] = call('HGETALL', ${row})\n`
  text += 'return out\n'
  const tables = [...(values.length > 0 ? [] : ['f']), 'v', 'c', 'u', 'S', 'L'].filter((name) =>
    new RegExp(`(?<![.\\w])${name}[.[]`).test(text),
  )
  const declared = tables.length > 0 ? `local ${tables.join(', ')} = ${tables.map(() => '{}').join(', ')}\n` : ''
  const own = /\bid\b/.test(text) ? 'local id = ARGV[1]\n' : ''
  return { ...uses.script(own + declared + text), roles: keys.roles, edited }
}

/** Whether the operation changes a place inside the document. */
function edits(op: Op, field: StoredField): boolean {
  switch (op.op) {
    case 'set':
      return op.field === field.property && !['arg', 'null'].includes(op.value.k)
    case 'when':
      return [...op.branches.flatMap((branch) => branch.body), ...op.otherwise].some((each) => edits(each, field))
    case 'each':
      return op.body.some((each) => edits(each, field))
    default:
      return false
  }
}

/** Lua that ends the script with the edited documents, unless they are those that the client has seen and found good. */
function approvalCode(uses: LuaUses, edited: readonly StoredField[], first: number): string {
  if (edited.length === 0) return ''
  uses.use('j_val')
  const each = edited.map(({ name }, i) => {
    const at = first + 2 * i
    return `if ${member('f', name)} ~= o_${name} then
  local x = ${member('f', name)} or 'null'
  if x ~= ARGV[${at}] then unseen[${i + 3}] = x unseen.any = true
  elseif ARGV[${at + 1}] ~= '' then ${member('f', name)} = j_val(ARGV[${at + 1}]) end
end
`
  })
  const nothing = edited.map(() => ', false').join('')
  return `local unseen = { 1, 'UNSEEN'${nothing} }\n${each.join('')}if unseen.any then return unseen end\n`
}

function changesCollection(op: Op): boolean {
  switch (op.op) {
    case 'mutate':
    case 'mutateAll':
    case 'dropItem':
    case 'putItem':
      return true
    case 'when':
      return op.branches.some((branch) => branch.body.some(changesCollection)) || op.otherwise.some(changesCollection)
    case 'each':
      return op.body.some(changesCollection)
    default:
      return false
  }
}

/** Lua of one returned value. Null travels as false, because nil would end the reply. */
function leafCode(writer: LuaWriter, leaf: ReturnLeaf): string {
  const { node } = leaf
  const code = writer.expr(node)
  if (leaf.list) return `${code} or false`
  const maybe = writer.maybe(node)
  switch (representation(node.type)) {
    case 'truth':
      return maybe ? `${writer.uses.use('flag')}(${code})` : `(${code} and 1 or 0)`
    case 'number':
      if (node.type === 'float')
        return maybe ? `${writer.uses.use('float_or')}(${code})` : `${writer.uses.use('float')}(${code})`
      return maybe ? `${code} or false` : code
    default:
      return maybe ? `${code} or false` : code
  }
}

/** Lua of a required field's value as it is stored, where that is easily seen to be one; {@link requireCode} follows. */
function bareCode(writer: LuaWriter, field: StoredField, stored: string): string {
  if (representation(field.kind as ExprType) === 'number') return `tonumber(${stored})`
  return isPlainText(field) ? stored : writer.fromRow(field, stored)
}

/** Lua that fails when the value of a required field is not there or is none, and takes the mark off text. */
function requireCode(field: StoredField): string {
  const x = member('f', field.name)
  const fails = raise('CORRUPT', field.name)
  if (representation(field.kind as ExprType) === 'number') {
    // Neither NaN nor infinite, and whole where it has to be.
    const odd = field.kind === 'float' ? `${x} - ${x} ~= 0` : `${x} % 1 ~= 0`
    return `if ${x} == nil or ${odd} then ${fails} end\n`
  }
  if (!isPlainText(field)) return `if ${x} == nil then ${fails} end\n`
  return `if not ${x} or ${x} == '\\0' then ${fails} elseif byte(${x}) == 0 then ${x} = sub(${x}, 2) end\n`
}

function isPlainText({ kind }: StoredField): boolean {
  return kind === 'string' || kind === 'enum' || kind === 'bytes'
}

/** Whether a field is always there and short: then it is written along with others that change, without a list of changes. */
function isDirect(field: StoredField): boolean {
  return !hasNull(field) && !field.optional && !['string', 'bytes'].includes(field.kind)
}

/** Lua that checks a written field of {@link isDirect} and computes its text, `e<n>`. */
function directCode(writer: LuaWriter, field: StoredField, n: number, old: string, indexed: boolean): string {
  const x = member('f', field.name)
  const type = field.kind as ExprType
  let text = `if ${x} == nil then ${raise('NULL_VALUE', field.property)} end\n`
  for (const check of ruleChecks(writer.uses, field, x))
    text += `if ${check} then ${raise('OUT_OF_RANGE', field.property)} end\n`
  text += `local e${n} = ${writer.toText(type, x)}\n`
  if (representation(type) === 'text') text += escapeCode(`e${n}`)
  if (indexed) text += `if e${n} ~= ${old} then ${member('ch', field.name)} = true end\n`
  return text
}

/** Lua for text that starts with the mark of null, which gets one more of it. */
function escapeCode(text: string): string {
  return `if byte(${text}) == 0 then ${text} = '\\0' .. ${text} end\n`
}

/** Lua that checks a written field and notes its change. */
function changeCode(writer: LuaWriter, field: StoredField, old: string, indexed: boolean): string {
  const name = quote(field.name)
  const type = field.kind as ExprType
  let absent = 'false'
  if (hasNull(field)) absent = field.optional ? `(not ${member('u', field.name)}) and '\\0'` : `'\\0'`
  let text = `do\n  local x, e = ${member('f', field.name)}, false\n  if x == nil then\n`
  text += field.optional || hasNull(field) ? `    e = ${absent}\n` : `    ${raise('NULL_VALUE', field.property)}\n`
  text += '  else\n'
  for (const check of ruleChecks(writer.uses, field))
    text += `    if ${check} then ${raise('OUT_OF_RANGE', field.property)} end\n`
  text += `    e = ${writer.toText(type, 'x')}\n`
  if (representation(type) === 'text') text += `    ${escapeCode('e')}`
  text += '  end\n'
  const mark = indexed ? ` ${member('ch', field.name)} = true` : ''
  const put = `s[#s + 1] = ${name} s[#s + 1] = e`
  const change = field.optional || hasNull(field) ? `if e then ${put} else d[#d + 1] = ${name} end` : put
  text += `  if e ~= ${old} then${mark} ${change} end\nend\n`
  return text
}

/** Lua table `w`: the names of fields that get another value and of collections that are written. */
function changesCode(
  writer: LuaWriter,
  keys: KeyList,
  direct: readonly (readonly [differs: string, field: StoredField])[],
  listed: boolean,
  vanish: boolean,
): string {
  let text = 'local w = {}\n'
  for (const [differs, { name }] of direct) text += `if ${differs} then w[#w + 1] = ${quote(name)} end\n`
  if (listed) text += 'for i = 1, #s, 2 do w[#w + 1] = s[i] end\n'
  if (vanish) text += 'for i = 1, #d do w[#w + 1] = d[i] end\n'
  if (writer.opens.size === 0) return text
  text += 'local touched = {}\nfor i = 1, #queue do touched[queue[i][2]] = true end\n'
  for (const { field } of writer.opens.values()) {
    const { name } = writer.spec.byProperty.get(field)!
    text += `if touched[${keys.at(`c:${name}`)}] then w[#w + 1] = ${quote(name)} end\n`
  }
  return text
}

/** Lua that runs `then` on a row that expires, at `due`. */
function dueCode(keys: KeyList, then: string): string {
  return `  local due = call('ZSCORE', ${keys.at('exp')}, id)\n  if due then\n${then}  end\n`
}

/** Lua that gives the row its time again, if it is time for that, and then runs `then`. */
function extendCode(keys: KeyList, spec: ModelSpec, ttlPosition: number, then: string): string {
  const moved = `      queue[#queue + 1] = { 'ZADD', ${keys.at('exp')}, due, id }\n${deadlineCode(keys, ['row'])}`
  return refreshCode(spec.ttl!, `r[${ttlPosition}]`, decimal, moved + then)
}

/** Lua that queues the deadline of the row for these keys. */
function deadlineCode(keys: KeyList, roles: readonly string[]): string {
  return roles.map((role) => `    queue[#queue + 1] = { 'PEXPIREAT', ${keys.at(role)}, due }\n`).join('')
}
