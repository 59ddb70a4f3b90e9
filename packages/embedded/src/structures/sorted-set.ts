// A sorted set: members by score and bytes (order-tree.ts), scores by member (scan-map.ts).
//
// While it is small there is no map: the few members of the tree's single leaf are compared. The encoding is the one that
// Redis would report, and its two observable traits are kept: a listpack cannot hold -0 (it becomes 0), and it is
// scanned in one step, in order.
import type { EncodingLimits } from './encoding-limits.ts'
import { OrderTree, type Visit } from './order-tree.ts'
import { ScanMap } from './scan-map.ts'

const UNINDEXED = 64

export class SortedSet {
  #tree = new OrderTree()
  #scores: ScanMap<number> | undefined
  #encoding: 'listpack' | 'skiplist' = 'listpack'

  get size(): number {
    return this.#tree.size
  }

  /** As OBJECT ENCODING reports it. */
  get encoding(): 'listpack' | 'skiplist' {
    return this.#encoding
  }

  score(member: string): number | undefined {
    return this.#scores === undefined ? this.#tree.scoreOf(member) : this.#scores.get(member)
  }

  has(member: string): boolean {
    return this.score(member) !== undefined
  }

  /** Adds the member or moves it; true when it is new. The score is not NaN. An equal score changes nothing (0 keeps -0). */
  set(member: string, score: number, limits: EncodingLimits): boolean {
    const old = this.score(member)
    if (old === score) return false
    if (old !== undefined) this.#tree.remove(old, member)
    else if (this.#encoding === 'listpack' && (this.size >= limits.entries || member.length > limits.value))
      this.promote()
    const kept = score === 0 && this.#encoding === 'listpack' ? 0 : score
    this.#tree.insert(kept, member)
    if (this.#scores !== undefined) this.#scores.set(member, kept)
    else if (this.size > UNINDEXED) this.#index()
    return old === undefined
  }

  delete(member: string): boolean {
    const score = this.score(member)
    if (score === undefined) return false
    this.#tree.remove(score, member)
    this.#scores?.delete(member)
    return true
  }

  /** Turns a listpack into a skiplist; nothing turns it back. */
  promote(): void {
    this.#encoding = 'skiplist'
    if (this.#scores === undefined) this.#index()
  }

  #index(): void {
    const scores = new ScanMap<number>()
    this.#tree.visit(0, this.size, (member, score) => scores.set(member, score))
    this.#scores = scores
  }

  /** 0-based from the lowest; from the highest it is size - 1 - rank. */
  rank(member: string): number | undefined {
    const score = this.score(member)
    return score === undefined ? undefined : this.#tree.rank(score, member)
  }

  /** How many members have a score below `score`; with `inclusive` also those with it. The rank at which a range starts or ends. */
  countBelowScore(score: number, inclusive: boolean): number {
    return this.#tree.countBelowScore(score, inclusive)
  }

  /** How many members are below `member` in bytes; with `inclusive` also itself. Only meaningful when all scores are equal. */
  countBelowMember(member: string, inclusive: boolean): number {
    return this.#tree.countBelowMember(member, inclusive)
  }

  /** Visits ranks start..end-1 upwards, O(log n + visited). The set must not change meanwhile. */
  visit(start: number, end: number, visit: Visit): void {
    this.#tree.visit(start, end, visit)
  }

  /** Visits ranks end-1 down to start. The set must not change meanwhile. */
  visitReverse(start: number, end: number, visit: Visit): void {
    this.#tree.visitReverse(start, end, visit)
  }

  /** The member and score at a rank within 0..size-1. */
  at(rank: number): readonly [member: string, score: number] {
    let found: readonly [string, number] | undefined
    this.#tree.visit(rank, rank + 1, (member, score) => {
      found = [member, score]
    })
    if (found === undefined) throw new RangeError('The rank is outside of the sorted set.')
    return found
  }

  /** Removes ranks start..end-1 and returns their members in order. */
  removeRange(start: number, end: number): string[] {
    const members: string[] = []
    this.#tree.visit(start, end, (member) => members.push(member))
    if (members.length === this.size) {
      this.#tree = new OrderTree()
      this.#scores?.clear()
    } else {
      for (const member of members) this.delete(member)
    }
    return members
  }

  /** The pairs in their order, which stay as they are whatever becomes of the set. O(1). */
  freeze(): OrderTree {
    return this.#tree.clone()
  }

  /** One step of a scan with the guarantees of scan-map.ts; a listpack comes in one step. Returns the next cursor. */
  scan(cursor: string, count: number, visit: Visit): string {
    if (this.#scores === undefined || this.#encoding === 'listpack') {
      this.visit(0, this.size, visit)
      return '0'
    }
    const { next, start, end } = this.#scores.scan(cursor, count)
    for (let i = start; i < end; i++) visit(this.#scores.keyAt(i), this.#scores.valueAt(i))
    return next
  }

  clone(): SortedSet {
    const copy = new SortedSet()
    copy.#tree = this.#tree.clone()
    copy.#encoding = this.#encoding
    copy.#scores = this.#scores?.clone()
    return copy
  }
}
