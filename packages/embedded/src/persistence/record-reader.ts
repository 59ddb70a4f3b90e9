// Reads the records of a file one after the other and tells sound, torn and damaged apart.
//
// A crash while the last record was written leaves a file that ends within that record, or, after a power failure, one whose
// last blocks were never written and read as zeros. That is a torn end: nobody was promised what is in it. Everything else
// that is not sound is damage, also in the last record: it may have been acknowledged, so it is not for a program to drop.
import type { FileSystem } from './file-system.ts'
import { HEADER_BYTES, headerProblem, isPayloadSound, RECORD_HEAD_BYTES, readHead } from './record.ts'

const WINDOW_BYTES = 1024 * 1024
/** Disks write whole sectors of this many bytes. */
const SECTOR_BYTES = 512

/** Where the sound part of a file ends too early. */
export interface Damage {
  readonly offset: number
  readonly reason: string
  /** Explained by a crash during the last write. */
  readonly isTorn: boolean
}

export class RecordReader {
  readonly #files: FileSystem
  readonly #fd: number
  readonly size: number
  /** Where the next record starts. */
  position: number = HEADER_BYTES
  /** The time of the record that was read last. */
  time = 0
  #window: Buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  #windowStart = 0
  #windowLength = 0

  constructor(files: FileSystem, fd: number) {
    this.#files = files
    this.#fd = fd
    this.size = files.size(fd)
  }

  /** What is wrong with the file's header; null when it can be read. A file without one was never written to. */
  header(): Damage | null {
    const reason = headerProblem(this.#at(0, Math.min(HEADER_BYTES, this.size)))
    return reason === null ? null : { offset: 0, reason, isTorn: false }
  }

  /** The payload of the next record, valid until the next call; null at the end of the file. */
  next(): Buffer | Damage | null {
    const { position } = this
    const left = this.size - position
    if (left === 0) return null
    if (left < RECORD_HEAD_BYTES) return this.#torn('the file ends within the head of a record')
    const head = readHead(this.#at(position, RECORD_HEAD_BYTES), position)
    if (head === undefined) return this.#damaged('the head of the record is damaged')
    const { length } = head
    if (length > left - RECORD_HEAD_BYTES) return this.#torn('the file ends within a record')
    const record = this.#at(position, RECORD_HEAD_BYTES + length)
    const payload = record.subarray(RECORD_HEAD_BYTES)
    if (!isPayloadSound(record, payload)) return this.#damaged('the content of the record is damaged')
    this.position += record.length
    this.time = head.time
    return payload
  }

  #torn(reason: string): Damage {
    return { offset: this.position, reason, isTorn: true }
  }

  #damaged(reason: string): Damage {
    return { offset: this.position, reason, isTorn: this.#endsInEmptySectors() }
  }

  /** Whether the file ends in sectors that hold only zeros; every record ends in a line feed. */
  #endsInEmptySectors(): boolean {
    const lastSector = Math.floor((this.size - 1) / SECTOR_BYTES) * SECTOR_BYTES
    const start = Math.max(lastSector, this.position)
    return this.#at(start, this.size - start).every((byte) => byte === 0) && this.size - start > 1
  }

  /** Bytes of the file; the range lies within it. */
  #at(start: number, length: number): Buffer {
    const isHere = start >= this.#windowStart && start + length <= this.#windowStart + this.#windowLength
    if (!isHere) {
      if (length > this.#window.length) this.#window = Buffer.allocUnsafeSlow(length)
      const wanted = Math.min(this.#window.length, this.size - start)
      let have = 0
      while (have < wanted) {
        const count = this.#files.read(this.#fd, this.#window.subarray(have), wanted - have, start + have)
        if (count === 0) throw new Error('The file became shorter while it was read.')
        have += count
      }
      this.#windowStart = start
      this.#windowLength = wanted
    }
    const from = start - this.#windowStart
    return this.#window.subarray(from, from + length)
  }
}
