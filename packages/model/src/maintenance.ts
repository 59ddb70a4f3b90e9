// verify, repair and reindex of one opened model, and which of its indexes queries may use.

import { claimsDangling, claimsMissing } from './claim-upkeep.ts'
import type { KeyFamily } from './keys.ts'
import type { LuaScript } from './lua/library.ts'
import { allIndexes, bindKeys, fingerprintOf, hasClaims, ownIndexes, roleOf, sharedRoles } from './maintain.ts'
import type { Fields, ModelSpec } from './model.ts'
import type { Store } from './store.ts'
import { ENTRIES_SCRIPT, READY_SCRIPT, unlistedScript, walkScript } from './upkeep.ts'

export interface Problem {
  readonly id: string
  /**
   * NO_ROW, MISSING_ENTRY, STALE_ENTRY, DANGLING_ENTRY, DUPLICATE or MEMO; or what `repair` leaves alone: CORRUPT, a field that
   * cannot be read, and WRONG_TYPE, a row that is no hash.
   */
  readonly code: string
  /** `x:<index>`, `u:<unique>`, `ids`, `m` or `r`, the row; of CORRUPT the field. */
  readonly where: string
}

export interface Verification {
  readonly rows: number
  readonly entries: number
  readonly problems: readonly Problem[]
}

export interface UpkeepOptions {
  readonly onProgress?: (progress: {
    readonly rows: number
    readonly entries: number
    readonly problems: number
  }) => void
}

const PORTION = 200

const scripts = new WeakMap<ModelSpec, { readonly walk: LuaScript; readonly unlisted: LuaScript }>()

function scriptsOf(spec: ModelSpec): { readonly walk: LuaScript; readonly unlisted: LuaScript } {
  let own = scripts.get(spec)
  if (!own) {
    own = { walk: walkScript(spec), unlisted: unlistedScript(spec) }
    scripts.set(spec, own)
  }
  return own
}

/** Compares both ways: every row with its entries, every entry with its row. */
export async function runUpkeep<F extends Fields>(
  store: Store<F>,
  repair: boolean,
  options: UpkeepOptions,
): Promise<Verification> {
  const { spec, runner } = store
  const { walk, unlisted } = scriptsOf(spec)
  const problems: Problem[] = []
  let rows = 0
  let entries = 0
  const operation = repair ? 'repair' : 'verify'
  const flag = repair ? '1' : '0'
  const claiming = hasClaims(spec)
  const note = (found: unknown): void => {
    const flat = found as unknown[]
    for (let i = 0; i < flat.length; i += 3)
      problems.push({ id: String(flat[i]), code: String(flat[i + 1]), where: String(flat[i + 2]) })
    options.onProgress?.({ rows, entries, problems: problems.length })
  }
  for (const family of store.keys.families) {
    const keys = bindKeys(sharedRoles(spec), family, '')
    let cursor = '0'
    do {
      const args = [family.rowPrefix, cursor, PORTION, flag]
      const reply = (await runner.script(operation, unlisted, keys, args)) as unknown[]
      cursor = String(reply[0])
      note(reply[1])
    } while (cursor !== '0')
    let from = ''
    do {
      const reply = (await runner.script(operation, walk, keys, [family.rowPrefix, from, PORTION, flag])) as unknown[]
      rows += Number(reply[1])
      from = String(reply[0])
      const unclaimed = claiming ? await claimsMissing(store.claims, (reply[3] as unknown[]).map(String), repair) : []
      note([...(reply[2] as unknown[]), ...unclaimed])
    } while (from !== '')
    for (const index of ownIndexes(spec)) {
      const kind = index.type === 'unique' ? 'unique' : index.columns.at(-1)!.desc ? 'index-desc' : 'index'
      const keys = bindKeys(['memo', roleOf(index), 'ids'], family, '')
      let at = ''
      do {
        const args = [kind, roleOf(index), at, PORTION, flag, family.rowPrefix]
        const reply = (await runner.script(operation, ENTRIES_SCRIPT, keys, args)) as unknown[]
        entries += Number(reply[1])
        at = String(reply[0])
        note(reply[2])
      } while (at !== '')
    }
  }
  if (claiming) {
    for await (const portion of claimsDangling(store.claims, PORTION, repair)) {
      entries += portion.claims
      note(portion.problems)
    }
  }
  return { rows, entries, problems }
}

/** Roles of the complete indexes of a family, and whether it has no rows. */
export async function completeIndexes<F extends Fields>(
  store: Store<F>,
  family: KeyFamily,
): Promise<{ roles: Set<string>; empty: boolean }> {
  const indexes = allIndexes(store.spec)
  const args = indexes.flatMap((index) => [roleOf(index), fingerprintOf(index)])
  const reply = (await store.runner.script('ready', READY_SCRIPT, [family.meta, family.ids], args)) as unknown[]
  return {
    empty: Number(reply[0]) === 1,
    roles: new Set(indexes.filter((_, i) => Number(reply[i + 1]) === 1).map(roleOf)),
  }
}

/**
 * Brings every row's entries to the model's indexes, removes indexes that the model no longer has, and marks all complete. A
 * constraint of which rows hold the same value is not: looked up by it, only one of them would be found.
 */
export async function reindex<F extends Fields>(store: Store<F>, options: UpkeepOptions): Promise<Verification> {
  const { spec, runner } = store
  const result = await runUpkeep(store, true, options)
  const own = new Map(allIndexes(spec).map((index) => [roleOf(index), fingerprintOf(index)]))
  const shared = new Set(result.problems.filter(({ code }) => code === 'DUPLICATE').map(({ where }) => where))
  for (const family of store.keys.families) {
    const marked = (await runner.command('reindex', ['HKEYS', family.meta])) as unknown[]
    for (const role of marked.map(String).filter((name) => /^[xu]:/.test(name) && !own.has(name))) {
      await runner.command('reindex', ['UNLINK', bindKeys([role], family, '')[0]!])
      await runner.command('reindex', ['HDEL', family.meta, role])
    }
    const complete = [...own].filter(([role]) => !shared.has(role))
    if (complete.length > 0) await runner.command('reindex', ['HSET', family.meta, ...complete.flat()])
    if (shared.size > 0) await runner.command('reindex', ['HDEL', family.meta, ...shared])
  }
  store.forgetReadiness()
  return result
}
