// Unique constraints over several hash tags: values are claimed in a slot of their own before a row is written.
//
//   the row's script: nothing written yet, it names the tuples that would come and go
//   claim      each tuple in its slot, pending, under a token of this write; one that is pending elsewhere is waited for
//   write      the row's script once more; it refuses when WRITE_MS have passed, or other tuples come and go by now
//   settle     what the row holds now is kept, what it holds no longer is dropped
//
// The row is the truth: a claim counts when its row holds the tuple. So a claim whose row does not (it has expired, or the
// writer crashed) gives way, at once when it is settled, after DEAD_MS when it is pending. No write of a tuple can be on its
// way then, for it would have made the claim pending first. `sweep` ends claims of writers that crashed.

import {
  CLAIM_SCRIPT,
  DEAD_MS,
  DEAD_SCRIPT,
  DROP_SCRIPT,
  EXPIRED_SCRIPT,
  LOOK_SCRIPT,
  registryHead,
  registryKeys,
  SETTLE_SCRIPT,
  STANDING_SCRIPT,
} from './claim-scripts.ts'
import type { KeyFamily, KeySpace } from './keys.ts'
import type { LuaScript } from './lua/library.ts'
import { roleOf } from './maintain.ts'
import type { ModelSpec, StoredIndex } from './model.ts'
import type { Arg, Runner } from './redis.ts'
import type { IdSource } from './ulid.ts'

/** A value of a constraint, for an id. */
export interface Tuple {
  readonly unique: StoredIndex
  /** In hexadecimal. */
  readonly bytes: string
  readonly id: string
}

/** A tuple with the claim that is there. */
export interface Claim extends Tuple {
  readonly text: string
}

interface Claimed extends Tuple {
  /** Nobody had it before. */
  readonly isNew: boolean
}

export interface ClaimOwner {
  readonly spec: ModelSpec
  readonly keys: KeySpace
  readonly runner: Runner
  readonly tokens: IdSource
}

/** The claims of the write of one row: what is pending under its token, and since when. */
export class Held {
  readonly id: string
  readonly token: string
  since = 0
  readonly tuples: Map<string, Claimed> = new Map()

  constructor(id: string, token: string) {
    this.id = id
    this.token = token
  }

  /** As the row's script takes it: since when, how many, roles and tuples. */
  get args(): Arg[] {
    const tuples = [...this.tuples.values()]
    return [
      this.since,
      tuples.length,
      ...tuples.flatMap(({ unique, bytes }) => [roleOf(unique), Buffer.from(bytes, 'hex')]),
    ]
  }
}

/** A tuple that a row is to get, or to lose. */
interface Want extends Tuple {
  readonly comes: boolean
}

/** What a row's script wants claimed before it writes: role, tuple, '1' when it comes. Null for another reply. */
function wantsOf(spec: ModelSpec, id: string, reply: unknown): Want[] | null {
  if (!Array.isArray(reply) || Number(reply[0]) !== 2) return null
  const wants: Want[] = []
  for (let i = 1; i < reply.length; i += 3) {
    const [tuple] = tuplesOf(spec, id, [String(reply[i]), String(reply[i + 1])])
    if (tuple) wants.push({ ...tuple, comes: String(reply[i + 2]) === '1' })
  }
  return wants
}

/**
 * Writes rows whose script names the tuples that it needs. `attempt` runs it for some of them (by position) and gives a reply
 * for each; `heldAfter` reads from a reply what the row holds now, null when nothing was written. Replies are in order.
 */
export async function writeWithClaims(
  owner: ClaimOwner,
  ids: readonly string[],
  attempt: (positions: readonly number[], held: readonly Held[]) => Promise<readonly unknown[]>,
  heldAfter: (reply: unknown) => readonly string[] | null,
): Promise<unknown[]> {
  const replies = new Array<unknown>(ids.length)
  const held = ids.map((id) => new Held(id, owner.tokens.uuid()))
  let waits = 0
  for (let open = ids.map((_, i) => i); open.length > 0; ) {
    const own = open.map((i) => held[i]!)
    const given = await attempt(open, own)
    const asking: { row: number; held: Held; wants: readonly Want[] }[] = []
    const ends: End[] = []
    open.forEach((row, n) => {
      const wants = wantsOf(owner.spec, ids[row]!, given[n])
      if (wants) asking.push({ row, held: held[row]!, wants })
      else {
        replies[row] = given[n]
        ends.push({ held: held[row]!, keep: heldAfter(given[n]) })
      }
    })
    await settle(owner, ends)
    const outcomes = await claim(owner, asking)
    const refused = asking.filter((_, n) => outcomes[n] !== CLAIMED)
    await settle(
      owner,
      refused.map((each) => ({ held: each.held, keep: null })),
    )
    for (const each of refused) each.held.tuples.clear()
    asking.forEach(({ row }, n) => {
      if (Array.isArray(outcomes[n])) replies[row] = outcomes[n]
    })
    open = asking.map(({ row }) => row).filter((row) => replies[row] === undefined)
    if (outcomes.includes(BUSY)) await pause(waits++)
  }
  return replies
}

/** A little longer each time: whoever holds the claim needs a trip or two. */
function pause(waits: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(2 ** waits, 50)))
}

const CLAIMED = 'claimed'
const BUSY = 'busy'
/** Of the claims of one row; the third is the failure entry of a unique violation. */
type Outcome = typeof CLAIMED | typeof BUSY | readonly unknown[]

/** Claims what rows want, and anew what they have claimed already. */
async function claim(
  owner: ClaimOwner,
  asking: readonly { readonly held: Held; readonly wants: readonly Want[] }[],
): Promise<Outcome[]> {
  const outcomes = asking.map((): Outcome => CLAIMED)
  let open = asking.flatMap(({ held, wants }, row) => {
    held.since = 0
    const more = [...held.tuples.values()].filter((own) => !wants.some((want) => keyOf(want) === keyOf(own)))
    // What was claimed before is claimed anew, so that all of it is of one time.
    const all: Want[] = [...wants, ...more.map((tuple) => ({ ...tuple, comes: false }))]
    return all.map((tuple) => ({ row, tuple, held, dead: '', isNew: true }))
  })
  for (let round = 0; open.length > 0; round++) {
    const asked = open
    const more = ({ tuple, held, dead }: (typeof asked)[number]): Arg[] => [tuple.id, held.token, dead]
    const replies = await inRegistry(owner, asked, CLAIM_SCRIPT, more)
    const blocked: { item: (typeof asked)[number]; other: Claim; ageMs: number }[] = []
    asked.forEach((item, i) => {
      const { tuple, held } = item
      const { now, result } = replies[i]!
      // The write must come in time after the first of its claims.
      held.since = held.since === 0 ? now : Math.min(held.since, now)
      if (result === 'new' || result === 'own') {
        const before = held.tuples.get(keyOf(tuple))
        held.tuples.set(keyOf(tuple), { ...tuple, isNew: before?.isNew ?? (result === 'new' && item.isNew) })
      } else {
        const { id, ms } = parse(result)
        blocked.push({ item, other: { ...tuple, id, text: result }, ageMs: now - ms })
      }
    })
    const counts = await holds(
      owner,
      blocked.map(({ other }) => other),
    )
    open = []
    blocked.forEach(({ item, other, ageMs }, i) => {
      const { row, tuple, held } = item
      const isOwn = other.id === tuple.id
      if (isOver({ claim: other, ageMs }) && (isOwn || !counts[i]) && round < 3)
        // It gives way. Of a row that holds the tuple, the claim is not new.
        open.push({ ...item, dead: other.text, isNew: !counts[i] })
      // What the row loses and another has claimed is nothing to drop.
      else if (!tuple.comes && !isOwn) held.tuples.set(keyOf(tuple), { ...tuple, isNew: false })
      else if (counts[i] && !isOwn) outcomes[row] = [1, 'UNIQUE', tuple.unique.name, other.id]
      else if (outcomes[row] === CLAIMED) outcomes[row] = BUSY
    })
  }
  return outcomes
}

interface End {
  readonly held: Held
  /** Roles and tuples that the row holds now; null when nothing was written. */
  readonly keep: readonly string[] | null
}

/** Keeps what rows hold now and drops the rest; with null, what was there before. */
async function settle(owner: ClaimOwner, ends: readonly End[]): Promise<void> {
  const items = ends.flatMap(({ held, keep }) => {
    const kept = keep && new Set(tuplesOf(owner.spec, held.id, keep).map(keyOf))
    return [...held.tuples.values()].map((tuple) => ({
      tuple,
      held,
      keep: kept ? kept.has(keyOf(tuple)) : !tuple.isNew,
    }))
  })
  if (items.length === 0) return
  await inRegistry(owner, items, SETTLE_SCRIPT, (item) => [item.held.token, item.keep ? '1' : '0'])
}

/** How a row stands to a tuple; `expired`: it held it until then, which is left to a sweep. */
export type Standing = 'held' | 'expired' | 'loose'

const STANDINGS: readonly Standing[] = ['loose', 'held', 'expired']

/** Whether the rows of these ids hold the tuples. */
export async function holds(owner: ClaimOwner, tuples: readonly Tuple[]): Promise<boolean[]> {
  return (await standings(owner, tuples)).map((standing) => standing === 'held')
}

/** How the rows of these ids stand to the tuples. */
export async function standings(owner: ClaimOwner, tuples: readonly Tuple[]): Promise<Standing[]> {
  const result = new Array<Standing>(tuples.length)
  await Promise.all(
    grouped(tuples, ({ id }) => owner.keys.of(id)).map(async ([family, positions]) => {
      const own = positions.map((i) => tuples[i]!)
      const keys = [family.memo, family.exp, ...own.map(({ id }) => family.row(id))]
      const args = own.flatMap(({ id, unique, bytes }) => [id, roleOf(unique), Buffer.from(bytes, 'hex')])
      const reply = (await owner.runner.script('claim', STANDING_SCRIPT, keys, args)) as unknown[]
      positions.forEach((i, n) => {
        result[i] = STANDINGS[Number(reply[n])]!
      })
    }),
  )
  return result
}

/** The claims that are there, with their ids; null where there is none. */
export async function lookUp(
  owner: ClaimOwner,
  tuples: readonly Tuple[],
): Promise<({ claim: Claim; ageMs: number } | null)[]> {
  const items = tuples.map((tuple) => ({ tuple }))
  const replies = await inRegistry(owner, items, LOOK_SCRIPT, () => [])
  return replies.map(({ now, result }, i) => {
    if (result === '') return null
    const { id, ms } = parse(result)
    return { claim: { ...tuples[i]!, id, text: result }, ageMs: now - ms }
  })
}

/** Removes claims that do not count. Each must be exactly as it was seen. */
export async function drop(owner: ClaimOwner, dropped: readonly Claim[]): Promise<void> {
  const items = dropped.map((tuple) => ({ tuple }))
  await inRegistry(owner, items, DROP_SCRIPT, ({ tuple }) => [(tuple as Claim).text])
}

/** Gives a row that holds a tuple its claim back. False when another's is in the way. */
export async function restore(owner: ClaimOwner, tuple: Tuple, inTheWay: string): Promise<boolean> {
  const held = new Held(tuple.id, owner.tokens.uuid())
  const [reply] = await inRegistry(owner, [{ tuple }], CLAIM_SCRIPT, () => [tuple.id, held.token, inTheWay])
  if (reply!.result !== 'new' && reply!.result !== 'own') return false
  held.tuples.set(keyOf(tuple), { ...tuple, isNew: true })
  await settle(owner, [{ held, keep: [roleOf(tuple.unique), tuple.bytes] }])
  return true
}

/** Ends the claims of writers that did not come back. Gives how many. */
export async function sweepClaims(owner: ClaimOwner): Promise<number> {
  let total = 0
  for (const family of owner.keys.families) {
    let found: number
    do {
      const args = [...registryHead(owner.spec), DEAD_MS, 200]
      const reply = await owner.runner.script('sweep', DEAD_SCRIPT, registryKeys(owner.spec, family), args)
      const flat = (reply as unknown[]).map(String)
      const dead: Claim[] = []
      for (let i = 0; i < flat.length; i += 3) {
        const unique = owner.spec.uniques[Number(flat[i]) - 1]!
        const text = flat[i + 2]!
        dead.push({ unique, bytes: flat[i + 1]!, id: parse(text).id, text })
      }
      found = dead.length
      total += found
      const counts = await holds(owner, dead)
      await drop(
        owner,
        dead.filter((_, i) => !counts[i]),
      )
      // Kept under its own token, as its writer would have done.
      const kept = dead.filter((_, i) => counts[i])
      const ends = kept.map((each) => {
        const held = new Held(each.id, parse(each.text).token)
        held.tuples.set(keyOf(each), { ...each, isNew: false })
        return { held, keep: null }
      })
      await settle(owner, ends)
    } while (found === 200)
  }
  return total
}

/**
 * Drops the claims of rows that have expired, before the sweep forgets what they held. Gives the time up to which it has: the
 * sweep must not go further.
 */
export async function dropExpired(owner: ClaimOwner, family: KeyFamily, most: number): Promise<string> {
  const reply = await owner.runner.script('sweep', EXPIRED_SCRIPT, [family.exp, family.memo], [most])
  const [now, ...flat] = (reply as unknown[]).map(String) as [string, ...string[]]
  const tuples: Tuple[] = []
  for (let i = 0; i < flat.length; i += 3) tuples.push(...tuplesOf(owner.spec, flat[i]!, [flat[i + 1]!, flat[i + 2]!]))
  const found = await lookUp(owner, tuples)
  const own = found.filter((each, i) => each !== null && each.claim.id === tuples[i]!.id && isOver(each))
  const settled = own.map((each) => each!.claim)
  const counts = await holds(owner, settled)
  await drop(
    owner,
    settled.filter((_, i) => !counts[i]),
  )
  return now
}

/** No write of it is on its way. */
export function isOver({ claim: { text }, ageMs }: { claim: Claim; ageMs: number }): boolean {
  return text[0] === 's' || ageMs >= DEAD_MS
}

/** The tuples of roles and bytes in turn. Constraints that the model does not have are left out. */
export function tuplesOf(spec: ModelSpec, id: string, flat: readonly string[]): Tuple[] {
  const tuples: Tuple[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const unique = spec.uniques.find((each) => roleOf(each) === flat[i])
    if (unique) tuples.push({ unique, bytes: flat[i + 1]!, id })
  }
  return tuples
}

export function parse(claimText: string): { ms: number; token: string; id: string } {
  const [, ms, token, id] = /^.(\d+):([^:]*):(.*)$/s.exec(claimText) ?? []
  return { ms: Number(ms ?? 0), token: token ?? '', id: id ?? '' }
}

function keyOf({ unique, bytes }: Tuple): string {
  return `${unique.name}:${bytes}`
}

/** Runs a script of the registry in every family that the tuples are in. Replies are in the order of the items. */
async function inRegistry<I extends { readonly tuple: Tuple }>(
  { spec, keys, runner }: ClaimOwner,
  items: readonly I[],
  script: LuaScript,
  more: (item: I) => readonly Arg[],
): Promise<{ now: number; result: string }[]> {
  const results = new Array<{ now: number; result: string }>(items.length)
  await Promise.all(
    grouped(items, ({ tuple }) => keys.registryOf(tuple.bytes)).map(async ([family, positions]) => {
      const args: Arg[] = registryHead(spec)
      for (const i of positions) {
        const { unique, bytes } = items[i]!.tuple
        args.push(spec.uniques.indexOf(unique) + 1, Buffer.from(bytes, 'hex'), ...more(items[i]!))
      }
      const reply = await runner.script('claim', script, registryKeys(spec, family), args)
      if (!Array.isArray(reply)) return
      positions.forEach((i, n) => {
        results[i] = { now: Number(reply[0]), result: String(reply[n + 1] ?? '') }
      })
    }),
  )
  return results
}

/** Positions of items by family. */
function grouped<I>(items: readonly I[], familyOf: (item: I) => KeyFamily): [KeyFamily, number[]][] {
  const groups = new Map<KeyFamily, number[]>()
  items.forEach((item, i) => {
    const family = familyOf(item)
    groups.set(family, [...(groups.get(family) ?? []), i])
  })
  return [...groups]
}
