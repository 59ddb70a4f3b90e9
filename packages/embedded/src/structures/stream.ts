// A stream: entries in nodes, as Redis packs them, so that approximate trimming removes what Redis removes.
//
//     nodes    [ master id | entry entry(deleted) entry ... ]  [ ... ]  [ ... ]
//
// A node is full by the same two limits as in Redis (entries, and bytes of its listpack). A deleted entry stays in its
// node, marked, until the node has no live one left: the node's size and its dumped bytes depend on it.
// Append is O(1), a range O(log n + visited), delete O(log n + node). A clone shares nodes: see owner.ts.
import type { ConsumerGroup } from './consumer-group.ts'
import { LEAN } from './lean-array.ts'
import { elementSize, listpackSize } from './listpack.ts'
import { addIntegers, type Integer } from './numbers.ts'
import { FIRST_OWNER, newOwner } from './owner.ts'
import { SortedMap } from './sorted-map.ts'
import { idMs, idSequence, incrementId, MAX_ID, MAX_SEQUENCE, MIN_ID, type StreamId, streamId } from './stream-id.ts'

export interface StreamEntry {
  readonly id: StreamId
  /** Field, value, field, value ... */
  readonly fields: readonly string[]
  readonly isDeleted: boolean
}

export interface StreamNode {
  readonly owner: number
  /** The id that the node was created with; never changes. */
  readonly masterId: StreamId
  /** The field names of its first entry: entries with the same ones share them. */
  readonly masterFields: readonly string[]
  /** In id order, deleted ones included. */
  entries: StreamEntry[]
  live: number
  /** Bytes of all listpack elements but the two counters. */
  bytes: number
}

/** stream-node-max-entries and stream-node-max-bytes; 0 is no limit. */
export interface NodeLimits {
  readonly entries: number
  readonly bytes: number
}

const MAX_NODE_BYTES = 2 ** 30

export type VisitEntry = (entry: StreamEntry) => boolean

export class Stream {
  /** In id order. Read-only to others, except to whoever loads a stream. */
  readonly nodes: StreamNode[] = []
  #owner = FIRST_OWNER
  length = 0
  lastId: StreamId = MIN_ID
  /** The first live entry, MIN_ID when there is none. */
  firstId: StreamId = MIN_ID
  maxDeletedId: StreamId = MIN_ID
  entriesAdded: Integer = 0
  /** In the order of their names' bytes, as replies list them. */
  readonly groups: SortedMap<ConsumerGroup> = new SortedMap()

  /** The id that "*" gives at this time; undefined when ids are exhausted. */
  nextId(nowMs: number): StreamId | undefined {
    const id = streamId(nowMs, 0)
    return id > this.lastId ? id : incrementId(this.lastId)
  }

  /** The id that "ms-*" gives, `partial` being ms-0; undefined when there is none above the last id. */
  nextSequence(partial: StreamId): StreamId | undefined {
    if (idMs(partial) !== idMs(this.lastId)) return partial > this.lastId ? partial : undefined
    return idSequence(this.lastId) === MAX_SEQUENCE ? undefined : incrementId(this.lastId)
  }

  /** Appends an entry; false when the id is not above the last one. `fields` is kept: it must not change any more. */
  append(id: StreamId, fields: readonly string[], limits: NodeLimits): boolean {
    if (id <= this.lastId) return false
    if (!this.#hasRoom(fields, limits)) {
      this.addNode(
        id,
        fields.filter((_, i) => i % 2 === 0),
      )
    }
    this.addEntry({ id, fields, isDeleted: false })
    this.lastId = id
    if (this.length === 1) this.firstId = id
    this.entriesAdded = addIntegers(this.entriesAdded, 1) ?? this.entriesAdded
    return true
  }

  /** Whether there is a last node that takes one more entry. */
  #hasRoom(fields: readonly string[], limits: NodeLimits): boolean {
    const last = this.nodes[this.nodes.length - 1]
    if (last === undefined) return false
    const maxBytes = limits.bytes === 0 ? MAX_NODE_BYTES : Math.min(limits.bytes, MAX_NODE_BYTES)
    let bytes = nodeBytes(last)
    for (const text of fields) bytes += text.length
    return bytes < maxBytes && (limits.entries === 0 || last.entries.length < limits.entries)
  }

  /** The node at a position, to be changed. */
  #own(at: number): StreamNode {
    const node = this.nodes[at]!
    if (node.owner === this.#owner) return node
    const own = { ...node, owner: this.#owner, entries: node.entries.slice() }
    this.nodes[at] = own
    return own
  }

  /** Adds an empty last node. Used by append and by whoever loads a stream. */
  addNode(masterId: StreamId, masterFields: readonly string[]): StreamNode {
    let bytes = elementSize(masterFields.length) + elementSize(0)
    for (const field of masterFields) bytes += elementSize(field)
    const node: StreamNode = { owner: this.#owner, masterId, masterFields, entries: [], live: 0, bytes }
    this.nodes.push(node)
    return node
  }

  /** Adds an entry to the last node with its byte count, counting it when it is live. Used by append and by whoever loads a stream. */
  addEntry(entry: StreamEntry): void {
    const node = this.#own(this.nodes.length - 1)
    if (node.entries.length < LEAN) node.entries = node.entries.concat(entry)
    else node.entries.push(entry)
    node.bytes += entryBytes(node, entry)
    if (entry.isDeleted) return
    node.live++
    this.length++
  }

  /** The last node that may hold an id. */
  #nodeAt(id: StreamId): number {
    let low = 0
    let high = this.nodes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.nodes[middle]!.masterId <= id) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  get(id: StreamId): StreamEntry | undefined {
    const node = this.nodes[this.#nodeAt(id)]
    const entry = node?.entries[lowerBound(node.entries, id)]
    return entry !== undefined && entry.id === id && !entry.isDeleted ? entry : undefined
  }

  /** Visits live entries with start <= id <= end upwards until `visit` returns false. The stream must not change meanwhile. */
  visit(start: StreamId, end: StreamId, visit: VisitEntry): void {
    for (let at = this.#nodeAt(start); at < this.nodes.length; at++) {
      const { entries } = this.nodes[at]!
      for (let i = lowerBound(entries, start); i < entries.length; i++) {
        const entry = entries[i]!
        if (entry.id > end || (!entry.isDeleted && !visit(entry))) return
      }
    }
  }

  /** As visit, downwards from `end`. */
  visitReverse(start: StreamId, end: StreamId, visit: VisitEntry): void {
    for (let at = this.#nodeAt(end); at >= 0 && at < this.nodes.length; at--) {
      const { entries } = this.nodes[at]!
      for (let i = upperBound(entries, end) - 1; i >= 0; i--) {
        const entry = entries[i]!
        if (entry.id < start || (!entry.isDeleted && !visit(entry))) return
      }
    }
  }

  first(): StreamEntry | undefined {
    return this.length === 0 ? undefined : this.get(this.firstId)
  }

  last(): StreamEntry | undefined {
    let found: StreamEntry | undefined
    this.visitReverse(MIN_ID, MAX_ID, (entry) => {
      found = entry
      return false
    })
    return found
  }

  /** Deletes one entry as XDEL does; false when it is not there. */
  delete(id: StreamId): boolean {
    const entry = this.get(id)
    if (entry === undefined) return false
    const at = this.#nodeAt(id)
    const node = this.#own(at)
    node.entries[lowerBound(node.entries, id)] = { ...entry, isDeleted: true }
    node.live--
    this.length--
    if (node.live === 0) this.nodes.splice(at, 1)
    if (id > this.maxDeletedId) this.maxDeletedId = id
    if (this.length === 0 || id === this.firstId) this.#findFirst()
    return true
  }

  #findFirst(): void {
    this.firstId = MIN_ID
    if (this.length === 0) return
    this.visit(MIN_ID, MAX_ID, (entry) => {
      this.firstId = entry.id
      return false
    })
  }

  /**
   * Removes the oldest entries beyond `maxLength` and returns how many. Approximate trimming only removes whole nodes;
   * with a `limit` above 0 it stops before more than that many entries would go.
   */
  trimToLength(maxLength: number, isApproximate: boolean, limit: number): number {
    return this.#trim(
      isApproximate,
      limit,
      (node) => this.length - node.live >= maxLength,
      () => this.length <= maxLength,
    )
  }

  /** Removes the entries below `minId` and returns how many. Otherwise as trimToLength. */
  trimToId(minId: StreamId, isApproximate: boolean, limit: number): number {
    return this.#trim(
      isApproximate,
      limit,
      (node) => node.entries[node.entries.length - 1]!.id < minId,
      (id) => id !== undefined && id >= minId,
    )
  }

  #trim(
    isApproximate: boolean,
    limit: number,
    isWhole: (node: StreamNode) => boolean,
    isDone: (next?: StreamId) => boolean,
  ): number {
    const before = this.length
    let whole = 0
    for (const node of this.nodes) {
      if (isDone()) break
      if (limit > 0 && before - this.length + node.live > limit) break
      if (isWhole(node)) {
        this.length -= node.live
        whole++
        continue
      }
      if (isApproximate) break
      const own = this.#own(whole)
      for (const [i, entry] of own.entries.entries()) {
        if (isDone(entry.id)) break
        if (entry.isDeleted) continue
        own.entries[i] = { ...entry, isDeleted: true }
        own.live--
        this.length--
      }
      break
    }
    this.nodes.splice(0, whole)
    if (this.length !== before) this.#findFirst()
    return before - this.length
  }

  // ---- how far a group has read ----

  /** Whether an entry above or at `start` may have been deleted by XDEL. */
  #hasTombstones(start: StreamId): boolean {
    if (this.length === 0 || this.maxDeletedId === MIN_ID || this.firstId > this.maxDeletedId) return false
    return start <= this.maxDeletedId
  }

  /** How many entries were ever added up to this id; undefined when deletions have made that unknowable. */
  entriesUpTo(id: StreamId): Integer | undefined {
    if (this.entriesAdded === 0) return 0
    if (this.length === 0 && id <= this.lastId) return this.entriesAdded
    if (id === this.lastId) return this.entriesAdded
    if (id > this.lastId) return undefined
    if (this.maxDeletedId === MIN_ID || this.maxDeletedId < this.firstId) {
      if (id < this.firstId) return addIntegers(this.entriesAdded, -this.length)
      if (id === this.firstId) return addIntegers(this.entriesAdded, 1 - this.length)
    }
    return undefined
  }

  /** Notes that the group is delivered this entry: moves its last id and its read counter when the id is above. */
  advance(group: ConsumerGroup, id: StreamId): void {
    if (id <= group.lastId) return
    if (group.entriesRead !== undefined && !this.#hasTombstones(id))
      group.entriesRead = addIntegers(group.entriesRead, 1)
    else if (this.entriesAdded !== 0) group.entriesRead = this.entriesUpTo(id)
    group.lastId = id
  }

  /** How many entries the group has yet to read; undefined when that is unknowable. */
  lag(group: ConsumerGroup): Integer | undefined {
    if (this.entriesAdded === 0) return 0
    const isCounted = group.entriesRead !== undefined && !this.#hasTombstones(group.lastId)
    const read = isCounted ? group.entriesRead : this.entriesUpTo(group.lastId)
    return read === undefined ? undefined : addIntegers(this.entriesAdded, -read)
  }

  /** A copy without the groups: O(nodes). */
  freeze(): Stream {
    const { length, lastId, firstId, maxDeletedId, entriesAdded } = this
    const nodes = this.nodes.slice()
    const copy = Object.assign(new Stream(), { nodes, length, lastId, firstId, maxDeletedId, entriesAdded })
    this.#owner = newOwner()
    copy.#owner = newOwner()
    return copy
  }

  clone(): Stream {
    const copy = this.freeze()
    for (const [name, group] of this.groups.entries()) copy.groups.set(name, group.clone())
    return copy
  }
}

/** Whether an entry has exactly its node's master fields, so that it is stored without field names. */
export function hasMasterFields(node: StreamNode, entry: StreamEntry): boolean {
  const { masterFields } = node
  if (entry.fields.length !== masterFields.length * 2) return false
  for (let i = 0; i < masterFields.length; i++) if (entry.fields[i * 2] !== masterFields[i]) return false
  return true
}

/** The difference of two 64-bit halves of ids, as the wrapped signed integer that a listpack stores. */
export function idDelta(value: Integer, master: Integer): string {
  if (typeof value === 'number' && typeof master === 'number') return String(value - master)
  return String(BigInt.asIntN(64, BigInt(value) - BigInt(master)))
}

/** Bytes of an entry's listpack elements. */
function entryBytes(node: StreamNode, entry: StreamEntry): number {
  const isSame = hasMasterFields(node, entry)
  const count = entry.fields.length / 2
  let bytes = elementSize(isSame ? 2 : 0)
  bytes += elementSize(idDelta(idMs(entry.id), idMs(node.masterId)))
  bytes += elementSize(idDelta(idSequence(entry.id), idSequence(node.masterId)))
  if (!isSame) bytes += elementSize(count)
  for (let i = isSame ? 1 : 0; i < entry.fields.length; i += isSame ? 2 : 1) bytes += elementSize(entry.fields[i]!)
  return bytes + elementSize(isSame ? count + 3 : count * 2 + 4)
}

/** Bytes of the node's listpack. */
function nodeBytes(node: StreamNode): number {
  return listpackSize(node.bytes + elementSize(node.live) + elementSize(node.entries.length - node.live))
}

function lowerBound(entries: readonly StreamEntry[], id: StreamId): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (entries[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}

function upperBound(entries: readonly StreamEntry[], id: StreamId): number {
  const at = lowerBound(entries, id)
  return at < entries.length && entries[at]!.id === id ? at + 1 : at
}
