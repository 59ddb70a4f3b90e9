// One numbered database: the map of keys, their expiry, and everybody who wants to hear of a change.
//
//   find/read/write   look a key up, after lazy expiry; read and write also check the type
//   put/delete        change the map; say nothing to anybody
//   changed           the one call after every change: counts it for persistence, tells watchers, waiters and subscribers
import { firstAccess, nextAccess } from './access.ts'
import type { Waiter } from './blocking.ts'
import type { Engine } from './engine.ts'
import { cloneEntry, Entry, type EntryOf, type Values, type ValueType } from './entry.ts'
import { entrySize } from './entry-size.ts'
import { WRONG_TYPE } from './failures.ts'
import { Notify } from './notify.ts'
import { Capture, type Sink } from './persistence/capture.ts'
import type { Session } from './session.ts'
import { KeyRing } from './structures/key-ring.ts'
import { ScanMap } from './structures/scan-map.ts'

/** How many keys with an expiry, and hashes with fields that have one, one active cycle looks at, at most. */
const CYCLE_KEYS = 10_000
/** Elements of a collection that are measured after a change, as many as MEMORY USAGE takes. */
const SIZE_SAMPLES = 5

export class Database {
  readonly engine: Engine
  readonly index: number
  /** All keys, also those that have expired but were not met yet. Go through the methods below; iterate freely. */
  entries: ScanMap<Entry> = new ScanMap()
  /** The keys that have an expiry. */
  volatile: KeyRing = new KeyRing()
  /** The keys of hashes that have, or had lately, fields with an expiry. */
  #expiringHashes: KeyRing = new KeyRing()
  /** Sessions that WATCH a key. */
  readonly watchers: Map<string, Set<Session>> = new Map()
  /** Blocked clients by key, each set in order of arrival. */
  readonly waiters: Map<string, Set<Waiter>> = new Map()
  /** Takes each key before it changes, while the data is written anew. */
  #capture: Capture | null = null
  /** What all keys take, as far as `Memory` tracks it. */
  bytes = 0
  /** New keys whose creation has not been told yet; kept only while somebody waits. */
  readonly #created: Set<string> = new Set()

  constructor(engine: Engine, index: number) {
    this.engine = engine
    this.index = index
  }

  /** The live entry of a key, marked as used. */
  find(key: string): Entry | undefined {
    const entry = this.peek(key)
    if (entry !== undefined) entry.access = nextAccess(this.engine, entry.access)
    return entry
  }

  /** The live entry of a key, without counting as a use (TYPE, OBJECT, EXISTS ...). */
  peek(key: string): Entry | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    if (entry.expireAt !== 0 && entry.expireAt < this.engine.now) {
      this.#expire(key)
      return undefined
    }
    if (this.#expiringHashes.size !== 0 && this.#expiringHashes.has(key)) return this.#expireFields(key, entry)
    return entry
  }

  /** The entry of a key for a reading command, counted as hit or miss. Throws WRONGTYPE. */
  read<T extends ValueType>(key: string, type: T): EntryOf<T> | undefined {
    const entry = this.findForRead(key)
    if (entry !== undefined && entry.type !== type) throw WRONG_TYPE
    return entry as EntryOf<T> | undefined
  }

  /** Like `peek`, counted as hit or miss. */
  peekForRead(key: string): Entry | undefined {
    const entry = this.peek(key)
    if (entry === undefined) {
      this.engine.stats.misses++
      this.notify(Notify.MISS, 'keymiss', key)
    } else this.engine.stats.hits++
    return entry
  }

  /** Like `find`, counted as hit or miss. */
  findForRead(key: string): Entry | undefined {
    const entry = this.find(key)
    if (entry === undefined) {
      this.engine.stats.misses++
      this.notify(Notify.MISS, 'keymiss', key)
    } else this.engine.stats.hits++
    return entry
  }

  /** The entry of a key for a writing command. Throws WRONGTYPE. */
  write<T extends ValueType>(key: string, type: T): EntryOf<T> | undefined {
    const entry = this.find(key)
    if (entry !== undefined && entry.type !== type) throw WRONG_TYPE
    this.#capture?.save(key)
    return entry as EntryOf<T> | undefined
  }

  /** Must be called before a value is changed that was not looked up by `write`. */
  willChange(key: string): void {
    this.#capture?.save(key)
  }

  /** Sets a key to a new value, whatever it held before; without `keepTtl` an expiry ends. */
  put<T extends ValueType>(
    key: string,
    type: T,
    value: Values[T],
    encoding: Entry['encoding'] = '',
    keepTtl = false,
  ): EntryOf<T> {
    const before = this.entries.get(key)
    if (before !== undefined) {
      this.#capture?.save(key)
      before.type = type
      before.value = value
      before.encoding = encoding
      before.access = nextAccess(this.engine, before.access)
      if (!keepTtl && before.expireAt !== 0) this.setExpiry(key, before, 0)
      return before as EntryOf<T>
    }
    const entry = new Entry(type, value, encoding, firstAccess(this.engine))
    this.#add(key, entry)
    return entry as EntryOf<T>
  }

  /** Puts an entry taken from elsewhere (RENAME, COPY, RESTORE, a snapshot) under a key, with its expiry. */
  adopt(key: string, entry: Entry): void {
    this.delete(key)
    this.#add(key, entry)
    if (entry.expireAt !== 0) this.setExpiry(key, entry, entry.expireAt)
    if (entry.type === 'hash' && (entry as EntryOf<'hash'>).value.expiring !== 0) this.expireFieldsOf(key)
    if (this.engine.memory.isTracking) this.#measure(key)
  }

  /** Removes a key; false when there was none. */
  delete(key: string): boolean {
    const entry = this.entries.get(key)
    if (entry === undefined) return false
    this.#capture?.save(key)
    const last = this.entries.keyAt(this.entries.size - 1)
    this.entries.delete(key)
    this.bytes -= entry.bytes
    if (entry.expireAt !== 0) this.volatile.delete(key)
    if (this.#expiringHashes.size !== 0) this.#expiringHashes.delete(key)
    this.#capture?.shrunk(last, this.entries.size)
    return true
  }

  /** Sets when a key expires, in milliseconds since the epoch; 0 for never. */
  setExpiry(key: string, entry: Entry, at: number): void {
    this.#capture?.save(key)
    entry.expireAt = at
    if (at === 0) this.volatile.delete(key)
    else {
      this.volatile.add(key)
      this.engine.scheduleExpiryCycle()
    }
  }

  /** To be called when fields of the hash at a key have got an expiry: it sees to it that they go in time. */
  expireFieldsOf(key: string): void {
    this.#expiringHashes.add(key)
    this.engine.scheduleExpiryCycle()
  }

  /** Tells the world that a command changed a key. Call it once per key and event, after the change. */
  changed(key: string, notifyClass: number, event: string): void {
    this.engine.dirty++
    this.touch(key)
    this.notify(notifyClass, event, key)
  }

  /** Removes a collection that has become empty and reports `del`. */
  removeEmpty(key: string): void {
    this.delete(key)
    this.changed(key, Notify.GENERIC, 'del')
  }

  /** A key's value is no longer what it was: transactions that watch it fail, clients blocked on it look again. */
  touch(key: string): void {
    this.#capture?.changed(key)
    if (this.engine.memory.isTracking) this.#measure(key)
    if (this.watchers.size !== 0) this.breakWatches(key)
    if (this.engine.tracking.isOn) this.engine.tracking.invalidate(key)
    if (this.waiters.size !== 0) this.#wake(key)
  }

  /** Transactions that watch a key will fail. */
  breakWatches(key: string): void {
    const sessions = this.watchers.get(key)
    if (sessions !== undefined) for (const session of sessions) session.isWatchBroken = true
  }

  /** As in Redis a new key wakes those that wait for it; whatever else happens to it, only those that wait at streams. */
  #wake(key: string): void {
    const isNew = this.#created.delete(key)
    if (this.waiters.has(key)) this.engine.blocking.markReady(this, key, isNew)
  }

  notify(notifyClass: number, event: string, key: string): void {
    const flags = this.engine.settings['notify-keyspace-events']
    if ((flags & notifyClass) === 0) return
    const { pubsub } = this.engine
    if (flags & Notify.KEYSPACE) pubsub.publish(`__keyspace@${this.index}__:${key}`, event)
    if (flags & Notify.KEYEVENT) pubsub.publish(`__keyevent@${this.index}__:${event}`, key)
  }

  /** Removes all keys. */
  flush(): void {
    const keys = new Set([...this.watchers.keys(), ...this.waiters.keys()])
    const touched = [...keys].filter((key) => this.entries.has(key))
    this.entries = new ScanMap()
    this.volatile = new KeyRing()
    this.#expiringHashes = new KeyRing()
    this.#capture = null
    this.bytes = 0
    for (const key of touched) {
      this.breakWatches(key)
      this.#wake(key)
    }
  }

  /** Exchanges the contents, not the watchers and waiters, of two databases. */
  swap(other: Database): void {
    const touched: [Database, string][] = []
    for (const database of [this, other]) {
      for (const key of new Set([...database.watchers.keys(), ...database.waiters.keys()])) {
        if (this.entries.has(key) || other.entries.has(key)) touched.push([database, key])
      }
    }
    const { entries, volatile } = this
    const capture = this.#capture
    const { bytes } = this
    const expiringHashes = this.#expiringHashes
    this.#expiringHashes = other.#expiringHashes
    other.#expiringHashes = expiringHashes
    this.entries = other.entries
    this.volatile = other.volatile
    this.#capture = other.#capture
    this.bytes = other.bytes
    other.entries = entries
    other.volatile = volatile
    other.#capture = capture
    other.bytes = bytes
    for (const [database, key] of touched) {
      database.breakWatches(key)
      if (database.waiters.has(key)) this.engine.blocking.markReady(database, key, true)
    }
  }

  /** A live key chosen at random; undefined when there is none. */
  randomKey(): string | undefined {
    while (this.entries.size !== 0) {
      const key = this.entries.keyAt(this.entries.randomPosition(this.engine.random))
      if (this.peek(key) !== undefined) return key
    }
    return undefined
  }

  /** Up to `count` keys for eviction, at random of all, or of those with an expiry. */
  sample(count: number, isVolatile: boolean): string[] {
    const keys = isVolatile ? this.volatile.keys() : this.entries.keys()
    const { random } = this.engine
    return Array.from({ length: Math.min(count, keys.length) }, () => keys[Math.floor(random() * keys.length)]!)
  }

  /** Removes a key for want of memory. */
  evict(key: string): void {
    this.delete(key)
    this.engine.recordEffect(this.index, ['DEL', key])
    this.touch(key)
    this.notify(Notify.EVICTED, 'evicted', key)
  }

  /** Brings `bytes` up to date. */
  measureAll(): void {
    this.bytes = 0
    for (const [at, entry] of this.entries.values().entries()) {
      entry.bytes = entrySize(this.entries.keyAt(at), entry, SIZE_SAMPLES)
      this.bytes += entry.bytes
    }
  }

  #measure(key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    const bytes = entrySize(key, entry, SIZE_SAMPLES)
    this.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }

  /** One step of a scan over the keys, those included that have expired, with the guarantees of structures/scan-map.ts. */
  scan(cursor: string, count: number): { next: string; keys: string[] } {
    const { next, start, end } = this.entries.scan(cursor, count)
    return { next, keys: this.entries.keys().slice(start, end) }
  }

  /** Removes what has expired among the next keys in turn. Returns whether any key with an expiry is left. */
  expireCycle(): boolean {
    for (const ring of [this.volatile, this.#expiringHashes]) ring.walk(CYCLE_KEYS, (key) => this.peek(key))
    return this.volatile.size + this.#expiringHashes.size !== 0
  }

  /** A deep copy of the entries. */
  copyEntries(): (readonly [key: string, Entry])[] {
    return this.entries.values().map((entry, at) => [this.entries.keyAt(at), cloneEntry(entry)])
  }

  /** Begins to take all keys as they are now; `endCapture` ends it. */
  beginCapture(sink: Sink): Capture {
    this.#capture = new Capture(this.index, this.entries, sink)
    return this.#capture
  }

  endCapture(): void {
    this.#capture = null
  }

  #add(key: string, entry: Entry): void {
    this.entries.set(key, entry)
    this.bytes += entry.bytes
    if (this.waiters.size !== 0) this.#created.add(key)
    this.notify(Notify.NEW, 'new', key)
  }

  /** Removes the fields of a hash whose time has come, and the hash with the last of them. */
  #expireFields(key: string, entry: Entry): Entry | undefined {
    if (entry.type !== 'hash' || (entry as EntryOf<'hash'>).value.expiring === 0) {
      this.#expiringHashes.delete(key)
      return entry
    }
    const { value: hash } = entry as EntryOf<'hash'>
    if (hash.nextExpiryMs > this.engine.now) return entry
    this.#capture?.save(key)
    const fields = hash.removeExpired(this.engine.now)
    if (fields.length === 0) return entry
    this.engine.recordEffect(this.index, ['HDEL', key, ...fields])
    this.touch(key)
    this.notify(Notify.HASH, 'hexpired', key)
    if (hash.size !== 0) return entry
    this.delete(key)
    this.notify(Notify.GENERIC, 'del', key)
    return undefined
  }

  #expire(key: string): void {
    this.delete(key)
    this.engine.stats.expired++
    this.engine.recordEffect(this.index, ['DEL', key])
    this.touch(key)
    this.notify(Notify.EXPIRED, 'expired', key)
  }
}
