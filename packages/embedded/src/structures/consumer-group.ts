// A consumer group of a stream: what was delivered to whom and is not acknowledged yet.
//
// Each pending entry is one object in two maps: the group's (by id) and its consumer's (by id).
import type { Integer } from './numbers.ts'
import { SortedMap } from './sorted-map.ts'
import type { StreamId } from './stream-id.ts'

/** An entry that was delivered and not acknowledged. */
export interface PendingEntry {
  readonly id: StreamId
  consumer: Consumer
  deliveryTimeMs: number
  deliveryCount: number
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

  /** Makes the entry pending for the consumer as a first delivery, taking it from whoever had it. */
  deliver(consumer: Consumer, id: StreamId, nowMs: number): PendingEntry {
    const entry = this.assign(consumer, id)
    entry.deliveryTimeMs = nowMs
    entry.deliveryCount = 1
    return entry
  }

  /** Gives the entry to the consumer; a new one starts with no delivery at time 0. Returns it for the caller to date. */
  assign(consumer: Consumer, id: StreamId): PendingEntry {
    let entry = this.pending.get(id)
    if (entry === undefined) {
      entry = { id, consumer, deliveryTimeMs: 0, deliveryCount: 0 }
      this.pending.set(id, entry)
    } else {
      if (entry.consumer === consumer) return entry
      entry.consumer.pending.delete(id)
      entry.consumer = consumer
    }
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
    for (const [id, entry] of this.pending.entries()) {
      const moved = copy.assign(copy.consumers.get(entry.consumer.name)!, id)
      moved.deliveryTimeMs = entry.deliveryTimeMs
      moved.deliveryCount = entry.deliveryCount
    }
    return copy
  }
}
