// A consumer group of a stream: what was delivered to whom and is not acknowledged yet.
//
// Each pending entry is one object in two maps: the group's (by id) and its consumer's (by id).
import type { Integer } from './numbers.ts'
import { SortedMap } from './sorted-map.ts'
import type { StreamId } from './stream-id.ts'

/** An entry that was delivered and not acknowledged. Another delivery is another object: see `assign`. */
export interface PendingEntry {
  readonly id: StreamId
  readonly consumer: Consumer
  readonly deliveryTimeMs: number
  readonly deliveryCount: number
}

export interface Consumer {
  readonly name: string
  /** When it last asked for anything. */
  seenTimeMs: number
  /** When it last got an entry; undefined before that. */
  activeTimeMs: number | undefined
  readonly pending: SortedMap<PendingEntry>
}

export class ConsumerGroup {
  readonly name: string
  lastId: StreamId
  /** How many entries of the stream the group has read, ever; undefined when that cannot be known. */
  entriesRead: Integer | undefined
  readonly pending: SortedMap<PendingEntry> = new SortedMap()
  /** In the order of their names' bytes, as replies list them. */
  readonly consumers: SortedMap<Consumer> = new SortedMap()

  constructor(name: string, lastId: StreamId, entriesRead: Integer | undefined) {
    this.name = name
    this.lastId = lastId
    this.entriesRead = entriesRead
  }

  /** Adds a consumer; undefined when there is one of that name. */
  createConsumer(name: string, nowMs: number): Consumer | undefined {
    if (this.consumers.has(name)) return undefined
    const consumer: Consumer = { name, seenTimeMs: nowMs, activeTimeMs: undefined, pending: new SortedMap() }
    this.consumers.set(name, consumer)
    return consumer
  }

  /** Removes a consumer with all that it has pending; returns how much that was. */
  deleteConsumer(name: string): number {
    const consumer = this.consumers.get(name)
    if (consumer === undefined) return 0
    for (const [id] of consumer.pending.entries()) this.pending.delete(id)
    this.consumers.delete(name)
    return consumer.pending.size
  }

  /** Makes an entry pending for a consumer, with the time and the number of its deliveries, taking it from whoever had it. */
  assign(consumer: Consumer, id: StreamId, deliveryTimeMs: number, deliveryCount: number): PendingEntry {
    const before = this.pending.get(id)
    if (before !== undefined && before.consumer !== consumer) before.consumer.pending.delete(id)
    const entry: PendingEntry = { id, consumer, deliveryTimeMs, deliveryCount }
    this.pending.set(id, entry)
    consumer.pending.set(id, entry)
    return entry
  }

  /** Forgets a pending entry: XACK. False when it is not pending. */
  acknowledge(id: StreamId): boolean {
    const entry = this.pending.get(id)
    if (entry === undefined) return false
    this.pending.delete(id)
    entry.consumer.pending.delete(id)
    return true
  }

  clone(): ConsumerGroup {
    const copy = new ConsumerGroup(this.name, this.lastId, this.entriesRead)
    for (const [name, { seenTimeMs, activeTimeMs }] of this.consumers.entries())
      copy.consumers.set(name, { name, seenTimeMs, activeTimeMs, pending: new SortedMap() })
    for (const [id, { consumer, deliveryTimeMs, deliveryCount }] of this.pending.entries())
      copy.assign(copy.consumers.get(consumer.name)!, id, deliveryTimeMs, deliveryCount)
    return copy
  }
}
