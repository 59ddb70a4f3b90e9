// Records what a callback does with server values, once and synchronously, as frozen nodes and a list of arguments.
//
// The recorder of the callback that is running is the only module state: set on entry, restored on leave, never kept.

import { type Issue, UsageError, ValidationError } from '@ochre/protocol'
import { encodeValue, packed, problemOf, runSchema, type Stored } from './codec.ts'
import type { FieldSpec, ScalarKind } from './fields.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { Expr, ExprType, Op, ProgramNodes, ReturnLeaf } from './ops.ts'
import { listReturn, Value } from './value.ts'

let running: Recorder | null = null

/** Marks what a statement such as `when()` gives back for chaining: a callback that ends with it returns nothing. */
export const STATEMENT: unique symbol = Symbol('statement')

/** Marks the row that a callback receives. */
export const ROW: unique symbol = Symbol('row')
export const NO_ROW =
  'A row exists only on the server while the program runs: name the fields that are returned, { name: p.name }'

/** The recorder of the callback that is running. */
export function currentRecorder(what: string): Recorder {
  if (!running) throw new UsageError(`${what} works only inside the callback of a program`)
  return running
}

/** Refuses to start a program while the callback of another is running. */
export function ensureNotRecording(): void {
  if (running) throw new UsageError('A program cannot be started inside the callback of another')
}

/** How the decoded leaves of a reply become what the callback returned. */
export type ReturnShape =
  | { readonly kind: 'leaf'; readonly at: number }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly ReturnShape[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, ReturnShape])[] }

/** A recorded program: its shape, and beside it the values. */
export interface Recording {
  readonly nodes: ProgramNodes
  readonly args: readonly (Stored | null)[]
  readonly result: ReturnShape
  /** Validations of arguments by asynchronous schemas; they fill `args` when they settle. */
  readonly pending: readonly Promise<void>[]
}

interface Block {
  readonly ops: Op[]
  /** Collections that the loops around this block walk over. */
  readonly walking: readonly string[]
}

export class Recorder {
  readonly spec: ModelSpec
  /** Queries only compute. */
  readonly readOnly: boolean
  readonly args: (Stored | null)[] = []
  /** The field whose operation takes its operands: where a bad one is said to be. */
  subject = ''
  private readonly blocks: Block[] = [{ ops: [], walking: [] }]
  private readonly pending: Promise<void>[] = []
  private readonly issues: Issue[] = []
  private variables = 0
  private open = true

  constructor(spec: ModelSpec, readOnly: boolean) {
    this.spec = spec
    this.readOnly = readOnly
  }

  /** Runs the callback and gives its recording. Throws what the callback throws. */
  record(callback: () => unknown): Recording {
    if (callback.constructor.name === 'AsyncFunction') throw asyncError()
    ensureNotRecording()
    running = this
    let returned: unknown
    const leaves: ReturnLeaf[] = []
    let result: ReturnShape
    try {
      returned = callback()
      result = this.shapeOf(returned, leaves)
      if (this.issues.length > 0)
        throw new ValidationError('A value of the program does not fit its field', this.issues)
    } finally {
      running = null
      this.open = false
    }
    return {
      nodes: { ops: this.blocks[0]!.ops, returns: leaves },
      args: this.args,
      result,
      pending: this.pending.map((each) =>
        each.then(() => {
          if (this.issues.length > 0)
            throw new ValidationError('A value of the program does not fit its field', this.issues)
        }),
      ),
    }
  }

  private shapeOf(value: unknown, leaves: ReturnLeaf[]): ReturnShape {
    if (value instanceof Value) {
      this.check(value)
      const list = listReturn(value)
      leaves.push({ node: value.node, list: list?.fn ?? null, of: list?.of.field ?? null })
      return { kind: 'leaf', at: leaves.length - 1 }
    }
    if (typeof value === 'function') throw new UsageError('A program cannot return a function: was a call forgotten?')
    if (typeof value !== 'object' || value === null) return { kind: 'constant', value }
    if (STATEMENT in value) return { kind: 'constant', value: undefined }
    if ('then' in value || isDeferred(value)) throw asyncError()
    if (ROW in value) throw new UsageError(NO_ROW)
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => this.shapeOf(item, leaves)) }
    const prototype: unknown = Object.getPrototypeOf(value)
    if ('handleOf' in value)
      throw new UsageError('A program cannot return a collection itself: return its items(), length() or the like')
    if (prototype !== Object.prototype && prototype !== null) {
      const parts = value instanceof Map || value instanceof Set ? [...value].flat() : Object.values(value)
      if (parts.some((part) => part instanceof Value))
        throw new UsageError('Server values are returned alone, in arrays or in plain objects')
      return { kind: 'constant', value }
    }
    if (Object.getOwnPropertySymbols(value).length > 0 || Object.values(value).some((part) => part instanceof Recorder))
      throw new UsageError('A server value cannot be spread: it exists only on the server')
    return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, this.shapeOf(item, leaves)]) }
  }

  /** Refuses a server value that was kept from another callback. */
  check(value: Value): void {
    if (value.recorder !== this || !this.open)
      throw new UsageError('A server value is used outside the callback that made it')
  }

  ensureOpen(): void {
    if (!this.open)
      throw new UsageError('A server value is used after its callback ended: it cannot be awaited or kept')
    if (running !== this) throw new UsageError('A server value is used outside the callback that made it')
  }

  emit(op: Op): void {
    this.ensureOpen()
    if (this.readOnly) throw new UsageError('A query cannot change anything: only compare and compute')
    this.blocks.at(-1)!.ops.push(op)
  }

  variable(): number {
    return this.variables++
  }

  /** Records a nested block. */
  block(body: () => unknown, walking?: string): readonly Op[] {
    this.ensureOpen()
    const outer = this.blocks.at(-1)!
    const block: Block = { ops: [], walking: walking ? [...outer.walking, walking] : outer.walking }
    this.blocks.push(block)
    try {
      if (isDeferred(body())) throw asyncError()
    } finally {
      this.blocks.pop()
    }
    return block.ops
  }

  /** A collection cannot be changed under a loop over it, except through the loop's item. */
  ensureNotWalking(field: string): void {
    if (this.blocks.at(-1)!.walking.includes(field))
      throw new UsageError(`${field} is being looped over: change it through the loop's item, or after the loop`)
  }

  /** Fails the whole recording, with a path, once the callback ends. */
  issue(path: readonly (string | number)[], message: string): void {
    this.issues.push({ path, message })
  }

  /** Adds an argument and gives its slot. */
  arg(value: Stored | null): number {
    this.args.push(value)
    return this.args.length - 1
  }

  /** A literal as a node. Checks it against the field's rules when a field is given. */
  literal(type: ExprType, value: unknown, field?: FieldSpec & { readonly property?: string }): Expr {
    if (value === null && !(field?.schema && !field.nullable)) return { k: 'null', type }
    const spec = field ?? bare(type)
    const path = this.pathOf(field?.property ?? this.subject)
    const problem = problemOf(spec, value)
    if (problem !== null) {
      if (!field) throw new ValidationError(`An operand ${problem}`, [{ path, message: problem }])
      this.issue(path, problem)
      return { k: 'null', type }
    }
    const slot = this.arg(encodeValue(spec, value))
    this.ask(spec, value, path, (stored) => {
      this.args[slot] = stored
    })
    return { k: 'arg', type, slot }
  }

  /** Lets the schema of a value have the last word on what is stored; it may speak later. */
  ask(spec: FieldSpec, value: unknown, path: readonly (string | number)[], done: (stored: Stored) => void): void {
    if (!spec.schema) return
    const wait = runSchema(spec.schema, value, path, this.issues, (output) => {
      const problem = problemOf(spec, output)
      if (problem === null) done(encodeValue(spec, output))
      else this.issue(path, problem)
    })
    if (wait) this.pending.push(wait)
  }

  /** The value, if it is a literal of the type. */
  checked<T>(type: ExprType, value: T): T {
    const problem = problemOf(bare(type), value)
    if (problem !== null)
      throw new ValidationError(`An operand ${problem}`, [{ path: this.pathOf(this.subject), message: problem }])
    return value
  }

  /** The stored text of a literal of the type. */
  encoded(type: ExprType, value: unknown): Stored {
    return encodeValue(bare(type), this.checked(type, value))
  }

  private pathOf(property: string): string[] {
    return property === '' ? [] : [property]
  }

  /** Several literals packed into one argument; gives the slot. */
  list(type: ExprType, values: readonly unknown[]): number {
    return this.arg(Buffer.concat(values.map((value) => packed(this.encoded(type, value)))))
  }

  /** An operand of a type: a server value, checked for its type, or a literal. */
  operand(type: ExprType, value: unknown, field?: StoredField | FieldSpec): Expr {
    if (!(value instanceof Value)) {
      if (typeof value === 'object' && value !== null && 'handleOf' in value)
        throw new UsageError('A collection cannot be an operand: use one of its results')
      return this.literal(type, value, field)
    }
    this.check(value)
    const node = value.node
    if (fits(node.type, type)) return node
    if (type === 'bigint' && node.type === 'int') return { k: 'widen', type: 'bigint', a: node }
    throw new UsageError(`A ${node.type} cannot be used where a ${type} is needed`)
  }
}

function fits(from: ExprType, to: ExprType): boolean {
  if (from === to) return true
  if (to === 'float') return from === 'int'
  if (to === 'string') return from === 'enum'
  return to === 'enum' && from === 'string'
}

const BARE: Readonly<Record<ScalarKind, FieldSpec>> = Object.freeze(
  Object.fromEntries(
    (['int', 'float', 'bigint', 'string', 'bytes', 'boolean', 'date', 'json'] as const).map((kind) => [
      kind,
      { kind, optional: false, nullable: false },
    ]),
  ),
) as Record<ScalarKind, FieldSpec>

/** A type without rules. */
export function bare(type: ExprType): FieldSpec {
  return type === 'enum' ? BARE.string : BARE[type]
}

/** What has not run yet: a promise, or what a generator function gives. */
function isDeferred(value: unknown): boolean {
  if (value instanceof Promise) return true
  return value instanceof Object && !(value instanceof Value) && 'next' in value && 'throw' in value
}

function asyncError(): UsageError {
  return new UsageError('The callback of a program is recorded once and synchronously: it cannot be async')
}
