// A loaded row: its fields as plain properties, its operations on the prototype, what was read kept aside.
//
// The properties are the caller's to change. `save` compares them with what was read, by stored text, so a changed Date,
// a mutated JSON document and a spread copy all behave.

import { UsageError } from '@ochre/protocol'
import { decodeField, encodeField, idFromText, type Stored, Undecodable } from './codec.ts'
import { CorruptRowError, NotFoundError } from './errors.ts'
import type { ProgramRow, Resolved } from './expressions.ts'
import type { Documents } from './json-text.ts'
import type { Fields, ModelSpec, Select, StoredField } from './model.ts'

/** A loaded row of a model. */
export type Row<F extends Fields> = Select<F> & RowMethods<F>

export interface RowMethods<F extends Fields> {
  /** Writes the fields that changed since the row was read; rejects with a ConflictError when somebody else wrote it. */
  save(): Promise<this>
  /** Reads the row again, dropping unsaved changes. */
  reload(): Promise<this>
  /** Deletes the row if nobody else changed it since it was read. */
  delete(): Promise<boolean>
  /** Runs a program on the stored row and takes the result into this one. */
  atomic<R>(program: (row: ProgramRow<F>) => R): Promise<Resolved<R>>
}

/** What a record asks of its store. */
export interface RecordOwner {
  readonly spec: ModelSpec
  readonly documents: Documents
  /** The key of the row, or of a collection of it. */
  keyOf(id: string, field?: StoredField): string
  /** Gives the new version, and what is stored now of what was set. */
  saveRecord(
    id: string,
    patch: Record<string, unknown>,
    version: string,
  ): Promise<{ readonly version: string; readonly set: readonly (readonly [name: string, text: Stored])[] }>
  deleteRecord(id: string, version: string): Promise<boolean>
  reloadRecord(id: string): Promise<RawRow | null>
  runOnRecord(id: string, program: (row: object) => unknown): Promise<{ value: unknown; raw: RawRow }>
  /** The row that was made last, see layouts.ts. */
  latest: object | null
}

/** Stored text by name, as HGETALL gives it. */
export type RawRow = Record<string, string | Buffer>

/** A row out of a reply of HGETALL, by name or flat; null when there is none. */
export function rawRow(reply: unknown): RawRow | null {
  if (reply === null || reply === undefined || reply === false) return null
  if (Array.isArray(reply)) {
    if (reply.length === 0) return null
    const row: RawRow = Object.create(null)
    for (let i = 0; i < reply.length; i += 2) row[String(reply[i])] = reply[i + 1]
    return row
  }
  if ((reply as RawRow)._v !== undefined) return reply as RawRow
  for (const _name in reply as object) return reply as RawRow
  return null
}

interface RowState {
  owner: RecordOwner
  id: string
  version: string
  raw: RawRow
  /** The save that is on its way. */
  saving: Promise<void> | null
}

let stateOf: (record: object) => RowState
let setState: (record: StoredRow, state: RowState) => void

class StoredRow {
  #state: RowState | null = null

  static {
    stateOf = (record) => {
      if (!(#state in record) || record.#state === null)
        throw new UsageError(
          'This is a copy of a row: save(), reload(), delete() and atomic() belong to the loaded row itself',
        )
      return record.#state
    }
    setState = (record, state) => {
      record.#state = state
    }
  }

  async save(): Promise<this> {
    const state = stateOf(this)
    // One after the other: by its version, one save would take another of the same record for somebody else's.
    while (state.saving !== null) await state.saving.catch(() => undefined)
    state.saving = saveChanges(this, state)
    try {
      await state.saving
    } finally {
      state.saving = null
    }
    return this
  }

  async reload(): Promise<this> {
    const state = stateOf(this)
    const raw = await state.owner.reloadRecord(state.id)
    if (!raw) throw new NotFoundError(state.owner.spec.name, state.id)
    adopt(this, state.owner, state.id, raw)
    return this
  }

  async delete(): Promise<boolean> {
    const state = stateOf(this)
    return state.owner.deleteRecord(state.id, state.version)
  }

  async atomic(program: (row: object) => unknown): Promise<unknown> {
    const state = stateOf(this)
    const { value, raw } = await state.owner.runOnRecord(state.id, program)
    adopt(this, state.owner, state.id, raw)
    return value
  }
}

/** Writes what has changed by now, and takes what is stored of it into the record. */
async function saveChanges(record: object, state: RowState): Promise<void> {
  const { raw } = state
  const { spec } = state.owner
  const patch = changesOf(record, spec, raw)
  if (Object.keys(patch).length === 0) return
  const given = spec.scalars
    .filter((field) => field.schema && patch[field.property] !== undefined)
    .map((field) => ({ field, text: storedText(field, patch[field.property]) }))
  const { version, set } = await state.owner.saveRecord(state.id, patch, state.version)
  for (const [property, value] of Object.entries(patch))
    if (value === undefined) delete raw[spec.byProperty.get(property)!.name]
  // What was sent, not what the properties hold now: they may have changed again meanwhile.
  for (const [name, text] of set) raw[name] = text
  const properties = record as Record<string, unknown>
  for (const { field, text } of given)
    if (text !== null && sameText(field, text, properties[field.property]))
      properties[field.property] = decodeField(field, raw[field.name]!)
  state.version = version
}

/** Properties whose stored text would differ from what was read. */
function changesOf(record: object, spec: ModelSpec, raw: RawRow): Record<string, unknown> {
  const current = record as Record<string, unknown>
  const patch: Record<string, unknown> = {}
  if (String(current.id) !== stateOf(record).id) throw new UsageError('The id of a row cannot change')
  for (const field of spec.scalars) {
    const value = current[field.property]
    const before = raw[field.name]
    if (value === undefined) {
      if (before !== undefined) patch[field.property] = undefined
      continue
    }
    if (before === undefined || !sameText(field, before, value)) patch[field.property] = value
  }
  return patch
}

/** What would be stored; null for what cannot be. */
function storedText(field: StoredField, value: unknown): Stored | null {
  try {
    return encodeField(field, value)
  } catch {
    return null
  }
}

function sameText(field: StoredField, before: Stored, value: unknown): boolean {
  const text = storedText(field, value)
  if (text === null) return false
  if (typeof text === 'string' && typeof before === 'string') {
    if (text === before || field.kind !== 'json') return text === before
    try {
      return JSON.stringify(JSON.parse(before)) === text
    } catch {
      return false
    }
  }
  return Buffer.from(text).equals(Buffer.from(before))
}

/** Makes a loaded row out of what Redis holds. Throws {@link CorruptRowError}. */
export function makeRecord(owner: RecordOwner, id: string, raw: RawRow): object {
  return adopt(new StoredRow(), owner, id, raw)
}

function adopt<T extends StoredRow>(record: T, owner: RecordOwner, id: string, raw: RawRow): T {
  const { spec } = owner
  const target = record as unknown as Record<string, unknown>
  if (target.id !== undefined) for (const { property } of spec.scalars) delete target[property]
  const version = String(raw._v ?? '0')
  if (!/^\d+$/.test(version)) throw new CorruptRowError(spec.name, owner.keyOf(id), '_v', 'is not a version')
  target.id = idFromText(spec.id, id)
  for (const field of spec.scalars) {
    const stored = raw[field.name]
    if (stored === undefined) {
      if (!field.optional) throw new CorruptRowError(spec.name, owner.keyOf(id), field.property, 'is missing')
      continue
    }
    const value = decodeField(field, stored, owner.documents)
    if (typeof value === 'object' && value instanceof Undecodable)
      throw new CorruptRowError(spec.name, owner.keyOf(id), field.property, value.problem)
    target[field.property] = value
  }
  owner.latest = record
  setState(record, { owner, id, version, raw, saving: null })
  return record
}

/** The version of a loaded row: grows with each write. For `ifVersion`. */
export function versionOf(row: object): number {
  return Number(stateOf(row).version)
}

/** Stored fields that the model does not know. They are kept by every write. */
export function unknownFields(row: object): string[] {
  const state = stateOf(row)
  const { owner } = state
  return Object.keys(state.raw).filter((name) => !owner.spec.byName.has(name) && !/^_[vst]$/.test(name))
}
