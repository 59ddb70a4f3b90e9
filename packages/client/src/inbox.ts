// A bounded buffer between a connection, which never waits, and an async iterator, which may be slow.
//
//   offer -> a reader that waits, else the buffer -> next
//                                 full: the oldest gives way, or the iteration fails
//
// What was buffered before the end is still read; then the iteration is over, or throws.
import { ConnectionError, UsageError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import { Ring } from './queue.ts'

export interface BufferOptions {
  /** How many items may wait for a slow reader; default 10,000. A burst arrives at once, however fast the reader is. */
  readonly buffer?: number
  /** Beyond that: the oldest give way (`drop-oldest`, the default), or the iteration ends with QUEUE_FULL (`error`). */
  readonly whenFull?: 'drop-oldest' | 'error'
}

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void
  reject(error: Error): void
}

export class Inbox<T> {
  /** Items that gave way. */
  dropped = 0
  private readonly limit: number
  private readonly failsWhenFull: boolean
  private readonly overflow: ((dropped: number) => T) | null
  private readonly items = new Ring<T>()
  private readonly readers = new Ring<Reader<T>>(1)
  /** Items that gave way since the reader was last told. */
  private untold = 0
  private over = false
  private error: Error | null = null

  /** `overflow` makes the item that tells of items that gave way. It is read before those that are left. */
  constructor(options: BufferOptions, overflow: ((dropped: number) => T) | null = null) {
    checkOptions(options, 'buffer whenFull gaps')
    const { buffer = 10_000, whenFull = 'drop-oldest' } = options
    if (!Number.isInteger(buffer) || buffer < 1) throw new UsageError('buffer must be a whole number from 1.')
    if (whenFull !== 'drop-oldest' && whenFull !== 'error') {
      throw new UsageError('whenFull must be drop-oldest or error.')
    }
    this.limit = buffer
    this.failsWhenFull = whenFull === 'error'
    this.overflow = overflow
  }

  /** Items that wait for the reader. */
  get length(): number {
    return this.items.length
  }

  get ended(): boolean {
    return this.over
  }

  /** False when there was no room and the iteration has failed for it. */
  offer(item: T): boolean {
    if (this.over) return true
    const reader = this.readers.shift()
    if (reader !== undefined) {
      reader.resolve({ done: false, value: item })
      return true
    }
    if (this.items.length >= this.limit) {
      if (this.failsWhenFull) {
        this.end(new ConnectionError('QUEUE_FULL', `More than ${this.limit} items were waiting for the reader.`))
        return false
      }
      this.items.shift()
      this.dropped++
      this.untold++
    }
    this.items.push(item)
    return true
  }

  /** Nothing more comes; the iteration ends, or throws `error`. Later ends count for nothing. */
  end(error: Error | null = null): void {
    if (this.over) return
    this.over = true
    this.error = error
    for (const reader of this.readers.takeAll()) this.next().then(reader.resolve, reader.reject)
  }

  /** As {@link end}, and what is buffered is not read any more. */
  discard(): void {
    this.end()
    this.error = null
    this.untold = 0
    this.items.takeAll()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.untold > 0 && this.overflow !== null) {
      const value = this.overflow(this.untold)
      this.untold = 0
      return Promise.resolve({ done: false, value })
    }
    if (this.items.length > 0) return Promise.resolve({ done: false, value: this.items.shift() as T })
    if (!this.over) return new Promise((resolve, reject) => this.readers.push({ resolve, reject }))
    const { error } = this
    this.error = null
    return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error)
  }
}
