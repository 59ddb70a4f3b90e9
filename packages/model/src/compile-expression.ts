// Expressions and statements of a program as Lua text. Pure: nodes in, text out.
//
// Fields live in the table `f`, variables in `v`, views of collections in `c`; packed arguments are unpacked once into
// `L` (lists) and `S` (sets).

import { mutationCode, readingCode, repeatedCode } from './compile-collection.ts'
import { type FieldSpec, hasNull } from './fields.ts'
import type { LuaUses } from './lua/library.ts'
import { member, quote } from './lua/quote.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { ArithmeticOp, CollectionRef, Expr, ExprType, Op } from './ops.ts'

export type Representation = 'number' | 'decimal' | 'text' | 'truth'

/** How a script holds a kind of value. */
export function representation(type: ExprType): Representation {
  switch (type) {
    case 'int':
    case 'float':
    case 'date':
      return 'number'
    case 'bigint':
      return 'decimal'
    case 'boolean':
      return 'truth'
    default:
      return 'text'
  }
}

/** Lua that ends the script with a failure. */
export function raise(code: string, field: string): string {
  return `error(${quote(`OCHRE[${code} ${field}]`)}, 0)`
}

/** Lua of an integral number as decimal text, without an exponent and never -0. */
export function decimal(code: string): string {
  return `format('%.0f', ${code} + 0)`
}

/** What sums, differences and products must satisfy; and the function that checks it inside an expression. */
const LIMITS: Readonly<Partial<Record<ExprType, { readonly test: (x: string) => string; readonly fn: string }>>> = {
  int: { test: (x) => `${x} >= -9007199254740991 and ${x} <= 9007199254740991`, fn: 'safe' },
  date: { test: (x) => `${x} >= -8640000000000000 and ${x} <= 8640000000000000`, fn: 'instant' },
  float: { test: (x) => `${x} > -math.huge and ${x} < math.huge`, fn: 'finite' },
}

/** Lua conditions that `x`, a value of the field that is not null, must not satisfy: its bounds and members. */
export function ruleChecks(uses: LuaUses, field: FieldSpec, x = 'x'): string[] {
  const { kind, min, max, members } = field
  if (kind === 'enum') return [`not ({ ${members!.map((member) => `[${quote(member)}] = true`).join(', ')} })[${x}]`]
  const compare = (sign: '<' | '>', bound: number | bigint): string => {
    if (kind === 'bigint') return `${uses.use('b_cmp')}(${x}, '${bound}') ${sign} 0`
    if (kind === 'bytes') return `#${x} ${sign} ${bound}`
    if (kind !== 'string') return `${x} ${sign} ${bound}`
    const characters = `${uses.use('chars')}(${x}) ${sign} ${bound}`
    return sign === '>' ? `#${x} > ${bound} and ${characters}` : characters
  }
  return [...(min === undefined ? [] : [compare('<', min)]), ...(max === undefined ? [] : [compare('>', max)])]
}

/** Opens of views by kind of collection. */
const OPEN: Readonly<Record<CollectionRef['kind'], string>> = {
  list: 'l_open',
  set: 's_open',
  map: 'h_open',
  sortedSet: 'z_open',
  geo: 'z_open',
  stream: 'x_open',
}

export class LuaWriter {
  readonly uses: LuaUses
  readonly spec: ModelSpec
  /** Where in ARGV slot 0 is. */
  private readonly firstArg: number
  /** Fields whose values the text reads; collections it opens. */
  readonly reads: Set<StoredField> = new Set()
  readonly opens: Map<string, CollectionRef> = new Map()
  readonly writes: Set<StoredField> = new Set()
  readonly unpacked: Map<number, string> = new Map()
  /** Lua of the row's id. */
  idCode = 'ARGV[1]'
  private label = ''
  private loops = 0
  private readonly loopOf: Map<number, { readonly items: string; readonly i: string }> = new Map()

  constructor(uses: LuaUses, spec: ModelSpec, firstArg: number) {
    this.uses = uses
    this.spec = spec
    this.firstArg = firstArg
  }

  argv(slot: number): string {
    return `ARGV[${slot + this.firstArg}]`
  }

  /** Text from Redis or ARGV, present and without the row's mark, as the script holds it. */
  fromText(type: ExprType, text: string): string {
    switch (representation(type)) {
      case 'number':
        return `tonumber(${text})`
      case 'truth':
        return `(${text} == '1')`
      default:
        return type === 'json' ? `${this.uses.use('j_val')}(${text})` : text
    }
  }

  /** The same for text that may be nil or false. */
  fromMaybe(type: ExprType, text: string): string {
    switch (representation(type)) {
      case 'number':
        return `${this.uses.use(type === 'float' ? 'num' : 'as_int')}(${text}, ${quote(this.label)})`
      case 'truth':
        return `${this.uses.use('bool')}(${text}, ${quote(this.label)})`
      case 'decimal':
        return `${this.uses.use('big')}(${text}, ${quote(this.label)})`
      default:
        return type === 'json' ? `${this.uses.use('j_val')}(${text})` : text
    }
  }

  /** A row's hash value as the script holds it; nil when null or absent. */
  fromRow(field: FieldSpec & { readonly name: string }, text: string): string {
    switch (representation(field.kind as ExprType)) {
      case 'number':
        return `${this.uses.use(field.kind === 'float' ? 'num' : 'as_int')}(${text}, ${quote(field.name)})`
      case 'truth':
        return `${this.uses.use('bool')}(${text}, ${quote(field.name)})`
      case 'decimal':
        return `${this.uses.use('big')}(${this.uses.use('raw')}(${text}), ${quote(field.name)})`
      default: {
        const code = `${this.uses.use('raw')}(${text})`
        return field.kind === 'json' ? `${this.uses.use('j_val')}(${code})` : code
      }
    }
  }

  /** What the script holds, not nil, as text for Redis, without the row's mark. */
  toText(type: ExprType, code: string): string {
    switch (type) {
      case 'int':
      case 'date':
        return decimal(code)
      case 'float':
        return `${this.uses.use('float')}(${code})`
      case 'boolean':
        return `(${code} and '1' or '0')`
      default:
        return code
    }
  }

  need(node: Expr): string {
    const code = this.expr(node)
    return this.maybe(node) ? `${this.uses.use('some')}(${code}, ${quote(this.label)})` : code
  }

  /** Whether the value may be nil. */
  maybe(node: Expr): boolean {
    switch (node.k) {
      case 'null':
      case 'var':
      case 'jsonGet':
      case 'jsonSize':
      case 'jsonAs':
      case 'at':
      case 'rank':
        return true
      case 'arg':
        return node.maybe === true
      case 'field': {
        const field = this.spec.byProperty.get(node.field)!
        return field.optional || hasNull(field)
      }
      case 'length':
      case 'slice':
      case 'bitCount':
        return this.maybe(node.a)
      case 'pick':
        return this.maybe(node.yes) || this.maybe(node.no)
      case 'orElse':
        return this.maybe(node.b)
      default:
        return false
    }
  }

  /** A condition: exactly true or false. */
  truth(node: Expr): string {
    const code = this.expr(node)
    return this.maybe(node) ? `(${code} == true)` : code
  }

  expr(node: Expr): string {
    const { uses } = this
    switch (node.k) {
      case 'arg':
        if (node.maybe) {
          const text = `${uses.use('raw')}(${this.argv(node.slot)})`
          return this.fromMaybe(node.type, text)
        }
        return this.fromText(node.type, this.argv(node.slot))
      case 'null':
        return 'nil'
      case 'field': {
        const field = this.spec.byProperty.get(node.field)!
        if (field === this.spec.id) return node.type === 'int' ? `tonumber(${this.idCode})` : this.idCode
        this.reads.add(field)
        return member('f', field.name)
      }
      case 'var':
        return `v[${node.id}]`
      case 'now':
        uses.use('now')
        return 'now'
      case 'widen':
        return decimal(this.need(node.a))
      case 'arith':
        return this.arithmetic(node.type, node.op, this.need(node.a), this.need(node.b))
      case 'compare':
        return this.comparison(node)
      case 'in': {
        const set = this.unpack(node.list, node.a.type)
        return node.a.type === 'json' ? this.jsonIn(node.a, node.list) : `(${set}[${this.key(node.a)}] == true)`
      }
      case 'and':
      case 'or':
        return `(${node.items.map((item) => this.truth(item)).join(` ${node.k} `)})`
      case 'not':
        return `(not ${this.truth(node.a)})`
      case 'isNull':
        return `(${this.expr(node.a)} == nil)`
      case 'text': {
        const fn = node.fn === 'contains' ? 't_has' : node.fn === 'startsWith' ? 't_starts' : 't_ends'
        return `${uses.use(fn)}(${this.expr(node.a)}, ${this.expr(node.b)})`
      }
      case 'length':
        return `${uses.use(node.a.type === 'bytes' ? 'len' : 'chars')}(${this.expr(node.a)})`
      case 'concat':
        return `${uses.use('join')}(${this.need(node.a)}, ${this.need(node.b)}, ${quote(this.label)})`
      case 'slice': {
        const fn = uses.use(node.type === 'bytes' ? 'bslice' : 'slice')
        return `${fn}(${this.expr(node.a)}, ${this.need(node.from)}, ${node.to ? this.need(node.to) : 'nil'})`
      }
      case 'swap':
        return `${uses.use('swap')}(${this.need(node.a)}, ${this.need(node.from)}, ${this.need(node.to)}, ${node.all}, ${quote(this.label)})`
      case 'overlay':
        return `${uses.use('overlay')}(${this.need(node.a)}, ${this.need(node.at)}, ${this.need(node.part)}, ${quote(this.label)})`
      case 'setBit':
        return `${uses.use('setbit')}(${this.need(node.a)}, ${this.need(node.at)}, ${this.need(node.on)}, ${quote(this.label)})`
      case 'getBit':
        return `${uses.use('getbit')}(${this.expr(node.a)}, ${this.need(node.at)})`
      case 'bitCount':
        return `${uses.use('bitcount')}(${this.expr(node.a)})`
      case 'floorTo': {
        const unit = this.need(node.unit)
        return `(floor(${this.need(node.a)} / ${unit}) * ${unit})`
      }
      case 'pick':
        return `(function() if ${this.truth(node.cond)} then return ${this.expr(node.yes)} end return ${this.expr(node.no)} end)()`
      case 'orElse':
        if (node.type !== 'boolean') return `(${this.expr(node.a)} or ${this.expr(node.b)})`
        return `(function() local x = ${this.expr(node.a)} if x == nil then return ${this.expr(node.b)} end return x end)()`
      case 'jsonGet':
        return `${uses.use('j_get')}(${this.expr(node.a)}, ${this.path(node.path)}, ${quote(this.origin(node.a))})`
      case 'jsonSize':
        return `${uses.use('j_size')}(${this.expr(node.a)}, ${this.path(node.path)}, ${quote(this.origin(node.a))})`
      case 'jsonSet':
        return `${uses.use('j_set')}(${this.expr(node.a)}, ${this.path(node.path)}, ${this.jsonText(node.value)}, ${quote(this.label)})`
      case 'jsonPush':
        return `${uses.use('j_push')}(${this.expr(node.a)}, ${this.path(node.path)}, ${this.jsonText(node.value)}, ${quote(this.label)})`
      case 'jsonAdd':
        return `${uses.use('j_add')}(${this.expr(node.a)}, ${this.path(node.path)}, ${this.toText('float', this.need(node.by))}, ${quote(this.label)})`
      case 'jsonDelete':
        return `${uses.use('j_del')}(${this.expr(node.a)}, ${this.path(node.path)}, ${quote(this.label)})`
      case 'jsonAs':
        return `${uses.use(node.type === 'float' ? 'j_number' : 'j_string')}(${this.expr(node.a)})`
      case 'size':
        return `${this.view(node.of)}.n`
      case 'has':
        return this.membership(node.of, node.a)
      case 'at':
        return this.item(node.of, node.a)
      case 'rank':
        return `${uses.use('z_rank')}(${this.view(node.of)}, ${this.element(node.of, node.a)}, ${node.rev})`
      case 'countBetween':
        return `${uses.use('z_count')}(${this.view(node.of)}, ${this.need(node.a)}, ${this.need(node.b)})`
    }
  }

  /** The field that a document is read from, as far as it shows. */
  private origin(node: Expr): string {
    return node.k === 'field' ? node.field : node.k === 'jsonGet' ? this.origin(node.a) : this.label
  }

  private jsonText(node: Expr): string {
    return `(${this.expr(node)} or 'null')`
  }

  arithmetic(type: ExprType, op: ArithmeticOp, a: string, b: string): string {
    const { uses } = this
    const label = quote(this.label)
    if (type === 'bigint') {
      if (op === 'least' || op === 'greatest') {
        uses.use('b_min')
        return `${op === 'least' ? 'b_min' : 'b_max'}(${a}, ${b})`
      }
      const fn = { '+': 'b_add', '-': 'b_sub', '*': 'b_mul', '/': 'b_quot', '%': 'b_rem', '^': 'b_pow' }[op]
      return `${uses.use(fn)}(${a}, ${b}, ${label})`
    }
    const bounded = LIMITS[type]!.fn
    switch (op) {
      case 'least':
        return `math.min(${a}, ${b})`
      case 'greatest':
        return `math.max(${a}, ${b})`
      case '+':
      case '-':
      case '*':
        return `${uses.use(bounded)}(${a} ${op} ${b}, ${label})`
      case '/':
        if (type === 'int') return `${uses.use('quot')}(${a}, ${b}, ${label})`
        return `${uses.use('finite')}(${uses.use('over')}(${a}, ${b}, ${label}), ${label})`
      case '%':
        return `${uses.use('rem')}(${a}, ${b}, ${label})`
      case '^':
        if (type === 'int') return `${uses.use('ipow')}(${a}, ${b}, ${label})`
        return `${uses.use('finite')}(${a} ^ ${b}, ${label})`
    }
  }

  private comparison(node: Extract<Expr, { k: 'compare' }>): string {
    const { uses } = this
    const a = this.expr(node.a)
    const b = this.expr(node.b)
    if (node.op === 'eq' || node.op === 'ne') {
      const equal = node.a.type === 'json' ? `${uses.use('j_eq')}(${a}, ${b})` : `(${a} == ${b})`
      return node.op === 'eq' ? equal : `(not ${equal})`
    }
    const swap = node.op === 'gt' || node.op === 'gte'
    const strict = node.op === 'gt' || node.op === 'lt'
    const [x, y] = swap ? [b, a] : [a, b]
    const kind = representation(node.a.type)
    if (kind === 'decimal') {
      uses.use('b_lt')
      return `${strict ? 'b_lt' : 'b_le'}(${x}, ${y})`
    }
    if (kind === 'text') {
      uses.use('t_lt')
      return `${strict ? 't_lt' : 't_le'}(${x}, ${y})`
    }
    if (!this.maybe(node.a) && !this.maybe(node.b)) return `(${x} ${strict ? '<' : '<='} ${y})`
    uses.use('n_lt')
    return `${strict ? 'n_lt' : 'n_le'}(${x}, ${y})`
  }

  /** A table that has the packed values of a slot as keys. */
  private unpack(slot: number, type: ExprType): string {
    if (!this.unpacked.has(slot)) {
      this.uses.use('unlist')
      this.unpacked.set(
        slot,
        `S[${slot}] = {} for _, x in ipairs(unlist(${this.argv(slot)})) do S[${slot}][${this.fromText(type, 'x')}] = true end`,
      )
    }
    return `S[${slot}]`
  }

  private key(node: Expr): string {
    const code = this.expr(node)
    // Indexing with nil is a read of nothing, which is false.
    return code
  }

  private jsonIn(a: Expr, slot: number): string {
    this.uses.use('unlist')
    this.uses.use('j_eq')
    this.unpacked.set(slot, `L[${slot}] = unlist(${this.argv(slot)})`)
    return `(function() local x = ${this.expr(a)} for _, y in ipairs(L[${slot}]) do if j_eq(x, y) then return true end end return false end)()`
  }

  private path(slot: number): string {
    return this.packed(slot)
  }

  /** The values of a slot that holds several, unpacked once. */
  packed(slot: number): string {
    this.uses.use('unlist')
    this.unpacked.set(slot, `L[${slot}] = unlist(${this.argv(slot)})`)
    return `L[${slot}]`
  }

  // Collections

  /** The view of a collection, opened at the top of the script. */
  view(of: CollectionRef): string {
    this.opens.set(of.field, of)
    this.uses.use(OPEN[of.kind])
    return member('c', this.spec.byProperty.get(of.field)!.name)
  }

  openView(of: CollectionRef, key: string): string {
    const { name } = this.spec.byProperty.get(of.field)!
    return `${member('c', name)} = ${this.uses.use(OPEN[of.kind])}(${key}, ${quote(name)})`
  }

  /** An element as the text that Redis holds. */
  element(of: CollectionRef, node: Expr): string {
    if (of.element === 'json') return `(${this.expr(node)} or 'null')`
    return this.toText(of.element, this.need(node))
  }

  /** The same of an element that is stored: within the rules of the collection's elements. */
  stored(of: CollectionRef, node: Expr): string {
    const checks = ruleChecks(this.uses, this.spec.byProperty.get(of.field)!.element!)
    const text =
      checks.length === 0
        ? this.element(of, node)
        : `(function() local x = ${this.need(node)} ${this.within(of, checks)}return ${this.toText(of.element, 'x')} end)()`
    return ['string', 'bytes', 'json'].includes(of.element)
      ? `${this.uses.use('held')}(${text}, ${quote(of.field)})`
      : text
  }

  /** Lua that fails when `x` is not within the rules of the collection's elements. */
  within(of: CollectionRef, checks: readonly string[]): string {
    return checks
      .map((check) => `if ${check} then ${this.uses.use('err')}('OUT_OF_RANGE', ${quote(of.field)}) end `)
      .join('')
  }

  private membership(of: CollectionRef, a: Expr): string {
    const view = this.view(of)
    const { uses } = this
    switch (of.kind) {
      case 'list':
        return `${uses.use('l_has')}(${view}, ${this.element(of, a)})`
      case 'set':
        return `${uses.use('s_has')}(${view}, ${this.element(of, a)})`
      case 'map':
        return `(${uses.use('h_get')}(${view}, ${this.need(a)}) ~= nil)`
      default:
        return `(${uses.use('z_score')}(${view}, ${this.element(of, a)}) ~= nil)`
    }
  }

  private item(of: CollectionRef, a: Expr): string {
    const view = this.view(of)
    const { uses } = this
    if (of.kind === 'list' || of.kind === 'map') {
      const held = `${uses.use(of.kind === 'list' ? 'l_at' : 'h_get')}(${view}, ${this.need(a)})`
      const outer = this.label
      this.label = of.field
      const code = this.fromMaybe(of.element, held)
      this.label = outer
      return code
    }
    return `${uses.use('z_score')}(${view}, ${this.element(of, a)})`
  }

  // Statements

  ops(ops: readonly Op[], indent: string): string {
    return ops.map((op) => this.op(op, indent)).join('')
  }

  private op(op: Op, indent: string): string {
    const { uses } = this
    switch (op.op) {
      case 'set': {
        const field = this.spec.byProperty.get(op.field)!
        this.writes.add(field)
        this.label = field.property
        const { value } = op
        const unset = field.optional && hasNull(field) ? ` ${member('u', field.name)} = nil` : ''
        const target = member('f', field.name)
        const limits = LIMITS[value.type]
        if (value.k !== 'arith' || !limits || !['+', '-', '*'].includes(value.op)) {
          // A field that is never null is not null for a moment either: the program goes on to compute with it.
          const code = field.optional || hasNull(field) ? this.expr(value) : this.need(value)
          return `${indent}${target} = ${code}${unset}\n`
        }
        // Checked by a statement, which is cheaper than a call.
        return `${indent}${target} = ${this.need(value.a)} ${value.op} ${this.need(value.b)}${unset}
${indent}if not (${limits.test(target)}) then ${raise('OVERFLOW', field.property)} end
`
      }
      case 'unset': {
        const field = this.spec.byProperty.get(op.field)!
        this.writes.add(field)
        const unset = hasNull(field) ? ` ${member('u', field.name)} = true` : ''
        return `${indent}${member('f', field.name)} = nil${unset}\n`
      }
      case 'let':
        this.label = ''
        return `${indent}v[${op.id}] = ${this.expr(op.value)}\n`
      case 'fail':
        return `${indent}do return { 1, 'FAIL', ${this.argv(op.code)} } end\n`
      case 'when': {
        this.label = ''
        let text = ''
        op.branches.forEach((branch, i) => {
          text += `${indent}${i === 0 ? 'if' : 'elseif'} ${this.truth(branch.cond)} then\n${this.ops(branch.body, `${indent}  `)}`
        })
        if (op.otherwise.length > 0) text += `${indent}else\n${this.ops(op.otherwise, `${indent}  `)}`
        return `${text}${indent}end\n`
      }
      case 'mutate':
        this.label = op.of.field
        return `${indent}${mutationCode(this, op)}\n`
      case 'mutateAll':
        this.label = op.of.field
        return `${indent}${repeatedCode(this, op)}\n`
      case 'read':
        this.label = op.of.field
        return `${indent}${readingCode(this, op)}\n`
      case 'each': {
        this.label = op.of.field
        const { head, i, items, foot } = this.loop(op.of, op.item, op.value, op.most, op.range, op.rev, indent)
        this.loopOf.set(op.item, { items, i })
        const body = this.ops(op.body, `${indent}  `)
        // Its own block, because a function has at most 200 local variables.
        return `${indent}do\n${head}${body}${indent}end\n${foot}${indent}end\n`
      }
      case 'dropItem': {
        const loop = this.loopOf.get(op.item)!
        const view = this.view(op.of)
        if (op.of.kind === 'list') return `${indent}drop_${loop.i}[${loop.i}] = true\n`
        const fn = op.of.kind === 'set' ? 's_remove' : op.of.kind === 'map' ? 'h_delete' : 'z_remove'
        return `${indent}${uses.use(fn)}(${view}, ${loop.items}[${loop.i}])\n`
      }
      case 'putItem': {
        const loop = this.loopOf.get(op.item)!
        this.label = op.of.field
        const code = op.of.element === 'json' ? this.expr(op.value) : this.need(op.value)
        const text = this.stored(op.of, { k: 'var', type: op.of.element, id: op.item })
        return `${indent}v[${op.item}] = ${code} ${uses.use('l_put')}(${this.view(op.of)}, ${loop.i} - 1, ${text})\n`
      }
      case 'quantify': {
        this.label = op.of.field
        const { head, i: _i } = this.loop(op.of, op.item, op.value, op.most, null, false, `${indent}  `)
        const cond = this.truth(op.cond)
        const start = { some: 'false', every: 'true', count: '0', find: 'nil' }[op.mode]
        const step = {
          some: `if ${cond} then v[${op.id}] = true break end`,
          every: `if not ${cond} then v[${op.id}] = false break end`,
          count: `if ${cond} then v[${op.id}] = v[${op.id}] + 1 end`,
          find: `if ${cond} then v[${op.id}] = v[${op.item}] break end`,
        }[op.mode]
        return `${indent}v[${op.id}] = ${start}\n${indent}do\n${head}${indent}    ${step}\n${indent}  end\n${indent}end\n`
      }
    }
  }

  private loop(
    of: CollectionRef,
    item: number,
    value: number,
    most: Expr,
    range: readonly [Expr, Expr] | null,
    rev: boolean,
    indent: string,
  ): { head: string; i: string; items: string; foot: string } {
    const { uses } = this
    const n = ++this.loops
    const items = `items_${n}`
    const i = `i_${n}`
    const view = this.view(of)
    const limit = this.need(most)
    let head = ''
    let foot = ''
    let bind = ''
    if (of.kind === 'list') {
      uses.use('l_drop')
      head = `${indent}local ${items}, drop_${i} = ${uses.use('l_each')}(${view}, ${limit}), {}\n`
      foot = `${indent}l_drop(${view}, drop_${i})\n`
      bind = `v[${item}] = ${this.fromMaybe(of.element, `${items}[${i}]`)}`
    } else if (of.kind === 'set') {
      head = `${indent}local ${items} = ${uses.use('s_each')}(${view}, ${limit})\n`
      bind = `v[${item}] = ${this.fromMaybe(of.element, `${items}[${i}]`)}`
    } else if (of.kind === 'map') {
      uses.use('h_get')
      head = `${indent}local ${items} = ${uses.use('h_each')}(${view}, ${limit})\n`
      bind = `v[${item}] = ${items}[${i}] v[${value}] = ${this.fromMaybe(of.element, `h_get(${view}, ${items}[${i}])`)}`
    } else {
      const [from, to] = range ? range.map((each) => this.need(each)) : ['0', '-1']
      head = `${indent}local ${items}, scores_${n} = ${uses.use('z_each')}(${view}, ${from}, ${to}, ${rev}, ${limit})\n`
      bind = `v[${item}] = ${this.fromMaybe(of.element, `${items}[${i}]`)} v[${value}] = scores_${n}[${items}[${i}]]`
    }
    head += `${indent}for ${i} = 1, #${items} do\n${indent}  ${bind}\n`
    return { head, i, items, foot }
  }
}
