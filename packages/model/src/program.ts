// The words of programs: when, switchOn, and, or, not, fail, now, keep; and the row that a callback receives.

import { UsageError } from '@ochre/protocol'
import { collectionHandle } from './collection.ts'
import type { Condition, DateValue, Expr, Statement } from './expressions.ts'
import { refuseAsValue } from './guards.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { Op } from './ops.ts'
import { currentRecorder, NO_ROW, type Recorder, ROW, STATEMENT } from './recorder.ts'
import { Value } from './value.ts'

const RECORDER = Symbol('recorder')
const HANDLES = Symbol('handles')
interface RowState {
  readonly [RECORDER]: Recorder
  readonly [HANDLES]: Record<string, object>
}

const refuseRow = (): never => {
  throw new UsageError(NO_ROW)
}

const rows = new WeakMap<ModelSpec, object>()

/** The row's fields as server values and collections, each made when it is asked for. */
export function rowHandle(recorder: Recorder): object {
  let prototype = rows.get(recorder.spec)
  if (!prototype) {
    prototype = Object.create(null) as object
    for (const field of recorder.spec.byProperty.values()) {
      Object.defineProperty(prototype, field.property, {
        enumerable: true,
        get(this: RowState) {
          this[HANDLES][field.property] ??= fieldHandle(this[RECORDER], field)
          return this[HANDLES][field.property]
        },
        set: () => {
          throw new UsageError(`A row of the server is not assigned to: write ${field.property}.set(...)`)
        },
      })
    }
    refuseAsValue(prototype, NO_ROW)
    rows.set(recorder.spec, Object.freeze(prototype))
  }
  const row = Object.create(prototype) as { -readonly [P in keyof RowState]: RowState[P] }
  Object.defineProperty(row, RECORDER, { value: recorder })
  Object.defineProperty(row, HANDLES, { value: {} })
  // What a spread would copy.
  Object.defineProperty(row, ROW, { enumerable: true, get: refuseRow })
  return Object.freeze(row)
}

function fieldHandle(recorder: Recorder, field: StoredField): object {
  if (recorder.spec.collections.includes(field)) return collectionHandle(recorder, field)
  const node: Expr0 = { k: 'field', type: field.kind as Expr0['type'], field: field.property }
  return new Value(recorder, node, { kind: 'field', field })
}
type Expr0 = { k: 'field'; type: Value['node']['type']; field: string }

function conditionOf(value: unknown, recorder: Recorder, where: string): Value {
  if (!(value instanceof Value) || value.node.type !== 'boolean')
    throw new UsageError(`${where} needs a condition, made with eq(), gt() and the like`)
  recorder.check(value)
  return value
}

export interface WhenElse extends Statement {
  elseWhen(condition: Condition, then: () => void): WhenElse
  else(otherwise: () => void): void
}

/** Runs the block on the server if the condition holds there. */
export function when(condition: Condition, then: () => void): WhenElse {
  const recorder = currentRecorder('when()')
  const branches: { cond: Value['node']; body: readonly Op[] }[] = []
  const node = { op: 'when', branches, otherwise: [] as readonly Op[] } as const
  const add = (cond: unknown, body: () => void): void => {
    branches.push({ cond: conditionOf(cond, recorder, 'when()').node, body: recorder.block(body) })
  }
  add(condition, then)
  recorder.emit(node)
  let ended = false
  const chain: WhenElse = {
    [STATEMENT]: true,
    elseWhen: (cond, body) => {
      if (ended) throw new UsageError('elseWhen() comes before else()')
      add(cond, body)
      return chain
    },
    else: (body) => {
      if (ended) throw new UsageError('else() can be given once')
      ended = true
      ;(node.otherwise as Op[]).push(...recorder.block(body))
    },
  }
  return chain
}

export interface SwitchCases<T> extends Statement {
  case(value: T | readonly T[], then: () => void): SwitchCases<T>
  default(otherwise: () => void): void
}

/** Runs the block of the first case that equals the server value. */
export function switchOn<T>(value: Expr<T>): SwitchCases<T> {
  const recorder = currentRecorder('switchOn()')
  if (!(value instanceof Value)) throw new UsageError('switchOn() takes a server value')
  const subject = value.bind(value)
  let chain: WhenElse | null = null
  const cases: SwitchCases<T> = {
    [STATEMENT]: true,
    case: (match, then) => {
      const condition = (Array.isArray(match) ? subject.in(match) : subject.eq(match)) as unknown as Condition
      if (chain) chain.elseWhen(condition, then)
      else chain = when(condition, then)
      return cases
    },
    default: (otherwise) => {
      if (!chain) throw new UsageError('default() comes after a case()')
      chain.else(otherwise)
    },
  }
  recorder.ensureOpen()
  return cases
}

function combine(k: 'and' | 'or', conditions: readonly Condition[]): Condition {
  const recorder = currentRecorder(`${k}()`)
  if (conditions.length === 0) throw new UsageError(`${k}() needs at least one condition`)
  const items = conditions.map((each) => conditionOf(each, recorder, `${k}()`).node)
  return new Value(recorder, { k, type: 'boolean', items }) as unknown as Condition
}

/** True when all conditions hold. */
export function and(...conditions: readonly Condition[]): Condition {
  return combine('and', conditions)
}

/** True when one condition holds. */
export function or(...conditions: readonly Condition[]): Condition {
  return combine('or', conditions)
}

/** True when the condition does not hold. Comparisons with null are false, so their negation is true. */
export function not(condition: Condition): Condition {
  const recorder = currentRecorder('not()')
  const { node } = conditionOf(condition, recorder, 'not()')
  return new Value(recorder, { k: 'not', type: 'boolean', a: node }) as unknown as Condition
}

/** One of two values of the same type, by a condition. */
export function cond<E extends Expr<unknown>>(condition: Condition, yes: E, no: E): E {
  const recorder = currentRecorder('cond()')
  const { node } = conditionOf(condition, recorder, 'cond()')
  if (!(yes instanceof Value) || !(no instanceof Value)) throw new UsageError('cond() takes server values')
  recorder.check(yes)
  const b = recorder.operand(yes.node.type, no)
  return new Value(recorder, { k: 'pick', type: yes.node.type, cond: node, yes: yes.node, no: b }) as unknown as E
}

/** Ends the program: nothing is written and the call rejects with a ProgramError of this reason. */
export function fail(code: string): void {
  const recorder = currentRecorder('fail()')
  if (!/^[A-Z][A-Z0-9_]*$/.test(code)) throw new UsageError('A failure code is UPPER_SNAKE')
  recorder.emit({ op: 'fail', code: recorder.arg(code) })
}

/** The server's time, the same during the whole program. */
export function now(): DateValue {
  return new Value(currentRecorder('now()'), { k: 'now', type: 'date' }) as unknown as DateValue
}

/** The value of this moment, kept while the program goes on to change what it was computed from. */
export function keep<E extends Expr<unknown>>(value: E): E {
  currentRecorder('keep()')
  if (!(value instanceof Value)) throw new UsageError('keep() takes a server value')
  return value.bind(value) as unknown as E
}
