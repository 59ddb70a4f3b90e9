// A counted B+ tree of (score, member) pairs, ordered by score and then by the member's bytes.
//
//     branch   counts[i] entries below children[i]; scores[i], members[i] = the least pair below children[i]
//     leaf     scores[] and members[] side by side, up to LEAF pairs
//
// Every branch knows how many pairs each child holds, so a rank is a sum on the way down. All range queries become
// ranks: find the two ends with countBelow..., then visit that interval of ranks in either direction.
// Insert, remove, rank, at and countBelow are O(log n); a visit is O(log n + visited). A clone shares nodes: see owner.ts.

import { LEAN } from './lean-array.ts'
import { FIRST_OWNER, newOwner } from './owner.ts'

const LEAF = 64
const FANOUT = 32

interface Leaf {
  readonly owner: number
  readonly children: undefined
  scores: number[]
  members: string[]
}

interface Branch {
  readonly owner: number
  children: Node[]
  counts: number[]
  scores: number[]
  members: string[]
}

type Node = Leaf | Branch

export type Visit = (member: string, score: number) => void

function isLess(scoreA: number, memberA: string, scoreB: number, memberB: string): boolean {
  return scoreA < scoreB || (scoreA === scoreB && memberA < memberB)
}

/** The first position whose pair is not below (score, member). */
function lowerBound(node: Node, score: number, member: string): number {
  const { scores, members } = node
  let low = 0
  let high = scores.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isLess(scores[middle]!, members[middle]!, score, member)) low = middle + 1
    else high = middle
  }
  return low
}

/** The child that holds (score, member) if any does: the last whose least pair is not above it. */
function childFor(branch: Branch, score: number, member: string): number {
  const at = lowerBound(branch, score, member)
  if (at < branch.scores.length && branch.scores[at] === score && branch.members[at] === member) return at
  return at === 0 ? 0 : at - 1
}

function sizeOf(node: Node): number {
  if (node.children === undefined) return node.scores.length
  let size = 0
  for (const count of node.counts) size += count
  return size
}

export class OrderTree {
  #owner = FIRST_OWNER
  #root: Node = { owner: FIRST_OWNER, children: undefined, scores: [], members: [] }
  #size = 0

  get size(): number {
    return this.#size
  }

  /** A copy in O(1). */
  clone(): OrderTree {
    const copy = new OrderTree()
    copy.#root = this.#root
    copy.#size = this.#size
    this.#owner = newOwner()
    copy.#owner = newOwner()
    return copy
  }

  /** The node, or its copy when it is shared. */
  #own(node: Node): Node {
    const owner = this.#owner
    if (node.owner === owner) return node
    const scores = node.scores.slice()
    const members = node.members.slice()
    if (node.children === undefined) return { owner, children: undefined, scores, members }
    return { owner, children: node.children.slice(), counts: node.counts.slice(), scores, members }
  }

  /** Adds a pair that is not there. */
  insert(score: number, member: string): void {
    this.#root = this.#own(this.#root)
    const right = this.#insert(this.#root, score, member)
    this.#size++
    if (right === undefined) return
    const left = this.#root
    this.#root = {
      owner: this.#owner,
      children: [left, right],
      counts: [sizeOf(left), sizeOf(right)],
      scores: [left.scores[0]!, right.scores[0]!],
      members: [left.members[0]!, right.members[0]!],
    }
  }

  /** Returns the new right sibling when the node, an own one, had to be split. */
  #insert(node: Node, score: number, member: string): Node | undefined {
    if (node.children === undefined) {
      const at = lowerBound(node, score, member)
      if (node.scores.length < LEAN) {
        node.scores = node.scores.toSpliced(at, 0, score)
        node.members = node.members.toSpliced(at, 0, member)
      } else if (at === node.scores.length) {
        node.scores.push(score)
        node.members.push(member)
      } else {
        node.scores.splice(at, 0, score)
        node.members.splice(at, 0, member)
      }
      if (node.scores.length <= LEAF) return undefined
      // Appending in order is common: leaving the left leaf nearly full then wastes no memory.
      const keep = at === node.scores.length - 1 ? LEAF : LEAF >>> 1
      return {
        owner: this.#owner,
        children: undefined,
        scores: node.scores.splice(keep),
        members: node.members.splice(keep),
      }
    }
    const at = childFor(node, score, member)
    const child = this.#own(node.children[at]!)
    node.children[at] = child
    const right = this.#insert(child, score, member)
    node.scores[at] = child.scores[0]!
    node.members[at] = child.members[0]!
    if (right === undefined) {
      node.counts[at]!++
      return undefined
    }
    const moved = sizeOf(right)
    node.counts[at] = node.counts[at]! + 1 - moved
    node.children.splice(at + 1, 0, right)
    node.counts.splice(at + 1, 0, moved)
    node.scores.splice(at + 1, 0, right.scores[0]!)
    node.members.splice(at + 1, 0, right.members[0]!)
    if (node.children.length <= FANOUT) return undefined
    const keep = at + 1 === node.children.length - 1 ? FANOUT : FANOUT >>> 1
    return {
      owner: this.#owner,
      children: node.children.splice(keep),
      counts: node.counts.splice(keep),
      scores: node.scores.splice(keep),
      members: node.members.splice(keep),
    }
  }

  /** Removes a pair; false when it is not there. */
  remove(score: number, member: string): boolean {
    this.#root = this.#own(this.#root)
    if (!this.#remove(this.#root, score, member)) return false
    this.#size--
    while (this.#root.children?.length === 1) this.#root = this.#root.children[0]!
    return true
  }

  #remove(node: Node, score: number, member: string): boolean {
    if (node.children === undefined) {
      const at = lowerBound(node, score, member)
      if (node.scores[at] !== score || node.members[at] !== member) return false
      node.scores.splice(at, 1)
      node.members.splice(at, 1)
      return true
    }
    const at = childFor(node, score, member)
    const child = this.#own(node.children[at]!)
    node.children[at] = child
    if (!this.#remove(child, score, member)) return false
    node.counts[at]!--
    if (child.scores.length > 0) {
      node.scores[at] = child.scores[0]!
      node.members[at] = child.members[0]!
    }
    const capacity = child.children === undefined ? LEAF : FANOUT
    if (child.scores.length < capacity >>> 2) this.#shrink(node, at, capacity)
    return true
  }

  /** Drops an empty child; joins a thin one with a neighbour when both fit well into one. */
  #shrink(branch: Branch, at: number, capacity: number): void {
    const child = branch.children[at]!
    if (child.scores.length === 0) {
      this.#drop(branch, at)
      return
    }
    const left = at > 0 ? at - 1 : 0
    const source = branch.children[left + 1]
    const joined = branch.children[left]!.scores.length + (source?.scores.length ?? 0)
    if (source === undefined || joined > (capacity * 3) >>> 2) return
    const target = this.#own(branch.children[left]!)
    branch.children[left] = target
    target.scores = target.scores.concat(source.scores)
    target.members = target.members.concat(source.members)
    if (target.children !== undefined && source.children !== undefined) {
      target.children = target.children.concat(source.children)
      target.counts = target.counts.concat(source.counts)
    }
    branch.counts[left]! += branch.counts[left + 1]!
    this.#drop(branch, left + 1)
  }

  #drop(branch: Branch, at: number): void {
    branch.children.splice(at, 1)
    branch.counts.splice(at, 1)
    branch.scores.splice(at, 1)
    branch.members.splice(at, 1)
  }

  /** How many pairs are below a pair: its rank when it is there. */
  rank(score: number, member: string): number {
    let node = this.#root
    let rank = 0
    while (node.children !== undefined) {
      const at = childFor(node, score, member)
      for (let i = 0; i < at; i++) rank += node.counts[i]!
      node = node.children[at]!
    }
    return rank + lowerBound(node, score, member)
  }

  /** How many pairs satisfy `isBelow`, which must hold for a prefix of the order. */
  #countPrefix(isBelow: (score: number, member: string) => boolean): number {
    let node = this.#root
    let count = 0
    for (;;) {
      let low = 0
      let high = node.scores.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (isBelow(node.scores[middle]!, node.members[middle]!)) low = middle + 1
        else high = middle
      }
      if (node.children === undefined) return count + low
      if (low === 0) return count
      for (let i = 0; i < low - 1; i++) count += node.counts[i]!
      node = node.children[low - 1]!
    }
  }

  /** How many pairs have a score below `score`, or up to and including it. */
  countBelowScore(score: number, inclusive: boolean): number {
    return this.#countPrefix(inclusive ? (other) => other <= score : (other) => other < score)
  }

  /** How many members are below `member`, or up to and including it. Only meaningful when all scores are equal. */
  countBelowMember(member: string, inclusive: boolean): number {
    return this.#countPrefix(inclusive ? (_, other) => other <= member : (_, other) => other < member)
  }

  /** Visits ranks start..end-1 upwards. The tree must not change meanwhile. */
  visit(start: number, end: number, visit: Visit): void {
    if (start < end) visitUp(this.#root, start, end, visit)
  }

  /** Visits ranks end-1 down to start. The tree must not change meanwhile. */
  visitReverse(start: number, end: number, visit: Visit): void {
    if (start < end) visitDown(this.#root, start, end, visit)
  }

  /** The position of a member by comparing all of them: for trees of a few pairs. */
  scoreOf(member: string): number | undefined {
    const search = (node: Node): number | undefined => {
      if (node.children === undefined) {
        const at = node.members.indexOf(member)
        return at === -1 ? undefined : node.scores[at]
      }
      for (const child of node.children) {
        const score = search(child)
        if (score !== undefined) return score
      }
      return undefined
    }
    return search(this.#root)
  }
}

function visitUp(node: Node, start: number, end: number, visit: Visit): void {
  if (node.children === undefined) {
    const { scores, members } = node
    const last = Math.min(end, scores.length)
    for (let i = Math.max(0, start); i < last; i++) visit(members[i]!, scores[i]!)
    return
  }
  let base = 0
  for (let i = 0; i < node.children.length && base < end; i++) {
    const count = node.counts[i]!
    if (base + count > start) visitUp(node.children[i]!, start - base, end - base, visit)
    base += count
  }
}

function visitDown(node: Node, start: number, end: number, visit: Visit): void {
  if (node.children === undefined) {
    const { scores, members } = node
    const first = Math.max(0, start)
    for (let i = Math.min(end, scores.length) - 1; i >= first; i--) visit(members[i]!, scores[i]!)
    return
  }
  let base = sizeOf(node)
  for (let i = node.children.length - 1; i >= 0 && base > start; i--) {
    base -= node.counts[i]!
    if (base < end) visitDown(node.children[i]!, start - base, end - base, visit)
  }
}
