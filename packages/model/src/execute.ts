// Runs recorded programs: shape to script, values to ARGV, the reply back to what the callback returned.

import { type Issue, ValidationError } from '@ochre/protocol'
import { decodeValue, encodeField, problemOf, runSchema, type Stored, Undecodable } from './codec.ts'
import { type CompiledProgram, type CompileOptions, compileProgram } from './compile.ts'
import { CorruptRowError } from './errors.ts'
import { defaultOf, type FieldSpec, hasNull } from './fields.ts'
import { asParameter } from './guards.ts'
import type { Documents } from './json-text.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { ExprType, ProgramNodes, ReturnLeaf } from './ops.ts'
import { rowHandle } from './program.ts'
import type { RecordOwner } from './record.ts'
import { Recorder, type Recording, type ReturnShape } from './recorder.ts'
import { Value } from './value.ts'

/** Parameters of a reusable program: scalar fields. */
export type ParameterSpecs = Readonly<Record<string, FieldSpec>>

export interface PreparedProgram {
  readonly spec: ModelSpec
  readonly recording: Recording
  /** Slots of parameters. */
  readonly parameters: readonly { readonly name: string; readonly field: FieldSpec; readonly slot: number }[]
}

/** Records a callback. With parameters, their values come at each run. */
export function prepareProgram(
  spec: ModelSpec,
  callback: (row: object, parameters: object, recorder: Recorder) => unknown,
  parameterSpecs: ParameterSpecs = {},
): PreparedProgram {
  const recorder = new Recorder(spec, false)
  const parameters: { name: string; field: FieldSpec; slot: number }[] = []
  const values: Record<string, Value> = {}
  for (const [name, field] of Object.entries(parameterSpecs)) {
    const slot = recorder.arg(null)
    const maybe = isMaybe(field)
    parameters.push({ name, field, slot })
    const type = field.kind as ExprType
    const node = maybe ? ({ k: 'arg', type, slot, maybe: true } as const) : ({ k: 'arg', type, slot } as const)
    values[name] = asParameter(new Value(recorder, node), field)
  }
  const asyncCheck = callback.constructor.name === 'AsyncFunction'
  const row = rowHandle(recorder)
  const body = asyncCheck
    ? (callback as unknown as () => unknown)
    : () => callback(row, Object.freeze(values), recorder)
  return { spec, recording: recorder.record(body), parameters }
}

/** The arguments of one run; a promise when a parameter's schema is asynchronous. Throws a ValidationError for parameters that do not fit. */
export function argumentsOf(
  program: PreparedProgram,
  given: Readonly<Record<string, unknown>>,
): Stored[] | Promise<Stored[]> {
  const args = [...program.recording.args]
  const issues: Issue[] = []
  const waits: Promise<void>[] = []
  for (const { name, field, slot } of program.parameters) {
    const own = Object.hasOwn(given, name) ? given[name] : undefined
    const value = own === undefined ? defaultOf(field) : own
    if (value === undefined || (value === null && !(field.schema && !field.nullable))) {
      if (value === null ? isMaybe(field) : field.optional || field.nullable) args[slot] = '\0'
      else issues.push({ path: [name], message: 'is required' })
      continue
    }
    const settle = (checked: unknown): void => {
      const problem = problemOf(field, checked)
      if (problem !== null) issues.push({ path: [name], message: problem })
      else args[slot] = encodeParameter(field, checked)
    }
    const wait = field.schema ? runSchema(field.schema, value, [name], issues, settle) : settle(value)
    if (wait) waits.push(wait)
  }
  for (const name of Object.keys(given))
    if (!program.parameters.some((each) => each.name === name))
      issues.push({ path: [name], message: 'is not a parameter' })
  const end = (): Stored[] => {
    if (issues.length > 0) throw new ValidationError('The parameters of the program do not fit', issues)
    return args as Stored[]
  }
  return waits.length === 0 ? end() : Promise.all(waits).then(end)
}

/** Whether a parameter may be null, as an optional one is when it is not given. */
function isMaybe(field: FieldSpec): boolean {
  return field.optional || hasNull(field)
}

/** A parameter as an argument. One that cannot be null carries no mark. */
function encodeParameter(field: FieldSpec, value: unknown): Stored {
  const text = encodeField(field, value)
  if (isMaybe(field)) return text
  if (typeof text === 'string') return text.charCodeAt(0) === 0 ? text.slice(1) : text
  return text[0] === 0 ? text.subarray(1) : text
}

const plain = new WeakMap<PreparedProgram, CompiledProgram>()

/** The script of a recording. One that is run again finds it without computing its shape. */
export function compilePrepared(program: PreparedProgram, options?: CompileOptions): CompiledProgram {
  if (options) return compileProgram(program.spec, program.recording.nodes, options)
  let compiled = plain.get(program)
  if (!compiled) {
    compiled = compileProgram(program.spec, program.recording.nodes)
    plain.set(program, compiled)
  }
  return compiled
}

/** Whether a reply holds bytes, which text decoding would damage. */
export function returnsBytes(spec: ModelSpec, nodes: ProgramNodes): boolean {
  return nodes.returns.some(({ node, list, of }) => {
    if (list === null) return node.type === 'bytes'
    const { element, entry } = spec.byProperty.get(of!)!
    return element?.kind === 'bytes' || Object.values(entry ?? {}).some(({ kind }) => kind === 'bytes')
  })
}

/**
 * The callback's return with server values replaced by what the server sent. `leaves` follow the leading 0. Throws a
 * CorruptRowError for a stored value that does not fit.
 */
export function resultOf(recording: Recording, reply: readonly unknown[], owner: RecordOwner, id: string): unknown {
  const { spec } = owner
  const values = recording.nodes.returns.map((leaf, i) => {
    const fail = (problem: string): never => {
      const origin = spec.byProperty.get(originOf(leaf))
      throw new CorruptRowError(spec.name, owner.keyOf(id, origin), origin?.property ?? '', problem)
    }
    return leafValue(leaf, spec, reply[i + 1], { documents: owner.documents, fail })
  })
  return build(recording.result, values)
}

const OWN = { enumerable: true, configurable: true, writable: true }

function build(shape: ReturnShape, values: readonly unknown[]): unknown {
  switch (shape.kind) {
    case 'leaf':
      return values[shape.at]
    case 'constant':
      return shape.value
    case 'list':
      return shape.items.map((item) => build(item, values))
    case 'object': {
      const object: Record<string, unknown> = {}
      for (const [key, item] of shape.entries) {
        const value = build(item, values)
        // The one name that assignment does not set.
        if (key === '__proto__') Object.defineProperty(object, key, { value, ...OWN })
        else object[key] = value
      }
      return object
    }
  }
}

const ELEMENTS: Readonly<Record<ExprType, FieldSpec>> = Object.fromEntries(
  (['int', 'float', 'bigint', 'string', 'bytes', 'boolean', 'date', 'json', 'enum'] as const).map((kind) => [
    kind,
    { kind, optional: false, nullable: false },
  ]),
) as Record<ExprType, FieldSpec>

/** How a reply is read: in which form documents are, and who is told what does not fit. */
interface Reading {
  readonly documents: Documents
  fail(problem: string): never
}

/** The field that a leaf comes from, as far as it shows. */
function originOf({ node, of }: ReturnLeaf): string {
  return of ?? (node.k === 'field' ? node.field : node.k === 'at' ? node.of.field : '')
}

function scalarValue(rules: FieldSpec, reply: unknown, { fail, documents }: Reading): unknown {
  if (reply === null || reply === undefined || reply === false) return null
  if (typeof reply === 'number' && rules.kind === 'boolean') return reply === 1
  const value = decodeValue(rules, Buffer.isBuffer(reply) ? reply : String(reply), documents)
  return value instanceof Undecodable ? fail(value.problem) : value
}

function leafValue(leaf: ReturnLeaf, spec: ModelSpec, reply: unknown, reading: Reading): unknown {
  const { node } = leaf
  if (leaf.list === null)
    return scalarValue((node.k === 'field' && spec.byProperty.get(node.field)) || ELEMENTS[node.type], reply, reading)
  if (leaf.list === 'geoDistance') return reply === null ? null : Number(reply)
  if (leaf.list === 'geoPosition') return reply === null ? null : (reply as unknown[]).map(Number)
  const items = (reply ?? []) as unknown[]
  const field = spec.byProperty.get(leaf.of!)!
  const element = (item: unknown): unknown => scalarValue(field.element!, item, reading)
  switch (leaf.list) {
    case 'entries': {
      const entries: [string, unknown][] = []
      for (let i = 0; i < items.length; i += 2) entries.push([String(items[i]), element(items[i + 1])])
      return Object.fromEntries(entries)
    }
    case 'rangeWithScores': {
      const pairs: unknown[] = []
      for (let i = 0; i < items.length; i += 2) pairs.push([element(items[i]), Number(items[i + 1])])
      return pairs
    }
    case 'range':
      if (field.kind === 'stream') return items.map((item) => streamEntry(field, item as [unknown, unknown], reading))
      return items.map(element)
    default:
      return items.map(element)
  }
}

function streamEntry(field: StoredField, [id, flat]: [unknown, unknown], reading: Reading): unknown {
  const parts = flat as unknown[]
  const entry: Record<string, unknown> = {}
  for (let i = 0; i < parts.length; i += 2) {
    const name = String(parts[i])
    if (Object.hasOwn(field.entry!, name)) entry[name] = scalarValue(field.entry![name]!, parts[i + 1], reading)
  }
  return { id: String(id), entry }
}
