// Compares claims with rows, both ways, for verify and repair. Safe while others write: what is on its way is no problem.

import { SCAN_SCRIPT } from './claim-scripts.ts'
import {
  type ClaimOwner,
  drop,
  holds,
  isOver,
  lookUp,
  parse,
  restore,
  standings,
  type Tuple,
  tuplesOf,
} from './claims.ts'
import { roleOf } from './maintain.ts'

/** Problems as id, code, role of rows whose tuples (id, role, bytes in turn) are not claimed; with `repair` they are. */
export async function claimsMissing(owner: ClaimOwner, held: readonly string[], repair: boolean): Promise<string[]> {
  const tuples: Tuple[] = []
  for (let i = 0; i < held.length; i += 3) tuples.push(...tuplesOf(owner.spec, held[i]!, [held[i + 1]!, held[i + 2]!]))
  const found = await lookUp(owner, tuples)
  const open = tuples.flatMap((tuple, i) =>
    found[i]?.claim.id === tuple.id ? [] : [{ tuple, there: found[i] ?? null }],
  )
  // A row that holds it no longer has let it go meanwhile.
  const stillHeld = await holds(
    owner,
    open.map(({ tuple }) => tuple),
  )
  const othersHold = await holds(
    owner,
    open.map(({ tuple, there }) => there?.claim ?? tuple),
  )
  const problems: string[] = []
  for (const [i, { tuple, there }] of open.entries()) {
    if (!stillHeld[i] || (there && !isOver(there))) continue
    const isTaken = there !== null && othersHold[i]
    problems.push(tuple.id, isTaken ? 'DUPLICATE' : 'MISSING_ENTRY', roleOf(tuple.unique))
    if (repair && !isTaken) await restore(owner, tuple, there?.claim.text ?? '')
  }
  return problems
}

/** Portions of all claims: how many there are, and problems as id, code, role of those whose rows do not hold the tuple. */
export async function* claimsDangling(
  owner: ClaimOwner,
  count: number,
  repair: boolean,
): AsyncGenerator<{ claims: number; problems: string[] }> {
  for (const family of owner.keys.families) {
    for (const unique of owner.spec.uniques) {
      let cursor = '0'
      do {
        const reply = await owner.runner.script('verify', SCAN_SCRIPT, [family.unique(unique.name)], [cursor, count])
        const [next, ...flat] = (reply as unknown[]).map(String) as [string, ...string[]]
        cursor = next
        const claims = []
        for (let i = 0; i < flat.length; i += 2) {
          const text = flat[i + 1]!
          claims.push({ unique, bytes: flat[i]!, id: parse(text).id, text })
        }
        const found = await standings(owner, claims)
        const loose = claims.filter((_, i) => found[i] === 'loose')
        const now = await lookUp(owner, loose)
        const dangling = loose.filter((each, i) => now[i]?.claim.text === each.text && isOver(now[i]!))
        if (repair) await drop(owner, dangling)
        const problems = dangling.flatMap(({ id }) => [id, 'DANGLING_ENTRY', roleOf(unique)])
        yield { claims: claims.length, problems }
      } while (cursor !== '0')
    }
  }
}
