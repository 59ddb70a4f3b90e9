// Batches of rows through the scripts of put.ts, all of one family; with claims where uniques need them.

import { type ClaimOwner, type Held, writeWithClaims } from './claims.ts'
import type { Stored } from './codec.ts'
import type { RecordedWhere } from './filter.ts'
import type { KeyFamily } from './keys.ts'
import { hasClaims } from './maintain.ts'
import type { ModelSpec } from './model.ts'
import type { PreparedRow } from './prepare.ts'
import { deleteScript, type PutMode, putScript } from './put.ts'
import type { Arg, Runner } from './redis.ts'
import { rowRefusals } from './refusal.ts'

/** Where rows are written. */
export interface RowTarget {
  readonly spec: ModelSpec
  readonly runner: Runner
  readonly claims: ClaimOwner
  readonly readsBytes: boolean
  /** Names of the keys that all writing scripts share. */
  shared(family: KeyFamily): string[]
  /** Names of a row's own keys. */
  rowKeys(family: KeyFamily, id: string): string[]
}

export interface PutOptions {
  readonly mode: PutMode
  /** What the rows' version must be, or ''. */
  readonly version: string
  readonly ttl: string
  /** For metrics. */
  readonly operation: string
  readonly withRow?: boolean
}

/** Gives one reply per row, as the script does. */
export function putRows(
  target: RowTarget,
  family: KeyFamily,
  rows: readonly PreparedRow[],
  { mode, version, ttl, operation, withRow = false }: PutOptions,
): Promise<unknown[]> {
  const { spec, runner } = target
  const script = putScript(spec, mode, withRow)
  const send = async (some: readonly PreparedRow[], held: readonly Held[]): Promise<unknown[]> => {
    const keys: string[] = target.shared(family)
    const args: Arg[] = []
    some.forEach((row, i) => {
      keys.push(...target.rowKeys(family, row.id))
      args.push(row.id, version, ttl, row.set.length)
      for (const [name, text] of row.set) args.push(name, text)
      args.push(row.defaults.length)
      for (const [name, text] of row.defaults) args.push(name, text)
      args.push(row.unset.length, ...row.unset, row.contents.length)
      for (const [position, command, items] of row.contents) args.push(position, command, items.length, ...items)
      if (held[i]) args.push(...held[i].args)
    })
    return (await runner.script(operation, script, keys, args, target.readsBytes, null, rowRefusals)) as unknown[]
  }
  if (!hasClaims(spec)) return send(rows, [])
  const ids = rows.map((row) => row.id)
  const attempt = (positions: readonly number[], held: readonly Held[]) => send(pick(rows, positions), held)
  // What a written row holds is the end of its entry.
  return writeWithClaims(target.claims, ids, attempt, (reply) =>
    Array.isArray(reply) && Number(reply[0]) === 0 ? (reply[3] as unknown[]).map(String) : null,
  )
}

/** Gives 1, 0 or a conflict per row. With `where`, rows that do not satisfy it are left alone, which is no number either. */
export function deleteRows(
  target: RowTarget,
  family: KeyFamily,
  rows: readonly (readonly [id: string, version: string])[],
  where: RecordedWhere | null = null,
): Promise<unknown[]> {
  const { spec, runner } = target
  const guard = where?.node ? [...(where.args as Stored[]), family.rowPrefix, family.collectionPrefix] : []
  const send = async (some: typeof rows, held: readonly Held[]): Promise<unknown[]> => {
    const keys = [...target.shared(family), ...some.flatMap(([id]) => target.rowKeys(family, id))]
    const args = [...guard, ...some.flatMap((row, i): Arg[] => [...row, ...(held[i]?.args ?? [])])]
    const script = deleteScript(spec, where)
    return (await runner.script('delete', script, keys, args, target.readsBytes, null, rowRefusals)) as unknown[]
  }
  if (!hasClaims(spec)) return send(rows, [])
  const ids = rows.map(([id]) => id)
  const attempt = (positions: readonly number[], held: readonly Held[]) => send(pick(rows, positions), held)
  return writeWithClaims(target.claims, ids, attempt, (reply) => (Array.isArray(reply) ? null : []))
}

function pick<T>(items: readonly T[], positions: readonly number[]): T[] {
  return positions.map((i) => items[i]!)
}
