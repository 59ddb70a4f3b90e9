// What a program means, in TypeScript: runs the same nodes over plain values. Slow, obvious, and shares no code with the compiler.
import type { ModelSpec } from '../../packages/model/src/model.ts'
import type { CollectionRef, Expr, ExprType, Op, ProgramNodes } from '../../packages/model/src/ops.ts'

export class Failure extends Error {
  readonly reason: string
  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

export interface State {
  /** Properties to values; dates as milliseconds; null is null, absent is unset. */
  readonly row: Map<string, unknown>
  readonly lists: Map<string, unknown[]>
  readonly sets: Map<string, Set<unknown>>
  readonly maps: Map<string, Map<string, unknown>>
  readonly boards: Map<string, Map<unknown, number>>
}

const fail = (reason: string): never => {
  throw new Failure(reason)
}
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const order = (a: unknown, b: unknown): number =>
  typeof a === 'string'
    ? byBytes(a, b as string)
    : (a as number) < (b as number)
      ? -1
      : (a as number) > (b as number)
        ? 1
        : 0

export class Interpreter {
  private readonly spec: ModelSpec
  private readonly args: readonly unknown[]
  private readonly state: State
  private readonly vars = new Map<number, unknown>()
  private readonly written = new Set<string>()
  private readonly loops = new Map<number, { drop: () => void; put: (value: unknown) => void }>()

  /** `args` are decoded values by slot. The state is changed; give a copy. */
  constructor(spec: ModelSpec, args: readonly unknown[], state: State) {
    this.spec = spec
    this.args = args
    this.state = state
  }

  run(nodes: ProgramNodes): unknown[] {
    this.ops(nodes.ops)
    const returns = nodes.returns.map(({ node }) => this.value(node) ?? null)
    for (const field of this.spec.scalars) {
      if (!this.written.has(field.property)) continue
      const value = this.state.row.get(field.property)
      if (value === null || value === undefined) {
        if (!field.nullable && !field.optional) fail('NULL_VALUE')
        if (value === null && !field.nullable) this.state.row.delete(field.property)
        if (value === undefined && !field.optional) this.state.row.set(field.property, null)
        continue
      }
      const measure = field.kind === 'string' ? [...(value as string)].length : (value as number | bigint)
      if (field.min !== undefined && measure < field.min) fail('OUT_OF_RANGE')
      if (field.max !== undefined && measure > field.max) fail('OUT_OF_RANGE')
    }
    return returns
  }

  private ops(ops: readonly Op[]): void {
    for (const op of ops) this.op(op)
  }

  private op(op: Op): void {
    switch (op.op) {
      case 'set':
        this.written.add(op.field)
        this.state.row.set(op.field, this.value(op.value) ?? null)
        return
      case 'unset':
        this.written.add(op.field)
        this.state.row.delete(op.field)
        return
      case 'let':
        this.vars.set(op.id, this.value(op.value))
        return
      case 'fail':
        fail(String(this.args[op.code]))
        return
      case 'when':
        this.ops(op.branches.find((branch) => this.value(branch.cond) === true)?.body ?? op.otherwise)
        return
      case 'mutate':
        this.vars.set(op.id, this.mutate(op))
        return
      case 'read':
        this.vars.set(op.id, this.read(op))
        return
      case 'each':
        this.each(op)
        return
      case 'dropItem':
        this.loops.get(op.item)!.drop()
        return
      case 'putItem':
        this.loops.get(op.item)!.put(this.need(op.value))
        return
      case 'quantify': {
        const items = this.items(op.of, Number(this.need(op.most)))
        let result: unknown = op.mode === 'every' ? true : op.mode === 'count' ? 0 : op.mode === 'some' ? false : null
        for (const [item, value] of items) {
          this.vars.set(op.item, item)
          this.vars.set(op.value, value)
          const holds = this.value(op.cond) === true
          if (op.mode === 'count') result = (result as number) + Number(holds)
          else if (op.mode === 'every' ? !holds : holds) {
            result = op.mode === 'find' ? item : op.mode === 'some'
            break
          }
        }
        this.vars.set(op.id, result)
      }
    }
  }

  private list(of: CollectionRef): unknown[] {
    return this.state.lists.get(of.field)!
  }

  private items(of: CollectionRef, most: number): [unknown, unknown][] {
    const items: [unknown, unknown][] =
      of.kind === 'list'
        ? this.list(of).map((item) => [item, null])
        : of.kind === 'set'
          ? this.sorted(of).map((item) => [item, null])
          : of.kind === 'map'
            ? [...this.state.maps.get(of.field)!].sort((a, b) => byBytes(a[0], b[0]))
            : this.ranked(of)
    if (items.length > most) fail('LOOP_LIMIT')
    return items
  }

  private sorted(of: CollectionRef): unknown[] {
    return [...this.state.sets.get(of.field)!].sort((a, b) => byBytes(String(a), String(b)))
  }

  private ranked(of: CollectionRef): [unknown, number][] {
    return [...this.state.boards.get(of.field)!].sort((a, b) => a[1] - b[1] || byBytes(String(a[0]), String(b[0])))
  }

  private each(op: Extract<Op, { op: 'each' }>): void {
    let items = this.items(op.of, Number.POSITIVE_INFINITY)
    if (op.of.kind === 'sortedSet') {
      if (op.rev) items.reverse()
      const [from, to] = op.range ? op.range.map((each) => Number(this.need(each))) : [0, -1]
      items = slice(items, from!, to!)
    }
    if (items.length > Number(this.need(op.most))) fail('LOOP_LIMIT')
    const dropped = new Set<number>()
    items.forEach(([item, value], i) => {
      this.vars.set(op.item, item)
      this.vars.set(op.value, value)
      this.loops.set(op.item, {
        drop: () => {
          if (op.of.kind === 'list') dropped.add(i)
          else if (op.of.kind === 'set') this.state.sets.get(op.of.field)!.delete(item)
          else if (op.of.kind === 'map') this.state.maps.get(op.of.field)!.delete(item as string)
          else this.state.boards.get(op.of.field)!.delete(item)
        },
        put: (next) => {
          this.list(op.of)[i] = next
          this.vars.set(op.item, next)
        },
      })
      this.ops(op.body)
    })
    if (dropped.size > 0) {
      const kept = this.list(op.of).filter((_, i) => !dropped.has(i))
      this.state.lists.set(op.of.field, kept)
    }
  }

  private read(op: Extract<Op, { op: 'read' }>): unknown {
    const args = op.args.map((arg) => Number(this.need(arg)))
    if (op.fn === 'entries') return Object.fromEntries(this.state.maps.get(op.of.field)!)
    if (op.fn === 'items') return op.of.kind === 'list' ? [...this.list(op.of)] : this.sorted(op.of)
    if (op.of.kind === 'list') return slice(this.list(op.of), args[0]!, args[1]!)
    const ranked = this.ranked(op.of)
    if (op.rev) ranked.reverse()
    const range = slice(ranked, args[0]!, args[1]!)
    return op.fn === 'rangeWithScores' ? range : range.map(([member]) => member)
  }

  private mutate(op: Extract<Op, { op: 'mutate' }>): unknown {
    const args = op.args.map((arg) => this.need(arg))
    const [a, b] = args
    const { of } = op
    if (of.kind === 'list') {
      const list = this.list(of)
      switch (op.fn) {
        case 'push':
          return list.push(a)
        case 'unshift':
          return list.unshift(a)
        case 'pop':
          return list.pop() ?? null
        case 'shift':
          return list.shift() ?? null
        case 'put': {
          const i = Number(a) < 0 ? Number(a) + list.length : Number(a)
          if (i < 0 || i >= list.length) fail('OUT_OF_RANGE')
          list[i] = b
          return null
        }
        case 'insertBefore':
        case 'insertAfter': {
          const i = list.indexOf(a)
          if (i === -1) return false
          list.splice(op.fn === 'insertBefore' ? i : i + 1, 0, b)
          return true
        }
        case 'removeItem': {
          const count = Number(b)
          let left = count === 0 ? list.length : Math.abs(count)
          const from = count < 0 ? [...list.keys()].reverse() : [...list.keys()]
          const gone = new Set<number>()
          for (const i of from) if (left > 0 && list[i] === a && left-- > 0) gone.add(i)
          this.state.lists.set(
            of.field,
            list.filter((_, i) => !gone.has(i)),
          )
          return gone.size
        }
        case 'trim':
          this.state.lists.set(of.field, slice(list, Number(a), Number(b)))
          return null
        default:
          this.state.lists.set(of.field, [])
          return null
      }
    }
    if (of.kind === 'set') {
      const set = this.state.sets.get(of.field)!
      if (op.fn === 'clear') set.clear()
      if (op.fn === 'remove') return Number(set.delete(a))
      const fresh = op.fn === 'add' && !set.has(a)
      if (op.fn === 'add') set.add(a)
      return Number(fresh)
    }
    if (of.kind === 'map') {
      const map = this.state.maps.get(of.field)!
      const key = a as string
      switch (op.fn) {
        case 'mapSet': {
          const fresh = !map.has(key)
          map.set(key, b)
          return fresh
        }
        case 'mapDelete':
          return map.delete(key)
        case 'mapAdd': {
          const sum = arithmetic(of.element, '+', map.get(key) ?? 0, b)
          map.set(key, sum)
          return sum
        }
        default:
          map.clear()
          return null
      }
    }
    const board = this.state.boards.get(of.field)!
    switch (op.fn) {
      case 'add': {
        const fresh = !board.has(a)
        board.set(a, b as number)
        return fresh
      }
      case 'scoreAdd': {
        const sum = arithmetic('float', '+', board.get(a) ?? 0, b) as number
        board.set(a, sum)
        return sum
      }
      case 'remove':
        return Number(board.delete(a))
      case 'popMin':
      case 'popMax': {
        const member = this.ranked(of).at(op.fn === 'popMin' ? 0 : -1)?.[0] ?? null
        if (member !== null) board.delete(member)
        return member
      }
      default:
        board.clear()
        return null
    }
  }

  private need(node: Expr): unknown {
    const value = this.value(node)
    return value === null || value === undefined ? fail('NULL_VALUE') : value
  }

  private value(node: Expr): unknown {
    switch (node.k) {
      case 'arg':
        return this.args[node.slot]
      case 'null':
        return null
      case 'field':
        return this.state.row.get(node.field) ?? null
      case 'var':
        return this.vars.get(node.id) ?? null
      case 'widen':
        return BigInt(this.need(node.a) as number)
      case 'arith':
        return arithmetic(node.type, node.op, this.need(node.a), this.need(node.b))
      case 'compare': {
        const a = this.value(node.a)
        const b = this.value(node.b)
        if (node.op === 'eq') return a === b
        if (node.op === 'ne') return a !== b
        if (a === null || b === null) return false
        const sign = order(a, b)
        return node.op === 'gt' ? sign > 0 : node.op === 'gte' ? sign >= 0 : node.op === 'lt' ? sign < 0 : sign <= 0
      }
      case 'in':
        return (this.args[node.list] as unknown[]).includes(this.value(node.a))
      case 'and':
        return node.items.every((item) => this.value(item) === true)
      case 'or':
        return node.items.some((item) => this.value(item) === true)
      case 'not':
        return this.value(node.a) !== true
      case 'isNull':
        return this.value(node.a) === null
      case 'text': {
        const a = this.value(node.a) as string | null
        const b = this.value(node.b) as string | null
        if (a === null || b === null) return false
        return node.fn === 'contains' ? a.includes(b) : node.fn === 'startsWith' ? a.startsWith(b) : a.endsWith(b)
      }
      case 'length': {
        const a = this.value(node.a) as string | null
        return a === null ? null : [...a].length
      }
      case 'concat':
        return `${this.need(node.a)}${this.need(node.b)}`
      case 'slice': {
        const a = this.value(node.a) as string | null
        const from = this.need(node.from) as number
        const to = node.to ? (this.need(node.to) as number) : undefined
        return a === null ? null : [...a].slice(from, to).join('')
      }
      case 'swap': {
        const a = this.need(node.a) as string
        const from = this.need(node.from) as string
        const to = this.need(node.to) as string
        if (from === '') return a
        return node.all ? a.split(from).join(to) : a.replace(from, () => to)
      }
      case 'floorTo': {
        const unit = this.need(node.unit) as number
        return Math.floor((this.need(node.a) as number) / unit) * unit
      }
      case 'pick':
        return this.value(node.cond) === true ? this.value(node.yes) : this.value(node.no)
      case 'orElse':
        return this.value(node.a) ?? this.value(node.b)
      case 'size':
        return this.sizeOf(node.of)
      case 'has': {
        const a = this.need(node.a)
        if (node.of.kind === 'list') return this.list(node.of).includes(a)
        if (node.of.kind === 'set') return this.state.sets.get(node.of.field)!.has(a)
        if (node.of.kind === 'map') return this.state.maps.get(node.of.field)!.has(a as string)
        return this.state.boards.get(node.of.field)!.has(a)
      }
      case 'at': {
        const a = this.need(node.a)
        if (node.of.kind === 'list') return this.list(node.of).at(a as number) ?? null
        if (node.of.kind === 'map') return this.state.maps.get(node.of.field)!.get(a as string) ?? null
        return this.state.boards.get(node.of.field)!.get(a) ?? null
      }
      case 'rank': {
        const a = this.need(node.a)
        const ranked = this.ranked(node.of)
        if (node.rev) ranked.reverse()
        const i = ranked.findIndex(([member]) => member === a)
        return i === -1 ? null : i
      }
      case 'countBetween': {
        const low = this.need(node.a) as number
        const high = this.need(node.b) as number
        return this.ranked(node.of).filter(([, score]) => score >= low && score <= high).length
      }
    }
    throw new Error(`The interpreter does not know ${node.k}`)
  }

  private sizeOf(of: CollectionRef): number {
    if (of.kind === 'list') return this.list(of).length
    return (this.state.sets.get(of.field) ?? this.state.maps.get(of.field) ?? this.state.boards.get(of.field))!.size
  }
}

/** Positions from..to, both included, negative from the end, as Redis counts. */
function slice<T>(items: readonly T[], from: number, to: number): T[] {
  const n = items.length
  const start = Math.max(from < 0 ? from + n : from, 0)
  const end = to < 0 ? to + n : to
  return start > end ? [] : items.slice(start, end + 1)
}

function arithmetic(type: ExprType, op: string, a: unknown, b: unknown): unknown {
  if (type === 'bigint') return exact(op, a as bigint, b as bigint)
  const [x, y] = [a as number, b as number]
  if (op === 'least') return Math.min(x, y)
  if (op === 'greatest') return Math.max(x, y)
  if ((op === '/' || op === '%') && y === 0) fail('DIVISION_BY_ZERO')
  let result =
    op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : op === '%' ? x % y : x ** y
  if (type === 'int' && op === '/') result = Math.trunc(result)
  if (type === 'int' && op === '^' && y < 0) fail('OUT_OF_RANGE')
  const limit = type === 'int' ? Number.MAX_SAFE_INTEGER : type === 'date' ? 864e13 : Number.MAX_VALUE
  if (!(Math.abs(result) <= limit)) fail('OVERFLOW')
  return result + 0
}

function exact(op: string, a: bigint, b: bigint): bigint {
  if (op === 'least') return a < b ? a : b
  if (op === 'greatest') return a > b ? a : b
  if ((op === '/' || op === '%') && b === 0n) fail('DIVISION_BY_ZERO')
  const result = op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '/' ? a / b : a % b
  return BigInt.asIntN(64, result) === result ? result : (fail('OVERFLOW') as never)
}
