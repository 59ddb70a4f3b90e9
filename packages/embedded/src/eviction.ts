// maxmemory: how much the data takes, and which keys go when it is too much.
//
// As in Redis the victim is found among samples: `maxmemory-samples` keys of each database are drawn before each eviction, and
// the best of all drawn so far that are still there goes. Sizes are the estimates of entry-size.ts; they are kept up to date only
// while there is a limit, so that nobody pays for them without one.
import { frequencyOf, idleSecondsOf } from './access.ts'
import type { Database } from './database.ts'
import type { Engine } from './engine.ts'
import type { Entry } from './entry.ts'

const POOL_SIZE = 16

interface Candidate {
  readonly database: Database
  readonly key: string
  /** Higher goes first. */
  readonly score: number
}

export class Memory {
  readonly #engine: Engine
  #pool: Candidate[] = []
  #nextDatabase = 0
  /** Whether the sizes of the databases are up to date. */
  isTracking = false
  /** The running command found more than maxmemory, and nothing to evict. */
  isShort = false
  evictedKeys = 0
  peakBytes = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Bytes of all data: the sum of the estimates under a limit, without one what V8 and what it refers to take in the process. */
  get usedBytes(): number {
    const used = this.isTracking ? this.#tracked() : processBytes()
    this.peakBytes = Math.max(this.peakBytes, used)
    return used
  }

  #tracked(): number {
    let bytes = 0
    for (const database of this.#engine.databases) bytes += database.bytes
    return bytes
  }

  /** Evicts keys until the data is within maxmemory; false when it is not and the policy gives no more keys. */
  fit(): boolean {
    const { settings } = this.#engine
    const limit = settings.maxmemory
    if (limit === 0) {
      this.isTracking = false
      return true
    }
    if (!this.isTracking) this.#track()
    while (this.#tracked() > limit) {
      if (!this.#evictOne(settings['maxmemory-policy'])) {
        this.#pool = []
        return false
      }
    }
    return true
  }

  #track(): void {
    this.isTracking = true
    for (const database of this.#engine.databases) database.measureAll()
  }

  #evictOne(policy: string): boolean {
    if (policy === 'noeviction') return false
    const isVolatile = policy.startsWith('volatile')
    const victim = policy.endsWith('random') ? this.#drawOne(isVolatile) : this.#best(policy, isVolatile)
    if (victim === undefined) return false
    this.evictedKeys++
    victim.database.evict(victim.key)
    return true
  }

  /** A random key, from each database in turn. */
  #drawOne(isVolatile: boolean): { readonly database: Database; readonly key: string } | undefined {
    const { databases } = this.#engine
    for (let tried = 0; tried < databases.length; tried++) {
      const database = databases[this.#nextDatabase++ % databases.length]!
      const [key] = database.sample(1, isVolatile)
      if (key !== undefined) return { database, key }
    }
    return undefined
  }

  #best(policy: string, isVolatile: boolean): Candidate | undefined {
    const count = this.#engine.settings['maxmemory-samples']
    for (const database of this.#engine.databases) {
      for (const key of database.sample(count, isVolatile)) {
        if (this.#pool.some((known) => known.database === database && known.key === key)) continue
        this.#offer({ database, key, score: this.#scoreOf(policy, database.entries.get(key)!) })
      }
    }
    for (let best = this.#pool.pop(); best !== undefined; best = this.#pool.pop()) {
      const entry = best.database.entries.get(best.key)
      // It may have been used, removed or made to stay since it was drawn.
      if (entry === undefined || (isVolatile && entry.expireAt === 0)) continue
      if (this.#scoreOf(policy, entry) >= best.score) return best
    }
    return this.#bestOfFresh(policy, isVolatile)
  }

  /** Takes a candidate into the pool, which is in the order of the scores. */
  #offer(candidate: Candidate): void {
    const at = this.#pool.findIndex(({ score }) => score > candidate.score)
    this.#pool.splice(at === -1 ? this.#pool.length : at, 0, candidate)
    if (this.#pool.length > POOL_SIZE) this.#pool.shift()
  }

  /** The best of one fresh draw, when everything in the pool was stale. */
  #bestOfFresh(policy: string, isVolatile: boolean): Candidate | undefined {
    let best: Candidate | undefined
    for (const database of this.#engine.databases) {
      for (const key of database.sample(this.#engine.settings['maxmemory-samples'], isVolatile)) {
        const score = this.#scoreOf(policy, database.entries.get(key)!)
        if (best === undefined || score > best.score) best = { database, key, score }
      }
    }
    return best
  }

  #scoreOf(policy: string, entry: Entry): number {
    if (policy === 'volatile-ttl') return -entry.expireAt
    if (policy.endsWith('lfu')) return -frequencyOf(this.#engine, entry.access)
    return idleSecondsOf(this.#engine, entry.access)
  }
}

function processBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
