// A random program out of a list of numbers: the same numbers are the same program, fewer and smaller ones a simpler program.
//
// Each decision takes the next number; when they have run out, it is the first choice. So a list that fast-check shrinks
// shrinks the program. Programs follow the types of the recorder, so that all of them can be recorded.
import { and, cond, fail, index, keep, model, not, now, or, switchOn, t, when } from '@ochre/model'
import { problemOf } from '../../packages/model/src/codec.ts'
import type { FieldSpec, ScalarKind } from '../../packages/model/src/fields.ts'
import type { StoredField } from '../../packages/model/src/model.ts'
import type { StandardSchema } from '../../packages/model/src/standard-schema.ts'
import { type ArgKind, type Operation, operationsOf } from './operations.ts'

/** A schema that takes every document without a member `zz`. */
export const WITHOUT_ZZ: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, 'zz')
        ? { issues: [{ message: 'has zz', path: ['zz'] }] }
        : { value },
  },
}

export const Subject = model(
  'subject',
  {
    id: t.string(),
    int: t.int().default(0).index(),
    small: t.int().min(-20).max(20).default(0),
    maybeInt: t.int().optional().nullable(),
    float: t.float().default(0).index(),
    maybeFloat: t.float().nullable().optional(),
    big: t.bigint().default(0n).index('desc'),
    bigger: t
      .bigint()
      .min(-(2n ** 62n))
      .max(2n ** 62n)
      .optional(),
    text: t.string().max(14).default('').index(),
    nick: t.string().nullable().optional().index(),
    raw: t
      .bytes()
      .max(24)
      .default(() => Buffer.alloc(0))
      .index(),
    blob: t.bytes().optional(),
    on: t.boolean().default(false).index(),
    maybe: t.boolean().nullable().optional(),
    at: t
      .date()
      .default(() => new Date(0))
      .index(),
    due: t.date().optional(),
    kind: t.enum(['a', 'b', 'c']).default('a').index(),
    mood: t.enum(['x', 'a']).nullable().optional(),
    doc: t.json().default({}),
    note: t.json().optional(),
    ruled: t.json(WITHOUT_ZZ).default({ a: { b: 1 }, list: [] }),
    list: t.list(t.string()),
    ints: t.list(t.int().min(-50)),
    docs: t.list(t.json()),
    blobs: t.list(t.bytes().max(4)),
    flags: t.list(t.boolean()),
    names: t.set(t.string().max(3)),
    nums: t.set(t.int()),
    floats: t.set(t.float()),
    map: t.map(t.int()),
    bigs: t.map(t.bigint().max(2n ** 62n)),
    notes: t.map(t.json()),
    rates: t.map(t.float()),
    board: t.sortedSet(t.string().min(1)),
    days: t.sortedSet(t.date()),
    places: t.geo(),
    log: t.stream({ kind: t.string(), n: t.int().optional(), b: t.bytes().optional() }),
  },
  (s) => ({ indexes: [index(s.kind, s.int.desc(), s.text)], feed: { keep: 1_000_000 } }),
)
const { spec } = Subject

type Handle = Record<string, (...args: unknown[]) => Handle>
type Row = Record<string, Handle>
type Choice<T> = () => T

const PATHS = [
  'a',
  'a.b',
  'list',
  'list[0]',
  'list[-1]',
  'list[2].c',
  'list[9]',
  't',
  'zz',
  'zz.y',
  '["o\\"d.d"]',
  '__proto__',
  '',
]
const JSONS: readonly unknown[] = [
  1,
  null,
  'é😀"\\',
  [],
  {},
  [1, 'x', null],
  { a: { b: 2 }, list: [] },
  -2.5,
  true,
  1e21,
  { constructor: { prototype: 1 }, '': 0 },
  '\ud83d\ude00\u0000',
  9007199254740991,
]
const TEXTS = ['', 'a', 'b', 'ab', 'é', '😀x', '\0', 'a\0', '"', "'; return 1 --", ']]', 'c', 'x']
const BYTES = ['', '00', 'ff', '00ff80', '610062', '0000', 'c3a9'].map((hex) => Buffer.from(hex, 'hex'))
const INTS = [0, 1, -1, 2, 3, 7, -5, 30, 2 ** 40, -(2 ** 52), Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
const FLOATS = [0, 1, 0.1, -2.5, 3, 1e15, 1e300, -1e-7, 1.5e-5, 1e21, 5e-324, 123456.789]
const BIGS = [
  0n,
  1n,
  -1n,
  2n,
  -7n,
  10n ** 18n,
  2n ** 62n,
  -(2n ** 63n),
  2n ** 63n - 1n,
  9007199254740993n,
  -(10n ** 15n),
]
const DATES = [0, 1, 86_400_000, 1_700_000_000_123, -1, 8_640_000_000_000_000, -8_640_000_000_000_000]
const LITERALS: Readonly<Record<ScalarKind, readonly unknown[]>> = {
  int: INTS,
  float: FLOATS,
  bigint: BIGS,
  string: TEXTS,
  bytes: BYTES,
  boolean: [false, true],
  date: DATES.map((ms) => new Date(ms)),
  enum: ['a', 'b', 'c', 'x'],
  json: JSONS.filter((each) => each !== null),
}
/** Far enough from each other that nothing depends on the last digits. */
const PLACES = [
  [0, 0],
  [12.5, 41.9],
  [9.19, 45.46],
  [-74, 40.7],
  [139.7, 35.7],
] as const

const isCollection = (field: StoredField): boolean => spec.collections.includes(field)
const allFields = [...spec.byProperty.values()].filter((field) => field.property !== 'id')
const collections = allFields.filter(isCollection)
const scalars = allFields.filter((field) => !isCollection(field))

interface Variable {
  readonly kind: ScalarKind
  readonly value: Handle
}
interface Loop {
  readonly field: StoredField
  readonly item: Handle
}

/** Records one program on a row; `made` counts the operations that it uses. */
export class RandomProgram {
  private readonly numbers: readonly number[]
  private readonly row: Row
  private readonly made: (operation: string) => void
  private at = 0
  private variables: Variable[] = []
  private loops: Loop[] = []
  /** How much may still be made: bounds programs that choose to nest. */
  private fuel = 60

  constructor(numbers: readonly number[], row: object, made: (operation: string) => void) {
    this.numbers = numbers
    this.row = row as Row
    this.made = made
  }

  /** The program's return. */
  build(): unknown {
    this.block(1 + this.next(6), 0)
    const leaves = Array.from({ length: this.next(6) }, () => this.leaf())
    const size = collections.length
    return { first: leaves[0], rest: leaves.slice(1), length: this.call(collections[this.next(size)]!, 'length') }
  }

  private next(n: number): number {
    return (this.numbers[this.at++] ?? 0) % n
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.next(items.length)]!
  }

  private choose<T>(...choices: readonly Choice<T>[]): T {
    return this.pick(choices)()
  }

  // Statements

  private block(length: number, depth: number): void {
    const { variables, loops } = this
    const scope = variables.length
    for (let i = 0; i < length && this.fuel-- > 0; i++) this.statement(depth)
    this.variables = this.variables.slice(0, scope)
    this.loops = loops
  }

  private statement(depth: number): void {
    const simple: Choice<void>[] = [
      () => this.changeScalar(depth),
      () => this.changeScalar(depth),
      () => this.changeCollection(depth),
      () => this.changeCollection(depth),
      () => this.changeJson(depth),
      () => this.remember(),
      () => this.item(),
    ]
    const nested: Choice<void>[] =
      depth > 2
        ? []
        : [() => this.when(depth), () => this.when(depth), () => this.switch(depth), () => this.each(depth)]
    // One in forty: most programs should get somewhere.
    if (this.next(40) === 39) {
      this.made('fail')
      fail(this.pick(['STOP', 'NO_2']))
      return
    }
    this.choose(...simple, ...nested)
  }

  private changeScalar(depth: number): void {
    const field = this.pick(scalars)
    const names = this.changesOf(field).filter((name) => name !== 'each')
    this.keepResult(field, this.pick(names), depth)
  }

  private changeJson(depth: number): void {
    const field = this.pick(scalars.filter(({ kind }) => kind === 'json'))
    const name = this.pick(['put', 'remove', 'increase', 'push', 'merge'])
    this.made(`json.${name}`)
    const place = this.json(field, name === 'remove')
    place[name]!(...operationsOf('json')[name]!.args.map((arg) => this.argument(arg, field, depth + 1)))
  }

  private changeCollection(depth: number): void {
    const free = collections.filter((field) => !this.loops.some((loop) => loop.field === field))
    const field = this.pick(free)
    this.keepResult(field, this.pick(this.changesOf(field).filter((name) => name !== 'each')), depth)
  }

  /** Calls a changing operation; what it gives can be used afterwards. */
  private keepResult(field: StoredField, name: string, depth: number): void {
    const result = this.call(field, name, depth)
    const kind = this.givenKind(field, operationsOf(field.kind)[name]!)
    if (kind !== null && this.next(3) === 0) this.variables.push({ kind, value: result })
  }

  private remember(): void {
    const kind = this.pick(['int', 'string', 'bigint', 'float', 'json', 'boolean', 'bytes', 'date', 'enum'] as const)
    this.made('keep')
    this.variables.push({ kind, value: keep(this.value(kind, 1) as never) as never })
  }

  private item(): void {
    const loop = this.loops.at(-1)
    if (loop === undefined) this.changeCollection(1)
    else if (loop.field.kind === 'list' && this.next(2) === 0) {
      this.made('item.put')
      loop.item.put!(this.element(loop.field, 1))
    } else {
      this.made('item.remove')
      loop.item.remove!()
    }
  }

  private when(depth: number): void {
    const inner = (): void => this.block(1 + this.next(3), depth + 1)
    this.made('when')
    const chain = when(this.condition(depth + 1), inner)
    for (let more = this.next(3); more > 1; more--) {
      this.made('elseWhen')
      chain.elseWhen(this.condition(depth + 1), inner)
    }
    if (this.next(2) === 1) {
      this.made('else')
      chain.else(inner)
    }
  }

  private switch(depth: number): void {
    const kind = this.pick(['enum', 'int', 'string', 'date'] as const)
    const inner = (): void => this.block(1 + this.next(2), depth + 1)
    this.made('switchOn')
    let chain = switchOn(this.value(kind, depth + 1) as never)
    for (let i = 0; i < 1 + this.next(2); i++)
      chain = chain.case((this.next(2) ? [this.literal(kind), this.literal(kind)] : this.literal(kind)) as never, inner)
    if (this.next(2) === 1) {
      this.made('default')
      chain.default(inner)
    }
  }

  private each(depth: number): void {
    const walkable = collections.filter(
      (field) => operationsOf(field.kind).each && !this.loops.some((loop) => loop.field === field),
    )
    const field = this.pick(walkable)
    this.made(`${field.kind}.each`)
    const options: Record<string, unknown> = this.next(4) === 3 ? { limit: this.next(4) } : {}
    if (field.kind === 'sortedSet' && this.next(2) === 1)
      Object.assign(options, { from: this.offset(), to: this.offset(), order: this.pick(['asc', 'desc']) })
    const body = (...items: Handle[]): void => {
      const before = this.loops
      const scope = this.variables.length
      this.loops = [...before, { field, item: items[0]! }]
      this.bindItems(field, items)
      for (let i = 0; i < 1 + this.next(3) && this.fuel-- > 0; i++) this.statement(depth + 1)
      this.variables = this.variables.slice(0, scope)
      this.loops = before
    }
    this.row[field.property]!.each!(body, options)
  }

  private bindItems(field: StoredField, items: readonly Handle[]): void {
    const element = field.element!.kind as ScalarKind
    this.variables.push({ kind: field.kind === 'map' ? 'string' : element, value: items[0]! })
    if (field.kind === 'map') this.variables.push({ kind: element, value: items[1]! })
    if (field.kind === 'sortedSet') this.variables.push({ kind: 'float', value: items[1]! })
  }

  // Expressions

  private condition(depth: number): never {
    const combine = (word: 'and' | 'or', combined: typeof and): Handle => {
      this.made(word)
      const parts = Array.from({ length: 1 + this.next(2) }, () => this.condition(depth + 1))
      return combined(...parts) as never
    }
    const deeper: Choice<Handle>[] = [
      () => combine('and', and),
      () => combine('or', or),
      () => {
        this.made('not')
        return not(this.condition(depth + 1)) as never
      },
    ]
    return this.choose<Handle>(
      () => this.value('boolean', depth),
      () => this.value('boolean', depth),
      () => this.value('boolean', depth),
      () => {
        this.made('now')
        // Years away from any test.
        return now()[this.pick(['gt', 'lte'] as const)](new Date(this.pick([0, 8e15]))) as never
      },
      ...(depth < 4 ? deeper : []),
    ) as never
  }

  /** A server value of a kind. */
  private value(kind: ScalarKind, depth: number): Handle {
    const choices: Choice<Handle>[] = scalars
      .filter((field) => field.kind === kind)
      .map((field) => () => this.row[field.property]!)
    for (const variable of this.variables.filter((each) => each.kind === kind)) choices.push(() => variable.value)
    if (kind === 'json') choices.push(() => this.json(this.pick(scalars.filter((each) => each.kind === 'json')), true))
    if (depth < 4 && this.fuel > 0) {
      choices.push(
        () => this.computed(kind, depth),
        () => this.computed(kind, depth),
        () => this.computed(kind, depth),
      )
      choices.push(() => {
        this.made('cond')
        return cond(
          this.condition(depth + 1),
          this.value(kind, depth + 1) as never,
          this.value(kind, depth + 1) as never,
        ) as never
      })
    }
    return this.pick(choices)()
  }

  /** The result of an operation that gives the kind. */
  private computed(kind: ScalarKind, depth: number): Handle {
    this.fuel--
    const sources: (readonly [StoredField, string])[] = []
    for (const field of allFields)
      for (const [name, operation] of Object.entries(operationsOf(field.kind)))
        if (!operation.changes && this.givenKind(field, operation) === kind) sources.push([field, name])
    const [field, name] = this.pick(sources)
    // On another value of the kind, too: a variable, or something computed.
    if (!isCollection(field) && this.next(3) === 0) {
      const operation = operationsOf(field.kind)[name]!
      const on = this.value(field.kind as ScalarKind, depth + 1)
      this.made(`${field.kind}.${name}`)
      const plain = { ...field, optional: true, nullable: true }
      return on[name]!(...operation.args.map((arg) => this.argument(arg, plain, depth + 1)))
    }
    return this.call(field, name, depth)
  }

  /** What the program returns. */
  private leaf(): unknown {
    const lists = collections.flatMap((field) =>
      Object.entries(operationsOf(field.kind))
        .filter(([, operation]) => operation.gives === 'list')
        .map(([name]) => [field, name] as const),
    )
    return this.choose<unknown>(
      () => this.row[this.pick(scalars).property],
      () => this.call(...this.pick(lists)),
      () => this.call(...this.pick(lists)),
      () =>
        this.value(
          this.pick(['int', 'float', 'bigint', 'string', 'bytes', 'boolean', 'date', 'enum', 'json'] as const),
          1,
        ),
      () => this.pick([1, 'constant', null, true]),
    )
  }

  private call(field: StoredField, name: string, depth = 1): Handle {
    this.made(`${field.kind}.${name}`)
    const args = operationsOf(field.kind)[name]!.args.map((arg) => this.argument(arg, field, depth + 1))
    const flat = args.flatMap((arg) => (arg instanceof Spread ? arg.items : [arg]))
    return this.row[field.property]![name]!(...flat)
  }

  private changesOf(field: StoredField): string[] {
    return Object.entries(operationsOf(field.kind))
      .filter(([name, operation]) => operation.changes && this.offered(field, name))
      .map(([name]) => name)
  }

  private offered(field: StoredField, name: string): boolean {
    if (name === 'unset') return field.optional
    if (name === 'increase') return field.kind !== 'map' || field.element!.kind !== 'json'
    return !(field.kind === 'json' && name === 'remove')
  }

  private givenKind(field: StoredField, { gives }: Operation): ScalarKind | null {
    switch (gives) {
      case 'self':
        return field.kind as ScalarKind
      case 'element':
        return field.element!.kind as ScalarKind
      case 'found':
        return field.kind === 'map' ? 'string' : (field.element!.kind as ScalarKind)
      case 'list':
      case 'nothing':
        return null
      default:
        return gives
    }
  }

  // Arguments

  private argument(arg: ArgKind, field: StoredField, depth: number): unknown {
    const self = field.kind as ScalarKind
    switch (arg) {
      case 'self':
        return this.operand(self, depth)
      case 'selfOrNull':
        return this.next(6) === 5 ? null : this.operand(self, depth)
      case 'own':
        return this.own(field, depth)
      case 'list':
        return Array.from({ length: 1 + this.next(3) }, () => this.literal(self))
      case 'condition':
        return this.condition(depth)
      case 'offset':
        return this.next(4) === 3 ? this.value('int', depth + 1) : this.offset()
      case 'count':
        return this.offset()
      case 'exponent':
        // Powers of doubles differ in their last digit from one C library to the next.
        return self === 'bigint' ? BigInt(this.next(5)) : self === 'float' ? this.next(2) : this.next(6) - 1
      case 'span':
        return this.choose<unknown>(
          () => ({ days: this.next(3), hours: -this.next(3), milliseconds: this.next(1000) }),
          () => this.next(100_000) - 50_000,
          () => this.value('int', depth + 1),
        )
      case 'unit':
        return this.pick(['day', 'hour', 'minute', 'second'])
      case 'path':
        return this.pick(PATHS)
      case 'members':
        return this.pick([{ a: 1 }, { zz: [], t: null }, {}, { '__proto__ ': 1 }])
      case 'jsonItem':
        return this.next(3) === 2 ? this.value('json', depth + 1) : this.pick(JSONS)
      case 'element':
      case 'pivot':
        return this.element(field, depth)
      case 'elements':
        return new Spread(Array.from({ length: 1 + this.next(3) }, () => this.element(field, depth)))
      case 'key':
        return this.operand('string', depth)
      case 'keys':
        return new Spread(Array.from({ length: 1 + this.next(2) }, () => this.operand('string', depth)))
      case 'score':
        return this.operand('float', depth)
      case 'order':
        return this.pick(['asc', 'desc'])
      case 'test':
        return (...items: Handle[]): unknown => {
          const scope = this.variables.length
          this.bindItems(field, items)
          const holds = this.condition(depth + 1)
          this.variables = this.variables.slice(0, scope)
          return holds
        }
      case 'body':
        throw new Error('each() is made as a statement')
      case 'place':
        return new Spread([...this.pick(PLACES)])
      case 'center': {
        const [longitude, latitude] = this.pick(PLACES)
        return { longitude: longitude + 1, latitude }
      }
      case 'radius':
        return this.pick([0, 1000, 200_000, 5_000_000, 30_000_000])
      case 'entry':
        return this.pick([
          { kind: 'a' },
          { kind: '', n: 3 },
          { kind: 'é', n: -1, b: Buffer.from([0, 255]) },
          { kind: '\0', b: Buffer.alloc(0) },
        ])
      default:
        return this.operand(arg, depth)
    }
  }

  private offset(): number {
    return this.pick([0, 1, -1, 2, -2, 5, -7, 3])
  }

  /** A literal or a server value. */
  private operand(kind: ScalarKind, depth: number): unknown {
    if (this.next(3) < 2) return this.literal(kind)
    if (kind === 'bigint' || kind === 'float') return this.value(this.next(4) === 3 ? 'int' : kind, depth + 1)
    if (kind === 'string') return this.value(this.next(4) === 3 ? 'enum' : kind, depth + 1)
    return this.value(kind, depth + 1)
  }

  /** What a field can be set to: a literal within its rules, or a server value, whatever it is. */
  private own(field: StoredField, depth: number): unknown {
    const kind = field.kind as ScalarKind
    if (this.next(3) === 2 && !field.schema) return this.value(kind, depth + 1)
    const hasNull = field.nullable || kind === 'json'
    return hasNull && this.next(5) === 4 ? null : this.fitting(field)
  }

  private fitting(rules: FieldSpec): unknown {
    return this.pick(LITERALS[rules.kind as ScalarKind].filter((each) => problemOf(rules, each) === null))
  }

  private element(field: StoredField, depth: number): unknown {
    const rules = field.element!
    const kind = rules.kind as ScalarKind
    if (kind === 'json' && this.next(8) === 7) return null
    if (this.next(3) === 2) return this.value(kind, depth + 1)
    return this.fitting(rules)
  }

  private literal(kind: ScalarKind): unknown {
    return this.pick(LITERALS[kind])
  }

  /** A document, or a place in it. */
  private json(field: StoredField, inside: boolean): Handle {
    const document = this.row[field.property]!
    if (!inside && this.next(3) === 0) return document
    const word = this.pick(['at', 'path'])
    this.made(`json.${word}`)
    const place = document[word]!(this.pick(inside ? PATHS.slice(0, -1) : PATHS))
    return this.next(5) === 4 ? place[word]!(this.pick(PATHS.slice(0, 5))) : place
  }
}

class Spread {
  readonly items: readonly unknown[]
  constructor(items: readonly unknown[]) {
    this.items = items
  }
}
