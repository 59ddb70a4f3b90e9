// What a program means, in TypeScript: runs the same nodes over plain values. Slow, obvious, and shares no code with the compiler.
//
// A scalar is a number (int, float, date in ms), bigint, boolean, string (bytes with one character each), Json, or null. What a
// collection holds is text, as in Redis.
import type { FieldSpec } from '../../packages/model/src/fields.ts'
import type { ModelSpec, StoredField } from '../../packages/model/src/model.ts'
import type { CollectionRef, Expr, ExprType, Op, ProgramNodes } from '../../packages/model/src/ops.ts'
import { arithmetic } from './arithmetic.ts'
import { Failure, fail } from './failure.ts'
import {
  type Json,
  JsonNumber,
  jsonAdd,
  jsonAt,
  jsonDelete,
  jsonEqual,
  jsonPush,
  jsonSet,
  jsonSize,
  parseJson,
} from './json-value.ts'
import { type Place, readPlaces } from './places.ts'
import { breaks, checkRules } from './rules.ts'
import { byBytes, fromText, LATIN, toText, unpack } from './stored-text.ts'
import { textual } from './textual.ts'

export interface State {
  /** Scalars by property; absent is not there. */
  readonly row: Map<string, unknown>
  readonly lists: Map<string, string[]>
  readonly sets: Map<string, Set<string>>
  readonly maps: Map<string, Map<string, string>>
  readonly boards: Map<string, Map<string, number>>
  readonly places: Map<string, Map<string, Place>>
  /** Each entry as its names and values. */
  readonly streams: Map<string, Record<string, unknown>[]>
}

export class Interpreter {
  /** Collections that the program has written; with `:append` and `:clear`, in a way that limits what is read. */
  readonly touched = new Set<string>()
  private readonly spec: ModelSpec
  private readonly args: readonly (string | Buffer | null)[]
  private readonly state: State
  private readonly vars = new Map<number, unknown>()
  private readonly written = new Set<string>()
  /** Documents that were changed in places. */
  private readonly edited = new Set<string>()
  private readonly loops = new Map<number, { drop: () => void; put: (value: unknown) => void }>()

  /** `args` as they are recorded. The state is changed; give a copy. */
  constructor(spec: ModelSpec, args: readonly (string | Buffer | null)[], state: State) {
    this.spec = spec
    this.args = args
    this.state = state
  }

  run(nodes: ProgramNodes): unknown[] {
    const ruled = this.spec.scalars.filter((field) => field.schema)
    const before = ruled.map((field) => this.state.row.get(field.property))
    this.ops(nodes.ops)
    for (const [i, field] of ruled.entries()) {
      const after = this.state.row.get(field.property) as Json
      if (after !== before[i] && this.edited.has(field.property) && breaks(field, after)) fail('VALIDATION')
    }
    const returns = nodes.returns.map(({ node }) => this.value(node) ?? null)
    for (const field of this.spec.scalars) if (this.written.has(field.property)) this.check(field)
    return returns
  }

  private check(field: StoredField): void {
    const { row } = this.state
    const value = row.get(field.property)
    if (value === null || value === undefined) {
      const hasNull = field.nullable || field.kind === 'json'
      if (!hasNull && !field.optional) fail('NULL_VALUE')
      if (value === null && !hasNull) row.delete(field.property)
      if (value === undefined && !field.optional) row.set(field.property, null)
      return
    }
    checkRules(field, value)
  }

  /** Whether the field is never null nor absent. */
  private isRequired(property: string): boolean {
    const { optional, nullable, kind } = this.spec.byProperty.get(property)!
    return !optional && !nullable && kind !== 'json'
  }

  private ops(ops: readonly Op[]): void {
    for (const op of ops) this.op(op)
  }

  private op(op: Op): void {
    switch (op.op) {
      case 'set':
        this.state.row.set(op.field, this.isRequired(op.field) ? this.need(op.value) : (this.value(op.value) ?? null))
        this.written.add(op.field)
        if (op.value.k !== 'arg' && op.value.k !== 'null') this.edited.add(op.field)
        return
      case 'unset':
        this.written.add(op.field)
        this.state.row.delete(op.field)
        return
      case 'let':
        this.vars.set(op.id, this.value(op.value))
        return
      case 'fail':
        throw new Failure(String(this.args[op.code]))
      case 'when':
        this.ops(op.branches.find((branch) => this.value(branch.cond) === true)?.body ?? op.otherwise)
        return
      case 'mutate':
        this.vars.set(op.id, this.mutate(op))
        return
      case 'mutateAll':
        this.vars.set(op.id, this.mutateAll(op))
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
        this.loops.get(op.item)!.put(op.of.element === 'json' ? this.value(op.value) : this.need(op.value))
        return
      case 'quantify': {
        let result: unknown = op.mode === 'every' ? true : op.mode === 'count' ? 0 : op.mode === 'some' ? false : null
        const items = this.items(op.of)
        if (items.length > Number(this.need(op.most))) fail('LOOP_LIMIT')
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

  private elementOf(of: CollectionRef): FieldSpec {
    return this.spec.byProperty.get(of.field)!.element!
  }
  private list(of: CollectionRef): string[] {
    return this.state.lists.get(of.field)!
  }
  private set(of: CollectionRef): Set<string> {
    return this.state.sets.get(of.field)!
  }
  private map(of: CollectionRef): Map<string, string> {
    return this.state.maps.get(of.field)!
  }
  private board(of: CollectionRef): Map<string, number> {
    return this.state.boards.get(of.field)!
  }
  private geo(of: CollectionRef): Map<string, Place> {
    return this.state.places.get(of.field)!
  }

  /** Items with their values or scores, as loops see them. */
  private items(of: CollectionRef): [unknown, unknown][] {
    const element = (text: string) => fromText(of.element, text)
    switch (of.kind) {
      case 'list':
        return this.list(of).map((text) => [element(text), null])
      case 'set':
        return this.sorted(of).map((text) => [element(text), null])
      case 'map':
        return [...this.map(of)]
          .sort((a, b) => byBytes('string')(a[0], b[0]))
          .map(([key, text]) => [key, element(text)])
      default:
        return this.ranked(of).map(([text, score]) => [element(text), score])
    }
  }

  private sorted(of: CollectionRef): string[] {
    return [...this.set(of)].sort(byBytes(of.element))
  }

  private ranked(of: CollectionRef): [string, number][] {
    return [...this.board(of)].sort((a, b) => a[1] - b[1] || byBytes(of.element)(a[0], b[0]))
  }

  private each(op: Extract<Op, { op: 'each' }>): void {
    const { of } = op
    let items = this.items(of)
    if (of.kind === 'sortedSet') {
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
          this.touched.add(of.field)
          const text = toText(of.kind === 'map' ? 'string' : of.element, item)
          if (of.kind === 'list') dropped.add(i)
          else if (of.kind === 'set') this.set(of).delete(text)
          else if (of.kind === 'map') this.map(of).delete(text)
          else this.board(of).delete(text)
        },
        put: (next) => {
          if (next !== null) checkRules(this.elementOf(of), next)
          this.touched.add(of.field)
          this.list(of)[i] = toText(of.element, next)
          this.vars.set(op.item, next)
        },
      })
      this.ops(op.body)
    })
    if (dropped.size === 0) return
    const kept = this.list(of).filter((_, i) => !dropped.has(i))
    this.state.lists.set(of.field, kept)
  }

  private read(op: Extract<Op, { op: 'read' }>): unknown {
    const { of } = op
    const args = op.args.map((arg) => this.need(arg))
    const element = (text: string) => fromText(of.element, text)
    if (of.kind === 'stream') {
      if (this.touched.has(`${of.field}:append`)) fail('READ_AFTER_WRITE')
      const count = Math.max(args[0] as number, 0)
      return this.state.streams.get(of.field)!.toReversed().slice(0, count)
    }
    if (of.kind === 'geo') {
      if (this.touched.has(of.field) || this.touched.has(`${of.field}:clear`)) fail('READ_AFTER_WRITE')
      return readPlaces(op.fn, this.geo(of), args)
    }
    if (op.fn === 'entries') return this.map(of)
    if (op.fn === 'items') return (of.kind === 'list' ? this.list(of) : this.sorted(of)).map(element)
    const [from, to] = args as [number, number]
    if (of.kind === 'list') return slice(this.list(of), from, to).map(element)
    const ranked = this.ranked(of)
    if (op.rev) ranked.reverse()
    const range = slice(ranked, from, to).map(([text, score]) => [element(text), score])
    return op.fn === 'rangeWithScores' ? range : range.map(([member]) => member)
  }

  private mutate(op: Extract<Op, { op: 'mutate' }>): unknown {
    const { of } = op
    const element = (i: number): string => {
      const node = op.args[i]!
      return toText(of.element, of.element === 'json' ? this.value(node) : this.need(node))
    }
    const stored = (i: number): string => {
      const text = element(i)
      checkRules(this.elementOf(of), fromText(of.element, text))
      return text
    }
    const write = <T>(result: T): T => {
      this.touched.add(of.field)
      return result
    }
    if (op.fn === 'clear') return this.clear(of)
    if (of.kind === 'list') {
      const list = this.list(of)
      const taken = (text: string | undefined) => (text === undefined ? null : write(fromText(of.element, text)))
      switch (op.fn) {
        case 'push':
          return write(list.push(stored(0)))
        case 'unshift':
          return write(list.unshift(stored(0)))
        case 'pop':
          return taken(list.pop())
        case 'shift':
          return taken(list.shift())
        case 'put': {
          const at = this.need(op.args[0]!) as number
          const text = stored(1)
          const i = at < 0 ? at + list.length : at
          if (i < 0 || i >= list.length) fail('OUT_OF_RANGE')
          list[i] = text
          return write(null)
        }
        case 'insertBefore':
        case 'insertAfter': {
          const [pivot, text] = [element(0), stored(1)]
          const i = list.indexOf(pivot)
          if (i === -1) return false
          list.splice(op.fn === 'insertBefore' ? i : i + 1, 0, text)
          return write(true)
        }
        case 'removeItem': {
          const text = element(0)
          const count = this.need(op.args[1]!) as number
          let left = count === 0 ? list.length : Math.abs(count)
          const order = count < 0 ? [...list.keys()].reverse() : [...list.keys()]
          const gone = new Set<number>()
          for (const i of order) if (left > 0 && list[i] === text && left-- > 0) gone.add(i)
          const kept = list.filter((_, i) => !gone.has(i))
          this.state.lists.set(of.field, kept)
          return gone.size > 0 ? write(gone.size) : 0
        }
        default: {
          const [from, to] = op.args.map((arg) => this.need(arg)) as [number, number]
          const kept = slice(list, from, to)
          if (kept.length < list.length) write(null)
          this.state.lists.set(of.field, kept)
          return null
        }
      }
    }
    if (of.kind === 'set') {
      const set = this.set(of)
      const text = op.fn === 'add' ? stored(0) : element(0)
      if (op.fn === 'remove') return Number(set.delete(text) && write(true))
      if (set.has(text)) return 0
      set.add(text)
      return write(1)
    }
    if (of.kind === 'map') {
      const map = this.map(of)
      const key = this.need(op.args[0]!) as string
      if (op.fn === 'mapDelete') return map.delete(key) && write(true)
      let text: string
      let result: unknown = !map.has(key)
      if (op.fn === 'mapSet') text = stored(1)
      else {
        const old = fromText(of.element, map.get(key) ?? '0')
        result = arithmetic(of.element, '+', old, this.need(op.args[1]!))
        checkRules(this.elementOf(of), result)
        text = toText(of.element, result)
      }
      if (map.get(key) !== text) write(null)
      map.set(key, text)
      return result
    }
    if (of.kind === 'sortedSet') return this.changeBoard(op, op.fn === 'remove' ? element : stored, write)
    if (of.kind === 'stream') {
      const parts = unpack(this.args[(op.args[0] as { slot: number }).slot] as Buffer)
      const entry: Record<string, unknown> = {}
      for (let i = 0; i < parts.length; i += 2) {
        const name = String(parts[i])
        const type = this.spec.byProperty.get(of.field)!.entry![name]!.kind as ExprType
        entry[name] = fromText(type, parts[i + 1]!.toString(type === 'bytes' ? LATIN : 'utf8'))
      }
      this.state.streams.get(of.field)!.push(entry)
      this.touched.add(`${of.field}:append`)
      return write(null)
    }
    const places = this.geo(of)
    const member = element(0)
    if (op.fn === 'remove') return Number(places.delete(member) && write(true))
    places.set(member, op.args.slice(1).map((arg) => this.need(arg)) as unknown as Place)
    return write(null)
  }

  private mutateAll({ of, fn, list }: Extract<Op, { op: 'mutateAll' }>): number {
    let changed = 0
    for (const item of this.packed(list)) {
      const text = item.toString(of.element === 'bytes' ? LATIN : 'utf8')
      if (fn === 'push') this.list(of).push(text)
      else if (fn === 'unshift') this.list(of).unshift(text)
      else if (fn === 'add') {
        if (this.set(of).has(text)) continue
        this.set(of).add(text)
      } else {
        const from = of.kind === 'set' ? this.set(of) : of.kind === 'geo' ? this.geo(of) : this.board(of)
        if (!from.delete(text)) continue
      }
      changed++
      this.touched.add(of.field)
    }
    return changed
  }

  private changeBoard(
    op: Extract<Op, { op: 'mutate' }>,
    element: (i: number) => string,
    write: <T>(result: T) => T,
  ): unknown {
    const { of } = op
    const board = this.board(of)
    if (op.fn === 'popMin' || op.fn === 'popMax') {
      const member = this.ranked(of).at(op.fn === 'popMin' ? 0 : -1)?.[0]
      if (member === undefined) return null
      board.delete(member)
      return write(fromText(of.element, member))
    }
    const member = element(0)
    if (op.fn === 'remove') return Number(board.delete(member) && write(true))
    const fresh = !board.has(member)
    const by = this.need(op.args[1]!) as number
    const score = op.fn === 'add' ? by : (arithmetic('float', '+', board.get(member) ?? 0, by) as number)
    if (!Number.isFinite(score)) fail('OVERFLOW')
    if (board.get(member) !== score) write(null)
    board.set(member, score + 0)
    return op.fn === 'add' ? fresh : score
  }

  private clear(of: CollectionRef): null {
    const { state } = this
    const held =
      of.kind === 'list'
        ? this.list(of).splice(0).length
        : of.kind === 'stream'
          ? state.streams.get(of.field)!.splice(0).length
          : this.sizeOf(of)
    if (of.kind === 'set') this.set(of).clear()
    if (of.kind === 'map') this.map(of).clear()
    if (of.kind === 'sortedSet') this.board(of).clear()
    if (of.kind === 'geo') this.geo(of).clear()
    if (held > 0) this.touched.add(of.field)
    this.touched.add(`${of.field}:clear`)
    return null
  }

  private need(node: Expr): unknown {
    return this.value(node) ?? fail('NULL_VALUE')
  }

  private arg(type: ExprType, slot: number): unknown {
    const stored = this.args[slot]!
    return fromText(type, typeof stored === 'string' ? stored : stored.toString(type === 'bytes' ? LATIN : 'utf8'))
  }

  private packed(slot: number): Buffer[] {
    return unpack(this.args[slot] as Buffer)
  }

  private path(slot: number): (string | number)[] {
    return this.packed(slot).map((part) => {
      const text = part.toString('utf8')
      return text[0] === 'i' ? Number(text.slice(1)) : (JSON.parse(text.slice(1)) as string)
    })
  }

  /** What is pushed to an array: a literal is the text of one or more items. */
  private pieces(node: Expr): readonly Json[] {
    if (node.k !== 'arg') return [this.json(node)]
    return parseJson(`[${String(this.args[node.slot])}]`) as Json[]
  }

  private json(node: Expr): Json {
    return (this.value(node) ?? null) as Json
  }

  private value(node: Expr): unknown {
    switch (node.k) {
      case 'arg':
        return this.arg(node.type, node.slot)
      case 'null':
        return null
      case 'field':
        return this.state.row.get(node.field) ?? null
      case 'var':
        return this.vars.get(node.id) ?? null
      case 'now':
        return Date.now()
      case 'widen':
        return BigInt(this.need(node.a) as number)
      case 'arith':
        return arithmetic(node.type, node.op, this.need(node.a), this.need(node.b))
      case 'compare':
        return this.compare(node)
      case 'in': {
        const a = this.value(node.a)
        if (a === null) return false
        const type = node.a.type
        const items = this.packed(node.list).map((item) =>
          fromText(type, item.toString(type === 'bytes' ? LATIN : 'utf8')),
        )
        return items.some((item) => (type === 'json' ? jsonEqual(a as Json, item as Json) : item === a))
      }
      case 'and':
        return node.items.every((item) => this.value(item) === true)
      case 'or':
        return node.items.some((item) => this.value(item) === true)
      case 'not':
        return this.value(node.a) !== true
      case 'isNull':
        return this.value(node.a) === null
      case 'pick':
        return this.value(node.cond) === true ? this.value(node.yes) : this.value(node.no)
      case 'orElse':
        return this.value(node.a) ?? this.value(node.b)
      case 'floorTo': {
        const unit = this.need(node.unit) as number
        return Math.floor((this.need(node.a) as number) / unit) * unit
      }
      case 'jsonGet':
        return jsonAt(this.json(node.a), this.path(node.path)) ?? null
      case 'jsonSize':
        return jsonSize(jsonAt(this.json(node.a), this.path(node.path)))
      case 'jsonSet':
        return jsonSet(this.json(node.a), this.path(node.path), this.json(node.value))
      case 'jsonPush':
        return jsonPush(this.json(node.a), this.path(node.path), this.pieces(node.value))
      case 'jsonAdd':
        return jsonAdd(this.json(node.a), this.path(node.path), this.need(node.by) as number)
      case 'jsonDelete':
        return jsonDelete(this.json(node.a), this.path(node.path))
      case 'jsonAs': {
        const a = this.value(node.a)
        if (node.type === 'string') return typeof a === 'string' ? a : null
        return a instanceof JsonNumber ? Number(a.digits) : null
      }
      case 'size':
        return this.sizeOf(node.of)
      case 'has':
      case 'at':
      case 'rank':
      case 'countBetween':
        return this.lookUp(node)
      default:
        return textual(node, (each) => this.value(each))
    }
  }

  private compare(node: Extract<Expr, { k: 'compare' }>): boolean {
    const a = this.value(node.a)
    const b = this.value(node.b)
    const { type } = node.a
    if (node.op === 'eq' || node.op === 'ne') {
      const equal = type === 'json' ? jsonEqual(a as Json, b as Json) : a === b
      return equal === (node.op === 'eq')
    }
    if (a === null || b === null) return false
    const isText = typeof a === 'string'
    const sign = isText ? byBytes(type)(a, b as string) : (a as number) < (b as number) ? -1 : a === b ? 0 : 1
    return node.op === 'gt' ? sign > 0 : node.op === 'gte' ? sign >= 0 : node.op === 'lt' ? sign < 0 : sign <= 0
  }

  private lookUp(node: Extract<Expr, { k: 'has' | 'at' | 'rank' | 'countBetween' }>): unknown {
    const { of } = node
    if (node.k === 'countBetween') {
      const [low, high] = [this.need(node.a) as number, this.need(node.b) as number]
      return this.ranked(of).filter(([, score]) => score >= low && score <= high).length
    }
    if (node.k === 'at' && of.kind === 'list') {
      const text = this.list(of).at(this.need(node.a) as number)
      return text === undefined ? null : fromText(of.element, text)
    }
    const keyed = of.kind === 'map' || of.kind === 'geo'
    const a = of.element === 'json' && !keyed ? this.value(node.a) : this.need(node.a)
    const text = toText(keyed ? 'string' : of.element, a)
    if (node.k === 'rank') {
      const ranked = this.ranked(of)
      if (node.rev) ranked.reverse()
      const i = ranked.findIndex(([member]) => member === text)
      return i === -1 ? null : i
    }
    if (node.k === 'has') {
      if (of.kind === 'list') return this.list(of).includes(text)
      if (of.kind === 'set') return this.set(of).has(text)
      return (of.kind === 'map' ? this.map(of) : of.kind === 'geo' ? this.geo(of) : this.board(of)).has(text)
    }
    if (of.kind === 'sortedSet') return this.board(of).get(text) ?? null
    const held = this.map(of).get(text)
    return held === undefined ? null : fromText(of.element, held)
  }

  private sizeOf(of: CollectionRef): number {
    if (of.kind === 'list') return this.list(of).length
    if (of.kind === 'stream') return this.state.streams.get(of.field)!.length
    const { sets, maps, boards, places } = this.state
    return (sets.get(of.field) ?? maps.get(of.field) ?? boards.get(of.field) ?? places.get(of.field))!.size
  }
}

/** Positions from..to, both included, negative from the end, as Redis counts. */
function slice<T>(items: readonly T[], from: number, to: number): T[] {
  const n = items.length
  const start = Math.max(from < 0 ? from + n : from, 0)
  const end = to < 0 ? to + n : to
  return start > end ? [] : items.slice(start, end + 1)
}
